/*
 * Text: bounded copies, sizes, addresses, dumps. Numbers are in strnum.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/host-utils.h"

void pstrcpy(char *buf, int buf_size, const char *str)
{
    if (buf_size > 0) {
        g_strlcpy(buf, str, buf_size);
    }
}

char *pstrcat(char *buf, int buf_size, const char *s)
{
    if (buf_size > 0) {
        g_strlcat(buf, s, buf_size);
    }
    return buf;
}

void strpadcpy(char *buf, int buf_size, const char *str, char pad)
{
    size_t len = strnlen(str, buf_size);

    memcpy(buf, str, len);
    memset(buf + len, pad, buf_size - len);
}

int strstart(const char *str, const char *val, const char **ptr)
{
    size_t len = strlen(val);

    if (strncmp(str, val, len)) {
        return 0;
    }
    if (ptr) {
        *ptr = str + len;
    }
    return 1;
}

int stristart(const char *str, const char *val, const char **ptr)
{
    size_t len = strlen(val);

    if (g_ascii_strncasecmp(str, val, len)) {
        return 0;
    }
    if (ptr) {
        *ptr = str + len;
    }
    return 1;
}

int qemu_strnlen(const char *s, int max_len)
{
    return strnlen(s, max_len);
}

char *qemu_strsep(char **input, const char *delim)
{
    return strsep(input, delim);
}

int qemu_pstrcmp0(const char **str1, const char **str2)
{
    return g_strcmp0(*str1, *str2);
}

int qemu_parse_bool(const char *s, bool *result)
{
    static const char *const words[] = {
        "off", "on", "false", "true", "no", "yes", "n", "y",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcmp(s, words[i])) {
            *result = i & 1;
            return 0;
        }
    }
    return -EINVAL;
}

/* @val over the largest power of @base that leaves 1 or more. */
static char *scaled_text(uint64_t val, double base, const char *fmt)
{
    static const char prefixes[] = " KMGTPE";
    double shown = val;
    int power = 0;

    /* 999.5 would print as 1e+03 */
    while (shown >= (base == 1024 ? 999.5 : 1000) && prefixes[power + 1]) {
        shown /= base;
        power++;
    }
    return power ? g_strdup_printf(fmt, shown, prefixes[power])
                 : g_strdup_printf("%0.3g", shown);
}

char *size_to_str(uint64_t val)
{
    g_autofree char *head = scaled_text(val, 1024, "%0.3g %ci");

    return strchr(head, ' ') ? g_strconcat(head, "B", NULL)
                             : g_strconcat(head, " B", NULL);
}

char *freq_to_str(uint64_t freq_hz)
{
    g_autofree char *head = scaled_text(freq_hz, 1000, "%0.3g %c");

    return strchr(head, ' ') ? g_strconcat(head, "Hz", NULL)
                             : g_strconcat(head, " Hz", NULL);
}

bool buffer_is_zero(const void *buf, size_t len)
{
    const unsigned char *p = buf;

    /* The first byte is zero, and each is equal to the one before it. */
    return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

GString *qemu_hexdump_line(GString *str, const void *buf, size_t len,
                           size_t unit_len, size_t block_len)
{
    const uint8_t *bytes = buf;

    if (!str) {
        str = g_string_new(NULL);
    }
    for (size_t i = 0; i < len; i++) {
        if (i && unit_len && i % unit_len == 0) {
            g_string_append_c(str, ' ');
        }
        if (i && block_len && i % block_len == 0) {
            g_string_append_c(str, ' ');
        }
        g_string_append_printf(str, "%02x", bytes[i]);
    }
    return str;
}

void qemu_hexdump(FILE *fp, const char *prefix, const void *bufptr, size_t size)
{
    const uint8_t *bytes = bufptr;

    for (size_t at = 0; at < size; at += 16) {
        size_t n = MIN(size - at, 16);
        g_autoptr(GString) hex = qemu_hexdump_line(NULL, bytes + at, n, 1, 4);
        char text[17];

        for (size_t i = 0; i < n; i++) {
            text[i] = g_ascii_isprint(bytes[at + i]) ? bytes[at + i] : '.';
        }
        text[n] = 0;
        fprintf(fp, "%s: %04zx: %-50s  %s\n", prefix, at, hex->str, text);
    }
}

int qemu_unhex(const char *hex, uint8_t *buf, size_t len)
{
    if (strlen(hex) != 2 * len) {
        return -EINVAL;
    }
    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = g_ascii_xdigit_value(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            return -EINVAL;
        }
        buf[i] = high << 4 | low;
    }
    return 0;
}

int net_parse_macaddr(uint8_t *macaddr, const char *p)
{
    for (int i = 0; i < 6; i++) {
        int value = 0, digits = 0;

        for (; digits < 2 && g_ascii_isxdigit(*p); digits++) {
            value = value << 4 | g_ascii_xdigit_value(*p++);
        }
        if (!digits || (i < 5 ? *p != ':' && *p != '-' : *p != 0)) {
            return -1;
        }
        macaddr[i] = value;
        p++;
    }
    return 0;
}

const char *path_get_basename_static(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static char *exec_dir;

void qemu_init_exec_dir(const char *argv0)
{
    char path[PATH_MAX];
    ssize_t n;

    if (exec_dir) {
        return;
    }
    n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n > 0) {
        path[n] = 0;
        exec_dir = g_path_get_dirname(path);
    } else {
        exec_dir = g_path_get_dirname(argv0 ? argv0 : ".");
    }
}

const char *qemu_get_exec_dir(void)
{
    return exec_dir ? exec_dir : "";
}

#ifndef CONFIG_PREFIX
#define CONFIG_PREFIX "/usr/local"
#endif

char *get_relocated_path(const char *dir)
{
    const char *rest;
    g_autofree char *moved_to = NULL;

    /* PREFIX/bin/BINARY: the same prefix, or the one it was moved to. */
    if (!exec_dir || !g_str_has_suffix(exec_dir, "/bin") ||
        !strstart(dir, CONFIG_PREFIX "/", &rest)) {
        return g_strdup(dir);
    }
    moved_to = g_path_get_dirname(exec_dir);
    return g_build_filename(moved_to, rest, NULL);
}
