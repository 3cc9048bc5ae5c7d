/*
 * filter-rate-limit from outside, on a card whose rings the test maps; and what
 * filters make of the header that frames of a tap have. Time is the virtual clock's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "mapped-net.h"

#define MS          1000000
#define WAIT_MS     10000
#define QUIET_MS    30          /* what has not come by then does not come */

static QTestState *qts;
static int host_fd;             /* the other end of the backend */

static bool readable(int fd, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, ms) == 1;
}

static void set(const char *name, const char *json)
{
    qtest_qmp_ok(qts, "{'execute':'qom-set','arguments':{'path':'/objects/r',"
                 "'property':'%s','value':%s}}", name, json);
}

static MappedNet card;

static void card_start(const char *objects)
{
    g_autofree char *netdev = NULL;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    host_fd = pair[0];
    netdev = g_strdup_printf("dgram,id=n0,local.type=fd,local.str=%d %s",
                             pair[1], objects);
    mapped_net_start(&card, "filter", netdev);
    close(pair[1]);
    qts = card.qts;
}

static void card_stop(void)
{
    mapped_net_stop(&card);
    close(host_fd);
}

/*
 * Frames of the card from @next on come out: @want soon, and then no more for a
 * moment. Returns the next one.
 */
static unsigned host_takes(unsigned next, unsigned want)
{
    uint8_t got[2048], expected[2048];

    for (unsigned end = next + want; ; ) {
        size_t size;

        if (!readable(host_fd, next < end ? WAIT_MS : QUIET_MS)) {
            return next;
        }
        size = mapped_net_frame(expected, next++);
        g_assert_cmpint(recv(host_fd, got, sizeof(got), 0), ==, size);
        g_assert_cmpmem(got, size, expected, size);
    }
}

/* The same of what the card receives. */
static unsigned guest_takes(unsigned next, unsigned want)
{
    gint64 end = g_get_monotonic_time() + WAIT_MS * G_TIME_SPAN_MILLISECOND;
    uint8_t got[MAPPED_FRAME_BYTES], expected[2048];
    unsigned enough = next + want, quiet = 0;

    while (quiet < 10 && g_get_monotonic_time() < end) {
        uint32_t size = mapped_net_receive(&card, got);

        if (size) {
            g_assert_cmpuint(size, ==, mapped_net_frame(expected, next++));
            g_assert_cmpmem(got, size, expected, size);
            quiet = 0;
        } else {
            mapped_net_rx_kick(&card);
            g_usleep(3000);
            quiet += next >= enough;
        }
    }
    return next;
}

static int64_t limit_number(const char *direction, const char *name)
{
    json_object *list = qtest_qmp_return(qts,
                                         "{'execute':'x-query-netstats'}");
    json_object *limits = NULL;
    int64_t value = -1;

    json_object_object_get_ex(json_object_array_get_idx(list, 0), "limits",
                              &limits);
    for (size_t i = 0; i < json_object_array_length(limits); i++) {
        json_object *limit = json_object_array_get_idx(limits, i);

        if (g_str_equal(json_string(limit, "direction"), direction)) {
            g_assert_cmpstr(json_string(limit, "id"), ==, "r");
            value = json_int(limit, name);
        }
    }
    json_object_put(list);
    return value;
}

