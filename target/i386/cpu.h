/*
 * The x86 processor: its state (CPUX86State), its QOM type (X86CPU) and the
 * accessors through which instruction code touches the parts that are kept in
 * an unusual form (flags, program counter, segment bases, modes).
 *
 * Conventions for everything under target/i386:
 *
 * - While a helper runs, env->eip is the address of the instruction that
 *   called it. A helper that diverts the flow stores the new address there; for
 *   any other the engine moves on by itself. x86_next_eip() gives the address
 *   behind the instruction.
 * - An exception leaves the helper by siglongjmp (excp.h). So a helper first
 *   does everything that can fault, then changes state.
 * - Arithmetic flags are lazy: read with cpu_compute_eflags(), write with
 *   cpu_load_eflags() or cpu_set_cc(). Never touch cc_* from outside.
 * - After a change of CR0, CR4, EFER, EFLAGS.VM/AC, CS or SS call
 *   x86_update_hflags().
 * - Helpers run without the big lock; take it (bql_lock) around device code.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_CPU_H
#define TARGET_I386_CPU_H

#include "hw/core/cpu.h"
#include "cpu-bits.h"

#define TYPE_X86_CPU "x86_64-cpu"
#define X86_CPU_TYPE_SUFFIX "-" TYPE_X86_CPU
#define X86_CPU_TYPE_NAME(name) (name X86_CPU_TYPE_SUFFIX)

#define TARGET_PAGE_BITS    12
#define TARGET_PAGE_SIZE    (1ull << TARGET_PAGE_BITS)
#define TARGET_PAGE_MASK    (~(TARGET_PAGE_SIZE - 1))
#define X86_PHYS_BITS       40
#define X86_PHYS_MASK       ((1ull << X86_PHYS_BITS) - 1)

typedef struct CPUArchState CPUX86State;
typedef struct X86CPU X86CPU;
typedef struct X86CPUClass X86CPUClass;
struct X86ApicOps;
struct SoftTLB;

/*
 * How the lazy flags are held. For each kind the four widths follow each
 * other (B, W, L, Q), so kind + log2(bytes) names one.
 *
 *   kind      cc_dst                cc_src
 *   EFLAGS    –                     the six flags themselves
 *   ADD       result                second operand
 *   ADC       result                second operand, carry in was 1
 *   SUB       result                second operand (CMP too)
 *   SBB       result                second operand, borrow in was 1
 *   LOGIC     result                –
 *   INC, DEC  result                carry kept from before (0 or 1)
 *   SHL, SAR  result                operand shifted by count - 1 (SHR as SAR)
 *   MUL       low half              nonzero when the high half matters
 *   BIT       the tested bit in CF  the other flags kept (as in EFLAGS)
 *
 * cc_dst and cc_src are zero extended from the operand's width.
 */
enum {
    CC_OP_EFLAGS = 0,
    CC_OP_ADD = 4,
    CC_OP_ADC = 8,
    CC_OP_SUB = 12,
    CC_OP_SBB = 16,
    CC_OP_LOGIC = 20,
    CC_OP_INC = 24,
    CC_OP_DEC = 28,
    CC_OP_SHL = 32,
    CC_OP_SAR = 36,
    CC_OP_MUL = 40,
    CC_OP_NB = 44,
};

/* env->hflags: what instruction code needs to know about the mode at once. */
#define HF_CPL_MASK         0x00000003u
#define HF_CS32_MASK        0x00000010u /* code segment is 32 bits wide */
#define HF_SS32_MASK        0x00000020u /* stack is 32 bits wide */
#define HF_ADDSEG_MASK      0x00000040u /* bases or limits of segments matter */
#define HF_PE_MASK          0x00000080u
#define HF_TF_MASK          0x00000100u /* EFLAGS.TF */
#define HF_MP_MASK          0x00000200u
#define HF_EM_MASK          0x00000400u
#define HF_TS_MASK          0x00000800u
#define HF_LMA_MASK         0x00004000u
#define HF_CS64_MASK        0x00008000u
#define HF_VM_MASK          0x00020000u
#define HF_OSFXSR_MASK      0x00040000u
#define HF_SMAP_MASK        0x00080000u
#define HF_SMM_MASK         0x00100000u
#define HF_AC_MASK          0x00200000u /* alignment is checked (CPL 3) */
#define HF_INHIBIT_IRQ_MASK 0x01000000u /* shadow of STI, MOV SS, POP SS */
#define HF_NMI_MASK         0x02000000u /* NMIs blocked until IRET */
#define HF_RF_MASK          0x04000000u
#define HF_STEP_MASK        0x08000000u /* execution breakpoints are armed */

typedef struct SegmentCache {
    uint64_t base;
    uint32_t limit;         /* in bytes, granularity applied */
    uint32_t flags;         /* DESC_*; CS32 etc. are derived from it */
    uint32_t selector;
} SegmentCache;

