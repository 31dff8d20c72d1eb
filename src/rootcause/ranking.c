/* SPDX-License-Identifier: Apache-2.0 */
/* Services and variables in the order of their scores. */
#include <math.h>
#include <string.h>

#include "rootcause/ranking.h"
#include "rootcause/weights.h"

typedef struct rank_key {
    const caus_scene *scene;
    const double *total;
} rank_key;

static bool comes_before(const rank_key *key, size_t a, size_t b)
{
    if (key->scene->observer[a] != key->scene->observer[b])
        return key->scene->observer[b];
    if (key->total[a] != key->total[b])
        return key->total[a] > key->total[b];
    return a < b;
}

/* Sorts `ranked`: higher totals first, observers last, ties by name. */
static void sort_ranked(const caus_scene *scene, const double *total,
                        size_t *ranked)
{
    rank_key key = {scene, total};
    for (size_t i = 0; i < scene->service_count; i++) {
        size_t at = i;
        for (; at > 0 && comes_before(&key, i, ranked[at - 1]); at--)
            ranked[at] = ranked[at - 1];
        ranked[at] = i;
    }
}

/* Ranks with one term after the other left out. */
static caus_status rank_without(const caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t count = scene->service_count;
    double *total = CAUS_ARRAY(about->out, double, count + 1);
    size_t *ranked = CAUS_ARRAY(about->out, size_t, count + 1);
    if (!total || !ranked)
        return caus_arena_fail(about->out, err);
    for (size_t term = 0; term < CAUS_TERM_COUNT; term++) {
        for (size_t s = 0; s < count; s++) {
            total[s] = 0;
            for (size_t t = 0; t < CAUS_TERM_COUNT; t++)
                total[s] += t == term ? 0 : about->scores.terms[s][t];
        }
        sort_ranked(scene, total, ranked);
        for (size_t i = 0; i < count; i++)
            about->suspects[about->rank_of[ranked[i]]].rank_without[term] =
                i + 1;
    }
    return CAUS_OK;
}

caus_status caus_suspects_rank(caus_case *about, caus_error *err)
{
    size_t count = about->scene.service_count;
    about->ranked = CAUS_ARRAY(about->out, size_t, count + 1);
    about->rank_of = CAUS_ARRAY(about->out, size_t, count + 1);
    about->suspects = CAUS_ARRAY(about->out, caus_suspect, count + 1);
    if (!about->ranked || !about->rank_of || !about->suspects)
        return caus_arena_fail(about->out, err);
    sort_ranked(&about->scene, about->scores.total, about->ranked);
    for (size_t i = 0; i < count; i++)
        about->rank_of[about->ranked[i]] = i;
    for (size_t i = 0; i < count; i++) {
        size_t service = about->ranked[i];
        caus_suspect *suspect = &about->suspects[i];
        suspect->service = about->scene.services[service];
        suspect->observer = about->scene.observer[service];
        suspect->score = about->scores.total[service];
        memcpy(suspect->terms, about->scores.terms[service],
               sizeof suspect->terms);
        suspect->onset = about->service_onsets[service];
        suspect->exemplars = about->traces.exemplars[service];
        suspect->exemplar_count = about->traces.exemplar_count[service];
    }
    return rank_without(about, err);
}

/* Whether memory rose to twice its level or more. */
static bool has_filled(const caus_case *about, size_t variable)
{
    const caus_shift *shift = &about->shifts[variable];
    return about->scene.aspects[variable] == CAUS_ASPECT_MEMORY &&
           about->scene.bad[variable] > 0 && about->scores.clue[variable] > 0 &&
           shift->before > 0 && shift->after >= 2 * shift->before;
}

/* Where a service moved by three deviations inside, that is why it is slow or
 * fails, and what fills a process keeps its processor at work (it collects
 * garbage, swaps, walks through what is there), while work alone does not fill
 * it to twice. Causes are told before what they do: 0 = of what it does. */
static int order_of_cause(const caus_case *about, size_t variable)
{
    bool works = about->scene.aspects[variable] == CAUS_ASPECT_CPU &&
                 about->scores.clue[variable] >= caus_explained_clue;
    return has_filled(about, variable) ? 2 : works;
}

static bool may_be_done_by(const caus_case *about, size_t variable, int cause)
{
    return caus_aspect_is_outside(about->scene.aspects[variable]) ||
           (about->scene.aspects[variable] == CAUS_ASPECT_CPU && cause > 1);
}

