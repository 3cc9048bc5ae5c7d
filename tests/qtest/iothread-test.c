/*
 * virtio-net in I/O threads while everything about it changes: packets go both ways
 * on one pair over dgram, or two pairs over tap in a thread each, and between turns
 * the monitor and the driver pull the strings. All packets are whole; afterwards
 * traffic goes on; what was stopped does not touch memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include "mapped-net.h"

#define PAIRS_MAX   2
#define ROUNDS      10
#define FLOW_NEEDS  50          /* packets each way that show that it goes on */
#define WAIT_US     (60 * G_USEC_PER_SEC)

typedef struct Traffic {
    MappedNet pair[PAIRS_MAX];  /* the first owns the emulator */
    unsigned pairs;
    QVirtQueue *ctrl;
    unsigned guest_next[PAIRS_MAX];     /* numbers of frames sent by the guest */
    unsigned guest_seen;

    int host_fd;                /* packets go in and out here */
    bool is_tap;
    char ifname[IFNAMSIZ];
    GThread *host;
    int stop;                   /* atomic */
    unsigned host_seen;         /* atomic */
} Traffic;

/* --- the host's side: a thread that never rests --- */

/* UDP of sixteen flows, so that a tap spreads them; the number is in it twice. */
static uint32_t host_frame(uint8_t *frame, uint32_t number)
{
    static const uint8_t head[42] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0,
        0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 8, 2, 10, 9, 8, 1,
        0x30, 0, 0x30, 0x39, 0, 30, 0, 0,
    };
    uint32_t size = 64 + number * 7 % 1400;

    memset(frame, number * 13, size);
    memcpy(frame, head, sizeof(head));
    frame[35] = number % 16;
    memcpy(frame + 42, &number, 4);
    memcpy(frame + size - 4, &number, 4);
    return size;
}

static void host_receive(Traffic *t)
{
    uint8_t frame[2048], expected[2048];
    struct sockaddr_ll from = { 0 };
    socklen_t len = sizeof(from);
    uint32_t number;
    ssize_t size;

    while ((size = recvfrom(t->host_fd, frame, sizeof(frame), MSG_DONTWAIT,
                            t->is_tap ? (struct sockaddr *)&from : NULL,
                            t->is_tap ? &len : NULL)) > 0) {
        if (t->is_tap && from.sll_pkttype == PACKET_OUTGOING) {
            continue;
        }
        memcpy(&number, frame + 14, 4);
        g_assert_cmpint(size, ==, mapped_net_frame(expected, number));
        g_assert_cmpmem(frame, size, expected, size);
        g_atomic_int_inc((int *)&t->host_seen);
    }
}

static void *host_run(void *opaque)
{
    Traffic *t = opaque;
    uint8_t frame[2048];

    for (unsigned number = 0; !g_atomic_int_get(&t->stop); number++) {
        uint32_t size = host_frame(frame, number);

        (void)!send(t->host_fd, frame, size, MSG_DONTWAIT);
        host_receive(t);
        if (number % 16 == 0) {
            g_usleep(50);
        }
    }
    return NULL;
}

/* --- the guest's side --- */

static void turn(Traffic *t)
{
    uint8_t frame[MAPPED_FRAME_BYTES], expected[2048];

    for (unsigned i = 0; i < t->pairs; i++) {
        MappedNet *pair = &t->pair[i];
        unsigned seen = t->guest_seen;
        uint32_t size, number;

        t->guest_next[i] = mapped_net_send(pair, t->guest_next[i],
                                           t->guest_next[i] + 64);
        while ((size = mapped_net_receive(pair, frame))) {
            memcpy(&number, frame + 42, 4);
            g_assert_cmpint(size, ==, host_frame(expected, number));
            g_assert_cmpmem(frame, size, expected, size);
            t->guest_seen++;
        }
        if (t->guest_seen != seen) {
            mapped_net_rx_kick(pair);
        }
    }
}

