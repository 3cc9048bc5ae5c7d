/*
 * Files into guest memory.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_CORE_LOADER_H
#define HW_CORE_LOADER_H

#include "system/memory.h"

/* Size of a file in bytes, or -1 with errno. */
int64_t get_image_size(const char *filename);
/* Read at most size bytes of a file to addr in host memory: bytes, or -1. */
ssize_t load_image_size(const char *filename, void *addr, size_t size);
/* Fill a RAM or ROM region from a file no larger than it: bytes, or -1. */
ssize_t load_image_mr(const char *filename, MemoryRegion *mr);

/*
 * A regular file that stays open, so that parts of it can be put into guest
 * memory at each reset without being kept in ours.
 */
typedef struct ImageFile {
    char *name;
    int fd;
    uint64_t bytes;
} ImageFile;

/* what names the file's role in messages, as in "kernel". */
bool image_file_open(ImageFile *file, const char *what, const char *filename,
                     Error **errp);
void image_file_close(ImageFile *file);
/* Read up to bytes from the beginning: how many there were, or -1. */
ssize_t image_file_head(const ImageFile *file, void *buf, size_t bytes);
/* Put bytes from offset to guest address addr. */
bool image_file_load(const ImageFile *file, uint64_t offset, uint64_t bytes,
                     AddressSpace *as, hwaddr addr, Error **errp);

#endif
