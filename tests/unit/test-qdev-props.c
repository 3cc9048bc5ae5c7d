/*
 * Each kind of device property: set from text and from JSON, defaults, ranges
 * and their errors, globals.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "net/net.h"
#include "hw/core/qdev-properties-system.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/util.h"
#include "qemu/module.h"

#define TYPE_PROP_DEV "prop-dev"
OBJECT_DECLARE_SIMPLE_TYPE(PropDev, PROP_DEV)
struct PropDev {
    DeviceState parent_obj;
    uint32_t flags;
    uint64_t flags64;
    struct {
        uint64_t w[2];
    } features;
    bool on;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32, limited;
    uint64_t u64, size, mask;
    uint32_t size32;
    int32_t i32, devfn;
    char *text;
    OnOffAuto auto_;
    MACAddr mac;
    uint32_t count;
    uint32_t *list;
    uint32_t nnames;
    char **names;
    DeviceState *other;
};

static const Property prop_dev_props[] = {
    DEFINE_PROP_BIT("bit", PropDev, flags, 3, true),
    DEFINE_PROP_BIT64("bit64", PropDev, flags64, 40, false),
    DEFINE_PROP_FEATURE_BIT("low-feature", PropDev, features, 5, true),
    DEFINE_PROP_FEATURE_BIT("high-feature", PropDev, features, 66, true),
    DEFINE_PROP_BOOL("on", PropDev, on, true),
    DEFINE_PROP_UINT8("u8", PropDev, u8, 7),
    DEFINE_PROP_UINT16("u16", PropDev, u16, 300),
    DEFINE_PROP_UINT32("u32", PropDev, u32, UINT32_MAX),
    DEFINE_PROP_UINT32("limited", PropDev, limited, 10, .min = 2, .max = 20,
                       .description = "two to twenty"),
    DEFINE_PROP_UINT64("u64", PropDev, u64, UINT64_MAX),
    DEFINE_PROP_SIZE("size", PropDev, size, 4096),
    DEFINE_PROP_SIZE32("size32", PropDev, size32, 1024),
    DEFINE_PROP_UINT64_CHECKMASK("mask", PropDev, mask, 0xf0),
    DEFINE_PROP_INT32("i32", PropDev, i32, -5),
    DEFINE_PROP_PCI_DEVFN("addr", PropDev, devfn, -1),
    DEFINE_PROP_STRING("text", PropDev, text),
    DEFINE_PROP_ON_OFF_AUTO("auto", PropDev, auto_, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_MACADDR("mac", PropDev, mac),
    DEFINE_PROP_ARRAY("list", PropDev, count, list, qdev_prop_uint32,
                      uint32_t),
    DEFINE_PROP_ARRAY("names", PropDev, nnames, names, qdev_prop_string,
                      char *),
    DEFINE_PROP_LINK("other", PropDev, other, TYPE_DEVICE, DeviceState *),
};

static void prop_dev_class_init(ObjectClass *klass, const void *data)
{
    device_class_set_props(DEVICE_CLASS(klass), prop_dev_props);
}

static const TypeInfo prop_dev_info = {
    .name = TYPE_PROP_DEV,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(PropDev),
    .class_init = prop_dev_class_init,
};

static PropDev *make(void)
{
    return PROP_DEV(object_new(TYPE_PROP_DEV));
}

static void sets(PropDev *d, const char *name, const char *text)
{
    object_property_parse(OBJECT(d), name, text, &error_abort);
}

static void refuses(PropDev *d, const char *name, const char *text,
                    const char *message)
{
    Error *err = NULL;

    g_assert_false(object_property_parse(OBJECT(d), name, text, &err));
    if (message) {
        g_assert_cmpstr(error_get_pretty(err), ==, message);
    }
    error_free_or_abort(&err);
}

static void test_defaults(void)
{
    g_autoptr(PropDev) d = make();

    g_assert_cmphex(d->flags, ==, 1u << 3);
    g_assert_cmphex(d->flags64, ==, 0);
    g_assert_cmphex(d->features.w[0], ==, 1u << 5);
    g_assert_cmphex(d->features.w[1], ==, 1u << 2);
    g_assert_true(d->on);
    g_assert_cmpuint(d->u8, ==, 7);
    g_assert_cmpuint(d->u16, ==, 300);
    g_assert_cmpuint(d->u32, ==, UINT32_MAX);
    g_assert_cmpuint(d->u64, ==, UINT64_MAX);
    g_assert_cmpint(d->i32, ==, -5);
    g_assert_cmpint(d->devfn, ==, -1);
    g_assert_cmpint(d->auto_, ==, ON_OFF_AUTO_AUTO);
    g_assert_null(d->text);
    g_assert_cmpuint(d->count, ==, 0);
}

static void test_bits(void)
{
    g_autoptr(PropDev) d = make();

    sets(d, "bit", "off");
    sets(d, "bit64", "on");
    sets(d, "high-feature", "off");
    g_assert_cmphex(d->flags, ==, 0);
    g_assert_cmphex(d->flags64, ==, 1ull << 40);
    g_assert_cmphex(d->features.w[0], ==, 1u << 5);
    g_assert_cmphex(d->features.w[1], ==, 0);
    g_assert_true(object_property_get_bool(OBJECT(d), "bit64", &error_abort));
    refuses(d, "bit", "maybe", NULL);
}

static void test_integers(void)
{
    g_autoptr(PropDev) d = make();

    sets(d, "u8", "0xff");
    sets(d, "u64", "0x123456789abcdef0");
    sets(d, "i32", "-2147483648");
    sets(d, "size", "16M");
    sets(d, "size32", "1k");
    g_assert_cmpuint(d->u8, ==, 255);
    g_assert_cmphex(d->u64, ==, 0x123456789abcdef0);
    g_assert_cmpint(d->i32, ==, INT32_MIN);
    g_assert_cmpuint(d->size, ==, 16 << 20);
    g_assert_cmpuint(d->size32, ==, 1024);
    refuses(d, "u8", "256", NULL);
    refuses(d, "u16", "70000", NULL);
    refuses(d, "u32", "zz", NULL);
    refuses(d, "i32", "99999999999", NULL);
    refuses(d, "size", "zz", NULL);
    refuses(d, "size32", "8G", NULL);
    g_assert_cmpuint(d->u16, ==, 300);
}

static void test_ranges(void)
{
    g_autoptr(PropDev) d = make();

    sets(d, "limited", "2");
    sets(d, "limited", "20");
    refuses(d, "limited", "1", "Property 'prop-dev.limited' doesn't take "
            "value 1 (minimum: 2, maximum: 20)");
    refuses(d, "limited", "21", "Property 'prop-dev.limited' doesn't take "
            "value 21 (minimum: 2, maximum: 20)");
    sets(d, "mask", "0x30");
    refuses(d, "mask", "0x31", "Property 'prop-dev.mask' doesn't take value "
            "0x31: only bits of 0xf0 may be set");
    g_assert_cmpuint(d->limited, ==, 20);
    g_assert_cmphex(d->mask, ==, 0x30);
}

static void test_strings_enums_mac(void)
{
    g_autoptr(PropDev) d = make();
    g_autofree char *mac = NULL;

    sets(d, "text", "one");
    sets(d, "text", "two");
    g_assert_cmpstr(d->text, ==, "two");
    sets(d, "auto", "on");
    g_assert_cmpint(d->auto_, ==, ON_OFF_AUTO_ON);
    refuses(d, "auto", "perhaps", NULL);
    sets(d, "mac", "52:54:00:12:34:56");
    mac = object_property_get_str(OBJECT(d), "mac", &error_abort);
    g_assert_cmpstr(mac, ==, "52:54:00:12:34:56");
    refuses(d, "mac", "xx", "Property 'prop-dev.mac' doesn't take value 'xx'");
    g_assert_cmphex(d->mac.a[5], ==, 0x56);
}

static void test_pci_address(void)
{
    g_autoptr(PropDev) d = make();

    sets(d, "addr", "04.0");
    g_assert_cmpint(d->devfn, ==, 0x20);
    sets(d, "addr", "0x1");
    g_assert_cmpint(d->devfn, ==, 0x08);
    sets(d, "addr", "1f.7");
    g_assert_cmpint(d->devfn, ==, 0xff);
    object_property_set_int(OBJECT(d), "addr", 16, &error_abort);
    g_assert_cmpint(d->devfn, ==, 16);
    refuses(d, "addr", "99", "Property 'prop-dev.addr' doesn't take value "
            "'99'");
    refuses(d, "addr", "1f.9", NULL);
    refuses(d, "addr", "4.", NULL);
    refuses(d, "addr", "4.0x", NULL);
    refuses(d, "addr", "", NULL);
    refuses(d, "addr", "-1", NULL);
}

static bool set_json(PropDev *d, const char *name, const char *text,
                     Error **errp)
{
    g_json_auto struct json_object *value = NULL;

    g_assert_true(json_parse(text, &value, &error_abort));
    return object_property_set_qobject(OBJECT(d), name, value, errp);
}

static void test_arrays(void)
{
    g_autoptr(PropDev) d = make();
    g_json_auto struct json_object *back = NULL;
    g_autofree char *text = NULL;
    Error *err = NULL;

    g_assert_true(set_json(d, "list", "[1, 2, 300]", &error_abort));
    g_assert_cmpuint(d->count, ==, 3);
    g_assert_cmpuint(d->list[2], ==, 300);
    g_assert_true(set_json(d, "names", "['a', 'b']", &error_abort));
    g_assert_cmpstr(d->names[1], ==, "b");
    back = object_property_get_qobject(OBJECT(d), "names", &error_abort);
    text = json_to_text(back, false);
    g_assert_cmpstr(text, ==, "[\"a\", \"b\"]");
    /* A bad element leaves what was there. */
    g_assert_false(set_json(d, "names", "['c', 5]", &err));
    error_free_or_abort(&err);
    g_assert_cmpuint(d->nnames, ==, 2);
    g_assert_cmpstr(d->names[0], ==, "a");
    g_assert_true(set_json(d, "list", "[]", &error_abort));
    g_assert_cmpuint(d->count, ==, 0);
}

