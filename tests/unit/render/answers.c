/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <math.h>
#include <string.h>

#include "base/base.h"

/* 2025-10-29T03:00:00Z */
static const int64_t start_ns = INT64_C(1761706800) * 1000000000;
static const int64_t step_ns = INT64_C(15) * 1000000000;

void make_answer(made_answer *made, const char *const *names, size_t count,
                 size_t max_lag)
{
    *made = (made_answer){.arena = caus_arena_new(0)};
    caus_arena *arena = made->arena;
    made->variables = CAUS_ARRAY(arena, caus_variable, count);
    for (size_t i = 0; i < count; i++)
        made->variables[i] = (caus_variable){
            .name = names ? names[i] : caus_arena_format(arena, "v%zu", i),
            .service = "",
            .unit = "",
            .source = "",
            .query = "",
            .vector_group = -1,
            .scrape_offset_s = (double)NAN};
    made->segment = (caus_segment){.row_count = 481, .start_ns = start_ns};
    made->environment = (caus_environment){.id = 0, .name = "window"};
    made->series = (caus_series){.variable_count = count,
                                 .variables = made->variables,
                                 .segment_count = 1,
                                 .segments = &made->segment,
                                 .environment_count = 1,
                                 .environments = &made->environment,
                                 .step_ns = step_ns};
    size_t cells = count * count * (max_lag + 1);
    made->statistic = CAUS_ARRAY(arena, double, cells);
    made->p_value = CAUS_ARRAY(arena, double, cells);
    for (size_t i = 0; i < cells; i++)
        made->p_value[i] = 1;
    made->discovery = (caus_discovery){
        .graph = {.node_count = count,
                  .max_lag = max_lag,
                  .cells = CAUS_ARRAY(arena, caus_edge, cells)},
        .statistic = made->statistic,
        .p_value = made->p_value,
        .rows_used = 481 - 2 * max_lag,
        .test_count = count * count * (max_lag + 1),
        .complete = true};
    made->answer =
        (caus_graph_answer){.series = &made->series,
                            .discovery = &made->discovery,
                            .method = "pcmci",
                            .test = "parcorr",
                            .has_selection = true,
                            .options = {.max_lag = max_lag,
                                        .alpha = 0.05,
                                        .pc_alpha = 0.05,
                                        .max_combinations = 1,
                                        .max_conditions = SIZE_MAX,
                                        .max_conditions_target = SIZE_MAX,
                                        .max_conditions_source = SIZE_MAX,
                                        .level = 0.95}};
}

void free_answer(made_answer *made)
{
    caus_arena_free(made->arena);
}

void add_link(made_answer *made, size_t source, size_t target, size_t lag,
              double statistic, double p_value)
{
    caus_graph *graph = &made->discovery.graph;
    caus_mark tail = lag ? CAUS_MARK_TAIL : CAUS_MARK_CIRCLE;
    caus_mark head = lag ? CAUS_MARK_ARROW : CAUS_MARK_CIRCLE;
    caus_graph_set(graph, source, target, lag, tail, head);
    size_t cell = caus_graph_cell(graph, source, target, lag);
    made->statistic[cell] = statistic;
    made->p_value[cell] = p_value;
    if (lag == 0) {
        cell = caus_graph_cell(graph, target, source, lag);
        made->statistic[cell] = statistic;
        made->p_value[cell] = p_value;
    }
}

enum { REDIS, AUTH, PAYMENT, CHECKOUT, CART, GATEWAY, INCIDENT_VARIABLES };

static void describe_incident(made_answer *made)
{
    static const struct {
        const char *service, *source, *unit, *query;
        caus_kind kind;
    } facts[INCIDENT_VARIABLES] = {
        {"redis", "prometheus", "ratio",
         "avg by (service) (redis_cpu{job=\"redis\"})", CAUS_KIND_GAUGE},
        {"auth", "clickhouse", "s", "", CAUS_KIND_LATENCY_QUANTILE},
        {"payment", "clickhouse", "errors", "", CAUS_KIND_COUNT},
        {"checkout", "clickhouse", "s", "", CAUS_KIND_LATENCY_QUANTILE},
        {"cart", "prometheus", "requests",
         "sum by (service) (increase(cart_calls_total[15s]))",
         CAUS_KIND_COUNTER_RATE},
        {"", "csv", "", "", CAUS_KIND_UNKNOWN}};
    for (size_t i = 0; i < INCIDENT_VARIABLES; i++) {
        caus_variable *variable = &made->variables[i];
        variable->service = facts[i].service;
        variable->source = facts[i].source;
        variable->unit = facts[i].unit;
        variable->query = facts[i].query;
        variable->kind = facts[i].kind;
        if (strcmp(facts[i].source, "prometheus") == 0) {
            variable->scrape_interval_s = 5;
            variable->scrape_offset_s = i == REDIS ? 1.5 : 3.25;
        }
    }
    made->variables[CART].rate_window_s = 15;
    made->variables[REDIS].rate_window_s = 30;
}

