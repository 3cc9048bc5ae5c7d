/*
 * The SSE table's index and the executor of its entries: checks, operand
 * fetch, the call, write-back. What an instruction computes is in the files
 * that own the rows (sse-int.c, sse-move.c, sse-fp.c, sse-ext.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "sse-internal.h"
#include "excp.h"
#include "fpu-x87.h"
#include "mem-access.h"

/* Lookup result of one opcode: by memory form, REX.W and group member. */
typedef struct SseSlot {
    const SseRow *row[2][2];        /* [memory form][REX.W] */
    SseOp op[2][2];
} SseSlot;

/* One per (map, prefix, opcode); groups have eight members. */
static SseSlot *sse_slots[3][4][256];
static bool sse_slot_is_group[256];

static void sse_enter_form(SseSlot *slot, const SseRow *row, bool mem, bool w)
{
    uint8_t rm = mem ? SSE_MEM : row->rm;
    bool store = row->flags & SSE_F_STORE;

    slot->row[mem][w] = row;
    slot->op[mem][w] = (SseOp){
        .fn = row->fn,
        .dst = store ? rm : row->reg,
        .src = store ? row->reg : rm,
        .mem_bytes = mem ? row->mem_bytes : 0,
        .flags = row->flags,
    };
}

static void sse_enter_row(const SseRow *row)
{
    SseSlot **place = &sse_slots[row->map][row->prefix][row->opcode];
    SseSlot *slot;

    if (!*place) {
        *place = g_new0(SseSlot, row->group ? 8 : 1);
    }
    slot = *place + (row->group ? row->group - 1 : 0);
    if (row->group) {
        sse_slot_is_group[row->opcode] = true;
    }
    for (int w = 0; w < 2; w++) {
        if (row->w != SSE_W_ANY && row->w != (w ? SSE_W_1 : SSE_W_0)) {
            continue;
        }
        if (row->rm != SSE_NONE) {
            sse_enter_form(slot, row, false, w);
        }
        if (row->mem_bytes) {
            sse_enter_form(slot, row, true, w);
        }
    }
}

static void __attribute__((constructor)) sse_build_index(void)
{
    static const struct {
        const SseRow *rows;
        const unsigned *count;
    } parts[] = {
        { sse_int_rows, &sse_int_row_count },
        { sse_move_rows, &sse_move_row_count },
        { sse_fp_rows, &sse_fp_row_count },
        { sse_ext_rows, &sse_ext_row_count },
    };

    for (unsigned p = 0; p < G_N_ELEMENTS(parts); p++) {
        for (unsigned i = 0; i < *parts[p].count; i++) {
            sse_enter_row(&parts[p].rows[i]);
        }
    }
}

static bool sse_has_feature(const CPUX86State *env, SseFeature feature)
{
    static const struct {
        uint8_t word;
        uint32_t bit;
    } bits[] = {
        [SSE_FT_MMX] = { FEAT_1_EDX, CPUID_MMX },
        [SSE_FT_SSE] = { FEAT_1_EDX, CPUID_SSE },
        [SSE_FT_SSE2] = { FEAT_1_EDX, CPUID_SSE2 },
        [SSE_FT_SSE3] = { FEAT_1_ECX, CPUID_EXT_SSE3 },
        [SSE_FT_SSSE3] = { FEAT_1_ECX, CPUID_EXT_SSSE3 },
        [SSE_FT_SSE41] = { FEAT_1_ECX, CPUID_EXT_SSE41 },
        [SSE_FT_SSE42] = { FEAT_1_ECX, CPUID_EXT_SSE42 },
        [SSE_FT_AES] = { FEAT_1_ECX, CPUID_EXT_AES },
        [SSE_FT_PCLMUL] = { FEAT_1_ECX, CPUID_EXT_PCLMULQDQ },
    };

    return env->features[bits[feature].word] & bits[feature].bit;
}

const SseOp *sse_lookup(CPUX86State *env, unsigned map, unsigned prefix,
                        uint8_t opcode, bool rexw, uint8_t modrm)
{
    bool mem = modrm < 0xc0;
    const SseSlot *slot = sse_slots[map][prefix][opcode];

    if (!slot) {
        return NULL;
    }
    if (map == SSE_MAP_0F && sse_slot_is_group[opcode]) {
        slot += modrm >> 3 & 7;
    }
    if (!slot->row[mem][rexw] ||
        !sse_has_feature(env, slot->row[mem][rexw]->feature)) {
        return NULL;
    }
    return &slot->op[mem][rexw];
}

void sse_check(CPUX86State *env, const SseOp *op)
{
    if (op->flags & SSE_F_NO_STATE) {
        return;
    }
    if ((env->hflags & HF_EM_MASK) ||
        (!(op->flags & SSE_F_NO_XMM) && !(env->hflags & HF_OSFXSR_MASK))) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (env->hflags & HF_TS_MASK) {
        raise_exception(env, EXCP07_PREX);
    }
    if (op->flags & SSE_F_MMX) {
        x87_check_pending(env);
    }
}

/* Any MMX instruction but EMMS: all registers valid, top of stack zero. */
static void sse_enter_mmx(CPUX86State *env)
{
    env->fpstt = 0;
    memset(env->fptags, 0, sizeof(env->fptags));
}

