/*
 * Memory barriers. Each use names its pair and the bug that it prevents. On an
 * x86-64 host only smp_mb() costs an instruction: loads are not reordered with
 * loads, nor stores with stores.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_BARRIER_H
#define QEMU_BARRIER_H

/* The compiler keeps all memory accesses on their side. */
#define barrier()       __asm__ __volatile__("" ::: "memory")

/* Full barrier: also an earlier store before a later load. */
#define smp_mb()        __atomic_thread_fence(__ATOMIC_SEQ_CST)
/* Earlier loads before later loads and stores. */
#define smp_mb_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
/* Earlier loads and stores before later stores. */
#define smp_mb_release() __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_rmb()       smp_mb_acquire()
#define smp_wmb()       smp_mb_release()
/* A full barrier for code that just did an atomic read-modify-write: on
 * x86-64 the locked instruction already was one. */
#define smp_mb__after_rmw()  barrier()
#define smp_mb__before_rmw() barrier()

/* Tell the processor that this is a spin. */
#define cpu_relax()     __builtin_ia32_pause()

#endif
