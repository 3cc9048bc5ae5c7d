/*
 * Entering the handler of an interrupt or exception: through the vector table
 * of real mode, the gates of protected mode, and the gates of long mode. Which
 * vector it is was decided in excp.c or by the interrupt controller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "seg-internal.h"

/* One event on its way in. */
typedef struct Event {
    int vector;
    bool software;          /* INT n, INT3, INTO: gate DPL is checked */
    bool has_error;
    uint32_t error_code;
    uint64_t eip;           /* to return to */
    uint32_t eflags;        /* to push */
    unsigned ext;           /* bit 0 of error codes raised on the way */
} Event;

static bool pushes_error_code(int vector)
{
    switch (vector) {
    case EXCP08_DBLE:
    case EXCP0A_TSS:
    case EXCP0B_NOSEG:
    case EXCP0C_STACK:
    case EXCP0D_GPF:
    case EXCP0E_PAGE:
    case EXCP11_ALGN:
        return true;
    default:
        return false;
    }
}

/* Error code for a fault on the IDT entry itself. */
static unsigned idt_error(const Event *ev)
{
    return ev->vector * 8 + 2 + ev->ext;
}

/* Entry flags: what every handler starts with, and IF by the gate's kind. */
static void enter_flags(CPUX86State *env, bool interrupt_gate)
{
    uint32_t clear = TF_MASK | NT_MASK | RF_MASK | VM_MASK;

    if (interrupt_gate) {
        clear |= IF_MASK;
    }
    cpu_load_eflags(env, 0, clear);
}

static void deliver_real(CPUX86State *env, const Event *ev)
{
    uint64_t entry = env->idt.base + ev->vector * 4;
    unsigned ip, cs;
    X86Stack st;

    if (ev->vector * 4u + 3 > env->idt.limit) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(ev));
    }
    ip = cpu_lduw_kernel(env, entry);
    cs = cpu_lduw_kernel(env, entry + 2);
    stack_current(env, &st);
    stack_push(&st, 2, ev->eflags);
    stack_push(&st, 2, env->segs[R_CS].selector);
    stack_push(&st, 2, ev->eip);
    stack_commit(&st);
    seg_load_real(env, R_CS, cs);
    env->eip = ip;
    cpu_load_eflags(env, 0, IF_MASK | TF_MASK | AC_MASK | RF_MASK);
}

/* What a gate of protected mode says. */
typedef struct IntGate {
    unsigned selector;
    uint64_t offset;
    unsigned type;
    unsigned bytes;         /* of what is pushed */
    unsigned ist;
} IntGate;

static void check_gate(CPUX86State *env, const Event *ev, const SegDesc *d)
{
    if (ev->software && desc_dpl(d) < x86_cpl(env)) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(ev));
    }
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, idt_error(ev));
    }
}

static void read_gate(CPUX86State *env, const Event *ev, IntGate *gate)
{
    SegDesc d;

    if (ev->vector * 8u + 7 > env->idt.limit) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(ev));
    }
    d.addr = env->idt.base + ev->vector * 8;
    d.lo = cpu_ldl_kernel(env, d.addr);
    d.hi = cpu_ldl_kernel(env, d.addr + 4);
    gate->type = desc_type(&d);
    if ((d.hi & DESC_S_MASK) ||
        (gate->type != SYS_TASK_GATE && gate->type != SYS_INT_GATE16 &&
         gate->type != SYS_TRAP_GATE16 && gate->type != SYS_INT_GATE &&
         gate->type != SYS_TRAP_GATE)) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(ev));
    }
    check_gate(env, ev, &d);
    gate->selector = d.lo >> 16;
    gate->offset = d.lo & 0xffff;
    gate->bytes = gate->type & 8 ? 4 : 2;
    if (gate->bytes == 4) {
        gate->offset |= d.hi & 0xffff0000u;
    }
}

static void read_gate64(CPUX86State *env, const Event *ev, IntGate *gate)
{
    SegDesc d;
    uint32_t high;

    if (ev->vector * 16u + 15 > env->idt.limit) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(ev));
    }
    d.addr = env->idt.base + ev->vector * 16;
    d.lo = cpu_ldl_kernel(env, d.addr);
    d.hi = cpu_ldl_kernel(env, d.addr + 4);
    high = cpu_ldl_kernel(env, d.addr + 8);
    gate->type = desc_type(&d);
    if ((d.hi & DESC_S_MASK) ||
        (gate->type != SYS_INT_GATE && gate->type != SYS_TRAP_GATE)) {
        raise_exception_err(env, EXCP0D_GPF, idt_error(ev));
    }
    check_gate(env, ev, &d);
    gate->selector = d.lo >> 16;
    gate->offset = (d.lo & 0xffff) | (d.hi & 0xffff0000u) |
                   (uint64_t)high << 32;
    gate->bytes = 8;
    gate->ist = d.hi & 7;
}

