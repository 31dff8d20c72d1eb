/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "spans_fixture.h"

static const int64_t second_ns = 1000000000;

#define HEADER \
    "trace,span,parent,service,operation,start_us,duration_us,error\n"

/* Bins of a second: two traces in (0, 1], one in (2, 3]. */
static const char text[] =
    HEADER "1,1,-1,web,page,1,100,0\n1,2,1,web,client,11,80,0\n"
           "1,3,2,db,query,21,60,1\n"
           "2,1,-1,web,page,1000000,300,1\n"
           "3,1,-1,db,batch,2000001,50,0\n";

static const caus_track *track_of(const caus_samples *samples, const char *name)
{
    for (size_t i = 0; i < samples->track_count; i++)
        if (strcmp(samples->tracks[i].variable.name, name) == 0)
            return &samples->tracks[i];
    fail_msg("there is no track %s", name);
    return NULL;
}

static void check(const caus_track *track, size_t count, const int64_t *times_s,
                  const double *values)
{
    assert_int_equal(track->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(track->time_ns[i], times_s[i] * second_ns);
        if (fabs(track->value[i] - values[i]) > 1e-15)
            fail_msg("%s[%zu] is %.17g", track->variable.name, i,
                     track->value[i]);
    }
}

static void entries_are_counted_by_the_end_of_their_bin(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    caus_samples samples;
    spans_read_well(&bench, text, &spans);
    caus_spans_step step = {
        .step_ns = second_ns, .latency_spans = 1, .quantile_spans = 2};
    assert_int_equal(caus_spans_to_samples(&spans, &step, bench.run, bench.out,
                                           &samples, &bench.error),
                     CAUS_OK);
    /* (1, 2] has no span at all and is missing everywhere */
    static const int64_t both[] = {1, 3}, first[] = {1};
    check(track_of(&samples, "web_calls"), 2, both, (double[]){2, 0});
    check(track_of(&samples, "db_calls"), 2, both, (double[]){1, 1});
    check(track_of(&samples, "web_errors"), 2, both, (double[]){1, 0});
    check(track_of(&samples, "db_errors"), 2, both, (double[]){1, 0});
    check(track_of(&samples, "web_latency_p50"), 1, first, (double[]){200e-6});
    check(track_of(&samples, "web_latency_p95"), 1, first, (double[]){290e-6});
    check(track_of(&samples, "db_latency_p50"), 2, both,
          (double[]){60e-6, 50e-6});
    /* page 20 and client 20 of the first trace, 300 of the second */
    check(track_of(&samples, "web_self_p50"), 1, first, (double[]){170e-6});
    assert_string_equal(track_of(&samples, "web_calls")->variable.service,
                        "web");
    assert_int_equal((int)track_of(&samples, "web_latency_p50")->support[0], 2);
    csv_bench_close(&bench);
}

static void few_spans_make_no_quantile(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    caus_samples samples;
    spans_read_well(&bench, text, &spans);
    caus_spans_step step = {.step_ns = 10 * second_ns};
    assert_int_equal(caus_spans_to_samples(&spans, &step, bench.run, bench.out,
                                           &samples, &bench.error),
                     CAUS_OK);
    assert_int_equal(samples.track_count, 4); /* calls and errors */
    csv_bench_close(&bench);
}

static void a_step_that_is_none_or_too_short_is_refused(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    caus_samples samples;
    spans_read_well(&bench, text, &spans);
    caus_spans_step step = {.step_ns = 0};
    assert_int_equal(caus_spans_to_samples(&spans, &step, bench.run, bench.out,
                                           &samples, &bench.error),
                     CAUS_ERR_INVALID_ARGUMENT);
    step.step_ns = 1000;
    assert_int_equal(caus_spans_to_samples(&spans, &step, bench.run, bench.out,
                                           &samples, &bench.error),
                     CAUS_ERR_LIMIT);
    assert_non_null(strstr(bench.error.message, "longer step"));
    csv_bench_close(&bench);
}

static void make_spans(csv_bench *bench, caus_spans *spans)
{
    assert_int_equal(spans_read(bench, text, NULL, spans), CAUS_OK);
}

static caus_status make_samples(const caus_spans *spans, csv_bench *bench)
{
    caus_samples samples;
    caus_spans_step step = {.step_ns = second_ns};
    return caus_spans_to_samples(spans, &step, bench->run, bench->out, &samples,
                                 NULL);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    spans_lack_memory(make_spans, make_samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_counted_by_the_end_of_their_bin),
        cmocka_unit_test(few_spans_make_no_quantile),
        cmocka_unit_test(a_step_that_is_none_or_too_short_is_refused),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
