/*
 * System behaviour of the software CPU, snippet by snippet: rings, gates,
 * exceptions and their frames, fast system calls, segment checks, control
 * registers. Modes and legacy features are in test-x86-legacy.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x86-harness.h"

/* Addresses as the assembler wants them. */
#define DATA "0x30000"
#define NO_PAGE "0x1ff000"
#define SYSTEM_PAGE "0x1fe000"

static void check_fault(const HOutcome *o, int vector, uint64_t error,
                        unsigned offset)
{
    g_assert_cmpint(o->vector, ==, vector);
    g_assert_cmphex(o->error_code, ==, error);
    g_assert_cmphex(o->rip, ==, H_CODE + offset);
}

/* Rings and frames. */

H_SNIPPET(int80, "64", "mov $0x1234, %eax\n int $0x80\n");

static void test_int_from_user(void)
{
    HOutcome o;

    h_start(H_LONG_USER);
    h_ram[H_IDT + 0x80 * 16 + 5] |= 0x60;           /* DPL 3 */
    o = h_run(H_CODE_OF(int80));
    g_assert_cmpint(o.vector, ==, 0x80);
    g_assert_cmphex(o.rip, ==, H_CODE + 7);
    g_assert_cmphex(o.cs, ==, H_USER_CODE64);
    g_assert_cmphex(o.ss, ==, H_USER_DATA);
    g_assert_cmphex(o.rsp, ==, H_USER_SP);
    g_assert_cmphex(o.frame, ==, H_KERNEL_SP - 40);
    g_assert_cmphex(h_env->segs[R_SS].selector, ==, 0);
    g_assert_cmphex(h_env->segs[R_CS].selector, ==, H_CODE64);
    g_assert_cmpuint(x86_cpl(h_env), ==, 0);
    g_assert_false(h_env->eflags & IF_MASK);
}

static void test_int_needs_gate_dpl(void)
{
    HOutcome o;

    h_start(H_LONG_USER);
    o = h_run(H_CODE_OF(int80));
    check_fault(&o, EXCP0D_GPF, 0x80 * 8 + 2, 5);
}

static void test_ist_switches_stack(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_env->regs[R_ESP] = H_DATA + 0x808;
    h_ram[H_IDT + 0x80 * 16 + 4] = 1;
    o = h_run(H_CODE_OF(int80));
    g_assert_cmpint(o.vector, ==, 0x80);
    g_assert_cmphex(o.frame, ==, H_IST1_SP - 40);
    g_assert_cmphex(o.rsp, ==, H_DATA + 0x808);
    g_assert_cmphex(o.ss, ==, H_DATA0);
}

static void test_same_ring_aligns_stack(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_env->regs[R_ESP] = H_DATA + 0x80d;
    o = h_run(H_CODE_OF(int80));
    g_assert_cmphex(o.frame, ==, H_DATA + 0x800 - 40);
    g_assert_cmphex(o.rsp, ==, H_DATA + 0x80d);
}

/* Handler with IRETQ: user code goes on behind INT. */
H_SNIPPET(int_twice, "64", "int $0x80\n mov $7, %ebx\n int $0x81\n");
H_SNIPPET(iretq, "64", "iretq\n");

static void test_iretq_returns_to_user(void)
{
    HOutcome o;

    h_start(H_LONG_USER);
    h_ram[H_IDT + 0x80 * 16 + 5] |= 0x60;
    h_ram[H_IDT + 0x81 * 16 + 5] |= 0x60;
    h_put_code(H_HANDLERS + 0x80 * 16, H_CODE_OF(iretq));
    o = h_run(H_CODE_OF(int_twice));
    g_assert_cmpint(o.vector, ==, 0x81);
    g_assert_cmphex(o.cs, ==, H_USER_CODE64);
    g_assert_cmphex(o.rsp, ==, H_USER_SP);
    g_assert_cmphex(h_env->regs[R_EBX], ==, 7);
}

H_SNIPPET(iretq_to_compat, "64",
          "push $0x2b\n push $0x18000\n push $0x202\n push $0x23\n"
          "push $0x20040\n iretq\n .org h_iretq_to_compat + 0x40\n .code32\n"
          "mov $0x11223344, %eax\n inc %eax\n int3\n");

