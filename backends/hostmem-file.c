/*
 * memory-backend-file: guest RAM from a file, or from a directory of a file
 * system (hugetlbfs, tmpfs) in which a nameless file is made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "system/hostmem.h"

typedef struct HostMemoryBackendFile {
    HostMemoryBackend parent_obj;

    char *mem_path;
    uint64_t align;
    uint64_t offset;
    bool discard_data;
    bool readonly;
    bool is_pmem;
} HostMemoryBackendFile;

#define MEMORY_BACKEND_FILE(obj) \
    OBJECT_CHECK(HostMemoryBackendFile, (obj), TYPE_MEMORY_BACKEND_FILE)

static bool file_backend_alloc(HostMemoryBackend *backend, Error **errp)
{
    HostMemoryBackendFile *fb = MEMORY_BACKEND_FILE(backend);
    g_autofree char *name = NULL;
    uint32_t flags = (backend->share ? RAM_SHARED : 0) |
                     (backend->reserve ? 0 : RAM_NORESERVE) |
                     (fb->readonly ? RAM_READONLY | RAM_READONLY_FD : 0) |
                     (fb->is_pmem ? RAM_PMEM : 0);

    if (!fb->mem_path) {
        error_setg(errp, "mem-path property not set");
        return false;
    }
    if (fb->align & (fb->align - 1)) {
        error_setg(errp, "property 'align' of %s is 0x%" PRIx64
                   ", which is not a power of two",
                   TYPE_MEMORY_BACKEND_FILE, fb->align);
        return false;
    }
    if (fb->offset % qemu_real_host_page_size()) {
        error_setg(errp, "property 'offset' of %s is 0x%" PRIx64
                   ", which is not a multiple of the page size (%zu)",
                   TYPE_MEMORY_BACKEND_FILE, fb->offset,
                   qemu_real_host_page_size());
        return false;
    }
    name = host_memory_backend_get_name(backend);
    return memory_region_init_ram_from_file(&backend->mr, OBJECT(backend),
                                            name, backend->size, fb->align,
                                            flags, fb->mem_path, fb->offset,
                                            errp);
}

static char *get_mem_path(Object *obj, Error **errp)
{
    return g_strdup(MEMORY_BACKEND_FILE(obj)->mem_path);
}

static void set_mem_path(Object *obj, const char *value, Error **errp)
{
    HostMemoryBackendFile *fb = MEMORY_BACKEND_FILE(obj);

    if (host_memory_backend_mr_inited(MEMORY_BACKEND(obj))) {
        error_setg(errp, "cannot change property 'mem-path' of %s",
                   object_get_typename(obj));
        return;
    }
    g_free(fb->mem_path);
    fb->mem_path = g_strdup(value);
}

static void get_number(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    visit_type_size(v, name, (void *)((char *)obj + (uintptr_t)opaque), errp);
}

static void set_number(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    uint64_t value;

    if (host_memory_backend_mr_inited(MEMORY_BACKEND(obj))) {
        error_setg(errp, "cannot change property '%s' of %s", name,
                   object_get_typename(obj));
    } else if (visit_type_size(v, name, &value, errp)) {
        *(uint64_t *)(void *)((char *)obj + (uintptr_t)opaque) = value;
    }
}

#define FILE_BOOL(field)                                                     \
    static bool get_##field(Object *obj, Error **errp)                       \
    {                                                                        \
        return MEMORY_BACKEND_FILE(obj)->field;                              \
    }                                                                        \
    static void set_##field(Object *obj, bool value, Error **errp)           \
    {                                                                        \
        if (host_memory_backend_mr_inited(MEMORY_BACKEND(obj))) {            \
            error_setg(errp, "cannot change property '" #field "' of %s",    \
                       object_get_typename(obj));                            \
            return;                                                          \
        }                                                                    \
        MEMORY_BACKEND_FILE(obj)->field = value;                             \
    }
FILE_BOOL(discard_data)
FILE_BOOL(readonly)
FILE_BOOL(is_pmem)

/* A shared file whose content nobody wants is not written back. */
static void file_backend_unparent(Object *obj)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);
    HostMemoryBackendFile *fb = MEMORY_BACKEND_FILE(obj);

    if (host_memory_backend_mr_inited(backend) && fb->discard_data) {
        madvise(memory_region_get_ram_ptr(&backend->mr), backend->size,
                MADV_REMOVE);
    }
}

static void file_backend_finalize(Object *obj)
{
    g_free(MEMORY_BACKEND_FILE(obj)->mem_path);
}

static void file_backend_class_init(ObjectClass *oc, const void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = file_backend_alloc;
    oc->unparent = file_backend_unparent;
    object_class_property_add_str(oc, "mem-path", get_mem_path, set_mem_path);
    object_class_property_add(oc, "align", "int", get_number, set_number, NULL,
                              (void *)offsetof(HostMemoryBackendFile, align));
    object_class_property_add(oc, "offset", "int", get_number, set_number,
                              NULL, (void *)offsetof(HostMemoryBackendFile,
                                                     offset));
    object_class_property_add_bool(oc, "discard-data", get_discard_data,
                                   set_discard_data);
    object_class_property_add_bool(oc, "readonly", get_readonly, set_readonly);
    object_class_property_add_bool(oc, "pmem", get_is_pmem, set_is_pmem);
}

static const TypeInfo file_backend_info = {
    .name = TYPE_MEMORY_BACKEND_FILE,
    .parent = TYPE_MEMORY_BACKEND,
    .class_init = file_backend_class_init,
    .instance_size = sizeof(HostMemoryBackendFile),
    .instance_finalize = file_backend_finalize,
};

static void register_types(void)
{
    type_register_static(&file_backend_info);
}

type_init(register_types)
