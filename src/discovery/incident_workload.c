/* SPDX-License-Identifier: Apache-2.0 */
/* Which variables are the load that all share. */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"

static bool is_usable(const caus_series *series, const caus_quality *quality,
                      size_t variable)
{
    return caus_symptom_of(&series->variables[variable]) == CAUS_SYMPTOM_LOAD &&
           !quality->variables[variable].constant;
}

/* The calls of services that call others and that nobody calls. */
static bool find_entry_loads(const caus_series *series,
                             const caus_quality *quality,
                             const caus_topology *topology, caus_arena *out,
                             bool *chosen)
{
    bool *called = CAUS_ARRAY(out, bool, topology->service_count);
    bool *calls = CAUS_ARRAY(out, bool, topology->service_count);
    if (!called || !calls)
        return false;
    for (size_t i = 0; i < topology->call_count; i++) {
        calls[topology->calls[i][0]] = true;
        called[topology->calls[i][1]] = true;
    }
    for (size_t i = 0; i < series->variable_count; i++) {
        size_t s = caus_topology_find(topology, series->variables[i].service);
        chosen[i] = s != SIZE_MAX && calls[s] && !called[s] &&
                    is_usable(series, quality, i);
    }
    return true;
}

/* "shop_calls", "shop_calls + app_calls", "shop_calls + 3 more". */
static const char *name_load(const caus_series *series, const bool *chosen,
                             caus_arena *out)
{
    const char *first = NULL, *second = NULL;
    size_t count = 0;
    for (size_t v = 0; v < series->variable_count; v++) {
        if (!chosen[v])
            continue;
        count++;
        if (!first)
            first = series->variables[v].name;
        else if (!second)
            second = series->variables[v].name;
    }
    if (count < 2)
        return first;
    return count == 2
               ? caus_arena_format(out, "%s + %s", first, second)
               : caus_arena_format(out, "%s + %zu more", first, count - 1);
}

/* What nobody names and no call graph tells. */
static caus_status guess_load(const caus_load_case *about, caus_arena *out,
                              bool *chosen, caus_load *load, caus_error *err)
{
    const caus_series *series = about->series;
    bool *usable = CAUS_ARRAY(out, bool, series->variable_count);
    if (!usable)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < series->variable_count; v++)
        usable[v] = is_usable(series, about->quality, v);
    caus_guess guess;
    CAUS_TRY(
        caus_incident_guess_load(series, about->run, usable, out, &guess, err));
    if (guess.variable == SIZE_MAX)
        return CAUS_OK;
    chosen[guess.variable] = true;
    const char *name = series->variables[guess.variable].name;
    load->guess =
        guess.count == 1
            ? caus_arena_format(out, "%s alone counts requests", name)
            : caus_arena_format(out,
                                "of %zu counts of requests %s explains the "
                                "others best (%.0f %% of their variance in "
                                "the median)",
                                guess.count, name, 100 * guess.share);
    return load->guess ? CAUS_OK : caus_arena_fail(out, err);
}

static caus_status take_named(const caus_load_case *about, bool *chosen,
                              caus_error *err)
{
    const char *name = about->options->workload;
    size_t found = caus_series_find(about->series, name);
    if (found == SIZE_MAX)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "the workload %s is not among the %zu variables: name "
                         "one of them, or none",
                         name, about->series->variable_count);
    if (about->quality->variables[found].constant)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "the workload %s is constant: it explains nothing; "
                         "name another variable, or none",
                         name);
    chosen[found] = true;
    return CAUS_OK;
}

static bool any_of(const bool *chosen, size_t count)
{
    for (size_t v = 0; v < count; v++)
        if (chosen[v])
            return true;
    return false;
}

