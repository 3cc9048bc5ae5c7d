/*
 * Line editing for human monitors: cursor keys, history, completion.  Knows
 * VT100 sequences and nothing of commands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"

#define HISTORY_MAX 64
#define LINE_MAX_BYTES 4095

struct ReadLine {
    const ReadLineOps *ops;
    void *opaque;
    char *prompt;
    GString *line;
    size_t cursor;              /* in bytes */
    GPtrArray *history;         /* oldest first */
    unsigned history_at;        /* history->len: the line being typed */
    char *typed;                /* that line while history is shown */
    enum { PLAIN, ESCAPE, BRACKET, LETTER_O } state;
    int param;                  /* of an escape sequence */
};

#define CTRL(c) ((c) & 0x1f)

static void rl_print(ReadLine *rl, const char *text)
{
    rl->ops->print(rl->opaque, text, strlen(text));
}

/* Draw the whole line anew and put the cursor where it belongs. */
static void rl_redraw(ReadLine *rl)
{
    GString *out = g_string_new("\r");

    g_string_append_printf(out, "%s%s\033[K", rl->prompt, rl->line->str);
    if (rl->cursor < rl->line->len) {
        g_string_append_printf(out, "\033[%zuD", rl->line->len - rl->cursor);
    }
    rl_print(rl, out->str);
    g_string_free(out, true);
}

void readline_show(ReadLine *rl)
{
    rl_redraw(rl);
}

/* --- editing --- */

static void rl_set_line(ReadLine *rl, const char *text)
{
    g_string_assign(rl->line, text);
    rl->cursor = rl->line->len;
    rl_redraw(rl);
}

static void rl_insert(ReadLine *rl, const char *text, size_t len)
{
    if (rl->line->len + len > LINE_MAX_BYTES) {
        return;
    }
    g_string_insert_len(rl->line, rl->cursor, text, len);
    rl->cursor += len;
    if (rl->cursor == rl->line->len) {
        rl->ops->print(rl->opaque, text, len);
    } else {
        rl_redraw(rl);
    }
}

static void rl_erase(ReadLine *rl, size_t from, size_t to)
{
    if (from < to) {
        g_string_erase(rl->line, from, to - from);
        rl->cursor = from;
        rl_redraw(rl);
    }
}

static void rl_move(ReadLine *rl, size_t to)
{
    if (to <= rl->line->len) {
        rl->cursor = to;
        rl_redraw(rl);
    }
}

static size_t rl_word_start(ReadLine *rl)
{
    size_t at = rl->cursor;

    while (at > 0 && g_ascii_isspace(rl->line->str[at - 1])) {
        at--;
    }
    while (at > 0 && !g_ascii_isspace(rl->line->str[at - 1])) {
        at--;
    }
    return at;
}

/* --- history --- */

static void rl_remember(ReadLine *rl)
{
    const char *last = rl->history->len
                       ? g_ptr_array_index(rl->history, rl->history->len - 1)
                       : "";

    if (rl->line->len > 0 && strcmp(last, rl->line->str) != 0) {
        g_ptr_array_add(rl->history, g_strdup(rl->line->str));
        if (rl->history->len > HISTORY_MAX) {
            g_ptr_array_remove_index(rl->history, 0);
        }
    }
    rl->history_at = rl->history->len;
}

static void rl_browse(ReadLine *rl, int step)
{
    unsigned to = rl->history_at + step;

    if (to > rl->history->len) {
        return;             /* also below zero */
    }
    if (rl->history_at == rl->history->len) {
        g_free(rl->typed);
        rl->typed = g_strdup(rl->line->str);
    }
    rl->history_at = to;
    rl_set_line(rl, to == rl->history->len ? rl->typed
                    : (char *)g_ptr_array_index(rl->history, to));
}

/* --- completion --- */

static size_t common_prefix(GPtrArray *found)
{
    const char *first = g_ptr_array_index(found, 0);
    size_t n = strlen(first);

    for (unsigned i = 1; i < found->len; i++) {
        const char *other = g_ptr_array_index(found, i);
        size_t same = 0;

        while (same < n && first[same] == other[same]) {
            same++;
        }
        n = same;
    }
    return n;
}

/* How much of all items need not be shown: up to the last comma or slash. */
static size_t known_part(GPtrArray *found)
{
    const char *first = g_ptr_array_index(found, 0);
    size_t n = common_prefix(found);

    while (n > 0 && first[n - 1] != ',' && first[n - 1] != '/') {
        n--;
    }
    return n;
}

static void rl_list(ReadLine *rl, GPtrArray *found)
{
    size_t width = 0, column = 0, known = known_part(found);

    for (unsigned i = 0; i < found->len; i++) {
        width = MAX(width, strlen(g_ptr_array_index(found, i)) - known + 2);
    }
    rl_print(rl, "\r\n");
    for (unsigned i = 0; i < found->len; i++) {
        g_autofree char *item = g_strdup_printf(
            "%-*s", (int)width, (char *)g_ptr_array_index(found, i) + known);

        if (column + width > 79 && column > 0) {
            rl_print(rl, "\r\n");
            column = 0;
        }
        rl_print(rl, item);
        column += width;
    }
    rl_print(rl, "\r\n");
    rl_redraw(rl);
}

