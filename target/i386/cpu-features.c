/*
 * CPUID feature bits: their names as properties of the CPU, and which of them
 * the software CPU implements. Models are in cpu-models.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu-models.h"
#include "hw/core/qdev-properties.h"

/* One word of CPUID: names by bit, and what is implemented. */
typedef struct FeatureWordInfo {
    const char *leaf;               /* for messages */
    const char *names[32];          /* several spellings: "a|b" */
    uint32_t supported;
} FeatureWordInfo;

/* AMD repeats most of CPUID[1].EDX here. */
#define EXT2_ALIASES 0x0183f3ffu

static const FeatureWordInfo feature_words[FEATURE_WORDS] = {
    [FEAT_1_EDX] = {
        .leaf = "CPUID.01H:EDX",
        .names = {
            "fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce",
            "cx8", "apic", NULL, "sep", "mtrr", "pge", "mca", "cmov",
            "pat", "pse36", "pn", "clflush", NULL, "ds", "acpi", "mmx",
            "fxsr", "sse", "sse2", "ss", "ht", "tm", "ia64", "pbe",
        },
        .supported = CPUID_FP87 | CPUID_DE | CPUID_PSE | CPUID_TSC |
                     CPUID_MSR | CPUID_PAE | CPUID_MCE | CPUID_CX8 |
                     CPUID_APIC | CPUID_SEP | CPUID_MTRR | CPUID_PGE |
                     CPUID_MCA | CPUID_CMOV | CPUID_PAT | CPUID_PSE36 |
                     CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR | CPUID_SSE |
                     CPUID_SSE2 | CPUID_HT,
    },
    [FEAT_1_ECX] = {
        .leaf = "CPUID.01H:ECX",
        .names = {
            "pni|sse3", "pclmulqdq|pclmuldq", "dtes64", "monitor",
            "ds-cpl", "vmx", "smx", "est", "tm2", "ssse3", "cid", NULL,
            "fma", "cx16", "xtpr", "pdcm", NULL, "pcid", "dca",
            "sse4.1|sse4-1|sse4_1", "sse4.2|sse4-2|sse4_2", "x2apic",
            "movbe", "popcnt", "tsc-deadline", "aes", "xsave", NULL,
            "avx", "f16c", "rdrand", "hypervisor",
        },
        .supported = CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ |
                     CPUID_EXT_MONITOR | CPUID_EXT_SSSE3 | CPUID_EXT_CX16 |
                     CPUID_EXT_SSE41 | CPUID_EXT_SSE42 | CPUID_EXT_MOVBE |
                     CPUID_EXT_POPCNT | CPUID_EXT_TSC_DEADLINE_TIMER |
                     CPUID_EXT_AES | CPUID_EXT_RDRAND |
                     CPUID_EXT_HYPERVISOR,
    },
    [FEAT_7_0_EBX] = {
        .leaf = "CPUID.07H:EBX",
        .names = {
            "fsgsbase", "tsc-adjust", "sgx", "bmi1", "hle", "avx2", NULL,
            "smep", "bmi2", "erms", "invpcid", "rtm", NULL, NULL, "mpx",
            NULL, "avx512f", "avx512dq", "rdseed", "adx", "smap",
            "avx512ifma", "pcommit", "clflushopt", "clwb", "intel-pt",
            "avx512pf", "avx512er", "avx512cd", "sha-ni", "avx512bw",
            "avx512vl",
        },
        .supported = CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_SMEP |
                     CPUID_7_0_EBX_ERMS | CPUID_7_0_EBX_SMAP |
                     CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_CLFLUSHOPT,
    },
    [FEAT_7_0_ECX] = {
        .leaf = "CPUID.07H:ECX",
        .names = {
            NULL, "avx512vbmi", "umip", "pku", NULL, "waitpkg",
            "avx512vbmi2", NULL, "gfni", "vaes", "vpclmulqdq",
            "avx512vnni", "avx512bitalg", NULL, "avx512-vpopcntdq", NULL,
            "la57", NULL, NULL, NULL, NULL, NULL, "rdpid", NULL,
            "bus-lock-detect", "cldemote", NULL, "movdiri", "movdir64b",
            NULL, "sgxlc", "pks",
        },
        .supported = CPUID_7_0_ECX_UMIP | CPUID_7_0_ECX_RDPID,
    },
    [FEAT_7_0_EDX] = {
        .leaf = "CPUID.07H:EDX",
        .names = {
            [4] = "fsrm", [10] = "md-clear", [26] = "spec-ctrl",
            [27] = "stibp", [29] = "arch-capabilities",
            [30] = "core-capability", [31] = "ssbd",
        },
    },
    [FEAT_8000_0001_EDX] = {
        .leaf = "CPUID.80000001H:EDX",
        .names = {
            [11] = "syscall", [19] = "mp", [20] = "nx|xd",
            [22] = "mmxext", [25] = "fxsr-opt|ffxsr", [26] = "pdpe1gb",
            [27] = "rdtscp", [29] = "lm|i64", [30] = "3dnowext",
            [31] = "3dnow",
        },
        .supported = CPUID_EXT2_SYSCALL | CPUID_EXT2_NX |
                     CPUID_EXT2_PDPE1GB | CPUID_EXT2_RDTSCP |
                     CPUID_EXT2_FFXSR | CPUID_EXT2_LM |
                     CPUID_EXT2_MMXEXT | EXT2_ALIASES,
    },
    [FEAT_8000_0001_ECX] = {
        .leaf = "CPUID.80000001H:ECX",
        .names = {
            "lahf-lm|lahf_lm", "cmp-legacy", "svm", "extapic", "cr8legacy",
            "abm", "sse4a", "misalignsse", "3dnowprefetch", "osvw", "ibs",
            "xop", "skinit", "wdt", NULL, "lwp", "fma4", "tce", NULL,
            "nodeid-msr", NULL, "tbm", "topoext", "perfctr-core",
            "perfctr-nb",
        },
        .supported = CPUID_EXT3_LAHF_LM | CPUID_EXT3_CR8LEG |
                     CPUID_EXT3_ABM | CPUID_EXT3_3DNOWPREFETCH |
                     CPUID_EXT3_CMP_LEG,
    },
    [FEAT_8000_0007_EDX] = {
        .leaf = "CPUID.80000007H:EDX",
        .names = { [8] = "invtsc" },
        .supported = 1u << 8,
    },
    [FEAT_8000_0008_EBX] = {
        .leaf = "CPUID.80000008H:EBX",
        .names = {
            [0] = "clzero", [2] = "xsaveerptr", [9] = "wbnoinvd",
            [12] = "ibpb", [14] = "ibrs", [15] = "amd-stibp",
            [24] = "amd-ssbd", [25] = "virt-ssbd", [26] = "amd-no-ssb",
        },
    },
};

