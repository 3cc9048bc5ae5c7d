/*
 * Walking the graph: from each test back to the devices that produce what it
 * wants, and from there to the machines that contain their bus.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "qgraph.h"

typedef struct Machine {
    const char *name, *args, *device_args;
    size_t ram_bytes;
    QOSMachineNew *make;
    GPtrArray *buses;
} Machine;

typedef struct Device {
    const char *name, *args, *bus, *machine_args, *lacks;
    QOSDeviceNew *make;
    const char *objects, *json; /* more arguments, and members of -device */
    GPtrArray *interfaces;
} Device;

typedef struct Test {
    const char *name, *interface;
    QOSTestFunc *func;
    QOSTestOpts opts;
} Test;

/* One way through the graph. */
typedef struct Way {
    const Machine *machine;
    const Device *device;
    const Test *test;
    const char *variant;
} Way;

static GPtrArray *machines, *devices, *tests;

static void *add_node(GPtrArray **list, size_t size)
{
    void *node = g_malloc0(size);

    if (!*list) {
        *list = g_ptr_array_new_with_free_func(g_free);
    }
    g_ptr_array_add(*list, node);
    return node;
}

static Machine *find_machine(const char *name)
{
    for (guint i = 0; machines && i < machines->len; i++) {
        Machine *m = machines->pdata[i];

        if (g_str_equal(m->name, name)) {
            return m;
        }
    }
    g_error("no machine node '%s'", name);
}

static Device *find_device(const char *name)
{
    for (guint i = 0; devices && i < devices->len; i++) {
        Device *d = devices->pdata[i];

        if (g_str_equal(d->name, name)) {
            return d;
        }
    }
    g_error("no device node '%s'", name);
}

void qos_add_machine(const char *name, const char *args, unsigned ram_mib,
                     QOSMachineNew *make)
{
    Machine *m = add_node(&machines, sizeof(*m));

    m->name = name;
    m->args = g_strdup_printf("%s -m %u", args, ram_mib);
    m->ram_bytes = (size_t)ram_mib << 20;
    m->make = make;
    m->buses = g_ptr_array_new();
}

void qos_machine_places(const char *machine, const char *device_args)
{
    find_machine(machine)->device_args = device_args;
}

void qos_node_contains(const char *machine, const char *bus)
{
    g_ptr_array_add(find_machine(machine)->buses, (char *)bus);
}

void qos_add_device(const char *name, const char *args, const char *bus,
                    QOSDeviceNew *make)
{
    Device *d = add_node(&devices, sizeof(*d));

    d->name = name;
    d->args = args;
    d->bus = bus;
    d->make = make;
    d->interfaces = g_ptr_array_new();
}

void qos_device_needs(const char *name, const char *machine_args)
{
    find_device(name)->machine_args = machine_args;
}

void qos_device_json(const char *name, const char *objects, const char *json)
{
    Device *d = find_device(name);

    d->objects = objects;
    d->json = json;
}

void qos_device_lacks(const char *name, const char *variant_prefix)
{
    find_device(name)->lacks = variant_prefix;
}

void qos_node_produces(const char *device, const char *interface)
{
    g_ptr_array_add(find_device(device)->interfaces, (char *)interface);
}

void qos_add_test(const char *name, const char *interface, QOSTestFunc *func,
                  const QOSTestOpts *opts)
{
    Test *t = add_node(&tests, sizeof(*t));

    t->name = name;
    t->interface = interface;
    t->func = func;
    if (opts) {
        t->opts = *opts;
    }
}

static bool has_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++) {
        if (g_str_equal(names->pdata[i], name)) {
            return true;
        }
    }
    return false;
}

/* "type,k=v,…" and JSON members as -device '{…}'. */
static void add_json_device(GString *line, const char *args, const char *json)
{
    g_auto(GStrv) parts = g_strsplit(args, ",", 0);

    g_string_append_printf(line, " -device '{\"driver\":\"%s\"", parts[0]);
    for (unsigned i = 1; parts[i]; i++) {
        const char *value = strchr(parts[i], '=');
        char *end;

        parts[i][value - parts[i]] = '\0';
        value++;
        g_ascii_strtoull(value, &end, 0);
        if (g_str_equal(value, "on") || g_str_equal(value, "off")) {
            bool may_be_auto = g_str_equal(parts[i], "disable-legacy");

            value = may_be_auto ? value :
                    g_str_equal(value, "on") ? "true" : "false";
            g_string_append_printf(line, may_be_auto ? ",\"%s\":\"%s\"" :
                                   ",\"%s\":%s", parts[i], value);
        } else if (*value && *end == '\0' && !g_str_equal(parts[i], "addr")) {
            g_string_append_printf(line, ",\"%s\":%s", parts[i], value);
        } else {
            g_string_append_printf(line, ",\"%s\":\"%s\"", parts[i], value);
        }
    }
    g_string_append_printf(line, ",%s}'", json);
}

static char *command_line(const Way *way, const char *more)
{
    const Device *d = way->device;
    const QOSTestOpts *o = &way->test->opts;
    GString *line = g_string_new(way->machine->args);

    if (d->machine_args && !more) {
        g_string_append_printf(line, " %s", d->machine_args);
    }
    if (o->machine_args) {
        g_string_append_printf(line, " %s", o->machine_args);
    }
    if (more) {
        g_string_append_printf(line, " %s", more);
    }
    if (d->objects) {
        g_string_append_printf(line, " %s", d->objects);
    }
    if (d->args) {
        g_autofree char *args =
            g_strdup_printf("%s,id=dev0%s%s", d->args,
                            way->machine->device_args ?
                            way->machine->device_args : "",
                            o->device_args ? o->device_args : "");

        if (d->json) {
            add_json_device(line, args, d->json);
        } else {
            g_string_append_printf(line, " -device %s", args);
        }
    }
    return g_string_free(line, false);
}

