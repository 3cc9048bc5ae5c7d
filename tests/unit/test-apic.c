/*
 * The local APIC through its CPU's ops and its register page, and the I/O APIC in
 * front of it. No CPU runs: the requests that reach it are looked at.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/irq.h"
#include "hw/intc/apic.h"
#include "hw/intc/ioapic.h"
#include "system/address-spaces.h"
#include "target/i386/cpu.h"

static X86CPU *cpus[2];
static DeviceState *ioapic;
static int pic_vector;

enum { ID = 0x20, TPR = 0x80, PPR = 0xa0, EOI = 0xb0, LDR = 0xd0, DFR = 0xe0,
       SVR = 0xf0, ISR = 0x100, TMR = 0x180, IRR = 0x200, ESR = 0x280,
       ICR = 0x300, LVT_LINT0 = 0x350, LVT_ERROR = 0x370 };

static uint32_t reg_read(unsigned n, unsigned reg)
{
    uint32_t value;

    current_cpu = CPU(cpus[n]);
    value = ldl_phys(&address_space_memory, APIC_DEFAULT_ADDRESS + reg);
    current_cpu = NULL;
    return value;
}

static void reg_write(unsigned n, unsigned reg, uint32_t value)
{
    current_cpu = CPU(cpus[n]);
    stl_phys(&address_space_memory, APIC_DEFAULT_ADDRESS + reg, value);
    current_cpu = NULL;
}

static bool asks(unsigned n, unsigned what)
{
    return CPU(cpus[n])->interrupt_request & what;
}

static int acknowledge(unsigned n)
{
    return cpus[n]->apic_ops->get_vector(cpus[n]->apic_state);
}

/* A device's store: vector to the CPU with that id, edge-triggered. */
static void send_msi(unsigned id, unsigned vector)
{
    stl_phys(&address_space_memory, APIC_DEFAULT_ADDRESS + (id << 12), vector);
}

static void fresh(void)
{
    apic_set_pic_level(false);
    apic_reset_all();
    device_cold_reset(ioapic);
    for (unsigned n = 0; n < ARRAY_SIZE(cpus); n++) {
        CPU(cpus[n])->interrupt_request = 0;
        reg_write(n, SVR, 0x1ff);
        reg_write(n, LVT_LINT0, 0x10700);
    }
}

static void messages_arrive_by_priority(void)
{
    fresh();
    g_assert_false(asks(1, CPU_INTERRUPT_HARD));
    send_msi(1, 0x41);
    send_msi(1, 0x61);
    g_assert_true(asks(1, CPU_INTERRUPT_HARD));
    g_assert_false(asks(0, CPU_INTERRUPT_HARD));
    g_assert_cmphex(reg_read(1, IRR + 0x20), ==, 0x2);
    g_assert_cmphex(acknowledge(1), ==, 0x61);
    g_assert_cmphex(reg_read(1, PPR), ==, 0x60);
    g_assert_false(asks(1, CPU_INTERRUPT_HARD));    /* 0x41 is not urgent */
    g_assert_cmpint(acknowledge(1), ==, -1);
    reg_write(1, EOI, 0);
    g_assert_true(asks(1, CPU_INTERRUPT_HARD));
    g_assert_cmphex(acknowledge(1), ==, 0x41);
    reg_write(1, EOI, 0);
    g_assert_cmphex(reg_read(1, PPR), ==, 0);
}

static void task_priority_holds_back(void)
{
    fresh();
    reg_write(0, TPR, 0x50);
    send_msi(0, 0x51);
    g_assert_cmpint(acknowledge(0), ==, -1);
    cpus[0]->apic_ops->set_tpr(cpus[0]->apic_state, 4);
    g_assert_true(asks(0, CPU_INTERRUPT_HARD));
    g_assert_cmphex(reg_read(0, TPR), ==, 0x40);
    g_assert_cmphex(acknowledge(0), ==, 0x51);
    reg_write(0, EOI, 0);
}

static void a_disabled_apic_is_deaf(void)
{
    fresh();
    reg_write(1, SVR, 0xff);
    send_msi(1, 0x41);
    g_assert_false(asks(1, CPU_INTERRUPT_HARD));
    g_assert_cmphex(reg_read(1, LVT_ERROR) & 0x10000, ==, 0x10000);
}

