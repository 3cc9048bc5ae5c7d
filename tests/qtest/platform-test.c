/*
 * The platform devices of the pc machine, from outside: timers, clock, interrupt
 * controllers, serial port, keyboard controller, fw_cfg, power management.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "libqtest.h"

#define SECOND 1000000000ll

static uint32_t pci_read(QTestState *s, unsigned devfn, unsigned reg)
{
    qtest_outl(s, 0xcf8, 0x80000000u | devfn << 8 | reg);
    return qtest_inl(s, 0xcfc);
}

static void pci_write(QTestState *s, unsigned devfn, unsigned reg,
                      uint32_t value)
{
    qtest_outl(s, 0xcf8, 0x80000000u | devfn << 8 | reg);
    qtest_outl(s, 0xcfc, value);
}

static void test_board(void)
{
    QTestState *s = qtest_init("-M pc");

    g_assert_cmphex(pci_read(s, 0x00, 0), ==, 0x12378086);
    g_assert_cmphex(pci_read(s, 0x08, 0), ==, 0x70008086);
    g_assert_cmphex(pci_read(s, 0x0b, 0), ==, 0x71138086);
    g_assert_cmphex(pci_read(s, 0x08, 8) >> 16, ==, 0x0601);
    g_assert_cmphex(pci_read(s, 0x0b, 8) >> 16, ==, 0x0680);
    qtest_quit(s);
}

/* ---- i8254 ---- */

static void test_pit(void)
{
    QTestState *s = qtest_init("-M pc");
    unsigned first, second;

    qtest_irq_intercept_in(s, "/machine/i440fx/ioapic");
    qtest_outb(s, 0x43, 0x30);          /* counter 0, terminal count */
    qtest_outb(s, 0x40, 0xa9);          /* 1193 ticks: a millisecond */
    qtest_outb(s, 0x40, 0x04);
    g_assert_false(qtest_get_irq(s, 2));
    qtest_clock_step(s, 990000);
    g_assert_false(qtest_get_irq(s, 2));
    qtest_clock_step(s, 20000);
    g_assert_true(qtest_get_irq(s, 2));

    qtest_outb(s, 0x61, 0x01);          /* counter 2 by its gate */
    qtest_outb(s, 0x43, 0xb0);
    qtest_outb(s, 0x42, 0xff);
    qtest_outb(s, 0x42, 0xff);
    g_assert_cmphex(qtest_inb(s, 0x61) & 0x21, ==, 0x01);
    qtest_clock_step(s, 60000000);
    g_assert_cmphex(qtest_inb(s, 0x61) & 0x21, ==, 0x21);
    first = qtest_inb(s, 0x61) & 0x10;
    qtest_clock_step(s, 15085);
    second = qtest_inb(s, 0x61) & 0x10;
    g_assert_cmphex(first, !=, second); /* memory refresh */
    qtest_quit(s);
}

/* ---- RTC ---- */

static uint8_t cmos_read(QTestState *s, uint8_t reg)
{
    qtest_outb(s, 0x70, reg);
    return qtest_inb(s, 0x71);
}

static void cmos_write(QTestState *s, uint8_t reg, uint8_t value)
{
    qtest_outb(s, 0x70, reg);
    qtest_outb(s, 0x71, value);
}

