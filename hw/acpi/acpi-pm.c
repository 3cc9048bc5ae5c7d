/*
 * ACPI fixed hardware: events, control, timer. Which chip they sit in, and where,
 * is in piix4.c and ich9.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "hw/acpi/acpi-pm.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "trace.h"

#define TIMER_BITS 24
#define HALF_PERIOD (1ull << (TIMER_BITS - 1))
#define PM1_EVENTS (ACPI_PM1_TIMER | ACPI_PM1_GLOBAL | ACPI_PM1_POWER_BUTTON | \
                    ACPI_PM1_SLEEP_BUTTON | ACPI_PM1_RTC)

static uint64_t timer_ticks(void)
{
    return muldiv64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ACPI_PM_TIMER_HZ,
                    NANOSECONDS_PER_SECOND);
}

/* The status as of now: the timer's bit is worked out when looked at. */
static uint16_t pm1_status(AcpiPm *pm)
{
    if (timer_ticks() >= pm->overflow_tick) {
        pm->pm1_status |= ACPI_PM1_TIMER;
    }
    return pm->pm1_status;
}

static bool gpe_pending(const AcpiPm *pm)
{
    for (unsigned i = 0; i < pm->gpe_bytes; i++) {
        if (pm->gpe_status[i] & pm->gpe_enable[i]) {
            return true;
        }
    }
    return false;
}

/* Show the SCI, and wake up for the timer's overflow if that would change it. */
static void update_sci(AcpiPm *pm)
{
    uint16_t events = pm1_status(pm) & pm->pm1_enable & PM1_EVENTS;

    bool level = events || gpe_pending(pm);

    trace_acpi_pm_sci(level, pm->pm1_status, pm->pm1_enable);
    qemu_set_irq(pm->sci, level);
    if ((pm->pm1_enable & ACPI_PM1_TIMER) && !(events & ACPI_PM1_TIMER)) {
        timer_mod(&pm->timer,
                  muldiv64_round_up(pm->overflow_tick, NANOSECONDS_PER_SECOND,
                                    ACPI_PM_TIMER_HZ));
    } else {
        timer_del(&pm->timer);
    }
}

static void timer_overflow(void *opaque)
{
    update_sci(opaque);
}

/* ---- PM1 event: status, written ones clear; enable ---- */

static uint64_t event_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiPm *pm = opaque;

    return addr == 0 ? pm1_status(pm) : pm->pm1_enable;
}

static void event_write(void *opaque, hwaddr addr, uint64_t value,
                        unsigned size)
{
    AcpiPm *pm = opaque;

    if (addr == 0) {
        uint16_t status = pm1_status(pm);

        if (status & value & ACPI_PM1_TIMER) {
            pm->overflow_tick = (timer_ticks() / HALF_PERIOD + 1) * HALF_PERIOD;
        }
        pm->pm1_status = status & ~value;
    } else {
        pm->pm1_enable = value;
    }
    update_sci(pm);
}

static const MemoryRegionOps event_ops = {
    .read = event_read,
    .write = event_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 2, .max_access_size = 2 },
};

/* ---- PM1 control ---- */

static void control_write(void *opaque, hwaddr addr, uint64_t value,
                          unsigned size)
{
    AcpiPm *pm = opaque;

    if (addr != 0) {
        return;
    }
    trace_acpi_pm_control(value);
    pm->pm1_control = value & ~ACPI_PM1_SLP_EN;
    /* States other than soft off are not offered: nothing happens. */
    if ((value & ACPI_PM1_SLP_EN) && (value >> 10 & 7) == pm->s5_type) {
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    }
}

static uint64_t control_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiPm *pm = opaque;

    return addr == 0 ? pm->pm1_control : 0;
}

static const MemoryRegionOps control_ops = {
    .read = control_read,
    .write = control_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 2, .max_access_size = 2 },
};

void acpi_pm_set_sci_enabled(AcpiPm *pm, bool enabled)
{
    pm->pm1_control = enabled ? pm->pm1_control | ACPI_PM1_SCI_EN
                              : pm->pm1_control & ~ACPI_PM1_SCI_EN;
}

/* ---- the timer ---- */

static uint64_t timer_read(void *opaque, hwaddr addr, unsigned size)
{
    return timer_ticks() & ((1u << TIMER_BITS) - 1);
}

static void timer_write(void *opaque, hwaddr addr, uint64_t value,
                        unsigned size)
{
    /* It only counts. */
}

