/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/incident.h"
#include "fault.h"
#include "test.h"

enum { ROWS = 400, BASELINE_ROWS = 260, VARIABLES = 7 };

/* shop calls pay, pay calls auth; idle is constant, twin repeats auth. */
static const char *const names[VARIABLES] = {
    "shop_latency", "pay_latency", "auth_latency", "shop_calls",
    "idle_errors",  "twin",        "other_latency"};
static const char *const services[VARIABLES] = {"shop", "pay",  "auth", "shop",
                                                "idle", "auth", "other"};

typedef struct incident_bench {
    caus_arena *arena;
    caus_run *run;
    double values[ROWS * VARIABLES];
    caus_variable variables[VARIABLES];
    caus_environment environments[2];
    caus_segment segments[2];
    caus_series series;
    caus_topology topology;
} incident_bench;

static const char *const nodes[] = {"auth", "other", "pay", "shop"};
static const size_t calls[][2] = {{3, 2}, {2, 0}};

/* One load drives shop and other; auth drives pay at once and shop a step
 * later; the incident shifts every level. */
static void fill_row(incident_bench *made, size_t t, caus_random *random)
{
    double noise[VARIABLES];
    for (int v = 0; v < VARIABLES; v++)
        noise[v] = caus_random_normal(random);
    double *now = &made->values[t * VARIABLES];
    const double *before = t ? now - VARIABLES : now;
    double load = t ? 0.6 * (before[3] - 100) + noise[3] : noise[3];
    double level = t >= BASELINE_ROWS ? 40 : 0;
    double auth =
        (t ? 0.4 * (before[2] - 10 - (t > BASELINE_ROWS ? 40 : 0)) : 0) +
        noise[2];
    now[3] = 100 + load;
    now[2] = 10 + auth + level;
    now[1] = 20 + 0.8 * auth + 0.5 * noise[1] + level;
    now[0] = 30 + 1.2 * load + 0.5 * noise[0] + level;
    now[4] = 0;
    now[5] = now[2];
    now[6] = 5 + 1.2 * load + 0.5 * noise[6] + level;
}

static int set_up(void **state)
{
    static incident_bench made;
    made = (incident_bench){.arena = caus_arena_new(0)};
    caus_random random;
    caus_random_init(&random, 11, 0);
    for (size_t t = 0; t < ROWS; t++)
        fill_row(&made, t, &random);
    for (int v = 0; v < VARIABLES; v++) {
        made.variables[v] = caus_variable_default();
        made.variables[v].name = names[v];
        made.variables[v].service = services[v];
    }
    made.environments[0] = (caus_environment){0, "baseline"};
    made.environments[1] = (caus_environment){1, "incident"};
    made.segments[0] = (caus_segment){.row_count = BASELINE_ROWS,
                                      .word_count = (BASELINE_ROWS + 63) / 64,
                                      .start_ns = 60000000000,
                                      .values = made.values};
    size_t rest = ROWS - BASELINE_ROWS;
    made.segments[1] =
        (caus_segment){.row_count = rest,
                       .word_count = (rest + 63) / 64,
                       .start_ns = (BASELINE_ROWS + 1) * (int64_t)60000000000,
                       .environment = 1,
                       .values = &made.values[BASELINE_ROWS * VARIABLES]};
    made.series = (caus_series){.variable_count = VARIABLES,
                                .variables = made.variables,
                                .segment_count = 2,
                                .segments = made.segments,
                                .environment_count = 2,
                                .environments = made.environments,
                                .step_ns = 60000000000};
    made.topology = (caus_topology){4, nodes, 2, calls};
    caus_error err;
    *state = &made;
    return caus_run_new(NULL, &made.run, &err) != CAUS_OK || !made.arena;
}

static int tear_down(void **state)
{
    incident_bench *made = *state;
    caus_run_free(made->run);
    caus_arena_free(made->arena);
    return 0;
}

