/* SPDX-License-Identifier: Apache-2.0 */
/* vars.yml: the variables of a system, written once. */
#include <string.h>

#include "base/excerpt.h"
#include "config/config.h"
#include "telemetry/specs_internal.h"

typedef struct word {
    const char *text;
    int value;
} word;

typedef struct vars_reader {
    caus_config_file file;
    caus_map *seen;
    caus_arena *out;
} vars_reader;

static caus_excerpt shown(const char *text)
{
    return caus_excerpt_of(text, strlen(text));
}

/* Finds a word of a closed list; the sentence names all of them. */
static caus_status find_word(const vars_reader *r, const caus_config_node *map,
                             const char *key, const word *words, int *value,
                             caus_error *err)
{
    const char *text = NULL;
    CAUS_TRY(caus_config_get_text(&r->file, map, key, &text, err));
    if (!text)
        return CAUS_OK;
    char names[200] = "";
    size_t length = 0;
    for (const word *at = words; at->text; at++) {
        if (strcmp(at->text, text) == 0) {
            *value = at->value;
            return CAUS_OK;
        }
        length += (size_t)snprintf(names + length, sizeof names - length,
                                   "%s%s", length ? ", " : "", at->text);
    }
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu: %s '%s' is not known: write one of %s",
                     r->file.path, caus_config_get(map, key)->line, key,
                     shown(text).text, names);
}

static caus_status read_filter(const vars_reader *r,
                               const caus_config_node *node,
                               caus_attribute_filter *filter, caus_error *err)
{
    static const char *const keys[] = {"key", "value", "operator", NULL};
    static const word operators[] = {{"equals", CAUS_ATTRIBUTE_EQUALS},
                                     {"contains", CAUS_ATTRIBUTE_CONTAINS},
                                     {"isnotnull", CAUS_ATTRIBUTE_IS_NOT_NULL},
                                     {NULL, 0}};
    int op = CAUS_ATTRIBUTE_EQUALS;
    const char *key = NULL, *value = NULL;
    CAUS_TRY(caus_config_check_keys(&r->file, node, keys, err));
    CAUS_TRY(caus_config_get_text(&r->file, node, "key", &key, err));
    CAUS_TRY(caus_config_get_text(&r->file, node, "value", &value, err));
    CAUS_TRY(find_word(r, node, "operator", operators, &op, err));
    if (!key)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: an attribute query without a key: add "
                         "'key: …'",
                         r->file.path, node->line);
    if (!value && op == CAUS_ATTRIBUTE_CONTAINS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: 'contains' without a value: add "
                         "'value: …', or use isnotnull",
                         r->file.path, node->line);
    if (!value || op == CAUS_ATTRIBUTE_IS_NOT_NULL)
        value = "";
    *filter = (caus_attribute_filter){key, value, (caus_attribute_operator)op};
    return CAUS_OK;
}

static caus_status read_filters(const vars_reader *r,
                                const caus_config_node *query,
                                caus_variable_spec *spec, caus_error *err)
{
    const caus_config_node *list = caus_config_get(query, "attribute_queries");
    if (!list || (list->type == CAUS_CONFIG_TEXT && !list->text[0]))
        return CAUS_OK;
    if (list->type != CAUS_CONFIG_LIST)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: attribute_queries is no list: start "
                         "each query with '- key: …'",
                         r->file.path, list->line);
    caus_attribute_filter *filters =
        CAUS_ARRAY(r->out, caus_attribute_filter, list->count);
    if (!filters)
        return caus_arena_fail(r->out, err);
    size_t count = 0;
    for (const caus_config_node *node = list->first; node; node = node->next)
        CAUS_TRY(read_filter(r, node, &filters[count++], err));
    spec->attributes = filters;
    spec->attribute_count = count;
    return CAUS_OK;
}

static caus_status read_trace_value(const vars_reader *r,
                                    const caus_config_node *query,
                                    caus_variable_spec *spec, caus_error *err)
{
    enum { CALLS, DURATION, ERRORS, COUNT = -1, UNSET = -2 };
    static const word dimensions[] = {{"calls", CALLS},
                                      {"duration", DURATION},
                                      {"errors", ERRORS},
                                      {NULL, 0}};
    static const word aggregations[] = {{"count", COUNT},
                                        {"avg", CAUS_TRACE_LATENCY_AVG},
                                        {"p50", CAUS_TRACE_LATENCY_P50},
                                        {"p95", CAUS_TRACE_LATENCY_P95},
                                        {"p99", CAUS_TRACE_LATENCY_P99},
                                        {NULL, 0}};
    int dimension = UNSET, aggregation = UNSET;
    CAUS_TRY(find_word(r, query, "dimension", dimensions, &dimension, err));
    CAUS_TRY(
        find_word(r, query, "aggregation", aggregations, &aggregation, err));
    if (dimension == UNSET)
        dimension = aggregation >= 0 ? DURATION : CALLS;
    if ((dimension != DURATION && aggregation >= 0) ||
        (dimension == DURATION && aggregation == COUNT))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: calls and errors go with aggregation "
                         "count, and duration with avg, p50, p95 or p99: "
                         "change one",
                         r->file.path, query->line);
    if (dimension == CALLS)
        spec->trace_value = CAUS_TRACE_CALLS;
    else if (dimension == ERRORS)
        spec->trace_value = CAUS_TRACE_ERRORS;
    else if (aggregation >= 0)
        spec->trace_value = (caus_trace_value)aggregation;
    else
        spec->trace_value = CAUS_TRACE_LATENCY;
    caus_specs_type_trace(spec);
    return CAUS_OK;
}

