/*
 * virtio-net seen from both sides: a driver in guest memory, and the other end of
 * the backend's socket. One body for every ring layout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <poll.h>
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"


/* --- the fixture --- */

char *net_fixture_before(void **data)
{
    NetFixture *f = g_new0(NetFixture, 1);
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), ==, 0);
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    f->host_fd = fds[0];
    f->guest_fd = fds[1];
    *data = f;
    return g_strdup_printf("-netdev dgram,id=hs0,local.type=fd,local.str=%d",
                           fds[1]);
}

static void free_queues(NetFixture *f)
{
    g_clear_pointer(&f->rx, qvirtqueue_free);
    g_clear_pointer(&f->tx, qvirtqueue_free);
    g_clear_pointer(&f->ctrl, qvirtqueue_free);
    for (unsigned i = 0; i < G_N_ELEMENTS(f->more); i++) {
        g_clear_pointer(&f->more[i], qvirtqueue_free);
    }
}

void net_fixture_after(void *data)
{
    NetFixture *f = data;

    close(f->host_fd);
    close(f->guest_fd);
    free_queues(f);
    g_free(f);
}

void net_fixture_start(NetFixture *f, QVirtioDevice *d, const char *layout,
                       uint64_t features)
{
    unsigned pairs = 1;

    f->d = d;
    free_queues(f);
    qpci_msix_enable(d->pci);
    qvirtio_negotiate(d, qvirt_layout(layout), features);
    f->hdr_bytes = qvirtio_has(d, VIRTIO_F_VERSION_1) ||
                   qvirtio_has(d, VIRTIO_NET_F_MRG_RXBUF) ? 12 : 10;
    if (qvirtio_has(d, VIRTIO_NET_F_HASH_REPORT)) {
        f->hdr_bytes = 20;
    }
    if (qvirtio_has(d, VIRTIO_NET_F_MQ) || qvirtio_has(d, VIRTIO_NET_F_RSS)) {
        pairs = MAX(f->pairs, 1);
    }
    f->rx = qvirtqueue_new(d, 0, 0);
    f->tx = qvirtqueue_new(d, 1, 0);
    for (unsigned i = 2; i < 2 * pairs; i++) {
        f->more[i - 2] = qvirtqueue_new(d, i, 0);
    }
    if (qvirtio_has(d, VIRTIO_NET_F_CTRL_VQ)) {
        f->ctrl = qvirtqueue_new(d, 2 * pairs, 0);
    }
    qvirtio_driver_ok(d);
}

void net_fixture_stop(NetFixture *f)
{
    qvirtio_reset(f->d);
    free_queues(f);
}

void net_fixture_works_again(NetFixture *f, const char *layout)
{
    uint8_t frame[64], got[64];

    net_fixture_start(f, f->d, layout, 0);
    /* What the device sent before, up to the reset, which ends it. */
    while (net_host_receive(f, got, sizeof(got), 0) >= 0) {
    }
    net_make_frame(frame, sizeof(frame), 99);
    net_guest_send(f, frame, sizeof(frame));
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==,
                    sizeof(frame));
    g_assert_cmpmem(got, sizeof(got), frame, sizeof(frame));
    g_assert_true(qtest_alive(f->d->qts));
}

ssize_t net_host_receive(NetFixture *f, void *frame, size_t size, int wait_ms)
{
    struct pollfd pfd = { .fd = f->host_fd, .events = POLLIN };

    if (poll(&pfd, 1, wait_ms) == 0) {
        return -1;
    }
    return recv(f->host_fd, frame, size, 0);
}

void net_host_send(NetFixture *f, const void *frame, size_t size)
{
    g_assert_cmpint(send(f->host_fd, frame, size, 0), ==, size);
}

/* A frame whose bytes depend on its number, to the guest's address. */
void net_make_frame(uint8_t *frame, size_t size, unsigned number)
{
    static const uint8_t head[14] = {
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5,
    };

    for (size_t i = 0; i < size; i++) {
        frame[i] = i < sizeof(head) ? head[i] : (uint8_t)(number + i);
    }
    if (size >= 18) {
        memcpy(frame + 14, &number, 4);
    }
}

uint64_t net_guest_send(NetFixture *f, const void *frame, size_t size)
{
    QTestState *qts = f->d->qts;
    uint64_t addr = guest_alloc(f->d->alloc, f->hdr_bytes + size);
    QVirtBuf bufs[2] = {
        { addr, f->hdr_bytes, false }, { addr + f->hdr_bytes, size, false },
    };

    qtest_memset(qts, addr, 0, f->hdr_bytes);
    qtest_memwrite(qts, addr + f->hdr_bytes, frame, size);
    qvirtqueue_add(f->tx, bufs, 2);
    return addr;
}