static void *sse_register(CPUX86State *env, unsigned kind, unsigned n,
                          bool rexw, uint64_t *scratch)
{
    switch (kind) {
    case SSE_XMM:
        return &env->xmm_regs[n];
    case SSE_MMX:
        return &env->fpregs[n & 7].mmx;
    case SSE_GPR:
        scratch[0] = rexw ? env->regs[n] : (uint32_t)env->regs[n];
        return scratch;
    default:
        return scratch;
    }
}

static void sse_write_back(CPUX86State *env, const SseOp *op, unsigned n,
                           uint64_t ea, bool rexw, const uint64_t *result)
{
    switch (op->dst) {
    case SSE_GPR:
        env->regs[n] = rexw ? result[0] : (uint32_t)result[0];
        break;
    case SSE_MMX:
        env->fpregs[n & 7].exp = 0xffff;
        break;
    case SSE_MEM:
        cpu_st_bytes(env, ea, result, op->mem_bytes);
        break;
    default:
        break;
    }
}

void sse_exec(CPUX86State *env, const SseOp *op, unsigned reg, unsigned rm,
              uint64_t ea, unsigned imm, bool rexw)
{
    bool store = op->flags & SSE_F_STORE;
    unsigned dst_n = store ? rm : reg;
    uint64_t src_buf[2] QEMU_ALIGNED(16) = { 0, 0 };
    uint64_t dst_buf[2] QEMU_ALIGNED(16) = { 0, 0 };
    const void *src;
    void *dst;

    imm &= 0xff;
    sse_check(env, op);
    if (op->mem_bytes && (op->flags & SSE_F_ALIGNED) && (ea & 15)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if (op->src == SSE_MEM) {
        cpu_ld_bytes(env, ea, src_buf, op->mem_bytes);
        src = src_buf;
    } else {
        src = sse_register(env, op->src, store ? reg : rm, rexw, src_buf);
    }
    if ((op->flags & SSE_F_MMX) && !store) {
        sse_enter_mmx(env);         /* comes before faults of the operation */
    }
    if (op->flags & SSE_F_SPECIAL) {
        SseMaskMove move = {
            .ea = ea,
            .data = sse_register(env, op->dst, reg, rexw, dst_buf),
        };

        op->fn(env, &move, src, imm);
        return;
    }
    dst = sse_register(env, op->dst, dst_n, rexw, dst_buf);
    op->fn(env, dst, src, imm);
    sse_write_back(env, op, dst_n, ea, rexw, dst_buf);
    if ((op->flags & SSE_F_MMX) && store) {
        sse_enter_mmx(env);
    }
}

void sse_emms(CPUX86State *env)
{
    if (env->hflags & HF_EM_MASK) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (env->hflags & HF_TS_MASK) {
        raise_exception(env, EXCP07_PREX);
    }
    x87_check_pending(env);
    env->fpstt = 0;
    memset(env->fptags, 1, sizeof(env->fptags));
}

void sse_set_eflags(CPUX86State *env, uint32_t flags)
{
    cpu_set_cc(env, flags);
}

/* Floating point under an MXCSR that the host does not have. */

#define MXCSR_MASKS 0x1f80u
#define MXCSR_FZ 0x8000u
#define MXCSR_EARLY 0x07u           /* IE, DE, ZE: before the operation */
#define MXCSR_UE 0x10u
#define MXCSR_UM 0x0800u

static inline void host_ldmxcsr(uint32_t csr)
{
    asm volatile("ldmxcsr %0" : : "m" (csr));
}

/* Flags that @raw raises under @csr, everything masked; result to @r. */
static uint32_t sse_flags_of(VecRaw *raw, Vec a, Vec b, uint32_t csr, Vec *r)
{
    uint32_t after;

    host_ldmxcsr((csr & ~MXCSR_FLAGS) | MXCSR_MASKS);
    *r = raw(a, b);
    asm volatile("stmxcsr %0" : "=m" (after) : "x" (*r));
    host_ldmxcsr(MXCSR_DEFAULT);
    return after & MXCSR_FLAGS;
}

Vec sse_fp_slow(CPUX86State *env, VecRaw *raw, Vec a, Vec b)
{
    uint32_t guest = env->mxcsr, flags, unmasked;
    Vec r, ignored;

    /* Flush to zero counts only while underflow is masked. */
    if (!(guest & MXCSR_UM)) {
        guest &= ~MXCSR_FZ;
    }
    flags = sse_flags_of(raw, a, b, guest, &r);
    if (!(guest & MXCSR_UM) &&
        (sse_flags_of(raw, a, b, guest | MXCSR_FZ, &ignored) & MXCSR_UE)) {
        flags |= MXCSR_UE;          /* tiny traps even when it is exact */
    }
    unmasked = flags & ~(guest >> 7) & MXCSR_FLAGS;
    if (unmasked & MXCSR_EARLY) {
        flags &= MXCSR_EARLY;       /* nothing was computed */
    }
    env->mxcsr |= flags;
    if (unmasked) {
        raise_exception(env, env->cr[4] & CR4_OSXMMEXCPT_MASK ?
                             EXCP13_SIMD : EXCP06_ILLOP);
    }
    return r;
}
