/*
 * Two emulators joined by a backend: frames that one guest sends are those that the
 * other receives, byte for byte, all of them, in order.
 *
 * The rings of both live in files of guest memory that this test maps, so that
 * 100,000 frames take seconds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <linux/virtio_net.h>
#include "libqos/nodes.h"

#define RAM_BYTES   (64 << 20)
#define QUEUE_SIZE  256
#define BUF_BYTES   2048
#define HDR         sizeof(struct virtio_net_hdr_v1)

/* A ring in mapped memory, as the driver uses it. */
typedef struct MappedRing {
    uint64_t desc, avail, used, buffers;    /* guest addresses */
    uint16_t used_seen;
    QVirtQueue *vq;
} MappedRing;

typedef struct Side {
    QTestState *qts;
    char *path;
    uint8_t *ram;
    QPCIMachineBus bus;
    QPCIDevice *pci;
    QVirtioDevice dev;
    MappedRing rx, tx;
} Side;

static void *at(Side *side, uint64_t addr)
{
    return side->ram + addr;
}

static void ring_init(Side *side, MappedRing *ring, uint16_t index)
{
    ring->vq = qvirtqueue_new(&side->dev, index, QUEUE_SIZE);
    ring->desc = ring->vq->desc;
    ring->avail = ring->vq->driver;
    ring->used = ring->vq->device;
    ring->used_seen = 0;
    ring->buffers = guest_alloc_aligned(&side->bus.alloc,
                                        QUEUE_SIZE * BUF_BYTES, 4096);
}

static void side_start(Side *side, const char *name, const char *netdev)
{
    g_autofree char *args = NULL;
    int fd;

    memset(side, 0, sizeof(*side));
    side->path = g_strdup_printf("%s/two-%d-%s", g_get_tmp_dir(), getpid(),
                                 name);
    fd = open(side->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, RAM_BYTES), ==, 0);
    side->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                     0);
    close(fd);
    args = g_strdup_printf(
        "-M pc,memory-backend=mem -m 64 -object memory-backend-file,id=mem,"
        "size=64M,mem-path=%s,share=on -netdev %s"
        " -device virtio-net-pci,netdev=n0,disable-legacy=on,"
        "rx_queue_size=256,tx_queue_size=256", side->path, netdev);
    side->qts = qtest_init(args);
    qpci_init_pc(&side->bus.pci, side->qts);
    guest_alloc_init(&side->bus.alloc, 2 << 20, RAM_BYTES);
    side->pci = qpci_device_find_id(&side->bus.pci, 0x1af4, 0x1041);
    g_assert_nonnull(side->pci);
    qvirtio_pci_modern_init(&side->dev, side->pci, &side->bus.alloc);
    qpci_device_enable(side->pci);
    qvirtio_negotiate(&side->dev, &qvirt_split, 0);
    ring_init(side, &side->rx, 0);
    ring_init(side, &side->tx, 1);
    qvirtio_driver_ok(&side->dev);
}

static void side_stop(Side *side)
{
    qvirtqueue_free(side->rx.vq);
    qvirtqueue_free(side->tx.vq);
    g_free(side->pci);
    qtest_quit(side->qts);
    munmap(side->ram, RAM_BYTES);
    g_unlink(side->path);
    g_free(side->path);
}

static void post(Side *side, MappedRing *ring, uint16_t slot, uint32_t len,
                 uint16_t flags)
{
    struct vring_desc *desc = at(side, ring->desc);
    struct vring_avail *avail = at(side, ring->avail);
    uint16_t idx = avail->idx;

    desc[slot] = (struct vring_desc) {
        ring->buffers + slot * BUF_BYTES, len, flags, 0,
    };
    avail->ring[idx % QUEUE_SIZE] = slot;
    __atomic_store_n(&avail->idx, idx + 1, __ATOMIC_RELEASE);
}

static uint16_t used_idx(Side *side, MappedRing *ring)
{
    struct vring_used *used = at(side, ring->used);

    return __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
}

static uint32_t frame_size(unsigned number)
{
    return 60 + number * 7 % 1455;
}

static void fill_frame(uint8_t *frame, unsigned number)
{
    uint32_t size = frame_size(number);

    memset(frame, number * 31, size);
    memset(frame, 0xff, 6);
    memcpy(frame + 14, &number, 4);
    memcpy(frame + size - 4, &number, 4);
}

static unsigned send_some(Side *side, unsigned next, unsigned total)
{
    MappedRing *ring = &side->tx;
    struct vring_avail *avail = at(side, ring->avail);
    unsigned first = next;

    while (next < total &&
           (uint16_t)(avail->idx - used_idx(side, ring)) < QUEUE_SIZE) {
        uint16_t slot = next % QUEUE_SIZE;
        uint8_t *buffer = at(side, ring->buffers + slot * BUF_BYTES);

        memset(buffer, 0, HDR);
        fill_frame(buffer + HDR, next);
        post(side, ring, slot, HDR + frame_size(next), 0);
        next++;
    }
    if (next != first) {
        side->dev.transport->notify(ring->vq);
    }
    return next;
}

