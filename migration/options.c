/*
 * Capabilities and parameters of saving and loading.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "migration-internal.h"
#include "net/announce.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qmp-event.h"

static MigrationOptions options = {
    .compress_level = 1,
    .leave_zero_pages = true,
};

const MigrationOptions *migration_options(void)
{
    return &options;
}

void migration_event(const char *status)
{
    json_object *data;

    if (options.events) {
        data = json_object_new_object();
        json_put_str(data, "status", status);
        qmp_event_emit("MIGRATION", data);
    }
}

static const struct {
    const char *name;
    bool *value;
} capabilities[] = {
    { "events", &options.events },
    { "compress", &options.compress },
    { "validate-uuid", &options.validate_uuid },
};

json_object *migration_query_capabilities(void)
{
    json_object *list = json_object_new_array();

    for (unsigned i = 0; i < ARRAY_SIZE(capabilities); i++) {
        json_object *one = json_object_new_object();

        json_put_bool(one, "state", *capabilities[i].value);
        json_put_str(one, "capability", capabilities[i].name);
        json_object_array_add(list, one);
    }
    return list;
}

static void set_capability(const char *name, bool state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(capabilities); i++) {
        if (strcmp(name, capabilities[i].name) == 0) {
            *capabilities[i].value = state;
        }
    }
}

bool migration_set_capabilities(json_object *list, Error **errp)
{
    if (migration_is_running()) {
        error_setg(errp, "There's a migration process in progress");
        return false;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);

        set_capability(json_get_str(one, "capability"),
                       json_get_bool(one, "state", false));
    }
    return true;
}

json_object *migration_query_parameters(void)
{
    json_object *all = json_object_new_object();

    json_put_int(all, "announce-initial",
                 net_announce_default_times.initial_ms);
    json_put_int(all, "announce-max", net_announce_default_times.max_ms);
    json_put_int(all, "announce-rounds", net_announce_default_times.rounds);
    json_put_int(all, "announce-step", net_announce_default_times.step_ms);
    json_put_int(all, "compress-level", options.compress_level);
    json_put_int(all, "max-bandwidth", options.max_bandwidth);
    json_put_str(all, "zero-page-detection",
                 options.leave_zero_pages ? "legacy" : "none");
    return all;
}

bool migration_set_parameters(json_object *args, Error **errp)
{
    int64_t level = json_get_int(args, "compress-level",
                                 options.compress_level);
    int64_t bandwidth = json_get_int(args, "max-bandwidth",
                                     options.max_bandwidth);
    const char *zeros = json_get_str(args, "zero-page-detection");
    const NetAnnounceTimes *was = &net_announce_default_times;
    NetAnnounceTimes times = {
        .initial_ms = json_get_int(args, "announce-initial", was->initial_ms),
        .max_ms = json_get_int(args, "announce-max", was->max_ms),
        .rounds = json_get_int(args, "announce-rounds", was->rounds),
        .step_ms = json_get_int(args, "announce-step", was->step_ms),
    };

    if (!net_announce_check(&times, errp)) {
        return false;
    }
    if (level < 0 || level > 9) {
        error_setg(errp, "Parameter 'compress-level' expects a value between "
                   "0 and 9, not %" PRId64, level);
        return false;
    }
    if (bandwidth < 0) {
        error_setg(errp, "Parameter 'max-bandwidth' expects bytes a second, "
                   "0 for no limit, not %" PRId64, bandwidth);
        return false;
    }
    net_announce_default_times = times;
    options.compress_level = level;
    options.max_bandwidth = bandwidth;
    if (zeros) {
        options.leave_zero_pages = strcmp(zeros, "none") != 0;
    }
    return true;
}
