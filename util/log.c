/*
 * The log: items and where they go.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/trace.h"

int qemu_loglevel;

static QemuMutex log_lock = QEMU_MUTEX_INITIALIZER;
static FILE *log_file;              /* under log_lock; NULL: standard error */
static char *log_name;              /* under log_lock */

const QEMULogItem qemu_log_items[] = {
    { CPU_LOG_TB_IN_ASM, "in_asm", "show guest code when it is decoded" },
    { CPU_LOG_TB_OP, "op", "show the micro-operations of each block" },
    { CPU_LOG_INT, "int", "show interrupts and exceptions" },
    { CPU_LOG_EXEC, "exec", "show each block that is entered (slow)" },
    { CPU_LOG_TB_CPU, "cpu", "show CPU registers before entering a block" },
    { CPU_LOG_TB_FPU, "fpu", "include FPU registers in 'cpu'" },
    { CPU_LOG_MMU, "mmu", "log MMU activity" },
    { CPU_LOG_PCALL, "pcall", "log protected mode far transfers" },
    { CPU_LOG_RESET, "cpu_reset", "show CPU state before resets" },
    { CPU_LOG_PAGE, "page", "log guest pages that lose decoded code" },
    { LOG_UNIMP, "unimp", "log what is not implemented" },
    { LOG_GUEST_ERROR, "guest_errors", "log what guests do wrong" },
    { LOG_INVALID_MEM, "invalid_mem", "log accesses to no memory" },
    { 0, NULL, NULL },
};

void qemu_log_v(const char *fmt, va_list ap)
{
    QEMU_LOCK_GUARD(&log_lock);
    vfprintf(log_file ? log_file : stderr, fmt, ap);
}

void qemu_log(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    qemu_log_v(fmt, ap);
    va_end(ap);
}

FILE *qemu_log_trylock(void)
{
    if (!qemu_loglevel) {
        return NULL;
    }
    qemu_mutex_lock(&log_lock);
    return log_file ? log_file : stderr;
}

void qemu_log_unlock(FILE *f)
{
    if (f) {
        qemu_mutex_unlock(&log_lock);
    }
}

bool qemu_set_log(int mask, Error **errp)
{
    qemu_loglevel = mask;
    return true;
}

/* @name with one "%d" replaced by the process id. */
static char *expand_name(const char *name, Error **errp)
{
    const char *percent = strchr(name, '%');

    if (!percent) {
        return g_strdup(name);
    }
    if (percent[1] != 'd' || strchr(percent + 1, '%')) {
        error_setg(errp, "Bad logfile name '%s': at most one %%d is allowed",
                   name);
        return NULL;
    }
    return g_strdup_printf("%.*s%d%s", (int)(percent - name), name,
                           getpid(), percent + 2);
}

bool qemu_set_log_filename(const char *filename, Error **errp)
{
    g_autofree char *name = filename ? expand_name(filename, errp) : NULL;
    FILE *file = NULL;

    if (filename && !name) {
        return false;
    }
    if (name) {
        file = fopen(name, "ae");
        if (!file) {
            error_setg_errno(errp, errno, "Error opening logfile '%s'", name);
            return false;
        }
        setvbuf(file, NULL, _IOLBF, 0);
    }
    QEMU_LOCK_GUARD(&log_lock);
    if (log_file) {
        fclose(log_file);
    }
    log_file = file;
    g_free(log_name);
    log_name = g_steal_pointer(&name);
    return true;
}

bool qemu_set_log_filename_flags(const char *filename, int mask, Error **errp)
{
    return qemu_set_log_filename(filename, errp) && qemu_set_log(mask, errp);
}

/* The mask of one word, 0 if it is none. */
static int word_mask(const char *word)
{
    const char *pattern;
    int all = 0;

    if (strstart(word, "trace:", &pattern) && *pattern) {
        if (trace_is_help(pattern)) {
            return 0;           /* for who asked to show the list */
        }
        trace_enable_events(pattern);
        return LOG_TRACE;
    }
    for (const QEMULogItem *item = qemu_log_items; item->mask; item++) {
        if (!strcmp(word, item->name)) {
            return item->mask;
        }
        all |= item->mask;
    }
    return strcmp(word, "all") ? 0 : all;
}

int qemu_str_to_log_mask(const char *str)
{
    g_auto(GStrv) words = g_strsplit(str, ",", -1);
    int mask = 0;

    for (char **word = words; *word; word++) {
        int one = word_mask(*word);

        if (!one) {
            return 0;
        }
        mask |= one;
    }
    return mask;
}

void qemu_print_log_usage(FILE *f)
{
    fprintf(f, "Log items (comma separated):\n");
    for (const QEMULogItem *item = qemu_log_items; item->mask; item++) {
        fprintf(f, "%-15s %s\n", item->name, item->help);
    }
    fprintf(f, "trace:PATTERN   enable trace events\n"
               "\nUse \"-d trace:help\" to get a list of trace events.\n\n");
}

void qemu_log_flush(void)
{
    QEMU_LOCK_GUARD(&log_lock);
    fflush(log_file ? log_file : stderr);
}

void qemu_log_close(void)
{
    QEMU_LOCK_GUARD(&log_lock);
    if (log_file) {
        fclose(log_file);
        log_file = NULL;
        g_clear_pointer(&log_name, g_free);
    }
}
