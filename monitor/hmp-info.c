/*
 * "info …": the state of the system as text for people.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hmp-internal.h"
#include "hw/core/boards.h"
#include "hw/core/cpu.h"
#include "hw/core/numa.h"
#include "hw/intc/apic.h"
#include "hw/intc/intc.h"
#include "hw/pci/pci.h"
#include "monitor/qdev.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"
#include "qemu/trace.h"
#include "system/balloon.h"
#include "system/iothread.h"
#include "system/memory.h"
#include "system/runstate.h"
#include "system/system.h"
#include "target/i386/cpu.h"

/* --- text that other rooms make --- */

static void print_gstring(Monitor *mon, GString *text)
{
    monitor_puts(mon, text->str);
    g_string_free(text, true);
}

static void info_qtree(Monitor *mon, json_object *args)
{
    g_autofree char *text = qdev_tree_text();

    monitor_puts(mon, text);
}

static void info_qom_tree(Monitor *mon, json_object *args)
{
    Error *err = NULL;
    g_autofree char *text = qom_tree_text(json_get_str(args, "path"), &err);

    if (!hmp_handle_error(mon, err)) {
        monitor_puts(mon, text);
    }
}

static void info_pci(Monitor *mon, json_object *args)
{
    GString *text = g_string_new(NULL);

    pci_info(text);
    print_gstring(mon, text);
}

static void info_network(Monitor *mon, json_object *args)
{
    GString *text = g_string_new(NULL);

    net_info_network(text);
    print_gstring(mon, text);
}

static void info_usernet(Monitor *mon, json_object *args)
{
    GString *text = g_string_new(NULL);

    net_info_usernet(text);
    print_gstring(mon, text);
}

static void info_iothread(IOThread *iothread, void *opaque)
{
    g_autofree char *id = iothread_get_id(iothread);

    monitor_printf(opaque, "%s:\n  thread_id=%d\n  poll-max-ns=%" PRId64
                   "\n  poll-grow=%" PRId64 "\n  poll-shrink=%" PRId64
                   "\n  aio-max-batch=%" PRId64 "\n", id, iothread->thread_id,
                   iothread->poll_max_ns, iothread->poll_grow,
                   iothread->poll_shrink, iothread->aio_max_batch);
}

static void info_iothreads(Monitor *mon, json_object *args)
{
    iothread_foreach(info_iothread, mon);
}

static void info_netstats(Monitor *mon, json_object *args)
{
    GString *text = g_string_new(NULL);

    net_info_stats(text);
    print_gstring(mon, text);
}

static void info_irq(Monitor *mon, json_object *args)
{
    GString *text = g_string_new(NULL);

    intc_print_statistics(text);
    print_gstring(mon, text);
}

static void info_pic(Monitor *mon, json_object *args)
{
    GString *text = g_string_new(NULL);

    intc_print_registers(text);
    print_gstring(mon, text);
}

static void info_lapic(Monitor *mon, json_object *args)
{
    int64_t index = json_get_int(args, "index", *hmp_cpu_index(mon));
    CPUState *cpu = index == (int)index ? qemu_get_cpu(index) : NULL;
    GString *text;

    if (!cpu) {
        monitor_printf(mon, "No CPU %" PRId64 " available\n", index);
        return;
    }
    text = g_string_new(NULL);
    apic_print(apic_of_cpu(X86_CPU(cpu)), text);
    print_gstring(mon, text);
}

static void info_mtree(Monitor *mon, json_object *args)
{
    GString *text = g_string_new(NULL);

    mtree_info(text, json_get_bool(args, "flat", false),
               json_get_bool(args, "dispatch", false),
               json_get_bool(args, "owner", false),
               json_get_bool(args, "disabled", false));
    print_gstring(mon, text);
}

/* --- the machine --- */

static void info_version(Monitor *mon, json_object *args)
{
    monitor_printf(mon, "%s (%s)\n", EMU_QMP_VERSION, EMU_PACKAGE);
}

static void info_status(Monitor *mon, json_object *args)
{
    const char *state = RunState_str(runstate_get());
    bool running = runstate_is_running();

    monitor_printf(mon, "VM status: %s", running ? "running" : "paused");
    if (!running && strcmp(state, "paused") != 0) {
        monitor_printf(mon, " (%s)", state);
    }
    monitor_printf(mon, "\n");
}

static void info_name(Monitor *mon, json_object *args)
{
    if (qemu_name) {
        monitor_printf(mon, "%s\n", qemu_name);
    }
}

static void info_uuid(Monitor *mon, json_object *args)
{
    char text[UUID_STR_LEN];

    qemu_uuid_unparse(&qemu_uuid, text);
    monitor_printf(mon, "%s\n", text);
}

static void info_kvm(Monitor *mon, json_object *args)
{
    monitor_printf(mon, "kvm support: not compiled\n");
}

