/*
 * Error: why something failed, handed to the caller through "Error **errp".
 *
 * A function that can fail has errp as its last parameter and also says by its
 * value whether it failed (false, negative, NULL). errp may be NULL (nobody
 * wants to know), &error_fatal (report and exit with status 1) or &error_abort
 * (a bug of ours: report where it was made, and abort). Messages are one line
 * without a full stop; hints are lines that help a human.
 *
 *     if (!frob(foo, errp)) {
 *         return false;               // passed on, nothing else to do
 *     }
 *
 *     Error *err = NULL;              // handled here
 *     if (!frob(foo, &err)) {
 *         warn_report_err(err);
 *     }
 *
 * A function that looks at *errp, or adds to it, begins with ERRP_GUARD().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QAPI_ERROR_H
#define QAPI_ERROR_H

/* What QMP calls the class of the error. */
typedef enum ErrorClass {
    ERROR_CLASS_GENERIC_ERROR,
    ERROR_CLASS_COMMAND_NOT_FOUND,
    ERROR_CLASS_DEVICE_NOT_ACTIVE,
    ERROR_CLASS_DEVICE_NOT_FOUND,
    ERROR_CLASS_KVM_MISSING_CAP,
    ERROR_CLASS__MAX
} ErrorClass;

/* "GenericError" and so on. */
const char *QapiErrorClass_str(ErrorClass c);

extern Error *error_fatal;
extern Error *error_abort;

/* Make an error. *errp must not hold one already. errno is preserved. */
#define error_setg(errp, fmt, ...) \
    error_set_internal((errp), __FILE__, __LINE__, __func__, \
                       ERROR_CLASS_GENERIC_ERROR, (fmt), ## __VA_ARGS__)
/* With a class other than GenericError. */
#define error_set(errp, err_class, fmt, ...) \
    error_set_internal((errp), __FILE__, __LINE__, __func__, \
                       (err_class), (fmt), ## __VA_ARGS__)
/* With ": " and strerror(os_errno) at the end, unless @os_errno is 0. */
#define error_setg_errno(errp, os_errno, fmt, ...) \
    error_set_errno_internal((errp), __FILE__, __LINE__, __func__, \
                             (os_errno), (fmt), ## __VA_ARGS__)
/* With ": " and strerror. */
#define error_setg_file_open(errp, os_errno, filename) \
    error_setg_errno((errp), (os_errno), "Could not open '%s'", (filename))

void error_set_internal(Error **errp, const char *src, int line,
                        const char *func, ErrorClass err_class,
                        const char *fmt, ...) G_PRINTF(6, 7);
void error_set_errno_internal(Error **errp, const char *src, int line,
                              const char *func, int os_errno,
                              const char *fmt, ...) G_PRINTF(6, 7);

/*
 * Hand @local_err (NULL: nothing) to @dst_errp, or free it if the caller does
 * not want it, or already has one.
 */
void error_propagate(Error **dst_errp, Error *local_err);
/* The same with text put before the message. */
void error_propagate_prepend(Error **dst_errp, Error *local_err,
                             const char *fmt, ...) G_PRINTF(3, 4);
/* Put text before the message of *errp; append to its hint. Need ERRP_GUARD. */
void error_prepend(Error *const *errp, const char *fmt, ...) G_PRINTF(2, 3);
void error_vprepend(Error *const *errp, const char *fmt, va_list ap);
void error_append_hint(Error *const *errp, const char *fmt, ...)
    G_PRINTF(2, 3);

/* The message; its class; its hint (NULL if none). They stay the error's. */
const char *error_get_pretty(const Error *err);
ErrorClass error_get_class(const Error *err);
const char *error_get_hint(const Error *err);

Error *error_copy(const Error *err);
void error_free(Error *err);
void error_free_or_abort(Error **errp);     /* for tests: there must be one */
/* Move @src into *@dst. */
void error_move(Error **dst, Error **src);

/* Report (error_report and its like, then the hint) and free. */
void error_report_err(Error *err);
void warn_report_err(Error *err);
/* Warn unless *@printed, then set it. */
bool warn_report_err_once_cond(bool *printed, Error *err);
void error_reportf_err(Error *err, const char *fmt, ...) G_PRINTF(2, 3);
void warn_reportf_err(Error *err, const char *fmt, ...) G_PRINTF(2, 3);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Error, error_free)

/*
 * First statement of a function that dereferences errp or calls error_prepend
 * or error_append_hint: errp then is never NULL nor &error_fatal, and what it
 * holds goes to the caller's errp at the end of the block.
 */
typedef struct ErrpGuard {
    Error *local;
    Error **outer;
} ErrpGuard;

static inline Error **errp_guard_begin(ErrpGuard *guard)
{
    bool replace = !guard->outer || guard->outer == &error_fatal;

    return replace ? &guard->local : guard->outer;
}

static inline void errp_guard_end(ErrpGuard *guard)
{
    if (unlikely(guard->local)) {
        error_propagate(guard->outer, guard->local);
    }
}

#define ERRP_GUARD()                                                    \
    __attribute__((cleanup(errp_guard_end)))                            \
    ErrpGuard errp_guard_ = { .outer = errp };                          \
    errp = errp_guard_begin(&errp_guard_)

#endif
