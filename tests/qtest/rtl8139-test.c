/*
 * RTL8139C+: registers, EEPROM, time, power, and the chip's C mode. The C+ mode is
 * in rtl8139-cplus-test.c, hostile guests are in rtl8139-attack-test.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <zlib.h>
#include "libqos/rtl8139.h"
#include "qemu/bswap.h"

#define TEST(name) \
    static void name(void *driver, QTestState *qts, const char *variant, \
                     void *data)

static const uint8_t own_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

/* --- what it is --- */

TEST(identity)
{
    QRtl8139 *d = driver;
    uint8_t pm = qpci_find_capability(d->pci, PCI_CAP_ID_PM, 0);

    g_assert_cmphex(qpci_config_readl(d->pci, PCI_VENDOR_ID), ==, 0x813910ec);
    g_assert_cmphex(qpci_config_readl(d->pci, PCI_CLASS_REVISION), ==,
                    0x02000020);
    g_assert_cmphex(qpci_config_readb(d->pci, PCI_INTERRUPT_PIN), ==, 1);
    g_assert_cmphex(pm, ==, 0x50);
    g_assert_cmphex(qpci_config_readw(d->pci, pm + PCI_PM_PMC), ==, 0xf7c2);
    g_assert_cmphex(qrtl_read(d, R_TCR, 4) & 0x7cc00000, ==, 0x74800000);
    for (unsigned i = 0; i < 6; i++) {
        g_assert_cmphex(qrtl_read(d, R_IDR0 + i, 1), ==, own_mac[i]);
    }
}

TEST(both_bars_are_the_same_registers)
{
    QRtl8139 *d = driver;

    g_assert_cmphex(qpci_bar_size(d->pci, 0), ==, 0x100);
    g_assert_cmphex(qpci_bar_size(d->pci, 1), ==, 0x100);
    g_assert_true(d->io.is_io);
    g_assert_false(d->mem.is_io);
    qpci_io_write(d->pci, d->io, R_RBSTART, 0x12345678, 4);
    g_assert_cmphex(qrtl_read(d, R_RBSTART, 4), ==, 0x12345678);
    qrtl_write(d, R_RBSTART, 0x87654321, 4);
    g_assert_cmphex(qpci_io_read(d->pci, d->io, R_RBSTART, 4), ==, 0x87654321);
}

TEST(any_width_anywhere)
{
    QRtl8139 *d = driver;

    qrtl_write(d, R_RBSTART, 0x44332211, 4);
    g_assert_cmphex(qrtl_read(d, R_RBSTART, 2), ==, 0x2211);
    g_assert_cmphex(qrtl_read(d, R_RBSTART + 3, 1), ==, 0x44);
    g_assert_cmphex(qrtl_read(d, R_RBSTART + 1, 2), ==, 0x3322);
    qrtl_write(d, R_RBSTART + 1, 0xbbaa, 2);
    g_assert_cmphex(qrtl_read(d, R_RBSTART, 4), ==, 0x44bbaa11);
    /* CR, CAPR and half of CBR in one; the registers beside stay. */
    g_assert_cmphex(qrtl_read(d, R_CR, 4), ==, 0x00fff001);
    /* IMR and ISR together. */
    qrtl_write(d, R_IMR, 0x0000a1ff, 4);
    g_assert_cmphex(qrtl_read(d, R_IMR, 4), ==, 0x0000a1ff);
    /* At the end, and beyond it in part. */
    g_assert_cmphex(qrtl_read(d, 0xfc, 4), ==, 0);
    qrtl_write(d, 0xff, 0xff, 1);
    /* The address filter a byte at a time. */
    qrtl_write(d, R_MAR0 + 5, 0x5a, 1);
    g_assert_cmphex(qrtl_read(d, R_MAR0 + 4, 4), ==, 0x00005a00);
}

