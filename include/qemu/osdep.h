/*
 * The first include of every source file: the C library, GLib, the shared
 * type names and the compiler helpers that everything uses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_OSDEP_H
#define QEMU_OSDEP_H

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <glib.h>

#include "qemu/compiler.h"
#include "qemu/typedefs.h"

#define MIN_NON_ZERO(a, b) \
    ((a) == 0 ? (b) : (b) == 0 ? (a) : MIN(a, b))
#define ROUND_UP(n, d)      ((((n) + (d) - 1) / (d)) * (d))
#define ROUND_DOWN(n, d)    (((n) / (d)) * (d))
#define DIV_ROUND_UP(n, d)  (((n) + (d) - 1) / (d))
#define QEMU_ALIGN_DOWN(n, m)   ROUND_DOWN(n, m)
#define QEMU_ALIGN_UP(n, m)     ROUND_UP(n, m)
#define QEMU_IS_ALIGNED(n, m)   (((n) % (m)) == 0)
#define ARRAY_SIZE(x)       (sizeof(x) / sizeof((x)[0]))

/* Retry a system call that a signal interrupted. */
#define RETRY_ON_EINTR(expr)                                   \
    (__extension__({                                           \
        typeof(expr) eintr_ret_;                               \
        do {                                                   \
            eintr_ret_ = (expr);                               \
        } while (eintr_ret_ == -1 && errno == EINTR);          \
        eintr_ret_;                                            \
    }))

#endif
