/*
 * What a user may get wrong: each mistake is one clear line on standard error that
 * names the value, status 1, and nothing left behind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "libqtest.h"

/* Runs into @args; every word of @words must be in the one line. */
static void expect_refusal(const char *args, const char *const *words)
{
    g_autofree char *output = NULL;
    g_autofree char *full = g_strdup_printf("-display none %s", args);
    int status = qtest_run(full, &output);
    g_auto(GStrv) lines = NULL;

    if (status != 1) {
        g_error("'%s' ended with status %d: %s", args, status, output);
    }
    lines = g_strsplit(g_strchomp(output), "\n", -1);
    if (g_strv_length(lines) < 1 || g_strv_length(lines) > 2) {
        g_error("'%s' printed %u lines: %s", args, g_strv_length(lines),
                output);
    }
    g_assert_true(g_str_has_prefix(lines[0], "qemu-system-x86_64: "));
    for (; *words; words++) {
        if (!strstr(lines[0], *words)) {
            g_error("'%s' does not say '%s': %s", args, *words, lines[0]);
        }
    }
}

typedef struct BadInput {
    const char *name, *args;
    const char *words[4];
} BadInput;

static const BadInput cases[] = {
    { "option", "-nosuch", { "-nosuch" } },
    { "option-argument", "-device", { "-device" } },
    { "machine", "-M nosuch", { "nosuch" } },
    { "machine-property", "-M pc,nosuch=1", { "nosuch" } },
    { "accel", "-accel nosuch", { "nosuch" } },
    { "accel-kvm", "-accel kvm", { "kvm" } },
    { "cpu", "-cpu nosuch", { "nosuch" } },
    { "cpu-feature", "-cpu qemu64,+nosuch", { "nosuch" } },
    { "device", "-device nosuch", { "nosuch" } },
    { "device-property", "-device virtio-net-pci,nosuch=1", { "nosuch" } },
    { "property-type", "-device virtio-net-pci,rx_queue_size=x",
      { "rx_queue_size", "x" } },
    { "property-range", "-device virtio-net-pci,rx_queue_size=255",
      { "rx_queue_size", "255", "256" } },
    { "property-range-tx", "-device virtio-net-pci,tx_queue_size=2048",
      { "tx_queue_size", "2048", "1024" } },
    { "host-mtu", "-device virtio-net-pci,host_mtu=67",
      { "host_mtu", "67", "68" } },
    { "duplex", "-device virtio-net-pci,duplex=both", { "duplex", "both" } },
    { "speed", "-device virtio-net-pci,speed=-5", { "speed", "-5" } },
    { "mac", "-device virtio-net-pci,mac=12:34", { "mac", "12:34" } },
    { "bus", "-device virtio-net-pci,bus=nosuch", { "nosuch" } },
    { "addr", "-device virtio-net-pci,addr=40", { "40" } },
    { "same-slot", "-device virtio-net-pci,addr=5"
      " -device virtio-net-pci,addr=5", { "5" } },
    { "same-id", "-device virtio-net-pci,id=a -device virtio-net-pci,id=a",
      { "'a'" } },
    { "acpi-index", "-device virtio-net-pci,acpi-index=16384",
      { "acpi-index", "16384", "16383" } },
    { "acpi-index-twice", "-device virtio-net-pci,acpi-index=3"
      " -device virtio-net-pci,acpi-index=3", { "acpi-index", "3", "unique" } },
    { "bootindex", "-device virtio-net-pci,bootindex=-2",
      { "bootindex", "-2" } },
    { "bootindex-twice", "-device virtio-net-pci,bootindex=7"
      " -device rtl8139,bootindex=7", { "bootindex 7" } },
    { "failover-no-id", "-device virtio-net-pci,failover_pair_id=x",
      { "Device with failover_pair_id needs to have id" } },
    { "failover-bus", "-device virtio-net-pci,failover_pair_id=x,id=p",
      { "failover primary device must be on PCIExpress bus" } },
    { "failover-class", "-M q35 -device virtio-rng-pci,failover_pair_id=x,id=p",
      { "failover primary device is not an Ethernet device" } },
    { "failover-slot", "-M q35 -device virtio-net-pci,failover_pair_id=x,id=p,"
      "multifunction=on",
      { "failover: primary device must be in its own PCI slot" } },
    { "failover-two", "-M q35 -device pcie-root-port,id=r,chassis=1"
      " -device virtio-net-pci,failover=on,id=s"
      " -device virtio-net-pci,failover_pair_id=s,id=p1,bus=r"
      " -device virtio-net-pci,failover_pair_id=s,id=p2,bus=r",
      { "Cannot attach more than one primary device to 's': 'p1' and 'p2'" } },
    { "failover-cannot-plug", "-M q35 -device virtio-net-pci,failover=on,id=s"
      " -device virtio-net-pci,failover_pair_id=s,id=p",
      { "Bus 'pcie.0' does not support hotplugging" } },
    { "failover-property", "-M q35 -device pcie-root-port,id=r,chassis=1"
      " -device virtio-net-pci,failover=on,id=s"
      " -device virtio-net-pci,failover_pair_id=s,id=p,bus=r,nosuch=1",
      { "nosuch" } },
    { "filter-netdev", "-object filter-dump,id=f,netdev=nosuch,file=/dev/null",
      { "-object filter-dump", "netdev", "nosuch" } },
    { "filter-file", "-netdev user,id=n"
      " -object filter-dump,id=f,netdev=n,file=/nosuch/x", { "/nosuch/x" } },
    { "filter-position", "-netdev user,id=n -object filter-dump,id=f,netdev=n,"
      "file=/dev/null,position=middle", { "position", "middle", "head" } },
    { "filter-rate", "-netdev user,id=n -object filter-rate-limit,id=f,netdev=n,"
      "tx-bytes-per-second=fast", { "tx-bytes-per-second", "fast" } },
    { "no-netdev", "-device virtio-net-pci,netdev=nosuch", { "nosuch" } },
    { "netdev-taken", "-netdev hubport,id=h,hubid=0"
      " -device virtio-net-pci,netdev=h -device virtio-net-pci,netdev=h",
      { "'h'" } },
    { "netdev-type", "-netdev nosuch,id=a", { "nosuch" } },
    { "netdev-option", "-netdev user,id=a,nosuch=1", { "nosuch" } },
    { "netdev-no-id", "-netdev user", { "id" } },
    { "netdev-bad-id", "-netdev user,id=1a", { "1a" } },
    { "netdev-bool", "-netdev user,id=a,restrict=maybe", { "restrict" } },
    { "netdev-fd", "-netdev socket,id=a,fd=99", { "99" } },
    { "hostfwd", "-netdev user,id=a,hostfwd=xx", { "xx" } },
    { "kernel", "-kernel /nosuch/kernel", { "/nosuch/kernel" } },
    { "bios", "-bios /nosuch/bios", { "/nosuch/bios" } },
    { "romfile", "-device virtio-net-pci,romfile=/nosuch/rom",
      { "/nosuch/rom" } },
    { "memory-word", "-m many", { "many" } },
    { "memory-beyond-host", "-m 900T", { "900" } },
    { "smp", "-smp 0", { "0" } },
    { "object", "-object nosuch,id=a", { "nosuch" } },
    { "chardev", "-chardev nosuch,id=a", { "nosuch" } },
    { "serial", "-serial nosuch", { "nosuch" } },
    { "mon", "-mon chardev=nosuch", { "nosuch" } },
    { "global", "-global nosuch", { "nosuch" } },
    { "readconfig", "-readconfig /nosuch/file", { "/nosuch/file" } },
    { "append-without-kernel", "-append x", { "-append" } },
    { "initrd-without-kernel", "-initrd x", { "-initrd" } },
};

