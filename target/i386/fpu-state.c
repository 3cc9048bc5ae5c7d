/*
 * The x87 and SSE state in memory: FNSTENV, FLDENV, FNSAVE, FRSTOR in their
 * 16 and 32-bit layouts, FXSAVE, FXRSTOR, LDMXCSR and STMXCSR.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x87-internal.h"

#define MXCSR_VALID 0xffffu

/* The two-bit tag of a register: valid, zero, special or empty. */
static unsigned x87_full_tag(const CPUX86State *env, unsigned i)
{
    const X86FPReg *r = &env->fpregs[i];
    unsigned exponent = r->exp & 0x7fff;

    if (env->fptags[i]) {
        return 3;
    }
    if (exponent == 0 && r->mant == 0) {
        return 1;
    }
    if (exponent == 0 || exponent == 0x7fff || !(r->mant >> 63)) {
        return 2;
    }
    return 0;
}

static uint16_t x87_tag_word(const CPUX86State *env)
{
    uint16_t tags = 0;

    for (unsigned i = 0; i < 8; i++) {
        tags |= x87_full_tag(env, i) << (2 * i);
    }
    return tags;
}

static void x87_set_tag_word(CPUX86State *env, uint16_t tags)
{
    for (unsigned i = 0; i < 8; i++) {
        env->fptags[i] = (tags >> (2 * i) & 3) == 3;
    }
}

static void x87_set_status_word(CPUX86State *env, uint16_t status)
{
    env->fpus = status & ~X87_SW_TOP;
    env->fpstt = (status & X87_SW_TOP) >> X87_SW_TOP_SHIFT;
    x87_update_summary(env);
}

static unsigned x87_env_bytes(unsigned opsize)
{
    return opsize == 2 ? 14 : 28;
}

/*
 * An environment is seven fields of 16 or 32 bits. In real and VM86 mode the
 * two pointers are linear addresses and share a field with the opcode.
 */
static void x87_build_env(CPUX86State *env, void *image, unsigned opsize)
{
    uint64_t ip = env->fpip, dp = env->fpdp;
    uint32_t field[7] = {
        env->fpuc, x87_status_word(env), x87_tag_word(env),
    };
    uint16_t narrow[7];

    if (x86_real_or_vm86(env)) {
        ip += (uint32_t)env->fpcs << 4;
        dp += (uint32_t)env->fpds << 4;
        field[3] = ip & 0xffff;
        field[4] = (ip >> 16) << 12 | env->fpop;
        field[5] = dp & 0xffff;
        field[6] = (dp >> 16) << 12;
    } else {
        field[3] = ip;
        field[4] = env->fpcs | (opsize == 2 ? 0 : (uint32_t)env->fpop << 16);
        field[5] = dp;
        field[6] = env->fpds;
    }
    if (opsize == 2) {
        for (unsigned i = 0; i < 7; i++) {
            narrow[i] = field[i];
        }
        memcpy(image, narrow, sizeof(narrow));
    } else {
        field[0] |= 0xffff0000u;            /* reserved bits are ones */
        field[1] |= 0xffff0000u;
        field[2] |= 0xffff0000u;
        field[6] |= x86_real_or_vm86(env) ? 0 : 0xffff0000u;
        memcpy(image, field, sizeof(field));
    }
}

static void x87_take_env(CPUX86State *env, const void *image,
                         unsigned opsize)
{
    uint32_t field[7];
    uint16_t narrow[7];

    if (opsize == 2) {
        memcpy(narrow, image, sizeof(narrow));
        for (unsigned i = 0; i < 7; i++) {
            field[i] = narrow[i];
        }
    } else {
        memcpy(field, image, sizeof(field));
    }
    x87_set_control_word(env, field[0]);
    x87_set_status_word(env, field[1]);
    x87_set_tag_word(env, field[2]);
    if (x86_real_or_vm86(env)) {
        env->fpip = (field[3] & 0xffff) | (field[4] >> 12) << 16;
        env->fpdp = (field[5] & 0xffff) | (field[6] >> 12) << 16;
        env->fpop = field[4] & 0x7ff;
        env->fpcs = env->fpds = 0;
    } else {
        env->fpip = field[3];
        env->fpcs = field[4];
        env->fpop = opsize == 2 ? 0 : field[4] >> 16 & 0x7ff;
        env->fpdp = field[5];
        env->fpds = field[6];
    }
}

void x87_fnstenv(CPUX86State *env, uint64_t ea, unsigned opsize)
{
    uint8_t image[28];

    x87_build_env(env, image, opsize);
    cpu_st_bytes(env, ea, image, x87_env_bytes(opsize));
    env->fpuc |= X87_SW_EXCEPTIONS;
    x87_update_summary(env);
}

void x87_fldenv(CPUX86State *env, uint64_t ea, unsigned opsize)
{
    uint8_t image[28];

    cpu_ld_bytes(env, ea, image, x87_env_bytes(opsize));
    x87_take_env(env, image, opsize);
}

#define X87_REGISTER_BYTES 10

