/*
 * What hostile guests and peers may do to the RTL8139C+, and with it to the net
 * core's offloads. "Holds" means that the process lives, that nothing is read or
 * written outside what the guest gave, and that the card works on. Each case names
 * the check that it guards.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqos/rtl8139.h"
#include "qemu/bswap.h"

#define TEST(name) \
    static void name(void *driver, QTestState *qts, const char *variant, \
                     void *data)

enum { TCP = 6, UDP = 17, SCTP = 132 };

static void nothing_sent(QRtl8139 *d)
{
    uint8_t got[64];

    g_assert_cmpint(qrtl_host_receive(d, got, sizeof(got), 20), ==, -1);
}

/* After all of it: a reset, and a frame each way. */
static void works_on(QRtl8139 *d)
{
    uint8_t frame[100], got[2048];
    size_t len;

    while (qrtl_host_receive(d, got, sizeof(got), 0) >= 0) {
    }
    qrtl_start_cplus(d, 0);
    qrtl_make_frame(frame, 100, 77);
    qrtl_send_cplus(d, frame, 100, 0, 0);
    qrtl_host_expect(d, frame, 100);
    qrtl_host_send(d, frame, 100);
    do {
        qrtl_receive_cplus(d, got, &len);
    } while (len != 100);
    g_assert_cmpmem(got, len, frame, 100);
}

static uint64_t dumped(QRtl8139 *d, unsigned offset, unsigned bytes)
{
    uint64_t at = guest_alloc_aligned(d->alloc, 64, 64);

    qrtl_write(d, R_CPCR, qrtl_read(d, R_CPCR, 2) | CP_TX, 2);
    qrtl_write(d, R_DTCCR + 4, 0, 4);
    qrtl_write(d, R_DTCCR, at | 8, 4);
    return bytes == 8 ? qtest_readq(d->qts, at + offset) :
                        qtest_readl(d->qts, at + offset);
}

/* --- transmit --- */

/*
 * CVE-2015-5165, CVE-2016-2857: lengths inside the frame that the frame does not
 * have. Guards: parse_ipv4()'s and parse_l4()'s bounds in net/eth.c, and the UDP
 * length's in net_checksum_calculate(). The frame goes out as it came.
 */
TEST(checksum_of_lengths_that_lie)
{
    static const struct {
        uint8_t protocol, offset, bytes;
        uint16_t value;
    } lies[] = {
        { TCP, 16, 2, 1500 },   /* IP total: beyond the frame */
        { TCP, 16, 2, 0xffff },
        { TCP, 16, 2, 10 },     /* less than its header */
        { TCP, 16, 2, 21 },     /* less than TCP's */
        { TCP, 14, 1, 0x4f },   /* a header of 60 bytes, longer than that */
        { TCP, 14, 1, 0x41 },   /* of 4 bytes */
        { TCP, 46, 1, 0xf0 },   /* TCP's of 60 */
        { TCP, 46, 1, 0x10 },
        { UDP, 16, 2, 25 },
        { UDP, 38, 2, 0xffff }, /* the datagram's own length */
        { UDP, 38, 2, 3 },
    };
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[70];

    qrtl_start_cplus(d, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(lies); i++) {
        unsigned field = lies[i].protocol == TCP ? 50 : 40;

        qrtl_make_ip(frame, 70, lies[i].protocol);
        stw_be_p(frame + field, 0x1111);
        if (lies[i].bytes == 2) {
            stw_be_p(frame + lies[i].offset, lies[i].value);
        } else {
            frame[lies[i].offset] = lies[i].value;
        }
        qrtl_send_cplus(d, frame, 70, D_TCPCS | D_UDPCS, 0);
        qrtl_host_expect(d, frame, 70);
    }
    /* And no IP at all, too short for any. */
    qrtl_make_ip(frame, 70, TCP);
    qrtl_send_cplus(d, frame, 20, D_TCPCS | D_IPCS, 0);
    memset(frame + 20, 0, 40);
    qrtl_host_expect(d, frame, 60);
    works_on(d);
}

