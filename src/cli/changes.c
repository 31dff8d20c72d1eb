/* SPDX-License-Identifier: Apache-2.0 */
/* What was changed: by file, by Grafana, in a recording, found in metrics. */
#include <string.h>

#include "servers.h"

static const caus_option change_options[] = {
    {"changes", 0, "FILE|URL", NULL, CAUS_COMPLETE_FILE,
     "what was deployed or configured: CSV, JSON lines or Grafana's "
     "annotations, also from the url of a Grafana ($CAUS_GRAFANA_TOKEN); "
     "Prometheus is asked for restarts and deploys too, unless none"},
};

const caus_option_group caus_cli_change_options = {
    "changes", sizeof change_options / sizeof *change_options, change_options};

/* What happened earlier is no cause any more. */
static const int64_t before_ns = INT64_C(2) * 3600 * 1000000000;

static bool wants_none(const caus_arguments *arguments)
{
    const char *path = caus_arguments_get(arguments, "changes");
    return path && strcmp(path, "none") == 0;
}

/* ---- in metrics ---- */

static bool has_metric(const caus_cli_source *source)
{
    for (size_t i = 0; i < source->specs.count; i++) {
        if (source->specs.items[i].origin == CAUS_ORIGIN_METRIC &&
            !source->specs.items[i].location)
            return true;
    }
    return false;
}

/* How many queries of a budget a server has left. */
static size_t queries_left(const caus_fetch *fetch, size_t budget)
{
    size_t sent = 0;
    for (size_t i = 0; i < fetch->query_count; i++)
        sent += strcmp(fetch->queries[i].server, "prometheus") == 0;
    return budget > sent ? budget - sent : 0;
}

static caus_status join_lists(caus_arena *arena, caus_fetch *fetch,
                              const caus_facts *facts, caus_error *err)
{
    size_t queries = fetch->query_count + facts->query_count;
    size_t warnings = fetch->warning_count + facts->warning_count;
    caus_fetched_query *all = caus_arena_array(arena, queries, sizeof *all);
    const char **said = caus_arena_array(arena, warnings, sizeof *said);
    if (!all || !said)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < queries; i++)
        all[i] = i < fetch->query_count
                     ? fetch->queries[i]
                     : facts->queries[i - fetch->query_count];
    for (size_t i = 0; i < warnings; i++)
        said[i] = i < fetch->warning_count
                      ? fetch->warnings[i]
                      : facts->warnings[i - fetch->warning_count];
    fetch->queries = all;
    fetch->query_count = queries;
    fetch->warnings = said;
    fetch->warning_count = warnings;
    return CAUS_OK;
}

/* What the incident needs no less than the variables it may do without. */
static bool ends_command(caus_status status)
{
    return status == CAUS_ERR_CANCELLED || status == CAUS_ERR_OUT_OF_MEMORY;
}

static caus_status search(caus_program *program, const caus_endpoint *endpoint,
                          const caus_facts_options *options, caus_arena *arena,
                          caus_fetch *fetch, caus_changes *result,
                          caus_error *err)
{
    caus_facts facts = {0};
    caus_error reason;
    const char *warning;
    caus_status status = caus_prometheus_facts(endpoint, options, program->run,
                                               arena, &facts, &reason);
    if (status != CAUS_OK) {
        if (ends_command(status))
            return CAUS_FAIL(err, status, "%s", reason.message);
        warning = caus_arena_format(
            arena, "changes were not looked for in metrics: %s",
            reason.message);
        if (!warning)
            return caus_arena_fail(arena, err);
        facts.warnings = &warning;
        facts.warning_count = 1;
    }
    *result = facts.changes;
    return join_lists(arena, fetch, &facts, err);
}

caus_status caus_cli_find_changes(caus_program *program,
                                  const caus_arguments *arguments,
                                  const caus_cli_source *source,
                                  const caus_cli_window *window,
                                  caus_arena *arena, caus_fetch *fetch,
                                  caus_changes *result, caus_error *err)
{
    caus_endpoint endpoint;
    size_t budget;
    *result = (caus_changes){0};
    CAUS_TRY(caus_cli_read_budget(arguments, &budget, err));
    size_t left = queries_left(fetch, budget);
    if (wants_none(arguments) || !has_metric(source) || (budget && left < 2))
        return CAUS_OK;
    CAUS_TRY(
        caus_cli_name_prometheus(arguments, source, arena, &endpoint, err));
    int64_t start_ns = window->window.start_ns - before_ns;
    caus_facts_options options = {.start_ns = start_ns > 0 ? start_ns : 0,
                                  .end_ns = window->window.end_ns,
                                  .max_queries = left};
    return search(program, &endpoint, &options, arena, fetch, result, err);
}

