/*
 * The register of all states of the machine, and saving and loading them as a
 * whole:
 *
 *     be32 magic, be32 version of this format
 *     for each state, highest priority first:
 *         byte 1, a byte with the length of the name, the name,
 *         be32 instance id, be32 version, be32 length, the state
 *     byte 0
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/queue.h"
#include "migration/vmstate.h"
#include "qemu-file-internal.h"
#include "trace.h"

#define STREAM_MAGIC    0x564d5354      /* "VMST" */
#define STREAM_VERSION  1

enum { RECORD_END, RECORD_STATE };

typedef struct StateEntry StateEntry;
struct StateEntry {
    char *name;
    uint32_t instance_id;
    int alias_id;               /* another number that is accepted; or -1 */
    int alias_version;          /* in streams of at least that version */
    const VMStateDescription *vmsd;
    void *opaque;
    bool loaded;                /* by the load under way */
    QTAILQ_ENTRY(StateEntry) link;
};

static QTAILQ_HEAD(, StateEntry) entries = QTAILQ_HEAD_INITIALIZER(entries);
static unsigned entry_count;

static StateEntry *find_entry(const char *name, uint32_t instance_id,
                              int version_id)
{
    StateEntry *e;

    QTAILQ_FOREACH(e, &entries, link) {
        if (strcmp(e->name, name)) {
            continue;
        }
        if (e->instance_id == instance_id ||
            (e->alias_id >= 0 && (uint32_t)e->alias_id == instance_id &&
             version_id >= e->alias_version)) {
            return e;
        }
    }
    return NULL;
}

static uint32_t next_instance(const char *name)
{
    uint32_t next = 0;
    StateEntry *e;

    QTAILQ_FOREACH(e, &entries, link) {
        if (!strcmp(e->name, name) && e->instance_id >= next) {
            next = e->instance_id + 1;
        }
    }
    return next;
}

static MigrationPriority priority_of(const StateEntry *e)
{
    return e->vmsd->priority ? e->vmsd->priority : MIG_PRI_DEFAULT;
}

static void insert_by_priority(StateEntry *entry)
{
    StateEntry *e;

    QTAILQ_FOREACH(e, &entries, link) {
        if (priority_of(e) < priority_of(entry)) {
            QTAILQ_INSERT_BEFORE(e, entry, link);
            return;
        }
    }
    QTAILQ_INSERT_TAIL(&entries, entry, link);
}

int vmstate_register_with_alias_id(const char *id_path, uint32_t instance_id,
                                   const VMStateDescription *vmsd,
                                   void *opaque, int alias_id,
                                   int required_for_version, Error **errp)
{
    g_autofree char *name = id_path && *id_path
        ? g_strdup_printf("%s/%s", id_path, vmsd->name)
        : g_strdup(vmsd->name);
    StateEntry *e;

    if (strlen(name) > UINT8_MAX) {
        error_setg(errp, "Path too long for VMState (%s)", name);
        return -1;
    }
    if (instance_id == (uint32_t)VMSTATE_INSTANCE_ID_ANY) {
        instance_id = next_instance(name);
    } else if (find_entry(name, instance_id, 0)) {
        error_setg(errp, "the state '%s' number %u is registered already",
                   name, instance_id);
        return -1;
    }
    e = g_new0(StateEntry, 1);
    e->name = g_steal_pointer(&name);
    e->instance_id = instance_id;
    e->alias_id = alias_id;
    e->alias_version = required_for_version;
    e->vmsd = vmsd;
    e->opaque = opaque;
    insert_by_priority(e);
    entry_count++;
    return 0;
}

void vmstate_unregister(const char *id_path, const VMStateDescription *vmsd,
                        void *opaque)
{
    StateEntry *e, *next;

    QTAILQ_FOREACH_SAFE(e, &entries, link, next) {
        if (e->vmsd == vmsd && e->opaque == opaque) {
            QTAILQ_REMOVE(&entries, e, link);
            g_free(e->name);
            g_free(e);
            entry_count--;
        }
    }
}

unsigned vmstate_registered_count(void)
{
    return entry_count;
}

/* ---- saving ------------------------------------------------------------ */

