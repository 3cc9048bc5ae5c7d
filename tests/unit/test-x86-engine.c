/*
 * The engine of the software CPU: code that is overwritten, remapped or split
 * over pages, faults in the middle of blocks and of string instructions, device
 * memory, atomics, accessed and dirty bits. What single instructions compute is
 * test-x86-diff.c's part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "system/memory.h"
#include "target/i386/excp.h"
#include "x86-harness.h"

/* Addresses as the assembler wants them. */
#define CODE2 "0x21000"
#define DATA "0x30000"
#define NO_PAGE "0x1ff000"
#define DEVICE "0x1f0000"

#define PAGE(n) ((uint64_t)(n) << 12)

/* The page-table entry of a linear address below 2 MiB. */
static uint32_t pte_of(uint32_t addr)
{
    return 0x4000 + (addr >> 12) * 8;
}

static void set_pte(uint32_t addr, uint64_t pte)
{
    h_put64(pte_of(addr), pte);
    x86_tlb_flush_page(h_env, addr);
}

#define RWX (PG_PRESENT_MASK | PG_RW_MASK | PG_USER_MASK)

/* ---- Code that changes ------------------------------------------------ */

/* The store hits the immediate of the instruction right behind it. */
H_SNIPPET(smc_next, "64",
          "movl $0x22, 1f+1(%rip)\n"
          "1: mov $0x11, %eax\n"
          "hlt\n");

static void test_store_to_next_instruction(void)
{
    h_start(H_LONG);
    g_assert_cmpint(h_run(H_CODE_OF(smc_next)).vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0x22);
}

/* A loop that rewrites its own body in each round. */
H_SNIPPET(smc_loop, "64",
          "xor %ebx, %ebx\n mov $100, %ecx\n"
          "1: mov %ecx, 2f+1(%rip)\n"
          "2: mov $0, %eax\n"
          "add %eax, %ebx\n dec %ecx\n jnz 1b\n hlt\n");

static void test_loop_that_rewrites_itself(void)
{
    h_start(H_LONG);
    h_run(H_CODE_OF(smc_loop));
    g_assert_cmpuint(h_env->regs[R_EBX], ==, 5050);
}

/* A function in another page is called, patched, called again. */
H_SNIPPET(smc_call, "64",
          "mov $" CODE2 ", %edi\n"
          "movl $0x000001b8, (%rdi)\n movw $0xc300, 4(%rdi)\n"
          "call *%rdi\n mov %eax, %ebx\n"
          "movb $2, 1(%rdi)\n"
          "call *%rdi\n hlt\n");

static void test_patched_function(void)
{
    h_start(H_LONG);
    h_run(H_CODE_OF(smc_call));
    g_assert_cmphex(h_env->regs[R_EBX], ==, 1);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 2);
}

/* So many blocks that their memory has to be emptied on the way. */
H_SNIPPET(smc_many, "64",
          "mov $" CODE2 ", %edi\n"
          "movl $0x000001b8, (%rdi)\n movw $0xc300, 4(%rdi)\n"
          "xor %ebx, %ebx\n mov $150000, %ecx\n"
          "1: mov %ecx, 1(%rdi)\n call *%rdi\n"
          "add %rax, %rbx\n dec %ecx\n jnz 1b\n hlt\n");

static void test_more_blocks_than_memory(void)
{
    h_start(H_LONG);
    h_put_code(H_CODE, H_CODE_OF(smc_many));
    g_assert_cmpint(h_continue(H_CODE).vector, ==, -1);
    g_assert_cmpuint(h_env->regs[R_EBX], ==, 150000ull * 150001 / 2);
}

/* REP STOS runs over the instruction that follows it. */
H_SNIPPET(smc_string, "64",
          "lea 1f(%rip), %rdi\n mov $0x90, %al\n mov $5, %ecx\n"
          "rep stosb\n"
          "1: mov $0x55, %edx\n"
          "hlt\n");

static void test_string_store_over_code(void)
{
    h_start(H_LONG);
    h_run(H_CODE_OF(smc_string));
    g_assert_cmphex(h_env->regs[R_EDX], ==, 0);
}

