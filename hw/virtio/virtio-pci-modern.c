/*
 * The modern interface of the PCI proxy: common configuration, ISR, device config,
 * notifications, and the window to them in config space. VIRTIO 1.4 section 4.1.4.
 * The legacy interface is in virtio-pci-legacy.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "hw/virtio/virtio-pci-internal.h"

/* Each structure begins at a page of its own in the memory BAR. */
#define STRUCT_BYTES    0x1000

unsigned virtio_pci_notify_multiplier(const VirtIOPCIProxy *proxy)
{
    return virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_PAGE_PER_VQ_BIT) ?
           STRUCT_BYTES : 4;
}

/* --- common configuration (section 4.1.4.3) --- */

/* One register: how it is read and, unless it is read-only, written. */
typedef struct CommonField {
    uint8_t size;
    uint32_t (*get)(VirtIOPCIProxy *proxy, VirtIODevice *vdev);
    void (*set)(VirtIOPCIProxy *proxy, VirtIODevice *vdev, uint32_t val);
} CommonField;

static uint32_t get_device_select(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return proxy->device_feature_select;
}

static void set_device_select(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                              uint32_t val)
{
    proxy->device_feature_select = val;
}

static uint32_t get_device_feature(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    VirtioFeatures shown = virtio_features_without(vdev->host_features,
                                                   vdc->legacy_features);

    return virtio_features_window(&shown, proxy->device_feature_select);
}

static uint32_t get_driver_select(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return proxy->driver_feature_select;
}

static void set_driver_select(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                              uint32_t val)
{
    proxy->driver_feature_select = val;
}

static uint32_t get_driver_feature(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return virtio_features_window(&vdev->guest_features,
                                  proxy->driver_feature_select);
}

static void set_driver_feature(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                               uint32_t val)
{
    virtio_set_features_window(vdev, proxy->driver_feature_select, val);
}

static uint32_t get_config_vector(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return vdev->config_vector;
}

static void set_config_vector(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                              uint32_t val)
{
    virtio_pci_set_config_vector(proxy, val);
}

static uint32_t get_num_queues(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return virtio_get_num_queues(vdev);
}

static uint32_t get_status(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return vdev->status;
}

static void set_status(VirtIOPCIProxy *proxy, VirtIODevice *vdev, uint32_t val)
{
    virtio_pci_set_status(proxy, val);
}

static uint32_t get_generation(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return virtio_config_generation(vdev);
}

static uint32_t get_queue_select(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return vdev->queue_sel;
}

static void set_queue_select(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                             uint32_t val)
{
    vdev->queue_sel = val;
}

static uint32_t get_queue_size(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return virtio_queue_get_num(vdev, vdev->queue_sel);
}

static void set_queue_size(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                           uint32_t val)
{
    virtio_queue_set_num(vdev, vdev->queue_sel, val);
}

static uint32_t get_queue_vector(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return virtio_queue_vector(vdev, vdev->queue_sel);
}

static void set_queue_vector(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                             uint32_t val)
{
    virtio_pci_set_queue_vector(proxy, vdev->queue_sel, val);
}

static uint32_t get_queue_enable(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return virtio_queue_enabled(vdev, vdev->queue_sel);
}

static void set_queue_enable(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                             uint32_t val)
{
    /* A driver must not write 0 (section 4.1.4.3.2). */
    if (val == 1) {
        virtio_queue_enable(vdev, vdev->queue_sel);
    }
}

static uint32_t get_notify_off(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return vdev->queue_sel;
}

static uint32_t get_notif_config_data(VirtIOPCIProxy *proxy,
                                      VirtIODevice *vdev)
{
    return virtio_vdev_has_feature(vdev, VIRTIO_F_NOTIF_CONFIG_DATA) &&
           virtio_get_queue(vdev, vdev->queue_sel) ?
           virtio_pci_notification_of(vdev, vdev->queue_sel) : 0;
}

static uint32_t get_queue_reset(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    return 0;                   /* it is over when the write returns */
}

