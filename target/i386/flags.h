/*
 * Conditions from the lazy flags, and the part of the mode on which the
 * decoding of code depends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_FLAGS_H
#define TARGET_I386_FLAGS_H

#include "cpu.h"

/* CF alone. */
bool cpu_cc_carry(CPUX86State *env);

/* The condition of Jcc, SETcc, CMOVcc: @cond is the opcode's low four bits. */
bool cpu_condition(CPUX86State *env, unsigned cond);

/* How code is decoded: part of a block's identity. */
enum {
    X86_MODE_CS32 = 1,
    X86_MODE_CS64 = 2,
    X86_MODE_SS32 = 4,
    X86_MODE_ADDSEG = 8,    /* segment bases and limits matter */
    X86_MODE_REAL = 16,     /* real or virtual 8086 mode */
    X86_MODE_STEP = 32,     /* blocks of one instruction */
};

/* While one of these is set each instruction runs by itself. */
#define HF_ALONE_MASK (HF_TF_MASK | HF_INHIBIT_IRQ_MASK | HF_STEP_MASK)

static inline unsigned x86_block_mode(uint32_t hflags)
{
    return (hflags & HF_CS32_MASK ? X86_MODE_CS32 : 0) |
           (hflags & HF_CS64_MASK ? X86_MODE_CS64 : 0) |
           (hflags & HF_SS32_MASK ? X86_MODE_SS32 : 0) |
           (hflags & HF_ADDSEG_MASK ? X86_MODE_ADDSEG : 0) |
           (!(hflags & HF_PE_MASK) || (hflags & HF_VM_MASK)
            ? X86_MODE_REAL : 0) |
           (hflags & (HF_ALONE_MASK) ? X86_MODE_STEP : 0);
}

#endif
