/* SPDX-License-Identifier: Apache-2.0 */
/* Chains, their words, what could refute them, and what is said besides. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "made_case.h"
#include "rootcause/chain.h"
#include "test.h"

enum { ROWS = 300, ONSET = 200, NODES = 4 };

/* How the callers of a made chain follow it. */
typedef struct made_flow {
    double slope;      /* of every caller on its callee; 0 = none */
    size_t lag;        /* rows later */
    bool other_sign;   /* of the slope, before the onset */
    bool calm;         /* root does not move */
    bool calm_mid;     /* nor does mid, while both others do */
    size_t early;      /* rows that front moves before the others */
    const char *query; /* of all variables */
    const char *source;
} made_flow;

static const char *const names[NODES] = {"front_calls", "front_latency",
                                         "mid_latency", "root_latency"};
static const char *const owners[NODES] = {"front", "front", "mid", "root"};

/* root moves, mid and front follow; the calls are noise of their own. */
static void fill(const made_flow *flow, double *values)
{
    caus_random random;
    caus_random_init(&random, 5, 1);
    for (size_t r = 0; r < ROWS; r++) {
        double *row = values + r * NODES;
        row[0] = 100 + 5 * caus_random_normal(&random);
        row[3] = 1 + .1 * caus_random_normal(&random) +
                 (r >= ONSET && !flow->calm ? flow->calm_mid ? 40 : 2 : 0);
        for (size_t v = NODES - 1; v-- > 1;) {
            double callee =
                r >= flow->lag ? values[(r - flow->lag) * NODES + v + 1] : 1;
            double slope =
                flow->other_sign && r < ONSET ? -flow->slope : flow->slope;
            row[v] =
                1 + slope * (callee - 1) + .03 * caus_random_normal(&random);
            size_t onset = v == 1 ? ONSET - flow->early : ONSET;
            bool follows = r >= onset && (flow->slope <= 0 || r < ONSET);
            if (follows && !(flow->calm_mid && v == 2))
                row[v] += flow->calm_mid ? .2 : 2;
        }
    }
}

static caus_series make_flow(caus_arena *arena, const made_flow *flow)
{
    caus_variable *variables =
        caus_arena_array(arena, NODES, sizeof *variables);
    double *values = caus_arena_array(arena, ROWS * NODES, sizeof *values);
    for (size_t v = 0; v < NODES; v++) {
        variables[v] = caus_variable_default();
        variables[v].name = names[v];
        variables[v].service = owners[v];
        variables[v].unit = v ? "s" : "requests";
        variables[v].source = flow->source ? flow->source : "";
        variables[v].query = flow->query ? flow->query : "";
    }
    fill(flow, values);
    return made_window(arena, variables, NODES, ROWS, values, NULL);
}

static caus_explanation explain(made_fixture *with, const made_flow *flow,
                                const caus_changes *changes)
{
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    *series = make_flow(with->arena, flow);
    caus_explain_options options = made_options();
    options.onset_ns = made_start_ns + ONSET * made_step_ns;
    options.changes = changes;
    return made_explain_series(with, series, &options);
}

static caus_explanation tell(made_fixture *with, const made_flow *flow,
                             const caus_changes *changes)
{
    caus_explanation told = explain(with, flow, changes);
    assert_string_equal(told.suspects[0].service, "root");
    assert_int_equal(told.suspects[0].hop_count, 2);
    return told;
}

static caus_check_state state_of(const caus_hop *hop, const char *words)
{
    for (size_t i = 0; i < hop->check_count; i++) {
        if (strstr(hop->checks[i].text, words))
            return hop->checks[i].state;
    }
    fail_msg("no check of %s", words);
    return CAUS_STATE_FAILED;
}

