/*
 * Devices and buses: what the object model adds for things that can be plugged
 * into each other, realized, reset and taken away.
 *
 * A device is made (qdev_new, or embedded by object_initialize_child), gets
 * its properties, and is realized on a bus (or on none). Realize may fail, and
 * then undoes all it did. Main thread, big lock held, unless said otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QDEV_CORE_H
#define QDEV_CORE_H

#include "qom/object.h"
#include "qemu/bitmap.h"
#include "qemu/queue.h"
#include "qemu/reentrancy.h"
#include "hw/core/hotplug.h"
#include "hw/core/irq.h"
#include "hw/core/resettable.h"

#define TYPE_DEVICE "device"
#define TYPE_BUS    "bus"

DECLARE_OBJ_CHECKERS(DeviceState, DeviceClass, DEVICE, TYPE_DEVICE)
DECLARE_OBJ_CHECKERS(BusState, BusClass, BUS, TYPE_BUS)

enum {
    DEV_NVECTORS_UNSPECIFIED = -1,
};

typedef enum DeviceCategory {
    DEVICE_CATEGORY_BRIDGE,
    DEVICE_CATEGORY_USB,
    DEVICE_CATEGORY_STORAGE,
    DEVICE_CATEGORY_NETWORK,
    DEVICE_CATEGORY_INPUT,
    DEVICE_CATEGORY_DISPLAY,
    DEVICE_CATEGORY_SOUND,
    DEVICE_CATEGORY_MISC,
    DEVICE_CATEGORY_CPU,
    DEVICE_CATEGORY_WATCHDOG,
    DEVICE_CATEGORY_MAX,
} DeviceCategory;

typedef void (*DeviceRealize)(DeviceState *dev, Error **errp);
typedef void (*DeviceUnrealize)(DeviceState *dev);
typedef void (*DeviceReset)(DeviceState *dev);
typedef void (*BusRealize)(BusState *bus, Error **errp);
typedef void (*BusUnrealize)(BusState *bus);

struct DeviceClass {
    ObjectClass parent_class;

    DECLARE_BITMAP(categories, DEVICE_CATEGORY_MAX);
    const char *fw_name;            /* in firmware paths; NULL: type name */
    const char *desc;               /* one line for help */
    /* Set by device_class_set_props(); a class's own, parents have theirs. */
    const Property *props_;
    uint16_t props_count_;
    bool user_creatable;            /* -device may make it (default true) */
    bool hotpluggable;              /* at run time too (default true) */

    DeviceReset legacy_reset;       /* set by device_class_set_legacy_reset */
    DeviceRealize realize;
    DeviceUnrealize unrealize;
    const VMStateDescription *vmsd; /* registered while realized, or NULL */
    const char *bus_type;           /* type of bus it sits on, or NULL */
};

typedef struct NamedGPIOList NamedGPIOList;

struct NamedGPIOList {
    char *name;                     /* NULL: the unnamed lines */
    qemu_irq *in;
    int num_in;
    int num_out;
    QLIST_ENTRY(NamedGPIOList) node;
};

typedef QLIST_HEAD(, NamedGPIOList) NamedGPIOListHead;
typedef QLIST_HEAD(, BusState) BusStateHead;

struct DeviceState {
    Object parent_obj;

    char *id;                       /* as the user named it, or NULL */
    char *canonical_path;           /* while realized */
    bool realized;                  /* set last, read from any thread atomically */
    bool pending_deleted_event;     /* device_del came, DEVICE_DELETED will */
    int64_t pending_deleted_expires_ms;
    bool hotplugged;                /* made after the machine was ready */
    bool allow_unplug_during_migration;
    struct json_object *opts;       /* as given to -device or device_add */
    bool opts_from_json;            /* its scalars have types, not all strings */
    bool hides;                     /* it goes, but not for good: no event */
    BusState *parent_bus;           /* referenced */
    NamedGPIOListHead gpios;
    BusStateHead child_bus;
    int num_child_bus;
    int instance_id_alias;
    int alias_required_for_version;
    ResettableState reset;
    GSList *unplug_blockers;        /* of Error * */
    MemReentrancyGuard mem_reentrancy_guard;
};

