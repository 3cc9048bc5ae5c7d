/*
 * -smbios: what the user wants the tables to say, checked and kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/keyval.h"
#include "qemu/help_option.h"
#include "qemu/option.h"
#include "qemu/uuid.h"
#include "smbios-internal.h"
#include <json-c/json.h>

#define KEYS_MAX    9

static const struct {
    unsigned type;
    const char *what;
    const char *keys[KEYS_MAX];
} known[] = {
    { SMBIOS_BIOS, "firmware",
      { "vendor", "version", "date", "release", "uefi" } },
    { SMBIOS_SYSTEM, "system",
      { "manufacturer", "product", "version", "serial", "uuid", "sku",
        "family" } },
    { SMBIOS_BOARD, "base board",
      { "manufacturer", "product", "version", "serial", "asset",
        "location" } },
    { SMBIOS_CHASSIS, "chassis",
      { "manufacturer", "version", "serial", "asset", "sku" } },
    { SMBIOS_PROCESSOR, "processors",
      { "sock_pfx", "manufacturer", "version", "serial", "asset", "part",
        "max-speed", "current-speed" } },
    { SMBIOS_OEM_STRINGS, "strings of the maker", { "value" } },
    { SMBIOS_MEMORY_DEVICE, "memory modules",
      { "loc_pfx", "bank", "manufacturer", "serial", "asset", "part",
        "speed" } },
};

typedef struct Said {
    unsigned type;
    char *key, *value;
} Said;

static GArray *said;
static GByteArray *from_files;
static unsigned file_count, file_largest;

/* --- asking --- */

const char *smbios_said_nth(unsigned type, const char *key, unsigned n)
{
    for (unsigned i = 0; said && i < said->len; i++) {
        const Said *s = &g_array_index(said, Said, i);

        if (s->type == type && (!key || !strcmp(s->key, key)) && n-- == 0) {
            return s->value;
        }
    }
    return NULL;
}

const char *smbios_said(unsigned type, const char *key, const char *otherwise)
{
    const char *last = NULL, *value;

    for (unsigned n = 0; (value = smbios_said_nth(type, key, n)); n++) {
        last = value;
    }
    return last ?: otherwise;
}

bool smbios_said_any(unsigned type)
{
    return smbios_said_nth(type, NULL, 0);
}

const GByteArray *smbios_file_structures(unsigned *count, unsigned *largest)
{
    *count = file_count;
    *largest = file_largest;
    return from_files;
}

/* --- checking --- */

static const char *const *keys_of(unsigned type)
{
    for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
        if (known[i].type == type) {
            return known[i].keys;
        }
    }
    return NULL;
}

static char *list_keys(const char *const *keys)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < KEYS_MAX && keys[i]; i++) {
        g_string_append_printf(text, "%s%s", i ? ", " : "", keys[i]);
    }
    return g_string_free(text, false);
}

static void print_types(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
        g_autofree char *keys = list_keys(known[i].keys);

        printf("type=%u (%s): %s\n", known[i].type, known[i].what, keys);
    }
    printf("file=NAME: a whole structure\n");
}

static bool is_number(const char *value, unsigned most)
{
    unsigned number;

    return qemu_strtoui(value, NULL, 0, &number) == 0 && number <= most;
}

static bool is_release(const char *value)
{
    unsigned major, minor;
    int used = 0;

    return sscanf(value, "%u.%u%n", &major, &minor, &used) == 2 &&
           !value[used] && major < 256 && minor < 256;
}

/* Most keys take any text. */
static bool check_value(const char *key, const char *value, Error **errp)
{
    const char *legal = NULL;
    QemuUUID uuid;

    if (!strcmp(key, "uuid") && qemu_uuid_parse(value, &uuid) < 0) {
        legal = "a UUID, 8-4-4-4-12 hexadecimal digits";
    } else if (!strcmp(key, "release") && !is_release(value)) {
        legal = "MAJOR.MINOR, each 0 to 255";
    } else if (!strcmp(key, "uefi") && strcmp(value, "on") &&
               strcmp(value, "off")) {
        legal = "on or off";
    } else if (g_str_has_suffix(key, "speed") &&
               !is_number(value, UINT16_MAX)) {
        legal = "a number of MHz, 0 to 65535";
    }
    if (legal) {
        error_setg(errp, "%s='%s' is not %s", key, value, legal);
    }
    return !legal;
}

