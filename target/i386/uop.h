/*
 * Micro-operations: what guest code becomes. A block is an array of them, run
 * by direct threading: every handler ends by calling the next one in tail
 * position, so that the compiler makes a jump of it and env and op stay in
 * registers.
 *
 * Figure: a block, three guest instructions long.
 *
 *    Block header | uop | uop | fused compare-and-jump | UopExit |
 *                   ^ops[0]                              ^links to other blocks
 *
 * Rules for handlers:
 *  - While a block runs, env->pc is the address of the block's start. A handler
 *    that calls anything that may raise says UOP_SYNC() before, which makes
 *    env->eip the instruction's address.
 *  - The last handler of a block adds the distance to its target to env->pc
 *    and goes on there or returns to the run loop.
 *  - A handler has no effect before everything in it that may fault is done.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_UOP_H
#define TARGET_I386_UOP_H

#include "cpu.h"
#include "flags.h"
#include "softtlb.h"

/* Pairs of 8-byte stores are cheaper apart than packed in a vector. */
#ifndef __clang__
#pragma GCC optimize("no-tree-slp-vectorize")
#endif

typedef struct MicroOp MicroOp;
typedef struct Block Block;

/*
 * Runs @op and what follows it. Returns to the run loop with env->pc at the next
 * instruction: NULL, or the address of a link that the run loop shall set to
 * the block found for env->pc.
 */
typedef const void *UopFn(CPUX86State *env, const MicroOp *op);

struct MicroOp {
    UopFn *fn;
    union {
        struct {
            int32_t disp;       /* memory operand */
            int32_t imm;        /* sign extended where it is used */
        };
        int64_t imm64;
        const void *ptr;
    };
    /*
     * Registers and bases: X86_WORD() indices. For byte registers r0 (and r1
     * in register forms) is a byte offset into the state.
     */
    uint8_t r0;
    uint8_t r1;                 /* base */
    uint8_t r2;                 /* index */
    uint8_t scale;
    uint8_t seg;                /* R_*, in the full address form */
    uint8_t aux;                /* address mode; instructions in the block */
    uint16_t off;               /* instruction's distance from the block start */
};
QEMU_BUILD_BUG_ON(sizeof(MicroOp) == 24 ? 0 : 1);

/* Behind the last micro-operation of a block that can go on by itself. */
typedef struct UopExit {
    const MicroOp *link[2];     /* 0: fall through, 1: taken; NULL: not known */
    int32_t delta[2];           /* env->pc moves by that much */
} UopExit;
QEMU_BUILD_BUG_ON(sizeof(UopExit) == sizeof(MicroOp) ? 0 : 1);

/* aux of the full address form. */
enum {
    UOP_AM_SIZE = 3,            /* address size: 1 << it, 1..3 */
    UOP_AM_FLAT = 4,            /* neither base nor limit matters */
    UOP_AM_BASE = 8,            /* 64-bit mode: the base of seg, no limit */
    UOP_AM_REG = 16,            /* no memory: the operand is register r1 */
    UOP_AM_LOCK = 32,           /* LOCK was given */
};

struct Block {
    Block *hash_next;
    Block *page_next[2];        /* in the lists of its one or two pages */
    const uint8_t *host;        /* its first byte in host memory */
    ram_addr_t ram;             /* the same in RAM blocks' space */
    ram_addr_t ram2;            /* second page, or RAM_ADDR_INVALID */
    uint64_t eip;               /* part of the identity; 0 in 64-bit mode */
    uint32_t mode;              /* X86_MODE_* */
    uint16_t bytes;             /* of guest code */
    uint16_t uops;
    uint16_t insns;
    bool stale;                 /* its code was overwritten */
    MicroOp ops[];
};

typedef struct JumpCacheEntry {
    uint64_t key;               /* env->pc ^ env->mode_key */
    Block *block;
} JumpCacheEntry;

#define JUMP_CACHE_BITS 12
#define JUMP_CACHE_SIZE (1u << JUMP_CACHE_BITS)

static inline unsigned jump_cache_index(uint64_t eip)
{
    return (eip ^ (eip >> JUMP_CACHE_BITS)) & (JUMP_CACHE_SIZE - 1);
}

/* ---- Threading -------------------------------------------------------- */

