/*
 * A PCI function: its life from realize to unrealize, its configuration space,
 * its reset and its state. BARs are in pci-bar.c, capabilities in pci-caps.c,
 * interrupt pins in pci-irq.c, the option ROM in pci-rom.c, buses in pci-bus.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties-system.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bridge.h"
#include "migration/qemu-file.h"
#include "pci-internal.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define ALL_COMMAND_BITS                                                     \
    (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |              \
     PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)
#define STATUS_W1C_BITS                                                      \
    (PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT |                       \
     PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT |             \
     PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY)

uint16_t pci_requester_id(PCIDevice *dev)
{
    return pci_get_bdf(dev);
}

/* ---- Configuration space ---- */

/* Cuts @len to the device's space; 0: nothing of the access is inside. */
static int config_cut(const PCIDevice *d, uint32_t address, int len)
{
    uint32_t size = pci_config_size(d);

    return address >= size ? 0 : MIN(len, (int)(size - address));
}

uint32_t pci_default_read_config(PCIDevice *d, uint32_t address, int len)
{
    uint32_t value = len == 4 ? UINT32_MAX : (1u << (len * 8)) - 1;

    memcpy(&value, d->config + MIN(address, pci_config_size(d)),
           config_cut(d, address, len));
    return le32_to_cpu(value);
}

static void update_bus_master(PCIDevice *d)
{
    if (d->bus_master_as_ready) {
        bool on = pci_get_word(d->config + PCI_COMMAND) & PCI_COMMAND_MASTER;

        memory_region_set_enabled(&d->bus_master_enable_region,
                                  on && d->has_power);
    }
}

/* What the device decodes and masters follows the registers. */
static void follow_decoding(PCIDevice *d)
{
    memory_region_transaction_begin();
    pci_update_mappings(d);
    if (object_dynamic_cast(OBJECT(d), TYPE_PCI_BRIDGE)) {
        pci_bridge_update_mappings(PCI_BRIDGE(d));
    }
    update_bus_master(d);
    memory_region_transaction_commit();
}

static void follow_header(PCIDevice *d, bool intx_was_disabled)
{
    follow_decoding(d);
    pci_update_irq_disabled(d, intx_was_disabled);
}

void pci_default_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                              int len)
{
    bool intx_was_disabled = pci_intx_disabled(d);
    bool header;
    int count = config_cut(d, address, len);

    for (int i = 0; i < count; i++) {
        uint8_t *reg = d->config + address + i;
        uint8_t w = d->wmask[address + i], byte = val >> (i * 8);

        uint8_t kept = (*reg & ~w) | (byte & w);

        /* Other threads look at MSI-X control. */
        qatomic_set(reg, kept & ~(byte & d->w1cmask[address + i]));
    }
    header = pci_touches(address, count, PCI_COMMAND, 2) ||
        pci_touches(address, count, PCI_BASE_ADDRESS_0, 24) ||
        pci_touches(address, count, pci_bar(d, PCI_ROM_SLOT), 4);
    if (count && header) {
        follow_header(d, intx_was_disabled);
    }
    if (count) {
        msi_write_config(d, address, val, len);
        msix_write_config(d, address, val, len);
    }
}

static void config_alloc(PCIDevice *d)
{
    uint32_t size = pci_config_size(d);

    d->config = g_malloc0(size);
    d->cmask = g_malloc0(size);
    d->wmask = g_malloc0(size);
    d->w1cmask = g_malloc0(size);
    d->used = g_malloc0(size);
}

static void config_free(PCIDevice *d)
{
    g_clear_pointer(&d->config, g_free);
    g_clear_pointer(&d->cmask, g_free);
    g_clear_pointer(&d->wmask, g_free);
    g_clear_pointer(&d->w1cmask, g_free);
    g_clear_pointer(&d->used, g_free);
}

