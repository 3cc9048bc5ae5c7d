/*
 * What the parts of net-bench share: the scene that is asked for, frames, rings of
 * a driver that polls, the host's end of a backend, the emulator.
 *
 *   frames.c    what frames contain, and whether they are what was sent
 *   ring.c      the driver
 *   host.c      the other end of a socket or of a tap
 *   scene.c     the emulator with its devices and backends
 *   floor.c     the same system calls without an emulator
 *   net-bench.c command line, phases, figures
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include "qemu/osdep.h"
#include <sys/socket.h>
#include <linux/virtio_net.h>
#include "libqos/nodes.h"

#define BENCH_HDR       ((uint32_t)sizeof(struct virtio_net_hdr_v1))
#define BENCH_BATCH     64              /* of system calls for many frames */
#define BENCH_PIECES    18              /* of a long frame, its header included */
#define BENCH_FRAME_MAX 65536
#define BENCH_PAIRS_MAX 2
#define BENCH_SKIPPED   77              /* exit status: cannot run here */

typedef enum Way { WAY_TX, WAY_RX, WAY_RT } Way;

typedef enum Sink {
    SINK_NONE,
    SINK_HUB,
    SINK_DGRAM_UNIX,
    SINK_DGRAM_UDP,
    SINK_STREAM_UNIX,
    SINK_STREAM_TCP,
    SINK_TAP,
} Sink;

/* What is measured. */
typedef struct Spec {
    Way way;
    Sink sink;
    unsigned bytes;             /* of a frame */
    bool gso;                   /* frames are TCP, to be cut into segments */
    bool packed, event_idx;
    unsigned ring;              /* descriptors */
    unsigned pairs;             /* queue pairs, each with an iothread if > 1 */
    bool fifo;                  /* before all other work of the machine */
    unsigned lump;              /* frames given at once; 0: half of the window */
    double seconds;             /* of the part that is timed */
} Spec;

/* Leave with a reason: it cannot be run here, or it went wrong. */
void bench_skip(const char *fmt, ...) G_PRINTF(1, 2) G_NORETURN;
void bench_fail(const char *fmt, ...) G_PRINTF(1, 2) G_NORETURN;
/* CPU seconds of a clock; wall seconds. */
double bench_clock(clockid_t clock);
/*
 * Nothing moved: look again at once, or after a nap if that was so for long. Counts
 * in *@looks, which the caller clears when something moves. True: there was a nap.
 */
bool bench_idle(unsigned *looks);
extern unsigned bench_looks;    /* before the first nap */

static inline bool sink_is_dgram(Sink sink)
{
    return sink == SINK_DGRAM_UNIX || sink == SINK_DGRAM_UDP;
}

static inline bool sink_is_stream(Sink sink)
{
    return sink == SINK_STREAM_UNIX || sink == SINK_STREAM_TCP;
}

/* --- frames.c --- */

void frame_init(const Spec *spec);
/* Write a whole frame; @kind tells its bytes from those of other buffers. */
void frame_write(uint8_t *at, unsigned kind);
/* Put the number of the next sending into it. */
void frame_stamp(uint8_t *at, uint64_t number);
/*
 * Is this the frame of that number? All bytes are compared, or of most long ones
 * only both ends if the clock runs (@timed). Ends the program if not.
 */
void frame_check(const uint8_t *at, size_t bytes, uint64_t number, bool timed);
/* Is it one of ours at all, and its number. A tap has others, too. */
bool frame_is_ours(const uint8_t *at, size_t bytes, uint64_t *number);
/* The header that tells the kernel to cut the frame into segments. */
void frame_gso_header(struct virtio_net_hdr_v1 *hdr);

/* --- ring.c --- */

/* One virtqueue as the driver sees it, in the emulator's memory. */
typedef struct Ring {
    QVirtQueue *vq;
    uint8_t *ram;
    bool packed, event_idx, receive;
    uint16_t size;
    uint32_t buf_bytes;         /* of one buffer, header included */
    uint32_t tx_bytes;          /* what of it is sent */
    uint64_t buffers;           /* address of the first */
    uint64_t tables;            /* indirect tables, or 0 */
    unsigned pieces;            /* descriptors in a table */
    uint16_t *idle;             /* slots that the driver has: the warmest first */
    uint32_t idle_count;
    uint16_t avail, published, used;    /* counts (split), places (packed) */
    bool avail_wrap, used_wrap;
    uint16_t held_flags, held_place;    /* packed: of the first not published */
    unsigned held;              /* put and not published */
    uint64_t offered, done;     /* buffers so far */
    uint64_t doorbells;
} Ring;

