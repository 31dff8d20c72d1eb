// SPDX-License-Identifier: Apache-2.0
/* What is asked of which server: url, steps, groups of variables. */
#include <ctype.h>
#include <string.h>

#include "telemetry/clickhouse_internal.h"

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    int letter = tolower((unsigned char)digit);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Undoes percent-encoding; NULL = no memory. */
static char *decode(const char *text, size_t length, caus_arena *out)
{
    char *copy = caus_arena_copy_text(out, text, length);
    if (!copy)
        return NULL;
    size_t to = 0;
    for (size_t i = 0; i < length; i++, to++) {
        copy[to] = text[i];
        if (text[i] == '+')
            copy[to] = ' ';
        if (text[i] == '%' && i + 2 < length && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            copy[to] =
                (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        }
    }
    copy[to] = '\0';
    return copy;
}

static const char *find_host(const char *url, caus_arena *out)
{
    const char *from = strstr(url, "://");
    from = from ? from + 3 : url;
    size_t length = strcspn(from, "/?#");
    const char *at = memrchr(from, '@', length);
    if (at) {
        length -= (size_t)(at + 1 - from);
        from = at + 1;
    }
    return caus_arena_copy_text(out, from, length);
}

static bool is_parameter(const char *text, size_t length, const char *name)
{
    size_t name_length = strlen(name);
    return length > name_length && text[name_length] == '=' &&
           strncmp(text, name, name_length) == 0;
}

static caus_status take_parameter(const char *text, size_t length,
                                  caus_arena *out, caus_text *rest,
                                  caus_clickhouse_place *place, caus_error *err)
{
    const char **slot = NULL;
    size_t skipped = 0;
    if (is_parameter(text, length, "password"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the ClickHouse url holds a password, which would "
                         "show in logs and lists of processes: take it out "
                         "and set CAUS_CLICKHOUSE_PASSWORD or "
                         "CAUS_CLICKHOUSE_PASSWORD_FILE");
    if (is_parameter(text, length, "database")) {
        slot = &place->database;
        skipped = sizeof "database";
    } else if (is_parameter(text, length, "table")) {
        slot = &place->table;
        skipped = sizeof "table";
    } else if (is_parameter(text, length, "log_table")) {
        slot = &place->log_table;
        skipped = sizeof "log_table";
    }
    if (!slot) {
        if (length) {
            caus_text_add_char(rest, strchr(rest->bytes, '?') ? '&' : '?');
            caus_text_add_bytes(rest, text, length);
        }
        return CAUS_OK;
    }
    const char *value = decode(text + skipped, length - skipped, out);
    if (!value)
        return caus_arena_fail(out, err);
    if (*value)
        *slot = value;
    return CAUS_OK;
}

caus_status caus_clickhouse_url(const char *url, caus_arena *out,
                                const char **plain_url, const char **host,
                                caus_clickhouse_place *place, caus_error *err)
{
    if (!url || !*url)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "trace variables need ClickHouse: give --clickhouse "
                         "URL or CAUS_CLICKHOUSE_URL");
    caus_clickhouse_place found = {0};
    const char *found_host = find_host(url, out);
    if (!found_host)
        return caus_arena_fail(out, err);
    caus_text rest = {0};
    const char *at = url + strcspn(url, "?#");
    caus_text_add_bytes(&rest, url, (size_t)(at - url));
    caus_status status = CAUS_OK;
    if (*at == '?')
        at++;
    while (status == CAUS_OK && !rest.failed && *at && *at != '#') {
        size_t length = strcspn(at, "&#");
        status = take_parameter(at, length, out, &rest, &found, err);
        at += length + (at[length] == '&');
    }
    if (status != CAUS_OK) {
        caus_text_deinit(&rest);
        return status;
    }
    CAUS_TRY(caus_text_finish(&rest, out, plain_url, NULL, err));
    *host = found_host;
    *place = found;
    return CAUS_OK;
}

/* ---- steps ---- */

static caus_status check_grid(const caus_grid *grid, const char *name,
                              int64_t step_ns, caus_error *err)
{
    if (grid->step_ns != step_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "window and baseline differ in their step: give both "
                         "the same");
    if (grid->start_ns % step_ns || grid->end_ns % step_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s is not aligned to its step: align it with "
                         "caus_grid_align()",
                         name);
    if (grid->end_ns < grid->start_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s ends before it starts: swap --start and "
                         "--end",
                         name);
    if (grid->start_ns / step_ns < 1 || grid->end_ns / step_ns >= UINT32_MAX)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s lies before 1970 or too far in the future: "
                         "check --start and --end",
                         name);
    return CAUS_OK;
}

/* A row tells of the step before its time. */
static caus_stretch stretch_of(const caus_grid *grid)
{
    const int64_t second_ns = 1000000000;
    return (caus_stretch){(grid->start_ns - grid->step_ns) / second_ns,
                          grid->end_ns / second_ns};
}

