/*
 * The modern PCI transport as a driver uses it (VIRTIO 1.4, 4.1).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "virtio.h"

/* Behind struct virtio_pci_common_cfg of Linux 6.1. */
#define QUEUE_NOTIF_CONFIG_DATA 56

#define COMMON(field) offsetof(struct virtio_pci_common_cfg, field)

static uint64_t common_read(QVirtioDevice *d, unsigned offset, unsigned size)
{
    return qpci_io_read(d->pci, d->common, offset, size);
}

static void common_write(QVirtioDevice *d, unsigned offset, uint64_t value,
                         unsigned size)
{
    qpci_io_write(d->pci, d->common, offset, value, size);
}

static uint64_t modern_get_features(QVirtioDevice *d)
{
    uint64_t features = 0;

    for (unsigned word = 0; word < 2; word++) {
        common_write(d, COMMON(device_feature_select), word, 4);
        features |= common_read(d, COMMON(device_feature), 4) << (32 * word);
    }
    return features;
}

static void modern_set_features(QVirtioDevice *d, uint64_t features)
{
    for (unsigned word = 0; word < 2; word++) {
        common_write(d, COMMON(guest_feature_select), word, 4);
        common_write(d, COMMON(guest_feature), features >> (32 * word), 4);
    }
}

static uint8_t modern_get_status(QVirtioDevice *d)
{
    return common_read(d, COMMON(device_status), 1);
}

static void modern_set_status(QVirtioDevice *d, uint8_t status)
{
    common_write(d, COMMON(device_status), status, 1);
}

static uint8_t modern_get_isr(QVirtioDevice *d)
{
    return qpci_io_read(d->pci, d->isr, 0, 1);
}

static uint64_t modern_config_read(QVirtioDevice *d, unsigned offset,
                                   unsigned size)
{
    return qpci_io_read(d->pci, d->device_cfg, offset, size);
}

static void modern_config_write(QVirtioDevice *d, unsigned offset,
                                uint64_t value, unsigned size)
{
    qpci_io_write(d->pci, d->device_cfg, offset, value, size);
}

static void modern_set_config_vector(QVirtioDevice *d, uint16_t vector)
{
    common_write(d, COMMON(msix_config), vector, 2);
    g_assert_cmphex(common_read(d, COMMON(msix_config), 2), ==, vector);
}

static void select_queue(QVirtioDevice *d, uint16_t index)
{
    common_write(d, COMMON(queue_select), index, 2);
}

static uint16_t modern_queue_max(QVirtioDevice *d, uint16_t index)
{
    select_queue(d, index);
    return common_read(d, COMMON(queue_size), 2);
}

static void write_addr(QVirtioDevice *d, unsigned offset, uint64_t addr)
{
    common_write(d, offset, (uint32_t)addr, 4);
    common_write(d, offset + 4, addr >> 32, 4);
}

static void modern_queue_enable(QVirtQueue *vq, uint16_t vector)
{
    QVirtioDevice *d = vq->dev;

    select_queue(d, vq->index);
    common_write(d, COMMON(queue_size), vq->size, 2);
    common_write(d, COMMON(queue_msix_vector), vector, 2);
    g_assert_cmphex(common_read(d, COMMON(queue_msix_vector), 2), ==, vector);
    write_addr(d, COMMON(queue_desc_lo), vq->desc);
    write_addr(d, COMMON(queue_avail_lo), vq->driver);
    write_addr(d, COMMON(queue_used_lo), vq->device);
    vq->notify_addr = common_read(d, COMMON(queue_notify_off), 2) *
                      (uint64_t)d->notify_multiplier;
    vq->notify_value = qvirtio_has(d, VIRTIO_F_NOTIF_CONFIG_DATA) ?
                       common_read(d, QUEUE_NOTIF_CONFIG_DATA, 2) : vq->index;
    common_write(d, COMMON(queue_enable), 1, 2);
}

static void modern_notify(QVirtQueue *vq)
{
    QVirtioDevice *d = vq->dev;
    uint32_t next = vq->avail_idx;

    if (!qvirtio_has(d, VIRTIO_F_NOTIFICATION_DATA)) {
        qpci_io_write(d->pci, d->notify, vq->notify_addr, vq->notify_value, 2);
        return;
    }
    if (qvirtio_has(d, VIRTIO_F_RING_PACKED)) {
        next |= vq->avail_wrap << 15;
    }
    qpci_io_write(d->pci, d->notify, vq->notify_addr,
                  next << 16 | vq->notify_value, 4);
}

static const QVirtioTransport modern = {
    .name = "modern",
    .get_features = modern_get_features,
    .set_features = modern_set_features,
    .get_status = modern_get_status,
    .set_status = modern_set_status,
    .get_isr = modern_get_isr,
    .config_read = modern_config_read,
    .config_write = modern_config_write,
    .set_config_vector = modern_set_config_vector,
    .queue_max = modern_queue_max,
    .queue_enable = modern_queue_enable,
    .notify = modern_notify,
};

/*
 * The part of a BAR, of memory or of ports, that a vendor capability of this type
 * describes.
 */
static QPCIBar find_region(QVirtioDevice *d, uint8_t type, bool is_io,
                           uint8_t *cap_at)
{
    QPCIDevice *pci = d->pci;
    uint8_t cap = 0;

    while ((cap = qpci_find_capability(pci, PCI_CAP_ID_VNDR, cap))) {
        uint8_t bar = qpci_config_readb(pci, cap + 4);

        if (qpci_config_readb(pci, cap + 3) != type || bar > 5) {
            continue;
        }
        if (d->bar[bar].size == 0) {
            d->bar[bar] = qpci_iomap(pci, bar);
        }
        if (d->bar[bar].is_io != is_io) {
            continue;
        }
        *cap_at = cap;
        return (QPCIBar) {
            .addr = d->bar[bar].addr + qpci_config_readl(pci, cap + 8),
            .size = qpci_config_readl(pci, cap + 12),
            .is_io = d->bar[bar].is_io,
        };
    }
    g_error("no virtio capability of type %u", type);
}

void qvirtio_pci_modern_init(QVirtioDevice *d, QPCIDevice *pci,
                             QGuestAllocator *alloc)
{
    uint8_t cap;

    memset(d, 0, sizeof(*d));
    d->qts = pci->bus->qts;
    d->alloc = alloc;
    d->pci = pci;
    d->transport = &modern;
    d->virtio_id = qpci_config_readw(pci, PCI_DEVICE_ID) - 0x1040;
    d->common = find_region(d, VIRTIO_PCI_CAP_COMMON_CFG, false, &cap);
    d->isr = find_region(d, VIRTIO_PCI_CAP_ISR_CFG, false, &cap);
    d->device_cfg = find_region(d, VIRTIO_PCI_CAP_DEVICE_CFG, false, &cap);
    d->notify = find_region(d, VIRTIO_PCI_CAP_NOTIFY_CFG, false, &cap);
    d->notify_multiplier = qpci_config_readl(pci, cap + 16);
}

void qvirtio_pci_modern_notify_by_port(QVirtioDevice *d)
{
    uint8_t cap;

    d->notify = find_region(d, VIRTIO_PCI_CAP_NOTIFY_CFG, true, &cap);
    d->notify_multiplier = qpci_config_readl(d->pci, cap + 16);
    g_assert_true(d->notify.is_io);
    g_assert_cmpint(d->notify_multiplier, ==, 0);
}
