/*
 * Segment registers: reading descriptors, loading data segments with all
 * checks, the instructions that load or ask about selectors, LDTR and TR, and
 * stacks in motion. Transfers of control are in far.c, iret.c, excp-deliver.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "seg-internal.h"

bool seg_read_desc(CPUX86State *env, unsigned selector, SegDesc *d)
{
    const SegmentCache *table = selector & 4 ? &env->ldt : &env->gdt;
    unsigned offset = selector & 0xfff8;

    if (((selector & 4) && selector_is_null(table->selector)) ||
        offset + 7 > table->limit) {
        return false;
    }
    d->addr = table->base + offset;
    d->lo = cpu_ldl_kernel(env, d->addr);
    d->hi = cpu_ldl_kernel(env, d->addr + 4);
    return true;
}

void seg_need_desc(CPUX86State *env, unsigned selector, SegDesc *d,
                   int vector, unsigned ext)
{
    if (!seg_read_desc(env, selector, d)) {
        raise_exception_err(env, vector, (selector & 0xfffc) | ext);
    }
}

void seg_mark_accessed(CPUX86State *env, SegDesc *d)
{
    if (!(d->hi & DESC_A_MASK)) {
        d->hi |= DESC_A_MASK;
        cpu_stl_kernel(env, d->addr + 4, d->hi);
    }
}

void seg_load_desc(CPUX86State *env, int seg, unsigned selector,
                   const SegDesc *d)
{
    cpu_x86_load_seg_cache(env, seg, selector, desc_base(d), desc_limit(d),
                           d->hi);
}

void seg_load_real(CPUX86State *env, int seg, unsigned selector)
{
    const SegmentCache *old = &env->segs[seg];

    cpu_x86_load_seg_cache(env, seg, selector, selector << 4, old->limit,
                           old->flags);
}

void seg_load_vm86(CPUX86State *env, int seg, unsigned selector)
{
    cpu_x86_load_seg_cache(env, seg, selector, selector << 4, 0xffff,
                           DESC_P_MASK | DESC_S_MASK | DESC_W_MASK |
                           DESC_A_MASK | 3u << DESC_DPL_SHIFT);
}

static void seg_load_null(CPUX86State *env, int seg, unsigned selector)
{
    unsigned cpl = x86_cpl(env);

    if (seg == R_SS) {
        /* Legal only in 64-bit mode, below ring 3, with RPL = CPL. */
        if (!x86_code64(env) || cpl == 3 || (selector & 3) != cpl) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        cpu_x86_load_seg_cache(env, seg, selector, 0, 0,
                               cpl << DESC_DPL_SHIFT);
        return;
    }
    cpu_x86_load_seg_cache(env, seg, selector, 0, 0, 0);
}

static void seg_check_data(CPUX86State *env, unsigned selector,
                           const SegDesc *d)
{
    unsigned dpl = desc_dpl(d), cpl = x86_cpl(env);
    bool conforming = desc_is_code(d) && (d->hi & DESC_C_MASK);

    if (!(d->hi & DESC_S_MASK) ||
        (desc_is_code(d) && !(d->hi & DESC_R_MASK)) ||
        (!conforming && (cpl > dpl || (selector & 3) > dpl))) {
        raise_exception_err(env, EXCP0D_GPF, selector & 0xfffc);
    }
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, selector & 0xfffc);
    }
}

static void seg_check_stack(CPUX86State *env, unsigned selector,
                            const SegDesc *d)
{
    unsigned cpl = x86_cpl(env);

    if (!desc_is_writable_data(d) || (selector & 3) != cpl ||
        desc_dpl(d) != cpl) {
        raise_exception_err(env, EXCP0D_GPF, selector & 0xfffc);
    }
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0C_STACK, selector & 0xfffc);
    }
}

