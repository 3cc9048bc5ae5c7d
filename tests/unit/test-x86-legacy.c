/*
 * The old modes of the software CPU: real mode, the way from there into
 * protected and long mode, 32-bit rings and call gates, the hardware task
 * switch, virtual 8086 mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x86-harness.h"

/* Real mode. */

H_SNIPPET(real_int, "16",
          "mov $0x1234, %ax\n stc\n int $0x21\n");

static void test_real_interrupt(void)
{
    HOutcome o;

    h_start(H_REAL);
    o = h_run(H_CODE_OF(real_int));
    g_assert_cmpint(o.vector, ==, 0x21);
    g_assert_cmphex(o.rip, ==, 6);
    g_assert_cmphex(o.cs, ==, H_CODE >> 4);
    g_assert_true(o.rflags & CC_C);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0x1234);
}

H_SNIPPET(real_divide, "16", "xor %cx, %cx\n 1: div %cx\n");

static void test_real_divide_error(void)
{
    HOutcome o;

    h_start(H_REAL);
    o = h_run(H_CODE_OF(real_divide));
    g_assert_cmpint(o.vector, ==, EXCP00_DIVZ);
    g_assert_cmphex(o.rip, ==, 2);
}

/* Far call and return, and a segment register keeping its limit. */
H_SNIPPET(real_far, "16",
          "mov $0x3000, %ax\n mov %ax, %es\n movw $0x55aa, %es:0x10\n"
          "lcall $0x2000, $(2f - h_real_far)\n hlt\n"
          "2: mov $7, %bx\n lret\n");

static void test_real_far_call(void)
{
    HOutcome o;

    h_start(H_REAL);
    o = h_run(H_CODE_OF(real_far));
    g_assert_cmpint(o.vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EBX], ==, 7);
    g_assert_cmphex(h_get32(H_DATA + 0x10), ==, 0x55aa);
    g_assert_cmphex(h_env->segs[R_ES].base, ==, H_DATA);
}

/*
 * As firmware and boot loaders do: from real mode to protected mode, then to
 * long mode, each step by guest code alone.
 */
H_SNIPPET(climb, "16",
          "cli\n lgdtl %cs:(1f - h_climb)\n"
          "mov %cr0, %eax\n or $1, %al\n mov %eax, %cr0\n"
          "ljmpl $0x08, $(0x20000 + (2f - h_climb))\n"
          "1: .word 0x9f\n .long 0x10000\n"
          ".code32\n 2: mov $0x18, %eax\n mov %eax, %ds\n mov %eax, %ss\n"
          "mov %eax, %es\n mov $0x16000, %esp\n"
          "mov $0x1000, %eax\n mov %eax, %cr3\n"
          "mov $0x20, %eax\n mov %eax, %cr4\n"
          "mov $0xc0000080, %ecx\n rdmsr\n or $0x100, %eax\n wrmsr\n"
          "mov %cr0, %eax\n or $0x80000000, %eax\n mov %eax, %cr0\n"
          "ljmpl $0x10, $(0x20000 + (3f - h_climb))\n"
          ".code64\n 3: rdmsr\n movabs $0x123456789abcdef0, %rbx\n"
          "mov %cs, %edx\n hlt\n");

static void test_climb_to_long_mode(void)
{
    HOutcome o;

    h_start(H_REAL);
    o = h_run(H_CODE_OF(climb));
    g_assert_cmpint(o.vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EBX], ==, 0x123456789abcdef0);
    g_assert_cmphex(h_env->regs[R_EDX], ==, H_CODE64);
    g_assert_cmphex(h_env->regs[R_EAX], ==, MSR_EFER_LME | MSR_EFER_LMA);
    g_assert_true(x86_code64(h_env));
}

