/*
 * Property types that name things outside the device model: chardevs, netdevs,
 * addresses, link speeds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/core/qdev-properties-system.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/cutils.h"
#include "qemu/uuid.h"

/* ---- chardevs ---------------------------------------------------------- */

static void chr_get(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    CharFrontend *fe = object_field_prop_ptr(obj, opaque);
    char *label = fe->chr && fe->chr->label ? fe->chr->label : (char *)"";

    visit_type_str(v, name, &label, errp);
}

static void chr_set(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    CharFrontend *fe = object_field_prop_ptr(obj, opaque);
    g_autofree char *label = NULL;
    Error *err = NULL;
    Chardev *chr;

    if (!visit_type_str(v, name, &label, errp)) {
        return;
    }
    qemu_chr_fe_deinit(fe, false);
    if (!*label) {
        return;
    }
    chr = qemu_chr_find(label);
    if (!chr) {
        error_set_from_qdev_prop_error(errp, -ENOENT, obj, name, label);
    } else if (!qemu_chr_fe_init(fe, chr, &err)) {
        error_propagate_prepend(errp, err, "Property '%s.%s' can't take value "
                                "'%s': ", object_get_typename(obj), name,
                                label);
    }
}

static void chr_release(Object *obj, const char *name, void *opaque)
{
    qemu_chr_fe_deinit(object_field_prop_ptr(obj, opaque), false);
}

const PropertyInfo qdev_prop_chr = {
    .type = "str",
    .description = "ID of a chardev to use as a backend",
    .get = chr_get,
    .set = chr_set,
    .release = chr_release,
};

/* ---- netdevs ----------------------------------------------------------- */

static void netdev_get(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    NICPeers *peers = object_field_prop_ptr(obj, opaque);
    char *id = peers->ncs[0] ? peers->ncs[0]->name : (char *)"";

    visit_type_str(v, name, &id, errp);
}

/* All queues of one netdev, none of which has a peer. */
static int find_peers(NICPeers *found, const char *id)
{
    int queues = qemu_find_net_clients_except(id, found->ncs,
                                              NET_CLIENT_DRIVER_NIC,
                                              MAX_QUEUE_NUM);

    if (queues == 0) {
        return -ENOENT;
    }
    if (queues > MAX_QUEUE_NUM) {
        return -E2BIG;
    }
    for (int i = 0; i < queues; i++) {
        if (found->ncs[i]->peer) {
            return -EEXIST;
        }
        found->ncs[i]->queue_index = i;
    }
    found->queues = queues;
    return 0;
}

static void netdev_set(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    NICPeers *peers = object_field_prop_ptr(obj, opaque);
    g_autofree char *id = NULL;
    g_autofree NICPeers *found = NULL;
    int ret;

    if (!visit_type_str(v, name, &id, errp)) {
        return;
    }
    found = g_new0(NICPeers, 1);
    ret = find_peers(found, id);
    if (ret == -E2BIG) {
        error_setg(errp, "queues of backend '%s' exceeds QEMU limitation of "
                   "%d", id, MAX_QUEUE_NUM);
    } else if (ret) {
        error_set_from_qdev_prop_error(errp, ret, obj, name, id);
    } else if (!found->ncs[0]->info->accepts_nic ||
               found->ncs[0]->info->accepts_nic(object_get_typename(obj),
                                                errp)) {
        *peers = *found;
    }
}

const PropertyInfo qdev_prop_netdev = {
    .type = "str",
    .description = "ID of a netdev to use as a backend",
    .get = netdev_get,
    .set = netdev_set,
};

/* ---- MAC addresses and UUIDs ------------------------------------------- */

static void macaddr_get(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    const uint8_t *a = ((MACAddr *)object_field_prop_ptr(obj, opaque))->a;
    char text[18];
    char *value = text;

    snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x",
             a[0], a[1], a[2], a[3], a[4], a[5]);
    visit_type_str(v, name, &value, errp);
}

static void macaddr_set(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    MACAddr *mac = object_field_prop_ptr(obj, opaque);
    g_autofree char *text = NULL;

    if (visit_type_str(v, name, &text, errp) &&
        net_parse_macaddr(mac->a, text) < 0) {
        error_set_from_qdev_prop_error(errp, -EINVAL, obj, name, text);
    }
}

const PropertyInfo qdev_prop_macaddr = {
    .type = "str",
    .description = "Ethernet 6-byte MAC Address, example: 52:54:00:12:34:56",
    .get = macaddr_get,
    .set = macaddr_set,
};

static void uuid_get(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    char text[UUID_STR_LEN];
    char *value = text;

    qemu_uuid_unparse(object_field_prop_ptr(obj, opaque), text);
    visit_type_str(v, name, &value, errp);
}

