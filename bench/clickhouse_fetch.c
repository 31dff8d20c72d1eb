// SPDX-License-Identifier: Apache-2.0
/*
 * Fetches span variables and prints every value and statement, for
 * bench/chdb_sql.py to compare with its own count; and whether the sums that
 * the server makes of the first variables are those of their rows.
 *
 *   usage: bench_clickhouse_fetch URL START_S END_S STEP_S SPEC...
 *   SPEC   service|value[|kind[|key|operator|value]]
 *          value     calls, errors, error_ratio, latency_avg, latency_p50, …
 *          operator  equals, contains, isnotnull
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caus/telemetry.h"

enum { MAX_SPECS = 64, FIELDS = 6 };

static caus_trace_value value_from(const char *word)
{
    static const char *const words[] = {
        "calls",       "errors",      "error_ratio", "latency",
        "latency_avg", "latency_p50", "latency_p95", "latency_p99"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], word) == 0)
            return (caus_trace_value)i;
    }
    fprintf(stderr, "no such value: %s\n", word);
    exit(2);
}

static caus_attribute_operator operator_from(const char *word)
{
    return strcmp(word, "contains") == 0    ? CAUS_ATTRIBUTE_CONTAINS
           : strcmp(word, "isnotnull") == 0 ? CAUS_ATTRIBUTE_IS_NOT_NULL
                                            : CAUS_ATTRIBUTE_EQUALS;
}

static void read_spec(char *text, caus_variable_spec *spec,
                      caus_attribute_filter *filter)
{
    char *fields[FIELDS] = {0};
    spec->name = strdup(text);
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = strsep(&text, "|");
    spec->origin = CAUS_ORIGIN_TRACE;
    spec->service = fields[0];
    spec->trace_value = value_from(fields[1] ? fields[1] : "");
    spec->span_kind = fields[2] && *fields[2] ? fields[2] : NULL;
    if (!fields[5])
        return;
    *filter =
        (caus_attribute_filter){fields[3], fields[5], operator_from(fields[4])};
    spec->attributes = filter;
    spec->attribute_count = 1;
}

static void print(const caus_fetch *got)
{
    for (size_t i = 0; i < got->query_count; i++)
        printf("query\t%s\n", got->queries[i].text);
    for (size_t i = 0; i < got->warning_count; i++)
        printf("warning\t%s\n", got->warnings[i]);
    for (size_t i = 0; i < got->samples.track_count; i++) {
        const caus_track *track = &got->samples.tracks[i];
        for (size_t k = 0; k < track->count; k++)
            printf("value\t%s\t%" PRId64 "\t%.17g\t%.17g\n",
                   track->variable.name, track->time_ns[k], track->value[k],
                   track->support[k]);
    }
}

/* "gram", rows, "same" or "differs". */
static caus_status compare_grams(const caus_endpoint *endpoint,
                                 const caus_variable_spec *specs, size_t count,
                                 const caus_fetch_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_error *err)
{
    caus_fetch rows;
    caus_series series;
    caus_gram gram;
    caus_gram_fetch sums;
    caus_gram_fetch_options asked = {.fetch = *options, .gram.max_lag = 1};
    caus_align_options align = {.window = options->window, .keep_phase = true};
    CAUS_TRY(caus_clickhouse_fetch(endpoint, specs, count, options, run, out,
                                   &rows, err));
    CAUS_TRY(caus_series_align(&rows.samples, &align, run, out, &series, err));
    caus_status status =
        caus_gram_build(&series, &asked.gram, run, out, &gram, err);
    caus_status other = caus_clickhouse_gram(endpoint, specs, count, &asked,
                                             run, out, &sums, err);
    if (status != CAUS_OK || other != CAUS_OK) {
        printf("gram\t0\t%s\n", status == other ? "same" : "differs");
        return status == other ? CAUS_OK : other;
    }
    size_t nodes = gram.node_count;
    bool same = gram.row_count == sums.gram.row_count &&
                !memcmp(gram.quantum, sums.gram.quantum,
                        gram.variable_count * sizeof *gram.quantum) &&
                !memcmp(gram.sums, sums.gram.sums, nodes * sizeof *gram.sums) &&
                !memcmp(gram.products, sums.gram.products,
                        nodes * (nodes + 1) / 2 * sizeof *gram.products);
    printf("gram\t%" PRIu64 "\t%s\n", gram.row_count,
           same ? "same" : "differs");
    return CAUS_OK;
}

int main(int count, char **words)
{
    if (count < 6 || count - 5 > MAX_SPECS) {
        puts("skipped: bench/chdb_sql.py gives it a server");
        return 77;
    }
    caus_variable_spec specs[MAX_SPECS] = {{0}};
    caus_attribute_filter filters[MAX_SPECS] = {{0}};
    size_t spec_count = (size_t)count - 5;
    for (size_t i = 0; i < spec_count; i++)
        read_spec(words[5 + i], &specs[i], &filters[i]);
    const int64_t second_ns = 1000000000;
    caus_fetch_options options = {
        .window = {strtoll(words[2], NULL, 10) * second_ns,
                   strtoll(words[3], NULL, 10) * second_ns,
                   strtoll(words[4], NULL, 10) * second_ns}};
    caus_endpoint endpoint = {.url = words[1], .timeout_s = 60, .parallel = 2};
    caus_error err;
    caus_fetch got;
    caus_run *run = NULL;
    caus_arena *out = caus_arena_new(0);
    caus_status status = caus_run_new(NULL, &run, &err);
    if (status == CAUS_OK)
        status = caus_clickhouse_fetch(&endpoint, specs, spec_count, &options,
                                       run, out, &got, &err);
    if (status == CAUS_OK) {
        print(&got);
        status =
            compare_grams(&endpoint, specs, spec_count < 8 ? spec_count : 8,
                          &options, run, out, &err);
    }
    if (status != CAUS_OK)
        fprintf(stderr, "%s\n", err.message);
    caus_run_free(run);
    caus_arena_free(out);
    for (size_t i = 0; i < spec_count; i++)
        free((void *)(uintptr_t)specs[i].name);
    return status != CAUS_OK;
}
