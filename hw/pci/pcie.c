/*
 * PCI Express capability of endpoints, and the list of extended capabilities
 * (PCI Express Base 4.0, sections 7.5.3 and 7.6). Ports are not here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pcie.h"
#include "pci-internal.h"
#include "qapi/error.h"

#define EXP_CAP_BYTES   0x3c            /* of version 2 */
#define EXT_CAP_BEGIN   0x100
#define EXT_CAP_STEPS   ((PCIE_CONFIG_SPACE_SIZE - EXT_CAP_BEGIN) / 8)

/* Alternative routing id: layout and version. */
#define ARI_BYTES       8
#define ARI_VERSION     1
#define ATS_BYTES       8
#define ATS_VERSION     1

static uint8_t *exp_reg(const PCIDevice *d, uint8_t *space, unsigned reg)
{
    return space + d->exp.exp_cap + reg;
}

/* ---- The capability ---- */

static bool has_link(uint8_t type)
{
    return type != PCI_EXP_TYPE_RC_END && type != PCI_EXP_TYPE_RC_EC;
}

/* 2.5 GT/s, one lane; trained, as an emulated link always is. */
static void init_link(PCIDevice *d, uint8_t port)
{
    pci_set_long(exp_reg(d, d->config, PCI_EXP_LNKCAP),
                 (uint32_t)port << 24 | PCI_EXP_LNKCAP_ASPMS |
                 1 << 4 | PCI_EXP_LNKCAP_SLS_2_5GB);
    pci_set_word(exp_reg(d, d->config, PCI_EXP_LNKSTA),
                 1 << PCI_EXP_LNKSTA_NLW_SHIFT | PCI_EXP_LNKSTA_CLS_2_5GB |
                 (d->cap_present & QEMU_PCIE_LNKSTA_DLLLA
                  ? PCI_EXP_LNKSTA_DLLLA : 0));
    /* Status bits depend on the options of this end only. */
    pci_set_word(exp_reg(d, d->cmask, PCI_EXP_LNKSTA), 0);
}

int pcie_cap_init(PCIDevice *dev, uint8_t offset, uint8_t type, uint8_t port,
                  Error **errp)
{
    int at;

    g_assert(pci_is_express(dev));
    at = pci_add_capability(dev, PCI_CAP_ID_EXP, offset, EXP_CAP_BYTES, errp);
    if (at < 0) {
        return at;
    }
    dev->exp.exp_cap = at;
    pci_set_word(exp_reg(dev, dev->config, PCI_EXP_FLAGS), 2 | type << 4);
    /* Role-based error reporting is required of version 1.1 and later. */
    pci_set_long(exp_reg(dev, dev->config, PCI_EXP_DEVCAP),
                 PCI_EXP_DEVCAP_RBER);
    if (has_link(type)) {
        init_link(dev, port);
    }
    pci_set_long(exp_reg(dev, dev->config, PCI_EXP_DEVCAP2), 1 << 20 | 1 << 21);
    pci_set_word(exp_reg(dev, dev->wmask, PCI_EXP_DEVCTL2), 1 << 15);
    if (dev->cap_present & QEMU_PCIE_EXTCAP_INIT) {
        /* An empty list of extended capabilities. */
        pci_set_long(dev->wmask + EXT_CAP_BEGIN, 0);
    }
    return at;
}

int pcie_endpoint_cap_init(PCIDevice *dev, uint8_t offset)
{
    bool integrated = pci_bus_is_express(pci_get_bus(dev)) &&
        pci_bus_is_root(pci_get_bus(dev));

    return pcie_cap_init(dev, offset, integrated ? PCI_EXP_TYPE_RC_END
                                                 : PCI_EXP_TYPE_ENDPOINT,
                         0, NULL);
}

void pcie_cap_exit(PCIDevice *dev)
{
    pci_del_capability(dev, PCI_CAP_ID_EXP, EXP_CAP_BYTES);
    dev->exp = (PCIExpressDevice) { .exp_cap = 0 };
}

uint8_t pcie_cap_get_type(const PCIDevice *dev)
{
    const uint8_t *flags = dev->config + dev->exp.exp_cap + PCI_EXP_FLAGS;

    return (pci_get_word(flags) & PCI_EXP_FLAGS_TYPE) >> 4;
}

/* ---- Error reporting, link control ---- */

#define ERROR_CONTROL                                                        \
    (PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE |      \
     PCI_EXP_DEVCTL_URRE)
#define ERROR_STATUS                                                         \
    (PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED |         \
     PCI_EXP_DEVSTA_URD)

