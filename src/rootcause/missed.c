/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services that lack requests of their callers while these fail: who refuses
 * connections, or cannot be reached, counts no failures. Who fails on its way
 * from one callee to the next looks the same, but not several callers at once.
 */
#include <math.h>
#include <string.h>

#include "rootcause/alike.h"
#include "rootcause/behaviour.h"
#include "rootcause/weights.h"

/* From here on it is worth telling. */
static const double half_told = .5;
/* Who fails by itself seldom fails whenever it would call one service, and only
 * then: who lacks more than this share of its requests is not reached. */
static const double mostly_lacking = .75;

/* Who stands as another caller of a service asks for as much of its requests,
 * where nobody knows how much. */
static const double left_to_others = .05;

/* What is known of services and calls, and of the callers of one service that
 * fail first. */
typedef struct witnesses {
    const caus_lack *lacks;
    const double *failing, *loudest, *shares;
    size_t first_count;
    size_t *calling; /* [service_count] how many of them call each */
} witnesses;

/* The most that a caller may have asked a callee less, if what that one lacks
 * is all of this caller; infinite = not known. */
static double spared(const witnesses *known, size_t call, size_t callee)
{
    const caus_lack *lack = &known->lacks[callee];
    bool counts =
        lack->usual > 0 && !isnan(lack->now) && known->shares[call] > 0;
    return counts ? (fmax(0, lack->share) + lack->chance) / known->shares[call]
                  : (double)INFINITY;
}

/* Whether a caller of a service fails, and calls no other that does: then what
 * it calls made it fail, or it itself did. */
static bool fails_first(const caus_scene *scene, const witnesses *known,
                        size_t caller, size_t service)
{
    if (known->failing[caller] < caus_explained_clue)
        return false;
    const caus_index_list callees = caus_scene_callees(scene, caller);
    for (size_t i = 0; i < callees.count; i++) {
        size_t other = callees.items[i];
        if (other != service && known->failing[other] >= caus_explained_clue &&
            caus_scene_find_call(scene, other, service) != SIZE_MAX)
            return false;
    }
    return true;
}

/* Counts the callers of a service that fail first, and how many of them call
 * each other service. */
static void count_failing(const caus_scene *scene, size_t service,
                          witnesses *known)
{
    memset(known->calling, 0, scene->service_count * sizeof *known->calling);
    known->first_count = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (!fails_first(scene, known, caller, service))
            continue;
        known->first_count++;
        const caus_index_list callees = caus_scene_callees(scene, caller);
        for (size_t k = 0; k < callees.count; k++)
            known->calling[callees.items[k]]++;
    }
}

/* Whether all callers of the service that fail call another as well, which may
 * be what failed them: nobody counts its failures. */
static bool may_be_instead(const caus_scene *scene, const witnesses *known,
                           size_t other)
{
    return !scene->shows[other][OUTSIDE_ERRORS] &&
           known->calling[other] >= known->first_count;
}

/* How likely a service that counts no failures has some, in [0, 1]: others of
 * its callers that count theirs would have more than ever. */
static double doubt_of(const caus_scene *scene, const witnesses *known,
                       size_t service, size_t caller)
{
    double least = 1;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t other = callers.items[i];
        if (other != caller && scene->shows[other][OUTSIDE_ERRORS])
            least = fmin(least, caus_sureness(known->failing[other]));
    }
    return least;
}

static bool has_one_caller(const caus_scene *scene, size_t service)
{
    return caus_scene_callers(scene, service).count == 1;
}

/* The share of the requests of a service that a caller of it may have made. */
static double own_share(const caus_scene *scene, const witnesses *known,
                        size_t caller, size_t service)
{
    double share = known->shares[caus_scene_find_call(scene, caller, service)];
    bool alone = has_one_caller(scene, service);
    return share > 0 ? share : alone ? 1 : 1 - left_to_others;
}

/* Whether nobody of several callers asks a service any more: they do not all
 * fail, each time, before they call. */
static bool all_miss(const caus_scene *scene, const witnesses *known,
                     size_t service)
{
    return known->lacks[service].late > 1 - left_to_others &&
           !has_one_caller(scene, service);
}

/* How far another callee that is as loud may be what failed a caller, in [0,
 * 1]: a little slower it fails nobody all the time. */
static double may_have_failed(const witnesses *known, size_t caller,
                              double loudest)
{
    double failing = known->failing[caller];
    double share = failing > loudest ? loudest / failing : 1;
    return caus_sureness(loudest) * share;
}

