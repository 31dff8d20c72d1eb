/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact sums by error-free slices: a value is cut into three whole numbers of
 * 22 bits, products of two have at most 44, so a few hundred of them add up in
 * a double without rounding. The kernel for Gram matrices thus sums slices;
 * products of equal weight 2^(22 k) share an accumulator.
 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "numeric/numeric.h"
#include "series/gram.h"
#include "series/series_internal.h"

enum {
    SLICES = CAUS_SLICES,
    SLICE_BITS = CAUS_SLICE_BITS,
    WEIGHTS = CAUS_WEIGHTS,
    EXACT_ROWS = 256,  /* three products of 2^44 each: below 2^53 */
    PIECE_ROWS = 4096, /* below 2^63 by far in whole numbers */
    LEFT_COLUMNS = 32,
    MOST_LAG = 10000
};

/* A run of complete rows. */
typedef struct stretch {
    const double *values; /* of its first row */
    size_t row_count;
} stretch;

typedef struct building {
    const caus_series *series;
    const caus_run *run;
    const caus_gram_kernel *kernel;
    caus_gram *gram;
    caus_wide *sums;
    caus_wide *products;
    size_t *order; /* [variable_count] columns by name */
    stretch *stretches;
    size_t stretch_count;
    int *exponent; /* [variable_count] |value| < 2^exponent */
    size_t stride;
    double *slices[SLICES];  /* [(PIECE_ROWS + reach) × stride] top first */
    double *sums_of[SLICES]; /* [stride] over the window of one lag */
} building;

static bool is_complete(const caus_segment *segment, size_t row,
                        size_t variables)
{
    for (size_t v = 0; segment->missing && v < variables; v++)
        if (caus_segment_is_missing(segment, row, v))
            return false;
    return true;
}

/* Adds the runs of complete rows of one segment that are longer than the
 * reach; with NULL stretches they are only counted. */
static size_t cut_segment(const building *b, const caus_segment *segment,
                          stretch *stretches, uint64_t *gaps)
{
    size_t variables = b->series->variable_count, count = 0, first = 0;
    for (size_t r = 0; r <= segment->row_count; r++) {
        bool inside =
            r < segment->row_count && is_complete(segment, r, variables);
        if (inside)
            continue;
        *gaps += r < segment->row_count;
        if (r - first > b->gram->reach) {
            if (stretches)
                stretches[count] =
                    (stretch){segment->values + first * variables, r - first};
            count++;
        }
        first = r + 1;
    }
    return count;
}

static caus_status cut_stretches(building *b, caus_arena *arena,
                                 caus_error *err)
{
    const caus_series *series = b->series;
    uint64_t gaps = 0, ignored = 0;
    for (size_t s = 0; s < series->segment_count; s++)
        b->stretch_count += cut_segment(b, &series->segments[s], NULL, &gaps);
    b->gram->rows_read = caus_series_row_count(series);
    b->gram->rows_in_gap = gaps;
    if (!b->stretch_count)
        return caus_gram_fail_no_rows(b->gram, err);
    b->stretches = CAUS_ARRAY(arena, stretch, b->stretch_count);
    if (!b->stretches)
        return caus_arena_fail(arena, err);
    size_t next = 0;
    for (size_t s = 0; s < series->segment_count; s++)
        next +=
            cut_segment(b, &series->segments[s], b->stretches + next, &ignored);
    for (size_t k = 0; k < b->stretch_count; k++)
        b->gram->row_count += b->stretches[k].row_count - b->gram->reach;
    return CAUS_OK;
}

static void order_columns(building *b)
{
    const caus_variable *variables = b->series->variables;
    for (size_t v = 0; v < b->series->variable_count; v++) {
        size_t place = v;
        for (; place > 0; place--) {
            size_t other = b->order[place - 1];
            if (strcmp(variables[other].name, variables[v].name) <= 0)
                break;
            b->order[place] = other;
        }
        b->order[place] = v;
    }
}

