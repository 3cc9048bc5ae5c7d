/*
 * The slot registers of a downstream port, and hot plug by them (PCI Express Base
 * 4.0, sections 6.7 and 7.5.3.9 to 7.5.3.11).
 *
 * A device comes: presence and link are shown, the button is "pressed", the guest
 * switches the power on. A device shall go: the button is "pressed", the guest
 * lets go of the device and switches the power off, then it is taken out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie_port.h"
#include "pci-internal.h"
#include "qapi/error.h"
#include "qemu/timer.h"
#include "system/runstate.h"

/* How long the guest waits for a second press of the button (section 6.7.1.5). */
#define BUTTON_MS   5000

/* What can become an interrupt: the enable bits stand where the status bits do. */
#define EVENTS                                                               \
    (PCI_EXP_SLTSTA_ABP | PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_CC)
#define CONTROL_BITS                                                         \
    (PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_CCIE |       \
     PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_AIC | PCI_EXP_SLTCTL_PIC |         \
     PCI_EXP_SLTCTL_DLLSCE)

static uint8_t *slot_reg(PCIDevice *d, unsigned reg)
{
    return d->config + d->exp.exp_cap + reg;
}

static uint16_t control_of(PCIDevice *d)
{
    return pci_get_word(slot_reg(d, PCI_EXP_SLTCTL));
}

static bool has_power_controller(PCIDevice *d)
{
    return pci_get_long(slot_reg(d, PCI_EXP_SLTCAP)) & PCI_EXP_SLTCAP_PCP;
}

/* ---- Events ---- */

static bool event_wanted(PCIDevice *d)
{
    uint16_t control = control_of(d);
    uint16_t status = pci_get_word(slot_reg(d, PCI_EXP_SLTSTA));
    bool link = (status & PCI_EXP_SLTSTA_DLLSC) &&
        (control & PCI_EXP_SLTCTL_DLLSCE);

    return (control & PCI_EXP_SLTCTL_HPIE) &&
        ((control & status & EVENTS) || link);
}

/* Messages are sent when the condition begins to hold; a line shows it. */
static void update_interrupt(PCIDevice *d)
{
    bool before = d->exp.hpev_notified, now = event_wanted(d);

    d->exp.hpev_notified = now;
    if (msix_enabled(d)) {
        if (now && !before) {
            msix_notify(d, pcie_cap_flags_get_vector(d));
        }
    } else if (msi_enabled(d)) {
        if (now && !before) {
            msi_notify(d, pcie_cap_flags_get_vector(d));
        }
    } else if (now != before) {
        pci_set_irq(d, now);
    }
}

static void raise_events(PCIDevice *d, uint16_t events)
{
    pci_word_test_and_set_mask(slot_reg(d, PCI_EXP_SLTSTA), events);
    update_interrupt(d);
}

void pcie_cap_slot_push_attention_button(PCIDevice *dev)
{
    raise_events(dev, PCI_EXP_SLTSTA_ABP);
}

/* ---- What is in the slot ---- */

static void for_each_device(PCIDevice *d, pci_bus_dev_fn fn, void *opaque)
{
    pci_for_each_device_under_bus(pci_bridge_get_sec_bus(PCI_BRIDGE(d)), fn,
                                  opaque);
}

static void set_power(PCIBus *bus, PCIDevice *d, void *opaque)
{
    pci_set_power(d, *(const bool *)opaque);
}

static void follow_power(PCIDevice *d)
{
    bool on = !has_power_controller(d) ||
        !(control_of(d) & PCI_EXP_SLTCTL_PCC);

    for_each_device(d, set_power, &on);
}

/* Presence and link say what is there now. */
static void show_presence(PCIDevice *d)
{
    uint8_t *status = slot_reg(d, PCI_EXP_SLTSTA);

    if (pci_bridge_get_sec_bus(PCI_BRIDGE(d))->devices[0]) {
        pci_word_test_and_set_mask(status, PCI_EXP_SLTSTA_PDS);
    } else {
        pci_word_test_and_clear_mask(status, PCI_EXP_SLTSTA_PDS);
    }
    pcie_sync_bridge_lnk(d);
}

