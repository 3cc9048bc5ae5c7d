/*
 * A buffered stream of bytes, one way, with a sticky error: what states are
 * written to and read from. All numbers are big-endian.
 *
 * After an error (also the end of input) reads answer zeros and writes do
 * nothing. One thread at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MIGRATION_QEMU_FILE_H
#define MIGRATION_QEMU_FILE_H

/* A stream on a file descriptor, which it owns from now on. */
QEMUFile *qemu_file_new_input_fd(int fd);
QEMUFile *qemu_file_new_output_fd(int fd);
/* A stream over memory: input reads buf in place, which must stay; output
 * gathers. */
QEMUFile *qemu_file_new_input_mem(const void *buf, size_t size);
QEMUFile *qemu_file_new_output_mem(void);
/* What an output stream over memory has gathered; valid until the next write
 * or close. */
const uint8_t *qemu_file_get_mem(QEMUFile *f, size_t *size);

/* Flushes and frees. 0, or the -errno that the stream ended with. */
int qemu_fclose(QEMUFile *f);
int qemu_fflush(QEMUFile *f);
/* 0, or the first -errno; qemu_file_set_error keeps the first one. */
int qemu_file_get_error(QEMUFile *f);
void qemu_file_set_error(QEMUFile *f, int ret);
/* For VMStateInfo.get before it refuses: why, in words that follow the field's. */
void qemu_file_explain(QEMUFile *f, const char *fmt, ...) G_PRINTF(2, 3);
/* Bytes read or written so far. */
uint64_t qemu_file_transferred(QEMUFile *f);

void qemu_put_buffer(QEMUFile *f, const uint8_t *buf, size_t size);
/* Bytes that were there: `size`, or less at the end or on an error. */
size_t qemu_get_buffer(QEMUFile *f, uint8_t *buf, size_t size);
/* Looks at up to `size` (at most 4096) bytes further on without taking them:
 * how many are there from `offset`. */
size_t qemu_peek_buffer(QEMUFile *f, uint8_t **buf, size_t size,
                        size_t offset);
/* Drops bytes; -EIO at the end. */
int qemu_file_skip(QEMUFile *f, size_t size);

void qemu_put_byte(QEMUFile *f, int v);
void qemu_put_be16(QEMUFile *f, unsigned int v);
void qemu_put_be32(QEMUFile *f, unsigned int v);
void qemu_put_be64(QEMUFile *f, uint64_t v);
int qemu_get_byte(QEMUFile *f);
unsigned int qemu_get_be16(QEMUFile *f);
unsigned int qemu_get_be32(QEMUFile *f);
uint64_t qemu_get_be64(QEMUFile *f);

#define qemu_put_ubyte  qemu_put_byte
#define qemu_put_8s(f, p)       qemu_put_byte((f), *(p))
#define qemu_put_be16s(f, p)    qemu_put_be16((f), *(p))
#define qemu_put_be32s(f, p)    qemu_put_be32((f), *(p))
#define qemu_put_be64s(f, p)    qemu_put_be64((f), *(p))
#define qemu_get_8s(f, p)       (*(p) = qemu_get_byte(f))
#define qemu_get_be16s(f, p)    (*(p) = qemu_get_be16(f))
#define qemu_get_be32s(f, p)    (*(p) = qemu_get_be32(f))
#define qemu_get_be64s(f, p)    (*(p) = qemu_get_be64(f))

#endif
