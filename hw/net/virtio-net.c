/*
 * The virtio network device: type, properties, realize, features, config space,
 * status, reset, state. VIRTIO 1.4 section 5.1. Queues, receive, transmit, control
 * commands, filter and headers have files of their own (virtio-net-*.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "hw/core/bootdevice.h"
#include "hw/core/qdev-properties-system.h"
#include "hw/virtio/iothread-vq-mapping.h"
#include "net/tunnel.h"
#include "virtio-net-internal.h"

#define QUEUE_SIZE_MIN      256
#define QUEUE_SIZE_DEFAULT  256
#define MTU_MIN             68
#define TX_TIMER_NS         150000
#define TX_BURST            256
#define RSC_INTERVAL        300000

#define BIT_OF(feature) (UINT64_C(1) << VIRTIO_NET_F_##feature)

/* --- config space (section 5.1.4) --- */

/* What Linux 6.1 knows of, and what came later. */
typedef struct NetConfig {
    struct virtio_net_config known;
    uint32_t supported_tunnel_types;
} NetConfig;
QEMU_BUILD_BUG_ON(offsetof(NetConfig, supported_tunnel_types) != 24);

#define END_OF(field)                                                        \
    (offsetof(struct virtio_net_config, field) +                             \
     sizeof(((struct virtio_net_config *)0)->field))

/* As long as the features that are asked for need it. */
static size_t config_bytes(const VirtIONet *n)
{
    static const struct {
        uint64_t features;
        size_t bytes;
    } needs[] = {
        { BIT_OF(MAC), END_OF(mac) },
        { BIT_OF(STATUS), END_OF(status) },
        { BIT_OF(MQ), END_OF(max_virtqueue_pairs) },
        { BIT_OF(MTU), END_OF(mtu) },
        { BIT_OF(SPEED_DUPLEX), END_OF(duplex) },
        { BIT_OF(RSS) | BIT_OF(HASH_REPORT), END_OF(supported_hash_types) },
        { BIT_OF(HASH_TUNNEL), sizeof(NetConfig) },
    };
    size_t bytes = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(needs); i++) {
        if (n->net_features.w[0] & needs[i].features) {
            bytes = MAX(bytes, needs[i].bytes);
        }
    }
    return bytes;
}

static void virtio_net_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VirtIONet *n = VIRTIO_NET(vdev);
    NetConfig all = {
        .known = {
            .status = cpu_to_le16(n->status),
            .max_virtqueue_pairs = cpu_to_le16(n->max_pairs),
            .mtu = cpu_to_le16(n->net_conf.mtu),
            .speed = cpu_to_le32(n->net_conf.speed),
            .duplex = n->duplex,
            .rss_max_key_size = NET_TOEPLITZ_KEY_BYTES,
            .rss_max_indirection_table_length = cpu_to_le16(RSS_TABLE_MAX),
            .supported_hash_types = cpu_to_le32(RSS_HASH_TYPES),
        },
        .supported_tunnel_types = cpu_to_le32(NET_TUNNEL_ALL),
    };

    memcpy(all.known.mac, n->filter.mac, sizeof(all.known.mac));
    memcpy(config, &all, vdev->config_len);
}

/* Only drivers before CTRL_MAC_ADDR write, and only the address (5.1.4.3). */
static void virtio_net_set_config(VirtIODevice *vdev, const uint8_t *config)
{
    VirtIONet *n = VIRTIO_NET(vdev);

    if (vdev->config_len >= ETH_ALEN &&
        !virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1) &&
        !virtio_vdev_has_feature(vdev, VIRTIO_NET_F_CTRL_MAC_ADDR) &&
        memcmp(n->filter.mac, config, ETH_ALEN) != 0) {
        VIRTIO_HOLD_GUARD(vdev);

        memcpy(n->filter.mac, config, ETH_ALEN);
        qemu_format_nic_info_str(qemu_get_queue(n->nic), n->filter.mac);
    }
}

/* --- features (section 5.1.3) --- */

