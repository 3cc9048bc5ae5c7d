/*
 * How the files of migration/ that save and load a machine call each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MIGRATION_INTERNAL_H
#define MIGRATION_INTERNAL_H

#include "migration/migration.h"
#include "migration/qemu-file.h"
#include "qemu/sockets.h"
#include "qemu/thread.h"

/* ---- channel.c: a stream of bytes to or from a place -------------------- */

struct MigrationAddress {
    enum {
        MIGRATION_FILE, MIGRATION_EXEC, MIGRATION_FD, MIGRATION_SOCKET,
    } kind;
    char *path;             /* of a file; the name or number of a descriptor */
    uint64_t offset;        /* in the file */
    char **argv;            /* of a command */
    SocketAddress *socket;
};

typedef struct MigrationChannel {
    QEMUFile *file;
    int cancel_fd;          /* an eventfd; readable: give up */
    bool cancelled;         /* the same; atomic */
    pid_t child;            /* of a command that was not reaped; 0: none */
    QemuMutex child_lock;
} MigrationChannel;

/* Opens all but sockets. NULL with an error. */
MigrationChannel *migration_channel_open(const MigrationAddress *addr,
                                         bool writing, Error **errp);
/* The same for a connected socket, which it takes. */
MigrationChannel *migration_channel_on_fd(int fd, bool writing);
/* All I/O fails with -ECANCELED from now on. Any thread. */
void migration_channel_cancel(MigrationChannel *ch);
/*
 * Flushes and closes; waits for a command to end. False with an error (the first
 * of the stream, or the command's status). Blocks; not with the big lock.
 */
bool migration_channel_finish(MigrationChannel *ch, Error **errp);
void migration_channel_free(MigrationChannel *ch);

/* ---- stream.c: sections ------------------------------------------------- */

enum {
    SECTION_MACHINE = 1, SECTION_BLOCKS, SECTION_PAGES, SECTION_STATES,
    SECTION_END,
};

/* The longest section of pages, and of states. */
#define SECTION_PAGES_MAX   (1u << 20)
#define SECTION_STATES_MAX  (64u << 20)

void stream_put_header(QEMUFile *f);
/* A section of @head and @body together. */
void stream_put_section(QEMUFile *f, uint8_t type, const void *head,
                        size_t head_size, const void *body, size_t body_size);
bool stream_get_header(QEMUFile *f, Error **errp);
/* The next section; @data is replaced. False with an error. */
bool stream_get_section(QEMUFile *f, uint8_t *type, GByteArray *data,
                        Error **errp);

/* ---- savevm.c: the machine as a stream ---------------------------------- */

/* The state of all devices and who we are: what stands still while RAM goes. */
typedef struct MachineSnapshot MachineSnapshot;

/* Main thread, the machine stands still; @run_state: as it was before. */
MachineSnapshot *snapshot_take(const char *run_state, Error **errp);
void snapshot_free(MachineSnapshot *s);

typedef struct RamSave RamSave;

/* Any thread: writes all of the stream. False with an error. */
bool savevm_write(MigrationChannel *ch, const MachineSnapshot *s, RamSave *ram,
                  Error **errp);

/* What was read and is still to be given to the devices. */
typedef struct MachineLoad {
    GByteArray *states;
    char run_state[32];         /* of the machine that was saved */
} MachineLoad;

/* Any thread: reads all, RAM into place. False with an error. */
bool savevm_read(MigrationChannel *ch, MachineLoad *load, Error **errp);
/* Main thread: gives the devices their states. */
bool savevm_apply(MachineLoad *load, Error **errp);
void savevm_load_clear(MachineLoad *load);

/* ---- ram.c --------------------------------------------------------------- */

typedef struct RamSaveStats {
    uint64_t total, done;               /* bytes of guest memory */
    uint64_t zero_pages, normal_pages;
    uint64_t packed_pages, packed_bytes;
    uint64_t sent;                      /* bytes of the stream */
} RamSaveStats;

/* Notes which blocks there are. Main thread. */
RamSave *ram_save_new(const MigrationOptions *options);
void ram_save_free(RamSave *ram);
void ram_save_stats(const RamSave *ram, RamSaveStats *stats);
/* Any thread. False when the stream failed or was cancelled. */
bool ram_save_all(RamSave *ram, MigrationChannel *ch);

typedef struct RamLoad RamLoad;
RamLoad *ram_load_new(void);
void ram_load_free(RamLoad *load);
/* Each takes one section. Any thread. */
bool ram_load_blocks(RamLoad *load, const uint8_t *data, size_t size,
                     Error **errp);
bool ram_load_pages(RamLoad *load, const uint8_t *data, size_t size,
                    Error **errp);
/* Was every page of every block there? */
bool ram_load_complete(RamLoad *load, Error **errp);

/* ---- options.c ------------------------------------------------------------ */

/* MIGRATION, if events are wanted. */
void migration_event(const char *status);

/* ---- listener.c ------------------------------------------------------------ */

/* Asks all; false, with an error, if one refuses. */
bool migration_listeners_begin(Error **errp);
bool migration_listeners_pending(void);
/* Tells all, also those that were not asked before one refused. */
void migration_listeners_failed(void);

/* ---- incoming.c ------------------------------------------------------------ */

bool migration_incoming_busy(void);
/* Adds to the answer of query-migrate; false if nothing came in here. */
bool migration_incoming_query(json_object *info);
void migration_incoming_shutdown(void);

#endif
