/*
 * The emulated side of the differential test: one software CPU in 64-bit user
 * mode, with just enough of a system around it that every exception ends in a
 * handler that halts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "hw/core/cpu.h"
#include "qemu/main-loop.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "target/i386/cpu.h"
#include "target/i386/sse.h"
#include "x86-diff.h"
#include "x86-harness.h"

/* Physical memory: tables, then what user code sees. */
#define RAM_BYTES   0x400000u
#define PML4        0x1000u
#define PDPT        0x2000u
#define PD          0x3000u
#define PT_LOW      0x4000u
#define PT_USER     0x5000u
#define GDT         0x10000u
#define IDT         0x11000u
#define TSS         0x12000u
#define HANDLERS    0x13000u
#define HANDLER_GAP 16u
#define KERNEL_SP   0x16000u
#define USER_DATA   0x100000u
#define USER_CODE   0x110000u

/* Linux's selectors: some instructions show them. */
#define USER_CS     0x33
#define USER_CS32   0x23
#define USER_SS     0x2b
#define KERNEL_CS   0x10

static uint8_t *ram;
static MemoryRegion root, ram_region;
static CPUState *cpu;
static CPUX86State *env;

static void put64(unsigned addr, uint64_t value)
{
    memcpy(ram + addr, &value, 8);
}

static void build_page_tables(void)
{
    uint64_t user = PG_PRESENT_MASK | PG_RW_MASK | PG_USER_MASK;

    put64(PML4, PDPT | user);
    put64(PDPT, PD | user);
    put64(PD, PT_LOW | user);
    put64(PD + (DIFF_DATA >> 21 & 511) * 8, PT_USER | user);
    for (unsigned i = 0; i < 32; i++) {
        put64(PT_LOW + i * 8, i << 12 | PG_PRESENT_MASK | PG_RW_MASK);
    }
    for (unsigned i = 0; i < DIFF_DATA_SIZE >> 12; i++) {
        put64(PT_USER + i * 8, (USER_DATA + (i << 12)) | user | PG_NX_MASK);
    }
    for (unsigned i = 0; i < DIFF_CODE_SIZE >> 12; i++) {
        put64(PT_USER + ((DIFF_CODE >> 12 & 511) + i) * 8,
              (USER_CODE + (i << 12)) | user);
    }
}

static void build_descriptors(void)
{
    put64(GDT + KERNEL_CS, 0x00af9b000000ffff);
    put64(GDT + (USER_SS & ~7), 0x00cff3000000ffff);
    for (unsigned v = 0; v < 32; v++) {
        uint64_t handler = HANDLERS + v * HANDLER_GAP;

        put64(IDT + v * 16, (handler & 0xffff) | KERNEL_CS << 16 |
                            0xee00ull << 32 | handler >> 16 << 48);
        ram[handler] = 0xf4;                /* HLT, and again */
        ram[handler + 1] = 0xeb;
        ram[handler + 2] = 0xfd;
    }
    put64(TSS + 4, KERNEL_SP);
}

static void set_mode(void)
{
    env->gdt = (SegmentCache){ .base = GDT, .limit = 0xff };
    env->idt = (SegmentCache){ .base = IDT, .limit = 32 * 16 - 1 };
    env->tr = (SegmentCache){
        .base = TSS, .limit = 0x67, .selector = 0x40,
        .flags = DESC_P_MASK | 11u << DESC_TYPE_SHIFT,
    };
    env->efer = MSR_EFER_SCE | MSR_EFER_LME | MSR_EFER_NXE;
    cpu_x86_update_cr3(env, PML4);
    cpu_x86_update_cr4(env, CR4_PAE_MASK | CR4_OSFXSR_MASK |
                            CR4_OSXMMEXCPT_MASK | CR4_PGE_MASK);
    cpu_x86_update_cr0(env, CR0_PE_MASK | CR0_PG_MASK | CR0_WP_MASK |
                            CR0_NE_MASK | CR0_MP_MASK | CR0_ET_MASK);
}

void diff_soft_init(const char *cpu_type)
{
    ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    build_page_tables();
    build_descriptors();
    bql_lock();
    memory_region_init(&root, NULL, "root", UINT64_MAX);
    memory_region_init_ram_ptr(&ram_region, NULL, "ram", RAM_BYTES, ram);
    memory_region_add_subregion(&root, 0, &ram_region);
    cpu = x86_test_cpu(cpu_type, &root);
    env = cpu_env(cpu);
    set_mode();
    bql_unlock();
}

