/*
 * Shared by the files about segmentation and transfers of control (seg.c,
 * far.c, iret.c, task.c, excp-deliver.c, syscall.c): descriptors as read from
 * memory, stacks that are not yet, or no longer, the current one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_SEG_INTERNAL_H
#define TARGET_I386_SEG_INTERNAL_H

#include "cpu.h"
#include "excp.h"
#include "helpers.h"
#include "mem-access.h"

/* System descriptor types (DESC_S clear). */
enum {
    SYS_TSS16_AVAIL = 1,
    SYS_LDT = 2,
    SYS_TSS16_BUSY = 3,
    SYS_CALL_GATE16 = 4,
    SYS_TASK_GATE = 5,
    SYS_INT_GATE16 = 6,
    SYS_TRAP_GATE16 = 7,
    SYS_TSS_AVAIL = 9,
    SYS_TSS_BUSY = 11,
    SYS_CALL_GATE = 12,
    SYS_INT_GATE = 14,
    SYS_TRAP_GATE = 15,
};

/* A descriptor: its two words and where they stand. */
typedef struct SegDesc {
    uint32_t lo, hi;
    uint64_t addr;
} SegDesc;

static inline unsigned desc_type(const SegDesc *d)
{
    return (d->hi & DESC_TYPE_MASK) >> DESC_TYPE_SHIFT;
}

static inline unsigned desc_dpl(const SegDesc *d)
{
    return (d->hi & DESC_DPL_MASK) >> DESC_DPL_SHIFT;
}

static inline bool desc_present(const SegDesc *d)
{
    return d->hi & DESC_P_MASK;
}

static inline bool desc_is_code(const SegDesc *d)
{
    return (d->hi & (DESC_S_MASK | DESC_CS_MASK)) ==
           (DESC_S_MASK | DESC_CS_MASK);
}

static inline bool desc_is_writable_data(const SegDesc *d)
{
    return (d->hi & (DESC_S_MASK | DESC_CS_MASK | DESC_W_MASK)) ==
           (DESC_S_MASK | DESC_W_MASK);
}

static inline uint32_t desc_base(const SegDesc *d)
{
    return d->lo >> 16 | (d->hi & 0xff) << 16 | (d->hi & 0xff000000u);
}

static inline uint32_t desc_limit(const SegDesc *d)
{
    uint32_t limit = (d->lo & 0xffff) | (d->hi & 0x000f0000u);

    return d->hi & DESC_G_MASK ? limit << 12 | 0xfff : limit;
}

static inline bool selector_is_null(unsigned selector)
{
    return !(selector & 0xfffc);
}

static inline bool x86_lma(const CPUX86State *env)
{
    return env->hflags & HF_LMA_MASK;
}

static inline bool is_canonical(uint64_t addr)
{
    return (int64_t)(addr << 16) >> 16 == (int64_t)addr;
}

/*
 * Reads the descriptor of @selector from the GDT or LDT. False when it lies
 * outside the table. May raise #PF.
 */
bool seg_read_desc(CPUX86State *env, unsigned selector, SegDesc *d);

/* The same; outside the table is @vector with the selector as error code. */
void seg_need_desc(CPUX86State *env, unsigned selector, SegDesc *d,
                   int vector, unsigned ext);

/* Sets the accessed bit of a code or data descriptor, in memory and in @d. */
void seg_mark_accessed(CPUX86State *env, SegDesc *d);

/* Loads @seg's hidden part from @d; no checks. */
void seg_load_desc(CPUX86State *env, int seg, unsigned selector,
                   const SegDesc *d);

/* MOV to a segment register other than CS, with every check. */
void x86_load_seg(CPUX86State *env, int seg, unsigned selector);

/* Real and VM86 mode: base from the selector, the rest stays. */
void seg_load_real(CPUX86State *env, int seg, unsigned selector);

/* All segments as VM86 mode has them. */
void seg_load_vm86(CPUX86State *env, int seg, unsigned selector);

/*
 * Checks a code segment as target of a jump, call or return that ends at
 * privilege @cpl with @rpl (conforming or not) and raises #GP or #NP.
 */