static void a_link_in_both_environments_drives(void **state)
{
    const made_flow flow = {.slope = .8};
    caus_explanation told = tell(*state, &flow, NULL);
    for (size_t i = 0; i < 2; i++) {
        const caus_hop *hop = &told.suspects[0].chain[i];
        assert_string_equal(hop->word, "drives");
        assert_int_equal(state_of(hop, "in the incident"), CAUS_STATE_PASSED);
        assert_int_equal(state_of(hop, "front_calls"), CAUS_STATE_PASSED);
        assert_true(hop->delay_s == 0);
    }
    assert_non_null(strstr(told.summary, "it drives front, over mid"));
}

static void a_change_that_fits_makes_it_the_cause(void **state)
{
    const made_flow flow = {.slope = .8};
    const caus_change list[] = {
        made_change(made_start_ns + ONSET * made_step_ns, -30, "root",
                    CAUS_CHANGE_DEPLOY, "v2")};
    const caus_changes changes = {1, list};
    caus_explanation told = tell(*state, &flow, &changes);
    assert_string_equal(told.suspects[0].chain[0].word, "caused");
    assert_int_equal(state_of(&told.suspects[0].chain[0], "change of root"),
                     CAUS_STATE_PASSED);
    assert_non_null(strstr(told.summary, "it caused what front shows"));
}

static void what_only_moves_at_once_moved_with(void **state)
{
    const made_flow flow = {.slope = 0};
    caus_explanation told = tell(*state, &flow, NULL);
    for (size_t i = 0; i < 2; i++) {
        const caus_hop *hop = &told.suspects[0].chain[i];
        assert_string_equal(hop->word, "moved with");
        assert_int_equal(state_of(hop, "in the incident"), CAUS_STATE_FAILED);
        assert_int_equal(state_of(hop, "both moved"), CAUS_STATE_PASSED);
        assert_int_equal(state_of(hop, "front_calls"), CAUS_STATE_UNTESTED);
        assert_true(isnan(hop->delay_s));
    }
    assert_non_null(strstr(told.summary, "front moved with it, over mid"));
}

/* Cause and symptom moved, what lies between did not; a change tells that it
 * was root. */
static caus_explanation tell_silent(made_fixture *with)
{
    const made_flow flow = {.calm_mid = true};
    const caus_change list[] = {
        made_change(made_start_ns + ONSET * made_step_ns, -30, "root",
                    CAUS_CHANGE_DEPLOY, "v2")};
    const caus_changes changes = {1, list};
    return tell(with, &flow, &changes);
}

static void a_silent_station_earns_no_word(void **state)
{
    caus_explanation told = tell_silent(*state);
    const caus_suspect *first = &told.suspects[0];
    for (size_t i = 0; i < 2; i++) {
        const caus_hop *hop = &first->chain[i];
        assert_null(hop->word);
        assert_false(hop->has_lag);
        assert_int_equal(state_of(hop, "both moved"), CAUS_STATE_FAILED);
    }
    assert_string_equal(first->chain[0].unearned,
                        "mid calls root; nothing measured of mid moved");
    assert_string_equal(first->chain[1].unearned,
                        "front calls mid; nothing measured of mid moved");
    assert_non_null(strstr(told.summary, "front moved with it, over mid; "
                                         "nothing measured moved in mid"));
}

static void a_word_needs_both_ends_in_lower_ranks_too(void **state)
{
    caus_explanation told = tell_silent(*state);
    size_t seen = 0;
    for (size_t i = 1; i < told.suspect_count; i++) {
        for (size_t k = 0; k < told.suspects[i].hop_count; k++) {
            const caus_hop *hop = &told.suspects[i].chain[k];
            assert_true(!hop->word == !!hop->unearned);
            seen += !hop->word;
        }
    }
    assert_int_equal(seen, 2); /* from mid, and from side, to front */
}

/* Order is told as a fact where the interval leaves no doubt, and where it is
 * the wrong one it speaks against the answer. */
