/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From columns to tracks: errors that never happened become 0 where there are
 * calls, values that lost scrapes have spoilt become missing, series without a
 * value are left out.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/prometheus_internal.h"

/* ---- which series are behind a column ---- */

static bool label_fits(const caus_prom_entry *entry, const char *name,
                       const char *value, size_t length)
{
    for (size_t i = 0; i < CAUS_PROM_KEPT_LABELS; i++) {
        if (strcmp(name, caus_prom_kept_labels[i]) == 0)
            return strlen(entry->values[i]) == length &&
                   memcmp(entry->values[i], value, length) == 0;
    }
    return true; /* nothing is known about other labels */
}

/* Whether the equalities of a selector of the entry's metric allow it. */
static bool selects(const caus_promql_selector *selector,
                    const caus_prom_entry *entry)
{
    for (size_t m = 0; m < selector->matcher_count; m++) {
        const caus_promql_matcher *matcher = &selector->matchers[m];
        char name[128];
        if (!matcher->is_equality || matcher->name.length >= sizeof name)
            continue;
        memcpy(name, matcher->name.at, matcher->name.length);
        name[matcher->name.length] = '\0';
        if (!label_fits(entry, name, matcher->value.at, matcher->value.length))
            return false;
    }
    return true;
}

bool caus_prom_is_behind(const caus_prom *prom, const caus_prom_query *query,
                         const caus_prom_column *column,
                         const caus_prom_entry *entry)
{
    bool is_selected = entry->metric == query->catalog;
    for (size_t i = 0; query->promql && i < query->promql->selector_count; i++)
        is_selected =
            is_selected || (query->selected[i] == entry->metric &&
                            selects(&query->promql->selectors[i], entry));
    for (size_t i = 0; is_selected && i < column->label_count; i++)
        is_selected =
            label_fits(entry, column->labels[i].name, column->labels[i].value,
                       strlen(column->labels[i].value));
    if (is_selected || query->calls == SIZE_MAX)
        return is_selected;
    const caus_prom_query *calls = &prom->queries[query->calls];
    return calls->calls == SIZE_MAX &&
           caus_prom_is_behind(prom, calls, column, entry);
}

/* ---- errors that never happened ---- */

static bool has_value(const caus_prom *prom, const caus_prom_column *column)
{
    for (size_t row = 0; row < prom->row_count; row++) {
        if (!isnan(column->values[row]))
            return true;
    }
    return false;
}

static caus_status complete_errors(caus_prom *prom, caus_prom_query *errors,
                                   caus_error *err)
{
    bool had_series = errors->column_count > 0;
    if (errors->calls == SIZE_MAX || errors->refusal)
        return CAUS_OK;
    const caus_prom_query *calls = &prom->queries[errors->calls];
    for (size_t c = 0; c < calls->column_count; c++) {
        const caus_prom_column *from = &calls->columns[c];
        caus_prom_column *to;
        if (!has_value(prom, from))
            continue;
        CAUS_TRY(caus_prom_add_column(prom, errors, from->labels,
                                      from->label_count, &to, err));
        for (size_t row = 0; row < prom->row_count; row++) {
            if (isnan(to->values[row]) && !isnan(from->values[row]))
                to->values[row] = 0;
        }
    }
    if (had_series || !errors->column_count)
        return CAUS_OK;
    return caus_prom_warn(prom, err,
                          "%s has no series in the window: it counts as 0 "
                          "wherever %s has a value",
                          errors->name, calls->name);
}

/* ---- lost scrapes ---- */

static void mask_outage(const caus_prom *prom, const caus_prom_query *query,
                        const caus_prom_outage *outage, double *values)
{
    int64_t step_ns = prom->step_ns;
    int64_t window_ns = (int64_t)(query->window_s * 1e9);
    if (window_ns < step_ns)
        window_ns = step_ns;
    for (size_t row = 0; row < prom->row_count; row++) {
        int64_t time_ns = prom->times_ns[row];
        bool is_spoilt;
        if (query->counts_events) /* a part of the events is not seen */
            is_spoilt = time_ns >= outage->first_failed_ns &&
                        time_ns < outage->last_failed_ns + window_ns;
        else /* not one sample of this target in the step */
            is_spoilt = time_ns >= outage->good_before_ns + step_ns &&
                        time_ns < outage->good_after_ns &&
                        time_ns < outage->last_failed_ns + step_ns;
        if (is_spoilt)
            values[row] = (double)NAN;
    }
}

