/* SPDX-License-Identifier: Apache-2.0 */
/* Whether services that do not call one another broke at once. */
#include <math.h>
#include <string.h>

#include "rootcause/chain.h"

enum { LEAST_UNRELATED = 3, MOST_NAMED = 5 };

static bool moved(const caus_case *about, size_t service)
{
    return !about->scene.observer[service] &&
           about->service_onsets[service].found &&
           about->scores.total[service] >=
               caus_candidate_share * about->suspects[0].score;
}

/* None that a service calls, directly or through others, moved. */
static bool began_here(const caus_case *about, size_t service,
                       const caus_walk *to)
{
    for (size_t s = 0; s < about->scene.service_count; s++) {
        if (s != service && caus_walk_reaches(to, s) && moved(about, s))
            return false;
    }
    return true;
}

/* The largest group whose onsets may be one instant: intervals of so many rows
 * that hold a common one. */
static size_t largest_group(const caus_case *about, const bool *alone,
                            size_t *result)
{
    size_t best = 0;
    for (size_t a = 0; a < about->scene.service_count; a++) {
        if (!alone[a])
            continue;
        size_t row = about->service_onsets[a].first_row, count = 0;
        for (size_t b = 0; b < about->scene.service_count; b++) {
            const caus_onset *other = &about->service_onsets[b];
            count +=
                alone[b] && other->first_row <= row && other->last_row >= row;
        }
        if (count > best) {
            best = count;
            *result = row;
        }
    }
    return best;
}

static caus_status say(const caus_case *about, const bool *alone, size_t row,
                       size_t count, const char **result, caus_error *err)
{
    caus_text text = {0};
    size_t named = 0;
    caus_text_add(&text, "possible hidden cause: ");
    for (size_t i = 0; i < about->scene.service_count; i++) {
        size_t s = about->ranked[i];
        const caus_onset *onset = &about->service_onsets[s];
        if (!alone[s] || onset->first_row > row || onset->last_row < row)
            continue;
        if (named++ < MOST_NAMED)
            caus_text_format(&text, "%s%s", named > 1 ? ", " : "",
                             about->scene.services[s]);
    }
    if (named > MOST_NAMED)
        caus_text_format(&text, " and %zu more", named - MOST_NAMED);
    caus_text_format(&text,
                     " broke within one interval and none of the %zu calls "
                     "another: look at what they share (node, network, "
                     "database, load)",
                     count);
    return caus_text_finish(&text, about->out, result, NULL, err);
}

caus_status caus_hidden_find(const caus_case *about, const char **result,
                             caus_error *err)
{
    const caus_scene *scene = &about->scene;
    *result = NULL;
    if (!scene->has_calls)
        return CAUS_OK;
    bool *alone = CAUS_ARRAY(about->out, bool, scene->service_count + 1);
    if (!alone)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < scene->service_count; s++) {
        if (!moved(about, s))
            continue;
        caus_arena_mark mark = caus_arena_get_mark(about->out);
        caus_walk to;
        CAUS_TRY(caus_run_check(about->run, err));
        CAUS_TRY(caus_scene_walk_to_callees(scene, s, about->out, &to, err));
        alone[s] = began_here(about, s, &to);
        caus_arena_rewind(about->out, mark);
    }
    size_t row = 0, count = largest_group(about, alone, &row);
    return count >= LEAST_UNRELATED ? say(about, alone, row, count, result, err)
                                    : CAUS_OK;
}
