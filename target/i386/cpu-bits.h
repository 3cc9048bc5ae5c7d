/*
 * Architectural numbers of the x86 processor: register indices, control bits,
 * exception vectors, model specific registers. No state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_CPU_BITS_H
#define TARGET_I386_CPU_BITS_H

enum {
    R_EAX, R_ECX, R_EDX, R_EBX, R_ESP, R_EBP, R_ESI, R_EDI,
    R_R8, R_R9, R_R10, R_R11, R_R12, R_R13, R_R14, R_R15,
};

enum {
    R_ES, R_CS, R_SS, R_DS, R_FS, R_GS,
    R_SEG_COUNT,
};

#define CC_C    0x0001u
#define CC_P    0x0004u
#define CC_A    0x0010u
#define CC_Z    0x0040u
#define CC_S    0x0080u
#define CC_O    0x0800u
#define CC_ALL  (CC_C | CC_P | CC_A | CC_Z | CC_S | CC_O)

#define TF_MASK     0x00000100u
#define IF_MASK     0x00000200u
#define DF_MASK     0x00000400u
#define IOPL_MASK   0x00003000u
#define IOPL_SHIFT  12
#define NT_MASK     0x00004000u
#define RF_MASK     0x00010000u
#define VM_MASK     0x00020000u
#define AC_MASK     0x00040000u
#define VIF_MASK    0x00080000u
#define VIP_MASK    0x00100000u
#define ID_MASK     0x00200000u

/*
 * Segment attributes as the second word of a descriptor holds them
 * (SegmentCache.flags); base and limit bits of that word are kept as read.
 */
#define DESC_A_MASK     (1u << 8)
#define DESC_W_MASK     (1u << 9)   /* data: writable */
#define DESC_R_MASK     (1u << 9)   /* code: readable */
#define DESC_E_MASK     (1u << 10)  /* data: expands down */
#define DESC_C_MASK     (1u << 10)  /* code: conforming */
#define DESC_CS_MASK    (1u << 11)  /* code segment */
#define DESC_S_MASK     (1u << 12)  /* code or data, not system */
#define DESC_TYPE_SHIFT 8
#define DESC_TYPE_MASK  (15u << DESC_TYPE_SHIFT)
#define DESC_TSS_BUSY   (1u << 9)
#define DESC_DPL_SHIFT  13
#define DESC_DPL_MASK   (3u << DESC_DPL_SHIFT)
#define DESC_P_MASK     (1u << 15)
#define DESC_AVL_MASK   (1u << 20)
#define DESC_L_MASK     (1u << 21)
#define DESC_B_MASK     (1u << 22)
#define DESC_G_MASK     (1u << 23)

#define CR0_PE_MASK     (1u << 0)
#define CR0_MP_MASK     (1u << 1)
#define CR0_EM_MASK     (1u << 2)
#define CR0_TS_MASK     (1u << 3)
#define CR0_ET_MASK     (1u << 4)
#define CR0_NE_MASK     (1u << 5)
#define CR0_WP_MASK     (1u << 16)
#define CR0_AM_MASK     (1u << 18)
#define CR0_NW_MASK     (1u << 29)
#define CR0_CD_MASK     (1u << 30)
#define CR0_PG_MASK     (1u << 31)

#define CR4_VME_MASK        (1u << 0)
#define CR4_PVI_MASK        (1u << 1)
#define CR4_TSD_MASK        (1u << 2)
#define CR4_DE_MASK         (1u << 3)
#define CR4_PSE_MASK        (1u << 4)
#define CR4_PAE_MASK        (1u << 5)
#define CR4_MCE_MASK        (1u << 6)
#define CR4_PGE_MASK        (1u << 7)
#define CR4_PCE_MASK        (1u << 8)
#define CR4_OSFXSR_MASK     (1u << 9)
#define CR4_OSXMMEXCPT_MASK (1u << 10)
#define CR4_UMIP_MASK       (1u << 11)
#define CR4_LA57_MASK       (1u << 12)
#define CR4_FSGSBASE_MASK   (1u << 16)
#define CR4_PCIDE_MASK      (1u << 17)
#define CR4_OSXSAVE_MASK    (1u << 18)
#define CR4_SMEP_MASK       (1u << 20)
#define CR4_SMAP_MASK       (1u << 21)

