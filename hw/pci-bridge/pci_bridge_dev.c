/*
 * "pci-bridge": a conventional PCI-to-PCI bridge. Its slots are 1 to 31; slot 0
 * belongs to a hot plug controller, which is not there: devices come and go by the
 * platform's firmware, if at all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bridge.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_PCI_BRIDGE_DEV "pci-bridge"

typedef struct PCIBridgeDev {
    PCIBridge parent_obj;

    uint8_t chassis_nr;         /* property; 0 is not a chassis */
    bool shpc;
    OnOffAuto msi;
} PCIBridgeDev;

#define PCI_BRIDGE_DEV(obj) \
    OBJECT_CHECK(PCIBridgeDev, (obj), TYPE_PCI_BRIDGE_DEV)

/* Slot numbering (PCI-to-PCI Bridge Architecture 1.2, section 13). */
enum { SLOTID_BYTES = 4, SLOTID_SLOTS = 2, SLOTID_CHASSIS = 3 };

static int init_slot_id(PCIDevice *d, Error **errp)
{
    PCIBridgeDev *s = PCI_BRIDGE_DEV(d);
    int at = pci_add_capability(d, PCI_CAP_ID_SLOTID, 0, SLOTID_BYTES, errp);

    if (at >= 0) {
        /* The bridge is the first of its chassis, and has no slots to count. */
        d->config[at + SLOTID_SLOTS] = 0x20;
        d->config[at + SLOTID_CHASSIS] = s->chassis_nr;
    }
    return at;
}

static void bridge_dev_realize(PCIDevice *d, Error **errp)
{
    PCIBridgeDev *s = PCI_BRIDGE_DEV(d);

    if (s->chassis_nr == 0) {
        error_setg(errp, "chassis_nr=0 is not legal for %s: give it a number "
                   "of 1 to 255 that no other bridge has",
                   TYPE_PCI_BRIDGE_DEV);
        return;
    }
    pci_bridge_initfn(d, TYPE_PCI_BUS);
    pci_bus_set_slot_reserved_mask(&s->parent_obj.sec_bus, s->shpc ? 1 : 0);
    if (init_slot_id(d, errp) < 0 ||
        pci_bridge_msi_init(d, s->msi, errp) < 0 ||
        pci_bridge_qemu_reserve_cap_init(d, 0, s->parent_obj.reserve,
                                         errp) < 0) {
        msi_uninit(d);
        pci_bridge_exitfn(d);
    }
}

static void bridge_dev_exit(PCIDevice *d)
{
    msi_uninit(d);
    pci_bridge_exitfn(d);
}

static void bridge_dev_reset_hold(Object *obj, ResetType type)
{
    pci_bridge_reset(DEVICE(obj));
}

static const VMStateDescription vmstate_bridge_dev = {
    .name = "pci_bridge",
    .priority = MIG_PRI_PCI_BUS,
    .version_id = 2,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj.parent_obj, PCIBridgeDev),
        VMSTATE_UINT16_V(parent_obj.sec_bus.hotplug_number, PCIBridgeDev, 2),
        VMSTATE_END_OF_LIST()
    },
};

static const Property bridge_dev_props[] = {
    DEFINE_PROP_UINT8("chassis_nr", PCIBridgeDev, chassis_nr, 0,
                      .description = "number of the chassis behind it, 1 to "
                      "255"),
    DEFINE_PROP_ON_OFF_AUTO("msi", PCIBridgeDev, msi, ON_OFF_AUTO_AUTO,
                            .description = "interrupts of the hot-plug "
                            "controller as messages"),
    DEFINE_PROP_BOOL("shpc", PCIBridgeDev, shpc, true,
                     .description = "has a standard hot-plug controller"),
    DEFINE_PROP_PCI_RESERVE(PCIBridgeDev, parent_obj.reserve),
};

static void bridge_dev_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = bridge_dev_realize;
    k->exit = bridge_dev_exit;
    k->config_write = pci_bridge_write_config;
    k->vendor_id = PCI_VENDOR_ID_REDHAT;
    k->device_id = PCI_DEVICE_ID_REDHAT_BRIDGE;
    dc->desc = "Standard PCI Bridge";
    dc->vmsd = &vmstate_bridge_dev;
    device_class_set_props(dc, bridge_dev_props);
    RESETTABLE_CLASS(oc)->phases.hold = bridge_dev_reset_hold;
}

static const TypeInfo bridge_dev_types[] = {
    {
        .name = TYPE_PCI_BRIDGE_DEV,
        .parent = TYPE_PCI_BRIDGE,
        .instance_size = sizeof(PCIBridgeDev),
        .class_init = bridge_dev_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_CONVENTIONAL_PCI_DEVICE },
            { }
        },
    },
};

DEFINE_TYPES(bridge_dev_types)
