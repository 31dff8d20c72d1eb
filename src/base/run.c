/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

enum { MAX_THREADS = 256 };

static const int64_t progress_interval_ns = 50000000;

struct caus_run {
    caus_run_options options;
    bool automatic;      /* the number of threads was left to us */
    int64_t deadline_ns; /* monotonic; 0 = none */
    caus_arena **scratch;
    atomic_bool late;
    _Atomic int64_t last_progress_ns[CAUS_STAGE_COUNT];
    atomic_bool alone; /* for a while, although of a group */
};

const char *caus_stage_name(caus_stage stage)
{
    static const char *const names[CAUS_STAGE_COUNT] = {
        "fetching", "reading",       "preparing", "selecting",
        "testing",  "bootstrapping", "writing"};
    return stage < CAUS_STAGE_COUNT ? names[stage] : "working";
}

caus_run_options caus_run_options_default(void)
{
    return (caus_run_options){.threads = 0};
}

static bool make_scratch(caus_run *run)
{
    int threads = run->options.threads;
    run->scratch = caus_alloc((size_t)threads * sizeof(void *));
    if (!run->scratch)
        return false;
    for (int i = 0; i < threads; i++) {
        run->scratch[i] =
            caus_arena_new_scratch(run->options.memory_limit_bytes);
        if (!run->scratch[i])
            return false;
    }
    return true;
}

/* A thread that shares a processor with another program holds the others up:
 * only as many are taken as nobody else uses now. */
static int idle_processors(void)
{
    char line[128] = ""; /* "0.20 0.18 0.12 3/412 …": three of 412 run */
    FILE *file = fopen("/proc/loadavg", "r");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    const char *last = strchr(line, '/');
    while (last && last > line && last[-1] != ' ')
        last--;
    long running = last ? strtol(last, NULL, 10) : 1;
    long found = omp_get_num_procs() - (running - 1); /* without this program */
    if (found < 1)
        return 1;
    return found > MAX_THREADS ? MAX_THREADS : (int)found;
}

caus_status caus_run_new(const caus_run_options *options, caus_run **result,
                         caus_error *err)
{
    caus_run_options wanted = options ? *options : caus_run_options_default();
    if (wanted.threads == 0)
        wanted.threads = idle_processors();
    if (wanted.threads < 1 || wanted.threads > MAX_THREADS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%d threads: give 1 to %d, or 0 for all processors",
                         wanted.threads, MAX_THREADS);
    if (!(wanted.time_limit_s >= 0 && wanted.time_limit_s < 1e9))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a time limit of %g s: give 0 (none) to 1e9 s",
                         wanted.time_limit_s);
    if (wanted.ranks.count == 0)
        wanted.ranks = (caus_ranks){.count = 1};
    if (wanted.ranks.rank < 0 || wanted.ranks.rank >= wanted.ranks.count ||
        (wanted.ranks.count > 1 && !wanted.ranks.gather))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "rank %d of %d: give 0 to count − 1, and a way to "
                         "gather",
                         wanted.ranks.rank, wanted.ranks.count);
    caus_run *run = caus_alloc(sizeof *run);
    if (!run)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory for a run");
    run->options = wanted;
    run->automatic = !options || options->threads == 0;
    if (wanted.time_limit_s > 0)
        run->deadline_ns =
            caus_clock_monotonic_ns() + (int64_t)(wanted.time_limit_s * 1e9);
    if (!make_scratch(run)) {
        caus_run_free(run);
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the scratch arenas of %d threads",
                         wanted.threads);
    }
    *result = run;
    return CAUS_OK;
}

caus_status caus_run_new_untimed(const caus_run *like, caus_run **result,
                                 caus_error *err)
{
    caus_run_options options = like->options;
    options.time_limit_s = 0;
    CAUS_TRY(caus_run_new(&options, result, err));
    (*result)->automatic = like->automatic;
    return CAUS_OK;
}

void caus_run_free(caus_run *run)
{
    if (!run)
        return;
    for (int i = 0; run->scratch && i < run->options.threads; i++)
        caus_arena_free(run->scratch[i]);
    free(run->scratch);
    free(run);
}

