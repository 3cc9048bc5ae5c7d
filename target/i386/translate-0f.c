/*
 * Translation of the 0F and 0F 38 opcodes of integer kind; see translate.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "excp.h"
#include "translate.h"

static bool has_feature(const Translator *t, FeatureWord w, uint32_t bit)
{
    return t->env->features[w] & bit;
}

/* ---- Conditions ------------------------------------------------------- */

static void cmovcc(Translator *t, unsigned cond)
{
    unsigned log2 = tr_log2(t->d.i.opsize);
    MicroOp *op;

    if (t->d.i.has_mem || log2 == 1) {
        op = tr_any(t, uop_cmov_any[log2], log2, false);
        op->imm = cond;
    } else {
        op = tr_emit(t, uop_cmov_rr[t->cond_kind][cond][log2 - 2]);
        op->r1 = t->d.i.rm;
    }
    op->r0 = t->d.i.reg;
    tr_meta(t)->reads = LIVE_ALL;
}

static void setcc(Translator *t, unsigned cond)
{
    if (t->d.i.has_mem) {
        tr_any(t, uop_setcc_any, 0, false)->imm = cond;
    } else {
        tr_emit(t, uop_setcc_r[t->cond_kind][cond])->r0 =
            tr_reg(t, t->d.i.rm, 0);
    }
    tr_meta(t)->reads = LIVE_ALL;
}

/* ---- Widening moves --------------------------------------------------- */

static void movx(Translator *t, bool sign, unsigned from)
{
    unsigned to = tr_log2(t->d.i.opsize);
    MicroOp *op;

    to = MAX(to, from);
    if (!sign && to == 3) {
        to = 2;                 /* the upper half is zero anyway */
    }
    if (from == to) {           /* 16 to 16 bits: a move */
        sign = false;
    }
    if (t->d.i.has_mem) {
        op = tr_emit(t, uop_nop);
        op->fn = uop_load[tr_mem(t, op)][sign][from][to];
    } else {
        op = tr_emit(t, from == to ? uop_mov_rr[to]
                                   : uop_movx_rr[sign][from][to]);
        op->r1 = tr_reg(t, t->d.i.rm, from);
    }
    op->r0 = t->d.i.reg;
}

/* ---- Bits ------------------------------------------------------------- */

static void bit_meta(Translator *t)
{
    tr_meta(t)->reads = LIVE_ALL;
    tr_meta(t)->merges = true;
    t->cond_kind = COND_UNKNOWN;
}

static void bit_op(Translator *t, unsigned kind, bool imm)
{
    unsigned log2 = tr_log2(t->d.i.opsize);
    MicroOp *op;

    if (t->d.i.has_mem) {
        op = tr_any(t, imm ? uop_bt_mem_i[kind][log2]
                           : uop_bt_mem_r[kind][log2], log2,
                    kind != BIT_TEST);
        op->r0 = t->d.i.reg;
    } else {
        op = tr_emit(t, imm ? uop_bt_ri[kind][log2] : uop_bt_rr[kind][log2]);
        op->r0 = t->d.i.rm;
        op->r1 = t->d.i.reg;
    }
    op->imm = t->d.i.imm;
    bit_meta(t);
}

static void group_8(Translator *t)
{
    unsigned member = t->d.i.modrm >> 3 & 7;

    if (member < 4) {
        tr_undefined(t);
    } else {
        bit_op(t, member - 4, true);
    }
}

static void scan(Translator *t, unsigned kind)
{
    unsigned log2 = tr_log2(t->d.i.opsize);

    tr_any(t, uop_scan_any[kind][log2], log2, false)->r0 = t->d.i.reg;
    t->cond_kind = COND_UNKNOWN;
}

