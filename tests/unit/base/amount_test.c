/* SPDX-License-Identifier: Apache-2.0 */
#include "base/amount.h"

#include <math.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_told_as_people_say_them),
        cmocka_unit_test(two_amounts_share_the_unit_of_the_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
