/*
 * The native side of the differential test: a child process that maps the
 * data and code areas at their addresses, enters each program with all
 * registers set, and takes what is left from the signal that ends it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include "x86-diff.h"

struct DiffNative {
    unsigned capacity;
    size_t bytes;
    void *shared;               /* programs, then results */
    pid_t child;
    int to_child, from_child;
};

DiffProgram *diff_native_programs(DiffNative *n)
{
    return n->shared;
}

DiffResult *diff_native_results(DiffNative *n)
{
    return (DiffResult *)(diff_native_programs(n) + n->capacity);
}

/* The child. */

static sigjmp_buf done;
static DiffResult *current;

/*
 * diff_enter(state, mode32): loads everything and jumps to state->rip, in
 * 32-bit code with flat data segments. Comes back only through the signal
 * handler. Offsets are those of DiffState.
 */
asm(".pushsection .text\n"
    ".type diff_enter, @function\n"
    "diff_enter:\n"
    "  fninit\n"
    "  fxrstor64 (%rdi)\n"
    "  mov 512+16*8(%rdi), %rax\n"
    "  mov %rax, diff_target(%rip)\n"
    "  xor %eax, %eax\n"
    "  test %esi, %esi\n"
    "  jz 1f\n"
    "  movl $0x23, diff_target+4(%rip)\n"
    "  mov $0x2b, %eax\n"
    "1: mov %eax, %ds\n"
    "  mov %eax, %es\n"
    "  lea 512+17*8(%rdi), %rsp\n"
    "  test %esi, %esi\n"
    "  jnz 2f\n"
    "  popfq\n"
    "  mov 512+0*8(%rdi), %rax\n"
    "  mov 512+1*8(%rdi), %rcx\n"
    "  mov 512+2*8(%rdi), %rdx\n"
    "  mov 512+3*8(%rdi), %rbx\n"
    "  mov 512+4*8(%rdi), %rsp\n"
    "  mov 512+5*8(%rdi), %rbp\n"
    "  mov 512+6*8(%rdi), %rsi\n"
    "  mov 512+8*8(%rdi), %r8\n"
    "  mov 512+9*8(%rdi), %r9\n"
    "  mov 512+10*8(%rdi), %r10\n"
    "  mov 512+11*8(%rdi), %r11\n"
    "  mov 512+12*8(%rdi), %r12\n"
    "  mov 512+13*8(%rdi), %r13\n"
    "  mov 512+14*8(%rdi), %r14\n"
    "  mov 512+15*8(%rdi), %r15\n"
    "  mov 512+7*8(%rdi), %rdi\n"
    "  jmp *diff_target(%rip)\n"
    "2: popfq\n"
    "  mov 512+0*8(%rdi), %rax\n"
    "  mov 512+1*8(%rdi), %rcx\n"
    "  mov 512+2*8(%rdi), %rdx\n"
    "  mov 512+3*8(%rdi), %rbx\n"
    "  mov 512+4*8(%rdi), %rsp\n"
    "  mov 512+5*8(%rdi), %rbp\n"
    "  mov 512+6*8(%rdi), %rsi\n"
    "  mov 512+8*8(%rdi), %r8\n"
    "  mov 512+9*8(%rdi), %r9\n"
    "  mov 512+10*8(%rdi), %r10\n"
    "  mov 512+11*8(%rdi), %r11\n"
    "  mov 512+12*8(%rdi), %r12\n"
    "  mov 512+13*8(%rdi), %r13\n"
    "  mov 512+14*8(%rdi), %r14\n"
    "  mov 512+15*8(%rdi), %r15\n"
    "  mov 512+7*8(%rdi), %rdi\n"
    "  ljmpl *diff_target(%rip)\n"
    ".size diff_enter, . - diff_enter\n"
    ".popsection\n");

extern uint64_t diff_target;
uint64_t diff_target;
void diff_enter(const DiffState *state, bool mode32)
    __attribute__((noreturn));

