/*
 * RTL8139C+: reception. The filter, the ring buffer of C mode, the descriptors of
 * C+ mode with VLAN tags taken out and checksums verified.
 *
 * A frame for which there is no room waits a little in front of the device, as it
 * would in the chip's FIFO: whatever the driver does next may make room. Then it
 * is missed, and so are others until there is room again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <zlib.h>
#include "qemu/bswap.h"
#include "system/runstate.h"
#include "net/checksum.h"
#include "rtl8139-internal.h"

#define RX_WAIT_NS      (10 * SCALE_MS)

/* C mode: a header in front of each frame; reads lag by 16 bytes. */
#define RX_HEADER_BYTES 4
#define RX_CAPR_LAG     16
/* With WRAP the driver leaves this much behind the ring, and no more. */
#define RX_OVERRUN_MAX  1536
enum { RX_OK = 0x0001, RX_BROADCAST = 0x2000, RX_MINE = 0x4000,
       RX_MULTICAST = 0x8000 };

/* C+ mode: the first word, OWN to LS apart, and the second. */
enum {
    RXD_MULTICAST = 1 << 26, RXD_MINE = 1 << 25, RXD_BROADCAST = 1 << 24,
    RXD_PID_TCP = 1 << 16, RXD_PID_UDP = 2 << 16, RXD_PID_IP = 3 << 16,
    RXD_IP_BAD = 1 << 15, RXD_UDP_BAD = 1 << 14, RXD_TCP_BAD = 1 << 13,
    RXD_BYTES = 0x1fff,
    RXD_TAGGED = 1 << 16,       /* in the second word */
};

typedef enum RxTo { RX_NOT_WANTED, RX_TO_ME, RX_TO_OTHER, RX_TO_GROUP,
                    RX_TO_ALL } RxTo;
typedef enum RxResult { RX_TAKEN, RX_NO_ROOM, RX_BAD } RxResult;

/* --- the filter --- */

/* The upper 6 bits of the frame checksum's register choose one of 64 bits. */
static bool hash_accepts(const RTL8139State *s, const uint8_t *addr)
{
    uint32_t crc = ~crc32(0, addr, ETH_ALEN);
    unsigned bit = 0;

    for (unsigned i = 0; i < 6; i++) {
        bit = bit << 1 | (crc >> i & 1);
    }
    return s->mar[bit / 8] >> (bit % 8) & 1;
}

static RxTo classify(const RTL8139State *s, const uint8_t *addr)
{
    if (is_broadcast_ether_addr(addr)) {
        return s->rcr & RCR_AB ? RX_TO_ALL : RX_NOT_WANTED;
    }
    if (is_multicast_ether_addr(addr)) {
        return (s->rcr & RCR_AM) && hash_accepts(s, addr) ? RX_TO_GROUP :
                                                            RX_NOT_WANTED;
    }
    if (memcmp(addr, s->idr, ETH_ALEN) == 0) {
        return s->rcr & (RCR_APM | RCR_AAP) ? RX_TO_ME : RX_NOT_WANTED;
    }
    return s->rcr & RCR_AAP ? RX_TO_OTHER : RX_NOT_WANTED;
}

/* --- the ring buffer of C mode --- */

uint32_t rtl8139_rx_ring_bytes(const RTL8139State *s)
{
    return 8192u << (s->rcr >> RCR_RBLEN_SHIFT & 3);
}

/* What the driver has not read yet. */
static uint32_t ring_used(const RTL8139State *s)
{
    return (s->cbr - s->capr - RX_CAPR_LAG) & (rtl8139_rx_ring_bytes(s) - 1);
}

bool rtl8139_rx_ring_empty(const RTL8139State *s)
{
    return ring_used(s) == 0;
}

/* Into the ring at @at, and round its end or beyond it. */
static MemTxResult ring_write(RTL8139State *s, uint32_t at, const void *data,
                              uint32_t size, bool beyond)
{
    PCIDevice *d = PCI_DEVICE(s);
    uint32_t end = rtl8139_rx_ring_bytes(s);
    uint32_t first = beyond ? size : MIN(size, end - at);
    MemTxResult r;

    r = pci_dma_write(d, (uint32_t)(s->rbstart + at), data, first);
    if (first < size) {
        r |= pci_dma_write(d, s->rbstart, (const uint8_t *)data + first,
                           size - first);
    }
    return r;
}

