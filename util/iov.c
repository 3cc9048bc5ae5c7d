/*
 * Scatter-gather lists.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/iov.h"

/* Where a walk over a list stands. */
typedef struct Cursor {
    const struct iovec *iov;
    unsigned left;              /* elements from iov on */
    size_t offset;              /* in the first of them */
} Cursor;

/* Go to byte @offset; false if the list ends before. */
static bool cursor_start(Cursor *c, const struct iovec *iov, unsigned cnt,
                         size_t offset)
{
    *c = (Cursor){ .iov = iov, .left = cnt, .offset = offset };
    while (c->left && c->offset >= c->iov->iov_len) {
        c->offset -= c->iov->iov_len;
        c->iov++;
        c->left--;
    }
    return c->left > 0;
}

/* The run of memory at the cursor, at most @max bytes: 0 at the end. */
static size_t cursor_peek(Cursor *c, size_t max, char **base)
{
    while (c->left && c->offset == c->iov->iov_len) {
        c->iov++;
        c->left--;
        c->offset = 0;
    }
    if (!c->left) {
        return 0;
    }
    *base = (char *)c->iov->iov_base + c->offset;
    return MIN(max, c->iov->iov_len - c->offset);
}

size_t iov_size(const struct iovec *iov, const unsigned int iov_cnt)
{
    size_t sum = 0;

    for (unsigned i = 0; i < iov_cnt; i++) {
        if (__builtin_add_overflow(sum, iov[i].iov_len, &sum)) {
            return SIZE_MAX;
        }
    }
    return sum;
}

/* For each run of [offset, offset + bytes): base, n, and done before it. */
#define FOR_EACH_RUN(list, cnt, start, bytes, base, n, done)                \
    for (bool go_ = cursor_start(&cursor, list, cnt, start);                \
         go_ && (n = cursor_peek(&cursor, (bytes) - done, &base)) > 0;      \
         cursor.offset += n, done += n)

size_t iov_from_buf_full(const struct iovec *iov, unsigned int iov_cnt,
                         size_t offset, const void *buf, size_t bytes)
{
    size_t n, done = 0;
    Cursor cursor;
    char *base;

    FOR_EACH_RUN(iov, iov_cnt, offset, bytes, base, n, done) {
        memcpy(base, (const char *)buf + done, n);
    }
    return done;
}

size_t iov_to_buf_full(const struct iovec *iov, const unsigned int iov_cnt,
                       size_t offset, void *buf, size_t bytes)
{
    size_t n, done = 0;
    Cursor cursor;
    char *base;

    FOR_EACH_RUN(iov, iov_cnt, offset, bytes, base, n, done) {
        memcpy((char *)buf + done, base, n);
    }
    return done;
}

size_t iov_memset(const struct iovec *iov, const unsigned int iov_cnt,
                  size_t offset, int fillc, size_t bytes)
{
    size_t n, done = 0;
    Cursor cursor;
    char *base;

    FOR_EACH_RUN(iov, iov_cnt, offset, bytes, base, n, done) {
        memset(base, fillc, n);
    }
    return done;
}

int iov_memcmp(const struct iovec *iov, const unsigned int iov_cnt,
               size_t offset, const void *buf, size_t bytes)
{
    size_t n, done = 0;
    Cursor cursor;
    char *base;

    FOR_EACH_RUN(iov, iov_cnt, offset, bytes, base, n, done) {
        int order = memcmp(base, (const char *)buf + done, n);

        if (order) {
            return order;
        }
    }
    return done < bytes ? -1 : 0;
}

size_t iov_to_iov(const struct iovec *dst, unsigned int dst_cnt, size_t dst_off,
                  const struct iovec *src, unsigned int src_cnt, size_t src_off,
                  size_t bytes)
{
    size_t n, done = 0;
    Cursor cursor, to;
    char *base, *out;

    if (!cursor_start(&to, dst, dst_cnt, dst_off)) {
        return 0;
    }
    FOR_EACH_RUN(src, src_cnt, src_off, bytes, base, n, done) {
        n = cursor_peek(&to, n, &out);
        if (n == 0) {
            break;
        }
        memmove(out, base, n);
        to.offset += n;
    }
    return done;
}

