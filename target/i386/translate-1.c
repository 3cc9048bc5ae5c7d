/*
 * Translation of the one-byte opcodes; see translate.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "excp.h"
#include "string-op.h"
#include "translate.h"

/* ---- Stack ------------------------------------------------------------ */

/* Width of pushes and pops: never 32 bits in 64-bit mode. */
static unsigned stack_width(const Translator *t)
{
    return t->mode64 && t->d.i.opsize != 2 ? 3 : tr_log2(t->d.i.opsize);
}

static unsigned low_reg(const Translator *t, uint8_t opcode)
{
    return t->d.rex_b | (opcode & 7);
}

static void push_reg(Translator *t, unsigned reg)
{
    unsigned log2 = stack_width(t);
    MicroOp *op;

    if (log2 == 3) {
        op = tr_emit(t, uop_push64_r);
        op->r0 = reg;
    } else {
        op = tr_emit(t, uop_push_any[log2]);
        op->aux = UOP_AM_REG;
        op->r1 = reg;
    }
    tr_may_fault(t);
}

static void pop_reg(Translator *t, unsigned reg)
{
    unsigned log2 = stack_width(t);
    MicroOp *op;

    if (log2 == 3) {
        op = tr_emit(t, uop_pop64_r);
        op->r0 = reg;
    } else {
        op = tr_emit(t, uop_pop_any[log2]);
        op->aux = UOP_AM_REG;
        op->r1 = reg;
    }
    tr_may_fault(t);
}

static void push_rm(Translator *t)
{
    unsigned log2 = stack_width(t);
    MicroOp *op;

    if (!t->d.i.has_mem) {
        push_reg(t, t->d.i.rm);
    } else if (log2 == 3) {
        op = tr_emit(t, uop_nop);
        op->fn = uop_push64_m[tr_mem(t, op)];
    } else {
        tr_any(t, uop_push_any[log2], log2, false);
    }
}

static void push_imm(Translator *t)
{
    unsigned log2 = stack_width(t);

    tr_emit(t, log2 == 3 ? uop_push64_i : uop_push_imm[log2])->imm =
        t->d.i.imm;
    tr_may_fault(t);
}

static void stack_simple(Translator *t, UopFn *const *table, bool may_end)
{
    tr_emit(t, table[stack_width(t)]);
    tr_may_fault(t);
    t->cond_kind = may_end ? COND_UNKNOWN : t->cond_kind;
    if (may_end) {
        tr_end(t);
    }
}

static void enter(Translator *t)
{
    MicroOp *op = tr_emit(t, uop_enter[stack_width(t)]);

    op->disp = (uint16_t)t->d.i.imm;
    op->imm = t->d.i.imm2;
    tr_may_fault(t);
}

/* ---- Groups with jumps and pushes ------------------------------------- */

static void call_rm(Translator *t, bool call)
{
    unsigned log2 = t->mode64 ? 3 : tr_log2(t->d.i.opsize);
    MicroOp *op;

    if (!t->mode64) {
        op = tr_any(t, call ? uop_call_any[log2] : uop_jump_any[log2], log2,
                    false);
    } else if (!t->d.i.has_mem) {
        op = tr_emit(t, call ? uop_call64_r : uop_jump64_r);
        op->r1 = t->d.i.rm;
        tr_may_fault(t);
    } else {
        unsigned form;

        op = tr_emit(t, uop_nop);
        form = tr_mem(t, op);
        op->fn = call ? uop_call64_m[form] : uop_jump64_m[form];
    }
    op->r0 = t->insns + 1;
    tr_exit_fall(t);
    t->used[0] = false;         /* only the distance is wanted */
}

static void group_5(Translator *t)
{
    unsigned log2 = tr_log2(t->d.i.opsize);

    switch (t->d.i.modrm >> 3 & 7) {
    case 0: case 1:
        tr_inc_dec(t, t->d.i.modrm >> 3 & 1, log2);
        break;
    case 2:
        call_rm(t, true);
        break;
    case 4:
        call_rm(t, false);
        break;
    case 6:
        push_rm(t);
        break;
    case 7:
        tr_undefined(t);
        break;
    default:                    /* far CALL and JMP */
        if (!t->d.i.has_mem || !tr_system(t)) {
            tr_undefined(t);
        }
    }
}

/* ---- Jumps ------------------------------------------------------------ */

