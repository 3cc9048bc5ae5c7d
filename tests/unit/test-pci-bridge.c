/*
 * PCI bridges and ports: registers, windows, bus numbers, reset, interrupt wiring,
 * firmware's work, slots, error reporting, state, failures; and configuration
 * space in memory. A small device stands behind the real bridges.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_host.h"
#include "hw/pci/pcie_host.h"
#include "hw/pci/pcie_port.h"
#include "migration/qemu-file.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/runstate.h"

#define TYPE_TEST_PCI   "test-behind-bridge"
#define TYPE_TEST_HOST  "test-pcie-host"

/* ---- The device ---- */

typedef struct TestDev {
    PCIDevice parent_obj;
    MemoryRegion mem, io, wide;
    uint32_t reg;
} TestDev;

#define TEST_PCI(obj) OBJECT_CHECK(TestDev, (obj), TYPE_TEST_PCI)

static uint64_t reg_read(void *opaque, hwaddr addr, unsigned size)
{
    return ((TestDev *)opaque)->reg;
}

static void reg_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    ((TestDev *)opaque)->reg = val;
}

static const MemoryRegionOps reg_ops = {
    .read = reg_read,
    .write = reg_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static void test_dev_realize(PCIDevice *d, Error **errp)
{
    TestDev *t = TEST_PCI(d);

    pci_config_set_interrupt_pin(d->config, 1);
    memory_region_init_io(&t->mem, OBJECT(d), &reg_ops, t, "t-mem", 0x1000);
    memory_region_init_io(&t->io, OBJECT(d), &reg_ops, t, "t-io", 0x20);
    memory_region_init_io(&t->wide, OBJECT(d), &reg_ops, t, "t-wide", 0x4000);
    pci_register_bar(d, 0, PCI_BASE_ADDRESS_SPACE_IO, &t->io);
    pci_register_bar(d, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &t->mem);
    pci_register_bar(d, 4, PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &t->wide);
    if (pci_is_express(d)) {
        pcie_endpoint_cap_init(d, 0);
        pcie_cap_deverr_init(d);
        d->exp.aer_log.log_max = 2;
        pcie_aer_init(d, 2, 0x100, PCI_ERR_SIZEOF, &error_abort);
    }
}

static void test_dev_exit(PCIDevice *d)
{
    if (pci_is_express(d)) {
        pcie_aer_exit(d);
        pcie_cap_exit(d);
    }
}

static void test_dev_write_config(PCIDevice *d, uint32_t addr, uint32_t val,
                                  int len)
{
    pci_default_write_config(d, addr, val, len);
    pcie_aer_write_config(d, addr, val, len);
}

static void test_dev_class_init(ObjectClass *oc, const void *data)
{
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = test_dev_realize;
    k->exit = test_dev_exit;
    k->config_write = test_dev_write_config;
    k->vendor_id = PCI_VENDOR_ID_REDHAT;
    k->device_id = PCI_DEVICE_ID_REDHAT_TEST;
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
            { INTERFACE_PCIE_DEVICE },
            { }
        },
    }, {
        .name = TYPE_TEST_HOST,
        .parent = TYPE_PCIE_HOST_BRIDGE,
        .instance_size = sizeof(PCIExpressHost),
    },
};

DEFINE_TYPES(test_types)

/* ---- A root bus, and what can stand on it ---- */

static PCIExpressHost *host;
static PCIBus *root;
static MemoryRegion pci_mem, pci_io, ram;
static int line_level[4];

static void set_line(void *opaque, int n, int level)
{
    line_level[n] = level;
}

