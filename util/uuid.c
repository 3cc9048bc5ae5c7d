/*
 * Universally unique identifiers (RFC 4122).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/guest-random.h"
#include "qemu/uuid.h"

void qemu_uuid_generate(QemuUUID *uuid)
{
    qemu_guest_getrandom_nofail(uuid->data, sizeof(uuid->data));
    uuid->data[6] = (uuid->data[6] & 0x0f) | 0x40;      /* version: random */
    uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;      /* variant */
}

int qemu_uuid_is_null(const QemuUUID *uuid)
{
    return buffer_is_zero(uuid->data, sizeof(uuid->data));
}

int qemu_uuid_is_equal(const QemuUUID *a, const QemuUUID *b)
{
    return !memcmp(a, b, sizeof(*a));
}

/* Is there a dash before byte @i? */
static bool dash_before(int i)
{
    return i == 4 || i == 6 || i == 8 || i == 10;
}

void qemu_uuid_unparse(const QemuUUID *uuid, char *out)
{
    for (int i = 0; i < 16; i++) {
        out += sprintf(out, "%s%02x", dash_before(i) ? "-" : "",
                       uuid->data[i]);
    }
}

char *qemu_uuid_unparse_strdup(const QemuUUID *uuid)
{
    char *text = g_malloc(UUID_STR_LEN);

    qemu_uuid_unparse(uuid, text);
    return text;
}

int qemu_uuid_parse(const char *str, QemuUUID *uuid)
{
    QemuUUID read;

    for (int i = 0; i < 16; i++) {
        int high, low;

        if (dash_before(i) && *str++ != '-') {
            return -1;
        }
        high = g_ascii_xdigit_value(str[0]);
        low = high < 0 ? -1 : g_ascii_xdigit_value(str[1]);
        if (low < 0) {
            return -1;
        }
        read.data[i] = high << 4 | low;
        str += 2;
    }
    if (*str) {
        return -1;
    }
    *uuid = read;
    return 0;
}

QemuUUID qemu_uuid_bswap(QemuUUID uuid)
{
    static const uint8_t from[16] = {
        3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15,
    };
    QemuUUID swapped;

    for (int i = 0; i < 16; i++) {
        swapped.data[i] = uuid.data[from[i]];
    }
    return swapped;
}
