/*
 * PCI configuration space and BARs over qtest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "pci.h"

/* ---- configuration space by two ports ---- */

static void cf8_select(QPCIBus *bus, uint16_t bdf, uint16_t offset)
{
    g_autofree char *line =
        g_strdup_printf("outl 0xcf8 0x%x",
                        0x80000000u | bdf << 8 | (offset & 0xfc));

    qtest_raw_later(bus->qts, line);    /* the access to the data follows */
}

static uint32_t cf8_read(QPCIBus *bus, uint16_t bdf, uint16_t offset,
                         unsigned size)
{
    uint16_t port = 0xcfc + (offset & 3);

    cf8_select(bus, bdf, offset);
    return size == 1 ? qtest_inb(bus->qts, port) :
           size == 2 ? qtest_inw(bus->qts, port) : qtest_inl(bus->qts, port);
}

static void cf8_write(QPCIBus *bus, uint16_t bdf, uint16_t offset,
                      uint32_t value, unsigned size)
{
    uint16_t port = 0xcfc + (offset & 3);

    cf8_select(bus, bdf, offset);
    if (size == 1) {
        qtest_outb(bus->qts, port, value);
    } else if (size == 2) {
        qtest_outw(bus->qts, port, value);
    } else {
        qtest_outl(bus->qts, port, value);
    }
}

void qpci_init_pc(QPCIBus *bus, QTestState *qts)
{
    *bus = (QPCIBus) {
        .qts = qts,
        .config_read = cf8_read,
        .config_write = cf8_write,
        .pio_next = 0xc000, .pio_limit = 0x10000,
        .mmio_next = 0xe0000000, .mmio_limit = 0xf0000000,
    };
}

/* ---- configuration space in memory ---- */

enum { MMCFG_BASE = 0xb0000000, MCH_PCIEXBAR = 0x60 };
enum { Q35_PIO = 0xc000, Q35_MMIO = 0xc0000000, Q35_MMIO_END = 0xd0000000 };

static uint64_t mmcfg_address(uint16_t bdf, uint16_t offset)
{
    return (uint32_t)MMCFG_BASE + ((uint64_t)bdf << 12) + offset;
}

static uint32_t mmcfg_read(QPCIBus *bus, uint16_t bdf, uint16_t offset,
                           unsigned size)
{
    uint64_t at = mmcfg_address(bdf, offset);

    return size == 1 ? qtest_readb(bus->qts, at) :
           size == 2 ? qtest_readw(bus->qts, at) : qtest_readl(bus->qts, at);
}

static void mmcfg_write(QPCIBus *bus, uint16_t bdf, uint16_t offset,
                        uint32_t value, unsigned size)
{
    uint64_t at = mmcfg_address(bdf, offset);

    if (size == 1) {
        qtest_writeb(bus->qts, at, value);
    } else if (size == 2) {
        qtest_writew(bus->qts, at, value);
    } else {
        qtest_writel(bus->qts, at, value);
    }
}

static void q35_setup(QPCIBus *bus)
{
    cf8_write(bus, 0, MCH_PCIEXBAR + 4, 0, 4);
    cf8_write(bus, 0, MCH_PCIEXBAR, (uint32_t)MMCFG_BASE | 1, 4);
}

/* All that tests may map on the bus passes through the bridge's windows. */
static void q35_port_setup(QPCIBus *bus)
{
    uint16_t port = QPCI_DEVFN(QPCI_PORT_SLOT, 0);

    q35_setup(bus);
    mmcfg_write(bus, port, PCI_PRIMARY_BUS, bus->number << 16 |
                bus->number << 8, 4);
    mmcfg_write(bus, port, PCI_IO_BASE, 0xf0c0, 2);
    mmcfg_write(bus, port, PCI_MEMORY_BASE,
                ((uint32_t)Q35_MMIO_END - 1) / 0x100000 << 20 |
                (uint32_t)Q35_MMIO >> 16, 4);
    mmcfg_write(bus, port, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                PCI_COMMAND_MASTER, 2);
}

void qpci_init_q35(QPCIBus *bus, QTestState *qts)
{
    *bus = (QPCIBus) {
        .qts = qts,
        .config_read = mmcfg_read,
        .config_write = mmcfg_write,
        .setup = q35_setup,
        .pio_next = Q35_PIO, .pio_limit = 0x10000,
        .mmio_next = (uint32_t)Q35_MMIO, .mmio_limit = (uint32_t)Q35_MMIO_END,
    };
    qpci_bus_setup(bus);
}

void qpci_init_q35_port(QPCIBus *bus, QTestState *qts)
{
    qpci_init_q35(bus, qts);
    bus->number = 1;
    bus->setup = q35_port_setup;
    qpci_bus_setup(bus);
}

void qpci_bus_setup(QPCIBus *bus)
{
    if (bus->setup) {
        bus->setup(bus);
    }
}

uint8_t qpci_config_readb(QPCIDevice *dev, uint16_t offset)
{
    return dev->bus->config_read(dev->bus, dev->bdf, offset, 1);
}

