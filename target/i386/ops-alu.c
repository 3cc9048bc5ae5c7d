/*
 * Handlers of the classic operations between registers and immediates.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "alu.h"

#define RR(alu, log2, nf) \
    UOP_REG_HANDLER(rr_##alu##_##log2##_##nf, alu_rr, alu, log2, !nf)
#define RI(alu, log2, nf) \
    UOP_REG_HANDLER(ri_##alu##_##log2##_##nf, alu_ri, alu, log2, !nf)

#define WIDTHS(X, alu, nf) \
    X(alu, 0, nf) X(alu, 1, nf) X(alu, 2, nf) X(alu, 3, nf)
#define WIDE(X, alu, nf) \
    X(alu, 2, nf) X(alu, 3, nf)
#define STORING(W, X, nf) \
    W(X, 0, nf) W(X, 1, nf) W(X, 2, nf) W(X, 3, nf) W(X, 4, nf) W(X, 5, nf) \
    W(X, 6, nf)
#define ALL(W, X, nf) \
    STORING(W, X, nf) W(X, 7, nf) W(X, 8, nf)

ALL(WIDTHS, RR, 0)
ALL(WIDTHS, RI, 0)
STORING(WIDE, RR, 1)
STORING(WIDE, RI, 1)

#define RR_ENTRY(alu, log2, nf) [nf][alu][log2] = rr_##alu##_##log2##_##nf,
#define RI_ENTRY(alu, log2, nf) [nf][alu][log2] = ri_##alu##_##log2##_##nf,

UopFn *const uop_alu_rr[2][ALU_OPS][4] = {
    ALL(WIDTHS, RR_ENTRY, 0)
    STORING(WIDE, RR_ENTRY, 1)
};

UopFn *const uop_alu_ri[2][ALU_OPS][4] = {
    ALL(WIDTHS, RI_ENTRY, 0)
    STORING(WIDE, RI_ENTRY, 1)
};