void seg_check_code_target(CPUX86State *env, unsigned selector,
                           const SegDesc *d, unsigned rpl, unsigned cpl);

/* #GP(0) unless @eip can be executed in code segment @d. */
void seg_check_eip(CPUX86State *env, const SegDesc *d, uint64_t eip);

/* After a return outwards: data segments that are too good become null. */
void seg_drop_privileged(CPUX86State *env, unsigned cpl);

/* Privileged instructions: #GP(0) unless CPL is 0. */
static inline void need_cpl0(CPUX86State *env)
{
    if (x86_cpl(env) != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

/* A stack on its way: nothing reaches the CPU's registers before commit. */
typedef struct X86Stack {
    CPUX86State *env;
    uint64_t base;
    uint64_t sp;
    uint64_t mask;          /* 0xffff, 0xffffffff or all ones */
    uint32_t limit, flags;  /* of the segment; not checked in 64-bit mode */
    bool check_limit;
    bool kernel;            /* access as supervisor */
    int error_code;         /* of the #SS for the limit */
} X86Stack;

/* The current stack, used at the current privilege. */
void stack_current(CPUX86State *env, X86Stack *st);

/* A stack of descriptor @d for privilege @cpl. */
void stack_of_desc(CPUX86State *env, X86Stack *st, const SegDesc *d,
                   uint64_t sp, unsigned cpl, int error_code);

void stack_push(X86Stack *st, unsigned bytes, uint64_t value);
uint64_t stack_pop(X86Stack *st, unsigned bytes);
/* Reads at an offset above the top, without moving it. */
uint64_t stack_peek(X86Stack *st, unsigned bytes, uint64_t offset);

/* ESP, SP or RSP become the stack's pointer, by its width. */
void stack_commit(X86Stack *st);

/* SS:ESP of privilege @dpl from the TSS. Raises #TS. */
void tss_inner_stack(CPUX86State *env, unsigned dpl, unsigned *ss,
                     uint32_t *esp, unsigned ext);

/* RSP0..2 (@index 0..2) or IST1..7 (@index 4..10) of a 64-bit TSS. */
uint64_t tss_rsp(CPUX86State *env, unsigned index, unsigned ext);

/* Reads and checks the SS of an inner ring; #TS, #SS as the manual says. */
void seg_check_inner_ss(CPUX86State *env, unsigned ss, unsigned dpl,
                        SegDesc *d, unsigned ext);

typedef enum TaskSwitchKind {
    TASK_JMP,
    TASK_CALL,
    TASK_IRET,
    TASK_GATE,              /* interrupt through a task gate; nests */
} TaskSwitchKind;

/*
 * Switches to the task of @selector, whose descriptor is @d. @next_eip is
 * saved as the outgoing task's EIP. Sets env->eip. task.c
 */
void task_switch(CPUX86State *env, unsigned selector, const SegDesc *d,
                 TaskSwitchKind kind, uint64_t next_eip);

/* IRET with NT set. */
void task_return(CPUX86State *env, uint64_t next_eip);

/* Reads a TSS descriptor for a task switch; checks everything but busy. */
void task_read_tss(CPUX86State *env, unsigned selector, SegDesc *d,
                   int vector, unsigned ext);

/* Functions of the system instruction table, by file. */
X86InsnFn insn_pop_seg, insn_mov_seg, insn_load_far_ptr, insn_arpl,
          insn_lar_lsl, insn_group6;                            /* seg.c */
X86InsnFn insn_far_jmp, insn_far_call, insn_far_jmp_mem, insn_far_call_mem,
          insn_retf;                                            /* far.c */
X86InsnFn insn_iret;                                            /* iret.c */
X86InsnFn insn_syscall, insn_sysret, insn_sysenter, insn_sysexit,
          insn_swapgs;                                          /* syscall.c */
X86InsnFn insn_mov_from_cr, insn_mov_to_cr, insn_clts, insn_lmsw,
          insn_smsw;                                            /* cr.c */
X86InsnFn insn_mov_from_dr, insn_mov_to_dr;                     /* dr.c */
X86InsnFn insn_rdmsr, insn_wrmsr;                               /* msr.c */

#endif