/* Make 0xc0000 read-only memory, or memory, as firmware does. */
static void set_shadow(QRtl8139 *d, bool writable)
{
    QPCIBus *bus = d->pci->bus;
    bool is_q35 = bus->config_read(bus, 0, PCI_DEVICE_ID, 2) == 0x29c0;

    bus->config_write(bus, 0, is_q35 ? 0x91 : 0x5a, writable ? 0x33 : 0x11, 1);
}

/*
 * CVE-2016-8910: a descriptor that belongs to the device for ever, for it cannot
 * be written. Guards: transmit_ring()'s limit of one time round the ring.
 */
TEST(ring_without_end)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100], got[100];
    unsigned count = 0;

    qrtl_start_cplus(d, 0);
    qrtl_make_frame(frame, 100, 1);
    qtest_memwrite(qts, d->tx_buf, frame, 100);
    set_shadow(d, true);
    qrtl_desc_set(d, 0xc0000, 0, D_OWN | D_EOR | D_FS | D_LS | 100, 0,
                  d->tx_buf);
    set_shadow(d, false);
    g_assert_true(qrtl_desc_status(d, 0xc0000, 0) & D_OWN);
    qrtl_write(d, R_TNPDS, 0xc0000, 4);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    while (qrtl_host_receive(d, got, 100, 200) == 100) {
        g_assert_cmpuint(++count, <=, 64);
    }
    g_assert_cmpuint(count, ==, 64);
    set_shadow(d, true);
    works_on(d);
}

/* Guards: tx_find_frame()'s limit, and the order of first and last segments. */
TEST(frame_without_end)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint64_t ring;

    qrtl_start_cplus(d, 0);
    ring = guest_alloc_aligned(d->alloc, 64 * 16, 256);
    qrtl_write(d, R_TNPDS, ring, 4);
    for (unsigned i = 0; i < 64; i++) {
        qrtl_desc_set(d, ring, i, D_OWN | (i ? 0 : D_FS) | 16, 0, d->tx_buf);
    }
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_wait(d, I_TER);
    for (unsigned i = 0; i < 64; i++) {
        g_assert_cmphex(qrtl_desc_status(d, ring, i) & (D_OWN | D_TES), ==,
                        D_TES);
    }
    /* No beginning; two beginnings. */
    qrtl_write(d, R_TNPDS, ring, 4);
    qrtl_desc_set(d, ring, 0, D_OWN | D_LS | 100, 0, d->tx_buf);
    qrtl_desc_set(d, ring, 1, D_OWN | D_FS | 100, 0, d->tx_buf);
    qrtl_desc_set(d, ring, 2, D_OWN | D_FS | D_LS | 100, 0, d->tx_buf);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_wait(d, I_TER | I_TOK);
    g_assert_true(qrtl_desc_status(d, ring, 0) & D_TES);
    g_assert_true(qrtl_desc_status(d, ring, 1) & D_TES);
    g_assert_false(qrtl_desc_status(d, ring, 2) & (D_TES | D_OWN));
    works_on(d);
}

/* CVE-2018-17958 the other way. Guards: tx_read_frame()'s limit of the sum. */
TEST(frame_too_large_to_send)
{
    QRtl8139 *d = qrtl_take(driver, data);
    static const uint32_t kinds[] = { D_LGSEN | 1460 << 16, 0 };
    uint64_t ring;

    qrtl_start_cplus(d, 0);
    ring = guest_alloc_aligned(d->alloc, 64 * 16, 256);
    for (unsigned k = 0; k < G_N_ELEMENTS(kinds); k++) {
        qrtl_write(d, R_TNPDS, ring, 4);
        for (unsigned i = 0; i < 64; i++) {
            qrtl_desc_set(d, ring, i, D_OWN | kinds[k] | (i ? 0 : D_FS) |
                          (i == 63 ? D_LS : 0) | 65535, 0, d->tx_buf);
        }
        qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
        qrtl_wait(d, I_TER);
        g_assert_true(qrtl_desc_status(d, ring, 63) & D_TES);
        nothing_sent(d);
    }
    works_on(d);
}

