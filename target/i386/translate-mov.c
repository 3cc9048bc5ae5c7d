/*
 * Translation of moves between registers, immediates and memory; see
 * translate.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "translate.h"

/* ---- Data movement ---------------------------------------------------- */

void tr_mov_store(Translator *t, unsigned log2)
{
    MicroOp *op;

    if (!t->d.i.has_mem) {
        op = tr_emit(t, uop_mov_rr[log2]);
        op->r0 = tr_reg(t, t->d.i.rm, log2);
        op->r1 = tr_reg(t, t->d.i.reg, log2);
        return;
    }
    op = tr_emit(t, uop_nop);
    op->fn = uop_store[tr_mem(t, op)][log2];
    op->r0 = tr_reg(t, t->d.i.reg, log2);
}

void tr_mov_load(Translator *t, unsigned log2)
{
    MicroOp *op;

    if (!t->d.i.has_mem) {
        op = tr_emit(t, uop_mov_rr[log2]);
        op->r0 = tr_reg(t, t->d.i.reg, log2);
        op->r1 = tr_reg(t, t->d.i.rm, log2);
        return;
    }
    op = tr_emit(t, uop_nop);
    op->fn = uop_load[tr_mem(t, op)][0][log2][log2];
    op->r0 = tr_reg(t, t->d.i.reg, log2);
}

void tr_mov_reg_imm(Translator *t, unsigned reg, unsigned log2)
{
    MicroOp *op = tr_emit(t, uop_mov_ri[log2]);

    op->r0 = tr_reg(t, reg, log2);
    op->imm64 = log2 == 2 ? (uint32_t)t->d.i.imm : (int64_t)t->d.i.imm;
}

void tr_mov_rm_imm(Translator *t, unsigned log2)
{
    MicroOp *op;

    if (t->d.i.modrm & 0x38) {
        tr_undefined(t);
        return;
    }
    if (!t->d.i.has_mem) {
        tr_mov_reg_imm(t, t->d.i.rm, log2);
        return;
    }
    op = tr_emit(t, uop_nop);
    op->fn = uop_store_imm[tr_mem(t, op)][log2];
    op->imm = t->d.i.imm;
}

/* MOV between the accumulator and an absolute address. */
void tr_mov_moffs(Translator *t, uint8_t opcode)
{
    unsigned log2 = opcode & 1 ? tr_log2(t->d.i.opsize) : 0;
    uint64_t addr = t->d.i.imm;

    if (t->d.i.adsize == 8 && (int64_t)addr != (int32_t)addr) {
        MicroOp *op = tr_emit(t, uop_mov_ri[3]);

        op->r0 = X86_WORD(scratch);
        op->imm64 = addr;
        t->d.base = X86_WORD(scratch);
        t->d.disp = 0;
    } else {
        t->d.base = X86_WORD(zero);
        t->d.disp = addr;
    }
    t->d.i.reg = R_EAX;
    if (opcode & 2) {
        tr_mov_store(t, log2);
    } else {
        tr_mov_load(t, log2);
    }
}

void tr_lea(Translator *t)
{
    unsigned log2 = tr_log2(t->d.i.opsize), form;
    MicroOp *op;

    if (!t->d.i.has_mem) {
        tr_undefined(t);
        return;
    }
    op = tr_emit(t, uop_nop);
    t->d.i.seg = R_DS;          /* an override means nothing here */
    form = tr_mem(t, op);
    tr_meta(t)->reads = 0;      /* no access, no fault */
    op->fn = PICK(form, uop_lea[f][log2]);
    op->r0 = t->d.i.reg;
}

void tr_xchg(Translator *t, unsigned log2)
{
    MicroOp *op;

    if (t->d.i.has_mem) {
        op = tr_any(t, uop_xchg_mem[log2], log2, true);
        op->aux |= UOP_AM_LOCK;
    } else {
        op = tr_emit(t, uop_xchg_rr[log2]);
        op->r1 = tr_reg(t, t->d.i.rm, log2);
    }
    op->r0 = tr_reg(t, t->d.i.reg, log2);
}

/* MOVSXD; ARPL outside 64-bit mode. */
void tr_movsxd(Translator *t)
{
    unsigned log2 = tr_log2(t->d.i.opsize);
    MicroOp *op;

    if (!t->mode64) {
        if (!tr_system(t)) {
            tr_undefined(t);
        }
        return;
    }
    if (log2 < 3) {
        tr_mov_load(t, log2);
        return;
    }
    if (t->d.i.has_mem) {
        op = tr_emit(t, uop_nop);
        op->fn = uop_load[tr_mem(t, op)][1][2][3];
    } else {
        op = tr_emit(t, uop_movx_rr[1][2][3]);
        op->r1 = t->d.i.rm;
    }
    op->r0 = t->d.i.reg;
}

/* MOV r/m, segment: 16 bits to memory, zero extended to a register. */
void tr_mov_from_seg(Translator *t)
{
    unsigned log2 = t->d.i.has_mem ? 1 : tr_log2(t->d.i.opsize);
    unsigned seg = t->d.i.modrm >> 3 & 7;
    MicroOp *op;

    if (seg >= R_SEG_COUNT) {
        tr_undefined(t);
        return;
    }
    op = tr_emit(t, uop_load_selector);
    op->r0 = X86_WORD(scratch);
    op->imm = seg;
    t->d.i.reg = X86_WORD(scratch);
    tr_mov_store(t, log2 == 1 && !t->d.i.has_mem ? 1 : log2);
}

