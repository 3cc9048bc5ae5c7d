/*
 * filter-dump: writes the packets of a netdev to a file as pcap does, which tcpdump,
 * tshark and others read while it grows. A burst is one write.
 *
 * A frame is written without the vnet header and as it is on its way: segments that
 * are still to be cut whole and with their true length, checksums that are still to
 * be made unmade. Times are of the virtual clock, counted from the moment when the
 * file was made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/stat.h>
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "qemu/lockable.h"
#include "qemu/module.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "net/filter.h"

#define TYPE_FILTER_DUMP "filter-dump"
OBJECT_DECLARE_SIMPLE_TYPE(FilterDump, FILTER_DUMP)

#define DUMP_MAXLEN_DEFAULT 65536
/* The kernel takes so many pieces in one call. */
#define DUMP_IOV_MAX        1024
#define DUMP_PENDING_MAX    (1 << 20)

/* https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap: in the host's order. */
typedef struct PcapFileHeader {
    uint32_t magic;
    uint16_t version_major, version_minor;
    int32_t zone;
    uint32_t accuracy;
    uint32_t snaplen;
    uint32_t link_type;
} PcapFileHeader;

typedef struct PcapRecord {
    uint32_t seconds, microseconds;
    uint32_t captured_bytes;
    uint32_t frame_bytes;
} PcapRecord;

#define PCAP_MAGIC          0xa1b2c3d4
#define PCAP_ETHERNET       1

struct FilterDump {
    NetFilterState parent_obj;

    char *file;
    uint32_t maxlen;
    int64_t start_us;           /* host's wall clock less the virtual clock */

    QemuMutex lock;             /* of what follows; queues share the file */
    int fd;                     /* -1: not open, or given up */
    GByteArray *pending;        /* the end of a burst that a pipe has no room for */
    uint64_t dropped;           /* because of that */
    struct iovec iov[DUMP_IOV_MAX];
};

/* --- writing; locked --- */

/* Whole records only, so that what there is can be read. */
static void dump_give_up(FilterDump *s, int error)
{
    error_report("%s: cannot write to '%s': %s; no more packets are dumped",
                 object_get_canonical_path_component(OBJECT(s)), s->file,
                 g_strerror(error));
    close(s->fd);
    s->fd = -1;
    g_byte_array_set_size(s->pending, 0);
}

static bool dump_write_pending(FilterDump *s)
{
    while (s->pending->len) {
        ssize_t n = write(s->fd, s->pending->data, s->pending->len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            if (errno != EAGAIN) {
                dump_give_up(s, errno);
            }
            return false;
        }
        g_byte_array_remove_range(s->pending, 0, n);
    }
    return true;
}

/* @bytes in the first @pieces; what a pipe does not take is kept. */
static void dump_write(FilterDump *s, unsigned pieces, size_t bytes)
{
    off_t start = lseek(s->fd, 0, SEEK_CUR);
    ssize_t n = RETRY_ON_EINTR(writev(s->fd, s->iov, pieces));
    size_t at = s->pending->len, left;

    if (n < 0 && errno != EAGAIN) {
        dump_give_up(s, errno);
        return;
    }
    left = bytes - MAX(n, 0);
    if (left == 0) {
        return;
    }
    if (start >= 0) {
        /* The disk is full: the next write would say so. */
        if (ftruncate(s->fd, start) == 0) {
            lseek(s->fd, start, SEEK_SET);
        }
        dump_give_up(s, ENOSPC);
        return;
    }
    g_byte_array_set_size(s->pending, at + left);
    iov_to_buf(s->iov, pieces, bytes - left, s->pending->data + at, left);
}

/* Header and pieces of one frame into s->iov; returns how many pieces. */
static unsigned dump_add(FilterDump *s, unsigned used, PcapRecord *record,
                         const NetPacket *packet, size_t skip, int64_t now_us)
{
    size_t frame_bytes = packet->size - skip;

    *record = (PcapRecord) {
        .seconds = now_us / G_USEC_PER_SEC,
        .microseconds = now_us % G_USEC_PER_SEC,
        .captured_bytes = MIN(frame_bytes, s->maxlen),
        .frame_bytes = frame_bytes,
    };
    s->iov[used] = (struct iovec) { record, sizeof(*record) };
    return 1 + iov_copy(&s->iov[used + 1], DUMP_IOV_MAX - used - 1, packet->iov,
                        packet->iovcnt, skip, record->captured_bytes);
}

static void dump_burst(FilterDump *s, const NetPacket *packets, unsigned count,
                       size_t skip, int64_t now_us)
{
    PcapRecord records[64];
    unsigned done = 0;

    while (done < count && s->fd >= 0) {
        unsigned pieces = 0, n = 0;
        size_t bytes = 0;

        if (!dump_write_pending(s)) {
            s->dropped += count - done;
            return;
        }
        /* A piece of a frame may be empty, so there is always room for one. */
        while (done < count && n < ARRAY_SIZE(records) &&
               (pieces == 0 ||
                pieces + packets[done].iovcnt + 1 <= DUMP_IOV_MAX)) {
            if (packets[done].size > skip) {
                pieces += dump_add(s, pieces, &records[n], &packets[done],
                                   skip, now_us);
                bytes += sizeof(records[n]) + records[n].captured_bytes;
                n++;
            }
            done++;
        }
        if (pieces) {
            dump_write(s, pieces, bytes);
        }
    }
}

