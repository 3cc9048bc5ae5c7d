/*
 * -numa: nodes with memory and processors, and how far they are from each other.
 * Who tells the guest is hw/i386/acpi-srat.c and hw/i386/pc-fwcfg.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "hw/core/numa.h"
#include "system/hostmem.h"
#include "system/ram_addr.h"

/* ---- processors ---- */

CpuPlace machine_cpu_place(const MachineState *ms, unsigned index)
{
    const CpuTopology *t = &ms->smp;
    unsigned threads = MAX(t->threads, 1), cores = MAX(t->cores, 1);
    unsigned dies = MAX(t->dies, 1);

    return (CpuPlace) {
        .thread_id = index % threads,
        .core_id = index / threads % cores,
        .die_id = index / threads / cores % dies,
        .socket_id = index / threads / cores / dies,
    };
}

/* The machine's places for processors; NULL: it has none. */
static CPUArchIdList *cpu_slots(MachineState *ms)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);

    return mc->possible_cpu_arch_ids
           ? (CPUArchIdList *)mc->possible_cpu_arch_ids(ms) : NULL;
}

static bool place_cpu(CPUArchId *slot, unsigned node, Error **errp)
{
    if (slot->has_node) {
        error_setg(errp, "CPU is already assigned to node-id: %u", slot->node);
        return false;
    }
    slot->has_node = true;
    slot->node = node;
    return true;
}

/* "FIRST" or "FIRST-LAST", numbers of processors. */
static bool place_range(MachineState *ms, const char *text, unsigned node,
                        Error **errp)
{
    CPUArchIdList *slots = cpu_slots(ms);
    unsigned first, last;
    const char *end;

    if (qemu_strtoui(text, &end, 10, &first) < 0) {
        goto malformed;
    }
    last = first;
    if (*end == '-' && qemu_strtoui(end + 1, &end, 10, &last) < 0) {
        goto malformed;
    }
    if (*end || last < first) {
        goto malformed;
    }
    if (last >= ms->smp.max_cpus) {
        error_setg(errp, "CPU index (%u) should be smaller than maxcpus (%u)",
                   last, ms->smp.max_cpus);
        return false;
    }
    for (unsigned i = first; i <= last; i++) {
        if (!place_cpu(&slots->cpus[i], node, errp)) {
            return false;
        }
    }
    return true;

malformed:
    error_setg(errp, "cpus=%s is not FIRST or FIRST-LAST, numbers of CPUs",
               text);
    return false;
}

/* ---- values ---- */

/* A number of at most @most; *given tells whether there was one. */
static bool get_number(QemuOpts *opts, const char *key, unsigned most,
                       unsigned *value, bool *given, Error **errp)
{
    const char *text = qemu_opt_get(opts, key);

    *given = text != NULL;
    if (text && (qemu_strtoui(text, NULL, 0, value) < 0 || *value > most)) {
        error_setg(errp, "%s=%s is not a number of at most %u", key, text,
                   most);
        return false;
    }
    return true;
}

static bool need_number(QemuOpts *opts, const char *key, unsigned most,
                        unsigned *value, Error **errp)
{
    bool given;

    if (!get_number(opts, key, most, value, &given, errp)) {
        return false;
    }
    if (!given) {
        error_setg(errp, "Parameter '%s' is missing", key);
    }
    return given;
}

typedef struct KeyCheck {
    const char *const *legal;
} KeyCheck;

static int check_key(void *opaque, const char *name, const char *value,
                     Error **errp)
{
    const KeyCheck *check = opaque;
    g_autofree char *list = NULL;

    if (strcmp(name, "type") == 0 || g_strv_contains(check->legal, name)) {
        return 0;
    }
    list = g_strjoinv(", ", (char **)check->legal);
    error_setg(errp, "Invalid parameter '%s'; legal here are %s", name, list);
    return -1;
}

/* What else the option may say beside its type. */
static bool only_keys(QemuOpts *opts, const char *const *legal, Error **errp)
{
    KeyCheck check = { legal };

    return qemu_opt_foreach(opts, check_key, &check, errp) == 0;
}

/* ---- the kinds of -numa ---- */

static bool take_memory(NumaState *numa, NumaNode *node, const char *id,
                        Error **errp)
{
    Object *obj = object_resolve_path_type(id, TYPE_MEMORY_BACKEND, NULL);

    if (!obj) {
        error_setg(errp, "memdev=%s is not the id of a memory backend "
                   "(-object memory-backend-ram,id=%s,size=SIZE)", id, id);
        return false;
    }
    for (unsigned i = 0; i < NUMA_NODES_MAX; i++) {
        if (numa->node[i].memdev == MEMORY_BACKEND(obj)) {
            error_setg(errp, "memory backend %s is used multiple times. Each "
                       "-numa option must use a different memdev value.", id);
            return false;
        }
    }
    node->memdev = MEMORY_BACKEND(obj);
    node->bytes = node->memdev->size;
    object_ref(obj);
    return true;
}

