/*
 * RTL8139C+ in C+ mode: rings of descriptors, offloads compared byte by byte with
 * what arrives at the other end of the wire, mitigation, statistics.
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

enum { TCP = 6, UDP = 17 };

/* --- transmit --- */

TEST(tx_frames_leave)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1600];

    qrtl_start_cplus(d, 0);
    for (unsigned i = 0; i < 3 * QRTL_DESCS; i++) {
        size_t size = 60 + i * 31;
        uint32_t status;

        qrtl_make_frame(frame, size, i);
        qrtl_send_cplus(d, frame, size, 0, 0);
        qrtl_host_expect(d, frame, size);
        qrtl_wait(d, I_TOK | I_TDU);
        g_assert_true(i % 2 || !qrtl_irq(d));
        status = qrtl_desc_status(d, d->tx_ring, i % QRTL_DESCS);
        g_assert_cmphex(status & (D_OWN | D_TES | D_FS | D_LS), ==,
                        D_FS | D_LS);
    }
    g_assert_cmphex(qrtl_read(d, R_TPPOLL, 1), ==, 0);
    g_assert_cmphex(qrtl_read(d, R_TXDMAOK, 2), ==,
                    (d->tx_ring + 15 * 16) & 0xffff);
}

/* A frame in pieces; one that is not all there waits. */
TEST(tx_frame_in_pieces)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1000], got[1000];

    qrtl_start_cplus(d, 0);
    qrtl_make_frame(frame, 1000, 1);
    qtest_memwrite(qts, d->tx_buf, frame, 1000);
    qrtl_desc_set(d, d->tx_ring, 0, D_OWN | D_FS | 14, 0, d->tx_buf);
    qrtl_desc_set(d, d->tx_ring, 1, D_OWN | 500, 0, d->tx_buf + 14);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    g_assert_cmpint(qrtl_host_receive(d, got, 1000, 30), ==, -1);
    g_assert_true(qrtl_desc_status(d, d->tx_ring, 0) & D_OWN);
    qrtl_desc_set(d, d->tx_ring, 2, D_OWN | D_EOR | D_LS | 486, 0,
                  d->tx_buf + 514);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_host_expect(d, frame, 1000);
    qrtl_wait(d, I_TOK);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_false(qrtl_desc_status(d, d->tx_ring, i) & D_OWN);
    }
    /* Behind the descriptor that ends the ring comes the first. */
    d->tx_at = 0;
    qrtl_send_cplus(d, frame, 600, 0, 0);
    qrtl_host_expect(d, frame, 600);
}

TEST(tx_high_priority_goes_first)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t low[100], high[100];

    qrtl_start_cplus(d, 0);
    qrtl_make_frame(low, 100, 1);
    qrtl_make_frame(high, 100, 2);
    qtest_memwrite(qts, d->tx_buf, low, 100);
    qtest_memwrite(qts, d->tx_buf + 4096, high, 100);
    qrtl_desc_set(d, d->tx_ring, 0, D_OWN | D_FS | D_LS | 100, 0, d->tx_buf);
    qrtl_desc_set(d, d->hi_ring, 0, D_OWN | D_FS | D_LS | 100, 0,
                  d->tx_buf + 4096);
    qrtl_write(d, R_TPPOLL, POLL_NPQ | POLL_HPQ, 1);
    qrtl_host_expect(d, high, 100);
    qrtl_host_expect(d, low, 100);
}

/* Descriptors and buffers above 4 GiB only with CPCR's DAC bit. */
TEST(tx_upper_address_needs_dac)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100];

    qrtl_start_cplus(d, 0);
    qrtl_make_frame(frame, 100, 1);
    qtest_memwrite(qts, d->tx_buf, frame, 100);
    qrtl_desc_set(d, d->tx_ring, 0, D_OWN | D_FS | D_LS | 100, 0,
                  d->tx_buf | 1ull << 40);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_host_expect(d, frame, 100);
    qrtl_wait(d, I_TOK);
    qrtl_write(d, R_CPCR, CP_TX | CP_RX | CP_DAC, 2);
    qrtl_desc_set(d, d->tx_ring, 1, D_OWN | D_FS | D_LS | 100, 0,
                  d->tx_buf | 1ull << 40);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_wait(d, I_TER | I_SERR);
    g_assert_true(qrtl_desc_status(d, d->tx_ring, 1) & D_TES);
}

/* --- transmit offloads --- */

