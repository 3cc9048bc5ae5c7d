/*
 * What the compiler can be told: attributes, branch hints, build-time checks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_COMPILER_H
#define QEMU_COMPILER_H

#define likely(x)           __builtin_expect(!!(x), 1)
#define unlikely(x)         __builtin_expect(!!(x), 0)
#define QEMU_PACKED         __attribute__((packed))
#define QEMU_ALIGNED(n)     __attribute__((aligned(n)))
#define QEMU_NORETURN       __attribute__((noreturn))
#define QEMU_ALWAYS_INLINE  __attribute__((always_inline)) inline
#define QEMU_NOINLINE       __attribute__((noinline))
#define QEMU_COLD           __attribute__((cold, noinline))
#define QEMU_WARN_UNUSED    __attribute__((warn_unused_result))
#define QEMU_CACHELINE      64

/* m is 1 for "the format is the first argument". */
#define G_PRINTF(m, n)      __attribute__((format(printf, m, n)))

#define QEMU_BUILD_BUG_ON(x)        _Static_assert(!(x), "not expecting: " #x)
#define QEMU_BUILD_BUG_MSG(x, msg)  _Static_assert(!(x), msg)

#define stringify_1(s)  #s
#define stringify(s)    stringify_1(s)
#define glue_1(x, y)    x##y
#define glue(x, y)      glue_1(x, y)

#ifndef container_of
#define container_of(ptr, type, member)                                \
    (__extension__({                                                   \
        const typeof(((type *)0)->member) *member_ptr_ = (ptr);        \
        (type *)((char *)member_ptr_ - offsetof(type, member));        \
    }))
#endif

#if defined(__SANITIZE_ADDRESS__)
#define QEMU_SANITIZE_ADDRESS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QEMU_SANITIZE_ADDRESS 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define QEMU_SANITIZE_THREAD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define QEMU_SANITIZE_THREAD 1
#endif
#endif

#endif
