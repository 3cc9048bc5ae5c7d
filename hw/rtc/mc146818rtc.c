/*
 * The MC146818 as an ISA device. Its time is the host's (or the virtual clock's)
 * plus an offset; flags are worked out when somebody looks, and a timer runs
 * only while an interrupt is enabled. Date formats: mc146818-calendar.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/rtc/mc146818rtc.h"
#include "migration/vmstate.h"
#include "system/rtc.h"

#define SECOND_NS NANOSECONDS_PER_SECOND
#define UIP_HOLD_NS 244000          /* UIP leads an update by this much */
#define CRYSTAL_HZ 32768
#define RTC_ISA_IRQ 8

struct MC146818RtcState {
    ISADevice parent_obj;
    MemoryRegion io;
    uint8_t cmos[RTC_CMOS_BYTES];
    uint8_t index;
    int32_t base_year;
    uint16_t io_base;
    uint8_t isairq;
    int64_t offset_ns;              /* calendar time minus rtc_base_ns() */
    int64_t seen_ns;                /* calendar time when flags were last made */
    uint64_t seen_ticks;            /* periods of register A, likewise */
    QEMUTimer second_timer;         /* update and alarm interrupts */
    QEMUTimer periodic_timer;
    qemu_irq irq;
};

/* Years that nanoseconds cannot tell end at 1900 and in 2188. */
#define CALENDAR_FIRST_S    (-2200000000LL)
#define CALENDAR_LAST_S     6900000000LL

/* While the guest sets the date, or holds the divider, time stands still. */
static bool is_frozen(const MC146818RtcState *s)
{
    return (s->cmos[RTC_REG_B] & REG_B_SET) ||
           (s->cmos[RTC_REG_A] & 0x70) >= 0x60;
}

static int64_t calendar_ns(const MC146818RtcState *s)
{
    return rtc_base_ns() + s->offset_ns;
}

static int64_t floor_seconds(int64_t ns)
{
    return ns / SECOND_NS - (ns % SECOND_NS < 0);
}

static void registers_from_time(MC146818RtcState *s)
{
    rtc_registers_from_seconds(s->cmos, floor_seconds(calendar_ns(s)) -
                               s->base_year * 31556952LL);
}

/* What the guest wrote becomes the time, from now on. */
static void time_from_registers(MC146818RtcState *s)
{
    int64_t seconds = rtc_seconds_from_registers(s->cmos) +
                      s->base_year * 31556952LL;

    seconds = CLAMP(seconds, CALENDAR_FIRST_S, CALENDAR_LAST_S);
    s->offset_ns = seconds * SECOND_NS - rtc_base_ns();
    s->seen_ns = seconds * SECOND_NS;
}

/* Length of a period in crystal cycles; 0: the rate is off. */
static unsigned period_cycles(const MC146818RtcState *s)
{
    unsigned rate = s->cmos[RTC_REG_A] & 15;

    return rate == 0 ? 0 : rate <= 2 ? 1u << (rate + 6) : 1u << (rate - 1);
}

static uint64_t periodic_ticks(const MC146818RtcState *s)
{
    unsigned cycles = period_cycles(s);

    return cycles ? muldiv64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), CRYSTAL_HZ,
                             SECOND_NS) / cycles : 0;
}

/* Bring the flags of register C up to date, and the line with them. */
static void update_flags(MC146818RtcState *s)
{
    uint64_t ticks = periodic_ticks(s);
    uint8_t *c = &s->cmos[RTC_REG_C];

    if (ticks != s->seen_ticks) {
        *c |= REG_C_PF;
        s->seen_ticks = ticks;
    }
    if (!is_frozen(s)) {
        int64_t now = calendar_ns(s);
        int64_t second = floor_seconds(now), seen = floor_seconds(s->seen_ns);

        if (second > seen) {
            *c |= REG_C_UF;
            if (rtc_next_alarm(s->cmos, seen) <= second) {
                *c |= REG_C_AF;
            }
        }
        s->seen_ns = now;
    }
    if (*c & s->cmos[RTC_REG_B] & (REG_C_PF | REG_C_AF | REG_C_UF)) {
        *c |= REG_C_IRQF;
    } else {
        *c &= ~REG_C_IRQF;
    }
    qemu_set_irq(s->irq, !!(*c & REG_C_IRQF));
}

static void arm_periodic(MC146818RtcState *s)
{
    unsigned cycles = period_cycles(s);

    if (cycles && (s->cmos[RTC_REG_B] & REG_B_PIE)) {
        timer_mod(&s->periodic_timer,
                  muldiv64_round_up((s->seen_ticks + 1) * cycles, SECOND_NS,
                                    CRYSTAL_HZ));
    } else {
        timer_del(&s->periodic_timer);
    }
}

