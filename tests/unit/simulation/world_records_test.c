// SPDX-License-Identifier: Apache-2.0
/* What a world's monitoring saw: spans, scrapes, derived series. */
#include <math.h>
#include <stdlib.h>

#include "test.h"
#include "unit/simulation/world_made.h"

enum { KINDS = 3 };

/* Of each pod, the last scrape that was answered. */
static const caus_world_scrape **last_scrapes(const caus_world *world)
{
    return calloc(world->pod_count, sizeof(caus_world_scrape *));
}

static void counters_only_fall_when_the_process_is_new(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_LEAK);
    options.fault_size = 60; /* a memory a minute */
    world_made made = world_make(&options, 2);
    assert_int_equal(made.status, CAUS_OK);
    const caus_world *world = &made.world;
    const caus_world_scrape **last = last_scrapes(world);
    size_t resets = 0, missed = 0, absent = 0;
    for (size_t i = 0; i < world->scrape_count; i++) {
        const caus_world_scrape *now = &world->scrapes[i];
        const caus_world_scrape *before = last[now->pod];
        assert_true(!i || now->time_us >= world->scrapes[i - 1].time_us);
        missed += !now->is_up;
        if (!now->is_up)
            continue;
        last[now->pod] = now;
        absent += now->errors[0] == 0;
        assert_int_equal(now->buckets[CAUS_WORLD_BUCKETS - 1], now->requests);
        for (size_t b = 1; b < CAUS_WORLD_BUCKETS; b++)
            assert_true(now->buckets[b] >= now->buckets[b - 1]);
        if (!before)
            continue;
        assert_true((now->time_us - before->time_us) % 15000000 == 0);
        if (now->started_us != before->started_us) {
            resets++;
            continue;
        }
        assert_true(now->requests >= before->requests);
        assert_true(now->cpu_s >= before->cpu_s);
        assert_true(now->duration_sum_s >= before->duration_sum_s);
        for (size_t r = 0; r < CAUS_WORLD_REASONS; r++)
            assert_true(now->errors[r] >= before->errors[r]);
    }
    assert_true(resets > 0);
    assert_true(missed > 0);
    assert_true(absent > 0);
    size_t kills = 0;
    for (size_t i = 0; i < world->change_count; i++)
        kills += strcmp(world->changes[i].kind, "oom_kill") == 0;
    assert_true(kills > 0);
    free(last);
    world_free(&made);
}

static void targets_are_scraped_at_offsets_of_their_own(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    world_made made = world_make(&options, 9);
    const caus_world *world = &made.world;
    int64_t smallest = 15000000, largest = 0;
    for (size_t i = 0; i < world->scrape_count; i++) {
        int64_t offset = world->scrapes[i].time_us % 15000000;
        smallest = offset < smallest ? offset : smallest;
        largest = offset > largest ? offset : largest;
    }
    assert_true(largest - smallest > 5000000);
    world_free(&made);
}

