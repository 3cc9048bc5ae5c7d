/*
 * Fuzz target: the setup header of a Linux kernel image, and where it would go.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include "hw/i386/bzimage.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t ram_ends[] = {
        0, 0x100000, 0x1000000, 0x8000000, 0xc0000000, 0x140000000,
    };
    FuzzInput in = { data, size };
    uint64_t file_bytes = size + fuzz_u32(&in);
    size_t head_bytes;
    const uint8_t *given = fuzz_bytes(&in, BZIMAGE_HEAD_BYTES, &head_bytes);
    /* An allocation of its own, so that ASan sees its end. */
    g_autofree uint8_t *head = g_memdup2(given, head_bytes);
    const char *why = NULL;
    BzImage image;

    if (!bzimage_parse(head, head_bytes, file_bytes, &image, &why)) {
        g_assert_nonnull(why);
        return 0;
    }
    g_assert_cmpuint(image.kernel_at, <=, file_bytes);
    g_assert_cmpuint(image.kernel_bytes, <=, file_bytes - image.kernel_at);
    g_assert_cmpuint(image.header_bytes, <=, sizeof(image.header));
    for (unsigned i = 0; i < ARRAY_SIZE(ram_ends); i++) {
        uint64_t end = ram_ends[i];
        uint64_t at = bzimage_load_address(&image, end);
        uint64_t initrd, bytes;

        if (!at) {
            continue;
        }
        g_assert_cmpuint(at, >=, 0x100000);
        g_assert_cmpuint(image.kernel_bytes, <=, end - at);
        bytes = fuzz_u32(&in);
        initrd = bzimage_initrd_address(&image, at, bytes, end);
        g_assert_true(initrd == 0 ||
                      (initrd >= at + image.kernel_bytes && initrd <= end &&
                       bytes <= end - initrd));
    }
    return 0;
}