static void test_json_types_are_strict(void)
{
    g_autoptr(PropDev) d = make();
    Error *err = NULL;

    g_assert_false(set_json(d, "on", "1", &err));
    error_free_or_abort(&err);
    g_assert_false(set_json(d, "u32", "'5'", &err));
    error_free_or_abort(&err);
    g_assert_false(set_json(d, "u32", "-1", &err));
    error_free_or_abort(&err);
}

static void test_links(void)
{
    Object *root = object_get_objects_root();
    PropDev *a = make(), *b = make();

    object_property_add_child(root, "a", OBJECT(a));
    object_property_add_child(root, "b", OBJECT(b));
    sets(a, "other", "/objects/b");
    g_assert_true(a->other == DEVICE(b));
    g_assert_cmpuint(OBJECT(b)->ref, ==, 3);
    refuses(a, "other", "/objects", NULL);
    object_unparent(OBJECT(a));
    object_unref(a);
    g_assert_cmpuint(OBJECT(b)->ref, ==, 2);
    object_unparent(OBJECT(b));
    object_unref(b);
}

static void test_fixed_once_realized(void)
{
    PropDev *d = make();

    g_assert_true(qdev_realize(DEVICE(d), NULL, &error_abort));
    refuses(d, "u32", "1", "Attempt to set property 'u32' on anonymous device "
            "(type 'prop-dev') after it was realized");
    object_unparent(OBJECT(d));
    object_unref(d);
}

