/* SPDX-License-Identifier: Apache-2.0 */
/* Shared load: what moves with the requests of the entry service. */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"
#include "numeric/numeric.h"

enum { LOAD_LAGS = 2, REGRESSORS = LOAD_LAGS + 2 };

/* The calls of the only service that calls others and that nobody calls. */
static size_t find_entry_load(const caus_series *series,
                              const caus_topology *topology, caus_arena *out)
{
    if (!topology)
        return SIZE_MAX;
    bool *called = CAUS_ARRAY(out, bool, topology->service_count);
    if (!called)
        return SIZE_MAX;
    for (size_t i = 0; i < topology->call_count; i++)
        called[topology->calls[i][1]] = true;
    size_t entry = SIZE_MAX;
    for (size_t i = 0; i < topology->call_count; i++) {
        size_t caller = topology->calls[i][0];
        if (called[caller])
            continue;
        if (entry != SIZE_MAX && entry != caller)
            return SIZE_MAX;
        entry = caller;
    }
    for (size_t i = 0; entry != SIZE_MAX && i < series->variable_count; i++) {
        const caus_variable *variable = &series->variables[i];
        if (caus_symptom_of(variable) == CAUS_SYMPTOM_LOAD &&
            strcmp(variable->service, topology->services[entry]) == 0)
            return i;
    }
    return SIZE_MAX;
}

static double value_at(const caus_series *series, const caus_segment *segment,
                       size_t row, size_t variable)
{
    return caus_segment_is_missing(segment, row, variable)
               ? (double)NAN
               : segment->values[row * series->variable_count + variable];
}

/* One regression: rows with load and value, and where their residuals go. */
typedef struct regression {
    size_t rows;
    double *load[REGRESSORS]; /* [capacity] intercept, lags 0 … LOAD_LAGS */
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
    for (int k = 0; k < REGRESSORS; k++)
        complete = complete && isfinite(load[k]);
    *home = (double)NAN;
    if (!complete)
        return;
    for (int k = 0; k < REGRESSORS; k++)
        r->load[k][r->rows] = load[k];
    r->value[r->rows] = value;
    r->home[r->rows++] = home;
}

static void regress(const regression *r)
{
    caus_basis basis = {.columns = r->room, .row_count = r->rows};
    for (int k = 0; k < REGRESSORS; k++)
        caus_basis_add(&basis, r->load[k]);
    caus_basis_project(&basis, r->value);
    for (size_t i = 0; i < r->rows; i++)
        *r->home[i] = r->value[i];
}

/* What is regressed on what. */
typedef struct removal {
    const caus_series *series; /* with the workload */
    size_t workload;
    const caus_series *kept;
    double **values; /* of each segment of the result */
} removal;

static void remove_from(const removal *job, int environment, size_t variable,
                        regression *r)
{
    size_t count = job->kept->variable_count;
    bool keep_as_is =
        caus_symptom_of(&job->kept->variables[variable]) == CAUS_SYMPTOM_LOAD;
    r->rows = 0;
    for (size_t s = 0; s < job->kept->segment_count; s++) {
        const caus_segment *own = &job->kept->segments[s];
        const caus_segment *all = &job->series->segments[s];
        if (own->environment != environment)
            continue;
        for (size_t t = LOAD_LAGS; t < own->row_count; t++) {
            double *home = &job->values[s][(t - LOAD_LAGS) * count + variable];
            double value = value_at(job->kept, own, t, variable);
            double load[REGRESSORS] = {1};
            for (size_t lag = 0; lag <= LOAD_LAGS; lag++)
                load[1 + lag] =
                    value_at(job->series, all, t - lag, job->workload);
            if (keep_as_is)
                *home = value;
            else
                add_row(r, load, value, home);
        }
    }
    if (!keep_as_is)
        regress(r);
}

