/*
 * virtio-net GUEST_HDRLEN: lengths of headers that the driver promises to be exact.
 * And what the statistics say of checksums and segments that were sent.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqos/virtio.h"
#include "virtio-net-offload.h"

#define GUEST_HDRLEN    QVIRTIO_F(59)
#define DEVICE_STATS    QVIRTIO_F(50)
#define PAYLOAD         5000
#define MSS             1000

static const struct { unsigned version; bool tcp; uint8_t type; } kinds[] = {
    { 4, true, VIRTIO_NET_HDR_GSO_TCPV4 }, { 6, true, VIRTIO_NET_HDR_GSO_TCPV6 },
    { 4, false, NET_GSO_UDP_L4 }, { 6, false, NET_GSO_UDP_L4 },
    { 4, false, VIRTIO_NET_HDR_GSO_UDP },
};

static void start(NetFixture *f, void *driver, const char *variant,
                  uint64_t features)
{
    net_offload_start(f, driver, variant, features |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) | DEVICE_STATS);
    if (!qvirtio_has(f->d, 50)) {
        qos_skip("not for legacy drivers");
    }
}

static void make(NetSample *s, unsigned kind, bool extra)
{
    *s = (NetSample) {
        .version = kinds[kind].version, .tcp = kinds[kind].tcp,
        .type = kinds[kind].type, .payload = PAYLOAD, .mss = MSS,
        .extra = extra && kinds[kind].type != VIRTIO_NET_HDR_GSO_UDP,
    };
    net_sample_build(s);
}

static void exact(void *driver, QTestState *qts, const char *variant,
                  void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = g_new0(NetSample, 1);

    start(f, driver, variant, GUEST_HDRLEN);
    g_assert_true(qvirtio_has(f->d, 59));
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(kinds); i++) {
        make(s, i / 2, i & 1);
        g_assert_cmpint(net_sample_header(s).hdr_len, ==, s->payload_at);
        net_sample_passes(f, s, 3);
    }
    net_fixture_stop(f);
}

/* Counters of one type of the transmit queue (section 5.1.6.5.11). */
static void tx_stats(NetFixture *f, unsigned type, uint64_t *counters,
                     unsigned count)
{
    const uint64_t request[2] = { 1, UINT64_C(1) << type };
    uint64_t reply[7];
    uint32_t got;

    g_assert_cmpint(net_ctrl_result(f, 8, 1, request, sizeof(request), reply,
                                    sizeof(reply), &got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got, ==, 8 + 8 * count);
    memcpy(counters, reply + 1, 8 * count);
}

/* Does a segment with this length in its header go out? All comes back. */
static bool goes_out(NetFixture *f, const NetSample *s, unsigned hdr_len)
{
    struct virtio_net_hdr hdr = net_sample_header(s);
    uint64_t before[6], after[6];
    uint8_t frame[2048];
    unsigned frames = 0;

    tx_stats(f, 16, before, 6);
    hdr.hdr_len = hdr_len;
    net_offload_add(f, &hdr, s->frame, s->size, 2);
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    qvirtio_settle(f->d);
    while (net_host_receive(f, frame, sizeof(frame), 0) > 0) {
        frames++;
    }
    tx_stats(f, 16, after, 6);
    g_assert_cmpint(after[1] - before[1], ==, frames);
    g_assert_cmpint(after[4] - before[4], ==, frames == 0);
    return frames > 0;
}

static void wrong(void *driver, QTestState *qts, const char *variant,
                  void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = g_new0(NetSample, 1);

    for (unsigned promised = 0; promised < 2; promised++) {
        start(f, driver, variant, promised ? GUEST_HDRLEN : 0);
        for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
            unsigned bad[4];

            make(s, i, false);
            bad[0] = 0;
            bad[1] = s->payload_at - 1;
            bad[2] = s->payload_at + 1;
            bad[3] = 0xffff;
            g_assert_true(goes_out(f, s, s->payload_at));
            for (unsigned b = 0; b < ARRAY_SIZE(bad); b++) {
                /* A hint is not believed, but harms nobody. */
                g_assert_cmpint(goes_out(f, s, bad[b]), ==, !promised);
            }
        }
        net_fixture_stop(f);
    }
}

static void counted(void *driver, QTestState *qts, const char *variant,
                    void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = g_new0(NetSample, 1);
    uint64_t basic[2][6], csum[2][2], gso[2][6];
    unsigned header, frames = PAYLOAD / MSS;
    uint8_t frame[100];

    start(f, driver, variant, 0);
    tx_stats(f, 16, basic[0], 6);
    tx_stats(f, 17, csum[0], 2);
    tx_stats(f, 18, gso[0], 6);
    make(s, 0, false);
    header = s->payload_at;
    for (unsigned i = 0; i < 3; i++) {
        net_sample_passes(f, s, 1 + i);
    }
    net_make_frame(frame, sizeof(frame), 1);
    net_guest_send(f, frame, sizeof(frame));
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    g_assert_cmpint(net_host_receive(f, frame, sizeof(frame), 5000), ==, 100);
    tx_stats(f, 16, basic[1], 6);
    tx_stats(f, 17, csum[1], 2);
    tx_stats(f, 18, gso[1], 6);
    g_assert_cmpint(basic[1][1] - basic[0][1], ==, 3 * frames + 1);
    g_assert_cmpint(basic[1][2] - basic[0][2], ==,
                    3 * (PAYLOAD + frames * header) + 100);
    g_assert_cmpint(csum[1][0] - csum[0][0], ==, 1);
    g_assert_cmpint(csum[1][1] - csum[0][1], ==, 3);
    g_assert_cmpint(gso[1][0] - gso[0][0], ==, 3);
    g_assert_cmpint(gso[1][1] - gso[0][1], ==, 3 * (PAYLOAD + header));
    g_assert_cmpint(gso[1][2] - gso[0][2], ==, 3 * frames);
    g_assert_cmpint(gso[1][3] - gso[0][3], ==,
                    3 * (PAYLOAD + frames * header));
    g_assert_cmpint(gso[1][4], ==, gso[0][4]);
    g_assert_cmpint(gso[1][5], ==, gso[0][5]);
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts opts = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("hdrlen/exact", "virtio-net-modern", exact, &opts);
    qos_add_test("hdrlen/wrong", "virtio-net-modern", wrong, &opts);
    qos_add_test("stats/sent-offloads", "virtio-net-modern", counted, &opts);
}

libqos_init(register_tests)
