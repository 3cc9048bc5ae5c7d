/*
 * Instruction decoding; see decode.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "decode.h"
#include "flags.h"

/* What follows the opcode byte. */
enum {
    A_NONE = 0,
    A_M = 1,            /* ModRM */
    A_I8 = 2,           /* sign-extended byte */
    A_IZ = 4,           /* 16 or 32 bits by operand size, sign extended */
    A_IV = 6,           /* the same, 64 bits with REX.W */
    A_I16 = 8,
    A_FAR = 10,         /* offset of operand size, then a selector */
    A_MOFFS = 12,       /* address of address size */
    A_ENTER = 14,       /* 16 bits and a byte */
    A_G3 = 16,          /* group 3: immediate only for TEST */
    A_IMM_MASK = 30,
    A_BAD = 32,         /* no such opcode */
    A_PFX = 64,         /* prefix, or escape to another map */
    A_REL = 128,        /* IZ that ignores the operand size in 64-bit mode */
};

#define MI8 (A_M | A_I8)
#define MIZ (A_M | A_IZ)
#define ARITH_ROW A_M, A_M, A_M, A_M, A_I8, A_IZ, A_NONE, A_NONE

static const uint8_t map_1[256] = {
    /* 00 */ ARITH_ROW, A_M, A_M, A_M, A_M, A_I8, A_IZ, A_NONE, A_PFX,
    /* 10 */ ARITH_ROW, ARITH_ROW,
    /* 20 */ A_M, A_M, A_M, A_M, A_I8, A_IZ, A_PFX, A_NONE,
             A_M, A_M, A_M, A_M, A_I8, A_IZ, A_PFX, A_NONE,
    /* 30 */ A_M, A_M, A_M, A_M, A_I8, A_IZ, A_PFX, A_NONE,
             A_M, A_M, A_M, A_M, A_I8, A_IZ, A_PFX, A_NONE,
    /* 40 */ [0x62] = A_M, A_M, A_PFX, A_PFX, A_PFX, A_PFX,
    /* 68 */ A_IZ, MIZ, A_I8, MI8,
    /* 70 */ [0x70] = A_I8, A_I8, A_I8, A_I8, A_I8, A_I8, A_I8, A_I8,
             A_I8, A_I8, A_I8, A_I8, A_I8, A_I8, A_I8, A_I8,
    /* 80 */ MI8, MIZ, MI8, MI8, A_M, A_M, A_M, A_M,
             A_M, A_M, A_M, A_M, A_M, A_M, A_M, A_M,
    /* 90 */ [0x9a] = A_FAR,
    /* a0 */ [0xa0] = A_MOFFS, A_MOFFS, A_MOFFS, A_MOFFS,
             [0xa8] = A_I8, A_IZ,
    /* b0 */ [0xb0] = A_I8, A_I8, A_I8, A_I8, A_I8, A_I8, A_I8, A_I8,
             A_IV, A_IV, A_IV, A_IV, A_IV, A_IV, A_IV, A_IV,
    /* c0 */ MI8, MI8, A_I16, A_NONE, A_M, A_M, MI8, MIZ,
             A_ENTER, A_NONE, A_I16, A_NONE, A_NONE, A_I8, A_NONE, A_NONE,
    /* d0 */ A_M, A_M, A_M, A_M, A_I8, A_I8, A_NONE, A_NONE,
             A_M, A_M, A_M, A_M, A_M, A_M, A_M, A_M,
    /* e0 */ A_I8, A_I8, A_I8, A_I8, A_I8, A_I8, A_I8, A_I8,
             A_IZ | A_REL, A_IZ | A_REL, A_FAR, A_I8,
    /* f0 */ [0xf0] = A_PFX, A_NONE, A_PFX, A_PFX,
             [0xf6] = A_M | A_G3, A_M | A_G3,
             [0xfe] = A_M, A_M,
};

#define ROW16(a) a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a

