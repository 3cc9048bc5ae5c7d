/*
 * Numbers from text, with every way to be wrong told apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <math.h>
#include "qemu/cutils.h"

/*
 * What a strto*() call came to: @nptr was converted up to @end, errno says the
 * rest. Sets *@endptr, or asks for the end of the string.
 */
static int judge(const char *nptr, const char *end, const char **endptr)
{
    int err = errno;

    if (endptr) {
        *endptr = end;
    }
    if (end == nptr || err == EINVAL || (!endptr && *end)) {
        return -EINVAL;
    }
    return -err;
}

static int no_input(const char *nptr, const char **endptr)
{
    if (endptr) {
        *endptr = nptr;
    }
    return -EINVAL;
}

static int to_signed(const char *nptr, const char **endptr, int base,
                     int64_t min, int64_t max, int64_t *result)
{
    char *end;
    int ret;

    if (!nptr) {
        return no_input(nptr, endptr);
    }
    errno = 0;
    *result = strtoll(nptr, &end, base);
    ret = judge(nptr, end, endptr);
    if (ret == 0 && (*result < min || *result > max)) {
        ret = -ERANGE;
    }
    if (ret == -ERANGE) {
        *result = CLAMP(*result, min, max);
    } else if (ret == -EINVAL && end == nptr) {
        *result = 0;
    }
    return ret;
}

/* "-1" is the greatest value, "-0x…" whatever wraps to fit in @max. */
static int to_unsigned(const char *nptr, const char **endptr, int base,
                       uint64_t max, uint64_t *result)
{
    const char *sign = nptr;
    bool negative;
    char *end;
    int ret;

    if (!nptr) {
        return no_input(nptr, endptr);
    }
    while (g_ascii_isspace(*sign)) {
        sign++;
    }
    negative = *sign == '-';
    errno = 0;
    *result = strtoull(nptr, &end, base);
    ret = judge(nptr, end, endptr);
    if (ret == -ERANGE) {
        *result = max;
    } else if (ret == 0 && negative && -*result <= max) {
        *result &= max;
    } else if (ret == 0 && *result > max) {
        *result = max;
        ret = -ERANGE;
    }
    return ret;
}

#define SIGNED_CONVERSION(name, type, min, max)                             \
int name(const char *nptr, const char **endptr, int base, type *result)     \
{                                                                           \
    int64_t wide = 0;                                                       \
    int ret = to_signed(nptr, endptr, base, min, max, &wide);               \
                                                                            \
    *result = wide;                                                         \
    return ret;                                                             \
}

#define UNSIGNED_CONVERSION(name, type, max)                                \
int name(const char *nptr, const char **endptr, int base, type *result)     \
{                                                                           \
    uint64_t wide = 0;                                                      \
    int ret = to_unsigned(nptr, endptr, base, max, &wide);                  \
                                                                            \
    *result = wide;                                                         \
    return ret;                                                             \
}

SIGNED_CONVERSION(qemu_strtoi, int, INT_MIN, INT_MAX)
SIGNED_CONVERSION(qemu_strtol, long, LONG_MIN, LONG_MAX)
SIGNED_CONVERSION(qemu_strtoi64, int64_t, INT64_MIN, INT64_MAX)
UNSIGNED_CONVERSION(qemu_strtoui, unsigned int, UINT_MAX)
UNSIGNED_CONVERSION(qemu_strtoul, unsigned long, ULONG_MAX)
UNSIGNED_CONVERSION(qemu_strtou64, uint64_t, UINT64_MAX)

int qemu_strtod(const char *nptr, const char **endptr, double *result)
{
    char *end;

    if (!nptr) {
        *result = 0;
        return no_input(nptr, endptr);
    }
    errno = 0;
    *result = g_ascii_strtod(nptr, &end);
    return judge(nptr, end, endptr);
}

int qemu_strtod_finite(const char *nptr, const char **endptr, double *result)
{
    double value;
    int ret = qemu_strtod(nptr, endptr, &value);

    if (ret != -EINVAL && !isfinite(value) && ret != -ERANGE) {
        *result = 0;
        return no_input(nptr, endptr);
    }
    *result = ret == -EINVAL ? 0 : value;
    return ret;
}

