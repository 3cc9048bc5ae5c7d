/*
 * A driver for the RTL8139C+, for tests: registers, EEPROM, both ways of sending
 * and receiving, and the other end of the wire.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LIBQOS_RTL8139_H
#define LIBQOS_RTL8139_H

#include "nodes.h"

enum {
    R_IDR0 = 0x00, R_MAR0 = 0x08, R_TSD0 = 0x10, R_DTCCR = 0x10, R_TSAD0 = 0x20,
    R_TNPDS = 0x20, R_THPDS = 0x28, R_RBSTART = 0x30, R_CR = 0x37,
    R_CAPR = 0x38, R_CBR = 0x3a, R_IMR = 0x3c, R_ISR = 0x3e, R_TCR = 0x40,
    R_RCR = 0x44, R_TCTR = 0x48, R_MPC = 0x4c, R_9346CR = 0x50,
    R_CONFIG0 = 0x51, R_CONFIG1 = 0x52, R_TIMERINT = 0x54, R_MSR = 0x58,
    R_CONFIG3 = 0x59, R_CONFIG4 = 0x5a, R_MULINT = 0x5c, R_RERID = 0x5e,
    R_TSAD = 0x60, R_BMCR = 0x62, R_BMSR = 0x64, R_ANAR = 0x66, R_ANLPAR = 0x68,
    R_ANER = 0x6a, R_DIS = 0x6c, R_CSCR = 0x74, R_TXDMAOK = 0x82,
    R_CONFIG5 = 0xd8, R_TPPOLL = 0xd9, R_CPCR = 0xe0, R_MITIGATE = 0xe2,
    R_RDSAR = 0xe4, R_MAXTX = 0xec,
};

enum { I_ROK = 1, I_RER = 2, I_TOK = 4, I_TER = 8, I_RDU = 0x10, I_LINK = 0x20,
       I_FOVW = 0x40, I_TDU = 0x80, I_SW = 0x100, I_TIMEOUT = 0x4000,
       I_SERR = 0x8000 };
enum { C_BUFE = 1, C_TE = 4, C_RE = 8, C_RST = 16 };
/* Own address, groups, broadcast. */
enum { RX_USUAL = 0x0e, RX_ALL_PHYS = 0x01, RX_WRAP = 0x80 };
enum { T_OWN = 1 << 13, T_TOK = 1 << 15, T_TABT = 1 << 30 };
#define TCR_LOOPED  (3u << 17)
enum { CP_TX = 1, CP_RX = 2, CP_DAC = 0x10, CP_RXCHKSUM = 0x20,
       CP_RXVLAN = 0x40 };
#define D_OWN   (1u << 31)
#define D_EOR   (1u << 30)
#define D_FS    (1u << 29)
#define D_LS    (1u << 28)
#define D_LGSEN (1u << 27)
#define D_TES   (1u << 23)
enum { D_IPCS = 1 << 18, D_UDPCS = 1 << 17, D_TCPCS = 1 << 16,
       D_TAGC = 1 << 17 };
enum { POLL_NPQ = 0x40, POLL_HPQ = 0x80 };

#define QRTL_RX_BYTES   8192    /* of C mode's ring */
#define QRTL_DESCS      16      /* in our C+ rings */
#define QRTL_BUF_BYTES  2048

typedef struct QRtl8139 {
    QTestState *qts;
    QPCIDevice *pci;
    QGuestAllocator *alloc;
    QPCIBar io, mem;
    int host_fd, guest_fd;      /* the wire, see qrtl_before() */
    uint64_t tx_buf, rx_buf;    /* C mode: 4 frames; the ring */
    uint64_t tx_ring, hi_ring, rx_ring, buffers;
    unsigned tx_at, hi_at, rx_at;
} QRtl8139;

/* For QOSTestOpts: a socket whose other end the test holds. */
char *qrtl_before(void **data);
void qrtl_after(void *data);
/* The first line of a test: the driver, with the wire that qrtl_before() made. */
QRtl8139 *qrtl_take(void *driver, void *data);

uint32_t qrtl_read(QRtl8139 *d, unsigned reg, unsigned size);
void qrtl_write(QRtl8139 *d, unsigned reg, uint32_t value, unsigned size);
void qrtl_reset(QRtl8139 *d);
/* Wait for all of these bits of ISR; then clear them. */
void qrtl_wait(QRtl8139 *d, uint16_t bits);
/* The interrupt line. */
bool qrtl_irq(QRtl8139 *d);

/* Shift an instruction of the EEPROM in; words come and go by their address. */
void qrtl_eeprom_begin(QRtl8139 *d, unsigned bits, unsigned count);
uint16_t qrtl_eeprom_word(QRtl8139 *d);
void qrtl_eeprom_end(QRtl8139 *d);
uint16_t qrtl_eeprom_read(QRtl8139 *d, unsigned word, unsigned address_bits);

/* Reset, then C mode: rings, own address and groups accepted, all enabled. */
void qrtl_start_c(QRtl8139 *d, uint32_t rcr);
/* The same in C+ mode; all receive descriptors belong to the device. */
void qrtl_start_cplus(QRtl8139 *d, uint16_t cpcr);
/* Put a frame into descriptor @n of C mode. */
void qrtl_send_c(QRtl8139 *d, unsigned n, const void *frame, size_t size);
/* One descriptor of a C+ ring, raw. */
void qrtl_desc_set(QRtl8139 *d, uint64_t ring, unsigned at, uint32_t status,
                   uint32_t vlan, uint64_t addr);
uint32_t qrtl_desc_status(QRtl8139 *d, uint64_t ring, unsigned at);
uint32_t qrtl_desc_vlan(QRtl8139 *d, uint64_t ring, unsigned at);
/* A frame in one descriptor of the normal ring, and the device told. */
void qrtl_send_cplus(QRtl8139 *d, const void *frame, size_t size,
                     uint32_t flags, uint32_t vlan);
/* The next received one: its status, its bytes without the checksum at *frame. */
uint32_t qrtl_receive_cplus(QRtl8139 *d, void *frame, size_t *size);
/* Give all receive descriptors (back) to the device. */
void qrtl_post_all(QRtl8139 *d);

/* --- the wire --- */

void qrtl_host_send(QRtl8139 *d, const void *frame, size_t size);
/* The next frame, or -1 after @wait_ms. */
ssize_t qrtl_host_receive(QRtl8139 *d, void *frame, size_t size, int wait_ms);
void qrtl_host_expect(QRtl8139 *d, const void *frame, size_t size);
/* To the card's own address, bytes that depend on @number. */
void qrtl_make_frame(uint8_t *frame, size_t size, unsigned number);
/* IPv4 with TCP or UDP, checksums right; @size of all. Returns where data is. */
unsigned qrtl_make_ip(uint8_t *frame, size_t size, uint8_t protocol);
uint16_t qrtl_checksum(uint32_t sum, const uint8_t *p, size_t size);
/* Of the TCP or UDP part of a frame of qrtl_make_ip(): 0 if it is right. */
uint16_t qrtl_l4_check(const uint8_t *frame, size_t size);

#endif