static caus_incident discover_in(incident_bench *made,
                                 const caus_series *series,
                                 const caus_incident_options *options)
{
    caus_incident found;
    caus_error err;
    caus_status status = caus_discover_incident(series, options, made->run,
                                                made->arena, &found, &err);
    if (status != CAUS_OK)
        fail_msg("%s", err.message);
    return found;
}

static caus_incident discover(incident_bench *made,
                              const caus_incident_options *options)
{
    return discover_in(made, &made->series, options);
}

static caus_incident_options short_lags(void)
{
    caus_incident_options options = caus_incident_options_default();
    options.pcmci.max_lag = 2;
    return options;
}

static size_t node(const caus_incident *found, const char *name)
{
    size_t at = caus_series_find(&found->series, name);
    assert_true(at != SIZE_MAX);
    return at;
}

static caus_edge edge(const caus_incident *found, const char *source,
                      const char *target, size_t lag)
{
    return caus_graph_get(&found->discovery.graph, node(found, source),
                          node(found, target), lag);
}

static void unfit_variables_are_named_with_their_reason(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    caus_incident found = discover(made, &options);
    assert_int_equal(found.dropped_count, 2);
    assert_string_equal(found.dropped[0].label, "idle_errors");
    assert_string_equal(found.dropped[0].reason, "constant");
    assert_string_equal(found.dropped[1].label, "twin");
    assert_string_equal(found.dropped[1].reason,
                        "the same values as auth_latency");
    assert_int_equal(found.series.variable_count, VARIABLES - 2);
}

static void a_shift_between_environments_is_no_evidence(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    caus_incident found = discover(made, &options);
    assert_int_equal(edge(&found, "auth_latency", "shop_latency", 0).target,
                     CAUS_MARK_NONE);
    assert_int_not_equal(edge(&found, "auth_latency", "pay_latency", 0).target,
                         CAUS_MARK_NONE);
    assert_null(found.workload);
}

/* Every level shifts by 40 in the incident but that of the load. */
static void what_left_its_level_has_moved(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    caus_incident found = discover(made, &options);
    assert_non_null(found.departures);
    for (size_t v = 0; v < found.series.variable_count; v++) {
        bool moved = found.departures[v] > CAUS_DEPARTED;
        assert_int_equal(moved, v != node(&found, "shop_calls"));
    }
    /* Halves of a window without an incident have nothing to leave. */
    made->environments[1].name = "second half";
    found = discover(made, &options);
    assert_null(found.departures);
}

static void links_say_where_they_were_seen_from_both_ends(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    caus_incident found = discover(made, &options);
    size_t auth = node(&found, "auth_latency"),
           pay = node(&found, "pay_latency");
    const caus_graph *graph = &found.discovery.graph;
    assert_int_equal(
        found.discovery.environments[caus_graph_cell(graph, auth, pay, 0)],
        CAUS_EDGE_REPLICATED);
    assert_int_equal(
        found.discovery.environments[caus_graph_cell(graph, pay, auth, 0)],
        CAUS_EDGE_REPLICATED);
}

static void harm_points_from_callee_to_caller(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    options.topology = &made->topology;
    caus_incident found = discover(made, &options);
    caus_edge seen = edge(&found, "auth_latency", "pay_latency", 0);
    assert_int_equal(seen.source, CAUS_MARK_TAIL);
    assert_int_equal(seen.target, CAUS_MARK_ARROW);
    const caus_graph *graph = &found.discovery.graph;
    size_t auth = node(&found, "auth_latency"),
           pay = node(&found, "pay_latency"),
           other = node(&found, "other_latency"),
           load = node(&found, "shop_calls");
    assert_true(
        found.discovery.by_topology[caus_graph_cell(graph, auth, pay, 0)]);
    /* Strangers, and a load beside a harm, are left to the data. */
    assert_false(
        found.discovery.by_topology[caus_graph_cell(graph, load, other, 0)]);
}

