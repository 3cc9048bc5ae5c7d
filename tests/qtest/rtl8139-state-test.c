/*
 * RTL8139C+ saved and restored: registers, an instruction of the EEPROM half way,
 * rings in the middle, time, interrupts held back, a link that is away.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqos/rtl8139.h"

#define TEST(name) \
    static void name(void *driver, QTestState *qts, const char *variant, \
                     void *data)

static void read_all(QRtl8139 *d, uint8_t *regs)
{
    for (unsigned i = 0; i < 0x100; i++) {
        regs[i] = qrtl_read(d, i, 1);
    }
}

TEST(registers_come_along)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t before[0x100], after[0x100];

    qrtl_start_c(d, 0x0000189f);
    qrtl_write(d, R_9346CR, 0xc0, 1);
    for (unsigned i = 0; i < 0x100; i++) {
        /* Not those that start something, nor lock or switch others. */
        if ((i >= R_TSD0 && i < R_TSAD0) || i == R_CR || i == R_TPPOLL ||
            (i >= R_IMR && i < R_TCR) || i == R_9346CR ||
            (i >= R_CPCR && i < R_CPCR + 2) || i == R_RCR + 1) {
            continue;
        }
        qrtl_write(d, i, 0x51 + i * 37, 1);
    }
    qrtl_write(d, R_TIMERINT, 0x80001234, 4);
    qrtl_write(d, R_TPPOLL, 1, 1);
    qrtl_write(d, R_IMR, I_SW | I_LINK, 2);
    read_all(d, before);
    g_assert_true(qrtl_irq(d));
    qtest_save_and_restore(qts);
    read_all(d, after);
    g_assert_cmpmem(after, 0x100, before, 0x100);
    g_assert_true(qrtl_irq(d));
    qrtl_write(d, R_ISR, I_SW, 2);
    g_assert_false(qrtl_irq(d));
    /* And the other half, in C+ mode. */
    qrtl_start_cplus(d, CP_RXVLAN | CP_DAC);
    qrtl_write(d, R_TNPDS + 4, 0x11223344, 4);
    qrtl_write(d, R_THPDS + 4, 0x55667788, 4);
    qrtl_write(d, R_RDSAR + 4, 0x99aabbcc, 4);
    qrtl_write(d, R_MITIGATE, 0x1234, 2);
    read_all(d, before);
    qtest_save_and_restore(qts);
    read_all(d, after);
    g_assert_cmpmem(after, 0x100, before, 0x100);
}

TEST(eeprom_goes_on)
{
    QRtl8139 *d = driver;

    qrtl_eeprom_begin(d, 4 << 6 | 0x30, 9);             /* EWEN */
    qrtl_eeprom_end(d);
    qrtl_eeprom_begin(d, (5 << 6 | 50) << 16 | 0x1234, 25);
    qrtl_eeprom_end(d);
    qrtl_eeprom_begin(d, 6 << 6 | 1, 9);
    g_assert_cmphex(qrtl_eeprom_word(d), ==, 0x10ec);
    qtest_save_and_restore(qts);
    g_assert_cmphex(qrtl_eeprom_word(d), ==, 0x8139);
    qrtl_eeprom_end(d);
    g_assert_cmphex(qrtl_eeprom_read(d, 50, 6), ==, 0x1234);
    qrtl_eeprom_begin(d, 7 << 6 | 50, 9);               /* ERASE */
    qrtl_eeprom_end(d);
    g_assert_cmphex(qrtl_eeprom_read(d, 50, 6), ==, 0xffff);
}

TEST(rings_go_on)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1600], got[2048];
    size_t len;

    qrtl_start_cplus(d, 0);
    for (unsigned i = 0; i < 3 * QRTL_DESCS; i++) {
        if (i % 11 == 5) {
            qtest_save_and_restore(qts);
        }
        qrtl_make_frame(frame, 100 + i, i);
        qrtl_send_cplus(d, frame, 100 + i, 0, 0);
        qrtl_host_expect(d, frame, 100 + i);
        qrtl_host_send(d, frame, 100 + i);
        qrtl_receive_cplus(d, got, &len);
        g_assert_cmpmem(got, len, frame, 100 + i);
        if (i % QRTL_DESCS == QRTL_DESCS - 1) {
            qrtl_post_all(d);
        }
    }
    /* C mode: the second of the four, and half a ring. */
    qrtl_start_c(d, RX_USUAL);
    for (unsigned i = 0; i < 3; i++) {
        qrtl_host_send(d, frame, 1000);
        qrtl_wait(d, I_ROK);
    }
    qrtl_write(d, R_CAPR, 1008 - 16, 2);
    qrtl_send_c(d, 0, frame, 300);
    qrtl_host_expect(d, frame, 300);
    qtest_save_and_restore(qts);
    g_assert_cmphex(qrtl_read(d, R_CBR, 2), ==, 3 * 1008);
    g_assert_cmphex(qrtl_read(d, R_CR, 1), ==, C_RE | C_TE);
    qrtl_send_c(d, 1, frame, 400);
    qrtl_host_expect(d, frame, 400);
    qrtl_host_send(d, frame, 1000);
    qrtl_wait(d, I_ROK);
    g_assert_cmphex(qrtl_read(d, R_CBR, 2), ==, 4 * 1008);
}

