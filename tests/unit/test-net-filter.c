/*
 * Filters between two net clients without a machine: their order, back pressure,
 * what is held when things change; the token bucket; frames cut out of a stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "net/filter-stream.h"
#include "net/token-bucket.h"

/* --- two clients and what they saw --- */

static GString *seen;           /* letters of filters, "!" for a delivery */
static unsigned woken;

typedef struct End {
    NetClientState nc;
    unsigned room;
    GString *got;               /* the first byte of each packet */
} End;

static unsigned end_receive(NetClientState *nc, const NetPacket *packets,
                            unsigned count)
{
    End *end = container_of(nc, End, nc);
    unsigned n;

    for (n = 0; n < count && end->room; n++, end->room--) {
        char first;

        iov_to_buf(packets[n].iov, packets[n].iovcnt, 0, &first, 1);
        g_string_append_c(end->got, first);
        g_string_append_c(seen, '!');
    }
    return n;
}

static void end_cleanup(NetClientState *nc)
{
    g_string_free(container_of(nc, End, nc)->got, true);
}

static const NetClientInfo end_info = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(End),
    .receive_burst = end_receive,
    .cleanup = end_cleanup,
};

static End *a, *b;

static End *end_new(const char *name, NetClientState *peer, unsigned room)
{
    End *end = container_of(qemu_new_net_client(&end_info, peer, "end", name),
                            End, nc);

    end->room = room;
    end->got = g_string_new(NULL);
    return end;
}

static void start(unsigned room)
{
    seen = g_string_new(NULL);
    woken = 0;
    a = end_new("a", NULL, room);
    b = end_new("b", &a->nc, room);
}

static void stop(void)
{
    qemu_del_net_client(&a->nc);
    qemu_del_net_client(&b->nc);
    g_string_free(seen, true);
    g_assert_null(object_resolve_path("/objects/f", NULL));
}

static void note_sent(NetClientState *nc, ssize_t size)
{
    woken++;
}

/* Packets of one byte and @size in all; how many were taken? */
static unsigned send_sized(End *from, const char *letters, size_t size)
{
    unsigned count = strlen(letters);
    g_autofree NetPacket *packets = g_new(NetPacket, count);
    g_autofree struct iovec *iov = g_new(struct iovec, count);
    g_autofree uint8_t *bytes = g_malloc0(count * size);

    for (unsigned i = 0; i < count; i++) {
        bytes[i * size] = letters[i];
        iov[i] = (struct iovec) { bytes + i * size, size };
        packets[i] = (NetPacket) { &iov[i], 1, size };
    }
    return qemu_send_burst(&from->nc, packets, count, note_sent);
}

static unsigned send_letters(End *from, const char *letters)
{
    return send_sized(from, letters, 1);
}

/* One that cannot wait. */
static void send_now(End *from, char letter, size_t size)
{
    g_autofree uint8_t *bytes = g_malloc0(size);

    bytes[0] = letter;
    qemu_send_packet(&from->nc, bytes, size);
}

/* -object @text; @text has no id for filters that stop() does not look for. */
static void add(const char *text, Error **errp)
{
    user_creatable_add_from_str(text, errp);
}

static void set(const char *id, const char *name, const char *value)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    object_property_parse(obj, name, value, &error_abort);
}

static NetFilterSlot *slot_of(const char *id, NetFilterDirection direction)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    return net_filter_slot(NETFILTER(obj), 0, direction);
}

static void del(const char *id)
{
    user_creatable_del(id, &error_abort);
}

static void advance(int64_t ns)
{
    qemu_clock_advance_virtual_time(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ns);
}

/* --- a filter that writes down its id's first letter --- */

static void letter_take(NetFilterSlot *slot, const NetPacket *packets,
                        unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_string_append_c(seen, object_get_canonical_path_component(
                                    OBJECT(slot->nf))[0]);
    }
}

static void letter_class_init(ObjectClass *oc, const void *data)
{
    NETFILTER_CLASS(oc)->slot_size = sizeof(NetFilterSlot);
    NETFILTER_CLASS(oc)->take = letter_take;
}

static const TypeInfo letter_info = {
    .name = "filter-letter",
    .parent = TYPE_NETFILTER,
    .instance_size = sizeof(NetFilterState),
    .class_init = letter_class_init,
};

/* --- order --- */

