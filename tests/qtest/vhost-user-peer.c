/*
 * A vhost-user peer for tests: see vhost-user-peer.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/vhost_types.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "vhost-user-peer.h"

#define REGIONS     8
#define WAIT_US     (20 * G_USEC_PER_SEC)
#define PACKED      (1ull << 34)
#define ENABLE_BIT  (1ull << 30)        /* there are protocol features */

#define AVAIL       (1u << 7)
#define USED        (1u << 15)

typedef struct Region {
    uint64_t guest, bytes, user, offset;
    uint8_t *map;
} Region;

typedef struct Ring {
    unsigned num;
    uint32_t base;
    uint8_t *desc, *avail, *used;
    int kick, call;
    bool enabled, runs;
    uint16_t place;             /* count, or place on a packed ring */
    bool wrap;
} Ring;

typedef struct Message {
    uint32_t request, flags, size;
    union {
        uint64_t u64;
        struct vhost_vring_state state;
        struct vhost_vring_addr addr;
        struct {
            uint32_t count, padding;
            struct { uint64_t guest, bytes, user, offset; } region[REGIONS];
        } memory;
    } __attribute__((packed)) p;
} __attribute__((packed)) Message;

struct VuPeer {
    char *path;
    GThread *thread;
    GMutex lock;                /* all below; the thread lets it go to wait */
    GCond changed;
    int wake;
    bool stop, want_conn, die, shout;
    int conn;                   /* -1: none */
    unsigned connections, messages;
    uint64_t next_offers[3];    /* features, protocol features, pairs */
    uint64_t offers[3];         /* of this connection */
    uint64_t features;          /* the driver's */
    unsigned fault_request, die_at;
    VuFault fault;
    unsigned counts[VU_REQUESTS];
    uint64_t values[VU_REQUESTS];
    Region regions[REGIONS];
    unsigned nregions;
    Ring rings[VU_RINGS];
    GQueue to_guest, from_guest;        /* of VuFrame */
};

static void forget_ring(Ring *r)
{
    if (r->kick >= 0) {
        close(r->kick);
    }
    if (r->call >= 0) {
        close(r->call);
    }
    *r = (Ring){ .kick = -1, .call = -1 };
}

static void forget_memory(VuPeer *p)
{
    for (unsigned i = 0; i < p->nregions; i++) {
        munmap(p->regions[i].map, p->regions[i].bytes + p->regions[i].offset);
    }
    p->nregions = 0;
}

static void hang_up(VuPeer *p)
{
    if (p->conn >= 0) {
        close(p->conn);
        p->conn = -1;
    }
    for (unsigned i = 0; i < VU_RINGS; i++) {
        forget_ring(&p->rings[i]);
    }
    forget_memory(p);
    g_cond_broadcast(&p->changed);
}

/* --- memory --- */

static uint8_t *at(VuPeer *p, uint64_t addr, uint64_t bytes, bool user)
{
    for (unsigned i = 0; i < p->nregions; i++) {
        Region *r = &p->regions[i];
        uint64_t offset = addr - (user ? r->user : r->guest);

        if (offset < r->bytes && bytes <= r->bytes - offset) {
            return r->map + r->offset + offset;
        }
    }
    g_error("0x%" PRIx64 " is in no region of the table", addr);
}

static void take_memory(VuPeer *p, const Message *m, const int *fds,
                        unsigned nfds)
{
    forget_memory(p);
    g_assert_cmpint(m->p.memory.count, ==, nfds);
    g_assert_cmpint(nfds, >, 0);
    for (unsigned i = 0; i < nfds; i++) {
        Region *r = &p->regions[i];

        *r = (Region){
            .guest = m->p.memory.region[i].guest,
            .bytes = m->p.memory.region[i].bytes,
            .user = m->p.memory.region[i].user,
            .offset = m->p.memory.region[i].offset,
        };
        r->map = mmap(NULL, r->bytes + r->offset, PROT_READ | PROT_WRITE,
                      MAP_SHARED, fds[i], 0);
        g_assert_true(r->map != MAP_FAILED);
        close(fds[i]);
    }
    p->nregions = nfds;
}