#define EXCP00_DIVZ     0
#define EXCP01_DB       1
#define EXCP02_NMI      2
#define EXCP03_INT3     3
#define EXCP04_INTO     4
#define EXCP05_BOUND    5
#define EXCP06_ILLOP    6
#define EXCP07_PREX     7
#define EXCP08_DBLE     8
#define EXCP09_XERR     9
#define EXCP0A_TSS      10
#define EXCP0B_NOSEG    11
#define EXCP0C_STACK    12
#define EXCP0D_GPF      13
#define EXCP0E_PAGE     14
#define EXCP10_COPR     16
#define EXCP11_ALGN     17
#define EXCP12_MCHK     18
#define EXCP13_SIMD     19

#define PG_PRESENT_MASK     (1ull << 0)
#define PG_RW_MASK          (1ull << 1)
#define PG_USER_MASK        (1ull << 2)
#define PG_PWT_MASK         (1ull << 3)
#define PG_PCD_MASK         (1ull << 4)
#define PG_ACCESSED_MASK    (1ull << 5)
#define PG_DIRTY_MASK       (1ull << 6)
#define PG_PSE_MASK         (1ull << 7)
#define PG_GLOBAL_MASK      (1ull << 8)
#define PG_NX_MASK          (1ull << 63)

#define PG_ERROR_P_MASK     0x01
#define PG_ERROR_W_MASK     0x02
#define PG_ERROR_U_MASK     0x04
#define PG_ERROR_RSVD_MASK  0x08
#define PG_ERROR_I_D_MASK   0x10

#define MSR_IA32_TSC            0x10
#define MSR_IA32_APICBASE       0x1b
#define MSR_IA32_APICBASE_BSP       (1u << 8)
#define MSR_IA32_APICBASE_EXTD      (1u << 10)
#define MSR_IA32_APICBASE_ENABLE    (1u << 11)
#define MSR_TSC_ADJUST          0x3b
#define MSR_IA32_UCODE_REV      0x8b
#define MSR_MTRRcap             0xfe
#define MSR_IA32_SYSENTER_CS    0x174
#define MSR_IA32_SYSENTER_ESP   0x175
#define MSR_IA32_SYSENTER_EIP   0x176
#define MSR_MCG_CAP             0x179
#define MSR_MCG_STATUS          0x17a
#define MSR_IA32_MISC_ENABLE    0x1a0
#define MSR_MTRRphysBase(n)     (0x200 + 2 * (n))
#define MSR_MTRRphysMask(n)     (0x201 + 2 * (n))
#define MSR_MTRRfix64K_00000    0x250
#define MSR_MTRRfix16K_80000    0x258
#define MSR_MTRRfix16K_A0000    0x259
#define MSR_MTRRfix4K_C0000     0x268
#define MSR_MTRRfix4K_F8000     0x26f
#define MSR_PAT                 0x277
#define MSR_MTRRdefType         0x2ff
#define MSR_IA32_TSCDEADLINE    0x6e0
#define MSR_EFER                0xc0000080
#define MSR_EFER_SCE    (1u << 0)
#define MSR_EFER_LME    (1u << 8)
#define MSR_EFER_LMA    (1u << 10)
#define MSR_EFER_NXE    (1u << 11)
#define MSR_EFER_SVME   (1u << 12)
#define MSR_EFER_FFXSR  (1u << 14)
#define MSR_STAR                0xc0000081
#define MSR_LSTAR               0xc0000082
#define MSR_CSTAR               0xc0000083
#define MSR_FMASK               0xc0000084
#define MSR_FSBASE              0xc0000100
#define MSR_GSBASE              0xc0000101
#define MSR_KERNELGSBASE        0xc0000102
#define MSR_TSC_AUX             0xc0000103

#define DR6_BD          (1u << 13)
#define DR6_BS          (1u << 14)
#define DR6_BT          (1u << 15)
#define DR6_FIXED_1     0xffff0ff0u
#define DR7_GD          (1u << 13)
#define DR7_FIXED_1     0x00000400u

