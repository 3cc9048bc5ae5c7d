/*
 * What is on the buses, for query-pci, "info pci" and "info qtree".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <json-c/json.h>
#include "hw/pci/pci_bridge.h"
#include "pci-internal.h"

/* Names of classes (PCI Code and ID Assignment Specification). */
static const struct {
    uint16_t class_id;
    const char *text;
} class_names[] = {
    { PCI_CLASS_STORAGE_SCSI, "SCSI controller" },
    { PCI_CLASS_STORAGE_IDE, "IDE controller" },
    { PCI_CLASS_STORAGE_SATA, "SATA controller" },
    { PCI_CLASS_NETWORK_ETHERNET, "Ethernet controller" },
    { PCI_CLASS_DISPLAY_VGA, "VGA controller" },
    { PCI_CLASS_MULTIMEDIA_AUDIO, "Audio controller" },
    { PCI_CLASS_MEMORY_RAM, "RAM controller" },
    { PCI_CLASS_BRIDGE_HOST, "Host bridge" },
    { PCI_CLASS_BRIDGE_ISA, "ISA bridge" },
    { PCI_CLASS_BRIDGE_PCI, "PCI bridge" },
    { PCI_CLASS_BRIDGE_OTHER, "Bridge" },
    { PCI_CLASS_COMMUNICATION_SERIAL, "Serial port" },
    { PCI_CLASS_SERIAL_USB, "USB controller" },
    { PCI_CLASS_SERIAL_SMBUS, "SMBus" },
};

static uint16_t class_of(const PCIDevice *d)
{
    return pci_get_word(d->config + PCI_CLASS_DEVICE);
}

static const char *class_name(uint16_t class_id)
{
    for (unsigned i = 0; i < ARRAY_SIZE(class_names); i++) {
        if (class_names[i].class_id == class_id) {
            return class_names[i].text;
        }
    }
    return NULL;
}

static PCIBridgeRange io_window(const PCIDevice *d)
{
    return pci_bridge_range(d, PCI_BASE_ADDRESS_SPACE_IO);
}

static PCIBridgeRange mem_window(const PCIDevice *d)
{
    return pci_bridge_range(d, PCI_BASE_ADDRESS_SPACE_MEMORY);
}

static PCIBridgeRange pref_window(const PCIDevice *d)
{
    return pci_bridge_range(d, PCI_BASE_ADDRESS_MEM_PREFETCH);
}

/* ---- JSON ---- */

static void put_int(json_object *o, const char *key, uint64_t value)
{
    json_object_object_add(o, key, value > INT64_MAX
                           ? json_object_new_uint64(value)
                           : json_object_new_int64((int64_t)value));
}

static void put_bool(json_object *o, const char *key, bool value)
{
    json_object_object_add(o, key, json_object_new_boolean(value));
}

static void put_str(json_object *o, const char *key, const char *value)
{
    json_object_object_add(o, key, json_object_new_string(value));
}

static json_object *query_regions(const PCIDevice *d)
{
    json_object *list = json_object_new_array();

    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        const PCIIORegion *r = &d->io_regions[i];
        json_object *o;

        if (!r->size) {
            continue;
        }
        o = json_object_new_object();
        put_int(o, "bar", i);
        if (r->type & PCI_BASE_ADDRESS_SPACE_IO) {
            put_str(o, "type", "io");
        } else {
            put_str(o, "type", "memory");
            put_bool(o, "prefetch", r->type & PCI_BASE_ADDRESS_MEM_PREFETCH);
            put_bool(o, "mem_type_64", r->type & PCI_BASE_ADDRESS_MEM_TYPE_64);
        }
        /* Not mapped is -1, as it always was. */
        json_object_object_add(o, "address",
                               json_object_new_int64((int64_t)r->addr));
        put_int(o, "size", r->size);
        json_object_array_add(list, o);
    }
    return list;
}

static json_object *query_window(PCIBridgeRange w)
{
    json_object *o = json_object_new_object();

    put_int(o, "base", w.base);
    put_int(o, "limit", w.limit);
    return o;
}

static json_object *query_devices(PCIBus *bus);

