/*
 * What a micro-operation that calls out points to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_UOP_CALL_H
#define TARGET_I386_UOP_CALL_H

#include "helpers.h"
#include "sse.h"
#include "uop.h"

typedef struct UopCall {
    X86Insn insn;
    MicroOp addr;           /* the memory operand, in the full form */
    const SseOp *sse;
    uint32_t x87;           /* X87_INSN() */
} UopCall;

#endif
