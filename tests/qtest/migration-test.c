/*
 * Saving and loading machines: ways, events, states, cancelling, and streams that
 * are cut, damaged or hostile. What devices save is tested where they are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include "libqtest.h"

#define PC "-machine pc -m 32 -nodefaults " \
           "-netdev user,id=u0 -device virtio-net-pci,netdev=u0,romfile= "
#define SAMPLE_DEVICES "-device virtio-net-pci,romfile=,addr=3,mac=52:54:00:1:2:3 " \
                       "-device rtl8139,romfile=,addr=4,mac=52:54:00:1:2:4 "
#define MARK_AT 0x300000

static char *dir;

static char *path_of(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static void want_events(QTestState *s)
{
    qtest_qmp_ok(s, "{'execute':'migrate-set-capabilities','arguments':"
                 "{'capabilities':[{'capability':'events','state':true}]}}");
}

static void expect_event(QTestState *s, const char *status)
{
    json_object *event = qtest_event(s, "MIGRATION");

    g_assert_cmpstr(json_string(event, "data.status"), ==, status);
    json_object_put(event);
}

static void expect_state(QTestState *s, const char *state)
{
    json_object *answer = qtest_qmp_return(s, "{'execute':'query-status'}");

    g_assert_cmpstr(json_string(answer, "status"), ==, state);
    json_object_put(answer);
}

/* Waits for an end of any kind; its name, to be freed. */
static char *end_of(QTestState *s, char **why)
{
    for (;;) {
        json_object *info = qtest_qmp_return(s, "{'execute':'query-migrate'}");
        char *status = g_strdup(json_string(info, "status"));

        if (why && json_has(info, "error-desc")) {
            *why = g_strdup(json_string(info, "error-desc"));
        }
        json_object_put(info);
        if (g_str_equal(status, "completed") || g_str_equal(status, "failed") ||
            g_str_equal(status, "cancelled")) {
            return status;
        }
        g_free(status);
        g_usleep(1000);
    }
}

static void expect_end(QTestState *s, const char *end)
{
    g_autofree char *status = end_of(s, NULL);

    g_assert_cmpstr(status, ==, end);
}

static void migrate(QTestState *s, const char *uri)
{
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'%s'}}", uri);
}

/* --- ways ------------------------------------------------------------------ */

static QTestState *machine_with_mark(void)
{
    QTestState *s = qtest_init(PC);

    qtest_writeq(s, MARK_AT, 0x1122334455667788);
    qtest_clock_step(s, 1234567);
    return s;
}

static void check_mark(QTestState *s)
{
    g_assert_cmphex(qtest_readq(s, MARK_AT), ==, 0x1122334455667788);
    g_assert_cmpint(qtest_clock_step(s, 0), ==, 1234567);
    expect_state(s, "running");
}

/* Saved with @out, loaded with @in (the same if NULL). */
static void through(const char *out, const char *in)
{
    QTestState *s = machine_with_mark(), *t;

    migrate(s, out);
    expect_end(s, "completed");
    expect_state(s, "postmigrate");
    qtest_quit(s);
    t = qtest_initf(PC "-incoming '%s'", in ? in : out);
    qtest_migration_wait(t);
    check_mark(t);
    qtest_quit(t);
}

static void test_file(void)
{
    g_autofree char *path = path_of("state");
    g_autofree char *uri = g_strconcat("file:", path, NULL);
    g_autofree char *at = g_strconcat(uri, ",offset=8K", NULL);

    through(uri, NULL);
    through(at, NULL);
}

static void test_exec(void)
{
    g_autofree char *path = path_of("state.gz");
    g_autofree char *out = g_strconcat("exec:gzip -1 > ", path, NULL);
    g_autofree char *in = g_strconcat("exec:gzip -d < ", path, NULL);

    through(out, in);
}

static void test_fd(void)
{
    g_autofree char *path = path_of("state");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), in_fd;
    QTestState *s, *t;
    g_autofree char *args = NULL;

    s = qtest_init_with_fds(PC, &fd, 1);
    qtest_writeq(s, MARK_AT, 0x1122334455667788);
    qtest_clock_step(s, 1234567);
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'fd:%d'}}", fd);
    expect_end(s, "completed");
    qtest_quit(s);
    close(fd);
    in_fd = open(path, O_RDONLY);
    args = g_strdup_printf(PC "-incoming fd:%d", in_fd);
    t = qtest_init_with_fds(args, &in_fd, 1);
    qtest_migration_wait(t);
    check_mark(t);
    qtest_quit(t);
    close(in_fd);
}