size_t caus_stretches_of(const caus_grid *window, const caus_grid *baseline,
                         caus_stretch result[CAUS_STRETCHES])
{
    size_t count = 0;
    result[count++] = stretch_of(window);
    if (baseline->step_ns)
        result[count++] = stretch_of(baseline);
    return count;
}

caus_status caus_step_ranges_of(const caus_fetch_options *options,
                                caus_step_ranges *ranges, caus_error *err)
{
    const caus_grid *window = &options->window, *baseline = &options->baseline;
    int64_t step_ns = window->step_ns;
    if (step_ns < 1000000000)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a step of %g s is too short for spans: give --step "
                         "1s or more",
                         (double)step_ns / 1e9);
    CAUS_TRY(check_grid(window, "window", step_ns, err));
    caus_step_range now = {(uint32_t)(window->start_ns / step_ns),
                           (uint32_t)(window->end_ns / step_ns)};
    *ranges = (caus_step_ranges){step_ns, 1, {now}};
    if (baseline->step_ns == 0)
        return CAUS_OK;
    CAUS_TRY(check_grid(baseline, "baseline", step_ns, err));
    caus_step_range before = {(uint32_t)(baseline->start_ns / step_ns),
                              (uint32_t)(baseline->end_ns / step_ns)};
    if (before.first > now.first) {
        caus_step_range swapped = before;
        before = now;
        now = swapped;
    }
    /* A gap that the look-back for long spans reads anyway is no gap. */
    if ((int64_t)now.first - (int64_t)before.last <=
        CAUS_SPAN_LONGEST_NS / step_ns + 1) {
        before.last = before.last > now.last ? before.last : now.last;
        *ranges = (caus_step_ranges){step_ns, 1, {before}};
    } else {
        *ranges = (caus_step_ranges){step_ns, 2, {before, now}};
    }
    return CAUS_OK;
}

/* ---- groups ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_filter(const caus_variable_spec *a,
                        const caus_variable_spec *b)
{
    if (!same_text(a->service, b->service) ||
        !same_text(a->span_name, b->span_name) ||
        !same_text(a->span_kind, b->span_kind) ||
        a->attribute_count != b->attribute_count)
        return false;
    for (size_t i = 0; i < a->attribute_count; i++) {
        const caus_attribute_filter *left = &a->attributes[i],
                                    *right = &b->attributes[i];
        if (left->op != right->op || !same_text(left->key, right->key) ||
            !same_text(left->value, right->value))
            return false;
    }
    return true;
}

static caus_status check_spec(const caus_variable_spec *spec, caus_error *err)
{
    const char *name = spec->name ? spec->name : "";
    if (spec->origin != CAUS_ORIGIN_TRACE || !*name)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the variable \"%s\" is no trace variable: ClickHouse "
                         "gives span aggregates only",
                         name);
    if (!spec->service || !*spec->service)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the trace variable %s names no service: give "
                         "<service>_latency, or trace_query.service",
                         name);
    for (size_t i = 0; i < spec->attribute_count; i++) {
        const caus_attribute_filter *filter = &spec->attributes[i];
        if (!filter->key || !*filter->key || !filter->value)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "an attribute query of %s has no key or value: "
                             "give both",
                             name);
    }
    return CAUS_OK;
}

static void want(caus_span_group *group, caus_trace_value value)
{
    switch (value) {
    case CAUS_TRACE_CALLS:
        break;
    case CAUS_TRACE_ERRORS:
    case CAUS_TRACE_ERROR_RATIO:
        group->errors = true;
        break;
    case CAUS_TRACE_LATENCY_AVG:
        group->mean = true;
        break;
    case CAUS_TRACE_LATENCY_P50:
        group->quantile[0] = true;
        break;
    case CAUS_TRACE_LATENCY: /* p50 stands in where spans are few */
        group->quantile[0] = group->quantile[1] = true;
        break;
    case CAUS_TRACE_LATENCY_P95:
        group->quantile[1] = true;
        break;
    case CAUS_TRACE_LATENCY_P99:
        group->quantile[2] = true;
        break;
    }
}

caus_status caus_span_groups(const caus_variable_spec *specs, size_t count,
                             caus_span_group *groups, size_t *group_of,
                             size_t *group_count, caus_error *err)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        CAUS_TRY(check_spec(&specs[i], err));
        size_t group = 0;
        while (group < made && !same_filter(groups[group].filter, &specs[i]))
            group++;
        if (group == made)
            groups[made++] = (caus_span_group){.filter = &specs[i]};
        want(&groups[group], specs[i].trace_value);
        group_of[i] = group;
    }
    *group_count = made;
    return CAUS_OK;
}
