/*
 * Control monitors: sessions that speak QMP.
 *
 * Requests are read in the loop that serves the chardev and carried out one
 * by one in the main loop.  A client that enables "oob" moves its monitor to
 * the monitors' own thread; there exec-oob runs as it is read, even while the
 * main loop is busy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"
#include "qemu/aio.h"
#include "qemu/main-loop.h"
#include "trace.h"

/*
 * So many waiting requests stop reading until some were served.  Without out
 * of band nothing is read ahead, so that the end of the input cannot overtake
 * what came before it.
 */
#define QMP_QUEUE_MAX 8

typedef struct QmpRequest {
    json_object *json;
    Error *err;             /* it was not JSON */
    int fd;                 /* came with getfd or add-fd, else -1 */
} QmpRequest;

typedef struct MonitorQMP {
    Monitor common;
    bool pretty;
    bool can_oob;           /* the chardev can change loops */
    JsonStream *stream;
    QEMUBH *bh;
    QemuMutex queue_lock;
    GQueue queue;           /* of QmpRequest; under queue_lock */
    bool ready, oob;        /* negotiated; set under queue_lock */
    unsigned session;       /* counts connections; under queue_lock */
    int cur_fd;             /* of the request that runs; -1 if none */
} MonitorQMP;

/* --- answers --- */

static GString *qmp_line(MonitorQMP *mon, json_object *value)
{
    GString *text = json_to_gstring(value, mon->pretty);

    if (mon->pretty) {          /* whose lines are all a client's */
        g_string_replace(text, "\n", "\r\n", 0);
    }
    return g_string_append(text, "\r\n");
}

static void qmp_send(MonitorQMP *mon, json_object *value)
{
    GString *text = qmp_line(mon, value);

    trace_monitor_qmp_respond(mon, text->str);
    monitor_write(&mon->common, text->str, text->len);
    g_string_free(text, true);
}

void monitor_qmp_broadcast(json_object *event)
{
    Monitor *mon;

    qemu_mutex_lock(&monitor_lock);
    QTAILQ_FOREACH(mon, &mon_list, entry) {
        if (mon->is_qmp) {
            MonitorQMP *qmp = container_of(mon, MonitorQMP, common);

            if (qatomic_read(&qmp->ready)) {
                GString *text = qmp_line(qmp, event);

                monitor_write_event(mon, text->str, text->len);
                g_string_free(text, true);
            }
        }
    }
    qemu_mutex_unlock(&monitor_lock);
}

static json_object *version_info(void)
{
    json_object *info = json_object_new_object();
    json_object *triple = json_object_new_object();

    json_put_int(triple, "micro", EMU_QMP_MICRO);
    json_put_int(triple, "minor", EMU_QMP_MINOR);
    json_put_int(triple, "major", EMU_QMP_MAJOR);
    json_put(info, "qemu", triple);
    json_put_str(info, "package", EMU_PACKAGE);
    return info;
}

json_object *qmp_query_version(json_object *args, Error **errp)
{
    return version_info();
}

static void qmp_greet(MonitorQMP *mon)
{
    g_json_auto json_object *greeting = json_object_new_object();
    json_object *qmp = json_object_new_object();
    json_object *capabilities = json_object_new_array();

    if (mon->can_oob) {
        json_object_array_add(capabilities, json_object_new_string("oob"));
    }
    json_put(qmp, "version", version_info());
    json_put(qmp, "capabilities", capabilities);
    json_put(greeting, "QMP", qmp);
    qmp_send(mon, greeting);
}

/* --- requests --- */

static void qmp_request_free(QmpRequest *req)
{
    json_object_put(req->json);
    error_free(req->err);
    if (req->fd >= 0) {
        close(req->fd);
    }
    g_free(req);
}

/* With queue_lock. */
static bool qmp_queue_full(MonitorQMP *mon)
{
    return g_queue_get_length(&mon->queue) >= (mon->oob ? QMP_QUEUE_MAX : 1);
}