static void shared_load_leaves_no_link_once_it_is_removed(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    options.pcmci.method = CAUS_METHOD_PCMCI; /* PCMCI+ would see the load */
    caus_incident found = discover(made, &options);
    assert_int_equal(edge(&found, "other_latency", "shop_latency", 0).target,
                     CAUS_MARK_CIRCLE);
    options.workload = "shop_calls";
    found = discover(made, &options);
    assert_string_equal(found.workload, "shop_calls");
    assert_int_equal(edge(&found, "other_latency", "shop_latency", 0).target,
                     CAUS_MARK_NONE);
    assert_int_equal(found.series.segments[1].row_count,
                     ROWS - BASELINE_ROWS - 2);
    options.workload = "auto";
    options.topology = &made->topology;
    found = discover(made, &options);
    assert_string_equal(found.workload, "shop_calls");
}

/* Finished calls are held up by faults: the graph is learned without them, and
 * says which of its links they explain. */
static void what_the_load_of_the_entry_explains_is_marked(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    options.workload = "auto";
    options.topology = &made->topology;
    options.pcmci.method = CAUS_METHOD_PCMCI;
    caus_incident found = discover(made, &options);
    assert_string_equal(found.workload, "shop_calls");
    const caus_graph *graph = &found.discovery.graph;
    size_t other = node(&found, "other_latency"),
           shop = node(&found, "shop_latency"),
           pay = node(&found, "pay_latency"),
           auth = node(&found, "auth_latency");
    assert_int_not_equal(
        edge(&found, "other_latency", "shop_latency", 0).target,
        CAUS_MARK_NONE);
    assert_true(
        found.discovery.by_load[caus_graph_cell(graph, other, shop, 0)]);
    assert_true(
        found.discovery.by_load[caus_graph_cell(graph, shop, other, 0)]);
    assert_false(found.discovery.by_load[caus_graph_cell(graph, auth, pay, 0)]);
}

static void without_calls_a_guessed_load_takes_links_away(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    options.pcmci.method = CAUS_METHOD_PCMCI;
    options.workload = "auto";
    caus_incident found = discover(made, &options);
    assert_string_equal(found.workload, "shop_calls");
    assert_string_equal(found.workload_guess,
                        "shop_calls alone counts requests");
    assert_int_equal(edge(&found, "other_latency", "shop_latency", 0).target,
                     CAUS_MARK_NONE);
    assert_int_not_equal(edge(&found, "auth_latency", "pay_latency", 0).target,
                         CAUS_MARK_NONE);
    assert_int_not_equal(edge(&found, "shop_calls", "shop_latency", 0).target,
                         CAUS_MARK_NONE);
    assert_int_equal(found.series.segments[1].row_count, ROWS - BASELINE_ROWS);
    assert_null(found.discovery.by_load);
    options.topology = &made->topology;
    assert_null(discover(made, &options).workload_guess);
}

/* All requests but one service's follow the entry's; those of "broken" do so in
 * normal operation alone. */
static void the_requests_that_tell_all_others_are_guessed(void **state)
{
    enum { REQUESTS = 5 };
    static const char *const requests[REQUESTS] = {
        "a_calls", "broken_calls", "entry_calls", "odd_calls", "z_calls"};
    static double values[ROWS * REQUESTS];
    incident_bench *made = *state;
    caus_random random;
    caus_random_init(&random, 5, 0);
    for (size_t t = 0; t < ROWS; t++) {
        double noise[REQUESTS];
        for (int v = 0; v < REQUESTS; v++)
            noise[v] = caus_random_normal(&random);
        double *now = &values[t * REQUESTS];
        double load = 100 + noise[2];
        now[0] = load + 0.6 * noise[0];
        now[1] = t < BASELINE_ROWS ? load + 0.3 * noise[1] : -9 * noise[1];
        now[2] = load;
        now[3] = -3 * noise[2] + noise[3];
        now[4] = 1000 * load + 700 * noise[4];
    }
    caus_series series = made->series;
    caus_variable variables[REQUESTS];
    caus_segment segments[2] = {made->segments[0], made->segments[1]};
    for (int v = 0; v < REQUESTS; v++) {
        variables[v] = caus_variable_default();
        variables[v].name = requests[v];
    }
    segments[0].values = values;
    segments[1].values = values + BASELINE_ROWS * REQUESTS;
    series.variables = variables;
    series.variable_count = REQUESTS;
    series.segments = segments;
    caus_incident_options options = short_lags();
    options.workload = "auto";
    caus_incident found = discover_in(made, &series, &options);
    assert_string_equal(found.workload, "entry_calls");
    assert_non_null(strstr(found.workload_guess, "of 5 counts of requests"));
}