typedef union X86XMMReg {
    uint8_t b[16];
    uint16_t w[8];
    uint32_t l[4];
    uint64_t q[2];
    int8_t sb[16];
    int16_t sw[8];
    int32_t sl[4];
    int64_t sq[2];
    float s[4];
    double d[2];
    __int128 x;
} QEMU_ALIGNED(16) X86XMMReg;

/* One x87 register; the MMX register lies over the significand. */
typedef union X86FPReg {
    struct {
        uint64_t mant;
        uint16_t exp;       /* sign in bit 15 */
    };
    uint64_t mmx;
    long double ld;
} QEMU_ALIGNED(16) X86FPReg;

#define X86_MTRR_VAR_COUNT 8

struct CPUArchState {
    /*
     * The first 2 KiB can be named by the translator as 8-byte words
     * (X86_WORD()), so that registers and segment bases are alike there.
     */
    uint64_t regs[16];
    uint64_t pc;            /* start of the running block; the engine's own */
    uint64_t eip;           /* see the conventions above */
    uint64_t zero;          /* always 0: the base that is not there */
    uint64_t scratch;       /* between micro-operations of one instruction */
    SegmentCache segs[R_SEG_COUNT];

    uint64_t cc_dst;
    uint64_t cc_src;
    uint32_t cc_op;
    uint32_t hflags;
    uint64_t eflags;        /* all but the arithmetic flags, bit 1 set */

    struct SoftTLBEntry *tlb;   /* table of the current privilege */
    int64_t insns_left;     /* counts down over the time slice */
    int64_t insns_slice;    /* what insns_left started from */
    uint64_t mode_key;      /* x86_block_mode(hflags) << 48 */
    struct JumpCacheEntry *jump_cache;

    SegmentCache ldt;
    SegmentCache tr;
    SegmentCache gdt;       /* base and limit only */
    SegmentCache idt;

    uint64_t cr[5];         /* CR8 is the APIC's */
    uint64_t dr[8];
    uint64_t efer;
    uint64_t star, lstar, cstar, fmask;
    uint64_t kernelgsbase;
    uint32_t sysenter_cs;
    uint64_t sysenter_esp, sysenter_eip;
    uint64_t pat;
    uint64_t tsc_aux;
    uint64_t tsc_offset;    /* TSC - ticks of the virtual clock */
    uint64_t tsc_deadline;
    uint64_t misc_enable;
    uint64_t mtrr_deftype;
    uint64_t mtrr_fixed[11];
    struct {
        uint64_t base, mask;
    } mtrr_var[X86_MTRR_VAR_COUNT];
    uint64_t mcg_cap, mcg_status, mcg_ctl;
    uint64_t mce_banks[4 * 10];

    /* x87, MMX and SSE; cpusys files own the meaning (fpu-x87.h, sse.h). */
    X86FPReg fpregs[8];     /* physical registers */
    uint32_t fpstt;         /* top of stack, 0..7 */
    uint16_t fpuc;          /* control word */
    uint16_t fpus;          /* status word, top of stack bits zero */
    uint8_t fptags[8];      /* 1: empty; by physical register */
    uint16_t fpop;
    uint16_t fpcs, fpds;
    uint64_t fpip, fpdp;
    uint32_t mxcsr;
    X86XMMReg xmm_regs[16];

    /* The exception in flight (excp.c): set by raise_*, read by delivery. */
    int exception_nr;           /* vector, or -1 */
    int exception_is_int;       /* 1: by INT n, INT3, INTO, INT1 */
    int error_code;
    uint64_t exception_next_eip; /* return address of a software interrupt */
    int old_exception;          /* vector being delivered, or -1 */

    uint8_t insn_len;       /* length of the instruction that calls a helper */
    uint8_t sipi_vector;
    bool wait_for_sipi;     /* after INIT, not the bootstrap processor */
    bool in_shutdown;       /* after a triple fault, until reset */
    bool yield;             /* PAUSE: let the other CPUs run */
    bool a20_masked;        /* address line 20 is held at zero */
    uint64_t a20_mask;      /* AND-ed to every physical address */
    uint64_t insns_total;   /* executed in finished slices */

    /* CPUID, filled at realize. */
    uint32_t features[FEATURE_WORDS];
    uint32_t cpuid_level, cpuid_xlevel;
    uint32_t cpuid_version;
    uint32_t cpuid_vendor[3];
    uint32_t cpuid_model[12];
    uint32_t apic_id;
    uint64_t tsc_hz;

    const struct MicroOp *uop;  /* next one, in builds without tail calls */
    struct SoftTLB *mmu;    /* softtlb.h: the tables behind env->tlb */
};

/* The index of an 8-byte word of the state, as micro-operations name it. */
#define X86_WORD(member) (offsetof(CPUX86State, member) / 8)

struct X86CPU {
    CPUState parent_obj;
    CPUX86State env;

    /* The local APIC, or NULL; machine code sets both before realize. */
    DeviceState *apic_state;
    const struct X86ApicOps *apic_ops;

    MemoryListener memory_listener;
    bool ram_went;              /* since the last commit of the map */
    uint32_t apic_id;
    int64_t tsc_hz;             /* property tsc-frequency */
    char *vendor;
    char *model_id;
    uint32_t family, model, stepping;
};