/* Packets still go both ways. */
static void flows(Traffic *t)
{
    gint64 end = g_get_monotonic_time() + WAIT_US;
    unsigned guest = t->guest_seen;
    unsigned host = g_atomic_int_get((int *)&t->host_seen);

    while (t->guest_seen - guest < FLOW_NEEDS ||
           g_atomic_int_get((int *)&t->host_seen) - host < FLOW_NEEDS) {
        turn(t);
        if (g_get_monotonic_time() >= end) {
            g_error("of %d packets %u came to the guest, %u to the host",
                    FLOW_NEEDS, t->guest_seen - guest,
                    g_atomic_int_get((int *)&t->host_seen) - host);
        }
    }
}

/* The device is quiet: nothing in its rings changes. */
static void stands(Traffic *t)
{
    uint16_t used[PAIRS_MAX][2];

    for (unsigned again = 0; again < 2; again++) {
        for (unsigned i = 0; i < t->pairs; i++) {
            MappedNet *p = &t->pair[i];
            uint16_t rx = mapped_net_used(p, &p->rx);
            uint16_t tx = mapped_net_used(p, &p->tx);

            g_assert_true(!again || (used[i][0] == rx && used[i][1] == tx));
            used[i][0] = rx;
            used[i][1] = tx;
        }
        g_usleep(again ? 0 : 1000);
    }
}

static uint8_t command(Traffic *t, uint8_t class, uint8_t cmd, const void *body,
                       size_t size)
{
    MappedNet *m = &t->pair[0];
    uint8_t *at = m->ram + t->ctrl->desc + 8192;
    uint64_t addr = t->ctrl->desc + 8192;
    QVirtBuf bufs[2] = { { addr, 2 + size, false }, { addr + 1024, 1, true } };

    at[0] = class;
    at[1] = cmd;
    memcpy(at + 2, body, size);
    at[1024] = 0xee;
    qvirtqueue_add(t->ctrl, bufs, 2);
    qvirtqueue_kick(t->ctrl);
    qvirtqueue_wait(t->ctrl, NULL);
    return at[1024];
}

static void set_pairs(Traffic *t, uint16_t pairs)
{
    if (t->is_tap) {
        g_assert_cmpint(command(t, VIRTIO_NET_CTRL_MQ,
                                VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, &pairs, 2), ==,
                        VIRTIO_NET_OK);
    }
}

/* The driver's start, for the first time or once more. */
static void driver_start(Traffic *t)
{
    MappedNet *first = &t->pair[0];
    QVirtioDevice *d = &first->dev;

    qpci_msix_enable(first->pci);
    qvirtio_negotiate(d, &qvirt_split, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX) |
                      QVIRTIO_F(VIRTIO_NET_F_MQ) | QVIRTIO_F(VIRTIO_NET_F_RSS) |
                      QVIRTIO_F(VIRTIO_F_RING_RESET));
    for (unsigned i = 0; i < t->pairs; i++) {
        MappedNet *pair = &t->pair[i];

        if (pair->rx.vq) {
            qvirtqueue_enable(pair->rx.vq);
            qvirtqueue_enable(pair->tx.vq);
        } else {
            pair->ram = first->ram;
            pair->dev = first->dev;
            mapped_net_rings(pair, i);
            pair->rx.vq->dev = pair->tx.vq->dev = d;
            d->next_vector = pair->dev.next_vector;
        }
    }
    if (!t->ctrl) {
        t->ctrl = qvirtqueue_new(d, t->pairs * 2, 0);
        g_assert_cmpint(guest_alloc_aligned(d->alloc, 16384, 4096), !=, 0);
    } else {
        qvirtqueue_enable(t->ctrl);
    }
    qvirtio_driver_ok(d);
    for (unsigned i = 0; i < t->pairs; i++) {
        mapped_net_begin(&t->pair[i]);
    }
    set_pairs(t, t->pairs);
}

/* --- start and end --- */

