/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "caus/telemetry.h"
#include "test.h"

static const int64_t second_ns = INT64_C(1000000000);
static const int64_t now_ns = INT64_C(1761706800) * 1000000000; /* 03:00:00Z */

static void expect_time_in_zone(const char *text, int32_t zone_minutes,
                                const char *expected)
{
    int64_t time_ns = -77;
    caus_error error;
    char made[40];
    if (caus_time_parse(text, now_ns, zone_minutes, &time_ns, &error) !=
        CAUS_OK)
        fail_msg("'%s': %s", text, error.message);
    caus_time_format(time_ns, made);
    if (strcmp(made, expected) != 0)
        fail_msg("'%s' gives %s, not %s", text, made, expected);
}

static void expect_time(const char *text, const char *expected)
{
    expect_time_in_zone(text, INT32_MIN, expected);
}

static void expect_fault(const char *text, const char *says)
{
    int64_t time_ns = -77;
    caus_error error;
    if (caus_time_parse(text, now_ns, INT32_MIN, &time_ns, &error) !=
        CAUS_ERR_INVALID_ARGUMENT)
        fail_msg("'%s' was taken", text);
    if (!strstr(error.message, says))
        fail_msg("'%s' does not say '%s'", error.message, says);
    assert_int_equal(time_ns, -77);
    assert_int_equal(caus_time_parse(text, now_ns, INT32_MIN, &time_ns, NULL),
                     CAUS_ERR_INVALID_ARGUMENT);
}

static void rfc_3339_times_are_read_with_their_zone(void **state)
{
    (void)state;
    expect_time("2025-10-29T03:00:00Z", "2025-10-29T03:00:00Z");
    expect_time("2025-10-29t03:00:00z", "2025-10-29T03:00:00Z");
    expect_time("2025-10-29 03:00:00+00:00", "2025-10-29T03:00:00Z");
    expect_time("2025-10-29T05:30:00+02:30", "2025-10-29T03:00:00Z");
    expect_time("2025-10-28T20:00:00-0700", "2025-10-29T03:00:00Z");
    expect_time("2025-10-29T03:00Z", "2025-10-29T03:00:00Z");
    expect_time("2025-10-29 03:00:00 UTC", "2025-10-29T03:00:00Z");
    expect_time("2025-10-29T03:00UTC", "2025-10-29T03:00:00Z");
    expect_time("  2025-10-29Z\t", "2025-10-29T00:00:00Z");
    expect_time("2025-10-29T03:00:00.25Z", "2025-10-29T03:00:00.250Z");
    expect_time("2025-10-29T03:00:00.123456789999Z",
                "2025-10-29T03:00:00.123456789Z");
}

static void leap_days_leap_seconds_and_far_years_are_counted(void **state)
{
    (void)state;
    expect_time("2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z");
    expect_time("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z");
    expect_time("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z");
    expect_time("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z");
    expect_time("1678-01-01T00:00:00Z", "1678-01-01T00:00:00Z");
    expect_time("2261-12-31T23:59:59Z", "2261-12-31T23:59:59Z");
    expect_time("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z");
    expect_time("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00Z");
    expect_fault("2023-02-29T12:00:00Z", "2023-02-29");
    expect_fault("1900-02-29T12:00:00Z", "1900-02-29");
    expect_fault("2025-04-31T00:00:00Z", "2025-04-31");
    expect_fault("2025-13-01T00:00:00Z", "no such date");
    expect_fault("2025-00-01T00:00:00Z", "no such date");
    expect_fault("1677-12-31T00:00:00Z", "1678 to 2261");
    expect_fault("2262-01-01T00:00:00Z", "1678 to 2261");
    expect_fault("2025-10-29T24:00:00Z", "hours 00 to 23");
    expect_fault("2025-10-29T03:60:00Z", "2025-10-29T03:60");
    expect_fault("2025-10-29T03:00:60Z", "2025-10-29T03:00:60Z");
    expect_fault("2025-10-29T03:00:00+24:00", "+24:00");
    expect_fault("2025-10-29T03:00:00Zulu", "Zulu");
    expect_fault("2025-10-29T03:00:00.Z", "00.Z");
}

