/*
 * The -rtc option: where the guest's calendar starts and which clock it
 * follows. The clock chip is hw/rtc/mc146818rtc.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/option.h"
#include "qemu/timer.h"
#include "system/rtc.h"

QEMUClockType rtc_clock = QEMU_CLOCK_HOST;

typedef enum RtcBase { BASE_UTC, BASE_LOCALTIME, BASE_DATE } RtcBase;

static RtcBase rtc_base = BASE_UTC;
static int64_t date_offset_ns;      /* calendar minus rtc_clock */
static bool offset_known;

/* The host's local time as if it were UTC. */
static int64_t local_seconds(int64_t utc)
{
    time_t t = utc;
    struct tm tm;

    localtime_r(&t, &tm);
    return utc + tm.tm_gmtoff;
}

/*
 * Clocks other than the host's start at 0 or so: the date at which they were
 * first asked is put under them.
 */
int64_t rtc_base_ns(void)
{
    int64_t now = qemu_clock_get_ns(rtc_clock);

    if (!offset_known) {
        int64_t host = qemu_clock_get_ns(QEMU_CLOCK_HOST);
        int64_t utc = host / NANOSECONDS_PER_SECOND;
        int64_t zone = rtc_base == BASE_LOCALTIME ? local_seconds(utc) - utc
                                                  : 0;

        date_offset_ns = host + zone * NANOSECONDS_PER_SECOND - now;
        offset_known = true;
    }
    return now + date_offset_ns;
}

void qemu_get_timedate(struct tm *tm, time_t offset)
{
    time_t t = rtc_base_ns() / NANOSECONDS_PER_SECOND + offset;

    gmtime_r(&t, tm);
}

static bool parse_date(const char *text, int64_t *seconds)
{
    struct tm tm = { 0 };
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    if (!end || *end) {
        tm = (struct tm) { 0 };
        end = strptime(text, "%Y-%m-%d", &tm);
    }
    *seconds = timegm(&tm);
    return end && !*end;
}

static void set_base(const char *value)
{
    int64_t seconds;

    if (!strcmp(value, "utc")) {
        rtc_base = BASE_UTC;
    } else if (!strcmp(value, "localtime")) {
        rtc_base = BASE_LOCALTIME;
    } else if (parse_date(value, &seconds)) {
        rtc_base = BASE_DATE;
        date_offset_ns = seconds * NANOSECONDS_PER_SECOND -
                         qemu_clock_get_ns(rtc_clock);
        offset_known = true;
    } else {
        error_report("invalid datetime format '%s'; valid are utc, localtime, "
                     "'2006-06-17T16:01:21' and '2006-06-17'", value);
        exit(1);
    }
}

static void set_clock(const char *value)
{
    static const struct { const char *name; QEMUClockType type; } clocks[] = {
        { "host", QEMU_CLOCK_HOST }, { "rt", QEMU_CLOCK_REALTIME },
        { "vm", QEMU_CLOCK_VIRTUAL },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(clocks); i++) {
        if (!strcmp(value, clocks[i].name)) {
            rtc_clock = clocks[i].type;
            return;
        }
    }
    error_report("invalid option value '%s' for clock; valid are host, rt, vm",
                 value);
    exit(1);
}

void configure_rtc(QemuOpts *opts)
{
    const char *clock = qemu_opt_get(opts, "clock");
    const char *base = qemu_opt_get(opts, "base");
    const char *driftfix = qemu_opt_get(opts, "driftfix");

    if (clock) {                /* first: a date is counted on that clock */
        set_clock(clock);
    }
    if (base) {
        set_base(base);
    }
    if (driftfix && strcmp(driftfix, "none") && strcmp(driftfix, "slew")) {
        error_report("invalid option value '%s' for driftfix; valid are none, "
                     "slew", driftfix);
        exit(1);
    }
}