static void mask_query(const caus_prom *prom, const caus_prom_query *query)
{
    for (size_t c = 0; c < query->column_count; c++) {
        const caus_prom_column *column = &query->columns[c];
        size_t last = SIZE_MAX;
        for (size_t i = 0; i < prom->entry_count; i++) {
            const caus_prom_entry *entry = &prom->entries[i];
            if (entry->target == SIZE_MAX || entry->target == last)
                continue;
            const caus_prom_target *target = &prom->targets[entry->target];
            if (!target->outage_count ||
                !caus_prom_is_behind(prom, query, column, entry))
                continue;
            last = entry->target;
            for (size_t o = 0; o < target->outage_count; o++)
                mask_outage(prom, query, &target->outages[o], column->values);
        }
    }
}

/* ---- nothing came ---- */

static caus_status note_histogram(void *data, caus_error *err)
{
    (void)err;
    *(bool *)data = true;
    return CAUS_OK;
}

/* A native histogram gives no value to a query made for numbers. */
static caus_status look_for_histogram(caus_prom *prom,
                                      const caus_prom_query *query, bool *found,
                                      caus_error *err)
{
    int64_t last_ns = prom->times_ns[prom->row_count - 1];
    caus_text text = {0};
    caus_text_add(&text, "{__name__=");
    caus_promql_quote(&text, query->metric);
    caus_text_add(&text, "}");
    const char *shown =
        text.failed ? NULL : caus_arena_copy(prom->scratch, text.bytes);
    caus_text_deinit(&text);
    const char *time = caus_prom_time_text(prom, last_ns);
    const char *const pairs[] = {"query", shown, "time", time, NULL};
    caus_prom_call *call = CAUS_ARRAY(prom->scratch, caus_prom_call, 1);
    if (!shown || !time || !call)
        return caus_prom_no_memory(prom, err);
    *call = (caus_prom_call){
        .path = "/api/v1/query",
        .body = caus_prom_form_body(prom, pairs),
        .what = "the query of the last value",
        .shown = shown,
        .is_optional = true,
        .events = {.histogram = note_histogram, .data = found}};
    if (!call->body)
        return caus_prom_no_memory(prom, err);
    return caus_prom_perform(prom, call, 1, err);
}

static caus_status fail_empty_promql(caus_prom *prom,
                                     const caus_prom_query *query,
                                     caus_error *err)
{
    const caus_promql *promql = query->promql;
    for (size_t i = 0; promql && i < promql->selector_count; i++) {
        size_t metric = query->selected[i];
        if (metric != SIZE_MAX && !prom->metrics[metric].series_count)
            return caus_prom_fail_unknown(prom, prom->metrics[metric].name,
                                          query->name, err);
    }
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "the query of %s gave %s in the window: check its labels, "
                     "--start and --end (sent was: %.300s)",
                     query->name,
                     query->column_count ? "series but not one finite value"
                                         : "no series",
                     query->text);
}

static caus_status fail_empty(caus_prom *prom, const caus_prom_query *query,
                              caus_error *err)
{
    if (query->form == CAUS_PROM_QUERY)
        return fail_empty_promql(prom, query, err);
    if (!caus_prom_has_series(prom, query->metric))
        return caus_prom_fail_unknown(prom, query->metric, query->name, err);
    bool is_histogram = false;
    CAUS_TRY(look_for_histogram(prom, query, &is_histogram, err));
    if (is_histogram)
        return caus_prom_fail_native(query->metric, err);
    if (query->form == CAUS_PROM_GAUGE)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "%s has series but not one finite sample in the "
                         "window: check --start and --end",
                         query->name);
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "%s has series but never two samples within one step, or "
                     "nothing was counted: use a --step of at least twice the "
                     "scrape interval, or another window",
                     query->name);
}

/* ---- tracks ---- */

static int compare_columns(const void *a, const void *b)
{
    const caus_prom_column *left = a, *right = b;
    size_t shorter = left->key_length < right->key_length ? left->key_length
                                                          : right->key_length;
    int order = memcmp(left->key, right->key, shorter);
    if (order)
        return order;
    return (left->key_length > right->key_length) -
           (left->key_length < right->key_length);
}