uint64_t net_guest_post(NetFixture *f, size_t size)
{
    uint64_t addr = guest_alloc(f->d->alloc, size);

    qvirtqueue_add1(f->rx, addr, size, true);
    return addr;
}

static void expect_frame(NetFixture *f, const void *frame, size_t size)
{
    g_autofree uint8_t *got = g_malloc(70000);
    ssize_t len = net_host_receive(f, got, 70000, 5000);

    g_assert_cmpint(len, ==, size);
    g_assert_cmpmem(got, len, frame, size);
}

/* --- transmit --- */

static void tx_frame_arrives(void *driver, QTestState *qts,
                             const char *variant, void *data)
{
    NetFixture *f = data;
    static const size_t sizes[] = { 14, 60, 1514, 9014, 65000 };
    g_autofree uint8_t *frame = g_malloc(65000);

    net_fixture_start(f, driver, variant, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint32_t len;

        net_make_frame(frame, sizes[i], i);
        net_guest_send(f, frame, sizes[i]);
        qvirtqueue_kick(f->tx);
        qvirtqueue_wait(f->tx, &len);
        g_assert_cmpint(len, ==, 0);
        expect_frame(f, frame, sizes[i]);
    }
    net_fixture_stop(f);
}

static void tx_burst_keeps_order(void *driver, QTestState *qts,
                                 const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[200];

    net_fixture_start(f, driver, variant, 0);
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 0; i < 40; i++) {
            net_make_frame(frame, 60 + i, round * 40 + i);
            net_guest_send(f, frame, 60 + i);
        }
        qvirtqueue_kick(f->tx);
        for (unsigned i = 0; i < 40; i++) {
            net_make_frame(frame, 60 + i, round * 40 + i);
            expect_frame(f, frame, 60 + i);
            qvirtqueue_wait(f->tx, NULL);
        }
    }
    qvirtqueue_wait_interrupt(f->tx);
    net_fixture_stop(f);
}

/* The header alone, in pieces, or together with the frame. */
static void tx_any_layout(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;
    uint8_t frame[100];
    unsigned hdr;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_F_ANY_LAYOUT));
    hdr = f->hdr_bytes;
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t cuts[][4] = {
            { hdr + 100 }, { 5, hdr - 5, 100 }, { hdr + 7, 93 },
            { hdr, 1, 1, 98 },
        };
        uint64_t addr = guest_alloc(f->d->alloc, hdr + 100), at = addr;
        QVirtBuf bufs[4];
        unsigned n;

        net_make_frame(frame, 100, i);
        qtest_memset(qts, addr, 0, f->hdr_bytes);
        qtest_memwrite(qts, addr + f->hdr_bytes, frame, 100);
        for (n = 0; n < 4 && cuts[i][n]; n++) {
            bufs[n] = (QVirtBuf) { at, cuts[i][n], false };
            at += cuts[i][n];
        }
        qvirtqueue_add(f->tx, bufs, n);
        qvirtqueue_kick(f->tx);
        qvirtqueue_wait(f->tx, NULL);
        expect_frame(f, frame, 100);
    }
    net_fixture_stop(f);
}

/* A backend that takes no more: nothing is lost, nothing overtakes. */
static void tx_waits_for_backend(void *driver, QTestState *qts,
                                 const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[1000], got[1100];
    unsigned sent = 0, received = 0;
    const unsigned total = 600;

    net_fixture_start(f, driver, variant, 0);
    while (received < total) {
        uint16_t id;
        uint32_t len;

        while (sent < total && f->tx->free_count >= 2) {
            net_make_frame(frame, sizeof(frame), sent++);
            net_guest_send(f, frame, sizeof(frame));
        }
        qvirtqueue_kick(f->tx);
        for (unsigned i = 0; i < 7 && received < total; i++) {
            g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==,
                            sizeof(frame));
            net_make_frame(frame, sizeof(frame), received++);
            g_assert_cmpmem(got, sizeof(frame), frame, sizeof(frame));
        }
        while (qvirtqueue_poll(f->tx, &id, &len)) {
        }
    }
    net_fixture_stop(f);
}

/* --- receive --- */