static int save_entry(QEMUFile *f, StateEntry *e, Error **errp)
{
    QEMUFile *mem = qemu_file_new_output_mem();
    int ret;
    const uint8_t *bytes;
    size_t size, length = strlen(e->name);

    trace_vmstate_save_state(e->name, e->instance_id);
    ret = vmstate_save_state(mem, e->vmsd, e->opaque, errp);
    if (ret == 0) {
        bytes = qemu_file_get_mem(mem, &size);
        qemu_put_byte(f, RECORD_STATE);
        qemu_put_byte(f, length);
        qemu_put_buffer(f, (const uint8_t *)e->name, length);
        qemu_put_be32(f, e->instance_id);
        qemu_put_be32(f, e->vmsd->version_id);
        qemu_put_be32(f, size);
        qemu_put_buffer(f, bytes, size);
    }
    qemu_fclose(mem);
    return ret;
}

bool vmstate_can_save(Error **errp)
{
    StateEntry *e;

    QTAILQ_FOREACH(e, &entries, link) {
        if (e->vmsd->unmigratable) {
            error_setg(errp, "State blocked by non-migratable device '%s'",
                       e->name);
            return false;
        }
    }
    return true;
}

int vmstate_save_all(QEMUFile *f, Error **errp)
{
    StateEntry *e;
    int ret;

    if (!vmstate_can_save(errp)) {
        return -EINVAL;
    }
    qemu_put_be32(f, STREAM_MAGIC);
    qemu_put_be32(f, STREAM_VERSION);
    QTAILQ_FOREACH(e, &entries, link) {
        if (!vmstate_section_needed(e->vmsd, e->opaque)) {
            continue;
        }
        ret = save_entry(f, e, errp);
        if (ret < 0) {
            return ret;
        }
    }
    qemu_put_byte(f, RECORD_END);
    ret = qemu_fflush(f);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "cannot write the state");
    }
    return ret;
}

/* ---- loading ----------------------------------------------------------- */

static int load_entry(QEMUFile *f, Error **errp)
{
    char name[UINT8_MAX + 1] = "";
    uint32_t instance_id, version_id, length;
    g_autofree char *shown = NULL;
    uint64_t outer;
    StateEntry *e;
    int ret;

    qemu_get_buffer(f, (uint8_t *)name, qemu_get_byte(f));
    instance_id = qemu_get_be32(f);
    version_id = qemu_get_be32(f);
    length = qemu_get_be32(f);
    shown = g_strescape(name, NULL);
    if (qemu_file_get_error(f)) {
        error_setg(errp, "the stream ends too soon");
        return -EINVAL;
    }
    e = find_entry(name, instance_id, version_id);
    if (!e || e->loaded) {
        error_setg(errp, "%s state '%s' number %u",
                   e ? "a second" : "unknown", shown, instance_id);
        return -EINVAL;
    }
    e->loaded = true;
    if (!qemu_file_begin_limit(f, length, &outer)) {
        error_setg(errp, "'%s' is longer than the stream", shown);
        return -EINVAL;
    }
    trace_vmstate_load_state(e->name, instance_id, version_id);
    ret = vmstate_load_state(f, e->vmsd, e->opaque, version_id, errp);
    if (!qemu_file_end_limit(f, outer) && ret == 0) {
        error_setg(errp, "'%s' has another length than %u", shown, length);
        ret = -EINVAL;
    }
    return ret;
}

int vmstate_load_all(QEMUFile *f, Error **errp)
{
    StateEntry *e;
    int ret;

    if (qemu_get_be32(f) != STREAM_MAGIC) {
        error_setg(errp, "this is not a stream of machine state");
        return -EINVAL;
    }
    if (qemu_get_be32(f) != STREAM_VERSION) {
        error_setg(errp, "the stream has another version than %d",
                   STREAM_VERSION);
        return -ENOTSUP;
    }
    QTAILQ_FOREACH(e, &entries, link) {
        e->loaded = false;
    }
    for (;;) {
        int record = qemu_get_byte(f);

        if (qemu_file_get_error(f) || record > RECORD_STATE) {
            error_setg(errp, "the stream is damaged or ends too soon");
            return -EINVAL;
        }
        if (record == RECORD_END) {
            break;
        }
        ret = load_entry(f, errp);
        if (ret < 0) {
            return ret;
        }
    }
    QTAILQ_FOREACH(e, &entries, link) {
        if (!e->loaded && vmstate_section_needed(e->vmsd, e->opaque)) {
            error_setg(errp, "the stream lacks the state '%s' number %u",
                       e->name, e->instance_id);
            return -EINVAL;
        }
    }
    return 0;
}
