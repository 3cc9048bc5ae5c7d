/*
 * Devices come and go: by ACPI's registers on pc and q35, by a port's slot registers
 * on q35, in every order with their backends, at reset, before the first
 * instruction, and in a state that is saved.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqtest.h"
#include <dirent.h>
#include <linux/pci_regs.h>

/* docs/specs/acpi-pci-hotplug.rst */
enum { PC_BASE = 0xae00, Q35_BASE = 0xcc0 };
enum { UP = 0x00, DOWN = 0x04, EJECT = 0x08, REMOVABLE = 0x0c, OST = 0x0c,
       SELECT = 0x10, INDEX = 0x14 };
enum { PC_GPE = 0xafe0, GPE_BIT = 1 << 1 };

#define NIC "virtio-net-pci"

static void add(QTestState *s, const char *id, const char *members)
{
    qtest_qmp_ok(s, "{'execute':'device_add','arguments':{'driver':'" NIC "',"
                 "'id':'%s','romfile':''%s%s}}", id, *members ? "," : "",
                 members);
}

static void add_fails(QTestState *s, const char *members, const char *text)
{
    g_autofree char *error = qtest_qmp_error(
        s, "GenericError", "{'execute':'device_add','arguments':{'driver':'"
        NIC "','id':'bad','romfile':'',%s}}", members);

    if (!strstr(error, text)) {
        g_error("'%s' does not say '%s'", error, text);
    }
}

static void del(QTestState *s, const char *id)
{
    qtest_qmp_ok(s, "{'execute':'device_del','arguments':{'id':'%s'}}", id);
}

static void del_fails(QTestState *s, const char *id, const char *text)
{
    g_autofree char *error = qtest_qmp_error(
        s, "GenericError", "{'execute':'device_del','arguments':{'id':'%s'}}",
        id);

    if (!strstr(error, text)) {
        g_error("'%s' does not say '%s'", error, text);
    }
}

/* Waits for the event of this device; those of devices inside it come, too. */
static void expect(QTestState *s, const char *event, const char *id)
{
    bool found = false;

    while (!found) {
        json_object *e = qtest_event(s, event);
        json_object *data = json_member(e, "data");

        found = json_has(data, "device") &&
            g_str_equal(json_string(data, "device"), id);
        json_object_put(e);
    }
}

static bool exists(QTestState *s, const char *id)
{
    json_object *list = qtest_qmp_return(
        s, "{'execute':'qom-list','arguments':{'path':'/machine/peripheral'}}");
    bool found = false;

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *item = json_object_array_get_idx(list, i);

        found |= g_str_equal(json_string(item, "name"), id);
    }
    json_object_put(list);
    return found;
}

static uint32_t reg(QTestState *s, unsigned base, unsigned bus, unsigned at)
{
    qtest_outl(s, base + SELECT, bus);
    return qtest_inl(s, base + at);
}

static void set_reg(QTestState *s, unsigned base, unsigned bus, unsigned at,
                    uint32_t value)
{
    qtest_outl(s, base + SELECT, bus);
    qtest_outl(s, base + at, value);
}

static void reset(QTestState *s)
{
    qtest_qmp_ok(s, "{'execute':'system_reset'}");
    json_object_put(qtest_event(s, "RESET"));
}

/* ---- pc ---- */

static void test_plug_and_eject(void)
{
    QTestState *s = qtest_init("-M pc");

    for (unsigned round = 0; round < 2; round++) {
        add(s, "n", "'addr':'6'");
        g_assert_cmphex(qtest_inb(s, PC_GPE) & GPE_BIT, ==, GPE_BIT);
        qtest_outb(s, PC_GPE, GPE_BIT);
        g_assert_cmphex(reg(s, PC_BASE, 0, DOWN), ==, 0);
        g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 1 << 6);
        g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 0);

        del(s, "n");
        del_fails(s, "n", "already in the process of unplug");
        g_assert_true(exists(s, "n"));
        g_assert_cmphex(qtest_inb(s, PC_GPE) & GPE_BIT, ==, GPE_BIT);
        qtest_outb(s, PC_GPE, GPE_BIT);
        g_assert_cmphex(reg(s, PC_BASE, 0, DOWN), ==, 1 << 6);
        g_assert_cmphex(reg(s, PC_BASE, 0, DOWN), ==, 1 << 6);
        g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 0);
        qtest_outl(s, PC_BASE + EJECT, 1 << 6);
        expect(s, "DEVICE_DELETED", "n");
        g_assert_false(exists(s, "n"));
        g_assert_cmphex(reg(s, PC_BASE, 0, DOWN), ==, 0);
    }
    qtest_quit(s);
}

