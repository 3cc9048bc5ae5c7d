/*
 * Advanced error reporting: the error registers of a function, the log of headers,
 * and the way of a message up to the root port's registers and interrupt
 * (PCI Express Base 4.0, sections 6.2.4 to 6.2.7 and 7.8.4).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bridge.h"
#include "pci-internal.h"
#include "qapi/error.h"

#define UNCOR_BITS      0x03fff030u     /* all that the register defines */
#define UNCOR_FATAL     0x00462030u     /* severity after reset */
#define COR_BITS        0x0000f1c1u
#define COR_MASKED      (PCI_ERR_COR_ADV_NFAT | PCI_ERR_COR_INTERNAL |       \
                         PCI_ERR_COR_LOG_OVER)
#define CAP_MULTI_CAPABLE   0x200u      /* several headers are recorded */
#define CAP_MULTI_ENABLE    0x400u
#define CAP_PREFIX          0x800u      /* the logged TLP had a prefix */
#define PREFIX_LOG      0x38
#define ROOT_STATUS_W1C 0x7fu
#define ROOT_COMMANDS                                                        \
    (PCI_ERR_ROOT_CMD_COR_EN | PCI_ERR_ROOT_CMD_NONFATAL_EN |                \
     PCI_ERR_ROOT_CMD_FATAL_EN)
#define ROOT_VECTOR_SHIFT   27

typedef enum Severity { SEV_CORRECTABLE, SEV_NONFATAL, SEV_FATAL } Severity;

static uint8_t *aer_reg(PCIDevice *d, unsigned reg)
{
    return d->config + d->exp.aer_cap + reg;
}

static uint32_t aer_get(PCIDevice *d, unsigned reg)
{
    return pci_get_long(aer_reg(d, reg));
}

static uint16_t device_control(PCIDevice *d)
{
    return pci_get_word(d->config + d->exp.exp_cap + PCI_EXP_DEVCTL);
}

/* ---- The log (section 6.2.4.2) ---- */

static bool first_error_pending(PCIDevice *d)
{
    return aer_get(d, PCI_ERR_UNCOR_STATUS) &
        1u << PCI_ERR_CAP_FEP(aer_get(d, PCI_ERR_CAP));
}

/* @err becomes the one that the registers tell of. */
static void show_error(PCIDevice *d, const PCIEAERErr *err)
{
    uint8_t *cap = aer_reg(d, PCI_ERR_CAP);
    bool header = err->flags & PCIE_AER_ERR_HEADER_VALID;
    bool prefix = err->flags & PCIE_AER_ERR_TLP_PREFIX_PRESENT;

    pci_long_test_and_clear_mask(cap, PCI_ERR_CAP_FEP(~0u) | CAP_PREFIX);
    pci_long_test_and_set_mask(cap, ctz32(err->status) |
                               (prefix ? CAP_PREFIX : 0));
    for (unsigned i = 0; i < 4; i++) {
        /* Headers are logged as they are on the wire: most significant first. */
        stl_be_p(aer_reg(d, PCI_ERR_HEADER_LOG) + i * 4,
                 header ? err->header[i] : 0);
        stl_be_p(aer_reg(d, PREFIX_LOG) + i * 4, prefix ? err->prefix[i] : 0);
    }
}

static void log_error(PCIDevice *d, const PCIEAERErr *err)
{
    PCIEAERLog *log = &d->exp.aer_log;

    if (!first_error_pending(d)) {
        show_error(d, err);
    } else if (log->log_num < log->log_max &&
               (aer_get(d, PCI_ERR_CAP) & CAP_MULTI_ENABLE)) {
        log->log[log->log_num++] = *err;
    } else {
        pci_long_test_and_set_mask(aer_reg(d, PCI_ERR_COR_STATUS),
                                   PCI_ERR_COR_LOG_OVER);
    }
}

/* The guest cleared the first error: the next one of the log takes its place. */
static void advance_log(PCIDevice *d)
{
    PCIEAERLog *log = &d->exp.aer_log;

    if (log->log_num == 0) {
        return;
    }
    pci_long_test_and_set_mask(aer_reg(d, PCI_ERR_UNCOR_STATUS),
                               log->log[0].status);
    show_error(d, &log->log[0]);
    log->log_num--;
    memmove(log->log, log->log + 1, log->log_num * sizeof(*log->log));
}

static void clear_log(PCIDevice *d)
{
    d->exp.aer_log.log_num = 0;
    pci_long_test_and_clear_mask(aer_reg(d, PCI_ERR_CAP),
                                 PCI_ERR_CAP_FEP(~0u) | CAP_PREFIX);
}

/* ---- Root ports (section 6.2.4.1) ---- */

