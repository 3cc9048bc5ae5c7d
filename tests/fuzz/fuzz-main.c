/*
 * main() of a fuzz target without libFuzzer: every file of the corpus, then changed
 * copies of them for a while, the same ones each time.
 *
 * Arguments: files and folders. FUZZ_SECONDS (default 1) is for the changed copies,
 * FUZZ_SEED chooses others.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include <glib/gstdio.h>

#define INPUT_MAX 4096

static GPtrArray *corpus;       /* of GBytes */

static void add_file(const char *path)
{
    g_autoptr(GError) err = NULL;
    char *data;
    gsize size;

    if (!g_file_get_contents(path, &data, &size, &err)) {
        g_error("%s", err->message);
    }
    g_ptr_array_add(corpus, g_bytes_new_take(data, size));
    LLVMFuzzerTestOneInput((const uint8_t *)data, size);
    printf("ok %u %s\n", corpus->len, path);
    fflush(stdout);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_path(const char *path)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    if (!dir) {
        add_file(path);
        return;
    }
    while ((name = g_dir_read_name(dir))) {
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    }
    g_dir_close(dir);
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        add_file(names->pdata[i]);
    }
}

/* A few small changes to @input. */
static void mutate(GByteArray *input, GRand *r)
{
    unsigned changes = g_rand_int_range(r, 1, 6);

    while (changes--) {
        guint at = input->len ? g_rand_int_range(r, 0, input->len) : 0;
        guint8 byte = g_rand_int(r);

        switch (input->len ? g_rand_int_range(r, 0, 6) : 5) {
        case 0:
            input->data[at] ^= 1 << (byte & 7);
            break;
        case 1:
            input->data[at] = byte;
            break;
        case 2:
            input->data[at] = byte & 1 ? 0xff : 0;
            break;
        case 3:
            g_byte_array_set_size(input, at);
            break;
        case 4: {
            /* Some of it once more. */
            guint n = MIN(input->len - at, (guint)byte);
            g_autofree guint8 *copy = g_memdup2(input->data + at, n);

            g_byte_array_append(input, copy, n);
            break;
        }
        default:
            g_byte_array_append(input, &byte, 1);
            break;
        }
    }
    if (input->len > INPUT_MAX) {
        g_byte_array_set_size(input, INPUT_MAX);
    }
}

static unsigned run_changed(double seconds, guint32 seed)
{
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    GRand *r = g_rand_new_with_seed(seed);
    unsigned runs = 0;

    while (g_get_monotonic_time() < end) {
        g_autoptr(GByteArray) input = g_byte_array_new();
        gsize size;
        const void *data;

        if (corpus->len) {
            data = g_bytes_get_data(corpus->pdata[g_rand_int_range(
                                        r, 0, corpus->len)], &size);
            g_byte_array_append(input, data, size);
        }
        mutate(input, r);
        LLVMFuzzerTestOneInput(input->data, input->len);
        runs++;
    }
    g_rand_free(r);
    return runs;
}

int main(int argc, char **argv)
{
    const char *seconds = g_getenv("FUZZ_SECONDS");
    const char *seed = g_getenv("FUZZ_SEED");
    unsigned runs;

    LLVMFuzzerInitialize(&argc, &argv);
    corpus = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (int i = 1; i < argc; i++) {
        add_path(argv[i]);
    }
    runs = run_changed(seconds ? g_ascii_strtod(seconds, NULL) : 1,
                       seed ? strtoul(seed, NULL, 0) : 1);
    printf("ok %u %u changed copies\n1..%u\n", corpus->len + 1, runs,
           corpus->len + 1);
    g_ptr_array_unref(corpus);
    return 0;
}
