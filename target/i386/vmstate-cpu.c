/*
 * The CPU's state: description for migration, and the register dump.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "softtlb.h"
#include "vmstate-cpu.h"

/* ---- Stream ----------------------------------------------------------- */

static const VMStateDescription vmstate_segment = {
    .name = "segment",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(base, SegmentCache),
        VMSTATE_UINT32(limit, SegmentCache),
        VMSTATE_UINT32(flags, SegmentCache),
        VMSTATE_UINT32(selector, SegmentCache),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_fpreg = {
    .name = "fpreg",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(mant, X86FPReg),
        VMSTATE_UINT16(exp, X86FPReg),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_xmmreg = {
    .name = "xmmreg",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64_ARRAY(q, X86XMMReg, 2),
        VMSTATE_END_OF_LIST()
    },
};

/* The flags go as EFLAGS; the lazy form is the engine's own business. */
static int pre_save(void *opaque)
{
    X86CPU *cpu = opaque;

    cpu_set_cc(&cpu->env, cpu_cc_compute(&cpu->env));
    return 0;
}

static int post_load(void *opaque, int version_id)
{
    X86CPU *cpu = opaque;
    CPUX86State *env = &cpu->env;

    cpu_set_cc(env, env->cc_src);
    env->pc = env->eip;
    env->zero = 0;
    env->eflags = (env->eflags & ~(uint64_t)CC_ALL) | 2;
    env->fpstt &= 7;
    env->a20_mask = env->a20_masked ? ~(1ull << 20) : ~0ull;
    if (env->exception_nr < -1 || env->exception_nr > 255 ||
        env->old_exception < -1 || env->old_exception > 255) {
        return -EINVAL;
    }
    x86_tlb_flush(env);
    x86_update_hflags(env);
    x86_breakpoints_changed(env);
    return 0;
}

const VMStateDescription vmstate_x86_cpu = {
    .name = "cpu",
    .version_id = 2,
    .minimum_version_id = 1,
    .priority = MIG_PRI_CPU,
    .pre_save = pre_save,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64_ARRAY(env.regs, X86CPU, 16),
        VMSTATE_UINT64(env.eip, X86CPU),
        VMSTATE_UINT64(env.cc_src, X86CPU),
        VMSTATE_UINT64(env.eflags, X86CPU),
        VMSTATE_UINT32(env.hflags, X86CPU),
        VMSTATE_STRUCT_ARRAY(env.segs, X86CPU, R_SEG_COUNT, 1,
                             vmstate_segment, SegmentCache),
        VMSTATE_STRUCT(env.ldt, X86CPU, 1, vmstate_segment, SegmentCache),
        VMSTATE_STRUCT(env.tr, X86CPU, 1, vmstate_segment, SegmentCache),
        VMSTATE_STRUCT(env.gdt, X86CPU, 1, vmstate_segment, SegmentCache),
        VMSTATE_STRUCT(env.idt, X86CPU, 1, vmstate_segment, SegmentCache),
        VMSTATE_UINT64_ARRAY(env.cr, X86CPU, 5),
        VMSTATE_UINT64_ARRAY(env.dr, X86CPU, 8),
        VMSTATE_UINT64(env.efer, X86CPU),
        VMSTATE_UINT64(env.star, X86CPU),
        VMSTATE_UINT64(env.lstar, X86CPU),
        VMSTATE_UINT64(env.cstar, X86CPU),
        VMSTATE_UINT64(env.fmask, X86CPU),
        VMSTATE_UINT64(env.kernelgsbase, X86CPU),
        VMSTATE_UINT32(env.sysenter_cs, X86CPU),
        VMSTATE_UINT64(env.sysenter_esp, X86CPU),
        VMSTATE_UINT64(env.sysenter_eip, X86CPU),
        VMSTATE_UINT64(env.pat, X86CPU),
        VMSTATE_UINT64(env.tsc_aux, X86CPU),
        VMSTATE_UINT64_EQUAL(env.tsc_hz, X86CPU, "another TSC frequency"),
        VMSTATE_UINT64(env.tsc_offset, X86CPU),
        VMSTATE_UINT64(env.tsc_deadline, X86CPU),
        VMSTATE_UINT64(env.misc_enable, X86CPU),
        VMSTATE_UINT64(env.mtrr_deftype, X86CPU),
        VMSTATE_UINT64_ARRAY(env.mtrr_fixed, X86CPU, 11),
        VMSTATE_BUFFER_UNSAFE(env.mtrr_var, X86CPU, 1,
                              sizeof(((CPUX86State *)0)->mtrr_var)),
        VMSTATE_UINT64(env.mcg_cap, X86CPU),
        VMSTATE_UINT64(env.mcg_status, X86CPU),
        VMSTATE_UINT64(env.mcg_ctl, X86CPU),
        VMSTATE_UINT64_ARRAY(env.mce_banks, X86CPU, 4 * 10),
        VMSTATE_STRUCT_ARRAY(env.fpregs, X86CPU, 8, 1, vmstate_fpreg,
                             X86FPReg),
        VMSTATE_UINT32(env.fpstt, X86CPU),
        VMSTATE_UINT16(env.fpuc, X86CPU),
        VMSTATE_UINT16(env.fpus, X86CPU),
        VMSTATE_UINT8_ARRAY(env.fptags, X86CPU, 8),
        VMSTATE_UINT16(env.fpop, X86CPU),
        VMSTATE_UINT16(env.fpcs, X86CPU),
        VMSTATE_UINT16(env.fpds, X86CPU),
        VMSTATE_UINT64(env.fpip, X86CPU),
        VMSTATE_UINT64(env.fpdp, X86CPU),
        VMSTATE_UINT32(env.mxcsr, X86CPU),
        VMSTATE_STRUCT_ARRAY(env.xmm_regs, X86CPU, 16, 1, vmstate_xmmreg,
                             X86XMMReg),
        VMSTATE_INT32(env.exception_nr, X86CPU),
        VMSTATE_INT32(env.exception_is_int, X86CPU),
        VMSTATE_INT32(env.error_code, X86CPU),
        VMSTATE_UINT64(env.exception_next_eip, X86CPU),
        VMSTATE_INT32(env.old_exception, X86CPU),
        VMSTATE_UINT8(env.sipi_vector, X86CPU),
        VMSTATE_BOOL(env.wait_for_sipi, X86CPU),
        VMSTATE_BOOL(env.in_shutdown, X86CPU),
        VMSTATE_BOOL(env.a20_masked, X86CPU),
        VMSTATE_UINT64(env.insns_total, X86CPU),
        VMSTATE_UINT32(parent_obj.halted, X86CPU),
        VMSTATE_UINT32(parent_obj.interrupt_request, X86CPU),
        /* A guest that has looked at CPUID must not find another one. */
        VMSTATE_SINGLE_FULL(env.cpuid_version, X86CPU, NULL, 2,
                            vmstate_info_uint32_equal, uint32_t,
                            "another CPU model"),
        VMSTATE_ARRAY(env.features, X86CPU, FEATURE_WORDS, 2,
                      vmstate_info_uint32_equal, uint32_t),
        VMSTATE_END_OF_LIST()
    },
};

