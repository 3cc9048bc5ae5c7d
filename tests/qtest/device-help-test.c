/*
 * -device TYPE,help: every property has a type and a line of help, and the network
 * card has the properties that its users know, of the types that they expect.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqtest.h"

static char *output_of(const char *args)
{
    char *output = NULL;

    g_assert_cmpint(qtest_run(args, &output), ==, 0);
    return output;
}

/* Names in quotes at the beginning of lines of -device help. */
static GPtrArray *device_types(void)
{
    g_autofree char *output = output_of("-device help");
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    GPtrArray *types = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], "name \"")) {
            const char *name = lines[i] + strlen("name \"");

            g_ptr_array_add(types, g_strndup(name, strcspn(name, "\"")));
        }
    }
    g_assert_cmpint(types->len, >, 5);
    return types;
}

static char *help_of(const char *type)
{
    g_autofree char *args = g_strdup_printf("-device %s,help", type);

    return output_of(args);
}

static void every_property_explained(void)
{
    g_autoptr(GPtrArray) types = device_types();

    for (unsigned i = 0; i < types->len; i++) {
        const char *type = g_ptr_array_index(types, i);
        g_autofree char *output = help_of(type);
        g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

        for (unsigned n = 1; lines[n]; n++) {
            if (strstr(lines[n], "=<") &&
                !g_regex_match_simple("^ +[-_.A-Za-z0-9]+=<\\S+.*> *- "
                                      "[A-Za-z0-9]", lines[n], 0, 0)) {
                g_error("%s: not explained: %s", type, lines[n]);
            }
        }
    }
}

static void names_and_types(void)
{
    static const char *const expected[] = {
        "acpi-index=<uint32>", "aer=<bool>", "any_layout=<bool>", "ats=<bool>",
        "bootindex=<int32>", "csum=<bool>", "ctrl_guest_offloads=<bool>",
        "ctrl_mac_addr=<bool>", "ctrl_rx=<bool>", "ctrl_rx_extra=<bool>",
        "ctrl_vlan=<bool>", "ctrl_vq=<bool>", "device_stats=<bool>",
        "disable-legacy=<OnOffAuto>", "disable-modern=<bool>", "duplex=<str>",
        "event_idx=<bool>", "failover=<bool>", "failover_pair_id=<str>",
        "gso=<bool>",
        "guest_announce=<bool>", "guest_csum=<bool>", "guest_ecn=<bool>",
        "guest_tso4=<bool>", "guest_tso6=<bool>", "guest_ufo=<bool>",
        "guest_uso4=<bool>", "guest_uso6=<bool>", "hash=<bool>",
        "host_ecn=<bool>", "host_mtu=<uint16>", "host_tso4=<bool>",
        "host_tso6=<bool>", "host_ufo=<bool>", "host_uso=<bool>",
        "indirect_desc=<bool>", "in_order=<bool>", "ioeventfd=<bool>",
        "iommu_platform=<bool>", "mac=<str>", "migrate-extra=<bool>",
        "modern-pio-notify=<bool>", "mq=<bool>", "mrg_rxbuf=<bool>",
        "multifunction=<bool>", "netdev=<str>", "notification_data=<bool>",
        "notify_on_empty=<bool>", "packed=<bool>", "page-per-vq=<bool>",
        "queue_reset=<bool>", "rombar=<uint32>", "romfile=<str>",
        "romsize=<uint32>", "rss=<bool>", "rx_queue_size=<uint16>",
        "speed=<int32>", "status=<bool>", "tx=<str>", "tx_queue_size=<uint16>",
        "vectors=<uint32>", "x-disable-pcie=<bool>",
        "x-pcie-deverr-init=<bool>", "x-pcie-flr-init=<bool>",
        "x-pcie-lnkctl-init=<bool>", "x-pcie-pm-init=<bool>",
        "x-txburst=<int32>", "x-txtimer=<uint32>",
    };
    g_autofree char *output = help_of("virtio-net-pci");

    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *entry = g_strdup_printf("  %s", expected[i]);

        if (!strstr(output, entry)) {
            g_error("virtio-net-pci has no property %s", expected[i]);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("device-help/every-property-explained",
                   every_property_explained);
    qtest_add_func("device-help/names-and-types", names_and_types);
    return g_test_run();
}