/* The bits of a mask from row LOAD_LAGS on. */
static bool shift_bits(const uint64_t *bits, const caus_segment *from,
                       size_t count, const caus_segment *to, caus_arena *out,
                       const uint64_t **result)
{
    uint64_t *shifted = CAUS_ARRAY(out, uint64_t, count * to->word_count);
    if (!shifted)
        return false;
    for (size_t c = 0; c < count; c++) {
        for (size_t r = 0; r < to->row_count; r++) {
            size_t at = r + LOAD_LAGS;
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
static bool shorten(const caus_series *kept, const caus_segment *from,
                    caus_arena *out, caus_segment *to, double **values)
{
    size_t count = kept->variable_count;
    *to = *from;
    to->row_count = from->row_count - LOAD_LAGS;
    to->word_count = (to->row_count + 63) / 64;
    to->start_ns += LOAD_LAGS * kept->step_ns;
    to->offset_steps += LOAD_LAGS;
    *values = CAUS_ARRAY(out, double, to->row_count *count);
    to->values = *values;
    if (from->support)
        to->support = from->support + LOAD_LAGS * count;
    return *values &&
           (!from->selected ||
            shift_bits(from->selected, from, count, to, out, &to->selected));
}

static caus_status remove_load(removal *job, const caus_run *run,
                               caus_arena *out, caus_series *result,
                               caus_error *err)
{
    const caus_series *kept = job->kept;
    caus_segment *segments = CAUS_ARRAY(out, caus_segment, kept->segment_count);
    job->values = CAUS_ARRAY(out, double *, kept->segment_count);
    if (!segments || !job->values)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < kept->segment_count; s++) {
        if (!shorten(kept, &kept->segments[s], out, &segments[s],
                     &job->values[s]))
            return caus_arena_fail(out, err);
    }
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    regression r = {0};
    bool made = make_room(&r, caus_series_row_count(kept), scratch);
    for (size_t e = 0; made && e < kept->environment_count; e++) {
        for (size_t v = 0; v < kept->variable_count; v++)
            remove_from(job, kept->environments[e].id, v, &r);
    }
    caus_arena_rewind(scratch, mark);
    for (size_t s = 0; made && s < kept->segment_count; s++)
        made = mark_missing(&segments[s], kept->variable_count, out);
    if (!made)
        return caus_arena_fail(out, err);
    *result = *kept;
    result->segments = segments;
    return CAUS_OK;
}

caus_status caus_incident_remove_load(const caus_series *series,
                                      const caus_quality *quality,
                                      const caus_series *kept,
                                      const caus_incident_options *options,
                                      const caus_run *run, caus_arena *out,
                                      caus_series *result,
                                      const char **workload, caus_error *err)
{
    *result = *kept;
    *workload = NULL;
    if (!options->workload)
        return CAUS_OK;
    bool automatic = strcmp(options->workload, "auto") == 0;
    size_t found = automatic ? find_entry_load(series, options->topology, out)
                             : caus_series_find(series, options->workload);
    bool is_constant = found != SIZE_MAX && quality->variables[found].constant;
    if (automatic && (found == SIZE_MAX || is_constant))
        return CAUS_OK;
    if (found == SIZE_MAX)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "the workload %s is not among the %zu variables: name "
                         "one of them, or none",
                         options->workload, series->variable_count);
    if (is_constant)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "the workload %s is constant: it explains nothing; "
                         "name another variable, or none",
                         options->workload);
    for (size_t s = 0; s < kept->segment_count; s++) {
        if (kept->segments[s].row_count <= LOAD_LAGS)
            return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                             "%zu rows in a segment: removing the load needs "
                             "more than %d; widen the window or give "
                             "--workload none",
                             kept->segments[s].row_count, LOAD_LAGS);
    }
    removal job = {.series = series, .workload = found, .kept = kept};
    CAUS_TRY(remove_load(&job, run, out, result, err));
    *workload = series->variables[found].name;
    return CAUS_OK;
}
