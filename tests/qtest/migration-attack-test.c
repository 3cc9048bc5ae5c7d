/*
 * Streams that mean harm: single fields of a good one are changed, with lengths and
 * checksums that fit. Each must be refused by the check that its test names; with
 * that check removed the test fails.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_config.h>
#include <zlib.h>
#include "libqtest.h"

#define DEVICE "-machine pc -m 1 -nodefaults -netdev hubport,id=h,hubid=0 " \
               "-device virtio-net-pci,romfile=,netdev=h,id=n,rss=on"
#define NET "0000:00:02.0/virtio-net"
#define PROXY "0000:00:02.0/virtio-pci"

static char *path;

/* --- streams, as docs/devel/migration.rst describes them ---------------------- */

static uint32_t get32(const GByteArray *a, size_t at)
{
    uint32_t be;

    g_assert_cmpuint(at + 4, <=, a->len);
    memcpy(&be, a->data + at, 4);
    return GUINT32_FROM_BE(be);
}

static void put32(GByteArray *a, size_t at, uint32_t value)
{
    uint32_t be = GUINT32_TO_BE(value);

    memcpy(a->data + at, &be, 4);
}

/* Where the section of device states begins. */
static size_t find_states(const GByteArray *a)
{
    size_t at = 12;

    while (a->data[at] != 4) {
        at += 5 + get32(a, at + 1) + 4;
    }
    return at;
}

/* Where the record of @name begins (with its byte 1). */
static size_t find_record(const GByteArray *a, const char *name)
{
    size_t at = find_states(a) + 5 + 8;

    for (;;) {
        unsigned n = a->data[at + 1];

        g_assert_cmpint(a->data[at], ==, 1);
        if (n == strlen(name) && !memcmp(a->data + at + 2, name, n)) {
            return at;
        }
        at += 2 + n + 12 + get32(a, at + 2 + n + 8);
    }
}

/*
 * Where a field's length stands: numbers of fields from the outside in, ending with
 * -1. A structure's fields stand behind its version.
 */
static size_t find_field(const GByteArray *a, const char *name,
                         const int *numbers)
{
    size_t at = find_record(a, name);

    at += 2 + a->data[at + 1] + 12;
    for (;; at += 8) {
        for (int i = 0; i < *numbers; i++) {
            at += 4 + get32(a, at);
        }
        if (*++numbers < 0) {
            return at;
        }
    }
}

/* Sets the length of the section and its checksum right. */
static void mend(GByteArray *a)
{
    size_t at = find_states(a), size = get32(a, at + 1);

    put32(a, at + 5 + size, crc32(0, a->data + at, 5 + size));
}

/* The state of @args after @prepare. */
static GByteArray *saved_after(const char *args, void (*prepare)(QTestState *))
{
    QTestState *s = qtest_init(args);
    GByteArray *a;
    char *bytes;
    size_t size;

    if (prepare) {
        prepare(s);
    }
    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    qtest_migration_wait(s);
    qtest_quit(s);
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    a = g_byte_array_new_take((uint8_t *)bytes, size);
    return a;
}

/* Loading @a fails, and the reason has @text in it. Its process lives on. */
static void expect_refusal(const char *args, GByteArray *a, const char *text)
{
    QTestState *t = qtest_initf("%s -incoming defer", args);
    json_object *info;

    mend(a);
    g_assert_true(g_file_set_contents(path, (char *)a->data, a->len, NULL));
    qtest_qmp_ok(t, "{'execute':'migrate-incoming','arguments':"
                 "{'uri':'file:%s','exit-on-error':false}}", path);
    for (;;) {
        const char *status;
        bool over;

        info = qtest_qmp_return(t, "{'execute':'query-migrate'}");
        status = json_string(info, "status");
        if (g_str_equal(status, "completed")) {
            g_error("the stream was taken that should fail with '%s'", text);
        }
        over = g_str_equal(status, "failed");
        if (over) {
            break;
        }
        json_object_put(info);
    }
    if (!strstr(json_string(info, "error-desc"), text)) {
        g_error("'%s' does not have '%s'", json_string(info, "error-desc"),
                text);
    }
    json_object_put(info);
    qtest_quit(t);
    g_byte_array_unref(a);
}