TEST(configuration_is_locked)
{
    QRtl8139 *d = driver;
    uint8_t config1 = qrtl_read(d, R_CONFIG1, 1);

    qrtl_write(d, R_CONFIG1, 0xff, 1);
    g_assert_cmphex(qrtl_read(d, R_CONFIG1, 1), ==, config1);
    qrtl_write(d, R_BMCR, 0, 2);
    g_assert_cmphex(qrtl_read(d, R_BMCR, 2), ==, 0x3100);
    qrtl_write(d, R_9346CR, 0xc0, 1);
    qrtl_write(d, R_CONFIG1, 0x21, 1);
    g_assert_cmphex(qrtl_read(d, R_CONFIG1, 1), ==, 0x2d);
    qrtl_write(d, R_CONFIG3, 0xff, 1);
    g_assert_cmphex(qrtl_read(d, R_CONFIG3, 1), ==, 0x71);
    qrtl_write(d, R_BMCR, 0, 2);
    g_assert_cmphex(qrtl_read(d, R_BMCR, 2), ==, 0);
    g_assert_cmphex(qrtl_read(d, R_MSR, 1) & 0x08, ==, 0x08);
    qrtl_write(d, R_9346CR, 0, 1);
    /* CONFIG5 is not locked. */
    qrtl_write(d, R_CONFIG5, 0x41, 1);
    g_assert_cmphex(qrtl_read(d, R_CONFIG5, 1), ==, 0x41);
}

TEST(reset_leaves_the_address)
{
    QRtl8139 *d = qrtl_take(driver, data);

    qrtl_start_c(d, RX_USUAL);
    qrtl_write(d, R_IDR0, 0x11, 1);
    qrtl_write(d, R_TIMERINT, 5, 4);
    qrtl_write(d, R_MITIGATE, 0x1111, 2);
    qrtl_reset(d);
    g_assert_cmphex(qrtl_read(d, R_IDR0, 1), ==, 0x11);
    g_assert_cmphex(qrtl_read(d, R_RBSTART, 4), ==, 0);
    g_assert_cmphex(qrtl_read(d, R_IMR, 4), ==, 0);
    g_assert_cmphex(qrtl_read(d, R_RCR, 4), ==, 0);
    g_assert_cmphex(qrtl_read(d, R_TIMERINT, 4), ==, 0);
    g_assert_cmphex(qrtl_read(d, R_MITIGATE, 2), ==, 0);
    g_assert_cmphex(qrtl_read(d, R_CAPR, 2), ==, 0xfff0);
    g_assert_cmphex(qrtl_read(d, R_TSD0, 4), ==, T_OWN);
    /* A reset of the machine takes the address from the EEPROM. */
    qtest_qmp_ok(qts, "{'execute': 'system_reset'}");
    json_object_put(qtest_event(qts, "RESET"));
    qpci_bus_setup(d->pci->bus);
    qpci_config_writel(d->pci, PCI_BASE_ADDRESS_1, d->mem.addr);
    qpci_device_enable(d->pci);
    g_assert_cmphex(qrtl_read(d, R_IDR0, 1), ==, 0x52);
}

/* --- EEPROM --- */

static void check_eeprom(QRtl8139 *d, unsigned bits)
{
    g_assert_cmphex(qrtl_eeprom_read(d, 0, bits), ==, 0x8129);
    g_assert_cmphex(qrtl_eeprom_read(d, 1, bits), ==, 0x10ec);
    g_assert_cmphex(qrtl_eeprom_read(d, 2, bits), ==, 0x8139);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmphex(qrtl_eeprom_read(d, 7 + i, bits), ==,
                        own_mac[2 * i] | own_mac[2 * i + 1] << 8);
    }
    /* Word after word in one go. */
    qrtl_eeprom_begin(d, 6 << bits | 1, 3 + bits);
    g_assert_cmphex(qrtl_eeprom_word(d), ==, 0x10ec);
    g_assert_cmphex(qrtl_eeprom_word(d), ==, 0x8139);
    qrtl_eeprom_end(d);
}

TEST(eeprom_has_the_address)
{
    QRtl8139 *d = driver;

    check_eeprom(d, 6);
    /* How drivers tell the types apart: 8 bits of address do not read this. */
    g_assert_cmphex(qrtl_eeprom_read(d, 0, 8), !=, 0x8129);
    g_assert_cmphex(qrtl_read(d, R_RCR, 4) & 0x40, ==, 0);
}

