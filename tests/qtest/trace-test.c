/*
 * Trace events: that they are there, are switched by option, QMP and HMP, and say
 * what happened with the arguments that it had.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "libqtest.h"

static char *temp_path(const char *name)
{
    static unsigned count;

    return g_strdup_printf("%s/trace-test-%d-%u-%s", g_get_tmp_dir(), getpid(),
                           count++, name);
}

/* The lines of @path that begin with @event and a space. */
static char **lines_of(const char *path, const char *event)
{
    g_autofree char *text = NULL;
    g_autofree char *start = g_strdup_printf("%s ", event);
    g_auto(GStrv) all = NULL;
    GPtrArray *found = g_ptr_array_new();

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    all = g_strsplit(text, "\n", -1);
    for (char **line = all; *line; line++) {
        if (g_str_has_prefix(*line, start)) {
            g_ptr_array_add(found, g_strdup(*line));
        }
    }
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(found, false);
}

static bool any_has(char **lines, const char *text)
{
    for (; *lines; lines++) {
        if (strstr(*lines, text)) {
            return true;
        }
    }
    return false;
}

static void switch_event(QTestState *s, const char *name, bool on)
{
    qtest_qmp_ok(s, "{'execute':'trace-event-set-state','arguments':"
                 "{'name':'%s','enable':%s}}", name, on ? "true" : "false");
}

static char *state_of(QTestState *s, const char *name)
{
    json_object *list = qtest_qmp_return(
        s, "{'execute':'trace-event-get-state','arguments':{'name':'%s'}}",
        name);
    json_object *first = json_object_array_get_idx(list, 0);
    char *state;

    g_assert_cmpuint(json_object_array_length(list), ==, 1);
    g_assert_cmpstr(json_string(first, "name"), ==, name);
    g_assert_false(json_flag(first, "vcpu"));
    state = g_strdup(json_string(first, "state"));
    json_object_put(list);
    return state;
}

/* Writes to config space go to the file while the event is on, and not after. */
static void test_arguments(void)
{
    g_autofree char *path = temp_path("args");
    g_autofree char *before = NULL, *after = NULL;
    g_auto(GStrv) lines = NULL;
    QTestState *s = qtest_initf("-M pc -trace enable=pci_cfg_w*,file=%s"
                                " -device virtio-net-pci,addr=5,id=n0", path);

    before = state_of(s, "pci_cfg_write");
    g_assert_cmpstr(before, ==, "enabled");
    qtest_outl(s, 0xcf8, 0x80002804);           /* device 5: command */
    qtest_outw(s, 0xcfc, 0x0107);
    switch_event(s, "pci_cfg_write", false);
    qtest_outw(s, 0xcfc, 0x0003);
    after = state_of(s, "pci_cfg_write");
    g_assert_cmpstr(after, ==, "disabled");
    qtest_quit(s);
    lines = lines_of(path, "pci_cfg_write");
    g_assert_true(any_has(lines, "virtio-net-pci 00:05.0 @0x4 <- 0x107"));
    g_assert_false(any_has(lines, "<- 0x3"));
    g_unlink(path);
}

/* -d trace:…, -D, and what a person would follow from device to message. */
static void test_events_of_each_room(void)
{
    static const struct {
        const char *event, *has;
    } expected[] = {
        { "qdev_realize", "type virtio-net-pci id n0" },
        { "net_client_new", "n0 (virtio-net-pci) queue 0 peer h0" },
        { "net_set_link", "n0 up 0" },
        { "runstate_set", "(running) new_state 4 (paused)" },
        { "vm_state_notify", "running 0 reason 4 (paused)" },
        { "handle_qmp_command", "{\"execute\": \"stop\"}" },
        { "monitor_qmp_respond", "{\"return\": {}}" },
        { "monitor_protocol_event_emit", "event=STOP" },
        { "handle_hmp_command", "cmdline: info name" },
        { "memory_region_ops_write", "mr rtc" },
        { "pic_set_irq", "irq" },
        { "resettable_phase_hold_exec", "(virtio-net-pci) method=1" },
        { "qemu_system_reset_request", "host-qmp-system-reset" },
        { "virtio_reset", "vdev 0x" },
        { "qemu_announce_self_iter", "nic n0 round 0" },
        { "chr_open", "c0: null" },
        { "migrate_set_state", "new state completed" },
        { "vmstate_save_state", "i8259 instance 0" },
    };
    g_autofree char *path = temp_path("rooms");
    g_autofree char *state = temp_path("state");
    QTestState *s = qtest_initf(
        "-M pc -d 'trace:*' -D %s -netdev hubport,id=h0,hubid=0"
        " -device virtio-net-pci,netdev=h0,id=n0 -chardev null,id=c0", path);

    qtest_qmp_ok(s, "{'execute':'set_link','arguments':{'name':'n0',"
                 "'up':false}}");
    qtest_outb(s, 0x70, 0x0f);
    qtest_qmp_ok(s, "{'execute':'system_reset'}");
    json_object_put(qtest_event(s, "RESET"));
    g_free(qtest_hmp(s, "info name"));
    qtest_qmp_ok(s, "{'execute':'announce-self','arguments':{'initial':50,"
                 "'max':550,'rounds':1,'step':50}}");
    qtest_clock_step(s, 100000000);
    qtest_qmp_ok(s, "{'execute':'stop'}");
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 state);
    qtest_migration_wait(s);
    qtest_quit(s);
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++) {
        g_auto(GStrv) lines = lines_of(path, expected[i].event);

        if (!any_has(lines, expected[i].has)) {
            g_error("no '%s … %s' in %s", expected[i].event, expected[i].has,
                    path);
        }
    }
    g_unlink(path);
    g_unlink(state);
}