static void put_number(GByteArray *a, const char *record, const int *field,
                       unsigned width, uint64_t value)
{
    size_t at = find_field(a, record, field);

    g_assert_cmpuint(get32(a, at), ==, width);
    for (unsigned i = 0; i < width; i++) {
        a->data[at + 4 + i] = value >> (8 * (width - 1 - i));
    }
}

/* One number of a good stream of DEVICE is changed. */
static void refuse_number(const char *record, const int *field, unsigned width,
                          uint64_t value, const char *text)
{
    GByteArray *a = saved_after(DEVICE, NULL);

    put_number(a, record, field, width, value);
    expect_refusal(DEVICE, a, text);
}

#define FIELD(...) ((const int []) { __VA_ARGS__, -1 })

/* --- virtio-net ------------------------------------------------------------- */

/* The parts of virtio-net: the core, the status word, the filter. */
enum { NET_CORE, NET_STATUS, NET_FILTER };
enum { FILTER_IN_USE = 9, FILTER_FIRST_MULTI };

/* CVE-2013-4148: a negative number of addresses. Guards: at most 64. */
static void test_table_negative(void)
{
    refuse_number(NET, FIELD(NET_FILTER, FILTER_IN_USE), 4, UINT32_MAX,
                  "address table");
}

/* CVE-2013-4149: more addresses than the table holds. Guards the same. */
static void test_table_overflow(void)
{
    refuse_number(NET, FIELD(NET_FILTER, FILTER_IN_USE), 4, 65,
                  "address table");
}

/* Guards: the first multicast address is one of those in use. */
static void test_first_multicast(void)
{
    refuse_number(NET, FIELD(NET_FILTER, FILTER_FIRST_MULTI), 4, 1,
                  "address table");
}

/* A subsection of one field is put behind the last field of virtio-net. */
static void refuse_subsection(const char *name, const uint8_t *body,
                              uint32_t body_size, const char *text)
{
    GByteArray *a = saved_after(DEVICE, NULL);
    GByteArray *sub = g_byte_array_new();
    size_t record = find_record(a, NET), length_at, end, section;
    uint8_t head[5] = { 0 };

    length_at = record + 2 + a->data[record + 1] + 8;
    end = length_at + 4 + get32(a, length_at);
    g_assert_cmpint(a->data[end - 1], ==, 0);   /* no subsection */
    head[0] = strlen(name);
    g_byte_array_append(sub, head, 1);
    g_byte_array_append(sub, (const uint8_t *)name, strlen(name));
    g_byte_array_append(sub, (const uint8_t *)"\0\0\0\1\0\0\0\0", 8);
    put32(sub, sub->len - 4, body_size);
    g_byte_array_append(sub, body, body_size);
    a->data[end - 1] = 1;
    put32(a, length_at, get32(a, length_at) + sub->len);
    section = find_states(a);
    put32(a, section + 1, get32(a, section + 1) + sub->len);
    g_byte_array_set_size(a, a->len + sub->len);
    memmove(a->data + end + sub->len, a->data + end, a->len - sub->len - end);
    memcpy(a->data + end, sub->data, sub->len);
    g_byte_array_unref(sub);
    expect_refusal(DEVICE, a, text);
}

/* CVE-2013-4150: more queue pairs than there are. Guards: pairs in range. */
static void test_queue_pairs(void)
{
    static const uint8_t many[] = { 0, 0, 0, 2, 0xff, 0xff, 0 };
    static const uint8_t none[] = { 0, 0, 0, 2, 0, 0, 0 };

    refuse_subsection("virtio-net/pairs", many, sizeof(many), "queue pairs");
    refuse_subsection("virtio-net/pairs", none, sizeof(none), "queue pairs");
}

/* Guards: subsections are found by name. */
static void test_unknown_subsection(void)
{
    static const uint8_t nothing[] = { 0 };

    refuse_subsection("virtio-net/nonsense", nothing, sizeof(nothing),
                      "unknown subsection");
}

/* --- the core ---------------------------------------------------------------- */

