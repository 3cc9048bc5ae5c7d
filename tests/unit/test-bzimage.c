/*
 * bzImage headers, good, cut off and made up; where kernels and initrds go; the
 * memory map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/i386/bzimage.h"
#include "hw/i386/e820.h"

#define MIB (1ull << 20)

/* The header of a kernel of 64 KiB that wants 16 MiB at 16 MiB. */
static void good_header(uint8_t head[BZIMAGE_HEAD_BYTES])
{
    memset(head, 0, BZIMAGE_HEAD_BYTES);
    head[0x1f1] = 1;
    stl_le_p(head + 0x1f4, 0x1000);
    stw_le_p(head + 0x1fe, 0xaa55);
    head[0x201] = 0x6a;
    memcpy(head + 0x202, "HdrS", 4);
    stw_le_p(head + 0x206, 0x020f);
    head[0x211] = 1;
    stl_le_p(head + 0x22c, 0x7fffffff);
    stl_le_p(head + 0x230, 0x200000);
    head[0x234] = 1;
    stw_le_p(head + 0x236, 1);
    stl_le_p(head + 0x238, 2047);
    stq_le_p(head + 0x258, 16 * MIB);
    stl_le_p(head + 0x260, 16 * MIB);
}

#define GOOD_FILE_BYTES (2 * 512 + 0x10000)

static bool parse(const uint8_t *head, size_t bytes, uint64_t file_bytes,
                  BzImage *image)
{
    const char *why = NULL;
    bool ok = bzimage_parse(head, bytes, file_bytes, image, &why);

    g_assert_true(ok == (why == NULL));
    return ok;
}

static void a_good_header_is_read(void)
{
    uint8_t head[BZIMAGE_HEAD_BYTES];
    BzImage image;

    good_header(head);
    g_assert_true(parse(head, sizeof(head), GOOD_FILE_BYTES, &image));
    g_assert_cmpuint(image.kernel_at, ==, 1024);
    g_assert_cmpuint(image.kernel_bytes, ==, 0x10000);
    g_assert_cmpuint(image.run_bytes, ==, 16 * MIB);
    g_assert_cmpuint(image.cmdline_max, ==, 2047);
    g_assert_true(image.relocatable);
    g_assert_cmpmem(image.header, image.header_bytes, head + 0x1f1,
                    0x202 + 0x6a - 0x1f1);
}

static void every_truncation_is_refused(void)
{
    uint8_t head[BZIMAGE_HEAD_BYTES];
    BzImage image;

    good_header(head);
    for (unsigned n = 0; n < sizeof(head); n++) {
        g_assert_false(parse(head, n, n, &image));
    }
    for (unsigned n = sizeof(head); n < GOOD_FILE_BYTES - 16; n += 509) {
        g_assert_false(parse(head, sizeof(head), n, &image));
    }
}

static void bad_fields_are_refused(void)
{
    static const struct { unsigned at; uint32_t value; unsigned bytes; } bad[] = {
        { 0x1fe, 0, 2 }, { 0x202, 0, 4 }, { 0x206, 0x0209, 2 },
        { 0x236, 0, 2 }, { 0x211, 0, 1 }, { 0x201, 0, 1 },
        { 0x230, 0, 4 }, { 0x230, 0x300000, 4 }, { 0x230, 0x80000000, 4 },
        { 0x25c, 1, 4 }, { 0x1f4, 0xffffffff, 4 }, { 0x1f1, 0xff, 1 },
    };
    uint8_t head[BZIMAGE_HEAD_BYTES];
    BzImage image;

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        good_header(head);
        stn_le_p(head + bad[i].at, bad[i].bytes, bad[i].value);
        g_assert_false(parse(head, sizeof(head), GOOD_FILE_BYTES, &image));
    }
}

