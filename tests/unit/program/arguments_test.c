/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"
#include "test.h"

#include <string.h>

static const caus_option options[] = {
    {"max-lag", 0, "LAG", NULL, CAUS_COMPLETE_NOTHING, "longest delay"},
    {"fdr", 'f', "RULE", "bh|by|none", CAUS_COMPLETE_NOTHING, "rule"},
    {"quiet", 'q', NULL, NULL, CAUS_COMPLETE_NOTHING, "no messages"},
    {"verbose", 'v', NULL, NULL, CAUS_COMPLETE_NOTHING, "more messages"},
    {"help", 'h', NULL, NULL, CAUS_COMPLETE_NOTHING, "this help"},
    {"around", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING, "when"},
    {"prometheus", 0, "URL", NULL, CAUS_COMPLETE_NOTHING, "where"},
};
static const caus_option_group group = {"all", sizeof options / sizeof *options,
                                        options};
static const caus_option_group *const groups[] = {&group};
static const caus_command command = {.name = "discover",
                                     .operands = "FILE",
                                     .operand_count = 1,
                                     .group_count = 1,
                                     .groups = groups};

static caus_status parse(const char *const *words, int count,
                         caus_arguments **arguments, caus_error *err)
{
    char text[8][64];
    char *copies[8];
    for (int i = 0; i < count; i++) {
        snprintf(text[i], sizeof text[i], "%s", words[i]);
        copies[i] = text[i];
    }
    return caus_arguments_parse(&command, count, copies, arguments, err);
}

static void expect_failure(const char *const *words, int count,
                           const char *part)
{
    caus_arguments *arguments = NULL;
    caus_error err;
    assert_int_equal(parse(words, count, &arguments, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" lacks \"%s\"", err.message, part);
}

static void values_come_attached_or_as_the_next_word(void **state)
{
    (void)state;
    char lag[] = "--max-lag=2", rule[] = "-fby", file[] = "x.caus";
    char long_rule[] = "--fdr", none[] = "none";
    char *words[] = {lag, rule, file, long_rule, none};
    caus_arguments *arguments;
    caus_error err;
    assert_int_equal(caus_arguments_parse(&command, 5, words, &arguments, &err),
                     CAUS_OK);
    assert_string_equal(caus_arguments_get(arguments, "max-lag"), "2");
    assert_string_equal(caus_arguments_get(arguments, "fdr"), "none");
    assert_string_equal(caus_arguments_operand(arguments, 0), "x.caus");
    assert_false(caus_arguments_has(arguments, "quiet"));
    caus_arguments_free(arguments);
}

static void letters_of_flags_join_and_two_dashes_end_options(void **state)
{
    (void)state;
    char letters[] = "-qv", dashes[] = "--", file[] = "--odd-name";
    char *words[] = {letters, dashes, file};
    caus_arguments *arguments;
    caus_error err;
    assert_int_equal(caus_arguments_parse(&command, 3, words, &arguments, &err),
                     CAUS_OK);
    assert_true(caus_arguments_has(arguments, "quiet"));
    assert_true(caus_arguments_has(arguments, "verbose"));
    assert_string_equal(caus_arguments_operand(arguments, 0), "--odd-name");
    caus_arguments_free(arguments);
}

static void mistakes_are_named_with_the_way_out(void **state)
{
    (void)state;
    const char *const unknown[] = {"--max-leg=2", "f"};
    expect_failure(unknown, 2, "did you mean --max-lag");
    const char *const no_value[] = {"f", "--max-lag"};
    expect_failure(no_value, 2, "--max-lag needs a value");
    const char *const flag_value[] = {"--quiet=yes", "f"};
    expect_failure(flag_value, 2, "takes no value");
    const char *const choice[] = {"--fdr=bonferroni", "f"};
    expect_failure(choice, 2, "bh|by|none");
    const char *const missing[] = {"-q"};
    expect_failure(missing, 1, "FILE is missing");
    const char *const extra[] = {"a", "b"};
    expect_failure(extra, 2, "\"b\" is one word too many");
    const char *const letter[] = {"-x", "f"};
    expect_failure(letter, 2, "no option -x");
}

static void a_word_too_many_is_told_its_option_by_its_looks(void **state)
{
    (void)state;
    const char *const looks[][2] = {
        {"now", "a time is given by --around"},
        {"11:10Z", "a time is given by --around"},
        {"11:10", "a time is given by --around"},
        {"2025-10-29T03:00:00Z", "a time is given by --around"},
        {"https://g.example/d/a?from=now-1h&to=now", "by --around"},
        {"http://localhost:9090/graph", "a server is named by --prometheus"},
        {"incident.caus", "leave it out"}};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        const char *const words[] = {"f", looks[i][0]};
        expect_failure(words, 2, looks[i][1]);
    }
}

static void numbers_are_read_whole_and_in_range(void **state)
{
    (void)state;
    char lag[] = "--max-lag=12x", file[] = "f", low[] = "--max-lag=-1",
         good[] = "--max-lag=7";
    caus_arguments *arguments;
    caus_error err;
    long value = 42;
    char *bad_words[2][2] = {{lag, file}, {low, file}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            caus_arguments_parse(&command, 2, bad_words[i], &arguments, &err),
            CAUS_OK);
        assert_int_equal(
            caus_arguments_integer(arguments, "max-lag", 0, 9, 3, &value, &err),
            CAUS_ERR_INVALID_ARGUMENT);
        assert_int_equal(value, 42);
        caus_arguments_free(arguments);
    }
    char *words[] = {good, file};
    assert_int_equal(caus_arguments_parse(&command, 2, words, &arguments, &err),
                     CAUS_OK);
    assert_int_equal(
        caus_arguments_integer(arguments, "max-lag", 0, 9, 3, &value, &err),
        CAUS_OK);
    assert_int_equal(value, 7);
    caus_arguments_free(arguments);
}

static void amounts_of_memory_have_units(void **state)
{
    (void)state;
    size_t bytes;
    caus_error err;
    assert_int_equal(caus_bytes_parse("256M", &bytes, &err), CAUS_OK);
    assert_int_equal(bytes, 256u << 20);
    assert_int_equal(caus_bytes_parse("1.5GiB", &bytes, &err), CAUS_OK);
    assert_int_equal(bytes, 3u << 29);
    assert_int_equal(caus_bytes_parse("4096", &bytes, &err), CAUS_OK);
    assert_int_equal(bytes, 4096);
    const char *const bad[] = {"", "M", "12Q", "-1M", "1e30", "12 MB?"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(caus_bytes_parse(bad[i], &bytes, &err),
                         CAUS_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_attached_or_as_the_next_word),
        cmocka_unit_test(letters_of_flags_join_and_two_dashes_end_options),
        cmocka_unit_test(mistakes_are_named_with_the_way_out),
        cmocka_unit_test(a_word_too_many_is_told_its_option_by_its_looks),
        cmocka_unit_test(numbers_are_read_whole_and_in_range),
        cmocka_unit_test(amounts_of_memory_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
