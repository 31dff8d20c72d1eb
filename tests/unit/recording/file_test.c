/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "recording/recording_internal.h"
#include "telemetry_made.h"

static const char graph_json[] = "{\"caus\":\"1\",\"kind\":\"causal_graph\"}";

static void write_made(struct made *made, const caus_fetch *fetch)
{
    caus_recording_options options = made_options();
    if (caus_recording_write(made->path, fetch, &options, made->run,
                             &made->err) != CAUS_OK)
        fail_msg("%s", made->err.message);
}

static caus_recording_info info_of(struct made *made)
{
    caus_recording_info info;
    if (caus_recording_read_info(made->path, made->arena, &info, &made->err) !=
        CAUS_OK)
        fail_msg("%s", made->err.message);
    return info;
}

static caus_samples samples_of(struct made *made)
{
    caus_samples samples;
    if (caus_recording_read_samples(made->path, made->run, made->arena,
                                    &samples, &made->err) != CAUS_OK)
        fail_msg("%s", made->err.message);
    return samples;
}

static void samples_come_back_as_they_were(void **state)
{
    struct made *made = *state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        caus_fetch fetch = made_random(made, seed, seed, 300);
        write_made(made, &fetch);
        caus_samples back = samples_of(made);
        assert_same_samples(&fetch.samples, &back);
    }
}

static void tracks_over_many_chunks_come_back(void **state)
{
    struct made *made = *state;
    caus_fetch fetch =
        made_realistic(made, 3, 2 * CAUS_CHUNK_SAMPLES + 1, 5000000000);
    write_made(made, &fetch);
    caus_samples back = samples_of(made);
    assert_same_samples(&fetch.samples, &back);
}

static void info_says_everything_but_the_samples(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 1, 9, 5000);
    fetch.clock_skew_s = -0.25;
    caus_recording_options options = made_options();
    write_made(made, &fetch);
    caus_recording_info info = info_of(made);
    assert_string_equal(info.version, CAUS_VERSION);
    assert_int_equal(info.schema, 1);
    assert_int_equal(info.created_ns, options.created_ns);
    assert_memory_equal(&info.window, &options.window, sizeof info.window);
    assert_memory_equal(&info.baseline, &options.baseline,
                        sizeof info.baseline);
    assert_string_equal(info.hint, options.hint);
    assert_false(info.scrubbed);
    assert_true(info.clock_skew_s == -0.25 && info.scrape_interval_s == 5);
    assert_int_equal(info.variable_count, 9);
    for (size_t i = 0; i < 9; i++) {
        assert_same_variable(&fetch.samples.tracks[i].variable,
                             &info.variables[i]);
        assert_int_equal(info.sample_counts[i], fetch.samples.tracks[i].count);
    }
    assert_int_equal(info.query_count, 2);
    assert_string_equal(info.queries[1].server, "clickhouse");
    assert_string_equal(info.queries[1].text, fetch.queries[1].text);
    assert_int_equal(info.warning_count, 2);
    assert_string_equal(info.warnings[0], "the server was slow");
    assert_string_equal(info.warnings[1], "");
    assert_int_equal(info.result_count, 0);
}

static void an_unknown_skew_stays_unknown(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 2, 1, 3);
    write_made(made, &fetch);
    assert_true(isnan(info_of(made).clock_skew_s));
}

static void nothing_fetched_is_a_file_too(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = {.clock_skew_s = 0};
    caus_recording_options options = {.keep_labels = false};
    assert_int_equal(caus_recording_write(made->path, &fetch, &options,
                                          made->run, &made->err),
                     CAUS_OK);
    caus_recording_info info = info_of(made);
    assert_int_equal(info.variable_count, 0);
    assert_string_equal(info.hint, "");
    assert_int_equal(samples_of(made).track_count, 0);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 3, 6, 500);
    unsigned char *first, *second;
    write_made(made, &fetch);
    size_t length = read_whole(made->path, &first);
    write_made(made, &fetch);
    assert_int_equal(read_whole(made->path, &second), length);
    assert_memory_equal(first, second, length);
    free(second);
    assert_int_equal(caus_recording_add_result(made->path, "causal_graph",
                                               graph_json, &made->err),
                     CAUS_OK);
    unsigned char *added, *again;
    size_t added_length = read_whole(made->path, &added);
    write_whole(made->path, first, length);
    assert_int_equal(caus_recording_add_result(made->path, "causal_graph",
                                               graph_json, &made->err),
                     CAUS_OK);
    assert_int_equal(read_whole(made->path, &again), added_length);
    assert_memory_equal(added, again, added_length);
    free(first);
    free(added);
    free(again);
}

