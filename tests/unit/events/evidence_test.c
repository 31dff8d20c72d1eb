/* SPDX-License-Identifier: Apache-2.0 */
/* A made system: web calls auth and cart through client spans; each fault is
 * planted in the incident and has to be told where it is, and only there. */
#include <math.h>
#include <stdlib.h>

#include "spans_fixture.h"

typedef enum fault {
    FAULT_NONE,
    FAULT_SLOW_AUTH,
    FAULT_SLOW_NETWORK_TO_AUTH,
    FAULT_SLOW_NETWORK_OF_WEB,
    FAULT_ERRORS_IN_CART,
    FAULT_NO_CALL_TO_CART,
    FAULT_RETRIES,
    FAULT_SLOW_CONSUMER,
    FAULT_PAUSES,
    FAULT_SLOW_LATER,
    FAULT_CART_STOPS_WEB,
    FAULT_ORDERS_BREAK_OFF
} fault;

typedef struct world {
    caus_spans_builder *builder;
    caus_random random;
    fault fault;
    char trace[16];
    uint64_t next_span;
    caus_phase phase;
    int64_t skew_ns;                 /* of every service but web */
    double costly[CAUS_PHASE_COUNT]; /* share of requests of another kind */
    bool is_costly;
    bool has_orders; /* few requests order something */
} world;

static const int64_t ms_ns = 1000000;

/* About `ms` long. */
static int64_t width(world *w, double ms)
{
    return llround(ms * (double)ms_ns *
                   (0.8 + 0.4 * caus_random_uniform(&w->random)));
}

static uint64_t add(world *w, const char *service, const char *operation,
                    uint64_t parent, int64_t start_ns, int64_t duration_ns,
                    bool failed)
{
    caus_span_row row = {.trace = spans_slice(w->trace),
                         .service = spans_slice(service),
                         .operation = spans_slice(operation),
                         .span = ++w->next_span,
                         .parent = parent,
                         .has_parent = parent != 0,
                         .failed = failed,
                         .start_ns = start_ns,
                         .duration_ns = duration_ns,
                         .phase = w->phase};
    if (strcmp(service, "web") != 0)
        row.start_ns += w->skew_ns;
    assert_int_equal(caus_spans_builder_add(w->builder, &row, NULL), CAUS_OK);
    return w->next_span;
}

/* A client span of web and the callee's span in it; returns its width. */
static int64_t call(world *w, const char *callee, uint64_t parent,
                    int64_t start_ns)
{
    bool bad = w->phase == CAUS_PHASE_INCIDENT;
    bool is_auth = strcmp(callee, "auth") == 0;
    bool slow_way =
        bad && (w->fault == FAULT_SLOW_NETWORK_OF_WEB ||
                (w->fault == FAULT_SLOW_NETWORK_TO_AUTH && is_auth));
    bool slow = bad && w->fault == FAULT_SLOW_AUTH && is_auth;
    bool failed = bad && w->fault == FAULT_ERRORS_IN_CART && !is_auth &&
                  caus_random_uniform(&w->random) < 0.5;
    int64_t way = width(w, slow_way ? 9 : 1), work = width(w, slow ? 30 : 5);
    work *= w->is_costly && is_auth ? 5 : 1;
    char operation[32];
    snprintf(operation, sizeof operation, "call %s", callee);
    uint64_t client =
        add(w, "web", operation, parent, start_ns, 2 * way + work, failed);
    add(w, callee, "work", client, start_ns + way, work, failed);
    return 2 * way + work;
}

/* A handler that is closed at once, and what it began, which web waits for. */
static int64_t call_stock(world *w, uint64_t parent, int64_t start_ns)
{
    bool slow = w->phase == CAUS_PHASE_INCIDENT && w->fault == FAULT_SLOW_LATER;
    int64_t work = width(w, slow ? 40 : 5);
    uint64_t client =
        add(w, "web", "call stock", parent, start_ns, work + 2 * ms_ns, false);
    uint64_t handler =
        add(w, "stock", "handle", client, start_ns + ms_ns, ms_ns / 10, false);
    add(w, "stock", "look up", handler, start_ns + ms_ns, work, false);
    return work + 2 * ms_ns;
}

/* A call that nobody answers, and the time until it is repeated. */
static int64_t fail_call(world *w, uint64_t parent, int64_t start_ns)
{
    add(w, "web", "call auth", parent, start_ns, ms_ns, true);
    return 41 * ms_ns;
}

