/*
 * Machines: their class (what the board is), their object (what the user
 * asked of it), and processor topology.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_BOARDS_H
#define HW_BOARDS_H

#include "hw/core/qdev.h"
#include "qemu/notify.h"

#define TYPE_MACHINE_SUFFIX "-machine"
/* MACHINE_TYPE_NAME("pc") is "pc-machine". */
#define MACHINE_TYPE_NAME(machinename) (machinename TYPE_MACHINE_SUFFIX)

#define TYPE_MACHINE "machine"
DECLARE_OBJ_CHECKERS(MachineState, MachineClass, MACHINE, TYPE_MACHINE)

/* The machine of this process; NULL before it is made. */
extern MachineState *current_machine;

typedef struct HostMemoryBackend HostMemoryBackend;
typedef struct NumaState NumaState;     /* hw/core/numa.h */

/* Sockets × dies × clusters × cores × threads, all at least 1. */
typedef struct CpuTopology {
    unsigned int cpus;          /* present at start */
    unsigned int sockets;
    unsigned int dies;
    unsigned int clusters;
    unsigned int cores;
    unsigned int threads;
    unsigned int max_cpus;
} CpuTopology;

/* What `-smp` said; 0 means "not said". */
typedef struct SMPConfiguration {
    uint64_t cpus, sockets, dies, clusters, cores, threads, maxcpus;
} SMPConfiguration;

/* What `-boot` said. */
typedef struct BootConfiguration {
    char *order;
    char *once;
    bool has_menu, menu;
    char *splash;
    bool has_splash_time;
    int64_t splash_time;        /* milliseconds */
    bool has_reboot_timeout;
    int64_t reboot_timeout;     /* milliseconds */
    bool has_strict, strict;
} BootConfiguration;

typedef struct CPUArchId {
    uint64_t arch_id;           /* APIC id */
    int64_t vcpus_count;
    Object *cpu;                /* NULL: not plugged */
    const char *type;
    bool has_node;              /* of -numa */
    unsigned node;
} CPUArchId;

typedef struct CPUArchIdList {
    int len;
    CPUArchId cpus[];
} CPUArchIdList;

typedef struct SMPCompatProps {
    bool prefer_sockets;        /* what is not said goes to sockets first */
    bool dies_supported;
    bool clusters_supported;
} SMPCompatProps;

struct MachineClass {
    ObjectClass parent_class;

    const char *family;
    char *name;                 /* type name without "-machine" */
    const char *alias;          /* another name for -machine, or NULL */
    const char *desc;
    const char *deprecation_reason;

    /* Builds the board. Failure: error_fatal style, a message and status 1. */
    void (*init)(MachineState *state);
    /* A system reset of that kind; NULL: reset everything registered. */
    void (*reset)(MachineState *state, ResetType type);
    void (*wakeup)(MachineState *state);

    int max_cpus;
    int min_cpus;
    int default_cpus;
    bool no_serial, no_parallel, no_floppy, no_cdrom, no_sdcard;
    bool pci_allow_0_address;
    bool is_default;
    const char *default_boot_order;
    const char *default_display;
    const char *default_nic;    /* model of the NIC that `-nic` makes */
    const char *default_cpu_type;   /* type name */
    const char *default_ram_id;
    uint64_t default_ram_size;  /* bytes */
    GPtrArray *compat_props;    /* GlobalProperty *, older machines' last */
    const char *hw_version;
    bool option_rom_has_mr;
    bool rom_file_has_mr;
    bool has_hotpluggable_cpus;
    bool numa_mem_supported;
    const char *const *valid_cpu_types;     /* NULL-terminated, NULL: all */
    GSList *allowed_dynamic_sysbus_devices; /* type names */
    SMPCompatProps smp_props;

    /* The handler for dev where it is not its bus's; NULL answer: none. */
    HotplugHandler *(*get_hotplug_handler)(MachineState *machine,
                                           DeviceState *dev);
    bool (*hotplug_allowed)(MachineState *state, DeviceState *dev,
                            Error **errp);
    const CPUArchIdList *(*possible_cpu_arch_ids)(MachineState *machine);
    uint64_t (*fixup_ram_size)(uint64_t size);
};

