/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/specs_internal.h"

#include <string.h>

#include "base/excerpt.h"

typedef struct suffix {
    const char *text;
    caus_trace_value value;
} suffix;

/* Longer endings come before their own endings. */
static const suffix suffixes[] = {{"_latency_p50", CAUS_TRACE_LATENCY_P50},
                                  {"_latency_p95", CAUS_TRACE_LATENCY_P95},
                                  {"_latency_p99", CAUS_TRACE_LATENCY_P99},
                                  {"_latency_avg", CAUS_TRACE_LATENCY_AVG},
                                  {"_latency", CAUS_TRACE_LATENCY},
                                  {"_errors", CAUS_TRACE_ERRORS},
                                  {"_error_ratio", CAUS_TRACE_ERROR_RATIO},
                                  {"_calls", CAUS_TRACE_CALLS}};

/* One item of a list of words: its bytes without blanks around them. */
typedef struct item {
    const char *from;
    const char *end;
    const char *equals; /* the first "=" outside of brackets, or NULL */
} item;

typedef caus_status read_item_fn(const item *read, caus_arena *out,
                                 caus_variable_spec *spec, caus_error *err);

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static caus_excerpt shown(const item *read)
{
    return caus_excerpt_of(read->from, (size_t)(read->end - read->from));
}

/* Behind a quoted text; NULL when it is not closed. Backticks know no
 * escapes. */
static const char *skip_quoted(const char *at)
{
    char quote = *at++;
    for (; *at && *at != quote; at++)
        if (*at == '\\' && quote != '`' && at[1])
            at++;
    return *at ? at + 1 : NULL;
}

static char closing_of(char open)
{
    switch (open) {
    case '(':
        return ')';
    case '[':
        return ']';
    default:
        return '}';
    }
}

static caus_status fail_bracket(const char *text, char bracket, size_t position,
                                caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "'%s': the %c at character %zu has no partner: balance "
                     "brackets and quotes",
                     caus_excerpt_of(text, strlen(text)).text, bracket,
                     position + 1);
}

static item trimmed(item read)
{
    while (read.from != read.end && is_blank(*read.from))
        read.from++;
    while (read.end != read.from && is_blank(read.end[-1]))
        read.end--;
    return read;
}

/* A name up to the next comma: quotes and brackets mean nothing in it. */
static item scan_name(const char *from)
{
    const char *end = from + strcspn(from, ",");
    return trimmed((item){from, end, memchr(from, '=', (size_t)(end - from))});
}

/* Finds the end of an item: a comma outside of brackets and quotes, or NUL. */
static caus_status scan_item(const char *text, const char *from, item *read,
                             caus_error *err)
{
    enum { DEEPEST = 64 };
    const char *open[DEEPEST];
    size_t depth = 0;
    const char *at = from, *equals = NULL;
    while (*at && (depth > 0 || *at != ',')) {
        if (*at == '"' || *at == '\'' || *at == '`') {
            const char *behind = skip_quoted(at);
            if (!behind)
                return fail_bracket(text, *at, (size_t)(at - text), err);
            at = behind;
            continue;
        }
        if (strchr("([{", *at)) {
            if (depth == DEEPEST)
                return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                                 "a query has over %d brackets in each other: "
                                 "simplify it",
                                 DEEPEST);
            open[depth++] = at;
        } else if (strchr(")]}", *at)) {
            if (depth == 0 || closing_of(*open[depth - 1]) != *at)
                return fail_bracket(text, *at, (size_t)(at - text), err);
            depth--;
        } else if (*at == '=' && depth == 0 && !equals) {
            equals = at;
        }
        at++;
    }
    if (depth > 0)
        return fail_bracket(text, *open[depth - 1],
                            (size_t)(open[depth - 1] - text), err);
    *read = trimmed((item){from, at, equals});
    return CAUS_OK;
}

bool caus_specs_is_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && caus_utf8_is_valid(name, length) &&
           !caus_text_has_control(name, length);
}

/* A name on the command line holds letters, digits, _ : . - / and UTF-8. */
static bool is_plain_name(const char *from, const char *end)
{
    if (from == end)
        return false;
    for (const char *at = from; at != end; at++) {
        unsigned char lower = (unsigned char)*at | 0x20;
        bool letter = (lower >= 'a' && lower <= 'z') || *at & 0x80;
        bool digit = *at >= '0' && *at <= '9';
        if (!letter && !digit && !strchr("_:.-/", *at))
            return false;
    }
    return caus_utf8_is_valid(from, (size_t)(end - from));
}

static caus_status read_metric(const item *read, caus_arena *out,
                               caus_variable_spec *spec, caus_error *err)
{
    const char *name_end = read->equals ? read->equals : read->end;
    while (name_end != read->from && is_blank(name_end[-1]))
        name_end--;
    const char *query = read->equals ? read->equals + 1 : read->end;
    /* a==b, a=~b and the like are expressions without a name */
    bool is_comparison = query != read->end && (*query == '=' || *query == '~');
    if (is_comparison || !is_plain_name(read->from, name_end))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' is no metric name: name an expression, for "
                         "example cpu=%s",
                         shown(read).text, shown(read).text);
    while (query != read->end && is_blank(*query))
        query++;
    if (read->equals && query == read->end)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' has nothing after its '=': write a PromQL "
                         "expression, or leave the '=' out",
                         shown(read).text);
    *spec = (caus_variable_spec){.origin = CAUS_ORIGIN_METRIC};
    spec->name =
        caus_arena_copy_text(out, read->from, (size_t)(name_end - read->from));
    if (!spec->name)
        return caus_arena_fail(out, err);
    if (!read->equals)
        return CAUS_OK;
    size_t length = (size_t)(read->end - query);
    if (!caus_utf8_is_valid(query, length))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the query of '%s' is no UTF-8 text: retype it",
                         spec->name);
    spec->query = caus_arena_copy_text(out, query, length);
    return spec->query ? CAUS_OK : caus_arena_fail(out, err);
}

