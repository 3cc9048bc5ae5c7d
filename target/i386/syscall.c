/*
 * The fast system calls: SYSCALL, SYSRET, SYSENTER, SYSEXIT, and SWAPGS. They
 * load fixed segments and look at no descriptor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "seg-internal.h"

#define FLAT_COMMON (DESC_G_MASK | DESC_P_MASK | DESC_S_MASK | DESC_A_MASK)
#define FLAT_DATA (FLAT_COMMON | DESC_B_MASK | DESC_W_MASK)
#define FLAT_CODE (FLAT_COMMON | DESC_CS_MASK | DESC_R_MASK)

/* Flat segments at @cpl; @code64 chooses the width of CS. */
static void load_flat(CPUX86State *env, unsigned cs, unsigned ss,
                      unsigned cpl, bool code64)
{
    uint32_t dpl = cpl << DESC_DPL_SHIFT;

    cpu_x86_load_seg_cache(env, R_SS, (ss & 0xfffc) | cpl, 0, 0xffffffffu,
                           FLAT_DATA | dpl);
    cpu_x86_load_seg_cache(env, R_CS, (cs & 0xfffc) | cpl, 0, 0xffffffffu,
                           FLAT_CODE | dpl |
                           (code64 ? DESC_L_MASK : DESC_B_MASK));
}

static void need_sce(CPUX86State *env)
{
    if (!(env->efer & MSR_EFER_SCE)) {
        raise_exception(env, EXCP06_ILLOP);
    }
}

#define EFLAGS_ALL_BITS (CC_ALL | TF_MASK | IF_MASK | DF_MASK | IOPL_MASK | \
                         NT_MASK | RF_MASK | AC_MASK | VIF_MASK |           \
                         VIP_MASK | ID_MASK)

void insn_syscall(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned selector = env->star >> 32 & 0xffff;
    uint64_t next = x86_next_eip(env);

    need_sce(env);
    if (x86_lma(env)) {
        uint64_t eflags = cpu_compute_eflags(env);
        uint64_t target = x86_code64(env) ? env->lstar : env->cstar;

        env->regs[R_ECX] = next;
        env->regs[R_R11] = eflags & ~(uint64_t)RF_MASK;
        cpu_load_eflags(env, 0, (env->fmask | RF_MASK) & EFLAGS_ALL_BITS);
        load_flat(env, selector, selector + 8, 0, true);
        env->eip = target;
        return;
    }
    env->regs[R_ECX] = (uint32_t)next;
    cpu_load_eflags(env, 0, IF_MASK | RF_MASK | VM_MASK);
    load_flat(env, selector, selector + 8, 0, false);
    env->eip = (uint32_t)env->star;
}

void insn_sysret(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned selector = env->star >> 48;

    need_sce(env);
    if (!(env->hflags & HF_PE_MASK) || x86_cpl(env) != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if (!x86_code64(env)) {
        load_flat(env, selector, selector + 8, 3, false);
        cpu_load_eflags(env, IF_MASK, IF_MASK);
        env->eip = (uint32_t)env->regs[R_ECX];
        return;
    }
    if (in->opsize == 8 && !is_canonical(env->regs[R_ECX])) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    cpu_load_eflags(env, env->regs[R_R11] & ~(uint64_t)RF_MASK,
                    EFLAGS_ALL_BITS);
    if (in->opsize == 8) {
        load_flat(env, selector + 16, selector + 8, 3, true);
        env->eip = env->regs[R_ECX];
    } else {
        load_flat(env, selector, selector + 8, 3, false);
        env->eip = (uint32_t)env->regs[R_ECX];
    }
}

static void need_sysenter_cs(CPUX86State *env)
{
    if (!(env->hflags & HF_PE_MASK) || selector_is_null(env->sysenter_cs)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

void insn_sysenter(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    bool wide = x86_lma(env);

    need_sysenter_cs(env);
    cpu_load_eflags(env, 0, VM_MASK | IF_MASK | RF_MASK);
    load_flat(env, env->sysenter_cs, env->sysenter_cs + 8, 0, wide);
    env->regs[R_ESP] = wide ? env->sysenter_esp
                            : (uint32_t)env->sysenter_esp;
    env->eip = wide ? env->sysenter_eip : (uint32_t)env->sysenter_eip;
}

void insn_sysexit(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned cs = env->sysenter_cs;

    need_sysenter_cs(env);
    need_cpl0(env);
    if (in->opsize == 8) {
        if (!is_canonical(env->regs[R_ECX]) ||
            !is_canonical(env->regs[R_EDX])) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        load_flat(env, cs + 32, cs + 40, 3, true);
        env->regs[R_ESP] = env->regs[R_ECX];
        env->eip = env->regs[R_EDX];
    } else {
        load_flat(env, cs + 16, cs + 24, 3, false);
        env->regs[R_ESP] = (uint32_t)env->regs[R_ECX];
        env->eip = (uint32_t)env->regs[R_EDX];
    }
}

void insn_swapgs(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint64_t base;

    if (!x86_code64(env)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    need_cpl0(env);
    base = env->segs[R_GS].base;
    env->segs[R_GS].base = env->kernelgsbase;
    env->kernelgsbase = base;
}