static bool root_condition(PCIDevice *d)
{
    uint32_t command = aer_get(d, PCI_ERR_ROOT_COMMAND);
    uint32_t status = aer_get(d, PCI_ERR_ROOT_STATUS);

    return ((command & PCI_ERR_ROOT_CMD_COR_EN) &&
            (status & PCI_ERR_ROOT_COR_RCV)) ||
        ((command & PCI_ERR_ROOT_CMD_NONFATAL_EN) &&
         (status & PCI_ERR_ROOT_NONFATAL_RCV)) ||
        ((command & PCI_ERR_ROOT_CMD_FATAL_EN) &&
         (status & PCI_ERR_ROOT_FATAL_RCV));
}

static void root_interrupt(PCIDevice *d, bool before)
{
    bool now = root_condition(d);
    unsigned vector = aer_get(d, PCI_ERR_ROOT_STATUS) >> ROOT_VECTOR_SHIFT;

    if (msix_enabled(d)) {
        if (now && !before) {
            msix_notify(d, vector);
        }
    } else if (msi_enabled(d)) {
        if (now && !before) {
            msi_notify(d, vector);
        }
    } else if (now != before) {
        pci_set_irq(d, now);
    }
}

static void root_receive(PCIDevice *d, Severity severity, uint16_t source)
{
    uint8_t *status = aer_reg(d, PCI_ERR_ROOT_STATUS);
    uint8_t *src = aer_reg(d, PCI_ERR_ROOT_ERR_SRC);
    uint32_t old = pci_get_long(status), set;
    bool before = root_condition(d);

    if (severity == SEV_CORRECTABLE) {
        if (!(old & PCI_ERR_ROOT_COR_RCV)) {
            pci_set_word(src, source);
        }
        set = old & PCI_ERR_ROOT_COR_RCV ? PCI_ERR_ROOT_MULTI_COR_RCV
                                         : PCI_ERR_ROOT_COR_RCV;
    } else {
        bool fatal = severity == SEV_FATAL;

        set = fatal ? PCI_ERR_ROOT_FATAL_RCV : PCI_ERR_ROOT_NONFATAL_RCV;
        if (old & PCI_ERR_ROOT_UNCOR_RCV) {
            set |= PCI_ERR_ROOT_MULTI_UNCOR_RCV;
        } else {
            pci_set_word(src + 2, source);
            set |= PCI_ERR_ROOT_UNCOR_RCV |
                (fatal ? PCI_ERR_ROOT_FIRST_FATAL : 0);
        }
    }
    pci_set_long(status, old | set);
    root_interrupt(d, before);
}

/* Does @d pass on, or originate, messages of this severity? */
static bool reports(PCIDevice *d, Severity severity)
{
    static const uint16_t enables[] = {
        [SEV_CORRECTABLE] = PCI_EXP_DEVCTL_CERE,
        [SEV_NONFATAL] = PCI_EXP_DEVCTL_NFERE,
        [SEV_FATAL] = PCI_EXP_DEVCTL_FERE,
    };
    bool serr = severity != SEV_CORRECTABLE &&
        (pci_get_word(d->config + PCI_COMMAND) & PCI_COMMAND_SERR);

    return serr || (device_control(d) & enables[severity]);
}

/* From @d, which reports it, up to the root port. */
static void send_message(PCIDevice *d, Severity severity, uint16_t source)
{
    while (d) {
        if (!pci_is_express(d) || !reports(d, severity)) {
            return;
        }
        if (severity != SEV_CORRECTABLE) {
            pci_word_test_and_set_mask(d->config + PCI_STATUS,
                                       PCI_STATUS_SIG_SYSTEM_ERROR);
        }
        if (pcie_cap_get_type(d) == PCI_EXP_TYPE_ROOT_PORT) {
            if (d->exp.aer_cap) {
                root_receive(d, severity, source);
            }
            return;
        }
        d = pci_get_bus(d)->parent_dev;
        if (d) {
            /* What comes in from the secondary side (section 7.5.1.3.7). */
            pci_word_test_and_set_mask(d->config + PCI_SEC_STATUS,
                                       PCI_STATUS_SIG_SYSTEM_ERROR);
            if (!(pci_get_word(d->config + PCI_BRIDGE_CONTROL) &
                  PCI_BRIDGE_CTL_SERR)) {
                return;
            }
        }
    }
}

void pcie_aer_root_init(PCIDevice *dev)
{
    unsigned at = dev->exp.aer_cap;

    pci_set_long(dev->wmask + at + PCI_ERR_ROOT_COMMAND, ROOT_COMMANDS);
    pci_set_long(dev->w1cmask + at + PCI_ERR_ROOT_STATUS, ROOT_STATUS_W1C);
    pci_set_long(dev->cmask + at + PCI_ERR_ROOT_STATUS, 0);
    pci_set_long(dev->cmask + at + PCI_ERR_ROOT_ERR_SRC, 0);
}

