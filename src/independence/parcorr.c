/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial correlation from the correlations of lagged variables. With R the
 * correlation matrix, P the shared conditions and L L' = R[P,P] their Cholesky
 * factor, w(a) = inv(L) R[P,a] turns R into the Schur complement
 * R[a,b] − w(a)·w(b); a test then eliminates only its own extra conditions.
 */
#include <math.h>
#include <string.h>

#include "independence/gram.h"

struct caus_ci_work {
    const caus_parcorr *state;
    caus_arena *arena;
    const double **rows_of; /* [node_count] of R; own copies where this thread
                               conditioned on them */
    caus_node target;
    caus_node *given; /* [given_capacity] distinct, not the target */
    size_t given_count;
    size_t given_capacity;
    double *factor;       /* [given_capacity × given_capacity] L, lower */
    double *lanes;        /* [given_capacity × CAUS_LANES] */
    double *inverse;      /* [given_capacity] 1 / diagonal of L */
    double *reduced;      /* [node_count × given_capacity] w(node) */
    uint32_t *reduced_in; /* [node_count / CAUS_LANES] the round w belongs to */
    uint32_t *given_in;   /* [node_count] the round the node was given in */
    uint32_t *listed_in;  /* [node_count] the list it was put on */
    uint32_t round, list;
    size_t width;          /* of w, padded */
    bool is_fast;          /* R can be used for the shared conditions */
    double target_left;    /* of the target's variance, when fast */
    caus_node *list_nodes; /* [list_capacity] */
    size_t list_capacity;
    double *matrix; /* [list_capacity²] upper triangle */
    caus_rows_work rows;
};

/* A smaller matrix is worth less than the memory of its copies. */
enum { WIDTH_UNIT = 4, MAX_PREPARED = 16, MIN_COPIED = 3 << 18 };

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const caus_parcorr *parcorr = state;
    size_t nodes = parcorr->sample->node_count;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    uint32_t *stamps = CAUS_ARRAY(arena, uint32_t, 3 * nodes);
    const double **rows_of = CAUS_ARRAY(arena, const double *, nodes);
    if (!work || !stamps || !rows_of)
        return caus_arena_fail(arena, err);
    for (size_t node = 0; node < nodes; node++)
        rows_of[node] = parcorr->gram + node * nodes;
    *work = (caus_ci_work){.state = parcorr,
                           .arena = arena,
                           .rows_of = rows_of,
                           .reduced_in = stamps,
                           .given_in = stamps + nodes,
                           .listed_in = stamps + 2 * nodes};
    CAUS_TRY(caus_rows_work_init(parcorr, arena, &work->rows, err));
    *result = work;
    return CAUS_OK;
}

static caus_status grow_given(caus_ci_work *work, size_t count, caus_error *err)
{
    if (count <= work->given_capacity)
        return CAUS_OK;
    size_t capacity = count < 12 ? 12 : (2 * count + 3) / 4 * 4;
    size_t nodes = work->state->sample->node_count;
    work->given = CAUS_ARRAY(work->arena, caus_node, capacity);
    work->factor = CAUS_ARRAY(work->arena, double, capacity *capacity);
    work->inverse = CAUS_ARRAY(work->arena, double, capacity);
    work->lanes = CAUS_ARRAY(work->arena, double, capacity *CAUS_LANES);
    work->given_capacity = 0;
    if (!work->state->is_ragged)
        work->reduced = CAUS_ARRAY(work->arena, double, capacity *nodes);
    if (!work->given || !work->factor || !work->inverse || !work->lanes ||
        (!work->reduced && !work->state->is_ragged))
        return caus_arena_fail(work->arena, err);
    work->given_capacity = capacity;
    return CAUS_OK;
}

static caus_status grow_list(caus_ci_work *work, size_t count, caus_error *err)
{
    if (count <= work->list_capacity)
        return CAUS_OK;
    size_t capacity = count < 32 ? 32 : 2 * count;
    work->list_capacity = 0;
    work->list_nodes = CAUS_ARRAY(work->arena, caus_node, capacity);
    work->matrix = CAUS_ARRAY(work->arena, double, capacity *capacity);
    if (!work->list_nodes || !work->matrix)
        return caus_arena_fail(work->arena, err);
    work->list_capacity = capacity;
    return CAUS_OK;
}

