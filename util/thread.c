/*
 * Threads and locks over pthread. A pthread call that fails here means a bug of
 * the caller, or a host out of resources: the process ends with a message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include "qemu/notify.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"

static bool name_threads;

/* What pthread gives: 0 or a positive errno. */
static void must(int err, const char *what)
{
    if (unlikely(err)) {
        fprintf(stderr, "%s: %s\n", what, strerror(err));
        abort();
    }
}

void qemu_mutex_init(QemuMutex *mutex)
{
    must(pthread_mutex_init(&mutex->lock, NULL), __func__);
}

void qemu_mutex_destroy(QemuMutex *mutex)
{
    must(pthread_mutex_destroy(&mutex->lock), __func__);
}

void qemu_mutex_lock(QemuMutex *mutex)
{
    must(pthread_mutex_lock(&mutex->lock), __func__);
}

int qemu_mutex_trylock(QemuMutex *mutex)
{
    return -pthread_mutex_trylock(&mutex->lock);
}

void qemu_mutex_unlock(QemuMutex *mutex)
{
    must(pthread_mutex_unlock(&mutex->lock), __func__);
}

void qemu_rec_mutex_init(QemuRecMutex *mutex)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    must(pthread_mutex_init(&mutex->lock, &attr), __func__);
    pthread_mutexattr_destroy(&attr);
}

void qemu_rec_mutex_destroy(QemuRecMutex *mutex)
{
    must(pthread_mutex_destroy(&mutex->lock), __func__);
}

void qemu_rec_mutex_lock(QemuRecMutex *mutex)
{
    must(pthread_mutex_lock(&mutex->lock), __func__);
}

int qemu_rec_mutex_trylock(QemuRecMutex *mutex)
{
    return -pthread_mutex_trylock(&mutex->lock);
}

void qemu_rec_mutex_unlock(QemuRecMutex *mutex)
{
    must(pthread_mutex_unlock(&mutex->lock), __func__);
}

void qemu_cond_init(QemuCond *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    must(pthread_cond_init(&cond->cond, &attr), __func__);
    pthread_condattr_destroy(&attr);
}

void qemu_cond_destroy(QemuCond *cond)
{
    must(pthread_cond_destroy(&cond->cond), __func__);
}

void qemu_cond_signal(QemuCond *cond)
{
    must(pthread_cond_signal(&cond->cond), __func__);
}

void qemu_cond_broadcast(QemuCond *cond)
{
    must(pthread_cond_broadcast(&cond->cond), __func__);
}

void qemu_cond_wait(QemuCond *cond, QemuMutex *mutex)
{
    must(pthread_cond_wait(&cond->cond, &mutex->lock), __func__);
}

