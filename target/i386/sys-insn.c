/*
 * System instructions that are a few lines each: software interrupts, time,
 * descriptor table registers, TLB and cache control, FS and GS bases, random
 * numbers, the I/O permission check.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/random.h>
#include "sys-internal.h"
#include "fpu-x87.h"
#include "sse.h"

static void write_gpr(CPUX86State *env, unsigned n, unsigned bytes,
                      uint64_t value)
{
    if (bytes == 2) {
        env->regs[n] = (env->regs[n] & ~0xffffull) | (value & 0xffff);
    } else {
        env->regs[n] = bytes == 4 ? (uint32_t)value : value;
    }
}

static void split_64(CPUX86State *env, uint64_t value)
{
    env->regs[R_EAX] = (uint32_t)value;
    env->regs[R_EDX] = value >> 32;
}

void insn_ud(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    raise_exception(env, EXCP06_ILLOP);
}

/* Software interrupts. */

void insn_int(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    if ((env->hflags & HF_VM_MASK) &&
        (env->eflags & IOPL_MASK) != IOPL_MASK) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    raise_interrupt(env, in->imm & 0xff, true, 0, x86_next_eip(env));
}

void insn_int3(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    raise_interrupt(env, EXCP03_INT3, true, 0, x86_next_eip(env));
}

void insn_into(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    if (cpu_cc_compute(env) & CC_O) {
        raise_interrupt(env, EXCP04_INTO, true, 0, x86_next_eip(env));
    }
}

/* INT1 is a trap that no gate privilege holds back. */
void insn_int1(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    env->eip = x86_next_eip(env);
    raise_exception(env, EXCP01_DB);
}

void insn_bound(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    int64_t index, low, high;

    if (!in->has_mem) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (in->opsize == 2) {
        index = (int16_t)env->regs[in->reg];
        low = (int16_t)cpu_lduw(env, ea);
        high = (int16_t)cpu_lduw(env, ea + 2);
    } else {
        index = (int32_t)env->regs[in->reg];
        low = (int32_t)cpu_ldl(env, ea);
        high = (int32_t)cpu_ldl(env, ea + 4);
    }
    if (index < low || index > high) {
        raise_exception(env, EXCP05_BOUND);
    }
}

/* x87 and SSE state. */

void insn_wait(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    x87_wait(env);
}

void insn_emms(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    sse_emms(env);
}

void insn_fxsave(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    x87_fxsave(env, ea, in->rexw);
}

void insn_fxrstor(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    x87_fxrstor(env, ea, in->rexw);
}

void insn_ldmxcsr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    sse_ldmxcsr(env, ea);
}

void insn_stmxcsr(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    sse_stmxcsr(env, ea);
}

/* Time and identity. */

