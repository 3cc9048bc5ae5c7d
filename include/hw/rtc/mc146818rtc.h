/*
 * The MC146818 real-time clock with its 128 bytes of CMOS memory, ports
 * 0x70/0x71, ISA line 8.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_RTC_MC146818RTC_H
#define HW_RTC_MC146818RTC_H

#include "hw/isa/isa.h"

#define TYPE_MC146818_RTC "mc146818rtc"
OBJECT_DECLARE_SIMPLE_TYPE(MC146818RtcState, MC146818_RTC)

#define RTC_CMOS_BYTES 128

/* Register numbers and the bits of registers A to D. */
enum {
    RTC_SECONDS = 0, RTC_SECONDS_ALARM = 1, RTC_MINUTES = 2,
    RTC_MINUTES_ALARM = 3, RTC_HOURS = 4, RTC_HOURS_ALARM = 5,
    RTC_DAY_OF_WEEK = 6, RTC_DAY_OF_MONTH = 7, RTC_MONTH = 8, RTC_YEAR = 9,
    RTC_REG_A = 10, RTC_REG_B = 11, RTC_REG_C = 12, RTC_REG_D = 13,
    RTC_CENTURY = 0x32,
    REG_A_UIP = 0x80,
    REG_B_SET = 0x80, REG_B_PIE = 0x40, REG_B_AIE = 0x20, REG_B_UIE = 0x10,
    REG_B_SQWE = 0x08, REG_B_DM = 0x04, REG_B_24H = 0x02,
    REG_C_IRQF = 0x80, REG_C_PF = 0x40, REG_C_AF = 0x20, REG_C_UF = 0x10,
};

/*
 * The clock's date registers in the format that register B asks for, both ways.
 * seconds: since 1970 in the clock's own calendar. Any register contents give
 * some date.
 */
void rtc_registers_from_seconds(uint8_t cmos[RTC_CMOS_BYTES], int64_t seconds);
int64_t rtc_seconds_from_registers(const uint8_t cmos[RTC_CMOS_BYTES]);
/* The first second after `seconds` at which the alarm registers match. */
int64_t rtc_next_alarm(const uint8_t cmos[RTC_CMOS_BYTES], int64_t seconds);

/*
 * Make the clock on bus. intercept_irq takes the place of ISA line 8 unless
 * NULL. base_year is for guests that count years from another one than 1900.
 */
MC146818RtcState *mc146818_rtc_init(ISABus *bus, int base_year,
                                    qemu_irq intercept_irq);
/* CMOS memory as firmware's set-up program leaves it; addr below 128. */
void mc146818rtc_set_cmos_data(MC146818RtcState *s, int addr, int val);
int mc146818rtc_get_cmos_data(MC146818RtcState *s, int addr);

#endif
