/*
 * Writing the SMBIOS structures, and the anchor by which they are found. Field
 * offsets are those of the reference specification 2.8, chapters 5.2 and 7.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "qemu/uuid.h"
#include "smbios-internal.h"

/* Handles: structures of a kind are numbered from these on. */
enum {
    HANDLE_BIOS = 0x000, HANDLE_SYSTEM = 0x100, HANDLE_BOARD = 0x200,
    HANDLE_CHASSIS = 0x300, HANDLE_PROCESSOR = 0x400, HANDLE_OEM = 0xe00,
    HANDLE_ARRAY = 0x1000, HANDLE_DEVICE = 0x1100, HANDLE_MAPPED = 0x1300,
    HANDLE_BOOT = 0x2000, HANDLE_END = 0x7f00, NO_HANDLE = 0xfffe,
};

#define ANCHOR_BYTES    31
/* Their length is told in 16 bits, and they share a segment with the anchor. */
#define TABLES_MAX      (64 * 1024 - 32u)
/* A memory module of the guest is at most so large. */
#define MODULE_BYTES    (16 * GiB)

/* Structures one after the other; the last one is being written. */
typedef struct Tables {
    GByteArray *out;
    GByteArray *strings;        /* of that one */
    guint at;                   /* where it begins */
    unsigned string_count;
    unsigned count, largest;
} Tables;

static void begin(Tables *t, uint8_t type, uint8_t length, uint16_t handle)
{
    t->at = t->out->len;
    t->string_count = 0;
    g_byte_array_set_size(t->strings, 0);
    g_byte_array_set_size(t->out, t->at + length);
    memset(t->out->data + t->at, 0, length);
    t->out->data[t->at] = type;
    t->out->data[t->at + 1] = length;
    stw_le_p(t->out->data + t->at + 2, handle);
}

static void put(Tables *t, unsigned offset, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        t->out->data[t->at + offset + i] = value >> (8 * i);
    }
}

/* A string is named by its number behind the structure; 0: there is none. */
static void put_text(Tables *t, unsigned offset, const char *text)
{
    if (text && *text) {
        g_byte_array_append(t->strings, (const uint8_t *)text,
                            strlen(text) + 1);
        put(t, offset, 1, ++t->string_count);
    }
}

static void end(Tables *t)
{
    static const uint8_t zeros[2];

    g_byte_array_append(t->out, t->strings->data, t->strings->len);
    g_byte_array_append(t->out, zeros, t->string_count ? 1 : 2);
    t->count++;
    t->largest = MAX(t->largest, t->out->len - t->at);
}

static unsigned said_number(unsigned type, const char *key, unsigned otherwise)
{
    const char *text = smbios_said(type, key, NULL);
    unsigned number = otherwise;

    if (text) {
        qemu_strtoui(text, NULL, 0, &number);
    }
    return number;
}

/* --- 7.1: only if -smbios speaks of it, else firmware does --- */

static void put_bios(Tables *t)
{
    enum { NOT_SUPPORTED = 1 << 3, TARGETED = 1 << 2, UEFI = 1 << 3,
           VIRTUAL = 1 << 4 };
    const char *release = smbios_said(SMBIOS_BIOS, "release", NULL);
    const char *uefi = smbios_said(SMBIOS_BIOS, "uefi", "off");
    unsigned major = 0xff, minor = 0xff;

    if (!smbios_said_any(SMBIOS_BIOS)) {
        return;
    }
    if (release) {
        sscanf(release, "%u.%u", &major, &minor);
    }
    begin(t, SMBIOS_BIOS, 0x18, HANDLE_BIOS);
    put_text(t, 0x04, smbios_said(SMBIOS_BIOS, "vendor", NULL));
    put_text(t, 0x05, smbios_said(SMBIOS_BIOS, "version", NULL));
    put(t, 0x06, 2, 0xe800);
    put_text(t, 0x08, smbios_said(SMBIOS_BIOS, "date", NULL));
    put(t, 0x0a, 8, NOT_SUPPORTED);
    put(t, 0x13, 1, TARGETED | VIRTUAL | (strcmp(uefi, "on") ? 0 : UEFI));
    put(t, 0x14, 1, major);
    put(t, 0x15, 1, minor);
    put(t, 0x16, 2, 0xffff);
    end(t);
}

/* --- 7.2: the first three fields of a UUID are little-endian here --- */

