/*
 * The public ring API over vq->ops, and what all layouts share: enabling and
 * translating a ring, bounced buffers, accounting. Layouts are in virtqueue-split.c
 * and virtqueue-packed.c, chain checks in virtqueue-chain.h, the way to guest
 * memory in virtqueue-memory.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "qemu/aio.h"
#include "hw/virtio/virtqueue-internal.h"


static inline void assert_owner(VirtQueue *vq)
{
#ifdef CONFIG_DEBUG
    assert(!vq->ctx || aio_context_is_mine(vq->ctx));
#endif
}

void virtqueue_fail(VirtQueue *vq, const char *fmt, ...)
{
    g_autofree char *message = NULL;
    va_list ap;

    va_start(ap, fmt);
    message = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    vq->broken = true;
    vq->on_error(vq, message);
}

/* --- set-up --- */

void virtqueue_core_init(VirtQueue *vq, VirtQueueMemory *mem,
                         uint16_t num_max, VirtQueueErrorFn *on_error)
{
    memset(vq, 0, sizeof(*vq));
    vq->mem = mem;
    vq->on_error = on_error;
    vq->num_max = num_max;
    vq->ops = &virtqueue_split_ops;
    virtqueue_core_reset(vq);
}

void virtqueue_core_set_layout(VirtQueue *vq, const VirtQueueOps *ops)
{
    vq->ops = ops;
    if (ops->packed && !vq->filled) {
        vq->filled = g_new0(VirtQueueUsed, vq->num_max);
        vq->taken_ndescs = g_new0(uint16_t, vq->num_max);
    }
    if (ops->in_order && !vq->ordered) {
        vq->ordered = g_new0(VirtQueueOrdered, vq->num_max);
    }
}

void virtqueue_core_reset(VirtQueue *vq)
{
    g_clear_pointer(&vq->filled, g_free);
    g_clear_pointer(&vq->taken_ndescs, g_free);
    g_clear_pointer(&vq->ordered, g_free);
    vq->ops = &virtqueue_split_ops;
    vq->desc = vq->driver = vq->device = (VirtQueueArea){ 0 };
    vq->hit = (VirtQueueRange){ 0 };
    vq->map_generation = 0;
    vq->inuse = 0;
    vq->unsignalled = 0;
    vq->num = vq->num_max;
    vq->last_avail = vq->shadow_avail = vq->used_idx = 0;
    vq->avail_wrap = vq->used_wrap = true;
    vq->enabled = false;
    vq->broken = false;
    vq->notification = true;
    vq->taken_count = 0;
    vq->order_oldest = vq->order_next = 0;
    vq->bounce_bytes = 0;
}

void virtqueue_core_destroy(VirtQueue *vq)
{
    virtqueue_core_reset(vq);
    vq->num = vq->num_max = 0;
}

bool virtqueue_core_enable(VirtQueue *vq, hwaddr desc, hwaddr driver,
                           hwaddr device)
{
    hwaddr addrs[3] = { desc, driver, device };
    uint64_t bytes[3];
    unsigned align[3];

    if (vq->num == 0 || vq->num > vq->num_max ||
        (!vq->ops->packed && (vq->num & (vq->num - 1)))) {
        return false;
    }
    vq->ops->sizes(vq, bytes, align);
    for (int i = 0; i < 3; i++) {
        if (addrs[i] % align[i] != 0 || addrs[i] + bytes[i] < addrs[i]) {
            return false;
        }
    }
    vq->desc.addr = desc;
    vq->driver.addr = driver;
    vq->device.addr = device;
    vq->map_generation = 0;
    vq->enabled = true;
    return true;
}

/* --- guest memory --- */

bool virtqueue_find(VirtQueue *vq, hwaddr addr)
{
    VirtQueueRange range;

    if (!vq->mem->ops->find(vq->mem, addr, &range)) {
        return false;
    }
    vq->hit = range;
    return true;
}

/* Translate one area of a ring: all of it in one stretch of RAM. */
static bool map_area(VirtQueue *vq, VirtQueueArea *area, uint64_t bytes,
                     bool writable, const char *what)
{
    VirtQueueRange range;

    if (!vq->mem->ops->find(vq->mem, area->addr, &range) ||
        bytes > range.bytes - (area->addr - range.base) ||
        (writable && !range.writable)) {
        virtqueue_fail(vq, "%s area at 0x%" PRIx64 ", %" PRIu64
                       " bytes, is not in RAM", what, area->addr, bytes);
        return false;
    }
    area->host = range.host + (area->addr - range.base);
    area->ram = range.ram + (area->addr - range.base);
    return true;
}