static void set_queue_reset(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                            uint32_t val)
{
    if (val == 1 && virtio_vdev_has_feature(vdev, VIRTIO_F_RING_RESET)) {
        virtio_pci_set_queue_vector(proxy, vdev->queue_sel, VIRTIO_NO_VECTOR);
        virtio_queue_reset(vdev, vdev->queue_sel);
    }
}

/*
 * The three areas have addresses of 64 bits, written by halves. @area 0 to 2, @half
 * 0 low, 1 high.
 */
static uint32_t get_area(VirtIODevice *vdev, unsigned area, unsigned half)
{
    hwaddr addr[3];

    virtio_queue_get_rings(vdev, vdev->queue_sel, &addr[0], &addr[1], &addr[2]);
    return addr[area] >> (half * 32);
}

static void set_area(VirtIODevice *vdev, unsigned area, unsigned half,
                     uint32_t val)
{
    hwaddr addr[3];

    virtio_queue_get_rings(vdev, vdev->queue_sel, &addr[0], &addr[1], &addr[2]);
    addr[area] &= ~(UINT64_C(0xffffffff) << (half * 32));
    addr[area] |= (uint64_t)val << (half * 32);
    virtio_queue_set_rings(vdev, vdev->queue_sel, addr[0], addr[1], addr[2]);
}

#define AREA_FIELD(name, area, half)                                         \
    static uint32_t get_##name(VirtIOPCIProxy *proxy, VirtIODevice *vdev)    \
    {                                                                        \
        return get_area(vdev, area, half);                                   \
    }                                                                        \
    static void set_##name(VirtIOPCIProxy *proxy, VirtIODevice *vdev,        \
                           uint32_t val)                                     \
    {                                                                        \
        set_area(vdev, area, half, val);                                     \
    }
AREA_FIELD(desc_lo, 0, 0)
AREA_FIELD(desc_hi, 0, 1)
AREA_FIELD(driver_lo, 1, 0)
AREA_FIELD(driver_hi, 1, 1)
AREA_FIELD(device_lo, 2, 0)
AREA_FIELD(device_hi, 2, 1)

static const CommonField common_fields[] = {
    [VIRTIO_PCI_COMMON_DFSELECT] = { 4, get_device_select, set_device_select },
    [VIRTIO_PCI_COMMON_DF] = { 4, get_device_feature },
    [VIRTIO_PCI_COMMON_GFSELECT] = { 4, get_driver_select, set_driver_select },
    [VIRTIO_PCI_COMMON_GF] = { 4, get_driver_feature, set_driver_feature },
    [VIRTIO_PCI_COMMON_MSIX] = { 2, get_config_vector, set_config_vector },
    [VIRTIO_PCI_COMMON_NUMQ] = { 2, get_num_queues },
    [VIRTIO_PCI_COMMON_STATUS] = { 1, get_status, set_status },
    [VIRTIO_PCI_COMMON_CFGGENERATION] = { 1, get_generation },
    [VIRTIO_PCI_COMMON_Q_SELECT] = { 2, get_queue_select, set_queue_select },
    [VIRTIO_PCI_COMMON_Q_SIZE] = { 2, get_queue_size, set_queue_size },
    [VIRTIO_PCI_COMMON_Q_MSIX] = { 2, get_queue_vector, set_queue_vector },
    [VIRTIO_PCI_COMMON_Q_ENABLE] = { 2, get_queue_enable, set_queue_enable },
    [VIRTIO_PCI_COMMON_Q_NOFF] = { 2, get_notify_off },
    [VIRTIO_PCI_COMMON_Q_DESCLO] = { 4, get_desc_lo, set_desc_lo },
    [VIRTIO_PCI_COMMON_Q_DESCHI] = { 4, get_desc_hi, set_desc_hi },
    [VIRTIO_PCI_COMMON_Q_AVAILLO] = { 4, get_driver_lo, set_driver_lo },
    [VIRTIO_PCI_COMMON_Q_AVAILHI] = { 4, get_driver_hi, set_driver_hi },
    [VIRTIO_PCI_COMMON_Q_USEDLO] = { 4, get_device_lo, set_device_lo },
    [VIRTIO_PCI_COMMON_Q_USEDHI] = { 4, get_device_hi, set_device_hi },
    [VIRTIO_PCI_COMMON_Q_NDATA] = { 2, get_notif_config_data },
    [VIRTIO_PCI_COMMON_Q_RESET] = { 2, get_queue_reset, set_queue_reset },
};

