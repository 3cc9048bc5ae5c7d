/*
 * Devices and buses: realize with a failure at each step, places on buses,
 * hotplug, -device, reset phases, lines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/sysbus.h"
#include "migration/vmstate.h"
#include "monitor/qdev.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/module.h"
#include "system/reset.h"

/* ---- a bus, its host on the system bus, and a device with a bus inside - */

#define TYPE_TEST_BUS "test-bus"
#define TYPE_INNER_BUS "test-inner-bus"
#define TYPE_TEST_HOST "test-host"
#define TYPE_TEST_DEV "test-dev"
#define TYPE_TEST_COLD "test-cold-dev"

enum {
    FAIL_NOTHING, FAIL_PRE_PLUG, FAIL_REALIZE, FAIL_VMSTATE, FAIL_CHILD_BUS,
    FAIL_PLUG, FAIL_STEPS,
};

static int fail_at;
static GString *trace;

#define STEP(...) g_string_append_printf(trace, __VA_ARGS__)

OBJECT_DECLARE_SIMPLE_TYPE(TestDev, TEST_DEV)
struct TestDev {
    DeviceState parent_obj;
    BusState *inner;
    BusState *inner2;
    uint32_t value;
    qemu_irq out[2];
    int in_level[3];
    char *memory;           /* taken by realize */
};

static bool maybe_fail(int step, Error **errp)
{
    if (fail_at == step) {
        error_setg(errp, "failure %d", step);
        return true;
    }
    return false;
}

static void dev_realize(DeviceState *d, Error **errp)
{
    TestDev *dev = TEST_DEV(d);

    if (maybe_fail(FAIL_REALIZE, errp)) {
        return;
    }
    STEP("realize ");
    dev->memory = g_malloc(100);
    dev->inner = qbus_new(TYPE_INNER_BUS, d, "inner");
    dev->inner2 = qbus_new(TYPE_INNER_BUS, d, "inner2");
}

static void dev_unrealize(DeviceState *d)
{
    TestDev *dev = TEST_DEV(d);

    STEP("unrealize ");
    object_unparent(OBJECT(dev->inner2));
    object_unparent(OBJECT(dev->inner));
    g_clear_pointer(&dev->memory, g_free);
}

static const VMStateDescription dev_vmsd = {
    .name = "test-dev",
    .version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(value, TestDev),
        VMSTATE_END_OF_LIST()
    },
};

static void dev_legacy_reset(DeviceState *d)
{
    STEP("hold:%s ", d->id ? d->id : "?");
}

static void dev_enter(Object *obj, ResetType type)
{
    STEP("enter:%s ", DEVICE(obj)->id);
}

static void dev_exit(Object *obj, ResetType type)
{
    STEP("exit:%s ", DEVICE(obj)->id);
}

static void dev_line(void *opaque, int n, int level)
{
    TEST_DEV(opaque)->in_level[n] = level;
}

static void dev_init(Object *obj)
{
    TestDev *dev = TEST_DEV(obj);

    qdev_init_gpio_in(DEVICE(obj), dev_line, 2);
    qdev_init_gpio_in_named(DEVICE(obj), dev_line, "extra", 3);
    qdev_init_gpio_out(DEVICE(obj), dev->out, 2);
}

static void dev_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->realize = dev_realize;
    dc->unrealize = dev_unrealize;
    dc->vmsd = &dev_vmsd;
    dc->bus_type = TYPE_TEST_BUS;
    device_class_set_legacy_reset(dc, dev_legacy_reset);
    rc->phases.enter = dev_enter;
    rc->phases.exit = dev_exit;
}

static void cold_class_init(ObjectClass *klass, const void *data)
{
    DEVICE_CLASS(klass)->hotpluggable = false;
}

/* A state whose name is too long to be registered. */
static char long_name[300];
static VMStateDescription long_vmsd = {
    .name = long_name,
    .fields = (const VMStateField[]) { VMSTATE_END_OF_LIST() },
};

static void inner_realize(BusState *bus, Error **errp)
{
    if (g_str_equal(bus->name, "inner") && maybe_fail(FAIL_CHILD_BUS, errp)) {
        return;
    }
    STEP("+%s ", bus->name);
}

static void inner_unrealize(BusState *bus)
{
    STEP("-%s ", bus->name);
}

static void inner_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->realize = inner_realize;
    BUS_CLASS(klass)->unrealize = inner_unrealize;
}

static void bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->max_dev = 3;
}

