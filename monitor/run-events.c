/*
 * What the run state and the device tree have to say, as events of control
 * monitors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev.h"
#include "monitor-internal.h"
#include "qapi/json.h"
#include "qapi/qmp-event.h"
#include "system/runstate.h"

static void event_stop(void)
{
    qmp_event_emit("STOP", NULL);
}

static void event_resume(void)
{
    qmp_event_emit("RESUME", NULL);
}

static void event_powerdown(void)
{
    qmp_event_emit("POWERDOWN", NULL);
}

static void event_with_cause(const char *name, bool guest,
                             ShutdownCause reason)
{
    json_object *data = json_object_new_object();

    json_put_bool(data, "guest", guest);
    json_put_str(data, "reason", ShutdownCause_str(reason));
    qmp_event_emit(name, data);
}

static void event_reset(bool guest, ShutdownCause reason)
{
    event_with_cause("RESET", guest, reason);
}

static void event_shutdown(bool guest, ShutdownCause reason)
{
    event_with_cause("SHUTDOWN", guest, reason);
}

static void event_of_device(const char *name, const char *id, const char *path)
{
    json_object *data = json_object_new_object();

    if (id) {
        json_put_str(data, "device", id);
    }
    json_put_str(data, "path", path);
    qmp_event_emit(name, data);
}

static void event_device_deleted(const char *id, const char *path)
{
    event_of_device("DEVICE_DELETED", id, path);
}

static void event_unplug_refused(const char *id, const char *path)
{
    event_of_device("DEVICE_UNPLUG_GUEST_ERROR", id, path);
}

void monitor_init_run_events(void)
{
    static const RunStateEvents events = {
        .stop = event_stop,
        .resume = event_resume,
        .reset = event_reset,
        .shutdown = event_shutdown,
        .powerdown = event_powerdown,
    };

    runstate_set_events(&events);
    qdev_set_deleted_hook(event_device_deleted);
    qdev_set_unplug_refused_hook(event_unplug_refused);
}