/* What this device does whatever the backend; the others are limited by it. */
static const uint64_t own_features =
    BIT_OF(MAC) | BIT_OF(STATUS) | BIT_OF(MTU) | BIT_OF(SPEED_DUPLEX) |
    BIT_OF(MRG_RXBUF) | BIT_OF(CTRL_VQ) | BIT_OF(CTRL_RX) |
    BIT_OF(CTRL_RX_EXTRA) | BIT_OF(CTRL_VLAN) | BIT_OF(CTRL_MAC_ADDR) |
    BIT_OF(MQ) | BIT_OF(RSS) | BIT_OF(HASH_REPORT) | BIT_OF(NOTF_COAL) |
    BIT_OF(VQ_NOTF_COAL) | BIT_OF(CTRL_GUEST_OFFLOADS) | BIT_OF(GUEST_ANNOUNCE) |
    BIT_OF(DEVICE_STATS) | BIT_OF(GUEST_HDRLEN) | BIT_OF(HASH_TUNNEL) |
    BIT_OF(RSC_EXT) | BIT_OF(STANDBY);

/* Section 5.1.3.1: what each feature needs. */
static const struct {
    uint8_t feature;
    uint8_t needs;
} dependencies[] = {
    { VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_CSUM },
    { VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_CSUM },
    { VIRTIO_NET_F_GUEST_UFO, VIRTIO_NET_F_GUEST_CSUM },
    { VIRTIO_NET_F_GUEST_USO4, VIRTIO_NET_F_GUEST_CSUM },
    { VIRTIO_NET_F_GUEST_USO6, VIRTIO_NET_F_GUEST_CSUM },
    { VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_CSUM },
    { VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_CSUM },
    { VIRTIO_NET_F_HOST_UFO, VIRTIO_NET_F_CSUM },
    { VIRTIO_NET_F_HOST_USO, VIRTIO_NET_F_CSUM },
    { VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_CTRL_VLAN, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_DEVICE_STATS, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_MQ, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_RSS, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_NOTF_COAL, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_VQ_NOTF_COAL, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_HASH_REPORT, VIRTIO_NET_F_CTRL_VQ },
    { VIRTIO_NET_F_HASH_TUNNEL, VIRTIO_NET_F_CTRL_VQ },
};

/* And this one needs something that is hashed. */
static bool hash_tunnel_idle(const VirtioFeatures *features)
{
    return virtio_features_test(features, VIRTIO_NET_F_HASH_TUNNEL) &&
           !virtio_features_test(features, VIRTIO_NET_F_RSS) &&
           !virtio_features_test(features, VIRTIO_NET_F_HASH_REPORT);
}

/* Segments of one direction at least, and (5.1.6.4) what coalescing makes. */
static bool rsc_idle(const VirtioFeatures *features)
{
    return virtio_features_test(features, VIRTIO_NET_F_RSC_EXT) &&
           (!(features->w[0] & (BIT_OF(HOST_TSO4) | BIT_OF(HOST_TSO6))) ||
            !(features->w[0] & (BIT_OF(GUEST_TSO4) | BIT_OF(GUEST_TSO6))));
}

static bool virtio_net_get_features(VirtIODevice *vdev,
                                    VirtioFeatures *features, Error **errp)
{
    VirtIONet *n = VIRTIO_NET(vdev);
    VirtioFeatures net = n->net_features;
    VirtioFeatures by_backend =
        virtio_features_without(net, VIRTIO_FEATURES_LOW(own_features));

    virtio_net_offload_limit(n, &by_backend);
    net = virtio_features_and(net, VIRTIO_FEATURES_LOW(own_features));
    net = virtio_features_or(net, by_backend);
    if (n->max_pairs == 1) {
        virtio_features_clear(&net, VIRTIO_NET_F_MQ);
    }
    if (!virtio_net_vhost_limit(n, &net, errp) ||
        !virtio_net_vhost_limit(n, features, errp)) {
        return false;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(dependencies); i++) {
        if (!virtio_features_test(&net, dependencies[i].needs)) {
            virtio_features_clear(&net, dependencies[i].feature);
        }
    }
    if (hash_tunnel_idle(&net)) {
        virtio_features_clear(&net, VIRTIO_NET_F_HASH_TUNNEL);
    }
    if (rsc_idle(&net)) {
        virtio_features_clear(&net, VIRTIO_NET_F_RSC_EXT);
    }
    *features = virtio_features_or(*features, net);
    return true;
}

static int virtio_net_validate_features(VirtIODevice *vdev,
                                        const VirtioFeatures *features)
{
    for (unsigned i = 0; i < ARRAY_SIZE(dependencies); i++) {
        if (virtio_features_test(features, dependencies[i].feature) &&
            !virtio_features_test(features, dependencies[i].needs)) {
            return -EINVAL;
        }
    }
    return hash_tunnel_idle(features) || rsc_idle(features) ? -EINVAL : 0;
}

