/*
 * The floor: the system calls that no emulator can do without, in batches as large
 * as the kernel takes, by a thread in the emulator's place; the other side (host.c)
 * is another thread, as it is another process's for an emulator, with the same frames
 * on the way. What is counted is the CPU time of the first thread's calls, and of
 * waiting for frames where it receives; not the ring, and not waiting for room.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "bench.h"
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/uio.h>

#define SLOTS           64
#define STREAM_READ     (256 << 10)
#define IOV_LIMIT       1000
#define SEGMENTS_MAX    64
#define CALIBRATIONS    2000
#define TRIPS_MAX       1000000
#define WARM_SECONDS    0.03

/* In the emulator's place. */
typedef struct Bare {
    const Spec *spec;
    int fd;
    unsigned batch, pieces;     /* frames a call, iovecs a frame */
    uint8_t *frames;            /* SLOTS of them */
    size_t stride, bytes, at;
    uint64_t count, before;     /* frames so far, and when the clock started */
    double cpu;                 /* seconds in calls */
    double overhead;            /* of looking at the clock twice */
    struct iovec *iov;
    struct mmsghdr msgs[BENCH_BATCH];
    size_t partial;             /* stream: bytes of a frame that was cut */
} Bare;

static inline double thread_clock(void)
{
    return bench_clock(CLOCK_THREAD_CPUTIME_ID);
}

static void count_call(Bare *c, double start, uint64_t frames)
{
    c->cpu += MAX(thread_clock() - start - c->overhead, 0);
    c->count += frames;
}

static uint8_t *slot_of(const Bare *c, uint64_t n)
{
    return c->frames + n % SLOTS * c->stride + 64;
}

/* --- sending --- */

/* The pieces of one frame as they lie in guest memory. */
static unsigned fill_iov(const Bare *c, struct iovec *iov, uint64_t number)
{
    const Spec *spec = c->spec;
    bool prefix = sink_is_stream(spec->sink);
    size_t hdr = spec->sink == SINK_TAP ? BENCH_HDR : 0;
    uint8_t *at = slot_of(c, number);
    unsigned n = 0, parts = spec->bytes > 4096 ? BENCH_PIECES - 1 : 1;

    frame_stamp(at, number);
    if (prefix) {
        iov[n++] = (struct iovec){ at - 4, 4 };
    } else if (hdr && parts > 1) {
        iov[n++] = (struct iovec){ at - hdr, hdr };
        hdr = 0;
    }
    for (unsigned i = 0; i < parts; i++) {
        size_t from = spec->bytes / parts * i;
        size_t to = i + 1 < parts ? from + spec->bytes / parts : spec->bytes;

        iov[n++] = (struct iovec){ at + from - hdr, to - from + hdr };
    }
    return n;
}

static void call_stream(Bare *c, unsigned iovcnt)
{
    size_t frame = 4 + c->spec->bytes, skip = c->partial;
    struct msghdr msg = { .msg_iov = c->iov, .msg_iovlen = iovcnt };
    double start;
    ssize_t sent;

    while (skip >= msg.msg_iov->iov_len) {
        skip -= msg.msg_iov->iov_len;
        msg.msg_iov++;
        msg.msg_iovlen--;
    }
    msg.msg_iov->iov_base = (uint8_t *)msg.msg_iov->iov_base + skip;
    msg.msg_iov->iov_len -= skip;
    start = thread_clock();
    sent = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
        count_call(c, start, (c->partial + sent) / frame);
        c->partial = (c->partial + sent) % frame;
    }
}

static void call_segments(Bare *c, unsigned count)
{
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } control = { 0 };
    struct msghdr msg = {
        .msg_iov = c->iov, .msg_iovlen = count,
        .msg_control = &control, .msg_controllen = sizeof(control),
    };
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
    uint16_t bytes = c->spec->bytes;
    double start;

    cmsg->cmsg_level = SOL_UDP;
    cmsg->cmsg_type = UDP_SEGMENT;
    cmsg->cmsg_len = CMSG_LEN(sizeof(bytes));
    memcpy(CMSG_DATA(cmsg), &bytes, sizeof(bytes));
    start = thread_clock();
    if (sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        count_call(c, start, count);
    }
}

static void call_messages(Bare *c, unsigned count)
{
    double start;
    int sent;

    for (unsigned i = 0; i < count; i++) {
        c->msgs[i].msg_hdr = (struct msghdr) {
            .msg_iov = c->iov + i * c->pieces, .msg_iovlen = c->pieces,
        };
    }
    start = thread_clock();
    sent = sendmmsg(c->fd, c->msgs, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
        count_call(c, start, sent);
    }
}

static void call_tap(Bare *c, unsigned count)
{
    double start = thread_clock();
    unsigned i = 0;

    if (c->pieces == 1) {
        while (i < count && write(c->fd, c->iov[i].iov_base,
                                  c->iov[i].iov_len) > 0) {
            i++;
        }
    } else {
        while (i < count && writev(c->fd, c->iov + i * c->pieces,
                                   c->pieces) > 0) {
            i++;
        }
    }
    count_call(c, start, i);
}