enum {
    CORE_DEVICE_ID, CORE_STATUS, CORE_ISR, CORE_QUEUE_SEL, CORE_FEATURES,
    CORE_CONFIG_VECTOR, CORE_GENERATION, CORE_CONFIG_CHANGED, CORE_BROKEN,
    CORE_LEGACY, CORE_KICKED, CORE_QUEUE_COUNT, CORE_QUEUES,
};
enum {
    QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE, QUEUE_INUSE, QUEUE_NUM,
    QUEUE_NUM_MAX, QUEUE_VECTOR, QUEUE_LAST_AVAIL, QUEUE_USED_IDX,
    QUEUE_AVAIL_WRAP, QUEUE_USED_WRAP, QUEUE_ENABLED,
};

/* A number of the first queue. */
static void refuse_queue(int number, unsigned width, uint64_t value,
                         const char *text)
{
    refuse_number(NET, FIELD(NET_CORE, CORE_QUEUES, number), width, value,
                  text);
}

/*
 * CVE-2013-4151: more queues than there are. Guards: saved_count is what it is
 * here, before any of them is read.
 */
static void test_queue_count(void)
{
    refuse_number(NET, FIELD(NET_CORE, CORE_QUEUE_COUNT), 4, 65535,
                  "another number of queues");
}

/*
 * CVE-2013-4535: more chains in flight than the ring has, with indices that would
 * bear it out. Guards: ring_possible()'s limit of inuse.
 */
static void test_in_flight(void)
{
    GByteArray *a = saved_after(DEVICE, NULL);

    put_number(a, NET, FIELD(NET_CORE, CORE_QUEUES, QUEUE_LAST_AVAIL), 2, 2000);
    put_number(a, NET, FIELD(NET_CORE, CORE_QUEUES, QUEUE_INUSE), 4, 1025);
    expect_refusal(DEVICE, a, "cannot be");
    refuse_queue(QUEUE_INUSE, 4, UINT32_MAX, "cannot be");
}

/*
 * CVE-2013-4536, -6399: indices that do not fit together. Guards: ring_possible()'s
 * distance of the indices.
 */
static void test_indices(void)
{
    refuse_queue(QUEUE_INUSE, 4, 5, "cannot be");
}

/*
 * The same on a packed ring, where an index is a place. Guards: ring_possible()'s
 * limit of both.
 */
static void test_packed_indices(void)
{
    static const int indices[] = { QUEUE_LAST_AVAIL, QUEUE_USED_IDX };

    for (unsigned i = 0; i < G_N_ELEMENTS(indices); i++) {
        GByteArray *a = saved_after(DEVICE ",packed=on", NULL);
        size_t at = find_field(a, NET, FIELD(NET_CORE, CORE_FEATURES));

        put_number(a, NET, FIELD(NET_CORE, CORE_STATUS), 1, 0x0b);
        memset(a->data + at + 4, 0, 8);
        a->data[at + 4 + 3] = 1 << (VIRTIO_F_VERSION_1 - 32) |
                              1 << (VIRTIO_F_RING_PACKED - 32);
        put_number(a, NET, FIELD(NET_CORE, CORE_QUEUES, indices[i]), 2, 256);
        expect_refusal(DEVICE ",packed=on", a, "cannot be");
    }
}

/* CVE-2014-0182: a ring of no entries. Guards: ring_possible()'s num == 0. */
static void test_ring_of_none(void)
{
    refuse_queue(QUEUE_NUM, 2, 0, "cannot be");
}

/* A ring beyond the largest. Guards: ring_possible()'s limit of num. */
static void test_ring_too_large(void)
{
    refuse_queue(QUEUE_NUM, 2, 512, "cannot be");
}

/* Guards: ring_possible(): a split ring's size is a power of two. */
static void test_ring_size_odd(void)
{
    refuse_queue(QUEUE_NUM, 2, 100, "cannot be");
}

/* Guards: load_queue(): the largest size is what it is here. */
static void test_ring_maximum(void)
{
    refuse_queue(QUEUE_NUM_MAX, 2, 1024, "cannot be");
}