static void bus_start(void)
{
    host = PCIE_HOST_BRIDGE(object_new(TYPE_TEST_HOST));
    memory_region_init(&pci_mem, NULL, "pci", UINT64_MAX);
    memory_region_init(&pci_io, NULL, "pci-io", 65536);
    memory_region_add_subregion_overlap(get_system_memory(), 0, &pci_mem, -1);
    memory_region_init_ram(&ram, NULL, "ram", 0x100000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_add_subregion(get_system_io(), 0, &pci_io);
    root = pci_register_root_bus(DEVICE(host), "pcie.0", set_line,
                                 pci_swizzle_map_irq_fn, NULL, &pci_mem,
                                 &pci_io, 0, 4, TYPE_PCIE_BUS);
}

/* "k=v,k=v" */
static DeviceState *make(const char *type, const char *props)
{
    DeviceState *dev = qdev_new(type);
    g_auto(GStrv) list = g_strsplit(props, ",", -1);

    for (unsigned i = 0; list[i] && *list[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(list[i], "=", 2);

        object_property_parse(OBJECT(dev), pair[0], pair[1], &error_abort);
    }
    return dev;
}

static PCIDevice *start(PCIBus *bus, const char *type, const char *props)
{
    DeviceState *dev = make(type, props);

    qdev_realize(dev, BUS(bus), &error_abort);
    return PCI_DEVICE(dev);
}

static PCIDevice *start_express(PCIBus *bus)
{
    DeviceState *dev = make(TYPE_TEST_PCI, "addr=0");

    PCI_DEVICE(dev)->cap_present |= QEMU_PCI_CAP_EXPRESS;
    qdev_realize(dev, BUS(bus), &error_abort);
    return PCI_DEVICE(dev);
}

static void end(PCIDevice *d)
{
    qdev_unrealize(DEVICE(d));
    object_unparent(OBJECT(d));
    object_unref(OBJECT(d));
    drain_call_rcu();
}

static PCIBus *behind(PCIDevice *bridge)
{
    return pci_bridge_get_sec_bus(PCI_BRIDGE(bridge));
}

static uint32_t cfg_read(PCIDevice *d, unsigned reg, unsigned len)
{
    return pci_host_config_read_common(d, reg, 4096, len);
}

static void cfg_write(PCIDevice *d, unsigned reg, uint32_t val, unsigned len)
{
    pci_host_config_write_common(d, reg, 4096, val, len);
}

static void decode_on(PCIDevice *d)
{
    cfg_write(d, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
              PCI_COMMAND_MASTER, 2);
}

static uint32_t mem_read(hwaddr addr)
{
    return ldl_le_phys(&address_space_memory, addr);
}

/* ---- Registers ---- */

static void test_masks(void)
{
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");
    PCIDevice *conv = start(root, "pci-bridge", "addr=3,chassis_nr=1");
    PCIDevice *both[] = { port, conv };

    for (unsigned i = 0; i < 2; i++) {
        PCIDevice *d = both[i];

        for (unsigned reg = 0; reg < PCI_CAPABILITY_LIST; reg += 4) {
            cfg_write(d, reg, 0xffffffff, 4);
        }
        g_assert_cmphex(cfg_read(d, PCI_VENDOR_ID, 2), ==, 0x1b36);
        g_assert_cmphex(cfg_read(d, PCI_CLASS_DEVICE, 2), ==, 0x0604);
        g_assert_cmphex(cfg_read(d, PCI_HEADER_TYPE, 1), ==, 1);
        g_assert_cmphex(cfg_read(d, PCI_PRIMARY_BUS, 4), ==,
                        d == port ? 0x00ffffff : 0xffffffff);
        g_assert_cmphex(cfg_read(d, PCI_IO_BASE, 2), ==, 0xf0f0);
        g_assert_cmphex(cfg_read(d, PCI_MEMORY_BASE, 4), ==, 0xfff0fff0);
        g_assert_cmphex(cfg_read(d, PCI_PREF_MEMORY_BASE, 4), ==, 0xfff1fff1);
        g_assert_cmphex(cfg_read(d, PCI_PREF_BASE_UPPER32, 4), ==, 0xffffffff);
        g_assert_cmphex(cfg_read(d, PCI_IO_BASE_UPPER16, 4), ==, 0);
        g_assert_cmphex(cfg_read(d, PCI_CAPABILITY_LIST, 1), !=, 0xff);
        cfg_write(d, PCI_BRIDGE_CONTROL, 0xffff, 2);
        g_assert_cmphex(cfg_read(d, PCI_BRIDGE_CONTROL, 2), ==, 0x0063);
        device_cold_reset(DEVICE(d));
        g_assert_cmphex(cfg_read(d, PCI_PRIMARY_BUS, 4), ==, 0);
        g_assert_cmphex(cfg_read(d, PCI_PREF_BASE_UPPER32, 4), ==, 0);
        g_assert_cmphex(cfg_read(d, PCI_BRIDGE_CONTROL, 2), ==, 0);
    }
    /* Closed: the base is above the limit. */
    g_assert_cmphex(cfg_read(port, PCI_MEMORY_BASE, 4), ==, 0x0000fff0);
    g_assert_cmphex(cfg_read(port, PCI_IO_BASE, 2), ==, 0x00f0);
    g_assert_cmphex(pcie_find_capability(port, PCI_EXT_CAP_ID_ERR), ==, 0x100);
    g_assert_cmphex(pcie_find_capability(port, PCI_EXT_CAP_ID_ACS), ==, 0x148);
    end(conv);
    end(port);
}

static void test_link(void)
{
    PCIDevice *port = start(root, "pcie-root-port",
                            "addr=2,chassis=1,x-speed=8,x-width=4,port=7");
    uint8_t at = pci_find_capability(port, PCI_CAP_ID_EXP);
    PCIDevice *d;

    g_assert_cmphex(cfg_read(port, at + PCI_EXP_LNKCAP, 4) & 0xff0003ff, ==,
                    0x07000043);
    g_assert_cmphex(cfg_read(port, at + PCI_EXP_LNKCAP2, 4), ==, 0x0e);
    g_assert_cmphex(cfg_read(port, at + PCI_EXP_LNKSTA, 2) &
                    PCI_EXP_LNKSTA_DLLLA, ==, 0);
    d = start_express(behind(port));
    g_assert_cmphex(cfg_read(port, at + PCI_EXP_LNKSTA, 2), ==,
                    PCI_EXP_LNKSTA_DLLLA | 0x11);
    end(d);
    end(port);
}

/* ---- Windows ---- */

static void test_windows(void)
{
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");
    PCIDevice *d = start(behind(port), TYPE_TEST_PCI, "addr=0");
    TestDev *t = TEST_PCI(d);

    t->reg = 0x1234;
    decode_on(d);
    cfg_write(d, PCI_BASE_ADDRESS_1, 0xe0100000, 4);
    cfg_write(d, PCI_BASE_ADDRESS_0, 0xd000, 4);
    cfg_write(d, PCI_BASE_ADDRESS_4, 0x40000000, 4);
    cfg_write(d, PCI_BASE_ADDRESS_5, 0x2, 4);
    g_assert_cmphex(mem_read(0xe0100000), !=, 0x1234);
    decode_on(port);
    g_assert_cmphex(mem_read(0xe0100000), !=, 0x1234);
    cfg_write(port, PCI_MEMORY_BASE, 0xe010e010, 4);
    g_assert_cmphex(mem_read(0xe0100000), ==, 0x1234);
    cfg_write(port, PCI_MEMORY_BASE, 0xe020e020, 4);
    g_assert_cmphex(mem_read(0xe0100000), !=, 0x1234);
    cfg_write(port, PCI_MEMORY_BASE, 0xfff00000, 4);
    g_assert_cmphex(mem_read(0xe0100000), ==, 0x1234);
    g_assert_cmphex(mem_read(0), !=, 0x1234);       /* RAM stays in front */
    cfg_write(port, PCI_MEMORY_LIMIT, 0xe000, 2);
    cfg_write(port, PCI_MEMORY_BASE, 0xe010, 2);
    g_assert_cmphex(mem_read(0xe0100000), !=, 0x1234);

    g_assert_cmphex(mem_read(0x240000000), !=, 0x1234);
    cfg_write(port, PCI_PREF_MEMORY_BASE, 0x40004000, 4);
    g_assert_cmphex(mem_read(0x240000000), !=, 0x1234);
    cfg_write(port, PCI_PREF_BASE_UPPER32, 2, 4);
    cfg_write(port, PCI_PREF_LIMIT_UPPER32, 2, 4);
    g_assert_cmphex(mem_read(0x240000000), ==, 0x1234);
    /* All of the 64-bit space: the size wraps. */
    cfg_write(port, PCI_PREF_BASE_UPPER32, 0, 4);
    cfg_write(port, PCI_PREF_LIMIT_UPPER32, 0xffffffff, 4);
    cfg_write(port, PCI_PREF_MEMORY_BASE, 0xfff00000, 4);
    g_assert_cmphex(mem_read(0x240000000), ==, 0x1234);

    g_assert_cmphex(ldl_le_phys(&address_space_io, 0xd000), !=, 0x1234);
    cfg_write(port, PCI_IO_BASE, 0xd0d0, 2);
    g_assert_cmphex(ldl_le_phys(&address_space_io, 0xd000), ==, 0x1234);
    cfg_write(port, PCI_COMMAND, 0, 2);
    g_assert_cmphex(ldl_le_phys(&address_space_io, 0xd000), !=, 0x1234);
    g_assert_cmphex(mem_read(0x240000000), !=, 0x1234);
    end(d);
    end(port);
}

/* ---- Bus numbers, configuration cycles ---- */

static uint32_t data_read(unsigned bus, unsigned devfn, unsigned reg)
{
    return (uint16_t)pci_data_read(root, bus << 16 | devfn << 8 | reg, 2);
}

static void test_numbers(void)
{
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");
    PCIDevice *br = start(behind(port), "pci-bridge", "chassis_nr=1");
    PCIDevice *d = start(behind(br), TYPE_TEST_PCI, "addr=4");
    unsigned devfn = PCI_DEVFN(4, 0);

    g_assert_cmphex(data_read(0, PCI_DEVFN(2, 0), 0), ==, 0x1b36);
    g_assert_cmphex(data_read(1, 0, 0), ==, 0xffff);
    cfg_write(port, PCI_PRIMARY_BUS, 0x090500, 4);
    g_assert_cmphex(data_read(5, 0, 2), ==, 0x0001);
    cfg_write(br, PCI_PRIMARY_BUS, 0x080705, 4);
    g_assert_cmphex(data_read(7, devfn, 2), ==, 0x0005);
    g_assert_cmphex(data_read(8, devfn, 2), ==, 0xffff);
    g_assert_cmpint(pci_dev_bus_num(d), ==, 7);
    g_assert_cmphex(pci_requester_id(d), ==, 7 << 8 | devfn);
    /* The port does not let through what is not its own. */
    cfg_write(port, PCI_SUBORDINATE_BUS, 6, 1);
    g_assert_cmphex(data_read(7, devfn, 2), ==, 0xffff);
    /* The same number twice, the other way round: no harm. */
    cfg_write(port, PCI_PRIMARY_BUS, 0xff0505, 4);
    cfg_write(br, PCI_PRIMARY_BUS, 0x050505, 4);
    g_assert_cmphex(data_read(5, 0, 2), ==, 0x0001);
    cfg_write(br, PCI_PRIMARY_BUS, 0, 4);
    g_assert_cmphex(data_read(0, devfn, 2), ==, 0xffff);
    end(d);
    end(br);
    end(port);
}

static void mmcfg_expect(hwaddr addr, uint32_t value)
{
    g_assert_cmphex(mem_read(addr), ==, value);
}

static void test_mmconfig(void)
{
    enum { AT = 0xb0000000 };
    hwaddr base = (uint32_t)AT, port_at = base + (PCI_DEVFN(2, 0) << 12);
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");
    PCIDevice *d = start(root, TYPE_TEST_PCI, "addr=4");
    PCIDevice *e = start_express(behind(port));
    hwaddr conv_at = base + (PCI_DEVFN(4, 0) << 12);

    pcie_host_mmcfg_update(host, true, base, PCIE_MMCFG_SIZE_MAX);
    mmcfg_expect(port_at, 0x000c1b36);
    mmcfg_expect(port_at + 0x100, 0x14820001);
    mmcfg_expect(conv_at, 0x00051b36);
    mmcfg_expect(conv_at + 0x100, 0xffffffff);
    mmcfg_expect(base + (PCI_DEVFN(9, 0) << 12), 0xffffffff);
    mmcfg_expect(base + (1 << 20), 0xffffffff);
    stl_le_phys(&address_space_memory, port_at + PCI_PRIMARY_BUS, 0x010100);
    mmcfg_expect(base + (1 << 20), 0x00051b36);
    stl_le_phys(&address_space_memory, port_at + PCI_MEMORY_BASE, 0xe010e010);
    g_assert_cmphex(cfg_read(port, PCI_MEMORY_BASE, 4), ==, 0xe010e010);
    /* Across the end of a function. */
    lduw_le_phys(&address_space_memory, port_at + 0xfff);
    stl_le_phys(&address_space_memory, port_at + 0xffe, 0xffffffff);
    mmcfg_expect(port_at + 0x1000, 0xffffffff);
    /* One bus only; then elsewhere; then over RAM, which it hides. */
    pcie_host_mmcfg_update(host, true, base, PCIE_MMCFG_SIZE_MIN);
    mmcfg_expect(port_at, 0x000c1b36);
    g_assert_cmphex(mem_read(base + (1 << 20)), !=, 0x00051b36);
    pcie_host_mmcfg_update(host, true, 0, PCIE_MMCFG_SIZE_MIN);
    mmcfg_expect(PCI_DEVFN(2, 0) << 12, 0x000c1b36);
    pcie_host_mmcfg_update(host, false, 0, PCIE_MMCFG_SIZE_MIN);
    g_assert_cmphex(mem_read(PCI_DEVFN(2, 0) << 12), ==, 0);
    end(e);
    end(d);
    end(port);
}

/* ---- Reset, interrupts ---- */

static void test_secondary_reset(void)
{
    PCIDevice *br = start(root, "pci-bridge", "addr=3,chassis_nr=1");
    PCIDevice *d = start(behind(br), TYPE_TEST_PCI, "addr=4");

    decode_on(br);
    decode_on(d);
    cfg_write(br, PCI_MEMORY_BASE, 0xe010e010, 4);
    cfg_write(d, PCI_BASE_ADDRESS_1, 0xe0100000, 4);
    g_assert_cmphex(pci_get_bar_addr(d, 1), ==, 0xe0100000);
    cfg_write(br, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_BUS_RESET, 2);
    g_assert_cmphex(cfg_read(d, PCI_COMMAND, 2), ==, 0);
    g_assert_cmphex(cfg_read(d, PCI_BASE_ADDRESS_1, 4), ==, 0);
    g_assert_cmphex(pci_get_bar_addr(d, 1), ==, PCI_BAR_UNMAPPED);
    g_assert_cmphex(cfg_read(br, PCI_MEMORY_BASE, 4), ==, 0xe010e010);
    /* Only the edge resets. */
    decode_on(d);
    cfg_write(br, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_BUS_RESET, 2);
    g_assert_cmphex(cfg_read(d, PCI_COMMAND, 2), !=, 0);
    bus_cold_reset(BUS(root));
    g_assert_cmphex(cfg_read(d, PCI_COMMAND, 2), ==, 0);
    g_assert_cmphex(cfg_read(br, PCI_COMMAND, 2), ==, 0);
    g_assert_cmphex(cfg_read(br, PCI_MEMORY_BASE, 4), ==, 0);
    end(d);
    end(br);
}

static void test_wiring(void)
{
    PCIDevice *br = start(root, "pci-bridge", "addr=3,chassis_nr=1");
    PCIDevice *d = start(behind(br), TYPE_TEST_PCI, "addr=4");
    PCIDevice *e = start(behind(br), TYPE_TEST_PCI, "addr=8");
    int line = (3 + (4 + 0) % 4) % 4;

    pci_set_irq(d, 1);
    g_assert_cmpint(line_level[line], ==, 1);
    pci_set_irq(e, 1);
    pci_set_irq(d, 0);
    g_assert_cmpint(line_level[line], ==, 1);
    cfg_write(e, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, 2);
    g_assert_cmpint(line_level[line], ==, 0);
    cfg_write(e, PCI_COMMAND, 0, 2);
    g_assert_cmpint(line_level[line], ==, 1);
    cfg_write(br, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_BUS_RESET, 2);
    g_assert_cmpint(line_level[line], ==, 0);
    end(e);
    end(d);
    end(br);
}

/* ---- Firmware's work ---- */

static bool inside(PCIDevice *bridge, uint8_t type, PCIDevice *d, int bar)
{
    PCIBridgeRange r = pci_bridge_range(bridge, type);
    pcibus_t at = pci_get_bar_addr(d, bar);

    return at != PCI_BAR_UNMAPPED && at >= r.base &&
        at + d->io_regions[bar].size - 1 <= r.limit;
}

static void test_assign(void)
{
    enum { IO = PCI_BASE_ADDRESS_SPACE_IO, MEM = 0,
           PREF = PCI_BASE_ADDRESS_MEM_PREFETCH };
    PCIAssignWindows w = {
        .io_base = 0xc000, .io_size = 0x3f00,
        .mem_base = 0xc0000000, .mem_size = 0x10000000,
        .mem64_base = 0x100000000, .mem64_size = 0x100000000,
    };
    PCIDevice *port = start(root, "pcie-root-port",
                            "addr=2,chassis=1,hotplug=off");
    PCIDevice *br = start(behind(port), "pci-bridge", "chassis_nr=1");
    PCIDevice *d = start(behind(br), TYPE_TEST_PCI, "addr=4");
    PCIDevice *empty = start(root, "pcie-root-port", "addr=5,chassis=2");
    PCIDevice *asks = start(root, "pcie-root-port",
                            "addr=6,chassis=3,bus-reserve=3,io-reserve=8K,"
                            "mem-reserve=8M,pref64-reserve=16M");
    PCIDevice *closed = start(root, "pcie-root-port",
                              "addr=7,chassis=4,hotplug=off");
    PCIDevice *all[] = { port, br, empty, asks, closed };
    PCIBridgeRange r;

    g_assert_true(pci_assign_resources(root, &w, &error_abort));
    TEST_PCI(d)->reg = 0x7777;
    g_assert_cmphex(mem_read(pci_get_bar_addr(d, 1)), ==, 0x7777);
    g_assert_cmphex(mem_read(pci_get_bar_addr(d, 4)), ==, 0x7777);
    g_assert_cmphex(ldl_le_phys(&address_space_io, pci_get_bar_addr(d, 0)), ==,
                    0x7777);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_true(inside(all[i], IO, d, 0));
        g_assert_true(inside(all[i], MEM, d, 1));
        g_assert_true(inside(all[i], PREF, d, 4));
    }
    g_assert_cmphex(cfg_read(port, PCI_PRIMARY_BUS, 4), ==, 0x020100);
    g_assert_cmphex(cfg_read(br, PCI_PRIMARY_BUS, 4) & 0xffffff, ==, 0x020201);
    g_assert_cmphex(cfg_read(empty, PCI_PRIMARY_BUS, 4), ==, 0x030300);
    g_assert_cmphex(cfg_read(asks, PCI_PRIMARY_BUS, 4), ==, 0x070400);
    g_assert_cmphex(cfg_read(closed, PCI_PRIMARY_BUS, 4), ==, 0x080800);
    /* Room where somebody may come, none elsewhere. */
    r = pci_bridge_range(empty, MEM);
    g_assert_cmphex(r.limit - r.base + 1, ==, 2 << 20);
    r = pci_bridge_range(empty, IO);
    g_assert_cmphex(r.base, >, r.limit);
    r = pci_bridge_range(asks, MEM);
    g_assert_cmphex(r.limit - r.base + 1, ==, 8 << 20);
    r = pci_bridge_range(asks, PREF);
    g_assert_cmphex(r.limit - r.base + 1, ==, 16 << 20);
    r = pci_bridge_range(asks, IO);
    g_assert_cmphex(r.limit - r.base + 1, ==, 8 << 10);
    r = pci_bridge_range(closed, MEM);
    g_assert_cmphex(r.base, >, r.limit);
    end(closed);
    end(asks);
    end(empty);
    end(d);
    end(br);
    end(port);
}

/* ---- Slots ---- */

static uint16_t slot_reg(PCIDevice *port, unsigned reg)
{
    return cfg_read(port, port->exp.exp_cap + reg, 2);
}

static void slot_write(PCIDevice *port, unsigned reg, uint16_t val)
{
    cfg_write(port, port->exp.exp_cap + reg, val, 2);
}

enum {
    SLOT_ON = PCI_EXP_SLTCTL_ATTN_IND_OFF | PCI_EXP_SLTCTL_PWR_IND_ON |
              PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PDCE,
    SLOT_OFF = PCI_EXP_SLTCTL_ATTN_IND_OFF | PCI_EXP_SLTCTL_PWR_IND_OFF |
               PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_HPIE |
               PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PDCE,
};

static void test_slot(void)
{
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");
    int line = (2 + 0) % 4;
    PCIDevice *d;
    DeviceState *dev;
    Error *err = NULL;

    device_cold_reset(DEVICE(port));
    g_assert_cmphex(slot_reg(port, PCI_EXP_SLTCTL), ==, 0x07c0);
    g_assert_cmphex(slot_reg(port, PCI_EXP_SLTSTA), ==, 0);
    slot_write(port, PCI_EXP_SLTCTL, SLOT_OFF);
    g_assert_cmphex(slot_reg(port, PCI_EXP_SLTSTA), ==, PCI_EXP_SLTSTA_CC);
    slot_write(port, PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_CC);

    dev = make(TYPE_TEST_PCI, "addr=0");
    dev->hotplugged = true;
    qdev_realize(dev, BUS(behind(port)), &error_abort);
    d = PCI_DEVICE(dev);
    g_assert_cmphex(slot_reg(port, PCI_EXP_SLTSTA), ==, PCI_EXP_SLTSTA_ABP |
                    PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_PDS |
                    PCI_EXP_SLTSTA_DLLSC);
    g_assert_cmpint(line_level[line], ==, 1);
    /* Without power there is nobody. */
    g_assert_cmphex(cfg_read(d, PCI_VENDOR_ID, 4), ==, 0xffffffff);
    slot_write(port, PCI_EXP_SLTSTA, 0xffff);
    g_assert_cmpint(line_level[line], ==, 0);
    slot_write(port, PCI_EXP_SLTCTL, SLOT_ON);
    g_assert_cmphex(cfg_read(d, PCI_VENDOR_ID, 4), ==, 0x00051b36);
    slot_write(port, PCI_EXP_SLTSTA, 0xffff);

    hotplug_handler_unplug_request(HOTPLUG_HANDLER(port), dev, &error_abort);
    g_assert_true(dev->pending_deleted_event);
    g_assert_cmphex(slot_reg(port, PCI_EXP_SLTSTA), ==,
                    PCI_EXP_SLTSTA_ABP | PCI_EXP_SLTSTA_PDS);
    g_assert_cmpint(line_level[line], ==, 1);
    slot_write(port, PCI_EXP_SLTCTL, SLOT_OFF);
    g_assert_null(behind(port)->devices[0]);
    g_assert_cmphex(slot_reg(port, PCI_EXP_SLTSTA) & PCI_EXP_SLTSTA_PDS, ==, 0);
    object_unref(OBJECT(dev));
    end(port);

    port = start(root, "pcie-root-port", "addr=2,chassis=1,hotplug=off");
    dev = make(TYPE_TEST_PCI, "addr=0");
    dev->hotplugged = true;
    g_assert_null(BUS(behind(port))->hotplug_handler);
    g_assert_cmphex(cfg_read(port, port->exp.exp_cap + PCI_EXP_SLTCAP, 4) &
                    PCI_EXP_SLTCAP_HPC, ==, 0);
    object_unref(OBJECT(dev));
    /* A link has one end. */
    dev = make(TYPE_TEST_PCI, "addr=1");
    g_assert_false(qdev_realize(dev, BUS(behind(port)), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "slot 0"));
    error_free(err);
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
    end(port);
}

/* ---- Errors ---- */

static uint32_t aer(PCIDevice *d, unsigned reg)
{
    return cfg_read(d, 0x100 + reg, 4);
}

static void test_errors(void)
{
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");
    PCIDevice *d = start_express(behind(port));
    int line = (2 + 0) % 4;
    PCIEAERErr err = { .status = PCI_ERR_UNC_COMP_ABORT, .source_id = 0x100,
                       .flags = PCIE_AER_ERR_HEADER_VALID,
                       .header = { 0x11223344 } };

    /* Nothing is enabled: status only. */
    g_assert_cmpint(pcie_aer_inject_error(d, &err), ==, 0);
    g_assert_cmphex(aer(d, PCI_ERR_UNCOR_STATUS), ==, PCI_ERR_UNC_COMP_ABORT);
    g_assert_cmphex(PCI_ERR_CAP_FEP(aer(d, PCI_ERR_CAP)), ==, 15);
    g_assert_cmphex(aer(d, PCI_ERR_HEADER_LOG), ==, 0x44332211);
    g_assert_cmphex(aer(port, PCI_ERR_ROOT_STATUS), ==, 0);
    cfg_write(d, 0x100 + PCI_ERR_UNCOR_STATUS, 0xffffffff, 4);
    g_assert_cmphex(aer(d, PCI_ERR_UNCOR_STATUS), ==, 0);

    cfg_write(d, d->exp.exp_cap + PCI_EXP_DEVCTL, 0xf, 2);
    cfg_write(port, port->exp.exp_cap + PCI_EXP_DEVCTL, 0xf, 2);
    cfg_write(port, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_SERR, 2);
    cfg_write(port, 0x100 + PCI_ERR_ROOT_COMMAND, 7, 4);
    cfg_write(d, 0x100 + PCI_ERR_CAP, 0x400, 4);
    pcie_aer_inject_error(d, &err);
    g_assert_cmphex(aer(port, PCI_ERR_ROOT_STATUS), ==,
                    PCI_ERR_ROOT_UNCOR_RCV | PCI_ERR_ROOT_NONFATAL_RCV);
    g_assert_cmphex(aer(port, PCI_ERR_ROOT_ERR_SRC), ==, 0x01000000);
    g_assert_cmpint(line_level[line], ==, 1);
    /* A second and a third wait, a fourth is lost and says so. */
    err.status = PCI_ERR_UNC_MALF_TLP;
    err.header[0] = 0x55667788;
    for (unsigned i = 0; i < 3; i++) {
        pcie_aer_inject_error(d, &err);
    }
    g_assert_cmphex(aer(port, PCI_ERR_ROOT_STATUS) & PCI_ERR_ROOT_FATAL_RCV,
                    !=, 0);
    g_assert_cmphex(aer(d, PCI_ERR_COR_STATUS), ==, PCI_ERR_COR_LOG_OVER);
    cfg_write(d, 0x100 + PCI_ERR_UNCOR_STATUS, PCI_ERR_UNC_COMP_ABORT, 4);
    g_assert_cmphex(aer(d, PCI_ERR_HEADER_LOG), ==, 0x88776655);
    g_assert_cmphex(PCI_ERR_CAP_FEP(aer(d, PCI_ERR_CAP)), ==, 18);
    cfg_write(port, 0x100 + PCI_ERR_ROOT_STATUS, 0x7f, 4);
    g_assert_cmphex(aer(port, PCI_ERR_ROOT_STATUS), ==, 0);
    g_assert_cmpint(line_level[line], ==, 0);
    /* Masked, and what is no error. */
    cfg_write(d, 0x100 + PCI_ERR_UNCOR_MASK, 0xffffffff, 4);
    g_assert_cmpint(pcie_aer_inject_error(d, &err), ==, 1);
    g_assert_cmphex(aer(port, PCI_ERR_ROOT_STATUS), ==, 0);
    err.status = 0x3;
    g_assert_cmpint(pcie_aer_inject_error(d, &err), ==, -EINVAL);
    err.status = PCI_ERR_COR_BAD_TLP;
    err.flags = PCIE_AER_ERR_IS_CORRECTABLE;
    g_assert_cmpint(pcie_aer_inject_error(d, &err), ==, 0);
    g_assert_cmphex(aer(port, PCI_ERR_ROOT_STATUS), ==, PCI_ERR_ROOT_COR_RCV);
    end(d);
    end(port);
}

/* ---- State ---- */

static void test_state(void)
{
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");
    PCIDevice *d = start(behind(port), TYPE_TEST_PCI, "addr=0");
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(port)->vmsd;
    QEMUFile *out = qemu_file_new_output_mem(), *in;
    g_autofree uint8_t *copy = NULL;
    const void *data;
    size_t size;

    TEST_PCI(d)->reg = 0x1234;
    decode_on(d);
    decode_on(port);
    cfg_write(d, PCI_BASE_ADDRESS_1, 0xe0100000, 4);
    cfg_write(port, PCI_MEMORY_BASE, 0xe010e010, 4);
    cfg_write(port, PCI_PRIMARY_BUS, 0x050500, 4);
    g_assert_cmpint(vmstate_save_state(out, vmsd, port, &error_abort), ==, 0);
    data = qemu_file_get_mem(out, &size);
    copy = g_memdup2(data, size);
    qemu_fclose(out);

    device_cold_reset(DEVICE(port));
    g_assert_cmphex(mem_read(0xe0100000), !=, 0x1234);
    in = qemu_file_new_input_mem(copy, size);
    g_assert_cmpint(vmstate_load_state(in, vmsd, port, 1, &error_abort), ==,
                    0);
    qemu_fclose(in);
    decode_on(d);
    cfg_write(d, PCI_BASE_ADDRESS_1, 0xe0100000, 4);
    g_assert_cmphex(mem_read(0xe0100000), ==, 0x1234);
    g_assert_cmpint(pci_dev_bus_num(d), ==, 5);
    for (size_t cut = 0; cut < size; cut += 97) {
        Error *err = NULL;

        in = qemu_file_new_input_mem(copy, cut);
        g_assert_cmpint(vmstate_load_state(in, vmsd, port, 1, &err), <, 0);
        error_free(err);
        qemu_fclose(in);
    }
    end(d);
    end(port);
}

/* ---- Failures ---- */

static void test_failures(void)
{
    static const struct { const char *type, *props, *says; } cases[] = {
        { "pcie-root-port", "addr=3,chassis=1", "chassis 1 has a slot 0" },
        { "pcie-root-port", "addr=3,chassis=2,aer_log_max=129", "aer_log_max" },
        { "pcie-root-port", "addr=3,chassis=2,pref32-reserve=1M,"
          "pref64-reserve=1M", "pref32-reserve" },
        { "pcie-root-port", "addr=3,chassis=2,mem-reserve=4G", "mem-reserve" },
        { "pcie-root-port", "addr=3,chassis=2,bus-reserve=256", "bus-reserve" },
        { "pcie-root-port", "addr=3,chassis=2,io-reserve=128K", "io-reserve" },
        { "pci-bridge", "addr=3", "chassis_nr=0" },
        { "pci-bridge", "addr=3,chassis_nr=1,mem-reserve=4G", "mem-reserve" },
        { "pcie-pci-bridge", "addr=3,io-reserve=128K", "io-reserve" },
        { "pci-bridge", "addr=2,chassis_nr=1", "slot 2" },
        { "pcie-root-port", "addr=3,chassis=2,romfile=no-such-file", "no-such" },
        { "pci-bridge", "addr=3,chassis_nr=1,romfile=no-such-file", "no-such" },
    };
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autoptr(GString) before = g_string_new(NULL);
        g_autoptr(GString) after = g_string_new(NULL);
        DeviceState *dev = make(cases[i].type, cases[i].props);
        Error *err = NULL;

        mtree_info(before, false, false, false, true);
        g_assert_false(qdev_realize(dev, BUS(root), &err));
        g_assert_nonnull(strstr(error_get_pretty(err), cases[i].says));
        error_free(err);
        g_assert_null(root->devices[PCI_DEVFN(3, 0)]);
        g_assert_cmpint(dev->num_child_bus, ==, 0);
        g_assert_null(pcie_chassis_find_slot(2, 0));
        mtree_info(after, false, false, false, true);
        g_assert_cmpstr(before->str, ==, after->str);
        object_unparent(OBJECT(dev));
        object_unref(OBJECT(dev));
        drain_call_rcu();
        end(start(root, "pcie-root-port", "addr=3,chassis=2"));
    }
    end(port);
}

