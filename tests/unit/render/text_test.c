/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "answers.h"
#include "render/texts.h"
#include "test.h"

static const char *render(const made_answer *made, caus_arena *arena,
                          const caus_render_options *options)
{
    caus_error err = {0};
    const char *text = NULL;
    size_t length = 0;
    assert_int_equal(caus_render_graph(&made->answer, CAUS_FORMAT_TEXT, options,
                                       NULL, arena, &text, &length, &err),
                     CAUS_OK);
    assert_int_equal(strlen(text), length);
    return caus_arena_copy_text(arena, text, length);
}

/* The first screen ends where the report begins: before the table of all
 * links or, without one, before the data. */
static const char *end_of_screen(const char *text)
{
    static const char *const marks[] = {"\n  all ", "\nown past\n", "\ndata\n",
                                        "\norigin\n"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *end = strstr(text, marks[i]);
        if (end)
            return end;
    }
    fail_msg("no report after the first screen");
    return NULL;
}

static void assert_screen(const char *text, size_t columns)
{
    const char *end = end_of_screen(text);
    size_t lines = 0;
    for (const char *at = text; at < end; lines++) {
        const char *line_end = strchr(at, '\n');
        caus_text line = {0};
        caus_text_add_bytes(&line, at, (size_t)(line_end - at));
        caus_text_add_char(&line, '\0');
        if (caus_text_columns(line.bytes) > columns)
            fail_msg("%zu columns: %s", caus_text_columns(line.bytes),
                     line.bytes);
        caus_text_deinit(&line);
        at = line_end + 1;
    }
    if (lines > 24)
        fail_msg("%zu lines:\n%.*s", lines, (int)(end - text), text);
}

static void the_first_screen_is_24_lines_of_80_columns(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    caus_render_options options = {.zone_offset_minutes = 60};
    assert_screen(render(&made, arena, &options), 80);
    options.width = 60;
    assert_screen(render(&made, arena, &options), 60);
    caus_arena_free(arena);
    free_answer(&made);
}

static size_t count_lines(const char *text, size_t length)
{
    size_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

static void a_terminal_gets_the_first_screen_and_how_much_more(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    caus_render_options options = {.zone_offset_minutes = 60};
    const char *whole = render(&made, arena, &options);
    options.first_screen = true;
    const char *text = render(&made, arena, &options);
    size_t length = strlen(text), lines = count_lines(text, length);
    assert_true(lines <= 24);
    size_t last = length - 1;
    while (text[last - 1] != '\n')
        last--;
    assert_memory_equal(text, whole, last);
    char more[40];
    snprintf(more, sizeof more, "%zu more lines: --details",
             count_lines(whole, strlen(whole)) - lines + 1);
    assert_memory_equal(text + last, more, strlen(more));
    assert_true(length - last <= 81);
    caus_arena_free(arena);
    free_answer(&made);
}

static void long_names_and_many_warnings_fit_as_well(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    static const char *warnings[40];
    for (size_t i = 0; i < 40; i++)
        warnings[i] = caus_arena_format(
            arena,
            "warning %zu with quite a few words, more than a line of a "
            "terminal holds, and a remedy at the end",
            i);
    made.answer.warnings = warnings;
    made.answer.warning_count = 40;
    for (size_t i = 0; i < 6; i++)
        made.variables[i].name = caus_arena_format(
            arena,
            "a_service_with_a_very_long_name_%zu_日本語日本語_in_a_long_"
            "namespace_http_server_duration_seconds_p95",
            i);
    made.discovery.test_count = UINT64_C(123456789012);
    made.answer.options.fdr = CAUS_FDR_BH;
    made.answer.options.pc_alpha = 0.2;
    caus_render_options options = {.zone_offset_minutes = -570};
    const char *text = render(&made, arena, &options);
    assert_screen(text, 80);
    assert_non_null(strstr(text, "42 warnings"));
    assert_non_null(strstr(text, "-09:30"));
    caus_arena_free(arena);
    free_answer(&made);
}

static void the_next_command_can_be_pasted(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    made.answer.next_command =
        "caus discover --metrics 'a=sum(rate(b[5m])) , c' --prometheus "
        "http://localhost:9090 --start 2025-10-29T03:00:00Z --max-lag 5m";
    caus_arena *arena = caus_arena_new(0);
    caus_render_options options = {.zone_offset_minutes = INT32_MIN};
    const char *text = render(&made, arena, &options);
    assert_screen(text, 80);
    const char *at = strstr(text, "next: ");
    assert_non_null(at);
    caus_text pasted = {0};
    for (at += 6; strncmp(at, "\n\n", 2) != 0; at++) {
        if (strncmp(at, " \\\n      ", 9) == 0) {
            caus_text_add_char(&pasted, ' ');
            at += 8;
        } else
            caus_text_add_char(&pasted, *at);
    }
    assert_string_equal(pasted.bytes, made.answer.next_command);
    caus_text_deinit(&pasted);
    caus_arena_free(arena);
    free_answer(&made);
}

static void ascii_means_ascii_and_no_colour_means_none(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    caus_render_options options = {.ascii = true,
                                   .zone_offset_minutes = INT32_MIN};
    for (const char *at = render(&made, arena, &options); *at; at++)
        assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7f));
    options.ascii = false;
    assert_null(strchr(render(&made, arena, &options), '\x1b'));
    options.color = true;
    assert_non_null(strchr(render(&made, arena, &options), '\x1b'));
    caus_arena_free(arena);
    free_answer(&made);
}

