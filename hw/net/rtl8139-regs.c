/*
 * RTL8139C+: the register file. A table says where each register is, how wide, and
 * who answers; accesses of 1, 2 and 4 bytes anywhere are put together from it.
 *
 * A register that is only written in part gets the rest from what it reads as, or
 * zeroes where writing 1 does something.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "rtl8139-internal.h"
#include "trace.h"

typedef struct Reg {
    uint8_t at;
    uint8_t bytes;
    uint8_t count;              /* of registers of this kind in a row */
    bool ones_act;
    uint32_t (*read)(RTL8139State *s, unsigned at);     /* NULL: zeroes */
    void (*write)(RTL8139State *s, unsigned at, uint32_t value);
} Reg;

/* --- addresses: the station's, groups' --- */

static uint32_t idr_read(RTL8139State *s, unsigned at)
{
    return s->idr[at - RTL_IDR0];
}

static void idr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->idr[at - RTL_IDR0] = value;
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->idr);
}

static uint32_t mar_read(RTL8139State *s, unsigned at)
{
    return s->mar[at - RTL_MAR0];
}

static void mar_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->mar[at - RTL_MAR0] = value;
}

/* --- 0x10 to 0x2f: descriptors in C mode, addresses in C+ mode --- */

static uint32_t tsd_read(RTL8139State *s, unsigned at)
{
    unsigned n = (at - RTL_TSD0) / 4;

    return s->cpcr & CPCR_TX ? (n < 2 ? s->dtccr[n] : 0) : s->tsd[n];
}

enum { DTCCR_DUMP = 0x08, DTCCR_ADDRESS = 0xffffffc0u };

static void dtccr_write(RTL8139State *s, unsigned n, uint32_t value)
{
    s->dtccr[n] = n == 0 ? value & DTCCR_ADDRESS : value;
    if (n == 0 && (value & DTCCR_DUMP)) {
        rtl8139_dump_statistics(s);
    }
}

static void tsd_write(RTL8139State *s, unsigned at, uint32_t value)
{
    unsigned n = (at - RTL_TSD0) / 4;

    if (s->cpcr & CPCR_TX) {
        if (n < 2) {
            dtccr_write(s, n, value);
        }
        return;
    }
    s->tsd[n] = value & (TSD_SIZE | TSD_OWN | TSD_ERTXTH);
    if (!(value & TSD_OWN)) {
        s->tx_count.kicks++;
        rtl8139_tx_kick(s);
    }
}

static uint32_t tsad_read(RTL8139State *s, unsigned at)
{
    unsigned n = (at - RTL_TSAD0) / 4;

    if (s->cpcr & CPCR_TX) {
        return extract64(s->tx_ring[n < 2], n % 2 * 32, 32);
    }
    return s->tsad[n];
}

static void tsad_write(RTL8139State *s, unsigned at, uint32_t value)
{
    unsigned n = (at - RTL_TSAD0) / 4, ring = n < 2;    /* TNPDS, then THPDS */

    if (s->cpcr & CPCR_TX) {
        s->tx_ring[ring] = deposit64(s->tx_ring[ring], n % 2 * 32, 32,
                                     n % 2 ? value : value & ~0xffu);
        s->tx_ring_at[ring] = 0;
    } else {
        s->tsad[n] = value;
    }
}

static uint32_t tsad_summary_read(RTL8139State *s, unsigned at)
{
    return rtl8139_tsad_summary(s);
}

static void tppoll_write(RTL8139State *s, unsigned at, uint32_t value)
{
    if (value & TPPOLL_SWINT) {
        rtl8139_raise(s, ISR_SWINT);
    }
    s->tppoll |= value & (TPPOLL_HPQ | TPPOLL_NPQ);
    if (s->tppoll) {
        s->tx_count.kicks++;
        rtl8139_tx_kick(s);
    }
}

static uint32_t tppoll_read(RTL8139State *s, unsigned at)
{
    return s->tppoll;
}

static uint32_t tx_dma_ok_read(RTL8139State *s, unsigned at)
{
    return s->tx_dma_ok;
}

/* --- the receive ring --- */

static uint32_t rbstart_read(RTL8139State *s, unsigned at)
{
    return s->rbstart;
}

