/*
 * The host's x87 unit as an arithmetic engine. Knows nothing of the guest CPU:
 * it takes an FXSAVE image, does one instruction under the control word of
 * the image, and gives the image back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_X87_HOST_H
#define TARGET_I386_X87_HOST_H

/* The 64-bit FXSAVE image, as far as the x87 unit goes. */
typedef struct X87Image {
    uint16_t fcw;
    uint16_t fsw;
    uint8_t ftw;            /* one bit per physical register: in use */
    uint8_t reserved;
    uint16_t fop;
    uint64_t fip;
    uint64_t fdp;
    uint32_t mxcsr;
    uint32_t mxcsr_mask;
    struct {
        uint64_t mantissa;
        uint16_t exponent;
        uint16_t pad[3];
    } st[8];                /* ST(0) first */
    uint8_t xmm[256];
    uint8_t tail[96];
} __attribute__((aligned(16))) X87Image;

/*
 * Runs the instruction with escape byte 0xd8 + @escape on @image. @modrm with
 * mod == 3 names the register form; else only its reg field counts and the
 * memory operand is *@mem. @eflags goes in (FCMOVcc) and out (FCOMI). Unmasked
 * exceptions are left pending in image->fsw, as the processor does. Not for
 * instructions that look at pending exceptions or store control state.
 */
void x87_host_run(X87Image *image, unsigned escape, uint8_t modrm, void *mem,
                  uint64_t *eflags);

#endif
