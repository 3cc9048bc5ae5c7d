/*
 * PIIX4 power management as a PCI function: where the ACPI registers appear and
 * how ACPI mode is entered. The registers are acpi-pm.c's. The SMBus is not
 * there, nor system management mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/acpi/piix4.h"
#include "hw/core/qdev-properties.h"
#include "migration/vmstate.h"

enum { DEVACTB_APMC = 0x5b, APMC_EN = 1 << 1 };

struct PIIX4PMState {
    PCIDevice parent_obj;
    AcpiPm pm;
    AcpiPciHp pcihp;
    MemoryRegion apm;
    uint8_t apm_control, apm_status;
};

/* Show the registers where the guest's firmware put them, or nowhere. */
static void update_mapping(PIIX4PMState *s)
{
    const uint8_t *config = s->parent_obj.config;
    uint16_t base = pci_get_word(config + PIIX4_PMBASE) & 0xffc0;
    bool enabled = config[PIIX4_PMREGMISC] & PIIX4_PMREGMISC_ENABLE;

    memory_region_transaction_begin();
    memory_region_set_enabled(&s->pm.io, enabled);
    memory_region_set_address(&s->pm.io, base);
    memory_region_transaction_commit();
}

static bool touches(uint32_t address, int len, unsigned reg, unsigned bytes)
{
    return address < reg + bytes && address + len > reg;
}

static void piix4_pm_write_config(PCIDevice *dev, uint32_t address,
                                  uint32_t val, int len)
{
    pci_default_write_config(dev, address, val, len);
    if (touches(address, len, PIIX4_PMBASE, 4) ||
        touches(address, len, PIIX4_PMREGMISC, 1)) {
        update_mapping(PIIX4_PM(dev));
    }
}

static uint64_t apm_read(void *opaque, hwaddr addr, unsigned size)
{
    PIIX4PMState *s = opaque;

    return addr == 0 ? s->apm_control : s->apm_status;
}

static void apm_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PIIX4PMState *s = opaque;

    if (addr != 0) {
        s->apm_status = value;
        return;
    }
    s->apm_control = value;
    if (value == PIIX4_ACPI_ENABLE || value == PIIX4_ACPI_DISABLE) {
        acpi_pm_set_sci_enabled(&s->pm, value == PIIX4_ACPI_ENABLE);
    }
}

static const MemoryRegionOps apm_ops = {
    .read = apm_read,
    .write = apm_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- hot plug ---- */

static void piix4_pm_pre_plug(HotplugHandler *handler, DeviceState *dev,
                       Error **errp)
{
    acpi_pcihp_pre_plug(&PIIX4_PM(handler)->pcihp, dev, errp);
}

static void piix4_pm_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_pcihp_plug(&PIIX4_PM(handler)->pcihp, dev);
}

static void piix4_pm_unplug_request(HotplugHandler *handler, DeviceState *dev,
                             Error **errp)
{
    acpi_pcihp_unplug_request(&PIIX4_PM(handler)->pcihp, dev, errp);
}

static void piix4_pm_unplug(HotplugHandler *handler, DeviceState *dev,
                     Error **errp)
{
    acpi_pcihp_unplug(&PIIX4_PM(handler)->pcihp, dev);
}

static void piix4_pm_handler_init(ObjectClass *klass)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    hc->pre_plug = piix4_pm_pre_plug;
    hc->plug = piix4_pm_plug;
    hc->unplug_request = piix4_pm_unplug_request;
    hc->unplug = piix4_pm_unplug;
}

AcpiPciHp *piix4_pm_pcihp(PIIX4PMState *s)
{
    return s->pcihp.root_bus || s->pcihp.bridges ? &s->pcihp : NULL;
}

/* ---- life ---- */

static void piix4_pm_reset_hold(Object *obj, ResetType type)
{
    PIIX4PMState *s = PIIX4_PM(obj);
    uint8_t *config = s->parent_obj.config;

    pci_set_long(config + PIIX4_PMBASE, 1);
    config[PIIX4_PMREGMISC] = 0;
    /* As if it had been done: firmware need not set up management mode. */
    config[DEVACTB_APMC] = APMC_EN;
    s->apm_control = s->apm_status = 0;
    acpi_pm_reset(&s->pm);
    acpi_pcihp_reset(&s->pcihp);
    update_mapping(s);
}