static void who_moved_before_its_cause_contradicts_it(void **state)
{
    static const char *const text = "nobody whom it can reach moved before it";
    for (size_t early = 0; early <= 20; early += 20) {
        const made_flow flow = {.early = early};
        caus_explanation told = tell(*state, &flow, NULL);
        const caus_suspect *first = &told.suspects[0];
        const caus_hop *last = &first->chain[1];
        assert_int_equal(told.reach_count, 2);
        const caus_reach *front = &told.reach[1];
        assert_string_equal(told.suspects[front->suspect].service, "front");
        assert_true(front->has_lag && last->has_lag);
        assert_int_equal(front->lag_high_s<0, early> 0);
        assert_int_equal(last->lag_high_s<0, early> 0);
        caus_check_state expected =
            early ? CAUS_STATE_FAILED : CAUS_STATE_PASSED;
        size_t found = 0;
        for (size_t i = 0; i < first->finding_count; i++)
            found += strcmp(first->findings[i].text, text) == 0 &&
                     first->findings[i].state == expected;
        assert_int_equal(found, 1);
        assert_string_equal(last->word, "moved with");
        found = 0;
        for (size_t i = 0; i < last->check_count; i++)
            found += last->checks[i].found &&
                     strstr(last->checks[i].found, "struck before its cause");
        assert_int_equal(found, early > 0);
    }
}

static void where_nothing_began_there_is_no_chain(void **state)
{
    const made_flow flow = {.slope = .8, .calm = true};
    caus_explanation told = explain(*state, &flow, NULL);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    for (size_t i = 0; i < told.suspect_count; i++)
        assert_int_equal(told.suspects[i].hop_count, 0);
    assert_null(told.runner_up);
    assert_null(told.hidden_cause);
    assert_int_equal(told.reach_count, 0);
}

static void a_link_that_turned_round_does_not_drive(void **state)
{
    const made_flow flow = {.slope = .8, .other_sign = true};
    caus_explanation told = tell(*state, &flow, NULL);
    const caus_hop *hop = &told.suspects[0].chain[0];
    assert_string_not_equal(hop->word, "drives");
    assert_string_not_equal(hop->word, "caused");
}

static void who_moved_before_its_cause_is_not_driven(void **state)
{
    const made_flow flow = {.slope = .8, .early = 5};
    caus_explanation told = tell(*state, &flow, NULL);
    const caus_hop *hop = &told.suspects[0].chain[1];
    assert_true(hop->has_lag && hop->lag_high_s < 0);
    assert_int_equal(state_of(hop, "in the incident"), CAUS_STATE_PASSED);
    assert_int_equal(state_of(hop, "front_calls"), CAUS_STATE_PASSED);
    assert_string_equal(hop->word, "moved with");
    assert_string_equal(told.suspects[0].chain[0].word, "drives");
}

static void usual_delays_are_told_and_add_up(void **state)
{
    const made_flow flow = {.slope = .8, .lag = 2};
    caus_explanation told = tell(*state, &flow, NULL);
    const caus_hop *chain = told.suspects[0].chain;
    assert_true(chain[0].delay_s == 30 && chain[1].delay_s == 30);
    assert_int_equal(state_of(&chain[0], "usual delay"), CAUS_STATE_PASSED);
    assert_int_equal(told.reach_count, 2);
    assert_true(told.reach[0].expected_s == 30);
    assert_true(told.reach[1].expected_s == 60);
}

static void promql_of_both_ends_could_refute_the_hop(void **state)
{
    const made_flow flow = {
        .slope = .8, .query = "x{a=\"b\"}", .source = "prometheus"};
    caus_explanation told = tell(*state, &flow, NULL);
    const caus_hop *hop = &told.suspects[0].chain[0];
    assert_string_equal(hop->query_source, "prometheus");
    assert_non_null(strstr(hop->query, "(x{a=\"b\"}) > "));
    assert_non_null(strstr(hop->query, " unless on() (x{a=\"b\"}) > "));
}

/* The query of a hop whose effect was read by such a statement; NULL = none. */
static const char *refuting_sql(void **state, const char *query)
{
    const made_flow flow = {
        .slope = .8, .query = query, .source = "clickhouse"};
    caus_explanation told = tell(*state, &flow, NULL);
    const caus_hop *hop = &told.suspects[0].chain[0];
    assert_true(!hop->query || !strcmp(hop->query_source, "clickhouse"));
    return hop->query;
}