static void the_header_says_what_the_file_is(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 3, 2, 5);
    write_made(made, &fetch);
    unsigned char *bytes;
    read_whole(made->path, &bytes);
    assert_memory_equal(bytes, "SQLite format 3", 16);
    assert_int_equal(bytes[18], 1); /* rollback journal */
    assert_memory_equal(bytes + 68, "caus", 4);
    assert_memory_equal(bytes + 60, "\0\0\0\1", 4);
    free(bytes);
    struct stat info;
    assert_int_equal(stat(made->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(count_files(made->folder), 1);
}

static void results_are_kept_once_each(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 4, 3, 5000);
    write_made(made, &fetch);
    assert_int_equal(chmod(made->path, 0640), 0);
    static const char other[] = "{\"kind\":\"explanation\"}";
    const char *const added[] = {graph_json, other, graph_json};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            caus_recording_add_result(made->path,
                                      i == 1 ? "explanation" : "causal_graph",
                                      added[i], &made->err),
            CAUS_OK);
    caus_recording_info info = info_of(made);
    assert_int_equal(info.result_count, 2);
    assert_string_equal(info.results[0].kind, "causal_graph");
    assert_string_equal(info.results[0].json, graph_json);
    assert_int_equal(strlen(info.results[0].sha256), 64);
    assert_string_equal(info.results[1].json, other);
    caus_samples back = samples_of(made);
    assert_same_samples(&fetch.samples, &back);
    struct stat status;
    assert_int_equal(stat(made->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

static void the_hash_of_a_result_is_its_sha256(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = {.clock_skew_s = 0};
    write_made(made, &fetch);
    assert_int_equal(
        caus_recording_add_result(made->path, "x", "{}", &made->err), CAUS_OK);
    /* printf '{}' | sha256sum */
    assert_string_equal(
        info_of(made).results[0].sha256,
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
}

static void what_is_no_json_object_is_no_result(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = {.clock_skew_s = 0};
    write_made(made, &fetch);
    static const char *const wrong[] = {"", "[]", "{\"a\":1,\"a\":2}", "{",
                                        "{} x"};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(
            caus_recording_add_result(made->path, "x", wrong[i], &made->err),
            CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(
        caus_recording_add_result(made->path, "", "{}", &made->err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(info_of(made).result_count, 0);
}

static void results_added_at_once_are_all_kept(void **state)
{
    enum { WRITERS = 4 };
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 4, 3, 500);
    write_made(made, &fetch);
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            char json[32];
            snprintf(json, sizeof json, "{\"n\":%d}", i);
            _exit((int)caus_recording_add_result(made->path, "x", json, NULL));
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(info_of(made).result_count, WRITERS);
    assert_int_equal(count_files(made->folder), 1);
}

/* A fetch full of secrets. */
static caus_fetch secret_fetch(struct made *made, caus_track tracks[2],
                               caus_label labels[2])
{
    labels[0] = (caus_label){"instance", "10.0.0.1:9090"};
    labels[1] = (caus_label){"instance", "10.0.0.2:9090"};
    caus_fetch fetch = made_random(made, 5, 2, 20);
    for (size_t i = 0; i < 2; i++) {
        tracks[i] = fetch.samples.tracks[i];
        tracks[i].variable.labels = &labels[i];
        tracks[i].variable.label_count = 1;
        tracks[i].variable.service = "payment";
        tracks[i].variable.name = i ? "redis_cpu{instance=\"10.0.0.2:9090\"}"
                                    : "redis_cpu{instance=\"10.0.0.1:9090\"}";
        tracks[i].variable.query = "redis_cpu{owner=\"bob@example.com\"}";
    }
    static const caus_fetched_query queries[] = {
        {"prometheus", "redis_cpu{owner=\"bob@example.com\"} # alice@b.io"}};
    static const char *const warnings[] = {
        "http://root:pw@db.example.com refused Bearer Zm9vYmFyMTIz"};
    fetch.samples.tracks = tracks;
    fetch.queries = queries;
    fetch.query_count = 1;
    fetch.warnings = warnings;
    fetch.warning_count = 1;
    return fetch;
}

static void secrets_do_not_reach_the_file(void **state)
{
    struct made *made = *state;
    caus_track tracks[2];
    caus_label labels[2];
    caus_fetch fetch = secret_fetch(made, tracks, labels);
    caus_recording_options options = made_options();
    options.keep_labels = false;
    options.hint = "alice@b.io called from 10.0.0.2";
    assert_int_equal(caus_recording_write(made->path, &fetch, &options,
                                          made->run, &made->err),
                     CAUS_OK);
    caus_recording_info info = info_of(made);
    assert_true(info.scrubbed);
    assert_string_equal(info.variables[0].name,
                        "redis_cpu{instance=\"<ip-1>:9090\"}");
    assert_string_equal(info.variables[1].name,
                        "redis_cpu{instance=\"<ip-2>:9090\"}");
    assert_string_equal(info.variables[1].labels[0].value, "<ip-2>:9090");
    assert_string_equal(info.variables[0].service, "payment");
    assert_string_equal(info.queries[0].text,
                        "redis_cpu{owner=\"<email-1>\"} # <email-2>");
    assert_string_equal(info.hint, "<email-2> called from <ip-2>");
    assert_string_equal(
        info.warnings[0],
        "http://<credentials-1>@db.example.com refused Bearer <token-1>");
    caus_samples back = samples_of(made);
    assert_string_equal(back.tracks[1].variable.name, info.variables[1].name);
    static const char *const secrets[] = {"10.0.0.", "bob@", "alice", "root:pw",
                                          "Zm9vYmFy"};
    unsigned char *bytes;
    size_t length = read_whole(made->path, &bytes);
    for (size_t i = 0; i < 5; i++)
        assert_null(memmem(bytes, length, secrets[i], strlen(secrets[i])));
    free(bytes);
}

static void write_clean(struct made *made)
{
    caus_track tracks[2];
    caus_label labels[2];
    caus_fetch fetch = secret_fetch(made, tracks, labels);
    caus_recording_options options = made_options();
    options.keep_labels = false;
    assert_int_equal(caus_recording_write(made->path, &fetch, &options,
                                          made->run, &made->err),
                     CAUS_OK);
}

/* Paths and targets as they were typed. */
static const char secret_json[] =
    "{\"label\": \"<ip-2>:9090\", \"next\": \"--recording "
    "\\\"/home/carol@b.io/x\\\" 10.0.0.7\", \"missing\": {\"10.0.0.7\": "
    "0.10000000000000001, \"größe \\u00b5s\": 1e-3}, \"api_token\" : "
    "\"hunter2\", \"list\": [\"carol@b.io\", \"2025-10-29T03:00:00Z\"], "
    "\"inputs_sha256\": \"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c0"
    "60f61caaff8a\"}";

static void secrets_do_not_come_back_with_a_result(void **state)
{
    struct made *made = *state;
    write_clean(made);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            caus_recording_add_result(made->path, "x", secret_json, &made->err),
            CAUS_OK);
    caus_recording_info info = info_of(made);
    assert_int_equal(info.result_count, 1);
    /* Two addresses, two e-mails and a token stand in the file already. */
    assert_string_equal(
        info.results[0].json,
        "{\"label\": \"<ip-2>:9090\", \"next\": \"--recording "
        "\\\"/home/<email-3>/x\\\" <ip-3>\", \"missing\": {\"<ip-3>\": "
        "0.10000000000000001, \"größe \\u00b5s\": 1e-3}, \"api_token\" : "
        "\"<token-2>\", \"list\": [\"<email-3>\", \"2025-10-29T03:00:00Z\"], "
        "\"inputs_sha256\": "
        "\"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310"
        "c060f61caaff8a\"}");
}

static void a_recording_that_keeps_labels_keeps_results(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = {.clock_skew_s = 0};
    write_made(made, &fetch);
    assert_int_equal(
        caus_recording_add_result(made->path, "x", secret_json, &made->err),
        CAUS_OK);
    assert_string_equal(info_of(made).results[0].json, secret_json);
}

static void keep_labels_keeps_them(void **state)
{
    struct made *made = *state;
    caus_track tracks[2];
    caus_label labels[2];
    caus_fetch fetch = secret_fetch(made, tracks, labels);
    write_made(made, &fetch);
    caus_recording_info info = info_of(made);
    assert_false(info.scrubbed);
    assert_string_equal(info.variables[0].labels[0].value, "10.0.0.1:9090");
    assert_string_equal(info.queries[0].text, fetch.queries[0].text);
}

static void a_clean_recording_scrubbed_again_stays_as_it_is(void **state)
{
    struct made *made = *state;
    write_clean(made);
    caus_recording_options options = made_options();
    options.keep_labels = false;
    caus_samples back = samples_of(made);
    caus_fetch second = {.samples = back};
    assert_int_equal(caus_recording_write(made->path, &second, &options,
                                          made->run, &made->err),
                     CAUS_OK);
    caus_samples again = samples_of(made);
    assert_same_samples(&back, &again);
}

static void times_that_go_back_are_refused(void **state)
{
    struct made *made = *state;
    int64_t times[] = {2, 1};
    double values[] = {0, 0};
    caus_fetch fetch = made_random(made, 1, 1, 0);
    caus_track track = {fetch.samples.tracks[0].variable, 2, times, values,
                        NULL};
    fetch.samples.tracks = &track;
    caus_recording_options options = made_options();
    assert_int_equal(caus_recording_write(made->path, &fetch, &options,
                                          made->run, &made->err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(made->err.message, "variable_0"));
    assert_int_equal(count_files(made->folder), 0);
}

static void a_memory_limit_stops_reading_before_the_samples(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_realistic(made, 4, 40000, 1000000000);
    write_made(made, &fetch);
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    options.memory_limit_bytes = 1 << 20;
    caus_run *small;
    assert_int_equal(caus_run_new(&options, &small, &made->err), CAUS_OK);
    size_t used = caus_arena_used_bytes(made->arena);
    caus_samples samples = {.track_count = 77};
    assert_int_equal(caus_recording_read_samples(made->path, small, made->arena,
                                                 &samples, &made->err),
                     CAUS_ERR_LIMIT);
    assert_non_null(strstr(made->err.message, "--memory-limit"));
    assert_int_equal(samples.track_count, 77);
    assert_int_equal(caus_arena_used_bytes(made->arena), used);
    caus_run_free(small);
}

static void a_cancelled_write_leaves_nothing(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_realistic(made, 2, 9000, 1000000000);
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    options.cancel = &cancel;
    caus_run *run;
    assert_int_equal(caus_run_new(&options, &run, &made->err), CAUS_OK);
    caus_recording_options recording = made_options();
    assert_int_equal(
        caus_recording_write(made->path, &fetch, &recording, run, &made->err),
        CAUS_ERR_CANCELLED);
    assert_int_equal(count_files(made->folder), 0);
    write_made(made, &fetch);
    caus_samples samples;
    assert_int_equal(caus_recording_read_samples(made->path, run, made->arena,
                                                 &samples, &made->err),
                     CAUS_ERR_CANCELLED);
    caus_run_free(run);
}

static void two_readers_at_once_read_the_same(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 8, 5, 900);
    write_made(made, &fetch);
    caus_database first, second;
    assert_int_equal(caus_database_open(&first, made->path, &made->err),
                     CAUS_OK);
    assert_int_equal(caus_database_open(&second, made->path, &made->err),
                     CAUS_OK);
    char a[CAUS_HASH_TEXT], b[CAUS_HASH_TEXT];
    assert_int_equal(caus_database_digest(&first, a, &made->err), CAUS_OK);
    /* A writer does not disturb those who have the old file open. */
    assert_int_equal(
        caus_recording_add_result(made->path, "x", "{}", &made->err), CAUS_OK);
    assert_int_equal(caus_database_digest(&second, b, &made->err), CAUS_OK);
    assert_string_equal(a, b);
    caus_database_close(&first);
    caus_database_close(&second);
    assert_int_equal(count_files(made->folder), 1);
}

static void odd_names_of_files_work(void **state)
{
    struct made *made = *state;
    static const char *const names[] = {"a?immutable=0&x.caus", "50%41 #1.caus",
                                        "\xc3\xa4 'q\" \\.caus", "-"};
    caus_fetch fetch = made_random(made, 8, 1, 9);
    caus_recording_options options = made_options();
    for (size_t i = 0; i < 4; i++) {
        char path[200];
        snprintf(path, sizeof path, "%s/%s", made->folder, names[i]);
        assert_int_equal(
            caus_recording_write(path, &fetch, &options, made->run, &made->err),
            CAUS_OK);
        assert_int_equal(access(path, F_OK), 0);
        assert_int_equal(caus_recording_add_result(path, "x", "{}", &made->err),
                         CAUS_OK);
        caus_recording_info info;
        assert_int_equal(
            caus_recording_read_info(path, made->arena, &info, &made->err),
            CAUS_OK);
        assert_int_equal(info.result_count, 1);
    }
    assert_int_equal(count_files(made->folder), 4);
}

static void a_link_is_followed_and_stays(void **state)
{
    struct made *made = *state;
    char link[128];
    snprintf(link, sizeof link, "%s/latest.caus", made->folder);
    caus_fetch fetch = made_random(made, 8, 1, 9);
    write_made(made, &fetch);
    assert_int_equal(symlink("incident.caus", link), 0);
    assert_int_equal(caus_recording_add_result(link, "x", "{}", &made->err),
                     CAUS_OK);
    struct stat info;
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(info_of(made).result_count, 1);
}

static void no_memory_leaves_no_file(void **state)
{
    struct made *made = *state;
    caus_track tracks[2];
    caus_label labels[2];
    caus_fetch fetch = secret_fetch(made, tracks, labels);
    caus_recording_options options = made_options();
    options.keep_labels = false;
    for (long n = 0;; n++) {
        /* Scratch that was used before would need no allocation. */
        caus_run_options one = caus_run_options_default();
        one.threads = 1;
        caus_run *run;
        assert_int_equal(caus_run_new(&one, &run, &made->err), CAUS_OK);
        fault_fail_after(n);
        caus_status status =
            caus_recording_write(made->path, &fetch, &options, run, &made->err);
        bool refused = fault_stop();
        caus_run_free(run);
        if (!refused) {
            assert_int_equal(status, CAUS_OK);
            break;
        }
        assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        assert_int_equal(count_files(made->folder), 0);
    }
}

static void no_memory_for_reading_is_said(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 3, 3, 50);
    write_made(made, &fetch);
    bool refused = true;
    for (long n = 0; refused; n++) {
        caus_arena *arena = caus_arena_new(0);
        assert_non_null(arena);
        caus_recording_info info = {.schema = 99};
        caus_samples samples = {.track_count = 99};
        fault_fail_after(n);
        caus_status status =
            caus_recording_read_info(made->path, arena, &info, &made->err);
        if (status == CAUS_OK)
            status = caus_recording_read_samples(made->path, made->run, arena,
                                                 &samples, &made->err);
        else
            assert_int_equal(info.schema, 99);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (refused)
            assert_int_equal(samples.track_count, 99);
        caus_arena_free(arena);
    }
}

static void no_memory_for_a_result_leaves_the_file(void **state)
{
    struct made *made = *state;
    write_clean(made);
    for (long n = 0;; n++) {
        fault_fail_after(n);
        caus_status status =
            caus_recording_add_result(made->path, "x", secret_json, &made->err);
        bool refused = fault_stop();
        assert_int_equal(count_files(made->folder), 1);
        assert_int_equal(info_of(made).result_count, refused ? 0 : 1);
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (!refused)
            break;
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_setup, made_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(samples_come_back_as_they_were),
        TEST(tracks_over_many_chunks_come_back),
        TEST(info_says_everything_but_the_samples),
        TEST(an_unknown_skew_stays_unknown),
        TEST(nothing_fetched_is_a_file_too),
        TEST(the_same_input_gives_the_same_bytes),
        TEST(the_header_says_what_the_file_is),
        TEST(results_are_kept_once_each),
        TEST(the_hash_of_a_result_is_its_sha256),
        TEST(what_is_no_json_object_is_no_result),
        TEST(results_added_at_once_are_all_kept),
        TEST(secrets_do_not_reach_the_file),
        TEST(secrets_do_not_come_back_with_a_result),
        TEST(a_recording_that_keeps_labels_keeps_results),
        TEST(keep_labels_keeps_them),
        TEST(a_clean_recording_scrubbed_again_stays_as_it_is),
        TEST(times_that_go_back_are_refused),
        TEST(a_memory_limit_stops_reading_before_the_samples),
        TEST(a_cancelled_write_leaves_nothing),
        TEST(two_readers_at_once_read_the_same),
        TEST(odd_names_of_files_work),
        TEST(a_link_is_followed_and_stays),
        TEST(no_memory_leaves_no_file),
        TEST(no_memory_for_reading_is_said),
        TEST(no_memory_for_a_result_leaves_the_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
