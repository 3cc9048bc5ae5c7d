/*
 * MSI-X (PCI Local Bus 3.0, section 6.8.2).
 *
 * A vector may be raised by a thread that has not the big lock while the guest
 * masks or unmasks it: the raiser sets the pending bit before it looks at the mask
 * again, the unmasking side clears the mask before it looks at the pending bit, and
 * who takes the bit sends the message. So none is lost or sent twice. And once the
 * guest's write of a mask is over, no message is under way: such a raiser sends
 * with the vector's lock held, and who masks takes it (drivers change address and
 * data of a masked vector, piece by piece). Those that have the big lock exclude
 * each other; a message of theirs may come back as a write to this table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "migration/qemu-file.h"
#include "pci-internal.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "trace.h"

#define CONTROL_AT(d)   ((d)->msix_cap + PCI_MSIX_FLAGS + 1)
#define CONTROL_ENABLE  (PCI_MSIX_FLAGS_ENABLE >> 8)
#define CONTROL_MASKALL (PCI_MSIX_FLAGS_MASKALL >> 8)

/* ---- Table and pending bits ---- */

static uint8_t *entry_of(PCIDevice *d, unsigned vector)
{
    return d->msix_table + vector * PCI_MSIX_ENTRY_SIZE;
}

static uint32_t entry_field(PCIDevice *d, unsigned vector, unsigned field)
{
    return qatomic_read((uint32_t *)(void *)(entry_of(d, vector) + field));
}

static void entry_set(PCIDevice *d, unsigned vector, unsigned field,
                      uint32_t value)
{
    qatomic_set((uint32_t *)(void *)(entry_of(d, vector) + field), value);
}

static bool vector_exists(const PCIDevice *d, unsigned vector)
{
    return (d->cap_present & QEMU_PCI_CAP_MSIX) &&
        vector < d->msix_entries_nr;
}

static unsigned pba_bytes(unsigned entries)
{
    return ROUND_UP(entries, 64) / 8;
}

int msix_present(PCIDevice *dev)
{
    return dev->cap_present & QEMU_PCI_CAP_MSIX;
}

int msix_enabled(PCIDevice *dev)
{
    return msix_present(dev) &&
        (qatomic_read(&dev->config[CONTROL_AT(dev)]) & CONTROL_ENABLE);
}

unsigned msix_nr_vectors_allocated(const PCIDevice *dev)
{
    return dev->msix_entries_nr;
}

MSIMessage msix_get_message(PCIDevice *dev, unsigned vector)
{
    if (dev->msix_prepare_message) {
        return dev->msix_prepare_message(dev, vector);
    }
    return (MSIMessage) {
        .address = entry_field(dev, vector, PCI_MSIX_ENTRY_LOWER_ADDR) |
            (uint64_t)entry_field(dev, vector, PCI_MSIX_ENTRY_UPPER_ADDR)
            << 32,
        .data = entry_field(dev, vector, PCI_MSIX_ENTRY_DATA),
    };
}