/* What the guest may write, and what a stream must agree about. */
static void config_set_masks(PCIDevice *d)
{
    memset(d->wmask + PCI_CONFIG_HEADER_SIZE, 0xff,
           pci_config_size(d) - PCI_CONFIG_HEADER_SIZE);
    d->wmask[PCI_CACHE_LINE_SIZE] = 0xff;
    d->wmask[PCI_INTERRUPT_LINE] = 0xff;
    pci_set_word(d->wmask + PCI_COMMAND, ALL_COMMAND_BITS);
    pci_set_word(d->w1cmask + PCI_STATUS, STATUS_W1C_BITS);

    pci_set_word(d->cmask + PCI_VENDOR_ID, 0xffff);
    pci_set_word(d->cmask + PCI_DEVICE_ID, 0xffff);
    d->cmask[PCI_STATUS] = PCI_STATUS_CAP_LIST;
    d->cmask[PCI_REVISION_ID] = 0xff;
    d->cmask[PCI_CLASS_PROG] = 0xff;
    pci_set_word(d->cmask + PCI_CLASS_DEVICE, 0xffff);
    d->cmask[PCI_HEADER_TYPE] = 0xff;
    d->cmask[PCI_CAPABILITY_LIST] = 0xff;
}

static bool is_bridge(const PCIDeviceClass *pc)
{
    return pc->class_id == PCI_CLASS_BRIDGE_PCI;
}

static void config_set_identity(PCIDevice *d, const PCIDeviceClass *pc)
{
    pci_config_set_vendor_id(d->config, pc->vendor_id);
    pci_config_set_device_id(d->config, pc->device_id);
    pci_config_set_revision(d->config, pc->revision);
    pci_config_set_class(d->config, pc->class_id);
    if (is_bridge(pc)) {
        d->config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
    } else if (pc->subsystem_vendor_id || pc->subsystem_id) {
        pci_set_word(d->config + PCI_SUBSYSTEM_VENDOR_ID,
                     pc->subsystem_vendor_id);
        pci_set_word(d->config + PCI_SUBSYSTEM_ID, pc->subsystem_id);
    } else {
        pci_set_word(d->config + PCI_SUBSYSTEM_VENDOR_ID,
                     PCI_SUBVENDOR_ID_REDHAT_QUMRANET);
        pci_set_word(d->config + PCI_SUBSYSTEM_ID, PCI_SUBDEVICE_ID_QEMU);
    }
    if (d->cap_present & QEMU_PCI_CAP_MULTIFUNCTION) {
        d->config[PCI_HEADER_TYPE] |= PCI_HEADER_TYPE_MULTI_FUNCTION;
    }
}

/* ---- Bus mastering ---- */

/* The device's view: all that its bus shows to masters, while it may master. */
static void bus_master_init(PCIDevice *d)
{
    AddressSpace *dma = pci_device_iommu_address_space(d);

    memory_region_transaction_begin();
    memory_region_init(&d->bus_master_container_region, OBJECT(d),
                       "bus master container", UINT64_MAX);
    memory_region_init_alias(&d->bus_master_enable_region, OBJECT(d),
                             "bus master", dma->root, 0,
                             memory_region_size(dma->root));
    memory_region_set_enabled(&d->bus_master_enable_region, false);
    memory_region_add_subregion(&d->bus_master_container_region, 0,
                                &d->bus_master_enable_region);
    address_space_init(&d->bus_master_as, &d->bus_master_container_region,
                       d->name);
    memory_region_transaction_commit();
    d->bus_master_as_ready = true;
}

static void bus_master_cleanup(PCIDevice *d)
{
    d->bus_master_as_ready = false;
    memory_region_del_subregion(&d->bus_master_container_region,
                                &d->bus_master_enable_region);
    address_space_destroy(&d->bus_master_as);
    object_unparent(OBJECT(&d->bus_master_enable_region));
    object_unparent(OBJECT(&d->bus_master_container_region));
}

void pci_msi_trigger(PCIDevice *dev, MSIMessage msg)
{
    MemTxAttrs attrs = { .requester_id = pci_requester_id(dev) };

    address_space_stl_le(&dev->bus_master_as, msg.address, msg.data, attrs,
                         NULL);
}

/* ---- Realize, unrealize ---- */

