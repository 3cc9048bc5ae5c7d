/*
 * Global properties: values for every object of a type, from `-global`, from
 * the machine's and the accelerator's compatibility tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom/object.h"

static GPtrArray *machine_compat_props;
static GPtrArray *accel_compat_props;
static GPtrArray *sugar_props;

void object_apply_global_props(Object *obj, const GPtrArray *props,
                               Error **errp)
{
    for (unsigned i = 0; props && i < props->len; i++) {
        GlobalProperty *global = props->pdata[i];
        Error *err = NULL;

        if (!object_dynamic_cast(obj, global->driver)) {
            continue;
        }
        if (global->optional && !object_property_find(obj, global->property)) {
            continue;
        }
        global->used = true;
        if (object_property_parse(obj, global->property, global->value,
                                  &err)) {
            continue;
        }
        if (!errp) {
            warn_reportf_err(err, "can't apply global %s.%s=%s: ",
                             global->driver, global->property, global->value);
            continue;
        }
        error_propagate_prepend(errp, err, "can't apply global %s.%s=%s: ",
                                global->driver, global->property,
                                global->value);
        return;
    }
}

void object_set_machine_compat_props(GPtrArray *compat_props)
{
    machine_compat_props = compat_props;
}

void object_set_accelerator_compat_props(GPtrArray *compat_props)
{
    accel_compat_props = compat_props;
}

void object_register_sugar_prop(const char *driver, const char *prop,
                                const char *value, bool optional)
{
    GlobalProperty *global = g_new0(GlobalProperty, 1);

    if (!sugar_props) {
        sugar_props = g_ptr_array_new();
    }
    global->driver = g_strdup(driver);
    global->property = g_strdup(prop);
    global->value = g_strdup(value);
    global->optional = optional;
    g_ptr_array_add(sugar_props, global);
}

void object_apply_compat_props(Object *obj)
{
    object_apply_global_props(obj, accel_compat_props, &error_abort);
    object_apply_global_props(obj, machine_compat_props, &error_abort);
    object_apply_global_props(obj, sugar_props, &error_fatal);
}
