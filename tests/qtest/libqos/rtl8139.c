/*
 * See rtl8139.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/socket.h>
#include "rtl8139.h"
#include "qemu/bswap.h"

#define WAIT_STEPS  5000        /* of a millisecond */

enum { EE_PROGRAM = 0x80, EE_CS = 0x08, EE_SK = 0x04, EE_DI = 0x02,
       EE_DO = 0x01 };

/* --- registers --- */

uint32_t qrtl_read(QRtl8139 *d, unsigned reg, unsigned size)
{
    return qpci_io_read(d->pci, d->mem, reg, size);
}

void qrtl_write(QRtl8139 *d, unsigned reg, uint32_t value, unsigned size)
{
    qpci_io_write(d->pci, d->mem, reg, value, size);
}

void qrtl_reset(QRtl8139 *d)
{
    qrtl_write(d, R_CR, C_RST, 1);
    g_assert_cmphex(qrtl_read(d, R_CR, 1), ==, C_BUFE);
    d->tx_at = d->hi_at = d->rx_at = 0;
}

void qrtl_wait(QRtl8139 *d, uint16_t bits)
{
    uint16_t isr = 0;

    for (unsigned i = 0; i < WAIT_STEPS; i++) {
        isr = qrtl_read(d, R_ISR, 2);
        if ((isr & bits) == bits) {
            qrtl_write(d, R_ISR, bits, 2);
            return;
        }
        g_usleep(1000);
    }
    g_error("ISR is 0x%x and not to be 0x%x", isr, bits);
}

bool qrtl_irq(QRtl8139 *d)
{
    return qpci_intx(d->pci);
}

/* --- EEPROM --- */

static void eeprom_clock(QRtl8139 *d, bool bit)
{
    uint8_t wires = EE_PROGRAM | EE_CS | (bit ? EE_DI : 0);

    qrtl_write(d, R_9346CR, wires, 1);
    qrtl_write(d, R_9346CR, wires | EE_SK, 1);
    qrtl_write(d, R_9346CR, wires, 1);
}

void qrtl_eeprom_begin(QRtl8139 *d, unsigned bits, unsigned count)
{
    qrtl_write(d, R_9346CR, EE_PROGRAM, 1);
    qrtl_write(d, R_9346CR, EE_PROGRAM | EE_CS, 1);
    while (count--) {
        eeprom_clock(d, bits >> count & 1);
    }
}

uint16_t qrtl_eeprom_word(QRtl8139 *d)
{
    uint16_t word = 0;

    for (unsigned i = 0; i < 16; i++) {
        eeprom_clock(d, false);
        word = word << 1 | (qrtl_read(d, R_9346CR, 1) & EE_DO);
    }
    return word;
}

void qrtl_eeprom_end(QRtl8139 *d)
{
    qrtl_write(d, R_9346CR, EE_PROGRAM, 1);
    qrtl_write(d, R_9346CR, 0, 1);
}

uint16_t qrtl_eeprom_read(QRtl8139 *d, unsigned word, unsigned address_bits)
{
    uint16_t value;

    qrtl_eeprom_begin(d, 6 << address_bits | word, 3 + address_bits);
    value = qrtl_eeprom_word(d);
    qrtl_eeprom_end(d);
    return value;
}

/* --- C mode --- */

static uint64_t once(QRtl8139 *d, uint64_t *place, size_t size)
{
    if (!*place) {
        *place = guest_alloc_aligned(d->alloc, size, 4096);
    }
    return *place;
}

void qrtl_start_c(QRtl8139 *d, uint32_t rcr)
{
    qrtl_reset(d);
    once(d, &d->tx_buf, 4 * QRTL_BUF_BYTES);
    qrtl_write(d, R_RBSTART, once(d, &d->rx_buf, 65536 + 8192), 4);
    qrtl_write(d, R_CR, C_TE | C_RE, 1);
    qrtl_write(d, R_RCR, rcr, 4);
    qrtl_write(d, R_MAR0, UINT32_MAX, 4);
    qrtl_write(d, R_MAR0 + 4, UINT32_MAX, 4);
    qrtl_write(d, R_IMR, 0xffff, 2);
}

void qrtl_send_c(QRtl8139 *d, unsigned n, const void *frame, size_t size)
{
    uint64_t at = d->tx_buf + n * QRTL_BUF_BYTES;

    qtest_memwrite(d->qts, at, frame, size);
    qrtl_write(d, R_TSAD0 + 4 * n, at, 4);
    qrtl_write(d, R_TSD0 + 4 * n, size, 4);
}

/* --- C+ mode --- */

void qrtl_desc_set(QRtl8139 *d, uint64_t ring, unsigned at, uint32_t status,
                   uint32_t vlan, uint64_t addr)
{
    uint8_t raw[16];

    stl_le_p(raw, status);
    stl_le_p(raw + 4, vlan);
    stq_le_p(raw + 8, addr);
    qtest_memwrite(d->qts, ring + 16 * at, raw, sizeof(raw));
}

