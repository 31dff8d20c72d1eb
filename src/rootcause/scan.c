/* SPDX-License-Identifier: Apache-2.0 */
/* The split of the rows with the clearest change, for want of an onset. */
#include <assert.h>
#include <math.h>
#include <stdint.h>

#include "rootcause/logs.h"
#include "rootcause/onset.h"
#include "rootcause/splits.h"

enum { COARSE_SPLITS = 32, LOUDEST = 3, MOST_AWAITED = 2 };

/* Rows that tell a change from chance; of many rows this share. */
static const double enough_rows = 16, enough_share = 1. / 6;

/* A bound is exact but for this share: so much do logarithms err. */
static const double rounding = 1e-12;

/* The variables with the largest clues of a split; SIZE_MAX = none. */
typedef struct loudest {
    size_t variable[LOUDEST];
    double clue[LOUDEST];
} loudest;

static loudest nothing(void)
{
    loudest none = {0};
    for (size_t i = 0; i < LOUDEST; i++)
        none.variable[i] = SIZE_MAX;
    return none;
}

static void keep(loudest *found, size_t variable, double clue)
{
    for (size_t i = 0; i < LOUDEST; i++) {
        if (clue > found->clue[i]) {
            double weaker = found->clue[i];
            size_t moved = found->variable[i];
            found->clue[i] = clue;
            found->variable[i] = variable;
            clue = weaker;
            variable = moved;
        }
    }
}

/* The clue of a shift from a row on. Few rows are off by chance: until there
 * are enough, its size counts by the root of the number of those with a value.
 */
static double weigh(const caus_case *about, size_t variable, caus_shift shift)
{
    double rows = (double)about->timeline.row_count;
    double enough = fmax(enough_rows, enough_share * rows);
    shift.size *= sqrt(fmin((double)shift.rows, enough) / enough);
    return caus_clue_of(&shift, about->scene.aspects[variable],
                        about->scene.bad[variable]);
}

static double clue_at(const caus_case *about, size_t variable, size_t row,
                      caus_shift_space *space)
{
    const caus_timeline *timeline = &about->timeline;
    return weigh(about, variable,
                 caus_timeline_shift(timeline, variable, row,
                                     timeline->row_count, space));
}

/* The loudest variables of splits, `apart` rows from one another. */
typedef struct sweep {
    size_t low, apart, count;
    loudest found[COARSE_SPLITS + 1];
} sweep;

static sweep sweep_of(size_t low, size_t high, size_t apart)
{
    sweep made = {
        .low = low, .apart = apart, .count = (high - low) / apart + 1};
    assert(made.count <= COARSE_SPLITS + 1);
    for (size_t k = 0; k < made.count; k++)
        made.found[k] = nothing();
    return made;
}

/* Whether a variable can be among the loudest of the split that was moved to.
 */
static bool may_be_kept(const caus_case *about, const caus_splits *at,
                        const loudest *found)
{
    caus_shift most;
    return !caus_splits_bound(at, &most) ||
           weigh(about, at->variable, most) * (1 + rounding) >
               found->clue[LOUDEST - 1];
}

static void listen(const caus_case *about, size_t variable, caus_splits *at,
                   sweep *splits)
{
    size_t last = splits->low + (splits->count - 1) * splits->apart;
    caus_splits_begin(at, variable, last);
    for (size_t k = splits->count; k-- > 0;) {
        loudest *found = &splits->found[k];
        caus_splits_move(at, splits->low + k * splits->apart);
        if (may_be_kept(about, at, found))
            keep(found, variable,
                 weigh(about, variable, caus_splits_shift(at)));
    }
}

static double sum_of(const loudest *found)
{
    double sum = 0;
    for (size_t i = 0; i < LOUDEST; i++)
        sum += found->clue[i];
    return sum;
}

/* The sum of the largest clues of a split. */
static double contrast_at(const caus_case *about, size_t row,
                          caus_shift_space *space, loudest *found)
{
    *found = nothing();
    for (size_t v = 0; v < about->timeline.variable_count; v++)
        keep(found, v, clue_at(about, v, row, space));
    return sum_of(found);
}

/* A step of the loudest variables between their levels. */
typedef struct step {
    size_t count;
    const double *values[LOUDEST]; /* [rows] */
    double before[LOUDEST], after[LOUDEST];
    double scale[LOUDEST]; /* robust deviation */
    double size;           /* of all, in deviations */
} step;

