/*
 * virtio-net: checksums and segments that a guest asks for, over backends that can
 * do neither. What comes out is compared byte for byte with frames that are made
 * here the slow and plain way. VIRTIO 1.4 section 5.1.6.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include "libqos/virtio.h"
#include "virtio-net-offload.h"

/* --- what is offered --- */

#define HOST_ALL                                                             \
    (QVIRTIO_F(VIRTIO_NET_F_HOST_TSO4) | QVIRTIO_F(VIRTIO_NET_F_HOST_TSO6) | \
     QVIRTIO_F(VIRTIO_NET_F_HOST_ECN) | QVIRTIO_F(VIRTIO_NET_F_HOST_UFO))
#define GUEST_ALL                                                            \
    (QVIRTIO_F(VIRTIO_NET_F_GUEST_TSO4) |                                    \
     QVIRTIO_F(VIRTIO_NET_F_GUEST_TSO6) |                                    \
     QVIRTIO_F(VIRTIO_NET_F_GUEST_ECN) | QVIRTIO_F(VIRTIO_NET_F_GUEST_UFO))

static void offered(void *driver, QTestState *qts, const char *variant,
                    void *data)
{
    QVirtioDevice *d = driver;
    uint64_t checksums = QVIRTIO_F(VIRTIO_NET_F_CSUM) |
                         QVIRTIO_F(VIRTIO_NET_F_GUEST_CSUM);
    uint64_t features;

    qvirtio_reset(d);
    features = d->transport->get_features(d);
    g_assert_cmphex(features & (checksums | HOST_ALL), ==,
                    checksums | HOST_ALL);
    /* Nobody at the other end makes segments. */
    g_assert_cmphex(features & GUEST_ALL, ==, 0);
    if (features & QVIRTIO_F(VIRTIO_F_VERSION_1)) {
        g_assert_true(features & QVIRTIO_F(NET_F_HOST_USO));
    } else {
        g_assert_true(features & QVIRTIO_F(NET_F_GSO));
    }
}

static void not_offered_without_csum(void *driver, QTestState *qts,
                                     const char *variant, void *data)
{
    QVirtioDevice *d = driver;

    qvirtio_reset(d);
    g_assert_cmphex(d->transport->get_features(d) &
                    (HOST_ALL | GUEST_ALL | QVIRTIO_F(VIRTIO_NET_F_CSUM) |
                     QVIRTIO_F(NET_F_HOST_USO) | QVIRTIO_F(NET_F_GSO)), ==, 0);
}

/* --- finished frames --- */

static void checksum(void *driver, QTestState *qts, const char *variant,
                     void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = g_new0(NetSample, 1);

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CSUM));
    for (unsigned v = 0; v < 16; v++) {
        *s = (NetSample) {
            .version = v & 1 ? 6 : 4, .tcp = v & 2, .vlan = v & 4,
            .payload = v & 8 ? 1400 : 17 + v, .type = VIRTIO_NET_HDR_GSO_NONE,
        };
        net_sample_build(s);
        net_sample_passes(f, s, v + 1);
    }
    net_fixture_stop(f);
}

/* A sum of zero is written as all ones, which for UDP is a difference. */
static void checksum_of_zero(void *driver, QTestState *qts,
                             const char *variant, void *data)
{
    NetFixture *f = data;
    NetSample *s = g_new0(NetSample, 1);
    uint8_t got[100];
    unsigned sum;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CSUM));
    *s = (NetSample) { .version = 4, .payload = 20,
                       .type = VIRTIO_NET_HDR_GSO_NONE };
    net_sample_build(s);
    /* Make the last word such that nothing is left. */
    sum = net_plain_sum(0, s->frame + s->l4, s->size - s->l4 - 2);
    s->frame[s->size - 2] = ~sum >> 8;
    s->frame[s->size - 1] = ~sum;
    net_sample_send(f, s, 1);
    g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==, s->size);
    g_assert_cmphex(got[s->l4 + 6] << 8 | got[s->l4 + 7], ==, 0xffff);
    net_fixture_stop(f);
    g_free(s);
}

