/*
 * The log: what guests do wrong, what is not implemented, and items that -d
 * turns on; to standard error or to the file of -D. The texts of trace events
 * go the same way. Nearly free where the item is off.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_LOG_H
#define QEMU_LOG_H

#define CPU_LOG_TB_OUT_ASM  (1 << 0)
#define CPU_LOG_TB_IN_ASM   (1 << 1)
#define CPU_LOG_TB_OP       (1 << 2)
#define CPU_LOG_TB_OP_OPT   (1 << 3)
#define CPU_LOG_INT         (1 << 4)
#define CPU_LOG_EXEC        (1 << 5)
#define CPU_LOG_PCALL       (1 << 6)
#define CPU_LOG_TB_CPU      (1 << 8)
#define CPU_LOG_RESET       (1 << 9)
#define LOG_UNIMP           (1 << 10)
#define LOG_GUEST_ERROR     (1 << 11)
#define CPU_LOG_MMU         (1 << 12)
#define CPU_LOG_TB_NOCHAIN  (1 << 13)
#define CPU_LOG_PAGE        (1 << 14)
#define LOG_TRACE           (1 << 15)
#define CPU_LOG_TB_FPU      (1 << 17)
#define LOG_STRACE          (1 << 19)
#define LOG_INVALID_MEM     (1 << 22)

typedef struct QEMULogItem {
    int mask;
    const char *name;
    const char *help;
} QEMULogItem;

/* Ends with a zero mask. */
extern const QEMULogItem qemu_log_items[];

extern int qemu_loglevel;

/* Is any item on; is one of @mask? */
static inline bool qemu_log_enabled(void)
{
    return qemu_loglevel != 0;
}

static inline bool qemu_loglevel_mask(int mask)
{
    return unlikely((qemu_loglevel & mask) != 0);
}

/* Write, whatever is on. Lines end with "\n" given by the caller. */
void qemu_log(const char *fmt, ...) G_PRINTF(1, 2);
void qemu_log_v(const char *fmt, va_list ap) G_PRINTF(1, 0);

#define qemu_log_mask(mask, fmt, ...)                                   \
    do {                                                                \
        if (qemu_loglevel_mask(mask)) {                                 \
            qemu_log(fmt, ## __VA_ARGS__);                              \
        }                                                               \
    } while (0)

/* Several writes that shall stay together: NULL if the log is off. */
FILE *qemu_log_trylock(void);
void qemu_log_unlock(FILE *f);

/* Turn items on (exactly those of @mask). False with an error. */
bool qemu_set_log(int mask, Error **errp);
/* -D: a file ("%d" becomes the process id); NULL: standard error. */
bool qemu_set_log_filename(const char *filename, Error **errp);
bool qemu_set_log_filename_flags(const char *filename, int mask, Error **errp);
/* "unimp,guest_errors,trace:PATTERN" or "all", "none"; 0 if one is unknown. */
int qemu_str_to_log_mask(const char *str);
/* The list for "-d help". */
void qemu_print_log_usage(FILE *f);
void qemu_log_flush(void);
void qemu_log_close(void);

#endif