/* The host accepts hotplug for its bus. */
static BusState *the_bus;

static void host_pre_plug(HotplugHandler *h, DeviceState *dev, Error **errp)
{
    if (!maybe_fail(FAIL_PRE_PLUG, errp)) {
        STEP("pre_plug ");
    }
}

static void host_plug(HotplugHandler *h, DeviceState *dev, Error **errp)
{
    if (!maybe_fail(FAIL_PLUG, errp)) {
        STEP("plug ");
    }
}

static void host_unplug(HotplugHandler *h, DeviceState *dev, Error **errp)
{
    STEP("unplug ");
    qdev_simple_device_unplug_cb(h, dev, errp);
}

static void host_realize(DeviceState *dev, Error **errp)
{
    the_bus = qbus_new(TYPE_TEST_BUS, dev, "tb.0");
    qbus_set_hotplug_handler(the_bus, OBJECT(dev));
}

static void host_class_init(ObjectClass *klass, const void *data)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    DEVICE_CLASS(klass)->realize = host_realize;
    hc->pre_plug = host_pre_plug;
    hc->plug = host_plug;
    hc->unplug = host_unplug;
}

static const TypeInfo test_types[] = {
    { .name = TYPE_TEST_BUS, .parent = TYPE_BUS,
      .instance_size = sizeof(BusState), .class_init = bus_class_init },
    { .name = TYPE_INNER_BUS, .parent = TYPE_BUS,
      .instance_size = sizeof(BusState), .class_init = inner_class_init },
    { .name = TYPE_TEST_HOST, .parent = TYPE_SYS_BUS_DEVICE,
      .instance_size = sizeof(SysBusDevice), .class_init = host_class_init,
      .interfaces = (const InterfaceInfo[]) { { TYPE_HOTPLUG_HANDLER }, { } } },
    { .name = TYPE_TEST_DEV, .parent = TYPE_DEVICE,
      .instance_size = sizeof(TestDev), .instance_init = dev_init,
      .class_init = dev_class_init },
    { .name = TYPE_TEST_COLD, .parent = TYPE_TEST_DEV,
      .class_init = cold_class_init },
};

/* ---- listeners that count ---------------------------------------------- */

static int listened;

static void on_realize(DeviceListener *l, DeviceState *dev)
{
    listened++;
    STEP("listen ");
}

static void on_unrealize(DeviceListener *l, DeviceState *dev)
{
    listened--;
    STEP("unlisten ");
}

static DeviceListener listener = {
    .realize = on_realize, .unrealize = on_unrealize,
};

static int count_children(Object *child, void *opaque)
{
    ++*(int *)opaque;
    return 0;
}

static int tree_size(void)
{
    int count = 0;

    object_child_foreach_recursive(object_get_root(), count_children, &count);
    return count;
}

static TestDev *add(const char *text, Error **errp)
{
    g_json_auto struct json_object *opts = NULL;
    DeviceState *dev;

    g_assert_true(json_parse(text, &opts, &error_abort));
    dev = qdev_device_add_from_json(opts, true, errp);
    if (dev) {
        object_unref(dev);      /* the tree and the bus keep it */
    }
    return dev ? TEST_DEV(dev) : NULL;
}

