/*
 * virtio-net whose rings another process works on: what it is told, frames both ways
 * over split and packed rings, and that it may come, go and lie as it likes: the
 * device goes on with the next one where its rings are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <linux/virtio_net.h>
#include "libqos/nodes.h"
#include "vhost-user-peer.h"

#define RAM_BYTES   (64 << 20)
#define BUF_BYTES   2048
#define BUFFERS     1024
#define DEVICE      "/machine/peripheral/nic/virtio-backend"
#define MAC         "52:54:00:01:02:03"

#define PROTOCOL    (1 << 30)
#define FEATURES                                                             \
    (PROTOCOL | QVIRTIO_F(VIRTIO_F_VERSION_1) |                              \
     QVIRTIO_F(VIRTIO_F_RING_PACKED) | QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF) |   \
     QVIRTIO_F(VIRTIO_NET_F_CSUM) | QVIRTIO_F(VIRTIO_NET_F_HOST_TSO4) |      \
     QVIRTIO_F(VIRTIO_NET_F_MTU) | QVIRTIO_F(VIRTIO_NET_F_MQ))
/* MQ, RARP, REPLY_ACK, MTU, STATUS */
#define PROTOCOLS   (1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 16)

#define WANTED                                                               \
    (QVIRTIO_F(VIRTIO_F_VERSION_1) | QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF) |     \
     QVIRTIO_F(VIRTIO_NET_F_CSUM) | QVIRTIO_F(VIRTIO_NET_F_STATUS) |         \
     QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) | QVIRTIO_F(VIRTIO_NET_F_MTU) |         \
     QVIRTIO_F(VIRTIO_F_RING_RESET))

typedef struct Scene {
    QTestState *qts;
    VuPeer *peer;
    char *path;
    QPCIMachineBus bus;
    QPCIDevice *pci;
    QVirtioDevice dev;
    const QVirtLayout *layout;
    QVirtQueue *rx[2], *tx[2], *ctrl;
    unsigned pairs;
    uint64_t buffers[2][BUFFERS];       /* of receive chains, by id */
    unsigned next;                      /* number of the next frame */
    bool one_piece;                     /* frames of one descriptor only */
} Scene;

/* --- set-up --- */

static void boot(Scene *s, unsigned pairs, const char *more)
{
    g_autofree char *args = NULL;
    static unsigned number;

    s->path = g_strdup_printf("%s/vu-%d-%u", g_get_tmp_dir(), getpid(),
                              number++);
    s->peer = vu_peer_new(s->path);
    vu_peer_offer(s->peer, FEATURES, PROTOCOLS, 4);
    args = g_strdup_printf(
        "-M pc,memory-backend=mem -m 64 -object memory-backend-memfd,id=mem,"
        "size=64M,share=on -chardev socket,id=c0,path=%s,server=on,wait=off "
        "-netdev vhost-user,id=n0,chardev=c0,queues=%u "
        "-device virtio-net-pci,netdev=n0,id=nic,disable-legacy=on,mq=on,"
        "mac=" MAC ",host_mtu=1400,%s", s->path, pairs, more);
    s->qts = qtest_init(args);
    qpci_init_pc(&s->bus.pci, s->qts);
    guest_alloc_init(&s->bus.alloc, 2 << 20, RAM_BYTES);
    s->pci = qpci_device_find_id(&s->bus.pci, 0x1af4, 0x1041);
    g_assert_nonnull(s->pci);
    qvirtio_pci_modern_init(&s->dev, s->pci, &s->bus.alloc);
    qpci_device_enable(s->pci);
    qpci_msix_enable(s->pci);
}

static void drive(Scene *s, const QVirtLayout *layout, unsigned pairs)
{
    uint64_t mq = pairs > 1 ? QVIRTIO_F(VIRTIO_NET_F_MQ) : 0;

    s->layout = layout;
    s->pairs = pairs;
    qvirtio_negotiate(&s->dev, layout, WANTED | mq);
    for (unsigned i = 0; i < pairs; i++) {
        s->rx[i] = qvirtqueue_new(&s->dev, 2 * i, 256);
        s->tx[i] = qvirtqueue_new(&s->dev, 2 * i + 1, 256);
    }
    s->ctrl = qvirtqueue_new(&s->dev, 2 * pairs, 64);
    qvirtio_driver_ok(&s->dev);
}

