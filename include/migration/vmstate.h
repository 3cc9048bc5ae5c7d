/*
 * Descriptions of a device's state: tables of fields that can be written to a
 * stream and read back from one that nobody trusts.
 *
 * A field that is not in the description's struct at the version read keeps
 * its value. Counts of arrays inside the struct are checked against the array;
 * a count that governs storage behind a pointer must be checked by the table
 * itself before it is used (VMSTATE_VALIDATE, _EQUAL, _POSITIVE_LE), unless
 * the stream does not carry it. Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_VMSTATE_H
#define QEMU_VMSTATE_H

struct json_object;

/*
 * A kind of field. get and put move one element of `size` bytes at pv; get
 * answers 0 or -errno (with the stream's error set or not).
 */
struct VMStateInfo {
    const char *name;
    int (*get)(QEMUFile *f, void *pv, size_t size, const VMStateField *field);
    int (*put)(QEMUFile *f, void *pv, size_t size, const VMStateField *field);
};

enum VMStateFlags {
    VMS_SINGLE           = 0x0001,
    VMS_POINTER          = 0x0002,  /* the field is a pointer to the element(s) */
    VMS_ARRAY            = 0x0004,  /* num elements */
    VMS_STRUCT           = 0x0008,  /* each described by vmsd */
    VMS_VARRAY_INT32     = 0x0010,  /* the count is an int32_t at num_offset */
    VMS_BUFFER           = 0x0020,  /* size bytes as they are */
    VMS_ARRAY_OF_POINTER = 0x0040,  /* elements are pointers */
    VMS_VARRAY_UINT16    = 0x0080,
    VMS_VBUFFER          = 0x0100,  /* size is an int32_t at size_offset */
    VMS_MULTIPLY         = 0x0200,  /* size times field.size */
    VMS_VARRAY_UINT8     = 0x0400,
    VMS_VARRAY_UINT32    = 0x0800,
    VMS_MUST_EXIST       = 0x1000,  /* refused when field_exists says no */
    VMS_ALLOC            = 0x2000,  /* storage is made on load */
    VMS_VSTRUCT          = 0x8000,  /* struct written as struct_version_id */
    VMS_END              = 0x10000,
};

struct VMStateField {
    const char *name;
    const char *err_hint;
    size_t offset;
    size_t size;                /* bytes of an element */
    size_t start;
    int num;
    size_t num_offset;
    size_t size_offset;
    const VMStateInfo *info;
    enum VMStateFlags flags;
    const VMStateDescription *vmsd;
    int version_id;             /* first version that has it */
    int struct_version_id;
    bool (*field_exists)(void *opaque, int version_id);
};

typedef enum {
    MIG_PRI_UNINITIALIZED = 0,  /* the same as DEFAULT */
    /*
     * Last of all, in the order of an interrupt's way: what devices do to their
     * lines while states are saved is still in the stream, and while they are
     * loaded is overwritten.
     */
    MIG_PRI_CPU,
    MIG_PRI_LOCAL_APIC,
    MIG_PRI_LOW,                /* interrupt controllers */
    MIG_PRI_DEFAULT,
    MIG_PRI_IOMMU,              /* before the devices behind it */
    MIG_PRI_PCI_BUS,
    MIG_PRI_VIRTIO_MEM,
    MIG_PRI_GICV3_ITS,
    MIG_PRI_GICV3,
    MIG_PRI_MAX,
} MigrationPriority;

struct VMStateDescription {
    const char *name;
    bool unmigratable;
    bool early_setup;
    int version_id;             /* written */
    int minimum_version_id;     /* oldest that can be read */
    MigrationPriority priority; /* higher is saved and loaded earlier */
    int (*pre_load)(void *opaque);
    bool (*pre_load_errp)(void *opaque, Error **errp);
    /* Must check all values that were loaded; non-zero refuses them. */
    int (*post_load)(void *opaque, int version_id);
    bool (*post_load_errp)(void *opaque, int version_id, Error **errp);
    int (*pre_save)(void *opaque);
    bool (*pre_save_errp)(void *opaque, Error **errp);
    int (*post_save)(void *opaque);
    /* For a subsection: is it in the stream? */
    bool (*needed)(void *opaque);
    bool (*dev_unplug_pending)(void *opaque);
    const VMStateField *fields;             /* ends with VMSTATE_END_OF_LIST */
    const VMStateDescription *const *subsections;   /* ends with NULL */
};

