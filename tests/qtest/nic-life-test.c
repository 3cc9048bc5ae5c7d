/*
 * Network cards and their backends come and go, in every order, with packets on
 * their way in both directions; and cards that cannot be added leave nothing behind.
 * Afterwards the emulator holds as many descriptors, and as much memory, as before.
 *
 * NIC_LIFE_ROUNDS=200 makes more rounds of each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "libqos/hotplug.h"
#include "mapped-net.h"

#define ROUNDS_DEFAULT  10
#define FRAMES          40
#define WARM_UP         5      /* rounds until what is kept for ever is there */
#define GROWTH_KB       512
#define PORT            QPCI_DEVFN(QPCI_PORT_SLOT, 0)
#define OTHER_PORT      QPCI_DEVFN(3, 0)

typedef struct Backend {
    const char *name;
    const char *netdev;         /* members for netdev_add; with the folder */
    const char *objects;        /* for the command line */
    const char *iothread;       /* members for device_add */
    int type;                   /* of the host's socket; 0: nobody is there */
    bool host_connects;
} Backend;

typedef struct Life {
    MappedNet net;              /* the card, while there is one */
    const Backend *backend;
    char *folder, *here, *there;
    int fd;                     /* the host's socket, or -1 */
    unsigned next;
    bool rings;
} Life;

static unsigned rounds(void)
{
    const char *text = g_getenv("NIC_LIFE_ROUNDS");

    return text ? MAX(atoi(text), 1) : ROUNDS_DEFAULT;
}

/* --- the host's side -------------------------------------------------------- */

static void address(struct sockaddr_un *un, const char *path)
{
    un->sun_family = AF_UNIX;
    g_strlcpy(un->sun_path, path, sizeof(un->sun_path));
}

static void host_open(Life *l)
{
    struct sockaddr_un un = { 0 };

    if (!l->backend->type) {
        return;
    }
    l->fd = socket(AF_UNIX, l->backend->type | SOCK_CLOEXEC, 0);
    g_assert_cmpint(l->fd, >=, 0);
    if (l->backend->host_connects) {
        address(&un, l->there);
        g_assert_cmpint(connect(l->fd, (void *)&un, sizeof(un)), ==, 0);
    } else {
        address(&un, l->here);
        g_assert_cmpint(bind(l->fd, (void *)&un, sizeof(un)), ==, 0);
    }
}

static void host_close(Life *l)
{
    if (l->fd >= 0) {
        close(l->fd);
        l->fd = -1;
    }
    g_unlink(l->here);
    g_unlink(l->there);
}

/* What the guest sent goes nowhere. */
static void host_drains(Life *l)
{
    uint8_t junk[65536];

    while (l->fd >= 0 && recv(l->fd, junk, sizeof(junk), MSG_DONTWAIT) > 0) {
        /* Next. */
    }
}