/* Now + @ms on the monotonic clock. */
static struct timespec deadline_in(int ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (ms % 1000) * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

/* False once @until has passed. */
static bool cond_wait_until(QemuCond *cond, QemuMutex *mutex,
                            const struct timespec *until)
{
    int err = pthread_cond_timedwait(&cond->cond, &mutex->lock, until);

    if (err != ETIMEDOUT) {
        must(err, __func__);
    }
    return err == 0;
}

bool qemu_cond_timedwait(QemuCond *cond, QemuMutex *mutex, int ms)
{
    struct timespec until = deadline_in(ms);

    return cond_wait_until(cond, mutex, &until);
}

void qemu_sem_init(QemuSemaphore *sem, int init)
{
    qemu_mutex_init(&sem->mutex);
    qemu_cond_init(&sem->cond);
    sem->count = init;
}

void qemu_sem_destroy(QemuSemaphore *sem)
{
    qemu_cond_destroy(&sem->cond);
    qemu_mutex_destroy(&sem->mutex);
}

void qemu_sem_post(QemuSemaphore *sem)
{
    qemu_mutex_lock(&sem->mutex);
    sem->count++;
    qemu_cond_signal(&sem->cond);
    qemu_mutex_unlock(&sem->mutex);
}

void qemu_sem_wait(QemuSemaphore *sem)
{
    qemu_mutex_lock(&sem->mutex);
    while (sem->count == 0) {
        qemu_cond_wait(&sem->cond, &sem->mutex);
    }
    sem->count--;
    qemu_mutex_unlock(&sem->mutex);
}

int qemu_sem_timedwait(QemuSemaphore *sem, int ms)
{
    struct timespec until = deadline_in(ms);
    bool got, in_time = true;

    qemu_mutex_lock(&sem->mutex);
    while (sem->count == 0 && in_time) {
        in_time = cond_wait_until(&sem->cond, &sem->mutex, &until);
    }
    got = sem->count > 0;
    sem->count -= got;
    qemu_mutex_unlock(&sem->mutex);
    return got ? 0 : -1;
}

/* States of QemuEvent.value. */
enum { LATCH_SET = 0, LATCH_FREE = 1 };
#define LATCH_SLEEPERS UINT32_MAX

void qemu_event_init(QemuEvent *ev, bool init)
{
    ev->value = init ? LATCH_SET : LATCH_FREE;
}

void qemu_event_destroy(QemuEvent *ev)
{
}

void qemu_event_set(QemuEvent *ev)
{
    if (qatomic_xchg(&ev->value, LATCH_SET) == LATCH_SLEEPERS) {
        syscall(SYS_futex, &ev->value, FUTEX_WAKE_PRIVATE, INT_MAX,
                NULL, NULL, 0);
    }
}

void qemu_event_reset(QemuEvent *ev)
{
    qatomic_cmpxchg(&ev->value, LATCH_SET, LATCH_FREE);
}

void qemu_event_wait(QemuEvent *ev)
{
    uint32_t now;

    while ((now = qatomic_load_acquire(&ev->value)) != LATCH_SET) {
        if (now == LATCH_FREE &&
            qatomic_cmpxchg(&ev->value, LATCH_FREE, LATCH_SLEEPERS)
            == LATCH_SET) {
            return;
        }
        syscall(SYS_futex, &ev->value, FUTEX_WAIT_PRIVATE, LATCH_SLEEPERS,
                NULL, NULL, 0);
    }
}

/* --- the end of threads --- */

static pthread_key_t end_key;
static __thread NotifierList end_notifiers;
static __thread bool rcu_known;         /* registered by us */

static void thread_ends(void *unused)
{
    notifier_list_notify(&end_notifiers, NULL);
    if (rcu_known) {
        rcu_known = false;
        rcu_unregister_thread();
    }
}

static void __attribute__((constructor)) make_end_key(void)
{
    must(pthread_key_create(&end_key, thread_ends), __func__);
}

void qemu_thread_atexit_add(Notifier *n)
{
    pthread_setspecific(end_key, &end_notifiers);
    notifier_list_add(&end_notifiers, n);
}

void qemu_thread_atexit_remove(Notifier *n)
{
    notifier_remove(n);
}

/* --- the beginning of threads --- */

typedef struct ThreadStart {
    void *(*routine)(void *arg);
    void *arg;
    char name[16];
} ThreadStart;

static void *thread_begins(void *opaque)
{
    g_autofree ThreadStart *given = opaque;
    ThreadStart s = *given;

    g_free(g_steal_pointer(&given));
    if (s.name[0]) {
        pthread_setname_np(pthread_self(), s.name);
    }
    pthread_setspecific(end_key, &end_notifiers);
    rcu_register_thread();
    rcu_known = true;
    return s.routine(s.arg);
}

void qemu_thread_naming(bool enable)
{
    name_threads = enable;
}

void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start_routine)(void *), void *arg, int mode)
{
    ThreadStart *s = g_new0(ThreadStart, 1);
    sigset_t all, old;
    pthread_attr_t attr;

    s->routine = start_routine;
    s->arg = arg;
    if (name_threads && name) {
        g_strlcpy(s->name, name, sizeof(s->name));
    }
    pthread_attr_init(&attr);
    if (mode == QEMU_THREAD_DETACHED) {
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    }
    /* Signals are the main loop's; those for faults stay deliverable. */
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    must(pthread_create(&thread->thread, &attr, thread_begins, s), __func__);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
}

void *qemu_thread_join(QemuThread *thread)
{
    void *result;

    must(pthread_join(thread->thread, &result), __func__);
    return result;
}

void qemu_thread_get_self(QemuThread *thread)
{
    thread->thread = pthread_self();
}

bool qemu_thread_is_self(QemuThread *thread)
{
    return pthread_equal(pthread_self(), thread->thread);
}

void qemu_thread_exit(void *retval)
{
    pthread_exit(retval);
}

int qemu_get_thread_id(void)
{
    return gettid();
}