static caus_status find_exponents(building *b, int32_t *quantum,
                                  caus_arena *arena, caus_error *err)
{
    size_t variables = b->series->variable_count;
    double *largest = CAUS_ARRAY(arena, double, variables);
    b->exponent = CAUS_ARRAY(arena, int, variables);
    if (!largest || !b->exponent)
        return caus_arena_fail(arena, err);
    for (size_t k = 0; k < b->stretch_count; k++) {
        const double *row = b->stretches[k].values;
        for (size_t r = 0; r < b->stretches[k].row_count; r++) {
            for (size_t v = 0; v < variables; v++)
                if (fabs(row[v]) > largest[v])
                    largest[v] = fabs(row[v]);
            row += variables;
        }
        CAUS_TRY(caus_run_check(b->run, err));
    }
    for (size_t v = 0; v < variables; v++) {
        double size = largest[b->order[v]];
        b->exponent[v] = caus_gram_exponent(size);
        quantum[v] =
            size > 0 ? b->exponent[v] - SLICES * SLICE_BITS : CAUS_QUANTUM_NONE;
    }
    return CAUS_OK;
}

/* The nearest whole number of a value below 2^51. */
static inline double to_whole(double value)
{
    static const double shift = 0x1.8p52;
    return (value + shift) - shift;
}

/* Cuts the values of some rows into slices. */
static void slice_rows(const building *b, const double *values, size_t rows)
{
    size_t variables = b->series->variable_count;
    for (size_t v = 0; v < variables; v++) {
        double scale = ldexp(1, SLICE_BITS - b->exponent[v]);
        const double *value = values + b->order[v];
        for (size_t r = 0; r < rows; r++) {
            double left = value[r * variables] * scale;
            for (size_t k = 0; k < SLICES; k++) {
                double whole = to_whole(left);
                b->slices[k][r * b->stride + v] = whole;
                left = (left - whole) * (1 << SLICE_BITS);
            }
        }
    }
}

/* Columns first … first + count of the blocks (a, a + distance), in which
 * lag-a nodes meet lag-(a + distance) nodes. */
typedef struct strip {
    size_t distance;
    size_t first;
    size_t count;
} strip;

/* One thread's accumulators. */
typedef struct strip_work {
    double *exact;    /* [WEIGHTS × LEFT_COLUMNS × stride] */
    int64_t *whole;   /* likewise */
    double *negative; /* [LEFT_COLUMNS] */
} strip_work;

static void flush(const building *b, const strip *part, const strip_work *work)
{
    size_t count = part->count * b->stride;
    for (size_t w = 0; w < WEIGHTS; w++) {
        double *exact = work->exact + w * LEFT_COLUMNS * b->stride;
        int64_t *whole = work->whole + w * LEFT_COLUMNS * b->stride;
        for (size_t i = 0; i < count; i++) {
            whole[i] += (int64_t)exact[i];
            exact[i] = 0;
        }
    }
}

/* Adds products of slices: row `at` and those after it on the left, as far
 * back as the distance on the right. */
static void add_products(const building *b, const strip *part,
                         const strip_work *work, size_t at, size_t rows)
{
    for (size_t i = 0; i < SLICES; i++) {
        for (size_t k = 0; k < SLICES; k++) {
            caus_gram_task task = {
                .left = b->slices[i] + at * b->stride + part->first,
                .right = b->slices[k] + (at - part->distance) * b->stride,
                .out = work->exact +
                       (WEIGHTS - 1 - i - k) * LEFT_COLUMNS * b->stride,
                .left_stride = b->stride,
                .right_stride = b->stride,
                .out_stride = b->stride,
                .left_count = part->count,
                .right_count = b->stride,
                .row_count = rows,
            };
            b->kernel->add(&task);
        }
    }
}

