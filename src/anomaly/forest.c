/* SPDX-License-Identifier: Apache-2.0 */
/* Isolation forest: values that few random cuts set apart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "anomaly/forest.h"
#include "numeric/order.h"

/* A node of a tree; a leaf has no children. */
typedef struct node {
    double cut;
    size_t feature;
    size_t below, above; /* 0 = a leaf */
    double depth;        /* of a leaf, with the mean depth of what is in it */
} node;

typedef struct tree {
    const caus_forest *forest;
    const double *values;
    size_t stride;
    size_t *sample;
    node *nodes;
    size_t node_count;
    size_t most_depth;
    caus_random random;
} tree;

/* Mean depth of an unsuccessful search among `count` (Liu, Ting & Zhou 2008,
 * equation 1), with the harmonic number itself. */
double caus_forest_mean_depth(size_t count)
{
    if (count < 2)
        return 0;
    double harmonic = 0;
    for (size_t k = 1; k < count; k++)
        harmonic += 1 / (double)k;
    return 2 * harmonic - 2 * (double)(count - 1) / (double)count;
}

/* The least and largest value of a feature in part of the sample. */
static bool range_of(const tree *t, size_t first, size_t end, size_t feature,
                     double *low, double *high)
{
    *low = (double)INFINITY;
    *high = -(double)INFINITY;
    for (size_t i = first; i < end; i++) {
        double value = t->values[t->sample[i] * t->stride + feature];
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
    return *high > *low;
}

/* A cut between the extremes of a feature that varies; false if none does. */
static bool choose_cut(tree *t, size_t first, size_t end, node *n)
{
    size_t features = t->forest->feature_count;
    size_t offset = (size_t)caus_random_below(&t->random, features);
    for (size_t k = 0; k < features; k++) {
        double low, high;
        n->feature = (offset + k) % features;
        double share = caus_random_uniform(&t->random);
        if (!range_of(t, first, end, n->feature, &low, &high))
            continue;
        n->cut = low + share * (high - low);
        return true;
    }
    return false;
}

static size_t divide(tree *t, size_t first, size_t end, const node *n)
{
    size_t middle = first;
    for (size_t i = first; i < end; i++) {
        if (!(t->values[t->sample[i] * t->stride + n->feature] <= n->cut))
            continue;
        size_t kept = t->sample[i];
        t->sample[i] = t->sample[middle];
        t->sample[middle++] = kept;
    }
    return middle;
}

typedef struct part {
    size_t first, end, depth, node;
} part;

/* Grows a tree; the parts still to be cut wait in `waiting`. */
static void grow(tree *t, size_t count, part *waiting)
{
    size_t left = 1;
    t->node_count = 1;
    waiting[0] = (part){0, count, 0, 0};
    while (left) {
        part p = waiting[--left];
        node *n = &t->nodes[p.node];
        *n = (node){0};
        n->depth = (double)p.depth + caus_forest_mean_depth(p.end - p.first);
        if (p.depth == t->most_depth || p.end - p.first < 2 ||
            !choose_cut(t, p.first, p.end, n))
            continue;
        size_t middle = divide(t, p.first, p.end, n);
        n->below = t->node_count++;
        n->above = t->node_count++;
        waiting[left++] = (part){p.first, middle, p.depth + 1, n->below};
        waiting[left++] = (part){middle, p.end, p.depth + 1, n->above};
    }
}

static double depth_in(const tree *t, const double *row)
{
    const node *n = t->nodes;
    while (n->below)
        n = &t->nodes[row[n->feature] <= n->cut ? n->below : n->above];
    return n->depth;
}

/* Moves a random part of [0, count) to the front of `rows`. */
static void draw(caus_random *random, size_t *rows, size_t count, size_t wanted)
{
    for (size_t i = 0; i < count; i++)
        rows[i] = i;
    for (size_t i = 0; i < wanted; i++) {
        size_t other = i + (size_t)caus_random_below(random, count - i);
        size_t kept = rows[i];
        rows[i] = rows[other];
        rows[other] = kept;
    }
}

bool caus_forest_score(const caus_forest *forest, const double *values,
                       size_t row_count, size_t learn_count,
                       caus_arena *scratch, double *scores)
{
    size_t wanted =
        forest->tree_sample < learn_count ? forest->tree_sample : learn_count;
    tree t = {
        .forest = forest, .values = values, .stride = forest->feature_count};
    while (((size_t)1 << t.most_depth) < wanted)
        t.most_depth++;
    t.sample = CAUS_ARRAY(scratch, size_t, learn_count);
    t.nodes = CAUS_ARRAY(scratch, node, 2 * wanted + 2);
    part *waiting = CAUS_ARRAY(scratch, part, t.most_depth + wanted + 2);
    if (!t.sample || !t.nodes || !waiting)
        return false;
    memset(scores, 0, row_count * sizeof *scores);
    for (size_t k = 0; k < forest->tree_count; k++) {
        caus_random_init(&t.random, forest->seed, forest->stream + k);
        draw(&t.random, t.sample, learn_count, wanted);
        grow(&t, wanted, waiting);
        for (size_t r = 0; r < row_count; r++)
            scores[r] += depth_in(&t, values + r * t.stride);
    }
    double usual = fmax(caus_forest_mean_depth(wanted), 1);
    for (size_t r = 0; r < row_count; r++)
        scores[r] = exp2(-scores[r] / (double)forest->tree_count / usual);
    return true;
}

/* ---- the detector: a forest for each column ---- */

/* Scores are told in their interquartile range, and that is at least this. */
static const double least_spread = .02;

/* A stream for a name, so that columns may come in any order (FNV-1a). */
static uint64_t stream_of(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash & 0xffffffffffff0000u;
}

/* The value and its change; missing values are at the level. */
static void make_features(const double *column, size_t rows, double *features)
{
    double last = 0;
    for (size_t r = 0; r < rows; r++) {
        double value = isnan(column[r]) ? 0 : column[r];
        features[2 * r] = value;
        features[2 * r + 1] = r ? value - last : 0;
        last = value;
    }
}

/* By the median and interquartile range of the reference. */
static void standardise(double *scores, size_t rows, size_t reference,
                        double *room)
{
    memcpy(room, scores, reference * sizeof *room);
    caus_sort(room, reference);
    double middle = room[reference / 2];
    double spread = (room[3 * reference / 4] - room[reference / 4]) / 1.349;
    spread = fmax(spread, least_spread);
    for (size_t r = 0; r < rows; r++)
        scores[r] = (scores[r] - middle) / spread;
}

static bool score_column(const caus_detect_job *job, size_t column,
                         caus_arena *scratch, double *scores)
{
    const caus_panel *panel = job->panel;
    size_t rows = panel->row_count;
    double *values = CAUS_ARRAY(scratch, double, rows);
    double *features = CAUS_ARRAY(scratch, double, 2 * rows);
    if (!values || !features)
        return false;
    caus_fill_standardised(job, column, scratch, values);
    make_features(values, rows, features);
    caus_forest forest = {
        .feature_count = 2,
        .tree_count = job->options->tree_count,
        .tree_sample = job->options->tree_sample,
        .seed = caus_run_seed(job->run),
        .stream = stream_of(job->names[panel->variable[column]].name)};
    if (!caus_forest_score(&forest, features, rows, panel->reference_count,
                           scratch, scores))
        return false;
    standardise(scores, rows, panel->reference_count, features);
    for (size_t r = 0; r < rows; r++)
        if (isnan(values[r]))
            scores[r] = (double)NAN;
    return true;
}

caus_status caus_prepare_forest(caus_detect_job *job, caus_arena *scratch,
                                caus_error *err)
{
    size_t rows = job->panel->row_count, columns = job->panel->column_count;
    double *all = CAUS_ARRAY(scratch, double, rows *columns);
    if (!all)
        return caus_arena_fail(scratch, err);
    for (size_t c = 0; c < columns; c++) {
        CAUS_TRY(caus_run_check(job->run, err));
        caus_arena_mark mark = caus_arena_get_mark(scratch);
        bool done = score_column(job, c, scratch, all + c * rows);
        caus_status status = done ? CAUS_OK : caus_arena_fail(scratch, err);
        caus_arena_rewind(scratch, mark);
        CAUS_TRY(status);
    }
    job->prepared = all;
    return CAUS_OK;
}