extern const VMStateInfo vmstate_info_bool;
extern const VMStateInfo vmstate_info_int8;
extern const VMStateInfo vmstate_info_int16;
extern const VMStateInfo vmstate_info_int32;
extern const VMStateInfo vmstate_info_int64;
extern const VMStateInfo vmstate_info_uint8;
extern const VMStateInfo vmstate_info_uint16;
extern const VMStateInfo vmstate_info_uint32;
extern const VMStateInfo vmstate_info_uint64;
extern const VMStateInfo vmstate_info_int32_equal;
extern const VMStateInfo vmstate_info_uint8_equal;
extern const VMStateInfo vmstate_info_uint16_equal;
extern const VMStateInfo vmstate_info_uint32_equal;
extern const VMStateInfo vmstate_info_uint64_equal;
extern const VMStateInfo vmstate_info_int32_le;
extern const VMStateInfo vmstate_info_timer;
extern const VMStateInfo vmstate_info_buffer;
extern const VMStateInfo vmstate_info_unused_buffer;
extern const VMStateInfo vmstate_info_bitmap;
extern const VMStateInfo vmstate_info_cpudouble;
extern const VMStateInfo vmstate_info_nullptr;
extern const VMStateInfo vmstate_info_qtailq;

/* ---- the type checks behind the macros --------------------------------- */

#define type_check(t1, t2)              (0 * sizeof((t1 *)0 == (t2 *)0))
#define type_check_array(t, a, n) \
    (0 * sizeof((t (*)[n])0 == (typeof(a) *)0))
#define vmstate_field_of(_state, _field) (((_state *)0)->_field)

#define vmstate_offset_value(_state, _field, _type)                         \
    (offsetof(_state, _field) +                                             \
     type_check(_type, typeof(vmstate_field_of(_state, _field))))
#define vmstate_offset_pointer(_state, _field, _type)                       \
    (offsetof(_state, _field) +                                             \
     type_check(_type *, typeof(vmstate_field_of(_state, _field))))
#define vmstate_offset_array(_state, _field, _type, _num)                   \
    (offsetof(_state, _field) +                                             \
     type_check_array(_type, vmstate_field_of(_state, _field), _num))
#define vmstate_offset_2darray(_state, _field, _type, _n1, _n2)             \
    (offsetof(_state, _field) +                                             \
     0 * sizeof((_type (*)[_n1][_n2])0 ==                                   \
                (typeof(vmstate_field_of(_state, _field)) *)0))
#define vmstate_offset_sub_array(_state, _field, _type, _start)             \
    (offsetof(_state, _field[_start]))
#define vmstate_offset_buffer(_state, _field)                               \
    vmstate_offset_array(_state, _field, uint8_t,                           \
                         sizeof(vmstate_field_of(_state, _field)))
#define vmstate_offset_varray(_state, _field, _type)                        \
    (offsetof(_state, _field) +                                             \
     type_check(_type, typeof(vmstate_field_of(_state, _field)[0])))

/* ---- fields ------------------------------------------------------------ */

#define VMSTATE_SINGLE_TEST(_f, _s, _test, _version, _info, _type) {        \
        .name = stringify(_f), .version_id = (_version),                    \
        .field_exists = (_test), .size = sizeof(_type), .info = &(_info),   \
        .flags = VMS_SINGLE, .offset = vmstate_offset_value(_s, _f, _type), \
    }
#define VMSTATE_SINGLE(_f, _s, _version, _info, _type) \
    VMSTATE_SINGLE_TEST(_f, _s, NULL, _version, _info, _type)
#define VMSTATE_SINGLE_FULL(_f, _s, _test, _version, _info, _type, _hint) { \
        .name = stringify(_f), .err_hint = (_hint),                         \
        .version_id = (_version), .field_exists = (_test),                  \
        .size = sizeof(_type), .info = &(_info), .flags = VMS_SINGLE,       \
        .offset = vmstate_offset_value(_s, _f, _type),                      \
    }
/* Something no longer in the struct: checked, or just there. */
#define VMSTATE_VALIDATE(_name, _test) {                                    \
        .name = (_name), .field_exists = (_test),                           \
        .flags = VMS_ARRAY | VMS_MUST_EXIST, .num = 0,                      \
    }
#define VMSTATE_POINTER_TEST(_f, _s, _test, _info, _type) {                 \
        .name = stringify(_f), .info = &(_info), .field_exists = (_test),   \
        .size = sizeof(_type), .flags = VMS_SINGLE | VMS_POINTER,           \
        .offset = vmstate_offset_value(_s, _f, _type),                      \
    }
#define VMSTATE_POINTER_V(_f, _s, _version, _info, _type) {                 \
        .name = stringify(_f), .version_id = (_version), .info = &(_info),  \
        .size = sizeof(_type), .flags = VMS_SINGLE | VMS_POINTER,           \
        .offset = vmstate_offset_value(_s, _f, _type),                      \
    }
#define VMSTATE_POINTER(_f, _s, _version, _info, _type) \
    VMSTATE_POINTER_V(_f, _s, _version, _info, _type)

#define VMSTATE_ARRAY_TEST_V(_f, _s, _num, _test, _version, _info, _type) { \
        .name = stringify(_f), .version_id = (_version),                    \
        .field_exists = (_test), .num = (_num), .info = &(_info),           \
        .size = sizeof(_type), .flags = VMS_ARRAY,                          \
        .offset = vmstate_offset_array(_s, _f, _type, _num),                \
    }