static void add_fails(const char *text, const char *message)
{
    Error *err = NULL;
    int size = tree_size();

    g_assert_null(add(text, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free_or_abort(&err);
    g_assert_cmpint(tree_size(), ==, size);
}

static void begin(void)
{
    fail_at = FAIL_NOTHING;
    g_string_truncate(trace, 0);
}

static void remove_dev(TestDev *dev)
{
    fail_at = FAIL_NOTHING;
    object_unparent(OBJECT(dev));
}

/* ---- realize ----------------------------------------------------------- */

static void test_realize_order(void)
{
    TestDev *dev;

    begin();
    dev = add("{'driver':'test-dev','id':'d'}", &error_abort);
    g_assert_cmpstr(trace->str, ==,
                    "pre_plug realize listen +inner2 +inner plug ");
    g_assert_true(qdev_is_realized(DEVICE(dev)));
    g_string_truncate(trace, 0);
    remove_dev(dev);
    g_assert_cmpstr(trace->str, ==,
                    "-inner2 -inner unlisten unrealize ");
}

static void test_failure_leaves_nothing(gconstpointer data)
{
    static const char *const traces[FAIL_STEPS] = {
        [FAIL_PRE_PLUG] = "",
        [FAIL_REALIZE] = "pre_plug ",
        [FAIL_VMSTATE] = "pre_plug realize listen unlisten unrealize ",
        [FAIL_CHILD_BUS] = "pre_plug realize listen +inner2 -inner2 "
                           "unlisten unrealize ",
        [FAIL_PLUG] = "pre_plug realize listen +inner2 +inner "
                      "-inner2 -inner unlisten unrealize ",
    };
    DeviceClass *dc = DEVICE_CLASS(object_class_by_name(TYPE_TEST_DEV));
    int step = GPOINTER_TO_INT(data);
    unsigned states = vmstate_registered_count();
    int listened_before = listened, members = the_bus->num_children;
    int size = tree_size();
    uint32_t bus_refs = OBJECT(the_bus)->ref;
    Error *err = NULL;
    TestDev *dev;

    begin();
    fail_at = step;
    dc->vmsd = step == FAIL_VMSTATE ? &long_vmsd : &dev_vmsd;
    g_assert_null(add("{'driver':'test-dev','id':'d'}", &err));
    error_free_or_abort(&err);
    dc->vmsd = &dev_vmsd;

    g_assert_cmpstr(trace->str, ==, traces[step]);
    g_assert_cmpuint(vmstate_registered_count(), ==, states);
    g_assert_cmpint(listened, ==, listened_before);
    g_assert_cmpint(the_bus->num_children, ==, members);
    g_assert_cmpuint(OBJECT(the_bus)->ref, ==, bus_refs);
    g_assert_cmpint(tree_size(), ==, size);

    /* The next one realizes, under the same name. */
    begin();
    dev = add("{'driver':'test-dev','id':'d'}", &error_abort);
    remove_dev(dev);
    g_assert_cmpuint(vmstate_registered_count(), ==, states);
    g_assert_cmpint(tree_size(), ==, size);
}

/* An orphan gets a place, and loses it when realize fails. */
static void test_orphans(void)
{
    DeviceState *dev = qdev_new(TYPE_TEST_DEV);
    Error *err = NULL;
    g_autofree char *path = NULL;

    begin();
    fail_at = FAIL_PLUG;
    g_assert_false(qdev_realize(dev, the_bus, &err));
    error_free_or_abort(&err);
    g_assert_null(OBJECT(dev)->parent);
    g_assert_null(dev->parent_bus);
    g_assert_cmpuint(OBJECT(dev)->ref, ==, 1);

    begin();
    g_assert_true(qdev_realize(dev, the_bus, &error_abort));
    path = object_get_canonical_path(OBJECT(dev));
    g_assert_true(g_str_has_prefix(path, "/machine/unattached/device["));
    object_unparent(OBJECT(dev));
    g_assert_cmpuint(OBJECT(dev)->ref, ==, 1);
    object_unref(dev);
}

static void test_realize_again(void)
{
    DeviceState *dev = qdev_new(TYPE_TEST_DEV);

    begin();
    g_assert_true(qdev_realize(dev, the_bus, &error_abort));
    qdev_unrealize(dev);
    g_assert_false(qdev_is_realized(dev));
    g_assert_true(qdev_realize(dev, the_bus, &error_abort));
    object_unparent(OBJECT(dev));
    object_unref(dev);
}

/* ---- -device ----------------------------------------------------------- */

static void test_device_add_errors(void)
{
    begin();
    add_fails("{'driver':'nosuch'}",
              "'nosuch' is not a valid device model name");
    add_fails("{'driver':'device'}",
              "Parameter 'driver' expects a non-abstract device type");
    add_fails("{'driver':'test-host'}",
              "Parameter 'driver' expects a pluggable device type");
    add_fails("{'id':'x'}", "Parameter 'driver' is missing");
    add_fails("{'driver':'test-dev','bus':'nosuch'}", "Bus 'nosuch' not found");
    add_fails("{'driver':'test-dev','bus':'main-system-bus'}",
              "Device 'test-dev' can't go on System bus");
    add_fails("{'driver':'test-dev','bus':'tb.0/x'}", "Device 'x' not found");
    add_fails("{'driver':'test-dev','foo':1}",
              "Property 'test-dev.foo' not found");
    add_fails("{'driver':'test-dev','id':'1x'}",
              "Parameter 'id' expects an identifier");
    add_fails("{'driver':'test-dev','id':5}",
              "Invalid parameter type for 'id', expected: string");
}

static void test_bus_full(void)
{
    TestDev *dev[3];

    begin();
    for (int i = 0; i < 3; i++) {
        dev[i] = add("{'driver':'test-dev'}", &error_abort);
    }
    add_fails("{'driver':'test-dev'}",
              "No 'test-bus' bus found for device 'test-dev'");
    add_fails("{'driver':'test-dev','bus':'tb.0'}", "Bus 'tb.0' is full");
    for (int i = 0; i < 3; i++) {
        remove_dev(dev[i]);
    }
    dev[0] = add("{'driver':'test-dev','id':'a','bus':'/test-host'}",
                 &error_abort);
    add_fails("{'driver':'test-dev','id':'a'}",
              "Duplicate ID 'a' for device");
    g_assert_true(qdev_find_recursive(sysbus_get_default(), "a") ==
                  DEVICE(dev[0]));
    g_assert_true(qbus_find("tb.0/a/inner", &error_abort) == dev[0]->inner);
    remove_dev(dev[0]);
}

/* ---- reset ------------------------------------------------------------- */

static void test_reset_phases(void)
{
    TestDev *a, *b;

    begin();
    a = add("{'driver':'test-dev','id':'a'}", &error_abort);
    b = add("{'driver':'test-dev','id':'b'}", &error_abort);
    g_string_truncate(trace, 0);
    bus_cold_reset(the_bus);
    g_assert_cmpstr(trace->str, ==,
                    "enter:b enter:a hold:b hold:a exit:b exit:a ");

    /* One that is held by itself leaves reset only when both let go. */
    resettable_assert_reset(OBJECT(a), RESET_TYPE_COLD);
    g_string_truncate(trace, 0);
    bus_cold_reset(the_bus);
    g_assert_cmpstr(trace->str, ==, "enter:b hold:b exit:b ");
    g_assert_true(device_is_in_reset(DEVICE(a)));
    g_string_truncate(trace, 0);
    resettable_release_reset(OBJECT(a), RESET_TYPE_COLD);
    g_assert_cmpstr(trace->str, ==, "exit:a ");
    g_assert_false(device_is_in_reset(DEVICE(a)));
    remove_dev(a);
    remove_dev(b);
}

static void count_reset(void *opaque)
{
    ++*(int *)opaque;
}

static void test_reset_functions(void)
{
    int all = 0, some = 0;

    qemu_register_reset(count_reset, &all);
    qemu_register_reset_nosnapshotload(count_reset, &some);
    qemu_devices_reset(RESET_TYPE_COLD);
    qemu_devices_reset(RESET_TYPE_SNAPSHOT_LOAD);
    g_assert_cmpint(all, ==, 2);
    g_assert_cmpint(some, ==, 1);
    qemu_unregister_reset(count_reset, &all);
    qemu_unregister_reset(count_reset, &some);
    qemu_devices_reset(RESET_TYPE_COLD);
    g_assert_cmpint(all, ==, 2);
}

/* ---- lines ------------------------------------------------------------- */

static void intercept(void *opaque, int n, int level)
{
    IRQState *before = opaque;

    STEP("irq%d=%d ", n, level);
    qemu_set_irq(before, level);
}

static void test_gpio(void)
{
    TestDev *a, *b;
    qemu_irq both, inverse;

    begin();
    a = add("{'driver':'test-dev','id':'a'}", &error_abort);
    b = add("{'driver':'test-dev','id':'b'}", &error_abort);
    qdev_connect_gpio_out(DEVICE(a), 1,
                          qdev_get_gpio_in_named(DEVICE(b), "extra", 2));
    qemu_irq_raise(a->out[1]);
    g_assert_cmpint(b->in_level[2], ==, 1);
    qemu_irq_raise(a->out[0]);              /* not connected: nothing */

    both = qemu_irq_split(qdev_get_gpio_in(DEVICE(b), 0),
                          qdev_get_gpio_in(DEVICE(b), 1));
    qdev_connect_gpio_out(DEVICE(a), 0, both);
    qemu_irq_raise(a->out[0]);
    g_assert_cmpint(b->in_level[0] + b->in_level[1], ==, 2);
    qemu_free_irq(both);

    inverse = qemu_irq_invert(qdev_get_gpio_in(DEVICE(b), 0));
    g_assert_cmpint(b->in_level[0], ==, 1);
    qemu_irq_raise(inverse);
    g_assert_cmpint(b->in_level[0], ==, 0);
    qemu_free_irq(inverse);

    g_string_truncate(trace, 0);
    qemu_irq_intercept_in(qdev_get_named_gpio_list(DEVICE(b), "extra")->in,
                          intercept, 3);
    qemu_irq_lower(a->out[1]);
    g_assert_cmpstr(trace->str, ==, "irq2=0 ");
    g_assert_cmpint(b->in_level[2], ==, 0);
    remove_dev(a);
    remove_dev(b);
}

/* ---- at run time (last: there is no way back) -------------------------- */

static GString *deleted;

static void on_deleted(const char *id, const char *path)
{
    g_string_append_printf(deleted, "%s:%s ", id ? id : "-", path);
}

static void test_hotplug(void)
{
    Error *err = NULL;
    TestDev *dev;

    deleted = g_string_new(NULL);
    qdev_set_deleted_hook(on_deleted);
    qdev_machine_creation_done();
    begin();
    dev = add("{'driver':'test-dev','id':'h'}", &error_abort);
    g_assert_true(DEVICE(dev)->hotplugged);
    g_assert_cmpstr(trace->str, ==, "pre_plug realize listen +inner2 +inner "
                    "enter:h hold:h exit:h plug ");
    add_fails("{'driver':'test-cold-dev'}",
              "Parameter 'driver' expects a pluggable device type");
    g_assert_false(qdev_device_del("nosuch", &err));
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_DEVICE_NOT_FOUND);
    error_free_or_abort(&err);

    error_setg(&err, "no way");
    qdev_add_unplug_blocker(DEVICE(dev), err);
    {
        Error *refused = NULL;

        g_assert_false(qdev_device_del("h", &refused));
        g_assert_cmpstr(error_get_pretty(refused), ==, "no way");
        error_free(refused);
    }
    qdev_del_unplug_blocker(DEVICE(dev), err);
    error_free(err);

    g_string_truncate(trace, 0);
    g_assert_true(qdev_device_del("h", &error_abort));
    g_assert_cmpstr(trace->str, ==,
                    "unplug -inner2 -inner unlisten unrealize ");
    g_assert_cmpstr(deleted->str, ==, "h:/machine/peripheral/h ");

    /* A device that never was is not reported gone. */
    fail_at = FAIL_PLUG;
    add_fails("{'driver':'test-dev','id':'h'}", "failure 5");
    g_assert_cmpstr(deleted->str, ==, "h:/machine/peripheral/h ");

    qbus_set_hotplug_handler(the_bus, NULL);
    add_fails("{'driver':'test-dev'}",
              "Bus 'tb.0' does not support hotplugging");
    g_string_free(deleted, true);
}

int main(int argc, char **argv)
{
    static const char *const step_names[FAIL_STEPS] = {
        [FAIL_PRE_PLUG] = "pre_plug", [FAIL_REALIZE] = "class",
        [FAIL_VMSTATE] = "vmstate", [FAIL_CHILD_BUS] = "child-bus",
        [FAIL_PLUG] = "plug",
    };

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    type_register_static_array(test_types, ARRAY_SIZE(test_types));
    memset(long_name, 'x', sizeof(long_name) - 1);
    trace = g_string_new(NULL);
    object_property_add_child(machine_get_container("unattached"), "sysbus",
                              OBJECT(sysbus_get_default()));
    qdev_realize_and_unref(qdev_new(TYPE_TEST_HOST), sysbus_get_default(),
                           &error_abort);
    machine_get_container("peripheral");
    machine_get_container("peripheral-anon");
    device_listener_register(&listener);

    g_test_add_func("/qdev/realize/order", test_realize_order);
    for (int step = FAIL_PRE_PLUG; step < FAIL_STEPS; step++) {
        g_autofree char *path = g_strdup_printf(
            "/qdev/realize/failure-leaves-nothing/%s", step_names[step]);

        g_test_add_data_func(path, GINT_TO_POINTER(step),
                             test_failure_leaves_nothing);
    }
    g_test_add_func("/qdev/realize/orphans", test_orphans);
    g_test_add_func("/qdev/realize/again", test_realize_again);
    g_test_add_func("/qdev/add/errors", test_device_add_errors);
    g_test_add_func("/qdev/add/bus-full", test_bus_full);
    g_test_add_func("/qdev/reset/phases", test_reset_phases);
    g_test_add_func("/qdev/reset/functions", test_reset_functions);
    g_test_add_func("/qdev/gpio/lines", test_gpio);
    g_test_add_func("/qdev/run-time/plug-and-unplug", test_hotplug);
    return g_test_run();
}
