/*
 * The tap backend against the kernel, in a network namespace of its own. Skipped,
 * and says so, where that cannot be had.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "net/net-internal.h"

#define HDR 12

static const char *skip_reason;

/* What came out of the backend. */
typedef struct Taker {
    NetClientState nc;
    GPtrArray *frames;          /* of GBytes */
    unsigned room;
} Taker;

static unsigned taker_receive(NetClientState *nc, const NetPacket *packets,
                              unsigned count)
{
    Taker *t = container_of(nc, Taker, nc);
    unsigned n;

    for (n = 0; n < count && t->room; n++, t->room--) {
        uint8_t *copy = g_malloc(packets[n].size);

        iov_to_buf(packets[n].iov, packets[n].iovcnt, 0, copy, packets[n].size);
        g_ptr_array_add(t->frames, g_bytes_new_take(copy, packets[n].size));
    }
    return n;
}

static void taker_cleanup(NetClientState *nc)
{
    g_ptr_array_unref(container_of(nc, Taker, nc)->frames);
}

static const NetClientInfo taker_info = {
    .type = NET_CLIENT_DRIVER_HUBPORT,
    .size = sizeof(Taker),
    .receive_burst = taker_receive,
    .cleanup = taker_cleanup,
};

static Taker *taker_new(NetClientState *peer)
{
    Taker *t = container_of(qemu_new_net_client(&taker_info, peer, "taker",
                                                NULL), Taker, nc);

    t->frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    t->room = 100000;
    return t;
}

static NetClientState *queue_of(const char *id, unsigned index)
{
    NetClientState *ncs[8];
    int count = qemu_find_net_clients_except(id, ncs, NET_CLIENT_DRIVER_NIC, 8);

    for (int i = 0; i < count; i++) {
        if (ncs[i]->queue_index == index) {
            return ncs[i];
        }
    }
    return NULL;
}

static bool add(const char *fmt, const char *value, Error **errp)
{
    g_autofree char *text = g_strdup_printf(fmt, value);
    struct json_object *json = json_tokener_parse(text);
    bool ok;

    g_assert_nonnull(json);
    ok = netdev_add_json(json, errp);
    json_object_put(json);
    return ok;
}

static void refuses(const char *json, const char *part)
{
    Error *err = NULL;

    g_assert_false(add("%s", json, &err));
    if (!strstr(error_get_pretty(err), part)) {
        g_error("'%s' is not in '%s'", part, error_get_pretty(err));
    }
    error_free(err);
    g_assert_null(qemu_find_netdev("t0"));
}

static void turn(void)
{
    for (unsigned i = 0; i < 20; i++) {
        main_loop_wait(true);
    }
}

/* Up, and without the kernel's own chatter. */
static void interface_up(const char *name)
{
    struct ifreq ifr = { 0 };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    g_strlcpy(ifr.ifr_name, name, IFNAMSIZ);
    ifr.ifr_flags = IFF_UP | IFF_NOARP;
    g_assert_cmpint(ioctl(fd, SIOCSIFFLAGS, &ifr), ==, 0);
    close(fd);
}

static void interface_delete(const char *name)
{
    struct {
        struct nlmsghdr nh;
        struct ifinfomsg info;
    } msg = {
        .nh = { sizeof(msg), RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
        .info.ifi_index = if_nametoindex(name),
    };
    char answer[512];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    g_assert_cmpint(send(fd, &msg, sizeof(msg), 0), ==, sizeof(msg));
    g_assert_cmpint(recv(fd, answer, sizeof(answer), 0), >, 0);
    close(fd);
    g_assert_cmpuint(if_nametoindex(name), ==, 0);
}

/* A socket that sees and sends frames of the interface, of one protocol. */
static int host_side(const char *name)
{
    struct sockaddr_ll sa = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_802_EX1),
        .sll_ifindex = if_nametoindex(name),
    };
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    htons(ETH_P_802_EX1));
    int on = 1;

    g_assert_cmpint(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), ==, 0);
    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
    return fd;
}

