/* SPDX-License-Identifier: Apache-2.0 */
/* Services that are not measured, while others are. A service that stopped has
 * no bad values, only none. */
#include <math.h>
#include <string.h>

#include "numeric/order.h"
#include "rootcause/behaviour.h"
#include "rootcause/beyond.h"
#include "rootcause/measure_words.h"
#include "rootcause/measures.h"
#include "rootcause/weights.h"

static const double half_a_row = .5;     /* lost where none was yet */
static const double sure_surprise = 4.6; /* one chance in a hundred */

enum {
    LEAST_AGAIN = 2,
    LIVELY_ROWS = 20 /* in one of so many it changes */
};

/* Whether a variable tells that its service lives: it changes. A limit, or how
 * often it was started, others know of it, too. */
static bool is_lively(const caus_timeline *timeline, size_t variable)
{
    const double *values = caus_timeline_values(timeline, variable);
    size_t changes = 0, count = timeline->present[variable];
    double last = (double)NAN;
    for (size_t r = 0;
         r < timeline->row_count && changes * LIVELY_ROWS <= count; r++) {
        if (isnan(values[r]))
            continue;
        changes += values[r] != last;
        last = values[r];
    }
    return changes * LIVELY_ROWS > count;
}

/* Whether something is measured whether a service is called or not. */
static bool is_own(caus_aspect aspect)
{
    return caus_aspect_is_inside(aspect) || aspect == CAUS_ASPECT_SATURATION;
}

/* Whether a row tells that a service lives. A zero of what requests show does
 * not: its callers, or a proxy before it, may count none where it is gone. */
static bool has_value(const caus_case *about, const bool *lively,
                      size_t service, size_t row)
{
    const caus_timeline *timeline = &about->timeline;
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        double value = caus_timeline_values(timeline, v)[row];
        if (lively[v] && !isnan(value) &&
            (is_own(scene->aspects[v]) || value != 0))
            return true;
    }
    return false;
}

/* Whether others tell it of a service: a broker what waits for it, and those
 * who run containers how many there are, and what their disks have. */
static bool is_told_by_others(const caus_case *about, size_t variable)
{
    static const char *const runners[] = {"kube", "kubelet"};
    const caus_scene *scene = &about->scene;
    const caus_variable *told = &about->series->variables[variable];
    size_t service = scene->service_of[variable];
    return (service != SIZE_MAX &&
            strcmp(told->service, scene->services[service]) != 0) ||
           CAUS_HAS_WORD(caus_measure_name(told), runners);
}

/* In how many rows a service has a value of its own, by the variable that has
 * one in most; 0 = none. What only requests show is missing where nobody asks.
 */
static size_t rows_of_own(const caus_case *about, const bool *lively,
                          size_t service)
{
    const caus_scene *scene = &about->scene;
    size_t most = 0;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (lively[v] && is_own(scene->aspects[v]))
            most = caus_larger(most, about->timeline.present[v]);
    }
    return most;
}

/* In how many rows a service has any value that tells that it lives. Where one
 * variable has a value in all of them nobody looks at each. */
static size_t rows_heard(const caus_case *about, const bool *lively,
                         size_t service)
{
    const caus_timeline *timeline = &about->timeline;
    size_t rows = 0;
    if (rows_of_own(about, lively, service) == timeline->filled_count)
        return timeline->filled_count;
    for (size_t i = 0; i < timeline->filled_count; i++)
        rows += has_value(about, lively, service, timeline->filled[i]);
    return rows;
}

/* Adds the shares of the rows in which a service is heard that each of its
 * variables lacks, where it has several that tell so; how many it has. */
