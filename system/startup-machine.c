/*
 * Start-up of the machine: its type, its memory, CPUs and boot settings, and
 * the accelerator that runs it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "accel/accel-ops.h"
#include "hw/core/boards.h"
#include "hw/core/cpu.h"
#include "hw/core/numa.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/cutils.h"
#include "qemu/help_option.h"
#include "qemu/units.h"
#include "startup.h"
#include "startup-opts.h"
#include "system/hostmem.h"

#define CPU_BASE_TYPE "x86_64-cpu"

/* --- its type ---- */

void startup_create_machine(Startup *s)
{
    const char *type = json_get_str(s->machine, "type");
    MachineClass *mc = type ? machine_class_by_name(type)
                            : machine_class_default();
    Error *err = NULL;

    if (!mc) {
        if (type) {
            error_report("unsupported machine type: \"%s\"; -machine help "
                         "lists them", type);
        } else {
            error_report("no machine specified, and there is no default");
        }
        exit(1);
    }
    machine_new(mc, &err);
    startup_check(err);
    if (s->cpu.text && is_help_option(s->cpu.text)) {
        ObjectClass *oc = object_class_by_name(CPU_BASE_TYPE);

        if (oc && CPU_CLASS(oc)->list) {
            CPU_CLASS(oc)->list();
        }
        exit(0);
    }
}

/* --- -machine key=value ---- */

/* Members that are options of their own elsewhere: "-machine smp.cpus=2". */
static bool pass_group(QemuOptsList *group, LateOption *late,
                       json_object *members, Error **errp)
{
    QemuOpts *opts = qemu_opts_find(group, NULL);

    if (!opts) {
        opts = qemu_opts_create(group, NULL, 0, errp);
    }
    if (late) {
        late->opts = opts;
    }
    json_object_object_foreach(members, key, value) {
        if (!opts || !qemu_opt_set(opts, key, json_object_get_string(value),
                                   errp)) {
            return false;
        }
    }
    return opts != NULL;
}

static bool set_machine_member(Startup *s, const char *key,
                               json_object *value, Error **errp)
{
    const char *text = json_object_get_string(value);

    if (json_object_is_type(value, json_type_object)) {
        if (strcmp(key, "smp") == 0) {
            return pass_group(&startup_smp_opts, &s->smp, value, errp);
        }
        if (strcmp(key, "memory") == 0) {
            return pass_group(&startup_memory_opts, &s->memory, value, errp);
        }
        if (strcmp(key, "boot") == 0) {
            return pass_group(&startup_boot_opts, NULL, value, errp);
        }
        error_setg(errp, "Parameter '%s' is unexpected", key);
        return false;
    }
    if (strcmp(key, "type") == 0 || strcmp(key, "accel") == 0) {
        return true;
    }
    if (strcmp(key, "kernel") == 0) {
        s->kernel = text;
    } else if (strcmp(key, "initrd") == 0) {
        s->initrd = text;
    } else if (strcmp(key, "append") == 0) {
        s->append = text;
    } else if (strcmp(key, "firmware") == 0) {
        s->firmware = text;
    } else {
        return object_property_parse(OBJECT(current_machine), key, text,
                                     errp);
    }
    return true;
}

static void apply_machine_members(Startup *s)
{
    Error *err = NULL;

    if (json_object_object_length(s->machine) == 0) {
        return;
    }
    loc_push_restore(&s->machine_loc);
    json_object_object_foreach(s->machine, key, value) {
        if (!set_machine_member(s, key, value, &err)) {
            startup_fail(err);
        }
    }
    loc_pop(&s->machine_loc);
}

/* --- memory ---- */

static uint64_t parse_memory_size(const char *text)
{
    uint64_t size;

    if (qemu_strtosz_MiB(text, NULL, &size) < 0) {
        error_report("Parameter 'size' expects a non-negative number below "
                     "2^64, with suffix k, M, G, T, P or E, not '%s'", text);
        exit(1);
    }
    return ROUND_UP(size, 8 * KiB);
}