static void send_batch(Bare *c)
{
    unsigned count = c->batch, n = 0;

    for (unsigned i = 0; i < count; i++) {
        n += fill_iov(c, c->iov + n, c->count + i);
    }
    if (sink_is_stream(c->spec->sink)) {
        call_stream(c, n);
    } else if (c->spec->sink == SINK_TAP) {
        call_tap(c, count);
    } else if (c->spec->sink == SINK_DGRAM_UDP && c->spec->bytes <= 4096) {
        call_segments(c, count);
    } else {
        call_messages(c, count);
    }
}

/* --- receiving --- */

static void receive_batch(Bare *c)
{
    size_t frame = 4 + c->spec->bytes;
    double start;
    ssize_t got;
    unsigned i;

    if (sink_is_stream(c->spec->sink)) {
        uint8_t *at = c->frames + c->at;

        /* Guest buffers are many: not always the same, warm one. */
        c->at = (c->at + STREAM_READ) % (c->bytes - STREAM_READ + 1);
        start = thread_clock();
        got = recv(c->fd, at, STREAM_READ, MSG_DONTWAIT);
        if (got > 0) {
            c->partial += got;
            count_call(c, start, c->partial / frame);
            c->partial %= frame;
        }
        return;
    }
    for (i = 0; i < BENCH_BATCH; i++) {
        c->iov[i] = (struct iovec){ slot_of(c, c->count + i) - BENCH_HDR,
                                    c->stride - 64 };
        c->msgs[i].msg_hdr = (struct msghdr) {
            .msg_iov = &c->iov[i], .msg_iovlen = 1,
        };
    }
    start = thread_clock();
    if (c->spec->sink == SINK_TAP) {
        for (i = 0; i < BENCH_BATCH && read(c->fd, c->iov[i].iov_base,
                                            c->iov[i].iov_len) > 0; i++) {
            continue;
        }
        got = i;
    } else {
        got = recvmmsg(c->fd, c->msgs, BENCH_BATCH, MSG_DONTWAIT, NULL);
    }
    if (got > 0) {
        count_call(c, start, got);
    }
}

/* --- both sides --- */

static void bare_init(Bare *c, Host *h, const Spec *spec)
{
    double start;

    *c = (Bare){ .spec = spec };
    c->stride = ROUND_UP(MAX(spec->bytes, 1500) + 192, 64);
    c->bytes = MAX(SLOTS * c->stride, 8 * STREAM_READ);
    c->frames = g_malloc0(c->bytes);
    c->iov = g_new0(struct iovec, BENCH_BATCH * (BENCH_PIECES + 1));
    for (unsigned i = 0; i < SLOTS; i++) {
        uint8_t *at = slot_of(c, i);
        uint32_t prefix = GUINT32_TO_BE(spec->bytes);

        if (spec->sink == SINK_TAP && spec->gso) {
            frame_gso_header((void *)(at - BENCH_HDR));
        } else if (sink_is_stream(spec->sink)) {
            memcpy(at - 4, &prefix, 4);
        }
        frame_write(at, i);
    }
    c->pieces = fill_iov(c, c->iov, 0);
    c->batch = MIN(BENCH_BATCH, IOV_LIMIT / c->pieces);
    if (spec->sink == SINK_DGRAM_UDP && spec->bytes <= 4096) {
        c->batch = MIN(SEGMENTS_MAX, 65000 / spec->bytes);
    }
    start = thread_clock();
    for (unsigned i = 0; i < CALIBRATIONS; i++) {
        thread_clock();
    }
    c->overhead = (thread_clock() - start) / CALIBRATIONS;
    host_open(h, spec);
    c->fd = host_peer(h);
    host_connect(h);
}

/* Between two NICs of one emulator there is no call: one copy. */
static void floor_of_copy(const Spec *spec, Figures *f)
{
    size_t stride = ROUND_UP(spec->bytes, 64);
    g_autofree uint8_t *from = g_malloc0(SLOTS * stride);
    g_autofree uint8_t *to = g_malloc0(SLOTS * stride);
    double start = thread_clock(), cpu;
    uint64_t count = 0;

    do {
        for (unsigned i = 0; i < SLOTS; i++) {
            memcpy(to + i * stride, from + i * stride, spec->bytes);
            asm volatile("" : : : "memory");
        }
        count += SLOTS;
        cpu = thread_clock() - start;
    } while (cpu < spec->seconds / 2);
    *f = (Figures){ .cpu_ns = cpu * 1e9 / count, .frames = count };
}

/* What the two threads tell each other. */
typedef struct Meeting {
    Bare *bare;
    Host *host;
    uint64_t sent, taken;       /* frames, by who sends and who receives them */
    bool timed, over;
} Meeting;

