/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "simulation/world_plan.h"

enum {
    STREAM_PLAN = 1,
    STREAM_FAULT = 2,
    HARMLESS_AN_HOUR = 3,
    FEW_NAMES = 40
};

static const char *const names[WORLD_SERVICES_MAX] = {
    "account",   "ads",        "assets",      "audit",      "auth",
    "basket",    "billing",    "booking",     "catalog",    "checkout",
    "coupon",    "currency",   "email",       "feed",       "fraud",
    "geo",       "identity",   "inventory",   "invoice",    "ledger",
    "loyalty",   "media",      "messaging",   "orders",     "payment",
    "pricing",   "profile",    "quote",       "rating",     "refund",
    "review",    "risk",       "search",      "session",    "shipping",
    "stock",     "storage",    "tax",         "warehouse",  "wishlist",
    "archive",   "address",    "alerts",      "agenda",     "badge",
    "banner",    "barcode",    "batch",       "beacon",     "bonus",
    "bundle",    "cache",      "calendar",    "campaign",   "carrier",
    "cashier",   "claims",     "clickstream", "cms",        "compliance",
    "contact",   "contract",   "courier",     "credit",     "customs",
    "dashboard", "deals",      "delivery",    "device",     "dispatch",
    "document",  "donation",   "export",      "favorites",  "forecast",
    "forms",     "fulfilment", "gallery",     "gateway",    "giftcard",
    "glossary",  "history",    "import",      "insights",   "journal",
    "label",     "leads",      "license",     "locale",     "mailer",
    "market",    "menu",       "metering",    "mobile",     "newsletter",
    "notes",     "offers",     "onboarding",  "packing",    "partner",
    "personal",  "pickup",     "policy",      "portal",     "preview",
    "promotion", "purchase",   "receipts",    "redirect",   "referral",
    "registry",  "reports",    "returns",     "rewards",    "roster",
    "route",     "sampler",    "schedule",    "settlement", "signup",
};

static const double most_busy = .6; /* share of workers and connections */

static double between(caus_random *random, double low, double high)
{
    return low + (high - low) * caus_random_uniform(random);
}

/* Names tell nothing of the place in the graph. Worlds of up to FEW_NAMES
 * services draw from the first of them only. */
static void draw_names(world_plan *plan, caus_random *random)
{
    const char *shuffled[WORLD_SERVICES_MAX];
    size_t count =
        plan->service_count > FEW_NAMES ? WORLD_SERVICES_MAX : FEW_NAMES;
    memcpy(shuffled, names, sizeof names);
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = (size_t)caus_random_below(random, i + 1);
        const char *held = shuffled[i];
        shuffled[i] = shuffled[other];
        shuffled[other] = held;
    }
    for (size_t s = 0; s < plan->service_count; s++)
        plan->services[s].name = shuffled[s];
}

/* Mean wait for one of `places` that requests hold so long: Erlang's formula.
 */
static double wait_us(double rate, double held_us, uint32_t places)
{
    double offered = rate * held_us * 1e-6, blocked = 1;
    for (uint32_t k = 1; k <= places; k++)
        blocked = offered * blocked / (k + offered * blocked);
    double share = offered / places;
    return blocked / (1 - share * (1 - blocked)) * held_us / (places - offered);
}

/* So many that not even the crest of the day needs most of them. */
static uint32_t places_for(double rate, double held_us, uint32_t drawn)
{
    uint32_t needed = (uint32_t)ceil(rate * held_us * 1e-6 / most_busy);
    return needed > drawn ? needed : drawn;
}

/* Callees are sized before their callers: at the crest they are held while
 * callees are waited for. */
static void size_calls(world_plan *plan, world_service *service,
                       caus_random *random)
{
    double pod_rate = service->rate / service->pods;
    double crest = pod_rate * (1 + plan->day_amplitude);
    service->hold_us = service->crest_us = service->work_us;
    for (size_t i = 0; i < service->edge_count; i++) {
        world_edge *edge = &plan->edges[service->first_edge + i];
        const world_service *callee = &plan->services[edge->callee];
        double busy = pod_rate * edge->probability * callee->hold_us * 1e-6;
        double rate = crest * edge->probability;
        edge->connections =
            places_for(rate, callee->crest_us, 1 + (uint32_t)ceil(busy / 0.6));
        edge->timeout_us =
            200000 + (int64_t)(between(random, 4, 12) * callee->hold_us);
        if (edge->is_asynchronous)
            continue;
        service->hold_us += edge->probability * callee->hold_us;
        service->crest_us += edge->probability *
                             (callee->crest_us + wait_us(rate, callee->crest_us,
                                                         edge->connections));
    }
    double busy = pod_rate * service->hold_us * 1e-6;
    service->workers =
        places_for(crest, service->crest_us,
                   1 + (uint32_t)ceil(busy / between(random, 0.4, 0.6)));
    service->crest_us += wait_us(crest, service->crest_us, service->workers);
}

/* Callees stand behind their callers, so the last are sized first. */
static void size_services(world_plan *plan, caus_random *random)
{
    for (size_t s = plan->service_count; s-- > 0;) {
        world_service *service = &plan->services[s];
        service->work_us = service->edge_count ? between(random, 15e3, 60e3)
                                               : between(random, 40e3, 200e3);
        service->spread = between(random, 0.3, 0.8);
        service->error_share = between(random, 0.0005, 0.004);
        service->memory_bytes = between(random, 150e6, 400e6);
        service->memory_limit = 2.5 * service->memory_bytes;
        service->scales = caus_random_uniform(random) < 0.25;
        service->pods = 2 + (uint32_t)caus_random_below(random, 3);
        size_calls(plan, service, random);
        service->queue_limit =
            service->workers * (4 + (uint32_t)caus_random_below(random, 7));
    }
}

