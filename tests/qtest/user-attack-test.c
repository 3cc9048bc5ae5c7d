/*
 * A guest that means harm to the user network: its frames come in by a stream, where
 * a card would be. bootp, tftp, ARP, IP, UDP, TCP and IPv6 are read by libslirp; that
 * the process lives and that the network still answers is required after each case.
 * What net/user.c and net/user-fwd.c hold by themselves is named where it is tested
 * (and in tests/unit/test-net-user.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "libqtest.h"
#include "qemu/bswap.h"

#define HOST        0x0a000202
#define GUEST       0x0a00020f
#define FORWARDED   0x0a000264
#define EVERYBODY   0xffffffff

enum { ETH = 14, IP = 20, UDP = 8, TCP = 20, FRAME_MAX = 65600 };
enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17 };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16,
       TCP_URG = 32 };

/* The emulator, and the guest's end of the wire. */
typedef struct Wire {
    QTestState *qts;
    int fd;
    char *dir;
} Wire;

static const uint8_t guest_mac[] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

/* --- the wire --- */

static void wire_start(Wire *w)
{
    g_autofree char *file = NULL;
    int pair[2];

    w->dir = g_dir_make_tmp("user-attack-XXXXXX", NULL);
    file = g_build_filename(w->dir, "boot", NULL);
    g_assert_true(g_file_set_contents(file, "what is booted", -1, NULL));
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    w->fd = pair[0];
    w->qts = qtest_initf("-nodefaults -machine none"
        " -chardev socket,id=c0,server=on,wait=off,path=%s/chr"
        " -netdev user,id=u0,restrict=on,tftp=%s,bootfile=boot,"
        "guestfwd=tcp:10.0.2.100:80-c0"
        " -netdev hubport,id=h0,hubid=0,netdev=u0"
        " -netdev stream,id=s0,addr.type=fd,addr.str=%d"
        " -netdev hubport,id=h1,hubid=0,netdev=s0", w->dir, w->dir, pair[1]);
    close(pair[1]);
}

static void wire_stop(Wire *w)
{
    g_autofree char *file = g_build_filename(w->dir, "boot", NULL);

    qtest_quit(w->qts);
    close(w->fd);
    g_unlink(file);
    g_assert_cmpint(g_rmdir(w->dir), ==, 0);
    g_free(w->dir);
}

/* The next frame, or 0 if none comes within @ms. */
static size_t wire_read(Wire *w, uint8_t *frame, int ms)
{
    struct pollfd pfd = { .fd = w->fd, .events = POLLIN };
    uint32_t size;

    if (poll(&pfd, 1, ms) != 1) {
        return 0;
    }
    g_assert_cmpint(recv(w->fd, &size, 4, MSG_WAITALL), ==, 4);
    size = ntohl(size);
    g_assert_cmpuint(size, <=, FRAME_MAX);
    g_assert_cmpint(recv(w->fd, frame, size, MSG_WAITALL), ==, size);
    return size;
}

