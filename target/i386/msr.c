/*
 * Model specific registers: RDMSR and WRMSR. A register that the model does
 * not have, or a value that it may not take, is #GP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "sys-internal.h"
#include "apic-ops.h"

/* Registers without effect: they hold what is written. */
typedef struct PlainMsr {
    uint32_t index;
    uint16_t offset;        /* in CPUX86State */
    uint8_t bytes;
    bool canonical;         /* holds an address */
} PlainMsr;

#define PLAIN(msr, member)                                                \
    { .index = msr, .offset = offsetof(CPUX86State, member),              \
      .bytes = sizeof(((CPUX86State *)NULL)->member) }
#define ADDRESS(msr, member)                                              \
    { .index = msr, .offset = offsetof(CPUX86State, member), .bytes = 8,  \
      .canonical = true }

static const PlainMsr plain_msrs[] = {
    PLAIN(MSR_IA32_SYSENTER_CS, sysenter_cs),
    ADDRESS(MSR_IA32_SYSENTER_ESP, sysenter_esp),
    ADDRESS(MSR_IA32_SYSENTER_EIP, sysenter_eip),
    PLAIN(MSR_STAR, star),
    ADDRESS(MSR_LSTAR, lstar),
    ADDRESS(MSR_CSTAR, cstar),
    PLAIN(MSR_FMASK, fmask),
    ADDRESS(MSR_FSBASE, segs[R_FS].base),
    ADDRESS(MSR_GSBASE, segs[R_GS].base),
    ADDRESS(MSR_KERNELGSBASE, kernelgsbase),
    PLAIN(MSR_TSC_AUX, tsc_aux),
    PLAIN(MSR_IA32_MISC_ENABLE, misc_enable),
    PLAIN(MSR_MCG_STATUS, mcg_status),
};

static const PlainMsr *find_plain(uint32_t index)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(plain_msrs); i++) {
        if (plain_msrs[i].index == index) {
            return &plain_msrs[i];
        }
    }
    return NULL;
}

/* Memory types that PAT and the MTRRs know: UC, WC, WT, WP, WB (and UC-). */
static bool memory_type_ok(unsigned type, bool pat)
{
    return type == 0 || type == 1 || (type >= 4 && type <= 6) ||
           (pat && type == 7);
}

static bool memory_types_ok(uint64_t value, bool pat)
{
    for (unsigned i = 0; i < 8; i++) {
        if (!memory_type_ok(value >> (8 * i) & 0xff, pat)) {
            return false;
        }
    }
    return true;
}

/* The fixed-range registers: one of 64 KiB, two of 16, eight of 4. */
static uint64_t *find_mtrr_fixed(CPUX86State *env, uint32_t index)
{
    if (index == MSR_MTRRfix64K_00000) {
        return &env->mtrr_fixed[0];
    }
    if (index == MSR_MTRRfix16K_80000 || index == MSR_MTRRfix16K_A0000) {
        return &env->mtrr_fixed[1 + index - MSR_MTRRfix16K_80000];
    }
    if (index >= MSR_MTRRfix4K_C0000 && index <= MSR_MTRRfix4K_F8000) {
        return &env->mtrr_fixed[3 + index - MSR_MTRRfix4K_C0000];
    }
    return NULL;
}

static uint64_t *find_mtrr_var(CPUX86State *env, uint32_t index)
{
    uint32_t n = index - MSR_MTRRphysBase(0);

    if (n >= 2 * X86_MTRR_VAR_COUNT) {
        return NULL;
    }
    return n & 1 ? &env->mtrr_var[n / 2].mask : &env->mtrr_var[n / 2].base;
}

#define MSR_MC0_CTL 0x400
#define MTRRCAP (1u << 8 | 1u << 10 | X86_MTRR_VAR_COUNT)   /* FIX, WC */

static uint64_t *find_mce_bank(CPUX86State *env, uint32_t index)
{
    uint32_t n = index - MSR_MC0_CTL;

    return n < 4 * (env->mcg_cap & 0xff) ? &env->mce_banks[n] : NULL;
}

