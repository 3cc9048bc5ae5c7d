/*
 * The multiplexer: up to four front ends on one chardev.  All write to it; one
 * has the input, and the escape byte (Ctrl-A) followed by a letter switches,
 * quits, sends a break and so on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev-internal.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/option.h"
#include "qemu/timer.h"
#include "chardev/char-mux.h"

#define MUX_MAX 4
#define MUX_HELD 64         /* input kept for a front end without room */

typedef struct MuxChardev {
    Chardev parent;
    CharFrontend below;             /* we are the front end of that one */
    CharFrontend *fe[MUX_MAX];
    int focus;                      /* -1: nobody */
    bool escaped;                   /* the last byte was the escape byte */
    bool timestamps, line_start;
    int64_t time_base_ms;
    uint8_t held[MUX_MAX][MUX_HELD];
    unsigned held_from[MUX_MAX], held_count[MUX_MAX];
} MuxChardev;

DECLARE_INSTANCE_CHECKER(MuxChardev, MUX_CHARDEV, TYPE_CHARDEV_MUX)

static int term_escape_char = 1;

void qemu_chr_mux_set_escape(uint8_t byte)
{
    term_escape_char = byte;
}

static void (*quit_hook)(void);

void qemu_chr_mux_set_quit(void (*quit)(void))
{
    quit_hook = quit;
}

bool chr_is_mux(Chardev *chr)
{
    return object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_MUX) != NULL;
}

/* --- output --- */

static int mux_write_stamped(MuxChardev *m, const uint8_t *buf, int len)
{
    for (int i = 0; i < len; i++) {
        if (m->line_start) {
            int64_t ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

            ms -= m->time_base_ms;
            qemu_chr_fe_printf(&m->below, "[%02" PRId64 ":%02" PRId64 ":%02"
                               PRId64 ".%03" PRId64 "] ", ms / 3600000,
                               ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
            m->line_start = false;
        }
        qemu_chr_fe_write_all(&m->below, buf + i, 1);
        m->line_start = buf[i] == '\n';
    }
    return len;
}

static int mux_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    return m->timestamps ? mux_write_stamped(m, buf, len)
                         : qemu_chr_fe_write(&m->below, buf, len);
}

static int mux_chr_write_fd(Chardev *chr)
{
    Chardev *below = MUX_CHARDEV(chr)->below.chr;
    ChardevClass *cc = below ? CHARDEV_GET_CLASS(below) : NULL;

    return cc && cc->chr_write_fd ? cc->chr_write_fd(below) : -1;
}

static gboolean mux_now_writable(void *unused, GIOCondition cond, void *opaque)
{
    MuxChardev *m = opaque;

    for (unsigned i = 0; i < MUX_MAX; i++) {
        CharFrontend *fe = m->fe[i];
        FEWatchFunc watch = fe ? fe->watch : NULL;

        if (watch) {
            fe->watch = NULL;
            if (watch(NULL, cond, fe->watch_data) && !fe->watch) {
                qemu_chr_fe_add_watch(fe, G_IO_OUT, watch, fe->watch_data);
            }
        }
    }
    return false;
}

static void mux_chr_watch_writable(Chardev *chr)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    if (!qemu_chr_fe_add_watch(&m->below, G_IO_OUT, mux_now_writable, m)) {
        chr_run_in_loop(chr, qemu_chr_be_writable);
    }
}

/* --- events --- */

static void mux_tell(MuxChardev *m, int i, QEMUChrEvent event)
{
    CharFrontend *fe = i >= 0 ? m->fe[i] : NULL;

    if (fe && fe->chr_event) {
        fe->chr_event(fe->opaque, event);
    }
}

static void mux_chr_be_event(Chardev *chr, QEMUChrEvent event)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    for (int i = 0; i < MUX_MAX; i++) {
        mux_tell(m, i, event);
    }
}

static void mux_set_focus(MuxChardev *m, int focus)
{
    if (m->focus == focus) {
        return;
    }
    mux_tell(m, m->focus, CHR_EVENT_MUX_OUT);
    m->focus = focus;
    CHARDEV(m)->fe = m->fe[focus];
    mux_tell(m, focus, CHR_EVENT_MUX_IN);
}

