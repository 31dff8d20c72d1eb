/* SPDX-License-Identifier: Apache-2.0 */
/* Traces of front, which calls mid, which calls root. What they take wanders
 * from time to time, as in any real system. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "events/events.h"
#include "fault.h"
#include "made_case.h"
#include "rootcause/chain.h"
#include "rootcause/telling.h"
#include "rootcause/weights.h"
#include "test.h"

typedef made_fixture fixture;

enum { NORMAL = 240, INCIDENT = 60, STRETCH = 60, MANY = 40 };

static const int64_t ms_ns = 1000000;

typedef struct plan {
    uint64_t seed;
    double wander_ms; /* root is slower in every other stretch of traces */
    double fault_ms;  /* … and in the incident */
    double follow;    /* of that, time in which mid waits for nobody */
    double trace_ms;  /* spans of one trace are slow together */
    size_t spans;     /* of root in a trace */
    size_t incident;  /* traces; 0 = INCIDENT */
    double failing;   /* share of the incident's in which root fails, and all
                         that wait for it do */
    double habit;     /* the same of every other stretch before */
    const size_t *earlier; /* first traces of earlier incidents, as long */
    size_t earlier_count;
} plan;

static caus_slice slice_of(const char *text)
{
    return (caus_slice){text, strlen(text)};
}

static uint64_t add(caus_spans_builder *builder, const char *service,
                    uint64_t parent, uint64_t span, int64_t start_ns, double ms,
                    size_t trace, bool failed)
{
    char id[16];
    snprintf(id, sizeof id, "t%zu", trace);
    caus_span_row row = {.trace = slice_of(id),
                         .service = slice_of(service),
                         .operation = slice_of("handle"),
                         .span = span,
                         .parent = parent,
                         .has_parent = parent != 0,
                         .failed = failed,
                         .start_ns = start_ns,
                         .duration_ns = llround(ms * (double)ms_ns),
                         .phase = trace < NORMAL ? CAUS_PHASE_NORMAL
                                                 : CAUS_PHASE_INCIDENT};
    assert_int_equal(caus_spans_builder_add(builder, &row, NULL), CAUS_OK);
    return span;
}

static bool is_slow(const plan *made, size_t trace)
{
    bool slow = trace >= NORMAL;
    for (size_t i = 0; i < made->earlier_count; i++)
        slow = slow || (trace >= made->earlier[i] &&
                        trace < made->earlier[i] + made->incident);
    return slow;
}

/* Whether root fails in a trace: in the same share of any few in a row. */
static bool fails(const plan *made, size_t trace)
{
    enum { ROUND = 20 };
    double usual = (double)(trace / STRETCH % 2) * made->habit;
    double share = trace < NORMAL ? usual : made->failing;
    return share * ROUND > (double)(trace * 7 % ROUND);
}

static void add_trace(caus_spans_builder *builder, const plan *made,
                      caus_random *random, size_t trace)
{
    size_t spans = made->spans ? made->spans : 1;
    double slow = is_slow(made, trace)
                      ? made->fault_ms
                      : (double)(trace / STRETCH % 2) * made->wander_ms;
    double own = 2 + caus_random_uniform(random) + made->follow * slow;
    double alike = made->trace_ms * caus_random_uniform(random);
    double took[MANY], all = 0;
    for (size_t i = 0; i < spans; i++) {
        took[i] = 10 + 4 * caus_random_uniform(random) + slow + alike;
        all += took[i];
    }
    int64_t at = made_start_ns + (int64_t)trace * 1000 * ms_ns;
    double front = 3 + caus_random_uniform(random);
    bool failed = fails(made, trace);
    add(builder, "front", 0, 1, at, front + own + all, trace, failed);
    add(builder, "mid", 1, 2, at + ms_ns, own + all, trace, failed);
    at += 2 * ms_ns;
    for (size_t i = 0; i < spans; i++) {
        add(builder, "root", 2, 3 + i, at, took[i], trace, failed);
        at += llround(took[i] * (double)ms_ns);
    }
}

