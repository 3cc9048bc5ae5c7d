/*
 * What all monitors share: the list of them, buffered output to a chardev
 * that may be slow, whose command runs in this thread, the thread that serves
 * out-of-band commands, and the way of events to control monitors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qmp-event.h"
#include "qemu/aio.h"
#include "qemu/config-file.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "trace.h"

MonitorList mon_list = QTAILQ_HEAD_INITIALIZER(mon_list);
QemuMutex monitor_lock = QEMU_MUTEX_INITIALIZER;

static __thread Monitor *cur_mon;

Monitor *monitor_cur(void)
{
    return cur_mon;
}

bool monitor_cur_is_qmp(void)
{
    return cur_mon && cur_mon->is_qmp;
}

Monitor *monitor_set_cur(Monitor *mon)
{
    Monitor *before = cur_mon;

    cur_mon = mon;
    return before;
}

/* --- output --- */

/*
 * A reader that is slow, or is not there, must cost neither others nor memory.
 * With so much unsent no more commands are read, since they would be answered; with
 * so much no events are added. Answers are never lost.
 */
#define OUT_COMMANDS_MAX    (64 * 1024)
#define OUT_EVENTS_MAX      (1024 * 1024)

static void monitor_flush_locked(Monitor *mon);

static gboolean monitor_unblocked(void *unused, GIOCondition cond,
                                  void *opaque)
{
    Monitor *mon = opaque;
    bool resume;

    qemu_mutex_lock(&mon->out_lock);
    mon->out_waits = false;
    monitor_flush_locked(mon);
    resume = mon->suspended && mon->out->len <= OUT_COMMANDS_MAX;
    mon->suspended &= !resume;
    qemu_mutex_unlock(&mon->out_lock);
    if (resume) {
        trace_monitor_resume(mon);
        qemu_chr_fe_accept_input(&mon->chr);
    }
    return false;
}

bool monitor_may_read(Monitor *mon)
{
    bool may;

    qemu_mutex_lock(&mon->out_lock);
    /* What does not wait for the chardev, nobody will take out. */
    may = mon->out->len <= OUT_COMMANDS_MAX || !mon->out_waits;
    if (!may && !mon->suspended) {
        trace_monitor_suspend(mon, mon->out->len);
    }
    mon->suspended = !may;
    qemu_mutex_unlock(&mon->out_lock);
    return may;
}

void monitor_forget_output(Monitor *mon)
{
    qemu_mutex_lock(&mon->out_lock);
    g_string_truncate(mon->out, 0);
    mon->out_waits = mon->suspended = mon->event_lost = false;
    qemu_mutex_unlock(&mon->out_lock);
}

static void monitor_flush_locked(Monitor *mon)
{
    while (mon->out->len > 0 && !mon->out_waits && mon->chr.chr) {
        int n = qemu_chr_fe_write(&mon->chr, (const uint8_t *)mon->out->str,
                                  MIN(mon->out->len, INT_MAX));

        if (n > 0) {
            g_string_erase(mon->out, 0, n);
            continue;
        }
        if (n == 0 || errno != EAGAIN) {
            g_string_truncate(mon->out, 0);     /* nobody will read it */
            return;
        }
        mon->out_waits = true;
        if (!qemu_chr_fe_add_watch(&mon->chr, G_IO_OUT | G_IO_HUP,
                                   monitor_unblocked, mon)) {
            mon->out_waits = false;
            return;
        }
    }
}

void monitor_write(Monitor *mon, const char *text, size_t len)
{
    qemu_mutex_lock(&mon->out_lock);
    g_string_append_len(mon->out, text, len);
    monitor_flush_locked(mon);
    qemu_mutex_unlock(&mon->out_lock);
}

void monitor_write_event(Monitor *mon, const char *text, size_t len)
{
    bool lost, tell;

    qemu_mutex_lock(&mon->out_lock);
    lost = mon->out->len > OUT_EVENTS_MAX;
    tell = lost && !mon->event_lost;
    mon->event_lost = lost;
    if (!lost) {
        g_string_append_len(mon->out, text, len);
        monitor_flush_locked(mon);
    } else {
        trace_monitor_event_lost(mon, mon->out->len);
    }
    qemu_mutex_unlock(&mon->out_lock);
    if (tell) {
        warn_report("the client of monitor '%s' does not read: it loses events",
                    mon->chr.chr->label);
    }
}

/* Text for people: a terminal in raw mode needs \r\n. */
int monitor_puts(Monitor *mon, const char *text)
{
    if (!mon || mon->is_qmp) {
        return -1;
    }
    qemu_mutex_lock(&mon->out_lock);
    for (const char *p = text; *p; p++) {
        if (*p == '\n') {
            g_string_append_c(mon->out, '\r');
        }
        g_string_append_c(mon->out, *p);
    }
    monitor_flush_locked(mon);
    qemu_mutex_unlock(&mon->out_lock);
    return strlen(text);
}

int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap)
{
    g_autofree char *text = NULL;

    if (!mon || mon->is_qmp) {
        return -1;
    }
    text = g_strdup_vprintf(fmt, ap);
    return monitor_puts(mon, text);
}

int monitor_printf(Monitor *mon, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = monitor_vprintf(mon, fmt, ap);
    va_end(ap);
    return n;
}

static int monitor_error_vprintf(const char *fmt, va_list ap)
{
    return monitor_vprintf(cur_mon, fmt, ap);
}

static bool monitor_serves_human(void)
{
    return cur_mon && !cur_mon->is_qmp;
}

/* --- the list --- */

void monitor_data_init(Monitor *mon, bool is_qmp)
{
    mon->is_qmp = is_qmp;
    qemu_mutex_init(&mon->out_lock);
    mon->out = g_string_new(NULL);
}