static void test_rtc(void)
{
    QTestState *s = qtest_init("-M pc -m 64 -rtc base=2020-05-17T13:14:15,"
                               "clock=vm");

    qtest_irq_intercept_in(s, "/machine/i440fx/ioapic");
    g_assert_cmphex(cmos_read(s, 0x0d), ==, 0x80);
    g_assert_cmphex(cmos_read(s, 0), ==, 0x15);
    g_assert_cmphex(cmos_read(s, 2), ==, 0x14);
    g_assert_cmphex(cmos_read(s, 4), ==, 0x13);
    g_assert_cmphex(cmos_read(s, 7), ==, 0x17);
    g_assert_cmphex(cmos_read(s, 8), ==, 0x05);
    g_assert_cmphex(cmos_read(s, 9), ==, 0x20);
    g_assert_cmphex(cmos_read(s, 0x32), ==, 0x20);
    qtest_clock_step(s, 50 * SECOND);
    g_assert_cmphex(cmos_read(s, 0), ==, 0x05);
    g_assert_cmphex(cmos_read(s, 2), ==, 0x15);

    cmos_read(s, 0x0c);
    cmos_write(s, 0x0b, 0x12);          /* update interrupts */
    g_assert_false(qtest_get_irq(s, 8));
    qtest_clock_step(s, SECOND);
    g_assert_true(qtest_get_irq(s, 8));
    g_assert_cmphex(cmos_read(s, 0x0c) & 0x90, ==, 0x90);
    g_assert_false(qtest_get_irq(s, 8));

    cmos_write(s, 0x0b, 0x42);          /* periodic, 1024 Hz */
    cmos_read(s, 0x0c);
    qtest_clock_step(s, 2000000);
    g_assert_true(qtest_get_irq(s, 8));
    g_assert_cmphex(cmos_read(s, 0x0c) & 0xc0, ==, 0xc0);

    /* Memory: 63 MiB above the first. */
    g_assert_cmphex(cmos_read(s, 0x30) | cmos_read(s, 0x31) << 8, ==,
                    63 * 1024);
    g_assert_cmphex(cmos_read(s, 0x34) | cmos_read(s, 0x35) << 8, ==,
                    48 * 16);
    qtest_quit(s);
}

/* ---- i8259 and routing ---- */

static void test_interrupt_routing(void)
{
    QTestState *s = qtest_init("-M pc");

    qtest_outb(s, 0x20, 0x11);
    qtest_outb(s, 0x21, 0x20);
    qtest_outb(s, 0x21, 0x04);
    qtest_outb(s, 0x21, 0x01);
    qtest_outb(s, 0x21, 0xfe);
    g_assert_cmphex(qtest_inb(s, 0x21), ==, 0xfe);
    qtest_outb(s, 0x43, 0x34);          /* counter 0 at a rate */
    qtest_outb(s, 0x40, 0x00);
    qtest_outb(s, 0x40, 0x10);
    qtest_clock_step(s, 5000000);
    qtest_outb(s, 0x20, 0x0a);
    g_assert_cmphex(qtest_inb(s, 0x20) & 1, ==, 1);
    qtest_outb(s, 0x20, 0x0c);          /* poll takes it */
    g_assert_cmphex(qtest_inb(s, 0x20), ==, 0x80);
    qtest_outb(s, 0x4d0, 0xff);
    qtest_outb(s, 0x4d1, 0xff);
    g_assert_cmphex(qtest_inb(s, 0x4d0), ==, 0xf8);
    g_assert_cmphex(qtest_inb(s, 0x4d1), ==, 0xde);
    g_assert_cmphex(pci_read(s, 0x08, 0x60), ==, 0x80808080);
    pci_write(s, 0x08, 0x60, 0x0b0b0a0a);
    g_assert_cmphex(pci_read(s, 0x08, 0x60), ==, 0x0b0b0a0a);
    qtest_quit(s);
}

static void test_ioapic(void)
{
    QTestState *s = qtest_init("-M pc");
    uint64_t base = 0xfec00000;

    qtest_writel(s, base, 1);
    g_assert_cmphex(qtest_readl(s, base + 0x10), ==, 0x00170020);
    qtest_writel(s, base, 0x10 + 2 * 9);
    g_assert_cmphex(qtest_readl(s, base + 0x10), ==, 0x00010000);
    qtest_writel(s, base + 0x10, 0xffffffff);
    g_assert_cmphex(qtest_readl(s, base + 0x10), ==, 0x0001afff);
    qtest_writel(s, base, 0xff);        /* no such register */
    qtest_writel(s, base + 0x10, 0xffffffff);
    g_assert_cmphex(qtest_readl(s, base + 0x10), ==, 0);
    qtest_quit(s);
}

/* ---- serial port ---- */