static caus_spans make_spans(const fixture *with, const plan *made)
{
    caus_spans_builder *builder = caus_spans_builder_new(0);
    caus_random random;
    caus_spans spans;
    assert_non_null(builder);
    caus_random_init(&random, made->seed, 0);
    size_t incident = made->incident ? made->incident : INCIDENT;
    for (size_t i = 0; i < NORMAL + incident; i++)
        add_trace(builder, made, &random, i);
    assert_int_equal(caus_spans_builder_finish(builder, NULL, true, with->run,
                                               with->arena, &spans, NULL),
                     CAUS_OK);
    caus_spans_builder_free(builder);
    return spans;
}

static caus_scene scene_of(const fixture *with, const caus_spans *spans)
{
    caus_series *series = CAUS_ARRAY(with->arena, caus_series, 1);
    caus_topology *calls = CAUS_ARRAY(with->arena, caus_topology, 1);
    caus_scene scene;
    assert_non_null(series);
    assert_non_null(calls);
    *series = made_series(with->arena, made_incident, NULL, 1);
    assert_int_equal(caus_spans_topology(spans, with->arena, calls, NULL, NULL),
                     CAUS_OK);
    assert_int_equal(
        caus_scene_init(series, calls, spans, with->arena, &scene, NULL),
        CAUS_OK);
    return scene;
}

static caus_trace_clues clues_of(fixture *with, const plan *made)
{
    caus_spans spans = make_spans(with, made);
    caus_scene scene = scene_of(with, &spans);
    caus_trace_clues clues;
    assert_int_equal(caus_trace_clues_find(&scene, &spans, with->run,
                                           with->arena, &clues, &with->err),
                     CAUS_OK);
    assert_true(clues.known);
    return clues;
}

static size_t service(fixture *with, const char *name)
{
    plan plain = {.seed = 1};
    caus_spans spans = make_spans(with, &plain);
    caus_scene scene = scene_of(with, &spans);
    return caus_scene_find(&scene, name);
}

static void what_healthy_traces_do_is_no_evidence(void **state)
{
    fixture *with = *state;
    size_t root = service(with, "root"), loud = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        plan made = {.seed = seed, .wander_ms = 1.5, .fault_ms = 1.5};
        caus_trace_clues clues = clues_of(with, &made);
        for (size_t s = 0; s < clues.service_count; s++)
            assert_true(clues.clue[s] < 2 * caus_chance_clue);
        loud += clues.clue[root] > caus_chance_clue;
        assert_true(clues.lost_over < 3);
        assert_true(clues.failing_over < 1);
    }
    assert_true(loud <= 2);
}

static void three_times_what_healthy_traces_do_is(void **state)
{
    fixture *with = *state;
    size_t root = service(with, "root");
    for (uint64_t seed = 1; seed <= 20; seed++) {
        plan made = {.seed = seed, .wander_ms = 1.5, .fault_ms = 4.5};
        caus_trace_clues clues = clues_of(with, &made);
        assert_true(clues.clue[root] > 2 * caus_chance_clue);
        for (size_t s = 0; s < clues.service_count; s++)
            assert_true(s == root || clues.clue[s] < clues.clue[root]);
    }
}

static void steady_healthy_traces_take_nothing(void **state)
{
    fixture *with = *state;
    plan made = {.seed = 3, .fault_ms = 9};
    size_t root = service(with, "root");
    caus_trace_clues clues = clues_of(with, &made);
    double usual_s = 3.5e-3 + 2.5e-3 + 12e-3;
    double whole = log1p(clues.lost_s[root] / (.01 * usual_s));
    assert_true(fabs(clues.lost_s[root] - .009) < .001);
    assert_true(fabs(clues.clue[root] - whole) < .05);
    assert_true(clues.lost_over > 3);
}

/* What traces tell of root, which lost as much earlier, from some on. */
static double clue_after(fixture *with, const size_t *earlier, size_t count)
{
    plan made = {.seed = 3,
                 .fault_ms = 9,
                 .incident = 24,
                 .earlier = earlier,
                 .earlier_count = count};
    size_t root = service(with, "root");
    return clues_of(with, &made).clue[root];
}