static size_t add_lost(const caus_case *about, const bool *lively,
                       size_t service, double *lost, size_t *count)
{
    const caus_scene *scene = &about->scene;
    double heard = (double)rows_heard(about, lively, service);
    size_t first = *count, own = 0;
    const caus_index_list variables = caus_scene_variables(scene, service);
    for (size_t i = 0; i < variables.count; i++) {
        size_t v = variables.items[i];
        if (!lively[v] || !is_own(scene->aspects[v]))
            continue;
        double share = (double)about->timeline.present[v] / heard;
        lost[first + own++] = 1 - fmin(1, share);
    }
    *count = first + (own > 1 ? own : 0);
    return own;
}

/* Fills `lost_alone` by how often one of several values of a service is lost,
 * of the middle one of all that are measured. */
static caus_status find_lost_alone(caus_case *about, const bool *lively,
                                   caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    size_t services = about->scene.service_count, count = 0;
    size_t variables = about->timeline.variable_count;
    double *alone = CAUS_ARRAY(scratch, double, services + 1);
    double *lost = CAUS_ARRAY(scratch, double, variables + 1);
    size_t *own = CAUS_ARRAY(scratch, size_t, services + 1);
    if (!alone || !lost || !own)
        return caus_arena_fail(scratch, err);
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        own[s] = add_lost(about, lively, s, lost, &count);
    }
    double usual = count ? caus_median(lost, count) : 0;
    for (size_t s = 0; s < services; s++)
        alone[s] = pow(usual, (double)own[s]);
    about->lost_alone = alone;
    return CAUS_OK;
}

/* A service that is measured, in no column in all rows. */
typedef struct gappy {
    size_t service;
    bool begun;       /* it had a value */
    uint32_t *before; /* [filled + 1] */
} gappy;

/*
 * Silent rows before every row, of those services and of all together. A row in
 * which half of the services or more are silent tells of who measures; one
 * before the first value of a service tells nothing of it.
 */
static void count_silent(const caus_case *about, const bool *lively,
                         gappy *services, size_t count, size_t known,
                         uint32_t *sum)
{
    const caus_timeline *timeline = &about->timeline;
    for (size_t i = 0; i < timeline->filled_count; i++) {
        size_t silent = 0;
        for (gappy *one = services; one < services + count; one++) {
            bool heard =
                has_value(about, lively, one->service, timeline->filled[i]);
            one->begun = one->begun || heard;
            bool here = one->begun && !heard;
            one->before[i + 1] = one->before[i] + here;
            silent += here;
        }
        bool is_of_all = 2 * silent >= known;
        for (gappy *one = services; is_of_all && one < services + count; one++)
            one->before[i + 1] = one->before[i];
        sum[i + 1] = sum[i] + (is_of_all ? 0 : (uint32_t)silent);
    }
}

/* Those that have a value in every row share the row of none. */
static caus_status find_silent(caus_case *about, const bool *lively,
                               caus_error *err)
{
    size_t services = about->scene.service_count, count = 0, known = 0;
    size_t filled = about->timeline.filled_count;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    gappy *found = CAUS_ARRAY(scratch, gappy, services + 1);
    const uint32_t **before =
        CAUS_ARRAY(scratch, const uint32_t *, services + 1);
    const uint32_t *none = CAUS_ARRAY(scratch, uint32_t, filled + 1);
    if (!found || !before || !none)
        return caus_arena_fail(scratch, err);
    for (size_t s = 0; s <= services; s++)
        before[s] = none;
    for (size_t s = 0; s < services; s++) {
        size_t rows = rows_of_own(about, lively, s);
        known += rows > 0;
        if (!rows || rows == filled)
            continue;
        uint32_t *own = CAUS_ARRAY(scratch, uint32_t, filled + 1);
        if (!own)
            return caus_arena_fail(scratch, err);
        before[s] = own;
        found[count++] = (gappy){.service = s, .before = own};
    }
    about->silent_before = before;
    if (!count)
        return CAUS_OK;
    uint32_t *sum = CAUS_ARRAY(scratch, uint32_t, filled + 1);
    if (!sum)
        return caus_arena_fail(scratch, err);
    count_silent(about, lively, found, count, known, sum);
    before[services] = sum;
    return CAUS_OK;
}