TEST(eeprom_9356_has_the_address)
{
    QRtl8139 *d = driver;

    check_eeprom(d, 8);
    g_assert_cmphex(qrtl_read(d, R_RCR, 4) & 0x40, ==, 0x40);
}

static void eeprom_write(QRtl8139 *d, unsigned word, uint16_t value)
{
    qrtl_eeprom_begin(d, (5 << 6 | word) << 16 | value, 25);
    qrtl_eeprom_end(d);
}

TEST(eeprom_is_written_when_enabled)
{
    QRtl8139 *d = driver;

    eeprom_write(d, 7, 0xaa02);
    g_assert_cmphex(qrtl_eeprom_read(d, 7, 6), ==, 0x5452);
    qrtl_eeprom_begin(d, 0x4 << 6 | 0x30, 9);           /* EWEN */
    qrtl_eeprom_end(d);
    eeprom_write(d, 7, 0xaa02);
    g_assert_cmphex(qrtl_eeprom_read(d, 7, 6), ==, 0xaa02);
    qrtl_eeprom_begin(d, 0x7 << 6 | 40, 9);             /* ERASE */
    qrtl_eeprom_end(d);
    g_assert_cmphex(qrtl_eeprom_read(d, 40, 6), ==, 0xffff);
    qrtl_eeprom_begin(d, 0x4 << 6 | 0x00, 9);           /* EWDS */
    qrtl_eeprom_end(d);
    eeprom_write(d, 7, 0);
    g_assert_cmphex(qrtl_eeprom_read(d, 7, 6), ==, 0xaa02);
    g_assert_cmphex(qrtl_read(d, R_IDR0, 1), ==, 0x52);
    qrtl_write(d, R_9346CR, 0x40, 1);                   /* load */
    g_assert_cmphex(qrtl_read(d, R_IDR0, 2), ==, 0xaa02);
    g_assert_cmphex(qrtl_read(d, R_9346CR, 1), ==, 0);
}

/* --- interrupts and time --- */

TEST(line_follows_status_and_mask)
{
    QRtl8139 *d = driver;

    qrtl_write(d, R_TPPOLL, 1, 1);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_SW);
    g_assert_false(qrtl_irq(d));
    qrtl_write(d, R_IMR, I_SW, 2);
    g_assert_true(qrtl_irq(d));
    qrtl_write(d, R_ISR, (uint16_t)~I_SW, 2);
    g_assert_true(qrtl_irq(d));
    qrtl_write(d, R_ISR + 1, I_SW >> 8, 1);
    g_assert_false(qrtl_irq(d));
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
}

TEST(timer_counts_33_mhz)
{
    QRtl8139 *d = driver;

    qrtl_write(d, R_TCTR, 0xffffffff, 4);
    g_assert_cmpuint(qrtl_read(d, R_TCTR, 4), ==, 0);
    qtest_clock_step(qts, 1000000);
    g_assert_cmpuint(qrtl_read(d, R_TCTR, 4), ==, 33000);
    qtest_clock_step(qts, 1000000000);
    g_assert_cmpuint(qrtl_read(d, R_TCTR, 4), ==, 33033000);
    qrtl_write(d, R_TCTR, 0, 4);
    g_assert_cmpuint(qrtl_read(d, R_TCTR, 4), ==, 0);
}

