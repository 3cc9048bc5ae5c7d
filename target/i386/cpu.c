/*
 * The x86 CPU as a device: its type, properties, reset, INIT and SIPI, and the
 * consequences of control register changes for translation.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/cpu-timers.h"
#include "system/cpus.h"
#include "system/reset.h"
#include "apic-ops.h"
#include "blocks.h"
#include "cpu.h"
#include "cpu-models.h"
#include "excp.h"
#include "fpu-x87.h"
#include "helpers.h"
#include "run.h"
#include "softtlb.h"
#include "vmstate-cpu.h"

/* The counter's rate when tsc-frequency is not given. */
#define DEFAULT_TSC_HZ 1000000000

/* ---- Control registers ------------------------------------------------ */

void cpu_x86_update_cr0(CPUX86State *env, uint64_t value)
{
    uint64_t changed = env->cr[0] ^ value;

    env->cr[0] = value | CR0_ET_MASK;
    if (changed & (CR0_PG_MASK | CR0_WP_MASK | CR0_PE_MASK)) {
        x86_tlb_flush(env);
    }
    if (changed & CR0_PG_MASK) {
        if ((value & CR0_PG_MASK) && (env->efer & MSR_EFER_LME)) {
            env->efer |= MSR_EFER_LMA;
        } else {
            env->efer &= ~(uint64_t)MSR_EFER_LMA;
        }
    }
    x86_update_hflags(env);
}

void cpu_x86_update_cr3(CPUX86State *env, uint64_t value)
{
    env->cr[3] = value;
    if (env->cr[0] & CR0_PG_MASK) {
        x86_tlb_flush_nonglobal(env);
    }
}

void cpu_x86_update_cr4(CPUX86State *env, uint64_t value)
{
    uint64_t changed = env->cr[4] ^ value;

    env->cr[4] = value;
    if (changed & (CR4_PGE_MASK | CR4_PAE_MASK | CR4_PSE_MASK |
                   CR4_SMEP_MASK | CR4_SMAP_MASK)) {
        x86_tlb_flush(env);
    }
    x86_update_hflags(env);
}

void x86_breakpoints_changed(CPUX86State *env)
{
    x86_update_hflags(env);
    cpu_exit(env_cpu(env));
}

uint64_t cpu_get_tsc(CPUX86State *env)
{
    return cpu_clock_to_ticks(cpu_get_clock(), env->tsc_hz) + env->tsc_offset;
}

/* ---- Reset ------------------------------------------------------------ */

static bool is_bsp(X86CPU *cpu)
{
    if (cpu->apic_ops && cpu->apic_ops->is_bsp) {
        return cpu->apic_ops->is_bsp(cpu->apic_state);
    }
    return CPU(cpu)->cpu_index == 0;
}

/* What RESET and INIT both set. */
static void init_registers(CPUX86State *env)
{
    uint64_t caching = CR0_CD_MASK | CR0_NW_MASK;
    uint32_t data = DESC_P_MASK | DESC_S_MASK | DESC_W_MASK | DESC_A_MASK;

    memset(env->regs, 0, sizeof(env->regs));
    env->regs[R_EDX] = env->cpuid_version;
    env->eip = env->pc = 0xfff0;
    cpu_set_cc(env, 0);
    env->eflags = 2;
    env->hflags = 0;
    env->efer = 0;
    env->cr[0] = (env->cr[0] & caching) | CR0_ET_MASK;
    env->cr[2] = env->cr[3] = env->cr[4] = 0;
    for (int i = 0; i < R_SEG_COUNT; i++) {
        env->segs[i] = (SegmentCache){ .limit = 0xffff, .flags = data };
    }
    env->segs[R_CS].selector = 0xf000;
    env->segs[R_CS].base = 0xffff0000;
    env->segs[R_CS].flags = data | DESC_CS_MASK | DESC_R_MASK;
    env->ldt = (SegmentCache){ .limit = 0xffff, .flags = DESC_P_MASK | 2 << 8 };
    env->tr = (SegmentCache){ .limit = 0xffff, .flags = DESC_P_MASK | 11 << 8 };
    env->gdt = env->idt = (SegmentCache){ .limit = 0xffff };
    memset(env->dr, 0, sizeof(env->dr));
    env->dr[6] = DR6_FIXED_1;
    env->dr[7] = DR7_FIXED_1;
    env->exception_nr = env->old_exception = -1;
    env->in_shutdown = false;
    x86_tlb_flush(env);
    x86_update_hflags(env);
}

static void reset_registers(CPUX86State *env)
{
    env->cr[0] = CR0_CD_MASK | CR0_NW_MASK;
    init_registers(env);
    env->star = env->lstar = env->cstar = env->fmask = 0;
    env->kernelgsbase = 0;
    env->sysenter_cs = env->sysenter_esp = env->sysenter_eip = 0;
    env->pat = 0x0007040600070406ull;
    env->tsc_aux = 0;
    env->tsc_deadline = 0;
    env->misc_enable = 1;
    env->mtrr_deftype = 0;
    memset(env->mtrr_fixed, 0, sizeof(env->mtrr_fixed));
    memset(env->mtrr_var, 0, sizeof(env->mtrr_var));
    env->mcg_status = 0;
    memset(env->mce_banks, 0, sizeof(env->mce_banks));
    memset(env->xmm_regs, 0, sizeof(env->xmm_regs));
    memset(env->fpregs, 0, sizeof(env->fpregs));
    x87_init_state(env);
    env->mxcsr = 0x1f80;
    env->tsc_offset = -cpu_clock_to_ticks(cpu_get_clock(), env->tsc_hz);
}