static void test_serial(void)
{
    QTestState *s = qtest_init("-M pc -serial null");
    unsigned base = 0x3f8;

    qtest_irq_intercept_in(s, "/machine/i440fx/ioapic");
    g_assert_cmphex(qtest_inb(s, base + 5), ==, 0x60);
    g_assert_cmphex(qtest_inb(s, base + 2), ==, 0x01);
    qtest_outb(s, base + 7, 0x5a);
    g_assert_cmphex(qtest_inb(s, base + 7), ==, 0x5a);
    qtest_outb(s, base + 4, 0x1f);      /* loopback */
    g_assert_cmphex(qtest_inb(s, base + 6) & 0xf0, ==, 0xf0);
    qtest_outb(s, base + 2, 0x87);      /* FIFOs, trigger at 8 */
    g_assert_cmphex(qtest_inb(s, base + 2) & 0xc0, ==, 0xc0);
    qtest_outb(s, base + 1, 0x01);
    for (unsigned i = 0; i < 16; i++) {
        qtest_outb(s, base, i);
    }
    g_assert_true(qtest_get_irq(s, 4));
    g_assert_cmphex(qtest_inb(s, base + 2), ==, 0xc4);
    for (unsigned i = 0; i < 16; i++) {
        g_assert_cmphex(qtest_inb(s, base + 5) & 1, ==, 1);
        g_assert_cmphex(qtest_inb(s, base), ==, i);
    }
    g_assert_cmphex(qtest_inb(s, base + 5) & 3, ==, 0);
    g_assert_false(qtest_get_irq(s, 4));
    for (unsigned i = 0; i < 17; i++) {
        qtest_outb(s, base, i);
    }
    g_assert_cmphex(qtest_inb(s, base + 5) & 2, ==, 2);     /* overrun */
    qtest_outb(s, base + 2, 0x00);
    qtest_outb(s, base + 1, 0x02);      /* the transmitter is empty */
    g_assert_cmphex(qtest_inb(s, base + 2), ==, 0x02);
    g_assert_cmphex(qtest_inb(s, base + 2), ==, 0x01);
    qtest_quit(s);
}

/* ---- i8042 ---- */

static void test_keyboard(void)
{
    QTestState *s = qtest_init("-M pc");

    qtest_outb(s, 0x64, 0xaa);
    g_assert_cmphex(qtest_inb(s, 0x64) & 0x05, ==, 0x05);
    g_assert_cmphex(qtest_inb(s, 0x60), ==, 0x55);
    g_assert_cmphex(qtest_inb(s, 0x64) & 0x01, ==, 0x00);
    qtest_outb(s, 0x64, 0xab);
    g_assert_cmphex(qtest_inb(s, 0x60), ==, 0x00);
    qtest_outb(s, 0x60, 0xf2);          /* identify the keyboard */
    g_assert_cmphex(qtest_inb(s, 0x60), ==, 0xfa);
    g_assert_cmphex(qtest_inb(s, 0x60), ==, 0xab);
    g_assert_cmphex(qtest_inb(s, 0x60), ==, 0x83);
    qtest_outb(s, 0x64, 0xd4);          /* the mouse */
    qtest_outb(s, 0x60, 0xff);
    g_assert_cmphex(qtest_inb(s, 0x64) & 0x21, ==, 0x21);
    g_assert_cmphex(qtest_inb(s, 0x60), ==, 0xfa);
    g_assert_cmphex(qtest_inb(s, 0x60), ==, 0xaa);
    g_assert_cmphex(qtest_inb(s, 0x60), ==, 0x00);
    qtest_quit(s);
}

/* ---- resets and power ---- */

static void expect_reset(uint16_t port, uint8_t value)
{
    QTestState *s = qtest_init("-M pc");
    json_object *event;

    qtest_outb(s, port, value);
    event = qtest_event(s, "RESET");
    g_assert_true(json_flag(event, "data.guest"));
    json_object_put(event);
    qtest_quit(s);
}

static void test_resets(void)
{
    expect_reset(0xcf9, 0x06);
    expect_reset(0x64, 0xfe);
    expect_reset(0x92, 0x01);
}

/* As firmware places it. */
static void enable_pm(QTestState *s)
{
    pci_write(s, 0x0b, 0x40, 0x600);
    pci_write(s, 0x0b, 0x80, 1);
}

static void test_power_off(void)
{
    QTestState *s = qtest_init("-M pc");
    json_object *event;

    enable_pm(s);
    qtest_outb(s, 0xb2, 0xf1);
    g_assert_cmphex(qtest_inw(s, 0x604), ==, 0x0001);
    qtest_outw(s, 0x604, 7 << 10 | 1 << 13);    /* no such state */
    qtest_outw(s, 0x604, 0 << 10 | 1 << 13);
    event = qtest_event(s, "SHUTDOWN");
    g_assert_true(json_flag(event, "data.guest"));
    json_object_put(event);
    g_assert_cmpint(qtest_wait(s), ==, 0);
}