/* Takes the products of one row out again. */
static void take_products(const building *b, const strip *part,
                          const strip_work *work, size_t at)
{
    for (size_t i = 0; i < SLICES; i++) {
        const double *row = b->slices[i] + at * b->stride + part->first;
        for (size_t c = 0; c < part->count; c++)
            work->negative[c] = -row[c];
        for (size_t k = 0; k < SLICES; k++) {
            caus_gram_task task = {
                .left = work->negative,
                .right = b->slices[k] + (at - part->distance) * b->stride,
                .out = work->exact +
                       (WEIGHTS - 1 - i - k) * LEFT_COLUMNS * b->stride,
                .left_stride = b->stride,
                .right_stride = b->stride,
                .out_stride = b->stride,
                .left_count = part->count,
                .right_count = b->stride,
                .row_count = 1,
            };
            b->kernel->add(&task);
        }
    }
}

/* Adds what was summed to block (a, a + distance). */
static void fold(const building *b, const strip *part, const strip_work *work,
                 size_t a)
{
    size_t variables = b->series->variable_count, nodes = b->gram->node_count;
    size_t weight = LEFT_COLUMNS * b->stride;
    for (size_t i = 0; i < part->count && part->first + i < variables; i++) {
        size_t row = a * variables + part->first + i;
        size_t first = part->distance ? 0 : part->first + i;
        for (size_t j = first; j < variables; j++) {
            size_t column = (a + part->distance) * variables + j;
            const int64_t *whole = work->whole + i * b->stride + j;
            caus_slice_sum sum;
            for (size_t w = 0; w < WEIGHTS; w++)
                sum.word[w] = whole[w * weight];
            caus_wide_add_slices(
                &b->products[caus_gram_place(nodes, row, column)], &sum);
        }
    }
}

/* A strip of all blocks of one distance, for `rows` reference rows from row
 * `reach` of the slices on: the block of lag 0, then each from the last. */
static void add_strip(const building *b, const strip *part,
                      const strip_work *work, size_t rows)
{
    size_t reach = b->gram->reach, weight = LEFT_COLUMNS * b->stride;
    memset(work->whole, 0, WEIGHTS * weight * sizeof *work->whole);
    for (size_t r = 0; r < rows; r += EXACT_ROWS) {
        size_t count = rows - r < EXACT_ROWS ? rows - r : EXACT_ROWS;
        add_products(b, part, work, reach + r, count);
        flush(b, part, work);
    }
    fold(b, part, work, 0);
    for (size_t a = 1; a + part->distance <= reach; a++) {
        add_products(b, part, work, reach - a, 1);
        take_products(b, part, work, reach + rows - a);
        flush(b, part, work);
        fold(b, part, work, a);
    }
}

/* Sums of slices over the windows of all lags. */
static void add_sums(const building *b, size_t rows)
{
    size_t reach = b->gram->reach, variables = b->series->variable_count;
    for (size_t k = 0; k < SLICES; k++) {
        memset(b->sums_of[k], 0, b->stride * sizeof *b->sums_of[k]);
        for (size_t r = reach; r < reach + rows; r++)
            for (size_t v = 0; v < variables; v++)
                b->sums_of[k][v] += b->slices[k][r * b->stride + v];
    }
    for (size_t lag = 0;; lag++) {
        for (size_t v = 0; v < variables; v++)
            for (size_t k = 0; k < SLICES; k++)
                caus_wide_add_shifted(
                    &b->sums[lag * variables + v],
                    (caus_int128)b->sums_of[k][v],
                    (unsigned)((SLICES - 1 - k) * SLICE_BITS));
        if (lag == reach)
            return;
        for (size_t k = 0; k < SLICES; k++) {
            const double *in = b->slices[k] + (reach - lag - 1) * b->stride;
            const double *gone =
                b->slices[k] + (reach + rows - 1 - lag) * b->stride;
            for (size_t v = 0; v < variables; v++)
                b->sums_of[k][v] += in[v] - gone[v];
        }
    }
}

