/*
 * The harness for raw guest code: tables for every mode, and the run until a
 * halt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "hw/core/cpu.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/physmem.h"
#include "x86-harness.h"

uint8_t *h_ram;
CPUX86State *h_env;
static CPUState *h_cpu;
static HMode h_mode;
static MemoryRegion h_root, h_region;

void x86_test_init(void)
{
    module_call_init(MODULE_INIT_QOM);
    bql_lock();
    qemu_init_main_loop(&error_abort);
    memory_map_init();
    bql_unlock();
}

CPUState *x86_test_cpu(const char *cpu_type, MemoryRegion *root)
{
    Object *obj = object_new(cpu_type);
    CPUState *cpu = CPU(obj);

    cpu->memory = root;
    qdev_realize(DEVICE(obj), NULL, &error_abort);
    cpu_reset(cpu);
    current_cpu = cpu;          /* this thread is the one that runs it */
    return cpu;
}

static void create(void)
{
    h_ram = mmap(NULL, H_RAM_BYTES, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert(h_ram != MAP_FAILED);
    bql_lock();
    memory_region_init(&h_root, NULL, "root", UINT64_MAX);
    memory_region_init_ram_ptr(&h_region, NULL, "ram", H_RAM_BYTES, h_ram);
    memory_region_add_subregion(&h_root, 0, &h_region);
    h_cpu = x86_test_cpu("max" X86_CPU_TYPE_SUFFIX, &h_root);
    h_env = cpu_env(h_cpu);
    bql_unlock();
}

static bool is_long(HMode mode)
{
    return mode >= H_LONG;
}

static void build_gdt(void)
{
    static const struct {
        unsigned selector;
        uint64_t descriptor;
    } entries[] = {
        { H_CODE32, 0x00cf9b000000ffff },
        { H_CODE64, 0x00af9b000000ffff },
        { H_DATA0, 0x00cf93000000ffff },
        { H_USER_CODE32, 0x00cffb000000ffff },
        { H_USER_DATA, 0x00cff3000000ffff },
        { H_USER_CODE64, 0x00affb000000ffff },
        { H_ABSENT, 0x00cf73000000ffff },
        { H_READ_ONLY, 0x00cff1000000ffff },
        { H_CONFORMING, 0x00cf9f000000ffff },
        { H_CODE16, 0x00009b000000ffff },
        { H_DATA16, 0x000093000000ffff },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(entries); i++) {
        h_put64(H_GDT + (entries[i].selector & ~7u), entries[i].descriptor);
    }
    h_put64(H_GDT + H_TSS_SEL, 0x0000890000000067 | (uint64_t)H_TSS << 16);
    h_put64(H_GDT + H_TSS2_SEL, 0x0000890000000067 | (uint64_t)H_TSS2 << 16);
    h_put64(H_GDT + H_LDT_SEL, 0x00008200000000ff | (uint64_t)H_DATA << 16);
}

static void build_idt(HMode mode)
{
    for (unsigned v = 0; v < 256; v++) {
        uint64_t handler = H_HANDLERS + v * 16;

        memcpy(h_ram + handler, "\xf4\xeb\xfd", 3);
        if (mode == H_REAL) {
            h_put32(v * 4, (H_HANDLERS >> 4) << 16 | v * 16);
        } else if (is_long(mode)) {
            h_put64(H_IDT + v * 16,
                    (handler & 0xffff) | H_CODE64 << 16 |
                    0x8e00ull << 32 | handler >> 16 << 48);
            h_put64(H_IDT + v * 16 + 8, 0);
        } else {
            h_put64(H_IDT + v * 8,
                    (handler & 0xffff) | H_CODE32 << 16 |
                    0x8e00ull << 32 | handler >> 16 << 48);
        }
    }
}

static void build_tss(HMode mode)
{
    memset(h_ram + H_TSS, 0, 0x200);
    if (is_long(mode)) {
        h_put64(H_TSS + 4, H_KERNEL_SP);
        h_put64(H_TSS + 0x24, H_IST1_SP);
    } else {
        h_put32(H_TSS + 4, H_KERNEL_SP);
        h_put32(H_TSS + 8, H_DATA0);
    }
    h_put32(H_TSS + 0x64, 0x680000);        /* I/O map at the limit: none */
}

static void build_page_tables(void)
{
    uint64_t all = PG_PRESENT_MASK | PG_RW_MASK | PG_USER_MASK;

    h_put64(H_PML4, 0x2000 | all);
    h_put64(0x2000, 0x3000 | all);
    h_put64(0x3000, 0x4000 | all);
    h_put64(0x3008, 0x200000 | all | PG_PSE_MASK);
    for (unsigned i = 0; i < 512; i++) {
        h_put64(0x4000 + i * 8, i << 12 | all);
    }
    h_put64(0x4000 + (H_SYSTEM_PAGE >> 12) * 8,
            H_SYSTEM_PAGE | PG_PRESENT_MASK | PG_RW_MASK);
    h_put64(0x4000 + (H_NO_PAGE >> 12) * 8, 0);
}

static void load_seg(int seg, unsigned selector)
{
    uint64_t d = h_get64(H_GDT + (selector & ~7u));

    cpu_x86_load_seg_cache(h_env, seg, selector, 0,
                           d >> 55 & 1 ? 0xffffffff : 0xffff, d >> 32);
}

static void load_segs(unsigned cs, unsigned data)
{
    load_seg(R_SS, data);
    load_seg(R_CS, cs);
    load_seg(R_DS, data);
    load_seg(R_ES, data);
    load_seg(R_FS, data);
    load_seg(R_GS, data);
}

static void enter_protected(HMode mode)
{
    bool wide = is_long(mode);

    h_env->gdt = (SegmentCache){ .base = H_GDT, .limit = 0x9f };
    h_env->idt = (SegmentCache){ .base = H_IDT,
                                 .limit = (wide ? 16 : 8) * 256 - 1 };
    h_env->tr = (SegmentCache){
        .base = H_TSS, .limit = 0x67, .selector = H_TSS_SEL,
        .flags = DESC_P_MASK | 11u << DESC_TYPE_SHIFT,
    };
    h_put32(H_GDT + H_TSS_SEL + 4, h_get32(H_GDT + H_TSS_SEL + 4) |
                                   DESC_TSS_BUSY);
    h_env->ldt = (SegmentCache){ 0 };
    if (wide) {
        h_env->efer = MSR_EFER_SCE | MSR_EFER_LME | MSR_EFER_NXE;
        cpu_x86_update_cr3(h_env, H_PML4);
        cpu_x86_update_cr4(h_env, CR4_PAE_MASK | CR4_OSFXSR_MASK |
                                  CR4_OSXMMEXCPT_MASK);
    }
    cpu_x86_update_cr0(h_env, CR0_PE_MASK | CR0_NE_MASK | CR0_MP_MASK |
                              CR0_WP_MASK | CR0_ET_MASK |
                              (wide ? CR0_PG_MASK : 0));
}

void h_start(HMode mode)
{
    if (!h_ram) {
        create();
    }
    bql_lock();
    cpu_reset(h_cpu);
    h_mode = mode;
    memset(h_ram, 0, H_RAM_BYTES);
    ram_commit_write(memory_region_get_ram_addr(&h_region), H_RAM_BYTES);
    build_gdt();
    build_idt(mode);
    build_tss(mode);
    build_page_tables();
    x86_tlb_flush(h_env);
    memset(h_env->regs, 0, sizeof(h_env->regs));
    if (mode == H_REAL) {
        cpu_x86_load_seg_cache(h_env, R_CS, H_CODE >> 4, H_CODE, 0xffff,
                               h_env->segs[R_CS].flags);
        h_env->regs[R_ESP] = H_KERNEL_SP - 0x10000;
        cpu_x86_load_seg_cache(h_env, R_SS, 0x1000, 0x10000, 0xffff,
                               h_env->segs[R_SS].flags);
    } else {
        bool user = mode == H_PROT_USER || mode == H_LONG_USER ||
                    mode == H_COMPAT_USER;

        enter_protected(mode);
        load_segs(mode == H_PROT ? H_CODE32 : mode == H_LONG ? H_CODE64 :
                  mode == H_LONG_USER ? H_USER_CODE64 : H_USER_CODE32,
                  user ? H_USER_DATA : H_DATA0);
        h_env->regs[R_ESP] = user ? H_USER_SP : H_KERNEL_SP;
    }
    bql_unlock();
}

static bool has_error_code(int vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

/* The frame at the handler's stack, in the width of its mode. */
static void read_frame(HOutcome *out)
{
    bool real = !(h_env->hflags & HF_PE_MASK);
    unsigned width = real ? 2 : h_env->hflags & HF_LMA_MASK ? 8 : 4;
    uint64_t at = h_env->regs[R_ESP], field[6] = { 0 };
    unsigned i = real || !has_error_code(out->vector) ? 1 : 0;

    if (real) {
        at = h_env->segs[R_SS].base + (at & 0xffff);
    }
    out->frame = at;
    for (; i < 6; i++, at += width) {
        memcpy(&field[i], h_ram + at, width);
    }
    out->error_code = field[0];
    out->rip = field[1];
    out->cs = field[2] & 0xffff;
    out->rflags = field[3];
    out->rsp = field[4];
    out->ss = field[5] & 0xffff;
}

HOutcome h_continue(uint64_t pc)
{
    const CPUClass *cc = CPU_GET_CLASS(h_cpu);
    HOutcome out = { .vector = -1 };
    uint64_t at;

    cc->set_pc(h_cpu, pc);
    h_cpu->halted = 0;
    for (unsigned i = 0; i < 20 && !h_cpu->halted; i++) {
        cc->run_slice(h_cpu, 100000);
    }
    g_assert(h_cpu->halted);
    at = cc->get_pc(h_cpu);
    if (h_env->in_shutdown) {
        out.vector = -2;
        h_env->in_shutdown = false;
        return out;
    }
    out.rip = at;
    if (at >= H_HANDLERS && at < H_HANDLERS + 256 * 16) {
        out.vector = (at - H_HANDLERS) / 16;
        read_frame(&out);
    }
    return out;
}

void h_put_code(uint32_t addr, const void *code, size_t len)
{
    address_space_write(h_cpu->as, addr, MEMTXATTRS_UNSPECIFIED, code, len);
}

HOutcome h_run(const void *code, size_t len)
{
    h_put_code(H_CODE, code, len);
    return h_continue(h_mode == H_REAL ? 0 : H_CODE);
}