static void over_socket(const char *listen_at, const char *out)
{
    QTestState *t = qtest_initf(PC "-incoming %s", listen_at);
    QTestState *s = machine_with_mark();
    g_autofree char *uri = g_strdup(out);
    json_object *info;

    expect_state(t, "inmigrate");
    if (!uri) {
        info = qtest_qmp_return(t, "{'execute':'query-migrate'}");
        uri = g_strconcat("tcp:127.0.0.1:", json_string(
            json_object_array_get_idx(json_member(info, "socket-address"), 0),
            "port"), NULL);
        json_object_put(info);
    }
    migrate(s, uri);
    expect_end(s, "completed");
    qtest_migration_wait(t);
    check_mark(t);
    qtest_quit(s);
    qtest_quit(t);
}

static void test_tcp(void)
{
    over_socket("tcp:127.0.0.1:0", NULL);
}

static void test_unix(void)
{
    g_autofree char *path = path_of("sock");
    g_autofree char *uri = g_strconcat("unix:", path, NULL);

    over_socket(uri, uri);
}

static void test_channels(void)
{
    g_autofree char *path = path_of("state");
    QTestState *s = machine_with_mark();

    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'channels':["
                 "{'channel-type':'main','addr':{'transport':'exec',"
                 "'args':['/usr/bin/env','cp','/dev/stdin','%s']}}]}}", path);
    expect_end(s, "completed");
    qtest_restart(s, "-incoming defer");
    qtest_qmp_ok(s, "{'execute':'migrate-incoming','arguments':{'channels':["
                 "{'channel-type':'main','addr':{'transport':'file',"
                 "'filename':'%s'}}]}}", path);
    qtest_migration_wait(s);
    check_mark(s);
    qtest_quit(s);
}

static void test_every_machine(void)
{
    static const char *const args[] = {
        "-machine none", "-machine pc", "-machine q35 -smp 2",
        "-machine q35 -nodefaults -device pcie-root-port,id=p,slot=1 "
        "-device virtio-net-pci,bus=p -device pci-bridge,chassis_nr=3,id=b "
        "-device virtio-net-pci,bus=b,addr=1",
        "-machine pc -nodefaults -device pci-bridge,chassis_nr=3,id=b "
        "-device virtio-net-pci-transitional,bus=b,addr=4",
        "-machine pc -nodefaults -device virtio-balloon-pci",
        "-machine pc -nodefaults -device rtl8139 -device virtio-net-pci,mq=on",
        "-machine pc -object memory-backend-ram,id=m0,size=64M,share=on "
        "-m 64 -machine memory-backend=m0",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(args); i++) {
        QTestState *s = qtest_init(args[i]);

        for (unsigned round = 0; round < 2; round++) {
            qtest_save_and_restore(s);
            expect_state(s, "running");
        }
        qtest_quit(s);
    }
}

static void test_compression(void)
{
    g_autofree char *path = path_of("state");
    struct stat plain, packed, whole;
    QTestState *s = machine_with_mark();

    qtest_memset(s, 0x400000, 0x5a, 1 << 20);
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    expect_end(s, "completed");
    g_assert_cmpint(stat(path, &plain), ==, 0);
    g_assert_cmpint(plain.st_size, >, 1 << 20);
    g_assert_cmpint(plain.st_size, <, 3 << 20);
    qtest_qmp_ok(s, "{'execute':'cont'}");
    qtest_qmp_ok(s, "{'execute':'migrate-set-parameters','arguments':"
                 "{'zero-page-detection':'none'}}");
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    expect_end(s, "completed");
    g_assert_cmpint(stat(path, &whole), ==, 0);
    g_assert_cmpint(whole.st_size, >, 32 << 20);
    qtest_qmp_ok(s, "{'execute':'cont'}");
    qtest_qmp_ok(s, "{'execute':'migrate-set-capabilities','arguments':"
                 "{'capabilities':[{'capability':'compress','state':true}]}}");
    qtest_qmp_ok(s, "{'execute':'migrate-set-parameters','arguments':"
                 "{'compress-level':9}}");
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    expect_end(s, "completed");
    g_assert_cmpint(stat(path, &packed), ==, 0);
    g_assert_cmpint(packed.st_size, <, 1 << 20);
    qtest_restart(s, "-incoming defer");
    qtest_qmp_ok(s, "{'execute':'migrate-incoming','arguments':"
                 "{'uri':'file:%s'}}", path);
    qtest_migration_wait(s);
    g_assert_cmphex(qtest_readq(s, 0x4ffff8), ==, 0x5a5a5a5a5a5a5a5a);
    g_assert_cmphex(qtest_readq(s, 0x500000), ==, 0);
    check_mark(s);
    qtest_quit(s);
}