#define VMSTATE_ARRAY(_f, _s, _num, _version, _info, _type) \
    VMSTATE_ARRAY_TEST_V(_f, _s, _num, NULL, _version, _info, _type)
#define VMSTATE_ARRAY_TEST(_f, _s, _num, _test, _info, _type) \
    VMSTATE_ARRAY_TEST_V(_f, _s, _num, _test, 0, _info, _type)
#define VMSTATE_2DARRAY_TEST(_f, _s, _n1, _n2, _test, _version, _info, _type) {\
        .name = stringify(_f), .version_id = (_version),                    \
        .field_exists = (_test), .num = (_n1) * (_n2), .info = &(_info),    \
        .size = sizeof(_type), .flags = VMS_ARRAY,                          \
        .offset = vmstate_offset_2darray(_s, _f, _type, _n1, _n2),          \
    }
#define VMSTATE_2DARRAY(_f, _s, _n1, _n2, _version, _info, _type) \
    VMSTATE_2DARRAY_TEST(_f, _s, _n1, _n2, NULL, _version, _info, _type)
#define VMSTATE_SUB_ARRAY(_f, _s, _start, _num, _version, _info, _type) {   \
        .name = stringify(_f), .version_id = (_version), .num = (_num),     \
        .info = &(_info), .size = sizeof(_type), .flags = VMS_ARRAY,        \
        .offset = vmstate_offset_sub_array(_s, _f, _type, _start),          \
    }
#define VMSTATE_ARRAY_OF_POINTER(_f, _s, _num, _version, _info, _type) {    \
        .name = stringify(_f), .version_id = (_version), .num = (_num),     \
        .info = &(_info), .size = sizeof(_type),                            \
        .flags = VMS_ARRAY | VMS_ARRAY_OF_POINTER,                          \
        .offset = vmstate_offset_array(_s, _f, _type, _num),                \
    }

/* Counted arrays: _f is an array in the struct (not _POINTER) that has room
 * for as many as the struct can hold; its size bounds the count. */
#define VMSTATE_VARRAY_ANY_(_f, _s, _fn, _ntype, _vfl, _version, _info, _type) {\
        .name = stringify(_f), .version_id = (_version),                    \
        .num = sizeof(vmstate_field_of(_s, _f)) / sizeof(_type),            \
        .num_offset = vmstate_offset_value(_s, _fn, _ntype),                \
        .info = &(_info), .size = sizeof(_type), .flags = (_vfl),           \
        .offset = vmstate_offset_varray(_s, _f, _type),                     \
    }
#define VMSTATE_VARRAY_PTR_(_f, _s, _fn, _ntype, _vfl, _version, _info, _type) {\
        .name = stringify(_f), .version_id = (_version),                    \
        .num_offset = vmstate_offset_value(_s, _fn, _ntype),                \
        .info = &(_info), .size = sizeof(_type),                            \
        .flags = (_vfl) | VMS_POINTER,                                      \
        .offset = vmstate_offset_pointer(_s, _f, _type),                    \
    }
#define VMSTATE_VARRAY_INT32(_f, _s, _fn, _v, _info, _type) \
    VMSTATE_VARRAY_PTR_(_f, _s, _fn, int32_t, VMS_VARRAY_INT32, _v, _info, _type)
#define VMSTATE_VARRAY_UINT32(_f, _s, _fn, _v, _info, _type) \
    VMSTATE_VARRAY_PTR_(_f, _s, _fn, uint32_t, VMS_VARRAY_UINT32, _v, _info, _type)
#define VMSTATE_VARRAY_UINT32_ALLOC(_f, _s, _fn, _v, _info, _type) \
    VMSTATE_VARRAY_PTR_(_f, _s, _fn, uint32_t, \
                        VMS_VARRAY_UINT32 | VMS_ALLOC, _v, _info, _type)
#define VMSTATE_VARRAY_UINT16_ALLOC(_f, _s, _fn, _v, _info, _type) \
    VMSTATE_VARRAY_PTR_(_f, _s, _fn, uint16_t, \
                        VMS_VARRAY_UINT16 | VMS_ALLOC, _v, _info, _type)
#define VMSTATE_VARRAY_UINT16_UNSAFE(_f, _s, _fn, _v, _info, _type) \
    VMSTATE_VARRAY_ANY_(_f, _s, _fn, uint16_t, VMS_VARRAY_UINT16, _v, _info, _type)

#define VMSTATE_STRUCT_TEST(_f, _s, _test, _version, _vmsd, _type) {        \
        .name = stringify(_f), .version_id = (_version),                    \
        .field_exists = (_test), .vmsd = &(_vmsd), .size = sizeof(_type),   \
        .flags = VMS_STRUCT, .offset = vmstate_offset_value(_s, _f, _type), \
    }
#define VMSTATE_STRUCT(_f, _s, _version, _vmsd, _type) \
    VMSTATE_STRUCT_TEST(_f, _s, NULL, _version, _vmsd, _type)
