/*
 * The CPUID instruction: leaves from a CPU's features, numbers and topology,
 * and the check of features when a CPU is realized.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu-models.h"
#include "helpers.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

/* The four registers of a leaf, in the order of the manual. */
typedef struct CpuidRegs {
    uint32_t eax, ebx, ecx, edx;
} CpuidRegs;

static unsigned logical_count(CPUX86State *env)
{
    const CPUState *cs = env_cpu(env);

    return MAX(cs->nr_cores, 1) * MAX(cs->nr_threads, 1);
}

/* Bits that number @count things. */
static unsigned id_bits(unsigned count)
{
    return count > 1 ? 32 - __builtin_clz(count - 1) : 0;
}

static CpuidRegs vendor_leaf(const CPUX86State *env, uint32_t highest)
{
    return (CpuidRegs){ highest, env->cpuid_vendor[0], env->cpuid_vendor[2],
                        env->cpuid_vendor[1] };
}

#define CLFLUSH_QUADS 8u

static CpuidRegs leaf_1(CPUX86State *env)
{
    unsigned count = logical_count(env);
    CpuidRegs r = {
        .eax = env->cpuid_version,
        .ebx = env->apic_id << 24 | CLFLUSH_QUADS << 8,
        .ecx = env->features[FEAT_1_ECX],
        .edx = env->features[FEAT_1_EDX],
    };

    if (count > 1) {
        r.ebx |= MIN(count, 255) << 16;
        r.edx |= CPUID_HT;
    }
    return r;
}

static CpuidRegs leaf_5(CPUX86State *env)
{
    return (CpuidRegs){ .ecx = 3 };         /* MONITOR: none; enumerated */
}

static CpuidRegs leaf_7(const CPUX86State *env, uint32_t count)
{
    if (count != 0) {
        return (CpuidRegs){ 0 };
    }
    return (CpuidRegs){ 0, env->features[FEAT_7_0_EBX],
                        env->features[FEAT_7_0_ECX],
                        env->features[FEAT_7_0_EDX] };
}

/* Extended topology: level 0 counts threads, level 1 cores. */
static CpuidRegs leaf_b(CPUX86State *env, uint32_t count)
{
    const CPUState *cs = env_cpu(env);
    unsigned threads = MAX(cs->nr_threads, 1), all = logical_count(env);
    CpuidRegs r = { .ecx = count & 0xff, .edx = env->apic_id };

    if (count == 0) {
        r.eax = id_bits(threads);
        r.ebx = threads;
        r.ecx |= 1 << 8;
    } else if (count == 1) {
        r.eax = id_bits(threads) + id_bits(all / threads);
        r.ebx = all;
        r.ecx |= 2 << 8;
    }
    return r;
}

static CpuidRegs leaf_80000001(CPUX86State *env)
{
    CpuidRegs r = {
        .eax = env->cpuid_version,
        .ecx = env->features[FEAT_8000_0001_ECX],
        .edx = env->features[FEAT_8000_0001_EDX],
    };

    if (logical_count(env) > 1) {
        r.ecx |= CPUID_EXT3_CMP_LEG;
    }
    return r;
}

static CpuidRegs leaf_80000008(CPUX86State *env)
{
    unsigned count = logical_count(env);
    CpuidRegs r = {
        .eax = 48 << 8 | X86_PHYS_BITS,
        .ebx = env->features[FEAT_8000_0008_EBX],
    };

    if (count > 1) {
        r.ecx = (count - 1) | id_bits(count) << 12;
    }
    return r;
}

static CpuidRegs extended_leaf(CPUX86State *env, uint32_t index)
{
    const uint32_t *name;

    switch (index) {
    case 0x80000000:
        return vendor_leaf(env, env->cpuid_xlevel);
    case 0x80000001:
        return leaf_80000001(env);
    case 0x80000002 ... 0x80000004:
        name = env->cpuid_model + 4 * (index - 0x80000002);
        return (CpuidRegs){ name[0], name[1], name[2], name[3] };
    case 0x80000005:
        /* 64 KiB L1 each, two ways; TLBs of 255 entries. */
        return (CpuidRegs){ 0x01ff01ff, 0x01ff01ff, 0x40020140, 0x40020140 };
    case 0x80000006:
        /* 512 KiB L2 of 16 ways, 16 MiB L3 of 16 ways. */
        return (CpuidRegs){ 0, 0x42004200, 0x02008140, 0x00808140 };
    case 0x80000007:
        return (CpuidRegs){ .edx = env->features[FEAT_8000_0007_EDX] };
    case 0x80000008:
        return leaf_80000008(env);
    default:
        return (CpuidRegs){ 0 };
    }
}