/* What the card sends waits in its ring; the limit changes meanwhile. */
static void rate_of_transmit(void)
{
    g_autofree char *text = NULL;
    unsigned seen;

    card_start("-object filter-rate-limit,id=r,netdev=n0,"
               "tx-packets-per-second=100,tx-packets-burst=20");
    mapped_net_send(&card, 0, 200);
    seen = host_takes(0, 20);
    g_assert_cmpuint(seen, ==, 20);
    g_assert_cmpuint(mapped_net_tx_pending(&card), ==, 180);
    for (unsigned i = 1; i <= 5; i++) {
        qtest_clock_step(qts, 10 * MS);
        seen = host_takes(seen, 1);
        g_assert_cmpuint(seen, ==, 20 + i);
    }
    g_assert_cmpint(limit_number("tx", "packets"), ==, 25);
    g_assert_cmpint(limit_number("tx", "stops"), ==, 6);
    g_assert_cmpint(limit_number("tx", "stopped-ns"), ==, 50 * MS);
    g_assert_cmpint(limit_number("tx", "kept"), ==, 0);
    g_assert_cmpint(limit_number("tx", "dropped"), ==, 0);
    g_assert_cmpint(limit_number("rx", "stops"), ==, 0);
    text = qtest_hmp(qts, "info netstats");
    g_assert_nonnull(strstr(text, "limit r tx: 25 packets"));
    set("tx-packets-per-second", "1000");
    qtest_clock_step(qts, 10 * MS);
    seen = host_takes(seen, 10);
    g_assert_cmpuint(seen, ==, 35);
    set("tx-packets-per-second", "0");
    seen = host_takes(seen, 165);
    g_assert_cmpuint(seen, ==, 200);
    g_assert_cmpuint(mapped_net_tx_pending(&card), ==, 0);
    /* It goes while the ring waits for it. */
    set("tx-bytes-burst", "1000");
    set("tx-bytes-per-second", "1");
    mapped_net_send(&card, 200, 260);
    seen = host_takes(seen, 1);
    g_assert_cmpuint(seen, >, 200);
    g_assert_cmpuint(seen, <, 205);
    qtest_qmp_ok(qts, "{'execute':'object-del','arguments':{'id':'r'}}");
    g_assert_cmpuint(host_takes(seen, 260 - seen), ==, 260);
    card_stop();
}

static void rate_of_receive(void)
{
    uint8_t frame[2048];
    size_t bytes = 0;
    unsigned seen, sent = 0;

    card_start("-object filter-rate-limit,id=r,netdev=n0,"
               "rx-bytes-per-second=100000,rx-bytes-burst=5000");
    for (;; sent++) {
        size_t size = mapped_net_frame(frame, sent);

        if (send(host_fd, frame, size, MSG_DONTWAIT) < 0) {
            break;
        }
        g_usleep(1000);
    }
    /* A frame goes as long as there is something left. */
    for (seen = 0; bytes < 5000; seen++) {
        bytes += mapped_net_frame(frame, seen);
    }
    g_assert_cmpuint(sent, >, seen);
    g_assert_cmpuint(guest_takes(0, seen), ==, seen);
    g_assert_cmpint(limit_number("rx", "bytes"), ==, bytes);
    while (seen < sent) {
        qtest_clock_step(qts, 100 * MS);
        seen = guest_takes(seen, 1);
    }
    g_assert_cmpint(limit_number("rx", "packets"), ==, sent);
    g_assert_cmpint(limit_number("rx", "dropped"), ==, 0);
    mapped_net_send(&card, 0, 200);
    g_assert_cmpuint(host_takes(0, 200), ==, 200);
    card_stop();
}

/* The user network cannot wait: what it answers is kept. */
static void rate_of_who_cannot_wait(void)
{
    static const uint8_t arp[42] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56,
        8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56,
        10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2,
    };
    uint8_t frame[MAPPED_FRAME_BYTES];
    unsigned got = 0;

    mapped_net_start(&card, "filter", "user,id=n0 -object filter-rate-limit,"
                     "id=r,netdev=n0,rx-packets-per-second=10,"
                     "rx-packets-burst=2");
    qts = card.qts;
    for (unsigned i = 0; i < 6; i++) {
        mapped_net_send_bytes(&card, NULL, arp, sizeof(arp));
        /* One by one: each answer is there before the next question. */
        while (mapped_net_tx_pending(&card)) {
            g_usleep(1000);
        }
        for (unsigned n = 0; n < 3; n++) {
            qtest_qmp_ok(qts, "{'execute':'query-status'}");
        }
    }
    for (unsigned step = 0; step < 5; step++) {
        gint64 end = g_get_monotonic_time() + WAIT_MS * G_TIME_SPAN_MILLISECOND;
        unsigned quiet = 0, want = MIN(2 + step, 6);

        while (quiet < 10 && g_get_monotonic_time() < end) {
            if (mapped_net_receive(&card, frame)) {
                got++;
            } else {
                g_usleep(3000);
                quiet += got >= want;
            }
        }
        g_assert_cmpuint(got, ==, want);
        g_assert_cmpint(limit_number("rx", "kept"), ==, 4);
        qtest_clock_step(qts, 100 * MS);
    }
    mapped_net_stop(&card);
}

