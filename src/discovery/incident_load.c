/* SPDX-License-Identifier: Apache-2.0 */
/* Shared load: what moves with requests that are offered, and with the time of
 * day. */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"
#include "numeric/numeric.h"

enum {
    LOAD_LAGS = 2,
    HARMONICS = 2, /* of a day */
    REGRESSORS = 1 + LOAD_LAGS + 1 + 2 * HARMONICS
};

static const int64_t day_ns = (int64_t)86400 * 1000000000;

static double value_at(const caus_series *series, const caus_segment *segment,
                       size_t row, size_t variable)
{
    return caus_segment_is_missing(segment, row, variable)
               ? (double)NAN
               : segment->values[row * series->variable_count + variable];
}

/* One regression: rows with regressors and value, and where their residuals
 * go. */
typedef struct regression {
    size_t rows;
    size_t regressor_count;
    double *load[REGRESSORS]; /* [capacity] intercept; lags 0 … LOAD_LAGS where
                                 load is removed; waves of a day where there is
                                 one */
    double *value;            /* [capacity] */
    double **home;            /* [capacity] cells of the result */
    double *room;             /* [REGRESSORS × capacity] for the basis */
} regression;

static bool make_room(regression *r, size_t capacity, caus_arena *scratch)
{
    bool made = true;
    for (int k = 0; k < REGRESSORS; k++) {
        r->load[k] = CAUS_ARRAY(scratch, double, capacity);
        made = made && r->load[k];
    }
    r->value = CAUS_ARRAY(scratch, double, capacity);
    r->home = CAUS_ARRAY(scratch, double *, capacity);
    r->room = CAUS_ARRAY(scratch, double, REGRESSORS *capacity);
    return made && r->value && r->home && r->room;
}

/* Puts the value into its cell and, if the load is known there, into the
 * regression. */
static void add_row(regression *r, const double load[REGRESSORS], double value,
                    double *home)
{
    bool complete = isfinite(value);
    for (size_t k = 0; k < r->regressor_count; k++)
        complete = complete && isfinite(load[k]);
    *home = (double)NAN;
    if (!complete)
        return;
    for (size_t k = 0; k < r->regressor_count; k++)
        r->load[k][r->rows] = load[k];
    r->value[r->rows] = value;
    r->home[r->rows++] = home;
}

static void regress(const regression *r)
{
    caus_basis basis = {.columns = r->room, .row_count = r->rows};
    for (size_t k = 0; k < r->regressor_count; k++)
        caus_basis_add(&basis, r->load[k]);
    caus_basis_project(&basis, r->value);
    for (size_t i = 0; i < r->rows; i++)
        *r->home[i] = r->value[i];
}

/* What is regressed on what. */
typedef struct removal {
    const caus_series *series; /* with the workload */
    const bool *chosen;        /* [variables] those that make up the workload;
                                  NULL = time of day only */
    const caus_series *kept;
    size_t lost;     /* rows at the start of every segment */
    double **values; /* of each segment of the result; NULL = too short */
    double **load;   /* [rows] of each segment of `kept` */
} removal;

/* Whether an environment is long enough to tell the time of day from load. */
static bool spans_a_day(const caus_series *series, int environment)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        if (segment->environment != environment || !segment->start_ns)
            continue;
        int64_t end =
            segment->start_ns + (int64_t)segment->row_count * series->step_ns;
        first = segment->start_ns < first ? segment->start_ns : first;
        last = end > last ? end : last;
    }
    return first < last && last - first >= day_ns;
}

/* Returns how many. */
static size_t fill_regressors(const removal *job, size_t segment, size_t row,
                              bool knows_day, double *load)
{
    const caus_segment *own = &job->kept->segments[segment];
    int64_t time_ns = own->start_ns + (int64_t)row * job->kept->step_ns;
    double turn =
        6.283185307179586 * (double)(time_ns % day_ns) / (double)day_ns;
    size_t count = 0;
    load[count++] = 1;
    for (size_t lag = 0; job->chosen && lag <= LOAD_LAGS; lag++)
        load[count++] = job->load[segment][row - lag];
    for (int h = 1; knows_day && h <= HARMONICS; h++) {
        load[count++] = sin(h * turn);
        load[count++] = cos(h * turn);
    }
    return count;
}

static void remove_from(const removal *job, int environment, size_t variable,
                        bool knows_day, regression *r)
{
    size_t count = job->kept->variable_count;
    bool keep_as_is =
        caus_symptom_of(&job->kept->variables[variable]) == CAUS_SYMPTOM_LOAD ||
        (!knows_day && !job->chosen);
    r->rows = 0;
    for (size_t s = 0; s < job->kept->segment_count; s++) {
        const caus_segment *own = &job->kept->segments[s];
        if (own->environment != environment || !job->values[s])
            continue;
        for (size_t t = job->lost; t < own->row_count; t++) {
            double *home = &job->values[s][(t - job->lost) * count + variable];
            double value = value_at(job->kept, own, t, variable);
            double load[REGRESSORS];
            r->regressor_count = fill_regressors(job, s, t, knows_day, load);
            if (keep_as_is)
                *home = value;
            else
                add_row(r, load, value, home);
        }
    }
    if (!keep_as_is)
        regress(r);
}