static void rl_complete(ReadLine *rl)
{
    g_autofree char *before = g_strndup(rl->line->str, rl->cursor);
    g_autoptr(GPtrArray) found = rl->ops->complete(rl->opaque, before);
    size_t have = rl->cursor - (rl->cursor > 0 &&
                                g_ascii_isspace(before[rl->cursor - 1])
                                ? rl->cursor : rl_word_start(rl));
    size_t same;

    if (found->len == 0) {
        return;
    }
    same = common_prefix(found);
    if (same > have) {
        rl_insert(rl, (char *)g_ptr_array_index(found, 0) + have, same - have);
    }
    if (found->len == 1) {
        const char *only = g_ptr_array_index(found, 0);

        /* A key wants its value at once. */
        if (!g_str_has_suffix(only, "=")) {
            rl_insert(rl, " ", 1);
        }
    } else if (same <= have) {
        rl_list(rl, found);
    }
}

/* --- bytes --- */

static void rl_enter(ReadLine *rl)
{
    g_autofree char *line = g_strdup(rl->line->str);

    rl_print(rl, "\r\n");
    rl_remember(rl);
    g_string_truncate(rl->line, 0);
    rl->cursor = 0;
    rl->ops->line(rl->opaque, line);
    rl_redraw(rl);
}

static void rl_plain(ReadLine *rl, uint8_t c)
{
    char text = c;

    switch (c) {
    case CTRL('A'):
        rl_move(rl, 0);
        break;
    case CTRL('E'):
        rl_move(rl, rl->line->len);
        break;
    case CTRL('B'):
        rl_move(rl, rl->cursor - 1);
        break;
    case CTRL('F'):
        rl_move(rl, rl->cursor + 1);
        break;
    case CTRL('D'):
        rl_erase(rl, rl->cursor, MIN(rl->cursor + 1, rl->line->len));
        break;
    case CTRL('H'):
    case 127:
        rl_erase(rl, rl->cursor ? rl->cursor - 1 : 0, rl->cursor);
        break;
    case CTRL('K'):
        g_string_truncate(rl->line, rl->cursor);
        rl_redraw(rl);
        break;
    case CTRL('L'):
        rl_print(rl, "\033[2J\033[H");
        rl_redraw(rl);
        break;
    case CTRL('N'):
        rl_browse(rl, 1);
        break;
    case CTRL('P'):
        rl_browse(rl, -1);
        break;
    case CTRL('U'):
        rl_erase(rl, 0, rl->cursor);
        break;
    case CTRL('W'):
        rl_erase(rl, rl_word_start(rl), rl->cursor);
        break;
    case '\t':
        rl_complete(rl);
        break;
    case '\n':
    case '\r':
        rl_enter(rl);
        break;
    case 27:
        rl->state = ESCAPE;
        break;
    default:
        if (c >= 32) {
            rl_insert(rl, &text, 1);
        }
    }
}

static void rl_sequence(ReadLine *rl, uint8_t c)
{
    rl->state = PLAIN;
    switch (c) {
    case 'A':
        rl_browse(rl, -1);
        break;
    case 'B':
        rl_browse(rl, 1);
        break;
    case 'C':
        rl_move(rl, rl->cursor + 1);
        break;
    case 'D':
        rl_move(rl, rl->cursor - 1);
        break;
    case 'F':
        rl_move(rl, rl->line->len);
        break;
    case 'H':
        rl_move(rl, 0);
        break;
    case '~':
        if (rl->param == 1 || rl->param == 7) {
            rl_move(rl, 0);
        } else if (rl->param == 4 || rl->param == 8) {
            rl_move(rl, rl->line->len);
        } else if (rl->param == 3) {
            rl_erase(rl, rl->cursor, MIN(rl->cursor + 1, rl->line->len));
        }
        break;
    default:
        break;
    }
}

void readline_byte(ReadLine *rl, uint8_t byte)
{
    switch (rl->state) {
    case PLAIN:
        rl_plain(rl, byte);
        break;
    case ESCAPE:
        rl->param = 0;
        rl->state = byte == '[' ? BRACKET : byte == 'O' ? LETTER_O : PLAIN;
        break;
    case BRACKET:
        if (g_ascii_isdigit(byte) || byte == ';') {
            rl->param = byte == ';' ? 0 : (rl->param * 10 + byte - '0') % 1000;
            break;
        }
        rl_sequence(rl, byte);
        break;
    case LETTER_O:
        rl_sequence(rl, byte);
        break;
    }
}

ReadLine *readline_new(const ReadLineOps *ops, void *opaque,
                       const char *prompt)
{
    ReadLine *rl = g_new0(ReadLine, 1);

    rl->ops = ops;
    rl->opaque = opaque;
    rl->prompt = g_strdup(prompt);
    rl->line = g_string_new(NULL);
    rl->history = g_ptr_array_new_with_free_func(g_free);
    return rl;
}

GPtrArray *readline_history(ReadLine *rl)
{
    return rl->history;
}

void readline_free(ReadLine *rl)
{
    if (!rl) {
        return;
    }
    g_free(rl->prompt);
    g_free(rl->typed);
    g_string_free(rl->line, true);
    g_ptr_array_unref(rl->history);
    g_free(rl);
}
