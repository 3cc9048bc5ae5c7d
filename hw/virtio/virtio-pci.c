/*
 * The PCI proxy: its class, the realize chain, identity, reset and state, and how
 * the types of one device are registered. The interfaces to the driver are in
 * virtio-pci-modern.c and virtio-pci-legacy.c, interrupts in virtio-pci-notify.c.
 *
 * Realize goes: virtio_pci_dc_realize (DeviceClass.realize) -> pci_qdev_realize,
 * the function that stood there before -> virtio_pci_realize (PCIDeviceClass) ->
 * VirtioPCIClass.realize of the device type, which realizes the virtio device on
 * the proxy's bus -> virtio_pci_device_plugged. These functions are kept whole:
 * debuggers look for their frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "hw/pci/msix.h"
#include "hw/virtio/virtio-pci-internal.h"

#define AER_VERSION 2

/* --- status, reset, config space --- */

void virtio_pci_set_status(VirtIOPCIProxy *proxy, uint8_t status)
{
    VirtIODevice *vdev = virtio_pci_vdev(proxy);

    virtio_set_status(vdev, status);
    if (vdev->status == 0) {
        msix_unuse_all_vectors(&proxy->pci_dev);
        proxy->device_feature_select = 0;
        proxy->driver_feature_select = 0;
    }
}

/* Without bus mastering the device must not touch memory. */
static void follow_bus_master(VirtIOPCIProxy *proxy)
{
    uint16_t command = pci_get_word(proxy->pci_dev.config + PCI_COMMAND);

    if (proxy->plugged) {
        virtio_set_disabled(virtio_pci_vdev(proxy),
                            !(command & PCI_COMMAND_MASTER));
    }
}

static uint32_t virtio_pci_config_read(PCIDevice *dev, uint32_t addr, int len)
{
    virtio_pci_window_read(VIRTIO_PCI(dev), addr, len);
    return pci_default_read_config(dev, addr, len);
}

static void virtio_pci_config_write(PCIDevice *dev, uint32_t addr,
                                    uint32_t val, int len)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);

    pci_default_write_config(dev, addr, val, len);
    if (pci_is_express(dev)) {
        pcie_aer_write_config(dev, addr, val, len);
        pcie_cap_flr_write_config(dev, addr, val, len);
    }
    follow_bus_master(proxy);
    virtio_pci_window_write(proxy, addr, len);
}

static void virtio_pci_reset_hold(Object *obj, ResetType type)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(obj);
    PCIDevice *dev = PCI_DEVICE(obj);

    if (proxy->plugged) {
        virtio_pci_set_status(proxy, 0);
    }
    if (pci_is_express(dev)) {
        if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_INIT_DEVERR_BIT)) {
            pcie_cap_deverr_reset(dev);
        }
        if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_INIT_LNKCTL_BIT)) {
            pcie_cap_lnkctl_reset(dev);
        }
    }
    follow_bus_master(proxy);
}

/* --- plugging the virtio device in --- */

static void virtio_pci_pre_plugged(DeviceState *d, Error **errp)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);

    if (virtio_pci_modern(proxy)) {
        virtio_features_set(&virtio_pci_vdev(proxy)->host_features,
                            VIRTIO_F_VERSION_1);
    }
}

/* Which interfaces there are, now that the device's features are known. */
static bool settle_interfaces(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                              Error **errp)
{
    ERRP_GUARD();

    if (!virtio_host_has_feature(vdev, VIRTIO_F_VERSION_1)) {
        proxy->modern_on = false;
    }
    if (!virtio_pci_modern(proxy) && !virtio_pci_legacy(proxy)) {
        error_setg(errp, "%s has no modern interface, and legacy is disabled",
                   vdev->name);
        error_append_hint(errp, "Set disable-legacy to off\n");
        return false;
    }
    if (virtio_pci_legacy(proxy) &&
        virtio_host_has_feature(vdev, VIRTIO_F_ACCESS_PLATFORM)) {
        error_setg(errp, "iommu_platform=on needs a device without legacy "
                   "interface");
        error_append_hint(errp, "Set disable-legacy to on\n");
        return false;
    }
    return true;
}

