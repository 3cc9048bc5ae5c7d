/*
 * Interrupts of the PCI proxy (MSI-X or INTx, ISR status) and eventfds for the
 * driver's notifications. VIRTIO 1.4 sections 4.1.4.5 and 4.1.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "qemu/main-loop.h"
#include "hw/virtio/virtio-pci-internal.h"

/* The line is the OR of the ISR's bits (section 4.1.4.5.1). */
static void update_line(VirtIOPCIProxy *proxy)
{
    VirtIODevice *vdev = virtio_pci_vdev(proxy);

    pci_set_irq(&proxy->pci_dev, qatomic_read(&vdev->isr) != 0);
}

void virtio_pci_intx_bh(void *opaque)
{
    VirtIOPCIProxy *proxy = opaque;

    if (!msix_enabled(&proxy->pci_dev)) {
        update_line(proxy);
    }
}

void virtio_pci_notify(DeviceState *d, uint16_t vector)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);

    /* Messages need no lock; lines do. */
    if (msix_enabled(&proxy->pci_dev)) {
        if (vector != VIRTIO_NO_VECTOR) {
            msix_notify(&proxy->pci_dev, vector);
        }
    } else if (bql_forbidden()) {
        qemu_bh_schedule(proxy->intx_bh);
    } else {
        update_line(proxy);
    }
}

uint8_t virtio_pci_read_isr(VirtIOPCIProxy *proxy)
{
    VirtIODevice *vdev = virtio_pci_vdev(proxy);
    uint8_t isr = qatomic_xchg(&vdev->isr, 0);

    pci_irq_deassert(&proxy->pci_dev);
    return isr;
}

/* Take up a vector in exchange for another; NO_VECTOR if there is no such. */
static uint16_t exchange_vector(VirtIOPCIProxy *proxy, uint16_t old,
                                uint16_t vector)
{
    PCIDevice *pci_dev = &proxy->pci_dev;

    if (old != VIRTIO_NO_VECTOR) {
        msix_vector_unuse(pci_dev, old);
    }
    if (vector == VIRTIO_NO_VECTOR || !msix_present(pci_dev) ||
        vector >= msix_nr_vectors_allocated(pci_dev) ||
        msix_vector_use(pci_dev, vector) < 0) {
        return VIRTIO_NO_VECTOR;
    }
    return vector;
}

void virtio_pci_set_queue_vector(VirtIOPCIProxy *proxy, int n, uint16_t vector)
{
    VirtIODevice *vdev = virtio_pci_vdev(proxy);

    if (virtio_get_queue(vdev, n)) {
        uint16_t old = virtio_queue_vector(vdev, n);
        VIRTIO_HOLD_GUARD(vdev);

        virtio_queue_set_vector(vdev, n, exchange_vector(proxy, old, vector));
    }
}

void virtio_pci_set_config_vector(VirtIOPCIProxy *proxy, uint16_t vector)
{
    VirtIODevice *vdev = virtio_pci_vdev(proxy);

    vdev->config_vector = exchange_vector(proxy, vdev->config_vector, vector);
}

/* The vectors that were loaded were never taken up here. */
static bool take_loaded(VirtIOPCIProxy *proxy, uint16_t vector)
{
    return vector == VIRTIO_NO_VECTOR ||
           exchange_vector(proxy, VIRTIO_NO_VECTOR, vector) == vector;
}

bool virtio_pci_vectors_loaded(DeviceState *d)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);
    VirtIODevice *vdev = virtio_pci_vdev(proxy);
    bool ok;

    msix_unuse_all_vectors(&proxy->pci_dev);
    ok = take_loaded(proxy, vdev->config_vector);
    for (unsigned n = 0; n < virtio_get_num_queues(vdev); n++) {
        ok = ok && take_loaded(proxy, virtio_queue_vector(vdev, n));
    }
    return ok;
}

int virtio_pci_query_nvectors(DeviceState *d)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);

    return msix_present(&proxy->pci_dev) ?
           msix_nr_vectors_allocated(&proxy->pci_dev) : 0;
}

/* --- the driver's notifications (section 4.1.5.2) --- */

/*
 * queue_notif_config_data of queue 0. Not an index of any queue, so that a driver
 * that sends an index where this was agreed on is seen to be wrong.
 */
#define NOTIF_CONFIG_DATA   0x4000

uint16_t virtio_pci_notification_of(const VirtIODevice *vdev, int n)
{
    return virtio_vdev_has_feature(vdev, VIRTIO_F_NOTIF_CONFIG_DATA) ?
           NOTIF_CONFIG_DATA + n : n;
}

int virtio_pci_notified_queue(const VirtIODevice *vdev, uint16_t value)
{
    if (!virtio_vdev_has_feature(vdev, VIRTIO_F_NOTIF_CONFIG_DATA)) {
        return value;
    }
    return value >= NOTIF_CONFIG_DATA ? value - NOTIF_CONFIG_DATA : -1;
}

bool virtio_pci_ioeventfd_enabled(DeviceState *d)
{
    return virtio_pci_flag(VIRTIO_PCI(d), VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT);
}

typedef void EventfdFn(MemoryRegion *mr, hwaddr addr, unsigned size,
                       bool match_data, uint64_t data, EventNotifier *e);

int virtio_pci_ioeventfd_assign(DeviceState *d, EventNotifier *notifier, int n,
                                bool assign)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);
    VirtIODevice *vdev = virtio_pci_vdev(proxy);
    EventfdFn *change = assign ? memory_region_add_eventfd :
                        memory_region_del_eventfd;

    if (proxy->notify.size > 0) {
        /*
         * Each queue has its own address there, so any value of any width will do:
         * what NOTIFICATION_DATA adds is in the ring as well, and only the ring is
         * believed.
         */
        change(&proxy->notify.mr, n * virtio_pci_notify_multiplier(proxy), 0,
               false, 0, notifier);
    }
    /*
     * Here the value tells which queue; with NOTIFICATION_DATA its upper half
     * changes all the time, and the write is trapped instead.
     */
    if (proxy->notify_pio.size > 0 &&
        !virtio_vdev_has_feature(vdev, VIRTIO_F_NOTIFICATION_DATA)) {
        change(&proxy->notify_pio.mr, 0, 2, true,
               virtio_pci_notification_of(vdev, n), notifier);
    }
    if (virtio_pci_legacy(proxy)) {
        change(&proxy->legacy_bar, VIRTIO_PCI_QUEUE_NOTIFY, 2, true, n,
               notifier);
    }
    return 0;
}