static void traffic_boot(Traffic *t, const char *netdev, const char *mapping,
                         bool port)
{
    g_autofree char *devices = g_strdup_printf(
        "-object iothread,id=io0 -object iothread,id=io1,poll-max-ns=0"
        " -netdev %s -device '{\"driver\":\"virtio-net-pci\",\"id\":\"nic\","
        "\"netdev\":\"n0\",\"disable-legacy\":\"on\",\"rx_queue_size\":256,"
        "\"tx_queue_size\":256,\"mq\":true,\"rss\":true%s,%s}'"
        " -device virtio-net-pci,disable-modern=on,disable-legacy=off,"
        "addr=0x1e,id=other", netdev, port ? ",\"bus\":\"port0\"" : "",
        mapping);

    mapped_net_boot(&t->pair[0], t->is_tap ? "tap" : "dgram", port, devices);
}

static void start_dgram(Traffic *t, bool port)
{
    g_autofree char *netdev = NULL;
    int fds[2];

    *t = (Traffic){ .pairs = 1 };
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), ==, 0);
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    t->host_fd = fds[0];
    netdev = g_strdup_printf("dgram,id=n0,local.type=fd,local.str=%d", fds[1]);
    traffic_boot(t, netdev, "\"iothread\":\"io0\"", port);
    close(fds[1]);
}

static bool tap_open_host(Traffic *t)
{
    struct ifreq req = { .ifr_flags = IFF_UP };
    struct sockaddr_ll addr = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = if_nametoindex(t->ifname),
    };
    g_autofree char *ipv6 = g_strdup_printf(
        "/proc/sys/net/ipv6/conf/%s/disable_ipv6", t->ifname);
    int fd = open(ipv6, O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)!write(fd, "1", 1);
        close(fd);
    }
    t->host_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    g_strlcpy(req.ifr_name, t->ifname, IFNAMSIZ);
    return t->host_fd >= 0 && ioctl(t->host_fd, SIOCSIFFLAGS, &req) == 0 &&
           bind(t->host_fd, (void *)&addr, sizeof(addr)) == 0;
}

static bool tun_usable(void)
{
    struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    bool usable = fd >= 0 && ioctl(fd, TUNSETIFF, &req) == 0;

    close(fd);
    return usable;
}

static bool start_tap(Traffic *t, bool port)
{
    g_autofree char *netdev = NULL;

    *t = (Traffic){ .pairs = 2, .is_tap = true };
    if (!tun_usable()) {
        return false;
    }
    snprintf(t->ifname, sizeof(t->ifname), "qi%x", getpid() & 0xffffff);
    netdev = g_strdup_printf("tap,id=n0,ifname=%s,queues=2,script=no,"
                             "downscript=no,vnet_hdr=off", t->ifname);
    traffic_boot(t, netdev, "\"iothread-vq-mapping\":"
                 "[{\"iothread\":\"io0\"},{\"iothread\":\"io1\"}]", port);
    if (!tap_open_host(t)) {
        mapped_net_stop(&t->pair[0]);
        return false;
    }
    return true;
}

static void host_stop(Traffic *t)
{
    g_atomic_int_set(&t->stop, 1);
    g_thread_join(t->host);
}

typedef struct Body {
    const char *name;
    void (*run)(Traffic *t);
    bool port;                  /* the card stands where it can be taken out */
    bool tap_only;
} Body;

static void traffic_run(Traffic *t, const Body *body)
{
    driver_start(t);
    t->host = g_thread_new("host", host_run, t);
    flows(t);
    body->run(t);
    host_stop(t);
    for (unsigned i = 1; i < t->pairs; i++) {
        qvirtqueue_free(t->pair[i].rx.vq);
        qvirtqueue_free(t->pair[i].tx.vq);
    }
    qvirtqueue_free(t->ctrl);
    mapped_net_stop(&t->pair[0]);
    close(t->host_fd);
}