static void take_memory_opts(Startup *s, MachineState *ms, bool *size_given)
{
    const char *size = qemu_opt_get(s->memory.opts, "size");

    if (size) {
        uint64_t bytes = parse_memory_size(size);

        if (bytes) {            /* 0: what is usual */
            ms->ram_size = bytes;
            *size_given = true;
        }
    }
    ms->maxram_size = qemu_opt_get_size(s->memory.opts, "maxmem",
                                        ms->ram_size);
    ms->ram_slots = qemu_opt_get_number(s->memory.opts, "slots", 0);
    if (ms->ram_slots && !qemu_opt_get(s->memory.opts, "maxmem")) {
        error_report("slots specified but no maxmem=SIZE");
        exit(1);
    }
    if (ms->maxram_size < ms->ram_size) {
        error_report("invalid value of maxmem: maximum memory size (0x%" PRIx64
                     ") must be at least the initial memory size (0x%" PRIx64
                     ")", ms->maxram_size, ms->ram_size);
        exit(1);
    }
}

static void configure_memory(Startup *s, MachineState *ms)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    bool size_given = false;

    ms->ram_size = ms->memdev ? ms->memdev->size : mc->default_ram_size;
    ms->maxram_size = ms->ram_size;
    if (s->memory.opts) {
        loc_push_restore(&s->memory.loc);
        take_memory_opts(s, ms, &size_given);
        loc_pop(&s->memory.loc);
    }
    if (size_given && ms->memdev && ms->memdev->size != ms->ram_size) {
        error_report("Machine memory size does not match the size of the "
                     "memory backend");
        exit(1);
    }
    if (mc->fixup_ram_size) {
        ms->ram_size = mc->fixup_ram_size(ms->ram_size);
    }
}

/* --- CPUs ---- */

static void configure_cpus(Startup *s, MachineState *ms)
{
    static const SMPConfiguration one = { 0 };
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    Error *err = NULL;

    if (s->smp.opts) {
        loc_push_restore(&s->smp.loc);
        if (!machine_parse_smp_opts(ms, s->smp.opts, &err)) {
            startup_fail(err);
        }
        loc_pop(&s->smp.loc);
    } else if (!machine_parse_smp_config(ms, &one, &err)) {
        startup_fail(err);
    }
    ms->cpu_type = mc->default_cpu_type;
    if (s->cpu.text) {
        ms->cpu_type = parse_cpu_option(CPU_BASE_TYPE, s->cpu.text, &err);
        startup_check(err);
    }
}

/* --- nodes ---- */

static int take_numa(void *opaque, QemuOpts *opts, Error **errp)
{
    return machine_parse_numa(opaque, opts, errp) ? 0 : -1;
}

static void configure_numa(MachineState *ms)
{
    Error *err = NULL;

    qemu_opts_foreach(&startup_numa_opts, take_numa, ms, &error_fatal);
    if (!machine_finish_numa(ms, &err)) {
        startup_fail(err);
    }
}

/* --- booting ---- */

static void check_boot_order(const char *order)
{
    size_t legal = order ? strspn(order, "abcdefghijklmnop") : 0;

    if (order && order[legal]) {
        error_report("Invalid boot device '%c' of '%s': letters a to p are "
                     "legal", order[legal], order);
        exit(1);
    }
    for (size_t i = 0; order && order[i]; i++) {
        if (strchr(order + i + 1, order[i])) {
            error_report("Boot device '%c' was given twice in '%s'", order[i],
                         order);
            exit(1);
        }
    }
}

/* Milliseconds that firmware keeps in 16 bits. */
static int64_t boot_time(QemuOpts *o, const char *key, int64_t least)
{
    const char *text = qemu_opt_get(o, key);
    int64_t value = 0;

    if (text && (qemu_strtoi64(text, NULL, 0, &value) < 0 || value < least ||
                 value > UINT16_MAX)) {
        error_report("%s=%s: it should be a value between %" PRId64
                     " and %u", key, text, least, UINT16_MAX);
        exit(1);
    }
    return value;
}

