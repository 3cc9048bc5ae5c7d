/*
 * Integer and string instructions for the differential test.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x86-diff-gen.h"

/* The shape that most integer instructions share: width and prefixes. */
static Insn sized(Gen *g, unsigned *bytes)
{
    Insn in = { .reg = -1 };

    gen_choose_rex(g);
    *bytes = 1u << diff_below(&g->rng, g->rex ? 4 : 3);
    in.opsize16 = *bytes == 2;
    in.rexw = *bytes == 8;
    in.rex_empty = g->rex && *bytes == 1;
    return in;
}

/* The same, but not for bytes. */
static Insn sized_wide(Gen *g, unsigned *bytes)
{
    Insn in;

    do {
        in = sized(g, bytes);
    } while (*bytes == 1);
    return in;
}

static unsigned dst_of(Gen *g, unsigned bytes)
{
    return bytes == 1 ? gen_dst8(g) : gen_dst(g);
}

static unsigned src_of(Gen *g, unsigned bytes)
{
    return bytes == 1 ? gen_src8(g) : gen_src(g);
}

static void set_imm(Gen *g, Insn *in, unsigned bytes)
{
    in->imm_bytes = MIN(bytes, 4);
    in->imm = gen_value(g);
}

static void gen_alu(Gen *g)
{
    unsigned bytes, op = diff_below(&g->rng, 8), form;
    Insn in = sized(g, &bytes);
    bool logic = op == 1 || op == 4 || op == 6;

    if (op == 2 || op == 3) {
        gen_need_flags(g, F_C);
    }
    form = diff_below(&g->rng, 4);
    in.op = op << 3 | (bytes != 1);
    if (form == 0) {                        /* r/m, r */
        in.reg = src_of(g, bytes);
        in.rm = gen_rm(g, dst_of(g, bytes), bytes);
        in.lock = in.rm.mem && op != 7 && diff_once_in(&g->rng, 8);
    } else if (form == 1) {                 /* r, r/m */
        in.op |= 2;
        in.reg = dst_of(g, bytes);
        in.rm = gen_rm(g, src_of(g, bytes), bytes);
    } else if (form == 2) {                 /* accumulator, immediate */
        in.op |= 4;
        set_imm(g, &in, bytes);
    } else {                                /* group 1 */
        in.op = bytes == 1 ? 0x80 : diff_once_in(&g->rng, 2) ? 0x81 : 0x83;
        in.reg = op;
        in.rm = gen_rm(g, dst_of(g, bytes), bytes);
        in.lock = in.rm.mem && op != 7 && diff_once_in(&g->rng, 8);
        set_imm(g, &in, in.op == 0x83 ? 1 : bytes);
    }
    gen_emit(g, &in);
    gen_flags(g, F_ALL, logic ? F_A : 0);
}

static void gen_test(Gen *g)
{
    unsigned bytes;
    Insn in = sized(g, &bytes);

    if (diff_once_in(&g->rng, 2)) {
        in.op = 0x84 | (bytes != 1);
        in.reg = src_of(g, bytes);
        in.rm = gen_rm(g, src_of(g, bytes), bytes);
    } else if (diff_once_in(&g->rng, 2)) {
        in.op = 0xa8 | (bytes != 1);
        set_imm(g, &in, bytes);
    } else {
        in.op = 0xf6 | (bytes != 1);
        in.reg = diff_below(&g->rng, 2);
        in.rm = gen_rm(g, src_of(g, bytes), bytes);
        set_imm(g, &in, bytes);
    }
    gen_emit(g, &in);
    gen_flags(g, F_ALL, F_A);
}

/* NOT, NEG, INC, DEC. */
static void gen_unary(Gen *g)
{
    unsigned bytes, which = diff_below(&g->rng, 4);
    Insn in = sized(g, &bytes);

    in.op = (which < 2 ? 0xf6 : 0xfe) | (bytes != 1);
    in.reg = which < 2 ? 2 + which : which - 2;
    in.rm = gen_rm(g, dst_of(g, bytes), bytes);
    in.lock = in.rm.mem && diff_once_in(&g->rng, 8);
    gen_emit(g, &in);
    if (which == 1) {
        gen_flags(g, F_ALL, 0);
    } else if (which >= 2) {
        gen_flags(g, F_ALL & ~F_C, 0);
    }
}