static step step_at(const caus_case *about, size_t split,
                    caus_shift_space *space)
{
    const caus_timeline *timeline = &about->timeline;
    loudest found;
    step made = {0};
    (void)contrast_at(about, split, space, &found);
    for (size_t i = 0; i < LOUDEST; i++) {
        size_t v = found.variable[i];
        if (v == SIZE_MAX)
            continue;
        caus_shift shift =
            caus_timeline_shift(timeline, v, split, timeline->row_count, space);
        if (shift.after == shift.before)
            continue;
        made.values[made.count] = caus_timeline_values(timeline, v);
        made.before[made.count] = shift.before;
        made.after[made.count] = shift.after;
        made.scale[made.count++] = shift.scale;
        made.size += fabs(shift.after - shift.before) / shift.scale;
    }
    return made;
}

/* The last row from which on enough have a value; of so many at least. */
static size_t last_split(const caus_timeline *timeline)
{
    return timeline->filled[timeline->filled_count - CAUS_LEAST_AFTER];
}

/* How much nearer a row is to the later levels than to the earlier ones, in
 * deviations: what it costs to begin the step behind it. */
static double cost_of(const step *made, size_t row)
{
    double sum = 0;
    for (size_t i = 0; i < made->count; i++) {
        double value = made->values[i][row];
        if (!isnan(value))
            sum +=
                (fabs(value - made->before[i]) - fabs(value - made->after[i])) /
                made->scale[i];
    }
    return sum;
}

/*
 * Medians do not mind a few healthy rows behind the split, so that the clearest
 * one is early, but not by more rows than would change them. The onset is where
 * the step leaves the least absolute deviation; what costs less than half a row
 * more is its interval.
 */
static caus_onset place(const caus_timeline *timeline, const step *made,
                        size_t split, size_t least_before)
{
    size_t rows = timeline->row_count, reach = (rows - split) / 2;
    size_t low = split > least_before + reach ? split - reach : least_before;
    size_t most = last_split(timeline);
    size_t high = most < split + reach ? most : split + reach;
    size_t best = low;
    double cost = 0, least = 0, spare = made->size / 2;
    for (size_t row = low; row < high; row++) {
        cost += cost_of(made, row);
        if (cost < least) {
            least = cost;
            best = row + 1;
        }
    }
    size_t first = best, last = best;
    for (double more = 0; first > low; first--) {
        more -= cost_of(made, first - 1);
        if (more >= spare)
            break;
    }
    for (double more = 0; last < high; last++) {
        more += cost_of(made, last);
        if (more >= spare)
            break;
    }
    first -= first > 0; /* a row tells of the time since the one before */
    return (caus_onset){.found = true,
                        .row = best,
                        .first_row = first,
                        .last_row = last,
                        .time_ns = timeline->time_ns[best],
                        .first_ns = timeline->time_ns[first],
                        .last_ns = timeline->time_ns[last]};
}

/* Rows in which an onset may be. */
typedef struct bounds {
    size_t low, high;
} bounds;

/* A quarter of the rows at least is before it, of those with a value where the
 * others have none; false = there is no such row. */
static bool find_bounds(const caus_timeline *timeline, size_t least_before,
                        bounds *result)
{
    size_t filled = timeline->filled_count;
    if (filled < CAUS_LEAST_AFTER)
        return false;
    result->high = last_split(timeline);
    result->low = caus_larger(least_before, timeline->row_count / 4);
    if (result->low > result->high)
        result->low = caus_larger(least_before, timeline->filled[filled / 4]);
    return result->low <= result->high;
}

static caus_status scan(caus_case *about, size_t least_before, size_t *result,
                        caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    bounds most_wide;
    if (!find_bounds(timeline, least_before, &most_wide))
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu row%s with a value cannot show an onset: widen "
                         "--start or name the onset by --at",
                         timeline->filled_count,
                         timeline->filled_count == 1 ? "" : "s");
    caus_splits at;
    CAUS_TRY(caus_splits_init(timeline, about->out, &at, err));
    size_t low = most_wide.low, high = most_wide.high, best = low;
    size_t apart = (high - low) / COARSE_SPLITS + 1;
    double most = -1;
    for (;;) {
        sweep splits = sweep_of(low, high, apart);
        for (size_t v = 0; v < timeline->variable_count; v++) {
            CAUS_TRY(caus_run_check(about->run, err));
            listen(about, v, &at, &splits);
        }
        for (size_t k = 0; k < splits.count; k++) {
            double contrast = sum_of(&splits.found[k]);
            /* Rows without a value change nothing: what is hardly ever
             * measured moved where it is measured next. */
            if (contrast >= most) {
                most = contrast;
                best = low + k * apart;
            }
        }
        if (apart == 1)
            break;
        low = best > most_wide.low + apart ? best - apart : most_wide.low;
        high = best + apart < most_wide.high ? best + apart : most_wide.high;
        apart = apart / 8 > 1 ? apart / 8 : 1;
    }
    *result = best;
    return CAUS_OK;
}

