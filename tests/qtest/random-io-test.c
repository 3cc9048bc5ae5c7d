/*
 * A guest that writes whatever it likes wherever it likes: every port, every
 * configuration register, every BAR, with BARs over RAM and over each other. The
 * process must stand.
 *
 * QTEST_SEED repeats a run, QTEST_SECONDS makes it longer (a few by default).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqos/pci.h"

typedef struct Board {
    const char *args;
    void (*init)(QPCIBus *bus, QTestState *qts);
    unsigned buses;             /* numbers that are tried */
    unsigned config_bytes;
} Board;

#define MACHINE "-M pc -m 64 -netdev user,id=n0" \
    " -device virtio-net-pci,netdev=n0 -netdev hubport,id=h0,hubid=0" \
    " -device virtio-net-pci,netdev=h0,disable-legacy=on"

/* Bridges of both kinds, one behind the other, and devices behind them. */
#define MACHINE_Q35 "-M q35 -m 64 -netdev user,id=n0" \
    " -netdev hubport,id=h0,hubid=0" \
    " -device pcie-root-port,id=p0,chassis=1,addr=2" \
    " -device virtio-net-pci,netdev=n0,bus=p0,aer=on,ats=on,romfile=" \
    " -device pcie-root-port,id=p1,chassis=2,addr=3" \
    " -device pci-bridge,id=b0,chassis_nr=3,bus=p1" \
    " -device virtio-net-pci,netdev=h0,bus=b0,addr=1,romfile="

static const Board pc = { MACHINE, qpci_init_pc, 1, 256 };
static const Board q35 = { MACHINE_Q35, qpci_init_q35, 5, 4096 };

/* Ports whose writes end or reset the machine by design. */
static bool ends_machine(uint16_t port)
{
    return port == 0x64 || port == 0x92 || port == 0xcf9 || port == 0xb004 ||
           port == 0xb005 || port == 0xb003 || port == 0x501;
}

static unsigned run_seconds(void)
{
    const char *text = g_getenv("QTEST_SECONDS");

    return text ? atoi(text) : 5;
}

static GRand *new_random(void)
{
    const char *text = g_getenv("QTEST_SEED");
    guint32 seed = text ? strtoul(text, NULL, 0) : g_random_int();

    g_test_message("QTEST_SEED=0x%x", seed);
    return g_rand_new_with_seed(seed);
}

/* Values at the edges are more telling than those between. */
static uint32_t pick_value(GRand *r)
{
    static const uint32_t edges[] = {
        0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000,
        0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
    };

    return g_rand_int_range(r, 0, 2) ? g_rand_int(r)
                                     : edges[g_rand_int_range(
                                           r, 0, ARRAY_SIZE(edges))];
}

static void random_port(QTestState *s, GRand *r)
{
    uint16_t port = g_rand_int_range(r, 0, 3) ? g_rand_int_range(r, 0, 0x1000)
                                              : g_rand_int_range(r, 0, 0x10000);
    unsigned size = 1 << g_rand_int_range(r, 0, 3);

    for (unsigned i = 0; i < 4; i++) {
        if (ends_machine(port + i) || ends_machine(port - i)) {
            return;
        }
    }
    if (g_rand_boolean(r)) {
        (void)(size == 1 ? qtest_inb(s, port) : size == 2 ? qtest_inw(s, port)
                                              : qtest_inl(s, port));
    } else if (size == 1) {
        qtest_outb(s, port, pick_value(r));
    } else if (size == 2) {
        qtest_outw(s, port, pick_value(r));
    } else {
        qtest_outl(s, port, pick_value(r));
    }
}

static void random_config(const Board *board, QPCIBus *bus, GRand *r)
{
    uint16_t bdf = g_rand_int_range(r, 0, board->buses) << 8 |
                   g_rand_int_range(r, 0, 6) << 3 | g_rand_int_range(r, 0, 4);
    uint16_t offset = g_rand_int_range(r, 0, 2)
                      ? g_rand_int_range(r, 0, 256)
                      : g_rand_int_range(r, 0, board->config_bytes);
    unsigned size = 1 << g_rand_int_range(r, 0, 3);

    /*
     * Leave the power management's place alone: it must not be over 0xcf8. And
     * configuration space in memory stays where the test finds it.
     */
    if ((board == &pc && bdf == (1 << 3 | 3)) ||
        (board == &q35 && bdf == 0 && offset >= 0x5c && offset < 0x68)) {
        return;
    }
    if (g_rand_boolean(r)) {
        bus->config_read(bus, bdf, offset, size);
    } else {
        bus->config_write(bus, bdf, offset, pick_value(r), size);
    }
}

/* Numbers for the bridges now and then, or nothing behind them is reached. */
static void number_bridges(QPCIBus *bus)
{
    static const struct { uint16_t bdf; uint32_t numbers; } bridges[] = {
        { QPCI_DEVFN(2, 0), 0x010100 }, { QPCI_DEVFN(3, 0), 0x030200 },
        { 2 << 8, 0x030302 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bridges); i++) {
        bus->config_write(bus, bridges[i].bdf, PCI_PRIMARY_BUS,
                          bridges[i].numbers, 4);
        bus->config_write(bus, bridges[i].bdf, PCI_COMMAND, 7, 2);
    }
}

