/*
 * PCI Express root ports: the common class, and "pcie-root-port", which is of no
 * chip in particular. Slots and hot plug are in hw/pci/pcie_slot.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie_port.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define AER_VERSION 2

/* ---- All root ports ---- */

static void follow_vector(PCIDevice *d)
{
    PCIERootPortClass *k = PCIE_ROOT_PORT_GET_CLASS(d);

    if (k->aer_vector) {
        pcie_aer_root_set_vector(d, k->aer_vector(d));
    }
}

static void rp_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                            int len)
{
    uint32_t root_command = pci_get_long(d->config + d->exp.aer_cap +
                                         PCI_ERR_ROOT_COMMAND);
    uint16_t slot_control, slot_status;

    pcie_cap_slot_get(d, &slot_control, &slot_status);
    pci_bridge_write_config(d, address, val, len);
    follow_vector(d);
    pcie_cap_slot_write_config(d, slot_control, slot_status, address, val,
                               len);
    pcie_aer_write_config(d, address, val, len);
    pcie_aer_root_write_config(d, address, val, len, root_command);
}

static void rp_reset_hold(Object *obj, ResetType type)
{
    PCIDevice *d = PCI_DEVICE(obj);

    follow_vector(d);
    pcie_cap_root_reset(d);
    pcie_cap_deverr_reset(d);
    pcie_cap_slot_reset(d);
    pcie_cap_arifwd_reset(d);
    pcie_acs_reset(d);
    pcie_aer_root_reset(d);
    pci_bridge_reset(DEVICE(obj));
    pci_bridge_disable_base_limit(d);
}

static bool init_capabilities(PCIDevice *d, Error **errp)
{
    PCIERootPortClass *k = PCIE_ROOT_PORT_GET_CLASS(d);
    PCIESlot *s = PCIE_SLOT(d);

    if (pci_bridge_ssvid_init(d, k->ssvid_offset,
                              pci_get_word(d->config + PCI_VENDOR_ID), k->ssid,
                              errp) < 0) {
        return false;
    }
    if (k->interrupts_init && k->interrupts_init(d, errp) < 0) {
        return false;
    }
    if (pcie_cap_init(d, k->exp_offset, PCI_EXP_TYPE_ROOT_PORT,
                      PCIE_PORT(d)->port, errp) < 0 ||
        pcie_aer_init(d, AER_VERSION, k->aer_offset, PCI_ERR_SIZEOF,
                      errp) < 0) {
        return false;
    }
    pcie_cap_link_init(d, s->speed, s->width);
    pcie_cap_arifwd_init(d);
    pcie_cap_deverr_init(d);
    pcie_cap_slot_init(d, s);
    pcie_cap_root_init(d);
    pcie_aer_root_init(d);
    follow_vector(d);
    if (k->acs_offset && !s->disable_acs) {
        pcie_acs_init(d, k->acs_offset);
    }
    return true;
}

/* Each step that init_capabilities() may have got to. */
static void exit_capabilities(PCIDevice *d)
{
    PCIERootPortClass *k = PCIE_ROOT_PORT_GET_CLASS(d);

    if (d->exp.aer_cap) {
        pcie_aer_exit(d);
    }
    if (d->exp.exp_cap) {
        pcie_cap_exit(d);
    }
    if (k->interrupts_uninit) {
        k->interrupts_uninit(d);
    }
}

static void rp_realize(PCIDevice *d, Error **errp)
{
    PCIESlot *s = PCIE_SLOT(d);

    if (pcie_chassis_add_slot(s) < 0) {
        error_setg(errp, "chassis %u has a slot %u already: give each port its"
                   " own chassis= or slot=", s->chassis, s->slot);
        return;
    }
    pci_config_set_interrupt_pin(d->config, 1);
    pci_bridge_initfn(d, TYPE_PCIE_BUS);
    pcie_port_init_reg(d);
    if (!init_capabilities(d, errp) ||
        pci_bridge_qemu_reserve_cap_init(d, 0, PCI_BRIDGE(d)->reserve,
                                         errp) < 0) {
        exit_capabilities(d);
        pci_bridge_exitfn(d);
        pcie_chassis_del_slot(s);
        return;
    }
    pci_bridge_disable_base_limit(d);
}

static void rp_exit(PCIDevice *d)
{
    exit_capabilities(d);
    pci_bridge_exitfn(d);
    pcie_chassis_del_slot(PCIE_SLOT(d));
}

static const Property rp_props[] = {
    DEFINE_PROP_BOOL("disable-acs", PCIESlot, disable_acs, false,
                     .description = "leave access control services out"),
};

