/*
 * Reasons why the machine cannot be saved now.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MIGRATION_BLOCKER_H
#define MIGRATION_BLOCKER_H

#include <json-c/json.h>

/*
 * Adds a reason; *@reasonp stays the caller's to delete by. 0; or -EBUSY with
 * @errp, *@reasonp freed and NULL, when a state is being saved now. Main thread.
 */
int migrate_add_blocker(Error **reasonp, Error **errp);
/* Takes it away and frees it; NULL in *@reasonp is fine. */
void migrate_del_blocker(Error **reasonp);
/* The texts of all, or NULL if there are none. */
json_object *migrate_blockers(void);

#endif
