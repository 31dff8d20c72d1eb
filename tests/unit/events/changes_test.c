/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/changes.h"
#include "csv_fixture.h"
#include "fault.h"

static const int64_t second_ns = 1000000000;

static caus_status read_text(csv_bench *bench, const char *text,
                             const caus_changes_options *options,
                             caus_changes *changes)
{
    csv_file file = csv_file_of(text);
    caus_status status = caus_changes_read(file.path, options, bench->run,
                                           bench->out, changes, &bench->error);
    close(file.descriptor);
    return status;
}

static void check_three(const caus_changes *changes)
{
    assert_int_equal(changes->change_count, 3);
    const caus_change *at = changes->changes;
    assert_int_equal(at[0].time_ns, 1761706800 * second_ns);
    assert_int_equal(at[0].kind, CAUS_CHANGE_FLAG);
    assert_string_equal(at[0].service, "");
    assert_string_equal(at[0].text, "say \"hi\", all");
    assert_int_equal(at[1].kind, CAUS_CHANGE_DEPLOY);
    assert_string_equal(at[1].kind_name, "Rollback");
    assert_string_equal(at[1].service, "auth");
    assert_string_equal(at[1].ref, "v1.2");
    assert_int_equal(at[2].time_ns, 1761706860 * second_ns + 500000000);
    assert_int_equal(at[2].kind, CAUS_CHANGE_OTHER);
    assert_string_equal(at[2].kind_name, "migration");
}

static void csv_and_json_lines_say_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\xef\xbb\xbfkind,time,who,text,ref,service\r\n"
        "migration,1761706860.5,x,,,db\r\n\r\n"
        "Rollback,2025-10-29T04:00:00+01:00,x,,v1.2,auth\r\n"
        "feature_flag,1761706800000,x,\"say \"\"hi\"\", all\",,\r\n",
        "\n{\"time\": 1761706860.5, \"service\":\"db\",\"kind\":\"migration\", "
        "\"more\": {\"a\": [1, \"}\"]}, \"ref\": null}\n"
        "{\"time\":\"2025-10-29T04:00:00+01:00\",\"service\":\"auth\","
        "\"kind\":\"Rollback\",\"ref\":\"v1.2\"}\n"
        "{\"time\":1761706800000,\"kind\":\"feature_flag\","
        "\"text\":\"say \\\"hi\\\", \\u0061ll\"}"};
    for (size_t i = 0; i < 2; i++) {
        csv_bench bench;
        caus_changes changes;
        csv_bench_open(&bench, 0);
        if (read_text(&bench, texts[i], NULL, &changes) != CAUS_OK)
            fail_msg("%s", bench.error.message);
        check_three(&changes);
        csv_bench_close(&bench);
    }
}

static int32_t one_hour_east(void *data, int64_t time_ns)
{
    (void)data;
    (void)time_ns;
    return 60;
}

static void a_time_without_zone_needs_one(void **state)
{
    (void)state;
    csv_bench bench;
    caus_changes changes;
    const char *text = "time,kind\n2025-10-29 04:00,deploy\n";
    csv_bench_open(&bench, 0);
    assert_int_equal(read_text(&bench, text, NULL, &changes),
                     CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(bench.error.message, "--tz"));
    caus_changes_options options = {.zone = one_hour_east};
    assert_int_equal(read_text(&bench, text, &options, &changes), CAUS_OK);
    assert_int_equal(changes.changes[0].time_ns, 1761706800 * second_ns);
    csv_bench_close(&bench);
}

static void faults_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"time,ref\n", "line 1 has no column kind"},
        {"time,kind,kind\n", "two columns kind"},
        {"time,kind\n1,deploy\n2\n", "line 3 has 1 cells"},
        {"time,kind\nsoon,deploy\n", "line 2, time: 'soon'"},
        {"time,kind\n1,\n", "line 2 has no kind"},
        {"time,kind\n1,\"deploy\n", "line 2: a quote"},
        {"time,kind,service\n1,deploy,\xff\n", "line 2, service"},
        {"{\"time\":1,\"kind\":\"deploy\"}\n{\"time\":2\n", "line 2 is"},
        {"{\"time\":1,\"kind\":\"deploy\"} x\n", "line 1 is"},
        {"{\"time\":1,\"kind\":\"\\q\"}\n", "line 1 is"},
        {"{\"kind\":\"deploy\"}\n", "line 1 has no time"},
        {"{\"time\":[1],\"kind\":\"deploy\"}\n", "line 1 has no time"},
        {"[{\"time\":1,\"kind\":\"deploy\"},\n{\"kind\":\"x\"}]",
         "entry 2 has no time"},
        {"[1]", "entry 1 is no JSON object"},
        {"[{\"time\":1,\n\"kind\":]", "line 2 is no JSON"},
        {"{\n\"deploys\":[]}", "holds no list of changes"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv_bench bench;
        caus_changes changes = {.change_count = 77};
        csv_bench_open(&bench, 0);
        assert_int_equal(read_text(&bench, cases[i].text, NULL, &changes),
                         CAUS_ERR_INVALID_DATA);
        if (!strstr(bench.error.message, cases[i].says))
            fail_msg("'%s' does not say '%s'", bench.error.message,
                     cases[i].says);
        assert_int_equal(changes.change_count, 77);
        assert_int_equal(caus_arena_used_bytes(bench.out), 0);
        csv_bench_close(&bench);
    }
}

