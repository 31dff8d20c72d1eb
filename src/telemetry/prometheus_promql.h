/* SPDX-License-Identifier: Apache-2.0 */
/* As much of PromQL as is needed to find the selectors of a query. */
#ifndef CAUS_SRC_TELEMETRY_PROMETHEUS_PROMQL_H
#define CAUS_SRC_TELEMETRY_PROMETHEUS_PROMQL_H

#include "base/base.h"

enum { CAUS_PROMQL_MAX_SELECTORS = 32, CAUS_PROMQL_MAX_MATCHERS = 16 };

/* A view into the text of a query. */
typedef struct caus_slice {
    const char *at;
    size_t length;
} caus_slice;

typedef struct caus_promql_matcher {
    caus_slice whole; /* code=~"5.." */
    caus_slice name;
    caus_slice value; /* without quotes, escapes as written */
    bool is_equality; /* = without escapes in its value */
} caus_promql_matcher;

typedef enum caus_promql_form {
    CAUS_PROMQL_INSTANT,  /* x{a="b"} */
    CAUS_PROMQL_RANGE,    /* x{a="b"}[5m] */
    CAUS_PROMQL_SUBQUERY, /* x{a="b"}[5m:1m] */
    CAUS_PROMQL_FIXED     /* instant, inside timestamp(), absent() or one of
                             histogram_…(): not to be touched */
} caus_promql_form;

typedef struct caus_promql_selector {
    caus_promql_form form;
    caus_slice whole;     /* name and matchers */
    caus_slice modifiers; /* offset and @, behind the range if there is one */
    caus_slice name;      /* length 0 = none */
    caus_slice rate;      /* rate(x[5m]), increase() or irate() around it */
    caus_slice sum; /* sum by (…) (rate(x[5m])), if nothing else is in it */
    size_t matcher_count;
    caus_promql_matcher matchers[CAUS_PROMQL_MAX_MATCHERS];
} caus_promql_selector;

typedef struct caus_promql {
    const char *text;
    size_t selector_count;
    caus_promql_selector selectors[CAUS_PROMQL_MAX_SELECTORS];
    int64_t widest_window_ns; /* of all ranges; 0 = none */
    bool asks_presence;       /* and, unless, absent(), timestamp() */
} caus_promql;

/*
 * Finds the selectors of a query. False if the text is beyond what is
 * understood here (or no PromQL): then it is to be sent as it is.
 */
bool caus_promql_read(const char *text, caus_promql *query);

/*
 * The query with every instant selector limited to samples in (t − step, t],
 * so that the server's look-back repeats nothing; and every sum of events
 * chosen by a status label completed by 0 where the sum without the status has
 * a value. NULL = no memory.
 */
char *caus_promql_limit(const caus_promql *query, int64_t step_ns,
                        caus_arena *out);

/* Whether a window is left open: [$__rate_interval] or [$__interval], as in a
 * Grafana panel. */
bool caus_promql_is_open(const char *text);

/* The text with its open windows filled; NULL = no memory. */
char *caus_promql_fill(const char *text, int64_t window_ns, caus_arena *out);

/* A PromQL duration: "60s", "1500ms". text [32]. */
void caus_promql_duration(int64_t duration_ns, char text[32]);

/* Adds `text` as a quoted PromQL string. */
void caus_promql_quote(caus_text *to, const char *text);

/* Adds `text` escaped for use inside a regular expression, to be quoted. */
void caus_promql_escape_regex(caus_text *to, const char *text);

#endif
