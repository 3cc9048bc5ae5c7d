/*
 * The software CPU against the processor underneath: random programs must
 * leave the same registers, flags, memory and exceptions on both.
 *
 * Environment: X86_DIFF_SECONDS (default 3), X86_DIFF_SEED (first seed),
 * X86_DIFF_COUNT (1 to repeat a single seed), X86_DIFF_ONLY (int, string, sse,
 * x87, comma separated; 64 leaves out 32-bit code), X86_DIFF_KEEP (go on after
 * that many differences).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x86-diff.h"
#include "x86-harness.h"

#define BATCH 128

/* How the programs ended on the host, by vector, and how many in 32 bits. */
static unsigned ended_by[32], ran_whole, ran_32;

static unsigned families = DIFF_ALL | DIFF_32;

/* Flags without a defined value at @rip. */
static unsigned undefined_at(const DiffProgram *p, uint64_t rip)
{
    unsigned offset = rip - p->entry, undefined = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(p->marks); i++) {
        if (p->marks[i].offset > offset) {
            break;
        }
        undefined = p->marks[i].undefined;
    }
    return undefined;
}

static bool differ(GString *out, const char *what, uint64_t native,
                   uint64_t soft)
{
    if (native != soft) {
        g_string_append_printf(out, "  %-6s host %016" PRIx64
                               " software %016" PRIx64 "\n",
                               what, native, soft);
        return true;
    }
    return false;
}

/*
 * The precision flag beside an unmasked overflow or underflow tells whether the
 * result would have been exact with a wider exponent: not known in software.
 */
#define MXCSR_OE_UE 0x18u
#define MXCSR_PE 0x20u

/* DPPS and DPPD: a trap in the middle shows only some of the flags. */
static bool is_dot_product(const DiffProgram *p, uint64_t rip)
{
    uint64_t offset = rip - p->entry;

    for (uint64_t i = offset; i < offset + 6 && i + 2 < p->len; i++) {
        if (p->code[i] == 0x0f && p->code[i + 1] == 0x3a &&
            (p->code[i + 2] & 0xfe) == 0x40) {
            return true;
        }
    }
    return false;
}

static void compare_fx(GString *out, const DiffFx *a, const DiffFx *b,
                       bool ignore_mxcsr)
{
    unsigned csr_mask = ignore_mxcsr ? ~0x3fu : a->mxcsr & ~(a->mxcsr >> 7) & MXCSR_OE_UE
                        ? ~MXCSR_PE : ~0u;
    char name[16];

    differ(out, "fcw", a->fcw, b->fcw);
    differ(out, "fsw", a->fsw, b->fsw);
    differ(out, "ftw", a->ftw, b->ftw);
    differ(out, "mxcsr", a->mxcsr & csr_mask, b->mxcsr & csr_mask);
    for (unsigned i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "st%u", i);
        differ(out, name, a->st[i][0], b->st[i][0]);
        differ(out, name, a->st[i][1] & 0xffff, b->st[i][1] & 0xffff);
    }
    for (unsigned i = 0; i < 16; i++) {
        snprintf(name, sizeof(name), "xmm%u", i);
        differ(out, name, a->xmm[i][0], b->xmm[i][0]);
        differ(out, name, a->xmm[i][1], b->xmm[i][1]);
    }
}

static void compare_data(GString *out, const uint8_t *a, const uint8_t *b)
{
    unsigned shown = 0;

    for (unsigned i = 0; i < DIFF_DATA_SIZE && shown < 4; i += 8) {
        char name[16];
        uint64_t x, y;

        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        snprintf(name, sizeof(name), "+%04x", i);
        shown += differ(out, name, x, y);
    }
}

static bool has_error_code(int vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

/* What differs, as text; empty: nothing does. */
static void compare(GString *out, const DiffProgram *p, const DiffResult *a,
                    const DiffResult *b)
{
    static const char names[16][4] = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    };
    unsigned mask = 0xcd5 & ~undefined_at(p, a->end.rip);

    differ(out, "vector", a->vector, b->vector);
    if (a->vector < 0 || b->vector < 0) {
        return;
    }
    differ(out, "rip", a->end.rip, b->end.rip);
    if (a->vector == b->vector && has_error_code(a->vector)) {
        /* What is not ours may be mapped for the kernel in either. */
        unsigned ignored = a->vector == 14 ? 1 : 0;

        differ(out, "error", a->error_code | ignored,
               b->error_code | ignored);
    }
    if (a->vector == 14 && b->vector == 14) {
        differ(out, "cr2", a->cr2, b->cr2);
    }
    for (unsigned i = 0; i < (p->mode32 ? 8 : 16); i++) {
        uint64_t mask = p->mode32 ? UINT32_MAX : UINT64_MAX;

        differ(out, names[i], a->end.gpr[i] & mask, b->end.gpr[i] & mask);
    }
    differ(out, "flags", a->end.rflags & mask, b->end.rflags & mask);
    if (families & (DIFF_SSE | DIFF_X87)) {
        compare_fx(out, &a->end.fx, &b->end.fx,
                   a->vector == 19 && is_dot_product(p, a->end.rip));
    }
    compare_data(out, a->data, b->data);
}

static void print_program(const DiffProgram *p)
{
    g_autofree char *file =
        g_strdup_printf("%s/x86-diff-%d.bin", g_get_tmp_dir(), getpid());
    g_autofree char *command = g_strdup_printf(
        "objdump -D -b binary -m%s --adjust-vma=0x%" PRIx64
        " %s | sed -n '8,$p' >&2", p->mode32 ? "i386" : "i386:x86-64",
        p->entry, file);

    if (!g_file_set_contents(file, (const char *)p->code, p->len, NULL) ||
        system(command) != 0) {
        fprintf(stderr, "  (no listing: objdump failed)\n");
    }
    unlink(file);
}

