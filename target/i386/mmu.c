/*
 * Address translation: walks the guest's page tables (none, 32-bit, PAE, long
 * mode), keeps accessed and dirty bits, and fills and drops the software TLB.
 * Accesses themselves are in mem-access.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "system/memory.h"
#include "system/ram_addr.h"
#include "excp.h"
#include "softtlb.h"

/* ---- Physical memory -------------------------------------------------- */

/* The flat range of a physical address; RCU read section. */
static const FlatRange *phys_range(CPUX86State *env, hwaddr addr)
{
    FlatView *fv = qatomic_rcu_read(&env_cpu(env)->as->current_map);
    hwaddr left;

    return flatview_lookup(fv, addr, &left);
}

/* A page-table entry in host memory, or NULL if it does not lie in RAM. */
static void *pte_host(CPUX86State *env, hwaddr addr, ram_addr_t *ram)
{
    const FlatRange *fr;

    addr &= env->a20_mask;
    fr = phys_range(env, addr);
    if (!fr || !fr->host || fr->readonly) {
        return NULL;
    }
    *ram = fr->ram + (addr - fr->base);
    return fr->host + (addr - fr->base);
}

static uint64_t pte_read(CPUX86State *env, hwaddr addr, bool wide)
{
    ram_addr_t ram;
    void *host = pte_host(env, addr, &ram);

    if (likely(host)) {
        return wide ? qatomic_read((uint64_t *)host)
                    : qatomic_read((uint32_t *)host);
    }
    addr &= env->a20_mask;
    return wide ? address_space_ldq(env_cpu(env)->as, addr,
                                    MEMTXATTRS_UNSPECIFIED, NULL)
                : address_space_ldl(env_cpu(env)->as, addr,
                                    MEMTXATTRS_UNSPECIFIED, NULL);
}

/*
 * Sets accessed and dirty bits; false if the entry changed under our eyes
 * (then the walk starts again).
 */
static bool pte_set_bits(CPUX86State *env, hwaddr addr, bool wide,
                         uint64_t old, uint64_t bits)
{
    ram_addr_t ram;
    void *host;
    bool done;

    if ((old & bits) == bits) {
        return true;
    }
    host = pte_host(env, addr, &ram);
    if (!host) {
        return true;            /* tables in ROM keep what they say */
    }
    if (wide) {
        done = __sync_bool_compare_and_swap((uint64_t *)host, old, old | bits);
    } else {
        done = __sync_bool_compare_and_swap((uint32_t *)host, (uint32_t)old,
                                            (uint32_t)(old | bits));
    }
    if (done) {
        ram_commit_write(ram, wide ? 8 : 4);
    }
    return done;
}

/* ---- Page walk -------------------------------------------------------- */

/* What the levels above a page allow together. */
typedef struct Rights {
    bool write;
    bool user;
    bool exec;
} Rights;

/*
 * From the rights of a page to the answer for one kind of access. Fills
 * out->prot for the table @mmu_idx and out->error when @type is refused.
 */
static bool check_rights(CPUX86State *env, const Rights *r, int mmu_idx,
                         MMUAccessType type, bool dirty, X86Walk *out)
{
    bool user = mmu_idx == MMU_USER;
    bool readable, writable, executable, ok;

    if (user) {
        readable = r->user;
        writable = r->user && r->write;
        executable = r->user && r->exec;
    } else {
        bool closed = mmu_idx == MMU_KERNEL_SMAP && r->user;

        readable = !closed;
        writable = !closed && (r->write || !(env->cr[0] & CR0_WP_MASK));
        executable = r->exec &&
                     !(r->user && (env->cr[4] & CR4_SMEP_MASK));
    }
    ok = type == MMU_DATA_LOAD ? readable :
         type == MMU_DATA_STORE ? writable : executable;
    out->prot = (readable ? SOFT_PROT_READ : 0) |
                (writable && (dirty || type == MMU_DATA_STORE)
                 ? SOFT_PROT_WRITE : 0) |
                (executable ? SOFT_PROT_EXEC : 0);
    if (!ok) {
        out->error = PG_ERROR_P_MASK;
    }
    return ok;
}

static bool refuse(X86Walk *out, int error)
{
    out->error = error;
    return false;
}