static void host_sends(Life *l)
{
    uint8_t wire[4 + MAPPED_FRAME_BYTES];
    struct sockaddr_un un = { 0 };

    address(&un, l->there);
    for (unsigned i = 0; l->fd >= 0 && i < FRAMES; i++) {
        uint32_t size = mapped_net_frame(wire + 4, i);
        uint32_t length = GUINT32_TO_BE(size);

        memcpy(wire, &length, 4);
        if (l->backend->host_connects) {
            send(l->fd, wire, size + 4, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else {
            sendto(l->fd, wire + 4, size, MSG_DONTWAIT, (void *)&un,
                   sizeof(un));
        }
        host_drains(l);
    }
}

/* --- the guest's side ------------------------------------------------------- */

static void drop_rings(Life *l)
{
    if (l->rings) {
        qvirtqueue_free(l->net.rx.vq);
        qvirtqueue_free(l->net.tx.vq);
        l->rings = false;
    }
}

/* A driver for the card that has come. */
static void drive(Life *l)
{
    drop_rings(l);
    qpci_init_q35_port(&l->net.bus.pci, l->net.qts);
    qpci_take(&l->net.bus.pci, PORT);
    guest_alloc_init(&l->net.bus.alloc, 2 << 20, MAPPED_RAM_BYTES);
    memset(l->net.ram + (2 << 20), 0, 8 << 20);
    mapped_net_find(&l->net);
    qvirtio_negotiate(&l->net.dev, &qvirt_split, 0);
    mapped_net_rings(&l->net, 0);
    l->rings = true;
    qvirtio_driver_ok(&l->net.dev);
    mapped_net_begin(&l->net);
    l->next = 0;
}

/* Packets of both directions, most of them still on their way when it returns. */
static void traffic(Life *l)
{
    uint8_t frame[MAPPED_FRAME_BYTES];

    l->next = mapped_net_send(&l->net, l->next, l->next + FRAMES);
    host_sends(l);
    while (mapped_net_receive(&l->net, frame)) {
        /* Whole or not is other tests' business. */
    }
    mapped_net_rx_kick(&l->net);
    l->next = mapped_net_send(&l->net, l->next, l->next + FRAMES);
}

/* All that the driver sent is taken, whether it can go anywhere or not. */
static void wait_taken(Life *l)
{
    gint64 end = g_get_monotonic_time() + QTEST_WAIT_US;

    while (mapped_net_tx_pending(&l->net)) {
        host_drains(l);
        qtest_clock_step(l->net.qts, 1000000);
        g_assert_cmpint(g_get_monotonic_time(), <, end);
    }
}

/* --- the user's side -------------------------------------------------------- */

static void netdev_add(Life *l)
{
    const char *dir = l->folder;
    g_autofree char *members = NULL;

    g_unlink(l->there);
    members = strstr(l->backend->netdev, "%s")
        ? g_strdup_printf(l->backend->netdev, dir, dir)
        : g_strdup(l->backend->netdev);
    qtest_qmp_ok(l->net.qts, "{'execute':'netdev_add','arguments':"
                 "{'id':'n0',%s}}", members);
    host_open(l);
}

static void netdev_del(Life *l)
{
    qtest_qmp_ok(l->net.qts, "{'execute':'netdev_del','arguments':"
                 "{'id':'n0'}}");
    host_close(l);
}

static void device_add(Life *l)
{
    qtest_qmp_ok(l->net.qts, "{'execute':'device_add','arguments':{'driver':"
                 "'virtio-net-pci','id':'nic','bus':'port0','netdev':'n0',"
                 "'romfile':'','disable-legacy':'on'%s}}",
                 l->backend->iothread ? l->backend->iothread : "");
    drive(l);
}

static void device_del(Life *l)
{
    qtest_qmp_ok(l->net.qts, "{'execute':'device_del','arguments':"
                 "{'id':'nic'}}");
}

static void gone(Life *l)
{
    json_object *event;
    bool last;

    qpci_let_go(&l->net.bus.pci, PORT);
    do {
        event = qtest_event(l->net.qts, "DEVICE_DELETED");
        last = json_has(json_member(event, "data"), "device");
        json_object_put(event);
    } while (!last);
}

/* --- orders ------------------------------------------------------------------ */

static void device_then_backend(Life *l)
{
    device_del(l);
    traffic(l);
    gone(l);
    host_sends(l);
    netdev_del(l);
}

static void backend_then_device(Life *l)
{
    netdev_del(l);
    traffic(l);
    wait_taken(l);
    device_del(l);
    gone(l);
}

/* The backend goes between the user's wish and the guest's answer. */
static void backend_while_asked(Life *l)
{
    device_del(l);
    netdev_del(l);
    traffic(l);
    gone(l);
}

/* A new one of the same name is not the card's. */
static void new_backend_before_device(Life *l)
{
    netdev_del(l);
    traffic(l);
    netdev_add(l);
    traffic(l);
    wait_taken(l);
    device_del(l);
    gone(l);
    netdev_del(l);
}

/* The card goes and another comes, while the host goes on sending. */
static void device_twice(Life *l)
{
    device_del(l);
    gone(l);
    host_sends(l);
    device_add(l);
    traffic(l);
    device_then_backend(l);
}

static void (*const orders[])(Life *) = {
    device_then_backend, backend_then_device, backend_while_asked,
    new_backend_before_device, device_twice,
};

/* --- what is held ------------------------------------------------------------ */

static unsigned count_fds(QTestState *qts)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd", qtest_pid(qts));
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    return count;
}

/* Memory of its own in KiB; 0 where a sanitizer keeps what was freed. */
static unsigned own_memory(QTestState *qts)
{
    g_autofree char *maps = g_strdup_printf("/proc/%d/maps", qtest_pid(qts));
    g_autofree char *path = g_strdup_printf("/proc/%d/status", qtest_pid(qts));
    g_autofree char *text = NULL, *mapped = NULL;
    const char *at;

    g_assert_true(g_file_get_contents(maps, &mapped, NULL, NULL));
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    at = strstr(text, "RssAnon:");
    return strstr(mapped, "libasan") || !at ? 0 : atoi(at + strlen("RssAnon:"));
}

/* What goes a grace period later is gone, too. */
static void settle(Life *l)
{
    for (unsigned i = 0; i < 20; i++) {
        qtest_clock_step(l->net.qts, 1000000);
        g_usleep(5000);
    }
}

static void life_start(Life *l, const Backend *backend, const char *more)
{
    g_autofree char *devices = g_strdup_printf(
        "-nodefaults -netdev hubport,id=nx,hubid=7 -device virtio-net-pci,id=nic,"
        "bus=port0,netdev=nx,romfile=,disable-legacy=on %s %s",
        backend->objects ? backend->objects : "", more);

    *l = (Life){ .backend = backend, .fd = -1 };
    l->folder = g_dir_make_tmp("nic-life-XXXXXX", NULL);
    l->here = g_build_filename(l->folder, "host", NULL);
    l->there = g_build_filename(l->folder, "guest", NULL);
    mapped_net_boot(&l->net, backend->name, true, devices);
}

static void life_end(Life *l)
{
    drop_rings(l);
    g_free(l->net.pci);
    qtest_quit(l->net.qts);
    munmap(l->net.ram, MAPPED_RAM_BYTES);
    g_unlink(l->net.path);
    g_free(l->net.path);
    host_close(l);
    g_rmdir(l->folder);
    g_free(l->folder);
    g_free(l->here);
    g_free(l->there);
}

static void come_and_go(const void *opaque)
{
    unsigned fds = 0, memory = 0, last = WARM_UP + rounds();
    Life l;

    life_start(&l, opaque, "");
    qpci_take(&l.net.bus.pci, PORT);
    device_del(&l);
    gone(&l);
    for (unsigned i = 0; i < last; i++) {
        if (i == WARM_UP) {
            settle(&l);
            fds = count_fds(l.net.qts);
            memory = own_memory(l.net.qts);
        }
        netdev_add(&l);
        device_add(&l);
        traffic(&l);
        orders[i % ARRAY_SIZE(orders)](&l);
    }
    settle(&l);
    g_assert_cmpint(count_fds(l.net.qts), ==, fds);
    g_test_message("%u rounds: %u descriptors; %u KiB, before %u", rounds(), fds,
                   own_memory(l.net.qts), memory);
    g_assert_cmpint(own_memory(l.net.qts), <=, memory + GROWTH_KB);
    life_end(&l);
}

/* --- what cannot be added ---------------------------------------------------- */

/* Each fails at another depth of realize; some behind all the others. */
static const struct {
    const char *members, *text;
} bad[] = {
    { "'netdev':'n1','nosuch':1", "nosuch" },
    { "'netdev':'n1','mac':'1'", "mac" },
    { "'netdev':'n0'", "in use" },
    { "'netdev':'n1','acpi-index':70000", "acpi-index" },
    { "'netdev':'n1','addr':'3'", "slot 3" },
    { "'netdev':'n1','speed':-5", "speed" },
    { "'netdev':'n1','rx_queue_size':100", "rx_queue_size" },
    { "'netdev':'n1','bootindex':-2", "bootindex" },
    /* Behind virtio_init(). */
    { "'netdev':'hub','iothread':'io0'", "hub" },
    /* Behind the realize of virtio-net. */
    { "'netdev':'n1','iommu_platform':true,'disable-legacy':'off'",
      "iommu_platform" },
    /* Behind that of the whole device. */
    { "'netdev':'n1','romfile':'/nosuch/rom'", "/nosuch/rom" },
};

static void plug_another(Life *l)
{
    qtest_qmp_ok(l->net.qts, "{'execute':'device_add','arguments':{'driver':"
                 "'virtio-net-pci','id':'other','bus':'port1','netdev':'n1',"
                 "'romfile':''}}");
    qtest_qmp_ok(l->net.qts, "{'execute':'device_del','arguments':"
                 "{'id':'other'}}");
    qpci_let_go(&l->net.bus.pci, OTHER_PORT);
}

/*
 * Guards: what each depth gives back. What is left behind is called when the machine
 * stops, when packets come, when the map of memory changes.
 */
static void failed_adds(void)
{
    static const Backend backend = {
        .name = "failed", .type = SOCK_DGRAM,
        .netdev = "'type':'dgram','local':{'type':'unix','path':'%s/guest'},"
                  "'remote':{'type':'unix','path':'%s/host'}",
    };
    unsigned last = WARM_UP + rounds(), fds = 0;
    Life l;

    life_start(&l, &backend, "-object iothread,id=io0 "
               "-device pcie-root-port,id=port1,chassis=2,addr=3 "
               "-netdev hubport,id=hub,hubid=1 "
               "-netdev hubport,id=n1,hubid=2 -netdev hubport,id=out,hubid=2 ");
    qpci_take(&l.net.bus.pci, PORT);
    device_del(&l);
    gone(&l);
    netdev_add(&l);
    device_add(&l);
    for (unsigned i = 0; i < last; i++) {
        if (i == WARM_UP) {
            settle(&l);
            fds = count_fds(l.net.qts);
        }
        for (unsigned n = 0; n < ARRAY_SIZE(bad); n++) {
            g_autofree char *said = qtest_qmp_error(
                l.net.qts, "GenericError", "{'execute':'device_add',"
                "'arguments':{'driver':'virtio-net-pci','id':'other',"
                "'bus':'port1',%s}}", bad[n].members);

            if (!strstr(said, bad[n].text)) {
                g_error("'%s' said '%s'", bad[n].members, said);
            }
        }
        qtest_qmp_ok(l.net.qts, "{'execute':'stop'}");
        qtest_qmp_ok(l.net.qts, "{'execute':'cont'}");
        traffic(&l);
        plug_another(&l);
        traffic(&l);
        wait_taken(&l);
    }
    settle(&l);
    g_assert_cmpint(count_fds(l.net.qts), ==, fds);
    device_then_backend(&l);
    life_end(&l);
}

int main(int argc, char **argv)
{
#define DGRAM "'type':'dgram','local':{'type':'unix','path':'%s/guest'}," \
        "'remote':{'type':'unix','path':'%s/host'}"
#define STREAM "'type':'stream','server':true,'addr':{'type':'unix'," \
        "'path':'%s/guest'}"
#define THREAD .objects = "-object iothread,id=io0", \
        .iothread = ",'iothread':'io0'"
    static const Backend backends[] = {
        { "user", "'type':'user'" },
        { "hub", "'type':'hubport','hubid':1",
          .objects = "-netdev hubport,id=other,hubid=1" },
        { "dgram", DGRAM, .type = SOCK_DGRAM },
        { "dgram-thread", DGRAM, .type = SOCK_DGRAM, THREAD },
        { "stream", STREAM, .type = SOCK_STREAM, .host_connects = true },
        { "stream-thread", STREAM, .type = SOCK_STREAM, .host_connects = true,
          THREAD },
    };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(backends); i++) {
        g_autofree char *name = g_strconcat("nic-life/", backends[i].name,
                                            NULL);

        qtest_add_data_func(name, &backends[i], come_and_go);
    }
    qtest_add_func("nic-life/failed-adds", failed_adds);
    return g_test_run();
}