static const MemoryRegionOps timer_ops = {
    .read = timer_read,
    .write = timer_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- general-purpose events ---- */

static uint64_t gpe_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiPm *pm = opaque;

    return addr < pm->gpe_bytes ? pm->gpe_status[addr]
                                : pm->gpe_enable[addr - pm->gpe_bytes];
}

static void gpe_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiPm *pm = opaque;

    if (addr < pm->gpe_bytes) {
        pm->gpe_status[addr] &= ~value;
    } else {
        pm->gpe_enable[addr - pm->gpe_bytes] = value;
    }
    update_sci(pm);
}

static const MemoryRegionOps gpe_ops = {
    .read = gpe_read,
    .write = gpe_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

void acpi_pm_raise_gpe(AcpiPm *pm, unsigned bit)
{
    g_assert(bit < 8 * pm->gpe_bytes);
    trace_acpi_pm_gpe(bit);
    pm->gpe_status[bit / 8] |= 1 << bit % 8;
    update_sci(pm);
}

/* ---- life ---- */

static void powerdown_requested(Notifier *notifier, void *data)
{
    AcpiPm *pm = container_of(notifier, AcpiPm, powerdown);

    pm->pm1_status |= ACPI_PM1_POWER_BUTTON;
    update_sci(pm);
}

void acpi_pm_init(AcpiPm *pm, Object *owner, uint8_t s5_type,
                  unsigned gpe_bytes)
{
    static const struct {
        const char *name;
        const MemoryRegionOps *ops;
        size_t region;
        unsigned at, bytes;
    } blocks[] = {
        { "acpi-evt", &event_ops, offsetof(AcpiPm, event), 0, 4 },
        { "acpi-cnt", &control_ops, offsetof(AcpiPm, control), 4, 2 },
        { "acpi-tmr", &timer_ops, offsetof(AcpiPm, timer_io), 8, 4 },
    };

    g_assert(gpe_bytes > 0 && gpe_bytes <= ACPI_PM_GPE_BYTES_MAX);
    pm->s5_type = s5_type;
    pm->gpe_bytes = gpe_bytes;
    memory_region_init(&pm->io, owner, "acpi-pm", 64);
    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++) {
        MemoryRegion *mr = (MemoryRegion *)((char *)pm + blocks[i].region);

        memory_region_init_io(mr, owner, blocks[i].ops, pm, blocks[i].name,
                              blocks[i].bytes);
        memory_region_add_subregion(&pm->io, blocks[i].at, mr);
    }
    memory_region_init_io(&pm->gpe, owner, &gpe_ops, pm, "acpi-gpe0",
                          2 * gpe_bytes);
    timer_init_ns(&pm->timer, QEMU_CLOCK_VIRTUAL, timer_overflow, pm);
    pm->powerdown.notify = powerdown_requested;
    qemu_register_powerdown_notifier(&pm->powerdown);
}

void acpi_pm_finish(AcpiPm *pm)
{
    timer_del(&pm->timer);
    notifier_remove(&pm->powerdown);
}

void acpi_pm_reset(AcpiPm *pm)
{
    pm->pm1_status = pm->pm1_enable = pm->pm1_control = 0;
    memset(pm->gpe_status, 0, sizeof(pm->gpe_status));
    memset(pm->gpe_enable, 0, sizeof(pm->gpe_enable));
    pm->overflow_tick = (timer_ticks() / HALF_PERIOD + 1) * HALF_PERIOD;
    update_sci(pm);
}

static int acpi_pm_post_load(void *opaque, int version_id)
{
    AcpiPm *pm = opaque;

    /* It is never further off than the end of the period after this one. */
    if (pm->overflow_tick > timer_ticks() + 2 * HALF_PERIOD) {
        return -EINVAL;
    }
    update_sci(pm);
    return 0;
}

const VMStateDescription vmstate_acpi_pm = {
    .name = "acpi-pm",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = acpi_pm_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(pm1_status, AcpiPm),
        VMSTATE_UINT16(pm1_enable, AcpiPm),
        VMSTATE_UINT16(pm1_control, AcpiPm),
        VMSTATE_UINT8_ARRAY(gpe_status, AcpiPm, ACPI_PM_GPE_BYTES_MAX),
        VMSTATE_UINT8_ARRAY(gpe_enable, AcpiPm, ACPI_PM_GPE_BYTES_MAX),
        VMSTATE_UINT64(overflow_tick, AcpiPm),
        VMSTATE_END_OF_LIST()
    },
};
