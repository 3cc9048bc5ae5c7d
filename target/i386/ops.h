/*
 * The handlers that the translator can choose, by group; each table stands in
 * the ops-*.c file named. The classic operations are in alu.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_OPS_H
#define TARGET_I386_OPS_H

#include "cond.h"
#include "uop.h"

/* ops-mov.c; index [log2], [form][log2], [sign][from][to] ... */
extern UopFn *const uop_mov_rr[4];
extern UopFn *const uop_mov_ri[4];              /* value in imm64 */
extern UopFn *const uop_load[UOP_FORMS][2][4][4];   /* [form][sign][from][to] */
extern UopFn *const uop_movx_rr[2][4][4];       /* [sign][from][to] */
extern UopFn *const uop_store[UOP_FORMS][4];
extern UopFn *const uop_store_imm[UOP_FORMS][4];
extern UopFn *const uop_lea[UOP_FORMS][4];
extern UopFn *const uop_push64_r, *const uop_push64_i;
extern UopFn *const uop_push64_m[UOP_FORMS];
extern UopFn *const uop_pop64_r, *const uop_leave64;
extern UopFn *const uop_setcc_r[COND_KINDS][16];
extern UopFn *const uop_cmov_rr[COND_KINDS][16][2]; /* 32, 64 bits */

/* ops-shift.c; imm is the count, 1..63. */
enum {
    SHIFT_ROL, SHIFT_ROR, SHIFT_RCL, SHIFT_RCR,
    SHIFT_SHL, SHIFT_SHR, SHIFT_SAL, SHIFT_SAR,
};
extern UopFn *const uop_shift_ri[2][8][4];      /* [flags dead][op][log2] */
extern UopFn *const uop_shift_rc[8][4];         /* count in CL */
extern UopFn *const uop_shift_mem[2][8][4];     /* [count in CL][op][log2] */
extern UopFn *const uop_shxd[2][2][4];          /* [right][count in CL][log2] */

/*
 * ops-arith.c. "any" handlers take the operand that aux and the address fields
 * describe: register r1 (UOP_AM_REG) or memory in the full form.
 */
extern UopFn *const uop_imul_rr[2][4];          /* [flags dead][log2] */
extern UopFn *const uop_imul_rri[2][4];         /* r0 = r1 * imm */
extern UopFn *const uop_imul_rm[UOP_FORMS][4];
extern UopFn *const uop_imul_rmi[4];            /* memory in the full form */
extern UopFn *const uop_mul_any[4], *const uop_imul1_any[4];
extern UopFn *const uop_div_any[4], *const uop_idiv_any[4];
extern UopFn *const uop_inc_r[2][4], *const uop_dec_r[2][4];
extern UopFn *const uop_inc_any[4], *const uop_dec_any[4];
extern UopFn *const uop_not_r[4], *const uop_neg_r[2][4];
extern UopFn *const uop_not_any[4], *const uop_neg_any[4];
extern UopFn *const uop_xchg_rr[4], *const uop_xchg_mem[4];
extern UopFn *const uop_xadd_any[4], *const uop_cmpxchg_any[4];
extern UopFn *const uop_cmpxchg_2[4];           /* [2]: 8 bytes, [3]: 16 */
extern UopFn *const uop_lock_alu_mr[8][4], *const uop_lock_alu_mi[8][4];
extern UopFn *const uop_convert[3][4];          /* CBW, CWD families */
extern UopFn *const uop_bcd[6];                 /* DAA DAS AAA AAS AAM AAD */

/* ops-bits.c */
enum { BIT_TEST, BIT_SET, BIT_RESET, BIT_COMPLEMENT };
extern UopFn *const uop_bt_ri[4][4], *const uop_bt_rr[4][4];
extern UopFn *const uop_bt_mem_i[4][4], *const uop_bt_mem_r[4][4];
enum { SCAN_BSF, SCAN_BSR, SCAN_TZCNT, SCAN_LZCNT, SCAN_POPCNT };
extern UopFn *const uop_scan_any[5][4];
extern UopFn *const uop_bswap[4];
extern UopFn *const uop_movbe_load[4], *const uop_movbe_store[4];
extern UopFn *const uop_setcc_any, *const uop_cmov_any[4]; /* imm: condition */
extern UopFn *const uop_lahf, *const uop_sahf;
extern UopFn *const uop_carry[3];               /* CLC, STC, CMC */
extern UopFn *const uop_direction[2];           /* CLD, STD */
extern UopFn *const uop_pause, *const uop_nop, *const uop_salc, *const uop_xlat;
extern UopFn *const uop_fence;
extern UopFn *const uop_load_selector;          /* r0 = selector of imm */

/* ops-stack.c: every width of operand and stack; imm, aux as said there. */
extern UopFn *const uop_push_any[4], *const uop_pop_any[4];
extern UopFn *const uop_push_imm[4], *const uop_push_seg[4];
extern UopFn *const uop_pusha[4], *const uop_popa[4];
extern UopFn *const uop_enter[4], *const uop_leave[4];
extern UopFn *const uop_pushf[4], *const uop_popf[4];

/* ops-jump.c: the last of a block, a UopExit behind (but for *_eip). */
extern UopFn *const uop_jump;                   /* to exit 1 */
extern UopFn *const uop_fall;                   /* to exit 0 */
extern UopFn *const uop_cross;                  /* exit into another page */
extern UopFn *const uop_jcc[COND_KINDS][16];
extern UopFn *const uop_jcc_cmp_rr[4][16], *const uop_jcc_cmp_ri[4][16];
extern UopFn *const uop_jcc_cmp_rm[4][16], *const uop_jcc_cmp_mr[4][16];
extern UopFn *const uop_jcc_cmp_mi[4][16];
extern UopFn *const uop_jcc_test_rr[4][16], *const uop_jcc_test_ri[4][16];
extern UopFn *const uop_jcc_test_mi[4][16];
extern UopFn *const uop_call64;                 /* imm: distance of target */
extern UopFn *const uop_call64_r, *const uop_call64_m[UOP_FORMS];
extern UopFn *const uop_jump64_r, *const uop_jump64_m[UOP_FORMS];
extern UopFn *const uop_ret64;                  /* imm: bytes to release */
extern UopFn *const uop_jump_any[4], *const uop_call_any[4];
extern UopFn *const uop_call_near[4], *const uop_ret_near[4];
extern UopFn *const uop_jump_far_eip;           /* eip = imm64 (wrapped) */
extern UopFn *const uop_loop[4];                /* LOOPNE LOOPE LOOP JCXZ */
extern UopFn *const uop_stale;                  /* the block is gone */
extern UopFn *const uop_forward;                /* ptr: the block instead */

/* ops-string.c; imm64 is a StringOp packed by string_pack(). */
extern UopFn *const uop_string;
enum {
    STR_MOVS, STR_CMPS, STR_STOS, STR_LODS, STR_SCAS, STR_INS, STR_OUTS,
};

/* ops-sys.c */
extern UopFn *const uop_sys;            /* ptr: X86Insn */
extern UopFn *const uop_sys_end;        /* the same, ends the block */
extern UopFn *const uop_sse;            /* ptr: UopSse */
extern UopFn *const uop_x87;            /* imm: packed insn */
extern UopFn *const uop_raise;          /* imm: vector */
extern UopFn *const uop_cli, *const uop_sti, *const uop_hlt;
extern UopFn *const uop_in[2], *const uop_out[2];   /* [port in DX] */
extern UopFn *const uop_page2;          /* ptr: expected host page */
extern UopFn *const uop_end;            /* back to the run loop */

#endif
