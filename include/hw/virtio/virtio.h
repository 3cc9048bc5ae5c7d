/*
 * The virtio device: what every device of this kind has, whatever it does and
 * whatever bus carries it. VIRTIO 1.4 chapter 2.
 *
 * A device is a child type of "virtio-device". Its realize calls virtio_init(),
 * adds its queues and its own state; the core then plugs it into its virtio-bus,
 * which tells the transport (hw/virtio/virtio-bus.h). Rings: hw/virtio/virtqueue.h.
 *
 * Unless said otherwise functions are called with the big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_H
#define HW_VIRTIO_H

#include "qemu/osdep.h"
#include "qemu/event_notifier.h"
#include "hw/core/qdev.h"
#include "hw/core/qdev-properties.h"
#include "hw/virtio/virtio-features.h"
#include "hw/virtio/virtio-numbers.h"
#include "hw/virtio/virtqueue.h"
#include "migration/vmstate.h"
#include "system/memory.h"

#define TYPE_VIRTIO_DEVICE "virtio-device"
typedef struct VirtioDeviceClass VirtioDeviceClass;
#define VIRTIO_DEVICE(obj) \
    OBJECT_CHECK(VirtIODevice, (obj), TYPE_VIRTIO_DEVICE)
#define VIRTIO_DEVICE_CLASS(klass) \
    OBJECT_CLASS_CHECK(VirtioDeviceClass, (klass), TYPE_VIRTIO_DEVICE)
#define VIRTIO_DEVICE_GET_CLASS(obj) \
    OBJECT_GET_CLASS(VirtioDeviceClass, (obj), TYPE_VIRTIO_DEVICE)

/* The most queues that a device can have. */
#define VIRTIO_QUEUE_MAX    1024

typedef void (*VirtIOHandleOutput)(VirtIODevice *vdev, VirtQueue *vq);
typedef struct VirtIOMemory VirtIOMemory;

/* Fields belong to hw/virtio; devices read those marked (r). */
struct VirtIODevice {
    DeviceState parent_obj;

    const char *name;               /* (r) "virtio-net", for messages */
    uint16_t device_id;             /* (r) section 5 */
    uint8_t status;                 /* (r) VIRTIO_CONFIG_S_* */
    uint8_t isr;                    /* atomic: bit 0 queue, bit 1 config */
    uint16_t queue_sel;
    VirtioFeatures host_features;   /* (r) offered */
    VirtioFeatures asked_features;  /* what properties said before plugging */
    VirtioFeatures guest_features;  /* (r) accepted by the driver */

    void *config;                   /* as the driver sees it, little-endian */
    size_t config_len;
    uint16_t config_vector;
    uint8_t generation;             /* of the config, as shown to the driver */
    bool config_changed;            /* since the driver read the config last */

    VirtQueue **queues;             /* slots; NULL: no such queue */
    unsigned num_queues;            /* slots there are */
    int nvectors;                   /* MSI-X vectors of the transport */

    bool vm_running;                /* (r) */
    bool broken;                    /* (r) atomic: the driver broke the rules */
    bool disabled;                  /* the transport forbids DMA at present */
    bool started;                   /* DRIVER_OK, or a legacy kick before it */
    bool legacy;                    /* the driver speaks the legacy interface */
    bool legacy_kicked;             /* and kicked before DRIVER_OK */
    AddressSpace *dma_as;           /* (r) where the driver's addresses live */
    VirtIOMemory *memory;           /* how rings reach dma_as */
    AioContext **threads;           /* other loops that own queues */
    unsigned num_threads;
    QEMUBH *error_bh;               /* for errors of threads; NULL without */
    VMChangeStateEntry *vmstate;
    struct VirtQueueSaved *saved;   /* only while state is saved or loaded */
    uint32_t saved_count;
};

/*
 * What a device does. Everything but get_features may be NULL.
 */
struct VirtioDeviceClass {
    DeviceClass parent_class;

    /* Called inside the device's realize, before it is plugged, and after. */
    DeviceRealize realize;
    DeviceUnrealize unrealize;

