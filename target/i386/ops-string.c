/*
 * Handlers of string instructions. A repeated one works in steps of at most a
 * page, straight in host memory where it can, and can be left between any two
 * elements: registers are always those of the elements done.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "alu.h"
#include "any.h"
#include "helpers.h"
#include "ops.h"
#include "string-op.h"

#define PAGE_LEFT(addr) (TARGET_PAGE_SIZE - ((addr) & ~TARGET_PAGE_MASK))

/* What a string handler works with. */
typedef struct StringRun {
    const MicroOp *op;
    StringOp s;
    unsigned log2;
    int64_t step;           /* +size or -size */
    uint64_t mask;          /* of addresses and the counter */
} StringRun;

static uint64_t reg_get(CPUX86State *env, const StringRun *run, int reg)
{
    return env->regs[reg] & run->mask;
}

static void reg_set(CPUX86State *env, const StringRun *run, int reg,
                    uint64_t val)
{
    if (run->s.adsize == 2) {
        *(uint16_t *)&env->regs[reg] = val;
    } else {
        env->regs[reg] = val & run->mask;
    }
}

static void reg_add(CPUX86State *env, const StringRun *run, int reg,
                    int64_t delta)
{
    reg_set(env, run, reg, env->regs[reg] + delta);
}

static uint64_t source(CPUX86State *env, const StringRun *run)
{
    return uop_segment_address(env, run->s.seg, reg_get(env, run, R_ESI),
                               1u << run->log2, false);
}

static uint64_t destination(CPUX86State *env, const StringRun *run,
                            bool write)
{
    return uop_segment_address(env, R_ES, reg_get(env, run, R_EDI),
                               1u << run->log2, write);
}

static uint64_t load(CPUX86State *env, const StringRun *run, uint64_t addr)
{
    switch (run->log2) {
    case 0:
        return cpu_ldub(env, addr);
    case 1:
        return cpu_lduw(env, addr);
    case 2:
        return cpu_ldl(env, addr);
    default:
        return cpu_ldq(env, addr);
    }
}

static void store(CPUX86State *env, const StringRun *run, uint64_t addr,
                  uint64_t val)
{
    switch (run->log2) {
    case 0:
        cpu_stb(env, addr, val);
        break;
    case 1:
        cpu_stw(env, addr, val);
        break;
    case 2:
        cpu_stl(env, addr, val);
        break;
    default:
        cpu_stq(env, addr, val);
        break;
    }
}

static uint64_t accumulator(CPUX86State *env, const StringRun *run)
{
    return zext(env->regs[R_EAX], run->log2);
}

static void compare(CPUX86State *env, const StringRun *run, uint64_t a,
                    uint64_t b)
{
    env->cc_dst = zext(a - b, run->log2);
    env->cc_src = b;
    env->cc_op = CC_OP_SUB + run->log2;
}

/* ---- One element ------------------------------------------------------ */

static void one_element(CPUX86State *env, const StringRun *run)
{
    uint64_t src, dst, v;
    unsigned size = 1u << run->log2;

    switch (run->s.kind) {
    case STR_MOVS:
        src = source(env, run);
        dst = destination(env, run, true);
        store(env, run, dst, load(env, run, src));
        break;
    case STR_CMPS:
        v = load(env, run, source(env, run));
        compare(env, run, v, load(env, run, destination(env, run, false)));
        break;
    case STR_STOS:
        store(env, run, destination(env, run, true),
              accumulator(env, run));
        break;
    case STR_LODS:
        wr(env, R_EAX, 3, run->log2 == 3 ? load(env, run, source(env, run)) :
           run->log2 == 2 ? load(env, run, source(env, run)) :
           (env->regs[R_EAX] & ~(run->log2 ? 0xffffull : 0xffull)) |
           load(env, run, source(env, run)));
        break;
    case STR_SCAS:
        compare(env, run, accumulator(env, run),
                load(env, run, destination(env, run, false)));
        break;
    case STR_INS:
        x86_check_io(env, env->regs[R_EDX], size);
        dst = destination(env, run, true);
        cpu_probe(env, dst, size, MMU_DATA_STORE);
        store(env, run, dst, cpu_port_in(env, env->regs[R_EDX], size));
        break;
    case STR_OUTS:
        x86_check_io(env, env->regs[R_EDX], size);
        cpu_port_out(env, env->regs[R_EDX],
                     load(env, run, source(env, run)), size);
        break;
    }
    if (run->s.kind == STR_MOVS || run->s.kind == STR_CMPS ||
        run->s.kind == STR_LODS || run->s.kind == STR_OUTS) {
        reg_add(env, run, R_ESI, run->step);
    }
    if (run->s.kind != STR_LODS && run->s.kind != STR_OUTS) {
        reg_add(env, run, R_EDI, run->step);
    }
}

/* ---- Many elements ---------------------------------------------------- */