uint16_t qpci_config_readw(QPCIDevice *dev, uint16_t offset)
{
    return dev->bus->config_read(dev->bus, dev->bdf, offset, 2);
}

uint32_t qpci_config_readl(QPCIDevice *dev, uint16_t offset)
{
    return dev->bus->config_read(dev->bus, dev->bdf, offset, 4);
}

void qpci_config_writeb(QPCIDevice *dev, uint16_t offset, uint8_t value)
{
    dev->bus->config_write(dev->bus, dev->bdf, offset, value, 1);
}

void qpci_config_writew(QPCIDevice *dev, uint16_t offset, uint16_t value)
{
    dev->bus->config_write(dev->bus, dev->bdf, offset, value, 2);
}

void qpci_config_writel(QPCIDevice *dev, uint16_t offset, uint32_t value)
{
    dev->bus->config_write(dev->bus, dev->bdf, offset, value, 4);
}

QPCIDevice *qpci_device_find(QPCIBus *bus, uint8_t devfn)
{
    uint16_t bdf = bus->number << 8 | devfn;
    QPCIDevice *dev;

    if (bus->config_read(bus, bdf, PCI_VENDOR_ID, 2) == 0xffff) {
        return NULL;
    }
    dev = g_new0(QPCIDevice, 1);
    dev->bus = bus;
    dev->bdf = bdf;
    return dev;
}

QPCIDevice *qpci_device_find_id(QPCIBus *bus, uint16_t vendor, int device)
{
    for (unsigned devfn = 0; devfn < 256; devfn++) {
        uint16_t bdf = bus->number << 8 | devfn;
        uint32_t ids = bus->config_read(bus, bdf, PCI_VENDOR_ID, 4);

        if ((ids & 0xffff) == vendor &&
            (device < 0 || ids >> 16 == (unsigned)device)) {
            return qpci_device_find(bus, devfn);
        }
        /* Without a function 0 there are no others. */
        if (devfn % 8 == 0 && (ids & 0xffff) == 0xffff) {
            devfn += 7;
        }
    }
    return NULL;
}