void mux_chr_take_focus(Chardev *chr, CharFrontend *fe)
{
    mux_set_focus(MUX_CHARDEV(chr), fe->tag);
}

/* --- input --- */

static void mux_help(MuxChardev *m)
{
    static const struct { char key; const char *what; } keys[] = {
        { 'h', "print this help" },
        { 'x', "exit the emulator" },
        { 's', "write changed disk contents back (there are none)" },
        { 't', "switch time stamps on output on or off" },
        { 'b', "send a break" },
        { 'c', "switch between console and monitor" },
    };
    char name[] = "C-?";

    if (term_escape_char > 0 && term_escape_char < 27) {
        name[2] = 'a' + term_escape_char - 1;
    }
    qemu_chr_fe_printf(&m->below, "\r\n");
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
        qemu_chr_fe_printf(&m->below, "%s %c    %s\r\n", name, keys[i].key,
                           keys[i].what);
    }
    qemu_chr_fe_printf(&m->below, "%s %s  send %s\r\n", name, name, name);
}

static void mux_next_focus(MuxChardev *m)
{
    for (int i = 1; i <= MUX_MAX; i++) {
        int next = (m->focus + i) % MUX_MAX;

        if (m->fe[next]) {
            mux_set_focus(m, next);
            return;
        }
    }
}

/* A byte after the escape byte; true if it is to be passed on. */
static bool mux_command(MuxChardev *m, uint8_t key)
{
    if (key == term_escape_char) {
        return true;
    }
    switch (key) {
    case '?':
    case 'h':
        mux_help(m);
        break;
    case 'x':
        qemu_chr_fe_printf(&m->below, "QEMU: Terminated\r\n");
        if (quit_hook) {
            quit_hook();
        }
        break;
    case 'b':
        mux_tell(m, m->focus, CHR_EVENT_BREAK);
        break;
    case 'c':
        mux_next_focus(m);
        break;
    case 't':
        m->timestamps = !m->timestamps;
        m->time_base_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
        m->line_start = false;
        break;
    default:
        break;
    }
    return false;
}

static bool mux_wants(MuxChardev *m, uint8_t byte)
{
    if (m->escaped) {
        m->escaped = false;
        return mux_command(m, byte);
    }
    if (byte == term_escape_char) {
        m->escaped = true;
        return false;
    }
    return true;
}

static void mux_release_held(MuxChardev *m, int i)
{
    CharFrontend *fe = m->fe[i];

    while (fe && fe->chr_can_read && fe->chr_read && m->held_count[i] > 0 &&
           fe->chr_can_read(fe->opaque) > 0) {
        uint8_t byte = m->held[i][m->held_from[i]++ % MUX_HELD];

        m->held_count[i]--;
        fe->chr_read(fe->opaque, &byte, 1);
    }
}

static void mux_deliver(MuxChardev *m, uint8_t byte)
{
    int i = m->focus;
    CharFrontend *fe = i >= 0 ? m->fe[i] : NULL;

    if (!fe || !fe->chr_read) {
        return;
    }
    mux_release_held(m, i);
    if (m->held_count[i] == 0 && fe->chr_can_read &&
        fe->chr_can_read(fe->opaque) > 0) {
        fe->chr_read(fe->opaque, &byte, 1);
    } else if (m->held_count[i] < MUX_HELD) {
        m->held[i][(m->held_from[i] + m->held_count[i]++) % MUX_HELD] = byte;
    }
}

/* The escape byte must get through even when the front end has no room. */
static int mux_below_can_read(void *opaque)
{
    MuxChardev *m = opaque;

    return m->focus >= 0 && m->held_count[m->focus] >= MUX_HELD / 2 ? 0 : 16;
}

static void mux_below_read(void *opaque, const uint8_t *buf, int size)
{
    MuxChardev *m = opaque;

    for (int i = 0; i < size; i++) {
        if (mux_wants(m, buf[i])) {
            mux_deliver(m, buf[i]);
        }
    }
}

static void mux_below_event(void *opaque, QEMUChrEvent event)
{
    qemu_chr_be_event(CHARDEV(opaque), event);
}

static void mux_chr_accept_input(Chardev *chr)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    /* also for one that has lost the focus since: it was typed before */
    for (int i = 0; i < MUX_MAX; i++) {
        mux_release_held(m, i);
    }
    qemu_chr_fe_accept_input(&m->below);
}

