/*
 * The emulator of a scene: its command line, its devices brought up by the driver,
 * doorbells. The guest's CPU is halted by a firmware of one instruction; a machine
 * that was started with -S would run no queues.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "bench.h"
#include <glib/gstdio.h>
#include <sched.h>

#define RAM_BYTES   (512u << 20)
#define FIRST_SLOT  4
/* Writes by which the cost of qtest itself is measured. */
#define BELL_TRIES  1024
#define BELL_RUN    64
/* A queue that no device here has: its doorbell does nothing. */
#define NO_QUEUE    1000

static unsigned answers_due;
static int bell_fd = -1;

/* Read answers to doorbells, all of them if @wait. */
static void read_answers(bool wait)
{
    char text[4096];

    while (answers_due > 0) {
        ssize_t got = recv(bell_fd, text, sizeof(text),
                           wait ? 0 : MSG_DONTWAIT);

        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            bench_fail("the emulator died");
        }
        if (got < 0) {
            return;
        }
        for (ssize_t i = 0; i < got; i++) {
            answers_due -= text[i] == '\n';
        }
    }
}

static void ring_bell_at(uint64_t addr, uint16_t value)
{
    char line[64];
    int bytes = snprintf(line, sizeof(line), "writew 0x%" PRIx64 " 0x%x\n",
                         addr, value);

    read_answers(false);
    if (send(bell_fd, line, bytes, MSG_NOSIGNAL) != bytes) {
        bench_fail("the emulator died");
    }
    answers_due++;
}

void scene_bell(QVirtQueue *vq)
{
    ring_bell_at(vq->dev->notify.addr + vq->notify_addr, vq->notify_value);
}

/*
 * Under KVM a doorbell is an eventfd; here it is a line of text. What the text
 * alone costs the emulator is measured with doorbells of no queue, many at a time,
 * and taken off later.
 */
static void measure_bell(Scene *s)
{
    QVirtioDevice *d = &s->dev[0];
    double before = bench_clock(s->clock);

    for (unsigned i = 0; i < BELL_TRIES; i += BELL_RUN) {
        for (unsigned j = 0; j < BELL_RUN; j++) {
            ring_bell_at(d->notify.addr + NO_QUEUE * d->notify_multiplier, 0);
        }
        read_answers(true);
    }
    s->bell_ns = (bench_clock(s->clock) - before) * 1e9 / BELL_TRIES;
}

static char *make_firmware(void)
{
    char *path = g_strdup_printf("%s/net-bench-%d.bin", g_get_tmp_dir(),
                                 getpid());
    g_autofree uint8_t *image = g_malloc(65536);

    memset(image, 0xf4, 65536);
    memcpy(image + 0xfff0, "\xfa\xf4\xeb\xfd", 4);      /* cli; hlt; jmp hlt */
    if (!g_file_set_contents(path, (char *)image, 65536, NULL)) {
        bench_fail("cannot write %s", path);
    }
    return path;
}

/* Two queue pairs on two threads can only be told as JSON. */
static char *device_json(const Spec *spec)
{
    return g_strdup_printf(
        " -object iothread,id=t0 -object iothread,id=t1"
        " -device '{\"driver\":\"virtio-net-pci\",\"netdev\":\"n0\","
        "\"disable-legacy\":\"on\",\"romfile\":\"\",\"addr\":\"4\","
        "\"mq\":true,\"mrg_rxbuf\":false,"
        "\"packed\":%s,\"event_idx\":%s,\"tx_queue_size\":%u,"
        "\"iothread-vq-mapping\":[{\"iothread\":\"t0\",\"vqs\":[0,1]},"
        "{\"iothread\":\"t1\",\"vqs\":[2,3]}]}'",
        spec->packed ? "true" : "false", spec->event_idx ? "true" : "false",
        spec->ring);
}

static char *device(const Spec *spec, unsigned slot, const char *netdev)
{
    g_autofree char *sizes = NULL;

    if (spec->ring > 256) {
        sizes = g_strdup_printf(",%s=%u", spec->way == WAY_RX ?
                                "rx_queue_size" : "tx_queue_size", spec->ring);
    }
    return g_strdup_printf(
        " -device virtio-net-pci,disable-legacy=on,romfile=,addr=%u,"
        "mrg_rxbuf=off,packed=%s,event_idx=%s%s%s%s", slot,
        spec->packed ? "on" : "off", spec->event_idx ? "on" : "off",
        sizes ? sizes : "", netdev ? ",netdev=" : "", netdev ? netdev : "");
}

static char *network(const Scene *s, const Spec *spec)
{
    g_autofree char *netdev = host_netdev(&s->host);
    g_autofree char *first = NULL, *second = NULL;

    if (spec->sink == SINK_HUB) {
        first = device(spec, FIRST_SLOT, "n0");
        second = device(spec, FIRST_SLOT + 1, "n1");
        return g_strdup_printf(" -netdev hubport,id=n0,hubid=0"
                               " -netdev hubport,id=n1,hubid=0%s%s", first,
                               second);
    }
    first = spec->pairs > 1 ? device_json(spec) :
            device(spec, FIRST_SLOT, netdev ? "n0" : NULL);
    return g_strdup_printf("%s%s%s", netdev ? " -netdev " : "",
                           netdev ? netdev : "", first);
}