/* Data beside code, in one page, is no reason to decode again. */
H_SNIPPET(beside, "64",
          "lea 0x800(%rip), %rdi\n mov $1000, %ecx\n"
          "1: incl (%rdi)\n dec %ecx\n jnz 1b\n mov (%rdi), %eax\n hlt\n");

static void test_data_beside_code(void)
{
    h_start(H_LONG);
    h_run(H_CODE_OF(beside));
    g_assert_cmpuint(h_env->regs[R_EAX], ==, 1000);
}

static const uint8_t returns_1[] = { 0xb8, 1, 0, 0, 0, 0xc3 };
static const uint8_t returns_2[] = { 0xb8, 2, 0, 0, 0, 0xc3 };
H_SNIPPET(call_2, "64", "call 0x21000-0x20000+.\n hlt\n");

static void *write_returns_2(void *opaque)
{
    h_put_code(0x21000, returns_2, sizeof(returns_2));
    return NULL;
}

/* A device's thread writes code by DMA. */
static void test_code_written_by_another_thread(void)
{
    GThread *thread;

    h_start(H_LONG);
    h_put_code(0x21000, returns_1, sizeof(returns_1));
    h_run(H_CODE_OF(call_2));
    g_assert_cmphex(h_env->regs[R_EAX], ==, 1);
    thread = g_thread_new("dma", write_returns_2, NULL);
    g_thread_join(thread);
    h_continue(H_CODE);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 2);
}

/* The page of a function is mapped elsewhere: links to it are void. */
static void test_remapped_function(void)
{
    h_start(H_LONG);
    h_put_code(0x21000, returns_1, sizeof(returns_1));
    h_put_code(0x22000, returns_2, sizeof(returns_2));
    for (unsigned i = 0; i < 4; i++) {
        set_pte(0x21000, PAGE(0x21 + i % 2) | RWX);
        h_run(H_CODE_OF(call_2));
        g_assert_cmphex(h_env->regs[R_EAX], ==, 1 + i % 2);
    }
}

/* ---- Instructions across pages ---------------------------------------- */

/* mov $imm32, %eax with its last two bytes in the next page; then ret. */
static void put_split(uint32_t page, uint16_t high)
{
    uint8_t tail[] = { high, high >> 8, 0xf4 };

    h_put_code(page, tail, sizeof(tail));
}

static void test_split_instruction(void)
{
    static const uint8_t head[] = { 0xb8, 0x34, 0x12 };

    h_start(H_LONG);
    h_put_code(0x20ffd, head, sizeof(head));
    put_split(0x21000, 0xabcd);
    put_split(0x22000, 0x5678);
    g_assert_cmpint(h_continue(0x20ffd).vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0xabcd1234);
    /* Another second page, and back. */
    set_pte(0x21000, PAGE(0x22) | RWX);
    h_continue(0x20ffd);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0x56781234);
    set_pte(0x21000, PAGE(0x21) | RWX);
    h_continue(0x20ffd);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0xabcd1234);
    /* The second page is written. */
    put_split(0x21000, 0x1111);
    h_continue(0x20ffd);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0x11111234);
}

static void test_split_instruction_faults(void)
{
    static const uint8_t head[] = { 0xb8, 0x34, 0x12 };
    HOutcome o;

    h_start(H_LONG);
    h_put_code(0x20ffd, head, sizeof(head));
    set_pte(0x21000, 0);
    h_env->regs[R_EAX] = 7;
    o = h_continue(0x20ffd);
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(o.rip, ==, 0x20ffd);
    g_assert_cmphex(h_env->cr[2], ==, 0x21000);
    g_assert_cmphex(o.error_code, ==, PG_ERROR_I_D_MASK);
    g_assert_cmphex(h_env->regs[R_EAX], ==, 7);
}

/* ---- Faults in the middle --------------------------------------------- */

/* The flags of the first ADD are dead but for the fault in between. */
H_SNIPPET(dead_flags, "64",
          "mov $-1, %eax\n add $1, %eax\n"
          "mov " NO_PAGE ", %ecx\n"
          "add $5, %eax\n hlt\n");

