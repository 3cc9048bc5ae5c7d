/*
 * The user network: the guest's IPv4 fragments, put together before libslirp sees
 * them. Its own reassembly (4.7.0) follows a stray pointer when the last fragment of
 * a datagram comes first, so a guest could end the process; here is no pointer that
 * a frame can reach.
 *
 * A datagram is given up as a whole when its fragments do not fit together (RFC 5722
 * has it so for IPv6); what is repeated is let pass. There is room for a few
 * datagrams at a time, and the oldest makes way for the next.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/timer.h"
#include "net/checksum.h"
#include "net/eth.h"
#include "user-internal.h"

enum {
    IP_BYTES = 20, IP_LENGTH = 2, IP_ID = 4, IP_FRAGMENT = 6, IP_PROTOCOL = 9,
    IP_SUM = 10, IP_SOURCE = 12, IP_HEADER_MAX = 60,
};
#define IP_MORE_FRAGMENTS   0x2000
#define IP_OFFSET           0x1fff

#define DATAGRAM_MAX        65535
#define FRAGMENT_UNIT       8
#define UNITS               DIV_ROUND_UP(DATAGRAM_MAX, FRAGMENT_UNIT)
/* As long as other hosts keep a datagram of which some is missing. */
#define FRAGMENT_WAIT_NS    (30 * NANOSECONDS_PER_SECOND)
#define DATAGRAMS_MAX       16

typedef struct Datagram {
    QTAILQ_ENTRY(struct Datagram) next;
    int64_t deadline_ns;
    uint8_t key[11];
    uint8_t head[ETH_HLEN + IP_HEADER_MAX];     /* of the first fragment */
    size_t head_bytes;                          /* 0: it is not there yet */
    size_t got_bytes, size;                     /* size 0: no last fragment yet */
    size_t end;                                 /* of the furthest fragment */
    DECLARE_BITMAP(units, UNITS);
    uint8_t payload[UNITS * FRAGMENT_UNIT];
} Datagram;

struct UserFrags {
    QTAILQ_HEAD(, struct Datagram) datagrams;   /* the oldest first */
    unsigned count;
};

/* A fragment that makes sense by itself. */
typedef struct Fragment {
    const uint8_t *ip, *payload;
    size_t head_bytes, offset, bytes;
    bool last;
} Fragment;

static void forget(UserFrags *f, Datagram *d)
{
    QTAILQ_REMOVE(&f->datagrams, d, next);
    f->count--;
    g_free(d);
}

UserFrags *net_user_frags_new(void)
{
    UserFrags *f = g_new0(UserFrags, 1);

    QTAILQ_INIT(&f->datagrams);
    return f;
}

void net_user_frags_free(UserFrags *f)
{
    while (!QTAILQ_EMPTY(&f->datagrams)) {
        forget(f, QTAILQ_FIRST(&f->datagrams));
    }
    g_free(f);
}

bool net_user_is_fragment(const uint8_t *frame, size_t size)
{
    return size >= ETH_HLEN + IP_BYTES && lduw_be_p(frame + 12) == ETH_P_IP &&
           (lduw_be_p(frame + ETH_HLEN + IP_FRAGMENT) &
            (IP_MORE_FRAGMENTS | IP_OFFSET));
}

static bool parse(Fragment *p, const uint8_t *frame, size_t size)
{
    const uint8_t *ip = frame + ETH_HLEN;
    size_t room = size - ETH_HLEN, head = (ip[0] & 15) * 4;
    size_t total = lduw_be_p(ip + IP_LENGTH);
    uint16_t field = lduw_be_p(ip + IP_FRAGMENT);

    if (ip[0] >> 4 != 4 || head < IP_BYTES || total <= head || total > room ||
        net_checksum_finish(net_checksum_add(0, ip, head)) != 0) {
        return false;
    }
    *p = (Fragment) {
        .ip = ip, .payload = ip + head, .head_bytes = head,
        .offset = (field & IP_OFFSET) * FRAGMENT_UNIT, .bytes = total - head,
        .last = !(field & IP_MORE_FRAGMENTS),
    };
    return (p->last || p->bytes % FRAGMENT_UNIT == 0) &&
           p->offset + p->bytes <= DATAGRAM_MAX - IP_HEADER_MAX;
}

static Datagram *find(UserFrags *f, const Fragment *p)
{
    int64_t now_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    Datagram *d, *next;
    uint8_t key[sizeof(d->key)];

    memcpy(key, p->ip + IP_SOURCE, 8);          /* and the destination */
    memcpy(key + 8, p->ip + IP_ID, 2);
    key[10] = p->ip[IP_PROTOCOL];
    QTAILQ_FOREACH_SAFE(d, &f->datagrams, next, next) {
        if (d->deadline_ns <= now_ns) {
            forget(f, d);
        } else if (memcmp(d->key, key, sizeof(key)) == 0) {
            return d;
        }
    }
    if (f->count == DATAGRAMS_MAX) {
        forget(f, QTAILQ_FIRST(&f->datagrams));
    }
    d = g_new0(Datagram, 1);
    memcpy(d->key, key, sizeof(key));
    d->deadline_ns = now_ns + FRAGMENT_WAIT_NS;
    QTAILQ_INSERT_TAIL(&f->datagrams, d, next);
    f->count++;
    return d;
}

/* False: it contradicts those that came before. */
static bool fit_in(Datagram *d, const Fragment *p, const uint8_t *frame)
{
    size_t end = p->offset + p->bytes;
    size_t unit = p->offset / FRAGMENT_UNIT;
    size_t units = DIV_ROUND_UP(p->bytes, FRAGMENT_UNIT), known = 0;

    for (size_t i = 0; i < units; i++) {
        known += test_bit(unit + i, d->units);
    }
    if (known == units && end <= d->end) {
        return true;                            /* all of it again */
    }
    if (known || (d->size && end > d->size) ||
        (p->last && (d->size || end < d->end))) {
        return false;
    }
    bitmap_set(d->units, unit, units);
    memcpy(d->payload + p->offset, p->payload, p->bytes);
    d->got_bytes += p->bytes;
    d->end = MAX(d->end, end);
    if (p->last) {
        d->size = end;
    }
    if (p->offset == 0) {
        d->head_bytes = ETH_HLEN + p->head_bytes;
        memcpy(d->head, frame, d->head_bytes);
    }
    return true;
}

size_t net_user_frags_add(UserFrags *f, const uint8_t *frame, size_t size,
                          uint8_t *whole)
{
    uint8_t *ip = whole + ETH_HLEN;
    size_t head, all;
    Fragment p;
    Datagram *d;

    if (!parse(&p, frame, size)) {
        return 0;
    }
    d = find(f, &p);
    if (!fit_in(d, &p, frame)) {
        forget(f, d);
        return 0;
    }
    if (d->size == 0 || d->got_bytes < d->size) {
        return 0;
    }
    head = d->head_bytes - ETH_HLEN;
    all = d->head_bytes + d->size;
    memcpy(whole, d->head, d->head_bytes);
    memcpy(whole + d->head_bytes, d->payload, d->size);
    stw_be_p(ip + IP_LENGTH, head + d->size);
    stw_be_p(ip + IP_FRAGMENT, 0);
    stw_be_p(ip + IP_SUM, 0);
    stw_be_p(ip + IP_SUM,
             net_checksum_finish(net_checksum_add(0, ip, head)));
    forget(f, d);
    return all;
}