/* --- rings --- */

/* One chain: its pieces are copied from @frame, or to it. */
typedef struct Chain {
    struct vring_desc pieces[64];
    unsigned count;
    uint16_t id, ndescs;
} Chain;

static bool take_split(VuPeer *p, Ring *r, Chain *c)
{
    struct vring_avail *avail = (void *)r->avail;
    struct vring_desc *table = (void *)r->desc;
    unsigned next;

    if (__atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE) == r->place) {
        return false;
    }
    next = c->id = avail->ring[r->place % r->num];
    for (c->count = 0; c->count < 64;) {
        c->pieces[c->count++] = table[next];
        if (!(table[next].flags & VRING_DESC_F_NEXT)) {
            break;
        }
        next = table[next].next;
    }
    return true;
}

static bool take_packed(VuPeer *p, Ring *r, Chain *c)
{
    struct vring_packed_desc *ring = (void *)r->desc;
    unsigned place = r->place;
    uint16_t flags = __atomic_load_n(&ring[place].flags, __ATOMIC_ACQUIRE);

    if (!!(flags & AVAIL) != r->wrap || !!(flags & USED) == r->wrap) {
        return false;
    }
    for (c->count = 0; c->count < 64; place = (place + 1) % r->num) {
        struct vring_packed_desc d = ring[place];

        c->pieces[c->count++] = (struct vring_desc){ d.addr, d.len, d.flags, 0 };
        c->id = d.id;
        if (!(d.flags & VRING_DESC_F_NEXT)) {
            break;
        }
    }
    c->ndescs = c->count;
    return true;
}

static void give_back(VuPeer *p, Ring *r, const Chain *c, uint32_t len)
{
    if (!(p->features & PACKED)) {
        struct vring_used *used = (void *)r->used;

        used->ring[r->place % r->num] = (struct vring_used_elem){ c->id, len };
        r->place++;
        __atomic_store_n(&used->idx, r->place, __ATOMIC_RELEASE);
    } else {
        struct vring_packed_desc *d = (void *)(r->desc + 16 * r->place);
        uint16_t flags = (r->wrap ? AVAIL | USED : 0) |
                         (len ? VRING_DESC_F_WRITE : 0);

        d->id = c->id;
        d->len = len;
        __atomic_store_n(&d->flags, flags, __ATOMIC_RELEASE);
        r->place += c->ndescs;
        if (r->place >= r->num) {
            r->place -= r->num;
            r->wrap = !r->wrap;
        }
    }
    g_assert_cmpint(eventfd_write(r->call, 1), ==, 0);
}

static bool take(VuPeer *p, Ring *r, Chain *c)
{
    return p->features & PACKED ? take_packed(p, r, c) : take_split(p, r, c);
}

/* Between a chain's pieces and a frame with its header. */
static size_t copy_chain(VuPeer *p, const Chain *c, uint8_t *flat, size_t size,
                         bool write)
{
    size_t done = 0;

    for (unsigned i = 0; i < c->count && done < size; i++) {
        size_t n = MIN(c->pieces[i].len, size - done);
        uint8_t *mem = at(p, c->pieces[i].addr, n, false);

        g_assert_cmpint(!!(c->pieces[i].flags & VRING_DESC_F_WRITE), ==, write);
        memcpy(write ? mem : flat + done, write ? flat + done : mem, n);
        done += n;
    }
    return done;
}

static void work_tx(VuPeer *p, unsigned n)
{
    uint8_t flat[VU_HDR_BYTES + VU_FRAME_BYTES];
    Chain c;

    while (take(p, &p->rings[n], &c)) {
        VuFrame *f = g_new0(VuFrame, 1);
        size_t size = copy_chain(p, &c, flat, sizeof(flat), false);

        g_assert_cmpint(size, >=, VU_HDR_BYTES);
        f->ring = n;
        f->size = size - VU_HDR_BYTES;
        memcpy(f->data, flat + VU_HDR_BYTES, f->size);
        g_queue_push_tail(&p->from_guest, f);
        give_back(p, &p->rings[n], &c, 0);
    }
}