/* 32-bit tables: two levels of 4-byte entries. 1: again, 0: refused, 2: ok. */
static int walk_32(CPUX86State *env, uint32_t addr, MMUAccessType type,
                   int mmu_idx, bool debug, X86Walk *out)
{
    hwaddr pde_addr = (env->cr[3] & 0xfffff000u) + (addr >> 22) * 4;
    uint32_t pde = pte_read(env, pde_addr, false);
    Rights r;
    hwaddr leaf_addr;
    uint32_t leaf;
    uint64_t bits = PG_ACCESSED_MASK;

    if (!(pde & PG_PRESENT_MASK)) {
        return refuse(out, 0);
    }
    out->large = (pde & PG_PSE_MASK) && (env->cr[4] & CR4_PSE_MASK);
    if (out->large) {
        leaf_addr = pde_addr;
        leaf = pde;
        r = (Rights){ pde & PG_RW_MASK, pde & PG_USER_MASK, true };
        out->phys = (pde & 0xffc00000u) | (hwaddr)((pde >> 13) & 0xff) << 32 |
                    (addr & 0x3ff000u);
    } else {
        leaf_addr = (pde & 0xfffff000u) + ((addr >> 12) & 0x3ff) * 4;
        leaf = pte_read(env, leaf_addr, false);
        if (!(leaf & PG_PRESENT_MASK)) {
            return refuse(out, 0);
        }
        r = (Rights){ pde & leaf & PG_RW_MASK, pde & leaf & PG_USER_MASK, true };
        out->phys = leaf & 0xfffff000u;
    }
    out->global = (leaf & PG_GLOBAL_MASK) && (env->cr[4] & CR4_PGE_MASK);
    if (debug) {
        return 2;
    }
    if (!check_rights(env, &r, mmu_idx, type, leaf & PG_DIRTY_MASK, out)) {
        return 0;
    }
    if (!out->large &&
        !pte_set_bits(env, pde_addr, false, pde, PG_ACCESSED_MASK)) {
        return 1;
    }
    if (type == MMU_DATA_STORE) {
        bits |= PG_DIRTY_MASK;
    }
    return pte_set_bits(env, leaf_addr, false, leaf, bits) ? 2 : 1;
}

/* Bits that must be zero in any 8-byte entry. */
static uint64_t reserved_bits(CPUX86State *env)
{
    uint64_t rsvd = ((1ull << 52) - 1) & ~X86_PHYS_MASK;

    if (!(env->efer & MSR_EFER_LMA)) {
        rsvd |= 0x7ff0000000000000ull;
    }
    if (!(env->efer & MSR_EFER_NXE)) {
        rsvd |= PG_NX_MASK;
    }
    return rsvd;
}

/*
 * PAE and long mode: 8-byte entries. @level counts down to 1 (4 KiB pages);
 * @table is the table of that level.
 */
static int walk_64(CPUX86State *env, uint64_t addr, hwaddr table, int level,
                   MMUAccessType type, int mmu_idx, bool debug, X86Walk *out)
{
    uint64_t rsvd = reserved_bits(env), pte, size_mask;
    hwaddr where;
    Rights r = { true, true, true };
    uint64_t bits = PG_ACCESSED_MASK;

    for (;; level--) {
        unsigned shift = 12 + 9 * (level - 1);

        where = table + ((addr >> shift) & 0x1ff) * 8;
        pte = pte_read(env, where, true);
        if (!(pte & PG_PRESENT_MASK)) {
            return refuse(out, 0);
        }
        if ((pte & rsvd) || ((pte & PG_PSE_MASK) && level == 4)) {
            return refuse(out, PG_ERROR_P_MASK | PG_ERROR_RSVD_MASK);
        }
        r.write &= !!(pte & PG_RW_MASK);
        r.user &= !!(pte & PG_USER_MASK);
        r.exec &= !(pte & PG_NX_MASK);
        size_mask = (1ull << shift) - 1;
        if (level == 1 || (pte & PG_PSE_MASK)) {
            break;
        }
        if (!debug && !pte_set_bits(env, where, true, pte, PG_ACCESSED_MASK)) {
            return 1;
        }
        table = pte & X86_PHYS_MASK & TARGET_PAGE_MASK;
    }
    out->large = level > 1;
    /* Bit 12 of a large page's entry is PAT, the other low ones reserved. */
    if (out->large && (pte & size_mask & X86_PHYS_MASK & ~0x1fffull)) {
        return refuse(out, PG_ERROR_P_MASK | PG_ERROR_RSVD_MASK);
    }
    out->phys = ((pte & X86_PHYS_MASK & ~size_mask) | (addr & size_mask)) &
                TARGET_PAGE_MASK;
    out->global = (pte & PG_GLOBAL_MASK) && (env->cr[4] & CR4_PGE_MASK);
    if (debug) {
        return 2;
    }
    if (!check_rights(env, &r, mmu_idx, type, pte & PG_DIRTY_MASK, out)) {
        return 0;
    }
    if (type == MMU_DATA_STORE) {
        bits |= PG_DIRTY_MASK;
    }
    return pte_set_bits(env, where, true, pte, bits) ? 2 : 1;
}