/* Section 4.1.2.1 and 4.1.2.3. */
static void settle_identity(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    uint8_t *config = proxy->pci_dev.config;

    if (proxy->class_code) {
        pci_config_set_class(config, proxy->class_code);
    }
    if (virtio_pci_legacy(proxy)) {
        pci_set_word(config + PCI_SUBSYSTEM_VENDOR_ID,
                     pci_get_word(config + PCI_VENDOR_ID));
        pci_set_word(config + PCI_SUBSYSTEM_ID, vdev->device_id);
    } else {
        pci_set_word(config + PCI_VENDOR_ID, PCI_VENDOR_ID_REDHAT_QUMRANET);
        pci_set_word(config + PCI_DEVICE_ID, 0x1040 + vdev->device_id);
        pci_config_set_revision(config, 1);
    }
    config[PCI_INTERRUPT_PIN] = 1;
}

static void init_msix(VirtIOPCIProxy *proxy)
{
    Error *err = NULL;
    int ret;

    if (proxy->nvectors == 0) {
        return;
    }
    ret = msix_init_exclusive_bar(&proxy->pci_dev, proxy->nvectors, MSIX_BAR,
                                  &err);
    if (ret == 0) {
        return;
    }
    /* It works without; only a platform that has no MSI needs no word. */
    if (ret == -ENOTSUP) {
        error_free(err);
    } else {
        warn_reportf_err(err, "no MSI-X with %u vectors: ", proxy->nvectors);
    }
}

static void virtio_pci_device_unplugged(DeviceState *d)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);

    proxy->plugged = false;
    g_clear_pointer(&proxy->intx_bh, qemu_bh_delete);
    /* The bus is unrealized before PCI takes the BARs out of its spaces. */
    pci_unmap_regions(&proxy->pci_dev);
    if (msix_present(&proxy->pci_dev)) {
        msix_uninit_exclusive_bar(&proxy->pci_dev);
    }
    virtio_pci_modern_exit(proxy);
    virtio_pci_legacy_exit(proxy);
}

static void QEMU_NOINLINE virtio_pci_device_plugged(DeviceState *d,
                                                    Error **errp)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);
    VirtIODevice *vdev = virtio_pci_vdev(proxy);
    Error *err = NULL;

    if (!settle_interfaces(proxy, vdev, errp)) {
        return;
    }
    settle_identity(proxy, vdev);
    if (virtio_pci_modern(proxy)) {
        virtio_pci_modern_init(proxy, vdev, &err);
    }
    if (err) {
        virtio_pci_device_unplugged(d);
        error_propagate(errp, err);
        return;
    }
    init_msix(proxy);
    proxy->intx_bh = qemu_bh_new(virtio_pci_intx_bh, proxy);
    vdev->nvectors = virtio_pci_query_nvectors(d);
    if (virtio_pci_legacy(proxy)) {
        virtio_pci_legacy_init(proxy, vdev);
    }
    proxy->plugged = true;
    follow_bus_master(proxy);
}

static AddressSpace *virtio_pci_get_dma_as(DeviceState *d)
{
    return pci_get_address_space(PCI_DEVICE(d));
}

/* --- realize --- */

static void exit_express(PCIDevice *dev)
{
    if (dev->exp.aer_cap) {
        pcie_aer_exit(dev);
    }
    if (dev->exp.exp_cap) {
        pcie_cap_exit(dev);
    }
    dev->pm_cap = 0;
}

