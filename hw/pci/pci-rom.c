/*
 * Option ROMs: a file behind the expansion ROM BAR
 * (PCI Local Bus 3.0, section 6.3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "pci-internal.h"
#include "qapi/error.h"
#include "qemu/datadir.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"

/* The BAR's enable and reserved bits take 11; a ROM has whole pages anyway. */
#define ROM_MIN_BYTES   4096
#define ROM_MAX_BYTES   (64u << 20)

/*
 * A ROM made for another device of the family names that one: loaders of the
 * guest compare. Names this device and mends the checksum.
 */
static void patch_ids(PCIDevice *d, uint8_t *rom, size_t size)
{
    uint16_t vendor = pci_get_word(d->config + PCI_VENDOR_ID);
    uint16_t device = pci_get_word(d->config + PCI_DEVICE_ID);
    unsigned header;
    uint8_t change;

    if (size < 0x1a || pci_get_word(rom) != 0xaa55) {
        return;
    }
    header = pci_get_word(rom + 0x18);
    if (header + 8 > size || memcmp(rom + header, "PCIR", 4)) {
        return;
    }
    change = rom[header + 4] + rom[header + 5] + rom[header + 6] +
        rom[header + 7];
    pci_set_word(rom + header + 4, vendor);
    pci_set_word(rom + header + 6, device);
    change -= rom[header + 4] + rom[header + 5] + rom[header + 6] +
        rom[header + 7];
    rom[6] += change;
}

/* Checks the file's size; 0 with @errp when it will not do. */
static uint32_t rom_bytes(PCIDevice *d, const char *path, Error **errp)
{
    uint32_t bytes;
    struct stat st;

    if (stat(path, &st) < 0) {
        error_setg_errno(errp, errno, "failed to find romfile \"%s\"",
                         d->romfile);
        return 0;
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        error_setg(errp, "romfile \"%s\" is empty", d->romfile);
        return 0;
    }
    if (st.st_size > ROM_MAX_BYTES) {
        error_setg(errp, "romfile \"%s\" is too large (%" PRId64 " bytes, at "
                   "most %u)", d->romfile, (int64_t)st.st_size, ROM_MAX_BYTES);
        return 0;
    }
    bytes = MAX(pow2ceil(st.st_size), ROM_MIN_BYTES);
    if (d->romsize != UINT32_MAX) {
        if (st.st_size > d->romsize) {
            error_setg(errp, "romfile \"%s\" (%" PRId64 " bytes) is too large "
                       "for ROM size %u", d->romfile, (int64_t)st.st_size,
                       d->romsize);
            return 0;
        }
        bytes = MAX(d->romsize, ROM_MIN_BYTES);
    }
    return bytes;
}

static bool load_rom(PCIDevice *d, const char *path, bool is_default,
                     Error **errp)
{
    g_autofree char *content = NULL;
    g_autofree char *name = NULL;
    g_autoptr(GError) gerr = NULL;
    uint32_t bytes = rom_bytes(d, path, errp);
    gsize have;

    if (!bytes) {
        return false;
    }
    if (!g_file_get_contents(path, &content, &have, &gerr) || have > bytes) {
        error_setg(errp, "failed to load romfile \"%s\": %s", d->romfile,
                   gerr ? gerr->message : "it is growing");
        return false;
    }
    if (is_default) {
        patch_ids(d, (uint8_t *)content, have);
    }
    name = g_strdup_printf("%s.rom", object_get_typename(OBJECT(d)));
    if (!memory_region_init_rom(&d->rom, OBJECT(d), name, bytes, errp)) {
        object_unparent(OBJECT(&d->rom));
        return false;
    }
    memcpy(memory_region_get_ram_ptr(&d->rom), content, have);
    d->has_rom = true;
    pci_register_bar(d, PCI_ROM_SLOT, 0, &d->rom);
    return true;
}

bool pci_add_option_rom(PCIDevice *d, Error **errp)
{
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(d);
    g_autofree char *path = NULL;
    bool is_default = false;

    if (!d->romfile && pc->romfile) {
        d->romfile = g_strdup(pc->romfile);
        is_default = true;
    }
    if (!d->romfile || !*d->romfile || !d->rom_bar) {
        return true;
    }
    path = qemu_find_file(QEMU_FILE_TYPE_BIOS, d->romfile);
    if (path) {
        return load_rom(d, path, is_default, errp);
    }
    if (is_default) {
        warn_report_once("option ROM \"%s\" of %s is not installed; going on "
                         "without it", d->romfile, d->name);
        return true;
    }
    error_setg(errp, "failed to find romfile \"%s\"", d->romfile);
    return false;
}

void pci_del_option_rom(PCIDevice *d)
{
    if (d->has_rom) {
        d->has_rom = false;
        vmstate_unregister_ram(&d->rom, DEVICE(d));
        object_unparent(OBJECT(&d->rom));
    }
}
