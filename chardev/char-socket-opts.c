/*
 * Options of socket chardevs: from the command line to the QMP form, and from
 * that into the chardev.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "char-socket.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/option.h"

/* --- command line --- */

static void copy_str(QemuOpts *opts, json_object *to, const char *key)
{
    const char *value = qemu_opt_get(opts, key);

    if (value) {
        json_put_str(to, key, value);
    }
}

static void copy_bool(QemuOpts *opts, json_object *to, const char *key)
{
    if (qemu_opt_get(opts, key)) {
        json_put_bool(to, key, qemu_opt_get_bool(opts, key, false));
    }
}

static const char *parse_inet(QemuOpts *opts, json_object *to, Error **errp)
{
    json_put_str(to, "host", qemu_opt_get(opts, "host"));
    if (!qemu_opt_get(opts, "port")) {
        error_setg(errp, "chardev: socket: no port given");
        return NULL;
    }
    copy_str(opts, to, "port");
    if (qemu_opt_get(opts, "to")) {
        json_put_int(to, "to", qemu_opt_get_number(opts, "to", 0));
    }
    copy_bool(opts, to, "ipv4");
    copy_bool(opts, to, "ipv6");
    return "inet";
}

static const char *parse_address(QemuOpts *opts, json_object *to, Error **errp)
{
    const char *path = qemu_opt_get(opts, "path");
    const char *host = qemu_opt_get(opts, "host");
    const char *fd = qemu_opt_get(opts, "fd");

    if (!!path + !!host + !!fd != 1) {
        error_setg(errp, "one of 'path', 'host' or 'fd' option required.");
        return NULL;
    }
    if (path) {
        json_put_str(to, "path", path);
        copy_bool(opts, to, "abstract");
        copy_bool(opts, to, "tight");
        return "unix";
    }
    if (fd) {
        json_put_str(to, "str", fd);
        return "fd";
    }
    return parse_inet(opts, to, errp);
}

void chr_socket_parse(QemuOpts *opts, json_object *data, Error **errp)
{
    bool server = qemu_opt_get_bool(opts, "server", false);
    json_object *addr, *members;
    const char *type;

    if (!server && qemu_opt_get(opts, "wait")) {
        error_setg(errp, "'wait' option is incompatible with "
                   "socket in client connect mode");
        return;
    }
    members = json_object_new_object();
    type = parse_address(opts, members, errp);
    if (!type) {
        json_object_put(members);
        return;
    }
    addr = json_object_new_object();
    json_put_str(addr, "type", type);
    json_put(addr, "data", members);
    json_put(data, "addr", addr);
    json_put_bool(data, "server", server);
    if (server) {
        json_put_bool(data, "wait", qemu_opt_get_bool(opts, "wait", true));
    }
    json_put_bool(data, "nodelay", qemu_opt_get(opts, "nodelay")
                  ? qemu_opt_get_bool(opts, "nodelay", false)
                  : !qemu_opt_get_bool(opts, "delay", true));
    copy_bool(opts, data, "telnet");
    if (qemu_opt_get(opts, "reconnect")) {
        json_put_int(data, "reconnect",
                     qemu_opt_get_number(opts, "reconnect", 0));
    }
}

/* --- QMP form --- */

static SocketAddress *inet_address(json_object *data)
{
    SocketAddress *a = g_new0(SocketAddress, 1);
    InetSocketAddress *inet = &a->u.inet;

    a->type = SOCKET_ADDRESS_TYPE_INET;
    inet->host = g_strdup(json_get_str(data, "host"));
    inet->port = g_strdup(json_get_str(data, "port"));
    inet->has_to = json_haskey(data, "to");
    inet->to = json_get_int(data, "to", 0);
    inet->has_ipv4 = json_haskey(data, "ipv4");
    inet->ipv4 = json_get_bool(data, "ipv4", false);
    inet->has_ipv6 = json_haskey(data, "ipv6");
    inet->ipv6 = json_get_bool(data, "ipv6", false);
    inet->has_keep_alive = json_haskey(data, "keep-alive");
    inet->keep_alive = json_get_bool(data, "keep-alive", false);
    return a;
}

static SocketAddress *unix_address(json_object *data)
{
    SocketAddress *a = g_new0(SocketAddress, 1);
    UnixSocketAddress *un = &a->u.q_unix;

    a->type = SOCKET_ADDRESS_TYPE_UNIX;
    un->path = g_strdup(json_get_str(data, "path"));
    un->has_abstract = json_haskey(data, "abstract");
    un->abstract = json_get_bool(data, "abstract", false);
    un->has_tight = json_haskey(data, "tight");
    un->tight = json_get_bool(data, "tight", true);
    return a;
}

SocketAddress *chr_socket_address(json_object *legacy, Error **errp)
{
    const char *type = json_get_str(legacy, "type");
    json_object *data = json_get(legacy, "data");
    SocketAddress *a;

    if (type && strcmp(type, "inet") == 0) {
        return inet_address(data);
    }
    if (type && strcmp(type, "unix") == 0) {
        return unix_address(data);
    }
    if (type && strcmp(type, "fd") == 0) {
        a = g_new0(SocketAddress, 1);
        a->type = SOCKET_ADDRESS_TYPE_FD;
        a->u.fd.str = g_strdup(json_get_str(data, "str"));
        return a;
    }
    error_setg(errp, "chardev: socket: the address must be of type inet, "
               "unix or fd");
    return NULL;
}

bool chr_socket_check(SocketChardev *s, json_object *data, Error **errp)
{
    int64_t seconds = json_get_int(data, "reconnect", 0);

    s->is_server = json_get_bool(data, "server", true);
    s->nodelay = json_get_bool(data, "nodelay", false);
    s->telnet = json_get_bool(data, "telnet", false);
    if (seconds < 0 || seconds > INT_MAX) {
        error_setg(errp, "Parameter 'reconnect' expects seconds, 0 to %d",
                   INT_MAX);
        return false;
    }
    s->reconnect_ms = seconds * 1000;
    if (s->is_server && seconds > 0) {
        error_setg(errp, "'reconnect' option is incompatible with socket "
                   "in server listen mode");
        return false;
    }
    if (!s->is_server && json_haskey(data, "wait")) {
        error_setg(errp, "'wait' option is incompatible with socket in "
                   "client connect mode");
        return false;
    }
    if (s->addr->type == SOCKET_ADDRESS_TYPE_FD && seconds > 0) {
        error_setg(errp, "'reconnect' option is incompatible with 'fd'");
        return false;
    }
    return true;
}