static uint64_t *find_mtrr(CPUX86State *env, uint32_t index)
{
    uint64_t *p;

    if (!(env->features[FEAT_1_EDX] & CPUID_MTRR)) {
        return NULL;
    }
    p = find_mtrr_fixed(env, index);
    return p ? p : find_mtrr_var(env, index);
}

/* Registers of the local APIC's, reached through its table. */

static uint64_t read_apic_base(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);
    uint64_t value = 0xfee00000u | MSR_IA32_APICBASE_BSP;

    if (cpu->apic_ops && cpu->apic_ops->get_base) {
        bql_lock();
        value = cpu->apic_ops->get_base(cpu->apic_state);
        bql_unlock();
    }
    return value;
}

static bool write_apic_base(CPUX86State *env, uint64_t value)
{
    X86CPU *cpu = env_archcpu(env);
    bool ok = true;

    if (cpu->apic_ops && cpu->apic_ops->set_base) {
        bql_lock();
        ok = cpu->apic_ops->set_base(cpu->apic_state, value);
        bql_unlock();
    }
    return ok;
}

static bool has_tsc_deadline(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);

    return (env->features[FEAT_1_ECX] & CPUID_EXT_TSC_DEADLINE_TIMER) &&
           cpu->apic_ops && cpu->apic_ops->get_tsc_deadline &&
           cpu->apic_ops->set_tsc_deadline;
}

static uint64_t read_tsc_deadline(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);
    uint64_t value;

    bql_lock();
    value = cpu->apic_ops->get_tsc_deadline(cpu->apic_state);
    bql_unlock();
    return value;
}

static void write_tsc_deadline(CPUX86State *env, uint64_t value)
{
    X86CPU *cpu = env_archcpu(env);

    bql_lock();
    cpu->apic_ops->set_tsc_deadline(cpu->apic_state, value);
    bql_unlock();
}

/* Reads as zero and takes anything: Linux asks AMD processors for these. */
static bool is_silent(uint32_t index)
{
    switch (index) {
    case 0xc0010010:                        /* SYSCFG */
    case 0xc0010015:                        /* HWCR */
    case 0xc001001f:                        /* NB_CFG */
    case 0xc0010055:                        /* interrupt pending, C1E */
    case 0xc0011022:                        /* DC_CFG */
    case 0xc0011023:                        /* BU_CFG */
    case 0xc0011029:                        /* DE_CFG */
        return true;
    default:
        return false;
    }
}

static bool read_mcg(CPUX86State *env, uint32_t index, uint64_t *value)
{
    uint64_t *bank = find_mce_bank(env, index);

    if (index == MSR_MCG_CAP) {
        *value = env->mcg_cap;
        return true;
    }
    if (bank) {
        *value = *bank;
    }
    return bank;
}

bool x86_msr_read(CPUX86State *env, uint32_t index, uint64_t *value)
{
    const PlainMsr *plain = find_plain(index);
    uint64_t *mtrr;

    if (plain) {
        *value = 0;
        memcpy(value, (char *)env + plain->offset, plain->bytes);
        return true;
    }
    mtrr = find_mtrr(env, index);
    if (mtrr) {
        *value = *mtrr;
        return true;
    }
    switch (index) {
    case MSR_EFER:
        *value = env->efer;
        return true;
    case MSR_IA32_TSC:
        *value = cpu_get_tsc(env);
        return true;
    case MSR_IA32_APICBASE:
        *value = read_apic_base(env);
        return true;
    case MSR_IA32_TSCDEADLINE:
        if (!has_tsc_deadline(env)) {
            return false;
        }
        *value = read_tsc_deadline(env);
        return true;
    case MSR_PAT:
        *value = env->pat;
        return true;
    case MSR_MTRRcap:
        *value = MTRRCAP;
        return env->features[FEAT_1_EDX] & CPUID_MTRR;
    case MSR_MTRRdefType:
        *value = env->mtrr_deftype;
        return env->features[FEAT_1_EDX] & CPUID_MTRR;
    case MSR_IA32_UCODE_REV:
        *value = 0x01000065;
        return true;
    default:
        *value = 0;
        return read_mcg(env, index, value) || is_silent(index);
    }
}