static void sql_tells_how_many_slow_calls_are_without_the_cause(void **state)
{
    const char *query = refuting_sql(
        state, "SELECT 1 FROM `db`.`spans` WHERE `ServiceName` = 'mid' AND "
               "`Timestamp` >= toDateTime(1) AND caus_step BETWEEN 2 AND 3 AND "
               "`Duration` BETWEEN 0 AND 9 AND `SpanName` = 'a GROUP BY b' "
               "GROUP BY caus_step, caus_entry");
    assert_non_null(query);
    const char *without = strstr(query, ") AS bad, countIf(`Duration` > ");
    assert_non_null(without);
    assert_non_null(
        strstr(without, " AND `TraceId` GLOBAL NOT IN (SELECT `TraceId` FROM "
                        "`db`.`spans` WHERE `ServiceName` = 'root' AND "));
    const char *effect =
        strstr(query, ")) AS bad_without_cause FROM `db`.`spans` WHERE "
                      "`ServiceName` = 'mid' AND ");
    assert_non_null(effect);
    assert_string_equal(strstr(effect, " AND `SpanName`"),
                        " AND `SpanName` = 'a GROUP BY b'");
}

static void sql_speaks_the_words_of_the_table(void **state)
{
    const char *query = refuting_sql(
        state,
        "SELECT 1 FROM `signoz_traces`.`distributed_signoz_index_v3` WHERE "
        "`resource_string_service$$name` = 'mid' AND `ts_bucket_start` BETWEEN "
        "1 AND 2 AND `duration_nano` BETWEEN 0 AND 9 GROUP BY caus_step");
    assert_non_null(query);
    assert_non_null(strstr(query, "countIf(`duration_nano` > "));
    assert_non_null(strstr(query, "`trace_id` GLOBAL NOT IN (SELECT "));
    assert_non_null(strstr(query, "`ts_bucket_start` BETWEEN "));
    assert_null(strstr(query, "Timestamp"));
    assert_null(refuting_sql(state, "SELECT 1 FROM `db`.`spans` WHERE `who` = "
                                    "'mid' AND `long` BETWEEN 0 AND 9 GROUP "
                                    "BY caus_step"));
}

/* Older tables of SigNoz have none. */
static void sql_asks_for_half_hours_where_the_table_has_them(void **state)
{
    const char *query = refuting_sql(
        state, "SELECT 1 FROM `signoz_traces`.`old` WHERE "
               "`resource_string_service$$name` = 'mid' AND "
               "`timestamp` >= toDateTime(1) AND "
               "`duration_nano` BETWEEN 0 AND 9 GROUP BY caus_step");
    assert_non_null(query);
    assert_non_null(strstr(query, " AND `timestamp` >= toDateTime("));
    assert_null(strstr(query, "ts_bucket_start"));
}

static void a_file_has_no_query(void **state)
{
    const made_flow flow = {.slope = .8, .source = "csv"};
    caus_explanation told = tell(*state, &flow, NULL);
    assert_null(told.suspects[0].chain[0].query);
    assert_non_null(strstr(told.suspects[0].chain[0].disproof, "refuted if"));
}

/* ---- spans ---- */

