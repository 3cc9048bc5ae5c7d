/*
 * A test's hold on one emulator: it starts the binary named by QTEST_QEMU_BINARY,
 * speaks the qtest protocol to it over one socket and QMP over another.
 *
 * Whatever the emulator answers that the protocol does not allow, or its death,
 * fails the test on the spot with what was said. Not for threads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_LIBQTEST_H
#define TESTS_LIBQTEST_H

#include "qemu/osdep.h"
#include <json-c/json.h>

typedef struct QTestState QTestState;
typedef struct json_object json_object;

/* How long a test waits for what has to come, on the slowest machine. */
#define QTEST_WAIT_US   (10 * 1000 * 1000)

/* Look again and again, with a breath between, until @cond; then fail the test. */
#define qtest_wait_for(cond)                                                 \
    do {                                                                     \
        gint64 wait_end_ = g_get_monotonic_time() + QTEST_WAIT_US;           \
                                                                             \
        while (!(cond)) {                                                    \
            g_assert_cmpint(g_get_monotonic_time(), <, wait_end_);           \
            g_usleep(50);                                                    \
        }                                                                    \
    } while (0)

/* Start with these arguments, machine accelerator qtest; waits for both sockets. */
QTestState *qtest_init(const char *args) G_GNUC_WARN_UNUSED_RESULT;
QTestState *qtest_initf(const char *fmt, ...)
    G_PRINTF(1, 2) G_GNUC_WARN_UNUSED_RESULT;
/* With a descriptor that the emulator inherits under the same number. */
QTestState *qtest_init_with_fds(const char *args, const int *fds,
                                unsigned fd_count);
/*
 * RAM of @ram_bytes, as in -m of @args, that the test maps: what is read and written
 * there from 1 MiB on, by the functions below, needs no message. The loops of the
 * emulator take no turn by it, so who waits for the device sleeps between its looks.
 */
QTestState *qtest_init_mapped(const char *args, size_t ram_bytes);
/* Where @size bytes of such RAM are mapped, or NULL. */
void *qtest_ram_at(QTestState *s, uint64_t addr, size_t size);
/* Asks for the QMP schema now, so that processes that are forked have it. */
void qtest_learn_schema(void);
/*
 * Any emulator, with just these arguments and a qtest socket: no QMP, its own
 * accelerator. For benchmarks that run two of them alike.
 */
QTestState *qtest_init_bare(const char *path, const char *args)
    G_GNUC_WARN_UNUSED_RESULT;
/*
 * End it (status 0 is required) and start another one in its place, with the same
 * arguments and @more. What was asked of the old one, such as interception of
 * interrupts, is over.
 */
void qtest_restart(QTestState *s, const char *more);
/* Wait until a migration, out or in, has completed; its failure is the test's. */
void qtest_migration_wait(QTestState *s);
/* Save the machine, and restore it in a new process that takes the old one's place. */
void qtest_save_and_restore(QTestState *s);
/* End it and require status 0; NULL is let pass. */
void qtest_quit(QTestState *s);
/* Wait for an end of its own making; returns the exit status. */
int qtest_wait(QTestState *s);
pid_t qtest_pid(QTestState *s);
/* The qtest socket, for who speaks the protocol without waiting for answers. */
int qtest_fd(QTestState *s);
/* Does it still run? */
bool qtest_alive(QTestState *s);

/*
 * Run the binary to its end with no sockets: for -help, -version and errors.
 * Output of both streams goes to *output (to be freed); returns the status.
 */
int qtest_run(const char *args, char **output);

/* --- QMP --- */

/*
 * Everything that is received is checked against the emulator's own
 * query-qmp-schema: a member too many or too few, a value of another type, an
 * event that is not declared fails the test.
 */

/* Execute and return the whole answer; events that come are kept. */
json_object *qtest_qmp(QTestState *s, const char *fmt, ...) G_PRINTF(2, 3);
/* The "return" member; an error fails the test. */
json_object *qtest_qmp_return(QTestState *s, const char *fmt, ...)
    G_PRINTF(2, 3);
/* Executes; success is required and thrown away. */
void qtest_qmp_ok(QTestState *s, const char *fmt, ...) G_PRINTF(2, 3);
/* Executes; an error of class @class is required; its text, to be freed. */
char *qtest_qmp_error(QTestState *s, const char *class, const char *fmt, ...)
    G_PRINTF(3, 4);
