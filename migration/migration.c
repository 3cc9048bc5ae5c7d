/*
 * Saving the machine, as a job: from the command to its end, and what is told
 * about it meanwhile.
 *
 *     setup        the place is opened, connected
 *     wait-unplug  the guest shall let go of devices that do not travel
 *     active       the machine is stopped, its devices' states are taken, and a
 *                  thread writes them and the memory
 *     completed    all is written; the machine stays stopped (postmigrate)
 *     failed, cancelled    the machine goes on as it was
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "migration/blocker.h"
#include "migration/listener.h"
#include "migration/vmstate.h"
#include "migration-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/balloon.h"
#include "system/runstate.h"
#include "trace.h"

typedef enum SaveStatus {
    SAVE_NONE, SAVE_SETUP, SAVE_WAIT_UNPLUG, SAVE_ACTIVE,
    SAVE_CANCELLING, SAVE_CANCELLED, SAVE_COMPLETED, SAVE_FAILED,
} SaveStatus;

/* How long the guest has to say which pages it does not need. */
#define HINT_WAIT_MS    1000
#define HINT_LOOK_MS    5

/* How long a job that was given up waits for a guest that was asked for a device:
 * it gets the device back when it has let go. */
#define LET_GO_MS       30000

static const char *const status_names[] = {
    [SAVE_NONE] = "none", [SAVE_SETUP] = "setup",
    [SAVE_WAIT_UNPLUG] = "wait-unplug", [SAVE_ACTIVE] = "active",
    [SAVE_CANCELLING] = "cancelling", [SAVE_CANCELLED] = "cancelled",
    [SAVE_COMPLETED] = "completed", [SAVE_FAILED] = "failed",
};

/* The last job; there is one at a time. */
static struct {
    SaveStatus status;          /* atomic for readers in other threads */
    MigrationAddress *addr;
    SocketConnect *connect;     /* under way */
    MigrationChannel *ch;
    QEMUBH *bh;                 /* continues in the main loop */
    QemuThread thread;
    bool thread_runs;           /* to be joined */
    Error *err;                 /* of the thread, or why it failed */
    RunState before;            /* of the machine */
    bool asked;                 /* the listeners; they hear of a failure */
    bool waiting;               /* for a guest that was asked */
    QEMUTimer *give_up;         /* waiting in vain, after a cancel */
    QEMUTimer *hints;           /* waits for what the guest does not need */
    int64_t hints_end_ms;
    MachineSnapshot *snapshot;
    RamSave *ram;
    bool compress;
    RamSaveStats stats;         /* when it ended */
    int64_t began_ms, active_ms, ended_ms;
} job;

/* ---- reasons why not --------------------------------------------------- */

static GSList *blockers;        /* of Error * */

int migrate_add_blocker(Error **reasonp, Error **errp)
{
    if (migration_is_running()) {
        error_propagate_prepend(errp, g_steal_pointer(reasonp),
                                "a state is being saved or loaded now: ");
        return -EBUSY;
    }
    blockers = g_slist_prepend(blockers, *reasonp);
    return 0;
}

void migrate_del_blocker(Error **reasonp)
{
    if (*reasonp) {
        blockers = g_slist_remove(blockers, *reasonp);
        error_free(g_steal_pointer(reasonp));
    }
}

json_object *migrate_blockers(void)
{
    json_object *list = blockers ? json_object_new_array() : NULL;

    for (GSList *l = blockers; l; l = l->next) {
        json_object_array_add(list,
                              json_object_new_string(error_get_pretty(l->data)));
    }
    return list;
}

static bool saving(void)
{
    SaveStatus status = qatomic_read(&job.status);

    return status == SAVE_SETUP || status == SAVE_WAIT_UNPLUG ||
           status == SAVE_ACTIVE || status == SAVE_CANCELLING;
}

bool migration_is_running(void)
{
    return saving() || migration_incoming_busy();
}

bool migration_waits_for_guest(void)
{
    return job.waiting;
}

bool migration_allows(const char *what, Error **errp)
{
    if (migration_is_running()) {
        error_setg(errp, "%s is not allowed while migrating", what);
        return false;
    }
    return true;
}

static bool may_start(Error **errp)
{
    if (migration_is_running()) {
        error_setg(errp, "There's a migration process in progress");
    } else if (runstate_check(RUN_STATE_INMIGRATE)) {
        error_setg(errp, "Guest is waiting for an incoming migration");
    } else if (runstate_check(RUN_STATE_POSTMIGRATE)) {
        error_setg(errp, "Can't migrate the vm that was paused due to "
                   "previous migration");
    } else if (blockers) {
        error_propagate(errp, error_copy(blockers->data));
    } else {
        return vmstate_can_save(errp);
    }
    return false;
}

/* ---- the job ----------------------------------------------------------- */

static void set_status(SaveStatus status)
{
    qatomic_set(&job.status, status);
    trace_migrate_set_state(status_names[status]);
    migration_event(status_names[status]);
}

static void schedule(QEMUBHFunc *next)
{
    g_clear_pointer(&job.bh, qemu_bh_delete);
    job.bh = qemu_bh_new(next, NULL);
    qemu_bh_schedule(job.bh);
}