/* Every day from 1678 to 2261 is the day after the one before. */
static void dates_follow_each_other_without_gaps(void **state)
{
    (void)state;
    int64_t before_ns = 0;
    time_t day = INT64_C(-9214560000); /* 1678-01-01 */
    for (int i = 0; i < 213300; i += 13, day += 13 * 86400) {
        struct tm parts;
        char text[40];
        assert_non_null(gmtime_r(&day, &parts));
        strftime(text, sizeof text, "%Y-%m-%dT00:00:00Z", &parts);
        int64_t time_ns = 0;
        assert_int_equal(
            caus_time_parse(text, now_ns, INT32_MIN, &time_ns, NULL), CAUS_OK);
        assert_int_equal(time_ns, day * second_ns);
        assert_true(i == 0 || time_ns == before_ns + 13 * 86400 * second_ns);
        before_ns = time_ns;
    }
}

static void unix_seconds_may_have_decimals(void **state)
{
    (void)state;
    expect_time("1761706800", "2025-10-29T03:00:00Z");
    expect_time("1761706800.123456789", "2025-10-29T03:00:00.123456789Z");
    expect_time("1761706800.1", "2025-10-29T03:00:00.100Z");
    expect_time("-1.5", "1969-12-31T23:59:58.500Z");
    expect_time("0", "1970-01-01T00:00:00Z");
    expect_fault("1761706800000", "milliseconds");
    expect_fault("99999999999999999999999", "no unix time");
    expect_fault("-", "no unix time");
    expect_fault("1.2.3", "no unix time");
}

static void times_back_from_now_are_read(void **state)
{
    (void)state;
    expect_time("now", "2025-10-29T03:00:00Z");
    expect_time("now-2h", "2025-10-29T01:00:00Z");
    expect_time("now - 1h30m", "2025-10-29T01:30:00Z");
    expect_time("now+250ms", "2025-10-29T03:00:00.250Z");
    expect_time("2h", "2025-10-29T01:00:00Z");
    expect_time("1w", "2025-10-22T03:00:00Z");
    expect_time("1.5h", "2025-10-29T01:30:00Z");
    expect_fault("now/d", "rounds");
    expect_fault("now-1d/d", "rounds");
    expect_fault("now-", "is no time");
    expect_fault("nowhere", "is no time");
    expect_fault("now-2", "is no time");
    expect_fault("2 parsecs", "is no time");
    expect_fault("yesterday", "is no time");
    expect_fault("", "empty");
    expect_fault("999999w", "is no time");
}

static void a_time_of_day_is_the_last_such_time(void **state)
{
    (void)state;
    expect_time("02:59Z", "2025-10-29T02:59:00Z");
    expect_time("03:00Z", "2025-10-29T03:00:00Z");
    expect_time("03:00:01Z", "2025-10-28T03:00:01Z");
    expect_time("03:40Z", "2025-10-28T03:40:00Z");
    expect_time("04:30+02:00", "2025-10-29T02:30:00Z");
    expect_time_in_zone("03:40", 60, "2025-10-29T02:40:00Z");
    expect_time_in_zone("03:40", 0, "2025-10-28T03:40:00Z");
    expect_time_in_zone("23:00", -330, "2025-10-28T04:30:00Z");
    expect_fault("25:00Z", "hours 00 to 23");
    expect_fault("3:40Z", "3:40Z");
}

static void a_given_zone_reads_times_without_one(void **state)
{
    (void)state;
    expect_time_in_zone("2025-10-29T03:00:00", 120, "2025-10-29T01:00:00Z");
    expect_time_in_zone("2025-10-29", -60, "2025-10-29T01:00:00Z");
    expect_time_in_zone("2025-10-29T03:00:00Z", 120, "2025-10-29T03:00:00Z");
    int64_t time_ns;
    assert_int_equal(caus_time_parse("now", now_ns, 1440, &time_ns, NULL),
                     CAUS_ERR_INVALID_ARGUMENT);
}

