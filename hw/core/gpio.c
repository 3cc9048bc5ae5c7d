/*
 * A device's input and output lines, unnamed or named, as children and links
 * of it. The lines themselves are in irq.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/core/qdev.h"

static char *line_name(const char *list_name, bool out, int n)
{
    if (!list_name) {
        list_name = out ? "unnamed-gpio-out" : "unnamed-gpio-in";
    }
    return g_strdup_printf("%s[%d]", list_name, n);
}

static NamedGPIOList *find_list(DeviceState *dev, const char *name)
{
    NamedGPIOList *list;

    QLIST_FOREACH(list, &dev->gpios, node) {
        if (g_strcmp0(name, list->name) == 0) {
            return list;
        }
    }
    return NULL;
}

NamedGPIOList *qdev_get_named_gpio_list(DeviceState *dev, const char *name)
{
    NamedGPIOList *list = find_list(dev, name);

    if (!list) {
        list = g_new0(NamedGPIOList, 1);
        list->name = g_strdup(name);
        QLIST_INSERT_HEAD(&dev->gpios, list, node);
    }
    return list;
}

/* ---- inputs ------------------------------------------------------------ */

void qdev_init_gpio_in_named_with_opaque(DeviceState *dev,
                                         qemu_irq_handler handler,
                                         void *opaque, const char *name, int n)
{
    NamedGPIOList *list = qdev_get_named_gpio_list(dev, name);

    g_assert(list->num_out == 0 || !name);
    list->in = qemu_extend_irqs(list->in, list->num_in, handler, opaque, n);
    for (int i = list->num_in; i < list->num_in + n; i++) {
        g_autofree char *propname = line_name(name, false, i);

        object_property_add_child(OBJECT(dev), propname, OBJECT(list->in[i]));
        object_unref(list->in[i]);
    }
    list->num_in += n;
}

void qdev_init_gpio_in_named(DeviceState *dev, qemu_irq_handler handler,
                             const char *name, int n)
{
    qdev_init_gpio_in_named_with_opaque(dev, handler, dev, name, n);
}

void qdev_init_gpio_in(DeviceState *dev, qemu_irq_handler handler, int n)
{
    qdev_init_gpio_in_named(dev, handler, NULL, n);
}

qemu_irq qdev_get_gpio_in_named(DeviceState *dev, const char *name, int n)
{
    NamedGPIOList *list = qdev_get_named_gpio_list(dev, name);

    g_assert(n >= 0 && n < list->num_in);
    return list->in[n];
}

qemu_irq qdev_get_gpio_in(DeviceState *dev, int n)
{
    return qdev_get_gpio_in_named(dev, NULL, n);
}

/* ---- outputs ----------------------------------------------------------- */

void qdev_init_gpio_out_named(DeviceState *dev, qemu_irq *pins,
                              const char *name, int n)
{
    NamedGPIOList *list = qdev_get_named_gpio_list(dev, name);

    g_assert(list->num_in == 0 || !name);
    memset(pins, 0, n * sizeof(*pins));
    for (int i = 0; i < n; i++) {
        g_autofree char *propname = line_name(name, true, list->num_out + i);

        object_property_add_link(OBJECT(dev), propname, TYPE_IRQ,
                                 (Object **)&pins[i],
                                 object_property_allow_set_link,
                                 OBJ_PROP_LINK_STRONG);
    }
    list->num_out += n;
}

void qdev_init_gpio_out(DeviceState *dev, qemu_irq *pins, int n)
{
    qdev_init_gpio_out_named(dev, pins, NULL, n);
}

qemu_irq qdev_get_gpio_out_connector(DeviceState *dev, const char *name, int n)
{
    g_autofree char *propname = line_name(name, true, n);

    return (qemu_irq)object_property_get_link(OBJECT(dev), propname, NULL);
}

void qdev_connect_gpio_out_named(DeviceState *dev, const char *name, int n,
                                 qemu_irq pin)
{
    g_autofree char *propname = line_name(name, true, n);

    /* A link is set by path, so its target must be somewhere on the tree. */
    if (pin && !OBJECT(pin)->parent) {
        object_property_add_child(machine_get_container("unattached"),
                                  "non-qdev-gpio[*]", OBJECT(pin));
    }
    object_property_set_link(OBJECT(dev), propname, OBJECT(pin), &error_abort);
}

void qdev_connect_gpio_out(DeviceState *dev, int n, qemu_irq pin)
{
    qdev_connect_gpio_out_named(dev, NULL, n, pin);
}

qemu_irq qdev_intercept_gpio_out(DeviceState *dev, qemu_irq icpt,
                                 const char *name, int n)
{
    qemu_irq before = qdev_get_gpio_out_connector(dev, name, n);

    qdev_connect_gpio_out_named(dev, name, n, icpt);
    return before;
}

void qdev_pass_gpios(DeviceState *dev, DeviceState *container,
                     const char *name)
{
    NamedGPIOList *list = qdev_get_named_gpio_list(dev, name);

    for (int i = 0; i < list->num_in; i++) {
        g_autofree char *propname = line_name(name, false, i);

        object_property_add_alias(OBJECT(container), propname, OBJECT(dev),
                                  propname);
    }
    for (int i = 0; i < list->num_out; i++) {
        g_autofree char *propname = line_name(name, true, i);

        object_property_add_alias(OBJECT(container), propname, OBJECT(dev),
                                  propname);
    }
    /* The list moves: the container is asked for these lines from now on. */
    QLIST_REMOVE(list, node);
    QLIST_INSERT_HEAD(&container->gpios, list, node);
}
