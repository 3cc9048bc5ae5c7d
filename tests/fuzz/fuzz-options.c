/*
 * Fuzz target: option strings: lists of key=value with and without a table, dotted
 * keys, sizes, identifiers and socket addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include "qapi/json.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/id.h"
#include "qemu/keyval.h"
#include "qemu/option.h"
#include "qemu/sockets.h"

static QemuOptsList any_opts = {
    .name = "any",
    .implied_opt_name = "first",
    .head = QTAILQ_HEAD_INITIALIZER(any_opts.head),
    .desc = { { } },
};

static QemuOptsList table_opts = {
    .name = "table",
    .implied_opt_name = "text",
    .merge_lists = true,
    .head = QTAILQ_HEAD_INITIALIZER(table_opts.head),
    .desc = {
        { .name = "text", .type = QEMU_OPT_STRING },
        { .name = "flag", .type = QEMU_OPT_BOOL, .def_value_str = "on" },
        { .name = "number", .type = QEMU_OPT_NUMBER },
        { .name = "size", .type = QEMU_OPT_SIZE, .def_value_str = "1M" },
        { }
    },
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    error_init("fuzz-options");
    return 0;
}

static void try_list(QemuOptsList *list, const char *text, bool abbrev)
{
    Error *err = NULL;
    QemuOpts *opts = qemu_opts_parse(list, text, abbrev, &err);

    fuzz_expect(opts != NULL, &err);
    if (opts) {
        json_object_put(qemu_opts_to_json(opts));
        qemu_opts_id(opts);
        qemu_opt_get(opts, "text");
        if (list == &table_opts) {
            qemu_opt_get_bool(opts, "flag", false);
            qemu_opt_get_number(opts, "number", 7);
            qemu_opt_get_size(opts, "size", 7);
        }
        g_free(qemu_opt_get_del(opts, "first"));
    }
    qemu_opts_reset(list);
}

static void try_keyval(const char *text)
{
    Error *err = NULL;
    bool help = false;
    struct json_object *value = keyval_parse(text, "first", &help, &err);

    fuzz_expect(value != NULL, &err);
    if (value) {
        g_free(json_to_text(value, false));
        json_object_put(value);
    }
}

static void try_words(const char *text)
{
    uint64_t size;
    const char *end;
    Error *err = NULL;
    SocketAddress *addr = socket_parse(text, &err);

    fuzz_expect(addr != NULL, &err);
    if (addr) {
        g_free(socket_uri(addr));
        socket_address_free(addr);
    }
    qemu_strtosz(text, &end, &size);
    qemu_strtosz_MiB(text, NULL, &size);
    id_wellformed(text);
    fuzz_expect(parse_option_size("size", text, &size, &err), &err);
    fuzz_expect(parse_option_number("number", text, &size, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);

    try_list(&any_opts, text, true);
    try_list(&any_opts, text, false);
    try_list(&table_opts, text, true);
    try_keyval(text);
    try_words(text);
    return 0;
}
