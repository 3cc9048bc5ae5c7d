/*
 * Handlers of the classic operations with a memory operand.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "alu.h"

#define RM(alu, log2, form, nf) \
    UOP_MEM_HANDLER(rm_##alu##_##log2##_##form##_##nf, alu_rm, alu, log2, \
                    form, !nf)
#define MR(alu, log2, form, nf) \
    UOP_MEM_HANDLER(mr_##alu##_##log2##_##form, alu_mr, alu, log2, form)
#define MI(alu, log2, form, nf) \
    UOP_MEM_HANDLER(mi_##alu##_##log2##_##form, alu_mi, alu, log2, form)

/* The narrow widths have only the address forms that compilers emit much. */
#define WIDE(X, alu, nf) \
    X(alu, 2, 0, nf) X(alu, 3, 0, nf) \
    X(alu, 2, 1, nf) X(alu, 3, 1, nf) \
    X(alu, 2, 2, nf) X(alu, 3, 2, nf)
#define WIDTHS(X, alu, nf) \
    X(alu, 0, 0, nf) X(alu, 1, 0, nf) X(alu, 0, 2, nf) X(alu, 1, 2, nf) \
    WIDE(X, alu, nf)
#define STORING(W, X, nf) \
    W(X, 0, nf) W(X, 1, nf) W(X, 2, nf) W(X, 3, nf) W(X, 4, nf) W(X, 5, nf) \
    W(X, 6, nf)
#define ALL(W, X, nf) \
    STORING(W, X, nf) W(X, 7, nf) W(X, 8, nf)

ALL(WIDTHS, RM, 0)
STORING(WIDE, RM, 1)
ALL(WIDTHS, MR, 0)
ALL(WIDTHS, MI, 0)

#define RM_ENTRY(alu, log2, form, nf) \
    [nf][form][alu][log2] = rm_##alu##_##log2##_##form##_##nf,
#define MR_ENTRY(alu, log2, form, nf) \
    [form][alu][log2] = mr_##alu##_##log2##_##form,
#define MI_ENTRY(alu, log2, form, nf) \
    [form][alu][log2] = mi_##alu##_##log2##_##form,

UopFn *const uop_alu_rm[2][UOP_FORMS][ALU_OPS][4] = {
    ALL(WIDTHS, RM_ENTRY, 0)
    STORING(WIDE, RM_ENTRY, 1)
};

UopFn *const uop_alu_mr[UOP_FORMS][ALU_OPS][4] = {
    ALL(WIDTHS, MR_ENTRY, 0)
};

UopFn *const uop_alu_mi[UOP_FORMS][ALU_OPS][4] = {
    ALL(WIDTHS, MI_ENTRY, 0)
};