static void a_time_without_zone_is_shown_in_utc_and_local(void **state)
{
    (void)state;
    setenv("TZ", "CAUS-01:00CAUSD-02:00,M3.5.0,M10.5.0/3", 1);
    tzset();
    expect_fault("2025-10-29T03:00:00", "is 2025-10-29T03:00:00Z read as UTC");
    expect_fault("2025-10-29T03:00:00", "2025-10-29T02:00:00Z read as local");
    expect_fault("2025-07-29T03:00:00", "2025-07-29T01:00:00Z read as local");
    expect_fault("2025-10-29T03:00:00", "(CAUS, UTC+0100)");
    expect_fault("2025-10-29T03:00:00", "--tz");
    expect_fault("03:40", "2025-10-28T03:40:00Z read as UTC");
    expect_fault("03:40", "2025-10-29T02:40:00Z read as local");
    setenv("TZ", "UTC0", 1);
    tzset();
    expect_fault("2025-10-29T03:00:00",
                 "is UTC: write 2025-10-29T03:00:00Z if that is meant");
}

static void durations_need_a_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {{"5m", 300000000000},
                {"90s", 90000000000},
                {"1h30m", 5400000000000},
                {"250ms", 250000000},
                {"1.5h", 5400000000000},
                {"0s", 0},
                {"1d", 86400000000000},
                {"2w", 1209600000000000},
                {"3us", 3000},
                {"3µs", 3000},
                {"7ns", 7},
                {"1 h 30 min", 5400000000000},
                {" 10s ", 10000000000},
                {"0.25s", 250000000},
                {"106751d", 9223286400000000000}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t made = -77;
        if (caus_duration_parse(good[i].text, &made, NULL) != CAUS_OK)
            fail_msg("'%s' was refused", good[i].text);
        assert_int_equal(made, good[i].ns);
    }
    static const char *const bad[] = {"",
                                      "5",
                                      "m",
                                      "5x",
                                      "-5m",
                                      "5m 3",
                                      "1m1h",
                                      "1s1s",
                                      "1.5",
                                      "1e3s",
                                      "5 m x",
                                      "999999999999w",
                                      "9223372036854775808ns",
                                      "106752d",
                                      "5_m",
                                      "1d 99999999h 106752d"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t made = -77;
        caus_error error;
        if (caus_duration_parse(bad[i], &made, &error) !=
            CAUS_ERR_INVALID_ARGUMENT)
            fail_msg("'%s' was taken", bad[i]);
        assert_non_null(strstr(error.message, "90s"));
        assert_int_equal(made, -77);
    }
}

static void durations_read_as_people_say_them(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {{240 * INT64_C(1000000000), "4 min"},
                 {15 * INT64_C(1000000000), "15 s"},
                 {5400 * INT64_C(1000000000), "1 h 30 min"},
                 {250000000, "250 ms"},
                 {1500, "1500 ns"},
                 {2000, "2 µs"},
                 {0, "0 s"},
                 {-240 * INT64_C(1000000000), "-4 min"},
                 {INT64_C(1500000000), "1.5 s"},
                 {90061 * INT64_C(1000000000), "1 d 1 h 1 min 1 s"},
                 {INT64_MAX, "106751 d 23 h 47 min 16.854775807 s"},
                 {INT64_MIN, "-106751 d 23 h 47 min 16.854775808 s"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char made[40];
        caus_duration_format(cases[i].ns, made);
        assert_string_equal(made, cases[i].text);
    }
}

static void formatted_durations_read_back(void **state)
{
    (void)state;
    int64_t ns = 1;
    for (int i = 0; i < 60; i++, ns = ns * 2 + i % 3) {
        char text[40];
        int64_t back = 0;
        caus_duration_format(ns, text);
        assert_int_equal(caus_duration_parse(text, &back, NULL), CAUS_OK);
        assert_int_equal(back, ns);
    }
}

static void formatted_times_read_back(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 1, -1, INT64_C(1761706800000000001),
                                    INT64_C(-9214560000000000000)};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[40];
        int64_t back = 77;
        caus_time_format(times[i], text);
        assert_int_equal(caus_time_parse(text, 0, INT32_MIN, &back, NULL),
                         CAUS_OK);
        assert_int_equal(back, times[i]);
    }
    char text[40];
    caus_time_format(INT64_MAX, text);
    assert_string_equal(text, "2262-04-11T23:47:16.854775807Z");
    caus_time_format(INT64_MIN, text);
    assert_string_equal(text, "1677-09-21T00:12:43.145224192Z");
}

