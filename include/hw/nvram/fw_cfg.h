/*
 * fw_cfg: numbered items and named files that firmware and kernels read from
 * the emulator, through a selector and a data port or by DMA.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_NVRAM_FW_CFG_H
#define HW_NVRAM_FW_CFG_H

#include "hw/core/sysbus.h"
#include "system/memory.h"

#define TYPE_FW_CFG "fw_cfg"
#define TYPE_FW_CFG_IO "fw_cfg_io"
DECLARE_INSTANCE_CHECKER(FWCfgState, FW_CFG, TYPE_FW_CFG)

/* Item numbers. */
enum {
    FW_CFG_SIGNATURE = 0x00, FW_CFG_ID = 0x01, FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03, FW_CFG_NOGRAPHIC = 0x04, FW_CFG_NB_CPUS = 0x05,
    FW_CFG_MACHINE_ID = 0x06, FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08, FW_CFG_KERNEL_CMDLINE = 0x09,
    FW_CFG_INITRD_ADDR = 0x0a, FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_DEVICE = 0x0c, FW_CFG_NUMA = 0x0d, FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f, FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11, FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13, FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15, FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17, FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19, FW_CFG_FILE_FIRST = 0x20,
    FW_CFG_ARCH_LOCAL = 0x8000, FW_CFG_INVALID = 0xffff,
};

#define FW_CFG_MAX_FILE_PATH 56
#define FW_CFG_VERSION 0x01
#define FW_CFG_VERSION_DMA 0x02

/*
 * Items. `data` is used in place and must stay; adding a number again replaces
 * it. Integers are little-endian in the guest's view and copied.
 */
void fw_cfg_add_bytes(FWCfgState *s, uint16_t key, void *data, size_t len);
void fw_cfg_add_string(FWCfgState *s, uint16_t key, const char *value);
void fw_cfg_add_i16(FWCfgState *s, uint16_t key, uint16_t value);
void fw_cfg_modify_i16(FWCfgState *s, uint16_t key, uint16_t value);
void fw_cfg_add_i32(FWCfgState *s, uint16_t key, uint32_t value);
void fw_cfg_add_i64(FWCfgState *s, uint16_t key, uint64_t value);

/*
 * Files, named "etc/…" or "opt/…" (at most 55 characters; a name of ours that
 * is there already is a mistake). A file added with fw_cfg_add_file_callback()
 * calls select_cb each time before the guest reads it.
 */
typedef void FWCfgCallback(void *opaque);
void fw_cfg_add_file(FWCfgState *s, const char *filename, void *data,
                     size_t len);
void fw_cfg_add_file_callback(FWCfgState *s, const char *filename,
                              FWCfgCallback *select_cb, void *opaque,
                              void *data, size_t len);
/* Replace (or add) a file's contents; returns what it held before. */
void *fw_cfg_modify_file(FWCfgState *s, const char *filename, void *data,
                         size_t len);
/*
 * Run prepare() once after each reset, before the guest first sees the
 * directory or a file: contents that are dear to make are added there.
 */
void fw_cfg_set_prepare(FWCfgState *s, FWCfgCallback *prepare, void *opaque);

/*
 * A file from the user (-fw_cfg name=,file= or string=). A bad name, a missing
 * file, a name in use, no fw_cfg (s NULL): false with *errp.
 */
bool fw_cfg_add_user_file(FWCfgState *s, const char *name, const char *file,
                          const char *string, Error **errp);
/* The same from options, for qemu_opts_foreach(); opaque is the FWCfgState. */
int parse_fw_cfg(void *opaque, QemuOpts *opts, Error **errp);

/* Make /machine/fw_cfg at ports iobase, iobase + 1 and (DMA) dma_iobase. */
FWCfgState *fw_cfg_init_io_dma(uint32_t iobase, uint32_t dma_iobase,
                               AddressSpace *dma_as);
/* The one there is, or NULL. */
FWCfgState *fw_cfg_find(void);
bool fw_cfg_dma_enabled(void *opaque);

#endif
