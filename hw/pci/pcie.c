/*
 * The PCI Express capability but for slots (pcie_slot.c), and the list of extended
 * capabilities (PCI Express Base 4.0, sections 7.5.3 and 7.6).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie.h"
#include "pci-internal.h"
#include "qapi/error.h"

#define EXP_CAP_BYTES   0x3c            /* of version 2 */
#define EXT_CAP_BEGIN   0x100
#define EXT_CAP_STEPS   ((PCIE_CONFIG_SPACE_SIZE - EXT_CAP_BEGIN) / 8)

/* Versions of extended capabilities. */
#define ARI_VERSION     1
#define ATS_VERSION     1
#define ACS_VERSION     1
#define DSN_VERSION     1

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
                 (uint32_t)port << 24 | PCI_EXP_LNKCAP_ASPM_L0S |
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
    dev->exp = (PCIExpressDevice) {
        .aer_log.log_max = dev->exp.aer_log.log_max,    /* a property */
    };
}

uint8_t pcie_cap_get_type(const PCIDevice *dev)
{
    const uint8_t *flags = dev->config + dev->exp.exp_cap + PCI_EXP_FLAGS;

    return (pci_get_word(flags) & PCI_EXP_FLAGS_TYPE) >> 4;
}

uint8_t pcie_cap_get_version(const PCIDevice *dev)
{
    const uint8_t *flags = dev->config + dev->exp.exp_cap + PCI_EXP_FLAGS;

    return pci_get_word(flags) & PCI_EXP_FLAGS_VERS;
}

bool pcie_is_downstream_port(const PCIDevice *dev)
{
    uint8_t type;

    if (!pci_is_express(dev) || !dev->exp.exp_cap) {
        return false;
    }
    type = pcie_cap_get_type(dev);
    return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM;
}

void pcie_cap_flags_set_vector(PCIDevice *dev, uint8_t vector)
{
    uint8_t *flags = exp_reg(dev, dev->config, PCI_EXP_FLAGS);

    pci_word_test_and_clear_mask(flags, PCI_EXP_FLAGS_IRQ);
    pci_word_test_and_set_mask(flags, vector << 9 & PCI_EXP_FLAGS_IRQ);
}

uint8_t pcie_cap_flags_get_vector(PCIDevice *dev)
{
    const uint8_t *flags = exp_reg(dev, dev->config, PCI_EXP_FLAGS);

    return (pci_get_word(flags) & PCI_EXP_FLAGS_IRQ) >> 9;
}

/* ---- Links ---- */

/* Encodings of both kinds of register, by the value of the property. */
static const uint8_t width_codes[PCIE_LINK_WIDTH__MAX] = {
    1, 2, 4, 8, 12, 16, 32,
};

void pcie_cap_link_init(PCIDevice *dev, PCIExpLinkSpeed speed,
                        PCIExpLinkWidth width)
{
    uint8_t *cap = exp_reg(dev, dev->config, PCI_EXP_LNKCAP);
    unsigned code = speed + 1, lanes = width_codes[width];

    pci_long_test_and_clear_mask(cap, PCI_EXP_LNKCAP_SLS | PCI_EXP_LNKCAP_MLW);
    pci_long_test_and_set_mask(cap, code | lanes << 4);
    /* Each speed up to the fastest; software may choose one to train for. */
    pci_set_long(exp_reg(dev, dev->config, PCI_EXP_LNKCAP2),
                 ((1u << code) - 1) << 1);
    pci_set_word(exp_reg(dev, dev->config, PCI_EXP_LNKCTL2), code);
    pci_word_test_and_set_mask(exp_reg(dev, dev->wmask, PCI_EXP_LNKCTL2),
                               PCI_EXP_LNKCTL2_TLS);
    if (pcie_is_downstream_port(dev)) {
        pci_long_test_and_set_mask(cap, PCI_EXP_LNKCAP_DLLLARC |
                                   PCI_EXP_LNKCAP_LBNC);
    }
}

