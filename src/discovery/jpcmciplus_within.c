/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Correlations of nodes within groups of rows. Effects are taken from values
 * before products are summed, so nothing cancels.
 */
#include <math.h>
#include <string.h>

#include "discovery/jpcmciplus_internal.h"
#include "numeric/numeric.h"

enum { BLOCK_ROWS = 256, STRIP_NODES = 32 };

/* What is left of a column, of its sum of squares, when it is spanned. */
static const double spanned_share = 1e-20;
/* A pivot below this leaves fewer than ten digits: the rows are asked. */
static const double weak_pivot = 1e-4;

typedef struct making {
    const caus_joint *joint;
    caus_within *within;
    double *many;   /* [node_count × groups] effects */
    double *few;    /* likewise */
    double *energy; /* [node_count] about the mean */
    double *block;  /* [BLOCK_ROWS × node_count] */
} making;

static double energy_of(const double *column, size_t count)
{
    double mean = 0, sum = 0;
    for (size_t r = 0; r < count; r++)
        mean += column[r];
    mean /= (double)count;
    for (size_t r = 0; r < count; r++)
        sum += (column[r] - mean) * (column[r] - mean);
    return sum;
}

static caus_status fit_all(making *m, caus_arena *arena, caus_error *err)
{
    const caus_sample *sample = m->joint->sample;
    const caus_effects *effects = &m->within->effects;
    size_t nodes = sample->node_count, rows = sample->row_count;
    double *column = CAUS_ARRAY(arena, double, rows);
    if (!column)
        return caus_arena_fail(arena, err);
    for (size_t node = 0; node < nodes; node++) {
        CAUS_TRY(caus_run_check(m->joint->run, err));
        for (size_t r = 0; r < rows; r++)
            column[r] = caus_node_value(sample, r, (caus_node)node);
        m->energy[node] = energy_of(column, rows);
        caus_effects_fit(effects, column, m->many + node * effects->many.count,
                         m->few + node * effects->few.count);
    }
    return CAUS_OK;
}

static void fill_row(const making *m, size_t row, double *out)
{
    const caus_sample *sample = m->joint->sample;
    const caus_effects *effects = &m->within->effects;
    for (size_t node = 0; node < sample->node_count; node++)
        out[node] =
            caus_node_value(sample, row, (caus_node)node) -
            caus_effects_of(effects, m->many + node * effects->many.count,
                            m->few + node * effects->few.count, row);
}

static void add_strip(const making *m, size_t first, size_t rows)
{
    size_t nodes = m->joint->sample->node_count;
    size_t count = nodes - first < STRIP_NODES ? nodes - first : STRIP_NODES;
    caus_gram_task task = {.left = m->block + first,
                           .right = m->block,
                           .out = m->within->matrix + first * nodes,
                           .left_stride = nodes,
                           .right_stride = nodes,
                           .out_stride = nodes,
                           .left_count = count,
                           .right_count = nodes,
                           .row_count = rows};
    caus_gram_best()->add(&task);
}

static void add_sums(const making *m, size_t first, size_t rows)
{
    size_t nodes = m->joint->sample->node_count;
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++) {
        double *sums = m->within->sums[d];
        for (size_t r = 0; sums && r < rows; r++) {
            double *out = sums + m->joint->groups[d].of_row[first + r] * nodes;
            const double *row = m->block + r * nodes;
            for (size_t node = 0; node < nodes; node++)
                out[node] += row[node];
        }
    }
}

static caus_status add_blocks(const making *m, caus_error *err)
{
    const caus_sample *sample = m->joint->sample;
    int threads = m->joint->threads;
    for (size_t first = 0; first < sample->row_count; first += BLOCK_ROWS) {
        size_t rows = sample->row_count - first;
        rows = rows < BLOCK_ROWS ? rows : BLOCK_ROWS;
        CAUS_TRY(caus_run_check(m->joint->run, err));
#pragma omp parallel num_threads(threads) if (threads > 1)
        {
#pragma omp for
            for (size_t r = 0; r < rows; r++)
                fill_row(m, first + r, m->block + r * sample->node_count);
#pragma omp for
            for (size_t strip = 0; strip < sample->node_count;
                 strip += STRIP_NODES)
                add_strip(m, strip, rows);
        }
        add_sums(m, first, rows);
    }
    return CAUS_OK;
}

