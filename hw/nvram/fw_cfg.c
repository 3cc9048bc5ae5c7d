/*
 * fw_cfg as a guest sees it: selector, data port, DMA; and the items behind
 * them. What the items hold is up to machines; files that the user names come
 * in by fw_cfg-user.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/qdev-properties.h"
#include "hw/nvram/fw_cfg.h"
#include "migration/vmstate.h"
#include "system/address-spaces.h"
#include "system/dma.h"
#include "fw_cfg-internal.h"

/* One access by DMA, big-endian in guest memory. */
typedef struct QEMU_PACKED DmaAccess {
    uint32_t control;
    uint32_t length;
    uint64_t address;
} DmaAccess;

enum { DMA_ERROR = 0x01, DMA_READ = 0x02, DMA_SKIP = 0x04, DMA_SELECT = 0x08,
       DMA_WRITE = 0x10 };
#define DMA_SIGNATURE 0x51454d5520434647ull     /* "QEMU CFG" */

/* Numbers of items with bit 14 asked for writing; bit 15 is another table. */
enum { KEY_WRITE_CHANNEL = 0x4000 };

typedef struct FWCfgItem {
    uint8_t *data;
    size_t len;
    bool own;                   /* data is ours to free */
    FWCfgCallback *select_cb;
    void *opaque;
} FWCfgItem;

typedef struct QEMU_PACKED FWCfgDirEntry {
    uint32_t size;              /* big-endian, as all here */
    uint16_t select;
    uint16_t reserved;
    char name[FW_CFG_MAX_FILE_PATH];
} FWCfgDirEntry;

struct FWCfgState {
    SysBusDevice parent_obj;
    MemoryRegion ports, dma_port;
    uint32_t iobase, dma_iobase;
    bool dma_enabled;
    AddressSpace *dma_as;
    GHashTable *items;          /* by number */
    GByteArray *directory;      /* a count and FWCfgDirEntry */
    FWCfgCallback *prepare;
    void *prepare_opaque;
    bool prepared;
    uint16_t selected;
    uint32_t offset;
    uint64_t dma_address;
};

static FWCfgState *the_fw_cfg;

/* ---- items ---- */

static FWCfgItem *find_item(FWCfgState *s, uint16_t key)
{
    return g_hash_table_lookup(s->items, GUINT_TO_POINTER(key));
}

static void free_item(gpointer p)
{
    FWCfgItem *item = p;

    if (item->own) {
        g_free(item->data);
    }
    g_free(item);
}

static FWCfgItem *put_item(FWCfgState *s, uint16_t key, void *data, size_t len,
                           bool own)
{
    FWCfgItem *item = g_new(FWCfgItem, 1);

    *item = (FWCfgItem) { .data = data, .len = len, .own = own };
    g_hash_table_replace(s->items, GUINT_TO_POINTER(key), item);
    return item;
}

void fw_cfg_add_bytes(FWCfgState *s, uint16_t key, void *data, size_t len)
{
    put_item(s, key, data, len, false);
}

void fw_cfg_add_string(FWCfgState *s, uint16_t key, const char *value)
{
    put_item(s, key, g_strdup(value), strlen(value) + 1, true);
}

static void put_int(FWCfgState *s, uint16_t key, uint64_t value, size_t size)
{
    uint64_t le = cpu_to_le64(value);

    put_item(s, key, g_memdup2(&le, size), size, true);
}

void fw_cfg_add_i16(FWCfgState *s, uint16_t key, uint16_t value)
{
    put_int(s, key, value, 2);
}

void fw_cfg_modify_i16(FWCfgState *s, uint16_t key, uint16_t value)
{
    put_int(s, key, value, 2);
}

void fw_cfg_add_i32(FWCfgState *s, uint16_t key, uint32_t value)
{
    put_int(s, key, value, 4);
}

void fw_cfg_add_i64(FWCfgState *s, uint16_t key, uint64_t value)
{
    put_int(s, key, value, 8);
}

/* ---- files ---- */