/* A frame in more pieces than one call takes, which is rare, is put together. */
static void dump_take(NetFilterSlot *slot, const NetPacket *packets,
                      unsigned count)
{
    FilterDump *s = FILTER_DUMP(slot->nf);
    int64_t now_us = s->start_us + qemu_clock_get_us(QEMU_CLOCK_VIRTUAL);
    size_t skip = slot->nc->vnet_hdr_len;
    QEMU_LOCK_GUARD(&s->lock);

    for (unsigned from = 0, to; from < count; from = to) {
        const NetPacket *first = &packets[from];

        for (to = from; to < count && packets[to].iovcnt < DUMP_IOV_MAX; to++) {
        }
        if (to > from) {
            dump_burst(s, first, to - from, skip, now_us);
        } else {
            g_autofree uint8_t *frame = g_malloc(first->size);
            struct iovec iov = { frame, first->size };
            NetPacket whole = { &iov, 1, first->size };

            iov_to_buf(first->iov, first->iovcnt, 0, frame, first->size);
            dump_burst(s, &whole, 1, skip, now_us);
            to++;
        }
    }
}

/* --- the file --- */

static bool dump_setup(NetFilterState *nf, Error **errp)
{
    FilterDump *s = FILTER_DUMP(nf);
    PcapFileHeader header = {
        .magic = PCAP_MAGIC, .version_major = 2, .version_minor = 4,
        .snaplen = s->maxlen, .link_type = PCAP_ETHERNET,
    };

    if (!s->file) {
        error_setg(errp, "Parameter 'file' is missing");
        return false;
    }
    /* Not to block: a pipe without a reader is an error, a slow one loses. */
    s->fd = open(s->file, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC,
                 0644);
    if (s->fd < 0) {
        error_setg_errno(errp, errno, "net dump: can't open %s", s->file);
        return false;
    }
    if (write(s->fd, &header, sizeof(header)) != sizeof(header)) {
        error_setg_errno(errp, errno, "net dump: can't write to %s", s->file);
        return false;
    }
    s->start_us = g_get_real_time() - qemu_clock_get_us(QEMU_CLOCK_VIRTUAL);
    return true;
}

static void dump_cleanup(NetFilterState *nf)
{
    FilterDump *s = FILTER_DUMP(nf);

    if (s->fd >= 0 && dump_write_pending(s)) {
        close(s->fd);
    }
    if (s->dropped) {
        warn_report("'%s' lacks %" PRIu64 " packets: its reader was too slow",
                    s->file, s->dropped);
    }
    g_byte_array_unref(s->pending);
    qemu_mutex_destroy(&s->lock);
    g_free(s->file);
}

/* --- properties --- */

static char *get_file(Object *obj, Error **errp)
{
    return g_strdup(FILTER_DUMP(obj)->file);
}

static void set_file(Object *obj, const char *value, Error **errp)
{
    FilterDump *s = FILTER_DUMP(obj);

    if (!net_filter_is_made(NETFILTER(obj), "file", errp)) {
        g_free(s->file);
        s->file = g_strdup(value);
    }
}

static void get_maxlen(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    visit_type_uint32(v, name, &FILTER_DUMP(obj)->maxlen, errp);
}

static void set_maxlen(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value == 0) {
        error_setg(errp, "Property 'filter-dump.maxlen' doesn't take value '0'");
        return;
    }
    if (!net_filter_is_made(NETFILTER(obj), name, errp)) {
        FILTER_DUMP(obj)->maxlen = value;
    }
}

static void filter_dump_init(Object *obj)
{
    FilterDump *s = FILTER_DUMP(obj);

    s->fd = -1;
    s->maxlen = DUMP_MAXLEN_DEFAULT;
    s->pending = g_byte_array_new();
    qemu_mutex_init(&s->lock);
}

static void filter_dump_class_init(ObjectClass *oc, const void *data)
{
    NetFilterClass *nfc = NETFILTER_CLASS(oc);

    nfc->slot_size = sizeof(NetFilterSlot);
    nfc->setup = dump_setup;
    nfc->cleanup = dump_cleanup;
    nfc->take = dump_take;
    object_class_property_add_str(oc, "file", get_file, set_file);
    object_class_property_set_description(oc, "file",
                                          "file or named pipe to write to");
    object_class_property_add(oc, "maxlen", "uint32", get_maxlen, set_maxlen,
                              NULL, NULL);
    object_class_property_set_description(oc, "maxlen", "bytes to write of each"
                                          " frame, at most (default 65536)");
}

static const TypeInfo filter_dump_types[] = {
    {
        .name = TYPE_FILTER_DUMP,
        .parent = TYPE_NETFILTER,
        .instance_size = sizeof(FilterDump),
        .instance_init = filter_dump_init,
        .class_init = filter_dump_class_init,
    },
};

DEFINE_TYPES(filter_dump_types)