static void spans_know_their_parents(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    world_made made = world_make(&options, 13);
    const caus_world *world = &made.world;
    uint32_t most = 0;
    for (size_t i = 0; i < world->span_count; i++)
        most = world->spans[i].span > most ? world->spans[i].span : most;
    size_t *places = calloc((size_t)most + 1, sizeof *places);
    for (size_t i = 0; i < world->span_count; i++) {
        assert_int_equal(places[world->spans[i].span], 0);
        places[world->spans[i].span] = i + 1;
    }
    size_t roots = 0, inside = 0, children = 0;
    for (size_t i = 0; i < world->span_count; i++) {
        const caus_world_span *span = &world->spans[i];
        roots += span->parent == UINT32_MAX;
        if (span->parent == UINT32_MAX) {
            assert_true(world->services[span->service].is_entry);
            continue;
        }
        const caus_world_call *call = &world->calls[span->call];
        assert_int_equal(call->callee, span->service);
        if (!places[span->parent])
            continue; /* the caller was not done at the end */
        const caus_world_span *caller = &world->spans[places[span->parent] - 1];
        assert_int_equal(call->caller, caller->service);
        assert_int_equal(caller->trace, span->trace);
        assert_true(caller->start_us <= span->start_us);
        children += !call->is_asynchronous;
        inside += !call->is_asynchronous &&
                  span->start_us + span->duration_us <=
                      caller->start_us + caller->duration_us;
    }
    assert_true(roots > 1000);
    assert_true(inside > children * 99 / 100); /* but for time-outs */
    free(places);
    world_free(&made);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The 95 % of one service in one step, the slow way. */
static double slow_p95(const caus_world *world, size_t service, int64_t from_us,
                       int64_t to_us, size_t *count)
{
    double *durations = malloc(world->span_count * sizeof *durations);
    *count = 0;
    for (size_t i = 0; i < world->span_count; i++) {
        const caus_world_span *span = &world->spans[i];
        int64_t end_us = span->start_us + span->duration_us;
        if (span->service == service && end_us > from_us && end_us <= to_us)
            durations[(*count)++] = (double)span->duration_us;
    }
    qsort(durations, *count, sizeof *durations, compare);
    double place = 0.95 * (double)(*count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < *count ? below + 1 : below;
    double rest = place - (double)below;
    double result =
        (durations[below] * (1 - rest) + durations[above] * rest) * 1e-6;
    free(durations);
    return result;
}

static void series_are_what_the_spans_amount_to(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_DELAY);
    options.step_ns = 60 * world_second_ns;
    world_made made = world_make(&options, 17);
    const caus_world *world = &made.world;
    const caus_segment *segment = &world->series.segments[0];
    assert_int_equal(segment->row_count, 20);
    assert_int_equal(segment->start_ns,
                     world->options.start_ns + 60 * world_second_ns);
    for (size_t row = 0; row < 20; row += 5) {
        for (size_t s = 0; s < world->service_count; s++) {
            size_t count;
            double p95 = slow_p95(world, s, (int64_t)row * 60000000,
                                  (int64_t)(row + 1) * 60000000, &count);
            const double *values =
                &segment->values[(row * world->service_count + s) * KINDS];
            assert_true(fabs(values[0] - (double)count) <= 0);
            assert_true(fabs(values[2] - p95) <= 1e-9);
        }
    }
    world_free(&made);
}

static void edges_say_who_waits_for_whom_and_how_long(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_DELAY);
    world_made made = world_make(&options, 19);
    const caus_world *world = &made.world;
    for (size_t c = 0; c < world->call_count; c++) {
        size_t loads = 0, replies = 0;
        size_t caller = world->calls[c].caller * KINDS;
        size_t callee = world->calls[c].callee * KINDS;
        for (size_t e = 0; e < world->edge_count; e++) {
            const caus_world_edge *edge = &world->edges[e];
            bool is_load = edge->source == caller && edge->target == callee;
            bool is_reply =
                edge->source == callee + 2 && edge->target == caller + 2;
            loads += is_load && strcmp(edge->mechanism, "load") == 0;
            replies += is_reply && strcmp(edge->mechanism, "reply") == 0;
            if (is_reply && strcmp(edge->mechanism, "reply") == 0) {
                assert_true(edge->lag_s[0] >= 0);
                assert_true(edge->lag_s[1] >= edge->lag_s[0]);
                assert_true(edge->lag_s[1] < 60);
            }
        }
        assert_int_equal(loads, 1);
        assert_int_equal(replies, world->calls[c].is_asynchronous ? 0 : 1);
    }
    world_free(&made);
}

static bool has_edge(const caus_world *world, size_t source, size_t target,
                     const char *mechanism)
{
    for (size_t e = 0; e < world->edge_count; e++) {
        const caus_world_edge *edge = &world->edges[e];
        if (edge->source == source && edge->target == target &&
            strcmp(edge->mechanism, mechanism) == 0)
            return edge->lowers == (strcmp(mechanism, "giving up") == 0);
    }
    return false;
}

static bool calls_nobody(const caus_world *world, size_t service)
{
    for (size_t c = 0; c < world->call_count; c++)
        if (world->calls[c].caller == service)
            return false;
    return true;
}

/* What the callers of a root that calls nobody feel of its failures, its own
 * time being what it was: by the world without them. */
static void count_moved(const caus_world *world, bool few, size_t seen[2])
{
    const caus_world_effect *effects = world->effects;
    for (size_t c = 0; c < world->call_count; c++) {
        const caus_world_call *call = &world->calls[c];
        size_t caller = call->caller * KINDS + 2;
        size_t callee = call->callee * KINDS + 1;
        if (call->callee != world->root || call->is_asynchronous)
            continue;
        assert_true(fabs(effects[callee + 1].change) <=
                    .02 * effects[callee + 1].healthy);
        if (few && call->retries) {
            assert_true(has_edge(world, callee, caller, "back-off"));
            assert_true(effects[caller].change > 0);
            seen[0]++;
        } else if (!few && !call->retries && !call->is_optional) {
            assert_true(has_edge(world, callee, caller, "giving up"));
            assert_true(effects[caller].change < 0);
            seen[1]++;
        }
    }
}