static void rbstart_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->rbstart = value;
    rtl8139_rx_restart(s);
}

static uint32_t capr_read(RTL8139State *s, unsigned at)
{
    return s->capr;
}

static void capr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->capr = value;
    s->rx_count.kicks++;
    rtl8139_rx_room(s);
}

static uint32_t cbr_read(RTL8139State *s, unsigned at)
{
    return s->cbr;
}

static uint32_t rdsar_read(RTL8139State *s, unsigned at)
{
    return extract64(s->rx_ring, at == RTL_RDSAR ? 0 : 32, 32);
}

static void rdsar_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->rx_ring = at == RTL_RDSAR ?
                 deposit64(s->rx_ring, 0, 32, value & ~0xffu) :
                 deposit64(s->rx_ring, 32, 32, value);
    s->rx_ring_at = 0;
    rtl8139_rx_room(s);
}

static uint32_t mpc_read(RTL8139State *s, unsigned at)
{
    return s->mpc;
}

static void mpc_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->mpc = 0;
}

/* --- command and configuration --- */

static uint32_t cr_read(RTL8139State *s, unsigned at)
{
    return s->cr | (rtl8139_rx_ring_empty(s) ? CR_BUFE : 0);
}

static void cr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    uint8_t before = s->cr;

    if (value & CR_RST) {
        rtl8139_soft_reset(s);
        return;
    }
    s->cr = value & (CR_TE | CR_RE);
    if (s->cr & ~before & CR_RE) {
        rtl8139_rx_restart(s);
    }
    if (s->cr & ~before & CR_TE) {
        rtl8139_tx_kick(s);
    }
}

static uint32_t tcr_read(RTL8139State *s, unsigned at)
{
    return s->tcr | TCR_VERSION_CPLUS;
}

static void tcr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->tcr = value & TCR_WRITABLE;
}

static uint32_t rcr_read(RTL8139State *s, unsigned at)
{
    return s->rcr | (s->eeprom_9356 ? RCR_9356SEL : 0);
}

static void rcr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->rcr = value & RCR_WRITABLE;
    rtl8139_rx_room(s);
}

static uint32_t cfg9346_read(RTL8139State *s, unsigned at)
{
    bool programming = (s->cfg9346 & CFG9346_MODE) == CFG9346_PROGRAM;

    return s->cfg9346 |
           (programming && s->eeprom.data_out ? CFG9346_EEDO : 0);
}

static void cfg9346_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->cfg9346 = value & ~CFG9346_EEDO;
    switch (value & CFG9346_MODE) {
    case CFG9346_AUTOLOAD:
        rtl8139_autoload(s);
        s->cfg9346 = 0;         /* done */
        break;
    case CFG9346_PROGRAM:
        rtl8139_eeprom_wires(&s->eeprom, value & CFG9346_EECS,
                             value & CFG9346_EESK, value & CFG9346_EEDI);
        break;
    default:
        rtl8139_eeprom_wires(&s->eeprom, false, false, false);
        break;
    }
}

static const struct {
    uint8_t writable, always;
} config_bits[6] = {
    [1] = { 0xf1, 0x0c },       /* both BARs are there */
    [3] = { 0x70, 0x00 },
    [4] = { 0xff, 0x00 },
    [5] = { 0x7f, 0x00 },
};

static unsigned config_number(unsigned at)
{
    return at == RTL_CONFIG5 ? 5 : at >= RTL_CONFIG3 ? at - RTL_CONFIG3 + 3 :
                                                       at - RTL_CONFIG0;
}

static uint32_t config_read(RTL8139State *s, unsigned at)
{
    unsigned n = config_number(at);

    return s->config[n] | config_bits[n].always;
}

static void config_write(RTL8139State *s, unsigned at, uint32_t value)
{
    unsigned n = config_number(at);
    uint8_t writable = config_bits[n].writable;

    if (n == 5 || (s->cfg9346 & CFG9346_MODE) == CFG9346_UNLOCK) {
        s->config[n] = (s->config[n] & ~writable) | (value & writable);
    }
}

static uint32_t cpcr_read(RTL8139State *s, unsigned at)
{
    return s->cpcr;
}

