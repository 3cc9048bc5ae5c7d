/*
 * RTL8139C+: interrupt status and mask, the mitigation of frame interrupts, and
 * the timer that counts the PCI clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "rtl8139-internal.h"
#include "trace.h"

/* The units of the fields of IntrMitigate at 100 Mbit/s. */
#define MITIGATE_UNIT_NS        20480
#define MITIGATE_UNIT_FRAMES    4

/* Which direction an interrupt comes from, where it is one. */
#define ISR_OF_RX   (ISR_ROK | ISR_RER | ISR_RXOVW | ISR_FOVW)
#define ISR_OF_TX   (ISR_TOK | ISR_TER | ISR_TDU)

void rtl8139_update_irq(RTL8139State *s)
{
    bool level = (s->isr & s->imr) != 0;

    trace_rtl8139_update_irq(s, level, s->isr, s->imr);
    pci_set_irq(PCI_DEVICE(s), level);
}

void rtl8139_raise(RTL8139State *s, uint16_t bits)
{
    bool was = s->isr & s->imr;

    s->isr |= bits & ISR_ALL;
    if (!was && (s->isr & s->imr)) {
        s->rx_count.interrupts += !!(bits & s->imr & ISR_OF_RX);
        s->tx_count.interrupts += !!(bits & s->imr & ISR_OF_TX);
    }
    rtl8139_update_irq(s);
}

/* --- mitigation --- */

static void mitigation_end(RTL8139State *s, RTLMitigation *m)
{
    uint16_t bits = m->held;

    timer_del(&m->timer);
    m->held = 0;
    m->frames = 0;
    rtl8139_raise(s, bits);
}

/* A frame is done: @limits is four bits of time above four of frames. */
static void mitigate(RTL8139State *s, RTLMitigation *m, uint8_t limits,
                     uint16_t bits)
{
    unsigned units = limits >> 4, frames = (limits & 15) * MITIGATE_UNIT_FRAMES;

    if (units == 0) {
        rtl8139_raise(s, bits);
        return;
    }
    if (!m->held) {
        timer_mod(&m->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                             units * MITIGATE_UNIT_NS);
    }
    m->held |= bits;
    m->frames++;
    if (frames && m->frames >= frames) {
        mitigation_end(s, m);
    } else if (m->frames == UINT8_MAX) {
        m->frames--;            /* without a limit it need not be counted */
    }
}

void rtl8139_frame_received(RTL8139State *s)
{
    mitigate(s, &s->rx_mitigation, s->mitigate, ISR_ROK);
}

void rtl8139_frame_sent(RTL8139State *s)
{
    mitigate(s, &s->tx_mitigation, s->mitigate >> 8, ISR_TOK);
}

void rtl8139_set_mitigation(RTL8139State *s, uint16_t value)
{
    s->mitigate = value;
    mitigation_end(s, &s->rx_mitigation);
    mitigation_end(s, &s->tx_mitigation);
}

static void rx_mitigation_expired(void *opaque)
{
    RTL8139State *s = opaque;

    mitigation_end(s, &s->rx_mitigation);
}

static void tx_mitigation_expired(void *opaque)
{
    RTL8139State *s = opaque;

    mitigation_end(s, &s->tx_mitigation);
}

/* --- TCTR and TimerInt --- */

uint32_t rtl8139_tctr(RTL8139State *s)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint64_t elapsed = now > s->tctr_start ?
                       (uint64_t)now - (uint64_t)s->tctr_start : 0;

    return muldiv64(elapsed, RTL_CLOCK_MHZ, 1000);
}

/* To fire when the counter next comes by TimerInt; 0 there: never. */
void rtl8139_timer_arm(RTL8139State *s)
{
    uint32_t left = s->timer_int - rtl8139_tctr(s);
    uint64_t ticks = left ? left : UINT64_C(1) << 32;

    if (s->timer_int == 0) {
        timer_del(&s->timer);
        return;
    }
    timer_mod(&s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                         muldiv64(ticks, 1000, RTL_CLOCK_MHZ) + 1);
}

void rtl8139_tctr_restart(RTL8139State *s)
{
    s->tctr_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    rtl8139_timer_arm(s);
}

static void timer_expired_cb(void *opaque)
{
    RTL8139State *s = opaque;

    rtl8139_raise(s, ISR_TIMEOUT);
    rtl8139_timer_arm(s);
}

/* --- life --- */

static void make_timer(RTL8139State *s, QEMUTimer *timer, QEMUTimerCB *cb)
{
    timer_init_ns(timer, QEMU_CLOCK_VIRTUAL, cb, s);
    timer_set_guard(timer, &DEVICE(s)->mem_reentrancy_guard);
}

void rtl8139_intr_init(RTL8139State *s)
{
    make_timer(s, &s->timer, timer_expired_cb);
    make_timer(s, &s->rx_mitigation.timer, rx_mitigation_expired);
    make_timer(s, &s->tx_mitigation.timer, tx_mitigation_expired);
}

void rtl8139_intr_exit(RTL8139State *s)
{
    timer_deinit(&s->timer);
    timer_deinit(&s->rx_mitigation.timer);
    timer_deinit(&s->tx_mitigation.timer);
}

void rtl8139_intr_reset(RTL8139State *s)
{
    rtl8139_set_mitigation(s, 0);
    s->imr = 0;
    s->isr = 0;
    s->timer_int = 0;
    rtl8139_tctr_restart(s);
    rtl8139_update_irq(s);
}
