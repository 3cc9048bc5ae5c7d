/*
 * State descriptions: round trips of each kind of field, and streams that are
 * cut, damaged or hostile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "migration/qemu-file.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"

typedef struct Item Item;
struct Item {
    QTAILQ_ENTRY(Item) next;
    uint16_t value;
};

typedef struct Inner {
    uint8_t a;
    int16_t b;
} Inner;

typedef struct State {
    bool flag;
    uint8_t u8;
    int32_t i32;
    uint64_t u64;
    uint16_t array[4];
    uint8_t buffer[10];
    Inner inner;
    Inner inners[3];
    uint8_t inner_count;
    Inner counted[5];
    uint32_t blob_size;
    uint8_t *blob;
    QTAILQ_HEAD(, Item) items;
    uint32_t fixed;
    uint32_t old_only;
    bool with_extra;
    uint32_t extra;
    uint32_t loads;
    QEMUTimer *timer;
} State;

static const VMStateDescription item_vmsd = {
    .name = "item", .version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(value, Item),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription inner_vmsd = {
    .name = "inner", .version_id = 2, .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(a, Inner),
        VMSTATE_INT16_V(b, Inner, 2),
        VMSTATE_END_OF_LIST()
    },
};

static bool extra_needed(void *opaque)
{
    return ((State *)opaque)->with_extra;
}

static const VMStateDescription extra_vmsd = {
    .name = "state/extra", .version_id = 1, .needed = extra_needed,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(extra, State),
        VMSTATE_END_OF_LIST()
    },
};

static int state_post_load(void *opaque, int version_id)
{
    ((State *)opaque)->loads++;
    return ((State *)opaque)->u8 == 99 ? -EINVAL : 0;
}

static bool inner_count_valid(void *opaque, int version_id)
{
    return ((State *)opaque)->inner_count <= 5;
}

static const VMStateDescription state_vmsd = {
    .name = "state", .version_id = 3, .minimum_version_id = 2,
    .post_load = state_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(flag, State),
        VMSTATE_UINT8(u8, State),
        VMSTATE_INT32(i32, State),
        VMSTATE_UINT64(u64, State),
        VMSTATE_UINT16_ARRAY(array, State, 4),
        VMSTATE_BUFFER(buffer, State),
        VMSTATE_STRUCT(inner, State, 0, inner_vmsd, Inner),
        VMSTATE_STRUCT_ARRAY(inners, State, 3, 0, inner_vmsd, Inner),
        VMSTATE_UINT8(inner_count, State),
        VMSTATE_VALIDATE("count within room", inner_count_valid),
        VMSTATE_STRUCT_VARRAY_UINT8(counted, State, inner_count, 0,
                                    inner_vmsd, Inner),
        VMSTATE_UINT32(blob_size, State),
        VMSTATE_VBUFFER_ALLOC_UINT32(blob, State, 0, NULL, blob_size),
        VMSTATE_QTAILQ_V(items, State, 0, item_vmsd, Item, next),
        VMSTATE_UINT32_EQUAL(fixed, State, "it is fixed"),
        VMSTATE_UINT32_V(old_only, State, 3),
        VMSTATE_UNUSED(700),
        VMSTATE_TIMER_PTR(timer, State),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription *const []) {
        &extra_vmsd,
        NULL
    },
};

static void no_callback(void *opaque)
{
}

static State *state_new(void)
{
    State *s = g_new0(State, 1);

    QTAILQ_INIT(&s->items);
    s->fixed = 77;
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, no_callback, s);
    return s;
}

static void state_free(State *s)
{
    Item *item;

    while ((item = QTAILQ_FIRST(&s->items))) {
        QTAILQ_REMOVE(&s->items, item, next);
        g_free(item);
    }
    timer_free(s->timer);
    g_free(s->blob);
    g_free(s);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(State, state_free)

static State *state_example(void)
{
    State *s = state_new();

    s->flag = true;
    s->u8 = 200;
    s->i32 = -7;
    s->u64 = 0x1122334455667788;
    s->array[3] = 0xabcd;
    memcpy(s->buffer, "buffer", 7);
    s->inner = (Inner) { 1, -2 };
    s->inners[2] = (Inner) { 3, 4 };
    s->inner_count = 2;
    s->counted[1] = (Inner) { 5, 6 };
    s->blob_size = 5;
    s->blob = (uint8_t *)g_strdup("blob");
    for (int i = 0; i < 3; i++) {
        Item *item = g_new0(Item, 1);

        item->value = 100 + i;
        QTAILQ_INSERT_TAIL(&s->items, item, next);
    }
    s->old_only = 42;
    s->with_extra = true;
    s->extra = 4711;
    timer_mod_ns(s->timer, 123456789);
    return s;
}

static GByteArray *save(State *s)
{
    QEMUFile *f = qemu_file_new_output_mem();
    GByteArray *bytes = g_byte_array_new();
    const uint8_t *data;
    size_t size;

    g_assert_cmpint(vmstate_save_state(f, &state_vmsd, s, &error_abort), ==,
                    0);
    data = qemu_file_get_mem(f, &size);
    g_byte_array_append(bytes, data, size);
    g_assert_cmpint(qemu_fclose(f), ==, 0);
    return bytes;
}

static int load(State *s, const uint8_t *data, size_t size, int version_id,
                Error **errp)
{
    QEMUFile *f = qemu_file_new_input_mem(data, size);
    int ret = vmstate_load_state(f, &state_vmsd, s, version_id, errp);

    qemu_fclose(f);
    return ret;
}

static void assert_same(State *a, State *b)
{
    Item *x, *y;

    g_assert_true(a->flag == b->flag && a->u8 == b->u8 && a->i32 == b->i32 &&
                  a->u64 == b->u64 && a->inner.b == b->inner.b &&
                  a->inners[2].a == b->inners[2].a &&
                  a->counted[1].b == b->counted[1].b &&
                  a->extra == b->extra && a->old_only == b->old_only);
    g_assert_cmpmem(a->array, sizeof(a->array), b->array, sizeof(b->array));
    g_assert_cmpmem(a->buffer, 10, b->buffer, 10);
    g_assert_cmpmem(a->blob, a->blob_size, b->blob, b->blob_size);
    for (x = QTAILQ_FIRST(&a->items), y = QTAILQ_FIRST(&b->items); x || y;
         x = QTAILQ_NEXT(x, next), y = QTAILQ_NEXT(y, next)) {
        g_assert_true(x && y);
        g_assert_cmpuint(x->value, ==, y->value);
    }
    g_assert_cmpuint(timer_expire_time_ns(a->timer), ==,
                     timer_expire_time_ns(b->timer));
}

static void test_round_trip(void)
{
    g_autoptr(State) a = state_example();
    g_autoptr(State) b = state_new();
    g_autoptr(GByteArray) bytes = save(a);

    g_assert_cmpint(load(b, bytes->data, bytes->len, 3, &error_abort), ==, 0);
    assert_same(a, b);
    g_assert_cmpuint(b->loads, ==, 1);
}

/* Every shorter stream is refused, with a message. */
static void test_cut_anywhere(void)
{
    g_autoptr(State) a = state_example();
    g_autoptr(GByteArray) bytes = save(a);

    for (size_t size = 0; size < bytes->len; size++) {
        g_autoptr(State) b = state_new();
        /* a copy of its own, so that a sanitizer sees a read past it */
        g_autofree uint8_t *cut = g_memdup2(bytes->data, size);
        Error *err = NULL;

        g_assert_cmpint(load(b, cut, size, 3, &err), <, 0);
        error_free_or_abort(&err);
    }
}

