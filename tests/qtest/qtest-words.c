/*
 * The words of the qtest protocol: ports, memory, clock, interrupt lines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqtest.h"

/* Send; require OK; return what follows it, in @answer's memory. */
static const char *ask(QTestState *s, char **answer, const char *fmt, ...)
    G_PRINTF(3, 4);
static const char *ask(QTestState *s, char **answer, const char *fmt, ...)
{
    g_autofree char *line = NULL;
    va_list ap;

    va_start(ap, fmt);
    line = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    *answer = qtest_raw(s, line);
    if (!g_str_has_prefix(*answer, "OK")) {
        g_error("'%s' was answered with '%s'", line, *answer);
    }
    return *answer + 2 + ((*answer)[2] == ' ');
}

static uint64_t ask_number(QTestState *s, const char *command, uint64_t addr)
{
    g_autofree char *answer = NULL;
    const char *text = ask(s, &answer, "%s 0x%" PRIx64, command, addr);
    char *end;
    uint64_t value = g_ascii_strtoull(text, &end, 0);

    g_assert_true(end != text && *end == '\0');
    return value;
}

static void tell_number(QTestState *s, const char *command, uint64_t addr,
                        uint64_t value)
{
    g_autofree char *answer = NULL;

    ask(s, &answer, "%s 0x%" PRIx64 " 0x%" PRIx64, command, addr, value);
}

#define QTEST_READER(name, type, addr_type)                     \
    type qtest_##name(QTestState *s, addr_type addr)            \
    {                                                           \
        return ask_number(s, #name, addr);                      \
    }
#define QTEST_WRITER(name, type, addr_type)                     \
    void qtest_##name(QTestState *s, addr_type addr, type value) \
    {                                                           \
        tell_number(s, #name, addr, value);                     \
    }

QTEST_READER(inb, uint8_t, uint16_t)
QTEST_READER(inw, uint16_t, uint16_t)
QTEST_READER(inl, uint32_t, uint16_t)
QTEST_WRITER(outb, uint8_t, uint16_t)
QTEST_WRITER(outw, uint16_t, uint16_t)
QTEST_WRITER(outl, uint32_t, uint16_t)

static void *word_at(QTestState *s, uint64_t addr, size_t size)
{
    return addr % size ? NULL : qtest_ram_at(s, addr, size);
}

/* Memory: what is mapped needs no message. Words are loaded and stored whole. */
#define QTEST_MEMORY(suffix, type)                                  \
    type qtest_read##suffix(QTestState *s, uint64_t addr)           \
    {                                                               \
        type *at = word_at(s, addr, sizeof(type));                  \
                                                                    \
        return at ? __atomic_load_n(at, __ATOMIC_ACQUIRE)           \
                  : ask_number(s, "read" #suffix, addr);            \
    }                                                               \
    void qtest_write##suffix(QTestState *s, uint64_t addr, type value) \
    {                                                               \
        type *at = word_at(s, addr, sizeof(type));                  \
                                                                    \
        if (at) {                                                   \
            __atomic_store_n(at, value, __ATOMIC_SEQ_CST);          \
        } else {                                                    \
            tell_number(s, "write" #suffix, addr, value);           \
        }                                                           \
    }

QTEST_MEMORY(b, uint8_t)
QTEST_MEMORY(w, uint16_t)
QTEST_MEMORY(l, uint32_t)
QTEST_MEMORY(q, uint64_t)

void qtest_memread(QTestState *s, uint64_t addr, void *data, size_t size)
{
    const void *ram = qtest_ram_at(s, addr, size);
    g_autofree char *answer = NULL;
    const char *hex;

    if (size == 0) {
        return;
    }
    if (ram) {
        memcpy(data, ram, size);
        return;
    }
    hex = ask(s, &answer, "read 0x%" PRIx64 " 0x%zx", addr, size);
    g_assert_cmpint(strlen(hex), ==, 2 + 2 * size);
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)data)[i] = g_ascii_xdigit_value(hex[2 + 2 * i]) << 4 |
                               g_ascii_xdigit_value(hex[3 + 2 * i]);
    }
}

void qtest_memwrite(QTestState *s, uint64_t addr, const void *data,
                    size_t size)
{
    void *ram = qtest_ram_at(s, addr, size);
    g_autofree char *answer = NULL;
    g_autoptr(GString) hex = g_string_sized_new(2 * size + 1);

    if (size == 0) {
        return;
    }
    if (ram) {
        memcpy(ram, data, size);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        g_string_append_printf(hex, "%02x", ((const uint8_t *)data)[i]);
    }
    ask(s, &answer, "write 0x%" PRIx64 " 0x%zx 0x%s", addr, size, hex->str);
}

void qtest_memset(QTestState *s, uint64_t addr, uint8_t pattern, size_t size)
{
    void *ram = qtest_ram_at(s, addr, size);
    g_autofree char *answer = NULL;

    if (ram) {
        memset(ram, pattern, size);
        return;
    }
    ask(s, &answer, "memset 0x%" PRIx64 " 0x%zx 0x%02x", addr, size, pattern);
}

static int64_t ask_clock(QTestState *s, const char *line)
{
    g_autofree char *answer = NULL;

    return g_ascii_strtoll(ask(s, &answer, "%s", line), NULL, 10);
}

int64_t qtest_clock_step_next(QTestState *s)
{
    return ask_clock(s, "clock_step");
}

int64_t qtest_clock_step(QTestState *s, int64_t ns)
{
    g_autofree char *line = g_strdup_printf("clock_step %" PRId64, ns);

    return ask_clock(s, line);
}

int64_t qtest_clock_set(QTestState *s, int64_t ns)
{
    g_autofree char *line = g_strdup_printf("clock_set %" PRId64, ns);

    return ask_clock(s, line);
}

void qtest_irq_intercept_in(QTestState *s, const char *path)
{
    g_autofree char *answer = NULL;

    ask(s, &answer, "irq_intercept_in %s", path);
}

void qtest_irq_intercept_out(QTestState *s, const char *path)
{
    g_autofree char *answer = NULL;

    ask(s, &answer, "irq_intercept_out %s", path);
}

void qtest_set_irq_in(QTestState *s, const char *path, const char *name,
                      int number, int level)
{
    g_autofree char *answer = NULL;

    ask(s, &answer, "set_irq_in %s %s %d %d", path, name, number, level);
}