/* Leaves a job for mail, which does it when the page is long done. */
static int64_t leave_job(world *w, uint64_t parent, int64_t start_ns)
{
    bool slow =
        w->phase == CAUS_PHASE_INCIDENT && w->fault == FAULT_SLOW_CONSUMER;
    int64_t later = width(w, slow ? 900 : 90);
    uint64_t job =
        add(w, "web", "leave job", parent, start_ns, ms_ns / 10, false);
    add(w, "mail", "send", job, start_ns + later, width(w, slow ? 50 : 5),
        false);
    return ms_ns / 10;
}

/* Steps that every order takes. */
static int64_t order(world *w, uint64_t parent, int64_t start_ns)
{
    static const char *const steps[] = {"reserve", "charge", "confirm"};
    bool bad = w->phase == CAUS_PHASE_INCIDENT;
    int count = bad && w->fault == FAULT_ORDERS_BREAK_OFF ? 1 : 3;
    int64_t took_ns = 9 * ms_ns;
    uint64_t all =
        add(w, "web", "order", parent, start_ns, took_ns + ms_ns, false);
    for (int i = 0; i < count; i++)
        add(w, "web", steps[i], all, start_ns + i * took_ns / 3, took_ns / 3,
            false);
    return took_ns + ms_ns;
}

static void add_trace(world *w, int number)
{
    int64_t start_ns = number * 1000 * ms_ns;
    bool bad = w->phase == CAUS_PHASE_INCIDENT;
    bool stops = bad && w->fault == FAULT_CART_STOPS_WEB && number % 2;
    snprintf(w->trace, sizeof w->trace, "t%d", number);
    w->next_span = 0;
    w->is_costly = caus_random_uniform(&w->random) < w->costly[w->phase];
    uint64_t page = ++w->next_span;
    int64_t at = start_ns + width(w, 2);
    int calls = bad && w->fault == FAULT_RETRIES ? 3 : 1;
    if (bad && w->fault == FAULT_PAUSES && number % 2)
        at += fail_call(w, page, at);
    for (int i = 0; i < calls; i++)
        at += call(w, "auth", page, at);
    if (!stops && !(bad && w->fault == FAULT_NO_CALL_TO_CART && number % 2))
        at += call(w, "cart", page, at);
    if (w->fault == FAULT_SLOW_LATER)
        at += call_stock(w, page, at);
    at += leave_job(w, page, at);
    if (w->has_orders && number % 15 == 0)
        at += order(w, page, at);
    at += width(w, 2);
    caus_span_row root = {.trace = spans_slice(w->trace),
                          .service = spans_slice("web"),
                          .operation =
                              spans_slice(w->is_costly ? "list" : "page"),
                          .span = page,
                          .failed = stops,
                          .start_ns = start_ns,
                          .duration_ns = at - start_ns,
                          .phase = w->phase};
    assert_int_equal(caus_spans_builder_add(w->builder, &root, NULL), CAUS_OK);
}

enum { TRACES = 60 };

static void fill_world(const world *from, csv_bench *bench, caus_spans *spans)
{
    world w = *from;
    w.builder = caus_spans_builder_new(0);
    assert_non_null(w.builder);
    caus_random_init(&w.random, 7, 0);
    for (int i = 0; i < 2 * TRACES; i++) {
        w.phase = i < TRACES ? CAUS_PHASE_NORMAL : CAUS_PHASE_INCIDENT;
        add_trace(&w, i);
    }
    spans_build(w.builder, bench, spans);
}

static void make_world(fault planted, int64_t skew_ns, csv_bench *bench,
                       caus_spans *spans)
{
    world w = {.fault = planted, .skew_ns = skew_ns};
    fill_world(&w, bench, spans);
}

/* What is told of a world. */
typedef struct told {
    csv_bench bench;
    caus_spans spans;
    caus_trace_evidence evidence;
} told;

static void tell_of(told *t, const world *w)
{
    csv_bench_open(&t->bench, 0);
    fill_world(w, &t->bench, &t->spans);
    assert_int_equal(caus_spans_evidence(&t->spans, NULL, t->bench.run,
                                         t->bench.out, &t->evidence,
                                         &t->bench.error),
                     CAUS_OK);
}

static void tell(told *t, fault planted, int64_t skew_ns)
{
    world w = {.fault = planted, .skew_ns = skew_ns};
    tell_of(t, &w);
}

static const caus_trace_service *service_of(const told *t, const char *name)
{
    for (size_t i = 0; i < t->spans.service_count; i++)
        if (strcmp(t->spans.services[i], name) == 0)
            return &t->evidence.services[i];
    fail_msg("there is no service %s", name);
    return NULL;
}

