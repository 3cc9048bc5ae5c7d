/*
 * What the fuzz targets share: each defines LLVMFuzzerTestOneInput() over one file
 * or one input of libFuzzer, reads its input through FuzzInput, and leaves nothing
 * behind. fuzz-main.c is main() where libFuzzer is not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "qemu/osdep.h"
#include "qapi/error.h"

/* Run one input; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

typedef struct FuzzInput {
    const uint8_t *data;
    size_t left;
} FuzzInput;

/* Little endian; what is missing at the end of the input reads as zero. */
static inline uint64_t fuzz_take(FuzzInput *in, unsigned bytes)
{
    uint64_t value = 0;
    size_t n = MIN(bytes, in->left);

    if (n) {
        memcpy(&value, in->data, n);
    }
    in->data += n;
    in->left -= n;
    return value;
}

static inline uint8_t fuzz_u8(FuzzInput *in)
{
    return fuzz_take(in, 1);
}

static inline uint16_t fuzz_u16(FuzzInput *in)
{
    return fuzz_take(in, 2);
}

static inline uint32_t fuzz_u32(FuzzInput *in)
{
    return fuzz_take(in, 4);
}

static inline uint64_t fuzz_u64(FuzzInput *in)
{
    return fuzz_take(in, 8);
}

/* Up to @max bytes of the input; *@bytes gets how many. */
static inline const uint8_t *fuzz_bytes(FuzzInput *in, size_t max,
                                        size_t *bytes)
{
    const uint8_t *data = in->data;

    *bytes = MIN(max, in->left);
    in->data += *bytes;
    in->left -= *bytes;
    return data;
}

/* A copy of all that is left as a string, to be freed; it may hold NULs. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = g_malloc(size + 1);

    if (size) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    return text;
}

/* Errors that malformed input must give: none is a bug of ours. */
static inline void fuzz_expect(bool ok, Error **err)
{
    g_assert_true(ok == (*err == NULL));
    error_free(*err);
    *err = NULL;
}

#endif
