/*
 * Which instructions the engine calls for, where their functions are and what
 * has to happen around the call. No behaviour here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "sys-internal.h"

typedef struct SysEntry {
    X86InsnFn *fn;
    uint8_t flags;
    int8_t word;            /* FeatureWord that must have @bit... */
    uint32_t bit;           /* ...unless this is 0 */
} SysEntry;

#define END X86I_END
#define JUMP (X86I_END | X86I_JUMP)
#define NO_EA X86I_NO_EA
#define RCC X86I_READS_CC
#define WCC X86I_WRITES_CC
#define FEATURE(w, b) .word = FEAT_##w, .bit = CPUID_##b

static const SysEntry map_one[256] = {
    [0x07] = { insn_pop_seg, END },
    [0x17] = { insn_pop_seg, END },
    [0x1f] = { insn_pop_seg, END },
    [0x62] = { insn_bound, 0 },
    [0x63] = { insn_arpl, RCC | WCC },
    [0x8e] = { insn_mov_seg, END },
    [0x9a] = { insn_far_call, JUMP | RCC | WCC },
    [0x9b] = { insn_wait, 0 },
    [0xc4] = { insn_load_far_ptr, END },
    [0xc5] = { insn_load_far_ptr, END },
    [0xca] = { insn_retf, JUMP },
    [0xcb] = { insn_retf, JUMP },
    [0xcc] = { insn_int3, JUMP | RCC },
    [0xcd] = { insn_int, JUMP | RCC },
    [0xce] = { insn_into, RCC },
    [0xcf] = { insn_iret, JUMP | RCC | WCC },
    [0xea] = { insn_far_jmp, JUMP | RCC | WCC },
    [0xf1] = { insn_int1, JUMP | RCC },
};

static const SysEntry map_0f[256] = {
    [0x00] = { insn_group6, END | RCC | WCC },
    [0x02] = { insn_lar_lsl, RCC | WCC },
    [0x03] = { insn_lar_lsl, RCC | WCC },
    [0x05] = { insn_syscall, JUMP | RCC | WCC,
               FEATURE(8000_0001_EDX, EXT2_SYSCALL) },
    [0x06] = { insn_clts, END },
    [0x07] = { insn_sysret, JUMP | WCC,
               FEATURE(8000_0001_EDX, EXT2_SYSCALL) },
    [0x08] = { insn_cache_control, 0 },
    [0x09] = { insn_cache_control, 0 },
    [0x0b] = { insn_ud, 0 },
    [0x20] = { insn_mov_from_cr, NO_EA },
    [0x21] = { insn_mov_from_dr, NO_EA },
    [0x22] = { insn_mov_to_cr, END | NO_EA },
    [0x23] = { insn_mov_to_dr, END | NO_EA },
    [0x30] = { insn_wrmsr, END },
    [0x31] = { insn_rdtsc, 0, FEATURE(1_EDX, TSC) },
    [0x32] = { insn_rdmsr, 0 },
    [0x33] = { insn_rdpmc, 0 },
    [0x34] = { insn_sysenter, JUMP | RCC | WCC, FEATURE(1_EDX, SEP) },
    [0x35] = { insn_sysexit, JUMP, FEATURE(1_EDX, SEP) },
    [0x77] = { insn_emms, 0, FEATURE(1_EDX, MMX) },
    [0xa1] = { insn_pop_seg, END },
    [0xa2] = { insn_cpuid, 0 },
    [0xa9] = { insn_pop_seg, END },
    [0xaa] = { insn_ud, 0 },                        /* RSM outside of SMM */
    [0xb2] = { insn_load_far_ptr, END },
    [0xb4] = { insn_load_far_ptr, END },
    [0xb5] = { insn_load_far_ptr, END },
    [0xb9] = { insn_ud, NO_EA },
    [0xff] = { insn_ud, NO_EA },
};

/* 0F 01 with a memory operand, by ModRM.reg. */
static const SysEntry group7_mem[8] = {
    { insn_sgdt_sidt, 0 },
    { insn_sgdt_sidt, 0 },
    { insn_lgdt_lidt, END },
    { insn_lgdt_lidt, END },
    { insn_smsw, 0 },
    { NULL },
    { insn_lmsw, END },
    { insn_invlpg, END },
};

/* 0F 01 C0..FF: single instructions, but SMSW and LMSW with any register. */
static const SysEntry *group7_reg(const X86Insn *in)
{
    static const SysEntry smsw = { insn_smsw, 0 };
    static const SysEntry lmsw = { insn_lmsw, END };
    static const SysEntry monitor = { insn_monitor, 0,
                                      FEATURE(1_ECX, EXT_MONITOR) };
    static const SysEntry mwait = { insn_mwait, JUMP,
                                    FEATURE(1_ECX, EXT_MONITOR) };
    static const SysEntry clac_stac = { insn_clac_stac, END | RCC | WCC,
                                        FEATURE(7_0_EBX, 7_0_EBX_SMAP) };
    static const SysEntry swapgs = { insn_swapgs, END };
    static const SysEntry rdtscp = { insn_rdtscp, 0,
                                     FEATURE(8000_0001_EDX, EXT2_RDTSCP) };

    switch (in->modrm) {
    case 0xc8:
        return &monitor;
    case 0xc9:
        return &mwait;
    case 0xca:
    case 0xcb:
        return &clac_stac;
    case 0xe0 ... 0xe7:
        return &smsw;
    case 0xf0 ... 0xf7:
        return &lmsw;
    case 0xf8:
        return &swapgs;
    case 0xf9:
        return &rdtscp;
    default:
        return NULL;
    }
}