static void over_dgram(gconstpointer data)
{
    const Body *body = data;
    Traffic t;

    start_dgram(&t, body->port);
    traffic_run(&t, body);
}

static void over_tap(gconstpointer data)
{
    const Body *body = data;
    Traffic t;

    if (!start_tap(&t, body->port)) {
        g_test_skip("no tap interfaces here");
        return;
    }
    traffic_run(&t, body);
}

/* --- what changes --- */

static void link_goes(Traffic *t)
{
    QTestState *qts = t->pair[0].qts;

    for (unsigned i = 0; i < ROUNDS; i++) {
        qtest_qmp_ok(qts, "{'execute':'set_link','arguments':"
                     "{'name':'%s','up':false}}", i % 2 ? "nic" : "n0");
        turn(t);
        qtest_qmp_ok(qts, "{'execute':'set_link','arguments':"
                     "{'name':'%s','up':true}}", i % 2 ? "nic" : "n0");
        turn(t);
    }
    flows(t);
}

static void machine_stops(Traffic *t)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn(t);
        qtest_qmp_ok(t->pair[0].qts, "{'execute':'stop'}");
        stands(t);
        qtest_qmp_ok(t->pair[0].qts, "{'execute':'cont'}");
        turn(t);
    }
    flows(t);
}

static void device_resets(Traffic *t)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn(t);
        qvirtio_reset(&t->pair[0].dev);
        stands(t);
        driver_start(t);
        turn(t);
    }
    flows(t);
}

static void queue_resets(Traffic *t)
{
    QVirtioDevice *d = &t->pair[0].dev;
    const unsigned select = offsetof(struct virtio_pci_common_cfg,
                                     queue_select);
    const unsigned reset = sizeof(struct virtio_pci_common_cfg) + 2;

    for (unsigned i = 0; i < ROUNDS; i++) {
        MappedNet *pair = &t->pair[i / 2 % t->pairs];
        MappedRing *ring = i % 2 ? &pair->tx : &pair->rx;

        turn(t);
        qpci_io_write(d->pci, d->common, select, ring->vq->index, 2);
        qpci_io_write(d->pci, d->common, reset, 1, 2);
        g_assert_cmpint(qpci_io_read(d->pci, d->common, reset, 2), ==, 0);
        d->next_vector = ring->vq->msix_data & 0xffff;
        qvirtqueue_enable(ring->vq);
        if (ring == &pair->rx) {
            mapped_net_begin(pair);
        }
    }
    flows(t);
}

static void pairs_and_steering_change(Traffic *t)
{
    /* Section 5.1.6.5.7: types, mask, unclassified, table, most pairs, key. */
    struct {
        uint32_t types;
        uint16_t mask, unclassified, table[4], max_tx;
        uint8_t key_bytes, key[40];
    } QEMU_PACKED rss = {
        .types = VIRTIO_NET_RSS_HASH_TYPE_UDPv4, .mask = 3,
        .table = { 1, 0, 1, 0 }, .max_tx = 2, .key_bytes = 40,
        .key = { 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67 },
    };

    for (unsigned i = 0; i < ROUNDS; i++) {
        set_pairs(t, 1);
        turn(t);
        if (i % 2) {
            set_pairs(t, 2);
        } else {
            g_assert_cmpint(command(t, VIRTIO_NET_CTRL_MQ,
                                    VIRTIO_NET_CTRL_MQ_RSS_CONFIG, &rss,
                                    sizeof(rss)), ==, VIRTIO_NET_OK);
        }
        flows(t);
    }
}

static void filters_change(Traffic *t)
{
    for (unsigned i = 0; i < 2 * ROUNDS; i++) {
        uint8_t on = i % 2;

        g_assert_cmpint(command(t, VIRTIO_NET_CTRL_RX,
                                VIRTIO_NET_CTRL_RX_PROMISC, &on, 1), ==,
                        VIRTIO_NET_OK);
        turn(t);
    }
    flows(t);
}

