/* SPDX-License-Identifier: Apache-2.0 */
/* What every format but SVG has in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/base.h"
#include "fault.h"
#include "test.h"

static const caus_format formats[] = {
    CAUS_FORMAT_JSON, CAUS_FORMAT_TEXT,    CAUS_FORMAT_MARKDOWN,
    CAUS_FORMAT_DOT,  CAUS_FORMAT_MERMAID, CAUS_FORMAT_GRAPHML};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

static const char *render(const made_answer *made, caus_format format,
                          caus_arena *arena)
{
    caus_error err = {0};
    const char *text = NULL;
    size_t length = 0;
    if (caus_render_graph(&made->answer, format, NULL, NULL, arena, &text,
                          &length, &err) != CAUS_OK)
        fail_msg("format %d: %s", (int)format, err.message);
    assert_int_equal(strlen(text), length);
    assert_true(length > 0 && text[length - 1] == '\n');
    return text;
}

static bool exists(const char *program)
{
    char command[100];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

/* Whether the command takes the text on its standard input without a word. */
static void assert_accepted(const char *program, const char *arguments,
                            const char *text)
{
    if (!exists(program)) {
        print_message("not checked: no program %s\n", program);
        return;
    }
    char command[200];
    snprintf(command, sizeof command, "%s %s >/dev/null", program, arguments);
    FILE *pipe = popen(command, "w");
    assert_non_null(pipe);
    fputs(text, pipe);
    assert_int_equal(pclose(pipe), 0);
}

static void every_format_has_the_checks_behind_each_word(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    const caus_discovery *found = made.answer.discovery;
    assert_true(found->test_count > 0);
    for (size_t f = 0; f < FORMAT_COUNT; f++) {
        const char *text = render(&made, formats[f], arena);
        size_t orders = 0;
        for (const char *at = strstr(text, "lag order: "); at;
             at = strstr(at + 1, "lag order: "))
            orders++;
        /* seven links between two variables; some list those to themselves */
        if (orders < 7)
            fail_msg("format %d lists %zu checks of order", (int)formats[f],
                     orders);
    }
    caus_arena_free(arena);
    free_answer(&made);
}

static void make_wild(made_answer *made)
{
    static const char *const wild[] = {"a\"b\\",
                                       "<c & 'd'>",
                                       "new\nline\x01\x1b[0m",
                                       "\xff\xfe bytes",
                                       "日本語 ]]> --> `code` |",
                                       "n2 [label=x]; %% end\\"};
    make_answer(made, wild, 6, 2);
    for (size_t i = 0; i < 6; i++) {
        made->variables[i].service = wild[5 - i];
        made->variables[i].query = wild[i];
        add_link(made, i, (i + 1) % 6, i % 3, 0.3, 1e-9);
        add_link(made, i, i, 1, 0.8, 0);
    }
}

static void names_are_taken_from_words_and_endings(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        caus_format format;
    } known[] = {{"json", CAUS_FORMAT_JSON},
                 {"text", CAUS_FORMAT_TEXT},
                 {"markdown", CAUS_FORMAT_MARKDOWN},
                 {"report.MD", CAUS_FORMAT_MARKDOWN},
                 {"dot", CAUS_FORMAT_DOT},
                 {"out/graph.v2.svg", CAUS_FORMAT_SVG},
                 {"x.mmd", CAUS_FORMAT_MERMAID},
                 {"graphml", CAUS_FORMAT_GRAPHML}};
    caus_format found;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(caus_format_from_name(known[i].name, &found));
        assert_int_equal(found, known[i].format);
    }
    assert_false(caus_format_from_name("png", &found));
    assert_false(caus_format_from_name("", &found));
    assert_false(caus_format_from_name("a.", &found));
}

static void an_unknown_format_is_refused(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, NULL, 2, 1);
    caus_arena *arena = caus_arena_new(0);
    caus_error err = {0};
    const char *text = NULL;
    size_t length = 0;
    assert_int_equal(caus_render_graph(&made.answer, (caus_format)99, NULL,
                                       NULL, arena, &text, &length, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    caus_arena_free(arena);
    free_answer(&made);
}

static void wild_names_leave_every_format_whole(void **state)
{
    (void)state;
    made_answer made;
    make_wild(&made);
    caus_arena *arena = caus_arena_new(0);
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        const char *text = render(&made, formats[i], arena);
        for (const char *at = text; *at; at++)
            assert_true((unsigned char)*at >= 0x20 || *at == '\n');
        assert_null(strchr(text, '\xff'));
    }
    assert_accepted("dot", "-Tsvg", render(&made, CAUS_FORMAT_DOT, arena));
    assert_accepted("xmllint", "--noout -",
                    render(&made, CAUS_FORMAT_GRAPHML, arena));
    caus_arena_free(arena);
    free_answer(&made);
}

static void empty_and_single_graphs_are_documents_too(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 3; count += 2) {
        made_answer made;
        make_answer(&made, NULL, count, 1);
        caus_arena *arena = caus_arena_new(0);
        for (size_t i = 0; i < FORMAT_COUNT; i++)
            render(&made, formats[i], arena);
        assert_accepted("dot", "-Tsvg", render(&made, CAUS_FORMAT_DOT, arena));
        assert_accepted("xmllint", "--noout -",
                        render(&made, CAUS_FORMAT_GRAPHML, arena));
        caus_arena_free(arena);
        free_answer(&made);
    }
}

static void two_hundred_nodes_are_no_trouble(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, NULL, 200, 3);
    for (size_t i = 0; i < 900; i++)
        add_link(&made, i % 200, (i * 7 + 3) % 200, 1 + i % 3,
                 0.9 - 0.0005 * (double)i, 1e-9);
    caus_arena *arena = caus_arena_new(0);
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        render(&made, formats[i], arena);
    const char *mermaid = render(&made, CAUS_FORMAT_MERMAID, arena);
    assert_non_null(strstr(mermaid, "%% the strongest part: "));
    caus_arena_free(arena);
    free_answer(&made);
}

static void the_same_answer_gives_the_same_bytes(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        assert_string_equal(render(&made, formats[i], arena),
                            render(&made, formats[i], arena));
    caus_arena_free(arena);
    free_answer(&made);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    made_answer made;
    make_wild(&made);
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        bool refused = true;
        for (long n = 0; refused; n++) {
            caus_arena *arena = caus_arena_new(0);
            caus_error err = {0};
            const char *text = NULL;
            size_t length = 0;
            fault_fail_after(n);
            caus_status status =
                caus_render_graph(&made.answer, formats[i], NULL, NULL, arena,
                                  &text, &length, &err);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            assert_int_equal(text != NULL, !refused);
            assert_int_equal(err.message[0] != '\0', refused);
            caus_arena_free(arena);
        }
    }
    free_answer(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_taken_from_words_and_endings),
        cmocka_unit_test(an_unknown_format_is_refused),
        cmocka_unit_test(every_format_has_the_checks_behind_each_word),
        cmocka_unit_test(wild_names_leave_every_format_whole),
        cmocka_unit_test(empty_and_single_graphs_are_documents_too),
        cmocka_unit_test(two_hundred_nodes_are_no_trouble),
        cmocka_unit_test(the_same_answer_gives_the_same_bytes),
        cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
