/*
 * Places in the boot order. The machine puts the list where its firmware looks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/bootdevice.h"
#include "qapi/error.h"

typedef struct BootPlace {
    DeviceState *dev;
    int32_t index;
    const char *suffix;
} BootPlace;

/* In order of their index. */
static GList *places;

static gint place_compare(gconstpointer a, gconstpointer b)
{
    const BootPlace *x = a, *y = b;

    return x->index < y->index ? -1 : x->index > y->index;
}

bool bootdevice_add(DeviceState *dev, int32_t index, const char *suffix,
                    Error **errp)
{
    BootPlace *place;

    if (index == -1) {
        return true;
    }
    if (index < 0) {
        error_setg(errp, "Invalid bootindex (= %d), must be between 0 and %d,"
                   " or -1 for none", index, INT32_MAX);
        return false;
    }
    place = g_new(BootPlace, 1);
    *place = (BootPlace){ dev, index, suffix };
    if (g_list_find_custom(places, place, place_compare)) {
        g_free(place);
        error_setg(errp, "The bootindex %d has already been used", index);
        return false;
    }
    places = g_list_insert_sorted(places, place, place_compare);
    return true;
}

void bootdevice_remove(DeviceState *dev)
{
    for (GList *l = places; l; l = l->next) {
        BootPlace *place = l->data;

        if (place->dev == dev) {
            places = g_list_delete_link(places, l);
            g_free(place);
            return;
        }
    }
}

char *bootdevice_list(bool strict, size_t *bytes)
{
    GString *list;

    *bytes = 0;
    if (!places) {
        return NULL;
    }
    list = g_string_new(NULL);
    for (GList *l = places; l; l = l->next) {
        const BootPlace *place = l->data;
        g_autofree char *path = qdev_get_fw_dev_path(place->dev);

        g_string_append_printf(list, "%s%s%s", list->len ? "\n" : "", path,
                               place->suffix);
    }
    if (strict) {
        g_string_append(list, "\nHALT");
    }
    *bytes = list->len + 1;
    return g_string_free(list, false);
}
