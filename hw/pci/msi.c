/*
 * Message-signalled interrupts (PCI Local Bus 3.0, section 6.8.1).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "pci-internal.h"
#include "qapi/error.h"

#define VECTORS_MAX     32

bool msi_nonbroken;

/* ---- Layout: the same fields stand elsewhere with 64-bit addresses ---- */

static uint16_t flags_of(const PCIDevice *d)
{
    return pci_get_word(d->config + d->msi_cap + PCI_MSI_FLAGS);
}

static unsigned data_at(const PCIDevice *d)
{
    return d->msi_cap + (flags_of(d) & PCI_MSI_FLAGS_64BIT ? PCI_MSI_DATA_64
                                                           : PCI_MSI_DATA_32);
}

static unsigned mask_at(const PCIDevice *d)
{
    return d->msi_cap + (flags_of(d) & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_64
                                                           : PCI_MSI_MASK_32);
}

static unsigned pending_at(const PCIDevice *d)
{
    return mask_at(d) + 4;
}

static unsigned cap_bytes(uint16_t flags)
{
    unsigned base = flags & PCI_MSI_FLAGS_64BIT ? 0x0e : 0x0a;

    /* The mask is aligned behind the data. */
    return flags & PCI_MSI_FLAGS_MASKBIT ? ROUND_UP(base, 4) + 8 : base;
}

/* Vectors that the guest enabled (at most those that the device has). */
unsigned msi_nr_vectors_allocated(const PCIDevice *dev)
{
    uint16_t flags = flags_of(dev);
    unsigned have = (flags & PCI_MSI_FLAGS_QMASK) >> 1;
    unsigned wanted = (flags & PCI_MSI_FLAGS_QSIZE) >> 4;

    return 1u << MIN(MIN(have, wanted), 5);
}

bool msi_enabled(const PCIDevice *dev)
{
    return msi_present(dev) && (flags_of(dev) & PCI_MSI_FLAGS_ENABLE);
}

/* ---- Life ---- */

int msi_init(PCIDevice *dev, uint8_t offset, unsigned nr_vectors,
             bool msi64bit, bool msi_per_vector_mask, Error **errp)
{
    uint16_t flags = __builtin_ctz(nr_vectors) << 1;
    int at;

    g_assert(nr_vectors && nr_vectors <= VECTORS_MAX &&
             !(nr_vectors & (nr_vectors - 1)));
    if (!msi_nonbroken) {
        error_setg(errp, "MSI is not supported by interrupt controller");
        return -ENOTSUP;
    }
    flags |= msi64bit ? PCI_MSI_FLAGS_64BIT : 0;
    flags |= msi_per_vector_mask ? PCI_MSI_FLAGS_MASKBIT : 0;
    at = pci_add_capability(dev, PCI_CAP_ID_MSI, offset, cap_bytes(flags),
                            errp);
    if (at < 0) {
        return at;
    }
    dev->msi_cap = at;
    dev->cap_present |= QEMU_PCI_CAP_MSI;
    pci_set_word(dev->config + at + PCI_MSI_FLAGS, flags);
    pci_set_word(dev->wmask + at + PCI_MSI_FLAGS,
                 PCI_MSI_FLAGS_QSIZE | PCI_MSI_FLAGS_ENABLE);
    pci_set_long(dev->wmask + at + PCI_MSI_ADDRESS_LO, 0xfffffffc);
    if (msi64bit) {
        pci_set_long(dev->wmask + at + PCI_MSI_ADDRESS_HI, 0xffffffff);
    }
    pci_set_word(dev->wmask + data_at(dev), 0xffff);
    if (msi_per_vector_mask) {
        pci_set_long(dev->wmask + mask_at(dev),
                     nr_vectors == 32 ? UINT32_MAX : (1u << nr_vectors) - 1);
    }
    return 0;
}

void msi_uninit(PCIDevice *dev)
{
    if (msi_present(dev)) {
        pci_del_capability(dev, PCI_CAP_ID_MSI, cap_bytes(flags_of(dev)));
        dev->cap_present &= ~QEMU_PCI_CAP_MSI;
        dev->msi_cap = 0;
    }
}

void msi_reset(PCIDevice *dev)
{
    if (!msi_present(dev)) {
        return;
    }
    pci_set_word(dev->config + dev->msi_cap + PCI_MSI_FLAGS, flags_of(dev) &
                 ~(PCI_MSI_FLAGS_QSIZE | PCI_MSI_FLAGS_ENABLE));
    pci_set_long(dev->config + dev->msi_cap + PCI_MSI_ADDRESS_LO, 0);
    if (flags_of(dev) & PCI_MSI_FLAGS_64BIT) {
        pci_set_long(dev->config + dev->msi_cap + PCI_MSI_ADDRESS_HI, 0);
    }
    pci_set_word(dev->config + data_at(dev), 0);
    if (flags_of(dev) & PCI_MSI_FLAGS_MASKBIT) {
        pci_set_long(dev->config + mask_at(dev), 0);
        pci_set_long(dev->config + pending_at(dev), 0);
    }
}

/* ---- Sending ---- */

bool msi_is_masked(const PCIDevice *dev, unsigned vector)
{
    return vector >= VECTORS_MAX ||
        ((flags_of(dev) & PCI_MSI_FLAGS_MASKBIT) &&
         (pci_get_long(dev->config + mask_at(dev)) & (1u << vector)));
}

MSIMessage msi_get_message(PCIDevice *dev, unsigned vector)
{
    const uint8_t *cap = dev->config + dev->msi_cap;
    unsigned count = msi_nr_vectors_allocated(dev);
    MSIMessage msg;

    if (dev->msi_prepare_message) {
        return dev->msi_prepare_message(dev, vector);
    }
    msg.address = pci_get_long(cap + PCI_MSI_ADDRESS_LO);
    if (flags_of(dev) & PCI_MSI_FLAGS_64BIT) {
        msg.address |= (uint64_t)pci_get_long(cap + PCI_MSI_ADDRESS_HI) << 32;
    }
    msg.data = pci_get_word(dev->config + data_at(dev));
    msg.data = (msg.data & ~(count - 1)) | (vector & (count - 1));
    return msg;
}

void msi_send_message(PCIDevice *dev, MSIMessage msg)
{
    dev->msi_trigger(dev, msg);
}

void msi_notify(PCIDevice *dev, unsigned vector)
{
    if (!msi_enabled(dev) || vector >= VECTORS_MAX) {
        return;
    }
    if (msi_is_masked(dev, vector)) {
        pci_long_test_and_set_mask(dev->config + pending_at(dev),
                                   1u << vector);
        return;
    }
    msi_send_message(dev, msi_get_message(dev, vector));
}

void msi_write_config(PCIDevice *dev, uint32_t addr, uint32_t val, int len)
{
    uint32_t ready;

    if (!msi_present(dev) ||
        !pci_touches(addr, len, dev->msi_cap, cap_bytes(flags_of(dev))) ||
        !msi_enabled(dev)) {
        return;
    }
    pci_device_deassert_intx(dev);
    if (!(flags_of(dev) & PCI_MSI_FLAGS_MASKBIT)) {
        return;
    }
    /* What was pending and is not masked any more goes out now. */
    ready = pci_get_long(dev->config + pending_at(dev)) &
        ~pci_get_long(dev->config + mask_at(dev));
    while (ready) {
        unsigned vector = __builtin_ctz(ready);

        ready &= ready - 1;
        pci_long_test_and_clear_mask(dev->config + pending_at(dev),
                                     1u << vector);
        msi_notify(dev, vector);
    }
}