/* Sees every device come and go; see device_listener_register(). */
typedef struct DeviceListener DeviceListener;
struct DeviceListener {
    void (*realize)(DeviceListener *listener, DeviceState *dev);
    void (*unrealize)(DeviceListener *listener, DeviceState *dev);
    /* A device is about to be made from `opts`; true hides it: it is kept
     * until device_add is done again with from_json as given. May fail. */
    bool (*hide_device)(DeviceListener *listener,
                        const struct json_object *opts, bool from_json,
                        Error **errp);
    /* The user takes device @id away for good. True if it was hidden: it is
     * forgotten then, and nothing else is to be done. */
    bool (*forget_device)(DeviceListener *listener, const char *id);
    QTAILQ_ENTRY(DeviceListener) link;
};

struct BusClass {
    ObjectClass parent_class;

    /* Lines about one device for "info qtree"; may be NULL. */
    void (*print_dev)(GString *out, DeviceState *dev, int indent);
    /* Path component of a device, stable across runs; freed by the caller. */
    char *(*get_dev_path)(DeviceState *dev);
    char *(*get_fw_dev_path)(DeviceState *dev);
    /* Is the address that dev asks for free? NULL: any is. */
    bool (*check_address)(BusState *bus, DeviceState *dev, Error **errp);

    BusRealize realize;
    BusUnrealize unrealize;

    int max_dev;                    /* 0: no limit */
    int automatic_ids;              /* number of buses named by us so far */
};

typedef struct BusChild BusChild;
struct BusChild {
    DeviceState *child;             /* referenced */
    int index;
    QTAILQ_ENTRY(BusChild) sibling;
};
typedef QTAILQ_HEAD(, BusChild) BusChildHead;

struct BusState {
    Object obj;

    DeviceState *parent;            /* the device that has this bus, or NULL */
    char *name;
    HotplugHandler *hotplug_handler;    /* link; NULL: no hotplug */
    int max_index;
    bool realized;
    bool full;                      /* set by buses that count by themselves */
    int num_children;
    BusChildHead children;          /* the newest first */
    QLIST_ENTRY(BusState) sibling;
    ResettableState reset;
};

/* ---- devices ----------------------------------------------------------- */

/* A new device, one reference to the caller; the type must exist.
 * qdev_try_new answers NULL instead. */
DeviceState *qdev_new(const char *name);
DeviceState *qdev_try_new(const char *name);

/*
 * Puts dev on bus (NULL: none) and realizes it. On failure it is as before,
 * off the bus. qdev_realize_and_unref also drops the caller's reference,
 * success or not.
 */
bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp);
bool qdev_realize_and_unref(DeviceState *dev, BusState *bus, Error **errp);
/* The mirror of realize; the device keeps its place on the tree. */
void qdev_unrealize(DeviceState *dev);
static inline bool qdev_is_realized(DeviceState *dev)
{
    return __atomic_load_n(&dev->realized, __ATOMIC_ACQUIRE);
}

/* The setter behind the property "realized": see qdev_realize(). */
void device_set_realized(Object *obj, bool value, Error **errp);

/* device_del: asks the hotplug handler to take dev away, now or when the guest
 * agrees. */
void qdev_unplug(DeviceState *dev, Error **errp);
/* For handlers: unrealize at once, for devices that need no agreement. */
void qdev_simple_device_unplug_cb(HotplugHandler *hotplug_dev,
                                  DeviceState *dev, Error **errp);
bool qdev_add_unplug_blocker(DeviceState *dev, Error *reason);
void qdev_del_unplug_blocker(DeviceState *dev, Error *reason);
/* True, with the reason in errp, while something blocks unplug. */
bool qdev_unplug_blocked(DeviceState *dev, Error **errp);
/* May the device be plugged or unplugged at run time: class, bus, machine. */
bool qdev_hotplug_allowed(DeviceState *dev, BusState *bus, Error **errp);
bool qdev_hotunplug_allowed(DeviceState *dev, Error **errp);
/* Who handles dev: the machine's choice for it, else its bus's, or NULL. */
HotplugHandler *qdev_get_hotplug_handler(DeviceState *dev);
HotplugHandler *qdev_get_bus_hotplug_handler(DeviceState *dev);
HotplugHandler *qdev_get_machine_hotplug_handler(DeviceState *dev);
/* From now on new devices count as hotplugged (machine start-up is over). */
void qdev_machine_creation_done(void);
/* True once that was called. */
bool qdev_hotplug_active(void);
/* Called with path and id of each device that is gone after device_del
 * (id may be NULL); the event API sets it. */