static void gen_mul_div(Gen *g)
{
    unsigned bytes, member = 4 + diff_below(&g->rng, 4);
    Insn in = sized(g, &bytes);

    if (member >= 6 && !diff_once_in(&g->rng, 4)) {
        /* A small high half, so that most quotients fit. */
        gen_emit(g, &(Insn){ .op = bytes == 1 ? 0x25 : 0xba, .reg = -1,
                             .imm_bytes = 4, .imm = bytes == 1 ? 0x7f : 0 });
        if (bytes == 1) {
            gen_flags(g, F_ALL, F_A);
            gen_mark(g);
        }
    }
    in.op = 0xf6 | (bytes != 1);
    in.reg = member;
    in.rm = gen_rm(g, src_of(g, bytes), bytes);
    gen_emit(g, &in);
    if (member < 6) {
        gen_flags(g, F_C | F_O, F_S | F_Z | F_A | F_P);
    } else {
        gen_flags(g, 0, F_ALL);
    }
}

static void gen_imul(Gen *g)
{
    unsigned bytes;
    Insn in = sized_wide(g, &bytes);

    in.reg = gen_dst(g);
    in.rm = gen_rm(g, gen_src(g), bytes);
    if (diff_once_in(&g->rng, 2)) {
        in.map = 1;
        in.op = 0xaf;
    } else {
        in.op = diff_once_in(&g->rng, 2) ? 0x69 : 0x6b;
        set_imm(g, &in, in.op == 0x6b ? 1 : bytes);
    }
    gen_emit(g, &in);
    gen_flags(g, F_C | F_O, F_S | F_Z | F_A | F_P);
}

/* What a shift or rotate leaves; @count < 0: in CL. */
static void shift_flags(Gen *g, unsigned member, int count, unsigned bytes)
{
    bool rotate = member < 4;
    int n = count < 0 ? -1 : count & (bytes == 8 ? 63 : 31);

    if (n == 0) {
        return;
    }
    if (rotate) {
        gen_flags(g, n > 0 ? F_C : 0, n == 1 ? 0 : F_O);
        if (n == 1) {
            gen_flags(g, F_O, 0);
        }
        return;
    }
    gen_flags(g, n > 0 ? F_ALL : 0, F_A | (n == 1 ? 0 : F_O));
    if (member != 7 && (n < 0 ? bytes < 4 : n >= (int)bytes * 8)) {
        gen_flags(g, 0, F_C);
    }
}

static void gen_shift(Gen *g)
{
    unsigned bytes, member = diff_below(&g->rng, 8);
    unsigned form = diff_below(&g->rng, 3);
    Insn in = sized(g, &bytes);
    int count = 1;

    if (member == 2 || member == 3) {
        gen_need_flags(g, F_C);
    }
    in.op = (form == 0 ? 0xc0 : form == 1 ? 0xd0 : 0xd2) | (bytes != 1);
    in.reg = member;
    in.rm = gen_rm(g, dst_of(g, bytes), bytes);
    if (form == 0) {
        set_imm(g, &in, 1);
        in.imm = diff_once_in(&g->rng, 4) ? in.imm
                                          : diff_below(&g->rng, 40);
        count = in.imm & 0xff;
    } else if (form == 2) {
        count = -1;
    }
    gen_emit(g, &in);
    shift_flags(g, member, count, bytes);
}

static void gen_double_shift(Gen *g)
{
    unsigned bytes, right = diff_below(&g->rng, 2) << 3;
    Insn in = sized_wide(g, &bytes);
    int n = -1;

    in.map = 1;
    in.reg = gen_src(g);
    in.rm = gen_rm(g, gen_dst(g), bytes);
    if (bytes == 2 || diff_once_in(&g->rng, 2)) {
        in.op = 0xa4 | right;
        in.imm_bytes = 1;
        in.imm = diff_below(&g->rng, bytes == 2 ? 17 : 70);
        n = in.imm & (bytes == 8 ? 63 : 31);
    } else {
        in.op = 0xa5 | right;
    }
    gen_emit(g, &in);
    if (n != 0) {
        gen_flags(g, n > 0 ? F_ALL : 0, F_A | (n == 1 ? 0 : F_O));
    }
}

