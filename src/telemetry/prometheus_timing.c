/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When samples were taken. Raw samples of `up`, one a scrape, tell of every
 * target its interval, its offset from the grid and the scrapes that failed or
 * never were. Metrics that were pushed, without an `up`, tell it themselves.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/prometheus_internal.h"

enum { MAX_NAMED_INSTANCES = 200 };

/* Scrapes asked for at most, taken as one every 15 s. */
static const double most_scrapes = 2e6;
static const double usual_interval_s = 15;
static const double shortest_window_s = 10 * 60;
static const double pushed_window_s = 20 * 60;
/* So long Prometheus itself takes the last value for the present one. */
static const int64_t staleness_ns = 300 * INT64_C(1000000000);

/* ---- targets ---- */

static bool target_key(caus_text *key, size_t metric, const char *job,
                       const char *instance)
{
    *key = (caus_text){0};
    caus_text_format(key, "%zu\n%s\n%s", metric, job, instance);
    return !key->failed;
}

/* The place of a target, SIZE_MAX if it is not known. */
static caus_status find_target(const caus_prom *prom, size_t metric,
                               const char *job, const char *instance,
                               size_t *found, caus_error *err)
{
    caus_text key;
    bool has_key = target_key(&key, metric, job, instance);
    *found = SIZE_MAX;
    if (has_key)
        caus_map_find(prom->target_keys, key.bytes, key.length, found);
    caus_text_deinit(&key);
    return has_key ? CAUS_OK : caus_prom_no_memory(prom, err);
}

static caus_status add_target(caus_prom *prom, size_t metric, const char *job,
                              const char *instance, size_t *found,
                              caus_error *err)
{
    CAUS_TRY(find_target(prom, metric, job, instance, found, err));
    if (*found != SIZE_MAX)
        return CAUS_OK;
    caus_text key;
    char *kept = target_key(&key, metric, job, instance)
                     ? caus_arena_copy(prom->scratch, key.bytes)
                     : NULL;
    caus_text_deinit(&key);
    if (!kept ||
        !caus_reserve(&prom->targets, prom->target_count,
                      &prom->target_capacity, sizeof *prom->targets) ||
        caus_map_insert(prom->target_keys, kept, strlen(kept),
                        prom->target_count, found) < 0)
        return caus_prom_no_memory(prom, err);
    prom->targets[prom->target_count++] =
        (caus_prom_target){.job = job,
                           .instance = instance,
                           .metric = metric,
                           .offset_s = (double)NAN};
    return CAUS_OK;
}

/* Gives every series its target: that of `up` where there is one. */
static caus_status make_targets(caus_prom *prom, size_t up, caus_error *err)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < prom->entry_count; i++) {
            caus_prom_entry *entry = &prom->entries[i];
            const char *job = entry->values[CAUS_PROM_JOB];
            const char *instance = entry->values[CAUS_PROM_INSTANCE];
            bool is_up = entry->metric == up;
            if (is_up != (pass == 0))
                continue;
            size_t found;
            CAUS_TRY(find_target(prom, up, job, instance, &found, err));
            if (found == SIZE_MAX)
                CAUS_TRY(add_target(prom, entry->metric, job, instance, &found,
                                    err));
            entry->target = found;
            if (!is_up || prom->asks_up)
                prom->targets[found].is_needed = true;
        }
    }
    return CAUS_OK;
}

/* ---- replies ---- */

typedef struct reading {
    caus_prom *prom;
    size_t up;
    bool is_of_up;
    size_t metric;            /* of the series that was named last */
    caus_prom_target *target; /* of the points to come; NULL = pass them by */
} reading;

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    reading *to = data;
    const char *job = caus_label_value(labels, count, "job");
    const char *instance = caus_label_value(labels, count, "instance");
    const char *name = caus_label_value(labels, count, "__name__");
    size_t found = SIZE_MAX;
    to->metric = caus_prom_find_metric(to->prom, name, strlen(name));
    if (to->metric != SIZE_MAX)
        CAUS_TRY(find_target(to->prom, to->metric, job, instance, &found, err));
    to->target = found == SIZE_MAX ? NULL : &to->prom->targets[found];
    if (to->target && (!to->target->is_needed || to->target->is_read))
        to->target = NULL;
    if (to->target)
        to->target->is_read = true;
    return CAUS_OK;
}

