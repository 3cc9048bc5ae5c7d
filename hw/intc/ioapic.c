/*
 * The I/O APIC: lines in, messages to local APICs out. Inputs are gpio-in 0..23;
 * the registers are sysbus MMIO region 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/intc/apic.h"
#include "hw/intc/intc.h"
#include "hw/intc/ioapic.h"
#include "migration/vmstate.h"
#include "qemu/timer.h"
#include "trace.h"

/* Bits of a redirection entry. */
#define RTE_LOGICAL         (1ull << 11)
#define RTE_PENDING         (1ull << 12)
#define RTE_ACTIVE_LOW      (1ull << 13)
#define RTE_REMOTE_IRR      (1ull << 14)
#define RTE_LEVEL           (1ull << 15)
#define RTE_MASKED          (1ull << 16)
#define RTE_READ_ONLY       (RTE_PENDING | RTE_REMOTE_IRR)
#define RTE_WRITABLE        (0xff0000000001ffffull & ~RTE_READ_ONLY)

enum { REG_ID = 0x00, REG_VERSION = 0x01, REG_ARB = 0x02, REG_TABLE = 0x10 };
enum { PORT_SELECT = 0x00, PORT_WINDOW = 0x10, PORT_EOI = 0x40 };

/*
 * A level that stands through so many ends of interrupt is sent more slowly from then
 * on. Between two messages of a real chip a CPU gets some instructions done, and
 * drivers live by it: Linux' 8139cp may unmask its card while it polls already, and
 * the interrupt handler that does nothing then would be all that ever runs.
 */
#define STORM_MESSAGES      100
#define STORM_DELAY_NS      (20 * SCALE_US)

struct IOAPICState {
    SysBusDevice parent_obj;
    MemoryRegion io;
    uint8_t id;
    uint8_t select;
    uint8_t version;
    uint32_t asserted;          /* edges to be sent, levels that stand */
    uint32_t lines;             /* level of each input */
    uint64_t entry[IOAPIC_NUM_PINS];
    uint64_t raised[IOAPIC_NUM_PINS];   /* for people */
    uint8_t again[IOAPIC_NUM_PINS];     /* ends of interrupt while it stands */
    uint32_t delayed;                   /* these wait for the timer */
    QEMUTimer storm_timer;
};

static IOAPICState *the_ioapic;

/* Send what pin asks for, unless it is masked or still being served. */
static void service_pin(IOAPICState *s, unsigned pin)
{
    uint64_t *entry = &s->entry[pin];
    uint32_t bit = 1u << pin;
    ApicMessage message;

    if (!(s->asserted & bit) || (*entry & RTE_MASKED) || (s->delayed & bit)) {
        return;
    }
    if (*entry & RTE_LEVEL) {
        if (*entry & RTE_REMOTE_IRR) {
            return;
        }
        *entry |= RTE_REMOTE_IRR;
    } else {
        s->asserted &= ~bit;
    }
    message = (ApicMessage) {
        .dest = *entry >> 56,
        .vector = *entry,
        .mode = *entry >> 8 & 7,
        .logical = *entry & RTE_LOGICAL,
        .level = *entry & RTE_LEVEL,
    };
    apic_deliver(&message);
}

static void send_delayed(IOAPICState *s)
{
    uint32_t pins = s->delayed;

    s->delayed = 0;
    timer_del(&s->storm_timer);
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        if (pins >> pin & 1) {
            service_pin(s, pin);
        }
    }
}

static void storm_timer_expired(void *opaque)
{
    send_delayed(opaque);
}

