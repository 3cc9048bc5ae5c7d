/*
 * The cache of translated blocks. Memory is one arena, filled from the bottom
 * and emptied as a whole; a block whose code is overwritten is only cut off:
 * its micro-operations are replaced by ones that return to the run loop, so
 * links into it, and a CPU inside it, need not be known.
 *
 * All of it belongs to the thread that runs the CPUs, but for the queue by which
 * other threads report writes to code (their DMA).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/thread.h"
#include "system/ram_addr.h"
#include "blocks.h"
#include "excp.h"
#include "translate.h"

#define ARENA_BYTES     (20 * 1024 * 1024)
#define HASH_BITS       16
#define PAGE_HASH_BITS  11
#define GRANULE_BITS    6       /* a page's code is noted in 64-byte pieces */
#define PENDING_MAX     64

/* A page of RAM with decoded code. */
typedef struct CodePage {
    struct CodePage *next;
    ram_addr_t ram;
    Block *blocks;              /* by page_next[0] or [1] */
    uint64_t granules;          /* pieces that hold decoded code */
} CodePage;

typedef struct PendingWrite {
    ram_addr_t addr;
    uint64_t len;
} PendingWrite;

static struct {
    uint8_t *arena;
    size_t used;
    unsigned generation;
    Block *hash[1 << HASH_BITS];
    CodePage *pages[1 << PAGE_HASH_BITS];
    CodePage *free_pages;

    QemuMutex lock;             /* guards what follows */
    PendingWrite pending[PENDING_MAX];
    unsigned npending;
    bool overflow;              /* more than fit: drop everything */
    int have_pending;           /* atomic; read without the lock */
} cache;

/* What empty slots of jump caches point to: never at any host address. */
static Block no_block;

/* ---- Arena ------------------------------------------------------------ */

static void *arena_alloc(size_t bytes)
{
    void *p = cache.arena + cache.used;

    cache.used += ROUND_UP(bytes, 16);
    g_assert(cache.used <= ARENA_BYTES);
    return p;
}

static void clear_jump_cache(CPUX86State *env)
{
    for (unsigned i = 0; i < JUMP_CACHE_SIZE; i++) {
        env->jump_cache[i] = (JumpCacheEntry){ .block = &no_block };
    }
}

static void flush_all(void)
{
    CPUState *cs;

    for (unsigned i = 0; i < ARRAY_SIZE(cache.pages); i++) {
        for (CodePage *p = cache.pages[i]; p; p = p->next) {
            ram_page_clear_code(p->ram);
        }
        cache.pages[i] = NULL;
    }
    memset(cache.hash, 0, sizeof(cache.hash));
    cache.free_pages = NULL;
    cache.used = 0;
    cache.generation++;
    CPU_FOREACH(cs) {
        clear_jump_cache(cpu_env(cs));
    }
}

void blocks_reserve(CPUX86State *env, size_t bytes)
{
    if (cache.used + bytes + 4096 > ARENA_BYTES) {
        flush_all();
    }
}

UopCall *blocks_alloc_call(void)
{
    return memset(arena_alloc(sizeof(UopCall)), 0, sizeof(UopCall));
}

unsigned blocks_generation(void)
{
    return cache.generation;
}

/* ---- Pages ------------------------------------------------------------ */

static CodePage **page_bucket(ram_addr_t ram)
{
    uint64_t n = ram >> TARGET_PAGE_BITS;

    return &cache.pages[(n ^ n >> PAGE_HASH_BITS) & ((1 << PAGE_HASH_BITS) - 1)];
}

static CodePage *page_find(ram_addr_t ram)
{
    CodePage *p = *page_bucket(ram);

    ram &= TARGET_PAGE_MASK;
    while (p && p->ram != ram) {
        p = p->next;
    }
    return p;
}

static CodePage *page_make(ram_addr_t ram)
{
    CodePage *p = page_find(ram), **bucket = page_bucket(ram);

    if (p) {
        return p;
    }
    p = cache.free_pages;
    if (p) {
        cache.free_pages = p->next;
    } else {
        p = arena_alloc(sizeof(*p));
    }
    *p = (CodePage){ .next = *bucket, .ram = ram & TARGET_PAGE_MASK };
    *bucket = p;
    return p;
}

