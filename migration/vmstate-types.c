/*
 * The kinds of fields of state descriptions: integers, timers, buffers,
 * bitmaps, lists.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "migration/vmstate.h"
#include "qemu-file-internal.h"

/* ---- integers ---------------------------------------------------------- */

#define DEFINE_INT_INFO(kind, ctype, read, write)                           \
static int kind##_get(QEMUFile *f, void *pv, size_t size,                   \
                      const VMStateField *field)                            \
{                                                                           \
    *(ctype *)pv = read(f);                                                 \
    return 0;                                                               \
}                                                                           \
static int kind##_put(QEMUFile *f, void *pv, size_t size,                   \
                      const VMStateField *field)                            \
{                                                                           \
    write(f, *(ctype *)pv);                                                 \
    return 0;                                                               \
}                                                                           \
const VMStateInfo vmstate_info_##kind = { #kind, kind##_get, kind##_put }

DEFINE_INT_INFO(int8, int8_t, qemu_get_byte, qemu_put_byte);
DEFINE_INT_INFO(int16, int16_t, qemu_get_be16, qemu_put_be16);
DEFINE_INT_INFO(int32, int32_t, qemu_get_be32, qemu_put_be32);
DEFINE_INT_INFO(int64, int64_t, qemu_get_be64, qemu_put_be64);
DEFINE_INT_INFO(uint8, uint8_t, qemu_get_byte, qemu_put_byte);
DEFINE_INT_INFO(uint16, uint16_t, qemu_get_be16, qemu_put_be16);
DEFINE_INT_INFO(uint32, uint32_t, qemu_get_be32, qemu_put_be32);
DEFINE_INT_INFO(uint64, uint64_t, qemu_get_be64, qemu_put_be64);

/* What is read must be what is there. */
#define DEFINE_EQUAL_INFO(kind, ctype, read)                                \
static int kind##_equal_get(QEMUFile *f, void *pv, size_t size,             \
                            const VMStateField *field)                      \
{                                                                           \
    ctype there = *(ctype *)pv, value = read(f);                            \
                                                                            \
    return there == value ? 0 : -EINVAL;                                    \
}                                                                           \
const VMStateInfo vmstate_info_##kind##_equal = {                           \
    #kind " equal", kind##_equal_get, kind##_put                            \
}

DEFINE_EQUAL_INFO(int32, int32_t, qemu_get_be32);
DEFINE_EQUAL_INFO(uint8, uint8_t, qemu_get_byte);
DEFINE_EQUAL_INFO(uint16, uint16_t, qemu_get_be16);
DEFINE_EQUAL_INFO(uint32, uint32_t, qemu_get_be32);
DEFINE_EQUAL_INFO(uint64, uint64_t, qemu_get_be64);

static int int32_le_get(QEMUFile *f, void *pv, size_t size,
                        const VMStateField *field)
{
    int32_t *there = pv, value = qemu_get_be32(f);

    if (value < 0 || value > *there) {
        return -EINVAL;
    }
    *there = value;
    return 0;
}

const VMStateInfo vmstate_info_int32_le = {
    "int32 le", int32_le_get, int32_put
};

/* Any other byte than 0 and 1 would not be a bool any more. */
static int bool_get(QEMUFile *f, void *pv, size_t size,
                    const VMStateField *field)
{
    int value = qemu_get_byte(f);

    *(bool *)pv = value == 1;
    return value > 1 ? -EINVAL : 0;
}

static int bool_put(QEMUFile *f, void *pv, size_t size,
                    const VMStateField *field)
{
    qemu_put_byte(f, *(bool *)pv);
    return 0;
}

const VMStateInfo vmstate_info_bool = { "bool", bool_get, bool_put };

static int double_get(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    uint64_t bits = qemu_get_be64(f);

    memcpy(pv, &bits, sizeof(bits));
    return 0;
}

static int double_put(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    uint64_t bits;

    memcpy(&bits, pv, sizeof(bits));
    qemu_put_be64(f, bits);
    return 0;
}