/* 0F AE with a memory operand and no mandatory prefix. */
static const SysEntry group15_mem[8] = {
    { insn_fxsave, 0, FEATURE(1_EDX, FXSR) },
    { insn_fxrstor, 0, FEATURE(1_EDX, FXSR) },
    { insn_ldmxcsr, 0, FEATURE(1_EDX, SSE) },
    { insn_stmxcsr, 0, FEATURE(1_EDX, SSE) },
    { NULL },
    { NULL },
    { NULL },
    { insn_clflush, 0, FEATURE(1_EDX, CLFLUSH) },
};

static const SysEntry *group15(const X86Insn *in)
{
    static const SysEntry fsgsbase = { insn_fsgsbase, END,
                                       FEATURE(7_0_EBX, 7_0_EBX_FSGSBASE) };
    static const SysEntry clflushopt = {
        insn_clflush, 0, FEATURE(7_0_EBX, 7_0_EBX_CLFLUSHOPT),
    };
    unsigned member = in->modrm >> 3 & 7;
    unsigned mandatory = in->prefixes &
                         (X86_PFX_66 | X86_PFX_F3 | X86_PFX_F2);

    if (!in->has_mem) {
        return (mandatory & X86_PFX_F3) && member < 4 ? &fsgsbase : NULL;
    }
    if (member == 7 && mandatory == X86_PFX_66) {
        return &clflushopt;
    }
    return mandatory & (X86_PFX_F3 | X86_PFX_F2) ? NULL
                                                 : &group15_mem[member];
}

/* 0F C7 /6 and /7, register forms. */
static const SysEntry *group9(const X86Insn *in)
{
    static const SysEntry rdrand = { insn_rdrand, WCC,
                                     FEATURE(1_ECX, EXT_RDRAND) };
    static const SysEntry rdseed = { insn_rdrand, WCC,
                                     FEATURE(7_0_EBX, 7_0_EBX_RDSEED) };
    static const SysEntry rdpid = { insn_rdpid, 0,
                                    FEATURE(7_0_ECX, 7_0_ECX_RDPID) };
    unsigned member = in->modrm >> 3 & 7;

    if (in->has_mem) {
        return NULL;
    }
    if (in->prefixes & X86_PFX_F3) {
        return member == 7 ? &rdpid : NULL;
    }
    return member == 6 ? &rdrand : member == 7 ? &rdseed : NULL;
}

static const SysEntry *group5(const X86Insn *in)
{
    static const SysEntry call = { insn_far_call_mem, JUMP | RCC | WCC };
    static const SysEntry jmp = { insn_far_jmp_mem, JUMP | RCC | WCC };
    unsigned member = in->modrm >> 3 & 7;

    return member == 3 ? &call : member == 5 ? &jmp : NULL;
}

/* CRC32: 0F 38 F0 and F1 behind F2. */
static const SysEntry *map_0f38(const X86Insn *in)
{
    static const SysEntry crc32 = { insn_crc32, 0,
                                    FEATURE(1_ECX, EXT_SSE42) };

    return (in->opcode & 0xfe) == 0xf0 && (in->prefixes & X86_PFX_F2)
           ? &crc32 : NULL;
}

/* Instructions that 64-bit mode took back. */
static bool gone_in_64(const X86Insn *in)
{
    if (in->map != X86_MAP_1) {
        return false;
    }
    switch (in->opcode) {
    case 0x07:
    case 0x17:
    case 0x1f:
    case 0x62:
    case 0x63:
    case 0x9a:
    case 0xc4:
    case 0xc5:
    case 0xce:
    case 0xea:
        return true;
    default:
        return false;
    }
}

static const SysEntry *find(const X86Insn *in)
{
    if (in->map == X86_MAP_1) {
        return in->opcode == 0xff ? group5(in) : &map_one[in->opcode];
    }
    if (in->map != X86_MAP_0F) {
        return in->map == X86_MAP_0F38 ? map_0f38(in) : NULL;
    }
    switch (in->opcode) {
    case 0x01:
        return in->has_mem ? &group7_mem[in->modrm >> 3 & 7]
                           : group7_reg(in);
    case 0xae:
        return group15(in);
    case 0xc7:
        return group9(in);
    default:
        return &map_0f[in->opcode];
    }
}

bool x86_sys_lookup(const CPUX86State *env, X86Insn *in)
{
    const SysEntry *entry = find(in);

    if (!entry || !entry->fn || (x86_code64(env) && gone_in_64(in)) ||
        (entry->bit && !(env->features[entry->word] & entry->bit))) {
        return false;
    }
    in->fn = entry->fn;
    in->flags = entry->flags;
    return true;
}
