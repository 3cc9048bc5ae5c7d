/*
 * RTL8139C+: transmission. The four descriptors of C mode are here, and the way
 * out of every frame: to the network, or round to the receiver in loopback mode.
 * The rings of C+ mode are in rtl8139-cplus.c.
 *
 * Work is done in a bottom half, in rounds that are bounded by what the rings can
 * hold: a driver that hands over more has to say so again. When the backend does
 * not take a frame it is kept there, and its callback starts the next round.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "system/runstate.h"
#include "rtl8139-internal.h"

/* A descriptor of C mode that says more is not sent. */
#define TX_SIZE_MAX     1792
#define TX_PIECES_MAX   4

static const uint8_t padding[ETH_ZLEN];

/* --- the way out --- */

static void tx_taken(NetClientState *nc, ssize_t size)
{
    RTL8139State *s = qemu_get_nic_opaque(nc);

    if (s->tx_waiting && --s->tx_waiting == 0) {
        rtl8139_tx_kick(s);
    }
}

static void send_around(RTL8139State *s, const struct iovec *iov,
                        unsigned iovcnt, size_t size)
{
    g_autofree uint8_t *frame = g_malloc(size);

    iov_to_buf(iov, iovcnt, 0, frame, size);
    rtl8139_loop_back(s, frame, size);
}

void rtl8139_send(RTL8139State *s, const struct iovec *iov, unsigned iovcnt,
                  size_t size)
{
    NetClientState *nc = qemu_get_queue(s->nic);
    struct iovec padded[TX_PIECES_MAX];

    if (size < ETH_ZLEN) {
        memcpy(padded, iov, iovcnt * sizeof(*iov));
        padded[iovcnt++] = (struct iovec) {
            (void *)padding, ETH_ZLEN - size,
        };
        iov = padded;
        size = ETH_ZLEN;
    }
    s->tx_count.packets++;
    s->tx_count.bytes += size;
    if (rtl8139_loopback(s)) {
        send_around(s, iov, iovcnt, size);
    } else if (qemu_sendv_packet_async(nc, iov, iovcnt, tx_taken) == 0) {
        s->tx_waiting++;
    }
}

/* --- C mode --- */

static bool send_desc(RTL8139State *s, unsigned desc)
{
    size_t size = s->tsd[desc] & TSD_SIZE;
    struct iovec iov = { s->tx_frame, size };

    if (size > TX_SIZE_MAX) {
        return false;
    }
    if (pci_dma_read(PCI_DEVICE(s), s->tsad[desc], s->tx_frame, size)) {
        rtl8139_raise(s, ISR_SERR);
        return false;
    }
    rtl8139_send(s, &iov, 1, size);
    return true;
}

static void transmit(RTL8139State *s)
{
    for (unsigned i = 0; i < RTL_TX_DESCS && !s->tx_waiting; i++) {
        uint32_t *tsd = &s->tsd[s->tx_desc];

        if (*tsd & TSD_OWN) {
            break;
        }
        if (send_desc(s, s->tx_desc)) {
            *tsd |= TSD_OWN | TSD_TOK;
            s->stats.tx_ok++;
            rtl8139_frame_sent(s);
        } else {
            *tsd |= TSD_OWN | TSD_TABT;
            s->stats.tx_err++;
            s->stats.tx_aborted++;
            s->tx_count.drop_bad++;
            rtl8139_raise(s, ISR_TER);
        }
        s->tx_desc = (s->tx_desc + 1) % RTL_TX_DESCS;
    }
}

uint16_t rtl8139_tsad_summary(RTL8139State *s)
{
    uint16_t summary = 0;

    for (unsigned i = 0; i < RTL_TX_DESCS; i++) {
        summary |= !!(s->tsd[i] & TSD_OWN) << i;
        summary |= !!(s->tsd[i] & TSD_TABT) << (4 + i);
        summary |= !!(s->tsd[i] & TSD_TUN) << (8 + i);
        summary |= !!(s->tsd[i] & TSD_TOK) << (12 + i);
    }
    return summary;
}

/* --- rounds --- */

static void tx_round(void *opaque)
{
    RTL8139State *s = opaque;

    if (!runstate_is_running() || !rtl8139_powered(s) || !(s->cr & CR_TE) ||
        s->tx_waiting) {
        return;                 /* what changes this kicks */
    }
    if (s->cpcr & CPCR_TX) {
        rtl8139_cplus_transmit(s);
    } else {
        transmit(s);
    }
}

void rtl8139_tx_kick(RTL8139State *s)
{
    qemu_bh_schedule(s->tx_bh);
}

void rtl8139_vm_changed(NetClientState *nc, bool running)
{
    if (running) {
        rtl8139_tx_kick(qemu_get_nic_opaque(nc));
    }
}

void rtl8139_tx_init(RTL8139State *s)
{
    s->tx_frame = g_malloc(ETH_VLAN_HLEN + RTL_TX_FRAME_MAX);
    s->tx_bh = qemu_bh_new_guarded(tx_round, s,
                                   &DEVICE(s)->mem_reentrancy_guard);
}

void rtl8139_tx_exit(RTL8139State *s)
{
    g_clear_pointer(&s->tx_bh, qemu_bh_delete);
    g_clear_pointer(&s->tx_frame, g_free);
}

void rtl8139_tx_reset(RTL8139State *s)
{
    qemu_bh_cancel(s->tx_bh);
    qemu_purge_queued_packets(qemu_get_queue(s->nic));
    s->tx_waiting = 0;
    for (unsigned i = 0; i < RTL_TX_DESCS; i++) {
        s->tsd[i] = TSD_OWN;
        s->tsad[i] = 0;
    }
    s->tx_desc = 0;
    memset(s->tx_ring, 0, sizeof(s->tx_ring));
    memset(s->tx_ring_at, 0, sizeof(s->tx_ring_at));
    memset(s->dtccr, 0, sizeof(s->dtccr));
    s->tppoll = 0;
    s->tx_dma_ok = 0;
}
