/*
 * RTL8139C+: registers, state, and what its files offer each other.
 *
 *   rtl8139.c         type, properties, realize, resets, state in a stream
 *   rtl8139-regs.c    the register file: a table of registers, accesses to it
 *   rtl8139-phy.c     the transceiver's registers and the link
 *   rtl8139-eeprom.c  the serial EEPROM
 *   rtl8139-intr.c    interrupt status and mask, mitigation, the timer
 *   rtl8139-tx.c      four transmit descriptors (C mode); the way out of frames
 *   rtl8139-cplus.c   transmit rings of C+ mode and their offloads; statistics
 *   rtl8139-rx.c      filter, receive ring (C mode), receive descriptors (C+)
 *
 * All run in the main loop or in a vCPU's access, with the big lock held, inside
 * the device's re-entrancy guard.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_NET_RTL8139_INTERNAL_H
#define HW_NET_RTL8139_INTERNAL_H

#include "hw/pci/pci_device.h"
#include "net/eth.h"
#include "net/net.h"
#include "qemu/timer.h"

#define TYPE_RTL8139 "rtl8139"
OBJECT_DECLARE_SIMPLE_TYPE(RTL8139State, RTL8139)

#define RTL_BAR_BYTES       0x100
#define RTL_CLOCK_MHZ       33
#define RTL_TX_DESCS        4       /* of C mode */
#define RTL_RING_DESCS      64      /* the most that a C+ ring may have */
#define RTL_FCS_BYTES       4
/* 13 bits of length, the checksum in it. */
#define RTL_RX_FRAME_MAX    (0x1fff - RTL_FCS_BYTES)
#define RTL_TX_FRAME_MAX    (65536 + ETH_HLEN + ETH_VLAN_HLEN)
#define RTL_EEPROM_WORDS    128

enum {
    RTL_IDR0 = 0x00, RTL_MAR0 = 0x08, RTL_TSD0 = 0x10, RTL_DTCCR = 0x10,
    RTL_TSAD0 = 0x20, RTL_TNPDS = 0x20, RTL_THPDS = 0x28, RTL_RBSTART = 0x30,
    RTL_CR = 0x37, RTL_CAPR = 0x38,
    RTL_CBR = 0x3a, RTL_IMR = 0x3c, RTL_ISR = 0x3e, RTL_TCR = 0x40,
    RTL_RCR = 0x44, RTL_TCTR = 0x48, RTL_MPC = 0x4c, RTL_9346CR = 0x50,
    RTL_CONFIG0 = 0x51, RTL_CONFIG1 = 0x52, RTL_TIMERINT = 0x54,
    RTL_MSR = 0x58, RTL_CONFIG3 = 0x59, RTL_CONFIG4 = 0x5a, RTL_MULINT = 0x5c,
    RTL_RERID = 0x5e, RTL_TSAD = 0x60, RTL_BMCR = 0x62, RTL_BMSR = 0x64,
    RTL_ANAR = 0x66, RTL_ANLPAR = 0x68, RTL_ANER = 0x6a, RTL_DIS = 0x6c,
    RTL_FCSC = 0x6e, RTL_NWAYTR = 0x70, RTL_REC = 0x72, RTL_CSCR = 0x74,
    RTL_PHY1_PARM = 0x78, RTL_TW_PARM = 0x7c, RTL_PHY2_PARM = 0x80,
    RTL_TXDMAOK = 0x82, RTL_CRC0 = 0x84, RTL_WAKE_END = 0xd4,
    RTL_FLASH = 0xd4, RTL_CONFIG5 = 0xd8, RTL_TPPOLL = 0xd9, RTL_CPCR = 0xe0,
    RTL_INTRMITIGATE = 0xe2, RTL_RDSAR = 0xe4, RTL_MAXTX = 0xec,
};

enum { CR_BUFE = 0x01, CR_TE = 0x04, CR_RE = 0x08, CR_RST = 0x10 };