static void make_frame(uint8_t *frame, size_t size, unsigned number)
{
    memset(frame, number, size);
    memset(frame, 0xff, 6);
    frame[12] = ETH_P_802_EX1 >> 8;
    frame[13] = ETH_P_802_EX1 & 0xff;
    memcpy(frame + 14, &number, sizeof(number));
}

/* Frames of ours that the taker got; the kernel may add some of its own. */
static unsigned taken(Taker *t, size_t skip, size_t size)
{
    unsigned count = 0;

    for (unsigned i = 0; i < t->frames->len; i++) {
        gsize got;
        const uint8_t *frame = g_bytes_get_data(t->frames->pdata[i], &got);
        uint8_t expected[2048];

        if (got < skip + 14 || frame[skip + 12] != ETH_P_802_EX1 >> 8 ||
            frame[skip + 13] != (ETH_P_802_EX1 & 0xff)) {
            continue;
        }
        make_frame(expected, size, count);
        g_assert_cmpmem(frame + skip, got - skip, expected, size);
        count++;
    }
    return count;
}

static void send_frames(NetClientState *nc, size_t skip, unsigned count)
{
    uint8_t frame[64][HDR + 100] = { 0 };
    struct iovec iov[64][2];
    NetPacket packets[64];

    g_assert_cmpuint(count, <=, 64);
    for (unsigned i = 0; i < count; i++) {
        make_frame(frame[i] + skip, 100, i);
        iov[i][0] = (struct iovec) { frame[i], 10 };
        iov[i][1] = (struct iovec) { frame[i] + 10, 90 + skip };
        packets[i] = (NetPacket) { iov[i], 2, 100 + skip };
    }
    g_assert_cmpuint(qemu_send_burst(nc, packets, count, NULL), ==, count);
}

static void expect_at_host(int host, unsigned count)
{
    uint8_t frame[2048], expected[100];

    for (unsigned i = 0; i < count; i++) {
        make_frame(expected, 100, i);
        g_assert_cmpint(recv(host, frame, sizeof(frame), 0), ==, 100);
        g_assert_cmpmem(frame, 100, expected, 100);
    }
    g_assert_cmpint(recv(host, frame, sizeof(frame), 0), <, 0);
}

static bool may_run(void)
{
    if (skip_reason) {
        g_test_skip(skip_reason);
    }
    return !skip_reason;
}

/* One body for a NIC without and with the header, and for a tap without it. */
static void both_ways(const char *options, size_t skip)
{
    Taker *taker;
    uint8_t frame[100];
    int host;

    if (!may_run()) {
        return;
    }
    g_assert_true(add("{'type':'tap','id':'t0','ifname':'tt0','script':'no',"
                      "'downscript':'no'%s}", options, &error_abort));
    interface_up("tt0");
    host = host_side("tt0");
    taker = taker_new(qemu_find_netdev("t0"));
    g_assert_cmpstr(taker->nc.peer->info_str, ==,
                    "ifname=tt0,script=no,downscript=no");
    if (skip) {
        g_assert_true(qemu_has_vnet_hdr_len(taker->nc.peer, skip));
        qemu_set_vnet_hdr_len(taker->nc.peer, skip);
    }
    send_frames(&taker->nc, skip, 64);
    turn();
    expect_at_host(host, 64);
    for (unsigned i = 0; i < 200; i++) {
        make_frame(frame, 100, i);
        g_assert_cmpint(send(host, frame, 100, 0), ==, 100);
    }
    turn();
    g_assert_cmpuint(taken(taker, skip, 100), ==, 200);
    close(host);
    qemu_del_net_client(&taker->nc);
    g_assert_true(netdev_del("t0", &error_abort));
    g_assert_cmpuint(if_nametoindex("tt0"), ==, 0);
}

static void test_plain_nic(void)
{
    both_ways("", 0);
}

static void test_no_header(void)
{
    both_ways(",'vnet_hdr':false", 0);
}

static void test_header_12(void)
{
    both_ways("", HDR);
}

static void test_header_10(void)
{
    both_ways("", 10);
}