static void x86_cpu_reset_hold(Object *obj, ResetType type)
{
    X86CPU *cpu = X86_CPU(obj);
    CPUState *cs = CPU(obj);
    X86CPUClass *xcc = X86_CPU_GET_CLASS(obj);

    if (xcc->parent_phases.hold) {
        xcc->parent_phases.hold(obj, type);
    }
    if (!cpu->env.mmu) {
        return;                 /* not realized yet */
    }
    reset_registers(&cpu->env);
    qatomic_set(&cs->interrupt_request, 0);
    cpu->env.wait_for_sipi = !is_bsp(cpu);
    cs->halted = cpu->env.wait_for_sipi;
}

void x86_cpu_send_init(X86CPU *cpu)
{
    cpu_interrupt(CPU(cpu), CPU_INTERRUPT_INIT);
}

void x86_cpu_send_sipi(X86CPU *cpu, uint8_t vector)
{
    cpu->env.sipi_vector = vector;
    cpu_interrupt(CPU(cpu), CPU_INTERRUPT_SIPI);
}

void x86_cpu_do_init(X86CPU *cpu)
{
    CPUState *cs = CPU(cpu);
    uint32_t sipi = qatomic_read(&cs->interrupt_request) & CPU_INTERRUPT_SIPI;

    init_registers(&cpu->env);
    cpu_reset_interrupt(cs, ~sipi);
    if (cpu->apic_ops && cpu->apic_ops->init_reset) {
        cpu->apic_ops->init_reset(cpu->apic_state);
    }
    cpu->env.wait_for_sipi = !is_bsp(cpu);
    cs->halted = cpu->env.wait_for_sipi;
}

void x86_cpu_do_sipi(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    uint8_t vector = env->sipi_vector;

    if (!env->wait_for_sipi) {
        return;
    }
    cpu_x86_load_seg_cache(env, R_CS, vector << 8, vector << 12,
                           env->segs[R_CS].limit, env->segs[R_CS].flags);
    env->eip = env->pc = 0;
    env->wait_for_sipi = false;
    CPU(cpu)->halted = 0;
}

/* ---- A20 -------------------------------------------------------------- */

static void set_a20(CPUState *cs, run_on_cpu_data data)
{
    CPUX86State *env = cpu_env(cs);

    env->a20_masked = !data.host_int;
    env->a20_mask = data.host_int ? ~0ull : ~(1ull << 20);
    x86_tlb_flush(env);
}

void x86_cpu_set_a20(X86CPU *cpu, bool line_passes)
{
    CPUState *cs = CPU(cpu);

    if (line_passes == cpu->env.a20_masked) {
        async_run_on_cpu(cs, set_a20, RUN_ON_CPU_HOST_INT(line_passes));
    }
}

/* ---- Memory map ------------------------------------------------------- */

static void flush_tlb_work(CPUState *cs, run_on_cpu_data data)
{
    x86_tlb_flush(cpu_env(cs));
}

static void map_range_gone(MemoryListener *listener,
                           MemoryRegionSection *section)
{
    X86CPU *cpu = container_of(listener, X86CPU, memory_listener);

    cpu->ram_went |= memory_region_is_ram(section->mr);
}

/* The map changed: what the TLB remembers of it is void. */
static void map_committed(MemoryListener *listener)
{
    X86CPU *cpu = container_of(listener, X86CPU, memory_listener);
    CPUState *cs = CPU(cpu);

    if (cpu->ram_went) {
        cpu->ram_went = false;
        blocks_drop_all_soon();
    }
    if (!cs->created || qemu_cpu_is_self(cs)) {
        x86_tlb_flush(&cpu->env);
    } else {
        async_run_on_cpu(cs, flush_tlb_work, RUN_ON_CPU_NULL);
    }
}

static void attach_memory(X86CPU *cpu)
{
    CPUState *cs = CPU(cpu);

    if (!cs->memory || cs->memory == get_system_memory()) {
        cs->as = &address_space_memory;
    } else {
        cs->as = g_new0(AddressSpace, 1);
        address_space_init(cs->as, cs->memory, "cpu-memory");
    }
    cpu->memory_listener = (MemoryListener){
        .name = "x86-cpu",
        .region_del = map_range_gone,
        .commit = map_committed,
        .priority = MEMORY_LISTENER_PRIORITY_ACCEL,
    };
    memory_listener_register(&cpu->memory_listener, cs->as);
}