/* Sends, and reads what comes where there is no room. */
static void wire_write(Wire *w, const void *bytes, size_t size)
{
    static uint8_t other[FRAME_MAX];
    const uint8_t *at = bytes;

    while (size) {
        struct pollfd pfd = { .fd = w->fd, .events = POLLIN | POLLOUT };
        ssize_t n;

        g_assert_cmpint(poll(&pfd, 1, 30000), ==, 1);
        if (pfd.revents & POLLIN) {
            wire_read(w, other, 0);
            continue;
        }
        n = send(w->fd, at, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        g_assert_true(n > 0 || errno == EAGAIN);
        at += MAX(n, 0);
        size -= MAX(n, 0);
    }
}

static void wire_send(Wire *w, const uint8_t *frame, size_t size)
{
    g_autofree uint8_t *bytes = g_malloc(4 + size);

    stl_be_p(bytes, size);
    memcpy(bytes + 4, frame, size);
    wire_write(w, bytes, 4 + size);
}

/* --- frames --- */

static uint16_t sum16(const uint8_t *p, size_t size, uint32_t sum)
{
    for (size_t i = 0; i < size; i++) {
        sum += i & 1 ? p[i] : p[i] << 8;
    }
    sum = (sum >> 16) + (sum & 0xffff);
    return ~((sum >> 16) + sum);
}

static void put_ether(uint8_t *frame, uint16_t type)
{
    memset(frame, 0x52, 6);
    memcpy(frame + 6, guest_mac, 6);
    stw_be_p(frame + 12, type);
}

/* Ethernet and IP in front of @size bytes; the size of all. */
static size_t put_ip(uint8_t *frame, uint8_t proto, uint32_t to, size_t size)
{
    uint8_t *ip = frame + ETH;

    put_ether(frame, 0x0800);
    memset(ip, 0, IP);
    ip[0] = 0x45;
    stw_be_p(ip + 2, IP + size);
    ip[8] = 64;
    ip[9] = proto;
    stl_be_p(ip + 12, GUEST);
    stl_be_p(ip + 16, to);
    stw_be_p(ip + 10, sum16(ip, IP, 0));
    return ETH + IP + size;
}

/* @payload stands behind the headers already. No checksum. */
static size_t put_udp(uint8_t *frame, uint32_t to, uint16_t from_port,
                      uint16_t port, size_t payload)
{
    uint8_t *udp = frame + ETH + IP;

    stw_be_p(udp, from_port);
    stw_be_p(udp + 2, port);
    stw_be_p(udp + 4, UDP + payload);
    stw_be_p(udp + 6, 0);
    return put_ip(frame, PROTO_UDP, to, UDP + payload);
}

typedef struct Segment {
    uint32_t seq, ack;
    uint16_t port, flags, urgent, window;
    const void *options, *data;
    size_t options_bytes, bytes;
} Segment;

static size_t put_tcp(uint8_t *frame, const Segment *s)
{
    uint8_t *tcp = frame + ETH + IP;
    size_t head = TCP + s->options_bytes, size = head + s->bytes;

    memset(tcp, 0, TCP);
    stw_be_p(tcp, s->port);
    stw_be_p(tcp + 2, 80);
    stl_be_p(tcp + 4, s->seq);
    stl_be_p(tcp + 8, s->ack);
    tcp[12] = head / 4 << 4;
    tcp[13] = s->flags;
    stw_be_p(tcp + 14, s->window);
    stw_be_p(tcp + 18, s->urgent);
    if (s->options_bytes) {
        memcpy(tcp + TCP, s->options, s->options_bytes);
    }
    if (s->bytes) {
        memcpy(tcp + head, s->data, s->bytes);
    }
    size = put_ip(frame, PROTO_TCP, FORWARDED, size);
    stw_be_p(tcp + 16, sum16(tcp, size - ETH - IP,
                             (GUEST >> 16) + (GUEST & 0xffff) +
                             (FORWARDED >> 16) + (FORWARDED & 0xffff) +
                             PROTO_TCP + size - ETH - IP));
    return size;
}

static void send_tcp(Wire *w, const Segment *s)
{
    uint8_t frame[2000];

    wire_send(w, frame, put_tcp(frame, s));
}

static size_t put_arp(uint8_t *frame, uint32_t whom)
{
    put_ether(frame, 0x0806);
    memset(frame, 0xff, 6);
    memset(frame + ETH, 0, 28);
    stw_be_p(frame + 14, 1);
    stw_be_p(frame + 16, 0x0800);
    stw_be_p(frame + 18, 0x0604);
    stw_be_p(frame + 20, 1);
    memcpy(frame + 22, guest_mac, 6);
    stl_be_p(frame + 28, GUEST);
    stl_be_p(frame + 38, whom);
    return ETH + 28;
}

/* Wait for a frame with this at @offset. */
static void await(Wire *w, uint8_t *frame, size_t offset, const void *what,
                  size_t bytes)
{
    size_t size;

    do {
        size = wire_read(w, frame, 30000);
        g_assert_cmpuint(size, >, 0);
    } while (size < offset + bytes || memcmp(frame + offset, what, bytes) != 0);
}

static void read_file(Wire *w)
{
    uint8_t frame[FRAME_MAX] = { 0 };
    static const char request[] = "\0\1boot\0octet";
    static const char answer[] = "\0\3\0\1what is booted";

    memcpy(frame + ETH + IP + UDP, request, sizeof(request));
    wire_send(w, frame, put_udp(frame, HOST, 4000, 69, sizeof(request)));
    await(w, frame, ETH + IP + UDP, answer, sizeof(answer) - 1);
    memcpy(frame + ETH + IP + UDP, "\0\4\0\1", 4);
    wire_send(w, frame, put_udp(frame, HOST, 4000, 69, 4));
}

/* The process lives and works, and so does the network. */
static void works_on(Wire *w)
{
    static const uint8_t reply[] = { 0, 2, 0x52, 0x55, 10, 0, 2, 2, 10, 0, 2, 2 };
    uint8_t frame[FRAME_MAX];

    json_object_put(qtest_qmp_return(w->qts, "{'execute':'query-status'}"));
    wire_send(w, frame, put_arp(frame, HOST));
    await(w, frame, 20, reply, sizeof(reply));
    read_file(w);
}

/* --- what libslirp reads --- */

/* A UDP length that is not the datagram's, to every server of the network. */
static void test_udp_lengths(void)
{
    static const uint16_t ports[] = { 67, 69, 9, 547 };
    static const uint32_t to[] = { HOST, EVERYBODY, 0x0a000203, GUEST, 0 };
    static const int sizes[] = { 0, 1, 2, 3, 7, 100, 240, 548, 1472 };
    uint8_t frame[2000];
    Wire w;

    wire_start(&w);
    for (unsigned p = 0; p < G_N_ELEMENTS(ports); p++) {
        for (unsigned t = 0; t < G_N_ELEMENTS(to); t++) {
            for (unsigned s = 0; s < G_N_ELEMENTS(sizes); s++) {
                int size = sizes[s];
                const int lengths[] = { 0, 1, 7, 8, size + 7, size + 9, 0xffff };

                for (unsigned l = 0; l < G_N_ELEMENTS(lengths); l++) {
                    size_t all;

                    memset(frame, l & 1 ? 0xff : 1, sizeof(frame));
                    all = put_udp(frame, to[t], 68, ports[p], size);
                    stw_be_p(frame + ETH + IP + 4, lengths[l]);
                    wire_send(&w, frame, all);
                    /* And IP says more than there is. */
                    wire_send(&w, frame, MAX(all / 2, 14));
                }
            }
        }
    }
    works_on(&w);
    wire_stop(&w);
}

/* A request with these options, cut or not. */
static void send_bootp(Wire *w, unsigned who, const uint8_t *options,
                       size_t bytes)
{
    uint8_t frame[2000] = { 0 }, *bootp = frame + ETH + IP + UDP;

    bootp[0] = bootp[1] = 1;
    bootp[2] = who;                             /* length of the address */
    memcpy(bootp + 28, guest_mac, 6);
    stw_be_p(bootp + 32, who);
    stl_be_p(bootp + 236, 0x63825363);
    memcpy(bootp + 240, options, bytes);
    put_udp(frame, EVERYBODY, 68, 67, 240 + bytes);
    memcpy(frame + 10, bootp + 32, 2);
    wire_send(w, frame, ETH + IP + UDP + 240 + bytes);
}

static void test_bootp(void)
{
    static const struct { uint8_t bytes[8]; size_t count; } options[] = {
        { { 53 }, 1 }, { { 53, 1 }, 2 }, { { 53, 0, 255 }, 3 },
        { { 53, 1, 1, 255 }, 4 }, { { 53, 1, 3, 50, 4, 10, 0, 2 }, 8 },
        { { 53, 1, 3, 50, 255 }, 5 }, { { 53, 1, 3, 50, 0, 255 }, 6 },
        { { 53, 255, 1 }, 3 }, { { 0, 0, 0, 0, 0, 0, 0, 53 }, 8 },
        { { 12, 255, 'a' }, 3 }, { { 53, 1, 7 }, 3 }, { { 55, 255, 1 }, 3 },
    };
    static const uint8_t discover[] = { 53, 1, 1, 255 };
    uint8_t pads[1000] = { 0 };
    Wire w;

    wire_start(&w);
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
        for (size_t n = 0; n <= options[i].count; n++) {
            send_bootp(&w, i, options[i].bytes, n);
        }
    }
    send_bootp(&w, 1, pads, sizeof(pads));
    /* More clients than there are addresses. */
    for (unsigned who = 0; who < 600; who++) {
        send_bootp(&w, who, discover, sizeof(discover));
    }
    works_on(&w);
    wire_stop(&w);
}