bool virtqueue_map(VirtQueue *vq)
{
    /* Taken before translating: a change in between is seen next time. */
    unsigned generation = qatomic_load_acquire(&vq->mem->generation);
    uint64_t bytes[3];
    unsigned align[3];

    vq->hit = (VirtQueueRange){ 0 };
    vq->ops->sizes(vq, bytes, align);
    if (!map_area(vq, &vq->desc, bytes[0], vq->ops->packed, "descriptor") ||
        !map_area(vq, &vq->driver, bytes[1], false, "driver") ||
        !map_area(vq, &vq->device, bytes[2], true, "device")) {
        return false;
    }
    vq->map_generation = generation;
    return true;
}

uint8_t *virtqueue_copy_table(VirtQueue *vq, hwaddr addr, uint32_t bytes)
{
    g_autofree uint8_t *copy = NULL;
    uint32_t done = 0;

    if (bytes > VIRTQUEUE_MAX_SIZE * sizeof(struct vring_desc)) {
        virtqueue_fail(vq, "indirect table of %u bytes is not in RAM", bytes);
        return NULL;
    }
    copy = g_malloc(bytes);
    while (done < bytes) {
        uint64_t offset, n;

        if (addr + done < addr || !virtqueue_find(vq, addr + done)) {
            virtqueue_fail(vq, "indirect table at 0x%" PRIx64
                           " is not in RAM", addr);
            return NULL;
        }
        offset = addr + done - vq->hit.base;
        n = MIN(bytes - done, vq->hit.bytes - offset);
        memcpy(copy + done, vq->hit.host + offset, n);
        done += n;
    }
    return g_steal_pointer(&copy);
}

/* How much from @addr on, at most @bytes, cannot be reached as RAM? */
static uint32_t bounce_extent(VirtQueue *vq, hwaddr addr, uint32_t bytes)
{
    VirtQueueRange range;

    /* ROM answers reads as RAM does; one that is written bounces to its end. */
    if (vq->mem->ops->find(vq->mem, addr, &range)) {
        return MIN(bytes, range.bytes - (addr - range.base));
    }
    /* Page by page, until RAM begins again. */
    for (uint64_t n = 4096 - addr % 4096; n < bytes; n += 4096) {
        if (vq->mem->ops->find(vq->mem, addr + n, &range)) {
            return n;
        }
    }
    return bytes;
}

VirtQueueBounce *virtqueue_bounce(VirtQueue *vq, VirtQueueElement *elem,
                                  hwaddr addr, uint32_t bytes, bool is_write,
                                  size_t in_offset)
{
    VirtQueueBounce *bounce;

    if (bytes > VIRTQUEUE_BOUNCE_MAX) {
        virtqueue_fail(vq, "buffer at 0x%" PRIx64 ", %u bytes, is not in RAM",
                       addr, bytes);
        return NULL;
    }
    bytes = bounce_extent(vq, addr, bytes);
    if (bytes > VIRTQUEUE_BOUNCE_MAX - vq->bounce_bytes) {
        virtqueue_fail(vq, "more than %u bytes of buffers are not in RAM",
                       VIRTQUEUE_BOUNCE_MAX);
        return NULL;
    }
    /* Zeroed: what the device does not write must not show our memory. */
    bounce = g_malloc0(sizeof(*bounce) + bytes);
    bounce->addr = addr;
    bounce->bytes = bytes;
    bounce->is_write = is_write;
    bounce->in_offset = in_offset;
    if (!is_write && !vq->mem->ops->read(vq->mem, addr, bounce->data, bytes)) {
        virtqueue_fail(vq, "nothing answers at 0x%" PRIx64, addr);
        g_free(bounce);
        return NULL;
    }
    vq->bounce_bytes += bytes;
    bounce->next = elem->bounce;
    elem->bounce = bounce;
    return bounce;
}

void virtqueue_bounce_free(VirtQueue *vq, VirtQueueElement *elem)
{
    while (elem->bounce) {
        VirtQueueBounce *bounce = elem->bounce;

        elem->bounce = bounce->next;
        vq->bounce_bytes -= MIN(vq->bounce_bytes, bounce->bytes);
        g_free(bounce);
    }
}

/* The first @len writable bytes hold what the device wrote: hand them over. */
static void bounce_write_back(VirtQueue *vq, const VirtQueueElement *elem,
                              size_t len)
{
    for (VirtQueueBounce *b = elem->bounce; b; b = b->next) {
        if (b->is_write && b->in_offset < len) {
            vq->mem->ops->write(vq->mem, b->addr, b->data,
                                MIN(b->bytes, len - b->in_offset));
        }
    }
}

static bool is_bounced(const VirtQueueElement *elem, const void *host)
{
    for (const VirtQueueBounce *b = elem->bounce; b; b = b->next) {
        if (host == b->data) {
            return true;
        }
    }
    return false;
}

