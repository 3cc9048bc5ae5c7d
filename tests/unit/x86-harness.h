/*
 * Raw guest code on the software CPU, without a machine: a CPU of the `max`
 * model, 4 MiB of RAM, descriptor tables and page tables for each mode, and a
 * halting handler for each vector, so that a test runs a snippet until
 * something happens and looks at what it was.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_UNIT_X86_HARNESS_H
#define TESTS_UNIT_X86_HARNESS_H

#include "target/i386/cpu.h"

/* Guest addresses; linear and physical are the same. */
#define H_RAM_BYTES     0x400000u
#define H_PML4          0x1000u
#define H_GDT           0x10000u
#define H_IDT           0x11000u
#define H_TSS           0x12000u    /* of the mode */
#define H_TSS2          0x12800u    /* a second 32-bit task */
#define H_HANDLERS      0x13000u    /* 16 bytes for each vector */
#define H_KERNEL_SP     0x16000u
#define H_IST1_SP       0x17000u
#define H_USER_SP       0x18000u
#define H_CODE          0x20000u
#define H_DATA          0x30000u
#define H_SYSTEM_PAGE   0x1fe000u   /* ring 0 only */
#define H_NO_PAGE       0x1ff000u   /* not present */

/* Selectors. */
enum {
    H_CODE32 = 0x08,
    H_CODE64 = 0x10,
    H_DATA0 = 0x18,
    H_USER_CODE32 = 0x23,
    H_USER_DATA = 0x2b,
    H_USER_CODE64 = 0x33,
    H_ABSENT = 0x38,            /* data, not present */
    H_TSS_SEL = 0x40,           /* 16 bytes in long mode */
    H_TSS2_SEL = 0x50,
    H_GATE_SEL = 0x58,          /* call gate; 16 bytes in long mode */
    H_LDT_SEL = 0x68,
    H_READ_ONLY = 0x78,         /* data, not writable */
    H_CONFORMING = 0x80,
    H_CODE16 = 0x88,
    H_DATA16 = 0x90,
};

typedef enum HMode {
    H_REAL,
    H_PROT,                     /* 32 bits, ring 0, no paging */
    H_PROT_USER,
    H_LONG,
    H_LONG_USER,
    H_COMPAT_USER,
} HMode;

/* What ended a run. For exceptions the frame that was pushed. */
typedef struct HOutcome {
    int vector;                 /* -1: HLT in the snippet; -2: shut down */
    uint64_t error_code;
    uint64_t rip, cs, rflags, rsp, ss;
    uint64_t frame;             /* where the frame is: RSP of the handler */
} HOutcome;

/* Types, clocks, locks; once, before anything else. */
void x86_test_init(void);

/* A CPU of @cpu_type with @root as its memory. */
CPUState *x86_test_cpu(const char *cpu_type, MemoryRegion *root);

extern uint8_t *h_ram;
extern CPUX86State *h_env;

/* Builds the harness (once) and brings it into @mode; registers are zero. */
void h_start(HMode mode);

/* Writes code; plain stores to h_ram are for data only. */
void h_put_code(uint32_t addr, const void *code, size_t len);

/* Puts a snippet at H_CODE and runs it until an exception or a halt. */
HOutcome h_run(const void *code, size_t len);

/* Goes on at @pc in the mode that is. */
HOutcome h_continue(uint64_t pc);

static inline uint32_t h_get32(uint32_t addr)
{
    uint32_t v;

    memcpy(&v, h_ram + addr, 4);
    return v;
}

static inline uint64_t h_get64(uint32_t addr)
{
    uint64_t v;

    memcpy(&v, h_ram + addr, 8);
    return v;
}

static inline void h_put32(uint32_t addr, uint32_t v)
{
    memcpy(h_ram + addr, &v, 4);
}

static inline void h_put64(uint32_t addr, uint64_t v)
{
    memcpy(h_ram + addr, &v, 8);
}

/*
 * Guest code in the test's source:
 *     H_SNIPPET(name, "64", "mov $1, %eax\n hlt");
 *     h_run(H_CODE_OF(name));
 */
#define H_SNIPPET(name, bits, text)                                       \
    asm(".pushsection .rodata\n"                                          \
        "h_" #name ":\n.code" bits "\n" text "\nh_" #name "_end:\n"       \
        ".code64\n.popsection\n");                                        \
    extern const uint8_t h_##name[], h_##name##_end[]
#define H_CODE_OF(name) h_##name, (size_t)(h_##name##_end - h_##name)

#endif