/* A guest that missed the event is asked again, some seconds later. */
static void test_ask_again(void)
{
    QTestState *s = qtest_init("-M pc -device " NIC ",id=n,addr=6,romfile=");

    del(s, "n");
    qtest_outb(s, PC_GPE, GPE_BIT);
    qtest_clock_step(s, 4900000000ll);
    del_fails(s, "n", "already in the process of unplug");
    qtest_clock_step(s, 200000000);
    del(s, "n");
    g_assert_cmphex(qtest_inb(s, PC_GPE) & GPE_BIT, ==, GPE_BIT);
    qtest_outl(s, PC_BASE + EJECT, 1 << 6);
    expect(s, "DEVICE_DELETED", "n");
    qtest_quit(s);
}

/* Registers that do not exist, buses that do not, slots that hold the chipset. */
static void test_hostile_guest(void)
{
    static const uint32_t buses[] = { 0, 1, 255, 256, 300, UINT32_MAX };
    QTestState *s = qtest_init("-M pc");

    add(s, "n", "'addr':'6'");
    del(s, "n");
    for (unsigned i = 0; i < G_N_ELEMENTS(buses); i++) {
        for (unsigned at = 0; at < 0x20; at += 4) {
            reg(s, PC_BASE, buses[i], at);
            if (buses[i] || at != EJECT) {
                set_reg(s, PC_BASE, buses[i], at, at == OST ? 6 : UINT32_MAX);
            }
        }
    }
    g_assert_true(exists(s, "n"));
    g_assert_cmphex(reg(s, PC_BASE, 0, REMOVABLE), ==, ~3u);
    set_reg(s, PC_BASE, 0, EJECT, UINT32_MAX);
    expect(s, "DEVICE_DELETED", "n");
    qtest_outl(s, 0xcf8, 0x80000000);
    g_assert_cmphex(qtest_inl(s, 0xcfc), ==, 0x12378086);
    qtest_outl(s, 0xcf8, 0x80000b00);
    g_assert_cmphex(qtest_inl(s, 0xcfc), ==, 0x71138086);
    qtest_quit(s);
}

static void test_refused(void)
{
    QTestState *s = qtest_init("-M pc");
    json_object *event;

    add(s, "n", "'addr':'6'");
    add(s, "other", "'addr':'8'");
    /* Nobody asked: no event, which would come before the next one. */
    set_reg(s, PC_BASE, 0, OST, 8 | 3 << 8 | 0x81u << 16);
    del(s, "n");
    /* Another slot, in progress, success, another event: not a refusal. */
    qtest_outl(s, PC_BASE + OST, 7 | 3 << 8 | 0x81u << 16);
    qtest_outl(s, PC_BASE + OST, 6 | 3 << 8 | 0x84u << 16);
    qtest_outl(s, PC_BASE + OST, 6 | 3 << 8);
    qtest_outl(s, PC_BASE + OST, 6 | 1 << 8 | 0x81u << 16);
    g_assert_cmphex(reg(s, PC_BASE, 0, DOWN), ==, 1 << 6);
    qtest_outl(s, PC_BASE + OST, 6 | 3 << 8 | 0x81u << 16);
    event = qtest_event(s, "DEVICE_UNPLUG_GUEST_ERROR");
    g_assert_cmpstr(json_string(event, "data.device"), ==, "n");
    json_object_put(event);
    g_assert_cmphex(reg(s, PC_BASE, 0, DOWN), ==, 0);
    g_assert_true(exists(s, "n"));
    reset(s);
    g_assert_true(exists(s, "n"));
    del(s, "n");
    qtest_outl(s, PC_BASE + EJECT, 1 << 6);
    expect(s, "DEVICE_DELETED", "n");
    qtest_quit(s);
}