/* Nothing is lost while the guest takes nothing. */
static void test_guest_blocks(void)
{
    Taker *taker;
    uint8_t frame[100];
    int host;

    if (!may_run()) {
        return;
    }
    g_assert_true(add("{'type':'tap','id':'t0','ifname':'tt0','script':'no',"
                      "'downscript':'no','sndbuf':'1M'%s}", "", &error_abort));
    interface_up("tt0");
    host = host_side("tt0");
    taker = taker_new(qemu_find_netdev("t0"));
    taker->room = 10;
    for (unsigned i = 0; i < 300; i++) {
        make_frame(frame, 100, i);
        g_assert_cmpint(send(host, frame, 100, 0), ==, 100);
    }
    turn();
    g_assert_cmpuint(taker->frames->len, ==, 10);
    taker->room = 100000;
    qemu_flush_queued_packets(&taker->nc);
    turn();
    g_assert_cmpuint(taken(taker, 0, 100), ==, 300);
    close(host);
    qemu_del_net_client(&taker->nc);
    g_assert_true(netdev_del("t0", &error_abort));
}

/* Frames that the kernel refuses cost themselves and nothing else. */
static void test_bad_header(void)
{
    uint8_t frame[HDR + 100] = { 0 };
    struct iovec iov = { frame, sizeof(frame) };
    NetPacket packet = { &iov, 1, sizeof(frame) };
    Taker *taker;
    int host;

    if (!may_run()) {
        return;
    }
    g_assert_true(add("{'type':'tap','id':'t0','ifname':'tt0','script':'no',"
                      "'downscript':'no'%s}", "", &error_abort));
    interface_up("tt0");
    host = host_side("tt0");
    taker = taker_new(qemu_find_netdev("t0"));
    qemu_set_vnet_hdr_len(taker->nc.peer, HDR);
    make_frame(frame + HDR, 100, 0);
    for (unsigned i = 0; i < HDR; i++) {
        memset(frame, 0xff - i, i + 1);
        g_assert_cmpuint(qemu_send_burst(&taker->nc, &packet, 1, NULL), ==, 1);
    }
    for (size_t size = 0; size < HDR + 14; size++) {
        iov.iov_len = packet.size = size;
        g_assert_cmpuint(qemu_send_burst(&taker->nc, &packet, 1, NULL), ==, 1);
    }
    while (recv(host, frame, sizeof(frame), 0) > 0) {
        /* some are frames to the kernel */
    }
    send_frames(&taker->nc, HDR, 5);
    expect_at_host(host, 5);
    close(host);
    qemu_del_net_client(&taker->nc);
    g_assert_true(netdev_del("t0", &error_abort));
}

/* Queue 0 is in use from the start; others when the NIC says so. */
static void test_queues(void)
{
    Taker *takers[3];
    unsigned sum = 0;
    uint8_t frame[100];
    int host;

    if (!may_run()) {
        return;
    }
    g_assert_true(add("{'type':'tap','id':'t0','ifname':'tt0','script':'no',"
                      "'downscript':'no','queues':3%s}", "", &error_abort));
    interface_up("tt0");
    host = host_side("tt0");
    for (unsigned i = 0; i < 3; i++) {
        takers[i] = taker_new(queue_of("t0", i));
        g_assert_cmpstr(takers[i]->nc.peer->info_str, ==,
                        "ifname=tt0,script=no,downscript=no");
    }
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 100; i++) {
            make_frame(frame, 100, i);
            frame[6] = i;               /* many flows */
            g_assert_cmpint(send(host, frame, 100, 0), ==, 100);
        }
        turn();
        sum = takers[0]->frames->len + takers[1]->frames->len +
              takers[2]->frames->len;
        g_assert_cmpuint(sum, >=, 100 * (round + 1));
        if (round == 0) {
            g_assert_cmpuint(takers[1]->frames->len, ==, 0);
            g_assert_true(qemu_set_queue_enabled(takers[1]->nc.peer, true));
            g_assert_true(qemu_set_queue_enabled(takers[2]->nc.peer, true));
            send_frames(&takers[1]->nc, 0, 7);
            expect_at_host(host, 7);
        }
    }
    g_assert_true(qemu_set_queue_enabled(takers[1]->nc.peer, false));
    /* A queue out of use drops. */
    send_frames(&takers[1]->nc, 0, 7);
    expect_at_host(host, 0);
    qemu_set_vnet_hdr_len(takers[0]->nc.peer, HDR);
    g_assert_cmpint(takers[2]->nc.peer->vnet_hdr_len, ==, HDR);
    send_frames(&takers[2]->nc, HDR, 7);
    expect_at_host(host, 7);
    close(host);
    for (unsigned i = 0; i < 3; i++) {
        qemu_del_net_client(&takers[i]->nc);
    }
    g_assert_true(netdev_del("t0", &error_abort));
    g_assert_null(queue_of("t0", 1));
}

