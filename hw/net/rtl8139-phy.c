/*
 * RTL8139C+: the registers of the built-in transceiver, and the link.
 * Negotiation with a partner that can do everything ends at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/mii.h>
#include "rtl8139-internal.h"

enum { CSCR_WRITABLE = 0x83e5, CSCR_DEFAULT = 0x0180, CSCR_LINK_OK = 0x0400,
       CSCR_CONNECTED = 0x0008 };

#define BMCR_DEFAULT    (BMCR_SPEED100 | BMCR_ANENABLE | BMCR_FULLDPLX)
/* These can be changed only with the configuration registers unlocked. */
#define BMCR_LOCKED     BMCR_DEFAULT
#define BMSR_ABLE       (BMSR_100FULL | BMSR_100HALF | BMSR_10FULL | \
                         BMSR_10HALF | BMSR_ANEGCAPABLE | BMSR_ERCAP)
#define ANAR_DEFAULT    (ADVERTISE_PAUSE_CAP | ADVERTISE_ALL | ADVERTISE_CSMA)
#define PARTNER_ABLE    (LPA_LPACK | LPA_PAUSE_CAP | LPA_100FULL | \
                         LPA_100HALF | LPA_10FULL | LPA_10HALF | ADVERTISE_CSMA)

void rtl8139_phy_reset(RTL8139State *s)
{
    s->bmcr = BMCR_DEFAULT;
    s->anar = ANAR_DEFAULT;
    s->nwaytr = 0;
    s->cscr = CSCR_DEFAULT;
    s->disconnects = 0;
    s->link_lost = false;
    s->phy1_parm = 0;
    s->tw_parm = 0;
    s->phy2_parm = 0;
}

/* Loss of the link is shown until it has been read (IEEE 802.3, 22.2.4.2.13). */
static uint16_t bmsr_read(RTL8139State *s)
{
    uint16_t value = BMSR_ABLE;

    if (s->link_up) {
        value |= s->link_lost ? 0 : BMSR_LSTATUS;
        value |= s->bmcr & BMCR_ANENABLE ? BMSR_ANEGCOMPLETE : 0;
        s->link_lost = false;
    }
    return value;
}

uint32_t rtl8139_phy_read(RTL8139State *s, unsigned reg)
{
    bool negotiated = s->link_up && (s->bmcr & BMCR_ANENABLE);

    switch (reg) {
    case RTL_BMCR:
        return s->bmcr;
    case RTL_BMSR:
        return bmsr_read(s);
    case RTL_ANAR:
        return s->anar;
    case RTL_ANLPAR:
        return negotiated ? PARTNER_ABLE : 0;
    case RTL_ANER:
        return negotiated ? EXPANSION_NWAY : 0;
    case RTL_DIS:
        return s->disconnects;
    case RTL_NWAYTR:
        return s->nwaytr;
    case RTL_CSCR:
        return s->cscr | (s->link_up ? CSCR_LINK_OK | CSCR_CONNECTED : 0);
    default:                    /* errors of the line, of which there are none */
        return 0;
    }
}

static void bmcr_write(RTL8139State *s, uint16_t value)
{
    uint16_t writable = BMCR_DEFAULT;

    if (value & BMCR_RESET) {
        s->bmcr = BMCR_DEFAULT;
        return;
    }
    if ((s->cfg9346 & CFG9346_MODE) != CFG9346_UNLOCK) {
        writable &= ~BMCR_LOCKED;
    }
    /* BMCR_ANRESTART is done as soon as it is asked for. */
    s->bmcr = (s->bmcr & ~writable) | (value & writable);
}

void rtl8139_phy_write(RTL8139State *s, unsigned reg, uint32_t value)
{
    switch (reg) {
    case RTL_BMCR:
        bmcr_write(s, value);
        break;
    case RTL_ANAR:
        s->anar = (value & ~ADVERTISE_SLCT) | ADVERTISE_CSMA;
        break;
    case RTL_DIS:
        s->disconnects = 0;
        break;
    case RTL_NWAYTR:
        s->nwaytr = value & 0xff;
        break;
    case RTL_CSCR:
        s->cscr = value & CSCR_WRITABLE;
        break;
    default:
        break;
    }
}

bool rtl8139_phy_speed_10(const RTL8139State *s)
{
    return !(s->bmcr & (BMCR_ANENABLE | BMCR_SPEED100));
}

void rtl8139_link_changed(NetClientState *nc)
{
    RTL8139State *s = qemu_get_nic_opaque(nc);
    bool up = !nc->link_down;

    if (up == s->link_up) {
        return;
    }
    s->link_up = up;
    if (!up) {
        s->link_lost = true;
        s->disconnects++;
    }
    rtl8139_raise(s, ISR_LINKCHG);
}