/* Guards: rings are aligned, and do not go round the end of addresses. */
static void test_ring_address(void)
{
    GByteArray *a = saved_after(DEVICE, NULL);
    const int desc[] = { NET_CORE, CORE_QUEUES, QUEUE_DESC, -1 };
    const int enabled[] = { NET_CORE, CORE_QUEUES, QUEUE_ENABLED, -1 };

    a->data[find_field(a, NET, desc) + 4 + 7] = 1;
    a->data[find_field(a, NET, enabled) + 4] = 1;
    expect_refusal(DEVICE, a, "areas at");
    a = saved_after(DEVICE, NULL);
    memset(a->data + find_field(a, NET, desc) + 4, 0xff, 7);
    a->data[find_field(a, NET, desc) + 4 + 7] = 0xf0;
    a->data[find_field(a, NET, enabled) + 4] = 1;
    expect_refusal(DEVICE, a, "areas at");
}

static void refuse_length(uint32_t length, const char *text)
{
    GByteArray *a = saved_after(DEVICE, NULL);

    put32(a, find_field(a, NET, FIELD(NET_CORE, CORE_ISR)), length);
    expect_refusal(DEVICE, a, text);
}

/*
 * CVE-2014-0182 (config length): a field longer than what it stands in. Guards:
 * qemu_file_begin_limit().
 */
static void test_field_too_long(void)
{
    refuse_length(1000000, "the stream ends in 'isr'");
    refuse_length(UINT32_MAX, "the stream ends in 'isr'");
}

/* A field with more to it than is read. Guards: qemu_file_end_limit(). */
static void test_field_left_over(void)
{
    refuse_length(2, "'isr' has another length");
}

/* A field shorter than what is read of it. Guards: qemu_get_buffer()'s limit. */
static void test_field_too_short(void)
{
    refuse_length(0, "'isr' cannot be read");
}

/* Guards: interrupt vectors exist. */
static void test_vectors(void)
{
    refuse_queue(QUEUE_VECTOR, 2, 200, "vectors that do not exist");
    refuse_number(NET, FIELD(NET_CORE, CORE_CONFIG_VECTOR), 2, 3000,
                  "vectors that do not exist");
}

/* Guards: what the driver accepted was offered. */
static void test_features(void)
{
    GByteArray *a = saved_after(DEVICE, NULL);
    size_t at = find_field(a, NET, FIELD(NET_CORE, CORE_FEATURES));

    a->data[find_field(a, NET, FIELD(NET_CORE, CORE_STATUS)) + 4] = 0x0b;
    memset(a->data + at + 4, 0xff, 8);
    expect_refusal(DEVICE, a, "were not offered");
}

/* Guards: no DRIVER_OK without FEATURES_OK. */
static void test_status(void)
{
    refuse_number(NET, FIELD(NET_CORE, CORE_STATUS), 1, 0x07, "status 0x07");
}

/* A bool is 0 or 1. */
static void test_bool(void)
{
    refuse_number(NET, FIELD(NET_CORE, CORE_BROKEN), 1, 2, "broken");
}

/* --- the user network ---------------------------------------------------------- */

#define USER "-machine pc -m 1 -nodefaults -netdev user,id=u " \
             "-device virtio-net-pci,romfile=,netdev=u"

/* The last @bytes of the library's state are not there; all lengths agree. */
static GByteArray *user_state_cut(size_t bytes)
{
    GByteArray *a = saved_after(USER, NULL);
    size_t field = find_field(a, "slirp", FIELD(0)), section = find_states(a);
    size_t record = find_record(a, "slirp");
    size_t length_at = record + 2 + a->data[record + 1] + 8;
    size_t end = field + 4 + get32(a, field);

    put32(a, field, get32(a, field) - bytes);
    put32(a, field + 8, get32(a, field + 8) - bytes);
    put32(a, length_at, get32(a, length_at) - bytes);
    put32(a, section + 1, get32(a, section + 1) - bytes);
    g_byte_array_remove_range(a, end - bytes, bytes);
    return a;
}

/* Guards: state_read() ends with what there is; user_state_get() says so. */
static void test_user_state_cut(void)
{
    for (size_t bytes = 1; bytes <= 9; bytes += 4) {
        expect_refusal(USER, user_state_cut(bytes), "slirp");
    }
}

