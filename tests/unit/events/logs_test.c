/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "base/base.h"
#include "caus/logs.h"
#include "csv_fixture.h"
#include "events/events.h"
#include "fault.h"

static const int64_t second_ns = 1000000000;

static caus_status read_text(csv_bench *bench, const char *text,
                             const caus_logs_options *options, caus_logs *logs)
{
    csv_file file = csv_file_of(text);
    caus_status status = caus_logs_read(file.path, options, bench->run,
                                        bench->out, logs, &bench->error);
    close(file.descriptor);
    return status;
}

static void read_well(csv_bench *bench, const char *text,
                      const caus_logs_options *options, caus_logs *logs)
{
    csv_bench_open(bench, 0);
    if (read_text(bench, text, options, logs) != CAUS_OK)
        fail_msg("%s", bench->error.message);
}

static void what_varies_becomes_a_mask(void **state)
{
    (void)state;
    csv_bench bench;
    caus_logs logs;
    read_well(&bench,
              "1761706800 [auth] user 17 logged in from 10.0.0.7:8080\n"
              "1761706803 db: slow query took 12ms\n"
              "  at line 3\n"
              "404 is no time\n"
              "1761706801 auth user 18 logged in from 10.0.0.9:80\n"
              "2025-10-29 03:00:02Z auth cache miss for key alpha\n"
              "2025-10-29T03:00:02Z auth cache miss for key beta\n",
              NULL, &logs);
    assert_int_equal(logs.record_count, 5);
    assert_int_equal(logs.continued_lines, 2);
    assert_int_equal(logs.template_count, 3);
    assert_string_equal(logs.templates[0].service, "auth");
    assert_string_equal(logs.templates[0].text, "cache miss for key <*>");
    assert_string_equal(logs.templates[0].sample, "cache miss for key alpha");
    assert_int_equal(logs.templates[0].count, 2);
    assert_string_equal(logs.templates[1].text, "user <*> logged in from <*>");
    assert_string_equal(logs.templates[2].service, "db");
    assert_string_equal(logs.templates[2].text, "slow query took <*>");
    static const uint32_t kinds[] = {1, 1, 0, 0, 2};
    assert_memory_equal(logs.kind, kinds, sizeof kinds);
    assert_int_equal(logs.time_ns[4], 1761706803 * second_ns);
    csv_bench_close(&bench);
}

static void json_lines_need_only_a_time_and_a_text(void **state)
{
    (void)state;
    csv_bench bench;
    caus_logs logs;
    caus_logs_options options = {.service = "web"};
    read_well(&bench,
              "{\"@timestamp\":\"2025-10-29T03:00:00Z\",\"msg\":\"started "
              "\\\"x\\\"\",\"level\":\"info\",\"extra\":{\"a\":1}}\n"
              "{\"ts\":1761706801,\"app\":\"db\",\"message\":\"stopped\"}\n"
              "1761706802 all in one\n",
              &options, &logs);
    assert_int_equal(logs.template_count, 3);
    assert_string_equal(logs.templates[0].service, "db");
    assert_string_equal(logs.templates[1].text, "all in one");
    assert_string_equal(logs.templates[2].text, "started \"x\"");
    assert_string_equal(logs.templates[2].service, "web");
    csv_bench_close(&bench);
}

static void names_of_opentelemetry_are_known(void **state)
{
    (void)state;
    csv_bench bench;
    caus_logs logs;
    read_well(
        &bench,
        "{\"Timestamp\":\"2025-10-29T03:00:05.5Z\",\"ServiceName\":\"pay\","
        "\"SeverityText\":\"ERROR\",\"Body\":\"card 17 refused\","
        "\"TraceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}\n"
        "{\"time\":1761706804000,\"service\":\"pay\",\"level\":30,"
        "\"message\":\"card 18 refused\",\"trace_id\":\"00\"}\n"
        "{\"time\":1761706803000000,\"service\":\"pay\",\"level\":\"warn\","
        "\"msg\":\"card 19 refused\",\"trace_id\":\"000000\"}\n",
        NULL, &logs);
    assert_int_equal(logs.template_count, 3);
    static const caus_severity severities[] = {
        CAUS_SEVERITY_INFO, CAUS_SEVERITY_WARN, CAUS_SEVERITY_ERROR};
    for (size_t k = 0; k < 3; k++) {
        assert_string_equal(logs.templates[k].text, "card <*> refused");
        assert_int_equal(logs.templates[k].severity, severities[k]);
    }
    /* by time, whatever their order in the file */
    assert_int_equal(logs.time_ns[0], 1761706803 * second_ns);
    assert_int_equal(logs.trace[0], 0);
    assert_int_equal(logs.trace_count, 1);
    assert_string_equal(logs.trace_ids[logs.trace[2] - 1],
                        "4bf92f3577b34da6a3ce929d0e0e4736");
    csv_bench_close(&bench);
}

