/*
 * The system bus and its devices: regions and lines that a machine maps and
 * wires.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/core/boards.h"
#include "hw/core/sysbus.h"
#include "system/address-spaces.h"
#include "system/memory.h"

BusState *sysbus_get_default(void)
{
    static BusState *main_system_bus;

    if (!main_system_bus) {
        main_system_bus = qbus_new(TYPE_SYSTEM_BUS, NULL, "main-system-bus");
    }
    return main_system_bus;
}

/* ---- for the device ---------------------------------------------------- */

void sysbus_init_mmio(SysBusDevice *dev, MemoryRegion *memory)
{
    g_assert(dev->num_mmio < QDEV_MAX_MMIO);
    dev->mmio[dev->num_mmio].addr = HWADDR_MAX;
    dev->mmio[dev->num_mmio].memory = memory;
    dev->num_mmio++;
}

MemoryRegion *sysbus_mmio_get_region(SysBusDevice *dev, int n)
{
    g_assert(sysbus_has_mmio(dev, n));
    return dev->mmio[n].memory;
}

void sysbus_init_irq(SysBusDevice *dev, qemu_irq *p)
{
    qdev_init_gpio_out_named(DEVICE(dev), p, SYSBUS_DEVICE_GPIO_IRQ, 1);
}

void sysbus_pass_irq(SysBusDevice *dev, SysBusDevice *target)
{
    qdev_pass_gpios(DEVICE(target), DEVICE(dev), SYSBUS_DEVICE_GPIO_IRQ);
}

void sysbus_init_ioports(SysBusDevice *dev, uint32_t ioport, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        g_assert(dev->num_pio < QDEV_MAX_PIO);
        dev->pio[dev->num_pio++] = ioport + i;
    }
}

/* ---- for the machine --------------------------------------------------- */

bool sysbus_has_mmio(SysBusDevice *dev, unsigned n)
{
    return n < (unsigned)dev->num_mmio;
}

bool sysbus_has_irq(SysBusDevice *dev, int n)
{
    g_autofree char *name = g_strdup_printf("%s[%d]", SYSBUS_DEVICE_GPIO_IRQ,
                                            n);

    return object_property_find(OBJECT(dev), name) != NULL;
}

qemu_irq sysbus_get_connected_irq(SysBusDevice *dev, int n)
{
    return qdev_get_gpio_out_connector(DEVICE(dev), SYSBUS_DEVICE_GPIO_IRQ, n);
}

bool sysbus_is_irq_connected(SysBusDevice *dev, int n)
{
    return sysbus_get_connected_irq(dev, n) != NULL;
}

void sysbus_connect_irq(SysBusDevice *dev, int n, qemu_irq irq)
{
    SysBusDeviceClass *sbc = SYS_BUS_DEVICE_GET_CLASS(dev);

    qdev_connect_gpio_out_named(DEVICE(dev), SYSBUS_DEVICE_GPIO_IRQ, n, irq);
    if (sbc->connect_irq_notifier) {
        sbc->connect_irq_notifier(dev, irq);
    }
}

void sysbus_mmio_unmap(SysBusDevice *dev, int n)
{
    g_assert(sysbus_has_mmio(dev, n));
    if (dev->mmio[n].addr != HWADDR_MAX) {
        memory_region_del_subregion(get_system_memory(), dev->mmio[n].memory);
        dev->mmio[n].addr = HWADDR_MAX;
    }
}

void sysbus_mmio_map_overlap(SysBusDevice *dev, int n, hwaddr addr,
                             int priority)
{
    g_assert(sysbus_has_mmio(dev, n));
    if (dev->mmio[n].addr == addr) {
        return;
    }
    sysbus_mmio_unmap(dev, n);
    dev->mmio[n].addr = addr;
    memory_region_add_subregion_overlap(get_system_memory(), addr,
                                        dev->mmio[n].memory, priority);
}

