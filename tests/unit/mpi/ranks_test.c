/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of a group are threads here, which meet at a barrier. */
#include <pthread.h>
#include <string.h>

#include "base/base.h"
#include "caus/discovery.h"
#include "caus/stability.h"
#include "caus/windows.h"
#include "discovery/pack.h"
#include "test.h"

enum { RANKS = 3, VARIABLES = 4, ROWS = 200, LAGS = 2, REPLICATES = 10 };
enum { CELLS = VARIABLES * VARIABLES * (LAGS + 1), MOST_BYTES = 1 << 18 };

typedef struct hall {
    pthread_barrier_t barrier;
    char bytes[RANKS * MOST_BYTES];
} hall;

typedef struct member {
    hall *hall;
    int rank, count;
    bool fails; /* has no memory for its part */
    caus_status status;
    caus_error error;
    double stability[CELLS], selected[CELLS];
    caus_text found; /* packed */
} member;

static bool gather(void *data, const void *mine, size_t size, void *all)
{
    const member *m = data;
    assert_true(size <= MOST_BYTES);
    memcpy(m->hall->bytes + (size_t)m->rank * size, mine, size);
    pthread_barrier_wait(&m->hall->barrier);
    memcpy(all, m->hall->bytes, (size_t)m->count * size);
    pthread_barrier_wait(&m->hall->barrier);
    return true;
}

static caus_series make_series(caus_arena *arena)
{
    double *x = CAUS_ARRAY(arena, double, ROWS *VARIABLES);
    caus_random random;
    caus_series series;
    caus_random_init(&random, 1, 0);
    for (size_t t = 0; t < ROWS; t++)
        for (size_t v = 0; v < VARIABLES; v++) {
            double *now = x + t * VARIABLES + v;
            *now = caus_random_normal(&random);
            if (t && v)
                *now += .3 * now[-VARIABLES - 1];
        }
    assert_int_equal(caus_series_from_values(NULL, VARIABLES, x, ROWS, 1, arena,
                                             &series, NULL),
                     CAUS_OK);
    return series;
}

static caus_status learn(const void *data, const caus_series *series,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *result, caus_error *err)
{
    return caus_discover_pcmci(series, data, run, out, result, err);
}

static caus_status discover(member *m, const caus_run *run, caus_arena *arena)
{
    caus_series series = make_series(arena);
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_discovery found, again;
    options.max_lag = LAGS;
    options.bootstrap = REPLICATES;
    CAUS_TRY(
        caus_discover_pcmci(&series, &options, run, arena, &found, &m->error));
    memcpy(m->stability, found.stability, sizeof m->stability);
    options.bootstrap = 0;
    caus_stability_options halves = {.replicates = REPLICATES,
                                     .resampling = CAUS_RESAMPLE_HALF,
                                     .longest_lag = 2 * LAGS};
    CAUS_TRY(
        caus_discover_pcmci(&series, &options, run, arena, &again, &m->error));
    CAUS_TRY(caus_discovery_add_stability(&series, learn, &options, &halves,
                                          run, arena, &again, &m->error));
    memcpy(m->selected, again.stability, sizeof m->selected);
    return CAUS_OK;
}

/* Targets, then windows; everything found goes into one text. */
static caus_status search(member *m, const caus_run *run, caus_arena *arena)
{
    caus_series series = make_series(arena);
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_discovery found;
    options.max_lag = LAGS;
    options.all_links = true;
    for (int method = CAUS_METHOD_PCMCI; method <= CAUS_METHOD_PCMCIPLUS;
         method++) {
        options.method = (caus_method)method;
        CAUS_TRY(caus_discover_pcmci(&series, &options, run, arena, &found,
                                     &m->error));
        caus_discovery_pack(&found, &m->found);
    }
    caus_window_options windows = {50, 30, options};
    caus_windows parts;
    CAUS_TRY(caus_discover_windows(&series, &windows, run, arena, &parts,
                                   &m->error));
    assert_int_equal(parts.window_count, 6);
    assert_true(parts.complete);
    for (size_t k = 0; k < parts.window_count; k++)
        caus_discovery_pack(&parts.windows[k].discovery, &m->found);
    /* its rows are too few, which the first window tells */
    windows.length_rows = 2 * LAGS + 1;
    windows.step_rows = 1;
    return caus_discover_windows(&series, &windows, run, arena, &parts,
                                 &m->error);
}

static caus_status add_up(member *m, const caus_run *run, caus_arena *arena)
{
    (void)arena;
    uint32_t counts[2] = {(uint32_t)m->rank + 1, 7};
    caus_status status = m->fails ? CAUS_FAIL(&m->error, CAUS_ERR_LIMIT,
                                              "rank %d is full", m->rank)
                                  : CAUS_OK;
    status = caus_run_add_up(run, status, counts, 2, &m->error);
    m->stability[0] = counts[0];
    return status;
}

typedef caus_status member_fn(member *m, const caus_run *run,
                              caus_arena *arena);

