/*
 * Every option that -help prints: that it has its effect (options-machine.c,
 * options-run.c, options-chardev.c), and that a bad value gets one line that names
 * it, status 1, and nothing left behind (here). An option or key in -help that
 * no case uses fails the last case.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include <glib/gstdio.h>
#include "options.h"

/* ---- what was used ---- */

static GPtrArray *used;         /* of words; an option is followed by its argument */

void options_note(const char *args)
{
    char **words = NULL;

    if (!used) {
        used = g_ptr_array_new();
    }
    g_assert_true(*args == 0 || g_shell_parse_argv(args, NULL, &words, NULL));
    for (char **w = words; w && *w; w++) {
        g_ptr_array_add(used, *w);
    }
    g_free(words);
}

QTestState *options_start(const char *fmt, ...)
{
    g_autofree char *args = NULL;
    va_list ap;

    va_start(ap, fmt);
    args = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    options_note(args);
    return qtest_init(args);
}

int options_run(char **output, const char *fmt, ...)
{
    g_autofree char *args = NULL;
    va_list ap;

    va_start(ap, fmt);
    args = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    options_note(args);
    return qtest_run(args, output);
}

/* ---- files ---- */

static char *folder;

char *options_path(const char *name)
{
    if (!folder) {
        folder = g_dir_make_tmp("options-XXXXXX", NULL);
    }
    return g_build_filename(folder, name, NULL);
}

char *options_file(const char *name, const void *bytes, size_t count)
{
    char *path = options_path(name);

    g_assert_true(g_file_set_contents(path, bytes, count, NULL));
    return path;
}

char *options_proc(pid_t pid, const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, name);
    char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

void options_wait_for(const char *path, const char *text)
{
    for (unsigned i = 0; i < 1000; i++) {
        g_autofree char *all = NULL;

        if (g_file_get_contents(path, &all, NULL, NULL) && strstr(all, text)) {
            return;
        }
        g_usleep(10000);
    }
    g_error("'%s' does not come into %s", text, path);
}

/* What no case took away is left over. */
static void remove_folder(void)
{
    const char *name;
    GDir *dir;

    if (!folder) {
        return;
    }
    dir = g_dir_open(folder, 0, NULL);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = options_path(name);

        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(folder);
}

/* ---- the guest's side ---- */

void options_fw_cfg(QTestState *s, uint16_t key, void *data, size_t count)
{
    uint8_t *bytes = data;

    qtest_outw(s, 0x510, key);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = qtest_inb(s, 0x511);
    }
}

uint16_t options_fw_cfg_file(QTestState *s, const char *name, uint32_t *size)
{
    uint8_t count[4], entry[64];
    uint32_t n;

    options_fw_cfg(s, 0x19, count, 4);
    n = ldl_be_p(count);
    for (uint32_t i = 0; i < n; i++) {
        for (unsigned b = 0; b < sizeof(entry); b++) {
            entry[b] = qtest_inb(s, 0x511);
        }
        if (!strcmp((char *)entry + 8, name)) {
            *size = ldl_be_p(entry);
            return lduw_be_p(entry + 4);
        }
    }
    *size = 0;
    return 0;
}

uint8_t options_cmos(QTestState *s, uint8_t reg)
{
    qtest_outb(s, 0x70, reg);
    return qtest_inb(s, 0x71);
}

/* ---- bad values ---- */

typedef struct BadValue {
    const char *args;
    const char *words[3];       /* in the one line: the value; what is legal */
} BadValue;

