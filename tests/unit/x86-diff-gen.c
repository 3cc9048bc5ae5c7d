/*
 * Programs for the differential test: the encoder, operand choice, and the
 * frame of a program. Instructions are in x86-diff-gen-int.c (integer and
 * string), -misc.c (stack, calls, 32-bit mode) and -fp.c (x87 and SSE).
 *
 * RBX, RBP, R12 and R13 always point into the data area and R14 and R15 hold
 * small numbers, so that most memory operands are good; none of them is ever
 * written. RSP moves by pushes and pops only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x86-diff-gen.h"

void gen_put(Gen *g, uint8_t byte)
{
    g->p->code[g->pos++] = byte;
}

void gen_put_le(Gen *g, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        gen_put(g, value >> (8 * i));
    }
}

void gen_emit(Gen *g, const Insn *in)
{
    uint8_t rex = in->rexw << 3;
    Rm rm = in->rm;

    if (in->reg >= 0) {
        rex |= (in->reg >> 3 & 1) << 2 | rm.rex;
        if (!rm.mem) {
            rex |= rm.reg >> 3 & 1;
        }
    }
    if (in->has_op_reg) {
        rex |= in->op_reg >> 3 & 1;
    }
    if (in->lock) {
        gen_put(g, 0xf0);
    }
    if (in->reg >= 0 && rm.addr32) {
        gen_put(g, 0x67);
    }
    if (in->opsize16) {
        gen_put(g, 0x66);
    }
    if (in->prefix) {
        gen_put(g, in->prefix);
    }
    if (rex || in->rex_empty) {
        gen_put(g, 0x40 | rex);
    }
    if (in->map) {
        gen_put(g, 0x0f);
    }
    if (in->map >= 2) {
        gen_put(g, in->map == 2 ? 0x38 : 0x3a);
    }
    gen_put(g, in->op | (in->has_op_reg ? in->op_reg & 7 : 0));
    if (in->reg >= 0) {
        if (!rm.mem) {
            gen_put(g, 0xc0 | (in->reg & 7) << 3 | (rm.reg & 7));
        } else {
            gen_put(g, rm.modrm | (in->reg & 7) << 3);
            if (rm.has_sib) {
                gen_put(g, rm.sib);
            }
            if (rm.rip) {
                rm.disp -= (int32_t)(g->p->entry + g->pos + 4 +
                                     in->imm_bytes);
            }
            gen_put_le(g, (uint32_t)rm.disp, rm.disp_bytes);
        }
    }
    gen_put_le(g, in->imm, in->imm_bytes);
}

/* Operands. */

static const uint8_t free_regs[] = { 0, 1, 2, 6, 7, 8, 9, 10, 11 };
static const uint8_t pointer_regs[] = { 3, 5, 12, 13 };

unsigned gen_dst(Gen *g)
{
    bool keep = g->in_loop && (g->rex || g->mode32);

    return free_regs[diff_below(&g->rng, (g->rex ? 9 : 5) - keep)];
}

void gen_choose_rex(Gen *g)
{
    g->rex = !g->mode32 && !diff_once_in(&g->rng, 3);
}

unsigned gen_src(Gen *g)
{
    if (!diff_once_in(&g->rng, 6)) {
        return gen_dst(g);
    }
    return diff_below(&g->rng, g->rex ? 16 : 8);
}

unsigned gen_dst8(Gen *g)
{
    static const uint8_t without_rex[] = { 0, 1, 2, 4, 5, 6 };

    return g->rex ? gen_dst(g)
                  : without_rex[diff_below(&g->rng, 6)];
}

unsigned gen_src8(Gen *g)
{
    return g->rex ? gen_src(g) : diff_below(&g->rng, 8);
}

Rm gen_reg_rm(unsigned reg)
{
    return (Rm){ .reg = reg };
}

/*
 * Mostly inside the area, now and then over an edge. Where within a long
 * operand a fault shows is the processor's own affair: those stay inside.
 */