static void test_power_button_and_timer(void)
{
    QTestState *s = qtest_init("-M pc");
    uint32_t before, after;

    enable_pm(s);
    qtest_irq_intercept_in(s, "/machine/i440fx/ioapic");
    qtest_outw(s, 0x602, 1 << 8);
    g_assert_false(qtest_get_irq(s, 9));
    qtest_qmp_ok(s, "{'execute': 'system_powerdown'}");
    json_object_put(qtest_event(s, "POWERDOWN"));
    g_assert_true(qtest_get_irq(s, 9));
    g_assert_cmphex(qtest_inw(s, 0x600) & 1 << 8, ==, 1 << 8);
    qtest_outw(s, 0x600, 1 << 8);
    g_assert_false(qtest_get_irq(s, 9));

    before = qtest_inl(s, 0x608);
    qtest_clock_step(s, SECOND);
    after = qtest_inl(s, 0x608);
    g_assert_cmpuint((after - before) & 0xffffff, ==, 3579545);
    qtest_outw(s, 0x600, 1);
    qtest_outw(s, 0x602, 1);
    qtest_clock_step(s, 3 * SECOND);
    g_assert_true(qtest_get_irq(s, 9));         /* the timer's top bit */
    qtest_outw(s, 0x600, 1);
    g_assert_false(qtest_get_irq(s, 9));
    qtest_quit(s);
}

/* ---- fw_cfg ---- */

static void fw_cfg_read(QTestState *s, uint16_t key, void *buf, size_t bytes)
{
    qtest_outw(s, 0x510, key);
    for (size_t i = 0; i < bytes; i++) {
        ((uint8_t *)buf)[i] = qtest_inb(s, 0x511);
    }
}

/* The number and size of a file; the test fails if there is none. */
static uint16_t fw_cfg_file(QTestState *s, const char *name, uint32_t *size)
{
    uint8_t count[4], entry[64];
    uint32_t n;

    fw_cfg_read(s, 0x19, count, 4);
    n = ldl_be_p(count);
    for (uint32_t i = 0; i < n; i++) {
        for (unsigned b = 0; b < sizeof(entry); b++) {
            entry[b] = qtest_inb(s, 0x511);
        }
        if (!strcmp((char *)entry + 8, name)) {
            *size = ldl_be_p(entry);
            return lduw_be_p(entry + 4);
        }
    }
    g_error("fw_cfg has no %s", name);
}

static void test_fw_cfg(void)
{
    QTestState *s = qtest_init(
        "-M pc -m 100 -smp 1 -uuid 4600cb32-38ec-4b2f-8acb-81c6ea54f2d8 "
        "-fw_cfg name=opt/test,string=hello");
    static const uint8_t uuid[16] = {
        0x46, 0x00, 0xcb, 0x32, 0x38, 0xec, 0x4b, 0x2f,
        0x8a, 0xcb, 0x81, 0xc6, 0xea, 0x54, 0xf2, 0xd8,
    };
    uint8_t buf[64];
    uint32_t size;
    uint16_t key;

    fw_cfg_read(s, 0, buf, 4);
    g_assert_cmpmem(buf, 4, "QEMU", 4);
    fw_cfg_read(s, 1, buf, 4);
    g_assert_cmphex(ldl_le_p(buf), ==, 3);
    fw_cfg_read(s, 2, buf, 16);
    g_assert_cmpmem(buf, 16, uuid, 16);
    fw_cfg_read(s, 3, buf, 8);
    g_assert_cmphex(ldq_le_p(buf), ==, 100 << 20);
    fw_cfg_read(s, 5, buf, 2);
    g_assert_cmpuint(lduw_le_p(buf), ==, 1);
    key = fw_cfg_file(s, "opt/test", &size);
    g_assert_cmpuint(size, ==, 5);
    fw_cfg_read(s, key, buf, 6);
    g_assert_cmpmem(buf, 6, "hello\0", 6);      /* zero behind the end */
    key = fw_cfg_file(s, "etc/acpi/rsdp", &size);
    fw_cfg_read(s, key, buf, 8);
    g_assert_cmpmem(buf, 8, "RSD PTR ", 8);
    fw_cfg_file(s, "etc/table-loader", &size);
    g_assert_cmpuint(size % 128, ==, 0);
    fw_cfg_read(s, 0x7777, buf, 4);             /* no such item */
    g_assert_cmphex(ldl_le_p(buf), ==, 0);
    qtest_quit(s);
}