void tr_jcc(Translator *t, unsigned cond)
{
    MicroOp *op;
    UopFn *fused = NULL;

    if (t->fuse.table && t->fuse.uop == (int)t->n - 1) {
        fused = t->fuse.table[cond];
    }
    if (fused) {
        op = &t->ops[t->n - 1];
        op->fn = fused;
        tr_meta(t)->dead = NULL;
    } else {
        op = tr_emit(t, uop_jcc[t->cond_kind][cond]);
        tr_meta(t)->reads = LIVE_ALL;
    }
    op->aux = t->insns + 1;
    tr_exit_fall(t);
    tr_exit_jump(t, tr_branch_target(t));
}

static void jmp_near(Translator *t)
{
    tr_emit(t, uop_jump)->aux = t->insns + 1;
    tr_exit_jump(t, tr_branch_target(t));
}

static void call_near(Translator *t)
{
    int64_t target = tr_branch_target(t);
    MicroOp *op;

    if (t->mode64) {
        op = tr_emit(t, uop_call64);
        op->aux = t->insns + 1;
        tr_exit_fall(t);
        tr_exit_jump(t, target);
    } else {
        op = tr_emit(t, uop_call_near[tr_log2(t->d.i.opsize)]);
        op->imm64 = t->eip + target;
        op->r0 = t->insns + 1;
        tr_exit_fall(t);
    }
    t->used[0] = false;
    tr_may_fault(t);
}

static void ret_near(Translator *t)
{
    MicroOp *op = tr_emit(t, t->mode64 ? uop_ret64
                          : uop_ret_near[tr_log2(t->d.i.opsize)]);

    op->imm = t->d.i.opcode == 0xc2 ? t->d.i.imm : 0;
    op->r0 = t->insns + 1;
    tr_may_fault(t);
    t->ended = true;
}

static void loop(Translator *t, unsigned kind)
{
    MicroOp *op = tr_emit(t, uop_loop[kind]);

    tr_meta(t)->reads = LIVE_ALL;
    op->scale = tr_log2(t->d.i.adsize);
    op->aux = t->insns + 1;
    tr_exit_fall(t);
    tr_exit_jump(t, tr_branch_target(t));
}

/* ---- Strings, ports, the rest ----------------------------------------- */

static void string(Translator *t, unsigned kind, unsigned log2)
{
    uint8_t prefixes = t->d.i.prefixes;
    StringOp s = {
        .kind = kind, .log2 = log2, .adsize = t->d.i.adsize,
        .rep = prefixes & X86_PFX_F3 ? 1 : prefixes & X86_PFX_F2 ? 2 : 0,
        .seg = t->d.seg_override ? t->d.i.seg : R_DS,
    };

    tr_emit(t, uop_string)->imm64 = string_pack(s);
    tr_may_fault(t);
    tr_meta(t)->reads = LIVE_ALL;
    if (kind == STR_CMPS || kind == STR_SCAS) {
        t->cond_kind = COND_UNKNOWN;
    }
}

static void port(Translator *t, bool out, bool dx, unsigned size)
{
    MicroOp *op = tr_emit(t, out ? uop_out[dx] : uop_in[dx]);

    op->r0 = size == 8 ? 4 : size;
    op->imm = (uint8_t)t->d.i.imm;
    tr_may_fault(t);
    /* A device may have been reset, moved or made the CPU leave. */
    tr_end(t);
}

static void xlat(Translator *t)
{
    MicroOp *op;

    t->d.base = R_EBX;
    t->d.i.has_mem = true;
    if (!t->d.seg_override) {
        t->d.i.seg = R_DS;
    }
    op = tr_emit(t, uop_xlat);
    tr_mem(t, op);
}

static void bcd(Translator *t, unsigned which)
{
    tr_emit(t, uop_bcd[which])->imm = (uint8_t)t->d.i.imm;
    tr_may_fault(t);
    t->cond_kind = COND_UNKNOWN;
}

static void pop_rm(Translator *t)
{
    if (t->d.i.modrm & 0x38) {
        tr_undefined(t);
    } else if (t->d.i.has_mem) {
        unsigned log2 = stack_width(t);

        tr_any(t, uop_pop_any[log2], log2, false);
    } else {
        pop_reg(t, t->d.i.rm);
    }
}