/* A CPU is done with a level: if it still stands, the CPU hears of it again. */
static void end_of_interrupt(IOAPICState *s, unsigned pin)
{
    s->entry[pin] &= ~RTE_REMOTE_IRR;
    if (!(s->asserted >> pin & 1)) {
        return;
    }
    if (s->again[pin] < STORM_MESSAGES) {
        s->again[pin]++;
        service_pin(s, pin);
        return;
    }
    if (!s->delayed) {
        timer_mod(&s->storm_timer, STORM_DELAY_NS +
                                   qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    }
    s->delayed |= 1u << pin;
}

static void ioapic_set_irq(void *opaque, int pin, int level)
{
    IOAPICState *s = opaque;
    uint32_t bit = 1u << pin;
    bool was = s->lines & bit;
    uint64_t entry = s->entry[pin];

    /*
     * Polarity is not modelled on the wire: lines of this machine are given as
     * "active" or not, and a guest may say either polarity for them.
     */
    trace_ioapic_set_irq(pin, level);
    s->raised[pin] += level && !was;
    s->lines = level ? s->lines | bit : s->lines & ~bit;
    if (entry & RTE_LEVEL) {
        s->asserted = level ? s->asserted | bit : s->asserted & ~bit;
    } else if (level && !was && !(entry & RTE_MASKED)) {
        s->asserted |= bit;
    }
    if (level) {
        service_pin(s, pin);
    } else {
        s->again[pin] = 0;
        s->delayed &= ~bit;
    }
}

void ioapic_eoi_broadcast(uint8_t vector)
{
    IOAPICState *s = the_ioapic;

    if (!s) {
        return;
    }
    trace_ioapic_eoi_broadcast(vector);
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        if ((s->entry[pin] & 0xff) == vector &&
            (s->entry[pin] & RTE_REMOTE_IRR)) {
            end_of_interrupt(s, pin);
        }
    }
}

static uint32_t register_read(IOAPICState *s)
{
    unsigned index = s->select - REG_TABLE;

    switch (s->select) {
    case REG_ID:
    case REG_ARB:
        return (uint32_t)s->id << 24;
    case REG_VERSION:
        return s->version | (IOAPIC_NUM_PINS - 1) << 16;
    default:
        if (s->select < REG_TABLE || index / 2 >= IOAPIC_NUM_PINS) {
            return 0;
        }
        return s->entry[index / 2] >> (index & 1 ? 32 : 0);
    }
}

/* A change of trigger mode or mask can make a standing level due. */
static void write_entry(IOAPICState *s, unsigned pin, bool high, uint32_t value)
{
    uint64_t old = s->entry[pin], entry;
    uint32_t bit = 1u << pin;

    entry = high ? (uint32_t)old | (uint64_t)value << 32
                 : (old & ~(uint64_t)UINT32_MAX) | value;
    entry = (entry & RTE_WRITABLE) | (old & RTE_READ_ONLY);
    if (!(entry & RTE_LEVEL)) {
        entry &= ~RTE_REMOTE_IRR;
        if (old & RTE_LEVEL) {
            s->asserted &= ~bit;
        }
    } else if (s->lines & bit) {
        s->asserted |= bit;
    }
    s->entry[pin] = entry;
    service_pin(s, pin);
}

static void register_write(IOAPICState *s, uint32_t value)
{
    unsigned index = s->select - REG_TABLE;

    if (s->select == REG_ID) {
        s->id = value >> 24 & 0x0f;
    } else if (s->select >= REG_TABLE && index / 2 < IOAPIC_NUM_PINS) {
        write_entry(s, index / 2, index & 1, value);
    }
}

static uint64_t ioapic_read(void *opaque, hwaddr addr, unsigned size)
{
    IOAPICState *s = opaque;

    switch (addr & 0xff) {
    case PORT_SELECT:
        return s->select;
    case PORT_WINDOW:
        return register_read(s);
    default:
        return 0;
    }
}

static void ioapic_write(void *opaque, hwaddr addr, uint64_t value,
                         unsigned size)
{
    IOAPICState *s = opaque;

    switch (addr & 0xff) {
    case PORT_SELECT:
        s->select = value;
        break;
    case PORT_WINDOW:
        register_write(s, value);
        break;
    case PORT_EOI:              /* there from version 0x20 on */
        if (s->version >= 0x20) {
            ioapic_eoi_broadcast(value);
        }
        break;
    }
}

static const MemoryRegionOps ioapic_ops = {
    .read = ioapic_read,
    .write = ioapic_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

static void ioapic_reset_hold(Object *obj, ResetType type)
{
    IOAPICState *s = IOAPIC(obj);

    s->id = s->select = 0;
    s->asserted = s->delayed = 0;
    timer_del(&s->storm_timer);
    memset(s->again, 0, sizeof(s->again));
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        s->entry[pin] = RTE_MASKED;
    }
}

static void ioapic_realize(DeviceState *dev, Error **errp)
{
    IOAPICState *s = IOAPIC(dev);

    if (s->version != 0x11 && s->version != 0x20) {
        error_setg(errp, "version %#x of the I/O APIC is not known: "
                   "0x11 or 0x20", s->version);
        return;
    }
    if (the_ioapic) {
        error_setg(errp, "this machine has an I/O APIC already");
        return;
    }
    memory_region_init_io(&s->io, OBJECT(s), &ioapic_ops, s, "ioapic", 0x1000);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->io);
    qdev_init_gpio_in(dev, ioapic_set_irq, IOAPIC_NUM_PINS);
    timer_init_ns(&s->storm_timer, QEMU_CLOCK_VIRTUAL, storm_timer_expired, s);
    the_ioapic = s;
}