static void stop_driving(Scene *s)
{
    qvirtio_reset(&s->dev);
    for (unsigned i = 0; i < s->pairs; i++) {
        qvirtqueue_free(s->rx[i]);
        qvirtqueue_free(s->tx[i]);
    }
    qvirtqueue_free(s->ctrl);
}

static void begin(Scene *s, const void *layout)
{
    memset(s, 0, sizeof(*s));
    boot(s, 1, "packed=on");
    drive(s, layout, 1);
    vu_peer_wait_ring(s->peer, 1, true);
}

static void end(Scene *s)
{
    stop_driving(s);
    g_free(s->pci);
    qtest_quit(s->qts);
    vu_peer_free(s->peer);
    g_unlink(s->path);
    g_free(s->path);
}

/* --- frames --- */

static size_t make_frame(uint8_t *frame, unsigned number)
{
    size_t size = 60 + number * 37 % 1400;

    for (size_t i = 0; i < size; i++) {
        frame[i] = number * 7 + i;
    }
    memcpy(frame, &number, sizeof(number));
    return size;
}

static void guest_send(Scene *s, unsigned pair, unsigned number)
{
    uint8_t data[VU_HDR_BYTES + VU_FRAME_BYTES] = { 0 };
    size_t size = VU_HDR_BYTES + make_frame(data + VU_HDR_BYTES, number);
    uint64_t addr = guest_alloc(&s->bus.alloc, size);
    QVirtBuf bufs[2] = {
        { addr, VU_HDR_BYTES, false },
        { addr + VU_HDR_BYTES, size - VU_HDR_BYTES, false },
    };

    qtest_memwrite(s->qts, addr, data, size);
    /* One descriptor and two, in turns, but for peers that die with packed rings. */
    if (number % 2 && !s->one_piece) {
        qvirtqueue_add(s->tx[pair], bufs, 2);
    } else {
        qvirtqueue_add1(s->tx[pair], addr, size, false);
    }
    qvirtqueue_kick(s->tx[pair]);
}

static void peer_got(Scene *s, unsigned ring, unsigned number)
{
    uint8_t expected[VU_FRAME_BYTES];
    size_t size = make_frame(expected, number);
    g_autofree VuFrame *f = vu_peer_receive(s->peer, 20000);

    g_assert_nonnull(f);
    g_assert_cmpint(f->ring, ==, ring);
    g_assert_cmpmem(f->data, f->size, expected, size);
}

static void guest_post(Scene *s, unsigned pair)
{
    uint64_t addr = guest_alloc(&s->bus.alloc, BUF_BYTES);
    uint16_t id = qvirtqueue_add1(s->rx[pair], addr, BUF_BYTES, true);

    s->buffers[pair][id] = addr;
    qvirtqueue_kick(s->rx[pair]);
}

static void guest_got(Scene *s, unsigned pair, unsigned number)
{
    uint8_t data[VU_HDR_BYTES + VU_FRAME_BYTES], expected[VU_FRAME_BYTES];
    size_t size = make_frame(expected, number);
    uint32_t len;
    uint16_t id = qvirtqueue_wait(s->rx[pair], &len);

    g_assert_cmpint(len, ==, VU_HDR_BYTES + size);
    qtest_memread(s->qts, s->buffers[pair][id], data, len);
    g_assert_cmpmem(data + VU_HDR_BYTES, size, expected, size);
}

/* Frames go both ways on this pair, and interrupt. */
static void traffic_on(Scene *s, unsigned pair, unsigned count)
{
    uint8_t frame[VU_FRAME_BYTES];

    for (unsigned i = 0; i < count; i++) {
        unsigned number = s->next++;

        guest_send(s, pair, number);
        peer_got(s, 2 * pair + 1, number);
        qvirtqueue_wait(s->tx[pair], NULL);
        guest_post(s, pair);
        vu_peer_send(s->peer, 2 * pair, frame, make_frame(frame, number));
        guest_got(s, pair, number);
    }
}