/* The place of a checksum is the driver's business, in no header that we know. */
static void checksum_anywhere(void *driver, QTestState *qts,
                              const char *variant, void *data)
{
    static const struct { uint16_t start, offset; } places[] = {
        { 14, 0 }, { 100, 153 }, { 253, 1 }, { 254, 1 }, { 255, 1 },
        { 40, 900 }, { 700, 0 }, { 701, 11 }, { 14, 1384 }, { 1398, 0 },
    };
    NetFixture *f = data;
    uint8_t frame[1400], got[2000];

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CSUM));
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        unsigned start = places[i].start, at = start + places[i].offset;
        struct virtio_net_hdr hdr = {
            .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = start,
            .csum_offset = places[i].offset,
        };
        uint16_t sum;

        net_make_frame(frame, sizeof(frame), i);
        net_offload_add(f, &hdr, frame, sizeof(frame), 1 + i * 2);
        qvirtqueue_kick(f->tx);
        sum = ~net_plain_sum(0, frame + start, sizeof(frame) - start);
        frame[at] = sum >> 8;
        frame[at + 1] = sum;
        g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==,
                        sizeof(frame));
        g_assert_cmpmem(got, sizeof(frame), frame, sizeof(frame));
        qvirtqueue_wait(f->tx, NULL);
    }
    net_fixture_stop(f);
}

static void cut_all(NetFixture *f, uint8_t type)
{
    static const struct { uint16_t mss; unsigned payload; } sizes[] = {
        { 1448, 65000 }, { 1448, 1448 }, { 1448, 1449 }, { 1448, 2896 },
        { 1448, 10 }, { 9000, 40001 }, { 65535, 5000 }, { 536, 7777 },
        { 1440, 0 }, { 100, 999 },
    };
    g_autofree NetSample *s = g_new0(NetSample, 1);
    bool udp = type == VIRTIO_NET_HDR_GSO_UDP || type == NET_GSO_UDP_L4;

    for (unsigned v = 0; v < ARRAY_SIZE(sizes) * 4; v++) {
        *s = (NetSample) {
            .version = type == VIRTIO_NET_HDR_GSO_TCPV4 ? 4 :
                       type == VIRTIO_NET_HDR_GSO_TCPV6 || v & 1 ? 6 : 4,
            .tcp = !udp, .vlan = v % 5 == 1,
            .extra = v % 3 == 2 && type != VIRTIO_NET_HDR_GSO_UDP,
            .payload = sizes[v / 4].payload, .mss = sizes[v / 4].mss,
            .type = type, .ecn = !udp && v & 2,
        };
        net_sample_build(s);
        net_sample_passes(f, s, 1 + v % 20);
    }
}

static void segments_of_type(NetFixture *f, QVirtioDevice *d,
                             const char *layout, uint8_t type)
{
    net_offload_start(f, d, layout, 0);
    if (!net_offload_has(f, type)) {
        qos_skip("not for legacy drivers");
    }
    cut_all(f, type);
    g_assert_true(qtest_alive(d->qts));
    net_fixture_stop(f);
}

static void tso4(void *driver, QTestState *qts, const char *variant, void *data)
{
    segments_of_type(data, driver, variant, VIRTIO_NET_HDR_GSO_TCPV4);
}

static void tso6(void *driver, QTestState *qts, const char *variant, void *data)
{
    segments_of_type(data, driver, variant, VIRTIO_NET_HDR_GSO_TCPV6);
}

static void uso(void *driver, QTestState *qts, const char *variant, void *data)
{
    segments_of_type(data, driver, variant, NET_GSO_UDP_L4);
}

static void ufo(void *driver, QTestState *qts, const char *variant, void *data)
{
    segments_of_type(data, driver, variant, VIRTIO_NET_HDR_GSO_UDP);
}

