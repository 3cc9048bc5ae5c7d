/*
 * The run loop of one CPU: from block to block where the blocks do not find
 * each other, exceptions, interrupts, single steps and breakpoints between
 * them, until the thread has other work.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "system/runstate.h"
#include "apic-ops.h"
#include "blocks.h"
#include "decode.h"
#include "excp.h"
#include "run.h"
#include "softtlb.h"

#ifdef UOP_TRAMPOLINE
const char uop_continue;
#endif

/* ---- Leaving guest code ----------------------------------------------- */

void cpu_loop_exit(CPUX86State *env)
{
    env->pc = env->eip;
    siglongjmp(env_cpu(env)->jmp_env, 1);
}

void x86_cpu_triple_fault(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);

    /* The CPU waits in shutdown until the reset comes. */
    env->exception_nr = env->old_exception = -1;
    cs->halted = 1;
    env->in_shutdown = true;
    bql_lock();
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    bql_unlock();
    cpu_loop_exit(env);
}

void x86_raise_noncanonical(CPUX86State *env, int access_type)
{
    uint8_t code[X86_MAX_INSN_BYTES];
    DecodedInsn d;
    X86Walk walk;
    bool stack = false;

    if (access_type != MMU_INST_FETCH &&
        x86_walk(env, env->eip, MMU_INST_FETCH, MMU_KERNEL, true, &walk)) {
        /* What stands at env->eip tells the segment; a debugger's read. */
        size_t here = TARGET_PAGE_SIZE - (env->eip & ~TARGET_PAGE_MASK);

        memset(code, 0x90, sizeof(code));
        address_space_read(env_cpu(env)->as,
                           walk.phys + (env->eip & ~TARGET_PAGE_MASK),
                           MEMTXATTRS_UNSPECIFIED, code,
                           MIN(here, sizeof(code)));
        x86_decode(code, sizeof(code), x86_block_mode(env->hflags), &d);
        stack = d.i.has_mem ? d.i.seg == R_SS && !d.rip_relative
                            : d.i.map == X86_MAP_1;
    }
    raise_exception_err(env, stack ? EXCP0C_STACK : EXCP0D_GPF, 0);
}

/* ---- Requests from outside -------------------------------------------- */

static bool hard_interrupt_allowed(CPUX86State *env)
{
    return (env->eflags & IF_MASK) && !(env->hflags & HF_INHIBIT_IRQ_MASK);
}

bool x86_cpu_has_work(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);
    uint32_t req = qatomic_read(&cs->interrupt_request);

    if (env->wait_for_sipi) {
        return req & (CPU_INTERRUPT_SIPI | CPU_INTERRUPT_INIT);
    }
    if (env->in_shutdown) {
        return false;
    }
    return ((req & CPU_INTERRUPT_HARD) && (env->eflags & IF_MASK)) ||
           ((req & CPU_INTERRUPT_NMI) && !(env->hflags & HF_NMI_MASK)) ||
           (req & (CPU_INTERRUPT_INIT | CPU_INTERRUPT_SIPI |
                   CPU_INTERRUPT_MCE));
}

static void enter_interrupt(CPUX86State *env, int vector)
{
    env_cpu(env)->halted = 0;
    env->eip = env->pc;
    x86_deliver_interrupt(env, vector);
    env->pc = env->eip;
}

static int acknowledge(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);
    int vector = -1;

    BQL_LOCK_GUARD();
    if (!cpu->apic_ops) {
        cpu_reset_interrupt(env_cpu(env), CPU_INTERRUPT_HARD);
    } else {
        vector = cpu->apic_ops->get_vector(cpu->apic_state);
    }
    return vector;
}

/* Serves one request, the most urgent first. */
static void serve_requests(CPUX86State *env, uint32_t req)
{
    CPUState *cs = env_cpu(env);

    if (req & CPU_INTERRUPT_INIT) {
        BQL_LOCK_GUARD();
        x86_cpu_do_init(env_archcpu(env));
        return;
    }
    if (req & CPU_INTERRUPT_SIPI) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_SIPI);
        x86_cpu_do_sipi(env_archcpu(env));
        return;
    }
    if (env->wait_for_sipi || env->in_shutdown) {
        return;
    }
    if ((req & CPU_INTERRUPT_NMI) &&
        !(env->hflags & (HF_NMI_MASK | HF_INHIBIT_IRQ_MASK))) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_NMI);
        env->hflags |= HF_NMI_MASK;
        enter_interrupt(env, EXCP02_NMI);
        return;
    }
    if ((req & CPU_INTERRUPT_HARD) && hard_interrupt_allowed(env)) {
        int vector = acknowledge(env);

        if (vector >= 0) {
            enter_interrupt(env, vector);
        }
    }
}

/* ---- Single steps and breakpoints ------------------------------------- */

