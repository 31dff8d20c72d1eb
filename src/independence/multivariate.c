/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial correlation between vectors: a node stands for all variables of its
 * vector group at its lag. The conditions are taken out of the correlation
 * matrix, or, where that costs digits or rows differ, out of the rows.
 */
#include <math.h>

#include "independence/linear_internal.h"
#include "numeric/distributions.h"

/* The pairs of components that a result was chosen from travel in the
 * fraction of df, whose other part is a whole number. */
enum { MAX_PAIRS = 1 << 16 };

/* Variance left of a component, of 1, that counts as none. */
static const double least_variance = 1e-10;

typedef struct vectors {
    const caus_sample *sample;
    const caus_run *run;
    const double *weights; /* [row_count]; NULL = all 1 */
    double total_weight;
    caus_vector_statistic statistic;
    const double *correlations; /* [node_count²]; NULL = use rows */
    size_t *first;              /* [variable_count + 1] in `members` */
    size_t *members;            /* of the group of each variable */
} vectors;

struct caus_ci_work {
    const vectors *state;
    caus_linear_work linear;
    caus_node *nodes; /* [capacity] conditions, source's, target's */
    size_t capacity;
    double *matrix;  /* [capacity²] upper triangle */
    double *scratch; /* [capacity²] */
    double *pivots;  /* [2 · capacity] */
    size_t given, sources, targets;
    size_t conditions; /* of `given`, those that vary */
    double rows;       /* of the test, weighted */
};

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const vectors *mine = state;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!work)
        return caus_arena_fail(arena, err);
    work->state = mine;
    CAUS_TRY(
        caus_linear_start(mine->sample, mine->run, arena, &work->linear, err));
    *result = work;
    return CAUS_OK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    return caus_linear_condition(&work->linear, target, given, count, err);
}

/* ---- the components of a test ---- */

static size_t width_of(const vectors *state, caus_node node)
{
    size_t variable = node % state->sample->stride;
    return state->first[variable + 1] - state->first[variable];
}

static caus_status grow(caus_ci_work *work, size_t count, caus_error *err)
{
    if (count <= work->capacity)
        return CAUS_OK;
    caus_arena *arena = work->linear.arena;
    size_t capacity = count < 16 ? 16 : 2 * count;
    work->capacity = 0;
    work->nodes = CAUS_ARRAY(arena, caus_node, capacity);
    work->matrix = CAUS_ARRAY(arena, double, capacity *capacity);
    work->scratch = CAUS_ARRAY(arena, double, capacity *capacity);
    work->pivots = CAUS_ARRAY(arena, double, 2 * capacity);
    if (!work->nodes || !work->matrix || !work->scratch || !work->pivots)
        return caus_arena_fail(arena, err);
    work->capacity = capacity;
    return CAUS_OK;
}

/* Appends the components of a node that are not listed yet. */
static size_t add_components(caus_ci_work *work, caus_node node, size_t used)
{
    const vectors *state = work->state;
    caus_linear_work *linear = &work->linear;
    size_t stride = state->sample->stride, variable = node % stride;
    size_t before = used;
    for (size_t k = state->first[variable]; k < state->first[variable + 1];
         k++) {
        caus_node part = (caus_node)(node - variable + state->members[k]);
        if (linear->listed_in[part] == linear->list)
            continue;
        linear->listed_in[part] = linear->list;
        work->nodes[used++] = part;
    }
    return used - before;
}

/* Lists the components with the conditions in front. Source and target claim
 * theirs first, so that no condition holds a part of them. */
static caus_status list_components(caus_ci_work *work,
                                   const caus_ci_source *source,
                                   caus_error *err)
{
    caus_linear_work *linear = &work->linear;
    CAUS_TRY(caus_linear_list(linear, source, err));
    const caus_node *nodes = caus_linear_nodes(linear);
    size_t count = 0, places = linear->node_count - 2;
    for (size_t k = 0; k < linear->node_count; k++)
        count += width_of(work->state, nodes[k]);
    CAUS_TRY(grow(work, count, err));
    linear->list++;
    size_t sources = width_of(work->state, source->node);
    size_t targets = width_of(work->state, linear->target);
    work->sources = add_components(work, source->node, 0);
    work->targets = add_components(work, linear->target, sources);
    size_t last = count;
    for (size_t k = work->sources + work->targets; k-- > 0;)
        work->nodes[--last] = work->nodes[k];
    size_t used = 0;
    for (size_t k = 0; k < places; k++)
        used += add_components(work, nodes[k], used);
    for (size_t k = last; k < count; k++)
        work->nodes[used + k - last] = work->nodes[k];
    work->given = used;
    /* a source that shares components with the target says nothing */
    if (work->sources < sources || work->targets < targets)
        work->targets = 0;
    return CAUS_OK;
}