static void cpcr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->cpcr = value & CPCR_WRITABLE;
    rtl8139_rx_room(s);
}

static uint32_t max_tx_read(RTL8139State *s, unsigned at)
{
    return s->max_tx;
}

static void max_tx_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->max_tx = value & 0x3f;
}

static uint32_t wake_read(RTL8139State *s, unsigned at)
{
    return s->wake[at - RTL_CRC0];
}

static void wake_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->wake[at - RTL_CRC0] = value;
}

static uint32_t rerid_read(RTL8139State *s, unsigned at)
{
    return 0x10;
}

/* --- interrupts and time --- */

static uint32_t imr_read(RTL8139State *s, unsigned at)
{
    return s->imr;
}

/* A driver that polls unmasks when it has given its buffers back. */
static void imr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->imr = value & ISR_ALL;
    rtl8139_update_irq(s);
    rtl8139_rx_room(s);
}

static uint32_t isr_read(RTL8139State *s, unsigned at)
{
    return s->isr;
}

static void isr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->isr &= ~value;
    rtl8139_update_irq(s);
    rtl8139_rx_room(s);
}

static uint32_t mulint_read(RTL8139State *s, unsigned at)
{
    return s->mulint;
}

static void mulint_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->mulint = value & 0x0fff;
}

static uint32_t mitigate_read(RTL8139State *s, unsigned at)
{
    return s->mitigate;
}

static void mitigate_write(RTL8139State *s, unsigned at, uint32_t value)
{
    rtl8139_set_mitigation(s, value);
}

static uint32_t tctr_read(RTL8139State *s, unsigned at)
{
    return rtl8139_tctr(s);
}

static void tctr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    rtl8139_tctr_restart(s);
}

static uint32_t timer_int_read(RTL8139State *s, unsigned at)
{
    return s->timer_int;
}

static void timer_int_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->timer_int = value;
    rtl8139_timer_arm(s);
}

/* --- medium --- */

enum { MSR_LINK_BAD = 0x04, MSR_SPEED_10 = 0x08, MSR_AUX_POWER = 0x10,
       MSR_WRITABLE = 0xc0 };

static uint32_t msr_read(RTL8139State *s, unsigned at)
{
    return s->msr | MSR_AUX_POWER | (s->link_up ? 0 : MSR_LINK_BAD) |
           (rtl8139_phy_speed_10(s) ? MSR_SPEED_10 : 0);
}

static void msr_write(RTL8139State *s, unsigned at, uint32_t value)
{
    s->msr = value & MSR_WRITABLE;
}

static uint32_t phy_parm_read(RTL8139State *s, unsigned at)
{
    return at == RTL_PHY1_PARM ? s->phy1_parm :
           at == RTL_TW_PARM ? s->tw_parm : s->phy2_parm;
}

static void phy_parm_write(RTL8139State *s, unsigned at, uint32_t value)
{
    if (at == RTL_PHY1_PARM) {
        s->phy1_parm = value;
    } else if (at == RTL_TW_PARM) {
        s->tw_parm = value;
    } else {
        s->phy2_parm = value;
    }
}

/* --- the table --- */