static void read_handler_code(CPUX86State *env, const Event *ev,
                              const IntGate *gate, SegDesc *code)
{
    unsigned error = (gate->selector & 0xfffc) | ev->ext;

    if (selector_is_null(gate->selector)) {
        raise_exception_err(env, EXCP0D_GPF, ev->ext);
    }
    seg_need_desc(env, gate->selector, code, EXCP0D_GPF, ev->ext);
    if (!desc_is_code(code) || desc_dpl(code) > x86_cpl(env)) {
        raise_exception_err(env, EXCP0D_GPF, error);
    }
    if (!desc_present(code)) {
        raise_exception_err(env, EXCP0B_NOSEG, error);
    }
}

/* EFLAGS, CS, EIP and the error code, after whatever names the old stack. */
static void push_frame(CPUX86State *env, const Event *ev, X86Stack *st,
                       unsigned bytes)
{
    stack_push(st, bytes, ev->eflags);
    stack_push(st, bytes, env->segs[R_CS].selector);
    stack_push(st, bytes, ev->eip);
    if (ev->has_error) {
        stack_push(st, bytes, ev->error_code);
    }
}

static void push_vm86_segments(CPUX86State *env, X86Stack *st,
                               unsigned bytes)
{
    static const uint8_t order[] = { R_GS, R_FS, R_DS, R_ES };

    for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
        stack_push(st, bytes, env->segs[order[i]].selector);
    }
}

static void drop_vm86_segments(CPUX86State *env)
{
    static const uint8_t order[] = { R_GS, R_FS, R_DS, R_ES };

    for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
        cpu_x86_load_seg_cache(env, order[i], 0, 0, 0, 0);
    }
}

/* The gate leads to an inner ring: its stack, with the old one pushed. */
static void enter_inner(CPUX86State *env, const Event *ev,
                        const IntGate *gate, SegDesc *code)
{
    unsigned dpl = desc_dpl(code), ss;
    bool vm = env->hflags & HF_VM_MASK;
    SegDesc ss_desc;
    uint32_t esp;
    X86Stack st;

    tss_inner_stack(env, dpl, &ss, &esp, ev->ext);
    seg_check_inner_ss(env, ss, dpl, &ss_desc, ev->ext);
    stack_of_desc(env, &st, &ss_desc, esp, dpl, (ss & 0xfffc) | ev->ext);
    if (vm) {
        push_vm86_segments(env, &st, gate->bytes);
    }
    stack_push(&st, gate->bytes, env->segs[R_SS].selector);
    stack_push(&st, gate->bytes, env->regs[R_ESP]);
    push_frame(env, ev, &st, gate->bytes);
    seg_mark_accessed(env, &ss_desc);
    seg_mark_accessed(env, code);
    enter_flags(env, !(gate->type & 1));
    if (vm) {
        drop_vm86_segments(env);
    }
    seg_load_desc(env, R_SS, (ss & ~3u) | dpl, &ss_desc);
    seg_load_desc(env, R_CS, (gate->selector & ~3u) | dpl, code);
    stack_commit(&st);
}

static void enter_same_ring(CPUX86State *env, const Event *ev,
                            const IntGate *gate, SegDesc *code)
{
    unsigned cpl = x86_cpl(env);
    X86Stack st;

    stack_current(env, &st);
    st.error_code = ev->ext;
    push_frame(env, ev, &st, gate->bytes);
    seg_mark_accessed(env, code);
    stack_commit(&st);
    enter_flags(env, !(gate->type & 1));
    seg_load_desc(env, R_CS, (gate->selector & ~3u) | cpl, code);
}

static void deliver_task_gate(CPUX86State *env, const Event *ev,
                              const IntGate *gate)
{
    SegDesc tss;
    X86Stack st;

    task_read_tss(env, gate->selector, &tss, EXCP0D_GPF, ev->ext);
    task_switch(env, gate->selector, &tss, TASK_GATE, ev->eip);
    if (ev->has_error) {
        stack_current(env, &st);
        stack_push(&st, env->tr.flags & (8u << DESC_TYPE_SHIFT) ? 4 : 2,
                   ev->error_code);
        stack_commit(&st);
    }
}