#define VMSTATE_VSTRUCT_V(_f, _s, _version, _vmsd, _type, _sv) {            \
        .name = stringify(_f), .version_id = (_version),                    \
        .struct_version_id = (_sv), .vmsd = &(_vmsd),                       \
        .size = sizeof(_type), .flags = VMS_VSTRUCT,                        \
        .offset = vmstate_offset_value(_s, _f, _type),                      \
    }
#define VMSTATE_STRUCT_POINTER_TEST_V(_f, _s, _test, _version, _vmsd, _type) {\
        .name = stringify(_f), .version_id = (_version),                    \
        .field_exists = (_test), .vmsd = &(_vmsd), .size = sizeof(_type *), \
        .flags = VMS_STRUCT | VMS_POINTER,                                  \
        .offset = vmstate_offset_pointer(_s, _f, _type),                    \
    }
#define VMSTATE_STRUCT_POINTER_TEST(_f, _s, _test, _vmsd, _type) \
    VMSTATE_STRUCT_POINTER_TEST_V(_f, _s, _test, 0, _vmsd, _type)
#define VMSTATE_STRUCT_POINTER_V(_f, _s, _version, _vmsd, _type) \
    VMSTATE_STRUCT_POINTER_TEST_V(_f, _s, NULL, _version, _vmsd, _type)
#define VMSTATE_STRUCT_POINTER(_f, _s, _vmsd, _type) \
    VMSTATE_STRUCT_POINTER_TEST_V(_f, _s, NULL, 0, _vmsd, _type)
#define VMSTATE_STRUCT_ARRAY_TEST(_f, _s, _num, _test, _version, _vmsd, _type) {\
        .name = stringify(_f), .num = (_num), .field_exists = (_test),      \
        .version_id = (_version), .vmsd = &(_vmsd), .size = sizeof(_type),  \
        .flags = VMS_STRUCT | VMS_ARRAY,                                    \
        .offset = vmstate_offset_array(_s, _f, _type, _num),                \
    }
#define VMSTATE_STRUCT_ARRAY(_f, _s, _num, _version, _vmsd, _type) \
    VMSTATE_STRUCT_ARRAY_TEST(_f, _s, _num, NULL, _version, _vmsd, _type)
#define VMSTATE_STRUCT_SUB_ARRAY(_f, _s, _start, _num, _version, _vmsd, _type) {\
        .name = stringify(_f), .num = (_num), .version_id = (_version),     \
        .vmsd = &(_vmsd), .size = sizeof(_type),                            \
        .flags = VMS_STRUCT | VMS_ARRAY,                                    \
        .offset = vmstate_offset_sub_array(_s, _f, _type, _start),          \
    }
#define VMSTATE_STRUCT_VARRAY_ANY_(_f, _s, _fn, _nt, _vfl, _version, _vmsd, _type) {\
        .name = stringify(_f), .version_id = (_version),                    \
        .num = sizeof(vmstate_field_of(_s, _f)) / sizeof(_type),            \
        .num_offset = vmstate_offset_value(_s, _fn, _nt),                   \
        .vmsd = &(_vmsd), .size = sizeof(_type),                            \
        .flags = (_vfl) | VMS_STRUCT,                                       \
        .offset = vmstate_offset_varray(_s, _f, _type),                     \
    }
#define VMSTATE_STRUCT_VARRAY_PTR_(_f, _s, _fn, _nt, _vfl, _version, _vmsd, _type) {\
        .name = stringify(_f), .version_id = (_version),                    \
        .num_offset = vmstate_offset_value(_s, _fn, _nt),                   \
        .vmsd = &(_vmsd), .size = sizeof(_type),                            \
        .flags = (_vfl) | VMS_STRUCT | VMS_POINTER,                         \
        .offset = vmstate_offset_pointer(_s, _f, _type),                    \
    }
#define VMSTATE_STRUCT_VARRAY_UINT8(_f, _s, _fn, _v, _vmsd, _type) \
    VMSTATE_STRUCT_VARRAY_ANY_(_f, _s, _fn, uint8_t, VMS_VARRAY_UINT8, _v, _vmsd, _type)
#define VMSTATE_STRUCT_VARRAY_INT32(_f, _s, _fn, _v, _vmsd, _type) \
    VMSTATE_STRUCT_VARRAY_ANY_(_f, _s, _fn, int32_t, VMS_VARRAY_INT32, _v, _vmsd, _type)
#define VMSTATE_STRUCT_VARRAY_UINT32(_f, _s, _fn, _v, _vmsd, _type) \
    VMSTATE_STRUCT_VARRAY_ANY_(_f, _s, _fn, uint32_t, VMS_VARRAY_UINT32, _v, _vmsd, _type)