static void detach_memory(X86CPU *cpu)
{
    CPUState *cs = CPU(cpu);

    memory_listener_unregister(&cpu->memory_listener);
    if (cs->as != &address_space_memory) {
        address_space_destroy(cs->as);
        g_free(cs->as);
    }
    cs->as = NULL;
}

/* ---- Class members ---------------------------------------------------- */

static void x86_cpu_set_pc(CPUState *cs, vaddr value)
{
    cpu_env(cs)->eip = value;
}

static vaddr x86_cpu_get_pc(CPUState *cs)
{
    CPUX86State *env = cpu_env(cs);

    return env->eip + (x86_code64(env) ? 0 : env->segs[R_CS].base);
}

static int64_t x86_cpu_get_arch_id(CPUState *cs)
{
    return X86_CPU(cs)->apic_id;
}

static hwaddr x86_cpu_phys_page_debug(CPUState *cs, vaddr addr)
{
    X86Walk walk;

    if (!x86_walk(cpu_env(cs), addr, MMU_DATA_LOAD, MMU_KERNEL, true,
                  &walk)) {
        return -1;
    }
    return walk.phys;
}

static void x86_cpu_tlb_flush(CPUState *cs)
{
    x86_tlb_flush(cpu_env(cs));
}

static void x86_cpu_deliver_nmi(CPUState *cs)
{
    cpu_interrupt(cs, CPU_INTERRUPT_NMI);
}

/* ---- Life ------------------------------------------------------------- */

static void x86_cpu_realize(DeviceState *dev, Error **errp)
{
    CPUState *cs = CPU(dev);
    X86CPU *cpu = X86_CPU(dev);
    X86CPUClass *xcc = X86_CPU_GET_CLASS(dev);
    Error *err = NULL;

    if (!x86_cpu_init_cpuid(cpu, errp)) {
        return;
    }
    cpu->env.tsc_hz = cpu->tsc_hz ? cpu->tsc_hz : DEFAULT_TSC_HZ;
    cpu->env.apic_id = cpu->apic_id;
    cpu->env.a20_mask = ~0ull;
    softtlb_init(&cpu->env);
    blocks_init(&cpu->env);
    attach_memory(cpu);
    xcc->parent_realize(dev, &err);
    if (err) {
        error_propagate(errp, err);
        detach_memory(cpu);
        blocks_free(&cpu->env);
        softtlb_free(&cpu->env);
        return;
    }
    cpu_reset(cs);
    qemu_register_resettable(OBJECT(dev));
    qemu_init_vcpu(cs);
}

static void x86_cpu_unrealize(DeviceState *dev)
{
    CPUState *cs = CPU(dev);
    X86CPU *cpu = X86_CPU(dev);
    X86CPUClass *xcc = X86_CPU_GET_CLASS(dev);

    cpu_remove_sync(cs);
    qemu_unregister_resettable(OBJECT(dev));
    xcc->parent_unrealize(dev);
    detach_memory(cpu);
    blocks_free(&cpu->env);
    softtlb_free(&cpu->env);
}

static void x86_cpu_instance_init(Object *obj)
{
    CPUX86State *env = &X86_CPU(obj)->env;

    env->exception_nr = env->old_exception = -1;
    env->a20_mask = ~0ull;
}

static void x86_cpu_instance_finalize(Object *obj)
{
    X86CPU *cpu = X86_CPU(obj);

    g_free(cpu->vendor);
    g_free(cpu->model_id);
}

static void x86_cpu_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    CPUClass *cc = CPU_CLASS(oc);
    X86CPUClass *xcc = X86_CPU_CLASS(oc);
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    device_class_set_parent_realize(dc, x86_cpu_realize,
                                    &xcc->parent_realize);
    device_class_set_parent_unrealize(dc, x86_cpu_unrealize,
                                      &xcc->parent_unrealize);
    resettable_class_set_parent_phases(rc, NULL, x86_cpu_reset_hold, NULL,
                                       &xcc->parent_phases);
    dc->vmsd = &vmstate_x86_cpu;
    cc->has_work = x86_cpu_has_work;
    cc->set_pc = x86_cpu_set_pc;
    cc->get_pc = x86_cpu_get_pc;
    cc->get_arch_id = x86_cpu_get_arch_id;
    cc->dump_state = x86_cpu_dump_state;
    cc->get_phys_page_debug = x86_cpu_phys_page_debug;
    cc->run_slice = x86_run_slice;
    cc->tlb_flush = x86_cpu_tlb_flush;
    cc->instruction_count = x86_instruction_count;
    cc->deliver_nmi = x86_cpu_deliver_nmi;
    x86_cpu_models_class_init(oc);
}

static const TypeInfo x86_cpu_types[] = {
    {
        .name = TYPE_X86_CPU,
        .parent = TYPE_CPU,
        .abstract = true,
        .instance_size = sizeof(X86CPU),
        .instance_align = __alignof__(X86CPU),
        .instance_init = x86_cpu_instance_init,
        .instance_finalize = x86_cpu_instance_finalize,
        .class_size = sizeof(X86CPUClass),
        .class_init = x86_cpu_class_init,
    },
};

DEFINE_TYPES(x86_cpu_types)