static void test_flags_at_a_fault(void)
{
    HOutcome o;

    h_start(H_LONG);
    o = h_run(H_CODE_OF(dead_flags));
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(h_env->cr[2], ==, H_NO_PAGE);
    g_assert_cmphex(o.rip, ==, H_CODE + 8);
    g_assert_cmphex(o.rflags & CC_ALL, ==, CC_C | CC_Z | CC_P | CC_A);
}

H_SNIPPET(push_fault, "64",
          "mov $" NO_PAGE "+0x800, %esp\n push %rax\n hlt\n");

static void test_push_that_faults(void)
{
    h_start(H_LONG);
    /* The handler's stack is in the same page, so the fault is double. */
    h_ram[H_IDT + EXCP08_DBLE * 16 + 4] = 1;
    g_assert_cmpint(h_run(H_CODE_OF(push_fault)).vector, ==, EXCP08_DBLE);
    g_assert_cmphex(h_get64(h_env->regs[R_ESP] + 4 * 8), ==,
                    H_NO_PAGE + 0x800);
}

/* A store over a page boundary is whole or not at all. */
H_SNIPPET(cross_store, "64",
          "mov $-1, %rax\n mov %rax, " NO_PAGE "-3\n hlt\n");

static void test_store_across_pages_is_whole(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_put64(H_NO_PAGE - 8, 0);
    o = h_run(H_CODE_OF(cross_store));
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(o.error_code, ==, PG_ERROR_W_MASK);
    g_assert_cmphex(h_env->cr[2], ==, H_NO_PAGE);
    g_assert_cmphex(h_get64(H_NO_PAGE - 8), ==, 0);
}

H_SNIPPET(rmw_fault, "64",
          "stc\n mov $7, %ecx\n addl $1, " DATA "\n hlt\n");

static void test_rmw_of_read_only_page(void)
{
    HOutcome o;

    h_start(H_LONG_USER);
    set_pte(H_DATA, H_DATA | PG_PRESENT_MASK | PG_USER_MASK);
    o = h_run(H_CODE_OF(rmw_fault));
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(o.error_code, ==,
                    PG_ERROR_P_MASK | PG_ERROR_W_MASK | PG_ERROR_U_MASK);
    g_assert_cmphex(o.rflags & CC_C, ==, CC_C);
    g_assert_cmphex(h_get32(H_DATA), ==, 0);
}

/* ---- Strings ---------------------------------------------------------- */

H_SNIPPET(movs_fault, "64",
          "mov $" DATA ", %esi\n mov $" NO_PAGE "-0x10, %edi\n"
          "mov $0x20, %ecx\n rep movsb\n hlt\n");

static void test_string_fault_and_restart(void)
{
    HOutcome o;

    h_start(H_LONG);
    memset(h_ram + H_DATA, 0xa5, 0x20);
    o = h_run(H_CODE_OF(movs_fault));
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(h_env->regs[R_ECX], ==, 0x10);
    g_assert_cmphex(h_env->regs[R_ESI], ==, H_DATA + 0x10);
    g_assert_cmphex(h_env->regs[R_EDI], ==, H_NO_PAGE);
    g_assert_cmphex(h_ram[H_NO_PAGE - 1], ==, 0xa5);
    set_pte(H_NO_PAGE, PAGE(0x40) | RWX);
    g_assert_cmpint(h_continue(o.rip).vector, ==, -1);
    g_assert_cmphex(h_env->regs[R_ECX], ==, 0);
    g_assert_cmphex(h_ram[0x4000f], ==, 0xa5);
    g_assert_cmphex(h_ram[0x40010], ==, 0);
}

/* Forward onto itself, one word on: the first word is repeated. */
H_SNIPPET(movs_overlap, "64",
          "mov $" DATA ", %esi\n mov $" DATA "+2, %edi\n"
          "mov $100, %ecx\n rep movsw\n hlt\n");
H_SNIPPET(movs_backward, "64",
          "std\n mov $" DATA "+6, %esi\n mov $" DATA "+8, %edi\n"
          "mov $7, %ecx\n rep movsb\n cld\n hlt\n");

