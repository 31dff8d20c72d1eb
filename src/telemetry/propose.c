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

static const int64_t minute_ns = INT64_C(60000000000);
/* Spans know more than any name tells, but what is sampled misses most of what
 * fails and has gaps: then a metric that counts all requests says more. */
static const double span_score = 100, few_spans_score = 2;
static const double enough_spans = 50; /* a minute: for their p95 */

/* A candidate of a service, before it is chosen. */
typedef struct offer {
    const char *service;
    double weight; /* of the service */
    caus_signal signal;
    double score;
    size_t rank;                     /* within service and signal */
    const caus_candidate *candidate; /* NULL = from spans */
    const caus_group *group;
    caus_trace_value trace_value;
} offer;

typedef struct proposer {
    const caus_setup_servers *servers;
    caus_setup_options options;
    caus_prom *prom; /* open, or NULL */
    const caus_run *run;
    caus_arena *out;
    offer *offers;
    size_t count, capacity;
    caus_map *names;
    caus_map *exporters; /* services whose exporter is another process */
    const char **services;
    size_t service_count;
} proposer;

const char *caus_signal_name(caus_signal signal)
{
    static const char *const names[] = {"duration", "errors", "rate",
                                        "utilisation"};
    return (size_t)signal < SIGNALS ? names[signal] : "";
}

/* ---- offers ---- */

static caus_status add_offer(proposer *at, offer made, caus_error *err)
{
    if (!caus_reserve(&at->offers, at->count, &at->capacity, sizeof made))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the variables to choose from");
    at->offers[at->count++] = made;
    return CAUS_OK;
}

/* The metrics of candidates, and those that tell exporters. */
static const char **names_to_ask(const proposer *at,
                                 const caus_candidate *candidates,
                                 size_t *count)
{
    const caus_metric_survey *survey = at->servers->metrics;
    const char **names =
        CAUS_ARRAY(at->out, const char *, *count + survey->metric_count);
    for (size_t i = 0; names && i < *count; i++)
        names[i] = candidates[i].metric;
    for (size_t i = 0; names && i < survey->metric_count; i++) {
        if (caus_metric_tells_exporter(survey->metrics[i].name))
            names[(*count)++] = survey->metrics[i].name;
    }
    return names;
}

/* Lists the services of which another program measures what it serves. */
static caus_status find_exporters(proposer *at, const caus_group *groups,
                                  size_t count, caus_error *err)
{
    for (size_t g = 0; g < count; g++) {
        const char *service = groups[g].service;
        if (caus_metric_tells_exporter(groups[g].metric) &&
            caus_map_insert(at->exporters, service, strlen(service), g, NULL) <
                0)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                             "no memory for the services of exporters");
    }
    return CAUS_OK;
}

static bool is_exporter(const proposer *at, const char *service)
{
    return caus_map_find(at->exporters, service, strlen(service), NULL);
}

static bool is_of_use(const caus_candidate *candidate, const caus_group *group)
{
    return strcmp(group->metric, candidate->metric) == 0 &&
           (candidate->measure != CAUS_MEASURE_BAD_CODES || *group->code_label);
}

static caus_status offer_metrics(proposer *at, caus_error *err)
{
    caus_candidate *candidates = NULL;
    caus_group *groups = NULL;
    size_t count = 0, group_count = 0;
    CAUS_TRY(caus_candidates_find(at->servers->metrics, at->out, &candidates,
                                  &count, err));
    size_t asked = count;
    const char **names = names_to_ask(at, candidates, &asked);
    if (!names)
        return caus_arena_fail(at->out, err);
    CAUS_TRY(
        caus_groups_read(at->prom, names, asked, &groups, &group_count, err));
    CAUS_TRY(find_exporters(at, groups, group_count, err));
    for (size_t c = 0; c < count; c++) {
        for (size_t g = 0; g < group_count; g++) {
            if (!is_of_use(&candidates[c], &groups[g]) ||
                (caus_metric_is_of_process(candidates[c].metric) &&
                 is_exporter(at, groups[g].service)))
                continue;
            CAUS_TRY(add_offer(at,
                               (offer){.service = groups[g].service,
                                       .signal = candidates[c].signal,
                                       .score = candidates[c].score,
                                       .candidate = &candidates[c],
                                       .group = &groups[g]},
                               err));
        }
    }
    return CAUS_OK;
}

static double score_spans(const caus_span_survey *spans, size_t service)
{
    int64_t seen_ns = spans->newest_ns - spans->oldest_ns;
    double minutes = fmin(60, fmax(1, (double)seen_ns / (double)minute_ns));
    double count = (double)spans->services[service].span_count;
    return count >= enough_spans * minutes ? span_score : few_spans_score;
}

