/*
 * RTL8139C+: the two transmit rings of C+ mode with their offloads (checksums,
 * large send, VLAN tags), descriptors, and the dump of the statistics.
 *
 * Descriptors are copied once, all of a frame before its first byte is read; a
 * frame of which some do not belong to the device yet stays where it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "net/checksum.h"
#include "net/gso.h"
#include "rtl8139-internal.h"

enum {
    TX_LARGE_SEND = 1 << 27, TX_MSS_SHIFT = 16, TX_MSS_MASK = 0x7ff,
    TX_ERROR = 1 << 23,
    TX_IPCS = 1 << 18, TX_UDPCS = 1 << 17, TX_TCPCS = 1 << 16,
    TX_BYTES = 0xffff,
    TX_TAG = 1 << 17,           /* in the second word */
};
#define VLAN_OFFSET     (2 * ETH_ALEN)
/* The most that goes out as one frame. */
#define TX_PLAIN_MAX    0x1fff

/* The parts of a frame, and its bytes. */
typedef struct TxFrame {
    RTLDesc desc[RTL_RING_DESCS];
    unsigned count;             /* of descriptors; 0: there is no frame */
    bool whole;                 /* from first to last segment */
    uint8_t *bytes;
    size_t size;
} TxFrame;

/* --- descriptors --- */

bool rtl8139_desc_read(RTL8139State *s, uint64_t ring, unsigned at,
                       RTLDesc *desc)
{
    uint8_t raw[RTL_DESC_BYTES];

    if (pci_dma_read(PCI_DEVICE(s), ring + at * RTL_DESC_BYTES, raw,
                     sizeof(raw))) {
        rtl8139_raise(s, ISR_SERR);
        return false;
    }
    desc->status = ldl_le_p(raw);
    desc->vlan = ldl_le_p(raw + 4);
    desc->addr = rtl8139_dma_addr(s, ldq_le_p(raw + 8));
    return true;
}

/* The word with OWN goes last: whoever sees it clear sees the other. */
bool rtl8139_desc_write(RTL8139State *s, uint64_t ring, unsigned at,
                        const RTLDesc *desc)
{
    uint64_t addr = ring + at * RTL_DESC_BYTES;
    MemTxResult r;

    r = stl_le_pci_dma(PCI_DEVICE(s), addr + 4, desc->vlan,
                       MEMTXATTRS_UNSPECIFIED);
    r |= stl_le_pci_dma(PCI_DEVICE(s), addr, desc->status,
                        MEMTXATTRS_UNSPECIFIED);
    if (r) {
        rtl8139_raise(s, ISR_SERR);
    }
    return r == MEMTX_OK;
}

unsigned rtl8139_desc_next(unsigned at, uint32_t status)
{
    return status & DESC_EOR ? 0 : (at + 1) % RTL_RING_DESCS;
}

/* --- from the ring --- */

/*
 * Copy the descriptors of the next frame. Segments that do not fit together are
 * not whole: they are given back as they are found, with an error.
 */
static void tx_find_frame(RTL8139State *s, unsigned ring, TxFrame *f)
{
    uint64_t base = rtl8139_dma_addr(s, s->tx_ring[ring]);
    unsigned at = s->tx_ring_at[ring];

    f->whole = false;
    for (f->count = 0; f->count < RTL_RING_DESCS; ) {
        RTLDesc *d = &f->desc[f->count];

        if (!rtl8139_desc_read(s, base, at, d) || !(d->status & DESC_OWN)) {
            f->count = 0;       /* the driver is not ready with it */
            return;
        }
        if (f->count > 0 && (d->status & DESC_FS)) {
            return;             /* the one before has no end */
        }
        f->count++;
        if (f->count == 1 && !(d->status & DESC_FS)) {
            return;             /* no beginning */
        }
        if (d->status & DESC_LS) {
            f->whole = true;
            return;
        }
        at = rtl8139_desc_next(at, d->status);
    }
}

static bool tx_read_frame(RTL8139State *s, TxFrame *f)
{
    bool large = f->desc[0].status & TX_LARGE_SEND;

    f->bytes = s->tx_frame + ETH_VLAN_HLEN;
    f->size = 0;
    for (unsigned i = 0; i < f->count; i++) {
        size_t bytes = f->desc[i].status & TX_BYTES;

        if (f->size + bytes > (large ? RTL_TX_FRAME_MAX : TX_PLAIN_MAX)) {
            return false;
        }
        if (bytes && pci_dma_read(PCI_DEVICE(s), f->desc[i].addr,
                                  f->bytes + f->size, bytes)) {
            rtl8139_raise(s, ISR_SERR);
            return false;
        }
        f->size += bytes;
    }
    return f->size >= ETH_HLEN;
}

static void tx_give_back(RTL8139State *s, unsigned ring, const TxFrame *f,
                         bool sent)
{
    uint64_t base = rtl8139_dma_addr(s, s->tx_ring[ring]);

    for (unsigned i = 0; i < f->count; i++) {
        unsigned at = s->tx_ring_at[ring];
        RTLDesc d = f->desc[i];

        d.status &= DESC_EOR | DESC_FS | DESC_LS | TX_BYTES;
        d.status |= sent ? 0 : TX_ERROR;
        rtl8139_desc_write(s, base, at, &d);
        s->tx_dma_ok = base + at * RTL_DESC_BYTES;
        s->tx_ring_at[ring] = rtl8139_desc_next(at, d.status);
    }
}

/* --- offloads --- */

