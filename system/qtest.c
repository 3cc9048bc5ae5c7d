/*
 * The qtest protocol: one command a line, one answer a line, and unasked lines
 * "IRQ raise N" and "IRQ lower N" for intercepted interrupts.
 *
 *     inb|inw|inl ADDR                    OK 0xVALUE
 *     outb|outw|outl ADDR VALUE           OK
 *     readb|readw|readl|readq ADDR        OK 0xVALUE
 *     writeb|writew|writel|writeq ADDR VALUE
 *     read|b64read ADDR SIZE              OK 0xHEX, OK BASE64
 *     write|b64write ADDR SIZE DATA       memset ADDR SIZE BYTE
 *     clock_step [NS], clock_set NS       OK NS
 *     irq_intercept_in|irq_intercept_out PATH [NAME]
 *     set_irq_in PATH NAME N LEVEL        endianness
 *
 * A line that is none of these is answered with FAIL and changes nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/core/irq.h"
#include "hw/core/qdev.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/qtest.h"

#define MAX_WORDS 6
#define MAX_IRQ 256
/* More than that in one command is a mistake. */
#define MAX_BYTES (1ull << 30)

static CharFrontend qtest_chr;
static bool qtest_attached;
static GString *inbuf;          /* the line that is not complete yet */
static FILE *qtest_log;
static int64_t log_start_us;
static DeviceState *intercept_dev;
static bool irq_is_high[MAX_IRQ];

bool qtest_driver(void)
{
    return qtest_attached;
}

/* --- answers ---- */

static void log_line(char direction, const char *text)
{
    if (qtest_log) {
        double s = (g_get_monotonic_time() - log_start_us) / 1e6;

        fprintf(qtest_log, "[%c +%.6f] %s%s", direction, s, text,
                g_str_has_suffix(text, "\n") ? "" : "\n");
    }
}

static void answer(const char *fmt, ...) G_PRINTF(1, 2);

static void answer(const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    log_line('S', text);
    qemu_chr_fe_write_all(&qtest_chr, (const uint8_t *)text, strlen(text));
}

/* --- arguments ---- */

typedef struct Words {
    char *w[MAX_WORDS];
    unsigned count;
} Words;

static bool number(const char *text, uint64_t *value)
{
    return qemu_strtou64(text, NULL, 0, value) == 0;
}

/* Words first..first+n-1 as numbers; else the answer is FAIL. */
static bool numbers(const Words *words, unsigned first, unsigned n,
                    uint64_t *value)
{
    if (words->count != first + n) {
        answer("FAIL %s: wrong number of arguments\n", words->w[0]);
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!number(words->w[first + i], &value[i])) {
            answer("FAIL %s: '%s' is not a number\n", words->w[0],
                   words->w[first + i]);
            return false;
        }
    }
    return true;
}

/* --- ports and memory, one access ---- */

static unsigned width_of(const char *command)
{
    switch (command[strlen(command) - 1]) {
    case 'b':
        return 1;
    case 'w':
        return 2;
    case 'l':
        return 4;
    default:
        return 8;
    }
}

static void load(const Words *words, AddressSpace *as, uint64_t addr,
                 uint64_t *value)
{
    uint8_t bytes[8] = { 0 };

    address_space_read(as, addr, MEMTXATTRS_UNSPECIFIED, bytes,
                       width_of(words->w[0]));
    memcpy(value, bytes, sizeof(bytes));        /* little endian, as the host */
}

static void cmd_in(const Words *words)
{
    uint64_t addr, value;

    if (numbers(words, 1, 1, &addr)) {
        load(words, &address_space_io, addr & 0xffff, &value);
        answer("OK 0x%04" PRIx64 "\n", value);
    }
}

static void cmd_out(const Words *words)
{
    uint64_t v[2];

    if (numbers(words, 1, 2, v)) {
        address_space_write(&address_space_io, v[0] & 0xffff,
                            MEMTXATTRS_UNSPECIFIED, &v[1],
                            width_of(words->w[0]));
        answer("OK\n");
    }
}

static void cmd_load(const Words *words)
{
    uint64_t addr, value;

    if (numbers(words, 1, 1, &addr)) {
        load(words, &address_space_memory, addr, &value);
        answer("OK 0x%016" PRIx64 "\n", value);
    }
}