static RxResult ring_receive(RTL8139State *s, const uint8_t *frame,
                             uint32_t size, RxTo to)
{
    static const uint16_t status[] = {
        [RX_TO_ME] = RX_OK | RX_MINE, [RX_TO_OTHER] = RX_OK,
        [RX_TO_GROUP] = RX_OK | RX_MULTICAST, [RX_TO_ALL] = RX_OK | RX_BROADCAST,
    };
    uint32_t ring = rtl8139_rx_ring_bytes(s), at = s->cbr & (ring - 1);
    uint32_t total = RX_HEADER_BYTES + ROUND_UP(size + RTL_FCS_BYTES, 4);
    bool beyond = (s->rcr & RCR_WRAP) && ring < 65536;
    uint8_t *whole = s->rx_frame;
    MemTxResult r;

    if (beyond && at + total > ring + RX_OVERRUN_MAX) {
        return RX_BAD;          /* there may be other things */
    }
    if (total >= ring - ring_used(s)) {
        return RX_NO_ROOM;
    }
    stw_le_p(whole, status[to]);
    stw_le_p(whole + 2, size + RTL_FCS_BYTES);
    memcpy(whole + RX_HEADER_BYTES, frame, size);
    memset(whole + RX_HEADER_BYTES + size, 0, total - RX_HEADER_BYTES - size);
    stl_le_p(whole + RX_HEADER_BYTES + size, crc32(0, frame, size));
    r = ring_write(s, at, whole, total, beyond);
    s->cbr = (at + total) & (ring - 1);
    if (r) {
        rtl8139_raise(s, ISR_SERR);
        return RX_BAD;
    }
    return RX_TAKEN;
}

/* --- the descriptors of C+ mode --- */

/* The protocol, and which of its checksums are wrong. */
static uint32_t verify_checksums(const uint8_t *frame, size_t size)
{
    EthLayout l;
    uint32_t status = RXD_PID_IP, bytes;
    const uint8_t *ip, *l4;
    bool good;

    if (!eth_parse(frame, size, &l) || l.ip_version != 4) {
        return 0;
    }
    ip = frame + l.l3_offset;
    l4 = frame + l.l4_offset;
    bytes = l.ip_end - l.l4_offset;
    if (net_checksum_finish(net_checksum_add(0, ip,
                                             l.l4_offset - l.l3_offset))) {
        status |= RXD_IP_BAD;
    }
    if (l.l4 != ETH_L4_TCP && l.l4 != ETH_L4_UDP) {
        return status;
    }
    good = net_checksum_finish(
        net_checksum_add(net_checksum_pseudo(frame, &l, bytes), l4, bytes)) == 0;
    status &= ~RXD_PID_IP;
    if (l.l4 == ETH_L4_TCP) {
        return status | RXD_PID_TCP | (good ? 0 : RXD_TCP_BAD);
    }
    if (lduw_be_p(l4 + 4) != bytes) {
        good = false;
    } else if (lduw_be_p(l4 + 6) == 0) {
        good = true;            /* the sender made none */
    }
    return status | RXD_PID_UDP | (good ? 0 : RXD_UDP_BAD);
}

/* Copies the frame with its checksum, without its tag if that is wanted. */
static uint32_t prepare(RTL8139State *s, const uint8_t *frame, uint32_t size,
                        uint32_t *vlan)
{
    uint8_t *to = s->rx_frame;
    uint32_t head = 0;

    *vlan = 0;
    stl_le_p(to + size, crc32(0, frame, size));
    if ((s->cpcr & CPCR_RXVLAN) && size >= ETH_HLEN + ETH_VLAN_HLEN &&
        lduw_be_p(frame + 12) == ETH_P_VLAN) {
        head = 12;
        *vlan = RXD_TAGGED | lduw_le_p(frame + 14);
        memcpy(to, frame, head);
        frame += head + ETH_VLAN_HLEN;
        size -= head + ETH_VLAN_HLEN;
        stl_le_p(to + head + size, ldl_le_p(to + head + size + ETH_VLAN_HLEN));
    }
    memcpy(to + head, frame, size);
    return head + size + RTL_FCS_BYTES;
}

/* The descriptors that @size bytes need; 0 if they are not there. */
static unsigned find_descs(RTL8139State *s, RTLDesc *descs, uint32_t size,
                           RxResult *result)
{
    uint64_t ring = rtl8139_dma_addr(s, s->rx_ring);
    unsigned at = s->rx_ring_at, count;
    uint32_t room = 0;

    for (count = 0; room < size; count++) {
        if (count == RTL_RING_DESCS) {
            *result = RX_BAD;   /* never will there be enough */
            return 0;
        }
        if (!rtl8139_desc_read(s, ring, at, &descs[count]) ||
            !(descs[count].status & DESC_OWN)) {
            *result = RX_NO_ROOM;
            return 0;
        }
        room += descs[count].status & RXD_BYTES;
        at = rtl8139_desc_next(at, descs[count].status);
    }
    return count;
}

static RxResult descs_receive(RTL8139State *s, const uint8_t *frame,
                              uint32_t frame_size, RxTo to)
{
    static const uint32_t to_status[] = {
        [RX_TO_ME] = RXD_MINE, [RX_TO_OTHER] = 0,
        [RX_TO_GROUP] = RXD_MULTICAST, [RX_TO_ALL] = RXD_BROADCAST,
    };
    uint64_t ring = rtl8139_dma_addr(s, s->rx_ring);
    RTLDesc descs[RTL_RING_DESCS];
    uint32_t vlan, size, done = 0, status;
    RxResult result = RX_TAKEN;
    unsigned count;

    size = prepare(s, frame, frame_size, &vlan);
    count = find_descs(s, descs, size, &result);
    if (count == 0) {
        return result;
    }
    status = to_status[to] | (s->cpcr & CPCR_RXCHKSUM ?
                              verify_checksums(frame, frame_size) : 0);
    for (unsigned i = 0; i < count; i++) {
        uint32_t part = MIN(descs[i].status & RXD_BYTES, size - done);
        bool last = i + 1 == count;
        RTLDesc back = {
            .status = (descs[i].status & DESC_EOR) | (i == 0 ? DESC_FS : 0) |
                      (last ? DESC_LS | status | size : part),
            .vlan = vlan,
        };

        if (part && pci_dma_write(PCI_DEVICE(s), descs[i].addr,
                                  s->rx_frame + done, part)) {
            rtl8139_raise(s, ISR_SERR);
            result = RX_BAD;
        }
        done += part;
        rtl8139_desc_write(s, ring, s->rx_ring_at, &back);
        s->rx_ring_at = rtl8139_desc_next(s->rx_ring_at, descs[i].status);
    }
    return result;
}