void pcie_cap_deverr_init(PCIDevice *dev)
{
    uint8_t *control = exp_reg(dev, dev->wmask, PCI_EXP_DEVCTL);
    uint8_t *status = exp_reg(dev, dev->w1cmask, PCI_EXP_DEVSTA);

    pci_set_word(control, pci_get_word(control) | ERROR_CONTROL);
    pci_set_word(status, pci_get_word(status) | ERROR_STATUS);
}

void pcie_cap_deverr_reset(PCIDevice *dev)
{
    pci_word_test_and_clear_mask(exp_reg(dev, dev->config, PCI_EXP_DEVCTL),
                                 ERROR_CONTROL);
}

#define LINK_CONTROL (PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES)

void pcie_cap_lnkctl_init(PCIDevice *dev)
{
    pci_word_test_and_set_mask(exp_reg(dev, dev->wmask, PCI_EXP_LNKCTL),
                               LINK_CONTROL);
}

void pcie_cap_lnkctl_reset(PCIDevice *dev)
{
    pci_word_test_and_clear_mask(exp_reg(dev, dev->config, PCI_EXP_LNKCTL),
                                 LINK_CONTROL);
}

/* ---- Function level reset ---- */

void pcie_cap_flr_init(PCIDevice *dev)
{
    dev->exp.flr = true;
    pci_long_test_and_set_mask(exp_reg(dev, dev->config, PCI_EXP_DEVCAP),
                               PCI_EXP_DEVCAP_FLR);
    pci_word_test_and_set_mask(exp_reg(dev, dev->wmask, PCI_EXP_DEVCTL),
                               PCI_EXP_DEVCTL_BCR_FLR);
}

void pcie_cap_flr_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                               int len)
{
    uint8_t *control = exp_reg(dev, dev->config, PCI_EXP_DEVCTL);

    /* The bit reads as zero: it is an order, not a state. */
    if (dev->exp.flr && dev->exp.exp_cap &&
        pci_word_test_and_clear_mask(control, PCI_EXP_DEVCTL_BCR_FLR)) {
        pci_device_reset(dev);
    }
}

/* ---- Extended capabilities ---- */

/* The offset of @cap_id, or 0; *@last is that of the last one in the list. */
static uint16_t find_extended(PCIDevice *d, uint16_t cap_id, uint16_t *last)
{
    uint16_t at = EXT_CAP_BEGIN;
    uint32_t header = pci_get_long(d->config + at);

    *last = 0;
    for (unsigned i = 0; header && at >= EXT_CAP_BEGIN && i < EXT_CAP_STEPS;
         i++) {
        *last = at;
        if (PCI_EXT_CAP_ID(header) == cap_id) {
            return at;
        }
        at = PCI_EXT_CAP_NEXT(header);
        header = at >= EXT_CAP_BEGIN ? pci_get_long(d->config + at) : 0;
    }
    return 0;
}

uint16_t pcie_find_capability(PCIDevice *dev, uint16_t cap_id)
{
    uint16_t last;

    return pci_is_express(dev) ? find_extended(dev, cap_id, &last) : 0;
}

void pcie_add_capability(PCIDevice *dev, uint16_t cap_id, uint8_t cap_ver,
                         uint16_t offset, uint16_t size)
{
    uint16_t last;

    g_assert(offset >= EXT_CAP_BEGIN && size >= 8 &&
             offset + size <= PCIE_CONFIG_SPACE_SIZE && pci_is_express(dev));
    find_extended(dev, 0xffff, &last);
    if (last) {
        uint8_t *link = dev->config + last;
        uint32_t header = pci_get_long(link) & 0x000fffff;

        pci_set_long(link, header | (uint32_t)offset << 20);
    } else {
        /* The list begins at a fixed place. */
        g_assert(offset == EXT_CAP_BEGIN);
    }
    pci_set_long(dev->config + offset, cap_id | (uint32_t)cap_ver << 16);
    memset(dev->wmask + offset, 0, size);
    memset(dev->w1cmask + offset, 0, size);
    memset(dev->cmask + offset, 0xff, size);
}

void pcie_ats_init(PCIDevice *dev, uint16_t offset, bool aligned)
{
    pcie_add_capability(dev, PCI_EXT_CAP_ID_ATS, ATS_VERSION, offset,
                        ATS_BYTES);
    dev->exp.ats_cap = offset;
    pci_set_word(dev->config + offset + PCI_ATS_CAP, aligned ? 1 << 5 : 0);
    pci_set_word(dev->wmask + offset + PCI_ATS_CTRL,
                 PCI_ATS_CTRL_ENABLE | PCI_ATS_CTRL_STU(0x1f));
}

void pcie_ari_init(PCIDevice *dev, uint16_t offset)
{
    pcie_add_capability(dev, PCI_EXT_CAP_ID_ARI, ARI_VERSION, offset,
                        ARI_BYTES);
}
