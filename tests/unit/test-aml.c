/*
 * The AML writer against bytes of the specification, and the table linker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/acpi/aml-build.h"
#include "hw/acpi/bios-linker-loader.h"

static void assert_bytes(Aml *a, const char *hex)
{
    g_autoptr(GByteArray) got = aml_steal(a);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < got->len; i++) {
        g_string_append_printf(text, "%02x", got->data[i]);
    }
    g_assert_cmpstr(text->str, ==, hex);
}

static void integers_take_the_shortest_form(void)
{
    Aml *a = aml_new();

    aml_int(a, 0);
    aml_int(a, 1);
    aml_int(a, 2);
    aml_int(a, 0x1234);
    aml_int(a, 0x12345678);
    aml_int(a, 0x123456789ull);
    assert_bytes(a, "00010a020b34120c785634120e8967452301000000");
}

static void names_are_padded_and_prefixed(void)
{
    Aml *a = aml_new();

    aml_ref(a, "\\_SB");
    aml_ref(a, "A.B");
    aml_ref(a, "^AB.CDEF.G");
    aml_ref(a, "\\");
    assert_bytes(a, "5c5f53425f" "2e415f5f5f425f5f5f"
                    "5e2f0341425f5f43444546475f5f5f" "5c00");
}

static void eisa_ids_are_packed(void)
{
    Aml *a = aml_new();

    aml_eisaid(a, "PNP0A03");
    assert_bytes(a, "0c41d00a03");
}

static void a_device_holds_its_length(void)
{
    Aml *a = aml_new();

    aml_device(a, "X");
    aml_name_int(a, "_ADR", 1);
    aml_end(a);
    assert_bytes(a, "5b820b585f5f5f085f41445201");
}

static void lengths_grow_with_what_they_count(void)
{
    static const unsigned sizes[] = { 0, 50, 59, 60, 4000, 5000, 70000 };

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        Aml *a = aml_new();
        g_autoptr(GByteArray) got = NULL;
        unsigned length, extra;

        aml_scope(a, "\\");
        for (unsigned n = 0; n < sizes[i]; n++) {
            aml_int(a, 0);
        }
        aml_end(a);
        got = aml_steal(a);
        extra = got->data[1] >> 6;
        length = got->data[1] & (extra ? 0xf : 0x3f);
        for (unsigned n = 0; n < extra; n++) {
            length |= got->data[2 + n] << (4 + 8 * n);
        }
        g_assert_cmpuint(length, ==, got->len - 1);
        g_assert_cmpuint(length, ==, 1 + extra + 2 + sizes[i]);
    }
}

static void a_template_ends_itself(void)
{
    Aml *a = aml_new();

    aml_resource_template(a);
    aml_io(a, 0x3f8, 1, 8);
    aml_irq(a, 4);
    aml_end(a);
    assert_bytes(a, "11110b0d00" "4701f803f8030108" "221000" "7900");
}

static void fields_count_bits(void)
{
    Aml *a = aml_new();

    aml_op_region(a, "REGN", AML_PCI_CONFIG, 0x60, 4);
    aml_field(a, "REGN", AML_BYTE_ACC);
    aml_field_unit(a, "ABCD", 8);
    aml_field_unit(a, NULL, 64);
    aml_end(a);
    assert_bytes(a, "5b80" "5245474e" "020a600a04"
                    "5b810e" "5245474e" "01" "4142434408" "004004");
}

static void a_mutex_is_taken_and_given_back(void)
{
    Aml *a = aml_new();

    aml_mutex(a, "M");
    aml_acquire(a, "\\_SB.M");
    aml_release(a, "M");
    assert_bytes(a, "5b014d5f5f5f00" "5b235c2e5f53425f4d5f5f5fffff"
                    "5b274d5f5f5f");
}

static void a_table_sums_to_zero(void)
{
    g_autoptr(GByteArray) blob = g_byte_array_new();
    guint at;
    uint8_t sum = 0;

    acpi_append_int(blob, 0x55, 1);
    at = acpi_table_begin(blob, "TEST", 2);
    acpi_append_int(blob, 0xdeadbeef, 4);
    acpi_table_end(blob, at);
    g_assert_cmpuint(at, ==, 1);
    g_assert_cmpuint(blob->len, ==, 1 + ACPI_TABLE_HEADER_BYTES + 4);
    g_assert_cmpuint(blob->data[at + 4], ==, ACPI_TABLE_HEADER_BYTES + 4);
    for (guint i = at; i < blob->len; i++) {
        sum += blob->data[i];
    }
    g_assert_cmpuint(sum, ==, 0);
}

/* ---- the linker ---- */

