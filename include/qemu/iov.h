/*
 * Scatter-gather lists: arrays of struct iovec seen as one run of bytes.
 * "niov" and "iov_cnt" count elements, offsets and sizes are in bytes. Elements
 * may be empty. Nothing here allocates or asserts on the contents.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_IOV_H
#define QEMU_IOV_H

/* The sum of the lengths, SIZE_MAX if that does not fit. */
size_t iov_size(const struct iovec *iov, const unsigned int iov_cnt);

/* The general bodies of the two copies below. */
size_t iov_from_buf_full(const struct iovec *iov, unsigned int iov_cnt,
                         size_t offset, const void *buf, size_t bytes);
size_t iov_to_buf_full(const struct iovec *iov, const unsigned int iov_cnt,
                       size_t offset, void *buf, size_t bytes);

/*
 * Copy up to @bytes between @buf and the list from byte @offset on. Gives the
 * bytes copied: fewer if the list ends first, 0 if it ends before @offset.
 */
static inline size_t iov_from_buf(const struct iovec *iov, unsigned int iov_cnt,
                                  size_t offset, const void *buf, size_t bytes)
{
    if (__builtin_constant_p(bytes) && iov_cnt && offset <= iov[0].iov_len &&
        bytes <= iov[0].iov_len - offset) {
        memcpy((char *)iov[0].iov_base + offset, buf, bytes);
        return bytes;
    }
    return iov_from_buf_full(iov, iov_cnt, offset, buf, bytes);
}

static inline size_t iov_to_buf(const struct iovec *iov,
                                const unsigned int iov_cnt, size_t offset,
                                void *buf, size_t bytes)
{
    if (__builtin_constant_p(bytes) && iov_cnt && offset <= iov[0].iov_len &&
        bytes <= iov[0].iov_len - offset) {
        memcpy(buf, (const char *)iov[0].iov_base + offset, bytes);
        return bytes;
    }
    return iov_to_buf_full(iov, iov_cnt, offset, buf, bytes);
}

/* Fill up to @bytes from @offset with @fillc; gives the bytes filled. */
size_t iov_memset(const struct iovec *iov, const unsigned int iov_cnt,
                  size_t offset, int fillc, size_t bytes);

/* memcmp() of @bytes from @offset with @buf; a list that ends first is less. */
int iov_memcmp(const struct iovec *iov, const unsigned int iov_cnt,
               size_t offset, const void *buf, size_t bytes);

/* Copy up to @bytes from one list to another; gives the bytes copied. */
size_t iov_to_iov(const struct iovec *dst, unsigned int dst_cnt, size_t dst_off,
                  const struct iovec *src, unsigned int src_cnt, size_t src_off,
                  size_t bytes);

/*
 * Make in @dst_iov (at most @dst_iov_cnt elements) a list of the same memory as
 * @bytes of @iov from @offset on. Gives the elements used; the rest of the
 * bytes is left out if they do not suffice.
 */
unsigned iov_copy(struct iovec *dst_iov, unsigned int dst_iov_cnt,
                  const struct iovec *iov, unsigned int iov_cnt,
                  size_t offset, size_t bytes);

/*
 * Drop @bytes from the front (back) of the list in place: *@iov and *@iov_cnt
 * (*@iov_cnt) and the element cut into change. Gives the bytes dropped.
 */
size_t iov_discard_front(struct iovec **iov, unsigned int *iov_cnt,
                         size_t bytes);
size_t iov_discard_back(struct iovec *iov, unsigned int *iov_cnt, size_t bytes);

/* Remembers the element that a discard changed, so that it can be restored. */
typedef struct {
    struct iovec *modified_iov;
    struct iovec orig;
} IOVDiscardUndo;

size_t iov_discard_front_undoable(struct iovec **iov, unsigned int *iov_cnt,
                                  size_t bytes, IOVDiscardUndo *undo);
size_t iov_discard_back_undoable(struct iovec *iov, unsigned int *iov_cnt,
                                 size_t bytes, IOVDiscardUndo *undo);
void iov_discard_undo(IOVDiscardUndo *undo);

/* Hex dump of up to @limit bytes of the list, lines starting with @prefix. */
void iov_hexdump(const struct iovec *iov, const unsigned int iov_cnt, FILE *fp,
                 const char *prefix, size_t limit);

/*
 * A list that grows: upstream's QEMUIOVector without the embedded short form.
 * qemu_iovec_reset() keeps the memory for the next use.
 */
typedef struct QEMUIOVector {
    struct iovec *iov;
    int niov;
    int nalloc;
    size_t size;
} QEMUIOVector;

void qemu_iovec_init(QEMUIOVector *qiov, int alloc_hint);
void qemu_iovec_add(QEMUIOVector *qiov, void *base, size_t len);
void qemu_iovec_reset(QEMUIOVector *qiov);
void qemu_iovec_destroy(QEMUIOVector *qiov);

#endif
