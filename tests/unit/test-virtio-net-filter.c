/*
 * The receive filter of virtio-net: which frames pass in each mode (VIRTIO 1.4
 * section 5.1.6.5.1 to 5.1.6.5.3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/net/virtio-net-internal.h"

static const uint8_t own[ETH_ALEN] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
static const uint8_t other[ETH_ALEN] = { 0x52, 0x54, 0, 0x12, 0x34, 0x57 };
static const uint8_t group[ETH_ALEN] = { 0x01, 0, 0x5e, 1, 2, 3 };
static const uint8_t all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static bool passes(const RxFilter *filter, const uint8_t *to)
{
    uint8_t frame[ETH_HLEN] = { 0 };

    memcpy(frame, to, ETH_ALEN);
    return rx_filter_accepts(filter, frame, sizeof(frame));
}

static bool vlan_passes(const RxFilter *filter, unsigned vid)
{
    uint8_t frame[ETH_HLEN + ETH_VLAN_HLEN] = { 0 };

    memcpy(frame, own, ETH_ALEN);
    frame[12] = ETH_P_VLAN >> 8;
    frame[13] = ETH_P_VLAN & 0xff;
    frame[14] = 0xe0 | vid >> 8;        /* with a priority, which is no matter */
    frame[15] = vid;
    return rx_filter_accepts(filter, frame, sizeof(frame));
}

static void filter_new(RxFilter *filter)
{
    rx_filter_reset(filter, own);
    filter->promisc = false;
}

static void test_default(void)
{
    RxFilter filter;

    rx_filter_reset(&filter, own);
    g_assert_true(passes(&filter, own));
    g_assert_true(passes(&filter, other));
    g_assert_true(passes(&filter, group));
    g_assert_true(passes(&filter, all));
    g_assert_true(vlan_passes(&filter, 7));
}

static void test_modes(void)
{
    RxFilter filter;

    filter_new(&filter);
    g_assert_true(passes(&filter, own));
    g_assert_true(passes(&filter, all));
    g_assert_false(passes(&filter, other));
    g_assert_false(passes(&filter, group));

    filter.allmulti = true;
    g_assert_true(passes(&filter, group));
    filter.nomulti = true;
    g_assert_false(passes(&filter, group));
    filter.alluni = true;
    g_assert_true(passes(&filter, other));
    filter.nouni = true;
    g_assert_false(passes(&filter, own));
    filter.nobcast = true;
    g_assert_false(passes(&filter, all));
    filter.promisc = true;
    g_assert_true(passes(&filter, all));
}

static void test_table(void)
{
    RxFilter filter;

    filter_new(&filter);
    memcpy(filter.table, other, ETH_ALEN);
    memcpy(filter.table + ETH_ALEN, group, ETH_ALEN);
    filter.in_use = 2;
    filter.first_multi = 1;
    g_assert_true(passes(&filter, other));
    g_assert_true(passes(&filter, group));
    filter.first_multi = 0;
    g_assert_false(passes(&filter, other));
    filter.uni_overflow = true;
    g_assert_true(passes(&filter, other));
    filter.in_use = 0;
    g_assert_false(passes(&filter, group));
    filter.multi_overflow = true;
    g_assert_true(passes(&filter, group));
}

static void test_vlan(void)
{
    RxFilter filter;

    filter_new(&filter);
    g_assert_true(vlan_passes(&filter, 100));
    rx_filter_use_vlans(&filter, true);
    g_assert_false(vlan_passes(&filter, 100));
    g_assert_true(passes(&filter, own));
    rx_filter_set_vlan(&filter, 100, true);
    rx_filter_set_vlan(&filter, 4095, true);
    g_assert_true(vlan_passes(&filter, 100));
    g_assert_true(vlan_passes(&filter, 4095));
    g_assert_false(vlan_passes(&filter, 101));
    rx_filter_set_vlan(&filter, 100, false);
    g_assert_false(vlan_passes(&filter, 100));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-net/filter/default", test_default);
    g_test_add_func("/virtio-net/filter/modes", test_modes);
    g_test_add_func("/virtio-net/filter/table", test_table);
    g_test_add_func("/virtio-net/filter/vlan", test_vlan);
    return g_test_run();
}