/* BC and BD: with F3 another instruction on CPUs that have it. */
static void bsf_bsr(Translator *t, bool reverse)
{
    bool f3 = t->d.i.prefixes & X86_PFX_F3;

    if (reverse) {
        scan(t, f3 && has_feature(t, FEAT_8000_0001_ECX, CPUID_EXT3_ABM)
             ? SCAN_LZCNT : SCAN_BSR);
    } else {
        scan(t, f3 && has_feature(t, FEAT_7_0_EBX, CPUID_7_0_EBX_BMI1)
             ? SCAN_TZCNT : SCAN_BSF);
    }
}

static void popcnt(Translator *t)
{
    if (!(t->d.i.prefixes & X86_PFX_F3) ||
        !has_feature(t, FEAT_1_ECX, CPUID_EXT_POPCNT)) {
        tr_undefined(t);
        return;
    }
    scan(t, SCAN_POPCNT);
}

/* ---- Arithmetic and exchanges ----------------------------------------- */

static void imul(Translator *t)
{
    unsigned log2 = tr_log2(t->d.i.opsize);
    MicroOp *op;

    if (t->d.i.has_mem) {
        op = tr_emit(t, uop_nop);
        op->fn = uop_imul_rm[tr_mem(t, op)][log2];
    } else {
        op = tr_emit(t, uop_imul_rr[0][log2]);
        op->r1 = t->d.i.rm;
        tr_meta(t)->dead = uop_imul_rr[1][log2];
    }
    op->r0 = t->d.i.reg;
    tr_meta(t)->writes = LIVE_ALL;
    t->cond_kind = COND_RESULT;
}

static void shxd(Translator *t, bool right, bool cl)
{
    unsigned log2 = tr_log2(t->d.i.opsize);
    MicroOp *op = tr_any(t, uop_shxd[right][cl][log2], log2, false);

    op->r0 = t->d.i.reg;
    op->imm = t->d.i.imm;
    tr_meta(t)->merges = true;
    t->cond_kind = COND_UNKNOWN;
}

static void exchange(Translator *t, UopFn *const *table, unsigned log2)
{
    MicroOp *op = tr_any(t, table[log2], log2, true);

    op->r0 = tr_reg(t, t->d.i.reg, log2);
    tr_meta(t)->writes = LIVE_ALL;
    t->cond_kind = COND_UNKNOWN;
}

static void group_9(Translator *t)
{
    unsigned log2 = t->d.i.rexw ? 3 : 2;

    if ((t->d.i.modrm >> 3 & 7) != 1 || !t->d.i.has_mem) {
        if (!tr_system(t)) {
            tr_undefined(t);
        }
        return;
    }
    if (log2 == 3 && !has_feature(t, FEAT_1_ECX, CPUID_EXT_CX16)) {
        tr_undefined(t);
        return;
    }
    tr_any(t, uop_cmpxchg_2[log2], 3, true);
    tr_meta(t)->merges = true;
    t->cond_kind = COND_UNKNOWN;
}

static void bswap(Translator *t)
{
    unsigned reg = (t->d.i.opcode & 7) | t->d.rex_b;

    tr_emit(t, uop_bswap[tr_log2(t->d.i.opsize)])->r0 = reg;
}

static void movnti(Translator *t)
{
    MicroOp *op;
    unsigned log2 = t->d.i.rexw ? 3 : 2;

    if (!t->d.i.has_mem ||
        (t->d.i.prefixes & (X86_PFX_66 | X86_PFX_F2 | X86_PFX_F3))) {
        tr_undefined(t);
        return;
    }
    op = tr_emit(t, uop_nop);
    op->fn = uop_store[tr_mem(t, op)][log2];
    op->r0 = t->d.i.reg;
}

/* ---- Group 15: the fences here, the rest is the system table's -------- */

static void group_15(Translator *t)
{
    unsigned member = t->d.i.modrm >> 3 & 7;
    bool plain = !(t->d.i.prefixes & (X86_PFX_66 | X86_PFX_F2 | X86_PFX_F3));

    if (!t->d.i.has_mem && plain && member >= 5) {
        tr_emit(t, uop_fence);
        return;
    }
    if (t->d.i.has_mem && plain && member == 7) {
        tr_emit(t, uop_nop);    /* CLFLUSH */
        return;
    }
    if (!tr_system(t)) {
        tr_undefined(t);
    }
}