static void take_out(PCIBus *bus, PCIDevice *d, void *opaque)
{
    pci_device_take_out(d);
}

/* Who plugs by ACPI leaves these registers alone: a device has power at once. */
void pcie_cap_slot_acpi_changed(PCIDevice *dev)
{
    if (pci_bridge_get_sec_bus(PCI_BRIDGE(dev))->devices[0]) {
        pci_word_test_and_clear_mask(slot_reg(dev, PCI_EXP_SLTCTL),
                                     PCI_EXP_SLTCTL_PCC);
    }
    show_presence(dev);
    follow_power(dev);
}

static void empty_slot(PCIDevice *d)
{
    for_each_device(d, take_out, NULL);
    show_presence(d);
    raise_events(d, PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
}

/* Off, and its lamp as well: the guest says that the device may go. */
static bool is_off(uint16_t control)
{
    return (control & PCI_EXP_SLTCTL_PCC) &&
        (control & PCI_EXP_SLTCTL_PIC) == PCI_EXP_SLTCTL_PWR_IND_OFF;
}

static void refuse_one(PCIBus *bus, PCIDevice *d, void *opaque)
{
    if (d->qdev.pending_deleted_event) {
        qdev_unplug_refused(DEVICE(d));
    }
}

/*
 * The lamp blinks while the guest thinks about a press of the button. If it is
 * steady again and the power is still on, it has thought better of it.
 */
static bool was_refused(uint16_t before, uint16_t now)
{
    return (before & PCI_EXP_SLTCTL_PIC) == PCI_EXP_SLTCTL_PWR_IND_BLINK &&
        (now & PCI_EXP_SLTCTL_PIC) == PCI_EXP_SLTCTL_PWR_IND_ON &&
        !(now & PCI_EXP_SLTCTL_PCC);
}

/* ---- Registers ---- */

void pcie_cap_slot_init(PCIDevice *dev, PCIESlot *s)
{
    uint8_t *w = dev->wmask + dev->exp.exp_cap;
    uint32_t cap = PCI_EXP_SLTCAP_ABP | PCI_EXP_SLTCAP_AIP |
        PCI_EXP_SLTCAP_PIP | PCI_EXP_SLTCAP_EIP |
        (uint32_t)s->slot << 19;
    uint16_t control = CONTROL_BITS;

    pci_word_test_and_set_mask(slot_reg(dev, PCI_EXP_FLAGS),
                               PCI_EXP_FLAGS_SLOT);
    if (s->power_controller) {
        cap |= PCI_EXP_SLTCAP_PCP;
        control |= PCI_EXP_SLTCTL_PCC;
    }
    if (s->hotplug && s->native_hotplug) {
        cap |= PCI_EXP_SLTCAP_HPS | PCI_EXP_SLTCAP_HPC;
    }
    pci_set_long(slot_reg(dev, PCI_EXP_SLTCAP), cap);
    pci_set_word(w + PCI_EXP_SLTCTL, control);
    pci_set_word(dev->w1cmask + dev->exp.exp_cap + PCI_EXP_SLTSTA,
                 EVENTS | PCI_EXP_SLTSTA_DLLSC);
    /* Loaded states bring their own lamps, power and presence. */
    pci_set_word(dev->cmask + dev->exp.exp_cap + PCI_EXP_SLTCTL, 0);
    pci_set_word(dev->cmask + dev->exp.exp_cap + PCI_EXP_SLTSTA, 0);
    pcie_sync_bridge_lnk(dev);
    if (s->hotplug) {
        qbus_set_hotplug_handler(BUS(pci_bridge_get_sec_bus(PCI_BRIDGE(dev))),
                                 OBJECT(dev));
    }
}

/* A slot with a device in it starts with power, an empty one without. */
void pcie_cap_slot_reset(PCIDevice *dev)
{
    bool full = pci_bridge_get_sec_bus(PCI_BRIDGE(dev))->devices[0];
    uint16_t control = PCI_EXP_SLTCTL_ATTN_IND_OFF |
        (full ? PCI_EXP_SLTCTL_PWR_IND_ON : PCI_EXP_SLTCTL_PWR_IND_OFF);

    if (!full && has_power_controller(dev)) {
        control |= PCI_EXP_SLTCTL_PCC;
    }
    pci_set_word(slot_reg(dev, PCI_EXP_SLTCTL), control);
    pci_set_word(slot_reg(dev, PCI_EXP_SLTSTA), 0);
    show_presence(dev);
    follow_power(dev);
    update_interrupt(dev);
}

void pcie_cap_slot_get(PCIDevice *dev, uint16_t *slt_ctl, uint16_t *slt_sta)
{
    *slt_ctl = control_of(dev);
    *slt_sta = pci_get_word(slot_reg(dev, PCI_EXP_SLTSTA));
}

void pcie_cap_slot_write_config(PCIDevice *dev, uint16_t old_slt_ctl,
                                uint16_t old_slt_sta, uint32_t addr,
                                uint32_t val, int len)
{
    uint32_t at = dev->exp.exp_cap;

    if (pci_touches(addr, len, at + PCI_EXP_SLTSTA, 2)) {
        /* A button pressed while a write clears another bit stays pressed. */
        update_interrupt(dev);
    }
    if (!pci_touches(addr, len, at + PCI_EXP_SLTCTL, 2)) {
        return;
    }
    follow_power(dev);
    if ((old_slt_sta & PCI_EXP_SLTSTA_PDS) && is_off(control_of(dev)) &&
        !is_off(old_slt_ctl)) {
        empty_slot(dev);
    } else if (was_refused(old_slt_ctl, control_of(dev))) {
        for_each_device(dev, refuse_one, NULL);
    }
    /* Each write is a command, and is carried out at once. */
    raise_events(dev, PCI_EXP_SLTSTA_CC);
}

int pcie_cap_slot_post_load(void *opaque, int version_id)
{
    PCIDevice *d = opaque;

    show_presence(d);
    follow_power(d);
    /* The other side has sent its message; a line was loaded with the device. */
    d->exp.hpev_notified = event_wanted(d);
    return 0;
}

/* ---- The hot plug handler ---- */

void pcie_cap_slot_pre_plug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                               Error **errp)
{
    PCIESlot *s = PCIE_SLOT(hotplug_dev);

    if (dev->hotplugged && !s->hotplug) {
        error_setg(errp, "Hot-plug failed: unsupported by the port device '%s'",
                   DEVICE(s)->id ? DEVICE(s)->id : "");
    }
}

