/*
 * x87 and SSE instructions for the differential test, and the register
 * contents that they start from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x86-diff-gen.h"

/* A double or two floats, with the odd ones well represented. */
static uint64_t fp_bits(Gen *g)
{
    static const uint64_t odd[] = {
        0, 0x8000000000000000, 0x7ff0000000000000, 0xfff0000000000000,
        0x7ff8000000000000, 0x7ff0000000000001, 0x0000000000000001,
        0x000fffffffffffff, 0x7fefffffffffffff, 0x0010000000000000,
        0x3ff0000000000000, 0xbff0000000000000, 0x7f800000ff800000,
        0x7fc000007f800001, 0x0000000180000000, 0x007fffff00800000,
        0x3f800000bf800000, 0x7f7fffff3f800001,
    };
    uint64_t r = diff_random(&g->rng);

    switch (diff_below(&g->rng, 4)) {
    case 0:
        return odd[r % G_N_ELEMENTS(odd)];
    case 1:                                 /* a double near one */
        return (r & 0x800fffffffffffff) |
               (uint64_t)(1000 + diff_below(&g->rng, 48)) << 52;
    case 2:                                 /* floats near one */
        return (r & 0x807fffff807fffff) |
               (uint64_t)(110 + diff_below(&g->rng, 40)) << 55 |
               (uint64_t)(110 + diff_below(&g->rng, 40)) << 23;
    default:
        return r;
    }
}

static void x87_bits(Gen *g, uint64_t *reg)
{
    static const uint64_t odd[][2] = {
        { 0, 0 }, { 0, 0x8000 }, { 1ull << 63, 0x7fff },
        { 1ull << 63, 0xffff }, { 3ull << 62, 0x7fff },
        { 5ull << 61, 0x7fff }, { 1, 0 }, { 1ull << 63, 0 },
        { 1ull << 63, 0x3fff }, { 1ull << 63, 0xbfff },
        { 1ull << 62, 0x3fff }, { ~0ull, 0x7ffe }, { ~0ull, 0x3ffe },
        { 0xc90fdaa22168c235, 0x4000 },
    };
    uint64_t r = diff_random(&g->rng);

    switch (diff_below(&g->rng, 3)) {
    case 0:
        memcpy(reg, odd[r % G_N_ELEMENTS(odd)], 16);
        break;
    case 1:
        reg[0] = r | 1ull << 63;
        reg[1] = (0x3fff - 40 + diff_below(&g->rng, 80)) |
                 diff_below(&g->rng, 2) << 15;
        break;
    default:
        reg[0] = r;
        reg[1] = diff_random(&g->rng) & 0xffff;
        break;
    }
}

void gen_fx_state(Gen *g, DiffFx *fx, unsigned families)
{
    memset(fx, 0, sizeof(*fx));
    fx->fcw = 0x37f;
    fx->mxcsr = 0x1f80;
    fx->mxcsr_mask = 0xffff;
    for (unsigned i = 0; i < 16; i++) {
        fx->xmm[i][0] = fp_bits(g);
        fx->xmm[i][1] = fp_bits(g);
    }
    if (families & DIFF_X87) {
        fx->ftw = diff_once_in(&g->rng, 3) ? diff_random(&g->rng) : 0x3f;
        fx->fsw = (diff_once_in(&g->rng, 2) ? diff_below(&g->rng, 8) : 2)
                  << 11;
        for (unsigned i = 0; i < 8; i++) {
            x87_bits(g, fx->st[i]);
        }
        if (diff_once_in(&g->rng, 4)) {
            /* Rounding and precision; now and then unmasked exceptions. */
            fx->fcw = (diff_random(&g->rng) & 0xf00) | 0x7f;
            if (diff_once_in(&g->rng, 4)) {
                fx->fcw &= ~diff_below(&g->rng, 64);
            }
        }
    }
    if ((families & DIFF_SSE) && diff_once_in(&g->rng, 4)) {
        fx->mxcsr = 0x1f80 | (diff_random(&g->rng) & 0xe040) |
                    (diff_random(&g->rng) & 0x3f);
        if (diff_once_in(&g->rng, 4)) {
            /* Unmasked, with none of those pending. */
            unsigned open = diff_below(&g->rng, 64);

            fx->mxcsr &= ~(open << 7 | 0x3f);
        }
    }
}