#define SKIP_STATUS 77

static QTestState *running;

void qos_skip(const char *why)
{
    g_test_message("skipped: %s", why);
    qtest_quit(running);
    _exit(SKIP_STATUS);
}

static void run_way(const Way *way)
{
    const QOSTestOpts *o = &way->test->opts;
    void *data = NULL;
    g_autofree char *more = o->before ? o->before(&data) : NULL;
    g_autofree char *line = command_line(way, more);
    QTestState *qts = running = o->ram_not_mapped
        ? qtest_init(line) : qtest_init_mapped(line, way->machine->ram_bytes);
    QOSObject *machine = way->machine->make(qts);
    void *bus = machine->get_driver(machine, way->device->bus);
    QOSObject *device = way->device->make(qts, bus, "dev0");
    void *driver = device->get_driver(device, way->test->interface);

    g_assert_nonnull(driver);
    if (device->start) {
        device->start(device);
    }
    way->test->func(driver, qts, way->variant, data);
    device->destroy(device);
    machine->destroy(machine);
    qtest_quit(qts);
    if (o->after) {
        o->after(data);
    }
}

/* A CPU that no other process of this program has for itself; or -1. */
static int own_cpu = -1;

static bool claim_cpu(int cpu)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    /* An abstract name is gone with the process that has it. */
    g_snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, "qos-test-cpu-%d",
               cpu);
    if (bind(fd, (void *)&addr, sizeof(addr)) == 0) {
        return true;
    }
    close(fd);
    return false;
}

static void choose_cpu(void)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
        return;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE && own_cpu < 0; cpu++) {
        if (CPU_ISSET(cpu, &allowed) && claim_cpu(cpu)) {
            own_cpu = cpu;
        }
    }
}

/*
 * Test and emulator take turns, so on one CPU a turn is no more than a switch,
 * which costs a third less than to wake another CPU. Not where a device has
 * threads that should run at the same time.
 */
static void stay_on_own_cpu(const Way *way)
{
    cpu_set_t set;

    if (own_cpu < 0 || way->device->objects) {
        return;
    }
    CPU_ZERO(&set);
    CPU_SET(own_cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

/* In a process of its own: a case that fails does not end the others. */
static void run_way_apart(const void *opaque)
{
    pid_t pid;
    int status;

    qtest_learn_schema();               /* once, for all that follow */
    pid = fork();
    if (pid == 0) {
        stay_on_own_cpu(opaque);
        run_way(opaque);
        _exit(0);
    }
    RETRY_ON_EINTR(waitpid(pid, &status, 0));
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP_STATUS) {
        g_test_skip("not for this device");
    } else if (status != 0) {
        g_test_fail_printf("the case ended with status 0x%x", status);
    }
}

/* A number of the environment, 0 if it is not there. */
static unsigned number_of(const char *variable, const char **rest)
{
    const char *text = g_getenv(variable);
    char *end = NULL;
    unsigned number = text ? strtoul(text, &end, 10) : 0;

    *rest = end;
    return number;
}

/*
 * QOS_SHARD=i/n: every n-th case, from the i-th on, so that several processes share
 * the graph. QOS_SAMPLE=k, for builds that are slow: all attacks and each k-th other
 * case of the first machine, and of the others each 4k-th.
 */
static bool is_ours(const Machine *m, const char *path)
{
    static unsigned count;
    const char *rest;
    unsigned shard = number_of("QOS_SHARD", &rest);
    unsigned shards = shard && *rest == '/' ? strtoul(rest + 1, NULL, 10) : 0;
    unsigned sample = number_of("QOS_SAMPLE", &rest);
    bool first = m == machines->pdata[0];

    if (sample && !(first && strstr(path, "/attack/")) &&
        g_str_hash(path) % (first ? sample : 4 * sample) != 0) {
        return false;
    }
    return !shards || count++ % shards == shard - 1;
}

static void add_way(const Machine *m, const Device *d, const Test *t,
                    const char *variant)
{
    Way *way;
    g_autofree char *path =
        g_strdup_printf("/x86_64/%s/%s/%s/%s%s%s", m->name, d->name,
                        t->interface, t->name, variant ? "/" : "",
                        variant ? variant : "");

    if (!is_ours(m, path)) {
        return;
    }
    way = g_new0(Way, 1);
    *way = (Way) { m, d, t, variant };
    g_test_add_data_func_full(path, way, run_way_apart, g_free);
}

static void add_ways_of(const Test *t)
{
    const char *const *variants = t->opts.variants;

    for (guint i = 0; i < devices->len; i++) {
        const Device *d = devices->pdata[i];

        if (!has_name(d->interfaces, t->interface)) {
            continue;
        }
        for (guint j = 0; j < machines->len; j++) {
            const Machine *m = machines->pdata[j];

            if (!has_name(m->buses, d->bus)) {
                continue;
            }
            if (!variants) {
                add_way(m, d, t, NULL);
            }
            for (unsigned v = 0; variants && variants[v]; v++) {
                if (!d->lacks || !g_str_has_prefix(variants[v], d->lacks)) {
                    add_way(m, d, t, variants[v]);
                }
            }
        }
    }
}

int qos_run(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; tests && i < tests->len; i++) {
        add_ways_of(tests->pdata[i]);
    }
    choose_cpu();
    return g_test_run();
}