static void virtio_net_set_features(VirtIODevice *vdev)
{
    VirtIONet *n = VIRTIO_NET(vdev);

    virtio_net_queues_apply_features(n);
    virtio_net_offload_apply(n);
    rx_filter_use_vlans(&n->filter,
                        virtio_vdev_has_feature(vdev, VIRTIO_NET_F_CTRL_VLAN));
    virtio_net_failover_apply(n);
}

/* --- status, reset, link --- */

static int virtio_net_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIONet *n = VIRTIO_NET(vdev);

    virtio_net_vhost_update(n);
    virtio_net_queues_set_running(n, virtio_device_started(vdev, status) &&
                                  vdev->vm_running &&
                                  !virtio_net_vhost_active(n));
    return 0;
}

static void virtio_net_reset(VirtIODevice *vdev)
{
    VirtIONet *n = VIRTIO_NET(vdev);

    virtio_net_vhost_reset(n);
    virtio_net_queues_reset(n);
    rx_filter_reset(&n->filter, n->configured_mac);
    qemu_format_nic_info_str(qemu_get_queue(n->nic), n->filter.mac);
    rss_reset(&n->rss);
    virtio_net_threads_share(n);
    n->hash_report = false;
    n->mergeable = false;
    n->guest_hdr_bytes = sizeof(struct virtio_net_hdr);
    n->peer_hdr = false;
    n->tx_software = false;
    n->guest_offloads = 0;
    n->status &= ~VIRTIO_NET_S_ANNOUNCE;
}

/* One queue goes back to its start; packets that wait stay in the backend. */
static void virtio_net_queue_reset(VirtIODevice *vdev, uint32_t queue_index)
{
    VirtIONet *n = VIRTIO_NET(vdev);
    unsigned pair = queue_index / 2;

    virtio_net_vhost_queue_reset(n, queue_index);
    virtio_net_coal_queue_reset(n, queue_index);
    if (pair < n->max_pairs && queue_index % 2 == 1) {
        VirtIONetQueue *q = &n->pairs[pair];

        virtio_net_tx_stop(q);
        qemu_purge_queued_packets(virtio_net_pair_client(q));
        q->tx_blocked = false;
    }
}

static void virtio_net_queue_enable(VirtIODevice *vdev, uint32_t queue_index)
{
    VirtIONet *n = VIRTIO_NET(vdev);
    unsigned pair = queue_index / 2;

    virtio_net_vhost_queue_enable(n, queue_index);
    if (pair < n->curr_pairs && virtio_net_pair_running(&n->pairs[pair])) {
        virtio_net_tx_start(&n->pairs[pair]);
        qemu_flush_queued_packets(virtio_net_pair_client(&n->pairs[pair]));
    }
}

static void virtio_net_link_changed(NetClientState *nc)
{
    VirtIONet *n = qemu_get_nic_opaque(nc);
    uint16_t before = n->status;

    if (nc->link_down) {
        n->status &= ~VIRTIO_NET_S_LINK_UP;
    } else {
        n->status |= VIRTIO_NET_S_LINK_UP;
    }
    if (n->vhost) {
        virtio_net_set_status(VIRTIO_DEVICE(n), VIRTIO_DEVICE(n)->status);
    }
    if (n->status != before) {
        virtio_notify_config(VIRTIO_DEVICE(n));
    }
}

static const NetClientInfo net_virtio_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = virtio_net_can_receive,
    .receive_burst = virtio_net_receive_burst,
    .receive_direct = virtio_net_receive_direct,
    .link_status_changed = virtio_net_link_changed,
    .query_rx_filter = virtio_net_query_rx_filter,
    .query_stats = virtio_net_query_stats,
    .announce = virtio_net_announce,
};

/* --- realize --- */

void virtio_net_set_netclient_name(VirtIONet *n, const char *name,
                                   const char *type)
{
    g_free(n->netclient_name);
    g_free(n->netclient_type);
    n->netclient_name = g_strdup(name);
    n->netclient_type = g_strdup(type);
}

