/*
 * filter-mirror writes a copy of each packet to a character device. filter-redirector
 * writes the packets themselves there (outdev), and puts packets that it reads from
 * another one (indev) where it stands among the filters.
 *
 * A mirror whose reader is too slow loses copies; a redirector makes senders wait.
 * Where no reader is connected, packets are lost as on a cut wire.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "filter-stream.h"

#define TYPE_FILTER_MIRROR "filter-mirror"
OBJECT_DECLARE_SIMPLE_TYPE(FilterMirror, FILTER_MIRROR)

#define TYPE_FILTER_REDIRECTOR "filter-redirector"
OBJECT_DECLARE_SIMPLE_TYPE(FilterRedirector, FILTER_REDIRECTOR)

/* --- filter-mirror --- */

struct FilterMirror {
    NetFilterState parent_obj;

    char *outdev;
    bool vnet_hdr_support;
    NetFilterOut out;
};

static void mirror_take(NetFilterSlot *slot, const NetPacket *packets,
                        unsigned count)
{
    net_filter_out_put(&FILTER_MIRROR(slot->nf)->out, packets, count,
                       slot->nc->vnet_hdr_len, false);
}

static bool mirror_setup(NetFilterState *nf, Error **errp)
{
    FilterMirror *s = FILTER_MIRROR(nf);

    if (!s->outdev) {
        error_setg(errp, "Parameter 'outdev' is missing");
        return false;
    }
    return net_filter_out_init(&s->out, s->outdev, s->vnet_hdr_support, NULL,
                               NULL, errp);
}

static void mirror_cleanup(NetFilterState *nf)
{
    FilterMirror *s = FILTER_MIRROR(nf);

    if (s->out.dropped) {
        warn_report("filter-mirror: %" PRIu64 " packets were not mirrored:"
                    " the reader of '%s' was too slow", s->out.dropped,
                    s->outdev);
    }
    net_filter_out_cleanup(&s->out);
    g_free(s->outdev);
}

static char *mirror_get_outdev(Object *obj, Error **errp)
{
    return g_strdup(FILTER_MIRROR(obj)->outdev);
}

static void mirror_set_outdev(Object *obj, const char *value, Error **errp)
{
    FilterMirror *s = FILTER_MIRROR(obj);

    if (!net_filter_is_made(NETFILTER(obj), "outdev", errp)) {
        g_free(s->outdev);
        s->outdev = g_strdup(value);
    }
}

static bool mirror_get_vnet_hdr(Object *obj, Error **errp)
{
    return FILTER_MIRROR(obj)->vnet_hdr_support;
}

static void mirror_set_vnet_hdr(Object *obj, bool value, Error **errp)
{
    if (!net_filter_is_made(NETFILTER(obj), "vnet_hdr_support", errp)) {
        FILTER_MIRROR(obj)->vnet_hdr_support = value;
    }
}

static const char vnet_hdr_text[] = "say how long the vnet header of each packet"
                                    " is (default off)";

static void filter_mirror_class_init(ObjectClass *oc, const void *data)
{
    NetFilterClass *nfc = NETFILTER_CLASS(oc);

    nfc->slot_size = sizeof(NetFilterSlot);
    nfc->setup = mirror_setup;
    nfc->cleanup = mirror_cleanup;
    nfc->take = mirror_take;
    object_class_property_add_bool(oc, "vnet_hdr_support", mirror_get_vnet_hdr,
                                   mirror_set_vnet_hdr);
    object_class_property_set_description(oc, "vnet_hdr_support",
                                          vnet_hdr_text);
    object_class_property_add_str(oc, "outdev", mirror_get_outdev,
                                  mirror_set_outdev);
    object_class_property_set_description(oc, "outdev", "id of the character"
                                          " device to write copies to");
}

/* --- filter-redirector: in --- */

struct FilterRedirector {
    NetFilterState parent_obj;

    char *indev, *outdev;
    bool vnet_hdr_support;
    NetFilterOut out;

    CharFrontend in;
    NetFrameParser parser;
    QEMUBH *in_bh;              /* of the main loop: read on */
};

/* What was read and not passed on; of queue 0. */
typedef struct RedirectorSlot {
    NetFilterSlot slot;
    NetFilterStore read;
    bool ready;                 /* read is initialised */
} RedirectorSlot;

static RedirectorSlot *redirector_slot(NetFilterSlot *slot)
{
    RedirectorSlot *s = container_of(slot, RedirectorSlot, slot);

    if (!s->ready) {
        net_filter_store_init(&s->read);
        s->ready = true;
    }
    return s;
}

static RedirectorSlot *first_slot(FilterRedirector *s,
                                  NetFilterDirection direction)
{
    return redirector_slot(net_filter_slot(NETFILTER(s), 0, direction));
}

/* All that is read passed on, so that more can be? */
static bool in_is_idle(FilterRedirector *s)
{
    return first_slot(s, NET_FILTER_DIRECTION_RX)->read.count == 0 &&
           first_slot(s, NET_FILTER_DIRECTION_TX)->read.count == 0;
}