static void put_uuid(Tables *t, unsigned offset, const uint8_t *uuid)
{
    static const uint8_t order[16] = {
        3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15,
    };

    for (unsigned i = 0; i < sizeof(order); i++) {
        put(t, offset + i, 1, uuid[order[i]]);
    }
}

static void put_system(Tables *t, const SmbiosBoard *board)
{
    const char *text = smbios_said(SMBIOS_SYSTEM, "uuid", NULL);
    QemuUUID uuid;

    begin(t, SMBIOS_SYSTEM, 0x1b, HANDLE_SYSTEM);
    put_text(t, 0x04, smbios_said(SMBIOS_SYSTEM, "manufacturer",
                                  board->manufacturer));
    put_text(t, 0x05, smbios_said(SMBIOS_SYSTEM, "product", board->product));
    put_text(t, 0x06, smbios_said(SMBIOS_SYSTEM, "version", board->version));
    put_text(t, 0x07, smbios_said(SMBIOS_SYSTEM, "serial", NULL));
    if (text && qemu_uuid_parse(text, &uuid) == 0) {
        put_uuid(t, 0x08, uuid.data);
    } else if (board->uuid) {
        put_uuid(t, 0x08, board->uuid);
    }
    put(t, 0x18, 1, 0x06);              /* woken by the power switch */
    put_text(t, 0x19, smbios_said(SMBIOS_SYSTEM, "sku", NULL));
    put_text(t, 0x1a, smbios_said(SMBIOS_SYSTEM, "family", NULL));
    end(t);
}

/* --- 7.3, 7.4 --- */

static void put_board(Tables *t, const SmbiosBoard *board)
{
    if (!smbios_said_any(SMBIOS_BOARD)) {
        return;
    }
    begin(t, SMBIOS_BOARD, 0x0f, HANDLE_BOARD);
    put_text(t, 0x04, smbios_said(SMBIOS_BOARD, "manufacturer",
                                  board->manufacturer));
    put_text(t, 0x05, smbios_said(SMBIOS_BOARD, "product", board->product));
    put_text(t, 0x06, smbios_said(SMBIOS_BOARD, "version", board->version));
    put_text(t, 0x07, smbios_said(SMBIOS_BOARD, "serial", NULL));
    put_text(t, 0x08, smbios_said(SMBIOS_BOARD, "asset", NULL));
    put(t, 0x09, 1, 0x01);              /* a hosting board */
    put_text(t, 0x0a, smbios_said(SMBIOS_BOARD, "location", NULL));
    put(t, 0x0b, 2, HANDLE_CHASSIS);
    put(t, 0x0d, 1, 0x0a);              /* a motherboard */
    end(t);
}

static void put_chassis(Tables *t, const SmbiosBoard *board)
{
    enum { OTHER = 1, SAFE = 3, UNKNOWN = 2 };

    begin(t, SMBIOS_CHASSIS, 0x16, HANDLE_CHASSIS);
    put_text(t, 0x04, smbios_said(SMBIOS_CHASSIS, "manufacturer",
                                  board->manufacturer));
    put(t, 0x05, 1, OTHER);
    put_text(t, 0x06, smbios_said(SMBIOS_CHASSIS, "version", board->version));
    put_text(t, 0x07, smbios_said(SMBIOS_CHASSIS, "serial", NULL));
    put_text(t, 0x08, smbios_said(SMBIOS_CHASSIS, "asset", NULL));
    put(t, 0x09, 1, SAFE);
    put(t, 0x0a, 1, SAFE);
    put(t, 0x0b, 1, SAFE);
    put(t, 0x0c, 1, UNKNOWN);
    put_text(t, 0x15, smbios_said(SMBIOS_CHASSIS, "sku", NULL));
    end(t);
}

/* --- 7.5 --- */

