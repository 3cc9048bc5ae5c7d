/*
 * Handlers of bit tests and scans, byte swaps, conditional moves from memory,
 * and the instructions on single flags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "any.h"
#include "ops.h"

#define WIDE(X) X(1) X(2) X(3)
#define ENTRY2(name) \
    { [1] = name##_1, [2] = name##_2, [3] = name##_3 }

/* ---- BT family -------------------------------------------------------- */

static QEMU_ALWAYS_INLINE void set_carry(CPUX86State *env, bool carry)
{
    cpu_set_cc(env, (cpu_cc_compute(env) & ~CC_C) | carry);
}

static QEMU_ALWAYS_INLINE uint64_t bit_changed(const int kind, uint64_t v,
                                               uint64_t mask)
{
    return kind == BIT_SET ? v | mask : kind == BIT_RESET ? v & ~mask :
           kind == BIT_COMPLEMENT ? v ^ mask : v;
}

static QEMU_ALWAYS_INLINE void bt_reg(CPUX86State *env, const MicroOp *op,
                                      const int kind, const unsigned log2,
                                      uint64_t bit)
{
    uint64_t v = rd(env, op->r0, log2);

    bit &= (8u << log2) - 1;
    if (kind != BIT_TEST) {
        wr(env, op->r0, log2, bit_changed(kind, v, 1ull << bit));
    }
    set_carry(env, v >> bit & 1);
}

static QEMU_ALWAYS_INLINE void bt_ri(CPUX86State *env, const MicroOp *op,
                                     const int kind, const unsigned log2)
{
    bt_reg(env, op, kind, log2, op->imm);
}

static QEMU_ALWAYS_INLINE void bt_rr(CPUX86State *env, const MicroOp *op,
                                     const int kind, const unsigned log2)
{
    bt_reg(env, op, kind, log2, rd(env, op->r1, log2));
}

/* A register may address any bit up to 2^63 around the operand. */
static QEMU_ALWAYS_INLINE void bt_mem(CPUX86State *env, const MicroOp *op,
                                      const bool imm, const int kind,
                                      const unsigned log2)
{
    const unsigned width = 8u << log2, size = 1u << log2;
    int64_t where = imm ? op->imm & (width - 1)
                        : sext(rd(env, op->r0, log2), log2);
    int64_t delta = (where >> (3 + log2)) * (int64_t)size;
    uint64_t mask = 1ull << (where & (width - 1)), old;
    AnyOperand o;

    o.ea = uop_full_address_plus(env, op, delta, size, kind != BIT_TEST);
    if (kind == BIT_TEST) {
        old = any_mem_load(env, o.ea, log2);
    } else {
        o.host = cpu_rmw_ptr(env, o.ea, size);
        do {
            old = any_get(env, op, log2, &o);
        } while (!any_put(env, op, log2, &o, old,
                          bit_changed(kind, old, mask)));
    }
    set_carry(env, old & mask);
}

