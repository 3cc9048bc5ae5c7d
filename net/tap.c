/*
 * -netdev tap and -netdev bridge: a network interface of the host, with any
 * number of queues. Options, sending, and what the NIC asks; receiving is in tap-rx.c,
 * the kernel's ioctls in tap-linux.c, scripts and helpers in tap-script.c.
 *
 * With the vnet header each frame carries its checksum and segmentation requests.
 * A NIC that understands it chooses its length and passes frames through as they
 * are; for all others it is taken off and put on here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "qemu/aio.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "qapi/error.h"
#include "net/checksum.h"
#include "sockaddr.h"
#include "tap-internal.h"

#define TAP_HDR_MIN     ((int)sizeof(struct virtio_net_hdr))

#define TAP_UP_SCRIPT   "/etc/qemu-ifup"
#define TAP_DOWN_SCRIPT "/etc/qemu-ifdown"

static void tap_writable(void *opaque);

void tap_want(NetTap *s, bool read, bool write)
{
    if (read == s->want_read && write == s->want_write) {
        return;
    }
    s->want_read = read;
    s->want_write = write;
    aio_set_fd_handler(s->nc.ctx, s->fd, read ? tap_readable : NULL,
                       write ? tap_writable : NULL, NULL, NULL, s);
}

/* --- send --- */

static void tap_writable(void *opaque)
{
    NetTap *s = opaque;

    tap_want(s, s->want_read, false);
    qemu_flush_queued_packets(&s->nc);
}

/* More pieces than the kernel takes in one call. */
static ssize_t tap_write_linear(NetTap *s, const struct iovec *iov,
                                unsigned iovcnt)
{
    size_t size = iov_size(iov, iovcnt);
    g_autofree uint8_t *frame = g_malloc(size);

    iov_to_buf(iov, iovcnt, 0, frame, size);
    return write(s->fd, frame, size);
}

static ssize_t tap_write(NetTap *s, const struct iovec *iov, unsigned iovcnt)
{
    return iovcnt > TAP_IOV_MAX ? tap_write_linear(s, iov, iovcnt) :
                                  writev(s->fd, iov, iovcnt);
}

/* From a NIC that has no header: the kernel gets an empty one. */
static ssize_t tap_write_with_header(NetTap *s, const NetPacket *packet)
{
    static const uint8_t no_requests[64];
    g_autofree struct iovec *many = NULL;
    struct iovec few[32];
    struct iovec *iov = few;

    if (packet->iovcnt >= ARRAY_SIZE(few)) {
        iov = many = g_new(struct iovec, packet->iovcnt + 1);
    }
    iov[0] = (struct iovec) { (void *)no_requests, s->dev->hdr_bytes };
    memcpy(iov + 1, packet->iov, packet->iovcnt * sizeof(*iov));
    return tap_write(s, iov, packet->iovcnt + 1);
}

/*
 * A frame that the kernel does not like, because of its header or because the
 * interface is down, is lost, as on a wire. False: no room now.
 */