static void test_case(const void *opaque)
{
    const BadInput *bad = opaque;

    expect_refusal(bad->args, bad->words);
}

static void test_port_in_use(void)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_autofree char *socket_args = NULL, *hostfwd_args = NULL, *port = NULL;

    g_assert_cmpint(bind(fd, (void *)&addr, sizeof(addr)), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    getsockname(fd, (void *)&addr, &len);
    port = g_strdup_printf("%u", ntohs(addr.sin_port));
    socket_args = g_strdup_printf("-netdev socket,id=a,listen=127.0.0.1:%s",
                                  port);
    expect_refusal(socket_args, (const char *const[]) { port, NULL });
    hostfwd_args = g_strdup_printf(
        "-netdev user,id=a,hostfwd=tcp:127.0.0.1:%s-:22", port);
    expect_refusal(hostfwd_args, (const char *const[]) { port, NULL });
    close(fd);
}

static char *make_file(const char *name, const void *data, size_t size)
{
    char *path = g_strdup_printf("%s/bad-input-%d-%s", g_get_tmp_dir(),
                                 getpid(), name);

    g_assert_true(g_file_set_contents(path, data, size, NULL));
    return path;
}

static void test_images(void)
{
    /* Enough of a setup header to be looked at, and no more behind it. */
    uint8_t image[2048] = { 0 };
    g_autofree char *empty = make_file("empty", "", 0);
    g_autofree char *text = make_file("text", "no kernel", 9);
    g_autofree char *cut = NULL, *args = NULL;

    image[0x1f1] = 4;
    image[0x1fe] = 0x55;
    image[0x1ff] = 0xaa;
    memcpy(image + 0x202, "HdrS", 4);
    image[0x206] = 0x0f;
    image[0x207] = 0x02;
    image[0x211] = 1;
    cut = make_file("cut", image, sizeof(image));

    args = g_strdup_printf("-kernel %s", empty);
    expect_refusal(args, (const char *const[]) { empty, NULL });
    g_free(args);
    args = g_strdup_printf("-kernel %s", text);
    expect_refusal(args, (const char *const[]) { text, NULL });
    g_free(args);
    args = g_strdup_printf("-kernel %s", cut);
    expect_refusal(args, (const char *const[]) { cut, NULL });
    g_free(args);
    args = g_strdup_printf("-kernel %s -initrd /nosuch/initrd", cut);
    expect_refusal(args, (const char *const[]) { NULL });
    g_unlink(empty);
    g_unlink(text);
    g_unlink(cut);
}

