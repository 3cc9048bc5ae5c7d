/*
 * Control registers as instructions see them: which values are allowed. What a
 * new value means for translation and mode is the core's business
 * (cpu_x86_update_cr0() and its siblings).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "sys-internal.h"
#include "apic-ops.h"

static void need(CPUX86State *env, bool ok)
{
    if (!ok) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

#define CR0_KNOWN (CR0_PE_MASK | CR0_MP_MASK | CR0_EM_MASK | CR0_TS_MASK | \
                   CR0_ET_MASK | CR0_NE_MASK | CR0_WP_MASK | CR0_AM_MASK | \
                   CR0_NW_MASK | CR0_CD_MASK | CR0_PG_MASK)

/* Turning paging on with EFER.LME, or off again: the doors of long mode. */
static void check_long_mode_switch(CPUX86State *env, uint64_t value)
{
    bool was_on = env->cr[0] & CR0_PG_MASK;
    bool is_on = value & CR0_PG_MASK;

    if (!was_on && is_on && (env->efer & MSR_EFER_LME)) {
        need(env, env->cr[4] & CR4_PAE_MASK);
        need(env, !(env->segs[R_CS].flags & DESC_L_MASK) ||
                  !(env->cr[0] & CR0_PE_MASK));
    }
    if (was_on && !is_on) {
        need(env, !x86_code64(env) && !(env->cr[4] & CR4_PCIDE_MASK));
    }
}

static void write_cr0(CPUX86State *env, uint64_t value)
{
    need(env, !(value >> 32));
    need(env, (value & CR0_PE_MASK) || !(value & CR0_PG_MASK));
    need(env, (value & CR0_CD_MASK) || !(value & CR0_NW_MASK));
    check_long_mode_switch(env, value);
    cpu_x86_update_cr0(env, (value & CR0_KNOWN) | CR0_ET_MASK);
}

static void write_cr3(CPUX86State *env, uint64_t value)
{
    if (env->cr[4] & CR4_PCIDE_MASK) {
        value &= ~(1ull << 63);             /* "do not flush" is a hint */
    }
    need(env, !x86_lma(env) || !(value & ~X86_PHYS_MASK));
    cpu_x86_update_cr3(env, value);
}

uint64_t x86_cr4_valid(const CPUX86State *env)
{
    static const struct {
        uint8_t word;
        uint32_t feature, bits;
    } rules[] = {
        { FEAT_1_EDX, CPUID_VME, CR4_VME_MASK | CR4_PVI_MASK },
        { FEAT_1_EDX, CPUID_TSC, CR4_TSD_MASK },
        { FEAT_1_EDX, CPUID_DE, CR4_DE_MASK },
        { FEAT_1_EDX, CPUID_PSE, CR4_PSE_MASK },
        { FEAT_1_EDX, CPUID_PAE, CR4_PAE_MASK },
        { FEAT_1_EDX, CPUID_MCE, CR4_MCE_MASK },
        { FEAT_1_EDX, CPUID_PGE, CR4_PGE_MASK },
        { FEAT_1_EDX, CPUID_FXSR, CR4_OSFXSR_MASK },
        { FEAT_1_EDX, CPUID_SSE, CR4_OSXMMEXCPT_MASK },
        { FEAT_7_0_ECX, CPUID_7_0_ECX_UMIP, CR4_UMIP_MASK },
        { FEAT_7_0_EBX, CPUID_7_0_EBX_FSGSBASE, CR4_FSGSBASE_MASK },
        { FEAT_7_0_EBX, CPUID_7_0_EBX_SMEP, CR4_SMEP_MASK },
        { FEAT_7_0_EBX, CPUID_7_0_EBX_SMAP, CR4_SMAP_MASK },
    };
    uint64_t valid = CR4_PCE_MASK;

    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (env->features[rules[i].word] & rules[i].feature) {
            valid |= rules[i].bits;
        }
    }
    return valid;
}

