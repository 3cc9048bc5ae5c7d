/*
 * The CPU models qemu64 and max as types, -cpu's syntax and its help, and the
 * properties that are not single features. Feature names are in
 * cpu-features.c, CPUID leaves in cpuid.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu-models.h"
#include "hw/core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define QEMU64_1_EDX                                                      \
    (CPUID_FP87 | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |          \
     CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP |         \
     CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT |        \
     CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR | CPUID_SSE |   \
     CPUID_SSE2)

static const X86CPUModel models[] = {
    {
        .name = "max",
        .description = "All features that this emulator has on this host",
        .vendor = "AuthenticAMD",
        .model_id = "QEMU TCG CPU version 2.5+",
        .level = 0xd,
        .xlevel = 0x8000000a,
        .family = 15, .model = 107, .stepping = 1,
        .max = true,
    }, {
        .name = "qemu64",
        .description = "QEMU Virtual CPU version 2.5+",
        .vendor = "AuthenticAMD",
        .model_id = "QEMU Virtual CPU version 2.5+",
        .level = 0xd,
        .xlevel = 0x8000000a,
        .family = 15, .model = 107, .stepping = 1,
        .features = {
            [FEAT_1_EDX] = QEMU64_1_EDX,
            [FEAT_1_ECX] = CPUID_EXT_SSE3 | CPUID_EXT_CX16 |
                           CPUID_EXT_HYPERVISOR,
            [FEAT_8000_0001_EDX] = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX |
                                   CPUID_EXT2_LM,
            [FEAT_8000_0001_ECX] = CPUID_EXT3_LAHF_LM,
        },
    },
};

/* Implemented, but not what a guest should see without asking. */
static uint32_t max_leaves_out(FeatureWord word)
{
    switch (word) {
    case FEAT_1_EDX:
        return CPUID_HT;
    case FEAT_1_ECX:
        return CPUID_EXT_TSC_DEADLINE_TIMER | CPUID_EXT_MONITOR;
    case FEAT_8000_0001_ECX:
        return CPUID_EXT3_CMP_LEG;
    case FEAT_8000_0007_EDX:
        return ~0u;
    default:
        return 0;
    }
}

void x86_cpu_apply_model(X86CPU *cpu)
{
    X86CPUClass *xcc = X86_CPU_GET_CLASS(cpu);
    const X86CPUModel *model = xcc->model;
    CPUX86State *env = &cpu->env;

    for (unsigned w = 0; w < FEATURE_WORDS; w++) {
        env->features[w] = model->max
            ? x86_supported_features(w) & ~max_leaves_out(w)
            : model->features[w];
    }
    env->cpuid_level = model->level;
    env->cpuid_xlevel = model->xlevel;
    cpu->family = model->family;
    cpu->model = model->model;
    cpu->stepping = model->stepping;
    g_free(cpu->vendor);
    cpu->vendor = g_strdup(model->vendor);
    g_free(cpu->model_id);
    cpu->model_id = g_strdup(model->model_id);
}

