/* SPDX-License-Identifier: Apache-2.0 */
/* Which change fits: shortly before the onset, in a service that moved. */
#include <math.h>
#include <string.h>

#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

static const double half_time_s = 300; /* after which a change fits half as
                                          well */
static const double near_share = .5;   /* of the best: not to be told apart */

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
    if (!about->options->changes)
        return CAUS_OK;
    CAUS_TRY(caus_changes_near(about->options->changes, about->onset.time_ns,
                               NULL, about->out, &about->groups,
                               &about->group_count, err));
    for (size_t i = 0; i < about->group_count; i++) {
        size_t s = caus_scene_find(scene, about->groups[i].service);
        if (s != SIZE_MAX)
            about->change_fit[s] =
                fmax(about->change_fit[s], closeness(about, &about->groups[i]));
    }
    return CAUS_OK;
}

/* The confidence in a change: that in its service, as far as the time fits. */
static double believe(const caus_case *about, const caus_change_group *group,
                      size_t service)
{
    if (service == SIZE_MAX)
        return 0;
    return about->suspects[about->rank_of[service]].confidence *
           closeness(about, group);
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

static const char *describe(const caus_case *about,
                            const caus_change_group *group,
                            const caus_culprit_change *made, bool alone)
{
    char apart[40];
    int64_t before_ns = group->before_onset_ns;
    caus_duration_format(before_ns < 0 ? -before_ns : before_ns, apart);
    return caus_arena_format(
        about->out, "%s of %s%s%s %s %s the onset%s", group->kind_name,
        group->service[0] ? group->service : "no one service",
        made->ref[0] ? " " : "", made->ref, apart,
        before_ns < 0 ? "after" : "before",
        alone ? "" : "; others as near touch as much: not to be told apart");
}

/* Whether another change is about as likely. */
static bool is_alone(const caus_culprit_change *items, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (i != at && items[at].confidence > 0 &&
            items[i].confidence >= near_share * items[at].confidence)
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
    if (!items)
        return caus_arena_fail(about->out, err);
    for (size_t i = 0; i < count; i++) {
        const caus_change_group *group = &about->groups[i];
        const caus_change *last =
            &about->options->changes
                 ->changes[group->changes[group->change_count - 1]];
        items[i] = (caus_culprit_change){
            .group = i,
            .service = group->service,
            .kind = group->kind_name,
            .ref = last->ref,
            .text = last->text,
            .time_ns = last->time_ns,
            .confidence = believe(
                about, group, caus_scene_find(&about->scene, group->service))};
    }
    sort_culprits(items, count);
    for (size_t i = 0; i < count; i++) {
        items[i].indistinguishable = !is_alone(items, count, i);
        items[i].sentence = describe(about, &about->groups[items[i].group],
                                     &items[i], !items[i].indistinguishable);
        if (!items[i].sentence)
            return caus_arena_fail(about->out, err);
    }
    result->changes = items;
    result->change_count = count;
    return CAUS_OK;
}
