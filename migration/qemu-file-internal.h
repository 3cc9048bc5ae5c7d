/*
 * What state descriptions need of a stream beyond bytes: a limit for reading,
 * and lengths that are filled in afterwards for writing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MIGRATION_QEMU_FILE_INTERNAL_H
#define MIGRATION_QEMU_FILE_INTERNAL_H

#include "migration/qemu-file.h"

/*
 * Reading stops after `size` more bytes: what asks for more fails with
 * -EINVAL. False if an outer limit is nearer. *outer is to be given to
 * qemu_file_end_limit(), which answers false (and fails) unless exactly all
 * was read.
 */
bool qemu_file_begin_limit(QEMUFile *f, uint64_t size, uint64_t *outer);
bool qemu_file_end_limit(QEMUFile *f, uint64_t outer);
/* Bytes up to the limit; UINT64_MAX without one. */
uint64_t qemu_file_limit_left(QEMUFile *f);

/*
 * Makes I/O on a descriptor fail with -ECANCELED once cancel_fd is readable. The
 * descriptor does not block any more until the stream is closed.
 */
void qemu_file_set_cancel_fd(QEMUFile *f, int cancel_fd);

/* What qemu_file_explain() said, or NULL. */
const char *qemu_file_reason(QEMUFile *f);

/* Output over memory only: is it that; room for a 32-bit length; filling the
 * length of what was written since in. */
bool qemu_file_is_output_mem(QEMUFile *f);
size_t qemu_file_begin_length(QEMUFile *f);
void qemu_file_end_length(QEMUFile *f, size_t mark);

#endif