/* ---- what the conditions leave ---- */

/* The correlations of all components, less the conditions; false when they
 * cannot be trusted. */
static bool reduce_matrix(caus_ci_work *work)
{
    const vectors *state = work->state;
    size_t nodes = state->sample->node_count, stride = work->capacity;
    size_t count = work->given + work->sources + work->targets;
    double *matrix = work->matrix;
    for (size_t i = 0; i < count; i++) {
        const double *row = state->correlations + work->nodes[i] * nodes;
        if (!(row[work->nodes[i]] > 0))
            return false;
        for (size_t j = i; j < count; j++)
            matrix[i * stride + j] = i == j ? 1 : row[work->nodes[j]];
    }
    for (size_t p = 0; p < work->given; p++) {
        const double *row = matrix + p * stride;
        if (!(row[p] > caus_weak_pivot))
            return false;
        for (size_t i = p + 1; i < count; i++) {
            double factor = row[i] / row[p];
            for (size_t j = i; j < count; j++)
                matrix[i * stride + j] -= factor * row[j];
        }
    }
    for (size_t i = work->given; i < count; i++)
        if (!(matrix[i * stride + i] > caus_weak_pivot))
            return false;
    work->rows = state->total_weight;
    work->conditions = work->given;
    return true;
}

static double weight_of(const vectors *state, size_t row)
{
    return state->weights ? state->weights[row] : 1;
}

/* Centred values of a component, rows by the roots of their weights, of unit
 * length; false when it does not vary. */
static bool fill_column(const caus_ci_work *work, caus_node node,
                        double *column)
{
    const caus_linear_work *linear = &work->linear;
    double sum = 0;
    if (!caus_linear_copy(linear, node, column))
        return false;
    for (size_t k = 0; k < linear->row_count; k++)
        sum += weight_of(work->state, linear->rows[k]) * column[k];
    double mean = sum / work->rows;
    for (size_t k = 0; k < linear->row_count; k++)
        column[k] =
            (column[k] - mean) * sqrt(weight_of(work->state, linear->rows[k]));
    double length = sqrt(caus_dot(column, column, linear->row_count));
    if (!(length > 0))
        return false;
    for (size_t k = 0; k < linear->row_count; k++)
        column[k] /= length;
    return true;
}

/* Rows that every component may use in its role, with a positive weight. */
static void find_rows(caus_ci_work *work)
{
    caus_linear_work *linear = &work->linear;
    const caus_sample *sample = work->state->sample;
    size_t count = work->given + work->sources + work->targets;
    linear->row_count = 0;
    work->rows = 0;
    for (size_t r = 0; r < sample->row_count; r++) {
        bool lost = !(weight_of(work->state, r) > 0);
        for (size_t k = 0; k < count && !lost; k++) {
            size_t role = k < work->given ? CAUS_ROLE_OF_CONDITION
                          : k < work->given + work->sources
                              ? CAUS_ROLE_OF_SOURCE
                              : CAUS_ROLE_OF_TARGET;
            const uint64_t *const *marks = sample->invalid[role];
            const uint64_t *bits = marks ? marks[work->nodes[k]] : NULL;
            lost = bits && (bits[r / 64] >> (r % 64) & 1);
        }
        if (lost)
            continue;
        linear->rows[linear->row_count++] = r;
        work->rows += weight_of(work->state, r);
    }
}

/* Products of the residuals of the sides, behind the conditions' places.
 * Conditions and components that do not vary leave no trace. */
