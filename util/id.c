/*
 * Names given by users and names made up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/id.h"

char *id_generate(IdSubSystems id)
{
    static const char *const stems[ID_MAX] = {
        [ID_QDEV] = "qdev", [ID_BLOCK] = "block",
        [ID_CHR] = "chr", [ID_NET] = "net",
    };
    static uint64_t numbers[ID_MAX];

    /* Two random digits keep users from relying on a name. */
    return g_strdup_printf("#%s%" PRIu64 "%02d", stems[id], numbers[id]++,
                           g_random_int_range(0, 100));
}

bool id_wellformed(const char *id)
{
    if (!g_ascii_isalpha(*id)) {
        return false;
    }
    for (const char *p = id + 1; *p; p++) {
        if (!g_ascii_isalnum(*p) && !strchr("-._", *p)) {
            return false;
        }
    }
    return true;
}
