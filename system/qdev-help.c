/*
 * Help on devices, and the texts of the trees of buses and of objects.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "hw/core/sysbus.h"
#include "monitor/qdev.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/help_option.h"
#include "qemu/option.h"
#include "qdev-internal.h"
#include "system/memory.h"

/* ---- -device help ---- */

/* In the order of DeviceCategory; the last is for those in none. */
static const char *const category_titles[] = {
    "Controller/Bridge/Hub", "USB", "Storage", "Network", "Input", "Display",
    "Sound", "Misc", "CPU", "Watchdog", "Uncategorized",
};

QEMU_BUILD_BUG_ON(ARRAY_SIZE(category_titles) != DEVICE_CATEGORY_MAX + 1);

static bool in_category(const DeviceClass *dc, unsigned category)
{
    if (category < DEVICE_CATEGORY_MAX) {
        return test_bit(category, dc->categories);
    }
    return bitmap_empty(dc->categories, DEVICE_CATEGORY_MAX);
}

static void print_device_line(DeviceClass *dc)
{
    const char *type = object_class_get_name(OBJECT_CLASS(dc));
    const char *alias = qdev_alias_of(type);

    printf("name \"%s\"", type);
    if (dc->bus_type) {
        printf(", bus %s", dc->bus_type);
    }
    if (alias) {
        printf(", alias \"%s\"", alias);
    }
    if (dc->desc) {
        printf(", desc \"%s\"", dc->desc);
    }
    printf("\n");
}

static void print_device_types(void)
{
    g_autoptr(GSList) list = object_class_get_list_sorted(TYPE_DEVICE, false);
    bool any = false;

    for (unsigned category = 0; category <= DEVICE_CATEGORY_MAX; category++) {
        bool title = false;

        for (GSList *l = list; l; l = l->next) {
            DeviceClass *dc = DEVICE_CLASS(l->data);

            if (!dc->user_creatable || !in_category(dc, category)) {
                continue;
            }
            if (!title) {
                printf("%s%s devices:\n", any ? "\n" : "",
                       category_titles[category]);
                title = any = true;
            }
            print_device_line(dc);
        }
    }
}

/* ---- -device T,help ---- */

static void add_property_line(const char *name, const char *type,
                              const char *description,
                              struct json_object *defval, void *opaque)
{
    GPtrArray *lines = opaque;
    g_autofree char *head = g_strdup_printf("  %s=<%s>", name, type);
    GString *line = g_string_new(NULL);

    if (description || defval) {
        g_string_printf(line, "%-24s - %s", head,
                        description ? description : "");
    } else {
        g_string_assign(line, head);
    }
    if (defval) {
        g_autofree char *text = json_to_text(defval, false);

        g_string_append_printf(line, " (default: %s)", text);
    }
    g_ptr_array_add(lines, g_string_free(line, false));
}

static void print_device_properties(ObjectClass *oc)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    const char *type = object_class_get_name(oc);

    qdev_class_foreach_property(oc, add_property_line, lines);
    if (lines->len) {
        printf("%s options:\n", type);
    } else {
        printf("There are no options for %s.\n", type);
    }
    for (unsigned i = 0; i < lines->len; i++) {
        printf("%s\n", (char *)lines->pdata[i]);
    }
}

bool qdev_device_help_driver(const char *driver, Error **errp)
{
    ObjectClass *oc;

    if (!driver) {
        print_device_types();
        return true;
    }
    oc = object_class_by_name(qdev_alias_resolve(driver));
    if (!oc || !object_class_dynamic_cast(oc, TYPE_DEVICE)) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found",
                  driver);
        return false;
    }
    if (object_class_is_abstract(oc)) {
        error_setg(errp, "Parameter 'driver' expects a non-abstract device "
                   "type");
        return false;
    }
    print_device_properties(oc);
    return true;
}

int qdev_device_help(QemuOpts *opts)
{
    const char *driver = qemu_opt_get(opts, "driver");
    Error *err = NULL;

    if (driver && is_help_option(driver)) {
        driver = NULL;
    } else if (!driver || !qemu_opt_has_help_opt(opts)) {
        return 0;
    }
    if (!qdev_device_help_driver(driver, &err)) {
        error_report_err(err);
        exit(1);
    }
    return 1;
}

/* ---- info qtree ---- */

static void tree_bus(GString *out, BusState *bus, int indent);

