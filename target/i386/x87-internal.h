/*
 * Shared by fpu-x87.c (instructions) and fpu-state.c (environment images).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_X87_INTERNAL_H
#define TARGET_I386_X87_INTERNAL_H

#include "cpu.h"
#include "excp.h"
#include "fpu-x87.h"
#include "mem-access.h"
#include "x87-host.h"

#define X87_SW_EXCEPTIONS   0x003fu
#define X87_SW_SF           0x0040u     /* stack fault */
#define X87_SW_ES           0x0080u     /* an unmasked exception is pending */
#define X87_SW_TOP          0x3800u
#define X87_SW_TOP_SHIFT    11
#define X87_SW_BUSY         0x8000u

typedef struct X87Decoded {
    uint8_t escape, modrm, opsize, seg;
} X87Decoded;

static inline uint16_t x87_status_word(const CPUX86State *env)
{
    return (env->fpus & ~X87_SW_TOP) | env->fpstt << X87_SW_TOP_SHIFT;
}

/* Works out ES and B from the exception flags and their masks. */
void x87_update_summary(CPUX86State *env);

/* FLDCW's effect: the bits that exist, and the summary that follows. */
void x87_set_control_word(CPUX86State *env, uint16_t value);

/* One bit per physical register, set when in use. */
uint8_t x87_pack_tags(const CPUX86State *env);
void x87_unpack_tags(CPUX86State *env, uint8_t packed);

/* Environment images, 14 or 28 bytes by operand size and mode. */
void x87_fldenv(CPUX86State *env, uint64_t ea, unsigned opsize);
void x87_fnstenv(CPUX86State *env, uint64_t ea, unsigned opsize);
void x87_frstor(CPUX86State *env, uint64_t ea, unsigned opsize);
void x87_fnsave(CPUX86State *env, uint64_t ea, unsigned opsize);

#endif
