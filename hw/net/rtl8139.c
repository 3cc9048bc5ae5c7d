/*
 * RTL8139C+: a 10/100 Mbit/s network card on conventional PCI. Its type, realize,
 * power states, resets and state; what it does is in its siblings, of which
 * rtl8139-internal.h has the list. docs/specs/rtl8139.rst says what it promises.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/core/bootdevice.h"
#include "hw/core/qdev-properties-system.h"
#include "hw/core/qdev-properties.h"
#include "rtl8139-internal.h"
#include "trace.h"

#define RTL8139_REVISION    0x20
#define PM_OFFSET           0x50
/* PME# from D1 to D3, also on auxiliary power; version 2 (section 3.2.3). */
#define PM_CAPABILITIES     0xf7c2

static const NetClientInfo net_rtl8139_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = rtl8139_can_receive,
    .receive = rtl8139_receive,
    .link_status_changed = rtl8139_link_changed,
    .vm_state_changed = rtl8139_vm_changed,
    .query_stats = rtl8139_query_stats,
};

/* --- resets --- */

void rtl8139_autoload(RTL8139State *s)
{
    rtl8139_eeprom_get_mac(&s->eeprom, s->idr);
    for (unsigned i = 0; i < ARRAY_SIZE(s->config); i++) {
        s->config[i] = rtl8139_eeprom_get_config(&s->eeprom, i);
    }
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->idr);
}

/* The addresses, CONFIG and the transceiver stay as they are. */
void rtl8139_soft_reset(RTL8139State *s)
{
    s->cr = 0;
    s->tcr = 0;
    s->rcr = 0;
    s->cpcr = 0;
    s->mulint = 0;
    s->max_tx = 0;
    rtl8139_tx_reset(s);
    rtl8139_rx_reset(s);
    rtl8139_intr_reset(s);
}

static void hard_reset(RTL8139State *s)
{
    rtl8139_soft_reset(s);
    rtl8139_phy_reset(s);
    rtl8139_eeprom_wires(&s->eeprom, false, false, false);
    s->eeprom.writable = false;
    s->cfg9346 = 0;
    s->msr = 0;
    memset(s->mar, 0, sizeof(s->mar));
    memset(s->wake, 0, sizeof(s->wake));
    memset(&s->stats, 0, sizeof(s->stats));
    rtl8139_autoload(s);
}

static void rtl8139_reset(DeviceState *dev)
{
    trace_rtl8139_reset(dev);
    hard_reset(RTL8139(dev));
}

/* --- power states --- */