/* Seconds from the onset at 1000000. */
static const char around[] = "time,service,kind,ref\n"
                             "992700,old,deploy,a\n" /* over 2 h back */
                             "999400,auth,deploy,b\n"
                             "999000,web,restart,pod1\n"
                             "999200,web,restart,pod2\n"
                             "999450,web,restart,pod3\n"
                             "998000,web,restart,pod4\n" /* another time */
                             "999400,auth,config,c\n"
                             "1000060,cart,deploy,d\n"
                             "1000000,db,oom_kill,e\n"
                             "1000200,late,deploy,f\n";

static void changes_near_an_onset_are_grouped_nearest_first(void **state)
{
    (void)state;
    csv_bench bench;
    caus_changes changes;
    const caus_change_group *groups;
    size_t count;
    csv_bench_open(&bench, 0);
    assert_int_equal(read_text(&bench, around, NULL, &changes), CAUS_OK);
    assert_int_equal(caus_changes_near(&changes, 1000000 * second_ns, NULL,
                                       bench.out, &groups, &count,
                                       &bench.error),
                     CAUS_OK);
    static const struct {
        const char *service;
        caus_change_kind kind;
        int64_t before_s;
        size_t count;
    } expected[] = {{"db", CAUS_CHANGE_OOM_KILL, 0, 1},
                    {"web", CAUS_CHANGE_RESTART, 550, 3},
                    {"auth", CAUS_CHANGE_DEPLOY, 600, 1},
                    {"auth", CAUS_CHANGE_CONFIG, 600, 1},
                    {"web", CAUS_CHANGE_RESTART, 2000, 1},
                    {"cart", CAUS_CHANGE_DEPLOY, -60, 1}};
    assert_int_equal(count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(groups[i].service, expected[i].service);
        assert_int_equal(groups[i].kind, expected[i].kind);
        assert_int_equal(groups[i].before_onset_ns,
                         expected[i].before_s * second_ns);
        assert_int_equal(groups[i].change_count, expected[i].count);
    }
    assert_string_equal(changes.changes[groups[1].changes[2]].ref, "pod3");
    for (size_t i = 0; i < count; i++)
        assert_int_equal(changes.changes[groups[i].chief].time_ns,
                         (1000000 - expected[i].before_s) * second_ns);
    assert_int_equal(groups[1].first_ns, 999000 * second_ns);
    csv_bench_close(&bench);
}

/* What Grafana's API gives for annotations, and what people make by hand. */
static void annotations_tell_kind_and_service_by_tags(void **state)
{
    (void)state;
    static const char grafana[] =
        "[\n {\"id\": 7, \"time\": 1761706800500, \"timeEnd\": 1761706900000,\n"
        "  \"tags\": [\"prod\", \"deploy\", \"service:auth\"],\n"
        "  \"text\": \"auth 1.2\\nrolled out\", \"dashboardUID\": null},\n"
        " {\"time\": 1761706700000, \"tags\": [], \"text\": \"lunch\"},\n"
        " {\"time\": \"2025-10-29T03:00:00Z\", \"kind\": \"Flag\","
        " \"service\": \"web\", \"tags\": [\"deploy\"]}\n]\n";
    csv_bench bench;
    caus_changes changes;
    csv_bench_open(&bench, 0);
    assert_int_equal(read_text(&bench, grafana, NULL, &changes), CAUS_OK);
    assert_int_equal(changes.change_count, 3);
    const caus_change *change = changes.changes;
    assert_string_equal(change[0].kind_name, "annotation");
    assert_int_equal(change[0].kind, CAUS_CHANGE_OTHER);
    assert_string_equal(change[0].text, "lunch");
    assert_string_equal(change[1].service, "web");
    assert_int_equal(change[1].kind, CAUS_CHANGE_FLAG);
    assert_int_equal(change[2].kind, CAUS_CHANGE_DEPLOY);
    assert_string_equal(change[2].service, "auth");
    assert_string_equal(change[2].ref, "7");
    assert_int_equal(change[2].time_ns, 1761706800 * second_ns + second_ns / 2);
    csv_bench_close(&bench);
}