/* Tell the memory that the first @len writable bytes changed. */
static void commit_buffers(VirtQueue *vq, const VirtQueueElement *elem,
                           size_t len)
{
    const VirtQueueMemoryOps *ops = vq->mem->ops;

    for (unsigned i = 0; i < elem->in_num && len > 0; i++) {
        const struct iovec *piece = &elem->in_sg[i];
        size_t bytes = MIN(piece->iov_len, len);
        uint64_t offset = (uint8_t *)piece->iov_base - vq->hit.host;

        len -= bytes;
        if (likely(offset < vq->hit.bytes && bytes <= vq->hit.bytes - offset)) {
            ops->commit(vq->mem, vq->hit.ram + offset, bytes);
        } else if (!elem->bounce || !is_bounced(elem, piece->iov_base)) {
            ops->commit_host(vq->mem, piece->iov_base, bytes);
        }
    }
}

void virtqueue_commit(VirtQueue *vq, const VirtQueueElement *elem)
{
    RCU_READ_LOCK_GUARD();

    if (vq->mem->ops->commit) {
        commit_buffers(vq, elem, elem->in_bytes);
    }
}

/* Let go of what an element keeps; its pieces are not touched any more. */
static void release_element(VirtQueue *vq, const VirtQueueElement *elem)
{
    if (unlikely(elem->bounce)) {
        /* The pieces are the caller's; what hangs on them is ours. */
        virtqueue_bounce_free(vq, (VirtQueueElement *)elem);
    }
}

/* --- taking --- */

void virtqueue_batch_init(VirtQueueBatch *batch, unsigned max_elems,
                          unsigned extra_iov)
{
    /* Twice: each descriptor may lie across two stretches of RAM. */
    *batch = (VirtQueueBatch){
        .max_elems = max_elems,
        .max_iov = 2 * VIRTQUEUE_MAX_SIZE + extra_iov,
    };
    batch->elems = g_new(VirtQueueElement, batch->max_elems);
    batch->iov = g_new(struct iovec, batch->max_iov);
}

void virtqueue_batch_destroy(VirtQueueBatch *batch)
{
    g_clear_pointer(&batch->elems, g_free);
    g_clear_pointer(&batch->iov, g_free);
    *batch = (VirtQueueBatch){ 0 };
}

unsigned virtqueue_pop_batch(VirtQueue *vq, VirtQueueBatch *batch, unsigned max)
{
    unsigned before = batch->count;

    assert_owner(vq);
    max = MIN(max, batch->max_elems - before);
    if (max == 0 || !virtqueue_usable(vq)) {
        return 0;
    }
    vq->ops->take(vq, batch, max);
    if (unlikely(vq->broken)) {
        while (batch->count > before) {
            release_element(vq, &batch->elems[--batch->count]);
        }
        return 0;
    }
    return batch->count - before;
}

void virtqueue_unpop_batch(VirtQueue *vq, VirtQueueBatch *batch, unsigned count)
{
    assert_owner(vq);
    assert(count <= batch->count);
    for (unsigned i = 0; i < count; i++) {
        const VirtQueueElement *elem = &batch->elems[--batch->count];

        batch->iov_used -= elem->out_num + elem->in_num;
        release_element(vq, elem);
    }
    virtqueue_rewind(vq, count);
}

/* Hold or let go of the RAM under a long-lived element. */
static void hold_element(VirtQueue *vq, const VirtQueueElement *elem, bool hold)
{
    for (unsigned i = 0; i < elem->out_num + elem->in_num; i++) {
        const struct iovec *piece = i < elem->out_num ? &elem->out_sg[i] :
                                    &elem->in_sg[i - elem->out_num];

        if (!is_bounced(elem, piece->iov_base)) {
            vq->mem->ops->hold(vq->mem, piece->iov_base, hold);
        }
    }
}

void *virtqueue_pop(VirtQueue *vq, size_t sz)
{
    struct iovec iov[VIRTQUEUE_MAX_SIZE + 64];
    VirtQueueElement found;
    VirtQueueBatch batch = {
        .elems = &found, .iov = iov,
        .max_elems = 1, .max_iov = ARRAY_SIZE(iov),
    };
    size_t pieces_at = ROUND_UP(MAX(sz, sizeof(found)), sizeof(void *));
    VirtQueueElement *elem;
    RCU_READ_LOCK_GUARD();

    if (virtqueue_pop_batch(vq, &batch, 1) == 0) {
        return NULL;
    }
    elem = g_malloc(pieces_at + batch.iov_used * sizeof(iov[0]));
    *elem = found;
    elem->out_sg = (struct iovec *)((char *)elem + pieces_at);
    elem->in_sg = elem->out_sg + elem->out_num;
    memcpy(elem->out_sg, iov, batch.iov_used * sizeof(iov[0]));
    if (vq->mem->ops->hold) {
        elem->held = true;
        hold_element(vq, elem, true);
    }
    return elem;
}

