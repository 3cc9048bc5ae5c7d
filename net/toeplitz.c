/*
 * The Toeplitz hash: each set bit of the input adds (without carry) the 32 bits of
 * the key that begin at its own position. Bits are taken four at a time from a
 * table, which stays within a third of a first-level cache.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "net/toeplitz.h"

/* The 32 bits of the key from bit @at on, counted from the first byte's top. */
static uint32_t key_window(const uint8_t *key, unsigned at)
{
    uint64_t five = (uint64_t)ldl_be_p(key + at / 8) << 8;

    if (at / 8 + 4 < NET_TOEPLITZ_KEY_BYTES) {
        five |= key[at / 8 + 4];
    }
    return five >> (8 - at % 8);
}

void net_toeplitz_init(NetToeplitz *t, const uint8_t *key)
{
    for (unsigned half = 0; half < ARRAY_SIZE(t->table); half++) {
        uint32_t *row = t->table[half];

        row[0] = 0;
        for (unsigned bit = 0; bit < 4; bit++) {
            uint32_t window = key_window(key, half * 4 + 3 - bit);

            /* Values with this bit as their highest: those below it, and it. */
            for (unsigned low = 0; low < 1u << bit; low++) {
                row[(1u << bit) + low] = row[low] ^ window;
            }
        }
    }
}

uint32_t net_toeplitz_hash(const NetToeplitz *t, const uint8_t *input,
                           size_t size)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < MIN(size, NET_TOEPLITZ_INPUT_BYTES); i++) {
        hash ^= t->table[2 * i][input[i] >> 4] ^
                t->table[2 * i + 1][input[i] & 15];
    }
    return hash;
}