void msix_set_message(PCIDevice *dev, int vector, MSIMessage msg)
{
    uint8_t *entry = entry_of(dev, vector);

    pci_set_quad(entry + PCI_MSIX_ENTRY_LOWER_ADDR, msg.address);
    pci_set_long(entry + PCI_MSIX_ENTRY_DATA, msg.data);
    entry[PCI_MSIX_ENTRY_VECTOR_CTRL] &= ~PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

static bool entry_masked(PCIDevice *d, unsigned vector)
{
    return qatomic_read(&d->msix_function_masked) ||
        (entry_field(d, vector, PCI_MSIX_ENTRY_VECTOR_CTRL) &
         PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

bool msix_is_masked(PCIDevice *dev, unsigned vector)
{
    return !vector_exists(dev, vector) || entry_masked(dev, vector);
}

int msix_is_pending(PCIDevice *dev, unsigned vector)
{
    return vector_exists(dev, vector) &&
        (qatomic_read(&dev->msix_pba[vector / 8]) & (1u << (vector % 8)));
}

void msix_set_pending(PCIDevice *dev, unsigned vector)
{
    qatomic_or(&dev->msix_pba[vector / 8], (uint8_t)(1u << (vector % 8)));
}

/* True when the bit was set, and this caller cleared it. */
static bool take_pending(PCIDevice *d, unsigned vector)
{
    uint8_t bit = 1u << (vector % 8);

    return qatomic_fetch_and(&d->msix_pba[vector / 8], (uint8_t)~bit) & bit;
}

void msix_clr_pending(PCIDevice *dev, int vector)
{
    take_pending(dev, vector);
}

/* ---- Raising ---- */

static void notify(PCIDevice *dev, unsigned vector)
{
    if (!vector_exists(dev, vector) || !msix_enabled(dev) ||
        !qatomic_read(&dev->msix_entry_used[vector])) {
        return;
    }
    trace_msix_notify(dev->name, vector);
    if (entry_masked(dev, vector)) {
        /* The atomic is the barrier; it pairs with the one in unmasked(). */
        msix_set_pending(dev, vector);
        if (entry_masked(dev, vector) || !take_pending(dev, vector)) {
            return;
        }
    }
    msi_send_message(dev, msix_get_message(dev, vector));
}

void msix_notify(PCIDevice *dev, unsigned vector)
{
    if (!bql_forbidden()) {
        notify(dev, vector);
    } else if (vector_exists(dev, vector)) {
        QEMU_LOCK_GUARD(&dev->msix_locks[vector]);
        notify(dev, vector);
    }
}

/* Messages of a state before this call have been sent when it returns. */
static void wait_for_raiser(PCIDevice *d, unsigned vector)
{
    qemu_mutex_lock(&d->msix_locks[vector]);
    qemu_mutex_unlock(&d->msix_locks[vector]);
}

static void unmasked(PCIDevice *d, unsigned vector)
{
    /* Mask before pending bit: pairs with the atomic in msix_notify(). */
    smp_mb();
    if (take_pending(d, vector)) {
        msi_send_message(d, msix_get_message(d, vector));
    }
}

/* ---- Masking, and who is told of it ---- */

/* Tells that a vector in use begins or ceases to be sent. 0 or what use said. */
static int tell_use(PCIDevice *d, unsigned vector, bool use)
{
    if (!d->msix_vector_use_notifier || !d->msix_entry_used[vector]) {
        return 0;
    }
    if (!use) {
        d->msix_vector_release_notifier(d, vector);
        return 0;
    }
    return d->msix_vector_use_notifier(d, vector, msix_get_message(d, vector));
}

static void mask_changed(PCIDevice *d, unsigned vector, bool was_masked)
{
    bool masked = entry_masked(d, vector);

    if (masked == was_masked) {
        return;
    }
    if (masked) {
        wait_for_raiser(d, vector);
    }
    tell_use(d, vector, !masked);
    if (!masked) {
        unmasked(d, vector);
    }
}

static bool function_masked(const PCIDevice *d)
{
    uint8_t control = d->config[CONTROL_AT(d)];

    return !(control & CONTROL_ENABLE) || (control & CONTROL_MASKALL);
}

void msix_write_config(PCIDevice *dev, uint32_t address, uint32_t val, int len)
{
    bool was_masked = dev->msix_function_masked;
    bool entry_mask;

    if (!msix_present(dev) || !pci_touches(address, len, CONTROL_AT(dev), 1)) {
        return;
    }
    if (msix_enabled(dev)) {
        pci_device_deassert_intx(dev);
    }
    qatomic_set(&dev->msix_function_masked, function_masked(dev));
    trace_msix_write_config(dev->name, msix_enabled(dev),
                            dev->msix_function_masked);
    if (dev->msix_function_masked == was_masked) {
        return;
    }
    for (unsigned v = 0; v < dev->msix_entries_nr; v++) {
        entry_mask = entry_field(dev, v, PCI_MSIX_ENTRY_VECTOR_CTRL) &
            PCI_MSIX_ENTRY_CTRL_MASKBIT;
        mask_changed(dev, v, was_masked || entry_mask);
    }
}

int msix_vector_use(PCIDevice *dev, unsigned vector)
{
    if (!vector_exists(dev, vector)) {
        return -EINVAL;
    }
    qatomic_set(&dev->msix_entry_used[vector],
                dev->msix_entry_used[vector] + 1);
    return 0;
}

void msix_vector_unuse(PCIDevice *dev, unsigned vector)
{
    unsigned used = vector_exists(dev, vector) ? dev->msix_entry_used[vector]
                                               : 0;

    if (used > 0) {
        qatomic_set(&dev->msix_entry_used[vector], used - 1);
    }
    if (used == 1) {
        msix_clr_pending(dev, vector);
    }
}

void msix_unuse_all_vectors(PCIDevice *dev)
{
    for (unsigned v = 0; msix_present(dev) && v < dev->msix_entries_nr; v++) {
        qatomic_set(&dev->msix_entry_used[v], 0);
        msix_clr_pending(dev, v);
    }
}

int msix_set_vector_notifiers(PCIDevice *dev, MSIVectorUseNotifier use_notifier,
                              MSIVectorReleaseNotifier release_notifier,
                              MSIVectorPollNotifier poll_notifier)
{
    dev->msix_vector_use_notifier = use_notifier;
    dev->msix_vector_release_notifier = release_notifier;
    dev->msix_vector_poll_notifier = poll_notifier;
    for (unsigned v = 0; v < dev->msix_entries_nr; v++) {
        int ret = entry_masked(dev, v) ? 0 : tell_use(dev, v, true);

        if (ret < 0) {
            while (v-- > 0) {
                if (!entry_masked(dev, v)) {
                    tell_use(dev, v, false);
                }
            }
            dev->msix_vector_use_notifier = NULL;
            dev->msix_vector_release_notifier = NULL;
            dev->msix_vector_poll_notifier = NULL;
            return ret;
        }
    }
    if (poll_notifier) {
        poll_notifier(dev, 0, dev->msix_entries_nr);
    }
    return 0;
}

void msix_unset_vector_notifiers(PCIDevice *dev)
{
    for (unsigned v = 0; v < dev->msix_entries_nr; v++) {
        if (!entry_masked(dev, v)) {
            tell_use(dev, v, false);
        }
    }
    dev->msix_vector_use_notifier = NULL;
    dev->msix_vector_release_notifier = NULL;
    dev->msix_vector_poll_notifier = NULL;
}

/* ---- Registers: 32 bits at a time, the region ends with the last entry ---- */

/*
 * An access that found the region just before it went waits for the big lock
 * and may come when the table is gone.
 */
static bool gone(const PCIDevice *d)
{
    return !(d->cap_present & QEMU_PCI_CAP_MSIX);
}

static uint64_t table_read(void *opaque, hwaddr addr, unsigned size)
{
    PCIDevice *d = opaque;

    return gone(d) ? UINT32_MAX : pci_get_long(d->msix_table + addr);
}

static void table_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PCIDevice *d = opaque;
    unsigned vector = addr / PCI_MSIX_ENTRY_SIZE;
    bool was_masked;

    if (gone(d)) {
        return;
    }
    was_masked = entry_masked(d, vector);
    if (addr % PCI_MSIX_ENTRY_SIZE == PCI_MSIX_ENTRY_VECTOR_CTRL) {
        val &= PCI_MSIX_ENTRY_CTRL_MASKBIT;     /* the rest is reserved */
    }
    qatomic_set((uint32_t *)(void *)(d->msix_table + addr), (uint32_t)val);
    mask_changed(d, vector, was_masked);
}

static const MemoryRegionOps table_ops = {
    .read = table_read,
    .write = table_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static uint64_t pba_read(void *opaque, hwaddr addr, unsigned size)
{
    PCIDevice *d = opaque;

    if (gone(d)) {
        return UINT32_MAX;
    }
    if (d->msix_vector_poll_notifier) {
        unsigned first = addr * 8;

        d->msix_vector_poll_notifier(d, first, MIN(first + size * 8,
                                                   d->msix_entries_nr));
    }
    return qatomic_read((uint32_t *)(void *)(d->msix_pba + addr));
}

static void pba_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    /* Read-only for the guest. */
}

static const MemoryRegionOps pba_ops = {
    .read = pba_read,
    .write = pba_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- Life ---- */

static void mask_all(PCIDevice *d)
{
    for (unsigned v = 0; v < d->msix_entries_nr; v++) {
        bool was_masked = entry_masked(d, v);

        entry_set(d, v, PCI_MSIX_ENTRY_VECTOR_CTRL,
                  PCI_MSIX_ENTRY_CTRL_MASKBIT);
        mask_changed(d, v, was_masked);
    }
}

static bool overlaps(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
    return a < b + b_len && b < a + a_len;
}

static bool layout_is_legal(unsigned nentries, MemoryRegion *table_bar,
                            uint8_t table_bar_nr, unsigned table_offset,
                            MemoryRegion *pba_bar, uint8_t pba_bar_nr,
                            unsigned pba_offset)
{
    uint64_t table = (uint64_t)nentries * PCI_MSIX_ENTRY_SIZE;
    uint64_t pba = pba_bytes(nentries);

    return !(table_offset & 7) && !(pba_offset & 7) && table_bar_nr < 6 &&
        pba_bar_nr < 6 &&
        table_offset + table <= memory_region_size(table_bar) &&
        pba_offset + pba <= memory_region_size(pba_bar) &&
        !(table_bar_nr == pba_bar_nr &&
          overlaps(table_offset, table, pba_offset, pba));
}

int msix_init(PCIDevice *dev, unsigned nentries, MemoryRegion *table_bar,
              uint8_t table_bar_nr, unsigned table_offset,
              MemoryRegion *pba_bar, uint8_t pba_bar_nr, unsigned pba_offset,
              uint8_t cap_pos, Error **errp)
{
    uint8_t *config;
    int cap;

    if (!msi_nonbroken) {
        error_setg(errp, "MSI-X is not supported by interrupt controller");
        return -ENOTSUP;
    }
    if (nentries < 1 || nentries > MSIX_VECTORS_MAX) {
        error_setg(errp, "The number of MSI-X vectors is invalid: %u is not "
                   "in 1..%u", nentries, MSIX_VECTORS_MAX);
        return -EINVAL;
    }
    if (!layout_is_legal(nentries, table_bar, table_bar_nr, table_offset,
                         pba_bar, pba_bar_nr, pba_offset)) {
        error_setg(errp, "MSI-X table of %u vectors does not fit its BARs",
                   nentries);
        return -EINVAL;
    }
    cap = pci_add_capability(dev, PCI_CAP_ID_MSIX, cap_pos, MSIX_CAP_LENGTH,
                             errp);
    if (cap < 0) {
        return cap;
    }
    config = dev->config + cap;
    pci_set_word(config + PCI_MSIX_FLAGS, nentries - 1);
    pci_set_long(config + PCI_MSIX_TABLE, table_offset | table_bar_nr);
    pci_set_long(config + PCI_MSIX_PBA, pba_offset | pba_bar_nr);
    dev->msix_cap = cap;
    dev->cap_present |= QEMU_PCI_CAP_MSIX;
    dev->wmask[CONTROL_AT(dev)] = CONTROL_ENABLE | CONTROL_MASKALL;

    dev->msix_entries_nr = nentries;
    dev->msix_table = g_malloc0(nentries * PCI_MSIX_ENTRY_SIZE);
    dev->msix_pba = g_malloc0(pba_bytes(nentries));
    dev->msix_entry_used = g_new0(unsigned, nentries);
    dev->msix_locks = g_new(QemuMutex, nentries);
    for (unsigned v = 0; v < nentries; v++) {
        qemu_mutex_init(&dev->msix_locks[v]);
    }
    dev->msix_function_masked = true;
    mask_all(dev);

    memory_region_init_io(&dev->msix_table_mmio, OBJECT(dev), &table_ops, dev,
                          "msix-table", nentries * PCI_MSIX_ENTRY_SIZE);
    memory_region_add_subregion(table_bar, table_offset,
                                &dev->msix_table_mmio);
    memory_region_init_io(&dev->msix_pba_mmio, OBJECT(dev), &pba_ops, dev,
                          "msix-pba", pba_bytes(nentries));
    memory_region_add_subregion(pba_bar, pba_offset, &dev->msix_pba_mmio);
    return 0;
}

int msix_init_exclusive_bar(PCIDevice *dev, unsigned nentries, uint8_t bar_nr,
                            Error **errp)
{
    unsigned table = nentries * PCI_MSIX_ENTRY_SIZE;
    unsigned pba_offset, size;
    g_autofree char *name = NULL;
    int ret;

    if (nentries > MSIX_VECTORS_MAX) {
        error_setg(errp, "The number of MSI-X vectors is invalid: %u is not "
                   "in 1..%u", nentries, MSIX_VECTORS_MAX);
        return -EINVAL;
    }
    /* A page in halves if that does, else the pending bits behind the table. */
    pba_offset = MAX(2048, ROUND_UP(table, 8));
    size = MAX(4096, pow2ceil(pba_offset + pba_bytes(nentries)));
    name = g_strdup_printf("%s-msix", dev->name);
    memory_region_init(&dev->msix_exclusive_bar, OBJECT(dev), name, size);
    ret = msix_init(dev, nentries, &dev->msix_exclusive_bar, bar_nr, 0,
                    &dev->msix_exclusive_bar, bar_nr, pba_offset, 0, errp);
    if (ret < 0) {
        object_unparent(OBJECT(&dev->msix_exclusive_bar));
        return ret;
    }
    pci_register_bar(dev, bar_nr, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &dev->msix_exclusive_bar);
    return 0;
}

void msix_uninit(PCIDevice *dev, MemoryRegion *table_bar,
                 MemoryRegion *pba_bar)
{
    if (!msix_present(dev)) {
        return;
    }
    pci_del_capability(dev, PCI_CAP_ID_MSIX, MSIX_CAP_LENGTH);
    dev->cap_present &= ~QEMU_PCI_CAP_MSIX;
    dev->msix_cap = 0;
    for (unsigned v = 0; v < dev->msix_entries_nr; v++) {
        qemu_mutex_destroy(&dev->msix_locks[v]);
    }
    dev->msix_entries_nr = 0;
    memory_region_del_subregion(pba_bar, &dev->msix_pba_mmio);
    memory_region_del_subregion(table_bar, &dev->msix_table_mmio);
    object_unparent(OBJECT(&dev->msix_pba_mmio));
    object_unparent(OBJECT(&dev->msix_table_mmio));
    g_clear_pointer(&dev->msix_table, g_free);
    g_clear_pointer(&dev->msix_pba, g_free);
    g_clear_pointer(&dev->msix_entry_used, g_free);
    g_clear_pointer(&dev->msix_locks, g_free);
}

void msix_uninit_exclusive_bar(PCIDevice *dev)
{
    if (msix_present(dev)) {
        msix_uninit(dev, &dev->msix_exclusive_bar, &dev->msix_exclusive_bar);
        object_unparent(OBJECT(&dev->msix_exclusive_bar));
    }
}

void msix_reset(PCIDevice *dev)
{
    if (!msix_present(dev)) {
        return;
    }
    qatomic_set(&dev->config[CONTROL_AT(dev)],
                dev->config[CONTROL_AT(dev)] &
                ~(CONTROL_ENABLE | CONTROL_MASKALL));
    mask_all(dev);
    qatomic_set(&dev->msix_function_masked, true);
    for (unsigned v = 0; v < dev->msix_entries_nr; v++) {
        msix_clr_pending(dev, v);
        entry_set(dev, v, PCI_MSIX_ENTRY_LOWER_ADDR, 0);
        entry_set(dev, v, PCI_MSIX_ENTRY_UPPER_ADDR, 0);
        entry_set(dev, v, PCI_MSIX_ENTRY_DATA, 0);
    }
}

/* ---- State ---- */

void msix_save(PCIDevice *dev, QEMUFile *f)
{
    if (msix_present(dev)) {
        qemu_put_buffer(f, dev->msix_table,
                        dev->msix_entries_nr * PCI_MSIX_ENTRY_SIZE);
        qemu_put_buffer(f, dev->msix_pba, pba_bytes(dev->msix_entries_nr));
    }
}

void msix_load(PCIDevice *dev, QEMUFile *f)
{
    if (!msix_present(dev)) {
        return;
    }
    qemu_get_buffer(f, dev->msix_table,
                    dev->msix_entries_nr * PCI_MSIX_ENTRY_SIZE);
    qemu_get_buffer(f, dev->msix_pba, pba_bytes(dev->msix_entries_nr));
    dev->msix_function_masked = function_masked(dev);
    for (unsigned v = 0; v < dev->msix_entries_nr; v++) {
        mask_changed(dev, v, true);
    }
}

static int put_msix(QEMUFile *f, void *pv, size_t size,
                    const VMStateField *field)
{
    msix_save(container_of(pv, PCIDevice, msix_table), f);
    return 0;
}

static int get_msix(QEMUFile *f, void *pv, size_t size,
                    const VMStateField *field)
{
    msix_load(container_of(pv, PCIDevice, msix_table), f);
    return 0;
}

static const VMStateInfo vmstate_info_msix = {
    .name = "msix state",
    .get = get_msix,
    .put = put_msix,
};

const VMStateDescription vmstate_msix = {
    .name = "msix",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_SINGLE(msix_table, PCIDevice, 0, vmstate_info_msix,
                       uint8_t *),
        VMSTATE_END_OF_LIST()
    },
};
