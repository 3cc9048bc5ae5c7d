/*
 * Every kind of device either describes its state or stands here with the reason
 * why it has none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev.h"
#include "migration/vmstate.h"
#include "qemu/module.h"

static const struct {
    const char *type;
    const char *why;
} stateless[] = {
    { "isa-debug-exit", "a write ends the program" },
    { "isa-debugcon", "what is written has left" },
    { "serial", "a part of isa-serial, whose state has it" },
};

static const char *reason(const char *type)
{
    for (unsigned i = 0; i < ARRAY_SIZE(stateless); i++) {
        if (g_str_equal(type, stateless[i].type)) {
            return stateless[i].why;
        }
    }
    return NULL;
}

static void test_every_device_says(void)
{
    g_autoptr(GSList) classes = object_class_get_list(TYPE_DEVICE, false);
    unsigned silent = 0;

    for (GSList *l = classes; l; l = l->next) {
        const char *type = object_class_get_name(l->data);
        const VMStateDescription *vmsd = DEVICE_CLASS(l->data)->vmsd;

        if (!vmsd && !reason(type)) {
            g_test_message("'%s' has no state description", type);
            silent++;
        }
        if (vmsd && reason(type)) {
            g_test_message("'%s' has one, and stands in the list", type);
            silent++;
        }
    }
    g_assert_cmpuint(silent, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/device-state/described-or-stateless",
                    test_every_device_says);
    return g_test_run();
}