uint32_t qrtl_desc_status(QRtl8139 *d, uint64_t ring, unsigned at)
{
    return qtest_readl(d->qts, ring + 16 * at);
}

uint32_t qrtl_desc_vlan(QRtl8139 *d, uint64_t ring, unsigned at)
{
    return qtest_readl(d->qts, ring + 16 * at + 4);
}

static uint32_t end_of_ring(unsigned at)
{
    return at == QRTL_DESCS - 1 ? D_EOR : 0;
}

static uint64_t rx_buffer(QRtl8139 *d, unsigned at)
{
    return d->buffers + at * QRTL_BUF_BYTES;
}

void qrtl_post_all(QRtl8139 *d)
{
    for (unsigned i = 0; i < QRTL_DESCS; i++) {
        qrtl_desc_set(d, d->rx_ring, i,
                      D_OWN | end_of_ring(i) | (QRTL_BUF_BYTES - 8), 0,
                      rx_buffer(d, i));
    }
}

void qrtl_start_cplus(QRtl8139 *d, uint16_t cpcr)
{
    qrtl_reset(d);
    once(d, &d->tx_buf, 1 << 20);
    once(d, &d->tx_ring, 1024);
    once(d, &d->hi_ring, 1024);
    once(d, &d->rx_ring, 1024);
    once(d, &d->buffers, QRTL_DESCS * QRTL_BUF_BYTES);
    qtest_memset(d->qts, d->tx_ring, 0, 1024);
    qtest_memset(d->qts, d->hi_ring, 0, 1024);
    qtest_memset(d->qts, d->rx_ring, 0, 1024);
    qrtl_post_all(d);
    qrtl_write(d, R_CPCR, CP_TX | CP_RX | cpcr, 2);
    qrtl_write(d, R_TNPDS, d->tx_ring, 4);
    qrtl_write(d, R_TNPDS + 4, d->tx_ring >> 32, 4);
    qrtl_write(d, R_THPDS, d->hi_ring, 4);
    qrtl_write(d, R_THPDS + 4, d->hi_ring >> 32, 4);
    qrtl_write(d, R_RDSAR, d->rx_ring, 4);
    qrtl_write(d, R_RDSAR + 4, d->rx_ring >> 32, 4);
    qrtl_write(d, R_CR, C_TE | C_RE, 1);
    qrtl_write(d, R_RCR, RX_USUAL, 4);
    qrtl_write(d, R_MAR0, UINT32_MAX, 4);
    qrtl_write(d, R_MAR0 + 4, UINT32_MAX, 4);
    qrtl_write(d, R_IMR, 0xffff, 2);
}

void qrtl_send_cplus(QRtl8139 *d, const void *frame, size_t size,
                     uint32_t flags, uint32_t vlan)
{
    unsigned at = d->tx_at++ % QRTL_DESCS;
    uint64_t buffer = d->tx_buf + at * 65536;

    qtest_memwrite(d->qts, buffer, frame, size);
    qrtl_desc_set(d, d->tx_ring, at, D_OWN | D_FS | D_LS | end_of_ring(at) |
                  flags | size, vlan, buffer);
    qrtl_write(d, R_TPPOLL, POLL_NPQ, 1);
}

uint32_t qrtl_receive_cplus(QRtl8139 *d, void *frame, size_t *size)
{
    unsigned at = d->rx_at++ % QRTL_DESCS;
    uint32_t status = 0;

    for (unsigned i = 0; i < WAIT_STEPS; i++) {
        status = qrtl_desc_status(d, d->rx_ring, at);
        if (!(status & D_OWN)) {
            break;
        }
        g_usleep(1000);
    }
    g_assert_false(status & D_OWN);
    g_assert_cmphex(status & (D_FS | D_LS), ==, D_FS | D_LS);
    g_assert_cmphex(status & D_EOR, ==, end_of_ring(at));
    *size = (status & 0x1fff) - 4;
    qtest_memread(d->qts, rx_buffer(d, at), frame, *size);
    return status;
}

/* --- the wire --- */

typedef struct Wire {
    int host_fd, guest_fd;
} Wire;

char *qrtl_before(void **data)
{
    Wire *w = g_new0(Wire, 1);
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), ==, 0);
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    w->host_fd = fds[0];
    w->guest_fd = fds[1];
    *data = w;
    return g_strdup_printf("-netdev dgram,id=hs0,local.type=fd,local.str=%d",
                           fds[1]);
}

void qrtl_after(void *data)
{
    Wire *w = data;

    close(w->host_fd);
    close(w->guest_fd);
    g_free(w);
}

QRtl8139 *qrtl_take(void *driver, void *data)
{
    QRtl8139 *d = driver;
    Wire *w = data;

    d->host_fd = w ? w->host_fd : -1;
    d->guest_fd = w ? w->guest_fd : -1;
    return d;
}