static unsigned file_count(const FWCfgState *s)
{
    return (s->directory->len - 4) / sizeof(FWCfgDirEntry);
}

static FWCfgDirEntry *dir_entry(FWCfgState *s, unsigned n)
{
    return (FWCfgDirEntry *)(s->directory->data + 4) + n;
}

static FWCfgDirEntry *find_file(FWCfgState *s, const char *filename)
{
    for (unsigned i = 0; i < file_count(s); i++) {
        if (!strcmp(dir_entry(s, i)->name, filename)) {
            return dir_entry(s, i);
        }
    }
    return NULL;
}

static void show_directory(FWCfgState *s)
{
    stl_be_p(s->directory->data, file_count(s));
    put_item(s, FW_CFG_FILE_DIR, s->directory->data, s->directory->len, false);
}

static FWCfgItem *put_file(FWCfgState *s, const char *filename, void *data,
                           size_t len)
{
    FWCfgDirEntry entry = { 0 };
    uint16_t key = FW_CFG_FILE_FIRST + file_count(s);

    g_assert(strlen(filename) < sizeof(entry.name));
    g_assert(!find_file(s, filename));
    entry.size = cpu_to_be32(len);
    entry.select = cpu_to_be16(key);
    strcpy(entry.name, filename);
    g_byte_array_append(s->directory, (guint8 *)&entry, sizeof(entry));
    show_directory(s);
    return put_item(s, key, data, len, false);
}

void fw_cfg_add_file(FWCfgState *s, const char *filename, void *data,
                     size_t len)
{
    put_file(s, filename, data, len);
}

void fw_cfg_add_file_callback(FWCfgState *s, const char *filename,
                              FWCfgCallback *select_cb, void *opaque,
                              void *data, size_t len)
{
    FWCfgItem *item = put_file(s, filename, data, len);

    item->select_cb = select_cb;
    item->opaque = opaque;
}

void *fw_cfg_modify_file(FWCfgState *s, const char *filename, void *data,
                         size_t len)
{
    FWCfgDirEntry *entry = find_file(s, filename);
    FWCfgItem *item;
    void *old;

    if (!entry) {
        put_file(s, filename, data, len);
        return NULL;
    }
    item = find_item(s, be16_to_cpu(entry->select));
    old = item->data;
    item->data = data;
    item->len = len;
    entry->size = cpu_to_be32(len);
    return old;
}

void fw_cfg_set_prepare(FWCfgState *s, FWCfgCallback *prepare, void *opaque)
{
    s->prepare = prepare;
    s->prepare_opaque = opaque;
}

bool fw_cfg_put_user_file(FWCfgState *s, const char *name, void *data,
                          size_t len)
{
    if (find_file(s, name)) {
        return false;
    }
    put_file(s, name, data, len)->own = true;
    return true;
}

/* ---- the guest's side ---- */

/* Files that are made when the first of them is looked for. */
static void prepare_files(FWCfgState *s)
{
    if (s->prepare && !s->prepared && s->selected >= FW_CFG_FILE_DIR &&
        s->selected < FW_CFG_ARCH_LOCAL) {
        s->prepared = true;
        s->prepare(s->prepare_opaque);
    }
}

static void fw_cfg_select(FWCfgState *s, uint16_t key)
{
    FWCfgItem *item;

    s->selected = key & ~KEY_WRITE_CHANNEL;
    s->offset = 0;
    prepare_files(s);
    item = find_item(s, s->selected);
    if (item && item->select_cb) {
        item->select_cb(item->opaque);
    }
}

/* What is left of the selected item, and where; 0 behind its end. */
static size_t remaining(FWCfgState *s, const uint8_t **at)
{
    const FWCfgItem *item = find_item(s, s->selected);

    if (!item || !item->data || s->offset >= item->len) {
        return 0;
    }
    *at = item->data + s->offset;
    return item->len - s->offset;
}

static uint64_t ports_read(void *opaque, hwaddr addr, unsigned size)
{
    FWCfgState *s = opaque;
    const uint8_t *at;

    if (remaining(s, &at) == 0) {
        return 0;
    }
    s->offset++;
    return *at;
}