static caus_status reduce_rows(caus_ci_work *work, caus_error *err)
{
    caus_linear_work *linear = &work->linear;
    size_t count = work->given + work->sources + work->targets;
    size_t stride = work->capacity;
    find_rows(work);
    work->conditions = 0;
    CAUS_TRY(caus_linear_reserve(linear, count + 1, err));
    size_t rows = linear->row_count;
    caus_basis basis = {caus_linear_column(linear, 0), rows, 0};
    double *column = caus_linear_column(linear, work->given);
    for (size_t k = 0; k < work->given && rows; k++) {
        CAUS_TRY(caus_run_check(linear->run, err));
        if (!fill_column(work, work->nodes[k], column))
            continue;
        caus_basis_add(&basis, column);
        work->conditions++;
    }
    for (size_t k = work->given; k < count; k++) {
        double *own = caus_linear_column(linear, k);
        bool varies = rows && fill_column(work, work->nodes[k], own);
        if (!varies || !caus_basis_project(&basis, own))
            for (size_t r = 0; r < rows; r++)
                own[r] = 0;
    }
    for (size_t i = work->given; i < count; i++)
        for (size_t j = i; j < count; j++)
            work->matrix[i * stride + j] =
                caus_dot(caus_linear_column(linear, i),
                         caus_linear_column(linear, j), rows);
    return CAUS_OK;
}

/* ---- statistics ---- */

static double at(const caus_ci_work *work, size_t i, size_t j)
{
    i += work->given, j += work->given;
    return work->matrix[(i < j ? i : j) * work->capacity + (i < j ? j : i)];
}

static double pack(double whole, size_t pairs)
{
    return whole + (double)(pairs - 1) / MAX_PAIRS;
}

static size_t pairs_of(double df)
{
    return (size_t)((df - floor(df)) * MAX_PAIRS + .5) + 1;
}

/* The largest correlation between components, with its sign. Components of
 * which nothing is left do not take part. */
static void give_largest(const caus_ci_work *work, caus_ci_result *result)
{
    size_t sides[2] = {0};
    double largest = 0;
    for (size_t i = 0; i < work->sources + work->targets; i++)
        sides[i >= work->sources] += at(work, i, i) > least_variance;
    for (size_t i = 0; i < work->sources; i++) {
        for (size_t k = 0; k < work->targets; k++) {
            size_t j = work->sources + k;
            double product = at(work, i, i) * at(work, j, j);
            if (!(at(work, i, i) > least_variance) ||
                !(at(work, j, j) > least_variance))
                continue;
            double r = at(work, i, j) / sqrt(product);
            if (fabs(r) > fabs(largest))
                largest = r > 1 ? 1 : r < -1 ? -1 : r;
        }
    }
    double df = work->rows - (double)(work->conditions + sides[0] + sides[1]);
    if (!sides[0] || !sides[1] || !(df >= 1))
        return;
    *result = (caus_ci_result){.statistic = largest,
                               .df = pack(df, sides[0] * sides[1])};
}

/* Pivots of the sides' components after `first` … and those before them, by
 * elimination in the order given; components that are spanned get 0. */
static void find_pivots(caus_ci_work *work, size_t first, double *pivots)
{
    size_t count = work->sources + work->targets, stride = work->capacity;
    double *matrix = work->scratch;
    for (size_t i = first; i < count; i++)
        for (size_t j = i; j < count; j++)
            matrix[i * stride + j] = at(work, i, j);
    for (size_t p = first; p < count; p++) {
        const double *row = matrix + p * stride;
        pivots[p] = row[p];
        if (!(row[p] > least_variance * at(work, p, p)) ||
            !(at(work, p, p) > least_variance)) {
            pivots[p] = 0;
            continue;
        }
        for (size_t i = p + 1; i < count; i++) {
            double factor = row[i] / row[p];
            for (size_t j = i; j < count; j++)
                matrix[i * stride + j] -= factor * row[j];
        }
    }
}

/*
 * Wilks' lambda is the product over the target's components of what is left of
 * their variance with the source, beside what is left without it.
 */
static void give_lambda(caus_ci_work *work, caus_ci_result *result)
{
    size_t count = work->sources + work->targets, sides[2] = {0};
    double *joint = work->pivots, *alone = work->pivots + count;
    double lambda = 1;
    find_pivots(work, 0, joint);
    find_pivots(work, work->sources, alone);
    for (size_t i = 0; i < work->sources; i++)
        sides[0] += joint[i] > 0;
    for (size_t j = work->sources; j < count; j++) {
        if (!(alone[j] > 0))
            continue;
        sides[1]++;
        lambda *= joint[j] / alone[j];
    }
    double both = (double)(sides[0] + sides[1]);
    double factor = work->rows - (double)work->conditions - 1 - (both + 1) / 2;
    if (!sides[0] || !sides[1] || !(factor >= .5) ||
        !(work->rows - (double)work->conditions - both >= 1))
        return;
    lambda = lambda > 1 ? 1 : lambda;
    *result = (caus_ci_result){.statistic = sqrt(1 - lambda),
                               .df = pack(2 * factor, sides[0] * sides[1])};
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    CAUS_TRY(list_components(work, source, err));
    *result = (caus_ci_result){.df = 1, .undetermined = true};
    if (!work->targets)
        return CAUS_OK;
    if (!work->state->correlations || !reduce_matrix(work))
        CAUS_TRY(reduce_rows(work, err));
    if (work->state->statistic == CAUS_VECTOR_WILKS)
        give_lambda(work, result);
    else
        give_largest(work, result);
    return CAUS_OK;
}