static void test_iretq_to_compatibility_mode(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_env->regs[R_EAX] = ~0ull;
    h_ram[H_IDT + 3 * 16 + 5] |= 0x60;
    o = h_run(H_CODE_OF(iretq_to_compat));
    g_assert_cmpint(o.vector, ==, 3);
    g_assert_cmphex(o.cs, ==, H_USER_CODE32);
    g_assert_cmphex(o.rsp, ==, H_USER_SP);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0x11223345);
}

/* A selector that IRETQ must refuse: the frame stays, nothing is loaded. */
H_SNIPPET(iretq_bad_cs, "64",
          "push $0x2b\n push $0x18000\n push $0x202\n push $0x2b\n"
          "push $0x20000\n 1: iretq\n");

static void test_iretq_checks_cs(void)
{
    HOutcome o;

    h_start(H_LONG);
    o = h_run(H_CODE_OF(iretq_bad_cs));
    g_assert_cmpint(o.vector, ==, EXCP0D_GPF);
    g_assert_cmphex(o.error_code, ==, 0x28);
    g_assert_cmphex(o.rsp, ==, H_KERNEL_SP - 40);
}

/* Faults of memory. */

H_SNIPPET(read_absent, "64", "mov " NO_PAGE ", %eax\n");
H_SNIPPET(write_system, "64", "nop\n movl $1, " SYSTEM_PAGE "\n");
H_SNIPPET(call_absent, "64", "mov $" NO_PAGE ", %eax\n jmp *%rax\n");

static void test_page_faults(void)
{
    HOutcome o;

    h_start(H_LONG);
    o = h_run(H_CODE_OF(read_absent));
    check_fault(&o, EXCP0E_PAGE, 0, 0);
    g_assert_cmphex(h_env->cr[2], ==, H_NO_PAGE);

    h_start(H_LONG_USER);
    o = h_run(H_CODE_OF(write_system));
    check_fault(&o, EXCP0E_PAGE, 7, 1);
    g_assert_cmphex(h_env->cr[2], ==, H_SYSTEM_PAGE);

    h_start(H_LONG_USER);
    o = h_run(H_CODE_OF(call_absent));
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(o.rip, ==, H_NO_PAGE);
    g_assert_cmphex(o.error_code & ~0x10ull, ==, 4);
}

H_SNIPPET(noncanonical, "64",
          "movabs $0x1234000000000000, %rbx\n mov (%rbx), %eax\n");
H_SNIPPET(noncanonical_push, "64",
          "movabs $0x1234000000000000, %rsp\n push %rax\n");

static void test_noncanonical_addresses(void)
{
    HOutcome o;

    h_start(H_LONG);
    o = h_run(H_CODE_OF(noncanonical));
    check_fault(&o, EXCP0D_GPF, 0, 10);

    h_start(H_LONG);
    h_ram[H_IDT + EXCP0C_STACK * 16 + 4] = 1;
    o = h_run(H_CODE_OF(noncanonical_push));
    check_fault(&o, EXCP0C_STACK, 0, 10);
}

/* #PF whose gate is absent becomes #DF; with that absent too, shutdown. */
static void test_double_and_triple_fault(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_ram[H_IDT + EXCP0E_PAGE * 16 + 5] &= 0x7f;
    h_ram[H_IDT + EXCP08_DBLE * 16 + 4] = 1;
    o = h_run(H_CODE_OF(read_absent));
    check_fault(&o, EXCP08_DBLE, 0, 0);
    g_assert_cmphex(o.frame, ==, H_IST1_SP - 48);

    h_start(H_LONG);
    h_ram[H_IDT + EXCP0E_PAGE * 16 + 5] &= 0x7f;
    h_ram[H_IDT + EXCP08_DBLE * 16 + 5] &= 0x7f;
    o = h_run(H_CODE_OF(read_absent));
    g_assert_cmpint(o.vector, ==, -2);
}

