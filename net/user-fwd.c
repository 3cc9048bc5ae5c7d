/*
 * Ports of the user network that lead into the guest (hostfwd) or out of it to a
 * command or a chardev (guestfwd).
 *
 * libslirp asks for no more than it has room for, but what the guest sends to a
 * chardev it hands over at once and takes for done. What the chardev does not take
 * then waits here; when that is much, the guest's frames wait in front of us.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "chardev/char-fe.h"
#include "user-internal.h"

/* With more than this on the way to chardevs, no more frames are taken. */
#define FWD_BYTES_MAX   (256 * KiB)

struct GuestFwd {
    CharFrontend chr;
    GByteArray *kept;           /* what the chardev has not taken yet */
    NetUserState *s;
    struct in_addr addr;
    int port;
};

/* Split off what stands before @sep; false if there is none. */
static bool take_field(const char **text, char sep, char **field)
{
    const char *end = strchr(*text, sep);

    g_clear_pointer(field, g_free);
    if (!end) {
        return false;
    }
    *field = g_strndup(*text, end - *text);
    *text = end + 1;
    return true;
}

static bool parse_port(const char *text, int *port, bool zero_ok)
{
    unsigned value;

    if (qemu_strtoui(text, NULL, 10, &value) < 0 || value > 65535 ||
        (value == 0 && !zero_ok)) {
        return false;
    }
    *port = value;
    return true;
}

static bool parse_address(const char *text, struct in_addr *addr)
{
    if (text[0] == '\0') {
        return true;
    }
    return inet_pton(AF_INET, text, addr) == 1;
}

/* [tcp|udp]:[HOST]:PORT-[GUEST]:PORT */
static bool add_hostfwd(NetUserState *s, const char *rule, Error **errp)
{
    struct in_addr host = { .s_addr = INADDR_ANY }, guest = { 0 };
    g_autofree char *field = NULL;
    const char *p = rule, *why = NULL;
    int host_port = 0, guest_port = 0;
    bool udp = false;

    if (!take_field(&p, ':', &field)) {
        why = "No : separators";
    } else if (field[0] && !g_str_equal(field, "tcp") &&
               !g_str_equal(field, "udp")) {
        why = "Bad protocol name";
    } else {
        udp = g_str_equal(field, "udp");
        if (!take_field(&p, ':', &field)) {
            why = "Missing : separator";
        } else if (!parse_address(field, &host)) {
            why = "Bad host address";
        } else if (!take_field(&p, '-', &field)) {
            why = "Missing - separator";
        } else if (!parse_port(field, &host_port, true)) {
            why = "Bad host port";
        } else if (!take_field(&p, ':', &field)) {
            why = "Missing guest address";
        } else if (!parse_address(field, &guest)) {
            why = "Bad guest address";
        } else if (!parse_port(p, &guest_port, false)) {
            why = "Bad guest port";
        }
    }
    if (why) {
        error_setg(errp, "Invalid host forwarding rule '%s' (%s)", rule, why);
        return false;
    }
    if (slirp_add_hostfwd(s->slirp, udp, host, host_port, guest,
                          guest_port) < 0) {
        error_setg(errp, "Could not set up host forwarding rule '%s': %s",
                   rule, strerror(errno));
        return false;
    }
    return true;
}

bool net_user_forward_full(const NetUserState *s)
{
    return s->fwd_bytes > FWD_BYTES_MAX;
}

/* What the chardev takes of this now; a chardev that is broken takes all. */
static size_t guestfwd_try(GuestFwd *fwd, const uint8_t *buf, size_t size)
{
    size_t done = 0;

    while (done < size) {
        int n = qemu_chr_fe_write(&fwd->chr, buf + done, size - done);

        if (n < 0) {
            return errno == EAGAIN ? done : size;
        }
        if (n == 0) {
            return size;        /* nobody is there */
        }
        done += n;
    }
    return done;
}

static gboolean guestfwd_writable(void *unused, GIOCondition condition,
                                  void *opaque)
{
    GuestFwd *fwd = opaque;
    NetUserState *s = fwd->s;
    bool was_full = net_user_forward_full(s);
    size_t done = condition & G_IO_HUP ? fwd->kept->len :
                  guestfwd_try(fwd, fwd->kept->data, fwd->kept->len);

    g_byte_array_remove_range(fwd->kept, 0, done);
    s->fwd_bytes -= done;
    if (was_full && !net_user_forward_full(s)) {
        qemu_flush_queued_packets(&s->nc);
    }
    return fwd->kept->len > 0;
}

static void guestfwd_keep(GuestFwd *fwd, const uint8_t *buf, size_t size)
{
    bool waits = fwd->kept->len > 0;

    if (waits || qemu_chr_fe_add_watch(&fwd->chr, G_IO_OUT | G_IO_HUP,
                                       guestfwd_writable, fwd)) {
        g_byte_array_append(fwd->kept, buf, size);
        fwd->s->fwd_bytes += size;
    } else {
        qemu_chr_fe_write_all(&fwd->chr, buf, size);
    }
}

/* Never waits: the guest must not stop us by way of who does not read. */
static ssize_t guestfwd_write(const void *buf, size_t size, void *opaque)
{
    GuestFwd *fwd = opaque;
    size_t done = fwd->kept->len ? 0 : guestfwd_try(fwd, buf, size);

    if (done < size) {
        guestfwd_keep(fwd, (const uint8_t *)buf + done, size - done);
    }
    return size;
}