static void see_property(const char *name, const char *type,
                         const char *description, struct json_object *defval,
                         void *opaque)
{
    g_autofree char *text = defval ? json_to_text(defval, false) : NULL;

    g_string_append_printf(opaque, "%s:%s:%s:%s ", name, type,
                           description ? description : "", text ? text : "");
}

static void test_help(void)
{
    g_autoptr(GString) seen = g_string_new(NULL);

    qdev_class_foreach_property(object_class_by_name(TYPE_PROP_DEV),
                                see_property, seen);
    g_assert_true(g_str_has_prefix(seen->str,
        "addr:int32:Slot and optional function number, example: 06.0 or 06:-1 "
        "auto:OnOffAuto:on/off/auto:\"auto\" bit:bool:on/off:true "));
    g_assert_nonnull(strstr(seen->str,
                            " limited:uint32:two to twenty:10 "));
    g_assert_null(strstr(seen->str, "realized"));
}

static void test_globals(void)
{
    static GlobalProperty mine[] = {
        { "device", "u32", "41", .optional = true },
        { TYPE_PROP_DEV, "u32", "42" },
        { TYPE_PROP_DEV, "no-such", "1", .optional = true },
    };
    g_autoptr(PropDev) d = NULL;

    for (unsigned i = 0; i < ARRAY_SIZE(mine); i++) {
        qdev_prop_register_global(&mine[i]);
    }
    d = make();
    g_assert_cmpuint(d->u32, ==, 42);
    g_assert_true(mine[1].used);
    g_assert_cmpint(qdev_prop_check_globals(), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    type_register_static(&prop_dev_info);

    g_test_add_func("/qdev-props/kind/defaults", test_defaults);
    g_test_add_func("/qdev-props/kind/bits", test_bits);
    g_test_add_func("/qdev-props/kind/integers", test_integers);
    g_test_add_func("/qdev-props/kind/ranges", test_ranges);
    g_test_add_func("/qdev-props/kind/strings-enums-mac",
                    test_strings_enums_mac);
    g_test_add_func("/qdev-props/kind/pci-address", test_pci_address);
    g_test_add_func("/qdev-props/kind/arrays", test_arrays);
    g_test_add_func("/qdev-props/kind/json-is-strict",
                    test_json_types_are_strict);
    g_test_add_func("/qdev-props/kind/links", test_links);
    g_test_add_func("/qdev-props/use/fixed-once-realized",
                    test_fixed_once_realized);
    g_test_add_func("/qdev-props/use/help", test_help);
    g_test_add_func("/qdev-props/use/globals", test_globals);
    return g_test_run();
}
