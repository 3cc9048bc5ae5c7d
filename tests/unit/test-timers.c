/*
 * The i8254's counters on a clock turned by hand, and the MC146818's calendar.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/rtc/mc146818rtc.h"
#include "hw/timer/i8254.h"

/* A counter in mode with count loaded at tick now, low byte then high. */
static PITCounter loaded(unsigned mode, unsigned count, uint64_t now)
{
    PITCounter c;

    pit_counter_reset(&c, true);
    pit_counter_control(&c, 0x30 | mode << 1, now);
    pit_counter_write(&c, count & 0xff, now);
    pit_counter_write(&c, count >> 8, now);
    return c;
}

static unsigned read_count(PITCounter *c, uint64_t now)
{
    unsigned low;

    pit_counter_latch_count(c, now);
    low = pit_counter_read(c, now + 7);     /* the latch holds it */
    return low | pit_counter_read(c, now + 9) << 8;
}

static void unloaded_counters_are_silent(void)
{
    PITCounter c;

    pit_counter_reset(&c, true);
    g_assert_cmpuint(pit_counter_next_rise(&c, 1000), ==, PIT_NEVER);
    pit_counter_control(&c, 0x34, 5);
    g_assert_cmpuint(pit_counter_next_rise(&c, 1000), ==, PIT_NEVER);
}

static void terminal_count_rises_once(void)
{
    PITCounter c = loaded(0, 100, 1000);

    g_assert_false(pit_counter_out(&c, 1099));
    g_assert_true(pit_counter_out(&c, 1100));
    g_assert_cmpuint(pit_counter_next_rise(&c, 1000), ==, 1100);
    g_assert_cmpuint(pit_counter_next_rise(&c, 1100), ==, PIT_NEVER);
    g_assert_cmpuint(read_count(&c, 1040), ==, 60);
    g_assert_cmpuint(read_count(&c, 1101), ==, 0xffff);
}

static void the_gate_holds_a_terminal_count(void)
{
    PITCounter c = loaded(0, 100, 0);

    pit_counter_set_gate(&c, false, 30);
    g_assert_cmpuint(read_count(&c, 500), ==, 70);
    g_assert_cmpuint(pit_counter_next_rise(&c, 500), ==, PIT_NEVER);
    pit_counter_set_gate(&c, true, 1000);
    g_assert_true(pit_counter_out(&c, 1070));
    g_assert_false(pit_counter_out(&c, 1069));
}

static void a_one_shot_waits_for_its_gate(void)
{
    PITCounter c;

    pit_counter_reset(&c, false);
    pit_counter_control(&c, 0x12, 0);
    pit_counter_write(&c, 50, 3);
    g_assert_true(pit_counter_out(&c, 10));
    pit_counter_set_gate(&c, true, 20);
    g_assert_false(pit_counter_out(&c, 21));
    g_assert_cmpuint(pit_counter_next_rise(&c, 21), ==, 70);
    pit_counter_set_gate(&c, false, 30);
    pit_counter_set_gate(&c, true, 40);         /* starts anew */
    g_assert_cmpuint(pit_counter_next_rise(&c, 41), ==, 90);
}

static void rate_and_square_repeat(void)
{
    PITCounter rate = loaded(2, 10, 100), square = loaded(3, 10, 100);

    g_assert_cmpuint(pit_counter_next_rise(&rate, 100), ==, 110);
    g_assert_cmpuint(pit_counter_next_rise(&rate, 110), ==, 120);
    g_assert_cmpuint(pit_counter_next_rise(&rate, 10005), ==, 10010);
    g_assert_false(pit_counter_out(&rate, 109));
    g_assert_true(pit_counter_out(&rate, 108));
    g_assert_cmpuint(read_count(&rate, 103), ==, 7);
    g_assert_true(pit_counter_out(&square, 104));
    g_assert_false(pit_counter_out(&square, 105));
    g_assert_cmpuint(read_count(&square, 101), ==, 8);
    g_assert_cmpuint(read_count(&square, 105), ==, 10);
}

static void a_strobe_is_one_tick_long(void)
{
    PITCounter c = loaded(4, 20, 0);

    g_assert_true(pit_counter_out(&c, 19));
    g_assert_false(pit_counter_out(&c, 20));
    g_assert_true(pit_counter_out(&c, 21));
    g_assert_cmpuint(pit_counter_next_rise(&c, 0), ==, 21);
}

static void zero_means_the_most(void)
{
    PITCounter c = loaded(2, 0, 0);

    g_assert_cmpuint(pit_counter_next_rise(&c, 0), ==, 65536);
    g_assert_cmpuint(read_count(&c, 0), ==, 0);
    pit_counter_control(&c, 0x35, 0);           /* BCD */
    pit_counter_write(&c, 0, 0);
    pit_counter_write(&c, 0, 0);
    g_assert_cmpuint(pit_counter_next_rise(&c, 0), ==, 10000);
    g_assert_cmphex(read_count(&c, 1), ==, 0x9999);
}

static void read_back_shows_the_status_first(void)
{
    PITCounter c = loaded(2, 0x1234, 0);

    pit_counter_latch_count(&c, 1);
    pit_counter_latch_status(&c, 1);
    g_assert_cmphex(pit_counter_read(&c, 2), ==, 0x80 | 0x30 | 2 << 1);
    g_assert_cmphex(pit_counter_read(&c, 3), ==, 0x33);
    g_assert_cmphex(pit_counter_read(&c, 4), ==, 0x12);
}

