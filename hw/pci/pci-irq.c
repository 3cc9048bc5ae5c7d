/*
 * Interrupt pins: from a device's pin through the bridges above it to a line of
 * the root bus, and who is told when that way changes
 * (PCI Local Bus 3.0, section 2.2.6; bridges: PCI-to-PCI Bridge 1.2, 9.1).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "pci-internal.h"
#include "trace.h"

int pci_swizzle_map_irq_fn(PCIDevice *pci_dev, int pin)
{
    return (PCI_SLOT(pci_dev->devfn) + pin) % PCI_NUM_PINS;
}

/* The root bus and its line to which pin *@pin of @d is wired; *@pin becomes it. */
static PCIBus *follow_wire(PCIDevice *d, int *pin)
{
    PCIBus *bus = pci_get_bus(d);

    for (;;) {
        *pin = bus->map_irq ? bus->map_irq(d, *pin) : *pin;
        if (!bus->parent_dev || bus->set_irq) {
            return bus;
        }
        d = bus->parent_dev;
        bus = pci_get_bus(d);
    }
}

/* One more (or less) device holds the line. */
static void count_line(PCIDevice *d, int pin, int change, bool drive)
{
    PCIBus *bus = follow_wire(d, &pin);

    if (!bus->irq_count || pin < 0 || pin >= bus->nirq) {
        return;
    }
    bus->irq_count[pin] += change;
    if (drive && bus->set_irq) {
        bus->set_irq(bus->irq_opaque, pin, bus->irq_count[pin] != 0);
    }
}

static void set_status(PCIDevice *d)
{
    if (d->irq_state) {
        d->config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
    } else {
        d->config[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
    }
}

static void set_pin(PCIDevice *d, int pin, int level)
{
    uint8_t bit = 1 << pin;

    if (!(d->irq_state & bit) == !level) {
        return;
    }
    trace_pci_set_irq(d->name, PCI_SLOT(d->devfn), PCI_FUNC(d->devfn), pin,
                      level);
    d->irq_state ^= bit;
    set_status(d);
    if (!pci_intx_disabled(d)) {
        count_line(d, pin, level ? 1 : -1, true);
    }
}

void pci_set_irq(PCIDevice *pci_dev, int level)
{
    int pin = (int)pci_dev->config[PCI_INTERRUPT_PIN] - 1;

    if (pin >= 0 && pin < PCI_NUM_PINS) {
        set_pin(pci_dev, pin, level);
    }
}

static void irq_handler(void *opaque, int n, int level)
{
    pci_set_irq(opaque, level);
}

qemu_irq pci_allocate_irq(PCIDevice *pci_dev)
{
    return qemu_allocate_irq(irq_handler, pci_dev, 0);
}

void pci_device_deassert_intx(PCIDevice *dev)
{
    for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
        set_pin(dev, pin, 0);
    }
}

void pci_update_irq_disabled(PCIDevice *d, bool was_disabled)
{
    bool disabled = pci_intx_disabled(d);

    if (disabled == was_disabled) {
        return;
    }
    for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
        if (d->irq_state & (1 << pin)) {
            count_line(d, pin, disabled ? -1 : 1, true);
        }
    }
}

/* The device holds no pin, and its configuration space is loaded already. */
void pci_recount_irq(PCIDevice *d, uint8_t new_state)
{
    for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
        if ((new_state & (1 << pin)) && !pci_intx_disabled(d)) {
            count_line(d, pin, 1, false);
        }
    }
    d->irq_state = new_state;
    set_status(d);
}

/* ---- Wiring of a root bus ---- */

void pci_bus_irqs(PCIBus *bus, pci_set_irq_fn set_irq, void *irq_opaque,
                  int nirq)
{
    bus->set_irq = set_irq;
    bus->irq_opaque = irq_opaque;
    bus->nirq = nirq;
    g_free(bus->irq_count);
    bus->irq_count = g_new0(int, nirq);
}

void pci_bus_map_irqs(PCIBus *bus, pci_map_irq_fn map_irq)
{
    bus->map_irq = map_irq;
}

void pci_bus_irqs_cleanup(PCIBus *bus)
{
    bus->set_irq = NULL;
    bus->map_irq = NULL;
    bus->irq_opaque = NULL;
    bus->nirq = 0;
    g_clear_pointer(&bus->irq_count, g_free);
}

int pci_bus_get_irq_level(PCIBus *bus, int irq_num)
{
    return bus->irq_count && irq_num >= 0 && irq_num < bus->nirq &&
        bus->irq_count[irq_num] != 0;
}

/* ---- Routing ---- */

void pci_bus_set_route_irq_fn(PCIBus *bus, pci_route_irq_fn route_intx_to_irq)
{
    bus->route_intx_to_irq = route_intx_to_irq;
}

PCIINTxRoute pci_device_route_intx_to_irq(PCIDevice *dev, int pin)
{
    PCIBus *bus = follow_wire(dev, &pin);

    if (!bus->route_intx_to_irq) {
        return (PCIINTxRoute) { .mode = PCI_INTX_DISABLED, .irq = -1 };
    }
    return bus->route_intx_to_irq(bus->irq_opaque, pin);
}

bool pci_intx_route_changed(PCIINTxRoute *old, PCIINTxRoute *new)
{
    return !(old->mode == new->mode && old->irq == new->irq);
}

void pci_device_set_intx_routing_notifier(PCIDevice *dev,
                                          PCIINTxRoutingNotifier notifier)
{
    dev->intx_routing_notifier = notifier;
}

void pci_bus_fire_intx_routing_notifier(PCIBus *bus)
{
    PCIBus *child;

    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *d = bus->devices[i];

        if (d && d->intx_routing_notifier) {
            d->intx_routing_notifier(d);
        }
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        pci_bus_fire_intx_routing_notifier(child);
    }
}
