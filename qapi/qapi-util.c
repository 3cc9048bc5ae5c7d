/*
 * Enumerations by name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/util.h"
#include "qemu/cutils.h"

const char *qapi_enum_lookup(const QEnumLookup *lookup, int val)
{
    g_assert(val >= 0 && val < lookup->size);
    return lookup->array[val];
}

int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def,
                    Error **errp)
{
    g_autoptr(GString) legal = g_string_new(NULL);

    if (!buf) {
        return def;
    }
    for (int i = 0; i < lookup->size; i++) {
        const char *name = lookup->array[i];

        if (!name) {
            continue;
        }
        if (!strcmp(name, buf)) {
            return i;
        }
        g_string_append_printf(legal, "%s%s", legal->len ? ", " : "", name);
    }
    error_setg(errp, "invalid parameter value: %s (legal: %s)",
               buf, legal->str);
    return def;
}

bool qapi_bool_parse(const char *name, const char *value, bool *obj,
                     Error **errp)
{
    if (qemu_parse_bool(value, obj) == 0) {
        return true;
    }
    error_setg(errp, "Parameter '%s' expects 'on' or 'off'", name);
    return false;
}

static const char *const on_off_auto_names[] = {
    [ON_OFF_AUTO_AUTO] = "auto",
    [ON_OFF_AUTO_ON] = "on",
    [ON_OFF_AUTO_OFF] = "off",
};

const QEnumLookup OnOffAuto_lookup = {
    .array = on_off_auto_names,
    .size = ON_OFF_AUTO__MAX,
};