static void start_emulator(Scene *s, const Spec *spec, const char *binary)
{
    g_autofree char *path = g_strdup_printf("/dev/shm/net-bench-%d", getpid());
    g_autofree char *bios = make_firmware();
    g_autofree char *net = network(s, spec);
    g_autofree char *args = g_strdup_printf(
        "-accel tcg -nodefaults -m 512 -M pc,memory-backend=mem -bios %s"
        " -object memory-backend-file,id=mem,size=512M,mem-path=%s,share=on%s",
        bios, path, net);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, RAM_BYTES) < 0) {
        bench_fail("cannot make %s: %s", path, strerror(errno));
    }
    s->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    s->qts = qtest_init_bare(binary, args);
    g_free(qtest_raw(s->qts, "endianness"));
    g_unlink(path);
    g_unlink(bios);
    bell_fd = qtest_fd(s->qts);
    clock_getcpuclockid(qtest_pid(s->qts), &s->clock);
}

static void bring_up(Scene *s, unsigned i)
{
    QVirtioDevice *d = &s->dev[i];
    const Spec *spec = s->spec;
    QPCIDevice *pci = qpci_device_find(&s->bus.pci,
                                       QPCI_DEVFN(FIRST_SLOT + i, 0));
    QVirtLayout layout = { .name = "bench" };

    g_assert_nonnull(pci);
    qvirtio_pci_modern_init(d, pci, &s->bus.alloc);
    qpci_device_enable(pci);
    layout.features = (spec->packed ? QVIRTIO_F(VIRTIO_F_RING_PACKED) : 0) |
        (spec->event_idx ? QVIRTIO_F(VIRTIO_RING_F_EVENT_IDX) : 0) |
        (spec->gso ? QVIRTIO_F(VIRTIO_NET_F_CSUM) |
                     QVIRTIO_F(VIRTIO_NET_F_GUEST_CSUM) |
                     QVIRTIO_F(VIRTIO_NET_F_HOST_TSO4) |
                     QVIRTIO_F(VIRTIO_NET_F_GUEST_TSO4) : 0) |
        (spec->pairs > 1 ? QVIRTIO_F(VIRTIO_NET_F_MQ) |
                           QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) : 0);
    qvirtio_negotiate(d, &layout, QVIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC));
    /* Rings are set up as a driver of tests does, then filled by ring.c. */
    d->layout = spec->packed ? &qvirt_packed : &qvirt_split;
}

/* Two pairs: the control queue switches the second one on (5.1.6.5.6). */
static void use_pairs(Scene *s, unsigned pairs)
{
    QVirtioDevice *d = &s->dev[0];
    QVirtQueue *ctrl = qvirtqueue_new(d, 2 * BENCH_PAIRS_MAX, 0);
    uint64_t at = guest_alloc(d->alloc, 64);
    QVirtBuf bufs[] = { { at, 4, false }, { at + 4, 1, true } };

    memcpy(s->ram + at, (uint8_t[]){ 4, 0, pairs, 0, 0xff }, 5);
    qvirtio_driver_ok(d);
    qvirtqueue_add(ctrl, bufs, 2);
    qvirtqueue_kick(ctrl);
    qvirtqueue_wait(ctrl, NULL);
    if (s->ram[at + 4] != 0) {
        bench_fail("the device refuses %u queue pairs", pairs);
    }
}

void scene_start(Scene *s, const Spec *spec, const char *binary)
{
    s->spec = spec;
    frame_init(spec);
    host_open(&s->host, spec);
    start_emulator(s, spec, binary);
    qpci_init_pc(&s->bus.pci, s->qts);
    guest_alloc_init(&s->bus.alloc, 2 << 20, RAM_BYTES);
    for (unsigned i = 0; i < (spec->sink == SINK_HUB ? 2 : 1); i++) {
        Pair *first = i ? &s->other : &s->pair[0];

        bring_up(s, i);
        for (unsigned q = 0; q < (i ? 1 : spec->pairs); q++) {
            ring_init(&first[q].rx, &s->dev[i], 2 * q, s->ram, spec,
                      spec->way == WAY_RX ? spec->ring : MIN(spec->ring, 256),
                      true);
            ring_init(&first[q].tx, &s->dev[i], 2 * q + 1, s->ram, spec,
                      spec->way == WAY_TX ? spec->ring : MIN(spec->ring, 256),
                      false);
        }
        if (i == 0 && spec->pairs > 1) {
            use_pairs(s, spec->pairs);
        } else {
            qvirtio_driver_ok(&s->dev[i]);
        }
    }
    host_connect(&s->host);
    measure_bell(s);
}

void scene_end(Scene *s)
{
    if (s->qts) {
        kill(qtest_pid(s->qts), SIGKILL);
    }
    if (s->host.spec) {
        host_close(&s->host);
    }
}
