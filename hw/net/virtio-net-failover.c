/*
 * virtio-net standing by for another card, the primary, which the guest would like
 * to use while it is there (VIRTIO 1.4 section 5.1.3, VIRTIO_NET_F_STANDBY). The
 * primary names this device by its property failover_pair_id. This file keeps it
 * hidden from a guest that does not know of STANDBY, since it would have two cards
 * of one address, and takes it away while the machine is saved, since a primary
 * does not travel.
 *
 *     hidden    its options are kept, the device does not exist
 *     plugged   the device exists; options are kept to make it again
 *
 * How devices come and go is the business of hot plug; here it is only decided.
 * Main loop, or a CPU with the big lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_device.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qmp-event.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "migration/migration.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "virtio-net-internal.h"

static void tell(const char *event, const char *id)
{
    struct json_object *data = json_object_new_object();

    json_put_str(data, "device-id", id);
    qmp_event_emit(event, data);
}

/* Has the driver accepted that there may be a primary? */
static bool negotiated(VirtIONet *n)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);

    return (vdev->status & VIRTIO_CONFIG_S_FEATURES_OK) &&
           virtio_vdev_has_feature(vdev, VIRTIO_NET_F_STANDBY);
}

static bool may_be_seen(VirtIONet *n)
{
    return negotiated(n) && !n->failover.away;
}

static void keep_options(FailoverState *f, const struct json_object *opts,
                         bool from_json)
{
    f->opts = json_object_get((struct json_object *)opts);
    f->from_json = from_json;
}

static void drop_options(FailoverState *f)
{
    json_object_put(g_steal_pointer(&f->opts));
}

/* --- the primary appears --- */

static void plug(VirtIONet *n)
{
    FailoverState *f = &n->failover;
    Error *err = NULL;

    f->plugging = true;
    object_unref(qdev_add_hidden(f->opts, f->from_json, &err));
    f->plugging = false;
    if (err) {
        error_prepend(&err, "failover: cannot plug '%s', the primary of '%s': ",
                      json_get_str(f->opts, "id"), n->netclient_name);
        warn_report_err(err);
    }
}

static void plug_if_due(VirtIONet *n)
{
    FailoverState *f = &n->failover;

    if (f->opts && !f->primary && may_be_seen(n)) {
        plug(n);
    }
}

static void follow(void *opaque)
{
    VirtIONet *n = opaque;

    if (n->failover.news && negotiated(n)) {
        tell("FAILOVER_NEGOTIATED", n->netclient_name);
    }
    n->failover.news = false;
    plug_if_due(n);
}

/*
 * By a bottom half: a state that is loaded has no place for a device that appears
 * while it is, and a driver's write is not to end in the making of a device.
 */
void virtio_net_failover_apply(VirtIONet *n)
{
    if (n->failover.on && virtio_vdev_has_feature(VIRTIO_DEVICE(n),
                                                  VIRTIO_NET_F_STANDBY)) {
        n->failover.news = true;
        qemu_bh_schedule(n->failover.bh);
    }
}

/* --- devices come and go --- */

static VirtIONet *of_devices(DeviceListener *listener)
{
    return container_of(listener, VirtIONet, failover.devices);
}

static bool is_ours(const VirtIONet *n, const char *pair_id)
{
    return pair_id && n->netclient_name &&
           strcmp(pair_id, n->netclient_name) == 0;
}

static void device_came(DeviceListener *listener, DeviceState *dev)
{
    VirtIONet *n = of_devices(listener);
    FailoverState *f = &n->failover;
    PCIDevice *pci = (PCIDevice *)object_dynamic_cast(OBJECT(dev),
                                                      TYPE_PCI_DEVICE);

    if (!pci || !is_ours(n, pci->failover_pair_id) || f->primary ||
        !dev->opts || !qdev_hotunplug_allowed(dev, NULL)) {
        return;
    }
    f->primary = dev;
    if (!f->opts) {
        keep_options(f, dev->opts, dev->opts_from_json);
    }
}

static void device_goes(DeviceListener *listener, DeviceState *dev)
{
    VirtIONet *n = of_devices(listener);
    FailoverState *f = &n->failover;

    if (dev != f->primary) {
        return;
    }
    f->primary = NULL;
    if (f->plugging) {
        return;                 /* it failed; plug() tells why */
    }
    if (!dev->hides) {
        drop_options(f);        /* the user wants it no more */
    }
    migration_listener_changed();
    qemu_bh_schedule(f->bh);
}