/* Any byte may be anything: it is loaded or refused, and nothing breaks. */
static void test_damaged(void)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
    g_autoptr(State) a = state_example();
    g_autoptr(GByteArray) bytes = save(a);

    for (size_t at = 0; at < bytes->len; at++) {
        if (at > 300 && at < 700) {
            continue;           /* the unused bytes */
        }
        for (unsigned v = 0; v < ARRAY_SIZE(values); v++) {
            g_autoptr(State) b = state_new();
            uint8_t before = bytes->data[at];
            Error *err = NULL;

            bytes->data[at] = values[v];
            if (load(b, bytes->data, bytes->len, 3, &err) < 0) {
                error_free_or_abort(&err);
            }
            bytes->data[at] = before;
        }
    }
}

static void refused(State *a, int version_id, const char *part)
{
    g_autoptr(GByteArray) bytes = save(a);
    g_autoptr(State) b = state_new();
    Error *err = NULL;

    b->with_extra = a->with_extra;
    g_assert_cmpint(load(b, bytes->data, bytes->len, version_id, &err), <, 0);
    g_test_message("%s", error_get_pretty(err));
    g_assert_nonnull(strstr(error_get_pretty(err), part));
    error_free_or_abort(&err);
}

static void test_refusals(void)
{
    g_autoptr(State) a = state_example();

    refused(a, 1, "version 1");
    refused(a, 4, "version 4");
    refused(a, 2, "'");             /* a field that version 2 did not have */
    a->fixed = 78;
    refused(a, 3, "it is fixed");
    a->fixed = 77;
    a->u8 = 99;
    refused(a, 3, "do not fit");
}

static void test_hostile_counts(void)
{
    g_autoptr(State) a = state_example();
    g_autoptr(GByteArray) bytes = save(a);
    Error *err = NULL;

    /* 5+5+8+12+12+14 bytes of fields, then two of structs, then the count */
    for (size_t at = 0; at + 5 <= bytes->len; at++) {
        static const uint8_t count[5] = { 0, 0, 0, 1, 2 };

        if (memcmp(bytes->data + at, count, 5) == 0) {
            g_autoptr(State) b = state_new();

            bytes->data[at + 4] = 200;
            g_assert_cmpint(load(b, bytes->data, bytes->len, 3, &err), <, 0);
            g_assert_nonnull(strstr(error_get_pretty(err), "count within"));
            error_free_or_abort(&err);
            return;
        }
    }
    g_assert_not_reached();
}