/* What a PCI Express endpoint has besides; a failure leaves nothing behind. */
static bool init_express(VirtIOPCIProxy *proxy, Error **errp)
{
    PCIDevice *dev = &proxy->pci_dev;
    uint16_t extended = PCI_CONFIG_SPACE_SIZE;

    if (pcie_endpoint_cap_init(dev, 0) < 0) {
        error_setg(errp, "no room for the PCI Express capability");
        return false;
    }
    if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_INIT_PM_BIT)) {
        int pos = pci_pm_init(dev, 0, errp);

        if (pos < 0) {
            exit_express(dev);
            return false;
        }
    }
    if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_INIT_DEVERR_BIT)) {
        pcie_cap_deverr_init(dev);
    }
    if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_INIT_LNKCTL_BIT)) {
        pcie_cap_lnkctl_init(dev);
    }
    if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_INIT_FLR_BIT)) {
        pcie_cap_flr_init(dev);
    }
    if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_AER_BIT)) {
        if (pcie_aer_init(dev, AER_VERSION, extended, PCI_ERR_SIZEOF,
                          errp) < 0) {
            exit_express(dev);
            return false;
        }
        extended += PCI_ERR_SIZEOF;
    }
    if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_ATS_BIT)) {
        pcie_ats_init(dev, extended,
                      virtio_pci_flag(proxy,
                                      VIRTIO_PCI_FLAG_ATS_PAGE_ALIGNED_BIT));
    }
    return true;
}

/* Legacy and modern, from properties and the kind of bus. */
static bool choose_interfaces(VirtIOPCIProxy *proxy, bool express_port,
                              Error **errp)
{
    ERRP_GUARD();

    proxy->modern_on = !proxy->disable_modern;
    proxy->legacy_on = proxy->disable_legacy == ON_OFF_AUTO_OFF ||
                       (proxy->disable_legacy == ON_OFF_AUTO_AUTO &&
                        !express_port);
    if (!proxy->modern_on && !proxy->legacy_on) {
        error_setg(errp, "device cannot work as neither modern nor legacy mode"
                   " is enabled");
        error_append_hint(errp, "Set either disable-modern or disable-legacy"
                          " to off\n");
        return false;
    }
    return true;
}

static void drop_bus(VirtIOPCIProxy *proxy)
{
    VirtIODevice *vdev = virtio_pci_vdev(proxy);

    if (vdev) {
        /* Still realized when what follows class realize (the ROM) failed. */
        if (qdev_is_realized(DEVICE(vdev))) {
            qdev_unrealize(DEVICE(vdev));
        }
        qdev_set_parent_bus(DEVICE(vdev), NULL, NULL);
    }
    object_unparent(OBJECT(&proxy->bus));
}

static void QEMU_NOINLINE virtio_pci_realize(PCIDevice *dev, Error **errp)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);
    VirtioPCIClass *k = VIRTIO_PCI_GET_CLASS(dev);
    PCIBus *bus = pci_get_bus(dev);
    bool express_port = pci_bus_is_express(bus) && !pci_bus_is_root(bus);
    Error *err = NULL;

    if (!choose_interfaces(proxy, express_port, errp)) {
        return;
    }
    if (express_port && pci_is_express(dev)) {
        if (!init_express(proxy, errp)) {
            return;
        }
    } else {
        /* On a conventional bus, and on the root bus, it is a conventional one. */
        dev->cap_present &= ~QEMU_PCI_CAP_EXPRESS;
    }

    qbus_init(&proxy->bus, sizeof(proxy->bus), TYPE_VIRTIO_PCI_BUS, DEVICE(dev),
              "virtio-bus");
    k->realize(proxy, &err);
    if (err) {
        drop_bus(proxy);
        exit_express(dev);
        error_propagate(errp, err);
    }
}

static void virtio_pci_exit(PCIDevice *dev)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);

    exit_express(dev);
    drop_bus(proxy);
}