#if defined(__clang__)
#define UOP_TAIL __attribute__((musttail)) return
#else
#define UOP_TAIL return
#endif

/*
 * Without sibling-call optimisation the stack would grow with every micro-op,
 * so such builds go through a trampoline in the run loop.
 */
#if !defined(__OPTIMIZE__) || defined(QEMU_SANITIZE_ADDRESS) || \
    defined(QEMU_SANITIZE_THREAD)
#define UOP_TRAMPOLINE 1
extern const char uop_continue;
#define UOP_RUN(env, o)                                                     \
    do {                                                                    \
        (env)->uop = (o);                                                   \
        return &uop_continue;                                               \
    } while (0)
#else
#define UOP_RUN(env, o)                                                     \
    do {                                                                    \
        const MicroOp *next_ = (o);                                         \
        UOP_TAIL next_->fn(env, next_);                                     \
    } while (0)
#endif

/* Enters a block from the run loop. */
#ifdef UOP_TRAMPOLINE
static inline const void *uop_start(CPUX86State *env, const MicroOp *op)
{
    const void *r;

    do {
        r = op->fn(env, op);
        op = env->uop;
    } while (r == &uop_continue);
    return r;
}
#define UOP_START(env, o) uop_start(env, o)
#else
#define UOP_START(env, o) ((o)->fn(env, o))
#endif

#define UOP_NEXT(env, op) UOP_RUN(env, (op) + 1)

#define UOP(name) const void *name(CPUX86State *env, const MicroOp *op)

#define UOP_SYNC(env, op)   ((env)->eip = (env)->pc + (op)->off)

static QEMU_ALWAYS_INLINE const UopExit *uop_exit(const MicroOp *op)
{
    return (const UopExit *)(op + 1);
}

/* Counts a block's instructions; true when the run loop wants to be asked. */
static QEMU_ALWAYS_INLINE bool uop_account(CPUX86State *env, unsigned insns)
{
    env->insns_left -= insns;
    return unlikely(env->insns_left < 0) ||
           unlikely(qatomic_read(&env_cpu(env)->exit_request));
}

/* Goes on at exit @which of the block that ends in @op. */
#define UOP_GOTO_EXIT(env, op, which)                                       \
    do {                                                                    \
        const UopExit *x_ = uop_exit(op);                                   \
        const MicroOp *to_ = x_->link[which];                               \
                                                                            \
        (env)->pc += x_->delta[which];                                     \
        if (uop_account(env, (op)->aux)) {                                    \
            return NULL;                                                    \
        }                                                                   \
        if (unlikely(!to_)) {                                               \
            return &x_->link[which];                                        \
        }                                                                   \
        UOP_RUN(env, to_);                                                  \
    } while (0)

/*
 * The block for env->pc in 64-bit mode if the jump cache has it and the page
 * is still mapped to the same memory; else NULL.
 */
static QEMU_ALWAYS_INLINE const MicroOp *uop_lookup64(CPUX86State *env)
{
    uint64_t eip = env->pc;
    const JumpCacheEntry *j = &env->jump_cache[jump_cache_index(eip)];
    const SoftTLBEntry *e = softtlb_entry(env, eip);

    if (likely(j->key == (eip ^ env->mode_key)) &&
        likely(e->addr_code == (eip & TARGET_PAGE_MASK)) &&
        likely((const uint8_t *)(e->addend + eip) == j->block->host)) {
        return j->block->ops;
    }
    return NULL;
}

/* Goes on at env->pc, 64-bit mode. */
#define UOP_GOTO_EIP64(env, insns)                                          \
    do {                                                                    \
        const MicroOp *to_;                                                 \
                                                                            \
        if (uop_account(env, insns)) {                                        \
            return NULL;                                                    \
        }                                                                   \
        to_ = uop_lookup64(env);                                            \
        if (unlikely(!to_)) {                                               \
            return NULL;                                                    \
        }                                                                   \
        UOP_RUN(env, to_);                                                  \
    } while (0)

/* ---- Registers -------------------------------------------------------- */

#define W(i) (((uint64_t *)env)[i])

/* Register operand @r of 1 << @log2 bytes; @log2 is a constant. */
static QEMU_ALWAYS_INLINE uint64_t rd(CPUX86State *env, unsigned r,
                                      const unsigned log2)
{
    switch (log2) {
    case 0:
        return ((uint8_t *)env)[r];
    case 1:
        return *(uint16_t *)&W(r);
    case 2:
        return *(uint32_t *)&W(r);
    default:
        return W(r);
    }
}

