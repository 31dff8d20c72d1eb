/* SPDX-License-Identifier: Apache-2.0 */
/* Links from an answer to what it was made from: Grafana's Explore. */
#ifndef CAUS_LINKS_H
#define CAUS_LINKS_H

#include "base.h"

CAUS_API_BEGIN

/* Where a Grafana is, and the uids of its data sources. */
typedef struct caus_grafana {
    const char *url;        /* http:// or https://; NULL = no links are made */
    const char *metrics;    /* Prometheus; NULL = "prometheus" */
    const char *clickhouse; /* NULL = "clickhouse" */
    const char *traces;     /* Tempo, for traces of any source; NULL = none */
    const char *logs;       /* Loki, likewise; NULL = none */
} caus_grafana;

typedef enum caus_explore_kind {
    CAUS_EXPLORE_METRIC, /* the query is PromQL */
    CAUS_EXPLORE_TRACE,  /* … a trace id */
    CAUS_EXPLORE_LOGS    /* … a service: its lines by label service_name */
} caus_explore_kind;

/* What to look at, from when to when (unix). */
typedef struct caus_explore {
    caus_explore_kind kind;
    const char *query;
    const char *statement; /* of ClickHouse, where the last '?' stands for the
                              query; NULL = none, as for metrics */
    int64_t from_ns, to_ns;
} caus_explore;

/* Fails with CAUS_ERR_INVALID_ARGUMENT: no http:// or https:// URL, or one with
 * spaces, quotes, <, > or control characters. */
caus_status caus_grafana_check(const char *url, caus_error *err);

/*
 * A link to Explore. It holds the state twice, as `panes` for Grafana 10 and
 * later and as `left` for versions before, which each read their own.
 *
 * A trace goes to Tempo and lines go to Loki where these are named; else both
 * go to ClickHouse as SQL, where there is a statement.
 *
 *   grafana  with a url
 *   result   percent-encoded, lives in `out`; NULL = no data source shows it
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Source of the ClickHouse form: the types
 * CHSqlQuery and QueryType of grafana/clickhouse-datasource (src/types/sql.ts,
 * src/types/queryBuilder.ts), its names of columns of a trace and of log lines
 * (src/data/sqlGenerator.ts) and numbers of formats (src/data/utils.ts).
 */
caus_status caus_grafana_explore(const caus_grafana *grafana,
                                 const caus_explore *what, caus_arena *out,
                                 const char **result, caus_error *err);

CAUS_API_END
#endif