static unsigned receive_some(Side *side, unsigned next)
{
    MappedRing *ring = &side->rx;
    struct vring_used *used = at(side, ring->used);
    uint16_t end = used_idx(side, ring);
    bool posted = ring->used_seen != end;

    while (ring->used_seen != end) {
        struct vring_used_elem *e = &used->ring[ring->used_seen % QUEUE_SIZE];
        uint8_t *buffer = at(side, ring->buffers + e->id * BUF_BYTES);
        uint8_t expected[BUF_BYTES];

        fill_frame(expected, next);
        g_assert_cmpint(e->len, ==, HDR + frame_size(next));
        g_assert_cmpmem(buffer + HDR, frame_size(next), expected,
                        frame_size(next));
        post(side, ring, e->id, BUF_BYTES, VRING_DESC_F_WRITE);
        ring->used_seen++;
        next++;
    }
    if (posted) {
        side->dev.transport->notify(ring->vq);
    }
    return next;
}

static void exchange(Side *from, Side *to, unsigned total)
{
    unsigned sent = 0, received = 0;
    gint64 deadline = g_get_monotonic_time() + 90 * G_USEC_PER_SEC;

    for (uint16_t slot = 0; slot < QUEUE_SIZE; slot++) {
        post(to, &to->rx, slot, BUF_BYTES, VRING_DESC_F_WRITE);
    }
    to->dev.transport->notify(to->rx.vq);
    while (received < total) {
        unsigned before = received;

        /* No more under way than any socket keeps. */
        if (sent - received < 64) {
            sent = send_some(from, sent, MIN(total, received + 128));
        }
        received = receive_some(to, received);
        if (received == before) {
            g_usleep(20);
        }
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
    }
    g_assert_cmpint(received, ==, total);
}

static void run_pair(const char *netdev_a, const char *netdev_b)
{
    const unsigned total = 100000;
    Side a, b;

    side_start(&a, "a", netdev_a);
    side_start(&b, "b", netdev_b);
    g_usleep(100000);           /* a stream finds its other end */
    exchange(&a, &b, total);
    side_stop(&a);
    side_stop(&b);
}

static char *temp_path(const char *name)
{
    return g_strdup_printf("%s/two-%d-%s.sock", g_get_tmp_dir(), getpid(),
                           name);
}

static void test_dgram_unix(void)
{
    g_autofree char *a = temp_path("da"), *b = temp_path("db");
    g_autofree char *netdev_a = g_strdup_printf(
        "dgram,id=n0,local.type=unix,local.path=%s,"
        "remote.type=unix,remote.path=%s", a, b);
    g_autofree char *netdev_b = g_strdup_printf(
        "dgram,id=n0,local.type=unix,local.path=%s,"
        "remote.type=unix,remote.path=%s", b, a);

    run_pair(netdev_a, netdev_b);
    g_assert_false(g_file_test(a, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(b, G_FILE_TEST_EXISTS));
}

static void test_socket_unix(void)
{
    g_autofree char *path = temp_path("s");
    g_autofree char *netdev_a = g_strdup_printf("socket,id=n0,listen=unix:%s",
                                                path);
    g_autofree char *netdev_b = g_strdup_printf("socket,id=n0,connect=unix:%s",
                                                path);

    run_pair(netdev_a, netdev_b);
}

/* A port that nobody uses at this moment. */
static unsigned free_port(int type)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (void *)&addr, sizeof(addr)), ==, 0);
    getsockname(fd, (void *)&addr, &len);
    close(fd);
    return ntohs(addr.sin_port);
}

static void test_socket_tcp(void)
{
    unsigned port = free_port(SOCK_STREAM);
    g_autofree char *netdev_a =
        g_strdup_printf("socket,id=n0,listen=127.0.0.1:%u", port);
    g_autofree char *netdev_b =
        g_strdup_printf("socket,id=n0,connect=127.0.0.1:%u", port);

    run_pair(netdev_a, netdev_b);
}

static void test_dgram_udp(void)
{
    unsigned a = free_port(SOCK_DGRAM), b = free_port(SOCK_DGRAM);
    const char *fmt = "dgram,id=n0,local.type=inet,local.host=127.0.0.1,"
        "local.port=%u,remote.type=inet,remote.host=127.0.0.1,remote.port=%u";
    g_autofree char *netdev_a = g_strdup_printf(fmt, a, b);
    g_autofree char *netdev_b = g_strdup_printf(fmt, b, a);

    run_pair(netdev_a, netdev_b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("two-emulators/dgram-unix", test_dgram_unix);
    qtest_add_func("two-emulators/dgram-udp", test_dgram_udp);
    qtest_add_func("two-emulators/socket-unix", test_socket_unix);
    qtest_add_func("two-emulators/socket-tcp", test_socket_tcp);
    return g_test_run();
}