/* Writing 32 bits clears the upper half, narrower writes leave the rest. */
static QEMU_ALWAYS_INLINE void wr(CPUX86State *env, unsigned r,
                                  const unsigned log2, uint64_t val)
{
    switch (log2) {
    case 0:
        ((uint8_t *)env)[r] = val;
        break;
    case 1:
        *(uint16_t *)&W(r) = val;
        break;
    case 2:
        W(r) = (uint32_t)val;
        break;
    default:
        W(r) = val;
        break;
    }
}

static QEMU_ALWAYS_INLINE uint64_t zext(uint64_t val, const unsigned log2)
{
    return log2 == 0 ? (uint8_t)val : log2 == 1 ? (uint16_t)val :
           log2 == 2 ? (uint32_t)val : val;
}

static QEMU_ALWAYS_INLINE int64_t sext(uint64_t val, const unsigned log2)
{
    return log2 == 0 ? (int8_t)val : log2 == 1 ? (int16_t)val :
           log2 == 2 ? (int32_t)val : (int64_t)val;
}

/* ---- Memory operands -------------------------------------------------- */

/* Address forms, from cheap to general. */
enum {
    UOP_F0,         /* 64-bit: [base + disp] */
    UOP_F1,         /* 64-bit: [base + index * scale + disp] */
    UOP_F2,         /* everything: segments, limits, narrow addresses */
    UOP_FORMS,
};

/* The full form; raises #GP or #SS beyond a limit (env->eip synced). */
uint64_t uop_full_address(CPUX86State *env, const MicroOp *op, unsigned size,
                          bool write);

/* The same @delta bytes further on (bit strings, POP with RSP as base). */
uint64_t uop_full_address_plus(CPUX86State *env, const MicroOp *op,
                               int64_t delta, unsigned size, bool write);

/*
 * The linear address of @offset in segment @seg; raises #GP or #SS beyond the
 * limit or against the segment's type.
 */
uint64_t uop_segment_address(CPUX86State *env, int seg, uint64_t offset,
                             unsigned size, bool write);

/* The address without segment, as LEA computes it. */
static QEMU_ALWAYS_INLINE uint64_t uop_offset(CPUX86State *env,
                                              const MicroOp *op)
{
    uint64_t ea = W(op->r1) + (W(op->r2) << op->scale) + op->disp;

    switch (op->aux & UOP_AM_SIZE) {
    case 1:
        return (uint16_t)ea;
    case 2:
        return (uint32_t)ea;
    default:
        return ea;
    }
}

/*
 * The linear address in *@ea. In the fast variant (@slow false) the full form
 * handles only segments without limits and gives up (false) otherwise.
 */
static QEMU_ALWAYS_INLINE bool uop_ea(CPUX86State *env, const MicroOp *op,
                                      const unsigned form, unsigned log2,
                                      const bool write, const bool slow,
                                      uint64_t *ea)
{
    switch (form) {
    case UOP_F0:
        *ea = W(op->r1) + op->disp;
        return true;
    case UOP_F1:
        *ea = W(op->r1) + (W(op->r2) << op->scale) + op->disp;
        return true;
    default:
        if (slow) {
            *ea = uop_full_address(env, op, 1u << log2, write);
            return true;
        }
        *ea = uop_offset(env, op);
        if (op->aux & UOP_AM_BASE) {
            *ea += env->segs[op->seg].base;
            return true;
        }
        return likely(op->aux & UOP_AM_FLAT);
    }
}

/*
 * Accesses of translated code. The fast variants return false when the slow
 * one is needed, having done nothing; the slow variants raise or succeed.
 */
static QEMU_ALWAYS_INLINE bool uop_ld(CPUX86State *env, uint64_t ea,
                                      const unsigned log2, const bool slow,
                                      uint64_t *val)
{
    const uint64_t size = 1u << log2;
    const SoftTLBEntry *e;

    if (slow) {
        *val = log2 == 0 ? cpu_ldub(env, ea) : log2 == 1 ? cpu_lduw(env, ea) :
               log2 == 2 ? cpu_ldl(env, ea) : cpu_ldq(env, ea);
        return true;
    }
    e = softtlb_entry(env, ea);
    if (unlikely(e->addr_read != ((ea + size - 1) & TARGET_PAGE_MASK))) {
        return false;
    }
    switch (log2) {
    case 0:
        *val = *(Guest8 *)(e->addend + ea);
        break;
    case 1:
        *val = *(Guest16 *)(e->addend + ea);
        break;
    case 2:
        *val = *(Guest32 *)(e->addend + ea);
        break;
    default:
        *val = *(Guest64 *)(e->addend + ea);
        break;
    }
    return true;
}