static void rp_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = rp_realize;
    k->exit = rp_exit;
    k->config_write = rp_write_config;
    RESETTABLE_CLASS(oc)->phases.hold = rp_reset_hold;
    device_class_set_props(dc, rp_props);
    dc->hotpluggable = false;   /* the root complex does not grow ports */
}

/* ---- pcie-root-port ---- */

#define TYPE_GEN_PCIE_ROOT_PORT "pcie-root-port"

enum { GEN_SSVID = 0x40, GEN_MSIX = 0x48, GEN_EXP = 0x54, GEN_AER = 0x100,
       GEN_ACS = GEN_AER + PCI_ERR_SIZEOF };
enum { GEN_MSIX_VECTORS = 1, GEN_MSIX_BAR = 0 };

static int gen_interrupts_init(PCIDevice *d, Error **errp)
{
    Error *err = NULL;
    int ret = msix_init_exclusive_bar(d, GEN_MSIX_VECTORS, GEN_MSIX_BAR, &err);

    if (ret == -ENOTSUP) {
        error_free(err);        /* the platform has none: its pin will do */
        return 0;
    }
    error_propagate(errp, err);
    if (ret == 0) {
        msix_vector_use(d, 0);
    }
    return ret;
}

static void gen_interrupts_uninit(PCIDevice *d)
{
    if (msix_present(d)) {
        msix_uninit_exclusive_bar(d);
    }
}

static uint8_t gen_aer_vector(const PCIDevice *d)
{
    return 0;
}

static int gen_post_load(void *opaque, int version_id)
{
    return pcie_cap_slot_post_load(opaque, version_id);
}

static const VMStateDescription vmstate_gen_rp = {
    .name = "pcie-root-port",
    .priority = MIG_PRI_PCI_BUS,
    .version_id = 2,
    .minimum_version_id = 1,
    .post_load = gen_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj.parent_obj.parent_obj, PCIESlot),
        VMSTATE_STRUCT(parent_obj.parent_obj.parent_obj.exp.aer_log, PCIESlot,
                       0, vmstate_pcie_aer_log, PCIEAERLog),
        VMSTATE_MSIX(parent_obj.parent_obj.parent_obj, PCIESlot),
        VMSTATE_UINT16_V(parent_obj.parent_obj.sec_bus.hotplug_number, PCIESlot,
                         2),
        VMSTATE_END_OF_LIST()
    },
};

static const Property gen_rp_props[] = {
    DEFINE_PROP_PCI_RESERVE(PCIESlot, parent_obj.parent_obj.reserve),
    DEFINE_PROP_PCIE_LINK_SPEED("x-speed", PCIESlot, speed, PCIE_LINK_SPEED_16,
                                .description = "fastest link, GT/s: 2_5, 5, 8, "
                                "16, 32 or 64"),
    DEFINE_PROP_PCIE_LINK_WIDTH("x-width", PCIESlot, width, PCIE_LINK_WIDTH_32,
                                .description = "widest link, lanes: 1, 2, 4, 8, "
                                "12, 16 or 32"),
};

static void gen_rp_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);
    PCIERootPortClass *rpc = PCIE_ROOT_PORT_CLASS(oc);

    k->vendor_id = PCI_VENDOR_ID_REDHAT;
    k->device_id = PCI_DEVICE_ID_REDHAT_PCIE_RP;
    dc->desc = "PCI Express Root Port";
    dc->vmsd = &vmstate_gen_rp;
    device_class_set_props(dc, gen_rp_props);
    rpc->interrupts_init = gen_interrupts_init;
    rpc->interrupts_uninit = gen_interrupts_uninit;
    rpc->aer_vector = gen_aer_vector;
    rpc->ssvid_offset = GEN_SSVID;
    rpc->exp_offset = GEN_EXP;
    rpc->aer_offset = GEN_AER;
    rpc->acs_offset = GEN_ACS;
}

static const TypeInfo rp_types[] = {
    {
        .name = TYPE_PCIE_ROOT_PORT,
        .parent = TYPE_PCIE_SLOT,
        .class_size = sizeof(PCIERootPortClass),
        .class_init = rp_class_init,
        .abstract = true,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_PCIE_DEVICE },
            { }
        },
    }, {
        .name = TYPE_GEN_PCIE_ROOT_PORT,
        .parent = TYPE_PCIE_ROOT_PORT,
        .class_init = gen_rp_class_init,
    },
};

DEFINE_TYPES(rp_types)