static void icr_reaches_whom_it_names(void)
{
    fresh();
    reg_write(0, ICR + 0x10, 1 << 24);
    reg_write(0, ICR, 0x4035);
    g_assert_cmphex(acknowledge(1), ==, 0x35);
    g_assert_cmpint(acknowledge(0), ==, -1);
    reg_write(1, EOI, 0);
    reg_write(0, ICR, 0x44036);                     /* self */
    g_assert_cmphex(acknowledge(0), ==, 0x36);
    reg_write(0, EOI, 0);
    reg_write(0, ICR, 0xc4037);                     /* all others */
    g_assert_cmphex(acknowledge(1), ==, 0x37);
    g_assert_cmpint(acknowledge(0), ==, -1);
    reg_write(1, EOI, 0);
    reg_write(0, ICR, 0x84400);                     /* NMI to all */
    g_assert_true(asks(0, CPU_INTERRUPT_NMI) && asks(1, CPU_INTERRUPT_NMI));
    reg_write(0, LDR, 1 << 24);
    reg_write(1, LDR, 2 << 24);
    reg_write(0, ICR + 0x10, 3 << 24);
    reg_write(0, ICR, 0x4838);                      /* logical, flat: both */
    g_assert_cmphex(acknowledge(0), ==, 0x38);
    g_assert_cmphex(acknowledge(1), ==, 0x38);
    reg_write(0, EOI, 0);
    reg_write(1, EOI, 0);
    reg_write(1, DFR, 0);                           /* cluster 0, member 2 */
    reg_write(0, ICR + 0x10, 2 << 24);
    reg_write(0, ICR, 0x4839);
    g_assert_cmphex(acknowledge(1), ==, 0x39);
    reg_write(1, EOI, 0);
}

static void illegal_vectors_are_errors(void)
{
    fresh();
    reg_write(0, LVT_ERROR, 0xfe);
    reg_write(0, ICR, 0x44005);
    g_assert_cmphex(acknowledge(0), ==, 0xfe);
    g_assert_cmphex(reg_read(0, ESR), ==, 0);
    reg_write(0, ESR, 0);
    g_assert_cmphex(reg_read(0, ESR), ==, 0x20);
    reg_write(0, EOI, 0);
}

static void extint_comes_from_the_i8259(void)
{
    fresh();
    pic_vector = 0x08;
    apic_set_pic_level(true);
    g_assert_cmpint(acknowledge(0), ==, -1);        /* LINT0 is masked */
    reg_write(0, LVT_LINT0, 0x700);
    g_assert_true(asks(0, CPU_INTERRUPT_HARD));
    g_assert_cmphex(acknowledge(0), ==, 0x08);
    apic_set_pic_level(false);
    g_assert_cmpint(acknowledge(0), ==, -1);
    g_assert_false(asks(0, CPU_INTERRUPT_HARD));
}

static int take_pic_vector(void)
{
    return pic_vector;
}

/* ---- I/O APIC ---- */

static void set_entry(unsigned pin, uint64_t entry)
{
    AddressSpace *as = &address_space_memory;

    stl_phys(as, IO_APIC_DEFAULT_ADDRESS, 0x11 + 2 * pin);
    stl_phys(as, IO_APIC_DEFAULT_ADDRESS + 0x10, entry >> 32);
    stl_phys(as, IO_APIC_DEFAULT_ADDRESS, 0x10 + 2 * pin);
    stl_phys(as, IO_APIC_DEFAULT_ADDRESS + 0x10, entry);
}

static void edges_count_once(void)
{
    qemu_irq line = qdev_get_gpio_in(ioapic, 4);

    fresh();
    set_entry(4, 0x0100000000000044ull);
    qemu_set_irq(line, 1);
    qemu_set_irq(line, 1);
    g_assert_cmphex(acknowledge(1), ==, 0x44);
    reg_write(1, EOI, 0);
    g_assert_cmpint(acknowledge(1), ==, -1);
    qemu_set_irq(line, 0);
    set_entry(4, 0x0100000000010044ull);
    qemu_set_irq(line, 1);                          /* masked: lost */
    set_entry(4, 0x0100000000000044ull);
    g_assert_cmpint(acknowledge(1), ==, -1);
    qemu_set_irq(line, 0);
}