static void gen_mov(Gen *g)
{
    unsigned bytes;
    Insn in = sized(g, &bytes);

    switch (diff_below(&g->rng, 4)) {
    case 0:
        in.op = 0x88 | (bytes != 1);
        in.reg = src_of(g, bytes);
        in.rm = gen_rm(g, dst_of(g, bytes), bytes);
        break;
    case 1:
        in.op = 0x8a | (bytes != 1);
        in.reg = dst_of(g, bytes);
        in.rm = gen_rm(g, src_of(g, bytes), bytes);
        break;
    case 2:
        in.op = 0xc6 | (bytes != 1);
        in.reg = 0;
        in.rm = gen_rm(g, dst_of(g, bytes), bytes);
        set_imm(g, &in, bytes);
        break;
    default:
        in.op = bytes == 1 ? 0xb0 : 0xb8;
        in.has_op_reg = true;
        in.op_reg = dst_of(g, bytes);
        in.imm_bytes = bytes;
        in.imm = gen_value(g);
        break;
    }
    gen_emit(g, &in);
}

/* MOVZX, MOVSX, MOVSXD, LEA, XCHG, BSWAP. */
static void gen_mov_more(Gen *g)
{
    unsigned bytes, which = diff_below(&g->rng, 6);
    Insn in = sized_wide(g, &bytes);

    in.reg = gen_dst(g);
    which = which == 2 && g->mode32 ? 3 : which;
    switch (which) {
    case 0:
    case 1:
        in.map = 1;
        in.op = (which ? 0xbe : 0xb6) | diff_below(&g->rng, 2);
        in.rex_empty = g->rex;
        in.rm = gen_rm(g, in.op & 1 ? gen_src(g) : gen_src8(g),
                       in.op & 1 ? 2 : 1);
        break;
    case 2:
        in.op = 0x63;               /* in 16 bits makers disagree */
        in.opsize16 = false;
        in.rm = gen_rm(g, gen_src(g), 4);
        break;
    case 3:
        in.op = 0x8d;
        in.rm = gen_mem(g, bytes, false);
        break;
    case 4:
        in.op = 0x87;
        in.rm = gen_rm(g, gen_dst(g), bytes);
        break;
    default:
        in = (Insn){ .reg = -1, .map = 1, .op = 0xc8, .has_op_reg = true,
                     .op_reg = gen_dst(g), .rexw = bytes == 8 };
        break;
    }
    gen_emit(g, &in);
}

static void gen_bits(Gen *g)
{
    unsigned bytes, which = diff_below(&g->rng, 4);
    Insn in = sized_wide(g, &bytes);

    in.map = 1;
    if (which == 0) {                       /* BSF, BSR */
        in.op = 0xbc | diff_below(&g->rng, 2);
        in.reg = gen_dst(g);
        in.rm = gen_rm(g, gen_src(g), bytes);
        gen_emit(g, &in);
        gen_flags(g, F_Z, F_ALL & ~F_Z);
        return;
    }
    if (which == 1) {                       /* BT... by register */
        in.op = 0xa3 | diff_below(&g->rng, 4) << 3;
        if (g->rex && diff_once_in(&g->rng, 2)) {
            in.reg = 14 + diff_below(&g->rng, 2);
            in.rm = gen_mem(g, 0x40, false);
        } else {
            in.reg = gen_src(g);
            in.rm = gen_reg_rm(gen_dst(g));
        }
    } else {
        in.op = 0xba;
        in.reg = 4 + diff_below(&g->rng, 4);
        in.rm = gen_rm(g, gen_dst(g), bytes);
        set_imm(g, &in, 1);
    }
    in.lock = in.rm.mem && diff_once_in(&g->rng, 8) &&
              (which == 1 ? in.op != 0xa3 : in.reg != 4);
    gen_emit(g, &in);
    gen_flags(g, F_C, F_O | F_S | F_A | F_P);
}