void x86_load_seg(CPUX86State *env, int seg, unsigned selector)
{
    SegDesc d;

    selector &= 0xffff;
    if (env->hflags & HF_VM_MASK) {
        seg_load_vm86(env, seg, selector);
        return;
    }
    if (!(env->hflags & HF_PE_MASK)) {
        seg_load_real(env, seg, selector);
        return;
    }
    if (selector_is_null(selector)) {
        seg_load_null(env, seg, selector);
        return;
    }
    seg_need_desc(env, selector, &d, EXCP0D_GPF, 0);
    if (seg == R_SS) {
        seg_check_stack(env, selector, &d);
    } else {
        seg_check_data(env, selector, &d);
    }
    seg_mark_accessed(env, &d);
    seg_load_desc(env, seg, selector, &d);
}

void seg_check_code_target(CPUX86State *env, unsigned selector,
                           const SegDesc *d, unsigned rpl, unsigned cpl)
{
    unsigned dpl = desc_dpl(d);
    bool ok = desc_is_code(d);

    if (ok && (d->hi & DESC_C_MASK)) {
        ok = dpl <= cpl;
    } else if (ok) {
        ok = dpl == cpl && rpl <= cpl;
    }
    if (ok && x86_lma(env) && (d->hi & DESC_L_MASK) &&
        (d->hi & DESC_B_MASK)) {
        ok = false;
    }
    if (!ok) {
        raise_exception_err(env, EXCP0D_GPF, selector & 0xfffc);
    }
    if (!desc_present(d)) {
        raise_exception_err(env, EXCP0B_NOSEG, selector & 0xfffc);
    }
}