static void test_overlapping_moves(void)
{
    h_start(H_LONG);
    h_put32(H_DATA, 0x2211);
    h_run(H_CODE_OF(movs_overlap));
    for (unsigned i = 0; i <= 200; i += 2) {
        g_assert_cmphex(h_get32(H_DATA + i) & 0xffff, ==, 0x2211);
    }
    g_assert_cmphex(h_get32(H_DATA + 202) & 0xffff, ==, 0);
    memcpy(h_ram + H_DATA, "abcdefghij", 10);
    h_run(H_CODE_OF(movs_backward));
    g_assert_cmpmem(h_ram + H_DATA, 10, "ababcdefgj", 10);
}

H_SNIPPET(scas, "64",
          "mov $" DATA ", %edi\n xor %eax, %eax\n mov $-1, %rcx\n"
          "repne scasb\n not %rcx\n hlt\n");
H_SNIPPET(stos_pages, "64",
          "mov $" DATA "+1, %edi\n mov $0x1122334455667788, %rax\n"
          "mov $1500, %ecx\n rep stosq\n hlt\n");

static void test_scan_and_fill(void)
{
    h_start(H_LONG);
    strcpy((char *)h_ram + H_DATA, "a string");
    h_run(H_CODE_OF(scas));
    g_assert_cmpuint(h_env->regs[R_ECX], ==, 9);
    h_run(H_CODE_OF(stos_pages));
    for (unsigned i = 0; i < 1500; i++) {
        g_assert_cmphex(h_get64(H_DATA + 1 + i * 8), ==, 0x1122334455667788);
    }
    g_assert_cmphex(h_ram[H_DATA + 12001], ==, 0);
}

/* ---- Page tables ------------------------------------------------------ */

H_SNIPPET(touch, "64", "mov " DATA ", %eax\n hlt\n");
H_SNIPPET(store, "64", "movl $1, " DATA "\n hlt\n");

static void test_accessed_and_dirty_bits(void)
{
    uint64_t bits = PG_ACCESSED_MASK | PG_DIRTY_MASK;

    h_start(H_LONG);
    g_assert_cmphex(h_get64(pte_of(H_DATA)) & bits, ==, 0);
    h_run(H_CODE_OF(touch));
    g_assert_cmphex(h_get64(pte_of(H_DATA)) & bits, ==, PG_ACCESSED_MASK);
    h_run(H_CODE_OF(store));
    g_assert_cmphex(h_get64(pte_of(H_DATA)) & bits, ==, bits);
    /* Both in one go; and the bits come back after they were taken. */
    set_pte(H_DATA, H_DATA | RWX);
    h_run(H_CODE_OF(store));
    g_assert_cmphex(h_get64(pte_of(H_DATA)) & bits, ==, bits);
}

static void test_write_protection_of_the_kernel(void)
{
    HOutcome o;

    h_start(H_LONG);
    set_pte(H_DATA, H_DATA | PG_PRESENT_MASK);
    o = h_run(H_CODE_OF(store));
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(o.error_code, ==, PG_ERROR_P_MASK | PG_ERROR_W_MASK);
    cpu_x86_update_cr0(h_env, h_env->cr[0] & ~(uint64_t)CR0_WP_MASK);
    g_assert_cmpint(h_run(H_CODE_OF(store)).vector, ==, -1);
    g_assert_cmphex(h_get32(H_DATA), ==, 1);
}

static void test_no_execute(void)
{
    HOutcome o;

    h_start(H_LONG);
    set_pte(0x21000, 0x21000 | RWX | PG_NX_MASK);
    o = h_continue(0x21000);
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(o.error_code, ==, PG_ERROR_P_MASK | PG_ERROR_I_D_MASK);
    g_assert_cmphex(o.rip, ==, 0x21000);
}

static void test_reserved_bit(void)
{
    HOutcome o;

    h_start(H_LONG);
    set_pte(H_DATA, H_DATA | RWX | 1ull << 51);
    o = h_run(H_CODE_OF(touch));
    g_assert_cmpint(o.vector, ==, EXCP0E_PAGE);
    g_assert_cmphex(o.error_code, ==, PG_ERROR_P_MASK | PG_ERROR_RSVD_MASK);
}

