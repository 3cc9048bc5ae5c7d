/*
 * The task state segment: stacks of inner rings, and the hardware task switch
 * of protected mode by JMP, CALL, IRET and task gate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "seg-internal.h"

static bool tss_is_32(uint32_t flags)
{
    return flags & 8u << DESC_TYPE_SHIFT;
}

void tss_inner_stack(CPUX86State *env, unsigned dpl, unsigned *ss,
                     uint32_t *esp, unsigned ext)
{
    unsigned bytes = tss_is_32(env->tr.flags) ? 4 : 2;
    unsigned offset = (dpl * 2 + 1) * bytes;
    uint64_t addr = env->tr.base + offset;

    if (!(env->tr.flags & DESC_P_MASK) ||
        offset + bytes * 2 - 1 > env->tr.limit) {
        raise_exception_err(env, EXCP0A_TSS,
                            (env->tr.selector & 0xfffc) | ext);
    }
    *esp = bytes == 4 ? cpu_ldl_kernel(env, addr)
                      : cpu_lduw_kernel(env, addr);
    *ss = cpu_lduw_kernel(env, addr + bytes);
}

uint64_t tss_rsp(CPUX86State *env, unsigned index, unsigned ext)
{
    unsigned offset = 4 + 8 * index;

    if (!(env->tr.flags & DESC_P_MASK) || offset + 7 > env->tr.limit) {
        raise_exception_err(env, EXCP0A_TSS,
                            (env->tr.selector & 0xfffc) | ext);
    }
    return cpu_ldq_kernel(env, env->tr.base + offset);
}

void seg_check_inner_ss(CPUX86State *env, unsigned ss, unsigned dpl,
                        SegDesc *d, unsigned ext)
{
    unsigned error = (ss & 0xfffc) | ext;

    if (selector_is_null(ss)) {
        raise_exception_err(env, EXCP0A_TSS, ext);
    }
    seg_need_desc(env, ss, d, EXCP0A_TSS, ext);
    if ((ss & 3) != dpl || desc_dpl(d) != dpl || !desc_is_writable_data(d)) {
        raise_exception_err(env, EXCP0A_TSS, error);
    }
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0C_STACK, error);
    }
}

/* A task's state as both TSS formats hold it. */
typedef struct TaskState {
    uint32_t cr3, eip, eflags;
    uint32_t regs[8];
    uint16_t segs[6];
    uint16_t ldt;
} TaskState;

/* Offsets of the dynamic part, and widths of its fields. */
typedef struct TssLayout {
    unsigned bytes;         /* of a general register */
    unsigned eip, eflags, regs, segs, seg_count, ldt, min_limit;
} TssLayout;

static const TssLayout tss_layout_32 = {
    .bytes = 4, .eip = 0x20, .eflags = 0x24, .regs = 0x28, .segs = 0x48,
    .seg_count = 6, .ldt = 0x60, .min_limit = 0x67,
};
static const TssLayout tss_layout_16 = {
    .bytes = 2, .eip = 0x0e, .eflags = 0x10, .regs = 0x12, .segs = 0x22,
    .seg_count = 4, .ldt = 0x2a, .min_limit = 0x2b,
};

static const TssLayout *tss_layout(uint32_t flags)
{
    return tss_is_32(flags) ? &tss_layout_32 : &tss_layout_16;
}

void task_read_tss(CPUX86State *env, unsigned selector, SegDesc *d,
                   int vector, unsigned ext)
{
    unsigned error = (selector & 0xfffc) | ext, type;

    if (selector_is_null(selector) || (selector & 4)) {
        raise_exception_err(env, vector, error);
    }
    seg_need_desc(env, selector, d, vector, ext);
    type = desc_type(d);
    if ((d->hi & DESC_S_MASK) || x86_lma(env) ||
        !(type == SYS_TSS_AVAIL || type == SYS_TSS16_AVAIL)) {
        raise_exception_err(env, vector, error);
    }
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, error);
    }
}

static uint32_t tss_field(CPUX86State *env, uint64_t addr, unsigned bytes)
{
    return bytes == 4 ? cpu_ldl_kernel(env, addr)
                      : cpu_lduw_kernel(env, addr);
}

static void set_tss_field(CPUX86State *env, uint64_t addr, unsigned bytes,
                          uint32_t value)
{
    if (bytes == 4) {
        cpu_stl_kernel(env, addr, value);
    } else {
        cpu_stw_kernel(env, addr, value);
    }
}

