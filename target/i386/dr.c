/*
 * Debug registers as instructions see them. Breakpoints are found by the
 * engine, which is told of every change.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "sys-internal.h"

#define DR6_KNOWN 0xe00fu
#define DR7_KNOWN 0xffff23ffu

static unsigned checked_number(CPUX86State *env, const X86Insn *in)
{
    unsigned n = in->reg;

    if (n > 7) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (n == 4 || n == 5) {
        if (env->cr[4] & CR4_DE_MASK) {
            raise_exception(env, EXCP06_ILLOP);
        }
        n += 2;
    }
    need_cpl0(env);
    if (env->dr[7] & DR7_GD) {
        /* A fault, before the access; the handler may use the registers. */
        env->dr[7] &= ~(uint64_t)DR7_GD;
        env->dr[6] |= DR6_BD;
        raise_exception(env, EXCP01_DB);
    }
    return n;
}

static unsigned gpr_number(const X86Insn *in)
{
    return in->has_mem ? in->modrm & 7 : in->rm;
}

void insn_mov_from_dr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned n = checked_number(env, in);
    uint64_t value = env->dr[n];

    env->regs[gpr_number(in)] = x86_code64(env) ? value : (uint32_t)value;
}

void insn_mov_to_dr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned n = checked_number(env, in);
    uint64_t value = env->regs[gpr_number(in)];

    if (!x86_code64(env)) {
        value = (uint32_t)value;
    }
    if (n >= 6 && value >> 32) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if (n == 6) {
        env->dr[6] = (value & DR6_KNOWN) | DR6_FIXED_1;
        return;
    }
    env->dr[n] = n == 7 ? (value & DR7_KNOWN) | DR7_FIXED_1 : value;
    x86_breakpoints_changed(env);
}
