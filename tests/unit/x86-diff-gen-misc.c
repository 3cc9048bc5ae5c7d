/*
 * The odd instructions of the differential test: absolute moves, stack frames,
 * calls, loops by RCX, segment reads, and what only 32-bit code has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x86-diff-gen.h"

/* POPCNT, LZCNT, MOVBE, CRC32: what `-cpu max` has on top. */
static void gen_extended(Gen *g)
{
    unsigned log2 = 1 + diff_below(&g->rng, g->mode32 ? 2 : 3);
    unsigned which = diff_below(&g->rng, 5);
    Insn in = { .opsize16 = log2 == 1, .rexw = log2 == 3 };

    gen_choose_rex(g);
    g->rex |= in.rexw;
    in.reg = gen_dst(g);
    if (which < 2) {                        /* POPCNT, LZCNT */
        in.map = 1;
        in.prefix = 0xf3;
        in.op = which ? 0xbd : 0xb8;
        in.rm = gen_rm(g, gen_src(g), 1u << log2);
    } else if (which == 2) {                /* MOVBE */
        in.map = 2;
        in.op = 0xf0 | diff_below(&g->rng, 2);
        in.rm = gen_mem(g, 1u << log2, false);
    } else {                                /* CRC32 */
        in.map = 2;
        in.prefix = 0xf2;
        in.op = 0xed + which;               /* F0, F1 */
        in.rex_empty = g->rex;
        in.rm = gen_rm(g, which == 3 ? gen_src8(g) : gen_src(g),
                       which == 3 ? 1 : 1u << log2);
    }
    gen_emit(g, &in);
    if (which == 0) {
        gen_flags(g, F_ALL, 0);
    } else if (which == 1) {
        gen_flags(g, F_C | F_Z, F_O | F_S | F_A | F_P);
    }
}

/* MOV between the accumulator and an absolute address. */
static void gen_absolute(Gen *g)
{
    unsigned log2 = diff_below(&g->rng, g->mode32 ? 3 : 4);

    gen_emit(g, &(Insn){
        .reg = -1, .opsize16 = log2 == 1, .rexw = log2 == 3,
        .op = 0xa0 | diff_below(&g->rng, 2) << 1 | (log2 != 0),
        .imm_bytes = g->mode32 ? 4 : 8,
        .imm = gen_address(g, 8, false),
    });
}

static void gen_exchange_accumulator(Gen *g)
{
    gen_choose_rex(g);
    gen_emit(g, &(Insn){
        .reg = -1, .op = 0x90, .has_op_reg = true, .op_reg = gen_dst(g),
        .rexw = g->rex && diff_once_in(&g->rng, 2),
        .opsize16 = diff_once_in(&g->rng, 4),
    });
}

/* ENTER and LEAVE, with RBP as it was in the end. */
static void gen_frame(Gen *g)
{
    gen_emit(g, &(Insn){
        .reg = -1, .op = 0xc8, .imm_bytes = 3,
        .imm = diff_below(&g->rng, 64) * 8 |
               (uint64_t)diff_below(&g->rng, 3) << 16,
    });
    gen_mark(g);
    gen_emit(g, &(Insn){ .reg = -1, .op = 0xc9 });
}

/* LOOPNE, LOOPE, LOOP, JRCXZ over one instruction. */
static void gen_count_jump(Gen *g)
{
    unsigned op = 0xe0 + diff_below(&g->rng, 4), at, before;

    if (op < 0xe2) {
        gen_need_flags(g, F_Z);
    }
    gen_emit(g, &(Insn){ .reg = -1, .op = op, .imm_bytes = 1 });
    at = g->pos;
    before = g->undefined;
    gen_mark(g);
    gen_simple(g);
    g->p->code[at - 1] = g->pos - at;
    g->undefined |= before;
}

/* jmp over a subroutine of one instruction, then call it. */
static void gen_call(Gen *g)
{
    unsigned jump, body;

    gen_emit(g, &(Insn){ .reg = -1, .op = 0xeb, .imm_bytes = 1 });
    jump = g->pos;
    body = g->pos;
    gen_mark(g);
    gen_simple(g);
    gen_mark(g);
    if (diff_once_in(&g->rng, 4)) {
        gen_emit(g, &(Insn){ .reg = -1, .op = 0xc2, .imm_bytes = 2,
                             .imm = diff_below(&g->rng, 4) * 8 });
    } else {
        gen_emit(g, &(Insn){ .reg = -1, .op = 0xc3 });
    }
    g->p->code[jump - 1] = g->pos - jump;
    /* Flags after the body count from the call on. */
    gen_emit(g, &(Insn){ .reg = -1, .op = 0xe8, .imm_bytes = 4,
                         .imm = (uint32_t)(body - (g->pos + 5)) });
}

