/*
 * PCI: configuration space, BARs, pins, MSI-X, realize and its failures, seen
 * with a small test device on a bus of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <json-c/json.h>
#include "hw/core/qdev-properties.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_host.h"
#include "hw/pci/pcie.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

#define TYPE_TEST_PCI   "test-pci"
#define TYPE_TEST_HOST  "test-pci-host"
#define VECTORS         3

/* ---- The device ---- */

typedef struct TestDev {
    PCIDevice parent_obj;
    MemoryRegion mem, io, wide;
    uint32_t reg;
    unsigned fail_at;           /* which step of realize fails; 0: none */
    bool exited;
} TestDev;

#define TEST_PCI(obj) OBJECT_CHECK(TestDev, (obj), TYPE_TEST_PCI)

static uint64_t reg_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr ? 0 : ((TestDev *)opaque)->reg;
}

static void reg_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    TestDev *t = opaque;

    t->reg = val;
    if (addr == 8) {
        /* The device is told to write into memory: perhaps into itself. */
        stl_le_pci_dma(&t->parent_obj, val, 0x600d, MEMTXATTRS_UNSPECIFIED);
    }
}

static const MemoryRegionOps reg_ops = {
    .read = reg_read,
    .write = reg_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static void test_dev_exit(PCIDevice *d)
{
    TestDev *t = TEST_PCI(d);

    msix_uninit_exclusive_bar(d);
    if (pci_is_express(d)) {
        pcie_cap_exit(d);
    }
    t->exited = true;
}

static void test_dev_realize(PCIDevice *d, Error **errp)
{
    TestDev *t = TEST_PCI(d);

    if (t->fail_at == 1) {
        error_setg(errp, "failed at the first step");
        return;
    }
    pci_config_set_interrupt_pin(d->config, 1);
    memory_region_init_io(&t->mem, OBJECT(d), &reg_ops, t, "test-mem", 0x1000);
    memory_region_init_io(&t->io, OBJECT(d), &reg_ops, t, "test-io", 0x20);
    memory_region_init_io(&t->wide, OBJECT(d), &reg_ops, t, "test-wide",
                          0x4000);
    pci_register_bar(d, 0, PCI_BASE_ADDRESS_SPACE_IO, &t->io);
    pci_register_bar(d, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &t->mem);
    pci_register_bar(d, 4, PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &t->wide);
    if (msix_init_exclusive_bar(d, VECTORS, 2, errp) < 0) {
        return;
    }
    for (unsigned v = 0; v < VECTORS; v++) {
        msix_vector_use(d, v);
    }
    if (pci_is_express(d)) {
        pcie_endpoint_cap_init(d, 0);
    }
    if (t->fail_at == 2) {
        error_setg(errp, "failed at the last step");
        test_dev_exit(d);
    }
}

static void test_dev_class_init(ObjectClass *oc, const void *data)
{
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = test_dev_realize;
    k->exit = test_dev_exit;
    k->vendor_id = PCI_VENDOR_ID_REDHAT;
    k->device_id = PCI_DEVICE_ID_REDHAT_TEST;
    k->revision = 7;
    k->class_id = PCI_CLASS_OTHERS;
}

static const TypeInfo test_types[] = {
    {
        .name = TYPE_TEST_PCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(TestDev),
        .class_init = test_dev_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_CONVENTIONAL_PCI_DEVICE },
            { }
        },
    }, {
        .name = TYPE_TEST_HOST,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(PCIHostState),
    },
};

DEFINE_TYPES(test_types)

/* ---- A bus ---- */

static PCIHostState *host;
static PCIBus *bus;
static MemoryRegion pci_mem, pci_io, ram, msi_window;
static int line_level[4];
static unsigned messages;
static uint32_t last_message;

static void set_line(void *opaque, int n, int level)
{
    line_level[n] = level;
}

static uint64_t msi_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void msi_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    messages++;
    last_message = val;
}

