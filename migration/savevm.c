/*
 * The machine as a stream: who it is, its memory, the states of its devices.
 *
 * The virtual clock is the first of the states, so that timers that are loaded
 * later mean the same moment as when they were saved.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/boards.h"
#include "migration/vmstate.h"
#include "migration-internal.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qemu/uuid.h"
#include "system/system.h"
#include "trace.h"

/* ---- who we are -------------------------------------------------------- */

typedef struct MachineIdentity {
    uint8_t name[64];
    uint8_t run_state[32];
    uint8_t uuid[16];
    bool has_uuid;
} MachineIdentity;

static const VMStateDescription vmstate_identity = {
    .name = "machine",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER(name, MachineIdentity),
        VMSTATE_BUFFER(run_state, MachineIdentity),
        VMSTATE_BUFFER(uuid, MachineIdentity),
        VMSTATE_BOOL(has_uuid, MachineIdentity),
        VMSTATE_END_OF_LIST()
    },
};

static void identify(MachineIdentity *id, const char *run_state)
{
    *id = (MachineIdentity) { .has_uuid = qemu_uuid_set };
    g_strlcpy((char *)id->name, MACHINE_GET_CLASS(current_machine)->name,
              sizeof(id->name));
    g_strlcpy((char *)id->run_state, run_state, sizeof(id->run_state));
    memcpy(id->uuid, &qemu_uuid, sizeof(id->uuid));
}

static bool load_identity(const GByteArray *data, MachineLoad *load,
                          Error **errp)
{
    QEMUFile *mem = qemu_file_new_input_mem(data->data, data->len);
    MachineIdentity here, there = { 0 };
    g_autofree char *shown = NULL;
    bool ok = vmstate_load_state(mem, &vmstate_identity, &there, 1, errp) == 0;

    qemu_fclose(mem);
    if (!ok) {
        return false;
    }
    there.name[sizeof(there.name) - 1] = '\0';
    there.run_state[sizeof(there.run_state) - 1] = '\0';
    identify(&here, "");
    if (strcmp((char *)here.name, (char *)there.name)) {
        shown = g_strescape((char *)there.name, NULL);
        error_setg(errp, "the state is of a machine '%s', this one is '%s'",
                   shown, here.name);
        return false;
    }
    if (migration_options()->validate_uuid && there.has_uuid &&
        memcmp(here.uuid, there.uuid, sizeof(here.uuid))) {
        error_setg(errp, "the state is of a machine with another UUID");
        return false;
    }
    g_strlcpy(load->run_state, (char *)there.run_state,
              sizeof(load->run_state));
    return true;
}

/* ---- the clock --------------------------------------------------------- */

typedef struct ClockState {
    int64_t virtual_ns;
} ClockState;

static ClockState clock_state;

static int clock_pre_save(void *opaque)
{
    clock_state.virtual_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    return 0;
}

/* A clock near its end would make every deadline overflow. */
#define CLOCK_MAX_NS (INT64_MAX / 4)

static bool clock_post_load(void *opaque, int version_id, Error **errp)
{
    if (clock_state.virtual_ns < 0 || clock_state.virtual_ns > CLOCK_MAX_NS) {
        error_setg(errp, "the virtual clock cannot be at %" PRId64 " ns",
                   clock_state.virtual_ns);
        return false;
    }
    virtual_clock_set(clock_state.virtual_ns);
    return true;
}

static const VMStateDescription vmstate_clock = {
    .name = "clock",
    .version_id = 1,
    .minimum_version_id = 1,
    .priority = MIG_PRI_MAX,
    .pre_save = clock_pre_save,
    .post_load_errp = clock_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_INT64(virtual_ns, ClockState),
        VMSTATE_END_OF_LIST()
    },
};

static void register_clock(void)
{
    vmstate_register(NULL, 0, &vmstate_clock, &clock_state);
}

migration_init(register_clock)

/* ---- saving ------------------------------------------------------------ */

struct MachineSnapshot {
    QEMUFile *identity;
    QEMUFile *states;
};

void snapshot_free(MachineSnapshot *s)
{
    if (s) {
        qemu_fclose(s->identity);
        qemu_fclose(s->states);
        g_free(s);
    }
}

