/*
 * What a virtio driver does on every transport and layout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "virtio.h"

static const QVirtLayout *const layouts[] = {
    &qvirt_split, &qvirt_split_indirect, &qvirt_split_event,
    &qvirt_packed, &qvirt_packed_indirect, &qvirt_packed_event,
    &qvirt_split_in_order, &qvirt_packed_in_order,
};

const char *const qvirt_layout_names[] = {
    "split", "split-indirect", "split-event",
    "packed", "packed-indirect", "packed-event",
    "split-in-order", "packed-in-order", NULL
};

const QVirtLayout *qvirt_layout(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(layouts); i++) {
        if (g_str_equal(layouts[i]->name, name)) {
            return layouts[i];
        }
    }
    g_error("no ring layout '%s'", name);
}

void qvirtio_reset(QVirtioDevice *d)
{
    d->transport->set_status(d, 0);
    g_assert_cmpint(d->transport->get_status(d), ==, 0);
    d->next_vector = 1;
}

void qvirtio_negotiate(QVirtioDevice *d, const QVirtLayout *layout,
                       uint64_t wanted)
{
    uint64_t offered;

    qvirtio_reset(d);
    d->layout = layout;
    d->transport->set_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    d->transport->set_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE |
                                VIRTIO_CONFIG_S_DRIVER);
    offered = d->transport->get_features(d);
    if (layout->features & ~offered) {
        qos_skip("the device does not offer this ring layout");
    }
    d->features = (wanted & offered) | layout->features |
                  (offered & QVIRTIO_F(VIRTIO_F_VERSION_1));
    d->transport->set_features(d, d->features);
    if (qvirtio_has(d, VIRTIO_F_VERSION_1)) {
        uint8_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
                         VIRTIO_CONFIG_S_FEATURES_OK;

        d->transport->set_status(d, status);
        g_assert_cmphex(d->transport->get_status(d), ==, status);
    }
    if (d->pci->msix_enabled) {
        d->config_msix_addr = guest_alloc(d->alloc, 4);
        qtest_writel(d->qts, d->config_msix_addr, 0);
        qpci_msix_set_vector(d->pci, 0, d->config_msix_addr, 0xc0f19, false);
        d->transport->set_config_vector(d, 0);
    }
}

void qvirtio_driver_ok(QVirtioDevice *d)
{
    d->transport->set_status(d, d->transport->get_status(d) |
                                VIRTIO_CONFIG_S_DRIVER_OK);
}

bool qvirtio_has(QVirtioDevice *d, unsigned bit)
{
    return d->features >> bit & 1;
}

void qvirtqueue_enable(QVirtQueue *vq)
{
    QVirtioDevice *d = vq->dev;
    uint16_t vector = VIRTIO_MSI_NO_VECTOR;

    d->layout->setup(vq);
    vq->order_next = vq->order_oldest = 0;
    vq->in_run = false;
    if (d->pci->msix_enabled) {
        vector = d->next_vector++;
        vq->msix_data = 0xd0000 | vector;
        qtest_writel(d->qts, vq->msix_addr, 0);
        qpci_msix_set_vector(d->pci, vector, vq->msix_addr, vq->msix_data,
                             false);
    }
    d->transport->queue_enable(vq, vector);
}

QVirtQueue *qvirtqueue_new(QVirtioDevice *d, uint16_t index, uint16_t size)
{
    QVirtQueue *vq = g_new0(QVirtQueue, 1);
    uint16_t max = d->transport->queue_max(d, index);

    g_assert_cmpint(max, >, 0);
    vq->dev = d;
    vq->index = index;
    vq->size = size ? size : max;
    g_assert_cmpint(vq->size, <=, max);
    vq->chain_length = g_new0(uint16_t, vq->size);
    vq->next = g_new0(uint16_t, vq->size);
    vq->order = g_new0(QVirtAdded, vq->size);
    /* In one piece and in this order, as the legacy interface wants it. */
    vq->desc = guest_alloc_aligned(d->alloc,
                                   vring_size(vq->size, 4096) + 4096, 4096);
    vq->driver = vq->desc + 16 * vq->size;
    vq->device = (vq->driver + 6 + 2 * vq->size + 4095) & ~4095ull;
    vq->msix_addr = guest_alloc(d->alloc, 4);
    if (d->layout->indirect) {
        vq->indirect_tables = guest_alloc_aligned(d->alloc,
                                                  vq->size * 16 * 32, 16);
    }
    qvirtqueue_enable(vq);
    return vq;
}

void qvirtqueue_free(QVirtQueue *vq)
{
    g_free(vq->chain_length);
    g_free(vq->next);
    g_free(vq->order);
    g_free(vq);
}