    /*
     * @features holds what properties and transport offer: take away what cannot
     * be done and add what follows. False: cannot work like this.
     */
    bool (*get_features)(VirtIODevice *vdev, VirtioFeatures *features,
                         Error **errp);
    /* The driver chose vdev->guest_features (a subset of those offered). */
    void (*set_features)(VirtIODevice *vdev);
    /* May the driver choose these? 0, or -errno: FEATURES_OK stays clear. */
    int (*validate_features)(VirtIODevice *vdev, const VirtioFeatures *features);

    /* Fill @config (config_len bytes) before the driver reads it. */
    void (*get_config)(VirtIODevice *vdev, uint8_t *config);
    /* The driver wrote into @config: take what may be written. */
    void (*set_config)(VirtIODevice *vdev, const uint8_t *config);

    /* All to its state after realize; queues are reset by the core afterwards. */
    void (*reset)(VirtIODevice *vdev);
    /* The status or vm_running is about to change to @status (and is seen then). */
    int (*set_status)(VirtIODevice *vdev, uint8_t status);
    /* The driver resets one queue / enabled it again (section 2.6.1). */
    void (*queue_reset)(VirtIODevice *vdev, uint32_t queue_index);
    void (*queue_enable)(VirtIODevice *vdev, uint32_t queue_index);

    /*
     * The queues begin / end to be notified by eventfd. Without them: all queues,
     * in their own event loop.
     */
    int (*start_ioeventfd)(VirtIODevice *vdev);
    void (*stop_ioeventfd)(VirtIODevice *vdev);

    /* Who has the rings, where another process may have them; or NULL. */
    struct VhostDev *(*get_vhost)(VirtIODevice *vdev);

    /* Features that only drivers of the legacy interface see. */
    VirtioFeatures legacy_features;
};

/* --- making a device --- */

/*
 * Common start of a realize function: no queues, no features accepted, a config
 * space of @config_size bytes. The device's class name becomes vdev->name.
 */
void virtio_init(VirtIODevice *vdev, uint16_t device_id, size_t config_size);
/* The mirror; queues are deleted if the device left any. */
void virtio_cleanup(VirtIODevice *vdev);

/*
 * The next free queue, of at most @queue_size descriptors (a power of two up to
 * VIRTQUEUE_MAX_SIZE). @handle_output is called when the driver notifies, in the
 * queue's event loop.
 */
VirtQueue *virtio_add_queue(VirtIODevice *vdev, int queue_size,
                            VirtIOHandleOutput handle_output);
void virtio_del_queue(VirtIODevice *vdev, int n);
void virtio_delete_queue(VirtQueue *vq);

/*
 * For the instance_init of a proxy: @data of @proxy_obj becomes its child
 * "virtio-backend", a @vdev_name, and its properties are the proxy's too.
 */
void virtio_instance_init_common(Object *proxy_obj, void *data,
                                 size_t vdev_size, const char *vdev_name);

/*
 * The guard that entries into the device take: the proxy's, so that DMA to its
 * BARs is refused wherever the device was entered.
 */
MemReentrancyGuard *virtio_reentrancy_guard(VirtIODevice *vdev);

/* --- queues --- */

/* NULL when @n is not a queue of the device. */
VirtQueue *virtio_get_queue(VirtIODevice *vdev, int n);
uint16_t virtio_get_queue_index(const VirtQueue *vq);
unsigned virtio_get_num_queues(VirtIODevice *vdev);
/* Present size; the largest allowed. 0: no such queue. */
int virtio_queue_get_num(VirtIODevice *vdev, int n);
int virtio_queue_get_max_num(VirtIODevice *vdev, int n);
/* The event loop that owns the queue. */
AioContext *virtio_queue_aio_context(VirtQueue *vq);
/* From the device's realize: another loop than the main loop's owns the queue. */
void virtio_queue_set_aio_context(VirtQueue *vq, AioContext *ctx);
/*
 * The loops that own queues of the device stand (aio_context_hold()) until they
 * are let go as often. All that they read without a lock, the device's state
 * and the queues', is written so. Nests; free without such loops.
 */