static bool link_is_up(Scene *s)
{
    return s->dev.transport->config_read(&s->dev,
        offsetof(struct virtio_net_config, status), 2) & VIRTIO_NET_S_LINK_UP;
}

static void wait_link(Scene *s, bool up)
{
    gint64 deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

    while (link_is_up(s) != up) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(500);
    }
}

static bool started(Scene *s)
{
    json_object *r = qtest_qmp_return(s->qts,
        "{'execute': 'x-query-virtio-status', 'arguments': {'path': '%s'}}",
        DEVICE);
    bool yes = json_flag(r, "vhost-started");

    g_assert_cmpint(json_has(r, "vhost-dev"), ==, yes);
    json_object_put(r);
    return yes;
}

/* --- cases --- */

static void frames(const void *layout)
{
    Scene s;

    begin(&s, layout);
    g_assert_true(started(&s));
    /* More than the ring has, so that it goes around. */
    traffic_on(&s, 0, 300);
    qvirtqueue_wait_interrupt(s.tx[0]);
    qvirtqueue_wait_interrupt(s.rx[0]);
    end(&s);
}

/* What it is told is what was agreed on, before DRIVER_OK nothing. */
static void told(void)
{
    Scene s = { 0 };
    uint64_t features;

    boot(&s, 1, "rss=on,hash=on,in_order=on,packed=on,guest_rsc_ext=on");
    g_assert_cmpint(vu_peer_count(s.peer, VU_SET_VRING_KICK), ==, 0);
    g_assert_cmpint(vu_peer_count(s.peer, VU_SET_MEM_TABLE), ==, 0);
    features = s.dev.transport->get_features(&s.dev);
    /* The peer cannot do these, or nobody can while it has the rings. */
    g_assert_cmphex(features & (QVIRTIO_F(VIRTIO_NET_F_HOST_TSO6) |
                                QVIRTIO_F(VIRTIO_NET_F_GUEST_TSO4) |
                                QVIRTIO_F(VIRTIO_NET_F_GUEST_CSUM) |
                                QVIRTIO_F(VIRTIO_RING_F_EVENT_IDX) |
                                QVIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC) |
                                QVIRTIO_F(VIRTIO_F_IN_ORDER) |
                                QVIRTIO_F(VIRTIO_NET_F_RSS) |
                                QVIRTIO_F(VIRTIO_NET_F_HASH_REPORT) |
                                QVIRTIO_F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS)),
                    ==, 0);
    g_assert_cmphex(features & QVIRTIO_F(VIRTIO_NET_F_HOST_TSO4), !=, 0);
    drive(&s, &qvirt_split, 1);
    vu_peer_wait_ring(s.peer, 1, true);
    g_assert_cmphex(vu_peer_value(s.peer, VU_SET_FEATURES), ==,
                    PROTOCOL | QVIRTIO_F(VIRTIO_F_VERSION_1) |
                    QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF) |
                    QVIRTIO_F(VIRTIO_NET_F_CSUM) |
                    QVIRTIO_F(VIRTIO_NET_F_MTU));
    vu_peer_wait(s.peer, VU_SET_STATUS, 2);
    g_assert_cmphex(vu_peer_value(s.peer, VU_SET_STATUS), ==, 0xf);
    g_assert_cmpint(vu_peer_value(s.peer, VU_NET_SET_MTU), ==, 1400);
    end(&s);
}

