/*
 * Instruction decoding: bytes to a description, for 16, 32 and 64-bit code.
 * Knows lengths and operands of every encoding; what an instruction does, and
 * whether it exists, is the translator's business.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_DECODE_H
#define TARGET_I386_DECODE_H

#include "helpers.h"

#define X86_MAX_INSN_BYTES 15

typedef struct DecodedInsn {
    X86Insn i;              /* what helpers get; fn not filled */
    /* The memory operand, when i.has_mem. */
    uint8_t base;           /* X86_WORD(): register, pc, or the zero word */
    uint8_t index;          /* X86_WORD(): register or the zero word */
    uint8_t scale;          /* log2 */
    bool rip_relative;      /* base is the address behind the instruction */
    bool seg_override;
    int32_t disp;
    uint8_t mod;            /* ModRM.mod */
    uint8_t rex_b;          /* 8 with REX.B, for registers in the opcode */
    bool has_modrm;
    bool lock;
    bool far_bytes;         /* the second page was needed */
} DecodedInsn;

typedef enum DecodeResult {
    DECODE_OK,
    DECODE_MORE,            /* the instruction goes on behind the bytes given */
    DECODE_TOO_LONG,        /* more than 15 bytes: #GP */
    DECODE_INVALID,         /* no such encoding: #UD (d->i.len is a guess) */
} DecodeResult;

/*
 * Decodes the instruction at @code, of which @avail bytes can be read.
 * @mode: X86_MODE_*.
 */
DecodeResult x86_decode(const uint8_t *code, size_t avail, unsigned mode,
                        DecodedInsn *d);

#endif
