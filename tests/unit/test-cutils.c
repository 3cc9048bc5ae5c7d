/*
 * Unit tests of text and number helpers, bits and bitmaps, byte order, lists,
 * notifiers, identifiers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/guest-random.h"
#include "qemu/id.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/range.h"
#include "qemu/units.h"
#include "qemu/uuid.h"

static void signed_numbers(void)
{
    static const struct {
        const char *text;
        int ret, value;
    } cases[] = {
        { "0", 0, 0 }, { "-5", 0, -5 }, { "0x10", 0, 16 }, { "010", 0, 8 },
        { "", -EINVAL, 0 }, { "x", -EINVAL, 0 }, { "5x", -EINVAL, 5 },
        { "2147483648", -ERANGE, INT_MAX },
        { "-2147483649", -ERANGE, INT_MIN },
        { "99999999999999999999", -ERANGE, INT_MAX },
    };
    const char *end;
    int value;

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_assert_cmpint(qemu_strtoi(cases[i].text, NULL, 0, &value), ==,
                        cases[i].ret);
        g_assert_cmpint(value, ==, cases[i].value);
    }
    g_assert_cmpint(qemu_strtoi("12abc", &end, 10, &value), ==, 0);
    g_assert_cmpstr(end, ==, "abc");
    g_assert_cmpint(qemu_strtoi(NULL, &end, 10, &value), ==, -EINVAL);
    g_assert_null(end);
}

static void unsigned_numbers(void)
{
    unsigned int small;
    uint64_t value;

    g_assert_cmpint(qemu_strtou64("18446744073709551615", NULL, 0, &value),
                    ==, 0);
    g_assert_cmphex(value, ==, UINT64_MAX);
    g_assert_cmpint(qemu_strtou64("18446744073709551616", NULL, 0, &value),
                    ==, -ERANGE);
    g_assert_cmpint(qemu_strtou64("-1", NULL, 0, &value), ==, 0);
    g_assert_cmphex(value, ==, UINT64_MAX);
    g_assert_cmpint(qemu_strtoui("-1", NULL, 0, &small), ==, 0);
    g_assert_cmphex(small, ==, UINT_MAX);
    g_assert_cmpint(qemu_strtoui("4294967296", NULL, 0, &small), ==, -ERANGE);
    g_assert_cmphex(small, ==, UINT_MAX);
    g_assert_cmpint(parse_uint_full("-1", 0, &value), ==, -EINVAL);
    g_assert_cmpint(parse_uint_full("0x1f", 0, &value), ==, 0);
    g_assert_cmpint(value, ==, 31);
}

static void sizes(void)
{
    static const struct {
        const char *text;
        int ret;
        uint64_t value;
    } cases[] = {
        { "0", 0, 0 }, { "1", 0, 1 }, { "12B", 0, 12 }, { "1k", 0, KiB },
        { "1M", 0, MiB }, { "1.5G", 0, GiB + GiB / 2 }, { "3T", 0, 3 * TiB },
        { "7E", 0, 7 * EiB }, { "0x1000", 0, 4096 }, { "0xbe", 0, 190 },
        { "16E", -ERANGE, UINT64_MAX }, { "", -EINVAL, 0 },
        { "-1", -EINVAL, 0 }, { "1x", -EINVAL, 0 }, { "k", -EINVAL, 0 },
        { "1.5", -EINVAL, 0 }, { "1kk", -EINVAL, 0 },
        { "18446744073709551615", 0, UINT64_MAX },
    };
    uint64_t value;

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_test_message("size '%s'", cases[i].text);
        g_assert_cmpint(qemu_strtosz(cases[i].text, NULL, &value), ==,
                        cases[i].ret);
        if (cases[i].ret != -EINVAL) {
            g_assert_cmpuint(value, ==, cases[i].value);
        }
    }
    g_assert_cmpint(qemu_strtosz_MiB("128", NULL, &value), ==, 0);
    g_assert_cmpuint(value, ==, 128 * MiB);
    g_assert_cmpint(qemu_strtosz_metric("2k", NULL, &value), ==, 0);
    g_assert_cmpuint(value, ==, 2000);
}

static void sizes_as_text(void)
{
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {
        { 0, "0 B" }, { 999, "999 B" }, { 1023, "0.999 KiB" }, { KiB, "1 KiB" },
        { 512 * MiB, "512 MiB" }, { GiB + GiB / 2, "1.5 GiB" },
        { UINT64_MAX, "16 EiB" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *text = size_to_str(cases[i].value);

        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

static void strings(void)
{
    const char *rest;
    char buf[4] = "ab";
    uint8_t mac[6];

    pstrcat(buf, sizeof(buf), "cd");
    g_assert_cmpstr(buf, ==, "abc");
    pstrcpy(buf, sizeof(buf), "wxyz");
    g_assert_cmpstr(buf, ==, "wxy");
    g_assert_true(strstart("foo=1", "foo=", &rest));
    g_assert_cmpstr(rest, ==, "1");
    g_assert_false(strstart("fo", "foo", NULL));
    g_assert_true(stristart("FOOx", "foo", &rest));
    g_assert_cmpint(net_parse_macaddr(mac, "52:54:0:12-34:Ff"), ==, 0);
    g_assert_cmphex(mac[5], ==, 0xff);
    g_assert_cmpint(net_parse_macaddr(mac, "52:54:00:12:34"), ==, -1);
    g_assert_cmpint(net_parse_macaddr(mac, "52:54:00:12:34:56:78"), ==, -1);
    g_assert_cmpint(net_parse_macaddr(mac, "52:54:00:12:34:156"), ==, -1);
    g_assert_true(buffer_is_zero("\0\0\0", 3));
    g_assert_false(buffer_is_zero("\0\0\1", 3));
    g_assert_true(buffer_is_zero("\1", 0));
    g_assert_true(id_wellformed("a1.-_"));
    g_assert_false(id_wellformed("1a"));
    g_assert_false(id_wellformed(""));
    g_assert_false(id_wellformed("a/b"));
}

static void bits(void)
{
    DECLARE_BITMAP(map, 200);

    bitmap_zero(map, 200);
    g_assert_true(bitmap_empty(map, 200));
    bitmap_set(map, 60, 80);
    g_assert_cmpint(bitmap_count_one(map, 200), ==, 80);
    g_assert_cmpint(find_first_bit(map, 200), ==, 60);
    g_assert_cmpint(find_next_zero_bit(map, 200, 60), ==, 140);
    g_assert_cmpint(find_last_bit(map, 200), ==, 139);
    g_assert_cmpint(find_next_bit(map, 200, 140), ==, 200);
    bitmap_clear(map, 61, 78);
    g_assert_cmpint(bitmap_count_one(map, 200), ==, 2);
    g_assert_true(bitmap_test_and_clear_atomic(map, 0, 61));
    g_assert_false(bitmap_test_and_clear_atomic(map, 0, 139));
    bitmap_set(map, 0, 200);
    g_assert_true(bitmap_full(map, 200));
    g_assert_cmpint(find_first_zero_bit(map, 200), ==, 200);
    g_assert_cmphex(extract64(0x123456789abcdef0, 4, 8), ==, 0xef);
    g_assert_cmpint(sextract32(0xf0, 4, 4), ==, -1);
    g_assert_cmphex(deposit32(0xffffffff, 8, 8, 0), ==, 0xffff00ff);
    g_assert_cmphex(MAKE_64BIT_MASK(4, 8), ==, 0xff0);
    g_assert_cmphex(ror32(1, 0), ==, 1);
    g_assert_cmphex(rol8(0x81, 1), ==, 0x03);
    g_assert_cmpint(clz64(0), ==, 64);
    g_assert_cmpint(ctz32(0x80), ==, 7);
    g_assert_cmphex(revbit8(0x12), ==, 0x48);
    g_assert_cmphex(revbit32(1), ==, 0x80000000);
    g_assert_cmpint(muldiv64(UINT64_MAX, 3, 3), ==, UINT64_MAX);
    g_assert_cmphex(pow2ceil(0x1001), ==, 0x2000);
    g_assert_cmphex(pow2ceil(UINT64_MAX), ==, 0);
    g_assert_cmphex(pow2floor(0x1fff), ==, 0x1000);
}

static void byte_order(void)
{
    uint8_t p[9] = { 0 };

    stl_be_p(p + 1, 0x11223344);
    g_assert_cmphex(ldl_le_p(p + 1), ==, 0x44332211);
    g_assert_cmphex(lduw_be_p(p + 1), ==, 0x1122);
    stw_le_p(p + 1, 0x8001);
    g_assert_cmpint(ldsw_le_p(p + 1), ==, (int16_t)0x8001);
    g_assert_cmpint(lduw_le_p(p + 1), ==, 0x8001);
    stq_be_p(p + 1, 0x0102030405060708);
    g_assert_cmphex(ldn_be_p(p + 1, 8), ==, 0x0102030405060708);
    g_assert_cmphex(ldn_be_p(p + 1, 2), ==, 0x0102);
    stn_be_p(p + 1, 4, 0xaabbccdd);
    g_assert_cmphex(ldn_le_p(p + 1, 4), ==, 0xddccbbaa);
    g_assert_cmphex(cpu_to_be16(0x1234), ==, 0x3412);
    g_assert_cmphex(bswap24(0x123456), ==, 0x563412);
}

static void ranges(void)
{
    Range r;

    range_make_empty(&r);
    g_assert_true(range_is_empty(&r));
    range_extend(&r, &(Range){ 5, 9 });
    range_extend(&r, &(Range){ 20, 30 });
    g_assert_true(range_contains(&r, 15));
    g_assert_cmpint(range_size(&r), ==, 26);
    g_assert_true(ranges_overlap(0, 10, 9, 1));
    g_assert_false(ranges_overlap(0, 10, 10, 1));
    g_assert_true(ranges_overlap(UINT64_MAX - 1, 2, UINT64_MAX, 1));
}

typedef struct Item Item;
struct Item {
    int n;
    QTAILQ_ENTRY(Item) next;
};

static void tail_queue_goes_both_ways(void)
{
    QTAILQ_HEAD(, Item) head = QTAILQ_HEAD_INITIALIZER(head);
    Item items[3], *it;
    int n = 0;

    g_assert_null(QTAILQ_LAST(&head));
    for (int i = 0; i < 3; i++) {
        items[i].n = i;
        QTAILQ_INSERT_TAIL(&head, &items[i], next);
    }
    g_assert_cmpint(QTAILQ_LAST(&head)->n, ==, 2);
    g_assert_null(QTAILQ_PREV(&items[0], next));
    QTAILQ_FOREACH_REVERSE(it, &head, next) {
        n = n * 10 + it->n;
    }
    g_assert_cmpint(n, ==, 210);
}

typedef struct Bell {
    Notifier n;
    int rung;
    Notifier *kill;
} Bell;

static void bell_rings(Notifier *n, void *data)
{
    Bell *b = container_of(n, Bell, n);

    b->rung++;
    if (b->kill) {
        notifier_remove(b->kill);
    }
}

static void notifiers_may_go_during_the_walk(void)
{
    NotifierList list = NOTIFIER_LIST_INITIALIZER(list);
    Bell a = { .n.notify = bell_rings }, b = a, c = a;

    notifier_list_add(&list, &a.n);
    notifier_list_add(&list, &b.n);
    notifier_list_add(&list, &c.n);
    c.kill = &b.n;                      /* the next one */
    a.kill = &a.n;                      /* itself */
    notifier_list_notify(&list, NULL);
    g_assert_cmpint(a.rung * 100 + b.rung * 10 + c.rung, ==, 101);
    notifier_remove(&b.n);              /* once more does nothing */
    notifier_list_notify(&list, NULL);
    g_assert_cmpint(a.rung * 100 + b.rung * 10 + c.rung, ==, 102);
    notifier_remove(&c.n);
    g_assert_true(notifier_list_empty(&list));
}