TEST(timer_interrupts_when_reached)
{
    QRtl8139 *d = driver;

    qrtl_write(d, R_IMR, I_TIMEOUT, 2);
    qrtl_write(d, R_TCTR, 0, 4);
    qtest_clock_step(qts, 10000000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
    qrtl_write(d, R_TIMERINT, 33000000, 4);             /* 1 s */
    qtest_clock_step(qts, 989999900);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
    qtest_clock_step(qts, 200);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_TIMEOUT);
    g_assert_true(qrtl_irq(d));
    qrtl_write(d, R_ISR, I_TIMEOUT, 2);
    qtest_clock_step(qts, 2000000000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
    /* Once round the 32 bits of the counter: 130 s. */
    qtest_clock_step(qts, 129000000000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_TIMEOUT);
    qrtl_write(d, R_ISR, I_TIMEOUT, 2);
    qrtl_write(d, R_TIMERINT, 0, 4);
    qtest_clock_step(qts, 200000000000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
}

/* --- power --- */

static void set_power(QRtl8139 *d, uint8_t state)
{
    qpci_config_writew(d->pci, 0x50 + PCI_PM_CTRL, state);
    g_assert_cmphex(qpci_config_readw(d->pci, 0x50 + PCI_PM_CTRL) & 3, ==,
                    state);
}

TEST(sleeping_card_hears_nothing)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100];

    qrtl_make_frame(frame, sizeof(frame), 1);
    qrtl_start_c(d, RX_USUAL);
    set_power(d, 1);
    qrtl_host_send(d, frame, sizeof(frame));
    qrtl_send_c(d, 0, frame, sizeof(frame));
    g_usleep(20000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
    set_power(d, 0);
    qrtl_wait(d, I_TOK);
    qrtl_host_expect(d, frame, sizeof(frame));
    /* Out of D3 it comes as from a reset. */
    qrtl_write(d, R_IDR0, 0x11, 1);
    set_power(d, 3);
    set_power(d, 0);
    g_assert_cmphex(qrtl_read(d, R_IDR0, 1), ==, 0x52);
    g_assert_cmphex(qrtl_read(d, R_CR, 1), ==, C_BUFE);
}

/* --- link --- */

TEST(link_is_seen_to_go)
{
    QRtl8139 *d = driver;

    qrtl_write(d, R_IMR, I_LINK, 2);
    g_assert_cmphex(qrtl_read(d, R_MSR, 1), ==, 0x10);
    g_assert_cmphex(qrtl_read(d, R_BMSR, 2), ==, 0x782d);
    g_assert_cmphex(qrtl_read(d, R_ANLPAR, 2), ==, 0x45e1);
    qtest_qmp_ok(qts, "{'execute': 'set_link', 'arguments': "
                 "{'name': 'hs0', 'up': false}}");
    g_assert_true(qrtl_irq(d));
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_LINK);
    qrtl_write(d, R_ISR, I_LINK, 2);
    g_assert_cmphex(qrtl_read(d, R_MSR, 1), ==, 0x14);
    g_assert_cmphex(qrtl_read(d, R_BMSR, 2), ==, 0x7809);
    g_assert_cmphex(qrtl_read(d, R_ANLPAR, 2), ==, 0);
    g_assert_cmphex(qrtl_read(d, R_DIS, 2), ==, 1);
    qtest_qmp_ok(qts, "{'execute': 'set_link', 'arguments': "
                 "{'name': 'hs0', 'up': true}}");
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_LINK);
    g_assert_cmphex(qrtl_read(d, R_MSR, 1), ==, 0x10);
    /* That it was away is told once. */
    g_assert_cmphex(qrtl_read(d, R_BMSR, 2), ==, 0x7829);
    g_assert_cmphex(qrtl_read(d, R_BMSR, 2), ==, 0x782d);
}

/* --- C mode: transmit --- */

TEST(c_frames_leave_in_order)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1600];

    qrtl_start_c(d, RX_USUAL);
    /* The second descriptor waits for the first. */
    qrtl_make_frame(frame, 200, 1);
    qrtl_send_c(d, 1, frame, 200);
    g_assert_cmpint(qrtl_host_receive(d, frame, sizeof(frame), 50), ==, -1);
    qrtl_make_frame(frame, 100, 0);
    qrtl_send_c(d, 0, frame, 100);
    qrtl_host_expect(d, frame, 100);
    qrtl_make_frame(frame, 200, 1);
    qrtl_host_expect(d, frame, 200);
    qrtl_wait(d, I_TOK);
    g_assert_cmphex(qrtl_read(d, R_TSD0, 4), ==, T_OWN | T_TOK | 100);
    g_assert_cmphex(qrtl_read(d, R_TSAD, 2), ==, 0x300f);
    for (unsigned i = 2; i < 22; i++) {
        qrtl_make_frame(frame, 60 + i * 70, i);
        qrtl_send_c(d, i % 4, frame, 60 + i * 70);
        qrtl_host_expect(d, frame, 60 + i * 70);
        qrtl_wait(d, I_TOK);
    }
}

