/*
 * Memory backends: what all of them have in common, and the one that takes plain
 * RAM. Files are in hostmem-file.c, descriptors without a name in hostmem-memfd.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"
#include "system/hostmem.h"

/* ---- Use ---- */

bool host_memory_backend_mr_inited(HostMemoryBackend *backend)
{
    return backend->mr.ram_block != NULL;
}

MemoryRegion *host_memory_backend_get_memory(HostMemoryBackend *backend)
{
    if (!host_memory_backend_mr_inited(backend)) {
        return NULL;
    }
    return &backend->mr;
}

/* One user at a time: a machine's RAM, or a device. */
void host_memory_backend_set_mapped(HostMemoryBackend *backend, bool used)
{
    backend->is_mapped = used;
}

bool host_memory_backend_is_mapped(HostMemoryBackend *backend)
{
    return backend->is_mapped;
}

size_t host_memory_backend_pagesize(HostMemoryBackend *backend)
{
    return backend->mr.ram_block ? backend->mr.ram_block->page_size
                                 : qemu_real_host_page_size();
}

char *host_memory_backend_get_name(HostMemoryBackend *backend)
{
    return backend->use_canonical_path
        ? object_get_canonical_path(OBJECT(backend))
        : g_strdup(object_get_canonical_path_component(OBJECT(backend)));
}

/* ---- Properties ---- */

/* True, with an error, when it is too late to change @name. */
static bool refuse_change(HostMemoryBackend *backend, const char *name,
                          Error **errp)
{
    if (!host_memory_backend_mr_inited(backend)) {
        return false;
    }
    error_setg(errp, "cannot change property '%s' of a memory backend that "
               "has its memory", name);
    return true;
}

static void get_size(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    uint64_t size = MEMORY_BACKEND(obj)->size;

    visit_type_size(v, name, &size, errp);
}

static void set_size(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);
    uint64_t size;

    if (refuse_change(backend, name, errp) ||
        !visit_type_size(v, name, &size, errp)) {
        return;
    }
    if (!size) {
        error_setg(errp, "property '%s' of %s doesn't take value '0'", name,
                   object_get_typename(obj));
        return;
    }
    backend->size = size;
}

static void get_threads(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &MEMORY_BACKEND(obj)->prealloc_threads, errp);
}

static void set_threads(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (!value) {
        error_setg(errp, "property '%s' of %s doesn't take value '0'", name,
                   object_get_typename(obj));
        return;
    }
    MEMORY_BACKEND(obj)->prealloc_threads = value;
}

#define BOOL_PROPERTY(field, name)                                           \
    static bool get_##field(Object *obj, Error **errp)                       \
    {                                                                        \
        return MEMORY_BACKEND(obj)->field;                                   \
    }                                                                        \
    static void set_##field(Object *obj, bool value, Error **errp)           \
    {                                                                        \
        HostMemoryBackend *backend = MEMORY_BACKEND(obj);                    \
                                                                             \
        if (!refuse_change(backend, name, errp)) {                           \
            backend->field = value;                                          \
        }                                                                    \
    }
BOOL_PROPERTY(merge, "merge")
BOOL_PROPERTY(dump, "dump")
BOOL_PROPERTY(prealloc, "prealloc")
BOOL_PROPERTY(share, "share")
BOOL_PROPERTY(reserve, "reserve")
BOOL_PROPERTY(use_canonical_path,
              "x-use-canonical-path-for-ramblock-id")

/* ---- Life ---- */

static void backend_instance_init(Object *obj)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);

    backend->merge = true;
    backend->dump = true;
    backend->reserve = true;
    backend->prealloc_threads = 1;
}

/* Touches every page now, so that there is no lack of memory later. */
static bool preallocate(HostMemoryBackend *backend, void *ptr, Error **errp)
{
    if (madvise(ptr, backend->size, MADV_POPULATE_WRITE) == 0) {
        return true;
    }
    if (errno == EINVAL) {
        size_t step = host_memory_backend_pagesize(backend);

        for (volatile uint8_t *p = ptr; p < (uint8_t *)ptr + backend->size;
             p += step) {
            *p = *p;
        }
        return true;
    }
    error_setg_errno(errp, errno, "cannot preallocate memory of '%s'",
                     object_get_canonical_path_component(OBJECT(backend)));
    return false;
}