static bool parse_node(MachineState *ms, NumaState *numa, QemuOpts *opts,
                       Error **errp)
{
    static const char *const keys[] = { "nodeid", "cpus", "memdev", "mem",
                                        NULL };
    const char *memdev = qemu_opt_get(opts, "memdev"), *range;
    unsigned id = numa->count;
    QemuOptsIter ranges;
    NumaNode *node;
    bool given;

    if (!only_keys(opts, keys, errp) ||
        !get_number(opts, "nodeid", NUMA_NODES_MAX - 1, &id, &given, errp)) {
        return false;
    }
    if (id >= NUMA_NODES_MAX) {
        error_setg(errp, "Max number of NUMA nodes reached: %u", id);
        return false;
    }
    node = &numa->node[id];
    if (node->present) {
        error_setg(errp, "Duplicate NUMA nodeid: %u", id);
        return false;
    }
    if (qemu_opt_get(opts, "mem")) {
        error_setg(errp, "Parameter -numa node,mem is not supported by this "
                   "machine type, use -numa node,memdev instead");
        return false;
    }
    node->present = true;
    numa->count++;
    if (memdev && !take_memory(numa, node, memdev, errp)) {
        return false;
    }
    qemu_opt_iter_init(&ranges, opts, "cpus");
    while ((range = qemu_opt_iter_next(&ranges))) {
        if (!place_range(ms, range, id, errp)) {
            return false;
        }
    }
    return true;
}

static bool parse_dist(MachineState *ms, NumaState *numa, QemuOpts *opts,
                       Error **errp)
{
    static const char *const keys[] = { "src", "dst", "val", NULL };
    unsigned src, dst, value;

    if (!only_keys(opts, keys, errp) ||
        !need_number(opts, "src", UINT16_MAX, &src, errp) ||
        !need_number(opts, "dst", UINT16_MAX, &dst, errp) ||
        !need_number(opts, "val", UINT8_MAX, &value, errp)) {
        return false;
    }
    if (MAX(src, dst) >= NUMA_NODES_MAX) {
        error_setg(errp, "Invalid node %u, max possible could be %d",
                   MAX(src, dst), NUMA_NODES_MAX);
        return false;
    }
    if (!numa->node[src].present || !numa->node[dst].present) {
        error_setg(errp, "Source/Destination NUMA node is missing. Please use "
                   "'-numa node' option to declare it first.");
        return false;
    }
    if (value < NUMA_DISTANCE_LOCAL) {
        error_setg(errp, "NUMA distance (%u) is invalid, it shouldn't be less "
                   "than %d.", value, NUMA_DISTANCE_LOCAL);
        return false;
    }
    if (src == dst && value != NUMA_DISTANCE_LOCAL) {
        error_setg(errp, "Local distance of node %u should be %d.", src,
                   NUMA_DISTANCE_LOCAL);
        return false;
    }
    numa->node[src].distance[dst] = value;
    numa->distances_given = true;
    return true;
}

/* Ids that were not given fit any. */
static bool parse_cpu(MachineState *ms, NumaState *numa, QemuOpts *opts,
                      Error **errp)
{
    static const char *const keys[] = { "node-id", "socket-id", "die-id",
                                        "core-id", "thread-id", NULL };
    CPUArchIdList *slots = cpu_slots(ms);
    unsigned want[4] = { 0 }, node;
    bool given[4], any = false;

    if (!only_keys(opts, keys, errp) ||
        !need_number(opts, "node-id", UINT16_MAX, &node, errp)) {
        return false;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
        if (!get_number(opts, keys[i + 1], UINT16_MAX, &want[i], &given[i],
                        errp)) {
            return false;
        }
    }
    if (node >= NUMA_NODES_MAX || !numa->node[node].present) {
        error_setg(errp, "Invalid node-id=%u, NUMA node must be defined with "
                   "-numa node,nodeid=ID before it's used with -numa "
                   "cpu,node-id=ID", node);
        return false;
    }
    for (int n = 0; n < slots->len; n++) {
        CpuPlace p = machine_cpu_place(ms, n);
        const unsigned has[] = { p.socket_id, p.die_id, p.core_id,
                                 p.thread_id };
        bool fits = true;

        for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
            fits &= !given[i] || want[i] == has[i];
        }
        if (fits && !place_cpu(&slots->cpus[n], node, errp)) {
            return false;
        }
        any |= fits;
    }
    if (!any) {
        error_setg(errp, "no match found: no CPU of -smp has these ids");
    }
    return any;
}

static const struct {
    const char *type;
    bool (*parse)(MachineState *ms, NumaState *numa, QemuOpts *opts,
                  Error **errp);
} kinds[] = {
    { "node", parse_node }, { "dist", parse_dist }, { "cpu", parse_cpu },
};