static const double *correlation_row(const caus_ci_work *work, caus_node node)
{
    return work->rows_of[node];
}

/* R was filled by several threads: half of a row comes from another processor,
 * line by line, whenever it has left this one's cache. */
static caus_status copy_row(caus_ci_work *work, caus_node node, caus_error *err)
{
    size_t nodes = work->state->sample->node_count;
    const double *shared = work->state->gram + node * nodes;
    if (!work->state->copies_rows || work->rows_of[node] != shared)
        return CAUS_OK;
    double *own = CAUS_ARRAY(work->arena, double, nodes);
    if (!own)
        return caus_arena_fail(work->arena, err);
    memcpy(own, shared, nodes * sizeof *own);
    work->rows_of[node] = own;
    return CAUS_OK;
}

static double short_dot(const double *a, const double *b, size_t count)
{
    double sum[WIDTH_UNIT] = {0};
    for (size_t i = 0; i < count; i += WIDTH_UNIT)
        for (size_t k = 0; k < WIDTH_UNIT; k++)
            sum[k] += a[i + k] * b[i + k];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* Cholesky factor of the shared conditions; false when R is too weak. */
static bool factorise(caus_ci_work *work)
{
    size_t stride = work->given_capacity;
    for (size_t i = 0; i < work->given_count; i++) {
        const double *row = correlation_row(work, work->given[i]);
        double *out = work->factor + i * stride;
        double pivot = 1;
        for (size_t j = 0; j < i; j++) {
            const double *other = work->factor + j * stride;
            double sum = row[work->given[j]];
            for (size_t k = 0; k < j; k++)
                sum -= out[k] * other[k];
            out[j] = sum * work->inverse[j];
            pivot -= out[j] * out[j];
        }
        if (!(pivot > caus_weak_pivot))
            return false;
        work->inverse[i] = 1 / sqrt(pivot);
    }
    return true;
}

/* w of CAUS_LANES neighbouring nodes from `first` on. */
static void reduce_lanes(caus_ci_work *work, caus_node first)
{
    size_t stride = work->given_capacity;
    for (size_t i = 0; i < work->given_count; i++) {
        const double *row = correlation_row(work, work->given[i]) + first;
        const double *factor = work->factor + i * stride;
        double sum[CAUS_LANES];
        for (size_t lane = 0; lane < CAUS_LANES; lane++)
            sum[lane] = row[lane];
        for (size_t k = 0; k < i; k++) {
            const double *other = work->lanes + k * CAUS_LANES;
            for (size_t lane = 0; lane < CAUS_LANES; lane++)
                sum[lane] -= factor[k] * other[lane];
        }
        double *own = work->lanes + i * CAUS_LANES;
        for (size_t lane = 0; lane < CAUS_LANES; lane++)
            own[lane] = sum[lane] * work->inverse[i];
    }
    for (size_t lane = 0; lane < CAUS_LANES; lane++) {
        double *w = work->reduced + (first + lane) * stride;
        for (size_t i = 0; i < work->given_count; i++)
            w[i] = work->lanes[i * CAUS_LANES + lane];
        for (size_t i = work->given_count; i < work->width; i++)
            w[i] = 0;
    }
}

/* w(node), worked out with its neighbours when first asked for. */
static inline const double *reduce(caus_ci_work *work, caus_node node)
{
    caus_node group = node / CAUS_LANES;
    if (work->reduced_in[group] != work->round) {
        work->reduced_in[group] = work->round;
        reduce_lanes(work, group * CAUS_LANES);
    }
    return work->reduced + node * work->given_capacity;
}

static bool is_constant(const caus_ci_work *work, caus_node node)
{
    return !work->state->is_ragged &&
           work->state->state[node] == CAUS_NODE_CONSTANT;
}

static bool is_weak(const caus_ci_work *work, caus_node node)
{
    return work->state->state[node] == CAUS_NODE_WEAK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    CAUS_TRY(grow_given(work, count, err));
    work->round++;
    work->target = target;
    work->given_count = 0;
    work->is_fast = !work->state->is_ragged && !is_weak(work, target);
    for (size_t i = 0; i < count; i++) {
        caus_node node = given[i];
        if (node == target || work->given_in[node] == work->round ||
            is_constant(work, node))
            continue;
        if (work->is_fast && is_weak(work, node))
            work->is_fast = false;
        work->given_in[node] = work->round;
        work->given[work->given_count++] = node;
        CAUS_TRY(copy_row(work, node, err));
    }
    CAUS_TRY(copy_row(work, target, err));
    work->width =
        (work->given_count + WIDTH_UNIT - 1) / WIDTH_UNIT * WIDTH_UNIT;
    work->is_fast = work->is_fast && factorise(work);
    if (work->is_fast) {
        const double *w = reduce(work, target);
        work->target_left = 1 - short_dot(w, w, work->width);
    }
    return CAUS_OK;
}

void caus_parcorr_give(const caus_residuals *left, caus_ci_result *result)
{
    double df = left->row_weight - 2 - (double)left->conditions;
    double r = left->both / sqrt(left->source * left->target);
    *result = (caus_ci_result){.df = df};
    if (left->is_constant || !(left->source > 0) || !(left->target > 0) ||
        !(df >= 1)) {
        result->undetermined = true;
        return;
    }
    result->statistic = r > 1 ? 1 : r < -1 ? -1 : r;
}

/* The test as a list of nodes: shared conditions unless they are eliminated
 * apart, own ones, source, target. Clears *sound at a weak node. */
static caus_status list_nodes(caus_ci_work *work, const caus_ci_source *source,
                              bool with_given, caus_test_nodes *test,
                              bool *sound, caus_error *err)
{
    CAUS_TRY(grow_list(work, work->given_count + source->extra_count + 2, err));
    size_t used = 0;
    caus_node *nodes = work->list_nodes;
    work->list++;
    for (size_t i = 0; with_given && i < work->given_count; i++)
        if (work->given[i] != source->node)
            nodes[used++] = work->given[i];
    for (size_t i = 0; i < source->extra_count; i++) {
        caus_node node = source->extra[i];
        if (work->given_in[node] == work->round || node == source->node ||
            node == work->target || work->listed_in[node] == work->list ||
            is_constant(work, node))
            continue;
        work->listed_in[node] = work->list;
        nodes[used++] = node;
        if (!work->state->is_ragged && is_weak(work, node))
            *sound = false;
    }
    nodes[used++] = source->node;
    nodes[used++] = work->target;
    *test = (caus_test_nodes){nodes, used};
    return CAUS_OK;
}

/* The Schur complement of the listed nodes, upper triangle. */
static void fill_reduced(caus_ci_work *work, const caus_test_nodes *test)
{
    for (size_t i = 0; i < test->count; i++) {
        const double *row = correlation_row(work, test->nodes[i]);
        double *out = work->matrix + i * work->list_capacity;
        if (!work->given_count) {
            for (size_t j = i; j < test->count; j++)
                out[j] = row[test->nodes[j]];
            continue;
        }
        const double *w = reduce(work, test->nodes[i]);
        for (size_t j = i; j < test->count; j++)
            out[j] = row[test->nodes[j]] -
                     short_dot(w, reduce(work, test->nodes[j]), work->width);
    }
}

static void fill_plain(caus_ci_work *work, const caus_test_nodes *test)
{
    for (size_t i = 0; i < test->count; i++) {
        const double *row = correlation_row(work, test->nodes[i]);
        double *out = work->matrix + i * work->list_capacity;
        for (size_t j = i; j < test->count; j++)
            out[j] = row[test->nodes[j]];
    }
}

/* The test from R; false when a pivot is too small to trust. */
static bool test_fast(caus_ci_work *work, const caus_test_nodes *test,
                      size_t conditions, bool reduced, caus_residuals *left)
{
    if (reduced)
        fill_reduced(work, test);
    else
        fill_plain(work, test);
    size_t stride = work->list_capacity, last = test->count - 1;
    double smallest = caus_eliminate(work->matrix, test->count, stride);
    *left = (caus_residuals){
        .source = work->matrix[(last - 1) * stride + last - 1],
        .target = work->matrix[last * stride + last],
        .both = work->matrix[(last - 1) * stride + last],
        .row_weight = work->state->total_weight,
        .conditions = conditions,
    };
    return smallest > caus_weak_pivot;
}

/* The own conditions of a source and the source itself, with R between them;
 * R is scattered over memory and every target asks for the same part. */
typedef struct prepared_source {
    size_t count; /* the source is the last */
    caus_node nodes[MAX_PREPARED];
    double block[]; /* [count × count] upper triangle */
} prepared_source;

static bool contains(const prepared_source *made, caus_node node)
{
    for (size_t i = 0; i < made->count; i++)
        if (made->nodes[i] == node)
            return true;
    return false;
}

/* Leaves the source alone where the general way is needed. */
static caus_status prepare(const void *state, caus_arena *arena,
                           caus_ci_source *source, caus_error *err)
{
    const caus_parcorr *parcorr = state;
    size_t nodes = parcorr->sample->node_count;
    if (parcorr->is_ragged || source->extra_count + 1 > MAX_PREPARED)
        return CAUS_OK;
    size_t most = source->extra_count + 1;
    prepared_source *made = caus_arena_array(
        arena, 1, sizeof *made + most * most * sizeof made->block[0]);
    if (!made)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i <= source->extra_count; i++) {
        bool is_last = i == source->extra_count;
        caus_node node = is_last ? source->node : source->extra[i];
        if (parcorr->state[node] == CAUS_NODE_WEAK)
            return CAUS_OK;
        if (!is_last && (parcorr->state[node] == CAUS_NODE_CONSTANT ||
                         node == source->node || contains(made, node)))
            continue;
        made->nodes[made->count++] = node;
    }
    for (size_t i = 0; i < made->count; i++)
        for (size_t j = i; j < made->count; j++)
            made->block[i * made->count + j] =
                parcorr->gram[made->nodes[i] * nodes + made->nodes[j]];
    source->prepared = made;
    return CAUS_OK;
}