MachineSnapshot *snapshot_take(const char *run_state, Error **errp)
{
    MachineSnapshot *s = g_new0(MachineSnapshot, 1);
    MachineIdentity id;
    size_t size;
    bool ok;

    s->identity = qemu_file_new_output_mem();
    s->states = qemu_file_new_output_mem();
    identify(&id, run_state);
    ok = vmstate_save_state(s->identity, &vmstate_identity, &id, errp) == 0 &&
         vmstate_save_all(s->states, errp) == 0;
    if (ok) {
        qemu_file_get_mem(s->states, &size);
        ok = size <= SECTION_STATES_MAX;
        if (!ok) {
            error_setg(errp, "the devices have %zu bytes of state, at most %u "
                       "can be saved", size, SECTION_STATES_MAX);
        }
    }
    if (!ok) {
        g_clear_pointer(&s, snapshot_free);
    }
    return s;
}

static void put_memory(QEMUFile *f, uint8_t type, QEMUFile *mem)
{
    size_t size;
    const uint8_t *bytes = qemu_file_get_mem(mem, &size);

    trace_savevm_section_save(type, size);
    stream_put_section(f, type, bytes, size, NULL, 0);
}

bool savevm_write(MigrationChannel *ch, const MachineSnapshot *s, RamSave *ram,
                  Error **errp)
{
    stream_put_header(ch->file);
    put_memory(ch->file, SECTION_MACHINE, s->identity);
    if (ram_save_all(ram, ch)) {
        put_memory(ch->file, SECTION_STATES, s->states);
        stream_put_section(ch->file, SECTION_END, NULL, 0, NULL, 0);
    }
    return migration_channel_finish(ch, errp);
}

/* ---- loading ----------------------------------------------------------- */

void savevm_load_clear(MachineLoad *load)
{
    if (load->states) {
        g_byte_array_unref(g_steal_pointer(&load->states));
    }
}

/* The order in which sections may come. */
static bool section_fits(uint8_t last, uint8_t type)
{
    return type == last + 1 ||
           (type == SECTION_PAGES && last == SECTION_PAGES) ||
           (type == SECTION_STATES && last == SECTION_BLOCKS);
}

static bool read_section(MachineLoad *load, RamLoad *ram, uint8_t type,
                         GByteArray *data, Error **errp)
{
    switch (type) {
    case SECTION_MACHINE:
        return load_identity(data, load, errp);
    case SECTION_BLOCKS:
        return ram_load_blocks(ram, data->data, data->len, errp);
    case SECTION_PAGES:
        return ram_load_pages(ram, data->data, data->len, errp);
    case SECTION_STATES:
        load->states = g_byte_array_ref(data);
        return ram_load_complete(ram, errp);
    default:
        return true;
    }
}

static bool read_sections(QEMUFile *f, MachineLoad *load, RamLoad *ram,
                          Error **errp)
{
    g_autoptr(GByteArray) data = g_byte_array_new();
    uint8_t type = 0;

    if (!stream_get_header(f, errp)) {
        return false;
    }
    while (type != SECTION_END) {
        uint8_t last = type;

        if (last == SECTION_STATES) {
            g_byte_array_unref(data);       /* load->states keeps it */
            data = g_byte_array_new();
        }
        if (!stream_get_section(f, &type, data, errp)) {
            return false;
        }
        trace_savevm_section_load(type, data->len);
        if (!section_fits(last, type)) {
            error_setg(errp, "the stream is damaged: section %u after %u",
                       type, last);
            return false;
        }
        if (!read_section(load, ram, type, data, errp)) {
            return false;
        }
    }
    return true;
}

bool savevm_read(MigrationChannel *ch, MachineLoad *load, Error **errp)
{
    RamLoad *ram = ram_load_new();
    bool ok = read_sections(ch->file, load, ram, errp);

    ram_load_free(ram);
    return migration_channel_finish(ch, ok ? errp : NULL) && ok;
}

bool savevm_apply(MachineLoad *load, Error **errp)
{
    QEMUFile *mem = qemu_file_new_input_mem(load->states->data,
                                            load->states->len);
    bool ok = vmstate_load_all(mem, errp) == 0;

    qemu_fclose(mem);
    return ok;
}
