/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "events/events_internal.h"

enum { MOST_VALUES = 10000000 };

/* The end of the bin (t − step, t] that holds an instant. */
static bool bin_end(int64_t time_ns, int64_t step_ns, int64_t *end_ns)
{
    int64_t rest = time_ns % step_ns;
    if (rest <= 0)
        rest += step_ns;
    return !__builtin_add_overflow(time_ns, step_ns - rest, end_ns);
}

static caus_status check_step(int64_t step_ns, caus_error *err)
{
    if (step_ns > 0)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "a step of %lld ns makes no series: give one above 0",
                     (long long)step_ns);
}

/* FNV-1a, whose digits name a template from run to run. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    hash *= 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

typedef struct log_sampler {
    const caus_logs *logs;
    int64_t step_ns;
    int64_t first_ns;
    size_t bin_count;
    caus_arena *out;
} log_sampler;

static caus_status find_bins(log_sampler *s, size_t track_count,
                             caus_error *err)
{
    int64_t last_ns, width;
    const int64_t *time_ns = s->logs->time_ns;
    if (s->logs->record_count == 0)
        return CAUS_OK;
    if (!bin_end(time_ns[0], s->step_ns, &s->first_ns) ||
        !bin_end(time_ns[s->logs->record_count - 1], s->step_ns, &last_ns) ||
        __builtin_sub_overflow(last_ns, s->first_ns, &width) ||
        (uint64_t)(width / s->step_ns) >=
            MOST_VALUES / (track_count ? track_count : 1))
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu templates over this time make over %d values: "
                         "give a longer step or ask for more lines a template",
                         track_count, MOST_VALUES);
    s->bin_count = (size_t)(width / s->step_ns) + 1;
    return CAUS_OK;
}

static caus_status open_track(log_sampler *s, size_t number, caus_track *track,
                              double **counts, caus_error *err)
{
    const caus_log_template *from = &s->logs->templates[number];
    int64_t *time_ns = CAUS_ARRAY(s->out, int64_t, s->bin_count);
    *counts = CAUS_ARRAY(s->out, double, s->bin_count);
    caus_variable *variable = &track->variable;
    *variable = caus_variable_default();
    variable->name = caus_arena_format(
        s->out, "%s_log_%010llx", *from->service ? from->service : "all",
        (unsigned long long)((hash_of(from->text) ^ (uint64_t)from->severity
                                                        << 60) >>
                             24));
    variable->service = caus_arena_copy(s->out, from->service);
    variable->query = caus_arena_copy(s->out, from->text);
    if (!time_ns || !*counts || !variable->name || !variable->service ||
        !variable->query)
        return caus_arena_fail(s->out, err);
    variable->unit = "lines";
    variable->source = "logs";
    variable->kind = CAUS_KIND_COUNT;
    variable->bad_direction = CAUS_BAD_EITHER;
    variable->scrape_offset_s = 0;
    variable->rate_window_s = (double)s->step_ns / 1e9;
    for (size_t i = 0; i < s->bin_count; i++)
        time_ns[i] = s->first_ns + (int64_t)i * s->step_ns;
    track->time_ns = time_ns;
    track->value = track->support = *counts;
    track->count = s->bin_count;
    return CAUS_OK;
}

static caus_status write_samples(log_sampler *s, size_t min_count,
                                 caus_samples *result, caus_error *err)
{
    const caus_logs *logs = s->logs;
    size_t count = 0;
    for (size_t i = 0; i < logs->template_count; i++)
        count += logs->templates[i].count >= min_count;
    CAUS_TRY(find_bins(s, count, err));
    caus_track *tracks = CAUS_ARRAY(s->out, caus_track, count);
    double **counts = CAUS_ARRAY(s->out, double *, logs->template_count);
    if (!tracks || !counts)
        return caus_arena_fail(s->out, err);
    size_t made = 0;
    for (size_t i = 0; i < logs->template_count; i++)
        if (logs->templates[i].count >= min_count)
            CAUS_TRY(open_track(s, i, &tracks[made++], &counts[i], err));
    for (size_t i = 0; i < logs->record_count; i++) {
        int64_t passed_ns = logs->time_ns[i] - s->first_ns;
        size_t bin =
            passed_ns <= 0 ? 0 : (size_t)((passed_ns - 1) / s->step_ns) + 1;
        if (counts[logs->kind[i]])
            counts[logs->kind[i]][bin] += logs->lines[i];
    }
    *result = (caus_samples){made, tracks};
    return CAUS_OK;
}

caus_status caus_logs_to_samples(const caus_logs *logs, int64_t step_ns,
                                 size_t min_count, caus_arena *out,
                                 caus_samples *result, caus_error *err)
{
    CAUS_TRY(check_step(step_ns, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    log_sampler s = {.logs = logs, .step_ns = step_ns, .out = out};
    caus_status status = write_samples(&s, min_count, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}

/* ---- novelty ---- */

