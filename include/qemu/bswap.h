/*
 * Byte order: swaps, conversion between host (x86-64: little endian) and fixed
 * order, and unaligned loads and stores of each width and order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_BSWAP_H
#define QEMU_BSWAP_H

#define HOST_BIG_ENDIAN 0
#define TARGET_BIG_ENDIAN 0

#define bswap16(x)  __builtin_bswap16(x)
#define bswap32(x)  __builtin_bswap32(x)
#define bswap64(x)  __builtin_bswap64(x)

static inline uint32_t bswap24(uint32_t x)
{
    return bswap32(x) >> 8;
}

static inline void bswap16s(uint16_t *p)
{
    *p = bswap16(*p);
}

static inline void bswap32s(uint32_t *p)
{
    *p = bswap32(*p);
}

static inline void bswap64s(uint64_t *p)
{
    *p = bswap64(*p);
}

/*
 * For N of 16, 32, 64 and order be, le:
 *   cpu_to_beN(v), beN_to_cpu(v)    convert a value
 *   cpu_to_beNs(p), beN_to_cpus(p)  convert in place
 *   ldx_be_p(p), stx_be_p(p, v)     load, store at any alignment, where x is
 *                                   uw/w and sw, l and sl, q (below)
 */
#define BSWAP_VALUE_(N)                                                     \
static inline uint##N##_t cpu_to_le##N(uint##N##_t v) { return v; }         \
static inline uint##N##_t le##N##_to_cpu(uint##N##_t v) { return v; }       \
static inline uint##N##_t cpu_to_be##N(uint##N##_t v)                       \
{ return bswap##N(v); }                                                     \
static inline uint##N##_t be##N##_to_cpu(uint##N##_t v)                     \
{ return bswap##N(v); }                                                     \
static inline void cpu_to_le##N##s(uint##N##_t *p) { (void)p; }             \
static inline void le##N##_to_cpus(uint##N##_t *p) { (void)p; }             \
static inline void cpu_to_be##N##s(uint##N##_t *p) { *p = bswap##N(*p); }   \
static inline void be##N##_to_cpus(uint##N##_t *p) { *p = bswap##N(*p); }
BSWAP_VALUE_(16)
BSWAP_VALUE_(32)
BSWAP_VALUE_(64)
#undef BSWAP_VALUE_

/* Constant expressions. */
#define const_le16(x)   ((uint16_t)(x))
#define const_le32(x)   ((uint32_t)(x))
#define const_le64(x)   ((uint64_t)(x))
#define const_be16(x)   __builtin_bswap16(x)
#define const_be32(x)   __builtin_bswap32(x)
#define const_be64(x)   __builtin_bswap64(x)

static inline int ldub_p(const void *p)
{
    return *(const uint8_t *)p;
}

static inline int ldsb_p(const void *p)
{
    return *(const int8_t *)p;
}

static inline void stb_p(void *p, uint8_t v)
{
    *(uint8_t *)p = v;
}

#define LD_(name, ret, T, conv)                                             \
static inline ret name(const void *p)                                       \
{                                                                           \
    T v;                                                                    \
    memcpy(&v, p, sizeof(v));                                               \
    return (T)conv(v);                                                      \
}
#define ST_(name, T, conv)                                                  \
static inline void name(void *p, T v)                                       \
{                                                                           \
    v = conv(v);                                                            \
    memcpy(p, &v, sizeof(v));                                               \
}
#define SAME_(v) (v)
LD_(lduw_he_p, int, uint16_t, SAME_)
LD_(ldsw_he_p, int, int16_t, SAME_)
LD_(ldl_he_p, int, int32_t, SAME_)
LD_(ldq_he_p, uint64_t, uint64_t, SAME_)
LD_(lduw_le_p, int, uint16_t, SAME_)
LD_(ldsw_le_p, int, int16_t, SAME_)
LD_(ldl_le_p, int, int32_t, SAME_)
LD_(ldq_le_p, uint64_t, uint64_t, SAME_)
LD_(lduw_be_p, int, uint16_t, bswap16)
LD_(ldsw_be_p, int, int16_t, bswap16)
LD_(ldl_be_p, int, int32_t, bswap32)
LD_(ldq_be_p, uint64_t, uint64_t, bswap64)
ST_(stw_he_p, uint16_t, SAME_)
ST_(stl_he_p, uint32_t, SAME_)
ST_(stq_he_p, uint64_t, SAME_)
ST_(stw_le_p, uint16_t, SAME_)
ST_(stl_le_p, uint32_t, SAME_)
ST_(stq_le_p, uint64_t, SAME_)
ST_(stw_be_p, uint16_t, bswap16)
ST_(stl_be_p, uint32_t, bswap32)
ST_(stq_be_p, uint64_t, bswap64)
#undef LD_
#undef ST_
#undef SAME_

/* @sz bytes (1, 2, 4, 8; other sizes read 0 and store nothing). */
static inline uint64_t ldn_le_p(const void *p, int sz)
{
    switch (sz) {
    case 1: return (uint8_t)ldub_p(p);
    case 2: return (uint16_t)lduw_le_p(p);
    case 4: return (uint32_t)ldl_le_p(p);
    case 8: return ldq_le_p(p);
    default: return 0;
    }
}

static inline uint64_t ldn_be_p(const void *p, int sz)
{
    return sz ? bswap64(ldn_le_p(p, sz)) >> (64 - 8 * sz) : 0;
}

static inline void stn_le_p(void *p, int sz, uint64_t v)
{
    switch (sz) {
    case 1: stb_p(p, v); break;
    case 2: stw_le_p(p, v); break;
    case 4: stl_le_p(p, v); break;
    case 8: stq_le_p(p, v); break;
    }
}

static inline void stn_be_p(void *p, int sz, uint64_t v)
{
    if (sz) {
        stn_le_p(p, sz, bswap64(v) >> (64 - 8 * sz));
    }
}

#define ldn_he_p(p, sz)     ldn_le_p(p, sz)
#define stn_he_p(p, sz, v)  stn_le_p(p, sz, v)

#endif
