/*
 * Loading the machine, as a job: waiting for a stream, reading it by a thread,
 * and giving the devices what came.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "migration-internal.h"
#include "net/announce.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "system/runstate.h"
#include "trace.h"

typedef enum LoadStatus {
    LOAD_NONE, LOAD_SETUP, LOAD_ACTIVE, LOAD_COMPLETED, LOAD_FAILED,
} LoadStatus;

static const char *const status_names[] = {
    [LOAD_NONE] = "none", [LOAD_SETUP] = "setup", [LOAD_ACTIVE] = "active",
    [LOAD_COMPLETED] = "completed", [LOAD_FAILED] = "failed",
};

static struct {
    const char *expected;       /* the URI of -incoming, or NULL */
    LoadStatus status;          /* atomic for readers in other threads */
    bool exit_on_error;
    int listener;               /* waits for a connection; -1: does not */
    json_object *listens_at;    /* a list with its SocketAddress */
    MigrationChannel *ch;
    QEMUBH *bh;
    QemuThread thread;
    bool thread_runs;
    MachineLoad load;
    Error *err;
} in = { .listener = -1 };

static void set_status(LoadStatus status)
{
    qatomic_set(&in.status, status);
    trace_migrate_incoming_set_state(status_names[status]);
    migration_event(status_names[status]);
}

bool migration_incoming_busy(void)
{
    return qatomic_read(&in.status) == LOAD_ACTIVE;
}

/* ---- the end ----------------------------------------------------------- */

static void stop_listening(void)
{
    if (in.listener >= 0) {
        qemu_set_fd_handler(in.listener, NULL, NULL, NULL);
        close(in.listener);
        in.listener = -1;
    }
}

static void release(void)
{
    stop_listening();
    g_clear_pointer(&in.bh, qemu_bh_delete);
    g_clear_pointer(&in.ch, migration_channel_free);
    savevm_load_clear(&in.load);
}

static void fail(void)
{
    release();
    set_status(LOAD_FAILED);
    error_prepend(&in.err, "load of migration failed: ");
    error_report("%s", error_get_pretty(in.err));
    if (in.exit_on_error) {
        shutdown_action = SHUTDOWN_ACTION_POWEROFF;
        qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_HOST_ERROR, 1);
    }
}

/* What the machine was in when it was saved, if it can stand still in it. */
static RunState state_to_stand_in(const char *name)
{
    static const RunState fine[] = {
        RUN_STATE_PAUSED, RUN_STATE_PRELAUNCH, RUN_STATE_SUSPENDED,
        RUN_STATE_SHUTDOWN, RUN_STATE_IO_ERROR, RUN_STATE_WATCHDOG,
        RUN_STATE_GUEST_PANICKED, RUN_STATE_INTERNAL_ERROR,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(fine); i++) {
        if (strcmp(name, RunState_str(fine[i])) == 0) {
            return fine[i];
        }
    }
    return RUN_STATE_PAUSED;
}

static VMChangeStateEntry *first_run;

/* The machine runs here for the first time: switches are told where it is. */
static void announce(void *opaque, bool running, RunState state)
{
    if (running) {
        qemu_del_vm_change_state_handler(g_steal_pointer(&first_run));
        net_announce_start_default();
    }
}

/* More than any device's: when it is told, all of them run. */
#define AFTER_ALL_DEVICES 1000

static void succeed(void)
{
    bool was_running = !strcmp(in.load.run_state, "running");
    RunState state = state_to_stand_in(in.load.run_state);

    release();
    set_status(LOAD_COMPLETED);
    first_run = qemu_add_vm_change_state_handler_prio(announce, NULL,
                                                      AFTER_ALL_DEVICES);
    if (was_running && autostart) {
        vm_start();
    } else {
        runstate_set(state);
    }
}

/* ---- reading ----------------------------------------------------------- */

static void thread_ended(void *opaque)
{
    qemu_thread_join(&in.thread);
    in.thread_runs = false;
    if (!in.err && savevm_apply(&in.load, &in.err)) {
        succeed();
    } else {
        fail();
    }
}