/* A cause is as loud as what it does in its service at least. */
static double clue_of(const caus_case *about, size_t variable)
{
    const caus_scene *scene = &about->scene;
    size_t service = scene->service_of[variable];
    double clue = about->scores.clue[variable];
    int cause = order_of_cause(about, variable);
    if (service == SIZE_MAX || !cause)
        return clue;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (may_be_done_by(about, v, cause))
            clue = fmax(clue, about->scores.clue[v]);
    }
    return clue;
}

/* A variable is as suspect as it moved and as its service is. */
static double clue_score(const caus_case *about, size_t variable)
{
    const double of_its_own = .25; /* whatever its service is */
    size_t service = about->scene.service_of[variable];
    double clue = clue_of(about, variable);
    double best = about->suspects[0].score;
    if (service == SIZE_MAX || about->scene.observer[service])
        return of_its_own * clue;
    double share = best > 0 ? about->scores.total[service] / best : 0;
    return clue * (of_its_own + (1 - of_its_own) * share);
}

static bool clue_before(const caus_case *about, const caus_clue *a,
                        const caus_clue *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    int cause = order_of_cause(about, a->variable);
    int other = order_of_cause(about, b->variable);
    if (cause != other)
        return cause > other;
    double own = about->scores.clue[a->variable];
    double theirs = about->scores.clue[b->variable];
    if (own != theirs)
        return own > theirs;
    return strcmp(about->series->variables[a->variable].name,
                  about->series->variables[b->variable].name) < 0;
}

static void merge_clues(const caus_case *about, caus_clue *from, caus_clue *to,
                        size_t count, size_t width)
{
    for (size_t low = 0; low < count; low += 2 * width) {
        size_t middle = low + width < count ? low + width : count;
        size_t high = middle + width < count ? middle + width : count;
        size_t a = low, b = middle;
        for (size_t at = low; at < high; at++) {
            bool left = b >= high ||
                        (a < middle && !clue_before(about, &from[b], &from[a]));
            to[at] = left ? from[a++] : from[b++];
        }
    }
}

static caus_status sort_clues(caus_case *about, caus_error *err)
{
    size_t count = about->series->variable_count;
    caus_clue *clues = CAUS_ARRAY(about->out, caus_clue, count);
    caus_clue *other = CAUS_ARRAY(about->out, caus_clue, count);
    if (!clues || !other)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < count; v++) {
        size_t service = about->scene.service_of[v];
        const caus_shift *shift = &about->shifts[v];
        clues[v] = (caus_clue){
            .variable = v,
            .suspect = service == SIZE_MAX ? SIZE_MAX : about->rank_of[service],
            .score = clue_score(about, v),
            .before = shift->before,
            .after = shift->after,
            .size = shift->measured ? shift->size : (double)NAN,
            .onset = about->onsets[v]};
    }
    for (size_t width = 1; width < count; width *= 2) {
        merge_clues(about, clues, other, count, width);
        caus_clue *swapped = clues;
        clues = other;
        other = swapped;
    }
    about->clues = clues;
    return CAUS_OK;
}

/* Each suspect's variables, as the ranking of all has them. */
static caus_status share_clues(caus_case *about, caus_error *err)
{
    size_t variables = about->series->variable_count, end = 0;
    size_t suspects = about->scene.service_count;
    size_t *items = CAUS_ARRAY(about->out, size_t, variables + 1);
    size_t *next = CAUS_ARRAY(about->out, size_t, suspects + 1);
    if (!items || !next)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < variables; v++) {
        if (about->clues[v].suspect != SIZE_MAX)
            about->suspects[about->clues[v].suspect].clue_count++;
    }
    for (size_t i = 0; i < suspects; i++) {
        about->suspects[i].clues = items + end;
        next[i] = end;
        end += about->suspects[i].clue_count;
    }
    for (size_t v = 0; v < variables; v++) {
        if (about->clues[v].suspect != SIZE_MAX)
            items[next[about->clues[v].suspect]++] = v;
    }
    return CAUS_OK;
}

caus_status caus_clues_rank(caus_case *about, caus_error *err)
{
    CAUS_TRY(sort_clues(about, err));
    return share_clues(about, err);
}

size_t caus_clues_loudest(const caus_case *about, size_t rank,
                          bool (*fits)(caus_aspect aspect))
{
    const caus_suspect *suspect = &about->suspects[rank];
    for (size_t i = 0; i < suspect->clue_count; i++) {
        size_t variable = about->clues[suspect->clues[i]].variable;
        if (about->scores.clue[variable] > 0 &&
            (!fits || fits(about->scene.aspects[variable])))
            return variable;
    }
    return SIZE_MAX;
}
