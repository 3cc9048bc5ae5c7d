/*
 * virtio-net offloads in software over a backend that carries virtio headers but
 * does not know all kinds of segments, and packets that it read under rules of
 * before. The backend is a mock with room for as many packets as a test says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "hw/net/virtio-net-internal.h"
#include "hw/pci/pci.h"
#include "net/checksum.h"
#include "net/gso.h"
#include "system/address-spaces.h"
#include "pci-root.h"

#define HDR     sizeof(struct virtio_net_hdr_mrg_rxbuf)

/* --- the backend --- */

static GPtrArray *sent;             /* GBytes, as they came */
static unsigned room;

static unsigned mock_receive(NetClientState *nc, const NetPacket *packets,
                             unsigned count)
{
    unsigned taken = MIN(count, room);

    for (unsigned i = 0; i < taken; i++) {
        uint8_t *copy = g_malloc(packets[i].size);

        g_assert_cmpuint(iov_to_buf(packets[i].iov, packets[i].iovcnt, 0, copy,
                                    packets[i].size), ==, packets[i].size);
        g_ptr_array_add(sent, g_bytes_new_take(copy, packets[i].size));
    }
    room -= taken;
    return taken;
}

static bool mock_yes(NetClientState *nc)
{
    return true;
}

static bool mock_any_length(NetClientState *nc, int len)
{
    return true;
}

static const NetClientInfo mock_info = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(NetClientState),
    .receive_burst = mock_receive,
    .has_vnet_hdr = mock_yes,
    .has_vnet_hdr_len = mock_any_length,
    /* Neither UFO nor USO. */
};

/* --- the device --- */

static PCIBus *bus;

static VirtIONet *net_new(DeviceState **dev)
{
    qemu_new_net_client(&mock_info, NULL, "mock", "m0");
    *dev = DEVICE(pci_new(-1, "virtio-net-pci"));
    object_property_set_str(OBJECT(*dev), "romfile", "", &error_abort);
    object_property_parse(OBJECT(*dev), "netdev", "m0", &error_abort);
    g_assert_true(qdev_realize(*dev, BUS(bus), &error_abort));
    sent = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    room = UINT_MAX;
    return VIRTIO_NET(object_resolve_path_component(OBJECT(*dev),
                                                    "virtio-backend"));
}

static void net_free(DeviceState *dev)
{
    qdev_unrealize(dev);
    object_unparent(OBJECT(dev));
    object_unref(dev);
    drain_call_rcu();
    qemu_del_net_client(qemu_find_netdev("m0"));
    g_ptr_array_unref(sent);
}

#define FEATURE(name)   (UINT64_C(1) << VIRTIO_NET_F_##name)
#define HOST_ALL                                                             \
    (FEATURE(CSUM) | FEATURE(HOST_TSO4) | FEATURE(HOST_UFO) |                \
     FEATURE(HOST_USO))

static void agree_on(VirtIONet *n, uint64_t features)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);

    g_assert_cmphex(features & ~vdev->host_features.w[0], ==, 0);
    vdev->guest_features.w[0] = features;
    virtio_features_set(&vdev->guest_features, VIRTIO_F_VERSION_1);
    VIRTIO_DEVICE_GET_CLASS(vdev)->set_features(vdev);
}

/* --- packets --- */

typedef struct Packet {
    struct iovec iov;
    uint8_t bytes[HDR + 8000];
} Packet;

/* IPv4 with TCP or UDP: 14 + 20 + 20 or 8 bytes of headers. */
static Packet *packet_new(bool tcp, uint8_t type, size_t payload)
{
    Packet *p = g_new0(Packet, 1);
    uint8_t *frame = p->bytes + HDR, *ip = frame + 14;
    size_t l4_bytes = (tcp ? 20 : 8) + payload;
    struct virtio_net_hdr hdr = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = type,
        .gso_size = 1000, .csum_start = 34, .csum_offset = tcp ? 16 : 6,
    };
    uint64_t sum = (tcp ? 6 : 17) + l4_bytes;

    memcpy(p->bytes, &hdr, sizeof(hdr));
    stw_be_p(frame + 12, ETH_P_IP);
    ip[0] = 0x45;
    stw_be_p(ip + 2, 20 + l4_bytes);
    ip[8] = 64;
    ip[9] = tcp ? 6 : 17;
    stl_be_p(ip + 12, 0x0a000001);
    stl_be_p(ip + 16, 0x0a000002);
    if (tcp) {
        ip[32] = 0x50;
    } else {
        stw_be_p(ip + 24, l4_bytes);
    }
    for (size_t i = 0; i < payload; i++) {
        ip[20 + l4_bytes - payload + i] = i * 3 + (i >> 8);
    }
    /* The pseudo header's sum, not inverted. */
    sum = net_checksum_add(sum, ip + 12, 8);
    stw_be_p(frame + 34 + hdr.csum_offset, ~net_checksum_finish(sum));
    p->iov = (struct iovec) { p->bytes, HDR + 34 + l4_bytes };
    return p;
}