static bool tun_usable(void)
{
    struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    bool usable = fd >= 0 && ioctl(fd, TUNSETIFF, &req) == 0;

    close(fd);
    return usable;
}

static void send_with_header(const struct virtio_net_hdr_v1 *hdr, size_t size)
{
    uint8_t frame[2048];

    memset(frame, 'x', size);
    mapped_net_send_bytes(&card, hdr, frame, size);
    while (mapped_net_tx_pending(&card)) {
        g_usleep(1000);
    }
}

/*
 * A dump leaves the header out, a mirror says how long it is, and a limit counts
 * bytes without it, and the segments that it asks for.
 */
static void header_of_a_tap(void)
{
    const struct virtio_net_hdr_v1 plain = { .num_buffers = 0 }, gso = {
        .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 100, .hdr_len = 54,
    };
    g_autofree char *file = g_strdup_printf("%s/filter-%d.pcap",
                                            g_get_tmp_dir(), getpid());
    g_autofree char *args = NULL, *pcap = NULL;
    uint8_t mirrored[8 + 12 + 1054];
    uint32_t words[2], record[4];
    gsize bytes;
    int pair[2];

    if (!tun_usable()) {
        g_test_skip("no tap interfaces here");
        return;
    }
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    args = g_strdup_printf(
        "tap,id=n0,script=no,downscript=no,vnet_hdr=on"
        " -chardev socket,id=m,fd=%d"
        " -object filter-dump,id=d,netdev=n0,file=%s,queue=rx"
        " -object filter-mirror,id=m,netdev=n0,outdev=m,queue=rx,"
        "vnet_hdr_support=on -object filter-rate-limit,id=r,netdev=n0,"
        "tx-packets-per-second=1000", pair[1], file);
    mapped_net_start(&card, "filter", args);
    close(pair[1]);
    qts = card.qts;
    send_with_header(&plain, 100);
    g_assert_cmpint(limit_number("tx", "packets"), ==, 1);
    g_assert_cmpint(limit_number("tx", "bytes"), ==, 100);
    send_with_header(&gso, 1054);
    g_assert_cmpint(limit_number("tx", "packets"), ==, 11);
    g_assert_cmpint(limit_number("tx", "bytes"), ==, 1154);

    for (unsigned i = 0; i < 2; i++) {
        uint32_t size = 12 + (i ? 1054 : 100);

        g_assert_true(readable(pair[0], WAIT_MS));
        g_assert_cmpint(recv(pair[0], words, 8, MSG_WAITALL), ==, 8);
        g_assert_cmpuint(ntohl(words[0]), ==, size);
        g_assert_cmpuint(ntohl(words[1]), ==, 12);
        g_assert_cmpint(recv(pair[0], mirrored, size, MSG_WAITALL), ==, size);
        g_assert_cmpmem(mirrored, 12, i ? &gso : &plain, 12);
        g_assert_cmpint(mirrored[12], ==, 'x');
    }
    g_assert_true(g_file_get_contents(file, &pcap, &bytes, NULL));
    g_assert_cmpuint(bytes, ==, 24 + 16 + 100 + 16 + 1054);
    memcpy(record, pcap + 24, sizeof(record));
    g_assert_cmpuint(record[3], ==, 100);
    memcpy(record, pcap + 24 + 16 + 100, sizeof(record));
    g_assert_cmpuint(record[3], ==, 1054);
    g_assert_cmpint(pcap[bytes - 1054], ==, 'x');
    mapped_net_stop(&card);
    close(pair[0]);
    g_unlink(file);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/filter-rate/transmit", rate_of_transmit);
    qtest_add_func("/filter-rate/receive", rate_of_receive);
    qtest_add_func("/filter-rate/who-cannot-wait", rate_of_who_cannot_wait);
    qtest_add_func("/filter-rate/header-of-a-tap", header_of_a_tap);
    return g_test_run();
}
