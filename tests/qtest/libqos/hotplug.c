/*
 * The guest's part in the coming and going of devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hotplug.h"

/* PCI hot plug by ACPI: the registers of Q35 (docs of its AML: "PCIH"). */
enum { ACPI_DOWN = 0xcc4, ACPI_EJECT = 0xcc8, ACPI_SELECT = 0xcd0,
       ACPI_BUSES = 8 };

static uint8_t find_express(QPCIBus *bus, uint16_t bdf)
{
    uint8_t at = PCI_CAPABILITY_LIST;

    do {
        at = bus->config_read(bus, bdf,
                              at == PCI_CAPABILITY_LIST ? at : at + 1, 1);
        g_assert_cmpint(at, !=, 0);
    } while (bus->config_read(bus, bdf, at, 1) != PCI_CAP_ID_EXP);
    return at;
}

static bool by_port(QPCIBus *bus, uint16_t bdf, uint8_t at)
{
    return bus->config_read(bus, bdf, at + PCI_EXP_SLTCAP, 4) &
        PCI_EXP_SLTCAP_HPC;
}

void qpci_take(QPCIBus *bus, uint16_t bdf)
{
    uint8_t at = find_express(bus, bdf);

    if (by_port(bus, bdf, at)) {
        bus->config_write(bus, bdf, at + PCI_EXP_SLTCTL,
                          PCI_EXP_SLTCTL_PWR_IND_ON, 2);
    }
}

void qpci_let_go(QPCIBus *bus, uint16_t bdf)
{
    uint8_t at = find_express(bus, bdf);

    if (by_port(bus, bdf, at)) {
        bus->config_write(bus, bdf, at + PCI_EXP_SLTCTL, PCI_EXP_SLTCTL_PCC |
                          PCI_EXP_SLTCTL_PWR_IND_OFF, 2);
        return;
    }
    for (unsigned i = 0; i < ACPI_BUSES; i++) {
        uint32_t down;

        qtest_outl(bus->qts, ACPI_SELECT, i);
        down = qtest_inl(bus->qts, ACPI_DOWN);
        if (down != UINT32_MAX && down) {
            qtest_outl(bus->qts, ACPI_EJECT, down);
        }
    }
}
