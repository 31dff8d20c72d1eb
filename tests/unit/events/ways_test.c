/* SPDX-License-Identifier: Apache-2.0 */
/* Shop calls auth, price and ads, nobody opens client spans: messages that are
 * late on the way to one have to be told from slow work of shop. */
#include <math.h>
#include <stdlib.h>

#include "spans_fixture.h"

typedef enum fault {
    FAULT_NONE,
    FAULT_WAY,          /* to price and back, for some requests */
    FAULT_WAYS,         /* to all three and back */
    FAULT_BEFORE,       /* work of shop before it calls price */
    FAULT_BEHIND,       /* … when price has answered */
    FAULT_EVERYWHERE,   /* work of shop takes three times as long */
    FAULT_WAY_AND_QUEUE /* so that shop has no workers left */
} fault;

typedef struct world {
    caus_spans_builder *builder;
    caus_random random;
    fault fault;
    bool is_parallel;
    int again;          /* times that price is called */
    bool only_price;    /* shop calls nobody else */
    int64_t skew_ns[2]; /* of the clocks of price and of ads */
    char trace[16];
    uint64_t next_span;
    caus_phase phase;
    int64_t latest_ns; /* by which all calls are answered */
} world;

enum { TRACES = 60 };
static const int64_t ms_ns = 1000000;

/* About `ms` long. */
static int64_t width(world *w, double ms)
{
    return llround(ms * (double)ms_ns *
                   (0.8 + 0.4 * caus_random_uniform(&w->random)));
}

static bool has(const world *w, fault planted)
{
    return w->phase == CAUS_PHASE_INCIDENT && w->fault == planted;
}

/* Work of shop itself. */
static int64_t work(world *w, double ms)
{
    return width(w, has(w, FAULT_EVERYWHERE) ? 3 * ms : ms);
}

static void add(world *w, const char *service, uint64_t span, uint64_t parent,
                int64_t start_ns, int64_t duration_ns)
{
    caus_span_row row = {.trace = spans_slice(w->trace),
                         .service = spans_slice(service),
                         .operation = spans_slice("handle"),
                         .span = span,
                         .parent = parent,
                         .has_parent = parent != 0,
                         .start_ns = start_ns,
                         .duration_ns = duration_ns,
                         .phase = w->phase};
    assert_int_equal(caus_spans_builder_add(w->builder, &row, NULL), CAUS_OK);
}

/* A message from one service to another. */
static int64_t way(world *w, bool to_price)
{
    bool is_late =
        has(w, FAULT_WAYS) ||
        (to_price && (has(w, FAULT_WAY) || has(w, FAULT_WAY_AND_QUEUE)));
    is_late = is_late && caus_random_uniform(&w->random) < 0.6;
    return width(w, is_late ? 40 : 0.5);
}

/* Calls a service; returns when it has answered. */
static int64_t call(world *w, const char *callee, int64_t at)
{
    bool is_price = strcmp(callee, "price") == 0;
    int64_t skew_ns = is_price                     ? w->skew_ns[0]
                      : strcmp(callee, "ads") == 0 ? w->skew_ns[1]
                                                   : 0;
    at += work(w, 1) + (is_price && has(w, FAULT_BEFORE) ? width(w, 60) : 0);
    at += way(w, is_price);
    int64_t took_ns = width(w, 5);
    add(w, callee, ++w->next_span, 1, at + skew_ns, took_ns);
    at += took_ns + way(w, is_price) + work(w, 1);
    at += is_price && has(w, FAULT_BEHIND) ? width(w, 60) : 0;
    w->latest_ns = at > w->latest_ns ? at : w->latest_ns;
    return at;
}

static void add_trace(world *w, int number)
{
    int64_t start_ns = number * 1000 * ms_ns, at = start_ns + work(w, 3);
    at += has(w, FAULT_WAY_AND_QUEUE) ? width(w, 50) : 0;
    snprintf(w->trace, sizeof w->trace, "t%d", number);
    w->next_span = 1;
    w->latest_ns = at;
    at = w->only_price ? at : call(w, "auth", at);
    int64_t together = w->latest_ns - 5 * ms_ns;
    for (int i = 0; i < w->again; i++)
        at = call(w, "price", w->is_parallel ? together : at);
    if (!w->only_price)
        call(w, "ads", w->is_parallel ? together : at);
    add(w, "shop", 1, 0, start_ns, w->latest_ns + work(w, 2) - start_ns);
}

static void fill(world *w, csv_bench *bench, caus_spans *spans)
{
    w->builder = caus_spans_builder_new(0);
    w->again = w->again ? w->again : 1;
    assert_non_null(w->builder);
    caus_random_init(&w->random, 11, 0);
    for (int i = 0; i < 2 * TRACES; i++) {
        w->phase = i < TRACES ? CAUS_PHASE_NORMAL : CAUS_PHASE_INCIDENT;
        add_trace(w, i);
    }
    spans_build(w->builder, bench, spans);
}

/* Seconds that a trace lost by work of shop, and on the way to price. */
typedef struct losses {
    double own_s, way_s, other_s;
} losses;

