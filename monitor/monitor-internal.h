/*
 * Monitors inside: what control (QMP) and human (HMP) monitors share, and how
 * the files of monitor/ call each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MONITOR_INTERNAL_H
#define MONITOR_INTERNAL_H

#include <json-c/json.h>
#include "chardev/char-fe.h"
#include "monitor/monitor.h"
#include "monitor/monitor-init.h"
#include "qapi/schema.h"
#include "qemu/queue.h"
#include "qemu/thread.h"

struct Monitor {
    CharFrontend chr;           /* no chardev: output is only collected */
    bool is_qmp;
    QemuMutex out_lock;
    GString *out;               /* not yet written; under out_lock */
    bool out_waits;             /* for the chardev; under out_lock */
    bool suspended;             /* by monitor_may_read(); under out_lock */
    bool event_lost;            /* since it was last read; under out_lock */
    QTAILQ_ENTRY(Monitor) entry;
};

typedef QTAILQ_HEAD(MonitorList, Monitor) MonitorList;
extern MonitorList mon_list;
extern QemuMutex monitor_lock;      /* guards mon_list */

/* The version that clients see, and ours. */
#define EMU_QMP_MAJOR 7
#define EMU_QMP_MINOR 2
#define EMU_QMP_MICRO 0
#define EMU_QMP_VERSION "7.2.0"
#define EMU_PACKAGE "qemu-system 0.1.0"

/* --- monitor.c --- */

/* Prepare the common part; add it to the list when it can take events. */
void monitor_data_init(Monitor *mon, bool is_qmp);
void monitor_list_append(Monitor *mon);
void monitor_data_destroy(Monitor *mon);

/* Whose command runs in this thread; returns the one before. */
Monitor *monitor_set_cur(Monitor *mon);

/* Append @text as it is, and write what the chardev takes. Any thread. */
void monitor_write(Monitor *mon, const char *text, size_t len);

/*
 * Is there room for the answer to what would be read now? If not, reading goes on
 * by itself when there is. Any thread.
 */
bool monitor_may_read(Monitor *mon);
/* As monitor_write(), for what nobody asked for: lost when too much waits. */
void monitor_write_event(Monitor *mon, const char *text, size_t len);
/* Whoever should have read it is gone. */
void monitor_forget_output(Monitor *mon);

/* The loop of the monitors' own thread, which is started when missing. */
AioContext *monitor_thread_context(void);

/* --- run-events.c --- */

void monitor_init_run_events(void);

/* --- qmp.c, qmp-dispatch.c --- */

/*
 * Check and run @request; the answer is {"return": …} or {"error": …}, with
 * the id.  @ready: negotiation is over.  @oob_ok: out of band is enabled.
 */
json_object *qmp_dispatch(const QapiCommand *commands, unsigned count,
                          json_object *request, bool ready, bool oob_ok);
json_object *qmp_error_response(json_object *id, Error *err);
/* Is it {"exec-oob": …}? */
bool qmp_is_oob(json_object *request);

bool monitor_new_qmp(Chardev *chr, bool pretty, Error **errp);
/* Send an event that was stamped already. */
void monitor_qmp_broadcast(json_object *event);
void monitor_qmp_free(Monitor *mon);
/* The descriptor that came with the command that runs; -1 if none. */
int monitor_qmp_take_fd(Monitor *mon);
/* The session that qmp_capabilities speaks for. */
bool monitor_qmp_negotiated(Monitor *mon, bool oob, Error **errp);

/* --- hmp.c --- */

typedef struct HMPCommand HMPCommand;
typedef struct HMPCompletion HMPCompletion;

struct HMPCommand {
    const char *name;           /* "quit|q": names separated by '|' */
    const char *args;           /* "path:s,all:-f,value:S?": see hmp-args.c */
    const char *params;         /* for people: "path property" */
    const char *help;
    void (*run)(Monitor *mon, json_object *args);
    const HMPCommand *sub;      /* a table of sub-commands */
    /* Offer what may stand where completion was asked for; hmp-complete.c. */
    void (*complete)(HMPCompletion *c);
};

extern const HMPCommand hmp_commands[];
extern const HMPCommand hmp_info_commands[];

bool monitor_new_hmp(Chardev *chr, bool use_readline, Error **errp);
void monitor_hmp_free(Monitor *mon);
/* Run one line; output goes to @mon. */
void hmp_run_line(Monitor *mon, const char *line);
/* Find a command by one of its names; the first @len bytes of @name. */
const HMPCommand *hmp_find(const HMPCommand *table, const char *name,
                           size_t len);
/* Print "name params -- help" of all, or of what @what names. */
void hmp_print_help(Monitor *mon, const char *what);
/* Print and free an error; true if there was one. */
bool hmp_handle_error(Monitor *mon, Error *err);
/* What was typed there, oldest first, the monitor's; NULL: no editing. */
GPtrArray *hmp_history(Monitor *mon);
/* Which CPU register and memory commands look at. */
int *hmp_cpu_index(Monitor *mon);

/* --- hmp-args.c --- */

/*
 * Take @line apart as @spec says: items "name:type[?]" separated by commas.
 * s: word or "quoted string"; S: the rest of the line; i: number or
 * expression; b: on or off; -x: the flag -x; /: "/fmt" of memory commands.
 * NULL with @errp set.
 */
json_object *hmp_parse_args(const char *spec, const char *line,
                            Error **errp);
/* An arithmetic expression with numbers and $pc; *end is what follows. */
bool hmp_eval(const char *text, const char **end, int64_t *value,
              Error **errp);
/* The word at *p, quotes taken off, in a new string; NULL at the end. */
char *hmp_next_word(const char **p, Error **errp);

/* --- hmp-complete.c --- */

/* What may follow: all words that the last one of @line begins. */
GPtrArray *hmp_complete(const char *line);

/* --- readline.c --- */

typedef struct ReadLine ReadLine;
typedef struct ReadLineOps {
    void (*print)(void *opaque, const char *text, size_t len);
    /* A finished line, without its end. */
    void (*line)(void *opaque, const char *line);
    /* Candidates for the last word of @line, to be unref'd. */
    GPtrArray *(*complete)(void *opaque, const char *line);
} ReadLineOps;

ReadLine *readline_new(const ReadLineOps *ops, void *opaque,
                       const char *prompt);
void readline_free(ReadLine *rl);
GPtrArray *readline_history(ReadLine *rl);
void readline_byte(ReadLine *rl, uint8_t byte);
/* Show the prompt and what was typed (after other output). */
void readline_show(ReadLine *rl);

/* --- helpers that commands share --- */

/* The text of a command line in a new string, as human-monitor-command. */
char *hmp_run_to_string(const char *line, int cpu_index);

#endif