/* Whatever a header says, what it leads to stays inside RAM. */
static void random_headers_do_no_harm(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    uint8_t head[BZIMAGE_HEAD_BYTES];
    BzImage image;

    for (unsigned round = 0; round < 200000; round++) {
        uint64_t file = g_rand_int_range(rand, 0, 4 * GOOD_FILE_BYTES);
        uint64_t ram_end = 64 * MIB, load, initrd;

        good_header(head);
        for (int n = g_rand_int_range(rand, 1, 12); n > 0; n--) {
            head[g_rand_int_range(rand, 0x1f1, 0x270)] = g_rand_int(rand);
        }
        if (!parse(head, MIN(sizeof(head), file), file, &image)) {
            continue;
        }
        g_assert_cmpuint(image.kernel_at + image.kernel_bytes, ==, file);
        load = bzimage_load_address(&image, ram_end);
        if (!load) {
            continue;
        }
        g_assert_cmpuint(load + image.run_bytes, <=, ram_end);
        g_assert_cmpuint(load + image.kernel_bytes, <=, ram_end);
        initrd = bzimage_initrd_address(&image, load, 5 * MIB, ram_end);
        if (initrd) {
            g_assert_cmpuint(initrd, >=, load + image.run_bytes);
            g_assert_cmpuint(initrd + 5 * MIB, <=, ram_end);
        }
    }
}

static void a_kernel_goes_where_it_fits(void)
{
    uint8_t head[BZIMAGE_HEAD_BYTES];
    BzImage image;

    good_header(head);
    g_assert_true(parse(head, sizeof(head), GOOD_FILE_BYTES, &image));
    g_assert_cmphex(bzimage_load_address(&image, 256 * MIB), ==, 16 * MIB);
    g_assert_cmphex(bzimage_load_address(&image, 20 * MIB), ==, 2 * MIB);
    g_assert_cmphex(bzimage_load_address(&image, 10 * MIB), ==, 0);
    image.relocatable = false;
    g_assert_cmphex(bzimage_load_address(&image, 20 * MIB), ==, 0);
    g_assert_cmphex(bzimage_initrd_address(&image, 16 * MIB, 4097, 64 * MIB),
                    ==, 64 * MIB - 8192);
    g_assert_cmphex(bzimage_initrd_address(&image, 16 * MIB, 40 * MIB,
                                           64 * MIB), ==, 0);
}

static void map_ranges_replace_each_other(void)
{
    E820Table t = { 0 };

    g_assert_true(e820_add(&t, 0, 0x10000000, E820_RAM));
    g_assert_true(e820_add(&t, 0x100000000, 0x1000, E820_RAM));
    g_assert_true(e820_add(&t, 0x9fc00, 0x60400, E820_RESERVED));
    g_assert_true(e820_add(&t, 0, 0, E820_ACPI));
    g_assert_cmpuint(t.count, ==, 4);
    g_assert_cmphex(t.entry[0].length, ==, 0x9fc00);
    g_assert_cmphex(t.entry[1].address, ==, 0x9fc00);
    g_assert_cmpuint(t.entry[1].type, ==, E820_RESERVED);
    g_assert_cmphex(t.entry[2].address, ==, 0x100000);
    g_assert_cmphex(t.entry[2].length, ==, 0xff00000);
    for (unsigned i = 0; i < 100; i++) {
        e820_add(&t, i * 0x2000ull + 0x200000000ull, 0x1000, E820_RESERVED);
        g_assert_cmpuint(t.count, <=, E820_MAX_ENTRIES);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bzimage/good", a_good_header_is_read);
    g_test_add_func("/bzimage/truncated", every_truncation_is_refused);
    g_test_add_func("/bzimage/bad-fields", bad_fields_are_refused);
    g_test_add_func("/bzimage/random", random_headers_do_no_harm);
    g_test_add_func("/bzimage/placement", a_kernel_goes_where_it_fits);
    g_test_add_func("/e820/replace", map_ranges_replace_each_other);
    return g_test_run();
}