static const caus_trace_finding *find(const told *t, caus_evidence evidence,
                                      const char *operation, const char *callee)
{
    for (size_t i = 0; i < t->evidence.finding_count; i++) {
        const caus_trace_finding *at = &t->evidence.findings[i];
        const caus_operation *operations = t->spans.operations;
        const char *service =
            at->callee == CAUS_NO_OPERATION
                ? t->spans.services[operations[at->operation].service]
                : t->spans.services[operations[at->callee].service];
        if (at->evidence == evidence &&
            strcmp(operations[at->operation].name, operation) == 0 &&
            strcmp(service, callee) == 0)
            return at;
    }
    fail_msg("%s of %s is not told", caus_evidence_name(evidence), operation);
    return NULL;
}

static void nothing_planted_nothing_told(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_NONE, 0);
    assert_true(t.evidence.finding_count > 5);
    for (size_t i = 0; i < t.evidence.finding_count; i++)
        assert_true(t.evidence.findings[i].q_value > 0.01);
    for (size_t i = 0; i < t.evidence.service_count; i++)
        assert_true(t.evidence.services[i].best_finding == SIZE_MAX);
    csv_bench_close(&t.bench);
}

static void slow_work_is_own_time_of_the_service(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_SLOW_AUTH, 0);
    assert_true(fabs(service_of(&t, "auth")->self_s - 0.025) < 0.002);
    assert_true(fabs(service_of(&t, "auth")->gap_s) < 0.001);
    assert_true(fabs(service_of(&t, "web")->self_s) < 0.001);
    assert_true(fabs(service_of(&t, "web")->gap_s) < 0.001);
    const caus_trace_finding *finding =
        find(&t, CAUS_EVIDENCE_SELF_TIME, "work", "auth");
    assert_true(finding->effect > 5);
    assert_true(finding->superiority > 0.99);
    assert_true(fabs(finding->values[CAUS_PHASE_NORMAL] - 0.005) < 0.001);
    assert_true(fabs(finding->values[CAUS_PHASE_INCIDENT] - 0.03) < 0.004);
    assert_int_equal(finding->counts[CAUS_PHASE_INCIDENT], TRACES);
    assert_int_equal(finding->exemplar_count, CAUS_EXEMPLARS);
    for (size_t i = 0; i < CAUS_EXEMPLARS; i++)
        assert_int_equal(t.spans.trace_phase[finding->exemplars[i]],
                         CAUS_PHASE_INCIDENT);
    size_t best = service_of(&t, "auth")->best_finding;
    assert_ptr_equal(&t.evidence.findings[best], finding);
    csv_bench_close(&t.bench);
}

static void a_slow_way_is_a_gap_blamed_on_the_callee(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_SLOW_NETWORK_TO_AUTH, 0);
    assert_true(fabs(service_of(&t, "auth")->gap_s - 0.016) < 0.002);
    assert_true(fabs(service_of(&t, "auth")->self_s) < 0.001);
    assert_true(fabs(service_of(&t, "cart")->gap_s) < 0.001);
    /* half of the calls of web are slow: that much speaks against it */
    assert_true(service_of(&t, "web")->gap_s < 0.0175);
    assert_true(find(&t, CAUS_EVIDENCE_GAP, "call auth", "auth")->effect > 5);
    assert_true(find(&t, CAUS_EVIDENCE_GAP, "call cart", "cart")->q_value >
                0.01);
    csv_bench_close(&t.bench);
}

static void when_all_calls_are_slow_the_caller_is_blamed(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_SLOW_NETWORK_OF_WEB, 0);
    assert_true(fabs(service_of(&t, "web")->gap_s - 0.032) < 0.003);
    assert_true(service_of(&t, "auth")->gap_s < 0.018);
    assert_true(service_of(&t, "cart")->gap_s < 0.018);
    csv_bench_close(&t.bench);
}

static void errors_are_told_where_they_begin(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_ERRORS_IN_CART, 0);
    assert_true(service_of(&t, "cart")->error_h > 1);
    assert_true(service_of(&t, "web")->error_h == 0);
    assert_true(service_of(&t, "auth")->error_h == 0);
    const caus_trace_finding *finding =
        find(&t, CAUS_EVIDENCE_ERRORS, "work", "cart");
    assert_true(finding->values[CAUS_PHASE_NORMAL] == 0);
    assert_true(fabs(finding->values[CAUS_PHASE_INCIDENT] - 0.5) < 0.2);
    size_t trace = finding->exemplars[0];
    bool failed = false;
    for (size_t i = t.spans.trace_start[trace];
         i < t.spans.trace_start[trace + 1]; i++)
        failed = failed || t.spans.failed[i];
    assert_true(failed);
    csv_bench_close(&t.bench);
}

