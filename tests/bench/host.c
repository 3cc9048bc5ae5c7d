/*
 * The other end of a backend: a socket, or a packet socket on a tap. All calls
 * return at once; the caller is the driver's loop, so that a second core is the
 * emulator's alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "bench.h"
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/un.h>

#define TAP_NAME    "bench0"
#define STREAM_BYTES (1u << 20)
/* What systemd sets; the kernel's own value of 10 allows no batch. */
#define UNIX_QUEUE  "512"
#define RECEIVE_BYTES (64 << 20)
#define NO_PROTOCOL 0x88b6              /* no frame is of this type */

static bool own_network;

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static void link_up(const char *name)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq req = { 0 };

    g_strlcpy(req.ifr_name, name, sizeof(req.ifr_name));
    if (ioctl(fd, SIOCGIFFLAGS, &req) < 0) {
        bench_fail("no network interface %s: %s", name, strerror(errno));
    }
    req.ifr_flags |= IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &req) < 0) {
        bench_fail("%s does not come up: %s", name, strerror(errno));
    }
    close(fd);
}

void host_namespace(void)
{
    if (unshare(CLONE_NEWNET) < 0) {
        return;
    }
    own_network = true;
    link_up("lo");
    write_file("/proc/sys/net/unix/max_dgram_qlen", UNIX_QUEUE);
    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

/* --- addresses --- */

static socklen_t address(const Host *h, const char *name,
                         struct sockaddr_storage *sa)
{
    if (h->spec->sink == SINK_DGRAM_UNIX || h->spec->sink == SINK_STREAM_UNIX) {
        struct sockaddr_un *un = (void *)sa;

        *un = (struct sockaddr_un){ .sun_family = AF_UNIX };
        g_strlcpy(un->sun_path, name, sizeof(un->sun_path));
        return sizeof(*un);
    }
    *(struct sockaddr_in *)sa = (struct sockaddr_in) {
        .sin_family = AF_INET,
        .sin_port = htons(atoi(name)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    return sizeof(struct sockaddr_in);
}

static int socket_at(const Host *h, int type, const char *name)
{
    struct sockaddr_storage sa;
    socklen_t len = address(h, name, &sa);
    int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) < 0) {
        bench_fail("cannot bind to %s: %s", name, strerror(errno));
    }
    return fd;
}

static void connect_to(const Host *h, int fd, const char *name)
{
    struct sockaddr_storage sa;
    socklen_t len = address(h, name, &sa);

    if (connect(fd, (struct sockaddr *)&sa, len) < 0) {
        bench_fail("cannot connect to %s: %s", name, strerror(errno));
    }
}

/* A port that nobody has. */
static char *free_port(int type)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    struct sockaddr_in in = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(in);

    if (bind(fd, (struct sockaddr *)&in, len) < 0 ||
        getsockname(fd, (struct sockaddr *)&in, &len) < 0) {
        bench_fail("no free port: %s", strerror(errno));
    }
    close(fd);
    return g_strdup_printf("%u", ntohs(in.sin_port));
}

/* --- opening --- */

static void buffer_init(HostBuffer *b, const Spec *spec, size_t frame_bytes)
{
    bool stream = sink_is_stream(spec->sink);
    size_t prefix = stream ? 4 : 0;

    b->stride = stream ? prefix + frame_bytes : ROUND_UP(frame_bytes, 64);
    b->frames = g_malloc(MAX(BENCH_BATCH * b->stride, STREAM_BYTES));
    for (unsigned i = 0; i < BENCH_BATCH; i++) {
        struct iovec *iov = b->iov[i];

        iov[1].iov_base = b->frames + i * b->stride;
        iov[1].iov_len = frame_bytes;
        b->msgs[i].msg_hdr.msg_iov = &iov[1];
        b->msgs[i].msg_hdr.msg_iovlen = 1;
    }
}

static void buffers_init(Host *h)
{
    const Spec *spec = h->spec;
    bool stream = sink_is_stream(spec->sink);
    struct virtio_net_hdr_v1 hdr;

    buffer_init(&h->out, spec, spec->bytes);
    buffer_init(&h->in, spec, BENCH_FRAME_MAX);
    for (unsigned i = 0; i < BENCH_BATCH; i++) {
        uint8_t *at = h->out.frames + i * h->out.stride;

        if (stream) {
            *(uint32_t *)at = htonl(spec->bytes);
            at += 4;
        }
        frame_write(at, i);
        if (spec->gso) {
            h->out.iov[i][0] = (struct iovec){ &h->vnet, sizeof(h->vnet) };
            h->out.msgs[i].msg_hdr.msg_iov = h->out.iov[i];
            h->out.msgs[i].msg_hdr.msg_iovlen = 2;
        }
    }
    frame_gso_header(&hdr);
    memcpy(&h->vnet, &hdr, sizeof(h->vnet));
}

