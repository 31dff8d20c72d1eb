/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "series/gram.h"
#include "series/quality_internal.h"

/* Shorter stretches make unit-root tests a coin toss. */
enum { FEWEST_TEST_ROWS = 20, MOST_SINGLE_STEPS = 2 };

static const double level = .05;

/* What one pass over a column counts. */
typedef struct tally {
    size_t rows;
    size_t present;
    size_t zeros;
    size_t late;      /* rows before the first present */
    size_t changes;   /* from one present row to the next, within segments */
    size_t contrasts; /* values unlike the first of their environment */
    uint64_t digest;  /* of value bits and gaps */
} tally;

static void mix(uint64_t *digest, uint64_t word)
{
    *digest = (*digest ^ word) * 0x9e3779b97f4a7c15u;
    *digest ^= *digest >> 29;
}

static uint64_t value_bits(double value)
{
    uint64_t bits = 0;
    if (value != 0) /* −0 is 0 */
        memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The first present value of an environment; NaN if there is none. */
static double first_value(const caus_series *series, int environment,
                          size_t variable)
{
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t row = 0;
             segment->environment == environment && row < segment->row_count;
             row++)
            if (caus_is_present(segment, row, variable, series->variable_count))
                return segment->values[row * series->variable_count + variable];
    }
    return (double)NAN;
}

static void tally_segment(const caus_series *series,
                          const caus_segment *segment, size_t variable,
                          tally *t)
{
    double usual = first_value(series, segment->environment, variable);
    double last = (double)NAN;
    for (size_t row = 0; row < segment->row_count; row++) {
        t->rows++;
        if (!caus_is_present(segment, row, variable, series->variable_count)) {
            mix(&t->digest, UINT64_MAX);
            continue;
        }
        double value = segment->values[row * series->variable_count + variable];
        mix(&t->digest, value_bits(value));
        if (!t->present)
            t->late = t->rows - 1;
        t->present++;
        t->zeros += value == 0;
        t->contrasts += value != usual;
        t->changes += !isnan(last) && value != last;
        last = value;
    }
}

static bool is_one_stretch(const caus_series *series)
{
    for (size_t s = 1; s < series->segment_count; s++) {
        if (series->segments[s].start_ns <= series->segments[s - 1].start_ns)
            return false;
    }
    return series->step_ns > 0;
}

static tally tally_column(const caus_series *series, size_t variable)
{
    tally t = {0};
    for (size_t s = 0; s < series->segment_count; s++)
        tally_segment(series, &series->segments[s], variable, &t);
    if (!is_one_stretch(series))
        t.late = 0;
    return t;
}

static void write_counts(const caus_series *series, const tally *t,
                         caus_variable_quality *facts)
{
    *facts = (caus_variable_quality){
        .missing_share =
            t->rows ? (double)(t->rows - t->present) / (double)t->rows : 1,
        .late_share = t->present ? (double)t->late / (double)t->rows : 0,
        .zero_share = t->present ? (double)t->zeros / (double)t->present : 0,
        .nonzero_rows = t->present - t->zeros,
        .constant = t->contrasts == 0,
        .duplicate_of = SIZE_MAX,
        .effective_rows = t->contrasts ? (double)t->present : 0,
        .adf_p = (double)NAN,
        .kpss_p = (double)NAN};
    /* The rows of a table have no order to change in. */
    facts->single_row_steps = series->step_ns > 0 && !facts->constant &&
                              t->changes <= MOST_SINGLE_STEPS;
}

/* The present values of a segment, in order. */
static size_t gather(const caus_segment *segment, size_t variable,
                     size_t variable_count, double *values)
{
    size_t count = 0;
    for (size_t row = 0; row < segment->row_count; row++)
        if (caus_is_present(segment, row, variable, variable_count))
            values[count++] = segment->values[row * variable_count + variable];
    return count;
}

/* Every segment alone: what differs between environments is no drift. */
static void test_segment(const double *values, size_t count,
                         const caus_run *run, caus_arena *scratch,
                         caus_variable_quality *facts, bool *failed)
{
    facts->effective_rows +=
        caus_effective_rows(values, count, run, scratch, failed);
    if (count < FEWEST_TEST_ROWS)
        return;
    double adf = caus_adf_test(values, count, scratch, failed).p_value;
    double kpss = caus_kpss_test(values, count, run, scratch, failed).p_value;
    facts->adf_p = fmax(facts->adf_p, adf); /* fmax and fmin pass over NaN */
    facts->kpss_p = fmin(facts->kpss_p, kpss);
    facts->unit_root |= adf > level && kpss < level;
}