enum {
    ISR_ROK = 0x0001, ISR_RER = 0x0002, ISR_TOK = 0x0004, ISR_TER = 0x0008,
    ISR_RXOVW = 0x0010,         /* C mode: ring full; C+: no descriptor */
    ISR_LINKCHG = 0x0020, ISR_FOVW = 0x0040, ISR_TDU = 0x0080,
    ISR_SWINT = 0x0100, ISR_LENCHG = 0x2000, ISR_TIMEOUT = 0x4000,
    ISR_SERR = 0x8000, ISR_ALL = 0xe1ff,
};

enum {
    TSD_SIZE = 0x1fff, TSD_OWN = 1 << 13, TSD_TUN = 1 << 14, TSD_TOK = 1 << 15,
    TSD_ERTXTH = 0x3f << 16, TSD_TABT = 1 << 30,
};

enum {
    TCR_LOOPBACK = 3 << 17, TCR_WRITABLE = 0x030f07f0,
    TCR_VERSION_CPLUS = 0x74800000,
};

enum {
    RCR_AAP = 0x01, RCR_APM = 0x02, RCR_AM = 0x04, RCR_AB = 0x08, RCR_AR = 0x10,
    RCR_AER = 0x20, RCR_9356SEL = 0x40, RCR_WRAP = 0x80,
    RCR_RBLEN_SHIFT = 11, RCR_WRITABLE = 0x0f03ffbf,
};

enum {
    CFG9346_EEDO = 0x01, CFG9346_EEDI = 0x02, CFG9346_EESK = 0x04,
    CFG9346_EECS = 0x08, CFG9346_MODE = 0xc0,
    CFG9346_AUTOLOAD = 0x40, CFG9346_PROGRAM = 0x80, CFG9346_UNLOCK = 0xc0,
};

enum {
    CPCR_TX = 0x01, CPCR_RX = 0x02, CPCR_MULRW = 0x08, CPCR_DAC = 0x10,
    CPCR_RXCHKSUM = 0x20, CPCR_RXVLAN = 0x40, CPCR_WRITABLE = 0x7b,
};

enum { TPPOLL_SWINT = 0x01, TPPOLL_NPQ = 0x40, TPPOLL_HPQ = 0x80 };

/* A 93C46 or 93C56: 16-bit words behind three wires (rtl8139-eeprom.c). */
typedef struct RTLEeprom {
    uint16_t words[RTL_EEPROM_WORDS];
    uint8_t address_bits;       /* 6 or 8, by type */
    bool selected, clock, data_in, data_out;
    bool writable;              /* after EWEN */
    uint8_t phase;
    uint8_t bits;               /* taken or given in this phase */
    uint8_t opcode;
    uint8_t address;
    uint16_t shift;
} RTLEeprom;

/* What DTCCR dumps. */
typedef struct RTLStats {
    uint64_t tx_ok, rx_ok, tx_err, rx_ok_phy, rx_ok_broadcast;
    uint32_t rx_err, rx_ok_multicast;
    uint16_t missed, tx_aborted;
} RTLStats;

/* What a direction counted since the device was made; rtl8139-stats.c. */
typedef struct RTLCounters {
    uint64_t packets, bytes;
    uint64_t kicks;             /* register writes that started it */
    uint64_t interrupts;        /* times that it raised the line */
    uint64_t filtered;
    uint64_t drop_short, drop_long, drop_off, drop_no_room, drop_bad;
} RTLCounters;

/* Interrupts of one direction that are held back for a while. */
typedef struct RTLMitigation {
    QEMUTimer timer;
    uint16_t held;              /* bits on their way to ISR */
    uint8_t frames;             /* that they stand for */
} RTLMitigation;

struct RTL8139State {
    PCIDevice parent_obj;
    MemoryRegion bar_io, bar_mem;
    NICState *nic;
    NICConf conf;
    bool eeprom_9356;           /* property */