static void release(void)
{
    g_clear_pointer(&job.bh, qemu_bh_delete);
    if (job.hints) {
        balloon_hint_end();
        g_clear_pointer(&job.hints, timer_free);
    }
    g_clear_pointer(&job.give_up, timer_free);
    job.waiting = false;
    g_clear_pointer(&job.addr, migration_address_free);
    g_clear_pointer(&job.ch, migration_channel_free);
    g_clear_pointer(&job.snapshot, snapshot_free);
    if (job.ram) {
        ram_save_stats(job.ram, &job.stats);
        g_clear_pointer(&job.ram, ram_save_free);
    }
}

/* The end, good or bad: job.err says which. */
static void end_job(void)
{
    bool cancelled = job.status == SAVE_CANCELLING;

    job.ended_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    release();
    if (!job.err && !cancelled) {
        runstate_set(RUN_STATE_POSTMIGRATE);
        set_status(SAVE_COMPLETED);
        return;
    }
    if (cancelled) {
        error_free(g_steal_pointer(&job.err));
    }
    if (job.asked) {
        migration_listeners_failed();
    }
    set_status(cancelled ? SAVE_CANCELLED : SAVE_FAILED);
    if (!runstate_check(RUN_STATE_FINISH_MIGRATE)) {
        return;                 /* it was not stopped yet */
    }
    if (job.before == RUN_STATE_RUNNING) {
        vm_start();
    } else {
        runstate_set(job.before);
    }
}

static void thread_ended(void *opaque)
{
    qemu_thread_join(&job.thread);
    job.thread_runs = false;
    end_job();
}

static void *save_thread(void *opaque)
{
    savevm_write(job.ch, job.snapshot, job.ram, &job.err);
    qemu_bh_schedule(job.bh);
    return NULL;
}

/*
 * Timers of the guest that were due when its clock stopped still fire: a restored
 * machine computes when they are due next, and would not know that these did not.
 */
static void run_due_timers(void)
{
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, true);
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, false);
}

/* Stops the machine and takes its state. */
static void stop_and_save(void)
{
    job.before = runstate_get();
    vm_stop_force_state(RUN_STATE_FINISH_MIGRATE);
    run_due_timers();
    job.snapshot = snapshot_take(RunState_str(job.before), &job.err);
    if (!job.snapshot) {
        end_job();
        return;
    }
    job.ram = ram_save_new(migration_options());
    qemu_bh_delete(job.bh);
    job.bh = qemu_bh_new(thread_ended, NULL);
    job.thread_runs = true;
    qemu_thread_create(&job.thread, "migration", save_thread, NULL,
                       QEMU_THREAD_JOINABLE);
}

/* The guest runs on while it says which pages it does not need; not for long. */
static void look_for_hints(void *opaque)
{
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

    if (job.status == SAVE_CANCELLING) {
        end_job();
    } else if (balloon_hint_done() || now >= job.hints_end_ms) {
        stop_and_save();
    } else {
        timer_mod(job.hints, now + HINT_LOOK_MS);
    }
}

/* Nothing keeps the guest's machine from being saved any more. */
static void activate(void)
{
    job.active_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    set_status(SAVE_ACTIVE);
    if (balloon_hint_begin()) {
        job.hints = timer_new_ms(QEMU_CLOCK_REALTIME, look_for_hints, NULL);
        job.hints_end_ms = job.active_ms + HINT_WAIT_MS;
        timer_mod(job.hints, job.active_ms + HINT_LOOK_MS);
    } else {
        stop_and_save();
    }
}

static void let_go(void *opaque)
{
    bool cancelled = job.status == SAVE_CANCELLING;

    if (migration_listeners_pending()) {
        return;
    }
    g_clear_pointer(&job.give_up, timer_free);
    job.waiting = false;
    if (cancelled) {
        end_job();
    } else {
        activate();
    }
}

void migration_listener_changed(void)
{
    if (job.waiting) {
        schedule(let_go);
    }
}

static void waited_in_vain(void *opaque)
{
    warn_report("the guest does not give back a device that it was asked for; "
                "it stays");
    end_job();
}

/* The job was given up while the guest was asked: it still has to answer. */
static void cancel_waiting(void)
{
    job.give_up = timer_new_ms(QEMU_CLOCK_REALTIME, waited_in_vain, NULL);
    timer_mod(job.give_up,
              qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + LET_GO_MS);
}

/* The channel is open. */
static void begin(void *opaque)
{
    if (job.status == SAVE_CANCELLING) {
        end_job();
        return;
    }
    job.asked = true;
    if (!migration_listeners_begin(&job.err)) {
        end_job();
    } else if (migration_listeners_pending()) {
        job.waiting = true;
        set_status(SAVE_WAIT_UNPLUG);
    } else {
        activate();
    }
}

static void connected(int fd, Error *err, void *opaque)
{
    job.connect = NULL;
    if (fd < 0) {
        job.err = err;
        end_job();
        return;
    }
    job.ch = migration_channel_on_fd(fd, true);
    schedule(begin);
}