/* Drivers access each field in its width, 64 bits by halves (section 4.1.3.1). */
static const CommonField *common_field(hwaddr addr, unsigned size)
{
    return addr < ARRAY_SIZE(common_fields) &&
           common_fields[addr].size == size ? &common_fields[addr] : NULL;
}

static uint64_t common_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_vdev(proxy);
    const CommonField *field = common_field(addr, size);

    return field && vdev ? field->get(proxy, vdev) : 0;
}

static void common_write(void *opaque, hwaddr addr, uint64_t val,
                         unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_vdev(proxy);
    const CommonField *field = common_field(addr, size);

    if (field && field->set && vdev) {
        field->set(proxy, vdev, val);
    }
}

/* --- the other structures --- */

static uint64_t isr_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;

    return addr == 0 && virtio_pci_vdev(proxy) ? virtio_pci_read_isr(proxy) : 0;
}

static uint64_t device_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtIODevice *vdev = virtio_pci_vdev(opaque);

    return vdev ? virtio_config_read(vdev, addr, size) : UINT32_MAX;
}

static void device_write(void *opaque, hwaddr addr, uint64_t val,
                         unsigned size)
{
    VirtIODevice *vdev = virtio_pci_vdev(opaque);

    if (vdev) {
        virtio_config_write(vdev, addr, val, size);
    }
}

static void notify_write(void *opaque, hwaddr addr, uint64_t val,
                         unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_vdev(proxy);

    if (vdev) {
        virtio_queue_notify(vdev, addr / virtio_pci_notify_multiplier(proxy));
    }
}

static void notify_pio_write(void *opaque, hwaddr addr, uint64_t val,
                             unsigned size)
{
    VirtIODevice *vdev = virtio_pci_vdev(opaque);

    if (vdev) {
        virtio_queue_notify(vdev, virtio_pci_notified_queue(vdev, val));
    }
}

static void ignore_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

