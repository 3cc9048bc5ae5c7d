/*
 * virtio-net receive in bursts: frames of all sizes for buffers of all sizes, wanted
 * and unwanted ones mixed, over datagrams, a stream and a tap. The emulator is held
 * while frames gather, so that it finds many at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"
#include "virtio-net-tap.h"

#define BUFFERS_MAX     1024
#define FRAME_MAX       9014
#define MERGEABLE       QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF)

typedef struct Scene {
    NetFixture *f;
    QTestState *qts;
    unsigned posted, taken;     /* buffers; they come back in order */
    uint64_t addr[BUFFERS_MAX];
    uint32_t size[BUFFERS_MAX];
    unsigned sent, got;         /* frames; their numbers */
} Scene;

/* --- three backends --- */

static char *stream_before(void **data)
{
    NetFixture *f = g_new0(NetFixture, 1);
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    f->host_fd = fds[0];
    f->guest_fd = fds[1];
    *data = f;
    return g_strdup_printf("-netdev socket,id=hs0,fd=%d", fds[1]);
}

static void open_tap(TapFixture *t)
{
    struct ifreq req = { .ifr_mtu = FRAME_MAX - 14 };

    net_tap_open_host(t);
    g_strlcpy(req.ifr_name, t->ifname, IFNAMSIZ);
    g_assert_cmpint(ioctl(t->net.host_fd, SIOCSIFMTU, &req), ==, 0);
}

static void start(Scene *s, void *data, void *driver, QTestState *qts,
                  const char *layout, uint64_t features)
{
    NetFixture *f = data;

    *s = (Scene){ .f = f, .qts = qts };
    if (f->guest_fd < 0) {
        open_tap(data);
    }
    net_fixture_start(f, driver, layout, features);
}

static void wire_send(Scene *s, const uint8_t *frame, size_t size)
{
    int type = SOCK_DGRAM;
    socklen_t len = sizeof(type);

    getsockopt(s->f->host_fd, SOL_SOCKET, SO_TYPE, &type, &len);
    if (type == SOCK_STREAM) {
        uint32_t prefix = htonl(size);

        net_host_send(s->f, &prefix, sizeof(prefix));
    }
    net_host_send(s->f, frame, size);
}

/* --- sending and expecting --- */

static void hold(Scene *s, bool on)
{
    kill(qtest_pid(s->qts), on ? SIGSTOP : SIGCONT);
}

static void post(Scene *s, uint32_t size)
{
    g_assert_cmpuint(s->posted, <, BUFFERS_MAX);
    s->size[s->posted] = size;
    s->addr[s->posted++] = net_guest_post(s->f, size);
}

static void send_sized(Scene *s, size_t size)
{
    uint8_t frame[FRAME_MAX];

    net_make_frame(frame, size, s->sent++);
    wire_send(s, frame, size);
}

/* The next frame, which has this size, over as many buffers as it needs. */
static void expect_sized(Scene *s, size_t size)
{
    uint8_t frame[FRAME_MAX], got[FRAME_MAX + 20];
    struct virtio_net_hdr_v1 hdr = { .num_buffers = 1 };
    size_t hdr_bytes = s->f->hdr_bytes;
    size_t whole = hdr_bytes + size, at = 0;
    unsigned buffers = 0;

    while (at < whole) {
        unsigned n = s->taken++;
        uint32_t len;

        g_assert_cmpuint(n, <, s->posted);
        qvirtqueue_wait(s->f->rx, &len);
        g_assert_cmpuint(len, ==, MIN(whole - at, s->size[n]));
        qtest_memread(s->qts, s->addr[n], got + at, len);
        at += len;
        buffers++;
    }
    memcpy(&hdr, got, MIN(hdr_bytes, sizeof(hdr)));
    g_assert_cmpuint(hdr.num_buffers, ==, buffers);
    g_assert_cmpuint(hdr.flags, ==, 0);
    net_make_frame(frame, size, s->got++);
    g_assert_cmpmem(got + hdr_bytes, size, frame, size);
}

static void expect_nothing(Scene *s)
{
    uint32_t len;

    qvirtio_settle(s->f->d);
    g_assert_false(qvirtqueue_poll(s->f->rx, &(uint16_t) { 0 }, &len));
}

/* --- what is tested --- */