static void work_rx(VuPeer *p)
{
    VuFrame *f;
    Chain c;

    while ((f = g_queue_peek_head(&p->to_guest))) {
        uint8_t flat[VU_HDR_BYTES + VU_FRAME_BYTES] = { [10] = 1 };
        Ring *r = &p->rings[f->ring];

        if (!r->runs || !take(p, r, &c)) {
            return;
        }
        memcpy(flat + VU_HDR_BYTES, f->data, f->size);
        give_back(p, r, &c, copy_chain(p, &c, flat, VU_HDR_BYTES + f->size,
                                       true));
        g_free(g_queue_pop_head(&p->to_guest));
    }
}

static void work(VuPeer *p)
{
    for (unsigned n = 1; n < VU_RINGS; n += 2) {
        if (p->rings[n].runs) {
            work_tx(p, n);
        }
    }
    work_rx(p);
    g_cond_broadcast(&p->changed);
}

static void start_or_stop(VuPeer *p, Ring *r)
{
    r->runs = r->kick >= 0 && r->call >= 0 && r->used &&
              (r->enabled || !(p->features & ENABLE_BIT));
}

/* --- messages --- */

static uint32_t stop_ring(VuPeer *p, unsigned n)
{
    Ring *r = &p->rings[n];
    uint32_t base = r->place;

    if (p->features & PACKED) {
        base |= r->wrap << 15;
        base |= base << 16;
    }
    forget_ring(r);
    return base;
}

static void set_base(VuPeer *p, Ring *r, uint32_t base)
{
    if (p->features & PACKED) {
        g_assert_cmphex(base >> 16, ==, base & 0xffff);
        r->place = base & 0x7fff;
        r->wrap = base >> 15 & 1;
    } else {
        r->place = base;
    }
}

static void set_addr(VuPeer *p, Ring *r, struct vhost_vring_addr a)
{
    bool packed = p->features & PACKED;

    r->desc = at(p, a.desc_user_addr, 16 * r->num, true);
    r->avail = at(p, a.avail_user_addr, packed ? 4 : 6 + 2 * r->num, true);
    r->used = at(p, a.used_user_addr, packed ? 4 : 6 + 8 * r->num, true);
    if (!packed) {
        ((struct vring_used *)r->used)->flags = 0;
    }
}

static Ring *ring(VuPeer *p, uint64_t n)
{
    g_assert_cmpint(n, <, VU_RINGS);
    return &p->rings[n];
}

/* Does what is asked; bytes of the answer in @m, 0: none. */
static unsigned obey(VuPeer *p, Message *m, int *fds, unsigned nfds)
{
    Ring *r;

    switch (m->request) {
    case VU_GET_FEATURES:
        m->p.u64 = p->offers[0];
        return 8;
    case VU_SET_FEATURES:
        g_assert_cmphex(m->p.u64 & ~p->offers[0], ==, 0);
        p->features = m->p.u64;
        return 0;
    case VU_GET_PROTOCOL_FEATURES:
        m->p.u64 = p->offers[1];
        return 8;
    case VU_SET_PROTOCOL_FEATURES:
        g_assert_cmphex(m->p.u64 & ~p->offers[1], ==, 0);
        return 0;
    case VU_GET_QUEUE_NUM:
        m->p.u64 = p->offers[2];
        return 8;
    case VU_SET_MEM_TABLE:
        take_memory(p, m, fds, nfds);
        return 0;
    case VU_SET_VRING_NUM:
        ring(p, m->p.state.index)->num = m->p.state.num;
        return 0;
    case VU_SET_VRING_BASE:
        set_base(p, ring(p, m->p.state.index), m->p.state.num);
        return 0;
    case VU_SET_VRING_ADDR:
        set_addr(p, ring(p, m->p.addr.index), m->p.addr);
        return 0;
    case VU_SET_VRING_KICK:
    case VU_SET_VRING_CALL:
        g_assert_cmpint(nfds, ==, 1);
        r = ring(p, m->p.u64 & 0xff);
        *(m->request == VU_SET_VRING_KICK ? &r->kick : &r->call) = fds[0];
        start_or_stop(p, r);
        return 0;
    case VU_SET_VRING_ENABLE:
        r = ring(p, m->p.state.index);
        r->enabled = m->p.state.num;
        start_or_stop(p, r);
        return 0;
    case VU_GET_VRING_BASE:
        m->p.state.num = stop_ring(p, m->p.state.index);
        return 8;
    default:
        return 0;
    }
}

