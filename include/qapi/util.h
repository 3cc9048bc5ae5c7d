/*
 * Enumerations by name, and the small ones that everything uses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QAPI_UTIL_H
#define QAPI_UTIL_H

/* Names of values 0..size-1; an entry may be NULL (not settable). */
typedef struct QEnumLookup {
    const char *const *array;
    int size;
} QEnumLookup;

/* The name of @val, which must be in range. */
const char *qapi_enum_lookup(const QEnumLookup *lookup, int val);
/*
 * The value of name @buf; @def if @buf is NULL, or unknown, then with an error
 * that lists the legal names. @def -1 marks that.
 */
int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def,
                    Error **errp);

/* "on", "yes", "true", "y", and the contrary: false with an error for others. */
bool qapi_bool_parse(const char *name, const char *value, bool *obj,
                     Error **errp);

typedef enum OnOffAuto {
    ON_OFF_AUTO_AUTO,
    ON_OFF_AUTO_ON,
    ON_OFF_AUTO_OFF,
    ON_OFF_AUTO__MAX
} OnOffAuto;

extern const QEnumLookup OnOffAuto_lookup;

static inline const char *OnOffAuto_str(OnOffAuto v)
{
    return qapi_enum_lookup(&OnOffAuto_lookup, v);
}

#endif
