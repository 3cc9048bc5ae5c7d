/*
 * Translation of arithmetic, shifts and rotations; see translate.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "translate.h"

/* ---- The classic operations ------------------------------------------- */

/* Notes what the flags of @alu mean to conditions behind it. */
static void cc_after_alu(Translator *t, unsigned alu, unsigned log2)
{
    bool compares = alu == ALU_SUB || alu == ALU_CMP;

    t->cond_kind = compares && log2 == 3 ? COND_SUB64 :
                   compares && log2 == 2 ? COND_SUB32 : COND_RESULT;
}

static void alu_meta(Translator *t, unsigned alu, UopFn *dead)
{
    UopMeta *m = tr_meta(t);

    m->writes = LIVE_ALL;
    m->reads |= alu_uses_carry(alu) ? LIVE_C : 0;
    m->dead = dead;
}

static void fusable(Translator *t, UopFn *const *table)
{
    t->fuse = (Fusable){ .table = table, .uop = t->n - 1 };
}

/* reg op= reg */
static void alu_reg_reg(Translator *t, unsigned alu, unsigned log2,
                        unsigned r0, unsigned r1)
{
    MicroOp *op;

    if ((alu == ALU_XOR || alu == ALU_SUB) && r0 == r1 && log2 >= 2) {
        /* The usual way to make zero: no need to read it. */
        op = tr_emit(t, uop_alu_ri[0][ALU_AND][3]);
        op->r0 = tr_reg(t, r0, 3);
        op->imm = 0;
        alu_meta(t, ALU_AND, uop_mov_ri[3]);
        op->disp = 0;
        cc_after_alu(t, ALU_AND, 3);
        return;
    }
    op = tr_emit(t, uop_alu_rr[0][alu][log2]);
    op->r0 = tr_reg(t, r0, log2);
    op->r1 = tr_reg(t, r1, log2);
    alu_meta(t, alu, uop_alu_rr[1][alu][log2]);
    cc_after_alu(t, alu, log2);
    if (alu == ALU_CMP) {
        fusable(t, uop_jcc_cmp_rr[log2]);
    } else if (alu == ALU_TEST) {
        fusable(t, uop_jcc_test_rr[log2]);
    }
}

void tr_alu_reg_imm(Translator *t, unsigned alu, unsigned log2,
                        unsigned r0, int32_t imm)
{
    MicroOp *op = tr_emit(t, uop_alu_ri[0][alu][log2]);

    op->r0 = tr_reg(t, r0, log2);
    op->imm = imm;
    alu_meta(t, alu, uop_alu_ri[1][alu][log2]);
    cc_after_alu(t, alu, log2);
    if (alu == ALU_CMP) {
        fusable(t, uop_jcc_cmp_ri[log2]);
    } else if (alu == ALU_TEST) {
        fusable(t, uop_jcc_test_ri[log2]);
    }
}

/* reg op= [mem] */
static void alu_reg_mem(Translator *t, unsigned alu, unsigned log2)
{
    MicroOp *op = tr_emit(t, uop_nop);
    unsigned form = tr_mem(t, op);

    op->r0 = tr_reg(t, t->d.i.reg, log2);
    op->fn = PICK(form, uop_alu_rm[0][f][alu][log2]);
    alu_meta(t, alu, PICK(form, uop_alu_rm[1][f][alu][log2]));
    cc_after_alu(t, alu, log2);
    if (alu == ALU_CMP && form == UOP_F0) {
        fusable(t, uop_jcc_cmp_rm[log2]);
    }
}

/* [mem] op= reg or immediate */
static void alu_to_mem(Translator *t, unsigned alu, unsigned log2, bool imm)
{
    bool lock = t->d.lock && alu_stores(alu);
    MicroOp *op = tr_emit(t, uop_nop);
    unsigned form = tr_mem(t, op);

    if (lock) {
        t->lock_used = true;
        op->aux |= UOP_AM_LOCK;
        op->fn = imm ? uop_lock_alu_mi[alu][log2]
                     : uop_lock_alu_mr[alu][log2];
    } else {
        op->fn = imm ? PICK(form, uop_alu_mi[f][alu][log2])
                     : PICK(form, uop_alu_mr[f][alu][log2]);
    }
    if (imm) {
        op->imm = t->d.i.imm;
    } else {
        op->r0 = tr_reg(t, t->d.i.reg, log2);
    }
    alu_meta(t, alu, NULL);
    cc_after_alu(t, alu, log2);
    if (form == UOP_F0 && alu == ALU_CMP) {
        fusable(t, imm ? uop_jcc_cmp_mi[log2] : uop_jcc_cmp_mr[log2]);
    } else if (form == UOP_F0 && alu == ALU_TEST && imm) {
        fusable(t, uop_jcc_test_mi[log2]);
    }
}

/* r/m op= reg */
void tr_alu_rm_reg(Translator *t, unsigned alu, unsigned log2)
{
    if (t->d.i.has_mem) {
        alu_to_mem(t, alu, log2, false);
    } else {
        alu_reg_reg(t, alu, log2, t->d.i.rm, t->d.i.reg);
    }
}

/* r/m op= immediate */
void tr_alu_rm_imm(Translator *t, unsigned alu, unsigned log2)
{
    if (t->d.i.has_mem) {
        alu_to_mem(t, alu, log2, true);
    } else {
        tr_alu_reg_imm(t, alu, log2, t->d.i.rm, t->d.i.imm);
    }
}

