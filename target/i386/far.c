/*
 * Far jumps, calls and returns, through call gates and task gates too. The
 * frame of an interrupt is iret.c's; task switches are in task.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "seg-internal.h"

typedef struct FarPointer {
    unsigned selector;
    uint64_t offset;
} FarPointer;

/* Reads a call gate and checks it as an operand of JMP or CALL. */
typedef struct CallGate {
    unsigned selector;
    uint64_t offset;
    unsigned bytes;         /* of what is pushed: 2, 4 or 8 */
    unsigned param_count;
} CallGate;

static FarPointer far_immediate(const X86Insn *in)
{
    uint64_t mask = in->opsize == 2 ? 0xffff : 0xffffffffu;

    return (FarPointer){ in->imm2, in->imm & mask };
}

static FarPointer far_from_memory(CPUX86State *env, const X86Insn *in,
                                  uint64_t ea)
{
    FarPointer p;

    if (!in->has_mem) {
        raise_exception(env, EXCP06_ILLOP);
    }
    p.offset = in->opsize == 8 ? cpu_ldq(env, ea) :
               in->opsize == 4 ? cpu_ldl(env, ea) : cpu_lduw(env, ea);
    p.selector = cpu_lduw(env, ea + in->opsize);
    return p;
}

static void need_gp_if(CPUX86State *env, bool bad, unsigned error)
{
    if (bad) {
        raise_exception_err(env, EXCP0D_GPF, error);
    }
}

static void check_gate_access(CPUX86State *env, unsigned selector,
                              const SegDesc *d)
{
    need_gp_if(env, desc_dpl(d) < x86_cpl(env) ||
                    desc_dpl(d) < (selector & 3), selector & 0xfffc);
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, selector & 0xfffc);
    }
}

static void read_call_gate(CPUX86State *env, unsigned selector,
                           const SegDesc *d, CallGate *gate)
{
    check_gate_access(env, selector, d);
    gate->selector = d->lo >> 16;
    gate->offset = d->lo & 0xffff;
    gate->param_count = d->hi & 31;
    if (desc_type(d) == SYS_CALL_GATE16) {
        gate->bytes = 2;
    } else {
        gate->offset |= d->hi & 0xffff0000u;
        gate->bytes = 4;
    }
    if (x86_lma(env)) {
        uint32_t high = cpu_ldl_kernel(env, d->addr + 8);
        uint32_t type = cpu_ldl_kernel(env, d->addr + 12);

        need_gp_if(env, type & 0x1f00, selector & 0xfffc);
        gate->offset |= (uint64_t)high << 32;
        gate->bytes = 8;
    }
    need_gp_if(env, selector_is_null(gate->selector), 0);
}

/* In long mode only 64-bit call gates are left of all system descriptors. */
static bool is_call_gate(CPUX86State *env, const SegDesc *d)
{
    unsigned type = desc_type(d);

    return type == SYS_CALL_GATE ||
           (type == SYS_CALL_GATE16 && !x86_lma(env));
}

static void read_gate_code(CPUX86State *env, const CallGate *gate,
                           SegDesc *code)
{
    unsigned error = gate->selector & 0xfffc;

    seg_need_desc(env, gate->selector, code, EXCP0D_GPF, 0);
    need_gp_if(env, !desc_is_code(code) || desc_dpl(code) > x86_cpl(env),
               error);
    need_gp_if(env, x86_lma(env) && (!(code->hi & DESC_L_MASK) ||
                                     (code->hi & DESC_B_MASK)), error);
    if (!desc_present(code)) {
        raise_exception_err(env, EXCP0B_NOSEG, error);
    }
}

static void enter_code(CPUX86State *env, unsigned selector, SegDesc *code,
                       unsigned cpl, uint64_t eip)
{
    seg_mark_accessed(env, code);
    seg_load_desc(env, R_CS, (selector & ~3u) | cpl, code);
    env->eip = eip;
}

static void far_jump_real(CPUX86State *env, FarPointer to)
{
    need_gp_if(env, to.offset > env->segs[R_CS].limit, 0);
    if (env->hflags & HF_VM_MASK) {
        seg_load_vm86(env, R_CS, to.selector);
    } else {
        seg_load_real(env, R_CS, to.selector);
    }
    env->eip = to.offset;
}

/* A TSS, directly or through a task gate. */
static void far_task(CPUX86State *env, unsigned selector, const SegDesc *d,
                     TaskSwitchKind kind)
{
    SegDesc tss = *d;

    need_gp_if(env, x86_lma(env), selector & 0xfffc);
    check_gate_access(env, selector, d);
    if (desc_type(d) == SYS_TASK_GATE) {
        selector = d->lo >> 16;
        task_read_tss(env, selector, &tss, EXCP0D_GPF, 0);
    } else {
        task_read_tss(env, selector, &tss, EXCP0D_GPF, 0);
    }
    task_switch(env, selector, &tss, kind, x86_next_eip(env));
}

