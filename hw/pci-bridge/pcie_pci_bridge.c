/*
 * "pcie-pci-bridge": a PCI Express to PCI bridge. Behind it is a conventional bus of
 * 32 slots, whose devices come and go by ACPI where the machine does that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie_aer.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_PCIE_PCI_BRIDGE_DEV "pcie-pci-bridge"

enum { AER_VERSION = 2, AER_OFFSET = 0x100 };

typedef struct PCIEPCIBridge {
    PCIBridge parent_obj;

    OnOffAuto msi;
} PCIEPCIBridge;

#define PCIE_PCI_BRIDGE_DEV(obj) \
    OBJECT_CHECK(PCIEPCIBridge, (obj), TYPE_PCIE_PCI_BRIDGE_DEV)

static bool init_capabilities(PCIDevice *d, Error **errp)
{
    if (pcie_cap_init(d, 0, PCI_EXP_TYPE_PCI_BRIDGE, 0, errp) < 0) {
        return false;
    }
    pcie_cap_deverr_init(d);
    return pci_pm_init(d, 0, errp) >= 0 &&
        pcie_aer_init(d, AER_VERSION, AER_OFFSET, PCI_ERR_SIZEOF, errp) == 0 &&
        pci_bridge_msi_init(d, PCIE_PCI_BRIDGE_DEV(d)->msi, errp) == 0 &&
        pci_bridge_qemu_reserve_cap_init(d, 0, PCI_BRIDGE(d)->reserve,
                                         errp) >= 0;
}

static void exit_capabilities(PCIDevice *d)
{
    msi_uninit(d);
    if (d->exp.aer_cap) {
        pcie_aer_exit(d);
    }
    if (d->exp.exp_cap) {
        pcie_cap_exit(d);
    }
}

static void bridge_realize(PCIDevice *d, Error **errp)
{
    if (!pci_bus_is_express(pci_get_bus(d))) {
        error_setg(errp, "%s does not go on bus '%s': it needs a PCI Express"
                   " one; a pci-bridge does", TYPE_PCIE_PCI_BRIDGE_DEV,
                   BUS(pci_get_bus(d))->name);
        return;
    }
    pci_config_set_interrupt_pin(d->config, 1);
    pci_bridge_initfn(d, TYPE_PCI_BUS);
    if (!init_capabilities(d, errp)) {
        exit_capabilities(d);
        pci_bridge_exitfn(d);
    }
}

static void bridge_exit(PCIDevice *d)
{
    exit_capabilities(d);
    pci_bridge_exitfn(d);
}

static void bridge_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                                int len)
{
    pci_bridge_write_config(d, address, val, len);
    pcie_aer_write_config(d, address, val, len);
}

static void bridge_reset_hold(Object *obj, ResetType type)
{
    PCIDevice *d = PCI_DEVICE(obj);

    pcie_cap_deverr_reset(d);
    pci_bridge_reset(DEVICE(obj));
}

static const VMStateDescription vmstate_bridge = {
    .name = "pcie-pci-bridge",
    .priority = MIG_PRI_PCI_BUS,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj.parent_obj, PCIEPCIBridge),
        VMSTATE_STRUCT(parent_obj.parent_obj.exp.aer_log, PCIEPCIBridge, 0,
                       vmstate_pcie_aer_log, PCIEAERLog),
        VMSTATE_UINT16(parent_obj.sec_bus.hotplug_number, PCIEPCIBridge),
        VMSTATE_END_OF_LIST()
    },
};

static const Property bridge_props[] = {
    DEFINE_PROP_ON_OFF_AUTO("msi", PCIEPCIBridge, msi, ON_OFF_AUTO_AUTO,
                            .description = "interrupts of the bridge as "
                            "messages"),
    DEFINE_PROP_PCI_RESERVE(PCIEPCIBridge, parent_obj.reserve),
};

static void bridge_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = bridge_realize;
    k->exit = bridge_exit;
    k->config_write = bridge_write_config;
    k->vendor_id = PCI_VENDOR_ID_REDHAT;
    k->device_id = PCI_DEVICE_ID_REDHAT_PCIE_BRIDGE;
    dc->desc = "PCI Express to PCI bridge";
    dc->vmsd = &vmstate_bridge;
    device_class_set_props(dc, bridge_props);
    RESETTABLE_CLASS(oc)->phases.hold = bridge_reset_hold;
}

static const TypeInfo bridge_types[] = {
    {
        .name = TYPE_PCIE_PCI_BRIDGE_DEV,
        .parent = TYPE_PCI_BRIDGE,
        .instance_size = sizeof(PCIEPCIBridge),
        .class_init = bridge_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_PCIE_DEVICE },
            { }
        },
    },
};

DEFINE_TYPES(bridge_types)