/* Rows without a default: the model gives it. */
#define MODEL_PROP(_name, _field, _info, ...)                             \
    { .name = _name, .info = &_info,                                      \
      .offset = offsetof(X86CPU, _field), ##__VA_ARGS__ }

static const Property model_props[] = {
    MODEL_PROP("level", env.cpuid_level, qdev_prop_uint32),
    MODEL_PROP("xlevel", env.cpuid_xlevel, qdev_prop_uint32),
    MODEL_PROP("family", family, qdev_prop_uint32, .min = 0, .max = 270),
    MODEL_PROP("model", model, qdev_prop_uint32, .min = 0, .max = 255),
    MODEL_PROP("stepping", stepping, qdev_prop_uint32, .min = 0, .max = 15),
    MODEL_PROP("vendor", vendor, qdev_prop_string),
    MODEL_PROP("model-id", model_id, qdev_prop_string),
    MODEL_PROP("tsc-frequency", tsc_hz, qdev_prop_int64,
               .min = 0, .max = INT64_MAX),
};

/* -cpu MODEL */

static ObjectClass *model_class_by_name(const char *name)
{
    g_autofree char *type = NULL;

    if (strchr(name, '-') && object_class_by_name(name) &&
        object_class_dynamic_cast(object_class_by_name(name),
                                  TYPE_X86_CPU)) {
        return object_class_by_name(name);
    }
    type = g_strdup_printf("%s" X86_CPU_TYPE_SUFFIX, name);
    return object_class_by_name(type);
}

static void set_global(const char *type, const char *name, const char *value)
{
    GlobalProperty *global = g_new0(GlobalProperty, 1);

    global->driver = g_strdup(type);
    global->property = g_strdup(name);
    global->value = g_strdup(value);
    qdev_prop_register_global(global);
}

static bool class_has_property(const char *type, const char *name)
{
    ObjectClass *oc = object_class_by_name(type);

    return oc && object_class_property_find(oc, name);
}

static void print_model_help(const char *type)
{
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    printf("%s options:\n", type);
    object_class_property_iter_init(&iter, object_class_by_name(type));
    while ((prop = object_property_iter_next(&iter))) {
        if (prop->set) {
            printf("  %s=<%s>\n", prop->name, prop->type);
        }
    }
}

/* One element of -cpu's tail: +f, -f, f, f=value. False: @errp is set. */
static bool parse_feature(const char *type, const char *text, Error **errp)
{
    g_autofree char *name = NULL;
    const char *value = "on", *equals;

    if (*text == '+' || *text == '-') {
        value = *text == '+' ? "on" : "off";
        name = g_strdup(text + 1);
    } else {
        equals = strchr(text, '=');
        name = equals ? g_strndup(text, equals - text) : g_strdup(text);
        value = equals ? equals + 1 : "on";
    }
    if (!class_has_property(type, name)) {
        error_setg(errp, "Property '%s.%s' not found (see -cpu %.*s,help)",
                   type, name, (int)strcspn(type, "-"), type);
        return false;
    }
    set_global(type, name, value);
    return true;
}

static void parse_features(const char *type, char *features, Error **errp)
{
    g_auto(GStrv) parts = NULL;

    if (!features) {
        return;
    }
    parts = g_strsplit(features, ",", -1);
    for (unsigned i = 0; parts[i]; i++) {
        if (!strcmp(parts[i], "help") || !strcmp(parts[i], "?")) {
            print_model_help(type);
            exit(0);
        }
    }
    for (unsigned i = 0; parts[i]; i++) {
        if (*parts[i] && !parse_feature(type, parts[i], errp)) {
            return;
        }
    }
}

static void list_models(void)
{
    printf("Available CPUs:\n");
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        printf("x86 %-20s  %s\n", models[i].name, models[i].description);
    }
    printf("\nRecognized CPUID flags:\n");
    x86_print_features();
}

void x86_cpu_models_class_init(ObjectClass *oc)
{
    CPUClass *cc = CPU_CLASS(oc);

    x86_add_feature_properties(oc);
    device_class_set_props_n(DEVICE_CLASS(oc), model_props,
                             G_N_ELEMENTS(model_props));
    cc->class_by_name = model_class_by_name;
    cc->parse_features = parse_features;
    cc->list = list_models;
}

static void model_class_init(ObjectClass *oc, const void *data)
{
    X86_CPU_CLASS(oc)->model = data;
}

static void model_instance_init(Object *obj)
{
    x86_cpu_apply_model(X86_CPU(obj));
}

static void register_models(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        g_autofree char *name =
            g_strdup_printf("%s" X86_CPU_TYPE_SUFFIX, models[i].name);
        TypeInfo info = {
            .name = name,
            .parent = TYPE_X86_CPU,
            .instance_init = model_instance_init,
            .class_init = model_class_init,
            .class_data = &models[i],
        };

        type_register(&info);
    }
}

type_init(register_models)