static void missing_calls_are_told_where_they_begin(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_NO_CALL_TO_CART, 0);
    assert_true(service_of(&t, "web")->shape_h > 1);
    assert_true(service_of(&t, "cart")->shape_h == 0);
    const caus_trace_finding *path = NULL;
    for (size_t i = 0; i < t.evidence.finding_count; i++)
        if (t.evidence.findings[i].begins_here) {
            assert_null(path);
            path = &t.evidence.findings[i];
        }
    assert_non_null(path);
    assert_string_equal(t.spans.operations[path->callee].name, "call cart");
    assert_true(path->values[CAUS_PHASE_INCIDENT] == 0.5);
    assert_int_equal(path->exemplar_count, CAUS_EXEMPLARS);
    for (size_t i = 0; i < CAUS_EXEMPLARS; i++) {
        size_t trace = path->exemplars[i]; /* page, call to auth and job */
        assert_int_equal(
            t.spans.trace_start[trace + 1] - t.spans.trace_start[trace], 5);
    }
    csv_bench_close(&t.bench);
}

/* Four orders of sixty requests: as steps of a program are taken always or by
 * chance of the request, four that took them all tell of the next four. */
static void steps_that_rare_requests_always_take_are_missed(void **state)
{
    (void)state;
    const fault faults[] = {FAULT_NONE, FAULT_ORDERS_BREAK_OFF};
    for (size_t i = 0; i < 2; i++) {
        told t;
        world w = {.fault = faults[i], .has_orders = true};
        size_t sure = 0;
        tell_of(&t, &w);
        for (size_t k = 0; k < t.evidence.finding_count; k++) {
            const caus_trace_finding *at = &t.evidence.findings[k];
            if (at->sureness == 0)
                continue;
            sure++;
            assert_string_equal(t.spans.operations[at->operation].name,
                                "order");
            assert_int_equal(at->counts[CAUS_PHASE_NORMAL], 4);
            assert_int_equal(at->counts[CAUS_PHASE_INCIDENT], 4);
            assert_true(at->sureness > .5);
        }
        assert_int_equal(sure, i ? 2 : 0);
        assert_true(i ? service_of(&t, "web")->shape_h > 1
                      : service_of(&t, "web")->shape_h == 0);
        csv_bench_close(&t.bench);
    }
}

static void retries_are_calls_beyond_the_usual(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_RETRIES, 0);
    for (size_t i = 0; i < t.evidence.finding_count; i++) {
        const caus_trace_finding *at = &t.evidence.findings[i];
        if (at->evidence != CAUS_EVIDENCE_CALLS || at->q_value > 0.01)
            continue;
        assert_string_equal(t.spans.operations[at->callee].name, "call auth");
        assert_true(at->effect == 2);
        assert_true(at->values[CAUS_PHASE_NORMAL] == 1);
    }
    assert_true(service_of(&t, "web")->shape_h == 0);
    csv_bench_close(&t.bench);
}

static void clocks_of_services_do_not_matter(void **state)
{
    (void)state;
    told apart, together;
    tell(&together, FAULT_SLOW_AUTH, 0);
    tell(&apart, FAULT_SLOW_AUTH, -90000 * ms_ns);
    assert_true(apart.evidence.moved_spans > 0);
    assert_int_equal(together.evidence.moved_spans, 0);
    for (size_t i = 0; i < apart.spans.service_count; i++) {
        assert_true(apart.evidence.services[i].self_s ==
                    together.evidence.services[i].self_s);
        assert_true(apart.evidence.services[i].gap_s ==
                    together.evidence.services[i].gap_s);
    }
    csv_bench_close(&apart.bench);
    csv_bench_close(&together.bench);
}

static void nobody_loses_the_time_of_a_consumer(void **state)
{
    (void)state;
    const int64_t skews_ns[] = {0, 3 * ms_ns, -90000 * ms_ns};
    for (size_t i = 0; i < 3; i++) {
        told t;
        tell(&t, FAULT_SLOW_CONSUMER, skews_ns[i]);
        for (size_t k = 0; k < t.evidence.finding_count; k++) {
            const caus_trace_finding *at = &t.evidence.findings[k];
            bool is_time = at->evidence == CAUS_EVIDENCE_SELF_TIME ||
                           at->evidence == CAUS_EVIDENCE_GAP;
            assert_true(!is_time || at->q_value > 0.01);
        }
        assert_true(service_of(&t, "mail")->self_s == 0);
        assert_true(service_of(&t, "mail")->gap_s == 0);
        assert_true(service_of(&t, "auth")->best_finding == SIZE_MAX);
        csv_bench_close(&t.bench);
    }
}

