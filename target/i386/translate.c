/*
 * The translator: from decoded instructions to the micro-operations of one
 * block. This file walks the instructions, drops flags that nobody reads and
 * lays the block out; what each opcode becomes is in translate-1.c and
 * translate-0f.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "system/ram_addr.h"
#include "blocks.h"
#include "excp.h"
#include "fpu-x87.h"
#include "translate.h"

/* ---- Emitting --------------------------------------------------------- */

MicroOp *tr_emit(Translator *t, UopFn *fn)
{
    MicroOp *op = &t->ops[t->n];

    g_assert(t->n < BLOCK_MAX_UOPS);
    g_assert(fn);
    *op = (MicroOp){
        .fn = fn, .off = t->off,
        .r1 = X86_WORD(zero), .r2 = X86_WORD(zero),
    };
    t->meta[t->n] = (UopMeta){ 0 };
    t->n++;
    t->fuse.table = NULL;
    return op;
}

UopMeta *tr_meta(Translator *t)
{
    return &t->meta[t->n - 1];
}

/* Whoever handles the fault may look at the flags, so they must be right. */
void tr_may_fault(Translator *t)
{
    tr_meta(t)->reads |= LIVE_ALL;
}

unsigned tr_mem(Translator *t, MicroOp *op)
{
    const DecodedInsn *d = &t->d;
    bool based = d->i.seg >= R_FS;

    tr_may_fault(t);
    op->r1 = d->base;
    op->r2 = d->index;
    op->scale = d->scale;
    op->disp = d->disp;
    op->seg = d->i.seg;
    op->aux = tr_log2(d->i.adsize);
    if (d->rip_relative) {
        op->disp += t->next;
    }
    if (!t->mode64) {
        op->aux |= !(t->mode & X86_MODE_ADDSEG) && !based ? UOP_AM_FLAT : 0;
        return UOP_F2;
    }
    if (based && d->index == X86_WORD(zero) && d->i.adsize == 8) {
        /* A base of FS or GS is as good as an index register. */
        op->r2 = X86_WORD(segs[d->i.seg].base);
        op->aux |= UOP_AM_FLAT;
        return UOP_F1;
    }
    op->aux |= based ? UOP_AM_BASE : UOP_AM_FLAT;
    if (based || d->i.adsize != 8) {
        return UOP_F2;
    }
    return d->index == X86_WORD(zero) ? UOP_F0 : UOP_F1;
}

MicroOp *tr_any(Translator *t, UopFn *fn, unsigned log2, bool lockable)
{
    MicroOp *op = tr_emit(t, fn);

    if (t->d.i.has_mem) {
        tr_mem(t, op);
        if (lockable) {
            t->lock_used = true;
            op->aux |= t->d.lock ? UOP_AM_LOCK : 0;
        }
    } else {
        tr_may_fault(t);
        op->aux = UOP_AM_REG;
        op->r1 = tr_reg(t, t->d.i.rm, log2);
    }
    return op;
}

void tr_raise(Translator *t, int vector)
{
    tr_emit(t, uop_raise)->imm = vector;
    tr_may_fault(t);
    t->ended = true;
}

void tr_undefined(Translator *t)
{
    t->bad = true;
}

/* ---- Ends of blocks --------------------------------------------------- */

void tr_exit_fall(Translator *t)
{
    t->has_exit = true;
    t->used[0] = true;
    t->target[0] = t->next;
    t->ended = true;
}

void tr_exit_jump(Translator *t, int64_t target)
{
    t->has_exit = true;
    t->used[1] = true;
    t->target[1] = target;
    t->ended = true;
}

void tr_end(Translator *t)
{
    MicroOp *op = tr_emit(t, uop_end);

    op->off = t->next;
    op->aux = t->insns + 1;
    tr_exit_fall(t);
}

int64_t tr_branch_target(Translator *t)
{
    int64_t target = t->next + (int64_t)t->d.i.imm;
    uint64_t eip = t->eip + target;

    if (t->mode64) {
        return target;
    }
    eip = t->d.i.opsize == 2 ? (uint16_t)eip : (uint32_t)eip;
    return eip - t->eip;
}

/* ---- Calling out ------------------------------------------------------ */

