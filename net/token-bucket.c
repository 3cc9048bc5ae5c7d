/*
 * The token bucket: see net/token-bucket.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "net/token-bucket.h"

#define SECOND  ((unsigned __int128)NANOSECONDS_PER_SECOND)

void token_bucket_set(TokenBucket *bucket, uint64_t rate, uint64_t depth,
                      int64_t now_ns)
{
    if (bucket->rate == 0) {
        bucket->level = depth;
        bucket->fraction = 0;
        bucket->updated_ns = now_ns;
    } else {
        token_bucket_refill(bucket, now_ns);
    }
    bucket->rate = rate;
    bucket->depth = depth;
    bucket->level = MIN(bucket->level, (int64_t)depth);
}

void token_bucket_refill(TokenBucket *bucket, int64_t now_ns)
{
    unsigned __int128 room, dripped;

    /* The clock may jump back, when a state is loaded. */
    if (now_ns <= bucket->updated_ns) {
        bucket->updated_ns = now_ns;
        return;
    }
    dripped = (unsigned __int128)(now_ns - bucket->updated_ns) * bucket->rate +
              bucket->fraction;
    bucket->updated_ns = now_ns;
    room = (__int128)bucket->depth - bucket->level;
    if (dripped / SECOND >= room) {
        bucket->level = bucket->depth;
        bucket->fraction = 0;
    } else {
        bucket->level += (int64_t)(dripped / SECOND);
        bucket->fraction = dripped % SECOND;
    }
}

bool token_bucket_open(const TokenBucket *bucket)
{
    return bucket->rate == 0 || bucket->level > 0;
}

void token_bucket_take(TokenBucket *bucket, uint64_t tokens)
{
    int64_t left;

    if (bucket->rate && !__builtin_sub_overflow(bucket->level, tokens, &left)) {
        bucket->level = left;
    }
}

int64_t token_bucket_wait_ns(const TokenBucket *bucket)
{
    uint64_t target;
    __int128 missing;
    unsigned __int128 wait;

    if (token_bucket_open(bucket)) {
        return 0;
    }
    target = MIN(MAX(bucket->rate / 1000, 1), bucket->depth);
    missing = (__int128)target - bucket->level;
    wait = (missing * SECOND - bucket->fraction + bucket->rate - 1) /
           bucket->rate;
    return MIN(wait, (unsigned __int128)INT64_MAX);
}
