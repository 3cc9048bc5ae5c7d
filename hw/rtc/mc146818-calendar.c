/*
 * The date registers of an MC146818: BCD or binary, 12 or 24 hours, century,
 * alarm. Time itself and interrupts are in mc146818rtc.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/rtc/mc146818rtc.h"

#define DAY_SECONDS 86400
#define PM_BIT 0x80
#define DONT_CARE 0xc0          /* an alarm byte from here on matches always */

static uint8_t encode(const uint8_t *cmos, unsigned value)
{
    return cmos[RTC_REG_B] & REG_B_DM ? value :
                                        value / 10 % 10 << 4 | value % 10;
}

static unsigned decode(const uint8_t *cmos, uint8_t reg)
{
    return cmos[RTC_REG_B] & REG_B_DM ? reg : (reg >> 4) * 10 + (reg & 15);
}

static uint8_t encode_hour(const uint8_t *cmos, unsigned hour)
{
    if (cmos[RTC_REG_B] & REG_B_24H) {
        return encode(cmos, hour);
    }
    return encode(cmos, (hour + 11) % 12 + 1) | (hour >= 12 ? PM_BIT : 0);
}

static unsigned decode_hour(const uint8_t *cmos, uint8_t reg)
{
    if (cmos[RTC_REG_B] & REG_B_24H) {
        return decode(cmos, reg);
    }
    return decode(cmos, reg & ~PM_BIT) % 12 + (reg & PM_BIT ? 12 : 0);
}

void rtc_registers_from_seconds(uint8_t cmos[RTC_CMOS_BYTES], int64_t seconds)
{
    time_t t = seconds;
    struct tm tm = { 0 };
    unsigned year;

    gmtime_r(&t, &tm);
    year = tm.tm_year + 1900;
    cmos[RTC_SECONDS] = encode(cmos, tm.tm_sec);
    cmos[RTC_MINUTES] = encode(cmos, tm.tm_min);
    cmos[RTC_HOURS] = encode_hour(cmos, tm.tm_hour);
    cmos[RTC_DAY_OF_WEEK] = encode(cmos, tm.tm_wday + 1);
    cmos[RTC_DAY_OF_MONTH] = encode(cmos, tm.tm_mday);
    cmos[RTC_MONTH] = encode(cmos, tm.tm_mon + 1);
    cmos[RTC_YEAR] = encode(cmos, year % 100);
    cmos[RTC_CENTURY] = encode(cmos, year / 100 % 100);
}

int64_t rtc_seconds_from_registers(const uint8_t cmos[RTC_CMOS_BYTES])
{
    struct tm tm = {
        .tm_sec = decode(cmos, cmos[RTC_SECONDS]),
        .tm_min = decode(cmos, cmos[RTC_MINUTES]),
        .tm_hour = decode_hour(cmos, cmos[RTC_HOURS]),
        .tm_mday = decode(cmos, cmos[RTC_DAY_OF_MONTH]),
        .tm_mon = (int)decode(cmos, cmos[RTC_MONTH]) - 1,
        .tm_year = decode(cmos, cmos[RTC_CENTURY]) * 100 +
                   decode(cmos, cmos[RTC_YEAR]) - 1900,
    };

    return timegm(&tm);
}

int64_t rtc_next_alarm(const uint8_t cmos[RTC_CMOS_BYTES], int64_t seconds)
{
    uint8_t hour_reg = cmos[RTC_HOURS_ALARM];
    uint8_t minute_reg = cmos[RTC_MINUTES_ALARM];
    uint8_t second_reg = cmos[RTC_SECONDS_ALARM];
    unsigned hour = decode_hour(cmos, hour_reg);
    unsigned minute = decode(cmos, minute_reg);
    unsigned second = decode(cmos, second_reg);
    int64_t t = seconds + 1, end = t + DAY_SECONDS;

    while (t < end) {
        unsigned in_day = (t % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS;

        if (hour_reg < DONT_CARE && in_day / 3600 != hour) {
            t += 3600 - in_day % 3600;
        } else if (minute_reg < DONT_CARE && in_day / 60 % 60 != minute) {
            t += 60 - in_day % 60;
        } else if (second_reg < DONT_CARE && in_day % 60 != second) {
            t++;
        } else {
            return t;
        }
    }
    return INT64_MAX;           /* an alarm at 27:61 never comes */
}