static void info_cpus(Monitor *mon, json_object *args)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        monitor_printf(mon, "%c CPU #%d: thread_id=%d\n",
                       cpu->cpu_index == *hmp_cpu_index(mon) ? '*' : ' ',
                       cpu->cpu_index, cpu->thread_id);
    }
}

static void print_registers(Monitor *mon, CPUState *cpu, bool number)
{
    CPUClass *cc = CPU_GET_CLASS(cpu);
    GString *text = g_string_new(NULL);

    if (number) {
        g_string_append_printf(text, "\nCPU#%d\n", cpu->cpu_index);
    }
    if (cc->dump_state) {
        cc->dump_state(cpu, text);
    }
    print_gstring(mon, text);
}

static void info_registers(Monitor *mon, json_object *args)
{
    bool all = json_get_bool(args, "all", false);
    bool any = false;
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (all || cpu->cpu_index == *hmp_cpu_index(mon)) {
            print_registers(mon, cpu, all);
            any = true;
        }
    }
    if (!any) {
        monitor_printf(mon, "No CPU available\n");
    }
}

static void print_slot(Monitor *mon, json_object *slot)
{
    json_object *props = json_get(slot, "props");

    monitor_printf(mon, "  type: \"%s\"\n  vcpus_count: \"%" PRId64 "\"\n",
                   json_get_str(slot, "type"),
                   json_get_int(slot, "vcpus-count", 0));
    if (json_haskey(slot, "qom-path")) {
        monitor_printf(mon, "  qom_path: \"%s\"\n",
                       json_get_str(slot, "qom-path"));
    }
    monitor_printf(mon, "  CPUInstance Properties:\n");
    json_object_object_foreach(props, key, value) {
        monitor_printf(mon, "    %s: \"%s\"\n", key,
                       json_object_get_string(value));
    }
}

static void info_hotpluggable_cpus(Monitor *mon, json_object *args)
{
    Error *err = NULL;
    g_json_auto json_object *list = qmp_query_hotpluggable_cpus(args, &err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    monitor_printf(mon, "Hotpluggable CPUs:\n");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        print_slot(mon, json_object_array_get_idx(list, i));
    }
}

static void info_ramblock(Monitor *mon, json_object *args)
{
    g_json_auto json_object *info = qmp_x_query_ramblock(args, NULL);

    monitor_puts(mon, json_get_str(info, "human-readable-text"));
}

static void info_memory_size(Monitor *mon, json_object *args)
{
    monitor_printf(mon, "base memory: %" PRIu64 "\nplugged memory: 0\n",
                   current_machine ? current_machine->ram_size : 0);
}

static void print_memdev(Monitor *mon, json_object *m)
{
    static const char *const switches[] = {
        "merge", "dump", "prealloc", "share", "reserve",
    };
    json_object *nodes = json_get(m, "host-nodes");

    monitor_printf(mon, "memory backend: %s\n  size:  %" PRId64 "\n",
                   json_get_str(m, "id"), json_get_int(m, "size", 0));
    for (unsigned i = 0; i < ARRAY_SIZE(switches); i++) {
        if (json_haskey(m, switches[i])) {
            monitor_printf(mon, "  %s: %s\n", switches[i],
                           json_get_bool(m, switches[i], false) ? "true"
                                                                : "false");
        }
    }
    monitor_printf(mon, "  policy: %s\n  host nodes:",
                   json_get_str(m, "policy"));
    for (size_t i = 0; i < json_object_array_length(nodes); i++) {
        monitor_printf(mon, " %s", json_object_get_string(
                           json_object_array_get_idx(nodes, i)));
    }
    monitor_printf(mon, "\n");
}

static void info_memdev(Monitor *mon, json_object *args)
{
    g_json_auto json_object *list = qmp_query_memdev(args, NULL);

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        print_memdev(mon, json_object_array_get_idx(list, i));
    }
}

static void info_numa(Monitor *mon, json_object *args)
{
    const NumaState *numa = current_machine->numa;
    const CPUArchIdList *slots = current_machine->possible_cpus;

    monitor_printf(mon, "%u nodes\n", numa ? numa->count : 0);
    for (unsigned i = 0; numa && i < numa->count; i++) {
        monitor_printf(mon, "node %u cpus:", i);
        for (int n = 0; n < slots->len; n++) {
            if (slots->cpus[n].cpu && slots->cpus[n].node == i) {
                monitor_printf(mon, " %d", n);
            }
        }
        monitor_printf(mon, "\nnode %u size: %" PRIu64 " MB\n"
                       "node %u plugged: 0 MB\n", i,
                       numa->node[i].bytes >> 20, i);
    }
}

/* --- devices of ours --- */

static void print_chardev(Chardev *chr, void *mon)
{
    monitor_printf(mon, "%s: filename=%s\n", chr->label,
                   chr->filename ? chr->filename : "");
}

static void info_chardev(Monitor *mon, json_object *args)
{
    qemu_chr_foreach(print_chardev, mon);
}

