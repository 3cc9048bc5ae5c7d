/*
 * Error objects. What the user sees of them is printed in error-report.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

struct Error {
    char *msg;
    GString *hint;              /* NULL: none */
    ErrorClass err_class;
    int line;
    const char *src, *func;     /* where it was made */
};

/* Never hold an error: their addresses are what counts. */
Error *error_fatal;
Error *error_abort;

const char *QapiErrorClass_str(ErrorClass c)
{
    static const char *const names[ERROR_CLASS__MAX] = {
        [ERROR_CLASS_GENERIC_ERROR] = "GenericError",
        [ERROR_CLASS_COMMAND_NOT_FOUND] = "CommandNotFound",
        [ERROR_CLASS_DEVICE_NOT_ACTIVE] = "DeviceNotActive",
        [ERROR_CLASS_DEVICE_NOT_FOUND] = "DeviceNotFound",
        [ERROR_CLASS_KVM_MISSING_CAP] = "KVMMissingCap",
    };

    return c < ERROR_CLASS__MAX ? names[c] : names[0];
}

/* Report @err and end the process if @dst is one of the two special places. */
static void act_on_special(Error **dst, Error *err)
{
    if (dst == &error_abort) {
        fprintf(stderr, "Unexpected error in %s() at %s:%d:\n",
                err->func, err->src, err->line);
        error_report("%s", error_get_pretty(err));
        abort();
    }
    if (dst == &error_fatal) {
        error_report_err(err);
        exit(1);
    }
}

/* Give a new error with a message of our own to @dst. */
static void error_deliver(Error **dst, const char *src, int line,
                          const char *func, ErrorClass err_class, char *msg)
{
    Error *err = g_new(Error, 1);

    *err = (Error){
        .msg = msg, .err_class = err_class,
        .src = src, .line = line, .func = func,
    };
    act_on_special(dst, err);
    if (*dst) {
        /* Two failures in one place: the first is the cause. */
        error_report("BUG: %s:%d: second error: %s", src, line, msg);
        error_report("BUG: first one, of %s:%d: %s",
                     (*dst)->src, (*dst)->line, (*dst)->msg);
        abort();
    }
    *dst = err;
}

void error_set_internal(Error **errp, const char *src, int line,
                        const char *func, ErrorClass err_class,
                        const char *fmt, ...)
{
    int keep_errno = errno;
    va_list ap;

    if (!errp) {
        return;
    }
    va_start(ap, fmt);
    error_deliver(errp, src, line, func, err_class, g_strdup_vprintf(fmt, ap));
    va_end(ap);
    errno = keep_errno;
}

void error_set_errno_internal(Error **errp, const char *src, int line,
                              const char *func, int os_errno,
                              const char *fmt, ...)
{
    int keep_errno = errno;
    va_list ap;
    char *msg;

    if (!errp) {
        return;
    }
    va_start(ap, fmt);
    msg = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (os_errno) {
        char *whole = g_strdup_printf("%s: %s", msg, strerror(os_errno));

        g_free(msg);
        msg = whole;
    }
    error_deliver(errp, src, line, func, ERROR_CLASS_GENERIC_ERROR, msg);
    errno = keep_errno;
}

void error_propagate(Error **dst_errp, Error *local_err)
{
    if (!local_err) {
        return;
    }
    if (dst_errp) {
        act_on_special(dst_errp, local_err);
    }
    if (dst_errp && !*dst_errp) {
        *dst_errp = local_err;
    } else {
        error_free(local_err);
    }
}

/* Text made of @fmt before the message of @err. */
static void prepend(Error *err, const char *fmt, va_list ap)
{
    g_autofree char *old = err->msg;
    g_autofree char *head = g_strdup_vprintf(fmt, ap);

    err->msg = g_strconcat(head, old, NULL);
}

void error_propagate_prepend(Error **dst_errp, Error *local_err,
                             const char *fmt, ...)
{
    if (local_err && dst_errp) {
        va_list ap;

        va_start(ap, fmt);
        prepend(local_err, fmt, ap);
        va_end(ap);
    }
    error_propagate(dst_errp, local_err);
}

void error_vprepend(Error *const *errp, const char *fmt, va_list ap)
{
    if (errp && *errp) {
        prepend(*errp, fmt, ap);
    }
}

void error_prepend(Error *const *errp, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vprepend(errp, fmt, ap);
    va_end(ap);
}

void error_append_hint(Error *const *errp, const char *fmt, ...)
{
    int keep_errno = errno;
    va_list ap;

    if (!errp || !*errp) {
        return;
    }
    if (!(*errp)->hint) {
        (*errp)->hint = g_string_new(NULL);
    }
    va_start(ap, fmt);
    g_string_append_vprintf((*errp)->hint, fmt, ap);
    va_end(ap);
    errno = keep_errno;
}

const char *error_get_pretty(const Error *err)
{
    return err->msg;
}

ErrorClass error_get_class(const Error *err)
{
    return err->err_class;
}

const char *error_get_hint(const Error *err)
{
    return err->hint ? err->hint->str : NULL;
}

Error *error_copy(const Error *err)
{
    Error *copy = g_new(Error, 1);

    *copy = *err;
    copy->msg = g_strdup(err->msg);
    copy->hint = err->hint ? g_string_new(err->hint->str) : NULL;
    return copy;
}

void error_free(Error *err)
{
    if (!err) {
        return;
    }
    if (err->hint) {
        g_string_free(err->hint, true);
    }
    g_free(err->msg);
    g_free(err);
}

void error_free_or_abort(Error **errp)
{
    if (!errp || !*errp) {
        fprintf(stderr, "an error was expected and did not come\n");
        abort();
    }
    error_free(*errp);
    *errp = NULL;
}

void error_move(Error **dst, Error **src)
{
    *dst = *src;
    *src = NULL;
}

/* Print hint and free; the message has been printed. */
static void finish_report(Error *err)
{
    if (err->hint) {
        error_printf("%s", err->hint->str);
    }
    error_free(err);
}

void error_report_err(Error *err)
{
    error_report("%s", err->msg);
    finish_report(err);
}

void warn_report_err(Error *err)
{
    warn_report("%s", err->msg);
    finish_report(err);
}

bool warn_report_err_once_cond(bool *printed, Error *err)
{
    if (*printed) {
        error_free(err);
        return false;
    }
    *printed = true;
    warn_report_err(err);
    return true;
}

void error_reportf_err(Error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    prepend(err, fmt, ap);
    va_end(ap);
    error_report_err(err);
}

void warn_reportf_err(Error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    prepend(err, fmt, ap);
    va_end(ap);
    warn_report_err(err);
}
