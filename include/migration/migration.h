/*
 * Saving the machine to somewhere, and loading it from there: the two jobs as
 * the monitor and start-up see them. What is on the wire is described in
 * docs/devel/migration.rst.
 *
 * The machine stands still while it is saved. The bytes are written and read by
 * a thread, so that the main loop goes on answering.
 *
 * Main thread, big lock held, unless said otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MIGRATION_MIGRATION_H
#define MIGRATION_MIGRATION_H

#include <json-c/json.h>

/* ---- where to and where from ------------------------------------------- */

typedef struct MigrationAddress MigrationAddress;

/*
 * "file:PATH[,offset=N]", "exec:COMMAND", "fd:NAME", "unix:PATH" or
 * "tcp:HOST:PORT"; NULL with an error that names what is legal.
 */
MigrationAddress *migration_address_parse(const char *uri, Error **errp);
/* The only member of @channels, a list of MigrationChannel. */
MigrationAddress *migration_address_from_channels(json_object *channels,
                                                  Error **errp);
void migration_address_free(MigrationAddress *addr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MigrationAddress, migration_address_free)

/* ---- saving ------------------------------------------------------------ */

/*
 * Begins to save. Takes @addr. False if it cannot begin: another job runs, the
 * machine waits for an incoming state, a device cannot be saved, or nothing can be
 * opened there. Whatever fails later is told by query-migrate and the MIGRATION
 * event, and the machine goes on as before.
 */
bool migration_start(MigrationAddress *addr, Error **errp);
/* Gives up; without effect when nothing is under way. */
void migration_cancel(void);
/* Is a state being saved or read now? Any thread. */
bool migration_is_running(void);
/* And is it in wait-unplug, so that devices may still go? */
bool migration_waits_for_guest(void);
/* Refuses (false, an error) what must not happen meanwhile. */
bool migration_allows(const char *what, Error **errp);

/* ---- loading ----------------------------------------------------------- */

/*
 * For start-up, before devices are made: the machine waits for its state
 * ("defer": until migrate-incoming says where from).
 */
void migration_incoming_expect(const char *uri);
/* Is a state expected that has not come? */
bool migration_incoming_expected(void);
/* For start-up, when the machine is built: begins unless deferred. */
bool migration_incoming_begin_expected(Error **errp);
/*
 * Begins to read. Takes @addr. When it fails later the process ends with
 * status 1, if @exit_on_error; else the machine stays as it is, not runnable.
 */
bool migration_incoming_start(MigrationAddress *addr, bool exit_on_error,
                              Error **errp);

/* At the end of the process: stops both jobs. */
void migration_shutdown(void);

/* ---- what is going on, and how ----------------------------------------- */

/* The answers of query-migrate, query-migrate-capabilities, -parameters. */
json_object *migration_query(void);
json_object *migration_query_capabilities(void);
json_object *migration_query_parameters(void);
bool migration_set_capabilities(json_object *list, Error **errp);
bool migration_set_parameters(json_object *args, Error **errp);

/* Options of a job: copied when it starts. */
typedef struct MigrationOptions {
    bool compress;
    bool events;
    bool validate_uuid;
    bool leave_zero_pages;      /* zero-page-detection is not "none" */
    int compress_level;         /* of zlib: 0 to 9 */
    uint64_t max_bandwidth;     /* bytes a second; 0: no limit */
} MigrationOptions;
const MigrationOptions *migration_options(void);

#endif
