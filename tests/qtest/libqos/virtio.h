/*
 * A virtio driver for tests. The transport (modern or legacy PCI) and the ring
 * layout (split, packed, with or without indirect tables) are tables of functions,
 * so that one test body runs over all of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LIBQOS_VIRTIO_H
#define LIBQOS_VIRTIO_H

#include "alloc.h"
#include "pci.h"
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#define QVIRTIO_F(bit)      (1ull << (bit))
/* Newer than the headers of Linux 6.1. */
#define VIRTIO_F_NOTIFICATION_DATA  38
#define VIRTIO_F_NOTIF_CONFIG_DATA  39

typedef struct QVirtioDevice QVirtioDevice;
typedef struct QVirtQueue QVirtQueue;

typedef struct QVirtioTransport {
    const char *name;
    uint64_t (*get_features)(QVirtioDevice *d);     /* bits 0..63 */
    void (*set_features)(QVirtioDevice *d, uint64_t features);
    uint8_t (*get_status)(QVirtioDevice *d);
    void (*set_status)(QVirtioDevice *d, uint8_t status);
    uint8_t (*get_isr)(QVirtioDevice *d);           /* reading clears it */
    uint64_t (*config_read)(QVirtioDevice *d, unsigned offset, unsigned size);
    void (*config_write)(QVirtioDevice *d, unsigned offset, uint64_t value,
                         unsigned size);
    void (*set_config_vector)(QVirtioDevice *d, uint16_t vector);
    uint16_t (*queue_max)(QVirtioDevice *d, uint16_t index);
    /* Tell the device where the ring is, and its vector, and enable it. */
    void (*queue_enable)(QVirtQueue *vq, uint16_t vector);
    void (*notify)(QVirtQueue *vq);
} QVirtioTransport;

/* One piece of a chain. */
typedef struct QVirtBuf {
    uint64_t addr;
    uint32_t len;
    bool device_writes;
} QVirtBuf;

typedef struct QVirtLayout {
    const char *name;
    uint64_t features;          /* wanted beside those of the test */
    bool indirect;              /* put chains into indirect tables */
    void (*setup)(QVirtQueue *vq);
    uint16_t (*add)(QVirtQueue *vq, const QVirtBuf *bufs, unsigned count);
    void (*publish)(QVirtQueue *vq);
    bool (*device_wants_kick)(QVirtQueue *vq);
    /* The used entry that is next, if there is one; it is not passed. */
    bool (*peek_used)(QVirtQueue *vq, uint16_t *id, uint32_t *len);
    /* This chain came back: its descriptors are free, look behind it. */
    void (*pass_used)(QVirtQueue *vq, uint16_t id);
    void (*interrupts)(QVirtQueue *vq, bool wanted);
} QVirtLayout;

extern const QVirtLayout qvirt_split;
extern const QVirtLayout qvirt_split_indirect;
extern const QVirtLayout qvirt_split_event;
extern const QVirtLayout qvirt_split_in_order;
extern const QVirtLayout qvirt_packed;
extern const QVirtLayout qvirt_packed_indirect;
extern const QVirtLayout qvirt_packed_event;
extern const QVirtLayout qvirt_packed_in_order;
/* Names of all layouts, for QOSTestOpts.variants; and by name. */
extern const char *const qvirt_layout_names[];
const QVirtLayout *qvirt_layout(const char *name);

/* In order: a chain that was added, as the driver remembers it. */
typedef struct QVirtAdded {
    uint16_t id;
    uint32_t in_bytes;
} QVirtAdded;