/* Traces front → mid → root; the fifth of the incident is the slowest. */
static caus_spans make_spans(caus_arena *arena)
{
    enum { TRACES = 12, DEPTH = 3 };
    static const char *const called[] = {"front", "mid", "root"};
    static const caus_operation operations[] = {{0, "a"}, {1, "b"}, {2, "c"}};
    size_t count = TRACES * DEPTH;
    int64_t *start = caus_arena_array(arena, count, sizeof *start);
    int64_t *duration = caus_arena_array(arena, count, sizeof *duration);
    uint32_t *parent = caus_arena_array(arena, count, sizeof *parent);
    uint32_t *operation = caus_arena_array(arena, count, sizeof *operation);
    uint32_t *trace = caus_arena_array(arena, count, sizeof *trace);
    unsigned char *failed = caus_arena_array(arena, count, 1);
    size_t *first = caus_arena_array(arena, TRACES + 1, sizeof *first);
    const char **ids = caus_arena_array(arena, TRACES, sizeof *ids);
    unsigned char *phase = caus_arena_array(arena, TRACES, 1);
    for (size_t t = 0; t < TRACES; t++) {
        ids[t] = caus_arena_format(arena, "t%zu", t);
        /* all of one phase: the onset is to cut them */
        int64_t at =
            made_start_ns + (int64_t)(ONSET - 6 + t) * made_step_ns + 1000;
        for (size_t d = 0; d < DEPTH; d++) {
            size_t s = t * DEPTH + d;
            start[s] = at + (int64_t)d * 1000000;
            duration[s] =
                (t == 10 ? 900 : 100) * INT64_C(1000000) - (int64_t)d * 2000000;
            parent[s] = d ? (uint32_t)s - 1 : CAUS_NO_SPAN;
            operation[s] = (uint32_t)d;
            trace[s] = (uint32_t)t;
        }
        first[t + 1] = (t + 1) * DEPTH;
    }
    return (caus_spans){.span_count = count,
                        .start_ns = start,
                        .duration_ns = duration,
                        .parent = parent,
                        .operation = operation,
                        .trace = trace,
                        .failed = failed,
                        .trace_count = TRACES,
                        .trace_start = first,
                        .trace_ids = ids,
                        .trace_phase = phase,
                        .service_count = 3,
                        .services = called,
                        .operation_count = 3,
                        .operations = operations};
}

/* Traces tell of a cause, too, of which nothing that is measured moved; of one
 * without spans they tell nothing. */
static void sql_asks_for_a_cause_that_has_spans(void **state)
{
    made_fixture *with = *state;
    const made_flow flow = {
        .calm_mid = true,
        .query = "SELECT 1 FROM `db`.`spans` WHERE `ServiceName` = 'front' AND "
                 "`Duration` BETWEEN 0 AND 9 GROUP BY caus_step",
        .source = "clickhouse"};
    static const char *const others[] = {"front", "other", "root"};
    caus_series series = make_flow(with->arena, &flow);
    caus_spans spans = make_spans(with->arena);
    caus_explain_options options = made_options();
    options.onset_ns = made_start_ns + ONSET * made_step_ns;
    caus_explanation told = made_explain_series(with, &series, &options);
    const caus_hop *hop = &told.suspects[0].chain[1];
    assert_string_equal(told.suspects[hop->from].service, "mid");
    assert_non_null(strstr(hop->query, "WHERE `ServiceName` = 'mid' AND "));
    options.spans = &spans;
    told = made_explain_series(with, &series, &options);
    assert_non_null(told.suspects[0].chain[1].query);
    spans.services = others;
    told = made_explain_series(with, &series, &options);
    hop = &told.suspects[0].chain[1];
    assert_string_equal(told.suspects[hop->from].service, "mid");
    assert_null(hop->query);
}

static void the_slowest_traces_of_the_incident_are_shown(void **state)
{
    made_fixture *with = *state;
    const made_flow flow = {.slope = .8};
    caus_series series = make_flow(with->arena, &flow);
    caus_spans spans = make_spans(with->arena);
    caus_explain_options options = made_options();
    options.onset_ns = made_start_ns + ONSET * made_step_ns;
    options.spans = &spans;
    options.topology = NULL; /* that of the spans */
    caus_explanation told = made_explain_series(with, &series, &options);
    const caus_suspect *first = &told.suspects[0];
    assert_string_equal(first->service, "root");
    assert_int_equal(first->hop_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(first->chain[i].exemplar_count, 3);
        assert_string_equal(first->chain[i].exemplars[0], "t10");
        for (size_t k = 1; k < 3; k++)
            assert_true(atoi(first->chain[i].exemplars[k] + 1) >= 6);
    }
}

