/*
 * The x87 unit: which instructions exist, their memory operands, pending
 * exceptions, control and environment instructions. Arithmetic and all stack
 * handling is done by the host's unit (x87-host.c); FXSAVE is in fpu-state.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x87-internal.h"

/* What a memory form does with its operand. */
enum {
    X87_UD = 0,
    X87_LOAD,
    X87_STORE,
    X87_CONTROL,            /* done in x87_control_mem() */
};

typedef struct X87MemForm {
    uint8_t kind;
    uint8_t bytes;
} X87MemForm;

#define L(n) { X87_LOAD, n }
#define S(n) { X87_STORE, n }
#define C { X87_CONTROL, 0 }
#define U { X87_UD, 0 }

static const X87MemForm x87_mem_forms[8][8] = {
    /* D8 */ { L(4), L(4), L(4), L(4), L(4), L(4), L(4), L(4) },
    /* D9 */ { L(4), U, S(4), S(4), C, C, C, C },
    /* DA */ { L(4), L(4), L(4), L(4), L(4), L(4), L(4), L(4) },
    /* DB */ { L(4), S(4), S(4), S(4), U, L(10), U, S(10) },
    /* DC */ { L(8), L(8), L(8), L(8), L(8), L(8), L(8), L(8) },
    /* DD */ { L(8), S(8), S(8), S(8), C, U, C, C },
    /* DE */ { L(2), L(2), L(2), L(2), L(2), L(2), L(2), L(2) },
    /* DF */ { L(2), S(2), S(2), S(2), L(10), L(8), S(10), S(8) },
};

#undef L
#undef S
#undef C
#undef U

/*
 * Register forms that do not exist: one mask for each row of eight (reg
 * field), bit n for rm n.
 */
static const uint8_t x87_no_register_form[8][8] = {
    /* D8 */ { 0 },
    /* D9 */ { 0, 0, 0xfe, 0, 0xcc, 0x80, 0, 0 },
    /* DA */ { 0, 0, 0, 0, 0xff, 0xfd, 0xff, 0xff },
    /* DB */ { 0, 0, 0, 0, 0xe0, 0, 0, 0xff },
    /* DC */ { 0 },
    /* DD */ { 0, 0, 0, 0, 0, 0, 0xff, 0xff },
    /* DE */ { 0, 0, 0, 0xfd, 0, 0, 0, 0 },
    /* DF */ { 0, 0, 0, 0, 0xfe, 0, 0, 0xff },
};

void x87_update_summary(CPUX86State *env)
{
    if (env->fpus & ~env->fpuc & X87_SW_EXCEPTIONS) {
        env->fpus |= X87_SW_ES | X87_SW_BUSY;
    } else {
        env->fpus &= ~(X87_SW_ES | X87_SW_BUSY);
    }
}

void x87_check_pending(CPUX86State *env)
{
    if (!(env->fpus & X87_SW_ES)) {
        return;
    }
    if (env->cr[0] & CR0_NE_MASK) {
        raise_exception(env, EXCP10_COPR);
    }
    /* FERR# has no wire here: the old way of reporting stays silent. */
}

static void x87_check_available(CPUX86State *env)
{
    if (env->hflags & (HF_EM_MASK | HF_TS_MASK)) {
        raise_exception(env, EXCP07_PREX);
    }
}

void x87_wait(CPUX86State *env)
{
    if ((env->hflags & (HF_MP_MASK | HF_TS_MASK)) ==
        (HF_MP_MASK | HF_TS_MASK)) {
        raise_exception(env, EXCP07_PREX);
    }
    x87_check_pending(env);
}

void x87_init_state(CPUX86State *env)
{
    env->fpuc = 0x37f;
    env->fpus = 0;
    env->fpstt = 0;
    memset(env->fptags, 1, sizeof(env->fptags));
    env->fpop = 0;
    env->fpcs = env->fpds = 0;
    env->fpip = env->fpdp = 0;
}

uint8_t x87_pack_tags(const CPUX86State *env)
{
    uint8_t packed = 0;

    for (unsigned i = 0; i < 8; i++) {
        packed |= (env->fptags[i] ? 0 : 1) << i;
    }
    return packed;
}

void x87_unpack_tags(CPUX86State *env, uint8_t packed)
{
    for (unsigned i = 0; i < 8; i++) {
        env->fptags[i] = !(packed >> i & 1);
    }
}

static void x87_to_image(const CPUX86State *env, X87Image *image)
{
    image->fcw = env->fpuc;
    image->fsw = x87_status_word(env);
    image->ftw = x87_pack_tags(env);
    image->fop = 0;
    image->fip = 0;
    image->fdp = 0;
    for (unsigned i = 0; i < 8; i++) {
        const X86FPReg *r = &env->fpregs[(env->fpstt + i) & 7];

        image->st[i].mantissa = r->mant;
        image->st[i].exponent = r->exp;
    }
}

static void x87_from_image(CPUX86State *env, const X87Image *image)
{
    env->fpstt = image->fsw >> X87_SW_TOP_SHIFT & 7;
    env->fpus = image->fsw & ~X87_SW_TOP;
    env->fpuc = image->fcw;
    x87_unpack_tags(env, image->ftw);
    for (unsigned i = 0; i < 8; i++) {
        X86FPReg *r = &env->fpregs[(env->fpstt + i) & 7];

        r->mant = image->st[i].mantissa;
        r->exp = image->st[i].exponent;
    }
}

