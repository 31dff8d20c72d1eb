/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "discovery/additive_internal.h"
#include "graph/dag.h"

/* A gain of less is rounding. */
static const double least_gain = 1e-6;

/* Whether one variable must come before another in every order. */
static bool must_precede(const caus_additive_data *data, size_t cause,
                         size_t effect)
{
    return data->is_required[effect * data->column_count + cause];
}

static bool is_ready(const caus_additive_data *data, const size_t *order,
                     size_t place)
{
    size_t later = place + 1;
    while (later < data->variable_count &&
           !must_precede(data, order[later], order[place]))
        later++;
    return later == data->variable_count;
}

/* Brings required causes before their effects: a variable whose causes come
 * later goes behind all that are left, which are acyclic. */
static void put_causes_first(const caus_additive_data *data, size_t *order)
{
    size_t variables = data->variable_count;
    for (size_t place = 0; place < variables;) {
        if (is_ready(data, order, place)) {
            place++;
            continue;
        }
        size_t early = order[place];
        memmove(order + place, order + place + 1,
                (variables - place - 1) * sizeof *order);
        order[variables - 1] = early;
    }
}

caus_status caus_additive_search_init(const caus_additive_data *data,
                                      const caus_run *run,
                                      caus_additive_search *search,
                                      caus_error *err)
{
    caus_arena *arena = caus_run_scratch(run, 0);
    size_t variables = data->variable_count;
    int threads = caus_run_threads(run);
    *search = (caus_additive_search){
        .data = data,
        .run = run,
        .trees = CAUS_ARRAY(arena, caus_additive_node, variables),
        .works = CAUS_ARRAY(arena, caus_additive_work, (size_t)threads),
        .bits = CAUS_ARRAY(arena, uint64_t *, (size_t)threads),
        .order = CAUS_ARRAY(arena, size_t, variables),
    };
    if (!search->trees || !search->works || !search->bits || !search->order)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < variables; v++)
        search->order[v] = v;
    put_causes_first(data, search->order);
    for (size_t k = 0; k < variables * data->column_count; k++)
        search->trees[k / data->column_count].most_causes +=
            data->is_required[k];
    for (int k = 0; k < threads; k++) {
        caus_arena *own = caus_run_scratch(run, k);
        CAUS_TRY(caus_additive_work_init(data, own, &search->works[k], err));
        search->bits[k] =
            CAUS_ARRAY(own, uint64_t, caus_bit_words(data->column_count));
        if (!search->bits[k])
            return caus_arena_fail(own, err);
    }
    return CAUS_OK;
}

void caus_additive_allow(const caus_additive_data *data, const size_t *order,
                         size_t count, uint64_t *bits)
{
    memset(bits, 0, caus_bit_words(data->column_count) * sizeof *bits);
    for (size_t c = data->variable_count; c < data->column_count; c++)
        caus_bit_set(bits, c);
    for (size_t k = 0; k < count; k++)
        caus_bit_set(bits, order[k]);
}

static caus_status score_of(const caus_additive_search *s, size_t target,
                            const uint64_t *bits, int thread, double *score,
                            caus_error *err)
{
    const caus_additive_node *node;
    CAUS_TRY(caus_run_check(s->run, err));
    CAUS_TRY(caus_additive_score(s->data, target, bits, &s->trees[target],
                                 &s->works[thread],
                                 caus_run_scratch(s->run, thread), &node, err));
    *score = node->best;
    return CAUS_OK;
}

/* One variable on its way through the order of the others. */
typedef struct moving {
    caus_additive_search *search;
    size_t variable;
    size_t *others;     /* [variables − 1] in order */
    size_t count;       /* of them */
    size_t first, last; /* places that required causes and effects leave */
    double *before;     /* [count] scores of others before the variable */
    double *after;      /* [count] of others behind it */
    double *own;        /* [count + 1] of the variable at each place */
    caus_status status;
    caus_error error;
} moving;

static caus_status score_places(moving *m, int thread, caus_error *err)
{
    const caus_additive_data *data = m->search->data;
    uint64_t *bits = m->search->bits[thread];
    caus_additive_allow(data, NULL, 0, bits);
    for (size_t k = 0; k <= m->count; k++) {
        CAUS_TRY(
            score_of(m->search, m->variable, bits, thread, &m->own[k], err));
        if (k < m->count)
            caus_bit_set(bits, m->others[k]);
    }
    return CAUS_OK;
}

static caus_status score_other(moving *m, size_t place, int thread,
                               caus_error *err)
{
    const caus_additive_data *data = m->search->data;
    uint64_t *bits = m->search->bits[thread];
    size_t other = m->others[place];
    caus_additive_allow(data, m->others, place, bits);
    CAUS_TRY(score_of(m->search, other, bits, thread, &m->before[place], err));
    m->after[place] = m->before[place];
    if (data->is_barred[other * data->column_count + m->variable])
        return CAUS_OK;
    caus_bit_set(bits, m->variable);
    return score_of(m->search, other, bits, thread, &m->after[place], err);
}

static void score_one(moving *m, size_t task)
{
    int thread = omp_get_thread_num();
    caus_error error = {0};
    caus_status status = task ? score_other(m, task - 1, thread, &error)
                              : score_places(m, thread, &error);
    if (status == CAUS_OK)
        return;
#pragma omp critical(caus_additive_move)
    if (m->status == CAUS_OK) {
        m->status = status;
        m->error = error;
    }
}

