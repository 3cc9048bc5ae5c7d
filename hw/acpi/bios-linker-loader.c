/*
 * The table linker: writes the loader script for firmware, and runs it itself
 * for a direct boot. What the tables say is none of its business.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/acpi/bios-linker-loader.h"
#include "hw/acpi/aml-build.h"

enum { CMD_ALLOCATE = 1, CMD_ADD_POINTER = 2, CMD_ADD_CHECKSUM = 3 };
enum { ZONE_HIGH = 1, ZONE_FSEG = 2 };

/* A step in our own form; the script says the same in firmware's. */
typedef struct LinkStep {
    uint32_t command;
    unsigned dest, src;         /* indices of files */
    uint32_t offset;            /* of the pointer or of the checksum */
    uint32_t start, length;     /* of what is summed */
    uint8_t size;               /* of the pointer */
} LinkStep;

typedef struct LinkFile {
    char name[BIOS_LINKER_NAME_BYTES];
    GByteArray *blob;
    uint32_t align;
    bool in_fseg;
} LinkFile;

struct BIOSLinker {
    GByteArray *script;
    GArray *files;
    GArray *steps;
};

BIOSLinker *bios_linker_loader_init(void)
{
    BIOSLinker *linker = g_new(BIOSLinker, 1);

    linker->script = g_byte_array_new();
    linker->files = g_array_new(false, true, sizeof(LinkFile));
    linker->steps = g_array_new(false, true, sizeof(LinkStep));
    return linker;
}

void bios_linker_loader_cleanup(BIOSLinker *linker)
{
    if (linker) {
        g_byte_array_unref(linker->script);
        g_array_unref(linker->files);
        g_array_unref(linker->steps);
        g_free(linker);
    }
}

const GByteArray *bios_linker_loader_script(const BIOSLinker *linker)
{
    return linker->script;
}

static LinkFile *file_at(const BIOSLinker *linker, unsigned index)
{
    return &g_array_index(linker->files, LinkFile, index);
}

static unsigned file_index(const BIOSLinker *linker, const char *name)
{
    unsigned i = 0;

    while (i < linker->files->len && strcmp(file_at(linker, i)->name, name)) {
        i++;
    }
    g_assert(i < linker->files->len);
    return i;
}

static void script_name(BIOSLinker *linker, unsigned file)
{
    g_byte_array_append(linker->script,
                        (const guint8 *)file_at(linker, file)->name,
                        BIOS_LINKER_NAME_BYTES);
}

static void script_int(BIOSLinker *linker, uint64_t value, unsigned size)
{
    acpi_append_int(linker->script, value, size);
}

/* Pads the entry that was begun to its full size. */
static void script_entry_end(BIOSLinker *linker)
{
    guint full = ROUND_UP(linker->script->len, BIOS_LINKER_ENTRY_BYTES);
    guint old = linker->script->len;

    g_byte_array_set_size(linker->script, full);
    memset(linker->script->data + old, 0, full - old);
}

void bios_linker_loader_alloc(BIOSLinker *linker, const char *file,
                              GByteArray *blob, uint32_t align, bool in_fseg)
{
    LinkFile entry = { .blob = blob, .align = align, .in_fseg = in_fseg };

    g_assert(strlen(file) < sizeof(entry.name));
    strcpy(entry.name, file);
    g_array_append_val(linker->files, entry);

    script_int(linker, CMD_ALLOCATE, 4);
    script_name(linker, linker->files->len - 1);
    script_int(linker, align, 4);
    script_int(linker, in_fseg ? ZONE_FSEG : ZONE_HIGH, 1);
    script_entry_end(linker);
}

void bios_linker_loader_add_pointer(BIOSLinker *linker, const char *dest,
                                    uint32_t dest_offset, uint8_t size,
                                    const char *src, uint32_t src_offset)
{
    LinkStep step = { CMD_ADD_POINTER, file_index(linker, dest),
                      file_index(linker, src), dest_offset, .size = size };
    GByteArray *blob = file_at(linker, step.dest)->blob;

    g_assert(dest_offset + size <= blob->len);
    for (unsigned i = 0; i < size; i++) {
        blob->data[dest_offset + i] = (uint64_t)src_offset >> (8 * i);
    }
    g_array_append_val(linker->steps, step);

    script_int(linker, CMD_ADD_POINTER, 4);
    script_name(linker, step.dest);
    script_name(linker, step.src);
    script_int(linker, dest_offset, 4);
    script_int(linker, size, 1);
    script_entry_end(linker);
}

void bios_linker_loader_add_checksum(BIOSLinker *linker, const char *file,
                                     uint32_t start, uint32_t length,
                                     uint32_t checksum_offset)
{
    LinkStep step = { CMD_ADD_CHECKSUM, file_index(linker, file), 0,
                      checksum_offset, start, length };
    GByteArray *blob = file_at(linker, step.dest)->blob;

    g_assert(start + length <= blob->len && checksum_offset < blob->len);
    blob->data[checksum_offset] = 0;    /* firmware counts it as it finds it */
    g_array_append_val(linker->steps, step);

    script_int(linker, CMD_ADD_CHECKSUM, 4);
    script_name(linker, step.dest);
    script_int(linker, checksum_offset, 4);
    script_int(linker, start, 4);
    script_int(linker, length, 4);
    script_entry_end(linker);
}

static bool place(const LinkFile *file, BIOSLinkerZones *zones, uint64_t *at)
{
    uint64_t *next = file->in_fseg ? &zones->fseg_next : &zones->high_next;
    uint64_t end = file->in_fseg ? zones->fseg_end : zones->high_end;

    *at = ROUND_UP(*next, file->align);
    if (*at > end || end - *at < file->blob->len) {
        return false;
    }
    *next = *at + file->blob->len;
    return true;
}

static void apply_step(const LinkStep *step, GByteArray **copies,
                       const uint64_t *addresses)
{
    guint8 *bytes = copies[step->dest]->data;

    if (step->command == CMD_ADD_POINTER) {
        uint64_t value = 0;

        memcpy(&value, bytes + step->offset, step->size);
        value += addresses[step->src];
        memcpy(bytes + step->offset, &value, step->size);
    } else {
        uint8_t sum = 0;

        for (uint32_t i = 0; i < step->length; i++) {
            sum += bytes[step->start + i];
        }
        bytes[step->offset] -= sum;
    }
}

bool bios_linker_apply(const BIOSLinker *linker, BIOSLinkerZones *zones,
                       BIOSLinkerPlaced *placed, void *opaque)
{
    unsigned count = linker->files->len;
    g_autofree uint64_t *addresses = g_new0(uint64_t, count);
    g_autoptr(GPtrArray) copies =
        g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);

    for (unsigned i = 0; i < count; i++) {
        const LinkFile *file = file_at(linker, i);
        GByteArray *copy = g_byte_array_sized_new(file->blob->len);

        g_byte_array_append(copy, file->blob->data, file->blob->len);
        g_ptr_array_add(copies, copy);
        if (!place(file, zones, &addresses[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < linker->steps->len; i++) {
        apply_step(&g_array_index(linker->steps, LinkStep, i),
                   (GByteArray **)copies->pdata, addresses);
    }
    for (unsigned i = 0; i < count; i++) {
        placed(opaque, file_at(linker, i)->name, addresses[i],
               g_ptr_array_index(copies, i));
    }
    return true;
}