/* Leaves out series without a value; the rest in the order of their labels. */
static caus_status tidy_columns(caus_prom *prom, caus_prom_query *query,
                                caus_error *err)
{
    size_t kept = 0, all = query->column_count;
    for (size_t c = 0; c < all; c++) {
        if (has_value(prom, &query->columns[c]))
            query->columns[kept++] = query->columns[c];
    }
    query->column_count = kept;
    if (kept == 0)
        return CAUS_OK;
    qsort(query->columns, kept, sizeof *query->columns, compare_columns);
    if (kept == all)
        return CAUS_OK;
    return caus_prom_warn(prom, err,
                          "%zu of %zu series of %s have no finite value in the "
                          "window and are left out",
                          all - kept, all, query->name);
}

/* Missing rows at both ends are no samples; those between are NaN. */
static void make_track(const caus_prom *prom, const caus_prom_column *column,
                       caus_track *track)
{
    size_t first = 0, end = prom->row_count;
    while (isnan(column->values[first]))
        first++;
    while (isnan(column->values[end - 1]))
        end--;
    track->time_ns = prom->times_ns + first;
    track->value = column->values + first;
    track->count = end - first;
}

static caus_status check_names(const caus_prom *prom, const caus_track *tracks,
                               size_t count, caus_error *err)
{
    caus_map *names = caus_map_new();
    if (!names)
        return caus_prom_no_memory(prom, err);
    caus_status status = CAUS_OK;
    for (size_t i = 0; status == CAUS_OK && i < count; i++) {
        const char *name = tracks[i].variable.name;
        int added = caus_map_insert(names, name, strlen(name), i, NULL);
        if (added < 0)
            status = caus_prom_no_memory(prom, err);
        else if (added == 0)
            status = CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                               "two variables are called '%s': give one of "
                               "them another name by NAME=QUERY",
                               name);
    }
    caus_map_free(names);
    return status;
}

/* Why a query has no value: a warning where others have some and it may be left
 * out, else the end. */
static caus_status explain_empty(caus_prom *prom, const caus_prom_query *query,
                                 bool may_skip, caus_error *err)
{
    if (query->refusal && !may_skip)
        return CAUS_FAIL(err, CAUS_ERR_SERVER, "%s: %s", query->name,
                         query->refusal);
    if (query->refusal) {
        prom->refused_count++;
        return caus_prom_warn(prom, err, "%s is left out: %s", query->name,
                              query->refusal);
    }
    if (!may_skip)
        return fail_empty(prom, query, err);
    caus_error reason = {.status = CAUS_OK};
    caus_status status = fail_empty(prom, query, &reason);
    if (status != CAUS_ERR_NOT_FOUND) {
        if (err)
            *err = reason;
        return status;
    }
    return caus_prom_warn(prom, err, "%s is left out: %s", query->name,
                          reason.message);
}

static caus_status tidy_queries(caus_prom *prom, size_t *count, caus_error *err)
{
    *count = 0;
    for (size_t q = 0; q < prom->query_count; q++) {
        mask_query(prom, &prom->queries[q]);
        CAUS_TRY(tidy_columns(prom, &prom->queries[q], err));
        *count += prom->queries[q].column_count;
    }
    bool may_skip = prom->options->skip_empty && *count > 0;
    for (size_t q = 0; q < prom->query_count; q++) {
        if (!prom->queries[q].column_count)
            CAUS_TRY(explain_empty(prom, &prom->queries[q], may_skip, err));
    }
    return CAUS_OK;
}

caus_status caus_prom_make_tracks(caus_prom *prom, caus_samples *samples,
                                  caus_error *err)
{
    for (size_t q = 0; q < prom->query_count; q++)
        CAUS_TRY(complete_errors(prom, &prom->queries[q], err));
    size_t count = 0, at = 0;
    CAUS_TRY(tidy_queries(prom, &count, err));
    caus_track *tracks = CAUS_ARRAY(prom->out, caus_track, count);
    if (!tracks)
        return caus_arena_fail(prom->out, err);
    for (size_t q = 0; q < prom->query_count; q++) {
        const caus_prom_query *query = &prom->queries[q];
        const char *text = caus_arena_copy(prom->out, query->text);
        if (!text)
            return caus_arena_fail(prom->out, err);
        for (size_t c = 0; c < query->column_count; c++, at++) {
            CAUS_TRY(caus_run_check(prom->run, err));
            CAUS_TRY(caus_prom_make_variable(prom, query, &query->columns[c],
                                             text, &tracks[at].variable, err));
            make_track(prom, &query->columns[c], &tracks[at]);
        }
    }
    CAUS_TRY(check_names(prom, tracks, count, err));
    *samples = (caus_samples){count, tracks};
    return CAUS_OK;
}