typedef struct Placed {
    uint64_t address[2];
    uint8_t bytes[2][32];
} Placed;

static void note_placed(void *opaque, const char *file, uint64_t address,
                        const GByteArray *blob)
{
    Placed *p = opaque;
    unsigned i = !strcmp(file, "b");

    p->address[i] = address;
    memcpy(p->bytes[i], blob->data, MIN(blob->len, sizeof(p->bytes[i])));
}

static GByteArray *blob_of(unsigned bytes)
{
    GByteArray *blob = g_byte_array_new();

    while (bytes--) {
        acpi_append_int(blob, 0, 1);
    }
    return blob;
}

static void the_linker_places_points_and_sums(void)
{
    BIOSLinker *linker = bios_linker_loader_init();
    g_autoptr(GByteArray) a = blob_of(24), b = blob_of(16);
    BIOSLinkerZones zones = { 0x1001, 0x2000, 0xf0001, 0xf1000 };
    Placed placed = { 0 };
    uint8_t sum = 0;
    uint64_t pointer;

    bios_linker_loader_alloc(linker, "a", a, 64, false);
    bios_linker_loader_alloc(linker, "b", b, 16, true);
    bios_linker_loader_add_pointer(linker, "b", 4, 8, "a", 5);
    bios_linker_loader_add_checksum(linker, "b", 0, 16, 15);
    g_assert_cmpuint(bios_linker_loader_script(linker)->len, ==, 4 * 128);
    g_assert_true(bios_linker_apply(linker, &zones, note_placed, &placed));
    g_assert_cmphex(placed.address[0], ==, 0x1040);
    g_assert_cmphex(placed.address[1], ==, 0xf0010);
    memcpy(&pointer, placed.bytes[1] + 4, 8);
    g_assert_cmphex(pointer, ==, 0x1045);
    for (unsigned i = 0; i < 16; i++) {
        sum += placed.bytes[1][i];
    }
    g_assert_cmpuint(sum, ==, 0);
    g_assert_cmphex(b->data[4], ==, 5);     /* firmware's copy is untouched */
    bios_linker_loader_cleanup(linker);
}

static void a_zone_that_is_too_small_is_refused(void)
{
    BIOSLinker *linker = bios_linker_loader_init();
    g_autoptr(GByteArray) a = blob_of(24);
    BIOSLinkerZones zones = { 0x1000, 0x1017, 0, 0 };
    Placed placed;

    bios_linker_loader_alloc(linker, "a", a, 1, false);
    g_assert_false(bios_linker_apply(linker, &zones, note_placed, &placed));
    bios_linker_loader_cleanup(linker);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/aml/integers", integers_take_the_shortest_form);
    g_test_add_func("/aml/names", names_are_padded_and_prefixed);
    g_test_add_func("/aml/eisaid", eisa_ids_are_packed);
    g_test_add_func("/aml/device", a_device_holds_its_length);
    g_test_add_func("/aml/lengths", lengths_grow_with_what_they_count);
    g_test_add_func("/aml/template", a_template_ends_itself);
    g_test_add_func("/aml/fields", fields_count_bits);
    g_test_add_func("/aml/mutex", a_mutex_is_taken_and_given_back);
    g_test_add_func("/acpi/table", a_table_sums_to_zero);
    g_test_add_func("/linker/apply", the_linker_places_points_and_sums);
    g_test_add_func("/linker/too-small", a_zone_that_is_too_small_is_refused);
    return g_test_run();
}