    /* rtl8139-regs.c */
    uint8_t idr[ETH_ALEN];
    uint8_t mar[8];
    uint8_t cr;
    uint32_t tcr, rcr;
    uint8_t cfg9346;
    uint8_t config[6];          /* CONFIG0..5; 2 does not exist */
    uint8_t msr;                /* flow control, as the driver wants it */
    uint16_t cpcr;
    uint16_t mulint;
    uint8_t max_tx;
    uint32_t mpc;
    uint8_t wake[RTL_WAKE_END - RTL_CRC0];  /* CRCs, patterns: only kept */

    /* rtl8139-phy.c */
    uint16_t bmcr, anar, nwaytr, cscr;
    uint16_t disconnects;
    bool link_up;
    bool link_lost;             /* BMSR tells of it once */
    uint32_t phy1_parm, tw_parm;
    uint8_t phy2_parm;

    RTLEeprom eeprom;

    /* rtl8139-intr.c */
    uint16_t imr, isr;
    uint16_t mitigate;
    RTLMitigation rx_mitigation, tx_mitigation;
    int64_t tctr_start;         /* virtual time of its zero, ns */
    uint32_t timer_int;
    QEMUTimer timer;

    /* rtl8139-tx.c, rtl8139-cplus.c */
    QEMUBH *tx_bh;
    uint8_t *tx_frame;          /* room for a VLAN tag in front of a frame */
    uint32_t tx_waiting;        /* frames that the backend has not taken */
    uint32_t tsd[RTL_TX_DESCS];
    uint32_t tsad[RTL_TX_DESCS];
    uint8_t tx_desc;            /* the next to be sent */
    uint64_t tx_ring[2];        /* addresses: high priority, normal */
    uint8_t tx_ring_at[2];
    uint8_t tppoll;             /* rings to be looked at */
    uint16_t tx_dma_ok;
    uint32_t dtccr[2];

    /* rtl8139-rx.c */
    uint32_t rbstart;
    uint16_t capr, cbr;
    uint64_t rx_ring;
    uint8_t rx_ring_at;
    uint8_t rx_frame[RTL_RX_FRAME_MAX + 16];    /* header, checksum */
    bool rx_waiting;            /* a frame waits for room */
    bool rx_overflown;          /* it has waited too long */
    QEMUTimer rx_timer;

    RTLStats stats;
    RTLCounters rx_count, tx_count;
};

struct json_object *rtl8139_query_stats(NetClientState *nc);

/* A descriptor of the C+ rings, in host byte order. */
typedef struct RTLDesc {
    uint32_t status, vlan;
    uint64_t addr;
} RTLDesc;

enum { DESC_OWN = 1u << 31, DESC_EOR = 1u << 30, DESC_FS = 1u << 29,
       DESC_LS = 1u << 28 };
#define RTL_DESC_BYTES 16

/* rtl8139-regs.c */
extern const MemoryRegionOps rtl8139_ops;
void rtl8139_regs_init(void);

/* rtl8139.c: what CR.RST does. */
void rtl8139_soft_reset(RTL8139State *s);
/* The station's address and CONFIG from the EEPROM. */
void rtl8139_autoload(RTL8139State *s);
/* Is the function in power state D0? */
bool rtl8139_powered(RTL8139State *s);

/* rtl8139-phy.c; the 16-bit registers from BMCR to CSCR. */
void rtl8139_phy_reset(RTL8139State *s);
uint32_t rtl8139_phy_read(RTL8139State *s, unsigned reg);
void rtl8139_phy_write(RTL8139State *s, unsigned reg, uint32_t value);
bool rtl8139_phy_speed_10(const RTL8139State *s);
void rtl8139_link_changed(NetClientState *nc);

/* rtl8139-eeprom.c */
void rtl8139_eeprom_init(RTLEeprom *e, bool is_9356, const uint8_t *mac,
                         uint16_t subsystem_vendor, uint16_t subsystem);