static void expect(const char *from_a, const char *from_b)
{
    g_string_truncate(seen, 0);
    g_assert_cmpuint(send_letters(a, "x"), ==, 1);
    g_assert_cmpstr(seen->str, ==, from_a);
    g_string_truncate(seen, 0);
    g_assert_cmpuint(send_letters(b, "x"), ==, 1);
    g_assert_cmpstr(seen->str, ==, from_b);
}

static void test_order(void)
{
    Error *err = NULL;

    start(100);
    add("filter-letter,id=m,netdev=a", &error_abort);
    expect("m!", "m!");
    add("filter-letter,id=t,netdev=a", &error_abort);
    add("filter-letter,id=h,netdev=a,position=head", &error_abort);
    expect("hmt!", "tmh!");
    add("filter-letter,id=b,netdev=a,position=id=m,insert=before",
        &error_abort);
    add("filter-letter,id=c,netdev=a,position=id=m", &error_abort);
    expect("hbmct!", "tcmbh!");
    /* Those of the sender, then those of the receiver. */
    add("filter-letter,id=x,netdev=b", &error_abort);
    add("filter-letter,id=y,netdev=b", &error_abort);
    expect("hbmctyx!", "xytcmbh!");
    set("m", "queue", "rx");
    set("c", "status", "off");
    expect("hbtyx!", "xytmbh!");
    g_assert_null(slot_of("c", NET_FILTER_DIRECTION_TX)->queue);
    g_assert_null(slot_of("m", NET_FILTER_DIRECTION_TX)->queue);
    g_assert_nonnull(slot_of("m", NET_FILTER_DIRECTION_RX)->queue);
    set("c", "status", "on");
    del("b");
    expect("hctyx!", "xytcmh!");
    add("filter-letter,id=z,netdev=a,position=id=x", &err);
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "filter 'x' is on netdev 'b', not on 'a'");
    error_free(err);
    expect("hctyx!", "xytcmh!");
    stop();
}

static void test_goes_with_netdev(void)
{
    start(100);
    add("filter-letter,id=f,netdev=a", &error_abort);
    add("filter-letter,id=g,netdev=b", &error_abort);
    qemu_del_net_client(&b->nc);
    g_assert_null(object_resolve_path("/objects/g", NULL));
    g_assert_nonnull(object_resolve_path("/objects/f", NULL));
    g_assert_cmpuint(send_letters(a, "x"), ==, 1);
    g_assert_cmpstr(seen->str, ==, "");
    /* A filter may be there before the netdev's peer. */
    b = end_new("b", &a->nc, 100);
    expect("f!", "f!");
    /* What is held for a peer is not for the next one. */
    add("filter-buffer,id=h,netdev=a,interval=1000", &error_abort);
    g_assert_cmpuint(send_letters(a, "1"), ==, 1);
    qemu_del_net_client(&b->nc);
    b = end_new("b", &a->nc, 100);
    advance(1000 * SCALE_US);
    g_assert_cmpuint(send_letters(a, "2"), ==, 1);
    advance(1000 * SCALE_US);
    g_assert_cmpstr(b->got->str, ==, "2");
    stop();
}

/* --- back pressure --- */

/* What the receiver refuses is seen once, and arrives once, in order. */
static void test_each_is_seen_once(void)
{
    start(0);
    b->room = 2;
    add("filter-letter,id=f,netdev=a", &error_abort);
    g_assert_cmpuint(send_letters(a, "12345"), ==, 5);
    g_assert_cmpstr(seen->str, ==, "fffff!!");
    /* Now it is known to be blocked: nobody is asked. */
    g_assert_cmpuint(send_letters(a, "6"), ==, 0);
    send_now(a, '7', 1);
    g_assert_cmpuint(woken, ==, 0);
    b->room = 2;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpstr(b->got->str, ==, "1234");
    g_assert_cmpuint(woken, ==, 0);
    g_assert_cmpstr(seen->str, ==, "fffff!!!!");
    b->room = 100;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpstr(b->got->str, ==, "123457");
    g_assert_cmpstr(seen->str, ==, "fffff!!!!!f!");
    g_assert_cmpuint(woken, ==, 1);
    g_assert_cmpuint(send_letters(a, "6"), ==, 1);
    stop();
}

/* The filter goes while the receiver is blocked: nothing is lost or doubled. */
static void test_removed_while_blocked(void)
{
    start(0);
    b->room = 1;
    add("filter-letter,id=f,netdev=a", &error_abort);
    g_assert_cmpuint(send_letters(a, "123"), ==, 3);
    send_now(a, '4', 1);
    del("f");
    b->room = 100;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpstr(b->got->str, ==, "1234");
    g_assert_cmpuint(send_letters(a, "5"), ==, 1);
    stop();
}

