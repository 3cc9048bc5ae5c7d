/*
 * Threads and locks: pthread's, under the names that device code uses. A lock
 * that is misused (destroyed while held, unlocked by another thread) ends the
 * process with a message; nothing here can fail otherwise. Guards for scopes
 * are in "qemu/lockable.h".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_THREAD_H
#define QEMU_THREAD_H

#include <pthread.h>
#include "qemu/atomic.h"

typedef struct QemuMutex {
    pthread_mutex_t lock;
} QemuMutex;

typedef struct QemuRecMutex {
    pthread_mutex_t lock;
} QemuRecMutex;

typedef struct QemuCond {
    pthread_cond_t cond;        /* timed by CLOCK_MONOTONIC */
} QemuCond;

typedef struct QemuSemaphore {
    QemuMutex mutex;
    QemuCond cond;
    unsigned int count;
} QemuSemaphore;

/* A latch: set until reset; any number of threads wait for it. */
typedef struct QemuEvent {
    uint32_t value;             /* 0 set, 1 free, UINT32_MAX has sleepers */
} QemuEvent;

typedef struct QemuThread {
    pthread_t thread;
} QemuThread;

#define QEMU_MUTEX_INITIALIZER { PTHREAD_MUTEX_INITIALIZER }

void qemu_mutex_init(QemuMutex *mutex);
void qemu_mutex_destroy(QemuMutex *mutex);
void qemu_mutex_lock(QemuMutex *mutex);
/* 0 if the lock was taken, else -EBUSY. */
int qemu_mutex_trylock(QemuMutex *mutex);
void qemu_mutex_unlock(QemuMutex *mutex);

void qemu_rec_mutex_init(QemuRecMutex *mutex);
void qemu_rec_mutex_destroy(QemuRecMutex *mutex);
void qemu_rec_mutex_lock(QemuRecMutex *mutex);
int qemu_rec_mutex_trylock(QemuRecMutex *mutex);
void qemu_rec_mutex_unlock(QemuRecMutex *mutex);

void qemu_cond_init(QemuCond *cond);
void qemu_cond_destroy(QemuCond *cond);
void qemu_cond_signal(QemuCond *cond);
void qemu_cond_broadcast(QemuCond *cond);
/* As ever: @mutex held, may wake without reason, so wait in a loop. */
void qemu_cond_wait(QemuCond *cond, QemuMutex *mutex);
/* False if @ms milliseconds passed. */
bool qemu_cond_timedwait(QemuCond *cond, QemuMutex *mutex, int ms);

void qemu_sem_init(QemuSemaphore *sem, int init);
void qemu_sem_destroy(QemuSemaphore *sem);
void qemu_sem_post(QemuSemaphore *sem);
void qemu_sem_wait(QemuSemaphore *sem);
/* 0, or -1 if @ms milliseconds passed first. */
int qemu_sem_timedwait(QemuSemaphore *sem, int ms);

/* qemu_event_set() has release, qemu_event_wait() acquire order. */
void qemu_event_init(QemuEvent *ev, bool init);
void qemu_event_destroy(QemuEvent *ev);
void qemu_event_set(QemuEvent *ev);
void qemu_event_reset(QemuEvent *ev);
void qemu_event_wait(QemuEvent *ev);

#define QEMU_THREAD_JOINABLE 0
#define QEMU_THREAD_DETACHED 1

/*
 * Start a thread with all signals blocked, known to RCU. @name (15 bytes are
 * kept) shows in debuggers if qemu_thread_naming(true) was called. Ends the
 * process if the host has no threads left.
 */
void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start_routine)(void *), void *arg, int mode);
/* Wait for the end of a joinable thread; gives what it returned. */
void *qemu_thread_join(QemuThread *thread);
void qemu_thread_get_self(QemuThread *thread);
bool qemu_thread_is_self(QemuThread *thread);
void qemu_thread_exit(void *retval) QEMU_NORETURN;
void qemu_thread_naming(bool enable);
/* The kernel's number of the calling thread. */
int qemu_get_thread_id(void);
/* Run @n->notify(n, NULL) when the calling thread ends. */
void qemu_thread_atexit_add(Notifier *n);
void qemu_thread_atexit_remove(Notifier *n);

/* A lock of one word for a few instructions, never held over a system call. */
typedef struct QemuSpin {
    int value;
} QemuSpin;

static inline void qemu_spin_init(QemuSpin *spin)
{
    qatomic_set(&spin->value, 0);
}

static inline void qemu_spin_destroy(QemuSpin *spin)
{
}

static inline void qemu_spin_lock(QemuSpin *spin)
{
    while (unlikely(__atomic_exchange_n(&spin->value, 1, __ATOMIC_ACQUIRE))) {
        while (qatomic_read(&spin->value)) {
            cpu_relax();
        }
    }
}

static inline void qemu_spin_unlock(QemuSpin *spin)
{
    qatomic_store_release(&spin->value, 0);
}

#endif