/* Filters on the backend come, change and go. Time stands, so that a buffer holds. */
static void packet_filters(Traffic *t)
{
    static const char *const filters[] = {
        "'qom-type':'filter-dump','file':'/dev/null'",
        "'qom-type':'filter-mirror','outdev':'c','position':'head'",
        "'qom-type':'filter-buffer','interval':1000",
        "'qom-type':'filter-rate-limit','tx-packets-per-second':1000,"
        "'rx-bytes-per-second':1000",
        "'qom-type':'filter-redirector','outdev':'c','queue':'rx'",
    };
    QTestState *qts = t->pair[0].qts;

    qtest_qmp_ok(qts, "{'execute':'chardev-add','arguments':{'id':'c',"
                 "'backend':{'type':'null','data':{}}}}");
    for (unsigned i = 0; i < 2 * ROUNDS; i++) {
        qtest_qmp_ok(qts, "{'execute':'object-add','arguments':{'id':'f0',"
                     "'netdev':'n0',%s}}", filters[i % ARRAY_SIZE(filters)]);
        turn(t);
        qtest_qmp_ok(qts, "{'execute':'object-add','arguments':{'id':'f1',"
                     "'netdev':'n0','qom-type':'filter-dump',"
                     "'file':'/dev/null','position':'id=f0',"
                     "'insert':'before'}}");
        turn(t);
        for (unsigned off = 0; off < 2; off++) {
            qtest_qmp_ok(qts, "{'execute':'qom-set','arguments':{'path':"
                         "'/objects/f0','property':'status','value':'%s'}}",
                         off ? "on" : "off");
            turn(t);
        }
        json_object_put(qtest_qmp_return(qts,
                                         "{'execute':'x-query-netstats'}"));
        qtest_clock_step(qts, 1000000);
        turn(t);
        for (unsigned f = 0; f < 2; f++) {
            qtest_qmp_ok(qts, "{'execute':'object-del','arguments':"
                         "{'id':'f%u'}}", f);
            turn(t);
        }
    }
    flows(t);
}

/* A region of another device comes and goes in the map. */
static void map_changes(Traffic *t)
{
    QPCIDevice *other = qpci_device_find(&t->pair[0].bus.pci,
                                         QPCI_DEVFN(0x1e, 0));

    g_assert_nonnull(other);
    qpci_iomap(other, 1);
    for (unsigned i = 0; i < 2 * ROUNDS; i++) {
        qpci_config_writew(other, PCI_COMMAND, i % 2 ? PCI_COMMAND_MEMORY : 0);
        turn(t);
    }
    g_free(other);
    flows(t);
}

/*
 * Once a vector is masked no message arrives, also none that was under way; what
 * happened meanwhile does when it is unmasked, with the new data.
 */
static void vectors_mask(Traffic *t)
{
    QPCIDevice *pci = t->pair[0].pci;
    gint64 end = g_get_monotonic_time() + WAIT_US;

    for (unsigned i = 0; i < ROUNDS; i++) {
        QVirtQueue *vq = t->pair[i % t->pairs].rx.vq;
        uint32_t *message = (void *)(t->pair[0].ram + vq->msix_addr);
        unsigned vector = vq->msix_data & 0xff;
        uint32_t data = 0xa0000 + (i << 8) + vector;

        turn(t);
        qpci_msix_set_vector(pci, vector, vq->msix_addr, data - 1, true);
        __atomic_store_n(message, 0, __ATOMIC_RELAXED);
        while (!qpci_msix_pending(pci, vector)) {
            turn(t);
            g_assert_cmpint(g_get_monotonic_time(), <, end);
        }
        g_assert_cmphex(__atomic_load_n(message, __ATOMIC_RELAXED), ==, 0);
        qpci_msix_set_vector(pci, vector, vq->msix_addr, data, false);
        g_assert_cmphex(__atomic_load_n(message, __ATOMIC_RELAXED), ==, data);
        vq->msix_data = data;
    }
    flows(t);
}