/* --- filter-buffer --- */

static void test_buffer(void)
{
    start(100);
    add("filter-buffer,id=f,netdev=a,interval=1000", &error_abort);
    advance(400 * SCALE_US);
    g_assert_cmpuint(send_letters(a, "12"), ==, 2);
    g_assert_cmpuint(send_letters(b, "5"), ==, 1);
    advance(599 * SCALE_US);
    g_assert_cmpuint(send_letters(a, "3"), ==, 1);
    g_assert_cmpstr(b->got->str, ==, "");
    advance(1 * SCALE_US);
    g_assert_cmpstr(b->got->str, ==, "123");
    g_assert_cmpstr(a->got->str, ==, "5");
    /* The next interval; a receiver that takes no more in between. */
    g_assert_cmpuint(send_letters(a, "678"), ==, 3);
    b->room = 1;
    advance(1000 * SCALE_US);
    g_assert_cmpstr(b->got->str, ==, "1236");
    g_assert_cmpuint(send_letters(a, "9"), ==, 1);
    b->room = 100;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpstr(b->got->str, ==, "123678");
    advance(1000 * SCALE_US);
    g_assert_cmpstr(b->got->str, ==, "1236789");
    /* Off, and gone: what is held goes on at once. */
    g_assert_cmpuint(send_letters(a, "x"), ==, 1);
    set("f", "status", "off");
    g_assert_cmpstr(b->got->str, ==, "1236789x");
    set("f", "status", "on");
    g_assert_cmpuint(send_letters(a, "y"), ==, 1);
    set("f", "interval", "5000");
    g_assert_cmpstr(b->got->str, ==, "1236789x");
    del("f");
    g_assert_cmpstr(b->got->str, ==, "1236789xy");
    stop();
}

/* It is not without bound: then the sender waits, and nothing is lost. */
static void test_buffer_is_bounded(void)
{
    g_autofree char *many = g_strnfill(NET_QUEUE_MAX_PACKETS + 100, 'x');

    start(UINT_MAX);
    add("filter-buffer,id=f,netdev=a,interval=1000", &error_abort);
    g_assert_cmpuint(send_letters(a, many), ==, NET_QUEUE_MAX_PACKETS);
    g_assert_cmpuint(send_letters(a, "x"), ==, 0);
    g_assert_cmpuint(woken, ==, 0);
    advance(1000 * SCALE_US);
    g_assert_cmpuint(b->got->len, ==, NET_QUEUE_MAX_PACKETS);
    g_assert_cmpuint(woken, ==, 1);
    stop();
}

/* In front of the buffer packets are seen at once, behind it when they go. */
static void test_buffer_among_others(void)
{
    start(100);
    add("filter-letter,id=h,netdev=a", &error_abort);
    add("filter-buffer,id=f,netdev=a,interval=1000", &error_abort);
    add("filter-letter,id=t,netdev=a", &error_abort);
    g_assert_cmpuint(send_letters(a, "12"), ==, 2);
    g_assert_cmpstr(seen->str, ==, "hh");
    advance(1000 * SCALE_US);
    g_assert_cmpstr(seen->str, ==, "hhtt!!");
    stop();
}

/* --- filter-rate-limit --- */

static struct json_object *limit(NetClientState *nc, unsigned i)
{
    struct json_object *list = net_filter_query_limits(nc);
    struct json_object *info =
        json_object_get(json_object_array_get_idx(list, i));

    json_object_put(list);
    return info;
}

static uint64_t limit_number(NetClientState *nc, unsigned i, const char *key)
{
    g_json_auto struct json_object *info = limit(nc, i);

    return json_object_get_uint64(json_get(info, key));
}