uint64_t gen_address(Gen *g, unsigned bytes, bool aligned)
{
    uint64_t addr = DIFF_DATA + diff_below(&g->rng, DIFF_DATA_SIZE - bytes);

    if (diff_once_in(&g->rng, 12)) {
        addr = DIFF_DATA + 0x1000 - diff_below(&g->rng, bytes + 1);
    }
    if (bytes <= 16 && diff_once_in(&g->rng, 200)) {
        addr = DIFF_DATA + DIFF_DATA_SIZE - diff_below(&g->rng, bytes + 1);
    }
    if (aligned && !diff_once_in(&g->rng, 100)) {
        addr &= ~15ull;
    }
    return addr;
}

static void base_and_disp(Gen *g, Rm *rm, unsigned base, int64_t disp)
{
    unsigned mod = disp == (int8_t)disp && !diff_once_in(&g->rng, 8) ? 1 : 2;

    if (disp == 0 && (base & 7) != 5) {
        mod = 0;
    }
    rm->disp = disp;
    rm->disp_bytes = mod == 0 ? 0 : mod == 1 ? 1 : 4;
    rm->modrm |= mod << 6;
    rm->rex |= base >> 3 & 1;
}

Rm gen_mem(Gen *g, unsigned bytes, bool aligned)
{
    uint64_t addr = gen_address(g, bytes, aligned);
    unsigned base = pointer_regs[diff_below(&g->rng, g->rex ? 4 : 2)];
    Rm rm = { .mem = true };

    if (diff_once_in(&g->rng, 10)) {                /* RIP-relative */
        rm.modrm = 5;
        rm.rip = !g->mode32;
        rm.disp = addr;
        rm.disp_bytes = 4;
        return rm;
    }
    if (diff_once_in(&g->rng, 16)) {                /* absolute */
        rm.modrm = 4;
        rm.has_sib = true;
        rm.sib = 0x25;
        rm.disp = addr;
        rm.disp_bytes = 4;
        return rm;
    }
    rm.addr32 = !g->mode32 && diff_once_in(&g->rng, 24);
    if (g->mode32 && diff_once_in(&g->rng, 3)) {    /* wraps at 4 GiB */
        unsigned index = base ^ 6, scale = diff_below(&g->rng, 4);

        rm.has_sib = true;
        rm.modrm = 4;
        rm.sib = scale << 6 | index << 3 | base;
        base_and_disp(g, &rm, base,
                      (int32_t)(addr - g->pointer[base] -
                                (g->pointer[index] << scale)));
        return rm;
    }
    if (g->rex && diff_once_in(&g->rng, 3)) {       /* base + index */
        unsigned index = 14 + diff_below(&g->rng, 2);
        unsigned scale = diff_below(&g->rng, 4);

        rm.has_sib = true;
        rm.modrm = 4;
        rm.sib = scale << 6 | (index & 7) << 3 | (base & 7);
        rm.rex = 2;
        base_and_disp(g, &rm, base,
                      (int64_t)(addr - g->pointer[base] -
                                (g->pointer[index] << scale)));
        return rm;
    }
    if ((base & 7) == 4) {
        rm.has_sib = true;
        rm.sib = 0x24;
        rm.modrm = 4;
    } else {
        rm.modrm = base & 7;
    }
    base_and_disp(g, &rm, base, (int64_t)(addr - g->pointer[base]));
    return rm;
}

Rm gen_rm(Gen *g, unsigned reg, unsigned bytes)
{
    return diff_below(&g->rng, 5) < 3 ? gen_reg_rm(reg)
                                      : gen_mem(g, bytes, false);
}

uint64_t gen_value(Gen *g)
{
    static const uint64_t special[] = {
        0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
        0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000,
        0xffffffffffffffff, 0xfffffffffffffffe, 0xffffffff80000000,
    };

    switch (diff_below(&g->rng, 4)) {
    case 0:
        return special[diff_below(&g->rng, G_N_ELEMENTS(special))];
    case 1:
        return diff_random(&g->rng) >> diff_below(&g->rng, 64);
    default:
        return diff_random(&g->rng);
    }
}

/* Flags. */

void gen_mark(Gen *g)
{
    DiffMark *last = g->marks ? &g->p->marks[g->marks - 1] : NULL;

    if (last && last->offset == g->pos) {
        last->undefined = g->undefined;
    } else if (g->marks < G_N_ELEMENTS(g->p->marks)) {
        g->p->marks[g->marks++] = (DiffMark){ g->pos, g->undefined };
    }
}