static void statistics_are_read(Traffic *t)
{
    QTestState *qts = t->pair[0].qts;

    for (unsigned i = 0; i < ROUNDS; i++) {
        json_object_put(qtest_qmp_return(qts, "{'execute':'query-rx-filter'}"));
        json_object_put(qtest_qmp_return(qts,
                                         "{'execute':'x-query-netstats'}"));
        g_free(qtest_hmp(qts, "info network"));
        qtest_qmp_ok(qts, "{'execute':'announce-self','arguments':{'initial':50,"
                     "'max':550,'rounds':0,'step':50}}");
        turn(t);
    }
    flows(t);
}

static char *delete_error(Traffic *t, const char *id)
{
    return qtest_qmp_error(t->pair[0].qts, "GenericError",
                           "{'execute':'object-del','arguments':{'id':'%s'}}",
                           id);
}

/* The guest lets go of the card, as soon as it is asked to. */
static void unplug(Traffic *t)
{
    QPCIBus *bus = &t->pair[0].bus.pci;
    uint16_t port = QPCI_DEVFN(QPCI_PORT_SLOT, 0);
    uint8_t at = 0x34;

    qtest_qmp_ok(bus->qts, "{'execute':'device_del','arguments':{'id':'nic'}}");
    do {
        at = bus->config_read(bus, port, at == 0x34 ? at : at + 1, 1);
        g_assert_cmpint(at, !=, 0);
    } while (bus->config_read(bus, port, at, 1) != PCI_CAP_ID_EXP);
    bus->config_write(bus, port, at + PCI_EXP_SLTCTL, PCI_EXP_SLTCTL_PCC |
                      PCI_EXP_SLTCTL_PWR_IND_OFF, 2);
    json_object_put(qtest_event(bus->qts, "DEVICE_DELETED"));
}

/* Packets wait for time that stands: in the rings, and in a filter. */
static void filters_hold(Traffic *t)
{
    QTestState *qts = t->pair[0].qts;

    qtest_qmp_ok(qts, "{'execute':'object-add','arguments':{'id':'f0',"
                 "'qom-type':'filter-buffer','netdev':'n0','interval':1000,"
                 "'queue':'tx'}}");
    qtest_qmp_ok(qts, "{'execute':'object-add','arguments':{'id':'f1',"
                 "'qom-type':'filter-rate-limit','netdev':'n0',"
                 "'tx-packets-per-second':1}}");
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn(t);
    }
}

static void netdev_goes(Traffic *t)
{
    g_autofree char *busy = delete_error(t, "io0");

    g_assert_cmpstr(busy, ==, "object 'io0' is in use, can not be deleted");
    filters_hold(t);
    qtest_qmp_ok(t->pair[0].qts,
                 "{'execute':'netdev_del','arguments':{'id':'n0'}}");
    for (unsigned i = 0; i < ROUNDS; i++) {
        turn(t);
    }
    for (unsigned i = 0; i < t->pairs; i++) {
        gint64 end = g_get_monotonic_time() + WAIT_US;

        /* Sent to nobody, but taken. */
        while (mapped_net_tx_pending(&t->pair[i])) {
            g_usleep(100);
            g_assert_cmpint(g_get_monotonic_time(), <, end);
        }
    }
    unplug(t);
    qtest_qmp_ok(t->pair[0].qts,
                 "{'execute':'object-del','arguments':{'id':'io0'}}");
}

static void device_goes(Traffic *t)
{
    QTestState *qts = t->pair[0].qts;

    filters_hold(t);
    unplug(t);
    stands(t);
    qtest_qmp_ok(qts, "{'execute':'object-del','arguments':{'id':'io0'}}");
    qtest_clock_step(qts, 1000000);
    qtest_qmp_ok(qts, "{'execute':'netdev_del','arguments':{'id':'n0'}}");
}

/* --- what is refused --- */