TEST(c_short_frame_is_padded)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[60] = { 0 };

    qrtl_start_c(d, RX_USUAL);
    qrtl_make_frame(frame, 20, 5);
    qrtl_send_c(d, 0, frame, 20);
    qrtl_host_expect(d, frame, 60);
}

TEST(c_frame_too_long_is_aborted)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100];

    qrtl_start_c(d, RX_USUAL);
    qrtl_write(d, R_TSAD0, d->tx_buf, 4);
    qrtl_write(d, R_TSD0, 1793, 4);
    qrtl_wait(d, I_TER);
    g_assert_cmphex(qrtl_read(d, R_TSD0, 4) & (T_OWN | T_TABT | T_TOK), ==,
                    T_OWN | T_TABT);
    qrtl_make_frame(frame, 100, 5);
    qrtl_send_c(d, 1, frame, 100);
    qrtl_host_expect(d, frame, 100);
}

/* --- C mode: receive --- */

/* Read one frame out of the ring as a driver does; returns its size. */
static size_t c_receive(QRtl8139 *d, uint32_t *at, uint8_t *frame,
                        uint32_t ring, bool wrap)
{
    QTestState *qts = d->qts;
    uint32_t header = qtest_readl(qts, d->rx_buf + *at);
    uint32_t size = (header >> 16) - 4, first = size + 4;
    uint8_t whole[2048];

    g_assert_cmphex(header & 1, ==, 1);
    g_assert_cmpuint(size, <=, 1600);
    if (!wrap && *at + 4 + first > ring) {
        first = ring - *at - 4;
    }
    qtest_memread(qts, d->rx_buf + *at + 4, whole, first);
    if (first < size + 4) {
        qtest_memread(qts, d->rx_buf, whole + first, size + 4 - first);
    }
    g_assert_cmphex((uint32_t)ldl_le_p(whole + size), ==,
                    crc32(0, whole, size));
    memcpy(frame, whole, size);
    *at = (*at + 4 + size + 4 + 3) / 4 * 4 % ring;
    qrtl_write(d, R_CAPR, *at - 16, 2);
    return size;
}

static void c_ring_goes_round(QRtl8139 *d, uint32_t rcr, uint32_t ring)
{
    bool wrap = rcr & RX_WRAP;
    uint8_t frame[1600], got[1600];
    uint32_t at = 0;
    unsigned rounds = 0;

    qrtl_start_c(d, RX_USUAL | rcr);
    for (unsigned i = 0; rounds < 3; i++) {
        size_t size = 60 + i * 331 % 1455;
        uint32_t before = at;

        qrtl_make_frame(frame, size, i);
        qrtl_host_send(d, frame, size);
        qrtl_wait(d, I_ROK);
        g_assert_cmphex(qrtl_read(d, R_CR, 1) & C_BUFE, ==, 0);
        g_assert_cmpuint(c_receive(d, &at, got, ring, wrap), ==, size);
        g_assert_cmpmem(got, size, frame, size);
        g_assert_cmphex(qrtl_read(d, R_CR, 1) & C_BUFE, ==, C_BUFE);
        g_assert_cmphex(qrtl_read(d, R_CBR, 2), ==, at);
        rounds += at < before;
    }
}

TEST(c_ring_wraps)
{
    c_ring_goes_round(qrtl_take(driver, data), 0, 8192);
}

TEST(c_ring_overruns_with_wrap)
{
    c_ring_goes_round(qrtl_take(driver, data), RX_WRAP, 8192);
}

TEST(c_ring_of_64_kib)
{
    c_ring_goes_round(qrtl_take(driver, data), 3 << 11, 65536);
}