/* ---- what is said besides ---- */

/* front calls a, b, c and d, which do not call one another. */
static caus_explanation break_at_once(made_fixture *with, size_t broken,
                                      double of_d)
{
    static const char *const called[] = {"a", "b", "c", "d", "front"};
    static const size_t calls[][2] = {{4, 0}, {4, 1}, {4, 2}, {4, 3}};
    static caus_topology fan;
    fan = (caus_topology){5, called, 4, calls};
    made_measure measures[MADE_VARIABLES] = {
        {"front_latency", "front", .2, .01, .5},
        {"front_cpu", "front", 20, 1, 0},
        {"a_latency", "a", .1, .005, 0},
        {"a_cpu", "a", 10, .5, 0},
        {"b_latency", "b", .1, .005, 0},
        {"b_cpu", "b", 10, .5, 0},
        {"c_latency", "c", .1, .005, 0},
        {"c_cpu", "c", 10, .5, 0},
        {"d_latency", "d", .1, .005, of_d},
        {"d_cpu", "d", 10, .5, 0}};
    for (size_t i = 0; i < broken; i++) {
        measures[2 + 2 * i].shift = .3;
        measures[3 + 2 * i].shift = 20;
    }
    caus_explain_options options = made_options();
    options.topology = &fan;
    return made_explain(with, measures, &options);
}

static void three_strangers_at_once_have_a_hidden_cause(void **state)
{
    caus_explanation told = break_at_once(*state, 3, 0);
    assert_non_null(told.hidden_cause);
    assert_non_null(strstr(told.hidden_cause, "possible hidden cause"));
    for (size_t i = 0; i < told.suspects[0].hop_count; i++)
        assert_string_not_equal(told.suspects[0].chain[i].word, "caused");
    assert_null(break_at_once(*state, 2, 0).hidden_cause);
}

/* A fourth moved at once, but by little. */
static void who_hardly_moved_is_none_of_the_strangers(void **state)
{
    caus_explanation told = break_at_once(*state, 3, .02);
    assert_non_null(strstr(told.hidden_cause, "none of the 3 calls another"));
}

static void a_chain_of_victims_has_no_hidden_cause(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_null(told.hidden_cause);
}

static bool misses(const caus_explanation *told, const char *words)
{
    for (size_t i = 0; i < told->missing_count; i++) {
        if (strstr(told->missing[i], words))
            return true;
    }
    return false;
}

static void callees_that_nobody_measures_are_missed(void **state)
{
    static const char *const called[] = {"front", "mid", "root", "root-db",
                                         "side"};
    static const size_t calls[][2] = {{0, 1}, {0, 4}, {1, 2}, {2, 3}};
    static const caus_topology deeper = {5, called, 4, calls};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_false(misses(&told, "no metric of"));
    options.topology = &deeper;
    told = made_explain(*state, made_incident, &options);
    assert_true(misses(&told, "no metric of root-db, which root calls"));
    assert_true(misses(&told, "no traces"));
    /* and nobody says that they are well */
    size_t untested = 0;
    for (size_t i = 0; i < told.suspects[0].finding_count; i++) {
        const caus_finding *own = &told.suspects[0].findings[i];
        untested +=
            own->state == CAUS_STATE_UNTESTED &&
            strstr(own->text, "worse off (latency and errors of root-db");
    }
    assert_int_equal(untested, 1);
}

static void the_runner_up_says_what_would_be_otherwise(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_non_null(told.runner_up);
    assert_non_null(strstr(told.runner_up, "; were it "));
}

/* Whoever is behind is told by a check what it lacks: that of which it has
 * least against the first. */
