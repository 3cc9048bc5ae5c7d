/*
 * Runs single x87 instructions on the host. Owns the table of instruction
 * stubs and the switch into and out of a guest's register image; what may be
 * run, operand access and pending exceptions are the caller's (fpu-x87.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "x87-host.h"

/*
 * One stub of four bytes per instruction: eight escapes with 64 register forms
 * and eight memory forms (operand at %rsi) each.
 */
#define STUB_BYTES 4
#define STUBS_PER_ESCAPE 72

asm(".pushsection .text\n"
    ".balign 16\n"
    "x87_host_stubs:\n"
    ".set esc, 0xd8\n"
    ".rept 8\n"
    "  .set m, 0xc0\n"
    "  .rept 64\n"
    "    .byte esc, m, 0xc3, 0x90\n"
    "    .set m, m + 1\n"
    "  .endr\n"
    "  .set m, 0x06\n"
    "  .rept 8\n"
    "    .byte esc, m, 0xc3, 0x90\n"
    "    .set m, m + 8\n"
    "  .endr\n"
    "  .set esc, esc + 1\n"
    ".endr\n"
    /*
     * x87_host_enter(image, mem, stub, eflags): FXSAVE and FNINIT do not wait,
     * so an exception that the stub left pending never becomes a signal.
     */
    ".balign 16\n"
    ".type x87_host_enter, @function\n"
    "x87_host_enter:\n"
    "  .cfi_startproc\n"
    "  fxrstor64 (%rdi)\n"
    "  call *%rdx\n"
    "  fxsave64 (%rdi)\n"
    "  fninit\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size x87_host_enter, . - x87_host_enter\n"
    ".balign 16\n"
    ".type x87_host_enter_flags, @function\n"
    "x87_host_enter_flags:\n"
    "  .cfi_startproc\n"
    "  fxrstor64 (%rdi)\n"
    "  push %rcx\n"
    "  .cfi_adjust_cfa_offset 8\n"
    "  popfq\n"
    "  .cfi_adjust_cfa_offset -8\n"
    "  call *%rdx\n"
    "  pushfq\n"
    "  .cfi_adjust_cfa_offset 8\n"
    "  pop %rax\n"
    "  .cfi_adjust_cfa_offset -8\n"
    "  fxsave64 (%rdi)\n"
    "  fninit\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size x87_host_enter_flags, . - x87_host_enter_flags\n"
    ".popsection\n");

extern const uint8_t x87_host_stubs[];
void x87_host_enter(X87Image *image, void *mem, const void *stub);
uint64_t x87_host_enter_flags(X87Image *image, void *mem, const void *stub,
                              uint64_t eflags);

/* The flags that FCMOVcc reads and FCOMI writes; the rest stays the host's. */
#define X87_EFLAGS_MASK 0x8d5u
#define HOST_EFLAGS 0x202u

static bool moves_eflags(unsigned escape, uint8_t modrm)
{
    unsigned reg = modrm >> 3 & 7;

    if (modrm < 0xc0) {
        return false;
    }
    if (escape == 2 || escape == 3) {
        return reg < 4 || (escape == 3 && (reg == 5 || reg == 6));
    }
    return escape == 7 && (reg == 5 || reg == 6);
}

void x87_host_run(X87Image *image, unsigned escape, uint8_t modrm, void *mem,
                  uint64_t *eflags)
{
    unsigned index = escape * STUBS_PER_ESCAPE +
                     (modrm >= 0xc0 ? modrm - 0xc0u : 64u + (modrm >> 3 & 7));
    const void *stub = x87_host_stubs + index * STUB_BYTES;

    image->mxcsr = 0x1f80;
    if (moves_eflags(escape, modrm)) {
        uint64_t in = (*eflags & X87_EFLAGS_MASK) | HOST_EFLAGS;
        uint64_t out = x87_host_enter_flags(image, mem, stub, in);

        *eflags = (*eflags & ~(uint64_t)X87_EFLAGS_MASK) |
                  (out & X87_EFLAGS_MASK);
    } else {
        x87_host_enter(image, mem, stub);
    }
}
