/*
 * The run state: order of those who are told, requests, and the main loop's
 * end; and the processor topology that -smp means.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/boards.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/runstate.h"

static GString *trace;
static VMChangeStateEntry *entries[3];

static void on_change(void *opaque, bool running, RunState state)
{
    intptr_t n = (intptr_t)opaque;

    g_string_append_printf(trace, "%c%d ", running ? '+' : '-', (int)n);
    if (n == 2 && !running) {
        /* itself, and one that is still to be told */
        qemu_del_vm_change_state_handler(g_steal_pointer(&entries[2]));
        qemu_del_vm_change_state_handler(g_steal_pointer(&entries[0]));
    }
}

static void event_stop(void)
{
    g_string_append(trace, "STOP ");
}

static void event_resume(void)
{
    g_string_append(trace, "RESUME ");
}

static void event_reset(bool guest, ShutdownCause reason)
{
    g_string_append_printf(trace, "RESET:%s ", ShutdownCause_str(reason));
}

static void event_shutdown(bool guest, ShutdownCause reason)
{
    g_string_append_printf(trace, "SHUTDOWN:%d:%s ", guest,
                           ShutdownCause_str(reason));
}

static const RunStateEvents events = {
    .stop = event_stop, .resume = event_resume, .reset = event_reset,
    .shutdown = event_shutdown,
};

static void test_order(void)
{
    g_string_truncate(trace, 0);
    entries[1] = qemu_add_vm_change_state_handler_prio(on_change, (void *)1,
                                                       5);
    entries[0] = qemu_add_vm_change_state_handler(on_change, (void *)0);
    entries[2] = qemu_add_vm_change_state_handler_prio(on_change, (void *)2,
                                                       9);
    g_assert_true(runstate_check(RUN_STATE_PRELAUNCH));
    vm_start();
    g_assert_cmpstr(trace->str, ==, "RESUME +0 +1 +2 ");
    g_assert_true(runstate_is_running());
    vm_start();                             /* without effect */
    g_string_truncate(trace, 0);
    vm_stop(RUN_STATE_PAUSED);
    g_assert_cmpstr(trace->str, ==, "-2 -1 STOP ");
    vm_stop(RUN_STATE_IO_ERROR);            /* it stands already */
    g_assert_true(runstate_check(RUN_STATE_PAUSED));
    vm_stop_force_state(RUN_STATE_FINISH_MIGRATE);
    g_assert_true(runstate_check(RUN_STATE_FINISH_MIGRATE));
    g_string_truncate(trace, 0);
    vm_start();
    g_assert_cmpstr(trace->str, ==, "RESUME +1 ");
    qemu_del_vm_change_state_handler(entries[1]);
}

static void test_requests(void)
{
    int status = -1;

    g_string_truncate(trace, 0);
    g_assert_false(main_loop_should_exit(&status));
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    g_assert_true(qemu_reset_requested());
    g_assert_false(main_loop_should_exit(&status));
    g_assert_cmpstr(trace->str, ==, "RESET:guest-reset ");
    g_assert_true(runstate_is_running());

    g_string_truncate(trace, 0);
    qemu_system_vmstop_request(RUN_STATE_PAUSED);
    g_assert_false(main_loop_should_exit(&status));
    g_assert_cmpstr(trace->str, ==, "STOP ");

    g_string_truncate(trace, 0);
    shutdown_action = SHUTDOWN_ACTION_PAUSE;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    g_assert_false(main_loop_should_exit(&status));
    g_assert_cmpstr(trace->str, ==, "SHUTDOWN:1:guest-shutdown ");

    g_string_truncate(trace, 0);
    shutdown_action = SHUTDOWN_ACTION_POWEROFF;
    reboot_action = REBOOT_ACTION_SHUTDOWN;
    qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    g_assert_cmpint(qemu_main_loop(), ==, 0);
    g_assert_cmpstr(trace->str, ==, "SHUTDOWN:0:host-qmp-system-reset ");
    qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_GUEST_PANIC, 7);
    g_assert_cmpint(qemu_main_loop(), ==, 7);
}

/* ---- topology ---------------------------------------------------------- */

static void smp_machine_init(MachineClass *mc)
{
    mc->alias = "smp-alias";
    mc->desc = "for the test";
    mc->max_cpus = 64;
    mc->smp_props.dies_supported = true;
}

DEFINE_MACHINE("smp-test", smp_machine_init)

typedef struct SmpCase {
    SMPConfiguration given;
    unsigned cpus, sockets, dies, cores, threads, max_cpus;
    const char *error;
} SmpCase;

static void test_topology(void)
{
    static const SmpCase cases[] = {
        { { 0 }, 1, 1, 1, 1, 1, 1 },
        { { .cpus = 4 }, 4, 1, 1, 4, 1, 4 },
        { { .cpus = 4, .sockets = 2 }, 4, 2, 1, 2, 1, 4 },
        { { .cpus = 8, .cores = 2, .threads = 2 }, 8, 2, 1, 2, 2, 8 },
        { { .cpus = 8, .dies = 2, .threads = 2 }, 8, 1, 2, 2, 2, 8 },
        { { .cpus = 2, .maxcpus = 8 }, 2, 1, 1, 8, 1, 8 },
        { { .sockets = 2, .cores = 3 }, 6, 2, 1, 3, 1, 6 },
        { { .cpus = 4, .sockets = 2, .cores = 1 }, 4, 2, 1, 1, 2, 4 },
        { { .cpus = 3, .cores = 2, .threads = 2 },
          .error = "product of the hierarchy must match maxcpus: sockets (1) "
                   "* dies (1) * cores (2) * threads (2) != maxcpus (3)" },
        { { .cpus = 4, .maxcpus = 2 },
          .error = "maxcpus (2) < smp_cpus (4)" },
        { { .cpus = 65 },
          .error = "Invalid SMP CPUs 65. The max CPUs supported by machine "
                   "'smp-test' is 64" },
        { { .cpus = 2, .clusters = 2 }, .error = "clusters not supported" },
        { { .cpus = UINT64_MAX }, .error = "is more than 1024" },
    };
    MachineClass *mc = machine_class_by_name("smp-alias");
    MachineState *ms;

    g_assert_nonnull(mc);
    g_assert_true(mc == machine_class_by_name("smp-test"));
    g_assert_null(machine_class_by_name("nosuch"));
    ms = MACHINE(object_new_with_class(OBJECT_CLASS(mc)));
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        const SmpCase *c = &cases[i];
        Error *err = NULL;
        bool ok = machine_parse_smp_config(ms, &c->given, &err);

        if (c->error) {
            g_assert_false(ok);
            g_assert_nonnull(strstr(error_get_pretty(err), c->error));
            error_free_or_abort(&err);
            continue;
        }
        g_assert_true(ok);
        g_assert_cmpuint(ms->smp.cpus, ==, c->cpus);
        g_assert_cmpuint(ms->smp.sockets, ==, c->sockets);
        g_assert_cmpuint(ms->smp.dies, ==, c->dies);
        g_assert_cmpuint(ms->smp.cores, ==, c->cores);
        g_assert_cmpuint(ms->smp.threads, ==, c->threads);
        g_assert_cmpuint(ms->smp.max_cpus, ==, c->max_cpus);
    }
    object_unref(ms);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    trace = g_string_new(NULL);
    runstate_set_events(&events);

    g_test_add_func("/runstate/change/order-and-deletion", test_order);
    g_test_add_func("/runstate/request/carried-out", test_requests);
    g_test_add_func("/machine/smp/topology", test_topology);
    return g_test_run();
}