#define BT_KINDS(X, log2) X(0, log2) X(1, log2) X(2, log2) X(3, log2)
#define BTS(X) BT_KINDS(X, 1) BT_KINDS(X, 2) BT_KINDS(X, 3)
#define BT(kind, log2) \
    UOP_REG_HANDLER(bt_ri_##kind##_##log2, bt_ri, kind, log2) \
    UOP_REG_HANDLER(bt_rr_##kind##_##log2, bt_rr, kind, log2) \
    UOP_ANY_HANDLER(bt_mi_##kind##_##log2, bt_mem, true, kind, log2) \
    UOP_ANY_HANDLER(bt_mr_##kind##_##log2, bt_mem, false, kind, log2)
BTS(BT)
#define BT_RI(kind, log2) [kind][log2] = bt_ri_##kind##_##log2,
#define BT_RR(kind, log2) [kind][log2] = bt_rr_##kind##_##log2,
#define BT_MI(kind, log2) [kind][log2] = bt_mi_##kind##_##log2,
#define BT_MR(kind, log2) [kind][log2] = bt_mr_##kind##_##log2,
UopFn *const uop_bt_ri[4][4] = { BTS(BT_RI) };
UopFn *const uop_bt_rr[4][4] = { BTS(BT_RR) };
UopFn *const uop_bt_mem_i[4][4] = { BTS(BT_MI) };
UopFn *const uop_bt_mem_r[4][4] = { BTS(BT_MR) };

/* ---- Scans and counts ------------------------------------------------- */

static QEMU_ALWAYS_INLINE void scan(CPUX86State *env, const MicroOp *op,
                                    const int kind, const unsigned log2)
{
    const unsigned width = 8u << log2;
    uint64_t v = any_load(env, op, log2), r;

    switch (kind) {
    case SCAN_BSF:
    case SCAN_BSR:
        /* With nothing found the destination stays as it is. */
        if (v) {
            wr(env, op->r0, log2, kind == SCAN_BSF ? __builtin_ctzll(v)
                                                   : 63 - __builtin_clzll(v));
        }
        env->cc_dst = v;
        env->cc_op = CC_OP_LOGIC + log2;
        return;
    case SCAN_TZCNT:
        r = v ? __builtin_ctzll(v) : width;
        break;
    case SCAN_LZCNT:
        r = v ? __builtin_clzll(v) - (64 - width) : width;
        break;
    default:
        r = __builtin_popcountll(v);
        wr(env, op->r0, log2, r);
        cpu_set_cc(env, v ? 0 : CC_Z);
        return;
    }
    wr(env, op->r0, log2, r);
    cpu_set_cc(env, (v ? 0 : CC_C) | (r ? 0 : CC_Z));
}

#define SCAN(log2) \
    UOP_ANY_HANDLER(bsf_##log2, scan, SCAN_BSF, log2) \
    UOP_ANY_HANDLER(bsr_##log2, scan, SCAN_BSR, log2) \
    UOP_ANY_HANDLER(tzcnt_##log2, scan, SCAN_TZCNT, log2) \
    UOP_ANY_HANDLER(lzcnt_##log2, scan, SCAN_LZCNT, log2) \
    UOP_ANY_HANDLER(popcnt_##log2, scan, SCAN_POPCNT, log2)
WIDE(SCAN)
UopFn *const uop_scan_any[5][4] = {
    [SCAN_BSF] = ENTRY2(bsf), [SCAN_BSR] = ENTRY2(bsr),
    [SCAN_TZCNT] = ENTRY2(tzcnt), [SCAN_LZCNT] = ENTRY2(lzcnt),
    [SCAN_POPCNT] = ENTRY2(popcnt),
};

/* ---- Byte order ------------------------------------------------------- */

static QEMU_ALWAYS_INLINE uint64_t swapped(uint64_t v, const unsigned log2)
{
    return log2 == 1 ? __builtin_bswap16(v) : log2 == 2 ? __builtin_bswap32(v)
           : __builtin_bswap64(v);
}

/* BSWAP of 16 bits is undefined; processors give zero. */
static QEMU_ALWAYS_INLINE void bswap_r(CPUX86State *env, const MicroOp *op,
                                       const unsigned log2)
{
    wr(env, op->r0, log2, log2 == 1 ? 0 : swapped(W(op->r0), log2));
}

static QEMU_ALWAYS_INLINE void movbe_load(CPUX86State *env, const MicroOp *op,
                                          const unsigned log2)
{
    wr(env, op->r0, log2, swapped(any_load(env, op, log2), log2));
}

static QEMU_ALWAYS_INLINE void movbe_store(CPUX86State *env,
                                           const MicroOp *op,
                                           const unsigned log2)
{
    any_store(env, op, log2, swapped(rd(env, op->r0, log2), log2));
}

#define SWAP(log2) \
    UOP_REG_HANDLER(bswap_##log2, bswap_r, log2) \
    UOP_ANY_HANDLER(movbe_load_##log2, movbe_load, log2) \
    UOP_ANY_HANDLER(movbe_store_##log2, movbe_store, log2)
WIDE(SWAP)
UopFn *const uop_bswap[4] = ENTRY2(bswap);
UopFn *const uop_movbe_load[4] = ENTRY2(movbe_load);
UopFn *const uop_movbe_store[4] = ENTRY2(movbe_store);

/* ---- Conditions ------------------------------------------------------- */

static void setcc_any(CPUX86State *env, const MicroOp *op, int unused)
{
    any_store(env, op, 0, cpu_condition(env, op->imm));
}

static QEMU_ALWAYS_INLINE void cmov_any(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    uint64_t v = any_load(env, op, log2);

    if (!cpu_condition(env, op->imm)) {
        v = rd(env, op->r0, log2);
    }
    wr(env, op->r0, log2, v);
}

UOP_ANY_HANDLER(setcc_handler, setcc_any, 0)
UOP_ANY_HANDLER(cmov_any_1, cmov_any, 1)
UOP_ANY_HANDLER(cmov_any_2, cmov_any, 2)
UOP_ANY_HANDLER(cmov_any_3, cmov_any, 3)
UopFn *const uop_setcc_any = setcc_handler;
UopFn *const uop_cmov_any[4] = ENTRY2(cmov_any);

/* ---- Flags ------------------------------------------------------------ */

static UOP(nop_handler)
{
    UOP_NEXT(env, op);
}

/* A CPU that spins waits for another one, which may need this thread. */
static UOP(pause_handler)
{
    env->yield = true;
    cpu_exit(env_cpu(env));
    UOP_NEXT(env, op);
}

static UOP(lahf_handler)
{
    ((uint8_t *)env)[1] = (cpu_cc_compute(env) & ~CC_O) | 2;
    UOP_NEXT(env, op);
}

static UOP(sahf_handler)
{
    cpu_set_cc(env, (cpu_cc_compute(env) & CC_O) |
               (((uint8_t *)env)[1] & (CC_S | CC_Z | CC_A | CC_P | CC_C)));
    UOP_NEXT(env, op);
}

static UOP(clc_handler)
{
    set_carry(env, false);
    UOP_NEXT(env, op);
}

static UOP(stc_handler)
{
    set_carry(env, true);
    UOP_NEXT(env, op);
}

static UOP(cmc_handler)
{
    cpu_set_cc(env, cpu_cc_compute(env) ^ CC_C);
    UOP_NEXT(env, op);
}

static UOP(cld_handler)
{
    env->eflags &= ~(uint64_t)DF_MASK;
    UOP_NEXT(env, op);
}

static UOP(std_handler)
{
    env->eflags |= DF_MASK;
    UOP_NEXT(env, op);
}

static UOP(salc_handler)
{
    ((uint8_t *)env)[0] = cpu_cc_carry(env) ? 0xff : 0;
    UOP_NEXT(env, op);
}

static UOP(fence_handler)
{
    __sync_synchronize();
    UOP_NEXT(env, op);
}

static UOP(load_selector)
{
    W(op->r0) = env->segs[op->imm].selector;
    UOP_NEXT(env, op);
}

/* XLAT: AL = [rBX + AL]; the address fields name rBX and the zero word. */
static void xlat(CPUX86State *env, const MicroOp *op, int unused)
{
    uint8_t al = env->regs[R_EAX];
    uint64_t ea = uop_full_address_plus(env, op, al, 1, false);

    ((uint8_t *)env)[0] = cpu_ldub(env, ea);
}

UOP_ANY_HANDLER(xlat_handler, xlat, 0)

UopFn *const uop_nop = nop_handler;
UopFn *const uop_pause = pause_handler;
UopFn *const uop_lahf = lahf_handler;
UopFn *const uop_sahf = sahf_handler;
UopFn *const uop_carry[3] = { clc_handler, stc_handler, cmc_handler };
UopFn *const uop_direction[2] = { cld_handler, std_handler };
UopFn *const uop_salc = salc_handler;
UopFn *const uop_fence = fence_handler;
UopFn *const uop_load_selector = load_selector;
UopFn *const uop_xlat = xlat_handler;