/* Rings come back when the machine stands, or may not use memory, and go again. */
static void comes_back(const void *layout)
{
    Scene s;
    uint16_t command;

    begin(&s, layout);
    traffic_on(&s, 0, 70);
    qtest_qmp_ok(s.qts, "{'execute': 'stop'}");
    g_assert_false(started(&s));
    vu_peer_wait_ring(s.peer, 1, false);
    qtest_qmp_ok(s.qts, "{'execute': 'cont'}");
    traffic_on(&s, 0, 300);

    command = qpci_config_readw(s.pci, 4);
    qpci_config_writew(s.pci, 4, command & ~4);
    vu_peer_wait_ring(s.peer, 0, false);
    qpci_config_writew(s.pci, 4, command);
    traffic_on(&s, 0, 70);

    /* A cable that is pulled: what is sent meanwhile is lost, no more. */
    qtest_qmp_ok(s.qts, "{'execute': 'set_link', 'arguments': {'name': 'nic',"
                 " 'up': false}}");
    g_assert_false(started(&s));
    guest_send(&s, 0, 100000);
    qvirtqueue_wait(s.tx[0], NULL);
    qtest_qmp_ok(s.qts, "{'execute': 'set_link', 'arguments': {'name': 'nic',"
                 " 'up': true}}");
    g_assert_true(started(&s));
    traffic_on(&s, 0, 70);

    /* A new driver. */
    stop_driving(&s);
    vu_peer_wait_ring(s.peer, 1, false);
    drive(&s, layout, 1);
    traffic_on(&s, 0, 70);
    end(&s);
}

/* The peer dies with frames under way; the link shows it; another goes on. */
static void dies(const void *layout)
{
    const char *text = g_getenv("VHOST_USER_KILLS");
    unsigned rounds = text ? atoi(text) : 20;
    Scene s;

    begin(&s, layout);
    s.one_piece = layout == &qvirt_packed;
    for (unsigned round = 0; round < rounds; round++) {
        traffic_on(&s, 0, g_random_int_range(0, 40));
        while (qvirtqueue_interrupted(s.tx[0])) {
            qvirtio_settle(&s.dev);
        }
        vu_peer_die(s.peer, false);
        wait_link(&s, false);
        /* It may have used buffers and not have said so. */
        qvirtqueue_wait_interrupt(s.tx[0]);
        g_assert_false(started(&s));
        /* They stay in the ring, and the next peer gets them. */
        guest_send(&s, 0, s.next);
        guest_send(&s, 0, s.next + 1);
        vu_peer_come(s.peer);
        wait_link(&s, true);
        peer_got(&s, 1, s.next++);
        peer_got(&s, 1, s.next++);
        qvirtqueue_wait(s.tx[0], NULL);
        qvirtqueue_wait(s.tx[0], NULL);
        traffic_on(&s, 0, 5);
    }
    /* Without a peer: stop, save's view of the rings, and a new driver. */
    vu_peer_die(s.peer, false);
    wait_link(&s, false);
    qtest_qmp_ok(s.qts, "{'execute': 'stop'}");
    qtest_qmp_ok(s.qts, "{'execute': 'cont'}");
    stop_driving(&s);
    drive(&s, layout, 1);
    vu_peer_come(s.peer);
    wait_link(&s, true);
    traffic_on(&s, 0, 20);
    end(&s);
}

/* At each message of its life. */
static void dies_at_each_message(const void *layout)
{
    Scene s;
    unsigned died = 0;

    begin(&s, layout);
    s.one_piece = layout == &qvirt_packed;
    for (unsigned nth = 1; nth < 40; nth++) {
        unsigned before = vu_peer_connections(s.peer);

        vu_peer_die_at(s.peer, nth);
        vu_peer_die(s.peer, true);
        wait_link(&s, true);
        if (nth % 8 == 0) {
            qtest_qmp_ok(s.qts, "{'execute': 'stop'}");
            qtest_qmp_ok(s.qts, "{'execute': 'cont'}");
            vu_peer_die_at(s.peer, 0);
        }
        vu_peer_wait_ring(s.peer, 1, true);
        traffic_on(&s, 0, 2);
        died += vu_peer_connections(s.peer) - before > 1;
    }
    /* More than the greeting has messages. */
    g_assert_cmpint(died, >, 15);
    end(&s);
}

