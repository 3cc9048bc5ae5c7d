/*
 * Guest memory as instruction helpers see it, and the slow path of the
 * translated loads and stores: TLB misses, page crossings, device memory,
 * pages that are watched. Translation itself is in mmu.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/ram_addr.h"
#include "excp.h"
#include "mem-access.h"
#include "softtlb.h"

#define PAGE_OFFSET(addr) ((addr) & ~TARGET_PAGE_MASK)

static inline bool crosses_page(uint64_t addr, size_t size)
{
    return PAGE_OFFSET(addr) + size > TARGET_PAGE_SIZE;
}

/* In 32-bit modes the second half of a crossing access wraps at 4 GiB. */
static inline uint64_t next_page(CPUX86State *env, uint64_t addr)
{
    uint64_t next = (addr & TARGET_PAGE_MASK) + TARGET_PAGE_SIZE;

    return env->hflags & HF_LMA_MASK ? next : (uint32_t)next;
}

/* ---- Within one page -------------------------------------------------- */

static void page_read(CPUX86State *env, const SoftTLBInfo *info,
                      uint64_t addr, void *buf, size_t size)
{
    uint64_t offset = PAGE_OFFSET(addr);

    if (likely(info->host)) {
        const uint8_t *p = info->host + offset;

        /* Constant sizes become single host accesses. */
        switch (size) {
        case 1:
            *(uint8_t *)buf = *p;
            break;
        case 2:
            memcpy(buf, p, 2);
            break;
        case 4:
            memcpy(buf, p, 4);
            break;
        case 8:
            memcpy(buf, p, 8);
            break;
        default:
            memcpy(buf, p, size);
        }
    } else {
        address_space_read(env_cpu(env)->as, info->phys + offset,
                           MEMTXATTRS_UNSPECIFIED, buf, size);
    }
}

/* A watched page that lost its flags gets its fast tag back. */
static void commit_store(CPUX86State *env, int idx, SoftTLBInfo *info,
                         uint64_t offset, size_t size)
{
    if (likely(!ram_page_flags(info->ram))) {
        SoftTLBEntry *e = &env->mmu->entry[idx][info - env->mmu->info[idx]];

        e->addr_write = info->vpage;
        return;
    }
    ram_commit_write(info->ram + offset, size);
}

static void page_write(CPUX86State *env, int idx, SoftTLBInfo *info,
                       uint64_t addr, const void *buf, size_t size)
{
    uint64_t offset = PAGE_OFFSET(addr);

    if (likely(info->host && !info->readonly)) {
        uint8_t *p = info->host + offset;

        switch (size) {
        case 1:
            *p = *(const uint8_t *)buf;
            break;
        case 2:
            memcpy(p, buf, 2);
            break;
        case 4:
            memcpy(p, buf, 4);
            break;
        case 8:
            memcpy(p, buf, 8);
            break;
        default:
            memcpy(p, buf, size);
        }
        commit_store(env, idx, info, offset, size);
    } else {
        address_space_write(env_cpu(env)->as, info->phys + offset,
                            MEMTXATTRS_UNSPECIFIED, buf, size);
    }
}

/* ---- Any range of at most a page -------------------------------------- */

static void ld_bytes(CPUX86State *env, int idx, uint64_t addr, void *buf,
                     size_t size)
{
    SoftTLBInfo first;
    size_t head;

    if (likely(!crosses_page(addr, size))) {
        page_read(env, softtlb_get(env, idx, addr, MMU_DATA_LOAD), addr, buf,
                  size);
        return;
    }
    head = TARGET_PAGE_SIZE - PAGE_OFFSET(addr);
    /* A copy: the second page may want the same slot or flush the first. */
    first = *softtlb_get(env, idx, addr, MMU_DATA_LOAD);
    uint64_t second_addr = next_page(env, addr);
    SoftTLBInfo *second = softtlb_get(env, idx, second_addr, MMU_DATA_LOAD);

    page_read(env, &first, addr, buf, head);
    page_read(env, second, second_addr, (uint8_t *)buf + head, size - head);
}

static void st_bytes(CPUX86State *env, int idx, uint64_t addr,
                     const void *buf, size_t size)
{
    uint64_t second_addr;
    size_t head;

    if (likely(!crosses_page(addr, size))) {
        page_write(env, idx, softtlb_get(env, idx, addr, MMU_DATA_STORE),
                   addr, buf, size);
        return;
    }
    head = TARGET_PAGE_SIZE - PAGE_OFFSET(addr);
    second_addr = next_page(env, addr);
    softtlb_get(env, idx, addr, MMU_DATA_STORE);
    softtlb_get(env, idx, second_addr, MMU_DATA_STORE);
    /* Neighbouring pages never share a slot, so both are still there. */
    page_write(env, idx, softtlb_get(env, idx, addr, MMU_DATA_STORE), addr,
               buf, head);
    page_write(env, idx, softtlb_get(env, idx, second_addr, MMU_DATA_STORE),
               second_addr, (const uint8_t *)buf + head, size - head);
}

void cpu_ld_bytes(CPUX86State *env, uint64_t addr, void *buf, size_t size)
{
    ld_bytes(env, x86_mmu_index(env), addr, buf, size);
}