caus_status caus_silence_init(caus_case *about, caus_error *err)
{
    size_t variables = about->timeline.variable_count;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    bool *lively = CAUS_ARRAY(scratch, bool, variables);
    if (!lively)
        return caus_arena_fail(scratch, err);
    for (size_t v = 0; v < variables; v++)
        lively[v] =
            is_lively(&about->timeline, v) && !is_told_by_others(about, v);
    CAUS_TRY(find_lost_alone(about, lively, err));
    return find_silent(about, lively, err);
}

/* How likely it is by chance that any service is silent as often as this one is
 * in rows [first, end) of `filled`: values get lost now and then, of all, and
 * one of many is always hit more than others; of whom one value alone tells,
 * as often as that is lost of others. Chernoff's bound for a Poisson variable,
 * times as many services as there are. */
static double chance_of(const caus_case *about, size_t service, size_t first,
                        size_t end)
{
    size_t services = about->scene.service_count;
    const uint32_t *own = about->silent_before[service];
    double rows = (double)(first ? first : 1);
    double lost = half_a_row + about->silent_before[services][first];
    double rate = fmax(lost / (rows * (double)services), own[first] / rows);
    rate = fmax(rate, about->lost_alone[service]);
    double usual = rate * (double)(end - first);
    double silent = own[end] - own[first];
    if (!(silent > usual))
        return 1;
    double tail = silent - usual + silent * log(usual / silent);
    return fmin(1, (double)services * exp(tail));
}

static double missing_clue(const caus_case *about, size_t service, size_t from,
                           size_t to)
{
    const caus_timeline *timeline = &about->timeline;
    const uint32_t *before = about->silent_before[service];
    size_t first = caus_timeline_filled_before(timeline, from);
    size_t end = caus_timeline_filled_before(timeline, to);
    uint32_t silent = before[end] - before[first];
    if (silent < 2 || before[first] + CAUS_LEAST_HEARD > first)
        return 0;
    double usual = (double)before[first] / (double)first;
    double share = (double)(silent - 1) / (double)(end - first - 1);
    double deviation = .5 * sqrt(usual * (1 - usual));
    double size = (share - usual) / fmax(deviation, caus_least_failing);
    double rare = -log(chance_of(about, service, first, end)) / sure_surprise;
    return size > 0 ? fmin(1, rare) * log1p(size) : 0;
}

static bool is_silent(const caus_case *about, size_t service, size_t at)
{
    const uint32_t *before = about->silent_before[service];
    return before[at + 1] > before[at];
}

/* Rows [from, to), or those of them in which the service is silent. */
typedef struct away_rows {
    const caus_window *of;
    size_t service;
    bool only_silent;
} away_rows;

/* The mean of as many of a variable's worst values before a row, or of all. */
static double worst_before(const caus_case *about, size_t variable, size_t row,
                           double rows)
{
    const caus_timeline *timeline = &about->timeline;
    const double *values = caus_timeline_values(timeline, variable);
    const uint32_t *order = caus_timeline_order(timeline, variable);
    bool high = about->scene.bad[variable] > 0;
    size_t count = timeline->present[variable];
    double sum = 0, found = 0;
    for (size_t i = 0; i < count && found < rows; i++) {
        size_t at = order[high ? count - 1 - i : i];
        sum += at < row ? values[at] : 0;
        found += at < row;
    }
    return found > 0 ? sum / found : (double)NAN;
}

/* How much worse a variable is in such rows than before and, as far as there
 * are some, in those in between and behind, as a clue; −1 = it has no value in
 * them. Rows that are picked are held against as many picked before: in few of
 * them it is off by chance. */