static void nothing_that_counts_requests_is_no_load(void **state)
{
    incident_bench *made = *state;
    caus_variable own[VARIABLES];
    caus_series series = made->series;
    memcpy(own, made->variables, sizeof own);
    for (int v = 0; v < VARIABLES; v++)
        if (strcmp(own[v].name, "shop_calls") == 0)
            own[v].name = "shop_queue";
    series.variables = own;
    caus_incident_options options = short_lags();
    options.workload = "auto";
    caus_incident found = discover_in(made, &series, &options);
    assert_null(found.workload);
    assert_null(found.workload_guess);
}

static void calls_explain_neighbours_only(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    options.topology = &made->topology;
    caus_incident found = discover(made, &options);
    const caus_discovery *discovery = &found.discovery;
    size_t auth = node(&found, "auth_latency"),
           pay = node(&found, "pay_latency"),
           shop = node(&found, "shop_latency"),
           other = node(&found, "other_latency");
    const caus_graph *graph = &discovery->graph;
    assert_false(discovery->off_calls[caus_graph_cell(graph, auth, pay, 0)]);
    assert_false(discovery->off_calls[caus_graph_cell(graph, pay, shop, 2)]);
    /* Backwards, past pay, and to a stranger. */
    assert_true(discovery->off_calls[caus_graph_cell(graph, pay, auth, 1)]);
    assert_true(discovery->off_calls[caus_graph_cell(graph, auth, shop, 0)]);
    assert_true(discovery->off_calls[caus_graph_cell(graph, other, shop, 0)]);
    assert_int_equal(edge(&found, "auth_latency", "shop_latency", 0).target,
                     CAUS_MARK_NONE);
}

/* Without pay's latency, auth reaches shop over a place nobody looks at. */
static void a_call_leads_through_what_is_not_observed(void **state)
{
    incident_bench *made = *state;
    const size_t keep[] = {0, 2, 3, 6};
    caus_series four;
    caus_error err;
    assert_int_equal(
        caus_series_select(&made->series, keep, 4, made->arena, &four, &err),
        CAUS_OK);
    caus_incident_options options = short_lags();
    options.topology = &made->topology;
    caus_incident found = discover_in(made, &four, &options);
    const caus_graph *graph = &found.discovery.graph;
    assert_false(found.discovery.off_calls[caus_graph_cell(
        graph, node(&found, "auth_latency"), node(&found, "shop_latency"), 0)]);
}

/* pay moves by .8 of what auth moves, in units. */
static void effects_are_slopes_in_units(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    options.topology = &made->topology;
    caus_incident found = discover(made, &options);
    const caus_graph *graph = &found.discovery.graph;
    size_t auth = node(&found, "auth_latency"),
           pay = node(&found, "pay_latency");
    double there = found.discovery.effect[caus_graph_cell(graph, auth, pay, 0)];
    assert_true(fabs(there - 0.8) < 0.08);
    assert_true(
        isnan(found.discovery.effect[caus_graph_cell(graph, pay, auth, 0)]));
}

static void an_unknown_or_constant_workload_is_named(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    options.workload = "shop_call";
    caus_incident found;
    caus_error err;
    assert_int_equal(caus_discover_incident(&made->series, &options, made->run,
                                            made->arena, &found, &err),
                     CAUS_ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "shop_call"));
    options.workload = "idle_errors";
    assert_int_equal(caus_discover_incident(&made->series, &options, made->run,
                                            made->arena, &found, &err),
                     CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(err.message, "constant"));
}

