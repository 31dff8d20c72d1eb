/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callees that are slow, or fail, in the rows in which their callers are. What
 * comes and goes moves no median, nor a mean of all rows in which it hides, and
 * of two that show it by chance only one may be seen; but who waits is slow
 * when the other is.
 */
#include <math.h>

#include "numeric/order.h"
#include "rootcause/carried.h"
#include "rootcause/weighing.h"
#include "rootcause/weights.h"

/* So rare by chance, for all that is tried of a caller. */
static const double rare = .01;
/* It is off in so many of them: what others show in the rest it did not make.
 */
static const double most_rows = .75;
/* A row alone tells nothing. */
enum { LEAST_ROWS = 2 };

/* Rows of the incident in which a caller's variable is off. */
typedef struct off_rows {
    const caus_case *about;
    size_t variable;
    double clue;  /* of it */
    size_t tried; /* variables of callees */
    size_t count;
    size_t *rows;  /* [count] */
    double *sizes; /* room for as many */
} off_rows;

/* How far a variable is off the bad way in a row, in its deviations; NaN where
 * it is missing. */
static double size_at(const caus_case *about, size_t variable, size_t row)
{
    const caus_timeline *timeline = &about->timeline;
    const caus_shift *shift = &about->shifts[variable];
    double value = caus_timeline_values(timeline, variable)[row];
    return (value - shift->before) / shift->scale * about->scene.bad[variable];
}

static bool is_outside(const caus_case *about, size_t variable)
{
    const caus_scene *scene = &about->scene;
    const caus_shift *shift = &about->shifts[variable];
    return caus_aspect_is_outside(scene->aspects[variable]) &&
           scene->toward[variable] == SIZE_MAX && scene->bad[variable] &&
           shift->measured && shift->scale > 0;
}

static void find_rows(size_t variable, off_rows *found)
{
    const caus_case *about = found->about;
    found->count = 0;
    for (size_t r = about->onset_row; r < about->timeline.row_count; r++) {
        if (size_at(about, variable, r) >= caus_off_size)
            found->rows[found->count++] = r;
    }
}

/* How often a variable is off in healthy rows, one more being so. */
static double usual_share(const caus_case *about, size_t variable)
{
    double off = 1, count = 1;
    for (size_t r = 0; r < about->onset_row; r++) {
        double size = size_at(about, variable, r);
        off += size >= caus_off_size;
        count += !isnan(size);
    }
    return off / count;
}

/* How likely it is by chance that so many of `count` or more are off, at most:
 * Chernoff's bound for a binomial variable. */
static double chance_of(double off, double count, double usual)
{
    double share = off / count;
    if (share <= usual)
        return 1;
    double rest = share < 1 ? (1 - share) * log((1 - share) / (1 - usual)) : 0;
    return exp(-count * (share * log(share / usual) + rest));
}

/* The size of a callee's variable in the rows in which its caller is off; 0 =
 * it is not off in most of them, or may be so by chance. */
static double size_in(const off_rows *rows, size_t variable)
{
    size_t count = 0;
    double off = 0;
    for (size_t i = 0; i < rows->count; i++) {
        double size = size_at(rows->about, variable, rows->rows[i]);
        if (isnan(size))
            continue;
        off += size >= caus_off_size;
        rows->sizes[count++] = size;
    }
    if (count < LEAST_ROWS)
        return 0;
    double usual = usual_share(rows->about, variable);
    if (chance_of(off, (double)count, usual) > rare / (double)rows->tried)
        return 0;
    caus_sort(rows->sizes, count);
    double size = caus_sorted_quantile(rows->sizes, count, 1 - most_rows);
    return size >= caus_off_size ? size : 0;
}

/* The clue of a callee's variable of such a size: it is for its caller what
 * arrives there, and not louder than that. */
static double clue_in(const off_rows *rows, size_t variable, double size)
{
    const caus_shift *shifts = rows->about->shifts;
    const size_t *service_of = rows->about->scene.service_of;
    double rate = caus_carried_rate(rows->about, service_of[rows->variable],
                                    service_of[variable]);
    double arrives = caus_carried_of(rows->about, rows->variable, variable,
                                     rate, size * shifts[variable].scale);
    double most = arrives / shifts[rows->variable].scale;
    return fmin(log1p(fmin(size, most)), rows->clue);
}

/* Makes a variable as loud as it is in those rows; whether that changed it. */
static bool make_louder(const off_rows *rows, size_t variable, double *clues)
{
    const caus_case *about = rows->about;
    caus_shift *shift = &about->shifts[variable];
    double size = clues[variable] < rows->clue ? size_in(rows, variable) : 0;
    double clue = size > 0 ? clue_in(rows, variable, size) : 0;
    if (clue <= clues[variable])
        return false;
    double change = size * shift->scale * about->scene.bad[variable];
    if (fabs(change) > fabs(shift->after - shift->before)) {
        shift->after = shift->before + change;
        shift->size = size * about->scene.bad[variable];
    }
    clues[variable] = clue;
    return true;
}

static size_t count_below(const caus_case *about, size_t caller)
{
    const caus_scene *scene = &about->scene;
    size_t count = 0;
    const caus_index_list callees = caus_scene_callees(scene, caller);
    for (size_t i = 0; i < callees.count; i++) {
        size_t callee = callees.items[i];
        const caus_index_list own = caus_scene_variables(scene, callee);
        for (size_t k = 0; k < own.count; k++)
            count += is_outside(about, own.items[k]);
    }
    return count;
}

/* Raises what callees show in the rows in which a variable of their caller is
 * off. */
static bool raise_below(size_t variable, off_rows *rows, double *clues)
{
    const caus_scene *scene = &rows->about->scene;
    size_t caller = scene->service_of[variable];
    bool any = false;
    find_rows(variable, rows);
    rows->variable = variable;
    rows->clue = clues[variable];
    rows->tried = count_below(rows->about, caller);
    const caus_index_list callees = caus_scene_callees(scene, caller);
    for (size_t i = 0; rows->count && i < callees.count; i++) {
        size_t callee = callees.items[i];
        const caus_index_list own = caus_scene_variables(scene, callee);
        for (size_t k = 0; k < own.count; k++)
            any = (is_outside(rows->about, own.items[k]) &&
                   make_louder(rows, own.items[k], clues)) ||
                  any;
    }
    return any;
}

caus_status caus_alongside_raise(caus_case *about, double *clues,
                                 caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t room = about->timeline.row_count - about->onset_row + 1;
    off_rows rows = {.about = about,
                     .rows = CAUS_ARRAY(about->out, size_t, room),
                     .sizes = CAUS_ARRAY(about->out, double, room)};
    if (!rows.rows || !rows.sizes)
        return caus_arena_fail(about->out, err);
    for (bool any = scene->has_calls; any;) {
        any = false;
        for (size_t i = 0; i < scene->variable_start[scene->service_count];
             i++) {
            size_t v = scene->variables[i];
            CAUS_TRY(caus_run_check(about->run, err));
            if (is_outside(about, v) && clues[v] >= caus_explained_clue)
                any = raise_below(v, &rows, clues) || any;
        }
    }
    return CAUS_OK;
}