void pcie_sync_bridge_lnk(PCIDevice *dev)
{
    PCIDevice *other = pci_bridge_get_sec_bus(PCI_BRIDGE(dev))->devices[0];
    uint32_t cap = pci_get_long(exp_reg(dev, dev->config, PCI_EXP_LNKCAP));
    uint8_t *status = exp_reg(dev, dev->config, PCI_EXP_LNKSTA);
    uint16_t up = other && (dev->cap_present & QEMU_PCIE_LNKSTA_DLLLA)
        ? PCI_EXP_LNKSTA_DLLLA : 0;
    uint16_t speed = 1, lanes = 1;

    if (other && pci_is_express(other) && other->exp.exp_cap) {
        uint32_t theirs = pci_get_long(exp_reg(other, other->config,
                                               PCI_EXP_LNKCAP));

        speed = MIN(theirs & PCI_EXP_LNKCAP_SLS, cap & PCI_EXP_LNKCAP_SLS);
        lanes = MIN(theirs & PCI_EXP_LNKCAP_MLW, cap & PCI_EXP_LNKCAP_MLW) >> 4;
    }
    pci_word_test_and_clear_mask(status, PCI_EXP_LNKSTA_CLS |
                                 PCI_EXP_LNKSTA_NLW | PCI_EXP_LNKSTA_DLLLA);
    pci_word_test_and_set_mask(status, MAX(speed, 1) |
                               MAX(lanes, 1) << PCI_EXP_LNKSTA_NLW_SHIFT | up);
}

/* ---- Root ports: which errors are system errors ---- */

#define ROOT_CONTROL                                                         \
    (PCI_EXP_RTCTL_SECEE | PCI_EXP_RTCTL_SENFEE | PCI_EXP_RTCTL_SEFEE |      \
     PCI_EXP_RTCTL_PMEIE)

void pcie_cap_root_init(PCIDevice *dev)
{
    pci_set_word(exp_reg(dev, dev->wmask, PCI_EXP_RTCTL), ROOT_CONTROL);
}

void pcie_cap_root_reset(PCIDevice *dev)
{
    pci_word_test_and_clear_mask(exp_reg(dev, dev->config, PCI_EXP_RTCTL),
                                 ROOT_CONTROL);
}

/* ---- Alternative routing ids ---- */

void pcie_cap_arifwd_init(PCIDevice *dev)
{
    pci_long_test_and_set_mask(exp_reg(dev, dev->config, PCI_EXP_DEVCAP2),
                               PCI_EXP_DEVCAP2_ARI);
    pci_word_test_and_set_mask(exp_reg(dev, dev->wmask, PCI_EXP_DEVCTL2),
                               PCI_EXP_DEVCTL2_ARI);
}

void pcie_cap_arifwd_reset(PCIDevice *dev)
{
    pci_word_test_and_clear_mask(exp_reg(dev, dev->config, PCI_EXP_DEVCTL2),
                                 PCI_EXP_DEVCTL2_ARI);
}

bool pcie_cap_is_arifwd_enabled(const PCIDevice *dev)
{
    return pci_is_express(dev) && dev->exp.exp_cap &&
        (pci_get_word(exp_reg(dev, dev->config, PCI_EXP_DEVCTL2)) &
         PCI_EXP_DEVCTL2_ARI);
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
                        PCI_EXT_CAP_ATS_BYTES);
    dev->exp.ats_cap = offset;
    pci_set_word(dev->config + offset + PCI_ATS_CAP, aligned ? 1 << 5 : 0);
    pci_set_word(dev->wmask + offset + PCI_ATS_CTRL,
                 PCI_ATS_CTRL_ENABLE | PCI_ATS_CTRL_STU(0x1f));
}

void pcie_ari_init(PCIDevice *dev, uint16_t offset)
{
    pcie_add_capability(dev, PCI_EXT_CAP_ID_ARI, ARI_VERSION, offset,
                        PCI_EXT_CAP_ARI_BYTES);
}

#define ACS_SERVICES                                                         \
    (PCI_ACS_SV | PCI_ACS_TB | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF |        \
     PCI_ACS_DT)

void pcie_acs_init(PCIDevice *dev, uint16_t offset)
{
    bool port = object_dynamic_cast(OBJECT(dev), TYPE_PCI_BRIDGE);

    pcie_add_capability(dev, PCI_EXT_CAP_ID_ACS, ACS_VERSION, offset,
                        PCI_EXT_CAP_ACS_BYTES);
    dev->exp.acs_cap = offset;
    /* One of several functions only redirects requests to its siblings. */
    pci_set_word(dev->config + offset + PCI_ACS_CAP, port ? ACS_SERVICES : 0);
    pci_set_word(dev->wmask + offset + PCI_ACS_CTRL, port ? ACS_SERVICES : 0);
}

void pcie_acs_reset(PCIDevice *dev)
{
    if (dev->exp.acs_cap) {
        pci_set_word(dev->config + dev->exp.acs_cap + PCI_ACS_CTRL, 0);
    }
}

void pcie_dev_ser_num_init(PCIDevice *dev, uint16_t offset, uint64_t ser_num)
{
    pcie_add_capability(dev, PCI_EXT_CAP_ID_DSN, DSN_VERSION, offset,
                        PCI_EXT_CAP_DSN_BYTES);
    pci_set_quad(dev->config + offset + 4, ser_num);
}
