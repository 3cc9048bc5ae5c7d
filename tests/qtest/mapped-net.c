/*
 * Frames through a virtio NIC whose rings the test maps: see mapped-net.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <linux/virtio_net.h>
#include "mapped-net.h"

#define QUEUE_SIZE  MAPPED_QUEUE_SIZE
#define BUF_BYTES   2048
#define HDR         sizeof(struct virtio_net_hdr_v1)

static void *at(MappedNet *side, uint64_t addr)
{
    return side->ram + addr;
}

static void ring_init(MappedNet *side, MappedRing *ring, uint16_t index)
{
    ring->vq = qvirtqueue_new(&side->dev, index, QUEUE_SIZE);
    ring->desc = ring->vq->desc;
    ring->avail = ring->vq->driver;
    ring->used = ring->vq->device;
    ring->used_seen = 0;
    ring->buffers = guest_alloc_aligned(side->dev.alloc,
                                        QUEUE_SIZE * BUF_BYTES, 4096);
}

static void post(MappedNet *side, MappedRing *ring, uint16_t slot,
                 uint32_t len, uint16_t flags)
{
    struct vring_desc *desc = at(side, ring->desc);
    struct vring_avail *avail = at(side, ring->avail);
    uint16_t idx = avail->idx;

    desc[slot] = (struct vring_desc) {
        ring->buffers + slot * BUF_BYTES, len, flags, 0,
    };
    avail->ring[idx % QUEUE_SIZE] = slot;
    __atomic_store_n(&avail->idx, idx + 1, __ATOMIC_RELEASE);
}

static uint16_t used_idx(MappedNet *side, MappedRing *ring)
{
    struct vring_used *used = at(side, ring->used);

    return __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
}

void mapped_net_rx_kick(MappedNet *side)
{
    side->dev.transport->notify(side->rx.vq);
}

void mapped_net_boot(MappedNet *side, const char *name, bool port,
                     const char *devices)
{
    g_autofree char *args = NULL;
    int fd;

    memset(side, 0, sizeof(*side));
    side->path = g_strdup_printf("%s/two-%d-%s", g_get_tmp_dir(), getpid(),
                                 name);
    fd = open(side->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, MAPPED_RAM_BYTES), ==, 0);
    side->ram = mmap(NULL, MAPPED_RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
                     fd, 0);
    close(fd);
    args = g_strdup_printf(
        "-M %s,memory-backend=mem -m 64 -object memory-backend-file,id=mem,"
        "size=64M,mem-path=%s,share=on %s %s", port ? "q35" : "pc", side->path,
        port ? "-device pcie-root-port,id=port0,chassis=1,addr=2" : "",
        devices);
    side->qts = qtest_init(args);
    if (port) {
        qpci_init_q35_port(&side->bus.pci, side->qts);
    } else {
        qpci_init_pc(&side->bus.pci, side->qts);
    }
    guest_alloc_init(&side->bus.alloc, 2 << 20, MAPPED_RAM_BYTES);
    mapped_net_find(side);
}

void mapped_net_find(MappedNet *side)
{
    g_free(side->pci);
    side->pci = qpci_device_find_id(&side->bus.pci, 0x1af4, 0x1041);
    g_assert_nonnull(side->pci);
    qvirtio_pci_modern_init(&side->dev, side->pci, &side->bus.alloc);
    qpci_device_enable(side->pci);
}

void mapped_net_rings(MappedNet *side, unsigned pair)
{
    ring_init(side, &side->rx, pair * 2);
    ring_init(side, &side->tx, pair * 2 + 1);
}

void mapped_net_begin(MappedNet *side)
{
    side->rx.used_seen = 0;
    for (uint16_t slot = 0; slot < QUEUE_SIZE; slot++) {
        post(side, &side->rx, slot, BUF_BYTES, VRING_DESC_F_WRITE);
    }
    mapped_net_rx_kick(side);
}

void mapped_net_start(MappedNet *side, const char *name, const char *netdev)
{
    g_autofree char *devices = g_strdup_printf(
        "-netdev %s -device virtio-net-pci,netdev=n0,disable-legacy=on,"
        "rx_queue_size=256,tx_queue_size=256", netdev);

    mapped_net_boot(side, name, false, devices);
    qvirtio_negotiate(&side->dev, &qvirt_split, 0);
    mapped_net_rings(side, 0);
    qvirtio_driver_ok(&side->dev);
    mapped_net_begin(side);
}

uint16_t mapped_net_used(MappedNet *side, MappedRing *ring)
{
    return used_idx(side, ring);
}

void mapped_net_stop(MappedNet *side)
{
    qvirtqueue_free(side->rx.vq);
    qvirtqueue_free(side->tx.vq);
    g_free(side->pci);
    qtest_quit(side->qts);
    munmap(side->ram, MAPPED_RAM_BYTES);
    g_unlink(side->path);
    g_free(side->path);
}

uint32_t mapped_net_frame(uint8_t *frame, unsigned number)
{
    uint32_t size = 60 + number * 7 % 1455;

    memset(frame, number * 31, size);
    memset(frame, 0xff, 6);
    memcpy(frame + 14, &number, 4);
    memcpy(frame + size - 4, &number, 4);
    return size;
}

unsigned mapped_net_tx_pending(MappedNet *side)
{
    struct vring_avail *avail = at(side, side->tx.avail);

    return (uint16_t)(avail->idx - used_idx(side, &side->tx));
}

void mapped_net_send_bytes(MappedNet *side, const void *hdr, const void *frame,
                           size_t size)
{
    MappedRing *ring = &side->tx;
    struct vring_avail *avail = at(side, ring->avail);
    uint16_t slot = avail->idx % QUEUE_SIZE;
    uint8_t *buffer = at(side, ring->buffers + slot * BUF_BYTES);

    memset(buffer, 0, HDR);
    if (hdr) {
        memcpy(buffer, hdr, HDR);
    }
    memcpy(buffer + HDR, frame, size);
    post(side, ring, slot, HDR + size, 0);
    side->dev.transport->notify(ring->vq);
}

unsigned mapped_net_send(MappedNet *side, unsigned next, unsigned total)
{
    MappedRing *ring = &side->tx;
    unsigned first = next;

    while (next < total && mapped_net_tx_pending(side) < QUEUE_SIZE) {
        struct vring_avail *avail = at(side, ring->avail);
        uint16_t slot = avail->idx % QUEUE_SIZE;
        uint8_t *buffer = at(side, ring->buffers + slot * BUF_BYTES);

        memset(buffer, 0, HDR);
        post(side, ring, slot, HDR + mapped_net_frame(buffer + HDR, next), 0);
        next++;
    }
    if (next != first) {
        side->dev.transport->notify(ring->vq);
    }
    return next;
}

uint32_t mapped_net_receive(MappedNet *side, uint8_t *frame)
{
    MappedRing *ring = &side->rx;
    struct vring_used *used = at(side, ring->used);
    struct vring_used_elem *e;
    uint32_t size;

    if (ring->used_seen == used_idx(side, ring)) {
        return 0;
    }
    e = &used->ring[ring->used_seen++ % QUEUE_SIZE];
    g_assert_cmpint(e->id, <, QUEUE_SIZE);
    g_assert_cmpint(e->len, >, HDR);
    size = e->len - HDR;
    g_assert_cmpint(size, <=, MAPPED_FRAME_BYTES);
    memcpy(frame, at(side, ring->buffers + e->id * BUF_BYTES) + HDR, size);
    post(side, ring, e->id, BUF_BYTES, VRING_DESC_F_WRITE);
    return size;
}