TEST(tx_checksums_are_filled_in)
{
    static const struct {
        uint8_t protocol;
        uint32_t asked;
        size_t size;
    } cases[] = {
        { TCP, D_IPCS | D_TCPCS, 1514 }, { TCP, D_IPCS, 61 },
        { TCP, D_TCPCS, 777 }, { UDP, D_IPCS | D_UDPCS, 1514 },
        { UDP, D_UDPCS, 101 }, { UDP, D_TCPCS, 102 }, { TCP, 0, 103 },
    };
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1600], right[1600];

    qrtl_start_cplus(d, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        size_t size = cases[i].size;
        unsigned l4 = cases[i].protocol == TCP ? 50 : 40;
        bool l4_asked = cases[i].asked & (cases[i].protocol == TCP ? D_TCPCS
                                                                   : D_UDPCS);

        qrtl_make_ip(right, size, cases[i].protocol);
        memcpy(frame, right, size);
        stw_be_p(frame + 24, 0x1111);
        stw_be_p(frame + l4, 0x2222);
        if (!(cases[i].asked & D_IPCS)) {
            stw_be_p(right + 24, 0x1111);
        }
        if (!l4_asked) {
            stw_be_p(right + l4, 0x2222);
        }
        qrtl_send_cplus(d, frame, size, cases[i].asked, 0);
        qrtl_host_expect(d, right, size);
    }
}

TEST(tx_vlan_tag_is_put_in)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1600], right[1600];

    qrtl_start_cplus(d, 0);
    qrtl_make_ip(frame, 1000, UDP);
    memcpy(right, frame, 12);
    stw_be_p(right + 12, 0x8100);
    stw_be_p(right + 14, 0x6123);
    memcpy(right + 16, frame + 12, 988);
    stw_be_p(frame + 40, 0);
    qrtl_send_cplus(d, frame, 1000, D_UDPCS, D_TAGC | 0x2361);
    qrtl_host_expect(d, right, 1004);
}

static void check_segments(QRtl8139 *d, const uint8_t *whole, size_t size,
                           unsigned mss)
{
    uint8_t got[2048], right[2048];

    for (size_t at = 0; at < size - 54; at += mss) {
        size_t bytes = MIN(mss, size - 54 - at);
        ssize_t len = qrtl_host_receive(d, got, sizeof(got), 5000);
        uint16_t ident = 0x1234 + at / mss;

        memcpy(right, whole, 54);
        memcpy(right + 54, whole + 54 + at, bytes);
        stw_be_p(right + 16, 40 + bytes);
        stw_be_p(right + 18, ident);
        stw_be_p(right + 24, 0);
        stw_be_p(right + 24, qrtl_checksum(0, right + 14, 20));
        stl_be_p(right + 38, 0x01020304 + at);
        if (at + bytes < size - 54) {
            right[47] &= ~0x08;         /* PSH with the last */
        }
        stw_be_p(right + 50, 0);
        stw_be_p(right + 50, qrtl_l4_check(right, 54 + bytes));
        if (bytes + 54 < 60) {
            memset(right + 54 + bytes, 0, 60 - 54 - bytes);
            bytes = 6;
        }
        g_assert_cmpint(len, ==, 54 + bytes);
        g_assert_cmpmem(got, len, right, 54 + bytes);
    }
}

TEST(tx_large_send_is_cut)
{
    static const struct {
        size_t size;
        unsigned mss;
    } cases[] = {
        { 54 + 14600, 1460 }, { 54 + 14601, 1460 }, { 54 + 100, 1460 },
        { 54 + 65000, 2000 - 54 }, { 54 + 3001, 536 }, { 54 + 4, 1460 },
    };
    QRtl8139 *d = qrtl_take(driver, data);
    g_autofree uint8_t *frame = g_malloc(65536);

    qrtl_start_cplus(d, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        size_t size = cases[i].size;

        qrtl_make_ip(frame, size, TCP);
        qrtl_send_cplus(d, frame, size, D_LGSEN | cases[i].mss << 16, 0);
        check_segments(d, frame, size, cases[i].mss);
        qrtl_wait(d, I_TOK);
        g_assert_false(qrtl_desc_status(d, d->tx_ring, i) & (D_OWN | D_TES));
    }
}

/* --- receive --- */

TEST(rx_frames_arrive)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1600], got[2048];

    qrtl_start_cplus(d, 0);
    for (unsigned i = 0; i < 3 * QRTL_DESCS; i++) {
        size_t size = 60 + i * 31, len;
        uint32_t status;

        qrtl_make_frame(frame, size, i);
        qrtl_host_send(d, frame, size);
        status = qrtl_receive_cplus(d, got, &len);
        g_assert_cmpmem(got, len, frame, size);
        /* To its own address, of no protocol that it knows. */
        g_assert_cmphex(status & 0x0fffe000, ==, 1 << 25);
        qrtl_wait(d, I_ROK);
        if (i % QRTL_DESCS == QRTL_DESCS - 1) {
            qrtl_post_all(d);
        }
    }
}