/* Puts the device on its bus, with an identity and nothing behind it yet. */
static bool register_device(PCIDevice *d, Error **errp)
{
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(d);
    const char *type = object_get_typename(OBJECT(d));
    PCIBus *bus = pci_get_bus(d);

    if (!pci_bus_place(bus, d, type, errp)) {
        return false;
    }
    snprintf(d->name, sizeof(d->name), "%s", type);
    config_alloc(d);
    config_set_identity(d, pc);
    config_set_masks(d);
    d->config_read = pc->config_read ? pc->config_read
                                     : pci_default_read_config;
    d->config_write = pc->config_write ? pc->config_write
                                       : pci_default_write_config;
    d->msi_trigger = pci_msi_trigger;
    d->has_power = true;
    bus_master_init(d);
    bus->devices[d->devfn] = d;
    return true;
}

static void unregister_device(PCIDevice *d)
{
    pci_get_bus(d)->devices[d->devfn] = NULL;
    bus_master_cleanup(d);
    config_free(d);
    memset(d->io_regions, 0, sizeof(d->io_regions));
}

/* The class is done (or failed): what the bus holds of it is taken back. */
static void withdraw(PCIDevice *d)
{
    pci_unmap_regions(d);
    pci_device_deassert_intx(d);
    msi_uninit(d);
    unregister_device(d);
}

/* Systemd and its kin name cards by it: "eno1"; more than that they refuse. */
#define ACPI_INDEX_MAX  16383

/* 1 when @obj is another device of the index of @opaque. */
static int has_index_of(Object *obj, void *opaque)
{
    const PCIDevice *mine = opaque;
    const PCIDevice *d = (PCIDevice *)object_dynamic_cast(obj, TYPE_PCI_DEVICE);

    return d && d != mine && d->qdev.realized &&
           d->acpi_index == mine->acpi_index;
}

static bool check_acpi_index(PCIDevice *d, Error **errp)
{
    if (d->acpi_index > ACPI_INDEX_MAX) {
        error_setg(errp, "Invalid acpi-index (= %u), must be between 1 and %d,"
                   " or 0 for none", d->acpi_index, ACPI_INDEX_MAX);
        return false;
    }
    if (d->acpi_index && object_child_foreach_recursive(object_get_root(),
                                                        has_index_of, d)) {
        error_setg(errp, "Invalid acpi-index (= %u), another device has it;"
                   " each must be unique", d->acpi_index);
        return false;
    }
    return true;
}

bool pci_check_failover_primary(PCIDevice *d, PCIBus *bus, Error **errp)
{
    if (!d->qdev.id) {
        error_setg(errp, "Device with failover_pair_id needs to have id");
    } else if (!pci_bus_is_express(bus)) {
        error_setg(errp, "failover primary device must be on PCIExpress bus");
    } else if (PCI_DEVICE_GET_CLASS(d)->class_id !=
               PCI_CLASS_NETWORK_ETHERNET) {
        error_setg(errp, "failover primary device is not an Ethernet device");
    } else if ((d->cap_present & QEMU_PCI_CAP_MULTIFUNCTION) ||
               (d->devfn >= 0 && PCI_FUNC(d->devfn))) {
        error_setg(errp, "failover: primary device must be in its own PCI "
                   "slot");
    } else {
        return true;
    }
    return false;
}

static bool check_properties(PCIDevice *d, Error **errp)
{
    if (!check_acpi_index(d, errp)) {
        return false;
    }
    if (d->failover_pair_id) {
        if (!pci_check_failover_primary(d, pci_get_bus(d), errp)) {
            return false;
        }
        d->qdev.allow_unplug_during_migration = true;
    }
    if (d->romsize != UINT32_MAX && (d->romsize & (d->romsize - 1))) {
        error_setg(errp, "ROM size %u is not a power of two", d->romsize);
        return false;
    }
    return true;
}

static void pci_qdev_realize(DeviceState *qdev, Error **errp)
{
    PCIDevice *d = PCI_DEVICE(qdev);
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(d);
    ObjectClass *oc = OBJECT_CLASS(pc);
    uint32_t caps_before = d->cap_present;
    int32_t devfn_before = d->devfn;
    Error *err = NULL;

    if (!check_properties(d, errp)) {
        return;
    }
    if (object_class_dynamic_cast(oc, INTERFACE_PCIE_DEVICE) &&
        !object_class_dynamic_cast(oc, INTERFACE_CONVENTIONAL_PCI_DEVICE)) {
        d->cap_present |= QEMU_PCI_CAP_EXPRESS;
    }
    if (!register_device(d, errp)) {
        goto undo_caps;
    }
    if (pc->realize) {
        pc->realize(d, &err);
        if (err) {
            error_propagate(errp, err);
            goto undo_register;
        }
    }
    if (!pci_add_option_rom(d, errp)) {
        goto undo_class;
    }
    return;

undo_class:
    pci_unmap_regions(d);
    if (pc->exit) {
        pc->exit(d);
    }
undo_register:
    withdraw(d);
undo_caps:
    d->cap_present = caps_before;
    d->devfn = devfn_before;
}

