/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "caus/series.h"
#include "test.h"

static void default_variable_knows_nothing(void **state)
{
    (void)state;
    caus_variable variable = caus_variable_default();
    assert_string_equal(variable.name, "");
    assert_string_equal(variable.service, "");
    assert_string_equal(variable.unit, "");
    assert_string_equal(variable.source, "");
    assert_string_equal(variable.query, "");
    assert_int_equal(variable.label_count, 0);
    assert_int_equal(variable.kind, CAUS_KIND_UNKNOWN);
    assert_int_equal(variable.value_type, CAUS_VALUE_CONTINUOUS);
    assert_int_equal(variable.role, CAUS_ROLE_SYSTEM);
    assert_int_equal(variable.bad_direction, CAUS_BAD_UNKNOWN);
    assert_int_equal(variable.vector_group, -1);
    assert_true(isnan(variable.scrape_offset_s));
}

static void kind_names_read_back(void **state)
{
    (void)state;
    for (int kind = CAUS_KIND_UNKNOWN; kind <= CAUS_KIND_CATEGORY; kind++)
        assert_int_equal(caus_kind_from_name(caus_kind_name((caus_kind)kind)),
                         kind);
    assert_string_equal(caus_kind_name(CAUS_KIND_COUNTER_RATE), "counter_rate");
    assert_string_equal(caus_kind_name((caus_kind)99), "unknown");
    assert_int_equal(caus_kind_from_name("Gauge"), CAUS_KIND_UNKNOWN);
    assert_int_equal(caus_kind_from_name(""), CAUS_KIND_UNKNOWN);
}

static void every_role_has_its_word(void **state)
{
    (void)state;
    assert_string_equal(caus_role_name(CAUS_ROLE_SYSTEM), "system");
    assert_string_equal(caus_role_name(CAUS_ROLE_TIME_CONTEXT), "time_context");
    assert_string_equal(caus_role_name(CAUS_ROLE_SPACE_CONTEXT),
                        "space_context");
    assert_string_equal(caus_role_name(CAUS_ROLE_TIME_DUMMY), "time_dummy");
    assert_string_equal(caus_role_name(CAUS_ROLE_SPACE_DUMMY), "space_dummy");
    assert_string_equal(caus_role_name((caus_role)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_variable_knows_nothing),
        cmocka_unit_test(kind_names_read_back),
        cmocka_unit_test(every_role_has_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