static void add_piece(const building *b, const strip_work *works, int threads,
                      size_t rows)
{
    size_t columns = (b->stride + LEFT_COLUMNS - 1) / LEFT_COLUMNS;
    size_t strips = (b->gram->reach + 1) * columns;
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
    for (size_t s = 0; s < strips; s++) {
        if (caus_run_should_stop(b->run))
            continue;
        size_t first = s % columns * LEFT_COLUMNS;
        size_t left = b->stride - first;
        strip part = {s / columns, first,
                      left < LEFT_COLUMNS ? left : LEFT_COLUMNS};
        add_strip(b, &part, &works[omp_get_thread_num()], rows);
    }
    add_sums(b, rows);
}

static caus_status add_stretch(const building *b, const strip_work *works,
                               int threads, const stretch *from,
                               caus_error *err)
{
    size_t reach = b->gram->reach, variables = b->series->variable_count;
    size_t rows = from->row_count - reach;
    for (size_t first = 0; first < rows; first += PIECE_ROWS) {
        size_t count = rows - first < PIECE_ROWS ? rows - first : PIECE_ROWS;
        slice_rows(b, from->values + first * variables, count + reach);
        add_piece(b, works, threads, count);
        CAUS_TRY(caus_run_check(b->run, err));
    }
    return CAUS_OK;
}

static caus_status make_works(const building *b, int threads, caus_arena *arena,
                              strip_work **result, caus_error *err)
{
    strip_work *works = CAUS_ARRAY(arena, strip_work, (size_t)threads);
    size_t count = (size_t)WEIGHTS * LEFT_COLUMNS * b->stride;
    for (int k = 0; works && k < threads; k++) {
        works[k] = (strip_work){CAUS_ARRAY(arena, double, count),
                                CAUS_ARRAY(arena, int64_t, count),
                                CAUS_ARRAY(arena, double, LEFT_COLUMNS)};
        if (!works[k].exact || !works[k].whole || !works[k].negative)
            return caus_arena_fail(arena, err);
    }
    *result = works;
    return works ? CAUS_OK : caus_arena_fail(arena, err);
}

static caus_status add_rows(building *b, caus_arena *arena, caus_error *err)
{
    double variables = (double)b->series->variable_count;
    int threads = caus_run_threads_for(
        b->run, (double)b->gram->row_count * variables * variables *
                    (double)(b->gram->reach + 1));
    strip_work *works;
    size_t longest = 0;
    for (size_t k = 0; k < b->stretch_count; k++)
        if (b->stretches[k].row_count > longest)
            longest = b->stretches[k].row_count;
    if (longest > PIECE_ROWS + b->gram->reach)
        longest = PIECE_ROWS + b->gram->reach;
    for (size_t k = 0; k < SLICES; k++) {
        b->slices[k] = CAUS_ARRAY(arena, double, longest * b->stride);
        b->sums_of[k] = CAUS_ARRAY(arena, double, b->stride);
        if (!b->slices[k] || !b->sums_of[k])
            return caus_arena_fail(arena, err);
    }
    CAUS_TRY(make_works(b, threads, arena, &works, err));
    uint64_t done = 0;
    for (size_t k = 0; k < b->stretch_count; k++) {
        CAUS_TRY(add_stretch(b, works, threads, &b->stretches[k], err));
        done += b->stretches[k].row_count - b->gram->reach;
        caus_run_progress(b->run, CAUS_STAGE_PREPARE, done, b->gram->row_count);
    }
    return CAUS_OK;
}

/* The grid times of the first and the last reference row. */
static void find_times(const building *b, caus_gram_source *source)
{
    const caus_series *series = b->series;
    size_t variables = series->variable_count;
    bool seen = false;
    for (size_t k = 0, s = 0; k < b->stretch_count; k++) {
        const double *values = b->stretches[k].values;
        const caus_segment *in = &series->segments[s];
        while (values < in->values ||
               values >= in->values + in->row_count * variables)
            in = &series->segments[++s];
        if (!in->start_ns)
            continue;
        int64_t row = (int64_t)((size_t)(values - in->values) / variables);
        int64_t reach = (int64_t)b->gram->reach;
        int64_t last = row + (int64_t)b->stretches[k].row_count - 1;
        int64_t start_ns = in->start_ns + (row + reach) * series->step_ns;
        int64_t end_ns = in->start_ns + last * series->step_ns;
        if (!seen || start_ns < source->start_ns)
            source->start_ns = start_ns;
        if (!seen || end_ns > source->end_ns)
            source->end_ns = end_ns;
        seen = true;
    }
}

