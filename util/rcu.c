/*
 * Deferred calls over liburcu. The thread that runs them starts with the first
 * one, sleeps while there are none, and takes what has gathered at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"
#include "trace.h"

#ifdef QEMU_SANITIZE_THREAD
char rcu_tsan_read_side, rcu_tsan_grace;
#endif

/* For g_free_rcu "func" is how far the head is from the object, plus one. */
#define FREE_MAX_OFFSET 4095

static struct rcu_head *waiting;        /* newest first; atomic */
static uint64_t given, done;            /* heads; atomic */
static QemuEvent work;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static bool started;
static QemuMutex done_lock = QEMU_MUTEX_INITIALIZER;
static QemuCond done_cond;

void rcu_register_thread(void)
{
    urcu_memb_register_thread();
}

void rcu_unregister_thread(void)
{
    urcu_memb_unregister_thread();
}

static void __attribute__((constructor)) register_main_thread(void)
{
    rcu_register_thread();
}

void synchronize_rcu(void)
{
    RCU_TSAN(release, grace);
    urcu_memb_synchronize_rcu();
    RCU_TSAN(acquire, read_side);
}

static struct rcu_head *older(struct rcu_head *head)
{
    return (struct rcu_head *)head->next.next;
}

/* Newest first to oldest first. */
static struct rcu_head *reverse(struct rcu_head *head)
{
    struct rcu_head *turned = NULL;

    while (head) {
        struct rcu_head *next = older(head);

        head->next.next = (struct cds_wfcq_node *)turned;
        turned = head;
        head = next;
    }
    return turned;
}

static bool is_plain_free(const struct rcu_head *head)
{
    return (uintptr_t)head->func <= FREE_MAX_OFFSET;
}

/* Run one batch; the big lock is taken at the first that is more than a free. */
static uint64_t run_batch(struct rcu_head *head)
{
    uint64_t count = 0;

    while (head) {
        struct rcu_head *next = older(head);

        if (is_plain_free(head)) {
            g_free((char *)head - ((uintptr_t)head->func - 1));
        } else {
            if (!bql_locked()) {
                bql_lock();
            }
            head->func(head);
        }
        count++;
        head = next;
    }
    if (bql_locked()) {
        bql_unlock();
    }
    return count;
}

static void *rcu_thread(void *unused)
{
    for (;;) {
        struct rcu_head *batch;
        uint64_t count;

        qemu_event_reset(&work);
        batch = qatomic_xchg(&waiting, NULL);
        if (!batch) {
            qemu_event_wait(&work);
            continue;
        }
        synchronize_rcu();
        count = run_batch(reverse(batch));
        trace_rcu_batch(count);
        qemu_mutex_lock(&done_lock);
        qatomic_add(&done, count);
        qemu_cond_broadcast(&done_cond);
        qemu_mutex_unlock(&done_lock);
    }
    return NULL;
}

static void start_thread(void)
{
    QemuThread thread;

    qemu_event_init(&work, false);
    qemu_cond_init(&done_cond);
    qatomic_store_release(&started, true);
    qemu_thread_create(&thread, "call_rcu", rcu_thread, NULL,
                       QEMU_THREAD_DETACHED);
}

void call_rcu1(struct rcu_head *head, RCUCBFunc *func)
{
    struct rcu_head *top;

    pthread_once(&start_once, start_thread);
    head->func = func;
    qatomic_inc(&given);
    do {
        top = qatomic_read(&waiting);
        head->next.next = (struct cds_wfcq_node *)top;
    } while (qatomic_cmpxchg(&waiting, top, head) != top);
    if (!top) {
        qemu_event_set(&work);
    }
}

void g_free_rcu1(void *obj, struct rcu_head *head)
{
    size_t offset = (char *)head - (char *)obj;

    g_assert(offset < FREE_MAX_OFFSET);
    call_rcu1(head, (RCUCBFunc *)(uintptr_t)(offset + 1));
}

void drain_call_rcu(void)
{
    bool locked = bql_locked();
    uint64_t goal;

    if (!qatomic_load_acquire(&started)) {
        return;
    }
    if (locked) {
        bql_unlock();
    }
    goal = qatomic_read(&given);
    qemu_mutex_lock(&done_lock);
    while (qatomic_read(&done) < goal) {
        qemu_cond_wait(&done_cond, &done_lock);
    }
    qemu_mutex_unlock(&done_lock);
    if (locked) {
        bql_lock();
    }
}
