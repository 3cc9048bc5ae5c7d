/*
 * Options about how the program runs and how it is looked at.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "options.h"

static void expect_status(QTestState *s, const char *expected)
{
    json_object *info = qtest_qmp_return(s, "{'execute':'query-status'}");

    g_assert_cmpstr(json_string(info, "status"), ==, expected);
    json_object_put(info);
}

/* A field of /proc/PID/status; to be freed. */
static char *status_field(pid_t pid, const char *field)
{
    g_autofree char *text = options_proc(pid, "status");
    g_autofree char *head = g_strdup_printf("\n%s:", field);
    char *at = strstr(text, head);

    g_assert_nonnull(at);
    at += strlen(head);
    return g_strstrip(g_strndup(at, strcspn(at, "\n")));
}

/* ---- starting and stopping ---- */

static void test_stopped(void)
{
    QTestState *s = options_start("-M pc");

    expect_status(s, "running");
    qtest_quit(s);
    s = options_start("-S");
    expect_status(s, "prelaunch");
    qtest_qmp_ok(s, "{'execute':'cont'}");
    expect_status(s, "running");
    qtest_quit(s);
    s = options_start("-incoming defer");
    expect_status(s, "inmigrate");
    qtest_quit(s);
}

static void test_incoming(void)
{
    g_autofree char *path = options_path("state");
    QTestState *s = options_start("-m 8");

    qtest_writeb(s, 0x100000, 0x77);
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':"
                 "{'uri':'file:%s,offset=8192'}}", path);
    qtest_migration_wait(s);
    qtest_quit(s);
    s = options_start("-m 8 -incoming file:%s,offset=8192", path);
    qtest_migration_wait(s);
    g_assert_cmphex(qtest_readb(s, 0x100000), ==, 0x77);
    qtest_quit(s);
}

