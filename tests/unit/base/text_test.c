/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "test.h"

static void assert_double(double value, const char *expected)
{
    char text[32];
    caus_format_double(value, text);
    assert_string_equal(text, expected);
}

static void doubles_are_as_short_as_reads_back(void **state)
{
    (void)state;
    assert_double(0, "0");
    assert_double(-0.0, "-0");
    assert_double(.1, "0.1");
    assert_double(1. / 3, "0.3333333333333333");
    assert_double(.1 + .2, "0.30000000000000004");
    assert_double(1e300, "1e+300");
    assert_double(5e-324, "4.94065645841247e-324");
    assert_double(DBL_MAX, "1.7976931348623157e+308");
    assert_double(123456, "123456");
    assert_double(HUGE_VAL, "inf");
    assert_double(-HUGE_VAL, "-inf");
}

static void doubles_read_back(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 9, 9);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = caus_random_bits(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[32];
        caus_format_double(value, text);
        assert_true(strtod(text, NULL) == value);
    }
}

static void text_grows_and_moves_into_an_arena(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_text text = {0};
    for (int i = 0; i < 1000; i++)
        caus_text_format(&text, "%d,", i % 10);
    caus_text_add_char(&text, '|');
    caus_text_add_double(&text, 2.5);
    caus_text_add_bytes(&text, "tail", 2);
    assert_int_equal(text.length, 2006);
    const char *result = NULL;
    size_t length = 0;
    assert_int_equal(caus_text_finish(&text, arena, &result, &length, NULL),
                     CAUS_OK);
    assert_int_equal(length, 2006);
    assert_int_equal(strlen(result), 2006);
    assert_string_equal(result + 1994, "7,8,9,|2.5ta");
    assert_null(text.bytes);
    caus_arena_free(arena);
}

static void empty_text_is_a_text(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_text text = {0};
    const char *result = NULL;
    assert_int_equal(caus_text_finish(&text, arena, &result, NULL, NULL),
                     CAUS_OK);
    assert_string_equal(result, "");
    caus_text_deinit(&text);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    for (long n = 0; status != CAUS_OK; n++) {
        caus_arena *arena = caus_arena_new(0);
        caus_text text = {0};
        const char *result = NULL;
        fault_fail_after(n);
        for (int i = 0; i < 200; i++)
            caus_text_format(&text, "row %d\n", i);
        status = caus_text_finish(&text, arena, &result, NULL, NULL);
        bool refused = fault_stop();
        assert_true(status == (refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK));
        assert_true((result == NULL) == refused);
        caus_arena_free(arena);
        assert_true(n < 50);
    }
}

static void an_address_begins_with_its_scheme(void **state)
{
    (void)state;
    assert_true(caus_is_url("http://a"));
    assert_true(caus_is_url("https://a/b?c"));
    assert_false(caus_is_url("ftp://a"));
    assert_false(caus_is_url("a.csv?of=http://b"));
    assert_false(caus_is_url(""));
}

static void edit_distance_counts_changes(void **state)
{
    (void)state;
    assert_int_equal(caus_edit_distance("", ""), 0);
    assert_int_equal(caus_edit_distance("auth", ""), 4);
    assert_int_equal(caus_edit_distance("auth_latency", "auth_latncy"), 1);
    assert_int_equal(caus_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(caus_edit_distance("abc", "acb"), 2);
    char longest[200];
    memset(longest, 'z', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(caus_edit_distance(longest, ""), 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_are_as_short_as_reads_back),
        cmocka_unit_test(doubles_read_back),
        cmocka_unit_test(text_grows_and_moves_into_an_arena),
        cmocka_unit_test(empty_text_is_a_text),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(an_address_begins_with_its_scheme),
        cmocka_unit_test(edit_distance_counts_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