static void expect_range(const char *url, const char *from, const char *to)
{
    int64_t start_ns, end_ns;
    char made[40];
    caus_error error;
    if (caus_time_parse_grafana(url, now_ns, &start_ns, &end_ns, &error) !=
        CAUS_OK)
        fail_msg("%s", error.message);
    caus_time_format(start_ns, made);
    assert_string_equal(made, from);
    caus_time_format(end_ns, made);
    assert_string_equal(made, to);
}

static void a_pasted_grafana_address_gives_its_range(void **state)
{
    (void)state;
    expect_range("https://grafana.example/d/abc/shop?orgId=1&from=1761706800000"
                 "&to=1761714000250&var-from=x",
                 "2025-10-29T03:00:00Z", "2025-10-29T05:00:00.250Z");
    expect_range("https://grafana.example/d/abc?from=now-1h&to=now",
                 "2025-10-29T02:00:00Z", "2025-10-29T03:00:00Z");
    expect_range("http://g/d/x?to=2025-10-29T05%3A00%3A00.000Z&from="
                 "2025-10-29T03%3a00%3A00.000Z#panel",
                 "2025-10-29T03:00:00Z", "2025-10-29T05:00:00Z");
    expect_range("http://g/explore?left=%7B%22range%22:%7B%22from%22:%22now-2h"
                 "%22,%22to%22:%22now%22%7D%7D",
                 "2025-10-29T01:00:00Z", "2025-10-29T03:00:00Z");
}

static void grafana_addresses_without_a_range_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *says;
    } cases[] = {
        {"https://grafana.example/d/abc", "from="},
        {"https://grafana.example/d/abc?from=now-1h", "from="},
        {"http://g/?from=&to=now", "from="},
        {"http://g/?from=now/d&to=now/d", "rounds"},
        {"http://g/?from=now&to=now-1h", "end after"},
        {"http://g/?from=99999999999999999999999&to=now", "2262"},
        {"http://g/?from=soon&to=now", "'soon' is no time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t start_ns = -77, end_ns = -77;
        caus_error error;
        assert_int_equal(caus_time_parse_grafana(cases[i].url, now_ns,
                                                 &start_ns, &end_ns, &error),
                         CAUS_ERR_INVALID_ARGUMENT);
        if (!strstr(error.message, cases[i].says))
            fail_msg("'%s' does not say '%s'", error.message, cases[i].says);
        assert_int_equal(start_ns, -77);
        assert_int_equal(end_ns, -77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_3339_times_are_read_with_their_zone),
        cmocka_unit_test(leap_days_leap_seconds_and_far_years_are_counted),
        cmocka_unit_test(dates_follow_each_other_without_gaps),
        cmocka_unit_test(unix_seconds_may_have_decimals),
        cmocka_unit_test(times_back_from_now_are_read),
        cmocka_unit_test(a_time_of_day_is_the_last_such_time),
        cmocka_unit_test(a_given_zone_reads_times_without_one),
        cmocka_unit_test(a_time_without_zone_is_shown_in_utc_and_local),
        cmocka_unit_test(durations_need_a_unit),
        cmocka_unit_test(durations_read_as_people_say_them),
        cmocka_unit_test(formatted_durations_read_back),
        cmocka_unit_test(formatted_times_read_back),
        cmocka_unit_test(a_pasted_grafana_address_gives_its_range),
        cmocka_unit_test(grafana_addresses_without_a_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
