/*
 * PCI as a test drives it: configuration space, capabilities, BARs, MSI-X.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LIBQOS_PCI_H
#define LIBQOS_PCI_H

#include "qgraph.h"
#include <linux/pci_regs.h>

#define QPCI_DEVFN(slot, func)  ((slot) << 3 | (func))
#define QPCI_MSIX_MAX           64

typedef struct QPCIBus QPCIBus;

/*
 * A machine's way to its configuration space, and room for BARs. A @bdf is the
 * number of the bus in the high byte, slot and function in the low one.
 */
struct QPCIBus {
    QTestState *qts;
    uint32_t (*config_read)(QPCIBus *bus, uint16_t bdf, uint16_t offset,
                            unsigned size);
    void (*config_write)(QPCIBus *bus, uint16_t bdf, uint16_t offset,
                         uint32_t value, unsigned size);
    /* What firmware would do for this bus; NULL if nothing. */
    void (*setup)(QPCIBus *bus);
    uint8_t number;             /* of the bus on which devices are looked for */
    uint64_t pio_next, pio_limit;
    uint64_t mmio_next, mmio_limit;
};

/* A BAR that has been given a place. */
typedef struct QPCIBar {
    uint64_t addr;
    uint64_t size;
    bool is_io;
} QPCIBar;

typedef struct QPCIDevice {
    QPCIBus *bus;
    uint16_t bdf;
    bool msix_enabled;
    QPCIBar msix_table, msix_pba;
    uint32_t msix_table_offset, msix_pba_offset;
} QPCIDevice;

/* The i440FX's 0xcf8/0xcfc. */
void qpci_init_pc(QPCIBus *bus, QTestState *qts);
/* Q35: configuration space in memory. */
void qpci_init_q35(QPCIBus *bus, QTestState *qts);
/* The same, of the bus behind the bridge at slot 2 of Q35's. */
void qpci_init_q35_port(QPCIBus *bus, QTestState *qts);
#define QPCI_PORT_SLOT  2
/* Firmware's work once more, after a reset. */
void qpci_bus_setup(QPCIBus *bus);

/* @devfn on the bus whose devices are looked for. */
QPCIDevice *qpci_device_find(QPCIBus *bus, uint8_t devfn);
/* The first device of these identities; -1 matches any device id. */
QPCIDevice *qpci_device_find_id(QPCIBus *bus, uint16_t vendor, int device);
void qpci_device_enable(QPCIDevice *dev);

uint8_t qpci_config_readb(QPCIDevice *dev, uint16_t offset);
uint16_t qpci_config_readw(QPCIDevice *dev, uint16_t offset);
uint32_t qpci_config_readl(QPCIDevice *dev, uint16_t offset);
void qpci_config_writeb(QPCIDevice *dev, uint16_t offset, uint8_t value);
void qpci_config_writew(QPCIDevice *dev, uint16_t offset, uint16_t value);
void qpci_config_writel(QPCIDevice *dev, uint16_t offset, uint32_t value);

/* The next capability of this id behind @after (0: from the start); 0: none. */
uint8_t qpci_find_capability(QPCIDevice *dev, uint8_t id, uint8_t after);

/* Size the BAR, give it a place, map it. */
QPCIBar qpci_iomap(QPCIDevice *dev, int number);
/* The number of bytes that the BAR decodes; 0 for one that is not there. */
uint64_t qpci_bar_size(QPCIDevice *dev, int number);

uint64_t qpci_io_read(QPCIDevice *dev, QPCIBar bar, uint64_t offset,
                      unsigned size);
void qpci_io_write(QPCIDevice *dev, QPCIBar bar, uint64_t offset,
                   uint64_t value, unsigned size);

/* MSI-X; @bars are those mapped already, by number, or it maps its own. */
void qpci_msix_enable(QPCIDevice *dev);
void qpci_msix_disable(QPCIDevice *dev);
unsigned qpci_msix_table_size(QPCIDevice *dev);
void qpci_msix_set_vector(QPCIDevice *dev, unsigned vector, uint64_t addr,
                          uint32_t data, bool masked);
bool qpci_msix_pending(QPCIDevice *dev, unsigned vector);

/* The device asks for an interrupt by its pin: PCI_STATUS_INTERRUPT. */
bool qpci_intx(QPCIDevice *dev);

/*
 * Wait until it is so, since a queue's thread shows what is used before it decides
 * on the interrupt.
 */
void qpci_wait_msix_pending(QPCIDevice *dev, unsigned vector);
void qpci_wait_intx(QPCIDevice *dev);

#endif