static void page_remove(CodePage *page)
{
    CodePage **p = page_bucket(page->ram);

    while (*p != page) {
        p = &(*p)->next;
    }
    *p = page->next;
    page->next = cache.free_pages;
    cache.free_pages = page;
}

/* Bits of the granules that [@first, @first + @len) of a page touches. */
static uint64_t granule_mask(unsigned first, unsigned len)
{
    unsigned from = first >> GRANULE_BITS;
    unsigned to = (first + MAX(len, 1) - 1) >> GRANULE_BITS;

    return (~0ull >> (63 - (to - from))) << from;
}

/* The bytes of a block in the page with index @which: offset and length. */
static unsigned block_part(const Block *b, int which, unsigned *len)
{
    unsigned offset = b->ram & ~TARGET_PAGE_MASK;
    unsigned here = MIN(b->bytes, TARGET_PAGE_SIZE - offset);

    *len = which ? b->bytes - here : here;
    return which ? 0 : offset;
}

static void page_add_block(ram_addr_t ram, Block *b, int which)
{
    CodePage *p = page_make(ram);
    unsigned len, offset = block_part(b, which, &len);

    b->page_next[which] = p->blocks;
    p->blocks = b;
    p->granules |= granule_mask(offset, len);
}

/* Which of the block's two pages is @page? */
static int block_side(const Block *b, ram_addr_t page)
{
    return (b->ram & TARGET_PAGE_MASK) == page ? 0 : 1;
}

/* ---- Finding ---------------------------------------------------------- */

static Block **hash_bucket(ram_addr_t ram)
{
    uint64_t h = ram * 0x9e3779b97f4a7c15ull;

    return &cache.hash[h >> (64 - HASH_BITS)];
}

static uint64_t linear_pc(CPUX86State *env)
{
    if (env->hflags & HF_CS64_MASK) {
        return env->pc;
    }
    return (uint32_t)(env->pc + env->segs[R_CS].base);
}

static Block *hash_find(CPUX86State *env, ram_addr_t ram, unsigned mode,
                        uint64_t linear)
{
    for (Block *b = *hash_bucket(ram); b; b = b->hash_next) {
        if (b->stale || b->ram != ram || b->mode != mode ||
            (b->eip != env->pc && !(mode & X86_MODE_CS64))) {
            continue;
        }
        if (b->ram2 != RAM_ADDR_INVALID) {
            ram_addr_t ram2;

            x86_code_ptr(env, (linear & TARGET_PAGE_MASK) + TARGET_PAGE_SIZE,
                         &ram2);
            if (ram2 != b->ram2) {
                continue;
            }
        }
        return b;
    }
    return NULL;
}

Block *blocks_find(CPUX86State *env)
{
    unsigned mode = x86_block_mode(env->hflags);
    uint64_t linear = linear_pc(env);
    ram_addr_t ram;
    const uint8_t *host;
    JumpCacheEntry *j;
    Block *b = NULL;

    if (mode & X86_MODE_CS64) {
        const MicroOp *ops = uop_lookup64(env);

        b = ops ? container_of(ops, Block, ops[0]) : NULL;
        if (b && !b->stale && b->ram2 == RAM_ADDR_INVALID) {
            return b;
        }
        b = NULL;
    }
    env->eip = env->pc;
    if (!(mode & X86_MODE_CS64) && env->pc > env->segs[R_CS].limit) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    host = x86_code_ptr(env, linear, &ram);
    if (host) {
        b = hash_find(env, ram, mode, linear);
    }
    if (!b) {
        b = x86_translate(env, linear, mode);
    }
    if (b->host && (mode & X86_MODE_CS64)) {
        j = &env->jump_cache[jump_cache_index(env->pc)];
        j->key = env->pc ^ env->mode_key;
        j->block = b;
    }
    return b;
}

/* ---- Entering --------------------------------------------------------- */

/*
 * Enters @b into the hash. A stale block that it replaces leads links to it
 * from now on, and is forgotten.
 */