void cpu_st_bytes(CPUX86State *env, uint64_t addr, const void *buf,
                  size_t size)
{
    st_bytes(env, x86_mmu_index(env), addr, buf, size);
}

/* ---- Values ----------------------------------------------------------- */

#define FAST_LOAD(type, addr)                                               \
    do {                                                                    \
        SoftTLBEntry *e_ = softtlb_entry(env, addr);                        \
        if (likely(e_->addr_read ==                                         \
                   (((addr) + sizeof(type) - 1) & TARGET_PAGE_MASK))) {     \
            return *(type *)(e_->addend + (addr));                          \
        }                                                                   \
    } while (0)

#define FAST_STORE(type, addr, val)                                         \
    do {                                                                    \
        SoftTLBEntry *e_ = softtlb_entry(env, addr);                        \
        if (likely(e_->addr_write ==                                        \
                   (((addr) + sizeof(type) - 1) & TARGET_PAGE_MASK))) {     \
            *(type *)(e_->addend + (addr)) = (val);                         \
            return;                                                         \
        }                                                                   \
    } while (0)

#define DEFINE_ACCESS(ld, st, type, host_type)                              \
    type cpu_##ld(CPUX86State *env, uint64_t addr)                          \
    {                                                                       \
        type val;                                                           \
                                                                            \
        FAST_LOAD(host_type, addr);                                         \
        ld_bytes(env, x86_mmu_index(env), addr, &val, sizeof(val));         \
        return val;                                                         \
    }                                                                       \
    void cpu_##st(CPUX86State *env, uint64_t addr, type val)                \
    {                                                                       \
        FAST_STORE(host_type, addr, val);                                   \
        st_bytes(env, x86_mmu_index(env), addr, &val, sizeof(val));         \
    }                                                                       \
    type cpu_##ld##_kernel(CPUX86State *env, uint64_t addr)                 \
    {                                                                       \
        type val;                                                           \
                                                                            \
        ld_bytes(env, x86_mmu_index_kernel(env), addr, &val, sizeof(val));  \
        return val;                                                         \
    }                                                                       \
    void cpu_##st##_kernel(CPUX86State *env, uint64_t addr, type val)       \
    {                                                                       \
        st_bytes(env, x86_mmu_index_kernel(env), addr, &val, sizeof(val));  \
    }

DEFINE_ACCESS(ldub, stb, uint8_t, Guest8)
DEFINE_ACCESS(lduw, stw, uint16_t, Guest16)
DEFINE_ACCESS(ldl, stl, uint32_t, Guest32)
DEFINE_ACCESS(ldq, stq, uint64_t, Guest64)

/* ---- Probing ---------------------------------------------------------- */

static void probe(CPUX86State *env, int idx, uint64_t addr, size_t size,
                  MMUAccessType type)
{
    softtlb_get(env, idx, addr, type);
    if (crosses_page(addr, size)) {
        softtlb_get(env, idx, next_page(env, addr), type);
    }
}

void cpu_probe(CPUX86State *env, uint64_t addr, size_t size,
               MMUAccessType type)
{
    probe(env, x86_mmu_index(env), addr, size, type);
}

void cpu_probe_kernel(CPUX86State *env, uint64_t addr, size_t size,
                      MMUAccessType type)
{
    probe(env, x86_mmu_index_kernel(env), addr, size, type);
}

void *cpu_host_ptr(CPUX86State *env, uint64_t addr, size_t size,
                   MMUAccessType type)
{
    SoftTLBInfo *info = softtlb_get(env, x86_mmu_index(env), addr, type);

    if (!info->host || crosses_page(addr, size) ||
        (type == MMU_DATA_STORE &&
         (info->readonly || ram_page_flags(info->ram)))) {
        return NULL;
    }
    return info->host + PAGE_OFFSET(addr);
}

void *cpu_rmw_ptr(CPUX86State *env, uint64_t addr, size_t size)
{
    SoftTLBInfo *info;

    cpu_probe(env, addr, size, MMU_DATA_STORE);
    info = softtlb_get(env, x86_mmu_index(env), addr, MMU_DATA_STORE);
    if (!info->host || info->readonly || crosses_page(addr, size)) {
        return NULL;
    }
    return info->host + PAGE_OFFSET(addr);
}

void cpu_rmw_done(CPUX86State *env, uint64_t addr, size_t size)
{
    int idx = x86_mmu_index(env);

    commit_store(env, idx, softtlb_get(env, idx, addr, MMU_DATA_STORE),
                 PAGE_OFFSET(addr), size);
}

/* ---- Ports ------------------------------------------------------------ */

uint32_t cpu_port_in(CPUX86State *env, uint16_t port, unsigned size)
{
    uint32_t val = 0;

    address_space_read(&address_space_io, port, MEMTXATTRS_UNSPECIFIED,
                       &val, size);
    return val;
}

void cpu_port_out(CPUX86State *env, uint16_t port, uint32_t val,
                  unsigned size)
{
    address_space_write(&address_space_io, port, MEMTXATTRS_UNSPECIFIED,
                        &val, size);
}