bool virtqueue_rewind(VirtQueue *vq, unsigned int num)
{
    assert_owner(vq);
    if (num > vq->inuse) {
        return false;
    }
    vq->ops->untake(vq, num);
    vq->inuse -= num;
    return true;
}

/* --- giving back --- */

static void let_go(VirtQueue *vq, const VirtQueueElement *elem)
{
    if (unlikely(elem->held)) {
        hold_element(vq, elem, false);
    }
    release_element(vq, elem);
}

void virtqueue_fill(VirtQueue *vq, const VirtQueueElement *elem,
                    unsigned int len, unsigned int idx)
{
    RCU_READ_LOCK_GUARD();

    assert_owner(vq);
    if (likely(virtqueue_usable(vq))) {
        /* A length beyond what was offered would show the driver its own past. */
        len = MIN(len, elem->in_bytes);
        if (unlikely(elem->bounce)) {
            bounce_write_back(vq, elem, len);
        }
        if (len > 0 && vq->mem->ops->commit) {
            commit_buffers(vq, elem, len);
        }
        vq->ops->fill(vq, elem, len, idx);
    }
    let_go(vq, elem);
}

void virtqueue_flush(VirtQueue *vq, unsigned int count)
{
    RCU_READ_LOCK_GUARD();

    assert_owner(vq);
    if (count == 0) {
        return;
    }
    if (likely(virtqueue_usable(vq))) {
        unsigned places = vq->ops->flush(vq, count);

        vq->unsignalled = MIN(vq->unsignalled + places,
                              VIRTQUEUE_UNSIGNALLED_MAX);
    }
    vq->inuse -= MIN(count, vq->inuse);
}

void virtqueue_push(VirtQueue *vq, const VirtQueueElement *elem,
                    unsigned int len)
{
    virtqueue_fill(vq, elem, len, 0);
    virtqueue_flush(vq, 1);
}

void virtqueue_detach_element(VirtQueue *vq, const VirtQueueElement *elem,
                              unsigned int len)
{
    vq->inuse -= MIN(1, vq->inuse);
    let_go(vq, elem);
}

void virtqueue_unpop(VirtQueue *vq, const VirtQueueElement *elem,
                     unsigned int len)
{
    virtqueue_rewind(vq, 1);
    let_go(vq, elem);
}

/* --- looking and notifying --- */

void virtqueue_get_avail_bytes(VirtQueue *vq, unsigned int *in_bytes,
                               unsigned int *out_bytes,
                               unsigned max_in_bytes, unsigned max_out_bytes)
{
    uint64_t in = 0, out = 0;
    RCU_READ_LOCK_GUARD();

    assert_owner(vq);
    if (virtqueue_usable(vq)) {
        vq->ops->measure(vq, &in, &out, max_in_bytes, max_out_bytes);
        if (vq->broken) {
            in = out = 0;
        }
    }
    if (in_bytes) {
        *in_bytes = MIN(in, UINT_MAX);
    }
    if (out_bytes) {
        *out_bytes = MIN(out, UINT_MAX);
    }
}

int virtqueue_avail_bytes(VirtQueue *vq, unsigned int in_bytes,
                          unsigned int out_bytes)
{
    unsigned in, out;

    virtqueue_get_avail_bytes(vq, &in, &out, in_bytes, out_bytes);
    return in >= in_bytes && out >= out_bytes;
}

bool virtio_queue_ready(VirtQueue *vq)
{
    return vq->enabled && !vq->broken && !vq->quiet;
}

bool virtio_queue_empty(VirtQueue *vq)
{
    RCU_READ_LOCK_GUARD();

    assert_owner(vq);
    return !virtqueue_usable(vq) || !vq->ops->pending(vq);
}

void virtio_queue_set_notification(VirtQueue *vq, int enable)
{
    RCU_READ_LOCK_GUARD();

    assert_owner(vq);
    vq->notification = enable;
    if (virtqueue_usable(vq)) {
        vq->ops->arm(vq);
    }
}

bool virtqueue_should_notify(VirtQueue *vq)
{
    bool wanted;
    RCU_READ_LOCK_GUARD();

    assert_owner(vq);
    if (vq->unsignalled == 0 || !virtqueue_usable(vq)) {
        return false;
    }
    /* So many, or not known how many: they include any event. */
    wanted = vq->unsignalled >= VIRTQUEUE_UNSIGNALLED_MAX || vq->ops->wants_notify(vq);
    vq->unsignalled = 0;
    return wanted;
}