static void check_received(NetFixture *f, uint64_t addr, uint32_t len,
                           const uint8_t *frame, size_t size)
{
    g_autofree uint8_t *got = g_malloc(size);
    struct virtio_net_hdr_v1 hdr = { .num_buffers = 1 };

    g_assert_cmpint(len, ==, f->hdr_bytes + size);
    qtest_memread(f->d->qts, addr, &hdr, f->hdr_bytes);
    g_assert_cmpint(hdr.num_buffers, ==, 1);
    g_assert_cmpint(hdr.gso_type, ==, VIRTIO_NET_HDR_GSO_NONE);
    qtest_memread(f->d->qts, addr + f->hdr_bytes, got, size);
    g_assert_cmpmem(got, size, frame, size);
}

static void rx_frame_arrives(void *driver, QTestState *qts,
                             const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[1514];

    net_fixture_start(f, driver, variant, 0);
    for (unsigned i = 0; i < 100; i++) {
        size_t size = 14 + i * 15;
        uint64_t addr = net_guest_post(f, 2048);
        uint32_t len;

        qvirtqueue_kick(f->rx);
        net_make_frame(frame, size, i);
        net_host_send(f, frame, size);
        qvirtqueue_wait_untaken(f->rx);
        qvirtqueue_wait_interrupt(f->rx);
        qvirtqueue_wait(f->rx, &len);
        check_received(f, addr, len, frame, size);
    }
    net_fixture_stop(f);
}

/* Frames that came before there were buffers are delivered when there are. */
static void rx_waits_for_buffers(void *driver, QTestState *qts,
                                 const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[100];
    uint64_t addr[8];

    net_fixture_start(f, driver, variant, 0);
    for (unsigned i = 0; i < 8; i++) {
        net_make_frame(frame, 100, i);
        net_host_send(f, frame, 100);
    }
    qvirtio_settle(f->d);
    for (unsigned i = 0; i < 8; i++) {
        addr[i] = net_guest_post(f, 2048);
        if (i % 3 == 0) {
            qvirtqueue_kick(f->rx);
        }
    }
    qvirtqueue_kick(f->rx);
    for (unsigned i = 0; i < 8; i++) {
        uint32_t len;

        qvirtqueue_wait(f->rx, &len);
        net_make_frame(frame, 100, i);
        check_received(f, addr[i], len, frame, 100);
    }
    net_fixture_stop(f);
}

/* One frame over several buffers: all of it appears at once, and counted. */
static void rx_mergeable(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    NetFixture *f = data;
    g_autofree uint8_t *frame = g_malloc(9000), *got = g_malloc(9000);
    struct virtio_net_hdr_v1 hdr;
    uint64_t addr[16];
    size_t at = 0;

    net_fixture_start(f, driver, variant,
                      QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF));
    for (unsigned i = 0; i < 16; i++) {
        addr[i] = net_guest_post(f, 1000);
    }
    qvirtqueue_kick(f->rx);
    net_make_frame(frame, 9000, 5);
    net_host_send(f, frame, 9000);
    for (unsigned i = 0; at < 9000; i++) {
        uint32_t len, skip = i == 0 ? f->hdr_bytes : 0;

        qvirtqueue_wait(f->rx, &len);
        qtest_memread(qts, addr[i] + skip, got + at, len - skip);
        at += len - skip;
    }
    qtest_memread(qts, addr[0], &hdr, f->hdr_bytes);
    g_assert_cmpint(hdr.num_buffers, ==, (f->hdr_bytes + 9000 + 999) / 1000);
    g_assert_cmpmem(got, at, frame, 9000);
    net_fixture_stop(f);
}

/*
 * CVE-2015-7295: a frame that no buffer can hold is dropped, and reception goes
 * on. Guards: the size check before the chain is given up in the receive path.
 */
static void rx_jumbo_then_small(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[4000];
    uint64_t addr;
    uint32_t len;

    net_fixture_start(f, driver, variant, 0);
    addr = net_guest_post(f, 1526);
    qvirtqueue_kick(f->rx);
    net_make_frame(frame, 4000, 1);
    net_host_send(f, frame, 4000);
    net_make_frame(frame, 64, 2);
    net_host_send(f, frame, 64);
    qvirtqueue_wait(f->rx, &len);
    check_received(f, addr, len, frame, 64);
    net_fixture_stop(f);
}