static void QEMU_NOINLINE virtio_pci_dc_realize(DeviceState *qdev,
                                                Error **errp)
{
    VirtioPCIClass *k = VIRTIO_PCI_GET_CLASS(qdev);
    VirtIOPCIProxy *proxy = VIRTIO_PCI(qdev);

    if (!proxy->disable_modern &&
        !virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_DISABLE_PCIE_BIT)) {
        proxy->pci_dev.cap_present |= QEMU_PCI_CAP_EXPRESS;
    }
    k->parent_dc_realize(qdev, errp);
}

/* --- state --- */

static int virtio_pci_post_load(void *opaque, int version_id)
{
    follow_bus_master(opaque);
    return 0;
}

static const VMStateDescription vmstate_virtio_pci = {
    .name = "virtio-pci",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = virtio_pci_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(pci_dev, VirtIOPCIProxy),
        VMSTATE_MSIX(pci_dev, VirtIOPCIProxy),
        VMSTATE_UINT32(device_feature_select, VirtIOPCIProxy),
        VMSTATE_UINT32(driver_feature_select, VirtIOPCIProxy),
        VMSTATE_END_OF_LIST()
    },
};

/* --- types --- */

#define FLAG_PROP(name, bit, on, help)                                       \
    DEFINE_PROP_BIT(name, VirtIOPCIProxy, flags,                             \
                    VIRTIO_PCI_FLAG_##bit##_BIT, on, .description = help)

static const Property virtio_pci_properties[] = {
    FLAG_PROP("ioeventfd", USE_IOEVENTFD, true,
              "notifications of the driver go straight to the event loop"),
    FLAG_PROP("migrate-extra", MIGRATE_EXTRA, true,
              "accepted: vectors and interface always are in the state"),
    FLAG_PROP("modern-pio-notify", MODERN_PIO_NOTIFY, false,
              "notifications through a port too"),
    FLAG_PROP("x-disable-pcie", DISABLE_PCIE, false,
              "a conventional device even on a PCI Express port"),
    FLAG_PROP("page-per-vq", PAGE_PER_VQ, false,
              "a page for the notifications of each queue"),
    FLAG_PROP("ats", ATS, false,
              "address translation services"),
    FLAG_PROP("x-ats-page-aligned", ATS_PAGE_ALIGNED, true,
              "their requests are aligned to pages"),
    FLAG_PROP("x-pcie-deverr-init", INIT_DEVERR, true,
              "device error bits of PCI Express"),
    FLAG_PROP("x-pcie-lnkctl-init", INIT_LNKCTL, true,
              "link control bits of PCI Express"),
    FLAG_PROP("x-pcie-pm-init", INIT_PM, true,
              "power management"),
    FLAG_PROP("x-pcie-flr-init", INIT_FLR, true,
              "function level reset"),
    FLAG_PROP("aer", AER, false,
              "advanced error reporting"),
};

static void virtio_pci_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);
    VirtioPCIClass *vpciklass = VIRTIO_PCI_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    device_class_set_props(dc, virtio_pci_properties);
    dc->vmsd = &vmstate_virtio_pci;
    k->realize = virtio_pci_realize;
    k->exit = virtio_pci_exit;
    k->config_read = virtio_pci_config_read;
    k->config_write = virtio_pci_config_write;
    k->vendor_id = PCI_VENDOR_ID_REDHAT_QUMRANET;
    k->revision = VIRTIO_PCI_ABI_VERSION;
    k->class_id = PCI_CLASS_OTHERS;
    device_class_set_parent_realize(dc, virtio_pci_dc_realize,
                                    &vpciklass->parent_dc_realize);
    rc->phases.hold = virtio_pci_reset_hold;
}

static const TypeInfo virtio_pci_info = {
    .abstract = true,
    .parent = TYPE_PCI_DEVICE,
    .name = TYPE_VIRTIO_PCI,
    .class_size = sizeof(VirtioPCIClass),
    .class_init = virtio_pci_class_init,
    .instance_size = sizeof(VirtIOPCIProxy),
};