/* ---- The map ---------------------------------------------------------- */

static bool is_sse_row(uint8_t opcode)
{
    switch (opcode) {
    case 0x10 ... 0x17: case 0x28 ... 0x2f: case 0x50 ... 0x76:
    case 0x7c ... 0x7f: case 0xc2: case 0xc4 ... 0xc6: case 0xd0 ... 0xfe:
        return true;
    default:
        return false;
    }
}

static void rows_a0_to_cf(Translator *t, uint8_t opcode)
{
    unsigned v = tr_log2(t->d.i.opsize), wv = opcode & 1 ? v : 0;

    switch (opcode) {
    case 0xa0: case 0xa8:
        tr_push_seg(t, opcode == 0xa0 ? R_FS : R_GS);
        break;
    case 0xa3: case 0xab: case 0xb3: case 0xbb:
        bit_op(t, opcode >> 3 & 3, false);
        break;
    case 0xa4: case 0xa5: case 0xac: case 0xad:
        shxd(t, opcode & 8, opcode & 1);
        break;
    case 0xae:
        group_15(t);
        break;
    case 0xaf:
        imul(t);
        break;
    case 0xb0: case 0xb1:
        exchange(t, uop_cmpxchg_any, wv);
        break;
    case 0xb6: case 0xb7: case 0xbe: case 0xbf:
        movx(t, opcode & 8, opcode & 1);
        break;
    case 0xb8:
        popcnt(t);
        break;
    case 0xba:
        group_8(t);
        break;
    case 0xbc: case 0xbd:
        bsf_bsr(t, opcode & 1);
        break;
    case 0xc0: case 0xc1:
        exchange(t, uop_xadd_any, wv);
        break;
    case 0xc3:
        movnti(t);
        break;
    case 0xc7:
        group_9(t);
        break;
    case 0xc8 ... 0xcf:
        bswap(t);
        break;
    default:
        if (!tr_system(t)) {
            tr_undefined(t);
        }
    }
}

void tr_map_0f(Translator *t)
{
    uint8_t opcode = t->d.i.opcode;

    if (is_sse_row(opcode)) {
        if (!tr_sse(t) && !tr_system(t)) {
            tr_undefined(t);
        }
        return;
    }
    switch (opcode) {
    case 0x0d:
    case 0x18 ... 0x1f:
        tr_emit(t, uop_nop);    /* prefetches, hints, ENDBR */
        break;
    case 0x40 ... 0x4f:
        cmovcc(t, opcode & 15);
        break;
    case 0x80 ... 0x8f:
        tr_jcc(t, opcode & 15);
        break;
    case 0x90 ... 0x9f:
        setcc(t, opcode & 15);
        break;
    case 0xa0 ... 0xcf:
        rows_a0_to_cf(t, opcode);
        break;
    default:
        if (!tr_system(t)) {
            tr_undefined(t);
        }
    }
}

/* ---- 0F 38: only MOVBE is an integer instruction here ----------------- */

void tr_map_0f38(Translator *t)
{
    uint8_t opcode = t->d.i.opcode;
    unsigned log2 = tr_log2(t->d.i.opsize);

    if ((opcode == 0xf0 || opcode == 0xf1) && t->d.i.has_mem &&
        !(t->d.i.prefixes & (X86_PFX_F2 | X86_PFX_F3))) {
        if (!has_feature(t, FEAT_1_ECX, CPUID_EXT_MOVBE)) {
            tr_undefined(t);
            return;
        }
        tr_any(t, opcode == 0xf0 ? uop_movbe_load[log2]
                                 : uop_movbe_store[log2], log2, false)->r0 =
            t->d.i.reg;
        return;
    }
    if (!tr_sse(t) && !tr_system(t)) {
        tr_undefined(t);
    }
}