static void backend_complete(UserCreatable *uc, Error **errp)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(uc);
    void *ptr;

    if (!backend->size) {
        error_setg(errp, "can't create backend with size 0");
        return;
    }
    if (!backend->reserve && backend->prealloc) {
        error_setg(errp, "'prealloc=on' and 'reserve=off' are incompatible");
        return;
    }
    if (!MEMORY_BACKEND_GET_CLASS(uc)->alloc(backend, errp)) {
        return;
    }
    ptr = memory_region_get_ram_ptr(&backend->mr);
    if (backend->merge) {
        madvise(ptr, backend->size, MADV_MERGEABLE);
    }
    if (!backend->dump) {
        madvise(ptr, backend->size, MADV_DONTDUMP);
    }
    if (backend->prealloc) {
        preallocate(backend, ptr, errp);
    }
}

static bool backend_can_be_deleted(UserCreatable *uc)
{
    return !host_memory_backend_is_mapped(MEMORY_BACKEND(uc));
}

static void describe(ObjectClass *oc, const char *name, const char *text)
{
    object_class_property_set_description(oc, name, text);
}

static void backend_class_init(ObjectClass *oc, const void *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(oc);

    ucc->complete = backend_complete;
    ucc->can_be_deleted = backend_can_be_deleted;
    object_class_property_add_bool(oc, "merge", get_merge, set_merge);
    describe(oc, "merge", "Mark memory as mergeable");
    object_class_property_add_bool(oc, "dump", get_dump, set_dump);
    describe(oc, "dump", "Set to 'off' to exclude from core dump");
    object_class_property_add_bool(oc, "prealloc", get_prealloc, set_prealloc);
    describe(oc, "prealloc", "Preallocate memory");
    object_class_property_add(oc, "prealloc-threads", "int", get_threads,
                              set_threads, NULL, NULL);
    describe(oc, "prealloc-threads",
             "Number of CPU threads to use for prealloc");
    object_class_property_add(oc, "size", "int", get_size, set_size, NULL,
                              NULL);
    describe(oc, "size", "Size of the memory region (ex: 500M)");
    object_class_property_add_bool(oc, "share", get_share, set_share);
    describe(oc, "share", "Mark the memory as private to QEMU or shared");
    object_class_property_add_bool(oc, "reserve", get_reserve, set_reserve);
    describe(oc, "reserve",
             "Reserve swap space (or huge pages) if applicable");
    object_class_property_add_bool(oc, "x-use-canonical-path-for-ramblock-id",
                                   get_use_canonical_path,
                                   set_use_canonical_path);
}

static const TypeInfo memory_backend_info = {
    .name = TYPE_MEMORY_BACKEND,
    .parent = TYPE_OBJECT,
    .abstract = true,
    .class_size = sizeof(HostMemoryBackendClass),
    .class_init = backend_class_init,
    .instance_size = sizeof(HostMemoryBackend),
    .instance_init = backend_instance_init,
    .interfaces = (const InterfaceInfo[]) {
        { TYPE_USER_CREATABLE },
        { }
    },
};

/* ---- Plain RAM ---- */

static bool ram_backend_alloc(HostMemoryBackend *backend, Error **errp)
{
    g_autofree char *name = host_memory_backend_get_name(backend);
    uint32_t flags = (backend->share ? RAM_SHARED : 0) |
                     (backend->reserve ? 0 : RAM_NORESERVE);

    return memory_region_init_ram_flags_nomigrate(&backend->mr,
                                                  OBJECT(backend), name,
                                                  backend->size, flags, errp);
}

static void ram_backend_class_init(ObjectClass *oc, const void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = ram_backend_alloc;
}

static const TypeInfo ram_backend_info = {
    .name = TYPE_MEMORY_BACKEND_RAM,
    .parent = TYPE_MEMORY_BACKEND,
    .class_init = ram_backend_class_init,
};

static void register_types(void)
{
    type_register_static(&memory_backend_info);
    type_register_static(&ram_backend_info);
}

type_init(register_types)