static caus_status read_trace_query(const vars_reader *r,
                                    const caus_config_node *variable,
                                    caus_variable_spec *spec, caus_error *err)
{
    static const char *const keys[] = {
        "service",   "dimension",         "aggregation", "span_name",
        "span_kind", "attribute_queries", NULL};
    const caus_config_node *query = caus_config_get(variable, "trace_query");
    if (!query)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: '%s' reads traces but has no "
                         "trace_query: add one with service and dimension",
                         r->file.path, variable->line, shown(spec->name).text);
    CAUS_TRY(caus_config_check_keys(&r->file, query, keys, err));
    CAUS_TRY(
        caus_config_get_text(&r->file, query, "service", &spec->service, err));
    CAUS_TRY(caus_config_get_text(&r->file, query, "span_name",
                                  &spec->span_name, err));
    CAUS_TRY(caus_config_get_text(&r->file, query, "span_kind",
                                  &spec->span_kind, err));
    if (!spec->service)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: the trace_query of '%s' names no "
                         "service: add 'service: …'",
                         r->file.path, query->line, shown(spec->name).text);
    CAUS_TRY(read_trace_value(r, query, spec, err));
    return read_filters(r, query, spec, err);
}

/* Keys of servers that upstream files may carry. */
static caus_status refuse_secrets(const vars_reader *r,
                                  const caus_config_node *source,
                                  const char *location, caus_error *err)
{
    static const char *const secrets[] = {"api_key", "app_key", NULL};
    for (size_t i = 0; secrets[i]; i++) {
        const char *text = NULL;
        CAUS_TRY(
            caus_config_get_text(&r->file, source, secrets[i], &text, err));
        if (text)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu: secrets are not read from this "
                             "file: take %s out and set it in the environment",
                             r->file.path,
                             caus_config_get(source, secrets[i])->line,
                             secrets[i]);
    }
    const char *host = location ? strstr(location, "://") : NULL;
    if (host && strcspn(host + 3, "@") < strcspn(host + 3, "/?#"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: loc holds a user or password: take it "
                         "out and set it in the environment",
                         r->file.path, caus_config_get(source, "loc")->line);
    return CAUS_OK;
}

static caus_status refuse_impl(const vars_reader *r,
                               const caus_config_node *source, const char *impl,
                               caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                     "%s line %zu: impl '%s' is not read: use prometheus for "
                     "metrics, clickhouse for traces, or csv",
                     r->file.path, caus_config_get(source, "impl")->line,
                     shown(impl).text);
}

static caus_status read_source(const vars_reader *r,
                               const caus_config_node *variable,
                               caus_variable_spec *spec, caus_error *err)
{
    static const char *const keys[] = {"type",    "impl",    "loc",
                                       "api_key", "app_key", NULL};
    static const word types[] = {{"metrics", CAUS_ORIGIN_METRIC},
                                 {"traces", CAUS_ORIGIN_TRACE},
                                 {NULL, 0}};
    bool has_trace_query = caus_config_get(variable, "trace_query") != NULL;
    int type = has_trace_query ? CAUS_ORIGIN_TRACE : CAUS_ORIGIN_METRIC;
    spec->origin = (caus_origin)type;
    const caus_config_node *source = caus_config_get(variable, "source");
    if (!source)
        return CAUS_OK;
    CAUS_TRY(caus_config_check_keys(&r->file, source, keys, err));
    const char *impl = NULL;
    CAUS_TRY(find_word(r, source, "type", types, &type, err));
    CAUS_TRY(caus_config_get_text(&r->file, source, "impl", &impl, err));
    CAUS_TRY(
        caus_config_get_text(&r->file, source, "loc", &spec->location, err));
    CAUS_TRY(refuse_secrets(r, source, spec->location, err));
    spec->origin = (caus_origin)type;
    if (!impl)
        return CAUS_OK;
    if (strcmp(impl, "csv") == 0) {
        spec->origin = CAUS_ORIGIN_CSV;
        return CAUS_OK;
    }
    if (strcmp(impl, "prometheus") != 0 && strcmp(impl, "clickhouse") != 0)
        return refuse_impl(r, source, impl, err);
    bool reads_metrics = strcmp(impl, "prometheus") == 0;
    if (reads_metrics != (type == CAUS_ORIGIN_METRIC))
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "%s line %zu: '%s' reads %s from %s: metrics come "
                         "from prometheus, traces from clickhouse",
                         r->file.path, source->line, shown(spec->name).text,
                         reads_metrics ? "traces" : "metrics", impl);
    return CAUS_OK;
}

