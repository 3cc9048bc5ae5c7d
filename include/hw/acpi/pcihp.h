/*
 * PCI hot plug by ACPI: a block of ports that says which slots changed, and takes
 * devices out; a general-purpose event announces news. The AML that reads it is
 * in hw/i386/acpi-dsdt-pcihp.c; docs/specs/acpi-pci-hotplug.rst describes both.
 *
 * A chipset device embeds an AcpiPciHp, is the hot plug handler, and passes the
 * handler's calls on. Buses are known to the guest by a number.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ACPI_PCIHP_H
#define HW_ACPI_PCIHP_H

#include "hw/acpi/acpi-pm.h"
#include "hw/pci/pci.h"

#define ACPI_PCIHP_GPE      1       /* the event: method _E01 */
#define ACPI_PCIHP_BYTES    0x18
#define ACPI_PCIHP_BUSES    256

/* Registers, of 32 bits; one bit a slot, but for SELECT, STATUS and INDEX. */
enum {
    ACPI_PCIHP_UP = 0x00,           /* filled since it was last read */
    ACPI_PCIHP_DOWN = 0x04,         /* to be emptied */
    ACPI_PCIHP_EJECT = 0x08,        /* written: empties slots; reads 0 */
    ACPI_PCIHP_REMOVABLE = 0x0c,    /* read: what can go */
    ACPI_PCIHP_OST = 0x0c,          /* written: what the guest made of a request */
    ACPI_PCIHP_SELECT = 0x10,       /* the bus that the others are about */
    ACPI_PCIHP_INDEX = 0x14,        /* written: a slot; read: its acpi-index */
};

typedef struct AcpiPciHp {
    MemoryRegion io;
    PCIBus *root;
    AcpiPm *pm;
    DeviceState *handler;           /* of the buses that have a number */
    bool root_bus;                  /* property: devices of the root bus */
    bool bridges;                   /* property: devices behind bridges */
    uint32_t select;
    uint32_t acpi_index;            /* of the slot that was asked about last */
    uint32_t up[ACPI_PCIHP_BUSES];
    uint32_t down[ACPI_PCIHP_BUSES];
} AcpiPciHp;

/*
 * Maps the block into @ports at @base, for buses below and with @root. Events are
 * raised in @pm. root_bus and bridges are set before.
 */
void acpi_pcihp_init(AcpiPciHp *hp, DeviceState *handler, PCIBus *root,
                     AcpiPm *pm, MemoryRegion *ports, uint16_t base);
void acpi_pcihp_exit(AcpiPciHp *hp, MemoryRegion *ports);
/* What the guest wrote and did not read is forgotten. */
void acpi_pcihp_reset(AcpiPciHp *hp);
/*
 * Numbers the buses that have none yet, and becomes their handler. For when the
 * guest is about to get its tables: at start and at each reset.
 */
void acpi_pcihp_number_buses(AcpiPciHp *hp);
/* The guest is gone: what it was asked to release is taken out. */
void acpi_pcihp_finish_unplug(AcpiPciHp *hp);

/* The steps of the hot plug handler. */
void acpi_pcihp_pre_plug(AcpiPciHp *hp, DeviceState *dev, Error **errp);
void acpi_pcihp_plug(AcpiPciHp *hp, DeviceState *dev);
void acpi_pcihp_unplug_request(AcpiPciHp *hp, DeviceState *dev, Error **errp);
void acpi_pcihp_unplug(AcpiPciHp *hp, DeviceState *dev);

extern const VMStateDescription vmstate_acpi_pcihp;

#endif
