/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stability of links under a block bootstrap: blocks of consecutive reference
 * rows are drawn with replacement and each replicate is searched anew. A
 * resample only changes how often a row counts, so its Gram matrix is a
 * weighted one and no row is copied.
 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "discovery/discovery_internal.h"

/* Autocorrelations below this many standard errors are noise. */
static const double noise_floor = 2;
enum { DECAY_LAGS = 200, ENVELOPE_LAGS = 5 };

/* Autocovariance of one column at a lag, over all stretches. */
static double autocovariance(const caus_sample *sample, size_t variable,
                             size_t lag)
{
    double sum = 0;
    for (size_t s = 0; s < sample->stretch_count; s++) {
        const caus_stretch *stretch = &sample->stretches[s];
        const double *column = stretch->panel + variable;
        for (size_t r = lag; r < stretch->row_count; r++)
            sum +=
                column[r * sample->stride] * column[(r - lag) * sample->stride];
    }
    return sum;
}

/* The largest of the next few autocorrelations: the envelope of one that
 * oscillates. */
static double envelope(const double *size, size_t lag, size_t lags)
{
    double largest = 0;
    for (size_t k = lag; k < lag + ENVELOPE_LAGS && k <= lags; k++)
        largest = size[k] > largest ? size[k] : largest;
    return largest;
}

/* phi of the geometric decay |autocorrelation(k)| = phi^k, by least squares on
 * the logarithms of the envelope until it drowns in noise. */
static double decay_of(const caus_sample *sample, size_t variable)
{
    double size[DECAY_LAGS + 1];
    double variance = autocovariance(sample, variable, 0);
    size_t lags = sample->row_count / 10;
    if (lags > DECAY_LAGS)
        lags = DECAY_LAGS;
    if (!(variance > 0))
        return 0;
    for (size_t k = 1; k <= lags; k++)
        size[k] = fabs(autocovariance(sample, variable, k)) / variance;
    double floor = noise_floor / sqrt((double)sample->row_count);
    double cross = 0, square = 0;
    for (size_t k = 1; k <= lags; k++) {
        double height = envelope(size, k, lags);
        if (height < floor)
            break;
        cross += (double)k * log(height);
        square += (double)k * (double)k;
    }
    return square > 0 ? exp(cross / square) : 0;
}

/*
 * Blocks of b rows estimate the variance of a mean with a bias of −2a / b and a
 * variance of 2 b s² / n, where a = sum of k·phi^k = phi / (1 − phi)² and
 * s = 1 + 2 phi / (1 − phi) is the long-run variance of a series with
 * autocorrelation phi^k. The squared error is least at b³ = 4 n a² / s².
 */
size_t caus_block_rows(const caus_sample *sample)
{
    double longest = 1, most = (double)sample->row_count / 10;
    for (size_t v = 0; v < sample->variable_count; v++) {
        double phi = decay_of(sample, v);
        double odds = phi / (1 - phi);
        double a = odds + odds * odds, s = 1 + 2 * odds;
        double rows =
            phi < 1 ? cbrt(4 * (double)sample->row_count * a * a / (s * s))
                    : most;
        if (rows > longest)
            longest = rows;
    }
    if (longest > most)
        longest = most;
    return longest < 1 ? 1 : (size_t)longest;
}

/* How often each row is drawn; every stretch keeps its share. */
static void draw_weights(const caus_sample *sample, size_t block,
                         caus_random *random, double *weights)
{
    memset(weights, 0, sample->row_count * sizeof *weights);
    for (size_t s = 0; s < sample->stretch_count; s++) {
        const caus_stretch *stretch = &sample->stretches[s];
        size_t width = block < stretch->count ? block : stretch->count;
        size_t left = stretch->count;
        while (left) {
            size_t start =
                caus_random_below(random, stretch->count - width + 1);
            size_t rows = width < left ? width : left;
            for (size_t r = 0; r < rows; r++)
                weights[stretch->first + start + r] += 1;
            left -= rows;
        }
    }
}

/* The work shared by all threads. */
typedef struct resampling {
    const caus_question *question;
    const caus_sample *sample;
    size_t block;
    uint32_t *counts; /* [threads × cell_count] */
    atomic_size_t done;
    atomic_bool failed;
    caus_error error;
} resampling;