H_SNIPPET(load_cr3, "64",
          "mov %cr3, %rax\n mov %rax, %cr3\n mov " DATA ", %ebx\n hlt\n");

/* Only global translations outlive a load of CR3. */
static void test_global_pages(void)
{
    for (int global = 0; global < 2; global++) {
        h_start(H_LONG);
        cpu_x86_update_cr4(h_env, h_env->cr[4] | CR4_PGE_MASK);
        h_put32(H_DATA, 1);
        h_put32(0x31000, 2);
        set_pte(H_DATA, H_DATA | RWX | (global ? PG_GLOBAL_MASK : 0));
        h_run(H_CODE_OF(touch));
        h_put64(pte_of(H_DATA), PAGE(0x31) | RWX);      /* no INVLPG */
        h_run(H_CODE_OF(load_cr3));
        g_assert_cmpuint(h_env->regs[R_EBX], ==, global ? 1 : 2);
    }
}

H_SNIPPET(large, "64",
          "movl $0x77, 0x234567\n mov 0x234567, %eax\n"
          "invlpg 0x200000\n mov 0x234567, %ebx\n hlt\n");

/* INVLPG of any address in a large page drops all of it. */
static void test_large_page(void)
{
    h_start(H_LONG);
    h_run(H_CODE_OF(large));
    g_assert_cmphex(h_env->regs[R_EAX], ==, 0x77);
    h_put64(0x3008, RWX | PG_PSE_MASK);         /* now onto 0 */
    h_put32(0x34567, 0x88);
    h_continue(H_CODE + 18);
    g_assert_cmphex(h_env->regs[R_EBX], ==, 0x88);
}

H_SNIPPET(noncanonical, "64",
          "mov $0x800000000000, %rax\n mov (%rax), %ecx\n hlt\n");
H_SNIPPET(noncanonical_stack, "64",
          "mov $0x800000000000, %rbp\n mov (%rbp), %ecx\n hlt\n");

static void test_noncanonical(void)
{
    HOutcome o;

    h_start(H_LONG);
    o = h_run(H_CODE_OF(noncanonical));
    g_assert_cmpint(o.vector, ==, EXCP0D_GPF);
    g_assert_cmphex(o.rip, ==, H_CODE + 10);
    g_assert_cmpint(h_run(H_CODE_OF(noncanonical_stack)).vector, ==,
                    EXCP0C_STACK);
}

/* ---- Device memory ---------------------------------------------------- */

static struct {
    MemoryRegion mr;
    uint32_t reg;
    unsigned reads, writes, last_size;
} dev;

static uint64_t dev_read(void *opaque, hwaddr addr, unsigned size)
{
    dev.reads++;
    dev.last_size = size;
    return dev.reg;
}

static void dev_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    dev.writes++;
    dev.last_size = size;
    dev.reg = val;
}

static void start_with_device(void)
{
    static const MemoryRegionOps ops = {
        .read = dev_read,
        .write = dev_write,
        .valid = { 1, 8, true },
        .impl = { 1, 8, true },
    };

    h_start(H_LONG);
    if (!dev.mr.ops) {
        bql_lock();
        memory_region_init_io(&dev.mr, NULL, &ops, NULL, "device", 0x1000);
        memory_region_add_subregion(env_cpu(h_env)->memory, 0x800000,
                                    &dev.mr);
        bql_unlock();
    }
    dev.reg = dev.reads = dev.writes = 0;
    set_pte(0x1f0000, 0x800000 | RWX);
}

H_SNIPPET(device_rmw, "64",
          "mov $" DEVICE ", %edi\n movl $40, (%rdi)\n"
          "addl $2, (%rdi)\n lock incl (%rdi)\n xchg %eax, (%rdi)\n"
          "hlt\n");
H_SNIPPET(device_string, "64",
          "mov $" DEVICE ", %edi\n mov $9, %eax\n mov $16, %ecx\n"
          "rep stosw\n mov $" DEVICE ", %esi\n mov $" DATA ", %edi\n"
          "mov $8, %ecx\n rep movsl\n hlt\n");