/* Flags and single-byte oddities: 90..9F and F4..FD. */
static void flag_insn(Translator *t, UopFn *fn, unsigned reads,
                      unsigned writes)
{
    UopMeta *m;

    tr_emit(t, fn);
    m = tr_meta(t);
    m->reads = reads;
    m->writes = writes;
    if (writes) {
        t->cond_kind = COND_UNKNOWN;
        m->reads = LIVE_ALL;
    }
}

static void sti(Translator *t)
{
    tr_emit(t, uop_sti);
    tr_may_fault(t);
    tr_end(t);
}

static void hlt(Translator *t)
{
    tr_emit(t, uop_hlt);
    tr_may_fault(t);
    tr_end(t);
}

/* 06 0E 16 1E: PUSH of a segment register. */
static void push_seg(Translator *t, unsigned seg)
{
    tr_emit(t, uop_push_seg[stack_width(t)])->imm = seg;
    tr_may_fault(t);
}

void tr_push_seg(Translator *t, unsigned seg)
{
    push_seg(t, seg);
}

static void rows_80_to_bf(Translator *t, uint8_t opcode)
{
    unsigned v = tr_log2(t->d.i.opsize), wv = opcode & 1 ? v : 0;

    switch (opcode) {
    case 0x80 ... 0x83:
        tr_alu_rm_imm(t, t->d.i.modrm >> 3 & 7, wv);
        break;
    case 0x84: case 0x85:
        tr_alu_rm_reg(t, ALU_TEST, wv);
        break;
    case 0x86: case 0x87:
        tr_xchg(t, wv);
        break;
    case 0x88: case 0x89:
        tr_mov_store(t, wv);
        break;
    case 0x8a: case 0x8b:
        tr_mov_load(t, wv);
        break;
    case 0x8c:
        tr_mov_from_seg(t);
        break;
    case 0x8d:
        tr_lea(t);
        break;
    case 0x8f:
        pop_rm(t);
        break;
    case 0x90 ... 0x97:
        t->d.i.rm = low_reg(t, opcode);
        t->d.i.reg = R_EAX;
        if (t->d.i.rm == R_EAX) {
            bool pause = t->d.i.prefixes & X86_PFX_F3;

            tr_emit(t, pause && CPU_NEXT(first_cpu) ? uop_pause : uop_nop);
        } else {
            tr_xchg(t, v);
        }
        break;
    case 0x98: case 0x99:
        tr_emit(t, uop_convert[opcode & 1][v]);
        break;
    case 0x9c:
        stack_simple(t, uop_pushf, false);
        break;
    case 0x9d:
        stack_simple(t, uop_popf, true);
        break;
    case 0x9e:
        flag_insn(t, uop_sahf, LIVE_ALL, LIVE_ALL);
        break;
    case 0x9f:
        flag_insn(t, uop_lahf, LIVE_ALL, 0);
        break;
    case 0xa0 ... 0xa3:
        tr_mov_moffs(t, opcode);
        break;
    case 0xa4: case 0xa5:
        string(t, STR_MOVS, wv);
        break;
    case 0xa6: case 0xa7:
        string(t, STR_CMPS, wv);
        break;
    case 0xa8: case 0xa9:
        tr_alu_reg_imm(t, ALU_TEST, wv, R_EAX, t->d.i.imm);
        break;
    case 0xaa: case 0xab:
        string(t, STR_STOS, wv);
        break;
    case 0xac: case 0xad:
        string(t, STR_LODS, wv);
        break;
    case 0xae: case 0xaf:
        string(t, STR_SCAS, wv);
        break;
    case 0xb0 ... 0xb7:
        tr_mov_reg_imm(t, low_reg(t, opcode), 0);
        break;
    case 0xb8 ... 0xbf:
        tr_mov_reg_imm(t, low_reg(t, opcode), v);
        break;
    default:
        if (!tr_system(t)) {
            tr_undefined(t);
        }
    }
}