static void size_nodes(world_plan *plan)
{
    double pods = 0, active = 0;
    for (size_t s = 0; s < plan->service_count; s++) {
        const world_service *service = &plan->services[s];
        pods += service->pods;
        active += service->rate * service->work_us * 1e-6;
    }
    plan->node_count = 2 + (size_t)(pods / 4);
    plan->node_cores = fmax(4, ceil(active / (double)plan->node_count / 0.4));
}

static double draw_size(caus_world_fault fault, double hold_us,
                        caus_random *random)
{
    switch (fault) {
    case CAUS_WORLD_DELAY:
    case CAUS_WORLD_RAMP:
        return fmax(0.03, hold_us * 1e-6 * between(random, 0.5, 3));
    case CAUS_WORLD_ERRORS:
        return between(random, 0.2, 0.6);
    case CAUS_WORLD_CODE:
        return between(random, 0.01, 0.06);
    case CAUS_WORLD_LEAK:
        return between(random, 5.5, 9);
    case CAUS_WORLD_CPU:
        return between(random, 2, 5);
    case CAUS_WORLD_POOL:
        return between(random, 0.95, 1.3);
    case CAUS_WORLD_DEPLOY:
        return between(random, 2, 4);
    default:
        return 0;
    }
}

/* From a stream of its own: the system does not change with its fault. */
static caus_status choose_fault(const caus_world_options *options,
                                world_plan *plan, caus_error *err)
{
    size_t count = plan->service_count;
    caus_random random;
    caus_random_init(&random, plan->seed, STREAM_FAULT);
    plan->fault = options->fault;
    if (plan->fault == CAUS_WORLD_AUTO)
        plan->fault =
            (caus_world_fault)(1 + plan->seed / count % (CAUS_WORLD_CODE - 1));
    plan->root = (size_t)(plan->seed % count);
    for (size_t s = 0; options->root && s <= count; s++) {
        if (s == count)
            return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                             "the world of seed %llu has no service %s: its "
                             "services are named in graph.csv, for example %s",
                             (unsigned long long)plan->seed, options->root,
                             plan->services[0].name);
        plan->root = s;
        if (strcmp(plan->services[s].name, options->root) == 0)
            break;
    }
    /* Faults do not begin where bins do. */
    int64_t jitter_us =
        (int64_t)caus_random_below(&random, UINT64_C(60) * WORLD_SECOND_US);
    double size =
        draw_size(plan->fault, plan->services[plan->root].hold_us, &random);
    plan->fault_size = options->fault_size > 0 ? options->fault_size : size;
    plan->fault_at_us = options->fault_at_ns < 0
                            ? plan->duration_us / 10 * 6 + jitter_us
                            : options->fault_at_ns / 1000;
    plan->fault_end_us = plan->fault_at_us + (options->fault_for_ns
                                                  ? options->fault_for_ns / 1000
                                                  : plan->duration_us / 5);
    if (plan->fault == CAUS_WORLD_NONE)
        plan->fault_at_us = plan->fault_end_us = INT64_MAX;
    else if (plan->fault_end_us > plan->duration_us)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the fault ends %.0f s after the start, but the world "
                         "lasts %.0f s: let it begin earlier or the world last "
                         "longer",
                         (double)plan->fault_end_us * 1e-6,
                         (double)plan->duration_us * 1e-6);
    return CAUS_OK;
}

static caus_status draw_changes(world_plan *plan, caus_random *random,
                                caus_arena *out, caus_error *err)
{
    size_t harmless = 1 + (size_t)(plan->duration_us / WORLD_SECOND_US *
                                   HARMLESS_AN_HOUR / 3600);
    bool is_bad = plan->fault == CAUS_WORLD_DEPLOY;
    world_planned *changes = CAUS_ARRAY(out, world_planned, harmless + 2);
    if (!changes)
        return caus_arena_fail(out, err);
    size_t count = 0;
    for (; count < harmless; count++)
        changes[count] = (world_planned){
            .at_us =
                (int64_t)caus_random_below(random, (uint64_t)plan->duration_us),
            .service = (size_t)caus_random_below(random, plan->service_count),
            .is_deploy = caus_random_uniform(random) < 0.6,
        };
    if (is_bad) {
        changes[count++] = (world_planned){.at_us = plan->fault_at_us,
                                           .service = plan->root,
                                           .is_deploy = true};
        changes[count++] = (world_planned){.at_us = plan->fault_end_us,
                                           .service = plan->root,
                                           .is_deploy = true};
    }
    for (size_t i = 1; i < count; i++) {
        world_planned moved = changes[i];
        size_t at = i;
        for (; at > 0 && changes[at - 1].at_us > moved.at_us; at--)
            changes[at] = changes[at - 1];
        changes[at] = moved;
    }
    plan->changes = changes;
    plan->change_count = count;
    return CAUS_OK;
}

caus_status caus_world_plan(const caus_world_options *options, uint64_t seed,
                            caus_arena *out, world_plan *result,
                            caus_error *err)
{
    caus_random random;
    caus_random_init(&random, seed, STREAM_PLAN);
    *result = (world_plan){
        .seed = seed,
        .service_count = options->services,
        .duration_us = options->duration_ns / 1000,
        .scrape_us = options->scrape_ns / 1000,
        .day_amplitude = between(&random, 0.2, 0.5),
        .day_phase = between(&random, 0, 86400),
    };
    draw_names(result, &random);
    caus_world_plan_graph(result, &random);
    size_services(result, &random);
    size_nodes(result);
    CAUS_TRY(choose_fault(options, result, err));
    return draw_changes(result, &random, out, err);
}
