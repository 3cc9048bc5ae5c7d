/*
 * Messages to the user, on standard error or on the monitor that runs a
 * command. A message is "PROGRAM: LOCATION: TEXT"; the location is a stack, so
 * that "-device foo" or a line of a file stands before what is wrong with it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_ERROR_REPORT_H
#define QEMU_ERROR_REPORT_H

/* What a message is about. Opaque to users; lives on the user's stack. */
typedef struct Location {
    enum { LOC_NONE, LOC_CMDLINE, LOC_FILE } kind;
    int num;                        /* words, or line number */
    const void *ptr;                /* of char *const, or file name */
    struct Location *prev;
} Location;

/* Put @loc, filled by loc_save() or zero, on top; gives @loc. Per thread. */
Location *loc_push_restore(Location *loc);
Location *loc_push_none(Location *loc);
/* @loc must be on top. */
Location *loc_pop(Location *loc);
/* Copy the top to keep it (the words and names must live on). */
Location *loc_save(Location *loc);
/* Change the top. */
void loc_restore(Location *loc);
void loc_set_none(void);
/* @cnt words of argv from @idx on. */
void loc_set_cmdline(char **argv, int idx, int cnt);
/* @lno 0: the file as a whole; @fname NULL keeps the one before. */
void loc_set_file(const char *fname, int lno);

/* The name that messages begin with; NULL: none. @argv0 is cut to its end. */
void error_init(const char *argv0);
const char *error_get_progname(void);

/* One line each, without the newline at the end. errno is preserved. */
void error_report(const char *fmt, ...) G_PRINTF(1, 2);
void warn_report(const char *fmt, ...) G_PRINTF(1, 2);     /* "warning: …" */
void info_report(const char *fmt, ...) G_PRINTF(1, 2);     /* "info: …" */
void error_vreport(const char *fmt, va_list ap) G_PRINTF(1, 0);
void warn_vreport(const char *fmt, va_list ap) G_PRINTF(1, 0);
void info_vreport(const char *fmt, va_list ap) G_PRINTF(1, 0);

/* Only the first time at *@printed; true if printed. */
bool error_report_once_cond(bool *printed, const char *fmt, ...)
    G_PRINTF(2, 3);
bool warn_report_once_cond(bool *printed, const char *fmt, ...)
    G_PRINTF(2, 3);
#define error_report_once(fmt, ...)                                     \
    (__extension__({                                                    \
        static bool printed_;                                           \
        error_report_once_cond(&printed_, fmt, ## __VA_ARGS__);         \
    }))
#define warn_report_once(fmt, ...)                                      \
    (__extension__({                                                    \
        static bool printed_;                                           \
        warn_report_once_cond(&printed_, fmt, ## __VA_ARGS__);          \
    }))

/* The same channel without prefix and newline (hints, help). */
int error_vprintf(const char *fmt, va_list ap) G_PRINTF(1, 0);
int error_printf(const char *fmt, ...) G_PRINTF(1, 2);
void error_print_loc(void);

/*
 * The monitor's hook: writes to the monitor that the calling thread serves, or
 * gives -1 if it serves none (or QMP). NULL: always standard error.
 */
extern int (*error_vprintf_hook)(const char *fmt, va_list ap);
/* Is the calling thread serving a human monitor? Without it: false. */
extern bool (*error_monitor_hook)(void);

/* -msg timestamp=on, guest-name=on. */
extern bool message_with_timestamp;
extern bool error_with_guestname;
extern const char *error_guest_name;

#endif
