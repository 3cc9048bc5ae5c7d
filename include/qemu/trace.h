/*
 * Trace events at run time. scripts/tracetool.py makes from each folder's
 * "trace-events" file a header with one inline function per event,
 *
 *     trace_foo_bar(a, b);
 *
 * which tests one byte and, if the event is on, writes a line to the log. How
 * to add a folder is told in the top-level trace/meson.build.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_TRACE_H
#define QEMU_TRACE_H

#include "qemu/atomic.h"

typedef struct TraceEvent {
    const char *name;
    const char *format;
    bool enabled;
} TraceEvent;

/* The events of one trace-events file. */
typedef struct TraceEventGroup {
    const char *name;
    TraceEvent *const *events;
    unsigned count;
    struct TraceEventGroup *next;
} TraceEventGroup;

/* Called by generated constructors. */
void trace_register_group(TraceEventGroup *group);

/* The line of one event; called by generated code when it is on. */
void trace_emit(const TraceEvent *ev, const char *fmt, ...) G_PRINTF(2, 3)
    QEMU_COLD;

#define trace_event_enabled(name) \
    unlikely(qatomic_read(&glue(trace_ev_, name).enabled))

/*
 * Turn the events whose names match @pattern ('*' and '?'; a leading '-' turns
 * them off) on. Gives how many there are. Big lock or start-up.
 */
unsigned trace_enable_events(const char *pattern);
/* "help" and "?": the caller lists the events. */
bool trace_is_help(const char *pattern);

/*
 * The argument of -trace: "PATTERN" or "[enable=]PATTERN,events=FILE,file=F".
 * "help" prints the list and sets *@help. False with an error; a pattern
 * that fits nothing is a warning.
 */
bool trace_opt_parse(const char *optarg, bool *help, Error **errp);
/* Patterns of a file, one a line, '#' comments. */
bool trace_enable_events_file(const char *fname, Error **errp);
void trace_list_events(FILE *f);
/* The names of all events, sorted; the array is the caller's, not the names. */
GPtrArray *trace_event_names(void);
/* Is @name an event's, or a pattern? If not, an error says so. */
bool trace_event_known(const char *name, Error **errp);
/* Call @fn for each event that matches @pattern (NULL: all). */
void trace_foreach_event(const char *pattern,
                         void (*fn)(TraceEvent *ev, void *opaque),
                         void *opaque);

#endif
