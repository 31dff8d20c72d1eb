/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/excerpt.h"
#include "test.h"

/* Reads `text` from a buffer that ends where the text does. Inlined, GCC 12
 * takes its offset for a use after free(). */
__attribute__((noinline)) static bool parse(const char *text, double *value,
                                            size_t *taken)
{
    size_t length = strlen(text);
    char *exact = malloc(length ? length : 1);
    assert_non_null(exact);
    memcpy(exact, text, length);
    const char *rest = exact;
    bool parsed = caus_parse_double(exact, exact + length, value, &rest);
    *taken = (size_t)(rest - exact);
    free(exact);
    return parsed;
}

static void numbers_are_rounded_as_strtod_rounds_them(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0",
        "-0.0",
        "1",
        "+1.5",
        "1e22",
        "1e23",
        "5e-324",
        "2.4703282292062327e-324",
        "1E+10",
        ".5",
        "5.",
        "-123456789.123456789e-5",
        "1.7976931348623157e308",
        "2.2250738585072014e-308",
        "9007199254740993",
        "0.1000000000000000055511151231257827",
        "8.98846567431157953864652595394512366808988489471153286367150406e307"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double value = 77, expected = strtod(numbers[i], NULL);
        size_t taken;
        assert_true(parse(numbers[i], &value, &taken));
        assert_int_equal(taken, strlen(numbers[i]));
        assert_memory_equal(&value, &expected, sizeof value);
    }
}

static void not_a_number_and_infinity_are_numbers(void **state)
{
    (void)state;
    double value;
    size_t taken;
    assert_true(parse("NaN", &value, &taken) && isnan(value) && taken == 3);
    assert_true(parse("nan", &value, &taken) && isnan(value));
    assert_true(parse("+Inf", &value, &taken) && value > 0 && isinf(value));
    assert_true(parse("-inf", &value, &taken) && value < 0 && isinf(value));
    assert_true(parse("Infinity", &value, &taken) && taken == 8);
    assert_true(parse("1e999", &value, &taken) && isinf(value));
    assert_true(parse("1e-999", &value, &taken) && value == 0);
}

static void what_follows_a_number_is_left(void **state)
{
    (void)state;
    double value;
    size_t taken;
    assert_true(parse("1.5,2", &value, &taken) && value == 1.5 && taken == 3);
    assert_true(parse("0x10", &value, &taken) && value == 0 && taken == 1);
    assert_true(parse("1e", &value, &taken) && value == 1 && taken == 1);
}

static void other_texts_leave_the_value_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {"",   "-",  "+",  "+-1", "++1", "--1",
                                        "e5", ".",  " 1", "in",  "na",  "-e",
                                        "x1", "$1", "+",  "-."};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 77;
        size_t taken;
        assert_false(parse(texts[i], &value, &taken));
        assert_true(value == 77);
        assert_int_equal(taken, 0);
    }
}

static void excerpts_are_short_and_printable(void **state)
{
    (void)state;
    assert_string_equal(caus_excerpt_of("größe", 7).text, "größe");
    assert_string_equal(caus_excerpt_of("a\nb\xff"
                                        "c",
                                        5)
                            .text,
                        "a?b?c");
    assert_string_equal(caus_excerpt_of("", 0).text, "");
    char text[200];
    memset(text, 'x', sizeof text);
    caus_excerpt cut = caus_excerpt_of(text, sizeof text);
    assert_int_equal(strlen(cut.text), 63);
    assert_string_equal(cut.text + 60, "...");
    assert_int_equal(strlen(caus_excerpt_of(text, 60).text), 60);
}

static void only_well_formed_utf_8_is_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\xc3\xb6",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",         "\xc3",
                                      "\xc0\xaf",     "\xe0\x80\x80",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xf8\x88",     "\xe2\x82"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(caus_utf8_is_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(caus_utf8_is_valid(bad[i], strlen(bad[i])));
    assert_true(caus_text_has_control("a\x7f", 2));
    assert_false(caus_text_has_control("a\xc3\xb6", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_rounded_as_strtod_rounds_them),
        cmocka_unit_test(not_a_number_and_infinity_are_numbers),
        cmocka_unit_test(what_follows_a_number_is_left),
        cmocka_unit_test(other_texts_leave_the_value_alone),
        cmocka_unit_test(excerpts_are_short_and_printable),
        cmocka_unit_test(only_well_formed_utf_8_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