/* Opcodes 00..3F but for prefixes, PUSH/POP of segments and BCD. */
void tr_classic(Translator *t, uint8_t opcode)
{
    unsigned alu = opcode >> 3 & 7;
    unsigned log2 = opcode & 1 ? tr_log2(t->d.i.opsize) : 0;

    switch (opcode & 7) {
    case 0: case 1:
        tr_alu_rm_reg(t, alu, log2);
        break;
    case 2: case 3:
        if (t->d.i.has_mem) {
            alu_reg_mem(t, alu, log2);
        } else {
            alu_reg_reg(t, alu, log2, t->d.i.reg, t->d.i.rm);
        }
        break;
    default:
        /* The accumulator: AL is register 0 with or without REX. */
        tr_alu_reg_imm(t, alu, log2, R_EAX, t->d.i.imm);
        break;
    }
}

/* ---- Shifts and groups ------------------------------------------------ */

static void shift_meta(Translator *t, unsigned kind, unsigned log2,
                       bool may_skip)
{
    UopMeta *m = tr_meta(t);
    bool rotation = kind < SHIFT_SHL;

    m->writes = LIVE_ALL;
    m->merges = rotation || may_skip;
    t->cond_kind = rotation || may_skip ? COND_UNKNOWN : COND_RESULT;
}

void tr_shift_group(Translator *t, unsigned log2, int count_from)
{
    unsigned kind = t->d.i.modrm >> 3 & 7, count;
    bool cl = count_from == TR_COUNT_CL;
    MicroOp *op;

    count = count_from == TR_COUNT_ONE ? 1
            : t->d.i.imm & (log2 == 3 ? 63 : 31);
    if (t->d.i.has_mem) {
        op = tr_any(t, uop_shift_mem[cl][kind][log2], log2, false);
        op->imm = count;
        shift_meta(t, kind, log2, cl || !count);
        return;
    }
    if (!cl && !count) {
        /* Only the zero extension of 32 bits is left. */
        op = tr_emit(t, uop_mov_rr[log2]);
        op->r0 = op->r1 = tr_reg(t, t->d.i.rm, log2);
        return;
    }
    op = tr_emit(t, cl ? uop_shift_rc[kind][log2]
                       : uop_shift_ri[0][kind][log2]);
    op->r0 = tr_reg(t, t->d.i.rm, log2);
    op->imm = count;
    shift_meta(t, kind, log2, cl);
    if (!cl) {
        tr_meta(t)->dead = uop_shift_ri[1][kind][log2];
    }
}

void tr_group_3(Translator *t, unsigned log2)
{
    MicroOp *op;

    switch (t->d.i.modrm >> 3 & 7) {
    case 0: case 1:
        tr_alu_rm_imm(t, ALU_TEST, log2);
        return;
    case 2:
        if (t->d.i.has_mem) {
            tr_any(t, uop_not_any[log2], log2, true);
        } else {
            tr_emit(t, uop_not_r[log2])->r0 = tr_reg(t, t->d.i.rm, log2);
        }
        return;
    case 3:
        if (t->d.i.has_mem) {
            tr_any(t, uop_neg_any[log2], log2, true);
        } else {
            op = tr_emit(t, uop_neg_r[0][log2]);
            op->r0 = tr_reg(t, t->d.i.rm, log2);
            tr_meta(t)->dead = uop_neg_r[1][log2];
        }
        tr_meta(t)->writes = LIVE_ALL;
        t->cond_kind = COND_RESULT;
        return;
    case 4:
        tr_any(t, uop_mul_any[log2], log2, false);
        break;
    case 5:
        tr_any(t, uop_imul1_any[log2], log2, false);
        break;
    case 6:
        tr_any(t, uop_div_any[log2], log2, false);
        return;                 /* flags undefined: left alone */
    default:
        tr_any(t, uop_idiv_any[log2], log2, false);
        return;
    }
    tr_meta(t)->writes = LIVE_ALL;
    t->cond_kind = COND_RESULT;
}

/* INC and DEC keep CF. */
void tr_inc_dec(Translator *t, bool dec, unsigned log2)
{
    MicroOp *op;
    UopMeta *m;

    if (t->d.i.has_mem && t->d.has_modrm) {
        tr_any(t, dec ? uop_dec_any[log2] : uop_inc_any[log2], log2, true);
        tr_meta(t)->writes = LIVE_R;
        tr_meta(t)->reads |= LIVE_C;
        t->cond_kind = COND_RESULT;
        return;
    }
    op = tr_emit(t, dec ? uop_dec_r[0][log2] : uop_inc_r[0][log2]);
    op->r0 = tr_reg(t, t->d.i.rm, log2);
    op->imm = 1;                /* for the ADD or SUB that may stand in */
    m = tr_meta(t);
    m->writes = LIVE_R;
    m->dead = dec ? uop_dec_r[1][log2] : uop_inc_r[1][log2];
    m->carry_dead = uop_alu_ri[0][dec ? ALU_SUB : ALU_ADD][log2];
    t->cond_kind = COND_RESULT;
}

void tr_imul_imm(Translator *t)
{
    unsigned log2 = tr_log2(t->d.i.opsize);
    MicroOp *op;

    if (t->d.i.has_mem) {
        op = tr_any(t, uop_imul_rmi[log2], log2, false);
    } else {
        op = tr_emit(t, uop_imul_rri[0][log2]);
        op->r1 = t->d.i.rm;
        tr_meta(t)->dead = uop_imul_rri[1][log2];
    }
    op->r0 = t->d.i.reg;
    op->imm = t->d.i.imm;
    tr_meta(t)->writes = LIVE_ALL;
    t->cond_kind = COND_RESULT;
}

