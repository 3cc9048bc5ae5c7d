/*
 * Advanced error reporting (PCI Express Base 4.0, sections 6.2 and 7.8.4): what a
 * function reports about errors, and how a root port tells the guest.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCIE_AER_H
#define HW_PCI_PCIE_AER_H

#include "migration/vmstate.h"
#include "qemu/typedefs.h"

#define PCI_ERR_SIZEOF              0x48
#define PCIE_AER_LOG_MAX_DEFAULT    8
#define PCIE_AER_LOG_MAX_LIMIT      128

enum {
    PCIE_AER_ERR_IS_CORRECTABLE = 0x1,  /* @status is of that register */
    PCIE_AER_ERR_MAYBE_ADVISORY = 0x2,  /* a non-fatal one may be advisory */
    PCIE_AER_ERR_HEADER_VALID = 0x4,
    PCIE_AER_ERR_TLP_PREFIX_PRESENT = 0x8,
};

/* One error as a device sees it. */
typedef struct PCIEAERErr {
    uint32_t status;            /* one bit of the status register */
    uint16_t source_id;
    uint16_t flags;
    uint32_t header[4];
    uint32_t prefix[4];
} PCIEAERErr;

/* Errors whose headers wait until the first one is cleared. */
typedef struct PCIEAERLog {
    uint16_t log_num;
    uint16_t log_max;           /* property aer_log_max; 0: no queue */
    PCIEAERErr *log;
} PCIEAERLog;

extern const VMStateDescription vmstate_pcie_aer_log;

/* The capability at @offset of @size >= PCI_ERR_SIZEOF bytes; 0 or -errno. */
int pcie_aer_init(PCIDevice *dev, uint8_t cap_ver, uint16_t offset,
                  uint16_t size, Error **errp);
void pcie_aer_exit(PCIDevice *dev);
/* Follows a write of configuration space; ports call it, too. */
void pcie_aer_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                           int len);

/* A root port collects the messages of what is below it. */
void pcie_aer_root_init(PCIDevice *dev);
void pcie_aer_root_reset(PCIDevice *dev);
void pcie_aer_root_set_vector(PCIDevice *dev, unsigned vector);
void pcie_aer_root_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                                int len, uint32_t root_cmd_prev);

/*
 * Reports @err as the device's: status, header log, and a message to the root
 * port above if the guest wants one. 0; 1 when it is masked; -ENOSYS when the
 * device has no PCI Express capability, -EINVAL when @err is not one error.
 */
int pcie_aer_inject_error(PCIDevice *dev, const PCIEAERErr *err);

#endif
