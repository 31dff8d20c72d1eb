/* SPDX-License-Identifier: Apache-2.0 */
/* Changes near an onset: the word they earn, and how they are told. */
#include <stdio.h>
#include <string.h>

#include "answers.h"
#include "fault.h"
#include "test.h"

static const int64_t second_ns = 1000000000;
static const int64_t onset_ns = INT64_C(1761706800) * 1000000000;

/* a → b, seen in both environments, with shared load removed. */
typedef struct story {
    made_answer made;
    unsigned char environments[8];
    caus_extent extent;
    caus_change items[3];
    caus_changes changes;
} story;

static void tell(story *at)
{
    static const char *const names[] = {"a", "b"};
    *at = (story){.extent = {.found = true,
                             .onset = {.found = true, .time_ns = onset_ns}}};
    make_answer(&at->made, names, 2, 1);
    add_link(&at->made, 0, 1, 1, 0.5, 1e-9);
    at->made.variables[0].service = "auth";
    at->made.variables[1].service = "web";
    memset(at->environments, CAUS_EDGE_REPLICATED, sizeof at->environments);
    at->made.discovery.environments = at->environments;
    at->made.answer.workload = "shop_calls";
    at->made.answer.preset = "incident";
    at->made.answer.extent = &at->extent;
    at->changes.changes = at->items;
    at->made.answer.changes = &at->changes;
}

static void change(story *at, const char *service, int64_t before_s)
{
    at->items[at->changes.change_count++] =
        (caus_change){.time_ns = onset_ns - before_s * second_ns,
                      .service = service,
                      .kind = CAUS_CHANGE_DEPLOY,
                      .kind_name = "deploy",
                      .ref = "v<2>",
                      .text = "new cache",
                      .source = "prometheus",
                      .query = "x > 1"};
}

static const char *render(const story *at, caus_format format,
                          caus_arena *arena)
{
    caus_render_options options = {.ascii = true};
    const char *text = NULL;
    size_t length;
    assert_int_equal(caus_render_graph(&at->made.answer, format, &options, NULL,
                                       arena, &text, &length, NULL),
                     CAUS_OK);
    return text;
}

static void assert_says(const story *at, caus_format format, const char *words)
{
    caus_arena *arena = caus_arena_new(0);
    const char *text = render(at, format, arena);
    if (!strstr(text, words))
        fail_msg("'%s' is not in\n%s", words, text);
    caus_arena_free(arena);
}

static void assert_word(const story *at, const char *word, const char *reason)
{
    char pair[100];
    snprintf(pair, sizeof pair, "\"word\": \"%s\"", word);
    assert_says(at, CAUS_FORMAT_JSON, pair);
    assert_says(at, CAUS_FORMAT_JSON, reason);
}

static void a_change_of_the_source_alone_earns_caused(void **state)
{
    (void)state;
    story at;
    tell(&at);
    assert_word(&at, "drives", "failed (none within 15 min)");
    change(&at, "auth", 180);
    assert_word(&at, "caused",
                "passed (deploy of auth (v<2>), 3 min before the onset)");
    assert_says(&at, CAUS_FORMAT_TEXT, "a caused b 15 s later.");
    at.environments[0] = CAUS_EDGE_REPLICATED;
    at.made.answer.workload = NULL;
    assert_word(&at, "preceded", "passed (deploy of auth");
    free_answer(&at.made);
}

static void
a_change_elsewhere_as_near_or_too_long_ago_earns_nothing(void **state)
{
    (void)state;
    story at;
    tell(&at);
    change(&at, "auth", 901);
    assert_word(&at, "drives", "failed (none within 15 min)");
    at.items[0].time_ns = onset_ns - 300 * second_ns;
    change(&at, "db", 500);
    assert_word(&at, "drives", "failed (not the only one: deploy of db");
    at.items[1].time_ns = onset_ns - 601 * second_ns;
    assert_word(&at, "caused", "passed");
    at.items[0].time_ns = onset_ns + 16 * second_ns; /* over a step after */
    assert_word(&at, "drives", "failed (none");
    at.items[0].time_ns = onset_ns + 15 * second_ns;
    assert_word(&at, "caused", "passed");
    at.made.variables[1].service = "auth";
    assert_word(&at, "drives", "failed (of both ends at once)");
    at.extent.found = false;
    assert_word(&at, "drives", "\"changes\": [");
    free_answer(&at.made);
}

static void changes_are_told_with_what_found_them(void **state)
{
    (void)state;
    story at;
    tell(&at);
    change(&at, "auth", 120);
    change(&at, "auth", 60);
    assert_says(&at, CAUS_FORMAT_TEXT,
                "nearest change: deploy of auth (v<2>), 2 times, 1 min before "
                "the onset");
    assert_says(&at, CAUS_FORMAT_TEXT, "new cache [x > 1]");
    assert_says(&at, CAUS_FORMAT_MARKDOWN, "### Changes near the onset");
    assert_says(&at, CAUS_FORMAT_MARKDOWN, "v&lt;2>");
    assert_says(&at, CAUS_FORMAT_JSON, "\"time\": \"2025-10-29T02:59:00Z\"");
    assert_says(&at, CAUS_FORMAT_JSON, "\"query\": \"x > 1\"");
    assert_says(&at, CAUS_FORMAT_JSON, "\"count\": 2");
    assert_says(&at, CAUS_FORMAT_JSON, "\"seconds_before_onset\": 60");
    free_answer(&at.made);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    story at;
    tell(&at);
    change(&at, "auth", 60);
    change(&at, "db", 90);
    const caus_format formats[] = {CAUS_FORMAT_JSON, CAUS_FORMAT_TEXT,
                                   CAUS_FORMAT_MARKDOWN};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        bool refused = true;
        for (long n = 0; refused; n++) {
            caus_arena *arena = caus_arena_new(0);
            caus_render_options options = {0};
            const char *text = NULL;
            size_t length;
            fault_fail_after(n);
            caus_status status =
                caus_render_graph(&at.made.answer, formats[f], &options, NULL,
                                  arena, &text, &length, NULL);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            caus_arena_free(arena);
        }
    }
    free_answer(&at.made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_of_the_source_alone_earns_caused),
        cmocka_unit_test(
            a_change_elsewhere_as_near_or_too_long_ago_earns_nothing),
        cmocka_unit_test(changes_are_told_with_what_found_them),
        cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
