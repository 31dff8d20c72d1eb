/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "fault.h"
#include "render/picture.h"
#include "test.h"

static caus_status render(const made_answer *made, caus_arena *arena,
                          const char **text, caus_error *err)
{
    size_t length;
    return caus_render_graph(&made->answer, CAUS_FORMAT_SVG, NULL, NULL, arena,
                             text, &length, err);
}

static const char *draw(const made_answer *made, caus_arena *arena)
{
    caus_error err = {0};
    const char *text = NULL;
    if (render(made, arena, &text, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    if (system("command -v xmllint >/dev/null 2>&1") == 0) {
        FILE *pipe = popen("xmllint --noout -", "w");
        assert_non_null(pipe);
        fputs(text, pipe);
        assert_int_equal(pclose(pipe), 0);
    }
    return text;
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        found++;
    return found;
}

static void arrows_lines_and_memory_are_told_apart(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    const char *svg = draw(&made, arena);
    /* six lines for seven links: two lags of one pair share a line */
    assert_int_equal(count(svg, "class=\"reach\""), 6);
    assert_non_null(strstr(svg, ">15 s, 30 s</text>"));
    /* four of them are arrows, one more stands in the legend */
    assert_int_equal(count(svg, "<polygon"), 5);
    assert_non_null(strstr(svg, ">auth  ↻ 15 s</text>"));
    assert_non_null(strstr(svg, ">Without links: gateway &quot;blue&quot; "
                                "&lt;é&gt;</text>"));
    caus_arena_free(arena);
    free_answer(&made);
}

static void wild_names_make_a_valid_picture(void **state)
{
    (void)state;
    static const char *const wild[] = {"a\"b\\", "<c & 'd'>",
                                       "new\nline\x01\x1b[0m", "\xff bytes",
                                       "日本語 ]]> -->"};
    made_answer made;
    make_answer(&made, wild, 5, 2);
    for (size_t i = 0; i < 5; i++) {
        made.variables[i].service = wild[4 - i];
        add_link(&made, i, (i + 1) % 5, i % 3, i % 2 ? -0.3 : 0.3, 1e-9);
    }
    caus_arena *arena = caus_arena_new(0);
    draw(&made, arena);
    caus_arena_free(arena);
    free_answer(&made);
}

static void empty_and_single_graphs_are_pictures_too(void **state)
{
    (void)state;
    for (size_t nodes = 1; nodes <= 3; nodes += 2) {
        made_answer made;
        make_answer(&made, NULL, nodes, 1);
        caus_arena *arena = caus_arena_new(0);
        assert_int_equal(count(draw(&made, arena), "class=\"name\""), nodes);
        caus_arena_free(arena);
        free_answer(&made);
    }
}

static void a_large_graph_is_narrowed_and_says_so(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, NULL, 200, 3);
    for (size_t i = 0; i < 900; i++)
        add_link(&made, i % 200, (i * 7 + 3) % 200, 1 + i % 3,
                 0.9 - 0.0005 * (double)i, 1e-9);
    caus_arena *arena = caus_arena_new(0);
    const char *svg = draw(&made, arena);
    assert_non_null(strstr(svg, "Drawn: the strongest part, "));
    assert_in_range(count(svg, "class=\"name\""), 10, 60);
    caus_arena_free(arena);
    free_answer(&made);
}

static void a_hidden_common_cause_has_two_heads(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, NULL, 2, 1);
    add_link(&made, 0, 1, 0, 0.5, 1e-9);
    caus_graph_set(&made.discovery.graph, 0, 1, 0, CAUS_MARK_ARROW,
                   CAUS_MARK_ARROW);
    caus_arena *arena = caus_arena_new(0);
    const char *svg = draw(&made, arena);
    assert_int_equal(count(svg, "<polygon"), 4);
    assert_non_null(strstr(svg, "hidden common cause"));
    caus_arena_free(arena);
    free_answer(&made);
}

static void the_same_answer_gives_the_same_picture(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    const char *first = draw(&made, arena);
    assert_string_equal(first, draw(&made, arena));
    caus_arena_free(arena);
    free_answer(&made);
}