static void report(const DiffProgram *p, const DiffResult *host,
                   const GString *text)
{
    fprintf(stderr, "\nseed %" PRIu64 ": host and software differ "
            "(vector %d at +%" PRIx64 ")\n%s",
            p->seed, host->vector, host->end.rip - p->entry, text->str);
    for (unsigned i = 0; i < 16; i++) {
        fprintf(stderr, "  start r%-2u %016" PRIx64 "%s", i,
                p->start.gpr[i], i % 3 == 2 ? "\n" : "");
    }
    fprintf(stderr, "\n  start flags %" PRIx64 " fcw %x fsw %x ftw %x "
            "mxcsr %x\n", p->start.rflags, p->start.fx.fcw,
            p->start.fx.fsw, p->start.fx.ftw, p->start.fx.mxcsr);
    print_program(p);
}

static uint64_t from_env(const char *name, uint64_t otherwise)
{
    const char *text = g_getenv(name);

    return text ? g_ascii_strtoull(text, NULL, 0) : otherwise;
}

static unsigned families_from_env(void)
{
    const char *only = g_getenv("X86_DIFF_ONLY");
    unsigned mask = 0;

    if (!only) {
        return DIFF_ALL | DIFF_32;
    }
    mask |= strstr(only, "int") ? DIFF_INT : 0;
    mask |= strstr(only, "string") ? DIFF_STRING : 0;
    mask |= strstr(only, "sse") ? DIFF_SSE : 0;
    mask |= strstr(only, "x87") ? DIFF_X87 : 0;
    mask = mask ? mask : DIFF_ALL;
    return strstr(only, "64") ? mask : mask | DIFF_32;
}

/* Runs one batch; gives the number of programs that differ. */
static unsigned run_batch(DiffNative *native, uint64_t seed, unsigned count)
{
    DiffProgram *programs = diff_native_programs(native);
    DiffResult *results = diff_native_results(native);
    unsigned different = 0;

    for (unsigned i = 0; i < count; i++) {
        uint64_t entry = DIFF_CODE + (seed + i) * 512 %
                                     (DIFF_CODE_SIZE - 1024);

        diff_generate(&programs[i], seed + i, entry, families);
    }
    if (!diff_native_run(native, count)) {
        fprintf(stderr, "seed %" PRIu64 "..: the child died\n", seed);
        return 1;
    }
    for (unsigned i = 0; i < count; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        static DiffResult soft;

        diff_soft_run(&programs[i], &soft);
        ended_by[results[i].vector & 31]++;
        ran_whole += results[i].end.rip ==
                     programs[i].entry + programs[i].len;
        ran_32 += programs[i].mode32;
        compare(text, &programs[i], &results[i], &soft);
        if (text->len) {
            /*
             * Once more: a switch of tasks on the host can lose the x87
             * instruction pointers. Slot 0 is done with by now.
             */
            programs[0] = programs[i];
            g_string_truncate(text, 0);
            g_assert_true(diff_native_run(native, 1));
            compare(text, &programs[i], &results[0], &soft);
        }
        if (text->len) {
            report(&programs[i], &results[0], text);
            different++;
        }
    }
    return different;
}

/* A kernel may be built without the segments that 32-bit code needs. */
static bool host_runs_32_bit_code(DiffNative *native)
{
    DiffProgram *program = diff_native_programs(native);
    const DiffResult *result = diff_native_results(native);
    uint64_t seed = 0;

    do {
        diff_generate(program, ++seed, DIFF_CODE, DIFF_INT | DIFF_32);
    } while (!program->mode32);
    g_assert_true(diff_native_run(native, 1));
    return result->end.rip - DIFF_CODE < DIFF_CODE_SIZE;
}

static void test_32_bit_code(void)
{
    DiffNative *native = diff_native_new(1);

    if (!host_runs_32_bit_code(native)) {
        g_test_skip("this host's kernel runs no 32-bit code: programs of it are "
                    "left out");
        families &= ~DIFF_32;
    }
    diff_native_free(native);
}

static void test_random_programs(void)
{
    uint64_t seconds = from_env("X86_DIFF_SECONDS", 3);
    uint64_t seed = from_env("X86_DIFF_SEED", 1);
    uint64_t count = from_env("X86_DIFF_COUNT", 0);
    uint64_t keep = from_env("X86_DIFF_KEEP", 0);
    int64_t end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    DiffNative *native = diff_native_new(BATCH);
    uint64_t programs = 0, different = 0;

    do {
        unsigned n = count ? MIN(count - programs, BATCH) : BATCH;

        different += run_batch(native, seed + programs, n);
        programs += n;
    } while (different <= keep &&
             (count ? programs < count : g_get_monotonic_time() < end));
    diff_native_free(native);
    g_test_message("%" PRIu64 " programs, %" PRIu64 " differ; %u ran to "
                   "their end, %u in 32 bits", programs, different,
                   ran_whole, ran_32);
    for (unsigned v = 0; v < G_N_ELEMENTS(ended_by); v++) {
        if (ended_by[v]) {
            g_test_message("vector %u ended %u", v, ended_by[v]);
        }
    }
    g_assert_cmpuint(different, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    families = families_from_env();
    x86_test_init();
    diff_soft_init(g_getenv("X86_DIFF_CPU") ? g_getenv("X86_DIFF_CPU")
                                            : "max-x86_64-cpu");
    /* First: it decides what the next one leaves out. */
    g_test_add_func("/x86-diff/32-bit-code", test_32_bit_code);
    g_test_add_func("/x86-diff/random-programs", test_random_programs);
    return g_test_run();
}