void gen_flags(Gen *g, unsigned defined, unsigned undefined)
{
    g->undefined = (g->undefined & ~defined) | undefined;
}

void gen_need_flags(Gen *g, unsigned used)
{
    if (g->undefined & used) {
        bool rex = g->rex;

        g->rex = false;
        gen_emit(g, &(Insn){ .op = 0x39, .reg = gen_src(g),
                             .rm = gen_reg_rm(gen_src(g)) });
        g->rex = rex;
        gen_flags(g, F_ALL, 0);
        gen_mark(g);
    }
}

/* The whole program. */

static void start_state(Gen *g, unsigned families)
{
    DiffState *s = &g->p->start;

    for (unsigned i = 0; i < 16; i++) {
        s->gpr[i] = gen_value(g);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(pointer_regs); i++) {
        unsigned r = pointer_regs[i];

        s->gpr[r] = DIFF_DATA + 0x400 + diff_below(&g->rng, 0x1800);
        g->pointer[r] = s->gpr[r];
    }
    for (unsigned r = 14; r < 16; r++) {
        s->gpr[r] = diff_below(&g->rng, 0x80);
        g->pointer[r] = s->gpr[r];
    }
    for (unsigned r = 0; g->mode32 && r < 16; r++) {
        s->gpr[r] = (uint32_t)s->gpr[r];
    }
    s->gpr[4] = DIFF_STACK;
    s->rip = g->p->entry;
    s->rflags = (gen_value(g) & 0xcd5) | 0x202;
    gen_fx_state(g, &s->fx, families);
}

static void one_instruction(Gen *g, unsigned families)
{
    static void (*const kinds[])(Gen *) = {
        gen_integer, gen_string, gen_sse, gen_x87,
    };
    unsigned kind;

    if ((families & DIFF_INT) && diff_once_in(&g->rng, 12)) {
        gen_misc(g);
        return;
    }
    if (!(~families & (DIFF_SSE | DIFF_X87)) && diff_once_in(&g->rng, 25)) {
        gen_fp_state(g);
        return;
    }
    do {
        kind = diff_below(&g->rng, 4);
        if (kind == 1 && diff_once_in(&g->rng, 2)) {
            kind = 0;
        }
    } while (!(families >> kind & 1));
    kinds[kind](g);
}

void diff_generate(DiffProgram *p, uint64_t seed, uint64_t entry,
                   unsigned families)
{
    Gen g = { .p = p };
    unsigned count;

    diff_seed(&g.rng, seed);
    p->seed = seed;
    p->entry = entry;
    p->data_seed = diff_random(&g.rng);
    p->mode32 = g.mode32 = (families & DIFF_32) && diff_once_in(&g.rng, 3);
    start_state(&g, families);
    count = 1 + diff_below(&g.rng, DIFF_MAX_INSNS / 2);
    gen_mark(&g);
    for (unsigned i = 0; i < count && g.pos < DIFF_MAX_CODE - 80 &&
                         g.marks < DIFF_MAX_INSNS - 8; i++) {
        one_instruction(&g, families);
        gen_mark(&g);
    }
    gen_put(&g, 0xcc);
    p->len = g.pos;
    p->insn_count = g.marks;
    while (g.marks < G_N_ELEMENTS(p->marks)) {
        p->marks[g.marks++] = (DiffMark){ 0xffff, F_ALL };
    }
}

void diff_fill_data(uint8_t *data, uint64_t seed)
{
    static const uint64_t special[] = {
        0, 0x3ff0000000000000, 0x7ff0000000000000, 0x7ff8000000000001,
        0x0000000000000001, 0x3f8000003f800000, 0x7f8000017fc00000,
        0x8000000000000000, 0x7fffffff80000000, 0x4008000000000000,
    };
    uint64_t *words = (uint64_t *)data;
    DiffRng rng;

    diff_seed(&rng, seed);
    for (unsigned i = 0; i < DIFF_DATA_SIZE / 8; i++) {
        uint64_t r = diff_random(&rng);

        words[i] = r >> 61 ? r : special[(r >> 8) % G_N_ELEMENTS(special)];
    }
}