static void test_rate_packets(void)
{
    start(UINT_MAX);
    /* What b is sent by a, which is the netdev: the guest receives it. */
    add("filter-rate-limit,id=f,netdev=a,rx-packets-per-second=10,"
        "rx-packets-burst=3", &error_abort);
    g_assert_cmpuint(send_letters(a, "12345"), ==, 3);
    g_assert_cmpuint(send_letters(a, "4"), ==, 0);
    g_assert_cmpuint(woken, ==, 0);
    /* The other way is free. */
    g_assert_cmpuint(send_letters(b, "abcdefgh"), ==, 8);
    advance(99 * SCALE_MS);
    g_assert_cmpuint(woken, ==, 0);
    advance(1 * SCALE_MS);
    g_assert_cmpuint(woken, ==, 1);
    g_assert_cmpuint(send_letters(a, "45"), ==, 1);
    /* A long pause gathers a burst, no more. */
    advance(10 * NANOSECONDS_PER_SECOND);
    g_assert_cmpuint(send_letters(a, "56789"), ==, 3);
    g_assert_cmpuint(limit_number(&a->nc, 0, "packets"), ==, 7);
    g_assert_cmpuint(limit_number(&a->nc, 0, "bytes"), ==, 7);
    g_assert_cmpuint(limit_number(&a->nc, 0, "stops"), ==, 3);
    g_assert_cmpuint(limit_number(&a->nc, 0, "dropped"), ==, 0);
    g_assert_cmpuint(limit_number(&a->nc, 1, "packets"), ==, 0);
    stop();
}

/* Senders that come as soon as they are called keep to the rate exactly. */
static void test_rate_bytes(void)
{
    unsigned sent = 0;
    int64_t began;

    start(UINT_MAX);
    add("filter-rate-limit,id=f,netdev=a,tx-bytes-per-second=1000000,"
        "tx-bytes-burst=10000", &error_abort);
    began = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    sent += send_sized(b, "xxxxxxxxxx", 1500);
    g_assert_cmpuint(sent, ==, 7);      /* the last one went with 1000 left */
    while (qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - began <
           NANOSECONDS_PER_SECOND) {
        woken = 0;
        advance(100 * SCALE_US);
        if (woken) {
            sent += send_sized(b, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 1500);
        }
    }
    /* Within one frame and the millisecond that is waited at least. */
    g_assert_cmpint(sent * 1500, >=, 1000000 + 10000 - 1500 - 1000);
    g_assert_cmpint(sent * 1500, <=, 1000000 + 10000 + 1500);
    stop();
}

/* Who cannot wait: kept in order, then dropped and counted. */
static void test_rate_of_who_cannot_wait(void)
{
    start(UINT_MAX);
    add("filter-rate-limit,id=f,netdev=a,rx-packets-per-second=1000,"
        "rx-packets-burst=1", &error_abort);
    for (unsigned i = 0; i < NET_QUEUE_MAX_PACKETS + 8; i++) {
        send_now(a, '0' + i % 10, 60);
    }
    g_assert_cmpuint(b->got->len, ==, 1);
    g_assert_cmpuint(limit_number(&a->nc, 0, "kept"), ==,
                     NET_QUEUE_MAX_PACKETS);
    g_assert_cmpuint(limit_number(&a->nc, 0, "dropped"), ==, 7);
    advance(5 * SCALE_MS);
    g_assert_cmpstr(b->got->str, ==, "012345");
    advance(NANOSECONDS_PER_SECOND);
    g_assert_cmpuint(b->got->len, ==, 1006);
    set("f", "rx-packets-per-second", "0");
    g_assert_cmpuint(b->got->len, ==, NET_QUEUE_MAX_PACKETS + 1);
    for (unsigned i = 0; i < b->got->len; i++) {
        g_assert_cmpint(b->got->str[i], ==, '0' + i % 10);
    }
    stop();
}

/* Nobody overtakes what is kept, also when there is room before its time. */
static void test_rate_keeps_order(void)
{
    g_autofree char *many = g_strnfill(1000, 'x');

    start(UINT_MAX);
    add("filter-rate-limit,id=f,netdev=a,rx-packets-per-second=100000,"
        "rx-packets-burst=1000", &error_abort);
    g_assert_cmpuint(send_letters(a, many), ==, 1000);
    send_now(a, '1', 1);
    advance(500 * SCALE_US);
    g_assert_cmpuint(send_letters(a, "2"), ==, 0);
    advance(500 * SCALE_US);
    g_assert_cmpuint(send_letters(a, "2"), ==, 1);
    g_assert_cmpstr(b->got->str + 1000, ==, "12");
    stop();
}

