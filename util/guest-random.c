/*
 * Random bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/random.h>
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/guest-random.h"
#include "qemu/lockable.h"

static QemuMutex seed_lock = QEMU_MUTEX_INITIALIZER;
static bool seeded;                 /* atomic; never reset */
static uint64_t seed_state;         /* under seed_lock */

int qemu_guest_random_seed_main(const char *optarg, Error **errp)
{
    uint64_t seed;

    if (parse_uint_full(optarg, 0, &seed)) {
        error_setg(errp, "Invalid seed number: %s (0 to 2^64 - 1)", optarg);
        return -1;
    }
    WITH_QEMU_LOCK_GUARD(&seed_lock) {
        seed_state = seed;
    }
    qatomic_store_release(&seeded, true);
    return 0;
}

/* The next number of the sequence: splitmix64. */
static uint64_t next_number(void)
{
    uint64_t z = seed_state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void fill_from_seed(uint8_t *buf, size_t len)
{
    QEMU_LOCK_GUARD(&seed_lock);
    while (len) {
        uint64_t number = next_number();
        size_t n = MIN(len, sizeof(number));

        memcpy(buf, &number, n);
        buf += n;
        len -= n;
    }
}

int qemu_guest_getrandom(void *buf, size_t len, Error **errp)
{
    uint8_t *p = buf;

    if (qatomic_load_acquire(&seeded)) {
        fill_from_seed(buf, len);
        return 0;
    }
    while (len) {
        ssize_t n = RETRY_ON_EINTR(getrandom(p, len, 0));

        if (n < 0) {
            error_setg_errno(errp, errno, "Cannot get random bytes");
            return -1;
        }
        p += n;
        len -= n;
    }
    return 0;
}

void qemu_guest_getrandom_nofail(void *buf, size_t len)
{
    qemu_guest_getrandom(buf, len, &error_fatal);
}