/* The load in every row of every segment. */
static bool add_up_load(removal *job, caus_arena *out)
{
    size_t segments = job->kept->segment_count;
    job->load = CAUS_ARRAY(out, double *, segments);
    for (size_t s = 0; job->load && job->chosen && s < segments; s++) {
        const caus_segment *segment = &job->series->segments[s];
        job->load[s] = CAUS_ARRAY(out, double, segment->row_count);
        if (!job->load[s])
            return false;
        for (size_t t = 0; t < segment->row_count; t++)
            job->load[s][t] =
                caus_incident_load_at(job->series, job->chosen, segment, t);
    }
    return job->load != NULL;
}

/* The bits of a mask from row `lost` on. */
static bool shift_bits(const uint64_t *bits, const caus_segment *from,
                       size_t lost, size_t count, const caus_segment *to,
                       caus_arena *out, const uint64_t **result)
{
    uint64_t *shifted = CAUS_ARRAY(out, uint64_t, count * to->word_count);
    if (!shifted)
        return false;
    for (size_t c = 0; c < count; c++) {
        for (size_t r = 0; r < to->row_count; r++) {
            size_t at = r + lost;
            uint64_t bit = bits[c * from->word_count + at / 64] >> (at % 64);
            shifted[c * to->word_count + r / 64] |= (bit & 1) << (r % 64);
        }
    }
    *result = shifted;
    return true;
}

static bool mark_missing(caus_segment *segment, size_t count, caus_arena *out)
{
    uint64_t *missing = CAUS_ARRAY(out, uint64_t, count * segment->word_count);
    if (!missing)
        return false;
    for (size_t r = 0; r < segment->row_count; r++) {
        for (size_t c = 0; c < count; c++) {
            if (!isfinite(segment->values[r * count + c]))
                missing[c * segment->word_count + r / 64] |= (uint64_t)1
                                                             << (r % 64);
        }
    }
    segment->missing = missing;
    return true;
}

/* A segment without its first rows, its values still to be written. */
static bool shorten(const removal *job, const caus_segment *from,
                    caus_arena *out, caus_segment *to, double **values)
{
    size_t count = job->kept->variable_count, lost = job->lost;
    *to = *from;
    to->row_count = from->row_count - lost;
    to->word_count = (to->row_count + 63) / 64;
    to->start_ns += (int64_t)lost * job->kept->step_ns;
    to->offset_steps += (int64_t)lost;
    *values = CAUS_ARRAY(out, double, to->row_count *count);
    to->values = *values;
    if (from->support)
        to->support = from->support + lost * count;
    return *values &&
           (!from->selected || shift_bits(from->selected, from, lost, count, to,
                                          out, &to->selected));
}

/* Segments that have no row left go. */
static bool shorten_all(removal *job, caus_arena *out, caus_segment *segments,
                        size_t *made)
{
    const caus_series *kept = job->kept;
    *made = 0;
    for (size_t s = 0; s < kept->segment_count; s++) {
        if (kept->segments[s].row_count <= job->lost)
            continue;
        if (!shorten(job, &kept->segments[s], out, &segments[*made],
                     &job->values[s]))
            return false;
        (*made)++;
    }
    return true;
}

static bool remove_all(removal *job, caus_arena *scratch)
{
    const caus_series *kept = job->kept;
    regression r = {0};
    if (!make_room(&r, caus_series_row_count(kept), scratch) ||
        !add_up_load(job, scratch))
        return false;
    for (size_t e = 0; e < kept->environment_count; e++) {
        int id = kept->environments[e].id;
        bool knows_day = spans_a_day(kept, id);
        for (size_t v = 0; v < kept->variable_count; v++)
            remove_from(job, id, v, knows_day, &r);
    }
    return true;
}

static caus_status remove_load(removal *job, const caus_run *run,
                               caus_arena *out, caus_series *result,
                               caus_error *err)
{
    const caus_series *kept = job->kept;
    caus_segment *segments = CAUS_ARRAY(out, caus_segment, kept->segment_count);
    job->values = CAUS_ARRAY(out, double *, kept->segment_count);
    size_t count;
    if (!segments || !job->values || !shorten_all(job, out, segments, &count))
        return caus_arena_fail(out, err);
    if (!count)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "no segment has more than %zu rows, which removing "
                         "the load takes: widen the window or give --workload "
                         "none",
                         job->lost);
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    bool made = remove_all(job, scratch);
    caus_arena_rewind(scratch, mark);
    for (size_t s = 0; made && s < count; s++)
        made = mark_missing(&segments[s], kept->variable_count, out);
    if (!made)
        return caus_arena_fail(out, err);
    *result = *kept;
    result->segments = segments;
    result->segment_count = count;
    return CAUS_OK;
}

caus_status caus_incident_remove_load(const caus_series *series,
                                      const caus_load *load,
                                      const caus_series *kept,
                                      const caus_run *run, caus_arena *out,
                                      caus_series *result, caus_error *err)
{
    bool is_needed = load->chosen && load->is_offered;
    removal job = {.series = series,
                   .chosen = is_needed ? load->chosen : NULL,
                   .lost = is_needed ? LOAD_LAGS : 0,
                   .kept = kept};
    for (size_t e = 0; kept->step_ns > 0 && e < kept->environment_count; e++)
        is_needed = is_needed || spans_a_day(kept, kept->environments[e].id);
    *result = *kept;
    return is_needed ? remove_load(&job, run, out, result, err) : CAUS_OK;
}