/* Products become correlations, sums those of columns of unit length. */
static void normalise(const making *m, double *inverse)
{
    caus_within *within = m->within;
    size_t nodes = m->joint->sample->node_count;
    for (size_t i = 0; i < nodes; i++) {
        double left = within->matrix[i * nodes + i];
        within->is_spanned[i] = !(left > spanned_share * m->energy[i]);
        inverse[i] = within->is_spanned[i] ? 0 : 1 / sqrt(left);
    }
    for (size_t i = 0; i < nodes; i++)
        for (size_t j = 0; j < nodes; j++)
            within->matrix[i * nodes + j] *= inverse[i] * inverse[j];
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++)
        for (size_t g = 0; within->sums[d] && g < m->joint->groups[d].count;
             g++)
            for (size_t i = 0; i < nodes; i++)
                within->sums[d][g * nodes + i] *= inverse[i];
}

static caus_status make(caus_joint *joint, unsigned set, caus_within *within,
                        caus_arena *arena, caus_arena *scratch, caus_error *err)
{
    size_t nodes = joint->sample->node_count;
    CAUS_TRY(caus_effects_init(joint->sample->row_count, joint->groups, set,
                               arena, &within->effects, err));
    within->matrix = CAUS_ARRAY(arena, double, nodes *nodes);
    within->is_spanned = CAUS_ARRAY(arena, bool, nodes);
    if (!within->matrix || !within->is_spanned)
        return caus_arena_fail(arena, err);
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++) {
        if (!joint->groups[d].count || set >> d & 1)
            continue;
        within->sums[d] =
            CAUS_ARRAY(arena, double, joint->groups[d].count *nodes);
        if (!within->sums[d])
            return caus_arena_fail(arena, err);
    }
    const caus_effects *effects = &within->effects;
    making m = {
        .joint = joint,
        .within = within,
        .many = CAUS_ARRAY(scratch, double, effects->many.count *nodes),
        .few = CAUS_ARRAY(scratch, double, effects->few.count *nodes),
        .energy = CAUS_ARRAY(scratch, double, nodes),
        .block = CAUS_ARRAY(scratch, double, BLOCK_ROWS *nodes),
    };
    double *inverse = CAUS_ARRAY(scratch, double, nodes);
    if (!m.many || !m.few || !m.energy || !m.block || !inverse)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(fit_all(&m, scratch, err));
    CAUS_TRY(add_blocks(&m, err));
    normalise(&m, inverse);
    return CAUS_OK;
}

caus_status caus_joint_prepare(caus_joint *joint, unsigned set,
                               caus_arena *arena, caus_error *err)
{
    if (caus_joint_is_ragged(joint) || joint->within[set])
        return CAUS_OK;
    caus_arena *scratch =
        caus_arena_new(caus_run_memory_limit_bytes(joint->run));
    caus_within *within = CAUS_ARRAY(arena, caus_within, 1);
    caus_status status = CAUS_OK;
    if (!scratch)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory for the effects of times and "
                           "environments");
    else if (!within)
        status = caus_arena_fail(arena, err);
    else
        status = make(joint, set, within, arena, scratch, err);
    caus_arena_free(scratch);
    if (status == CAUS_OK)
        joint->within[set] = within;
    return status;
}

/* One test on a matrix of correlations: the conditions that are not spanned,
 * then the target, then the source. */
typedef struct solving {
    const caus_within *within;
    size_t nodes;      /* of the sample */
    size_t count;      /* conditions */
    size_t last;       /* count + 1, and one more with a source */
    caus_node *places; /* [last] */
    double *factor;    /* [last × last] */
    double *column;    /* [last] */
} solving;

/* Cholesky factor of the listed nodes; false at a weak pivot. */
static bool factorise(const solving *s)
{
    for (size_t i = 0; i < s->last; i++) {
        const double *row = s->within->matrix + s->places[i] * s->nodes;
        double *out = s->factor + i * s->last;
        for (size_t j = 0; j <= i; j++) {
            const double *other = s->factor + j * s->last;
            double sum = row[s->places[j]];
            for (size_t k = 0; k < j; k++)
                sum -= out[k] * other[k];
            if (j < i)
                out[j] = sum / other[j];
            else if (sum > weak_pivot)
                out[i] = sqrt(sum);
            else
                return false;
        }
    }
    return true;
}

/* The correlation of the target with the indicator of a group, given the
 * conditions; false when they nearly determine the indicator. */