/* A benign exception meets a fault: the fault is delivered, no #DF. */
H_SNIPPET(breakpoint, "64", "int3\n");

static void test_benign_then_fault_is_serial(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_ram[H_IDT + 3 * 16 + 5] &= 0x7f;
    o = h_run(H_CODE_OF(breakpoint));
    check_fault(&o, EXCP0B_NOSEG, 3 * 8 + 2, 0);
}

H_SNIPPET(undefined, "64", "ud2\n");

static void test_fault_pushes_rf(void)
{
    HOutcome o;

    h_start(H_LONG);
    o = h_run(H_CODE_OF(undefined));
    check_fault(&o, EXCP06_ILLOP, 0, 0);
    g_assert_true(o.rflags & RF_MASK);
    g_assert_false(h_env->eflags & RF_MASK);
}

/* Fast system calls. */

H_SNIPPET(syscall, "64", "stc\n syscall\n");
H_SNIPPET(sysretq, "64", "mov $0x20100, %ecx\n mov $0x246, %r11d\n sysretq\n");
H_SNIPPET(user_int3, "64", "int3\n");

static void test_syscall_and_sysret(void)
{
    HOutcome o;

    h_start(H_LONG_USER);
    h_env->star = 0x0020ull << 48 | (uint64_t)H_CODE64 << 32;
    h_env->lstar = H_HANDLERS + 0xf0 * 16;
    h_env->fmask = IF_MASK | CC_C;
    cpu_load_eflags(h_env, IF_MASK, IF_MASK);
    o = h_run(H_CODE_OF(syscall));
    g_assert_cmpint(o.vector, ==, 0xf0);
    g_assert_cmphex(h_env->regs[R_ECX], ==, H_CODE + 3);
    g_assert_cmphex(h_env->regs[R_R11] & (IF_MASK | CC_C), ==,
                    IF_MASK | CC_C);
    g_assert_false(cpu_compute_eflags(h_env) & (IF_MASK | CC_C));
    g_assert_cmphex(h_env->segs[R_CS].selector, ==, H_CODE64);
    g_assert_cmphex(h_env->segs[R_SS].selector, ==, H_DATA0);
    g_assert_cmphex(h_env->regs[R_ESP], ==, H_USER_SP);

    h_put_code(0x20100, H_CODE_OF(user_int3));
    h_ram[H_IDT + 3 * 16 + 5] |= 0x60;
    o = h_run(H_CODE_OF(sysretq));
    g_assert_cmpint(o.vector, ==, 3);
    g_assert_cmphex(o.rip, ==, 0x20101);
    g_assert_cmphex(o.cs, ==, H_USER_CODE64);
    g_assert_cmphex(o.ss, ==, H_USER_DATA);
    g_assert_cmphex(o.rflags & 0xfff, ==, 0x246);
}

H_SNIPPET(sysret_far, "64",
          "movabs $0x8000000000000000, %rcx\n sysretq\n");

static void test_sysret_checks_rip(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_env->star = 0x0020ull << 48;
    o = h_run(H_CODE_OF(sysret_far));
    check_fault(&o, EXCP0D_GPF, 0, 10);
}

H_SNIPPET(just_syscall, "64", "syscall\n");

static void test_syscall_needs_sce(void)
{
    HOutcome o;

    h_start(H_LONG_USER);
    h_env->efer &= ~(uint64_t)MSR_EFER_SCE;
    o = h_run(H_CODE_OF(just_syscall));
    check_fault(&o, EXCP06_ILLOP, 0, 0);
}

H_SNIPPET(swapgs, "64", "swapgs\n mov %gs:0, %eax\n hlt\n");

static void test_swapgs(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_env->kernelgsbase = H_DATA;
    h_put32(H_DATA, 0xfeed);
    o = h_run(H_CODE_OF(swapgs));
    g_assert_cmpint(o.vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0xfeed);

    h_start(H_LONG_USER);
    o = h_run(H_CODE_OF(swapgs));
    check_fault(&o, EXCP0D_GPF, 0, 0);
}

/* Segment registers. */