static void hash_add(Block *b)
{
    Block **bucket = hash_bucket(b->ram), **p = bucket;

    while (*p) {
        Block *old = *p;

        if (!old->stale || old->ram != b->ram || old->mode != b->mode ||
            old->eip != b->eip || b->ram2 != RAM_ADDR_INVALID) {
            p = &old->hash_next;
            continue;
        }
        old->ops[0].ptr = b->ops;
        old->ops[0].fn = uop_forward;
        *p = old->hash_next;
    }
    b->hash_next = *bucket;
    *bucket = b;
}

/* A stepping stone for an exit that leaves the page. */
static const MicroOp *lay_stone(Translator *t, MicroOp **where, int which)
{
    MicroOp *op = *where;
    bool far_away = t->target[which] != (int32_t)t->target[which];

    if (far_away) {
        *op = (MicroOp){ .fn = uop_jump_far_eip };
        op->imm64 = t->eip + t->target[which];
    } else {
        *op = (MicroOp){ .fn = t->mode64 ? uop_cross : uop_stale };
    }
    memset(op + 1, 0, sizeof(UopExit));
    *where += 2;
    return op;
}

Block *blocks_finish(struct Translator *t, uint64_t linear,
                     const uint8_t *host, ram_addr_t ram, ram_addr_t ram2)
{
    unsigned slots = t->n + (t->has_exit ? 1 + 2 * 2 : 0);
    Block *b = arena_alloc(sizeof(Block) + slots * sizeof(MicroOp));
    MicroOp *more = b->ops + t->n + 1;
    UopExit *x = (UopExit *)(b->ops + t->n);

    *b = (Block){
        .host = host, .ram = ram, .ram2 = ram2,
        .eip = t->mode64 ? 0 : t->eip,
        .mode = t->mode, .bytes = t->next, .uops = t->n, .insns = t->insns,
    };
    memcpy(b->ops, t->ops, t->n * sizeof(MicroOp));
    if (t->has_exit) {
        *x = (UopExit){ { NULL, NULL }, { t->target[0], t->target[1] } };
        for (int i = 0; i < 2; i++) {
            uint64_t to = linear + t->target[i];

            if (!t->used[i]) {
                continue;
            }
            if (t->target[i] != (int32_t)t->target[i]) {
                x->delta[i] = 0;
                x->link[i] = lay_stone(t, &more, i);
            } else if ((to ^ linear) & TARGET_PAGE_MASK) {
                x->link[i] = lay_stone(t, &more, i);
            }
        }
    }
    if (ram2 != RAM_ADDR_INVALID && !((ram ^ ram2) & TARGET_PAGE_MASK)) {
        b->host = NULL;         /* both halves in one page: not kept */
    } else if (host) {
        hash_add(b);
        page_add_block(ram, b, 0);
        if (ram2 != RAM_ADDR_INVALID) {
            page_add_block(ram2, b, 1);
        }
    }
    return b;
}

/* ---- Dropping --------------------------------------------------------- */

/*
 * Cuts a block off. A CPU inside it finishes its instruction and then meets a
 * replaced micro-operation, since only first ones of instructions are.
 */
static void block_kill(Block *b)
{
    for (unsigned i = 0; i < b->uops; i++) {
        if (i == 0 || b->ops[i].off != b->ops[i - 1].off) {
            b->ops[i].fn = uop_stale;
        }
    }
    b->stale = true;
}

/* Takes @b out of the list of one page. */
static void page_unlink(CodePage *page, Block *b)
{
    Block **p = &page->blocks;

    while (*p && *p != b) {
        p = &(*p)->page_next[block_side(*p, page->ram)];
    }
    if (*p) {
        *p = b->page_next[block_side(b, page->ram)];
    }
}

static bool invalidate_page(CodePage *page, unsigned first, unsigned len)
{
    Block **p = &page->blocks;

    if (!(page->granules & granule_mask(first, len))) {
        return false;
    }
    page->granules = 0;
    while (*p) {
        Block *b = *p;
        int side = block_side(b, page->ram);
        unsigned part, offset = block_part(b, side, &part);

        if (first < offset + part && offset < first + len) {
            *p = b->page_next[side];
            if (b->ram2 != RAM_ADDR_INVALID) {
                CodePage *other = page_find(side ? b->ram : b->ram2);

                if (other) {
                    page_unlink(other, b);
                }
            }
            block_kill(b);
        } else {
            page->granules |= granule_mask(offset, part);
            p = &b->page_next[side];
        }
    }
    if (page->blocks) {
        return false;
    }
    page_remove(page);
    return true;
}