static void power_off(QTestState *s)
{
    static const struct { unsigned reg; uint32_t value; } writes[] = {
        { 0x40, 0x600 }, { 0x80, 1 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(writes); i++) {
        qtest_outl(s, 0xcf8, 0x80000b00u | writes[i].reg);
        qtest_outl(s, 0xcfc, writes[i].value);
    }
    qtest_outb(s, 0xb2, 0xf1);
    qtest_outw(s, 0x604, 1 << 13);
    json_object_put(qtest_event(s, "SHUTDOWN"));
}

static void expect_end_at_reset(const char *args, bool ends)
{
    QTestState *s = options_start("-M pc %s", args);

    qtest_outb(s, 0x64, 0xfe);
    if (ends) {
        json_object *event = qtest_event(s, "SHUTDOWN");

        g_assert_cmpstr(json_string(event, "data.reason"), ==, "guest-reset");
        json_object_put(event);
        g_assert_cmpint(qtest_wait(s), ==, 0);
    } else {
        json_object_put(qtest_event(s, "RESET"));
        qtest_quit(s);
    }
}

static void expect_end_at_power_off(const char *args, bool ends)
{
    QTestState *s = options_start("-M pc %s", args);

    power_off(s);
    if (ends) {
        g_assert_cmpint(qtest_wait(s), ==, 0);
    } else {
        expect_status(s, "shutdown");
        qtest_quit(s);
    }
}

static void test_actions(void)
{
    expect_end_at_reset("", false);
    expect_end_at_reset("-no-reboot", true);
    expect_end_at_reset("-action reboot=shutdown,panic=none", true);
    expect_end_at_reset("-no-reboot -action reboot=reset", false);
    expect_end_at_power_off("", true);
    expect_end_at_power_off("-no-shutdown", false);
    expect_end_at_power_off("-action shutdown=pause", false);
    expect_end_at_power_off("-no-shutdown -action shutdown=poweroff", true);
}

/* ---- the process ---- */

static pid_t read_pid(const char *path)
{
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(atoi(text), >, 1);
    return atoi(text);
}

static void wait_until_gone(const char *path)
{
    for (unsigned i = 0; g_file_test(path, G_FILE_TEST_EXISTS); i++) {
        g_assert_cmpuint(i, <, 1000);
        g_usleep(10000);
    }
}

static void test_background(void)
{
    g_autofree char *pid_path = options_path("daemon.pid");
    g_autofree char *sock = options_path("daemon.sock");
    g_autofree char *cwd = NULL, *proc = NULL;
    pid_t pid;

    /* the parent is back when the socket and the file are there */
    g_assert_cmpint(options_run(NULL, "-M none -accel qtest -display none"
                                " -daemonize -pidfile %s"
                                " -qmp unix:%s,server=on,wait=off", pid_path,
                                sock), ==, 0);
    g_assert_true(g_file_test(sock, G_FILE_TEST_EXISTS));
    pid = read_pid(pid_path);
    proc = g_strdup_printf("/proc/%d/cwd", pid);
    cwd = g_file_read_link(proc, NULL);
    g_assert_cmpstr(cwd, ==, "/");
    g_assert_cmpint(kill(pid, SIGTERM), ==, 0);
    wait_until_gone(pid_path);
    wait_until_gone(sock);
}

static void test_pidfile(void)
{
    g_autofree char *path = options_path("own.pid");
    g_autofree char *output = NULL;
    QTestState *s = options_start("-pidfile %s", path);

    g_assert_cmpint(read_pid(path), ==, qtest_pid(s));
    /* it is ours as long as we live */
    g_assert_cmpint(options_run(&output, "-M none -accel qtest -display none "
                                "-pidfile %s", path), ==, 1);
    g_assert_nonnull(strstr(output, path));
    g_assert_cmpint(read_pid(path), ==, qtest_pid(s));
    qtest_quit(s);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_user(void)
{
    struct passwd *nobody = getpwnam("nobody");
    g_autofree char *uid = NULL, *expected = NULL;
    QTestState *s;

    options_note("-runas nobody");
    if (geteuid() != 0 || !nobody) {
        g_test_skip("only root can become somebody else");
        return;
    }
    expected = g_strdup_printf("%u\t%u\t%u\t%u", nobody->pw_uid,
                               nobody->pw_uid, nobody->pw_uid, nobody->pw_uid);
    s = options_start("-runas nobody");
    uid = status_field(qtest_pid(s), "Uid");
    g_assert_cmpstr(uid, ==, expected);
    qtest_quit(s);
}

/* Migrates to a command; does it run? */
static bool runs_commands(QTestState *s)
{
    g_autofree char *path = options_path("ran");
    g_autofree char *error G_GNUC_UNUSED = NULL;
    json_object *answer;
    bool ran;

    g_unlink(path);
    answer = qtest_qmp(s, "{'execute':'migrate','arguments':"
                       "{'uri':'exec:cat >%s'}}", path);
    if (json_has(answer, "error")) {
        json_object_put(answer);
        return false;
    }
    json_object_put(answer);
    for (unsigned i = 0; i < 1000; i++) {
        json_object *info = qtest_qmp_return(s, "{'execute':'query-migrate'}");
        g_autofree char *status = g_strdup(json_string(info, "status"));

        json_object_put(info);
        if (!strcmp(status, "completed") || !strcmp(status, "failed")) {
            break;
        }
        g_usleep(10000);
    }
    ran = g_file_test(path, G_FILE_TEST_EXISTS);
    g_unlink(path);
    return ran;
}

static void expect_sandbox(const char *args, bool spawns, const char *seccomp,
                           const char *no_new_privs)
{
    QTestState *s = options_start("-M pc -m 8 %s", args);
    g_autofree char *mode = status_field(qtest_pid(s), "Seccomp");
    g_autofree char *privs = status_field(qtest_pid(s), "NoNewPrivs");

    g_assert_cmpstr(mode, ==, seccomp);
    g_assert_cmpstr(privs, ==, no_new_privs);
    g_assert_cmpint(runs_commands(s), ==, spawns);
    qtest_quit(s);
}

/* LeakSanitizer needs system calls that the sandbox forbids, and waits for ever. */
static void test_sandbox(void)
{
    g_autofree char *before = g_strdup(g_getenv("ASAN_OPTIONS"));
    g_autofree char *no_leaks = g_strdup_printf("%s:detect_leaks=0",
                                                before ? before : "");

    g_setenv("ASAN_OPTIONS", no_leaks, true);
    expect_sandbox("-sandbox off", true, "0", "0");
    expect_sandbox("-sandbox on,obsolete=allow,resourcecontrol=allow", true,
                   "2", "1");
    expect_sandbox("-sandbox on,obsolete=deny,resourcecontrol=deny,"
                   "elevateprivileges=deny,spawn=deny", false, "2", "1");
    expect_sandbox("-sandbox on,elevateprivileges=children", true, "2", "1");
    if (before) {
        g_setenv("ASAN_OPTIONS", before, true);
    } else {
        g_unsetenv("ASAN_OPTIONS");
    }
}

/* ---- names ---- */

static void test_name(void)
{
    QTestState *s = options_start("-name guest=visitor,process=renamed,"
                                  "debug-threads=on -object iothread,id=io9");
    json_object *info = qtest_qmp_return(s, "{'execute':'query-name'}");
    g_autofree char *comm = options_proc(qtest_pid(s), "comm");
    g_autofree char *folder = g_strdup_printf("/proc/%d/task", qtest_pid(s));
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *thread;
    bool named = false;

    g_assert_cmpstr(json_string(info, "name"), ==, "visitor");
    json_object_put(info);
    g_assert_cmpstr(comm, ==, "renamed\n");
    while ((thread = g_dir_read_name(dir))) {
        g_autofree char *file = g_strdup_printf("task/%s/comm", thread);
        g_autofree char *name = options_proc(qtest_pid(s), file);

        named |= strstr(name, "io9") != NULL;
    }
    g_dir_close(dir);
    g_assert_true(named);
    qtest_quit(s);
}

static void expect_message(const char *args, const char *pattern)
{
    g_autofree char *output = NULL;

    g_assert_cmpint(options_run(&output, "%s -device nosuch", args), ==, 1);
    if (!g_regex_match_simple(pattern, output, 0, 0)) {
        g_error("%s: %s", args, output);
    }
}

static void test_messages(void)
{
    expect_message("-name guest=mine", "^qemu-system-x86_64: -device");
    expect_message("-msg timestamp=on", "^20\\d\\d-\\d\\d-\\d\\dT[0-9:.]*Z "
                   "qemu-system-x86_64: -device");
    expect_message("-name guest=mine -msg timestamp=off,guest-name=on",
                   "^mine qemu-system-x86_64: -device");
}

/* ---- defaults and files ---- */

static bool has_serial(const char *args)
{
    QTestState *s = options_start("%s", args);
    g_autofree char *tree = qtest_hmp(s, "info qtree");
    bool has = strstr(tree, "isa-serial") != NULL;

    qtest_quit(s);
    return has;
}

static void test_defaults(void)
{
    g_assert_true(has_serial("-no-user-config"));
    g_assert_false(has_serial("-nodefaults"));
    g_assert_true(has_serial("-nodefaults -serial null"));
}

static void test_readconfig(void)
{
    static const char text[] =
        "# all of a guest\n[machine]\n  type = \"q35\"\n"
        "[memory]\n  size = \"72\"\n[smp-opts]\n  cpus = \"2\"\n"
        "[device \"n0\"]\n  driver = \"rtl8139\"\n  netdev = \"h\"\n"
        "[netdev \"h\"]\n  type = \"hubport\"\n  hubid = \"0\"\n"
        "[chardev \"c\"]\n  backend = \"null\"\n"
        "[object \"io\"]\n  qom-type = \"iothread\"\n"
        "[boot-opts]\n  order = \"n\"\n[name]\n  guest = \"filed\"\n";
    g_autofree char *path = options_file("config", text, strlen(text));
    g_autofree char *output = NULL, *bad = NULL;
    QTestState *s = options_start("-readconfig %s", path);
    json_object *value;
    uint64_t ram = 0;

    options_fw_cfg(s, 3, &ram, 8);
    g_assert_cmpuint(ram, ==, 72 << 20);
    g_assert_cmphex(options_cmos(s, 0x5f), ==, 1);
    g_assert_cmphex(options_cmos(s, 0x3d), ==, 4);
    value = qtest_qmp_return(s, "{'execute':'qom-get','arguments':"
                             "{'path':'/machine','property':'type'}}");
    g_assert_cmpstr(json_object_get_string(value), ==, "pc-q35-7.2-machine");
    json_object_put(value);
    qtest_qmp_ok(s, "{'execute':'qom-list','arguments':"
                 "{'path':'/machine/peripheral/n0'}}");
    qtest_qmp_ok(s, "{'execute':'object-del','arguments':{'id':'io'}}");
    value = qtest_qmp_return(s, "{'execute':'query-name'}");
    g_assert_cmpstr(json_string(value, "name"), ==, "filed");
    json_object_put(value);
    qtest_quit(s);

    bad = options_file("bad-config", "[machine]\n  type \"q35\"\n", 24);
    g_assert_cmpint(options_run(&output, "-readconfig %s", bad), ==, 1);
    g_assert_nonnull(strstr(output, "bad-config:2:"));
}

static void test_add_fd(void)
{
    g_autofree char *path = options_path("handed-in");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    g_autofree char *args = g_strdup_printf(
        "-add-fd fd=%d,set=3,opaque=mine"
        " -chardev file,id=c,path=/dev/fdset/3,append=on", fd);
    QTestState *s;
    json_object *sets;

    options_note(args);
    s = qtest_init_with_fds(args, &fd, 1);
    sets = qtest_qmp_return(s, "{'execute':'query-fdsets'}");
    g_assert_nonnull(strstr(json_object_to_json_string(sets), "mine"));
    g_assert_cmpint(json_int(json_object_array_get_idx(sets, 0), "fdset-id"),
                    ==, 3);
    json_object_put(sets);
    qtest_quit(s);
    close(fd);
}

/* ---- looking at it ---- */

/* A driver's mistake: a status bit taken back. */
static void misbehave(QTestState *s)
{
    const struct { unsigned reg; uint32_t value; } writes[] = {
        { 0x10, 0xc000 }, { 0x04, 1 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(writes); i++) {
        qtest_outl(s, 0xcf8, 0x80002800u | writes[i].reg);
        qtest_outl(s, 0xcfc, writes[i].value);
    }
    qtest_outb(s, 0xc000 + 18, 1);
    qtest_outb(s, 0xc000 + 18, 2);
}

static void test_log(void)
{
    g_autofree char *path = options_path("logged");
    QTestState *s = options_start("-M pc -device virtio-net-pci,addr=5,romfile="
                                  " -d guest_errors -D %s", path);

    misbehave(s);
    options_wait_for(path, "cannot become");
    qtest_quit(s);
}

static void expect_trace(const char *args, const char *log)
{
    g_autofree char *path = options_path("traced.sock");
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    QTestState *s;

    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    g_assert_cmpint(bind(listener, (void *)&addr, sizeof(addr)), ==, 0);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    s = options_start("%s -chardev socket,id=c,path=%s,reconnect=1", args,
                      path);
    options_wait_for(log, "socket_connect_done");
    qtest_quit(s);
    close(listener);
    g_unlink(path);
    g_unlink(log);
}

static void test_trace(void)
{
    g_autofree char *log = options_path("traced");
    g_autofree char *list = options_file("events", "socket_conn*\n", 13);
    g_autofree char *args = g_strdup_printf(
        "-trace enable=socket_connect_done,file=%s", log);

    expect_trace(args, log);
    g_free(args);
    args = g_strdup_printf("-trace events=%s -D %s", list, log);
    expect_trace(args, log);
}

static void test_qtest(void)
{
    g_autofree char *path = options_path("protocol");
    QTestState *s = options_start("-qtest-log %s", path);

    qtest_outb(s, 0x80, 0x12);
    options_wait_for(path, "outb 0x80 0x12");
    qtest_quit(s);
    options_note("-qtest unix:PATH");     /* as libqtest has it each time */
}

void options_run_cases(void)
{
    qtest_add_func("options/stopped", test_stopped);
    qtest_add_func("options/incoming", test_incoming);
    qtest_add_func("options/actions", test_actions);
    qtest_add_func("options/background", test_background);
    qtest_add_func("options/pidfile", test_pidfile);
    qtest_add_func("options/user", test_user);
    qtest_add_func("options/sandbox", test_sandbox);
    qtest_add_func("options/name", test_name);
    qtest_add_func("options/messages", test_messages);
    qtest_add_func("options/defaults", test_defaults);
    qtest_add_func("options/readconfig", test_readconfig);
    qtest_add_func("options/add-fd", test_add_fd);
    qtest_add_func("options/log", test_log);
    qtest_add_func("options/trace", test_trace);
    qtest_add_func("options/qtest", test_qtest);
}