static const uint8_t map_0f[256] = {
    /* 00 */ A_M, A_M, A_M, A_M, A_BAD, A_NONE, A_NONE, A_NONE,
             A_NONE, A_NONE, A_BAD, A_NONE, A_BAD, A_M, A_BAD, A_BAD,
    /* 10 */ ROW16(A_M),
    /* 20 */ A_M, A_M, A_M, A_M, A_BAD, A_BAD, A_BAD, A_BAD,
             A_M, A_M, A_M, A_M, A_M, A_M, A_M, A_M,
    /* 30 */ A_NONE, A_NONE, A_NONE, A_NONE, A_NONE, A_NONE, A_BAD, A_BAD,
             A_PFX, A_BAD, A_PFX, A_BAD, A_BAD, A_BAD, A_BAD, A_BAD,
    /* 40 */ ROW16(A_M),
    /* 50 */ ROW16(A_M),
    /* 60 */ ROW16(A_M),
    /* 70 */ MI8, MI8, MI8, MI8, A_M, A_M, A_M, A_NONE,
             A_BAD, A_BAD, A_BAD, A_BAD, A_M, A_M, A_M, A_M,
    /* 80 */ ROW16(A_IZ | A_REL),
    /* 90 */ ROW16(A_M),
    /* a0 */ A_NONE, A_NONE, A_NONE, A_M, MI8, A_M, A_BAD, A_BAD,
             A_NONE, A_NONE, A_NONE, A_M, MI8, A_M, A_M, A_M,
    /* b0 */ A_M, A_M, A_M, A_M, A_M, A_M, A_M, A_M,
             A_M, A_M, MI8, A_M, A_M, A_M, A_M, A_M,
    /* c0 */ A_M, A_M, MI8, A_M, MI8, MI8, MI8, A_M,
             A_NONE, A_NONE, A_NONE, A_NONE, A_NONE, A_NONE, A_NONE, A_NONE,
    /* d0 */ ROW16(A_M),
    /* e0 */ ROW16(A_M),
    /* f0 */ ROW16(A_M),
};

/* One-byte opcodes that 64-bit mode does not have. */
static bool bad_in_64(uint8_t op)
{
    switch (op) {
    case 0x06: case 0x07: case 0x0e: case 0x16: case 0x17: case 0x1e:
    case 0x1f: case 0x27: case 0x2f: case 0x37: case 0x3f: case 0x60:
    case 0x61: case 0x62: case 0x82: case 0x9a: case 0xc4: case 0xc5:
    case 0xce: case 0xd4: case 0xd5: case 0xd6: case 0xea:
        return true;
    default:
        return false;
    }
}

/* ---- Reading bytes ---------------------------------------------------- */

typedef struct Reader {
    const uint8_t *p;
    size_t left;            /* bytes that can be read */
    size_t done;
    bool more;              /* ran out of bytes */
} Reader;

static uint64_t get(Reader *r, unsigned bytes)
{
    uint64_t v = 0;

    if (r->left < bytes) {
        r->more = true;
        r->done += bytes;
        return 0;
    }
    memcpy(&v, r->p, bytes);
    r->p += bytes;
    r->left -= bytes;
    r->done += bytes;
    return v;
}

static int64_t get_signed(Reader *r, unsigned bytes)
{
    uint64_t v = get(r, bytes);

    return bytes == 1 ? (int8_t)v : bytes == 2 ? (int16_t)v :
           bytes == 4 ? (int32_t)v : (int64_t)v;
}

/* ---- ModRM ------------------------------------------------------------ */

static void modrm_16(Reader *r, DecodedInsn *d)
{
    static const uint8_t bases[8] = {
        R_EBX, R_EBX, R_EBP, R_EBP, R_ESI, R_EDI, R_EBP, R_EBX,
    };
    static const uint8_t indices[4] = { R_ESI, R_EDI, R_ESI, R_EDI };
    unsigned rm = d->i.modrm & 7;

    d->base = bases[rm];
    if (rm < 4) {
        d->index = indices[rm];
    }
    if (d->mod == 0 && rm == 6) {
        d->base = X86_WORD(zero);
        d->disp = get_signed(r, 2);
    } else if (d->mod == 1) {
        d->disp = get_signed(r, 1);
    } else if (d->mod == 2) {
        d->disp = get_signed(r, 2);
    }
}

