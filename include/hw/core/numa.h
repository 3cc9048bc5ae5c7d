/*
 * Memory nodes: which of the guest's memory and processors are near to each
 * other, as -numa says. Firmware tables of it are the board's matter.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_CORE_NUMA_H
#define HW_CORE_NUMA_H

#include "hw/core/boards.h"
#include "qemu/option.h"

#define NUMA_NODES_MAX          128
/* ACPI 6.4, 5.2.17: a node's distance to itself, and an unreachable one's. */
#define NUMA_DISTANCE_LOCAL     10
#define NUMA_DISTANCE_REMOTE    20

typedef struct NumaNode {
    bool present;
    HostMemoryBackend *memdev;  /* NULL: a node without memory */
    uint64_t bytes;
    uint8_t distance[NUMA_NODES_MAX];   /* 0: not said */
} NumaNode;

struct NumaState {
    unsigned count;
    bool distances_given;       /* by the user: tables tell them */
    NumaNode node[NUMA_NODES_MAX];
};

/* One place for a processor; ids as QMP has them. */
typedef struct CpuPlace {
    unsigned socket_id, die_id, core_id, thread_id;
} CpuPlace;

/* Where processor @index of the machine sits in the topology of -smp. */
CpuPlace machine_cpu_place(const MachineState *ms, unsigned index);

/*
 * Take one -numa option ("node", "dist" or "cpu"). The topology must be known
 * and memory backends made. False with @errp, which names the value.
 */
bool machine_parse_numa(MachineState *ms, QemuOpts *opts, Error **errp);

/*
 * All options are in: are nodes complete, do they have all of the memory, which
 * node has the processors that nobody placed. Nothing to do without -numa.
 */
bool machine_finish_numa(MachineState *ms, Error **errp);

/*
 * Guest RAM put together from the memory of all nodes, in their order: a region
 * named @name of machine->ram_size bytes. NULL with @errp.
 */
MemoryRegion *machine_make_numa_ram(MachineState *ms, const char *name,
                                    Error **errp);

#endif
