/* SPDX-License-Identifier: Apache-2.0 */
/* Which change fits: shortly before the onset, in a service that moved. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rootcause/ranking.h"

static const double half_time_s = 300;   /* after which a change fits half as
                                            well */
static const double fitting_change = .5; /* of closeness */
static const double near_share = .5; /* of the likelier: not to be told apart */

/* How well the time fits; 0 after the onset beyond what clocks forgive. */
static double closeness(const caus_case *about, const caus_change_group *group)
{
    double before_s = (double)group->before_onset_ns / 1e9;
    double step_s = (double)about->series->step_ns / 1e9;
    if (before_s < -step_s)
        return 0;
    return exp2(-fmax(0, before_s - 2 * step_s) / half_time_s);
}

caus_status caus_changes_weigh(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    about->change_fit =
        CAUS_ARRAY(about->out, double, scene->service_count + 1);
    if (!about->change_fit)
        return caus_arena_fail(about->out, err);
    if (!about->changes)
        return CAUS_OK;
    CAUS_TRY(caus_changes_near(about->changes, about->onset.time_ns, NULL,
                               about->out, &about->groups, &about->group_count,
                               err));
    for (size_t i = 0; i < about->group_count; i++) {
        size_t s = caus_scene_find(scene, about->groups[i].service);
        if (s != SIZE_MAX)
            about->change_fit[s] =
                fmax(about->change_fit[s], closeness(about, &about->groups[i]));
    }
    return CAUS_OK;
}

bool caus_changed_shortly_before(const caus_case *about, size_t service)
{
    return about->change_fit[service] >= fitting_change;
}

/* How well the times of the changes of each service fit, added up;
 * [service_count], NULL = no memory. */
static const double *add_fits(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    double *fits = CAUS_ARRAY(about->out, double, scene->service_count + 1);
    for (size_t i = 0; fits && i < about->group_count; i++) {
        size_t service = caus_scene_find(scene, about->groups[i].service);
        if (service != SIZE_MAX)
            fits[service] += closeness(about, &about->groups[i]);
    }
    return fits;
}

/* The confidence in a change: that in its service, as far as the time fits.
 * Changes of one service share it, as only one of them began the incident. */
static double believe(const caus_case *about, const caus_change_group *group,
                      const double *fits)
{
    size_t service = caus_scene_find(&about->scene, group->service);
    if (service == SIZE_MAX)
        return 0;
    return about->suspects[about->rank_of[service]].confidence *
           closeness(about, group) / fmax(1, fits[service]);
}

static void sort_culprits(caus_culprit_change *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        caus_culprit_change item = items[i];
        size_t at = i;
        for (; at > 0 && item.confidence > items[at - 1].confidence; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Whether anything that is known of a service speaks against it. What its
 * callers alone show does where it comes first. */
static bool shows_itself(const caus_case *about, size_t service)
{
    static const caus_term own[] = {CAUS_TERM_INTERNAL, CAUS_TERM_EXTERNAL,
                                    CAUS_TERM_TRACES, CAUS_TERM_CALLS,
                                    CAUS_TERM_LOGS};
    const double *terms = about->scores.terms[service];
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (terms[own[i]] > 0)
            return true;
    }
    return about->rank_of[service] == 0 && terms[CAUS_TERM_WAY] > 0;
}

/* Whether two changes are about as likely, and both touch what moved. */
static bool are_alike(const caus_case *about, const caus_culprit_change *a,
                      const caus_culprit_change *b)
{
    double larger = fmax(a->confidence, b->confidence);
    size_t first = caus_scene_find(&about->scene, a->service);
    size_t second = caus_scene_find(&about->scene, b->service);
    return larger > 0 &&
           fmin(a->confidence, b->confidence) >= near_share * larger &&
           shows_itself(about, first) && shows_itself(about, second);
}

/* "deploy of auth (v2)" after a start; NULL = no memory. */
static const char *append_name(const caus_case *about, const char *start,
                               const caus_culprit_change *change)
{
    return caus_arena_format(about->out, "%s%s%s%s%s%s%s", start, change->kind,
                             change->service[0] ? " of " : "", change->service,
                             change->ref[0] ? " (" : "", change->ref,
                             change->ref[0] ? ")" : "");
}

/* What sets a change apart from others as near, or what it is not told apart
 * from. NULL = no memory. */
static const char *compare(const caus_case *about,
                           const caus_culprit_change *items, size_t count,
                           size_t at)
{
    const caus_culprit_change *own = &items[at];
    size_t service = caus_scene_find(&about->scene, own->service);
    double near = closeness(about, &about->groups[own->group]);
    bool others = false;
    if (service != SIZE_MAX && near > 0 && !shows_itself(about, service))
        return "; what it touches did not move";
    for (size_t i = 0; i < count; i++) {
        if (i == at)
            continue;
        if (are_alike(about, own, &items[i]))
            return append_name(about, "; not to be told apart from ",
                               &items[i]);
        others = others || closeness(about, &about->groups[items[i].group]) >=
                               near_share * near;
    }
    if (service == SIZE_MAX)
        return own->service[0]
                   ? "; nothing is known of what it touches"
                   : "; it names no service, so that nothing speaks for it or "
                     "against it";
    if (near <= 0)
        return "";
    size_t rank = about->rank_of[service];
    if (rank > 0)
        return caus_arena_format(about->out,
                                 "; what it touches ranks behind %s",
                                 about->suspects[0].service);
    return own->confidence > 0 && others
               ? "; it touches what broke first, others as near do not"
               : "";
}

static const char *describe(const caus_case *about,
                            const caus_culprit_change *items, size_t count,
                            size_t at)
{
    const caus_culprit_change *own = &items[at];
    const caus_change_group *group = &about->groups[own->group];
    char apart[40], times[40] = "";
    caus_change_group_distance(group, apart);
    if (own->count > 1)
        snprintf(times, sizeof times, ", %zu times", own->count);
    const char *name = append_name(about, "", own);
    const char *rest = compare(about, items, count, at);
    return name && rest
               ? caus_arena_format(
                     about->out, "%s%s, %s %s the onset%s", name, times, apart,
                     group->before_onset_ns < 0 ? "after" : "before", rest)
               : NULL;
}

static bool is_alone(const caus_case *about, const caus_culprit_change *items,
                     size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (i != at && are_alike(about, &items[at], &items[i]))
            return false;
    }
    return true;
}

caus_status caus_changes_rank(caus_case *about, caus_explanation *result,
                              caus_error *err)
{
    size_t count = about->group_count;
    caus_culprit_change *items =
        CAUS_ARRAY(about->out, caus_culprit_change, count + 1);
    const double *fits = add_fits(about);
    if (!items || !fits)
        return caus_arena_fail(about->out, err);
    for (size_t i = 0; i < count; i++) {
        const caus_change_group *group = &about->groups[i];
        const caus_change *chief = &about->changes->changes[group->chief];
        items[i] =
            (caus_culprit_change){.group = i,
                                  .service = group->service,
                                  .kind = group->kind_name,
                                  .count = group->change_count,
                                  .ref = chief->ref,
                                  .text = chief->text,
                                  .time_ns = chief->time_ns,
                                  .confidence = believe(about, group, fits)};
    }
    sort_culprits(items, count);
    for (size_t i = 0; i < count; i++) {
        items[i].indistinguishable = !is_alone(about, items, count, i);
        items[i].sentence = describe(about, items, count, i);
        if (!items[i].sentence)
            return caus_arena_fail(about->out, err);
    }
    result->changes = items;
    result->change_count = count;
    return CAUS_OK;
}