static caus_status offer_spans(proposer *at, caus_error *err)
{
    static const struct {
        caus_signal signal;
        caus_trace_value value;
    } values[] = {{CAUS_SIGNAL_DURATION, CAUS_TRACE_LATENCY},
                  {CAUS_SIGNAL_ERRORS, CAUS_TRACE_ERRORS},
                  {CAUS_SIGNAL_RATE, CAUS_TRACE_CALLS}};
    const caus_span_survey *spans = at->servers->spans;
    for (size_t i = 0; i < spans->service_count; i++) {
        if (!*spans->services[i].name)
            continue;
        for (size_t v = 0; v < 3; v++)
            CAUS_TRY(add_offer(at,
                               (offer){.service = spans->services[i].name,
                                       .signal = values[v].signal,
                                       .score = score_spans(spans, i),
                                       .trace_value = values[v].value},
                               err));
    }
    return CAUS_OK;
}

static int by_service(const void *a, const void *b)
{
    const offer *x = a, *y = b;
    int order = strcmp(x->service, y->service);
    if (order == 0)
        order = (x->signal > y->signal) - (x->signal < y->signal);
    if (order == 0)
        order = (x->score < y->score) - (x->score > y->score);
    if (order == 0 && x->candidate && y->candidate)
        order = strcmp(x->candidate->metric, y->candidate->metric);
    return order;
}

/* Ranks within service and signal; a service weighs as much as the best of each
 * of its signals. */
static void rank_offers(proposer *at)
{
    if (at->count)
        qsort(at->offers, at->count, sizeof *at->offers, by_service);
    for (size_t from = 0, to; from < at->count; from = to) {
        double weight = 0;
        for (to = from; to < at->count && strcmp(at->offers[to].service,
                                                 at->offers[from].service) == 0;
             to++) {
            offer *now = &at->offers[to], *before = now - 1;
            now->rank = to > from && before->signal == now->signal
                            ? before->rank + 1
                            : 0;
            if (now->rank == 0)
                weight += now->score;
        }
        for (size_t i = from; i < to; i++)
            at->offers[i].weight = weight;
    }
}

/* ---- services ---- */

static caus_status list_services(proposer *at, caus_error *err)
{
    at->services = CAUS_ARRAY(at->out, const char *, at->count);
    if (!at->services)
        return caus_arena_fail(at->out, err);
    for (size_t i = 0; i < at->count; i++) {
        const char *service = at->offers[i].service;
        if (*service &&
            (i == 0 || strcmp(at->offers[i - 1].service, service) != 0))
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
    for (size_t i = 0; i < at->count; i++) {
        if (strcmp(at->offers[i].service, at->options.service) == 0)
            at->offers[kept++] = at->offers[i];
    }
    at->count = kept;
    return kept ? CAUS_OK : fail_service(at, err);
}

/* ---- choice ---- */

static int by_use(const void *a, const void *b)
{
    const offer *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->signal != y->signal)
        return x->signal < y->signal ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return by_service(a, b);
}

/* How often something was timed is a rate only where nothing counts calls. */
static bool repeats_rate(const offer *made)
{
    return made->candidate && made->rank > 0 &&
           made->candidate->measure == CAUS_MEASURE_COUNTER &&
           made->candidate->base != made->candidate->metric;
}

/* How many of a signal a service is given before others have theirs. */
static bool is_usual(const offer *made)
{
    return made->rank < (made->signal == CAUS_SIGNAL_UTILISATION ? 4u : 2u);
}

/* The number of offers worth asking for, the first of them the most telling. */
static size_t choose(proposer *at, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < at->count; i++) {
        if (!repeats_rate(&at->offers[i]))
            at->offers[kept++] = at->offers[i];
    }
    at->count = kept;
    if (!kept)
        return 0;
    qsort(at->offers, at->count, sizeof *at->offers, by_use);
    size_t usual = 0;
    offer *offers = at->offers;
    for (size_t i = 0; i < at->count; i++) {
        if (!is_usual(&offers[i]))
            continue;
        offer moved = offers[i];
        memmove(&offers[usual + 1], &offers[usual],
                (i - usual) * sizeof *offers);
        offers[usual++] = moved;
    }
    size_t enough =
        at->options.max_variables > DEFAULT_VARIABLES ? most : ENOUGH_VARIABLES;
    size_t chosen = usual < enough ? enough : usual;
    chosen = chosen < at->count ? chosen : at->count;
    return chosen < most ? chosen : most;
}

/* ---- from offers to proposals ---- */