typedef void (*QdevDeletedHook)(const char *id, const char *path);
void qdev_set_deleted_hook(QdevDeletedHook hook);
/* Tells of a device that was hidden when it was taken away. */
void qdev_report_hidden_deleted(const char *id);
/* Makes a device whose options a listener kept, hidden or not, at any time;
 * the caller owns a reference. NULL with an error. */
typedef DeviceState *(*QdevAddHook)(const struct json_object *opts,
                                    bool from_json, Error **errp);
DeviceState *qdev_add_hidden(const struct json_object *opts, bool from_json,
                             Error **errp);
/* Start-up sets how that is done. */
void qdev_set_add_hook(QdevAddHook hook);
/* For handlers: the guest keeps dev; what device_del began is over. Called by the
 * hook with path and id as well. */
void qdev_unplug_refused(DeviceState *dev);
void qdev_set_unplug_refused_hook(QdevDeletedHook hook);

BusState *qdev_get_parent_bus(const DeviceState *dev);
/* Moves dev to a bus (NULL: to none) before it is realized. False and errp
 * when the bus's check_address refuses. */
bool qdev_set_parent_bus(DeviceState *dev, BusState *bus, Error **errp);
/* Names dev: /machine/peripheral/<id>, or with NULL the next number under
 * /machine/peripheral-anon. Takes id over. NULL and errp if it is in use;
 * else the name in the tree. */
const char *qdev_set_id(DeviceState *dev, char *id, Error **errp);

/* The device called id below bus, at any depth, or NULL. */
DeviceState *qdev_find_recursive(BusState *bus, const char *id);
BusState *qdev_get_child_bus(DeviceState *dev, const char *name);
/* Stable path of dev by its buses' get_dev_path; freed by caller, or NULL. */
char *qdev_get_dev_path(DeviceState *dev);
char *qdev_get_own_fw_dev_path_from_handler(BusState *bus, DeviceState *dev);
char *qdev_get_fw_dev_path(DeviceState *dev);
const char *qdev_fw_name(DeviceState *dev);
/* "device 'id'" or its path, for messages; freed by caller. */
char *qdev_get_human_name(DeviceState *dev);
const VMStateDescription *qdev_get_vmsd(DeviceState *dev);
/* The machine object /machine, NULL before there is one. */
Object *qdev_get_machine(void);
Object *machine_get_container(const char *name);

/* A cold reset of one device and what hangs below it. */
void device_cold_reset(DeviceState *dev);
bool device_is_in_reset(DeviceState *dev);

/* Called for every device with devices below already handled (post) or still
 * to come (pre); non-zero stops, negative is an answer, from pre positive
 * means "not below this". */
typedef int (qdev_walkerfn)(DeviceState *dev, void *opaque);
typedef int (qbus_walkerfn)(BusState *bus, void *opaque);
int qdev_walk_children(DeviceState *dev, qdev_walkerfn *pre_devfn,
                       qbus_walkerfn *pre_busfn, qdev_walkerfn *post_devfn,
                       qbus_walkerfn *post_busfn, void *opaque);

/* Listeners hear of a new one all devices that are realized already. */
void device_listener_register(DeviceListener *listener);
void device_listener_unregister(DeviceListener *listener);
/* True if some listener hides a device with these options. */
bool qdev_should_hide_device(const struct json_object *opts, bool from_json,
                             Error **errp);
/* device_del of @id: true if that was hidden, and is forgotten now. */
bool qdev_forget_device(const char *id);

/* ---- device classes ---------------------------------------------------- */

/* The class's properties; `props` is an array, used in place. */
#define device_class_set_props(dc, props) \
    device_class_set_props_n((dc), (props), ARRAY_SIZE(props))
