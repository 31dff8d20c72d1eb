/* SPDX-License-Identifier: Apache-2.0 */
/* Web shows pages and orders, shop takes orders, both ask price and go on to
 * others; who stops in the incident has to be told from whom it had asked. */
#include <math.h>

#include "spans_fixture.h"

typedef struct stopping {
    bool page, order; /* stop after price answered, in every other trace */
    bool is_failure;  /* and say so */
    bool is_short;    /* price answers these without having read */
    bool has_clients; /* calls have spans of their callers, all named alike */
} stopping;

typedef struct world {
    caus_spans_builder *builder;
    char trace[16];
    uint64_t next_span;
    int64_t now_ns;
    caus_phase phase;
    bool has_clients;
} world;

static const int64_t ms_ns = 1000000;

static uint64_t add(world *w, const char *service, const char *operation,
                    uint64_t parent, int64_t ms, bool failed)
{
    caus_span_row row = {.trace = spans_slice(w->trace),
                         .service = spans_slice(service),
                         .operation = spans_slice(operation),
                         .span = ++w->next_span,
                         .parent = parent,
                         .has_parent = parent != 0,
                         .failed = failed,
                         .start_ns = w->now_ns,
                         .duration_ns = ms * ms_ns,
                         .phase = w->phase};
    assert_int_equal(caus_spans_builder_add(w->builder, &row, NULL), CAUS_OK);
    return w->next_span;
}

/* Asks a service, which takes 5 ms, and goes on after it; its answer. */
static uint64_t ask(world *w, const char *caller, const char *service,
                    uint64_t parent)
{
    if (w->has_clients)
        parent = add(w, caller, "POST", parent, 5, false);
    uint64_t answer = add(w, service, "answer", parent, 5, false);
    w->now_ns += 5 * ms_ns;
    return answer;
}

static void ask_price(world *w, const char *caller, uint64_t parent,
                      bool is_short)
{
    uint64_t answer = ask(w, caller, "price", parent);
    if (is_short)
        return;
    w->now_ns -= 4 * ms_ns;
    add(w, "price", "read", answer, 2, false);
    w->now_ns += 4 * ms_ns;
}

static void show_page(world *w, bool stops, const stopping *how)
{
    uint64_t page = add(w, "web", "page", 0, 20, stops && how->is_failure);
    ask(w, "web", "auth", page);
    ask_price(w, "web", page, stops && how->is_short);
    if (stops)
        return;
    ask(w, "web", "ads", page);
}

static void take_order(world *w, bool stops, const stopping *how)
{
    uint64_t buy = add(w, "web", "buy", 0, 40, stops && how->is_failure);
    uint64_t order = add(w, "shop", "order", buy, 20, stops && how->is_failure);
    ask_price(w, "shop", order, stops && how->is_short);
    if (stops)
        return;
    ask(w, "shop", "bank", order);
    w->now_ns += 15 * ms_ns;
    ask(w, "web", "mail", buy);
}

enum { TRACES = 80 };

static void fill(const stopping *how, csv_bench *bench, caus_spans *spans)
{
    world w = {.builder = caus_spans_builder_new(0),
               .has_clients = how->has_clients};
    assert_non_null(w.builder);
    for (int i = 0; i < 2 * TRACES; i++) {
        w.phase = i < TRACES ? CAUS_PHASE_NORMAL : CAUS_PHASE_INCIDENT;
        w.next_span = 0;
        w.now_ns = i * 1000 * ms_ns;
        bool stops = w.phase == CAUS_PHASE_INCIDENT && i % 4 < 2;
        snprintf(w.trace, sizeof w.trace, "t%d", i);
        if (i % 2)
            show_page(&w, stops && how->page, how);
        else
            take_order(&w, stops && how->order, how);
    }
    spans_build(w.builder, bench, spans);
}

/* Cohen's h of the steps that are missing behind a service. */
static double missing_behind(const stopping *how, const char *service)
{
    csv_bench bench;
    caus_spans spans;
    caus_trace_evidence told;
    csv_bench_open(&bench, 0);
    fill(how, &bench, &spans);
    assert_int_equal(caus_spans_evidence(&spans, NULL, bench.run, bench.out,
                                         &told, &bench.error),
                     CAUS_OK);
    double missing = (double)NAN;
    for (size_t i = 0; i < spans.service_count; i++)
        if (strcmp(spans.services[i], service) == 0)
            missing = told.services[i].shape_h;
    csv_bench_close(&bench);
    return missing;
}

static void several_that_stop_speak_of_the_answer(void **state)
{
    (void)state;
    stopping both = {.page = true, .order = true};
    assert_true(missing_behind(&both, "price") > 1);
    assert_true(missing_behind(&both, "web") == 0);
    assert_true(missing_behind(&both, "shop") == 0);
}

static void one_that_stops_may_do_so_by_itself(void **state)
{
    (void)state;
    stopping page = {.page = true}, order = {.order = true};
    assert_true(missing_behind(&page, "web") > 1);
    assert_true(missing_behind(&page, "price") == 0);
    assert_true(missing_behind(&order, "shop") > 1);
    assert_true(missing_behind(&order, "price") == 0);
}

static void calls_named_alike_are_told_apart_by_whom_they_ask(void **state)
{
    (void)state;
    stopping both = {.page = true, .order = true, .has_clients = true};
    assert_true(missing_behind(&both, "price") > 1);
    assert_true(missing_behind(&both, "web") == 0);
    assert_true(missing_behind(&both, "shop") == 0);
}

static void who_answers_without_its_own_steps_stopped_first(void **state)
{
    (void)state;
    for (int clients = 0; clients < 2; clients++) {
        stopping order = {
            .order = true, .is_short = true, .has_clients = clients};
        assert_true(missing_behind(&order, "price") > 1);
        assert_true(missing_behind(&order, "shop") == 0);
        assert_true(missing_behind(&order, "web") == 0);
    }
}

static void who_fails_need_not_go_on(void **state)
{
    (void)state;
    stopping failing = {.page = true, .order = true, .is_failure = true};
    stopping none = {.page = false};
    static const char *const services[] = {"web", "shop", "price"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(missing_behind(&failing, services[i]) == 0);
        assert_true(missing_behind(&none, services[i]) == 0);
    }
}

static void make_spans(csv_bench *bench, caus_spans *spans)
{
    stopping both = {.page = true, .order = true};
    fill(&both, bench, spans);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    spans_lack_memory(make_spans, spans_find_evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_that_stop_speak_of_the_answer),
        cmocka_unit_test(one_that_stops_may_do_so_by_itself),
        cmocka_unit_test(calls_named_alike_are_told_apart_by_whom_they_ask),
        cmocka_unit_test(who_answers_without_its_own_steps_stopped_first),
        cmocka_unit_test(who_fails_need_not_go_on),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