static void *load_thread(void *opaque)
{
    savevm_read(in.ch, &in.load, &in.err);
    qemu_bh_schedule(in.bh);
    return NULL;
}

static void begin(void *opaque)
{
    set_status(LOAD_ACTIVE);
    g_clear_pointer(&in.bh, qemu_bh_delete);
    in.bh = qemu_bh_new(thread_ended, NULL);
    in.thread_runs = true;
    qemu_thread_create(&in.thread, "mig/load", load_thread, NULL,
                       QEMU_THREAD_JOINABLE);
}

static void accept_one(void *opaque)
{
    int fd = qemu_accept(in.listener, NULL, NULL);

    if (fd >= 0) {
        stop_listening();
        in.ch = migration_channel_on_fd(fd, false);
        begin(NULL);
    }
}

static void note_address(int fd)
{
    g_autoptr(SocketAddress) real = socket_local_address(fd, NULL);
    json_object *one = json_object_new_object();

    in.listens_at = json_object_new_array();
    if (real && real->type == SOCKET_ADDRESS_TYPE_INET) {
        json_put_str(one, "type", "inet");
        json_put_str(one, "host", real->u.inet.host);
        json_put_str(one, "port", real->u.inet.port);
    } else if (real && real->type == SOCKET_ADDRESS_TYPE_UNIX) {
        json_put_str(one, "type", "unix");
        json_put_str(one, "path", real->u.q_unix.path);
    }
    if (json_haskey(one, "type")) {
        json_object_array_add(in.listens_at, one);
    } else {
        json_object_put(one);
    }
}

static bool listen_at(const SocketAddress *addr, Error **errp)
{
    in.listener = socket_listen(addr, 1, errp);
    if (in.listener < 0) {
        return false;
    }
    note_address(in.listener);
    qemu_socket_set_nonblock(in.listener);
    qemu_set_fd_handler(in.listener, accept_one, NULL, NULL);
    return true;
}

bool migration_incoming_start(MigrationAddress *addr, bool exit_on_error,
                              Error **errp)
{
    g_autoptr(MigrationAddress) mine G_GNUC_UNUSED = addr;

    if (!runstate_check(RUN_STATE_INMIGRATE)) {
        error_setg(errp, "'-incoming' was not specified on the command line");
        return false;
    }
    if (in.status != LOAD_NONE) {
        error_setg(errp, "The incoming migration has already been started");
        return false;
    }
    if (addr->kind == MIGRATION_SOCKET) {
        if (!listen_at(addr->socket, errp)) {
            return false;
        }
    } else {
        in.ch = migration_channel_open(addr, false, errp);
        if (!in.ch) {
            return false;
        }
    }
    in.exit_on_error = exit_on_error;
    set_status(LOAD_SETUP);
    if (in.ch) {
        in.bh = qemu_bh_new(begin, NULL);
        qemu_bh_schedule(in.bh);
    }
    return true;
}

/* ---- -incoming --------------------------------------------------------- */

void migration_incoming_expect(const char *uri)
{
    in.expected = uri;
    runstate_set(RUN_STATE_INMIGRATE);
}

bool migration_incoming_expected(void)
{
    return in.expected && runstate_check(RUN_STATE_INMIGRATE);
}

bool migration_incoming_begin_expected(Error **errp)
{
    MigrationAddress *addr;

    if (!in.expected || strcmp(in.expected, "defer") == 0) {
        return true;
    }
    addr = migration_address_parse(in.expected, errp);
    return addr && migration_incoming_start(addr, true, errp);
}

void migration_incoming_shutdown(void)
{
    if (in.ch) {
        migration_channel_cancel(in.ch);
    }
    if (in.thread_runs) {
        qemu_thread_join(&in.thread);
        in.thread_runs = false;
    }
    release();
}

bool migration_incoming_query(json_object *info)
{
    if (in.status == LOAD_NONE) {
        return false;
    }
    json_put_str(info, "status", status_names[in.status]);
    if (in.listens_at) {
        json_put(info, "socket-address", json_object_get(in.listens_at));
    }
    if (in.status == LOAD_FAILED) {
        json_put_str(info, "error-desc", error_get_pretty(in.err));
    }
    return true;
}