/*
 * That check, for messages that a test read from a socket of its own, once there
 * was an emulator; @command is what was asked, NULL if it is not known.
 */
void qtest_qmp_check(const char *command, json_object *message);
/* The same without an end: what is wrong, to be freed, or NULL. */
char *qtest_qmp_mismatch(const char *command, json_object *message);
/* The command in a request, to be freed; NULL if @text is none. */
char *qtest_qmp_command_of(const char *text);
/* A QMP client of a test's own, to see the very bytes. Waits for the socket to be. */
int qmp_socket_connect(const char *path);
/*
 * On such a socket: sends @text, if any, as it is, and
 * returns the next line, an answer or an event, checked against the schema.
 */
json_object *qmp_socket_answer(int fd, const char *text);
/* Send raw text (in the order of answers) to the QMP socket; receive one object. */
void qtest_qmp_raw(QTestState *s, const char *text);
json_object *qtest_qmp_receive(QTestState *s);
/* Wait for an event of this name; its object. */
json_object *qtest_event(QTestState *s, const char *name);
/* Has such an event come, before the last answer, that nobody waited for? */
bool qtest_event_came(QTestState *s, const char *name);
/* Text of a monitor command; to be freed. */
char *qtest_hmp(QTestState *s, const char *fmt, ...) G_PRINTF(2, 3);

void qtest_device_add(QTestState *s, const char *driver, const char *id,
                      const char *json_members);
void qtest_device_del(QTestState *s, const char *id);

/* Members of an object; the path has dots; a missing one fails the test. */
json_object *json_member(json_object *object, const char *path);
const char *json_string(json_object *object, const char *path);
int64_t json_int(json_object *object, const char *path);
bool json_flag(json_object *object, const char *path);
bool json_has(json_object *object, const char *name);

/* --- the qtest protocol --- */

/* One raw line out, one line back (to be freed). */
char *qtest_raw(QTestState *s, const char *line);
/* The same, but that it was OK is looked at with the answer of the next word. */
void qtest_raw_later(QTestState *s, const char *line);

uint8_t qtest_inb(QTestState *s, uint16_t addr);
uint16_t qtest_inw(QTestState *s, uint16_t addr);
uint32_t qtest_inl(QTestState *s, uint16_t addr);
void qtest_outb(QTestState *s, uint16_t addr, uint8_t value);
void qtest_outw(QTestState *s, uint16_t addr, uint16_t value);
void qtest_outl(QTestState *s, uint16_t addr, uint32_t value);
uint8_t qtest_readb(QTestState *s, uint64_t addr);
uint16_t qtest_readw(QTestState *s, uint64_t addr);
uint32_t qtest_readl(QTestState *s, uint64_t addr);
uint64_t qtest_readq(QTestState *s, uint64_t addr);
void qtest_writeb(QTestState *s, uint64_t addr, uint8_t value);
void qtest_writew(QTestState *s, uint64_t addr, uint16_t value);
void qtest_writel(QTestState *s, uint64_t addr, uint32_t value);
void qtest_writeq(QTestState *s, uint64_t addr, uint64_t value);
void qtest_memread(QTestState *s, uint64_t addr, void *data, size_t size);
void qtest_memwrite(QTestState *s, uint64_t addr, const void *data,
                    size_t size);
void qtest_memset(QTestState *s, uint64_t addr, uint8_t pattern, size_t size);

/* Virtual time: to the next timer, or by @ns; returns the new time. */
int64_t qtest_clock_step_next(QTestState *s);
int64_t qtest_clock_step(QTestState *s, int64_t ns);
int64_t qtest_clock_set(QTestState *s, int64_t ns);

/* Watch the lines of a device; then ask for their level. */
void qtest_irq_intercept_in(QTestState *s, const char *path);
void qtest_irq_intercept_out(QTestState *s, const char *path);
bool qtest_get_irq(QTestState *s, int number);
void qtest_set_irq_in(QTestState *s, const char *path, const char *name,
                      int number, int level);

/* Register a case; the path is prefixed with the architecture. */
void qtest_add_func(const char *path, void (*func)(void));
void qtest_add_data_func(const char *path, const void *data,
                         void (*func)(const void *));

#endif
