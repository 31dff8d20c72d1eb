/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which variables to take: of every service the best of each signal first, so
 * that a limit cuts the less telling and not the last services of the alphabet.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/specs_internal.h"
#include "telemetry/survey_internal.h"

enum {
    DEFAULT_VARIABLES = 30, /* or each signal of every service, up to MOST */
    MOST_VARIABLES = 200,
    LEAST_VARIABLES = 10,
    ENOUGH_VARIABLES = 20,
    SIGNALS = 4
};

typedef struct proposer {
    const caus_setup_servers *servers;
    caus_setup_options options;
    caus_prom *prom; /* open, or NULL */
    const caus_run *run;
    caus_arena *out;
    caus_offers offers;
    caus_map *names;
    const char **services;
    size_t service_count;
} proposer;

const char *caus_signal_name(caus_signal signal)
{
    static const char *const names[] = {"duration", "errors", "rate",
                                        "utilisation"};
    return (size_t)signal < SIGNALS ? names[signal] : "";
}

/* ---- services ---- */

static caus_status list_services(proposer *at, caus_error *err)
{
    at->services = CAUS_ARRAY(at->out, const char *, at->offers.count);
    if (!at->services)
        return caus_arena_fail(at->out, err);
    for (size_t i = 0; i < at->offers.count; i++) {
        const char *service = at->offers.items[i].service;
        if (*service &&
            (i == 0 || strcmp(at->offers.items[i - 1].service, service) != 0))
            at->services[at->service_count++] = service;
    }
    return CAUS_OK;
}

static caus_status fail_service(const proposer *at, caus_error *err)
{
    const char *nearest = at->services[0];
    for (size_t i = 1; i < at->service_count; i++) {
        if (caus_edit_distance(at->services[i], at->options.service) <
            caus_edit_distance(nearest, at->options.service))
            nearest = at->services[i];
    }
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "--service=%s is none of the %zu services of these "
                     "servers; the nearest is %s",
                     at->options.service, at->service_count, nearest);
}

/* Keeps the offers of the one service that was asked for. */
static caus_status keep_service(proposer *at, caus_error *err)
{
    size_t kept = 0;
    if (!at->options.service || !at->service_count)
        return CAUS_OK;
    for (size_t i = 0; i < at->offers.count; i++) {
        if (strcmp(at->offers.items[i].service, at->options.service) == 0)
            at->offers.items[kept++] = at->offers.items[i];
    }
    at->offers.count = kept;
    return kept ? CAUS_OK : fail_service(at, err);
}

/* ---- choice ---- */

static int by_use(const void *a, const void *b)
{
    const caus_offer *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->signal != y->signal)
        return x->signal < y->signal ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return caus_offers_by_service(a, b);
}

/* How often something was timed is a rate only where nothing counts calls. */
static bool repeats_rate(const caus_offer *made)
{
    return made->candidate && made->rank > 0 &&
           made->candidate->measure == CAUS_MEASURE_COUNTER &&
           made->candidate->base != made->candidate->metric;
}

/* How many of a signal a service is given before others have theirs. */
static bool is_usual(const caus_offer *made)
{
    return made->rank < (made->signal == CAUS_SIGNAL_UTILISATION ? 4u : 2u);
}

/* The number of offers worth asking for, the first of them the most telling. */
static size_t choose(proposer *at, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < at->offers.count; i++) {
        if (!repeats_rate(&at->offers.items[i]))
            at->offers.items[kept++] = at->offers.items[i];
    }
    at->offers.count = kept;
    if (!kept)
        return 0;
    qsort(at->offers.items, at->offers.count, sizeof *at->offers.items, by_use);
    size_t usual = 0;
    caus_offer *offers = at->offers.items;
    for (size_t i = 0; i < at->offers.count; i++) {
        if (!is_usual(&offers[i]))
            continue;
        caus_offer moved = offers[i];
        memmove(&offers[usual + 1], &offers[usual],
                (i - usual) * sizeof *offers);
        offers[usual++] = moved;
    }
    size_t enough =
        at->options.max_variables > DEFAULT_VARIABLES ? most : ENOUGH_VARIABLES;
    size_t chosen = usual < enough ? enough : usual;
    chosen = chosen < at->offers.count ? chosen : at->offers.count;
    return chosen < most ? chosen : most;
}

