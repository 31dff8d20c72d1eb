/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole documents of one answer, as people have looked at them. With
 * CAUS_GOLDEN_WRITE=1 in the environment the files are written anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/base.h"
#include "test.h"

static void read_file(const char *path, caus_text *text)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("no file %s", path);
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        caus_text_add_bytes(text, chunk, got);
    fclose(file);
}

static void write_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void assert_golden(caus_format format, bool ascii, const char *path)
{
    made_answer made;
    make_incident(&made);
    caus_arena *arena = caus_arena_new(0);
    caus_render_options options = {.ascii = ascii, .zone_offset_minutes = 60};
    caus_error err = {0};
    const char *text = NULL;
    size_t length = 0;
    if (caus_render_graph(&made.answer, format, &options, NULL, arena, &text,
                          &length, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    if (getenv("CAUS_GOLDEN_WRITE"))
        write_file(path, text, length);
    caus_text expected = {0};
    read_file(path, &expected);
    assert_string_equal(text, expected.bytes);
    caus_text_deinit(&expected);
    caus_arena_free(arena);
    free_answer(&made);
}

static void json_is_as_it_was(void **state)
{
    (void)state;
    assert_golden(CAUS_FORMAT_JSON, false, "golden/incident.json");
}

static void text_is_as_it_was(void **state)
{
    (void)state;
    assert_golden(CAUS_FORMAT_TEXT, false, "golden/incident.txt");
    assert_golden(CAUS_FORMAT_TEXT, true, "golden/incident_ascii.txt");
}

static void markdown_is_as_it_was(void **state)
{
    (void)state;
    assert_golden(CAUS_FORMAT_MARKDOWN, false, "golden/incident.md");
}

static void dot_is_as_it_was(void **state)
{
    (void)state;
    assert_golden(CAUS_FORMAT_DOT, false, "golden/incident.dot");
}

static void mermaid_is_as_it_was(void **state)
{
    (void)state;
    assert_golden(CAUS_FORMAT_MERMAID, false, "golden/incident.mmd");
}

static void graphml_is_as_it_was(void **state)
{
    (void)state;
    assert_golden(CAUS_FORMAT_GRAPHML, false, "golden/incident.graphml");
}

/* Positions are those of one version of dot. */
static void svg_is_as_it_was(void **state)
{
    (void)state;
    if (system("dot -V 2>&1 | grep -q 'version 2\\.43\\.0'") != 0) {
        print_message("not compared: the positions are those of dot 2.43.0\n");
        return;
    }
    assert_golden(CAUS_FORMAT_SVG, false, "golden/incident.svg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(json_is_as_it_was),
                                       cmocka_unit_test(text_is_as_it_was),
                                       cmocka_unit_test(markdown_is_as_it_was),
                                       cmocka_unit_test(dot_is_as_it_was),
                                       cmocka_unit_test(mermaid_is_as_it_was),
                                       cmocka_unit_test(graphml_is_as_it_was),
                                       cmocka_unit_test(svg_is_as_it_was)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
