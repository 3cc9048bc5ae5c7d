/*
 * ICH9 power management (Intel 316972, section 13.8). Events, control and timer are
 * acpi-pm.c's. There is no system management mode: its registers keep what
 * firmware needs to see. The watchdog behind them is not there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/acpi/ich9.h"
#include "migration/vmstate.h"

/* SMI_EN: a write to the command port would enter management mode. */
#define SMI_EN_APMC     (1u << 5)

static uint64_t smi_read(void *opaque, hwaddr addr, unsigned size)
{
    ICH9LPCPMRegs *pm = opaque;

    return addr == 0 ? pm->smi_en : 0;      /* SMI_STS: nothing happened */
}

static void smi_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    ICH9LPCPMRegs *pm = opaque;

    if (addr == 0) {
        /* Firmware that finds the bit set takes it as done, which it is. */
        pm->smi_en = value | SMI_EN_APMC;
    }
}

static const MemoryRegionOps smi_ops = {
    .read = smi_read,
    .write = smi_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static uint64_t apm_read(void *opaque, hwaddr addr, unsigned size)
{
    ICH9LPCPMRegs *pm = opaque;

    return addr == 0 ? pm->apm_control : pm->apm_status;
}

static void apm_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    ICH9LPCPMRegs *pm = opaque;

    if (addr != 0) {
        pm->apm_status = value;
        return;
    }
    pm->apm_control = value;
    if (value == ICH9_ACPI_ENABLE || value == ICH9_ACPI_DISABLE) {
        acpi_pm_set_sci_enabled(&pm->acpi, value == ICH9_ACPI_ENABLE);
    }
}

static const MemoryRegionOps apm_ops = {
    .read = apm_read,
    .write = apm_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

void ich9_pm_init(ICH9LPCPMRegs *pm, Object *owner, MemoryRegion *ports,
                  qemu_irq sci)
{
    acpi_pm_init(&pm->acpi, owner, ICH9_S5_TYPE, ICH9_PM_GPE_BYTES);
    pm->acpi.sci = sci;
    memory_region_init(&pm->io, owner, "ich9-pm", ICH9_PM_BYTES);
    memory_region_init_io(&pm->smi_io, owner, &smi_ops, pm, "acpi-smi", 8);
    memory_region_init_io(&pm->apm_io, owner, &apm_ops, pm, "apm-io", 2);
    memory_region_add_subregion(&pm->io, 0, &pm->acpi.io);
    /* The common block ends behind the timer; what follows stands in front. */
    memory_region_add_subregion_overlap(&pm->io, ICH9_PM_GPE, &pm->acpi.gpe,
                                        1);
    memory_region_add_subregion_overlap(&pm->io, ICH9_PM_SMI, &pm->smi_io, 1);
    memory_region_set_enabled(&pm->io, false);
    memory_region_add_subregion(ports, 0, &pm->io);
    memory_region_add_subregion(ports, ICH9_APM_PORT, &pm->apm_io);
}

void ich9_pm_finish(ICH9LPCPMRegs *pm, MemoryRegion *ports)
{
    memory_region_del_subregion(ports, &pm->apm_io);
    memory_region_del_subregion(ports, &pm->io);
    memory_region_del_subregion(&pm->io, &pm->smi_io);
    memory_region_del_subregion(&pm->io, &pm->acpi.gpe);
    memory_region_del_subregion(&pm->io, &pm->acpi.io);
    acpi_pm_finish(&pm->acpi);
}

void ich9_pm_reset(ICH9LPCPMRegs *pm)
{
    acpi_pm_reset(&pm->acpi);
    pm->smi_en = SMI_EN_APMC;
    pm->apm_control = pm->apm_status = 0;
}

void ich9_pm_map(ICH9LPCPMRegs *pm, uint16_t base, bool enabled)
{
    memory_region_transaction_begin();
    memory_region_set_enabled(&pm->io, enabled);
    memory_region_set_address(&pm->io, base);
    memory_region_transaction_commit();
}

const VMStateDescription vmstate_ich9_pm = {
    .name = "ich9_pm",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(acpi, ICH9LPCPMRegs, 1, vmstate_acpi_pm, AcpiPm),
        VMSTATE_UINT32(smi_en, ICH9LPCPMRegs),
        VMSTATE_UINT8(apm_control, ICH9LPCPMRegs),
        VMSTATE_UINT8(apm_status, ICH9LPCPMRegs),
        VMSTATE_END_OF_LIST()
    },
};