void device_class_set_props_n(DeviceClass *dc, const Property *props,
                              size_t count);
/* Put a function in front of the parent's, which is kept in *parent. */
void device_class_set_parent_realize(DeviceClass *dc, DeviceRealize realize,
                                     DeviceRealize *parent_realize);
void device_class_set_parent_unrealize(DeviceClass *dc,
                                       DeviceUnrealize unrealize,
                                       DeviceUnrealize *parent_unrealize);
/* A single-phase reset, run in the hold phase. */
void device_class_set_legacy_reset(DeviceClass *dc, DeviceReset reset);

/* ---- GPIO -------------------------------------------------------------- */

/* n input lines, numbered on from those there are, to handler(dev, n, level);
 * with_opaque: to handler(opaque, n, level). Name NULL: unnamed. */
void qdev_init_gpio_in(DeviceState *dev, qemu_irq_handler handler, int n);
void qdev_init_gpio_in_named(DeviceState *dev, qemu_irq_handler handler,
                             const char *name, int n);
void qdev_init_gpio_in_named_with_opaque(DeviceState *dev,
                                         qemu_irq_handler handler,
                                         void *opaque, const char *name,
                                         int n);
/* n output lines: pins[] are filled in when they are connected. */
void qdev_init_gpio_out(DeviceState *dev, qemu_irq *pins, int n);
void qdev_init_gpio_out_named(DeviceState *dev, qemu_irq *pins,
                              const char *name, int n);
/* An input line of dev, to give to somebody's output. */
qemu_irq qdev_get_gpio_in(DeviceState *dev, int n);
qemu_irq qdev_get_gpio_in_named(DeviceState *dev, const char *name, int n);
/* What output line n of dev is connected to (NULL: nothing). */
qemu_irq qdev_get_gpio_out_connector(DeviceState *dev, const char *name,
                                     int n);
void qdev_connect_gpio_out(DeviceState *dev, int n, qemu_irq pin);
void qdev_connect_gpio_out_named(DeviceState *dev, const char *name, int n,
                                 qemu_irq pin);
/* Puts icpt in place of an output's receiver and answers what was there. */
qemu_irq qdev_intercept_gpio_out(DeviceState *dev, qemu_irq icpt,
                                 const char *name, int n);
/* Makes lines of `dev` lines of `container` too. */
void qdev_pass_gpios(DeviceState *dev, DeviceState *container,
                     const char *name);
/* The list of that name, made if missing. */
NamedGPIOList *qdev_get_named_gpio_list(DeviceState *dev, const char *name);

/* ---- buses ------------------------------------------------------------- */

/* Initialises a bus in storage of the caller; name NULL: "<id>.<n>" after its
 * parent's id, else "<type>.<n>". It becomes a child of parent. */
void qbus_init(void *bus, size_t size, const char *type_name,
               DeviceState *parent, const char *name);
/* A new bus; with a parent it belongs to the tree, else to the caller. */
BusState *qbus_new(const char *type_name, DeviceState *parent,
                   const char *name);
bool qbus_realize(BusState *bus, Error **errp);
void qbus_unrealize(BusState *bus);
static inline bool qbus_is_realized(BusState *bus)
{
    return __atomic_load_n(&bus->realized, __ATOMIC_ACQUIRE);
}
/* No room for another device. */
bool qbus_is_full(BusState *bus);
int qbus_walk_children(BusState *bus, qdev_walkerfn *pre_devfn,
                       qbus_walkerfn *pre_busfn, qdev_walkerfn *post_devfn,
                       qbus_walkerfn *post_busfn, void *opaque);
/* Who accepts hotplug on this bus; the second makes the bus its own. */
void qbus_set_hotplug_handler(BusState *bus, Object *handler);
void qbus_set_bus_hotplug_handler(BusState *bus);
static inline bool qbus_is_hotpluggable(BusState *bus)
{
    return bus->hotplug_handler != NULL;
}
void bus_cold_reset(BusState *bus);
bool bus_is_in_reset(BusState *bus);

/* The root of all buses, made at first use (see "hw/core/sysbus.h"). */
BusState *sysbus_get_default(void);

#endif