static bool check_queue_size(const char *which, unsigned size, Error **errp)
{
    if (size < QUEUE_SIZE_MIN || size > VIRTQUEUE_MAX_SIZE ||
        (size & (size - 1))) {
        error_setg(errp, "Invalid %s_queue_size (= %u), must be a power of 2 "
                   "between %d and %d", which, size, QUEUE_SIZE_MIN,
                   VIRTQUEUE_MAX_SIZE);
        return false;
    }
    return true;
}

static bool check_duplex(VirtIONet *n, Error **errp)
{
    const char *duplex = n->net_conf.duplex_str;

    /* Values of ETHTOOL_GLINKSETTINGS, which the driver passes on. */
    if (!duplex) {
        n->duplex = 0xff;
    } else if (strcmp(duplex, "half") == 0) {
        n->duplex = 0;
    } else if (strcmp(duplex, "full") == 0) {
        n->duplex = 1;
    } else {
        error_setg(errp, "Invalid duplex (= %s), must be 'half' or 'full'",
                   duplex);
        return false;
    }
    return true;
}

/* Values that the properties' types cannot refuse by themselves. */
static bool check_properties(VirtIONet *n, Error **errp)
{
    const VirtIONetConf *conf = &n->net_conf;

    if (!check_duplex(n, errp)) {
        return false;
    }
    if (conf->speed < -1) {
        error_setg(errp, "Invalid speed (= %d), must be between 0 and %d "
                   "(Mbit/s), or -1 for unknown", conf->speed, INT_MAX);
        return false;
    }
    if (!check_queue_size("rx", conf->rx_queue_size, errp) ||
        !check_queue_size("tx", conf->tx_queue_size, errp)) {
        return false;
    }
    if (conf->mtu && conf->mtu < MTU_MIN) {
        error_setg(errp, "Invalid host_mtu (= %u), must be between %d and %d",
                   conf->mtu, MTU_MIN, UINT16_MAX);
        return false;
    }
    if (conf->txburst < 1) {
        error_setg(errp, "Invalid x-txburst (= %d), must be at least 1",
                   conf->txburst);
        return false;
    }
    return true;
}

static void virtio_net_features_from_properties(VirtIONet *n)
{
    virtio_features_set(&n->net_features, VIRTIO_NET_F_MAC);
    if (n->net_conf.mtu) {
        virtio_features_set(&n->net_features, VIRTIO_NET_F_MTU);
    }
    if (n->net_conf.speed >= 0 || n->net_conf.duplex_str) {
        virtio_features_set(&n->net_features, VIRTIO_NET_F_SPEED_DUPLEX);
    }
    if (n->failover.on) {
        virtio_features_set(&n->net_features, VIRTIO_NET_F_STANDBY);
    }
}

static void QEMU_NOINLINE virtio_net_device_realize(DeviceState *dev,
                                                    Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIONet *n = VIRTIO_NET(dev);
    const char *type = n->netclient_type ? n->netclient_type :
                       object_get_typename(OBJECT(dev));
    const char *name = n->netclient_name ? n->netclient_name : dev->id;
    DeviceState *proxy = qdev_get_parent_bus(dev)->parent;

    if (!check_properties(n, errp)) {
        return;
    }
    if (!bootdevice_add(proxy, n->nic_conf.bootindex, "/ethernet-phy@0", errp)) {
        return;
    }
    virtio_net_features_from_properties(n);
    virtio_init(vdev, VIRTIO_ID_NET, config_bytes(n));
    if (!virtio_net_queues_init(n, errp)) {
        virtio_cleanup(vdev);
        bootdevice_remove(proxy);
        return;
    }
    if (!virtio_net_vhost_init(n, errp)) {
        virtio_net_queues_exit(n);
        virtio_cleanup(vdev);
        bootdevice_remove(proxy);
        return;
    }

    qemu_macaddr_default_if_unset(&n->nic_conf.macaddr);
    memcpy(n->configured_mac, n->nic_conf.macaddr.a, ETH_ALEN);
    rx_filter_reset(&n->filter, n->configured_mac);
    n->status = VIRTIO_NET_S_LINK_UP;
    n->guest_hdr_bytes = sizeof(struct virtio_net_hdr);

    n->nic = qemu_new_nic(&net_virtio_info, &n->nic_conf, type, name,
                          virtio_reentrancy_guard(vdev), n);
    for (unsigned i = 0; i < n->max_pairs; i++) {
        virtio_net_turn_init(&n->pairs[i]);
    }
    qemu_format_nic_info_str(qemu_get_queue(n->nic), n->configured_mac);
    if (qemu_get_queue(n->nic)->peer &&
        qemu_get_queue(n->nic)->peer->link_down) {
        n->status &= ~VIRTIO_NET_S_LINK_UP;
    }
    VIRTIO_HOLD_GUARD(vdev);
    virtio_net_threads_attach(n);
    for (unsigned i = 0; i < n->max_pairs; i++) {
        qemu_set_queue_enabled(qemu_get_subqueue(n->nic, i)->peer, i == 0);
    }
    virtio_net_failover_init(n);
}