static caus_status take_point(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    reading *to = data;
    caus_prom_target *target = to->target;
    if (!target)
        return CAUS_OK;
    size_t count = target->scrape_count;
    if (count && time_ms <= target->scrapes[count - 1] >> 1)
        return CAUS_OK;
    if (!caus_reserve(&target->scrapes, count, &target->scrape_capacity,
                      sizeof *target->scrapes))
        return caus_prom_no_memory(to->prom, err);
    bool is_good = !to->is_of_up || value != 0;
    target->scrapes[target->scrape_count++] = time_ms * 2 + is_good;
    return CAUS_OK;
}

static caus_status take_histogram(void *data, caus_error *err)
{
    reading *to = data;
    (void)err;
    if (to->metric != SIZE_MAX)
        to->prom->metrics[to->metric].is_native = true;
    return CAUS_OK;
}

static void forget(void *data)
{
    reading *to = data;
    for (size_t i = 0; i < to->prom->target_count; i++) {
        caus_prom_target *target = &to->prom->targets[i];
        if ((target->metric == to->up) == to->is_of_up) {
            target->is_read = false;
            target->scrape_count = 0;
        }
    }
    to->target = NULL;
}

/* ---- what is asked ---- */

/* Adds `text` to a list of alternatives, unless it was the last one. */
static void add_alternative(caus_text *to, const char *text, size_t *count)
{
    caus_text escaped = {0};
    caus_promql_escape_regex(&escaped, text);
    if ((*count)++)
        caus_text_add_char(to, '|');
    if (escaped.failed)
        to->failed = true;
    else if (escaped.length)
        caus_text_add(to, escaped.bytes);
    caus_text_deinit(&escaped);
}

/* label=~"a|b" of the needed targets; nothing when there are too many. */
static bool add_matcher(caus_prom *prom, caus_text *to, size_t up,
                        const char *label, bool is_job)
{
    caus_text list = {0};
    caus_map *seen = caus_map_new();
    size_t count = 0;
    bool failed = !seen;
    for (size_t i = 0; !failed && i < prom->target_count; i++) {
        const caus_prom_target *target = &prom->targets[i];
        const char *text = is_job ? target->job : target->instance;
        if (!target->is_needed || target->metric != up)
            continue;
        int added = caus_map_insert(seen, text, strlen(text), 0, NULL);
        if (added > 0)
            add_alternative(&list, text, &count);
        failed = added < 0 || list.failed;
    }
    caus_map_free(seen);
    if (!failed && count && count <= MAX_NAMED_INSTANCES) {
        caus_text_format(to, ",%s=~", label);
        caus_promql_quote(to, list.bytes ? list.bytes : "");
    }
    failed = failed || list.failed || to->failed;
    caus_text_deinit(&list);
    return !failed;
}

static double span_s(const caus_prom *prom)
{
    const caus_prom_range *first = prom->ranges;
    const caus_prom_range *last = &prom->ranges[prom->range_count - 1];
    int64_t end_ns =
        last->start_ns + (int64_t)(last->row_count - 1) * prom->step_ns;
    return (double)(end_ns - first->start_ns + prom->step_ns) * 1e-9;
}

static const char *up_query(caus_prom *prom, size_t up, size_t target_count,
                            caus_error *err)
{
    double all_s = span_s(prom);
    double window_s = most_scrapes * usual_interval_s / (double)target_count;
    window_s = fmin(all_s, fmax(window_s, shortest_window_s));
    if (window_s < all_s &&
        caus_prom_warn(prom, err,
                       "failed scrapes were looked for in the last %.0f min "
                       "only: %zu targets are too many for more; name fewer "
                       "metrics or services",
                       window_s / 60, target_count) != CAUS_OK)
        return NULL;
    caus_text query = {0};
    caus_text_add(&query, "{__name__=\"up\"");
    bool made = add_matcher(prom, &query, up, "job", true) &&
                add_matcher(prom, &query, up, "instance", false);
    caus_text_format(&query, "}[%.0fs]", ceil(window_s));
    const char *kept = made && !query.failed
                           ? caus_arena_copy(prom->scratch, query.bytes)
                           : NULL;
    caus_text_deinit(&query);
    return kept;
}