/*
 * Guards: the smallest payload of a segment in net_gso_start(), without which it
 * divides by zero.
 */
TEST(large_send_with_mss_0)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1000];

    qrtl_start_cplus(d, 0);
    qrtl_make_ip(frame, 1000, TCP);
    qrtl_send_cplus(d, frame, 1000, D_LGSEN, 0);
    qrtl_wait(d, I_TER);
    g_assert_true(qrtl_desc_status(d, d->tx_ring, 0) & D_TES);
    qrtl_send_cplus(d, frame, 1000, D_LGSEN | 1 << 16, 0);
    qrtl_wait(d, I_TER);
    nothing_sent(d);
    works_on(d);
}

/*
 * CVE-2020-27617, CVE-2020-16092: large send of what has no segments, in odd
 * pieces. Guards: segment_kind() and eth_parse_head() in net/gso.c.
 */
TEST(large_send_of_anything_else)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[1000];
    unsigned case_nr;

    qrtl_start_cplus(d, 0);
    for (case_nr = 0; case_nr < 8; case_nr++) {
        size_t size = 1000;

        qrtl_make_ip(frame, 1000, TCP);
        switch (case_nr) {
        case 0:
            stw_be_p(frame + 12, 0x0806);       /* ARP */
            break;
        case 1:
            stw_be_p(frame + 12, 0x9999);
            break;
        case 2:
            qrtl_make_ip(frame, 1000, UDP);
            break;
        case 3:
            frame[23] = SCTP;
            break;
        case 4:
            stw_be_p(frame + 20, 0x2000);       /* a fragment */
            break;
        case 5:
            stw_be_p(frame + 12, 0x86dd);       /* IPv6 says 4 */
            break;
        case 6:
            size = 30;                          /* ends in the IP header */
            break;
        case 7:
            size = 14;
            break;
        }
        qrtl_send_cplus(d, frame, size, D_LGSEN | 100 << 16, 0);
        qrtl_wait(d, I_TER);
        g_assert_true(qrtl_desc_status(d, d->tx_ring, case_nr) & D_TES);
    }
    nothing_sent(d);
    works_on(d);
}

/* CVE-2020-16092: pieces of no bytes, and of one, in front of the headers. */
TEST(odd_pieces)
{
    static const uint16_t sizes[] = { 0, 1, 0, 13, 1, 1, 0, 44, 0 };
    QRtl8139 *d = qrtl_take(driver, data);
    unsigned at = 0, count = G_N_ELEMENTS(sizes);
    uint8_t frame[60];

    qrtl_start_cplus(d, 0);
    qrtl_make_ip(frame, 60, TCP);
    qtest_memwrite(qts, d->tx_buf, frame, 60);
    for (unsigned i = 0; i < count; i++) {
        qrtl_desc_set(d, d->tx_ring, i, D_OWN | D_TCPCS | D_IPCS |
                      (i ? 0 : D_FS) | (i == count - 1 ? D_LS : 0) | sizes[i],
                      0, d->tx_buf + at);
        at += sizes[i];
    }
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_host_expect(d, frame, 60);
    /* All of nothing. */
    for (unsigned i = 0; i < 4; i++) {
        qrtl_desc_set(d, d->tx_ring, count + i, D_OWN | (i ? 0 : D_FS) |
                      (i == 3 ? D_LS : 0), 0, 0);
    }
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_wait(d, I_TER);
    works_on(d);
}

/* --- loopback and itself --- */

/*
 * CVE-2025-12464: frames shorter than Ethernet's least. Guards: the padding in
 * rtl8139_send().
 */