static void ports_write(void *opaque, hwaddr addr, uint64_t value,
                        unsigned size)
{
    if (size == 2 && addr == 0) {
        fw_cfg_select(opaque, value);
    }
}

static bool ports_accept(void *opaque, hwaddr addr, unsigned size,
                         bool is_write, MemTxAttrs attrs)
{
    return size == 1 || (is_write && size == 2 && addr == 0);
}

static const MemoryRegionOps ports_ops = {
    .read = ports_read,
    .write = ports_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 2,
               .accepts = ports_accept },
    .impl = { .min_access_size = 1, .max_access_size = 2 },
};

/* Item bytes to guest memory; zeros where the item has no more. */
static bool dma_read_item(FWCfgState *s, uint64_t address, uint32_t length)
{
    const uint8_t *at;
    uint32_t count = MIN(remaining(s, &at), length);
    MemTxResult result = MEMTX_OK;

    if (count) {
        result = dma_memory_write(s->dma_as, address, at, count,
                                  MEMTXATTRS_UNSPECIFIED);
    }
    if (count < length) {
        result |= dma_memory_set(s->dma_as, address + count, 0, length - count,
                                 MEMTXATTRS_UNSPECIFIED);
    }
    return result == MEMTX_OK;
}

/* All that may be asked in one access; false: the guest is told of an error. */
static bool dma_carry_out(FWCfgState *s, const DmaAccess *access)
{
    bool ok = true;

    if (access->control & DMA_SELECT) {
        fw_cfg_select(s, access->control >> 16);
    }
    if (access->control & DMA_READ) {
        ok = dma_read_item(s, access->address, access->length);
    } else if (access->control & DMA_WRITE) {
        return false;           /* no item takes writes */
    } else if (!(access->control & DMA_SKIP)) {
        return true;
    }
    s->offset += MIN(access->length, UINT32_MAX - s->offset);
    return ok;
}