static void need_tsc(CPUX86State *env)
{
    if ((env->cr[4] & CR4_TSD_MASK) && x86_cpl(env) != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

void insn_rdtsc(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    need_tsc(env);
    split_64(env, cpu_get_tsc(env));
}

void insn_rdtscp(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    need_tsc(env);
    split_64(env, cpu_get_tsc(env));
    env->regs[R_ECX] = (uint32_t)env->tsc_aux;
}

void insn_rdpid(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    env->regs[in->rm] = (uint32_t)env->tsc_aux;
}

/* There are no performance counters. */
void insn_rdpmc(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    raise_exception_err(env, EXCP0D_GPF, 0);
}

void insn_cpuid(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint32_t eax, ebx, ecx, edx;

    cpu_x86_cpuid(env, env->regs[R_EAX], env->regs[R_ECX],
                  &eax, &ebx, &ecx, &edx);
    env->regs[R_EAX] = eax;
    env->regs[R_EBX] = ebx;
    env->regs[R_ECX] = ecx;
    env->regs[R_EDX] = edx;
}

static bool random_bytes(void *buf, size_t size)
{
    return getrandom(buf, size, GRND_NONBLOCK) == (ssize_t)size;
}

void insn_rdrand(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    uint64_t value = 0;
    bool ok = random_bytes(&value, sizeof(value));

    write_gpr(env, in->rm, in->opsize, ok ? value : 0);
    cpu_set_cc(env, ok ? CC_C : 0);
}

/* CRC32 of SSE4.2 (the Castagnoli polynomial), a byte to eight at a time. */

static uint64_t crc32_operand(CPUX86State *env, const X86Insn *in,
                              uint64_t ea, unsigned bytes)
{
    bool high = bytes == 1 && !(in->prefixes & X86_PFX_REX) && in->rm >= 4;

    if (!in->has_mem) {
        return high ? env->regs[in->rm - 4] >> 8 : env->regs[in->rm];
    }
    switch (bytes) {
    case 1:
        return cpu_ldub(env, ea);
    case 2:
        return cpu_lduw(env, ea);
    case 4:
        return cpu_ldl(env, ea);
    default:
        return cpu_ldq(env, ea);
    }
}

void insn_crc32(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned bytes = in->opcode == 0xf0 ? 1 : in->opsize;
    uint64_t data = crc32_operand(env, in, ea, bytes);
    uint64_t crc = (uint32_t)env->regs[in->reg];

    switch (bytes) {
    case 1:
        asm("crc32b %b1, %k0" : "+r" (crc) : "r" (data));
        break;
    case 2:
        asm("crc32w %w1, %k0" : "+r" (crc) : "r" (data));
        break;
    case 4:
        asm("crc32l %k1, %k0" : "+r" (crc) : "r" (data));
        break;
    default:
        asm("crc32q %1, %0" : "+r" (crc) : "r" (data));
        break;
    }
    env->regs[in->reg] = (uint32_t)crc;
}

/* Caches and translations. */

/* INVD, WBINVD: guest memory has no cache of its own. */
void insn_cache_control(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    need_cpl0(env);
}

void insn_clflush(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    cpu_ldub(env, ea);                      /* faults as a load does */
}

void insn_invlpg(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    need_cpl0(env);
    x86_tlb_flush_page(env, ea);
}

/* Descriptor table registers: a limit of 2 bytes and a base of 4 or 8. */

void insn_sgdt_sidt(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    const SegmentCache *table = in->modrm >> 3 & 1 ? &env->idt : &env->gdt;
    uint8_t image[10];
    uint16_t limit = table->limit;
    uint64_t base = table->base;

    if ((env->cr[4] & CR4_UMIP_MASK) && x86_cpl(env) != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    memcpy(image, &limit, 2);
    memcpy(image + 2, &base, 8);
    cpu_st_bytes(env, ea, image, x86_code64(env) ? 10 : 6);
}

void insn_lgdt_lidt(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    SegmentCache *table = in->modrm >> 3 & 1 ? &env->idt : &env->gdt;
    uint8_t image[10] = { 0 };
    uint16_t limit;
    uint64_t base;

    need_cpl0(env);
    cpu_ld_bytes(env, ea, image, x86_code64(env) ? 10 : 6);
    memcpy(&limit, image, 2);
    memcpy(&base, image + 2, 8);
    if (!x86_code64(env) && in->opsize == 2) {
        base &= 0xffffff;
    }
    if (x86_code64(env) && !is_canonical(base)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    table->base = base;
    table->limit = limit;
}

/* MONITOR does not watch; MWAIT then is a halt that may end at any time. */
void insn_monitor(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    if (x86_cpl(env) != 0) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if ((uint32_t)env->regs[R_ECX] != 0) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

void insn_mwait(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    if (x86_cpl(env) != 0) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if ((uint32_t)env->regs[R_ECX] > 1) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    env->eip = x86_next_eip(env);
}

void insn_clac_stac(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    if (!(env->hflags & HF_PE_MASK) || x86_cpl(env) != 0) {
        raise_exception(env, EXCP06_ILLOP);
    }
    cpu_load_eflags(env, in->modrm & 1 ? AC_MASK : 0, AC_MASK);
}

/* RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE. */
void insn_fsgsbase(CPUX86State *env, const X86Insn *in, uint64_t ea)
{
    unsigned member = in->modrm >> 3 & 7;
    SegmentCache *s = &env->segs[member & 1 ? R_GS : R_FS];
    unsigned bytes = in->rexw ? 8 : 4;
    uint64_t value = env->regs[in->rm];

    if (!x86_code64(env) || !(env->cr[4] & CR4_FSGSBASE_MASK)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (member < 2) {
        write_gpr(env, in->rm, bytes, s->base);
        return;
    }
    if (bytes == 8 && !is_canonical(value)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    s->base = bytes == 8 ? value : (uint32_t)value;
}

void x86_check_io(CPUX86State *env, uint16_t port, unsigned size)
{
    unsigned iopl = (env->eflags & IOPL_MASK) >> IOPL_SHIFT;
    uint32_t offset, bits, mask = (1u << size) - 1;

    if (!(env->hflags & HF_PE_MASK) ||
        (!(env->hflags & HF_VM_MASK) && x86_cpl(env) <= iopl)) {
        return;
    }
    /* Only a 32 or 64-bit TSS has a map; it is read as two bytes. */
    if (!(env->tr.flags & DESC_P_MASK) ||
        !(env->tr.flags & 8u << DESC_TYPE_SHIFT) || env->tr.limit < 103) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    offset = cpu_lduw_kernel(env, env->tr.base + 0x66) + (port >> 3);
    if (offset + 1 > env->tr.limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    bits = cpu_lduw_kernel(env, env->tr.base + offset) >> (port & 7);
    if (bits & mask) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}