static void tables_have_texts_of_several_lines(void **state)
{
    (void)state;
    csv_bench bench;
    caus_logs logs;
    read_well(&bench,
              "Time,level,Service,Message,host\n"
              "1761706801,ERROR,cart,\"java.lang.Error: no \"\"price\"\"\n"
              "\tat app.Cart.sum(Cart.java:7)\n\n"
              "\tat app.Cart.main(Cart.java:1)\",h1\n"
              "1761706802,INFO,cart,\"sum, 17\",h2\n"
              "1761706803,,cart,\"Traceback (most recent call last):\n"
              "  File \"\"a.py\"\", line 3, in f\nKeyError: 'x'\",h2\n",
              NULL, &logs);
    assert_int_equal(logs.record_count, 3);
    assert_int_equal(logs.template_count, 3);
    assert_string_equal(logs.templates[0].text, "KeyError: 'x'");
    assert_string_equal(logs.templates[1].text,
                        "java.lang.Error: no \"price\"");
    assert_int_equal(logs.templates[1].severity, CAUS_SEVERITY_ERROR);
    assert_string_equal(logs.templates[2].text, "sum, <*>");
    csv_bench_close(&bench);
}

static void a_stack_is_one_event_however_it_is_told(void **state)
{
    (void)state;
    csv_bench bench;
    caus_logs logs;
    read_well(&bench,
              "1761706801 a ERROR java.lang.Error: x\n"
              "1761706801 a at app.Cart.sum(Cart.java:7)\n"
              "1761706801 a Caused by: java.io.IOException: y\n"
              "1761706801 a ... 12 more\n"
              "1761706801 b panic: index out of range\n"
              "1761706801 b goroutine 7 [running]:\n"
              "1761706801 b /app/main.go:88 +0x1d\n"
              "1761706801 c Traceback (most recent call last):\n"
              "1761706801 c File \"a.py\", line 3, in f\n"
              "1761706801 c KeyError: 'x'\n"
              "  File \"a.py\", line 3, in f\n"
              "{\"ts\":1761706801,\"app\":\"d\",\"msg\":\"\\tat x\"}\n",
              NULL, &logs);
    assert_int_equal(logs.record_count, 3);
    assert_int_equal(logs.continued_lines, 9);
    csv_bench_close(&bench);
}

static void the_severity_is_looked_for_in_the_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        caus_severity severity;
    } cases[] = {{"ERROR no seat", CAUS_SEVERITY_ERROR},
                 {"[worker-1] [warn] late", CAUS_SEVERITY_WARN},
                 {"ts=1 level=info msg=done", CAUS_SEVERITY_INFO},
                 {"error: no seat", CAUS_SEVERITY_ERROR},
                 {"found no error here", CAUS_SEVERITY_UNKNOWN},
                 {"E1029 03:00:01.1 1 a.go:7] lost", CAUS_SEVERITY_ERROR},
                 {"main DEBUG seat taken", CAUS_SEVERITY_DEBUG},
                 {"app.SeatException: taken", CAUS_SEVERITY_ERROR},
                 {"panic: no seat", CAUS_SEVERITY_ERROR}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[100];
        csv_bench bench;
        caus_logs logs;
        snprintf(line, sizeof line, "1761706801 a %s\n", cases[i].text);
        read_well(&bench, line, NULL, &logs);
        if (logs.templates[0].severity != cases[i].severity)
            fail_msg("'%s' is taken for %s", cases[i].text,
                     caus_severity_name(logs.templates[0].severity));
        csv_bench_close(&bench);
    }
}