static QEMU_ALWAYS_INLINE bool uop_st(CPUX86State *env, uint64_t ea,
                                      const unsigned log2, const bool slow,
                                      uint64_t val)
{
    const uint64_t size = 1u << log2;
    const SoftTLBEntry *e;

    if (slow) {
        switch (log2) {
        case 0:
            cpu_stb(env, ea, val);
            break;
        case 1:
            cpu_stw(env, ea, val);
            break;
        case 2:
            cpu_stl(env, ea, val);
            break;
        default:
            cpu_stq(env, ea, val);
            break;
        }
        return true;
    }
    e = softtlb_entry(env, ea);
    if (unlikely(e->addr_write != ((ea + size - 1) & TARGET_PAGE_MASK))) {
        return false;
    }
    switch (log2) {
    case 0:
        *(Guest8 *)(e->addend + ea) = val;
        break;
    case 1:
        *(Guest16 *)(e->addend + ea) = val;
        break;
    case 2:
        *(Guest32 *)(e->addend + ea) = val;
        break;
    default:
        *(Guest64 *)(e->addend + ea) = val;
        break;
    }
    return true;
}

/*
 * Where a read-modify-write operand lies in host memory; *@p is NULL (slow
 * variant only) when it has to be done by load and store.
 */
static QEMU_ALWAYS_INLINE bool uop_rmw(CPUX86State *env, uint64_t ea,
                                       const unsigned log2, const bool slow,
                                       void **p)
{
    const uint64_t size = 1u << log2;
    const SoftTLBEntry *e;

    if (slow) {
        *p = cpu_rmw_ptr(env, ea, size);
        return true;
    }
    e = softtlb_entry(env, ea);
    *p = (void *)(e->addend + ea);
    return likely(e->addr_write == ((ea + size - 1) & TARGET_PAGE_MASK));
}

static QEMU_ALWAYS_INLINE uint64_t host_ld(const void *p, const unsigned log2)
{
    return log2 == 0 ? *(Guest8 *)p :
           log2 == 1 ? *(Guest16 *)p :
           log2 == 2 ? *(Guest32 *)p :
           *(Guest64 *)p;
}

static QEMU_ALWAYS_INLINE void host_st(void *p, const unsigned log2,
                                       uint64_t val)
{
    switch (log2) {
    case 0:
        *(Guest8 *)p = val;
        break;
    case 1:
        *(Guest16 *)p = val;
        break;
    case 2:
        *(Guest32 *)p = val;
        break;
    default:
        *(Guest64 *)p = val;
        break;
    }
}

/*
 * Makes the handler @name from body(env, op, ..., slow), an inline function
 * that returns false when the fast variant does not apply; @name_slow does it
 * with everything that may happen.
 */
#define UOP_MEM_HANDLER(name, body, ...)                                    \
    static QEMU_COLD const void *name##_slow(CPUX86State *env,              \
                                             const MicroOp *op)             \
    {                                                                       \
        UOP_SYNC(env, op);                                                  \
        body(env, op, __VA_ARGS__, true);                                   \
        UOP_NEXT(env, op);                                                  \
    }                                                                       \
    static const void *name(CPUX86State *env, const MicroOp *op)            \
    {                                                                       \
        if (unlikely(!body(env, op, __VA_ARGS__, false))) {                 \
            UOP_TAIL name##_slow(env, op);                                  \
        }                                                                   \
        UOP_NEXT(env, op);                                                  \
    }

/* A handler that touches no memory and cannot fail. */
#define UOP_REG_HANDLER(name, body, ...)                                    \
    static const void *name(CPUX86State *env, const MicroOp *op)            \
    {                                                                       \
        body(env, op, __VA_ARGS__);                                         \
        UOP_NEXT(env, op);                                                  \
    }

#endif
