/*
 * The list of capabilities in configuration space
 * (PCI Local Bus 3.0, section 6.7).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "pci-internal.h"
#include "qapi/error.h"

/* Steps before a list that bites its tail is given up. */
#define CAP_STEPS_MAX   ((PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE) / 4)

/*
 * The offset of the capability @cap_id, 0 if there is none; *@link gets the
 * offset of the byte that points to it.
 */
static uint8_t find(PCIDevice *d, uint8_t cap_id, uint8_t *link)
{
    uint8_t at = PCI_CAPABILITY_LIST;

    if (!(d->config[PCI_STATUS] & PCI_STATUS_CAP_LIST)) {
        return 0;
    }
    for (unsigned i = 0; i < CAP_STEPS_MAX && d->config[at]; i++) {
        uint8_t cap = d->config[at];

        if (d->config[cap + PCI_CAP_LIST_ID] == cap_id) {
            *link = at;
            return cap;
        }
        at = cap + PCI_CAP_LIST_NEXT;
    }
    return 0;
}

uint8_t pci_find_capability(PCIDevice *pci_dev, uint8_t cap_id)
{
    uint8_t link;

    return find(pci_dev, cap_id, &link);
}

static bool is_free(const PCIDevice *d, unsigned offset, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        if (d->used[offset + i]) {
            return false;
        }
    }
    return true;
}

/* The lowest aligned place for @size bytes, or 0. */
static uint8_t find_room(const PCIDevice *d, unsigned size)
{
    for (unsigned at = PCI_CONFIG_HEADER_SIZE;
         at + size <= PCI_CONFIG_SPACE_SIZE; at += 4) {
        if (is_free(d, at, size)) {
            return at;
        }
    }
    return 0;
}

int pci_add_capability(PCIDevice *pdev, uint8_t cap_id, uint8_t offset,
                       uint8_t size, Error **errp)
{
    uint8_t *config;

    if (!offset) {
        offset = find_room(pdev, size);
        if (!offset) {
            error_setg(errp, "%s: no room for capability 0x%x of %u bytes",
                       pdev->name, cap_id, size);
            return -ENOSPC;
        }
    } else if (offset < PCI_CONFIG_HEADER_SIZE || (offset & 3) ||
               offset + size > PCI_CONFIG_SPACE_SIZE ||
               !is_free(pdev, offset, size)) {
        error_setg(errp, "%s: capability 0x%x of %u bytes at offset 0x%x "
                   "overlaps another or is misplaced", pdev->name, cap_id,
                   size, offset);
        return -EINVAL;
    }
    config = pdev->config + offset;
    config[PCI_CAP_LIST_ID] = cap_id;
    config[PCI_CAP_LIST_NEXT] = pdev->config[PCI_CAPABILITY_LIST];
    pdev->config[PCI_CAPABILITY_LIST] = offset;
    pdev->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    memset(pdev->used + offset, 0xff, size);
    memset(pdev->wmask + offset, 0, size);      /* the owner opens what it may */
    memset(pdev->cmask + offset, 0xff, size);
    return offset;
}

void pci_del_capability(PCIDevice *pci_dev, uint8_t cap_id, uint8_t cap_size)
{
    uint8_t link, offset = find(pci_dev, cap_id, &link);

    if (!offset) {
        return;
    }
    pci_dev->config[link] = pci_dev->config[offset + PCI_CAP_LIST_NEXT];
    memset(pci_dev->config + offset, 0, cap_size);
    memset(pci_dev->wmask + offset, 0xff, cap_size);
    memset(pci_dev->w1cmask + offset, 0, cap_size);
    memset(pci_dev->cmask + offset, 0, cap_size);
    memset(pci_dev->used + offset, 0, cap_size);
    if (!pci_dev->config[PCI_CAPABILITY_LIST]) {
        pci_dev->config[PCI_STATUS] &= ~PCI_STATUS_CAP_LIST;
    }
}

/* PCI Bus Power Management 1.2, section 3.2. */
int pci_pm_init(PCIDevice *pci_dev, uint8_t offset, Error **errp)
{
    int at = pci_add_capability(pci_dev, PCI_CAP_ID_PM, offset, PCI_PM_SIZEOF,
                                errp);

    if (at < 0) {
        return at;
    }
    pci_dev->pm_cap = at;
    pci_set_word(pci_dev->config + at + PCI_PM_PMC, 0x3);
    pci_set_word(pci_dev->wmask + at + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    pci_set_word(pci_dev->cmask + at + PCI_PM_CTRL, 0);
    return at;
}
