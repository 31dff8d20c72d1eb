/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "caus/render.h"
#include "fault.h"
#include "telemetry_made.h"

static const int64_t second = 1000000000;

static const caus_label labels[] = {{"instance", "<ip-1>:9090"}};

static const caus_variable variables[] = {{.name = "auth_latency",
                                           .service = "auth",
                                           .unit = "s",
                                           .source = "clickhouse",
                                           .query = "SELECT …",
                                           .kind = CAUS_KIND_LATENCY_QUANTILE,
                                           .scrape_offset_s = (double)NAN},
                                          {.name = "redis_cpu",
                                           .service = "",
                                           .unit = "",
                                           .source = "prometheus",
                                           .query = "",
                                           .labels = labels,
                                           .label_count = 1,
                                           .kind = CAUS_KIND_GAUGE,
                                           .scrape_interval_s = 5,
                                           .scrape_offset_s = 1.5,
                                           .rate_window_s = 60}};

static const size_t sample_counts[] = {1441, 20};
static const caus_fetched_query queries[] = {
    {"prometheus", "avg by (service) (redis_cpu)"}};
static const char *const warnings[] = {"redis_cpu has a gap of 4 min"};
static const caus_recorded_result results[] = {
    {"causal_graph",
     "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "{}"}};

static caus_recording_info make_info(void)
{
    return (caus_recording_info){
        .version = "0.1.0",
        .schema = 1,
        .created_ns = 1761710700 * second,
        .window = {1761706800 * second, 1761710400 * second, 5 * second},
        .baseline = {1761703200 * second, 1761706795 * second, 5 * second},
        .hint = "payments failed",
        .variable_count = 2,
        .variables = variables,
        .sample_counts = sample_counts,
        .query_count = 1,
        .queries = queries,
        .warning_count = 1,
        .warnings = warnings,
        .result_count = 1,
        .results = results,
        .clock_skew_s = 0.25,
        .scrape_interval_s = 5,
        .scrubbed = true};
}

static const char *render(struct made *made, const caus_recording_info *info,
                          caus_format format, bool ascii)
{
    caus_render_options options = {.ascii = ascii,
                                   .zone_offset_minutes = INT32_MIN};
    const char *text = NULL;
    size_t length = 0;
    if (caus_render_recording(info, "incident.caus", format, &options,
                              made->arena, &text, &length,
                              &made->err) != CAUS_OK)
        fail_msg("%s", made->err.message);
    assert_int_equal(strlen(text), length);
    return text;
}

static void text_says_what_the_file_holds(void **state)
{
    struct made *made = *state;
    caus_recording_info info = make_info();
    assert_string_equal(
        render(made, &info, CAUS_FORMAT_TEXT, false),
        "incident.caus\n"
        "  recorded   2025-10-29T04:05:00Z by caus 0.1.0, layout 1\n"
        "  window     2025-10-29 03:00–04:00 UTC · 721 steps of 5 s\n"
        "  baseline   2025-10-29 02:00:00–02:59:55 UTC · 720 steps of 5 s\n"
        "  samples    1,461 of 2 variables\n"
        "  secrets    replaced by placeholders\n"
        "  clock      the server was 0.250 s ahead\n"
        "  hint       payments failed\n"
        "\n"
        "variables (2)\n"
        "  auth_latency  auth  latency_quantile       1,441\n"
        "  redis_cpu           gauge                     20\n"
        "\n"
        "queries (1)\n"
        "  prometheus avg by (service) (redis_cpu)\n"
        "\n"
        "results (1)\n"
        "  causal_graph  44136fa355b3…\n"
        "\n"
        "warnings (1)\n"
        "  ! redis_cpu has a gap of 4 min\n");
}

static void traces_and_log_lines_are_counted(void **state)
{
    struct made *made = *state;
    caus_recording_info info = make_info();
    caus_spans spans = {.span_count = 19991, .trace_count = 1402};
    caus_logs logs = {.line_count = 704, .template_count = 20};
    info.spans = &spans;
    info.logs = &logs;
    const char *text = render(made, &info, CAUS_FORMAT_TEXT, false);
    assert_non_null(strstr(text, "  traces     19,991 spans of 1,402 traces\n"
                                 "  logs       704 lines of 20 templates\n"));
    text = render(made, &info, CAUS_FORMAT_JSON, false);
    assert_non_null(strstr(text, "\"spans\": 19991"));
    assert_non_null(strstr(text, "\"log_lines\": 704"));
}

static void ascii_text_is_ascii(void **state)
{
    struct made *made = *state;
    caus_recording_info info = make_info();
    info.hint = "caf\xc3\xa9 \xff";
    const char *text = render(made, &info, CAUS_FORMAT_TEXT, true);
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at < 0x80);
}

static void json_reads_back(void **state)
{
    struct made *made = *state;
    caus_recording_info info = make_info();
    const char *text = render(made, &info, CAUS_FORMAT_JSON, false);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    const char *kind, *created, *start, *label, *instance, *server, *hash,
        *warning;
    int schema, scrubbed, steps, samples;
    double skew;
    assert_int_equal(
        json_unpack(root,
                    "{s:s, s:i, s:s, s:b, s:{s:s, s:i}, s:F, s:[{s:s, s:i}, "
                    "{s:{s:s}}], s:[{s:s}], s:[{s:s}], s:[s]}",
                    "kind", &kind, "schema", &schema, "created", &created,
                    "scrubbed", &scrubbed, "window", "start", &start, "steps",
                    &steps, "clock_skew_seconds", &skew, "variables", "label",
                    &label, "samples", &samples, "labels", "instance",
                    &instance, "queries", "server", &server, "results",
                    "sha256", &hash, "warnings", &warning),
        0);
    assert_string_equal(kind, "recording");
    assert_int_equal(schema, 1);
    assert_string_equal(created, "2025-10-29T04:05:00Z");
    assert_true(scrubbed);
    assert_string_equal(start, "2025-10-29T03:00:00Z");
    assert_int_equal(steps, 721);
    assert_true(skew == 0.25);
    assert_string_equal(label, "auth_latency");
    assert_int_equal(samples, 1441);
    assert_string_equal(instance, "<ip-1>:9090");
    assert_string_equal(server, "prometheus");
    assert_string_equal(hash, results[0].sha256);
    assert_string_equal(warning, warnings[0]);
    json_decref(root);
}

static void what_is_not_known_is_left_out(void **state)
{
    struct made *made = *state;
    caus_recording_info info = make_info();
    info.clock_skew_s = (double)NAN;
    info.baseline.step_ns = 0;
    info.hint = "";
    const char *text = render(made, &info, CAUS_FORMAT_JSON, false);
    assert_null(strstr(text, "clock_skew"));
    assert_null(strstr(text, "baseline"));
    assert_null(strstr(text, "hint"));
    text = render(made, &info, CAUS_FORMAT_TEXT, false);
    assert_null(strstr(text, "clock"));
    assert_null(strstr(text, "baseline"));
}

static void hostile_texts_and_times_are_harmless(void **state)
{
    struct made *made = *state;
    caus_recording_info info = make_info();
    caus_variable odd = variables[0];
    odd.name = "a\xff\x1b[31m\"\\\n<b>";
    info.variables = &odd;
    info.variable_count = 1;
    info.window = (caus_grid){INT64_MIN, INT64_MAX, 1};
    info.created_ns = INT64_MIN;
    const char *text = render(made, &info, CAUS_FORMAT_TEXT, false);
    assert_null(strchr(text, '\x1b'));
    text = render(made, &info, CAUS_FORMAT_JSON, false);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    json_decref(root);
}

static void pictures_of_a_recording_are_refused(void **state)
{
    struct made *made = *state;
    caus_recording_info info = make_info();
    caus_render_options options = {.ascii = false};
    const char *text = "untouched";
    size_t length = 7;
    assert_int_equal(caus_render_recording(&info, "x", CAUS_FORMAT_SVG,
                                           &options, made->arena, &text,
                                           &length, &made->err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(made->err.message, "--format json"));
    assert_string_equal(text, "untouched");
}

static void no_memory_for_rendering_is_said(void **state)
{
    struct made *made = *state;
    caus_recording_info info = make_info();
    info.hint = "\xff";
    caus_render_options options = {.ascii = true};
    static const caus_format formats[] = {CAUS_FORMAT_TEXT, CAUS_FORMAT_JSON};
    for (size_t i = 0; i < 2; i++) {
        bool refused = true;
        for (long n = 0; refused; n++) {
            caus_arena *arena = caus_arena_new(0);
            assert_non_null(arena);
            const char *text = "untouched";
            size_t length = 7;
            fault_fail_after(n);
            caus_status status =
                caus_render_recording(&info, "x", formats[i], &options, arena,
                                      &text, &length, &made->err);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            if (refused)
                assert_string_equal(text, "untouched");
            caus_arena_free(arena);
        }
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_setup, made_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_says_what_the_file_holds),
        TEST(ascii_text_is_ascii),
        TEST(traces_and_log_lines_are_counted),
        TEST(json_reads_back),
        TEST(what_is_not_known_is_left_out),
        TEST(hostile_texts_and_times_are_harmless),
        TEST(pictures_of_a_recording_are_refused),
        TEST(no_memory_for_rendering_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