/* How many elements the next step may cover without leaving @addr's page. */
static uint64_t elements_left(const StringRun *run, uint64_t addr,
                              uint64_t count)
{
    return MIN(count, PAGE_LEFT(addr) >> run->log2);
}

static void fill_host(void *host, const StringRun *run, uint64_t val,
                      uint64_t n)
{
    switch (run->log2) {
    case 0:
        memset(host, (uint8_t)val, n);
        break;
    case 1:
        for (uint64_t i = 0; i < n; i++) {
            ((Guest16 *)host)[i] = val;
        }
        break;
    case 2:
        for (uint64_t i = 0; i < n; i++) {
            ((Guest32 *)host)[i] = val;
        }
        break;
    default:
        if (val == 0) {
            memset(host, 0, n * 8);
            break;
        }
        for (uint64_t i = 0; i < n; i++) {
            ((Guest64 *)host)[i] = val;
        }
        break;
    }
}

/* Forward copy; an overlap repeats the pattern as element copies would. */
static void copy_host(uint8_t *dst, const uint8_t *src, const StringRun *run,
                      uint64_t n)
{
    size_t bytes = n << run->log2, size = 1u << run->log2;

    if (dst + bytes <= src || src + bytes <= dst) {
        memcpy(dst, src, bytes);
        return;
    }
    for (uint64_t i = 0; i < n; i++) {
        memmove(dst + i * size, src + i * size, size);
    }
}

/*
 * A whole page piece of MOVS or STOS at once; returns elements done, 0 when
 * it has to go one by one. Raises what the first element would.
 */
static uint64_t bulk(CPUX86State *env, const StringRun *run, uint64_t count)
{
    bool movs = run->s.kind == STR_MOVS;
    uint64_t src = 0, dst, n;
    void *to, *from = NULL;

    if ((!movs && run->s.kind != STR_STOS) || run->step < 0 ||
        !(env->hflags & HF_CS64_MASK || !(env->hflags & HF_ADDSEG_MASK)) ||
        run->s.adsize == 2) {
        return 0;
    }
    dst = destination(env, run, true);
    n = elements_left(run, dst, count);
    if (movs) {
        src = source(env, run);
        n = elements_left(run, src, n);
    }
    if (n < 2) {
        return 0;
    }
    if (movs) {
        from = cpu_host_ptr(env, src, n << run->log2, MMU_DATA_LOAD);
    }
    to = cpu_host_ptr(env, dst, n << run->log2, MMU_DATA_STORE);
    if (!to || (movs && !from)) {
        return 0;
    }
    if (movs) {
        copy_host(to, from, run, n);
        reg_add(env, run, R_ESI, n << run->log2);
    } else {
        fill_host(to, run, env->regs[R_EAX], n);
    }
    reg_add(env, run, R_EDI, n << run->log2);
    return n;
}

/* Does a repetition end after this element? */
static bool compare_ends(CPUX86State *env, const StringRun *run)
{
    if (run->s.kind != STR_CMPS && run->s.kind != STR_SCAS) {
        return false;
    }
    return (env->cc_dst == 0) == (run->s.rep == 2);
}

/* Returns true when done, false to come back to this instruction later. */
static bool repeat(CPUX86State *env, const StringRun *run)
{
    CPUState *cs = env_cpu(env);
    uint64_t count = reg_get(env, run, R_ECX);
    unsigned budget = 4096;

    while (count) {
        uint64_t n = bulk(env, run, count);

        if (!n) {
            one_element(env, run);
            n = 1;
        }
        count -= n;
        reg_set(env, run, R_ECX, count);
        if (compare_ends(env, run)) {
            return true;
        }
        if (count && (env->hflags & HF_TF_MASK)) {
            return false;
        }
        if (count && (qatomic_read(&cs->exit_request) || !--budget)) {
            return false;
        }
    }
    if (run->s.adsize == 4 && (env->hflags & HF_CS64_MASK)) {
        env->regs[R_ECX] = (uint32_t)env->regs[R_ECX];
    }
    return true;
}

/*
 * The work, apart from the handler: a handler whose variables have an address does
 * not go on to the next operation by a jump, and a loop of instructions would grow
 * the stack. False: come back to this instruction later.
 */
static QEMU_NOINLINE bool run_string(CPUX86State *env, const MicroOp *op)
{
    StringRun run = { .op = op, .s = string_unpack(op->imm64) };

    run.log2 = run.s.log2;
    run.step = env->eflags & DF_MASK ? -(int64_t)(1u << run.log2)
                                     : 1 << run.log2;
    run.mask = run.s.adsize == 8 ? ~0ull : run.s.adsize == 4 ? UINT32_MAX
                                                             : 0xffff;
    if (run.s.rep) {
        return repeat(env, &run);
    }
    one_element(env, &run);
    return true;
}

static UOP(string_handler)
{
    UOP_SYNC(env, op);
    if (!run_string(env, op)) {
        env->pc = env->eip;
        env->insns_left--;
        return NULL;
    }
    UOP_NEXT(env, op);
}

UopFn *const uop_string = string_handler;