/* Any sequence of writes keeps every answer defined and in the future. */
static void random_writes_do_no_harm(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    uint64_t now = 0;
    PITCounter c;

    pit_counter_reset(&c, true);
    for (unsigned i = 0; i < 500000; i++) {
        uint8_t value = g_rand_int(rand);
        uint64_t rise;

        now += g_rand_int_range(rand, 0, 100000);
        switch (g_rand_int_range(rand, 0, 6)) {
        case 0:
            pit_counter_control(&c, value & 0x3f, now);
            break;
        case 1:
            pit_counter_set_gate(&c, value & 1, now);
            break;
        case 2:
            pit_counter_latch_status(&c, now);
            break;
        case 3:
            pit_counter_read(&c, now);
            break;
        default:
            pit_counter_write(&c, value, now);
            break;
        }
        pit_counter_out(&c, now);
        rise = pit_counter_next_rise(&c, now);
        g_assert_cmpuint(rise, >, now);
    }
}

/* ---- the calendar ---- */

static void dates_go_both_ways(void)
{
    static const uint8_t formats[] = { 0, REG_B_24H, REG_B_DM,
                                       REG_B_24H | REG_B_DM };
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);

    for (unsigned i = 0; i < 20000; i++) {
        int64_t seconds = (int64_t)g_rand_int(rand) * 2 - 2000000000;
        uint8_t cmos[RTC_CMOS_BYTES] = { 0 };

        cmos[RTC_REG_B] = formats[i % ARRAY_SIZE(formats)];
        rtc_registers_from_seconds(cmos, seconds);
        g_assert_cmpint(rtc_seconds_from_registers(cmos), ==, seconds);
    }
}

static void formats_are_as_documented(void)
{
    uint8_t cmos[RTC_CMOS_BYTES] = { 0 };
    int64_t afternoon = 1700000000;     /* Tuesday 2023-11-14 22:13:20 */

    cmos[RTC_REG_B] = REG_B_24H;
    rtc_registers_from_seconds(cmos, afternoon);
    g_assert_cmphex(cmos[RTC_HOURS], ==, 0x22);
    g_assert_cmphex(cmos[RTC_MINUTES], ==, 0x13);
    g_assert_cmphex(cmos[RTC_SECONDS], ==, 0x20);
    g_assert_cmphex(cmos[RTC_YEAR], ==, 0x23);
    g_assert_cmphex(cmos[RTC_CENTURY], ==, 0x20);
    g_assert_cmphex(cmos[RTC_DAY_OF_WEEK], ==, 3);
    cmos[RTC_REG_B] = 0;
    rtc_registers_from_seconds(cmos, afternoon);
    g_assert_cmphex(cmos[RTC_HOURS], ==, 0x90);
    cmos[RTC_REG_B] = REG_B_DM;
    rtc_registers_from_seconds(cmos, afternoon - 10 * 3600);
    g_assert_cmphex(cmos[RTC_HOURS], ==, 0x80 | 12);
}

static void alarms_come_when_they_match(void)
{
    uint8_t cmos[RTC_CMOS_BYTES] = { [RTC_REG_B] = REG_B_24H };
    int64_t midnight = 1700006400;

    cmos[RTC_HOURS_ALARM] = 0x07;
    cmos[RTC_MINUTES_ALARM] = 0x30;
    g_assert_cmpint(rtc_next_alarm(cmos, midnight), ==,
                    midnight + 7 * 3600 + 1800);
    g_assert_cmpint(rtc_next_alarm(cmos, midnight + 7 * 3600 + 1800), ==,
                    midnight + 86400 + 7 * 3600 + 1800);
    cmos[RTC_HOURS_ALARM] = 0xff;
    g_assert_cmpint(rtc_next_alarm(cmos, midnight + 9 * 3600), ==,
                    midnight + 9 * 3600 + 1800);
    cmos[RTC_MINUTES_ALARM] = cmos[RTC_SECONDS_ALARM] = 0xff;
    g_assert_cmpint(rtc_next_alarm(cmos, midnight), ==, midnight + 1);
    cmos[RTC_SECONDS_ALARM] = 0x75;
    g_assert_cmpint(rtc_next_alarm(cmos, midnight), ==, INT64_MAX);
}

static void any_registers_give_some_date(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    uint8_t cmos[RTC_CMOS_BYTES];

    for (unsigned i = 0; i < 20000; i++) {
        int64_t next;

        for (unsigned n = 0; n < sizeof(cmos); n++) {
            cmos[n] = g_rand_int(rand);
        }
        rtc_seconds_from_registers(cmos);
        next = rtc_next_alarm(cmos, (int32_t)g_rand_int(rand));
        g_assert_cmpint(next, >, INT32_MIN);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pit/unloaded", unloaded_counters_are_silent);
    g_test_add_func("/pit/mode-0", terminal_count_rises_once);
    g_test_add_func("/pit/mode-0-gate", the_gate_holds_a_terminal_count);
    g_test_add_func("/pit/mode-1", a_one_shot_waits_for_its_gate);
    g_test_add_func("/pit/mode-2-3", rate_and_square_repeat);
    g_test_add_func("/pit/mode-4", a_strobe_is_one_tick_long);
    g_test_add_func("/pit/zero", zero_means_the_most);
    g_test_add_func("/pit/read-back", read_back_shows_the_status_first);
    g_test_add_func("/pit/random", random_writes_do_no_harm);
    g_test_add_func("/rtc/both-ways", dates_go_both_ways);
    g_test_add_func("/rtc/formats", formats_are_as_documented);
    g_test_add_func("/rtc/alarm", alarms_come_when_they_match);
    g_test_add_func("/rtc/random", any_registers_give_some_date);
    return g_test_run();
}