void virtio_hold(VirtIODevice *vdev);
void virtio_let_go(VirtIODevice *vdev);
static inline VirtIODevice *virtio_auto_hold(VirtIODevice *vdev)
{
    virtio_hold(vdev);
    return vdev;
}
static inline void virtio_auto_let_go(VirtIODevice **vdev)
{
    virtio_let_go(*vdev);
}
/* Until the end of the block. */
#define VIRTIO_HOLD_GUARD(vdev)                                              \
    __attribute__((cleanup(virtio_auto_let_go), unused))                     \
    VirtIODevice *glue(virtio_held_, __COUNTER__) = virtio_auto_hold(vdev)
/* Has the driver enabled queue @n? */
bool virtio_queue_enabled(VirtIODevice *vdev, int n);

/*
 * Since the queue was made: how often its handler ran because of the driver (what
 * comes while it is on its way counts as one), and interrupts to the driver. Any
 * thread.
 */
uint64_t virtio_queue_kicks(const VirtQueue *vq);
uint64_t virtio_queue_interrupts(const VirtQueue *vq);

/* --- notifying --- */

/* Tell the driver that the queue has used buffers, if it wants to know. Owner. */
void virtio_notify(VirtIODevice *vdev, VirtQueue *vq);
/* The device's config changed: generation, interrupt. */
void virtio_notify_config(VirtIODevice *vdev);

EventNotifier *virtio_queue_get_host_notifier(VirtQueue *vq);
VirtQueue *virtio_queue_from_host_notifier(EventNotifier *e);

/* --- errors --- */

/*
 * The driver broke the rules: NEEDS_RESET, and a config interrupt if it said
 * DRIVER_OK; all queues stand still until reset. Any thread that owns a queue; from
 * one that is not the main loop's the driver hears of it a little later.
 */
void virtio_error(VirtIODevice *vdev, const char *fmt, ...) G_PRINTF(2, 3);

/* --- features --- */

static inline bool virtio_vdev_has_feature(const VirtIODevice *vdev,
                                           unsigned bit)
{
    return virtio_features_test(&vdev->guest_features, bit);
}

static inline bool virtio_host_has_feature(const VirtIODevice *vdev,
                                           unsigned bit)
{
    return virtio_features_test(&vdev->host_features, bit);
}

/* With this status, may the device use its queues (as far as the driver goes)? */
static inline bool virtio_device_started(const VirtIODevice *vdev,
                                         uint8_t status)
{
    return !vdev->broken &&
           ((status & VIRTIO_CONFIG_S_DRIVER_OK) || vdev->legacy_kicked);
}

/* --- for the transport --- */

/*
 * The driver writes the status (section 2.1). What is not a legal step leaves it
 * as it is; 0 resets. FEATURES_OK stays clear if the features cannot be had.
 */
void virtio_set_status(VirtIODevice *vdev, uint8_t status);
void virtio_reset(VirtIODevice *vdev);
/* 32 bits of what the driver accepts; ignored once FEATURES_OK is set. */
void virtio_set_features_window(VirtIODevice *vdev, uint32_t select,
                                uint32_t bits);
/* The driver uses the legacy interface from now until reset. */
void virtio_set_legacy(VirtIODevice *vdev);
/* Through the legacy interface: bits 0 to 31, valid at once. */
void virtio_set_legacy_features(VirtIODevice *vdev, uint32_t bits);

/* Config space, @size 1, 2 or 4; outside of it all ones, writes are dropped. */
uint32_t virtio_config_read(VirtIODevice *vdev, uint32_t addr, unsigned size);
void virtio_config_write(VirtIODevice *vdev, uint32_t addr, uint32_t value,
                         unsigned size);
/* config_generation (section 4.1.4.3.1). */
uint8_t virtio_config_generation(VirtIODevice *vdev);

