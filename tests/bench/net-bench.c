/*
 * CPU time of an emulator per packet through virtio-net, driven by a driver that
 * polls rings in shared guest memory. The guest's CPU is halted; what is counted is
 * all CPU time of the emulator's process, its kernel calls included.
 *
 *   net-bench BINARY CASE SECONDS   prints "ns-per-packet packets-per-second"
 *   net-bench list                  prints the cases
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <pthread.h>
#include <sys/socket.h>
#include <linux/virtio_net.h>
#include "libqos/nodes.h"

#define RAM_BYTES   (256u << 20)
#define RING        256
#define HDR         sizeof(struct virtio_net_hdr_v1)
#define PIECES_MAX  18

typedef enum Sink { SINK_NONE, SINK_DGRAM, SINK_STREAM, SINK_HUB } Sink;

typedef struct Case {
    const char *name;
    Sink sink;
    bool receive;
    unsigned bytes;
    unsigned pieces;            /* of a frame that is sent; > 1: indirect */
} Case;

static const Case cases[] = {
    { "tx-none-60", SINK_NONE, false, 60, 1 },
    { "tx-none-65000-indirect", SINK_NONE, false, 65000, 17 },
    { "tx-dgram-60", SINK_DGRAM, false, 60, 1 },
    { "tx-dgram-1500", SINK_DGRAM, false, 1500, 1 },
    { "tx-stream-60", SINK_STREAM, false, 60, 1 },
    { "tx-stream-1500", SINK_STREAM, false, 1500, 1 },
    { "rx-dgram-60", SINK_DGRAM, true, 60, 1 },
    { "rx-dgram-1500", SINK_DGRAM, true, 1500, 1 },
    { "rx-stream-60", SINK_STREAM, true, 60, 1 },
    { "rx-stream-1500", SINK_STREAM, true, 1500, 1 },
    { "hub-1500", SINK_HUB, false, 1500, 1 },
};

typedef struct Ring {
    QVirtQueue *vq;
    QVirtioDevice *dev;
    uint64_t buffers;
    uint32_t buf_bytes;
    uint16_t used_seen;
    uint64_t done;
} Ring;

static uint8_t *ram;
static int host_fd = -1;
static const Case *the_case;
static volatile bool stop_host;

static struct vring_used *used_of(Ring *r)
{
    return (void *)(ram + r->vq->device);
}

static struct vring_avail *avail_of(Ring *r)
{
    return (void *)(ram + r->vq->driver);
}

static void offer(Ring *r, uint16_t slot)
{
    struct vring_avail *avail = avail_of(r);
    uint16_t idx = avail->idx;

    avail->ring[idx % RING] = slot;
    __atomic_store_n(&avail->idx, idx + 1, __ATOMIC_RELEASE);
}

/* Does the device sleep? Then a doorbell, else it sees the index by itself. */
static void ring_doorbell(Ring *r)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!(__atomic_load_n(&used_of(r)->flags, __ATOMIC_RELAXED) &
          VRING_USED_F_NO_NOTIFY)) {
        r->dev->transport->notify(r->vq);
    }
}

static void fill_tx_slot(Ring *r, uint16_t slot, uint64_t tables)
{
    struct vring_desc *desc = (void *)(ram + r->vq->desc);
    struct vring_desc *table = (void *)(ram + tables + slot * 512);
    uint64_t at = r->buffers + (uint64_t)slot * r->buf_bytes;
    unsigned n = the_case->pieces, bytes = the_case->bytes;

    memset(ram + at, 0, HDR + 14);
    memset(ram + at + HDR, 0xff, 6);
    if (n == 1) {
        desc[slot] = (struct vring_desc) { at, HDR + bytes, 0, 0 };
        return;
    }
    table[0] = (struct vring_desc) { at, HDR, VRING_DESC_F_NEXT, 1 };
    for (unsigned i = 0; i < n; i++) {
        uint32_t from = bytes / n * i;
        uint32_t len = i + 1 == n ? bytes - from : bytes / n;

        table[i + 1] = (struct vring_desc) {
            at + HDR + from, len, i + 1 < n ? VRING_DESC_F_NEXT : 0, i + 2,
        };
    }
    desc[slot] = (struct vring_desc) {
        tables + slot * 512, (n + 1) * 16, VRING_DESC_F_INDIRECT, 0,
    };
}