static void unlike_lines_make_templates_of_their_own(void **state)
{
    (void)state;
    csv_bench bench;
    caus_logs logs;
    caus_logs_options strict = {.service = "a", .similarity = 1};
    const char *text = "1761706800 one two three four\n"
                       "1761706801 one two red blue\n"
                       "1761706802 one two red green\n";
    read_well(&bench, text, &strict, &logs);
    assert_int_equal(logs.template_count, 3);
    csv_bench_close(&bench);
    caus_logs_options usual = {.service = "a", .similarity = 0.75};
    read_well(&bench, text, &usual, &logs);
    assert_int_equal(logs.template_count, 2);
    assert_string_equal(logs.templates[0].text, "one two red <*>");
    csv_bench_close(&bench);
    caus_logs_options few = {
        .service = "a", .similarity = 1, .max_templates = 1};
    read_well(&bench, text, &few, &logs);
    assert_int_equal(logs.template_count, 2);
    assert_int_equal(logs.overflowing, 2);
    assert_string_equal(logs.templates[0].text, "<*>");
    assert_int_equal(logs.templates[0].count, 2);
    csv_bench_close(&bench);
}

enum { SHUFFLED = 400 };

/* Few words, so that many lines are alike in part, and few times, so that many
 * have no order. */
static void make_line(caus_random *random, char *line, size_t bytes)
{
    static const char *const words[] = {"alpha", "beta", "gamma", "delta",
                                        "12",    "took", "user"};
    size_t drawn[5];
    for (size_t i = 0; i < 5; i++)
        drawn[i] = caus_random_below(random, 7);
    unsigned id = (unsigned)caus_random_below(random, 9);
    (void)snprintf(line, bytes,
                   "{\"time\":%d,\"service\":\"s%d\",\"level\":\"%s\","
                   "\"message\":\"%s %s %s %s %s %d\",\"trace_id\":\"a%u\"}",
                   1761706800 + (int)caus_random_below(random, 12),
                   (int)caus_random_below(random, 2), id % 2 ? "error" : "info",
                   words[drawn[0]], words[drawn[1]], words[drawn[2]],
                   words[drawn[3]], words[drawn[4]], (int)id, id);
}

static void read_lines(csv_bench *bench, char lines[][160], size_t templates,
                       caus_logs *logs)
{
    caus_text text = {0};
    for (size_t i = 0; i < SHUFFLED; i++)
        caus_text_format(&text, "%s\n", lines[i]);
    caus_logs_options options = {.max_templates = templates};
    read_well(bench, text.bytes, &options, logs);
    caus_text_deinit(&text);
}

static void assert_same_logs(const caus_logs *a, const caus_logs *b)
{
    assert_int_equal(a->record_count, b->record_count);
    assert_int_equal(a->overflowing, b->overflowing);
    assert_int_equal(a->template_count, b->template_count);
    assert_int_equal(a->trace_count, b->trace_count);
    for (size_t i = 0; i < a->record_count; i++) {
        assert_int_equal(a->time_ns[i], b->time_ns[i]);
        assert_int_equal(a->kind[i], b->kind[i]);
        assert_int_equal(a->lines[i], b->lines[i]);
        assert_int_equal(a->trace[i], b->trace[i]);
    }
    for (size_t k = 0; k < a->template_count; k++) {
        assert_string_equal(a->templates[k].service, b->templates[k].service);
        assert_string_equal(a->templates[k].text, b->templates[k].text);
        assert_string_equal(a->templates[k].sample, b->templates[k].sample);
        assert_int_equal(a->templates[k].severity, b->templates[k].severity);
        assert_int_equal(a->templates[k].count, b->templates[k].count);
    }
    for (size_t i = 0; i < a->trace_count; i++)
        assert_string_equal(a->trace_ids[i], b->trace_ids[i]);
}

