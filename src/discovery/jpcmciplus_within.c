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

typedef struct making {
    const caus_joint *joint;
    caus_within *within;
    double *many;                   /* [node_count × groups] effects */
    double *few;                    /* likewise */
    double *energy;                 /* [node_count] about the mean */
    double *block;                  /* [BLOCK_ROWS × node_count] */
    double *sums[CAUS_DUMMY_COUNT]; /* [groups × node_count]; NULL = none */
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
        if (node % sample->stride >= sample->variable_count)
            continue; /* padding, all 0 */
        size_t back = node / sample->stride * sample->stride;
        for (size_t r = 0; r < rows; r++)
            column[r] = *(sample->rows[r] - back + node % sample->stride);
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
    const double *values = sample->rows[row];
    for (size_t first = 0; first < sample->node_count;
         first += sample->stride, values -= sample->stride)
        for (size_t v = 0; v < sample->stride; v++) {
            size_t node = first + v;
            out[node] =
                values[v] -
                caus_effects_of(effects, m->many + node * effects->many.count,
                                m->few + node * effects->few.count, row);
        }
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
        double *sums = m->sums[d];
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
                within->sums[d][i * m->joint->groups[d].count + g] =
                    m->sums[d][g * nodes + i] * inverse[i];
}

static caus_status make_sums(making *m, unsigned set, caus_arena *arena,
                             caus_arena *scratch, caus_error *err)
{
    size_t nodes = m->joint->sample->node_count;
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++) {
        size_t count = m->joint->groups[d].count;
        if (!count || set >> d & 1)
            continue;
        m->within->sums[d] = CAUS_ARRAY(arena, double, count *nodes);
        m->sums[d] = CAUS_ARRAY(scratch, double, count *nodes);
        if (!m->within->sums[d])
            return caus_arena_fail(arena, err);
        if (!m->sums[d])
            return caus_arena_fail(scratch, err);
    }
    return CAUS_OK;
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
    CAUS_TRY(make_sums(&m, set, arena, scratch, err));
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