static const char *pushed_query(caus_prom *prom, size_t up)
{
    caus_text query = {0}, list = {0};
    size_t count = 0, last = SIZE_MAX;
    for (size_t i = 0; i < prom->target_count; i++) {
        const caus_prom_target *target = &prom->targets[i];
        if (!target->is_needed || target->metric == up ||
            target->metric == last)
            continue;
        last = target->metric;
        add_alternative(&list, prom->metrics[last].name, &count);
    }
    double window_s = fmax(pushed_window_s, 8 * (double)prom->step_ns * 1e-9);
    caus_text_add(&query, "{__name__=~");
    if (list.length)
        caus_promql_quote(&query, list.bytes);
    caus_text_format(&query, ",le=~\"|[+]Inf\"}[%.0fs]",
                     ceil(fmin(window_s, span_s(prom))));
    const char *kept = query.failed || list.failed
                           ? NULL
                           : caus_arena_copy(prom->scratch, query.bytes);
    caus_text_deinit(&query);
    caus_text_deinit(&list);
    return kept;
}

static caus_status make_call(caus_prom *prom, reading *to, const char *query,
                             caus_prom_call *call, caus_error *err)
{
    const caus_prom_range *last = &prom->ranges[prom->range_count - 1];
    int64_t end_ns =
        last->start_ns + (int64_t)(last->row_count - 1) * prom->step_ns;
    const char *time = caus_prom_time_text(prom, end_ns);
    const char *const pairs[] = {"query", query, "time", time, NULL};
    *call = (caus_prom_call){
        .path = "/api/v1/query",
        .body = query && time ? caus_prom_form_body(prom, pairs) : NULL,
        .what = "the query of scrape times",
        .shown = query,
        .is_optional = true,
        .events = {.series = take_series,
                   .point = take_point,
                   .histogram = take_histogram,
                   .data = to},
        .reset = forget};
    return call->body ? CAUS_OK : caus_prom_no_memory(prom, err);
}

/* ---- what the times tell ---- */

