/*
 * The "udp" chardev: each write is a datagram to one remote address, and what
 * comes from there is input. Nobody knows whether the other side is there; what
 * does not go is lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include "char-socket.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/option.h"

#define UDP_DATAGRAM_MAX 65536

typedef struct UdpChardev {
    Chardev parent;
    int fd;
    ChrPump pump;
    uint8_t *datagram;      /* what the front end has not taken of the last one */
    size_t taken, count;
} UdpChardev;

DECLARE_INSTANCE_CHECKER(UdpChardev, UDP_CHARDEV, TYPE_CHARDEV_UDP)

/* As much as there is room for; the rest waits for accept_input. */
static void udp_hand_on(UdpChardev *s)
{
    Chardev *chr = CHARDEV(s);
    int room;

    while (s->taken < s->count && (room = qemu_chr_be_can_write(chr)) > 0) {
        size_t n = MIN(s->count - s->taken, (size_t)room);
        size_t at = s->taken;

        s->taken += n;
        qemu_chr_be_write(chr, s->datagram + at, n);
    }
}

static void udp_readable(Chardev *chr)
{
    UdpChardev *s = UDP_CHARDEV(chr);
    ssize_t n;

    udp_hand_on(s);
    if (s->taken == s->count) {
        n = RETRY_ON_EINTR(recv(s->fd, s->datagram, UDP_DATAGRAM_MAX, 0));
        s->taken = 0;
        s->count = MAX(n, 0);       /* a refusal of what was sent: no input */
        udp_hand_on(s);
    }
    if (qemu_chr_be_can_write(chr) == 0) {
        chr_pump_update(&s->pump);
    }
}

static int udp_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    UdpChardev *s = UDP_CHARDEV(chr);

    send(s->fd, buf, MIN(len, 32768), MSG_DONTWAIT | MSG_NOSIGNAL);
    return MIN(len, 32768);
}

static void udp_chr_update(Chardev *chr)
{
    chr_pump_update(&UDP_CHARDEV(chr)->pump);
}

static void udp_go_on(Chardev *chr)
{
    udp_hand_on(UDP_CHARDEV(chr));
    udp_chr_update(chr);
}

/* Not at once: the front end may be in the middle of taking a byte. */
static void udp_chr_accept_input(Chardev *chr)
{
    chr_run_in_loop(chr, udp_go_on);
}

static void udp_chr_open(Chardev *chr, json_object *data, bool *be_opened,
                         Error **errp)
{
    UdpChardev *s = UDP_CHARDEV(chr);
    g_autoptr(SocketAddress) remote = NULL, local = NULL;
    g_autofree char *to = NULL;

    remote = chr_socket_address(json_get(data, "remote"), errp);
    if (!remote) {
        return;
    }
    if (json_haskey(data, "local")) {
        local = chr_socket_address(json_get(data, "local"), errp);
        if (!local) {
            return;
        }
    }
    if (remote->type != SOCKET_ADDRESS_TYPE_INET ||
        (local && local->type != SOCKET_ADDRESS_TYPE_INET)) {
        error_setg(errp, "chardev: udp: addresses must be of type inet");
        return;
    }
    s->fd = socket_dgram(remote, local, errp);
    if (s->fd < 0) {
        return;
    }
    to = socket_uri(remote);
    chr->filename = g_strdup_printf("udp:%s", to);
    qemu_socket_try_set_nonblock(s->fd);
    qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_GCONTEXT);
    s->datagram = g_malloc(UDP_DATAGRAM_MAX);
    chr_pump_set_fd(&s->pump, s->fd);
}

static json_object *inet_json(const char *host, const char *port,
                              QemuOpts *opts)
{
    json_object *addr = json_object_new_object();
    json_object *members = json_object_new_object();
    static const char *const families[] = { "ipv4", "ipv6" };

    json_put_str(members, "host", host);
    json_put_str(members, "port", port);
    for (unsigned i = 0; i < ARRAY_SIZE(families); i++) {
        if (qemu_opt_get(opts, families[i])) {
            json_put_bool(members, families[i],
                          qemu_opt_get_bool(opts, families[i], false));
        }
    }
    json_put_str(addr, "type", "inet");
    json_put(addr, "data", members);
    return addr;
}

static void udp_chr_parse(QemuOpts *opts, json_object *data, Error **errp)
{
    const char *host = qemu_opt_get(opts, "host");
    const char *port = qemu_opt_get(opts, "port");
    const char *localaddr = qemu_opt_get(opts, "localaddr");
    const char *localport = qemu_opt_get(opts, "localport");

    if (!port || !*port) {
        error_setg(errp, "chardev: udp: remote port not specified");
        return;
    }
    json_put(data, "remote", inet_json(host && *host ? host : "localhost",
                                       port, opts));
    if (localaddr || localport) {
        json_put(data, "local",
                 inet_json(localaddr ?: "",
                           localport && *localport ? localport : "0", opts));
    }
}

static void udp_chr_init(Object *obj)
{
    UDP_CHARDEV(obj)->fd = -1;
    chr_pump_init(&UDP_CHARDEV(obj)->pump, CHARDEV(obj), udp_readable);
}

static void udp_chr_finalize(Object *obj)
{
    UdpChardev *s = UDP_CHARDEV(obj);

    chr_pump_set_fd(&s->pump, -1);
    if (s->fd >= 0) {
        close(s->fd);
    }
    g_free(s->datagram);
}

static void udp_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_parse = udp_chr_parse;
    cc->chr_open = udp_chr_open;
    cc->chr_write = udp_chr_write;
    cc->chr_update_read_handler = udp_chr_update;
    cc->chr_accept_input = udp_chr_accept_input;
}

static const TypeInfo udp_types[] = {
    {
        .name = TYPE_CHARDEV_UDP,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(UdpChardev),
        .instance_init = udp_chr_init,
        .instance_finalize = udp_chr_finalize,
        .class_init = udp_chr_class_init,
    },
};

DEFINE_TYPES(udp_types)