/* The other side goes at any moment. */
static void test_interface_deleted(void)
{
    if (!may_run()) {
        return;
    }
    for (unsigned round = 0; round < 10; round++) {
        Taker *taker;

        g_assert_true(add("{'type':'tap','id':'t0','ifname':'tt0','script':"
                          "'no','downscript':'no'%s}", "", &error_abort));
        interface_up("tt0");
        taker = taker_new(qemu_find_netdev("t0"));
        send_frames(&taker->nc, 0, round);
        if (round % 2) {
            turn();
        }
        interface_delete("tt0");
        send_frames(&taker->nc, 0, 10);
        turn();
        send_frames(&taker->nc, 0, 10);
        qemu_del_net_client(&taker->nc);
        g_assert_true(netdev_del("t0", &error_abort));
    }
}

static void test_fd(void)
{
    struct ifreq ifr = {
        .ifr_name = "tt1", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR,
    };
    g_autofree char *options = NULL;
    Taker *taker;
    int fd, host;

    if (!may_run()) {
        return;
    }
    fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    g_assert_cmpint(ioctl(fd, TUNSETIFF, &ifr), ==, 0);
    options = g_strdup_printf("'%d'", fd);
    g_assert_true(add("{'type':'tap','id':'t0','fd':%s}", options,
                      &error_abort));
    interface_up("tt1");
    host = host_side("tt1");
    taker = taker_new(qemu_find_netdev("t0"));
    g_assert_true(qemu_has_vnet_hdr(taker->nc.peer));
    send_frames(&taker->nc, 0, 3);
    expect_at_host(host, 3);
    close(host);
    qemu_del_net_client(&taker->nc);
    g_assert_true(netdev_del("t0", &error_abort));
    g_assert_cmpint(fcntl(fd, F_GETFL), <, 0);
}

static void test_scripts(void)
{
    g_autofree char *folder = g_dir_make_tmp("tap-XXXXXX", NULL);
    g_autofree char *script = g_build_filename(folder, "script", NULL);
    g_autofree char *log = g_build_filename(folder, "log", NULL);
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\necho $0 $1 $# >> %s\n", log);
    g_autofree char *options =
        g_strdup_printf("'script':'%s','downscript':'%s'", script, script);
    g_autofree char *lines = NULL, *expected = NULL;

    if (!may_run()) {
        g_rmdir(folder);
        return;
    }
    g_assert_true(g_file_set_contents_full(script, text, -1, 0, 0755, NULL));
    g_assert_true(add("{'type':'tap','id':'t0','ifname':'tt0',%s}", options,
                      &error_abort));
    g_assert_true(netdev_del("t0", &error_abort));
    g_assert_true(g_file_get_contents(log, &lines, NULL, NULL));
    expected = g_strdup_printf("%s tt0 1\n%s tt0 1\n", script, script);
    g_assert_cmpstr(lines, ==, expected);
    g_unlink(log);
    g_unlink(script);
    g_rmdir(folder);
    refuses("{'type':'tap','id':'t0','script':'/bin/false'}",
            "network script /bin/false failed with status 1");
    refuses("{'type':'tap','id':'t0','script':'/nosuch'}",
            "could not launch network script /nosuch: No such file");
    refuses("{'type':'tap','id':'t0','helper':'/bin/false'}",
            "bridge helper /bin/false failed with status 1");
    refuses("{'type':'bridge','id':'t0','helper':'echo a b >&2; true '}",
            "sent no descriptor");
}