static bool tap_send(NetTap *s, const NetPacket *packet)
{
    ssize_t sent;

    if (packet->size > NET_BUFSIZE) {
        return true;
    }
    do {
        sent = s->dev->hdr_bytes && !s->nc.vnet_hdr_len ?
               tap_write_with_header(s, packet) :
               tap_write(s, packet->iov, packet->iovcnt);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0 || errno != EAGAIN;
}

static unsigned tap_receive_burst(NetClientState *nc, const NetPacket *packets,
                                  unsigned count)
{
    NetTap *s = tap_of(nc);

    if (s->gone || !s->enabled) {
        return count;
    }
    if (s->want_write) {
        return 0;
    }
    for (unsigned done = 0; done < count; done++) {
        if (!tap_send(s, &packets[done])) {
            tap_want(s, s->want_read, true);
            return done;
        }
    }
    return count;
}

/* --- what the NIC asks of the interface --- */

static bool tap_has_vnet_hdr(NetClientState *nc)
{
    return tap_of(nc)->dev->caps.vnet_hdr;
}

static bool tap_has_vnet_hdr_len(NetClientState *nc, int len)
{
    return tap_has_vnet_hdr(nc) && len >= TAP_HDR_MIN && len <= 64;
}

static void tap_set_vnet_hdr_len(NetClientState *nc, int len)
{
    TapDevice *dev = tap_of(nc)->dev;

    if ((len && !tap_has_vnet_hdr_len(nc, len)) || !dev->caps.vnet_hdr) {
        return;
    }
    if (len && len != dev->hdr_bytes) {
        if (!tap_set_header(tap_of(nc)->fd, len)) {
            return;
        }
        dev->hdr_bytes = len;
    }
    for (unsigned i = 0; i < dev->queues->len; i++) {
        NetTap *queue = dev->queues->pdata[i];

        if (queue->nc.vnet_hdr_len != len) {
            tap_forget(queue);
            queue->nc.vnet_hdr_len = len;
        }
    }
}

static bool tap_has_ufo(NetClientState *nc)
{
    return tap_of(nc)->dev->caps.ufo;
}

static bool tap_has_uso(NetClientState *nc)
{
    return tap_of(nc)->dev->caps.uso;
}

static void tap_set_offload(NetClientState *nc, const NetOffloads *offloads)
{
    NetTap *s = tap_of(nc);

    if (s->dev->caps.vnet_hdr && !s->gone) {
        tap_set_requests(s->fd, offloads);
    }
}

static bool tap_set_queue_enabled(NetClientState *nc, bool enabled)
{
    NetTap *s = tap_of(nc);

    if (s->enabled == enabled || s->gone) {
        return true;
    }
    if (s->dev->queues->len > 1 && !tap_attach_queue(s->fd, enabled)) {
        return false;
    }
    s->enabled = enabled;
    tap_forget(s);
    tap_want(s, enabled, false);
    if (!enabled) {
        qemu_flush_queued_packets(nc);
    }
    return true;
}

static void tap_set_aio_context(NetClientState *nc, AioContext *ctx)
{
    NetTap *s = tap_of(nc);
    bool read = s->want_read, write = s->want_write;

    tap_want(s, false, false);
    nc->ctx = ctx;
    tap_want(s, read, write);
}

static void tap_device_unref(TapDevice *dev)
{
    if (--dev->refs == 0) {
        g_ptr_array_unref(dev->queues);
        g_free(dev->down_script);
        g_free(dev);
    }
}

static void tap_cleanup(NetClientState *nc)
{
    NetTap *s = tap_of(nc);
    g_autofree char *script = g_steal_pointer(&s->dev->down_script);
    Error *err = NULL;

    tap_want(s, false, false);
    if (script && !tap_run_script(script, s->dev->caps.ifname, &err)) {
        warn_report_err(err);
    }
    close(s->fd);
    tap_rx_free(s);
    g_ptr_array_remove(s->dev->queues, s);
    tap_device_unref(s->dev);
}

static const NetClientInfo tap_info = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(NetTap),
    .receive_burst = tap_receive_burst,
    .cleanup = tap_cleanup,
    .set_aio_context = tap_set_aio_context,
    .has_vnet_hdr = tap_has_vnet_hdr,
    .has_vnet_hdr_len = tap_has_vnet_hdr_len,
    .set_vnet_hdr_len = tap_set_vnet_hdr_len,
    .has_ufo = tap_has_ufo,
    .has_uso = tap_has_uso,
    .set_offload = tap_set_offload,
    .set_queue_enabled = tap_set_queue_enabled,
};

/* --- making --- */

/* A client for each descriptor of @fds; queue 0 in use, the others not yet. */
static void tap_new(const char *model, const char *id, NetClientState *peer,
                    const int *fds, unsigned count, TapDevice *dev,
                    const char *info)
{
    if (dev->caps.vnet_hdr) {
        dev->hdr_bytes = TAP_HDR_MIN;
        tap_set_header(fds[0], dev->hdr_bytes);
    }
    dev->queues = g_ptr_array_new();
    for (unsigned i = 0; i < count; i++) {
        NetTap *s = tap_of(qemu_new_net_queue_client(
            &tap_info, i == 0 ? peer : NULL, model, id, i));

        s->dev = dev;
        s->fd = fds[i];
        dev->refs++;
        g_ptr_array_add(dev->queues, s);
        if (info) {
            qemu_set_info_str(&s->nc, "%s", info);
        } else {
            qemu_set_info_str(&s->nc, "fd=%d", s->fd);
        }
        s->enabled = i == 0 || !tap_attach_queue(s->fd, false);
        tap_want(s, s->enabled, false);
    }
}

static bool tap_limit(const NetdevArgs *args, int fd, Error **errp)
{
    return !netdev_arg(args, "sndbuf") ||
           tap_set_sndbuf(fd, netdev_arg_number(args, "sndbuf", 0), errp);
}

static void close_all(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        close(fds[i]);
    }
}

/* fd= or fds=: "5" or "5:6:7". Fills @fds as far as it comes. */
static bool tap_take_fds(char **names, const char *id, TapDevice *dev, int *fds,
                         Error **errp)
{
    for (unsigned i = 0; names[i]; i++) {
        bool vnet_hdr = dev->caps.vnet_hdr;

        fds[i] = net_fd_from_arg(names[i], id, errp);
        if (fds[i] < 0 || !tap_probe(fds[i], &dev->caps, errp)) {
            return false;
        }
        if (i > 0 && dev->caps.vnet_hdr != vnet_hdr) {
            error_setg(errp, "vnet_hdr of all descriptors must be the same");
            return false;
        }
    }
    return true;
}

