/*
 * The keyboard controller of a PC, and port 0x92: keyboard, mouse, the A20 gate
 * and the reset line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_INPUT_I8042_H
#define HW_INPUT_I8042_H

#include "hw/isa/isa.h"

#define TYPE_I8042 "i8042"
#define TYPE_PORT92 "port92"

/* Both have this output: 1 lets address line 20 through. */
#define I8042_A20_LINE "a20"
#define PORT92_A20_LINE I8042_A20_LINE

#endif