static json_object *query_bridge(PCIDevice *d)
{
    json_object *bridge = json_object_new_object();
    json_object *bus = json_object_new_object();
    PCIBus *child = pci_bridge_secondary(d);

    put_int(bus, "number", d->config[PCI_PRIMARY_BUS]);
    put_int(bus, "secondary", d->config[PCI_SECONDARY_BUS]);
    put_int(bus, "subordinate", d->config[PCI_SUBORDINATE_BUS]);
    json_object_object_add(bus, "io_range", query_window(io_window(d)));
    json_object_object_add(bus, "memory_range", query_window(mem_window(d)));
    json_object_object_add(bus, "prefetchable_range",
                           query_window(pref_window(d)));
    json_object_object_add(bridge, "bus", bus);
    if (child && d->config[PCI_SECONDARY_BUS]) {
        json_object_object_add(bridge, "devices", query_devices(child));
    }
    return bridge;
}

static json_object *query_device(PCIDevice *d)
{
    json_object *o = json_object_new_object();
    json_object *class_info = json_object_new_object();
    json_object *id = json_object_new_object();
    const char *desc = class_name(class_of(d));

    put_int(o, "bus", pci_dev_bus_num(d));
    put_int(o, "slot", PCI_SLOT(d->devfn));
    put_int(o, "function", PCI_FUNC(d->devfn));
    if (desc) {
        put_str(class_info, "desc", desc);
    }
    put_int(class_info, "class", class_of(d));
    json_object_object_add(o, "class_info", class_info);
    put_int(id, "device", pci_get_word(d->config + PCI_DEVICE_ID));
    put_int(id, "vendor", pci_get_word(d->config + PCI_VENDOR_ID));
    if (!pci_is_bridge(d)) {
        put_int(id, "subsystem", pci_get_word(d->config + PCI_SUBSYSTEM_ID));
        put_int(id, "subsystem-vendor",
                pci_get_word(d->config + PCI_SUBSYSTEM_VENDOR_ID));
    }
    json_object_object_add(o, "id", id);
    if (d->config[PCI_INTERRUPT_PIN]) {
        put_int(o, "irq", d->config[PCI_INTERRUPT_LINE]);
    }
    put_int(o, "irq_pin", d->config[PCI_INTERRUPT_PIN]);
    put_str(o, "qdev_id", d->qdev.id ? d->qdev.id : "");
    if (pci_is_bridge(d)) {
        json_object_object_add(o, "pci_bridge", query_bridge(d));
    }
    json_object_object_add(o, "regions", query_regions(d));
    return o;
}

static void append_device(PCIBus *bus, PCIDevice *d, void *opaque)
{
    json_object_array_add(opaque, query_device(d));
}

static json_object *query_devices(PCIBus *bus)
{
    json_object *list = json_object_new_array();

    pci_for_each_device_under_bus(bus, append_device, list);
    return list;
}

struct json_object *pci_query(void)
{
    json_object *list = json_object_new_array();

    for (PCIHostState *h = pci_host_first(); h; h = pci_host_next(h)) {
        json_object *o;

        if (!h->bus) {
            continue;
        }
        o = json_object_new_object();
        put_int(o, "bus", pci_bus_num(h->bus));
        json_object_object_add(o, "devices", query_devices(h->bus));
        json_object_array_add(list, o);
    }
    return list;
}

/* ---- Text ---- */

static void info_region(GString *out, int nr, const PCIIORegion *r)
{
    uint64_t last = r->addr + r->size - 1;

    g_string_append_printf(out, "      BAR%d: ", nr);
    if (r->type & PCI_BASE_ADDRESS_SPACE_IO) {
        g_string_append_printf(out, "I/O at 0x%04" PRIx64 " [0x%04" PRIx64
                               "].\n", r->addr, last);
        return;
    }
    g_string_append_printf(out, "%d bit%s memory at 0x%08" PRIx64
                           " [0x%08" PRIx64 "].\n",
                           r->type & PCI_BASE_ADDRESS_MEM_TYPE_64 ? 64 : 32,
                           r->type & PCI_BASE_ADDRESS_MEM_PREFETCH
                           ? " prefetchable" : "", r->addr, last);
}