bool migration_start(MigrationAddress *addr, Error **errp)
{
    g_autoptr(MigrationAddress) mine = addr;
    MigrationChannel *ch = NULL;
    SocketConnect *connect = NULL;

    if (!may_start(errp)) {
        return false;
    }
    if (addr->kind == MIGRATION_SOCKET) {
        connect = socket_connect_async(qemu_get_aio_context(), addr->socket,
                                       connected, NULL, errp);
    } else {
        ch = migration_channel_open(addr, true, errp);
    }
    if (!connect && !ch) {
        return false;
    }
    error_free(g_steal_pointer(&job.err));
    memset(&job.stats, 0, sizeof(job.stats));
    job.addr = g_steal_pointer(&mine);
    job.connect = connect;
    job.ch = ch;
    job.asked = false;
    job.compress = migration_options()->compress;
    job.began_ms = job.active_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    set_status(SAVE_SETUP);
    if (ch) {
        schedule(begin);
    }
    return true;
}

void migration_cancel(void)
{
    if (job.status != SAVE_SETUP && job.status != SAVE_WAIT_UNPLUG &&
        job.status != SAVE_ACTIVE) {
        return;
    }
    set_status(SAVE_CANCELLING);
    if (job.ch) {
        migration_channel_cancel(job.ch);
    }
    if (job.connect) {
        socket_connect_cancel(g_steal_pointer(&job.connect));
        end_job();
    } else if (job.waiting) {
        cancel_waiting();
    }
}

void migration_shutdown(void)
{
    migration_incoming_shutdown();
    if (job.connect) {
        socket_connect_cancel(g_steal_pointer(&job.connect));
    }
    if (job.ch) {
        migration_channel_cancel(job.ch);
    }
    if (job.thread_runs) {
        qemu_thread_join(&job.thread);
        job.thread_runs = false;
    }
    release();
    qatomic_set(&job.status, SAVE_NONE);
}

/* ---- questions --------------------------------------------------------- */

static json_object *describe_ram(const RamSaveStats *s, int64_t ms)
{
    static const char *const never[] = {
        "skipped", "dirty-pages-rate", "postcopy-requests", "multifd-bytes",
        "precopy-bytes", "postcopy-bytes", "dirty-sync-missed-zero-copy",
    };
    json_object *ram = json_object_new_object();
    double seconds = MAX(ms, 1) / 1000.0;

    for (unsigned i = 0; i < ARRAY_SIZE(never); i++) {
        json_put_int(ram, never[i], 0);
    }
    json_put_uint(ram, "transferred", s->sent);
    json_put_uint(ram, "downtime-bytes", s->sent);
    json_put_uint(ram, "remaining", s->total - s->done);
    json_put_uint(ram, "total", s->total);
    json_put_uint(ram, "duplicate", s->zero_pages);
    json_put_uint(ram, "normal", s->normal_pages);
    json_put_uint(ram, "normal-bytes", s->normal_pages * 4096);
    json_put(ram, "mbps", json_object_new_double(s->sent * 8 / seconds / 1e6));
    json_put_int(ram, "dirty-sync-count", 1);
    json_put_int(ram, "page-size", 4096);
    json_put_uint(ram, "pages-per-second",
                  (s->zero_pages + s->normal_pages) / seconds);
    return ram;
}

static json_object *describe_compression(const RamSaveStats *s)
{
    json_object *c = json_object_new_object();
    double rate = s->packed_bytes
        ? s->packed_pages * 4096.0 / s->packed_bytes : 0;

    json_put_uint(c, "pages", s->packed_pages);
    json_put_int(c, "busy", 0);
    json_put(c, "busy-rate", json_object_new_double(0));
    json_put_uint(c, "compressed-size", s->packed_bytes);
    json_put(c, "compression-rate", json_object_new_double(rate));
    return c;
}

static void describe_job(json_object *info)
{
    bool over = !saving();
    int64_t now_ms = over ? job.ended_ms
                          : qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    RamSaveStats stats = job.stats;

    json_put_str(info, "status", status_names[job.status]);
    if (job.status == SAVE_FAILED) {
        json_put_str(info, "error-desc", error_get_pretty(job.err));
        return;
    }
    if (job.status == SAVE_CANCELLED || job.status == SAVE_SETUP ||
        job.status == SAVE_WAIT_UNPLUG || job.waiting) {
        return;
    }
    if (job.ram) {
        ram_save_stats(job.ram, &stats);
    }
    json_put_int(info, "total-time", now_ms - job.began_ms);
    json_put_int(info, "setup-time", job.active_ms - job.began_ms);
    json_put_int(info, over ? "downtime" : "expected-downtime",
                 now_ms - job.active_ms);
    json_put(info, "ram", describe_ram(&stats, now_ms - job.active_ms));
    if (job.compress) {
        json_put(info, "compression", describe_compression(&stats));
    }
}

json_object *migration_query(void)
{
    json_object *info = json_object_new_object();
    json_object *reasons = migrate_blockers();

    if (reasons) {
        json_put(info, "blocked-reasons", reasons);
    }
    if (job.status != SAVE_NONE) {
        describe_job(info);
    } else {
        migration_incoming_query(info);
    }
    return info;
}