TEST(rx_spans_descriptors)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1000], got[1004];

    qrtl_start_cplus(d, 0);
    for (unsigned i = 0; i < 4; i++) {
        qrtl_desc_set(d, d->rx_ring, i, D_OWN | 400, 0,
                      d->buffers + i * QRTL_BUF_BYTES);
    }
    qrtl_make_frame(frame, 1000, 1);
    qrtl_host_send(d, frame, 1000);
    qrtl_wait(d, I_ROK);
    g_assert_cmphex(qrtl_desc_status(d, d->rx_ring, 0), ==, D_FS | 400);
    g_assert_cmphex(qrtl_desc_status(d, d->rx_ring, 1), ==, 400);
    g_assert_cmphex(qrtl_desc_status(d, d->rx_ring, 2), ==,
                    D_LS | 1 << 25 | 1004);
    g_assert_true(qrtl_desc_status(d, d->rx_ring, 3) & D_OWN);
    qtest_memread(qts, d->buffers, got, 400);
    qtest_memread(qts, d->buffers + QRTL_BUF_BYTES, got + 400, 400);
    qtest_memread(qts, d->buffers + 2 * QRTL_BUF_BYTES, got + 800, 204);
    g_assert_cmpmem(got, 1000, frame, 1000);
    g_assert_cmphex((uint32_t)ldl_le_p(got + 1000), ==,
                    crc32(0, frame, 1000));
}

TEST(rx_without_descriptor_waits)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100], got[2048];
    size_t len;

    qrtl_start_cplus(d, 0);
    qrtl_make_frame(frame, 100, 1);
    qrtl_desc_set(d, d->rx_ring, 0, D_EOR, 0, 0);
    qrtl_write(d, R_IMR, I_RDU, 2);
    qrtl_host_send(d, frame, 100);
    qrtl_wait(d, I_RDU);
    /* The driver gives one and unmasks. */
    qrtl_post_all(d);
    qrtl_write(d, R_IMR, I_RDU | I_ROK, 2);
    qrtl_wait(d, I_ROK);
    qrtl_receive_cplus(d, got, &len);
    g_assert_cmpmem(got, len, frame, 100);
    /* Or nobody cares. */
    qrtl_desc_set(d, d->rx_ring, 1, D_EOR, 0, 0);
    qrtl_host_send(d, frame, 100);
    qrtl_wait(d, I_RDU);
    qtest_clock_step(qts, 20000000);
    qrtl_wait(d, I_FOVW);
    g_assert_cmpuint(qrtl_read(d, R_MPC, 4), ==, 1);
    qrtl_post_all(d);
    qrtl_host_send(d, frame, 100);
    qrtl_wait(d, I_ROK);
}

TEST(rx_vlan_tag_is_taken_out)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[204], right[200], got[2048];
    size_t len;

    qrtl_make_frame(right, 200, 1);
    memcpy(frame, right, 12);
    stw_be_p(frame + 12, 0x8100);
    stw_be_p(frame + 14, 0x6123);
    memcpy(frame + 16, right + 12, 188);
    qrtl_start_cplus(d, CP_RXVLAN);
    qrtl_host_send(d, frame, 204);
    qrtl_receive_cplus(d, got, &len);
    g_assert_cmpmem(got, len, right, 200);
    g_assert_cmphex(qrtl_desc_vlan(d, d->rx_ring, 0), ==, 1 << 16 | 0x2361);
    /* A frame without tag, and then one when tags stay. */
    qrtl_host_send(d, right, 200);
    qrtl_receive_cplus(d, got, &len);
    g_assert_cmpmem(got, len, right, 200);
    g_assert_cmphex(qrtl_desc_vlan(d, d->rx_ring, 1), ==, 0);
    qrtl_write(d, R_CPCR, CP_TX | CP_RX, 2);
    qrtl_host_send(d, frame, 204);
    qrtl_receive_cplus(d, got, &len);
    g_assert_cmpmem(got, len, frame, 204);
    g_assert_cmphex(qrtl_desc_vlan(d, d->rx_ring, 2), ==, 0);
}