static int by_score(const void *a, const void *b)
{
    const caus_log_novelty *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Steps before the onset count back from it: a step never holds both phases.
 */
static size_t steps_between(int64_t from_ns, int64_t to_ns, int64_t step_ns)
{
    uint64_t passed_ns = (uint64_t)to_ns - (uint64_t)from_ns;
    return (size_t)(passed_ns / (uint64_t)step_ns);
}

static caus_status count_lines(const caus_logs *logs, int64_t onset_ns,
                               int64_t step_ns, caus_log_novelty *counted,
                               size_t *steps_with, caus_error *err)
{
    size_t *last_step = caus_alloc((logs->template_count + 1) *
                                   sizeof *last_step); /* + 1; 0 = none */
    if (!last_step)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to compare %zu log templates",
                         logs->template_count);
    for (size_t i = 0; i < logs->record_count; i++) {
        uint32_t kind = logs->kind[i];
        if (logs->time_ns[i] >= onset_ns) {
            counted[kind].incident_count += logs->lines[i];
            continue;
        }
        counted[kind].normal_count += logs->lines[i];
        size_t step =
            steps_between(logs->time_ns[i], onset_ns - 1, step_ns) + 1;
        steps_with[kind] += step != last_step[kind];
        last_step[kind] = step;
    }
    free(last_step);
    return CAUS_OK;
}

static void score(caus_log_novelty *item, size_t steps_with, double before,
                  double after)
{
    double rate_before = (double)item->normal_count / before;
    double rate_after = (double)item->incident_count / after;
    item->rarity = log((1 + before) / (1 + (double)steps_with));
    item->score =
        rate_after > rate_before ? log1p(rate_after) * item->rarity : 0;
}

caus_status caus_logs_novelty(const caus_logs *logs, int64_t onset_ns,
                              int64_t step_ns, caus_arena *out,
                              const caus_log_novelty **result, caus_error *err)
{
    CAUS_TRY(check_step(step_ns, err));
    size_t last = logs->record_count;
    if (last == 0 || logs->time_ns[0] >= onset_ns ||
        logs->time_ns[last - 1] < onset_ns)
        return CAUS_FAIL(
            err, CAUS_ERR_TOO_FEW_SAMPLES,
            "none of %zu log lines is %s the onset: give lines of "
            "before and after it",
            last, last && logs->time_ns[0] < onset_ns ? "after" : "before");
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_log_novelty *items =
        CAUS_ARRAY(out, caus_log_novelty, logs->template_count);
    size_t *steps_with = CAUS_ARRAY(out, size_t, logs->template_count);
    caus_status status =
        items && steps_with
            ? count_lines(logs, onset_ns, step_ns, items, steps_with, err)
            : caus_arena_fail(out, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    double before =
        1 + (double)steps_between(logs->time_ns[0], onset_ns - 1, step_ns);
    double after =
        1 + (double)steps_between(onset_ns, logs->time_ns[last - 1], step_ns);
    for (size_t i = 0; i < logs->template_count; i++) {
        items[i].kind = (uint32_t)i;
        score(&items[i], steps_with[i], before, after);
    }
    qsort(items, logs->template_count, sizeof *items, by_score);
    *result = items;
    return CAUS_OK;
}
