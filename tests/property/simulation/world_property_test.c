// SPDX-License-Identifier: Apache-2.0
/* What holds in every world, over many seeds. */
#include <math.h>
#include <stdlib.h>

#include "test.h"
#include "unit/simulation/world_made.h"

enum { KINDS = 3, SEEDS = 40 };

static caus_world_options small_world(uint64_t seed, caus_world_fault fault)
{
    caus_world_options options = world_made_options(fault);
    options.services = 3 + seed % 10;
    options.duration_ns = 900 * world_second_ns;
    options.fault_at_ns = 480 * world_second_ns;
    return options;
}

static void calls_are_conserved_and_crowds_follow_from_stays(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        caus_world_options options = small_world(seed, CAUS_WORLD_AUTO);
        world_made made = world_make(&options, seed * 7);
        assert_int_equal(made.status, CAUS_OK);
        const caus_world *world = &made.world;
        for (size_t s = 0; s < world->service_count; s++) {
            const caus_world_service *service = &world->services[s];
            uint64_t sent = 0;
            for (size_t c = 0; c < world->call_count; c++)
                sent +=
                    world->calls[c].callee == s ? world->calls[c].issued : 0;
            assert_true(service->is_entry || sent == service->arrived);
            assert_int_equal(service->arrived,
                             service->succeeded + service->failed +
                                 service->lost + service->unfinished);
            assert_true(fabs(service->crowd_s - service->stay_s) <=
                        1e-9 * service->crowd_s);
        }
        world_free(&made);
    }
}

/* Marks everyone who waits, at whatever distance, for the answer of a service.
 */
static void mark_waiting(const caus_world *world, size_t service, bool *waits)
{
    waits[service] = true;
    for (size_t c = 0; c < world->call_count; c++) {
        const caus_world_call *call = &world->calls[c];
        if (call->callee == service && !call->is_asynchronous &&
            !waits[call->caller])
            mark_waiting(world, call->caller, waits);
    }
}

static void a_small_delay_reaches_only_those_who_wait(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        caus_world_options options = small_world(seed, CAUS_WORLD_DELAY);
        options.fault_size = 0.01;
        world_made made = world_make(&options, seed);
        assert_int_equal(made.status, CAUS_OK);
        const caus_world *world = &made.world;
        bool waits[40] = {false};
        mark_waiting(world, world->root, waits);
        const caus_world_effect *root = &world->effects[world->root * KINDS];
        assert_true(root[2].change > 0.009 && root[2].change < 0.02);
        for (size_t s = 0; s < world->service_count; s++) {
            const caus_world_effect *effect = &world->effects[s * KINDS + 2];
            if (!waits[s])
                assert_true(fabs(effect->change) < 0.05 * effect->healthy);
        }
        world_free(&made);
    }
}

static void users_do_not_know_of_the_fault(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed += 4) {
        caus_world_options options = small_world(seed, CAUS_WORLD_OUTAGE);
        world_made ill = world_make(&options, seed);
        options.fault = CAUS_WORLD_NONE;
        world_made healthy = world_make(&options, seed);
        for (size_t s = 0; s < ill.world.service_count; s++) {
            if (ill.world.services[s].is_entry)
                assert_int_equal(ill.world.services[s].arrived,
                                 healthy.world.services[s].arrived);
        }
        world_free(&ill);
        world_free(&healthy);
    }
}

static void every_service_is_reached_from_an_entry_without_circles(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        caus_world_options options = small_world(seed, CAUS_WORLD_NONE);
        options.services = 3 + seed % 38;
        options.duration_ns = 600 * world_second_ns;
        options.fault_at_ns = -1;
        world_made made = world_make(&options, seed);
        assert_int_equal(made.status, CAUS_OK);
        const caus_world *world = &made.world;
        bool called[40] = {false};
        size_t callees[40] = {0};
        for (size_t c = 0; c < world->call_count; c++) {
            const caus_world_call *call = &world->calls[c];
            assert_true(call->caller < call->callee);
            called[call->callee] = true;
            callees[call->caller]++;
        }
        for (size_t s = 0; s < world->service_count; s++) {
            assert_true(called[s] != world->services[s].is_entry);
            assert_true(callees[s] <= CAUS_WORLD_POOLS);
            assert_true(!world->services[s].is_entry || callees[s] > 0);
            assert_true(world->services[s].arrived > 600);
        }
        world_free(&made);
    }
}

/* On average fewer requests are in a service than it has workers. */
static void a_healthy_world_is_within_its_capacity(void **state)
{
    (void)state;
    for (uint64_t seed = 14; seed < 19; seed++) {
        caus_world_options options = caus_world_options_default();
        options.services = 12 + seed % 3 * 12;
        options.fault = CAUS_WORLD_NONE;
        options.duration_ns = 1800 * world_second_ns;
        world_made made = world_make(&options, seed * 7);
        assert_int_equal(made.status, CAUS_OK);
        for (size_t s = 0; s < made.world.service_count; s++) {
            const caus_world_service *service = &made.world.services[s];
            double places = (double)(service->pods * service->workers);
            assert_true(service->crowd_s < 1800 * places);
        }
        world_free(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_world_is_within_its_capacity),
        cmocka_unit_test(calls_are_conserved_and_crowds_follow_from_stays),
        cmocka_unit_test(a_small_delay_reaches_only_those_who_wait),
        cmocka_unit_test(users_do_not_know_of_the_fault),
        cmocka_unit_test(
            every_service_is_reached_from_an_entry_without_circles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