static void tree_gpios(GString *out, DeviceState *dev, int indent)
{
    NamedGPIOList *list;

    QLIST_FOREACH(list, &dev->gpios, node) {
        const char *name = list->name ? list->name : "";

        if (list->num_in) {
            g_string_append_printf(out, "%*sgpio-in \"%s\" %d\n", indent, "",
                                   name, list->num_in);
        }
        if (list->num_out) {
            g_string_append_printf(out, "%*sgpio-out \"%s\" %d\n", indent, "",
                                   name, list->num_out);
        }
    }
}

static void tree_property(GString *out, DeviceState *dev, const Property *prop,
                          int indent)
{
    g_autofree char *value = NULL;
    Error *err = NULL;

    if (prop->info->print) {
        value = prop->info->print(OBJECT(dev), prop);
    } else {
        value = object_property_print(OBJECT(dev), prop->name, true, &err);
    }
    if (err) {
        error_free(err);
        return;
    }
    g_string_append_printf(out, "%*s%s = %s\n", indent, "", prop->name,
                           value && *value ? value : "<null>");
}

static void tree_mmio(GString *out, DeviceState *dev, int indent)
{
    SysBusDevice *sbd;

    if (!object_dynamic_cast(OBJECT(dev), TYPE_SYS_BUS_DEVICE)) {
        return;
    }
    sbd = SYS_BUS_DEVICE(dev);
    for (int i = 0; i < sbd->num_mmio; i++) {
        g_string_append_printf(out, "%*smmio " HWADDR_FMT_plx "/%016" PRIx64
                               "\n", indent, "", sbd->mmio[i].addr,
                               (uint64_t)memory_region_size(
                                   sbd->mmio[i].memory));
    }
}

static void tree_device(GString *out, DeviceState *dev, int indent)
{
    ObjectClass *oc = object_get_class(OBJECT(dev));
    BusClass *bc = dev->parent_bus ? BUS_GET_CLASS(dev->parent_bus) : NULL;
    BusState *bus;

    g_string_append_printf(out, "%*sdev: %s, id \"%s\"\n", indent, "",
                           object_get_typename(OBJECT(dev)),
                           dev->id ? dev->id : "");
    indent += 2;
    tree_gpios(out, dev, indent);
    for (; object_class_dynamic_cast(oc, TYPE_DEVICE);
         oc = object_class_get_parent(oc)) {
        DeviceClass *dc = DEVICE_CLASS(oc);

        for (unsigned i = 0; i < dc->props_count_; i++) {
            tree_property(out, dev, &dc->props_[i], indent);
        }
    }
    if (bc && bc->print_dev) {
        bc->print_dev(out, dev, indent);
    }
    tree_mmio(out, dev, indent);
    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        tree_bus(out, bus, indent);
    }
}

static void tree_bus(GString *out, BusState *bus, int indent)
{
    BusChild *kid;

    g_string_append_printf(out, "%*sbus: %s\n", indent, "", bus->name);
    indent += 2;
    g_string_append_printf(out, "%*stype %s\n", indent, "",
                           object_get_typename(OBJECT(bus)));
    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        tree_device(out, kid->child, indent);
    }
}

char *qdev_tree_text(void)
{
    GString *out = g_string_new(NULL);

    tree_bus(out, sysbus_get_default(), 0);
    return g_string_free(out, false);
}

/* ---- info qom-tree ---- */

static int collect_child(Object *child, void *opaque)
{
    g_ptr_array_add(opaque, child);
    return 0;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(
        object_get_canonical_path_component(*(Object *const *)a),
        object_get_canonical_path_component(*(Object *const *)b));
}

static void tree_object(GString *out, Object *obj, int indent)
{
    const char *name = object_get_canonical_path_component(obj);
    g_autoptr(GPtrArray) children = g_ptr_array_new();

    g_string_append_printf(out, "%*s/%s (%s)\n", indent, "", name ? name : "",
                           object_get_typename(obj));
    object_child_foreach(obj, collect_child, children);
    g_ptr_array_sort(children, compare_names);
    for (unsigned i = 0; i < children->len; i++) {
        tree_object(out, children->pdata[i], indent + 2);
    }
}

char *qom_tree_text(const char *path, Error **errp)
{
    bool ambiguous = false;
    Object *obj = path ? object_resolve_path(path, &ambiguous)
                       : qdev_get_machine();
    GString *out;

    if (!obj) {
        if (ambiguous) {
            error_setg(errp, "Path '%s' is ambiguous.", path);
        } else {
            error_setg(errp, "Path '%s' could not be resolved.",
                       path ? path : "/machine");
        }
        return NULL;
    }
    out = g_string_new(NULL);
    tree_object(out, obj, 0);
    return g_string_free(out, false);
}