struct X86CPUClass {
    CPUClass parent_class;
    DeviceRealize parent_realize;
    DeviceUnrealize parent_unrealize;
    ResettablePhases parent_phases;
    const struct X86CPUModel *model;    /* cpu-models.c */
};

DECLARE_OBJ_CHECKERS(X86CPU, X86CPUClass, X86_CPU, TYPE_X86_CPU)

static inline X86CPU *env_archcpu(CPUX86State *env)
{
    return container_of(env, X86CPU, env);
}

static inline CPUState *env_cpu(CPUX86State *env)
{
    return &env_archcpu(env)->parent_obj;
}

static inline CPUX86State *cpu_env(CPUState *cs)
{
    return &container_of(cs, X86CPU, parent_obj)->env;
}

static inline unsigned x86_cpl(const CPUX86State *env)
{
    return env->hflags & HF_CPL_MASK;
}

/* True in 64-bit mode proper, false in compatibility mode. */
static inline bool x86_code64(const CPUX86State *env)
{
    return env->hflags & HF_CS64_MASK;
}

/* Real mode or virtual 8086 mode: selectors are paragraph numbers. */
static inline bool x86_real_or_vm86(const CPUX86State *env)
{
    return !(env->hflags & HF_PE_MASK) || (env->hflags & HF_VM_MASK);
}

/* The address behind the instruction that called this helper. */
static inline uint64_t x86_next_eip(const CPUX86State *env)
{
    uint64_t next = env->eip + env->insn_len;

    if (env->hflags & HF_CS64_MASK) {
        return next;
    }
    return env->hflags & HF_CS32_MASK ? (uint32_t)next : next & 0xffff;
}

/* EFLAGS as PUSHF would show it, lazy flags worked out. flags.c */
uint64_t cpu_compute_eflags(CPUX86State *env);

/* The six arithmetic flags alone (CC_*). */
uint32_t cpu_cc_compute(CPUX86State *env);

/*
 * Replaces the EFLAGS bits in @mask by those of @eflags; others, arithmetic
 * ones included, stay. Bit 1 stays set. Updates hflags where they depend on it.
 */
void cpu_load_eflags(CPUX86State *env, uint64_t eflags, uint64_t mask);

/* Sets all six arithmetic flags (CC_*) at once. */
static inline void cpu_set_cc(CPUX86State *env, uint32_t cc)
{
    env->cc_src = cc & CC_ALL;
    env->cc_op = CC_OP_EFLAGS;
}

/*
 * Works the mode out again (env->hflags but for the INHIBIT_IRQ, NMI and SMM
 * bits) from CR0, CR4, EFER, EFLAGS, CS and SS, and selects the TLB table.
 * CPL comes from SS.DPL (CS.RPL in real mode: 0; VM86: 3).
 */
void x86_update_hflags(CPUX86State *env);

/*
 * Loads a segment's hidden part and selector; no checks. @flags as in
 * SegmentCache. Calls x86_update_hflags() for CS and SS.
 */
void cpu_x86_load_seg_cache(CPUX86State *env, int seg, unsigned selector,
                            uint64_t base, uint32_t limit, uint32_t flags);

/*
 * Drop cached address translations: everything, everything but global pages,
 * or one page. CPU's own thread. mmu.c
 */
void x86_tlb_flush(CPUX86State *env);
void x86_tlb_flush_nonglobal(CPUX86State *env);
void x86_tlb_flush_page(CPUX86State *env, uint64_t addr);

/*
 * Stores a control register whose value was checked, with all consequences
 * for translation and mode (TLB, hflags, EFER.LMA). CR8 not included.
 */
void cpu_x86_update_cr0(CPUX86State *env, uint64_t value);
void cpu_x86_update_cr3(CPUX86State *env, uint64_t value);
void cpu_x86_update_cr4(CPUX86State *env, uint64_t value);

/* Hardware breakpoints changed (DR7 or DR0..3 written): decode again. */
void x86_breakpoints_changed(CPUX86State *env);

/* Time stamp counter: tsc_hz ticks a second of the virtual clock. */
uint64_t cpu_get_tsc(CPUX86State *env);

/* Holds address line 20 at zero or lets it go. Big lock. */
void x86_cpu_set_a20(X86CPU *cpu, bool line_passes);

/*
 * Start-up by the local APIC: INIT puts the CPU into its wait state, SIPI
 * makes a waiting CPU start at vector:0000. Any thread; served by the CPU.
 */
void x86_cpu_send_init(X86CPU *cpu);
void x86_cpu_send_sipi(X86CPU *cpu, uint8_t vector);

/* The CPU gives up: asks the machine for a reset. Does not return. */
void x86_cpu_triple_fault(CPUX86State *env) QEMU_NORETURN;

/* CPUID (cpuid.c, room cpusys): all four registers of a leaf. */
void cpu_x86_cpuid(CPUX86State *env, uint32_t index, uint32_t count,
                   uint32_t *eax, uint32_t *ebx,
                   uint32_t *ecx, uint32_t *edx);

#endif
