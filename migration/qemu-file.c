/*
 * A buffered one-way stream of bytes with a sticky error, over a descriptor or
 * over memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "qemu/bswap.h"
#include "qemu-file-internal.h"

#define IO_BYTES    32768
#define PEEK_BYTES  4096

struct QEMUFile {
    int fd;                 /* -1: memory */
    int cancel_fd;          /* readable: give up; -1: there is none */
    int fd_flags;           /* of fd, to be set again; -1: as they were */
    bool writing;
    int error;              /* the first -errno */
    char *reason;           /* of who refused what was read, or NULL */
    uint64_t moved;         /* bytes handed to or taken from the caller */
    uint64_t limit;         /* of `moved`, reading */
    const uint8_t *in;      /* what is there to be read: in[pos..end) */
    size_t pos, end;
    uint8_t *io;            /* the buffer behind a descriptor */
    GByteArray *out;        /* what was written: all, or since the last flush */
};

static QEMUFile *file_new(int fd, bool writing)
{
    QEMUFile *f = g_new0(QEMUFile, 1);

    f->fd = fd;
    f->cancel_fd = f->fd_flags = -1;
    f->writing = writing;
    f->limit = UINT64_MAX;
    return f;
}

QEMUFile *qemu_file_new_input_fd(int fd)
{
    QEMUFile *f = file_new(fd, false);

    f->in = f->io = g_malloc(IO_BYTES);
    return f;
}

QEMUFile *qemu_file_new_output_fd(int fd)
{
    QEMUFile *f = file_new(fd, true);

    f->out = g_byte_array_sized_new(IO_BYTES);
    return f;
}

QEMUFile *qemu_file_new_input_mem(const void *buf, size_t size)
{
    QEMUFile *f = file_new(-1, false);

    f->in = buf;
    f->end = size;
    return f;
}

QEMUFile *qemu_file_new_output_mem(void)
{
    QEMUFile *f = file_new(-1, true);

    f->out = g_byte_array_new();
    return f;
}

const uint8_t *qemu_file_get_mem(QEMUFile *f, size_t *size)
{
    g_assert(qemu_file_is_output_mem(f));
    *size = f->out->len;
    return f->out->data;
}

int qemu_file_get_error(QEMUFile *f)
{
    return f->error;
}

void qemu_file_set_error(QEMUFile *f, int ret)
{
    if (!f->error && ret < 0) {
        f->error = ret;
    }
}

void qemu_file_explain(QEMUFile *f, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_free(f->reason);
    f->reason = g_strdup_vprintf(fmt, ap);
    va_end(ap);
}

const char *qemu_file_reason(QEMUFile *f)
{
    return f->reason;
}

uint64_t qemu_file_transferred(QEMUFile *f)
{
    return f->moved;
}

void qemu_file_set_cancel_fd(QEMUFile *f, int cancel_fd)
{
    int flags = fcntl(f->fd, F_GETFL);

    f->cancel_fd = cancel_fd;
    if (flags >= 0 && !(flags & O_NONBLOCK) &&
        fcntl(f->fd, F_SETFL, flags | O_NONBLOCK) == 0) {
        f->fd_flags = flags;
    }
}

/* After an attempt failed with errno: waits, or keeps the error. */
static void file_wait(QEMUFile *f)
{
    struct pollfd fds[2] = {
        { .fd = f->fd, .events = f->writing ? POLLOUT : POLLIN },
        { .fd = f->cancel_fd, .events = POLLIN },
    };

    if (errno != EAGAIN) {
        qemu_file_set_error(f, -errno);
    } else if (RETRY_ON_EINTR(poll(fds, 2, -1)) < 0) {
        qemu_file_set_error(f, -errno);
    } else if (fds[1].revents) {
        qemu_file_set_error(f, -ECANCELED);
    }
}

/* ---- writing ----------------------------------------------------------- */

static void file_write(QEMUFile *f, const uint8_t *buf, size_t size)
{
    while (!f->error && size) {
        ssize_t n = RETRY_ON_EINTR(write(f->fd, buf, size));

        if (n < 0) {
            file_wait(f);
        } else {
            buf += n;
            size -= n;
        }
    }
}

int qemu_fflush(QEMUFile *f)
{
    if (f->writing && f->fd >= 0) {
        file_write(f, f->out->data, f->out->len);
        g_byte_array_set_size(f->out, 0);
    }
    return f->error;
}

int qemu_fclose(QEMUFile *f)
{
    int ret;

    qemu_fflush(f);
    if (f->fd_flags >= 0) {
        fcntl(f->fd, F_SETFL, f->fd_flags);
    }
    if (f->fd >= 0 && close(f->fd) < 0) {
        qemu_file_set_error(f, -errno);
    }
    ret = f->error;
    if (f->out) {
        g_byte_array_free(f->out, true);
    }
    g_free(f->io);
    g_free(f->reason);
    g_free(f);
    return ret;
}

void qemu_put_buffer(QEMUFile *f, const uint8_t *buf, size_t size)
{
    g_assert(f->writing);
    if (f->error || !size) {
        return;
    }
    if (size > UINT_MAX - f->out->len) {
        qemu_file_set_error(f, -EFBIG);
        return;
    }
    f->moved += size;
    if (f->fd >= 0 && size >= IO_BYTES) {
        qemu_fflush(f);
        file_write(f, buf, size);
        return;
    }
    g_byte_array_append(f->out, buf, size);
    if (f->fd >= 0 && f->out->len >= IO_BYTES) {
        qemu_fflush(f);
    }
}

