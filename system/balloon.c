/*
 * The one balloon that a machine can have: include/system/balloon.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "system/balloon.h"

static const BalloonOps *balloon_ops;
static void *balloon_opaque;

bool balloon_register(const BalloonOps *ops, void *opaque, Error **errp)
{
    if (balloon_ops) {
        error_setg(errp, "a machine can have one balloon device only");
        return false;
    }
    balloon_ops = ops;
    balloon_opaque = opaque;
    return true;
}

void balloon_unregister(void *opaque)
{
    if (balloon_opaque == opaque) {
        balloon_ops = NULL;
        balloon_opaque = NULL;
    }
}

static bool balloon_present(Error **errp)
{
    if (!balloon_ops) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_ACTIVE,
                  "No balloon device has been activated");
        return false;
    }
    return true;
}

bool balloon_set_target(uint64_t bytes, Error **errp)
{
    if (!balloon_present(errp)) {
        return false;
    }
    balloon_ops->set_target(balloon_opaque, bytes);
    return true;
}

bool balloon_actual(uint64_t *bytes, Error **errp)
{
    if (!balloon_present(errp)) {
        return false;
    }
    *bytes = balloon_ops->actual(balloon_opaque);
    return true;
}

bool balloon_hint_begin(void)
{
    return balloon_ops && balloon_ops->hint_begin(balloon_opaque);
}

bool balloon_hint_done(void)
{
    return !balloon_ops || balloon_ops->hint_done(balloon_opaque);
}

bool balloon_page_unneeded(ram_addr_t addr)
{
    return balloon_ops && balloon_ops->page_unneeded(balloon_opaque, addr);
}

void balloon_hint_end(void)
{
    if (balloon_ops) {
        balloon_ops->hint_end(balloon_opaque);
    }
}