/* --- states, events -------------------------------------------------------- */

static void test_events(void)
{
    g_autofree char *path = path_of("state");
    QTestState *s = machine_with_mark();

    want_events(s);
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    expect_event(s, "setup");
    expect_event(s, "active");
    json_object_put(qtest_event(s, "STOP"));
    expect_event(s, "completed");
    expect_state(s, "postmigrate");
    qtest_qmp_ok(s, "{'execute':'cont'}");
    json_object_put(qtest_event(s, "RESUME"));
    check_mark(s);
    qtest_restart(s, "-S -incoming defer");
    want_events(s);
    qtest_qmp_ok(s, "{'execute':'migrate-incoming','arguments':"
                 "{'uri':'file:%s'}}", path);
    expect_event(s, "setup");
    expect_event(s, "active");
    expect_event(s, "completed");
    expect_state(s, "paused");
    qtest_qmp_ok(s, "{'execute':'cont'}");
    check_mark(s);
    qtest_quit(s);
}

/* What was paused stays paused; "cont" while waiting asks for running. */
static void test_paused(void)
{
    g_autofree char *path = path_of("state");
    QTestState *s = machine_with_mark();

    qtest_qmp_ok(s, "{'execute':'stop'}");
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    expect_end(s, "completed");
    qtest_restart(s, "-incoming defer");
    expect_state(s, "inmigrate");
    qtest_qmp_ok(s, "{'execute':'migrate-incoming','arguments':"
                 "{'uri':'file:%s'}}", path);
    qtest_migration_wait(s);
    expect_state(s, "paused");
    qtest_qmp_ok(s, "{'execute':'cont'}");
    check_mark(s);
    qtest_quit(s);
}

static void test_cancel(void)
{
    QTestState *s = machine_with_mark();

    want_events(s);
    for (unsigned i = 0; i < 3; i++) {
        qtest_qmp_ok(s, "{'execute':'migrate','arguments':"
                     "{'uri':'exec:sleep 1000'}}");
        expect_event(s, "setup");
        expect_event(s, "active");
        expect_state(s, "finish-migrate");
        g_free(qtest_qmp_error(s, "GenericError", "{'execute':'cont'}"));
        g_free(qtest_qmp_error(s, "GenericError", "{'execute':'device_add',"
                               "'arguments':{'driver':'virtio-net-pci'}}"));
        g_free(qtest_qmp_error(s, "GenericError", "{'execute':'migrate',"
                               "'arguments':{'uri':'exec:cat'}}"));
        qtest_qmp_ok(s, "{'execute':'system_reset'}");
        qtest_qmp_ok(s, "{'execute':'migrate_cancel'}");
        expect_event(s, "cancelling");
        expect_event(s, "cancelled");
        /* The reset was put off, not lost. */
        json_object_put(qtest_event(s, "RESET"));
        expect_state(s, "running");
        qtest_writeq(s, MARK_AT, 0x1122334455667788);
        check_mark(s);
    }
    qtest_quit(s);
}

/* Whatever goes wrong at the other end, the machine goes on. */
static void test_source_goes_on(void)
{
    static const char *const uris[] = {
        "exec:exit 3", "exec:cat > /dev/full", "tcp:127.0.0.1:1",
        "unix:/nonexistent/socket", "file:/dev/full",
    };
    QTestState *s = machine_with_mark();

    for (unsigned i = 0; i < ARRAY_SIZE(uris); i++) {
        migrate(s, uris[i]);
        expect_end(s, "failed");
        check_mark(s);
    }
    qtest_quit(s);
}

static void test_bad_addresses(void)
{
    static const char *const uris[] = {
        "", "bla:x", "file:", "file:/nonexistent/f", "tcp:1.2.3.4",
        "fd:nosuch", "fd:999", "file:/tmp/x,offset=1x", "unix:",
    };
    QTestState *s = machine_with_mark();

    for (unsigned i = 0; i < ARRAY_SIZE(uris); i++) {
        g_free(qtest_qmp_error(s, "GenericError", "{'execute':'migrate',"
                               "'arguments':{'uri':'%s'}}", uris[i]));
    }
    g_free(qtest_qmp_error(s, "GenericError", "{'execute':'migrate'}"));
    g_free(qtest_qmp_error(s, "GenericError", "{'execute':'migrate-incoming',"
                           "'arguments':{'uri':'file:/dev/null'}}"));
    check_mark(s);
    qtest_quit(s);
}