/* JMP and CALL through a register or memory, to an address that is none. */
static void gen_wild_jump(Gen *g)
{
    if (!diff_once_in(&g->rng, 10)) {
        return;
    }
    gen_choose_rex(g);
    gen_emit(g, &(Insn){
        .op = 0xff, .reg = 2 + 2 * diff_below(&g->rng, 2),
        .rm = gen_rm(g, gen_src(g), 8),
    });
}

static void gen_read_segment(Gen *g)
{
    gen_choose_rex(g);
    gen_emit(g, &(Insn){
        .op = 0x8c, .reg = 2, .rexw = g->rex && diff_once_in(&g->rng, 2),
        .opsize16 = diff_once_in(&g->rng, 4),
        .rm = gen_rm(g, gen_dst(g), 2),
    });
}

/* Only in 32-bit code. */

static void gen_decimal(Gen *g)
{
    static const struct {
        uint8_t op, imm_bytes;
        uint16_t needs, defined, undefined;
    } ops[] = {
        { 0x27, 0, F_A | F_C, F_ALL & ~F_O, F_O },          /* DAA */
        { 0x2f, 0, F_A | F_C, F_ALL & ~F_O, F_O },          /* DAS */
        { 0x37, 0, F_A, F_A | F_C, F_O | F_S | F_Z | F_P }, /* AAA */
        { 0x3f, 0, F_A, F_A | F_C, F_O | F_S | F_Z | F_P }, /* AAS */
        { 0xd4, 1, 0, F_S | F_Z | F_P, F_O | F_A | F_C },   /* AAM */
        { 0xd5, 1, 0, F_S | F_Z | F_P, F_O | F_A | F_C },   /* AAD */
        { 0xd6, 0, F_C, 0, 0 },                             /* SALC */
    };
    unsigned n = diff_below(&g->rng, G_N_ELEMENTS(ops));

    gen_need_flags(g, ops[n].needs);
    gen_emit(g, &(Insn){ .reg = -1, .op = ops[n].op,
                         .imm_bytes = ops[n].imm_bytes,
                         .imm = diff_random(&g->rng) & 0x1f });
    gen_flags(g, ops[n].defined, ops[n].undefined);
}

static void gen_short_inc(Gen *g)
{
    gen_emit(g, &(Insn){
        .reg = -1, .op = 0x40 | diff_below(&g->rng, 2) << 3,
        .has_op_reg = true, .op_reg = gen_dst(g),
        .opsize16 = diff_once_in(&g->rng, 3),
    });
    gen_flags(g, F_ALL & ~F_C, 0);
}

/* PUSHA and POPA, PUSH and POP of a segment, INTO, BOUND. */
static void gen_stack_32(Gen *g)
{
    static const uint8_t pairs[][2] = {
        { 0x60, 0x61 }, { 0x06, 0x07 }, { 0x1e, 0x1f },
    };
    unsigned n = diff_below(&g->rng, 5);
    bool narrow = diff_once_in(&g->rng, 3);

    if (n == 3) {
        gen_need_flags(g, F_O);
        gen_emit(g, &(Insn){ .reg = -1, .op = 0xce });
        return;
    }
    if (n == 4) {
        if (diff_once_in(&g->rng, 4)) {
            gen_emit(g, &(Insn){ .op = 0x62, .reg = gen_src(g),
                                 .opsize16 = narrow,
                                 .rm = gen_mem(g, 8, false) });
        }
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        gen_emit(g, &(Insn){ .reg = -1, .op = pairs[n][i],
                             .opsize16 = narrow });
        gen_mark(g);
    }
}

/* LEA with 16-bit addressing: all that can be tried of it here. */
static void gen_lea_16(Gen *g)
{
    unsigned mod = diff_below(&g->rng, 3);
    uint8_t modrm = mod << 6 | gen_dst(g) << 3 | diff_below(&g->rng, 8);

    gen_put(g, 0x67);
    gen_put(g, 0x8d);
    gen_put(g, modrm);
    if (mod == 0) {
        mod = (modrm & 7) == 6 ? 2 : 0;
    }
    gen_put_le(g, diff_random(&g->rng) >> 40, mod);
}

void gen_misc(Gen *g)
{
    static void (*const kinds[])(Gen *) = {
        gen_absolute, gen_exchange_accumulator, gen_frame, gen_count_jump,
        gen_call, gen_read_segment, gen_wild_jump, gen_extended,
        gen_decimal, gen_short_inc, gen_stack_32, gen_lea_16,
    };

    g->rex = false;
    kinds[diff_below(&g->rng, g->mode32 ? 12 : 8)](g);
}