static void on_signal(int sig, siginfo_t *info, void *opaque)
{
    static const int greg_of[16] = {
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI,
        REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13,
        REG_R14, REG_R15,
    };
    const ucontext_t *uc = opaque;
    DiffResult *r = current;

    if (!r) {
        _exit(3);
    }
    for (unsigned i = 0; i < 16; i++) {
        r->end.gpr[i] = uc->uc_mcontext.gregs[greg_of[i]];
    }
    r->end.rip = uc->uc_mcontext.gregs[REG_RIP];
    r->end.rflags = uc->uc_mcontext.gregs[REG_EFL];
    r->error_code = uc->uc_mcontext.gregs[REG_ERR];
    r->cr2 = uc->uc_mcontext.gregs[REG_CR2];
    r->vector = sig == SIGALRM ? -1 : uc->uc_mcontext.gregs[REG_TRAPNO];
    memcpy(&r->end.fx, uc->uc_mcontext.fpregs, 512);
    memcpy(r->data, (void *)DIFF_DATA, DIFF_DATA_SIZE);
    siglongjmp(done, 1);
}

static void map_area(uint64_t addr, size_t size, int prot)
{
    void *p = mmap((void *)addr, size, prot,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (p != (void *)addr) {
        _exit(2);
    }
}

static void child_set_up(void)
{
    static uint8_t alternate_stack[65536];
    static const int signals[] = {
        SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTRAP, SIGALRM,
    };
    stack_t stack = {
        .ss_sp = alternate_stack, .ss_size = sizeof(alternate_stack),
    };
    struct sigaction action = {
        .sa_sigaction = on_signal,
        .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
    };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(signals); i++) {
        sigaction(signals[i], &action, NULL);
    }
    map_area(DIFF_DATA, DIFF_DATA_SIZE, PROT_READ | PROT_WRITE);
    map_area(DIFF_CODE, DIFF_CODE_SIZE,
             PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void child_run_one(const DiffProgram *p, DiffResult *r)
{
    static DiffState state;

    diff_fill_data((uint8_t *)DIFF_DATA, p->data_seed);
    memcpy((void *)p->entry, p->code, p->len);
    state = p->start;
    r->vector = -1;
    if (sigsetjmp(done, 0) == 0) {
        current = r;
        diff_enter(&state, p->mode32);
    }
    current = NULL;
    asm volatile("fninit; cld");
    asm volatile("ldmxcsr %0" : : "m" ((uint32_t){ 0x1f80 }));
}

static void child_main(DiffNative *n, int in, int out)
{
    uint32_t count;

    child_set_up();
    while (read(in, &count, sizeof(count)) == sizeof(count)) {
        for (uint32_t i = 0; i < count; i++) {
            alarm(2);
            child_run_one(&diff_native_programs(n)[i],
                          &diff_native_results(n)[i]);
        }
        alarm(0);
        if (write(out, &count, sizeof(count)) != sizeof(count)) {
            break;
        }
    }
    _exit(0);
}

/* The parent. */

static void start_child(DiffNative *n)
{
    int down[2], up[2];

    g_assert(pipe(down) == 0 && pipe(up) == 0);
    n->child = fork();
    g_assert(n->child >= 0);
    if (n->child == 0) {
        close(down[1]);
        close(up[0]);
        child_main(n, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    n->to_child = down[1];
    n->from_child = up[0];
}

static void stop_child(DiffNative *n)
{
    close(n->to_child);
    close(n->from_child);
    kill(n->child, SIGKILL);
    waitpid(n->child, NULL, 0);
}

DiffNative *diff_native_new(unsigned count)
{
    DiffNative *n = g_new0(DiffNative, 1);

    n->capacity = count;
    n->bytes = count * (sizeof(DiffProgram) + sizeof(DiffResult));
    n->shared = mmap(NULL, n->bytes, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert(n->shared != MAP_FAILED);
    start_child(n);
    return n;
}

bool diff_native_run(DiffNative *n, unsigned count)
{
    uint32_t answer = count;

    if (write(n->to_child, &answer, sizeof(answer)) != sizeof(answer) ||
        read(n->from_child, &answer, sizeof(answer)) != sizeof(answer)) {
        stop_child(n);
        start_child(n);
        return false;
    }
    return true;
}

void diff_native_free(DiffNative *n)
{
    stop_child(n);
    munmap(n->shared, n->bytes);
    g_free(n);
}