static void far_jump_protected(CPUX86State *env, FarPointer to)
{
    unsigned cpl = x86_cpl(env);
    CallGate gate;
    SegDesc d;

    need_gp_if(env, selector_is_null(to.selector), 0);
    seg_need_desc(env, to.selector, &d, EXCP0D_GPF, 0);
    if (d.hi & DESC_S_MASK) {
        seg_check_code_target(env, to.selector, &d, to.selector & 3, cpl);
        seg_check_eip(env, &d, to.offset);
        enter_code(env, to.selector, &d, cpl, to.offset);
        return;
    }
    if (is_call_gate(env, &d)) {
        read_call_gate(env, to.selector, &d, &gate);
        read_gate_code(env, &gate, &d);
        need_gp_if(env, !(d.hi & DESC_C_MASK) && desc_dpl(&d) != cpl,
                   gate.selector & 0xfffc);
        seg_check_eip(env, &d, gate.offset);
        enter_code(env, gate.selector, &d, cpl, gate.offset);
        return;
    }
    switch (desc_type(&d)) {
    case SYS_TASK_GATE:
    case SYS_TSS_AVAIL:
    case SYS_TSS16_AVAIL:
        far_task(env, to.selector, &d, TASK_JMP);
        return;
    default:
        raise_exception_err(env, EXCP0D_GPF, to.selector & 0xfffc);
    }
}

static void far_jump(CPUX86State *env, FarPointer to)
{
    if (x86_real_or_vm86(env)) {
        far_jump_real(env, to);
    } else {
        far_jump_protected(env, to);
    }
}

void insn_far_jmp(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    far_jump(env, far_immediate(in));
}

void insn_far_jmp_mem(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    far_jump(env, far_from_memory(env, in, ea));
}

static void push_return(CPUX86State *env, X86Stack *st, unsigned bytes)
{
    stack_push(st, bytes, env->segs[R_CS].selector);
    stack_push(st, bytes, x86_next_eip(env));
}

static void far_call_real(CPUX86State *env, FarPointer to, unsigned bytes)
{
    X86Stack st;

    need_gp_if(env, to.offset > env->segs[R_CS].limit, 0);
    stack_current(env, &st);
    push_return(env, &st, bytes);
    stack_commit(&st);
    far_jump_real(env, to);
}

/* Gate to an inner ring: the stack of that ring, parameters copied. */
static void call_inner(CPUX86State *env, const CallGate *gate, SegDesc *code)
{
    unsigned dpl = desc_dpl(code), ss;
    X86Stack old, st;
    SegDesc ss_desc = { 0 };
    uint32_t esp;

    stack_current(env, &old);
    if (gate->bytes == 8) {
        uint64_t rsp = tss_rsp(env, dpl, 0);

        ss = dpl;
        st = (X86Stack){ .env = env, .sp = rsp, .mask = ~0ull,
                         .kernel = true };
    } else {
        tss_inner_stack(env, dpl, &ss, &esp, 0);
        seg_check_inner_ss(env, ss, dpl, &ss_desc, 0);
        stack_of_desc(env, &st, &ss_desc, esp, dpl, ss & 0xfffc);
    }
    stack_push(&st, gate->bytes, env->segs[R_SS].selector);
    stack_push(&st, gate->bytes, env->regs[R_ESP] & old.mask);
    if (gate->bytes != 8) {
        for (unsigned i = gate->param_count; i > 0; i--) {
            stack_push(&st, gate->bytes,
                       stack_peek(&old, gate->bytes,
                                  (i - 1) * gate->bytes));
        }
    }
    push_return(env, &st, gate->bytes);
    seg_mark_accessed(env, code);
    if (gate->bytes == 8) {
        cpu_x86_load_seg_cache(env, R_SS, ss, 0, 0, dpl << DESC_DPL_SHIFT);
    } else {
        seg_mark_accessed(env, &ss_desc);
        seg_load_desc(env, R_SS, (ss & ~3u) | dpl, &ss_desc);
    }
    stack_commit(&st);
    enter_code(env, gate->selector, code, dpl, gate->offset);
}

static void far_call_gate(CPUX86State *env, const CallGate *gate)
{
    unsigned cpl = x86_cpl(env);
    SegDesc code;
    X86Stack st;

    read_gate_code(env, gate, &code);
    seg_check_eip(env, &code, gate->offset);
    if (!(code.hi & DESC_C_MASK) && desc_dpl(&code) < cpl) {
        call_inner(env, gate, &code);
        return;
    }
    stack_current(env, &st);
    if (gate->bytes == 8) {
        st.mask = ~0ull;
        st.check_limit = false;
        st.base = 0;
    }
    push_return(env, &st, gate->bytes);
    seg_mark_accessed(env, &code);
    stack_commit(&st);
    enter_code(env, gate->selector, &code, cpl, gate->offset);
}