static void say(VuPeer *p, const void *data, size_t bytes)
{
    g_assert_cmpint(send(p->conn, data, bytes, MSG_NOSIGNAL), >=, -1);
}

static void say_with_fds(VuPeer *p, void *data, size_t bytes)
{
    union {
        char bytes[CMSG_SPACE(16 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = { data, bytes };
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = &control, .msg_controllen = sizeof(control),
    };
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(16 * sizeof(int));
    for (unsigned i = 0; i < 16; i++) {
        memcpy(CMSG_DATA(c) + i * sizeof(int), &p->wake, sizeof(int));
    }
    g_assert_cmpint(sendmsg(p->conn, &msg, MSG_NOSIGNAL), >=, -1);
}

static void misbehave(VuPeer *p, VuFault fault, Message *m)
{
    size_t bytes = 12 + m->size;

    switch (fault) {
    case VU_WRONG_REQUEST:
        m->request = VU_GET_FEATURES + (m->request == VU_GET_FEATURES);
        break;
    case VU_WRONG_SIZE:
        m->size += 8;
        bytes += 8;
        break;
    case VU_HUGE_SIZE:
        m->size = UINT32_MAX;
        break;
    case VU_NO_REPLY_FLAG:
        m->flags &= ~4;
        break;
    case VU_WRONG_VERSION:
        m->flags ^= 3;
        break;
    case VU_REFUSE:
        m->p.u64 = 1;
        break;
    case VU_NONSENSE:
        memset(&m->p, 0xff, m->size);
        m->p.state.index = m->request == VU_GET_VRING_BASE ? 0 : UINT32_MAX;
        break;
    case VU_WRONG_RING:
        m->p.state.index++;
        break;
    case VU_EXTRA:
        say(p, m, bytes);
        break;
    case VU_MANY_FDS:
        say_with_fds(p, m, bytes);
        return;
    case VU_HALF_AND_GONE:
        say(p, m, 6);
        /* fall through */
    case VU_GONE:
        hang_up(p);
        return;
    default:
        return;
    }
    say(p, m, bytes);
}

static void answer(VuPeer *p, Message *m, unsigned bytes, bool faulty)
{
    if (!bytes && (m->flags & 8)) {
        m->p.u64 = 0;
        bytes = 8;
    }
    if (!bytes && !faulty) {
        return;
    }
    m->flags = 1 | 4;
    m->size = bytes;
    if (faulty) {
        misbehave(p, p->fault, m);
        p->fault = VU_NO_FAULT;
    } else {
        say(p, m, 12 + bytes);
    }
}

/* Header first, with what comes along; then the payload. */
static bool read_message(VuPeer *p, Message *m, int *fds, unsigned *nfds)
{
    union {
        char bytes[CMSG_SPACE(REGIONS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = { m, 12 };
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = &control, .msg_controllen = sizeof(control),
    };
    struct cmsghdr *c;

    *nfds = 0;
    if (recvmsg(p->conn, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC) != 12) {
        return false;
    }
    for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        *nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(c), *nfds * sizeof(int));
    }
    g_assert_cmpint(m->flags & 3, ==, 1);
    g_assert_cmpint(m->request, <, VU_REQUESTS);
    g_assert_cmpint(m->size, <=, sizeof(m->p));
    return m->size == 0 ||
           recv(p->conn, &m->p, m->size, MSG_WAITALL) == m->size;
}

static void serve(VuPeer *p)
{
    Message m = { 0 };
    int fds[REGIONS];
    unsigned nfds, bytes, request;

    if (!read_message(p, &m, fds, &nfds)) {
        hang_up(p);
        return;
    }
    request = m.request;
    p->values[request] = m.size == 8 ? m.p.u64 : 0;
    if (++p->messages == p->die_at) {
        p->die_at = 0;
        hang_up(p);
        return;
    }
    bytes = obey(p, &m, fds, nfds);
    answer(p, &m, bytes, p->fault && p->fault_request == request);
    p->counts[request]++;
    if (p->conn >= 0) {
        work(p);
    }
    g_cond_broadcast(&p->changed);
}

/* --- the thread --- */

static void try_to_connect(VuPeer *p)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(un.sun_path, p->path, sizeof(un.sun_path));
    if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
        close(fd);
        return;
    }
    p->conn = fd;
    memcpy(p->offers, p->next_offers, sizeof(p->offers));
    p->messages = 0;
    p->connections++;
    g_cond_broadcast(&p->changed);
}