static void *live(void *data, member_fn *work)
{
    member *m = data;
    caus_run_options options = caus_run_options_default();
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = NULL;
    options.threads = 1;
    if (m->count > 1)
        options.ranks = (caus_ranks){m->rank, m->count, gather, m};
    m->status = caus_run_new(&options, &run, &m->error);
    if (m->status == CAUS_OK)
        m->status = work(m, run, arena);
    caus_run_free(run);
    caus_arena_free(arena);
    return NULL;
}

static void *live_discovery(void *data)
{
    return live(data, discover);
}

static void *live_sum(void *data)
{
    return live(data, add_up);
}

static void *live_search(void *data)
{
    return live(data, search);
}

static void meet(member *members, int count, void *(*life)(void *))
{
    static hall room;
    pthread_t threads[RANKS];
    assert_int_equal(pthread_barrier_init(&room.barrier, NULL, (unsigned)count),
                     0);
    for (int k = 0; k < count; k++) {
        members[k].hall = &room;
        members[k].rank = k;
        members[k].count = count;
        assert_int_equal(pthread_create(&threads[k], NULL, life, &members[k]),
                         0);
    }
    for (int k = 0; k < count; k++)
        pthread_join(threads[k], NULL);
    pthread_barrier_destroy(&room.barrier);
}

static void a_group_has_the_stability_of_one_process(void **state)
{
    (void)state;
    member alone = {.count = 1};
    live_discovery(&alone);
    assert_int_equal(alone.status, CAUS_OK);
    for (int count = 2; count <= RANKS; count++) {
        member members[RANKS] = {{0}};
        meet(members, count, live_discovery);
        for (int k = 0; k < count; k++) {
            assert_int_equal(members[k].status, CAUS_OK);
            assert_memory_equal(members[k].stability, alone.stability,
                                sizeof alone.stability);
            assert_memory_equal(members[k].selected, alone.selected,
                                sizeof alone.selected);
        }
    }
}

static void a_group_finds_the_bytes_of_one_process(void **state)
{
    (void)state;
    member alone = {.count = 1};
    live_search(&alone);
    assert_int_equal(alone.status, CAUS_ERR_TOO_FEW_SAMPLES);
    assert_false(alone.found.failed);
    for (int count = 2; count <= RANKS; count++) {
        member members[RANKS] = {{0}};
        meet(members, count, live_search);
        for (int k = 0; k < count; k++) {
            assert_int_equal(members[k].status, alone.status);
            assert_string_equal(members[k].error.message, alone.error.message);
            assert_int_equal(members[k].found.length, alone.found.length);
            assert_memory_equal(members[k].found.bytes, alone.found.bytes,
                                alone.found.length);
            caus_text_deinit(&members[k].found);
        }
    }
    caus_text_deinit(&alone.found);
}

static void a_discovery_survives_packing_and_notices_cuts(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_series series = make_series(arena);
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_discovery found, again;
    caus_text bytes = {0}, same = {0};
    options.method = CAUS_METHOD_PCMCIPLUS;
    options.max_lag = LAGS;
    caus_run *run;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_pcmci(&series, &options, run, arena, &found, NULL),
        CAUS_OK);
    caus_discovery_pack(&found, &bytes);
    assert_int_equal(
        caus_discovery_unpack(bytes.bytes, bytes.length, arena, &again, NULL),
        CAUS_OK);
    caus_discovery_pack(&again, &same);
    assert_int_equal(same.length, bytes.length);
    assert_memory_equal(same.bytes, bytes.bytes, bytes.length);
    for (size_t length = 0; length < bytes.length; length++) {
        caus_error err;
        assert_int_equal(
            caus_discovery_unpack(bytes.bytes, length, arena, &again, &err),
            CAUS_ERR_INVALID_DATA);
    }
    caus_text_deinit(&bytes);
    caus_text_deinit(&same);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void counts_add_up_over_all_ranks(void **state)
{
    (void)state;
    member members[RANKS] = {{0}};
    meet(members, RANKS, live_sum);
    for (int k = 0; k < RANKS; k++) {
        assert_int_equal(members[k].status, CAUS_OK);
        assert_true(members[k].stability[0] == 1 + 2 + 3);
    }
}

static void the_failure_of_one_is_that_of_all(void **state)
{
    (void)state;
    member members[RANKS] = {{0}};
    members[1].fails = true;
    meet(members, RANKS, live_sum);
    for (int k = 0; k < RANKS; k++) {
        assert_int_equal(members[k].status, CAUS_ERR_LIMIT);
        assert_string_equal(members[k].error.message, "rank 1 is full");
    }
}

static void ranks_out_of_range_are_refused(void **state)
{
    (void)state;
    caus_run_options options = caus_run_options_default();
    caus_run *run;
    caus_error err;
    options.ranks = (caus_ranks){2, 2, gather, NULL};
    assert_int_equal(caus_run_new(&options, &run, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    options.ranks = (caus_ranks){.rank = 0, .count = 2};
    assert_int_equal(caus_run_new(&options, &run, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_has_the_stability_of_one_process),
        cmocka_unit_test(a_group_finds_the_bytes_of_one_process),
        cmocka_unit_test(a_discovery_survives_packing_and_notices_cuts),
        cmocka_unit_test(counts_add_up_over_all_ranks),
        cmocka_unit_test(the_failure_of_one_is_that_of_all),
        cmocka_unit_test(ranks_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
