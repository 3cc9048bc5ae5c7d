/*
 * A local APIC as its CPU sees it: registers, priorities, acknowledge and end of
 * interrupt, and its life as a device. Messages: apic-deliver.c; the timer:
 * apic-timer.c.
 *
 * Threads: a vector arrives by an atomic bit in IRR followed by
 * cpu_interrupt(HARD). The CPU's thread withdraws HARD when nothing is urgent
 * enough, then looks at IRR again, so that an arrival in between is not lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/pci/msi.h"
#include "migration/vmstate.h"
#include "apic-internal.h"

#define APIC_VERSION (0x14 | (LVT_COUNT - 1) << 16)

static int (*extint_acknowledge)(void);
static bool pic_level;          /* atomic: what LINT0 of all CPUs is at */
static void (*eoi_listener)(uint8_t vector);

void apic_set_extint_source(int (*acknowledge)(void))
{
    extint_acknowledge = acknowledge;
}

void apic_set_eoi_listener(void (*eoi)(uint8_t vector))
{
    eoi_listener = eoi;
}

APICState *apic_of_cpu(X86CPU *cpu)
{
    return cpu ? (APICState *)cpu->apic_state : NULL;
}

/* ---- priorities (SDM 11.8.3) ---- */

/* Processor priority: the class of what is served, or the task's if higher. */
unsigned apic_processor_priority(const APICState *s)
{
    int serving = vectors_highest(&s->isr);
    unsigned isr_class = serving < 0 ? 0 : serving & 0xf0;

    return (s->tpr & 0xf0) >= isr_class ? s->tpr : isr_class;
}

/* The vector that may interrupt now, or -1. */
static int deliverable(const APICState *s)
{
    int pending = vectors_highest(&s->irr);

    if (pending < 0 || !apic_is_enabled(s)) {
        return -1;
    }
    return (pending & 0xf0) > (int)(apic_processor_priority(s) & 0xf0) ? pending
                                                                  : -1;
}

static bool accepts_extint(const APICState *s)
{
    if (!(s->base & APIC_BASE_ENABLED)) {
        return s->is_bsp;       /* the pin is the old INTR */
    }
    return !(s->lvt[LVT_LINT0] & LVT_MASKED) &&
           (s->lvt[LVT_LINT0] >> 8 & 7) == APIC_DM_EXTINT;
}

static bool wants_service(const APICState *s)
{
    return deliverable(s) >= 0 ||
           (qatomic_read(&pic_level) && accepts_extint(s));
}

/* Make the CPU's pin follow what is pending. Own thread or stopped CPU. */
static void update_pin(APICState *s)
{
    CPUState *cs = CPU(s->cpu);

    if (wants_service(s)) {
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
        return;
    }
    cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
    /*
     * Withdrawn before looked at again. Pairs with the order in apic_set_irq();
     * without it an arrival between the two looks would never be seen.
     */
    smp_mb();
    if (wants_service(s)) {
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    }
}

void apic_set_pic_level(bool level)
{
    qatomic_set(&pic_level, level);
    smp_mb();                   /* pairs with the one in update_pin() */
    for (unsigned i = 0; i < local_apic_count; i++) {
        APICState *s = local_apics[i];

        /* The fall is noticed when the CPU asks and nobody answers. */
        if (level && accepts_extint(s)) {
            cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_HARD);
        }
    }
}

void apic_lvt_deliver(APICState *s, unsigned entry)
{
    uint32_t lvt = s->lvt[entry];

    if (lvt & LVT_MASKED) {
        return;
    }
    switch (lvt >> 8 & 7) {
    case APIC_DM_FIXED:
        if ((lvt & 0xff) >= 16 && apic_is_enabled(s)) {
            apic_set_irq(s, lvt & 0xff, false);
        }
        break;
    case APIC_DM_NMI:
        cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_NMI);
        break;
    case APIC_DM_SMI:
        cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_SMI);
        break;
    case APIC_DM_EXTINT:
        cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_HARD);
        break;
    default:
        break;
    }
}

void apic_local_deliver(APICState *s, unsigned pin)
{
    if (s && pin <= 1) {
        apic_lvt_deliver(s, LVT_LINT0 + pin);
    }
}

void apic_raise_error(APICState *s, uint32_t error)
{
    s->esr_pending |= error;
    apic_lvt_deliver(s, LVT_ERROR);
}

/* ---- end of interrupt ---- */

static void end_of_interrupt(APICState *s)
{
    int vector = vectors_highest(&s->isr);

    if (vector < 0) {
        return;
    }
    vectors_clear(&s->isr, vector);
    if (eoi_listener && vectors_test(&s->tmr, vector)) {
        bool locked = bql_locked();

        if (!locked) {
            bql_lock();
        }
        eoi_listener(vector);
        if (!locked) {
            bql_unlock();
        }
    }
    update_pin(s);
}

