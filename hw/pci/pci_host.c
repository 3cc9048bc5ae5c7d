/*
 * Host bridges: configuration mechanism #1 (PCI Local Bus 3.0, section
 * 3.2.2.3.2), an address port and a data port.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "migration/vmstate.h"
#include "pci-internal.h"
#include "qemu/module.h"
#include "trace.h"

#define CONFIG_ENABLE   (1u << 31)

static QLIST_HEAD(, PCIHostState) hosts = QLIST_HEAD_INITIALIZER(hosts);

PCIHostState *pci_host_first(void)
{
    return QLIST_FIRST(&hosts);
}

PCIHostState *pci_host_next(PCIHostState *host)
{
    return QLIST_NEXT(host, next);
}

/* ---- Configuration cycles ---- */

void pci_host_config_write_common(PCIDevice *pci_dev, uint32_t addr,
                                  uint32_t limit, uint32_t val, uint32_t len)
{
    MemReentrancyFrame frame;

    if (addr >= MIN(limit, pci_config_size(pci_dev)) || !pci_dev->has_power) {
        return;
    }
    trace_pci_cfg_write(pci_dev->name, pci_dev_bus_num(pci_dev),
                        PCI_SLOT(pci_dev->devfn), PCI_FUNC(pci_dev->devfn),
                        addr, val);
    /* A device must not be programmed by its own DMA. */
    if (mem_reentrancy_enter(&frame, &pci_dev->qdev.mem_reentrancy_guard)) {
        object_ref(OBJECT(pci_dev));
        pci_dev->config_write(pci_dev, addr, val, MIN(len, limit - addr));
        object_unref(OBJECT(pci_dev));
        mem_reentrancy_leave(&frame);
    }
}

uint32_t pci_host_config_read_common(PCIDevice *pci_dev, uint32_t addr,
                                     uint32_t limit, uint32_t len)
{
    uint32_t value = UINT32_MAX;
    MemReentrancyFrame frame;

    if (addr >= MIN(limit, pci_config_size(pci_dev)) || !pci_dev->has_power) {
        return value;
    }
    if (mem_reentrancy_enter(&frame, &pci_dev->qdev.mem_reentrancy_guard)) {
        value = pci_dev->config_read(pci_dev, addr, MIN(len, limit - addr));
        mem_reentrancy_leave(&frame);
    }
    trace_pci_cfg_read(pci_dev->name, pci_dev_bus_num(pci_dev),
                       PCI_SLOT(pci_dev->devfn), PCI_FUNC(pci_dev->devfn),
                       addr, value);
    return value;
}

/* CONFIG_ADDRESS: bus in 16..23, function in 8..15, register in 0..7. */
static PCIDevice *addressed(PCIBus *root, uint32_t addr)
{
    return pci_find_device(root, (addr >> 16) & 0xff, (addr >> 8) & 0xff);
}

void pci_data_write(PCIBus *s, uint32_t addr, uint32_t val, unsigned len)
{
    PCIDevice *d = addressed(s, addr);

    if (d) {
        pci_host_config_write_common(d, addr & 0xff, PCI_CONFIG_SPACE_SIZE,
                                     val, len);
    }
}

uint32_t pci_data_read(PCIBus *s, uint32_t addr, unsigned len)
{
    PCIDevice *d = addressed(s, addr);

    return d ? pci_host_config_read_common(d, addr & 0xff,
                                           PCI_CONFIG_SPACE_SIZE, len)
             : UINT32_MAX;
}

/* ---- The ports ---- */

/* Only 32-bit accesses reach CONFIG_ADDRESS; others are somebody else's. */
static void conf_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCIHostState *host = opaque;

    if (addr == 0 && len == 4) {
        host->config_reg = val;
    }
}

static uint64_t conf_read(void *opaque, hwaddr addr, unsigned len)
{
    PCIHostState *host = opaque;

    return addr == 0 && len == 4 ? host->config_reg : UINT32_MAX;
}

static uint32_t target_of(const PCIHostState *host, hwaddr addr)
{
    return (host->config_reg & ~3u) | (addr & 3);
}

static void data_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCIHostState *host = opaque;

    if ((host->config_reg & CONFIG_ENABLE) && host->bus) {
        pci_data_write(host->bus, target_of(host, addr), val, len);
    }
}

static uint64_t data_read(void *opaque, hwaddr addr, unsigned len)
{
    PCIHostState *host = opaque;

    if (!(host->config_reg & CONFIG_ENABLE) || !host->bus) {
        return UINT32_MAX;
    }
    return pci_data_read(host->bus, target_of(host, addr), len);
}

const MemoryRegionOps pci_host_conf_le_ops = {
    .read = conf_read,
    .write = conf_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

const MemoryRegionOps pci_host_data_le_ops = {
    .read = data_read,
    .write = data_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

/* ---- The type ---- */

static void pci_host_instance_init(Object *obj)
{
    PCIHostState *host = PCI_HOST_BRIDGE(obj);
    PCIHostState *last = QLIST_FIRST(&hosts);

    while (last && QLIST_NEXT(last, next)) {
        last = QLIST_NEXT(last, next);
    }
    if (last) {
        QLIST_INSERT_AFTER(last, host, next);
    } else {
        QLIST_INSERT_HEAD(&hosts, host, next);
    }
}

static void pci_host_instance_finalize(Object *obj)
{
    QLIST_REMOVE(PCI_HOST_BRIDGE(obj), next);
}

static const VMStateDescription vmstate_pci_host = {
    .name = "PCIHost",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(config_reg, PCIHostState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property pci_host_props[] = {
    DEFINE_PROP_BOOL("x-config-reg-migration-enabled", PCIHostState,
                     mig_enabled, true,
                     .description = "the address register is part of the "
                     "state"),
    DEFINE_PROP_BOOL("bypass-iommu", PCIHostState, bypass_iommu, false,
                     .description = "devices behind it see memory as it is"),
};

static void pci_host_reset(DeviceState *dev)
{
    PCI_HOST_BRIDGE(dev)->config_reg = 0;
}

static void pci_host_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    device_class_set_props(dc, pci_host_props);
    device_class_set_legacy_reset(dc, pci_host_reset);
    dc->vmsd = &vmstate_pci_host;
}

static const TypeInfo pci_host_types[] = {
    {
        .name = TYPE_PCI_HOST_BRIDGE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PCIHostState),
        .instance_init = pci_host_instance_init,
        .instance_finalize = pci_host_instance_finalize,
        .class_size = sizeof(PCIHostBridgeClass),
        .class_init = pci_host_class_init,
    },
};

DEFINE_TYPES(pci_host_types)
