/*
 * Ethernet frames for fuzz targets: sane at first, then changed by the input.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H

#include "fuzz.h"

/*
 * A vnet header of @header bytes (0: none) and a frame behind it, into @buffer of
 * @max bytes; returns how many there are.
 */
size_t fuzz_frame(FuzzInput *in, unsigned header, uint8_t *buffer, size_t max);

#endif