static void task_load(CPUX86State *env, uint64_t base, const TssLayout *l,
                      TaskState *t)
{
    *t = (TaskState){ 0 };
    if (l->bytes == 4) {
        t->cr3 = cpu_ldl_kernel(env, base + 0x1c);
    }
    t->eip = tss_field(env, base + l->eip, l->bytes);
    t->eflags = tss_field(env, base + l->eflags, l->bytes);
    for (unsigned i = 0; i < 8; i++) {
        t->regs[i] = tss_field(env, base + l->regs + i * l->bytes, l->bytes);
    }
    for (unsigned i = 0; i < l->seg_count; i++) {
        t->segs[i] = cpu_lduw_kernel(env, base + l->segs + i * l->bytes);
    }
    t->ldt = cpu_lduw_kernel(env, base + l->ldt);
}

static void task_save(CPUX86State *env, const TssLayout *l, uint32_t eip,
                      uint32_t eflags)
{
    uint64_t base = env->tr.base;

    set_tss_field(env, base + l->eip, l->bytes, eip);
    set_tss_field(env, base + l->eflags, l->bytes, eflags);
    for (unsigned i = 0; i < 8; i++) {
        set_tss_field(env, base + l->regs + i * l->bytes, l->bytes,
                      env->regs[i]);
    }
    for (unsigned i = 0; i < l->seg_count; i++) {
        cpu_stw_kernel(env, base + l->segs + i * l->bytes,
                       env->segs[i].selector);
    }
}

/* The busy bit of a TSS descriptor in the GDT. */
static void set_busy(CPUX86State *env, unsigned selector, bool busy)
{
    uint64_t addr = env->gdt.base + (selector & 0xfff8) + 4;
    uint32_t hi = cpu_ldl_kernel(env, addr);

    cpu_stl_kernel(env, addr, busy ? hi | DESC_TSS_BUSY
                                   : hi & ~DESC_TSS_BUSY);
}

static void task_load_ldt(CPUX86State *env, unsigned selector)
{
    SegDesc d;

    env->ldt = (SegmentCache){ .selector = selector };
    if (selector_is_null(selector)) {
        return;
    }
    if ((selector & 4) || !seg_read_desc(env, selector, &d) ||
        (d.hi & DESC_S_MASK) || desc_type(&d) != SYS_LDT ||
        !desc_present(&d)) {
        env->ldt.selector = 0;
        raise_exception_err(env, EXCP0A_TSS, selector & 0xfffc);
    }
    env->ldt.base = desc_base(&d);
    env->ldt.limit = desc_limit(&d);
    env->ldt.flags = d.hi;
}

/* Is the segment good for register @seg of a task at privilege @cpl? */
static bool task_seg_ok(int seg, unsigned selector, const SegDesc *d,
                        unsigned cpl)
{
    unsigned rpl = selector & 3, dpl = desc_dpl(d);
    bool conforming = desc_is_code(d) && (d->hi & DESC_C_MASK);

    switch (seg) {
    case R_CS:
        return desc_is_code(d) && (conforming ? dpl <= rpl : dpl == rpl);
    case R_SS:
        return desc_is_writable_data(d) && rpl == cpl && dpl == cpl;
    default:
        return (d->hi & DESC_S_MASK) &&
               (!desc_is_code(d) || (d->hi & DESC_R_MASK)) &&
               (conforming || (dpl >= cpl && dpl >= rpl));
    }
}

static void task_load_seg(CPUX86State *env, int seg, unsigned selector,
                          unsigned cpl)
{
    SegDesc d;

    if (selector_is_null(selector)) {
        if (seg == R_CS || seg == R_SS) {
            raise_exception_err(env, EXCP0A_TSS, 0);
        }
        return;
    }
    seg_need_desc(env, selector, &d, EXCP0A_TSS, 0);
    if (!task_seg_ok(seg, selector, &d, cpl)) {
        raise_exception_err(env, EXCP0A_TSS, selector & 0xfffc);
    }
    if (!desc_present(&d)) {
        raise_exception_err(env, seg == R_SS ? EXCP0C_STACK : EXCP0B_NOSEG,
                            selector & 0xfffc);
    }
    seg_mark_accessed(env, &d);
    seg_load_desc(env, seg, selector, &d);
}