static void gen_exchange_add(Gen *g)
{
    unsigned bytes, which = diff_below(&g->rng, 3);
    Insn in = sized(g, &bytes);

    in.map = 1;
    if (which == 2) {                       /* CMPXCHG8B, CMPXCHG16B */
        bool wide = !g->mode32 && diff_once_in(&g->rng, 2);

        in = (Insn){ .map = 1, .op = 0xc7, .reg = 1, .rexw = wide };
        g->rex = !g->mode32;
        in.rm = gen_mem(g, wide ? 16 : 8, wide);
        gen_emit(g, &in);
        gen_flags(g, F_Z, 0);
        return;
    }
    in.op = (which ? 0xb0 : 0xc0) | (bytes != 1);
    in.reg = which ? src_of(g, bytes) : dst_of(g, bytes);
    in.rm = gen_rm(g, dst_of(g, bytes), bytes);
    in.lock = in.rm.mem && diff_once_in(&g->rng, 4);
    gen_emit(g, &in);
    gen_flags(g, F_ALL, 0);
}

/* Flags that condition @cc looks at. */
unsigned gen_condition_flags(unsigned cc)
{
    static const uint16_t used[8] = {
        F_O, F_C, F_Z, F_C | F_Z, F_S, F_P, F_S | F_O, F_S | F_O | F_Z,
    };

    return used[cc >> 1];
}

static void gen_conditional(Gen *g)
{
    unsigned bytes, cc = diff_below(&g->rng, 16);
    Insn in = sized_wide(g, &bytes);

    gen_need_flags(g, gen_condition_flags(cc));
    in.map = 1;
    if (diff_once_in(&g->rng, 2)) {
        in.op = 0x40 | cc;
        in.reg = gen_dst(g);
        in.rm = gen_rm(g, gen_src(g), bytes);
    } else {
        in = (Insn){ .map = 1, .op = 0x90 | cc, .reg = 0,
                     .rex_empty = g->rex };
        in.rm = gen_rm(g, gen_dst8(g), 1);
    }
    gen_emit(g, &in);
}

static void gen_stack(Gen *g)
{
    unsigned which = diff_below(&g->rng, 8);
    Insn in = { .reg = -1 };

    g->rex = !g->mode32;
    in.opsize16 = diff_once_in(&g->rng, 6);
    switch (which) {
    case 0:
    case 1:
        in.op = 0x50;
        in.has_op_reg = true;
        in.op_reg = gen_src(g);
        break;
    case 2:
    case 3:
        in.op = 0x58;
        in.has_op_reg = true;
        in.op_reg = gen_dst(g);
        break;
    case 4:
        in.op = diff_once_in(&g->rng, 2) ? 0x68 : 0x6a;
        set_imm(g, &in, in.op == 0x6a ? 1 : in.opsize16 ? 2 : 4);
        break;
    case 5:
        in.op = 0xff;
        in.reg = 6;
        in.rm = gen_rm(g, gen_src(g), 8);
        break;
    case 6:
        in.op = 0x8f;
        in.reg = 0;
        in.rm = gen_rm(g, gen_dst(g), 8);
        break;
    default:                                /* PUSHF, POPF */
        if (diff_once_in(&g->rng, 2)) {
            gen_need_flags(g, F_ALL);
            in.op = 0x9c;
        } else {
            gen_emit(g, &(Insn){ .reg = -1, .op = 0x68, .imm_bytes = 4,
                                 .imm = (gen_value(g) & 0xcd5) | 0x202 });
            in.opsize16 = false;
            in.op = 0x9d;
            gen_flags(g, F_ALL, 0);
        }
        break;
    }
    gen_emit(g, &in);
}

static void gen_flag_ops(Gen *g)
{
    static const uint8_t one_byte[] = {
        0xf5, 0xf8, 0xf9, 0xfc, 0xfd, 0x98, 0x99, 0x9e, 0x9f, 0x90, 0xd7,
    };
    uint8_t op = one_byte[diff_below(&g->rng, G_N_ELEMENTS(one_byte))];
    Insn in = { .reg = -1, .op = op };

    if (op == 0xd7) {                       /* XLAT: AL and RBX */
        gen_emit(g, &in);
        return;
    }
    if (op == 0xf5) {
        gen_need_flags(g, F_C);
    }
    if (op == 0x9f) {
        gen_need_flags(g, F_ALL & ~F_O);
    }
    if (op == 0x98 || op == 0x99) {
        in.opsize16 = diff_once_in(&g->rng, 3);
        in.rexw = diff_once_in(&g->rng, 2);
    }
    gen_emit(g, &in);
    if (op == 0xf8 || op == 0xf9) {
        gen_flags(g, F_C, 0);
    }
    if (op == 0x9e) {
        gen_flags(g, F_ALL & ~F_O, 0);
    }
}

