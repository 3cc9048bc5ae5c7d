/*
 * CPU time of an emulator per frame through virtio-net, driven by a driver that
 * polls rings in shared guest memory; frames a second; times of round trips. Frames
 * are compared before, during and after the timed part.
 *
 *   net-bench BINARY|floor KEY=VALUE...
 *
 * prints one line of JSON. Keys are in parse_key(); "floor" is no emulator but the
 * system calls that one cannot do without. Status 1: frames are wrong, or nothing
 * moves; 77: cannot run here, with the reason.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "bench.h"
#include <sched.h>
#include <sys/prctl.h>

#define STUCK_SECONDS   10
#define CHECK_SECONDS   0.03
#define BETWEEN_SECONDS 0.005
/* Of the timed part; between them all frames are compared. */
#define SLICES          3
#define TRIPS_MAX       1000000
/* Receive buffers that a device has in round trips: few, that are used again. */
#define TRIP_BUFFERS    16
#define NAP_NS          5000

unsigned bench_looks = 2000;
static long nap_ns = NAP_NS;

static Scene scene;

static void G_GNUC_PRINTF(2, 0) leave(int status, const char *fmt, va_list ap)
{
    fputs("net-bench: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    scene_end(&scene);
    _exit(status);
}

void bench_skip(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    leave(BENCH_SKIPPED, fmt, ap);
    va_end(ap);
    _exit(BENCH_SKIPPED);
}

void bench_fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    leave(1, fmt, ap);
    va_end(ap);
    _exit(1);
}

