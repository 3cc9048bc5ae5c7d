/*
 * A token bucket: so many tokens drip in each second, up to its depth; whoever takes
 * may take as long as one is left, and what he takes too much is missing later. So
 * a thing of any size goes through, and over time never more than the rate.
 *
 * Pure arithmetic, exact to the nanosecond. The caller has the lock and the clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_TOKEN_BUCKET_H
#define QEMU_NET_TOKEN_BUCKET_H

#include "qemu/osdep.h"

#define TOKEN_BUCKET_MAX    ((uint64_t)INT64_MAX)

typedef struct TokenBucket {
    uint64_t rate;              /* tokens a second; 0: no limit */
    uint64_t depth;             /* the most that gathers; at least 1 */
    int64_t level;              /* below 0: taken too much */
    uint32_t fraction;          /* of a token, in 1/10^9 */
    int64_t updated_ns;
} TokenBucket;

/*
 * Set rate and depth, each at most TOKEN_BUCKET_MAX. A bucket that had no limit
 * begins full; else what is in it stays, if it has room.
 */
void token_bucket_set(TokenBucket *bucket, uint64_t rate, uint64_t depth,
                      int64_t now_ns);
/* Let in what has dripped since the last time. */
void token_bucket_refill(TokenBucket *bucket, int64_t now_ns);
/* May something be taken? */
bool token_bucket_open(const TokenBucket *bucket);
void token_bucket_take(TokenBucket *bucket, uint64_t tokens);
/*
 * How long until an empty bucket is worth to be looked at again: what a thousandth of
 * a second brings is gathered, if the bucket is as deep. 0: it is open.
 */
int64_t token_bucket_wait_ns(const TokenBucket *bucket);

#endif