static const Reg regs[] = {
    { RTL_IDR0, 1, ETH_ALEN, false, idr_read, idr_write },
    { RTL_MAR0, 1, 8, false, mar_read, mar_write },
    { RTL_TSD0, 4, 4, false, tsd_read, tsd_write },
    { RTL_TSAD0, 4, 4, false, tsad_read, tsad_write },
    { RTL_RBSTART, 4, 1, false, rbstart_read, rbstart_write },
    { RTL_CR, 1, 1, false, cr_read, cr_write },
    { RTL_CAPR, 2, 1, false, capr_read, capr_write },
    { RTL_CBR, 2, 1, false, cbr_read, NULL },
    { RTL_IMR, 2, 1, false, imr_read, imr_write },
    { RTL_ISR, 2, 1, true, isr_read, isr_write },
    { RTL_TCR, 4, 1, false, tcr_read, tcr_write },
    { RTL_RCR, 4, 1, false, rcr_read, rcr_write },
    { RTL_TCTR, 4, 1, false, tctr_read, tctr_write },
    { RTL_MPC, 4, 1, false, mpc_read, mpc_write },
    { RTL_9346CR, 1, 1, false, cfg9346_read, cfg9346_write },
    { RTL_CONFIG0, 1, 2, false, config_read, config_write },
    { RTL_TIMERINT, 4, 1, false, timer_int_read, timer_int_write },
    { RTL_MSR, 1, 1, false, msr_read, msr_write },
    { RTL_CONFIG3, 1, 2, false, config_read, config_write },
    { RTL_MULINT, 2, 1, false, mulint_read, mulint_write },
    { RTL_RERID, 1, 1, false, rerid_read, NULL },
    { RTL_TSAD, 2, 1, false, tsad_summary_read, NULL },
    { RTL_BMCR, 2, (RTL_CSCR - RTL_BMCR) / 2 + 1, false, rtl8139_phy_read,
      rtl8139_phy_write },
    { RTL_PHY1_PARM, 4, 2, false, phy_parm_read, phy_parm_write },
    { RTL_PHY2_PARM, 1, 1, false, phy_parm_read, phy_parm_write },
    { RTL_TXDMAOK, 2, 1, false, tx_dma_ok_read, NULL },
    { RTL_CRC0, 1, RTL_WAKE_END - RTL_CRC0, false, wake_read, wake_write },
    { RTL_CONFIG5, 1, 1, false, config_read, config_write },
    { RTL_TPPOLL, 1, 1, true, tppoll_read, tppoll_write },
    { RTL_CPCR, 2, 1, false, cpcr_read, cpcr_write },
    { RTL_INTRMITIGATE, 2, 1, false, mitigate_read, mitigate_write },
    { RTL_RDSAR, 4, 2, false, rdsar_read, rdsar_write },
    { RTL_MAXTX, 1, 1, false, max_tx_read, max_tx_write },
};

/* For each byte of the BAR the register it is in, or NULL. */
static const Reg *reg_of[RTL_BAR_BYTES];

void rtl8139_regs_init(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(regs); i++) {
        for (unsigned b = 0; b < regs[i].bytes * regs[i].count; b++) {
            reg_of[regs[i].at + b] = &regs[i];
        }
    }
}

/* The part of an access that falls into one register. */
typedef struct Part {
    const Reg *reg;
    unsigned at;                /* where the register begins */
    unsigned shift;             /* bits of it in front of the part */
    unsigned bytes;
} Part;

static Part part_at(unsigned addr, unsigned left)
{
    Part p = { .bytes = 1 };

    if (addr < RTL_BAR_BYTES && reg_of[addr]) {
        unsigned skip = (addr - reg_of[addr]->at) % reg_of[addr]->bytes;

        p.reg = reg_of[addr];
        p.at = addr - skip;
        p.shift = 8 * skip;
        p.bytes = MIN(left, p.reg->bytes - skip);
    }
    return p;
}

static uint64_t rtl8139_read(void *opaque, hwaddr addr, unsigned size)
{
    RTL8139State *s = opaque;
    uint32_t value = 0;

    for (unsigned done = 0; done < size; ) {
        Part p = part_at(addr + done, size - done);

        if (p.reg && p.reg->read) {
            value = deposit32(value, 8 * done, 8 * p.bytes,
                              p.reg->read(s, p.at) >> p.shift);
        }
        done += p.bytes;
    }
    trace_rtl8139_read(s, addr, size, value);
    return value;
}

static void rtl8139_write(void *opaque, hwaddr addr, uint64_t data,
                          unsigned size)
{
    RTL8139State *s = opaque;

    trace_rtl8139_write(s, addr, size, data);
    for (unsigned done = 0; done < size; ) {
        Part p = part_at(addr + done, size - done);

        if (p.reg && p.reg->write) {
            bool all = p.bytes == p.reg->bytes;
            uint32_t value = all || p.reg->ones_act || !p.reg->read ? 0 :
                             p.reg->read(s, p.at);

            value = deposit32(value, p.shift, 8 * p.bytes,
                              data >> (8 * done));
            p.reg->write(s, p.at, value);
        }
        done += p.bytes;
    }
}

const MemoryRegionOps rtl8139_ops = {
    .read = rtl8139_read,
    .write = rtl8139_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
};