static void print_trace_event(TraceEvent *ev, void *mon)
{
    monitor_printf(mon, "%s : state %u\n", ev->name, ev->enabled);
}

static void info_trace_events(Monitor *mon, json_object *args)
{
    const char *name = json_get_str(args, "name");
    Error *err = NULL;

    if (name && !trace_event_known(name, &err)) {
        hmp_handle_error(mon, err);
        return;
    }
    trace_foreach_event(name, print_trace_event, mon);
}

static void info_balloon(Monitor *mon, json_object *args)
{
    Error *err = NULL;
    uint64_t bytes;

    balloon_actual(&bytes, &err);
    if (!hmp_handle_error(mon, err)) {
        monitor_printf(mon, "balloon: actual=%" PRIu64 "\n", bytes >> 20);
    }
}

static void info_history(Monitor *mon, json_object *args)
{
    GPtrArray *lines = hmp_history(mon);

    for (unsigned i = 0; lines && i < lines->len; i++) {
        monitor_printf(mon, "%u: '%s'\n", i,
                       (char *)g_ptr_array_index(lines, i));
    }
}

static void info_nothing(Monitor *mon, json_object *args)
{
}

const HMPCommand hmp_info_commands[] = {
    { "balloon", "", "", "show how much memory the guest has, in MiB",
      info_balloon },
    { "block", "", "", "show the block devices (there are none)",
      info_nothing },
    { "chardev", "", "", "show the character devices", info_chardev },
    { "cpus", "", "", "show infos for each CPU", info_cpus },
    { "history", "", "", "show the command line history", info_history },
    { "hotpluggable-cpus", "", "", "show the places that the machine has for "
      "CPUs", info_hotpluggable_cpus },
    { "iothreads", "", "", "show the I/O threads", info_iothreads },
    { "irq", "", "", "show how often each interrupt line was raised",
      info_irq },
    { "kvm", "", "", "show KVM information", info_kvm },
    { "lapic", "index:i?", "[cpu]", "show the registers of a local APIC",
      info_lapic },
    { "memdev", "", "", "show memory backends", info_memdev },
    { "memory_size_summary", "", "", "show the amount of initially allocated "
      "and present hotpluggable memory in bytes", info_memory_size },
    { "migrate", "", "", "show migration status", hmp_info_migrate },
    { "migrate_capabilities", "", "", "show current migration capabilities",
      hmp_info_migrate_capabilities },
    { "migrate_parameters", "", "", "show current migration parameters",
      hmp_info_migrate_parameters },
    { "mtree", "flat:-f,dispatch:-d,owner:-o,disabled:-D",
      "[-f][-d][-o][-D]", "show memory tree (-f: flat view, -d: dispatch "
      "tree, -o: owners, -D: disabled ones too)", info_mtree },
    { "name", "", "", "show the current VM name", info_name },
    { "netstats", "", "", "show what the queues of NICs counted",
      info_netstats },
    { "network", "", "", "show the network state", info_network },
    { "numa", "", "", "show NUMA information", info_numa },
    { "pci", "", "", "show PCI info", info_pci },
    { "pic", "", "", "show the registers of the i8259 pair and of the I/O APIC",
      info_pic },
    { "qom-tree", "path:s?", "[path]", "show QOM composition tree",
      info_qom_tree,
      .complete = hmp_complete_qom_path },
    { "qtree", "", "", "show device tree", info_qtree },
    { "ramblock", "", "", "show the blocks of memory of this process",
      info_ramblock },
    { "registers", "all:-a", "[-a]", "show the cpu registers (-a: of all)",
      info_registers },
    { "status", "", "", "show the current VM status (running|paused)",
      info_status },
    { "trace-events", "name:s?", "[name]", "show trace events and their state",
      info_trace_events,
      .complete = hmp_complete_trace },
    { "usernet", "", "", "show user network stack connection states",
      info_usernet },
    { "uuid", "", "", "show the current VM UUID", info_uuid },
    { "version", "", "", "show the version", info_version },
    { "virtio", "", "", "list the virtio devices", hmp_info_virtio },
    { "virtio-queue-element", "path:s,queue:i,index:i?", "path queue [index]",
      "show a chain of a virtqueue", hmp_info_virtio_queue_element,
      .complete = hmp_complete_virtio },
    { "virtio-queue-status", "path:s,queue:i", "path queue",
      "show how far a virtqueue is", hmp_info_virtio_queue_status,
      .complete = hmp_complete_virtio },
    { "virtio-stats", "path:s?", "[path]",
      "show kicks and interrupts of each queue of virtio devices",
      hmp_info_virtio_stats, .complete = hmp_complete_virtio },
    { "virtio-status", "path:s", "path", "show the state of a virtio device",
      hmp_info_virtio_status,
      .complete = hmp_complete_virtio },
    { "virtio-vhost-queue-status", "path:s,queue:i", "path queue",
      "show how far a vhost queue is", hmp_info_virtio_vhost_queue_status,
      .complete = hmp_complete_virtio },
    { 0 }
};
