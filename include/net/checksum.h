/*
 * The Internet checksum (RFC 1071).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_CHECKSUM_H
#define QEMU_NET_CHECKSUM_H

#include "qemu/osdep.h"
#include "net/eth.h"

/* Add @size bytes to @sum; @sum is in host order of big-endian words, unfolded. */
uint64_t net_checksum_add(uint64_t sum, const void *buf, size_t size);
/* The same where an odd number of bytes went before. */
uint64_t net_checksum_add_odd(uint64_t sum, const void *buf, size_t size);
/* Of @size bytes from @offset on of a list, less if it ends before. */
uint64_t net_checksum_add_iov(uint64_t sum, const struct iovec *iov,
                              unsigned iovcnt, size_t offset, size_t size);
/* What TCP and UDP add of the IP header that @layout found, for @l4_size bytes. */
uint64_t net_checksum_pseudo(const uint8_t *frame, const EthLayout *layout,
                             uint32_t l4_size);
/* Fold and invert; the value is to be stored big endian. */
uint16_t net_checksum_finish(uint64_t sum);
/* As finish, with 0 written as 0xffff, as UDP wants. */
uint16_t net_checksum_finish_nozero(uint64_t sum);

/*
 * Fill in the TCP or UDP checksum of a whole frame as its own headers say.
 * Returns false, and writes nothing, where the frame has none or is malformed.
 */
bool net_checksum_calculate(uint8_t *frame, size_t size);
/*
 * The partial checksum of struct virtio_net_hdr: sum from @start to the end, to be
 * stored at @start + @offset. False if that is not inside the frame.
 */
bool net_checksum_partial(uint8_t *frame, size_t size, uint16_t start,
                          uint16_t offset);

#endif