static double worse_by(const caus_case *about, const away_rows *rows,
                       size_t variable)
{
    const caus_timeline *timeline = &about->timeline;
    const caus_shift *shift = &rows->of->shifts[variable];
    const double *values = caus_timeline_values(timeline, variable);
    double sums[2] = {0}, counts[2] = {0};
    size_t end = caus_timeline_filled_before(timeline, rows->of->to);
    size_t from = caus_timeline_filled_before(timeline, rows->of->from);
    for (size_t i = from; i < end; i++) {
        bool silent = !rows->only_silent || is_silent(about, rows->service, i);
        double value = values[timeline->filled[i]];
        if (isnan(value) || (!silent && counts[1] < 1))
            continue;
        sums[silent] += value;
        counts[silent]++;
    }
    if (!shift->measured || counts[1] < 1)
        return -1;
    double usual = shift->before;
    if (counts[0] > 0)
        usual += fmin(1, counts[0] / counts[1]) *
                 (sums[0] / counts[0] - shift->before);
    double worse = about->scene.bad[variable] * (sums[1] / counts[1] - usual);
    if (rows->only_silent) {
        double worst = worst_before(about, variable, rows->of->from, counts[1]);
        worse = fmin(worse, about->scene.bad[variable] *
                                (sums[1] / counts[1] - worst));
    }
    return worse > 0 ? log1p(worse / shift->scale) : 0;
}

/* The most that latency or errors of a service are worse by; −1 = nothing. */
static double heard_from(const caus_case *about, const away_rows *rows,
                         size_t service)
{
    const caus_scene *scene = &about->scene;
    double most = -1;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (caus_aspect_is_outside(scene->aspects[v]))
            most = fmax(most, worse_by(about, rows, v));
    }
    return most;
}

/* The same of all services that users see, or of all. */
static double heard_from_those(const caus_case *about, const away_rows *rows,
                               bool only_seen)
{
    const caus_scene *scene = &about->scene;
    double most = -1;
    for (size_t s = 0; s < scene->service_count; s++) {
        if (!only_seen || caus_scene_users_see(scene, s))
            most = fmax(most, heard_from(about, rows, s));
    }
    return most;
}

/*
 * How surely somebody feels that a service is away, in [0, 1]: its callers or,
 * where these show nothing, users or, where these do not either, whoever does.
 * Of a service that answers its callers as ever only the values got lost; what
 * it counts itself in rows in which it is silent is no answer. Where nobody
 * shows anything, nobody can tell. By its square, as the loudest of many is a
 * deviation off by chance.
 */
static double felt(const caus_case *about, const away_rows *rows)
{
    const caus_scene *scene = &about->scene;
    double own = heard_from(about, rows, rows->service);
    double most = rows->only_silent ? -1 : own;
    const caus_index_list callers = caus_scene_callers(scene, rows->service);
    for (size_t i = 0; i < callers.count; i++)
        most = fmax(most, heard_from(about, rows, callers.items[i]));
    if (most < 0)
        most = heard_from_those(about, rows, true);
    if (most < 0)
        most = heard_from_those(about, rows, false);
    most = fmax(most, own);
    double loud = caus_sureness(most);
    return most < 0 ? 1 : loud * loud;
}

double caus_silence_clue(const caus_case *about, size_t service,
                         const caus_window *window)
{
    const away_rows silent = {window, service, true};
    const away_rows all = {window, service, false};
    double missing = missing_clue(about, service, window->from, window->to);
    double anew = caus_restart_clue(about, service, window);
    if (missing > 0)
        missing *= felt(about, &silent);
    if (anew > 0)
        anew *= felt(about, &all);
    return fmax(missing, anew);
}

/* A service fell silent between the last row in which it was heard and that of
 * `filled[at]`. */
static caus_onset onset_of_silence(const caus_case *about, size_t service,
                                   size_t at)
{
    const caus_timeline *timeline = &about->timeline;
    size_t row = timeline->filled[at];
    caus_onset onset = caus_onset_given(row, timeline->time_ns[row]);
    while (at && is_silent(about, service, at))
        at--;
    onset.first_row = timeline->filled[at];
    onset.first_ns = timeline->time_ns[onset.first_row];
    return onset;
}