static void dma_transfer(FWCfgState *s)
{
    uint64_t at = s->dma_address;
    DmaAccess access;
    bool ok;

    s->dma_address = 0;
    if (dma_memory_read(s->dma_as, at, &access, sizeof(access),
                        MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
        stl_be_dma(s->dma_as, at, DMA_ERROR, MEMTXATTRS_UNSPECIFIED);
        return;
    }
    access.control = be32_to_cpu(access.control);
    access.length = be32_to_cpu(access.length);
    access.address = be64_to_cpu(access.address);
    ok = dma_carry_out(s, &access);
    stl_be_dma(s->dma_as, at, ok ? 0 : DMA_ERROR, MEMTXATTRS_UNSPECIFIED);
}

static uint64_t dma_port_read(void *opaque, hwaddr addr, unsigned size)
{
    return DMA_SIGNATURE >> ((8 - addr - size) * 8) &
           (UINT64_MAX >> (64 - 8 * size));
}

/* The high half is kept; the low half, or a whole address, starts it. */
static void dma_port_write(void *opaque, hwaddr addr, uint64_t value,
                           unsigned size)
{
    FWCfgState *s = opaque;

    if (size == 4 && addr == 0) {
        s->dma_address = value << 32;
    } else if (size == 4 && addr == 4) {
        s->dma_address |= value;
        dma_transfer(s);
    } else if (size == 8 && addr == 0) {
        s->dma_address = value;
        dma_transfer(s);
    }
}

static bool dma_port_accepts(void *opaque, hwaddr addr, unsigned size,
                             bool is_write, MemTxAttrs attrs)
{
    return addr + size <= 8 &&
           (!is_write || (size == 4 && addr % 4 == 0) || size == 8);
}

static const MemoryRegionOps dma_port_ops = {
    .read = dma_port_read,
    .write = dma_port_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8,
               .accepts = dma_port_accepts },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/* ---- the device ---- */

FWCfgState *fw_cfg_find(void)
{
    return the_fw_cfg;
}

bool fw_cfg_dma_enabled(void *opaque)
{
    return FW_CFG(opaque)->dma_enabled;
}

static void fw_cfg_reset_hold(Object *obj, ResetType type)
{
    FWCfgState *s = FW_CFG(obj);

    s->prepared = false;
    s->dma_address = 0;
    fw_cfg_select(s, FW_CFG_SIGNATURE);
}

static void fw_cfg_realize(DeviceState *dev, Error **errp)
{
    static char signature[4] = { 'Q', 'E', 'M', 'U' };
    FWCfgState *s = FW_CFG(dev);
    MemoryRegion *io = get_system_io();

    fw_cfg_add_bytes(s, FW_CFG_SIGNATURE, signature, sizeof(signature));
    fw_cfg_add_i32(s, FW_CFG_ID, FW_CFG_VERSION |
                   (s->dma_enabled ? FW_CFG_VERSION_DMA : 0));
    memory_region_init_io(&s->ports, OBJECT(s), &ports_ops, s, "fwcfg", 2);
    memory_region_add_subregion(io, s->iobase, &s->ports);
    if (s->dma_enabled) {
        memory_region_init_io(&s->dma_port, OBJECT(s), &dma_port_ops, s,
                              "fwcfg.dma", 8);
        memory_region_add_subregion(io, s->dma_iobase, &s->dma_port);
    }
    the_fw_cfg = s;
}

static void fw_cfg_init(Object *obj)
{
    FWCfgState *s = FW_CFG(obj);

    s->items = g_hash_table_new_full(NULL, NULL, NULL, free_item);
    s->directory = g_byte_array_new();
    g_byte_array_append(s->directory, (const guint8 *)"\0\0\0", 4);
    show_directory(s);
}

static void fw_cfg_finalize(Object *obj)
{
    FWCfgState *s = FW_CFG(obj);

    the_fw_cfg = the_fw_cfg == s ? NULL : the_fw_cfg;
    g_hash_table_unref(s->items);
    g_byte_array_unref(s->directory);
}

/* The guest may be in the middle of a file. */
static int fw_cfg_post_load(void *opaque, int version_id)
{
    prepare_files(opaque);
    return 0;
}

static const VMStateDescription vmstate_fw_cfg = {
    .name = "fw_cfg",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = fw_cfg_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(selected, FWCfgState),
        VMSTATE_UINT32(offset, FWCfgState),
        VMSTATE_UINT64(dma_address, FWCfgState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property fw_cfg_properties[] = {
    DEFINE_PROP_UINT32("iobase", FWCfgState, iobase, 0x510),
    DEFINE_PROP_UINT32("dma_iobase", FWCfgState, dma_iobase, 0x514),
    DEFINE_PROP_BOOL("dma_enabled", FWCfgState, dma_enabled, true),
};

static void fw_cfg_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = fw_cfg_realize;
    dc->user_creatable = false;     /* the machine's */
    dc->vmsd = &vmstate_fw_cfg;
    RESETTABLE_CLASS(klass)->phases.hold = fw_cfg_reset_hold;
    device_class_set_props(dc, fw_cfg_properties);
}

FWCfgState *fw_cfg_init_io_dma(uint32_t iobase, uint32_t dma_iobase,
                               AddressSpace *dma_as)
{
    DeviceState *dev = qdev_new(TYPE_FW_CFG_IO);
    FWCfgState *s = FW_CFG(dev);

    qdev_prop_set_uint32(dev, "iobase", iobase);
    qdev_prop_set_uint32(dev, "dma_iobase", dma_iobase);
    s->dma_as = dma_as;
    object_property_add_child(qdev_get_machine(), TYPE_FW_CFG, OBJECT(dev));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    return s;
}

static const TypeInfo fw_cfg_types[] = {
    {
        .name = TYPE_FW_CFG,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(FWCfgState),
        .instance_init = fw_cfg_init,
        .instance_finalize = fw_cfg_finalize,
        .class_init = fw_cfg_class_init,
    }, {
        .name = TYPE_FW_CFG_IO,
        .parent = TYPE_FW_CFG,
    },
};

DEFINE_TYPES(fw_cfg_types)