/* Fill what may be on the way, once half of it is empty, as a driver does. */
static void send_turn(Meeting *m, unsigned window, unsigned *looks)
{
    Bare *c = m->bare;
    uint64_t away = c->count - qatomic_load_acquire(&m->taken);

    if (m->host->blind) {
        send_batch(c);
        return;
    }
    if (away > window / 2) {
        bench_idle(looks);
        return;
    }
    *looks = 0;
    while (c->count - m->taken < window && !qatomic_read(&m->over)) {
        uint64_t before = c->count;

        send_batch(c);
        qatomic_store_release(&m->sent, c->count);
        if (c->count == before) {
            break;
        }
    }
}

static void receive_turn(Meeting *m)
{
    Bare *c = m->bare;
    struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
    double start = thread_clock();
    uint64_t before;

    if (poll(&pfd, 1, 10) <= 0) {
        return;
    }
    count_call(c, start, 0);
    do {
        before = c->count;
        receive_batch(c);
        qatomic_store_release(&m->taken, c->count);
    } while (c->count - before >= BENCH_BATCH);
}

/* In the emulator's place. */
static void *bare_thread(void *opaque)
{
    Meeting *m = opaque;
    Bare *c = m->bare;
    unsigned window = host_window(m->host), looks = 0;
    bool timed = false;

    while (!qatomic_read(&m->over)) {
        if (!timed && qatomic_read(&m->timed)) {
            timed = true;
            c->cpu = 0;
            c->before = c->count;
        }
        if (c->spec->way == WAY_TX) {
            send_turn(m, window, &looks);
        } else {
            receive_turn(m);
        }
    }
    return NULL;
}

/* The driver's loop, as far as the other side is concerned. */
static void host_turn(Meeting *m, unsigned window, unsigned *looks)
{
    Host *h = m->host;
    bool moved;

    if (m->bare->spec->way == WAY_TX) {
        moved = host_receive(h) > 0;
        qatomic_store_release(&m->taken, h->received);
    } else {
        uint64_t away = h->sent - qatomic_load_acquire(&m->taken);

        moved = away <= window / 2 && host_send(h, window - away) > 0;
    }
    if (moved) {
        *looks = 0;
    } else {
        bench_idle(looks);
    }
}

static void host_turns(Meeting *m, double seconds)
{
    double end = bench_clock(CLOCK_MONOTONIC) + seconds;
    unsigned window = host_window(m->host), looks = 0;

    while (bench_clock(CLOCK_MONOTONIC) < end) {
        host_turn(m, window, &looks);
    }
}

static void floor_one_way(Bare *c, Host *h, Figures *f)
{
    Meeting m = { .bare = c, .host = h };
    pthread_t thread;
    double wall;

    host_watch(h, false);
    pthread_create(&thread, NULL, bare_thread, &m);
    host_turns(&m, WARM_SECONDS);
    h->timed = true;
    qatomic_set(&m.timed, true);
    wall = bench_clock(CLOCK_MONOTONIC);
    host_turns(&m, c->spec->seconds);
    wall = bench_clock(CLOCK_MONOTONIC) - wall;
    qatomic_set(&m.over, true);
    pthread_join(thread, NULL);
    f->frames = c->count - c->before;
    if (f->frames == 0) {
        bench_fail("no frame came through");
    }
    f->cpu_ns = c->cpu * 1e9 / f->frames;
    f->rate = f->frames / wall;
}

/* There and back by four calls in a row: no waking, no other core. */
static void floor_trips(Bare *c, Host *h, Figures *f)
{
    g_autofree double *trips = g_new(double, TRIPS_MAX);
    g_autofree uint8_t *back = g_malloc(c->stride);
    size_t need = sink_is_stream(c->spec->sink) ? 4 + c->spec->bytes : 1;
    double end = bench_clock(CLOCK_MONOTONIC) + c->spec->seconds, start;
    unsigned count = 0;

    while (count < TRIPS_MAX &&
           (start = bench_clock(CLOCK_MONOTONIC)) < end) {
        size_t got = 0;

        fill_iov(c, c->iov, count);
        if (writev(c->fd, c->iov, c->pieces) <= 0) {
            bench_fail("cannot send: %s", strerror(errno));
        }
        while (host_receive(h) == 0) {
            continue;
        }
        host_send_one(h, count);
        while (got < need) {
            ssize_t n = read(c->fd, back, c->stride);

            got += MAX(n, 0);
        }
        trips[count++] = bench_clock(CLOCK_MONOTONIC) - start;
    }
    f->frames = count;
    f->rate = count / c->spec->seconds;
    figures_trips(f, trips, count);
}

void floor_run(const Spec *spec, Figures *f)
{
    static Host host;
    static Bare bare;

    frame_init(spec);
    if (spec->sink == SINK_NONE || spec->sink == SINK_HUB) {
        if (spec->sink == SINK_HUB && spec->way != WAY_RT) {
            floor_of_copy(spec, f);
        }
        return;
    }
    bare_init(&bare, &host, spec);
    (spec->way == WAY_RT ? floor_trips : floor_one_way)(&bare, &host, f);
    host_close(&host);
}