TEST(short_frames_loop_padded)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[60], got[2048];
    uint16_t at = 0;
    size_t len;

    qrtl_start_c(d, RX_USUAL | RX_ALL_PHYS);
    qrtl_write(d, R_TCR, TCR_LOOPED, 4);
    for (unsigned size = 1; size < 60; size++) {
        memset(frame, 0, sizeof(frame));
        qrtl_make_frame(frame, size, size);
        qrtl_send_c(d, (size - 1) % 4, frame, size);
        qrtl_wait(d, I_TOK | I_ROK);
        g_assert_cmphex(qtest_readw(qts, d->rx_buf + at + 2), ==, 64);
        qtest_memread(qts, d->rx_buf + at + 4, got, 60);
        g_assert_cmpmem(got, 60, frame, 60);
        at = (at + 68) % QRTL_RX_BYTES;
        qrtl_write(d, R_CAPR, at - 16, 2);
    }
    qrtl_start_cplus(d, 0);
    qrtl_write(d, R_TCR, TCR_LOOPED, 4);
    for (unsigned size = 14; size < 30; size++) {
        memset(frame, 0, sizeof(frame));
        qrtl_make_frame(frame, size, size);
        qrtl_send_cplus(d, frame, size, 0, 0);
        qrtl_receive_cplus(d, got, &len);
        g_assert_cmpmem(got, len, frame, 60);
    }
    works_on(d);
}

/*
 * CVE-2021-3416: the receiver's buffers are the card's own registers, and what it
 * loops back would make it send again. Guards: the re-entrancy guard of the bottom
 * half (qemu_bh_new_guarded) and of the register file.
 */
TEST(loopback_into_its_own_registers)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[256];

    qrtl_start_cplus(d, 0);
    qrtl_write(d, R_TCR, TCR_LOOPED, 4);
    for (unsigned i = 0; i < QRTL_DESCS; i++) {
        qrtl_desc_set(d, d->rx_ring, i, D_OWN | 0x100, 0, d->mem.addr);
    }
    qrtl_make_frame(frame, 252, 0);
    memset(frame + 14, 0xc1, 238);              /* TPPOLL: all of it */
    qrtl_send_cplus(d, frame, 252, 0, 0);
    qrtl_wait(d, I_SERR | I_TOK);
    g_assert_cmphex(qrtl_read(d, R_MAR0, 4), ==, 0xffffffff);
    g_assert_cmphex(qrtl_read(d, R_MAR0 + 4, 4), ==, 0xffffffff);
    /* The frame's bytes are the registers. */
    qrtl_start_cplus(d, 0);
    qrtl_desc_set(d, d->tx_ring, 0, D_OWN | D_FS | D_LS | 0x100, 0,
                  d->mem.addr);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_wait(d, I_SERR | I_TER);
    /* The rings are the registers. */
    qrtl_write(d, R_TNPDS, d->mem.addr, 4);
    qrtl_write(d, R_RDSAR, d->mem.addr, 4);
    qrtl_write(d, R_TPPOLL, POLL_NPQ | POLL_HPQ, 1);
    qrtl_wait(d, I_SERR);
    qrtl_host_send(d, frame, 252);
    qrtl_wait(d, I_SERR);
    /* And so is the receive ring of C mode, from outside. */
    qrtl_start_c(d, RX_USUAL);
    qrtl_write(d, R_RBSTART, d->mem.addr, 4);
    qrtl_host_send(d, frame, 252);
    qrtl_wait(d, I_SERR);
    g_assert_cmphex(qrtl_read(d, R_MAR0, 4), ==, 0xffffffff);
    works_on(d);
}

/* --- receive --- */

/*
 * CVE-2018-17958, -17963: a frame of the largest size that a peer can send.
 * Guards: deliver()'s RTL_RX_FRAME_MAX, in both modes.
 */
