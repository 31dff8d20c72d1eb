// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "fault.h"
#include "test.h"
#include "unit/simulation/world_made.h"

enum { KINDS = 3 };

static void nobody_is_lost_count_of(void **state)
{
    (void)state;
    for (int fault = CAUS_WORLD_NONE; fault < CAUS_WORLD_AUTO; fault++) {
        caus_world_options options =
            world_made_options((caus_world_fault)fault);
        world_made made = world_make(&options, (uint64_t)fault + 3);
        assert_int_equal(made.status, CAUS_OK);
        size_t ended = 0;
        for (size_t s = 0; s < made.world.service_count; s++) {
            const caus_world_service *service = &made.world.services[s];
            assert_true(service->arrived > 1000);
            assert_int_equal(service->arrived,
                             service->succeeded + service->failed +
                                 service->lost + service->unfinished);
            ended += service->succeeded + service->failed;
        }
        assert_int_equal(ended, made.world.span_count);
        world_free(&made);
    }
}

static void the_crowd_is_rate_times_stay(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_POOL);
    world_made made = world_make(&options, 11);
    assert_int_equal(made.status, CAUS_OK);
    for (size_t s = 0; s < made.world.service_count; s++) {
        const caus_world_service *service = &made.world.services[s];
        assert_true(service->crowd_s > 0);
        assert_true(fabs(service->crowd_s - service->stay_s) <=
                    1e-9 * service->crowd_s);
    }
    world_free(&made);
}

static void what_callers_send_is_what_callees_get(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_ERRORS);
    world_made made = world_make(&options, 21);
    assert_int_equal(made.status, CAUS_OK);
    const caus_world *world = &made.world;
    for (size_t s = 0; s < world->service_count; s++) {
        uint64_t sent = 0;
        for (size_t c = 0; c < world->call_count; c++) {
            if (world->calls[c].callee == s)
                sent += world->calls[c].issued;
        }
        if (world->services[s].is_entry)
            assert_int_equal(sent, 0);
        else
            assert_int_equal(sent, world->services[s].arrived);
    }
    world_free(&made);
}

/* A root that one service calls always, waiting, and whose delay fits into the
 * capacity; SIZE_MAX if this world has none. */
static size_t find_call(const caus_world *world)
{
    for (size_t c = 0; c < world->call_count; c++) {
        size_t callers = 0;
        for (size_t other = 0; other < world->call_count; other++)
            callers += world->calls[other].callee == world->calls[c].callee;
        if (callers == 1 && !world->calls[c].is_asynchronous &&
            world->calls[c].probability >= 1)
            return c;
    }
    return SIZE_MAX;
}

static void a_delay_is_felt_by_the_caller_and_by_nobody_else(void **state)
{
    (void)state;
    size_t checked = 0, exact = 0;
    for (uint64_t seed = 0; seed < 8; seed++) {
        caus_world_options options = world_made_options(CAUS_WORLD_DELAY);
        options.services = 6;
        options.fault_size = 0.02;
        world_made any = world_make(&options, seed);
        size_t call = find_call(&any.world);
        if (call == SIZE_MAX) {
            world_free(&any);
            continue;
        }
        options.root = any.world.services[any.world.calls[call].callee].name;
        world_made made = world_make(&options, seed);
        const caus_world *world = &made.world;
        size_t caller = world->calls[call].caller;
        const caus_world_effect *root = &world->effects[world->root * KINDS];
        const caus_world_effect *felt = &world->effects[caller * KINDS];
        assert_int_equal(world->root, world->calls[call].callee);
        assert_true(fabs(root[2].change - 0.02) <= 0.004);
        /* Queues can only add to it. */
        assert_true(felt[2].change > 0.019 && felt[2].change < 0.04);
        exact += fabs(felt[2].change - 0.02) <= 0.002;
        for (size_t s = 0; s < world->service_count; s++) {
            bool calls = s == world->root;
            for (size_t c = 0; c < world->call_count; c++)
                calls = calls || world->calls[c].caller == s;
            if (!calls) /* a leaf that is not at fault waits for nobody */
                assert_true(fabs(world->effects[s * KINDS + 2].change) <=
                            0.02 * world->effects[s * KINDS + 2].healthy);
        }
        checked++;
        world_free(&made);
        world_free(&any);
    }
    assert_true(checked >= 4);
    assert_true(exact >= checked - 1);
}

