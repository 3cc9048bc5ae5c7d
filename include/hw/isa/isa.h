/*
 * The ISA bus: a bus of devices at fixed ports and on sixteen interrupt lines.
 * There is one, inside the PCI-ISA bridge (hw/isa/piix3.c).
 *
 * All functions: main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ISA_ISA_H
#define HW_ISA_ISA_H

#include "hw/core/qdev.h"
#include "system/memory.h"
#include "qom/object.h"

#define ISA_NUM_IRQS 16

#define TYPE_ISA_BUS "ISA"
OBJECT_DECLARE_SIMPLE_TYPE(ISABus, ISA_BUS)

#define TYPE_ISA_DEVICE "isa-device"
OBJECT_DECLARE_SIMPLE_TYPE(ISADevice, ISA_DEVICE)

struct ISABus {
    BusState parent_obj;
    MemoryRegion *address_space;
    MemoryRegion *address_space_io;
    qemu_irq *irqs_in;              /* ISA_NUM_IRQS of them */
};

struct ISADevice {
    DeviceState parent_obj;
};

/* Make the bus "isa.0" inside dev. One per machine: a second is an error. */
ISABus *isa_bus_new(DeviceState *dev, MemoryRegion *address_space,
                    MemoryRegion *address_space_io, Error **errp);
/* Say where the sixteen lines end: an array that outlives the bus. */
void isa_bus_register_input_irqs(ISABus *bus, qemu_irq *irqs_in);
/* Line irqnum, 0..15, NULL before the lines are registered. */
qemu_irq isa_bus_get_irq(ISABus *bus, unsigned irqnum);

/* isairq must be 0..15: a device checks its property first. */
qemu_irq isa_get_irq(ISADevice *dev, unsigned isairq);
void isa_connect_gpio_out(ISADevice *isadev, int gpioirq, unsigned isairq);

/* The bus that a device is plugged into. */
ISABus *isa_bus_from_device(ISADevice *dev);
MemoryRegion *isa_address_space(ISADevice *dev);
MemoryRegion *isa_address_space_io(ISADevice *dev);

/* Show io at port start. Ports may lie over each other; the later one hides. */
void isa_register_ioport(ISADevice *dev, MemoryRegion *io, uint16_t start);

ISADevice *isa_new(const char *name);
bool isa_realize_and_unref(ISADevice *dev, ISABus *bus, Error **errp);
/* Make and realize; ends the program if that fails. */
ISADevice *isa_create_simple(ISABus *bus, const char *name);

#endif