static void too_few_fit_variables_say_why(void **state)
{
    incident_bench *made = *state;
    const size_t keep[] = {4, 2};
    caus_series two;
    caus_error err;
    assert_int_equal(
        caus_series_select(&made->series, keep, 2, made->arena, &two, &err),
        CAUS_OK);
    caus_incident_options options = short_lags();
    caus_incident found;
    assert_int_equal(caus_discover_incident(&two, &options, made->run,
                                            made->arena, &found, &err),
                     CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "idle_errors"));
}

static void the_order_of_columns_changes_no_bit(void **state)
{
    incident_bench *made = *state;
    const size_t order[VARIABLES] = {6, 2, 4, 0, 5, 3, 1};
    caus_series shuffled;
    caus_error err;
    assert_int_equal(caus_series_select(&made->series, order, VARIABLES,
                                        made->arena, &shuffled, &err),
                     CAUS_OK);
    caus_incident_options options = short_lags();
    options.pcmci.all_links = true;
    caus_incident one = discover(made, &options);
    caus_incident other = discover_in(made, &shuffled, &options);
    size_t count = one.series.variable_count, cells = count * count * 3;
    assert_int_equal(other.series.variable_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(one.series.variables[i].name,
                            other.series.variables[i].name);
    assert_memory_equal(one.discovery.statistic, other.discovery.statistic,
                        cells * sizeof(double));
    assert_memory_equal(one.discovery.p_value, other.discovery.p_value,
                        cells * sizeof(double));
    assert_memory_equal(one.discovery.graph.cells, other.discovery.graph.cells,
                        cells * sizeof(caus_edge));
}

static void every_lost_allocation_is_an_error(void **state)
{
    incident_bench *made = *state;
    caus_incident_options options = short_lags();
    int answered = 0; /* of a load that is named, of the entry, guessed */
    for (long n = 0; answered < 3; n++) {
        caus_run_options one = caus_run_options_default();
        one.threads = 1;
        caus_run *run;
        caus_error err;
        assert_int_equal(caus_run_new(&one, &run, &err), CAUS_OK);
        caus_arena *arena = caus_arena_new(0);
        caus_incident found = {.workload = "untouched"};
        options.workload = n % 3 ? "auto" : "shop_calls";
        options.topology = n % 3 == 2 ? NULL : &made->topology;
        fault_fail_after(n / 3);
        caus_status status = caus_discover_incident(&made->series, &options,
                                                    run, arena, &found, &err);
        bool refused = fault_stop();
        bool untouched = strcmp(found.workload, "untouched") == 0;
        size_t used = caus_arena_used_bytes(arena);
        caus_arena_free(arena);
        caus_run_free(run);
        answered = refused ? 0 : answered + 1;
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        assert_int_equal(untouched, refused);
        assert_int_equal(used == 0, refused);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(unfit_variables_are_named_with_their_reason),
        TEST(a_shift_between_environments_is_no_evidence),
        TEST(what_left_its_level_has_moved),
        TEST(links_say_where_they_were_seen_from_both_ends),
        TEST(harm_points_from_callee_to_caller),
        TEST(shared_load_leaves_no_link_once_it_is_removed),
        TEST(what_the_load_of_the_entry_explains_is_marked),
        TEST(without_calls_a_guessed_load_takes_links_away),
        TEST(the_requests_that_tell_all_others_are_guessed),
        TEST(nothing_that_counts_requests_is_no_load),
        TEST(calls_explain_neighbours_only),
        TEST(a_call_leads_through_what_is_not_observed),
        TEST(effects_are_slopes_in_units),
        TEST(an_unknown_or_constant_workload_is_named),
        TEST(too_few_fit_variables_say_why),
        TEST(the_order_of_columns_changes_no_bit),
        TEST(every_lost_allocation_is_an_error),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
