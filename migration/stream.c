/*
 * The container of a saved machine: a header, then sections with a length and a
 * checksum. What is in the sections is the business of savevm.c and ram.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <zlib.h>
#include "migration-internal.h"
#include "qapi/error.h"
#include "qemu/bswap.h"

#define STREAM_MAGIC    "EMUSTATE"
#define STREAM_VERSION  1

/* type and length, as they stand in the stream: under the checksum, too */
#define SECTION_HEAD    5

/* No section may claim more than its kind ever has. */
static const struct {
    const char *name;
    uint32_t bytes_max;
} kinds[] = {
    [SECTION_MACHINE] = { "machine", 64u << 10 },
    [SECTION_BLOCKS] = { "memory blocks", 1u << 20 },
    [SECTION_PAGES] = { "memory pages", SECTION_PAGES_MAX },
    [SECTION_STATES] = { "device states", SECTION_STATES_MAX },
    [SECTION_END] = { "end", 0 },
};

void stream_put_header(QEMUFile *f)
{
    qemu_put_buffer(f, (const uint8_t *)STREAM_MAGIC, strlen(STREAM_MAGIC));
    qemu_put_be32(f, STREAM_VERSION);
}

bool stream_get_header(QEMUFile *f, Error **errp)
{
    uint8_t magic[sizeof(STREAM_MAGIC) - 1];
    uint32_t version;

    qemu_get_buffer(f, magic, sizeof(magic));
    version = qemu_get_be32(f);
    if (qemu_file_get_error(f)) {
        error_setg_errno(errp, -qemu_file_get_error(f),
                         "the stream ends in its header");
        return false;
    }
    if (memcmp(magic, STREAM_MAGIC, sizeof(magic))) {
        error_setg(errp, "this is not the state of a machine");
        return false;
    }
    if (version != STREAM_VERSION) {
        error_setg(errp, "the stream has version %u, not %u", version,
                   STREAM_VERSION);
        return false;
    }
    return true;
}

static uint32_t checksum(uint8_t type, uint32_t size, const void *head,
                         size_t head_size, const void *body, size_t body_size)
{
    uint8_t raw[SECTION_HEAD] = { type };
    uLong crc;

    stl_be_p(raw + 1, size);
    crc = crc32_z(0, raw, sizeof(raw));
    crc = crc32_z(crc, head, head_size);
    return body_size ? crc32_z(crc, body, body_size) : crc;
}

void stream_put_section(QEMUFile *f, uint8_t type, const void *head,
                        size_t head_size, const void *body, size_t body_size)
{
    uint32_t size = head_size + body_size;

    g_assert(head_size + body_size <= kinds[type].bytes_max);
    head = head ? head : "";
    qemu_put_byte(f, type);
    qemu_put_be32(f, size);
    qemu_put_buffer(f, head, head_size);
    qemu_put_buffer(f, body, body_size);
    qemu_put_be32(f, checksum(type, size, head, head_size, body, body_size));
}

static bool ends_too_soon(QEMUFile *f, Error **errp)
{
    int ret = qemu_file_get_error(f);

    if (ret == -EIO) {
        error_setg(errp, "the stream ends too soon");
    } else if (ret) {
        error_setg_errno(errp, -ret, "the stream cannot be read");
    }
    return ret != 0;
}

bool stream_get_section(QEMUFile *f, uint8_t *type, GByteArray *data,
                        Error **errp)
{
    uint32_t size, sum;

    *type = qemu_get_byte(f);
    size = qemu_get_be32(f);
    if (ends_too_soon(f, errp)) {
        return false;
    }
    if (*type < SECTION_MACHINE || *type > SECTION_END) {
        error_setg(errp, "the stream is damaged: unknown section %u", *type);
        return false;
    }
    if (size > kinds[*type].bytes_max) {
        error_setg(errp, "the stream is damaged: %u bytes of %s, at most %u "
                   "are possible", size, kinds[*type].name,
                   kinds[*type].bytes_max);
        return false;
    }
    g_byte_array_set_size(data, size);
    qemu_get_buffer(f, data->data, size);
    sum = qemu_get_be32(f);
    if (ends_too_soon(f, errp)) {
        return false;
    }
    if (sum != checksum(*type, size, size ? data->data : (void *)"", size,
                        NULL, 0)) {
        error_setg(errp, "the stream is damaged: wrong checksum of %s",
                   kinds[*type].name);
        return false;
    }
    return true;
}