static void configure_boot(Startup *s, MachineState *ms)
{
    QemuOpts *o = qemu_opts_find(&startup_boot_opts, NULL);
    BootConfiguration *b = &ms->boot_config;

    if (!o) {
        return;
    }
    loc_push_restore(&s->boot_loc);
    check_boot_order(qemu_opt_get(o, "order"));
    check_boot_order(qemu_opt_get(o, "once"));
    if (qemu_opt_get(o, "order")) {
        g_free(b->order);
        b->order = g_strdup(qemu_opt_get(o, "order"));
    }
    b->once = g_strdup(qemu_opt_get(o, "once"));
    b->splash = g_strdup(qemu_opt_get(o, "splash"));
    b->has_menu = qemu_opt_get(o, "menu") != NULL;
    b->menu = qemu_opt_get_bool(o, "menu", false);
    b->has_splash_time = qemu_opt_get(o, "splash-time") != NULL;
    b->splash_time = boot_time(o, "splash-time", 0);
    b->has_reboot_timeout = qemu_opt_get(o, "reboot-timeout") != NULL;
    b->reboot_timeout = boot_time(o, "reboot-timeout", -1);
    b->has_strict = qemu_opt_get(o, "strict") != NULL;
    b->strict = qemu_opt_get_bool(o, "strict", false);
    loc_pop(&s->boot_loc);
}

static void replace(char **where, const char *text)
{
    if (text) {
        g_free(*where);
        *where = g_strdup(text);
    }
}

static void configure_kernel(Startup *s, MachineState *ms)
{
    if (!s->kernel && (s->append || s->initrd)) {
        error_report("-%s only allowed with -kernel option",
                     s->append ? "append" : "initrd");
        exit(1);
    }
    replace(&ms->kernel_filename, s->kernel);
    replace(&ms->kernel_cmdline, s->append ? s->append : "");
    replace(&ms->initrd_filename, s->initrd);
    replace(&ms->firmware, s->firmware);
    ms->mem_prealloc = s->mem_prealloc;
}

void startup_configure_machine(Startup *s)
{
    MachineState *ms = current_machine;

    apply_machine_members(s);
    configure_memory(s, ms);
    configure_cpus(s, ms);
    configure_numa(ms);
    configure_boot(s, ms);
    configure_kernel(s, ms);
}

/* --- the accelerator ---- */

typedef struct AccelChoice {
    const char *name;
    QemuOpts *opts;         /* NULL: from -machine accel= */
} AccelChoice;

static int set_accel_property(void *opaque, const char *name,
                              const char *value, Error **errp)
{
    if (strcmp(name, "accel") == 0) {
        return 0;
    }
    return object_property_parse(opaque, name, value, errp) ? 0 : -1;
}

static bool try_accel(const AccelChoice *choice, Error **errp)
{
    AccelClass *ac = accel_find(choice->name);
    AccelState *accel;
    ERRP_GUARD();

    if (!ac) {
        if (strcmp(choice->name, "kvm") == 0) {
            error_setg(errp, "KVM is not there yet; use -accel tcg");
        } else {
            error_setg(errp, "invalid accelerator %s; -accel help lists them",
                       choice->name);
        }
        return false;
    }
    accel = ACCEL(object_new_with_class(OBJECT_CLASS(ac)));
    if (choice->opts) {
        qemu_opt_foreach(choice->opts, set_accel_property, accel, errp);
    }
    if (!*errp) {
        accel_init_machine(accel, current_machine, errp);
    }
    if (*errp) {
        object_unref(accel);
        return false;
    }
    return true;
}

void startup_choose_accel(Startup *s)
{
    g_autoptr(GArray) choices = g_array_new(false, false, sizeof(AccelChoice));
    const char *list = json_get_str(s->machine, "accel");
    g_auto(GStrv) names = g_strsplit(list ? list : "tcg", ":", -1);
    Location none = { 0 };
    Error *err = NULL;

    for (unsigned i = 0; s->accels && i < s->accels->len; i++) {
        LateOption *late = &g_array_index(s->accels, LateOption, i);
        AccelChoice c = { qemu_opt_get(late->opts, "accel"), late->opts };

        g_array_append_val(choices, c);
    }
    for (unsigned i = 0; !s->accels && names[i]; i++) {
        AccelChoice c = { names[i], NULL };

        g_array_append_val(choices, c);
    }
    for (unsigned i = 0; i < choices->len; i++) {
        LateOption *late = s->accels ? &g_array_index(s->accels, LateOption, i)
                                     : NULL;
        bool ok, last = i + 1 == choices->len;

        loc_push_restore(late ? &late->loc : &none);
        ok = try_accel(&g_array_index(choices, AccelChoice, i), &err);
        if (!ok && last) {
            startup_fail(err);
        }
        loc_pop(late ? &late->loc : &none);
        if (ok) {
            return;
        }
        g_clear_pointer(&err, error_free);
    }
}
