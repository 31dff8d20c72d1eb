/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/base.h"
#include "fault.h"
#include "test.h"

static caus_run *make_run(caus_run_options options)
{
    caus_run *run = NULL;
    caus_error err = {0};
    if (caus_run_new(&options, &run, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return run;
}

static void options_are_kept(void **state)
{
    (void)state;
    caus_run *run = make_run((caus_run_options){
        .threads = 3, .seed = 17, .memory_limit_bytes = 1 << 20});
    assert_int_equal(caus_run_threads(run), 3);
    assert_int_equal(caus_run_seed(run), 17);
    assert_int_equal(caus_run_memory_limit_bytes(run), 1 << 20);
    assert_int_equal(caus_run_check(run, NULL), CAUS_OK);
    assert_false(caus_run_should_stop(run));
    caus_run_free(run);
    caus_run_free(NULL);
}

static void no_options_mean_every_processor_and_no_limits(void **state)
{
    (void)state;
    caus_run *run = NULL;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_true(caus_run_threads(run) >= 1);
    assert_int_equal(caus_run_seed(run), 0);
    assert_int_equal(caus_run_memory_limit_bytes(run), 0);
    caus_run_free(run);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    static const caus_run_options wrong[] = {
        {.threads = -1},
        {.threads = 257},
        {.threads = 1, .time_limit_s = -1},
        {.threads = 1, .time_limit_s = 1e12}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        caus_run *run = NULL;
        caus_error err;
        assert_int_equal(caus_run_new(&wrong[i], &run, &err),
                         CAUS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, ": give "));
        assert_null(run);
    }
}

static void cancel_flag_stops_and_may_be_taken_back(void **state)
{
    (void)state;
    volatile sig_atomic_t cancel = 0;
    caus_run *run =
        make_run((caus_run_options){.threads = 1, .cancel = &cancel});
    assert_int_equal(caus_run_check(run, NULL), CAUS_OK);
    cancel = 1;
    caus_error err;
    assert_int_equal(caus_run_check(run, &err), CAUS_ERR_CANCELLED);
    assert_string_equal(err.message, "cancelled");
    assert_true(caus_run_should_stop(run));
    cancel = 0;
    assert_int_equal(caus_run_check(run, NULL), CAUS_OK);
    caus_run_free(run);
}

static void time_limit_stops_for_good(void **state)
{
    (void)state;
    caus_run *run =
        make_run((caus_run_options){.threads = 1, .time_limit_s = .02});
    int64_t start = caus_clock_monotonic_ns();
    while (!caus_run_should_stop(run))
        assert_true(caus_clock_monotonic_ns() - start < 5000000000);
    assert_true(caus_clock_monotonic_ns() - start >= 19000000);
    caus_error err;
    assert_int_equal(caus_run_check(run, &err), CAUS_ERR_TIME_LIMIT);
    assert_non_null(strstr(err.message, "0.02 s"));
    assert_true(caus_run_should_stop(run));
    caus_run_free(run);
}

static void an_untimed_run_keeps_all_but_the_limit(void **state)
{
    (void)state;
    volatile sig_atomic_t cancel = 0;
    caus_run *late = make_run((caus_run_options){.threads = 3,
                                                 .seed = 5,
                                                 .memory_limit_bytes = 1 << 20,
                                                 .time_limit_s = 1e-9,
                                                 .cancel = &cancel});
    caus_run *run = NULL;
    assert_int_equal(caus_run_new_untimed(late, &run, NULL), CAUS_OK);
    assert_int_equal(caus_run_check(late, NULL), CAUS_ERR_TIME_LIMIT);
    assert_int_equal(caus_run_check_cancel(late, NULL), CAUS_OK);
    assert_int_equal(caus_run_check(run, NULL), CAUS_OK);
    assert_int_equal(caus_run_threads(run), 3);
    assert_int_equal(caus_run_seed(run), 5);
    assert_int_equal(caus_run_memory_limit_bytes(run), 1 << 20);
    cancel = 1;
    assert_int_equal(caus_run_check(run, NULL), CAUS_ERR_CANCELLED);
    assert_int_equal(caus_run_check_cancel(late, NULL), CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_run_free(late);
}

static void a_given_number_of_threads_is_kept_for_small_work(void **state)
{
    (void)state;
    caus_run *given = make_run((caus_run_options){.threads = 3});
    assert_int_equal(caus_run_threads_for(given, 0), 3);
    caus_run *untimed = NULL;
    assert_int_equal(caus_run_new_untimed(given, &untimed, NULL), CAUS_OK);
    assert_int_equal(caus_run_threads_for(untimed, 0), 3);
    caus_run_free(untimed);
    caus_run_free(given);
    caus_run *automatic = make_run((caus_run_options){.threads = 0});
    int most = caus_run_threads(automatic);
    assert_int_equal(caus_run_threads_for(automatic, 1e3), 1);
    assert_int_equal(caus_run_threads_for(automatic, 1e12), most);
    assert_int_equal(caus_run_new_untimed(automatic, &untimed, NULL), CAUS_OK);
    assert_int_equal(caus_run_threads_for(untimed, 1e3), 1);
    caus_run_free(untimed);
    caus_run_free(automatic);
}

static void far_time_limit_does_not_stop(void **state)
{
    (void)state;
    caus_run *run =
        make_run((caus_run_options){.threads = 1, .time_limit_s = 1e8});
    for (int i = 0; i < 1000; i++)
        assert_int_equal(caus_run_check(run, NULL), CAUS_OK);
    caus_run_free(run);
}

/* What the progress callback saw. */
typedef struct seen {
    size_t calls[CAUS_STAGE_COUNT];
    uint64_t last_done, last_total;
} seen;

static void note_progress(void *data, caus_stage stage, uint64_t done,
                          uint64_t total)
{
    seen *s = data;
    s->calls[stage]++;
    s->last_done = done;
    s->last_total = total;
}

static void progress_is_throttled_but_its_end_is_told(void **state)
{
    (void)state;
    seen s = {0};
    caus_run *run = make_run((caus_run_options){
        .threads = 1, .progress = note_progress, .progress_data = &s});
    int64_t start = caus_clock_monotonic_ns();
    enum { TOTAL = 20000 };
    for (uint64_t done = 1; done <= TOTAL; done++)
        caus_run_progress(run, CAUS_STAGE_TEST, done, TOTAL);
    int64_t windows = (caus_clock_monotonic_ns() - start) / 50000000;
    assert_true(s.calls[CAUS_STAGE_TEST] >= 2);
    assert_true(s.calls[CAUS_STAGE_TEST] <= 3 + (size_t)windows);
    assert_int_equal(s.last_done, TOTAL);
    assert_int_equal(s.last_total, TOTAL);
    /* Another stage has a clock of its own. */
    caus_run_progress(run, CAUS_STAGE_WRITE, 1, 0);
    assert_int_equal(s.calls[CAUS_STAGE_WRITE], 1);
    caus_run_progress(run, CAUS_STAGE_COUNT, 1, 1);
    caus_run_free(run);
}

static void progress_without_a_listener_is_nothing(void **state)
{
    (void)state;
    caus_run *run = make_run((caus_run_options){.threads = 1});
    caus_run_progress(run, CAUS_STAGE_FETCH, 1, 1);
    caus_run_free(run);
}

static void every_thread_has_scratch_within_the_limit(void **state)
{
    (void)state;
    caus_run *run = make_run(
        (caus_run_options){.threads = 2, .memory_limit_bytes = 1 << 16});
    caus_arena *first = caus_run_scratch(run, 0);
    assert_ptr_not_equal(first, caus_run_scratch(run, 1));
    assert_ptr_equal(first, caus_run_scratch(run, 0));
    assert_null(caus_arena_array(first, 1 << 17, 1));
    assert_non_null(caus_arena_array(first, 1 << 15, 1));
    caus_run_free(run);
}

static void every_stage_has_a_word(void **state)
{
    (void)state;
    for (int stage = 0; stage < CAUS_STAGE_COUNT; stage++)
        assert_string_not_equal(caus_stage_name((caus_stage)stage), "working");
    assert_string_equal(caus_stage_name(CAUS_STAGE_TEST), "testing");
    assert_string_equal(caus_stage_name(CAUS_STAGE_COUNT), "working");
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    for (long n = 0; status != CAUS_OK; n++) {
        caus_run_options options = {.threads = 3};
        caus_run *run = NULL;
        fault_fail_after(n);
        status = caus_run_new(&options, &run, NULL);
        bool refused = fault_stop();
        assert_true(status == (refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK));
        assert_true((run == NULL) == refused);
        caus_run_free(run);
        assert_true(n < 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_kept),
        cmocka_unit_test(no_options_mean_every_processor_and_no_limits),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(cancel_flag_stops_and_may_be_taken_back),
        cmocka_unit_test(time_limit_stops_for_good),
        cmocka_unit_test(an_untimed_run_keeps_all_but_the_limit),
        cmocka_unit_test(a_given_number_of_threads_is_kept_for_small_work),
        cmocka_unit_test(far_time_limit_does_not_stop),
        cmocka_unit_test(progress_is_throttled_but_its_end_is_told),
        cmocka_unit_test(progress_without_a_listener_is_nothing),
        cmocka_unit_test(every_thread_has_scratch_within_the_limit),
        cmocka_unit_test(every_stage_has_a_word),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
