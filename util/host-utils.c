/*
 * Integer helpers that are too long to be inline.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"

uint64_t revbit64(uint64_t v)
{
    const uint64_t odd = 0x5555555555555555, pairs = 0x3333333333333333;
    const uint64_t nibbles = 0x0f0f0f0f0f0f0f0f;

    v = (v & odd) << 1 | (v >> 1 & odd);
    v = (v & pairs) << 2 | (v >> 2 & pairs);
    v = (v & nibbles) << 4 | (v >> 4 & nibbles);
    return __builtin_bswap64(v);
}

uint32_t revbit32(uint32_t v)
{
    return revbit64(v) >> 32;
}

uint16_t revbit16(uint16_t v)
{
    return revbit64(v) >> 48;
}

uint8_t revbit8(uint8_t v)
{
    return revbit64(v) >> 56;
}
