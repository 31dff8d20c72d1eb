/* SPDX-License-Identifier: Apache-2.0 */
/* Web shows pages and orders, shop takes orders, both ask price and go on to
 * others; who stops in the incident has to be told from whom it had asked. */
#include <math.h>

#include "caus/trace_evidence.h"
#include "csv_fixture.h"
#include "events/events_internal.h"
#include "fault.h"

typedef struct stopping {
    bool page, order; /* stop after price answered, in every other trace */
    bool is_failure;  /* and say so */
} stopping;

typedef struct world {
    caus_spans_builder *builder;
    char trace[16];
    uint64_t next_span;
    int64_t now_ns;
    caus_phase phase;
} world;

static const int64_t ms_ns = 1000000;

static caus_slice slice(const char *text)
{
    return (caus_slice){text, strlen(text)};
}

static uint64_t add(world *w, const char *service, const char *operation,
                    uint64_t parent, int64_t ms, bool failed)
{
    caus_span_row row = {.trace = slice(w->trace),
                         .service = slice(service),
                         .operation = slice(operation),
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

/* Asks a service, which takes 5 ms, and goes on after it. */
static void ask(world *w, const char *service, uint64_t parent)
{
    add(w, service, "answer", parent, 5, false);
    w->now_ns += 5 * ms_ns;
}

static void show_page(world *w, bool stops, bool failed)
{
    uint64_t page = add(w, "web", "page", 0, 20, stops && failed);
    ask(w, "auth", page);
    ask(w, "price", page);
    if (stops)
        return;
    ask(w, "ads", page);
}

static void take_order(world *w, bool stops, bool failed)
{
    uint64_t buy = add(w, "web", "buy", 0, 40, stops && failed);
    uint64_t order = add(w, "shop", "order", buy, 20, stops && failed);
    ask(w, "price", order);
    if (stops)
        return;
    ask(w, "bank", order);
    w->now_ns += 15 * ms_ns;
    ask(w, "mail", buy);
}

enum { TRACES = 80 };

static void fill(const stopping *how, const caus_run *run, caus_arena *out,
                 caus_spans *spans)
{
    world w = {.builder = caus_spans_builder_new(0)};
    assert_non_null(w.builder);
    for (int i = 0; i < 2 * TRACES; i++) {
        w.phase = i < TRACES ? CAUS_PHASE_NORMAL : CAUS_PHASE_INCIDENT;
        w.next_span = 0;
        w.now_ns = i * 1000 * ms_ns;
        bool stops = w.phase == CAUS_PHASE_INCIDENT && i % 4 < 2;
        snprintf(w.trace, sizeof w.trace, "t%d", i);
        if (i % 2)
            show_page(&w, stops && how->page, how->is_failure);
        else
            take_order(&w, stops && how->order, how->is_failure);
    }
    assert_int_equal(
        caus_spans_builder_finish(w.builder, NULL, true, run, out, spans, NULL),
        CAUS_OK);
    caus_spans_builder_free(w.builder);
}

/* Cohen's h of the steps that are missing behind a service. */
static double missing_behind(const stopping *how, const char *service)
{
    csv_bench bench;
    caus_spans spans;
    caus_trace_evidence told;
    csv_bench_open(&bench, 0);
    fill(how, bench.run, bench.out, &spans);
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

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    stopping both = {.page = true, .order = true};
    bool refused = true;
    for (long successes = 0; refused; successes++) {
        csv_bench bench;
        caus_spans spans;
        caus_trace_evidence told;
        csv_bench_open(&bench, 0);
        fill(&both, bench.run, bench.out, &spans);
        size_t used = caus_arena_used_bytes(bench.out);
        fault_fail_after(successes);
        caus_status status = caus_spans_evidence(&spans, NULL, bench.run,
                                                 bench.out, &told, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (refused)
            assert_int_equal(caus_arena_used_bytes(bench.out), used);
        csv_bench_close(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_that_stop_speak_of_the_answer),
        cmocka_unit_test(one_that_stops_may_do_so_by_itself),
        cmocka_unit_test(who_fails_need_not_go_on),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
