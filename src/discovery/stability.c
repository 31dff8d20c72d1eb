/* SPDX-License-Identifier: Apache-2.0 */
/* Resamples of a series as series of blocks, and how links fare in them. */
#include <math.h>
#include <string.h>

#include "caus/stability.h"
#include "discovery/discovery_internal.h"

caus_stability_options caus_stability_options_default(void)
{
    return (caus_stability_options){.resampling = CAUS_RESAMPLE_BOOTSTRAP,
                                    .replicates = 100};
}

/* Consecutive rows of one segment, without the past they need. */
typedef struct block {
    size_t segment;
    size_t first;
    size_t count;
} block;

typedef struct draw {
    const caus_series *series;
    const caus_stability_options *options;
    size_t width; /* rows of a block */
    block *blocks;
    size_t count;
} draw;

/* Rows of a segment that have all their past. */
static size_t usable_rows(const draw *d, size_t segment)
{
    size_t rows = d->series->segments[segment].row_count;
    size_t past = d->options->longest_lag;
    return rows > past ? rows - past : 0;
}

/* Blocks that a segment gives at most. */
static size_t count_blocks(const draw *d)
{
    size_t count = 0;
    for (size_t s = 0; s < d->series->segment_count; s++)
        count += usable_rows(d, s) / d->width + 1;
    return count;
}

static void draw_bootstrap(draw *d, size_t segment, caus_random *random)
{
    size_t rows = usable_rows(d, segment);
    size_t width = caus_smaller(d->width, rows);
    for (size_t left = rows; left > 0;) {
        size_t taken = caus_smaller(width, left);
        size_t first = caus_random_below(random, rows - width + 1);
        d->blocks[d->count++] =
            (block){segment, d->options->longest_lag + first, taken};
        left -= taken;
    }
}

/* Half of the blocks that tile a segment, in their order. */
static void draw_half(draw *d, size_t segment, caus_random *random)
{
    size_t rows = usable_rows(d, segment);
    size_t width = caus_smaller(d->width, (rows + 1) / 2);
    size_t tiles = width ? rows / width : 0, wanted = (tiles + 1) / 2;
    for (size_t k = 0; k < tiles && wanted > 0; k++) {
        if (caus_random_below(random, tiles - k) >= wanted)
            continue;
        wanted--;
        d->blocks[d->count++] =
            (block){segment, d->options->longest_lag + k * width, width};
    }
}

static void draw_blocks(draw *d, uint64_t seed, size_t replicate)
{
    caus_random random;
    caus_random_init(&random, seed, replicate + 1);
    d->count = 0;
    for (size_t s = 0; s < d->series->segment_count; s++) {
        if (d->options->resampling == CAUS_RESAMPLE_HALF)
            draw_half(d, s, &random);
        else
            draw_bootstrap(d, s, &random);
    }
}

static void set_bit(uint64_t *bits, size_t word_count, size_t row,
                    size_t variable)
{
    bits[variable * word_count + row / 64] |= UINT64_C(1) << (row % 64);
}

/* The rows first … first + count − 1 of a column-wise set of bits. */
static bool copy_bits(const caus_segment *from, const uint64_t *bits,
                      size_t first, size_t variables, caus_segment *to,
                      const uint64_t **result, caus_arena *arena)
{
    *result = NULL;
    if (!bits)
        return true;
    uint64_t *made = CAUS_ARRAY(arena, uint64_t, variables * to->word_count);
    if (!made)
        return false;
    for (size_t v = 0; v < variables; v++) {
        const uint64_t *column = bits + v * from->word_count;
        for (size_t r = 0; r < to->row_count; r++) {
            size_t row = first + r;
            if (column[row / 64] >> (row % 64) & 1)
                set_bit(made, to->word_count, r, v);
        }
    }
    *result = made;
    return true;
}

/* A block with its past as a segment that shares the values. */
static bool cut_segment(const draw *d, const block *taken, caus_segment *result,
                        caus_arena *arena)
{
    const caus_segment *from = &d->series->segments[taken->segment];
    size_t variables = d->series->variable_count;
    size_t first = taken->first - d->options->longest_lag;
    caus_segment made = *from;
    made.row_count = taken->count + d->options->longest_lag;
    made.word_count = (made.row_count + 63) / 64;
    made.values = from->values + first * variables;
    if (from->support)
        made.support = from->support + first * variables;
    if (from->start_ns)
        made.start_ns += (int64_t)first * d->series->step_ns;
    made.offset_steps += (int64_t)first;
    *result = made;
    return copy_bits(from, from->missing, first, variables, &made,
                     &result->missing, arena) &&
           copy_bits(from, from->selected, first, variables, &made,
                     &result->selected, arena);
}