TEST(huge_frame_from_the_peer)
{
    QRtl8139 *d = qrtl_take(driver, data);
    g_autofree uint8_t *frame = g_malloc(65000);

    qrtl_make_frame(frame, 65000, 1);
    qrtl_start_c(d, RX_USUAL | 3 << 11);
    qrtl_host_send(d, frame, 65000);
    qrtl_wait(d, I_RER);
    g_assert_cmphex(qrtl_read(d, R_CBR, 2), ==, 0);
    qrtl_start_cplus(d, CP_RXCHKSUM | CP_RXVLAN);
    qrtl_host_send(d, frame, 65000);
    qrtl_wait(d, I_RER);
    qrtl_host_send(d, frame, 8188);
    qrtl_wait(d, I_RER);
    g_assert_true(qrtl_desc_status(d, d->rx_ring, 0) & D_OWN);
    g_assert_cmpuint(dumped(d, 24, 4), ==, 3);
    qrtl_host_send(d, frame, 8187);
    qrtl_wait(d, I_ROK);
    works_on(d);
}

/* Guards: ring_receive()'s RX_OVERRUN_MAX: the driver left only so much. */
TEST(long_frame_at_the_end_of_the_ring)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[4000];

    qrtl_make_frame(frame, sizeof(frame), 1);
    qrtl_start_c(d, RX_USUAL | RX_WRAP);
    qtest_memset(qts, d->rx_buf + QRTL_RX_BYTES + 1536, 0xa5, 4096);
    for (unsigned i = 0; i < 2; i++) {
        qrtl_host_send(d, frame, 3300);
        qrtl_wait(d, I_ROK);
        qrtl_write(d, R_CAPR, (i + 1) * 3308 - 16, 2);
    }
    qrtl_host_send(d, frame, 4000);
    qrtl_wait(d, I_RER);
    for (unsigned i = 0; i < 4096; i += 8) {
        g_assert_cmphex(qtest_readq(qts, d->rx_buf + QRTL_RX_BYTES + 1536 + i),
                        ==, 0xa5a5a5a5a5a5a5a5);
    }
    works_on(d);
}

/* Guards: find_descs()'s limit of one time round the ring. */
TEST(receive_descriptors_of_no_bytes)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100];

    qrtl_make_frame(frame, 100, 1);
    qrtl_start_cplus(d, 0);
    qrtl_desc_set(d, d->rx_ring, 0, D_OWN | D_EOR, 0, d->buffers);
    qrtl_host_send(d, frame, 100);
    qrtl_wait(d, I_RER);
    works_on(d);
}

/*
 * CVE-2016-2857, CVE-2024-3567 from outside: frames whose lengths lie, and SCTP
 * too short for its checksum. Guards: eth_parse()'s bounds; verify_checksums()
 * believes no length of the frame's own.
 */
TEST(hostile_checksums_from_the_peer)
{
    static const struct {
        uint8_t protocol, offset, bytes;
        uint16_t value;
        uint32_t status;
    } lies[] = {
        { TCP, 16, 2, 0xffff, 0 }, { TCP, 16, 2, 10, 0 },
        { TCP, 14, 1, 0x4f, 0 }, { TCP, 46, 1, 0xf0, 0 },
        { UDP, 16, 2, 25, 0 },
        { UDP, 38, 2, 0xffff, 2 << 16 | 1 << 14 },
        { SCTP, 16, 2, 24, 3 << 16 | 1 << 15 },
        { TCP, 20, 2, 0x2000, 3 << 16 | 1 << 15 },
    };
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[70], got[2048];
    size_t len;

    qrtl_start_cplus(d, CP_RXCHKSUM | CP_RXVLAN);
    for (unsigned i = 0; i < G_N_ELEMENTS(lies); i++) {
        qrtl_make_ip(frame, 70, lies[i].protocol);
        if (lies[i].bytes == 2) {
            stw_be_p(frame + lies[i].offset, lies[i].value);
        } else {
            frame[lies[i].offset] = lies[i].value;
        }
        if (lies[i].offset == 38) {
            stw_be_p(frame + 40, 0);        /* a sum that bears it out */
            stw_be_p(frame + 40, qrtl_l4_check(frame, 70));
        }
        qrtl_host_send(d, frame, 70);
        g_assert_cmphex(qrtl_receive_cplus(d, got, &len) & 0x0003e000, ==,
                        lies[i].status);
        g_assert_cmpmem(got, len, frame, 70);
    }
    /* Frames of every length that ends inside some header. */
    for (unsigned size = 1; size < 14; size++) {
        qrtl_host_send(d, frame, size);
    }
    works_on(d);
}