static caus_status read_query(const vars_reader *r,
                              const caus_config_node *variable,
                              caus_variable_spec *spec, caus_error *err)
{
    const caus_config_node *traces = caus_config_get(variable, "trace_query");
    CAUS_TRY(caus_config_get_text(&r->file, variable, "metrics_query",
                                  &spec->query, err));
    if (spec->origin == CAUS_ORIGIN_TRACE) {
        if (spec->query)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu: '%s' reads traces but has a "
                             "metrics_query: take it out, or set type: metrics",
                             r->file.path, variable->line,
                             shown(spec->name).text);
        return read_trace_query(r, variable, spec, err);
    }
    if (traces && traces->count > 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: '%s' does not read a trace server but "
                         "has a trace_query: take it out, or set type: traces "
                         "and impl: clickhouse",
                         r->file.path, traces->line, shown(spec->name).text);
    if (spec->origin == CAUS_ORIGIN_CSV && !spec->location)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: '%s' is read from CSV but its source "
                         "has no loc: add 'loc: FILE.csv'",
                         r->file.path, variable->line, shown(spec->name).text);
    return CAUS_OK;
}

static caus_status read_kind(const vars_reader *r,
                             const caus_config_node *variable,
                             caus_variable_spec *spec, caus_error *err)
{
    const char *unit = NULL, *kind = NULL;
    CAUS_TRY(caus_config_get_text(&r->file, variable, "unit", &unit, err));
    CAUS_TRY(caus_config_get_text(&r->file, variable, "kind", &kind, err));
    if (unit)
        spec->unit = unit;
    if (!kind)
        return CAUS_OK;
    spec->kind = caus_kind_from_name(kind);
    if (spec->kind != CAUS_KIND_UNKNOWN)
        return CAUS_OK;
    char names[200] = "";
    size_t length = 0;
    for (int i = CAUS_KIND_UNKNOWN + 1; i <= CAUS_KIND_CATEGORY; i++)
        length +=
            (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                             length ? ", " : "", caus_kind_name((caus_kind)i));
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu: kind '%s' is not known: write one of %s",
                     r->file.path, caus_config_get(variable, "kind")->line,
                     shown(kind).text, names);
}

static caus_status read_name(const vars_reader *r,
                             const caus_config_node *variable,
                             caus_variable_spec *spec, caus_error *err)
{
    CAUS_TRY(
        caus_config_get_text(&r->file, variable, "name", &spec->name, err));
    if (!spec->name || !caus_specs_is_name(spec->name))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: a variable without a plain name: add "
                         "'name: …'",
                         r->file.path, variable->line);
    size_t first_line = 0;
    int added = caus_map_insert(r->seen, spec->name, strlen(spec->name),
                                variable->line, &first_line);
    if (added < 0)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the names of %s", r->file.path);
    if (added == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: the name '%s' stands already on line "
                         "%zu: rename one",
                         r->file.path, variable->line, shown(spec->name).text,
                         first_line);
    return CAUS_OK;
}

static caus_status read_variable(const vars_reader *r,
                                 const caus_config_node *variable,
                                 caus_variable_spec *spec, caus_error *err)
{
    static const char *const keys[] = {"name",          "service",     "source",
                                       "metrics_query", "trace_query", "kind",
                                       "unit",          NULL};
    CAUS_TRY(caus_config_check_keys(&r->file, variable, keys, err));
    CAUS_TRY(read_name(r, variable, spec, err));
    CAUS_TRY(caus_config_get_text(&r->file, variable, "service", &spec->service,
                                  err));
    CAUS_TRY(read_source(r, variable, spec, err));
    CAUS_TRY(read_query(r, variable, spec, err));
    return read_kind(r, variable, spec, err);
}

static caus_status read_variables(const vars_reader *r,
                                  const caus_variable_spec **specs,
                                  size_t *count, caus_error *err)
{
    static const char *const keys[] = {"variables", NULL};
    CAUS_TRY(caus_config_check_keys(&r->file, r->file.root, keys, err));
    const caus_config_node *list = caus_config_get(r->file.root, "variables");
    if (!list || list->type != CAUS_CONFIG_LIST || list->count == 0)
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_DATA,
            "%s line %zu: no list of variables: write 'variables:' "
            "and below it '- name: …' for each",
            r->file.path, list ? list->line : 1);
    caus_variable_spec *made =
        CAUS_ARRAY(r->out, caus_variable_spec, list->count);
    if (!made)
        return caus_arena_fail(r->out, err);
    size_t read = 0;
    for (const caus_config_node *node = list->first; node; node = node->next)
        CAUS_TRY(read_variable(r, node, &made[read++], err));
    *specs = made;
    *count = read;
    return CAUS_OK;
}

caus_status caus_specs_from_file(const char *path, caus_arena *out,
                                 const caus_variable_spec **specs,
                                 size_t *count, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    vars_reader r = {.out = out};
    caus_status status = caus_config_read(path, out, &r.file, err);
    if (status == CAUS_OK) {
        r.seen = caus_map_new();
        status = r.seen ? read_variables(&r, specs, count, err)
                        : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                                    "no memory for the names of %s", path);
        caus_map_free(r.seen);
    }
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