/* Without lags the rows of a segment's blocks may stand in one segment. */
static bool join_rows(const draw *d, size_t segment, const block *blocks,
                      size_t count, caus_segment *result, caus_arena *arena)
{
    const caus_segment *from = &d->series->segments[segment];
    size_t variables = d->series->variable_count, rows = 0;
    for (size_t b = 0; b < count; b++)
        rows += blocks[b].count;
    caus_segment made = *from;
    made.row_count = rows;
    made.word_count = (rows + 63) / 64;
    double *values = CAUS_ARRAY(arena, double, rows *variables);
    uint64_t *missing = CAUS_ARRAY(
        arena, uint64_t, from->missing ? variables * made.word_count : 0);
    uint64_t *selected = CAUS_ARRAY(
        arena, uint64_t, from->selected ? variables * made.word_count : 0);
    if (!values || !missing || !selected)
        return false;
    size_t at = 0;
    for (size_t b = 0; b < count; b++) {
        for (size_t r = 0; r < blocks[b].count; r++, at++) {
            size_t row = blocks[b].first + r;
            memcpy(values + at * variables, from->values + row * variables,
                   variables * sizeof *values);
            for (size_t v = 0; v < variables; v++) {
                if (caus_segment_is_missing(from, row, v))
                    set_bit(missing, made.word_count, at, v);
                if (from->selected && caus_segment_is_selected(from, row, v))
                    set_bit(selected, made.word_count, at, v);
            }
        }
    }
    made.values = values;
    made.missing = from->missing ? missing : NULL;
    made.selected = from->selected ? selected : NULL;
    made.support = NULL;
    *result = made;
    return true;
}

static bool join_all(const draw *d, caus_segment *segments, size_t *made,
                     caus_arena *arena)
{
    *made = 0;
    for (size_t b = 0; b < d->count;) {
        size_t segment = d->blocks[b].segment, count = 0;
        while (b + count < d->count && d->blocks[b + count].segment == segment)
            count++;
        if (!join_rows(d, segment, &d->blocks[b], count, &segments[*made],
                       arena))
            return false;
        b += count;
        *made += 1;
    }
    return true;
}

static caus_status build_series(const draw *d, caus_arena *arena,
                                caus_series *result, caus_error *err)
{
    caus_segment *segments = CAUS_ARRAY(arena, caus_segment, d->count);
    if (!segments)
        return caus_arena_fail(arena, err);
    *result = *d->series;
    result->segments = segments;
    result->segment_count = d->count;
    if (d->options->longest_lag == 0)
        return join_all(d, segments, &result->segment_count, arena)
                   ? CAUS_OK
                   : caus_arena_fail(arena, err);
    for (size_t b = 0; b < d->count; b++) {
        if (!cut_segment(d, &d->blocks[b], &segments[b], arena))
            return caus_arena_fail(arena, err);
    }
    return CAUS_OK;
}

static size_t cells_of(const caus_graph *graph)
{
    return graph->node_count * graph->node_count * (graph->max_lag + 1);
}

static bool is_edge(caus_edge edge)
{
    return edge.source != CAUS_MARK_NONE || edge.target != CAUS_MARK_NONE;
}

/* How often a graph's links were met again, and with the same marks. */
typedef struct tally {
    uint32_t *seen, *counted, *same;
} tally;

static void count_links(const caus_graph *wanted, const caus_graph *found,
                        tally *t)
{
    size_t nodes = wanted->node_count;
    for (size_t i = 0; i < nodes; i++)
        for (size_t j = 0; j < nodes; j++)
            for (size_t lag = 0; lag <= wanted->max_lag; lag++) {
                if (lag > found->max_lag || (lag == 0 && i == j))
                    continue;
                size_t cell = caus_graph_cell(wanted, i, j, lag);
                caus_edge mine = caus_graph_get(wanted, i, j, lag);
                caus_edge theirs = caus_graph_get(found, i, j, lag);
                t->counted[cell]++;
                t->seen[cell] += is_edge(theirs);
                t->same[cell] += is_edge(theirs) &&
                                 mine.source == theirs.source &&
                                 mine.target == theirs.target;
            }
}

/* One array, with a place for the number of replicates behind it. */
static caus_status init_tally(size_t cells, caus_arena *arena, tally *t,
                              caus_error *err)
{
    uint32_t *counts = CAUS_ARRAY(arena, uint32_t, 3 * cells + 1);
    if (!counts)
        return caus_arena_fail(arena, err);
    *t = (tally){counts, counts + cells, counts + 2 * cells};
    return CAUS_OK;
}

static void fill_shares(const uint32_t *part, const uint32_t *whole,
                        size_t cells, double *shares)
{
    for (size_t cell = 0; cell < cells; cell++)
        shares[cell] = whole[cell] ? (double)part[cell] / (double)whole[cell]
                                   : (double)NAN;
}

static caus_status choose_width(draw *d, const caus_run *run, caus_arena *arena,
                                caus_error *err)
{
    d->width = d->options->block_rows;
    if (!d->width && d->options->longest_lag == 0)
        d->width = 1;
    if (d->width)
        return CAUS_OK;
    caus_sample sample;
    caus_sample_options sampling = {.longest_lag = d->options->longest_lag};
    CAUS_TRY(caus_sample_init(d->series, &sampling, run, arena, &sample, err));
    d->width = caus_block_rows(&sample);
    return CAUS_OK;
}

