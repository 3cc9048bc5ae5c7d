/*
 * memory-backend-memfd: guest RAM from a descriptor without a name, which can be
 * handed to another process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "system/hostmem.h"

typedef struct HostMemoryBackendMemfd {
    HostMemoryBackend parent_obj;

    bool hugetlb;
    uint64_t hugetlbsize;
    bool seal;
} HostMemoryBackendMemfd;

#define MEMORY_BACKEND_MEMFD(obj) \
    OBJECT_CHECK(HostMemoryBackendMemfd, (obj), TYPE_MEMORY_BACKEND_MEMFD)

/* An open descriptor of the right size, or -1 with @errp. */
static int make_memfd(HostMemoryBackendMemfd *m, const char *name,
                      uint64_t size, Error **errp)
{
    unsigned flags = MFD_CLOEXEC | (m->seal ? MFD_ALLOW_SEALING : 0);
    int fd;

    if (m->hugetlb) {
        flags |= MFD_HUGETLB;
        if (m->hugetlbsize) {
            flags |= (unsigned)__builtin_ctzll(m->hugetlbsize)
                     << MAP_HUGE_SHIFT;
        }
    }
    fd = memfd_create(name, flags);
    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot create memfd for '%s'", name);
        return -1;
    }
    if (ftruncate(fd, size) < 0) {
        error_setg_errno(errp, errno, "cannot give memfd '%s' its size of 0x%"
                         PRIx64 " bytes", name, size);
        close(fd);
        return -1;
    }
    if (m->seal && fcntl(fd, F_ADD_SEALS,
                         F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
        error_setg_errno(errp, errno, "cannot seal memfd '%s'", name);
        close(fd);
        return -1;
    }
    return fd;
}

static bool memfd_backend_alloc(HostMemoryBackend *backend, Error **errp)
{
    HostMemoryBackendMemfd *m = MEMORY_BACKEND_MEMFD(backend);
    g_autofree char *name = host_memory_backend_get_name(backend);
    uint32_t flags = (backend->share ? RAM_SHARED : 0) |
                     (backend->reserve ? 0 : RAM_NORESERVE);
    int fd = make_memfd(m, name, backend->size, errp);

    if (fd < 0) {
        return false;
    }
    if (!memory_region_init_ram_from_fd(&backend->mr, OBJECT(backend), name,
                                        backend->size, flags, fd, 0, errp)) {
        close(fd);
        return false;
    }
    return true;
}

static bool get_hugetlb(Object *obj, Error **errp)
{
    return MEMORY_BACKEND_MEMFD(obj)->hugetlb;
}

static void set_hugetlb(Object *obj, bool value, Error **errp)
{
    MEMORY_BACKEND_MEMFD(obj)->hugetlb = value;
}

static bool get_seal(Object *obj, Error **errp)
{
    return MEMORY_BACKEND_MEMFD(obj)->seal;
}

static void set_seal(Object *obj, bool value, Error **errp)
{
    MEMORY_BACKEND_MEMFD(obj)->seal = value;
}

static void get_hugetlbsize(Object *obj, Visitor *v, const char *name,
                            void *opaque, Error **errp)
{
    visit_type_size(v, name, &MEMORY_BACKEND_MEMFD(obj)->hugetlbsize, errp);
}

static void set_hugetlbsize(Object *obj, Visitor *v, const char *name,
                            void *opaque, Error **errp)
{
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (!value || (value & (value - 1))) {
        error_setg(errp, "property '%s' of %s takes a power of two, not 0x%"
                   PRIx64, name, object_get_typename(obj), value);
        return;
    }
    MEMORY_BACKEND_MEMFD(obj)->hugetlbsize = value;
}

static void memfd_backend_instance_init(Object *obj)
{
    MEMORY_BACKEND_MEMFD(obj)->seal = true;
    MEMORY_BACKEND(obj)->share = true;
}

static void memfd_backend_class_init(ObjectClass *oc, const void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = memfd_backend_alloc;
    object_class_property_add_bool(oc, "hugetlb", get_hugetlb, set_hugetlb);
    object_class_property_set_description(oc, "hugetlb", "Use huge pages");
    object_class_property_add(oc, "hugetlbsize", "int", get_hugetlbsize,
                              set_hugetlbsize, NULL, NULL);
    object_class_property_set_description(oc, "hugetlbsize",
                                          "Huge pages size (ex: 2M, 1G)");
    object_class_property_add_bool(oc, "seal", get_seal, set_seal);
    object_class_property_set_description(oc, "seal", "Seal growing & "
                                          "shrinking");
}

static const TypeInfo memfd_backend_info = {
    .name = TYPE_MEMORY_BACKEND_MEMFD,
    .parent = TYPE_MEMORY_BACKEND,
    .class_init = memfd_backend_class_init,
    .instance_size = sizeof(HostMemoryBackendMemfd),
    .instance_init = memfd_backend_instance_init,
};

static void register_types(void)
{
    type_register_static(&memfd_backend_info);
}

type_init(register_types)