void qpci_device_enable(QPCIDevice *dev)
{
    uint16_t command = qpci_config_readw(dev, PCI_COMMAND);

    qpci_config_writew(dev, PCI_COMMAND, command | PCI_COMMAND_IO |
                       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

uint8_t qpci_find_capability(QPCIDevice *dev, uint8_t id, uint8_t after)
{
    uint8_t at;

    if (!(qpci_config_readw(dev, PCI_STATUS) & PCI_STATUS_CAP_LIST)) {
        return 0;
    }
    at = qpci_config_readb(dev, after ? after + PCI_CAP_LIST_NEXT
                                      : PCI_CAPABILITY_LIST);
    for (unsigned n = 0; at && n < 48; n++) {
        if (qpci_config_readb(dev, at + PCI_CAP_LIST_ID) == id) {
            return at;
        }
        at = qpci_config_readb(dev, at + PCI_CAP_LIST_NEXT);
    }
    g_assert_cmpint(at, ==, 0);     /* a list without an end */
    return 0;
}

static uint16_t bar_register(int number)
{
    return number == 6 ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + number * 4;
}

static bool bar_is_64(uint32_t value)
{
    return !(value & PCI_BASE_ADDRESS_SPACE_IO) &&
           (value & PCI_BASE_ADDRESS_MEM_TYPE_MASK) ==
           PCI_BASE_ADDRESS_MEM_TYPE_64;
}

uint64_t qpci_bar_size(QPCIDevice *dev, int number)
{
    uint16_t reg = bar_register(number);
    uint32_t saved = qpci_config_readl(dev, reg);
    uint64_t mask;
    bool is_io;

    qpci_config_writel(dev, reg, 0xffffffff);
    mask = qpci_config_readl(dev, reg);
    qpci_config_writel(dev, reg, saved);
    if (mask == 0) {
        return 0;
    }
    is_io = mask & PCI_BASE_ADDRESS_SPACE_IO;
    if (bar_is_64(mask)) {
        uint32_t high = qpci_config_readl(dev, reg + 4);

        qpci_config_writel(dev, reg + 4, 0xffffffff);
        mask |= (uint64_t)qpci_config_readl(dev, reg + 4) << 32;
        qpci_config_writel(dev, reg + 4, high);
    } else {
        mask |= 0xffffffff00000000u;
    }
    mask &= is_io ? ~3ull : ~15ull;
    return -mask;
}

QPCIBar qpci_iomap(QPCIDevice *dev, int number)
{
    QPCIBus *bus = dev->bus;
    uint16_t reg = bar_register(number);
    uint64_t size = qpci_bar_size(dev, number);
    uint32_t value = qpci_config_readl(dev, reg);
    bool is_io = value & PCI_BASE_ADDRESS_SPACE_IO;
    uint64_t *next = is_io ? &bus->pio_next : &bus->mmio_next;

    g_assert_cmpuint(size, >, 0);
    *next = (*next + size - 1) / size * size;
    g_assert_cmpuint(*next + size, <=, is_io ? bus->pio_limit
                                             : bus->mmio_limit);
    qpci_config_writel(dev, reg, *next);
    if (bar_is_64(value)) {
        qpci_config_writel(dev, reg + 4, *next >> 32);
    }
    *next += size;
    return (QPCIBar) { *next - size, size, is_io };
}

uint64_t qpci_io_read(QPCIDevice *dev, QPCIBar bar, uint64_t offset,
                      unsigned size)
{
    QTestState *qts = dev->bus->qts;
    uint64_t addr = bar.addr + offset;

    if (bar.is_io) {
        return size == 1 ? qtest_inb(qts, addr) :
               size == 2 ? qtest_inw(qts, addr) : qtest_inl(qts, addr);
    }
    return size == 1 ? qtest_readb(qts, addr) :
           size == 2 ? qtest_readw(qts, addr) :
           size == 4 ? qtest_readl(qts, addr) : qtest_readq(qts, addr);
}

void qpci_io_write(QPCIDevice *dev, QPCIBar bar, uint64_t offset,
                   uint64_t value, unsigned size)
{
    QTestState *qts = dev->bus->qts;
    uint64_t addr = bar.addr + offset;

    switch (size) {
    case 1:
        bar.is_io ? qtest_outb(qts, addr, value)
                   : qtest_writeb(qts, addr, value);
        break;
    case 2:
        bar.is_io ? qtest_outw(qts, addr, value)
                   : qtest_writew(qts, addr, value);
        break;
    case 4:
        bar.is_io ? qtest_outl(qts, addr, value)
                   : qtest_writel(qts, addr, value);
        break;
    default:
        qtest_writeq(qts, addr, value);
        break;
    }
}

/* --- MSI-X --- */

static uint8_t msix_cap(QPCIDevice *dev)
{
    uint8_t cap = qpci_find_capability(dev, PCI_CAP_ID_MSIX, 0);

    g_assert_cmpint(cap, !=, 0);
    return cap;
}

void qpci_msix_enable(QPCIDevice *dev)
{
    uint8_t cap = msix_cap(dev);
    uint32_t table = qpci_config_readl(dev, cap + PCI_MSIX_TABLE);
    uint32_t pba = qpci_config_readl(dev, cap + PCI_MSIX_PBA);
    uint16_t flags = qpci_config_readw(dev, cap + PCI_MSIX_FLAGS);

    if (dev->msix_table.size == 0) {
        dev->msix_table = qpci_iomap(dev, table & PCI_MSIX_TABLE_BIR);
        dev->msix_pba = dev->msix_table;
        if ((pba & PCI_MSIX_PBA_BIR) != (table & PCI_MSIX_TABLE_BIR)) {
            dev->msix_pba = qpci_iomap(dev, pba & PCI_MSIX_PBA_BIR);
        }
        dev->msix_table_offset = table & PCI_MSIX_TABLE_OFFSET;
        dev->msix_pba_offset = pba & PCI_MSIX_PBA_OFFSET;
    }
    qpci_config_writew(dev, cap + PCI_MSIX_FLAGS,
                       flags | PCI_MSIX_FLAGS_ENABLE);
    dev->msix_enabled = true;
}

void qpci_msix_disable(QPCIDevice *dev)
{
    uint8_t cap = msix_cap(dev);

    qpci_config_writew(dev, cap + PCI_MSIX_FLAGS, 0);
    dev->msix_enabled = false;
}

unsigned qpci_msix_table_size(QPCIDevice *dev)
{
    uint16_t flags = qpci_config_readw(dev, msix_cap(dev) + PCI_MSIX_FLAGS);

    return (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
}

void qpci_msix_set_vector(QPCIDevice *dev, unsigned vector, uint64_t addr,
                          uint32_t data, bool masked)
{
    uint64_t entry = dev->msix_table_offset + vector * PCI_MSIX_ENTRY_SIZE;
    QPCIBar bar = dev->msix_table;

    qpci_io_write(dev, bar, entry + PCI_MSIX_ENTRY_LOWER_ADDR, addr, 4);
    qpci_io_write(dev, bar, entry + PCI_MSIX_ENTRY_UPPER_ADDR, addr >> 32, 4);
    qpci_io_write(dev, bar, entry + PCI_MSIX_ENTRY_DATA, data, 4);
    qpci_io_write(dev, bar, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, masked, 4);
}

bool qpci_msix_pending(QPCIDevice *dev, unsigned vector)
{
    uint64_t word = dev->msix_pba_offset + vector / 32 * 4;

    return qpci_io_read(dev, dev->msix_pba, word, 4) >> (vector % 32) & 1;
}

bool qpci_intx(QPCIDevice *dev)
{
    return qpci_config_readw(dev, PCI_STATUS) & PCI_STATUS_INTERRUPT;
}

void qpci_wait_msix_pending(QPCIDevice *dev, unsigned vector)
{
    qtest_wait_for(qpci_msix_pending(dev, vector));
}

void qpci_wait_intx(QPCIDevice *dev)
{
    qtest_wait_for(qpci_intx(dev));
}
