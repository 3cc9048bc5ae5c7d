/*
 * The head of each thread's chain of guarded entries; everything else of the
 * re-entrancy guard is inline in its header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/reentrancy.h"

__thread MemReentrancyFrame *mem_reentrancy_chain;
