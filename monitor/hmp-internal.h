/*
 * Commands of the human monitor that stand in files of their own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MONITOR_HMP_INTERNAL_H
#define MONITOR_HMP_INTERNAL_H

#include "monitor-internal.h"
#include "qemu/config-file.h"

/* --- hmp-mem.c --- */

void hmp_memory_virtual(Monitor *mon, json_object *args);
void hmp_memory_physical(Monitor *mon, json_object *args);
void hmp_ioport_read(Monitor *mon, json_object *args);
void hmp_ioport_write(Monitor *mon, json_object *args);
void hmp_print(Monitor *mon, json_object *args);
bool hmp_cpu_exists(int64_t index);

/* --- hmp-complete.c: what arguments may be --- */

void hmp_complete_capability(HMPCompletion *c);
void hmp_complete_chardev_add(HMPCompletion *c);
void hmp_complete_chardev_id(HMPCompletion *c);
void hmp_complete_device_add(HMPCompletion *c);
void hmp_complete_device_id(HMPCompletion *c);
void hmp_complete_link(HMPCompletion *c);
void hmp_complete_log(HMPCompletion *c);
void hmp_complete_netdev_add(HMPCompletion *c);
void hmp_complete_netdev_id(HMPCompletion *c);
void hmp_complete_nics(HMPCompletion *c);
void hmp_complete_object_add(HMPCompletion *c);
void hmp_complete_object_id(HMPCompletion *c);
void hmp_complete_parameter(HMPCompletion *c);
void hmp_complete_property(HMPCompletion *c);
void hmp_complete_qom_path(HMPCompletion *c);
void hmp_complete_trace(HMPCompletion *c);
void hmp_complete_virtio(HMPCompletion *c);

/* --- hmp-virtio.c --- */

void hmp_info_virtio(Monitor *mon, json_object *args);
void hmp_info_virtio_stats(Monitor *mon, json_object *args);
void hmp_info_virtio_status(Monitor *mon, json_object *args);
void hmp_info_virtio_queue_status(Monitor *mon, json_object *args);
void hmp_info_virtio_vhost_queue_status(Monitor *mon, json_object *args);
void hmp_info_virtio_queue_element(Monitor *mon, json_object *args);

/* --- qmp-cmds-migration.c --- */

void hmp_migrate(Monitor *mon, json_object *args);
void hmp_migrate_cancel(Monitor *mon, json_object *args);
void hmp_migrate_incoming(Monitor *mon, json_object *args);
void hmp_migrate_set_capability(Monitor *mon, json_object *args);
void hmp_migrate_set_parameter(Monitor *mon, json_object *args);
void hmp_info_migrate(Monitor *mon, json_object *args);
void hmp_info_migrate_capabilities(Monitor *mon, json_object *args);
void hmp_info_migrate_parameters(Monitor *mon, json_object *args);

#endif