static void test_rate_changes(void)
{
    start(UINT_MAX);
    add("filter-rate-limit,id=f,netdev=a,rx-packets-per-second=1,"
        "rx-packets-burst=1", &error_abort);
    g_assert_cmpuint(send_letters(a, "12"), ==, 1);
    /* Faster: who waits need not wait as long as it was told. */
    set("f", "rx-packets-per-second", "100");
    g_assert_cmpuint(woken, ==, 1);
    g_assert_cmpuint(send_letters(a, "2"), ==, 0);
    advance(10 * SCALE_MS);
    g_assert_cmpuint(woken, ==, 2);
    g_assert_cmpuint(send_letters(a, "23"), ==, 1);
    /* Off, and who waits is called at once. */
    set("f", "status", "off");
    g_assert_cmpuint(woken, ==, 3);
    g_assert_cmpuint(send_letters(a, "34567"), ==, 5);
    set("f", "status", "on");
    g_assert_cmpuint(send_letters(a, "8"), ==, 0);
    del("f");
    g_assert_cmpuint(woken, ==, 4);
    stop();
}

/* A frame that is longer than all that gathers goes all the same. */
static void test_rate_long_frame(void)
{
    start(UINT_MAX);
    add("filter-rate-limit,id=f,netdev=a,rx-bytes-per-second=1000,"
        "rx-bytes-burst=100", &error_abort);
    g_assert_cmpuint(send_sized(a, "12", 5100), ==, 1);
    advance(INT64_C(4999) * SCALE_MS);
    g_assert_cmpuint(send_sized(a, "2", 60), ==, 0);
    advance(2 * SCALE_MS);
    g_assert_cmpuint(send_sized(a, "2", 60), ==, 1);
    stop();
}

/* --- the bucket --- */

static void test_bucket(void)
{
    TokenBucket bucket = { 0 };

    token_bucket_set(&bucket, 3, 2, 0);
    g_assert_cmpint(bucket.level, ==, 2);
    token_bucket_take(&bucket, 2);
    g_assert_false(token_bucket_open(&bucket));
    g_assert_cmpint(token_bucket_wait_ns(&bucket), ==, 333333334);
    token_bucket_refill(&bucket, 333333333);
    g_assert_false(token_bucket_open(&bucket));
    g_assert_cmpint(token_bucket_wait_ns(&bucket), ==, 1);
    token_bucket_refill(&bucket, 333333334);
    g_assert_true(token_bucket_open(&bucket));
    /* Debt is paid before anything else. */
    token_bucket_take(&bucket, 31);
    g_assert_cmpint(bucket.level, ==, -30);
    token_bucket_refill(&bucket, 10 * NANOSECONDS_PER_SECOND + 333333334);
    g_assert_cmpint(bucket.level, ==, 0);
    token_bucket_refill(&bucket, 10 * NANOSECONDS_PER_SECOND + 666666667);
    g_assert_cmpint(bucket.level, ==, 1);
    /* A clock that jumps back takes nothing and gives nothing. */
    token_bucket_refill(&bucket, 5);
    g_assert_cmpint(bucket.level, ==, 1);
    token_bucket_refill(&bucket, 5 + NANOSECONDS_PER_SECOND);
    g_assert_cmpint(bucket.level, ==, 2);
}

static void test_bucket_extremes(void)
{
    TokenBucket bucket = { 0 };

    token_bucket_take(&bucket, UINT64_MAX);
    g_assert_true(token_bucket_open(&bucket));
    token_bucket_set(&bucket, TOKEN_BUCKET_MAX, TOKEN_BUCKET_MAX, 0);
    token_bucket_take(&bucket, TOKEN_BUCKET_MAX);
    g_assert_cmpint(token_bucket_wait_ns(&bucket), ==, 1000000);
    token_bucket_refill(&bucket, INT64_MAX);
    g_assert_cmpint(bucket.level, ==, INT64_MAX);
    token_bucket_set(&bucket, 1, 1, INT64_MAX);
    g_assert_cmpint(bucket.level, ==, 1);
    token_bucket_take(&bucket, TOKEN_BUCKET_MAX);
    g_assert_cmpint(token_bucket_wait_ns(&bucket), ==, INT64_MAX);
    token_bucket_take(&bucket, TOKEN_BUCKET_MAX);
    token_bucket_take(&bucket, TOKEN_BUCKET_MAX);
    g_assert_false(token_bucket_open(&bucket));
}