void caus_specs_type_trace(caus_variable_spec *spec)
{
    switch (spec->trace_value) {
    case CAUS_TRACE_CALLS:
        spec->kind = CAUS_KIND_COUNT;
        spec->unit = "requests";
        return;
    case CAUS_TRACE_ERRORS:
        spec->kind = CAUS_KIND_COUNT;
        spec->unit = "errors";
        return;
    case CAUS_TRACE_ERROR_RATIO:
        spec->kind = CAUS_KIND_RATIO;
        spec->unit = "ratio";
        return;
    case CAUS_TRACE_LATENCY:
    case CAUS_TRACE_LATENCY_AVG:
    case CAUS_TRACE_LATENCY_P50:
    case CAUS_TRACE_LATENCY_P95:
    case CAUS_TRACE_LATENCY_P99:
        spec->kind = CAUS_KIND_LATENCY_QUANTILE;
        spec->unit = "s";
    }
}

static caus_status read_trace(const item *read, caus_arena *out,
                              caus_variable_spec *spec, caus_error *err)
{
    size_t length = (size_t)(read->end - read->from);
    const suffix *found = NULL;
    size_t service_length = 0;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t tail = strlen(suffixes[i].text);
        if (!found && length > tail &&
            memcmp(read->end - tail, suffixes[i].text, tail) == 0) {
            found = &suffixes[i];
            service_length = length - tail;
        }
    }
    if (!found || !caus_utf8_is_valid(read->from, length) ||
        caus_text_has_control(read->from, length))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' names no value of a service: write "
                         "<service>_latency, _latency_p50, _latency_p95, "
                         "_latency_p99, _latency_avg, _errors, _error_ratio or "
                         "_calls",
                         shown(read).text);
    *spec = (caus_variable_spec){.origin = CAUS_ORIGIN_TRACE,
                                 .trace_value = found->value};
    caus_specs_type_trace(spec);
    spec->name = caus_arena_copy_text(out, read->from, length);
    spec->service = caus_arena_copy_text(out, read->from, service_length);
    return spec->name && spec->service ? CAUS_OK : caus_arena_fail(out, err);
}

typedef struct word_list {
    const char *option; /* "--metrics" */
    const char *text;
    bool holds_queries; /* with commas and quotes of their own */
    caus_map *seen;
    caus_variable_spec *specs; /* room for every comma and one more */
    size_t count;
} word_list;

static caus_status read_items(word_list *list, read_item_fn *read_item,
                              caus_arena *out, caus_error *err)
{
    for (const char *at = list->text;; at++) {
        item read = {0};
        if (list->holds_queries)
            CAUS_TRY(scan_item(list->text, at, &read, err));
        else
            read = scan_name(at);
        if (read.from == read.end)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "item %zu of %s is empty: give names parted by "
                             "single commas",
                             list->count + 1, list->option);
        caus_variable_spec *spec = &list->specs[list->count];
        CAUS_TRY(read_item(&read, out, spec, err));
        int added = caus_map_insert(list->seen, spec->name, strlen(spec->name),
                                    list->count, NULL);
        if (added < 0)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                             "no memory for the names of %s", list->option);
        if (added == 0)
            return CAUS_FAIL(
                err, CAUS_ERR_INVALID_ARGUMENT,
                "%s names '%s' twice: give each variable its own name",
                list->option,
                caus_excerpt_of(spec->name, strlen(spec->name)).text);
        list->count++;
        at = read.end;
        while (*at && *at != ',')
            at++;
        if (!*at)
            return CAUS_OK;
    }
}

static caus_status read_words(const char *option, const char *text,
                              read_item_fn *read_item, caus_arena *out,
                              const caus_variable_spec **specs, size_t *count,
                              caus_error *err)
{
    word_list list = {.option = option,
                      .text = text,
                      .holds_queries = read_item == read_metric};
    size_t most = 1;
    for (const char *at = text; *at; at++)
        most += *at == ',';
    caus_arena_mark mark = caus_arena_get_mark(out);
    list.specs = CAUS_ARRAY(out, caus_variable_spec, most);
    list.seen = caus_map_new();
    caus_status status;
    if (!list.specs)
        status = caus_arena_fail(out, err);
    else if (!list.seen)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory for the names of %s", option);
    else
        status = read_items(&list, read_item, out, err);
    caus_map_free(list.seen);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *specs = list.specs;
    *count = list.count;
    return CAUS_OK;
}

caus_status caus_specs_from_metrics(const char *text, caus_arena *out,
                                    const caus_variable_spec **specs,
                                    size_t *count, caus_error *err)
{
    return read_words("--metrics", text, read_metric, out, specs, count, err);
}

caus_status caus_specs_from_traces(const char *text, caus_arena *out,
                                   const caus_variable_spec **specs,
                                   size_t *count, caus_error *err)
{
    return read_words("--traces", text, read_trace, out, specs, count, err);
}