/* ---- registers (SDM table 11-1), by number of 16 bytes ---- */

enum {
    REG_ID = 0x02, REG_VERSION = 0x03, REG_TPR = 0x08, REG_PPR = 0x0a,
    REG_EOI = 0x0b, REG_LDR = 0x0d, REG_DFR = 0x0e, REG_SVR = 0x0f,
    REG_ISR = 0x10, REG_TMR = 0x18, REG_IRR = 0x20, REG_ESR = 0x28,
    REG_ICR_LOW = 0x30, REG_ICR_HIGH = 0x31, REG_LVT = 0x32,
    REG_TIMER_COUNT = 0x38, REG_TIMER_CURRENT = 0x39, REG_TIMER_DIVIDE = 0x3e,
};

static uint32_t vectors_read(const ApicVectors *v, unsigned index)
{
    return qatomic_read(&v->word[index >> 1]) >> (index & 1 ? 32 : 0);
}

static uint32_t register_read(APICState *s, unsigned reg)
{
    switch (reg) {
    case REG_ID:
        return s->id << 24;
    case REG_VERSION:
        return APIC_VERSION;
    case REG_TPR:
        return s->tpr;
    case REG_PPR:
        return apic_processor_priority(s);
    case REG_LDR:
        return (uint32_t)s->logical_id << 24;
    case REG_DFR:
        return (uint32_t)s->dest_format << 28 | 0x0fffffff;
    case REG_SVR:
        return s->spurious;
    case REG_ISR ... REG_ISR + 7:
        return vectors_read(&s->isr, reg - REG_ISR);
    case REG_TMR ... REG_TMR + 7:
        return vectors_read(&s->tmr, reg - REG_TMR);
    case REG_IRR ... REG_IRR + 7:
        return vectors_read(&s->irr, reg - REG_IRR);
    case REG_ESR:
        return s->esr;
    case REG_ICR_LOW:
    case REG_ICR_HIGH:
        return s->icr[reg - REG_ICR_LOW];
    case REG_LVT ... REG_LVT + LVT_COUNT - 1:
        return s->lvt[reg - REG_LVT];
    case REG_TIMER_COUNT:
        return s->timer.initial_count;
    case REG_TIMER_CURRENT:
        return apic_timer_current(s);
    case REG_TIMER_DIVIDE:
        return s->timer.divide;
    default:
        s->esr_pending |= ESR_ILLEGAL_REGISTER;
        return 0;
    }
}

static void write_svr(APICState *s, uint32_t value)
{
    s->spurious = value & 0x1ff;
    if (!(value & SVR_ENABLED)) {
        for (unsigned i = 0; i < LVT_COUNT; i++) {
            s->lvt[i] |= LVT_MASKED;
        }
        apic_timer_update(s);
    }
    update_pin(s);
}

static void write_lvt(APICState *s, unsigned entry, uint32_t value)
{
    static const uint32_t writable[LVT_COUNT] = {
        [LVT_TIMER] = 0x300ff, [LVT_THERMAL] = 0x107ff,
        [LVT_PERFORM] = 0x107ff, [LVT_LINT0] = 0x1a7ff,
        [LVT_LINT1] = 0x1a7ff, [LVT_ERROR] = 0x100ff,
    };

    if (!(s->spurious & SVR_ENABLED)) {
        value |= LVT_MASKED;
    }
    s->lvt[entry] = value & writable[entry];
    if (entry == LVT_TIMER) {
        apic_timer_update(s);
    } else if (entry == LVT_LINT0) {
        update_pin(s);
    }
}

static void register_write(APICState *s, unsigned reg, uint32_t value)
{
    switch (reg) {
    case REG_ID:
        s->id = value >> 24;
        break;
    case REG_TPR:
        s->tpr = value;
        update_pin(s);
        break;
    case REG_EOI:
        end_of_interrupt(s);
        break;
    case REG_LDR:
        s->logical_id = value >> 24;
        break;
    case REG_DFR:
        s->dest_format = value >> 28;
        break;
    case REG_SVR:
        write_svr(s, value);
        break;
    case REG_ESR:               /* a write shows what has come together */
        s->esr = s->esr_pending;
        s->esr_pending = 0;
        break;
    case REG_ICR_LOW:
        s->icr[0] = value & ~(1u << 12);    /* delivered at once */
        apic_send_icr(s);
        break;
    case REG_ICR_HIGH:
        s->icr[1] = value & 0xff000000;
        break;
    case REG_LVT ... REG_LVT + LVT_COUNT - 1:
        write_lvt(s, reg - REG_LVT, value);
        break;
    case REG_TIMER_COUNT:
        apic_timer_set_count(s, value);
        break;
    case REG_TIMER_DIVIDE:
        apic_timer_set_divide(s, value);
        break;
    default:
        s->esr_pending |= ESR_ILLEGAL_REGISTER;
        break;
    }
}