static void uuids(void)
{
    const char *text = "00112233-4455-6677-8899-aabbccddeeff";
    char back[UUID_STR_LEN];
    QemuUUID u, v;

    g_assert_cmpint(qemu_uuid_parse(text, &u), ==, 0);
    qemu_uuid_unparse(&u, back);
    g_assert_cmpstr(back, ==, text);
    v = qemu_uuid_bswap(u);
    g_assert_cmphex(v.data[0], ==, 0x33);
    g_assert_cmpint(qemu_uuid_parse("00112233-4455", &u), ==, -1);
    g_assert_cmpint(qemu_uuid_parse(
        "00112233-4455-6677-8899-aabbccddeeff0", &u), ==, -1);
    qemu_uuid_generate(&u);
    g_assert_cmphex(u.data[6] & 0xf0, ==, 0x40);
    g_assert_false(qemu_uuid_is_null(&u));
}

static void seeded_bytes_repeat(void)
{
    uint8_t a[12], b[12];

    g_assert_cmpint(qemu_guest_random_seed_main("x", NULL), ==, -1);
    g_assert_cmpint(qemu_guest_random_seed_main("42", NULL), ==, 0);
    qemu_guest_getrandom_nofail(a, sizeof(a));
    qemu_guest_random_seed_main("42", NULL);
    qemu_guest_getrandom_nofail(b, sizeof(b));
    g_assert_cmpmem(a, sizeof(a), b, sizeof(b));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cutils/signed-numbers", signed_numbers);
    g_test_add_func("/cutils/unsigned-numbers", unsigned_numbers);
    g_test_add_func("/cutils/sizes", sizes);
    g_test_add_func("/cutils/sizes-as-text", sizes_as_text);
    g_test_add_func("/cutils/strings", strings);
    g_test_add_func("/cutils/bits", bits);
    g_test_add_func("/cutils/byte-order", byte_order);
    g_test_add_func("/cutils/ranges", ranges);
    g_test_add_func("/queue/tail-queue-goes-both-ways",
                    tail_queue_goes_both_ways);
    g_test_add_func("/notify/notifiers-may-go-during-the-walk",
                    notifiers_may_go_during_the_walk);
    g_test_add_func("/uuid/text", uuids);
    g_test_add_func("/random/seeded-bytes-repeat", seeded_bytes_repeat);
    return g_test_run();
}