static void what_sets_the_first_apart_speaks_against_all_others(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    size_t seen = 0;
    for (size_t i = 0; i < told.suspect_count; i++) {
        const caus_suspect *own = &told.suspects[i];
        const caus_finding *last = &own->findings[own->finding_count - 1];
        bool apart = last->state == CAUS_STATE_FAILED &&
                     strstr(last->found, "root is set apart by ");
        assert_int_equal(apart, own->score < told.suspects[0].score);
        seen += apart;
    }
    assert_true(seen >= 2);
}

/* front calls mid, which breaks and calls root, as side does or not. */
static const char *say_runner_up(made_fixture *with, bool other, bool measured)
{
    static const char *const called[] = {"front", "mid", "root", "side"};
    static const size_t calls[][2] = {{0, 1}, {1, 2}, {3, 2}};
    static caus_topology tree;
    made_measure measures[MADE_VARIABLES];
    tree = (caus_topology){4, called, other ? 3 : 2, calls};
    memcpy(measures, made_incident, sizeof measures);
    measures[4].shift = 40;              /* mid_cpu */
    measures[6].shift = 0;               /* root_latency */
    measures[7].shift = other ? 20 : 10; /* root_cpu */
    if (!measured)
        measures[6] = (made_measure){"root_threads", "root", 5, .1, 0};
    caus_explain_options options = made_options();
    options.topology = &tree;
    caus_explanation told = made_explain(with, measures, &options);
    assert_string_equal(told.suspects[0].service, "mid");
    assert_string_equal(told.suspects[1].service, "root");
    return told.runner_up;
}

static void only_callers_that_there_are_would_show_it_too(void **state)
{
    assert_non_null(strstr(say_runner_up(*state, true, true),
                           "; were it root, side, which calls it too, would "
                           "show it"));
    assert_non_null(strstr(say_runner_up(*state, false, true),
                           "; were it root, its own latency or errors would "
                           "show it"));
    assert_non_null(strstr(say_runner_up(*state, false, false),
                           "; latency or errors of root would tell"));
}

static void changes_are_told_apart_by_what_they_touch(void **state)
{
    caus_explain_options options = made_options();
    const caus_change list[] = {
        made_change(options.onset_ns, -40, "root", CAUS_CHANGE_DEPLOY, "v2"),
        made_change(options.onset_ns, -35, "side", CAUS_CHANGE_CONFIG, "c1"),
        made_change(options.onset_ns, -30, "elsewhere", CAUS_CHANGE_CONFIG,
                    "c2"),
        made_change(options.onset_ns, -30, "", CAUS_CHANGE_NODE, "n1")};
    const caus_changes changes = {4, list};
    options.changes = &changes;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_string_equal(told.changes[0].ref, "v2");
    assert_false(told.changes[0].indistinguishable);
    assert_non_null(
        strstr(told.changes[0].sentence, "it touches what broke first"));
    for (size_t i = 1; i < 4; i++) {
        const char *service = told.changes[i].service;
        assert_false(told.changes[i].indistinguishable);
        const char *words = !service[0] ? "it names no service"
                            : strcmp(service, "side") == 0
                                ? "what it touches did not move"
                                : "nothing is known of what it touches";
        assert_non_null(strstr(told.changes[i].sentence, words));
    }
}

static void what_is_not_told_apart_is_named(void **state)
{
    caus_explain_options options = made_options();
    const caus_change list[] = {
        made_change(options.onset_ns, -40, "root", CAUS_CHANGE_CONFIG, "c1"),
        made_change(options.onset_ns, -30, "root", CAUS_CHANGE_DEPLOY, "v2")};
    const caus_changes changes = {2, list};
    options.changes = &changes;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_non_null(
        strstr(told.changes[0].sentence, "not to be told apart from"));
    assert_non_null(strstr(told.changes[0].sentence, told.changes[1].ref));
}