/* Bits that the host's own instructions carry out, and the host's word. */
static uint32_t host_lacks(FeatureWord word)
{
    uint32_t lacks = 0;

    if (word != FEAT_1_ECX) {
        return 0;
    }
    __builtin_cpu_init();
    lacks |= __builtin_cpu_supports("sse3") ? 0 : CPUID_EXT_SSE3;
    lacks |= __builtin_cpu_supports("ssse3") ? 0 : CPUID_EXT_SSSE3;
    lacks |= __builtin_cpu_supports("sse4.1") ? 0 : CPUID_EXT_SSE41;
    lacks |= __builtin_cpu_supports("sse4.2") ? 0 : CPUID_EXT_SSE42;
    lacks |= __builtin_cpu_supports("aes") ? 0 : CPUID_EXT_AES;
    lacks |= __builtin_cpu_supports("pclmul") ? 0 : CPUID_EXT_PCLMULQDQ;
    return lacks;
}

uint32_t x86_supported_features(FeatureWord word)
{
    return feature_words[word].supported & ~host_lacks(word);
}

const char *x86_feature_leaf(FeatureWord word)
{
    return feature_words[word].leaf;
}

/* Calls @fn with each spelling of each name. */
static void for_each_name(void (*fn)(void *opaque, const char *name,
                                     FeatureWord word, unsigned bit),
                          void *opaque)
{
    for (unsigned w = 0; w < FEATURE_WORDS; w++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            g_auto(GStrv) names = NULL;

            if (!feature_words[w].names[bit]) {
                continue;
            }
            names = g_strsplit(feature_words[w].names[bit], "|", -1);
            for (unsigned i = 0; names[i]; i++) {
                fn(opaque, names[i], w, bit);
            }
        }
    }
}

char *x86_feature_name(FeatureWord word, unsigned bit)
{
    const char *names = feature_words[word].names[bit];

    return names ? g_strndup(names, strcspn(names, "|")) : NULL;
}

static void add_property(void *opaque, const char *name, FeatureWord word,
                         unsigned bit)
{
    GArray *props = opaque;
    Property prop = {
        .name = g_strdup(name),
        .info = &qdev_prop_bit,
        .offset = offsetof(X86CPU, env.features) + 4 * word,
        .bitnr = bit,
    };

    g_array_append_val(props, prop);
}

/* The rows live as long as the class does: for ever. */
void x86_add_feature_properties(ObjectClass *oc)
{
    GArray *props = g_array_new(false, false, sizeof(Property));
    size_t count;

    for_each_name(add_property, props);
    count = props->len;
    device_class_set_props_n(DEVICE_CLASS(oc),
                             (Property *)g_array_free(props, false), count);
}

static void collect_name(void *opaque, const char *name, FeatureWord word,
                         unsigned bit)
{
    g_ptr_array_add(opaque, g_strdup(name));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void x86_print_features(void)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    size_t column = 0;

    for_each_name(collect_name, names);
    g_ptr_array_sort(names, compare_names);
    for (unsigned i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];

        if (column && column + strlen(name) + 1 > 75) {
            putchar('\n');
            column = 0;
        }
        column += printf(column ? " %s" : "  %s", name);
    }
    putchar('\n');
}