const VMStateInfo vmstate_info_cpudouble = {
    "CPU double", double_get, double_put
};

/* A pointer that is always NULL: nothing to say. */
static int nullptr_get(QEMUFile *f, void *pv, size_t size,
                       const VMStateField *field)
{
    return qemu_get_byte(f) == '0' ? 0 : -EINVAL;
}

static int nullptr_put(QEMUFile *f, void *pv, size_t size,
                       const VMStateField *field)
{
    qemu_put_byte(f, '0');
    return 0;
}

const VMStateInfo vmstate_info_nullptr = {
    "null pointer", nullptr_get, nullptr_put
};

/* ---- timers ------------------------------------------------------------ */

static int timer_get(QEMUFile *f, void *pv, size_t size,
                     const VMStateField *field)
{
    uint64_t expires_ns = qemu_get_be64(f);

    if (expires_ns == UINT64_MAX) {
        timer_del(pv);
    } else if (expires_ns > INT64_MAX) {
        return -EINVAL;
    } else {
        timer_mod_ns(pv, expires_ns);
    }
    return 0;
}

static int timer_put(QEMUFile *f, void *pv, size_t size,
                     const VMStateField *field)
{
    qemu_put_be64(f, timer_expire_time_ns(pv));
    return 0;
}

const VMStateInfo vmstate_info_timer = { "timer", timer_get, timer_put };

/* ---- bytes and bits ---------------------------------------------------- */

static int buffer_get(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    qemu_get_buffer(f, pv, size);
    return 0;
}

static int buffer_put(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    qemu_put_buffer(f, pv, size);
    return 0;
}

const VMStateInfo vmstate_info_buffer = { "buffer", buffer_get, buffer_put };

static int unused_get(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    return qemu_file_skip(f, size);
}

static int unused_put(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    static const uint8_t zeros[512];

    for (size_t n; size; size -= n) {
        n = MIN(size, sizeof(zeros));
        qemu_put_buffer(f, zeros, n);
    }
    return 0;
}

const VMStateInfo vmstate_info_unused_buffer = {
    "unused", unused_get, unused_put
};

/* `size` is in bits; they go as 64-bit words. */
static int bitmap_get(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    unsigned long *words = pv;

    for (size_t i = 0; i < BITS_TO_LONGS(size); i++) {
        words[i] = qemu_get_be64(f);
    }
    if (size % 64 && words[size / 64] >> (size % 64)) {
        words[size / 64] &= (1ul << (size % 64)) - 1;
        return -EINVAL;
    }
    return 0;
}

static int bitmap_put(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    const unsigned long *words = pv;

    for (size_t i = 0; i < BITS_TO_LONGS(size); i++) {
        qemu_put_be64(f, words[i]);
    }
    return 0;
}

const VMStateInfo vmstate_info_bitmap = { "bitmap", bitmap_get, bitmap_put };

/* ---- lists ------------------------------------------------------------- */

/* Every element is its version and its state; the field's length ends them. */
static int qtailq_put(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    const struct QTailQLink *head = pv;
    char *element = head->next;
    int ret = 0;

    while (element && ret == 0) {
        qemu_put_be32(f, field->vmsd->version_id);
        ret = vmstate_save_state(f, field->vmsd, element, NULL);
        element = ((struct QTailQLink *)(void *)(element +
                                                 field->start))->next;
    }
    return ret;
}

static int qtailq_get(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    struct QTailQLink *head = pv;

    while (qemu_file_limit_left(f) && !qemu_file_get_error(f)) {
        int version_id = qemu_get_be32(f);
        char *element = g_malloc0(field->size);
        struct QTailQLink *link = (void *)(element + field->start);
        int ret = vmstate_load_state(f, field->vmsd, element, version_id,
                                     NULL);

        if (ret < 0) {
            g_free(element);
            return ret;
        }
        link->prev = head->prev;
        head->prev->next = element;
        head->prev = link;
    }
    return 0;
}

const VMStateInfo vmstate_info_qtailq = { "qtailq", qtailq_get, qtailq_put };