/* --- from the wire --- */

static void missed(RTL8139State *s)
{
    s->mpc = (s->mpc + 1) & 0xffffff;
    s->stats.missed++;
    s->rx_count.drop_no_room++;
    rtl8139_raise(s, ISR_RXOVW | ISR_FOVW);
}

static void received(RTL8139State *s, RxTo to, size_t size)
{
    s->stats.rx_ok++;
    s->rx_count.packets++;
    s->rx_count.bytes += size;
    if (to == RX_TO_ALL) {
        s->stats.rx_ok_broadcast++;
    } else if (to == RX_TO_GROUP) {
        s->stats.rx_ok_multicast++;
    } else {
        s->stats.rx_ok_phy++;
    }
    s->rx_waiting = false;
    s->rx_overflown = false;
    rtl8139_frame_received(s);
}

/* False: there is no room, and nothing was counted yet. */
static bool deliver(RTL8139State *s, const uint8_t *frame, size_t size)
{
    RxResult result = RX_BAD;
    RxTo to;

    if (!rtl8139_powered(s) || !(s->cr & CR_RE)) {
        s->rx_count.drop_off++;
        return true;
    }
    if (size < ETH_HLEN) {
        s->rx_count.drop_short++;
        return true;
    }
    to = classify(s, frame);
    if (to == RX_NOT_WANTED) {
        s->rx_count.filtered++;
        return true;
    }
    if (size <= RTL_RX_FRAME_MAX) {
        result = s->cpcr & CPCR_RX ? descs_receive(s, frame, size, to) :
                                     ring_receive(s, frame, size, to);
    }
    if (result == RX_TAKEN) {
        received(s, to, size);
    } else if (result == RX_BAD) {
        *(size > RTL_RX_FRAME_MAX ? &s->rx_count.drop_long
                                  : &s->rx_count.drop_bad) += 1;
        s->stats.rx_err++;
        rtl8139_raise(s, ISR_RER);
    }
    return result != RX_NO_ROOM;
}

bool rtl8139_can_receive(NetClientState *nc)
{
    return runstate_is_running();
}

ssize_t rtl8139_receive(NetClientState *nc, const uint8_t *buf, size_t size)
{
    RTL8139State *s = qemu_get_nic_opaque(nc);

    if (rtl8139_loopback(s) || deliver(s, buf, size)) {
        return size;
    }
    if (s->rx_overflown) {
        missed(s);
        return size;
    }
    if (!s->rx_waiting) {
        s->rx_waiting = true;
        timer_mod(&s->rx_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + RX_WAIT_NS);
        rtl8139_raise(s, ISR_RXOVW);
    }
    return 0;
}

/* Never again through the net core, and never into the transmitter (CVE-2021-3416). */
void rtl8139_loop_back(RTL8139State *s, const uint8_t *buf, size_t size)
{
    if (!deliver(s, buf, size)) {
        missed(s);
    }
}

static void rx_waited(void *opaque)
{
    RTL8139State *s = opaque;

    if (s->rx_waiting) {
        s->rx_waiting = false;
        s->rx_overflown = true;
        qemu_flush_queued_packets(qemu_get_queue(s->nic));
    }
}

void rtl8139_rx_room(RTL8139State *s)
{
    s->rx_overflown = false;
    if (s->rx_waiting) {
        qemu_flush_queued_packets(qemu_get_queue(s->nic));
    }
}

/* The receiver begins anew with an empty ring. */
void rtl8139_rx_restart(RTL8139State *s)
{
    s->cbr = 0;
    s->capr = (uint16_t)-RX_CAPR_LAG;
    rtl8139_rx_room(s);
}

void rtl8139_rx_init(RTL8139State *s)
{
    timer_init_ns(&s->rx_timer, QEMU_CLOCK_VIRTUAL, rx_waited, s);
    timer_set_guard(&s->rx_timer, &DEVICE(s)->mem_reentrancy_guard);
}

void rtl8139_rx_exit(RTL8139State *s)
{
    timer_deinit(&s->rx_timer);
}

void rtl8139_rx_reset(RTL8139State *s)
{
    timer_del(&s->rx_timer);
    rtl8139_rx_restart(s);
    s->rx_waiting = false;
    s->rbstart = 0;
    s->rx_ring = 0;
    s->rx_ring_at = 0;
    s->mpc = 0;
}