void pcie_aer_root_reset(PCIDevice *dev)
{
    pci_set_long(aer_reg(dev, PCI_ERR_ROOT_COMMAND), 0);
    pci_long_test_and_clear_mask(aer_reg(dev, PCI_ERR_ROOT_STATUS),
                                 ROOT_STATUS_W1C);
    pci_set_long(aer_reg(dev, PCI_ERR_ROOT_ERR_SRC), 0);
}

void pcie_aer_root_set_vector(PCIDevice *dev, unsigned vector)
{
    uint8_t *status = aer_reg(dev, PCI_ERR_ROOT_STATUS);

    pci_set_long(status, (pci_get_long(status) & ROOT_STATUS_W1C) |
                 (uint32_t)vector << ROOT_VECTOR_SHIFT);
}

void pcie_aer_root_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                                int len, uint32_t root_cmd_prev)
{
    uint32_t now = aer_get(dev, PCI_ERR_ROOT_COMMAND);

    if (!dev->exp.aer_cap ||
        !pci_touches(addr, len, dev->exp.aer_cap + PCI_ERR_ROOT_COMMAND, 8)) {
        return;
    }
    /* Enabling an error that stands raises; all else can only lower the line. */
    root_interrupt(dev, root_condition(dev) && now == root_cmd_prev);
    if (!root_condition(dev) && !msix_enabled(dev) && !msi_enabled(dev)) {
        pci_set_irq(dev, 0);
    }
}

/* ---- A function's own errors (section 6.2.5) ---- */

static void set_device_status(PCIDevice *d, uint16_t bits)
{
    pci_word_test_and_set_mask(d->config + d->exp.exp_cap + PCI_EXP_DEVSTA,
                               bits);
}

static int correctable(PCIDevice *d, const PCIEAERErr *err)
{
    set_device_status(d, PCI_EXP_DEVSTA_CED);
    if (d->exp.aer_cap) {
        pci_long_test_and_set_mask(aer_reg(d, PCI_ERR_COR_STATUS),
                                   err->status);
        if (aer_get(d, PCI_ERR_COR_MASK) & err->status) {
            return 1;
        }
    }
    send_message(d, SEV_CORRECTABLE, err->source_id);
    return 0;
}

static Severity severity_of(PCIDevice *d, uint32_t status)
{
    uint32_t fatal = d->exp.aer_cap ? aer_get(d, PCI_ERR_UNCOR_SEVER)
                                    : UNCOR_FATAL;

    return fatal & status ? SEV_FATAL : SEV_NONFATAL;
}

/* A non-fatal error that somebody else deals with (section 6.2.3.2.4). */
static int advisory(PCIDevice *d, const PCIEAERErr *err, bool masked)
{
    set_device_status(d, PCI_EXP_DEVSTA_CED);
    pci_long_test_and_set_mask(aer_reg(d, PCI_ERR_COR_STATUS),
                               PCI_ERR_COR_ADV_NFAT);
    if (aer_get(d, PCI_ERR_COR_MASK) & PCI_ERR_COR_ADV_NFAT) {
        return 1;
    }
    if (!masked) {
        log_error(d, err);
    }
    pci_long_test_and_set_mask(aer_reg(d, PCI_ERR_UNCOR_STATUS), err->status);
    send_message(d, SEV_CORRECTABLE, err->source_id);
    return 0;
}

static int uncorrectable(PCIDevice *d, const PCIEAERErr *err)
{
    Severity severity = severity_of(d, err->status);
    bool masked = false;

    if (err->status == PCI_ERR_UNC_UNSUP) {
        set_device_status(d, PCI_EXP_DEVSTA_URD);
    }
    if (d->exp.aer_cap) {
        masked = aer_get(d, PCI_ERR_UNCOR_MASK) & err->status;
        if (severity == SEV_NONFATAL &&
            (err->flags & PCIE_AER_ERR_MAYBE_ADVISORY)) {
            return advisory(d, err, masked);
        }
        if (!masked) {
            log_error(d, err);
        }
        pci_long_test_and_set_mask(aer_reg(d, PCI_ERR_UNCOR_STATUS),
                                   err->status);
    }
    set_device_status(d, severity == SEV_FATAL ? PCI_EXP_DEVSTA_FED
                                               : PCI_EXP_DEVSTA_NFED);
    if (masked) {
        return 1;
    }
    if (err->status == PCI_ERR_UNC_UNSUP &&
        !(device_control(d) & PCI_EXP_DEVCTL_URRE) &&
        !(pci_get_word(d->config + PCI_COMMAND) & PCI_COMMAND_SERR)) {
        return 0;
    }
    send_message(d, severity, err->source_id);
    return 0;
}