static void the_order_of_lines_changes_nothing(void **state)
{
    (void)state;
    static char lines[SHUFFLED][160];
    caus_random random;
    caus_random_init(&random, 17, 0);
    for (size_t round = 0; round < 6; round++) {
        csv_bench told, shuffled;
        caus_logs logs, again;
        size_t templates = round % 2 ? 20 : 0;
        for (size_t i = 0; i < SHUFFLED; i++)
            make_line(&random, lines[i], sizeof lines[i]);
        read_lines(&told, lines, templates, &logs);
        assert_true(logs.template_count > 15);
        assert_true((logs.overflowing > 0) == (templates > 0));
        for (size_t i = SHUFFLED - 1; i > 0; i--) {
            char kept[sizeof lines[0]];
            size_t other = caus_random_below(&random, i + 1);
            memcpy(kept, lines[i], sizeof kept);
            memcpy(lines[i], lines[other], sizeof kept);
            memcpy(lines[other], kept, sizeof kept);
        }
        read_lines(&shuffled, lines, templates, &again);
        assert_same_logs(&logs, &again);
        csv_bench_close(&told);
        csv_bench_close(&shuffled);
    }
}

static void many_first_words_end_in_one_branch(void **state)
{
    (void)state;
    enum { LINES = 3000, LINE_BYTES = 64 };
    char *text = malloc(LINES * LINE_BYTES);
    assert_non_null(text);
    size_t length = 0;
    for (int i = 0; i < LINES; i++)
        length += (size_t)sprintf(
            text + length, "%d %c%c%c says a word of %c%c\n", 1761706800 + i,
            'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676 % 26, 'a' + i % 26,
            'a' + i / 26 % 26);
    csv_bench bench;
    caus_logs logs;
    caus_logs_options options = {.service = "x"};
    read_well(&bench, text, &options, &logs);
    assert_in_range(logs.template_count, 100, 201);
    size_t lines = 0;
    for (size_t i = 0; i < logs.template_count; i++)
        lines += logs.templates[i].count;
    assert_int_equal(lines, LINES);
    csv_bench_close(&bench);
    free(text);
}