static const MemoryRegionOps msi_ops = {
    .read = msi_read,
    .write = msi_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static void bus_start(void)
{
    Object *obj = object_new(TYPE_TEST_HOST);

    host = PCI_HOST_BRIDGE(obj);
    memory_region_init(&pci_mem, NULL, "pci", UINT64_MAX);
    memory_region_init(&pci_io, NULL, "pci-io", 65536);
    memory_region_add_subregion_overlap(get_system_memory(), 0, &pci_mem, -1);
    memory_region_init_ram(&ram, NULL, "ram", 0x100000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_init_io(&msi_window, NULL, &msi_ops, NULL, "msi", 0x1000);
    memory_region_add_subregion(get_system_memory(), 0xfee00000, &msi_window);
    memory_region_add_subregion(get_system_io(), 0, &pci_io);
    bus = pci_register_root_bus(DEVICE(host), "pci.0", set_line,
                                pci_swizzle_map_irq_fn, NULL, &pci_mem,
                                &pci_io, 0, 4, TYPE_PCI_BUS);
}

static TestDev *dev_new(const char *addr)
{
    DeviceState *dev = qdev_new(TYPE_TEST_PCI);

    object_property_set_str(OBJECT(dev), "romfile", "", &error_abort);
    if (addr) {
        object_property_set_str(OBJECT(dev), "addr", addr, &error_abort);
    }
    return TEST_PCI(dev);
}

static TestDev *dev_start(const char *addr)
{
    TestDev *t = dev_new(addr);

    qdev_realize(DEVICE(t), BUS(bus), &error_abort);
    return t;
}

static void dev_end(TestDev *t)
{
    qdev_unrealize(DEVICE(t));
    object_unparent(OBJECT(t));
    object_unref(OBJECT(t));
    drain_call_rcu();
}

static uint32_t cfg_read(TestDev *t, unsigned reg, unsigned len)
{
    return pci_host_config_read_common(&t->parent_obj, reg, 256, len);
}

static void cfg_write(TestDev *t, unsigned reg, uint32_t val, unsigned len)
{
    pci_host_config_write_common(&t->parent_obj, reg, 256, val, len);
}

static void decode_on(TestDev *t)
{
    cfg_write(t, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
              PCI_COMMAND_MASTER, 2);
}

static uint32_t mem_read(hwaddr addr)
{
    return ldl_le_phys(&address_space_memory, addr);
}

static void mem_write(hwaddr addr, uint32_t val)
{
    stl_le_phys(&address_space_memory, addr, val);
}

/* ---- Configuration space ---- */

static void test_config_masks(void)
{
    TestDev *t = dev_start("4");

    cfg_write(t, PCI_VENDOR_ID, 0xdeadbeef, 4);
    g_assert_cmphex(cfg_read(t, PCI_VENDOR_ID, 4), ==, 0x00051b36);
    g_assert_cmphex(cfg_read(t, PCI_REVISION_ID, 1), ==, 7);
    cfg_write(t, PCI_COMMAND, 0xffff, 2);
    g_assert_cmphex(cfg_read(t, PCI_COMMAND, 2), ==, 0x0547);
    t->parent_obj.config[PCI_STATUS + 1] = 0xff;
    cfg_write(t, PCI_STATUS, 0x0100, 2);
    g_assert_cmphex(cfg_read(t, PCI_STATUS + 1, 1), ==, 0xfe);
    cfg_write(t, PCI_INTERRUPT_LINE, 0x0b, 1);
    g_assert_cmphex(cfg_read(t, PCI_INTERRUPT_LINE, 1), ==, 0x0b);
    /* Accesses that leave the space. */
    cfg_write(t, 0xff, 0xffffffff, 4);
    g_assert_cmphex(cfg_read(t, 0xfe, 4) & 0xff00, ==, 0xff00);
    g_assert_cmphex(cfg_read(t, 0x1000, 4), ==, UINT32_MAX);
    /* 0xcf8/0xcfc by every width. */
    host->bus = bus;
    g_assert_cmphex(pci_data_read(bus, 0x80002000, 4), ==, 0x00051b36);
    g_assert_cmphex(pci_data_read(bus, 0x80002001, 1), ==, 0x1b);
    g_assert_cmphex(pci_data_read(bus, 0x80010000, 4), ==, UINT32_MAX);
    dev_end(t);
}

static void test_bars(void)
{
    TestDev *t = dev_start("4");
    PCIDevice *d = &t->parent_obj;

    t->reg = 0x12345678;
    cfg_write(t, PCI_BASE_ADDRESS_1, UINT32_MAX, 4);
    g_assert_cmphex(cfg_read(t, PCI_BASE_ADDRESS_1, 4), ==, 0xfffff000);
    cfg_write(t, PCI_BASE_ADDRESS_0, UINT32_MAX, 4);
    g_assert_cmphex(cfg_read(t, PCI_BASE_ADDRESS_0, 4), ==, 0xffffffe1);
    cfg_write(t, PCI_BASE_ADDRESS_4, UINT32_MAX, 4);
    cfg_write(t, PCI_BASE_ADDRESS_5, UINT32_MAX, 4);
    g_assert_cmphex(cfg_read(t, PCI_BASE_ADDRESS_4, 4), ==, 0xffffc00c);
    g_assert_cmphex(cfg_read(t, PCI_BASE_ADDRESS_5, 4), ==, UINT32_MAX);
    decode_on(t);
    for (int i = 0; i < 6; i++) {
        if (d->io_regions[i].size) {
            g_assert_cmphex(pci_get_bar_addr(d, i), ==, PCI_BAR_UNMAPPED);
        }
    }
    cfg_write(t, PCI_BASE_ADDRESS_1, 0xe0000000, 4);
    g_assert_cmphex(mem_read(0xe0000000), ==, 0x12345678);
    cfg_write(t, PCI_BASE_ADDRESS_1, 0xe0100000, 4);
    g_assert_cmphex(mem_read(0xe0000000), ==, UINT32_MAX);
    g_assert_cmphex(mem_read(0xe0100000), ==, 0x12345678);
    cfg_write(t, PCI_BASE_ADDRESS_0, 0xc000, 4);
    g_assert_cmphex(ldl_le_phys(&address_space_io, 0xc000), ==, 0x12345678);
    cfg_write(t, PCI_BASE_ADDRESS_4, 0, 4);
    cfg_write(t, PCI_BASE_ADDRESS_5, 0x80, 4);
    g_assert_cmphex(mem_read(0x8000000000), ==, 0x12345678);
    cfg_write(t, PCI_COMMAND, 0, 2);
    g_assert_cmphex(mem_read(0xe0100000), ==, UINT32_MAX);
    dev_end(t);
}

static void test_bars_over_everything(void)
{
    TestDev *t = dev_start("4"), *u = dev_start("5");

    decode_on(t);
    decode_on(u);
    mem_write(0x1000, 0xaaaaaaaa);
    /* Over RAM: RAM is seen. */
    cfg_write(t, PCI_BASE_ADDRESS_1, 0x1000, 4);
    g_assert_cmphex(mem_read(0x1000), ==, 0xaaaaaaaa);
    /* Over each other, and over the device's own. */
    cfg_write(t, PCI_BASE_ADDRESS_1, 0xe0000000, 4);
    cfg_write(t, PCI_BASE_ADDRESS_2, 0xe0000000, 4);
    cfg_write(u, PCI_BASE_ADDRESS_1, 0xe0000000, 4);
    mem_read(0xe0000000);
    cfg_write(u, PCI_COMMAND, 0, 2);
    mem_read(0xe0000000);
    /* To the end of the space and around it. */
    cfg_write(t, PCI_BASE_ADDRESS_4, 0xffffffff, 4);
    cfg_write(t, PCI_BASE_ADDRESS_5, 0xffffffff, 4);
    g_assert_cmphex(pci_get_bar_addr(&t->parent_obj, 4), ==, PCI_BAR_UNMAPPED);
    cfg_write(t, PCI_BASE_ADDRESS_4, 0xffff8000, 4);
    g_assert_cmphex(pci_get_bar_addr(&t->parent_obj, 4), ==,
                    0xffffffffffff8000);
    /* Over the window of messages. */
    cfg_write(t, PCI_BASE_ADDRESS_1, 0xfee00000, 4);
    messages = 0;
    mem_write(0xfee00000, 1);
    g_assert_cmpuint(messages, ==, 1);
    dev_end(u);
    dev_end(t);
}

/* ---- Bus mastering ---- */

static void test_bus_master(void)
{
    TestDev *t = dev_start("4");
    uint32_t word = 0;

    mem_write(0x2000, 0x11223344);
    g_assert_cmpuint(pci_dma_read(&t->parent_obj, 0x2000, &word, 4), ==,
                     MEMTX_DECODE_ERROR);
    decode_on(t);
    g_assert_cmpuint(pci_dma_read(&t->parent_obj, 0x2000, &word, 4), ==,
                     MEMTX_OK);
    g_assert_cmphex(word, ==, 0x11223344);
    g_assert_true(t->parent_obj.bus_master_as.current_map ==
                  address_space_memory.current_map);
    pci_device_reset(&t->parent_obj);
    g_assert_cmpuint(pci_dma_read(&t->parent_obj, 0x2000, &word, 4), ==,
                     MEMTX_DECODE_ERROR);
    dev_end(t);
}

/* attacks: CVE-2024-3446 and its kind: the device pointed at itself */
static void test_dma_into_itself(void)
{
    TestDev *t = dev_start("4"), *other = dev_start("5");

    decode_on(t);
    decode_on(other);
    cfg_write(t, PCI_BASE_ADDRESS_1, 0xe0000000, 4);
    cfg_write(other, PCI_BASE_ADDRESS_1, 0xe0001000, 4);
    mem_write(0xe0000008, 0xe0000000);
    g_assert_cmphex(t->reg, ==, 0xe0000000);
    mem_write(0xe0000008, 0xe0001000);
    g_assert_cmphex(other->reg, ==, 0x600d);
    /* Around through the other one. */
    mem_write(0xe0000008, 0xe0001008);
    g_assert_cmphex(other->reg, ==, 0x600d);
    dev_end(other);
    dev_end(t);
}

/* ---- Pins ---- */

static void test_pins(void)
{
    TestDev *t = dev_start("4"), *u = dev_start("8");

    pci_irq_assert(&t->parent_obj);
    g_assert_cmpint(line_level[0], ==, 1);
    pci_irq_assert(&u->parent_obj);
    pci_irq_deassert(&t->parent_obj);
    g_assert_cmpint(line_level[0], ==, 1);
    g_assert_true(cfg_read(u, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    cfg_write(u, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, 2);
    g_assert_cmpint(line_level[0], ==, 0);
    cfg_write(u, PCI_COMMAND, 0, 2);
    g_assert_cmpint(line_level[0], ==, 1);
    cfg_write(u, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, 2);
    pci_irq_deassert(&u->parent_obj);
    cfg_write(u, PCI_COMMAND, 0, 2);
    g_assert_cmpint(line_level[0], ==, 0);
    pci_irq_assert(&u->parent_obj);
    dev_end(u);
    g_assert_cmpint(line_level[0], ==, 0);
    dev_end(t);
}

/* ---- MSI-X ---- */

static TestDev *msix_dev(hwaddr *table)
{
    TestDev *t = dev_start("4");

    decode_on(t);
    *table = 0xe0000000;
    cfg_write(t, PCI_BASE_ADDRESS_2, *table, 4);
    for (unsigned v = 0; v < VECTORS; v++) {
        mem_write(*table + v * 16, 0xfee00000);
        mem_write(*table + v * 16 + 8, 0x40 + v);
    }
    messages = 0;
    return t;
}

static void msix_control(TestDev *t, uint16_t bits)
{
    cfg_write(t, t->parent_obj.msix_cap + PCI_MSIX_FLAGS, bits, 2);
}

static void test_msix_masking(void)
{
    hwaddr table, pba;
    TestDev *t = msix_dev(&table);
    PCIDevice *d = &t->parent_obj;

    pba = table + 2048;
    msix_notify(d, 0);
    g_assert_cmpuint(messages, ==, 0);
    msix_control(t, PCI_MSIX_FLAGS_ENABLE);
    msix_notify(d, 1);
    g_assert_cmpuint(messages, ==, 0);
    g_assert_cmphex(mem_read(pba), ==, 2);
    mem_write(table + 16 + 12, 0);
    g_assert_cmpuint(messages, ==, 1);
    g_assert_cmphex(last_message, ==, 0x41);
    g_assert_cmphex(mem_read(pba), ==, 0);
    msix_notify(d, 1);
    g_assert_cmpuint(messages, ==, 2);
    msix_control(t, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    msix_notify(d, 1);
    msix_notify(d, 2);
    g_assert_cmpuint(messages, ==, 2);
    msix_control(t, PCI_MSIX_FLAGS_ENABLE);
    g_assert_cmpuint(messages, ==, 3);
    g_assert_cmphex(mem_read(pba), ==, 4);
    /* Beyond the table, and a vector that nobody uses. */
    msix_notify(d, VECTORS);
    msix_notify(d, UINT32_MAX);
    msix_vector_unuse(d, 2);
    g_assert_cmphex(mem_read(pba), ==, 0);
    g_assert_cmpint(msix_vector_use(d, VECTORS), <, 0);
    pci_device_reset(d);
    g_assert_false(msix_enabled(d));
    g_assert_true(msix_is_masked(d, 1));
    dev_end(t);
}

/* attacks: CVE-2020-13754: every width, at the end of the table and after it */
static void test_msix_bounds(void)
{
    hwaddr table;
    TestDev *t = msix_dev(&table);
    uint8_t bytes[32];

    for (hwaddr at = table; at < table + 4096; at++) {
        for (unsigned size = 1; size <= 8; size *= 2) {
            address_space_read(&address_space_memory, at,
                               MEMTXATTRS_UNSPECIFIED, bytes, size);
        }
    }
    memset(bytes, 0xff, sizeof(bytes));
    for (hwaddr at = table + VECTORS * 16 - 16; at < table + 2048 + 64; at++) {
        for (unsigned size = 1; size <= 16; size *= 2) {
            address_space_write(&address_space_memory, at,
                                MEMTXATTRS_UNSPECIFIED, bytes, size);
        }
        stq_le_phys(&address_space_memory, at, UINT64_MAX);
    }
    g_assert_cmphex(mem_read(table + 2048), ==, 0);
    /* 64 bits at once make an address. */
    stq_le_phys(&address_space_memory, table, 0x00000001fee00000);
    g_assert_cmphex(ldq_le_phys(&address_space_memory, table), ==,
                    0x00000001fee00000);
    dev_end(t);
}

static unsigned uses, releases;

static int count_use(PCIDevice *d, unsigned vector, MSIMessage msg)
{
    uses++;
    return 0;
}

static void count_release(PCIDevice *d, unsigned vector)
{
    releases++;
}

static void test_msix_notifiers(void)
{
    hwaddr table;
    TestDev *t = msix_dev(&table);
    PCIDevice *d = &t->parent_obj;

    uses = releases = 0;
    mem_write(table + 12, 0);
    msix_control(t, PCI_MSIX_FLAGS_ENABLE);
    msix_set_vector_notifiers(d, count_use, count_release, NULL);
    g_assert_cmpuint(uses, ==, 1);
    mem_write(table + 16 + 12, 0);
    g_assert_cmpuint(uses, ==, 2);
    msix_control(t, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    g_assert_cmpuint(releases, ==, 2);
    msix_control(t, PCI_MSIX_FLAGS_ENABLE);
    g_assert_cmpuint(uses, ==, 4);
    mem_write(table + 12, 1);
    g_assert_cmpuint(releases, ==, 3);
    msix_unset_vector_notifiers(d);
    g_assert_cmpuint(releases, ==, 4);
    dev_end(t);
}

/* ---- Slots, realize ---- */

static void assert_refused(const char *addr, bool multifunction,
                           const char *why)
{
    TestDev *t = dev_new(addr);
    Error *err = NULL;

    qdev_prop_set_bit(DEVICE(t), "multifunction", multifunction);
    g_assert_false(qdev_realize(DEVICE(t), BUS(bus), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), why));
    error_free(err);
    object_unparent(OBJECT(t));
    object_unref(OBJECT(t));
}

static void test_slots(void)
{
    TestDev *t = dev_start("5"), *any, *func;

    g_assert_cmpint(t->parent_obj.devfn, ==, PCI_DEVFN(5, 0));
    assert_refused("05.0", false, "slot 5 function 0 not available for "
                   "test-pci, in use by test-pci,id=(null)");
    assert_refused("0x5.1", false, "function 5.1");
    pci_bus_set_slot_reserved_mask(bus, 1);
    assert_refused("0", false, "reserved");
    any = dev_start(NULL);
    g_assert_cmpint(any->parent_obj.devfn, ==, PCI_DEVFN(1, 0));
    pci_bus_clear_slot_reserved_mask(bus, 1);
    func = dev_start("6.1");
    assert_refused("6", false, "6.1 is already populated");
    dev_end(func);
    dev_end(any);
    dev_end(t);
}

static void test_realize_failures(void)
{
    for (unsigned step = 1; step <= 4; step++) {
        g_autoptr(GString) before = g_string_new(NULL);
        g_autoptr(GString) after = g_string_new(NULL);
        TestDev *t = dev_new("7"), *next;
        Error *err = NULL;

        mtree_info(before, false, false, false, true);
        if (step <= 2) {
            t->fail_at = step;
        } else if (step == 3) {
            object_property_set_str(OBJECT(t), "romfile", "no-such-file",
                                    &error_abort);
        } else {
            object_property_set_str(OBJECT(t), "romfile", "/dev/null",
                                    &error_abort);
        }
        g_assert_false(qdev_realize(DEVICE(t), BUS(bus), &err));
        error_free_or_abort(&err);
        g_assert_null(bus->devices[PCI_DEVFN(7, 0)]);
        mtree_info(after, false, false, false, true);
        g_assert_cmpstr(before->str, ==, after->str);
        g_assert_cmpint(t->exited, ==, step > 1);
        object_unparent(OBJECT(t));
        object_unref(OBJECT(t));
        drain_call_rcu();
        next = dev_start("7");
        dev_end(next);
    }
}

static void test_option_rom(void)
{
    g_autofree char *path = g_strdup_printf("%s/rom-XXXXXX", g_get_tmp_dir());
    TestDev *t = dev_new("7");
    int fd = g_mkstemp(path);
    uint8_t rom[0x2200] = { 0x55, 0xaa };

    g_assert_cmpint(write(fd, rom, sizeof(rom)), ==, sizeof(rom));
    object_property_set_str(OBJECT(t), "romfile", path, &error_abort);
    qdev_realize(DEVICE(t), BUS(bus), &error_abort);
    decode_on(t);
    cfg_write(t, PCI_ROM_ADDRESS, UINT32_MAX, 4);
    g_assert_cmphex(cfg_read(t, PCI_ROM_ADDRESS, 4), ==, 0xffffc001);
    cfg_write(t, PCI_ROM_ADDRESS, 0xe0000000, 4);
    g_assert_cmphex(mem_read(0xe0000000), ==, UINT32_MAX);
    cfg_write(t, PCI_ROM_ADDRESS, 0xe0000001, 4);
    g_assert_cmphex(mem_read(0xe0000000), ==, 0x0000aa55);
    mem_write(0xe0000000, 0);
    g_assert_cmphex(mem_read(0xe0000000), ==, 0x0000aa55);
    dev_end(t);
    close(fd);
    unlink(path);
}

static void test_capabilities(void)
{
    TestDev *t = dev_start("4");
    PCIDevice *d = &t->parent_obj;
    Error *err = NULL;
    int at = pci_add_capability(d, 0x09, 0, 16, &error_abort);

    g_assert_cmpint(at, >=, 0x40);
    g_assert_cmpint(pci_find_capability(d, 0x09), ==, at);
    g_assert_cmpint(pci_find_capability(d, PCI_CAP_ID_MSIX), ==, d->msix_cap);
    g_assert_cmpint(pci_add_capability(d, 0x0a, at, 4, &err), <, 0);
    error_free_or_abort(&err);
    g_assert_cmpint(pci_add_capability(d, 0x0a, 0, 0xf0, &err), <, 0);
    error_free_or_abort(&err);
    cfg_write(t, at, UINT32_MAX, 4);
    g_assert_cmphex(cfg_read(t, at, 1), ==, 0x09);
    pci_del_capability(d, 0x09, 16);
    g_assert_cmpint(pci_find_capability(d, 0x09), ==, 0);
    g_assert_cmpint(pci_find_capability(d, PCI_CAP_ID_MSIX), ==, d->msix_cap);
    dev_end(t);
}

static void test_express(void)
{
    TestDev *t = dev_new("4");
    PCIDevice *d = &t->parent_obj;

    d->cap_present |= QEMU_PCI_CAP_EXPRESS;
    qdev_realize(DEVICE(t), BUS(bus), &error_abort);
    g_assert_cmpint(pci_config_size(d), ==, 4096);
    g_assert_cmpint(pcie_cap_get_type(d), ==, PCI_EXP_TYPE_ENDPOINT);
    pcie_add_capability(d, 0x10, 1, 0x100, 8);
    pcie_ats_init(d, 0x108, true);
    g_assert_cmphex(pcie_find_capability(d, PCI_EXT_CAP_ID_ATS), ==, 0x108);
    g_assert_cmphex(pci_get_long(d->config + 0x100), ==, 0x10810010);
    dev_end(t);
}

/* ---- Firmware's work ---- */

static int line_of(PCIDevice *d, int pin, void *opaque)
{
    return 10 + pin;
}

static void test_assign(void)
{
    TestDev *t = dev_start("4"), *u = dev_start("5");
    PCIAssignWindows w = {
        .io_base = 0xc000, .io_size = 0x1000,
        .mem_base = 0xe0000000, .mem_size = 0x1000000,
        .irq_line = line_of,
    };
    TestDev *both[] = { t, u };
    Error *err = NULL;

    g_assert_true(pci_assign_resources(bus, &w, &error_abort));
    for (unsigned i = 0; i < 2; i++) {
        PCIDevice *d = &both[i]->parent_obj;

        both[i]->reg = 0x1000 + i;
        g_assert_cmphex(mem_read(pci_get_bar_addr(d, 1)), ==, 0x1000 + i);
        g_assert_cmphex(mem_read(pci_get_bar_addr(d, 4)), ==, 0x1000 + i);
        g_assert_cmphex(ldl_le_phys(&address_space_io, pci_get_bar_addr(d, 0)),
                        ==, 0x1000 + i);
        g_assert_cmpint(d->config[PCI_INTERRUPT_LINE], ==, 10);
    }
    /* What does not fit below goes above. */
    w.mem_size = 0x4000;
    w.mem64_base = 0x100000000;
    w.mem64_size = 0x10000;
    g_assert_true(pci_assign_resources(bus, &w, &error_abort));
    g_assert_cmphex(pci_get_bar_addr(&t->parent_obj, 4), >=, 0x100000000);
    w.io_size = 0x20;
    g_assert_false(pci_assign_resources(bus, &w, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "I/O ports"));
    error_free(err);
    dev_end(u);
    dev_end(t);
}

static void test_query(void)
{
    TestDev *t = dev_start("4");
    struct json_object *list = pci_query();
    g_autoptr(GString) text = g_string_new(NULL);
    const char *json = json_object_to_json_string_ext(list,
                                                      JSON_C_TO_STRING_PLAIN);

    g_assert_nonnull(strstr(json, "\"slot\":4,\"function\":0"));
    g_assert_nonnull(strstr(json, "\"vendor\":6966"));
    pci_info(text);
    g_assert_nonnull(strstr(text->str, "  Bus  0, device   4, function 0:\n"
                            "    Class 0255: PCI device 1b36:0005\n"));
    g_assert_nonnull(strstr(text->str, "BAR0: I/O at 0xffffffffffffffff "
                            "[0x001e].\n"));
    json_object_put(list);
    dev_end(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    bql_lock();
    memory_map_init();
    msi_nonbroken = true;
    bus_start();
    g_test_add_func("/pci/config/masks-and-bounds", test_config_masks);
    g_test_add_func("/pci/bar/sizing-and-moving", test_bars);
    g_test_add_func("/pci/bar/over-ram-and-each-other",
                    test_bars_over_everything);
    g_test_add_func("/pci/bus-master/gates-dma", test_bus_master);
    g_test_add_func("/pci/reentrancy/dma-into-itself", test_dma_into_itself);
    g_test_add_func("/pci/intx/shared-and-disabled", test_pins);
    g_test_add_func("/pci/msix/masking-and-pending", test_msix_masking);
    g_test_add_func("/pci/msix/bounds", test_msix_bounds);
    g_test_add_func("/pci/msix/notifiers", test_msix_notifiers);
    g_test_add_func("/pci/slots/refused-with-a-reason", test_slots);
    g_test_add_func("/pci/realize/failure-leaves-nothing",
                    test_realize_failures);
    g_test_add_func("/pci/rom/option-rom", test_option_rom);
    g_test_add_func("/pci/capabilities", test_capabilities);
    g_test_add_func("/pci/express/endpoint", test_express);
    g_test_add_func("/pci/assign/as-firmware", test_assign);
    g_test_add_func("/pci/query", test_query);
    return g_test_run();
}