/* However it is looked at in between, the sum is the rate. */
static void test_bucket_is_exact(void)
{
    TokenBucket bucket = { 0 };
    uint64_t taken = 0;
    int64_t now = 0;

    token_bucket_set(&bucket, 777777, 1000, 0);
    token_bucket_take(&bucket, taken = 500);    /* it never overflows */
    while (now < NANOSECONDS_PER_SECOND) {
        now += g_test_rand_int_range(1, 20000);
        token_bucket_refill(&bucket, MIN(now, NANOSECONDS_PER_SECOND));
        while (token_bucket_open(&bucket)) {
            token_bucket_take(&bucket, 7);
            taken += 7;
        }
    }
    g_assert_cmpint(taken + bucket.level, ==, 1000 + 777777);
}

/* --- the stream --- */

static void note_frame(void *opaque, const uint8_t *frame, uint32_t size,
                       uint32_t hdr_bytes)
{
    g_string_append_printf(opaque, "%u/%u:%.*s;", size, hdr_bytes, (int)size,
                           frame);
}

/* However the stream is cut into pieces. */
static void test_parser(void)
{
    static const uint8_t plain[] = "\0\0\0\003abc\0\0\0\0\0\0\0\001d";
    static const uint8_t vnet[] =
        "\0\0\0\003\0\0\0\001abc\0\0\0\0\0\0\0\0\0\0\0\001\0\0\0\0d";
    const struct {
        const uint8_t *bytes;
        size_t size;
        const char *expected;
    } streams[] = {
        { plain, sizeof(plain) - 1, "3/0:abc;1/0:d;" },
        { vnet, sizeof(vnet) - 1, "3/1:abc;1/0:d;" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(streams); i++) {
        for (size_t step = 1; step <= streams[i].size; step++) {
            g_autoptr(GString) got = g_string_new(NULL);
            NetFrameParser parser;

            net_frame_parser_init(&parser, i == 1);
            for (size_t at = 0; at < streams[i].size; at += step) {
                g_assert_true(net_frame_parser_feed(
                    &parser, streams[i].bytes + at,
                    MIN(step, streams[i].size - at), note_frame, got));
            }
            g_assert_cmpstr(got->str, ==, streams[i].expected);
            net_frame_parser_free(&parser);
        }
    }
}

static void test_parser_refuses(void)
{
    static const char *const bad[] = {
        "\0\001\020\001\0\0\0\0",       /* one byte more than there may be */
        "\377\377\377\377\0\0\0\0",
        "\0\0\0\004\0\0\0\005",         /* a header longer than the packet */
        "\0\0\377\0\0\0\377\0",         /* than any header */
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        NetFrameParser parser;

        net_frame_parser_init(&parser, true);
        g_assert_true(net_frame_parser_feed(&parser, (const uint8_t *)bad[i], 7,
                                            note_frame, NULL));
        g_assert_false(net_frame_parser_feed(&parser,
                                             (const uint8_t *)bad[i] + 7, 1,
                                             note_frame, NULL));
        g_assert_cmpuint(parser.frame->len, ==, 0);
        net_frame_parser_free(&parser);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    type_register_static(&letter_info);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    virtual_clock_set_manual();
    virtual_clock_start();
    g_test_add_func("/net-filter/order", test_order);
    g_test_add_func("/net-filter/goes-with-its-netdev", test_goes_with_netdev);
    g_test_add_func("/net-filter/each-packet-is-seen-once",
                    test_each_is_seen_once);
    g_test_add_func("/net-filter/removed-while-blocked",
                    test_removed_while_blocked);
    g_test_add_func("/net-filter/buffer", test_buffer);
    g_test_add_func("/net-filter/buffer-is-bounded", test_buffer_is_bounded);
    g_test_add_func("/net-filter/buffer-among-others",
                    test_buffer_among_others);
    g_test_add_func("/net-filter/rate/packets", test_rate_packets);
    g_test_add_func("/net-filter/rate/bytes", test_rate_bytes);
    g_test_add_func("/net-filter/rate/who-cannot-wait",
                    test_rate_of_who_cannot_wait);
    g_test_add_func("/net-filter/rate/keeps-order", test_rate_keeps_order);
    g_test_add_func("/net-filter/rate/changes", test_rate_changes);
    g_test_add_func("/net-filter/rate/long-frame", test_rate_long_frame);
    g_test_add_func("/net-filter/bucket/basics", test_bucket);
    g_test_add_func("/net-filter/bucket/extremes", test_bucket_extremes);
    g_test_add_func("/net-filter/bucket/is-exact", test_bucket_is_exact);
    g_test_add_func("/net-filter/stream/any-pieces", test_parser);
    g_test_add_func("/net-filter/stream/refuses", test_parser_refuses);
    return g_test_run();
}