/* Behind a header of 20 bytes, of which backends know nothing. */
static void hash_header(void *driver, QTestState *qts, const char *variant,
                        void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = g_new0(NetSample, 1);

    net_offload_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_HASH_REPORT));
    if (f->hdr_bytes != 20) {
        qos_skip("hash reports are not for legacy drivers");
    }
    *s = (NetSample) { .version = 4, .tcp = true, .payload = 9999, .mss = 1448,
                       .type = VIRTIO_NET_HDR_GSO_TCPV4 };
    net_sample_build(s);
    for (unsigned pieces = 1; pieces < 24; pieces++) {
        net_sample_passes(f, s, pieces);
    }
    net_fixture_stop(f);
}

/* --- backends that take only some of a chain's frames --- */

static NetSample *big_segment(unsigned payload)
{
    NetSample *s = g_new0(NetSample, 1);

    *s = (NetSample) { .version = 4, .tcp = true, .payload = payload,
                       .mss = 1000, .type = VIRTIO_NET_HDR_GSO_TCPV4 };
    net_sample_build(s);
    return s;
}

/* The backend's socket: room for only a few frames. */
static void make_narrow(NetFixture *f)
{
    int bytes = 16384;

    g_assert_cmpint(setsockopt(f->guest_fd, SOL_SOCKET, SO_SNDBUF, &bytes,
                               sizeof(bytes)), ==, 0);
}

static bool came_back(QVirtQueue *vq)
{
    uint16_t id;
    uint32_t len;

    return qvirtqueue_poll(vq, &id, &len);
}

/* Every frame once and in order, and chains come back when all theirs have gone. */
static void goes_on_in_the_middle(void *driver, QTestState *qts,
                                  const char *variant, void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *big = big_segment(63000), *small = big_segment(400);
    g_autofree NetSample *fragments = big_segment(1);

    *fragments = (NetSample) { .version = 6, .payload = 30000, .mss = 1000,
                               .type = VIRTIO_NET_HDR_GSO_UDP };
    net_sample_build(fragments);
    make_narrow(f);
    net_offload_start(f, driver, variant, 0);
    for (unsigned round = 0; round < 3; round++) {
        net_sample_add(f, small, 3);
        net_sample_add(f, big, 5);
        net_sample_add(f, small, 1);
        net_sample_add(f, fragments, 7);
        net_sample_add(f, big, 2);
        qvirtqueue_kick(f->tx);
        qvirtio_settle(f->d);
        qvirtqueue_wait(f->tx, NULL);           /* the small one went */
        g_assert_false(came_back(f->tx));       /* the big one is under way */
        net_sample_expect(f, small, 0);
        net_sample_expect(f, big, 0);
        net_sample_expect(f, small, 0);
        net_sample_expect(f, fragments, 0);
        net_sample_expect(f, big, 0);
        for (unsigned i = 0; i < 4; i++) {
            qvirtqueue_wait(f->tx, NULL);
        }
    }
    net_fixture_stop(f);
}

static void drain(NetFixture *f)
{
    static uint8_t frame[70000];

    while (net_host_receive(f, frame, sizeof(frame), 50) > 0) {
    }
}

/* What was begun before a reset says nothing about what comes after it. */
static void reset_in_the_middle(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *big = big_segment(63000);

    make_narrow(f);
    for (unsigned round = 0; round < 2; round++) {
        net_offload_start(f, driver, variant, 0);
        net_sample_add(f, big, 5);
        qvirtqueue_kick(f->tx);
        qvirtio_settle(f->d);
        g_assert_false(came_back(f->tx));
        net_fixture_stop(f);
        drain(f);
    }
    net_offload_start(f, driver, variant, 0);
    net_sample_passes(f, big, 5);
    net_fixture_stop(f);
}

