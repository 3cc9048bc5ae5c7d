/*
 * A virtual CPU as the machine, the accelerators and the monitor see it: its
 * run state, its pending requests and the work that others queue on it. What
 * an instruction does belongs to target/, who runs the threads to accel/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_CORE_CPU_H
#define HW_CORE_CPU_H

#include <setjmp.h>
#include "hw/core/qdev.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qom/object.h"
#include "system/memory.h"

#define TYPE_CPU "cpu"

typedef struct CPUClass CPUClass;
DECLARE_OBJ_CHECKERS(CPUState, CPUClass, CPU, TYPE_CPU)

/*
 * Requests that a CPU serves between two blocks of guest code. HARD follows
 * the level of the interrupt pin, the others are events.
 */
#define CPU_INTERRUPT_HARD      0x0002
#define CPU_INTERRUPT_SMI       0x0040
#define CPU_INTERRUPT_POLL      0x0080  /* ask the local APIC again */
#define CPU_INTERRUPT_NMI       0x0200
#define CPU_INTERRUPT_INIT      0x0400
#define CPU_INTERRUPT_SIPI      0x0800
#define CPU_INTERRUPT_MCE       0x1000
#define CPU_INTERRUPT_RESET     0x2000  /* reset the CPU in its own thread */

typedef union {
    int host_int;
    unsigned long host_ulong;
    void *host_ptr;
    vaddr target_ptr;
} run_on_cpu_data;

#define RUN_ON_CPU_HOST_PTR(p)   ((run_on_cpu_data){ .host_ptr = (p) })
#define RUN_ON_CPU_HOST_INT(i)   ((run_on_cpu_data){ .host_int = (i) })
#define RUN_ON_CPU_HOST_ULONG(u) ((run_on_cpu_data){ .host_ulong = (u) })
#define RUN_ON_CPU_TARGET_PTR(v) ((run_on_cpu_data){ .target_ptr = (v) })
#define RUN_ON_CPU_NULL          RUN_ON_CPU_HOST_PTR(NULL)

typedef void (*run_on_cpu_func)(CPUState *cpu, run_on_cpu_data data);

/*
 * What a processor type fills in. All members are called with the big lock
 * held unless they say otherwise.
 */
struct CPUClass {
    DeviceClass parent_class;

    /* The CPU type that a -cpu model name means, or NULL. */
    ObjectClass *(*class_by_name)(const char *cpu_model);
    /* Applies the "+f,-f,prop=v" tail of -cpu to the type's defaults. */
    void (*parse_features)(const char *typename, char *features, Error **errp);
    /* Prints the models for "-cpu help" on standard output. */
    void (*list)(void);
    /* Would the CPU do anything if it were scheduled now? */
    bool (*has_work)(CPUState *cpu);
    void (*set_pc)(CPUState *cpu, vaddr value);
    vaddr (*get_pc)(CPUState *cpu);
    int64_t (*get_arch_id)(CPUState *cpu);
    /* Registers as text for "info registers"; appends to @out. */
    void (*dump_state)(CPUState *cpu, GString *out);
    /* Guest virtual to physical, or -1; attributes are not checked. */
    hwaddr (*get_phys_page_debug)(CPUState *cpu, vaddr addr);
    /*
     * Runs guest code until a request, the end of the time slice or a halt.
     * Called by the software accelerator WITHOUT the big lock, on the CPU's
     * thread. @slice is a number of instructions.
     */
    void (*run_slice)(CPUState *cpu, int64_t slice);
    /* Drops cached translations of addresses; same thread as run_slice. */
    void (*tlb_flush)(CPUState *cpu);
    /* Instructions executed since reset of the machine; any thread. */
    uint64_t (*instruction_count)(CPUState *cpu);
    /* Makes an NMI pending. */
    void (*deliver_nmi)(CPUState *cpu);
};

struct qemu_work_item;

struct CPUState {
    DeviceState parent_obj;

    int cpu_index;
    int nr_threads;             /* threads of a core, cores of a socket ... */
    int nr_cores;               /* ... for the CPU's own topology report */