/* The receive filter must not look behind the end of a short frame. */
static void rx_short_frames(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    NetFixture *f = data;
    uint8_t frame[64];
    uint64_t addr;
    uint32_t len;

    net_fixture_start(f, driver, variant, 0);
    addr = net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    for (size_t size = 1; size < 14; size++) {
        net_make_frame(frame, size, size);
        net_host_send(f, frame, size);
    }
    net_make_frame(frame, 64, 7);
    net_host_send(f, frame, 64);
    qvirtqueue_wait(f->rx, &len);
    check_received(f, addr, len, frame, 64);
    net_fixture_stop(f);
}

/* --- the control queue --- */

uint8_t net_ctrl(NetFixture *f, uint8_t class, uint8_t cmd, const void *body,
                 size_t size)
{
    QTestState *qts = f->d->qts;
    uint64_t addr = guest_alloc(f->d->alloc, 2 + size + 1);
    QVirtBuf bufs[3] = {
        { addr, 2, false }, { addr + 2, size, false },
        { addr + 2 + size, 1, true },
    };

    if (size == 0) {
        bufs[1] = bufs[2];
    }
    qtest_writeb(qts, addr, class);
    qtest_writeb(qts, addr + 1, cmd);
    qtest_memwrite(qts, addr + 2, body, size);
    qtest_writeb(qts, addr + 2 + size, 0xee);
    qvirtqueue_add(f->ctrl, bufs, size ? 3 : 2);
    qvirtqueue_kick(f->ctrl);
    qvirtqueue_wait(f->ctrl, NULL);
    return qtest_readb(qts, addr + 2 + size);
}

uint8_t net_ctrl_result(NetFixture *f, uint8_t class, uint8_t cmd,
                        const void *body, size_t size, void *result,
                        size_t room, uint32_t *got)
{
    QTestState *qts = f->d->qts;
    uint64_t addr = guest_alloc(f->d->alloc, 2 + size + 1 + room);
    QVirtBuf bufs[2] = { { addr, 2 + size, false },
                         { addr + 2 + size, 1 + room, true } };
    uint32_t len;

    qtest_writeb(qts, addr, class);
    qtest_writeb(qts, addr + 1, cmd);
    if (size) {
        qtest_memwrite(qts, addr + 2, body, size);
    }
    qvirtqueue_add(f->ctrl, bufs, 2);
    qvirtqueue_kick(f->ctrl);
    qvirtqueue_wait(f->ctrl, &len);
    if (room) {
        qtest_memread(qts, bufs[1].addr + 1, result, room);
    }
    if (got) {
        *got = len - 1;
    }
    return qtest_readb(qts, bufs[1].addr);
}

/* Send a frame to this address; does the guest get it? */
static bool passes_filter(NetFixture *f, const uint8_t mac[6])
{
    static unsigned number;
    uint8_t frame[64], probe[64];
    uint64_t addr[2] = { net_guest_post(f, 256), net_guest_post(f, 256) };
    uint8_t got[6];
    uint32_t len;

    qvirtqueue_kick(f->rx);
    net_make_frame(frame, 64, number++);
    memcpy(frame, mac, 6);
    net_host_send(f, frame, 64);
    /* The guest's own address always passes: it tells that the first is through. */
    net_make_frame(probe, 64, number++);
    memcpy(probe, f->own_mac, 6);
    net_host_send(f, probe, 64);
    qvirtqueue_wait(f->rx, &len);
    qtest_memread(f->d->qts, addr[0] + f->hdr_bytes, got, 6);
    if (memcmp(got, mac, 6) == 0) {
        qvirtqueue_wait(f->rx, &len);
        return true;
    }
    /* The second buffer stays posted; use it up. */
    net_host_send(f, probe, 64);
    qvirtqueue_wait(f->rx, &len);
    return false;
}

static const uint8_t other_mac[6] = { 2, 0, 0, 0, 0, 9 };
static const uint8_t multicast[6] = { 1, 0, 0x5e, 0, 0, 1 };
static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };

static void start_with_ctrl(NetFixture *f, void *driver, const char *variant)
{
    net_fixture_start(f, driver, variant,
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX_EXTRA) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VLAN) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_MAC_ADDR) |
                      QVIRTIO_F(VIRTIO_NET_F_MAC));
    for (unsigned i = 0; i < 6; i++) {
        f->own_mac[i] = f->d->transport->config_read(f->d, i, 1);
    }
}

static void set_mode(NetFixture *f, uint8_t cmd, uint8_t on)
{
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_RX, cmd, &on, 1), ==,
                    VIRTIO_NET_OK);
}