static QmpRequest *qmp_queue_pop(MonitorQMP *mon, unsigned *session,
                                 bool *was_full, unsigned *waiting)
{
    QmpRequest *req;

    qemu_mutex_lock(&mon->queue_lock);
    *was_full = qmp_queue_full(mon);
    *session = mon->session;
    req = g_queue_pop_head(&mon->queue);
    *waiting = g_queue_get_length(&mon->queue);
    qemu_mutex_unlock(&mon->queue_lock);
    return req;
}

static json_object *qmp_serve(MonitorQMP *mon, QmpRequest *req)
{
    Monitor *before = monitor_set_cur(&mon->common);
    json_object *answer;

    if (req->err) {
        answer = qmp_error_response(NULL, g_steal_pointer(&req->err));
    } else {
        answer = qmp_dispatch(qapi_commands, qapi_commands_count, req->json,
                              mon->ready, mon->oob);
    }
    monitor_set_cur(before);
    return answer;
}

/* Leave the main loop for the monitors' thread. */
static void qmp_move_to_thread(MonitorQMP *mon);

static void qmp_serve_one(void *opaque)
{
    MonitorQMP *mon = opaque;
    unsigned session, waiting;
    bool was_full, was_oob = mon->oob, more;
    QmpRequest *req = qmp_queue_pop(mon, &session, &was_full, &waiting);
    json_object *answer;

    if (!req) {
        return;
    }
    trace_monitor_qmp_cmd_in_band(mon, waiting);
    mon->cur_fd = req->fd;
    req->fd = -1;
    answer = qmp_serve(mon, req);
    if (mon->cur_fd >= 0) {
        close(mon->cur_fd);
        mon->cur_fd = -1;
    }
    if (session == qatomic_read(&mon->session)) {
        qmp_send(mon, answer);
    }
    json_object_put(answer);
    qmp_request_free(req);
    if (mon->oob && !was_oob) {
        qmp_move_to_thread(mon);
    }
    if (was_full) {
        qemu_chr_fe_accept_input(&mon->common.chr);
    }
    qemu_mutex_lock(&mon->queue_lock);
    more = !g_queue_is_empty(&mon->queue);
    qemu_mutex_unlock(&mon->queue_lock);
    if (more) {
        qemu_bh_schedule(mon->bh);
    }
}

/* Does this command want the descriptor that came along? */
static bool wants_fd(json_object *request)
{
    const char *name = json_object_is_type(request, json_type_object)
                       ? json_get_str(request, "execute") : NULL;

    return name && (strcmp(name, "getfd") == 0 || strcmp(name, "add-fd") == 0);
}

/* A whole value, or what was none, from the stream; in the reading thread. */
static void qmp_on_json(void *opaque, json_object *json, Error *err)
{
    MonitorQMP *mon = opaque;
    QmpRequest *req = g_new0(QmpRequest, 1);

    req->json = json;
    req->err = err;
    req->fd = -1;
    if (!err && trace_event_enabled(handle_qmp_command)) {
        g_autofree char *text = json_to_text(json, false);

        trace_handle_qmp_command(mon, text);
    }
    if (!err && mon->oob && qmp_is_oob(json)) {
        json_object *answer;

        trace_monitor_qmp_cmd_out_of_band(mon);
        answer = qmp_serve(mon, req);

        qmp_send(mon, answer);
        json_object_put(answer);
        qmp_request_free(req);
        return;
    }
    if (!err && wants_fd(json)) {
        req->fd = qemu_chr_fe_get_msgfd(&mon->common.chr);
    }
    qemu_mutex_lock(&mon->queue_lock);
    g_queue_push_tail(&mon->queue, req);
    qemu_mutex_unlock(&mon->queue_lock);
    qemu_bh_schedule(mon->bh);
}

/* --- the chardev's handlers --- */

static int qmp_can_read(void *opaque)
{
    MonitorQMP *mon = opaque;
    bool full;

    qemu_mutex_lock(&mon->queue_lock);
    full = qmp_queue_full(mon);
    qemu_mutex_unlock(&mon->queue_lock);
    return full || !monitor_may_read(&mon->common) ? 0 : CHR_READ_BUF_LEN;
}