static void every_fault_shows_at_its_root(void **state)
{
    (void)state;
    for (int fault = CAUS_WORLD_DELAY; fault < CAUS_WORLD_AUTO; fault++) {
        caus_world_options options =
            world_made_options((caus_world_fault)fault);
        options.duration_ns = 3600 * world_second_ns;
        options.fault_for_ns = 1200 * world_second_ns;
        if (fault == CAUS_WORLD_CODE)
            options.fault_size = 0.2; /* else too little to be seen */
        world_made made = world_make(&options, (uint64_t)fault);
        assert_int_equal(made.status, CAUS_OK);
        const caus_world *world = &made.world;
        const caus_world_effect *at = &world->effects[world->root * KINDS];
        bool is_error = fault == CAUS_WORLD_ERRORS ||
                        fault == CAUS_WORLD_OUTAGE || fault == CAUS_WORLD_CODE;
        assert_true(at[is_error ? 1 : 2].affected);
        assert_true(at[is_error ? 1 : 2].change > 0);
        double onset_s = at[is_error ? 1 : 2].onset_s;
        bool is_slow = fault == CAUS_WORLD_LEAK || fault == CAUS_WORLD_RAMP;
        assert_in_range((int)onset_s, 0, is_slow ? 600 : 60);
        world_free(&made);
    }
}

static void a_healthy_world_has_nothing_to_find(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    world_made made = world_make(&options, 4);
    assert_int_equal(made.status, CAUS_OK);
    assert_int_equal(made.world.root, SIZE_MAX);
    assert_int_equal(made.world.fault_ns[0], 0);
    assert_int_equal(made.world.effect_count, 0);
    assert_true(made.world.change_count > 0); /* harmless ones */
    world_free(&made);
}

static void a_fault_does_not_change_the_time_before_it(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_DELAY);
    world_made ill = world_make(&options, 6);
    options.fault = CAUS_WORLD_NONE;
    world_made healthy = world_make(&options, 6);
    for (size_t i = 0; i < healthy.world.span_count; i++) {
        const caus_world_span *a = &healthy.world.spans[i];
        const caus_world_span *b = &ill.world.spans[i];
        if (a->start_us + a->duration_us >= 720 * 1000000)
            break;
        assert_int_equal(a->start_us, b->start_us);
        assert_int_equal(a->duration_us, b->duration_us);
        assert_int_equal(a->service, b->service);
    }
    world_free(&healthy);
    world_free(&ill);
}

static void
effects_are_measured_against_the_world_without_the_fault(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_POOL);
    world_made ill = world_make(&options, 6);
    options.fault = CAUS_WORLD_NONE;
    world_made healthy = world_make(&options, 6);
    double counts[5] = {0};
    for (size_t i = 0; i < healthy.world.span_count; i++) {
        const caus_world_span *span = &healthy.world.spans[i];
        int64_t end_us = span->start_us + span->duration_us;
        if (end_us >= 720 * 1000000 && end_us < 960 * 1000000)
            counts[span->service]++;
    }
    for (size_t s = 0; s < 5; s++)
        assert_true(ill.world.effects[s * KINDS].healthy == counts[s] / 240);
    world_free(&healthy);
    world_free(&ill);
}

static void every_service_is_root_as_often_as_the_others(void **state)
{
    (void)state;
    int seen[5][CAUS_WORLD_AUTO] = {{0}};
    caus_world_options options = world_made_options(CAUS_WORLD_AUTO);
    options.duration_ns = 600 * world_second_ns;
    options.fault_at_ns = 300 * world_second_ns;
    options.fault_for_ns = 60 * world_second_ns;
    for (uint64_t seed = 0; seed < 5 * 8; seed++) {
        world_made made = world_make(&options, seed);
        assert_int_equal(made.status, CAUS_OK);
        seen[made.world.root][made.world.fault]++;
        world_free(&made);
    }
    for (size_t s = 0; s < 5; s++) {
        assert_int_equal(seen[s][CAUS_WORLD_NONE], 0);
        assert_int_equal(seen[s][CAUS_WORLD_CODE], 0); /* when asked for */
        for (int fault = CAUS_WORLD_DELAY; fault < CAUS_WORLD_CODE; fault++)
            assert_int_equal(seen[s][fault], 1);
    }
}