/* ---- Text ------------------------------------------------------------- */

static void dump_segment(GString *out, const char *name,
                         const SegmentCache *sc)
{
    g_string_append_printf(out, "%-3s=%04x %016" PRIx64 " %08x %08x\n", name,
                           sc->selector, sc->base, sc->limit, sc->flags);
}

void x86_cpu_dump_state(CPUState *cs, GString *out)
{
    static const char *const names[] = {
        "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
        "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15",
    };
    static const uint8_t order[] = {
        R_EAX, R_EBX, R_ECX, R_EDX, R_ESI, R_EDI, R_EBP, R_ESP,
        8, 9, 10, 11, 12, 13, 14, 15,
    };
    static const char *const segs[] = { "ES", "CS", "SS", "DS", "FS", "GS" };
    CPUX86State *env = cpu_env(cs);

    for (int i = 0; i < 16; i++) {
        g_string_append_printf(out, "%s=%016" PRIx64 "%c", names[order[i]],
                               env->regs[order[i]], i % 4 == 3 ? '\n' : ' ');
    }
    g_string_append_printf(out, "RIP=%016" PRIx64 " RFL=%08" PRIx64
                           " CPL=%u II=%d A20=%d SMM=%d HLT=%d\n",
                           env->eip, cpu_compute_eflags(env), x86_cpl(env),
                           !!(env->hflags & HF_INHIBIT_IRQ_MASK),
                           !env->a20_masked,
                           !!(env->hflags & HF_SMM_MASK), cs->halted);
    for (int i = 0; i < R_SEG_COUNT; i++) {
        dump_segment(out, segs[i], &env->segs[i]);
    }
    dump_segment(out, "LDT", &env->ldt);
    dump_segment(out, "TR", &env->tr);
    g_string_append_printf(out, "GDT=     %016" PRIx64 " %08x\n",
                           env->gdt.base, env->gdt.limit);
    g_string_append_printf(out, "IDT=     %016" PRIx64 " %08x\n",
                           env->idt.base, env->idt.limit);
    g_string_append_printf(out, "CR0=%08" PRIx64 " CR2=%016" PRIx64
                           " CR3=%016" PRIx64 " CR4=%08" PRIx64 "\n",
                           env->cr[0], env->cr[2], env->cr[3], env->cr[4]);
    for (int i = 0; i < 4; i++) {
        g_string_append_printf(out, "DR%d=%016" PRIx64 "%c", i, env->dr[i],
                               i == 3 ? '\n' : ' ');
    }
    g_string_append_printf(out, "DR6=%016" PRIx64 " DR7=%016" PRIx64 "\n",
                           env->dr[6], env->dr[7]);
    g_string_append_printf(out, "EFER=%016" PRIx64 "\n", env->efer);
    g_string_append_printf(out, "FCW=%04x FSW=%04x [ST=%u] MXCSR=%08x\n",
                           env->fpuc, env->fpus, env->fpstt, env->mxcsr);
    for (int i = 0; i < 16; i++) {
        g_string_append_printf(out, "XMM%02d=%016" PRIx64 "%016" PRIx64 "%c",
                               i, env->xmm_regs[i].q[1],
                               env->xmm_regs[i].q[0], i % 2 ? '\n' : ' ');
    }
}