void host_open(Host *h, const Spec *spec)
{
    bool is_unix = spec->sink == SINK_DGRAM_UNIX ||
                   spec->sink == SINK_STREAM_UNIX;
    int type = sink_is_stream(spec->sink) ? SOCK_STREAM : SOCK_DGRAM;

    *h = (Host){ .spec = spec, .fd = -1 };
    if (spec->sink == SINK_TAP) {
        if (!own_network || access("/dev/net/tun", R_OK | W_OK) < 0) {
            bench_skip("a tap needs /dev/net/tun and a network namespace");
        }
        buffers_init(h);
        return;
    }
    if (!sink_is_dgram(spec->sink) && !sink_is_stream(spec->sink)) {
        return;
    }
    buffers_init(h);
    for (unsigned i = 0; i < 2; i++) {
        char *name = is_unix ? g_strdup_printf("%s/net-bench-%d-%u",
                                               g_get_tmp_dir(), getpid(), i)
                             : free_port(type);

        *(i ? &h->there : &h->here) = name;
    }
    h->fd = socket_at(h, type, h->here);
    if (type == SOCK_STREAM && listen(h->fd, 1) < 0) {
        bench_fail("cannot listen: %s", strerror(errno));
    }
}

char *host_netdev(const Host *h)
{
    const char *here = h->here, *there = h->there;

    switch (h->spec->sink) {
    case SINK_DGRAM_UNIX:
        return g_strdup_printf("dgram,id=n0,local.type=unix,local.path=%s,"
                               "remote.type=unix,remote.path=%s", there, here);
    case SINK_DGRAM_UDP:
        return g_strdup_printf("dgram,id=n0,local.type=inet,"
                               "local.host=127.0.0.1,local.port=%s,"
                               "remote.type=inet,remote.host=127.0.0.1,"
                               "remote.port=%s", there, here);
    case SINK_STREAM_UNIX:
        return g_strdup_printf("stream,id=n0,server=off,addr.type=unix,"
                               "addr.path=%s", here);
    case SINK_STREAM_TCP:
        return g_strdup_printf("stream,id=n0,server=off,addr.type=inet,"
                               "addr.host=127.0.0.1,addr.port=%s", here);
    case SINK_TAP:
        return g_strdup_printf("tap,id=n0,ifname=" TAP_NAME ",script=no,"
                               "downscript=no,vhost=off%s",
                               h->spec->pairs > 1 ? ",queues=2" : "");
    default:
        return NULL;
    }
}

/* A hook that sees frames costs their sender; without one the tap drops them. */
static void bind_packet_socket(Host *h, uint16_t protocol)
{
    struct sockaddr_ll ll = {
        .sll_family = AF_PACKET, .sll_protocol = htons(protocol),
        .sll_ifindex = if_nametoindex(TAP_NAME),
    };

    if (bind(h->fd, (struct sockaddr *)&ll, sizeof(ll)) < 0) {
        bench_fail("cannot bind to " TAP_NAME ": %s", strerror(errno));
    }
    h->blind = protocol != ETH_P_ALL;
}

void host_watch(Host *h, bool on)
{
    if (h->spec->sink == SINK_TAP && h->spec->way == WAY_TX) {
        bind_packet_socket(h, on ? ETH_P_ALL : NO_PROTOCOL);
    }
}