/* ---- the region: a CPU's own registers, everybody's messages ---- */

/* Registers are 32 bits wide and 16 apart; register 0 does not exist. */
static bool is_register(hwaddr addr)
{
    return addr >= 0x10 && addr < 0x1000;
}

static uint64_t apic_mem_read(void *opaque, hwaddr addr, unsigned size)
{
    APICState *s = apic_of_cpu((X86CPU *)current_cpu);

    if (!s || !is_register(addr) || !(s->base & APIC_BASE_ENABLED)) {
        return UINT32_MAX;
    }
    return register_read(s, addr >> 4);
}

static void apic_mem_write(void *opaque, hwaddr addr, uint64_t value,
                           unsigned size)
{
    APICState *s;

    if (!is_register(addr)) {
        apic_deliver_msi(APIC_DEFAULT_ADDRESS + addr, value);
        return;
    }
    s = apic_of_cpu((X86CPU *)current_cpu);
    if (s && (s->base & APIC_BASE_ENABLED)) {
        register_write(s, addr >> 4, value);
    }
}

static const MemoryRegionOps apic_mem_ops = {
    .read = apic_mem_read,
    .write = apic_mem_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 4 },
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

void apic_map(MemoryRegion *system_memory, Object *owner)
{
    MemoryRegion *mr = g_new0(MemoryRegion, 1);

    memory_region_init_io(mr, owner, &apic_mem_ops, NULL, "apic-msi",
                          APIC_SPACE_SIZE);
    memory_region_enable_lockless_io(mr);
    mr->disable_reentrancy_guard = true;    /* messages come out of devices */
    memory_region_add_subregion_overlap(system_memory, APIC_DEFAULT_ADDRESS,
                                        mr, 0x1000);
}

/* ---- what the CPU calls (target/i386/apic-ops.h) ---- */

static int apic_get_vector(DeviceState *dev)
{
    APICState *s = APIC(dev);
    int vector = deliverable(s);

    if (vector >= 0) {
        vectors_clear(&s->irr, vector);
        vectors_set(&s->isr, vector);
    } else if (qatomic_read(&pic_level) && extint_acknowledge &&
               accepts_extint(s)) {
        vector = extint_acknowledge();
    }
    update_pin(s);
    return vector;
}

static uint8_t apic_get_tpr(DeviceState *dev)
{
    return APIC(dev)->tpr >> 4;
}

static void apic_set_tpr(DeviceState *dev, uint8_t cr8)
{
    APICState *s = APIC(dev);

    s->tpr = cr8 << 4;
    update_pin(s);
}

static uint64_t apic_get_base(DeviceState *dev)
{
    return APIC(dev)->base;
}

/* The region cannot be moved: an address other than the default is refused. */
static bool apic_set_base(DeviceState *dev, uint64_t value)
{
    APICState *s = APIC(dev);
    uint64_t address = value & ~(uint64_t)0xfff;

    if (address != APIC_DEFAULT_ADDRESS || (value & 0x6ff)) {
        return false;
    }
    s->base = address | (value & APIC_BASE_ENABLED) |
              (s->is_bsp ? APIC_BASE_BSP : 0);
    update_pin(s);
    return true;
}

static bool apic_get_is_bsp(DeviceState *dev)
{
    return APIC(dev)->is_bsp;
}

/* What INIT does: all but the base address and the id (SDM 11.4.7.3). */
static void apic_init_reset(DeviceState *dev)
{
    APICState *s = APIC(dev);

    s->tpr = s->logical_id = 0;
    s->dest_format = 0xf;
    s->spurious = 0xff;
    s->esr = s->esr_pending = 0;
    memset(s->icr, 0, sizeof(s->icr));
    memset(&s->irr, 0, sizeof(s->irr));
    memset(&s->isr, 0, sizeof(s->isr));
    memset(&s->tmr, 0, sizeof(s->tmr));
    for (unsigned i = 0; i < LVT_COUNT; i++) {
        s->lvt[i] = LVT_MASKED;
    }
    if (s->is_bsp) {
        /* Virtual wire: the boot processor hears the i8259 from the start. */
        s->lvt[LVT_LINT0] = APIC_DM_EXTINT << 8;
    }
    apic_timer_reset(s);
    update_pin(s);
}

static const X86ApicOps apic_ops = {
    .get_vector = apic_get_vector,
    .get_tpr = apic_get_tpr,
    .set_tpr = apic_set_tpr,
    .get_base = apic_get_base,
    .set_base = apic_set_base,
    .init_reset = apic_init_reset,
    .is_bsp = apic_get_is_bsp,
};

