/*
 * A guest's NIC on a tap: what the guest sends is what the host's interface gets,
 * and the other way round. In a network namespace of the test's own; skipped, and
 * says so, where that cannot be had.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "mapped-net.h"

#define FRAMES 20000

static const char *skip_reason;

static void interface_set(const char *name, bool up)
{
    struct ifreq ifr = { .ifr_flags = (up ? IFF_UP : 0) | IFF_NOARP };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    g_strlcpy(ifr.ifr_name, name, IFNAMSIZ);
    g_assert_cmpint(ioctl(fd, SIOCSIFFLAGS, &ifr), ==, 0);
    close(fd);
}

static void interface_up(const char *name)
{
    interface_set(name, true);
}

static int host_side(const char *name)
{
    struct sockaddr_ll sa = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = if_nametoindex(name),
    };
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    int on = 1, bytes = 16 << 20;

    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), ==, 0);
    return fd;
}

/* A frame of the sequence; others are the host's own chatter. */
static bool is_ours(const uint8_t *frame, uint32_t size, unsigned number)
{
    uint8_t expected[MAPPED_FRAME_BYTES];
    uint32_t bytes = mapped_net_frame(expected, number);

    return size == bytes && memcmp(frame, expected, size) == 0;
}

static void guest_to_host(MappedNet *side, int host)
{
    uint8_t frame[2048];
    unsigned sent = 0, got = 0;

    while (got < FRAMES) {
        struct pollfd p = { .fd = host, .events = POLLIN };

        sent = mapped_net_send(side, sent, MIN(FRAMES, got + 64));
        g_assert_cmpint(poll(&p, 1, 20000), ==, 1);
        if (is_ours(frame, recv(host, frame, sizeof(frame), 0), got)) {
            got++;
        }
    }
}

static void host_to_guest(MappedNet *side, int host)
{
    uint8_t frame[MAPPED_FRAME_BYTES];
    unsigned sent = 0, got = 0;
    gint64 deadline = g_get_monotonic_time() + 40 * G_USEC_PER_SEC;

    while (got < FRAMES) {
        uint32_t size;
        bool any = false;

        /* Fewer than the interface's queue holds. */
        while (sent < FRAMES && sent - got < 200) {
            size = mapped_net_frame(frame, sent++);
            g_assert_cmpint(send(host, frame, size, 0), ==, size);
        }
        while ((size = mapped_net_receive(side, frame))) {
            got += is_ours(frame, size, got);
            any = true;
        }
        if (any) {
            mapped_net_rx_kick(side);
        }
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
    }
}

static void run(const char *netdev)
{
    MappedNet side;
    int host;

    if (skip_reason) {
        g_test_skip(skip_reason);
        return;
    }
    mapped_net_start(&side, "tap", netdev);
    interface_up("tt0");
    host = host_side("tt0");
    guest_to_host(&side, host);
    host_to_guest(&side, host);
    close(host);
    mapped_net_stop(&side);
    g_assert_cmpuint(if_nametoindex("tt0"), ==, 0);
}

/* The interface goes down and up, under traffic: that costs frames only. */
static void test_down_and_up(void)
{
    const char *text = g_getenv("NETDEV_PEER_ROUNDS");
    unsigned rounds = text ? atoi(text) : 100, next = 1000000;
    uint8_t frame[MAPPED_FRAME_BYTES];
    MappedNet side;
    int host;

    if (skip_reason) {
        g_test_skip(skip_reason);
        return;
    }
    mapped_net_start(&side, "tap",
                     "tap,id=n0,ifname=tt0,script=no,downscript=no");
    for (unsigned i = 0; i < rounds; i++) {
        interface_set("tt0", i % 2);
        next = mapped_net_send(&side, next,
                               next + g_random_int_range(0, 100));
        if (g_random_boolean()) {
            g_usleep(g_random_int_range(0, 1000));
        }
        while (mapped_net_receive(&side, frame)) {
            /* the host's chatter */
        }
        g_assert_true(qtest_alive(side.qts));
    }
    interface_set("tt0", false);
    /* What finds nobody is lost, and does not stay with the device. */
    for (unsigned i = 0; mapped_net_tx_pending(&side); i++) {
        g_assert_cmpuint(i, <, 10000);
        g_usleep(1000);
    }
    interface_up("tt0");
    host = host_side("tt0");
    guest_to_host(&side, host);
    host_to_guest(&side, host);
    close(host);
    mapped_net_stop(&side);
}

static void test_vnet_header(void)
{
    run("tap,id=n0,ifname=tt0,script=no,downscript=no");
}

static void test_no_vnet_header(void)
{
    run("tap,id=n0,ifname=tt0,script=no,downscript=no,vnet_hdr=off");
}

static void test_sndbuf(void)
{
    run("tap,id=n0,ifname=tt0,script=no,downscript=no,sndbuf=8k");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (access("/dev/net/tun", R_OK | W_OK) < 0) {
        skip_reason = "no /dev/net/tun";
    } else if (unshare(CLONE_NEWNET) < 0) {
        skip_reason = "may not make a network namespace";
    }
    qtest_add_func("tap/vnet-header", test_vnet_header);
    qtest_add_func("tap/no-vnet-header", test_no_vnet_header);
    qtest_add_func("tap/sndbuf", test_sndbuf);
    qtest_add_func("tap/down-and-up", test_down_and_up);
    return g_test_run();
}