static void deliver_protected(CPUX86State *env, const Event *ev)
{
    unsigned cpl = x86_cpl(env), dpl;
    bool vm = env->hflags & HF_VM_MASK;
    IntGate gate = { 0 };
    SegDesc code;

    read_gate(env, ev, &gate);
    if (gate.type == SYS_TASK_GATE) {
        deliver_task_gate(env, ev, &gate);
        return;
    }
    read_handler_code(env, ev, &gate, &code);
    dpl = code.hi & DESC_C_MASK ? cpl : desc_dpl(&code);
    if (vm && dpl != 0) {
        raise_exception_err(env, EXCP0D_GPF,
                            (gate.selector & 0xfffc) | ev->ext);
    }
    if (gate.offset > desc_limit(&code)) {
        raise_exception_err(env, EXCP0D_GPF, ev->ext);
    }
    if (dpl < cpl) {
        enter_inner(env, ev, &gate, &code);
    } else {
        enter_same_ring(env, ev, &gate, &code);
    }
    env->eip = gate.offset;
}

static void deliver_long(CPUX86State *env, const Event *ev)
{
    unsigned cpl = x86_cpl(env), dpl;
    X86Stack st = {
        .env = env, .mask = ~0ull, .kernel = true, .error_code = ev->ext,
    };
    IntGate gate = { 0 };
    SegDesc code;

    read_gate64(env, ev, &gate);
    read_handler_code(env, ev, &gate, &code);
    if ((code.hi & (DESC_L_MASK | DESC_B_MASK)) != DESC_L_MASK) {
        raise_exception_err(env, EXCP0D_GPF,
                            (gate.selector & 0xfffc) | ev->ext);
    }
    if (!is_canonical(gate.offset)) {
        raise_exception_err(env, EXCP0D_GPF, ev->ext);
    }
    dpl = code.hi & DESC_C_MASK ? cpl : desc_dpl(&code);
    st.kernel = dpl != 3;
    if (gate.ist) {
        st.sp = tss_rsp(env, gate.ist + 3, ev->ext);
    } else {
        st.sp = dpl < cpl ? tss_rsp(env, dpl, ev->ext) : env->regs[R_ESP];
    }
    if (!is_canonical(st.sp)) {
        raise_exception_err(env, EXCP0C_STACK, ev->ext);
    }
    st.sp &= ~15ull;
    stack_push(&st, 8, env->segs[R_SS].selector);
    stack_push(&st, 8, env->regs[R_ESP]);
    push_frame(env, ev, &st, 8);
    seg_mark_accessed(env, &code);
    enter_flags(env, !(gate.type & 1));
    if (dpl < cpl) {
        cpu_x86_load_seg_cache(env, R_SS, dpl, 0, 0, dpl << DESC_DPL_SHIFT);
    }
    seg_load_desc(env, R_CS, (gate.selector & ~3u) | dpl, &code);
    env->regs[R_ESP] = st.sp;
    env->eip = gate.offset;
}

static void deliver(CPUX86State *env, Event *ev)
{
    if (!(env->hflags & HF_PE_MASK)) {
        deliver_real(env, ev);
    } else if (env->hflags & HF_LMA_MASK) {
        deliver_long(env, ev);
    } else {
        deliver_protected(env, ev);
    }
}

void x86_deliver_exception(CPUX86State *env)
{
    bool software = env->exception_is_int;
    Event ev = {
        .vector = env->exception_nr,
        .software = software,
        .eip = software ? env->exception_next_eip : env->eip,
        .eflags = cpu_compute_eflags(env),
        .ext = !software,
        .error_code = env->error_code,
    };

    if (!software) {
        env->old_exception = ev.vector;
        ev.has_error = (env->hflags & HF_PE_MASK) &&
                       pushes_error_code(ev.vector);
        /* A fault's handler returns to the instruction: no breakpoint then. */
        if (ev.vector != EXCP01_DB && ev.vector != EXCP03_INT3 &&
            ev.vector != EXCP04_INTO) {
            ev.eflags |= RF_MASK;
        }
    }
    deliver(env, &ev);
    env->exception_nr = -1;
    env->old_exception = -1;
}

void x86_deliver_interrupt(CPUX86State *env, int vector)
{
    Event ev = {
        .vector = vector,
        .eip = env->eip,
        .eflags = cpu_compute_eflags(env),
        .ext = 1,
    };

    deliver(env, &ev);
    if (vector == EXCP02_NMI) {
        env->hflags |= HF_NMI_MASK;
    }
}
