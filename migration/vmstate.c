/*
 * Saving and loading states by their descriptions. The kinds of fields are in
 * vmstate-types.c, the register of all states in vmstate-registry.c.
 *
 * A state is its fields in the order of the table, then its subsections:
 *
 *     field       be32 length, then as many bytes:
 *                 the elements one after another; a described struct begins
 *                 with its be32 version; an element behind a pointer of an
 *                 array of pointers with a byte, 1, or 0 if it is NULL
 *     subsections a byte with their count, then for each
 *                 a byte with the length of the name, the name, be32 version,
 *                 be32 length, and a state of that length
 *
 * A field that the version read does not have, or whose field_exists says no,
 * takes no room. Reading checks every length against what is read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "migration/vmstate.h"
#include "qemu-file-internal.h"

/* No device has more state than this behind one pointer. */
#define ALLOC_MAX (1ull << 30)

static bool field_present(const VMStateField *field, void *opaque,
                          int version_id)
{
    return field->version_id <= version_id &&
           (!field->field_exists || field->field_exists(opaque, version_id));
}

/* Bytes of one element; negative if the device's own count is. */
static int64_t element_size(const VMStateField *field, void *opaque)
{
    int64_t size = field->size;

    if (field->flags & VMS_VBUFFER) {
        size = *(int32_t *)((char *)opaque + field->size_offset);
        if (field->flags & VMS_MULTIPLY) {
            size *= field->size;
        }
    }
    return size;
}

/* Number of elements; negative likewise. */
static int64_t element_count(const VMStateField *field, void *opaque)
{
    const void *at = (char *)opaque + field->num_offset;

    if (field->flags & VMS_ARRAY) {
        return field->num;
    }
    if (field->flags & VMS_VARRAY_INT32) {
        return *(const int32_t *)at;
    }
    if (field->flags & VMS_VARRAY_UINT32) {
        return *(const uint32_t *)at;
    }
    if (field->flags & VMS_VARRAY_UINT16) {
        return *(const uint16_t *)at;
    }
    if (field->flags & VMS_VARRAY_UINT8) {
        return *(const uint8_t *)at;
    }
    return 1;
}

/* Checks size and count; an array inside the struct also against its room. */
static bool field_extent(const VMStateField *field, void *opaque,
                         int64_t *size, int64_t *count, Error **errp)
{
    const int varray = VMS_VARRAY_INT32 | VMS_VARRAY_UINT32 |
                       VMS_VARRAY_UINT16 | VMS_VARRAY_UINT8;

    *size = element_size(field, opaque);
    *count = element_count(field, opaque);
    if (*size < 0 || *count < 0) {
        error_setg(errp, "negative size or count of '%s'", field->name);
        return false;
    }
    if ((field->flags & varray) && !(field->flags & VMS_POINTER) &&
        *count > field->num) {
        error_setg(errp, "'%s' has %" PRId64 " elements, there is room for %d",
                   field->name, *count, field->num);
        return false;
    }
    return true;
}

static char *field_base(const VMStateField *field, void *opaque)
{
    char *base = (char *)opaque + field->offset;

    return field->flags & VMS_POINTER ? *(char **)base : base;
}

static int struct_version(const VMStateField *field)
{
    return field->flags & VMS_VSTRUCT ? field->struct_version_id
                                      : field->vmsd->version_id;
}

/* ---- saving ------------------------------------------------------------ */

static int save_state(QEMUFile *f, const VMStateDescription *vmsd,
                      void *opaque, int version_id, Error **errp);

static int save_element(QEMUFile *f, const VMStateField *field, void *element,
                        size_t size, Error **errp)
{
    int ret;

    if (field->flags & (VMS_STRUCT | VMS_VSTRUCT)) {
        qemu_put_be32(f, struct_version(field));
        return save_state(f, field->vmsd, element, struct_version(field),
                          errp);
    }
    ret = field->info->put(f, element, size, field);
    if (ret < 0) {
        error_setg(errp, "cannot save '%s'", field->name);
    }
    return ret;
}

