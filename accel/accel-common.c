/*
 * The base type of accelerators and the one that was chosen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "accel/accel-ops.h"
#include "hw/core/boards.h"
#include "qemu/module.h"

static AccelState *chosen;

AccelState *current_accel(void)
{
    return chosen;
}

AccelClass *accel_find(const char *name)
{
    g_autofree char *typename = g_strdup_printf("%s" ACCEL_CLASS_SUFFIX, name);
    ObjectClass *oc = object_class_by_name(typename);

    return oc && object_class_dynamic_cast(oc, TYPE_ACCEL) &&
           !object_class_is_abstract(oc) ? ACCEL_CLASS(oc) : NULL;
}

int accel_init_machine(AccelState *accel, MachineState *ms, Error **errp)
{
    AccelClass *ac = ACCEL_GET_CLASS(accel);
    int ret;

    chosen = accel;
    ms->accelerator = OBJECT(accel);
    ret = ac->init_machine ? ac->init_machine(accel, ms, errp) : 0;
    if (ret < 0) {
        chosen = NULL;
        ms->accelerator = NULL;
        return ret;
    }
    if (ac->allowed) {
        *ac->allowed = true;
    }
    object_set_accelerator_compat_props(ac->compat_props);
    return 0;
}

static const TypeInfo accel_type_infos[] = {
    {
        .name = TYPE_ACCEL,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .class_size = sizeof(AccelClass),
        .instance_size = sizeof(AccelState),
    },
};

DEFINE_TYPES(accel_type_infos)