static void cmd_store(const Words *words)
{
    uint64_t v[2];

    if (numbers(words, 1, 2, v)) {
        address_space_write(&address_space_memory, v[0],
                            MEMTXATTRS_UNSPECIFIED, &v[1],
                            width_of(words->w[0]));
        answer("OK\n");
    }
}

/* --- memory, any number of bytes ---- */

/* ADDR and SIZE, and @extra words; the least size that makes sense. */
static bool range(const Words *words, unsigned extra, uint64_t v[2])
{
    uint64_t least = extra ? 0 : 1;
    Words head = *words;

    if (words->count != 3 + extra) {
        answer("FAIL %s: wrong number of arguments\n", words->w[0]);
        return false;
    }
    head.count = 3;
    if (!numbers(&head, 1, 2, v)) {
        return false;
    }
    if (v[1] < least || v[1] > MAX_BYTES) {
        answer("FAIL %s: a size is from %" PRIu64 " to %llu bytes\n",
               words->w[0], least, MAX_BYTES);
        return false;
    }
    return true;
}

static void cmd_read(const Words *words)
{
    static const char digits[] = "0123456789abcdef";
    g_autofree uint8_t *bytes = NULL;
    GString *hex;
    uint64_t v[2];

    if (!range(words, 0, v)) {
        return;
    }
    bytes = g_malloc0(v[1] + 1);
    address_space_read(&address_space_memory, v[0], MEMTXATTRS_UNSPECIFIED,
                       bytes, v[1]);
    hex = g_string_sized_new(v[1] * 2 + 8);
    for (uint64_t i = 0; i < v[1]; i++) {
        g_string_append_c(hex, digits[bytes[i] >> 4]);
        g_string_append_c(hex, digits[bytes[i] & 15]);
    }
    answer("OK 0x%s\n", hex->str);
    g_string_free(hex, true);
}

static void cmd_write(const Words *words)
{
    g_autofree uint8_t *bytes = NULL;
    uint64_t v[2];
    const char *hex;
    size_t given;

    if (!range(words, 1, v)) {
        return;
    }
    hex = words->w[3];
    given = strlen(hex);
    if (!g_str_has_prefix(hex, "0x") || given - 2 != v[1] * 2) {
        answer("FAIL write: '%.20s' is not 0x and two digits a byte\n", hex);
        return;
    }
    bytes = g_malloc(v[1] + 1);
    for (size_t i = 0; i < v[1]; i++) {
        int high = g_ascii_xdigit_value(hex[2 + 2 * i]);
        int low = g_ascii_xdigit_value(hex[3 + 2 * i]);

        if (high < 0 || low < 0) {
            answer("FAIL write: data has something that is no hex digit\n");
            return;
        }
        bytes[i] = high << 4 | low;
    }
    address_space_write(&address_space_memory, v[0], MEMTXATTRS_UNSPECIFIED,
                        bytes, v[1]);
    answer("OK\n");
}

static void cmd_b64read(const Words *words)
{
    g_autofree uint8_t *bytes = NULL;
    g_autofree char *text = NULL;
    uint64_t v[2];

    if (!range(words, 0, v)) {
        return;
    }
    bytes = g_malloc0(v[1] + 1);
    address_space_read(&address_space_memory, v[0], MEMTXATTRS_UNSPECIFIED,
                       bytes, v[1]);
    text = g_base64_encode(bytes, v[1]);
    answer("OK %s\n", text);
}

static void cmd_b64write(const Words *words)
{
    g_autofree uint8_t *bytes = NULL;
    uint64_t v[2];
    size_t given;

    if (!range(words, 1, v)) {
        return;
    }
    bytes = g_base64_decode(words->w[3], &given);
    if (given != v[1]) {
        answer("FAIL b64write: %zu bytes of data for a size of %" PRIu64 "\n",
               given, v[1]);
        return;
    }
    address_space_write(&address_space_memory, v[0], MEMTXATTRS_UNSPECIFIED,
                        bytes, v[1]);
    answer("OK\n");
}

static void cmd_memset(const Words *words)
{
    g_autofree uint8_t *bytes = NULL;
    uint64_t v[2], fill;

    if (!range(words, 1, v)) {
        return;
    }
    if (!number(words->w[3], &fill) || fill > 0xff) {
        answer("FAIL memset: '%s' is not a byte\n", words->w[3]);
        return;
    }
    bytes = g_malloc(v[1] + 1);
    memset(bytes, fill, v[1]);
    address_space_write(&address_space_memory, v[0], MEMTXATTRS_UNSPECIFIED,
                        bytes, v[1]);
    answer("OK\n");
}