/* PAE outside long mode: four pointers select the table of a gigabyte. */
static int walk_pae(CPUX86State *env, uint32_t addr, MMUAccessType type,
                    int mmu_idx, bool debug, X86Walk *out)
{
    hwaddr where = (env->cr[3] & 0xffffffe0u) + (addr >> 30) * 8;
    uint64_t pdpte = pte_read(env, where, true);

    if (!(pdpte & PG_PRESENT_MASK)) {
        return refuse(out, 0);
    }
    return walk_64(env, addr, pdpte & X86_PHYS_MASK & TARGET_PAGE_MASK, 2,
                   type, mmu_idx, debug, out);
}

bool x86_walk(CPUX86State *env, uint64_t addr, MMUAccessType type,
              int mmu_idx, bool debug, X86Walk *out)
{
    int verdict;

    memset(out, 0, sizeof(*out));
    if (!(env->cr[0] & CR0_PG_MASK)) {
        out->phys = (uint32_t)addr & TARGET_PAGE_MASK & env->a20_mask;
        out->prot = SOFT_PROT_READ | SOFT_PROT_WRITE | SOFT_PROT_EXEC;
        return true;
    }
    do {
        if (env->efer & MSR_EFER_LMA) {
            verdict = walk_64(env, addr, env->cr[3] & X86_PHYS_MASK &
                              TARGET_PAGE_MASK, 4, type, mmu_idx, debug, out);
        } else if (env->cr[4] & CR4_PAE_MASK) {
            verdict = walk_pae(env, addr, type, mmu_idx, debug, out);
        } else {
            verdict = walk_32(env, addr, type, mmu_idx, debug, out);
        }
    } while (verdict == 1);
    out->phys &= env->a20_mask;
    if (verdict == 2) {
        return true;
    }
    if (type == MMU_DATA_STORE) {
        out->error |= PG_ERROR_W_MASK;
    }
    if (mmu_idx == MMU_USER) {
        out->error |= PG_ERROR_U_MASK;
    }
    if (type == MMU_INST_FETCH &&
        ((env->efer & MSR_EFER_NXE) || (env->cr[4] & CR4_SMEP_MASK))) {
        out->error |= PG_ERROR_I_D_MASK;
    }
    return false;
}

/* ---- Filling ---------------------------------------------------------- */

static void bloom_add(SoftTLB *tlb, uint64_t addr)
{
    unsigned bit = ((addr >> 30) * 0x9e3779b97f4a7c15ull) >> 54;

    tlb->large_bloom[bit / 64] |= 1ull << (bit % 64);
}

static bool bloom_test(SoftTLB *tlb, uint64_t addr)
{
    unsigned bit = ((addr >> 30) * 0x9e3779b97f4a7c15ull) >> 54;

    return tlb->large_bloom[bit / 64] >> (bit % 64) & 1;
}

/* The fast tags that an entry deserves right now. */
static void set_tags(SoftTLBEntry *e, const SoftTLBInfo *info)
{
    bool plain = info->host;

    e->addr_read = plain && (info->prot & SOFT_PROT_READ)
                   ? info->vpage : SOFT_TLB_INVALID;
    e->addr_code = plain && (info->prot & SOFT_PROT_EXEC)
                   ? info->vpage : SOFT_TLB_INVALID;
    e->addr_write = plain && (info->prot & SOFT_PROT_WRITE) &&
                    !info->readonly && !ram_page_flags(info->ram)
                    ? info->vpage : SOFT_TLB_INVALID;
    e->addend = (uintptr_t)info->host - info->vpage;
}

static void fill_slot(CPUX86State *env, int mmu_idx, uint64_t vpage,
                      const X86Walk *walk)
{
    SoftTLB *tlb = env->mmu;
    unsigned slot = softtlb_index(vpage);
    SoftTLBInfo *info = &tlb->info[mmu_idx][slot];
    const FlatRange *fr = phys_range(env, walk->phys);
    uint64_t bit = 1ull << (slot % 64);

    info->vpage = vpage;
    info->phys = walk->phys;
    info->prot = walk->prot;
    info->global = walk->global;
    info->host = NULL;
    info->ram = RAM_ADDR_INVALID;
    info->readonly = false;
    /* A range that ends inside the page goes through the memory API. */
    if (fr && fr->host && fr->base <= walk->phys &&
        fr->last >= walk->phys + TARGET_PAGE_SIZE - 1) {
        info->host = fr->host + (walk->phys - fr->base);
        info->ram = fr->ram + (walk->phys - fr->base);
        info->readonly = fr->readonly || fr->mr->rom_device;
    }
    set_tags(&tlb->entry[mmu_idx][slot], info);
    if (walk->global) {
        tlb->used_global[mmu_idx][slot / 64] |= bit;
        tlb->used[mmu_idx][slot / 64] &= ~bit;
    } else {
        tlb->used[mmu_idx][slot / 64] |= bit;
        tlb->used_global[mmu_idx][slot / 64] &= ~bit;
    }
    if (walk->large) {
        bloom_add(tlb, vpage);
    }
    tlb->fills++;
}

