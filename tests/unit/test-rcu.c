/*
 * Unit tests of threads, locks and RCU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/rcu_queue.h"

#define THREADS 3
#define TURNS 2000

/* --- locks --- */

static QemuMutex mutex;
static QemuRecMutex rec;
static QemuSpin spin;
static int guarded[3];

static void *add_under_locks(void *opaque)
{
    for (int i = 0; i < TURNS; i++) {
        WITH_QEMU_LOCK_GUARD(&mutex) {
            guarded[0]++;
            if (i & 1) {
                continue;
            }
        }
        {
            QEMU_LOCK_GUARD(&rec);
            QEMU_LOCK_GUARD(&rec);
            guarded[1]++;
        }
        qemu_spin_lock(&spin);
        guarded[2]++;
        qemu_spin_unlock(&spin);
    }
    return opaque;
}

static void locks_exclude(void)
{
    QemuThread t[THREADS];

    qemu_mutex_init(&mutex);
    qemu_rec_mutex_init(&rec);
    qemu_spin_init(&spin);
    for (int i = 0; i < THREADS; i++) {
        qemu_thread_create(&t[i], "locker", add_under_locks, &t[i],
                           QEMU_THREAD_JOINABLE);
    }
    for (int i = 0; i < THREADS; i++) {
        g_assert_true(qemu_thread_join(&t[i]) == &t[i]);
    }
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(guarded[i], ==, THREADS * TURNS);
    }
    g_assert_cmpint(qemu_mutex_trylock(&mutex), ==, 0);
    g_assert_cmpint(qemu_mutex_trylock(&mutex), ==, -EBUSY);
    qemu_mutex_unlock(&mutex);
    qemu_rec_mutex_destroy(&rec);
    qemu_mutex_destroy(&mutex);
}

/* --- events, semaphores, conditions --- */

typedef struct PingPong {
    QemuEvent ping, pong;
    QemuSemaphore sem;
    int value;
} PingPong;

static void *play(void *opaque)
{
    PingPong *p = opaque;

    for (int i = 0; i < TURNS; i++) {
        qemu_event_wait(&p->ping);
        qemu_event_reset(&p->ping);
        p->value++;
        qemu_event_set(&p->pong);
    }
    qemu_sem_post(&p->sem);
    return NULL;
}

static void events_order_memory(void)
{
    PingPong p = { .value = 0 };
    QemuThread t;

    qemu_event_init(&p.ping, false);
    qemu_event_init(&p.pong, false);
    qemu_sem_init(&p.sem, 0);
    qemu_thread_create(&t, "player", play, &p, QEMU_THREAD_JOINABLE);
    for (int i = 0; i < TURNS; i++) {
        g_assert_cmpint(p.value, ==, i);
        qemu_event_set(&p.ping);
        qemu_event_wait(&p.pong);
        qemu_event_reset(&p.pong);
    }
    qemu_sem_wait(&p.sem);
    qemu_thread_join(&t);
    g_assert_cmpint(qemu_sem_timedwait(&p.sem, 1), ==, -1);
    qemu_sem_post(&p.sem);
    g_assert_cmpint(qemu_sem_timedwait(&p.sem, 1), ==, 0);
    qemu_sem_destroy(&p.sem);
}

static void conditions_time_out(void)
{
    QemuCond cond;

    qemu_cond_init(&cond);
    qemu_mutex_init(&mutex);
    qemu_mutex_lock(&mutex);
    g_assert_false(qemu_cond_timedwait(&cond, &mutex, 5));
    qemu_mutex_unlock(&mutex);
    qemu_mutex_destroy(&mutex);
    qemu_cond_destroy(&cond);
}

static int ended;

static void thread_end(Notifier *n, void *data)
{
    qatomic_inc(&ended);
}

static void *end_early(void *opaque)
{
    Notifier *n = opaque;

    qemu_thread_atexit_add(n);
    qemu_thread_exit(NULL);
}

static void the_end_of_a_thread_is_told(void)
{
    Notifier n = { .notify = thread_end };
    QemuThread t;

    qemu_thread_create(&t, "end", end_early, &n, QEMU_THREAD_JOINABLE);
    qemu_thread_join(&t);
    g_assert_cmpint(ended, ==, 1);
}

/* --- RCU --- */