#define VMSTATE_STRUCT_VARRAY_POINTER_KNOWN(_f, _s, _num, _v, _vmsd, _type) {\
        .name = stringify(_f), .version_id = (_v), .num = (_num),           \
        .vmsd = &(_vmsd), .size = sizeof(_type),                            \
        .flags = VMS_POINTER | VMS_ARRAY | VMS_STRUCT,                      \
        .offset = vmstate_offset_pointer(_s, _f, _type),                    \
    }
#define VMSTATE_STRUCT_VARRAY_POINTER_INT32(_f, _s, _fn, _vmsd, _type) \
    VMSTATE_STRUCT_VARRAY_PTR_(_f, _s, _fn, int32_t, VMS_VARRAY_INT32, 0, _vmsd, _type)
#define VMSTATE_STRUCT_VARRAY_POINTER_UINT32(_f, _s, _fn, _vmsd, _type) \
    VMSTATE_STRUCT_VARRAY_PTR_(_f, _s, _fn, uint32_t, VMS_VARRAY_UINT32, 0, _vmsd, _type)
#define VMSTATE_STRUCT_VARRAY_POINTER_UINT16(_f, _s, _fn, _vmsd, _type) \
    VMSTATE_STRUCT_VARRAY_PTR_(_f, _s, _fn, uint16_t, VMS_VARRAY_UINT16, 0, _vmsd, _type)
#define VMSTATE_STRUCT_VARRAY_ALLOC(_f, _s, _fn, _v, _vmsd, _type) \
    VMSTATE_STRUCT_VARRAY_PTR_(_f, _s, _fn, int32_t, \
                               VMS_VARRAY_INT32 | VMS_ALLOC, _v, _vmsd, _type)

#define VMSTATE_STATIC_BUFFER(_f, _s, _version, _test, _start, _size) {     \
        .name = stringify(_f), .version_id = (_version),                    \
        .field_exists = (_test), .size = (_size) - (_start),                \
        .info = &vmstate_info_buffer, .flags = VMS_BUFFER,                  \
        .offset = vmstate_offset_buffer(_s, _f) + (_start),                 \
    }
#define VMSTATE_BUFFER_V(_f, _s, _v) \
    VMSTATE_STATIC_BUFFER(_f, _s, _v, NULL, 0, sizeof(vmstate_field_of(_s, _f)))
#define VMSTATE_BUFFER(_f, _s) VMSTATE_BUFFER_V(_f, _s, 0)
#define VMSTATE_BUFFER_TEST(_f, _s, _test) \
    VMSTATE_STATIC_BUFFER(_f, _s, 0, _test, 0, sizeof(vmstate_field_of(_s, _f)))
#define VMSTATE_PARTIAL_BUFFER(_f, _s, _size) \
    VMSTATE_STATIC_BUFFER(_f, _s, 0, NULL, 0, _size)
#define VMSTATE_BUFFER_START_MIDDLE(_f, _s, _start) \
    VMSTATE_STATIC_BUFFER(_f, _s, 0, NULL, _start, sizeof(vmstate_field_of(_s, _f)))
/* A buffer behind a pointer; its length is a field (in bytes). */
#define VMSTATE_VBUFFER_ANY_(_f, _s, _version, _test, _fsz, _sztype, _fl) { \
        .name = stringify(_f), .version_id = (_version),                    \
        .field_exists = (_test),                                            \
        .size_offset = vmstate_offset_value(_s, _fsz, _sztype),             \
        .info = &vmstate_info_buffer,                                       \
        .flags = VMS_VBUFFER | VMS_POINTER | (_fl),                         \
        .offset = offsetof(_s, _f),                                         \
    }
#define VMSTATE_VBUFFER(_f, _s, _version, _test, _fsz) \
    VMSTATE_VBUFFER_ANY_(_f, _s, _version, _test, _fsz, int32_t, 0)
#define VMSTATE_VBUFFER_UINT32(_f, _s, _version, _test, _fsz) \
    VMSTATE_VBUFFER_ANY_(_f, _s, _version, _test, _fsz, uint32_t, 0)
#define VMSTATE_VBUFFER_ALLOC_UINT32(_f, _s, _version, _test, _fsz) \
    VMSTATE_VBUFFER_ANY_(_f, _s, _version, _test, _fsz, uint32_t, VMS_ALLOC)
/* A type of the caller's, with an info of its own. */
#define VMSTATE_BUFFER_UNSAFE_INFO_TEST(_f, _s, _test, _version, _info, _size) {\
        .name = stringify(_f), .version_id = (_version),                    \
        .field_exists = (_test), .size = (_size), .info = &(_info),         \
        .flags = VMS_BUFFER, .offset = offsetof(_s, _f),                    \
    }
#define VMSTATE_BUFFER_UNSAFE_INFO(_f, _s, _version, _info, _size) \
    VMSTATE_BUFFER_UNSAFE_INFO_TEST(_f, _s, NULL, _version, _info, _size)
#define VMSTATE_BUFFER_UNSAFE(_f, _s, _version, _size) \
    VMSTATE_BUFFER_UNSAFE_INFO(_f, _s, _version, vmstate_info_buffer, _size)