/*
 * The other side may know another vnet header than the netdev, or none; it is what
 * the first bytes of both mean that agrees (VIRTIO 1.4 section 5.1.6).
 */
static void in_packet(void *opaque, const uint8_t *frame, uint32_t size,
                      uint32_t hdr_bytes)
{
    static const uint8_t zeros[128];
    FilterRedirector *s = opaque;
    NetFilterState *nf = NETFILTER(s);
    uint32_t ours = nf->ncs[0]->vnet_hdr_len, same = MIN(ours, hdr_bytes);
    struct iovec iov[3] = {
        { (void *)frame, same },
        { (void *)zeros, MIN(ours - same, sizeof(zeros)) },
        { (void *)(frame + hdr_bytes), size - hdr_bytes },
    };
    NetPacket packet = { iov, 3, 0 };

    if (!s->vnet_hdr_support) {
        /* Nothing is said of a header: then it is the netdev's. */
        iov[0].iov_len = iov[1].iov_len = 0;
    }
    packet.size = iov[0].iov_len + iov[1].iov_len + iov[2].iov_len;
    if (packet.size <= ours || packet.size > NET_BUFSIZE) {
        return;
    }
    if (nf->direction != NET_FILTER_DIRECTION_RX) {
        net_filter_store_put(&first_slot(s, NET_FILTER_DIRECTION_TX)->read,
                             &packet);
    }
    if (nf->direction != NET_FILTER_DIRECTION_TX) {
        net_filter_store_put(&first_slot(s, NET_FILTER_DIRECTION_RX)->read,
                             &packet);
    }
}

static void redirector_resume(NetFilterSlot *slot)
{
    RedirectorSlot *rs = redirector_slot(slot);

    if (rs->read.count) {
        net_filter_store_pass(&rs->read, slot, UINT_MAX);
        if (rs->read.count == 0) {
            qemu_bh_schedule(FILTER_REDIRECTOR(slot->nf)->in_bh);
        }
    }
}

static void in_bh(void *opaque)
{
    FilterRedirector *s = opaque;

    qemu_chr_fe_accept_input(&s->in);
}

static int in_can_read(void *opaque)
{
    FilterRedirector *s = opaque;
    NetFilterState *nf = NETFILTER(s);
    bool idle;

    if (!nf->slots || !nf->on) {
        return 0;
    }
    net_filter_hold(nf);
    idle = in_is_idle(s);
    net_filter_let_go(nf);
    return idle ? CHR_READ_BUF_LEN : 0;
}

static void in_read(void *opaque, const uint8_t *bytes, int count)
{
    FilterRedirector *s = opaque;
    NetFilterState *nf = NETFILTER(s);
    bool ok;

    net_filter_hold(nf);
    ok = net_frame_parser_feed(&s->parser, bytes, count, in_packet, s);
    redirector_resume(net_filter_slot(nf, 0, NET_FILTER_DIRECTION_TX));
    redirector_resume(net_filter_slot(nf, 0, NET_FILTER_DIRECTION_RX));
    net_filter_let_go(nf);
    if (!ok) {
        warn_report("%s: the other side of '%s' sent a packet of an impossible"
                    " size; connection closed",
                    object_get_canonical_path_component(OBJECT(s)), s->indev);
        net_frame_parser_reset(&s->parser);
        qemu_chr_fe_disconnect(&s->in);
    }
}

static void in_event(void *opaque, QEMUChrEvent event)
{
    FilterRedirector *s = opaque;

    if (event == CHR_EVENT_OPENED || event == CHR_EVENT_CLOSED) {
        net_frame_parser_reset(&s->parser);
    }
}

/* --- filter-redirector: out --- */

static bool redirector_ends(NetFilterState *nf)
{
    return FILTER_REDIRECTOR(nf)->outdev;
}

static unsigned redirector_admit(NetFilterSlot *slot, const NetPacket *packets,
                                 unsigned count)
{
    FilterRedirector *s = FILTER_REDIRECTOR(slot->nf);

    return s->outdev && net_filter_out_full(&s->out) ? 0 : count;
}

static void redirector_take(NetFilterSlot *slot, const NetPacket *packets,
                            unsigned count)
{
    FilterRedirector *s = FILTER_REDIRECTOR(slot->nf);

    if (s->outdev) {
        net_filter_out_put(&s->out, packets, count, slot->nc->vnet_hdr_len,
                           true);
    }
}

/* The reader took something: who waits for that goes on. */
static void out_has_room(void *opaque)
{
    NetFilterState *nf = opaque;

    net_filter_hold(nf);
    for (unsigned q = 0; q < nf->queues; q++) {
        net_filter_kick(net_filter_slot(nf, q, NET_FILTER_DIRECTION_RX));
        net_filter_kick(net_filter_slot(nf, q, NET_FILTER_DIRECTION_TX));
    }
    net_filter_let_go(nf);
}

/* --- filter-redirector: the object --- */

static void redirector_release(NetFilterSlot *slot)
{
    net_filter_store_pass_all(&redirector_slot(slot)->read, slot);
}