/*
 * How far what a caller asks a service less tells of that one, in [0, 1]. Who
 * fails before it calls asks all of its callees less, so that another has to be
 * asked as ever, by what it would lack; and who is failed by one does not go on
 * to the next, so that all of them have to be well, and each of which that is
 * not known is as likely.
 */
static double told_by(const caus_scene *scene, const witnesses *known,
                      size_t caller, size_t service)
{
    double own = known->lacks[service].share - known->lacks[service].chance;
    double apart = all_miss(scene, known, service);
    double others = 0, likely = 1;
    for (size_t i = scene->callee_start[caller];
         i < scene->callee_start[caller + 1]; i++) {
        size_t other = scene->callees[i];
        if (other == service)
            continue;
        if (may_be_instead(scene, known, other))
            likely += doubt_of(scene, known, other, caller);
        others = fmax(others, known->loudest[other]);
        apart = fmax(apart, 1 - spared(known, i, other) / own);
    }
    return apart * (1 - may_have_failed(known, caller, others)) / likely;
}

/* That of the caller of which it tells most, as far as that one fails. */
static double missing(const caus_scene *scene, const witnesses *known,
                      size_t service)
{
    double found = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        double failing = known->failing[caller];
        if (failing > 0)
            found = fmax(found, caus_sureness(failing) *
                                    told_by(scene, known, caller, service));
    }
    return found;
}

/* The share of its requests before the onset that a service gets no more. */
static double fewer(const caus_case *about, size_t service)
{
    size_t load = caus_case_find_load(about, service);
    const caus_shift *shift = &about->shifts[load];
    return shift->before > 0 ? 1 - shift->after / shift->before : 0;
}

/*
 * How surely what a service lacks is no caller's doing, in [0, 1]. Several that
 * fail, none of which calls another, have one cause in what they call; one that
 * fails asked no more than its share. Who is overrun with requests fails, too,
 * but asks its callees no less than before.
 */
static double cut_off(const caus_case *about, const witnesses *known,
                      size_t service)
{
    const caus_scene *scene = &about->scene;
    const caus_lack *lack = &known->lacks[service];
    double own = 0, told = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (!fails_first(scene, known, caller, service))
            continue;
        own = own_share(scene, known, caller, service);
        told = fmax(told, told_by(scene, known, caller, service));
    }
    double gone = fmin(lack->share, fewer(about, service));
    if (known->first_count == 0 || gone <= lack->chance)
        return 0;
    if (known->first_count > 1 || all_miss(scene, known, service))
        return told;
    double beyond = gone - own;
    return beyond > lack->chance ? told * beyond / gone : 0;
}

static caus_status find_missed(const caus_case *about, double *missed,
                               double *cut, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    const caus_lack *lacks = about->lacks;
    size_t services = scene->service_count;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    witnesses known = {.lacks = lacks,
                       .failing = about->witnesses.failing,
                       .loudest = about->witnesses.loudest,
                       .shares = about->witnesses.shares,
                       .calling = CAUS_ARRAY(scratch, size_t, services + 1)};
    if (!known.calling)
        return caus_arena_fail(scratch, err);
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        if (lacks[s].share <= lacks[s].chance)
            continue;
        count_failing(scene, s, &known);
        missed[s] = missing(scene, &known, s);
        cut[s] = cut_off(about, &known, s);
    }
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}

/* How surely nobody reaches a service, in [0, 1]. */
static double unreached_by(const caus_lack *lack, double missed)
{
    double beyond = (lack->late - mostly_lacking) / (1 - mostly_lacking);
    return missed * fmax(0, beyond);
}

caus_status caus_missed_find(caus_case *about, caus_error *err)
{
    size_t services = about->scene.service_count;
    double *missed = CAUS_ARRAY(about->out, double, services + 1);
    double *cut = CAUS_ARRAY(about->out, double, services + 1);
    double *unreached = CAUS_ARRAY(about->out, double, services + 1);
    if (!missed || !cut || !unreached)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(find_missed(about, missed, cut, err));
    for (size_t s = 0; s < services; s++)
        unreached[s] = unreached_by(&about->lacks[s], missed[s]);
    about->context.unreached = unreached;
    about->context.missed = missed;
    about->context.cut_off = cut;
    return CAUS_OK;
}

void caus_missed_add(const caus_case *about, size_t service, caus_text *text)
{
    const caus_lack *lack = &about->lacks[service];
    if (about->context.missed[service] < half_told)
        return;
    caus_text_format(text,
                     "%sit got %.3g requests for each of %s, which "
                     "fail, instead of %.3g",
                     text->length ? "; " : "", lack->now,
                     lack->of_one ? "a caller's" : "its callers'", lack->usual);
}