/* Give a BAR a place that it should not have. */
static void hostile_bar(const Board *board, QPCIBus *bus, GRand *r)
{
    static const uint32_t places[] = {
        0, 0x1000, 0xa0000, 0xc0000, 0xf0000, 0x100000, 0x3fff000, 0x4000000,
        0xe0000000, 0xe0001000, 0xfec00000, 0xfee00000, 0xfffc0000, 0xfffff000,
        0x3f8, 0xcf8, 0x60, 0xc000, 0xffc0,
    };
    uint16_t devfn = g_rand_int_range(r, 0, board->buses) << 8 |
                     g_rand_int_range(r, 0, 6) << 3;
    unsigned bar = g_rand_int_range(r, 0, 6);

    /* The chipset's own functions on bus 0 have no BARs to speak of. */
    if (devfn < 2 << 3) {
        devfn += 2 << 3;
    }
    bus->config_write(bus, devfn, PCI_BASE_ADDRESS_0 + 4 * bar,
                      places[g_rand_int_range(r, 0, ARRAY_SIZE(places))], 4);
    bus->config_write(bus, devfn, PCI_COMMAND,
                      g_rand_int_range(r, 0, 8) ? 7 : g_rand_int(r), 2);
}

static void random_memory(QTestState *s, GRand *r)
{
    static const uint64_t bases[] = {
        0, 0xa0000, 0xc0000, 0x100000, 0x4000000, 0xe0000000, 0xfec00000,
        0xfed00000, 0xfee00000, 0xfffc0000, 0xffffff00, 0x100000000,
        0x8000000000,
    };
    uint64_t addr = bases[g_rand_int_range(r, 0, ARRAY_SIZE(bases))] +
                    g_rand_int_range(r, 0, 0x5000);

    switch (g_rand_int_range(r, 0, 8)) {
    case 0:
        qtest_readb(s, addr);
        break;
    case 1:
        qtest_readl(s, addr);
        break;
    case 2:
        qtest_readq(s, addr);
        break;
    case 3:
        qtest_writeb(s, addr, pick_value(r));
        break;
    case 4:
        qtest_writew(s, addr, pick_value(r));
        break;
    case 5:
        qtest_writel(s, addr, pick_value(r));
        break;
    case 6:
        qtest_writeq(s, addr, (uint64_t)pick_value(r) << 32 | pick_value(r));
        break;
    default:
        qtest_memset(s, addr, pick_value(r), g_rand_int_range(r, 1, 300));
        break;
    }
}

static void run_random(const Board *board)
{
    gint64 end = g_get_monotonic_time() + run_seconds() * G_USEC_PER_SEC;
    GRand *r = new_random();

    while (g_get_monotonic_time() < end) {
        QTestState *s = qtest_init(board->args);
        QPCIBus bus;

        board->init(&bus, s);
        for (unsigned i = 0; i < 20000 && g_get_monotonic_time() < end; i++) {
            switch (g_rand_int_range(r, 0, 10)) {
            case 0: case 1: case 2:
                random_port(s, r);
                break;
            case 3: case 4:
                if (board == &q35 && g_rand_int_range(r, 0, 50) == 0) {
                    number_bridges(&bus);
                }
                random_config(board, &bus, r);
                break;
            case 5:
                hostile_bar(board, &bus, r);
                break;
            case 6:
                qtest_clock_step(s, g_rand_int_range(r, 0, 10000000));
                break;
            default:
                random_memory(s, r);
                break;
            }
        }
        qtest_quit(s);
    }
    g_rand_free(r);
}

static void test_random(void)
{
    run_random(&pc);
}

static void test_random_bridges(void)
{
    run_random(&q35);
}

/* Every BAR of every device over RAM, and over one another; then all is well. */
static void test_bars_over_everything(void)
{
    QTestState *s = qtest_init(MACHINE);
    QPCIBus bus;
    static const uint32_t places[] = { 0x100000, 0xe0000000, 0xfee00000, 0 };

    qpci_init_pc(&bus, s);
    for (unsigned p = 0; p < ARRAY_SIZE(places); p++) {
        for (unsigned slot = 2; slot < 6; slot++) {
            QPCIDevice *dev = qpci_device_find(&bus, QPCI_DEVFN(slot, 0));

            for (unsigned bar = 0; dev && bar < 6; bar++) {
                qpci_config_writel(dev, PCI_BASE_ADDRESS_0 + 4 * bar,
                                   places[p]);
            }
            if (dev) {
                qpci_device_enable(dev);
            }
            g_free(dev);
        }
        for (uint64_t at = 0; at < 0x8000; at += 0x400) {
            qtest_writel(s, places[p] + at, 0x12345678);
            qtest_readl(s, places[p] + at);
        }
    }
    /* With the BARs gone RAM is RAM again. */
    for (unsigned slot = 2; slot < 6; slot++) {
        bus.config_write(&bus, QPCI_DEVFN(slot, 0), PCI_COMMAND, 0, 2);
    }
    qtest_writel(s, 0x100000, 0xcafe);
    g_assert_cmphex(qtest_readl(s, 0x100000), ==, 0xcafe);
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("random-io/everything", test_random);
    qtest_add_func("random-io/behind-bridges", test_random_bridges);
    qtest_add_func("random-io/bars-over-everything",
                   test_bars_over_everything);
    return g_test_run();
}