static caus_status search_resample(resampling *work, size_t replicate,
                                   int thread, bool *stopped, caus_error *err)
{
    const caus_question *question = work->question;
    caus_arena *arena = caus_run_scratch(question->run, thread);
    double *weights = CAUS_ARRAY(arena, double, work->sample->row_count);
    caus_search *search = CAUS_ARRAY(arena, caus_search, 1);
    if (!weights || !search)
        return caus_arena_fail(arena, err);
    caus_random random;
    caus_random_init(&random, caus_run_seed(question->run), replicate + 1);
    draw_weights(work->sample, work->block, &random, weights);
    caus_independence test;
    caus_findings findings;
    CAUS_TRY(caus_independence_init(&question->options->test, work->sample,
                                    weights, 1, question->run, arena, &test,
                                    err));
    CAUS_TRY(caus_search_init(search, question, &test, thread, 1, arena, err));
    search->quiet = true;
    CAUS_TRY(caus_findings_init(question, arena, &findings, err));
    CAUS_TRY(caus_search_run(search, &findings, err));
    *stopped = atomic_load(&search->stopped);
    uint32_t *counts = work->counts + (size_t)thread * question->cell_count;
    for (size_t cell = 0; cell < question->cell_count && !*stopped; cell++)
        counts[cell] += findings.linked[cell];
    return CAUS_OK;
}

static void run_replicate(resampling *work, size_t replicate, int thread)
{
    const caus_question *question = work->question;
    if (atomic_load(&work->failed) || caus_run_should_stop(question->run))
        return;
    caus_arena *arena = caus_run_scratch(question->run, thread);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_error error = {.status = CAUS_OK};
    bool stopped = false;
    caus_status status =
        search_resample(work, replicate, thread, &stopped, &error);
    caus_arena_rewind(arena, mark);
    if (status != CAUS_OK && status != CAUS_ERR_TIME_LIMIT) {
#pragma omp critical(caus_bootstrap_failure)
        {
            if (!atomic_load(&work->failed))
                work->error = error;
            atomic_store(&work->failed, true);
        }
    }
    if (status != CAUS_OK || stopped)
        return;
    size_t done = atomic_fetch_add(&work->done, 1) + 1;
    caus_run_progress(question->run, CAUS_STAGE_BOOTSTRAP, done,
                      question->options->bootstrap);
}

/* Adds what all threads have counted to the counts of the first, and the
 * replicates that were done behind them. */
static void sum_counts(const resampling *work, int threads)
{
    size_t cells = work->question->cell_count;
    for (int k = 1; k < threads; k++)
        for (size_t cell = 0; cell < cells; cell++)
            work->counts[cell] += work->counts[(size_t)k * cells + cell];
    work->counts[(size_t)threads * cells] = (uint32_t)atomic_load(&work->done);
}

/* Replicates are cut among the processes of a group by their number. */
static caus_status run_replicates(resampling *work, int threads,
                                  caus_error *err)
{
    const caus_run *run = work->question->run;
    size_t count = work->question->options->bootstrap;
    size_t first = (size_t)caus_run_rank(run);
    size_t step = (size_t)caus_run_rank_count(run);
    if (threads > 1) {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
        for (size_t b = first; b < count; b += step)
            run_replicate(work, b, omp_get_thread_num());
    } else {
        for (size_t b = first; b < count; b += step)
            run_replicate(work, b, 0);
    }
    if (!atomic_load(&work->failed))
        return caus_run_check_cancel(run, err);
    if (err)
        *err = work->error;
    return work->error.status;
}

caus_status caus_bootstrap_stability(const caus_question *question,
                                     const caus_sample *sample, double *share,
                                     caus_arena *arena, size_t *done,
                                     caus_error *err)
{
    const caus_pcmci_options *options = question->options;
    int threads = caus_run_threads(question->run);
    resampling work = {.question = question, .sample = sample};
    if (sample->gram)
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "a bootstrap draws rows anew, and a gram holds none: "
                         "leave it out or give the data itself");
    work.block =
        options->block_rows ? options->block_rows : caus_block_rows(sample);
    size_t cells = question->cell_count, many = (size_t)threads * cells;
    work.counts = CAUS_ARRAY(arena, uint32_t, many + 1);
    if (!work.counts)
        return caus_arena_fail(arena, err);
    caus_status status = run_replicates(&work, threads, err);
    sum_counts(&work, threads);
    /* so that the counts of the first thread and the total are neighbours */
    work.counts[cells] = work.counts[many];
    CAUS_TRY(
        caus_run_add_up(question->run, status, work.counts, cells + 1, err));
    *done = work.counts[cells];
    for (size_t cell = 0; cell < cells && *done; cell++)
        share[cell] = work.counts[cell] / (double)*done;
    return CAUS_OK;
}