TEST(c_full_ring_waits_then_misses)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1500], got[1600];
    uint32_t at = 0;

    qrtl_start_c(d, RX_USUAL);
    for (unsigned i = 0; i < 6; i++) {      /* five fit */
        qrtl_make_frame(frame, 1500, i);
        qrtl_host_send(d, frame, 1500);
    }
    qrtl_wait(d, I_ROK | I_RDU);
    g_assert_cmphex(qrtl_read(d, R_CBR, 2), ==, 5 * 1508);
    g_assert_cmpuint(qrtl_read(d, R_MPC, 4), ==, 0);
    /* The sixth comes as soon as the first was read. */
    c_receive(d, &at, got, 8192, false);
    qrtl_wait(d, I_ROK);
    for (unsigned i = 1; i < 6; i++) {
        qrtl_make_frame(frame, 1500, i);
        g_assert_cmpuint(c_receive(d, &at, got, 8192, false), ==, 1500);
        g_assert_cmpmem(got, 1500, frame, 1500);
    }
    g_assert_cmphex(qrtl_read(d, R_CR, 1) & C_BUFE, ==, C_BUFE);
    /* Nobody reads: after a while frames are missed and counted. */
    for (unsigned i = 0; i < 8; i++) {
        qrtl_host_send(d, frame, 1500);
    }
    qrtl_wait(d, I_ROK | I_RDU);
    qtest_clock_step(qts, 20000000);
    qrtl_wait(d, I_FOVW);
    for (unsigned i = 0; i < 100 && qrtl_read(d, R_MPC, 4) < 3; i++) {
        g_usleep(1000);
    }
    g_assert_cmpuint(qrtl_read(d, R_MPC, 4), ==, 3);
    qrtl_write(d, R_MPC, 1, 4);
    g_assert_cmpuint(qrtl_read(d, R_MPC, 4), ==, 0);
}

/* --- the filter --- */

static bool accepted(QRtl8139 *d, const uint8_t *to, uint16_t *status)
{
    uint16_t before = qrtl_read(d, R_CBR, 2);
    uint8_t frame[64], own[64];

    qrtl_make_frame(frame, 64, 1);
    memcpy(frame, to, 6);
    qrtl_host_send(d, frame, 64);
    /* One that always passes comes behind. */
    qrtl_make_frame(own, 64, 2);
    own[0] = own[1] = own[2] = own[3] = own[4] = own[5] = 0xff;
    qrtl_host_send(d, own, 64);
    for (unsigned i = 0; ; i++) {
        uint16_t now = qrtl_read(d, R_CBR, 2), size;

        size = (now - before) % QRTL_RX_BYTES;
        if (size && (qtest_readl(d->qts, d->rx_buf + now - 72) & 0x2000)) {
            *status = qtest_readw(d->qts, d->rx_buf + before);
            qrtl_write(d, R_CAPR, now - 16, 2);
            return size == 2 * 72;
        }
        g_assert_cmpuint(i, <, 5000);
        g_usleep(1000);
    }
}

TEST(filter_passes_what_is_asked_for)
{
    static const uint8_t other[6] = { 2, 1, 1, 1, 1, 1 };
    static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 1 };
    QRtl8139 *d = qrtl_take(driver, data);
    uint32_t crc = 0xffffffff;
    uint16_t status;

    qrtl_start_c(d, 0x08);
    g_assert_false(accepted(d, own_mac, &status));
    g_assert_false(accepted(d, other, &status));
    g_assert_false(accepted(d, group, &status));
    qrtl_write(d, R_RCR, 0x0a, 4);
    g_assert_true(accepted(d, own_mac, &status));
    g_assert_cmphex(status, ==, 0x4001);
    g_assert_false(accepted(d, other, &status));
    qrtl_write(d, R_RCR, 0x0b, 4);
    g_assert_true(accepted(d, other, &status));
    g_assert_cmphex(status, ==, 0x0001);
    /* Groups by the bit that the frame checksum of the address chooses. */
    qrtl_write(d, R_RCR, 0x0e, 4);
    g_assert_true(accepted(d, group, &status));
    g_assert_cmphex(status, ==, 0x8001);
    qrtl_write(d, R_MAR0, 0, 4);
    qrtl_write(d, R_MAR0 + 4, 0, 4);
    g_assert_false(accepted(d, group, &status));
    for (unsigned i = 0; i < 48; i++) {
        bool bit = group[i / 8] >> i % 8 & 1;

        crc = crc << 1 ^ (crc >> 31 ^ bit ? 0x04c11db7 : 0);
    }
    qrtl_write(d, R_MAR0 + (crc >> 29), 1 << (crc >> 26 & 7), 1);
    g_assert_true(accepted(d, group, &status));
}