/* ---- from offers to proposals ---- */

/* Two scrapes at least of every target lie in it. */
static int64_t widest_window(const proposer *at)
{
    const int64_t minute_ns = INT64_C(60000000000);
    const caus_metric_survey *metrics = at->servers->metrics;
    double widest_s = 0;
    for (size_t i = 0; i < metrics->target_count; i++)
        widest_s = fmax(widest_s, metrics->targets[i].interval_s);
    int64_t minutes = (int64_t)ceil(2 * widest_s / 60);
    return (minutes > 1 ? minutes : 1) * minute_ns;
}

static caus_status make_proposal(proposer *at, const caus_offer *made,
                                 caus_proposal *proposal, caus_error *err)
{
    const char *name = caus_offer_name(made, at->names, at->out);
    if (!name || caus_map_insert(at->names, name, strlen(name), 0, NULL) < 0)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the names of variables");
    assert(made->candidate || at->servers->spans);
    caus_variable_spec spec = {.name = name, .service = made->service};
    if (made->candidate) {
        spec.origin = CAUS_ORIGIN_METRIC;
        spec.query =
            caus_candidate_query(made->candidate, made->group, at->out);
        if (!spec.query)
            return caus_arena_fail(at->out, err);
        spec.unit = made->candidate->unit;
        spec.kind = made->candidate->kind;
    } else {
        spec.origin = CAUS_ORIGIN_TRACE;
        spec.trace_value = made->trace_value;
        caus_specs_type_trace(&spec);
    }
    *proposal =
        (caus_proposal){.spec = spec,
                        .signal = made->signal,
                        .metric = made->candidate ? made->candidate->metric
                                                  : at->servers->spans->table,
                        .last_value = (double)NAN};
    return CAUS_OK;
}

static int by_reading_order(const void *a, const void *b)
{
    const caus_proposal *x = a, *y = b;
    int order = strcmp(x->spec.service, y->spec.service);
    if (order == 0)
        order = (x->signal > y->signal) - (x->signal < y->signal);
    return order ? order : strcmp(x->spec.name, y->spec.name);
}

/* Whether a metric has a value, and one that says something: a first choice
 * may well stand at 0, errors may not have come yet. */
static bool is_speaking(const caus_offer *made, const caus_proposal *proposal)
{
    if (!made->candidate)
        return true;
    if (made->rank == 0 && made->signal == CAUS_SIGNAL_ERRORS)
        return true;
    return isfinite(proposal->last_value) &&
           (made->rank == 0 || proposal->last_value > 0 ||
            proposal->last_value < 0);
}

/* Keeps what speaks; of the rest with a value as many as make enough. */
static size_t drop_silent(const proposer *at, caus_proposal *proposals,
                          size_t count, size_t most)
{
    size_t kept = 0, spare = 0;
    size_t enough = most < LEAST_VARIABLES ? most : LEAST_VARIABLES;
    for (size_t i = 0; i < count; i++) {
        caus_proposal moved = proposals[i];
        if (is_speaking(&at->offers.items[i], &moved)) {
            memmove(&proposals[kept + 1], &proposals[kept],
                    spare * sizeof *proposals);
            proposals[kept++] = moved;
        } else if (isfinite(moved.last_value)) {
            proposals[kept + spare++] = moved;
        }
    }
    if (kept < enough)
        kept = kept + spare < enough ? kept + spare : enough;
    return kept < most ? kept : most;
}

static caus_status fail_nothing(const proposer *at, caus_error *err)
{
    size_t metrics =
        at->servers->metrics ? at->servers->metrics->metric_count : 0;
    char time[40];
    int64_t instant_ns = at->options.instant_ns;
    caus_time_format(instant_ns - instant_ns % 1000000000, time);
    if (metrics && at->options.instant_ns)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "none of the %zu metrics tells a rate, errors, a "
                         "duration or utilisation by its name and has a value "
                         "at %s or shortly before%s: ask for another time "
                         "(caus doctor tells when data begin and end), or "
                         "write the variables into vars.yml (caus help vars)",
                         metrics, time,
                         at->servers->spans ? ", and there is no span" : "");
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "none of the %zu metrics has a name that tells a rate, "
                     "errors, a duration or utilisation, or a present value%s: "
                     "give --around and when there were data (caus doctor "
                     "tells), or write the variables into vars.yml yourself "
                     "(caus help vars)",
                     metrics,
                     at->servers->spans ? ", and there is no span" : "");
}