static unsigned power_state(RTL8139State *s)
{
    PCIDevice *d = PCI_DEVICE(s);

    return d->config[d->pm_cap + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK;
}

bool rtl8139_powered(RTL8139State *s)
{
    return power_state(s) == 0;
}

/* Out of D3 the function comes as from a reset (PM 1.2, section 5.4.1). */
static void rtl8139_config_write(PCIDevice *d, uint32_t address, uint32_t value,
                                 int len)
{
    RTL8139State *s = RTL8139(d);
    unsigned before = power_state(s);

    pci_default_write_config(d, address, value, len);
    if (before == 3 && rtl8139_powered(s)) {
        hard_reset(s);
    } else if (before && rtl8139_powered(s)) {
        rtl8139_tx_kick(s);
    }
}

/* --- life --- */

static bool init_config_space(PCIDevice *d, Error **errp)
{
    pci_config_set_interrupt_pin(d->config, 1);
    d->config[PCI_MIN_GNT] = 0x20;
    d->config[PCI_MAX_LAT] = 0x40;
    if (pci_pm_init(d, PM_OFFSET, errp) < 0) {
        return false;
    }
    pci_set_word(d->config + PM_OFFSET + PCI_PM_PMC, PM_CAPABILITIES);
    pci_set_word(d->wmask + PM_OFFSET + PCI_PM_CTRL,
                 PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_ENABLE);
    return true;
}

static void QEMU_NOINLINE pci_rtl8139_realize(PCIDevice *d, Error **errp)
{
    RTL8139State *s = RTL8139(d);
    DeviceState *dev = DEVICE(d);

    if (!bootdevice_add(dev, s->conf.bootindex, "/ethernet-phy@0", errp)) {
        return;
    }
    if (!init_config_space(d, errp)) {
        bootdevice_remove(dev);
        return;
    }
    memory_region_init_io(&s->bar_io, OBJECT(s), &rtl8139_ops, s, "rtl8139",
                          RTL_BAR_BYTES);
    memory_region_init_alias(&s->bar_mem, OBJECT(s), "rtl8139-mem", &s->bar_io,
                             0, RTL_BAR_BYTES);
    pci_register_bar(d, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->bar_io);
    pci_register_bar(d, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->bar_mem);

    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    rtl8139_eeprom_init(&s->eeprom, s->eeprom_9356, s->conf.macaddr.a,
                        pci_get_word(d->config + PCI_SUBSYSTEM_VENDOR_ID),
                        pci_get_word(d->config + PCI_SUBSYSTEM_ID));
    s->nic = qemu_new_nic(&net_rtl8139_info, &s->conf,
                          object_get_typename(OBJECT(s)), dev->id,
                          &dev->mem_reentrancy_guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
    s->link_up = !qemu_get_queue(s->nic)->peer ||
                 !qemu_get_queue(s->nic)->peer->link_down;
    rtl8139_intr_init(s);
    rtl8139_rx_init(s);
    rtl8139_tx_init(s);
}

static void pci_rtl8139_exit(PCIDevice *d)
{
    RTL8139State *s = RTL8139(d);

    bootdevice_remove(DEVICE(d));
    rtl8139_tx_exit(s);
    rtl8139_rx_exit(s);
    rtl8139_intr_exit(s);
    qemu_del_nic(s->nic);
    s->nic = NULL;
}

/* --- state --- */

/*
 * Interrupts that are held back are raised at once, and rings are looked at: what
 * goes on does not depend on what the stream says about timers.
 */
static bool rtl8139_post_load(void *opaque, int version_id, Error **errp)
{
    RTL8139State *s = opaque;
    uint16_t held = s->rx_mitigation.held | s->tx_mitigation.held;

    if (s->tx_desc >= RTL_TX_DESCS || s->tx_ring_at[0] >= RTL_RING_DESCS ||
        s->tx_ring_at[1] >= RTL_RING_DESCS || s->rx_ring_at >= RTL_RING_DESCS) {
        error_setg(errp, "rtl8139: transmit descriptor %u, ring positions %u, "
                   "%u and %u cannot be", s->tx_desc, s->tx_ring_at[0],
                   s->tx_ring_at[1], s->rx_ring_at);
        return false;
    }
    if (!rtl8139_eeprom_state_valid(&s->eeprom)) {
        error_setg(errp, "rtl8139: EEPROM in phase %u with %u bits cannot be",
                   s->eeprom.phase, s->eeprom.bits);
        return false;
    }
    if ((s->cr & ~(CR_TE | CR_RE)) || (s->cpcr & ~CPCR_WRITABLE) ||
        (s->tcr & ~TCR_WRITABLE) || (s->rcr & ~RCR_WRITABLE) ||
        ((s->isr | s->imr | held) & ~ISR_ALL)) {
        error_setg(errp, "rtl8139: CR 0x%x, CPCR 0x%x, TCR 0x%x, RCR 0x%x, "
                   "ISR 0x%x, IMR 0x%x have bits that do not exist", s->cr,
                   s->cpcr, s->tcr, s->rcr, s->isr, s->imr);
        return false;
    }
    qemu_get_queue(s->nic)->link_down = !s->link_up;
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->idr);
    s->tx_waiting = 0;
    s->rx_waiting = false;
    s->rx_overflown = false;
    rtl8139_set_mitigation(s, s->mitigate);
    rtl8139_update_irq(s);
    rtl8139_timer_arm(s);
    rtl8139_tx_kick(s);
    return true;
}

static const VMStateDescription vmstate_rtl8139_stats = {
    .name = "rtl8139/stats",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(tx_ok, RTLStats),
        VMSTATE_UINT64(rx_ok, RTLStats),
        VMSTATE_UINT64(tx_err, RTLStats),
        VMSTATE_UINT64(rx_ok_phy, RTLStats),
        VMSTATE_UINT64(rx_ok_broadcast, RTLStats),
        VMSTATE_UINT32(rx_err, RTLStats),
        VMSTATE_UINT32(rx_ok_multicast, RTLStats),
        VMSTATE_UINT16(missed, RTLStats),
        VMSTATE_UINT16(tx_aborted, RTLStats),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_rtl8139 = {
    .name = "rtl8139",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load_errp = rtl8139_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, RTL8139State),
        VMSTATE_UINT8_ARRAY(idr, RTL8139State, ETH_ALEN),
        VMSTATE_UINT8_ARRAY(mar, RTL8139State, 8),
        VMSTATE_UINT8(cr, RTL8139State),
        VMSTATE_UINT32(tcr, RTL8139State),
        VMSTATE_UINT32(rcr, RTL8139State),
        VMSTATE_UINT8(cfg9346, RTL8139State),
        VMSTATE_UINT8_ARRAY(config, RTL8139State, 6),
        VMSTATE_UINT8(msr, RTL8139State),
        VMSTATE_UINT16(cpcr, RTL8139State),
        VMSTATE_UINT16(mulint, RTL8139State),
        VMSTATE_UINT8(max_tx, RTL8139State),
        VMSTATE_UINT32(mpc, RTL8139State),
        VMSTATE_UINT8_ARRAY(wake, RTL8139State, RTL_WAKE_END - RTL_CRC0),
        VMSTATE_UINT16(bmcr, RTL8139State),
        VMSTATE_UINT16(anar, RTL8139State),
        VMSTATE_UINT16(nwaytr, RTL8139State),
        VMSTATE_UINT16(cscr, RTL8139State),
        VMSTATE_UINT16(disconnects, RTL8139State),
        VMSTATE_BOOL(link_up, RTL8139State),
        VMSTATE_BOOL(link_lost, RTL8139State),
        VMSTATE_UINT32(phy1_parm, RTL8139State),
        VMSTATE_UINT32(tw_parm, RTL8139State),
        VMSTATE_UINT8(phy2_parm, RTL8139State),
        VMSTATE_STRUCT(eeprom, RTL8139State, 1, vmstate_rtl8139_eeprom,
                       RTLEeprom),
        VMSTATE_UINT16(imr, RTL8139State),
        VMSTATE_UINT16(isr, RTL8139State),
        VMSTATE_UINT16(mitigate, RTL8139State),
        VMSTATE_UINT16(rx_mitigation.held, RTL8139State),
        VMSTATE_UINT16(tx_mitigation.held, RTL8139State),
        VMSTATE_INT64(tctr_start, RTL8139State),
        VMSTATE_UINT32(timer_int, RTL8139State),
        VMSTATE_UINT32_ARRAY(tsd, RTL8139State, RTL_TX_DESCS),
        VMSTATE_UINT32_ARRAY(tsad, RTL8139State, RTL_TX_DESCS),
        VMSTATE_UINT8(tx_desc, RTL8139State),
        VMSTATE_UINT64_ARRAY(tx_ring, RTL8139State, 2),
        VMSTATE_UINT8_ARRAY(tx_ring_at, RTL8139State, 2),
        VMSTATE_UINT8(tppoll, RTL8139State),
        VMSTATE_UINT16(tx_dma_ok, RTL8139State),
        VMSTATE_UINT32_ARRAY(dtccr, RTL8139State, 2),
        VMSTATE_UINT32(rbstart, RTL8139State),
        VMSTATE_UINT16(capr, RTL8139State),
        VMSTATE_UINT16(cbr, RTL8139State),
        VMSTATE_UINT64(rx_ring, RTL8139State),
        VMSTATE_UINT8(rx_ring_at, RTL8139State),
        VMSTATE_STRUCT(stats, RTL8139State, 1, vmstate_rtl8139_stats, RTLStats),
        VMSTATE_END_OF_LIST()
    },
};