static const BadValue bad_values[] = {
    { "-machine nosuch", { "nosuch", "-machine help" } },
    { "-machine pc,nosuch=1", { "nosuch" } },
    { "-machine pc,usb=on", { "usb=on", "off" } },
    { "-machine pc,acpi=maybe", { "maybe", "on, off" } },
    { "-machine pc,hpet=on", { "'on'", "off" } },
    { "-machine pc,accel=nosuch", { "nosuch", "-accel help" } },
    { "-accel nosuch", { "nosuch", "-accel help" } },
    { "-cpu nosuch", { "nosuch" } },
    { "-smp 0", { "0", "greater" } },
    { "-smp 3,cores=2", { "maxcpus (3)" } },
    { "-smp 256", { "256", "255" } },
    { "-smp nosuch=1", { "nosuch", "cores" } },
    { "-m many", { "many", "suffix" } },
    { "-m 64,maxmem=32M", { "0x2000000", "0x4000000" } },
    { "-m 64,slots=2", { "slots", "maxmem" } },
    { "-mem-path /nosuch/file", { "/nosuch/file" } },
    { "-numa nosuch", { "nosuch", "node, dist" } },
    { "-numa node,nodeid=200", { "200", "127" } },
    { "-numa node,cpus=x", { "cpus=x", "FIRST-LAST" } },
    { "-numa node,cpus=1", { "(1)", "maxcpus (1)" } },
    { "-numa node,memdev=nosuch", { "nosuch", "-object" } },
    { "-numa node,mem=1", { "mem", "memdev" } },
    { "-numa node,src=1", { "src", "memdev" } },
    { "-numa node", { "0x0", "memdev=" } },
    { "-numa node -numa dist,src=0,dst=1,val=20", { "node", "-numa node" } },
    { "-numa node -numa node -numa dist,src=0,dst=1,val=9", { "9", "10" } },
    { "-numa node -numa dist,src=0,dst=0,val=20", { "0", "10" } },
    { "-numa node -numa dist,src=0,dst=0,val=300", { "300", "255" } },
    { "-numa node -numa cpu,node-id=3", { "node-id=3", "-numa node" } },
    { "-numa node -numa cpu,node-id=0,socket-id=7", { "-smp" } },
    { "-overcommit nosuch=1", { "nosuch", "mem-lock" } },
    { "-overcommit mem-lock=maybe", { "maybe", "'on' or 'off'" } },
    { "-boot order=x", { "'x'", "a to p" } },
    { "-boot order=cc", { "'c'", "twice" } },
    { "-boot once=b", { "'b'", "n (network)" } },
    { "-boot order=cadn", { "'cadn'", "up to three" } },
    { "-boot menu=maybe", { "maybe", "'on' or 'off'" } },
    { "-boot splash=/nosuch/file", { "/nosuch/file" } },
    { "-boot splash=/proc/self/status", { "/proc/self/status", "JPEG" } },
    { "-boot splash-time=65536", { "65536", "65535" } },
    { "-boot reboot-timeout=-2", { "-2", "between -1 and 65535" } },
    { "-boot nosuch=1", { "nosuch", "strict" } },
    { "-name a,nosuch=1", { "nosuch", "debug-threads" } },
    { "-uuid 123", { "123", "8-4-4-4-12" } },
    { "-rtc base=yesterday", { "yesterday", "2006-06-17" } },
    { "-rtc clock=sun", { "sun", "host, rt, vm" } },
    { "-rtc driftfix=x", { "'x'", "none, slew" } },
    { "-device nosuch", { "nosuch" } },
    { "-device virtio-net-pci,nosuch=1", { "nosuch" } },
    { "-device '{\"driver\":\"nosuch\"}'", { "nosuch" } },
    { "-object nosuch,id=a", { "nosuch", "-object help" } },
    { "-object secret,id=a", { "'file' or 'data'" } },
    { "-object secret,id=a,data=x,format=rot13", { "rot13", "base64" } },
    { "-object secret,id=a,data=$,format=base64", { "base64" } },
    { "-object secret,id=a,file=/nosuch/file", { "/nosuch/file" } },
    { "-global nosuch", { "nosuch", "driver, property, value" } },
    { "-set nosuch", { "nosuch", "group.id.key=value" } },
    { "-set device.nosuch.x=1", { "nosuch" } },
    { "-kernel /nosuch/kernel", { "/nosuch/kernel" } },
    { "-initrd x", { "-initrd", "-kernel" } },
    { "-append x", { "-append", "-kernel" } },
    { "-bios /nosuch/bios", { "/nosuch/bios" } },
    { "-fw_cfg name=opt/a", { "opt/a", "exactly one of file and string" } },
    { "-fw_cfg name=opt/a,string=x,file=y", { "opt/a", "exactly one" } },
    { "-fw_cfg string=x", { "name" } },
    { "-fw_cfg opt/a,file=/nosuch/file", { "/nosuch/file" } },
    { "-fw_cfg opt/a,string=x -fw_cfg opt/a,string=y", { "'opt/a'", "dupl" } },
    { "-fw_cfg etc/e820,string=x", { "'etc/e820'", "duplicate" } },
    { "-fw_cfg etc/acpi/tables,string=x", { "'etc/acpi/tables'" } },
    { "-fw_cfg opt/a,gen_id=x", { "gen_id", "string" } },
    { "-smbios type=99", { "99", "17" } },
    { "-smbios type=1,nosuch=x", { "nosuch", "serial" } },
    { "-smbios file=/nosuch/file", { "/nosuch/file" } },
    { "-netdev nosuch,id=a", { "nosuch", "user" } },
    { "-nic nosuch", { "nosuch", "user" } },
    { "-nic user,model=nosuch", { "nosuch", "virtio-net-pci" } },
    { "-net nosuch", { "nosuch", "user" } },
    { "-chardev nosuch,id=a", { "nosuch", "ringbuf" } },
    { "-chardev null", { "id" } },
    { "-chardev null,id=a,path=x", { "path", "logfile" } },
    { "-chardev file,id=a,path=/nosuch/file", { "/nosuch/file" } },
    { "-chardev null,id=a,logfile=/nosuch/file", { "/nosuch/file" } },
    { "-chardev ringbuf,id=a,size=3", { "power of two" } },
    { "-chardev socket,id=a,path=x,tls-creds=t", { "tls-creds", "reconnect" } },
    { "-chardev socket,id=a,path=x,host=y,port=1", { "'path', 'host' or" } },
    { "-chardev socket,id=a,path=/nosuch/sock", { "/nosuch/sock" } },
    { "-chardev socket,id=a,path=x,wait=on", { "'wait'", "client" } },
    { "-chardev socket,id=a,path=x,reconnect=-1", { "-1", "0 to" } },
    { "-chardev socket,id=a,fd=99", { "99" } },
    { "-chardev udp,id=a,host=h", { "port" } },
    { "-chardev pipe,id=a,path=/nosuch/pipe", { "/nosuch/pipe" } },
    { "-chardev mux,id=a,chardev=nosuch", { "nosuch" } },
    { "-serial nosuch", { "nosuch", "telnet:HOST:PORT" } },
    { "-serial vc", { "vc", "telnet:HOST:PORT" } },
    { "-serial tcp:x", { "'x'", "HOST:PORT" } },
    { "-serial udp:x", { "'x'", "[HOST]:PORT" } },
    { "-serial chardev:nosuch", { "nosuch" } },
    { "-serial null -serial null -serial null -serial null -serial null",
      { "4" } },
    { "-parallel stdio", { "stdio", "'none'" } },
    { "-debugcon nosuch", { "nosuch", "stdio" } },
    { "-monitor nosuch", { "nosuch", "stdio" } },
    { "-qmp nosuch", { "nosuch", "stdio" } },
    { "-qmp-pretty nosuch", { "nosuch", "stdio" } },
    { "-mon nosuch", { "nosuch" } },
    { "-chardev null,id=a -mon a,mode=nosuch", { "nosuch", "readline" } },
    { "-echr 256", { "256", "255" } },
    { "-display nosuch", { "nosuch", "'none'" } },
    { "-vga std", { "std", "'none'" } },
    { "-vnc :1", { ":1", "'none'" } },
    { "-audiodev alsa,id=a", { "alsa", "'none'" } },
    { "-audiodev none", { "id" } },
    { "-incoming nosuch:x", { "nosuch", "exec:" } },
    { "-action reboot=nosuch", { "nosuch", "reset or shutdown" } },
    { "-action panic=nosuch", { "nosuch", "exit-failure" } },
    { "-pidfile /nosuch/file", { "/nosuch/file" } },
    { "-runas nosuch", { "nosuch", "UID:GID" } },
    { "-sandbox maybe", { "maybe", "'on' or 'off'" } },
    { "-sandbox on,spawn=maybe", { "maybe", "allow or deny" } },
    { "-sandbox on,elevateprivileges=x", { "'x'", "children" } },
    { "-sandbox on,obsolete=x", { "'x'", "deny" } },
    { "-sandbox on,resourcecontrol=x", { "'x'", "deny" } },
    { "-readconfig /nosuch/file", { "/nosuch/file" } },
    { "-add-fd fd=99,set=1", { "fd=99" } },
    { "-add-fd set=1", { "fd option" } },
    { "-d nosuch", { "nosuch", "-d help" } },
    { "-D /nosuch/file", { "/nosuch/file" } },
    { "-trace events=/nosuch/file", { "/nosuch/file" } },
    { "-msg timestamp=maybe", { "maybe", "'on' or 'off'" } },
    { "-qtest nosuch", { "nosuch", "stdio" } },
    { "-qtest null -qtest-log /nosuch/file", { "/nosuch/file" } },
};