static void arm_second(MC146818RtcState *s)
{
    int64_t seen = floor_seconds(s->seen_ns), next = INT64_MAX;

    if (!is_frozen(s)) {
        if (s->cmos[RTC_REG_B] & REG_B_UIE) {
            next = seen + 1;
        } else if (s->cmos[RTC_REG_B] & REG_B_AIE) {
            next = rtc_next_alarm(s->cmos, seen);
        }
    }
    if (next < INT64_MAX / SECOND_NS) {
        int64_t in_ns = next * SECOND_NS - s->seen_ns;

        timer_mod(&s->second_timer,
                  qemu_clock_get_ns(rtc_clock) + MAX(in_ns, 1));
    } else {
        timer_del(&s->second_timer);
    }
}

/* While the line is up, nothing that a timer finds would change it. */
static void rearm(MC146818RtcState *s)
{
    if (s->cmos[RTC_REG_C] & REG_C_IRQF) {
        timer_del(&s->periodic_timer);
        timer_del(&s->second_timer);
    } else {
        arm_periodic(s);
        arm_second(s);
    }
}

static void rtc_timer(void *opaque)
{
    update_flags(opaque);
    rearm(opaque);
}

static bool is_date_register(unsigned reg)
{
    return (reg <= RTC_YEAR && reg != RTC_SECONDS_ALARM &&
            reg != RTC_MINUTES_ALARM && reg != RTC_HOURS_ALARM) ||
           reg == RTC_CENTURY;
}

/* Registers A and B can stop time, start it, and change its format. */
static void write_control(MC146818RtcState *s, unsigned reg, uint8_t value)
{
    bool was_frozen = is_frozen(s);

    if (!was_frozen) {
        registers_from_time(s);
    }
    s->cmos[reg] = reg == RTC_REG_A ? value & ~REG_A_UIP : value;
    if (was_frozen && !is_frozen(s)) {
        time_from_registers(s);
    }
    s->seen_ticks = periodic_ticks(s);
}

static void write_date(MC146818RtcState *s, unsigned reg, uint8_t value)
{
    if (is_frozen(s)) {
        s->cmos[reg] = value;
        return;
    }
    registers_from_time(s);
    s->cmos[reg] = value;
    time_from_registers(s);
}

static void rtc_write_data(MC146818RtcState *s, uint8_t value)
{
    unsigned reg = s->index;

    update_flags(s);
    if (is_date_register(reg)) {
        write_date(s, reg, value);
    } else if (reg == RTC_REG_A || reg == RTC_REG_B) {
        write_control(s, reg, value);
        update_flags(s);
    } else if (reg != RTC_REG_C && reg != RTC_REG_D) {
        s->cmos[reg] = value;
    }
    if (reg <= RTC_REG_D || reg == RTC_CENTURY) {
        rearm(s);
    }
}

static uint8_t read_reg_a(MC146818RtcState *s)
{
    int64_t now = calendar_ns(s);
    bool updating = !is_frozen(s) &&
        now - floor_seconds(now) * SECOND_NS >= SECOND_NS - UIP_HOLD_NS;

    return s->cmos[RTC_REG_A] | (updating ? REG_A_UIP : 0);
}

/* Reading register C gives the flags and clears them. */
static uint8_t read_reg_c(MC146818RtcState *s)
{
    uint8_t flags;

    update_flags(s);
    flags = s->cmos[RTC_REG_C];
    s->cmos[RTC_REG_C] = 0;
    qemu_irq_lower(s->irq);
    rearm(s);
    return flags;
}

static uint64_t rtc_read(void *opaque, hwaddr addr, unsigned size)
{
    MC146818RtcState *s = opaque;

    if (!(addr & 1)) {
        return 0xff;
    }
    switch (s->index) {
    case RTC_REG_A:
        return read_reg_a(s);
    case RTC_REG_C:
        return read_reg_c(s);
    default:
        if (is_date_register(s->index) && !is_frozen(s)) {
            registers_from_time(s);
        }
        return s->cmos[s->index];
    }
}

static void rtc_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    MC146818RtcState *s = opaque;

    if (addr & 1) {
        rtc_write_data(s, value);
    } else {
        s->index = value & (RTC_CMOS_BYTES - 1);    /* bit 7 masks NMI */
    }
}