static void a_document_may_hold_the_list_under_a_key(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"changes\": [{\"time\": 1, \"kind\": \"node\"}]}",
        "{\n\"from\": {\"changes\": 3},\n\"annotations\":\n [{\"time\": 1, "
        "\"kind\": \"node\"}]\n}",
        "[{\"time\": 1, \"kind\": \"node\"}, {\"time\": 1, \"kind\": "
        "\"node\"}]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        csv_bench bench;
        caus_changes changes;
        csv_bench_open(&bench, 0);
        assert_int_equal(read_text(&bench, texts[i], NULL, &changes), CAUS_OK);
        assert_int_equal(changes.change_count, 1);
        assert_int_equal(changes.changes[0].kind, CAUS_CHANGE_NODE);
        csv_bench_close(&bench);
    }
}

static void written_changes_read_back_as_they_were(void **state)
{
    (void)state;
    csv_bench bench;
    caus_changes made, again, joined;
    const char *json;
    csv_bench_open(&bench, 0);
    assert_int_equal(
        read_text(
            &bench,
            "time,service,kind,ref,text,source,query\n"
            "2025-10-29T03:00:00.25Z,\"a, b\",release,v1,\"say \"\"x\"\"\","
            "prometheus,\"x{y=\"\"z\"\"} > 1\"\n"
            "1,Ã¼,mine,,,,\n",
            NULL, &made),
        CAUS_OK);
    assert_int_equal(caus_changes_write(&made, bench.out, &json, &bench.error),
                     CAUS_OK);
    assert_int_equal(caus_changes_read_text("kept", json, strlen(json), NULL,
                                            bench.out, &again, &bench.error),
                     CAUS_OK);
    assert_int_equal(again.change_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const caus_change *a = &made.changes[i], *b = &again.changes[i];
        assert_int_equal(a->time_ns, b->time_ns);
        assert_int_equal(a->kind, b->kind);
        assert_string_equal(a->kind_name, b->kind_name);
        assert_string_equal(a->service, b->service);
        assert_string_equal(a->ref, b->ref);
        assert_string_equal(a->text, b->text);
        assert_string_equal(a->source, b->source);
        assert_string_equal(a->query, b->query);
    }
    assert_string_equal(made.changes[1].source, "prometheus");
    assert_string_equal(made.changes[1].query, "x{y=\"z\"} > 1");
    assert_int_equal(
        caus_changes_join(&made, &again, bench.out, &joined, &bench.error),
        CAUS_OK);
    assert_int_equal(joined.change_count, 2);
    csv_bench_close(&bench);
}

static void a_negative_width_is_refused(void **state)
{
    (void)state;
    caus_changes none = {0};
    caus_changes_near_options options = {.before_ns = -1};
    const caus_change_group *groups;
    size_t count;
    caus_arena *out = caus_arena_new(0);
    assert_int_equal(
        caus_changes_near(&none, 0, &options, out, &groups, &count, NULL),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(
        caus_changes_near(&none, 0, NULL, out, &groups, &count, NULL), CAUS_OK);
    assert_int_equal(count, 0);
    caus_arena_free(out);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    static const char *const texts[] = {
        around, "{\"time\":999999,\"kind\":\"deploy\",\"service\":\"a\"}",
        "[{\"time\":999999,\"tags\":[\"deploy\",\"app=a\"]}]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        csv_file file = csv_file_of(texts[i]);
        bool refused = true;
        for (long successes = 0; refused; successes++) {
            csv_bench bench;
            caus_changes changes;
            const caus_change_group *groups;
            const char *json;
            size_t count;
            csv_bench_open(&bench, 0);
            fault_fail_after(successes);
            caus_status status = caus_changes_read(file.path, NULL, bench.run,
                                                   bench.out, &changes, NULL);
            if (status == CAUS_OK)
                status = caus_changes_near(&changes, 1000000 * second_ns, NULL,
                                           bench.out, &groups, &count, NULL);
            if (status == CAUS_OK)
                status = caus_changes_write(&changes, bench.out, &json, NULL);
            if (status == CAUS_OK)
                status = caus_changes_join(&changes, &changes, bench.out,
                                           &changes, NULL);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            csv_bench_close(&bench);
        }
        close(file.descriptor);
    }
}

static void distances_are_told_to_the_second(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *told;
    } distances[] = {{783380 * INT64_C(1000000), "13 min 3 s"},
                     {-10999 * INT64_C(1000000), "10 s"},
                     {2500 * INT64_C(1000000), "2.5 s"},
                     {0, "0 s"}};
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        char text[40];
        caus_change_group group = {.before_onset_ns = distances[i].ns};
        caus_change_group_distance(&group, text);
        assert_string_equal(text, distances[i].told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_and_json_lines_say_the_same),
        cmocka_unit_test(a_time_without_zone_needs_one),
        cmocka_unit_test(faults_name_the_line),
        cmocka_unit_test(changes_near_an_onset_are_grouped_nearest_first),
        cmocka_unit_test(annotations_tell_kind_and_service_by_tags),
        cmocka_unit_test(a_document_may_hold_the_list_under_a_key),
        cmocka_unit_test(written_changes_read_back_as_they_were),
        cmocka_unit_test(a_negative_width_is_refused),
        cmocka_unit_test(distances_are_told_to_the_second),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