static void
failures_lengthen_a_caller_that_repeats_and_shorten_others(void **state)
{
    (void)state;
    size_t seen[2] = {0};
    for (uint64_t seed = 0; seed < 60 && (seen[0] < 3 || seen[1] < 3); seed++) {
        bool few = seed % 2 == 0;
        caus_world_options options = world_made_options(CAUS_WORLD_ERRORS);
        options.fault_at_ns = 120 * world_second_ns;
        options.fault_for_ns = 960 * world_second_ns;
        options.services = 8;
        options.fault_size = few ? .03 : .3;
        world_made made = world_make(&options, seed / 2);
        assert_int_equal(made.status, CAUS_OK);
        if (calls_nobody(&made.world, made.world.root))
            count_moved(&made.world, few, seen);
        world_free(&made);
    }
    assert_true(seen[0] >= 3 && seen[1] >= 3);
}

/* The log of a fault in code is the fault: every line of it is a request that
 * threw at the root while the fault lasted, half of them answered all the same.
 */
static void a_fault_in_code_shows_in_the_log_of_its_root(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_CODE);
    options.fault_size = .04;
    world_made made = world_make(&options, 4);
    assert_int_equal(made.status, CAUS_OK);
    const caus_world *world = &made.world;
    size_t thrown = 0, calls = 0, failed = 0;
    for (size_t i = 0; i < world->log_count; i++) {
        const caus_world_log *log = &world->logs[i];
        int64_t at_ns = world->options.start_ns + log->time_us * 1000;
        assert_true(i == 0 || log->time_us >= world->logs[i - 1].time_us);
        if (log->line != CAUS_WORLD_LINE_FAULT)
            continue;
        thrown++;
        assert_int_equal(log->service, world->root);
        assert_true(at_ns >= world->fault_ns[0]);
        assert_true(at_ns < world->fault_ns[1] + 5 * world_second_ns);
    }
    for (size_t i = 0; i < world->span_count; i++) {
        const caus_world_span *span = &world->spans[i];
        int64_t end_ns = world->options.start_ns +
                         (span->start_us + span->duration_us) * 1000;
        if (span->service != world->root || end_ns < world->fault_ns[0] ||
            end_ns >= world->fault_ns[1])
            continue;
        calls++;
        failed += span->failed;
    }
    double share = (double)thrown / (double)calls;
    assert_true(share > .02 && share < .06);
    assert_true((double)failed / (double)calls < share);
    world_free(&made);
}

/* Every time-out that is counted is a line of the caller. */
static void callers_log_what_they_suffer(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_DELAY);
    options.fault_size = 30;
    world_made made = world_make(&options, 9);
    assert_int_equal(made.status, CAUS_OK);
    const caus_world *world = &made.world;
    size_t timeouts = 0, lines = 0;
    for (size_t c = 0; c < world->call_count; c++)
        timeouts += world->calls[c].timeouts;
    for (size_t i = 0; i < world->log_count; i++) {
        const caus_world_log *log = &world->logs[i];
        bool is_timeout = log->line == CAUS_WORLD_LINE_TIMEOUT;
        lines += is_timeout;
        assert_true(!is_timeout || log->other < world->service_count);
        assert_int_not_equal(log->line, CAUS_WORLD_LINE_FAULT);
    }
    assert_true(lines > 100);
    assert_true(lines <= timeouts && lines > timeouts / 2);
    world_free(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_in_code_shows_in_the_log_of_its_root),
        cmocka_unit_test(callers_log_what_they_suffer),
        cmocka_unit_test(counters_only_fall_when_the_process_is_new),
        cmocka_unit_test(targets_are_scraped_at_offsets_of_their_own),
        cmocka_unit_test(spans_know_their_parents),
        cmocka_unit_test(series_are_what_the_spans_amount_to),
        cmocka_unit_test(edges_say_who_waits_for_whom_and_how_long),
        cmocka_unit_test(
            failures_lengthen_a_caller_that_repeats_and_shorten_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
