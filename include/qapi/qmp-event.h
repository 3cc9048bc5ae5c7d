/*
 * The way up for events: any part of the program, on any floor and in any
 * thread, says "this happened"; the monitors, which stand above all others,
 * have registered to hear it.  Knows nothing of monitors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QAPI_QMP_EVENT_H
#define QAPI_QMP_EVENT_H

struct json_object;

/*
 * Send event @name ("STOP") to all control monitors.  @data is an object with
 * the event's members, or NULL for none; it passes to the callee.  Without a
 * monitor this only drops @data.  Any thread, with or without the big lock.
 */
void qmp_event_emit(const char *name, struct json_object *data);

/*
 * What qmp_event_emit() calls; it must not block, and owns @data.  Set once,
 * before other threads exist; NULL takes it back.
 */
typedef void QmpEventHandler(const char *name, struct json_object *data);
void qmp_event_set_handler(QmpEventHandler *handler);

#endif