/* The tag stands in the descriptor as it goes over the wire. */
static void insert_vlan_tag(TxFrame *f)
{
    memmove(f->bytes - ETH_VLAN_HLEN, f->bytes, VLAN_OFFSET);
    f->bytes -= ETH_VLAN_HLEN;
    f->size += ETH_VLAN_HLEN;
    stw_be_p(f->bytes + VLAN_OFFSET, ETH_P_VLAN);
    stw_le_p(f->bytes + VLAN_OFFSET + 2, f->desc[0].vlan);
}

/*
 * What the headers do not bear out is left undone: lengths inside the frame were
 * checked against the frame by eth_parse().
 */
static void fill_checksums(TxFrame *f)
{
    uint32_t asked = f->desc[0].status;
    EthLayout l;

    if (!(asked & (TX_IPCS | TX_UDPCS | TX_TCPCS)) ||
        !eth_parse(f->bytes, f->size, &l) || l.ip_version != 4) {
        return;
    }
    if (asked & TX_IPCS) {
        uint8_t *ip = f->bytes + l.l3_offset;

        stw_be_p(ip + 10, 0);
        stw_be_p(ip + 10, net_checksum_finish(
                     net_checksum_add(0, ip, l.l4_offset - l.l3_offset)));
    }
    if ((l.l4 == ETH_L4_TCP && (asked & TX_TCPCS)) ||
        (l.l4 == ETH_L4_UDP && (asked & TX_UDPCS))) {
        net_checksum_calculate(f->bytes, f->size);
    }
}

/* False if it is not what large send is for: TCP over IPv4, a usable MSS. */
static bool send_segments(RTL8139State *s, const TxFrame *f)
{
    struct virtio_net_hdr hdr = {
        .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
        .gso_size = f->desc[0].status >> TX_MSS_SHIFT & TX_MSS_MASK,
    };
    struct iovec all = { f->bytes, f->size };
    uint8_t headers[NET_GSO_HEADERS_ROOM];
    struct iovec pieces[1 + NET_GSO_PIECES_MORE];
    NetGso gso;
    size_t size;
    unsigned n;

    if (!net_gso_start(&gso, &hdr, &all, 1, f->size, 0)) {
        return false;
    }
    while ((n = net_gso_next(&gso, headers, pieces, &size))) {
        rtl8139_send(s, pieces, n, size);
    }
    return true;
}

static bool tx_send_frame(RTL8139State *s, TxFrame *f)
{
    struct iovec iov;

    if (!f->whole || !tx_read_frame(s, f)) {
        return false;
    }
    if (f->desc[0].vlan & TX_TAG) {
        insert_vlan_tag(f);
    }
    if (f->desc[0].status & TX_LARGE_SEND) {
        return send_segments(s, f);
    }
    fill_checksums(f);
    iov = (struct iovec) { f->bytes, f->size };
    rtl8139_send(s, &iov, 1, f->size);
    return true;
}

/*
 * One time round the ring at most, however many descriptors are ours: where OWN
 * cannot be cleared (a ring in ROM) there would be no end (CVE-2016-8910).
 */
static void transmit_ring(RTL8139State *s, unsigned ring, uint8_t poll_bit)
{
    bool sent_some = false;
    TxFrame f;

    for (unsigned seen = 0; seen < RTL_RING_DESCS; seen += f.count) {
        bool sent;

        tx_find_frame(s, ring, &f);
        if (f.count == 0) {
            break;
        }
        sent = tx_send_frame(s, &f);
        tx_give_back(s, ring, &f, sent);
        if (sent) {
            sent_some = true;
            s->stats.tx_ok++;
            rtl8139_frame_sent(s);
        } else {
            s->stats.tx_err++;
            s->tx_count.drop_bad++;
            rtl8139_raise(s, ISR_TER);
        }
        if (s->tx_waiting) {
            return;             /* the poll bit stays: to be continued */
        }
    }
    s->tppoll &= ~poll_bit;
    if (sent_some) {
        rtl8139_raise(s, ISR_TDU);
    }
}

void rtl8139_cplus_transmit(RTL8139State *s)
{
    static const uint8_t poll_bits[] = { TPPOLL_HPQ, TPPOLL_NPQ };

    for (unsigned ring = 0; ring < ARRAY_SIZE(poll_bits); ring++) {
        if ((s->tppoll & poll_bits[ring]) && !s->tx_waiting) {
            transmit_ring(s, ring, poll_bits[ring]);
        }
    }
}

/* --- statistics --- */

void rtl8139_dump_statistics(RTL8139State *s)
{
    uint64_t addr = rtl8139_dma_addr(s, (uint64_t)s->dtccr[1] << 32 |
                                        s->dtccr[0]);
    const RTLStats *t = &s->stats;
    uint8_t dump[64] = { 0 };

    stq_le_p(dump, t->tx_ok);
    stq_le_p(dump + 8, t->rx_ok);
    stq_le_p(dump + 16, t->tx_err);
    stl_le_p(dump + 24, t->rx_err);
    stw_le_p(dump + 28, t->missed);
    /* No alignment errors at 30, no collisions at 32 and 36. */
    stq_le_p(dump + 40, t->rx_ok_phy);
    stq_le_p(dump + 48, t->rx_ok_broadcast);
    stl_le_p(dump + 56, t->rx_ok_multicast);
    stw_le_p(dump + 60, t->tx_aborted);
    if (pci_dma_write(PCI_DEVICE(s), addr, dump, sizeof(dump))) {
        rtl8139_raise(s, ISR_SERR);
    }
}