static void poll_once(VuPeer *p)
{
    struct pollfd fds[2 + VU_RINGS] = {
        { p->wake, POLLIN, 0 }, { p->conn, POLLIN, 0 },
    };
    int timeout = p->conn < 0 && p->want_conn ? 5 : -1;
    eventfd_t count;

    for (unsigned i = 0; i < VU_RINGS; i++) {
        fds[2 + i] = (struct pollfd){ p->rings[i].kick, POLLIN, 0 };
    }
    g_mutex_unlock(&p->lock);
    poll(fds, G_N_ELEMENTS(fds), timeout);
    g_mutex_lock(&p->lock);
    if (fds[0].revents) {
        eventfd_read(p->wake, &count);
    }
    for (unsigned i = 0; i < VU_RINGS; i++) {
        if (fds[2 + i].revents & POLLIN) {
            eventfd_read(fds[2 + i].fd, &count);
        }
    }
    if (p->conn >= 0 && fds[1].fd == p->conn && fds[1].revents) {
        serve(p);
    }
}

static void *peer_run(void *opaque)
{
    VuPeer *p = opaque;

    g_mutex_lock(&p->lock);
    while (!p->stop) {
        if (p->conn < 0 && p->want_conn) {
            try_to_connect(p);
        }
        poll_once(p);
        if (p->die) {
            p->die = false;
            hang_up(p);
        }
        if (p->shout && p->conn >= 0) {
            p->shout = false;
            say(p, "hello", 5);
        }
        if (p->conn >= 0) {
            work(p);
        }
    }
    hang_up(p);
    g_mutex_unlock(&p->lock);
    return NULL;
}

/* --- for the test --- */

static void wake(VuPeer *p)
{
    g_assert_cmpint(eventfd_write(p->wake, 1), ==, 0);
}

VuPeer *vu_peer_new(const char *path)
{
    VuPeer *p = g_new0(VuPeer, 1);

    p->path = g_strdup(path);
    p->conn = -1;
    p->want_conn = true;
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    for (unsigned i = 0; i < VU_RINGS; i++) {
        p->rings[i] = (Ring){ .kick = -1, .call = -1 };
    }
    g_mutex_init(&p->lock);
    g_cond_init(&p->changed);
    p->thread = g_thread_new("peer", peer_run, p);
    return p;
}

void vu_peer_free(VuPeer *p)
{
    g_mutex_lock(&p->lock);
    p->stop = true;
    g_mutex_unlock(&p->lock);
    wake(p);
    g_thread_join(p->thread);
    g_queue_clear_full(&p->to_guest, g_free);
    g_queue_clear_full(&p->from_guest, g_free);
    close(p->wake);
    g_free(p->path);
    g_free(p);
}