static void open_packet_socket(Host *h)
{
    int on = 1;

    link_up(TAP_NAME);
    h->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (h->fd < 0) {
        bench_skip("a packet socket: %s", strerror(errno));
    }
    setsockopt(h->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
    setsockopt(h->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
    if (h->spec->gso && h->spec->way == WAY_RX) {
        setsockopt(h->fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on));
    }
    bind_packet_socket(h, h->spec->way != WAY_RX ? ETH_P_ALL : 0);
}

void host_connect(Host *h)
{
    int bytes = RECEIVE_BYTES;

    if (h->spec->sink == SINK_TAP) {
        open_packet_socket(h);
    } else if (sink_is_dgram(h->spec->sink)) {
        connect_to(h, h->fd, h->there);
    } else if (sink_is_stream(h->spec->sink)) {
        struct pollfd wait = { .fd = h->fd, .events = POLLIN };
        int fd = poll(&wait, 1, 10000) == 1 ? accept(h->fd, NULL, NULL) : -1;
        int on = 1;

        if (fd < 0) {
            bench_fail("the emulator does not connect");
        }
        close(h->fd);
        h->fd = fd;
        if (h->spec->sink == SINK_STREAM_TCP) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        }
        return;
    } else {
        return;
    }
    setsockopt(h->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
}

void host_close(Host *h)
{
    if (h->spec->sink == SINK_DGRAM_UNIX || h->spec->sink == SINK_STREAM_UNIX) {
        g_unlink(h->here);
        g_unlink(h->there);
    }
}

static int peer_tap(const Spec *spec)
{
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
    int hdr = BENCH_HDR;

    g_strlcpy(req.ifr_name, TAP_NAME, sizeof(req.ifr_name));
    if (fd < 0 || ioctl(fd, TUNSETIFF, &req) < 0 ||
        ioctl(fd, TUNSETVNETHDRSZ, &hdr) < 0 ||
        ioctl(fd, TUNSETOFFLOAD, spec->gso ? TUN_F_CSUM | TUN_F_TSO4 : 0) < 0) {
        bench_skip("a tap: %s", strerror(errno));
    }
    return fd;
}

int host_peer(const Host *h)
{
    bool stream = sink_is_stream(h->spec->sink);
    int fd, on = 1;

    if (h->spec->sink == SINK_TAP) {
        return peer_tap(h->spec);
    }
    fd = socket_at(h, stream ? SOCK_STREAM : SOCK_DGRAM, h->there);
    connect_to(h, fd, h->here);
    if (h->spec->sink == SINK_STREAM_TCP) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

unsigned host_window(const Host *h)
{
    bool is_long = h->spec->bytes > 4096;

    if (h->spec->way == WAY_RX && h->spec->sink == SINK_DGRAM_UDP) {
        /* The emulator's socket may have the kernel's default of 208 KiB. */
        return MAX(2, 160000 / (h->spec->bytes + 1000));
    }
    return is_long ? 64 : 256;
}

/* --- sending --- */

static unsigned send_messages(Host *h, unsigned max)
{
    HostBuffer *b = &h->out;
    unsigned total = 0;

    while (total < max) {
        unsigned count = MIN(max - total, BENCH_BATCH);
        int sent;

        for (unsigned i = 0; i < count; i++) {
            frame_stamp(b->iov[i][1].iov_base, h->sent + i);
        }
        sent = sendmmsg(h->fd, b->msgs, count, MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) {
            bench_fail("cannot send: %s", strerror(errno));
        }
        if (sent <= 0) {
            break;
        }
        h->sent += sent;
        total += sent;
    }
    return total;
}

/* A stream counts a frame as sent when its last byte is. */
static unsigned send_stream(Host *h, unsigned max)
{
    HostBuffer *b = &h->out;
    unsigned total = 0;

    while (total < max || b->from < b->to) {
        ssize_t sent;
        size_t whole;

        if (b->from == b->to) {
            unsigned count = MIN(max - total, BENCH_BATCH);

            for (unsigned i = 0; i < count; i++) {
                frame_stamp(b->frames + i * b->stride + 4, h->sent + i);
            }
            b->from = 0;
            b->to = count * b->stride;
        }
        sent = send(h->fd, b->frames + b->from, b->to - b->from,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            bench_fail("cannot send: %s", strerror(errno));
        }
        if (sent <= 0) {
            break;
        }
        whole = (b->from % b->stride + sent) / b->stride;
        b->from += sent;
        h->sent += whole;
        total += whole;
    }
    return total;
}

unsigned host_send(Host *h, unsigned max)
{
    return sink_is_stream(h->spec->sink) ? send_stream(h, max) :
                                           send_messages(h, max);
}

void host_send_one(Host *h, uint64_t number)
{
    h->sent = number;
    while (host_send(h, 1) == 0) {
        sched_yield();
    }
}

/* --- receiving --- */

static void take_frame(Host *h, const uint8_t *at, size_t bytes)
{
    unsigned pairs = h->spec->pairs;
    uint64_t number = 0, due;
    unsigned pair;

    if (!frame_is_ours(at, bytes, &number) && h->spec->sink == SINK_TAP) {
        return;                 /* the host's own */
    }
    pair = number % pairs;
    due = h->next[pair] * pairs + pair;
    frame_check(at, bytes, due, h->timed);
    h->next[pair] = number / pairs + 1;
    h->received++;
}

static unsigned receive_messages(Host *h)
{
    HostBuffer *b = &h->in;
    uint64_t before = h->received;
    int count;

    do {
        count = recvmmsg(h->fd, b->msgs, BENCH_BATCH, MSG_DONTWAIT, NULL);
        if (count < 0 && errno != EAGAIN && errno != ENETDOWN) {
            bench_fail("cannot receive: %s", strerror(errno));
        }
        for (int i = 0; i < count; i++) {
            take_frame(h, b->iov[i][1].iov_base, b->msgs[i].msg_len);
        }
    } while (count == BENCH_BATCH);
    return h->received - before;
}

static unsigned receive_stream(Host *h)
{
    HostBuffer *b = &h->in;
    uint64_t before = h->received;
    ssize_t got = recv(h->fd, b->frames + b->to, STREAM_BYTES - b->to,
                       MSG_DONTWAIT);
    size_t at = 0;

    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        bench_fail("the emulator's stream ended: %s", strerror(errno));
    }
    b->to += MAX(got, 0);
    while (b->to - at >= 4) {
        uint32_t bytes = ntohl(*(uint32_t *)(b->frames + at));

        if (bytes != h->spec->bytes) {
            bench_fail("a frame of %u bytes in the stream, not of %u", bytes,
                       h->spec->bytes);
        }
        if (b->to - at < 4 + bytes) {
            break;
        }
        take_frame(h, b->frames + at + 4, bytes);
        at += 4 + bytes;
    }
    memmove(b->frames, b->frames + at, b->to - at);
    b->to -= at;
    return h->received - before;
}

unsigned host_receive(Host *h)
{
    if (h->fd < 0 || h->blind) {
        return 0;
    }
    return sink_is_stream(h->spec->sink) ? receive_stream(h) :
                                           receive_messages(h);
}