/* And back down: compatibility code turns paging off, then protection. */
H_SNIPPET(descend, "64",
          "push $0x08\n push $(0x20000 + (1f - h_descend))\n lretq\n"
          ".code32\n 1: mov %cr0, %eax\n and $0x7fffffff, %eax\n"
          "mov %eax, %cr0\n mov $0xc0000080, %ecx\n rdmsr\n"
          "mov %eax, %ebx\n and $0xfffffeff, %eax\n wrmsr\n"
          "ljmp $0x88, $(2f - h_descend)\n"
          ".code16\n 2: mov $0x90, %ax\n mov %ax, %ds\n mov %ax, %ss\n"
          "mov %cr0, %eax\n and $0xfe, %al\n mov %eax, %cr0\n"
          "ljmp $0x2000, $(3f - h_descend)\n"
          "3: xor %ax, %ax\n mov %ax, %ds\n mov $0x7777, %ax\n hlt\n");

static void test_descend_to_real_mode(void)
{
    HOutcome o;

    h_start(H_LONG);
    /* A 16-bit code segment whose base is the snippet. */
    h_put64(H_GDT + H_CODE16, 0x00009b020000ffff);
    o = h_run(H_CODE_OF(descend));
    g_assert_cmpint(o.vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EAX] & 0xffff, ==, 0x7777);
    g_assert_cmphex(h_env->regs[R_EBX] & MSR_EFER_LMA, ==, 0);
    g_assert_false(h_env->hflags & HF_PE_MASK);
    g_assert_cmphex(h_env->segs[R_CS].selector, ==, 0x2000);
}

/* Rings in 32 bits. */

H_SNIPPET(prot_int, "32", "mov $1, %eax\n int $0x80\n");

static void test_int_from_ring_3(void)
{
    HOutcome o;

    h_start(H_PROT_USER);
    h_ram[H_IDT + 0x80 * 8 + 5] |= 0x60;
    o = h_run(H_CODE_OF(prot_int));
    g_assert_cmpint(o.vector, ==, 0x80);
    g_assert_cmphex(o.cs, ==, H_USER_CODE32);
    g_assert_cmphex(o.rsp, ==, H_USER_SP);
    g_assert_cmphex(o.ss, ==, H_USER_DATA);
    g_assert_cmphex(o.frame, ==, H_KERNEL_SP - 20);
    g_assert_cmphex(h_env->segs[R_SS].selector, ==, H_DATA0);
}

/* The TSS names no good stack: #TS with its selector. */
static void test_bad_inner_stack(void)
{
    HOutcome o;

    h_start(H_PROT_USER);
    h_ram[H_IDT + 0x80 * 8 + 5] |= 0x60;
    h_put32(H_TSS + 8, H_USER_DATA);
    /* Its own handler would need that stack too: another task is absent. */
    o = h_run(H_CODE_OF(prot_int));
    g_assert_cmpint(o.vector, ==, -2);
}

/* CALL through a gate from ring 3 copies two parameters inwards. */
H_SNIPPET(call_gate, "32",
          "push $0x1111\n push $0x2222\n lcall $0x5b, $0\n");

static void test_call_gate(void)
{
    HOutcome o;

    h_start(H_PROT_USER);
    h_put64(H_GDT + H_GATE_SEL,
            (H_HANDLERS & 0xffff) | (uint64_t)H_CODE32 << 16 |
            0xec02ull << 32 | (uint64_t)(H_HANDLERS >> 16) << 48);
    o = h_run(H_CODE_OF(call_gate));
    g_assert_cmpint(o.vector, ==, 0);           /* where the gate leads */
    g_assert_cmphex(h_env->regs[R_ESP], ==, H_KERNEL_SP - 24);
    g_assert_cmphex(h_get32(H_KERNEL_SP - 24), ==, H_CODE + 17);
    g_assert_cmphex(h_get32(H_KERNEL_SP - 20), ==, H_USER_CODE32);
    g_assert_cmphex(h_get32(H_KERNEL_SP - 16), ==, 0x2222);
    g_assert_cmphex(h_get32(H_KERNEL_SP - 12), ==, 0x1111);
    g_assert_cmphex(h_get32(H_KERNEL_SP - 8), ==, H_USER_SP - 8);
    g_assert_cmphex(h_get32(H_KERNEL_SP - 4), ==, H_USER_DATA);
    g_assert_cmpuint(x86_cpl(h_env), ==, 0);
}

/* RETF to ring 3 drops data segments that ring 3 may not have. */
H_SNIPPET(retf_out, "32",
          "push $0x2b\n push $0x18000\n push $0x23\n"
          "push $(0x20000 + (1f - h_retf_out))\n lret\n"
          "1: mov %ds, %eax\n mov %es, %ebx\n int $0x80\n");

