/*
 * The software TLB: one direct-mapped table for each kind of access right,
 * whose entries turn a linear address into a host address by one comparison
 * and one addition. mmu.c fills and drops them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_SOFTTLB_H
#define TARGET_I386_SOFTTLB_H

#include "cpu.h"
#include "mem-access.h"

/*
 * Guest memory in the host's: one host access each, of any alignment (the
 * guest's business), seen by other threads.
 */
typedef volatile uint8_t Guest8;
typedef volatile uint16_t Guest16 __attribute__((aligned(1), may_alias));
typedef volatile uint32_t Guest32 __attribute__((aligned(1), may_alias));
typedef volatile uint64_t Guest64 __attribute__((aligned(1), may_alias));

#define SOFT_TLB_BITS   10
#define SOFT_TLB_SIZE   (1u << SOFT_TLB_BITS)

/*
 * A tag is the linear address of the page when the fast path may use the
 * entry for that kind of access; any low bit set means that it may not.
 */
typedef struct SoftTLBEntry {
    uint64_t addr_read;
    uint64_t addr_write;
    uint64_t addr_code;
    uintptr_t addend;       /* host address - linear address */
} SoftTLBEntry;

#define SOFT_TLB_INVALID    (~0ull)

enum {
    SOFT_PROT_READ = 1,
    SOFT_PROT_WRITE = 2,    /* and the dirty bit is set in the page table */
    SOFT_PROT_EXEC = 4,
};

/* What the slow path knows about an entry, device memory included. */
typedef struct SoftTLBInfo {
    uint64_t vpage;         /* linear page address or SOFT_TLB_INVALID */
    hwaddr phys;            /* of the page */
    ram_addr_t ram;         /* RAM_ADDR_INVALID for device memory */
    uint8_t *host;          /* of the page; NULL for device memory */
    uint8_t prot;           /* SOFT_PROT_* */
    bool global;
    bool readonly;          /* ROM: host may be read only */
} SoftTLBInfo;

enum {
    MMU_USER,
    MMU_KERNEL,             /* supervisor, user pages open */
    MMU_KERNEL_SMAP,        /* supervisor, user pages refused */
    MMU_MODES,
};

#define SOFT_TLB_BLOOM_WORDS 16

typedef struct SoftTLB {
    SoftTLBEntry entry[MMU_MODES][SOFT_TLB_SIZE];
    SoftTLBInfo info[MMU_MODES][SOFT_TLB_SIZE];
    /* Slots in use, apart for global pages, so that a flush touches only them. */
    uint64_t used[MMU_MODES][SOFT_TLB_SIZE / 64];
    uint64_t used_global[MMU_MODES][SOFT_TLB_SIZE / 64];
    /* Gigabytes of linear space in which large pages were entered. */
    uint64_t large_bloom[SOFT_TLB_BLOOM_WORDS];
    uint64_t flushes;       /* statistics */
    uint64_t fills;
} SoftTLB;

static inline unsigned softtlb_index(uint64_t addr)
{
    return (addr >> TARGET_PAGE_BITS) & (SOFT_TLB_SIZE - 1);
}

/* The slot of an address in the table of the current privilege. */
static QEMU_ALWAYS_INLINE SoftTLBEntry *softtlb_entry(CPUX86State *env,
                                                      uint64_t addr)
{
    size_t offset = (addr >> (TARGET_PAGE_BITS - 5)) &
                    ((uint64_t)(SOFT_TLB_SIZE - 1) << 5);

    QEMU_BUILD_BUG_ON(sizeof(SoftTLBEntry) != 32);
    return (SoftTLBEntry *)((char *)env->tlb + offset);
}

/* The table for the current privilege. */
static inline int x86_mmu_index(const CPUX86State *env)
{
    if (x86_cpl(env) == 3) {
        return MMU_USER;
    }
    return (env->hflags & HF_SMAP_MASK) && !(env->eflags & AC_MASK)
           ? MMU_KERNEL_SMAP : MMU_KERNEL;
}

/* The table for accesses that the processor makes as supervisor. */
static inline int x86_mmu_index_kernel(const CPUX86State *env)
{
    return env->hflags & HF_SMAP_MASK ? MMU_KERNEL_SMAP : MMU_KERNEL;
}

/*
 * The slot for @addr with the right for @type, filled by a page walk when it
 * was not there. Raises #PF, #GP or #SS when the access is refused.
 */
SoftTLBInfo *softtlb_get(CPUX86State *env, int mmu_idx, uint64_t addr,
                         MMUAccessType type);

/* Makes and frees env->mmu. */
void softtlb_init(CPUX86State *env);
void softtlb_free(CPUX86State *env);

/*
 * A page of RAM got watch flags (decoded code, dirty log): stores to it take the
 * slow path from now on. It gives the fast one back when the flags are gone.
 */
void softtlb_watch_page(CPUX86State *env, ram_addr_t page);

/*
 * Walks the page tables. False with *@error (PG_ERROR_*) when refused. @debug:
 * no rights are checked and no accessed or dirty bits set.
 */
typedef struct X86Walk {
    hwaddr phys;            /* of the 4 KiB page */
    uint8_t prot;           /* all rights that hold without a new walk */
    bool global;
    bool large;             /* part of a page greater than 4 KiB */
    int error;
} X86Walk;
bool x86_walk(CPUX86State *env, uint64_t addr, MMUAccessType type,
              int mmu_idx, bool debug, X86Walk *out);

/* Host address of a byte of guest code; raises #PF when it may not be run. */
const uint8_t *x86_code_ptr(CPUX86State *env, uint64_t addr,
                            ram_addr_t *ram);

/* True when bits 63..47 of a linear address are alike. */
static inline bool x86_is_canonical(uint64_t addr)
{
    return (uint64_t)((int64_t)(addr << 16) >> 16) == addr;
}

#endif