static void virtio_pci_bus_class_init(ObjectClass *klass, const void *data)
{
    VirtioBusClass *k = VIRTIO_BUS_CLASS(klass);

    /* In the order in which they come up: plugging, running, leaving. */
    k->pre_plugged = virtio_pci_pre_plugged;
    k->device_plugged = virtio_pci_device_plugged;
    k->query_nvectors = virtio_pci_query_nvectors;
    k->ioeventfd_enabled = virtio_pci_ioeventfd_enabled;
    k->ioeventfd_assign = virtio_pci_ioeventfd_assign;
    k->notify = virtio_pci_notify;
    k->vectors_loaded = virtio_pci_vectors_loaded;
    k->device_unplugged = virtio_pci_device_unplugged;
    k->get_dma_as = virtio_pci_get_dma_as;
}

static const TypeInfo virtio_pci_bus_info = {
    .name = TYPE_VIRTIO_PCI_BUS,
    .parent = TYPE_VIRTIO_BUS,
    .instance_size = sizeof(VirtioBusState),
    .class_size = sizeof(VirtioBusClass),
    .class_init = virtio_pci_bus_class_init,
};

/* The type without a suffix: properties decide, by default the bus does. */
static const Property virtio_pci_generic_properties[] = {
    DEFINE_PROP_ON_OFF_AUTO("disable-legacy", VirtIOPCIProxy, disable_legacy,
                            ON_OFF_AUTO_AUTO,
                            .description = "no legacy interface; auto: none "
                            "on a PCI Express port"),
    DEFINE_PROP_BOOL("disable-modern", VirtIOPCIProxy, disable_modern, false,
                     .description = "only the legacy interface"),
};

static void generic_class_init(ObjectClass *klass, const void *data)
{
    device_class_set_props(DEVICE_CLASS(klass), virtio_pci_generic_properties);
}

static void transitional_instance_init(Object *obj)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(obj);

    proxy->disable_legacy = ON_OFF_AUTO_OFF;
    proxy->disable_modern = false;
}

static void non_transitional_instance_init(Object *obj)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(obj);

    proxy->disable_legacy = ON_OFF_AUTO_ON;
    proxy->disable_modern = false;
}

static const InterfaceInfo on_any_pci[] = {
    { INTERFACE_PCIE_DEVICE },
    { INTERFACE_CONVENTIONAL_PCI_DEVICE },
    { }
};

static const InterfaceInfo on_conventional_pci[] = {
    { INTERFACE_CONVENTIONAL_PCI_DEVICE },
    { }
};

void virtio_pci_types_register(const VirtioPCIDeviceTypeInfo *t)
{
    const struct {
        const char *name;
        void (*instance_init)(Object *obj);
        void (*class_init)(ObjectClass *klass, const void *data);
        const InterfaceInfo *interfaces;
    } leaves[] = {
        { t->generic_name, NULL, generic_class_init, on_any_pci },
        { t->transitional_name, transitional_instance_init, NULL,
          on_conventional_pci },
        { t->non_transitional_name, non_transitional_instance_init, NULL,
          on_any_pci },
    };
    TypeInfo base = {
        .name = t->base_name,
        .parent = t->parent ? t->parent : TYPE_VIRTIO_PCI,
        .instance_size = t->instance_size,
        .instance_init = t->instance_init,
        .class_size = t->class_size,
        .class_init = t->class_init,
        .abstract = true,
    };

    type_register(&base);
    for (unsigned i = 0; i < ARRAY_SIZE(leaves); i++) {
        TypeInfo leaf = {
            .name = leaves[i].name,
            .parent = t->base_name,
            .instance_init = leaves[i].instance_init,
            .class_init = leaves[i].class_init,
            .interfaces = leaves[i].interfaces,
        };

        if (leaf.name) {
            type_register(&leaf);
        }
    }
}

static void virtio_pci_register_types(void)
{
    type_register_static(&virtio_pci_bus_info);
    type_register_static(&virtio_pci_info);
}

type_init(virtio_pci_register_types)