static caus_status test_column(const caus_series *series, size_t variable,
                               const caus_run *run, caus_arena *scratch,
                               caus_variable_quality *facts, caus_error *err)
{
    if (series->step_ns == 0 || facts->constant)
        return CAUS_OK;
    size_t longest = 0;
    for (size_t s = 0; s < series->segment_count; s++)
        if (series->segments[s].row_count > longest)
            longest = series->segments[s].row_count;
    double *values = CAUS_ARRAY(scratch, double, longest);
    bool failed = values == NULL;
    facts->effective_rows = 0;
    for (size_t s = 0; s < series->segment_count && !failed; s++) {
        size_t count = gather(&series->segments[s], variable,
                              series->variable_count, values);
        test_segment(values, count, run, scratch, facts, &failed);
    }
    return failed ? caus_arena_fail(scratch, err) : CAUS_OK;
}

/* What all threads share. */
typedef struct job {
    const caus_series *series;
    const caus_run *run;
    caus_variable_quality *facts; /* [variable_count] */
    uint64_t *digests;            /* [variable_count] */
    size_t done;
} job;

static caus_status examine_column(job *j, size_t variable, caus_error *err)
{
    CAUS_TRY(caus_run_check_cancel(j->run, err));
    caus_arena *scratch = caus_run_scratch(j->run, omp_get_thread_num());
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    tally t = tally_column(j->series, variable);
    caus_variable_quality *facts = &j->facts[variable], tested;
    caus_status status = CAUS_OK;
    j->digests[variable] = t.digest;
    write_counts(j->series, &t, facts);
    tested = *facts;
    if (!caus_run_should_stop(j->run))
        status =
            test_column(j->series, variable, j->run, scratch, &tested, err);
    caus_arena_rewind(scratch, mark);
    /* A test that stopped half-way left no number behind. */
    if (status == CAUS_OK && !caus_run_should_stop(j->run))
        *facts = tested;
    size_t done;
#pragma omp atomic capture
    done = ++j->done;
    caus_run_progress(j->run, CAUS_STAGE_PREPARE, done,
                      j->series->variable_count);
    return status == CAUS_OK ? caus_run_check_cancel(j->run, err) : status;
}

static caus_status examine_columns(job *j, caus_error *err)
{
    const double value_ns = 300; /* of all tests of a column */
    caus_status status = CAUS_OK;
    int threads = caus_run_threads_for(
        j->run, (double)caus_series_row_count(j->series) *
                    (double)j->series->variable_count * value_ns);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < j->series->variable_count; i++) {
        caus_error found;
        caus_status mine = examine_column(j, i, &found);
        if (mine == CAUS_OK)
            continue;
#pragma omp critical(caus_quality_examine)
        if (status == CAUS_OK) {
            status = mine;
            if (err)
                *err = found;
        }
    }
    return status;
}

static bool are_equal(const caus_series *series, size_t a, size_t b)
{
    size_t count = series->variable_count;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t row = 0; row < segment->row_count; row++) {
            bool known = caus_is_present(segment, row, a, count);
            if (known != caus_is_present(segment, row, b, count))
                return false;
            if (known && segment->values[row * count + a] !=
                             segment->values[row * count + b])
                return false;
        }
    }
    return true;
}

static void find_duplicates(const job *j)
{
    for (size_t i = 1; i < j->series->variable_count; i++)
        for (size_t k = 0; k < i; k++) {
            if (j->digests[k] != j->digests[i] || !are_equal(j->series, k, i))
                continue;
            j->facts[i].duplicate_of = k;
            break;
        }
}

/* Columns beside each other. What a time limit cuts off is not told. */
static caus_status compare_columns(const caus_series *series,
                                   const caus_run *run, caus_arena *out,
                                   caus_quality *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_columns columns;
    CAUS_TRY(caus_columns_init(series, run, scratch, &columns, err));
    CAUS_TRY(
        caus_find_families(series, &columns, run, scratch, out, result, err));
    return caus_find_collinear(series, &columns, run, scratch, out, result,
                               err);
}

static caus_status examine(const caus_series *series, const caus_run *run,
                           caus_arena *out, caus_quality *result,
                           caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    size_t count = series->variable_count;
    job j = {.series = series,
             .run = run,
             .facts = CAUS_ARRAY(out, caus_variable_quality, count),
             .digests = CAUS_ARRAY(scratch, uint64_t, count)};
    if (!j.facts)
        return caus_arena_fail(out, err);
    if (!j.digests)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(examine_columns(&j, err));
    find_duplicates(&j);
    caus_quality made = {.variable_count = count, .variables = j.facts};
    caus_status status = compare_columns(series, run, out, &made, err);
    if (status != CAUS_OK && status != CAUS_ERR_TIME_LIMIT)
        return status;
    made.complete = status == CAUS_OK && !caus_run_should_stop(run);
    CAUS_TRY(caus_write_warnings(series, out, &made, err));
    *result = made;
    return CAUS_OK;
}

caus_status caus_quality_examine(const caus_series *series, const caus_run *run,
                                 caus_arena *out, caus_quality *result,
                                 caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark out_mark = caus_arena_get_mark(out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_status status = series->gram
                             ? caus_gram_quality(series, out, result, err)
                             : examine(series, run, out, result, err);
    caus_arena_rewind(scratch, scratch_mark);
    if (status != CAUS_OK)
        caus_arena_rewind(out, out_mark);
    return status;
}