static void send_tftp(Wire *w, uint16_t from, const void *bytes, size_t size)
{
    uint8_t frame[2000];

    memcpy(frame + ETH + IP + UDP, bytes, size);
    wire_send(w, frame, put_udp(frame, HOST, from, 69, size));
}

static void test_tftp(void)
{
#define REQUEST(text) { text, sizeof(text) - 1 }
    static const struct { const char *text; size_t size; } requests[] = {
        REQUEST(""), REQUEST("\0"), REQUEST("\0\1"), REQUEST("\0\1boot"),
        REQUEST("\0\1boot\0"), REQUEST("\0\1boot\0octet"),
        REQUEST("\0\1boot\0octet\0"), REQUEST("\0\1\0\0"),
        REQUEST("\0\1boot\0netascii\0"), REQUEST("\0\2boot\0octet\0"),
        REQUEST("\0\1boot\0octet\0blksize\0000\0"),
        REQUEST("\0\1boot\0octet\0blksize\0-1\0"),
        REQUEST("\0\1boot\0octet\0blksize\00065535\0"),
        REQUEST("\0\1boot\0octet\0blksize\0"),
        REQUEST("\0\1boot\0octet\0tsize\0007\0blksize\0009999999999999\0x"),
        REQUEST("\0\4"), REQUEST("\0\4\xff\xff"), REQUEST("\0\5\0"),
        REQUEST("\0\3\0\1data"), REQUEST("\xff\xff"),
    };
    static const char outside[] = "\0\1../../../../../../etc/passwd\0octet";
    uint8_t frame[FRAME_MAX], name[1400];
    Wire w;

    wire_start(&w);
    for (unsigned i = 0; i < G_N_ELEMENTS(requests); i++) {
        send_tftp(&w, 1000 + i, requests[i].text, requests[i].size);
    }
    memset(name, 'a', sizeof(name));
    name[0] = 0;
    name[1] = 1;
    send_tftp(&w, 2000, name, sizeof(name));
    /* More readers than there is room for. */
    for (unsigned i = 0; i < 200; i++) {
        send_tftp(&w, 3000 + i, "\0\1boot\0octet", 13);
    }
    works_on(&w);
    send_tftp(&w, 5000, outside, sizeof(outside));
    await(&w, frame, ETH + IP, "\0\x45\x13\x88", 4);
    g_assert_cmpmem(frame + ETH + IP + UDP, 2, "\0\5", 2);
    /* Readers give up, or libslirp would end with their files' names. */
    for (unsigned i = 0; i < G_N_ELEMENTS(requests); i++) {
        send_tftp(&w, 1000 + i, "\0\5\0\0", 5);
    }
    send_tftp(&w, 2000, "\0\5\0\0", 5);
    for (unsigned i = 0; i < 200; i++) {
        send_tftp(&w, 3000 + i, "\0\5\0\0", 5);
    }
    works_on(&w);
    wire_stop(&w);
}