#define VMSTATE_BUFFER_POINTER_UNSAFE(_f, _s, _version, _size) {            \
        .name = stringify(_f), .version_id = (_version), .size = (_size),   \
        .info = &vmstate_info_buffer, .flags = VMS_BUFFER | VMS_POINTER,    \
        .offset = offsetof(_s, _f),                                         \
    }
/* _size bytes that were something once: written as zeros, read and dropped. */
#define VMSTATE_UNUSED_BUFFER(_test, _version, _size) {                     \
        .name = "unused", .field_exists = (_test),                          \
        .version_id = (_version), .size = (_size),                          \
        .info = &vmstate_info_unused_buffer, .flags = VMS_BUFFER,           \
    }
#define VMSTATE_UNUSED_V(_v, _size) VMSTATE_UNUSED_BUFFER(NULL, _v, _size)
#define VMSTATE_UNUSED(_size) VMSTATE_UNUSED_V(0, _size)
#define VMSTATE_UNUSED_TEST(_test, _size) VMSTATE_UNUSED_BUFFER(_test, 0, _size)
/* unsigned long bitmap behind a pointer; its length in bits is an int32_t. */
#define VMSTATE_BITMAP(_f, _s, _version, _fsz) {                            \
        .name = stringify(_f), .version_id = (_version),                    \
        .size_offset = vmstate_offset_value(_s, _fsz, int32_t),             \
        .info = &vmstate_info_bitmap, .flags = VMS_VBUFFER | VMS_POINTER,   \
        .offset = offsetof(_s, _f),                                         \
    }
/* A QTAILQ of _type, each made on load; _next is its QTAILQ_ENTRY. */
#define VMSTATE_QTAILQ_V(_f, _s, _version, _vmsd, _type, _next) {           \
        .name = stringify(_f), .version_id = (_version), .vmsd = &(_vmsd),  \
        .size = sizeof(_type), .info = &vmstate_info_qtailq,                \
        .offset = offsetof(_s, _f), .start = offsetof(_type, _next),        \
    }

/* ---- integers and the like --------------------------------------------- */