static int save_elements(QEMUFile *f, const VMStateField *field, void *opaque,
                         Error **errp)
{
    char *base = field_base(field, opaque);
    int64_t size, count;
    int ret = 0;

    if (!field_extent(field, opaque, &size, &count, errp)) {
        return -EINVAL;
    }
    if (!base && size && count) {
        return 0;                   /* nothing behind the pointer */
    }
    for (int64_t i = 0; i < count && !ret; i++) {
        void *element = base + i * size;

        if (field->flags & VMS_ARRAY_OF_POINTER) {
            element = ((void **)base)[i];
            qemu_put_byte(f, element != NULL);
            if (!element) {
                continue;
            }
        }
        ret = save_element(f, field, element, size, errp);
    }
    return ret < 0 ? ret : 0;
}

static int save_fields(QEMUFile *f, const VMStateDescription *vmsd,
                       void *opaque, int version_id, Error **errp)
{
    for (const VMStateField *field = vmsd->fields;
         field && !(field->flags & VMS_END); field++) {
        size_t mark;
        int ret;

        if (!field_present(field, opaque, version_id)) {
            if (field->flags & VMS_MUST_EXIST) {
                error_setg(errp, "%s: condition '%s' does not hold",
                           vmsd->name, field->name);
                return -EINVAL;
            }
            continue;
        }
        mark = qemu_file_begin_length(f);
        ret = save_elements(f, field, opaque, errp);
        qemu_file_end_length(f, mark);
        if (ret < 0) {
            error_prepend(errp, "%s: ", vmsd->name);
            return ret;
        }
    }
    return 0;
}

bool vmstate_section_needed(const VMStateDescription *vmsd, void *opaque)
{
    return !vmsd->needed || vmsd->needed(opaque);
}