/* A service that is not measured cannot be found to be the cause, so the limit
 * grows with the services. */
static size_t most_variables(const proposer *at)
{
    size_t most = at->service_count * SIGNALS;
    if (at->options.max_variables)
        return at->options.max_variables;
    if (most > MOST_VARIABLES)
        return MOST_VARIABLES;
    return most > DEFAULT_VARIABLES ? most : DEFAULT_VARIABLES;
}

static caus_status propose(proposer *at, caus_setup *made, caus_error *err)
{
    CAUS_TRY(
        caus_offers_read(at->servers, at->prom, at->out, &at->offers, err));
    CAUS_TRY(list_services(at, err));
    CAUS_TRY(keep_service(at, err));
    size_t most = most_variables(at);
    size_t chosen = choose(at, most + most / 2);
    caus_proposal *proposals = CAUS_ARRAY(at->out, caus_proposal, chosen);
    if (!proposals)
        return caus_arena_fail(at->out, err);
    for (size_t i = 0; i < chosen; i++)
        CAUS_TRY(make_proposal(at, &at->offers.items[i], &proposals[i], err));
    if (at->prom)
        CAUS_TRY(caus_proposals_ask(at->prom, proposals, chosen,
                                    widest_window(at), err));
    CAUS_TRY(caus_proposals_ask_spans(at->servers, at->options.max_queries,
                                      proposals, chosen, at->run, at->out, made,
                                      err));
    size_t kept = drop_silent(at, proposals, chosen, most);
    if (!kept)
        return fail_nothing(at, err);
    qsort(proposals, kept, sizeof *proposals, by_reading_order);
    made->proposals = proposals;
    made->proposal_count = kept;
    made->services = at->services;
    made->service_count = at->service_count;
    made->left_out = at->offers.count > kept ? at->offers.count - kept : 0;
    return CAUS_OK;
}

/* ---- the whole ---- */

/* The queries of Prometheus after those of ClickHouse. */
static caus_status join_queries(const proposer *at, caus_setup *made,
                                caus_error *err)
{
    size_t before = made->query_count, more = at->prom->shown.count;
    const caus_fetched_query *asked = caus_prom_queries(at->prom);
    caus_fetched_query *all =
        CAUS_ARRAY(at->out, caus_fetched_query, before + more);
    if (!asked || !all)
        return caus_arena_fail(at->out, err);
    for (size_t i = 0; i < before + more; i++)
        all[i] = i < before ? made->queries[i] : asked[i - before];
    made->queries = all;
    made->query_count = before + more;
    return CAUS_OK;
}

static caus_status run_proposer(proposer *at, caus_setup *made, caus_error *err)
{
    at->names = caus_map_new();
    if (!at->names)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the names of variables");
    if (at->prom)
        CAUS_TRY(caus_prom_open(at->prom, at->servers->prometheus, err));
    CAUS_TRY(propose(at, made, err));
    return at->prom ? join_queries(at, made, err) : CAUS_OK;
}

caus_status caus_setup_propose(const caus_setup_servers *servers,
                               const caus_setup_options *options,
                               const caus_run *run, caus_arena *out,
                               caus_setup *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    proposer at = {.servers = servers, .run = run, .out = out};
    if (options)
        at.options = *options;
    caus_fetch_options limits = {.max_queries = at.options.max_queries};
    caus_prom prom = {.run = run,
                      .options = &limits,
                      .out = out,
                      .instant_ns = at.options.instant_ns};
    if (servers->metrics)
        at.prom = &prom;
    caus_setup made = {0};
    caus_status status = run_proposer(&at, &made, err);
    caus_prom_close(&prom);
    caus_map_free(at.names);
    caus_offers_deinit(&at.offers);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
