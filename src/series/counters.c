/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that count from the start of a process on. */
#include <math.h>
#include <string.h>

#include "caus/counters.h"
#include "series/series_internal.h"

/* Of a column that is not called a counter nearly every row has to rise; of one
 * that tells of failures, of which there are none for long, only so many that
 * no number for each row would never have fallen. A sum over processes of which
 * one starts anew falls by its part, which is seldom. As many failures in each
 * row nobody has for long, either. */
enum {
    NAMED_RISES = 3,
    FAILURE_RISES = 8,
    UNNAMED_RISES = 20,
    UNNAMED_STILL = 10,
    SELDOM_STILL = 10,
    RISES_OF_PART = 20
};

static const double restart_share = .5; /* of the value before, at most */

static bool ends_word(const char *name, size_t length, const char *word)
{
    size_t size = strlen(word);
    if (length < size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (caus_lower(name[length - size + i]) != word[i])
            return false;
    }
    return length == size || strchr("_-.:/ {,", name[length - size - 1]);
}

/* As OpenMetrics, Micrometer and exporters call counters, before any labels. */
static bool is_called_counter(const char *name)
{
    size_t length = caus_unlabelled_length(name);
    static const char *const words[] = {"total", "count", "sum", "bucket",
                                        "counter"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (ends_word(name, length, words[i]))
            return true;
    }
    return false;
}

/* Whether any word before labels is one of these. */
static bool has_word(const char *name, const char *const *words, size_t count)
{
    size_t length = caus_unlabelled_length(name);
    for (size_t at = 1; at <= length; at++) {
        if (at < length && !strchr("_-.:/ ", name[at]))
            continue;
        for (size_t i = 0; i < count; i++) {
            if (ends_word(name, at, words[i]))
                return true;
        }
    }
    return false;
}

/* The same with what was a label behind it: "requests_total_5xx". */
static bool has_counter_within(const char *name)
{
    static const char *const words[] = {"total", "count"};
    return has_word(name, words, sizeof words / sizeof *words);
}

/* Whether a label that is called a code, or class of codes, is of failures. */
static bool has_failed_code(const char *name)
{
    static const char *const words[] = {"code", "status", "class"};
    for (const char *at = name; (at = strstr(at, "=\"5")); at++) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            if (ends_word(name, (size_t)(at - name), words[i]))
                return true;
        }
    }
    return false;
}

/* As Envoy and databases call what they count: "upstream_rq_5xx". */
static bool is_called_failures(const char *name)
{
    static const char *const words[] = {
        "error",     "errors",    "fail",        "failed",   "failure",
        "failures",  "4xx",       "5xx",         "timeout",  "timeouts",
        "retry",     "retries",   "rejected",    "rejects",  "dropped",
        "drops",     "overflow",  "unavailable", "internal", "aborted",
        "exception", "exceptions"};
    return has_word(name, words, sizeof words / sizeof *words) ||
           has_failed_code(name);
}

/* What fills up rises in every row, too, and is a level. */
static bool is_called_level(const char *name)
{
    static const char *const parts[] = {"mem",  "rss",  "heap", "disk",
                                        "size", "used", "swap", "queue",
                                        "lag",  "back", "time", "latency"};
    for (; *name && *name != '{'; name++) {
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            size_t k = 0;
            while (parts[i][k] && caus_lower(name[k]) == parts[i][k])
                k++;
            if (!parts[i][k])
                return true;
        }
    }
    return false;
}

/* "retry_queue_size" tells how many there are at a time, of failures, too. */
static bool is_called_size(const char *name)
{
    static const char *const words[] = {"size", "depth", "length",
                                        "used", "bytes", "age"};
    size_t length = caus_unlabelled_length(name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (ends_word(name, length, words[i]))
            return true;
    }
    return false;
}

/* How the values of a column follow one another. */
typedef struct steps {
    size_t rises, still, restarts;
    size_t still_above; /* above 0 */
    size_t parts;       /* falls to more than half */
    bool is_level;      /* below 0, or falls and is there again at once */
    bool is_whole;
} steps;

static void look_at(const caus_series *series, const caus_segment *segment,
                    size_t variable, steps *found)
{
    double last = (double)NAN, fell_from = (double)NAN;
    for (size_t row = 0; row < segment->row_count; row++) {
        if (!caus_is_present(segment, row, variable, series->variable_count))
            continue;
        double value = segment->values[row * series->variable_count + variable];
        bool falls = value < last;
        bool in_part = falls && value > restart_share * last;
        found->rises += value > last;
        found->still += value == last;
        found->still_above += value == last && value > 0;
        found->restarts += falls;
        found->parts += in_part;
        if (value < 0 || value >= fell_from)
            found->is_level = true;
        found->is_whole = found->is_whole && value == floor(value);
        fell_from = in_part ? last : (double)NAN;
        last = value;
    }
}