/* _kind is the stem of both the info and the C type: uint8, int32, … */
#define VMSTATE_INTEGER_(_f, _s, _v, _kind) \
    VMSTATE_SINGLE(_f, _s, _v, vmstate_info_##_kind, _kind##_t)
#define VMSTATE_INTEGER_TEST_(_f, _s, _t, _kind) \
    VMSTATE_SINGLE_TEST(_f, _s, _t, 0, vmstate_info_##_kind, _kind##_t)

#define VMSTATE_BOOL_TEST(_f, _s, _t) \
    VMSTATE_SINGLE_TEST(_f, _s, _t, 0, vmstate_info_bool, bool)
#define VMSTATE_BOOL_V(_f, _s, _v) \
    VMSTATE_SINGLE(_f, _s, _v, vmstate_info_bool, bool)
#define VMSTATE_BOOL(_f, _s) VMSTATE_BOOL_V(_f, _s, 0)
#define VMSTATE_INT8_V(_f, _s, _v) VMSTATE_INTEGER_(_f, _s, _v, int8)
#define VMSTATE_INT16_V(_f, _s, _v) VMSTATE_INTEGER_(_f, _s, _v, int16)
#define VMSTATE_INT32_V(_f, _s, _v) VMSTATE_INTEGER_(_f, _s, _v, int32)
#define VMSTATE_INT64_V(_f, _s, _v) VMSTATE_INTEGER_(_f, _s, _v, int64)
#define VMSTATE_UINT8_V(_f, _s, _v) VMSTATE_INTEGER_(_f, _s, _v, uint8)
#define VMSTATE_UINT16_V(_f, _s, _v) VMSTATE_INTEGER_(_f, _s, _v, uint16)
#define VMSTATE_UINT32_V(_f, _s, _v) VMSTATE_INTEGER_(_f, _s, _v, uint32)
#define VMSTATE_UINT64_V(_f, _s, _v) VMSTATE_INTEGER_(_f, _s, _v, uint64)
#define VMSTATE_INT8(_f, _s)    VMSTATE_INT8_V(_f, _s, 0)
#define VMSTATE_INT16(_f, _s)   VMSTATE_INT16_V(_f, _s, 0)
#define VMSTATE_INT32(_f, _s)   VMSTATE_INT32_V(_f, _s, 0)
#define VMSTATE_INT64(_f, _s)   VMSTATE_INT64_V(_f, _s, 0)
#define VMSTATE_UINT8(_f, _s)   VMSTATE_UINT8_V(_f, _s, 0)
#define VMSTATE_UINT16(_f, _s)  VMSTATE_UINT16_V(_f, _s, 0)
#define VMSTATE_UINT32(_f, _s)  VMSTATE_UINT32_V(_f, _s, 0)
#define VMSTATE_UINT64(_f, _s)  VMSTATE_UINT64_V(_f, _s, 0)
#define VMSTATE_INT32_TEST(_f, _s, _t) VMSTATE_INTEGER_TEST_(_f, _s, _t, int32)
#define VMSTATE_INT64_TEST(_f, _s, _t) VMSTATE_INTEGER_TEST_(_f, _s, _t, int64)
#define VMSTATE_UINT8_TEST(_f, _s, _t) VMSTATE_INTEGER_TEST_(_f, _s, _t, uint8)
#define VMSTATE_UINT16_TEST(_f, _s, _t) VMSTATE_INTEGER_TEST_(_f, _s, _t, uint16)
#define VMSTATE_UINT32_TEST(_f, _s, _t) VMSTATE_INTEGER_TEST_(_f, _s, _t, uint32)
#define VMSTATE_UINT64_TEST(_f, _s, _t) VMSTATE_INTEGER_TEST_(_f, _s, _t, uint64)
/* Refused on load unless the stream has the value that is there already. */
#define VMSTATE_UINT8_EQUAL(_f, _s, _hint) \
    VMSTATE_SINGLE_FULL(_f, _s, 0, 0, vmstate_info_uint8_equal, uint8_t, _hint)
#define VMSTATE_UINT16_EQUAL(_f, _s, _hint) \
    VMSTATE_SINGLE_FULL(_f, _s, 0, 0, vmstate_info_uint16_equal, uint16_t, _hint)
#define VMSTATE_INT32_EQUAL(_f, _s, _hint) \
    VMSTATE_SINGLE_FULL(_f, _s, 0, 0, vmstate_info_int32_equal, int32_t, _hint)
#define VMSTATE_UINT32_EQUAL(_f, _s, _hint) \
    VMSTATE_SINGLE_FULL(_f, _s, 0, 0, vmstate_info_uint32_equal, uint32_t, _hint)
#define VMSTATE_UINT64_EQUAL(_f, _s, _hint) \
    VMSTATE_SINGLE_FULL(_f, _s, 0, 0, vmstate_info_uint64_equal, uint64_t, _hint)
/* An int32_t that may only be as large as it is now, and not negative. */
#define VMSTATE_INT32_POSITIVE_LE(_f, _s) \
    VMSTATE_SINGLE(_f, _s, 0, vmstate_info_int32_le, int32_t)
/* An enum, as a uint32_t. */
#define VMSTATE_UINT32_ENUM(_f, _s, _type) \
    VMSTATE_SINGLE(_f, _s, 0, vmstate_info_uint32, _type)

#define VMSTATE_BOOL_ARRAY_V(_f, _s, _n, _v) \
    VMSTATE_ARRAY(_f, _s, _n, _v, vmstate_info_bool, bool)
#define VMSTATE_BOOL_ARRAY(_f, _s, _n)  VMSTATE_BOOL_ARRAY_V(_f, _s, _n, 0)
#define VMSTATE_UINT8_ARRAY_V(_f, _s, _n, _v) \
    VMSTATE_ARRAY(_f, _s, _n, _v, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT8_ARRAY(_f, _s, _n) VMSTATE_UINT8_ARRAY_V(_f, _s, _n, 0)
#define VMSTATE_UINT8_SUB_ARRAY(_f, _s, _start, _num) \
    VMSTATE_SUB_ARRAY(_f, _s, _start, _num, 0, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT8_2DARRAY(_f, _s, _n1, _n2) \
    VMSTATE_2DARRAY(_f, _s, _n1, _n2, 0, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT16_ARRAY_V(_f, _s, _n, _v) \
    VMSTATE_ARRAY(_f, _s, _n, _v, vmstate_info_uint16, uint16_t)
#define VMSTATE_UINT16_ARRAY(_f, _s, _n) VMSTATE_UINT16_ARRAY_V(_f, _s, _n, 0)
#define VMSTATE_UINT16_2DARRAY(_f, _s, _n1, _n2) \
    VMSTATE_2DARRAY(_f, _s, _n1, _n2, 0, vmstate_info_uint16, uint16_t)
#define VMSTATE_UINT32_ARRAY_V(_f, _s, _n, _v) \
    VMSTATE_ARRAY(_f, _s, _n, _v, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT32_ARRAY(_f, _s, _n) VMSTATE_UINT32_ARRAY_V(_f, _s, _n, 0)
#define VMSTATE_UINT32_SUB_ARRAY(_f, _s, _start, _num) \
    VMSTATE_SUB_ARRAY(_f, _s, _start, _num, 0, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT32_2DARRAY(_f, _s, _n1, _n2) \
    VMSTATE_2DARRAY(_f, _s, _n1, _n2, 0, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT64_ARRAY_V(_f, _s, _n, _v) \
    VMSTATE_ARRAY(_f, _s, _n, _v, vmstate_info_uint64, uint64_t)
#define VMSTATE_UINT64_ARRAY(_f, _s, _n) VMSTATE_UINT64_ARRAY_V(_f, _s, _n, 0)
#define VMSTATE_UINT64_2DARRAY(_f, _s, _n1, _n2) \
    VMSTATE_2DARRAY(_f, _s, _n1, _n2, 0, vmstate_info_uint64, uint64_t)
#define VMSTATE_UINT64_SUB_ARRAY(_f, _s, _start, _num) \
    VMSTATE_SUB_ARRAY(_f, _s, _start, _num, 0, vmstate_info_uint64, uint64_t)
#define VMSTATE_INT16_ARRAY(_f, _s, _n) \
    VMSTATE_ARRAY(_f, _s, _n, 0, vmstate_info_int16, int16_t)
#define VMSTATE_INT32_ARRAY_V(_f, _s, _n, _v) \
    VMSTATE_ARRAY(_f, _s, _n, _v, vmstate_info_int32, int32_t)
#define VMSTATE_INT32_ARRAY(_f, _s, _n) VMSTATE_INT32_ARRAY_V(_f, _s, _n, 0)
#define VMSTATE_INT64_ARRAY_V(_f, _s, _n, _v) \
    VMSTATE_ARRAY(_f, _s, _n, _v, vmstate_info_int64, int64_t)
#define VMSTATE_INT64_ARRAY(_f, _s, _n) VMSTATE_INT64_ARRAY_V(_f, _s, _n, 0)

/* A QEMUTimer, by its expiry in ns; not running: UINT64_MAX. */
#define VMSTATE_TIMER_TEST(_f, _s, _test) \
    VMSTATE_SINGLE_TEST(_f, _s, _test, 0, vmstate_info_timer, QEMUTimer)
#define VMSTATE_TIMER_V(_f, _s, _v) \
    VMSTATE_SINGLE(_f, _s, _v, vmstate_info_timer, QEMUTimer)
#define VMSTATE_TIMER(_f, _s) VMSTATE_TIMER_V(_f, _s, 0)
#define VMSTATE_TIMER_PTR_TEST(_f, _s, _test) \
    VMSTATE_POINTER_TEST(_f, _s, _test, vmstate_info_timer, QEMUTimer *)
#define VMSTATE_TIMER_PTR_V(_f, _s, _v) \
    VMSTATE_POINTER(_f, _s, _v, vmstate_info_timer, QEMUTimer *)
#define VMSTATE_TIMER_PTR(_f, _s) VMSTATE_TIMER_PTR_V(_f, _s, 0)
#define VMSTATE_TIMER_PTR_ARRAY(_f, _s, _n) \
    VMSTATE_ARRAY_OF_POINTER(_f, _s, _n, 0, vmstate_info_timer, QEMUTimer *)

#define VMSTATE_END_OF_LIST() { .flags = VMS_END }

/* ---- use --------------------------------------------------------------- */

/* Reads opaque's state as version_id of vmsd. 0 or -errno; opaque may be half
 * changed then, but never out of its bounds. *errp says which field. */
int vmstate_load_state(QEMUFile *f, const VMStateDescription *vmsd,
                       void *opaque, int version_id, Error **errp);
int vmstate_save_state(QEMUFile *f, const VMStateDescription *vmsd,
                       void *opaque, Error **errp);
bool vmstate_section_needed(const VMStateDescription *vmsd, void *opaque);

#define VMSTATE_INSTANCE_ID_ANY (-1)

/*
 * Makes opaque part of the machine's state. id_path (or NULL) stands in front
 * of the name, so that two devices of a kind can be told apart; instance_id
 * VMSTATE_INSTANCE_ID_ANY takes the next free one. 0, or -1 and errp when name
 * and number are in use.
 */
int vmstate_register_with_alias_id(const char *id_path, uint32_t instance_id,
                                   const VMStateDescription *vmsd,
                                   void *opaque, int alias_id,
                                   int required_for_version, Error **errp);
static inline int vmstate_register(const char *id_path, uint32_t instance_id,
                                   const VMStateDescription *vmsd,
                                   void *opaque)
{
    return vmstate_register_with_alias_id(id_path, instance_id, vmsd, opaque,
                                          -1, 0, NULL);
}
static inline int vmstate_register_any(const char *id_path,
                                       const VMStateDescription *vmsd,
                                       void *opaque)
{
    return vmstate_register(id_path, VMSTATE_INSTANCE_ID_ANY, vmsd, opaque);
}
void vmstate_unregister(const char *id_path, const VMStateDescription *vmsd,
                        void *opaque);
/* How many entries are registered. */
unsigned vmstate_registered_count(void);

/* False with an error: something that is registered cannot be saved. */
bool vmstate_can_save(Error **errp);
/*
 * All that is registered, one section each, highest priority first. Load
 * refuses sections that it does not know, and anything left over.
 */
int vmstate_save_all(QEMUFile *f, Error **errp);
int vmstate_load_all(QEMUFile *f, Error **errp);

#endif