/* What was rolled back once it had broken is blamed, not what mended it. */
static void a_change_is_blamed_not_that_it_was_taken_back(void **state)
{
    caus_explain_options options = made_options();
    caus_change list[] = {
        made_change(options.onset_ns, -200, "root", CAUS_CHANGE_DEPLOY, "v1"),
        made_change(options.onset_ns, -30, "root", CAUS_CHANGE_DEPLOY, "v2"),
        made_change(options.onset_ns, 100, "root", CAUS_CHANGE_DEPLOY, "v1")};
    list[1].text = "slower";
    list[2].kind_name = "rollback";
    const caus_changes changes = {3, list};
    options.changes = &changes;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_int_equal(told.change_count, 1);
    assert_int_equal(told.changes[0].count, 3);
    assert_string_equal(told.changes[0].ref, "v2");
    assert_string_equal(told.changes[0].text, "slower");
    assert_int_equal(told.changes[0].time_ns, list[1].time_ns);
    assert_string_equal(told.changes[0].sentence,
                        "deploy of root (v2), 3 times, 30 s before the onset");
}

/* "Not to be told apart" holds of both or of neither. */
static void a_far_likelier_change_is_told_apart_from_both_sides(void **state)
{
    caus_explain_options options = made_options();
    const caus_change list[] = {
        made_change(options.onset_ns, -3000, "front", CAUS_CHANGE_DEPLOY, "v1"),
        made_change(options.onset_ns, -30, "root", CAUS_CHANGE_DEPLOY, "v2"),
        made_change(options.onset_ns, -30, "mid", CAUS_CHANGE_DEPLOY, "v3")};
    const caus_changes changes = {3, list};
    options.changes = &changes;
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_int_equal(told.change_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const caus_culprit_change *own = &told.changes[i];
        assert_true(own->confidence > 0);
        assert_false(own->indistinguishable);
        assert_null(strstr(own->sentence, "not to be told apart"));
        if (strcmp(own->service, "root") != 0)
            assert_non_null(strstr(own->sentence, "ranks behind root"));
    }
}

static void want_of_memory_is_told(void **state)
{
    made_fixture *with = *state;
    const made_flow flow = {.slope = .8, .query = "x", .source = "prometheus"};
    caus_series series = make_flow(with->arena, &flow);
    caus_spans spans = make_spans(with->arena);
    caus_explain_options options = made_options();
    options.onset_ns = made_start_ns + ONSET * made_step_ns;
    options.spans = &spans;
    made_want_memory(with, &series, &options);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_link_in_both_environments_drives),
        TEST(a_change_that_fits_makes_it_the_cause),
        TEST(what_only_moves_at_once_moved_with),
        TEST(a_silent_station_earns_no_word),
        TEST(a_word_needs_both_ends_in_lower_ranks_too),
        TEST(who_moved_before_its_cause_contradicts_it),
        TEST(where_nothing_began_there_is_no_chain),
        TEST(a_link_that_turned_round_does_not_drive),
        TEST(who_moved_before_its_cause_is_not_driven),
        TEST(usual_delays_are_told_and_add_up),
        TEST(promql_of_both_ends_could_refute_the_hop),
        TEST(sql_tells_how_many_slow_calls_are_without_the_cause),
        TEST(sql_speaks_the_words_of_the_table),
        TEST(sql_asks_for_half_hours_where_the_table_has_them),
        TEST(sql_asks_for_a_cause_that_has_spans),
        TEST(a_file_has_no_query),
        TEST(the_slowest_traces_of_the_incident_are_shown),
        TEST(three_strangers_at_once_have_a_hidden_cause),
        TEST(who_hardly_moved_is_none_of_the_strangers),
        TEST(a_chain_of_victims_has_no_hidden_cause),
        TEST(callees_that_nobody_measures_are_missed),
        TEST(the_runner_up_says_what_would_be_otherwise),
        TEST(what_sets_the_first_apart_speaks_against_all_others),
        TEST(only_callers_that_there_are_would_show_it_too),
        TEST(changes_are_told_apart_by_what_they_touch),
        TEST(a_change_is_blamed_not_that_it_was_taken_back),
        TEST(what_is_not_told_apart_is_named),
        TEST(a_far_likelier_change_is_told_apart_from_both_sides),
        TEST(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
