/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "render/texts.h"
#include "test.h"

static void every_code_point_survives_writing_and_reading(void **state)
{
    (void)state;
    for (uint32_t code = 1; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 97) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        caus_text text = {0};
        caus_utf8_add(&text, code);
        const char *at = text.bytes;
        assert_int_equal(caus_utf8_next(&at), code);
        assert_ptr_equal(at, text.bytes + text.length);
        caus_text_deinit(&text);
    }
}

static void bytes_that_are_no_utf8_are_replaced_one_by_one(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    /* overlong, surrogate, too large, cut short */
    static const char *const wrong[][2] = {
        {"\xC0\xAF", "\uFFFD\uFFFD"},
        {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
        {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
        {"a\xE2\x82", "a\uFFFD\uFFFD"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_string_equal(
            caus_clean_text(arena, wrong[i][0], CAUS_CLEAN_UTF8), wrong[i][1]);
    assert_string_equal(caus_clean_text(arena, NULL, CAUS_CLEAN_UTF8), "");
    caus_arena_free(arena);
}

static void printable_text_cannot_move_the_cursor(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    assert_string_equal(caus_clean_text(arena, "a\x1b[1mb\nc\u202Ed\u200Be",
                                        CAUS_CLEAN_PRINTABLE),
                        "a\uFFFD[1mb c\uFFFDd\uFFFDe");
    assert_string_equal(
        caus_clean_text(arena, "5–10 ≤ é\x1b", CAUS_CLEAN_ASCII), "5-10 <= ??");
    caus_arena_free(arena);
}

static void columns_count_what_a_terminal_shows(void **state)
{
    (void)state;
    assert_int_equal(caus_text_columns("abc"), 3);
    assert_int_equal(caus_text_columns("日本"), 4);
    assert_int_equal(caus_text_columns("e\u0301"), 1);
    assert_int_equal(caus_text_columns("→ é"), 3);
}

static void assert_cut(const char *value, size_t columns, bool middle,
                       const char *expected)
{
    caus_text text = {0};
    size_t taken = caus_text_add_cut(&text, value, columns, "…", middle);
    assert_string_equal(text.bytes ? text.bytes : "", expected);
    assert_int_equal(taken, caus_text_columns(expected));
    assert_true(taken <= columns);
    caus_text_deinit(&text);
}

static void long_texts_are_cut_to_their_columns(void **state)
{
    (void)state;
    assert_cut("abcdef", 6, true, "abcdef");
    assert_cut("abcdefgh", 6, true, "abc…gh");
    assert_cut("abcdefgh", 6, false, "abcde…");
    assert_cut("日本語日本語", 6, true, "日…語");
    assert_cut("abc", 1, true, "…");
    assert_cut("abc", 0, true, "");
}

static void paragraphs_keep_their_width(void **state)
{
    (void)state;
    caus_text text = {0};
    size_t lines =
        caus_text_add_wrapped(&text, "one two three four", 12, 2, 0, "…");
    assert_string_equal(text.bytes, "one two\n  three four\n");
    assert_int_equal(lines, 2);
    caus_text_deinit(&text);
    lines =
        caus_text_add_wrapped(&text, "aaaaaaaaaaaaaaaaaaaaaaaa", 10, 0, 2, "…");
    assert_string_equal(text.bytes, "aaaaaaaaaa\naaaaaaaaa…\n");
    assert_int_equal(lines, 2);
    caus_text_deinit(&text);
    assert_int_equal(caus_text_add_wrapped(&text, "", 10, 0, 2, "…"), 1);
    caus_text_deinit(&text);
}

static void assert_escaped(void (*add)(caus_text *, const char *),
                           const char *value, const char *expected)
{
    caus_text text = {0};
    add(&text, value);
    assert_string_equal(text.bytes, expected);
    caus_text_deinit(&text);
}

static void each_format_quotes_its_own_signs(void **state)
{
    (void)state;
    assert_escaped(caus_text_add_xml, "<a & \"b\" 'c'>",
                   "&lt;a &amp; &quot;b&quot; &#39;c&#39;&gt;");
    assert_escaped(caus_text_add_dot, "a\"b\\n&lt;", "\"a\\\"b\\\\n&amp;lt;\"");
    assert_escaped(caus_text_add_mermaid, "a\"b#c`", "\"a#34;b#35;c#96;\"");
    assert_escaped(caus_text_add_markdown, "a_b *c* <d> _e_ |",
                   "a_b \\*c\\* &lt;d> \\_e\\_ \\|");
    assert_escaped(caus_text_add_markdown_code, "a|b", "`a\\|b`");
    assert_escaped(caus_text_add_markdown_code, "a``b", "``` a``b ```");
}

static void assert_p(double p, const char *expected)
{
    caus_text text = {0};
    caus_text_add_p(&text, p);
    assert_string_equal(text.bytes, expected);
    caus_text_deinit(&text);
}

static void probabilities_are_short(void **state)
{
    (void)state;
    assert_p(0.0412, "0.041");
    assert_p(1.24e-9, "1.2e-9");
    assert_p(3e-120, "3.0e-120");
    assert_p(0, "<1e-300");
    assert_p(1, "1.000");
    assert_p((double)__builtin_nan(""), "not computed");
    caus_text text = {0};
    caus_text_add_count(&text, 1234567);
    caus_text_add_char(&text, ' ');
    caus_text_add_count(&text, 999);
    assert_string_equal(text.bytes, "1,234,567 999");
    caus_text_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_survives_writing_and_reading),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced_one_by_one),
        cmocka_unit_test(printable_text_cannot_move_the_cursor),
        cmocka_unit_test(columns_count_what_a_terminal_shows),
        cmocka_unit_test(long_texts_are_cut_to_their_columns),
        cmocka_unit_test(paragraphs_keep_their_width),
        cmocka_unit_test(each_format_quotes_its_own_signs),
        cmocka_unit_test(probabilities_are_short)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