double bench_clock(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

bool bench_idle(unsigned *looks)
{
    const struct timespec nap = { .tv_nsec = nap_ns };

    if (++*looks < bench_looks) {
        __builtin_ia32_pause();
        return false;
    }
    nanosleep(&nap, NULL);
    return true;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void figures_trips(Figures *f, double *seconds, unsigned count)
{
    if (count > 0) {
        qsort(seconds, count, sizeof(*seconds), compare_doubles);
        f->p50_us = seconds[count / 2] * 1e6;
        f->p99_us = seconds[count - 1 - count / 100] * 1e6;
    }
}

/* --- one way --- */

/*
 * Frames go in lumps of half of what may be on the way, and a receiving driver gives
 * buffers for those frames that wait already: what is measured is a busy link, not
 * how the scheduler treats two processes that wait for each other.
 */
static unsigned window_of(const Scene *s)
{
    unsigned window = host_window(&s->host);
    bool host_is_far = s->spec->way == WAY_TX && s->host.fd >= 0;

    return s->spec->sink == SINK_NONE ? s->spec->ring :
           host_is_far ? window : MIN(window, s->spec->ring);
}

/* Frames of this pair that have come to where they are counted. */
static uint64_t arrived(const Scene *s, const Pair *p)
{
    const Host *h = &s->host;

    if (s->spec->sink == SINK_HUB) {
        return s->other.next_rx;
    }
    return h->fd < 0 || h->blind ? p->tx.done : h->next[p - s->pair];
}

/* Take used receive buffers and compare; returns how many. */
static unsigned rx_take(Scene *s, Pair *p)
{
    unsigned count = 0;
    uint64_t number;
    uint32_t len;
    uint8_t *at;

    while (count < p->rx.size && (at = ring_take(&p->rx, &len))) {
        if (s->spec->sink == SINK_TAP &&
            (len < BENCH_HDR ||
             !frame_is_ours(at + BENCH_HDR, len - BENCH_HDR, &number))) {
            p->foreign++;       /* the host's own */
            continue;
        }
        frame_check(at + BENCH_HDR, len - BENCH_HDR, p->next_rx++,
                    s->host.timed);
        count++;
    }
    if (count > 0) {
        ring_quiet(&p->rx);
    }
    return count;
}

/* The device shall have @want buffers; once it has half of them. */
static void rx_give(Pair *p, unsigned want)
{
    unsigned has = p->rx.offered - p->rx.done;

    if (has <= want / 2) {
        for (; has < want && ring_idle(&p->rx) > 0; has++) {
            ring_put(&p->rx);
        }
        ring_publish(&p->rx);
    }
}

static void tx_put(Scene *s, Pair *p)
{
    frame_stamp(ring_next(&p->tx) + BENCH_HDR,
                p->next_tx++ * s->spec->pairs + (p - s->pair));
    ring_put(&p->tx);
}

static bool tx_turn(Scene *s, Pair *p, unsigned window)
{
    bool moved = false;
    uint32_t len;
    uint64_t away;
    unsigned room;

    while (ring_take(&p->tx, &len)) {
        moved = true;
    }
    if (moved) {
        ring_quiet(&p->tx);
    }
    away = p->next_tx - arrived(s, p);
    room = away < window ? MIN(ring_idle(&p->tx), window - away) : 0;
    if (room > 0 && room >= (s->spec->lump ? s->spec->lump :
                             MIN(p->tx.size, window) / 2)) {
        while (room-- > 0) {
            tx_put(s, p);
            if (s->spec->lump == 1) {
                ring_publish(&p->tx);
            }
        }
        ring_publish(&p->tx);
        moved = true;
    }
    return moved;
}

/* Send, let wait, give buffers, compare. */
static bool rx_turn(Scene *s, unsigned window, bool go)
{
    Pair *p = &s->pair[0];
    Host *h = &s->host;
    uint64_t away = h->sent - p->next_rx;
    bool moved = false;

    if (go && away <= window / 2) {
        moved = host_send(h, window - away) > 0;
    } else if (!go) {
        host_send(h, 0);
    }
    if (ring_idle(&p->rx) > 0 && p->rx.offered < h->sent + p->foreign) {
        while (ring_idle(&p->rx) > 0 && p->rx.offered < h->sent + p->foreign) {
            ring_put(&p->rx);
        }
        ring_publish(&p->rx);
    }
    return rx_take(s, p) > 0 || moved;
}

/* One look at everything; false: nothing moved. @go: new frames may be sent. */
static bool turn(Scene *s, bool go)
{
    const Spec *spec = s->spec;
    unsigned window = window_of(s);
    bool moved = false;

    if (spec->way == WAY_RX) {
        return rx_turn(s, window, go);
    }
    for (unsigned i = 0; i < spec->pairs; i++) {
        moved |= tx_turn(s, &s->pair[i], go ? window : 0);
    }
    moved |= host_receive(&s->host) > 0;
    if (spec->sink == SINK_HUB) {
        moved |= rx_take(s, &s->other) > 0;
        rx_give(&s->other, window_of(s));
    }
    return moved;
}

/* All frames that are counted. */
static uint64_t count_frames(const Scene *s)
{
    uint64_t count = 0;

    if (s->spec->way == WAY_RX) {
        return s->pair[0].next_rx;
    }
    for (unsigned i = 0; i < s->spec->pairs; i++) {
        count += s->spec->sink == SINK_HUB ? s->other.next_rx :
                 s->pair[i].tx.done;
    }
    return count;
}

static uint64_t count_bells(const Scene *s)
{
    uint64_t bells = s->other.rx.doorbells + s->other.tx.doorbells;

    for (unsigned i = 0; i < s->spec->pairs; i++) {
        bells += s->pair[i].rx.doorbells + s->pair[i].tx.doorbells;
    }
    return bells;
}

static bool all_arrived(const Scene *s)
{
    if (s->spec->way == WAY_RX) {
        return s->pair[0].next_rx == s->host.sent;
    }
    for (unsigned i = 0; i < s->spec->pairs; i++) {
        const Pair *p = &s->pair[i];

        if (p->tx.done != p->next_tx || arrived(s, p) != p->next_tx) {
            return false;
        }
    }
    return true;
}

/* Move frames until @seconds are over, or (go = false) until all have come. */
static void drive(Scene *s, double seconds, bool go)
{
    double now = bench_clock(CLOCK_MONOTONIC);
    double end = now + seconds, last = now;
    unsigned looks = 0;

    while (go ? now < end : !all_arrived(s)) {
        if (turn(s, go)) {
            last = now;
            looks = 0;
        } else if (now - last > STUCK_SECONDS) {
            bench_fail("nothing moves after %" PRIu64 " frames",
                       count_frames(s));
        } else {
            bench_idle(&looks);
        }
        now = bench_clock(CLOCK_MONOTONIC);
    }
}

/* Frames that are all compared, and seen at the far end; not timed. */
static void checked_part(Scene *s, double seconds)
{
    if (s->host.blind) {
        for (unsigned i = 0; i < s->spec->pairs; i++) {
            s->host.next[i] = s->pair[i].next_tx;
        }
        host_watch(&s->host, true);
    }
    drive(s, seconds, true);
    drive(s, 0, false);
}

typedef struct Sums {
    double cpu, wall;
    uint64_t frames, bells;
} Sums;

static void timed_part(Scene *s, double seconds, Sums *sums)
{
    uint64_t frames, bells;
    double cpu, wall;

    host_watch(&s->host, false);
    drive(s, seconds / 8, true);
    s->host.timed = true;
    frames = count_frames(s);
    bells = count_bells(s);
    cpu = bench_clock(s->clock);
    wall = bench_clock(CLOCK_MONOTONIC);
    drive(s, seconds, true);
    sums->wall += bench_clock(CLOCK_MONOTONIC) - wall;
    sums->cpu += bench_clock(s->clock) - cpu;
    sums->frames += count_frames(s) - frames;
    sums->bells += count_bells(s) - bells;
    s->host.timed = false;
    drive(s, 0, false);
}

static void one_way(Scene *s, Figures *f)
{
    Sums sums = { 0 };

    if (s->spec->sink == SINK_HUB) {
        rx_give(&s->other, window_of(s));
    }
    checked_part(s, CHECK_SECONDS);
    for (unsigned i = 0; i < SLICES; i++) {
        timed_part(s, s->spec->seconds / SLICES, &sums);
        checked_part(s, i + 1 < SLICES ? BETWEEN_SECONDS : CHECK_SECONDS);
    }
    if (sums.frames == 0) {
        bench_fail("no frame in %g seconds", s->spec->seconds);
    }
    *f = (Figures){
        .cpu_ns = (sums.cpu * 1e9 - sums.bells * s->bell_ns) / sums.frames,
        .rate = sums.frames / sums.wall, .frames = sums.frames,
        .bells = sums.bells * 1000.0 / sums.frames,
    };
}

/* --- there and back --- */

/* Look once at the far side; send back what came. True: something came. */
static bool far_side(Scene *s, uint64_t number)
{
    if (s->spec->sink != SINK_HUB) {
        if (host_receive(&s->host) == 0) {
            return false;
        }
        host_send_one(&s->host, number);
        return true;
    }
    if (rx_take(s, &s->other) == 0) {
        return false;
    }
    rx_give(&s->other, TRIP_BUFFERS);
    frame_stamp(ring_next(&s->other.tx) + BENCH_HDR, number);
    ring_put(&s->other.tx);
    ring_publish(&s->other.tx);
    return true;
}

/* One frame there and back; seconds. */
static double trip(Scene *s, uint64_t number)
{
    Pair *p = &s->pair[0];
    double start = bench_clock(CLOCK_MONOTONIC), now = start;
    bool echoed = false;
    unsigned looks = 0;
    uint32_t len;

    tx_put(s, p);
    ring_publish(&p->tx);
    while (rx_take(s, p) == 0) {
        echoed = echoed || far_side(s, number);
        if (bench_idle(&looks) &&
            bench_clock(CLOCK_MONOTONIC) - start > STUCK_SECONDS) {
            bench_fail("round trip %" PRIu64 " does not end", number);
        }
    }
    now = bench_clock(CLOCK_MONOTONIC);
    rx_give(p, TRIP_BUFFERS);
    while (ring_take(&p->tx, &len)) {
        continue;
    }
    ring_quiet(&p->tx);
    while (s->other.tx.vq && ring_take(&s->other.tx, &len)) {
        continue;
    }
    return now - start;
}

static void round_trips(Scene *s, Figures *f)
{
    g_autofree double *trips = g_new(double, TRIPS_MAX);
    double end = bench_clock(CLOCK_MONOTONIC) + CHECK_SECONDS, cpu = 0;
    uint64_t number = 0, bells = 0;
    unsigned count = 0;

    rx_give(&s->pair[0], TRIP_BUFFERS);
    if (s->spec->sink == SINK_HUB) {
        rx_give(&s->other, TRIP_BUFFERS);
    }
    for (unsigned part = 0; part < 2; part++) {
        bells = count_bells(s);
        cpu = bench_clock(s->clock);
        count = 0;
        while (count < TRIPS_MAX && bench_clock(CLOCK_MONOTONIC) < end) {
            trips[count++] = trip(s, number++);
        }
        end += s->spec->seconds;
    }
    cpu = bench_clock(s->clock) - cpu;
    bells = count_bells(s) - bells;
    if (count == 0) {
        bench_fail("no round trip in %g seconds", s->spec->seconds);
    }
    *f = (Figures){
        .cpu_ns = (cpu * 1e9 - bells * s->bell_ns) / count,
        .rate = count / s->spec->seconds, .frames = count,
        .bells = bells * 1000.0 / count,
    };
    figures_trips(f, trips, count);
}

/* --- command line --- */

static const char *const sinks[] = {
    [SINK_NONE] = "none", [SINK_HUB] = "hub",
    [SINK_DGRAM_UNIX] = "dgram-unix", [SINK_DGRAM_UDP] = "dgram-udp",
    [SINK_STREAM_UNIX] = "stream-unix", [SINK_STREAM_TCP] = "stream-tcp",
    [SINK_TAP] = "tap",
};
static const char *const ways[] = {
    [WAY_TX] = "tx", [WAY_RX] = "rx", [WAY_RT] = "rt",
};

static unsigned find_name(const char *const *names, unsigned count,
                          const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        if (g_str_equal(names[i], name)) {
            return i;
        }
    }
    bench_fail("'%s' is not known", name);
}

static void parse_key(Spec *spec, const char *key, const char *value)
{
    unsigned number = atoi(value);

    if (g_str_equal(key, "way")) {
        spec->way = find_name(ways, ARRAY_SIZE(ways), value);
    } else if (g_str_equal(key, "sink")) {
        spec->sink = find_name(sinks, ARRAY_SIZE(sinks), value);
    } else if (g_str_equal(key, "bytes")) {
        spec->bytes = number;
    } else if (g_str_equal(key, "gso")) {
        spec->gso = number;
    } else if (g_str_equal(key, "packed")) {
        spec->packed = number;
    } else if (g_str_equal(key, "event")) {
        spec->event_idx = number;
    } else if (g_str_equal(key, "ring")) {
        spec->ring = number;
    } else if (g_str_equal(key, "pairs")) {
        spec->pairs = number;
    } else if (g_str_equal(key, "fifo")) {
        spec->fifo = number;
    } else if (g_str_equal(key, "lump")) {
        spec->lump = number;
    } else if (g_str_equal(key, "nap")) {
        /* Leave the core to others at once, for so many microseconds. */
        bench_looks = 1;
        nap_ns = number * 1000L;
    } else if (g_str_equal(key, "seconds")) {
        spec->seconds = g_ascii_strtod(value, NULL);
    } else {
        bench_fail("key '%s' is not known", key);
    }
}

static void check_spec(const Spec *spec)
{
    if (spec->bytes < (spec->gso ? 64 : 60) || spec->bytes > BENCH_FRAME_MAX) {
        bench_fail("bytes=%u: 60 to %u", spec->bytes, BENCH_FRAME_MAX);
    }
    if (spec->ring < 16 || spec->ring > 1024 || spec->ring & (spec->ring - 1)) {
        bench_fail("ring=%u: a power of 2 from 16 to 1024", spec->ring);
    }
    if (spec->pairs < 1 || spec->pairs > BENCH_PAIRS_MAX ||
        (spec->pairs > 1 && spec->way != WAY_TX)) {
        bench_fail("pairs=%u: 1, or 2 with way=tx", spec->pairs);
    }
    if (spec->sink == SINK_NONE && spec->way != WAY_TX) {
        bench_fail("sink=none: only way=tx");
    }
}

int main(int argc, char **argv)
{
    static Spec spec = { .bytes = 60, .ring = 256, .pairs = 1, .seconds = 0.3 };
    Figures f = { 0 };

    if (argc < 2) {
        fprintf(stderr, "usage: net-bench BINARY|floor KEY=VALUE...\n");
        return 1;
    }
    for (int i = 2; i < argc; i++) {
        g_auto(GStrv) pair = g_strsplit(argv[i], "=", 2);

        if (!pair[0] || !pair[1]) {
            bench_fail("'%s' is not KEY=VALUE", argv[i]);
        }
        parse_key(&spec, pair[0], pair[1]);
    }
    check_spec(&spec);
    prctl(PR_SET_TIMERSLACK, 1);
    if (spec.fifo) {
        /* Inherited by the emulator. Without the right to it: as it is. */
        sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ 1 });
    }
    host_namespace();
    if (g_str_equal(argv[1], "floor")) {
        floor_run(&spec, &f);
    } else {
        scene_start(&scene, &spec, argv[1]);
        (spec.way == WAY_RT ? round_trips : one_way)(&scene, &f);
        scene_end(&scene);
    }
    printf("{\"cpu_ns\": %.2f, \"rate\": %.0f, \"p50_us\": %.2f, "
           "\"p99_us\": %.2f, \"frames\": %" PRIu64 ", \"bells\": %.2f, "
           "\"bell_ns\": %.0f}\n", f.cpu_ns, f.rate, f.p50_us, f.p99_us,
           f.frames, f.bells, scene.bell_ns);
    fflush(stdout);
    _exit(0);
}