static void setup_ring(Ring *r, QVirtioDevice *d, uint16_t index, bool rx)
{
    uint64_t tables;
    struct vring_desc *desc;

    r->dev = d;
    r->vq = qvirtqueue_new(d, index, RING);
    r->buf_bytes = MAX(2048, (the_case->bytes + 4095) / 2048 * 2048);
    r->buffers = guest_alloc_aligned(d->alloc, (uint64_t)RING * r->buf_bytes,
                                     4096);
    tables = guest_alloc_aligned(d->alloc, RING * 512, 16);
    desc = (void *)(ram + r->vq->desc);
    avail_of(r)->flags = VRING_AVAIL_F_NO_INTERRUPT;
    for (uint16_t slot = 0; slot < RING; slot++) {
        if (rx) {
            desc[slot] = (struct vring_desc) {
                r->buffers + (uint64_t)slot * r->buf_bytes, r->buf_bytes,
                VRING_DESC_F_WRITE, 0,
            };
        } else {
            fill_tx_slot(r, slot, tables);
        }
    }
}

/* Give back all used slots in batches; true if there were any. */
static bool turn_over(Ring *r)
{
    uint16_t end = __atomic_load_n(&used_of(r)->idx, __ATOMIC_ACQUIRE);
    uint16_t count = end - r->used_seen;

    if (count < RING / 8) {
        return false;
    }
    for (; r->used_seen != end; r->used_seen++) {
        offer(r, used_of(r)->ring[r->used_seen % RING].id);
    }
    r->done += count;
    ring_doorbell(r);
    return true;
}