static void info_bridge(GString *out, const PCIDevice *d)
{
    PCIBridgeRange io = io_window(d), mem = mem_window(d), pref = pref_window(d);
    const uint8_t *c = d->config;

    g_string_append_printf(out, "      BUS %d.\n", c[PCI_PRIMARY_BUS]);
    g_string_append_printf(out, "      secondary bus %d.\n",
                           c[PCI_SECONDARY_BUS]);
    g_string_append_printf(out, "      subordinate bus %d.\n",
                           c[PCI_SUBORDINATE_BUS]);
    g_string_append_printf(out, "      IO range [0x%04" PRIx64 ", 0x%04" PRIx64
                           "]\n", io.base, io.limit);
    g_string_append_printf(out, "      memory range [0x%08" PRIx64
                           ", 0x%08" PRIx64 "]\n", mem.base, mem.limit);
    g_string_append_printf(out, "      prefetchable memory range [0x%08" PRIx64
                           ", 0x%08" PRIx64 "]\n", pref.base, pref.limit);
}

static void info_device(PCIBus *bus, PCIDevice *d, void *opaque)
{
    GString *out = opaque;
    const uint8_t *c = d->config;
    const char *name = class_name(class_of(d));
    PCIBus *child = pci_is_bridge(d) ? pci_bridge_secondary(d) : NULL;

    g_string_append_printf(out, "  Bus %2d, device %3d, function %d:\n    ",
                           pci_bus_num(bus), PCI_SLOT(d->devfn),
                           PCI_FUNC(d->devfn));
    if (name) {
        g_string_append(out, name);
    } else {
        g_string_append_printf(out, "Class %04d", class_of(d));
    }
    g_string_append_printf(out, ": PCI device %04x:%04x\n",
                           pci_get_word(c + PCI_VENDOR_ID),
                           pci_get_word(c + PCI_DEVICE_ID));
    if (!pci_is_bridge(d)) {
        g_string_append_printf(out, "      PCI subsystem %04x:%04x\n",
                               pci_get_word(c + PCI_SUBSYSTEM_VENDOR_ID),
                               pci_get_word(c + PCI_SUBSYSTEM_ID));
    }
    if (c[PCI_INTERRUPT_PIN]) {
        g_string_append_printf(out, "      IRQ %d, pin %c\n",
                               c[PCI_INTERRUPT_LINE],
                               'A' + (c[PCI_INTERRUPT_PIN] - 1) % 4);
    }
    if (pci_is_bridge(d)) {
        info_bridge(out, d);
    }
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        if (d->io_regions[i].size) {
            info_region(out, i, &d->io_regions[i]);
        }
    }
    g_string_append_printf(out, "      id \"%s\"\n",
                           d->qdev.id ? d->qdev.id : "");
    if (child && c[PCI_SECONDARY_BUS]) {
        pci_for_each_device_under_bus(child, info_device, out);
    }
}

void pci_info(GString *out)
{
    for (PCIHostState *h = pci_host_first(); h; h = pci_host_next(h)) {
        if (h->bus) {
            pci_for_each_device_under_bus(h->bus, info_device, out);
        }
    }
}

void pci_print_dev(GString *out, DeviceState *dev, int indent)
{
    PCIDevice *d = PCI_DEVICE(dev);
    const uint8_t *c = d->config;
    g_autofree char *code = NULL;
    const char *name;

    if (!c) {
        return;                 /* not realized: it has no address yet */
    }
    name = class_name(class_of(d));
    code = g_strdup_printf("Class %04x", class_of(d));
    g_string_append_printf(out, "%*sclass %s, addr %02x:%02x.%x, "
                           "pci id %04x:%04x (sub %04x:%04x)\n", indent, "",
                           name ? name : code, pci_dev_bus_num(d),
                           PCI_SLOT(d->devfn), PCI_FUNC(d->devfn),
                           pci_get_word(c + PCI_VENDOR_ID),
                           pci_get_word(c + PCI_DEVICE_ID),
                           pci_get_word(c + PCI_SUBSYSTEM_VENDOR_ID),
                           pci_get_word(c + PCI_SUBSYSTEM_ID));
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        const PCIIORegion *r = &d->io_regions[i];

        if (r->size) {
            g_string_append_printf(out, "%*sbar %d: %s at 0x%" PRIx64
                                   " [0x%" PRIx64 "]\n", indent, "", i,
                                   r->type & PCI_BASE_ADDRESS_SPACE_IO
                                   ? "i/o" : "mem", r->addr,
                                   r->addr + r->size - 1);
        }
    }
}
