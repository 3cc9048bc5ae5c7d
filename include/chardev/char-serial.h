/*
 * The requests that a serial port makes of its chardev beyond bytes: line
 * parameters, break and modem lines (qemu_chr_fe_ioctl).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_SERIAL_CHARDEV_H
#define HW_SERIAL_CHARDEV_H

#include "chardev/char.h"

#define CHR_IOCTL_SERIAL_SET_PARAMS   1     /* QEMUSerialSetParams */
#define CHR_IOCTL_SERIAL_SET_BREAK    2     /* int: on or off */
#define CHR_IOCTL_SERIAL_SET_TIOCM   13     /* int: CHR_TIOCM_* */
#define CHR_IOCTL_SERIAL_GET_TIOCM   14     /* int: CHR_TIOCM_* */

typedef struct {
    int speed;      /* bits a second */
    int parity;     /* 'N', 'E' or 'O' */
    int data_bits;
    int stop_bits;
} QEMUSerialSetParams;

#define CHR_TIOCM_CTS   0x020
#define CHR_TIOCM_CAR   0x040
#define CHR_TIOCM_DSR   0x100
#define CHR_TIOCM_RI    0x080
#define CHR_TIOCM_DTR   0x002
#define CHR_TIOCM_RTS   0x004

#endif