/* ---- in a recording ---- */

caus_status caus_cli_recorded_changes(const caus_recording_info *info,
                                      caus_arena *arena, caus_changes *result,
                                      caus_error *err)
{
    *result = (caus_changes){0};
    for (size_t i = 0; i < info->result_count; i++) {
        const caus_recorded_result *kept = &info->results[i];
        caus_changes read, before = *result;
        if (strcmp(kept->kind, "changes") != 0)
            continue;
        CAUS_TRY(caus_changes_read_text("the changes of the recording",
                                        kept->json, strlen(kept->json), NULL,
                                        arena, &read, err));
        CAUS_TRY(caus_changes_join(&before, &read, arena, result, err));
    }
    return CAUS_OK;
}

/* ---- by file ---- */

static caus_status read_file(caus_program *program,
                             const caus_arguments *arguments, const char *path,
                             caus_arena *arena, caus_changes *result,
                             caus_error *err)
{
    caus_cli_zone zone;
    CAUS_TRY(caus_cli_read_zone(arguments, &zone, err));
    caus_changes_options how = {0};
    if (zone.given) {
        how.zone = caus_cli_zone_minutes;
        how.zone_data = &zone;
    }
    return caus_changes_read(path, &how, program->run, arena, result, err);
}

/* ---- of a Grafana ---- */

caus_cli_known_changes caus_cli_changes_of(const caus_cli_input *input)
{
    caus_cli_known_changes known = {.found = &input->changes};
    const caus_series *series = &input->series;
    for (size_t i = 0; i < series->segment_count; i++) {
        const caus_segment *at = &series->segments[i];
        int64_t rows = at->row_count ? (int64_t)at->row_count - 1 : 0;
        int64_t end_ns = at->start_ns + rows * series->step_ns;
        if (i == 0 || at->start_ns < known.start_ns)
            known.start_ns = at->start_ns;
        if (i == 0 || end_ns > known.end_ns)
            known.end_ns = end_ns;
    }
    return known;
}

/* It was named, so that what keeps it from answering is a failure. */
static caus_status ask_grafana(caus_program *program, const char *url,
                               const caus_cli_known_changes *known,
                               caus_arena *arena, caus_changes *result,
                               caus_error *err)
{
    caus_endpoint endpoint = caus_endpoint_default();
    caus_facts facts;
    if (program->offline)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--offline allows no server: give --changes a file, "
                         "not the url of a Grafana");
    if (known->start_ns <= 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the rows have no time for which Grafana could be "
                         "asked: give --changes a file");
    CAUS_TRY(
        caus_endpoint_from_environment("CAUS_GRAFANA_", arena, &endpoint, err));
    endpoint.url = url;
    caus_cli_show_queries(program, &endpoint);
    int64_t start_ns = known->start_ns - before_ns;
    caus_facts_options options = {.start_ns = start_ns > 0 ? start_ns : 0,
                                  .end_ns = known->end_ns};
    CAUS_TRY(caus_grafana_changes(&endpoint, &options, program->run, arena,
                                  &facts, err));
    *result = facts.changes;
    return CAUS_OK;
}

caus_status caus_cli_join_changes(caus_program *program,
                                  const caus_arguments *arguments,
                                  const caus_cli_known_changes *known,
                                  caus_arena *arena,
                                  const caus_changes **result, caus_error *err)
{
    const caus_changes *found = known->found;
    const char *path = caus_arguments_get(arguments, "changes");
    *result = NULL;
    if (wants_none(arguments) || (!path && !found->change_count))
        return CAUS_OK;
    caus_changes *all = caus_arena_array(arena, 1, sizeof *all);
    if (!all)
        return caus_arena_fail(arena, err);
    *all = *found;
    if (path) {
        caus_changes read;
        CAUS_TRY(caus_is_url(path)
                     ? ask_grafana(program, path, known, arena, &read, err)
                     : read_file(program, arguments, path, arena, &read, err));
        CAUS_TRY(caus_changes_join(found, &read, arena, all, err));
    }
    *result = all;
    return CAUS_OK;
}