static void test_reset_completes(void)
{
    QTestState *s = qtest_init("-M pc -device pci-bridge,id=b,chassis_nr=1,"
                               "addr=5");

    add(s, "n", "'addr':'6'");
    add(s, "m", "'addr':'3','bus':'b'");
    add(s, "stays", "'addr':'7'");
    del(s, "n");
    del(s, "m");
    reset(s);
    g_assert_false(exists(s, "n"));
    g_assert_false(exists(s, "m"));
    g_assert_true(exists(s, "stays"));
    g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 0);
    g_assert_cmphex(reg(s, PC_BASE, 0, DOWN), ==, 0);
    g_assert_cmphex(reg(s, PC_BASE, 1, DOWN), ==, 0);
    expect(s, "DEVICE_DELETED", "n");
    expect(s, "DEVICE_DELETED", "m");
    qtest_quit(s);
}

/* Before the first instruction nobody has to agree. */
static void test_before_start(const void *args)
{
    QTestState *s = qtest_initf("%s -S", (const char *)args);

    add(s, "n", strstr(args, "id=rp") ? "'bus':'rp'" : "'addr':'6'");
    del(s, "n");
    expect(s, "DEVICE_DELETED", "n");
    del(s, "cold");
    expect(s, "DEVICE_DELETED", "cold");
    add(s, "n", strstr(args, "id=rp") ? "'bus':'rp'" : "'addr':'6'");
    qtest_qmp_ok(s, "{'execute':'cont'}");
    qtest_quit(s);
}

static void test_bridges(void)
{
    QTestState *s = qtest_init("-M pc -device pci-bridge,id=b,chassis_nr=1,"
                               "addr=5");

    add(s, "n", "'bus':'b','addr':'2'");
    g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 0);
    g_assert_cmphex(reg(s, PC_BASE, 1, UP), ==, 1 << 2);
    del(s, "n");
    set_reg(s, PC_BASE, 0, EJECT, 1 << 2);
    g_assert_true(exists(s, "n"));
    set_reg(s, PC_BASE, 1, EJECT, 1 << 2);
    expect(s, "DEVICE_DELETED", "n");
    del_fails(s, "b", "was there at start and stays");
    g_assert_cmphex(reg(s, PC_BASE, 0, REMOVABLE), ==, ~0x23u);

    /* One that comes is in the tables of the next boot. */
    qtest_qmp_ok(s, "{'execute':'device_add','arguments':{'driver':'pci-bridge'"
                 ",'id':'c','chassis_nr':2,'addr':'8'}}");
    add_fails(s, "'bus':'c','addr':'2'", "'c' does not support hotplugging");
    reset(s);
    add(s, "n", "'bus':'c','addr':'2'");
    g_assert_cmphex(reg(s, PC_BASE, 2, UP), ==, 1 << 2);
    del(s, "c");
    set_reg(s, PC_BASE, 0, EJECT, 1 << 8);
    expect(s, "DEVICE_DELETED", "n");
    expect(s, "DEVICE_DELETED", "c");
    g_assert_cmphex(reg(s, PC_BASE, 2, REMOVABLE), ==, 0);
    qtest_quit(s);
}

static void test_multifunction(void)
{
    QTestState *s = qtest_init("-M pc");

    add(s, "f1", "'addr':'6.1'");
    g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 0);
    add_fails(s, "'addr':'6.0'", "indicates single function");
    add(s, "f0", "'addr':'6.0','multifunction':true");
    g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 1 << 6);
    add(s, "f2", "'addr':'6.2'");
    g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 1 << 6);
    add_fails(s, "'addr':'6.1'", "in use by " NIC ",id=f1");
    del(s, "f2");
    g_assert_cmphex(reg(s, PC_BASE, 0, DOWN), ==, 1 << 6);
    qtest_outl(s, PC_BASE + EJECT, 1 << 6);
    expect(s, "DEVICE_DELETED", "f0");
    g_assert_false(exists(s, "f1"));
    g_assert_false(exists(s, "f2"));
    qtest_quit(s);
}