static void put_processor(Tables *t, const SmbiosBoard *board, unsigned socket)
{
    enum { CENTRAL = 3, OTHER = 1, IDLE_POPULATED = 0x41, UNKNOWN = 2 };
    g_autofree char *name = g_strdup_printf(
        "%s%2x", smbios_said(SMBIOS_PROCESSOR, "sock_pfx", "CPU"), socket);
    unsigned cores = board->cores, threads = board->cores * board->threads;

    begin(t, SMBIOS_PROCESSOR, 0x2a, HANDLE_PROCESSOR + socket);
    put_text(t, 0x04, name);
    put(t, 0x05, 1, CENTRAL);
    put(t, 0x06, 1, OTHER);
    put_text(t, 0x07, smbios_said(SMBIOS_PROCESSOR, "manufacturer",
                                  board->manufacturer));
    put(t, 0x08, 4, board->cpu_signature);
    put(t, 0x0c, 4, board->cpu_features);
    put_text(t, 0x10, smbios_said(SMBIOS_PROCESSOR, "version", board->version));
    put(t, 0x14, 2, said_number(SMBIOS_PROCESSOR, "max-speed", 2000));
    put(t, 0x16, 2, said_number(SMBIOS_PROCESSOR, "current-speed", 2000));
    put(t, 0x18, 1, IDLE_POPULATED);
    put(t, 0x19, 1, OTHER);
    put(t, 0x1a, 6, 0xffffffffffff);    /* no structures about caches */
    put_text(t, 0x20, smbios_said(SMBIOS_PROCESSOR, "serial", NULL));
    put_text(t, 0x21, smbios_said(SMBIOS_PROCESSOR, "asset", NULL));
    put_text(t, 0x22, smbios_said(SMBIOS_PROCESSOR, "part", NULL));
    put(t, 0x23, 1, MIN(cores, 255));
    put(t, 0x24, 1, MIN(cores, 255));
    put(t, 0x25, 1, MIN(threads, 255));
    put(t, 0x26, 2, UNKNOWN);
    put(t, 0x28, 2, OTHER);
    end(t);
}

/* --- 7.12 --- */

static void put_oem_strings(Tables *t)
{
    const char *text;
    unsigned n;

    if (!smbios_said_any(SMBIOS_OEM_STRINGS)) {
        return;
    }
    begin(t, SMBIOS_OEM_STRINGS, 0x05, HANDLE_OEM);
    for (n = 0; n < 255 &&
         (text = smbios_said_nth(SMBIOS_OEM_STRINGS, "value", n)); n++) {
        put_text(t, 0x04, text);        /* the last number is their count */
    }
    end(t);
}

/* --- 7.17, 7.18, 7.20: memory --- */

static void put_memory_array(Tables *t, const SmbiosBoard *board,
                             unsigned modules)
{
    enum { OTHER = 1, SYSTEM_MEMORY = 3, MULTI_BIT_ECC = 6 };
    bool large = board->ram_bytes >= 2 * TiB;

    begin(t, SMBIOS_MEMORY_ARRAY, 0x17, HANDLE_ARRAY);
    put(t, 0x04, 1, OTHER);
    put(t, 0x05, 1, SYSTEM_MEMORY);
    put(t, 0x06, 1, MULTI_BIT_ECC);
    put(t, 0x07, 4, large ? 0x80000000 : board->ram_bytes / KiB);
    put(t, 0x0b, 2, NO_HANDLE);
    put(t, 0x0d, 2, modules);
    put(t, 0x0f, 8, large ? board->ram_bytes : 0);
    end(t);
}

static void put_memory_device(Tables *t, unsigned n, uint64_t bytes)
{
    enum { DIMM = 9, RAM = 7, OTHER = 1 << 1 };
    uint64_t mib = bytes / MiB;
    g_autofree char *place = g_strdup_printf(
        "%s %u", smbios_said(SMBIOS_MEMORY_DEVICE, "loc_pfx", "DIMM"), n);
    unsigned speed = said_number(SMBIOS_MEMORY_DEVICE, "speed", 0);

    begin(t, SMBIOS_MEMORY_DEVICE, 0x28, HANDLE_DEVICE + n);
    put(t, 0x04, 2, HANDLE_ARRAY);
    put(t, 0x06, 2, NO_HANDLE);
    put(t, 0x08, 4, 0xffffffff);        /* widths: unknown */
    put(t, 0x0c, 2, MIN(mib, 0x7fff));
    put(t, 0x0e, 1, DIMM);
    put_text(t, 0x10, place);
    put_text(t, 0x11, smbios_said(SMBIOS_MEMORY_DEVICE, "bank", NULL));
    put(t, 0x12, 1, RAM);
    put(t, 0x13, 2, OTHER);
    put(t, 0x15, 2, speed);
    put_text(t, 0x17, smbios_said(SMBIOS_MEMORY_DEVICE, "manufacturer", NULL));
    put_text(t, 0x18, smbios_said(SMBIOS_MEMORY_DEVICE, "serial", NULL));
    put_text(t, 0x19, smbios_said(SMBIOS_MEMORY_DEVICE, "asset", NULL));
    put_text(t, 0x1a, smbios_said(SMBIOS_MEMORY_DEVICE, "part", NULL));
    put(t, 0x1c, 4, mib >= 0x7fff ? mib : 0);
    put(t, 0x20, 2, speed);
    end(t);
}