static void redirector_discard(NetFilterSlot *slot)
{
    net_filter_store_clear(&redirector_slot(slot)->read);
    qemu_bh_schedule(FILTER_REDIRECTOR(slot->nf)->in_bh);
}

static void redirector_changed(NetFilterState *nf)
{
    qemu_bh_schedule(FILTER_REDIRECTOR(nf)->in_bh);
}

static bool redirector_setup(NetFilterState *nf, Error **errp)
{
    FilterRedirector *s = FILTER_REDIRECTOR(nf);

    if (!s->indev && !s->outdev) {
        error_setg(errp, "filter redirector needs 'indev' or 'outdev' at least"
                   " one property set");
        return false;
    }
    if (s->indev && s->outdev && g_str_equal(s->indev, s->outdev)) {
        error_setg(errp, "'indev' and 'outdev' could not be same for filter"
                   " redirector");
        return false;
    }
    s->in_bh = qemu_bh_new(in_bh, s);
    net_frame_parser_init(&s->parser, s->vnet_hdr_support);
    if (s->indev && !net_filter_chardev(&s->in, s->indev, errp)) {
        return false;
    }
    if (s->outdev && !net_filter_out_init(&s->out, s->outdev,
                                          s->vnet_hdr_support, out_has_room,
                                          nf, errp)) {
        return false;
    }
    /* Nothing is read before there are slots: in_bh follows. */
    qemu_chr_fe_set_handlers(&s->in, in_can_read, in_read, in_event, NULL, s,
                             NULL, true);
    qemu_bh_schedule(s->in_bh);
    return true;
}

static void redirector_cleanup(NetFilterState *nf)
{
    FilterRedirector *s = FILTER_REDIRECTOR(nf);

    qemu_chr_fe_deinit(&s->in, false);
    net_filter_out_cleanup(&s->out);
    g_clear_pointer(&s->in_bh, qemu_bh_delete);
    net_frame_parser_free(&s->parser);
    g_free(s->indev);
    g_free(s->outdev);
}

static char *redirector_get_indev(Object *obj, Error **errp)
{
    return g_strdup(FILTER_REDIRECTOR(obj)->indev);
}

static void redirector_set_indev(Object *obj, const char *value, Error **errp)
{
    FilterRedirector *s = FILTER_REDIRECTOR(obj);

    if (!net_filter_is_made(NETFILTER(obj), "indev", errp)) {
        g_free(s->indev);
        s->indev = g_strdup(value);
    }
}

static char *redirector_get_outdev(Object *obj, Error **errp)
{
    return g_strdup(FILTER_REDIRECTOR(obj)->outdev);
}

static void redirector_set_outdev(Object *obj, const char *value, Error **errp)
{
    FilterRedirector *s = FILTER_REDIRECTOR(obj);

    if (!net_filter_is_made(NETFILTER(obj), "outdev", errp)) {
        g_free(s->outdev);
        s->outdev = g_strdup(value);
    }
}

static bool redirector_get_vnet_hdr(Object *obj, Error **errp)
{
    return FILTER_REDIRECTOR(obj)->vnet_hdr_support;
}

static void redirector_set_vnet_hdr(Object *obj, bool value, Error **errp)
{
    if (!net_filter_is_made(NETFILTER(obj), "vnet_hdr_support", errp)) {
        FILTER_REDIRECTOR(obj)->vnet_hdr_support = value;
    }
}

static void filter_redirector_class_init(ObjectClass *oc, const void *data)
{
    NetFilterClass *nfc = NETFILTER_CLASS(oc);

    nfc->slot_size = sizeof(RedirectorSlot);
    nfc->setup = redirector_setup;
    nfc->cleanup = redirector_cleanup;
    nfc->ends = redirector_ends;
    nfc->admit = redirector_admit;
    nfc->take = redirector_take;
    nfc->resume = redirector_resume;
    nfc->release = redirector_release;
    nfc->changed = redirector_changed;
    nfc->discard = redirector_discard;
    object_class_property_add_bool(oc, "vnet_hdr_support",
                                   redirector_get_vnet_hdr,
                                   redirector_set_vnet_hdr);
    object_class_property_set_description(oc, "vnet_hdr_support",
                                          vnet_hdr_text);
    object_class_property_add_str(oc, "indev", redirector_get_indev,
                                  redirector_set_indev);
    object_class_property_set_description(oc, "indev", "id of the character"
                                          " device to read packets from");
    object_class_property_add_str(oc, "outdev", redirector_get_outdev,
                                  redirector_set_outdev);
    object_class_property_set_description(oc, "outdev", "id of the character"
                                          " device to write packets to");
}

static const TypeInfo filter_mirror_types[] = {
    {
        .name = TYPE_FILTER_MIRROR,
        .parent = TYPE_NETFILTER,
        .instance_size = sizeof(FilterMirror),
        .class_init = filter_mirror_class_init,
    },
    {
        .name = TYPE_FILTER_REDIRECTOR,
        .parent = TYPE_NETFILTER,
        .instance_size = sizeof(FilterRedirector),
        .class_init = filter_redirector_class_init,
    },
};

DEFINE_TYPES(filter_mirror_types)