int pcie_aer_inject_error(PCIDevice *dev, const PCIEAERErr *err)
{
    bool is_correctable = err->flags & PCIE_AER_ERR_IS_CORRECTABLE;
    uint32_t legal = is_correctable ? COR_BITS : UNCOR_BITS;

    if (!pci_is_express(dev) || !dev->exp.exp_cap) {
        return -ENOSYS;
    }
    if (!is_power_of_2(err->status) || !(err->status & legal)) {
        return -EINVAL;
    }
    return is_correctable ? correctable(dev, err) : uncorrectable(dev, err);
}

/* ---- The capability ---- */

int pcie_aer_init(PCIDevice *dev, uint8_t cap_ver, uint16_t offset,
                  uint16_t size, Error **errp)
{
    PCIEAERLog *log = &dev->exp.aer_log;
    uint8_t *c = dev->config + offset, *w = dev->wmask + offset;

    if (log->log_max > PCIE_AER_LOG_MAX_LIMIT) {
        error_setg(errp, "aer_log_max=%u is not between 0 and %d",
                   log->log_max, PCIE_AER_LOG_MAX_LIMIT);
        return -EINVAL;
    }
    pcie_add_capability(dev, PCI_EXT_CAP_ID_ERR, cap_ver, offset, size);
    dev->exp.aer_cap = offset;
    log->log_num = 0;
    log->log = log->log_max ? g_new0(PCIEAERErr, log->log_max) : NULL;

    pci_set_long(c + PCI_ERR_UNCOR_SEVER, UNCOR_FATAL);
    pci_set_long(w + PCI_ERR_UNCOR_SEVER, UNCOR_BITS);
    pci_set_long(w + PCI_ERR_UNCOR_MASK, UNCOR_BITS);
    pci_set_long(c + PCI_ERR_COR_MASK, COR_MASKED);
    pci_set_long(w + PCI_ERR_COR_MASK, COR_BITS);
    pci_set_long(dev->w1cmask + offset + PCI_ERR_UNCOR_STATUS, UNCOR_BITS);
    pci_set_long(dev->w1cmask + offset + PCI_ERR_COR_STATUS, COR_BITS);
    pci_set_long(c + PCI_ERR_CAP, PCI_ERR_CAP_ECRC_GENC |
                 PCI_ERR_CAP_ECRC_CHKC |
                 (log->log_max ? CAP_MULTI_CAPABLE : 0));
    pci_set_long(w + PCI_ERR_CAP, PCI_ERR_CAP_ECRC_GENE |
                 PCI_ERR_CAP_ECRC_CHKE |
                 (log->log_max ? CAP_MULTI_ENABLE : 0));
    /* What was logged is state: both sides of a migration differ. */
    memset(dev->cmask + offset + PCI_ERR_CAP, 0, size - PCI_ERR_CAP);
    return 0;
}

void pcie_aer_exit(PCIDevice *dev)
{
    dev->exp.aer_log.log_num = 0;
    g_clear_pointer(&dev->exp.aer_log.log, g_free);
    dev->exp.aer_cap = 0;
}

void pcie_aer_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                           int len)
{
    uint32_t at = dev->exp.aer_cap;

    if (!at) {
        return;
    }
    if (dev->exp.aer_log.log_num &&
        !(aer_get(dev, PCI_ERR_CAP) & CAP_MULTI_ENABLE)) {
        dev->exp.aer_log.log_num = 0;
    }
    if (pci_touches(addr, len, at + PCI_ERR_UNCOR_STATUS, 4) &&
        !first_error_pending(dev)) {
        if (dev->exp.aer_log.log_num) {
            advance_log(dev);
        } else {
            clear_log(dev);
        }
    }
}

/* ---- State ---- */

static bool log_is_sane(void *opaque, int version_id)
{
    PCIEAERLog *log = opaque;

    return log->log_num <= log->log_max;
}

static const VMStateDescription vmstate_aer_err = {
    .name = "PCIE_AER_ERROR",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(status, PCIEAERErr),
        VMSTATE_UINT16(source_id, PCIEAERErr),
        VMSTATE_UINT16(flags, PCIEAERErr),
        VMSTATE_UINT32_ARRAY(header, PCIEAERErr, 4),
        VMSTATE_UINT32_ARRAY(prefix, PCIEAERErr, 4),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_pcie_aer_log = {
    .name = "PCIE_AER_ERROR_LOG",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(log_num, PCIEAERLog),
        VMSTATE_UINT16_EQUAL(log_max, PCIEAERLog, NULL),
        VMSTATE_VALIDATE("as many errors as fit", log_is_sane),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT16(log, PCIEAERLog, log_num,
                                             vmstate_aer_err, PCIEAERErr),
        VMSTATE_END_OF_LIST()
    },
};
