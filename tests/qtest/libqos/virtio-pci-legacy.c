/*
 * The legacy PCI transport as a driver uses it (VIRTIO 1.4, 4.1.4.10): registers in
 * an I/O BAR, rings by page number, no FEATURES_OK.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "virtio.h"

static uint64_t reg_read(QVirtioDevice *d, unsigned offset, unsigned size)
{
    return qpci_io_read(d->pci, d->bar[0], offset, size);
}

static void reg_write(QVirtioDevice *d, unsigned offset, uint64_t value,
                      unsigned size)
{
    qpci_io_write(d->pci, d->bar[0], offset, value, size);
}

static uint64_t legacy_get_features(QVirtioDevice *d)
{
    return reg_read(d, VIRTIO_PCI_HOST_FEATURES, 4);
}

static void legacy_set_features(QVirtioDevice *d, uint64_t features)
{
    reg_write(d, VIRTIO_PCI_GUEST_FEATURES, features, 4);
}

static uint8_t legacy_get_status(QVirtioDevice *d)
{
    return reg_read(d, VIRTIO_PCI_STATUS, 1);
}

static void legacy_set_status(QVirtioDevice *d, uint8_t status)
{
    reg_write(d, VIRTIO_PCI_STATUS, status, 1);
}

static uint8_t legacy_get_isr(QVirtioDevice *d)
{
    return reg_read(d, VIRTIO_PCI_ISR, 1);
}

static unsigned config_at(QVirtioDevice *d)
{
    return VIRTIO_PCI_CONFIG_OFF(d->pci->msix_enabled);
}

static uint64_t legacy_config_read(QVirtioDevice *d, unsigned offset,
                                   unsigned size)
{
    return reg_read(d, config_at(d) + offset, size);
}

static void legacy_config_write(QVirtioDevice *d, unsigned offset,
                                uint64_t value, unsigned size)
{
    reg_write(d, config_at(d) + offset, value, size);
}

static void legacy_set_config_vector(QVirtioDevice *d, uint16_t vector)
{
    reg_write(d, VIRTIO_MSI_CONFIG_VECTOR, vector, 2);
    g_assert_cmphex(reg_read(d, VIRTIO_MSI_CONFIG_VECTOR, 2), ==, vector);
}

static uint16_t legacy_queue_max(QVirtioDevice *d, uint16_t index)
{
    reg_write(d, VIRTIO_PCI_QUEUE_SEL, index, 2);
    return reg_read(d, VIRTIO_PCI_QUEUE_NUM, 2);
}

static void legacy_queue_enable(QVirtQueue *vq, uint16_t vector)
{
    QVirtioDevice *d = vq->dev;

    g_assert_cmpint(legacy_queue_max(d, vq->index), ==, vq->size);
    if (d->pci->msix_enabled) {
        reg_write(d, VIRTIO_MSI_QUEUE_VECTOR, vector, 2);
    }
    reg_write(d, VIRTIO_PCI_QUEUE_PFN,
              vq->desc >> VIRTIO_PCI_QUEUE_ADDR_SHIFT, 4);
}

static void legacy_notify(QVirtQueue *vq)
{
    reg_write(vq->dev, VIRTIO_PCI_QUEUE_NOTIFY, vq->index, 2);
}

static const QVirtioTransport legacy = {
    .name = "legacy",
    .get_features = legacy_get_features,
    .set_features = legacy_set_features,
    .get_status = legacy_get_status,
    .set_status = legacy_set_status,
    .get_isr = legacy_get_isr,
    .config_read = legacy_config_read,
    .config_write = legacy_config_write,
    .set_config_vector = legacy_set_config_vector,
    .queue_max = legacy_queue_max,
    .queue_enable = legacy_queue_enable,
    .notify = legacy_notify,
};

void qvirtio_pci_legacy_init(QVirtioDevice *d, QPCIDevice *pci,
                             QGuestAllocator *alloc)
{
    memset(d, 0, sizeof(*d));
    d->qts = pci->bus->qts;
    d->alloc = alloc;
    d->pci = pci;
    d->transport = &legacy;
    d->virtio_id = qpci_config_readw(pci, PCI_SUBSYSTEM_ID);
    d->bar[0] = qpci_iomap(pci, 0);
}