/* --- files --- */

/* The bytes of one structure with its strings: a header, and two zeros at the end. */
static bool is_structure(const uint8_t *bytes, size_t length)
{
    size_t at;

    if (length < 6 || bytes[1] < 4 || bytes[1] + 2u > length ||
        bytes[0] == SMBIOS_END) {
        return false;
    }
    for (at = bytes[1]; at + 2 < length; at++) {
        if (!bytes[at] && !bytes[at + 1]) {
            return false;           /* it ends before the file does */
        }
    }
    return !bytes[at] && !bytes[at + 1];
}

static bool add_file(const char *name, Error **errp)
{
    g_autofree char *bytes = NULL;
    g_autoptr(GError) why = NULL;
    size_t length;

    if (!g_file_get_contents(name, &bytes, &length, &why)) {
        error_setg(errp, "cannot read '%s': %s", name, why->message);
        return false;
    }
    if (length > UINT16_MAX || !is_structure((uint8_t *)bytes, length)) {
        error_setg(errp, "'%s' does not hold one SMBIOS structure "
                   "with its strings, at most 64 KiB", name);
        return false;
    }
    if (!from_files) {
        from_files = g_byte_array_new();
    }
    g_byte_array_append(from_files, (uint8_t *)bytes, length);
    file_count++;
    file_largest = MAX(file_largest, length);
    return true;
}

/* --- the option --- */

static bool known_key(const char *const *keys, const char *key)
{
    for (unsigned i = 0; i < KEYS_MAX && keys[i]; i++) {
        if (!strcmp(keys[i], key)) {
            return true;
        }
    }
    return false;
}

/* One "key=value" of @type. */
static bool add_said(unsigned type, const char *key, const char *value,
                     Error **errp)
{
    const char *const *keys = keys_of(type);
    Said new;

    if (!known_key(keys, key)) {
        g_autofree char *legal = list_keys(keys);

        error_setg(errp, "type %u has no '%s'; it has %s", type, key,
                   legal);
        return false;
    }
    if (!check_value(key, value, errp)) {
        return false;
    }
    if (!said) {
        said = g_array_new(false, false, sizeof(Said));
    }
    new = (Said){ type, g_strdup(key), g_strdup(value) };
    g_array_append_val(said, new);
    return true;
}

static bool parse_type(const char *value, unsigned *type, Error **errp)
{
    if (qemu_strtoui(value, NULL, 0, type) < 0 || !keys_of(*type)) {
        error_setg(errp, "type '%s' is not one of 0, 1, 2, 3, 4, 11, "
                   "17", value);
        return false;
    }
    return true;
}

/* The next "key=value" of the argument; ",," in a value is a comma. */
static char *next_pair(const char **p, char **value)
{
    size_t key_length = strcspn(*p, "=,");
    char *key = g_strndup(*p, key_length);

    *p += key_length;
    *value = NULL;
    if (**p == '=') {
        *p = get_opt_value(*p + 1, value);
    }
    if (**p == ',') {
        ++*p;
    }
    return key;
}

bool smbios_add_option(const char *arg, bool *helped, Error **errp)
{
    unsigned type = UINT_MAX;
    bool ok = true;

    if (is_help_option(arg)) {
        print_types();
        *helped = true;
        return true;
    }
    while (ok && *arg) {
        g_autofree char *value = NULL;
        g_autofree char *key = next_pair(&arg, &value);

        if (!value) {
            error_setg(errp, "'%s' has no value; help lists what "
                       "there is", key);
            ok = false;
        } else if (type == UINT_MAX && !strcmp(key, "file") && !*arg) {
            return add_file(value, errp);
        } else if (type == UINT_MAX && !strcmp(key, "type")) {
            ok = parse_type(value, &type, errp);
        } else if (type == UINT_MAX) {
            error_setg(errp, "begins with type=N or is file=NAME, "
                       "not '%s='", key);
            ok = false;
        } else {
            ok = add_said(type, key, value, errp);
        }
    }
    return ok;
}