static bool correlate_group(const solving *s, const double *sums,
                            double outside, double *result)
{
    double left = outside;
    for (size_t i = 0; i < s->count; i++) {
        const double *row = s->factor + i * s->last;
        double sum = sums[s->places[i]];
        for (size_t k = 0; k < i; k++)
            sum -= row[k] * s->column[k];
        s->column[i] = sum / row[i];
        left -= s->column[i] * s->column[i];
    }
    const double *target = s->factor + s->count * s->last;
    double both = sums[s->places[s->count]];
    for (size_t k = 0; k < s->count; k++)
        both -= target[k] * s->column[k];
    *result = both / (sqrt(left) * target[s->count]);
    return left > weak_pivot * outside;
}

static bool correlate_dummy(const caus_joint *joint, const solving *s,
                            caus_dummy dummy, double *strongest)
{
    const double *outside = s->within->effects.outside[dummy];
    *strongest = 0;
    for (size_t g = 0; g < joint->groups[dummy].count; g++) {
        double r;
        if (!correlate_group(s, s->within->sums[dummy] + g * s->nodes,
                             outside[g], &r))
            return false;
        if (fabs(r) > fabs(*strongest))
            *strongest = r;
    }
    return true;
}

static caus_status make_room(caus_joint_room *room, size_t count,
                             caus_error *err)
{
    if (count <= room->capacity)
        return CAUS_OK;
    size_t capacity = count < 16 ? 16 : 2 * count;
    room->capacity = 0;
    room->matrix = CAUS_ARRAY(room->arena, double, capacity *(capacity + 1));
    room->places = CAUS_ARRAY(room->arena, caus_node, capacity);
    if (!room->matrix || !room->places)
        return caus_arena_fail(room->arena, err);
    room->capacity = capacity;
    return CAUS_OK;
}

/* Conditions, dummies included, that take a degree of freedom each. */
static size_t count_conditions(const caus_joint *joint,
                               const caus_joint_test *test)
{
    size_t count = test->given_count + test->copies;
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++)
        if (joint->groups[d].count > 1)
            count += test->dummies[d] * joint->groups[d].count;
    return count;
}

static void give(const caus_joint *joint, const caus_joint_test *test,
                 double statistic, caus_ci_result *result)
{
    bool is_vector = test->vector < CAUS_DUMMY_COUNT;
    size_t width = is_vector ? joint->groups[test->vector].count : 1;
    double df = (double)joint->sample->row_count - 1 - (double)width -
                (double)count_conditions(joint, test);
    *result = (caus_ci_result){.undetermined = true};
    if (!(df >= 1) || (is_vector && width < 2))
        return;
    *result = (caus_ci_result){.statistic = statistic > 1    ? 1
                                            : statistic < -1 ? -1
                                                             : statistic,
                               .df = caus_joint_df(df, width)};
}

caus_status caus_joint_test_within(const caus_joint *joint,
                                   const caus_joint_test *test,
                                   caus_joint_room *room, bool *done,
                                   caus_ci_result *result, caus_error *err)
{
    const caus_within *within = joint->within[test->set];
    *done = false;
    if (!within)
        return CAUS_OK;
    size_t most = test->given_count + 2;
    CAUS_TRY(make_room(room, most, err));
    solving s = {.within = within,
                 .nodes = joint->sample->node_count,
                 .places = room->places,
                 .column = room->matrix + room->capacity * room->capacity,
                 .factor = room->matrix};
    for (size_t k = 0; k < test->given_count; k++)
        if (!within->is_spanned[test->given[k]])
            s.places[s.count++] = test->given[k];
    bool is_vector = test->vector < CAUS_DUMMY_COUNT;
    s.last = s.count;
    s.places[s.last++] = test->target;
    if (!is_vector)
        s.places[s.last++] = test->source;
    if (within->is_spanned[test->target] ||
        (!is_vector && within->is_spanned[test->source])) {
        *result = (caus_ci_result){.undetermined = true};
        *done = true;
        return CAUS_OK;
    }
    if (!factorise(&s))
        return CAUS_OK;
    const double *end = s.factor + (s.last - 1) * s.last;
    double r;
    if (!is_vector)
        r = end[s.count] / hypot(end[s.count], end[s.count + 1]);
    else if (!correlate_dummy(joint, &s, test->vector, &r))
        return CAUS_OK;
    give(joint, test, r, result);
    *done = true;
    return CAUS_OK;
}
