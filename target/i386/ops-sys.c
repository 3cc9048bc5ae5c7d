/*
 * Handlers that call out: system instructions, x87 and SSE, ports, HLT and the
 * interrupt flag.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "excp.h"
#include "any.h"
#include "fpu-x87.h"
#include "helpers.h"
#include "ops.h"
#include "sse.h"
#include "uop-call.h"

/* ---- System instructions ---------------------------------------------- */

static void call_sys(CPUX86State *env, const UopCall *call)
{
    uint64_t ea = 0;

    env->insn_len = call->insn.len;
    if (call->insn.has_mem && !(call->insn.flags & X86I_NO_EA)) {
        ea = uop_full_address(env, &call->addr, 1, false);
    }
    call->insn.fn(env, &call->insn, ea);
}

static UOP(sys_handler)
{
    UOP_SYNC(env, op);
    call_sys(env, op->ptr);
    UOP_NEXT(env, op);
}

/* The last of a block; r0 counts its instructions. */
static UOP(sys_end_handler)
{
    const UopCall *call = op->ptr;
    uint64_t next;

    UOP_SYNC(env, op);
    env->insn_len = call->insn.len;
    next = x86_next_eip(env);
    call_sys(env, call);
    env->pc = call->insn.flags & X86I_JUMP ? env->eip : next;
    uop_account(env, op->r0);
    return NULL;
}

static UOP(sse_handler)
{
    const UopCall *call = op->ptr;
    uint64_t ea = 0;

    UOP_SYNC(env, op);
    if (call->insn.has_mem) {
        ea = uop_full_address(env, &call->addr, 1, false);
    }
    sse_exec(env, call->sse, call->insn.reg, call->insn.rm, ea,
             call->insn.imm, call->insn.rexw);
    UOP_NEXT(env, op);
}

static UOP(x87_handler)
{
    const UopCall *call = op->ptr;
    uint64_t ea = 0, offset = 0;

    UOP_SYNC(env, op);
    if (call->insn.has_mem) {
        offset = uop_offset(env, &call->addr);
        ea = uop_full_address(env, &call->addr, 1, false);
    }
    x87_exec(env, call->x87, ea, offset);
    UOP_NEXT(env, op);
}

UopFn *const uop_sys = sys_handler;
UopFn *const uop_sys_end = sys_end_handler;
UopFn *const uop_sse = sse_handler;
UopFn *const uop_x87 = x87_handler;

/* ---- Exceptions ------------------------------------------------------- */

static UOP(raise_handler)
{
    UOP_SYNC(env, op);
    if (op->imm == EXCP0D_GPF) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    raise_exception(env, op->imm);
}

UopFn *const uop_raise = raise_handler;

/* ---- Interrupt flag and HLT ------------------------------------------- */

static void check_iopl(CPUX86State *env)
{
    if ((env->hflags & HF_PE_MASK) &&
        x86_cpl(env) > (env->eflags >> IOPL_SHIFT & 3)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

static UOP(cli_handler)
{
    UOP_SYNC(env, op);
    check_iopl(env);
    env->eflags &= ~(uint64_t)IF_MASK;
    UOP_NEXT(env, op);
}

/* Interrupts come in after the next instruction only. */
static UOP(sti_handler)
{
    UOP_SYNC(env, op);
    check_iopl(env);
    if (!(env->eflags & IF_MASK)) {
        env->eflags |= IF_MASK;
        env->hflags |= HF_INHIBIT_IRQ_MASK;
        x86_update_hflags(env);
    }
    UOP_NEXT(env, op);
}

static UOP(hlt_handler)
{
    UOP_SYNC(env, op);
    if (x86_cpl(env) != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    env_cpu(env)->halted = 1;
    UOP_NEXT(env, op);
}

UopFn *const uop_cli = cli_handler;
UopFn *const uop_sti = sti_handler;
UopFn *const uop_hlt = hlt_handler;

/* ---- Ports ------------------------------------------------------------ */

/* Size in r0 (bytes), port in imm or DX. */
static QEMU_ALWAYS_INLINE void port_in(CPUX86State *env, const MicroOp *op,
                                       const bool dx)
{
    unsigned size = op->r0;
    uint16_t port = dx ? env->regs[R_EDX] : op->imm;
    uint32_t v;

    x86_check_io(env, port, size);
    v = cpu_port_in(env, port, size);
    if (size == 1) {
        ((uint8_t *)env)[0] = v;
    } else if (size == 2) {
        *(uint16_t *)&env->regs[R_EAX] = v;
    } else {
        env->regs[R_EAX] = v;
    }
}

static QEMU_ALWAYS_INLINE void port_out(CPUX86State *env, const MicroOp *op,
                                        const bool dx)
{
    unsigned size = op->r0;
    uint16_t port = dx ? env->regs[R_EDX] : op->imm;

    x86_check_io(env, port, size);
    cpu_port_out(env, port, zext(env->regs[R_EAX], size >> 1), size);
}

UOP_ANY_HANDLER(in_imm, port_in, false)
UOP_ANY_HANDLER(in_dx, port_in, true)
UOP_ANY_HANDLER(out_imm, port_out, false)
UOP_ANY_HANDLER(out_dx, port_out, true)
UopFn *const uop_in[2] = { in_imm, in_dx };
UopFn *const uop_out[2] = { out_imm, out_dx };

/* ---- Instructions across two pages ------------------------------------ */

/*
 * First in the block of such an instruction: the second page must be the one
 * that was decoded. If not, the run loop finds or makes the right block.
 */
/* Apart from the handler, which goes on by a jump: see run_string(). */
static QEMU_NOINLINE bool page2_is_same(CPUX86State *env, const MicroOp *op)
{
    uint64_t addr = env->pc;
    ram_addr_t ram;

    if (!(env->hflags & HF_CS64_MASK)) {
        addr = (uint32_t)(addr + env->segs[R_CS].base);
    }
    addr = (addr & TARGET_PAGE_MASK) + TARGET_PAGE_SIZE;
    return x86_code_ptr(env, addr, &ram) == op->ptr;
}

static UOP(page2_handler)
{
    UOP_SYNC(env, op);
    if (!page2_is_same(env, op)) {
        return NULL;
    }
    UOP_NEXT(env, op);
}

UopFn *const uop_page2 = page2_handler;
