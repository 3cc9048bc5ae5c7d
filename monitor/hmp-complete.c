/*
 * Completion for human monitors: command names, and what each command's table
 * entry knows about its arguments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"

static void add_names(GPtrArray *found, const HMPCommand *table,
                      const char *word)
{
    for (; table->name; table++) {
        g_auto(GStrv) names = g_strsplit(table->name, "|", -1);

        for (unsigned i = 0; names[i]; i++) {
            if (g_str_has_prefix(names[i], word)) {
                g_ptr_array_add(found, g_strdup(names[i]));
            }
        }
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *hmp_complete(const char *line)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    const HMPCommand *table = hmp_commands, *cmd = NULL;
    g_auto(GStrv) parts = g_strsplit_set(line, " \t", -1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    unsigned n = g_strv_length(parts), nth = 0;
    const char *last = n ? parts[n - 1] : "";

    for (unsigned i = 0; i + 1 < n; i++) {
        if (parts[i][0]) {
            g_ptr_array_add(words, parts[i]);
        }
    }
    for (unsigned i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);

        if (!table) {
            nth++;
            continue;
        }
        cmd = hmp_find(table, word, strlen(word));
        if (!cmd) {
            return found;
        }
        table = cmd->sub;
        if (strcmp(cmd->name, "help|?") == 0) {
            table = hmp_commands;       /* it is about those */
        }
    }
    if (table) {
        add_names(found, table, last);
    } else if (cmd && cmd->complete) {
        cmd->complete(found, nth, last);
    }
    g_ptr_array_sort(found, by_text);
    return found;
}