static void rows_c0_to_ff(Translator *t, uint8_t opcode)
{
    unsigned v = tr_log2(t->d.i.opsize), wv = opcode & 1 ? v : 0;

    switch (opcode) {
    case 0xc0: case 0xc1:
        tr_shift_group(t, wv, TR_COUNT_IMM);
        break;
    case 0xc2: case 0xc3:
        ret_near(t);
        break;
    case 0xc6: case 0xc7:
        tr_mov_rm_imm(t, wv);
        break;
    case 0xc8:
        enter(t);
        break;
    case 0xc9:
        if (stack_width(t) == 3) {
            tr_emit(t, uop_leave64);
            tr_may_fault(t);
        } else {
            stack_simple(t, uop_leave, false);
        }
        break;
    case 0xd0: case 0xd1:
        tr_shift_group(t, wv, TR_COUNT_ONE);
        break;
    case 0xd2: case 0xd3:
        tr_shift_group(t, wv, TR_COUNT_CL);
        break;
    case 0xd4: case 0xd5:
        bcd(t, 4 + (opcode & 1));
        break;
    case 0xd6:
        flag_insn(t, uop_salc, LIVE_C, 0);
        break;
    case 0xd7:
        xlat(t);
        break;
    case 0xd8 ... 0xdf:
        tr_x87(t);
        break;
    case 0xe0 ... 0xe3:
        loop(t, opcode & 3);
        break;
    case 0xe4: case 0xe5: case 0xe6: case 0xe7:
        port(t, opcode & 2, false, opcode & 1 ? t->d.i.opsize : 1);
        break;
    case 0xe8:
        call_near(t);
        break;
    case 0xe9: case 0xeb:
        jmp_near(t);
        break;
    case 0xec: case 0xed: case 0xee: case 0xef:
        port(t, opcode & 2, true, opcode & 1 ? t->d.i.opsize : 1);
        break;
    case 0xf4:
        hlt(t);
        break;
    case 0xf5:
        flag_insn(t, uop_carry[2], LIVE_ALL, LIVE_C);
        break;
    case 0xf6: case 0xf7:
        tr_group_3(t, wv);
        break;
    case 0xf8: case 0xf9:
        flag_insn(t, uop_carry[opcode & 1], LIVE_ALL, LIVE_C);
        break;
    case 0xfa:
        tr_emit(t, uop_cli);
        tr_may_fault(t);
        break;
    case 0xfb:
        sti(t);
        break;
    case 0xfc: case 0xfd:
        tr_emit(t, uop_direction[opcode & 1]);
        break;
    case 0xfe:
        if (t->d.i.modrm & 0x30) {
            tr_undefined(t);
        } else {
            tr_inc_dec(t, t->d.i.modrm >> 3 & 1, 0);
        }
        break;
    case 0xff:
        group_5(t);
        break;
    default:
        if (!tr_system(t)) {
            tr_undefined(t);
        }
    }
}

static void rows_40_to_7f(Translator *t, uint8_t opcode)
{
    unsigned v = tr_log2(t->d.i.opsize), wv = opcode & 1 ? v : 0;

    switch (opcode) {
    case 0x40 ... 0x4f:
        t->d.i.rm = opcode & 7;
        tr_inc_dec(t, opcode >> 3 & 1, v);
        break;
    case 0x50 ... 0x57:
        push_reg(t, low_reg(t, opcode));
        break;
    case 0x58 ... 0x5f:
        pop_reg(t, low_reg(t, opcode));
        break;
    case 0x60:
        stack_simple(t, uop_pusha, false);
        break;
    case 0x61:
        stack_simple(t, uop_popa, false);
        break;
    case 0x63:
        tr_movsxd(t);
        break;
    case 0x68: case 0x6a:
        push_imm(t);
        break;
    case 0x69: case 0x6b:
        tr_imul_imm(t);
        break;
    case 0x6c: case 0x6d:
        string(t, STR_INS, MIN(wv, 2));
        break;
    case 0x6e: case 0x6f:
        string(t, STR_OUTS, MIN(wv, 2));
        break;
    case 0x70 ... 0x7f:
        tr_jcc(t, opcode & 15);
        break;
    default:
        if (!tr_system(t)) {
            tr_undefined(t);
        }
    }
}

void tr_map_1(Translator *t)
{
    uint8_t opcode = t->d.i.opcode;

    if (opcode >= 0xc0) {
        rows_c0_to_ff(t, opcode);
    } else if (opcode >= 0x80) {
        rows_80_to_bf(t, opcode);
    } else if (opcode >= 0x40) {
        rows_40_to_7f(t, opcode);
    } else if ((opcode & 7) < 6) {
        tr_classic(t, opcode);
    } else if ((opcode & 0xe7) == 0x06) {
        push_seg(t, opcode >> 3 & 3);
    } else if ((opcode & 0xe7) == 0x27) {
        bcd(t, opcode >> 3 & 3);
    } else if (!tr_system(t)) {
        tr_undefined(t);
    }
}
