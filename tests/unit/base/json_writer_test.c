/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "base/base.h"
#include "test.h"

/* A writer and what it wrote. */
typedef struct bench {
    caus_text text;
    caus_json json;
} bench;

static int set_up(void **state)
{
    bench *b = test_calloc(1, sizeof *b);
    caus_json_init(&b->json, &b->text, 0);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    caus_text_deinit(&b->text);
    test_free(b);
    return 0;
}

static void commas_stand_between_values_only(void **state)
{
    bench *b = *state;
    caus_json *json = &b->json;
    caus_json_begin_object(json);
    caus_json_put_text(json, "name", "auth");
    caus_json_key(json, "empty");
    caus_json_begin_object(json);
    caus_json_end_object(json);
    caus_json_key(json, "rows");
    caus_json_begin_array(json);
    caus_json_integer(json, -1);
    caus_json_begin_array(json);
    caus_json_end_array(json);
    caus_json_null(json);
    caus_json_bool(json, true);
    caus_json_end_array(json);
    caus_json_put_bool(json, "done", false);
    caus_json_end_object(json);
    assert_string_equal(b->text.bytes,
                        "{\"name\":\"auth\",\"empty\":{},\"rows\":[-1,[],null,"
                        "true],\"done\":false}");
}

static void indented_values_stand_on_lines(void **state)
{
    bench *b = *state;
    caus_json *json = &b->json;
    caus_json_init(json, &b->text, 2);
    caus_json_begin_object(json);
    caus_json_key(json, "a");
    caus_json_begin_array(json);
    caus_json_integer(json, 1);
    caus_json_integer(json, 2);
    caus_json_end_array(json);
    caus_json_key(json, "b");
    caus_json_begin_object(json);
    caus_json_end_object(json);
    caus_json_end_object(json);
    assert_string_equal(b->text.bytes, "{\n  \"a\": [\n    1,\n    2\n  ],\n"
                                       "  \"b\": {}\n}");
}

static void special_characters_are_escaped(void **state)
{
    bench *b = *state;
    caus_json_text(&b->json, "q\" b\\ n\n t\t r\r \x01 \x7f e\xc3\xa9 /");
    assert_string_equal(b->text.bytes,
                        "\"q\\\" b\\\\ n\\n t\\t r\\u000d \\u0001 \\u007f "
                        "e\xc3\xa9 /\"");
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    bench *b = *state;
    caus_json_text(&b->json, "a\xff\xc3z\xe2\x82");
    assert_string_equal(b->text.bytes,
                        "\"a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd"
                        "\"");
}

static void keys_are_escaped_too(void **state)
{
    bench *b = *state;
    caus_json_begin_object(&b->json);
    caus_json_put_integer(&b->json, "a\"b", 1);
    caus_json_end_object(&b->json);
    assert_string_equal(b->text.bytes, "{\"a\\\"b\":1}");
}

static void numbers_keep_their_value(void **state)
{
    bench *b = *state;
    caus_json *json = &b->json;
    caus_json_begin_array(json);
    caus_json_double(json, .1);
    caus_json_double(json, DBL_MAX);
    caus_json_double(json, 1e-7);
    caus_json_double(json, -0.0);
    caus_json_double(json, (double)NAN);
    caus_json_double(json, HUGE_VAL);
    caus_json_integer(json, INT64_MIN);
    caus_json_unsigned(json, UINT64_MAX);
    caus_json_end_array(json);
    assert_string_equal(b->text.bytes,
                        "[0.1,1.7976931348623157e+308,1e-07,-0,null,null,"
                        "-9223372036854775808,18446744073709551615]");
}

static void lone_value_has_no_line(void **state)
{
    bench *b = *state;
    caus_json_init(&b->json, &b->text, 4);
    caus_json_double(&b->json, 2);
    assert_string_equal(b->text.bytes, "2");
}

static void missing_number_is_null_after_its_key(void **state)
{
    bench *b = *state;
    caus_json_begin_object(&b->json);
    caus_json_put_double(&b->json, "p", (double)NAN);
    caus_json_put_double(&b->json, "q", .5);
    caus_json_end_object(&b->json);
    assert_string_equal(b->text.bytes, "{\"p\":null,\"q\":0.5}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(commas_stand_between_values_only),
        TEST(indented_values_stand_on_lines),
        TEST(special_characters_are_escaped),
        TEST(bytes_that_are_not_utf8_are_replaced),
        TEST(keys_are_escaped_too),
        TEST(numbers_keep_their_value),
        TEST(lone_value_has_no_line),
        TEST(missing_number_is_null_after_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