bool machine_parse_numa(MachineState *ms, QemuOpts *opts, Error **errp)
{
    const char *type = qemu_opt_get(opts, "type");

    if (!cpu_slots(ms)) {
        error_setg(errp, "NUMA is not supported by this machine-type");
        return false;
    }
    if (!ms->numa) {
        ms->numa = g_new0(NumaState, 1);
    }
    for (unsigned i = 0; type && i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].type, type) == 0) {
            return kinds[i].parse(ms, ms->numa, opts, errp);
        }
    }
    error_setg(errp, "Parameter 'type' does not accept value '%s'; legal are "
               "node, dist and cpu", type ? type : "");
    return false;
}

/* ---- when all is said ---- */

/* Nodes are numbered without a gap. */
static bool check_numbers(const NumaState *numa, Error **errp)
{
    for (unsigned i = 0; i < numa->count; i++) {
        if (!numa->node[i].present) {
            error_setg(errp, "numa: Node ID missing: %u", i);
            return false;
        }
    }
    return true;
}

static bool check_memory(const MachineState *ms, Error **errp)
{
    uint64_t total = 0;

    if (ms->memdev) {
        error_setg(errp, "'-machine memory-backend' and '-numa memdev' "
                   "properties are mutually exclusive");
        return false;
    }
    for (unsigned i = 0; i < ms->numa->count; i++) {
        total += ms->numa->node[i].bytes;
    }
    if (total != ms->ram_size) {
        error_setg(errp, "total memory for NUMA nodes (0x%" PRIx64 ") should "
                   "equal RAM size (0x%" PRIx64 "): give each -numa node a "
                   "memdev=, sizes like -m", total, ms->ram_size);
        return false;
    }
    return true;
}

/* Distances not given: those of the other direction, if there is no choice. */
static bool fill_distances(NumaState *numa, Error **errp)
{
    for (unsigned i = 0; i < numa->count; i++) {
        for (unsigned j = 0; j < numa->count; j++) {
            uint8_t *there = &numa->node[i].distance[j];
            uint8_t back = numa->node[j].distance[i];

            if (*there) {
                continue;
            }
            if (i == j) {
                *there = NUMA_DISTANCE_LOCAL;
            } else if (!numa->distances_given) {
                *there = NUMA_DISTANCE_REMOTE;
            } else if (back) {
                *there = back;
            } else {
                error_setg(errp, "The distance between node %u and %u is "
                           "missing, at least one distance value between each "
                           "nodes should be provided.", i, j);
                return false;
            }
        }
    }
    return true;
}

/* CPUs that nobody placed: socket by socket over the nodes, or node 0. */
static void place_others(MachineState *ms)
{
    CPUArchIdList *slots = cpu_slots(ms);
    g_autoptr(GString) left = g_string_new(NULL);
    bool some = false;

    for (int i = 0; i < slots->len; i++) {
        some |= slots->cpus[i].has_node;
    }
    for (int i = 0; i < slots->len; i++) {
        CPUArchId *slot = &slots->cpus[i];

        if (!slot->has_node) {
            g_string_append_printf(left, "%s%d", left->len ? ", " : "", i);
            slot->has_node = true;
            slot->node = some ? 0 : machine_cpu_place(ms, i).socket_id %
                                    ms->numa->count;
        }
    }
    if (some && left->len) {
        warn_report("CPU(s) not present in any NUMA nodes, put into node 0: "
                    "CPU %s", left->str);
    }
}

bool machine_finish_numa(MachineState *ms, Error **errp)
{
    if (!ms->numa) {
        return true;
    }
    if (!check_numbers(ms->numa, errp) || !check_memory(ms, errp) ||
        !fill_distances(ms->numa, errp)) {
        return false;
    }
    place_others(ms);
    return true;
}

/* ---- memory ---- */

MemoryRegion *machine_make_numa_ram(MachineState *ms, const char *name,
                                    Error **errp)
{
    MemoryRegion *all = g_new0(MemoryRegion, 1);
    uint64_t at = 0;

    memory_region_init(all, OBJECT(ms), name, ms->ram_size);
    for (unsigned i = 0; i < ms->numa->count; i++) {
        HostMemoryBackend *backend = ms->numa->node[i].memdev;
        MemoryRegion *part = backend
            ? host_memory_backend_get_memory(backend) : NULL;

        if (!backend) {
            continue;
        }
        if (!part || host_memory_backend_is_mapped(backend)) {
            error_setg(errp, "memory backend of node %u is in use already", i);
            object_unparent(OBJECT(all));
            return NULL;
        }
        memory_region_add_subregion(all, at, part);
        vmstate_register_ram_global(part);
        host_memory_backend_set_mapped(backend, true);
        at += ms->numa->node[i].bytes;
    }
    return all;
}