static caus_status describe(const building *b, const char *dataset,
                            caus_arena *out, caus_error *err)
{
    caus_gram *gram = b->gram;
    caus_variable *variables =
        CAUS_ARRAY(out, caus_variable, gram->variable_count);
    caus_gram_source *source = CAUS_ARRAY(out, caus_gram_source, 1);
    const char *name = caus_arena_copy(out, dataset ? dataset : "");
    if (!variables || !source || !name)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < gram->variable_count; v++)
        CAUS_TRY(caus_variable_copy(&b->series->variables[b->order[v]], out,
                                    &variables[v], err));
    source->dataset = name;
    source->rows = gram->row_count;
    caus_series_hash(b->series, source->inputs_sha256);
    if (!*source->inputs_sha256)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the digest of the rows");
    find_times(b, source);
    gram->variables = variables;
    gram->sources = source;
    gram->source_count = 1;
    return CAUS_OK;
}

static caus_status build(building *b, const caus_gram_options *options,
                         caus_arena *out, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(b->run, 0);
    caus_gram *gram = b->gram;
    size_t nodes = gram->node_count, variables = gram->variable_count;
    int32_t *quantum = CAUS_ARRAY(out, int32_t, variables);
    b->sums = CAUS_ARRAY(out, caus_wide, nodes);
    b->products = CAUS_ARRAY(out, caus_wide, nodes * (nodes + 1) / 2);
    if (!quantum || !b->sums || !b->products)
        return caus_arena_fail(out, err);
    b->order = CAUS_ARRAY(scratch, size_t, variables);
    if (!b->order)
        return caus_arena_fail(scratch, err);
    order_columns(b);
    CAUS_TRY(cut_stretches(b, scratch, err));
    CAUS_TRY(find_exponents(b, quantum, scratch, err));
    CAUS_TRY(add_rows(b, scratch, err));
    gram->quantum = quantum;
    gram->sums = b->sums;
    gram->products = b->products;
    return describe(b, options->dataset, out, err);
}

static caus_status check(const caus_series *series,
                         const caus_gram_options *options, caus_error *err)
{
    if (series->gram)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "these are sums already, without rows to sum up: "
                         "merge them instead");
    if (!series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to sum up");
    if (options->max_lag > MOST_LAG)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a largest lag of %zu is above %d", options->max_lag,
                         MOST_LAG);
    if (series->step_ns == 0 && options->max_lag > 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a table without time has no lags: %zu were asked "
                         "for; give --max-lag 0 or data with a time column",
                         options->max_lag);
    double nodes =
        (double)series->variable_count * (2 * (double)options->max_lag + 1);
    if (nodes > 0x1p16)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu variables with lags up to %zu would make a "
                         "table of %.0f by %.0f sums: ask for fewer variables "
                         "or lags",
                         series->variable_count, 2 * options->max_lag, nodes,
                         nodes);
    return CAUS_OK;
}

caus_status caus_gram_build(const caus_series *series,
                            const caus_gram_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_gram *result, caus_error *err)
{
    caus_gram_options defaults = {0};
    if (!options)
        options = &defaults;
    CAUS_TRY(check(series, options, err));
    size_t reach = 2 * options->max_lag, variables = series->variable_count;
    caus_gram gram = {.variable_count = variables,
                      .step_ns = series->step_ns,
                      .max_lag = options->max_lag,
                      .reach = reach,
                      .node_count = variables * (reach + 1)};
    building b = {.series = series,
                  .run = run,
                  .kernel = caus_gram_best(),
                  .gram = &gram,
                  .stride = caus_pad_lanes(variables)};
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_status status = build(&b, options, out, err);
    caus_arena_rewind(scratch, scratch_mark);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = gram;
    return CAUS_OK;
}