/* The same for one queue. VIRTIO 1.4 section 2.6.1. */
static void queue_reset_in_the_middle(void *driver, QTestState *qts,
                                      const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d = driver;
    g_autofree NetSample *big = big_segment(63000);
    const unsigned queue_reset = sizeof(struct virtio_pci_common_cfg) + 2;

    make_narrow(f);
    net_offload_start(f, d, variant, QVIRTIO_F(NET_F_RING_RESET));
    if (!qvirtio_has(d, NET_F_RING_RESET)) {
        qos_skip("queue reset is not for legacy drivers");
    }
    net_sample_add(f, big, 5);
    qvirtqueue_kick(f->tx);
    qvirtio_settle(d);
    g_assert_false(came_back(f->tx));
    qpci_io_write(d->pci, d->common, VIRTIO_PCI_COMMON_Q_SELECT, 1, 2);
    qpci_io_write(d->pci, d->common, queue_reset, 1, 2);
    g_assert_cmpint(qpci_io_read(d->pci, d->common, queue_reset, 2), ==, 0);
    drain(f);
    qvirtqueue_enable(f->tx);
    net_sample_passes(f, big, 5);
    net_fixture_stop(f);
}

/* --- hostile headers --- */

/* The chain comes back, and what is heard next is the frame sent after it. */
static void expect_dropped(NetFixture *f, const struct virtio_net_hdr *hdr,
                           const uint8_t *frame, size_t size, unsigned pieces)
{
    static unsigned number;
    uint8_t probe[60], got[2048];

    net_offload_add(f, hdr, frame, size, pieces);
    net_make_frame(probe, sizeof(probe), number++);
    net_guest_send(f, probe, sizeof(probe));
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    qvirtqueue_wait(f->tx, NULL);
    g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==,
                    sizeof(probe));
    g_assert_cmpmem(got, sizeof(probe), probe, sizeof(probe));
}

static void hostile_headers(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = big_segment(5000);
    struct virtio_net_hdr good, hdr;

    net_offload_start(f, driver, variant, 0);
    good = net_sample_header(s);
#define DROPPED(member, value)                                              \
    do {                                                                    \
        hdr = good;                                                         \
        hdr.member = (value);                                               \
        expect_dropped(f, &hdr, s->frame, s->size, 3);                      \
    } while (0)
    for (unsigned mss = 0; mss < 8; mss++) {
        DROPPED(gso_size, mss);         /* division, millions of frames */
    }
    DROPPED(gso_type, 2);
    DROPPED(gso_type, 6);
    DROPPED(gso_type, 0x20);
    DROPPED(gso_type, 0x7f);
    DROPPED(gso_type, VIRTIO_NET_HDR_GSO_ECN);
    DROPPED(gso_type, 0xff);
    DROPPED(gso_type, VIRTIO_NET_HDR_GSO_TCPV6);    /* not what it is */
    DROPPED(gso_type, VIRTIO_NET_HDR_GSO_UDP);
    DROPPED(gso_type, NET_GSO_UDP_L4);
    DROPPED(csum_start, s->l4 + 2);
    DROPPED(csum_start, 0xffff);
    DROPPED(csum_offset, 0xffff);
    DROPPED(csum_offset, 0);
#undef DROPPED
    good.gso_type = VIRTIO_NET_HDR_GSO_NONE;
    hdr = good;
    hdr.csum_start = s->size - 1;       /* the field ends outside the frame */
    hdr.csum_offset = 0;
    expect_dropped(f, &hdr, s->frame, s->size, 2);
    hdr.csum_start = hdr.csum_offset = 0xffff;
    expect_dropped(f, &hdr, s->frame, s->size, 2);
    /* Frames cut off in each of their headers, or none at all. */
    good = net_sample_header(s);
    for (size_t size = 0; size < s->payload_at; size += 3) {
        expect_dropped(f, &good, s->frame, size, 1 + size % 7);
    }
    /* hdr_len is only a hint. */
    hdr = good;
    hdr.hdr_len = 0xffff;
    net_offload_add(f, &hdr, s->frame, s->size, 3);
    qvirtqueue_kick(f->tx);
    net_sample_expect(f, s, 0);
    g_assert_cmphex(f->d->transport->get_status(f->d) &
                    VIRTIO_CONFIG_S_NEEDS_RESET, ==, 0);
    net_fixture_stop(f);
}