static void test_acpi_index(void)
{
    QTestState *s = qtest_init("-M pc -device " NIC ",addr=5,romfile=,"
                               "acpi-index=17");

    add_fails(s, "'acpi-index':17", "acpi-index");
    add_fails(s, "'acpi-index':16384", "acpi-index");
    add(s, "n", "'addr':'6','acpi-index':18");
    for (unsigned slot = 5; slot < 8; slot++) {
        set_reg(s, PC_BASE, 0, INDEX, 1 << slot);
        g_assert_cmpuint(qtest_inl(s, PC_BASE + INDEX), ==,
                         slot < 7 ? slot + 12 : 0);
    }
    qtest_outl(s, PC_BASE + INDEX, 0);
    g_assert_cmpuint(qtest_inl(s, PC_BASE + INDEX), ==, 0);
    set_reg(s, PC_BASE, 1, INDEX, 1 << 5);
    g_assert_cmpuint(qtest_inl(s, PC_BASE + INDEX), ==, 0);
    del(s, "n");
    set_reg(s, PC_BASE, 0, EJECT, 1 << 6);
    expect(s, "DEVICE_DELETED", "n");
    add(s, "n", "'addr':'9','acpi-index':18");
    qtest_quit(s);
}

static void test_bad_places(void)
{
    QTestState *s = qtest_init("-M pc -device pci-bridge,id=b,chassis_nr=1,"
                               "addr=5");

    add(s, "n", "'addr':'6'");
    add_fails(s, "'addr':'6'", "slot 6 function 0 not available");
    add_fails(s, "'addr':'32'", "addr");
    add_fails(s, "'bus':'nowhere'", "Bus 'nowhere' not found");
    add_fails(s, "'bus':'isa.0'", "can't go on");
    add_fails(s, "'bus':'b','addr':'0'", "reserved");
    add_fails(s, "'netdev':'nobody'", "nobody");
    for (unsigned slot = 1; slot < 32; slot++) {
        g_autofree char *id = g_strdup_printf("b%u", slot);

        add(s, id, "'bus':'b'");
    }
    add_fails(s, "'bus':'b'", "no slot/function available");
    g_assert_cmphex(reg(s, PC_BASE, 1, UP), ==, ~1u);
    g_assert_false(exists(s, "bad"));
    qtest_quit(s);
}

static void test_properties_off(void)
{
    QTestState *s = qtest_init(
        "-M pc -global PIIX4_PM.acpi-root-pci-hotplug=off "
        "-device pci-bridge,id=b,chassis_nr=1,addr=5");

    add_fails(s, "'bus':'pci.0'", "Bus 'pci.0' does not support hotplugging");
    add(s, "n", "'bus':'b','addr':'1'");
    g_assert_cmphex(reg(s, PC_BASE, 0, UP), ==, 1 << 1);
    qtest_quit(s);
    s = qtest_init(
        "-M pc -global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off "
        "-device pci-bridge,id=b,chassis_nr=1,addr=5");
    add_fails(s, "'bus':'b'", "Bus 'b' does not support hotplugging");
    add(s, "n", "'addr':'6'");
    qtest_quit(s);
    s = qtest_init(
        "-M pc -global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off "
        "-global PIIX4_PM.acpi-root-pci-hotplug=off");
    add_fails(s, "'addr':'6'", "does not support hotplugging");
    g_assert_cmphex(qtest_inl(s, PC_BASE + REMOVABLE), ==, UINT32_MAX);
    qtest_quit(s);
}

/* ---- backends ---- */

static void netdev_add(QTestState *s)
{
    qtest_qmp_ok(s, "{'execute':'netdev_add','arguments':{'type':'user',"
                 "'id':'u'}}");
}

static void netdev_del(QTestState *s)
{
    qtest_qmp_ok(s, "{'execute':'netdev_del','arguments':{'id':'u'}}");
}