/* Guards: pci_dma_read()'s and _write()'s results: nothing there, or no mastering. */
TEST(memory_that_is_not_there)
{
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100];

    qrtl_make_frame(frame, 100, 1);
    qrtl_start_cplus(d, CP_DAC);
    qrtl_write(d, R_TNPDS + 4, 0x7fffffff, 4);
    qrtl_write(d, R_RDSAR + 4, 0x7fffffff, 4);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
    qrtl_wait(d, I_SERR);
    qrtl_host_send(d, frame, 100);
    qrtl_wait(d, I_SERR);
    qrtl_write(d, R_DTCCR + 4, 0x7fffffff, 4);
    qrtl_write(d, R_DTCCR, 8, 4);
    qrtl_wait(d, I_SERR);
    qrtl_start_c(d, RX_USUAL);
    qpci_config_writew(d->pci, PCI_COMMAND, PCI_COMMAND_IO |
                       PCI_COMMAND_MEMORY);
    qrtl_send_c(d, 0, frame, 100);
    qrtl_wait(d, I_SERR | I_TER);
    qrtl_host_send(d, frame, 100);
    qrtl_wait(d, I_SERR | I_RER);
    qpci_device_enable(d->pci);
    works_on(d);
}

/* Every register, every width, everywhere: with traffic under way. */
TEST(writes_all_over)
{
    static const uint32_t values[] = { 0, 0xffffffff, 0x80000000, 0x0c0c0c0c,
                                       0x12345678 };
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[100];

    qrtl_make_frame(frame, 100, 1);
    qrtl_start_cplus(d, CP_RXCHKSUM);
    for (unsigned v = 0; v < G_N_ELEMENTS(values); v++) {
        for (unsigned reg = 0; reg < 0x100; reg++) {
            for (unsigned size = 1; size <= 4; size *= 2) {
                if (reg + size <= 0x100) {
                    qrtl_write(d, reg, values[v], size);
                    qrtl_read(d, reg, size);
                }
            }
            if (reg % 16 == 0) {
                qrtl_host_send(d, frame, 100);
            }
        }
        qtest_clock_step(qts, 30000000);
    }
    works_on(d);
}

static const QOSTestOpts wired = {
    .before = qrtl_before, .after = qrtl_after,
};

static const struct {
    const char *name;
    QOSTestFunc *func;
} tests[] = {
    { "checksum-of-lengths-that-lie", checksum_of_lengths_that_lie },
    { "ring-without-end", ring_without_end },
    { "frame-without-end", frame_without_end },
    { "frame-too-large-to-send", frame_too_large_to_send },
    { "large-send-with-mss-0", large_send_with_mss_0 },
    { "large-send-of-anything-else", large_send_of_anything_else },
    { "odd-pieces", odd_pieces },
    { "short-frames-loop-padded", short_frames_loop_padded },
    { "loopback-into-its-own-registers", loopback_into_its_own_registers },
    { "huge-frame-from-the-peer", huge_frame_from_the_peer },
    { "long-frame-at-the-end-of-the-ring", long_frame_at_the_end_of_the_ring },
    { "receive-descriptors-of-no-bytes", receive_descriptors_of_no_bytes },
    { "hostile-checksums-from-the-peer", hostile_checksums_from_the_peer },
    { "memory-that-is-not-there", memory_that_is_not_there },
    { "writes-all-over", writes_all_over },
};

static void register_tests(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        char *name = g_strdup_printf("attack/%s", tests[i].name);

        qos_add_test(name, "rtl8139", tests[i].func, &wired);
    }
}

libqos_init(register_tests)