static void ctrl_rx_modes(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;

    start_with_ctrl(f, driver, variant);
    g_assert_true(passes_filter(f, other_mac));     /* promiscuous at first */
    set_mode(f, VIRTIO_NET_CTRL_RX_PROMISC, 0);
    g_assert_false(passes_filter(f, other_mac));
    g_assert_true(passes_filter(f, broadcast));
    g_assert_false(passes_filter(f, multicast));
    set_mode(f, VIRTIO_NET_CTRL_RX_ALLMULTI, 1);
    g_assert_true(passes_filter(f, multicast));
    set_mode(f, VIRTIO_NET_CTRL_RX_NOMULTI, 1);
    g_assert_false(passes_filter(f, multicast));
    set_mode(f, VIRTIO_NET_CTRL_RX_NOBCAST, 1);
    g_assert_false(passes_filter(f, broadcast));
    set_mode(f, VIRTIO_NET_CTRL_RX_PROMISC, 1);
    g_assert_true(passes_filter(f, other_mac));
    net_fixture_stop(f);
}

/* query-rx-filter shows one address of each kind, and no promiscuity. */
static void expect_told_filter(QTestState *qts)
{
    json_object *list = qtest_qmp_return(qts, "{'execute':'query-rx-filter',"
                                         "'arguments':{'name':'dev0'}}");
    json_object *info = json_object_array_get_idx(list, 0);
    json_object *unicast = json_member(info, "unicast-table");

    g_assert_false(json_flag(info, "promiscuous"));
    g_assert_cmpstr(json_string(info, "multicast"), ==, "normal");
    g_assert_cmpint(json_object_array_length(unicast), ==, 1);
    g_assert_cmpstr(json_object_get_string(json_object_array_get_idx(unicast,
                                                                     0)),
                    ==, "02:00:00:00:00:09");
    g_assert_cmpint(json_object_array_length(json_member(info,
                                                         "multicast-table")),
                    ==, 1);
    json_object_put(list);
}

static void ctrl_mac_table(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    uint8_t body[4 + 6 + 4 + 6];
    uint32_t one = 1, huge = 0x40000000;

    start_with_ctrl(f, driver, variant);
    set_mode(f, VIRTIO_NET_CTRL_RX_PROMISC, 0);
    memcpy(body, &one, 4);
    memcpy(body + 4, other_mac, 6);
    memcpy(body + 10, &one, 4);
    memcpy(body + 14, multicast, 6);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_MAC,
                             VIRTIO_NET_CTRL_MAC_TABLE_SET, body,
                             sizeof(body)), ==, VIRTIO_NET_OK);
    g_assert_true(passes_filter(f, other_mac));
    g_assert_true(passes_filter(f, multicast));
    g_assert_false(passes_filter(f, (uint8_t[]) { 2, 0, 0, 0, 0, 8 }));
    expect_told_filter(qts);

    /*
     * CVE-2014-0150: a count larger than the command is refused. Guards: the
     * comparison of the entry count with the bytes that are left.
     */
    memcpy(body, &huge, 4);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_MAC,
                             VIRTIO_NET_CTRL_MAC_TABLE_SET, body,
                             sizeof(body)), ==, VIRTIO_NET_ERR);
    g_assert_true(qtest_alive(qts));
    net_fixture_stop(f);
}

/*
 * CVE-2014-0150. More addresses than there is room for, all of them there. Guards:
 * the comparison of the entry count with the table; the filter then takes all.
 */
static void ctrl_mac_table_overflow(void *driver, QTestState *qts,
                                    const char *variant, void *data)
{
    NetFixture *f = data;
    uint32_t entries = 500;
    size_t bytes = 2 * (4 + 6 * entries);
    g_autofree uint8_t *body = g_malloc0(bytes);

    start_with_ctrl(f, driver, variant);
    set_mode(f, VIRTIO_NET_CTRL_RX_PROMISC, 0);
    memset(body, 0x42, bytes);
    memcpy(body, &entries, 4);
    memcpy(body + bytes / 2, &entries, 4);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_MAC,
                             VIRTIO_NET_CTRL_MAC_TABLE_SET, body, bytes), ==,
                    VIRTIO_NET_OK);
    g_assert_true(passes_filter(f, other_mac));
    g_assert_true(passes_filter(f, multicast));
    net_fixture_stop(f);
}