static void levels_come_again_until_they_fall(void)
{
    qemu_irq line = qdev_get_gpio_in(ioapic, 10);

    fresh();
    set_entry(10, 0x000000000000804aull);
    qemu_set_irq(line, 1);
    g_assert_cmphex(acknowledge(0), ==, 0x4a);
    g_assert_cmphex(reg_read(0, TMR + 0x20), ==, 0x400);
    g_assert_cmphex(ldl_phys(&address_space_memory,
                             IO_APIC_DEFAULT_ADDRESS + 0x10), ==, 0xc04a);
    g_assert_cmpint(acknowledge(0), ==, -1);        /* remote IRR holds it */
    reg_write(0, EOI, 0);
    g_assert_cmphex(acknowledge(0), ==, 0x4a);      /* still asserted */
    qemu_set_irq(line, 0);
    reg_write(0, EOI, 0);
    g_assert_cmpint(acknowledge(0), ==, -1);
    set_entry(10, 0x000000000001804aull);
    qemu_set_irq(line, 1);
    set_entry(10, 0x000000000000804aull);           /* due when unmasked */
    g_assert_cmphex(acknowledge(0), ==, 0x4a);
    qemu_set_irq(line, 0);
    reg_write(0, EOI, 0);
}

/* A CPU that only ever says that it is done gets on between two messages. */
static void a_storm_is_slowed(void)
{
    qemu_irq line = qdev_get_gpio_in(ioapic, 10);
    unsigned at_once = 0;

    fresh();
    set_entry(10, 0x000000000000804aull);
    for (unsigned round = 0; round < 2; round++) {
        qemu_set_irq(line, 1);
        for (at_once = 0; acknowledge(0) == 0x4a; at_once++) {
            g_assert_cmpuint(at_once, <, 1000);
            reg_write(0, EOI, 0);
        }
        g_assert_cmpuint(at_once, >, 50);
        if (round == 0) {
            /* It falls while it waits: nothing is sent, and all is as before. */
            qemu_set_irq(line, 0);
            g_assert_cmpint(acknowledge(0), ==, -1);
        }
    }
    /* It does come, later. */
    virtual_clock_start();
    for (unsigned i = 0; i < 3; i++) {
        int64_t end = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
        int vector;

        while ((vector = acknowledge(0)) == -1) {
            g_assert_cmpint(g_get_monotonic_time(), <, end);
            qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
        }
        g_assert_cmphex(vector, ==, 0x4a);
        reg_write(0, EOI, 0);
        g_assert_cmpint(acknowledge(0), ==, -1);
    }
    virtual_clock_stop();
    qemu_set_irq(line, 0);
}

/* Whatever is written, nothing but vectors from 16 up comes out. */
static void random_writes_do_no_harm(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(6);

    for (unsigned i = 0; i < 200000; i++) {
        unsigned n = g_rand_int(rand) & 1, reg = g_rand_int(rand) & 0xff0;
        uint32_t value = g_rand_int(rand);
        int vector;

        if (reg == 0x380 || reg == 0x3e0) {
            continue;                               /* no clock here */
        }
        reg_write(n, reg, value);
        reg_read(n, g_rand_int(rand) & 0xffc);
        set_entry(value % IOAPIC_NUM_PINS, g_rand_int(rand));
        qemu_set_irq(qdev_get_gpio_in(ioapic, value % IOAPIC_NUM_PINS), i & 1);
        vector = acknowledge(n);
        g_assert_true(vector == -1 || vector == pic_vector || vector >= 16);
        g_assert_cmpint(vector, <, 256);
        if (i % 1000 == 0) {
            fresh();
        }
    }
}

static void make_board(void)
{
    memory_map_init();
    for (unsigned n = 0; n < ARRAY_SIZE(cpus); n++) {
        cpus[n] = X86_CPU(object_new(X86_CPU_TYPE_NAME("qemu64")));
        apic_create(cpus[n], n, n == 0, &error_abort);
    }
    apic_map(get_system_memory(), NULL);
    apic_set_extint_source(take_pic_vector);
    apic_set_eoi_listener(ioapic_eoi_broadcast);
    ioapic = qdev_new(TYPE_IOAPIC);
    sysbus_realize(SYS_BUS_DEVICE(ioapic), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(ioapic), 0, IO_APIC_DEFAULT_ADDRESS);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    make_board();
    g_test_add_func("/apic/priority", messages_arrive_by_priority);
    g_test_add_func("/apic/tpr", task_priority_holds_back);
    g_test_add_func("/apic/disabled", a_disabled_apic_is_deaf);
    g_test_add_func("/apic/icr", icr_reaches_whom_it_names);
    g_test_add_func("/apic/errors", illegal_vectors_are_errors);
    g_test_add_func("/apic/extint", extint_comes_from_the_i8259);
    g_test_add_func("/ioapic/edge", edges_count_once);
    g_test_add_func("/ioapic/level", levels_come_again_until_they_fall);
    g_test_add_func("/ioapic/storm", a_storm_is_slowed);
    g_test_add_func("/apic/random", random_writes_do_no_harm);
    return g_test_run();
}