TEST(rx_checksums_are_verified)
{
    enum { PID_TCP = 1 << 16, PID_UDP = 2 << 16, PID_IP = 3 << 16,
           BAD_IP = 1 << 15, BAD_UDP = 1 << 14, BAD_TCP = 1 << 13 };
    static const struct {
        uint8_t protocol, spoil;
        uint32_t status;
    } cases[] = {
        { TCP, 0, PID_TCP }, { UDP, 0, PID_UDP }, { 47, 0, PID_IP },
        { TCP, 60, PID_TCP | BAD_TCP }, { UDP, 60, PID_UDP | BAD_UDP },
        { TCP, 18, PID_TCP | BAD_IP }, { UDP, 18, PID_UDP | BAD_IP },
        { 47, 18, PID_IP | BAD_IP },
    };
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[300], got[2048];
    uint32_t status;
    size_t len;

    qrtl_start_cplus(d, CP_RXCHKSUM);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        qrtl_make_ip(frame, 300, cases[i].protocol);
        if (cases[i].spoil) {
            frame[cases[i].spoil]++;
        }
        qrtl_host_send(d, frame, 300);
        status = qrtl_receive_cplus(d, got, &len);
        g_assert_cmphex(status & 0x0003e000, ==, cases[i].status);
        g_assert_cmpmem(got, len, frame, 300);
    }
    /* A datagram without checksum is right; nothing is said when not asked. */
    qrtl_make_ip(frame, 300, UDP);
    stw_be_p(frame + 40, 0);
    qrtl_host_send(d, frame, 300);
    g_assert_cmphex(qrtl_receive_cplus(d, got, &len) & 0x0003e000, ==, PID_UDP);
    qrtl_write(d, R_CPCR, CP_TX | CP_RX, 2);
    qrtl_host_send(d, frame, 300);
    g_assert_cmphex(qrtl_receive_cplus(d, got, &len) & 0x0003e000, ==, 0);
}

/* --- mitigation --- */

TEST(mitigation_holds_interrupts_back)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100], got[2048];
    size_t len;

    qrtl_start_cplus(d, 0);
    qrtl_write(d, R_MITIGATE, 0x1020, 2);   /* tx 20 µs, rx 41 µs */
    qrtl_make_frame(frame, 100, 1);
    qrtl_host_send(d, frame, 100);
    qrtl_receive_cplus(d, got, &len);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
    qtest_clock_step(qts, 40000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
    qtest_clock_step(qts, 2000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_ROK);
    g_assert_true(qrtl_irq(d));
    qrtl_write(d, R_ISR, I_ROK, 2);
    qrtl_send_cplus(d, frame, 100, 0, 0);
    qrtl_host_expect(d, frame, 100);
    qrtl_wait(d, I_TDU);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
    qtest_clock_step(qts, 21000);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_TOK);
    qrtl_write(d, R_ISR, I_TOK, 2);
    /* Four frames come before the time. */
    qrtl_write(d, R_MITIGATE, 0x00f1, 2);
    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
        qrtl_host_send(d, frame, 100);
        qrtl_receive_cplus(d, got, &len);
    }
    qrtl_wait(d, I_ROK);
    /* What was held back comes when mitigation ends. */
    qrtl_host_send(d, frame, 100);
    qrtl_receive_cplus(d, got, &len);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, 0);
    qrtl_write(d, R_MITIGATE, 0, 2);
    g_assert_cmphex(qrtl_read(d, R_ISR, 2), ==, I_ROK);
}

/* --- loopback, statistics --- */

TEST(loopback_comes_back)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1600], got[2048];
    size_t len;

    qrtl_start_cplus(d, CP_RXCHKSUM | CP_RXVLAN);
    qrtl_write(d, R_TCR, TCR_LOOPED, 4);
    qrtl_make_ip(frame, 1514, TCP);
    qrtl_send_cplus(d, frame, 1514, D_IPCS | D_TCPCS, D_TAGC | 0x0500);
    g_assert_cmphex(qrtl_receive_cplus(d, got, &len) & 0x0003e000, ==, 1 << 16);
    g_assert_cmpmem(got, len, frame, 1514);
    g_assert_cmphex(qrtl_desc_vlan(d, d->rx_ring, 0), ==, 1 << 16 | 0x0500);
    g_assert_cmpint(qrtl_host_receive(d, got, sizeof(got), 20), ==, -1);
}

