/*
 * Differential test of the software CPU: programs made from a seed run on the
 * host's processor and in the software CPU, from the same state, at the same
 * addresses; what they leave must be the same. Shared by the generator
 * (x86-diff-gen*.c), the native side (x86-diff-native.c), the emulated side
 * (x86-diff-soft.c) and the comparison (test-x86-diff.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_UNIT_X86_DIFF_H
#define TESTS_UNIT_X86_DIFF_H

/* Where things are, on both sides. The pages around each area are unmapped. */
#define DIFF_DATA       0x10000000ull
#define DIFF_DATA_SIZE  0x2000u
#define DIFF_CODE       0x10100000ull
#define DIFF_CODE_SIZE  0x10000u
#define DIFF_STACK      (DIFF_DATA + 0x1800)    /* initial RSP */
#define DIFF_MAX_CODE   400u
#define DIFF_MAX_INSNS  40u

/* The FXSAVE image that both sides start from and end with. */
typedef struct DiffFx {
    uint16_t fcw, fsw;
    uint8_t ftw, rsvd;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint64_t st[8][2];
    uint64_t xmm[16][2];
    uint8_t tail[96];
} __attribute__((aligned(16))) DiffFx;

typedef struct DiffState {
    DiffFx fx;
    uint64_t gpr[16];
    uint64_t rip;
    uint64_t rflags;
} DiffState;

/* From this offset on, the flags in @undefined have no defined value. */
typedef struct DiffMark {
    uint16_t offset;
    uint16_t undefined;
} DiffMark;

typedef struct DiffProgram {
    DiffState start;
    uint64_t seed;
    uint64_t entry;             /* address of code[0] */
    uint64_t data_seed;         /* what fills the data area */
    uint16_t len;               /* bytes; the last one is INT3 */
    uint16_t insn_count;
    bool mode32;                /* compatibility mode */
    DiffMark marks[DIFF_MAX_INSNS + 2];
    uint8_t code[DIFF_MAX_CODE + 64];
} DiffProgram;

typedef struct DiffResult {
    DiffState end;
    int32_t vector;             /* that ended the program; -1: it did not end */
    uint64_t error_code;
    uint64_t cr2;
    uint8_t data[DIFF_DATA_SIZE];
} DiffResult;

/* Instruction families, for DIFF_ONLY and messages. */
enum {
    DIFF_INT = 1 << 0,
    DIFF_STRING = 1 << 1,
    DIFF_SSE = 1 << 2,
    DIFF_X87 = 1 << 3,
    DIFF_ALL = 15,
    DIFF_32 = 1 << 4,           /* now and then in compatibility mode */
};

/* Makes a program at @entry. The same seed makes the same program. */
void diff_generate(DiffProgram *p, uint64_t seed, uint64_t entry,
                   unsigned families);

/* Fills the data area for a program: random, with spots of special values. */
void diff_fill_data(uint8_t *data, uint64_t seed);

/*
 * Is an SSE opcode to be generated? Answered by the CPU model under test;
 * @width gets the bytes of the memory operand, @imm whether one follows.
 */
bool diff_sse_known(unsigned map, unsigned prefix, uint8_t opcode, bool rexw,
                    uint8_t modrm, unsigned *width, bool *aligned,
                    bool *imm, bool *compares);

/* Native side: a child process that runs programs; shared arrays of @count. */
typedef struct DiffNative DiffNative;
DiffNative *diff_native_new(unsigned count);
DiffProgram *diff_native_programs(DiffNative *n);
DiffResult *diff_native_results(DiffNative *n);
/* Runs the first @count programs; false when the child died of it. */
bool diff_native_run(DiffNative *n, unsigned count);
void diff_native_free(DiffNative *n);

/* Emulated side. */
void diff_soft_init(const char *cpu_type);
void diff_soft_run(const DiffProgram *p, DiffResult *r);

/* Random numbers: xorshift64*, from a seed that may be any number. */
typedef struct DiffRng {
    uint64_t s;
} DiffRng;

static inline uint64_t diff_random(DiffRng *r)
{
    r->s ^= r->s >> 12;
    r->s ^= r->s << 25;
    r->s ^= r->s >> 27;
    return r->s * 0x2545f4914f6cdd1dull;
}

static inline void diff_seed(DiffRng *r, uint64_t seed)
{
    r->s = seed * 0x9e3779b97f4a7c15ull + 0x1234567;
    if (!r->s) {
        r->s = 1;
    }
    diff_random(r);
    diff_random(r);
}

static inline unsigned diff_below(DiffRng *r, unsigned n)
{
    return (diff_random(r) >> 33) % n;
}

/* True once in @n. */
static inline bool diff_once_in(DiffRng *r, unsigned n)
{
    return diff_below(r, n) == 0;
}

#endif
