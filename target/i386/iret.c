/*
 * IRET in real, VM86, protected, compatibility and 64-bit mode. A return to an
 * outer task goes to task.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "seg-internal.h"

typedef struct IretFrame {
    uint64_t eip;
    unsigned cs;
    uint32_t eflags;
    bool has_stack;
    uint64_t esp;
    unsigned ss;
} IretFrame;

#define EFLAGS_ANY (CC_ALL | TF_MASK | DF_MASK | NT_MASK)

/* The EFLAGS bits that a return from @cpl may change. */
static uint32_t iret_flags_mask(CPUX86State *env, unsigned cpl,
                                unsigned bytes)
{
    unsigned iopl = (env->eflags & IOPL_MASK) >> IOPL_SHIFT;
    uint32_t mask = EFLAGS_ANY | RF_MASK | AC_MASK | ID_MASK;

    if (cpl <= iopl) {
        mask |= IF_MASK;
    }
    if (cpl == 0) {
        mask |= IOPL_MASK | VIF_MASK | VIP_MASK;
    }
    return bytes == 2 ? mask & 0xffff : mask;
}

static void iret_real(CPUX86State *env, unsigned bytes)
{
    bool vm = env->hflags & HF_VM_MASK;
    uint32_t mask = EFLAGS_ANY | RF_MASK | AC_MASK | ID_MASK | IF_MASK |
                    (vm ? 0 : IOPL_MASK);
    X86Stack st;
    uint32_t eip, cs, flags;

    if (vm && (env->eflags & IOPL_MASK) != IOPL_MASK) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    stack_current(env, &st);
    eip = stack_pop(&st, bytes);
    cs = stack_pop(&st, bytes) & 0xffff;
    flags = stack_pop(&st, bytes);
    if (eip > env->segs[R_CS].limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    stack_commit(&st);
    if (vm) {
        seg_load_vm86(env, R_CS, cs);
    } else {
        seg_load_real(env, R_CS, cs);
    }
    env->eip = eip;
    cpu_load_eflags(env, flags, bytes == 2 ? mask & 0xffff : mask);
}

/* From ring 0 with EFLAGS.VM in the frame: nine words in all. */
static void iret_to_vm86(CPUX86State *env, X86Stack *st,
                         const IretFrame *frame)
{
    uint64_t esp = stack_pop(st, 4);
    unsigned ss = stack_pop(st, 4) & 0xffff;
    unsigned es = stack_pop(st, 4) & 0xffff;
    unsigned ds = stack_pop(st, 4) & 0xffff;
    unsigned fs = stack_pop(st, 4) & 0xffff;
    unsigned gs = stack_pop(st, 4) & 0xffff;

    cpu_load_eflags(env, frame->eflags,
                    iret_flags_mask(env, 0, 4) | VM_MASK);
    seg_load_vm86(env, R_CS, frame->cs);
    seg_load_vm86(env, R_SS, ss);
    seg_load_vm86(env, R_ES, es);
    seg_load_vm86(env, R_DS, ds);
    seg_load_vm86(env, R_FS, fs);
    seg_load_vm86(env, R_GS, gs);
    env->eip = frame->eip & 0xffff;
    env->regs[R_ESP] = (uint32_t)esp;
}

static void iret_check_ss(CPUX86State *env, const IretFrame *frame,
                          unsigned rpl, bool to_64, SegDesc *d)
{
    unsigned ss = frame->ss;
    bool ok;

    if (selector_is_null(ss)) {
        if (!to_64 || rpl == 3 || (ss & 3) != rpl) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        *d = (SegDesc){ .hi = rpl << DESC_DPL_SHIFT };
        return;
    }
    seg_need_desc(env, ss, d, EXCP0D_GPF, 0);
    ok = desc_is_writable_data(d) && (ss & 3) == rpl && desc_dpl(d) == rpl;
    if (!ok) {
        raise_exception_err(env, EXCP0D_GPF, ss & 0xfffc);
    }
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0C_STACK, ss & 0xfffc);
    }
    seg_mark_accessed(env, d);
}

/* All is checked: take the frame. */
static void iret_finish(CPUX86State *env, X86Stack *st,
                        const IretFrame *frame, const SegDesc *code,
                        const SegDesc *ss_desc, unsigned bytes)
{
    unsigned cpl = x86_cpl(env), rpl = frame->cs & 3;
    uint32_t mask = iret_flags_mask(env, cpl, bytes);

    if (frame->has_stack) {
        X86Stack outer;

        seg_load_desc(env, R_SS, frame->ss, ss_desc);
        seg_load_desc(env, R_CS, frame->cs, code);
        stack_current(env, &outer);
        outer.sp = frame->esp;
        stack_commit(&outer);
        if (rpl > cpl) {
            seg_drop_privileged(env, rpl);
        }
    } else {
        stack_commit(st);
        seg_load_desc(env, R_CS, frame->cs, code);
    }
    env->eip = frame->eip;
    cpu_load_eflags(env, frame->eflags, mask);
}

static void iret_protected(CPUX86State *env, unsigned bytes)
{
    unsigned cpl = x86_cpl(env), rpl;
    IretFrame frame = { 0 };
    SegDesc code, ss_desc = { 0 };
    X86Stack st;
    bool to_64;

    stack_current(env, &st);
    frame.eip = stack_pop(&st, bytes);
    frame.cs = stack_pop(&st, bytes) & 0xffff;
    frame.eflags = stack_pop(&st, bytes);
    if (!x86_lma(env) && bytes == 4 && cpl == 0 &&
        (frame.eflags & VM_MASK)) {
        iret_to_vm86(env, &st, &frame);
        return;
    }
    rpl = frame.cs & 3;
    if (selector_is_null(frame.cs)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    seg_need_desc(env, frame.cs, &code, EXCP0D_GPF, 0);
    if (rpl < cpl) {
        raise_exception_err(env, EXCP0D_GPF, frame.cs & 0xfffc);
    }
    seg_check_code_target(env, frame.cs, &code, rpl, rpl);
    to_64 = x86_lma(env) && (code.hi & DESC_L_MASK);
    frame.has_stack = rpl > cpl || x86_code64(env);
    if (frame.has_stack) {
        frame.esp = stack_pop(&st, bytes);
        frame.ss = stack_pop(&st, bytes) & 0xffff;
        iret_check_ss(env, &frame, rpl, to_64, &ss_desc);
    }
    seg_check_eip(env, &code, frame.eip);
    seg_mark_accessed(env, &code);
    iret_finish(env, &st, &frame, &code, &ss_desc, bytes);
}

void insn_iret(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    if (x86_real_or_vm86(env)) {
        iret_real(env, in->opsize);
    } else if (env->eflags & NT_MASK) {
        if (x86_lma(env)) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        task_return(env, x86_next_eip(env));
    } else {
        iret_protected(env, in->opsize);
    }
    env->hflags &= ~HF_NMI_MASK;
}