TEST(statistics_are_dumped)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint64_t at = guest_alloc_aligned(d->alloc, 64, 64);
    uint8_t frame[100], got[2048], dump[64];
    size_t len;

    qrtl_start_cplus(d, 0);
    for (unsigned i = 0; i < 6; i++) {
        qrtl_make_frame(frame, 100, i);
        if (i >= 3) {
            memset(frame, i == 3 ? 0x01 : 0xff, 6);
        }
        qrtl_host_send(d, frame, 100);
        qrtl_receive_cplus(d, got, &len);
    }
    for (unsigned i = 0; i < 2; i++) {
        qrtl_send_cplus(d, frame, 100, 0, 0);
        qrtl_host_expect(d, frame, 100);
    }
    qrtl_send_cplus(d, frame, 100, D_LGSEN | 100 << 16, 0);
    qrtl_wait(d, I_TER);
    qtest_memset(qts, at, 0xee, 64);
    qrtl_write(d, R_DTCCR + 4, at >> 32, 4);
    qrtl_write(d, R_DTCCR, at | 8, 4);
    g_assert_cmphex(qrtl_read(d, R_DTCCR, 4), ==, at);
    qtest_memread(qts, at, dump, 64);
    g_assert_cmpuint(ldq_le_p(dump), ==, 2);            /* TxOk */
    g_assert_cmpuint(ldq_le_p(dump + 8), ==, 6);        /* RxOk */
    g_assert_cmpuint(ldq_le_p(dump + 16), ==, 1);       /* TxER */
    g_assert_cmpuint(ldl_le_p(dump + 24), ==, 0);       /* RxER */
    g_assert_cmpuint(lduw_le_p(dump + 28), ==, 0);      /* MissPkt */
    g_assert_cmpuint(ldq_le_p(dump + 40), ==, 3);       /* RxOkPhy */
    g_assert_cmpuint(ldq_le_p(dump + 48), ==, 2);       /* RxOkBrd */
    g_assert_cmpuint(ldl_le_p(dump + 56), ==, 1);       /* RxOkMul */
    g_assert_cmpuint(ldl_le_p(dump + 60), ==, 0);
}

/* --- plug and unplug --- */

TEST(backend_goes_under_traffic)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[8000];
    unsigned sent = 0;

    qrtl_start_cplus(d, 0);
    qrtl_make_frame(frame, sizeof(frame), 1);
    /* Nobody takes them off the wire: the backend blocks. */
    while (sent < 4000 &&
           !(qrtl_desc_status(d, d->tx_ring, sent % QRTL_DESCS) & D_OWN)) {
        qrtl_send_cplus(d, frame, sizeof(frame), 0, 0);
        sent++;
    }
    g_assert_cmpuint(sent, <, 4000);
    qtest_qmp_ok(qts, "{'execute': 'netdev_del', 'arguments': {'id': 'hs0'}}");
    /* The wire is cut: what is sent is lost, and the ring goes on. */
    for (unsigned i = 0; i < 5000; i++) {
        if (!(qrtl_desc_status(d, d->tx_ring, 0) & D_OWN)) {
            break;
        }
        qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
        g_usleep(1000);
    }
    g_assert_false(qrtl_desc_status(d, d->tx_ring, 0) & D_OWN);
    g_assert_cmphex(qrtl_read(d, R_MSR, 1) & 4, ==, 4);
}

static const QOSTestOpts wired = {
    .before = qrtl_before, .after = qrtl_after,
};

static const struct {
    const char *name;
    QOSTestFunc *func;
} tests[] = {
    { "tx/frames-leave", tx_frames_leave },
    { "tx/frame-in-pieces", tx_frame_in_pieces },
    { "tx/high-priority-goes-first", tx_high_priority_goes_first },
    { "tx/upper-address-needs-dac", tx_upper_address_needs_dac },
    { "tx/checksums-are-filled-in", tx_checksums_are_filled_in },
    { "tx/vlan-tag-is-put-in", tx_vlan_tag_is_put_in },
    { "tx/large-send-is-cut", tx_large_send_is_cut },
    { "rx/frames-arrive", rx_frames_arrive },
    { "rx/spans-descriptors", rx_spans_descriptors },
    { "rx/without-descriptor-waits", rx_without_descriptor_waits },
    { "rx/vlan-tag-is-taken-out", rx_vlan_tag_is_taken_out },
    { "rx/checksums-are-verified", rx_checksums_are_verified },
    { "mitigation/holds-interrupts-back", mitigation_holds_interrupts_back },
    { "loopback/comes-back", loopback_comes_back },
    { "statistics/are-dumped", statistics_are_dumped },
    { "backend/goes-under-traffic", backend_goes_under_traffic },
};

static void register_tests(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        char *name = g_strdup_printf("cplus/%s", tests[i].name);

        qos_add_test(name, "rtl8139", tests[i].func, &wired);
    }
}

libqos_init(register_tests)