static void eject_n(QTestState *s)
{
    set_reg(s, PC_BASE, 0, EJECT, 1 << 6);
    expect(s, "DEVICE_DELETED", "n");
}

/* The backend goes before the device, meanwhile, or after it. */
static void test_backend_orders(void)
{
    QTestState *s = qtest_init("-M pc");

    for (unsigned when = 0; when < 6; when++) {
        netdev_add(s);
        add(s, "n", "'addr':'6','netdev':'u'");
        add_fails(s, "'addr':'7','netdev':'u'", "netdev");
        if (when % 3 == 0) {
            netdev_del(s);
        }
        del(s, "n");
        if (when % 3 == 1) {
            netdev_del(s);
        }
        eject_n(s);
        if (when % 3 == 2) {
            netdev_del(s);
        }
    }
    qtest_quit(s);
}

static unsigned long rss_kib(QTestState *s)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", qtest_pid(s));
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return strtoul(strstr(text, "VmRSS:") + 6, NULL, 10);
}

static unsigned fd_count(QTestState *s)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd", qtest_pid(s));
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    return count;
}

static void many_rounds(QTestState *s, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        netdev_add(s);
        add(s, "n", "'addr':'6','netdev':'u','mq':true,'vectors':4");
        del(s, "n");
        eject_n(s);
        netdev_del(s);
    }
}

static void test_flat(void)
{
    const char *rounds = g_getenv("HOTPLUG_ROUNDS");
    QTestState *s = qtest_init("-M pc");
    unsigned long rss;
    unsigned fds;

    many_rounds(s, 10);
    rss = rss_kib(s);
    fds = fd_count(s);
    many_rounds(s, rounds ? atoi(rounds) : 60);
    g_test_message("RSS %lu then %lu KiB, %u then %u descriptors", rss,
                   rss_kib(s), fds, fd_count(s));
    g_assert_cmpuint(fd_count(s), <=, fds);
#ifndef __SANITIZE_ADDRESS__    /* which keeps what was freed */
    g_assert_cmpuint(rss_kib(s), <, rss + 1024);
#endif
    qtest_quit(s);
}

/* ---- saved states ---- */

static void test_saved(void)
{
    QTestState *s = qtest_init(
        "-M pc -device pci-bridge,id=b,chassis_nr=1,addr=5 "
        "-device " NIC ",id=n,addr=6,romfile= "
        "-device " NIC ",id=m,bus=b,addr=2,romfile=,acpi-index=4");

    del(s, "n");
    del(s, "m");
    set_reg(s, PC_BASE, 1, INDEX, 1 << 2);
    qtest_save_and_restore(s);
    g_assert_cmpuint(qtest_inl(s, PC_BASE + SELECT), ==, 1);
    g_assert_cmpuint(qtest_inl(s, PC_BASE + INDEX), ==, 4);
    g_assert_cmphex(qtest_inl(s, PC_BASE + DOWN), ==, 1 << 2);
    g_assert_cmphex(qtest_inb(s, PC_GPE) & GPE_BIT, ==, GPE_BIT);
    set_reg(s, PC_BASE, 0, OST, 6 | 3 << 8 | 0x82u << 16);
    expect(s, "DEVICE_UNPLUG_GUEST_ERROR", "n");
    reset(s);
    expect(s, "DEVICE_DELETED", "m");
    g_assert_true(exists(s, "n"));
    qtest_quit(s);
}

/* ---- q35 ---- */

#define PORTS "-device pcie-root-port,id=rp,chassis=1,addr=2 "