static void task_load_segs(CPUX86State *env, const TaskState *t)
{
    static const uint8_t order[] = { R_SS, R_CS, R_ES, R_DS, R_FS, R_GS };
    unsigned cpl = t->segs[R_CS] & 3;

    for (unsigned i = 0; i < 6; i++) {
        if (t->eflags & VM_MASK) {
            seg_load_vm86(env, i, t->segs[i]);
        } else {
            /* Until it is checked, a selector stands for no segment. */
            cpu_x86_load_seg_cache(env, i, t->segs[i], 0, 0,
                                   i == R_SS ? cpl << DESC_DPL_SHIFT : 0);
        }
    }
    task_load_ldt(env, t->ldt);
    if (t->eflags & VM_MASK) {
        return;
    }
    for (unsigned i = 0; i < 6; i++) {
        task_load_seg(env, order[i], t->segs[order[i]], cpl);
    }
}

/* From here on the CPU is in the new task: faults belong to it. */
static void task_become(CPUX86State *env, const TaskState *t,
                        const TssLayout *l, bool nested)
{
    uint32_t mask = CC_ALL | TF_MASK | IF_MASK | DF_MASK | IOPL_MASK |
                    NT_MASK | RF_MASK | VM_MASK | AC_MASK | ID_MASK |
                    VIF_MASK | VIP_MASK;

    if (l->bytes == 2) {
        mask &= 0xffff;
    }
    if (l->bytes == 4 && (env->cr[0] & CR0_PG_MASK)) {
        cpu_x86_update_cr3(env, t->cr3);
    }
    for (unsigned i = 0; i < 8; i++) {
        env->regs[i] = l->bytes == 4 ? t->regs[i]
                       : (env->regs[i] & 0xffff0000u) | t->regs[i];
    }
    env->eip = t->eip;
    cpu_load_eflags(env, t->eflags | (nested ? NT_MASK : 0), mask);
    env->dr[7] &= ~0x155ull;                /* local breakpoints end */
    x86_breakpoints_changed(env);
    cpu_x86_update_cr0(env, env->cr[0] | CR0_TS_MASK);
    task_load_segs(env, t);
    if (t->eip > env->segs[R_CS].limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

void task_switch(CPUX86State *env, unsigned selector, const SegDesc *d,
                 TaskSwitchKind kind, uint64_t next_eip)
{
    const TssLayout *from = tss_layout(env->tr.flags);
    const TssLayout *to = tss_layout(d->hi);
    uint64_t new_base = desc_base(d);
    unsigned old_selector = env->tr.selector;
    uint32_t eflags = cpu_compute_eflags(env);
    bool nested = kind == TASK_CALL || kind == TASK_GATE;
    bool trap = false;
    TaskState t;

    if (desc_limit(d) < to->min_limit) {
        raise_exception_err(env, EXCP0A_TSS, selector & 0xfffc);
    }
    if (env->tr.limit < from->min_limit) {
        raise_exception_err(env, EXCP0A_TSS, old_selector & 0xfffc);
    }
    cpu_probe_kernel(env, env->tr.base, from->min_limit + 1, MMU_DATA_STORE);
    task_load(env, new_base, to, &t);
    if (to->bytes == 4) {
        trap = cpu_lduw_kernel(env, new_base + 0x64) & 1;
    }
    if (kind == TASK_IRET) {
        eflags &= ~NT_MASK;
    }
    task_save(env, from, next_eip, eflags);
    if (nested) {
        cpu_stw_kernel(env, new_base, old_selector);
    } else {
        set_busy(env, old_selector, false);
    }
    if (kind != TASK_IRET) {
        set_busy(env, selector, true);
    }
    env->tr = (SegmentCache){
        .selector = selector, .base = new_base, .limit = desc_limit(d),
        .flags = d->hi | DESC_TSS_BUSY,
    };
    task_become(env, &t, to, nested);
    if (trap) {
        raise_debug_trap(env, DR6_BT);
    }
}

void task_return(CPUX86State *env, uint64_t next_eip)
{
    unsigned selector = cpu_lduw_kernel(env, env->tr.base), type;
    SegDesc d;

    if (selector_is_null(selector) || (selector & 4)) {
        raise_exception_err(env, EXCP0A_TSS, selector & 0xfffc);
    }
    seg_need_desc(env, selector, &d, EXCP0A_TSS, 0);
    type = desc_type(&d);
    if ((d.hi & DESC_S_MASK) ||
        !(type == SYS_TSS_BUSY || type == SYS_TSS16_BUSY)) {
        raise_exception_err(env, EXCP0A_TSS, selector & 0xfffc);
    }
    if (!desc_present(&d)) {
        raise_exception_err(env, EXCP0B_NOSEG, selector & 0xfffc);
    }
    task_switch(env, selector, &d, TASK_IRET, next_eip);
}
