/* SPDX-License-Identifier: Apache-2.0 */
/* What may be taken of every service, by its metrics and its spans. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"

static const int64_t minute_ns = INT64_C(60000000000);
/* Spans know more than any name tells, but what is sampled misses most of what
 * fails and has gaps: then a metric that counts all requests says more. */
static const double span_score = 100, few_spans_score = 2;
static const double enough_spans = 50; /* a minute: for their p95 */

typedef struct reader {
    const caus_setup_servers *servers;
    caus_prom *prom; /* open, or NULL */
    caus_arena *out;
    caus_map *exporters; /* services whose exporter is another process */
    caus_offers offers;
} reader;

static caus_status add_offer(reader *at, caus_offer made, caus_error *err)
{
    caus_offers *to = &at->offers;
    if (!caus_reserve(&to->items, to->count, &to->capacity, sizeof made))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the variables to choose from");
    to->items[to->count++] = made;
    return CAUS_OK;
}

/* The metrics of candidates, and those that tell exporters. */
static const char **
names_to_ask(const reader *at, const caus_candidate *candidates, size_t *count)
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
static caus_status find_exporters(reader *at, const caus_group *groups,
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

static bool is_exporter(const reader *at, const char *service)
{
    return caus_map_find(at->exporters, service, strlen(service), NULL);
}

static bool is_of_use(const caus_candidate *candidate, const caus_group *group)
{
    return strcmp(group->metric, candidate->metric) == 0 &&
           (candidate->measure != CAUS_MEASURE_BAD_CODES || *group->code_label);
}

static caus_status offer_metrics(reader *at, caus_error *err)
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
                               (caus_offer){.service = groups[g].service,
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

static caus_status offer_spans(reader *at, caus_error *err)
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
                               (caus_offer){.service = spans->services[i].name,
                                            .signal = values[v].signal,
                                            .score = score_spans(spans, i),
                                            .trace_value = values[v].value},
                               err));
    }
    return CAUS_OK;
}

int caus_offers_by_service(const void *a, const void *b)
{
    const caus_offer *x = a, *y = b;
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
static void rank_offers(caus_offers *offers)
{
    if (offers->count)
        qsort(offers->items, offers->count, sizeof *offers->items,
              caus_offers_by_service);
    for (size_t from = 0, to; from < offers->count; from = to) {
        double weight = 0;
        for (to = from;
             to < offers->count && strcmp(offers->items[to].service,
                                          offers->items[from].service) == 0;
             to++) {
            caus_offer *now = &offers->items[to], *before = now - 1;
            now->rank = to > from && before->signal == now->signal
                            ? before->rank + 1
                            : 0;
            if (now->rank == 0)
                weight += now->score;
        }
        for (size_t i = from; i < to; i++)
            offers->items[i].weight = weight;
    }
}

static caus_status read_all(reader *at, caus_error *err)
{
    at->exporters = caus_map_new();
    if (!at->exporters)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the services of exporters");
    if (at->prom)
        CAUS_TRY(offer_metrics(at, err));
    if (at->servers->spans)
        CAUS_TRY(offer_spans(at, err));
    rank_offers(&at->offers);
    return CAUS_OK;
}

caus_status caus_offers_read(const caus_setup_servers *servers, caus_prom *prom,
                             caus_arena *out, caus_offers *result,
                             caus_error *err)
{
    reader at = {.servers = servers, .prom = prom, .out = out};
    caus_status status = read_all(&at, err);
    caus_map_free(at.exporters);
    if (status == CAUS_OK)
        *result = at.offers;
    else
        caus_offers_deinit(&at.offers);
    return status;
}

void caus_offers_deinit(caus_offers *offers)
{
    free(offers->items);
    *offers = (caus_offers){0};
}