static const struct {
    const char *name;
    unsigned request;
    VuFault fault;
} lies[] = {
    { "features/wrong-request", VU_GET_FEATURES, VU_WRONG_REQUEST },
    { "features/wrong-size", VU_GET_FEATURES, VU_WRONG_SIZE },
    { "features/huge-size", VU_GET_FEATURES, VU_HUGE_SIZE },
    { "features/no-reply-flag", VU_GET_FEATURES, VU_NO_REPLY_FLAG },
    { "features/half", VU_GET_FEATURES, VU_HALF_AND_GONE },
    { "protocol/wrong-version", VU_GET_PROTOCOL_FEATURES, VU_WRONG_VERSION },
    { "protocol/extra", VU_GET_PROTOCOL_FEATURES, VU_EXTRA },
    { "queues/gone", VU_GET_QUEUE_NUM, VU_GONE },
    { "memory/refused", VU_SET_MEM_TABLE, VU_REFUSE },
    { "memory/gone", VU_SET_MEM_TABLE, VU_GONE },
    { "address/refused", VU_SET_VRING_ADDR, VU_REFUSE },
    { "address/extra", VU_SET_VRING_ADDR, VU_EXTRA },
    { "enable/nonsense", VU_SET_VRING_ENABLE, VU_NONSENSE },
};

static void wait_end(Scene *s, unsigned connections)
{
    gint64 deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

    while (vu_peer_connections(s->peer) <= connections) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        qvirtio_settle(&s->dev);
        g_usleep(500);
    }
}

static void lies_when_it_comes(const void *layout)
{
    Scene s;

    begin(&s, layout);
    s.one_piece = layout == &qvirt_packed;
    for (unsigned i = 0; i < G_N_ELEMENTS(lies); i++) {
        unsigned before;

        g_test_message("%s", lies[i].name);
        vu_peer_die(s.peer, false);
        wait_link(&s, false);
        before = vu_peer_connections(s.peer);
        vu_peer_fault(s.peer, lies[i].request, lies[i].fault);
        vu_peer_come(s.peer);
        /* That connection ends, and the one after it works. */
        wait_end(&s, before + 1);
        wait_link(&s, true);
        vu_peer_wait_ring(s.peer, 1, true);
        traffic_on(&s, 0, 3);
    }
    end(&s);
}

static void lies_when_rings_come_back(const void *layout)
{
    static const VuFault faults[] = {
        VU_WRONG_REQUEST, VU_WRONG_SIZE, VU_HUGE_SIZE, VU_NO_REPLY_FLAG,
        VU_HALF_AND_GONE, VU_GONE, VU_NONSENSE, VU_WRONG_RING,
    };
    Scene s;

    begin(&s, layout);
    s.one_piece = layout == &qvirt_packed;
    for (unsigned i = 0; i < G_N_ELEMENTS(faults); i++) {
        unsigned before = vu_peer_connections(s.peer);

        g_test_message("fault %u", faults[i]);
        traffic_on(&s, 0, 10 + i);
        vu_peer_fault(s.peer, VU_GET_VRING_BASE, faults[i]);
        qtest_qmp_ok(s.qts, "{'execute': 'stop'}");
        g_assert_false(started(&s));
        qtest_qmp_ok(s.qts, "{'execute': 'cont'}");
        wait_end(&s, before);
        wait_link(&s, true);
        vu_peer_wait_ring(s.peer, 1, true);
        traffic_on(&s, 0, 10);
    }
    end(&s);
}