static void virtio_net_device_unrealize(DeviceState *dev)
{
    VirtIONet *n = VIRTIO_NET(dev);
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);

    virtio_net_failover_exit(n);
    bootdevice_remove(qdev_get_parent_bus(dev)->parent);
    virtio_hold(vdev);
    virtio_net_threads_detach(n);
    virtio_net_vhost_exit(n);
    qemu_del_nic(n->nic);
    n->nic = NULL;
    virtio_net_queues_exit(n);
    virtio_let_go(vdev);
    virtio_cleanup(vdev);
}

/* --- state --- */

static bool virtio_net_post_load(void *opaque, int version_id, Error **errp)
{
    VirtIONet *n = opaque;
    const RxFilter *filter = &n->filter;

    if (filter->in_use > MAC_TABLE_ENTRIES ||
        filter->first_multi > filter->in_use) {
        error_setg(errp, "virtio-net: address table of %u, multicast from %u, "
                   "cannot be", filter->in_use, filter->first_multi);
        return false;
    }
    for (unsigned i = 0; i < n->max_pairs; i++) {
        qemu_get_subqueue(n->nic, i)->link_down =
            !(n->status & VIRTIO_NET_S_LINK_UP);
    }
    qemu_format_nic_info_str(qemu_get_queue(n->nic), n->filter.mac);
    return true;
}

static const VMStateDescription vmstate_rx_filter = {
    .name = "virtio-net/filter",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8_ARRAY(mac, RxFilter, ETH_ALEN),
        VMSTATE_BOOL(promisc, RxFilter),
        VMSTATE_BOOL(allmulti, RxFilter),
        VMSTATE_BOOL(alluni, RxFilter),
        VMSTATE_BOOL(nomulti, RxFilter),
        VMSTATE_BOOL(nouni, RxFilter),
        VMSTATE_BOOL(nobcast, RxFilter),
        VMSTATE_BOOL(uni_overflow, RxFilter),
        VMSTATE_BOOL(multi_overflow, RxFilter),
        VMSTATE_UINT32(in_use, RxFilter),
        VMSTATE_UINT32(first_multi, RxFilter),
        VMSTATE_UINT8_ARRAY(table, RxFilter, MAC_TABLE_ENTRIES * ETH_ALEN),
        VMSTATE_UINT32_ARRAY(vlans, RxFilter, MAX_VLAN / 32),
        VMSTATE_BOOL(vlan_filter, RxFilter),
        VMSTATE_END_OF_LIST()
    },
};

static bool pairs_needed(void *opaque)
{
    const VirtIONet *n = opaque;

    return n->curr_pairs != 1;
}

static bool pairs_post_load(void *opaque, int version_id, Error **errp)
{
    VirtIONet *n = opaque;
    unsigned pairs = n->curr_pairs;

    n->curr_pairs = 1;
    if (pairs < 1 || pairs > n->max_pairs || !n->multiqueue) {
        error_setg(errp, "virtio-net: %u queue pairs in use, of %u, cannot be",
                   pairs, n->max_pairs);
        return false;
    }
    virtio_net_set_pairs(n, pairs);
    return true;
}

static const VMStateDescription vmstate_pairs = {
    .name = "virtio-net/pairs",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = pairs_needed,
    .post_load_errp = pairs_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(curr_pairs, VirtIONet),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_virtio_net = {
    .name = "virtio-net",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load_errp = virtio_net_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIONet),
        VMSTATE_UINT16(status, VirtIONet),
        VMSTATE_STRUCT(filter, VirtIONet, 1, vmstate_rx_filter, RxFilter),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription *const[]) {
        &vmstate_pairs,
        &vmstate_virtio_net_rss,
        &vmstate_virtio_net_hash_tunnel,
        &vmstate_virtio_net_coal,
        &vmstate_virtio_net_guest_offloads,
        NULL
    },
};