/* Does an enabled execution breakpoint stand at env->pc? DR6 bits. */
static uint64_t breakpoint_hit(CPUX86State *env)
{
    uint64_t linear = env->pc, hit = 0;

    if (!(env->hflags & HF_CS64_MASK)) {
        linear = (uint32_t)(linear + env->segs[R_CS].base);
    }
    for (int i = 0; i < 4; i++) {
        bool enabled = env->dr[7] >> (2 * i) & 3;
        bool execution = (env->dr[7] >> (16 + 4 * i) & 15) == 0;

        if (enabled && execution && env->dr[i] == linear) {
            hit |= 1ull << i;
        }
    }
    return hit;
}

static void check_breakpoint(CPUX86State *env)
{
    uint64_t hit;

    if (env->eflags & RF_MASK) {
        return;
    }
    hit = breakpoint_hit(env);
    if (hit) {
        env->eip = env->pc;
        env->eflags |= RF_MASK;     /* the handler's frame shows it */
        raise_debug_trap(env, hit);
    }
}

/*
 * One instruction by itself: behind STI or MOV SS, with EFLAGS.TF, with
 * breakpoints armed.
 */
static void step(CPUX86State *env)
{
    bool trap = env->hflags & HF_TF_MASK;
    bool shadow = env->hflags & HF_INHIBIT_IRQ_MASK;
    int64_t left = env->insns_left;
    const Block *b;

    b = blocks_find(env);
    env->insns_left = 0;        /* so that the block comes back */
    UOP_START(env, b->ops);
    env->insns_left = left - 1;
    if (shadow) {
        env->hflags &= ~HF_INHIBIT_IRQ_MASK;
    }
    if (env->eflags & RF_MASK) {
        env->eflags &= ~(uint64_t)RF_MASK;
    }
    x86_update_hflags(env);
    if (trap) {
        env->eip = env->pc;
        raise_debug_trap(env, DR6_BS);
    }
}

/* ---- The loop --------------------------------------------------------- */

/*
 * Between blocks: what other threads want, then interrupts. False when
 * x86_run_slice() has to return.
 */
static bool look_around(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    uint32_t req;

    if (qatomic_read(&cs->exit_request)) {
        qatomic_set(&cs->exit_request, 0);
        /* Pairs with the order of flags and exit_request in cpu_exit(). */
        smp_mb();
        blocks_service(env);
        if (cs->stop || cs->unplug || !QSIMPLEQ_EMPTY(&cs->work_list) ||
            env->yield) {
            env->yield = false;
            return false;
        }
    }
    req = qatomic_read(&cs->interrupt_request);
    if (unlikely(req)) {
        serve_requests(env, req);
    }
    return !cs->halted && env->insns_left > 0;
}

static void run_blocks(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    const MicroOp **slot = NULL;
    unsigned generation = blocks_generation();

    do {
        const Block *b = blocks_find(env);

        if (slot && b->host && generation == blocks_generation()) {
            *slot = b->ops;
        }
        generation = blocks_generation();
        slot = (const MicroOp **)UOP_START(env, b->ops);
    } while (likely(!qatomic_read(&cs->exit_request)) &&
             likely(env->insns_left >= 0) &&
             likely(!cs->halted) &&
             likely(!(env->hflags & HF_ALONE_MASK)) &&
             likely(!qatomic_read(&cs->interrupt_request) ||
                    !x86_cpu_has_work(cs)));
}

static void loop(CPUX86State *env)
{
    for (;;) {
        if (env->exception_nr >= 0) {
            env->eip = env->pc;
            x86_deliver_exception(env);
            env->pc = env->eip;
        }
        if (!look_around(env)) {
            return;
        }
        if (env->hflags & HF_STEP_MASK) {
            check_breakpoint(env);
        } else if (env->eflags & RF_MASK) {
            env->eflags &= ~(uint64_t)RF_MASK;
            env->hflags &= ~HF_RF_MASK;
        }
        if (env->hflags & HF_ALONE_MASK) {
            step(env);
        } else {
            run_blocks(env);
        }
    }
}

void x86_run_slice(CPUState *cs, int64_t slice)
{
    CPUX86State *env = cpu_env(cs);

    env->insns_slice = env->insns_left = slice;
    env->pc = env->eip;
    if (cs->halted && x86_cpu_has_work(cs) && !env->wait_for_sipi) {
        cs->halted = 0;
    }
    rcu_read_lock();
    cs->running = true;
    /* Exceptions come back here; everything that matters is in env. */
    if (sigsetjmp(cs->jmp_env, 0) && bql_locked()) {
        bql_unlock();
    }
    loop(cpu_env(current_cpu));
    env = cpu_env(current_cpu);
    env->eip = env->pc;
    qatomic_set(&env->insns_total,
                env->insns_total + env->insns_slice - env->insns_left);
    env->insns_slice = env->insns_left = 0;
    current_cpu->running = false;
    rcu_read_unlock();
}

uint64_t x86_instruction_count(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);

    /* The running slice may be counted twice or not at all for a moment. */
    return qatomic_read(&env->insns_total) +
           qatomic_read(&env->insns_slice) - qatomic_read(&env->insns_left);
}