/* Segments of no size. */
static Packet *bad_new(void)
{
    Packet *p = packet_new(false, VIRTIO_NET_HDR_GSO_UDP_L4, 100);

    stw_le_p(p->bytes + offsetof(struct virtio_net_hdr, gso_size), 0);
    return p;
}

static void check_sum(const uint8_t *frame, size_t size)
{
    EthLayout l;
    uint64_t sum;

    g_assert_true(eth_parse(frame, size, &l));
    g_assert_cmpuint(l.ip_end, ==, size);
    sum = net_checksum_pseudo(frame, &l, size - l.l4_offset);
    sum = net_checksum_add(sum, frame + l.l4_offset, size - l.l4_offset);
    g_assert_cmphex(net_checksum_finish(sum), ==, 0);
}

/* Send these as a batch; how many are done with. */
static unsigned send_batch(VirtIONet *n, Packet *const *packets, unsigned count)
{
    VirtIONetQueue *q = &n->pairs[0];
    unsigned done;

    for (unsigned i = 0; i < count; i++) {
        VirtQueueElement *elem = &q->tx_batch.elems[i];

        elem->out_sg = &packets[i]->iov;
        elem->out_num = 1;
        elem->out_bytes = packets[i]->iov.iov_len;
        q->tx_packets[i] = (NetPacket) { elem->out_sg, 1, elem->out_bytes };
    }
    /* It may have been full before. */
    qemu_flush_queued_packets(qemu_find_netdev("m0"));
    g_assert_true(n->tx_software);
    g_assert_true(virtio_net_software_look(q, count));
    done = virtio_net_software_send(q, count, NULL);
    virtio_net_software_count(q, done);
    return done;
}

/* A frame of a datagram of its own, behind a header that asks for nothing. */
static void check_finished(unsigned i, const Packet *p, size_t from,
                           size_t bytes)
{
    static const uint8_t nothing[HDR];
    gsize size;
    const uint8_t *got = g_bytes_get_data(sent->pdata[i], &size);

    g_assert_cmpuint(size, ==, HDR + 42 + bytes);
    g_assert_cmpmem(got, HDR, nothing, HDR);
    check_sum(got + HDR, size - HDR);
    g_assert_cmpmem(got + HDR + 42, bytes, p->bytes + HDR + 42 + from, bytes);
}

static void check_untouched(unsigned i, const Packet *p, size_t size)
{
    gsize bytes;
    const uint8_t *got = g_bytes_get_data(sent->pdata[i], &bytes);

    g_assert_cmpmem(got, bytes, p->bytes, size);
}

/* --- transmit --- */

static void test_only_what_backend_lacks(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);
    Packet *const packets[] = {
        packet_new(true, VIRTIO_NET_HDR_GSO_NONE, 500),
        packet_new(true, VIRTIO_NET_HDR_GSO_TCPV4, 4500),
        packet_new(false, VIRTIO_NET_HDR_GSO_UDP_L4, 2500),
        packet_new(true, VIRTIO_NET_HDR_GSO_TCPV6, 4500),   /* not agreed on */
        packet_new(true, VIRTIO_NET_HDR_GSO_TCPV4, 600),
    };
    size_t sizes[ARRAY_SIZE(packets)];

    for (unsigned i = 0; i < ARRAY_SIZE(packets); i++) {
        sizes[i] = packets[i]->iov.iov_len;
    }
    agree_on(n, HOST_ALL);
    g_assert_cmpuint(send_batch(n, packets, ARRAY_SIZE(packets)), ==,
                     ARRAY_SIZE(packets));
    g_assert_cmpuint(sent->len, ==, 6);
    check_untouched(0, packets[0], sizes[0]);
    check_untouched(1, packets[1], sizes[1]);
    for (unsigned i = 0; i < 3; i++) {
        check_finished(2 + i, packets[2], 1000 * i, i < 2 ? 1000 : 500);
    }
    check_untouched(5, packets[4], sizes[4]);
    g_assert_cmpuint(n->pairs[0].tx.drops, ==, 1);
    for (unsigned i = 0; i < ARRAY_SIZE(packets); i++) {
        g_free(packets[i]);
    }
    net_free(dev);
}