/* Options whose argument may be anything: nothing of it can be bad. */
static const char *const any_text[] = {
    "-L", "-k", NULL
};

static char *leavings(void)
{
    static const char *const names[] = { "pid", "sock", "out", "dgram" };
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        g_autofree char *path = options_path(names[i]);

        if (g_file_test(path, G_FILE_TEST_EXISTS)) {
            g_string_append_printf(text, " %s", path);
        }
    }
    return g_string_free(text, false);
}

static void test_bad(const void *opaque)
{
    const BadValue *bad = opaque;
    g_autofree char *pid = options_path("pid");
    g_autofree char *sock = options_path("sock");
    g_autofree char *dgram = options_path("dgram");
    g_autofree char *others = g_strdup_printf(
        "-display none -S -qmp unix:%s,server=on,wait=off -netdev "
        "dgram,id=beside,local.type=unix,local.path=%s,remote.type=unix,"
        "remote.path=%s.r -device rtl8139,netdev=beside,romfile=", sock, dgram, dgram);
    bool own_pid = strstr(bad->args, "-pidfile") != NULL;
    g_autofree char *args = g_strdup_printf("%s %s%s %s", others,
                                            own_pid ? "" : "-pidfile ",
                                            own_pid ? "" : pid, bad->args);
    g_autofree char *output = NULL, *left = NULL;
    int status = qtest_run(args, &output);
    size_t lines = 0;

    for (const char *p = output; *p; p++) {
        lines += *p == '\n';
    }
    if (status != 1 || lines != 1 ||
        !g_str_has_prefix(output, "qemu-system-x86_64: ")) {
        g_error("'%s' ended with status %d and said: %s", bad->args, status,
                output);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bad->words) && bad->words[i]; i++) {
        if (!strstr(output, bad->words[i])) {
            g_error("'%s' does not say '%s': %s", bad->args, bad->words[i],
                    output);
        }
    }
    left = leavings();
    if (*left) {
        g_error("'%s' leaves%s", bad->args, left);
    }
}