static void uuid_set(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    QemuUUID *uuid = object_field_prop_ptr(obj, opaque);
    g_autofree char *text = NULL;

    if (!visit_type_str(v, name, &text, errp)) {
        return;
    }
    if (strcmp(text, "auto") == 0) {
        qemu_uuid_generate(uuid);
    } else if (qemu_uuid_parse(text, uuid) < 0) {
        error_set_from_qdev_prop_error(errp, -EINVAL, obj, name, text);
    }
}

const PropertyInfo qdev_prop_uuid = {
    .type = "str",
    .description = "UUID (aka GUID) or \"auto\" for random value (default)",
    .get = uuid_get,
    .set = uuid_set,
};

/* ---- PCI addresses ----------------------------------------------------- */

static void devfn_get(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    int32_t devfn = *(int32_t *)object_field_prop_ptr(obj, opaque);

    visit_type_int32(v, name, &devfn, errp);
}

/* A hexadecimal number without sign or space, up to `max`; NULL if not. */
static const char *parse_hex(const char *text, unsigned max, unsigned *value)
{
    const char *end;

    if (!isxdigit((unsigned char)*text) ||
        qemu_strtoui(text, &end, 16, value) < 0 || *value > max) {
        return NULL;
    }
    return end;
}

/* "SLOT" or "SLOT.FUNCTION", both hexadecimal: slot * 8 + function, or -1. */
static int parse_devfn(const char *text)
{
    unsigned slot, function = 0;
    const char *end = parse_hex(text, 31, &slot);

    if (end && *end == '.') {
        end = parse_hex(end + 1, 7, &function);
    }
    return end && !*end ? (int)(slot << 3 | function) : -1;
}

static void devfn_set(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    int32_t *devfn = object_field_prop_ptr(obj, opaque);
    g_autofree char *text = NULL;
    int32_t number;
    int parsed;

    if (visit_type_str(v, name, &text, NULL)) {
        parsed = parse_devfn(text);
        if (parsed < 0) {
            error_set_from_qdev_prop_error(errp, -EINVAL, obj, name, text);
        } else {
            *devfn = parsed;
        }
        return;
    }
    /* As a number (JSON, and the default) it is slot * 8 + function. */
    if (!visit_type_int32(v, name, &number, errp)) {
        return;
    }
    if (number < -1 || number > 255) {
        error_setg(errp, "Property '%s.%s' doesn't take value %d "
                   "(minimum: -1, maximum: 255)", object_get_typename(obj),
                   name, number);
        return;
    }
    *devfn = number;
}

static char *devfn_print(Object *obj, const Property *prop)
{
    int32_t devfn = *(int32_t *)object_field_prop_ptr(obj, prop);

    return devfn < 0 ? g_strdup("<unset>")
                     : g_strdup_printf("%02x.%x", devfn >> 3, devfn & 7);
}

static void devfn_set_default(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_int(op, prop->defval.i);
}

const PropertyInfo qdev_prop_pci_devfn = {
    .type = "int32",
    .description = "Slot and optional function number, example: 06.0 or 06",
    .print = devfn_print,
    .get = devfn_get,
    .set = devfn_set,
    .set_default_value = devfn_set_default,
};

/* ---- enums ------------------------------------------------------------- */

static const char *const off_auto_pcibar_names[] = {
    "off", "auto", "bar0", "bar1", "bar2", "bar3", "bar4", "bar5",
};

static const QEnumLookup off_auto_pcibar_lookup = {
    off_auto_pcibar_names, OFF_AUTO_PCIBAR__MAX
};

const PropertyInfo qdev_prop_off_auto_pcibar = {
    .type = "OffAutoPCIBAR",
    .description = "off/auto/bar0/bar1/bar2/bar3/bar4/bar5",
    .enum_table = &off_auto_pcibar_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};

static const char *const link_speed_names[] = {
    "2_5", "5", "8", "16", "32", "64",
};

static const QEnumLookup link_speed_lookup = {
    link_speed_names, PCIE_LINK_SPEED__MAX
};

const PropertyInfo qdev_prop_pcie_link_speed = {
    .type = "PCIELinkSpeed",
    .description = "2_5/5/8/16/32/64",
    .enum_table = &link_speed_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};

static const char *const link_width_names[] = {
    "1", "2", "4", "8", "12", "16", "32",
};

static const QEnumLookup link_width_lookup = {
    link_width_names, PCIE_LINK_WIDTH__MAX
};

const PropertyInfo qdev_prop_pcie_link_width = {
    .type = "PCIELinkWidth",
    .description = "1/2/4/8/12/16/32",
    .enum_table = &link_width_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};