/* A program opens the tap, and is told what 7.2's is; the bridge is its business. */
static void test_helper(void)
{
    static const char program[] =
        "#!/usr/bin/env python3\n"
        "import array, fcntl, socket, struct, sys\n"
        "use, fd, br = sys.argv[1:]\n"
        "assert use == '--use-vnet' and fd[:5] == '--fd=' and br == '--br=b7'\n"
        "tun = open('/dev/net/tun', 'r+b', buffering=0)\n"
        "fcntl.ioctl(tun, 0x400454ca,\n"
        "            struct.pack('16sH22x', b'tt0', 0x5002))\n"
        "sock = socket.socket(fileno=int(fd[5:]))\n"
        "sock.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,\n"
        "                       array.array('i', [tun.fileno()]))])\n";
    g_autofree char *folder = g_dir_make_tmp("tap-XXXXXX", NULL);
    g_autofree char *helper = g_build_filename(folder, "helper", NULL);

    if (!may_run()) {
        g_rmdir(folder);
        return;
    }
    g_assert_true(g_file_set_contents_full(helper, program, -1, 0, 0755, NULL));
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *shown = g_strdup_printf("helper=%s%s", helper,
                                                 i ? ",br=b7" : "");

        g_assert_true(add(i ? "{'type':'bridge','id':'t0','br':'b7',"
                          "'helper':'%s'}" : "{'type':'tap','id':'t0',"
                          "'br':'b7','helper':'%s'}", helper, &error_abort));
        g_assert_cmpstr(queue_of("t0", 0)->info_str, ==, shown);
        g_assert_true(qemu_has_vnet_hdr(queue_of("t0", 0)));
        g_assert_true(netdev_del("t0", &error_abort));
        g_assert_cmpuint(if_nametoindex("tt0"), ==, 0);
    }
    g_unlink(helper);
    g_rmdir(folder);
}

static void test_errors(void)
{
    refuses("{'type':'tap','id':'t0','vhost':true}", "vhost-net is not there");
    refuses("{'type':'tap','id':'t0','queues':0}",
            "expects a number from 1 to 1024, not '0'");
    refuses("{'type':'tap','id':'t0','ifname':'abcdefghijklmnop'}",
            "has 16 characters, expected 1 to 15");
    refuses("{'type':'tap','id':'t0','fd':'999'}",
            "t0: Can't use file descriptor 999");
    refuses("{'type':'tap','id':'t0','fd':'0'}",
            "net: tap: file descriptor 0 is not a tap");
    refuses("{'type':'tap','id':'t0','fd':'1','script':'no'}",
            "script= is invalid with fd=");
    refuses("{'type':'tap','id':'t0','sndbuf':'many'}",
            "Parameter 'sndbuf' expects a size value");
    if (!skip_reason) {
        refuses("{'type':'tap','id':'t0','ifname':'lo'}",
                "net: tap: cannot make interface lo");
        refuses("{'type':'tap','id':'t0','queues':1024,'script':'no'}",
                "the kernel has fewer queues");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (access("/dev/net/tun", R_OK | W_OK) < 0) {
        skip_reason = "no /dev/net/tun";
    } else if (unshare(CLONE_NEWNET) < 0) {
        skip_reason = "may not make a network namespace";
    }
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/tap/plain-nic", test_plain_nic);
    g_test_add_func("/tap/no-header", test_no_header);
    g_test_add_func("/tap/header-of-12", test_header_12);
    g_test_add_func("/tap/header-of-10", test_header_10);
    g_test_add_func("/tap/guest-blocks", test_guest_blocks);
    g_test_add_func("/tap/bad-header", test_bad_header);
    g_test_add_func("/tap/queues", test_queues);
    g_test_add_func("/tap/interface-deleted", test_interface_deleted);
    g_test_add_func("/tap/fd", test_fd);
    g_test_add_func("/tap/scripts", test_scripts);
    g_test_add_func("/tap/helper", test_helper);
    g_test_add_func("/tap/errors", test_errors);
    return g_test_run();
}
