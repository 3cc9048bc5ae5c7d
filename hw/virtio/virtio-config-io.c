/*
 * The device's config space as the driver reads and writes it (VIRTIO 1.4 section
 * 2.5), and the generation count that tells the driver of changes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/virtio/virtio-internal.h"

static bool inside(VirtIODevice *vdev, uint32_t addr, unsigned size)
{
    return size <= vdev->config_len && addr <= vdev->config_len - size;
}

uint32_t virtio_config_read(VirtIODevice *vdev, uint32_t addr, unsigned size)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    const uint8_t *from;

    if (!inside(vdev, addr, size)) {
        return UINT32_MAX;
    }
    if (vdc->get_config) {
        vdc->get_config(vdev, vdev->config);
    }
    /*
     * The count moves when something that changed is read, not when it changes:
     * 8 bits cannot wrap between two looks at it (section 4.1.4.3.1).
     */
    if (vdev->config_changed) {
        vdev->config_changed = false;
        vdev->generation++;
    }
    from = (const uint8_t *)vdev->config + addr;
    return size == 1 ? *from : size == 2 ? lduw_le_p(from) : ldl_le_p(from);
}

void virtio_config_write(VirtIODevice *vdev, uint32_t addr, uint32_t value,
                         unsigned size)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    uint8_t *to;

    if (!inside(vdev, addr, size) || !vdc->set_config) {
        return;
    }
    if (vdc->get_config) {
        vdc->get_config(vdev, vdev->config);
    }
    to = (uint8_t *)vdev->config + addr;
    if (size == 1) {
        *to = value;
    } else if (size == 2) {
        stw_le_p(to, value);
    } else {
        stl_le_p(to, value);
    }
    vdc->set_config(vdev, vdev->config);
}

uint8_t virtio_config_generation(VirtIODevice *vdev)
{
    return vdev->generation;
}