static void test_subsection_absent(void)
{
    g_autoptr(State) a = state_example();
    g_autoptr(State) b = state_new();
    g_autoptr(GByteArray) bytes = NULL;

    a->with_extra = false;
    bytes = save(a);
    b->extra = 5;
    g_assert_cmpint(load(b, bytes->data, bytes->len, 3, &error_abort), ==, 0);
    g_assert_cmpuint(b->extra, ==, 5);
}

/* ---- the register ------------------------------------------------------ */

static const VMStateDescription early_vmsd = {
    .name = "early", .version_id = 1, .priority = MIG_PRI_PCI_BUS,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(value, Item),
        VMSTATE_END_OF_LIST()
    },
};

static void test_register(void)
{
    Item items[3] = { { .value = 1 }, { .value = 2 }, { .value = 3 } };
    g_autofree uint8_t *copy = NULL;
    const uint8_t *data;
    Error *err = NULL;
    QEMUFile *f, *in;
    size_t size;

    vmstate_register_any(NULL, &item_vmsd, &items[0]);
    vmstate_register_any(NULL, &item_vmsd, &items[1]);
    g_assert_cmpint(vmstate_register_with_alias_id(NULL, 1, &item_vmsd,
                                                   &items[2], -1, 0, &err),
                    ==, -1);
    error_free_or_abort(&err);
    vmstate_register("0000:00:04.0", 0, &early_vmsd, &items[2]);
    g_assert_cmpuint(vmstate_registered_count(), ==, 3);

    f = qemu_file_new_output_mem();
    g_assert_cmpint(vmstate_save_all(f, &error_abort), ==, 0);
    data = qemu_file_get_mem(f, &size);
    copy = g_memdup2(data, size);
    qemu_fclose(f);
    /* the state of the highest priority comes first */
    g_assert_cmpmem(copy + 10, 18, "0000:00:04.0/early", 18);

    memset(items, 0, sizeof(items));
    in = qemu_file_new_input_mem(copy, size);
    g_assert_cmpint(vmstate_load_all(in, &error_abort), ==, 0);
    qemu_fclose(in);
    for (int i = 0; i < 3; i++) {
        g_assert_cmpuint(items[i].value, ==, i + 1);
    }
    for (size_t cut = 0; cut < size; cut++) {
        in = qemu_file_new_input_mem(copy, cut);
        g_assert_cmpint(vmstate_load_all(in, &err), <, 0);
        error_free_or_abort(&err);
        qemu_fclose(in);
    }
    vmstate_unregister(NULL, &item_vmsd, &items[1]);
    in = qemu_file_new_input_mem(copy, size);
    g_assert_cmpint(vmstate_load_all(in, &err), <, 0);
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "unknown state 'item' number 1");
    error_free_or_abort(&err);
    qemu_fclose(in);
    vmstate_unregister(NULL, &item_vmsd, &items[0]);
    vmstate_unregister(NULL, &early_vmsd, &items[2]);
    g_assert_cmpuint(vmstate_registered_count(), ==, 0);
}

/* Through a pipe, so that reads come in pieces. */
static void test_descriptor(void)
{
    g_autoptr(State) a = state_example();
    g_autoptr(State) b = state_new();
    QEMUFile *in, *out;
    int fds[2];

    g_assert_cmpint(pipe(fds), ==, 0);
    out = qemu_file_new_output_fd(fds[1]);
    in = qemu_file_new_input_fd(fds[0]);
    g_assert_cmpint(vmstate_save_state(out, &state_vmsd, a, &error_abort), ==,
                    0);
    qemu_put_be32(out, 0xfeedbeef);
    g_assert_cmpint(qemu_fclose(out), ==, 0);
    g_assert_cmpint(vmstate_load_state(in, &state_vmsd, b, 3, &error_abort),
                    ==, 0);
    assert_same(a, b);
    g_assert_cmphex(qemu_get_be32(in), ==, 0xfeedbeef);
    g_assert_cmpint(qemu_file_get_error(in), ==, 0);
    g_assert_cmpuint(qemu_get_be64(in), ==, 0);
    g_assert_cmpint(qemu_fclose(in), ==, -EIO);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);

    g_test_add_func("/vmstate/state/round-trip", test_round_trip);
    g_test_add_func("/vmstate/state/cut-anywhere", test_cut_anywhere);
    g_test_add_func("/vmstate/state/damaged", test_damaged);
    g_test_add_func("/vmstate/state/refusals", test_refusals);
    g_test_add_func("/vmstate/state/hostile-counts", test_hostile_counts);
    g_test_add_func("/vmstate/state/subsection-absent",
                    test_subsection_absent);
    g_test_add_func("/vmstate/register/all", test_register);
    g_test_add_func("/vmstate/file/descriptor", test_descriptor);
    return g_test_run();
}
