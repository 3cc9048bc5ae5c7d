/*
 * Memory backends: -object memory-backend-{ram,file,memfd}, the places from
 * which a machine takes guest RAM.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_HOSTMEM_H
#define SYSTEM_HOSTMEM_H

#include "qom/object.h"
#include "system/memory.h"

#define TYPE_MEMORY_BACKEND         "memory-backend"
#define TYPE_MEMORY_BACKEND_RAM     "memory-backend-ram"
#define TYPE_MEMORY_BACKEND_FILE    "memory-backend-file"
#define TYPE_MEMORY_BACKEND_MEMFD   "memory-backend-memfd"

typedef struct HostMemoryBackend HostMemoryBackend;
typedef struct HostMemoryBackendClass HostMemoryBackendClass;

#define MEMORY_BACKEND(obj) \
    OBJECT_CHECK(HostMemoryBackend, (obj), TYPE_MEMORY_BACKEND)
#define MEMORY_BACKEND_CLASS(klass) \
    OBJECT_CLASS_CHECK(HostMemoryBackendClass, (klass), TYPE_MEMORY_BACKEND)
#define MEMORY_BACKEND_GET_CLASS(obj) \
    OBJECT_GET_CLASS(HostMemoryBackendClass, (obj), TYPE_MEMORY_BACKEND)

struct HostMemoryBackendClass {
    ObjectClass parent_class;

    /* Initializes backend->mr with backend->size bytes; called once. */
    bool (*alloc)(HostMemoryBackend *backend, Error **errp);
};

struct HostMemoryBackend {
    Object parent;

    uint64_t size;
    bool merge;                 /* KSM may merge */
    bool dump;                  /* in core dumps */
    bool prealloc;
    bool share;
    bool reserve;
    bool use_canonical_path;
    bool is_mapped;
    uint32_t prealloc_threads;
    MemoryRegion mr;
};

/* The memory, or NULL before the backend is complete. */
MemoryRegion *host_memory_backend_get_memory(HostMemoryBackend *backend);
bool host_memory_backend_mr_inited(HostMemoryBackend *backend);

/* Whether a machine or device uses it; two users are an error of the second. */
void host_memory_backend_set_mapped(HostMemoryBackend *backend, bool mapped);
bool host_memory_backend_is_mapped(HostMemoryBackend *backend);

size_t host_memory_backend_pagesize(HostMemoryBackend *backend);

/* The name its RAM block has in a migration stream; free with g_free(). */
char *host_memory_backend_get_name(HostMemoryBackend *backend);

#endif