static void ioapic_finalize(Object *obj)
{
    if ((Object *)the_ioapic == obj) {
        timer_deinit(&IOAPIC(obj)->storm_timer);
        the_ioapic = NULL;
    }
}

static bool ioapic_get_statistics(Object *obj, const uint64_t **counts,
                                  unsigned *nb_irqs)
{
    *counts = IOAPIC(obj)->raised;
    *nb_irqs = IOAPIC_NUM_PINS;
    return true;
}

static void print_pin(GString *out, unsigned pin, uint64_t entry)
{
    static const char *const modes[] = {
        "fixed", "lowest", "SMI", "...", "NMI", "INIT", "...", "extINT",
    };

    g_string_append_printf(out, "  pin %-2u 0x%016" PRIx64 " dest=%-3u vec=%-3u "
                           "%s %-5s %-6s %-6s %s\n", pin, entry,
                           (unsigned)(entry >> 56), (unsigned)(entry & 0xff),
                           entry & RTE_ACTIVE_LOW ? "active-lo" : "active-hi",
                           entry & RTE_LEVEL ? "level" : "edge",
                           entry & RTE_MASKED ? "masked" : "",
                           modes[entry >> 8 & 7],
                           entry & RTE_LOGICAL ? "logical" : "physical");
}

static void ioapic_print_info(Object *obj, GString *out)
{
    const IOAPICState *s = IOAPIC(obj);
    uint32_t remote = 0;

    g_string_append_printf(out, "ioapic0: ver=0x%x id=0x%02x sel=0x%02x\n",
                           s->version, s->id, s->select);
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        print_pin(out, pin, s->entry[pin]);
        remote |= s->entry[pin] & RTE_REMOTE_IRR ? 1u << pin : 0;
    }
    for (unsigned i = 0; i < 2; i++) {
        uint32_t mask = i ? remote : s->asserted;

        g_string_append(out, i ? "  Remote IRR " : "  IRR      ");
        for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
            if (mask >> pin & 1) {
                g_string_append_printf(out, "%u ", pin);
            }
        }
        g_string_append(out, mask ? "\n" : "(none)\n");
    }
}

/* What is delayed is in no stream: local APICs, which are saved later, get it. */
static int ioapic_pre_save(void *opaque)
{
    send_delayed(opaque);
    return 0;
}

static int ioapic_pre_load(void *opaque)
{
    IOAPICState *s = opaque;

    s->delayed = 0;
    timer_del(&s->storm_timer);
    memset(s->again, 0, sizeof(s->again));
    return 0;
}

static const VMStateDescription vmstate_ioapic = {
    .name = "ioapic",
    .version_id = 1,
    .minimum_version_id = 1,
    .priority = MIG_PRI_LOW,
    .pre_save = ioapic_pre_save,
    .pre_load = ioapic_pre_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(id, IOAPICState),
        VMSTATE_UINT8(select, IOAPICState),
        VMSTATE_UINT32(asserted, IOAPICState),
        VMSTATE_UINT32(lines, IOAPICState),
        VMSTATE_UINT64_ARRAY(entry, IOAPICState, IOAPIC_NUM_PINS),
        VMSTATE_END_OF_LIST()
    },
};

static const Property ioapic_properties[] = {
    DEFINE_PROP_UINT8("version", IOAPICState, version, 0x20),
};

static void ioapic_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    InterruptStatsProviderClass *ic = INTERRUPT_STATS_PROVIDER_CLASS(klass);

    ic->get_statistics = ioapic_get_statistics;
    ic->print_info = ioapic_print_info;
    dc->realize = ioapic_realize;
    dc->user_creatable = false;     /* its lines are wired by the machine */
    dc->vmsd = &vmstate_ioapic;
    RESETTABLE_CLASS(klass)->phases.hold = ioapic_reset_hold;
    device_class_set_props(dc, ioapic_properties);
}

static const TypeInfo ioapic_types[] = {
    {
        .name = TYPE_IOAPIC,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(IOAPICState),
        .instance_finalize = ioapic_finalize,
        .class_init = ioapic_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_INTERRUPT_STATS_PROVIDER }, { }
        },
    },
};

DEFINE_TYPES(ioapic_types)
