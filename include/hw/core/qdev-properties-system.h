/*
 * Property types that name things outside the device model: backends, MAC and
 * PCI addresses, link speeds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_CORE_QDEV_PROPERTIES_SYSTEM_H
#define HW_CORE_QDEV_PROPERTIES_SYSTEM_H

#include "hw/core/qdev-properties.h"

/* Where an MSI-X table and the like go: a BAR number, or chosen. */
typedef enum OffAutoPCIBAR {
    OFF_AUTO_PCIBAR_OFF,
    OFF_AUTO_PCIBAR_AUTO,
    OFF_AUTO_PCIBAR_BAR0,
    OFF_AUTO_PCIBAR_BAR1,
    OFF_AUTO_PCIBAR_BAR2,
    OFF_AUTO_PCIBAR_BAR3,
    OFF_AUTO_PCIBAR_BAR4,
    OFF_AUTO_PCIBAR_BAR5,
    OFF_AUTO_PCIBAR__MAX,
} OffAutoPCIBAR;

/* Values of properties; the encoding in registers is pcie.c's. */
typedef enum PCIExpLinkSpeed {
    PCIE_LINK_SPEED_2_5,
    PCIE_LINK_SPEED_5,
    PCIE_LINK_SPEED_8,
    PCIE_LINK_SPEED_16,
    PCIE_LINK_SPEED_32,
    PCIE_LINK_SPEED_64,
    PCIE_LINK_SPEED__MAX,
} PCIExpLinkSpeed;

typedef enum PCIExpLinkWidth {
    PCIE_LINK_WIDTH_1,
    PCIE_LINK_WIDTH_2,
    PCIE_LINK_WIDTH_4,
    PCIE_LINK_WIDTH_8,
    PCIE_LINK_WIDTH_12,
    PCIE_LINK_WIDTH_16,
    PCIE_LINK_WIDTH_32,
    PCIE_LINK_WIDTH__MAX,
} PCIExpLinkWidth;

extern const PropertyInfo qdev_prop_chr;
extern const PropertyInfo qdev_prop_macaddr;
extern const PropertyInfo qdev_prop_netdev;
extern const PropertyInfo qdev_prop_pci_devfn;
extern const PropertyInfo qdev_prop_off_auto_pcibar;
extern const PropertyInfo qdev_prop_pcie_link_speed;
extern const PropertyInfo qdev_prop_pcie_link_width;
extern const PropertyInfo qdev_prop_uuid;

/* int32_t: slot * 8 + function, -1: any; "04.0", "4", "0x1", or a number. */
#define DEFINE_PROP_PCI_DEVFN(_n, _s, _f, _d, ...)                          \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_pci_devfn, int32_t,        \
                       ##__VA_ARGS__)
/* A CharFrontend, by the id of a chardev. */
#define DEFINE_PROP_CHR(_n, _s, _f, ...)                                    \
    DEFINE_PROP(_n, _s, _f, qdev_prop_chr, CharFrontend, ##__VA_ARGS__)
/* A NICPeers, by the id of a netdev. */
#define DEFINE_PROP_NETDEV(_n, _s, _f, ...)                                 \
    DEFINE_PROP(_n, _s, _f, qdev_prop_netdev, NICPeers, ##__VA_ARGS__)
/* A MACAddr, "52:54:00:12:34:56". */
#define DEFINE_PROP_MACADDR(_n, _s, _f, ...)                                \
    DEFINE_PROP(_n, _s, _f, qdev_prop_macaddr, MACAddr, ##__VA_ARGS__)
/* A QemuUUID, or "auto". */
#define DEFINE_PROP_UUID_NODEFAULT(_n, _s, _f, ...)                         \
    DEFINE_PROP(_n, _s, _f, qdev_prop_uuid, QemuUUID, ##__VA_ARGS__)
#define DEFINE_PROP_OFF_AUTO_PCIBAR(_n, _s, _f, _d, ...)                    \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_off_auto_pcibar,           \
                       OffAutoPCIBAR, ##__VA_ARGS__)
#define DEFINE_PROP_PCIE_LINK_SPEED(_n, _s, _f, _d, ...)                    \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_pcie_link_speed,           \
                       PCIExpLinkSpeed, ##__VA_ARGS__)
#define DEFINE_PROP_PCIE_LINK_WIDTH(_n, _s, _f, _d, ...)                    \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_pcie_link_width,           \
                       PCIExpLinkWidth, ##__VA_ARGS__)

#endif
