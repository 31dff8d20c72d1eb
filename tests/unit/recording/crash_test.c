/* SPDX-License-Identifier: Apache-2.0 */
/* Kills, full disks and folders that cannot be written. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "telemetry_made.h"

static caus_status write_with_hint(struct made *made, const caus_fetch *fetch,
                                   const char *hint)
{
    caus_recording_options options = made_options();
    options.hint = hint;
    return caus_recording_write(made->path, fetch, &options, made->run,
                                &made->err);
}

static void pause_ns(int64_t ns)
{
    struct timespec wait = {ns / 1000000000, ns % 1000000000};
    nanosleep(&wait, NULL);
}

static int64_t duration_of_a_write(struct made *made, const caus_fetch *fetch)
{
    int64_t start = caus_clock_monotonic_ns();
    assert_int_equal(write_with_hint(made, fetch, "old"), CAUS_OK);
    return caus_clock_monotonic_ns() - start;
}

/* Kills a child at a random moment of its write. */
static void kill_writer(struct made *made, const caus_fetch *fetch,
                        int64_t after_ns)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (;;)
            write_with_hint(made, fetch, "new");
    }
    pause_ns(after_ns);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void a_kill_leaves_the_old_file_or_the_new_one(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_realistic(made, 4, 9000, 1000000000);
    int64_t duration = duration_of_a_write(made, &fetch);
    caus_random random;
    caus_random_init(&random, 3, 0);
    for (int i = 0; i < 30; i++) {
        kill_writer(
            made, &fetch,
            (int64_t)caus_random_below(&random, 2 * (uint64_t)duration));
        caus_arena *arena = caus_arena_new(0);
        assert_non_null(arena);
        caus_recording_info info;
        caus_samples samples;
        assert_int_equal(
            caus_recording_read_info(made->path, arena, &info, &made->err),
            CAUS_OK);
        assert_true(strcmp(info.hint, "old") == 0 ||
                    strcmp(info.hint, "new") == 0);
        assert_int_equal(caus_recording_read_samples(made->path, made->run,
                                                     arena, &samples,
                                                     &made->err),
                         CAUS_OK);
        assert_same_samples(&fetch.samples, &samples);
        caus_arena_free(arena);
    }
}

static void a_kill_before_the_first_end_leaves_no_file(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_realistic(made, 4, 9000, 1000000000);
    int64_t duration = duration_of_a_write(made, &fetch);
    size_t absent = 0;
    for (int i = 0; i < 10; i++) {
        unlink(made->path);
        kill_writer(made, &fetch, duration * i / 12);
        caus_recording_info info;
        caus_status status = caus_recording_read_info(made->path, made->arena,
                                                      &info, &made->err);
        assert_true(status == CAUS_OK || status == CAUS_ERR_NOT_FOUND);
        absent += status == CAUS_ERR_NOT_FOUND;
    }
    assert_true(absent > 0);
}

