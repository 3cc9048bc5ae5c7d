/*
 * One 8259A: priorities, end of interrupt, modes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/intc/i8259.h"

/* A chip after the usual four words, vectors from 0x20, nothing masked. */
static PICCore ready(uint8_t icw4)
{
    PICCore c = { .elcr_mask = 0xf8, .master = true };

    pic_core_reset(&c);
    pic_core_write(&c, 0, 0x11);
    pic_core_write(&c, 1, 0x20);
    pic_core_write(&c, 1, 0x04);
    pic_core_write(&c, 1, icw4);
    pic_core_write(&c, 1, 0x00);
    return c;
}

static void the_lowest_line_wins(void)
{
    PICCore c = ready(1);

    g_assert_cmpint(pic_core_pending(&c), ==, -1);
    pic_core_set_line(&c, 5, true);
    pic_core_set_line(&c, 3, true);
    g_assert_cmpint(pic_core_pending(&c), ==, 3);
    g_assert_cmphex(c.vector_base, ==, 0x20);
    pic_core_ack(&c, 3);
    g_assert_cmpint(pic_core_pending(&c), ==, -1);      /* 5 waits for 3 */
    pic_core_set_line(&c, 1, true);
    g_assert_cmpint(pic_core_pending(&c), ==, 1);       /* but 1 does not */
    pic_core_write(&c, 0, 0x20);
    g_assert_cmphex(c.isr, ==, 0);
}

static void masked_lines_wait(void)
{
    PICCore c = ready(1);

    pic_core_write(&c, 1, 0x10);
    pic_core_set_line(&c, 4, true);
    g_assert_cmpint(pic_core_pending(&c), ==, -1);
    pic_core_write(&c, 1, 0x00);
    g_assert_cmpint(pic_core_pending(&c), ==, 4);
    g_assert_cmphex(pic_core_read(&c, 1), ==, 0x00);
    g_assert_cmphex(pic_core_read(&c, 0), ==, 0x10);
}

static void an_edge_counts_once_and_a_level_stays(void)
{
    PICCore c = ready(1);

    pic_core_set_line(&c, 1, true);
    pic_core_set_line(&c, 1, true);
    pic_core_ack(&c, 1);
    pic_core_write(&c, 0, 0x20);
    g_assert_cmpint(pic_core_pending(&c), ==, -1);
    c.elcr = 0x20;
    pic_core_set_line(&c, 5, true);
    pic_core_ack(&c, 5);
    pic_core_write(&c, 0, 0x20);
    g_assert_cmpint(pic_core_pending(&c), ==, 5);
    pic_core_set_line(&c, 5, false);
    g_assert_cmpint(pic_core_pending(&c), ==, -1);
}

static void specific_end_and_rotation(void)
{
    PICCore c = ready(1);

    pic_core_set_line(&c, 2, true);
    pic_core_ack(&c, 2);
    pic_core_set_line(&c, 0, true);
    pic_core_ack(&c, 0);
    pic_core_write(&c, 0, 0x62);
    g_assert_cmphex(c.isr, ==, 0x01);
    pic_core_write(&c, 0, 0xa0);        /* end and rotate: 1 is on top now */
    g_assert_cmphex(c.isr, ==, 0);
    pic_core_set_line(&c, 0, false);
    pic_core_set_line(&c, 0, true);
    pic_core_set_line(&c, 7, true);
    g_assert_cmpint(pic_core_pending(&c), ==, 7);
    pic_core_write(&c, 0, 0xc7);        /* lowest is 7: 0 is on top again */
    g_assert_cmpint(pic_core_pending(&c), ==, 0);
}

static void automatic_end_needs_none(void)
{
    PICCore c = ready(3);

    pic_core_set_line(&c, 6, true);
    pic_core_ack(&c, 6);
    g_assert_cmphex(c.isr, ==, 0);
}

static void poll_is_an_acknowledge(void)
{
    PICCore c = ready(1);

    pic_core_set_line(&c, 6, true);
    pic_core_write(&c, 0, 0x0c);
    g_assert_cmphex(pic_core_read(&c, 0), ==, 0x86);
    g_assert_cmphex(c.isr, ==, 0x40);
    pic_core_write(&c, 0, 0x0b);
    g_assert_cmphex(pic_core_read(&c, 0), ==, 0x40);
}

static void special_mask_lets_lower_ones_in(void)
{
    PICCore c = ready(1);

    pic_core_set_line(&c, 1, true);
    pic_core_ack(&c, 1);
    pic_core_set_line(&c, 6, true);
    g_assert_cmpint(pic_core_pending(&c), ==, -1);
    pic_core_write(&c, 0, 0x68);
    pic_core_write(&c, 1, 0x02);
    g_assert_cmpint(pic_core_pending(&c), ==, 6);
}

static void random_writes_do_no_harm(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    PICCore c = { .elcr_mask = 0xf8 };

    for (unsigned i = 0; i < 500000; i++) {
        uint32_t r = g_rand_int(rand);
        int line;

        pic_core_write(&c, r & 1, r >> 8);
        pic_core_set_line(&c, r >> 16 & 7, r >> 20 & 1);
        pic_core_read(&c, r >> 21 & 1);
        line = pic_core_pending(&c);
        g_assert_cmpint(line, >=, -1);
        g_assert_cmpint(line, <=, 7);
        if (line >= 0 && (r >> 24 & 1)) {
            pic_core_ack(&c, line);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/i8259/priority", the_lowest_line_wins);
    g_test_add_func("/i8259/mask", masked_lines_wait);
    g_test_add_func("/i8259/trigger", an_edge_counts_once_and_a_level_stays);
    g_test_add_func("/i8259/rotate", specific_end_and_rotation);
    g_test_add_func("/i8259/auto-eoi", automatic_end_needs_none);
    g_test_add_func("/i8259/poll", poll_is_an_acknowledge);
    g_test_add_func("/i8259/special-mask", special_mask_lets_lower_ones_in);
    g_test_add_func("/i8259/random", random_writes_do_no_harm);
    return g_test_run();
}
