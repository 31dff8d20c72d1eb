/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services that get fewer requests for each of their callers' than they did,
 * while these fail: who refuses connections, or cannot be reached, counts no
 * failures. Who fails on its way from one callee to the next looks the same.
 * Requests are added up over all rows, as few of a row tell little.
 */
#include <math.h>
#include <string.h>

#include "rootcause/behaviour.h"
#include "rootcause/weights.h"

/* From here on it is worth telling. */
static const double half_told = .5;

/* Requests of a service, and of its callers, in rows in which both are there.
 */
typedef struct asked_for {
    double own, callers;
} asked_for;

/* Whether the requests of a service and of all its callers are counted alike in
 * a row; adds them. */
static bool add_row(const caus_case *about, size_t service, size_t load,
                    size_t row, asked_for *sum)
{
    const caus_scene *scene = &about->scene;
    const caus_timeline *timeline = &about->timeline;
    double callers = 0,
           own = timeline->values[load * timeline->row_count + row];
    for (size_t i = scene->caller_start[service];
         i < scene->caller_start[service + 1]; i++) {
        size_t caller = scene->callers[i];
        size_t alike = caus_case_find_alike(about, caller, load);
        if (caller == service)
            continue;
        if (alike == SIZE_MAX)
            return false;
        callers += timeline->values[alike * timeline->row_count + row];
    }
    if (isnan(own) || !(callers > 0))
        return false;
    sum->own += own;
    sum->callers += callers;
    return true;
}

/* Requests of a service for each of its callers' in rows [from, to); NaN = not
 * counted. */
static double each_in(const caus_case *about, size_t service, size_t from,
                      size_t to)
{
    size_t load = caus_case_find_load(about, service);
    asked_for sum = {0};
    for (size_t r = from; load != SIZE_MAX && r < to; r++)
        add_row(about, service, load, r, &sum);
    return sum.callers > 0 ? sum.own / sum.callers : (double)NAN;
}

/* The share of the usual requests that a window lacks; negative where there are
 * more. */
static double lacking(double usual, double now)
{
    return usual > 0 && !isnan(now) ? 1 - now / usual : 0;
}

/* What a service lacks in the incident, and as far as that goes either way in
 * healthy windows. */
typedef struct lack {
    double found, chance;
} lack;

static lack find_lack(const caus_case *about, const caus_placebo *placebo,
                      size_t service)
{
    double usual = each_in(about, service, 0, about->onset_row);
    double now =
        each_in(about, service, about->onset_row, about->timeline.row_count);
    lack made = {lacking(usual, now), 0};
    for (size_t i = 0; !isnan(usual) && i < placebo->count; i++) {
        now = each_in(about, service, placebo->starts[i], placebo->ends[i]);
        made.chance = fmax(made.chance, fabs(lacking(usual, now)));
    }
    return made;
}

/* The loudest that a service shows outside, or its failures alone. */
static double loudest_of(const caus_case *about, const double *clues,
                         size_t service, bool failures)
{
    const caus_scene *scene = &about->scene;
    double most = 0;
    for (size_t i = scene->variable_start[service];
         i < scene->variable_start[service + 1]; i++) {
        size_t v = scene->variables[i];
        if (failures ? scene->aspects[v] == CAUS_ASPECT_ERRORS
                     : caus_aspect_is_outside(scene->aspects[v]))
            most = fmax(most, clues[v]);
    }
    return most;
}

/* How many of the requests of a service's callers are those of one of them. */
static double share_of(const caus_case *about, size_t service, size_t caller)
{
    const caus_scene *scene = &about->scene;
    size_t load = caus_case_find_load(about, caller);
    double all = 0;
    for (size_t i = scene->caller_start[service];
         load != SIZE_MAX && i < scene->caller_start[service + 1]; i++) {
        size_t alike = caus_case_find_alike(about, scene->callers[i], load);
        all += alike == SIZE_MAX ? 0 : about->shifts[alike].before;
    }
    return all > 0 ? about->shifts[load].before / all : 0;
}

/*
 * How far what a caller asks a service less tells of that one, in [0, 1]. Who
 * fails before it calls asks all of its callees less, so that another has to be
 * asked as ever, by what it would lack; and who is failed by one does not go on
 * to the next, so that all of them have to be known to be well.
 */
static double told_by(const caus_case *about, const lack *lacks,
                      const double *clues, size_t caller, size_t service)
{
    const caus_scene *scene = &about->scene;
    double own = lacks[service].found - lacks[service].chance;
    double apart = 0, others = 0;
    for (size_t i = scene->callee_start[caller];
         i < scene->callee_start[caller + 1]; i++) {
        size_t other = scene->callees[i];
        if (other == service || other == caller)
            continue;
        if (!scene->shows[other][OUTSIDE_ERRORS])
            return 0;
        others = fmax(others, loudest_of(about, clues, other, false));
        double share = share_of(about, other, caller);
        double most = fmax(0, lacks[other].found) + lacks[other].chance;
        if (caus_case_find_load(about, other) != SIZE_MAX && share > 0)
            apart = fmax(apart, 1 - most / (share * own));
    }
    return apart * (1 - fmin(1, others / caus_explained_clue));
}

/* That of the caller of which it tells most, as far as that one fails. */
static double missing(const caus_case *about, const lack *lacks,
                      const double *clues, size_t service)
{
    const caus_scene *scene = &about->scene;
    double found = 0;
    for (size_t i = scene->caller_start[service];
         lacks[service].found > lacks[service].chance &&
         i < scene->caller_start[service + 1];
         i++) {
        size_t caller = scene->callers[i];
        double failing = loudest_of(about, clues, caller, true);
        if (caller != service && failing > 0)
            found =
                fmax(found, fmin(1, failing / caus_explained_clue) *
                                told_by(about, lacks, clues, caller, service));
    }
    return found;
}

caus_status caus_missed_find(caus_case *about, const caus_placebo *placebo,
                             const double *clues, caus_error *err)
{
    size_t services = about->scene.service_count;
    lack *lacks = CAUS_ARRAY(about->out, lack, services + 1);
    double *missed = CAUS_ARRAY(about->out, double, services + 1);
    if (!lacks || !missed)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; about->scene.has_calls && s < services; s++)
        lacks[s] = find_lack(about, placebo, s);
    for (size_t s = 0; about->scene.has_calls && s < services; s++)
        missed[s] = missing(about, lacks, clues, s);
    about->context.missed = missed;
    return CAUS_OK;
}

void caus_missed_add(const caus_case *about, size_t service, caus_text *text)
{
    if (about->context.missed[service] < half_told)
        return;
    caus_text_format(
        text,
        "%sit got %.3g requests for each of its callers', which "
        "fail, instead of %.3g",
        text->length ? "; " : "",
        each_in(about, service, about->onset_row, about->timeline.row_count),
        each_in(about, service, 0, about->onset_row));
}