    /* The thread that runs this CPU (shared by all under one software loop). */
    QemuThread *thread;
    int thread_id;
    QemuCond *halt_cond;        /* signalled, under the big lock, by kicks */
    bool created;
    bool stop;                  /* a pause was asked for; big lock */
    bool stopped;               /* ... and has happened; big lock */
    bool unplug;

    /*
     * Nonzero: leave guest code at the next block. Written by any thread,
     * read by run_slice at every block; the only thing that is looked at.
     */
    int exit_request;
    bool thread_kicked;
    bool running;               /* inside run_slice */

    uint32_t halted;            /* waits for an interrupt; own thread */
    uint32_t interrupt_request; /* CPU_INTERRUPT_*, atomic */

    sigjmp_buf jmp_env;         /* where an exception leaves guest code to */

    AddressSpace *as;           /* what the CPU's physical addresses mean */
    MemoryRegion *memory;       /* its root, set before realize */

    QemuMutex work_mutex;       /* guards work_list */
    QSIMPLEQ_HEAD(, struct qemu_work_item) work_list;

    void *accel_data;           /* owned by the accelerator */
    QTAILQ_ENTRY(CPUState) node;
};

typedef QTAILQ_HEAD(CPUTailQ, CPUState) CPUTailQ;

/* All realized CPUs in order of cpu_index; changes under the big lock. */
extern CPUTailQ cpus_queue;

#define first_cpu               QTAILQ_FIRST(&cpus_queue)
#define CPU_NEXT(cpu)           QTAILQ_NEXT(cpu, node)
#define CPU_FOREACH(cpu)        QTAILQ_FOREACH(cpu, &cpus_queue, node)
#define CPU_FOREACH_SAFE(cpu, next) \
    QTAILQ_FOREACH_SAFE(cpu, &cpus_queue, node, next)

/* The CPU whose thread this is, or NULL. */
extern __thread CPUState *current_cpu;

/* The CPU with that index, or NULL. Big lock. */
CPUState *qemu_get_cpu(int index);

/* Adds to, and takes from, cpus_queue. Called by realize and unrealize. */
void cpu_list_add(CPUState *cpu);
void cpu_list_remove(CPUState *cpu);

/*
 * Makes requests (CPU_INTERRUPT_*) pending and wakes the CPU. Any thread,
 * with or without the big lock.
 */
void cpu_interrupt(CPUState *cpu, int mask);

/* Withdraws requests. Any thread. */
void cpu_reset_interrupt(CPUState *cpu, int mask);

/* Makes the CPU leave guest code soon. Any thread; does not wake a halted one. */
void cpu_exit(CPUState *cpu);

/* cpu_exit() and wakes the CPU's thread, so that it looks around. Any thread. */
void qemu_cpu_kick(CPUState *cpu);

/* True on the thread that runs @cpu. */
bool qemu_cpu_is_self(CPUState *cpu);

/* True when the CPU halted and nothing would wake it. Big lock. */
bool cpu_has_work(CPUState *cpu);

/* Power-up state. Big lock, CPU not running. */
void cpu_reset(CPUState *cpu);

/*
 * Runs @func on the CPU's thread between two blocks of guest code, with the
 * big lock held. run_on_cpu() waits for it (the big lock is released
 * meanwhile); async_run_on_cpu() does not.
 */
void run_on_cpu(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data);
void async_run_on_cpu(CPUState *cpu, run_on_cpu_func func,
                      run_on_cpu_data data);

/* Does the queued work; the CPU's thread, big lock held. */
void process_queued_cpu_work(CPUState *cpu);

/* The type for a -cpu string of a machine whose default base is @typename. */
ObjectClass *cpu_class_by_name(const char *typename, const char *cpu_model);

/*
 * Takes "model,feature=…" apart, applies the features to the type and returns
 * its name, or NULL with @errp set. @base is the abstract type to look under.
 */
const char *parse_cpu_option(const char *base, const char *cpu_option,
                             Error **errp);

/* Creates and realizes a CPU of the type; NULL and @errp on failure. */
CPUState *cpu_create(const char *typename, Error **errp);

/* Guest instructions executed by all CPUs. Any thread. */
uint64_t cpus_instruction_count(void);

#endif
