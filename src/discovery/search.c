/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <omp.h>

#include "discovery/search_group.h"

const double *caus_pc_alphas(const caus_pcmci_options *options, size_t *count)
{
    static const double pcmci[CAUS_PC_ALPHA_COUNT] = {.05, .1, .2, .3, .4, .5};
    static const double plus[] = {.001, .005, .01, .025, .05};
    bool is_plus = caus_is_plus(options);
    *count = 1;
    if (!isnan(options->pc_alpha))
        return &options->pc_alpha;
    *count = is_plus ? sizeof plus / sizeof *plus : CAUS_PC_ALPHA_COUNT;
    return is_plus ? plus : pcmci;
}

caus_status caus_findings_init(const caus_question *question, caus_arena *arena,
                               caus_findings *findings, caus_error *err)
{
    const caus_pcmci_options *options = question->options;
    size_t cells = question->cell_count, variables = question->variable_count;
    caus_findings made = {
        .statistic = CAUS_ARRAY(arena, double, cells),
        .df = CAUS_ARRAY(arena, double, cells),
        .p_value = CAUS_ARRAY(arena, double, cells),
        .linked = CAUS_ARRAY(arena, unsigned char, cells),
    };
    if (!made.statistic || !made.df || !made.p_value || !made.linked)
        return caus_arena_fail(arena, err);
    if (options->fdr != CAUS_FDR_NONE) {
        made.q_value = CAUS_ARRAY(arena, double, cells);
        if (!made.q_value)
            return caus_arena_fail(arena, err);
    }
    if (options->method == CAUS_METHOD_PCMCI || caus_is_plus(options)) {
        size_t most = variables * options->max_lag, count;
        made.selections = CAUS_ARRAY(arena, caus_selection, variables);
        caus_node *nodes = CAUS_ARRAY(arena, caus_node, variables * most);
        double *strength = CAUS_ARRAY(arena, double, variables *most);
        if (!made.selections || !nodes || !strength)
            return caus_arena_fail(arena, err);
        for (size_t j = 0; j < variables; j++)
            made.selections[j] =
                (caus_selection){.nodes = nodes + j * most,
                                 .strength = strength + j * most,
                                 .alpha = *caus_pc_alphas(options, &count)};
    }
    *findings = made;
    return CAUS_OK;
}

static caus_status init_hand(const caus_search *search, caus_hand *hand,
                             caus_error *err)
{
    const caus_pcmci_options *options = search->question->options;
    size_t most = search->question->variable_count * options->max_lag + 1;
    size_t alpha_count;
    const double *alphas = caus_pc_alphas(options, &alpha_count);
    hand->candidates = CAUS_ARRAY(hand->arena, caus_node, most);
    hand->conditions = CAUS_ARRAY(hand->arena, caus_node, most);
    hand->strength = CAUS_ARRAY(hand->arena, double, most);
    hand->combination = CAUS_ARRAY(hand->arena, size_t, most);
    hand->removed = CAUS_ARRAY(hand->arena, bool, most);
    if (!hand->candidates || !hand->conditions || !hand->strength ||
        !hand->combination || !hand->removed)
        return caus_arena_fail(hand->arena, err);
    CAUS_TRY(caus_decider_init(&hand->report, search->test, options->alpha,
                               hand->arena, err));
    for (size_t a = 0; a < alpha_count; a++)
        CAUS_TRY(caus_decider_init(&hand->select[a], search->test, alphas[a],
                                   hand->arena, err));
    return search->test->start(search->test->state, hand->arena, &hand->work,
                               err);
}

caus_status caus_search_init(caus_search *search, const caus_question *question,
                             const caus_independence *test, int first_thread,
                             int threads, caus_arena *arena, caus_error *err)
{
    *search = (caus_search){.question = question,
                            .test = test,
                            .first_thread = first_thread,
                            .threads = threads};
    search->hands = CAUS_ARRAY(arena, caus_hand, (size_t)threads);
    if (!search->hands)
        return caus_arena_fail(arena, err);
    if (question->options->max_tests) {
        search->shares = CAUS_ARRAY(arena, uint64_t, question->variable_count);
        if (!search->shares)
            return caus_arena_fail(arena, err);
    }
    for (int k = 0; k < threads; k++) {
        search->hands[k].arena =
            caus_run_scratch(question->run, first_thread + k);
        CAUS_TRY(init_hand(search, &search->hands[k], err));
    }
    return CAUS_OK;
}

uint64_t caus_search_test_count(const caus_search *search)
{
    uint64_t count = 0;
    for (int k = 0; k < search->threads; k++)
        count += search->hands[k].test_count;
    return count;
}

void caus_search_share_tests(caus_search *search, const caus_findings *findings,
                             caus_has_work_fn *has_work)
{
    size_t targets = search->question->variable_count, busy = 0, place = 0;
    uint64_t limit = search->question->options->max_tests;
    uint64_t used = caus_search_test_count(search);
    uint64_t left = used < limit ? limit - used : 0;
    if (!search->shares)
        return;
    for (size_t j = 0; j < targets; j++)
        busy += !has_work || has_work(findings, j);
    for (size_t j = 0; j < targets; j++) {
        bool is_busy = !has_work || has_work(findings, j);
        search->shares[j] = is_busy ? left / busy + (place++ < left % busy) : 0;
    }
}