struct MachineState {
    Object parent_obj;

    bool dump_guest_core;
    bool mem_merge;
    bool usb;
    bool usb_disabled;
    char *firmware;             /* -bios */
    bool suppress_vmdesc;
    bool mem_prealloc;          /* -mem-prealloc: the RAM that we make */
    bool enable_graphics;
    HostMemoryBackend *memdev;  /* memory-backend=, NULL: none given */
    MemoryRegion *ram;          /* guest RAM, before init() runs */
    uint64_t ram_size;          /* bytes */
    uint64_t maxram_size;
    uint64_t ram_slots;
    BootConfiguration boot_config;
    char *kernel_filename;
    char *kernel_cmdline;
    char *initrd_filename;
    const char *cpu_type;       /* type name */
    char *accel;                /* accel=, as given */
    Object *accelerator;        /* the accelerator object */
    CPUArchIdList *possible_cpus;
    CpuTopology smp;
    NumaState *numa;     /* NULL: no -numa */
};

/* Machine class by `-machine` name or alias; NULL if there is none. */
MachineClass *machine_class_by_name(const char *name);
/* The class marked as default. */
MachineClass *machine_class_default(void);
/* Prints `-machine help` to standard output. */
void machine_print_help(void);
/* Prints the properties of a machine (`-machine T,help`). */
void machine_print_properties(MachineClass *mc);

/*
 * Makes /machine of that class, with its containers unattached, peripheral and
 * peripheral-anon and its compat properties, and sets current_machine.
 */
MachineState *machine_new(MachineClass *mc, Error **errp);

/* Works out the topology from what was said; errors name the numbers. */
bool machine_parse_smp_config(MachineState *ms, const SMPConfiguration *config,
                              Error **errp);
/* `-smp` options (cpus, sockets, …) to numbers; QemuOpts of group smp-opts. */
bool machine_parse_smp_opts(MachineState *ms, QemuOpts *opts, Error **errp);

/* Runs class init() with all properties set, then tells the notifiers. */
void machine_run_board_init(MachineState *machine, const char *mem_path,
                            Error **errp);

/* Called when the board and all -device are there (or at once if so). */
void qemu_add_machine_init_done_notifier(Notifier *notify);
void qemu_remove_machine_init_done_notifier(Notifier *notify);
/* Ends machine start-up: devices count as hotplugged from here on, globals
 * are checked, notifiers run, the first reset is done. */
void qdev_machine_creation_finish(void);
bool machine_init_is_done(void);

void machine_class_allow_dynamic_sysbus_dev(MachineClass *mc,
                                            const char *type);
bool device_is_dynamic_sysbus(MachineClass *mc, DeviceState *dev);
bool machine_usb(MachineState *machine);
bool machine_dump_guest_core(MachineState *machine);
bool machine_mem_merge(MachineState *machine);

/* Appends n entries to a class's compat properties. */
void compat_props_add(GPtrArray *arr, GlobalProperty props[], size_t nelem);

/* Machine state change while the guest sleeps: calls class wakeup. */
void machine_wakeup(MachineState *machine);

#define DEFINE_MACHINE(namestr, machine_initfn)                             \
    static void machine_initfn##_class_init(ObjectClass *oc,                \
                                            const void *data)               \
    {                                                                       \
        machine_initfn(MACHINE_CLASS(oc));                                  \
    }                                                                       \
    static const TypeInfo machine_initfn##_typeinfo = {                     \
        .name = MACHINE_TYPE_NAME(namestr),                                 \
        .parent = TYPE_MACHINE,                                             \
        .class_init = machine_initfn##_class_init,                          \
    };                                                                      \
    static void machine_initfn##_register_types(void)                       \
    {                                                                       \
        type_register_static(&machine_initfn##_typeinfo);                   \
    }                                                                       \
    type_init(machine_initfn##_register_types)

#endif