static CpuidRegs hypervisor_leaf(uint32_t index)
{
    if (index == 0x40000000) {
        return (CpuidRegs){ 0x40000001, 0x54474354, 0x43544743, 0x47435447 };
    }
    return (CpuidRegs){ 0 };
}

static CpuidRegs cpuid_leaf(CPUX86State *env, uint32_t index, uint32_t count)
{
    if (index >= 0x80000000 && index <= env->cpuid_xlevel) {
        return extended_leaf(env, index);
    }
    if (index >= 0x40000000 && index <= 0x40000001) {
        return env->features[FEAT_1_ECX] & CPUID_EXT_HYPERVISOR
            ? hypervisor_leaf(index) : (CpuidRegs){ 0 };
    }
    if (index > env->cpuid_level) {
        return (CpuidRegs){ 0 };
    }
    switch (index) {
    case 0:
        return vendor_leaf(env, env->cpuid_level);
    case 1:
        return leaf_1(env);
    case 5:
        return leaf_5(env);
    case 7:
        return leaf_7(env, count);
    case 0xb:
        return leaf_b(env, count);
    default:
        return (CpuidRegs){ 0 };
    }
}

void cpu_x86_cpuid(CPUX86State *env, uint32_t index, uint32_t count,
                   uint32_t *eax, uint32_t *ebx,
                   uint32_t *ecx, uint32_t *edx)
{
    CpuidRegs r = cpuid_leaf(env, index, count);

    *eax = r.eax;
    *ebx = r.ebx;
    *ecx = r.ecx;
    *edx = r.edx;
}

/* Realize. */

/* What was asked for and cannot be done is left out, with a word about it. */
static void drop_unsupported(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;

    for (unsigned w = 0; w < FEATURE_WORDS; w++) {
        uint32_t lacking = env->features[w] & ~x86_supported_features(w);

        env->features[w] &= ~lacking;
        while (lacking) {
            unsigned bit = __builtin_ctz(lacking);
            g_autofree char *name = x86_feature_name(w, bit);

            warn_report("TCG doesn't support requested feature: "
                        "%s.%s [bit %u]", x86_feature_leaf(w),
                        name ? name : "unknown", bit);
            lacking &= lacking - 1;
        }
    }
}

/* CPUID[1].EDX bits that AMD processors repeat in CPUID[8000_0001].EDX. */
#define EXT2_ALIASES 0x0183f3ffu

static uint32_t version_number(const X86CPU *cpu)
{
    uint32_t family = MIN(cpu->family, 15);
    uint32_t extended = cpu->family - family;

    return extended << 20 | (cpu->model >> 4) << 16 | family << 8 |
           (cpu->model & 15) << 4 | cpu->stepping;
}

bool x86_cpu_init_cpuid(X86CPU *cpu, Error **errp)
{
    CPUX86State *env = &cpu->env;
    char name[48] = "";

    if (!cpu->vendor || strlen(cpu->vendor) != 12) {
        error_setg(errp, "vendor '%s' must be 12 characters long",
                   cpu->vendor ? cpu->vendor : "");
        return false;
    }
    drop_unsupported(cpu);
    memcpy(env->cpuid_vendor, cpu->vendor, 12);
    g_strlcpy(name, cpu->model_id ? cpu->model_id : "", sizeof(name));
    memcpy(env->cpuid_model, name, sizeof(name));
    env->cpuid_version = version_number(cpu);
    if (!strcmp(cpu->vendor, "AuthenticAMD")) {
        env->features[FEAT_8000_0001_EDX] &= ~EXT2_ALIASES;
        env->features[FEAT_8000_0001_EDX] |=
            env->features[FEAT_1_EDX] & EXT2_ALIASES;
    }
    return true;
}
