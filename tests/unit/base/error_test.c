/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/base.h"
#include "base/excerpt.h"
#include "test.h"

static void failing_returns_the_status_and_writes_the_reason(void **state)
{
    (void)state;
    caus_error err = {0};
    assert_int_equal(CAUS_FAIL(&err, CAUS_ERR_NOT_FOUND, "no %s", "metric"),
                     CAUS_ERR_NOT_FOUND);
    assert_int_equal(err.status, CAUS_ERR_NOT_FOUND);
    assert_string_equal(err.message, "no metric");
    assert_int_equal(CAUS_FAIL(NULL, CAUS_ERR_IO, "unseen"), CAUS_ERR_IO);
}

static void reason_may_be_built_from_itself(void **state)
{
    (void)state;
    caus_error err;
    (void)CAUS_FAIL(&err, CAUS_ERR_IO, "disk full");
    (void)CAUS_FAIL(&err, err.status, "a.csv: %s", err.message);
    assert_string_equal(err.message, "a.csv: disk full");
}

static void long_reason_is_cut_between_characters(void **state)
{
    (void)state;
    caus_error err;
    for (size_t ahead = 0; ahead < 4; ahead++) {
        char text[3 * 1000] = {0};
        memset(text, 'x', ahead);
        for (size_t at = ahead; at + 3 < sizeof text; at += 3)
            memcpy(text + at, "\xe2\x82\xac", 3);
        (void)CAUS_FAIL(&err, CAUS_ERR_IO, "%s", text);
        size_t length = strlen(err.message);
        assert_true(length > sizeof err.message - 8);
        assert_true(caus_utf8_is_valid(err.message, length));
    }
}

static caus_status pass_on(caus_status status, int *reached)
{
    CAUS_TRY(status);
    *reached = 1;
    return CAUS_OK;
}

static void try_leaves_on_failure_only(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(pass_on(CAUS_ERR_DENIED, &reached), CAUS_ERR_DENIED);
    assert_int_equal(reached, 0);
    assert_int_equal(pass_on(CAUS_OK, &reached), CAUS_OK);
    assert_int_equal(reached, 1);
}

static void every_status_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = CAUS_OK; a <= CAUS_ERR_UNSUPPORTED; a++) {
        assert_string_not_equal(caus_status_name((caus_status)a),
                                "unknown status");
        for (int b = CAUS_OK; b < a; b++)
            assert_string_not_equal(caus_status_name((caus_status)a),
                                    caus_status_name((caus_status)b));
    }
    assert_string_equal(caus_status_name((caus_status)999), "unknown status");
    assert_string_equal(caus_version(), CAUS_VERSION);
}

static void excerpts_show_the_start_of_any_bytes(void **state)
{
    (void)state;
    assert_string_equal(caus_excerpt_of("plain", 5).text, "plain");
    assert_string_equal(caus_excerpt_of("a\nb\x7f\xff", 5).text, "a?b??");
    assert_string_equal(caus_excerpt_of("", 0).text, "");
    char text[400];
    memset(text, 'y', sizeof text);
    caus_excerpt shown = caus_excerpt_of(text, sizeof text);
    assert_string_equal(shown.text + strlen(shown.text) - 4, "y...");
}

static void utf8_is_told_from_other_bytes(void **state)
{
    (void)state;
    static const char *const good[] = {"", "a", "\xc3\xa9", "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80"};
    static const char *const bad[] = {"\x80",         "\xc3",
                                      "\xc0\xaf",     "\xe2\x82",
                                      "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                      "\xe0\x80\x80", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(caus_utf8_is_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(caus_utf8_is_valid(bad[i], strlen(bad[i])));
    assert_true(caus_text_has_control("a\tb", 3));
    assert_false(caus_text_has_control("a b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_returns_the_status_and_writes_the_reason),
        cmocka_unit_test(reason_may_be_built_from_itself),
        cmocka_unit_test(long_reason_is_cut_between_characters),
        cmocka_unit_test(try_leaves_on_failure_only),
        cmocka_unit_test(every_status_has_a_name_of_its_own),
        cmocka_unit_test(excerpts_show_the_start_of_any_bytes),
        cmocka_unit_test(utf8_is_told_from_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