void qemu_put_byte(QEMUFile *f, int v)
{
    uint8_t byte = v;

    qemu_put_buffer(f, &byte, 1);
}

void qemu_put_be16(QEMUFile *f, unsigned int v)
{
    uint16_t be = cpu_to_be16(v);

    qemu_put_buffer(f, (uint8_t *)&be, sizeof(be));
}

void qemu_put_be32(QEMUFile *f, unsigned int v)
{
    uint32_t be = cpu_to_be32(v);

    qemu_put_buffer(f, (uint8_t *)&be, sizeof(be));
}

void qemu_put_be64(QEMUFile *f, uint64_t v)
{
    uint64_t be = cpu_to_be64(v);

    qemu_put_buffer(f, (uint8_t *)&be, sizeof(be));
}

bool qemu_file_is_output_mem(QEMUFile *f)
{
    return f->writing && f->fd < 0;
}

size_t qemu_file_begin_length(QEMUFile *f)
{
    size_t mark = f->out->len;

    qemu_put_be32(f, 0);
    return mark;
}

void qemu_file_end_length(QEMUFile *f, size_t mark)
{
    uint32_t be;

    if (!f->error) {
        be = cpu_to_be32(f->out->len - mark - sizeof(be));
        memcpy(f->out->data + mark, &be, sizeof(be));
    }
}

/* ---- reading ----------------------------------------------------------- */

/* Makes at least `want` bytes available, if there are so many. */
static size_t file_fill(QEMUFile *f, size_t want)
{
    if (f->fd >= 0 && f->end - f->pos < want) {
        memmove(f->io, f->io + f->pos, f->end - f->pos);
        f->end -= f->pos;
        f->pos = 0;
        while (!f->error && f->end < want) {
            ssize_t n = RETRY_ON_EINTR(read(f->fd, f->io + f->end,
                                            IO_BYTES - f->end));

            if (n == 0) {
                break;
            }
            if (n < 0) {
                file_wait(f);
            } else {
                f->end += n;
            }
        }
    }
    return f->end - f->pos;
}

size_t qemu_get_buffer(QEMUFile *f, uint8_t *buf, size_t size)
{
    size_t done = 0;

    g_assert(!f->writing);
    if (size > f->limit - f->moved) {
        qemu_file_set_error(f, -EINVAL);
    }
    while (!f->error && done < size) {
        size_t chunk = MIN(size - done, IO_BYTES);
        size_t there = MIN(file_fill(f, chunk), chunk);

        if (!there) {
            qemu_file_set_error(f, -EIO);       /* the end came too soon */
            break;
        }
        memcpy(buf + done, f->in + f->pos, there);
        f->pos += there;
        f->moved += there;
        done += there;
    }
    if (done < size) {
        memset(buf + done, 0, size - done);
    }
    return done;
}

size_t qemu_peek_buffer(QEMUFile *f, uint8_t **buf, size_t size,
                        size_t offset)
{
    size_t there;

    if (f->error || size > PEEK_BYTES || offset > IO_BYTES - PEEK_BYTES) {
        return 0;
    }
    there = file_fill(f, offset + size);
    if (there <= offset) {
        return 0;
    }
    *buf = (uint8_t *)f->in + f->pos + offset;
    return MIN(there - offset, size);
}

int qemu_file_skip(QEMUFile *f, size_t size)
{
    uint8_t sink[512];

    while (size && !f->error) {
        size_t n = qemu_get_buffer(f, sink, MIN(size, sizeof(sink)));

        size -= n;
    }
    return f->error;
}

int qemu_get_byte(QEMUFile *f)
{
    uint8_t byte;

    qemu_get_buffer(f, &byte, 1);
    return byte;
}

unsigned int qemu_get_be16(QEMUFile *f)
{
    uint16_t be;

    qemu_get_buffer(f, (uint8_t *)&be, sizeof(be));
    return be16_to_cpu(be);
}

unsigned int qemu_get_be32(QEMUFile *f)
{
    uint32_t be;

    qemu_get_buffer(f, (uint8_t *)&be, sizeof(be));
    return be32_to_cpu(be);
}

uint64_t qemu_get_be64(QEMUFile *f)
{
    uint64_t be;

    qemu_get_buffer(f, (uint8_t *)&be, sizeof(be));
    return be64_to_cpu(be);
}

bool qemu_file_begin_limit(QEMUFile *f, uint64_t size, uint64_t *outer)
{
    *outer = f->limit;
    if (size > f->limit - f->moved) {
        qemu_file_set_error(f, -EINVAL);
        return false;
    }
    f->limit = f->moved + size;
    return true;
}

bool qemu_file_end_limit(QEMUFile *f, uint64_t outer)
{
    bool all = f->moved == f->limit;

    if (!all) {
        qemu_file_set_error(f, -EINVAL);
    }
    f->limit = outer;
    return all;
}

uint64_t qemu_file_limit_left(QEMUFile *f)
{
    return f->limit == UINT64_MAX ? UINT64_MAX : f->limit - f->moved;
}