static void write_cr4(CPUX86State *env, uint64_t value)
{
    need(env, !(value & ~x86_cr4_valid(env)));
    need(env, !x86_lma(env) || (value & CR4_PAE_MASK));
    cpu_x86_update_cr4(env, value);
}

static uint64_t read_cr8(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);
    uint64_t value = 0;

    if (cpu->apic_ops && cpu->apic_ops->get_tpr) {
        bql_lock();
        value = cpu->apic_ops->get_tpr(cpu->apic_state);
        bql_unlock();
    }
    return value;
}

static void write_cr8(CPUX86State *env, uint64_t value)
{
    X86CPU *cpu = env_archcpu(env);

    need(env, value <= 15);
    if (cpu->apic_ops && cpu->apic_ops->set_tpr) {
        bql_lock();
        cpu->apic_ops->set_tpr(cpu->apic_state, value);
        bql_unlock();
    }
}

/* LOCK MOV CR0 is the 32-bit name of CR8 on processors that have it. */
static unsigned register_number(const CPUX86State *env, const X86Insn *in)
{
    bool locked = in->prefixes & X86_PFX_LOCK;

    if (locked && in->reg == 0 &&
        (env->features[FEAT_8000_0001_ECX] & CPUID_EXT3_CR8LEG)) {
        return 8;
    }
    return locked ? ~0u : in->reg;
}

/* The r/m field always names a register here, whatever mod says. */
static unsigned gpr_number(const X86Insn *in)
{
    return in->has_mem ? in->modrm & 7 : in->rm;
}

void insn_mov_from_cr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned n = register_number(env, in);
    uint64_t value;

    switch (n) {
    case 0:
    case 2:
    case 3:
    case 4:
        need_cpl0(env);
        value = env->cr[n];
        break;
    case 8:
        need_cpl0(env);
        value = read_cr8(env);
        break;
    default:
        raise_exception(env, EXCP06_ILLOP);
    }
    env->regs[gpr_number(in)] = x86_code64(env) ? value : (uint32_t)value;
}

void insn_mov_to_cr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint64_t value = env->regs[gpr_number(in)];
    unsigned n = register_number(env, in);

    if (!x86_code64(env)) {
        value = (uint32_t)value;
    }
    if (n != 0 && n != 2 && n != 3 && n != 4 && n != 8) {
        raise_exception(env, EXCP06_ILLOP);
    }
    need_cpl0(env);
    switch (n) {
    case 0:
        write_cr0(env, value);
        break;
    case 2:
        env->cr[2] = value;
        break;
    case 3:
        write_cr3(env, value);
        break;
    case 4:
        write_cr4(env, value);
        break;
    default:
        write_cr8(env, value);
        break;
    }
}

void insn_clts(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    need_cpl0(env);
    cpu_x86_update_cr0(env, env->cr[0] & ~(uint64_t)CR0_TS_MASK);
}

/* SMSW and LMSW: the low word of CR0. LMSW can set PE but not clear it. */
void insn_smsw(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint64_t value = env->cr[0], *reg = &env->regs[in->rm];

    if ((env->cr[4] & CR4_UMIP_MASK) && x86_cpl(env) != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if (in->has_mem) {
        cpu_stw(env, ea, value);
    } else if (in->opsize == 2) {
        *reg = (*reg & ~0xffffull) | (value & 0xffff);
    } else {
        *reg = in->opsize == 4 ? (uint32_t)value : value;
    }
}

void insn_lmsw(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint64_t value, low = CR0_PE_MASK | CR0_MP_MASK | CR0_EM_MASK |
                          CR0_TS_MASK;

    need_cpl0(env);
    value = in->has_mem ? cpu_lduw(env, ea) : env->regs[in->rm];
    value = (env->cr[0] & ~(low & ~(uint64_t)CR0_PE_MASK)) | (value & low);
    cpu_x86_update_cr0(env, value);
}
