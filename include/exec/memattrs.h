/*
 * What travels with a memory transaction beside address and data, and how one
 * can end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXEC_MEMATTRS_H
#define EXEC_MEMATTRS_H

typedef struct MemTxAttrs {
    unsigned int unspecified:1;     /* the initiator said nothing */
    unsigned int secure:1;          /* x86: access from system management mode */
    unsigned int user:1;            /* made with user privilege */
    unsigned int memory:1;          /* must reach RAM or ROM, never a device */
    unsigned int debug:1;           /* a debugger's access: no side effects wanted */
    unsigned int requester_id:16;   /* PCI requester id (MSI, IOMMU) */
} MemTxAttrs;

#define MEMTXATTRS_UNSPECIFIED ((MemTxAttrs) { .unspecified = 1 })

/* A set of MEMTX_ bits; MEMTX_OK is none of them. */
typedef uint32_t MemTxResult;
#define MEMTX_OK            0U
#define MEMTX_ERROR         (1U << 0)   /* the device answered with an error */
#define MEMTX_DECODE_ERROR  (1U << 1)   /* nothing stands at that address */
#define MEMTX_ACCESS_ERROR  (1U << 2)   /* it stands there but refuses */

#endif