static void work_behind_a_closed_handler_is_waited_for(void **state)
{
    (void)state;
    const int64_t skews_ns[] = {0, 3 * ms_ns, -90000 * ms_ns};
    for (size_t i = 0; i < 3; i++) {
        told t;
        tell(&t, FAULT_SLOW_LATER, skews_ns[i]);
        assert_true(fabs(service_of(&t, "stock")->self_s - 0.035) < 0.004);
        assert_true(service_of(&t, "mail")->self_s == 0);
        csv_bench_close(&t.bench);
    }
}

static void a_pause_before_a_repeated_call_is_no_work(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_PAUSES, 0);
    assert_true(fabs(service_of(&t, "web")->self_s) < 0.001);
    csv_bench_close(&t.bench);
}

static void a_call_without_an_answer_speaks_of_the_callee(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_PAUSES, 0);
    const caus_trace_finding *finding =
        find(&t, CAUS_EVIDENCE_ERRORS, "call auth", "auth");
    assert_true(finding->q_value < 0.01);
    assert_true(service_of(&t, "auth")->error_h > 1);
    assert_true(service_of(&t, "web")->error_h == 0);
    csv_bench_close(&t.bench);
}

static void a_step_that_failed_goes_no_further(void **state)
{
    (void)state;
    told t;
    tell(&t, FAULT_CART_STOPS_WEB, 0);
    assert_true(service_of(&t, "web")->shape_h == 0);
    assert_true(service_of(&t, "web")->error_h > 1);
    csv_bench_close(&t.bench);
}

static void other_requests_than_usual_lose_no_time(void **state)
{
    (void)state;
    const double shares[][CAUS_PHASE_COUNT] = {
        {.2, .8}, {.8, .2}, {.5, .5}, {0, .4}};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        told well, slow;
        world w = {.costly = {shares[i][0], shares[i][1]}};
        tell_of(&well, &w);
        w.fault = FAULT_SLOW_AUTH;
        tell_of(&slow, &w);
        assert_true(fabs(service_of(&well, "auth")->self_s) < 0.003);
        assert_true(service_of(&well, "auth")->best_finding == SIZE_MAX);
        assert_true(service_of(&well, "web")->best_finding == SIZE_MAX);
        assert_true(service_of(&slow, "auth")->self_s > 0.012);
        assert_true(
            find(&slow, CAUS_EVIDENCE_SELF_TIME, "work", "auth")->effect > 2);
        csv_bench_close(&well.bench);
        csv_bench_close(&slow.bench);
    }
}

static void one_phase_alone_is_too_little(void **state)
{
    (void)state;
    csv_bench bench;
    caus_spans spans;
    caus_trace_evidence evidence = {.finding_count = 77};
    spans_read_well(&bench,
                    "trace,span,parent,service,operation,start_us,duration_us\n"
                    "1,1,-1,a,b,0,1\n",
                    &spans);
    assert_int_equal(caus_spans_evidence(&spans, NULL, bench.run, bench.out,
                                         &evidence, &bench.error),
                     CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(bench.error.message, "normal phase"));
    assert_int_equal(evidence.finding_count, 77);
    csv_bench_close(&bench);
}

static void make_spans(csv_bench *bench, caus_spans *spans)
{
    make_world(FAULT_NO_CALL_TO_CART, 0, bench, spans);
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
        cmocka_unit_test(slow_work_is_own_time_of_the_service),
        cmocka_unit_test(a_slow_way_is_a_gap_blamed_on_the_callee),
        cmocka_unit_test(when_all_calls_are_slow_the_caller_is_blamed),
        cmocka_unit_test(errors_are_told_where_they_begin),
        cmocka_unit_test(missing_calls_are_told_where_they_begin),
        cmocka_unit_test(steps_that_rare_requests_always_take_are_missed),
        cmocka_unit_test(retries_are_calls_beyond_the_usual),
        cmocka_unit_test(clocks_of_services_do_not_matter),
        cmocka_unit_test(nobody_loses_the_time_of_a_consumer),
        cmocka_unit_test(work_behind_a_closed_handler_is_waited_for),
        cmocka_unit_test(a_pause_before_a_repeated_call_is_no_work),
        cmocka_unit_test(a_call_without_an_answer_speaks_of_the_callee),
        cmocka_unit_test(a_step_that_failed_goes_no_further),
        cmocka_unit_test(other_requests_than_usual_lose_no_time),
        cmocka_unit_test(one_phase_alone_is_too_little),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