/* Descriptors that come along do not stay; a peer that talks unasked is cut off. */
static unsigned open_files(const Scene *s)
{
    g_autofree char *path =
        g_strdup_printf("/proc/%d/fd", (int)qtest_pid(s->qts));
    GDir *dir = g_dir_open(path, 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

static void sends_too_much(void)
{
    Scene s;
    unsigned before, files;

    begin(&s, &qvirt_split);
    files = open_files(&s);
    vu_peer_fault(s.peer, VU_GET_VRING_BASE, VU_MANY_FDS);
    qtest_qmp_ok(s.qts, "{'execute': 'stop'}");
    qtest_qmp_ok(s.qts, "{'execute': 'cont'}");
    traffic_on(&s, 0, 3);
    g_assert_cmpint(open_files(&s), ==, files);

    before = vu_peer_connections(s.peer);
    vu_peer_shout(s.peer);
    wait_end(&s, before);
    wait_link(&s, true);
    traffic_on(&s, 0, 3);
    end(&s);
}

/* No answer: the machine stands for some seconds, and goes on without it. */
static void is_silent(void)
{
    gint64 since;
    unsigned before;
    Scene s;

    begin(&s, &qvirt_split);
    before = vu_peer_connections(s.peer);
    vu_peer_fault(s.peer, VU_GET_VRING_BASE, VU_SILENT);
    since = g_get_monotonic_time();
    qtest_qmp_ok(s.qts, "{'execute': 'stop'}");
    g_assert_cmpint(g_get_monotonic_time() - since, <, 9 * G_USEC_PER_SEC);
    qtest_qmp_ok(s.qts, "{'execute': 'cont'}");
    wait_end(&s, before);
    wait_link(&s, true);
    traffic_on(&s, 0, 3);
    end(&s);
}

/* A peer that cannot do what the driver uses is sent away. */
static void offers_less(void)
{
    Scene s;
    unsigned before;

    begin(&s, &qvirt_split);
    before = vu_peer_connections(s.peer);
    vu_peer_offer(s.peer, FEATURES & ~QVIRTIO_F(VIRTIO_NET_F_CSUM), PROTOCOLS,
                  4);
    vu_peer_die(s.peer, true);
    wait_end(&s, before + 2);
    g_assert_false(link_is_up(&s));
    vu_peer_offer(s.peer, FEATURES, PROTOCOLS, 0);
    wait_end(&s, before + 5);
    g_assert_false(link_is_up(&s));
    /* Without protocol features there is one pair, and rings start enabled. */
    vu_peer_offer(s.peer, FEATURES & ~PROTOCOL, 0, 0);
    wait_link(&s, true);
    traffic_on(&s, 0, 5);
    g_assert_true(started(&s));
    end(&s);
}

static void set_pairs(Scene *s, uint16_t pairs)
{
    uint64_t addr = guest_alloc(&s->bus.alloc, 8);
    QVirtBuf bufs[3] = {
        { addr, 2, false }, { addr + 2, 2, false }, { addr + 4, 1, true },
    };

    qtest_writeb(s->qts, addr, VIRTIO_NET_CTRL_MQ);
    qtest_writeb(s->qts, addr + 1, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET);
    qtest_writew(s->qts, addr + 2, pairs);
    qtest_writeb(s->qts, addr + 4, 0xee);
    qvirtqueue_add(s->ctrl, bufs, 3);
    qvirtqueue_kick(s->ctrl);
    qvirtqueue_wait(s->ctrl, NULL);
    g_assert_cmpint(qtest_readb(s->qts, addr + 4), ==, VIRTIO_NET_OK);
}

static void pairs(const void *layout)
{
    Scene s = { 0 };

    boot(&s, 2, "packed=on,vectors=6");
    s.one_piece = layout == &qvirt_packed;
    drive(&s, layout, 2);
    vu_peer_wait_ring(s.peer, 1, true);
    vu_peer_wait_ring(s.peer, 2, false);
    set_pairs(&s, 2);
    vu_peer_wait_ring(s.peer, 3, true);
    traffic_on(&s, 0, 20);
    traffic_on(&s, 1, 20);
    qvirtqueue_wait_interrupt(s.rx[1]);
    /* The next peer learns which pairs are in use. */
    vu_peer_die(s.peer, true);
    wait_link(&s, true);
    vu_peer_wait_ring(s.peer, 3, true);
    traffic_on(&s, 1, 20);
    set_pairs(&s, 1);
    vu_peer_wait_ring(s.peer, 3, false);
    traffic_on(&s, 0, 20);
    end(&s);
}

/* One ring at a time. VIRTIO 1.4 section 2.6.1. */
static void ring_is_reset(const void *layout)
{
    const unsigned reset = sizeof(struct virtio_pci_common_cfg) + 2;
    Scene s;

    begin(&s, layout);
    g_assert_true(qvirtio_has(&s.dev, VIRTIO_F_RING_RESET));
    for (unsigned i = 0; i < 6; i++) {
        QVirtQueue *vq = i % 2 ? s.tx[0] : s.rx[0];

        traffic_on(&s, 0, 11);
        qpci_io_write(s.pci, s.dev.common, VIRTIO_PCI_COMMON_Q_SELECT,
                      vq->index, 2);
        qpci_io_write(s.pci, s.dev.common, reset, 1, 2);
        vu_peer_wait_ring(s.peer, vq->index, false);
        vu_peer_wait_ring(s.peer, 1 - vq->index, true);
        s.dev.next_vector = vq->msix_data & 0xffff;
        qvirtqueue_enable(vq);
        vu_peer_wait_ring(s.peer, vq->index, true);
    }
    traffic_on(&s, 0, 11);
    end(&s);
}

static void is_saved(const void *layout)
{
    Scene s;

    begin(&s, layout);
    traffic_on(&s, 0, 70);
    qtest_save_and_restore(s.qts);
    traffic_on(&s, 0, 300);
    end(&s);
}

static void announces(void)
{
    Scene s;
    unsigned before;

    begin(&s, &qvirt_split);
    before = vu_peer_count(s.peer, VU_SEND_RARP);
    qtest_qmp_ok(s.qts, "{'execute': 'announce-self', 'arguments': {'initial':"
                 " 10, 'max': 10, 'rounds': 1, 'step': 1}}");
    vu_peer_wait(s.peer, VU_SEND_RARP, before);
    /* 52:54:00:01:02:03, first byte lowest. */
    g_assert_cmphex(vu_peer_value(s.peer, VU_SEND_RARP), ==, 0x030201005452);
    end(&s);
}

/* The backend goes while it is at work. */
static void is_deleted(void)
{
    json_object *r;
    Scene s;

    begin(&s, &qvirt_split);
    traffic_on(&s, 0, 3);
    qtest_qmp_ok(s.qts, "{'execute': 'netdev_del', 'arguments': {'id': 'n0'}}");
    g_assert_false(started(&s));
    g_assert_false(link_is_up(&s));
    guest_send(&s, 0, 1);
    qvirtqueue_wait(s.tx[0], NULL);
    r = qtest_qmp_return(s.qts, "{'execute': 'query-chardev'}");
    for (size_t i = 0; i < json_object_array_length(r); i++) {
        g_assert_cmpstr(json_string(json_object_array_get_idx(r, i), "label"),
                        !=, "c0");
    }
    json_object_put(r);
    end(&s);
}

static void queue_is_shown(void)
{
    g_autofree char *text = NULL;
    json_object *r;
    char *error;
    Scene s;

    begin(&s, &qvirt_split);
    r = qtest_qmp_return(s.qts, "{'execute': 'x-query-virtio-vhost-queue-status'"
                         ", 'arguments': {'path': '%s', 'queue': 1}}", DEVICE);
    g_assert_cmpint(json_int(r, "num"), ==, 256);
    g_assert_cmpint(json_int(r, "desc-phys"), ==, s.tx[0]->desc);
    g_assert_cmpint(json_int(r, "used-size"), ==, 6 + 8 * 256);
    json_object_put(r);
    error = qtest_qmp_error(s.qts, "GenericError",
        "{'execute': 'x-query-virtio-vhost-queue-status', 'arguments':"
        " {'path': '%s', 'queue': 2}}", DEVICE);
    g_assert_cmpstr(error, ==, "Error: vhost device has not started yet");
    g_free(error);
    text = qtest_hmp(s.qts, "info network");
    g_assert_nonnull(strstr(text, "type=vhost-user,vhost-user0 to c0"));
    end(&s);
}

/* --- what cannot be --- */

static void mistakes(void)
{
    static const struct {
        const char *args, *says;
    } rows[] = {
        { "-netdev vhost-user,id=n", "Parameter 'chardev' is missing" },
        { "-netdev vhost-user,id=n,chardev=c", "chardev \"c\" not found" },
        { "-chardev null,id=c -netdev vhost-user,id=n,chardev=c",
          "chardev \"c\" is not reconnectable" },
        { "-chardev socket,id=c,host=127.0.0.1,port=0,server=on,wait=off "
          "-netdev vhost-user,id=n,chardev=c",
          "chardev \"c\" does not support FD passing" },
        { "-chardev socket,id=c,path=vu-mistake,server=on,wait=off "
          "-netdev vhost-user,id=n,chardev=c,queues=0",
          "vhost-user number of queues must be in range [1, 1024]" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *output = NULL;

        g_assert_cmpint(qtest_run(rows[i].args, &output), ==, 1);
        if (!strstr(output, rows[i].says)) {
            g_error("%s: %s", rows[i].args, output);
        }
    }
    g_assert_false(g_file_test("vu-mistake", G_FILE_TEST_EXISTS));
}

/* With a peer that is there: what the rest of the machine lacks. */
static void mistakes_with_peer(void)
{
    static const struct {
        uint64_t pairs;
        const char *args, *says;
    } rows[] = {
        { 1, " -device virtio-net-pci,netdev=n",
          "vhost-user needs guest memory that its peer can map" },
        { 1, " -device rtl8139,netdev=n",
          "vhost-user requires frontend driver virtio-net-*" },
        { 1, " -object memory-backend-memfd,id=m,size=64M,share=on -M pc,"
          "memory-backend=m -device virtio-net-pci,netdev=n,iommu_platform=on,"
          "disable-legacy=on", "iommu_platform=on is not possible" },
        { 1, " -object filter-dump,id=f,netdev=n,file=/f", "another process" },
        { 1, ",queues=129", "queues=129 is more than the 128 pairs" },
        { 0, "", "the peer has 0 queue pairs, not the 1 that queues= asks for" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("%s/vu-%d-m%u", g_get_tmp_dir(),
                                                getpid(), i);
        g_autofree char *args = g_strdup_printf(
            "-m 64 -chardev socket,id=c,path=%s,server=on,wait=off "
            "-netdev vhost-user,id=n,chardev=c%s", path, rows[i].args);
        g_autofree char *output = NULL;
        VuPeer *peer = vu_peer_new(path);

        vu_peer_offer(peer, FEATURES, PROTOCOLS, rows[i].pairs);
        g_assert_cmpint(qtest_run(args, &output), ==, 1);
        if (!strstr(output, rows[i].says)) {
            g_error("%s: %s", args, output);
        }
        vu_peer_free(peer);
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    }
}

static void add_for_layouts(const char *name, void (*fn)(const void *))
{
    g_autofree char *split = g_strdup_printf("vhost-user/%s/split", name);
    g_autofree char *packed = g_strdup_printf("vhost-user/%s/packed", name);

    qtest_add_data_func(split, &qvirt_split, fn);
    qtest_add_data_func(packed, &qvirt_packed, fn);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("vhost-user/peer-is-told", told);
    add_for_layouts("frames-both-ways", frames);
    add_for_layouts("rings-come-back-and-go-again", comes_back);
    add_for_layouts("peer-dies", dies);
    add_for_layouts("peer-dies-at-each-message", dies_at_each_message);
    add_for_layouts("peer-lies-when-it-comes", lies_when_it_comes);
    add_for_layouts("peer-lies-when-rings-come-back", lies_when_rings_come_back);
    add_for_layouts("pairs", pairs);
    add_for_layouts("ring-is-reset", ring_is_reset);
    add_for_layouts("saved-and-restored", is_saved);
    qtest_add_func("vhost-user/peer-sends-too-much", sends_too_much);
    qtest_add_func("vhost-user/peer-is-silent", is_silent);
    qtest_add_func("vhost-user/peer-offers-less", offers_less);
    qtest_add_func("vhost-user/announce-self", announces);
    qtest_add_func("vhost-user/netdev-del", is_deleted);
    qtest_add_func("vhost-user/queue-is-shown", queue_is_shown);
    qtest_add_func("vhost-user/mistakes", mistakes);
    qtest_add_func("vhost-user/mistakes-with-peer", mistakes_with_peer);
    return g_test_run();
}