/* Bridges go with what is behind them. */
static void test_unrealize_tree(void)
{
    PCIDevice *port = start(root, "pcie-root-port", "addr=2,chassis=1");
    PCIDevice *br = start(behind(port), "pci-bridge", "chassis_nr=1");
    PCIDevice *d = start(behind(br), TYPE_TEST_PCI, "addr=4");

    pci_set_irq(d, 1);
    end(port);
    g_assert_false(DEVICE(d)->realized);
    g_assert_false(DEVICE(br)->realized);
    for (unsigned i = 0; i < ARRAY_SIZE(line_level); i++) {
        g_assert_cmpint(line_level[i], ==, 0);
    }
    object_unref(OBJECT(br));
    object_unref(OBJECT(d));
    drain_call_rcu();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    bql_lock();
    memory_map_init();
    bus_start();
    runstate_set(RUN_STATE_RUNNING);    /* who is asked to let go can answer */
    g_test_add_func("/pci-bridge/config/masks-and-reset", test_masks);
    g_test_add_func("/pci-bridge/link/speed-and-width", test_link);
    g_test_add_func("/pci-bridge/windows", test_windows);
    g_test_add_func("/pci-bridge/bus-numbers", test_numbers);
    g_test_add_func("/pci-bridge/mmconfig", test_mmconfig);
    g_test_add_func("/pci-bridge/reset/secondary-bus", test_secondary_reset);
    g_test_add_func("/pci-bridge/intx/wiring", test_wiring);
    g_test_add_func("/pci-bridge/assign/as-firmware", test_assign);
    g_test_add_func("/pci-bridge/slot/plug-and-unplug", test_slot);
    g_test_add_func("/pci-bridge/aer/messages-and-log", test_errors);
    g_test_add_func("/pci-bridge/state", test_state);
    g_test_add_func("/pci-bridge/realize/failure-leaves-nothing",
                    test_failures);
    g_test_add_func("/pci-bridge/unrealize/with-what-is-behind",
                    test_unrealize_tree);
    return g_test_run();
}
