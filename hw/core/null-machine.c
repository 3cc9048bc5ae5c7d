/*
 * The machine "none": no board at all, for clients that only ask what this
 * program can do. A CPU and memory are there if they were asked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/boards.h"
#include "hw/core/cpu.h"
#include "system/address-spaces.h"

static void none_init(MachineState *machine)
{
    if (machine->ram) {
        memory_region_add_subregion(get_system_memory(), 0, machine->ram);
    }
    if (machine->cpu_type) {
        CPUState *cpu = CPU(object_new(machine->cpu_type));

        cpu->nr_cores = cpu->nr_threads = 1;
        cpu->memory = get_system_memory();
        qdev_realize(DEVICE(cpu), NULL, &error_fatal);
        object_unref(OBJECT(cpu));
    }
}

static void none_machine_init(MachineClass *mc)
{
    mc->desc = "empty machine";
    mc->init = none_init;
    mc->max_cpus = 1;
    mc->default_ram_size = 0;
    mc->default_ram_id = "ram";
    mc->no_serial = true;
    mc->no_parallel = true;
    mc->no_floppy = true;
    mc->no_cdrom = true;
    mc->no_sdcard = true;
}

DEFINE_MACHINE("none", none_machine_init)