void gen_simple(Gen *g)
{
    if (diff_once_in(&g->rng, 2)) {
        gen_alu(g);
    } else {
        gen_mov(g);
    }
}

/* A short jump over one simple instruction. */
static void gen_jump(Gen *g)
{
    unsigned cc = diff_below(&g->rng, 16), before, at;

    gen_need_flags(g, gen_condition_flags(cc));
    gen_emit(g, &(Insn){ .reg = -1, .op = 0x70 | cc, .imm_bytes = 1 });
    at = g->pos;
    before = g->undefined;
    gen_mark(g);
    gen_simple(g);
    g->p->code[at - 1] = g->pos - at;
    g->undefined |= before;
}

/* DEC and JNZ around a body: the same code several times. */
static void gen_loop(Gen *g)
{
    unsigned start, counter = g->mode32 ? 7 : 11;

    gen_emit(g, &(Insn){ .reg = -1, .op = 0xb8, .has_op_reg = true,
                         .op_reg = counter, .imm_bytes = 4,
                         .imm = 1 + diff_below(&g->rng, 5) });
    gen_need_flags(g, F_ALL);
    g->undefined = F_ALL;           /* the second round starts with these */
    start = g->pos;
    g->in_loop = true;
    gen_mark(g);
    for (unsigned i = 0; i < 2; i++) {
        if (diff_once_in(&g->rng, 2)) {
            gen_mov(g);
        } else {
            gen_shift(g);
        }
        g->undefined = F_ALL;
        gen_mark(g);
    }
    g->in_loop = false;
    if (g->mode32) {
        gen_put(g, 0x4f);               /* dec %edi */
    } else {
        gen_put_le(g, 0xcbff49, 3);     /* dec %r11 */
    }
    gen_put(g, 0x75);                   /* jnz start */
    gen_put(g, start - (g->pos + 1));
    g->undefined = F_ALL;
    gen_need_flags(g, F_ALL);
}

void gen_integer(Gen *g)
{
    static void (*const kinds[])(Gen *) = {
        gen_alu, gen_alu, gen_alu, gen_test, gen_unary, gen_mul_div,
        gen_imul, gen_shift, gen_shift, gen_double_shift, gen_mov, gen_mov,
        gen_mov_more, gen_mov_more, gen_bits, gen_exchange_add,
        gen_conditional, gen_conditional, gen_stack, gen_flag_ops, gen_jump,
    };

    if (diff_once_in(&g->rng, 60)) {
        gen_loop(g);
        return;
    }
    kinds[diff_below(&g->rng, G_N_ELEMENTS(kinds))](g);
}

/* String instructions, with RSI, RDI and RCX made good first. */
void gen_string(Gen *g)
{
    static const uint8_t ops[] = { 0xa4, 0xa6, 0xaa, 0xac, 0xae };
    unsigned bytes;
    Insn in = sized(g, &bytes);
    unsigned repeat = diff_below(&g->rng, 3);

    for (unsigned r = 6; r <= 7; r++) {
        gen_emit(g, &(Insn){ .reg = -1, .op = 0xb8, .has_op_reg = true,
                             .op_reg = r, .imm_bytes = 4,
                             .imm = gen_address(g, 8, false) });
    }
    gen_emit(g, &(Insn){ .reg = -1, .op = 0xb8, .has_op_reg = true,
                         .op_reg = 1, .imm_bytes = 4,
                         .imm = diff_below(&g->rng, 40) });
    in.op = ops[diff_below(&g->rng, G_N_ELEMENTS(ops))] | (bytes != 1);
    in.prefix = repeat == 0 ? 0 : repeat == 1 ? 0xf3 : 0xf2;
    in.rex_empty = false;
    if (diff_once_in(&g->rng, 2)) {
        gen_emit(g, &(Insn){ .reg = -1,
                             .op = 0xfc | diff_below(&g->rng, 2) });
    }
    if ((in.op & 0xf6) == 0xa6) {
        gen_need_flags(g, F_ALL);   /* with a count of 0 they stay */
    }
    gen_emit(g, &in);
    if ((in.op & 0xf6) == 0xa6) {
        gen_flags(g, F_ALL, 0);
    }
}

