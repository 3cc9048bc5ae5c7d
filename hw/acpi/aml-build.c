/*
 * The AML writer: opcodes, names, lengths, resource descriptors and table
 * headers. It knows the language; what a machine says in it stands in
 * hw/i386/acpi-build.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/acpi/aml-build.h"

enum {
    ZERO_OP = 0x00, ONE_OP = 0x01, NAME_OP = 0x08, BYTE_PREFIX = 0x0a,
    WORD_PREFIX = 0x0b, DWORD_PREFIX = 0x0c, STRING_PREFIX = 0x0d,
    QWORD_PREFIX = 0x0e, SCOPE_OP = 0x10, BUFFER_OP = 0x11, PACKAGE_OP = 0x12,
    METHOD_OP = 0x14, DUAL_NAME = 0x2e, MULTI_NAME = 0x2f, EXT_OP = 0x5b,
    LOCAL0_OP = 0x60, ARG0_OP = 0x68, IF_OP = 0xa0, ELSE_OP = 0xa1,
    WHILE_OP = 0xa2, ONES_OP = 0xff,
    EXT_MUTEX_OP = 0x01, EXT_ACQUIRE_OP = 0x23, EXT_RELEASE_OP = 0x27,
    EXT_REGION_OP = 0x80, EXT_FIELD_OP = 0x81, EXT_DEVICE_OP = 0x82,
};

/* Blocks nest at most this deep; deeper is a mistake of ours. */
#define AML_MAX_DEPTH 16

typedef struct AmlBlock {
    guint length_at;        /* where the package length goes */
    bool is_template;       /* a buffer: end tag and size are still missing */
} AmlBlock;

struct Aml {
    GByteArray *bytes;
    unsigned depth;
    AmlBlock open[AML_MAX_DEPTH];
};

Aml *aml_new(void)
{
    Aml *a = g_new0(Aml, 1);

    a->bytes = g_byte_array_new();
    return a;
}

void aml_free(Aml *a)
{
    if (a) {
        g_byte_array_unref(a->bytes);
        g_free(a);
    }
}

GByteArray *aml_steal(Aml *a)
{
    GByteArray *bytes = a->bytes;

    g_assert(a->depth == 0);
    g_free(a);
    return bytes;
}

guint aml_length(const Aml *a)
{
    return a->bytes->len;
}

void acpi_append_int(GByteArray *blob, uint64_t value, unsigned size)
{
    guint8 le[8];

    for (unsigned i = 0; i < size; i++) {
        le[i] = value >> (8 * i);
    }
    g_byte_array_append(blob, le, size);
}

static void put(Aml *a, uint64_t value, unsigned size)
{
    acpi_append_int(a->bytes, value, size);
}

static void put8(Aml *a, uint8_t value)
{
    g_byte_array_append(a->bytes, &value, 1);
}

/* ---- names (20.2.2) ---- */

static void put_segment(Aml *a, const char *text, size_t chars)
{
    guint8 seg[4] = { '_', '_', '_', '_' };

    g_assert(chars >= 1 && chars <= sizeof(seg));
    memcpy(seg, text, chars);
    g_byte_array_append(a->bytes, seg, sizeof(seg));
}

static void put_name(Aml *a, const char *name)
{
    unsigned segments = 0;

    while (*name == '\\' || *name == '^') {
        put8(a, *name++);
    }
    for (const char *p = name; *p; p = *p == '.' ? p + 1 : p) {
        segments++;
        p += strcspn(p, ".");
        if (!*p) {
            break;
        }
    }
    if (segments == 0) {
        put8(a, ZERO_OP);
    } else if (segments == 2) {
        put8(a, DUAL_NAME);
    } else if (segments > 2) {
        put8(a, MULTI_NAME);
        put8(a, segments);
    }
    while (segments--) {
        size_t chars = strcspn(name, ".");

        put_segment(a, name, chars);
        name += chars + (segments != 0);
    }
}

/* ---- package lengths (20.2.4) and blocks ---- */

static unsigned encode_length(guint8 out[4], unsigned value)
{
    unsigned extra;

    if (value < 0x40) {
        out[0] = value;
        return 1;
    }
    extra = value < (1u << 12) ? 1 : value < (1u << 20) ? 2 : 3;
    out[0] = extra << 6 | (value & 0xf);
    for (unsigned i = 0; i < extra; i++) {
        out[1 + i] = value >> (4 + 8 * i);
    }
    return 1 + extra;
}

/* The length of a block counts its own bytes. */
static unsigned encode_block_length(guint8 out[4], unsigned content)
{
    unsigned count = 1;

    while (encode_length(out, content + count) != count) {
        count++;
    }
    return count;
}

static void insert(Aml *a, guint at, const guint8 *bytes, guint count)
{
    guint old = a->bytes->len;

    g_byte_array_set_size(a->bytes, old + count);
    memmove(a->bytes->data + at + count, a->bytes->data + at, old - at);
    memcpy(a->bytes->data + at, bytes, count);
}