uint64_t x86_efer_valid(const CPUX86State *env)
{
    uint32_t edx = env->features[FEAT_8000_0001_EDX];
    uint64_t valid = 0;

    if (edx & CPUID_EXT2_SYSCALL) {
        valid |= MSR_EFER_SCE;
    }
    if (edx & CPUID_EXT2_LM) {
        valid |= MSR_EFER_LME;
    }
    if (edx & CPUID_EXT2_NX) {
        valid |= MSR_EFER_NXE;
    }
    if (edx & CPUID_EXT2_FFXSR) {
        valid |= MSR_EFER_FFXSR;
    }
    return valid;
}

static bool write_efer(CPUX86State *env, uint64_t value)
{
    uint64_t valid = x86_efer_valid(env);

    if (value & ~(valid | MSR_EFER_LMA)) {
        return false;
    }
    if ((env->cr[0] & CR0_PG_MASK) &&
        ((value ^ env->efer) & MSR_EFER_LME)) {
        return false;
    }
    env->efer = (value & valid) | (env->efer & MSR_EFER_LMA);
    x86_tlb_flush(env);
    x86_update_hflags(env);
    return true;
}

static bool write_mtrr(uint32_t index, uint64_t *mtrr, uint64_t value)
{
    uint32_t n = index - MSR_MTRRphysBase(0);

    if (n >= 2 * X86_MTRR_VAR_COUNT) {
        if (!memory_types_ok(value, false)) {
            return false;
        }
    } else if (n & 1) {
        if (value & ~(X86_PHYS_MASK & ~0x7ffull)) {
            return false;
        }
    } else if ((value & ~(X86_PHYS_MASK & ~0xf00ull)) ||
               !memory_type_ok(value & 0xff, false)) {
        return false;
    }
    *mtrr = value;
    return true;
}

static bool write_mce_bank(CPUX86State *env, uint32_t index, uint64_t value)
{
    uint64_t *bank = find_mce_bank(env, index);
    bool control = (index & 3) == 0;

    /* Status, address and misc can only be cleared; control is all or none. */
    if (!bank || (value != 0 && !(control && value == ~0ull))) {
        return false;
    }
    *bank = value;
    return true;
}

static bool write_plain(CPUX86State *env, const PlainMsr *plain,
                        uint64_t value)
{
    if (plain->canonical && !is_canonical(value)) {
        return false;
    }
    memcpy((char *)env + plain->offset, &value, plain->bytes);
    return true;
}

bool x86_msr_write(CPUX86State *env, uint32_t index, uint64_t value)
{
    const PlainMsr *plain = find_plain(index);
    uint64_t *mtrr;

    if (plain) {
        return write_plain(env, plain, value);
    }
    mtrr = find_mtrr(env, index);
    if (mtrr) {
        return write_mtrr(index, mtrr, value);
    }
    switch (index) {
    case MSR_EFER:
        return write_efer(env, value);
    case MSR_IA32_TSC:
        env->tsc_offset += value - cpu_get_tsc(env);
        return true;
    case MSR_IA32_APICBASE:
        return write_apic_base(env, value);
    case MSR_IA32_TSCDEADLINE:
        if (!has_tsc_deadline(env)) {
            return false;
        }
        write_tsc_deadline(env, value);
        return true;
    case MSR_PAT:
        if (!memory_types_ok(value, true)) {
            return false;
        }
        env->pat = value;
        return true;
    case MSR_MTRRdefType:
        if (!(env->features[FEAT_1_EDX] & CPUID_MTRR) ||
            (value & ~0xcffull) || !memory_type_ok(value & 0xff, false)) {
            return false;
        }
        env->mtrr_deftype = value;
        return true;
    case MSR_IA32_UCODE_REV:
        return true;
    default:
        return write_mce_bank(env, index, value) || is_silent(index);
    }
}

void insn_rdmsr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint64_t value;

    need_cpl0(env);
    if (!x86_msr_read(env, env->regs[R_ECX], &value)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    env->regs[R_EAX] = (uint32_t)value;
    env->regs[R_EDX] = value >> 32;
}

void insn_wrmsr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint64_t value = (uint32_t)env->regs[R_EAX] | env->regs[R_EDX] << 32;

    need_cpl0(env);
    if (!x86_msr_write(env, env->regs[R_ECX], value)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}
