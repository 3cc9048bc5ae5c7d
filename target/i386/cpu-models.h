/*
 * CPU models: what -cpu names, the features that the models have and users may
 * switch, and the CPUID numbers that follow.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_CPU_MODELS_H
#define TARGET_I386_CPU_MODELS_H

#include "cpu.h"

typedef struct X86CPUModel {
    const char *name;
    const char *description;        /* for -cpu help */
    const char *vendor;             /* 12 characters */
    const char *model_id;
    uint32_t level, xlevel;
    uint32_t family, model, stepping;
    bool max;                       /* all that can be done on this host */
    uint32_t features[FEATURE_WORDS];
} X86CPUModel;

/*
 * For the class_init of the abstract TYPE_X86_CPU: adds the properties of all
 * models and fills CPUClass.class_by_name, parse_features and list.
 */
void x86_cpu_models_class_init(ObjectClass *oc);

/*
 * For the instance_init of a concrete type: takes features and numbers from
 * the class's model. Properties and globals come on top afterwards.
 */
void x86_cpu_apply_model(X86CPU *cpu);

/*
 * What the software CPU can do, by feature word. Features beyond the base
 * instruction set that are carried out by host instructions count only when
 * this host has them.
 */
uint32_t x86_supported_features(FeatureWord word);

/* "CPUID.01H:EDX" and the like, for messages. */
const char *x86_feature_leaf(FeatureWord word);

/* Name of a feature bit, or NULL; the first of several spellings; new. */
char *x86_feature_name(FeatureWord word, unsigned bit);

/* Adds one boolean property for each known feature to the class. */
void x86_add_feature_properties(ObjectClass *oc);

/* Prints the names of all known features, 80 columns wide. */
void x86_print_features(void);

#endif