void seg_check_eip(CPUX86State *env, const SegDesc *d, uint64_t eip)
{
    bool ok = x86_lma(env) && (d->hi & DESC_L_MASK) ? is_canonical(eip)
                                                   : eip <= desc_limit(d);

    if (!ok) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

void seg_drop_privileged(CPUX86State *env, unsigned cpl)
{
    static const uint8_t data_segs[] = { R_ES, R_DS, R_FS, R_GS };

    for (unsigned i = 0; i < G_N_ELEMENTS(data_segs); i++) {
        const SegmentCache *s = &env->segs[data_segs[i]];
        unsigned dpl = (s->flags & DESC_DPL_MASK) >> DESC_DPL_SHIFT;
        bool conforming = (s->flags & (DESC_CS_MASK | DESC_C_MASK)) ==
                          (DESC_CS_MASK | DESC_C_MASK);

        /* A selector that is null already keeps its base (FS, GS). */
        if (!selector_is_null(s->selector) && !conforming && dpl < cpl) {
            cpu_x86_load_seg_cache(env, data_segs[i], 0,
                                   s->base, s->limit,
                                   s->flags & ~DESC_P_MASK);
        }
    }
}

/* Stacks. */

static void stack_shape(X86Stack *st, uint64_t base, uint32_t limit,
                        uint32_t flags)
{
    st->base = base;
    st->limit = limit;
    st->flags = flags;
    st->mask = flags & DESC_B_MASK ? 0xffffffffu : 0xffff;
    st->check_limit = true;
}

void stack_current(CPUX86State *env, X86Stack *st)
{
    const SegmentCache *ss = &env->segs[R_SS];

    *st = (X86Stack){ .env = env, .sp = env->regs[R_ESP] };
    if (x86_code64(env)) {
        st->mask = ~0ull;
    } else {
        stack_shape(st, ss->base, ss->limit, ss->flags);
    }
}

void stack_of_desc(CPUX86State *env, X86Stack *st, const SegDesc *d,
                   uint64_t sp, unsigned cpl, int error_code)
{
    *st = (X86Stack){
        .env = env, .sp = sp, .kernel = cpl != 3, .error_code = error_code,
    };
    stack_shape(st, desc_base(d), desc_limit(d), d->hi);
}

/* Does [offset, offset + bytes) lie inside the segment? */
static bool stack_inside(const X86Stack *st, uint64_t offset, unsigned bytes)
{
    uint64_t last = offset + bytes - 1;
    uint64_t top = st->flags & DESC_B_MASK ? 0xffffffffu : 0xffff;

    if ((st->flags & (DESC_CS_MASK | DESC_E_MASK)) == DESC_E_MASK) {
        return offset > st->limit && last <= top;
    }
    return last <= st->limit;
}

static uint64_t stack_linear(X86Stack *st, uint64_t offset, unsigned bytes)
{
    offset &= st->mask;
    if (!st->check_limit) {
        return st->base + offset;
    }
    if (!stack_inside(st, offset, bytes)) {
        raise_exception_err(st->env, EXCP0C_STACK, st->error_code);
    }
    return (uint32_t)(st->base + offset);
}

void stack_push(X86Stack *st, unsigned bytes, uint64_t value)
{
    uint64_t addr;

    st->sp = (st->sp - bytes) & st->mask;
    addr = stack_linear(st, st->sp, bytes);
    if (bytes == 8) {
        (st->kernel ? cpu_stq_kernel : cpu_stq)(st->env, addr, value);
    } else if (bytes == 4) {
        (st->kernel ? cpu_stl_kernel : cpu_stl)(st->env, addr, value);
    } else {
        (st->kernel ? cpu_stw_kernel : cpu_stw)(st->env, addr, value);
    }
}

uint64_t stack_peek(X86Stack *st, unsigned bytes, uint64_t offset)
{
    uint64_t addr = stack_linear(st, st->sp + offset, bytes);

    if (bytes == 8) {
        return (st->kernel ? cpu_ldq_kernel : cpu_ldq)(st->env, addr);
    }
    if (bytes == 4) {
        return (st->kernel ? cpu_ldl_kernel : cpu_ldl)(st->env, addr);
    }
    return (st->kernel ? cpu_lduw_kernel : cpu_lduw)(st->env, addr);
}

uint64_t stack_pop(X86Stack *st, unsigned bytes)
{
    uint64_t value = stack_peek(st, bytes, 0);

    st->sp = (st->sp + bytes) & st->mask;
    return value;
}

void stack_commit(X86Stack *st)
{
    uint64_t *rsp = &st->env->regs[R_ESP];

    if (st->mask == 0xffff) {
        *rsp = (*rsp & ~0xffffull) | (st->sp & 0xffff);
    } else {
        *rsp = st->sp & st->mask;
    }
}

/* Segment loads: MOV Sreg, POP Sreg, LxS. */

void insn_mov_seg(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned seg = in->reg & 7;
    unsigned selector;

    if (seg == R_CS || seg > R_GS) {
        raise_exception(env, EXCP06_ILLOP);
    }
    selector = in->has_mem ? cpu_lduw(env, ea) : env->regs[in->rm] & 0xffff;
    x86_load_seg(env, seg, selector);
    if (seg == R_SS) {
        env->hflags |= HF_INHIBIT_IRQ_MASK;
    }
}

static int popped_segment(const X86Insn *in)
{
    if (in->map == X86_MAP_0F) {
        return in->opcode == 0xa1 ? R_FS : R_GS;
    }
    return in->opcode >> 3 & 3;             /* 07 ES, 17 SS, 1F DS */
}

void insn_pop_seg(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    int seg = popped_segment(in);
    unsigned bytes = x86_code64(env) && in->opsize != 2 ? 8 : in->opsize;
    X86Stack st;
    unsigned selector;

    stack_current(env, &st);
    selector = stack_peek(&st, bytes, 0);
    x86_load_seg(env, seg, selector);
    st.sp += bytes;
    stack_commit(&st);
    if (seg == R_SS) {
        env->hflags |= HF_INHIBIT_IRQ_MASK;
    }
}

static int far_pointer_segment(const X86Insn *in)
{
    if (in->map == X86_MAP_1) {
        return in->opcode == 0xc4 ? R_ES : R_DS;
    }
    return in->opcode == 0xb2 ? R_SS : in->opcode == 0xb4 ? R_FS : R_GS;
}

static uint64_t load_by_size(CPUX86State *env, uint64_t ea, unsigned bytes)
{
    return bytes == 8 ? cpu_ldq(env, ea) :
           bytes == 4 ? cpu_ldl(env, ea) : cpu_lduw(env, ea);
}

static void store_gpr(CPUX86State *env, unsigned n, unsigned bytes,
                      uint64_t value)
{
    if (bytes == 2) {
        env->regs[n] = (env->regs[n] & ~0xffffull) | (value & 0xffff);
    } else {
        env->regs[n] = bytes == 4 ? (uint32_t)value : value;
    }
}

void insn_load_far_ptr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint64_t offset;
    unsigned selector;

    if (!in->has_mem) {
        raise_exception(env, EXCP06_ILLOP);
    }
    offset = load_by_size(env, ea, in->opsize);
    selector = cpu_lduw(env, ea + in->opsize);
    x86_load_seg(env, far_pointer_segment(in), selector);
    store_gpr(env, in->reg, in->opsize, offset);
}