static void one_earlier_incident_is_no_habit_of_traces(void **state)
{
    static const size_t earlier[] = {84, 190};
    double whole = clue_after(*state, NULL, 0);
    double once = clue_after(*state, earlier, 1);
    double twice = clue_after(*state, earlier, 2);
    assert_true(once > .95 * whole);
    assert_true(twice < .7 * whole);
}

static void failures_of_healthy_traces_are_no_news(void **state)
{
    fixture *with = *state;
    size_t root = service(with, "root");
    plan rare = {.seed = 6, .failing = .4}, usual = rare;
    usual.habit = .4;
    caus_trace_clues told = clues_of(with, &rare);
    assert_true(told.begun[root] > 3 && told.failing[root] > 1);
    told = clues_of(with, &usual);
    assert_true(told.begun[root] <= 0 && told.failing[root] <= 0);
}

/* One trace of very many spans tells how that trace was, no more. */
static void spans_of_one_trace_are_one_witness(void **state)
{
    fixture *with = *state;
    size_t root = service(with, "root"), loud = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        plan made = {
            .seed = seed, .trace_ms = 20, .spans = MANY, .incident = 3};
        caus_trace_clues clues = clues_of(with, &made);
        loud += clues.clue[root] > caus_chance_clue;
    }
    assert_true(loud <= 1);
}

static void who_waits_for_a_slow_service_is_explained_by_it(void **state)
{
    fixture *with = *state;
    plan made = {.seed = 4, .fault_ms = 12, .follow = 2};
    caus_trace_clues clues = clues_of(with, &made);
    size_t root = service(with, "root"), mid = service(with, "mid");
    assert_true(clues.clue[mid] > clues.clue[root]);
    assert_true(clues.below[mid] == clues.own_clue[root]);
    assert_true(clues.below[root] == 0);
}

/* A trace in which front calls mid once and root MANY_CALLS times, each call
 * waiting for `gap_ms` before it is answered. */
static void add_calls(caus_spans_builder *builder, size_t trace, double gap_ms,
                      caus_random *random)
{
    enum { MANY_CALLS = 8 };
    int64_t at = made_start_ns + (int64_t)trace * 1000 * ms_ns;
    add(builder, "front", 0, 1, at, 900, trace, false);
    for (uint64_t i = 0; i <= MANY_CALLS; i++) {
        double own = 10 + 4 * caus_random_uniform(random);
        uint64_t call = 2 + 2 * i;
        add(builder, "front", 1, call, at, own + gap_ms, trace, false);
        add(builder, i ? "root" : "mid", call, call + 1, at, own, trace, false);
        at += llround((own + gap_ms) * (double)ms_ns);
    }
}

/* A service short of processor time is late to answer and to hear of answers:
 * whom it calls most often is not to blame for it. */
static void who_is_slow_to_all_that_it_calls_is_slow_itself(void **state)
{
    fixture *with = *state;
    caus_spans_builder *builder = caus_spans_builder_new(0);
    caus_random random;
    caus_spans spans;
    caus_trace_clues clues;
    assert_non_null(builder);
    caus_random_init(&random, 7, 0);
    for (size_t i = 0; i < NORMAL + INCIDENT; i++)
        add_calls(builder, i,
                  (i < NORMAL ? 1 : 20) + caus_random_uniform(&random),
                  &random);
    assert_int_equal(caus_spans_builder_finish(builder, NULL, false, with->run,
                                               with->arena, &spans, NULL),
                     CAUS_OK);
    caus_spans_builder_free(builder);
    caus_scene scene = scene_of(with, &spans);
    assert_int_equal(caus_trace_clues_find(&scene, &spans, with->run,
                                           with->arena, &clues, &with->err),
                     CAUS_OK);
    size_t front = caus_scene_find(&scene, "front");
    for (size_t s = 0; s < clues.service_count; s++)
        assert_true(s == front || clues.lost_s[s] < .1 * clues.lost_s[front]);
    assert_true(fabs(clues.lost_s[front] - 9 * .019) < .01);
}

