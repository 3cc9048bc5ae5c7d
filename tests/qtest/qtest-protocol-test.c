/*
 * The qtest protocol to the letter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqtest.h"

static void expect(QTestState *s, const char *line, const char *answer)
{
    g_autofree char *got = qtest_raw(s, line);

    if (!g_str_equal(got, answer)) {
        g_error("'%s' was answered with '%s', expected '%s'", line, got,
                answer);
    }
}

static void expect_fail(QTestState *s, const char *line)
{
    g_autofree char *got = qtest_raw(s, line);

    if (!g_str_has_prefix(got, "FAIL")) {
        g_error("'%s' was answered with '%s', expected FAIL", line, got);
    }
}

static void test_memory(void)
{
    QTestState *s = qtest_init("-M pc -m 128");

    expect(s, "writeq 0x200000 0x1122334455667788", "OK");
    expect(s, "readb 0x200000", "OK 0x0000000000000088");
    expect(s, "readw 0x200000", "OK 0x0000000000007788");
    expect(s, "readl 0x200000", "OK 0x0000000055667788");
    expect(s, "readq 0x200000", "OK 0x1122334455667788");
    expect(s, "read 0x200000 0x4", "OK 0x88776655");
    expect(s, "write 0x200010 0x3 0xabcdef", "OK");
    expect(s, "read 0x200010 4", "OK 0xabcdef00");
    expect(s, "b64write 0x200020 0x4 AQIDBA==", "OK");
    expect(s, "b64read 0x200020 0x4", "OK AQIDBA==");
    expect(s, "memset 0x200030 0x3 0x5a", "OK");
    expect(s, "read 0x200030 0x4", "OK 0x5a5a5a00");
    expect(s, "endianness", "OK little");
    expect(s, "write 0x200040 0x0 0x", "OK");
    qtest_quit(s);
}

static void test_ports(void)
{
    QTestState *s = qtest_init("-M pc");

    expect(s, "outl 0xcf8 0x80000000", "OK");
    expect(s, "inl 0xcfc", "OK 0x12378086");
    expect(s, "inw 0xcfc", "OK 0x8086");
    expect(s, "inb 0xcfd", "OK 0x0080");
    expect(s, "inl 0xcf8", "OK 0x80000000");
    expect(s, "inb 0x9999", "OK 0x00ff");
    expect(s, "inw 0x9999", "OK 0xffff");
    qtest_quit(s);
}

static void test_nonsense(void)
{
    static const char *const lines[] = {
        "", "nosuch", "inb", "inb x", "outb 0x70", "readb", "readb zz",
        "read 0x0", "read 0 0", "write 0x200000 0x4", "write 0x200000 0x4 abc",
        "write 0x200000 0x4 0x12", "write 0x200000 0x2 0xzz12",
        "memset 1 2", "b64write 0x200000 4 !", "clock_set x",
        "irq_intercept_in", "irq_intercept_in /nosuch", "set_irq_in a b c d",
        "read 0x0 0xffffffffffffffff", "b64read 0x0 0xffffffffffffffff",
    };
    QTestState *s = qtest_init("-M pc");
    g_autofree char *longline = g_strnfill(200000, 'x');

    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
        expect_fail(s, lines[i]);
    }
    expect_fail(s, longline);
    expect(s, "endianness", "OK little");
    qtest_quit(s);
}

/* Virtual time stands still until it is moved, and timers run on the way. */
static void test_clock(void)
{
    QTestState *s = qtest_init("-M pc");
    int64_t now = qtest_clock_step(s, 0);

    g_usleep(20000);
    g_assert_cmpint(qtest_clock_step(s, 0), ==, now);
    g_assert_cmpint(qtest_clock_step(s, 12345), ==, now + 12345);
    g_assert_cmpint(qtest_clock_set(s, now + 1000000000), ==,
                    now + 1000000000);
    /* The PM timer of the PIIX4 counts 3.579545 MHz of it. */
    qtest_outl(s, 0xcf8, 0x80000b40);
    qtest_outl(s, 0xcfc, 0xb001);
    qtest_outl(s, 0xcf8, 0x80000b80);
    qtest_outb(s, 0xcfc, 1);
    {
        uint32_t before = qtest_inl(s, 0xb008), after;

        qtest_clock_step(s, 1000000000);
        after = qtest_inl(s, 0xb008);
        g_assert_cmpint(((after - before) & 0xffffff), >=, 3579540);
        g_assert_cmpint(((after - before) & 0xffffff), <=, 3579550);
    }
    qtest_quit(s);
}

static void test_irq(void)
{
    QTestState *s = qtest_init("-M pc");

    qtest_irq_intercept_in(s, "ioapic");
    /* The PIT's first channel, in its lowest rate. */
    qtest_outb(s, 0x43, 0x34);
    qtest_outb(s, 0x40, 0);
    qtest_outb(s, 0x40, 0);
    qtest_clock_step(s, 60000000);
    g_free(qtest_raw(s, "endianness"));
    g_assert_true(qtest_get_irq(s, 0) || qtest_get_irq(s, 2));
    qtest_quit(s);
}

/* `fw_cfg` at its fixed place. */
static void test_fw_cfg(void)
{
    QTestState *s = qtest_init("-M pc -m 192"
                               " -uuid 01234567-89ab-cdef-0123-456789abcdef");
    uint8_t uuid[16];
    uint64_t ram = 0;
    char signature[5] = "";

    qtest_outw(s, 0x510, 0);
    for (unsigned i = 0; i < 4; i++) {
        signature[i] = qtest_inb(s, 0x511);
    }
    g_assert_cmpstr(signature, ==, "QEMU");
    qtest_outw(s, 0x510, 2);
    for (unsigned i = 0; i < 16; i++) {
        uuid[i] = qtest_inb(s, 0x511);
    }
    g_assert_cmphex(uuid[0], ==, 0x01);
    g_assert_cmphex(uuid[15], ==, 0xef);
    qtest_outw(s, 0x510, 3);
    for (unsigned i = 0; i < 8; i++) {
        ram |= (uint64_t)qtest_inb(s, 0x511) << (8 * i);
    }
    g_assert_cmphex(ram, ==, 192 << 20);
    qtest_outw(s, 0x510, 5);
    g_assert_cmpint(qtest_inb(s, 0x511), ==, 1);
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("qtest/memory", test_memory);
    qtest_add_func("qtest/ports", test_ports);
    qtest_add_func("qtest/nonsense", test_nonsense);
    qtest_add_func("qtest/clock", test_clock);
    qtest_add_func("qtest/irq", test_irq);
    qtest_add_func("qtest/fw-cfg", test_fw_cfg);
    return g_test_run();
}