static void refused(const char *arguments, const char *text)
{
    g_autofree char *args = g_strdup_printf(
        "-S -display none -object iothread,id=io0 -object iothread,id=io1 %s",
        arguments);
    g_autofree char *output = NULL;

    g_assert_cmpint(qtest_run(args, &output), ==, 1);
    if (!strstr(output, text)) {
        g_error("'%s' said '%s', not '%s'", arguments, output, text);
    }
}

static void what_cannot_be(void)
{
    static const struct {
        const char *mapping, *text;
    } mappings[] = {
        { "[]", "the list is empty" },
        { "[{\"iothread\":\"x\"}]", "there is no iothread 'x'" },
        { "[{\"iothread\":\"io0\"},{\"iothread\":\"io0\"}]",
          "iothread 'io0' is there twice" },
        { "[{\"iothread\":\"io0\",\"vqs\":[0,1]},{\"iothread\":\"io1\"}]",
          "iothread 'io0' has vqs and 'io1' has none" },
        { "[{\"iothread\":\"io0\",\"vqs\":[0]},"
          "{\"iothread\":\"io1\",\"vqs\":[1]}]",
          "vqs 0 and 1 are a pair and must be in the same iothread" },
        { "[{\"iothread\":\"io0\",\"vqs\":[0]}]", "vq 1 has no iothread" },
        { "[{\"iothread\":\"io0\",\"vqs\":[0,1,2]}]",
          "vq 2 of iothread 'io0' is not in the range 0 to 1" },
        { "[{\"iothread\":\"io0\",\"vqs\":[0,1,1]}]", "vq 1 is there twice" },
    };

    refused("-device virtio-net-pci,iothread=io9", "Device 'io9' not found");
    refused("-device virtio-net-pci,iothread=io0,ioeventfd=off",
            "iothreads need ioeventfd=on");
    refused("-netdev hubport,id=n0,hubid=0"
            " -device virtio-net-pci,netdev=n0,iothread=io0",
            "netdev 'n0' of type hubport runs in the main loop only");
    refused("-object iothread,id=io2,poll-max-ns=-1",
            "poll-max-ns value must be in range [0, 9223372036854775807]");
    refused("-object iothread,id=io2,thread-pool-max=0",
            "thread-pool-min=0 and thread-pool-max=0");
    refused("-device '{\"driver\":\"virtio-net-pci\",\"iothread\":\"io0\","
            "\"iothread-vq-mapping\":[{\"iothread\":\"io0\"}]}'",
            "iothread and iothread-vq-mapping exclude each other");
    for (unsigned i = 0; i < G_N_ELEMENTS(mappings); i++) {
        g_autofree char *device = g_strdup_printf(
            "-device '{\"driver\":\"virtio-net-pci\","
            "\"iothread-vq-mapping\":%s}'", mappings[i].mapping);

        refused(device, mappings[i].text);
    }
}

int main(int argc, char **argv)
{
    static const Body bodies[] = {
        { "link-goes", link_goes },
        { "machine-stops", machine_stops },
        { "device-resets", device_resets },
        { "queue-resets", queue_resets },
        { "pairs-and-steering-change", pairs_and_steering_change,
          .tap_only = true },
        { "filters-change", filters_change },
        { "packet-filters", packet_filters },
        { "map-changes", map_changes },
        { "vectors-mask", vectors_mask },
        { "statistics-are-read", statistics_are_read },
        { "netdev-goes", netdev_goes, .port = true },
        { "device-goes", device_goes, .port = true },
    };

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/iothread/what-cannot-be", what_cannot_be);
    for (unsigned i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autofree char *dgram = g_strdup_printf("/iothread/dgram/%s",
                                                 bodies[i].name);
        g_autofree char *tap = g_strdup_printf("/iothread/tap/%s",
                                               bodies[i].name);

        if (!bodies[i].tap_only) {
            g_test_add_data_func(dgram, &bodies[i], over_dgram);
        }
        g_test_add_data_func(tap, &bodies[i], over_tap);
    }
    return g_test_run();
}
