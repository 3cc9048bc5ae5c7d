/*
 * -runas: the process becomes another user's before the guest runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <grp.h>
#include <pwd.h>
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "startup.h"

static const char *wanted_name;     /* NULL: numbers, without more groups */
static uid_t wanted_uid;
static gid_t wanted_gid;
static bool wanted;

/* "UID:GID" */
static bool parse_numbers(const char *text)
{
    const char *colon;
    unsigned uid, gid;

    if (qemu_strtoui(text, &colon, 10, &uid) < 0 || *colon != ':' ||
        qemu_strtoui(colon + 1, NULL, 10, &gid) < 0) {
        return false;
    }
    wanted_uid = uid;
    wanted_gid = gid;
    return true;
}

bool os_parse_user(const char *text, Error **errp)
{
    const struct passwd *user = getpwnam(text);

    if (user) {
        wanted_name = text;
        wanted_uid = user->pw_uid;
        wanted_gid = user->pw_gid;
    } else if (!parse_numbers(text)) {
        error_setg(errp, "'%s' is neither a user of this host nor UID:GID in "
                   "numbers", text);
        return false;
    }
    wanted = true;
    return true;
}

bool os_become_user(Error **errp)
{
    int ret;

    if (!wanted) {
        return true;
    }
    ret = wanted_name ? initgroups(wanted_name, wanted_gid)
                      : setgroups(1, &wanted_gid);
    if (ret < 0 || setgid(wanted_gid) < 0 || setuid(wanted_uid) < 0) {
        error_setg_errno(errp, errno, "-runas: cannot become user %u, group "
                         "%u", (unsigned)wanted_uid, (unsigned)wanted_gid);
        return false;
    }
    if (wanted_uid != 0 && setuid(0) == 0) {
        error_setg(errp, "-runas: privileges could be had again");
        return false;
    }
    return true;
}
