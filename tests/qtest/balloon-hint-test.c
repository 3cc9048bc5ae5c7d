/*
 * Free page hinting: what a guest says it does not need is not in a saved state,
 * unless it wrote there again. VIRTIO 1.4 section 5.5.6.4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_balloon.h>
#include "libqos/virtio.h"

#define MACHINE "-machine pc -m 64 -nodefaults " \
                "-device virtio-balloon-pci,id=b0,free-page-hint=on "
#define PAGE    4096
#define PAGES   1024
#define CONFIG_COMMAND  8
#define QUEUE   3

typedef struct Guest {
    QTestState *qts;
    QPCIBus bus;
    QGuestAllocator alloc;
    QPCIDevice *pci;
    QVirtioDevice d;
    QVirtQueue *vq[4];
    uint64_t area, word;
} Guest;

static void start(Guest *g)
{
    g->qts = qtest_init(MACHINE);
    qpci_init_pc(&g->bus, g->qts);
    guest_alloc_init(&g->alloc, 2 << 20, 60 << 20);
    g->pci = qpci_device_find_id(&g->bus, 0x1af4, 0x1002);
    g_assert_nonnull(g->pci);
    qvirtio_pci_modern_init(&g->d, g->pci, &g->alloc);
    qpci_device_enable(g->pci);
    qvirtio_negotiate(&g->d, qvirt_layout("split"),
                      QVIRTIO_F(VIRTIO_BALLOON_F_STATS_VQ) |
                      QVIRTIO_F(VIRTIO_BALLOON_F_FREE_PAGE_HINT));
    for (unsigned i = 0; i < 4; i++) {
        g->vq[i] = qvirtqueue_new(&g->d, i, 0);
    }
    qvirtio_driver_ok(&g->d);
    g->area = guest_alloc_aligned(&g->alloc, PAGES * PAGE, PAGE);
    g->word = guest_alloc(&g->alloc, 4);
    qtest_memset(g->qts, g->area, 0x5a, PAGES * PAGE);
}

static void end(Guest *g)
{
    qtest_quit(g->qts);
    for (unsigned i = 0; i < 4; i++) {
        qvirtqueue_free(g->vq[i]);
    }
    g_free(g->pci);
}

static uint32_t command(Guest *g)
{
    return g->d.transport->config_read(&g->d, CONFIG_COMMAND, 4);
}

static void say(Guest *g, uint32_t word)
{
    qtest_writel(g->qts, g->word, word);
    qvirtqueue_add1(g->vq[QUEUE], g->word, 4, false);
    qvirtqueue_kick(g->vq[QUEUE]);
    qvirtqueue_wait(g->vq[QUEUE], NULL);
}

static void hint(Guest *g, unsigned first, unsigned pages)
{
    qvirtqueue_add1(g->vq[QUEUE], g->area + first * PAGE, pages * PAGE, true);
    qvirtqueue_kick(g->vq[QUEUE]);
    qvirtqueue_wait(g->vq[QUEUE], NULL);
}

static void expect_end(QTestState *s)
{
    for (;;) {
        json_object *info = qtest_qmp_return(s, "{'execute':'query-migrate'}");
        const char *status = json_string(info, "status");
        bool done = !g_strcmp0(status, "completed");

        g_assert_cmpstr(status, !=, "failed");
        json_object_put(info);
        if (done) {
            return;
        }
        g_usleep(2000);
    }
}

static void wait_until_loaded(QTestState *s)
{
    bool waits = true;

    while (waits) {
        json_object *answer = qtest_qmp_return(s,
                                               "{'execute':'query-status'}");

        waits = !g_strcmp0(json_string(answer, "status"), "inmigrate");
        json_object_put(answer);
        g_usleep(2000);
    }
}

static uint32_t begin_save(Guest *g, const char *path)
{
    uint32_t now;

    qtest_qmp_ok(g->qts, "{'execute':'migrate','arguments':"
                 "{'uri':'file:%s'}}", path);
    while ((now = command(g)) <= VIRTIO_BALLOON_CMD_ID_DONE) {
        g_usleep(1000);
    }
    return now;
}

static void expect_page(QTestState *s, uint64_t at, uint8_t byte)
{
    uint8_t got[PAGE], want[PAGE];

    memset(want, byte, PAGE);
    qtest_memread(s, at, got, PAGE);
    g_assert_cmpmem(got, PAGE, want, PAGE);
}

static void left_out(void)
{
    g_autofree char *dir = g_dir_make_tmp("hint-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    QTestState *to;
    Guest g;

    start(&g);
    g_assert_cmpint(command(&g), ==, VIRTIO_BALLOON_CMD_ID_STOP);
    hint(&g, 900, 10);          /* nobody asked */
    say(&g, begin_save(&g, path));
    hint(&g, 0, 100);
    hint(&g, 200, 100);
    qtest_writeb(g.qts, g.area + 50 * PAGE, 0x11);
    say(&g, 77);                /* no round of this number: */
    hint(&g, 400, 100);
    say(&g, command(&g));
    hint(&g, 600, 3);
    say(&g, VIRTIO_BALLOON_CMD_ID_STOP);
    expect_end(g.qts);
    g_assert_cmpint(command(&g), ==, VIRTIO_BALLOON_CMD_ID_DONE);
    /* Here nothing is lost. */
    expect_page(g.qts, g.area, 0x5a);

    to = qtest_initf(MACHINE "-incoming file:%s", path);
    wait_until_loaded(to);
    expect_page(to, g.area, 0);
    expect_page(to, g.area + 99 * PAGE, 0);
    g_assert_cmphex(qtest_readb(to, g.area + 50 * PAGE), ==, 0x11);
    g_assert_cmphex(qtest_readb(to, g.area + 50 * PAGE + 1), ==, 0x5a);
    expect_page(to, g.area + 100 * PAGE, 0x5a);
    expect_page(to, g.area + 250 * PAGE, 0);
    expect_page(to, g.area + 450 * PAGE, 0x5a);
    expect_page(to, g.area + 602 * PAGE, 0);
    expect_page(to, g.area + 603 * PAGE, 0x5a);
    expect_page(to, g.area + 905 * PAGE, 0x5a);
    qtest_quit(to);
    end(&g);
    unlink(path);
    rmdir(dir);
}

/* A driver that never says that it is through is not waited for long. */
static void silent_driver(void)
{
    g_autofree char *dir = g_dir_make_tmp("hint-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    uint32_t first;
    Guest g;

    start(&g);
    first = begin_save(&g, path);
    expect_end(g.qts);
    end(&g);
    /* A reset in the middle forgets the round; the next has another number. */
    start(&g);
    g_assert_cmpint(begin_save(&g, path), ==, first);
    qvirtio_reset(&g.d);
    expect_end(g.qts);
    g_assert_true(qtest_alive(g.qts));
    end(&g);
    unlink(path);
    rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("balloon-hint/left-out", left_out);
    qtest_add_func("balloon-hint/silent-driver", silent_driver);
    return g_test_run();
}