/* False: not a legal size, or too late. */
bool virtio_queue_set_num(VirtIODevice *vdev, int n, unsigned num);
/* Where the areas of a queue that is not enabled are; ignored once it is. */
void virtio_queue_set_rings(VirtIODevice *vdev, int n, hwaddr desc,
                            hwaddr driver, hwaddr device);
void virtio_queue_get_rings(VirtIODevice *vdev, int n, hwaddr *desc,
                            hwaddr *driver, hwaddr *device);
/* Enable queue @n with its size and areas; false: not legal. */
bool virtio_queue_enable(VirtIODevice *vdev, int n);
/*
 * The legacy interface gives one address (section 2.7.2): areas follow each other,
 * the last one aligned to @align. Enables the queue.
 */
bool virtio_queue_enable_legacy(VirtIODevice *vdev, int n, hwaddr addr,
                                unsigned align);
/* One queue back to its state after reset. */
void virtio_queue_reset(VirtIODevice *vdev, int n);
uint16_t virtio_queue_vector(VirtIODevice *vdev, int n);
void virtio_queue_set_vector(VirtIODevice *vdev, int n, uint16_t vector);
/* Queue @n was notified; a number out of range is ignored. */
void virtio_queue_notify(VirtIODevice *vdev, int n);
/* The transport allows, or forbids, DMA (bus mastering). */
void virtio_set_disabled(VirtIODevice *vdev, bool disable);

/* First field of a device's description. */
extern const VMStateDescription vmstate_virtio_device;
#define VMSTATE_VIRTIO_DEVICE(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_virtio_device, VirtIODevice)

/* Features every device has; what they do is up to core and transport. */
#define DEFINE_VIRTIO_COMMON_FEATURES(_state, _field)                        \
    DEFINE_PROP_FEATURE_BIT("indirect_desc", _state, _field,                 \
                            VIRTIO_RING_F_INDIRECT_DESC, true,               \
                            .description = "chains may be tables outside of " \
                            "the ring"),                                     \
    DEFINE_PROP_FEATURE_BIT("event_idx", _state, _field,                     \
                            VIRTIO_RING_F_EVENT_IDX, true,                   \
                            .description = "each side says when it wants to " \
                            "be notified"),                                  \
    DEFINE_PROP_FEATURE_BIT("notify_on_empty", _state, _field,               \
                            VIRTIO_F_NOTIFY_ON_EMPTY, true,                  \
                            .description = "legacy: interrupt when a ring is " \
                            "empty"),                                        \
    DEFINE_PROP_FEATURE_BIT("any_layout", _state, _field,                    \
                            VIRTIO_F_ANY_LAYOUT, true,                       \
                            .description = "legacy: headers may be cut "     \
                            "anywhere"),                                     \
    DEFINE_PROP_FEATURE_BIT("iommu_platform", _state, _field,                \
                            VIRTIO_F_ACCESS_PLATFORM, false,                 \
                            .description = "addresses are those of the bus, " \
                            "not of memory"),                                \
    DEFINE_PROP_FEATURE_BIT("packed", _state, _field,                        \
                            VIRTIO_F_RING_PACKED, false,                     \
                            .description = "rings of the packed layout"),    \
    DEFINE_PROP_FEATURE_BIT("in_order", _state, _field,                      \
                            VIRTIO_F_IN_ORDER, false,                        \
                            .description = "buffers are used in the order "  \
                            "they came"),                                    \
    DEFINE_PROP_FEATURE_BIT("notification_data", _state, _field,             \
                            VIRTIO_F_NOTIFICATION_DATA, false,               \
                            .description = "notifications say how far the "  \
                            "driver is"),                                    \
    DEFINE_PROP_FEATURE_BIT("notif_config_data", _state, _field,             \
                            VIRTIO_F_NOTIF_CONFIG_DATA, false,               \
                            .description = "notifications carry the device's " \
                            "number of the queue"),                          \
    DEFINE_PROP_FEATURE_BIT("queue_reset", _state, _field,                   \
                            VIRTIO_F_RING_RESET, true,                       \
                            .description = "the driver can reset one queue")

#endif
