/*
 * NICs that -nic and -net nic ask for: their devices, made before those of -device.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/boards.h"
#include "hw/core/qdev.h"
#include "monitor/qdev.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/help_option.h"
#include "startup.h"

/* Type names of NICs that can be plugged into a PCI bus, sorted. */
static GSList *nic_models(void)
{
    GSList *types = object_class_get_list_sorted(TYPE_DEVICE, false);
    GSList *models = NULL;

    for (GSList *l = types; l; l = l->next) {
        DeviceClass *dc = DEVICE_CLASS(l->data);

        if (dc->user_creatable && g_strcmp0(dc->bus_type, "PCI") == 0 &&
            test_bit(DEVICE_CATEGORY_NETWORK, dc->categories)) {
            models = g_slist_append(models, (char *)object_class_get_name(
                                                OBJECT_CLASS(dc)));
        }
    }
    g_slist_free(types);
    return models;
}

static void print_models(void)
{
    g_autoptr(GSList) models = nic_models();

    printf("Supported NIC models:\n");
    for (GSList *l = models; l; l = l->next) {
        printf("%s\n", (char *)l->data);
    }
}

/* The type behind -nic model=; "virtio" is the usual short form. */
static const char *nic_type(const char *model, Error **errp)
{
    const char *wanted = g_str_equal(model, "virtio") ? "virtio-net-pci" : model;
    g_autoptr(GSList) models = nic_models();
    g_autoptr(GString) names = g_string_new(NULL);

    for (GSList *l = models; l; l = l->next) {
        if (g_str_equal(l->data, wanted)) {
            return l->data;
        }
        g_string_append_printf(names, "%s%s", names->len ? ", " : "",
                               (char *)l->data);
    }
    error_setg(errp, "Unsupported NIC model: %s (expected %s)", model,
               names->str);
    return NULL;
}

static void make_nic(NICInfo *nd, const char *type)
{
    struct json_object *opts = json_object_new_object();
    const uint8_t *mac = nd->macaddr.a;
    static const MACAddr unset;
    Error *err = NULL;

    json_put_str(opts, "driver", type);
    json_put_str(opts, "netdev", nd->netdev->name);
    if (nd->name) {
        json_put_str(opts, "id", nd->name);
    }
    if (nd->devaddr) {
        json_put_str(opts, "addr", nd->devaddr);
    }
    if (nd->nvectors >= 0) {
        json_put_int(opts, "vectors", nd->nvectors);
    }
    if (memcmp(&nd->macaddr, &unset, sizeof(unset)) != 0) {
        g_autofree char *text = g_strdup_printf(
            "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
            mac[4], mac[5]);

        json_put_str(opts, "mac", text);
    }
    device_init_json(opts, &err);
    json_object_put(opts);
    startup_check(err);
    nd->instantiated = true;
}

void startup_make_nics(void)
{
    const char *usual = MACHINE_GET_CLASS(current_machine)->default_nic;

    for (int i = 0; i < nb_nics; i++) {
        NICInfo *nd = &nd_table[i];
        const char *model = nd->model ? nd->model : usual;
        Error *err = NULL;
        const char *type;

        if (!model) {
            continue;           /* net_check_clients() says so */
        }
        if (is_help_option(model)) {
            print_models();
            exit(0);
        }
        type = nic_type(model, &err);
        startup_check(err);
        make_nic(nd, type);
    }
}
