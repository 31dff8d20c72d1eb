/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the incident had begun before the onset that somebody named: pages
 * come late, and its rows among the healthy ones hide it. */
#include <math.h>

#include "rootcause/onset.h"

/* Who moved by so many deviations tells. */
static const double least_size = 3;
/* A variable says no more than one that moved by so many: what moved furthest
 * tells most, as levels may have changed for another reason a row before. */
static const double most_size = 30;

/* Rows before the named onset in which anything is measured, the last of them
 * first, and how much likelier the incident's level explains each than the
 * habit. */
typedef struct rows_before {
    const caus_case *about;
    size_t count;
    size_t *row;  /* [count] */
    double *all;  /* [count] by all that tells of trouble */
    double *seen; /* [count] by what users see */
} rows_before;

/* As many as there are since, and no more than leave enough healthy ones, in
 * one piece: behind a gap it is another time. */
size_t caus_case_rows_before_named(const caus_case *about)
{
    enum { LEAST = 3, SHARE = 5, GAP = 2 };
    const caus_timeline *timeline = &about->timeline;
    size_t before = caus_timeline_filled_before(timeline, about->named_row);
    size_t after = timeline->filled_count - before, count = 0;
    size_t most = caus_smaller(caus_larger(after, LEAST), before / SHARE);
    int64_t next_ns = timeline->time_ns[about->named_row];
    while (count < most) {
        int64_t at_ns = timeline->time_ns[timeline->filled[before - 1 - count]];
        if (next_ns - at_ns > GAP * about->series->step_ns)
            break;
        next_ns = at_ns;
        count++;
    }
    return count;
}

/* Memory does not: between two days, at which a baseline may be joined to an
 * incident, it moves in many services, and harms nobody by that. */
static bool tells(const caus_case *about, size_t variable)
{
    const caus_shift *shift = &about->shifts[variable];
    int bad = about->scene.bad[variable];
    return about->scene.aspects[variable] != CAUS_ASPECT_MEMORY &&
           shift->measured && fabs(shift->size) >= least_size &&
           (!bad || shift->size * bad > 0) &&
           caus_scene_tells(&about->scene, variable);
}

/* Whether users see a variable: the symptom that they named, else how entries
 * answer. */
static bool is_seen(const caus_case *about, size_t variable)
{
    const caus_scene *scene = &about->scene;
    if (about->symptom != SIZE_MAX)
        return variable == about->symptom;
    return caus_scene_users_see(scene, scene->service_of[variable]) &&
           caus_aspect_is_outside(scene->aspects[variable]);
}

static void add_variable(const rows_before *rows, size_t variable)
{
    const caus_case *about = rows->about;
    const caus_shift *shift = &about->shifts[variable];
    const double *values = caus_timeline_values(&about->timeline, variable);
    double weight = caus_evidence_of_level(shift->size, most_size);
    double height = shift->after - shift->before;
    bool seen = is_seen(about, variable);
    for (size_t i = 0; i < rows->count; i++) {
        double value = (values[rows->row[i]] - shift->before) / height;
        if (isnan(value))
            continue;
        double says = weight * caus_evidence_of_habit(value, caus_most_value);
        rows->all[i] -= says;
        rows->seen[i] -= seen ? says : 0;
    }
}

/* The row from which on the incident's level explains the rows best, unless
 * users were still well then. */
static size_t best_row(const rows_before *rows)
{
    double all = 0, seen = 0, most = caus_least_evidence;
    size_t best = rows->about->named_row;
    for (size_t i = 0; i < rows->count; i++) {
        all += rows->all[i];
        seen += rows->seen[i];
        if (all < most || seen < 0)
            continue;
        most = all;
        best = rows->row[i];
    }
    return best;
}

static caus_status open_rows(const caus_case *about, rows_before *rows,
                             caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    size_t before = caus_timeline_filled_before(timeline, about->named_row);
    size_t count = caus_case_rows_before_named(about);
    *rows = (rows_before){about, count, CAUS_ARRAY(about->out, size_t, count),
                          CAUS_ARRAY(about->out, double, count),
                          CAUS_ARRAY(about->out, double, count)};
    if (!rows->row || !rows->all || !rows->seen)
        return caus_arena_fail(about->out, err);
    for (size_t i = 0; i < count; i++)
        rows->row[i] = timeline->filled[before - 1 - i];
    return CAUS_OK;
}

caus_status caus_case_find_beginning(const caus_case *about, size_t *row,
                                     caus_error *err)
{
    rows_before rows;
    CAUS_TRY(open_rows(about, &rows, err));
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (tells(about, v))
            add_variable(&rows, v);
    }
    *row = best_row(&rows);
    return CAUS_OK;
}