/* --- type --- */

static const Property rtl8139_properties[] = {
    DEFINE_NIC_PROPERTIES(RTL8139State, conf),
    DEFINE_PROP_INT32("bootindex", RTL8139State, conf.bootindex, -1,
                      .description = "place in the boot order; -1: none"),
    DEFINE_PROP_BOOL("x-eeprom-9356", RTL8139State, eeprom_9356, false,
                     .description = "EEPROM of the larger kind"),
};

static void rtl8139_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    rtl8139_regs_init();
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    k->realize = pci_rtl8139_realize;
    k->exit = pci_rtl8139_exit;
    k->config_write = rtl8139_config_write;
    k->romfile = "efi-rtl8139.rom";
    k->vendor_id = PCI_VENDOR_ID_REALTEK;
    k->device_id = PCI_DEVICE_ID_REALTEK_8139;
    k->revision = RTL8139_REVISION;
    k->class_id = PCI_CLASS_NETWORK_ETHERNET;
    device_class_set_legacy_reset(dc, rtl8139_reset);
    dc->vmsd = &vmstate_rtl8139;
    dc->desc = "Realtek RTL8139C+ network card";
    device_class_set_props(dc, rtl8139_properties);
}

static const TypeInfo rtl8139_info = {
    .name = TYPE_RTL8139,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(RTL8139State),
    .class_init = rtl8139_class_init,
    .interfaces = (const InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { }
    },
};

static void rtl8139_register(void)
{
    type_register_static(&rtl8139_info);
}

type_init(rtl8139_register)