int caus_run_threads(const caus_run *run)
{
    return run->options.threads;
}

/* Counters are bookkeeping of a run that callers see as constant. */
static caus_run *bookkeeping(const caus_run *run)
{
    union {
        const caus_run *seen;
        caus_run *kept;
    } both = {run};
    return both.kept;
}

static bool is_alone(const caus_run *run)
{
    return atomic_load(&bookkeeping(run)->alone);
}

int caus_run_rank(const caus_run *run)
{
    return is_alone(run) ? 0 : run->options.ranks.rank;
}

int caus_run_rank_count(const caus_run *run)
{
    return is_alone(run) ? 1 : run->options.ranks.count;
}

void caus_run_begin_alone(const caus_run *run)
{
    atomic_store(&bookkeeping(run)->alone, true);
}

void caus_run_end_alone(const caus_run *run)
{
    atomic_store(&bookkeeping(run)->alone, false);
}

bool caus_run_has_time_limit(const caus_run *run)
{
    return run->deadline_ns != 0;
}

static caus_status fail_silent(caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_NETWORK,
                     "a process of the group does not answer: start all of "
                     "them again");
}

/* How one process fared. */
typedef struct outcome {
    caus_error error;
    uint64_t place;
} outcome;

caus_status caus_run_agree(const caus_run *run, caus_status status,
                           uint64_t place, caus_error *err)
{
    const caus_ranks *ranks = &run->options.ranks;
    if (caus_run_rank_count(run) == 1)
        return status;
    outcome mine = {.error.status = status, .place = place};
    if (status != CAUS_OK && err)
        memcpy(mine.error.message, err->message, sizeof mine.error.message);
    outcome *all = caus_alloc((size_t)ranks->count * sizeof *all);
    if (!all)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to hear %d processes", ranks->count);
    bool heard = ranks->gather(ranks->data, &mine, sizeof mine, all);
    outcome first = {.place = UINT64_MAX};
    for (int k = 0; heard && k < ranks->count; k++)
        if (all[k].error.status != CAUS_OK &&
            (first.error.status == CAUS_OK || all[k].place < first.place))
            first = all[k];
    free(all);
    if (!heard)
        return fail_silent(err);
    if (first.error.status != CAUS_OK)
        return CAUS_FAIL(err, first.error.status, "%s", first.error.message);
    return CAUS_OK;
}

caus_status caus_run_add_up(const caus_run *run, caus_status status,
                            uint32_t *counts, size_t count, caus_error *err)
{
    const caus_ranks *ranks = &run->options.ranks;
    if (caus_run_rank_count(run) == 1)
        return status;
    uint32_t *all = NULL;
    if (status == CAUS_OK) {
        all = caus_alloc((size_t)ranks->count * count * sizeof *all);
        if (!all)
            status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                               "no memory to add up %zu counts of %d "
                               "processes",
                               count, ranks->count);
    }
    status = caus_run_agree(run, status, 0, err);
    if (status == CAUS_OK &&
        !ranks->gather(ranks->data, counts, count * sizeof *counts, all))
        status = fail_silent(err);
    assert(all || status != CAUS_OK);
    for (size_t k = 0; status == CAUS_OK && k < count; k++) {
        counts[k] = 0;
        for (size_t r = 0; r < (size_t)ranks->count; r++)
            counts[k] += all[r * count + k];
    }
    free(all);
    return status;
}

void caus_exchange_deinit(caus_exchange *exchange)
{
    free(exchange->bytes);
    free(exchange->sizes);
    *exchange = (caus_exchange){0};
}

/* Room for what comes, and the own bytes padded to what is sent. */
static caus_status make_exchange_room(size_t count, size_t stride,
                                      caus_exchange *room, char **padded,
                                      caus_error *err)
{
    room->stride = stride;
    room->bytes = caus_alloc(count * stride + 1);
    *padded = caus_alloc(stride + 1);
    if (room->bytes && *padded)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory to hear %zu bytes of each of %zu processes",
                     stride, count);
}

