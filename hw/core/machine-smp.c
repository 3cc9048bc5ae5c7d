/*
 * Processor topology: from the numbers that a user gave to all of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/option.h"
#include "hw/core/boards.h"

/* Numbers beyond this are no topology, and products of them stay in 64 bits. */
#define LEVEL_MAX 1024

typedef struct Level {
    const char *name;
    size_t offset;          /* in SMPConfiguration */
} Level;

static const Level levels[] = {
    { "cpus", offsetof(SMPConfiguration, cpus) },
    { "sockets", offsetof(SMPConfiguration, sockets) },
    { "dies", offsetof(SMPConfiguration, dies) },
    { "clusters", offsetof(SMPConfiguration, clusters) },
    { "cores", offsetof(SMPConfiguration, cores) },
    { "threads", offsetof(SMPConfiguration, threads) },
    { "maxcpus", offsetof(SMPConfiguration, maxcpus) },
};

static uint64_t *level_value(SMPConfiguration *config, const Level *level)
{
    return (uint64_t *)((char *)config + level->offset);
}

/* "sockets (2) * dies (1) * cores (2) * threads (1)": what the machine has. */
static char *hierarchy_text(const MachineClass *mc, const SMPConfiguration *c)
{
    GString *s = g_string_new(NULL);

    g_string_append_printf(s, "sockets (%" PRIu64 ")", c->sockets);
    if (mc->smp_props.dies_supported) {
        g_string_append_printf(s, " * dies (%" PRIu64 ")", c->dies);
    }
    if (mc->smp_props.clusters_supported) {
        g_string_append_printf(s, " * clusters (%" PRIu64 ")", c->clusters);
    }
    g_string_append_printf(s, " * cores (%" PRIu64 ") * threads (%" PRIu64 ")",
                           c->cores, c->threads);
    return g_string_free(s, false);
}

static bool check_levels(const MachineClass *mc, SMPConfiguration *c,
                         Error **errp)
{
    for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
        uint64_t value = *level_value(c, &levels[i]);

        if (value > LEVEL_MAX) {
            error_setg(errp, "Invalid CPU topology: %s=%" PRIu64 " is more "
                       "than %d", levels[i].name, value, LEVEL_MAX);
            return false;
        }
    }
    if (!mc->smp_props.dies_supported && c->dies > 1) {
        error_setg(errp, "dies not supported by this machine's CPU topology");
        return false;
    }
    if (!mc->smp_props.clusters_supported && c->clusters > 1) {
        error_setg(errp,
                   "clusters not supported by this machine's CPU topology");
        return false;
    }
    return true;
}

/* The number that is missing in a product. */
static uint64_t missing_factor(uint64_t total, uint64_t others)
{
    return MAX(total / others, 1);
}

/*
 * Fills in what was not said. Dies and clusters are 1 then. Of sockets, cores
 * and threads, cores take what is left first, or sockets where the machine
 * prefers them; then the other; threads last.
 */
static void fill_in(const MachineClass *mc, SMPConfiguration *c)
{
    uint64_t fixed, total = c->maxcpus ? c->maxcpus : c->cpus;

    c->dies = MAX(c->dies, 1);
    c->clusters = MAX(c->clusters, 1);
    fixed = c->dies * c->clusters;
    if (!c->cpus && !c->maxcpus) {
        c->sockets = MAX(c->sockets, 1);
        c->cores = MAX(c->cores, 1);
        c->threads = MAX(c->threads, 1);
    } else if (mc->smp_props.prefer_sockets) {
        if (!c->sockets) {
            c->cores = MAX(c->cores, 1);
            c->threads = MAX(c->threads, 1);
            c->sockets = missing_factor(total, fixed * c->cores * c->threads);
        } else if (!c->cores) {
            c->threads = MAX(c->threads, 1);
            c->cores = missing_factor(total, fixed * c->sockets * c->threads);
        }
    } else {
        if (!c->cores) {
            c->sockets = MAX(c->sockets, 1);
            c->threads = MAX(c->threads, 1);
            c->cores = missing_factor(total, fixed * c->sockets * c->threads);
        } else if (!c->sockets) {
            c->threads = MAX(c->threads, 1);
            c->sockets = missing_factor(total, fixed * c->cores * c->threads);
        }
    }
    if (!c->threads) {
        c->threads = missing_factor(total, fixed * c->sockets * c->cores);
    }
    if (!total) {
        total = fixed * c->sockets * c->cores * c->threads;
    }
    c->maxcpus = c->maxcpus ? c->maxcpus : total;
    c->cpus = c->cpus ? c->cpus : c->maxcpus;
}

bool machine_parse_smp_config(MachineState *ms, const SMPConfiguration *config,
                              Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    SMPConfiguration c = *config;
    g_autofree char *text = NULL;

    if (!check_levels(mc, &c, errp)) {
        return false;
    }
    fill_in(mc, &c);
    text = hierarchy_text(mc, &c);
    if (c.sockets * c.dies * c.clusters * c.cores * c.threads != c.maxcpus) {
        error_setg(errp, "Invalid CPU topology: product of the hierarchy must "
                   "match maxcpus: %s != maxcpus (%" PRIu64 ")", text,
                   c.maxcpus);
        return false;
    }
    if (c.maxcpus < c.cpus) {
        error_setg(errp, "Invalid CPU topology: maxcpus must be equal to or "
                   "greater than smp: %s == maxcpus (%" PRIu64 ") < smp_cpus "
                   "(%" PRIu64 ")", text, c.maxcpus, c.cpus);
        return false;
    }
    if (c.cpus < (uint64_t)mc->min_cpus) {
        error_setg(errp, "Invalid SMP CPUs %" PRIu64 ". The min CPUs supported "
                   "by machine '%s' is %d", c.cpus, mc->name, mc->min_cpus);
        return false;
    }
    if (c.maxcpus > (uint64_t)mc->max_cpus) {
        error_setg(errp, "Invalid SMP CPUs %" PRIu64 ". The max CPUs supported "
                   "by machine '%s' is %d", c.maxcpus, mc->name, mc->max_cpus);
        return false;
    }
    ms->smp = (CpuTopology) {
        .cpus = c.cpus, .max_cpus = c.maxcpus, .sockets = c.sockets,
        .dies = c.dies, .clusters = c.clusters, .cores = c.cores,
        .threads = c.threads,
    };
    return true;
}

bool machine_parse_smp_opts(MachineState *ms, QemuOpts *opts, Error **errp)
{
    SMPConfiguration config = { 0 };

    for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
        const char *text = qemu_opt_get(opts, levels[i].name);
        uint64_t *value = level_value(&config, &levels[i]);

        if (!text) {
            continue;
        }
        if (!parse_option_number(levels[i].name, text, value, NULL)) {
            error_setg(errp, "Parameter 'smp.%s' expects integer",
                       levels[i].name);
            return false;
        }
        if (!*value) {
            error_setg(errp, "Invalid CPU topology: %s=0, it must be greater "
                       "than zero", levels[i].name);
            return false;
        }
    }
    return machine_parse_smp_config(ms, &config, errp);
}