/* MASKMOV goes where RDI points: it has its own place in gen_fp_state(). */
static bool sse_left_out(unsigned map, uint8_t op)
{
    return map == 0 && (op == 0xf7);
}

void gen_sse(Gen *g)
{
    static const uint8_t prefix_bytes[4] = { 0, 0x66, 0xf3, 0xf2 };
    unsigned map, prefix, width;
    bool aligned, imm, compares, w;
    uint8_t op, modrm;

    gen_choose_rex(g);
    do {
        map = diff_once_in(&g->rng, 6) ? 1 + diff_below(&g->rng, 2) : 0;
        prefix = diff_below(&g->rng, 4);
        op = diff_random(&g->rng) >> 20;
        modrm = diff_random(&g->rng) >> 20;
        if (diff_once_in(&g->rng, 2)) {
            modrm |= 0xc0;
        } else {
            modrm &= 0x3f;
        }
        w = g->rex && diff_once_in(&g->rng, 4);
    } while (sse_left_out(map, op) ||
             !diff_sse_known(map, prefix, op, w, modrm, &width, &aligned,
                             &imm, &compares));
    bool group = map == 0 && op >= 0x71 && op <= 0x73;
    Insn in = {
        .map = 1 + map, .op = op, .prefix = prefix_bytes[prefix],
        .rexw = w, .reg = group ? modrm >> 3 & 7 : gen_dst(g),
        .imm_bytes = imm, .imm = diff_random(&g->rng) >> 40,
    };
    in.rm = modrm >= 0xc0 ? gen_reg_rm(gen_dst(g))
                          : gen_mem(g, width, aligned);
    gen_emit(g, &in);
    if (compares) {
        gen_flags(g, F_ALL, 0);
    }
}

/* Bytes of the memory operand of an x87 instruction; 0: not to be made. */
static unsigned x87_width(unsigned escape, unsigned reg)
{
    switch (escape) {
    case 1:
        return reg == 1 ? 0 : reg == 4 || reg == 6 ? 28 : reg > 4 ? 2 : 4;
    case 3:
        return reg == 5 || reg == 7 ? 10 : reg == 4 || reg == 6 ? 0 : 4;
    case 5:
        return reg == 7 ? 2 : reg == 5 ? 0 : reg < 4 ? 8 : 108;
    case 7:
        return reg == 4 || reg == 6 ? 10 : reg == 5 || reg == 7 ? 8 : 2;
    case 0:
    case 2:
        return 4;
    case 4:
        return 8;
    default:
        return 2;
    }
}

/*
 * FXSAVE and FXRSTOR. What is kept of the last instruction differs by maker,
 * so those fields of the image are cleared in between.
 */
static void gen_fx_round_trip(Gen *g)
{
    /* The opcode, two pointers, and the mask of MXCSR. */
    static const uint8_t fields[] = { 6, 8, 12, 16, 20, 28 };
    uint64_t at = DIFF_DATA + diff_below(&g->rng, 0x1c0) * 16;
    bool w = !g->mode32 && diff_once_in(&g->rng, 2);
    Rm rm = { .mem = true, .modrm = 4, .has_sib = true, .sib = 0x25,
              .disp = at, .disp_bytes = 4 };

    gen_emit(g, &(Insn){ .map = 1, .op = 0xae, .reg = 0, .rexw = w,
                         .rm = rm });
    gen_mark(g);
    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
        Rm field = rm;

        field.disp += fields[i];
        gen_emit(g, &(Insn){ .op = 0xc7, .reg = 0, .rm = field,
                             .opsize16 = fields[i] == 6,
                             .imm_bytes = fields[i] == 6 ? 2 : 4 });
        gen_mark(g);
    }
    if (diff_once_in(&g->rng, 2)) {
        gen_emit(g, &(Insn){ .map = 1, .op = 0xae, .reg = 1, .rexw = w,
                             .rm = rm });
    }
}