static void piix4_pm_realize(PCIDevice *dev, Error **errp)
{
    PIIX4PMState *s = PIIX4_PM(dev);
    MemoryRegion *io = pci_address_space_io(dev);

    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_FAST_BACK |
                 PCI_STATUS_DEVSEL_MEDIUM);
    dev->config[PCI_INTERRUPT_PIN] = 1;
    pci_set_word(dev->wmask + PIIX4_PMBASE, 0xffc0);
    dev->wmask[PIIX4_PMREGMISC] = PIIX4_PMREGMISC_ENABLE;
    acpi_pm_init(&s->pm, OBJECT(s), PIIX4_S5_TYPE, PIIX4_GPE_BYTES);
    memory_region_set_enabled(&s->pm.io, false);
    memory_region_add_subregion(io, 0, &s->pm.io);
    memory_region_add_subregion(io, PIIX4_GPE_BASE, &s->pm.gpe);
    memory_region_init_io(&s->apm, OBJECT(s), &apm_ops, s, "apm-io", 2);
    memory_region_add_subregion(io, PIIX4_APM_PORT, &s->apm);
    if (piix4_pm_pcihp(s)) {
        acpi_pcihp_init(&s->pcihp, DEVICE(s), pci_get_bus(dev), &s->pm, io,
                        PIIX4_PCIHP_BASE);
    }
}

static void piix4_pm_exit(PCIDevice *dev)
{
    PIIX4PMState *s = PIIX4_PM(dev);
    MemoryRegion *io = pci_address_space_io(dev);

    if (piix4_pm_pcihp(s)) {
        acpi_pcihp_exit(&s->pcihp, io);
    }
    memory_region_del_subregion(io, &s->apm);
    memory_region_del_subregion(io, &s->pm.gpe);
    memory_region_del_subregion(io, &s->pm.io);
    acpi_pm_finish(&s->pm);
}

static void piix4_pm_init(Object *obj)
{
    qdev_init_gpio_out(DEVICE(obj), &PIIX4_PM(obj)->pm.sci, 1);
}

static int piix4_pm_post_load(void *opaque, int version_id)
{
    update_mapping(opaque);
    return 0;
}

static const VMStateDescription vmstate_piix4_pm = {
    .name = "piix4_pm",
    .version_id = 2,
    .minimum_version_id = 1,
    .post_load = piix4_pm_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, PIIX4PMState),
        VMSTATE_STRUCT(pm, PIIX4PMState, 1, vmstate_acpi_pm, AcpiPm),
        VMSTATE_UINT8(apm_control, PIIX4PMState),
        VMSTATE_UINT8(apm_status, PIIX4PMState),
        VMSTATE_STRUCT(pcihp, PIIX4PMState, 2, vmstate_acpi_pcihp, AcpiPciHp),
        VMSTATE_END_OF_LIST()
    },
};

static const Property piix4_pm_props[] = {
    DEFINE_PROP_BOOL("acpi-pci-hotplug-with-bridge-support", PIIX4PMState,
                     pcihp.bridges, true,
                     .description = "devices behind bridges come and go by "
                     "ACPI"),
    DEFINE_PROP_BOOL("acpi-root-pci-hotplug", PIIX4PMState, pcihp.root_bus,
                     true,
                     .description = "devices of bus pci.0 come and go by ACPI"),
};

static void piix4_pm_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = piix4_pm_realize;
    k->exit = piix4_pm_exit;
    k->config_write = piix4_pm_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = PCI_DEVICE_ID_INTEL_82371AB_3;
    k->revision = 0x03;
    k->class_id = PCI_CLASS_BRIDGE_OTHER;
    dc->desc = "PM";
    dc->user_creatable = false;     /* the machine wires its SCI */
    dc->hotpluggable = false;
    dc->vmsd = &vmstate_piix4_pm;
    device_class_set_props(dc, piix4_pm_props);
    piix4_pm_handler_init(klass);
    RESETTABLE_CLASS(klass)->phases.hold = piix4_pm_reset_hold;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo piix4_pm_types[] = {
    {
        .name = TYPE_PIIX4_PM,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PIIX4PMState),
        .instance_init = piix4_pm_init,
        .class_init = piix4_pm_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_CONVENTIONAL_PCI_DEVICE },
            { TYPE_HOTPLUG_HANDLER },
            { },
        },
    },
};

DEFINE_TYPES(piix4_pm_types)