static void qmp_read(void *opaque, const uint8_t *buf, int size)
{
    MonitorQMP *mon = opaque;

    json_stream_feed(mon->stream, (const char *)buf, size);
}

/* Forget the session: what was asked, and what was agreed on. */
static void qmp_session_end(MonitorQMP *mon)
{
    GQueue old;

    json_stream_reset(mon->stream);
    qemu_mutex_lock(&mon->queue_lock);
    old = mon->queue;
    g_queue_init(&mon->queue);
    mon->ready = mon->oob = false;
    mon->session++;
    qemu_mutex_unlock(&mon->queue_lock);
    g_queue_clear_full(&old, (GDestroyNotify)qmp_request_free);
}

static void qmp_chr_event(void *opaque, QEMUChrEvent event)
{
    MonitorQMP *mon = opaque;

    if (event != CHR_EVENT_OPENED && event != CHR_EVENT_CLOSED) {
        return;
    }
    monitor_forget_output(&mon->common);
    qmp_session_end(mon);
    if (event == CHR_EVENT_OPENED) {
        qmp_greet(mon);
    }
}

static void qmp_take_chardev(void *opaque)
{
    MonitorQMP *mon = opaque;

    qemu_chr_fe_set_handlers_full(&mon->common.chr, qmp_can_read, qmp_read,
                                  qmp_chr_event, NULL, mon,
                                  monitor_thread_context(), true, false);
}

static void qmp_move_to_thread(MonitorQMP *mon)
{
    AioContext *thread = monitor_thread_context();

    if (qemu_chr_context(mon->common.chr.chr) != thread) {
        qmp_take_chardev(mon);
    }
}

/* --- negotiation --- */

bool monitor_qmp_negotiated(Monitor *mon, bool oob, Error **errp)
{
    MonitorQMP *qmp = container_of(mon, MonitorQMP, common);

    if (oob && !qmp->can_oob) {
        error_setg(errp, "Capability 'oob' is not available on this "
                   "character device");
        return false;
    }
    qemu_mutex_lock(&qmp->queue_lock);
    qmp->oob = oob;
    qatomic_set(&qmp->ready, true);
    qemu_mutex_unlock(&qmp->queue_lock);
    return true;
}

json_object *qmp_qmp_capabilities(json_object *args, Error **errp)
{
    json_object *enable = json_get(args, "enable");
    size_t count = enable ? json_object_array_length(enable) : 0;

    monitor_qmp_negotiated(monitor_cur(), count > 0, errp);
    return NULL;
}

int monitor_qmp_take_fd(Monitor *mon)
{
    MonitorQMP *qmp = container_of(mon, MonitorQMP, common);
    int fd = qmp->cur_fd;

    qmp->cur_fd = -1;
    return fd;
}

/* --- making and ending --- */

bool monitor_new_qmp(Chardev *chr, bool pretty, Error **errp)
{
    MonitorQMP *mon = g_new0(MonitorQMP, 1);

    if (!qemu_chr_fe_init(&mon->common.chr, chr, errp)) {
        g_free(mon);
        return false;
    }
    monitor_data_init(&mon->common, true);
    mon->pretty = pretty;
    mon->cur_fd = -1;
    mon->can_oob = qemu_chr_has_feature(chr, QEMU_CHAR_FEATURE_GCONTEXT);
    mon->stream = json_stream_new(qmp_on_json, mon);
    mon->bh = qemu_bh_new(qmp_serve_one, mon);
    qemu_mutex_init(&mon->queue_lock);
    g_queue_init(&mon->queue);
    qemu_chr_fe_set_echo(&mon->common.chr, true);
    monitor_list_append(&mon->common);
    qemu_chr_fe_set_handlers(&mon->common.chr, qmp_can_read, qmp_read,
                             qmp_chr_event, NULL, mon, NULL, true);
    return true;
}

void monitor_qmp_free(Monitor *common)
{
    MonitorQMP *mon = container_of(common, MonitorQMP, common);

    monitor_data_destroy(common);
    qmp_session_end(mon);
    json_stream_free(mon->stream);
    qemu_bh_delete(mon->bh);
    qemu_mutex_destroy(&mon->queue_lock);
    g_free(mon);
}