static void without_dot_the_package_is_named(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    caus_error err = {0};
    const char *text = NULL;
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    caus_status status = render(&made, arena, &text, &err);
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(status, CAUS_ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "graphviz"));
    assert_null(text);
    caus_arena_free(arena);
    free_answer(&made);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, NULL, 3, 1);
    add_link(&made, 0, 1, 1, 0.5, 1e-9);
    add_link(&made, 0, 0, 1, 0.5, 1e-9);
    bool refused = true;
    for (long n = 0; refused; n++) {
        caus_arena *arena = caus_arena_new(0);
        caus_error err = {0};
        const char *text = NULL;
        fault_fail_after(n);
        caus_status status = render(&made, arena, &text, &err);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        assert_int_equal(text != NULL, !refused);
        caus_arena_free(arena);
    }
    free_answer(&made);
}

static void a_filter_passes_more_than_pipes_hold(void **state)
{
    (void)state;
    static const char *const cat[] = {"cat", NULL};
    caus_text input = {0}, output = {0};
    for (size_t i = 0; i < 300000; i++)
        caus_text_add(&input, "0123456789\n");
    caus_error err = {0};
    assert_int_equal(caus_process_filter(cat, &input, 10, NULL, &output, &err),
                     CAUS_OK);
    assert_int_equal(output.length, input.length);
    assert_memory_equal(output.bytes, input.bytes, input.length);
    caus_text_deinit(&input);
    caus_text_deinit(&output);
}

static void a_filter_that_does_not_read_is_no_trouble(void **state)
{
    (void)state;
    static const char *const deaf[] = {"true", NULL};
    static const char *const failing[] = {"false", NULL};
    caus_text input = {0}, output = {0};
    for (size_t i = 0; i < 300000; i++)
        caus_text_add(&input, "0123456789\n");
    caus_error err = {0};
    assert_int_equal(caus_process_filter(deaf, &input, 10, NULL, &output, &err),
                     CAUS_OK);
    assert_int_equal(
        caus_process_filter(failing, &input, 10, NULL, &output, &err),
        CAUS_ERR_IO);
    assert_string_equal(err.message, "false failed with exit code 1");
    caus_text_deinit(&input);
    caus_text_deinit(&output);
}

static const char *const sleeping[] = {"sleep", "30", NULL};

static void a_slow_filter_is_killed_at_its_limit(void **state)
{
    (void)state;
    caus_text input = {0}, output = {0};
    caus_text_add(&input, "x");
    caus_error err = {0};
    int64_t start_ns = caus_clock_monotonic_ns();
    assert_int_equal(
        caus_process_filter(sleeping, &input, 0.05, NULL, &output, &err),
        CAUS_ERR_LIMIT);
    assert_true(caus_clock_monotonic_ns() - start_ns < 2000000000);
    caus_text_deinit(&input);
    caus_text_deinit(&output);
}

static void *cancel_soon(void *flag)
{
    usleep(30000);
    *(volatile sig_atomic_t *)flag = 1;
    return NULL;
}

static void cancelling_kills_the_filter(void **state)
{
    (void)state;
    volatile sig_atomic_t cancel = 0;
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    options.cancel = &cancel;
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    caus_text input = {0}, output = {0};
    caus_text_add(&input, "x");
    caus_error err = {0};
    union {
        volatile sig_atomic_t *flag;
        void *data;
    } shared = {&cancel};
    pthread_t canceller;
    assert_int_equal(pthread_create(&canceller, NULL, cancel_soon, shared.data),
                     0);
    int64_t start_ns = caus_clock_monotonic_ns();
    assert_int_equal(
        caus_process_filter(sleeping, &input, 20, run, &output, &err),
        CAUS_ERR_CANCELLED);
    assert_true(caus_clock_monotonic_ns() - start_ns < 2000000000);
    pthread_join(canceller, NULL);
    caus_run_free(run);
    caus_text_deinit(&input);
    caus_text_deinit(&output);
}

int main(void)
{
    if (system("command -v dot >/dev/null 2>&1") != 0) {
        print_message("skipped: no program dot (package graphviz)\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrows_lines_and_memory_are_told_apart),
        cmocka_unit_test(wild_names_make_a_valid_picture),
        cmocka_unit_test(empty_and_single_graphs_are_pictures_too),
        cmocka_unit_test(a_large_graph_is_narrowed_and_says_so),
        cmocka_unit_test(a_hidden_common_cause_has_two_heads),
        cmocka_unit_test(the_same_answer_gives_the_same_picture),
        cmocka_unit_test(without_dot_the_package_is_named),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_filter_passes_more_than_pipes_hold),
        cmocka_unit_test(a_filter_that_does_not_read_is_no_trouble),
        cmocka_unit_test(a_slow_filter_is_killed_at_its_limit),
        cmocka_unit_test(cancelling_kills_the_filter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