void sysbus_mmio_map(SysBusDevice *dev, int n, hwaddr addr)
{
    sysbus_mmio_map_overlap(dev, n, addr, 0);
}

bool sysbus_realize(SysBusDevice *dev, Error **errp)
{
    return qdev_realize(DEVICE(dev), sysbus_get_default(), errp);
}

bool sysbus_realize_and_unref(SysBusDevice *dev, Error **errp)
{
    return qdev_realize_and_unref(DEVICE(dev), sysbus_get_default(), errp);
}

DeviceState *sysbus_create_varargs(const char *name, hwaddr addr, ...)
{
    DeviceState *dev = qdev_new(name);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);
    qemu_irq irq;
    va_list ap;

    sysbus_realize_and_unref(sbd, &error_fatal);
    if (addr != HWADDR_MAX) {
        sysbus_mmio_map(sbd, 0, addr);
    }
    va_start(ap, addr);
    for (int n = 0; (irq = va_arg(ap, qemu_irq)) != NULL; n++) {
        sysbus_connect_irq(sbd, n, irq);
    }
    va_end(ap);
    return dev;
}

typedef struct FindDynamic {
    FindSysbusDeviceFunc *func;
    void *opaque;
} FindDynamic;

static int visit_dynamic(Object *obj, void *opaque)
{
    FindDynamic *find = opaque;
    Object *sbd = object_dynamic_cast(obj, TYPE_SYS_BUS_DEVICE);

    if (sbd) {
        find->func(SYS_BUS_DEVICE(sbd), find->opaque);
    }
    return 0;
}

void foreach_dynamic_sysbus_device(FindSysbusDeviceFunc *func, void *opaque)
{
    FindDynamic find = { func, opaque };

    object_child_foreach_recursive(machine_get_container("peripheral"),
                                   visit_dynamic, &find);
    object_child_foreach_recursive(machine_get_container("peripheral-anon"),
                                   visit_dynamic, &find);
}

/* ---- the types --------------------------------------------------------- */

static char *sysbus_get_fw_dev_path(DeviceState *dev)
{
    SysBusDevice *s = SYS_BUS_DEVICE(dev);
    SysBusDeviceClass *sbc = SYS_BUS_DEVICE_GET_CLASS(s);
    const char *name = qdev_fw_name(dev);

    if (s->num_mmio) {
        return g_strdup_printf("%s@" HWADDR_FMT_plx, name, s->mmio[0].addr);
    }
    if (s->num_pio) {
        return g_strdup_printf("%s@i%04x", name, s->pio[0]);
    }
    if (sbc->explicit_ofw_unit_address) {
        g_autofree char *addr = sbc->explicit_ofw_unit_address(s);

        if (addr) {
            return g_strdup_printf("%s@%s", name, addr);
        }
    }
    return g_strdup(name);
}

static void system_bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->get_fw_dev_path = sysbus_get_fw_dev_path;
}

static void sysbus_device_realize(DeviceState *dev, Error **errp)
{
    /* Nothing of its own: the device is its regions and lines. */
}

static void sysbus_device_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = sysbus_device_realize;
    dc->bus_type = TYPE_SYSTEM_BUS;
    /* Where it is and what it is wired to, only the machine can say. */
    dc->user_creatable = false;
}

static void dynamic_sysbus_device_class_init(ObjectClass *klass,
                                             const void *data)
{
    DEVICE_CLASS(klass)->user_creatable = true;
}

static const TypeInfo sysbus_types[] = {
    {
        .name = TYPE_SYSTEM_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(BusState),
        .class_init = system_bus_class_init,
    }, {
        .name = TYPE_SYS_BUS_DEVICE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SysBusDevice),
        .class_size = sizeof(SysBusDeviceClass),
        .class_init = sysbus_device_class_init,
        .abstract = true,
    }, {
        .name = TYPE_DYNAMIC_SYS_BUS_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .class_init = dynamic_sysbus_device_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(sysbus_types)