/* Make and enable queue @index of @size descriptors; all slots are idle. */
void ring_init(Ring *r, QVirtioDevice *d, uint16_t index, uint8_t *ram,
               const Spec *spec, uint16_t size, bool receive);
uint32_t ring_idle(const Ring *r);
/* The buffer of the idle slot that is put next. */
uint8_t *ring_next(Ring *r);
/* Give it to the device; visible after ring_publish(). */
void ring_put(Ring *r);
/* Make visible what was put, and ring the bell if the device sleeps. */
void ring_publish(Ring *r);
/* Take back the next used slot; its buffer, NULL: none. *@len: bytes written. */
uint8_t *ring_take(Ring *r, uint32_t *len);
/* Ask for no interrupts; after each round of taking. */
void ring_quiet(Ring *r);

/* --- host.c --- */

/* What is sent at once, or read at once. */
typedef struct HostBuffer {
    struct mmsghdr msgs[BENCH_BATCH];
    struct iovec iov[BENCH_BATCH][2];
    uint8_t *frames;            /* BENCH_BATCH of them, or a stream */
    size_t stride;
    size_t from, to;            /* stream: bytes still to be sent, or read */
} HostBuffer;

typedef struct Host {
    const Spec *spec;
    int fd;                     /* the socket; a packet socket for taps */
    char *here, *there;         /* addresses: paths or ports */
    uint64_t sent, received;
    uint64_t next[BENCH_PAIRS_MAX];     /* numbers due, by pair */
    bool timed;                 /* the clock runs */
    bool blind;                 /* tap: frames are not seen */
    struct virtio_net_hdr vnet; /* of what is sent to a tap */
    HostBuffer out, in;
} Host;

/* Addresses that both sides use. Runs in a network of its own if it may. */
void host_namespace(void);
/* Before the emulator starts: listen or bind. */
void host_open(Host *h, const Spec *spec);
/* -netdev arguments of the emulator. */
char *host_netdev(const Host *h);
/* After it has started: accept, or bring the tap up. */
void host_connect(Host *h);
/* For the floor: the socket or tap that an emulator would open. */
int host_peer(const Host *h);
/* Send up to @max frames, as many as are taken; returns how many. */
unsigned host_send(Host *h, unsigned max);
/* Receive and compare what is there; returns how many frames. */
unsigned host_receive(Host *h);
/* Send one frame of that number, waiting until it is taken; for round trips. */
void host_send_one(Host *h, uint64_t number);
void host_close(Host *h);
/* Let a tap's other side see the frames that are sent, or not. */
void host_watch(Host *h, bool on);
/* How many frames may be on their way without being lost. */
unsigned host_window(const Host *h);

/* --- scene.c --- */

typedef struct Pair {
    Ring rx, tx;
    uint64_t next_tx, next_rx;  /* numbers */
    uint64_t foreign;           /* received and not ours */
} Pair;

typedef struct Scene {
    const Spec *spec;
    QTestState *qts;
    uint8_t *ram;
    QPCIMachineBus bus;
    QVirtioDevice dev[2];       /* the second only on a hub */
    Pair pair[BENCH_PAIRS_MAX];
    Pair other;                 /* of the second device */
    Host host;
    clockid_t clock;            /* of the emulator's CPU time */
    double bell_ns;             /* what qtest alone costs for a doorbell */
} Scene;

void scene_start(Scene *s, const Spec *spec, const char *binary);
void scene_end(Scene *s);
/* Write a device register without waiting for the answer. */
void scene_bell(QVirtQueue *vq);

/* --- floor.c --- */

typedef struct Figures {
    double cpu_ns;              /* a frame; of a round trip */
    double rate;                /* frames a second */
    double p50_us, p99_us;      /* round trips, else 0 */
    uint64_t frames;            /* in the timed part */
    double bells;               /* a thousand frames */
} Figures;

void floor_run(const Spec *spec, Figures *figures);

/* Sort and pick out; microseconds. */
void figures_trips(Figures *f, double *seconds, unsigned count);

#endif