/* Drivers that ask for nothing the backend lacks cost nothing. */
static void test_headers_not_read(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);

    agree_on(n, FEATURE(CSUM) | FEATURE(HOST_TSO4));
    g_assert_false(n->tx_software);
    agree_on(n, HOST_ALL);
    g_assert_true(n->tx_software);
    virtio_reset(VIRTIO_DEVICE(n));
    g_assert_false(n->tx_software);
    net_free(dev);
}

static void test_goes_on(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);
    VirtIONetQueue *q = &n->pairs[0];
    uint64_t drops;

    agree_on(n, HOST_ALL);
    for (unsigned first = 0; first < 8; first++) {
        Packet *big = packet_new(false, VIRTIO_NET_HDR_GSO_UDP_L4, 7500);
        Packet *again = packet_new(false, VIRTIO_NET_HDR_GSO_UDP_L4, 7500);
        Packet *const batch[] = { bad_new(), big, bad_new() };
        Packet *const rest[] = { again, bad_new() };

        g_ptr_array_set_size(sent, 0);
        drops = q->tx.drops;
        room = first;
        g_assert_cmpuint(send_batch(n, batch, 3), ==, 1);
        g_assert_cmpuint(sent->len, ==, first);
        g_assert_cmpuint(q->tx.drops, ==, drops + 1);
        /* As it comes out of the ring again. */
        room = UINT_MAX;
        g_assert_cmpuint(send_batch(n, rest, 2), ==, 2);
        g_assert_cmpuint(sent->len, ==, 8);
        for (unsigned i = 0; i < 8; i++) {
            check_finished(i, again, 1000 * i, i < 7 ? 1000 : 500);
        }
        g_assert_cmpuint(q->tx.drops, ==, drops + 2);
        for (unsigned i = 0; i < 3; i++) {
            g_free(batch[i]);
        }
        g_free(again);
        g_free(rest[1]);
    }
    net_free(dev);
}

/* More pieces than there is room for at one go. */
static void test_many_pieces(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);
    VirtIONetQueue *q = &n->pairs[0];
    g_autofree struct iovec *iov = g_new(struct iovec, TX_BATCH * 700);
    Packet *packets[TX_BATCH];

    agree_on(n, HOST_ALL);
    for (unsigned i = 0; i < TX_BATCH; i++) {
        VirtQueueElement *elem = &q->tx_batch.elems[i];
        struct iovec *first = iov + i * 700;

        packets[i] = packet_new(false, VIRTIO_NET_HDR_GSO_UDP_L4, 3000);
        elem->out_sg = first;
        elem->out_num = 700;
        elem->out_bytes = packets[i]->iov.iov_len;
        for (unsigned at = 0, piece = 0; piece < 700; piece++) {
            unsigned bytes = piece == 699 ? elem->out_bytes - at : 4;

            first[piece] = (struct iovec) { packets[i]->bytes + at, bytes };
            at += bytes;
        }
        q->tx_packets[i] = (NetPacket) { first, 700, elem->out_bytes };
    }
    g_assert_true(virtio_net_software_look(q, TX_BATCH));
    g_assert_cmpuint(virtio_net_software_send(q, TX_BATCH, NULL), ==, TX_BATCH);
    g_assert_cmpuint(sent->len, ==, 3 * TX_BATCH);
    for (unsigned i = 0; i < sent->len; i++) {
        check_finished(i, packets[i / 3], i % 3 * 1000, 1000);
    }
    for (unsigned i = 0; i < TX_BATCH; i++) {
        g_free(packets[i]);
    }
    net_free(dev);
}

static void test_forgets(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);
    Packet *big = packet_new(false, VIRTIO_NET_HDR_GSO_UDP_L4, 3500);
    Packet *again = packet_new(false, VIRTIO_NET_HDR_GSO_UDP_L4, 3500);

    agree_on(n, HOST_ALL);
    room = 2;
    g_assert_cmpuint(send_batch(n, &big, 1), ==, 0);
    virtio_net_tx_stop(&n->pairs[0]);
    room = UINT_MAX;
    g_assert_cmpuint(send_batch(n, &again, 1), ==, 1);
    g_assert_cmpuint(sent->len, ==, 2 + 4);
    g_free(big);
    g_free(again);
    net_free(dev);
}

/* --- receive --- */

static const NetPacket *receive(VirtIONet *n, Packet *p, size_t size)
{
    static NetPacket packet;

    p->iov.iov_len = size;
    packet = (NetPacket) { &p->iov, 1, size };
    g_assert_true(virtio_net_rx_checks(n));
    return virtio_net_rx_finish(&n->pairs[0], &packet);
}