/* Questions about selectors: they answer in ZF and never fault on one. */

static void set_zf(CPUX86State *env, bool zf)
{
    cpu_set_cc(env, (cpu_cc_compute(env) & ~CC_Z) | (zf ? CC_Z : 0));
}

static bool selector_visible(CPUX86State *env, unsigned selector,
                             const SegDesc *d)
{
    unsigned dpl = desc_dpl(d);

    if (desc_is_code(d) && (d->hi & DESC_C_MASK)) {
        return true;
    }
    return dpl >= x86_cpl(env) && dpl >= (selector & 3);
}

/* System types that LAR and LSL know. Legacy 16-bit ones end in long mode. */
static bool system_type_known(CPUX86State *env, unsigned type, bool lsl)
{
    switch (type) {
    case SYS_TSS16_AVAIL:
    case SYS_TSS16_BUSY:
        return !x86_lma(env);
    case SYS_LDT:
    case SYS_TSS_AVAIL:
    case SYS_TSS_BUSY:
        return true;
    case SYS_CALL_GATE16:
    case SYS_TASK_GATE:
        return !lsl && !x86_lma(env);
    case SYS_CALL_GATE:
        return !lsl;
    default:
        return false;
    }
}

void insn_lar_lsl(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    bool lsl = in->opcode == 0x03;
    unsigned selector;
    SegDesc d;
    bool ok;

    if (x86_real_or_vm86(env)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    selector = in->has_mem ? cpu_lduw(env, ea) : env->regs[in->rm] & 0xffff;
    ok = !selector_is_null(selector) && seg_read_desc(env, selector, &d);
    if (ok && !(d.hi & DESC_S_MASK)) {
        ok = system_type_known(env, desc_type(&d), lsl);
    }
    ok = ok && selector_visible(env, selector, &d);
    if (ok) {
        store_gpr(env, in->reg, in->opsize,
                  lsl ? desc_limit(&d) : d.hi & 0x00f0ff00u);
    }
    set_zf(env, ok);
}

static void verify_segment(CPUX86State *env, unsigned selector, bool write)
{
    SegDesc d;
    bool ok = !selector_is_null(selector) &&
              seg_read_desc(env, selector, &d) && (d.hi & DESC_S_MASK) &&
              selector_visible(env, selector, &d);

    if (ok && write) {
        ok = desc_is_writable_data(&d);
    } else if (ok && desc_is_code(&d)) {
        ok = d.hi & DESC_R_MASK;
    }
    set_zf(env, ok);
}

void insn_arpl(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned dst, src = env->regs[in->reg] & 3;

    if (x86_real_or_vm86(env)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    dst = in->has_mem ? cpu_lduw(env, ea) : env->regs[in->rm] & 0xffff;
    if ((dst & 3) >= src) {
        set_zf(env, false);
        return;
    }
    dst = (dst & ~3u) | src;
    if (in->has_mem) {
        cpu_stw(env, ea, dst);
    } else {
        store_gpr(env, in->rm, 2, dst);
    }
    set_zf(env, true);
}

/* LDTR and TR: descriptors of 8 bytes, or 16 in long mode. */

static void load_system_register(CPUX86State *env, SegmentCache *reg,
                                 unsigned selector, const SegDesc *d)
{
    uint64_t base = desc_base(d);

    if (x86_lma(env)) {
        uint32_t high = cpu_ldl_kernel(env, d->addr + 8);
        uint32_t type = cpu_ldl_kernel(env, d->addr + 12);

        base |= (uint64_t)high << 32;
        if ((type & 0x1f00) || !is_canonical(base)) {
            raise_exception_err(env, EXCP0D_GPF, selector & 0xfffc);
        }
    }
    reg->selector = selector;
    reg->base = base;
    reg->limit = desc_limit(d);
    reg->flags = d->hi;
}

static void need_gdt_system_desc(CPUX86State *env, unsigned selector,
                                 SegDesc *d)
{
    unsigned last = (selector & 0xfff8) + (x86_lma(env) ? 15 : 7);

    if ((selector & 4) || last > env->gdt.limit) {
        raise_exception_err(env, EXCP0D_GPF, selector & 0xfffc);
    }
    seg_need_desc(env, selector, d, EXCP0D_GPF, 0);
}

static void x86_lldt(CPUX86State *env, unsigned selector)
{
    SegDesc d;

    if (selector_is_null(selector)) {
        env->ldt = (SegmentCache){ .selector = selector };
        return;
    }
    need_gdt_system_desc(env, selector, &d);
    if ((d.hi & DESC_S_MASK) || desc_type(&d) != SYS_LDT) {
        raise_exception_err(env, EXCP0D_GPF, selector & 0xfffc);
    }
    if (!desc_present(&d)) {
        raise_exception_err(env, EXCP0B_NOSEG, selector & 0xfffc);
    }
    load_system_register(env, &env->ldt, selector, &d);
}

static void x86_ltr(CPUX86State *env, unsigned selector)
{
    SegDesc d;
    unsigned type;

    if (selector_is_null(selector)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    need_gdt_system_desc(env, selector, &d);
    type = desc_type(&d);
    if ((d.hi & DESC_S_MASK) ||
        !(type == SYS_TSS_AVAIL ||
          (type == SYS_TSS16_AVAIL && !x86_lma(env)))) {
        raise_exception_err(env, EXCP0D_GPF, selector & 0xfffc);
    }
    if (!desc_present(&d)) {
        raise_exception_err(env, EXCP0B_NOSEG, selector & 0xfffc);
    }
    load_system_register(env, &env->tr, selector, &d);
    env->tr.flags |= DESC_TSS_BUSY;
    cpu_stl_kernel(env, d.addr + 4, d.hi | DESC_TSS_BUSY);
}

/* 0F 00: SLDT, STR, LLDT, LTR, VERR, VERW. */
void insn_group6(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned member = in->modrm >> 3 & 7, selector;

    if (x86_real_or_vm86(env) || member > 5) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (member < 2) {
        if ((env->cr[4] & CR4_UMIP_MASK) && x86_cpl(env) != 0) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
        selector = member ? env->tr.selector : env->ldt.selector;
        if (in->has_mem) {
            cpu_stw(env, ea, selector);
        } else {
            store_gpr(env, in->rm, in->opsize, selector);
        }
        return;
    }
    if (member < 4) {
        need_cpl0(env);
    }
    selector = in->has_mem ? cpu_lduw(env, ea) : env->regs[in->rm] & 0xffff;
    if (member == 2) {
        x86_lldt(env, selector);
    } else if (member == 3) {
        x86_ltr(env, selector);
    } else {
        verify_segment(env, selector, member == 5);
    }
}