static void cmd_endianness(const Words *words)
{
    answer("OK little\n");
}

/* --- time ---- */

static bool clock_is_ours(const Words *words)
{
    if (!virtual_clock_is_manual()) {
        answer("FAIL %s: the clock runs by itself without -accel qtest\n",
               words->w[0]);
        return false;
    }
    return true;
}

static void cmd_clock_step(const Words *words)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint64_t step;

    if (!clock_is_ours(words)) {
        return;
    }
    if (words->count > 1) {
        if (!numbers(words, 1, 1, &step)) {
            return;
        }
    } else {
        int64_t next = qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL,
                                                  QEMU_TIMER_ATTR_ALL);

        step = MAX(next, 0);
    }
    if (step > (uint64_t)(INT64_MAX - now)) {
        answer("FAIL clock_step: beyond the end of time\n");
        return;
    }
    answer("OK %" PRId64 "\n", qemu_clock_advance_virtual_time(now + step));
}

static void cmd_clock_set(const Words *words)
{
    uint64_t ns;

    if (clock_is_ours(words) && numbers(words, 1, 1, &ns)) {
        answer("OK %" PRId64 "\n",
               qemu_clock_advance_virtual_time(MIN(ns, (uint64_t)INT64_MAX)));
    }
}

/* --- interrupts ---- */

static DeviceState *device_at(const Words *words)
{
    Object *obj = object_resolve_path(words->w[1], NULL);
    DeviceState *dev = obj ? (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE)
                           : NULL;

    if (!dev) {
        answer("FAIL Unknown device\n");
    }
    return dev;
}

static void irq_changed(int n, int level)
{
    if (n < MAX_IRQ && irq_is_high[n] != !!level) {
        irq_is_high[n] = !!level;
        answer("IRQ %s %d\n", level ? "raise" : "lower", n);
    }
}

/* An input: @opaque is the line as it was. */
static void intercepted_in(void *opaque, int n, int level)
{
    qemu_set_irq(opaque, level);
    irq_changed(n, level);
}

static void intercepted_out(void *opaque, int n, int level)
{
    qemu_irq *receiver = opaque;

    qemu_set_irq(*receiver, level);
    irq_changed(n, level);
}

static void intercept_outputs(DeviceState *dev, NamedGPIOList *list)
{
    for (int i = 0; i < list->num_out; i++) {
        qemu_irq *receiver = g_new0(qemu_irq, 1);   /* for ever, as the line */
        qemu_irq icpt = qemu_allocate_irq(intercepted_out, receiver, i);

        *receiver = qdev_intercept_gpio_out(dev, icpt, list->name, i);
    }
}

static void cmd_irq_intercept(const Words *words)
{
    bool outputs = strcmp(words->w[0], "irq_intercept_out") == 0;
    const char *name = words->count > 2 ? words->w[2] : NULL;
    bool found = false;
    NamedGPIOList *list;
    DeviceState *dev;

    if (words->count != 2 && words->count != 3) {
        answer("FAIL %s: wrong number of arguments\n", words->w[0]);
        return;
    }
    dev = device_at(words);
    if (!dev) {
        return;
    }
    if (intercept_dev) {
        answer(intercept_dev == dev ? "OK\n"
                                    : "FAIL IRQ intercept already enabled\n");
        return;
    }
    QLIST_FOREACH(list, &dev->gpios, node) {
        if (g_strcmp0(list->name, name) != 0) {
            continue;
        }
        found = true;
        if (outputs) {
            intercept_outputs(dev, list);
        } else {
            qemu_irq_intercept_in(list->in, intercepted_in, list->num_in);
        }
    }
    if (name && !found) {
        answer("FAIL %s: no lines are named '%s'\n", words->w[0], name);
        return;
    }
    intercept_dev = dev;
    answer("OK\n");
}

static void cmd_set_irq_in(const Words *words)
{
    const char *name;
    uint64_t line, level;
    NamedGPIOList *list;
    DeviceState *dev;

    if (words->count != 5 || !number(words->w[3], &line) ||
        !number(words->w[4], &level)) {
        answer("FAIL set_irq_in: PATH NAME N LEVEL are needed\n");
        return;
    }
    dev = device_at(words);
    if (!dev) {
        return;
    }
    name = strcmp(words->w[2], "unnamed-gpio-in") == 0 ? NULL : words->w[2];
    QLIST_FOREACH(list, &dev->gpios, node) {
        if (g_strcmp0(list->name, name) == 0 && line < (uint64_t)list->num_in) {
            qemu_set_irq(list->in[line], level);
            answer("OK\n");
            return;
        }
    }
    answer("FAIL Unknown IRQ\n");
}