/* --- bad streams ----------------------------------------------------------- */

/* Loads @size bytes into a machine that must refuse them; why, to be freed. */
static char *refused(const char *args, const uint8_t *bytes, size_t size)
{
    g_autofree char *path = path_of("bad");
    g_autofree char *status = NULL;
    char *why = NULL;
    QTestState *t;

    g_assert_true(g_file_set_contents(path, (const char *)bytes, size, NULL));
    t = qtest_initf("%s -incoming defer", args);
    qtest_qmp_ok(t, "{'execute':'migrate-incoming','arguments':"
                 "{'uri':'file:%s','exit-on-error':false}}", path);
    status = end_of(t, &why);
    g_assert_cmpstr(status, ==, "failed");
    g_assert_nonnull(why);
    expect_state(t, "inmigrate");
    qtest_quit(t);
    return why;
}

/* A small firmware, so that streams are short. */
static char *small_args(void)
{
    g_autofree char *bios = path_of("bios");
    g_autofree uint8_t *image = g_malloc0(65536);

    memset(image + 65000, 0xf4, 536);
    g_assert_true(g_file_set_contents(bios, (char *)image, 65536, NULL));
    return g_strdup_printf("-machine pc -m 1 -nodefaults -bios %s ", bios);
}

static uint8_t *saved(const char *args, size_t *size)
{
    g_autofree char *path = path_of("good");
    QTestState *s = qtest_init(args);
    char *bytes;

    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    expect_end(s, "completed");
    qtest_quit(s);
    g_assert_true(g_file_get_contents(path, &bytes, size, NULL));
    return (uint8_t *)bytes;
}

static void test_cut(void)
{
    g_autofree char *small = small_args();
    g_autofree char *args = g_strconcat(small, SAMPLE_DEVICES, NULL);
    size_t size;
    g_autofree uint8_t *good = saved(args, &size);

    for (unsigned i = 0; i < 24; i++) {
        size_t at = i < 8 ? i * 7 : size - 1 - (i - 8) * (size / 16);

        g_free(refused(args, good, at));
    }
}

static void test_flipped(void)
{
    g_autofree char *small = small_args();
    g_autofree char *args = g_strconcat(small, SAMPLE_DEVICES, NULL);
    size_t size;
    g_autofree uint8_t *good = saved(args, &size);

    for (unsigned i = 0; i < 24; i++) {
        size_t at = i < 12 ? i * 3 : size - 1 - (i - 12) * (size / 12);

        good[at] ^= 1 << (i % 8);
        g_free(refused(args, good, size));
        good[at] ^= 1 << (i % 8);
    }
}

/* --- a stream that is kept --------------------------------------------------- */

#define SAMPLE_NS 123456789

static void config_write(QTestState *s, unsigned slot, unsigned reg,
                         uint32_t value)
{
    qtest_outl(s, 0xcf8, 0x80000000 | slot << 11 | reg);
    qtest_outl(s, 0xcfc, value);
}

static uint32_t config_read(QTestState *s, unsigned slot, unsigned reg)
{
    qtest_outl(s, 0xcf8, 0x80000000 | slot << 11 | reg);
    return qtest_inl(s, 0xcfc);
}

/* Makes the sample anew: SAMPLE=path migration-test -p …/older-version. */
static void make_sample(const char *args, const char *path)
{
    QTestState *s = qtest_init(args);

    qtest_clock_step(s, SAMPLE_NS);
    qtest_writeq(s, 0x50000, 0x0123456789abcdef);
    config_write(s, 3, 0x20, 0xfe000000);
    config_write(s, 3, 0x04, 6);
    qtest_outb(s, 0x70, 0x40);
    qtest_outb(s, 0x71, 0x77);
    qtest_outb(s, 0x21, 0xa5);
    qtest_qmp_ok(s, "{'execute':'migrate-set-capabilities','arguments':"
                 "{'capabilities':[{'capability':'compress','state':true}]}}");
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    expect_end(s, "completed");
    qtest_quit(s);
}