/* Each variable's tree is touched by one task alone. */
static caus_status score_all(moving *m, caus_error *err)
{
    int threads = caus_run_threads(m->search->run);
    if (m->count < 8)
        threads = 1;
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t task = 0; task <= m->count; task++)
        score_one(m, task);
    m->search->look_count += 3 * m->count + 1;
    if (m->status != CAUS_OK)
        return caus_fail(err, m->status, "%s", m->error.message);
    return CAUS_OK;
}

/* Moves the variable where the sum is largest; `place` is where it was. */
static bool choose_place(moving *m, size_t place)
{
    size_t best = place;
    double sum = 0, was = 0, largest = -HUGE_VAL;
    for (size_t k = 0; k < m->count; k++)
        sum += m->after[k];
    for (size_t k = 0; k <= m->last; k++) {
        double total = sum + m->own[k];
        if (k == place)
            was = total;
        if (k >= m->first && total > largest + least_gain) {
            largest = total;
            best = k;
        }
        if (k < m->count)
            sum += m->before[k] - m->after[k];
    }
    bool moves = largest > was + least_gain;
    if (!moves)
        best = place;
    size_t *order = m->search->order;
    memcpy(order, m->others, best * sizeof *order);
    order[best] = m->variable;
    memcpy(order + best + 1, m->others + best,
           (m->count - best) * sizeof *order);
    m->search->score = moves ? largest : was;
    return moves;
}

/* The order of the others keeps what is required of them. */
static void find_room(moving *m)
{
    const caus_additive_data *data = m->search->data;
    m->first = 0;
    m->last = m->count;
    for (size_t k = m->count; k-- > 0;) {
        if (must_precede(data, m->variable, m->others[k]))
            m->last = k;
        if (!m->first && must_precede(data, m->others[k], m->variable))
            m->first = k + 1;
    }
}

static caus_status try_move(moving *m, bool *moved, caus_error *err)
{
    size_t variables = m->search->data->variable_count, place = 0;
    m->count = 0;
    for (size_t k = 0; k < variables; k++) {
        if (m->search->order[k] == m->variable)
            place = k;
        else
            m->others[m->count++] = m->search->order[k];
    }
    find_room(m);
    CAUS_TRY(score_all(m, err));
    if (choose_place(m, place))
        *moved = true;
    return CAUS_OK;
}

/* CAUS_ERR_TIME_LIMIT also when the looks are used up: either way the best
 * order so far is the answer. */
static caus_status move_all(caus_additive_search *search, moving *m,
                            caus_error *err)
{
    enum { MOST_ROUNDS = 100 };
    size_t variables = search->data->variable_count;
    bool moved = true;
    for (size_t round = 0; moved && round < MOST_ROUNDS; round++) {
        moved = false;
        for (size_t v = 0; v < variables; v++) {
            if (search->max_looks && search->look_count >= search->max_looks)
                return CAUS_ERR_TIME_LIMIT;
            m->variable = v;
            CAUS_TRY(try_move(m, &moved, err));
        }
    }
    return CAUS_OK;
}

static void shuffle(caus_random *random, size_t *order, size_t count)
{
    for (size_t k = 0; k < count; k++)
        order[k] = k;
    for (size_t k = count; k > 1; k--) {
        size_t other = (size_t)caus_random_below(random, k);
        size_t kept = order[k - 1];
        order[k - 1] = order[other];
        order[other] = kept;
    }
}

/* The first start is the order of the table, the others are drawn. */
static caus_status start_all(caus_additive_search *search, size_t starts,
                             moving *m, size_t *best, caus_error *err)
{
    size_t variables = search->data->variable_count;
    double score = -HUGE_VAL;
    caus_random random;
    caus_random_init(&random, caus_run_seed(search->run), 0);
    for (size_t k = 0; k < starts; k++) {
        caus_status status = move_all(search, m, err);
        if (k == 0 ||
            (status == CAUS_OK && search->score > score + least_gain)) {
            score = search->score;
            memcpy(best, search->order, variables * sizeof *best);
        }
        CAUS_TRY(status);
        shuffle(&random, search->order, variables);
        put_causes_first(search->data, search->order);
        caus_run_progress(search->run, CAUS_STAGE_SELECT, k + 1, starts);
    }
    return CAUS_OK;
}

caus_status caus_additive_search_run(caus_additive_search *search,
                                     size_t starts, bool *complete,
                                     caus_error *err)
{
    caus_arena *arena = caus_run_scratch(search->run, 0);
    size_t variables = search->data->variable_count;
    moving m = {
        .search = search,
        .others = CAUS_ARRAY(arena, size_t, variables),
        .before = CAUS_ARRAY(arena, double, variables),
        .after = CAUS_ARRAY(arena, double, variables),
        .own = CAUS_ARRAY(arena, double, variables),
    };
    size_t *best = CAUS_ARRAY(arena, size_t, variables);
    if (!m.others || !m.before || !m.after || !m.own || !best)
        return caus_arena_fail(arena, err);
    caus_status status = start_all(search, starts, &m, best, err);
    search->order = best;
    *complete = status == CAUS_OK;
    return status == CAUS_ERR_TIME_LIMIT ? CAUS_OK : status;
}
