/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that servers tell: metrics (restarts, deploys, OOM kills, nodes,
 * certificates) and the annotations of a Grafana. */
#ifndef CAUS_FACTS_H
#define CAUS_FACTS_H

#include "changes.h"
#include "telemetry.h"

CAUS_API_BEGIN

/* Changes found in a server, each with the expression or request that shows it.
 */
typedef struct caus_facts {
    caus_changes changes; /* source "prometheus", "grafana" */
    size_t query_count;
    const caus_fetched_query *queries; /* as sent */
    size_t warning_count;
    const char *const *warnings;
} caus_facts;

typedef struct caus_facts_options {
    int64_t start_ns;
    int64_t end_ns;
    size_t max_queries; /* 0 = no limit; Prometheus needs two, and a third for
                           settings, which are left out without it */
} caus_facts_options;

/*
 * Looks for changes in two queries, the names and what they show: what
 * kube-state-metrics tells of containers, workloads, nodes and configuration,
 * process start times, versions of build info, reloads of configuration,
 * certificates of probes; and in a third for the settings of caches, databases,
 * pools, runtimes and containers that stepped, if the server has any.
 *
 *   result  lives in `out`
 *
 * A change that a value shows is dated one step (15 s, more in windows over
 * 4 h) before the first value that shows it: it came between the scrape before
 * and that one. Starts, reloads and expiries carry their own time. What changes
 * more than ten times in the window is a habit and left out, and so is a
 * setting that steps more than twice. A query that is refused is a warning, no
 * failure; settings are told by a warning, too, where they are not answered in
 * time. Fails as caus_prometheus_fetch().
 */
caus_status caus_prometheus_facts(const caus_endpoint *endpoint,
                                  const caus_facts_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_facts *result, caus_error *err);

/*
 * Fetches the annotations of a Grafana in one request: those that people and
 * pipelines made, not the alerts that fired. They are read as
 * caus_changes_read_text() reads them; a text over 4 KiB is cut.
 *
 *   endpoint  url of Grafana, or of its /api/annotations; a query in it, such
 *             as ?tags=deploy, narrows them
 *   options   times of the window; max_queries is not looked at: one is sent
 *   result    lives in `out`
 *
 * Fails with CAUS_ERR_NETWORK, …_DENIED, …_SERVER (a page to log in, no JSON),
 * …_INVALID_DATA, …_LIMIT (5,000 annotations or more), …_CANCELLED,
 * …_TIME_LIMIT, …_OUT_OF_MEMORY, …_INVALID_ARGUMENT (no http or https url).
 */
caus_status caus_grafana_changes(const caus_endpoint *endpoint,
                                 const caus_facts_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_facts *result, caus_error *err);

CAUS_API_END
#endif