/* Which variables are the workload; none is a choice too. */
static caus_status choose_load(const caus_load_case *about, caus_arena *out,
                               bool *chosen, caus_load *load, caus_error *err)
{
    const caus_incident_options *options = about->options;
    if (strcmp(options->workload, "auto") != 0) {
        load->is_offered = true;
        return take_named(about, chosen, err);
    }
    if (options->topology && !find_entry_loads(about->series, about->quality,
                                               options->topology, out, chosen))
        return caus_arena_fail(out, err);
    if (any_of(chosen, about->series->variable_count))
        return CAUS_OK;
    return guess_load(about, out, chosen, load, err);
}

caus_status caus_incident_choose_load(const caus_load_case *about,
                                      caus_arena *out, caus_load *load,
                                      caus_error *err)
{
    const caus_series *series = about->series;
    *load = (caus_load){0};
    if (!about->options->workload || series->step_ns == 0)
        return CAUS_OK;
    bool *chosen = CAUS_ARRAY(out, bool, series->variable_count);
    if (!chosen)
        return caus_arena_fail(out, err);
    CAUS_TRY(choose_load(about, out, chosen, load, err));
    if (!any_of(chosen, series->variable_count))
        return CAUS_OK;
    load->chosen = chosen;
    load->name = name_load(series, chosen, out);
    return load->name ? CAUS_OK : caus_arena_fail(out, err);
}

double caus_incident_load_at(const caus_series *series, const bool *chosen,
                             const caus_segment *segment, size_t row)
{
    double sum = 0;
    for (size_t v = 0; v < series->variable_count; v++) {
        if (!chosen[v])
            continue;
        if (caus_segment_is_missing(segment, row, v))
            return (double)NAN;
        sum += segment->values[row * series->variable_count + v];
    }
    return sum;
}

/* The columns of a segment and the load behind them. */
static bool extend(const caus_series *series, const bool *chosen,
                   const caus_segment *all, size_t count, caus_arena *out,
                   caus_segment *segment)
{
    size_t words = segment->word_count, rows = segment->row_count;
    double *values = CAUS_ARRAY(out, double, rows *(count + 1));
    uint64_t *missing = CAUS_ARRAY(out, uint64_t, words * (count + 1));
    uint64_t *selected = CAUS_ARRAY(out, uint64_t, words * (count + 1));
    if (!values || !missing || !selected)
        return false;
    if (segment->missing)
        memcpy(missing, segment->missing, words * count * sizeof *missing);
    if (segment->selected)
        memcpy(selected, segment->selected, words * count * sizeof *selected);
    memset(selected + words * count, 0xff, words * sizeof *selected);
    for (size_t r = 0; r < rows; r++) {
        double load = caus_incident_load_at(series, chosen, all, r);
        memcpy(values + r * (count + 1), segment->values + r * count,
               count * sizeof *values);
        values[r * (count + 1) + count] = load;
        if (!isfinite(load))
            missing[count * words + r / 64] |= (uint64_t)1 << (r % 64);
    }
    segment->values = values;
    segment->missing = missing;
    segment->selected = segment->selected ? selected : NULL;
    segment->support = NULL;
    return true;
}

caus_status caus_incident_add_load(const caus_series *series,
                                   const caus_load *load,
                                   const caus_series *kept, caus_arena *out,
                                   caus_series *result, caus_error *err)
{
    size_t count = kept->variable_count;
    caus_variable *variables = CAUS_ARRAY(out, caus_variable, count + 1);
    caus_segment *segments = CAUS_ARRAY(out, caus_segment, kept->segment_count);
    if (!variables || !segments)
        return caus_arena_fail(out, err);
    memcpy(variables, kept->variables, count * sizeof *variables);
    variables[count] = caus_variable_default();
    variables[count].name = load->name;
    for (size_t s = 0; s < kept->segment_count; s++) {
        segments[s] = kept->segments[s];
        if (!extend(series, load->chosen, &series->segments[s], count, out,
                    &segments[s]))
            return caus_arena_fail(out, err);
    }
    *result = *kept;
    result->variables = variables;
    result->variable_count = count + 1;
    result->segments = segments;
    return CAUS_OK;
}