static int guestfwd_can_read(void *opaque)
{
    GuestFwd *fwd = opaque;

    return slirp_socket_can_recv(fwd->s->slirp, fwd->addr, fwd->port);
}

static void guestfwd_read(void *opaque, const uint8_t *buf, int size)
{
    GuestFwd *fwd = opaque;
    MemReentrancyFrame frame;

    if (mem_reentrancy_enter(&frame, &fwd->s->guard)) {
        slirp_socket_recv(fwd->s->slirp, fwd->addr, fwd->port, buf, size);
        mem_reentrancy_leave(&frame);
    }
    net_user_changed(fwd->s);
}

static bool guestfwd_to_chardev(NetUserState *s, const char *rule,
                                const char *chardev, struct in_addr addr,
                                int port, Error **errp)
{
    Chardev *chr = qemu_chr_find(chardev);
    GuestFwd *fwd;

    if (!chr) {
        error_setg(errp, "guest forwarding rule '%s': no chardev '%s'", rule,
                   chardev);
        return false;
    }
    fwd = g_new0(GuestFwd, 1);
    fwd->s = s;
    fwd->addr = addr;
    fwd->port = port;
    if (!qemu_chr_fe_init(&fwd->chr, chr, errp)) {
        g_free(fwd);
        return false;
    }
    fwd->kept = g_byte_array_new();
    s->guest_fwds = g_slist_prepend(s->guest_fwds, fwd);
    if (slirp_add_guestfwd(s->slirp, guestfwd_write, fwd, &fwd->addr,
                           port) < 0) {
        error_setg(errp, "Conflicting/invalid host:port in guest forwarding"
                   " rule '%s'", rule);
        return false;
    }
    qemu_chr_fe_set_handlers(&fwd->chr, guestfwd_can_read, guestfwd_read, NULL,
                             NULL, fwd, NULL, true);
    return true;
}

/* [tcp]:ADDR:PORT-CHARDEV, or -cmd:COMMAND */
static bool add_guestfwd(NetUserState *s, const char *rule, Error **errp)
{
    struct in_addr addr = { 0 };
    g_autofree char *field = NULL;
    const char *p = rule;
    int port;

    if (!take_field(&p, ':', &field) ||
        (field[0] && !g_str_equal(field, "tcp")) ||
        !take_field(&p, ':', &field) || !parse_address(field, &addr) ||
        !take_field(&p, '-', &field) || !parse_port(field, &port, false) ||
        p[0] == '\0') {
        error_setg(errp, "Invalid guest forwarding rule '%s': expected"
                   " tcp:ADDR:PORT-CHARDEV or tcp:ADDR:PORT-cmd:COMMAND", rule);
        return false;
    }
    if (!g_str_has_prefix(p, "cmd:")) {
        return guestfwd_to_chardev(s, rule, p, addr, port, errp);
    }
    if (slirp_add_exec(s->slirp, p + strlen("cmd:"), &addr, port) < 0) {
        error_setg(errp, "Conflicting/invalid host:port in guest forwarding"
                   " rule '%s'", rule);
        return false;
    }
    return true;
}

bool net_hostfwd_add(const char *netdev, const char *rule, Error **errp)
{
    NetUserState *s = net_user_find(netdev, errp);
    bool ok = s && add_hostfwd(s, rule, errp);

    if (ok) {
        net_user_changed(s);
    }
    return ok;
}

int net_hostfwd_remove(const char *netdev, const char *rule, Error **errp)
{
    NetUserState *s = net_user_find(netdev, errp);
    struct in_addr host = { .s_addr = INADDR_ANY };
    g_autofree char *field = NULL;
    const char *p = rule;
    bool udp, known;
    int port, rc;

    if (!s) {
        return -EINVAL;
    }
    known = take_field(&p, ':', &field);
    udp = known && g_str_equal(field, "udp");
    if (!known || !(udp || field[0] == '\0' || g_str_equal(field, "tcp")) ||
        !take_field(&p, ':', &field) || !parse_address(field, &host) ||
        !parse_port(p, &port, true)) {
        error_setg(errp, "invalid format");
        return -EINVAL;
    }
    rc = slirp_remove_hostfwd(s->slirp, udp, host, port);
    net_user_changed(s);
    return rc < 0 ? -ENOENT : 0;
}

bool net_user_forward(NetUserState *s, const NetdevArgs *args, Error **errp)
{
    const char *rule;

    for (unsigned i = 0; (rule = netdev_arg_nth(args, "hostfwd", i)); i++) {
        if (!add_hostfwd(s, rule, errp)) {
            return false;
        }
    }
    for (unsigned i = 0; (rule = netdev_arg_nth(args, "guestfwd", i)); i++) {
        if (!add_guestfwd(s, rule, errp)) {
            return false;
        }
    }
    return true;
}

void net_user_forward_cleanup(NetUserState *s)
{
    for (GSList *l = s->guest_fwds; l; l = l->next) {
        GuestFwd *fwd = l->data;

        qemu_chr_fe_deinit(&fwd->chr, false);
        g_byte_array_unref(fwd->kept);
        g_free(fwd);
    }
    g_slist_free(s->guest_fwds);
    s->guest_fwds = NULL;
}