static void limit_file_size(rlim_t bytes, struct rlimit *before)
{
    assert_int_equal(getrlimit(RLIMIT_FSIZE, before), 0);
    struct rlimit limit = {bytes, before->rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_disk_that_runs_full_leaves_the_old_file(void **state)
{
    struct made *made = *state;
    caus_fetch small = made_random(made, 1, 2, 5);
    caus_fetch big = made_realistic(made, 3, 9000, 1000000000);
    assert_int_equal(write_with_hint(made, &small, "old"), CAUS_OK);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    static const rlim_t limits[] = {0, 4096, 10000, 100000};
    for (size_t i = 0; i < 4; i++) {
        struct rlimit before;
        limit_file_size(limits[i], &before);
        caus_status status = write_with_hint(made, &big, "new");
        caus_status added =
            i < 3 ? caus_recording_add_result(made->path, "x", "{}", &made->err)
                  : CAUS_ERR_IO;
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(status, CAUS_ERR_IO);
        assert_int_equal(added, CAUS_ERR_IO);
        if (!strstr(made->err.message, "File too large"))
            fail_msg("%s", made->err.message);
        assert_int_equal(count_files(made->folder), 1);
    }
    signal(SIGXFSZ, handler);
    caus_recording_info info;
    assert_int_equal(
        caus_recording_read_info(made->path, made->arena, &info, &made->err),
        CAUS_OK);
    assert_string_equal(info.hint, "old");
    assert_int_equal(info.result_count, 0);
}

static caus_status write_with_result(struct made *made, const char *json)
{
    caus_fetch fetch = made_random(made, 1, 2, 5);
    const caus_recorded_result results[] = {{.kind = "traces", .json = json},
                                            {.kind = "changes", .json = "{}"}};
    caus_recording_options options = made_options();
    options.hint = "new";
    options.result_count = 2;
    options.results = results;
    return caus_recording_write(made->path, &fetch, &options, made->run,
                                &made->err);
}

static void assert_old_file(struct made *made)
{
    caus_recording_info info;
    assert_int_equal(count_files(made->folder), 1);
    assert_int_equal(
        caus_recording_read_info(made->path, made->arena, &info, &made->err),
        CAUS_OK);
    assert_string_equal(info.hint, "old");
    assert_int_equal(info.result_count, 0);
}

/* A recording is there with its results, or not at all. */
static void results_given_to_a_recording_are_part_of_it(void **state)
{
    struct made *made = *state;
    enum { LONG = 200000 };
    char *json = calloc(LONG, 1);
    assert_non_null(json);
    memset(json, ' ', LONG - 1);
    caus_fetch fetch = made_random(made, 1, 2, 5);
    assert_int_equal(write_with_hint(made, &fetch, "old"), CAUS_OK);
    assert_int_equal(write_with_result(made, json), CAUS_ERR_INVALID_ARGUMENT);
    assert_old_file(made);
    json[0] = '{';
    json[LONG - 2] = '}';
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    limit_file_size(LONG, &before); /* room for all but the result */
    caus_status status = write_with_result(made, json);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, CAUS_ERR_IO);
    assert_old_file(made);
    assert_int_equal(write_with_result(made, json), CAUS_OK);
    caus_recording_info info;
    assert_int_equal(
        caus_recording_read_info(made->path, made->arena, &info, &made->err),
        CAUS_OK);
    assert_string_equal(info.hint, "new");
    assert_int_equal(info.result_count, 2);
    assert_string_equal(info.results[0].kind, "traces");
    assert_string_equal(info.results[0].json, json);
    assert_string_equal(info.results[1].kind, "changes");
    free(json);
}

static void a_folder_as_the_target_is_refused(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 1, 2, 5);
    assert_int_equal(mkdir(made->path, 0700), 0);
    assert_int_equal(write_with_hint(made, &fetch, "x"), CAUS_ERR_IO);
    assert_non_null(strstr(made->err.message, "is a folder"));
    assert_int_equal(count_files(made->path), 0);
    assert_int_equal(count_files(made->folder), 1);
}

static void a_device_is_not_replaced(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 1, 2, 5);
    caus_recording_options options = made_options();
    assert_int_equal(mkfifo(made->path, 0600), 0);
    assert_int_equal(caus_recording_write(made->path, &fetch, &options,
                                          made->run, &made->err),
                     CAUS_ERR_IO);
    struct stat info;
    assert_int_equal(stat(made->path, &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
}

static void a_missing_folder_is_told_in_the_systems_words(void **state)
{
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 1, 2, 5);
    caus_recording_options options = made_options();
    char path[160];
    snprintf(path, sizeof path, "%s/no/such.caus", made->folder);
    assert_int_equal(
        caus_recording_write(path, &fetch, &options, made->run, &made->err),
        CAUS_ERR_IO);
    assert_non_null(strstr(made->err.message, "No such file or directory"));
}

/* As somebody without the rights of root. */
static void a_folder_without_permission_is_told(void **state)
{
    enum { NOBODY = 65534 };
    struct made *made = *state;
    caus_fetch fetch = made_random(made, 1, 2, 5);
    assert_int_equal(chmod(made->folder, 0555), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && seteuid(NOBODY) != 0)
            _exit(2);
        caus_status status = write_with_hint(made, &fetch, "x");
        _exit(status == CAUS_ERR_IO &&
                      strstr(made->err.message, "Permission denied")
                  ? 0
                  : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(chmod(made->folder, 0700), 0);
    assert_int_equal(count_files(made->folder), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_setup, made_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_kill_leaves_the_old_file_or_the_new_one),
        TEST(a_kill_before_the_first_end_leaves_no_file),
        TEST(a_disk_that_runs_full_leaves_the_old_file),
        TEST(results_given_to_a_recording_are_part_of_it),
        TEST(a_folder_as_the_target_is_refused),
        TEST(a_device_is_not_replaced),
        TEST(a_missing_folder_is_told_in_the_systems_words),
        TEST(a_folder_without_permission_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
