/*
 * Vendor, device and class numbers of what this emulator models.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCI_IDS_H
#define HW_PCI_PCI_IDS_H

#define PCI_VENDOR_ID_REDHAT_QUMRANET           0x1af4
#define PCI_SUBVENDOR_ID_REDHAT_QUMRANET        0x1af4
#define PCI_SUBDEVICE_ID_QEMU                   0x1100
#define PCI_DEVICE_ID_VIRTIO_NET                0x1000
#define PCI_DEVICE_ID_VIRTIO_BLOCK              0x1001
#define PCI_DEVICE_ID_VIRTIO_BALLOON            0x1002
#define PCI_DEVICE_ID_VIRTIO_CONSOLE            0x1003
#define PCI_DEVICE_ID_VIRTIO_SCSI               0x1004
#define PCI_DEVICE_ID_VIRTIO_RNG                0x1005
#define PCI_DEVICE_ID_VIRTIO_9P                 0x1009
#define PCI_DEVICE_ID_VIRTIO_VSOCK              0x1012
#define PCI_DEVICE_ID_VIRTIO_10_BASE            0x1040

#define PCI_VENDOR_ID_REDHAT                    0x1b36
#define PCI_DEVICE_ID_REDHAT_BRIDGE             0x0001
#define PCI_DEVICE_ID_REDHAT_TEST               0x0005
#define PCI_DEVICE_ID_REDHAT_PCIE_HOST          0x0008
#define PCI_DEVICE_ID_REDHAT_PXB                0x0009
#define PCI_DEVICE_ID_REDHAT_PXB_PCIE           0x000b
#define PCI_DEVICE_ID_REDHAT_PCIE_RP            0x000c
#define PCI_DEVICE_ID_REDHAT_PCIE_BRIDGE        0x000e

#define PCI_VENDOR_ID_QEMU                      0x1234
#define PCI_DEVICE_ID_QEMU_VGA                  0x1111
#define PCI_DEVICE_ID_QEMU_IPMI                 0x1112

#define PCI_VENDOR_ID_INTEL                     0x8086
#define PCI_DEVICE_ID_INTEL_82540EM             0x100e
#define PCI_DEVICE_ID_INTEL_82574L              0x10d3
#define PCI_DEVICE_ID_INTEL_82441               0x1237
#define PCI_DEVICE_ID_INTEL_ICH9_LPC            0x2918
#define PCI_DEVICE_ID_INTEL_ICH9_AHCI           0x2922
#define PCI_DEVICE_ID_INTEL_ICH9_6              0x2930
#define PCI_DEVICE_ID_INTEL_Q35_MCH             0x29c0
#define PCI_DEVICE_ID_INTEL_82371SB_0           0x7000
#define PCI_DEVICE_ID_INTEL_82371SB_1           0x7010
#define PCI_DEVICE_ID_INTEL_82371SB_2           0x7020
#define PCI_DEVICE_ID_INTEL_82371AB_3           0x7113

#define PCI_VENDOR_ID_REALTEK                   0x10ec
#define PCI_DEVICE_ID_REALTEK_8139              0x8139

/* Class codes (PCI Code and ID Assignment Specification), class << 8 | subclass. */
#define PCI_CLASS_NOT_DEFINED                   0x0000
#define PCI_CLASS_STORAGE_SCSI                  0x0100
#define PCI_CLASS_STORAGE_IDE                   0x0101
#define PCI_CLASS_STORAGE_SATA                  0x0106
#define PCI_CLASS_STORAGE_EXPRESS               0x0108
#define PCI_CLASS_STORAGE_OTHER                 0x0180
#define PCI_CLASS_NETWORK_ETHERNET              0x0200
#define PCI_CLASS_NETWORK_OTHER                 0x0280
#define PCI_CLASS_DISPLAY_VGA                   0x0300
#define PCI_CLASS_DISPLAY_OTHER                 0x0380
#define PCI_CLASS_MULTIMEDIA_AUDIO              0x0401
#define PCI_CLASS_MEMORY_RAM                    0x0500
#define PCI_CLASS_BRIDGE_HOST                   0x0600
#define PCI_CLASS_BRIDGE_ISA                    0x0601
#define PCI_CLASS_BRIDGE_PCI                    0x0604
#define PCI_CLASS_BRIDGE_OTHER                  0x0680
#define PCI_CLASS_COMMUNICATION_SERIAL          0x0700
#define PCI_CLASS_COMMUNICATION_OTHER           0x0780
#define PCI_CLASS_SYSTEM_OTHER                  0x0880
#define PCI_CLASS_INPUT_OTHER                   0x0980
#define PCI_CLASS_SERIAL_USB                    0x0c03
#define PCI_CLASS_SERIAL_SMBUS                  0x0c05
#define PCI_CLASS_OTHERS                        0x00ff

#endif
