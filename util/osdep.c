/*
 * The host's memory and files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"

int (*qemu_fdset_open)(int64_t id, int flags);

size_t qemu_real_host_page_size(void)
{
    return sysconf(_SC_PAGESIZE);
}

void *qemu_try_memalign(size_t alignment, size_t size)
{
    void *p;

    alignment = MAX(alignment, sizeof(void *));
    return posix_memalign(&p, alignment, MAX(size, 1)) ? NULL : p;
}

void *qemu_memalign(size_t alignment, size_t size)
{
    void *p = qemu_try_memalign(alignment, size);

    if (!p) {
        fprintf(stderr, "cannot allocate %zu bytes\n", size);
        abort();
    }
    return p;
}

void qemu_vfree(void *ptr)
{
    free(ptr);
}

/* "/dev/fdset/N": a descriptor that a client handed over; -2 for other names. */
static int open_fdset(const char *name, int flags, Error **errp)
{
    const char *number;
    int64_t id;
    int fd;

    if (!strstart(name, "/dev/fdset/", &number)) {
        return -2;
    }
    if (qemu_strtoi64(number, NULL, 10, &id) < 0 || id < 0) {
        error_setg(errp, "'%s' does not name a descriptor set", name);
        return -1;
    }
    fd = qemu_fdset_open ? qemu_fdset_open(id, flags) : -1;
    if (fd < 0) {
        error_setg(errp, "Descriptor set %" PRId64 " has no descriptor"
                   " for the access wanted", id);
    }
    return fd;
}

static int open_with_mode(const char *name, int flags, mode_t mode,
                          Error **errp)
{
    const char *what = flags & O_CREAT ? "create" : "open";
    int fd = open_fdset(name, flags, errp);

    if (fd != -2) {
        return fd;
    }
    fd = RETRY_ON_EINTR(open(name, flags | O_CLOEXEC, mode));
    if (fd < 0) {
        error_setg_errno(errp, errno, "Could not %s '%s'", what, name);
    }
    return fd;
}

int qemu_open(const char *name, int flags, Error **errp)
{
    g_assert(!(flags & O_CREAT));
    return open_with_mode(name, flags, 0, errp);
}

int qemu_create(const char *name, int flags, mode_t mode, Error **errp)
{
    return open_with_mode(name, flags | O_CREAT, mode, errp);
}

int qemu_close(int fd)
{
    return close(fd);
}

ssize_t qemu_write_full(int fd, const void *buf, size_t count)
{
    const char *p = buf;
    size_t left = count;

    while (left) {
        ssize_t n = RETRY_ON_EINTR(write(fd, p, left));

        if (n < 0) {
            break;
        }
        p += n;
        left -= n;
    }
    return count - left;
}

bool qemu_pipe(int pipefd[2])
{
    return pipe2(pipefd, O_CLOEXEC) == 0;
}

void qemu_set_cloexec(int fd)
{
    fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) | FD_CLOEXEC);
}

int qemu_dup(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* A lock that lasts as long as the process; the descriptor stays open. */
static bool lock_pidfile(int fd, const char *path, Error **errp)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    if (fcntl(fd, F_SETLK, &lock) == 0) {
        return true;
    }
    error_setg_errno(errp, errno, "Cannot lock pid file '%s'", path);
    return false;
}

bool qemu_write_pidfile(const char *path, Error **errp)
{
    g_autofree char *text = g_strdup_printf("%" PRId64 "\n",
                                            (int64_t)getpid());
    size_t len = strlen(text);
    int fd = qemu_create(path, O_RDWR, 0600, errp);

    if (fd < 0) {
        return false;
    }
    if (!lock_pidfile(fd, path, errp)) {
        close(fd);
        return false;
    }
    if (ftruncate(fd, 0) < 0 || qemu_write_full(fd, text, len) != len) {
        error_setg_errno(errp, errno, "Cannot write pid file '%s'", path);
        close(fd);
        return false;
    }
    return true;
}

char *qemu_find_file_in(const char *const *dirs, const char *name)
{
    for (; dirs && *dirs; dirs++) {
        char *path = g_build_filename(*dirs, name, NULL);

        if (access(path, R_OK) == 0) {
            return path;
        }
        g_free(path);
    }
    return NULL;
}