static uint64_t read_zero(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static const MemoryRegionOps common_ops = {
    .read = common_read,
    .write = common_write,
    .impl = { .min_access_size = 1, .max_access_size = 4 },
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const MemoryRegionOps isr_ops = {
    .read = isr_read,
    .write = ignore_write,
    .impl = { .min_access_size = 1, .max_access_size = 4 },
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const MemoryRegionOps device_ops = {
    .read = device_read,
    .write = device_write,
    .impl = { .min_access_size = 1, .max_access_size = 4 },
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const MemoryRegionOps notify_ops = {
    .read = read_zero,
    .write = notify_write,
    .impl = { .min_access_size = 1, .max_access_size = 4 },
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const MemoryRegionOps notify_pio_ops = {
    .read = read_zero,
    .write = notify_pio_write,
    .impl = { .min_access_size = 1, .max_access_size = 4 },
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* --- capabilities and BARs --- */

/* A vendor capability; cap->cap_len is its size. Returns its offset or -errno. */
static int add_cap(VirtIOPCIProxy *proxy, struct virtio_pci_cap *cap,
                   Error **errp)
{
    PCIDevice *dev = &proxy->pci_dev;
    int offset = pci_add_capability(dev, PCI_CAP_ID_VNDR, 0, cap->cap_len,
                                    errp);

    if (offset > 0) {
        /* The first two bytes are the list's. */
        memcpy(dev->config + offset + PCI_CAP_FLAGS, &cap->cap_len,
               cap->cap_len - PCI_CAP_FLAGS);
    }
    return offset;
}

/* Put a structure into its BAR and announce it. */
static bool add_region(VirtIOPCIProxy *proxy, VirtIOPCIRegion *region,
                       MemoryRegion *bar, const char *name,
                       const MemoryRegionOps *ops, Error **errp)
{
    struct virtio_pci_notify_cap cap = {
        .cap.cfg_type = region->type,
        .cap.bar = region->bar,
        .cap.offset = cpu_to_le32(region->offset),
        .cap.length = cpu_to_le32(region->size),
        .cap.cap_len = sizeof(cap.cap),
    };

    if (region->type == VIRTIO_PCI_CAP_NOTIFY_CFG) {
        unsigned step = region->bar == MODERN_IO_BAR ? 0 :
                        virtio_pci_notify_multiplier(proxy);

        cap.cap.cap_len = sizeof(cap);
        cap.notify_off_multiplier = cpu_to_le32(step);
    }
    memory_region_init_io(&region->mr, OBJECT(proxy), ops, proxy, name,
                          region->size);
    memory_region_add_subregion(bar, region->offset, &region->mr);
    return add_cap(proxy, &cap.cap, errp) > 0;
}

/* The window: bar, offset, length and data are the driver's (section 4.1.4.9). */
static bool add_window(VirtIOPCIProxy *proxy, Error **errp)
{
    struct virtio_pci_cfg_cap cap = {
        .cap.cfg_type = VIRTIO_PCI_CAP_PCI_CFG,
        .cap.cap_len = sizeof(cap),
    };
    int offset = add_cap(proxy, &cap.cap, errp);
    uint8_t *wmask;

    if (offset < 0) {
        return false;
    }
    proxy->config_cap = offset;
    wmask = proxy->pci_dev.wmask + offset;
    wmask[offsetof(struct virtio_pci_cfg_cap, cap.bar)] = 0xff;
    memset(wmask + offsetof(struct virtio_pci_cfg_cap, cap.offset), 0xff,
           sizeof(cap) - offsetof(struct virtio_pci_cfg_cap, cap.offset));
    return true;
}

void virtio_pci_modern_init(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                            Error **errp)
{
    PCIDevice *dev = &proxy->pci_dev;
    uint32_t notify_bytes = VIRTIO_QUEUE_MAX *
                            virtio_pci_notify_multiplier(proxy);
    const struct {
        VirtIOPCIRegion *region;
        uint8_t type;
        const char *name;
        uint32_t offset, size;
        const MemoryRegionOps *ops;
    } parts[] = {
        { &proxy->common, VIRTIO_PCI_CAP_COMMON_CFG, "virtio-pci-common",
          0 * STRUCT_BYTES, STRUCT_BYTES, &common_ops },
        { &proxy->isr, VIRTIO_PCI_CAP_ISR_CFG, "virtio-pci-isr",
          1 * STRUCT_BYTES, STRUCT_BYTES, &isr_ops },
        { &proxy->device, VIRTIO_PCI_CAP_DEVICE_CFG, "virtio-pci-device",
          2 * STRUCT_BYTES, STRUCT_BYTES, &device_ops },
        { &proxy->notify, VIRTIO_PCI_CAP_NOTIFY_CFG, "virtio-pci-notify",
          3 * STRUCT_BYTES, notify_bytes, &notify_ops },
    };

    memory_region_init(&proxy->modern_bar, OBJECT(proxy), "virtio-pci",
                       pow2ceil(3 * STRUCT_BYTES + notify_bytes));
    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
        VirtIOPCIRegion *region = parts[i].region;

        region->type = parts[i].type;
        region->bar = MODERN_MEM_BAR;
        region->offset = parts[i].offset;
        region->size = parts[i].size;
        if (!add_region(proxy, region, &proxy->modern_bar, parts[i].name,
                        parts[i].ops, errp)) {
            return;
        }
    }
    if (virtio_pci_flag(proxy, VIRTIO_PCI_FLAG_MODERN_PIO_NOTIFY_BIT)) {
        VirtIOPCIRegion *region = &proxy->notify_pio;

        memory_region_init(&proxy->modern_io_bar, OBJECT(proxy),
                           "virtio-pci-io", 4);
        region->type = VIRTIO_PCI_CAP_NOTIFY_CFG;
        region->bar = MODERN_IO_BAR;
        region->size = 4;
        if (!add_region(proxy, region, &proxy->modern_io_bar,
                        "virtio-pci-notify-pio", &notify_pio_ops, errp)) {
            return;
        }
        pci_register_bar(dev, MODERN_IO_BAR, PCI_BASE_ADDRESS_SPACE_IO,
                         &proxy->modern_io_bar);
    }
    if (add_window(proxy, errp)) {
        pci_register_bar(dev, MODERN_MEM_BAR,
                         PCI_BASE_ADDRESS_SPACE_MEMORY |
                         PCI_BASE_ADDRESS_MEM_PREFETCH |
                         PCI_BASE_ADDRESS_MEM_TYPE_64, &proxy->modern_bar);
    }
}

static void drop_region(VirtIOPCIRegion *region, MemoryRegion *bar)
{
    if (region->size > 0) {
        memory_region_del_subregion(bar, &region->mr);
        object_unparent(OBJECT(&region->mr));
        region->size = 0;
        region->offset = 0;
    }
}

void virtio_pci_modern_exit(VirtIOPCIProxy *proxy)
{
    bool had_io = proxy->notify_pio.size > 0;
    bool had_memory = proxy->common.size > 0;

    drop_region(&proxy->notify_pio, &proxy->modern_io_bar);
    drop_region(&proxy->notify, &proxy->modern_bar);
    drop_region(&proxy->device, &proxy->modern_bar);
    drop_region(&proxy->isr, &proxy->modern_bar);
    drop_region(&proxy->common, &proxy->modern_bar);
    if (had_io) {
        object_unparent(OBJECT(&proxy->modern_io_bar));
    }
    if (had_memory) {
        object_unparent(OBJECT(&proxy->modern_bar));
    }
    proxy->config_cap = 0;
}

/* --- the window in config space (section 4.1.4.9) --- */

/* Does the access touch the window's data? If so, where does the window look? */
static VirtIOPCIRegion *window_target(VirtIOPCIProxy *proxy, uint32_t addr,
                                      int len, hwaddr *offset,
                                      unsigned *size)
{
    VirtIOPCIRegion *regions[] = {
        &proxy->common, &proxy->isr, &proxy->device, &proxy->notify,
        &proxy->notify_pio,
    };
    uint32_t data = proxy->config_cap +
                    offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
    struct virtio_pci_cfg_cap cap;

    if (!proxy->config_cap || addr + len <= data || addr >= data + 4) {
        return NULL;
    }
    memcpy(&cap, proxy->pci_dev.config + proxy->config_cap, sizeof(cap));
    *offset = le32_to_cpu(cap.cap.offset);
    *size = le32_to_cpu(cap.cap.length);
    if ((*size != 1 && *size != 2 && *size != 4) || *offset % *size != 0) {
        return NULL;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(regions); i++) {
        VirtIOPCIRegion *region = regions[i];

        if (region->size > 0 && region->bar == cap.cap.bar &&
            *offset >= region->offset &&
            *offset - region->offset <= region->size - *size) {
            *offset -= region->offset;
            return region;
        }
    }
    return NULL;
}

static uint8_t *window_data(VirtIOPCIProxy *proxy)
{
    return proxy->pci_dev.config + proxy->config_cap +
           offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
}

void virtio_pci_window_read(VirtIOPCIProxy *proxy, uint32_t addr, int len)
{
    hwaddr offset;
    unsigned size;
    VirtIOPCIRegion *region = window_target(proxy, addr, len, &offset, &size);

    /*
     * The configuration cycle has entered the device already, so dispatch would
     * refuse it as a re-entry; the regions take accesses of these sizes as are.
     */
    if (region) {
        const MemoryRegion *mr = &region->mr;

        stn_le_p(window_data(proxy), size,
                 mr->ops->read(mr->opaque, offset, size));
    }
}

void virtio_pci_window_write(VirtIOPCIProxy *proxy, uint32_t addr, int len)
{
    hwaddr offset;
    unsigned size;
    VirtIOPCIRegion *region = window_target(proxy, addr, len, &offset, &size);

    if (region) {
        const MemoryRegion *mr = &region->mr;

        mr->ops->write(mr->opaque, offset, ldn_le_p(window_data(proxy), size),
                       size);
    }
}