static bool tap_init_fds(const NetdevArgs *args, const char *text,
                         const char *id, NetClientState *peer, Error **errp)
{
    g_auto(GStrv) names = g_strsplit(text, ":", 0);
    unsigned count = g_strv_length(names);
    g_autofree int *fds = g_new(int, count + 1);
    g_autofree TapDevice *dev = g_new0(TapDevice, 1);

    if (count < 1 || count > MAX_QUEUE_NUM) {
        error_setg(errp, "fds= takes 1 to %d descriptors", MAX_QUEUE_NUM);
        return false;
    }
    memset(fds, -1, count * sizeof(*fds));
    if (!tap_take_fds(names, id, dev, fds, errp) ||
        !tap_limit(args, fds[0], errp)) {
        for (unsigned i = 0; i < count; i++) {
            net_fd_give_back(names[i], fds[i]);
        }
        return false;
    }
    tap_new("tap", id, peer, fds, count, g_steal_pointer(&dev), NULL);
    return true;
}

static bool tap_init_helper(const char *model, const NetdevArgs *args,
                            const char *id, NetClientState *peer, Error **errp)
{
    const char *helper = netdev_arg(args, "helper");
    const char *bridge = netdev_arg(args, "br");
    g_autofree TapDevice *dev = g_new0(TapDevice, 1);
    g_autofree char *info = NULL;
    int fd;

    bridge = bridge ? bridge : "br0";
    fd = tap_run_helper(helper, bridge, errp);
    if (fd < 0) {
        return false;
    }
    if (!tap_probe(fd, &dev->caps, errp) || !tap_limit(args, fd, errp)) {
        close(fd);
        return false;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    /* Clients compare: of a tap only the helper is told. */
    info = g_str_equal(model, "tap") ? g_strdup_printf("helper=%s", helper) :
           g_strdup_printf("helper=%s,br=%s", helper ? helper : "default",
                           bridge);
    tap_new(model, id, peer, &fd, 1, g_steal_pointer(&dev), info);
    return true;
}

/* The script to run, or NULL; the usual one only if it is there. */
static const char *script_of(const NetdevArgs *args, const char *key,
                             const char *usual)
{
    const char *given = netdev_arg(args, key);

    if (!given) {
        return access(usual, X_OK) == 0 ? usual : NULL;
    }
    return g_str_equal(given, "no") || given[0] == '\0' ? NULL : given;
}

static bool tap_open_queues(const NetdevArgs *args, TapDevice *dev, int *fds,
                            unsigned count, Error **errp)
{
    const char *wanted = netdev_arg(args, "ifname");
    char ifname[IFNAMSIZ];
    bool vnet_hdr = netdev_arg_bool(args, "vnet_hdr", true);

    pstrcpy(ifname, sizeof(ifname), wanted ? wanted : "");
    for (unsigned i = 0; i < count; i++) {
        fds[i] = tap_open(ifname, vnet_hdr, count > 1, errp);
        if (fds[i] < 0) {
            close_all(fds, i);
            return false;
        }
    }
    if (!tap_probe(fds[0], &dev->caps, errp) || !tap_limit(args, fds[0], errp)) {
        close_all(fds, count);
        return false;
    }
    return true;
}

static bool tap_init_interface(const NetdevArgs *args, const char *id,
                               NetClientState *peer, Error **errp)
{
    const char *ifname = netdev_arg(args, "ifname");
    const char *up = script_of(args, "script", TAP_UP_SCRIPT);
    const char *down = script_of(args, "downscript", TAP_DOWN_SCRIPT);
    uint64_t count = netdev_arg_number(args, "queues", 1);
    g_autofree TapDevice *dev = g_new0(TapDevice, 1);
    g_autofree int *fds = NULL;
    g_autofree char *info = NULL;

    if (count < 1 || count > MAX_QUEUE_NUM) {
        error_setg(errp, "Parameter 'queues' expects a number from 1 to %d, not"
                   " '%s'", MAX_QUEUE_NUM, netdev_arg(args, "queues"));
        return false;
    }
    if (ifname && strlen(ifname) >= IFNAMSIZ) {
        error_setg(errp, "ifname '%s' has %zu characters, expected 1 to %d",
                   ifname, strlen(ifname), IFNAMSIZ - 1);
        return false;
    }
    fds = g_new(int, count);
    if (!tap_open_queues(args, dev, fds, count, errp)) {
        return false;
    }
    if (up && !tap_run_script(up, dev->caps.ifname, errp)) {
        close_all(fds, count);
        return false;
    }
    info = g_strdup_printf("ifname=%s,script=%s,downscript=%s", dev->caps.ifname,
                           up ? up : "no", down ? down : "no");
    dev->down_script = g_strdup(down);
    tap_new("tap", id, peer, fds, count, g_steal_pointer(&dev), info);
    return true;
}

/* --- options --- */

static const NetdevOption tap_options[] = {
    { "ifname", NETDEV_OPT_STRING, "name of the interface (the next tap%d)" },
    { "fd", NETDEV_OPT_STRING, "an open tap, by number or getfd name" },
    { "fds", NETDEV_OPT_STRING, "the queues of an open tap, N:N:…" },
    { "script", NETDEV_OPT_STRING,
      "run with the name when it is there (" TAP_UP_SCRIPT "), or no" },
    { "downscript", NETDEV_OPT_STRING,
      "run before it goes (" TAP_DOWN_SCRIPT "), or no" },
    { "br", NETDEV_OPT_STRING, "with helper=: the bridge (br0)" },
    { "helper", NETDEV_OPT_STRING, "a program that opens it for us" },
    { "sndbuf", NETDEV_OPT_SIZE, "most bytes under way to the host, 0: any" },
    { "vnet_hdr", NETDEV_OPT_BOOL, "carry offload requests (default on)" },
    { "vhost", NETDEV_OPT_BOOL, "off: there is no vhost-net here" },
    { "vhostfd", NETDEV_OPT_STRING, "only with vhost" },
    { "vhostfds", NETDEV_OPT_STRING, "only with vhost" },
    { "vhostforce", NETDEV_OPT_BOOL, "only with vhost" },
    { "queues", NETDEV_OPT_NUMBER, "queues of a new interface (1)" },
    { "poll-us", NETDEV_OPT_NUMBER, "only with vhost" },
    { NULL }
};

static bool check_vhost(const NetdevArgs *args, Error **errp)
{
    static const char *const keys[] = { "vhostfd", "vhostfds", "poll-us" };
    bool on = netdev_arg_bool(args, "vhost", false) ||
              netdev_arg_bool(args, "vhostforce", false);

    for (unsigned i = 0; i < ARRAY_SIZE(keys) && !on; i++) {
        const char *value = netdev_arg(args, keys[i]);

        on = value && !g_str_equal(value, "0");
    }
    if (on) {
        error_setg(errp, "net: tap: vhost-net is not there; leave out vhost=on,"
                   " vhostfd=, vhostfds=, vhostforce=on and poll-us=");
    }
    return !on;
}

/* Options that @with makes meaningless are mistakes. */
static bool check_without(const NetdevArgs *args, const char *with,
                          const char *const *others, Error **errp)
{
    for (; *others; others++) {
        if (netdev_arg(args, *others)) {
            error_setg(errp, "%s= is invalid with %s=", *others, with);
            return false;
        }
    }
    return true;
}

static bool tap_init(const NetdevArgs *args, const char *id,
                     NetClientState *peer, Error **errp)
{
    static const char *const not_with_fd[] = {
        "fds", "ifname", "script", "downscript", "vnet_hdr", "helper", "br",
        "queues", NULL
    };
    const char *fd = netdev_arg(args, "fd");
    const char *fds = netdev_arg(args, "fds");

    if (!check_vhost(args, errp)) {
        return false;
    }
    if (fd && strchr(fd, ':')) {
        error_setg(errp, "fd=%s: expected one descriptor; several go with fds=",
                   fd);
        return false;
    }
    if (fd) {
        return check_without(args, "fd", not_with_fd, errp) &&
               tap_init_fds(args, fd, id, peer, errp);
    }
    if (fds) {
        return check_without(args, "fds", not_with_fd + 1, errp) &&
               tap_init_fds(args, fds, id, peer, errp);
    }
    if (netdev_arg(args, "helper")) {
        static const char *const not_with_helper[] = {
            "ifname", "script", "downscript", "queues", NULL
        };

        return check_without(args, "helper", not_with_helper, errp) &&
               tap_init_helper("tap", args, id, peer, errp);
    }
    if (netdev_arg(args, "br")) {
        error_setg(errp, "br=%s is only valid with helper=; -netdev bridge,br=%s"
                   " takes the usual helper", netdev_arg(args, "br"),
                   netdev_arg(args, "br"));
        return false;
    }
    return tap_init_interface(args, id, peer, errp);
}

const NetdevType net_tap_type = {
    .name = "tap",
    .options = tap_options,
    .init = tap_init,
};

static bool bridge_init(const NetdevArgs *args, const char *id,
                        NetClientState *peer, Error **errp)
{
    return tap_init_helper("bridge", args, id, peer, errp);
}

static const NetdevOption bridge_options[] = {
    { "br", NETDEV_OPT_STRING, "the bridge (br0)" },
    { "helper", NETDEV_OPT_STRING, "the program that opens the tap" },
    { NULL }
};

const NetdevType net_bridge_type = {
    .name = "bridge",
    .options = bridge_options,
    .init = bridge_init,
};