bool blocks_invalidate(ram_addr_t addr, uint64_t len)
{
    ram_addr_t end = addr + len;
    bool empty = true;

    while (addr < end) {
        ram_addr_t next = MIN((addr & TARGET_PAGE_MASK) + TARGET_PAGE_SIZE, end);
        CodePage *page = page_find(addr);

        if (page && !invalidate_page(page, addr & ~TARGET_PAGE_MASK,
                                     next - addr)) {
            empty = false;
        }
        addr = next;
    }
    return empty;
}

/* ---- Writes from other threads ---------------------------------------- */

static void exit_all_cpus(void)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        cpu_exit(cs);
    }
}

void blocks_drop_all_soon(void)
{
    qemu_mutex_lock(&cache.lock);
    cache.overflow = true;
    qatomic_set(&cache.have_pending, 1);
    qemu_mutex_unlock(&cache.lock);
    exit_all_cpus();
}

/*
 * RamWatchOps.code_written: at once on the CPUs' own thread (also for DMA that
 * a device does within a register access), queued from any other.
 */
static void code_written(ram_addr_t addr, uint64_t len)
{
    if (current_cpu) {
        if (blocks_invalidate(addr, len)) {
            ram_page_clear_code(addr);
        }
        return;
    }
    qemu_mutex_lock(&cache.lock);
    if (cache.npending == PENDING_MAX) {
        cache.overflow = true;
    } else {
        cache.pending[cache.npending++] = (PendingWrite){ addr, len };
    }
    qatomic_set(&cache.have_pending, 1);
    qemu_mutex_unlock(&cache.lock);
    exit_all_cpus();
}

void blocks_service(CPUX86State *env)
{
    PendingWrite todo[PENDING_MAX];
    unsigned n;
    bool overflow;

    if (likely(!qatomic_read(&cache.have_pending))) {
        return;
    }
    qemu_mutex_lock(&cache.lock);
    n = cache.npending;
    memcpy(todo, cache.pending, n * sizeof(*todo));
    overflow = cache.overflow;
    cache.npending = 0;
    cache.overflow = false;
    qatomic_set(&cache.have_pending, 0);
    qemu_mutex_unlock(&cache.lock);
    if (overflow) {
        flush_all();
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        ram_addr_t page = todo[i].addr & TARGET_PAGE_MASK;

        blocks_invalidate(todo[i].addr, todo[i].len);
        for (; page < todo[i].addr + todo[i].len; page += TARGET_PAGE_SIZE) {
            if (!page_find(page) && ram_page_has_code(page)) {
                ram_page_clear_code(page);
            }
        }
    }
}

static void flush_tlb_of_cpu(CPUState *cs, run_on_cpu_data data)
{
    x86_tlb_flush(cpu_env(cs));
}

/*
 * RamWatchOps.rearmed: stores must be seen again, so cached write permission
 * goes; from another thread this waits until each CPU has dropped it.
 */
static void rearmed(ram_addr_t addr, uint64_t len)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        if (!cs->created || qemu_cpu_is_self(cs)) {
            x86_tlb_flush(cpu_env(cs));
        } else {
            run_on_cpu(cs, flush_tlb_of_cpu, RUN_ON_CPU_NULL);
        }
    }
}

/* ---- Life ------------------------------------------------------------- */

void blocks_init(CPUX86State *env)
{
    static const RamWatchOps watch = {
        .code_written = code_written,
        .rearmed = rearmed,
    };

    if (!cache.arena) {
        cache.arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (cache.arena == MAP_FAILED) {
            g_error("cannot map %d bytes for translated code", ARENA_BYTES);
        }
        qemu_mutex_init(&cache.lock);
        ram_watch_register(&watch);
    }
    env->jump_cache = g_new(JumpCacheEntry, JUMP_CACHE_SIZE);
    clear_jump_cache(env);
}

void blocks_free(CPUX86State *env)
{
    g_free(env->jump_cache);
    env->jump_cache = NULL;
}