/* What FNSTENV will tell about the last instruction that was not control. */
static void x87_note_instruction(CPUX86State *env, const X87Decoded *in,
                                 uint64_t offset)
{
    env->fpop = in->escape << 8 | in->modrm;
    env->fpip = env->eip;
    env->fpcs = env->segs[R_CS].selector;
    if (in->modrm < 0xc0) {
        env->fpdp = offset;
        env->fpds = env->segs[in->seg].selector;
    }
}

/* Unmasked exceptions that keep a store from writing (all but precision). */
#define X87_STORE_STOPPERS 0x1f

static void x87_arithmetic(CPUX86State *env, const X87Decoded *in,
                           uint64_t ea, uint64_t offset)
{
    X87Image image;
    uint8_t operand[16] = { 0 };
    bool mem = in->modrm < 0xc0;
    bool flags = !mem && x87_uses_eflags(in->escape, in->modrm);
    uint64_t eflags = flags ? cpu_compute_eflags(env) : 0;
    X87MemForm form = { 0 };

    if (mem) {
        form = x87_mem_forms[in->escape][in->modrm >> 3 & 7];
        if (form.kind == X87_LOAD) {
            cpu_ld_bytes(env, ea, operand, form.bytes);
        }
    }
    x87_to_image(env, &image);
    x87_host_run(&image, in->escape, in->modrm, operand, &eflags);
    if (form.kind == X87_STORE) {
        if (image.fsw & ~image.fcw & X87_STORE_STOPPERS) {
            cpu_probe(env, ea, form.bytes, MMU_DATA_STORE);
        } else {
            cpu_st_bytes(env, ea, operand, form.bytes);
        }
    }
    x87_from_image(env, &image);
    if (flags) {
        cpu_set_cc(env, eflags & CC_ALL);
    }
    x87_note_instruction(env, in, offset);
}

/* DB E0-E4 and DF E0: none of them waits for pending exceptions. */
static bool x87_control_reg(CPUX86State *env, const X87Decoded *in)
{
    if (in->escape == 7 && in->modrm == 0xe0) {             /* FNSTSW AX */
        env->regs[R_EAX] = (env->regs[R_EAX] & ~0xffffull) |
                           x87_status_word(env);
        return true;
    }
    if (in->escape != 3 || in->modrm < 0xe0 || in->modrm > 0xe4) {
        return false;
    }
    if (in->modrm == 0xe2) {                                /* FNCLEX */
        env->fpus &= ~(X87_SW_EXCEPTIONS | X87_SW_SF | X87_SW_ES |
                       X87_SW_BUSY);
    } else if (in->modrm == 0xe3) {                         /* FNINIT */
        x87_init_state(env);
    }
    return true;                    /* FENI, FDISI, FSETPM: nothing left */
}

void x87_set_control_word(CPUX86State *env, uint16_t value)
{
    env->fpuc = (value & 0x1f3f) | 0x40;
    x87_update_summary(env);
}

static void x87_control_mem(CPUX86State *env, const X87Decoded *in,
                            uint64_t ea)
{
    switch (in->escape << 4 | (in->modrm >> 3 & 7)) {
    case 0x14:
        x87_check_pending(env);
        x87_fldenv(env, ea, in->opsize);
        break;
    case 0x15: {
        uint16_t value;

        x87_check_pending(env);
        value = cpu_lduw(env, ea);
        x87_set_control_word(env, value);
        break;
    }
    case 0x16:
        x87_fnstenv(env, ea, in->opsize);
        break;
    case 0x17:
        cpu_stw(env, ea, env->fpuc);
        break;
    case 0x54:
        x87_check_pending(env);
        x87_frstor(env, ea, in->opsize);
        break;
    case 0x56:
        x87_fnsave(env, ea, in->opsize);
        break;
    default:
        cpu_stw(env, ea, x87_status_word(env));             /* FNSTSW m16 */
        break;
    }
}

void x87_exec(CPUX86State *env, uint32_t insn, uint64_t ea,
              uint64_t seg_offset)
{
    X87Decoded in = {
        .escape = insn & 7,
        .modrm = insn >> 8 & 0xff,
        .opsize = insn >> 16 & 0xff,
        .seg = insn >> 24,
    };
    unsigned reg = in.modrm >> 3 & 7;

    x87_check_available(env);
    if (in.modrm < 0xc0) {
        if (x87_mem_forms[in.escape][reg].kind == X87_UD) {
            raise_exception(env, EXCP06_ILLOP);
        }
        if (x87_mem_forms[in.escape][reg].kind == X87_CONTROL) {
            x87_control_mem(env, &in, ea);
            return;
        }
    } else {
        if (x87_no_register_form[in.escape][reg] >> (in.modrm & 7) & 1) {
            raise_exception(env, EXCP06_ILLOP);
        }
        if (x87_control_reg(env, &in)) {
            return;
        }
    }
    x87_check_pending(env);
    x87_arithmetic(env, &in, ea, seg_offset);
}
