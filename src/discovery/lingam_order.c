/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first of the remaining variables is the one whose residuals look least
 * like causes of it: with d(i, j) the difference of the mutual informations of
 * both directions (Hyvarinen and Smith 2013), the sum of min(0, d(i, j))² over
 * j is smallest. Sums only grow, and d(j, i) = −d(i, j), so variables are
 * compared a few partners at a time, the smallest sum first; the search ends
 * when the smallest sum has met every partner.
 */
#include <math.h>
#include <string.h>

#include "discovery/lingam_entropy.h"
#include "discovery/lingam_internal.h"
#include "numeric/numeric.h"

/* Partners of one variable that are met at a time, and rows that one piece of
 * work covers; rows from which on threads gain more than they cost. */
enum { BATCH = 2, CHUNK = 4096, MANY_ROWS = 1 << 17 };

typedef struct search {
    caus_lingam_columns *columns;
    const caus_run *run;
    caus_entropy_fn *sum;
    size_t *left; /* [left_count] likeliest first */
    size_t left_count;
    double *correlation; /* [count × count] */
    double *entropy;     /* [count] of the standardised column */
    double *score;       /* [count] the sum so far */
    double *term;        /* [count × count] last seen of a sum; 0 = never */
    size_t *met;         /* [count] partners met */
    uint64_t *done;      /* [count × words] pairs met */
    bool *is_candidate;  /* [count] may come first */
    bool *stays;         /* [count] no candidate can change it */
    size_t candidate_count;
    size_t words;
    size_t chunk_count;
    caus_entropy_task *tasks; /* [BATCH × 2 × chunk_count] */
    uint64_t pair_count;
} search;