static void far_call_protected(CPUX86State *env, FarPointer to,
                               unsigned bytes)
{
    unsigned cpl = x86_cpl(env);
    CallGate gate;
    SegDesc d;
    X86Stack st;

    need_gp_if(env, selector_is_null(to.selector), 0);
    seg_need_desc(env, to.selector, &d, EXCP0D_GPF, 0);
    if (d.hi & DESC_S_MASK) {
        seg_check_code_target(env, to.selector, &d, to.selector & 3, cpl);
        seg_check_eip(env, &d, to.offset);
        stack_current(env, &st);
        push_return(env, &st, bytes);
        seg_mark_accessed(env, &d);
        stack_commit(&st);
        enter_code(env, to.selector, &d, cpl, to.offset);
        return;
    }
    if (is_call_gate(env, &d)) {
        read_call_gate(env, to.selector, &d, &gate);
        far_call_gate(env, &gate);
        return;
    }
    switch (desc_type(&d)) {
    case SYS_TASK_GATE:
    case SYS_TSS_AVAIL:
    case SYS_TSS16_AVAIL:
        far_task(env, to.selector, &d, TASK_CALL);
        return;
    default:
        raise_exception_err(env, EXCP0D_GPF, to.selector & 0xfffc);
    }
}

static void far_call(CPUX86State *env, FarPointer to, unsigned bytes)
{
    if (x86_real_or_vm86(env)) {
        far_call_real(env, to, bytes);
    } else {
        far_call_protected(env, to, bytes);
    }
}

void insn_far_call(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    far_call(env, far_immediate(in), in->opsize);
}

void insn_far_call_mem(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    far_call(env, far_from_memory(env, in, ea), in->opsize);
}

/* RETF and RETF imm16. */

static uint64_t eip_mask(unsigned bytes)
{
    return bytes == 2 ? 0xffff : bytes == 4 ? 0xffffffffu : ~0ull;
}

/* The stack segment of an outer ring, as a return names it. */
static void return_stack(CPUX86State *env, unsigned ss, unsigned cpl,
                         bool to_64, SegDesc *d)
{
    if (selector_is_null(ss)) {
        need_gp_if(env, !to_64 || cpl == 3 || (ss & 3) != cpl, 0);
        *d = (SegDesc){ .hi = cpl << DESC_DPL_SHIFT };
        return;
    }
    seg_need_desc(env, ss, d, EXCP0D_GPF, 0);
    need_gp_if(env, !desc_is_writable_data(d) || (ss & 3) != cpl ||
                    desc_dpl(d) != cpl, ss & 0xfffc);
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0C_STACK, ss & 0xfffc);
    }
    seg_mark_accessed(env, d);
}

static void retf_outer(CPUX86State *env, X86Stack *st, unsigned bytes,
                       unsigned addend, SegDesc *code, FarPointer to)
{
    unsigned rpl = to.selector & 3;
    bool to_64 = x86_lma(env) && (code->hi & DESC_L_MASK);
    uint64_t sp;
    unsigned ss;
    SegDesc ss_desc;
    X86Stack outer;

    st->sp = (st->sp + addend) & st->mask;
    sp = stack_pop(st, bytes);
    ss = stack_pop(st, bytes) & 0xffff;
    return_stack(env, ss, rpl, to_64, &ss_desc);
    seg_mark_accessed(env, code);
    seg_load_desc(env, R_SS, ss, &ss_desc);
    seg_load_desc(env, R_CS, to.selector, code);
    stack_current(env, &outer);
    outer.sp = (sp & eip_mask(bytes)) + addend;
    stack_commit(&outer);
    seg_drop_privileged(env, rpl);
    env->eip = to.offset;
}

static void retf_protected(CPUX86State *env, unsigned bytes, unsigned addend)
{
    unsigned cpl = x86_cpl(env), rpl;
    FarPointer to;
    SegDesc code;
    X86Stack st;

    stack_current(env, &st);
    to.offset = stack_pop(&st, bytes) & eip_mask(bytes);
    to.selector = stack_pop(&st, bytes) & 0xffff;
    rpl = to.selector & 3;
    need_gp_if(env, selector_is_null(to.selector), 0);
    seg_need_desc(env, to.selector, &code, EXCP0D_GPF, 0);
    need_gp_if(env, rpl < cpl, to.selector & 0xfffc);
    seg_check_code_target(env, to.selector, &code, rpl, rpl);
    seg_check_eip(env, &code, to.offset);
    if (rpl > cpl) {
        retf_outer(env, &st, bytes, addend, &code, to);
        return;
    }
    st.sp = (st.sp + addend) & st.mask;
    seg_mark_accessed(env, &code);
    stack_commit(&st);
    enter_code(env, to.selector, &code, cpl, to.offset);
}

void insn_retf(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned addend = in->opcode == 0xca ? in->imm & 0xffff : 0;
    FarPointer to;
    X86Stack st;

    if (!x86_real_or_vm86(env)) {
        retf_protected(env, in->opsize, addend);
        return;
    }
    stack_current(env, &st);
    to.offset = stack_pop(&st, in->opsize) & eip_mask(in->opsize);
    to.selector = stack_pop(&st, in->opsize) & 0xffff;
    need_gp_if(env, to.offset > env->segs[R_CS].limit, 0);
    st.sp = (st.sp + addend) & st.mask;
    stack_commit(&st);
    far_jump_real(env, to);
}