static void modrm_32(Reader *r, DecodedInsn *d, unsigned rex, bool mode64)
{
    unsigned rm = d->i.modrm & 7;
    bool no_base = false;

    if (rm == 4) {
        uint8_t sib = get(r, 1);
        unsigned index = (sib >> 3 & 7) | (rex & 2) << 2;

        if (index != 4) {
            d->index = index;
            d->scale = sib >> 6;
        }
        d->base = (sib & 7) | (rex & 1) << 3;
        no_base = (sib & 7) == 5 && d->mod == 0;
    } else {
        d->base = rm | (rex & 1) << 3;
        if (rm == 5 && d->mod == 0) {
            no_base = true;
            d->rip_relative = mode64;
        }
    }
    if (no_base) {
        d->base = d->rip_relative ? X86_WORD(pc) : X86_WORD(zero);
        d->disp = get_signed(r, 4);
    } else if (d->mod == 1) {
        d->disp = get_signed(r, 1);
    } else if (d->mod == 2) {
        d->disp = get_signed(r, 4);
    }
}

static void read_modrm(Reader *r, DecodedInsn *d, unsigned rex, unsigned mode)
{
    bool always_reg;

    d->has_modrm = true;
    d->i.modrm = get(r, 1);
    d->mod = d->i.modrm >> 6;
    d->i.reg = (d->i.modrm >> 3 & 7) | (rex & 4) << 1;
    /* Moves of control and debug registers have no memory form. */
    always_reg = d->i.map == X86_MAP_0F && d->i.opcode >= 0x20 &&
                 d->i.opcode <= 0x23;
    if (d->mod == 3 || always_reg) {
        d->i.rm = (d->i.modrm & 7) | (rex & 1) << 3;
        return;
    }
    d->i.has_mem = true;
    if (d->i.adsize == 2) {
        modrm_16(r, d);
    } else {
        modrm_32(r, d, rex, mode & X86_MODE_CS64);
    }
    if (!d->seg_override) {
        d->i.seg = d->base == R_ESP || d->base == R_EBP ? R_SS : R_DS;
    }
}

/* ---- Immediates ------------------------------------------------------- */

static void read_immediate(Reader *r, DecodedInsn *d, unsigned attr,
                           unsigned mode)
{
    unsigned opsize = d->i.opsize, z = opsize == 2 ? 2 : 4;

    switch (attr & A_IMM_MASK) {
    case A_I8:
        d->i.imm = get_signed(r, 1);
        break;
    case A_IZ:
        if ((attr & A_REL) && (mode & X86_MODE_CS64)) {
            z = 4;
        }
        d->i.imm = get_signed(r, z);
        break;
    case A_IV:
        d->i.imm = opsize == 8 ? get(r, 8) : (uint64_t)get_signed(r, z);
        break;
    case A_I16:
        d->i.imm = get(r, 2);
        break;
    case A_FAR:
        d->i.imm = get(r, z);
        d->i.imm2 = get(r, 2);
        break;
    case A_MOFFS:
        /* An absolute address: up to 64 bits, kept in imm. */
        d->i.imm = get(r, d->i.adsize);
        d->i.has_mem = true;
        if (!d->seg_override) {
            d->i.seg = R_DS;
        }
        break;
    case A_ENTER:
        d->i.imm = get(r, 2);
        d->i.imm2 = get(r, 1);
        break;
    case A_G3:
        if ((d->i.modrm & 0x30) == 0) {
            d->i.imm = get_signed(r, d->i.opcode == 0xf6 ? 1 : z);
        }
        break;
    }
}

/* ---- Prefixes --------------------------------------------------------- */