/* --- type --- */

#define FEATURE_PROP(name, feature, help)                                    \
    DEFINE_PROP_FEATURE_BIT(name, VirtIONet, net_features,                   \
                            VIRTIO_NET_F_##feature, true, .description = help)

static const Property virtio_net_properties[] = {
    FEATURE_PROP("csum", CSUM, "checksums of sent packets are completed here"),
    FEATURE_PROP("guest_csum", GUEST_CSUM,
                 "the driver may get packets without checksum"),
    FEATURE_PROP("gso", GSO, "legacy: segments of any kind are cut here"),
    FEATURE_PROP("guest_tso4", GUEST_TSO4,
                 "the driver may get large TCP segments, IPv4"),
    FEATURE_PROP("guest_tso6", GUEST_TSO6,
                 "the driver may get large TCP segments, IPv6"),
    FEATURE_PROP("guest_ecn", GUEST_ECN, "and such with congestion marks"),
    FEATURE_PROP("guest_ufo", GUEST_UFO,
                 "the driver may get UDP datagrams to be fragmented"),
    FEATURE_PROP("host_tso4", HOST_TSO4, "TCP segments of IPv4 are cut here"),
    FEATURE_PROP("host_tso6", HOST_TSO6, "TCP segments of IPv6 are cut here"),
    FEATURE_PROP("host_ecn", HOST_ECN, "and such with congestion marks"),
    FEATURE_PROP("host_ufo", HOST_UFO, "UDP datagrams are fragmented here"),
    FEATURE_PROP("guest_hdrlen", GUEST_HDRLEN,
                 "the driver says exact lengths of headers"),
    FEATURE_PROP("guest_uso4", GUEST_USO4,
                 "the driver may get large UDP segments, IPv4"),
    FEATURE_PROP("guest_uso6", GUEST_USO6,
                 "the driver may get large UDP segments, IPv6"),
    FEATURE_PROP("host_uso", HOST_USO, "UDP segments are cut here"),
    FEATURE_PROP("mrg_rxbuf", MRG_RXBUF,
                 "a packet may fill several receive buffers"),
    FEATURE_PROP("status", STATUS, "the driver sees whether the link is up"),
    FEATURE_PROP("ctrl_vq", CTRL_VQ, "there is a control queue"),
    FEATURE_PROP("ctrl_rx", CTRL_RX, "receive modes and the address table"),
    FEATURE_PROP("ctrl_vlan", CTRL_VLAN, "VLAN filter"),
    FEATURE_PROP("ctrl_rx_extra", CTRL_RX_EXTRA, "more receive modes"),
    FEATURE_PROP("ctrl_mac_addr", CTRL_MAC_ADDR,
                 "the driver can change the address"),
    FEATURE_PROP("ctrl_guest_offloads", CTRL_GUEST_OFFLOADS,
                 "the driver can switch what it may get"),
    FEATURE_PROP("guest_announce", GUEST_ANNOUNCE,
                 "the driver announces itself after migration"),
    FEATURE_PROP("device_stats", DEVICE_STATS,
                 "the driver can ask for statistics"),
    FEATURE_PROP("notf_coal", NOTF_COAL,
                 "the driver can have interrupts gathered"),
    FEATURE_PROP("vq_notf_coal", VQ_NOTF_COAL, "and that queue by queue"),
    DEFINE_PROP_FEATURE_BIT("mq", VirtIONet, net_features, VIRTIO_NET_F_MQ,
                            false,
                            .description = "as many queue pairs as the "
                            "backend has queues"),
    DEFINE_PROP_FEATURE_BIT("rss", VirtIONet, net_features, VIRTIO_NET_F_RSS,
                            false,
                            .description = "the hash of a packet chooses its "
                            "queue"),
    DEFINE_PROP_FEATURE_BIT("hash", VirtIONet, net_features,
                            VIRTIO_NET_F_HASH_REPORT, false,
                            .description = "packets come with their hash"),
    DEFINE_PROP_FEATURE_BIT("guest_rsc_ext", VirtIONet, net_features,
                            VIRTIO_NET_F_RSC_EXT, false,
                            .description = "join received TCP segments that "
                            "follow each other"),
    DEFINE_PROP_UINT32("rsc_interval", VirtIONet, rsc_interval, RSC_INTERVAL,
                       .description = "nanoseconds that segments may wait for "
                       "the next"),
    DEFINE_PROP_FEATURE_BIT("hash_tunnel", VirtIONet, net_features,
                            VIRTIO_NET_F_HASH_TUNNEL, false,
                            .description = "packets in tunnels may be hashed by "
                            "what they carry; with rss or hash"),
    DEFINE_NIC_PROPERTIES(VirtIONet, nic_conf),
    DEFINE_PROP_INT32("bootindex", VirtIONet, nic_conf.bootindex, -1,
                      .description = "place in the boot order; -1: none"),
    DEFINE_PROP_UINT32("x-txtimer", VirtIONet, net_conf.txtimer_ns,
                       TX_TIMER_NS,
                       .description = "tx=timer: nanoseconds that packets may "
                       "gather"),
    DEFINE_PROP_INT32("x-txburst", VirtIONet, net_conf.txburst, TX_BURST,
                      .description = "packets sent before others get their "
                      "turn"),
    DEFINE_PROP_STRING("tx", VirtIONet, net_conf.tx,
                       .description = "when packets are sent: bh (soon) or "
                       "timer (gathered)"),
    DEFINE_PROP_UINT16("rx_queue_size", VirtIONet, net_conf.rx_queue_size,
                       QUEUE_SIZE_DEFAULT,
                       .description = "receive buffers of a queue, a power of "
                       "two, 256 to 1024"),
    DEFINE_PROP_UINT16("tx_queue_size", VirtIONet, net_conf.tx_queue_size,
                       QUEUE_SIZE_DEFAULT,
                       .description = "transmit buffers of a queue, a power "
                       "of two, 256 to 1024"),
    DEFINE_PROP_UINT16("host_mtu", VirtIONet, net_conf.mtu, 0,
                       .description = "largest MTU, told to the driver, 68 to "
                       "65535; 0: not told"),
    DEFINE_PROP_INT32("speed", VirtIONet, net_conf.speed, -1,
                      .description = "Mbit/s that the driver is told; -1: not "
                      "told"),
    DEFINE_PROP_STRING("duplex", VirtIONet, net_conf.duplex_str,
                       .description = "half or full, told to the driver"),
    DEFINE_PROP_BOOL("failover", VirtIONet, failover.on, false,
                     .description = "stand by for a primary, a device that has "
                     "this one's id as failover_pair_id"),
    DEFINE_PROP_LINK("iothread", VirtIONet, net_conf.iothread, TYPE_IOTHREAD,
                     IOThread *,
                     .description = "all queue pairs run in this I/O thread"),
    DEFINE_PROP_IOTHREAD_VQ_MAPPING_LIST("iothread-vq-mapping", VirtIONet,
                                         net_conf.vq_mapping),
};

static void virtio_net_instance_finalize(Object *obj)
{
    VirtIONet *n = VIRTIO_NET(obj);

    g_free(n->netclient_name);
    g_free(n->netclient_type);
}

static void virtio_net_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    device_class_set_props(dc, virtio_net_properties);
    dc->vmsd = &vmstate_virtio_net;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    vdc->get_features = virtio_net_get_features;
    vdc->validate_features = virtio_net_validate_features;
    vdc->set_features = virtio_net_set_features;
    vdc->realize = virtio_net_device_realize;
    vdc->get_config = virtio_net_get_config;
    vdc->set_config = virtio_net_set_config;
    vdc->set_status = virtio_net_set_status;
    vdc->reset = virtio_net_reset;
    vdc->unrealize = virtio_net_device_unrealize;
    vdc->queue_reset = virtio_net_queue_reset;
    vdc->queue_enable = virtio_net_queue_enable;
    vdc->get_vhost = virtio_net_get_vhost;
    virtio_features_set(&vdc->legacy_features, VIRTIO_NET_F_GSO);
}

static const TypeInfo virtio_net_info = {
    .parent = TYPE_VIRTIO_DEVICE,
    .name = TYPE_VIRTIO_NET,
    .class_init = virtio_net_class_init,
    .instance_finalize = virtio_net_instance_finalize,
    .instance_size = sizeof(VirtIONet),
};

static void virtio_net_register_types(void)
{
    type_register_static(&virtio_net_info);
}

type_init(virtio_net_register_types)