/* LDMXCSR with a legal value, STMXCSR, EMMS, MASKMOV. */
void gen_fp_state(Gen *g)
{
    unsigned which = diff_below(&g->rng, 5);
    Rm rm;

    gen_choose_rex(g);
    switch (which) {
    case 0:
        rm = gen_mem(g, 4, false);
        rm.rip = false;
        gen_emit(g, &(Insn){ .map = 1, .op = 0xae, .reg = 3, .rm = rm });
        break;
    case 1:
        rm = (Rm){ .mem = true, .modrm = 4, .has_sib = true, .sib = 0x25,
                   .disp = DIFF_DATA + 0x80, .disp_bytes = 4 };
        gen_emit(g, &(Insn){ .op = 0xc7, .reg = 0, .rm = rm, .imm_bytes = 4,
                             .imm = 0x1f80 |
                                    (diff_random(&g->rng) & 0xe07f) });
        gen_mark(g);
        gen_emit(g, &(Insn){ .map = 1, .op = 0xae, .reg = 2, .rm = rm });
        break;
    case 2:
        gen_emit(g, &(Insn){ .reg = -1, .map = 1, .op = 0x77 });
        break;
    case 3:
        gen_emit(g, &(Insn){ .reg = -1, .op = 0xb8, .has_op_reg = true,
                             .op_reg = 7, .imm_bytes = 4,
                             .imm = gen_address(g, 16, false) });
        gen_mark(g);
        gen_emit(g, &(Insn){ .map = 1, .op = 0xf7, .reg = gen_dst(g),
                             .opsize16 = diff_once_in(&g->rng, 2),
                             .rm = gen_reg_rm(gen_dst(g)) });
        break;
    default:
        gen_fx_round_trip(g);
        break;
    }
}

/* Register forms that are #UD, most of them: kept rare. */
static bool x87_missing(unsigned escape, unsigned reg, unsigned rm)
{
    static const uint8_t whole_rows[8] = {
        0, 0x04, 0xd0, 0x90, 0, 0xc0, 0x08, 0x90,
    };

    if (escape == 2 && reg == 5) {
        return rm != 1;
    }
    return whole_rows[escape] >> reg & 1;
}

/* FCMOVcc reads CF, ZF and PF; FCOMI and its kin write them. */
static void x87_flags_before(Gen *g, unsigned escape, unsigned reg)
{
    if ((escape == 2 || escape == 3) && reg < 4) {
        gen_need_flags(g, F_C | F_Z | F_P);
    }
}

void gen_x87(Gen *g)
{
    unsigned escape = diff_below(&g->rng, 8), reg = diff_below(&g->rng, 8);
    Insn in = { .op = 0xd8 | escape, .reg = reg };

    g->rex = !g->mode32;
    if (diff_once_in(&g->rng, 2)) {
        unsigned width = x87_width(escape, reg);

        if (!width) {
            return;
        }
        in.rm = gen_mem(g, width, false);
        in.opsize16 = diff_once_in(&g->rng, 4);
    } else {
        in.rm = gen_reg_rm(diff_below(&g->rng, 8));
        if (x87_missing(escape, reg, in.rm.reg) &&
            !diff_once_in(&g->rng, 16)) {
            return;
        }
        x87_flags_before(g, escape, reg);
    }
    gen_emit(g, &in);
    if (!in.rm.mem && (escape == 3 || escape == 7) &&
        (reg == 5 || reg == 6)) {
        gen_flags(g, F_ALL, 0);
    }
}
