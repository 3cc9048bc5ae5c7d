/*
 * virtio-net: what a guest asks for in headers, over each kind of backend: streams
 * that take a part, hubs, the user network, and tap with and without virtio headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-offload.h"
#include "virtio-net-tap.h"

/* --- fixtures --- */

static NetFixture *pair_of_sockets(void **data, int type)
{
    NetFixture *f = g_new0(NetFixture, 1);
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, type, 0, fds), ==, 0);
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    f->host_fd = fds[0];
    f->guest_fd = fds[1];
    f->stream = type == SOCK_STREAM;
    *data = f;
    return f;
}

static char *stream_before(void **data)
{
    NetFixture *f = pair_of_sockets(data, SOCK_STREAM);

    return g_strdup_printf("-netdev stream,id=hs0,addr.type=fd,addr.str=%d",
                           f->guest_fd);
}

static char *socket_before(void **data)
{
    NetFixture *f = pair_of_sockets(data, SOCK_STREAM);

    return g_strdup_printf("-netdev socket,id=hs0,fd=%d", f->guest_fd);
}

static char *hub_before(void **data)
{
    NetFixture *f = pair_of_sockets(data, SOCK_DGRAM);

    return g_strdup_printf("-netdev dgram,id=d0,local.type=fd,local.str=%d"
                           " -netdev hubport,id=hp1,hubid=0,netdev=d0"
                           " -netdev hubport,id=hs0,hubid=0", f->guest_fd);
}

/* The host's end is a UDP socket that the guest's datagrams are sent to. */
static char *user_before(void **data)
{
    NetFixture *f = g_new0(NetFixture, 1);
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    f->guest_fd = -1;
    f->host_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(f->host_fd, (struct sockaddr *)&addr, sizeof(addr)),
                    ==, 0);
    *data = f;
    return g_strdup("-netdev user,id=hs0");
}

/* --- each type of segment once --- */

static void some_of_all(NetFixture *f, bool vlan)
{
    static const uint8_t types[] = {
        VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4,
        VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_UDP, NET_GSO_UDP_L4,
    };
    g_autofree NetSample *s = g_new0(NetSample, 1);

    for (unsigned i = 0; i < ARRAY_SIZE(types) * 4; i++) {
        uint8_t type = types[i / 4];

        *s = (NetSample) {
            .version = type == VIRTIO_NET_HDR_GSO_TCPV6 ? 6 : 4,
            .tcp = type == VIRTIO_NET_HDR_GSO_TCPV4 ||
                   type == VIRTIO_NET_HDR_GSO_TCPV6,
            .vlan = vlan && i % 4 == 2, .type = type, .mss = 1400,
            .payload = type == VIRTIO_NET_HDR_GSO_NONE ? 1000 + i :
                       i % 2 ? 50000 + i : 1401,
        };
        net_sample_build(s);
        if (type == VIRTIO_NET_HDR_GSO_NONE || net_offload_has(f, type)) {
            net_sample_passes(f, s, 2 + i);
        }
    }
}

static void all_types(void *driver, QTestState *qts, const char *variant,
                      void *data)
{
    NetFixture *f = data;

    net_offload_start(f, driver, variant, 0);
    some_of_all(f, true);
    net_fixture_stop(f);
}

/* A stream that takes a few kilobytes at a time, in the middle of frames. */
static void narrow_stream(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;
    int bytes = 5000;

    g_assert_cmpint(setsockopt(f->guest_fd, SOL_SOCKET, SO_SNDBUF, &bytes,
                               sizeof(bytes)), ==, 0);
    net_offload_start(f, driver, variant, 0);
    some_of_all(f, true);
    net_fixture_stop(f);
}

/* --- the user network looks at checksums, and puts fragments together --- */

static void user_takes_datagrams(void *driver, QTestState *qts,
                                 const char *variant, void *data)
{
    NetFixture *f = data;
    g_autofree NetSample *s = g_new0(NetSample, 1);
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    uint8_t got[4096];

    g_assert_cmpint(getsockname(f->host_fd, (struct sockaddr *)&addr, &len),
                    ==, 0);
    net_offload_start(f, driver, variant, 0);
    for (unsigned i = 0; i < 3; i++) {
        static const uint8_t types[] = {
            VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_UDP, NET_GSO_UDP_L4,
        };
        unsigned step;

        *s = (NetSample) {
            .version = 4, .type = types[i], .payload = i ? 3500 : 700,
            .mss = 1400, .source = 0x0a00020f, .dest = 0x0a000202,
            .dest_port = ntohs(addr.sin_port),
        };
        if (i && !net_offload_has(f, types[i])) {
            continue;
        }
        step = types[i] == NET_GSO_UDP_L4 ? s->mss : s->payload;
        net_sample_build(s);
        net_sample_send(f, s, 4);
        qvirtqueue_wait(f->tx, NULL);
        for (unsigned at = 0; at < s->payload; at += step) {
            unsigned bytes = MIN(step, s->payload - at);

            g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==,
                            bytes);
            g_assert_cmpmem(got, bytes, s->frame + s->payload_at + at, bytes);
        }
    }
    net_fixture_stop(f);
}

/* --- tap --- */

static void tap_without_headers(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    TapFixture *t = data;

    net_tap_open_host(t);
    net_offload_start(&t->net, driver, variant, 0);
    /* The kernel takes VLAN tags out of what packet sockets see. */
    some_of_all(&t->net, false);
    net_fixture_stop(&t->net);
}