static void options_out_of_range_are_named(void **state)
{
    (void)state;
    struct {
        caus_world_options options;
        caus_status status;
        const char *said;
    } cases[8];
    for (size_t i = 0; i < 8; i++) {
        cases[i].options = world_made_options(CAUS_WORLD_ERRORS);
        cases[i].status = CAUS_ERR_INVALID_ARGUMENT;
    }
    cases[0].options.services = 2;
    cases[0].said = "2 services";
    cases[1].options.duration_ns = 60 * world_second_ns;
    cases[1].said = "a world of 60 s";
    cases[2].options.step_ns = 1;
    cases[2].said = "a step of 1e-09 s";
    cases[3].options.scrape_ns = 400 * world_second_ns;
    cases[3].said = "a scrape every 400 s";
    cases[4].options.fault_at_ns = 1100 * world_second_ns;
    cases[4].said = "the fault ends 1340 s after the start";
    cases[5].options.root = "nobody";
    cases[5].status = CAUS_ERR_NOT_FOUND;
    cases[5].said = "no service nobody";
    cases[6].options.fault_size = 1.5;
    cases[6].said = "errors of size 1.5";
    cases[7].options.fault_size = (double)NAN;
    cases[7].said = "a fault of size nan";
    for (size_t i = 0; i < 8; i++) {
        world_made made = world_make(&cases[i].options, 1);
        assert_int_equal(made.status, cases[i].status);
        assert_non_null(strstr(made.err.message, cases[i].said));
        assert_int_equal(caus_arena_used_bytes(made.arena), 0);
        world_free(&made);
    }
}

static void too_large_a_world_is_refused_before_it_starts(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    options.services = 40;
    options.duration_ns = INT64_C(48) * 3600 * world_second_ns;
    world_made made = world_make(&options, 1);
    assert_int_equal(made.status, CAUS_ERR_LIMIT);
    world_free(&made);
}

static void a_world_can_be_cancelled(void **state)
{
    (void)state;
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = caus_run_options_default();
    options.cancel = &cancel;
    caus_run *run;
    caus_error err;
    assert_int_equal(caus_run_new(&options, &run, &err), CAUS_OK);
    caus_arena *arena = caus_arena_new(0);
    caus_world world;
    assert_int_equal(caus_world_make(NULL, run, arena, &world, &err),
                     CAUS_ERR_CANCELLED);
    assert_int_equal(caus_arena_used_bytes(arena), 0);
    caus_arena_free(arena);
    caus_run_free(run);
}

static void running_out_of_memory_anywhere_is_an_error(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_LEAK);
    options.services = 3;
    options.duration_ns = 600 * world_second_ns;
    options.fault_at_ns = 300 * world_second_ns;
    options.fault_for_ns = 60 * world_second_ns;
    caus_run *run;
    caus_error err;
    assert_int_equal(caus_run_new(NULL, &run, &err), CAUS_OK);
    bool refused = true;
    long allowed = 0;
    for (; refused; allowed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_world world;
        fault_fail_after(allowed);
        caus_status status =
            caus_world_make(&options, run, arena, &world, &err);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (refused)
            assert_int_equal(caus_arena_used_bytes(arena), 0);
        caus_arena_free(arena);
    }
    assert_true(allowed > 10);
    caus_run_free(run);
}

static void words_of_faults_go_both_ways(void **state)
{
    (void)state;
    for (int fault = 0; fault <= CAUS_WORLD_AUTO; fault++) {
        caus_world_fault back = CAUS_WORLD_NONE;
        const char *name = caus_world_fault_name((caus_world_fault)fault);
        assert_true(caus_world_fault_from_name(name, &back));
        assert_int_equal(back, fault);
        assert_true(strlen(caus_world_fault_text((caus_world_fault)fault)) > 9);
    }
    caus_world_fault back;
    assert_false(caus_world_fault_from_name("dela", &back));
    assert_false(caus_world_fault_from_name("delays", &back));
    assert_string_equal(caus_world_fault_name((caus_world_fault)99), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_lost_count_of),
        cmocka_unit_test(the_crowd_is_rate_times_stay),
        cmocka_unit_test(what_callers_send_is_what_callees_get),
        cmocka_unit_test(a_delay_is_felt_by_the_caller_and_by_nobody_else),
        cmocka_unit_test(every_fault_shows_at_its_root),
        cmocka_unit_test(a_healthy_world_has_nothing_to_find),
        cmocka_unit_test(a_fault_does_not_change_the_time_before_it),
        cmocka_unit_test(
            effects_are_measured_against_the_world_without_the_fault),
        cmocka_unit_test(every_service_is_root_as_often_as_the_others),
        cmocka_unit_test(options_out_of_range_are_named),
        cmocka_unit_test(too_large_a_world_is_refused_before_it_starts),
        cmocka_unit_test(a_world_can_be_cancelled),
        cmocka_unit_test(running_out_of_memory_anywhere_is_an_error),
        cmocka_unit_test(words_of_faults_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