static void test_patterns(void)
{
    g_autofree char *file = temp_path("events");
    g_autofree char *out = temp_path("out");
    static const struct {
        const char *name, *state;
    } states[] = {
        { "virtio_notify", "enabled" },
        { "virtio_net_ctrl", "disabled" },
        { "qdev_realize", "enabled" },
        { "runstate_set", "disabled" },
    };
    QTestState *s;

    g_assert_true(g_file_set_contents(file, "# a comment\nvirtio_*\n\n"
                                      "-virtio_net_*\n  qdev_realize  \n", -1,
                                      NULL));
    s = qtest_initf("-M none -trace events=%s,file=%s", file, out);
    for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
        g_autofree char *state = state_of(s, states[i].name);

        g_assert_cmpstr(state, ==, states[i].state);
    }
    g_free(qtest_hmp(s, "trace-event virtio_notif* off"));
    g_free(qtest_hmp(s, "trace-event runstate_set on"));
    {
        g_autofree char *a = qtest_hmp(s, "info trace-events virtio_notify");
        g_autofree char *b = qtest_hmp(s, "info trace-events run*");
        g_autofree char *list = qtest_hmp(s, "log trace:help");

        g_assert_cmpstr(a, ==, "virtio_notify : state 0\r\n");
        g_assert_cmpstr(b, ==, "runstate_set : state 1\r\n");
        g_assert_nonnull(strstr(list, "pci_cfg_read\r\n"));
    }
    qtest_quit(s);
    g_unlink(file);
    g_unlink(out);
}

static void test_errors(void)
{
    static const struct {
        const char *args, *says;
    } bad[] = {
        { "-M none -trace events=/nonexistent/events", "/nonexistent/events" },
        { "-M none -trace file=/nonexistent/out", "/nonexistent/out" },
        { "-M none -trace nosuch=1", "nosuch" },
        { "-M none -d trace:qdev*,nosuch", "nosuch" },
    };
    QTestState *s = qtest_init("-M none");
    char *text;

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        g_assert_cmpint(qtest_run(bad[i].args, &text), ==, 1);
        g_assert_nonnull(strstr(text, bad[i].says));
        g_free(text);
    }
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpint(qtest_run(i ? "-trace help" : "-d trace:help", &text),
                        ==, 0);
        g_assert_nonnull(strstr(text, "\nvirtio_notify\n"));
        g_free(text);
    }
    text = qtest_qmp_error(s, "GenericError", "{'execute':"
                           "'trace-event-get-state','arguments':"
                           "{'name':'nosuch'}}");
    g_assert_cmpstr(text, ==, "unknown event \"nosuch\"");
    g_free(text);
    text = qtest_qmp_error(s, "GenericError", "{'execute':"
                           "'trace-event-set-state','arguments':"
                           "{'name':'nosuch','enable':true,"
                           "'ignore-unavailable':true}}");
    g_free(text);
    text = qtest_hmp(s, "trace-event nosuch on");
    g_assert_nonnull(strstr(text, "unknown event \"nosuch\""));
    g_free(text);
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("trace/arguments", test_arguments);
    qtest_add_func("trace/events-of-each-room", test_events_of_each_room);
    qtest_add_func("trace/patterns", test_patterns);
    qtest_add_func("trace/errors", test_errors);
    return g_test_run();
}