typedef struct Node Node;
struct Node {
    int a, b;               /* always equal while reachable */
    struct rcu_head rcu;
    QLIST_ENTRY(Node) next;
};

static Node *shared;
static bool stop;
static int freed;

static void *read_nodes(void *opaque)
{
    uint64_t reads = 0;

    while (!qatomic_read(&stop) || reads < 100) {
        RCU_READ_LOCK_GUARD();
        Node *n = qatomic_rcu_read(&shared);

        WITH_RCU_READ_LOCK_GUARD() {
            g_assert_cmpint(n->a, ==, n->b);
        }
        reads++;
    }
    return NULL;
}

static Node *new_node(int value)
{
    Node *n = g_new(Node, 1);

    n->a = n->b = value;
    return n;
}

static void readers_never_see_freed_nodes(void)
{
    QemuThread t[THREADS];

    stop = false;
    shared = new_node(0);
    for (int i = 0; i < THREADS; i++) {
        qemu_thread_create(&t[i], "reader", read_nodes, NULL,
                           QEMU_THREAD_JOINABLE);
    }
    for (int i = 1; i < 300; i++) {
        Node *old = shared;

        qatomic_rcu_set(&shared, new_node(i));
        if (i % 10) {
            g_free_rcu(old, rcu);
        } else {
            synchronize_rcu();
            old->b = -1;
            g_free(old);
        }
    }
    qatomic_set(&stop, true);
    for (int i = 0; i < THREADS; i++) {
        qemu_thread_join(&t[i]);
    }
    drain_call_rcu();
    g_free(shared);
}

typedef struct Headed {
    struct rcu_head rcu;
    int value;
} Headed;

static void free_headed(Headed *h)
{
    g_assert_true(bql_locked());
    freed += h->value;
    g_free(h);
}

static void calls_run_under_the_big_lock(void)
{
    bql_lock();
    for (int i = 1; i <= 100; i++) {
        Headed *h = g_new0(Headed, 1);

        h->value = i;
        call_rcu(h, free_headed, rcu);
    }
    drain_call_rcu();
    g_assert_true(bql_locked());
    bql_unlock();
    g_assert_cmpint(freed, ==, 5050);
}

static QLIST_HEAD(, Node) list = QLIST_HEAD_INITIALIZER(list);

static void *walk_list(void *opaque)
{
    uint64_t walks = 0;

    while (!qatomic_read(&stop) || walks < 100) {
        Node *n;

        WITH_RCU_READ_LOCK_GUARD() {
            QLIST_FOREACH_RCU(n, &list, next) {
                g_assert_cmpint(n->a, ==, n->b);
            }
        }
        walks++;
    }
    return NULL;
}

static void lists_change_under_readers(void)
{
    QemuThread t;
    Node *n;

    stop = false;
    qemu_thread_create(&t, "walker", walk_list, NULL, QEMU_THREAD_JOINABLE);
    for (int i = 0; i < 500; i++) {
        n = new_node(i);
        QLIST_INSERT_HEAD_RCU(&list, n, next);
        n = new_node(-i);
        QLIST_INSERT_AFTER_RCU(QLIST_FIRST(&list), n, next);
        if (i & 1) {
            n = QLIST_NEXT(QLIST_FIRST(&list), next);
            QLIST_REMOVE_RCU(n, next);
            g_free_rcu(n, rcu);
        }
    }
    qatomic_set(&stop, true);
    qemu_thread_join(&t);
    while ((n = QLIST_FIRST(&list))) {
        QLIST_REMOVE_RCU(n, next);
        g_free_rcu(n, rcu);
    }
    drain_call_rcu();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_thread_naming(true);
    g_test_add_func("/thread/locks-exclude", locks_exclude);
    g_test_add_func("/thread/events-order-memory", events_order_memory);
    g_test_add_func("/thread/conditions-time-out", conditions_time_out);
    g_test_add_func("/thread/the-end-of-a-thread-is-told",
                    the_end_of_a_thread_is_told);
    g_test_add_func("/rcu/readers-never-see-freed-nodes",
                    readers_never_see_freed_nodes);
    g_test_add_func("/rcu/calls-run-under-the-big-lock",
                    calls_run_under_the_big_lock);
    g_test_add_func("/rcu/lists-change-under-readers",
                    lists_change_under_readers);
    return g_test_run();
}