static int compare_times(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static bool find_interval(caus_prom_target *target)
{
    size_t count = target->scrape_count;
    if (count < 2)
        return true;
    int64_t *differences = caus_alloc((count - 1) * sizeof *differences);
    if (!differences)
        return false;
    for (size_t i = 0; i + 1 < count; i++)
        differences[i] =
            (target->scrapes[i + 1] >> 1) - (target->scrapes[i] >> 1);
    size_t middle = (count - 1) / 2;
    qsort(differences, count - 1, sizeof *differences, compare_times);
    target->interval_s = (double)differences[middle] / 1e3;
    free(differences);
    return true;
}

/* Mean time from the last scrape to a grid time, over the grid times that have
 * a fresh one. */
static void find_offset(const caus_prom *prom, caus_prom_target *target)
{
    int64_t interval_ns = (int64_t)(target->interval_s * 1e9);
    int64_t step_ns = prom->step_ns;
    double sum_s = 0;
    size_t grid_times = 0;
    for (size_t i = 0; interval_ns && i < target->scrape_count; i++) {
        int64_t time_ns = (target->scrapes[i] >> 1) * 1000000;
        int64_t next_ns = time_ns + interval_ns;
        if (i + 1 < target->scrape_count &&
            (target->scrapes[i + 1] >> 1) * 1000000 <
                time_ns + interval_ns * 3 / 2)
            next_ns = (target->scrapes[i + 1] >> 1) * 1000000;
        int64_t phase = (prom->ranges[0].start_ns - time_ns) % step_ns;
        int64_t at = time_ns + (phase < 0 ? phase + step_ns : phase);
        for (; at < next_ns; at += step_ns) {
            sum_s += (double)(at - time_ns) / 1e9;
            grid_times++;
        }
    }
    if (grid_times)
        target->offset_s = sum_s / (double)grid_times;
}

static bool add_outage(caus_prom_target *target, size_t *capacity,
                       caus_prom_outage outage)
{
    if (!caus_reserve(&target->outages, target->outage_count, capacity,
                      sizeof outage))
        return false;
    /* Longer than that, and the target counts as gone, not as unseen. */
    if (outage.last_failed_ns > outage.first_failed_ns + staleness_ns)
        outage.last_failed_ns = outage.first_failed_ns + staleness_ns;
    target->outages[target->outage_count++] = outage;
    return true;
}

static bool find_outages(caus_prom_target *target)
{
    int64_t interval_ns = (int64_t)(target->interval_s * 1e9);
    int64_t good_ns = 0, first_ns = 0, last_ns = 0;
    bool has_good = false, has_failed = false;
    size_t capacity = 0;
    for (size_t i = 0; i < target->scrape_count; i++) {
        int64_t time_ns = (target->scrapes[i] >> 1) * 1000000;
        if (!(target->scrapes[i] & 1)) {
            first_ns = has_failed ? first_ns : time_ns;
            last_ns = time_ns;
            has_failed = true;
            continue;
        }
        bool has_gap = time_ns - good_ns > interval_ns * 3 / 2;
        if (has_good && (has_failed || has_gap)) {
            int64_t expected_ns = good_ns + interval_ns;
            int64_t missed_ns = time_ns - interval_ns;
            caus_prom_outage outage = {
                .good_before_ns = good_ns,
                .first_failed_ns = has_failed && first_ns < expected_ns
                                       ? first_ns
                                       : expected_ns,
                .last_failed_ns =
                    has_failed && last_ns > missed_ns ? last_ns : missed_ns,
                .good_after_ns = time_ns};
            if (!add_outage(target, &capacity, outage))
                return false;
        }
        good_ns = time_ns;
        has_good = true;
        has_failed = false;
    }
    if (has_good && has_failed)
        return add_outage(
            target, &capacity,
            (caus_prom_outage){good_ns, first_ns, last_ns, INT64_MAX});
    return true;
}

static caus_status analyse(caus_prom *prom, size_t up, caus_error *err)
{
    for (size_t i = 0; i < prom->target_count; i++) {
        caus_prom_target *target = &prom->targets[i];
        if (!find_interval(target))
            return caus_prom_no_memory(prom, err);
        find_offset(prom, target);
        if (target->metric == up && target->interval_s > 0 &&
            !find_outages(target))
            return caus_prom_no_memory(prom, err);
        free(target->scrapes);
        target->scrapes = NULL;
        target->scrape_count = target->scrape_capacity = 0;
    }
    return CAUS_OK;
}

caus_status caus_prom_read_timing(caus_prom *prom, caus_error *err)
{
    size_t up = caus_prom_find_metric(prom, "up", 2);
    CAUS_TRY(make_targets(prom, up, err));
    size_t scraped = 0, pushed = 0, count = 0;
    for (size_t i = 0; i < prom->target_count; i++) {
        const caus_prom_target *target = &prom->targets[i];
        scraped += target->is_needed && target->metric == up;
        pushed += target->is_needed && target->metric != up;
    }
    reading readings[2] = {{.prom = prom, .up = up, .is_of_up = true},
                           {.prom = prom, .up = up}};
    caus_prom_call *calls = CAUS_ARRAY(prom->scratch, caus_prom_call, 2);
    if (!calls)
        return caus_arena_fail(prom->scratch, err);
    if (scraped)
        CAUS_TRY(make_call(prom, &readings[0], up_query(prom, up, scraped, err),
                           &calls[count++], err));
    if (pushed)
        CAUS_TRY(make_call(prom, &readings[1], pushed_query(prom, up),
                           &calls[count++], err));
    if (!count)
        return CAUS_OK;
    CAUS_TRY(caus_prom_perform(prom, calls, count, err));
    for (size_t i = 0; i < count; i++) {
        if (calls[i].refused)
            CAUS_TRY(caus_prom_warn(prom, err,
                                    "the server did not tell when it scraped "
                                    "(%s): values next to lost scrapes may be "
                                    "too low and offsets are not known",
                                    calls[i].shown));
    }
    return analyse(prom, up, err);
}
