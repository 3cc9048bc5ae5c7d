/*
 * Memory access by a device, as bus code and devices spell it: a device's address
 * space, a direction, barriers. Thin over system/memory.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_DMA_H
#define SYSTEM_DMA_H

#include "system/address-spaces.h"
#include "system/memory.h"

typedef enum DMADirection {
    DMA_DIRECTION_TO_DEVICE = 0,        /* the device reads memory */
    DMA_DIRECTION_FROM_DEVICE = 1,      /* the device writes memory */
} DMADirection;

#define DMA_ADDR_FMT "%" PRIx64

/*
 * Orders the access that follows after what this device did before, as the
 * guest sees it. Every call below has it.
 */
static inline void dma_barrier(AddressSpace *as, DMADirection dir)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Any thread; MEMTX_OK or the or-ed errors. */
static inline MemTxResult dma_memory_rw(AddressSpace *as, dma_addr_t addr,
                                        void *buf, dma_addr_t len,
                                        DMADirection dir, MemTxAttrs attrs)
{
    dma_barrier(as, dir);
    return address_space_rw(as, addr, attrs, buf, len,
                            dir == DMA_DIRECTION_FROM_DEVICE);
}

static inline MemTxResult dma_memory_read(AddressSpace *as, dma_addr_t addr,
                                          void *buf, dma_addr_t len,
                                          MemTxAttrs attrs)
{
    return dma_memory_rw(as, addr, buf, len, DMA_DIRECTION_TO_DEVICE, attrs);
}

static inline MemTxResult dma_memory_write(AddressSpace *as, dma_addr_t addr,
                                           const void *buf, dma_addr_t len,
                                           MemTxAttrs attrs)
{
    return dma_memory_rw(as, addr, (void *)buf, len,
                         DMA_DIRECTION_FROM_DEVICE, attrs);
}

static inline MemTxResult dma_memory_set(AddressSpace *as, dma_addr_t addr,
                                         uint8_t c, dma_addr_t len,
                                         MemTxAttrs attrs)
{
    dma_barrier(as, DMA_DIRECTION_FROM_DEVICE);
    return address_space_set(as, addr, c, len, attrs);
}

static inline bool dma_memory_valid(AddressSpace *as, dma_addr_t addr,
                                    dma_addr_t len, DMADirection dir,
                                    MemTxAttrs attrs)
{
    return address_space_access_valid(as, addr, len,
                                      dir == DMA_DIRECTION_FROM_DEVICE, attrs);
}

/* address_space_map() of the direction. */
static inline void *dma_memory_map(AddressSpace *as, dma_addr_t addr,
                                   dma_addr_t *len, DMADirection dir,
                                   MemTxAttrs attrs)
{
    return address_space_map(as, addr, len, dir == DMA_DIRECTION_FROM_DEVICE,
                             attrs);
}

static inline void dma_memory_unmap(AddressSpace *as, void *buffer,
                                    dma_addr_t len, DMADirection dir,
                                    dma_addr_t access_len)
{
    address_space_unmap(as, buffer, len, dir == DMA_DIRECTION_FROM_DEVICE,
                        access_len);
}

/* {lduw,ldl,ldq}_{le,be}_dma(), {stw,stl,stq}_{le,be}_dma(), ldub, stb. */
#define DMA_LDST_DEFINE(ld, st, e, type)                                     \
    static inline MemTxResult ld##e##_dma(AddressSpace *as, dma_addr_t addr, \
                                          type *val, MemTxAttrs attrs)       \
    {                                                                        \
        MemTxResult result;                                                  \
                                                                             \
        dma_barrier(as, DMA_DIRECTION_TO_DEVICE);                            \
        *val = address_space_##ld##e(as, addr, attrs, &result);              \
        return result;                                                       \
    }                                                                        \
    static inline MemTxResult st##e##_dma(AddressSpace *as, dma_addr_t addr, \
                                          type val, MemTxAttrs attrs)        \
    {                                                                        \
        MemTxResult result;                                                  \
                                                                             \
        dma_barrier(as, DMA_DIRECTION_FROM_DEVICE);                          \
        address_space_##st##e(as, addr, val, attrs, &result);                \
        return result;                                                       \
    }
DMA_LDST_DEFINE(ldub, stb, , uint8_t)
DMA_LDST_DEFINE(lduw, stw, _le, uint16_t)
DMA_LDST_DEFINE(lduw, stw, _be, uint16_t)
DMA_LDST_DEFINE(ldl, stl, _le, uint32_t)
DMA_LDST_DEFINE(ldl, stl, _be, uint32_t)
DMA_LDST_DEFINE(ldq, stq, _le, uint64_t)
DMA_LDST_DEFINE(ldq, stq, _be, uint64_t)

#endif