/* ---- is that all ---- */

static bool in_bad_values(const char *option)
{
    g_autofree char *pattern = g_strdup_printf("(^| )%s( |$)", option);

    for (unsigned i = 0; i < ARRAY_SIZE(bad_values); i++) {
        if (g_regex_match_simple(pattern, bad_values[i].args, 0, 0)) {
            return true;
        }
    }
    return g_strv_contains(any_text, option);
}

/* Was @option used, and with @key= (if any) in its argument? */
static bool was_used(const char *option, const char *key)
{
    g_autofree char *pattern = key ? g_strdup_printf("(^|,)%s=", key) : NULL;

    for (unsigned i = 0; used && i < used->len; i++) {
        const char *word = used->pdata[i];
        const char *arg = i + 1 < used->len ? used->pdata[i + 1] : "";

        if (!strcmp(word, option) &&
            (!key || g_regex_match_simple(pattern, arg, 0, 0))) {
            return true;
        }
    }
    return false;
}

static const char *const any_key[] = { "key", "property", "feature", NULL };

/* Keys of what -help prints: "word=" in lower case. */
static void check_keys(const char *option, const char *text, GString *missing)
{
    g_autoptr(GRegex) regex = g_regex_new("(?<![A-Za-z0-9_.-])"
                                          "([a-z][a-z0-9_-]*)=", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    g_regex_match(regex, text, 0, &match);
    while (g_match_info_matches(match)) {
        g_autofree char *key = g_match_info_fetch(match, 1);

        /* These stand for any. */
        if (!g_strv_contains(any_key, key) && !was_used(option, key)) {
            g_string_append_printf(missing, " %s %s=", option, key);
        }
        g_match_info_next(match, NULL);
    }
}

/* In -help an argument stands behind the option, explanations in column 16. */
static bool takes_argument(const char *line, size_t length)
{
    size_t next = length + strspn(line + length, " ");

    return line[next] && next != 16;
}

static void test_nothing_is_missing(void)
{
    g_autofree char *help = NULL, *option = NULL;
    g_autoptr(GString) missing = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;
    unsigned count = 0;

    if (!was_used("-qtest-log", NULL)) {
        g_test_skip("only with all the other cases");
        return;
    }
    g_assert_cmpint(qtest_run("-help", &help), ==, 0);
    lines = g_strsplit(help, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (**line == '-') {
            size_t length = strcspn(*line, " ");

            g_free(option);
            option = g_strndup(*line, length);
            count++;
            if (!was_used(option, NULL)) {
                g_string_append_printf(missing, " %s", option);
            }
            if (takes_argument(*line, length) && !in_bad_values(option)) {
                g_string_append_printf(missing, " %s (a bad value)", option);
            }
        }
        if (option && (**line == '-' || **line == ' ')) {
            check_keys(option, *line, missing);
        }
    }
    g_assert_cmpuint(count, >, 50);
    if (missing->len) {
        g_error("-help names what no case uses:%s", missing->str);
    }
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    options_machine_cases();
    options_chardev_cases();
    options_run_cases();
    for (unsigned i = 0; i < ARRAY_SIZE(bad_values); i++) {
        g_autofree char *name = g_strdup_printf("options/bad/%u", i);

        qtest_add_data_func(name, &bad_values[i], test_bad);
    }
    qtest_add_func("options/nothing-in-help-is-missing",
                   test_nothing_is_missing);
    status = g_test_run();
    remove_folder();
    return status;
}