/* FeatureWord: rows of CPUX86State.features[]. */
typedef enum FeatureWord {
    FEAT_1_EDX,             /* CPUID[1].EDX */
    FEAT_1_ECX,
    FEAT_7_0_EBX,           /* CPUID[7,0].EBX */
    FEAT_7_0_ECX,
    FEAT_7_0_EDX,
    FEAT_8000_0001_EDX,     /* CPUID[8000_0001].EDX */
    FEAT_8000_0001_ECX,
    FEAT_8000_0007_EDX,
    FEAT_8000_0008_EBX,
    FEATURE_WORDS,
} FeatureWord;

/* CPUID[1].EDX */
#define CPUID_FP87      (1u << 0)
#define CPUID_VME       (1u << 1)
#define CPUID_DE        (1u << 2)
#define CPUID_PSE       (1u << 3)
#define CPUID_TSC       (1u << 4)
#define CPUID_MSR       (1u << 5)
#define CPUID_PAE       (1u << 6)
#define CPUID_MCE       (1u << 7)
#define CPUID_CX8       (1u << 8)
#define CPUID_APIC      (1u << 9)
#define CPUID_SEP       (1u << 11)
#define CPUID_MTRR      (1u << 12)
#define CPUID_PGE       (1u << 13)
#define CPUID_MCA       (1u << 14)
#define CPUID_CMOV      (1u << 15)
#define CPUID_PAT       (1u << 16)
#define CPUID_PSE36     (1u << 17)
#define CPUID_CLFLUSH   (1u << 19)
#define CPUID_MMX       (1u << 23)
#define CPUID_FXSR      (1u << 24)
#define CPUID_SSE       (1u << 25)
#define CPUID_SSE2      (1u << 26)
#define CPUID_HT        (1u << 28)
/* CPUID[1].ECX */
#define CPUID_EXT_SSE3      (1u << 0)
#define CPUID_EXT_PCLMULQDQ (1u << 1)
#define CPUID_EXT_MONITOR   (1u << 3)
#define CPUID_EXT_SSSE3     (1u << 9)
#define CPUID_EXT_CX16      (1u << 13)
#define CPUID_EXT_SSE41     (1u << 19)
#define CPUID_EXT_SSE42     (1u << 20)
#define CPUID_EXT_X2APIC    (1u << 21)
#define CPUID_EXT_MOVBE     (1u << 22)
#define CPUID_EXT_POPCNT    (1u << 23)
#define CPUID_EXT_TSC_DEADLINE_TIMER (1u << 24)
#define CPUID_EXT_AES       (1u << 25)
#define CPUID_EXT_XSAVE     (1u << 26)
#define CPUID_EXT_RDRAND    (1u << 30)
#define CPUID_EXT_HYPERVISOR (1u << 31)
/* CPUID[7,0].EBX */
#define CPUID_7_0_EBX_FSGSBASE  (1u << 0)
#define CPUID_7_0_EBX_BMI1      (1u << 3)
#define CPUID_7_0_EBX_SMEP      (1u << 7)
#define CPUID_7_0_EBX_BMI2      (1u << 8)
#define CPUID_7_0_EBX_ERMS      (1u << 9)
#define CPUID_7_0_EBX_RDSEED    (1u << 18)
#define CPUID_7_0_EBX_ADX       (1u << 19)
#define CPUID_7_0_EBX_SMAP      (1u << 20)
#define CPUID_7_0_EBX_CLFLUSHOPT (1u << 23)
/* CPUID[7,0].ECX */
#define CPUID_7_0_ECX_UMIP      (1u << 2)
#define CPUID_7_0_ECX_RDPID     (1u << 22)
/* CPUID[8000_0001] */
#define CPUID_EXT2_SYSCALL  (1u << 11)
#define CPUID_EXT2_NX       (1u << 20)
#define CPUID_EXT2_MMXEXT   (1u << 22)
#define CPUID_EXT2_FFXSR    (1u << 25)
#define CPUID_EXT2_PDPE1GB  (1u << 26)
#define CPUID_EXT2_RDTSCP   (1u << 27)
#define CPUID_EXT2_LM       (1u << 29)
#define CPUID_EXT3_LAHF_LM  (1u << 0)
#define CPUID_EXT3_CMP_LEG  (1u << 1)
#define CPUID_EXT3_CR8LEG   (1u << 4)
#define CPUID_EXT3_ABM      (1u << 5)   /* LZCNT */
#define CPUID_EXT3_3DNOWPREFETCH (1u << 8)

#endif