static void test_q35_acpi(void)
{
    QTestState *s = qtest_init(
        "-M q35 " PORTS "-device pcie-pci-bridge,id=pb,bus=rp "
        "-device pcie-root-port,id=fixed,chassis=2,addr=3,hotplug=off");

    add_fails(s, "'bus':'pcie.0'", "Bus 'pcie.0' does not support hotplugging");
    add_fails(s, "'bus':'fixed'", "fixed");
    add_fails(s, "'bus':'rp','addr':'1'", "only allows plugging into slot 0");
    add_fails(s, "'bus':'rp'", "");
    add(s, "n", "'bus':'pb','addr':'3'");
    g_assert_cmphex(reg(s, Q35_BASE, 0, UP), ==, 0);
    g_assert_cmphex(reg(s, Q35_BASE, 0, REMOVABLE), ==, ~1u);
    g_assert_cmphex(reg(s, Q35_BASE, 1, UP), ==, 1 << 3);
    del(s, "n");
    g_assert_cmphex(reg(s, Q35_BASE, 1, DOWN), ==, 1 << 3);
    qtest_outl(s, Q35_BASE + EJECT, 1 << 3);
    expect(s, "DEVICE_DELETED", "n");
    qtest_quit(s);
}

static uint32_t slot_status(QTestState *s)
{
    qtest_outl(s, 0xcf8, 0x80001000 | (0x54 + PCI_EXP_SLTCTL));
    return qtest_inl(s, 0xcfc);
}

static void slot_control(QTestState *s, uint16_t control)
{
    qtest_outl(s, 0xcf8, 0x80001000 | (0x54 + PCI_EXP_SLTCTL));
    qtest_outw(s, 0xcfc, control);
}

/* The port shows what ACPI put into it, with power. */
static void test_q35_acpi_port(void)
{
    QTestState *s = qtest_init("-M q35 " PORTS);

    g_assert_true(slot_status(s) & PCI_EXP_SLTCTL_PCC);
    add(s, "n", "'bus':'rp'");
    g_assert_false(slot_status(s) & PCI_EXP_SLTCTL_PCC);
    g_assert_true(slot_status(s) >> 16 & PCI_EXP_SLTSTA_PDS);
    add_fails(s, "'bus':'rp','addr':'0'", "in use by " NIC ",id=n");
    g_assert_cmphex(reg(s, Q35_BASE, 0, UP), ==, 1);
    del(s, "n");
    qtest_outl(s, Q35_BASE + EJECT, 1);
    expect(s, "DEVICE_DELETED", "n");
    g_assert_false(slot_status(s) >> 16 & PCI_EXP_SLTSTA_PDS);
    qtest_quit(s);
}

#define NATIVE "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off "
enum { LAMP_ON = PCI_EXP_SLTCTL_PWR_IND_ON | PCI_EXP_SLTCTL_ATTN_IND_OFF,
       LAMP_BLINK = PCI_EXP_SLTCTL_PWR_IND_BLINK | PCI_EXP_SLTCTL_ATTN_IND_OFF,
       LAMP_OFF = PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_ATTN_IND_OFF };

static void test_q35_native(void)
{
    QTestState *s = qtest_init("-M q35 " NATIVE PORTS);

    g_assert_cmphex(qtest_inl(s, Q35_BASE + REMOVABLE), ==, UINT32_MAX);
    add_fails(s, "'bus':'pcie.0'", "Bus 'pcie.0' does not support hotplugging");
    add(s, "n", "'bus':'rp'");
    g_assert_true(slot_status(s) >> 16 & PCI_EXP_SLTSTA_ABP);
    del(s, "n");                        /* the guest has not switched it on */
    expect(s, "DEVICE_DELETED", "n");

    add(s, "n", "'bus':'rp'");
    slot_control(s, LAMP_ON);
    del(s, "n");
    del_fails(s, "n", "already in the process of unplug");
    slot_control(s, LAMP_BLINK);
    slot_control(s, LAMP_ON);           /* thought better of it */
    expect(s, "DEVICE_UNPLUG_GUEST_ERROR", "n");
    g_assert_true(exists(s, "n"));
    del(s, "n");
    slot_control(s, LAMP_BLINK);
    g_assert_true(exists(s, "n"));
    slot_control(s, LAMP_OFF | PCI_EXP_SLTCTL_PCC);
    expect(s, "DEVICE_DELETED", "n");

    add(s, "n", "'bus':'rp'");
    slot_control(s, LAMP_ON);
    del(s, "n");
    reset(s);
    expect(s, "DEVICE_DELETED", "n");
    g_assert_false(exists(s, "n"));
    qtest_quit(s);
}