/* Segments reach the kernel whole, with their requests. */
static void tap_cuts_by_itself(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    TapFixture *t = data;
    g_autofree NetSample *s = g_new0(NetSample, 1);
    g_autofree uint8_t *got = g_malloc(70000);
    struct virtio_net_hdr hdr;
    int on = 1;

    net_tap_open_host(t);
    g_assert_cmpint(setsockopt(t->net.host_fd, SOL_PACKET, PACKET_VNET_HDR,
                               &on, sizeof(on)), ==, 0);
    net_offload_start(&t->net, driver, variant, 0);
    *s = (NetSample) { .version = 4, .tcp = true, .payload = 20000,
                       .mss = 1400, .type = VIRTIO_NET_HDR_GSO_TCPV4 };
    net_sample_build(s);
    net_sample_send(&t->net, s, 3);
    g_assert_cmpint(net_host_receive(&t->net, got, 70000, 5000), ==,
                    sizeof(hdr) + s->size);
    memcpy(&hdr, got, sizeof(hdr));
    g_assert_cmpint(hdr.gso_type, ==, VIRTIO_NET_HDR_GSO_TCPV4);
    g_assert_cmpint(hdr.gso_size, ==, 1400);
    g_assert_cmpmem(got + sizeof(hdr), s->size, s->frame, s->size);
    net_fixture_stop(&t->net);
}

/*
 * What was under way when the driver lowered its offloads: checksums are finished,
 * segments are lost, and no header asks for anything. There is more of it than
 * the backend reads ahead.
 */
static void rules_of_before(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    TapFixture *t = data;
    NetFixture *f = &t->net;
    g_autofree NetSample *s = g_new0(NetSample, 1);
    g_autofree uint8_t *got = g_malloc(2048), *want = g_malloc(70000);
    const unsigned count = 120;
    uint64_t none = 0, addrs[120];
    int on = 1;

    net_tap_open_host(t);
    g_assert_cmpint(setsockopt(f->host_fd, SOL_PACKET, PACKET_VNET_HDR, &on,
                               sizeof(on)), ==, 0);
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) |
                      QVIRTIO_F(VIRTIO_NET_F_GUEST_CSUM) |
                      QVIRTIO_F(VIRTIO_NET_F_GUEST_TSO4));
    if (!qvirtio_has(f->d, VIRTIO_NET_F_GUEST_TSO4)) {
        qos_skip("this tap carries no large segments");
    }
    for (unsigned i = 0; i < 2 * count; i++) {
        struct virtio_net_hdr hdr;
        struct iovec iov[] = { { &hdr, sizeof(hdr) }, { s->frame, 0 } };

        *s = (NetSample) { .version = 4, .tcp = true, .mss = 1000,
                           .payload = i % 2 ? 5000 : 1000 + i,
                           .type = i % 2 ? VIRTIO_NET_HDR_GSO_TCPV4 :
                                           VIRTIO_NET_HDR_GSO_NONE };
        net_sample_build(s);
        hdr = net_sample_header(s);
        iov[1].iov_len = s->size;
        g_assert_cmpint(writev(f->host_fd, iov, 2), ==, sizeof(hdr) + s->size);
    }
    qvirtio_settle(f->d);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_GUEST_OFFLOADS,
                             VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &none, 8), ==,
                    VIRTIO_NET_OK);
    for (unsigned i = 0; i < count; i++) {
        addrs[i] = net_guest_post(f, 8192);
    }
    qvirtqueue_kick(f->rx);
    for (unsigned i = 0; i < count; i++) {
        struct virtio_net_hdr hdr;
        uint32_t len;

        *s = (NetSample) { .version = 4, .tcp = true, .payload = 1000 + 2 * i,
                           .mss = 1000, .type = VIRTIO_NET_HDR_GSO_NONE };
        net_sample_build(s);
        net_sample_frame(s, 0, want, 0);
        qvirtqueue_wait(f->rx, &len);
        g_assert_cmpint(len, ==, f->hdr_bytes + s->size);
        qtest_memread(qts, addrs[i], &hdr, sizeof(hdr));
        g_assert_cmpint(hdr.flags, ==, 0);
        g_assert_cmpint(hdr.gso_type, ==, VIRTIO_NET_HDR_GSO_NONE);
        qtest_memread(qts, addrs[i] + f->hdr_bytes, got, s->size);
        g_assert_cmpmem(got, s->size, want, s->size);
    }
    net_fixture_stop(f);
}

static void register_tests(void)
{
#define BACKEND(name)                                                       \
    static const QOSTestOpts name##_opts = {                                \
        .variants = qvirt_layout_names,                                     \
        .before = name##_before, .after = net_fixture_after,                \
    }
    BACKEND(stream);
    BACKEND(socket);
    BACKEND(hub);
    BACKEND(user);
    BACKEND(net_tap_offload);
    static const QOSTestOpts tap_opts = {
        .variants = qvirt_layout_names, .device_args = ",mq=on",
        .before = net_tap_before, .after = net_fixture_after,
    };
#undef BACKEND

    qos_add_test("offload-backend/stream", "virtio-net", all_types,
                 &stream_opts);
    qos_add_test("offload-backend/socket", "virtio-net", all_types,
                 &socket_opts);
    qos_add_test("offload-backend/hub", "virtio-net-any-backend", all_types,
                 &hub_opts);
    qos_add_test("offload-backend/narrow-stream", "virtio-net", narrow_stream,
                 &stream_opts);
    qos_add_test("offload-backend/user", "virtio-net-any-backend",
                 user_takes_datagrams, &user_opts);
    qos_add_test("offload-backend/tap", "virtio-net", tap_without_headers,
                 &tap_opts);
    qos_add_test("offload-backend/tap-cuts", "virtio-net", tap_cuts_by_itself,
                 &net_tap_offload_opts);
    qos_add_test("offload-backend/rules-of-before", "virtio-net",
                 rules_of_before, &net_tap_offload_opts);
}

libqos_init(register_tests)