/* A connection to the forwarded port; what it says next in *s. */
static void connect_tcp(Wire *w, Segment *s, uint16_t port)
{
    uint8_t frame[FRAME_MAX], to[4] = { 0, 80, port >> 8, port };

    wire_send(w, frame, put_arp(frame, HOST));
    *s = (Segment) { .port = port, .seq = 1000, .window = 65535,
                     .flags = TCP_SYN };
    send_tcp(w, s);
    await(w, frame, ETH + IP, to, 4);
    g_assert_cmphex(frame[ETH + IP + 13], ==, TCP_SYN | TCP_ACK);
    s->flags = TCP_ACK;
    s->seq++;
    s->ack = ldl_be_p(frame + ETH + IP + 4) + 1;
    send_tcp(w, s);
}

/* Urgent pointers to anywhere, header lengths, options and flags of all kinds. */
static void test_tcp(void)
{
    static const uint16_t urgent[] = { 0, 1, 7, 8, 9, 1400, 0x7fff, 0xffff };
    uint8_t frame[2000], options[40];
    Segment s, other;
    Wire w;

    wire_start(&w);
    for (unsigned i = 0; i < G_N_ELEMENTS(urgent); i++) {
        connect_tcp(&w, &s, 6000 + i);
        other = s;
        other.flags = TCP_ACK | TCP_URG | TCP_PSH;
        other.urgent = urgent[i];
        send_tcp(&w, &other);                   /* nothing, but urgent */
        other.data = "urgently";
        other.bytes = 8;
        send_tcp(&w, &other);
        other.seq += 8;
        send_tcp(&w, &other);
        other.seq += 1 << 20;                   /* outside the window */
        send_tcp(&w, &other);
        other.seq = s.seq + 12;
        other.flags |= TCP_FIN;
        send_tcp(&w, &other);
    }
    works_on(&w);
    connect_tcp(&w, &s, 6500);
    for (unsigned flags = 0; flags < 256; flags++) {
        other = (Segment) { .port = 7000 + flags, .flags = flags,
                            .options = options, .options_bytes = flags % 11 * 4,
                            .urgent = 5 };
        memset(options, flags, sizeof(options));
        options[0] = flags % 9;                 /* MSS, window, …, of any length */
        options[1] = flags / 3;
        send_tcp(&w, &other);
        for (unsigned length = 0; length < 16; length++) {
            size_t size = put_tcp(frame, &s);

            frame[ETH + IP + 12] = length << 4;
            wire_send(&w, frame, size);
        }
    }
    works_on(&w);
    wire_stop(&w);
}