/* Bonferroni's bound over the pairs. */
static double p_value_largest(double statistic, double df)
{
    double r = fabs(statistic), whole = floor(df);
    if (!(df >= 1))
        return 1;
    if (r >= 1)
        return 0;
    double t = r * sqrt(whole / ((1 - r) * (1 + r)));
    return fmin(1, 2 * (double)pairs_of(df) * caus_student_t_sf_fast(t, whole));
}

/* Bartlett's approximation. */
static double p_value_lambda(double statistic, double df)
{
    double square = statistic * statistic, factor = floor(df) / 2;
    if (!(df >= 1))
        return 1;
    if (square >= 1)
        return 0;
    return caus_chi_squared_sf(-factor * log1p(-square), (double)pairs_of(df));
}

static double degrees_largest(double df)
{
    return floor(df);
}

static double degrees_lambda(double df)
{
    return (double)pairs_of(df);
}

/* ---- groups ---- */

static caus_status list_members(vectors *state, caus_arena *arena,
                                caus_error *err)
{
    const caus_sample *sample = state->sample;
    size_t variables = sample->variable_count, used = 0, widest = 0;
    state->first = CAUS_ARRAY(arena, size_t, variables + 1);
    if (!state->first)
        return caus_arena_fail(arena, err);
    for (int pass = 0; pass < 2; pass++) {
        used = 0;
        for (size_t v = 0; v < variables; v++) {
            int group =
                sample->variables ? sample->variables[v].vector_group : -1;
            state->first[v] = used;
            for (size_t w = 0; w < variables; w++) {
                if (w != v &&
                    (group < 0 || sample->variables[w].vector_group != group))
                    continue;
                if (pass)
                    state->members[used] = w;
                used++;
            }
            size_t width = used - state->first[v];
            widest = width > widest ? width : widest;
        }
        state->first[variables] = used;
        if (!pass)
            state->members = CAUS_ARRAY(arena, size_t, used);
        if (!state->members)
            return caus_arena_fail(arena, err);
    }
    if (widest * widest > MAX_PAIRS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "a vector of %zu variables is too wide to test: the "
                         "limit is 256; split it",
                         widest);
    return CAUS_OK;
}

static caus_status make_test(vectors *state, int threads, caus_arena *arena,
                             caus_independence *result, caus_error *err)
{
    bool is_wilks = state->statistic == CAUS_VECTOR_WILKS;
    caus_independence simple;
    CAUS_TRY(list_members(state, arena, err));
    CAUS_TRY(caus_parcorr_init(state->sample, state->weights, threads,
                               state->run, arena, &simple, err));
    state->correlations = simple.correlations;
    *result = (caus_independence){
        .state = state,
        .sample = state->sample,
        .start = start,
        .condition = condition,
        .test = test,
        .p_value = is_wilks ? p_value_lambda : p_value_largest,
        .degrees = is_wilks ? degrees_lambda : degrees_largest,
    };
    return CAUS_OK;
}

caus_status caus_vectors_init(const caus_test_options *options,
                              const caus_sample *sample, const double *weights,
                              int threads, const caus_run *run,
                              caus_arena *arena, caus_independence *result,
                              caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    vectors *state = CAUS_ARRAY(arena, vectors, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = (vectors){.sample = sample,
                       .run = run,
                       .weights = weights,
                       .total_weight = (double)sample->row_count,
                       .statistic = options->vector_statistic};
    if (weights) {
        state->total_weight = 0;
        for (size_t r = 0; r < sample->row_count; r++)
            state->total_weight += weights[r];
    }
    caus_status status = make_test(state, threads, arena, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(arena, mark);
    return status;
}
