/* SPDX-License-Identifier: Apache-2.0 */
/* How much of what a service takes longer its calls take, and how many of its
 * requests make calls again. */
#include <math.h>

#include "rootcause/alike.h"
#include "rootcause/carried.h"
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
    const caus_index_list variables = caus_scene_variables(scene, service);
    for (size_t i = 0; i < variables.count; i++) {
        size_t v = variables.items[i];
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

/* How many of its service's requests may wait for calls that a variable counts
 * as failed to be made again, as a share of all; 0 where it is not known. */
static double made_again(const caus_case *about, size_t variable)
{
    const caus_shift *shift = &about->shifts[variable];
    double whole = about->timeline.whole[variable];
    size_t load = caus_case_find_load(about, about->scene.service_of[variable]);
    double requests = load == SIZE_MAX ? 0 : about->shifts[load].after;
    double more = fabs(shift->after - shift->before);
    if (!shift->measured || (whole <= 0 && requests <= 0))
        return 0;
    return fmin(1, more / (whole > 0 ? whole : requests));
}

static void fill_again(const caus_case *about, double *again)
{
    const caus_scene *scene = &about->scene;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (scene->toward[v] != SIZE_MAX &&
            scene->aspects[v] == CAUS_ASPECT_ERRORS)
            again[v] = made_again(about, v);
    }
}

caus_status caus_call_time_find(caus_case *about, caus_error *err)
{
    size_t services = about->scene.service_count;
    double *shares = CAUS_ARRAY(about->out, double, services + 1);
    double *again =
        CAUS_ARRAY(about->out, double, about->series->variable_count + 1);
    if (!shares || !again)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < services; s++)
        shares[s] = share_of(about, s);
    fill_again(about, again);
    about->context.call_share = shares;
    about->context.again = again;
    return CAUS_OK;
}