/* Random headers, in pieces of one byte: the device lives and goes on. */
static void random_headers(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = big_segment(700);
    uint8_t frame[60], got[2048];
    ssize_t size;

    net_offload_start(f, driver, variant, 0);
    for (unsigned round = 0; round < 100; round++) {
        struct virtio_net_hdr hdr = net_sample_header(s);
        uint8_t *bytes = (uint8_t *)&hdr;

        bytes[g_test_rand_int_range(0, sizeof(hdr))] = g_test_rand_int();
        bytes[g_test_rand_int_range(0, sizeof(hdr))] = g_test_rand_int();
        s->frame[g_test_rand_int_range(12, s->payload_at)] ^=
            1 << g_test_rand_int_range(0, 8);
        if (round % 10 == 0) {
            net_sample_build(s);
        }
        net_offload_add(f, &hdr, s->frame, s->size, 24);
        qvirtqueue_kick(f->tx);
        while (net_host_receive(f, got, sizeof(got), 1) > 0) {
        }
        qvirtqueue_wait(f->tx, NULL);
    }
    net_make_frame(frame, sizeof(frame), 1);
    net_guest_send(f, frame, sizeof(frame));
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    do {
        size = net_host_receive(f, got, sizeof(got), 5000);
        g_assert_cmpint(size, >, 0);
    } while (size != sizeof(frame) || memcmp(got, frame, size) != 0);
    net_fixture_stop(f);
}

/* What the driver did not agree on is not done for it. */
static void not_negotiated(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = big_segment(5000);
    struct virtio_net_hdr hdr = net_sample_header(s);
    g_autofree uint8_t *got = g_malloc(70000);

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CSUM) |
                      QVIRTIO_F(VIRTIO_NET_F_HOST_TSO6));
    expect_dropped(f, &hdr, s->frame, s->size, 3);
    net_fixture_stop(f);
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CSUM) |
                      QVIRTIO_F(VIRTIO_NET_F_HOST_TSO4));
    hdr.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
    expect_dropped(f, &hdr, s->frame, s->size, 3);
    net_fixture_stop(f);
    /* Without CSUM headers mean nothing (5.1.6.2.2). */
    net_fixture_start(f, driver, variant, 0);
    net_offload_add(f, &hdr, s->frame, s->size, 3);
    qvirtqueue_kick(f->tx);
    g_assert_cmpint(net_host_receive(f, got, 70000, 5000), ==, s->size);
    g_assert_cmpmem(got, s->size, s->frame, s->size);
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts plain = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts once = {
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts no_csum = {
        .device_args = ",csum=off,guest_csum=off",
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts hash = {
        .variants = qvirt_layout_names, .device_args = ",hash=on",
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const struct { const char *name; QOSTestFunc *func; } tests[] = {
        { "offload/checksum", checksum },
        { "offload/checksum-of-zero", checksum_of_zero },
        { "offload/checksum-anywhere", checksum_anywhere },
        { "offload/tso4", tso4 },
        { "offload/tso6", tso6 },
        { "offload/uso", uso },
        { "offload/ufo", ufo },
        { "offload/goes-on-in-the-middle", goes_on_in_the_middle },
        { "offload/reset-in-the-middle", reset_in_the_middle },
        { "offload/queue-reset-in-the-middle", queue_reset_in_the_middle },
        { "offload/hostile-headers", hostile_headers },
        { "offload/random-headers", random_headers },
        { "offload/not-negotiated", not_negotiated },
    };

    qos_add_test("offload/offered", "virtio-net", offered, &once);
    qos_add_test("offload/not-offered-without-csum", "virtio-net",
                 not_offered_without_csum, &no_csum);
    qos_add_test("offload/hash-header", "virtio-net", hash_header, &hash);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
        qos_add_test(tests[i].name, "virtio-net", tests[i].func, &plain);
    }
}

libqos_init(register_tests)
