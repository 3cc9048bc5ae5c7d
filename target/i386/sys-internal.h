/*
 * The functions behind the system instruction table (sys-table.c) that are not
 * about segments; those are in seg-internal.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_SYS_INTERNAL_H
#define TARGET_I386_SYS_INTERNAL_H

#include "seg-internal.h"

/* sys-insn.c */
X86InsnFn insn_bound, insn_wait, insn_int, insn_int3, insn_into, insn_int1,
          insn_ud, insn_cache_control, insn_rdtsc, insn_rdtscp, insn_rdpmc,
          insn_emms, insn_cpuid, insn_sgdt_sidt, insn_lgdt_lidt, insn_invlpg,
          insn_monitor, insn_mwait, insn_clac_stac, insn_fxsave,
          insn_fxrstor, insn_ldmxcsr, insn_stmxcsr, insn_clflush,
          insn_fsgsbase, insn_rdrand, insn_rdpid, insn_crc32;

/*
 * Model specific registers (msr.c). False: there is no such register, or the
 * value is not allowed; the instruction raises #GP(0).
 */
bool x86_msr_read(CPUX86State *env, uint32_t index, uint64_t *value);
bool x86_msr_write(CPUX86State *env, uint32_t index, uint64_t value);

/* EFER's bits under this CPU model, LMA left out. */
uint64_t x86_efer_valid(const CPUX86State *env);

/* CR4's bits under this CPU model. */
uint64_t x86_cr4_valid(const CPUX86State *env);

#endif