/* --- any bytes --- */

/* Some frame that is right, of @size bytes. */
static size_t make_any(uint8_t *frame, unsigned kind)
{
    uint8_t *ip = frame + ETH, *l4 = ip + IP;
    Segment s = { .port = 6600, .flags = 1 << kind % 6, .bytes = 9,
                  .data = "some data", .window = 100 };

    memset(frame, 0, 600);
    switch (kind % 6) {
    case 0:
        return put_arp(frame, HOST);
    case 1:
        memset(l4 + UDP + 240, 53, 60);
        stl_be_p(l4 + UDP + 236, 0x63825363);
        return put_udp(frame, EVERYBODY, 68, 67, 300);
    case 2:
        memcpy(l4 + UDP, "\0\1boot\0octet\0blksize\000512\0", 26);
        return put_udp(frame, HOST, 4100 + kind, 69, 26);
    case 3:
        return put_tcp(frame, &s);
    case 4:
        l4[0] = kind & 1 ? 8 : 13;              /* ICMP, in fragments as well */
        put_ip(frame, PROTO_ICMP, HOST, 40);
        stw_be_p(ip + 6, kind & 2 ? 0x2000 : kind & 4 ? 3 : 0);
        stw_be_p(ip + 10, 0);
        stw_be_p(ip + 10, sum16(ip, IP, 0));
        return ETH + IP + 40;
    default:                                    /* neighbours and routers */
        put_ether(frame, 0x86dd);
        ip[0] = 0x60;
        stw_be_p(ip + 4, 32);
        ip[6] = 58;
        ip[7] = 255;
        stw_be_p(ip + 8, 0xfe80);
        ip[23] = 9;
        stw_be_p(ip + 24, 0xff02);
        ip[39] = 2;
        ip[40] = 133 + kind % 3;
        ip[48] = kind & 1;                      /* an option, of length 0 too */
        return ETH + 40 + 32;
    }
}