/* The other end of the socket: swallow, or send as fast as it is taken. */
static void *host_end(void *unused)
{
    static uint8_t frames[64][4 + 65536];
    struct iovec iov[64];
    struct mmsghdr msgs[64] = { 0 };
    bool stream = the_case->sink == SINK_STREAM;
    unsigned bytes = the_case->bytes;

    for (unsigned i = 0; i < 64; i++) {
        uint32_t length = GUINT32_TO_BE(bytes);

        memset(frames[i], 0xff, 10);
        if (stream) {
            memcpy(frames[i], &length, 4);
        }
        iov[i].iov_base = frames[i];
        iov[i].iov_len = the_case->receive ? bytes + (stream ? 4 : 0)
                                           : sizeof(frames[i]);
        msgs[i].msg_hdr.msg_iov = &iov[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }
    while (!stop_host) {
        if (!the_case->receive) {
            if (stream) {
                recv(host_fd, frames, sizeof(frames), 0);
            } else {
                recvmmsg(host_fd, msgs, 64, MSG_WAITFORONE, NULL);
            }
        } else if (!stream) {
            sendmmsg(host_fd, msgs, 64, 0);
        } else {
            struct msghdr all = { .msg_iov = iov, .msg_iovlen = 64 };
            size_t whole = 64 * iov[0].iov_len;
            ssize_t sent = sendmsg(host_fd, &all, MSG_NOSIGNAL);

            /* Finish the frame that was cut. */
            while (sent > 0 && sent % iov[0].iov_len && sent < whole) {
                size_t at = sent % iov[0].iov_len;
                ssize_t more = send(host_fd, frames[0] + at,
                                    iov[0].iov_len - at, MSG_NOSIGNAL);

                if (more <= 0) {
                    return NULL;
                }
                sent += more;
            }
        }
    }
    return NULL;
}

static char *make_firmware(void)
{
    char *path = g_strdup_printf("%s/net-bench-%d.bin", g_get_tmp_dir(),
                                 getpid());
    g_autofree uint8_t *image = g_malloc(65536);

    memset(image, 0xf4, 65536);
    memcpy(image + 0xfff0, "\xfa\xf4\xeb\xfd", 4);      /* cli; hlt; jmp hlt */
    g_assert_true(g_file_set_contents(path, (char *)image, 65536, NULL));
    return path;
}

static QTestState *start(const char *binary, const char *mem_path)
{
    g_autofree char *bios = make_firmware(), *netdev = NULL, *args = NULL;
    int fds[2] = { -1, -1 };
    QTestState *qts;

    switch (the_case->sink) {
    case SINK_NONE:
        break;
    case SINK_HUB:
        netdev = g_strdup("-netdev hubport,id=n0,hubid=0"
                          " -netdev hubport,id=n1,hubid=0"
                          " -device virtio-net-pci,netdev=n1,disable-legacy=on,"
                          "romfile=,addr=5,mrg_rxbuf=off");
        break;
    default:
        g_assert_cmpint(socketpair(AF_UNIX, the_case->sink == SINK_DGRAM ?
                                   SOCK_DGRAM : SOCK_STREAM, 0, fds), ==, 0);
        fcntl(fds[0], F_SETFD, FD_CLOEXEC);
        host_fd = fds[0];
        netdev = the_case->sink == SINK_DGRAM ?
            g_strdup_printf("-netdev dgram,id=n0,local.type=fd,local.str=%d",
                            fds[1]) :
            g_strdup_printf("-netdev socket,id=n0,fd=%d", fds[1]);
    }
    args = g_strdup_printf(
        "-accel tcg -nodefaults -m 256 -M pc,memory-backend=mem -bios %s"
        " -object memory-backend-file,id=mem,size=256M,mem-path=%s,share=on %s"
        " -device virtio-net-pci%s,disable-legacy=on,romfile=,addr=4,"
        "mrg_rxbuf=off,event_idx=off", bios, mem_path, netdev ? netdev : "",
        netdev ? ",netdev=n0" : "");
    qts = qtest_init_bare(binary, args);
    g_free(qtest_raw(qts, "endianness"));
    g_unlink(bios);
    if (fds[1] >= 0) {
        close(fds[1]);
    }
    return qts;
}

static void bring_up(QVirtioDevice *d, QPCIMachineBus *bus, unsigned slot)
{
    QPCIDevice *pci = qpci_device_find(&bus->pci, QPCI_DEVFN(slot, 0));

    g_assert_nonnull(pci);
    qvirtio_pci_modern_init(d, pci, &bus->alloc);
    qpci_device_enable(pci);
    qvirtio_negotiate(d, the_case->pieces > 1 ? &qvirt_split_indirect
                                              : &qvirt_split, 0);
}

static double process_seconds(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void offer_all(Ring *r)
{
    for (uint16_t slot = 0; slot < RING; slot++) {
        offer(r, slot);
    }
    ring_doorbell(r);
}

/* Turn both rings over for a while; returns packets through @counted. */
static uint64_t drive(Ring *counted, Ring *other, double seconds)
{
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    uint64_t before = counted->done;

    while (g_get_monotonic_time() < end) {
        bool moved = turn_over(counted);

        if (other) {
            moved |= turn_over(other);
        }
        if (!moved) {
            sched_yield();
        }
    }
    return counted->done - before;
}

static void run(const char *binary, double seconds)
{
    g_autofree char *path = g_strdup_printf("/dev/shm/net-bench-%d", getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    QPCIMachineBus bus;
    QVirtioDevice dev, dev2;
    Ring ring = { 0 }, ring2 = { 0 };
    QTestState *qts;
    pthread_t thread;
    clockid_t clock;
    uint64_t packets;
    double cpu;

    g_assert_cmpint(ftruncate(fd, RAM_BYTES), ==, 0);
    ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    qts = start(binary, path);
    g_unlink(path);
    qpci_init_pc(&bus.pci, qts);
    guest_alloc_init(&bus.alloc, 2 << 20, RAM_BYTES);
    bring_up(&dev, &bus, 4);
    setup_ring(&ring, &dev, the_case->receive ? 0 : 1, the_case->receive);
    qvirtio_driver_ok(&dev);
    if (the_case->sink == SINK_HUB) {
        bring_up(&dev2, &bus, 5);
        setup_ring(&ring2, &dev2, 0, true);
        qvirtio_driver_ok(&dev2);
        offer_all(&ring2);
    }
    offer_all(&ring);
    if (host_fd >= 0) {
        pthread_create(&thread, NULL, host_end, NULL);
    }
    drive(&ring, ring2.vq ? &ring2 : NULL, 0.3);
    clock_getcpuclockid(qtest_pid(qts), &clock);
    cpu = process_seconds(clock);
    packets = drive(&ring, ring2.vq ? &ring2 : NULL, seconds);
    cpu = process_seconds(clock) - cpu;
    printf("%.1f %.0f\n", packets ? cpu * 1e9 / packets : -1.0,
           packets / seconds);
    fflush(stdout);
    stop_host = true;
    kill(qtest_pid(qts), SIGKILL);
    _exit(packets ? 0 : 1);
}

int main(int argc, char **argv)
{
    if (argc == 2 && g_str_equal(argv[1], "list")) {
        for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
            printf("%s\n", cases[i].name);
        }
        return 0;
    }
    for (unsigned i = 0; argc == 4 && i < ARRAY_SIZE(cases); i++) {
        if (g_str_equal(argv[2], cases[i].name)) {
            the_case = &cases[i];
            run(argv[1], g_ascii_strtod(argv[3], NULL));
        }
    }
    fprintf(stderr, "usage: net-bench BINARY CASE SECONDS | net-bench list\n");
    return 1;
}