/* As test_fast(), from what was prepared for the source. */
static bool test_prepared(caus_ci_work *work, const prepared_source *source,
                          caus_residuals *left)
{
    double matrix[MAX_PREPARED + 1][MAX_PREPARED + 1];
    const double *w[MAX_PREPARED + 1];
    size_t place[MAX_PREPARED], count = 0;
    const double *target_row = correlation_row(work, work->target);
    for (size_t i = 0; i < source->count; i++) {
        caus_node node = source->nodes[i];
        if (work->given_in[node] == work->round || node == work->target)
            continue;
        w[count] = reduce(work, node);
        place[count++] = i;
    }
    w[count] = reduce(work, work->target);
    for (size_t i = 0; i < count; i++) {
        const double *block = source->block + place[i] * source->count;
        for (size_t j = i; j < count; j++)
            matrix[i][j] = block[place[j]] - short_dot(w[i], w[j], work->width);
        matrix[i][count] = target_row[source->nodes[place[i]]] -
                           short_dot(w[i], w[count], work->width);
    }
    matrix[count][count] = work->target_left;
    double smallest =
        caus_eliminate(&matrix[0][0], count + 1, MAX_PREPARED + 1);
    *left = (caus_residuals){
        .source = matrix[count - 1][count - 1],
        .target = matrix[count][count],
        .both = matrix[count - 1][count],
        .row_weight = work->state->total_weight,
        .conditions = work->given_count + count - 1,
    };
    return smallest > caus_weak_pivot;
}

