/*
 * Free page hinting: before a copy of the machine is made the driver is asked for
 * pages that it does not need. VIRTIO 1.4 section 5.5.6.4.
 *
 * The driver may take a page back and write to it at any time without a word, so
 * nothing is dropped here: a page is left out of the copy if it was hinted in this
 * round and dirty logging, which began before the round, saw no write to it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-balloon-internal.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "system/ram_addr.h"

#define PAGE_BITS   12

/* One past the last page of all blocks. */
static uint64_t pages_in_all(void)
{
    const RAMBlock *block;
    uint64_t end = 0;
    RCU_READ_LOCK_GUARD();

    RAMBLOCK_FOREACH(block) {
        end = MAX(end, block->offset + block->used_length);
    }
    return end >> PAGE_BITS;
}

/* Pages count as written until a round cleans them. */
static void clean_all_pages(void)
{
    const RAMBlock *block;
    RCU_READ_LOCK_GUARD();

    RAMBLOCK_FOREACH(block) {
        physical_memory_test_and_clear_dirty(block->offset, block->used_length,
                                             DIRTY_MEMORY_MIGRATION);
    }
}

bool balloon_hints_start(void *opaque)
{
    VirtIOBalloon *s = opaque;
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    BalloonHint *hint = &s->hint;

    if (!virtio_vdev_has_feature(vdev, VIRTIO_BALLOON_F_FREE_PAGE_HINT) ||
        !virtio_device_started(vdev, vdev->status) || !vdev->vm_running ||
        hint->pages || balloon_poisoned(s)) {
        return false;
    }
    ram_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    clean_all_pages();
    hint->page_count = pages_in_all();
    hint->pages = bitmap_new(hint->page_count);
    hint->hinted = 0;
    hint->matched = false;
    hint->finished = false;
    hint->last = MAX(hint->last + 1, VIRTIO_BALLOON_CMD_ID_DONE + 1);
    hint->command = hint->last;
    virtio_notify_config(vdev);
    return true;
}

bool balloon_hints_complete(void *opaque)
{
    const BalloonHint *hint = &((VirtIOBalloon *)opaque)->hint;

    return !hint->pages || hint->finished;
}

bool balloon_hints_have(void *opaque, ram_addr_t addr)
{
    const BalloonHint *hint = &((VirtIOBalloon *)opaque)->hint;
    uint64_t page = addr >> PAGE_BITS;

    return hint->pages && page < hint->page_count &&
           test_bit(page, hint->pages) &&
           !physical_memory_get_dirty(addr, 1, DIRTY_MEMORY_MIGRATION);
}

static void forget_pages(BalloonHint *hint)
{
    if (hint->pages) {
        ram_dirty_log_stop(DIRTY_MEMORY_MIGRATION);
        g_clear_pointer(&hint->pages, g_free);
    }
}

void balloon_hints_stop(void *opaque)
{
    VirtIOBalloon *s = opaque;

    forget_pages(&s->hint);
    s->hint.matched = false;
    s->hint.command = VIRTIO_BALLOON_CMD_ID_DONE;
    virtio_notify_config(VIRTIO_DEVICE(s));
}

void balloon_hint_reset(VirtIOBalloon *s)
{
    forget_pages(&s->hint);
    s->hint.matched = false;
    s->hint.finished = true;
    s->hint.command = VIRTIO_BALLOON_CMD_ID_STOP;
}

void balloon_hint_loaded(VirtIOBalloon *s)
{
    if (s->hint.command > VIRTIO_BALLOON_CMD_ID_DONE) {
        s->hint.command = VIRTIO_BALLOON_CMD_ID_DONE;
        s->hint.tell = true;
    }
}

void balloon_hint_run(VirtIOBalloon *s)
{
    if (s->hint.tell) {
        s->hint.tell = false;
        virtio_notify_config(VIRTIO_DEVICE(s));
    }
}

void balloon_hint_exit(VirtIOBalloon *s)
{
    forget_pages(&s->hint);
}

/* The driver says which round its pages belong to, or that it has no more. */
static void take_command(BalloonHint *hint, const VirtQueueElement *elem)
{
    uint32_t command;

    if (iov_to_buf(elem->out_sg, elem->out_num, 0, &command,
                   sizeof(command)) < sizeof(command)) {
        return;
    }
    command = le32_to_cpu(command);
    if (hint->matched && command == VIRTIO_BALLOON_CMD_ID_STOP) {
        hint->matched = false;
        hint->finished = true;
    } else {
        hint->matched = hint->pages && command == hint->command;
    }
}

/* Whole pages of the buffers. */
static void take_pages(BalloonHint *hint, const VirtQueueElement *elem)
{
    RCU_READ_LOCK_GUARD();

    for (unsigned i = 0; i < elem->in_num; i++) {
        const struct iovec *iov = &elem->in_sg[i];
        ram_addr_t addr = qemu_ram_addr_from_host(iov->iov_base);
        uint64_t first, end;

        if (addr == RAM_ADDR_INVALID) {
            continue;
        }
        first = DIV_ROUND_UP(addr, 1 << PAGE_BITS);
        end = MIN((addr + iov->iov_len) >> PAGE_BITS, hint->page_count);
        if (first < end) {
            bitmap_set(hint->pages, first, end - first);
            hint->hinted += end - first;
        }
    }
}

bool balloon_hint_receive(VirtIOBalloon *s, VirtQueue *vq, unsigned budget)
{
    VirtQueueElement *elem;
    bool any = false;

    while (budget > 0 && (elem = virtqueue_pop(vq, sizeof(*elem)))) {
        if (elem->out_num) {
            take_command(&s->hint, elem);
        }
        if (elem->in_num && s->hint.matched) {
            take_pages(&s->hint, elem);
        }
        virtqueue_push(vq, elem, 0);
        g_free(elem);
        any = true;
        budget--;
    }
    if (any) {
        virtio_notify(VIRTIO_DEVICE(s), vq);
    }
    return budget > 0;
}