static void test_retf_to_ring_3(void)
{
    HOutcome o;

    h_start(H_PROT);
    h_ram[H_IDT + 0x80 * 8 + 5] |= 0x60;
    cpu_x86_load_seg_cache(h_env, R_ES, H_USER_DATA, 0, 0xffffffff,
                           0x00cff300);
    o = h_run(H_CODE_OF(retf_out));
    g_assert_cmpint(o.vector, ==, 0x80);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0);
    g_assert_cmphex(h_env->regs[R_EBX], ==, H_USER_DATA);
    g_assert_cmphex(o.rsp, ==, H_USER_SP);
}

/* Segment limits. */

H_SNIPPET(over_limit, "32", "mov $0x90, %eax\n mov %eax, %ds\n"
          "mov 0xfffc, %eax\n 1: mov 0xfffd, %eax\n");

static void test_segment_limit(void)
{
    HOutcome o;

    h_start(H_PROT);
    o = h_run(H_CODE_OF(over_limit));
    g_assert_cmpint(o.vector, ==, EXCP0D_GPF);
    g_assert_cmphex(o.error_code, ==, 0);
    g_assert_cmphex(o.rip, ==, H_CODE + 12);
}

H_SNIPPET(null_segment, "32", "xor %eax, %eax\n mov %eax, %fs\n"
          "1: mov %fs:0, %eax\n");

static void test_null_segment(void)
{
    HOutcome o;

    h_start(H_PROT);
    o = h_run(H_CODE_OF(null_segment));
    g_assert_cmpint(o.vector, ==, EXCP0D_GPF);
    g_assert_cmphex(o.rip, ==, H_CODE + 4);
}

/* Task switch: away by CALL, back by IRET. */

H_SNIPPET(task_call, "32",
          "mov $0x1234, %ebx\n lcall $0x50, $0\n mov %eax, %edx\n hlt\n");
H_SNIPPET(task_body, "32", "mov $0x5678, %ebx\n iret\n");

static void build_second_task(void)
{
    memset(h_ram + H_TSS2, 0, 0x68);
    h_put32(H_TSS2 + 0x20, H_DATA);             /* EIP */
    h_put32(H_TSS2 + 0x24, 2);
    h_put32(H_TSS2 + 0x28, 0xaaaa);             /* EAX */
    h_put32(H_TSS2 + 0x38, 0x1f000);            /* ESP */
    h_put32(H_TSS2 + 0x48, H_DATA0);            /* ES, CS, SS, DS... */
    h_put32(H_TSS2 + 0x4c, H_CODE32);
    for (unsigned at = 0x50; at <= 0x5c; at += 4) {
        h_put32(H_TSS2 + at, H_DATA0);
    }
    h_put_code(H_DATA, H_CODE_OF(task_body));
}

static void test_task_switch(void)
{
    HOutcome o;

    h_start(H_PROT);
    build_second_task();
    h_env->regs[R_EAX] = 0x99;
    o = h_run(H_CODE_OF(task_call));
    g_assert_cmpint(o.vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EBX], ==, 0x1234);
    g_assert_cmphex(h_env->regs[R_EDX], ==, 0x99);
    g_assert_cmphex(h_env->tr.selector, ==, H_TSS_SEL);
    g_assert_true(h_env->cr[0] & CR0_TS_MASK);
    /* The second task was saved behind its IRET, no longer busy. */
    g_assert_cmphex(h_get32(H_TSS2 + 0x34), ==, 0x5678);
    g_assert_cmphex(h_get32(H_TSS2 + 0x20), ==, H_DATA + 6);
    g_assert_cmphex(h_ram[H_GDT + H_TSS2_SEL + 5], ==, 0x89);
    g_assert_cmphex(h_ram[H_GDT + H_TSS_SEL + 5], ==, 0x8b);
    g_assert_false(h_get32(H_TSS2 + 0x24) & NT_MASK);
}

H_SNIPPET(task_jump, "32", "ljmp $0x50, $0\n");
H_SNIPPET(task_halt, "32", "hlt\n");