int parse_uint(const char *s, const char **endptr, int base, uint64_t *value)
{
    const char *p = s;
    char *end;
    int ret;

    *value = 0;
    while (p && g_ascii_isspace(*p)) {
        p++;
    }
    if (!p || !g_ascii_isxdigit(*p)) {
        return no_input(s, endptr);
    }
    errno = 0;
    *value = strtoull(p, &end, base);
    ret = judge(p, end, endptr);
    if (end == p && endptr) {
        *endptr = s;
    }
    return ret;
}

int parse_uint_full(const char *s, int base, uint64_t *value)
{
    uint64_t found;
    int ret = parse_uint(s, NULL, base, &found);

    *value = ret == -EINVAL ? 0 : found;
    return ret;
}

/* --- sizes --- */

/* The factor of a suffix letter, 0 if it is none. */
static uint64_t suffix_factor(char c, uint64_t unit)
{
    static const char letters[] = "BKMGTPE";
    const char *at = c ? strchr(letters, g_ascii_toupper(c)) : NULL;
    uint64_t factor = 1;

    if (!at) {
        return 0;
    }
    for (int i = at - letters; i > 0; i--) {
        factor *= unit;
    }
    return factor;
}

/* The decimal digits after a point, as a fraction; *@end behind them. */
static double read_fraction(const char *p, const char **end)
{
    double value = 0, weight = 0.1;

    for (; g_ascii_isdigit(*p); p++, weight /= 10) {
        value += (*p - '0') * weight;
    }
    *end = p;
    return value;
}

/* Digits with the point and suffix: parts that are put together below. */
typedef struct SizeParts {
    uint64_t whole;
    double fraction;
    bool hex;
    const char *end;
} SizeParts;

static int read_size_parts(const char *nptr, SizeParts *parts)
{
    const char *p = nptr;
    int ret;

    *parts = (SizeParts){ .end = nptr };
    while (g_ascii_isspace(*p)) {
        p++;
    }
    if (!g_ascii_isdigit(*p)) {
        return -EINVAL;
    }
    parts->hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X') &&
                 g_ascii_isxdigit(p[2]);
    ret = qemu_strtou64(p, &parts->end, parts->hex ? 16 : 10, &parts->whole);
    if (ret == 0 && !parts->hex && *parts->end == '.') {
        parts->fraction = read_fraction(parts->end + 1, &parts->end);
    }
    return ret;
}

static int to_size(const char *nptr, const char **end, char default_suffix,
                   uint64_t unit, uint64_t *result)
{
    SizeParts parts;
    uint64_t factor, rest;
    int ret;

    *result = 0;
    if (!nptr) {
        return no_input(nptr, end);
    }
    ret = read_size_parts(nptr, &parts);
    if (ret == -EINVAL) {
        return no_input(nptr, end);
    }
    /* In hex B and E are digits, and no suffix is taken for one. */
    factor = parts.hex ? 0 : suffix_factor(*parts.end, unit);
    if (factor) {
        parts.end++;
    } else {
        factor = suffix_factor(default_suffix, unit);
    }
    if (end) {
        *end = parts.end;
    } else if (*parts.end) {
        return -EINVAL;
    }
    if (parts.fraction && factor == 1) {
        return -EINVAL;                 /* there is no half byte */
    }
    rest = parts.fraction * factor + 0.5;
    if (ret == -ERANGE || __builtin_mul_overflow(parts.whole, factor, result) ||
        __builtin_add_overflow(*result, rest, result)) {
        *result = UINT64_MAX;
        return -ERANGE;
    }
    return 0;
}

int qemu_strtosz(const char *nptr, const char **end, uint64_t *result)
{
    return to_size(nptr, end, 'B', 1024, result);
}

int qemu_strtosz_MiB(const char *nptr, const char **end, uint64_t *result)
{
    return to_size(nptr, end, 'M', 1024, result);
}

int qemu_strtosz_metric(const char *nptr, const char **end, uint64_t *result)
{
    return to_size(nptr, end, 'B', 1000, result);
}