static void test_rx_checksum(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);
    Packet *p = packet_new(true, VIRTIO_NET_HDR_GSO_NONE, 777);
    size_t size = p->iov.iov_len;
    g_autofree uint8_t *before = g_memdup2(p->bytes, size);
    static const uint8_t nothing[HDR];
    const NetPacket *got;
    const uint8_t *bytes;

    /* A driver that finishes it gets it as it is. */
    agree_on(n, FEATURE(GUEST_CSUM));
    got = receive(n, p, size);
    g_assert_true(got->iov == &p->iov);

    agree_on(n, 0);
    got = receive(n, p, size);
    g_assert_nonnull(got);
    g_assert_cmpuint(got->size, ==, size);
    g_assert_cmpuint(got->iovcnt, ==, 1);
    bytes = got->iov->iov_base;
    g_assert_cmpmem(bytes, HDR, nothing, HDR);
    check_sum(bytes + HDR, size - HDR);
    /* The backend's memory is not ours to write. */
    g_assert_cmpmem(p->bytes, size, before, size);

    /* "Valid" is a word that it does not know. */
    p->bytes[0] = VIRTIO_NET_HDR_F_DATA_VALID;
    got = receive(n, p, size);
    bytes = got->iov->iov_base;
    g_assert_cmpmem(bytes, HDR, nothing, HDR);
    g_assert_cmpmem(bytes + HDR, size - HDR, before + HDR, size - HDR);

    /* Outside the frame, or no whole header. */
    memcpy(p->bytes, before, HDR);
    for (size_t cut = 0; cut < HDR + 34 + 18; cut++) {
        g_assert_null(receive(n, p, cut));
    }
    g_free(p);
    net_free(dev);
}

static void test_rx_segments(void)
{
    static const struct { uint8_t type; uint64_t offload; } types[] = {
        { VIRTIO_NET_HDR_GSO_TCPV4, GUEST_OFFLOAD(TSO4) },
        { VIRTIO_NET_HDR_GSO_TCPV6, GUEST_OFFLOAD(TSO6) },
        { VIRTIO_NET_HDR_GSO_UDP, GUEST_OFFLOAD(UFO) },
        { VIRTIO_NET_HDR_GSO_UDP_L4, GUEST_OFFLOAD(USO4) },
        { VIRTIO_NET_HDR_GSO_UDP_L4, GUEST_OFFLOAD(USO6) },
    };
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);
    Packet *p = packet_new(true, VIRTIO_NET_HDR_GSO_TCPV4, 3000);
    size_t size = p->iov.iov_len;

    agree_on(n, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        uint64_t ecn = GUEST_OFFLOAD(ECN), csum = GUEST_OFFLOAD(CSUM);

        p->bytes[1] = types[i].type;
        n->guest_offloads = csum | types[i].offload;
        g_assert_nonnull(receive(n, p, size));
        p->bytes[1] |= VIRTIO_NET_HDR_GSO_ECN;
        g_assert_null(receive(n, p, size));
        n->guest_offloads |= ecn;
        g_assert_nonnull(receive(n, p, size));
        /* All but this one. */
        p->bytes[1] = types[i].type;
        n->guest_offloads = GUEST_OFFLOADS & ~types[i].offload;
        if (types[i].type == VIRTIO_NET_HDR_GSO_UDP_L4) {
            n->guest_offloads &= ~(GUEST_OFFLOAD(USO4) | GUEST_OFFLOAD(USO6));
        }
        g_assert_null(receive(n, p, size));
    }
    n->guest_offloads = GUEST_OFFLOADS & ~GUEST_OFFLOAD(UFO);
    for (unsigned type = 6; type < 0x80; type++) {
        p->bytes[1] = type;
        g_assert_null(receive(n, p, size));
    }
    g_free(p);
    net_free(dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bus = unit_pci_root_new();
    g_test_add_func("/virtio-net-software/only-what-the-backend-lacks",
                    test_only_what_backend_lacks);
    g_test_add_func("/virtio-net-software/headers-not-read",
                    test_headers_not_read);
    g_test_add_func("/virtio-net-software/goes-on", test_goes_on);
    g_test_add_func("/virtio-net-software/many-pieces", test_many_pieces);
    g_test_add_func("/virtio-net-software/forgets", test_forgets);
    g_test_add_func("/virtio-net-software/receive/checksum", test_rx_checksum);
    g_test_add_func("/virtio-net-software/receive/segments", test_rx_segments);
    return g_test_run();
}