/* Reads prefixes and the first byte that is none, which it returns. */
static uint8_t read_prefixes(Reader *r, DecodedInsn *d, unsigned mode,
                             unsigned *rex)
{
    for (;;) {
        uint8_t b = get(r, 1);

        if (r->more || r->done > X86_MAX_INSN_BYTES) {
            return 0;
        }
        switch (b) {
        case 0x26: case 0x2e: case 0x36: case 0x3e:
            /* In 64-bit mode these four do nothing. */
            if (!(mode & X86_MODE_CS64)) {
                d->i.seg = b >> 3 & 3;
                d->seg_override = true;
            }
            break;
        case 0x64: case 0x65:
            d->i.seg = R_FS + (b & 1);
            d->seg_override = true;
            break;
        case 0x66:
            d->i.prefixes |= X86_PFX_66;
            break;
        case 0x67:
            d->i.prefixes |= X86_PFX_67;
            break;
        case 0xf0:
            d->i.prefixes |= X86_PFX_LOCK;
            d->lock = true;
            break;
        case 0xf2:
            d->i.prefixes = (d->i.prefixes & ~X86_PFX_F3) | X86_PFX_F2;
            break;
        case 0xf3:
            d->i.prefixes = (d->i.prefixes & ~X86_PFX_F2) | X86_PFX_F3;
            break;
        default:
            if ((mode & X86_MODE_CS64) && (b & 0xf0) == 0x40) {
                /* REX counts only right before the opcode. */
                *rex = b;
                continue;
            }
            return b;
        }
        *rex = 0;
    }
}

static void set_sizes(DecodedInsn *d, unsigned mode, unsigned rex)
{
    bool p66 = d->i.prefixes & X86_PFX_66, p67 = d->i.prefixes & X86_PFX_67;

    if (mode & X86_MODE_CS64) {
        d->i.opsize = rex & 8 ? 8 : p66 ? 2 : 4;
        d->i.adsize = p67 ? 4 : 8;
    } else {
        bool wide = mode & X86_MODE_CS32;

        d->i.opsize = wide != p66 ? 4 : 2;
        d->i.adsize = wide != p67 ? 4 : 2;
    }
    if (rex) {
        d->i.prefixes |= X86_PFX_REX;
        d->i.rexw = rex & 8;
        d->rex_b = (rex & 1) << 3;
    }
}

DecodeResult x86_decode(const uint8_t *code, size_t avail, unsigned mode,
                        DecodedInsn *d)
{
    Reader r = { .p = code, .left = MIN(avail, X86_MAX_INSN_BYTES + 1) };
    unsigned rex = 0, attr;
    uint8_t op;

    memset(d, 0, sizeof(*d));
    d->base = d->index = X86_WORD(zero);
    op = read_prefixes(&r, d, mode, &rex);
    set_sizes(d, mode, rex);
    attr = map_1[op];
    if (op == 0x0f) {
        op = get(&r, 1);
        attr = map_0f[op];
        d->i.map = X86_MAP_0F;
        if (op == 0x38 || op == 0x3a) {
            d->i.map = op == 0x38 ? X86_MAP_0F38 : X86_MAP_0F3A;
            attr = op == 0x38 ? A_M : MI8;
            op = get(&r, 1);
        }
    } else if ((mode & X86_MODE_CS64) && bad_in_64(op)) {
        attr = A_BAD;
    }
    d->i.opcode = op;
    if ((attr & A_M) && !r.more) {
        read_modrm(&r, d, rex, mode);
    }
    /*
     * LES, LDS and BOUND with a register operand are not those instructions
     * but prefixes that we do not have.
     */
    if (d->i.map == X86_MAP_1 && (op == 0xc4 || op == 0xc5 || op == 0x62) &&
        d->mod == 3) {
        attr = A_BAD;
    }
    if (!r.more && !(attr & A_BAD)) {
        read_immediate(&r, d, attr, mode);
    }
    d->i.len = MIN(r.done, X86_MAX_INSN_BYTES);
    if (r.done > X86_MAX_INSN_BYTES) {
        return DECODE_TOO_LONG;
    }
    if (r.more) {
        return DECODE_MORE;
    }
    return attr & A_BAD ? DECODE_INVALID : DECODE_OK;
}
