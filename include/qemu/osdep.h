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

/*
 * Aligned memory: @alignment a power of two; never NULL (ends the process);
 * freed with qemu_vfree().
 */
void *qemu_memalign(size_t alignment, size_t size);
void *qemu_try_memalign(size_t alignment, size_t size);
void qemu_vfree(void *ptr);
size_t qemu_real_host_page_size(void);

/*
 * open(2) with close-on-exec, also of "/dev/fdset/N" once a monitor registered
 * qemu_fdset_open. -1 with an error.
 */
int qemu_open(const char *name, int flags, Error **errp);
int qemu_create(const char *name, int flags, mode_t mode, Error **errp);
int qemu_close(int fd);
/* Hook: a duplicate of a descriptor of set @id that fits @flags, or -1. */
extern int (*qemu_fdset_open)(int64_t id, int flags);
/* All of it, whatever signals come: bytes written (fewer: error in errno). */
ssize_t qemu_write_full(int fd, const void *buf, size_t count);
bool qemu_pipe(int pipefd[2]);
/* Close-on-exec. */
void qemu_set_cloexec(int fd);
int qemu_dup(int fd);
/* -pidfile: written and locked until the process ends. */
bool qemu_write_pidfile(const char *path, Error **errp);
/* The first DIR/NAME that can be read, to be freed; NULL if there is none. */
char *qemu_find_file_in(const char *const *dirs, const char *name);

#endif