/* The test from the rows of the sample. */
static caus_status test_rows(caus_ci_work *work, const caus_ci_source *source,
                             caus_residuals *left, caus_error *err)
{
    caus_test_nodes nodes;
    bool sound;
    CAUS_TRY(list_nodes(work, source, true, &nodes, &sound, err));
    left->is_weak = true;
    if (work->state->is_ragged)
        CAUS_TRY(
            caus_rows_from_gram(work->state, &work->rows, &nodes, left, err));
    if (left->is_weak)
        CAUS_TRY(caus_rows_direct(work->state, &work->rows, &nodes, left, err));
    return CAUS_OK;
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    caus_residuals left = {.is_constant = true};
    if (is_constant(work, source->node) || is_constant(work, work->target)) {
        left.row_weight = work->state->total_weight;
        caus_parcorr_give(&left, result);
        return CAUS_OK;
    }
    bool is_given = work->given_in[source->node] == work->round;
    bool sound = work->is_fast && !is_weak(work, source->node);
    bool done = false;
    if (sound && !work->given_count && !source->extra_count) {
        left = (caus_residuals){
            .source = 1,
            .target = 1,
            .both = correlation_row(work, work->target)[source->node],
            .row_weight = work->state->total_weight};
        done = true;
    } else if (sound && source->prepared && !is_given) {
        done = test_prepared(work, source->prepared, &left);
    } else if (sound) {
        caus_test_nodes nodes;
        CAUS_TRY(list_nodes(work, source, is_given, &nodes, &sound, err));
        size_t conditions =
            nodes.count - 2 + (is_given ? 0 : work->given_count);
        done = sound && test_fast(work, &nodes, conditions, !is_given, &left);
    }
    if (!done)
        CAUS_TRY(test_rows(work, source, &left, err));
    caus_parcorr_give(&left, result);
    return CAUS_OK;
}