static void confidence_is_earned(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b"};
    make_answer(&made, names, 2, 1);
    caus_arena *arena = caus_arena_new(0);
    caus_render_options options = {.zone_offset_minutes = INT32_MIN};
    assert_non_null(strstr(render(&made, arena, &options), "confidence: none"));
    add_link(&made, 0, 1, 1, 0.5, 0.04);
    assert_non_null(strstr(render(&made, arena, &options), "confidence: low"));
    add_link(&made, 0, 1, 1, 0.5, 1e-9);
    assert_non_null(
        strstr(render(&made, arena, &options), "confidence: medium"));
    double stability[8];
    for (size_t i = 0; i < 8; i++)
        stability[i] = 0.95;
    made.discovery.stability = stability;
    assert_non_null(strstr(render(&made, arena, &options), "confidence: high"));
    made.discovery.complete = false;
    assert_non_null(
        strstr(render(&made, arena, &options), "confidence: medium"));
    for (size_t i = 0; i < 8; i++)
        stability[i] = 0.6;
    assert_non_null(strstr(render(&made, arena, &options), "confidence: low"));
    caus_arena_free(arena);
    free_answer(&made);
}

static void the_first_line_says_what_could_be_seen(void **state)
{
    (void)state;
    made_answer made;
    static const char *const names[] = {"a", "b"};
    caus_arena *arena = caus_arena_new(0);
    make_answer(&made, names, 2, 2);
    made.series.step_ns = INT64_C(60) * 1000000000;
    const char *text = render(&made, arena, NULL);
    static const char first[] = "searched effects 0–2 min later; slower ones "
                                "cannot appear: --max-lag 5m\n"
                                "textbook method pcmci, ";
    assert_memory_equal(text, first, strlen(first));
    made.answer.preset = "incident";
    made.answer.options.min_lag = 1;
    text = render(&made, arena, NULL);
    static const char preset[] = "searched effects 1 min–2 min later; slower "
                                 "ones cannot appear: --max-lag 5m\n"
                                 "incident preset: pcmci, ";
    assert_memory_equal(text, preset, strlen(preset));
    free_answer(&made);
    caus_arena_free(arena);
}

static void an_effect_is_told_without_exponents(void **state)
{
    (void)state;
    static const struct {
        double effect;
        const char *source, *told;
    } cases[] = {{172.5, "s", "+170 errors/s"},
                 {-99.6, "s", "−100 errors/s"},
                 {987654.0, "s", "+990000 errors/s"},
                 {0.0123, "", "+0.012 errors per 1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made_answer made;
        caus_arena *arena = caus_arena_new(0);
        make_answer(&made, NULL, 2, 1);
        add_link(&made, 0, 1, 1, 0.5, 1e-9);
        double effect[8];
        for (size_t cell = 0; cell < 8; cell++)
            effect[cell] = cases[i].effect;
        made.discovery.effect = effect;
        made.variables[0].unit = cases[i].source;
        made.variables[1].unit = "errors";
        assert_non_null(strstr(render(&made, arena, NULL), cases[i].told));
        free_answer(&made);
        caus_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_effect_is_told_without_exponents),
        cmocka_unit_test(the_first_screen_is_24_lines_of_80_columns),
        cmocka_unit_test(a_terminal_gets_the_first_screen_and_how_much_more),
        cmocka_unit_test(long_names_and_many_warnings_fit_as_well),
        cmocka_unit_test(the_next_command_can_be_pasted),
        cmocka_unit_test(ascii_means_ascii_and_no_colour_means_none),
        cmocka_unit_test(confidence_is_earned),
        cmocka_unit_test(the_first_line_says_what_could_be_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