/* The first of `filled` in which a service is silent, where it goes on to fall
 * silent from row `onset` on; SIZE_MAX = it does not. */
static size_t first_silent(const caus_case *about, size_t service, size_t onset)
{
    const caus_timeline *timeline = &about->timeline;
    size_t count = timeline->filled_count;
    const uint32_t *before = about->silent_before[service];
    size_t at = caus_timeline_filled_before(timeline, onset);
    if (before[count] < before[at] + LEAST_AGAIN)
        return SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (before[i + 1])
            return i;
    }
    return SIZE_MAX;
}

void caus_silence_date(const caus_case *about, size_t least, caus_onset *onset)
{
    caus_onset earliest = *onset;
    size_t reach = about->timeline.row_count - onset->row;
    least = onset->row > least + reach ? onset->row - reach : least;
    for (size_t s = 0; s < about->scene.service_count; s++) {
        size_t at = first_silent(about, s, onset->row);
        size_t end = about->timeline.filled_count;
        if (at == SIZE_MAX || chance_of(about, s, at, end) >= 1)
            continue;
        caus_onset own = onset_of_silence(about, s, at);
        if (own.row >= least && own.row < earliest.row)
            earliest = own;
    }
    *onset = earliest;
}

/* The first of `filled` in which a service is silent from the onset on, or was
 * already when that is placed later; SIZE_MAX. */
static size_t first_since_onset(const caus_case *about, size_t service)
{
    const caus_timeline *timeline = &about->timeline;
    size_t count = timeline->filled_count;
    size_t i = caus_timeline_filled_before(timeline, about->onset_row);
    while (i < count && !is_silent(about, service, i))
        i++;
    if (i == count)
        return SIZE_MAX;
    while (i && is_silent(about, service, i - 1))
        i--;
    return i;
}

void caus_silence_use_onsets(caus_case *about)
{
    for (size_t s = 0; s < about->scene.service_count; s++) {
        size_t at = first_since_onset(about, s);
        caus_onset *own = &about->service_onsets[s];
        if (at == SIZE_MAX || about->silent[s] <= 0 ||
            (own->found && own->row <= about->timeline.filled[at]))
            continue;
        *own = onset_of_silence(about, s, at);
    }
}

static size_t silent_since_onset(const caus_case *about, size_t service)
{
    const caus_timeline *timeline = &about->timeline;
    size_t count = timeline->filled_count;
    const uint32_t *before = about->silent_before[service];
    size_t at = caus_timeline_filled_before(timeline, about->onset_row);
    return before[count] - before[at];
}

double caus_silence_alarm(const caus_case *about, size_t service)
{
    return silent_since_onset(about, service) ? about->silent[service] : 0;
}

double caus_silence_deviate(const caus_case *about)
{
    size_t end = about->timeline.filled_count;
    size_t first =
        caus_timeline_filled_before(&about->timeline, about->onset_row);
    double least = 1;
    for (size_t s = 0; s < about->scene.service_count; s++) {
        if (caus_silence_alarm(about, s) > 0)
            least = fmin(least, chance_of(about, s, first, end));
    }
    return fmax(0, caus_deviate_of(least));
}

void caus_silence_add(const caus_case *about, size_t service, caus_text *text)
{
    const caus_timeline *timeline = &about->timeline;
    size_t at = caus_timeline_filled_before(timeline, about->onset_row);
    size_t silent = silent_since_onset(about, service);
    if (about->silent[service] < caus_explained_clue)
        return;
    caus_text_add(text, text->length ? "; " : "");
    if (silent)
        caus_text_format(text,
                         "not measured in %zu of %zu rows, while others were",
                         silent, timeline->filled_count - at);
    else
        caus_text_add(text, "its memory fell at once, as when a process is "
                            "started anew");
}
