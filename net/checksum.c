/*
 * The Internet checksum, eight bytes at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "net/checksum.h"
#include "net/eth.h"

/* Ones' complement sums may be taken in any word size and folded at the end. */
static uint64_t add_carry(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

uint64_t net_checksum_add(uint64_t sum, const void *buf, size_t size)
{
    const uint8_t *p = buf;

    for (; size >= 8; size -= 8, p += 8) {
        sum = add_carry(sum, ldq_be_p(p));
    }
    if (size >= 4) {
        sum = add_carry(sum, (uint32_t)ldl_be_p(p));
        p += 4;
        size -= 4;
    }
    if (size >= 2) {
        sum = add_carry(sum, (uint16_t)lduw_be_p(p));
        p += 2;
        size -= 2;
    }
    if (size) {
        sum = add_carry(sum, *p << 8);
    }
    return sum;
}

uint16_t net_checksum_finish(uint64_t sum)
{
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    return ~sum;
}

uint16_t net_checksum_finish_nozero(uint64_t sum)
{
    uint16_t checksum = net_checksum_finish(sum);

    return checksum ? checksum : 0xffff;
}

static uint64_t pseudo_header(const uint8_t *frame, const EthLayout *l,
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
    sum = net_checksum_add(pseudo_header(frame, &l, l4_size),
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