void qrtl_host_send(QRtl8139 *d, const void *frame, size_t size)
{
    g_assert_cmpint(send(d->host_fd, frame, size, 0), ==, size);
}

ssize_t qrtl_host_receive(QRtl8139 *d, void *frame, size_t size, int wait_ms)
{
    struct pollfd pfd = { .fd = d->host_fd, .events = POLLIN };
    ssize_t len;

    do {
        if (poll(&pfd, 1, wait_ms) == 0) {
            return -1;
        }
        len = recv(d->host_fd, frame, size, 0);
        /* A machine that was restored announces itself by RARP. */
    } while (len == 60 && lduw_be_p((uint8_t *)frame + 12) == 0x8035);
    return len;
}

void qrtl_host_expect(QRtl8139 *d, const void *frame, size_t size)
{
    g_autofree uint8_t *got = g_malloc(70000);
    ssize_t len = qrtl_host_receive(d, got, 70000, 5000);

    g_assert_cmpint(len, ==, size);
    g_assert_cmpmem(got, len, frame, size);
}

void qrtl_make_frame(uint8_t *frame, size_t size, unsigned number)
{
    static const uint8_t head[14] = {
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5,
    };

    for (size_t i = 0; i < size; i++) {
        frame[i] = i < sizeof(head) ? head[i] : (uint8_t)(number * 7 + i);
    }
}

uint16_t qrtl_checksum(uint32_t sum, const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sum += i % 2 ? p[i] : p[i] << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum;
}

uint16_t qrtl_l4_check(const uint8_t *frame, size_t size)
{
    uint32_t sum = frame[23] + (size - 34);

    for (unsigned i = 26; i < 34; i += 2) {
        sum += lduw_be_p(frame + i);
    }
    return qrtl_checksum(sum, frame + 34, size - 34);
}

unsigned qrtl_make_ip(uint8_t *frame, size_t size, uint8_t protocol)
{
    static const uint8_t ip[20] = {
        0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 0, 0, 0,
        10, 0, 2, 15, 10, 0, 2, 2,
    };
    unsigned data = protocol == 6 ? 54 : 42;

    qrtl_make_frame(frame, size, 3);
    stw_be_p(frame + 12, 0x0800);
    memcpy(frame + 14, ip, sizeof(ip));
    stw_be_p(frame + 16, size - 14);
    frame[23] = protocol;
    stw_be_p(frame + 24, qrtl_checksum(0, frame + 14, 20));
    stw_be_p(frame + 34, 1234);
    stw_be_p(frame + 36, 80);
    if (protocol == 6) {
        stl_be_p(frame + 38, 0x01020304);
        stl_be_p(frame + 42, 0);
        frame[46] = 0x50;
        frame[47] = 0x18;       /* ACK, PSH */
        stw_be_p(frame + 48, 8192);
        stl_be_p(frame + 50, 0);
        stw_be_p(frame + 50, qrtl_l4_check(frame, size));
    } else {
        stw_be_p(frame + 38, size - 34);
        stw_be_p(frame + 40, 0);
        stw_be_p(frame + 40, qrtl_l4_check(frame, size));
    }
    return data;
}

/* --- the node --- */

typedef struct QRtlNode {
    QOSObject obj;
    QRtl8139 rtl;
} QRtlNode;

static void *node_get_driver(QOSObject *obj, const char *interface)
{
    return &container_of(obj, QRtlNode, obj)->rtl;
}

static void node_start(QOSObject *obj)
{
    QRtl8139 *d = &container_of(obj, QRtlNode, obj)->rtl;

    d->io = qpci_iomap(d->pci, 0);
    d->mem = qpci_iomap(d->pci, 1);
    qpci_device_enable(d->pci);
}

static void node_destroy(QOSObject *obj)
{
    QRtlNode *node = container_of(obj, QRtlNode, obj);

    g_free(node->rtl.pci);
    g_free(node);
}

static QOSObject *node_new(QTestState *qts, void *bus, const char *id)
{
    QPCIMachineBus *machine_bus = bus;
    QRtlNode *node = g_new0(QRtlNode, 1);

    node->rtl.qts = qts;
    node->rtl.alloc = &machine_bus->alloc;
    node->rtl.pci = qpci_device_find_id(&machine_bus->pci, 0x10ec, 0x8139);
    g_assert_nonnull(node->rtl.pci);
    node->obj.get_driver = node_get_driver;
    node->obj.start = node_start;
    node->obj.destroy = node_destroy;
    return &node->obj;
}

static void register_node(void)
{
    qos_add_device("rtl8139", "rtl8139,netdev=hs0,romfile=", "pci-bus",
                   node_new);
    qos_device_needs("rtl8139", "-netdev hubport,id=hs0,hubid=0");
    qos_node_produces("rtl8139", "rtl8139");
}

libqos_init(register_node)