/* The metric's words without service and what every such metric ends in. */
static const char *own_words(const offer *made, caus_arena *out)
{
    static const char *const endings[] = {"_total", "_seconds", "_average",
                                          "_duration", "_latency"};
    size_t ending_count = made->signal == CAUS_SIGNAL_DURATION ? 5 : 2;
    const char *base = made->candidate->base;
    size_t length = strlen(made->service), end;
    if (strncmp(base, made->service, length) == 0 && base[length] == '_')
        base += length + 1;
    else if (strncasecmp(base, made->service, length) == 0)
        base = caus_metric_own_name(base);
    end = strlen(base);
    for (size_t i = 0; i < ending_count; i++) {
        size_t more = strlen(endings[i]);
        if (end > more && memcmp(base + end - more, endings[i], more) == 0)
            end -= more;
    }
    return caus_arena_copy_text(out, base, end);
}

static bool is_free(proposer *at, const char *name)
{
    return !caus_map_find(at->names, name, strlen(name), NULL);
}

/* <service>_latency_avg beside _latency_p95 would look like one thing twice. */
static bool has_other_latency(proposer *at, const offer *made)
{
    static const char *const words[] = {"latency_p95", "latency_avg",
                                        "latency_max"};
    const char *end = *made->service ? "_" : "";
    for (size_t i = 0; made->signal == CAUS_SIGNAL_DURATION && i < 3; i++) {
        const char *name =
            caus_arena_format(at->out, "%s%s%s", made->service, end, words[i]);
        if (name && !is_free(at, name))
            return true;
    }
    return false;
}

static bool says_already(const char *words, const char *word)
{
    size_t length = strlen(words), ending = strlen(word);
    return length > ending && strcmp(words + length - ending, word) == 0;
}

/* service_word; with the metric's own words where that is taken. */
static const char *name_offer(proposer *at, const offer *made)
{
    const char *words = made->candidate ? own_words(made, at->out) : "spans";
    const char *word = made->candidate ? made->candidate->word : "";
    const char *end = *made->service ? "_" : "";
    const char *name = NULL;
    if (!words)
        return NULL;
    if (!made->candidate)
        word = made->trace_value == CAUS_TRACE_LATENCY  ? "latency"
               : made->trace_value == CAUS_TRACE_ERRORS ? "errors"
                                                        : "calls";
    if (*word)
        name = caus_arena_format(at->out, "%s%s%s", made->service, end, word);
    if (name && is_free(at, name) && !has_other_latency(at, made))
        return name;
    bool is_said = !*word || says_already(words, word);
    name = caus_arena_format(at->out, "%s%s%s%s%s", made->service, end, words,
                             is_said ? "" : "_", is_said ? "" : word);
    for (size_t n = 2; name && !is_free(at, name); n++)
        name = caus_arena_format(at->out, "%s%s%s_%zu", made->service, end,
                                 *words ? words : word, n);
    return name;
}

/* Two scrapes at least of every target lie in it. */
static int64_t widest_window(const proposer *at)
{
    const caus_metric_survey *metrics = at->servers->metrics;
    double widest_s = 0;
    for (size_t i = 0; i < metrics->target_count; i++)
        widest_s = fmax(widest_s, metrics->targets[i].interval_s);
    int64_t minutes = (int64_t)ceil(2 * widest_s / 60);
    return (minutes > 1 ? minutes : 1) * minute_ns;
}

static caus_status make_proposal(proposer *at, const offer *made,
                                 caus_proposal *proposal, caus_error *err)
{
    const char *name = name_offer(at, made);
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
static bool is_speaking(const offer *made, const caus_proposal *proposal)
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
        if (is_speaking(&at->offers[i], &moved)) {
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
    if (at->prom)
        CAUS_TRY(offer_metrics(at, err));
    if (at->servers->spans)
        CAUS_TRY(offer_spans(at, err));
    rank_offers(at);
    CAUS_TRY(list_services(at, err));
    CAUS_TRY(keep_service(at, err));
    size_t most = most_variables(at);
    size_t chosen = choose(at, most + most / 2);
    caus_proposal *proposals = CAUS_ARRAY(at->out, caus_proposal, chosen);
    if (!proposals)
        return caus_arena_fail(at->out, err);
    for (size_t i = 0; i < chosen; i++)
        CAUS_TRY(make_proposal(at, &at->offers[i], &proposals[i], err));
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
    made->left_out = at->count > kept ? at->count - kept : 0;
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
    at->exporters = caus_map_new();
    if (!at->names || !at->exporters)
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
    caus_map_free(at.exporters);
    free(at.offers);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
