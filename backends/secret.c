/*
 * "secret": a password or key that other objects refer to by its id, given on
 * the command line or, better, in a file. It is read once, when it is made, and
 * never shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"

#define TYPE_SECRET "secret"
OBJECT_DECLARE_SIMPLE_TYPE(Secret, SECRET)

struct Secret {
    Object parent_obj;
    char *data, *file, *format;     /* as given; data is forgotten once read */
    uint8_t *bytes;
    gsize count;
};

/* Not a compiler's to leave out, though nobody reads it again. */
static void wipe(void *bytes, gsize count)
{
    if (bytes) {
        explicit_bzero(bytes, count);
    }
}

static bool decode(Secret *s, Error **errp)
{
    const char *text = (const char *)s->bytes;
    guchar *plain;
    gsize count;

    if (s->count == 0 || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")
                         != s->count) {
        error_setg(errp, "the secret is not base64 text");
        return false;
    }
    plain = g_base64_decode(text, &count);
    wipe(s->bytes, s->count);
    g_free(s->bytes);
    s->bytes = plain;
    s->count = count;
    return true;
}

static void secret_complete(UserCreatable *uc, Error **errp)
{
    Secret *s = SECRET(uc);
    g_autoptr(GError) why = NULL;
    bool base64 = s->format && !strcmp(s->format, "base64");

    if (s->format && !base64 && strcmp(s->format, "raw")) {
        error_setg(errp, "Parameter 'format' does not accept value '%s'; "
                   "legal are raw and base64", s->format);
        return;
    }
    if (!s->data == !s->file) {
        error_setg(errp, "Either 'file' or 'data' must be provided%s",
                   s->data ? ", not both" : "");
        return;
    }
    if (s->data) {
        s->count = strlen(s->data);
        s->bytes = (uint8_t *)g_steal_pointer(&s->data);
    } else if (!g_file_get_contents(s->file, (char **)&s->bytes, &s->count,
                                    &why)) {
        error_setg(errp, "Unable to read '%s': %s", s->file, why->message);
        return;
    }
    if (base64) {
        decode(s, errp);
    }
}

static void set_data(Object *obj, const char *value, Error **errp)
{
    Secret *s = SECRET(obj);

    if (s->bytes) {
        error_setg(errp, "a secret is not changed once it is there");
        return;
    }
    g_free(s->data);
    s->data = g_strdup(value);
}

static void set_file(Object *obj, const char *value, Error **errp)
{
    g_free(SECRET(obj)->file);
    SECRET(obj)->file = g_strdup(value);
}

static char *get_file(Object *obj, Error **errp)
{
    return g_strdup(SECRET(obj)->file);
}

static void set_format(Object *obj, const char *value, Error **errp)
{
    g_free(SECRET(obj)->format);
    SECRET(obj)->format = g_strdup(value);
}

static char *get_format(Object *obj, Error **errp)
{
    return g_strdup(SECRET(obj)->format ?: "raw");
}

static void secret_finalize(Object *obj)
{
    Secret *s = SECRET(obj);

    wipe(s->bytes, s->count);
    wipe(s->data, s->data ? strlen(s->data) : 0);
    g_free(s->bytes);
    g_free(s->data);
    g_free(s->file);
    g_free(s->format);
}

static void secret_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = secret_complete;
    object_class_property_add_str(oc, "data", NULL, set_data);
    object_class_property_set_description(oc, "data", "The secret itself");
    object_class_property_add_str(oc, "file", get_file, set_file);
    object_class_property_set_description(oc, "file",
                                          "File that holds the secret");
    object_class_property_add_str(oc, "format", get_format, set_format);
    object_class_property_set_description(oc, "format",
                                          "How it is written: raw or base64");
}

static const TypeInfo secret_types[] = {
    {
        .name = TYPE_SECRET,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Secret),
        .instance_finalize = secret_finalize,
        .class_init = secret_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_USER_CREATABLE }, { },
        },
    },
};

DEFINE_TYPES(secret_types)