static const struct {
    unsigned selector;
    int vector;
    unsigned error;
} segment_cases[] = {
    { H_USER_DATA, -1, 0 },
    { 0, -1, 0 },
    { 3, -1, 0 },
    { H_ABSENT, EXCP0B_NOSEG, H_ABSENT },
    { H_CODE64, -1, 0 },
    { H_TSS_SEL, EXCP0D_GPF, H_TSS_SEL },
    { 0xf8, EXCP0D_GPF, 0xf8 },
    { H_DATA0 | 3, EXCP0D_GPF, H_DATA0 },
    { H_USER_DATA | 4, EXCP0D_GPF, (H_USER_DATA | 4) & ~3 },
};

H_SNIPPET(load_ds, "64", "mov %eax, %ds\n hlt\n");
H_SNIPPET(load_ss, "64", "mov %eax, %ss\n hlt\n");

static void test_load_data_segment(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(segment_cases); i++) {
        HOutcome o;

        h_start(H_LONG);
        h_env->regs[R_EAX] = segment_cases[i].selector;
        o = h_run(H_CODE_OF(load_ds));
        g_assert_cmpint(o.vector, ==, segment_cases[i].vector);
        if (o.vector >= 0) {
            g_assert_cmphex(o.error_code, ==, segment_cases[i].error);
            g_assert_cmphex(h_env->segs[R_DS].selector, ==, H_DATA0);
        } else {
            g_assert_cmphex(h_env->segs[R_DS].selector, ==,
                            segment_cases[i].selector);
        }
    }
}