unsigned iov_copy(struct iovec *dst_iov, unsigned int dst_iov_cnt,
                  const struct iovec *iov, unsigned int iov_cnt,
                  size_t offset, size_t bytes)
{
    size_t n, done = 0;
    unsigned used = 0;
    Cursor cursor;
    char *base;

    FOR_EACH_RUN(iov, iov_cnt, offset, bytes, base, n, done) {
        if (used == dst_iov_cnt) {
            break;
        }
        dst_iov[used++] = (struct iovec){ .iov_base = base, .iov_len = n };
    }
    return used;
}

size_t iov_discard_front_undoable(struct iovec **iov, unsigned int *iov_cnt,
                                  size_t bytes, IOVDiscardUndo *undo)
{
    size_t left = bytes;
    struct iovec *cut = *iov;

    if (undo) {
        undo->modified_iov = NULL;
    }
    while (*iov_cnt && left >= cut->iov_len) {
        left -= cut->iov_len;
        cut++;
        --*iov_cnt;
    }
    *iov = cut;
    if (*iov_cnt == 0) {
        return bytes - left;
    }
    if (left) {
        if (undo) {
            *undo = (IOVDiscardUndo){ .modified_iov = cut, .orig = *cut };
        }
        cut->iov_base = (char *)cut->iov_base + left;
        cut->iov_len -= left;
    }
    return bytes;
}

size_t iov_discard_back_undoable(struct iovec *iov, unsigned int *iov_cnt,
                                 size_t bytes, IOVDiscardUndo *undo)
{
    size_t left = bytes;

    if (undo) {
        undo->modified_iov = NULL;
    }
    while (*iov_cnt && left >= iov[*iov_cnt - 1].iov_len) {
        left -= iov[--*iov_cnt].iov_len;
    }
    if (*iov_cnt == 0) {
        return bytes - left;
    }
    if (left) {
        struct iovec *cut = &iov[*iov_cnt - 1];

        if (undo) {
            *undo = (IOVDiscardUndo){ .modified_iov = cut, .orig = *cut };
        }
        cut->iov_len -= left;
    }
    return bytes;
}

size_t iov_discard_front(struct iovec **iov, unsigned int *iov_cnt,
                         size_t bytes)
{
    return iov_discard_front_undoable(iov, iov_cnt, bytes, NULL);
}

size_t iov_discard_back(struct iovec *iov, unsigned int *iov_cnt, size_t bytes)
{
    return iov_discard_back_undoable(iov, iov_cnt, bytes, NULL);
}

void iov_discard_undo(IOVDiscardUndo *undo)
{
    if (undo->modified_iov) {
        *undo->modified_iov = undo->orig;
        undo->modified_iov = NULL;
    }
}

void iov_hexdump(const struct iovec *iov, const unsigned int iov_cnt, FILE *fp,
                 const char *prefix, size_t limit)
{
    size_t size = MIN(iov_size(iov, iov_cnt), limit);
    g_autofree char *flat = g_malloc(size);

    qemu_hexdump(fp, prefix, flat, iov_to_buf(iov, iov_cnt, 0, flat, size));
}

void qemu_iovec_init(QEMUIOVector *qiov, int alloc_hint)
{
    *qiov = (QEMUIOVector){
        .iov = g_new(struct iovec, alloc_hint), .nalloc = alloc_hint,
    };
}

void qemu_iovec_add(QEMUIOVector *qiov, void *base, size_t len)
{
    if (qiov->niov == qiov->nalloc) {
        qiov->nalloc = 2 * qiov->nalloc + 4;
        qiov->iov = g_renew(struct iovec, qiov->iov, qiov->nalloc);
    }
    qiov->iov[qiov->niov++] = (struct iovec){ .iov_base = base, .iov_len = len };
    qiov->size += len;
}

void qemu_iovec_reset(QEMUIOVector *qiov)
{
    qiov->niov = 0;
    qiov->size = 0;
}

void qemu_iovec_destroy(QEMUIOVector *qiov)
{
    g_free(qiov->iov);
    *qiov = (QEMUIOVector){ 0 };
}
