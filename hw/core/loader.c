/*
 * Files into guest memory, straight from the file to where the guest sees them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/core/loader.h"

int64_t get_image_size(const char *filename)
{
    struct stat st;

    return stat(filename, &st) < 0 ? -1 : st.st_size;
}

/* pread() until all is there or the file ends: bytes, or -1. */
static ssize_t read_full(int fd, void *buf, size_t bytes, uint64_t offset)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = RETRY_ON_EINTR(pread(fd, (char *)buf + done, bytes - done,
                                         offset + done));

        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        done += n;
    }
    return done;
}

ssize_t load_image_size(const char *filename, void *addr, size_t size)
{
    int fd = open(filename, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0) {
        return -1;
    }
    n = read_full(fd, addr, size, 0);
    close(fd);
    return n;
}

ssize_t load_image_mr(const char *filename, MemoryRegion *mr)
{
    uint64_t room = memory_region_size(mr);
    int64_t bytes = get_image_size(filename);

    if (bytes < 0 || (uint64_t)bytes > room) {
        return -1;
    }
    bytes = load_image_size(filename, memory_region_get_ram_ptr(mr), bytes);
    if (bytes > 0) {
        memory_region_set_dirty(mr, 0, bytes);
    }
    return bytes;
}

bool image_file_open(ImageFile *file, const char *what, const char *filename,
                     Error **errp)
{
    struct stat st;
    int fd = open(filename, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0) {
        error_setg_errno(errp, errno, "could not open %s '%s'", what, filename);
    } else if (!S_ISREG(st.st_mode)) {
        error_setg(errp, "%s '%s' is not a regular file", what, filename);
    } else {
        *file = (ImageFile) { g_strdup(filename), fd, st.st_size };
        return true;
    }
    if (fd >= 0) {
        close(fd);
    }
    return false;
}

void image_file_close(ImageFile *file)
{
    if (file->name) {
        close(file->fd);
        g_clear_pointer(&file->name, g_free);
    }
}

ssize_t image_file_head(const ImageFile *file, void *buf, size_t bytes)
{
    return read_full(file->fd, buf, bytes, 0);
}

bool image_file_load(const ImageFile *file, uint64_t offset, uint64_t bytes,
                     AddressSpace *as, hwaddr addr, Error **errp)
{
    while (bytes) {
        hwaddr mapped = bytes;
        void *host = address_space_map(as, addr, &mapped, true,
                                       MEMTXATTRS_UNSPECIFIED);
        ssize_t n;

        if (!host) {
            error_setg(errp, "no guest memory at %#" PRIx64 " for '%s'",
                       (uint64_t)addr, file->name);
            return false;
        }
        n = read_full(file->fd, host, mapped, offset);
        address_space_unmap(as, host, mapped, true, MAX(n, 0));
        if (n < (ssize_t)mapped) {
            error_setg(errp, "could not read '%s': %s", file->name,
                       n < 0 ? strerror(errno) : "it became shorter");
            return false;
        }
        offset += n;
        addr += n;
        bytes -= n;
    }
    return true;
}