static void load_user_segments(bool mode32)
{
    uint32_t common = DESC_P_MASK | DESC_S_MASK | DESC_A_MASK | DESC_G_MASK |
                      3u << DESC_DPL_SHIFT;
    uint32_t data = common | DESC_W_MASK | DESC_B_MASK;
    uint32_t code = common | DESC_CS_MASK | DESC_R_MASK;

    cpu_x86_load_seg_cache(env, R_SS, USER_SS, 0, 0xffffffff, data);
    cpu_x86_load_seg_cache(env, R_CS, mode32 ? USER_CS32 : USER_CS, 0,
                           0xffffffff,
                           code | (mode32 ? DESC_B_MASK : DESC_L_MASK));
    for (int seg = R_DS; seg <= R_GS; seg++) {
        cpu_x86_load_seg_cache(env, seg, 0, 0, 0, 0);
    }
    cpu_x86_load_seg_cache(env, R_ES, 0, 0, 0, 0);
    if (mode32) {
        cpu_x86_load_seg_cache(env, R_DS, USER_SS, 0, 0xffffffff, data);
        cpu_x86_load_seg_cache(env, R_ES, USER_SS, 0, 0xffffffff, data);
    }
}

static void load_fx(const DiffFx *fx)
{
    env->fpuc = fx->fcw;
    env->fpus = fx->fsw & ~0x3800;
    env->fpstt = fx->fsw >> 11 & 7;
    if (env->fpus & ~env->fpuc & 0x3f) {
        env->fpus |= 0x8080;
    }
    env->fpop = 0;
    env->fpip = env->fpdp = 0;
    env->fpcs = env->fpds = 0;
    env->mxcsr = fx->mxcsr;
    for (unsigned i = 0; i < 8; i++) {
        X86FPReg *r = &env->fpregs[(env->fpstt + i) & 7];

        r->mant = fx->st[i][0];
        r->exp = fx->st[i][1];
        env->fptags[i] = !(fx->ftw >> i & 1);
    }
    memcpy(env->xmm_regs, fx->xmm, sizeof(fx->xmm));
}

static void save_fx(DiffFx *fx)
{
    memset(fx, 0, sizeof(*fx));
    fx->fcw = env->fpuc;
    fx->fsw = (env->fpus & ~0x3800) | env->fpstt << 11;
    fx->mxcsr = env->mxcsr;
    for (unsigned i = 0; i < 8; i++) {
        const X86FPReg *r = &env->fpregs[(env->fpstt + i) & 7];

        fx->st[i][0] = r->mant;
        fx->st[i][1] = r->exp;
        fx->ftw |= !env->fptags[i] << i;
    }
    memcpy(fx->xmm, env->xmm_regs, sizeof(fx->xmm));
}

/* The frame that the exception pushed, and which handler was entered. */
static void read_outcome(DiffResult *r)
{
    uint64_t sp = env->regs[R_ESP];
    uint64_t pc = CPU_GET_CLASS(cpu)->get_pc(cpu);
    const uint64_t *frame = (uint64_t *)(ram + sp);

    r->vector = -1;
    if (!cpu->halted || pc < HANDLERS || pc >= HANDLERS + 32 * HANDLER_GAP) {
        return;
    }
    r->vector = (pc - HANDLERS) / HANDLER_GAP;
    r->cr2 = env->cr[2];
    if (sp == KERNEL_SP - 48) {
        r->error_code = *frame++;
    }
    r->end.rip = frame[0];
    r->end.rflags = frame[2];
    r->end.gpr[R_ESP] = frame[3];
}

void diff_soft_run(const DiffProgram *p, DiffResult *r)
{
    const CPUClass *cc = CPU_GET_CLASS(cpu);

    memset(r, 0, offsetof(DiffResult, data));
    diff_fill_data(ram + USER_DATA, p->data_seed);
    address_space_write(cpu->as, USER_CODE + (p->entry - DIFF_CODE),
                        MEMTXATTRS_UNSPECIFIED, p->code, p->len);
    load_user_segments(p->mode32);
    memcpy(env->regs, p->start.gpr, sizeof(env->regs));
    cc->set_pc(cpu, p->start.rip);
    cpu_load_eflags(env, p->start.rflags, 0xffffffff);
    load_fx(&p->start.fx);
    env->cr[2] = 0;
    env->exception_nr = env->old_exception = -1;
    cpu->halted = 0;
    for (unsigned i = 0; i < 10 && !cpu->halted; i++) {
        cc->run_slice(cpu, 100000);
    }
    memcpy(r->end.gpr, env->regs, sizeof(env->regs));
    save_fx(&r->end.fx);
    read_outcome(r);
    memcpy(r->data, ram + USER_DATA, DIFF_DATA_SIZE);
}

bool diff_sse_known(unsigned map, unsigned prefix, uint8_t opcode, bool rexw,
                    uint8_t modrm, unsigned *width, bool *aligned,
                    bool *imm, bool *compares)
{
    const SseOp *op = sse_lookup(env, map, prefix, opcode, rexw, modrm);

    if (!op) {
        return false;
    }
    *width = op->mem_bytes;
    *aligned = op->flags & SSE_F_ALIGNED;
    *imm = op->flags & SSE_F_IMM8;
    *compares = op->flags & SSE_F_COMPARE;
    return true;
}
