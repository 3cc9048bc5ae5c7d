/*
 * Raising exceptions: combining a fault with one that is being delivered, and
 * leaving guest code for the run loop. Entering the handler is
 * excp-deliver.c's part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "excp.h"

typedef enum FaultClass {
    FAULT_BENIGN,
    FAULT_CONTRIBUTORY,
    FAULT_PAGE,
} FaultClass;

static FaultClass fault_class(int vector)
{
    switch (vector) {
    case EXCP00_DIVZ:
    case EXCP0A_TSS:
    case EXCP0B_NOSEG:
    case EXCP0C_STACK:
    case EXCP0D_GPF:
        return FAULT_CONTRIBUTORY;
    case EXCP0E_PAGE:
        return FAULT_PAGE;
    default:
        return FAULT_BENIGN;
    }
}

/* The vector that results when @vector happens during delivery of another. */
static int combine(CPUX86State *env, int vector, int *error_code)
{
    int first = env->old_exception;
    FaultClass second_class = fault_class(vector);

    if (first < 0 || second_class == FAULT_BENIGN) {
        return vector;
    }
    if (first == EXCP08_DBLE) {
        x86_cpu_triple_fault(env);
    }
    if ((fault_class(first) == FAULT_CONTRIBUTORY &&
         second_class == FAULT_CONTRIBUTORY) ||
        fault_class(first) == FAULT_PAGE) {
        *error_code = 0;
        return EXCP08_DBLE;
    }
    return vector;
}

static void QEMU_NORETURN leave(CPUX86State *env, int vector, int error_code)
{
    env->exception_nr = combine(env, vector, &error_code);
    env->error_code = error_code;
    env->exception_is_int = 0;
    cpu_loop_exit(env);
}

void raise_exception(CPUX86State *env, int vector)
{
    leave(env, vector, 0);
}

void raise_exception_err(CPUX86State *env, int vector, int error_code)
{
    leave(env, vector, error_code);
}

void raise_interrupt(CPUX86State *env, int vector, bool is_int,
                     int error_code, uint64_t next_eip)
{
    env->exception_nr = vector;
    env->error_code = error_code;
    env->exception_is_int = is_int;
    env->exception_next_eip = next_eip;
    cpu_loop_exit(env);
}

void raise_page_fault(CPUX86State *env, uint64_t addr, int error_code)
{
    env->cr[2] = addr;
    leave(env, EXCP0E_PAGE, error_code);
}

void raise_debug_trap(CPUX86State *env, uint64_t dr6)
{
    env->dr[6] |= dr6;
    leave(env, EXCP01_DB, 0);
}