/* 9346CR in programming mode: the level of the three wires; then EEDO. */
void rtl8139_eeprom_wires(RTLEeprom *e, bool select, bool clock, bool data_in);
void rtl8139_eeprom_get_mac(const RTLEeprom *e, uint8_t *mac);
uint8_t rtl8139_eeprom_get_config(const RTLEeprom *e, unsigned number);
bool rtl8139_eeprom_state_valid(const RTLEeprom *e);
extern const VMStateDescription vmstate_rtl8139_eeprom;

/* rtl8139-intr.c */
void rtl8139_intr_init(RTL8139State *s);
void rtl8139_intr_exit(RTL8139State *s);
void rtl8139_intr_reset(RTL8139State *s);
/* Set bits of ISR now, or (frames done: ROK, TOK) after the mitigation's time. */
void rtl8139_raise(RTL8139State *s, uint16_t bits);
void rtl8139_frame_received(RTL8139State *s);
void rtl8139_frame_sent(RTL8139State *s);
void rtl8139_update_irq(RTL8139State *s);
void rtl8139_set_mitigation(RTL8139State *s, uint16_t value);
uint32_t rtl8139_tctr(RTL8139State *s);
void rtl8139_tctr_restart(RTL8139State *s);
void rtl8139_timer_arm(RTL8139State *s);

/* rtl8139-tx.c */
void rtl8139_tx_init(RTL8139State *s);
void rtl8139_tx_exit(RTL8139State *s);
void rtl8139_tx_reset(RTL8139State *s);
/* Something may be to be sent: look soon. */
void rtl8139_tx_kick(RTL8139State *s);
void rtl8139_vm_changed(NetClientState *nc, bool running);
uint16_t rtl8139_tsad_summary(RTL8139State *s);
/* Out, or round to the receiver in loopback mode; padded to 60 bytes. */
void rtl8139_send(RTL8139State *s, const struct iovec *iov, unsigned iovcnt,
                  size_t size);

/* rtl8139-cplus.c */
void rtl8139_cplus_transmit(RTL8139State *s);
void rtl8139_dump_statistics(RTL8139State *s);
/* Descriptor @at of the ring; false, with SERR raised, if it cannot be read. */
bool rtl8139_desc_read(RTL8139State *s, uint64_t ring, unsigned at,
                       RTLDesc *desc);
bool rtl8139_desc_write(RTL8139State *s, uint64_t ring, unsigned at,
                        const RTLDesc *desc);
/* Behind @at, which had this status. */
unsigned rtl8139_desc_next(unsigned at, uint32_t status);

/* rtl8139-rx.c */
bool rtl8139_can_receive(NetClientState *nc);
ssize_t rtl8139_receive(NetClientState *nc, const uint8_t *buf, size_t size);
/* A frame of our own in loopback mode: taken or dropped, never kept. */
void rtl8139_loop_back(RTL8139State *s, const uint8_t *buf, size_t size);
/* The guest has done what may have made room. */
void rtl8139_rx_room(RTL8139State *s);
void rtl8139_rx_restart(RTL8139State *s);
bool rtl8139_rx_ring_empty(const RTL8139State *s);
void rtl8139_rx_init(RTL8139State *s);
void rtl8139_rx_exit(RTL8139State *s);
void rtl8139_rx_reset(RTL8139State *s);
uint32_t rtl8139_rx_ring_bytes(const RTL8139State *s);

static inline bool rtl8139_loopback(const RTL8139State *s)
{
    return s->tcr & TCR_LOOPBACK;
}

/* Addresses of descriptors and buffers have 32 bits unless told otherwise. */
static inline uint64_t rtl8139_dma_addr(const RTL8139State *s, uint64_t addr)
{
    return s->cpcr & CPCR_DAC ? addr : (uint32_t)addr;
}

#endif