static void test_load_stack_segment(void)
{
    static const struct {
        unsigned selector;
        int vector;
        unsigned error;
    } cases[] = {
        { H_DATA0, -1, 0 },
        { 0, -1, 0 },
        { 1, EXCP0D_GPF, 0 },
        { H_USER_DATA, EXCP0D_GPF, H_USER_DATA & ~3 },
        { H_READ_ONLY, EXCP0D_GPF, H_READ_ONLY },
        { H_CODE64, EXCP0D_GPF, H_CODE64 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HOutcome o;

        h_start(H_LONG);
        h_env->regs[R_EAX] = cases[i].selector;
        o = h_run(H_CODE_OF(load_ss));
        g_assert_cmpint(o.vector, ==, cases[i].vector);
        if (o.vector >= 0) {
            g_assert_cmphex(o.error_code, ==, cases[i].error);
        }
    }
}

H_SNIPPET(ask_selector, "64",
          "xor %ecx, %ecx\n xor %edx, %edx\n"
          "lar %eax, %ecx\n setz %bl\n lsl %eax, %edx\n setz %bh\n"
          "verr %ax\n setz %sil\n verw %ax\n setz %dil\n int3\n");

static void test_lar_lsl_verr_verw(void)
{
    static const struct {
        unsigned selector, lar, lsl, answers;   /* bits: lar lsl verr verw */
    } cases[] = {
        { H_USER_DATA, 0xcff300, 0xffffffff, 15 },
        { H_DATA0, 0, 0, 0 },
        { H_CONFORMING, 0xcf9f00, 0xffffffff, 7 },
        { H_USER_CODE64, 0xaffb00, 0xffffffff, 7 },
        { 0, 0, 0, 0 },
        { 0xf0, 0, 0, 0 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HOutcome o;
        unsigned answers;

        h_start(H_LONG_USER);
        h_ram[H_IDT + 3 * 16 + 5] |= 0x60;
        h_env->regs[R_EAX] = cases[i].selector;
        o = h_run(H_CODE_OF(ask_selector));
        g_assert_cmpint(o.vector, ==, 3);
        answers = (h_env->regs[R_EBX] & 1) |
                  (h_env->regs[R_EBX] >> 8 & 1) << 1 |
                  (h_env->regs[R_ESI] & 1) << 2 |
                  (h_env->regs[R_EDI] & 1) << 3;
        g_assert_cmphex(answers, ==, cases[i].answers);
        g_assert_cmphex(h_env->regs[R_ECX], ==,
                        cases[i].lar & 0xf0ff00);
        g_assert_cmphex(h_env->regs[R_EDX], ==, cases[i].lsl);
    }
}

H_SNIPPET(load_tr, "64",
          "mov $0x40, %eax\n ltr %ax\n str %ebx\n mov $0x68, %eax\n"
          "lldt %ax\n sldt %ecx\n hlt\n");

static void test_ltr_lldt(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_ram[H_GDT + H_TSS_SEL + 5] = 0x89;
    o = h_run(H_CODE_OF(load_tr));
    g_assert_cmpint(o.vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EBX], ==, H_TSS_SEL);
    g_assert_cmphex(h_env->regs[R_ECX], ==, H_LDT_SEL);
    g_assert_cmphex(h_env->tr.base, ==, H_TSS);
    g_assert_cmphex(h_env->ldt.base, ==, H_DATA);
    g_assert_cmphex(h_ram[H_GDT + H_TSS_SEL + 5], ==, 0x8b);

    /* Busy by now: a second time is refused. */
    o = h_run(H_CODE_OF(load_tr));
    check_fault(&o, EXCP0D_GPF, H_TSS_SEL, 5);
}

/* Control registers and MSRs. */

static const struct {
    const char *what;
    const uint8_t *code, *end;
    uint64_t rax, rcx;
    int vector;
} *control_case;

H_SNIPPET(set_cr0, "64", "mov %rax, %cr0\n hlt\n");
H_SNIPPET(set_cr3, "64", "mov %rax, %cr3\n hlt\n");
H_SNIPPET(set_cr4, "64", "mov %rax, %cr4\n hlt\n");
H_SNIPPET(set_cr8, "64", "mov %rax, %cr8\n hlt\n");
H_SNIPPET(set_dr7, "64", "mov %rax, %dr7\n hlt\n");
H_SNIPPET(set_msr, "64",
          "mov %rax, %rdx\n shr $32, %rdx\n wrmsr\n hlt\n");
H_SNIPPET(get_msr, "64", "rdmsr\n hlt\n");

#define CASE(name, rax, rcx, vector) \
    { #name, h_##name, h_##name##_end, rax, rcx, vector }

static void test_control_registers(void)
{
    static const typeof(*control_case) cases[] = {
        CASE(set_cr0, 0x80000033, 0, -1),
        CASE(set_cr0, 0x33, 0, 13),             /* PG off in 64-bit mode */
        CASE(set_cr0, 0xa0000033, 0, 13),       /* NW without CD */
        CASE(set_cr0, 0x180000033, 0, 13),
        CASE(set_cr4, 0x620, 0, -1),
        CASE(set_cr4, 0x600, 0, 13),            /* PAE off in long mode */
        CASE(set_cr4, 1ull << 31 | 0x620, 0, 13),
        CASE(set_cr3, H_PML4, 0, -1),
        CASE(set_cr3, H_PML4 | 1ull << 50, 0, 13),
        CASE(set_cr8, 5, 0, -1),
        CASE(set_cr8, 16, 0, 13),
        CASE(set_dr7, 1ull << 32, 0, 13),
        CASE(set_msr, 0x1000, MSR_FSBASE, -1),
        CASE(set_msr, 1ull << 63, MSR_FSBASE, 13),
        CASE(set_msr, 1ull << 47, MSR_LSTAR, 13),
        CASE(set_msr, 0xd01, MSR_EFER, -1),
        CASE(set_msr, 0xc01, MSR_EFER, 13),     /* LME off under paging */
        CASE(set_msr, 1ull << 40, MSR_EFER, 13),
        CASE(set_msr, 0x0007040600070406, MSR_PAT, -1),
        CASE(set_msr, 2, MSR_PAT, 13),
        CASE(set_msr, 0xc06, MSR_MTRRdefType, -1),
        CASE(set_msr, 0xc02, MSR_MTRRdefType, 13),
        CASE(get_msr, 0, MSR_IA32_TSC, -1),
        CASE(get_msr, 0, 0x12345678, 13),
        CASE(set_msr, 0, 0x12345678, 13),
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HOutcome o;

        h_start(H_LONG);
        h_env->regs[R_EAX] = cases[i].rax;
        h_env->regs[R_ECX] = cases[i].rcx;
        o = h_run(cases[i].code, cases[i].end - cases[i].code);
        if (o.vector != cases[i].vector) {
            g_test_message("%s rax %" PRIx64 " rcx %" PRIx64, cases[i].what,
                           cases[i].rax, cases[i].rcx);
        }
        g_assert_cmpint(o.vector, ==, cases[i].vector);
    }
}

H_SNIPPET(user_wrmsr, "64", "wrmsr\n");
H_SNIPPET(user_hlt, "64", "hlt\n");
H_SNIPPET(user_cr, "64", "mov %cr0, %rax\n");
H_SNIPPET(user_lgdt, "64", "lgdt " DATA "\n");
H_SNIPPET(user_invlpg, "64", "invlpg " DATA "\n");
H_SNIPPET(user_cli, "64", "cli\n");
H_SNIPPET(user_in, "64", "in $0x60, %al\n");
H_SNIPPET(user_lidt, "64", "lidt " DATA "\n");
H_SNIPPET(user_wbinvd, "64", "wbinvd\n");
H_SNIPPET(user_clts, "64", "clts\n");
H_SNIPPET(user_ltr, "64", "ltr %ax\n");

static void test_privileged_instructions(void)
{
    static const struct {
        const uint8_t *code, *end;
    } snippets[] = {
#define P(name) { h_##name, h_##name##_end }
        P(user_wrmsr), P(user_hlt), P(user_cr), P(user_lgdt),
        P(user_invlpg), P(user_cli), P(user_in), P(user_lidt),
        P(user_wbinvd), P(user_clts), P(user_ltr),
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(snippets); i++) {
        HOutcome o;

        h_start(H_LONG_USER);
        o = h_run(snippets[i].code, snippets[i].end - snippets[i].code);
        check_fault(&o, EXCP0D_GPF, 0, 0);
    }
}

/* The I/O map opens single ports. */
H_SNIPPET(user_ports, "64",
          "mov $0x3f8, %edx\n in %dx, %al\n in %dx, %ax\n");

static void test_io_permission_map(void)
{
    HOutcome o;

    h_start(H_LONG_USER);
    h_env->tr.limit = 0x68 + 0x90;
    memset(h_ram + H_TSS + 0x68, 0xff, 0x90);
    h_ram[H_TSS + 0x68 + 0x7f] = 0xfe;
    o = h_run(H_CODE_OF(user_ports));
    check_fault(&o, EXCP0D_GPF, 0, 6);
}

/* x87 and SSE availability. */

H_SNIPPET(use_fpu, "64", "fld1\n");
H_SNIPPET(use_sse, "64", "addps %xmm1, %xmm0\n");
H_SNIPPET(use_mmx, "64", "paddb %mm1, %mm0\n");
H_SNIPPET(fpu_pending, "64",
          "movl $0x37b, " DATA "\n fldcw " DATA "\n fld1\n fldz\n"
          "fdivrp\n nop\n fld1\n");

static void test_fpu_availability(void)
{
    HOutcome o;

    h_start(H_LONG);
    cpu_x86_update_cr0(h_env, h_env->cr[0] | CR0_TS_MASK);
    o = h_run(H_CODE_OF(use_fpu));
    check_fault(&o, EXCP07_PREX, 0, 0);
    h_start(H_LONG);
    cpu_x86_update_cr0(h_env, h_env->cr[0] | CR0_TS_MASK);
    o = h_run(H_CODE_OF(use_sse));
    check_fault(&o, EXCP07_PREX, 0, 0);
    h_start(H_LONG);
    cpu_x86_update_cr0(h_env, h_env->cr[0] | CR0_EM_MASK);
    o = h_run(H_CODE_OF(use_mmx));
    check_fault(&o, EXCP06_ILLOP, 0, 0);
    h_start(H_LONG);
    cpu_x86_update_cr4(h_env, CR4_PAE_MASK);
    o = h_run(H_CODE_OF(use_sse));
    check_fault(&o, EXCP06_ILLOP, 0, 0);
    h_start(H_LONG);
    o = h_run(H_CODE_OF(fpu_pending));
    g_assert_cmpint(o.vector, ==, EXCP10_COPR);
    g_assert_cmphex(o.rip, ==, H_CODE + (h_fpu_pending_end -
                                         h_fpu_pending) - 2);
}

/* Debugging. */

H_SNIPPET(step, "64", "pushf\n orl $0x100, (%rsp)\n popf\n nop\n nop\n");

static void test_single_step(void)
{
    HOutcome o;

    h_start(H_LONG);
    o = h_run(H_CODE_OF(step));
    g_assert_cmpint(o.vector, ==, EXCP01_DB);
    g_assert_cmphex(o.rip, ==, H_CODE + (h_step_end - h_step) - 1);
    g_assert_true(h_env->dr[6] & DR6_BS);
    g_assert_true(o.rflags & TF_MASK);
    g_assert_false(h_env->eflags & TF_MASK);
}

H_SNIPPET(breakpoint_here, "64",
          "mov $0x2000e, %eax\n mov %rax, %dr0\n mov $1, %eax\n"
          "mov %rax, %dr7\n nop\n");

static void test_execution_breakpoint(void)
{
    unsigned last = h_breakpoint_here_end - h_breakpoint_here - 1;
    HOutcome o;

    h_start(H_LONG);
    g_assert_cmphex(last, <=, 0x10);
    h_start(H_LONG);
    h_env->dr[0] = H_CODE + last;
    o = h_run(H_CODE_OF(breakpoint_here));
    if (last == 0xe) {
        check_fault(&o, EXCP01_DB, 0, last);
        g_assert_true(h_env->dr[6] & 1);
    }
}

/* CPUID of the model. */

H_SNIPPET(cpuid0, "64", "xor %eax, %eax\n cpuid\n hlt\n");

static void test_cpuid_vendor(void)
{
    h_start(H_LONG);
    h_run(H_CODE_OF(cpuid0));
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0xd);
    g_assert_cmphex(h_env->regs[R_EBX], ==, 0x68747541);
    g_assert_cmphex(h_env->regs[R_EDX], ==, 0x69746e65);
    g_assert_cmphex(h_env->regs[R_ECX], ==, 0x444d4163);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    x86_test_init();
#define T(path, fn) g_test_add_func("/x86-system/" path, fn)
    T("int/from-user-switches-stack", test_int_from_user);
    T("int/needs-gate-dpl", test_int_needs_gate_dpl);
    T("int/ist-switches-stack", test_ist_switches_stack);
    T("int/same-ring-aligns-stack", test_same_ring_aligns_stack);
    T("iret/returns-to-user", test_iretq_returns_to_user);
    T("iret/to-compatibility-mode", test_iretq_to_compatibility_mode);
    T("iret/checks-cs", test_iretq_checks_cs);
    T("fault/page-faults", test_page_faults);
    T("fault/noncanonical-addresses", test_noncanonical_addresses);
    T("fault/double-and-triple", test_double_and_triple_fault);
    T("fault/benign-then-fault", test_benign_then_fault_is_serial);
    T("fault/pushes-rf", test_fault_pushes_rf);
    T("syscall/and-sysret", test_syscall_and_sysret);
    T("syscall/sysret-checks-rip", test_sysret_checks_rip);
    T("syscall/needs-sce", test_syscall_needs_sce);
    T("syscall/swapgs", test_swapgs);
    T("segment/load-data", test_load_data_segment);
    T("segment/load-stack", test_load_stack_segment);
    T("segment/lar-lsl-verr-verw", test_lar_lsl_verr_verw);
    T("segment/ltr-lldt", test_ltr_lldt);
    T("control/registers", test_control_registers);
    T("control/privileged-instructions", test_privileged_instructions);
    T("control/io-permission-map", test_io_permission_map);
    T("fpu/availability", test_fpu_availability);
    T("debug/single-step", test_single_step);
    T("debug/execution-breakpoint", test_execution_breakpoint);
    T("cpuid/vendor", test_cpuid_vendor);
    return g_test_run();
}