static UopCall *new_call(Translator *t, MicroOp *op)
{
    UopCall *call = blocks_alloc_call();
    MicroOp addr = *op;

    call->insn = t->d.i;
    if (t->d.i.has_mem) {
        tr_mem(t, &addr);
    }
    call->addr = addr;
    op->ptr = call;
    tr_may_fault(t);
    t->cond_kind = COND_UNKNOWN;
    return call;
}

bool tr_system(Translator *t)
{
    X86Insn *in = &t->d.i;
    MicroOp *op;

    if (!x86_sys_lookup(t->env, in)) {
        return false;
    }
    t->lock_used |= in->flags & X86I_LOCK_OK;
    if (in->flags & (X86I_END | X86I_JUMP)) {
        op = tr_emit(t, uop_sys_end);
        op->r0 = t->insns + 1;
        t->ended = true;
    } else {
        op = tr_emit(t, uop_sys);
    }
    new_call(t, op);
    if (in->flags & X86I_WRITES_CC) {
        tr_meta(t)->reads = LIVE_ALL;
    }
    return true;
}

/* MASKMOV stores at DS:rDI without a ModRM byte that says so. */
static void implied_rdi(DecodedInsn *d)
{
    d->i.has_mem = true;
    d->rip_relative = false;
    d->base = X86_WORD(regs) + R_EDI;
    d->index = X86_WORD(zero);
    d->scale = 0;
    d->disp = 0;
    if (!d->seg_override) {
        d->i.seg = R_DS;
    }
}

bool tr_sse(Translator *t)
{
    static const uint8_t maps[] = {
        [X86_MAP_0F] = SSE_MAP_0F, [X86_MAP_0F38] = SSE_MAP_0F38,
        [X86_MAP_0F3A] = SSE_MAP_0F3A,
    };
    X86Insn *in = &t->d.i;
    unsigned pfx = in->prefixes & X86_PFX_F3 ? SSE_PFX_F3 :
                   in->prefixes & X86_PFX_F2 ? SSE_PFX_F2 :
                   in->prefixes & X86_PFX_66 ? SSE_PFX_66 : SSE_PFX_NONE;
    const SseOp *sse = sse_lookup(t->env, maps[in->map], pfx, in->opcode,
                                  in->rexw, in->modrm);

    if (!sse) {
        return false;
    }
    if (sse->flags & SSE_F_SPECIAL) {
        implied_rdi(&t->d);
    }
    tr_sse_fast(t);
    new_call(t, tr_emit(t, uop_sse))->sse = sse;
    return true;
}

void tr_x87(Translator *t)
{
    X86Insn *in = &t->d.i;

    new_call(t, tr_emit(t, uop_x87))->x87 =
        X87_INSN(in->opcode & 7, in->modrm, in->opsize, in->seg);
}

/* ---- Dead flags ------------------------------------------------------- */

/* Backwards over the block: picks the handler that leaves out dead flags. */
static void drop_dead_flags(Translator *t)
{
    unsigned live = LIVE_ALL;

    for (int i = t->n - 1; i >= 0; i--) {
        UopMeta *m = &t->meta[i];

        if (m->dead && !(live & (m->writes | (m->merges ? LIVE_ALL : 0)))) {
            t->ops[i].fn = m->dead;
        } else if (m->carry_dead && !(live & LIVE_C)) {
            t->ops[i].fn = m->carry_dead;
            live &= ~m->writes;
        } else {
            live &= ~m->writes;
            live |= m->merges ? LIVE_ALL : m->carry_dead ? LIVE_C : 0;
        }
        live |= m->reads;
    }
}

/* ---- One block -------------------------------------------------------- */

static void translate_insn(Translator *t)
{
    unsigned first = t->n;

    t->bad = t->lock_used = false;
    switch (t->d.i.map) {
    case X86_MAP_1:
        tr_map_1(t);
        break;
    case X86_MAP_0F:
        tr_map_0f(t);
        break;
    case X86_MAP_0F38:
        tr_map_0f38(t);
        break;
    default:
        if (!tr_sse(t) && !tr_system(t)) {
            tr_undefined(t);
        }
    }
    if (t->bad || (t->d.lock && !t->lock_used)) {
        t->n = first;
        t->has_exit = t->used[0] = t->used[1] = false;
        tr_raise(t, EXCP06_ILLOP);
    }
    t->insns++;
}