/* --- lines ---- */

static const struct {
    const char *name;
    void (*run)(const Words *words);
} commands[] = {
    { "inb", cmd_in }, { "inw", cmd_in }, { "inl", cmd_in },
    { "outb", cmd_out }, { "outw", cmd_out }, { "outl", cmd_out },
    { "readb", cmd_load }, { "readw", cmd_load },
    { "readl", cmd_load }, { "readq", cmd_load },
    { "writeb", cmd_store }, { "writew", cmd_store },
    { "writel", cmd_store }, { "writeq", cmd_store },
    { "read", cmd_read }, { "write", cmd_write },
    { "b64read", cmd_b64read }, { "b64write", cmd_b64write },
    { "memset", cmd_memset }, { "endianness", cmd_endianness },
    { "clock_step", cmd_clock_step }, { "clock_set", cmd_clock_set },
    { "irq_intercept_in", cmd_irq_intercept },
    { "irq_intercept_out", cmd_irq_intercept },
    { "set_irq_in", cmd_set_irq_in },
};

static bool split_words(char *line, Words *words)
{
    words->count = 0;
    for (char *p = strtok(line, " \t\r"); p; p = strtok(NULL, " \t\r")) {
        if (words->count == MAX_WORDS) {
            return false;
        }
        words->w[words->count++] = p;
    }
    return true;
}

static void run_line(char *line)
{
    Words words;

    log_line('R', line);
    if (!split_words(line, &words)) {
        answer("FAIL too many words\n");
        return;
    }
    if (words.count == 0) {
        answer("FAIL empty command\n");
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        if (strcmp(words.w[0], commands[i].name) == 0) {
            commands[i].run(&words);
            return;
        }
    }
    answer("FAIL Unknown command '%s'\n", words.w[0]);
}

static int qtest_can_read(void *opaque)
{
    return CHR_READ_BUF_LEN;
}

static void qtest_read(void *opaque, const uint8_t *buf, int size)
{
    const char *p = (const char *)buf, *end = p + size, *eol;

    while ((eol = memchr(p, '\n', end - p))) {
        g_string_append_len(inbuf, p, eol - p);
        run_line(inbuf->str);
        g_string_truncate(inbuf, 0);
        p = eol + 1;
    }
    g_string_append_len(inbuf, p, end - p);
}

static void qtest_event(void *opaque, QEMUChrEvent event)
{
    if (event == CHR_EVENT_OPENED) {
        memset(irq_is_high, 0, sizeof(irq_is_high));
        g_string_truncate(inbuf, 0);
        log_start_us = g_get_monotonic_time();
    }
}

/* --- start and end ---- */

static bool open_log(const char *log, Error **errp)
{
    if (!log) {
        qtest_log = stderr;
    } else if (strcmp(log, "none") != 0 && strcmp(log, "/dev/null") != 0) {
        qtest_log = fopen(log, "we");
        if (!qtest_log) {
            error_setg_file_open(errp, errno, log);
            return false;
        }
        setvbuf(qtest_log, NULL, _IOLBF, 0);
    }
    return true;
}

bool qtest_server_init(const char *chrdev, const char *log, Error **errp)
{
    Chardev *chr = qemu_chr_new_legacy("qtest", chrdev, false, errp);

    if (!chr || !open_log(log, errp)) {
        return false;
    }
    inbuf = g_string_new(NULL);
    if (!qemu_chr_fe_init(&qtest_chr, chr, errp)) {
        return false;
    }
    qtest_attached = true;
    qemu_chr_fe_set_echo(&qtest_chr, true);
    qemu_chr_fe_set_handlers(&qtest_chr, qtest_can_read, qtest_read,
                             qtest_event, NULL, &qtest_chr, NULL, true);
    return true;
}

void qtest_server_cleanup(void)
{
    qemu_chr_fe_deinit(&qtest_chr, false);
    qtest_attached = false;
    if (inbuf) {
        g_string_free(inbuf, true);
        inbuf = NULL;
    }
    if (qtest_log && qtest_log != stderr) {
        fclose(qtest_log);
    }
    qtest_log = NULL;
}