static void test_q35_old(void)
{
    QTestState *s = qtest_init("-M pc-q35-6.0 " PORTS);

    g_assert_cmphex(qtest_inl(s, Q35_BASE + REMOVABLE), ==, UINT32_MAX);
    add(s, "n", "'bus':'rp'");
    g_assert_true(slot_status(s) >> 16 & PCI_EXP_SLTSTA_ABP);
    qtest_quit(s);
    s = qtest_init("-M pc-q35-6.1 " PORTS);
    add(s, "n", "'bus':'rp'");
    g_assert_cmphex(reg(s, Q35_BASE, 0, UP), ==, 1);
    qtest_outl(s, 0xcf8, 0x80001000 | (0x54 + PCI_EXP_SLTCAP));
    g_assert_false(qtest_inl(s, 0xcfc) & PCI_EXP_SLTCAP_HPC);
    qtest_quit(s);
}

static void test_q35_saved(void)
{
    QTestState *s = qtest_init(
        "-M q35 " PORTS "-device " NIC ",id=n,bus=rp,romfile= "
        "-device pcie-root-port,id=rq,chassis=2,addr=3 "
        "-device pcie-pci-bridge,id=pb,bus=rq "
        "-device " NIC ",id=m,bus=pb,addr=4,romfile=");

    del(s, "n");
    del(s, "m");
    qtest_save_and_restore(s);
    g_assert_cmphex(reg(s, Q35_BASE, 0, DOWN), ==, 0);
    g_assert_cmphex(reg(s, Q35_BASE, 1, DOWN), ==, 1 << 4);
    g_assert_cmphex(reg(s, Q35_BASE, 2, DOWN), ==, 1);
    qtest_outl(s, Q35_BASE + EJECT, 1);
    expect(s, "DEVICE_DELETED", "n");
    set_reg(s, Q35_BASE, 1, EJECT, 1 << 4);
    expect(s, "DEVICE_DELETED", "m");
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/hotplug/pc/plug-and-eject", test_plug_and_eject);
    qtest_add_func("/hotplug/pc/ask-again", test_ask_again);
    qtest_add_func("/hotplug/pc/hostile-guest", test_hostile_guest);
    qtest_add_func("/hotplug/pc/refused", test_refused);
    qtest_add_func("/hotplug/pc/reset-completes", test_reset_completes);
    qtest_add_func("/hotplug/pc/bridges", test_bridges);
    qtest_add_func("/hotplug/pc/multifunction", test_multifunction);
    qtest_add_func("/hotplug/pc/acpi-index", test_acpi_index);
    qtest_add_func("/hotplug/pc/bad-places", test_bad_places);
    qtest_add_func("/hotplug/pc/properties-off", test_properties_off);
    qtest_add_func("/hotplug/pc/backend-orders", test_backend_orders);
    qtest_add_func("/hotplug/pc/flat", test_flat);
    qtest_add_func("/hotplug/pc/saved", test_saved);
    qtest_add_func("/hotplug/q35/acpi", test_q35_acpi);
    qtest_add_func("/hotplug/q35/acpi-port", test_q35_acpi_port);
    qtest_add_func("/hotplug/q35/native", test_q35_native);
    qtest_add_func("/hotplug/q35/old", test_q35_old);
    qtest_add_func("/hotplug/q35/saved", test_q35_saved);
    qtest_add_data_func("/hotplug/before-start/pc", "-M pc -device " NIC
                        ",id=cold,romfile=", test_before_start);
    qtest_add_data_func("/hotplug/before-start/q35", "-M q35 " PORTS
                        "-device pcie-root-port,id=rq,chassis=2,addr=3 "
                        "-device " NIC ",id=cold,bus=rq,romfile=",
                        test_before_start);
    qtest_add_data_func("/hotplug/before-start/native", "-M q35 " NATIVE PORTS
                        "-device pcie-root-port,id=rq,chassis=2,addr=3 "
                        "-device " NIC ",id=cold,bus=rq,romfile=",
                        test_before_start);
    return g_test_run();
}