static void examine_incident(made_answer *made)
{
    static const size_t members[] = {AUTH, CHECKOUT};
    static const caus_family family = {
        .member_count = 2, .members = members, .reason = "|r| > 0.99"};
    static const char *const warnings[] = {
        "redis_cpu lacks 1.2 % of its values: gaps are left out, never filled",
        "auth_latency has a unit root within the window: differences may say "
        "more (--transform difference)"};
    caus_variable_quality *facts =
        CAUS_ARRAY(made->arena, caus_variable_quality, INCIDENT_VARIABLES);
    for (size_t i = 0; i < INCIDENT_VARIABLES; i++)
        facts[i] = (caus_variable_quality){.duplicate_of = SIZE_MAX,
                                           .nonzero_rows = 481,
                                           .effective_rows = 120};
    facts[REDIS].missing_share = 0.012;
    facts[PAYMENT].zero_share = 0.415;
    facts[AUTH].unit_root = true;
    caus_quality *quality = CAUS_ARRAY(made->arena, caus_quality, 1);
    *quality = (caus_quality){.variable_count = INCIDENT_VARIABLES,
                              .variables = facts,
                              .family_count = 1,
                              .families = &family,
                              .warning_count = 2,
                              .warnings = warnings};
    made->answer.quality = quality;
}

void make_incident(made_answer *made)
{
    static const char *const names[] = {
        "redis_cpu",        "auth_latency", "payment_errors",
        "checkout_latency", "cart_calls",   "gateway \"blue\" <é>"};
    static const caus_dropped dropped[] = {
        {"cart_errors", "constant"}, {"auth_restarts", "3 non-zero rows"}};
    static const char *const warnings[] = {
        "prometheus: the clock of the server is 2 s ahead of this machine"};
    make_answer(made, names, INCIDENT_VARIABLES, 5);
    describe_incident(made);
    examine_incident(made);
    add_link(made, AUTH, PAYMENT, 1, 0.41, 1.2e-19);
    add_link(made, PAYMENT, CHECKOUT, 2, 0.36, 4.5e-15);
    add_link(made, AUTH, CHECKOUT, 3, 0.24, 2.1e-7);
    add_link(made, REDIS, AUTH, 1, 0.31, 3.3e-11);
    add_link(made, AUTH, PAYMENT, 2, 0.17, 0.00024);
    add_link(made, CHECKOUT, CART, 5, -0.28, 1.1e-9);
    add_link(made, CART, REDIS, 0, 0.22, 1.9e-6);
    add_link(made, AUTH, AUTH, 1, 0.72, 0);
    add_link(made, CHECKOUT, CHECKOUT, 1, 0.55, 4e-38);
    add_link(made, CHECKOUT, CHECKOUT, 2, 0.12, 0.0087);
    add_link(made, CART, CART, 1, 0.61, 7e-49);
    size_t cells = (size_t)INCIDENT_VARIABLES * INCIDENT_VARIABLES * 6;
    double *lower = CAUS_ARRAY(made->arena, double, cells);
    double *upper = CAUS_ARRAY(made->arena, double, cells);
    for (size_t i = 0; i < cells; i++) {
        lower[i] = round(made->statistic[i] * 100 - 9) / 100;
        upper[i] = round(made->statistic[i] * 100 + 8) / 100;
    }
    made->discovery.lower = lower;
    made->discovery.upper = upper;
    made->answer.dropped = dropped;
    made->answer.dropped_count = 2;
    made->answer.warnings = warnings;
    made->answer.warning_count = 1;
    made->answer.next_command =
        "caus discover --recording incident.caus --max-lag 5m --target "
        "checkout_latency --format svg -o checkout.svg";
    memset(made->answer.inputs_sha256, 'a', 64);
    made->answer.seed = 7;
}