/* What the first version wrote is read by every later one. */
static void test_older_version(void)
{
    g_autofree char *small = small_args();
    g_autofree char *args = g_strconcat(small, SAMPLE_DEVICES, NULL);
    g_autofree char *sample = g_test_build_filename(G_TEST_DIST, "data",
                                                    "pc-1.state", NULL);
    QTestState *s;

    if (g_getenv("SAMPLE")) {
        make_sample(args, g_getenv("SAMPLE"));
        return;
    }
    s = qtest_initf("%s -incoming file:%s", args, sample);
    qtest_migration_wait(s);
    g_assert_cmphex(qtest_readq(s, 0x50000), ==, 0x0123456789abcdef);
    g_assert_cmpint(qtest_clock_step(s, 0), ==, SAMPLE_NS);
    g_assert_cmphex(config_read(s, 3, 0x20) & ~15u, ==, 0xfe000000);
    g_assert_cmphex(config_read(s, 3, 0x04) & 7, ==, 6);
    g_assert_cmphex(config_read(s, 4, 0x04) & 7, ==, 0);
    qtest_outb(s, 0x70, 0x40);
    g_assert_cmphex(qtest_inb(s, 0x71), ==, 0x77);
    g_assert_cmphex(qtest_inb(s, 0x21), ==, 0xa5);
    /* A device that answers where the stream says it is. */
    g_assert_cmphex(qtest_readl(s, 0xfe000004), !=, UINT32_MAX);
    qtest_quit(s);
}

/* Another machine, other devices, other memory. */
static void test_other_machine(void)
{
    static const char *const others[] = {
        "-machine q35 -m 32 -nodefaults",
        "-machine pc -m 32 -nodefaults",
        "-machine pc -m 64 -nodefaults -device virtio-net-pci,romfile=",
        "-machine pc -m 32 -nodefaults -device virtio-net-pci,romfile= "
        "-device virtio-net-pci,romfile=",
        "-machine pc -m 32 -nodefaults -device virtio-net-pci,romfile=,addr=7",
        "-machine pc -m 32 -nodefaults -device virtio-net-pci",
        "-machine pc -m 32 -nodefaults -device virtio-net-pci,romfile= "
        "-netdev user,id=u",
        "-machine pc -m 32 -smp 2 -nodefaults "
        "-device virtio-net-pci,romfile=",
        "-machine pc -m 32 -cpu max,-sse3 -nodefaults "
        "-device virtio-net-pci,romfile=",
    };
    size_t size;
    g_autofree uint8_t *good = saved("-machine pc -m 32 -nodefaults "
                                     "-device virtio-net-pci,romfile=", &size);

    for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
        g_autofree char *why = refused(others[i], good, size);

        g_test_message("%s: %s", others[i], why);
    }
}

/* At start-up: one line that says why, and status 1. */
static void test_exit_status(void)
{
    g_autofree char *path = path_of("bad");
    g_autofree char *args = g_strdup_printf(
        "-machine none -display none -nodefaults -incoming file:%s", path);
    g_autofree char *text = NULL;

    g_assert_true(g_file_set_contents(path, "EMUSTATE nonsense", -1, NULL));
    g_assert_cmpint(qtest_run(args, &text), ==, 1);
    g_assert_nonnull(strstr(text, "load of migration failed: "));
    g_assert_cmpint(strchr(text, '\n') - text, ==, strlen(text) - 1);
}

int main(int argc, char **argv)
{
    int status;

    signal(SIGPIPE, SIG_IGN);
    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("migration-XXXXXX", NULL);
    qtest_add_func("migration/file", test_file);
    qtest_add_func("migration/exec", test_exec);
    qtest_add_func("migration/fd", test_fd);
    qtest_add_func("migration/tcp", test_tcp);
    qtest_add_func("migration/unix", test_unix);
    qtest_add_func("migration/channels", test_channels);
    qtest_add_func("migration/every-machine", test_every_machine);
    qtest_add_func("migration/compression", test_compression);
    qtest_add_func("migration/events", test_events);
    qtest_add_func("migration/paused-stays-paused", test_paused);
    qtest_add_func("migration/cancel", test_cancel);
    qtest_add_func("migration/source-goes-on", test_source_goes_on);
    qtest_add_func("migration/bad-addresses", test_bad_addresses);
    qtest_add_func("migration/cut-stream", test_cut);
    qtest_add_func("migration/flipped-bits", test_flipped);
    qtest_add_func("migration/other-machine", test_other_machine);
    qtest_add_func("migration/exit-status", test_exit_status);
    qtest_add_func("migration/older-version", test_older_version);
    status = g_test_run();
    if (!status) {
        for (const char *const *name = (const char *const []) {
                 "state", "state.gz", "sock", "bad", "good", "bios", NULL };
             *name; name++) {
            g_autofree char *path = path_of(*name);

            unlink(path);
        }
        rmdir(dir);
    }
    g_free(dir);
    return status;
}