static void test_device_read_modify_write(void)
{
    start_with_device();
    g_assert_cmpint(h_run(H_CODE_OF(device_rmw)).vector, ==, -1);
    g_assert_cmpuint(dev.writes, ==, 4);
    g_assert_cmpuint(dev.reads, ==, 3);
    g_assert_cmpuint(h_env->regs[R_EAX], ==, 43);
    g_assert_cmpuint(dev.reg, ==, 0);
}

static void test_device_strings(void)
{
    start_with_device();
    g_assert_cmpint(h_run(H_CODE_OF(device_string)).vector, ==, -1);
    g_assert_cmpuint(dev.writes, ==, 16);
    g_assert_cmpuint(dev.reads, ==, 8);
    g_assert_cmpuint(dev.last_size, ==, 4);
    g_assert_cmpuint(h_get32(H_DATA + 28), ==, 9);
}

/* Code in device memory is read for each instruction. */
static void test_device_code(void)
{
    start_with_device();
    dev.reg = 0xf4f4f4f4;
    g_assert_cmpint(h_continue(0x1f0000).vector, ==, -1);
    g_assert_cmpuint(dev.reads, >, 0);
    g_assert_cmphex(h_env->eip, ==, 0x1f0001);
}

/* ---- Atomics ---------------------------------------------------------- */

#define ROUNDS 100000

H_SNIPPET(lock_loop, "64",
          "mov $100000, %ecx\n"
          "1: lock incl " DATA "\n"
          "mov $1, %eax\n lock xadd %rax, " DATA "+8\n"
          "2: mov " DATA "+16, %eax\n lea 1(%rax), %edx\n"
          "lock cmpxchg %edx, " DATA "+16\n jnz 2b\n"
          "dec %ecx\n jnz 1b\n hlt\n");