bool caus_search_is_cut(caus_search *search, const caus_hand *hand)
{
    if (caus_run_should_stop(search->question->run))
        return true;
    if (!search->shares || hand->test_count < hand->last_test)
        return false;
    atomic_store(&search->stopped, true);
    return true;
}

/* Keeps the first failure; a passed time limit only stops the search. */
static void note_failure(caus_search *search, const caus_error *error,
                         size_t target)
{
    if (error->status == CAUS_ERR_TIME_LIMIT) {
        atomic_store(&search->stopped, true);
        return;
    }
#pragma omp critical(caus_search_failure)
    {
        if (!atomic_load(&search->failed)) {
            search->error = *error;
            search->failed_at = target;
        }
        atomic_store(&search->failed, true);
    }
}

static void run_target(caus_search *search, caus_findings *findings,
                       caus_stage stage, caus_target_fn *work, size_t target)
{
    const caus_question *question = search->question;
    if (atomic_load_explicit(&search->failed, memory_order_relaxed) ||
        caus_run_should_stop(question->run))
        return;
    caus_error error = {.status = CAUS_OK};
    /* a search of one thread may itself run inside a parallel region */
    int place = search->threads > 1 ? omp_get_thread_num() : 0;
    caus_hand *hand = &search->hands[place];
    if (search->shares)
        hand->last_test = hand->test_count + search->shares[target];
    if (work(search, hand, findings, target, &error) != CAUS_OK)
        note_failure(search, &error, target);
    size_t done = atomic_fetch_add(&search->done, 1) + 1;
    if (!search->quiet)
        caus_run_progress(question->run, stage, done, question->variable_count);
}

/* Targets that one thread takes first; others help when they have done theirs.
 * On a cache line of its own. */
typedef struct share {
    _Alignas(64) atomic_size_t next;
    size_t end;
} share;

/* A thread keeps to neighbouring targets: they write into the same lines of
 * memory, which two threads would take from each other again and again. */
static void run_shares(caus_search *search, caus_findings *findings,
                       caus_stage stage, caus_target_fn *work, share *shares,
                       const size_t *cut)
{
    size_t threads = (size_t)search->threads, first = cut[0], step = cut[1];
    size_t own = (size_t)omp_get_thread_num();
    for (size_t k = 0; k < threads; k++) {
        share *from = &shares[(own + k) % threads];
        size_t at;
        while ((at = atomic_fetch_add(&from->next, 1)) < from->end)
            run_target(search, findings, stage, work, first + at * step);
    }
}

/* Every step-th target from `first` on. */
static caus_status run_targets(caus_search *search, caus_findings *findings,
                               caus_stage stage, caus_target_fn *work,
                               size_t first, size_t step, caus_error *err)
{
    size_t targets = search->question->variable_count;
    int threads = search->threads;
    atomic_store(&search->done, 0);
    if (threads > 1) {
        share shares[256];
        size_t count =
            first < targets ? (targets - first + step - 1) / step : 0;
        const size_t cut[] = {first, step};
        for (size_t k = 0; k < (size_t)threads; k++) {
            atomic_init(&shares[k].next, k * count / (size_t)threads);
            shares[k].end = (k + 1) * count / (size_t)threads;
        }
#pragma omp parallel num_threads(threads)
        run_shares(search, findings, stage, work, shares, cut);
    } else {
        for (size_t target = first; target < targets; target += step)
            run_target(search, findings, stage, work, target);
    }
    if (atomic_load(&search->failed)) {
        if (err)
            *err = search->error;
        return search->error.status;
    }
    caus_status status = caus_run_check(search->question->run, err);
    if (status == CAUS_ERR_TIME_LIMIT)
        atomic_store(&search->stopped, true);
    return status == CAUS_ERR_TIME_LIMIT ? CAUS_OK : status;
}

/* The targets of this process, then the results of all. What is no test is
 * done by everyone. */
static caus_status run_grouped(caus_search *search, caus_findings *findings,
                               caus_stage stage, caus_target_fn *work,
                               caus_error *err)
{
    const caus_run *run = search->question->run;
    bool is_cut = stage != CAUS_STAGE_COUNT;
    size_t first = is_cut ? (size_t)caus_run_rank(run) : 0;
    size_t step = is_cut ? (size_t)caus_run_rank_count(run) : 1;
    caus_search_past *past = caus_search_remember(search, findings);
    caus_status status = CAUS_OK;
    search->failed_at = 0;
    if (!past)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory to share a search with other processes");
    if (status == CAUS_OK)
        status = run_targets(search, findings, stage, work, first, step, err);
    status = caus_search_exchange(search, findings, past, status, err);
    caus_search_forget(past);
    return status;
}

caus_status caus_search_each(caus_search *search, caus_findings *findings,
                             caus_stage stage, caus_target_fn *work,
                             caus_error *err)
{
    if (search->grouped)
        return run_grouped(search, findings, stage, work, err);
    return run_targets(search, findings, stage, work, 0, 1, err);
}

caus_status caus_search_run(caus_search *search, caus_findings *findings,
                            caus_error *err)
{
    if (search->question->joint)
        return caus_joint_run(search, findings, err);
    if (caus_is_plus(search->question->options))
        return caus_plus_run(search, findings, err);
    if (findings->selections)
        CAUS_TRY(caus_select_conditions(search, findings, err));
    CAUS_TRY(caus_test_links(search, findings, err));
    return caus_decide_links(search, findings, err);
}