static void fills_mergeable(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    static const uint32_t buffers[] = { 1526, 100, 12, 4096, 64, 300, 1526 };
    static const size_t frames[] = {
        60, 1514, 1515, 88, 89, 14, 9014, 60, 60, 2000, 1514, 64, 5000, 60,
    };
    Scene s;

    start(&s, data, driver, qts, variant, MERGEABLE);
    for (unsigned round = 0; round < 6; round++) {
        for (unsigned i = 0; i < 56; i++) {
            /* In the last rounds all are alike, as with most drivers. */
            post(&s, round < 3 ? buffers[i % ARRAY_SIZE(buffers)] : 1526);
        }
        qvirtqueue_kick(s.f->rx);
        hold(&s, true);
        for (unsigned i = 0; i < ARRAY_SIZE(frames); i++) {
            send_sized(&s, frames[i]);
        }
        hold(&s, false);
        for (unsigned i = 0; i < ARRAY_SIZE(frames); i++) {
            expect_sized(&s, frames[i]);
        }
        while (s.taken < s.posted) {
            send_sized(&s, 60);
            expect_sized(&s, 60);
        }
    }
    net_fixture_stop(s.f);
}

/* CVE-2015-7295 inside a burst. Guards: the size check before a chain is used. */
static void drops_what_is_too_long(void *driver, QTestState *qts,
                                   const char *variant, void *data)
{
    Scene s;
    unsigned hdr;

    start(&s, data, driver, qts, variant, 0);
    hdr = s.f->hdr_bytes;
    for (unsigned round = 0; round < 4; round++) {
        unsigned numbers[8], kept = 0;

        for (unsigned i = 0; i < 8; i++) {
            post(&s, hdr + 1000);       /* exactly one of the frames below */
        }
        qvirtqueue_kick(s.f->rx);
        hold(&s, true);
        for (unsigned i = 0; i < 16; i++) {
            bool fits = (i + round) % 2;

            if (fits) {
                numbers[kept++] = s.sent;
            }
            send_sized(&s, fits ? 1000 : 1001 + i * 300);
        }
        hold(&s, false);
        for (unsigned i = 0; i < kept; i++) {
            s.got = numbers[i];
            expect_sized(&s, 1000);
        }
    }
    net_fixture_stop(s.f);
}

/* Unwanted frames leave no hole, whatever stands before and behind them. */
static void filters_inside_a_burst(void *driver, QTestState *qts,
                                   const char *variant, void *data)
{
    static const uint32_t buffers[] = { 1526, 200, 1526, 80, 4096 };
    static const size_t sizes[] = { 60, 1514, 61, 300, 1200, 64, 4000 };
    static const char *const patterns[] = {
        "x.......", ".......x", ".x.x.x.x", "xxxxxxxx", "..xxx...", "xx.....x",
    };
    uint8_t off = 0;
    Scene s;

    start(&s, data, driver, qts, variant,
          MERGEABLE | QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
          QVIRTIO_F(VIRTIO_NET_F_CTRL_RX) | QVIRTIO_F(VIRTIO_NET_F_MAC));
    g_assert_cmpint(net_ctrl(s.f, VIRTIO_NET_CTRL_RX,
                             VIRTIO_NET_CTRL_RX_PROMISC, &off, 1), ==,
                    VIRTIO_NET_OK);
    for (unsigned i = 0; i < 12 * ARRAY_SIZE(patterns); i++) {
        post(&s, buffers[i % ARRAY_SIZE(buffers)]);
    }
    qvirtqueue_kick(s.f->rx);
    for (unsigned p = 0; p < ARRAY_SIZE(patterns); p++) {
        unsigned first = s.sent;

        hold(&s, true);
        for (unsigned i = 0; i < 8; i++) {
            size_t size = sizes[(first + i) % ARRAY_SIZE(sizes)];
            uint8_t frame[FRAME_MAX];

            net_make_frame(frame, size, s.sent++);
            if (patterns[p][i] == 'x') {
                frame[5] ^= 0x40;
            }
            wire_send(&s, frame, size);
        }
        hold(&s, false);
        for (unsigned i = 0; i < 8; i++) {
            if (patterns[p][i] == '.') {
                s.got = first + i;
                expect_sized(&s, sizes[(first + i) % ARRAY_SIZE(sizes)]);
            }
        }
    }
    expect_nothing(&s);
    net_fixture_stop(s.f);
}

static void buffers_come_one_by_one(void *driver, QTestState *qts,
                                    const char *variant, void *data)
{
    Scene s;

    start(&s, data, driver, qts, variant, MERGEABLE);
    for (unsigned i = 0; i < 24; i++) {
        send_sized(&s, i % 3 ? 60 + i : 2500);
    }
    for (unsigned i = 0; i < 24; i++) {
        for (unsigned n = 0; n < (i % 3 ? 1 : 3); n++) {
            expect_nothing(&s);
            post(&s, 1000);
            qvirtqueue_kick(s.f->rx);
        }
        expect_sized(&s, i % 3 ? 60 + i : 2500);
    }
    net_fixture_stop(s.f);
}