void monitor_list_append(Monitor *mon)
{
    qemu_mutex_lock(&monitor_lock);
    QTAILQ_INSERT_TAIL(&mon_list, mon, entry);
    qemu_mutex_unlock(&monitor_lock);
}

void monitor_data_destroy(Monitor *mon)
{
    qemu_chr_fe_deinit(&mon->chr, false);
    qemu_mutex_destroy(&mon->out_lock);
    g_string_free(mon->out, true);
}

/* --- the thread of out-of-band commands --- */

static AioContext *mon_ctx;
static QemuThread mon_thread;
static bool mon_thread_ends;

static void *monitor_thread_main(void *opaque)
{
    qemu_set_current_aio_context(mon_ctx);
    while (!qatomic_read(&mon_thread_ends)) {
        aio_poll(mon_ctx, true);
    }
    return NULL;
}

AioContext *monitor_thread_context(void)
{
    if (!mon_ctx) {
        mon_ctx = aio_context_new(&error_fatal);
        qemu_thread_create(&mon_thread, "mon_iothread", monitor_thread_main,
                           NULL, QEMU_THREAD_JOINABLE);
    }
    return mon_ctx;
}

static void monitor_thread_stop(void)
{
    if (mon_ctx) {
        qatomic_set(&mon_thread_ends, true);
        aio_notify(mon_ctx);
        qemu_thread_join(&mon_thread);
    }
}

/* --- events --- */

static void monitor_event(const char *name, json_object *data)
{
    g_json_auto json_object *event = json_object_new_object();
    json_object *stamp = json_object_new_object();
    int64_t us = g_get_real_time();

    json_put_int(stamp, "seconds", us / G_USEC_PER_SEC);
    json_put_int(stamp, "microseconds", us % G_USEC_PER_SEC);
    json_put(event, "timestamp", stamp);
    json_put_str(event, "event", name);
    if (trace_event_enabled(monitor_protocol_event_emit)) {
        g_autofree char *text = json_to_text(data, false);

        trace_monitor_protocol_event_emit(name, text);
    }
    if (data) {
        json_put(event, "data", data);
    }
    monitor_qmp_broadcast(event);
}

/* --- start and end --- */

static QemuOptsList mon_opts = {
    .name = "mon",
    .implied_opt_name = "chardev",
    .head = QTAILQ_HEAD_INITIALIZER(mon_opts.head),
    .desc = {
        { .name = "mode", .type = QEMU_OPT_STRING },
        { .name = "chardev", .type = QEMU_OPT_STRING },
        { .name = "pretty", .type = QEMU_OPT_BOOL },
        { /* end */ }
    },
};

static void mon_opts_register(void)
{
    qemu_add_opts(&mon_opts);
}

opts_init(mon_opts_register);

static void monitor_on_mux(Chardev *mux)
{
    Error *err = NULL;

    if (!monitor_new_hmp(mux, true, &err)) {
        error_report_err(err);
    }
}

void monitor_init_globals(void)
{
    error_vprintf_hook = monitor_error_vprintf;
    error_monitor_hook = monitor_serves_human;
    qmp_event_set_handler(monitor_event);
    monitor_init_run_events();
    qemu_chr_set_mux_monitor(monitor_on_mux);
}

bool monitor_init_on(Chardev *chr, bool qmp, bool pretty, Error **errp)
{
    return qmp ? monitor_new_qmp(chr, pretty, errp)
               : monitor_new_hmp(chr, true, errp);
}

bool monitor_init_opts(QemuOpts *opts, Error **errp)
{
    const char *mode = qemu_opt_get(opts, "mode");
    const char *name = qemu_opt_get(opts, "chardev");
    bool pretty = qemu_opt_get_bool(opts, "pretty", false);
    bool qmp = mode && strcmp(mode, "control") == 0;
    Chardev *chr;

    if (mode && !qmp && strcmp(mode, "readline") != 0) {
        error_setg(errp, "Parameter 'mode' does not accept value '%s'; "
                   "legal are readline and control", mode);
        return false;
    }
    if (!name) {
        error_setg(errp, "Parameter 'chardev' is missing");
        return false;
    }
    chr = qemu_chr_find(name);
    if (!chr) {
        error_setg(errp, "chardev \"%s\" not found", name);
        return false;
    }
    if (pretty && !qmp) {
        error_setg(errp, "'pretty' is not compatible with HMP monitors");
        return false;
    }
    return monitor_init_on(chr, qmp, pretty, errp);
}

/* What is still unwritten gets one blocking attempt. */
static void monitor_drain(Monitor *mon)
{
    qemu_mutex_lock(&mon->out_lock);
    if (mon->out->len > 0 && qemu_chr_fe_backend_open(&mon->chr) &&
        !mon->out_waits) {
        qemu_chr_fe_write_all(&mon->chr, (const uint8_t *)mon->out->str,
                              mon->out->len);
        g_string_truncate(mon->out, 0);
    }
    qemu_mutex_unlock(&mon->out_lock);
}

void monitor_cleanup(void)
{
    Monitor *mon;

    qmp_event_set_handler(NULL);
    monitor_thread_stop();
    while ((mon = QTAILQ_FIRST(&mon_list))) {
        QTAILQ_REMOVE(&mon_list, mon, entry);
        monitor_drain(mon);
        if (mon->is_qmp) {
            monitor_qmp_free(mon);
        } else {
            monitor_hmp_free(mon);
        }
    }
    if (mon_ctx) {
        aio_poll(mon_ctx, false);       /* what waits holds references */
        aio_context_unref(mon_ctx);
        mon_ctx = NULL;
    }
    error_vprintf_hook = NULL;
    error_monitor_hook = NULL;
}
