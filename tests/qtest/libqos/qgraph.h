/*
 * The graph behind the qtests. Machines contain buses, devices consume a bus and
 * produce interfaces (device by device, driver by driver), tests want an interface.
 * Every way from a machine to a test becomes one test case, named after it:
 *
 *     /x86_64/pc/virtio-net-pci/virtio-net/tx/flush-order
 *
 * so a test that is written once runs on every machine, device and variant that
 * can bear it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LIBQOS_QGRAPH_H
#define LIBQOS_QGRAPH_H

#include "../libqtest.h"

typedef struct QOSObject QOSObject;

/* One thing on the way: a machine, a device. Interfaces are asked of it by name. */
struct QOSObject {
    /* The driver for @interface, or NULL if this object has none. */
    void *(*get_driver)(QOSObject *obj, const char *interface);
    /* Ready the hardware, after the whole way has been made. */
    void (*start)(QOSObject *obj);
    void (*destroy)(QOSObject *obj);
};

/* Makes the object of a machine node. */
typedef QOSObject *QOSMachineNew(QTestState *qts);
/* Makes the object of a device node on a bus; @bus is what it consumes. */
typedef QOSObject *QOSDeviceNew(QTestState *qts, void *bus, const char *id);

typedef struct QOSTestOpts {
    const char *machine_args;   /* appended to the command line */
    const char *device_args;    /* appended to -device, e.g. ",mrg_rxbuf=off" */
    bool ram_not_mapped;        /* by the test: all of it is the emulator's alone */
    /* NULL-terminated names; the test is run once for each. */
    const char *const *variants;
    /* Called before the start, to make sockets and say more arguments. */
    char *(*before)(void **data);
    void (*after)(void *data);
} QOSTestOpts;

/*
 * A test gets the driver it wants and what it may need beside it. @data is what
 * before() set, @variant the name or NULL.
 */
typedef void QOSTestFunc(void *driver, QTestState *qts, const char *variant,
                         void *data);

/* @ram_mib: its RAM, which tests map. */
void qos_add_machine(const char *name, const char *args, unsigned ram_mib,
                     QOSMachineNew *make);
/* What is appended to each -device, to put it where the machine wants it. */
void qos_machine_places(const char *machine, const char *device_args);
/* @machine's object answers get_driver(@bus). */
void qos_node_contains(const char *machine, const char *bus);
/*
 * A device: @args is what stands behind -device (with the id added), or NULL for a
 * device that the machine has by itself.
 */
void qos_add_device(const char *name, const char *args, const char *bus,
                    QOSDeviceNew *make);
/* More arguments before -device, such as a backend. */
void qos_device_needs(const char *name, const char *machine_args);
/*
 * The device is told by JSON, with these members besides; @objects are arguments that
 * it needs whatever its backend is.
 */
void qos_device_json(const char *name, const char *objects, const char *json);
/* Variants of this prefix do not exist for the device, by its nature. */
void qos_device_lacks(const char *name, const char *variant_prefix);
void qos_node_produces(const char *device, const char *interface);
void qos_add_test(const char *name, const char *interface, QOSTestFunc *func,
                  const QOSTestOpts *opts);

/* In a running case: it cannot be had here; the text says why. Does not return. */
void qos_skip(const char *why) QEMU_NORETURN;

/* Registers every way with GLib's test runner and runs them. */
int qos_run(int argc, char **argv);

/* Each file of nodes and tests has one of these; they run before main(). */
#define libqos_init(function)                                           \
    static void __attribute__((constructor)) function##_at_start(void)  \
    {                                                                   \
        function();                                                     \
    }

#endif