static void open_block(Aml *a, int op)
{
    g_assert(a->depth < AML_MAX_DEPTH);
    put8(a, op);
    a->open[a->depth++] = (AmlBlock) { .length_at = a->bytes->len };
}

static void open_ext_block(Aml *a, int op)
{
    put8(a, EXT_OP);
    open_block(a, op);
}

/* What a template lacks: its end tag behind, its size in front. */
static void finish_template(Aml *a, guint start)
{
    guint8 size[3] = { WORD_PREFIX };
    unsigned bytes;

    put(a, 0x0079, 2);
    bytes = a->bytes->len - start;
    size[1] = bytes;
    size[2] = bytes >> 8;
    insert(a, start, size, sizeof(size));
}

void aml_end(Aml *a)
{
    guint8 length[4];
    AmlBlock block;

    g_assert(a->depth > 0);
    block = a->open[--a->depth];
    if (block.is_template) {
        finish_template(a, block.length_at);
    }
    insert(a, block.length_at, length,
           encode_block_length(length, a->bytes->len - block.length_at));
}

void aml_scope(Aml *a, const char *name)
{
    open_block(a, SCOPE_OP);
    put_name(a, name);
}

void aml_device(Aml *a, const char *name)
{
    open_ext_block(a, EXT_DEVICE_OP);
    put_name(a, name);
}

void aml_method(Aml *a, const char *name, unsigned arg_count, bool serialized)
{
    g_assert(arg_count <= 7);
    open_block(a, METHOD_OP);
    put_name(a, name);
    put8(a, arg_count | (serialized ? 8 : 0));
}

void aml_if(Aml *a)
{
    open_block(a, IF_OP);
}

void aml_else(Aml *a)
{
    open_block(a, ELSE_OP);
}

void aml_while(Aml *a)
{
    open_block(a, WHILE_OP);
}

void aml_package(Aml *a, unsigned count)
{
    g_assert(count <= 255);
    open_block(a, PACKAGE_OP);
    put8(a, count);
}

void aml_resource_template(Aml *a)
{
    open_block(a, BUFFER_OP);
    a->open[a->depth - 1].is_template = true;
}

void aml_field(Aml *a, const char *region, AmlAccess access)
{
    open_ext_block(a, EXT_FIELD_OP);
    put_name(a, region);
    put8(a, access);
}

/* ---- terms and data ---- */

void aml_name(Aml *a, const char *name)
{
    put8(a, NAME_OP);
    put_name(a, name);
}

void aml_int(Aml *a, uint64_t value)
{
    static const struct { uint64_t max; uint8_t prefix, size; } forms[] = {
        { UINT8_MAX, BYTE_PREFIX, 1 }, { UINT16_MAX, WORD_PREFIX, 2 },
        { UINT32_MAX, DWORD_PREFIX, 4 }, { UINT64_MAX, QWORD_PREFIX, 8 },
    };
    unsigned i = 0;

    if (value <= 1) {
        put8(a, value ? ONE_OP : ZERO_OP);
        return;
    }
    while (value > forms[i].max) {
        i++;
    }
    put8(a, forms[i].prefix);
    put(a, value, forms[i].size);
}

void aml_string(Aml *a, const char *value)
{
    put8(a, STRING_PREFIX);
    g_byte_array_append(a->bytes, (const guint8 *)value, strlen(value) + 1);
}

/* Three letters of five bits, then four hex digits, most significant first. */
void aml_eisaid(Aml *a, const char *id)
{
    uint32_t packed = 0;

    g_assert(strlen(id) == 7);
    for (unsigned i = 0; i < 3; i++) {
        packed = packed << 5 | (id[i] - '@');
    }
    for (unsigned i = 3; i < 7; i++) {
        packed = packed << 4 | g_ascii_xdigit_value(id[i]);
    }
    put8(a, DWORD_PREFIX);
    put(a, GUINT32_SWAP_LE_BE(packed), 4);
}

void aml_buffer(Aml *a, const void *bytes, unsigned count)
{
    open_block(a, BUFFER_OP);
    aml_int(a, count);
    g_byte_array_append(a->bytes, bytes, count);
    aml_end(a);
}

void aml_name_int(Aml *a, const char *name, uint64_t value)
{
    aml_name(a, name);
    aml_int(a, value);
}

void aml_name_string(Aml *a, const char *name, const char *value)
{
    aml_name(a, name);
    aml_string(a, value);
}

void aml_name_eisaid(Aml *a, const char *name, const char *id)
{
    aml_name(a, name);
    aml_eisaid(a, id);
}

void aml_ref(Aml *a, const char *name)
{
    put_name(a, name);
}

void aml_local(Aml *a, unsigned number)
{
    g_assert(number <= 7);
    put8(a, LOCAL0_OP + number);
}

void aml_arg(Aml *a, unsigned number)
{
    g_assert(number <= 6);
    put8(a, ARG0_OP + number);
}

void aml_op(Aml *a, AmlOp op)
{
    put8(a, op);
}

void aml_no_target(Aml *a)
{
    put8(a, ZERO_OP);
}