/* Of root only latency is measured, which knows nothing of the failures. */
static const made_measure failing[MADE_VARIABLES] = {
    {"front_latency", "front", .2, .01, 0},
    {"front_errors", "front", 1, .2, 30},
    {"front_cpu", "front", 20, 1, 0},
    {"mid_latency", "mid", .1, .003, 0},
    {"mid_errors", "mid", .5, .2, 30},
    {"mid_cpu", "mid", 10, .6, 0},
    {"root_latency", "root", .05, .004, 0},
    {"root_requests", "root", 100, 2, 0},
    {"side_latency", "side", .08, .004, 0},
    {"side_cpu", "side", 15, 1, 0}};

static void who_counts_no_failures_is_known_by_those_of_traces(void **state)
{
    fixture *with = *state;
    caus_explain_options options = made_options();
    options.symptom = "front_errors";
    options.spans = NULL;
    caus_explanation told = made_explain(with, failing, &options);
    assert_string_equal(told.suspects[0].service, "mid");
    for (double share = .1; share < 1; share += .2) {
        plan made = {.seed = 6, .failing = share};
        caus_spans spans = make_spans(with, &made);
        options.spans = &spans;
        told = made_explain(with, failing, &options);
        const caus_suspect *first = &told.suspects[0];
        assert_string_equal(first->service, "root");
        assert_non_null(strstr(first->sentence, "failures begin in root"));
        const caus_finding *callees = &told.suspects[1].findings[3];
        assert_string_equal(told.suspects[1].service, "mid");
        assert_non_null(strstr(callees->text, "nobody that it calls"));
        assert_int_equal(callees->state, CAUS_STATE_FAILED);
    }
}

static caus_explanation explain(fixture *with, const plan *made)
{
    made_measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    caus_spans spans = make_spans(with, made);
    caus_explain_options options = made_options();
    options.spans = &spans;
    return made_explain(with, quiet, &options);
}

/* root calls a store, of which nobody records spans. */
static void time_waited_for_the_untraced_is_theirs(void **state)
{
    fixture *with = *state;
    static const char *const services[] = {"front", "mid", "root", "side",
                                           "store"};
    static const size_t calls[][2] = {{0, 1}, {0, 3}, {1, 2}, {2, 4}};
    static const caus_topology topology = {5, services, 4, calls};
    plan slow = {.seed = 6, .fault_ms = 40};
    caus_spans spans = make_spans(with, &slow);
    caus_explain_options options = made_options();
    options.spans = &spans;
    options.topology = &topology;
    for (int waits = 0; waits < 2; waits++) {
        made_measure measures[MADE_VARIABLES];
        memcpy(measures, made_incident, sizeof measures);
        measures[7] = (made_measure){"store_latency", "store", .01, .001,
                                     waits ? .04 : 0};
        caus_explanation told = made_explain(with, measures, &options);
        assert_string_equal(told.suspects[0].service, waits ? "store" : "root");
    }
    /* Nobody measures how long it takes, either. */
    made_measure measures[MADE_VARIABLES];
    memcpy(measures, made_incident, sizeof measures);
    measures[7] = (made_measure){"store_cpu", "store", 9, 1, 0};
    caus_explanation told = made_explain(with, measures, &options);
    assert_string_equal(told.suspects[1].service, "store");
    assert_true(told.suspects[1].terms[CAUS_TERM_TRACES] >
                .8 * told.suspects[0].terms[CAUS_TERM_TRACES]);
}