caus_status caus_lingam_columns_init(size_t count, size_t row_count,
                                     caus_arena *arena,
                                     caus_lingam_columns *columns,
                                     caus_error *err)
{
    *columns = (caus_lingam_columns){
        .count = count,
        .row_count = row_count,
        .stride = caus_pad_lanes(row_count),
    };
    columns->values = CAUS_ARRAY(arena, double, count * columns->stride);
    columns->varies = CAUS_ARRAY(arena, bool, count);
    if (!columns->values || !columns->varies)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static double *column_of(const search *s, size_t v)
{
    return s->columns->values + v * s->columns->stride;
}

/* Sums over one chunk of rows. */
static void run_chunk(const search *s, caus_entropy_task *task, size_t chunk)
{
    size_t first = chunk * CHUNK, rest = s->columns->stride - first;
    task->x += first;
    task->y += first;
    task->count = rest < CHUNK ? rest : CHUNK;
    s->sum(task);
}

/* The maximum-entropy approximation, with the constants of Hyvarinen (1998). */
static double entropy_of(const search *s, const caus_entropy_task *chunks,
                         size_t count)
{
    double rows = (double)s->columns->row_count, log_cosh = 0, bump = 0;
    for (size_t k = 0; k < count; k++) {
        log_cosh += chunks[k].log_cosh;
        bump += chunks[k].bump;
    }
    double even = log_cosh / rows - .37457, odd = bump / rows;
    return (1 + 1.8378770664093454836) / 2 - 79.047 * even * even -
           7.4129 * odd * odd;
}

/* Whether to a column's residual on another one anything is left. */
static double share_left(double correlation)
{
    double left = (1 - correlation) * (1 + correlation);
    return left > CAUS_LEAST_SHARE ? left : 0;
}

static bool is_done(const search *s, size_t i, size_t j)
{
    return s->done[i * s->words + j / 64] >> (j % 64) & 1;
}

static void note_pair(search *s, size_t i, size_t j, double difference)
{
    double toward = fmin(0, difference), away = fmin(0, -difference);
    size_t count = s->columns->count;
    s->term[i * count + j] = toward * toward;
    s->term[j * count + i] = away * away;
    s->score[i] += toward * toward;
    s->score[j] += away * away;
    s->met[i]++;
    s->met[j]++;
    s->done[i * s->words + j / 64] |= (uint64_t)1 << (j % 64);
    s->done[j * s->words + i / 64] |= (uint64_t)1 << (i % 64);
    s->pair_count++;
}

/* The place in `left` of the candidate with the smallest sum. */
static size_t least_place(const search *s)
{
    size_t least = SIZE_MAX;
    for (size_t k = 0; k < s->left_count; k++)
        if (s->is_candidate[s->left[k]] &&
            (least == SIZE_MAX ||
             s->score[s->left[k]] < s->score[s->left[least]]))
            least = k;
    return least;
}

/* Up to BATCH partners that were not met yet, those first whose term was
 * largest when they last were. */
static size_t choose_partners(const search *s, size_t i, size_t partners[BATCH])
{
    const double *term = s->term + i * s->columns->count;
    size_t count = 0;
    for (size_t k = 0; k < s->left_count; k++) {
        size_t j = s->left[k];
        if (j == i || is_done(s, i, j))
            continue;
        size_t place = count;
        while (place > 0 && term[j] > term[partners[place - 1]])
            place--;
        if (place == BATCH)
            continue;
        count += count < BATCH;
        for (size_t m = count - 1; m > place; m--)
            partners[m] = partners[m - 1];
        partners[place] = j;
    }
    return count;
}

/* The residual of x on y as a task; all of it is 0 when y determines x. */
static caus_entropy_task residual_task(const search *s, size_t x, size_t y)
{
    double r = s->correlation[x * s->columns->count + y];
    if (s->stays[x])
        r = 0;
    double left = share_left(r);
    return (caus_entropy_task){.x = column_of(s, x),
                               .y = column_of(s, y),
                               .factor = r,
                               .scale = left > 0 ? 1 / sqrt(left) : 0};
}

/* Compares a variable with up to BATCH likely partners. The difference of the
 * mutual informations is above 0 when the variable rather is the cause. */
static void meet_partners(search *s, size_t i)
{
    size_t partners[BATCH], chunks = s->chunk_count;
    size_t count = choose_partners(s, i, partners);
    size_t total = 2 * count * chunks;
    int threads = caus_run_threads(s->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1 && s->columns->stride >= MANY_ROWS)
    for (size_t k = 0; k < total; k++) {
        size_t j = partners[k / (2 * chunks)];
        s->tasks[k] =
            k / chunks % 2 ? residual_task(s, j, i) : residual_task(s, i, j);
        run_chunk(s, &s->tasks[k], k % chunks);
    }
    for (size_t k = 0; k < count; k++) {
        size_t j = partners[k];
        const caus_entropy_task *tasks = s->tasks + 2 * k * chunks;
        double difference =
            s->entropy[j] + entropy_of(s, tasks, chunks) -
            (s->entropy[i] + entropy_of(s, tasks + chunks, chunks));
        note_pair(s, i, j, tasks->scale > 0 ? difference : 0);
    }
}

/* The entropy of a standardised column. */
static double own_entropy(const search *s, size_t v)
{
    caus_entropy_task sum = {0};
    for (size_t k = 0; k < s->chunk_count; k++) {
        caus_entropy_task task = {
            .x = column_of(s, v), .y = column_of(s, v), .scale = 1};
        run_chunk(s, &task, k);
        sum.log_cosh += task.log_cosh;
        sum.bump += task.bump;
    }
    return entropy_of(s, &sum, 1);
}

/* Entropies, sums and marks of a new round. */
static void begin_round(search *s)
{
    size_t count = s->columns->count;
    memset(s->score, 0, count * sizeof *s->score);
    s->candidate_count = caus_lingam_candidates(
        s->columns->known, s->left, s->left_count, s->is_candidate, s->stays);
    memset(s->met, 0, count * sizeof *s->met);
    memset(s->done, 0, count * s->words * sizeof *s->done);
    int threads = caus_run_threads(s->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 4) if (threads > 1)
    for (size_t k = 0; k < s->left_count; k++) {
        size_t v = s->left[k];
        s->entropy[v] = own_entropy(s, v);
    }
}

static caus_status find_first(search *s, size_t *place, caus_error *err)
{
    for (;;) {
        CAUS_TRY(caus_run_check(s->run, err));
        *place = least_place(s);
        size_t best = s->left[*place];
        if (s->met[best] + 1 >= s->left_count || s->candidate_count == 1)
            return CAUS_OK;
        meet_partners(s, best);
    }
}

/* What a column leaves of another, standardised again. */
static void take_residual(const search *s, size_t v, size_t first)
{
    size_t count = s->columns->count, rows = s->columns->stride;
    double r = s->correlation[v * count + first];
    double *x = column_of(s, v), energy = 0;
    const double *y = column_of(s, first);
    for (size_t k = 0; k < rows; k++)
        x[k] -= r * y[k];
    energy = caus_dot(x, x, rows);
    double scale =
        energy > 0 ? sqrt((double)s->columns->row_count / energy) : 0;
    for (size_t k = 0; k < rows; k++)
        x[k] *= scale;
}

/* Correlations of residuals from those of the columns. */
static void take_correlations(const search *s, size_t first)
{
    size_t count = s->columns->count;
    const double *with = s->correlation + first * count;
    for (size_t a = 0; a < s->left_count; a++)
        for (size_t b = 0; b < a; b++) {
            size_t i = s->left[a], j = s->left[b];
            double *cell = &s->correlation[i * count + j];
            double r = (*cell - with[i] * with[j]) /
                       sqrt(share_left(with[i]) * share_left(with[j]));
            r = r > 1 ? 1 : r;
            *cell = r < -1 ? -1 : r;
            s->correlation[j * count + i] = *cell;
        }
}

/* Takes the first variable, and those that nothing is left of, out of the
 * remaining ones, which are sorted by their sums. */
static size_t remove_first(search *s, size_t place, size_t *order, size_t used)
{
    size_t count = s->columns->count, kept = 0;
    size_t first = s->left[place];
    order[used++] = first;
    for (size_t k = 0; k < s->left_count; k++) {
        size_t v = s->left[k];
        if (v == first)
            continue;
        if (!(share_left(s->correlation[v * count + first]) > 0)) {
            s->columns->varies[v] = false;
            order[used++] = v;
            continue;
        }
        size_t at = kept++;
        for (; at > 0 && s->score[s->left[at - 1]] > s->score[v]; at--)
            s->left[at] = s->left[at - 1];
        s->left[at] = v;
    }
    s->left_count = kept;
    int threads = caus_run_threads(s->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 4) if (threads > 1)
    for (size_t k = 0; k < kept; k++)
        take_residual(s, s->left[k], first);
    take_correlations(s, first);
    return used;
}

/* Brings columns to unit variance and correlates them. */
static caus_status begin_search(search *s, caus_error *err)
{
    size_t count = s->columns->count, rows = s->columns->stride;
    for (size_t v = 0; v < count; v++) {
        double *x = column_of(s, v), energy = caus_dot(x, x, rows);
        if (!s->columns->varies[v] || !(energy > 0)) {
            s->columns->varies[v] = false;
            continue;
        }
        double scale = sqrt((double)s->columns->row_count / energy);
        for (size_t k = 0; k < rows; k++)
            x[k] *= scale;
        s->left[s->left_count++] = v;
    }
    int threads = caus_run_threads(s->run);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t a = 0; a < s->left_count; a++) {
        if (caus_run_should_stop(s->run))
            continue;
        size_t i = s->left[a];
        for (size_t b = 0; b < a; b++) {
            size_t j = s->left[b];
            double r = caus_dot(column_of(s, i), column_of(s, j), rows) /
                       (double)s->columns->row_count;
            s->correlation[i * count + j] = r;
            s->correlation[j * count + i] = r;
        }
    }
    return caus_run_check(s->run, err);
}