/* Ends what a read request may have opened: libslirp 4.7.0 loses its file's name else. */
static void end_tftp(Wire *w, uint8_t *frame, size_t size)
{
    uint8_t *l4 = frame + ETH + IP;

    memcpy(l4 + UDP, "\0\5", 2);
    memset(l4 + 6, 0, 2);                       /* no checksum */
    wire_send(w, frame, size);
}

static void test_any_bytes(void)
{
    const char *seed = g_getenv("QTEST_SEED"), *time = g_getenv("QTEST_SECONDS");
    uint32_t number = seed ? strtoul(seed, NULL, 0) : g_test_rand_int();
    unsigned frames = (time ? strtoul(time, NULL, 0) : 1) * 10000;
    g_autoptr(GRand) rand = g_rand_new_with_seed(number);
    uint8_t frame[2000];
    Wire w;

    g_test_message("QTEST_SEED=%u", number);
    wire_start(&w);
    for (unsigned i = 0; i < frames; i++) {
        unsigned kind = g_rand_int(rand) % 1000;
        size_t size = make_any(frame, kind);

        for (unsigned n = g_rand_int_range(rand, 0, 6); n > 0; n--) {
            frame[g_rand_int_range(rand, 12, size)] =
                g_rand_boolean(rand) ? g_rand_int(rand) :
                g_rand_boolean(rand) ? 0 : 0xff;
        }
        if (g_rand_int_range(rand, 0, 4) == 0) {
            size = g_rand_int_range(rand, 1, size + 1);
        }
        wire_send(&w, frame, size);
        if (kind % 6 == 2) {
            end_tftp(&w, frame, size);
        }
    }
    works_on(&w);
    wire_stop(&w);
}

/* --- what is ours --- */

/*
 * Frames of every size up to the largest that a client may send, and as many at a
 * time as the wire takes. Guards: no read beyond a frame; libslirp's answers to
 * what is not asked for are bounded by the net queue.
 */
static void test_frame_sizes(void)
{
    uint8_t *frame = g_malloc0(4096 + 65536);
    Wire w;

    wire_start(&w);
    for (size_t size = 1; size <= 4096 + 65536;
         size += size < 100 ? 1 : size / 3) {
        memset(frame, 0, size);
        if (size >= ETH + IP + UDP) {
            put_udp(frame, HOST, 68, 9, MIN(size, 65535) - ETH - IP - UDP);
        }
        wire_send(&w, frame, size);
    }
    wire_send(&w, frame, 4096 + 65536);
    works_on(&w);
    wire_stop(&w);
    g_free(frame);
}

#define FLOOD_BYTES     (4 << 20)
#define FLOOD_SEGMENT   1400

/* The bytes of the stream that the guest sends to the chardev. */
static uint8_t flood_byte(size_t at)
{
    return at * 7 + (at >> 8);
}

/* All of the flood, segment by segment; returns what the wire took of it at once. */
static GByteArray *make_flood(const Segment *from)
{
    GByteArray *all = g_byte_array_new();
    uint8_t frame[2000], data[FLOOD_SEGMENT], length[4];
    Segment s = *from;

    for (size_t at = 0; at < FLOOD_BYTES; at += s.bytes) {
        s.data = data;
        s.bytes = MIN(FLOOD_SEGMENT, FLOOD_BYTES - at);
        s.seq = from->seq + at;
        for (size_t i = 0; i < s.bytes; i++) {
            data[i] = flood_byte(at + i);
        }
        stl_be_p(length, put_tcp(frame, &s));
        g_byte_array_append(all, length, 4);
        g_byte_array_append(all, frame, ldl_be_p(length));
    }
    return all;
}