struct QVirtQueue {
    QVirtioDevice *dev;
    uint16_t index, size;
    uint64_t desc, driver, device;      /* the three areas */
    uint16_t free_head, free_count;
    uint16_t avail_idx;                 /* added */
    uint16_t published_idx;             /* made visible */
    uint16_t used_idx;                  /* taken back */
    bool avail_wrap, used_wrap;         /* packed: the wrap counters */
    uint16_t added;                     /* packed: since the last publish */
    uint64_t held_addr;                 /* packed: flags not written yet */
    uint16_t held_flags;
    uint64_t indirect_tables;
    uint16_t *chain_length;             /* by head, in ring descriptors */
    uint16_t *next;                     /* split: of a chain, or free */
    QVirtAdded *order;                  /* in order: @size of them */
    uint32_t order_next, order_oldest;
    bool in_run;                        /* entries of one used entry */
    uint16_t run_id;
    uint32_t run_len;
    uint64_t notify_addr;
    uint16_t notify_value;              /* index, or what the device says */
    uint64_t msix_addr;                 /* where its interrupts write to */
    uint32_t msix_data;
};

struct QVirtioDevice {
    QTestState *qts;
    QGuestAllocator *alloc;
    QPCIDevice *pci;
    const QVirtioTransport *transport;
    const QVirtLayout *layout;
    uint16_t virtio_id;
    uint64_t features;                  /* agreed on */
    uint16_t next_vector;
    uint64_t config_msix_addr;
    /* modern PCI */
    QPCIBar bar[6];
    QPCIBar common, isr, device_cfg, notify;
    uint32_t notify_multiplier;
};

/* Bind to the modern PCI transport of @pci. */
void qvirtio_pci_modern_init(QVirtioDevice *d, QPCIDevice *pci,
                             QGuestAllocator *alloc);

/*
 * From now on notify through the capability that lies in ports (section 4.1.4.4):
 * one place for all queues. The test fails if there is none.
 */
void qvirtio_pci_modern_notify_by_port(QVirtioDevice *d);

/* Bind to its legacy interface. */
void qvirtio_pci_legacy_init(QVirtioDevice *d, QPCIDevice *pci,
                             QGuestAllocator *alloc);

/*
 * Reset, ACKNOWLEDGE, DRIVER; agree on @wanted ∩ offered, plus the layout's. The
 * case is skipped if the device does not offer those.
 */
void qvirtio_negotiate(QVirtioDevice *d, const QVirtLayout *layout,
                       uint64_t wanted);
void qvirtio_driver_ok(QVirtioDevice *d);
void qvirtio_reset(QVirtioDevice *d);
bool qvirtio_has(QVirtioDevice *d, unsigned bit);

/* Make and enable a queue of the device's size, or of @size if not 0. */
QVirtQueue *qvirtqueue_new(QVirtioDevice *d, uint16_t index, uint16_t size);
void qvirtqueue_free(QVirtQueue *vq);
/* Only tell the device about it, as after a reset; the ring begins anew. */
void qvirtqueue_enable(QVirtQueue *vq);

uint16_t qvirtqueue_add(QVirtQueue *vq, const QVirtBuf *bufs, unsigned count);
/* One piece. */
uint16_t qvirtqueue_add1(QVirtQueue *vq, uint64_t addr, uint32_t len,
                         bool device_writes);
/* Publish what was added; notify if the device wants to know (or @always). */
void qvirtqueue_kick(QVirtQueue *vq);
/* Take the next used chain, if there is one. */
bool qvirtqueue_poll(QVirtQueue *vq, uint16_t *id, uint32_t *len);
/* Wait for it; fails the test after QTEST_WAIT_US. */
uint16_t qvirtqueue_wait(QVirtQueue *vq, uint32_t *len);
/* The same, and the driver does not say yet that it has seen what is used. */
void qvirtqueue_wait_untaken(QVirtQueue *vq);
/*
 * Has it interrupted since the last call? Some ms are given to one that is on its
 * way: for tests that expect none, or begin anew.
 */
bool qvirtqueue_interrupted(QVirtQueue *vq);
bool qvirtio_config_interrupted(QVirtioDevice *d);
/* For tests that expect one: wait for it. */
void qvirtqueue_wait_interrupt(QVirtQueue *vq);
void qvirtio_wait_config_interrupt(QVirtioDevice *d);
/* Wait until the device says NEEDS_RESET. */
void qvirtio_wait_needs_reset(QVirtioDevice *d);
/* Let the emulator do all that is due: no side effects. */
void qvirtio_settle(QVirtioDevice *d);

#endif