static void counts_are_series_without_gaps(void **state)
{
    (void)state;
    csv_bench bench;
    caus_logs logs;
    caus_samples samples;
    read_well(&bench,
              "1761706800 a ping\n1761706801 a ping\n1761706810 a ping\n"
              "1761706830.5 a pong now\n",
              NULL, &logs);
    assert_int_equal(caus_logs_to_samples(&logs, 10 * second_ns, 1, bench.out,
                                          &samples, &bench.error),
                     CAUS_OK);
    assert_int_equal(samples.track_count, 2);
    assert_int_equal(samples.tracks[0].count, 5);
    static const double pings[] = {1, 2, 0, 0, 0};
    assert_memory_equal(samples.tracks[0].value, pings, sizeof pings);
    assert_int_equal(samples.tracks[0].time_ns[0], 1761706800 * second_ns);
    assert_string_equal(samples.tracks[0].variable.query, "ping");
    assert_memory_equal(samples.tracks[0].variable.name, "a_log_", 6);
    assert_true(samples.tracks[1].value[4] == 1);
    assert_int_equal(caus_logs_to_samples(&logs, 10 * second_ns, 2, bench.out,
                                          &samples, &bench.error),
                     CAUS_OK);
    assert_int_equal(samples.track_count, 1);
    assert_int_equal(
        caus_logs_to_samples(&logs, 0, 1, bench.out, &samples, &bench.error),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(
        caus_logs_to_samples(&logs, 1, 1, bench.out, &samples, &bench.error),
        CAUS_ERR_LIMIT);
    csv_bench_close(&bench);
}

static void new_templates_come_before_frequent_old_ones(void **state)
{
    (void)state;
    char text[4000];
    size_t length = 0;
    for (int i = 0; i < 60; i++) { /* a ping every second, at 30 panic starts */
        length += (size_t)sprintf(text + length, "%d a ping\n", 1761706800 + i);
        if (i >= 30)
            length += (size_t)sprintf(text + length, "%d a panic %d ends\n",
                                      1761706800 + i, i);
        if (i % 10 == 0)
            length += (size_t)sprintf(text + length, "%d a rare thing done\n",
                                      1761706800 + i);
    }
    csv_bench bench;
    caus_logs logs;
    const caus_log_novelty *novelty;
    read_well(&bench, text, NULL, &logs);
    int64_t onset_ns = 1761706830 * second_ns;
    assert_int_equal(caus_logs_novelty(&logs, onset_ns, second_ns, bench.out,
                                       &novelty, &bench.error),
                     CAUS_OK);
    assert_string_equal(logs.templates[novelty[0].kind].text, "panic <*> ends");
    assert_int_equal(novelty[0].normal_count, 0);
    assert_int_equal(novelty[0].incident_count, 30);
    assert_true(fabs(novelty[0].score - log(2) * log(31)) < 1e-12);
    assert_true(novelty[1].score == 0); /* as frequent as before */
    assert_true(novelty[2].score == 0);
    assert_int_equal(caus_logs_novelty(&logs, 0, second_ns, bench.out, &novelty,
                                       &bench.error),
                     CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(bench.error.message, "before the onset"));
    assert_int_equal(caus_logs_novelty(&logs, INT64_MAX, second_ns, bench.out,
                                       &novelty, &bench.error),
                     CAUS_ERR_TOO_FEW_SAMPLES);
    csv_bench_close(&bench);
}

static void counts_are_read_back_as_written(void **state)
{
    (void)state;
    csv_bench bench;
    caus_logs logs, back;
    const char *json;
    const caus_grid grids[2] = {{.start_ns = 1761706800 * second_ns,
                                 .end_ns = 1761706820 * second_ns,
                                 .step_ns = 10 * second_ns},
                                {.start_ns = 1761706900 * second_ns,
                                 .end_ns = 1761706900 * second_ns,
                                 .step_ns = 10 * second_ns}};
    read_well(&bench,
              "1761706790 a ERROR too early\n"
              "1761706791 a ERROR ping 7\n1761706800 a ERROR ping 8\n"
              "1761706801 b pong \"x\"\n1761706820.5 b pong too late\n"
              "1761706895 a ERROR ping 9\n",
              NULL, &logs);
    assert_null(logs.statement);
    logs.statement = "SELECT 1 WHERE service = ?";
    assert_int_equal(
        caus_logs_write(&logs, grids, bench.out, &json, &bench.error), CAUS_OK);
    assert_null(strstr(json, "ping 7"));
    assert_int_equal(caus_logs_read_text("text", json, strlen(json), bench.out,
                                         &back, &bench.error),
                     CAUS_OK);
    assert_string_equal(back.statement, logs.statement);
    assert_int_equal(back.template_count, logs.template_count);
    for (size_t k = 0; k < back.template_count; k++) {
        assert_string_equal(back.templates[k].text, logs.templates[k].text);
        assert_string_equal(back.templates[k].service,
                            logs.templates[k].service);
        assert_int_equal(back.templates[k].severity,
                         logs.templates[k].severity);
    }
    static const int64_t ends_s[] = {1761706800, 1761706810, 1761706900};
    static const uint32_t lines[] = {2, 1, 1};
    assert_int_equal(back.record_count, 3);
    assert_int_equal(back.line_count, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(back.time_ns[i], ends_s[i] * second_ns);
        assert_int_equal(back.lines[i], lines[i]);
    }
    static const char *const broken[] = {
        "{", "{\"templates\":[[\"a\",9,\"x\"]]}",
        "{\"templates\":[[\"a\",4,\"x\"]],\"counts\":[1,2,3]}",
        "{\"templates\":[[\"a\",4,\"x\"]],\"counts\":[0,2,3,0,1,1]}",
        "{\"templates\":[[\"a\",4,\"x\"]],\"counts\":[0,2]}"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(caus_logs_read_text("text", broken[i],
                                             strlen(broken[i]), bench.out,
                                             &back, &bench.error),
                         CAUS_ERR_INVALID_DATA);
    csv_bench_close(&bench);
}

static void faults_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"hello world\n", "line 1 starts with no time"},
        {" indented\n", "line 1 starts with no time"},
        {"1761706800 a x\n{\"msg\":\"x\"}\n", "line 2 starts with no"},
        {"1761706800 a x\n{\"msg\n", "line 2 is no JSON"},
        {"time,service,kind\n", "line 1 has no column message"},
        {"time,text\n1761706800,a\n1761706800\n", "line 3 has 1 cells"},
        {"time,text\n1761706800,\"a\nb\n", "line 2: a quote is not"},
        {"time,text\n1761706800,\"a\nb\" c\n", "line 3: a quote is not"},
        {"time,text\nnever,a\n", "line 2 starts with no time"},
        {"2025-10-29 03:00:00 a x\n", "no zone"},
        {"1761706800 a \xff\n", "line 1 is no UTF-8"},
        {"1761706800 \x01 x\n", "no service name"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv_bench bench;
        caus_logs logs = {.record_count = 77};
        csv_bench_open(&bench, 0);
        assert_int_equal(read_text(&bench, cases[i].text, NULL, &logs),
                         CAUS_ERR_INVALID_DATA);
        if (!strstr(bench.error.message, cases[i].says))
            fail_msg("'%s' does not say '%s'", bench.error.message,
                     cases[i].says);
        assert_int_equal(logs.record_count, 77);
        assert_int_equal(caus_arena_used_bytes(bench.out), 0);
        csv_bench_close(&bench);
    }
}