static losses losses_of(world w)
{
    csv_bench bench;
    caus_spans spans;
    caus_trace_evidence told;
    losses found = {0};
    csv_bench_open(&bench, 0);
    fill(&w, &bench, &spans);
    assert_int_equal(caus_spans_evidence(&spans, NULL, bench.run, bench.out,
                                         &told, &bench.error),
                     CAUS_OK);
    for (size_t i = 0; i < told.finding_count; i++) {
        const caus_trace_finding *at = &told.findings[i];
        size_t blamed = spans.operations[caus_trace_finding_blamed(at)].service;
        const char *service = spans.services[blamed];
        if (at->evidence == CAUS_EVIDENCE_SELF_TIME)
            *(strcmp(service, "shop") ? &found.other_s : &found.own_s) +=
                at->extra_s;
        if (at->evidence == CAUS_EVIDENCE_GAP)
            *(strcmp(service, "price") ? &found.other_s : &found.way_s) +=
                at->extra_s;
    }
    csv_bench_close(&bench);
    return found;
}

static bool is_about(double value, double wanted)
{
    return fabs(value - wanted) < 0.004;
}

/* What is late there and back, for six messages of ten: 48 ms. */
static const double late_s = 0.0475;

static void assert_way(losses found, double lost_s)
{
    if (fabs(found.way_s - lost_s) > 0.2 * lost_s ||
        !is_about(found.own_s, 0) || !is_about(found.other_s, 0))
        fail_msg("way %g, own %g, other %g s", found.way_s, found.own_s,
                 found.other_s);
}

static void assert_own(losses found, double lost_s)
{
    if (fabs(found.own_s - lost_s) > 0.2 * lost_s ||
        !is_about(found.way_s, 0) || !is_about(found.other_s, 0))
        fail_msg("way %g, own %g, other %g s", found.way_s, found.own_s,
                 found.other_s);
}

static void a_slow_way_to_one_of_several_is_no_work(void **state)
{
    (void)state;
    assert_way(losses_of((world){.fault = FAULT_WAY}), late_s);
    assert_way(losses_of((world){.fault = FAULT_WAY, .again = 3}), 3 * late_s);
}

/* Others hide what they run beside: here all but some milliseconds. */
static void others_may_run_beside_it(void **state)
{
    (void)state;
    assert_way(losses_of((world){.fault = FAULT_WAY, .is_parallel = true}),
               late_s);
}

static void slow_work_on_one_side_is_the_callers(void **state)
{
    (void)state;
    assert_own(losses_of((world){.fault = FAULT_BEFORE}), 0.06);
    assert_own(losses_of((world){.fault = FAULT_BEHIND}), 0.06);
}

static void slow_work_everywhere_is_the_callers(void **state)
{
    (void)state;
    assert_own(losses_of((world){.fault = FAULT_EVERYWHERE}), 0.022);
    assert_own(losses_of((world){.fault = FAULT_EVERYWHERE, .again = 5}),
               0.038);
}

static void slow_ways_to_all_speak_of_the_caller(void **state)
{
    (void)state;
    assert_own(losses_of((world){.fault = FAULT_WAYS}), 3 * late_s);
}

/* The wait for a worker is before all calls and stays the caller's. */
static void a_queue_in_front_of_the_caller_hides_no_way(void **state)
{
    (void)state;
    losses found = losses_of((world){.fault = FAULT_WAY_AND_QUEUE});
    assert_true(is_about(found.way_s, late_s) || found.way_s > 0.8 * late_s);
    assert_true(fabs(found.own_s - 0.05) < 0.005);
}

/* Sides are compared with themselves: a clock that is off by the same in both
 * phases changes nothing, one that hides them leaves the time to the caller. */
static void clocks_may_differ(void **state)
{
    (void)state;
    world w = {.fault = FAULT_WAY, .skew_ns = {1 * ms_ns, -1 * ms_ns}};
    assert_way(losses_of(w), late_s);
    w.skew_ns[0] = w.skew_ns[1] = 90000 * ms_ns;
    losses hidden = losses_of(w);
    assert_true(is_about(hidden.way_s, 0));
    assert_true(fabs(hidden.own_s - late_s) < 0.2 * late_s);
    w.fault = FAULT_EVERYWHERE;
    assert_true(is_about(losses_of(w).way_s, 0));
}

static void what_is_beside_one_only_cannot_be_told(void **state)
{
    (void)state;
    world w = {.fault = FAULT_WAY, .again = 2, .only_price = true};
    losses found = losses_of(w);
    assert_true(is_about(found.way_s, 0));
    assert_true(fabs(found.own_s - 2 * late_s) < 0.4 * late_s);
}

static void nothing_planted_nothing_told(void **state)
{
    (void)state;
    for (int parallel = 0; parallel < 2; parallel++) {
        losses found = losses_of((world){.is_parallel = parallel});
        assert_true(fabs(found.own_s) < 0.0005 && found.way_s == 0 &&
                    fabs(found.other_s) < 0.0005);
    }
}

static void make_spans(csv_bench *bench, caus_spans *spans)
{
    world w = {.fault = FAULT_WAY};
    fill(&w, bench, spans);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    spans_lack_memory(make_spans, spans_find_evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_planted_nothing_told),
        cmocka_unit_test(a_slow_way_to_one_of_several_is_no_work),
        cmocka_unit_test(others_may_run_beside_it),
        cmocka_unit_test(slow_work_on_one_side_is_the_callers),
        cmocka_unit_test(slow_work_everywhere_is_the_callers),
        cmocka_unit_test(slow_ways_to_all_speak_of_the_caller),
        cmocka_unit_test(a_queue_in_front_of_the_caller_hides_no_way),
        cmocka_unit_test(clocks_may_differ),
        cmocka_unit_test(what_is_beside_one_only_cannot_be_told),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