SoftTLBInfo *softtlb_get(CPUX86State *env, int mmu_idx, uint64_t addr,
                         MMUAccessType type)
{
    static const uint8_t need[] = {
        [MMU_DATA_LOAD] = SOFT_PROT_READ,
        [MMU_DATA_STORE] = SOFT_PROT_WRITE,
        [MMU_INST_FETCH] = SOFT_PROT_EXEC,
    };
    SoftTLBInfo *info = &env->mmu->info[mmu_idx][softtlb_index(addr)];
    uint64_t vpage = addr & TARGET_PAGE_MASK;
    X86Walk walk;

    if (info->vpage == vpage && (info->prot & need[type])) {
        return info;
    }
    if ((env->hflags & HF_LMA_MASK) && !x86_is_canonical(addr)) {
        x86_raise_noncanonical(env, type);
    }
    if (!x86_walk(env, addr, type, mmu_idx, false, &walk)) {
        raise_page_fault(env, addr, walk.error);
    }
    fill_slot(env, mmu_idx, vpage, &walk);
    return info;
}

const uint8_t *x86_code_ptr(CPUX86State *env, uint64_t addr, ram_addr_t *ram)
{
    SoftTLBInfo *info = softtlb_get(env, x86_mmu_index(env), addr,
                                    MMU_INST_FETCH);

    if (!info->host) {
        *ram = RAM_ADDR_INVALID;
        return NULL;
    }
    *ram = info->ram + (addr & ~TARGET_PAGE_MASK);
    return info->host + (addr & ~TARGET_PAGE_MASK);
}

/* ---- Dropping --------------------------------------------------------- */

static void drop_slot(SoftTLB *tlb, int mmu_idx, unsigned slot)
{
    SoftTLBEntry *e = &tlb->entry[mmu_idx][slot];

    e->addr_read = e->addr_write = e->addr_code = SOFT_TLB_INVALID;
    tlb->info[mmu_idx][slot].vpage = SOFT_TLB_INVALID;
}

static void drop_used(SoftTLB *tlb, int mmu_idx, uint64_t *used)
{
    for (unsigned i = 0; i < SOFT_TLB_SIZE / 64; i++) {
        while (used[i]) {
            unsigned bit = __builtin_ctzll(used[i]);

            drop_slot(tlb, mmu_idx, i * 64 + bit);
            used[i] &= used[i] - 1;
        }
    }
}

void x86_tlb_flush_nonglobal(CPUX86State *env)
{
    for (int i = 0; i < MMU_MODES; i++) {
        drop_used(env->mmu, i, env->mmu->used[i]);
    }
    env->mmu->flushes++;
}

void x86_tlb_flush(CPUX86State *env)
{
    x86_tlb_flush_nonglobal(env);
    for (int i = 0; i < MMU_MODES; i++) {
        drop_used(env->mmu, i, env->mmu->used_global[i]);
    }
    memset(env->mmu->large_bloom, 0, sizeof(env->mmu->large_bloom));
}

void x86_tlb_flush_page(CPUX86State *env, uint64_t addr)
{
    unsigned slot = softtlb_index(addr);

    if (bloom_test(env->mmu, addr)) {
        x86_tlb_flush(env);
        return;
    }
    for (int i = 0; i < MMU_MODES; i++) {
        if (env->mmu->info[i][slot].vpage == (addr & TARGET_PAGE_MASK)) {
            drop_slot(env->mmu, i, slot);
        }
    }
}

void softtlb_watch_page(CPUX86State *env, ram_addr_t page)
{
    SoftTLB *tlb = env->mmu;

    page &= TARGET_PAGE_MASK;
    for (int i = 0; i < MMU_MODES; i++) {
        for (unsigned slot = 0; slot < SOFT_TLB_SIZE; slot++) {
            SoftTLBEntry *e = &tlb->entry[i][slot];

            if (e->addr_write != SOFT_TLB_INVALID &&
                tlb->info[i][slot].ram == page) {
                e->addr_write = SOFT_TLB_INVALID;
            }
        }
    }
}

void softtlb_init(CPUX86State *env)
{
    SoftTLB *tlb;

    if (posix_memalign((void **)&tlb, QEMU_CACHELINE, sizeof(*tlb))) {
        g_error("cannot allocate %zu bytes for the TLB", sizeof(*tlb));
    }
    memset(tlb, 0, sizeof(*tlb));
    env->mmu = tlb;
    for (int i = 0; i < MMU_MODES; i++) {
        for (unsigned slot = 0; slot < SOFT_TLB_SIZE; slot++) {
            drop_slot(tlb, i, slot);
        }
    }
    env->tlb = tlb->entry[MMU_KERNEL];
}

void softtlb_free(CPUX86State *env)
{
    free(env->mmu);
    env->mmu = NULL;
    env->tlb = NULL;
}