static void pci_qdev_unrealize(DeviceState *qdev)
{
    PCIDevice *d = PCI_DEVICE(qdev);
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(d);

    pci_unmap_regions(d);
    pci_del_option_rom(d);
    if (pc->exit) {
        pc->exit(d);
    }
    withdraw(d);
}

/* ---- Reset ---- */

void pci_do_device_reset(PCIDevice *d)
{
    bool intx_was_disabled = pci_intx_disabled(d);

    pci_device_deassert_intx(d);
    pci_word_test_and_clear_mask(d->config + PCI_COMMAND,
                                 pci_get_word(d->wmask + PCI_COMMAND) |
                                 pci_get_word(d->w1cmask + PCI_COMMAND));
    pci_word_test_and_clear_mask(d->config + PCI_STATUS,
                                 pci_get_word(d->wmask + PCI_STATUS) |
                                 pci_get_word(d->w1cmask + PCI_STATUS));
    d->config[PCI_INTERRUPT_LINE] = 0;
    d->config[PCI_CACHE_LINE_SIZE] = 0;
    if (d->pm_cap) {
        pci_word_test_and_clear_mask(d->config + d->pm_cap + PCI_PM_CTRL,
                                     PCI_PM_CTRL_STATE_MASK);
    }
    pci_reset_regions(d);
    follow_header(d, intx_was_disabled);
    msi_reset(d);
    msix_reset(d);
}

void pci_device_reset(PCIDevice *dev)
{
    device_cold_reset(DEVICE(dev));
    pci_do_device_reset(dev);
}

void pci_set_power(PCIDevice *dev, bool on)
{
    if (dev->has_power == on) {
        return;
    }
    dev->has_power = on;
    follow_decoding(dev);
    if (!on) {
        pci_device_reset(dev);
    }
}

/* ---- State ---- */

static int put_config(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    PCIDevice *d = container_of(pv, PCIDevice, config);

    qemu_put_be32(f, pci_config_size(d));
    qemu_put_buffer(f, d->config, pci_config_size(d));
    return 0;
}

static int get_config(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    PCIDevice *d = container_of(pv, PCIDevice, config);
    uint32_t bytes = pci_config_size(d);
    g_autofree uint8_t *config = g_malloc(bytes);

    if (qemu_get_be32(f) != bytes ||
        qemu_get_buffer(f, config, bytes) != bytes) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        /* What the guest cannot write, and must find as it was. */
        uint8_t fixed = d->cmask[i] & ~(d->wmask[i] | d->w1cmask[i]);

        if ((config[i] ^ d->config[i]) & fixed) {
            qemu_file_explain(f, "byte 0x%x is 0x%02x in the stream and "
                              "0x%02x here", i, config[i], d->config[i]);
            return -EINVAL;
        }
    }
    pci_device_deassert_intx(d);
    memcpy(d->config, config, bytes);
    return 0;
}

static const VMStateInfo vmstate_info_pci_config = {
    .name = "pci config",
    .get = get_config,
    .put = put_config,
};

static int get_irq_state(QEMUFile *f, void *pv, size_t size,
                         const VMStateField *field)
{
    PCIDevice *d = container_of(pv, PCIDevice, irq_state);
    int state = qemu_get_byte(f);

    if (state >= 1 << PCI_NUM_PINS) {
        return -EINVAL;
    }
    pci_recount_irq(d, state);
    return 0;
}

static int put_irq_state(QEMUFile *f, void *pv, size_t size,
                         const VMStateField *field)
{
    qemu_put_byte(f, *(uint8_t *)pv);
    return 0;
}

static const VMStateInfo vmstate_info_pci_irq_state = {
    .name = "pci irq state",
    .get = get_irq_state,
    .put = put_irq_state,
};

