/*
 * The Internet checksum, 32 bytes at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "net/checksum.h"
#include "net/eth.h"

/*
 * A ones' complement sum comes out the same for words of any size, and byte-swapped
 * for words of the other byte order (RFC 1071, section 2): whole words are taken as
 * they stand in memory, and only the sum is turned round.
 */
static uint64_t add_carry(uint64_t sum, uint64_t word)
{
    uint64_t total = sum + word;

    return total + (total < word);
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    return (sum >> 16) + (uint16_t)sum;
}

/* The sum of 16-bit words in the host's byte order. */
static uint16_t sum_native(const uint8_t *p, size_t size)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    uint64_t last = 0;

    for (; size >= 32; size -= 32, p += 32) {
        a = add_carry(a, ldq_he_p(p));
        b = add_carry(b, ldq_he_p(p + 8));
        c = add_carry(c, ldq_he_p(p + 16));
        d = add_carry(d, ldq_he_p(p + 24));
    }
    a = add_carry(add_carry(a, b), add_carry(c, d));
    for (; size >= 8; size -= 8, p += 8) {
        a = add_carry(a, ldq_he_p(p));
    }
    if (size) {
        memcpy(&last, p, size);
    }
    return fold(add_carry(a, last));
}

uint64_t net_checksum_add(uint64_t sum, const void *buf, size_t size)
{
    return add_carry(sum, be16_to_cpu(sum_native(buf, size)));
}

uint64_t net_checksum_add_odd(uint64_t sum, const void *buf, size_t size)
{
    return add_carry(sum, bswap16(be16_to_cpu(sum_native(buf, size))));
}

uint64_t net_checksum_add_iov(uint64_t sum, const struct iovec *iov,
                              unsigned iovcnt, size_t offset, size_t size)
{
    bool odd = false;

    for (unsigned i = 0; i < iovcnt && size; i++) {
        size_t skip = MIN(offset, iov[i].iov_len);
        size_t take = MIN(size, iov[i].iov_len - skip);
        const uint8_t *p = (const uint8_t *)iov[i].iov_base + skip;

        offset -= skip;
        size -= take;
        sum = odd ? net_checksum_add_odd(sum, p, take)
                  : net_checksum_add(sum, p, take);
        odd ^= take & 1;
    }
    return sum;
}

uint16_t net_checksum_finish(uint64_t sum)
{
    return ~fold(sum);
}

uint16_t net_checksum_finish_nozero(uint64_t sum)
{
    uint16_t checksum = net_checksum_finish(sum);

    return checksum ? checksum : 0xffff;
}

uint64_t net_checksum_pseudo(const uint8_t *frame, const EthLayout *l,
                             uint32_t l4_size)
{
    const uint8_t *ip = frame + l->l3_offset;
    uint64_t sum = l->l4_proto + (uint64_t)l4_size;

    return l->ip_version == 4 ? net_checksum_add(sum, ip + 12, 8)
                              : net_checksum_add(sum, ip + 8, 32);
}

bool net_checksum_calculate(uint8_t *frame, size_t size)
{
    EthLayout l;
    uint32_t l4_size;
    uint8_t *field;
    uint64_t sum;

    if (!eth_parse(frame, size, &l) || l.fragment ||
        (l.l4 != ETH_L4_TCP && l.l4 != ETH_L4_UDP)) {
        return false;
    }
    l4_size = l.ip_end - l.l4_offset;
    if (l.l4 == ETH_L4_UDP) {
        uint32_t udp_size = lduw_be_p(frame + l.l4_offset + 4);

        if (udp_size < 8 || udp_size > l4_size) {
            return false;
        }
        l4_size = udp_size;
    }
    field = frame + l.l4_offset + (l.l4 == ETH_L4_TCP ? 16 : 6);
    stw_be_p(field, 0);
    sum = net_checksum_add(net_checksum_pseudo(frame, &l, l4_size),
                           frame + l.l4_offset, l4_size);
    stw_be_p(field, l.l4 == ETH_L4_UDP ? net_checksum_finish_nozero(sum)
                                       : net_checksum_finish(sum));
    return true;
}

bool net_checksum_partial(uint8_t *frame, size_t size, uint16_t start,
                          uint16_t offset)
{
    if ((size_t)start + offset + 2 > size) {
        return false;
    }
    /* The field holds the pseudo header's sum, as the header's author left it. */
    stw_be_p(frame + start + offset,
             net_checksum_finish_nozero(
                 net_checksum_add(0, frame + start, size - start)));
    return true;
}