/* What the backend did not take, and what waits in the ring behind it. */
TEST(full_ring_goes_on)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[8000], got[8000];
    unsigned sent = 0, count = 0;

    qrtl_start_cplus(d, 0);
    qrtl_make_frame(frame, sizeof(frame), 1);
    while (sent < 3000 &&
           !(qrtl_desc_status(d, d->tx_ring, sent % QRTL_DESCS) & D_OWN)) {
        qrtl_send_cplus(d, frame, sizeof(frame), 0, 0);
        sent++;
    }
    g_assert_cmpuint(sent, <, 3000);
    qtest_save_and_restore(qts);
    while (qrtl_host_receive(d, got, sizeof(got), 500) == sizeof(got)) {
        g_assert_cmpmem(got, sizeof(got), frame, sizeof(frame));
        count++;
    }
    /* At most the one that the old process had in its hands is lost. */
    g_assert_cmpuint(count + 1, >=, sent);
    g_assert_false(qrtl_desc_status(d, d->tx_ring, 0) & D_OWN);
}

TEST(time_goes_on)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100], got[2048];
    uint32_t ticks;
    size_t len;

    qrtl_start_cplus(d, 0);
    qrtl_write(d, R_TIMERINT, 33000, 4);
    qrtl_write(d, R_TCTR, 0, 4);
    qtest_clock_step(qts, 900000);
    ticks = qrtl_read(d, R_TCTR, 4);
    qtest_save_and_restore(qts);
    g_assert_cmpuint(qrtl_read(d, R_TCTR, 4), ==, ticks);
    qtest_clock_step(qts, 99000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2) & I_TIMEOUT, ==, 0);
    qtest_clock_step(qts, 2000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2) & I_TIMEOUT, ==, I_TIMEOUT);
    /* What was held back is told at once. */
    qrtl_write(d, R_MITIGATE, 0x00f0, 2);
    qrtl_make_frame(frame, 100, 1);
    qrtl_host_send(d, frame, 100);
    qrtl_receive_cplus(d, got, &len);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2) & I_ROK, ==, 0);
    qtest_save_and_restore(qts);
    qrtl_wait(d, I_ROK);
    g_assert_cmphex(qrtl_read(d, R_MITIGATE, 2), ==, 0x00f0);
}

TEST(link_stays_away)
{
    QRtl8139 *d = driver;

    qtest_qmp_ok(qts, "{'execute': 'set_link', 'arguments': "
                 "{'name': 'dev0', 'up': false}}");
    qtest_save_and_restore(qts);
    g_assert_cmphex(qrtl_read(d, R_MSR, 1) & 4, ==, 4);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_LINK);
    qrtl_write(d, R_ISR, I_LINK, 2);
    qtest_qmp_ok(qts, "{'execute': 'set_link', 'arguments': "
                 "{'name': 'dev0', 'up': true}}");
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_LINK);
    g_assert_cmphex(qrtl_read(d, R_BMSR, 2), ==, 0x7829);
    g_assert_cmphex(qrtl_read(d, R_BMSR, 2), ==, 0x782d);
}

static const QOSTestOpts wired = {
    .before = qrtl_before, .after = qrtl_after,
};

static void register_tests(void)
{
    qos_add_test("state/registers-come-along", "rtl8139",
                 registers_come_along, NULL);
    qos_add_test("state/eeprom-goes-on", "rtl8139", eeprom_goes_on, NULL);
    qos_add_test("state/rings-go-on", "rtl8139", rings_go_on, &wired);
    qos_add_test("state/full-ring-goes-on", "rtl8139", full_ring_goes_on,
                 &wired);
    qos_add_test("state/time-goes-on", "rtl8139", time_goes_on, &wired);
    qos_add_test("state/link-stays-away", "rtl8139", link_stays_away, NULL);
}

libqos_init(register_tests)