/* The contrast of a split, with that of what is logged. */
static caus_status whole_contrast(const caus_case *about, size_t row,
                                  double *result, caus_error *err)
{
    caus_shift_space space;
    loudest found;
    CAUS_TRY(caus_shift_space_init(&about->timeline, about->out, &space, err));
    *result =
        contrast_at(about, row, &space, &found) + caus_log_contrast(about, row);
    return CAUS_OK;
}

/* Where lines say that something began, unless what is measured and they say
 * more elsewhere. */
static caus_status find_split(caus_case *about, size_t least_before,
                              size_t *result, bool *in_logs, caus_error *err)
{
    size_t logged = caus_log_find_split(about);
    double there, here;
    *in_logs = false;
    CAUS_TRY(scan(about, least_before, result, err));
    if (logged == SIZE_MAX || logged < least_before)
        return CAUS_OK;
    CAUS_TRY(whole_contrast(about, logged, &there, err));
    CAUS_TRY(whole_contrast(about, *result, &here, err));
    *in_logs = there >= here;
    if (*in_logs)
        *result = logged;
    return CAUS_OK;
}

/* Where rows are compared that are too few to look for an onset. */
static caus_onset undated(const caus_timeline *timeline)
{
    size_t rows = timeline->filled_count;
    size_t row = rows > CAUS_LEAST_AFTER ? last_split(timeline)
                                         : timeline->filled[rows / 2];
    caus_onset onset = caus_onset_given(row, timeline->time_ns[row]);
    onset.found = false;
    return onset;
}

caus_status caus_case_split(caus_case *about, bool detected,
                            size_t least_before, caus_onset *result,
                            caus_error *err)
{
    size_t split = 0;
    bool in_logs;
    caus_shift_space space;
    bounds any;
    if (!about->near_row && about->timeline.filled_count > 1 &&
        !find_bounds(&about->timeline, least_before, &any)) {
        *result = undated(&about->timeline);
        return CAUS_OK;
    }
    CAUS_TRY(find_split(about, least_before, &split, &in_logs, err));
    *result = caus_onset_given(split, about->timeline.time_ns[split]);
    if (detected || in_logs)
        return CAUS_OK;
    CAUS_TRY(caus_shift_space_init(&about->timeline, about->out, &space, err));
    step made = step_at(about, split, &space);
    if (made.count)
        *result = place(&about->timeline, &made, split, least_before);
    return CAUS_OK;
}

/* Whether a variable is the symptom or, where nobody named one, shows what
 * users see. */
static bool is_seen(const caus_case *about, size_t variable)
{
    const caus_scene *scene = &about->scene;
    bool outside = caus_aspect_is_outside(scene->aspects[variable]);
    return about->symptom == SIZE_MAX
               ? outside &&
                     caus_scene_users_see(scene, scene->service_of[variable])
               : variable == about->symptom;
}

/* The largest clue that users see of a split. */
static double seen_at(const caus_case *about, size_t row,
                      caus_shift_space *space)
{
    double most = 0;
    for (size_t v = 0; v < about->timeline.variable_count; v++) {
        if (is_seen(about, v))
            most = fmax(most, clue_at(about, v, row, space));
    }
    return most;
}

caus_status caus_case_await_users(caus_case *about, caus_error *err)
{
    size_t rows = about->timeline.row_count, first = about->onset.row;
    size_t reach = (rows - first) / 2;
    reach = reach < MOST_AWAITED ? reach : MOST_AWAITED;
    if (about->symptom == SIZE_MAX && !about->scene.has_calls)
        return CAUS_OK;
    caus_shift_space space;
    CAUS_TRY(caus_shift_space_init(&about->timeline, about->out, &space, err));
    double most = seen_at(about, first, &space);
    for (size_t row = first + 1;
         row <= first + reach && row + CAUS_LEAST_AFTER <= rows; row++) {
        double seen = seen_at(about, row, &space);
        if (seen > most) {
            most = seen;
            about->onset_row = row;
        }
    }
    return CAUS_OK;
}