static void ctrl_mac_addr(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;

    start_with_ctrl(f, driver, variant);
    set_mode(f, VIRTIO_NET_CTRL_RX_PROMISC, 0);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_MAC,
                             VIRTIO_NET_CTRL_MAC_ADDR_SET, other_mac, 6), ==,
                    VIRTIO_NET_OK);
    for (unsigned i = 0; i < 6; i++) {
        g_assert_cmpint(f->d->transport->config_read(f->d, i, 1), ==,
                        other_mac[i]);
    }
    memcpy(f->own_mac, other_mac, 6);
    g_assert_true(passes_filter(f, other_mac));
    g_assert_false(passes_filter(f, (uint8_t[]) { 0x52, 0x54, 0, 0x12, 0x34,
                                                  0x56 }));
    net_fixture_stop(f);
}

/* Wrong lengths, classes and commands are answered with an error, no more. */
static void ctrl_refuses_nonsense(void *driver, QTestState *qts,
                                  const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t body[64] = { 0 };

    start_with_ctrl(f, driver, variant);
    for (unsigned class = 0; class < 9; class++) {
        g_assert_cmpint(net_ctrl(f, class, 200, body, 4), ==, VIRTIO_NET_ERR);
    }
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_RX,
                             VIRTIO_NET_CTRL_RX_PROMISC, body, 0), ==,
                    VIRTIO_NET_ERR);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_MAC,
                             VIRTIO_NET_CTRL_MAC_ADDR_SET, body, 5), ==,
                    VIRTIO_NET_ERR);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_MAC,
                             VIRTIO_NET_CTRL_MAC_TABLE_SET, body, 3), ==,
                    VIRTIO_NET_ERR);
    net_fixture_stop(f);
}

/* --- link and configuration --- */

static void link_status(void *driver, QTestState *qts, const char *variant,
                        void *data)
{
    NetFixture *f = data;
    unsigned at = offsetof(struct virtio_net_config, status);

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_STATUS));
    g_assert_cmpint(f->d->transport->config_read(f->d, at, 2), ==,
                    VIRTIO_NET_S_LINK_UP);
    qtest_qmp_ok(qts, "{'execute':'set_link','arguments':"
                 "{'name':'dev0','up':false}}");
    g_assert_cmpint(f->d->transport->config_read(f->d, at, 2), ==, 0);
    qvirtio_wait_config_interrupt(f->d);
    qtest_qmp_ok(qts, "{'execute':'set_link','arguments':"
                 "{'name':'dev0','up':true}}");
    g_assert_cmpint(f->d->transport->config_read(f->d, at, 2), ==,
                    VIRTIO_NET_S_LINK_UP);
    net_fixture_stop(f);
}

static void stop_and_cont(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;
    uint8_t frame[100];
    uint64_t addr;
    uint32_t len;

    net_fixture_start(f, driver, variant, 0);
    addr = net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    qvirtio_settle(f->d);
    qtest_qmp_ok(qts, "{'execute':'stop'}");
    net_make_frame(frame, 100, 3);
    net_host_send(f, frame, 100);
    qvirtio_settle(f->d);
    g_assert_false(qvirtqueue_poll(f->rx, &(uint16_t) { 0 }, &len));
    qtest_qmp_ok(qts, "{'execute':'cont'}");
    qvirtqueue_wait(f->rx, &len);
    check_received(f, addr, len, frame, 100);
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts all = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const struct { const char *name; QOSTestFunc *func; } tests[] = {
        { "tx/frame-arrives", tx_frame_arrives },
        { "tx/burst-keeps-order", tx_burst_keeps_order },
        { "tx/any-layout", tx_any_layout },
        { "tx/waits-for-backend", tx_waits_for_backend },
        { "rx/frame-arrives", rx_frame_arrives },
        { "rx/waits-for-buffers", rx_waits_for_buffers },
        { "rx/mergeable", rx_mergeable },
        { "rx/jumbo-then-small", rx_jumbo_then_small },
        { "rx/short-frames", rx_short_frames },
        { "ctrl/rx-modes", ctrl_rx_modes },
        { "ctrl/mac-table", ctrl_mac_table },
        { "ctrl/mac-table-overflow", ctrl_mac_table_overflow },
        { "ctrl/mac-addr", ctrl_mac_addr },
        { "ctrl/refuses-nonsense", ctrl_refuses_nonsense },
        { "link-status", link_status },
        { "stop-and-cont", stop_and_cont },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
        qos_add_test(tests[i].name, "virtio-net", tests[i].func, &all);
    }
}

libqos_init(register_tests)