static int save_subsections(QEMUFile *f, const VMStateDescription *vmsd,
                            void *opaque, Error **errp)
{
    const VMStateDescription *const *sub;
    unsigned count = 0;

    for (sub = vmsd->subsections; sub && *sub; sub++) {
        count += vmstate_section_needed(*sub, opaque);
    }
    g_assert(count <= UINT8_MAX);
    qemu_put_byte(f, count);
    for (sub = vmsd->subsections; count && *sub; sub++) {
        size_t mark, length = strlen((*sub)->name);
        int ret;

        if (!vmstate_section_needed(*sub, opaque)) {
            continue;
        }
        g_assert(length <= UINT8_MAX);
        qemu_put_byte(f, length);
        qemu_put_buffer(f, (const uint8_t *)(*sub)->name, length);
        qemu_put_be32(f, (*sub)->version_id);
        mark = qemu_file_begin_length(f);
        ret = save_state(f, *sub, opaque, (*sub)->version_id, errp);
        qemu_file_end_length(f, mark);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static int run_pre_save(const VMStateDescription *vmsd, void *opaque,
                        Error **errp)
{
    int ret = 0;

    if (vmsd->pre_save_errp) {
        return vmsd->pre_save_errp(opaque, errp) ? 0 : -EINVAL;
    }
    if (vmsd->pre_save) {
        ret = vmsd->pre_save(opaque);
        if (ret) {
            error_setg(errp, "%s: preparing to save failed", vmsd->name);
        }
    }
    return ret < 0 ? ret : ret ? -EINVAL : 0;
}

static int save_state(QEMUFile *f, const VMStateDescription *vmsd,
                      void *opaque, int version_id, Error **errp)
{
    ERRP_GUARD();
    int ret = run_pre_save(vmsd, opaque, errp);

    if (ret < 0) {
        return ret;
    }
    ret = save_fields(f, vmsd, opaque, version_id, errp);
    if (ret == 0) {
        ret = save_subsections(f, vmsd, opaque, errp);
    }
    if (vmsd->post_save && vmsd->post_save(opaque) && ret == 0) {
        error_setg(errp, "%s: ending to save failed", vmsd->name);
        ret = -EINVAL;
    }
    return ret;
}

int vmstate_save_state(QEMUFile *f, const VMStateDescription *vmsd,
                       void *opaque, Error **errp)
{
    QEMUFile *mem;
    const uint8_t *bytes;
    size_t size;
    int ret;

    if (qemu_file_is_output_mem(f)) {
        return save_state(f, vmsd, opaque, vmsd->version_id, errp);
    }
    /* Lengths are known afterwards, and a descriptor cannot go back. */
    mem = qemu_file_new_output_mem();
    ret = save_state(mem, vmsd, opaque, vmsd->version_id, errp);
    bytes = qemu_file_get_mem(mem, &size);
    if (ret == 0) {
        qemu_put_buffer(f, bytes, size);
    }
    qemu_fclose(mem);
    return ret;
}

/* ---- loading ----------------------------------------------------------- */

static int load_element(QEMUFile *f, const VMStateField *field, void *element,
                        size_t size, Error **errp)
{
    int ret;

    if (field->flags & (VMS_STRUCT | VMS_VSTRUCT)) {
        int version_id = qemu_get_be32(f);

        return vmstate_load_state(f, field->vmsd, element, version_id, errp);
    }
    ret = field->info->get(f, element, size, field);
    if (ret == 0) {
        ret = qemu_file_get_error(f);
    }
    if (ret < 0) {
        const char *why = qemu_file_reason(f) ? qemu_file_reason(f)
                                              : field->err_hint;

        error_setg(errp, "'%s' cannot be read or has an illegal value%s%s",
                   field->name, why ? ": " : "", why ? why : "");
    }
    return ret;
}

/* Storage for a field that is made on load, within what the stream can fill. */
static int field_alloc(QEMUFile *f, const VMStateField *field, void *opaque,
                       int64_t size, int64_t count, Error **errp)
{
    void **slot = (void **)((char *)opaque + field->offset);
    uint64_t left = qemu_file_limit_left(f);
    uint64_t least = field->flags & VMS_VBUFFER ? size : count;

    if (least > left || (size && count > (int64_t)(ALLOC_MAX / size))) {
        error_setg(errp, "'%s' claims %" PRId64 " times %" PRId64
                   " bytes, which are not there", field->name, count, size);
        return -EINVAL;
    }
    g_free(*slot);
    *slot = size && count ? g_malloc0(size * count) : NULL;
    return 0;
}

static int load_elements(QEMUFile *f, const VMStateField *field, void *opaque,
                         Error **errp)
{
    int64_t size, count;
    int ret = 0;
    char *base;

    if (!field_extent(field, opaque, &size, &count, errp)) {
        return -EINVAL;
    }
    if (field->flags & VMS_ALLOC) {
        ret = field_alloc(f, field, opaque, size, count, errp);
        if (ret < 0) {
            return ret;
        }
    }
    base = field_base(field, opaque);
    if (!base && size && count) {
        return 0;       /* bytes for it are then too many, which is noticed */
    }
    for (int64_t i = 0; i < count && ret >= 0; i++) {
        void *element = base + i * size;

        if (field->flags & VMS_ARRAY_OF_POINTER) {
            bool there = qemu_get_byte(f);

            element = ((void **)base)[i];
            if (there != (element != NULL)) {
                error_setg(errp, "'%s' number %" PRId64 " %s", field->name, i,
                           there ? "has no place here" : "is missing");
                return -EINVAL;
            }
            if (!there) {
                continue;
            }
        }
        ret = load_element(f, field, element, size, errp);
    }
    return ret < 0 ? ret : 0;
}

static int load_field(QEMUFile *f, const VMStateField *field, void *opaque,
                      Error **errp)
{
    uint32_t length = qemu_get_be32(f);
    uint64_t outer;
    int ret;

    if (!qemu_file_begin_limit(f, length, &outer) || qemu_file_get_error(f)) {
        error_setg(errp, "the stream ends in '%s'", field->name);
        return -EINVAL;
    }
    ret = load_elements(f, field, opaque, errp);
    if (!qemu_file_end_limit(f, outer) && ret == 0) {
        error_setg(errp, "'%s' has another length than %u", field->name,
                   length);
        ret = -EINVAL;
    }
    return ret;
}

static int load_fields(QEMUFile *f, const VMStateDescription *vmsd,
                       void *opaque, int version_id, Error **errp)
{
    for (const VMStateField *field = vmsd->fields;
         field && !(field->flags & VMS_END); field++) {
        int ret;

        if (!field_present(field, opaque, version_id)) {
            if (field->flags & VMS_MUST_EXIST) {
                error_setg(errp, "condition '%s' does not hold", field->name);
                return -EINVAL;
            }
            continue;
        }
        ret = load_field(f, field, opaque, errp);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static const VMStateDescription *find_subsection(
    const VMStateDescription *vmsd, const char *name)
{
    const VMStateDescription *const *sub = vmsd->subsections;

    for (; sub && *sub; sub++) {
        if (g_str_equal((*sub)->name, name)) {
            return *sub;
        }
    }
    return NULL;
}

static int load_subsections(QEMUFile *f, const VMStateDescription *vmsd,
                            void *opaque, Error **errp)
{
    unsigned count = qemu_get_byte(f);

    for (unsigned i = 0; i < count; i++) {
        char name[UINT8_MAX + 1] = "";
        const VMStateDescription *sub;
        uint32_t version_id, length;
        uint64_t outer;
        int ret;

        qemu_get_buffer(f, (uint8_t *)name, qemu_get_byte(f));
        version_id = qemu_get_be32(f);
        length = qemu_get_be32(f);
        sub = find_subsection(vmsd, name);
        if (!sub) {
            g_autofree char *shown = g_strescape(name, NULL);

            error_setg(errp, "unknown subsection '%s'", shown);
            return -ENOENT;
        }
        if (!qemu_file_begin_limit(f, length, &outer)) {
            error_setg(errp, "the stream ends in '%s'", name);
            return -EINVAL;
        }
        ret = vmstate_load_state(f, sub, opaque, version_id, errp);
        if (!qemu_file_end_limit(f, outer) && ret == 0) {
            error_setg(errp, "subsection '%s' has another length than %u",
                       name, length);
            ret = -EINVAL;
        }
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static int run_pre_load(const VMStateDescription *vmsd, void *opaque,
                        Error **errp)
{
    if (vmsd->pre_load_errp) {
        return vmsd->pre_load_errp(opaque, errp) ? 0 : -EINVAL;
    }
    if (vmsd->pre_load && vmsd->pre_load(opaque)) {
        error_setg(errp, "preparing to load failed");
        return -EINVAL;
    }
    return 0;
}

static int run_post_load(const VMStateDescription *vmsd, void *opaque,
                         int version_id, Error **errp)
{
    if (vmsd->post_load_errp) {
        return vmsd->post_load_errp(opaque, version_id, errp) ? 0 : -EINVAL;
    }
    if (vmsd->post_load && vmsd->post_load(opaque, version_id)) {
        error_setg(errp, "the values do not fit together");
        return -EINVAL;
    }
    return 0;
}

int vmstate_load_state(QEMUFile *f, const VMStateDescription *vmsd,
                       void *opaque, int version_id, Error **errp)
{
    ERRP_GUARD();
    int ret;

    if (version_id > vmsd->version_id || version_id < 0 ||
        version_id < vmsd->minimum_version_id) {
        error_setg(errp, "%s: version %d is not among %d to %d", vmsd->name,
                   version_id, vmsd->minimum_version_id, vmsd->version_id);
        return -EINVAL;
    }
    ret = run_pre_load(vmsd, opaque, errp);
    if (ret == 0) {
        ret = load_fields(f, vmsd, opaque, version_id, errp);
    }
    if (ret == 0) {
        ret = load_subsections(f, vmsd, opaque, errp);
    }
    if (ret == 0 && qemu_file_get_error(f)) {
        ret = qemu_file_get_error(f);
        error_setg(errp, "the stream ends too soon");
    }
    if (ret == 0) {
        ret = run_post_load(vmsd, opaque, version_id, errp);
    }
    if (ret < 0) {
        error_prepend(errp, "%s: ", vmsd->name);
    }
    return ret;
}