uint16_t qvirtqueue_add(QVirtQueue *vq, const QVirtBuf *bufs, unsigned count)
{
    QVirtAdded *added = &vq->order[vq->order_next++ % vq->size];

    added->id = vq->dev->layout->add(vq, bufs, count);
    added->in_bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        added->in_bytes += bufs[i].device_writes ? bufs[i].len : 0;
    }
    return added->id;
}

uint16_t qvirtqueue_add1(QVirtQueue *vq, uint64_t addr, uint32_t len,
                         bool device_writes)
{
    QVirtBuf buf = { addr, len, device_writes };

    return qvirtqueue_add(vq, &buf, 1);
}

void qvirtqueue_kick(QVirtQueue *vq)
{
    bool wanted;

    wanted = vq->dev->layout->device_wants_kick(vq);
    vq->dev->layout->publish(vq);
    if (wanted || vq->dev->layout->device_wants_kick(vq)) {
        vq->dev->transport->notify(vq);
    }
}

bool qvirtqueue_poll(QVirtQueue *vq, uint16_t *id, uint32_t *len)
{
    const QVirtLayout *layout = vq->dev->layout;

    if (!qvirtio_has(vq->dev, VIRTIO_F_IN_ORDER)) {
        if (!layout->peek_used(vq, id, len)) {
            return false;
        }
        layout->pass_used(vq, *id);
        return true;
    }
    /* An entry stands for all chains up to its own; those before are full. */
    if (!vq->in_run) {
        if (!layout->peek_used(vq, &vq->run_id, &vq->run_len)) {
            return false;
        }
        vq->in_run = true;
    }
    g_assert_cmpuint(vq->order_oldest, !=, vq->order_next);
    *id = vq->order[vq->order_oldest % vq->size].id;
    *len = vq->order[vq->order_oldest % vq->size].in_bytes;
    vq->order_oldest++;
    if (*id == vq->run_id) {
        *len = vq->run_len;
        vq->in_run = false;
    }
    layout->pass_used(vq, *id);
    return true;
}

void qvirtqueue_wait_untaken(QVirtQueue *vq)
{
    uint16_t id;
    uint32_t len;

    qtest_wait_for(vq->in_run ||
                   vq->dev->layout->peek_used(vq, &id, &len));
}

uint16_t qvirtqueue_wait(QVirtQueue *vq, uint32_t *len)
{
    uint16_t id;
    uint32_t ignored;

    qvirtqueue_wait_untaken(vq);
    if (qvirtio_has(vq->dev, VIRTIO_RING_F_EVENT_IDX)) {
        /*
         * The device decides on the interrupt after it has shown what is used. A
         * driver that moves its event before that gets none: let it decide.
         */
        vq->dev->transport->get_status(vq->dev);
    }
    g_assert_true(qvirtqueue_poll(vq, &id, len ? len : &ignored));
    return id;
}

/* An interrupt is a message into guest memory here, or the ISR's bit. */
static bool look_at_interrupt(QVirtioDevice *d, uint64_t msix_addr, uint8_t bit)
{
    if (d->pci->msix_enabled) {
        if (qtest_readl(d->qts, msix_addr) == 0) {
            return false;               /* it may come right now */
        }
        qtest_writel(d->qts, msix_addr, 0);
        return true;
    }
    return d->transport->get_isr(d) & bit;
}

/* A queue in a thread of its own shows what is used a little before it tells. */
static bool take_interrupt(QVirtioDevice *d, uint64_t msix_addr, uint8_t bit)
{
    for (unsigned i = 0; i < 10; i++) {
        if (look_at_interrupt(d, msix_addr, bit)) {
            return true;
        }
        g_usleep(i * 200);
    }
    return false;
}

bool qvirtqueue_interrupted(QVirtQueue *vq)
{
    return take_interrupt(vq->dev, vq->msix_addr, 1);
}

bool qvirtio_config_interrupted(QVirtioDevice *d)
{
    return take_interrupt(d, d->config_msix_addr, 2);
}

void qvirtqueue_wait_interrupt(QVirtQueue *vq)
{
    qtest_wait_for(qvirtqueue_interrupted(vq));
}

void qvirtio_wait_config_interrupt(QVirtioDevice *d)
{
    qtest_wait_for(qvirtio_config_interrupted(d));
}

void qvirtio_wait_needs_reset(QVirtioDevice *d)
{
    qtest_wait_for(d->transport->get_status(d) & VIRTIO_CONFIG_S_NEEDS_RESET);
}

void qvirtio_settle(QVirtioDevice *d)
{
    /* Commands and bottom halves share one loop: a few turns and all is done. */
    for (unsigned i = 0; i < 5; i++) {
        d->transport->get_status(d);
        g_usleep(200);
    }
}