/* Whether so many rises are those of a count. */
static bool rises_enough(const steps *found, bool named, bool level,
                         bool failures)
{
    bool seldom = failures && found->rises > 0 &&
                  found->still_above >= SELDOM_STILL * found->rises;
    if (named)
        return found->rises >= NAMED_RISES || seldom;
    if (found->is_whole && failures)
        return found->rises >= FAILURE_RISES;
    return !level && found->rises >= UNNAMED_RISES &&
           found->still * UNNAMED_STILL <= found->rises;
}

static bool is_counter(const caus_series *series, size_t variable)
{
    const caus_variable *about = &series->variables[variable];
    steps found = {.is_whole = true};
    if (about->kind != CAUS_KIND_UNKNOWN || about->role != CAUS_ROLE_SYSTEM)
        return false;
    bool named = is_called_counter(about->name);
    bool level = !named && is_called_level(about->name);
    bool failures = is_called_failures(about->name);
    if (level && (!failures || is_called_size(about->name)))
        return false;
    named = named || (!level && has_counter_within(about->name));
    for (size_t s = 0; s < series->segment_count && !found.is_level; s++)
        look_at(series, &series->segments[s], variable, &found);
    /* A process that starts anew does so seldom. */
    bool falls =
        named ? found.parts * RISES_OF_PART > found.rises : found.parts > 0;
    return !found.is_level && !falls &&
           found.restarts * NAMED_RISES <= found.rises &&
           rises_enough(&found, named, level, failures);
}

/* The most that was counted in a row. */
static double most_in_a_row(const caus_series *series,
                            const caus_segment *segment, size_t variable)
{
    size_t count = series->variable_count, last_row = 0;
    double last = (double)NAN, most = 0;
    for (size_t row = 0; row < segment->row_count; row++) {
        if (!caus_is_present(segment, row, variable, count))
            continue;
        double value = segment->values[row * count + variable];
        double more = (value - last) / (double)(row - last_row);
        most = more > most ? more : most;
        last = value;
        last_row = row;
    }
    return most;
}

/* Increases per second in place of what was counted; over a gap their mean, and
 * behind a restart what was counted since. Where that is more than ever was in
 * as many rows, other processes went on, and nobody knows what came since. */
static void take_rates(const caus_series *series, const caus_segment *from,
                       size_t variable, caus_segment_parts *to)
{
    size_t count = series->variable_count, last_row = 0;
    double seconds = series->step_ns > 0 ? (double)series->step_ns / 1e9 : 1;
    double last = (double)NAN, most = most_in_a_row(series, from, variable);
    for (size_t row = 0; row < from->row_count; row++) {
        if (!caus_is_present(from, row, variable, count))
            continue;
        double value = from->values[row * count + variable];
        double more = value < last ? value : value - last;
        double rows = (double)(row - last_row);
        double *cell = &to->values[row * count + variable];
        *cell = more / (rows * seconds);
        if (isnan(last) || (value < last && value > most * rows)) {
            *cell = (double)NAN;
            caus_set_bit(to->missing, from->word_count, variable, row);
        }
        last = value;
        last_row = row;
    }
}

static caus_status rate_segment(const caus_series *series,
                                const caus_segment *from, const bool *counters,
                                caus_arena *out, caus_segment *result,
                                caus_error *err)
{
    size_t count = series->variable_count;
    caus_segment_parts parts;
    CAUS_TRY(caus_segment_room(from->row_count, count, out, &parts, err));
    memcpy(parts.values, from->values,
           from->row_count * count * sizeof *parts.values);
    if (from->missing)
        memcpy(parts.missing, from->missing,
               count * from->word_count * sizeof *parts.missing);
    for (size_t v = 0; v < count; v++) {
        if (counters[v])
            take_rates(series, from, v, &parts);
    }
    *result = *from;
    result->values = parts.values;
    result->missing = parts.missing;
    return CAUS_OK;
}

caus_status caus_series_rate_counters(const caus_series *series,
                                      caus_arena *out, caus_series *result,
                                      const bool **counters, caus_error *err)
{
    bool *found = CAUS_ARRAY(out, bool, series->variable_count + 1);
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, series->segment_count + 1);
    if (!found || !segments)
        return caus_arena_fail(out, err);
    bool any = false;
    for (size_t v = 0; v < series->variable_count; v++) {
        found[v] = is_counter(series, v);
        any = any || found[v];
    }
    for (size_t s = 0; any && s < series->segment_count; s++)
        CAUS_TRY(rate_segment(series, &series->segments[s], found, out,
                              &segments[s], err));
    *result = *series;
    if (any)
        result->segments = segments;
    *counters = found;
    return CAUS_OK;
}