static caus_status find_order(search *s, size_t *order, caus_error *err)
{
    size_t used = 0;
    CAUS_TRY(begin_search(s, err));
    size_t total = s->left_count;
    while (s->left_count) {
        size_t place;
        begin_round(s);
        CAUS_TRY(find_first(s, &place, err));
        used = remove_first(s, place, order, used);
        caus_run_progress(s->run, CAUS_STAGE_SELECT, used, total);
    }
    /* what is not in the order yet was constant from the beginning */
    bool *is_placed = (bool *)s->met;
    memset(is_placed, 0, s->columns->count * sizeof *is_placed);
    for (size_t k = 0; k < used; k++)
        is_placed[order[k]] = true;
    for (size_t v = 0; v < s->columns->count; v++)
        if (!is_placed[v])
            order[used++] = v;
    return CAUS_OK;
}

caus_status caus_lingam_order(caus_lingam_columns *columns, const caus_run *run,
                              caus_arena *arena, size_t *order,
                              uint64_t *pair_count, caus_error *err)
{
    size_t count = columns->count;
    search s = {.columns = columns,
                .run = run,
                .sum = caus_entropy_best(),
                .words = (count + 63) / 64,
                .chunk_count = (columns->stride + CHUNK - 1) / CHUNK};
    s.left = CAUS_ARRAY(arena, size_t, count);
    s.correlation = CAUS_ARRAY(arena, double, count *count);
    s.entropy = CAUS_ARRAY(arena, double, count);
    s.score = CAUS_ARRAY(arena, double, count);
    s.term = CAUS_ARRAY(arena, double, count *count);
    s.tasks =
        CAUS_ARRAY(arena, caus_entropy_task, (size_t)2 * BATCH * s.chunk_count);
    s.met = CAUS_ARRAY(arena, size_t, count);
    s.done = CAUS_ARRAY(arena, uint64_t, count * s.words);
    s.is_candidate = CAUS_ARRAY(arena, bool, count);
    s.stays = CAUS_ARRAY(arena, bool, count);
    if (!s.is_candidate || !s.stays || !s.left || !s.correlation ||
        !s.entropy || !s.score || !s.term || !s.met || !s.done)
        return caus_arena_fail(arena, err);
    CAUS_TRY(find_order(&s, order, err));
    *pair_count = s.pair_count;
    return CAUS_OK;
}