/* A DMA access at 0x1000 that is to read bytes to address. */
static void expect_boot_order(const char *args, const char *expected)
{
    QTestState *s = qtest_init(args);
    char list[200] = "";
    uint32_t size;
    uint16_t key = fw_cfg_file(s, "bootorder", &size);

    g_assert_cmpint(size, ==, *expected ? strlen(expected) + 1 : 0);
    fw_cfg_read(s, key, list, MIN(size, sizeof(list)));
    g_assert_cmpstr(list, ==, expected);
    qtest_quit(s);
}

/* What bootindex says, as firmware finds it. */
static void test_boot_order(void)
{
    expect_boot_order("-M pc -device virtio-net-pci,romfile=", "");
    expect_boot_order("-M pc -device virtio-net-pci,bootindex=2,addr=5,romfile="
                      " -device rtl8139,bootindex=1,addr=6,romfile=",
                      "/pci@i0cf8/ethernet@6/ethernet-phy@0\n"
                      "/pci@i0cf8/ethernet@5/ethernet-phy@0");
    expect_boot_order("-M q35 -boot strict=on"
                      " -device pcie-root-port,id=rp,chassis=1,addr=3.2"
                      " -device virtio-net-pci,bootindex=0,bus=rp,romfile=",
                      "/pci@i0cf8/pci-bridge@3,2/ethernet@0/ethernet-phy@0\n"
                      "HALT");
}

static uint32_t fw_cfg_dma(QTestState *s, uint32_t control, uint32_t bytes,
                           uint64_t address)
{
    uint8_t access[16];

    stl_be_p(access, control);
    stl_be_p(access + 4, bytes);
    stq_be_p(access + 8, address);
    qtest_memwrite(s, 0x1000, access, sizeof(access));
    qtest_outl(s, 0x514, 0);
    qtest_outl(s, 0x518, GUINT32_TO_BE(0x1000));
    qtest_memread(s, 0x1000, access, 4);
    return ldl_be_p(access);
}

static void test_fw_cfg_dma(void)
{
    QTestState *s = qtest_init("-M pc");
    uint8_t buf[8];

    g_assert_cmphex(qtest_inl(s, 0x514), ==, GUINT32_TO_BE(0x51454d55));
    g_assert_cmphex(fw_cfg_dma(s, 0x0a, 8, 0x2000), ==, 0);
    qtest_memread(s, 0x2000, buf, 8);
    g_assert_cmpmem(buf, 8, "QEMU\0\0\0\0", 8);
    g_assert_cmphex(fw_cfg_dma(s, 0x10, 8, 0x2000), ==, 1);
    /* Far too much, to nowhere, and onto the access itself. */
    fw_cfg_dma(s, 0x0a, UINT32_MAX, 0xfffffffffffffff0ull);
    fw_cfg_dma(s, 0x0a, 0x100, 0xfec00000);
    fw_cfg_dma(s, 0x0a, 0x100, 0x1000);
    fw_cfg_dma(s, 0x04, UINT32_MAX, 0);
    fw_cfg_dma(s, 0x02, 8, 0x2000);
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("platform/board", test_board);
    qtest_add_func("platform/pit", test_pit);
    qtest_add_func("platform/rtc", test_rtc);
    qtest_add_func("platform/interrupt-routing", test_interrupt_routing);
    qtest_add_func("platform/ioapic", test_ioapic);
    qtest_add_func("platform/serial", test_serial);
    qtest_add_func("platform/keyboard", test_keyboard);
    qtest_add_func("platform/resets", test_resets);
    qtest_add_func("platform/power-off", test_power_off);
    qtest_add_func("platform/power-button", test_power_button_and_timer);
    qtest_add_func("platform/fw-cfg", test_fw_cfg);
    qtest_add_func("platform/boot-order", test_boot_order);
    qtest_add_func("platform/fw-cfg-dma", test_fw_cfg_dma);
    return g_test_run();
}