void aml_op_region(Aml *a, const char *name, AmlRegionSpace space,
                   uint64_t offset, uint64_t length)
{
    put8(a, EXT_OP);
    put8(a, EXT_REGION_OP);
    put_name(a, name);
    put8(a, space);
    aml_int(a, offset);
    aml_int(a, length);
}

static void put_ext_named(Aml *a, int op, const char *name)
{
    put8(a, EXT_OP);
    put8(a, op);
    put_name(a, name);
}

void aml_mutex(Aml *a, const char *name)
{
    put_ext_named(a, EXT_MUTEX_OP, name);
    put8(a, 0);
}

void aml_acquire(Aml *a, const char *name)
{
    put_ext_named(a, EXT_ACQUIRE_OP, name);
    put(a, 0xffff, 2);
}

void aml_release(Aml *a, const char *name)
{
    put_ext_named(a, EXT_RELEASE_OP, name);
}

void aml_field_unit(Aml *a, const char *name, unsigned bits)
{
    guint8 length[4];

    if (name) {
        put_segment(a, name, strlen(name));
    } else {
        put8(a, 0);
    }
    g_byte_array_append(a->bytes, length, encode_length(length, bits));
}

void aml_create_dword_field(Aml *a, const char *buffer, unsigned byte_offset,
                            const char *name)
{
    put8(a, AML_CREATE_DWORD_FIELD);
    put_name(a, buffer);
    aml_int(a, byte_offset);
    put_name(a, name);
}

/* ---- resource descriptors (6.4.2, 6.4.3) ---- */

void aml_io(Aml *a, uint16_t base, uint8_t align, uint8_t length)
{
    put(a, 0x47 | 1 << 8, 2);           /* decodes 16 bits */
    put(a, base, 2);
    put(a, base, 2);
    put8(a, align);
    put8(a, length);
}

void aml_irq(Aml *a, unsigned irq)
{
    put8(a, 0x22);
    put(a, 1u << irq, 2);
}

void aml_memory32_fixed(Aml *a, uint32_t base, uint32_t length, bool writable)
{
    put8(a, 0x86);
    put(a, 9, 2);
    put8(a, writable);
    put(a, base, 4);
    put(a, length, 4);
}

void aml_interrupt(Aml *a, const uint32_t *irqs, unsigned count)
{
    put8(a, 0x89);
    put(a, 2 + 4 * count, 2);
    put8(a, 0x09);                      /* consumer, level, high, shared */
    put8(a, count);
    for (unsigned i = 0; i < count; i++) {
        put(a, irqs[i], 4);
    }
}

/*
 * The three widths of an address-space descriptor differ in tag and in the size
 * of their five numbers. Flags: min and max are fixed; memory is read-write
 * (and cacheable above 4 GiB, where it is prefetchable), I/O the entire range.
 */
static void put_range(Aml *a, uint8_t tag, unsigned width,
                      AmlResourceType type, uint64_t min, uint64_t max)
{
    static const uint8_t specific[] = {
        [AML_RES_MEMORY] = 0x01, [AML_RES_IO] = 0x03, [AML_RES_BUS] = 0x00,
    };

    put8(a, tag);
    put(a, 3 + 5 * width, 2);
    put8(a, type);
    put8(a, 0x0c);
    put8(a, specific[type]);
    put(a, 0, width);
    put(a, min, width);
    put(a, max, width);
    put(a, 0, width);
    put(a, max - min + 1, width);
}

void aml_word_range(Aml *a, AmlResourceType type, uint16_t min, uint16_t max)
{
    put_range(a, 0x88, 2, type, min, max);
}

void aml_dword_range(Aml *a, AmlResourceType type, uint32_t min, uint32_t max)
{
    put_range(a, 0x87, 4, type, min, max);
}

void aml_qword_range(Aml *a, AmlResourceType type, uint64_t min, uint64_t max)
{
    put_range(a, 0x8a, 8, type, min, max);
}

/* ---- tables ---- */

guint acpi_table_begin(GByteArray *blob, const char signature[4],
                       uint8_t revision)
{
    static const char ids[] = "EMUSYSEMUPC   \1\0\0\0EMU \1\0\0\0";
    guint at = blob->len;

    QEMU_BUILD_BUG_ON(sizeof(ids) - 1 != ACPI_TABLE_HEADER_BYTES - 10);
    g_byte_array_append(blob, (const guint8 *)signature, 4);
    acpi_append_int(blob, 0, 4);
    acpi_append_int(blob, revision, 2);     /* and a checksum of 0 */
    g_byte_array_append(blob, (const guint8 *)ids, sizeof(ids) - 1);
    return at;
}

void acpi_table_end(GByteArray *blob, guint table_offset)
{
    guint8 *table = blob->data + table_offset;
    guint bytes = blob->len - table_offset;
    uint8_t sum = 0;

    for (unsigned i = 0; i < 4; i++) {
        table[4 + i] = bytes >> (8 * i);
    }
    table[9] = 0;
    for (guint i = 0; i < bytes; i++) {
        sum += table[i];
    }
    table[9] = -sum;
}