static caus_status run_replicate(draw *d, size_t replicate, caus_learner *learn,
                                 const void *data, const caus_run *run,
                                 caus_arena *arena, const caus_graph *wanted,
                                 tally *t, caus_error *err)
{
    caus_series resampled;
    caus_discovery found;
    draw_blocks(d, caus_run_seed(run), replicate);
    CAUS_TRY(build_series(d, arena, &resampled, err));
    caus_run_begin_alone(run); /* other processes work on other replicates */
    caus_status status = learn(data, &resampled, run, arena, &found, err);
    caus_run_end_alone(run);
    CAUS_TRY(status);
    if (!found.complete)
        return CAUS_FAIL(err, CAUS_ERR_TIME_LIMIT,
                         "the time limit ended a replicate");
    count_links(wanted, &found.graph, t);
    return CAUS_OK;
}

/* Replicates are cut among the processes of a group by their number. A time
 * limit leaves the rest out. */
static caus_status run_replicates(draw *d, caus_learner *learn,
                                  const void *data, const caus_run *run,
                                  caus_arena *arena, const caus_graph *wanted,
                                  tally *t, size_t *done, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    size_t step = (size_t)caus_run_rank_count(run);
    for (size_t b = (size_t)caus_run_rank(run); b < d->options->replicates;
         b += step) {
        caus_status status =
            run_replicate(d, b, learn, data, run, arena, wanted, t, err);
        caus_arena_rewind(arena, mark);
        if (status == CAUS_ERR_TIME_LIMIT && !caus_run_should_stop(run))
            continue; /* a limit of its own */
        if (status != CAUS_OK)
            return status == CAUS_ERR_TIME_LIMIT ? CAUS_OK : status;
        ++*done;
        caus_run_progress(run, CAUS_STAGE_BOOTSTRAP, b + 1,
                          d->options->replicates);
    }
    return CAUS_OK;
}

static caus_status add_stability(draw *d, caus_learner *learn, const void *data,
                                 const caus_run *run, caus_arena *out,
                                 caus_arena *arena, caus_discovery *result,
                                 caus_error *err)
{
    size_t cells = cells_of(&result->graph), replicates = 0;
    tally t;
    CAUS_TRY(init_tally(cells, arena, &t, err));
    CAUS_TRY(choose_width(d, run, arena, err));
    d->blocks = CAUS_ARRAY(arena, block, count_blocks(d));
    double *share = CAUS_ARRAY(out, double, cells);
    double *same = CAUS_ARRAY(out, double, cells);
    if (!d->blocks)
        return caus_arena_fail(arena, err);
    if (!share || !same)
        return caus_arena_fail(out, err);
    caus_status status = run_replicates(d, learn, data, run, arena,
                                        &result->graph, &t, &replicates, err);
    t.seen[3 * cells] = (uint32_t)replicates;
    CAUS_TRY(caus_run_add_up(run, status, t.seen, 3 * cells + 1, err));
    replicates = t.seen[3 * cells];
    result->complete = result->complete && replicates == d->options->replicates;
    if (!replicates)
        return CAUS_OK;
    fill_shares(t.seen, t.counted, cells, share);
    fill_shares(t.same, t.seen, cells, same);
    result->stability = share;
    result->orientation_stability = same;
    return CAUS_OK;
}

caus_status caus_discovery_add_stability(const caus_series *series,
                                         caus_learner *learn, const void *data,
                                         const caus_stability_options *options,
                                         const caus_run *run, caus_arena *out,
                                         caus_discovery *result,
                                         caus_error *err)
{
    if (!options->replicates)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "no replicates were asked for: give 1 or more");
    caus_arena *arena = caus_arena_new(0);
    if (!arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for %zu replicates", options->replicates);
    draw d = {.series = series, .options = options};
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_discovery made = *result;
    caus_status status =
        add_stability(&d, learn, data, run, out, arena, &made, err);
    caus_arena_free(arena);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    else
        *result = made;
    return status;
}

caus_status
caus_discovery_add_sensitivity(const caus_series *series, caus_learner *learn,
                               const void *const *settings, size_t count,
                               const caus_run *run, caus_arena *out,
                               caus_discovery *result, caus_error *err)
{
    size_t cells = cells_of(&result->graph);
    caus_arena *arena = caus_arena_new(0);
    if (!arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for %zu settings", count);
    double *share = CAUS_ARRAY(out, double, cells);
    tally t;
    caus_status status =
        share ? init_tally(cells, arena, &t, err) : caus_arena_fail(out, err);
    for (size_t k = 0; status == CAUS_OK && k < count; k++) {
        caus_discovery found;
        status = learn(settings[k], series, run, arena, &found, err);
        if (status == CAUS_OK && found.complete)
            count_links(&result->graph, &found.graph, &t);
        else if (status == CAUS_OK || status == CAUS_ERR_TIME_LIMIT) {
            result->complete = false;
            status = CAUS_OK;
            break;
        }
    }
    if (status == CAUS_OK) {
        fill_shares(t.seen, t.counted, cells, share);
        result->sensitivity = share;
    }
    caus_arena_free(arena);
    return status;
}