static void test_task_jump(void)
{
    HOutcome o;

    h_start(H_PROT);
    build_second_task();
    h_put_code(H_DATA, H_CODE_OF(task_halt));
    o = h_run(H_CODE_OF(task_jump));
    g_assert_cmpint(o.vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0xaaaa);
    g_assert_cmphex(h_env->tr.selector, ==, H_TSS2_SEL);
    g_assert_cmphex(h_ram[H_GDT + H_TSS_SEL + 5], ==, 0x89);
    g_assert_cmphex(h_ram[H_GDT + H_TSS2_SEL + 5], ==, 0x8b);
}

/* A double fault through a task gate finds its way whatever the stack is. */
H_SNIPPET(no_stack, "32", "mov $0x300000, %esp\n int3\n");

static void test_task_gate(void)
{
    HOutcome o;

    h_start(H_PROT);
    build_second_task();
    h_put_code(H_DATA, H_CODE_OF(task_halt));
    h_put64(H_IDT + EXCP03_INT3 * 8,
            (uint64_t)H_TSS2_SEL << 16 | 0x8500ull << 32);
    o = h_run(H_CODE_OF(no_stack));
    g_assert_cmpint(o.vector, ==, -1);
    g_assert_cmphex(h_env->tr.selector, ==, H_TSS2_SEL);
    g_assert_true(h_env->eflags & NT_MASK);
    g_assert_cmphex(h_get32(H_TSS2) & 0xffff, ==, H_TSS_SEL);
    g_assert_cmphex(h_get32(H_TSS + 0x20), ==, H_CODE + 6);
}

/* VM86: in by IRET, out by an exception. */
H_SNIPPET(vm86, "32",
          "push $0x5000\n push $0x4000\n push $0x3000\n push $0x3000\n"
          "push $0x1000\n push $0x8000\n push $0x20002\n push $0x2000\n"
          "push $(1f - h_vm86)\n iret\n"
          ".code16\n 1: mov $0x77, %al\n mov %al, %ds:0x20\n int $0x80\n");

static void test_vm86(void)
{
    HOutcome o;

    h_start(H_PROT);
    o = h_run(H_CODE_OF(vm86));
    /* IOPL is 0: INT is refused and shows as #GP. */
    g_assert_cmpint(o.vector, ==, EXCP0D_GPF);
    g_assert_cmphex(o.cs, ==, 0x2000);
    g_assert_cmphex(o.ss, ==, 0x1000);
    g_assert_cmphex(o.rsp, ==, 0x8000);
    g_assert_true(o.rflags & VM_MASK);
    g_assert_cmphex(h_ram[H_DATA + 0x20], ==, 0x77);
    g_assert_cmphex(h_get32(o.frame + 24), ==, 0x3000);     /* ES */
    g_assert_cmphex(h_get32(o.frame + 28), ==, 0x3000);     /* DS */
    g_assert_cmphex(h_get32(o.frame + 32), ==, 0x4000);     /* FS */
    g_assert_cmphex(h_get32(o.frame + 36), ==, 0x5000);     /* GS */
    g_assert_cmphex(h_env->segs[R_DS].selector, ==, 0);
    g_assert_false(h_env->hflags & HF_VM_MASK);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    x86_test_init();
#define T(path, fn) g_test_add_func("/x86-legacy/" path, fn)
    T("real/interrupt", test_real_interrupt);
    T("real/divide-error", test_real_divide_error);
    T("real/far-call", test_real_far_call);
    T("mode/climb-to-long-mode", test_climb_to_long_mode);
    T("mode/descend-to-real-mode", test_descend_to_real_mode);
    T("ring/int-from-ring-3", test_int_from_ring_3);
    T("ring/bad-inner-stack", test_bad_inner_stack);
    T("ring/call-gate", test_call_gate);
    T("ring/retf-to-ring-3", test_retf_to_ring_3);
    T("segment/limit", test_segment_limit);
    T("segment/null", test_null_segment);
    T("task/call-and-iret", test_task_switch);
    T("task/jump", test_task_jump);
    T("task/gate", test_task_gate);
    T("vm86/in-and-out", test_vm86);
    return g_test_run();
}