void x87_fnsave(CPUX86State *env, uint64_t ea, unsigned opsize)
{
    uint8_t image[28 + 8 * X87_REGISTER_BYTES];
    unsigned head = x87_env_bytes(opsize);

    x87_build_env(env, image, opsize);
    for (unsigned i = 0; i < 8; i++) {
        memcpy(image + head + i * X87_REGISTER_BYTES,
               &env->fpregs[(env->fpstt + i) & 7], X87_REGISTER_BYTES);
    }
    cpu_st_bytes(env, ea, image, head + 8 * X87_REGISTER_BYTES);
    x87_init_state(env);
}

void x87_frstor(CPUX86State *env, uint64_t ea, unsigned opsize)
{
    uint8_t image[28 + 8 * X87_REGISTER_BYTES];
    unsigned head = x87_env_bytes(opsize);

    cpu_ld_bytes(env, ea, image, head + 8 * X87_REGISTER_BYTES);
    x87_take_env(env, image, opsize);
    for (unsigned i = 0; i < 8; i++) {
        memcpy(&env->fpregs[(env->fpstt + i) & 7],
               image + head + i * X87_REGISTER_BYTES, X87_REGISTER_BYTES);
    }
}

/* FXSAVE's 512 bytes; the x87 part in its 64-bit form as X87Image has it. */

static void fx_check(CPUX86State *env, uint64_t ea)
{
    if (env->hflags & (HF_EM_MASK | HF_TS_MASK)) {
        raise_exception(env, EXCP07_PREX);
    }
    if (ea & 15) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

/* XMM registers are left out at CPL 0 in 64-bit mode with EFER.FFXSR. */
static bool fx_with_xmm(const CPUX86State *env)
{
    return !((env->efer & MSR_EFER_FFXSR) && x86_cpl(env) == 0 &&
             x86_code64(env));
}

static unsigned fx_xmm_count(const CPUX86State *env)
{
    return x86_code64(env) ? 16 : 8;
}

void x87_fxsave(CPUX86State *env, uint64_t ea, bool rexw)
{
    X87Image image;

    fx_check(env, ea);
    /* What is not written below stays as memory has it. */
    cpu_probe(env, ea, sizeof(image), MMU_DATA_STORE);
    cpu_ld_bytes(env, ea, &image, sizeof(image));
    image.fcw = env->fpuc;
    image.fsw = x87_status_word(env);
    image.ftw = x87_pack_tags(env);
    image.reserved = 0;
    image.fop = env->fpop;
    if (rexw) {
        image.fip = env->fpip;
        image.fdp = env->fpdp;
    } else {
        image.fip = (uint32_t)env->fpip | (uint64_t)env->fpcs << 32;
        image.fdp = (uint32_t)env->fpdp | (uint64_t)env->fpds << 32;
    }
    image.mxcsr = env->mxcsr;
    image.mxcsr_mask = MXCSR_VALID;
    for (unsigned i = 0; i < 8; i++) {
        const X86FPReg *r = &env->fpregs[(env->fpstt + i) & 7];

        image.st[i].mantissa = r->mant;
        image.st[i].exponent = r->exp;
        memset(image.st[i].pad, 0, sizeof(image.st[i].pad));
    }
    if (fx_with_xmm(env)) {
        memcpy(image.xmm, env->xmm_regs, 16 * fx_xmm_count(env));
    }
    cpu_st_bytes(env, ea, &image, sizeof(image));
}

void x87_fxrstor(CPUX86State *env, uint64_t ea, bool rexw)
{
    X87Image image;
    bool with_mxcsr = env->cr[4] & CR4_OSFXSR_MASK;

    fx_check(env, ea);
    cpu_ld_bytes(env, ea, &image, sizeof(image));
    if (with_mxcsr && (image.mxcsr & ~MXCSR_VALID)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    x87_set_control_word(env, image.fcw);
    x87_set_status_word(env, image.fsw);
    x87_unpack_tags(env, image.ftw);
    env->fpop = image.fop & 0x7ff;
    env->fpip = rexw ? image.fip : (uint32_t)image.fip;
    env->fpdp = rexw ? image.fdp : (uint32_t)image.fdp;
    env->fpcs = rexw ? 0 : image.fip >> 32;
    env->fpds = rexw ? 0 : image.fdp >> 32;
    for (unsigned i = 0; i < 8; i++) {
        X86FPReg *r = &env->fpregs[(env->fpstt + i) & 7];

        r->mant = image.st[i].mantissa;
        r->exp = image.st[i].exponent;
    }
    if (with_mxcsr) {
        env->mxcsr = image.mxcsr;
        if (fx_with_xmm(env)) {
            memcpy(env->xmm_regs, image.xmm, 16 * fx_xmm_count(env));
        }
    }
}

static void mxcsr_check(CPUX86State *env)
{
    if ((env->hflags & HF_EM_MASK) || !(env->hflags & HF_OSFXSR_MASK)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (env->hflags & HF_TS_MASK) {
        raise_exception(env, EXCP07_PREX);
    }
}

void sse_ldmxcsr(CPUX86State *env, uint64_t ea)
{
    uint32_t value;

    mxcsr_check(env);
    value = cpu_ldl(env, ea);
    if (value & ~MXCSR_VALID) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    env->mxcsr = value;
}

void sse_stmxcsr(CPUX86State *env, uint64_t ea)
{
    mxcsr_check(env);
    cpu_stl(env, ea, env->mxcsr);
}