static void traces_are_heard_where_variables_are_quiet(void **state)
{
    fixture *with = *state;
    plan calm = {.seed = 6, .wander_ms = 1.5, .fault_ms = 1.5};
    plan slow = {.seed = 6, .wander_ms = 1.5, .fault_ms = 40};
    caus_explanation told = explain(with, &calm);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    told = explain(with, &slow);
    assert_true(told.departure_beyond < 2);
    assert_true(told.beyond > 2);
    assert_int_not_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_string_equal(told.suspects[0].service, "root");
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    fixture *with = *state;
    plan made = {.seed = 5, .fault_ms = 9};
    caus_spans spans = make_spans(with, &made);
    caus_scene scene = scene_of(with, &spans);
    bool refused = true;
    for (long successes = 0; refused; successes++) {
        caus_arena *out = caus_arena_new(0);
        caus_trace_clues clues;
        assert_non_null(out);
        fault_fail_after(successes);
        caus_status status = caus_trace_clues_find(&scene, &spans, with->run,
                                                   out, &clues, &with->err);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
    }
}

static const caus_finding *find_check(const caus_suspect *suspect,
                                      const char *words)
{
    for (size_t i = 0; i < suspect->finding_count; i++)
        if (strstr(suspect->findings[i].text, words))
            return &suspect->findings[i];
    fail_msg("no check of %s", words);
    return NULL;
}

/* Whatever the score has of traces, its check and its sentence say the same. */
static void what_the_score_has_of_traces_is_what_is_told(void **state)
{
    fixture *with = *state;
    size_t seen[2] = {0, 0};
    for (size_t i = 0; i < 16; i++) {
        plan made = {.seed = 1 + i,
                     .fault_ms = .1 * exp2((double)(i / 2)),
                     .follow = i % 2 ? .6 : 0};
        caus_spans spans = make_spans(with, &made);
        caus_explain_options options = made_options();
        options.spans = &spans;
        caus_explanation told = made_explain(with, made_incident, &options);
        for (size_t s = 0; s < told.suspect_count; s++) {
            const caus_suspect *suspect = &told.suspects[s];
            const caus_finding *check =
                find_check(suspect, "traces lose time in it");
            bool credited =
                suspect->terms[CAUS_TERM_TRACES] >= caus_chance_clue;
            assert_int_equal(check->state,
                             credited ? CAUS_STATE_PASSED : CAUS_STATE_FAILED);
            bool said = strstr(suspect->sentence, "traces lose") != NULL;
            if (!credited && said)
                assert_non_null(strstr(check->found, "others explain"));
            seen[credited]++;
        }
    }
    assert_true(seen[0] && seen[1]);
}

static void times_are_told_without_powers(void **state)
{
    static const struct {
        double seconds;
        const char *words;
    } told[] = {{.00912, "9.12 ms"}, {.0515, "51.5 ms"}, {.9996, "1 s"},
                {.9994, "999 ms"},   {2.56, "2.56 s"},   {3600, "3,600 s"}};
    (void)state;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        caus_text text = {0};
        caus_trace_time_add(&text, told[i].seconds);
        assert_string_equal(text.bytes, told[i].words);
        caus_text_deinit(&text);
    }
}

int main(void)
{
#define MADE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)
    const struct CMUnitTest tests[] = {
        MADE_TEST(what_healthy_traces_do_is_no_evidence),
        MADE_TEST(three_times_what_healthy_traces_do_is),
        MADE_TEST(steady_healthy_traces_take_nothing),
        MADE_TEST(one_earlier_incident_is_no_habit_of_traces),
        MADE_TEST(failures_of_healthy_traces_are_no_news),
        MADE_TEST(spans_of_one_trace_are_one_witness),
        MADE_TEST(who_waits_for_a_slow_service_is_explained_by_it),
        MADE_TEST(who_is_slow_to_all_that_it_calls_is_slow_itself),
        MADE_TEST(who_counts_no_failures_is_known_by_those_of_traces),
        MADE_TEST(time_waited_for_the_untraced_is_theirs),
        MADE_TEST(traces_are_heard_where_variables_are_quiet),
        MADE_TEST(running_out_of_memory_anywhere_is_reported),
        MADE_TEST(what_the_score_has_of_traces_is_what_is_told),
        cmocka_unit_test(times_are_told_without_powers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