/* n · log(residual sum of squares) + 2 · (conditions + 1): the criterion by
 * which pc_alpha is chosen. */
double caus_parcorr_akaike(double rows, double left, size_t conditions)
{
    return rows * log(rows * left) + 2 * ((double)conditions + 1);
}

static caus_status score(caus_ci_work *work, double *result, caus_error *err)
{
    double rows = work->state->total_weight, left = 0;
    if (is_constant(work, work->target)) {
        left = 0;
    } else if (work->is_fast && work->target_left > caus_weak_pivot) {
        left = work->target_left;
    } else {
        /* as a test whose source is the target itself */
        caus_test_nodes nodes;
        caus_residuals rest = {.is_weak = true};
        caus_ci_source target = {.node = work->target};
        bool sound;
        CAUS_TRY(list_nodes(work, &target, true, &nodes, &sound, err));
        CAUS_TRY(
            caus_rows_direct(work->state, &work->rows, &nodes, &rest, err));
        left = rest.target;
        rows = rest.row_weight;
    }
    *result = caus_parcorr_akaike(rows, left, work->given_count);
    return CAUS_OK;
}

static caus_status fill_state(caus_parcorr *state, int threads,
                              const caus_run *run, caus_arena *arena,
                              caus_error *err)
{
    size_t nodes = state->sample->node_count;
    state->gram = CAUS_ARRAY(arena, double, nodes *nodes);
    state->sums = CAUS_ARRAY(arena, double, nodes);
    state->state = CAUS_ARRAY(arena, unsigned char, nodes);
    double *inverse = CAUS_ARRAY(arena, double, nodes);
    if (!state->gram || !state->sums || !state->state || !inverse)
        return caus_arena_fail(arena, err);
    if (state->sample->gram)
        return caus_gram_correlate(state, threads, run, inverse, err);
    CAUS_TRY(caus_moments_fill(state, threads, run, arena, err));
    if (state->is_ragged)
        caus_moments_mirror(state, threads);
    else
        caus_moments_normalise(state, threads, inverse);
    return CAUS_OK;
}

caus_status caus_parcorr_init(const caus_sample *sample, const double *weights,
                              int threads, const caus_run *run,
                              caus_arena *arena, caus_independence *result,
                              caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_parcorr *state = CAUS_ARRAY(arena, caus_parcorr, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = (caus_parcorr){.sample = sample,
                            .run = run,
                            .weights = weights,
                            .total_weight = (double)sample->row_count};
    if (weights) {
        state->total_weight = 0;
        for (size_t r = 0; r < sample->row_count; r++)
            state->total_weight += weights[r];
    }
    for (size_t role = 0; role < CAUS_TEST_ROLE_COUNT; role++)
        state->is_ragged = state->is_ragged || sample->invalid[role];
    state->copies_rows = threads > 1 && !state->is_ragged &&
                         !caus_run_memory_limit_bytes(run) &&
                         sample->node_count * sample->node_count >= MIN_COPIED;
    caus_status status = fill_state(state, threads, run, arena, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(arena, mark);
        return status;
    }
    *result = (caus_independence){.state = state,
                                  .sample = sample,
                                  .start = start,
                                  .condition = condition,
                                  .prepare = prepare,
                                  .test = test,
                                  .score = score,
                                  .correlations =
                                      state->is_ragged ? NULL : state->gram};
    caus_parcorr_decide(result);
    if (!weights && !sample->gram) { /* resamples have no intervals */
        result->place = caus_parcorr_place;
        result->place_state = state;
    }
    return CAUS_OK;
}