/* CVE-2021-3748: a buffer that is not RAM, the device's own registers at that. */
static void buffers_that_are_not_ram(void *driver, QTestState *qts,
                                     const char *variant, void *data)
{
    Scene s;
    uint64_t bar;

    start(&s, data, driver, qts, variant, MERGEABLE);
    bar = s.f->d->pci->msix_table.addr;
    for (unsigned i = 0; i < 3; i++) {
        post(&s, 1526);
        post(&s, 1526);
        s.size[s.posted] = 1000;
        s.addr[s.posted++] = bar;
        qvirtqueue_add1(s.f->rx, bar, 1000, true);
    }
    post(&s, 1526);
    qvirtqueue_kick(s.f->rx);
    hold(&s, true);
    for (unsigned i = 0; i < 10; i++) {
        send_sized(&s, 70 + i);
    }
    hold(&s, false);
    for (unsigned i = 0; i < 10; i++) {
        if (s.addr[s.taken] == bar) {
            uint32_t len;

            qvirtqueue_wait(s.f->rx, &len);
            g_assert_cmpuint(len, ==, s.f->hdr_bytes + 70 + i);
            s.taken++;
            s.got++;
        } else {
            expect_sized(&s, 70 + i);
        }
    }
    net_fixture_stop(s.f);
}

/* What waits while the machine stands still, or the device is made anew. */
static void stops_and_resets(void *driver, QTestState *qts, const char *variant,
                             void *data)
{
    Scene s;

    start(&s, data, driver, qts, variant, MERGEABLE);
    for (unsigned i = 0; i < 40; i++) {
        post(&s, 500);
    }
    qvirtqueue_kick(s.f->rx);
    qtest_qmp_ok(qts, "{'execute':'stop'}");
    for (unsigned i = 0; i < 10; i++) {
        send_sized(&s, i % 4 ? 60 : 1400);
    }
    expect_nothing(&s);
    qtest_qmp_ok(qts, "{'execute':'cont'}");
    for (unsigned i = 0; i < 10; i++) {
        expect_sized(&s, i % 4 ? 60 : 1400);
    }
    for (unsigned round = 0; round < 4; round++) {
        unsigned last;
        uint32_t len;

        hold(&s, true);
        for (unsigned i = 0; i < 20; i++) {
            send_sized(&s, 100);
        }
        hold(&s, false);
        last = s.sent;
        /* They come before the reset, or after it, or are lost in between. */
        start(&s, data, driver, qts, variant, MERGEABLE);
        s.sent = last;
        for (unsigned i = 0; i < 30; i++) {
            post(&s, 500);
        }
        qvirtqueue_kick(s.f->rx);
        qvirtio_settle(s.f->d);
        while (qvirtqueue_poll(s.f->rx, &(uint16_t) { 0 }, &len)) {
            s.taken++;
        }
        s.got = s.sent;
        send_sized(&s, 101);
        for (;;) {
            g_assert_cmpuint(s.taken, <, s.posted);
            qvirtqueue_wait(s.f->rx, &len);
            s.taken++;
            if (len == s.f->hdr_bytes + 101) {
                break;
            }
        }
    }
    net_fixture_stop(s.f);
}

static void register_tests(void)
{
    static const QOSTestOpts backends[] = {
        { .variants = qvirt_layout_names,
          .before = net_fixture_before, .after = net_fixture_after },
        { .variants = qvirt_layout_names,
          .before = stream_before, .after = net_fixture_after },
        { .variants = qvirt_layout_names,
          .before = net_tap_offload_before, .after = net_fixture_after },
    };
    static const char *const names[] = { "dgram", "stream", "tap" };
    static const struct { const char *name; QOSTestFunc *func; } tests[] = {
        { "fills-mergeable", fills_mergeable },
        { "drops-what-is-too-long", drops_what_is_too_long },
        { "filters", filters_inside_a_burst },
        { "one-by-one", buffers_come_one_by_one },
        { "not-ram", buffers_that_are_not_ram },
        { "stops-and-resets", stops_and_resets },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
        for (unsigned b = 0; b < ARRAY_SIZE(backends); b++) {
            g_autofree char *name = g_strdup_printf("rx-burst/%s/%s", names[b],
                                                    tests[i].name);

            qos_add_test(g_intern_string(name), "virtio-net", tests[i].func,
                         &backends[b]);
        }
    }
}

libqos_init(register_tests)