/*
 * A guest floods a chardev behind guestfwd= that nobody reads. Guards:
 * guestfwd_write() does not wait for the reader, and net_user_forward_full() keeps
 * the guest's frames where they are, without end else. Everybody else goes on; then
 * it is read, and all of it is there.
 */
static void test_flood_of_forwarded_port(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int chr = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint8_t got[65536], other[FRAME_MAX];
    GByteArray *flood;
    size_t sent = 0, at = 0;
    bool read_now = false;
    Segment s;
    Wire w;

    wire_start(&w);
    g_snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/chr", w.dir);
    g_assert_cmpint(connect(chr, (struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    connect_tcp(&w, &s, 6000);
    flood = make_flood(&s);
    while (at < FLOOD_BYTES) {
        struct pollfd pfd[2] = {
            { .fd = w.fd, .events = POLLIN | (sent < flood->len ? POLLOUT : 0) },
            { .fd = chr, .events = POLLIN },
        };
        ssize_t n;

        /* The chardev is not read before nothing else goes on. */
        if (poll(pfd, 1 + read_now, read_now ? 30000 : 300) == 0) {
            g_assert_false(read_now);
            read_now = true;
            json_object_put(qtest_qmp_return(w.qts,
                                             "{'execute':'query-status'}"));
            g_assert_cmpuint(sent, <, 2 << 20);
        } else if (read_now && (pfd[1].revents & POLLIN)) {
            n = recv(chr, got, sizeof(got), 0);
            g_assert_cmpint(n, >, 0);
            for (ssize_t i = 0; i < n; i++) {
                g_assert_cmphex(got[i], ==, flood_byte(at + i));
            }
            at += n;
        } else if (pfd[0].revents & POLLIN) {
            g_assert_cmpuint(wire_read(&w, other, 0), >, 0);
        } else {
            n = send(w.fd, flood->data + sent, flood->len - sent,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
            g_assert_true(n > 0 || errno == EAGAIN);
            sent += MAX(n, 0);
        }
    }
    g_assert_cmpuint(sent, ==, flood->len);
    g_byte_array_unref(flood);
    close(chr);
    works_on(&w);
    wire_stop(&w);
}

/* The reader goes while the guest waits for it. Guards: the rest is given up. */
static void test_reader_goes(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int chr = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    GByteArray *flood;
    size_t sent = 0;
    Segment s;
    Wire w;

    wire_start(&w);
    g_snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/chr", w.dir);
    g_assert_cmpint(connect(chr, (struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    connect_tcp(&w, &s, 6000);
    flood = make_flood(&s);
    for (;;) {
        struct pollfd pfd = { .fd = w.fd, .events = POLLIN | POLLOUT };
        uint8_t other[FRAME_MAX];
        ssize_t n;

        if (poll(&pfd, 1, 300) == 0) {
            break;
        }
        if (pfd.revents & POLLIN) {
            g_assert_cmpuint(wire_read(&w, other, 0), >, 0);
            continue;
        }
        n = send(w.fd, flood->data + sent, flood->len - sent,
                 MSG_DONTWAIT | MSG_NOSIGNAL);
        g_assert_true(n > 0 || errno == EAGAIN);
        sent += MAX(n, 0);
    }
    g_assert_cmpuint(sent, <, flood->len);
    close(chr);
    wire_write(&w, flood->data + sent, flood->len - sent);
    works_on(&w);
    g_byte_array_unref(flood);
    wire_stop(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("user-attack/udp-lengths", test_udp_lengths);
    qtest_add_func("user-attack/bootp", test_bootp);
    qtest_add_func("user-attack/tftp", test_tftp);
    qtest_add_func("user-attack/tcp", test_tcp);
    qtest_add_func("user-attack/any-bytes", test_any_bytes);
    qtest_add_func("user-attack/frame-sizes", test_frame_sizes);
    qtest_add_func("user-attack/flood-of-forwarded-port",
                   test_flood_of_forwarded_port);
    qtest_add_func("user-attack/reader-goes", test_reader_goes);
    return g_test_run();
}
