/*
 * Raising and delivering exceptions and interrupts. excp.c turns a condition
 * into the vector that the manual asks for and enters the guest's handler.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_EXCP_H
#define TARGET_I386_EXCP_H

#include "cpu.h"

/*
 * All of these leave guest code by siglongjmp; the caller's frame is gone.
 * env->eip must be that of the instruction, which then has no effect (fault)
 * unless said otherwise. While another exception is being delivered
 * (env->old_exception >= 0) they combine with it into #DF or a triple fault.
 */
void raise_exception(CPUX86State *env, int vector) QEMU_NORETURN;
void raise_exception_err(CPUX86State *env, int vector, int error_code)
    QEMU_NORETURN;

/* INT n and friends: return address @next_eip, gate DPL is checked. */
void raise_interrupt(CPUX86State *env, int vector, bool is_int,
                     int error_code, uint64_t next_eip) QEMU_NORETURN;

/* #PF with CR2. @error_code: PG_ERROR_*. */
void raise_page_fault(CPUX86State *env, uint64_t addr, int error_code)
    QEMU_NORETURN;

/* #DB after an instruction (trap): DR6 bits in @dr6 are added. */
void raise_debug_trap(CPUX86State *env, uint64_t dr6) QEMU_NORETURN;

/*
 * Called by the run loop after one of the above: enters the handler of
 * env->exception_nr (or raises again while doing so, which comes back to the
 * loop), then sets exception_nr and old_exception to -1. env->eip is the
 * address to return to, or exception_next_eip when exception_is_int.
 */
void x86_deliver_exception(CPUX86State *env);

/*
 * Enters the handler of an external interrupt or NMI between two
 * instructions; env->eip is the address to return to. May raise.
 */
void x86_deliver_interrupt(CPUX86State *env, int vector);

/*
 * A linear address that is not canonical: #SS(0) when the instruction at
 * env->eip addresses through SS, else #GP(0) (core).
 */
void x86_raise_noncanonical(CPUX86State *env, int access_type) QEMU_NORETURN;

/* Leaves guest code for the run loop without an exception (core). */
void cpu_loop_exit(CPUX86State *env) QEMU_NORETURN;

#endif
