/*
 * EFLAGS: works the lazy arithmetic flags out, conditions from them, and keeps
 * the mode summary (hflags) in step with the control registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "flags.h"
#include "softtlb.h"

/* PF of a byte. */
static inline uint32_t parity(uint8_t v)
{
    return __builtin_parity(v) ? 0 : CC_P;
}

/* Sign, zero and parity of a result of 1 << @log2 bytes. */
static uint32_t szp(uint64_t res, unsigned log2)
{
    unsigned sign = (8u << log2) - 1;
    uint64_t mask = ~0ull >> (63 - sign);

    return (res & mask ? 0 : CC_Z) | (res >> sign & 1 ? CC_S : 0) |
           parity(res);
}

/*
 * Carry, overflow and auxiliary carry of a sum or difference from the carries
 * out of each bit.
 */
static uint32_t carry_flags(uint64_t carries, unsigned log2)
{
    unsigned sign = (8u << log2) - 1;
    uint32_t c = carries >> sign & 1, below = carries >> (sign - 1) & 1;

    return c | (c ^ below ? CC_O : 0) | (carries & 8 ? CC_A : 0);
}

uint32_t cpu_cc_compute(CPUX86State *env)
{
    uint32_t op = env->cc_op;
    unsigned log2 = op & 3, sign = (8u << log2) - 1;
    uint64_t dst = env->cc_dst, src = env->cc_src, a;
    uint32_t cc;

    switch (op & ~3u) {
    case CC_OP_EFLAGS:
        return env->cc_src;
    case CC_OP_ADD:
    case CC_OP_ADC:
        a = dst - src - ((op & ~3u) == CC_OP_ADC);
        return szp(dst, log2) |
               carry_flags((a & src) | ((a | src) & ~dst), log2);
    case CC_OP_SUB:
    case CC_OP_SBB:
        a = dst + src + ((op & ~3u) == CC_OP_SBB);
        return szp(dst, log2) |
               carry_flags((~a & src) | ((~a | src) & dst), log2);
    case CC_OP_LOGIC:
        return szp(dst, log2);
    case CC_OP_INC:
        cc = szp(dst, log2) | src;
        cc |= (dst & 0xf) == 0 ? CC_A : 0;
        return cc | ((dst << (63 - sign)) == 1ull << 63 ? CC_O : 0);
    case CC_OP_DEC:
        cc = szp(dst, log2) | src;
        cc |= (dst & 0xf) == 0xf ? CC_A : 0;
        a = (dst + 1) << (63 - sign);
        return cc | (a == 1ull << 63 ? CC_O : 0);
    case CC_OP_SHL:
        cc = szp(dst, log2) | (src >> sign & 1);
        return cc | ((src ^ dst) >> sign & 1 ? CC_O : 0);
    case CC_OP_SAR:
        cc = szp(dst, log2) | (src & 1);
        return cc | ((src ^ dst) >> sign & 1 ? CC_O : 0);
    case CC_OP_MUL:
        return szp(dst, log2) | (src ? CC_C | CC_O : 0);
    default:
        g_assert_not_reached();
    }
}

bool cpu_cc_carry(CPUX86State *env)
{
    uint64_t dst = env->cc_dst, src = env->cc_src, mask;
    unsigned log2 = env->cc_op & 3;

    mask = ~0ull >> (64 - (8u << log2));
    switch (env->cc_op & ~3u) {
    case CC_OP_EFLAGS:
        return src & CC_C;
    case CC_OP_ADD:
        return dst < src;
    case CC_OP_SUB:
        return ((dst + src) & mask) < src;
    case CC_OP_LOGIC:
        return false;
    case CC_OP_INC:
    case CC_OP_DEC:
        return src;
    default:
        return cpu_cc_compute(env) & CC_C;
    }
}

bool cpu_condition(CPUX86State *env, unsigned cond)
{
    uint32_t cc = cpu_cc_compute(env);
    bool sf = cc & CC_S, of = cc & CC_O, r;

    switch (cond >> 1) {
    case 0:
        r = of;
        break;
    case 1:
        r = cc & CC_C;
        break;
    case 2:
        r = cc & CC_Z;
        break;
    case 3:
        r = cc & (CC_C | CC_Z);
        break;
    case 4:
        r = sf;
        break;
    case 5:
        r = cc & CC_P;
        break;
    case 6:
        r = sf != of;
        break;
    default:
        r = sf != of || (cc & CC_Z);
    }
    return r ^ (cond & 1);
}

