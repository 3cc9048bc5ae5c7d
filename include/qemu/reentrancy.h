/*
 * The guard against a device being entered again from its own DMA.
 *
 * Every way into a device (MMIO, PIO, timer, bottom half, ioeventfd, net queue)
 * may enter the device's guard; the frames of one thread form a chain on its
 * stack. A second entry of the same guard on the same chain is refused. The
 * guard itself holds no state: another thread has its own chain, so an entry
 * from there is never dropped (it waits for the big lock, or runs).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_REENTRANCY_H
#define QEMU_REENTRANCY_H

/* One per device (DeviceState.mem_reentrancy_guard); its address is its identity. */
typedef struct MemReentrancyGuard {
    uint8_t identity;
} MemReentrancyGuard;

/* One entry on the call chain; lives on the caller's stack until it leaves. */
typedef struct MemReentrancyFrame {
    const MemReentrancyGuard *guard;
    struct MemReentrancyFrame *outer;
} MemReentrancyFrame;

extern __thread MemReentrancyFrame *mem_reentrancy_chain;

/* True when @guard is already on this thread's call chain. NULL never is. */
static inline bool mem_reentrancy_engaged(const MemReentrancyGuard *guard)
{
    for (MemReentrancyFrame *f = mem_reentrancy_chain; f; f = f->outer) {
        if (f->guard == guard) {
            return guard != NULL;
        }
    }
    return false;
}

/*
 * Enters @guard. False when this thread is already inside it: the entry must
 * then be refused and mem_reentrancy_leave() not called. @guard may be NULL
 * (nothing to protect; still to be left).
 */
static inline bool mem_reentrancy_enter(MemReentrancyFrame *frame,
                                        const MemReentrancyGuard *guard)
{
    if (unlikely(mem_reentrancy_engaged(guard))) {
        return false;
    }
    frame->guard = guard;
    frame->outer = mem_reentrancy_chain;
    mem_reentrancy_chain = frame;
    return true;
}

/* Leaves the innermost entry, which must be @frame. */
static inline void mem_reentrancy_leave(MemReentrancyFrame *frame)
{
    mem_reentrancy_chain = frame->outer;
}

#endif