void vu_peer_offer(VuPeer *p, uint64_t features, uint64_t protocol,
                   uint64_t pairs)
{
    g_mutex_lock(&p->lock);
    p->next_offers[0] = features;
    p->next_offers[1] = protocol;
    p->next_offers[2] = pairs;
    g_mutex_unlock(&p->lock);
}

void vu_peer_fault(VuPeer *p, unsigned request, VuFault fault)
{
    g_mutex_lock(&p->lock);
    p->fault_request = request;
    p->fault = fault;
    g_mutex_unlock(&p->lock);
}

void vu_peer_die_at(VuPeer *p, unsigned nth)
{
    g_mutex_lock(&p->lock);
    p->die_at = nth;
    g_mutex_unlock(&p->lock);
}

void vu_peer_die(VuPeer *p, bool again)
{
    gint64 end = g_get_monotonic_time() + WAIT_US;

    g_mutex_lock(&p->lock);
    p->want_conn = again;
    p->die = true;
    wake(p);
    while (p->die) {
        g_assert_true(g_cond_wait_until(&p->changed, &p->lock, end));
    }
    g_mutex_unlock(&p->lock);
}

void vu_peer_come(VuPeer *p)
{
    g_mutex_lock(&p->lock);
    p->want_conn = true;
    g_mutex_unlock(&p->lock);
    wake(p);
}

void vu_peer_shout(VuPeer *p)
{
    g_mutex_lock(&p->lock);
    p->shout = true;
    g_mutex_unlock(&p->lock);
    wake(p);
}

unsigned vu_peer_count(VuPeer *p, unsigned request)
{
    unsigned count;

    g_mutex_lock(&p->lock);
    count = p->counts[request];
    g_mutex_unlock(&p->lock);
    return count;
}

uint64_t vu_peer_value(VuPeer *p, unsigned request)
{
    uint64_t value;

    g_mutex_lock(&p->lock);
    value = p->values[request];
    g_mutex_unlock(&p->lock);
    return value;
}

unsigned vu_peer_connections(VuPeer *p)
{
    unsigned count;

    g_mutex_lock(&p->lock);
    count = p->connections;
    g_mutex_unlock(&p->lock);
    return count;
}

void vu_peer_wait(VuPeer *p, unsigned request, unsigned count)
{
    gint64 end = g_get_monotonic_time() + WAIT_US;

    g_mutex_lock(&p->lock);
    while (p->counts[request] <= count) {
        if (!g_cond_wait_until(&p->changed, &p->lock, end)) {
            g_error("request %u came %u times", request, p->counts[request]);
        }
    }
    g_mutex_unlock(&p->lock);
}

void vu_peer_wait_ring(VuPeer *p, unsigned n, bool runs)
{
    gint64 end = g_get_monotonic_time() + WAIT_US;

    g_mutex_lock(&p->lock);
    while (p->rings[n].runs != runs) {
        if (!g_cond_wait_until(&p->changed, &p->lock, end)) {
            g_error("ring %u is %s", n, runs ? "still ours" : "not ours yet");
        }
    }
    g_mutex_unlock(&p->lock);
}

VuFrame *vu_peer_receive(VuPeer *p, int wait_ms)
{
    gint64 end = g_get_monotonic_time() + wait_ms * 1000;
    VuFrame *f;

    g_mutex_lock(&p->lock);
    while (!(f = g_queue_pop_head(&p->from_guest)) &&
           g_cond_wait_until(&p->changed, &p->lock, end)) {
        /* something else changed */
    }
    g_mutex_unlock(&p->lock);
    return f;
}

void vu_peer_send(VuPeer *p, unsigned n, const void *data, size_t size)
{
    VuFrame *f = g_new0(VuFrame, 1);

    g_assert_cmpint(size, <=, VU_FRAME_BYTES);
    f->ring = n;
    f->size = size;
    memcpy(f->data, data, size);
    g_mutex_lock(&p->lock);
    g_queue_push_tail(&p->to_guest, f);
    g_mutex_unlock(&p->lock);
    wake(p);
}