/* Stores to the page of @ram are seen from now on, before it is read. */
static void watch_code(CPUX86State *env, ram_addr_t ram)
{
    if (!ram_page_has_code(ram)) {
        ram_page_set_code(ram);
        softtlb_watch_page(env, ram);
    }
}

/*
 * Bytes of an instruction that runs into the next page, gathered in @buf.
 * Raises #PF for the second page.
 */
static DecodeResult decode_across(Translator *t, const uint8_t *code,
                                  size_t here, uint64_t next_page,
                                  uint8_t *buf, ram_addr_t *ram2,
                                  const uint8_t **host2)
{
    const uint8_t *more = x86_code_ptr(t->env, next_page, ram2);

    memcpy(buf, code, here);
    *host2 = more;
    if (more) {
        watch_code(t->env, *ram2);
        memcpy(buf + here, more, X86_MAX_INSN_BYTES + 1);
    } else {
        /* Device memory: read it once, the block will not be kept. */
        cpu_ld_bytes(t->env, next_page, buf + here, X86_MAX_INSN_BYTES + 1);
    }
    return x86_decode(buf, here + X86_MAX_INSN_BYTES + 1, t->mode, &t->d);
}

/* Device memory has no host pointer: its bytes are read for each decode. */
static const uint8_t *fetch_slowly(CPUX86State *env, uint64_t linear,
                                   uint8_t *buf, size_t *avail)
{
    *avail = MIN(*avail, X86_MAX_INSN_BYTES + 1);
    cpu_ld_bytes(env, linear, buf, *avail);
    return buf;
}

static void decode_failed(Translator *t, DecodeResult res)
{
    t->insns++;
    tr_raise(t, res == DECODE_TOO_LONG ? EXCP0D_GPF : EXCP06_ILLOP);
}

Block *x86_translate(CPUX86State *env, uint64_t linear, unsigned mode)
{
    static __thread Translator tr;
    Translator *t = &tr;
    uint8_t buf[2 * (X86_MAX_INSN_BYTES + 1)], slow[X86_MAX_INSN_BYTES + 1];
    size_t avail = TARGET_PAGE_SIZE - (linear & ~TARGET_PAGE_MASK);
    ram_addr_t ram, ram2 = RAM_ADDR_INVALID;
    const uint8_t *host, *code, *host2 = NULL;
    unsigned max = mode & X86_MODE_STEP ? 1 : BLOCK_MAX_INSNS;

    memset(t, 0, offsetof(Translator, ops));
    t->has_exit = t->used[0] = t->used[1] = false;
    t->env = env;
    t->mode = mode;
    t->mode64 = mode & X86_MODE_CS64;
    t->eip = env->pc;
    env->eip = env->pc;
    host = code = x86_code_ptr(env, linear, &ram);
    blocks_reserve(env, sizeof(Block) + sizeof(t->ops) +
                   BLOCK_MAX_INSNS * sizeof(UopCall));
    if (host) {
        watch_code(env, ram);
    } else {
        code = fetch_slowly(env, linear, slow, &avail);
        max = 1;
    }
    while (!t->ended) {
        DecodeResult res = x86_decode(code + t->off, avail - t->off, mode,
                                      &t->d);

        if (res == DECODE_MORE) {
            if (t->off) {
                break;          /* it gets a block of its own */
            }
            if (host) {
                tr_emit(t, uop_page2);
                tr_may_fault(t);
            }
            res = decode_across(t, code, avail,
                                (linear & TARGET_PAGE_MASK) +
                                TARGET_PAGE_SIZE, buf, &ram2, &host2);
            t->ops[0].ptr = host2;
            max = 1;
        }
        t->next = t->off + t->d.i.len;
        if (res != DECODE_OK) {
            decode_failed(t, res);
            break;
        }
        translate_insn(t);
        t->off = t->next;
        if (!t->ended && (t->insns >= max || t->off >= avail ||
                          t->n + 8 > BLOCK_MAX_UOPS)) {
            break;
        }
    }
    if (!t->ended) {
        t->next = t->off;
        tr_emit(t, uop_fall)->aux = t->insns;
        tr_exit_fall(t);
    }
    drop_dead_flags(t);
    return blocks_finish(t, linear, host, ram, host2 ? ram2 : RAM_ADDR_INVALID);
}