uint64_t cpu_compute_eflags(CPUX86State *env)
{
    return env->eflags | cpu_cc_compute(env) | 2;
}

void cpu_load_eflags(CPUX86State *env, uint64_t eflags, uint64_t mask)
{
    uint64_t system = mask & ~(uint64_t)CC_ALL;

    if (mask & CC_ALL) {
        uint32_t keep = (mask & CC_ALL) == CC_ALL ? 0
                        : cpu_cc_compute(env) & ~mask;

        cpu_set_cc(env, keep | (eflags & mask & CC_ALL));
    }
    env->eflags = (env->eflags & ~system) | (eflags & system) | 2;
    if (mask & (TF_MASK | VM_MASK | AC_MASK | RF_MASK)) {
        x86_update_hflags(env);
    }
}

/* ---- Mode ------------------------------------------------------------- */

/* True when 32-bit code may take every segment as 0..4 GiB. */
static bool segments_are_flat(const CPUX86State *env)
{
    static const uint8_t all[] = { R_CS, R_SS, R_DS, R_ES };

    for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
        const SegmentCache *sc = &env->segs[all[i]];

        if (sc->base != 0 || sc->limit != UINT32_MAX) {
            return false;
        }
    }
    return true;
}

/* True when DR7 enables a breakpoint on execution. */
static bool breakpoints_armed(const CPUX86State *env)
{
    for (int i = 0; i < 4; i++) {
        if ((env->dr[7] >> (2 * i) & 3) && !(env->dr[7] >> (16 + 4 * i) & 15)) {
            return true;
        }
    }
    return false;
}

void x86_update_hflags(CPUX86State *env)
{
    uint32_t hf = env->hflags &
                  (HF_INHIBIT_IRQ_MASK | HF_NMI_MASK | HF_SMM_MASK);
    const SegmentCache *cs = &env->segs[R_CS], *ss = &env->segs[R_SS];
    bool pe = env->cr[0] & CR0_PE_MASK;

    if (pe) {
        hf |= HF_PE_MASK;
        hf |= ss->flags >> DESC_DPL_SHIFT & HF_CPL_MASK;
    }
    if (env->eflags & VM_MASK) {
        hf |= HF_VM_MASK | 3;
    }
    if (env->efer & MSR_EFER_LMA) {
        hf |= HF_LMA_MASK;
    }
    if ((hf & HF_LMA_MASK) && (cs->flags & DESC_L_MASK)) {
        hf |= HF_CS64_MASK | HF_CS32_MASK | HF_SS32_MASK;
    } else {
        hf |= cs->flags & DESC_B_MASK ? HF_CS32_MASK : 0;
        hf |= ss->flags & DESC_B_MASK ? HF_SS32_MASK : 0;
        if (!pe || (hf & HF_VM_MASK) || !segments_are_flat(env)) {
            hf |= HF_ADDSEG_MASK;
        }
    }
    hf |= breakpoints_armed(env) ? HF_STEP_MASK : 0;
    hf |= env->eflags & TF_MASK ? HF_TF_MASK : 0;
    hf |= env->eflags & RF_MASK ? HF_RF_MASK : 0;
    hf |= env->cr[0] & CR0_MP_MASK ? HF_MP_MASK : 0;
    hf |= env->cr[0] & CR0_EM_MASK ? HF_EM_MASK : 0;
    hf |= env->cr[0] & CR0_TS_MASK ? HF_TS_MASK : 0;
    hf |= env->cr[4] & CR4_OSFXSR_MASK ? HF_OSFXSR_MASK : 0;
    hf |= env->cr[4] & CR4_SMAP_MASK ? HF_SMAP_MASK : 0;
    if ((hf & HF_CPL_MASK) == 3 && (env->cr[0] & CR0_AM_MASK) &&
        (env->eflags & AC_MASK)) {
        hf |= HF_AC_MASK;
    }
    env->hflags = hf;
    if (env->mmu) {
        env->tlb = env->mmu->entry[x86_mmu_index(env)];
    }
    env->mode_key = (uint64_t)x86_block_mode(hf) << 48;
}

void cpu_x86_load_seg_cache(CPUX86State *env, int seg, unsigned selector,
                            uint64_t base, uint32_t limit, uint32_t flags)
{
    SegmentCache *sc = &env->segs[seg];

    sc->selector = selector;
    sc->base = base;
    sc->limit = limit;
    sc->flags = flags;
    /* ADDSEG depends on DS and ES as well. */
    if (seg < R_FS) {
        x86_update_hflags(env);
    }
}