static void run_out_of_memory(size_t which)
{
    static const char *const texts[] = {
        "1761706800 a x y\n1761706801 a x z\n"
        "{\"ts\":1761706809,\"msg\":\"other\"}\n",
        "time,level,text,trace_id\n1761706800,ERROR,\"a\nb\",77\n"
        "1761706809,info,c,\n"};
    csv_file file = csv_file_of(texts[which]);
    bool refused = true;
    for (long successes = 0; refused; successes++) {
        csv_bench bench;
        caus_logs logs;
        caus_samples samples;
        const caus_log_novelty *novelty;
        const char *json;
        const caus_grid grids[2] = {{.start_ns = 1761706800 * second_ns,
                                     .end_ns = 1761706900 * second_ns,
                                     .step_ns = second_ns}};
        csv_bench_open(&bench, 0);
        fault_fail_after(successes);
        caus_status status =
            caus_logs_read(file.path, NULL, bench.run, bench.out, &logs, NULL);
        if (status == CAUS_OK)
            status = caus_logs_to_samples(&logs, second_ns, 1, bench.out,
                                          &samples, NULL);
        if (status == CAUS_OK)
            status = caus_logs_novelty(&logs, 1761706805 * second_ns, second_ns,
                                       bench.out, &novelty, NULL);
        if (status == CAUS_OK) {
            logs.statement = "SELECT 1 WHERE service = ?";
            status = caus_logs_write(&logs, grids, bench.out, &json, NULL);
        }
        if (status == CAUS_OK)
            status = caus_logs_read_text("text", json, strlen(json), bench.out,
                                         &logs, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        csv_bench_close(&bench);
    }
    close(file.descriptor);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    run_out_of_memory(0);
    run_out_of_memory(1);
}

static void a_cancelled_run_stops_the_search_for_templates(void **state)
{
    (void)state;
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = {.threads = 1, .cancel = &cancel};
    caus_logs_builder *builder = caus_logs_builder_new(.5, 10, 0);
    caus_arena *arena = caus_arena_new(0);
    const caus_log_row row = {
        .service = {"a", 1}, .text = {"it failed", 9}, .lines = 1};
    caus_run *run;
    caus_logs logs = {.line_count = 7};
    caus_error err;
    assert_int_equal(caus_run_new(&options, &run, &err), CAUS_OK);
    assert_int_equal(caus_logs_builder_add(builder, &row, &err), CAUS_OK);
    assert_int_equal(caus_logs_builder_finish(builder, run, arena, &logs, &err),
                     CAUS_ERR_CANCELLED);
    assert_int_equal(logs.line_count, 7);
    caus_run_free(run);
    caus_arena_free(arena);
    caus_logs_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_run_stops_the_search_for_templates),
        cmocka_unit_test(what_varies_becomes_a_mask),
        cmocka_unit_test(json_lines_need_only_a_time_and_a_text),
        cmocka_unit_test(names_of_opentelemetry_are_known),
        cmocka_unit_test(tables_have_texts_of_several_lines),
        cmocka_unit_test(a_stack_is_one_event_however_it_is_told),
        cmocka_unit_test(the_severity_is_looked_for_in_the_text),
        cmocka_unit_test(unlike_lines_make_templates_of_their_own),
        cmocka_unit_test(the_order_of_lines_changes_nothing),
        cmocka_unit_test(many_first_words_end_in_one_branch),
        cmocka_unit_test(counts_are_series_without_gaps),
        cmocka_unit_test(new_templates_come_before_frequent_old_ones),
        cmocka_unit_test(counts_are_read_back_as_written),
        cmocka_unit_test(faults_name_the_line),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