/* A late error takes away what came before it. */
static void test_nothing_left(void)
{
    g_autofree char *base = g_strdup_printf("%s/bad-input-%d",
                                            g_get_tmp_dir(), getpid());
    g_autofree char *args = g_strdup_printf(
        "-pidfile %s.pid -qmp unix:%s.sock,server=on,wait=off"
        " -netdev dgram,id=d,local.type=unix,local.path=%s.d,"
        "remote.type=unix,remote.path=%s.r -device nosuch",
        base, base, base, base);
    static const char *const endings[] = { "pid", "sock", "d", "r" };

    expect_refusal(args, (const char *const[]) { "nosuch", NULL });
    for (unsigned i = 0; i < ARRAY_SIZE(endings); i++) {
        g_autofree char *path = g_strdup_printf("%s.%s", base, endings[i]);

        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    }
}

static void test_help(void)
{
    static const struct { const char *args, *word; } helps[] = {
        { "-help", "-device" },
        { "-version", "7.2.0" },
        { "-M help", "pc-i440fx-7.2" },
        { "-accel help", "tcg" },
        { "-cpu help", "qemu64" },
        { "-device help", "virtio-net-pci" },
        { "-device virtio-net-pci,help", "rx_queue_size" },
        { "-netdev help", "user" },
        { "-netdev user,help", "hostfwd" },
        { "-object help", "memory-backend-ram" },
        { "-object memory-backend-ram,help", "size" },
        { "-chardev help", "socket" },
        { "-d help", "guest_errors" },
        { "-trace help", "" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(helps); i++) {
        g_autofree char *output = NULL;
        int status;

        status = qtest_run(helps[i].args, &output);
        if (status != 0 || !strstr(output, helps[i].word)) {
            g_error("'%s': status %d: %s", helps[i].args, status, output);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *path = g_strdup_printf("bad-input/%s",
                                                cases[i].name);

        qtest_add_data_func(path, &cases[i], test_case);
    }
    qtest_add_func("bad-input/port-in-use", test_port_in_use);
    qtest_add_func("bad-input/images", test_images);
    qtest_add_func("bad-input/nothing-left-behind", test_nothing_left);
    qtest_add_func("help", test_help);
    return g_test_run();
}