static void mux_chr_set_echo(Chardev *chr, bool echo)
{
    qemu_chr_fe_set_echo(&MUX_CHARDEV(chr)->below, echo);
}

static int mux_chr_ioctl(Chardev *chr, int cmd, void *arg)
{
    return qemu_chr_fe_ioctl(&MUX_CHARDEV(chr)->below, cmd, arg);
}

/* --- front ends come and go --- */

bool mux_chr_is_full(Chardev *chr)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    for (unsigned i = 0; i < MUX_MAX; i++) {
        if (!m->fe[i]) {
            return false;
        }
    }
    return true;
}

bool qemu_chr_mux_used(Chardev *chr)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    for (unsigned i = 0; i < MUX_MAX; i++) {
        if (m->fe[i]) {
            return true;
        }
    }
    return false;
}

bool mux_chr_attach(Chardev *chr, CharFrontend *fe, Error **errp)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    for (unsigned i = 0; i < MUX_MAX; i++) {
        if (!m->fe[i]) {
            m->fe[i] = fe;
            m->held_count[i] = 0;
            fe->tag = i;
            return true;
        }
    }
    error_setg(errp, "chardev '%s' is already in use by %d front ends",
               chr->label ? chr->label : "", MUX_MAX);
    return false;
}

void mux_chr_detach(Chardev *chr, CharFrontend *fe)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    m->fe[fe->tag] = NULL;
    if (m->focus == (int)fe->tag) {
        m->focus = -1;
        chr->fe = NULL;
        mux_next_focus(m);
    }
}

void mux_chr_handlers_changed(Chardev *chr, CharFrontend *fe)
{
    MuxChardev *m = MUX_CHARDEV(chr);

    if (!m->below.chr_read) {
        qemu_chr_fe_set_handlers(&m->below, mux_below_can_read, mux_below_read,
                                 mux_below_event, NULL, m, NULL, true);
    }
    qemu_chr_fe_accept_input(&m->below);
}

static void mux_chr_open(Chardev *chr, json_object *data, bool *be_opened,
                         Error **errp)
{
    MuxChardev *m = MUX_CHARDEV(chr);
    const char *name = json_get_str(data, "chardev");
    Chardev *below = qemu_chr_find(name);

    if (!below) {
        error_setg(errp, "mux: base chardev %s not found", name);
        return;
    }
    if (!qemu_chr_fe_init(&m->below, below, errp)) {
        return;
    }
    chr->filename = g_strdup(below->filename);
    *be_opened = below->be_open;
}

static void mux_chr_parse(QemuOpts *opts, json_object *data, Error **errp)
{
    const char *name = qemu_opt_get(opts, "chardev");

    if (!name) {
        error_setg(errp, "chardev: mux: no chardev given");
        return;
    }
    json_object_object_add(data, "chardev", json_object_new_string(name));
}

static void mux_chr_init(Object *obj)
{
    MUX_CHARDEV(obj)->focus = -1;
}

static void mux_chr_finalize(Object *obj)
{
    MuxChardev *m = MUX_CHARDEV(obj);

    CHARDEV(obj)->fe = NULL;
    for (unsigned i = 0; i < MUX_MAX; i++) {
        if (m->fe[i]) {
            m->fe[i]->chr = NULL;
        }
    }
    qemu_chr_fe_deinit(&m->below, false);
}

static void mux_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_parse = mux_chr_parse;
    cc->chr_open = mux_chr_open;
    cc->chr_write = mux_chr_write;
    cc->chr_write_fd = mux_chr_write_fd;
    cc->chr_watch_writable = mux_chr_watch_writable;
    cc->chr_accept_input = mux_chr_accept_input;
    cc->chr_be_event = mux_chr_be_event;
    cc->chr_set_echo = mux_chr_set_echo;
    cc->chr_ioctl = mux_chr_ioctl;
}

static const TypeInfo mux_type_infos[] = {
    {
        .name = TYPE_CHARDEV_MUX,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(MuxChardev),
        .instance_init = mux_chr_init,
        .instance_finalize = mux_chr_finalize,
        .class_init = mux_chr_class_init,
    },
};

DEFINE_TYPES(mux_type_infos)
