/*
 * Text: checked conversions of numbers and sizes, bounded copies, comparisons.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_CUTILS_H
#define QEMU_CUTILS_H

/* Copy at most @buf_size - 1 bytes and end with NUL; @buf_size 0 does nothing. */
void pstrcpy(char *buf, int buf_size, const char *str);
/* Append likewise; gives @buf. */
char *pstrcat(char *buf, int buf_size, const char *s);
/* Copy up to @max bytes, pad the rest with @pad; no NUL is added. */
void strpadcpy(char *buf, int buf_size, const char *str, char pad);
/* Does @str begin with @val? If so *@ptr (unless NULL) is what follows. */
int strstart(const char *str, const char *val, const char **ptr);
/* The same, ASCII letters of either case being equal. */
int stristart(const char *str, const char *val, const char **ptr);
/* strlen(), at most @max_len. */
int qemu_strnlen(const char *s, int max_len);
/* strsep() by one character. */
char *qemu_strsep(char **input, const char *delim);

/*
 * Numbers. 0, -EINVAL (nothing to convert, bad base) or -ERANGE (*result is the
 * nearest limit). With @endptr NULL the whole string must be a number; else
 * *@endptr is where it ended. Base 0 knows 0x and leading 0. Unsigned
 * conversions accept "-1" as strtoul() does; qemu_parse_uint does not.
 */
int qemu_strtoi(const char *nptr, const char **endptr, int base, int *result);
int qemu_strtoui(const char *nptr, const char **endptr, int base,
                 unsigned int *result);
int qemu_strtol(const char *nptr, const char **endptr, int base, long *result);
int qemu_strtoul(const char *nptr, const char **endptr, int base,
                 unsigned long *result);
int qemu_strtoi64(const char *nptr, const char **endptr, int base,
                  int64_t *result);
int qemu_strtou64(const char *nptr, const char **endptr, int base,
                  uint64_t *result);
int qemu_strtod(const char *nptr, const char **endptr, double *result);
/* Also -EINVAL for infinities and NaN. */
int qemu_strtod_finite(const char *nptr, const char **endptr, double *result);
/* The whole of @s, no sign, base 0 unless given. */
int parse_uint(const char *s, const char **endptr, int base, uint64_t *value);
int parse_uint_full(const char *s, int base, uint64_t *value);

/*
 * Sizes: decimal (also with a fraction, "1.5G") or 0x hex, then one of
 * B K M G T P E (either case). Without a suffix: bytes, or for the _MiB form
 * mebibytes; _metric counts in 1000. 0, -EINVAL, -ERANGE.
 */
int qemu_strtosz(const char *nptr, const char **end, uint64_t *result);
int qemu_strtosz_MiB(const char *nptr, const char **end, uint64_t *result);
int qemu_strtosz_metric(const char *nptr, const char **end, uint64_t *result);

/* "512 MiB", "1.5 GiB": at most three digits; to be freed. */
char *size_to_str(uint64_t val);
/* "1.2 kHz" likewise. */
char *freq_to_str(uint64_t freq_hz);

/* "on", "off", "true", "false", "yes", "no", "y", "n": 0, or -EINVAL. */
int qemu_parse_bool(const char *s, bool *result);

/* strcmp() that sorts NULL before everything. */
int qemu_pstrcmp0(const char **str1, const char **str2);

/* Are the @len bytes all zero? */
bool buffer_is_zero(const void *buf, size_t len);

/* Write a dump of 16 bytes a line, each line beginning with @prefix. */
void qemu_hexdump(FILE *fp, const char *prefix, const void *bufptr,
                  size_t size);
/* One line of hex, at most 16 bytes, appended to @str (NULL: a new one). */
GString *qemu_hexdump_line(GString *str, const void *buf, size_t len,
                           size_t unit_len, size_t block_len);

/*
 * "aa:bb:cc:dd:ee:ff" (also with '-') to six bytes: 0 or -1. Nothing else may
 * follow.
 */
int net_parse_macaddr(uint8_t *macaddr, const char *p);

/* Bytes of a hex text of exactly 2 * @len digits: 0 or -EINVAL. */
int qemu_unhex(const char *hex, uint8_t *buf, size_t len);

/*
 * The folder of the running binary, and @dir (a path fixed at build time)
 * seen from there if the installation was moved. Kept for ever.
 */
void qemu_init_exec_dir(const char *argv0);
const char *qemu_get_exec_dir(void);
char *get_relocated_path(const char *dir);

/* "bar" in /foo/bar. */
const char *path_get_basename_static(const char *path);

#endif