static void put_mapped(Tables *t, unsigned n, const SmbiosRange *range)
{
    uint64_t first_kib = range->start / KiB, last_kib = range->end / KiB - 1;
    bool large = last_kib >= UINT32_MAX;

    begin(t, SMBIOS_MEMORY_MAPPED, 0x1f, HANDLE_MAPPED + n);
    put(t, 0x04, 4, large ? UINT32_MAX : first_kib);
    put(t, 0x08, 4, large ? UINT32_MAX : last_kib);
    put(t, 0x0c, 2, HANDLE_ARRAY);
    put(t, 0x0e, 1, 1);
    if (large) {
        put(t, 0x0f, 8, range->start);
        put(t, 0x17, 8, range->end - 1);
    }
    end(t);
}

static void put_memory(Tables *t, const SmbiosBoard *board)
{
    unsigned modules = DIV_ROUND_UP(board->ram_bytes, MODULE_BYTES);
    uint64_t left = board->ram_bytes;

    put_memory_array(t, board, modules);
    for (unsigned n = 0; n < modules; n++) {
        put_memory_device(t, n, MIN(left, MODULE_BYTES));
        left -= MIN(left, MODULE_BYTES);
    }
    for (unsigned n = 0; n < ARRAY_SIZE(board->ram); n++) {
        if (board->ram[n].end > board->ram[n].start) {
            put_mapped(t, n, &board->ram[n]);
        }
    }
}

/* --- all of it --- */

static void put_files(Tables *t)
{
    unsigned count, largest;
    const GByteArray *bytes = smbios_file_structures(&count, &largest);

    if (bytes) {
        g_byte_array_append(t->out, bytes->data, bytes->len);
        t->count += count;
        t->largest = MAX(t->largest, largest);
    }
}

static uint8_t balance(const uint8_t *bytes, size_t count)
{
    uint8_t sum = 0;

    while (count--) {
        sum += *bytes++;
    }
    return -sum;
}

/* 5.2.1: the 32-bit entry point, with an older one in its second half. */
static GByteArray *make_anchor(const Tables *t, uint32_t address)
{
    enum { OLDER = 0x10, OLDER_BYTES = 15 };
    GByteArray *anchor = g_byte_array_new();
    uint8_t *a;

    g_byte_array_set_size(anchor, ANCHOR_BYTES);
    a = memset(anchor->data, 0, ANCHOR_BYTES);
    memcpy(a, "_SM_", 4);
    a[0x05] = ANCHOR_BYTES;
    a[0x06] = 2;
    a[0x07] = 8;
    stw_le_p(a + 0x08, MIN(t->largest, UINT16_MAX));
    memcpy(a + OLDER, "_DMI_", 5);
    stw_le_p(a + 0x16, t->out->len);
    stl_le_p(a + 0x18, address);
    stw_le_p(a + 0x1c, t->count);
    a[0x1e] = 0x28;
    a[0x15] = balance(a + OLDER, OLDER_BYTES);
    a[0x04] = balance(a, ANCHOR_BYTES);
    return anchor;
}

bool smbios_build(const SmbiosBoard *board, uint32_t address,
                  GByteArray **tables, GByteArray **anchor, Error **errp)
{
    Tables t = { .out = g_byte_array_new(), .strings = g_byte_array_new() };

    put_bios(&t);
    put_system(&t, board);
    put_board(&t, board);
    put_chassis(&t, board);
    for (unsigned i = 0; i < board->sockets; i++) {
        put_processor(&t, board, i);
    }
    put_oem_strings(&t);
    put_memory(&t, board);
    begin(&t, SMBIOS_BOOT, 0x0b, HANDLE_BOOT);
    end(&t);
    put_files(&t);
    begin(&t, SMBIOS_END, 0x04, HANDLE_END);
    end(&t);
    g_byte_array_unref(t.strings);
    if (t.out->len > TABLES_MAX) {
        error_setg(errp, "the tables would have %u bytes; %u is the "
                   "most", t.out->len, TABLES_MAX);
        g_byte_array_unref(t.out);
        return false;
    }
    *tables = t.out;
    *anchor = make_anchor(&t, address);
    return true;
}