static bool hide_device(DeviceListener *listener,
                        const struct json_object *opts, bool from_json,
                        Error **errp)
{
    VirtIONet *n = of_devices(listener);
    FailoverState *f = &n->failover;
    struct json_object *all = (struct json_object *)opts;
    const char *id = json_get_str(all, "id");
    const char *before = f->opts ? json_get_str(f->opts, "id") : NULL;

    if (!is_ours(n, json_get_str(all, "failover_pair_id"))) {
        return false;
    }
    if (!id) {
        error_setg(errp, "Device with failover_pair_id needs to have id");
        return false;
    }
    if (before && strcmp(before, id) == 0) {
        error_setg(errp, "Duplicate ID '%s' for device", id);
        return false;
    }
    if (before) {
        error_setg(errp, "Cannot attach more than one primary device to '%s': "
                   "'%s' and '%s'", n->netclient_name, before, id);
        return false;
    }
    if (may_be_seen(n)) {
        return false;
    }
    keep_options(f, opts, from_json);
    return true;
}

static bool forget_device(DeviceListener *listener, const char *id)
{
    FailoverState *f = &of_devices(listener)->failover;

    if (!f->opts || strcmp(json_get_str(f->opts, "id"), id) != 0) {
        return false;
    }
    if (f->primary) {
        f->primary->hides = false;      /* when it goes, it is for good */
        return false;
    }
    drop_options(f);
    return true;
}

/* --- it does not travel --- */

static VirtIONet *of_saving(MigrationListener *listener)
{
    return container_of(listener, VirtIONet, failover.saving);
}

/* Was the guest asked, and still has time to answer? */
static bool asked_already(const DeviceState *dev)
{
    return dev->pending_deleted_event &&
           (dev->pending_deleted_expires_ms == 0 ||
            dev->pending_deleted_expires_ms >
            qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL));
}

static bool saving_begins(MigrationListener *listener, Error **errp)
{
    ERRP_GUARD();
    VirtIONet *n = of_saving(listener);
    FailoverState *f = &n->failover;
    g_autofree char *id = NULL;
    bool by_user;

    f->away = true;
    if (!f->primary) {
        return true;
    }
    id = g_strdup(f->primary->id);
    /* What the user takes away goes for good, even if it takes long. */
    by_user = f->primary->pending_deleted_event && !f->primary->hides;
    if (!asked_already(f->primary)) {
        f->primary->hides = !by_user;
        qdev_unplug(f->primary, errp);
    }
    if (*errp) {
        f->primary->hides = false;
        error_prepend(errp, "failover: cannot take '%s' from the guest: ", id);
        return false;
    }
    tell("UNPLUG_PRIMARY", id);
    return true;
}

static bool saving_pending(MigrationListener *listener)
{
    return of_saving(listener)->failover.primary;
}

/* The guest gets it back at once; or, if it has not let go yet, when it has. */
static void saving_failed(MigrationListener *listener)
{
    VirtIONet *n = of_saving(listener);

    n->failover.away = false;
    plug_if_due(n);
}

/* The machine was saved, but the user wants it to go on here nevertheless. */
static void machine_runs(void *opaque, bool running, RunState state)
{
    VirtIONet *n = opaque;

    if (running && n->failover.away && !migration_is_running()) {
        n->failover.away = false;
        qemu_bh_schedule(n->failover.bh);
    }
}

/*
 * What runs next may not know of STANDBY. (A driver that starts anew does not lose
 * the primary: its system knew of STANDBY, and uses it.)
 */
static void machine_resets(Notifier *notifier, void *data)
{
    DeviceState *dev = container_of(notifier, FailoverState, reset)->primary;
    Error *err = NULL;

    if (!dev) {
        return;
    }
    if (!dev->pending_deleted_event) {
        dev->hides = true;
    }
    hotplug_handler_unplug(qdev_get_hotplug_handler(dev), dev, &err);
    if (err) {
        dev->hides = false;
        warn_report_err(err);
    } else {
        object_unparent(OBJECT(dev));
    }
}

/* --- realize --- */

void virtio_net_failover_init(VirtIONet *n)
{
    FailoverState *f = &n->failover;

    if (!f->on) {
        return;
    }
    f->bh = qemu_bh_new(follow, n);
    f->devices = (DeviceListener){
        .realize = device_came,
        .unrealize = device_goes,
        .hide_device = hide_device,
        .forget_device = forget_device,
    };
    device_listener_register(&f->devices);
    f->saving = (MigrationListener){
        .begin = saving_begins,
        .pending = saving_pending,
        .failed = saving_failed,
    };
    migration_listener_register(&f->saving);
    f->runs = qemu_add_vm_change_state_handler(machine_runs, n);
    f->reset.notify = machine_resets;
    qemu_register_before_reset(&f->reset);
}

void virtio_net_failover_exit(VirtIONet *n)
{
    FailoverState *f = &n->failover;

    if (!f->bh) {
        return;
    }
    notifier_remove(&f->reset);
    qemu_del_vm_change_state_handler(f->runs);
    migration_listener_unregister(&f->saving);
    device_listener_unregister(&f->devices);
    g_clear_pointer(&f->bh, qemu_bh_delete);
    if (f->primary) {
        f->primary->hides = false;      /* a card like any other, now */
        f->primary = NULL;
    } else if (f->opts) {
        qdev_report_hidden_deleted(json_get_str(f->opts, "id"));
    }
    drop_options(f);
}