static void *count_too(void *opaque)
{
    uint32_t *a = (uint32_t *)(h_ram + H_DATA);
    uint64_t *b = (uint64_t *)(h_ram + H_DATA + 8);
    uint32_t *c = (uint32_t *)(h_ram + H_DATA + 16);

    for (unsigned i = 0; i < ROUNDS; i++) {
        __atomic_fetch_add(a, 1, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(b, 1, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(c, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

static void test_locked_against_a_thread(void)
{
    GThread *thread;

    h_start(H_LONG);
    h_put_code(H_CODE, H_CODE_OF(lock_loop));
    thread = g_thread_new("adder", count_too, NULL);
    g_assert_cmpint(h_continue(H_CODE).vector, ==, -1);
    g_thread_join(thread);
    g_assert_cmpuint(h_get32(H_DATA), ==, 2 * ROUNDS);
    g_assert_cmpuint(h_get64(H_DATA + 8), ==, 2 * ROUNDS);
    g_assert_cmpuint(h_get32(H_DATA + 16), ==, 2 * ROUNDS);
}

static void expect_undefined(const char *bytes, size_t len)
{
    HOutcome o = h_run(bytes, len);

    g_assert_cmpint(o.vector, ==, EXCP06_ILLOP);
    g_assert_cmphex(o.rip, ==, H_CODE);
}

static void test_illegal_encodings(void)
{
    static const char too_long[] =
        "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90";

    h_start(H_LONG);
    expect_undefined("\xf0\x01\xc0", 3);            /* lock add %eax, %eax */
    expect_undefined("\xf0\x89\x07", 3);            /* lock mov */
    expect_undefined("\xf0\x39\x07", 3);            /* lock cmp */
    expect_undefined("\x0f\x0b", 2);
    expect_undefined("\x06", 1);
    expect_undefined("\xff\xff", 2);
    expect_undefined("\x8d\xc0", 2);                /* lea of a register */
    expect_undefined("\xc5\xf8\x77", 3);            /* vzeroupper */
    g_assert_cmpint(h_run(too_long, 16).vector, ==, EXCP0D_GPF);
    g_assert_cmpint(h_run("\x66\x90\xf4", 3).vector, ==, -1);
}

/* ---- Steps, shadows, breakpoints -------------------------------------- */

H_SNIPPET(step, "64",
          "pushf\n orl $0x100, (%rsp)\n popf\n"
          "mov $1, %eax\n mov $2, %eax\n hlt\n");

static void test_single_step(void)
{
    HOutcome o;

    h_start(H_LONG);
    o = h_run(H_CODE_OF(step));
    g_assert_cmpint(o.vector, ==, EXCP01_DB);
    g_assert_cmphex(h_env->dr[6] & DR6_BS, ==, DR6_BS);
    g_assert_cmpuint(h_env->regs[R_EAX], ==, 1);
    g_assert_cmphex(o.rip, ==, H_CODE + 14);
}

H_SNIPPET(straight, "64",
          "mov $1, %eax\n mov $2, %eax\n mov $3, %eax\n hlt\n");

static void test_execution_breakpoint(void)
{
    HOutcome o;

    h_start(H_LONG);
    h_env->dr[0] = H_CODE + 5;
    h_env->dr[7] |= 1;
    x86_breakpoints_changed(h_env);
    o = h_run(H_CODE_OF(straight));
    g_assert_cmpint(o.vector, ==, EXCP01_DB);
    g_assert_cmphex(o.rip, ==, H_CODE + 5);
    g_assert_cmpuint(h_env->regs[R_EAX], ==, 1);
    g_assert_cmphex(o.rflags & RF_MASK, ==, RF_MASK);
    /* With RF, as IRET would leave it, the instruction runs. */
    h_env->eflags |= RF_MASK;
    g_assert_cmpint(h_continue(H_CODE + 5).vector, ==, -1);
    g_assert_cmpuint(h_env->regs[R_EAX], ==, 3);
}

H_SNIPPET(count, "64", "mov $1000, %ecx\n 1: dec %ecx\n jnz 1b\n hlt\n");

static void test_instruction_count(void)
{
    CPUState *cs;
    uint64_t before;

    h_start(H_LONG);
    cs = env_cpu(h_env);
    before = CPU_GET_CLASS(cs)->instruction_count(cs);
    h_run(H_CODE_OF(count));
    g_assert_cmpuint(CPU_GET_CLASS(cs)->instruction_count(cs) - before, ==,
                     1 + 2000 + 1);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*fn)(void);
    } tests[] = {
        { "code/store-to-next-instruction", test_store_to_next_instruction },
        { "code/loop-that-rewrites-itself", test_loop_that_rewrites_itself },
        { "code/patched-function", test_patched_function },
        { "code/more-blocks-than-memory", test_more_blocks_than_memory },
        { "code/string-store-over-code", test_string_store_over_code },
        { "code/data-beside-code", test_data_beside_code },
        { "code/written-by-another-thread",
          test_code_written_by_another_thread },
        { "code/remapped-function", test_remapped_function },
        { "split/executes", test_split_instruction },
        { "split/faults", test_split_instruction_faults },
        { "fault/flags", test_flags_at_a_fault },
        { "fault/push", test_push_that_faults },
        { "fault/store-across-pages", test_store_across_pages_is_whole },
        { "fault/read-modify-write", test_rmw_of_read_only_page },
        { "string/fault-and-restart", test_string_fault_and_restart },
        { "string/overlap", test_overlapping_moves },
        { "string/scan-and-fill", test_scan_and_fill },
        { "paging/accessed-and-dirty", test_accessed_and_dirty_bits },
        { "paging/write-protect", test_write_protection_of_the_kernel },
        { "paging/no-execute", test_no_execute },
        { "paging/reserved-bit", test_reserved_bit },
        { "paging/global", test_global_pages },
        { "paging/large", test_large_page },
        { "paging/noncanonical", test_noncanonical },
        { "device/read-modify-write", test_device_read_modify_write },
        { "device/strings", test_device_strings },
        { "device/code", test_device_code },
        { "atomic/against-a-thread", test_locked_against_a_thread },
        { "decode/illegal", test_illegal_encodings },
        { "debug/single-step", test_single_step },
        { "debug/breakpoint", test_execution_breakpoint },
        { "count", test_instruction_count },
    };

    g_test_init(&argc, &argv, NULL);
    x86_test_init();
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/x86/engine/%s",
                                                tests[i].name);

        g_test_add_func(path, tests[i].fn);
    }
    return g_test_run();
}