/* Guards: user_state_get(): all of the state is used up. */
static void test_user_state_left_over(void)
{
    GByteArray *a = user_state_cut(0);
    size_t field = find_field(a, "slirp", FIELD(0)), section = find_states(a);
    size_t record = find_record(a, "slirp");
    size_t length_at = record + 2 + a->data[record + 1] + 8;
    size_t end = field + 4 + get32(a, field);

    put32(a, field, get32(a, field) + 4);
    put32(a, field + 8, get32(a, field + 8) + 4);
    put32(a, length_at, get32(a, length_at) + 4);
    put32(a, section + 1, get32(a, section + 1) + 4);
    g_byte_array_append(a, (const uint8_t *)"more", 4);
    memmove(a->data + end + 4, a->data + end, a->len - 4 - end);
    expect_refusal(USER, a, "slirp");
}

/* --- the machine -------------------------------------------------------------- */

/* Guards: what the guest cannot write in configuration space is as here. */
static void test_pci_config(void)
{
    GByteArray *a = saved_after(DEVICE, NULL);
    size_t at = find_field(a, PROXY, FIELD(0, 0));

    a->data[at + 4 + 4] ^= 0xff;                /* the vendor */
    expect_refusal(DEVICE, a, "config");
}

/* Guards: the clock is at a time from which there is a future. */
static void test_clock(void)
{
    refuse_number("clock", FIELD(0), 8, INT64_MAX, "virtual clock");
    refuse_number("clock", FIELD(0), 8, UINT64_MAX, "virtual clock");
}

/* Guards: the local APIC's timer began in the past. */
static void test_apic_timer(void)
{
    enum { LOADED_NS = 15 };

    refuse_number("apic", FIELD(LOADED_NS), 8, INT64_MAX, "apic");
    refuse_number("apic", FIELD(LOADED_NS), 8, 1ull << 63, "apic");
}

/* Guards: an exception is a vector. */
static void test_cpu(void)
{
    GByteArray *a = saved_after(DEVICE, NULL);
    size_t at = find_record(a, "cpu");
    uint32_t version_at = at + 2 + 3 + 4;

    put32(a, version_at, 99);
    expect_refusal(DEVICE, a, "version 99");
}

/* A record comes twice, or its name is unknown. */
static void test_records(void)
{
    GByteArray *a = saved_after(DEVICE, NULL);

    memcpy(a->data + find_record(a, "apic") + 2, "xxxx", 4);
    expect_refusal(DEVICE, a, "unknown state");
    a = saved_after(DEVICE, NULL);
    put32(a, find_record(a, "apic") + 2 + 4, 77);
    expect_refusal(DEVICE, a, "unknown state");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(void);
    } tests[] = {
        { "virtio-net/cve-2013-4148", test_table_negative },
        { "virtio-net/cve-2013-4149", test_table_overflow },
        { "virtio-net/first-multicast", test_first_multicast },
        { "virtio-net/cve-2013-4150", test_queue_pairs },
        { "virtio-net/unknown-subsection", test_unknown_subsection },
        { "virtio/cve-2013-4151", test_queue_count },
        { "virtio/cve-2013-4535", test_in_flight },
        { "virtio/cve-2013-4536-6399", test_indices },
        { "virtio/packed-indices", test_packed_indices },
        { "virtio/cve-2014-0182-ring-of-none", test_ring_of_none },
        { "virtio/ring-too-large", test_ring_too_large },
        { "virtio/ring-size-odd", test_ring_size_odd },
        { "virtio/ring-maximum", test_ring_maximum },
        { "virtio/cve-2014-0182-field-too-long", test_field_too_long },
        { "virtio/field-left-over", test_field_left_over },
        { "virtio/field-too-short", test_field_too_short },
        { "virtio/ring-address", test_ring_address },
        { "virtio/vectors", test_vectors },
        { "virtio/features", test_features },
        { "virtio/status", test_status },
        { "virtio/bool", test_bool },
        { "user/state-cut", test_user_state_cut },
        { "user/state-left-over", test_user_state_left_over },
        { "pci/config", test_pci_config },
        { "machine/clock", test_clock },
        { "machine/apic-timer", test_apic_timer },
        { "machine/version", test_cpu },
        { "machine/records", test_records },
    };
    g_autofree char *dir = NULL;
    int status;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("migration-attack-XXXXXX", NULL);
    path = g_build_filename(dir, "state", NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *name = g_strconcat("migration-attack/",
                                            tests[i].name, NULL);

        qtest_add_func(name, tests[i].func);
    }
    status = g_test_run();
    unlink(path);
    rmdir(dir);
    g_free(path);
    return status;
}
