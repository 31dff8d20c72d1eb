/* SPDX-License-Identifier: Apache-2.0 */
/* How much of what a service takes longer its calls take. */
#include <math.h>

#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

/* Calls that take so much longer than their caller, or this share of it, are
 * told in another unit. */
static const double longest_share = 4, least_share = .02;

/* The longest that something took before, and gained. */
typedef struct longest {
    bool known;
    double before, gained;
} longest;

static void take(longest *of, const caus_shift *shift)
{
    double gained = shift->after - shift->before;
    if (!shift->measured || (of->known && of->gained >= gained))
        return;
    *of = (longest){true, shift->before, gained};
}

/* In [0, 1]; 1 where it is not known. */
static double share_of(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    longest own = {0}, calls = {0};
    for (size_t i = scene->variable_start[service];
         i < scene->variable_start[service + 1]; i++) {
        size_t v = scene->variables[i];
        bool is_of_calls = scene->of_calls[v] || scene->toward[v] != SIZE_MAX;
        if (scene->aspects[v] == CAUS_ASPECT_LATENCY)
            take(is_of_calls ? &calls : &own, &about->shifts[v]);
    }
    bool comparable = own.known && calls.known && own.gained > 0 &&
                      calls.before < longest_share * own.before &&
                      calls.before > least_share * own.before;
    if (!comparable)
        return 1;
    double most = caus_calls_a_request * fmax(0, calls.gained);
    return fmin(1, most / own.gained);
}

caus_status caus_call_time_find(caus_case *about, caus_error *err)
{
    size_t services = about->scene.service_count;
    double *shares = CAUS_ARRAY(about->out, double, services + 1);
    if (!shares)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < services; s++)
        shares[s] = share_of(about, s);
    about->context.call_share = shares;
    return CAUS_OK;
}
