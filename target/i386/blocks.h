/*
 * The cache of translated blocks: memory for them, finding them by physical
 * address, and dropping them when their code is written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_BLOCKS_H
#define TARGET_I386_BLOCKS_H

#include "uop.h"
#include "uop-call.h"

struct Translator;

/* Sets the cache up (once) and gives @env its jump cache. */
void blocks_init(CPUX86State *env);
void blocks_free(CPUX86State *env);

/*
 * Makes sure that @bytes can be allocated for a new block, dropping all
 * blocks when the memory is used up. Only between blocks.
 */
void blocks_reserve(CPUX86State *env, size_t bytes);

/* Memory for a call record of the block being made. */
UopCall *blocks_alloc_call(void);

/* Lays out what was translated and enters it into the cache. */
Block *blocks_finish(struct Translator *t, uint64_t linear,
                     const uint8_t *host, ram_addr_t ram, ram_addr_t ram2);

/*
 * The block for env->pc in the current mode: from the cache, or translated.
 * May raise; env->eip is then env->pc.
 */
Block *blocks_find(CPUX86State *env);

/* Counts wholesale flushes: links found before the last one are void. */
unsigned blocks_generation(void);

/*
 * Drops blocks whose code lies in the range; the CPUs' thread, which may be
 * inside one of them. True when no block is left in the pages of the range.
 */
bool blocks_invalidate(ram_addr_t addr, uint64_t len);

/*
 * Drops everything at the next pause between blocks: RAM was taken out of the
 * memory map, and its numbers may be used again. Any thread.
 */
void blocks_drop_all_soon(void);

/* Does what other threads asked for (code overwritten by DMA). */
void blocks_service(CPUX86State *env);

#endif
