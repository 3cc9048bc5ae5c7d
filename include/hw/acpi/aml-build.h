/*
 * The AML writer: ACPI machine language is written front to back into one
 * buffer. Blocks (scope, device, method, package …) are opened by a call and
 * closed by aml_end(), which fills in their length. Because AML is prefix
 * code, an operator is one call and its operands are the calls that follow.
 *
 * ACPI 6.4, chapter 20 (AML) and 6.4 (resource descriptors). All functions may
 * be called from any thread as long as one Aml stays with one thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ACPI_AML_BUILD_H
#define HW_ACPI_AML_BUILD_H

typedef struct Aml Aml;

/* One-byte opcodes that take operands and open no block (ACPI 6.4, 20.2.5). */
typedef enum AmlOp {
    AML_STORE = 0x70, AML_ADD = 0x72, AML_SUBTRACT = 0x74, AML_INCREMENT = 0x75,
    AML_SHIFT_LEFT = 0x79, AML_SHIFT_RIGHT = 0x7a, AML_AND = 0x7b,
    AML_OR = 0x7d, AML_XOR = 0x7f, AML_NOT = 0x80, AML_DEREF_OF = 0x83,
    AML_NOTIFY = 0x86, AML_SIZE_OF = 0x87, AML_INDEX = 0x88,
    AML_CREATE_DWORD_FIELD = 0x8a, AML_CREATE_BYTE_FIELD = 0x8c,
    AML_LAND = 0x90, AML_LOR = 0x91, AML_LNOT = 0x92, AML_LEQUAL = 0x93,
    AML_LGREATER = 0x94, AML_LLESS = 0x95, AML_RETURN = 0xa4,
} AmlOp;

/* Address spaces of an operation region (ACPI 6.4, 5.5.2.4). */
typedef enum AmlRegionSpace {
    AML_SYSTEM_MEMORY = 0, AML_SYSTEM_IO = 1, AML_PCI_CONFIG = 2,
} AmlRegionSpace;

/* Access width of a field; the update rule is always "preserve". */
typedef enum AmlAccess {
    AML_ANY_ACC = 0, AML_BYTE_ACC = 1, AML_WORD_ACC = 2, AML_DWORD_ACC = 3,
} AmlAccess;

/* What an address-space resource descriptor describes (ACPI 6.4, 6.4.3.5). */
typedef enum AmlResourceType {
    AML_RES_MEMORY = 0, AML_RES_IO = 1, AML_RES_BUS = 2,
} AmlResourceType;

/* A new, empty buffer. Free with aml_free() or end it with aml_steal(). */
Aml *aml_new(void);
void aml_free(Aml *a);
/* The bytes written so far; every block must be closed. Ends the Aml. */
GByteArray *aml_steal(Aml *a);
/* Bytes written so far. */
guint aml_length(const Aml *a);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Aml, aml_free)

/* --- Blocks: each needs an aml_end(). --- */

/* name is ASL's: "\\_SB.PCI0", "^X", "PCI0"; segments shorter than 4 are padded. */
void aml_scope(Aml *a, const char *name);
void aml_device(Aml *a, const char *name);
void aml_method(Aml *a, const char *name, unsigned arg_count, bool serialized);
/* The predicate is what is written first inside. */
void aml_if(Aml *a);
void aml_else(Aml *a);
void aml_while(Aml *a);
/* A data object; count elements are written inside. */
void aml_package(Aml *a, unsigned count);
/* A buffer of descriptors; aml_end() appends the end tag and the size. */
void aml_resource_template(Aml *a);
/* Fields inside an operation region; aml_field_unit() inside. */
void aml_field(Aml *a, const char *region, AmlAccess access);
void aml_end(Aml *a);

/* --- Terms and data. --- */

/* Name (name, <the data object written next>) */
void aml_name(Aml *a, const char *name);
void aml_name_int(Aml *a, const char *name, uint64_t value);
void aml_name_string(Aml *a, const char *name, const char *value);
/* Name (name, EISAID (id)): three upper-case letters, four hex digits. */
void aml_name_eisaid(Aml *a, const char *name, const char *id);
/* A reference to an object or a call of a method. */
void aml_ref(Aml *a, const char *name);
/* The shortest encoding of value. */
void aml_int(Aml *a, uint64_t value);
void aml_string(Aml *a, const char *value);
void aml_eisaid(Aml *a, const char *id);
void aml_buffer(Aml *a, const void *bytes, unsigned count);
void aml_local(Aml *a, unsigned number);
void aml_arg(Aml *a, unsigned number);
void aml_op(Aml *a, AmlOp op);
/* The null target of a binary operator. */
void aml_no_target(Aml *a);
void aml_op_region(Aml *a, const char *name, AmlRegionSpace space,
                   uint64_t offset, uint64_t length);
/* Mutex (name), of level 0; Acquire (name) without a time limit; Release (name). */
void aml_mutex(Aml *a, const char *name);
void aml_acquire(Aml *a, const char *name);
void aml_release(Aml *a, const char *name);
/* bits wide; name NULL reserves them. */
void aml_field_unit(Aml *a, const char *name, unsigned bits);
/* CreateDWordField (buffer, byte_offset, name) */
void aml_create_dword_field(Aml *a, const char *buffer, unsigned byte_offset,
                            const char *name);

/* --- Resource descriptors, inside aml_resource_template(). --- */

void aml_io(Aml *a, uint16_t base, uint8_t align, uint8_t length);
void aml_irq(Aml *a, unsigned irq);
void aml_memory32_fixed(Aml *a, uint32_t base, uint32_t length, bool writable);
/* Extended interrupt: level, active high, shared, of one of irqs[]. */
void aml_interrupt(Aml *a, const uint32_t *irqs, unsigned count);
/* An inclusive range min..max that the device passes on (producer). */
void aml_word_range(Aml *a, AmlResourceType type, uint16_t min, uint16_t max);
void aml_dword_range(Aml *a, AmlResourceType type, uint32_t min, uint32_t max);
void aml_qword_range(Aml *a, AmlResourceType type, uint64_t min, uint64_t max);

/* --- Tables (ACPI 6.4, 5.2.6). --- */

#define ACPI_TABLE_HEADER_BYTES 36

/*
 * Append a table header to blob; the length and the checksum are filled by
 * acpi_table_end(), which takes the offset that this returns.
 */
guint acpi_table_begin(GByteArray *blob, const char signature[4],
                       uint8_t revision);
/* Fills length and (unless a linker will change the table) checksum. */
void acpi_table_end(GByteArray *blob, guint table_offset);
/* Append value as size (1..8) little-endian bytes. */
void acpi_append_int(GByteArray *blob, uint64_t value, unsigned size);

#endif