/* --- loopback, statistics --- */

TEST(c_loopback_comes_back)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[300], got[1600];
    uint32_t at = 0;

    qrtl_start_c(d, RX_USUAL);
    qrtl_write(d, R_TCR, TCR_LOOPED, 4);
    qrtl_make_frame(frame, 300, 9);
    qrtl_send_c(d, 0, frame, 300);
    qrtl_wait(d, I_TOK | I_ROK);
    g_assert_cmpuint(c_receive(d, &at, got, 8192, false), ==, 300);
    g_assert_cmpmem(got, 300, frame, 300);
    /* Nothing on the wire, and nothing from it. */
    g_assert_cmpint(qrtl_host_receive(d, got, sizeof(got), 20), ==, -1);
    qrtl_host_send(d, frame, 300);
    g_usleep(20000);
    g_assert_cmphex(qrtl_read(d, R_CR, 1) & C_BUFE, ==, C_BUFE);
    qrtl_write(d, R_TCR, 0, 4);
    qrtl_host_send(d, frame, 300);
    qrtl_wait(d, I_ROK);
}

static const QOSTestOpts wired = {
    .before = qrtl_before, .after = qrtl_after,
};
static const QOSTestOpts big_eeprom = { .device_args = ",x-eeprom-9356=on" };

static void register_tests(void)
{
    qos_add_test("regs/identity", "rtl8139", identity, NULL);
    qos_add_test("regs/both-bars-are-the-same-registers", "rtl8139",
                 both_bars_are_the_same_registers, NULL);
    qos_add_test("regs/any-width-anywhere", "rtl8139", any_width_anywhere,
                 NULL);
    qos_add_test("regs/configuration-is-locked", "rtl8139",
                 configuration_is_locked, NULL);
    qos_add_test("regs/reset-leaves-the-address", "rtl8139",
                 reset_leaves_the_address, NULL);
    qos_add_test("eeprom/has-the-address", "rtl8139", eeprom_has_the_address,
                 NULL);
    qos_add_test("eeprom/9356-has-the-address", "rtl8139",
                 eeprom_9356_has_the_address, &big_eeprom);
    qos_add_test("eeprom/is-written-when-enabled", "rtl8139",
                 eeprom_is_written_when_enabled, NULL);
    qos_add_test("intr/line-follows-status-and-mask", "rtl8139",
                 line_follows_status_and_mask, NULL);
    qos_add_test("timer/counts-33-mhz", "rtl8139", timer_counts_33_mhz, NULL);
    qos_add_test("timer/interrupts-when-reached", "rtl8139",
                 timer_interrupts_when_reached, NULL);
    qos_add_test("power/sleeping-card-hears-nothing", "rtl8139",
                 sleeping_card_hears_nothing, &wired);
    qos_add_test("link/is-seen-to-go", "rtl8139", link_is_seen_to_go, NULL);
    qos_add_test("c-mode/frames-leave-in-order", "rtl8139",
                 c_frames_leave_in_order, &wired);
    qos_add_test("c-mode/short-frame-is-padded", "rtl8139",
                 c_short_frame_is_padded, &wired);
    qos_add_test("c-mode/frame-too-long-is-aborted", "rtl8139",
                 c_frame_too_long_is_aborted, &wired);
    qos_add_test("c-mode/ring-wraps", "rtl8139", c_ring_wraps, &wired);
    qos_add_test("c-mode/ring-overruns-with-wrap", "rtl8139",
                 c_ring_overruns_with_wrap, &wired);
    qos_add_test("c-mode/ring-of-64-kib", "rtl8139", c_ring_of_64_kib, &wired);
    qos_add_test("c-mode/full-ring-waits-then-misses", "rtl8139",
                 c_full_ring_waits_then_misses, &wired);
    qos_add_test("filter/passes-what-is-asked-for", "rtl8139",
                 filter_passes_what_is_asked_for, &wired);
    qos_add_test("c-mode/loopback-comes-back", "rtl8139", c_loopback_comes_back,
                 &wired);
}

libqos_init(register_tests)
