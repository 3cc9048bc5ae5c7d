/*
 * PCI Express ports: bridges whose secondary bus is a link, and the slot at its
 * other end.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCIE_PORT_H
#define HW_PCI_PCIE_PORT_H

#include "hw/core/qdev-properties-system.h"
#include "hw/pci/pci_bridge.h"

#define TYPE_PCIE_PORT "pcie-port"
typedef struct PCIEPort PCIEPort;
#define PCIE_PORT(obj) OBJECT_CHECK(PCIEPort, (obj), TYPE_PCIE_PORT)

struct PCIEPort {
    PCIBridge parent_obj;

    uint8_t port;               /* property: the port number of its link */
};

/* Resets the registers that every port has; from a port's reset. */
void pcie_port_init_reg(PCIDevice *d);

#define TYPE_PCIE_SLOT "pcie-slot"
#define PCIE_SLOT(obj) OBJECT_CHECK(PCIESlot, (obj), TYPE_PCIE_SLOT)

/* A port with a slot; it handles hot plug on its bus. */
struct PCIESlot {
    PCIEPort parent_obj;

    /* properties */
    uint8_t chassis;
    uint16_t slot;              /* unique within the chassis */
    PCIExpLinkSpeed speed;
    PCIExpLinkWidth width;
    bool disable_acs;
    bool hotplug;               /* devices may come and go */
    bool native_hotplug;        /* by the slot's own registers */
    bool power_controller;      /* the guest can switch the slot off */

    QLIST_ENTRY(PCIESlot) next;
};

/* Slots have a place in a chassis: 0, or -EBUSY when it is taken. */
int pcie_chassis_add_slot(PCIESlot *slot);
void pcie_chassis_del_slot(PCIESlot *slot);
PCIESlot *pcie_chassis_find_slot(uint8_t chassis, uint16_t slot);

/* A root port: hw/pci-bridge/pcie_root_port.c. */
#define TYPE_PCIE_ROOT_PORT "pcie-root-port-base"
#define PCIE_ROOT_PORT_CLASS(klass) \
    OBJECT_CLASS_CHECK(PCIERootPortClass, (klass), TYPE_PCIE_ROOT_PORT)
#define PCIE_ROOT_PORT_GET_CLASS(obj) \
    OBJECT_GET_CLASS(PCIERootPortClass, (obj), TYPE_PCIE_ROOT_PORT)

typedef struct PCIERootPortClass {
    PCIDeviceClass parent_class;

    /* Makes what the port interrupts with; 0 or -errno with @errp. */
    int (*interrupts_init)(PCIDevice *d, Error **errp);
    void (*interrupts_uninit)(PCIDevice *d);
    /* The message number of error interrupts. */
    uint8_t (*aer_vector)(const PCIDevice *d);
    /* Places of capabilities. */
    uint8_t ssvid_offset;
    uint8_t exp_offset;
    uint16_t aer_offset;
    uint16_t acs_offset;
    uint16_t ssid;
} PCIERootPortClass;

#endif
