/*
 * PCI Express ports and slots as types: their common registers and properties,
 * and which slot of which chassis is taken. The slot's registers are in
 * pcie_slot.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci/pcie_port.h"
#include "qapi/error.h"
#include "qemu/module.h"

/* ---- Ports ---- */

void pcie_port_init_reg(PCIDevice *d)
{
    /* Neither 66 MHz nor fast back-to-back: there are no such wires. */
    pci_set_word(d->config + PCI_STATUS, PCI_STATUS_CAP_LIST);
    pci_set_word(d->config + PCI_SEC_STATUS, 0);
    d->config[PCI_SEC_LATENCY_TIMER] = 0;
}

static const Property pcie_port_props[] = {
    DEFINE_PROP_UINT8("port", PCIEPort, port, 0,
                      .description = "port number in the link capabilities"),
    DEFINE_PROP_UINT16("aer_log_max", PCIEPort,
                       parent_obj.parent_obj.exp.aer_log.log_max,
                       PCIE_AER_LOG_MAX_DEFAULT,
                       .description = "most errors that are kept for the "
                       "guest"),
};

static void pcie_port_class_init(ObjectClass *oc, const void *data)
{
    device_class_set_props(DEVICE_CLASS(oc), pcie_port_props);
}

/* ---- Chassis ---- */

static QLIST_HEAD(, PCIESlot) slots = QLIST_HEAD_INITIALIZER(slots);

PCIESlot *pcie_chassis_find_slot(uint8_t chassis, uint16_t slot)
{
    PCIESlot *s;

    QLIST_FOREACH(s, &slots, next) {
        if (s->chassis == chassis && s->slot == slot) {
            return s;
        }
    }
    return NULL;
}

int pcie_chassis_add_slot(PCIESlot *slot)
{
    if (pcie_chassis_find_slot(slot->chassis, slot->slot)) {
        return -EBUSY;
    }
    QLIST_INSERT_HEAD(&slots, slot, next);
    return 0;
}

void pcie_chassis_del_slot(PCIESlot *slot)
{
    QLIST_REMOVE(slot, next);
}

/* ---- Slots ---- */

static const Property pcie_slot_props[] = {
    DEFINE_PROP_UINT8("chassis", PCIESlot, chassis, 0,
                      .description = "number of the chassis; with slot, one "
                      "of its kind"),
    DEFINE_PROP_UINT16("slot", PCIESlot, slot, 0,
                       .description = "number of the slot in the chassis"),
    DEFINE_PROP_BOOL("hotplug", PCIESlot, hotplug, true,
                     .description = "devices may come and go"),
    DEFINE_PROP_BOOL("x-native-hotplug", PCIESlot, native_hotplug, true,
                     .description = "by the port itself (PCI Express), not by "
                     "ACPI"),
    DEFINE_PROP_BOOL("power_controller_present", PCIESlot, power_controller,
                     true,
                     .description = "the guest can switch the slot off"),
};

static void pcie_slot_class_init(ObjectClass *oc, const void *data)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    device_class_set_props(DEVICE_CLASS(oc), pcie_slot_props);
    hc->pre_plug = pcie_cap_slot_pre_plug_cb;
    hc->plug = pcie_cap_slot_plug_cb;
    hc->unplug = pcie_cap_slot_unplug_cb;
    hc->unplug_request = pcie_cap_slot_unplug_request_cb;
}

static const TypeInfo pcie_port_types[] = {
    {
        .name = TYPE_PCIE_PORT,
        .parent = TYPE_PCI_BRIDGE,
        .instance_size = sizeof(PCIEPort),
        .class_init = pcie_port_class_init,
        .abstract = true,
    }, {
        .name = TYPE_PCIE_SLOT,
        .parent = TYPE_PCIE_PORT,
        .instance_size = sizeof(PCIESlot),
        .class_init = pcie_slot_class_init,
        .abstract = true,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_HOTPLUG_HANDLER },
            { }
        },
    },
};

DEFINE_TYPES(pcie_port_types)