static const MemoryRegionOps rtc_ops = {
    .read = rtc_read,
    .write = rtc_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

void mc146818rtc_set_cmos_data(MC146818RtcState *s, int addr, int val)
{
    g_assert(addr >= 0 && addr < RTC_CMOS_BYTES);
    s->cmos[addr] = val;
}

int mc146818rtc_get_cmos_data(MC146818RtcState *s, int addr)
{
    g_assert(addr >= 0 && addr < RTC_CMOS_BYTES);
    return s->cmos[addr];
}

static void rtc_reset_hold(Object *obj, ResetType type)
{
    MC146818RtcState *s = MC146818_RTC(obj);

    s->cmos[RTC_REG_B] &= ~(REG_B_PIE | REG_B_AIE | REG_B_UIE | REG_B_SQWE);
    s->cmos[RTC_REG_C] = 0;
    qemu_irq_lower(s->irq);
    rearm(s);
}

static void rtc_realize(DeviceState *dev, Error **errp)
{
    MC146818RtcState *s = MC146818_RTC(dev);

    if (s->isairq >= ISA_NUM_IRQS) {
        error_setg(errp, "irq %u is not an ISA line (0 to %d)", s->isairq,
                   ISA_NUM_IRQS - 1);
        return;
    }
    s->cmos[RTC_REG_A] = 0x26;          /* 32768 Hz crystal, 1024 Hz rate */
    s->cmos[RTC_REG_B] = REG_B_24H;
    s->cmos[RTC_REG_D] = 0x80;          /* the battery is good */
    s->seen_ns = calendar_ns(s);
    timer_init_ns(&s->second_timer, rtc_clock, rtc_timer, s);
    timer_init_ns(&s->periodic_timer, QEMU_CLOCK_VIRTUAL, rtc_timer, s);
    qdev_init_gpio_out(dev, &s->irq, 1);
    memory_region_init_io(&s->io, OBJECT(s), &rtc_ops, s, "rtc", 2);
    isa_register_ioport(ISA_DEVICE(s), &s->io, s->io_base);
}

static void rtc_unrealize(DeviceState *dev)
{
    timer_del(&MC146818_RTC(dev)->second_timer);
    timer_del(&MC146818_RTC(dev)->periodic_timer);
}

/* The offset is against the clock's base here: it is saved as a date. */
static int rtc_pre_save(void *opaque)
{
    MC146818RtcState *s = opaque;

    update_flags(s);
    if (!is_frozen(s)) {
        registers_from_time(s);
    }
    return 0;
}

static int rtc_post_load(void *opaque, int version_id)
{
    MC146818RtcState *s = opaque;

    int64_t calendar;

    s->index &= RTC_CMOS_BYTES - 1;
    if (__builtin_add_overflow(rtc_base_ns(), s->offset_ns, &calendar) ||
        calendar < CALENDAR_FIRST_S * SECOND_NS ||
        calendar > CALENDAR_LAST_S * SECOND_NS) {
        return -EINVAL;
    }
    s->seen_ns = calendar_ns(s);
    s->seen_ticks = periodic_ticks(s);
    rearm(s);
    return 0;
}

static const VMStateDescription vmstate_rtc = {
    .name = "mc146818rtc",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = rtc_pre_save,
    .post_load = rtc_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8_ARRAY(cmos, MC146818RtcState, RTC_CMOS_BYTES),
        VMSTATE_UINT8(index, MC146818RtcState),
        VMSTATE_INT64(offset_ns, MC146818RtcState),
        VMSTATE_END_OF_LIST()
    },
};


static const Property rtc_properties[] = {
    DEFINE_PROP_INT32("base_year", MC146818RtcState, base_year, 0),
    DEFINE_PROP_UINT16("iobase", MC146818RtcState, io_base, 0x70),
    DEFINE_PROP_UINT8("irq", MC146818RtcState, isairq, RTC_ISA_IRQ),
};

static void rtc_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = rtc_realize;
    dc->unrealize = rtc_unrealize;
    dc->user_creatable = false;     /* the machine fills its memory */
    dc->vmsd = &vmstate_rtc;
    RESETTABLE_CLASS(klass)->phases.hold = rtc_reset_hold;
    device_class_set_props(dc, rtc_properties);
}

MC146818RtcState *mc146818_rtc_init(ISABus *bus, int base_year,
                                    qemu_irq intercept_irq)
{
    ISADevice *isadev = isa_new(TYPE_MC146818_RTC);
    MC146818RtcState *s = MC146818_RTC(isadev);

    qdev_prop_set_int32(DEVICE(isadev), "base_year", base_year);
    isa_realize_and_unref(isadev, bus, &error_fatal);
    if (intercept_irq) {
        qdev_connect_gpio_out(DEVICE(isadev), 0, intercept_irq);
    } else {
        isa_connect_gpio_out(isadev, 0, s->isairq);
    }
    return s;
}

static const TypeInfo rtc_types[] = {
    {
        .name = TYPE_MC146818_RTC,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(MC146818RtcState),
        .class_init = rtc_class_init,
    },
};

DEFINE_TYPES(rtc_types)
