/* SPDX-License-Identifier: Apache-2.0 */
#include "base/amount.h"

#include <math.h>
#include <stdio.h>

#include "test.h"

static void amounts_are_told_as_people_say_them(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *unit, *told;
    } amounts[] = {
        {64.6e6, "bytes", "64.6 MB"},
        {22.7e9, "B", "22.7 GB"},
        {12, "bytes", "12 bytes"},
        {0.342, "s", "0.342 s"},
        {0.00324, "s", "3.24 ms"},
        {7.65e-5, "seconds", "0.0765 ms"},
        {0, "s", "0 s"},
        {0.981, "ratio", "98.1 %"},
        {1234567, "errors", "1.23 million errors"},
        {-53820, "requests", "-53,820 requests"},
        {5, "", "5"},
        {1e9, "", "1 billion"},
        {5e299, "requests", "5.00e+299 requests"},
        {NAN, "errors", "– errors"},
    };
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        char text[96];
        caus_amount_format_whole(amounts[i].unit, amounts[i].value, text);
        assert_string_equal(text, amounts[i].told);
    }
}

static void two_amounts_share_the_unit_of_the_larger(void **state)
{
    (void)state;
    caus_amount amount = caus_amount_choose("s", 0.0536);
    char small[48], large[48];
    caus_amount_format(amount.factor, 7.65e-5, small);
    caus_amount_format(amount.factor, 0.0536, large);
    assert_string_equal(small, "0.0000765");
    assert_string_equal(large, "0.0536");
    assert_string_equal(amount.unit, "s");
}

static void assert_both(const char *unit, double before, double after,
                        const char *words)
{
    char first[48], second[48], text[120];
    caus_amount amount = caus_amount_choose_both(unit, before, after);
    caus_amount_format(amount.factor, before, first);
    caus_amount_format(amount.factor, after, second);
    snprintf(text, sizeof text, "%s to %s %s%s", first, second, amount.count,
             amount.unit);
    assert_string_equal(text, words);
}

static void of_two_amounts_the_small_one_is_told(void **state)
{
    (void)state;
    assert_both("", 3, 1.2e6, "3 to 1,200,000 ");
    assert_both("", 3e4, 1.2e6, "0.03 to 1.2 million");
    assert_both("", 0, 1.2e6, "0 to 1.2 million");
    assert_both("", (double)NAN, 1.2e6, "– to 1.2 million");
    assert_both("s", 5e-5, 12, "0.05 to 12,000 ms");
    assert_both("bytes", 3e9, 2e6, "3 to 0.002 GB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_told_as_people_say_them),
        cmocka_unit_test(two_amounts_share_the_unit_of_the_larger),
        cmocka_unit_test(of_two_amounts_the_small_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
