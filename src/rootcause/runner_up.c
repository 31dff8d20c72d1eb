/* SPDX-License-Identifier: Apache-2.0 */
/* What sets the first suspect apart from those behind it. */
#include <math.h>

#include "rootcause/telling.h"

/* A service besides the first that calls the second, tells of its calls and
 * shows nothing; SIZE_MAX = none. */
static size_t find_calm_caller(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    size_t first = about->ranked[0], second = about->ranked[1];
    const caus_index_list callers = caus_scene_callers(scene, second);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (caller != first && caus_scene_shows(scene, caller) &&
            caus_scores_shown(&about->scores, caller) <= 0)
            return caller;
    }
    return SIZE_MAX;
}

/* The same where the first calls the second, or others that do; NULL = no
 * memory. */
static const char *say_if_callee(const caus_case *about)
{
    const char *second = about->suspects[1].service;
    size_t calm = find_calm_caller(about);
    if (calm != SIZE_MAX)
        return caus_arena_format(about->out,
                                 "; were it %s, %s, which calls it too, would "
                                 "show it",
                                 second, about->scene.services[calm]);
    if (!caus_scene_shows(&about->scene, about->ranked[1]))
        return caus_arena_format(about->out,
                                 "; latency or errors of %s would tell, but "
                                 "are not measured",
                                 second);
    if (caus_scores_shown(&about->scores, about->ranked[1]) <= 0)
        return caus_arena_format(about->out,
                                 "; were it %s, its own latency or errors "
                                 "would show it",
                                 second);
    return "";
}

/* What would be otherwise if it were the second; "" = nothing is known. */
static caus_status say_if_second(const caus_case *about, const char **result,
                                 caus_error *err)
{
    const caus_scene *scene = &about->scene;
    const char *first = about->suspects[0].service;
    const char *second = about->suspects[1].service;
    *result = "";
    if (!scene->has_calls || scene->stranger[about->ranked[0]] ||
        scene->stranger[about->ranked[1]])
        return CAUS_OK;
    caus_walk below, above;
    CAUS_TRY(caus_scene_walk_to_callees(scene, about->ranked[1], about->out,
                                        &below, err));
    CAUS_TRY(caus_scene_walk_to_callers(scene, about->ranked[1], about->out,
                                        &above, err));
    if (caus_walk_reaches(&below, about->ranked[0]))
        *result = caus_arena_format(about->out,
                                    "; were it %s, %s below it would be fine",
                                    second, first);
    else if (caus_walk_reaches(&above, about->ranked[0]))
        *result = say_if_callee(about);
    else
        *result = caus_arena_format(about->out,
                                    "; neither %s nor %s calls the other: both "
                                    "may have one cause",
                                    first, second);
    return *result ? CAUS_OK : caus_arena_fail(about->out, err);
}

caus_term caus_suspect_widest(const caus_case *about, size_t rank)
{
    const caus_suspect *first = &about->suspects[0];
    const caus_suspect *other = &about->suspects[rank];
    size_t widest = 0;
    for (size_t t = 1; t < CAUS_TERM_COUNT; t++) {
        if (first->terms[t] - other->terms[t] >
            first->terms[widest] - other->terms[widest])
            widest = t;
    }
    return (caus_term)widest;
}

const char *caus_term_reason(const caus_case *about, caus_term term)
{
    static const char *const reasons[] = {
        [CAUS_TERM_CHANGE] = "a change that fits",
        [CAUS_TERM_TRACES] = "time lost in traces that no callee explains",
        [CAUS_TERM_CALLS] = "failures that begin in it, or its other calls",
        [CAUS_TERM_INTERNAL] = "what moved inside it",
        [CAUS_TERM_EXTERNAL] = "latency or errors that no callee explains",
        [CAUS_TERM_WAY] = "what all its callers show: the way to it",
        [CAUS_TERM_BOTH] = "being hit inside and outside at once",
        [CAUS_TERM_ORDER] = "having moved earlier",
        [CAUS_TERM_LOGS] = "new or more lines in its log"};
    _Static_assert(sizeof reasons / sizeof *reasons == CAUS_TERM_COUNT,
                   "a reason for every term");
    return term == CAUS_TERM_EXTERNAL && !about->scene.has_calls
               ? "louder latency or errors"
               : reasons[term];
}

caus_status caus_runner_up_say(const caus_case *about, caus_explanation *result,
                               caus_error *err)
{
    if (result->verdict == CAUS_VERDICT_NO_ANOMALY ||
        result->suspect_count < 2 || about->suspects[1].score <= 0)
        return CAUS_OK;
    const caus_suspect *first = &about->suspects[0];
    const caus_suspect *second = &about->suspects[1];
    const char *otherwise;
    CAUS_TRY(say_if_second(about, &otherwise, err));
    const char *reason = caus_term_reason(about, caus_suspect_widest(about, 1));
    result->runner_up = caus_arena_format(
        about->out,
        "next is %s (score %.2f against %.2f); %s is set apart by %s%s",
        second->service, second->score, first->score, first->service, reason,
        otherwise);
    return result->runner_up ? CAUS_OK : caus_arena_fail(about->out, err);
}