void pcie_cap_slot_plug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                           Error **errp)
{
    PCIDevice *port = PCI_DEVICE(hotplug_dev), *d = PCI_DEVICE(dev);

    if (!dev->hotplugged) {
        /* There before the machine starts; reset shows the rest. */
        show_presence(port);
        return;
    }
    /* Functions are announced together, by function 0, which comes last. */
    if (PCI_FUNC(d->devfn)) {
        follow_power(port);
        return;
    }
    show_presence(port);
    follow_power(port);
    raise_events(port, PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_ABP |
                 PCI_EXP_SLTSTA_DLLSC);
}

void pcie_cap_slot_unplug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                             Error **errp)
{
    qdev_unrealize(dev);
}

void pcie_cap_slot_unplug_request_cb(HotplugHandler *hotplug_dev,
                                     DeviceState *dev, Error **errp)
{
    PCIESlot *s = PCIE_SLOT(hotplug_dev);
    PCIDevice *port = PCI_DEVICE(hotplug_dev), *d = PCI_DEVICE(dev);

    if (!s->hotplug || !s->native_hotplug) {
        error_setg(errp, "Hot-unplug failed: unsupported by the port device"
                   " '%s'", DEVICE(s)->id ? DEVICE(s)->id : "");
        return;
    }
    /* The guest has not seen function 0 yet, or has let go of the slot. */
    if (!pci_bridge_get_sec_bus(PCI_BRIDGE(port))->devices[0] ||
        is_off(control_of(port)) || runstate_check(RUN_STATE_PRELAUNCH)) {
        take_out(pci_get_bus(d), d, NULL);
        show_presence(port);
        return;
    }
    dev->pending_deleted_event = true;
    /* A second press within the guest's time to think would take it back. */
    dev->pending_deleted_expires_ms =
        qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + BUTTON_MS;
    pcie_cap_slot_push_attention_button(port);
}