/* ---- the device ---- */

void apic_reset_all(void)
{
    for (unsigned i = 0; i < local_apic_count; i++) {
        APICState *s = local_apics[i];

        s->id = s->initial_id;
        s->base = APIC_DEFAULT_ADDRESS | APIC_BASE_ENABLED |
                  (s->is_bsp ? APIC_BASE_BSP : 0);
        apic_init_reset(DEVICE(s));
    }
}

static bool id_is_taken(uint32_t id)
{
    for (unsigned i = 0; i < local_apic_count; i++) {
        if (local_apics[i]->initial_id == id) {
            return true;
        }
    }
    return false;
}

bool apic_create(X86CPU *cpu, uint32_t apic_id, bool is_bsp, Error **errp)
{
    APICState *s;
    bool ok;

    if (apic_id >= APIC_MAX_CPUS || id_is_taken(apic_id)) {
        error_setg(errp, "APIC id %u is in use or above %d", apic_id,
                   APIC_MAX_CPUS - 1);
        return false;
    }
    s = APIC(qdev_new(TYPE_APIC));
    object_property_add_child(OBJECT(cpu), "lapic", OBJECT(s));
    s->cpu = cpu;
    s->id = s->initial_id = apic_id;
    s->is_bsp = is_bsp;
    ok = qdev_realize_and_unref(DEVICE(s), NULL, errp);
    if (ok) {
        cpu->apic_state = DEVICE(s);
        cpu->apic_ops = &apic_ops;
    }
    return ok;
}

static void apic_realize(DeviceState *dev, Error **errp)
{
    APICState *s = APIC(dev);

    s->dest_format = 0xf;
    s->spurious = 0xff;
    s->base = APIC_DEFAULT_ADDRESS | APIC_BASE_ENABLED |
              (s->is_bsp ? APIC_BASE_BSP : 0);
    apic_timer_init(s);
    msi_nonbroken = true;       /* somebody takes messages now */
    local_apics[local_apic_count] = s;
    qatomic_store_release(&local_apic_count, local_apic_count + 1);
}

/* The last of the row takes the place of the one that goes. */
static void apic_unrealize(DeviceState *dev)
{
    APICState *s = APIC(dev);

    apic_timer_reset(s);
    for (unsigned i = 0; i < local_apic_count; i++) {
        if (local_apics[i] == s) {
            local_apics[i] = local_apics[--local_apic_count];
        }
    }
}

static int apic_pre_load(void *opaque)
{
    apic_timer_reset(opaque);
    return 0;
}

static int apic_post_load(void *opaque, int version_id)
{
    APICState *s = opaque;

    s->base = APIC_DEFAULT_ADDRESS | (s->base & APIC_BASE_ENABLED) |
              (s->is_bsp ? APIC_BASE_BSP : 0);
    s->timer.divide &= 0xb;
    if (s->timer.loaded_ns < 0 ||
        s->timer.loaded_ns > qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL)) {
        return -EINVAL;
    }
    apic_timer_update(s);
    update_pin(s);
    return 0;
}

static const VMStateDescription vmstate_apic = {
    .name = "apic",
    .version_id = 1,
    .minimum_version_id = 1,
    .priority = MIG_PRI_LOCAL_APIC,
    .pre_load = apic_pre_load,
    .post_load = apic_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(id, APICState),
        VMSTATE_UINT64(base, APICState),
        VMSTATE_UINT8(tpr, APICState),
        VMSTATE_UINT8(logical_id, APICState),
        VMSTATE_UINT8(dest_format, APICState),
        VMSTATE_UINT32(spurious, APICState),
        VMSTATE_UINT32(esr, APICState),
        VMSTATE_UINT32(esr_pending, APICState),
        VMSTATE_UINT32_ARRAY(icr, APICState, 2),
        VMSTATE_UINT32_ARRAY(lvt, APICState, LVT_COUNT),
        VMSTATE_UINT64_ARRAY(irr.word, APICState, 4),
        VMSTATE_UINT64_ARRAY(tmr.word, APICState, 4),
        VMSTATE_UINT64_ARRAY(isr.word, APICState, 4),
        VMSTATE_UINT32(timer.initial_count, APICState),
        VMSTATE_UINT32(timer.divide, APICState),
        VMSTATE_INT64(timer.loaded_ns, APICState),
        VMSTATE_END_OF_LIST()
    },
};

static void apic_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = apic_realize;
    dc->unrealize = apic_unrealize;
    dc->user_creatable = false;     /* comes with its CPU */
    dc->vmsd = &vmstate_apic;
}

static const TypeInfo apic_types[] = {
    {
        .name = TYPE_APIC,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(APICState),
        .class_init = apic_class_init,
    },
};

DEFINE_TYPES(apic_types)