static int pci_post_load(void *opaque, int version_id)
{
    follow_decoding(opaque);
    return 0;
}

const VMStateDescription vmstate_pci_device = {
    .name = "PCIDevice",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pci_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_SINGLE(config, PCIDevice, 0, vmstate_info_pci_config,
                       uint8_t *),
        VMSTATE_SINGLE(irq_state, PCIDevice, 0, vmstate_info_pci_irq_state,
                       uint8_t),
        VMSTATE_END_OF_LIST()
    },
};

/* ---- Making devices ---- */

PCIDevice *pci_new_multifunction(int devfn, const char *name)
{
    DeviceState *dev = qdev_new(name);

    qdev_prop_set_int32(dev, "addr", devfn);
    qdev_prop_set_bit(dev, "multifunction", true);
    return PCI_DEVICE(dev);
}

PCIDevice *pci_new(int devfn, const char *name)
{
    DeviceState *dev = qdev_new(name);

    qdev_prop_set_int32(dev, "addr", devfn);
    return PCI_DEVICE(dev);
}

bool pci_realize_and_unref(PCIDevice *dev, PCIBus *bus, Error **errp)
{
    return qdev_realize_and_unref(DEVICE(dev), BUS(bus), errp);
}

PCIDevice *pci_create_simple_multifunction(PCIBus *bus, int devfn,
                                           const char *name)
{
    PCIDevice *dev = pci_new_multifunction(devfn, name);

    pci_realize_and_unref(dev, bus, &error_fatal);
    return dev;
}

PCIDevice *pci_create_simple(PCIBus *bus, int devfn, const char *name)
{
    PCIDevice *dev = pci_new(devfn, name);

    pci_realize_and_unref(dev, bus, &error_fatal);
    return dev;
}

/* ---- The type ---- */

static const Property pci_props[] = {
    DEFINE_PROP_PCI_DEVFN("addr", PCIDevice, devfn, -1,
                          .description = "slot and function, such as 4.0 or "
                          "0x4"),
    DEFINE_PROP_BIT("multifunction", PCIDevice, cap_present,
                    QEMU_PCI_CAP_MULTIFUNCTION_BITNR, false,
                    .description = "functions 1 to 7 of the slot may be used"),
    DEFINE_PROP_UINT32("rombar", PCIDevice, rom_bar, 1,
                       .description = "map the option ROM"),
    DEFINE_PROP_STRING("romfile", PCIDevice, romfile,
                       .description = "file of the option ROM; empty for none"),
    DEFINE_PROP_UINT32("acpi-index", PCIDevice, acpi_index, 0,
                       .description = "index that the guest's system names "
                       "the card by, 1 to 16383"),
    DEFINE_PROP_UINT32("romsize", PCIDevice, romsize, UINT32_MAX,
                       .description = "size of the ROM's BAR, a power of two; "
                       "default as the file needs"),
    DEFINE_PROP_STRING("failover_pair_id", PCIDevice, failover_pair_id,
                       .description = "id of the device that stands in for "
                       "this one"),
    DEFINE_PROP_BIT("x-pcie-extcap-init", PCIDevice, cap_present,
                    QEMU_PCIE_EXTCAP_INIT_BITNR, true,
                    .description = "extended capabilities that every port has"),
    DEFINE_PROP_BIT("x-pcie-lnksta-dllla", PCIDevice, cap_present,
                    QEMU_PCIE_LNKSTA_DLLLA_BITNR, true,
                    .description = "say that the link is up"),
};

static void pci_device_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = pci_qdev_realize;
    dc->unrealize = pci_qdev_unrealize;
    dc->bus_type = TYPE_PCI_BUS;
    device_class_set_props(dc, pci_props);
}

static const TypeInfo pci_types[] = {
    {
        .name = TYPE_PCI_DEVICE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PCIDevice),
        .class_size = sizeof(PCIDeviceClass),
        .class_init = pci_device_class_init,
    }, {
        .name = INTERFACE_CONVENTIONAL_PCI_DEVICE,
        .parent = TYPE_INTERFACE,
    }, {
        .name = INTERFACE_PCIE_DEVICE,
        .parent = TYPE_INTERFACE,
    },
};

DEFINE_TYPES(pci_types)