static caus_status exchange(const caus_run *run, const void *mine, size_t size,
                            caus_exchange *made, char **padded, caus_error *err)
{
    const caus_ranks *ranks = &run->options.ranks;
    size_t count = (size_t)ranks->count, largest = 0;
    made->sizes = caus_alloc(count * sizeof *made->sizes);
    caus_status status = CAUS_OK;
    if (!made->sizes)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory to hear %zu processes", count);
    CAUS_TRY(caus_run_agree(run, status, 0, err));
    assert(made->sizes); /* else all have failed */
    if (!ranks->gather(ranks->data, &size, sizeof size, made->sizes))
        return fail_silent(err);
    for (size_t r = 0; r < count; r++)
        largest = made->sizes[r] > largest ? made->sizes[r] : largest;
    status = make_exchange_room(count, largest, made, padded, err);
    CAUS_TRY(caus_run_agree(run, status, 0, err));
    if (!largest)
        return CAUS_OK;
    assert(*padded);
    memset(*padded, 0, largest);
    if (size)
        memcpy(*padded, mine, size);
    if (!ranks->gather(ranks->data, *padded, largest, made->bytes))
        return fail_silent(err);
    return CAUS_OK;
}

caus_status caus_run_exchange(const caus_run *run, const void *mine,
                              size_t size, caus_exchange *result,
                              caus_error *err)
{
    caus_exchange made = {0};
    char *padded = NULL;
    caus_status status = exchange(run, mine, size, &made, &padded, err);
    free(padded);
    if (status != CAUS_OK)
        caus_exchange_deinit(&made);
    else
        *result = made;
    return status;
}

int caus_run_threads_for(const caus_run *run, double work_ns)
{
    const double least_ns = 2e6; /* for each thread */
    int most = run->options.threads;
    if (!run->automatic || work_ns >= least_ns * most)
        return most;
    return work_ns < 2 * least_ns ? 1 : (int)(work_ns / least_ns);
}

uint64_t caus_run_seed(const caus_run *run)
{
    return run->options.seed;
}

size_t caus_run_memory_limit_bytes(const caus_run *run)
{
    return run->options.memory_limit_bytes;
}

static bool is_cancelled(const caus_run *run)
{
    /* Set by a signal handler or by another thread. */
    return run->options.cancel &&
           __atomic_load_n(run->options.cancel, __ATOMIC_RELAXED);
}

static bool is_late(const caus_run *run)
{
    if (!run->deadline_ns)
        return false;
    caus_run *kept = bookkeeping(run);
    if (atomic_load_explicit(&kept->late, memory_order_relaxed))
        return true;
    if (caus_clock_monotonic_ns() < run->deadline_ns)
        return false;
    atomic_store_explicit(&kept->late, true, memory_order_relaxed);
    return true;
}

bool caus_run_should_stop(const caus_run *run)
{
    return is_cancelled(run) || is_late(run);
}

caus_status caus_run_check_cancel(const caus_run *run, caus_error *err)
{
    if (is_cancelled(run))
        return CAUS_FAIL(err, CAUS_ERR_CANCELLED, "cancelled");
    return CAUS_OK;
}

caus_status caus_run_check(const caus_run *run, caus_error *err)
{
    CAUS_TRY(caus_run_check_cancel(run, err));
    if (is_late(run))
        return CAUS_FAIL(err, CAUS_ERR_TIME_LIMIT,
                         "the time limit of %g s has passed",
                         run->options.time_limit_s);
    return CAUS_OK;
}

void caus_run_progress(const caus_run *run, caus_stage stage, uint64_t done,
                       uint64_t total)
{
    if (!run->options.progress || stage >= CAUS_STAGE_COUNT)
        return;
    caus_run *kept = bookkeeping(run);
    int64_t now = caus_clock_monotonic_ns();
    int64_t last = atomic_load(&kept->last_progress_ns[stage]);
    bool last_call = total && done >= total;
    if (!last_call && now - last < progress_interval_ns)
        return;
    if (!atomic_compare_exchange_strong(&kept->last_progress_ns[stage], &last,
                                        now) &&
        !last_call)
        return;
    run->options.progress(run->options.progress_data, stage, done, total);
}

caus_arena *caus_run_scratch(const caus_run *run, int thread)
{
    return run->scratch[thread];
}
