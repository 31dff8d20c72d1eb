/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "servers.h"

typedef caus_status fetch_function(const caus_endpoint *,
                                   const caus_variable_spec *, size_t,
                                   const caus_fetch_options *, const caus_run *,
                                   caus_arena *, caus_fetch *, caus_error *);

/* A kind of server: what it is called, where its address comes from. */
typedef struct server {
    const char *option;
    const char *prefix; /* of its environment variables */
    const char *flag;   /* the option that asks for its variables */
    fetch_function *fetch;
} server;

static const server servers[] = {
    {"prometheus", "CAUS_PROMETHEUS_", "--metrics", caus_prometheus_fetch},
    {"clickhouse", "CAUS_CLICKHOUSE_", "--traces", caus_clickhouse_fetch},
};

enum { SERVER_COUNT = sizeof servers / sizeof *servers, MOST_LIKEWISE = 4 };

/* The command line wins over the environment, that over caus.yml. */
static caus_status find_endpoint(const caus_arguments *arguments,
                                 const server *kind, const char *location,
                                 caus_arena *arena, caus_endpoint *endpoint,
                                 caus_error *err)
{
    CAUS_TRY(
        caus_endpoint_from_environment(kind->prefix, arena, endpoint, err));
    const char *url = caus_arguments_get(arguments, kind->option);
    if (url)
        endpoint->url = url;
    if (location)
        endpoint->url = location;
    if (endpoint->url && !*endpoint->url)
        endpoint->url = NULL;
    return CAUS_OK;
}

static caus_status complete_endpoint(const caus_arguments *arguments,
                                     const server *kind, const char *location,
                                     caus_arena *arena, caus_endpoint *endpoint,
                                     caus_error *err)
{
    CAUS_TRY(find_endpoint(arguments, kind, location, arena, endpoint, err));
    if (!endpoint->url)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s needs a server: give --%s URL, set %sURL, or name "
                         "it in caus.yml",
                         caus_arguments_has(arguments, "vars") ? "--vars"
                                                               : kind->flag,
                         kind->option, kind->prefix);
    return CAUS_OK;
}

caus_status caus_cli_name_prometheus(const caus_arguments *arguments,
                                     const caus_cli_source *source,
                                     caus_arena *arena, caus_endpoint *result,
                                     caus_error *err)
{
    caus_endpoint endpoint = source->settings.prometheus;
    CAUS_TRY(
        complete_endpoint(arguments, &servers[0], NULL, arena, &endpoint, err));
    *result = endpoint;
    return CAUS_OK;
}

caus_status caus_cli_name_clickhouse(const caus_arguments *arguments,
                                     const caus_cli_source *source,
                                     caus_arena *arena, caus_endpoint *result,
                                     caus_error *err)
{
    const char *location = NULL;
    for (size_t i = 0; i < source->specs.count && !location; i++)
        if (source->specs.items[i].origin == CAUS_ORIGIN_TRACE)
            location = source->specs.items[i].location;
    *result = source->settings.clickhouse;
    return find_endpoint(arguments, &servers[1], location, arena, result, err);
}

static bool same_location(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Takes the specs of one origin and location, in their order. */
static size_t pick(const caus_cli_specs *all, size_t first, bool *taken,
                   caus_variable_spec *picked)
{
    size_t count = 0;
    for (size_t i = first; i < all->count; i++) {
        const caus_variable_spec *spec = &all->items[i];
        if (taken[i] || spec->origin != all->items[first].origin ||
            !same_location(spec->location, all->items[first].location))
            continue;
        taken[i] = true;
        picked[count++] = *spec;
    }
    return count;
}

static caus_status append(caus_arena *arena, const void **items, size_t *count,
                          const void *more, size_t more_count, size_t size,
                          caus_error *err)
{
    char *joined = caus_arena_array(arena, *count + more_count, size);
    if (!joined)
        return caus_arena_fail(arena, err);
    if (*count)
        memcpy(joined, *items, *count * size);
    if (more_count)
        memcpy(joined + *count * size, more, more_count * size);
    *items = joined;
    *count += more_count;
    return CAUS_OK;
}

static caus_status join_fetch(caus_arena *arena, caus_fetch *all,
                              const caus_fetch *part, caus_error *err)
{
    const void *tracks = all->samples.tracks, *queries = all->queries,
               *warnings = all->warnings;
    CAUS_TRY(append(arena, &tracks, &all->samples.track_count,
                    part->samples.tracks, part->samples.track_count,
                    sizeof(caus_track), err));
    CAUS_TRY(append(arena, &queries, &all->query_count, part->queries,
                    part->query_count, sizeof(caus_fetched_query), err));
    CAUS_TRY(append(arena, &warnings, &all->warning_count, part->warnings,
                    part->warning_count, sizeof(const char *), err));
    all->refused_count += part->refused_count;
    all->samples.tracks = tracks;
    all->queries = queries;
    all->warnings = warnings;
    if (part->scrape_interval_s > all->scrape_interval_s)
        all->scrape_interval_s = part->scrape_interval_s;
    return CAUS_OK;
}

/* The length of the variable's name that a warning begins with: 1 of "x looks
 * back …" and of "x: 3 steps …". */
static size_t name_length(const char *warning)
{
    size_t length = strcspn(warning, " ");
    return length && warning[length - 1] == ':' ? length - 1 : length;
}

/* Whether the same is said of two variables, numbers apart: of forty services
 * with few spans each has its own. */
static bool says_likewise(const char *one, const char *other)
{
    one += name_length(one);
    other += name_length(other);
    for (;; one++, other++) {
        one += strspn(one, "0123456789");
        other += strspn(other, "0123456789");
        if (*one != *other)
            return false;
        if (!*one)
            return true;
    }
}

static caus_status add_likewise(caus_arena *arena, const char **warning,
                                const char *const *others, size_t count,
                                caus_error *err)
{
    const char *names = "", *told = *warning + name_length(*warning);
    bool is_same = true;
    for (size_t i = 0; i < count; i++)
        is_same &= strcmp(others[i] + name_length(others[i]), told) == 0;
    for (size_t i = 0; names && i < count && i < MOST_LIKEWISE; i++)
        names = caus_arena_format(arena, "%s%s%.*s", names, i ? ", " : "",
                                  (int)name_length(others[i]), others[i]);
    if (names && count > MOST_LIKEWISE)
        names = caus_arena_format(arena, "%s and %zu more", names,
                                  count - MOST_LIKEWISE);
    if (names)
        *warning =
            caus_arena_format(arena, "%s (likewise%s %s)", *warning,
                              is_same ? "" : ", with other numbers,", names);
    return names && *warning ? CAUS_OK : caus_arena_fail(arena, err);
}

/* Says once what is the same for several variables, or the same but for its
 * numbers. */
static caus_status fold_warnings(caus_arena *arena, caus_fetch *fetch,
                                 caus_error *err)
{
    size_t count = fetch->warning_count;
    const char **left = caus_arena_array(arena, count, sizeof *left);
    const char **others = caus_arena_array(arena, count, sizeof *others);
    if (!left || !others)
        return caus_arena_fail(arena, err);
    if (count)
        memcpy(left, fetch->warnings, count * sizeof *left);
    for (size_t i = 0; i < count; i++) {
        const char *first = left[i];
        size_t other_count = 0, rest = i + 1;
        for (size_t j = i + 1; j < count; j++) {
            if (says_likewise(left[j], first))
                others[other_count++] = left[j];
            else
                left[rest++] = left[j];
        }
        count = rest;
        if (other_count)
            CAUS_TRY(add_likewise(arena, &left[i], others, other_count, err));
    }
    fetch->warnings = left;
    fetch->warning_count = count;
    return CAUS_OK;
}

static void say_query(void *data, const char *asked, const char *text)
{
    char name[32] = "";
    for (size_t i = 0; asked[i] && i + 1 < sizeof name; i++)
        name[i] = (char)tolower((unsigned char)asked[i]);
    caus_program_say(data, "%s: %s", name, text);
}

void caus_cli_show_queries(caus_program *program, caus_endpoint *endpoint)
{
    if (!program->show_queries)
        return;
    endpoint->asked = say_query;
    endpoint->asked_data = program;
}

caus_status caus_cli_read_budget(const caus_arguments *arguments,
                                 size_t *result, caus_error *err)
{
    long budget;
    CAUS_TRY(caus_arguments_integer(arguments, "query-budget", 1, 1000000, 0,
                                    &budget, err));
    *result = (size_t)budget;
    return CAUS_OK;
}

static caus_status fetch_options(const caus_arguments *arguments,
                                 const caus_cli_window *window,
                                 caus_arena *arena, caus_fetch_options *options,
                                 caus_error *err)
{
    long max_variables;
    size_t budget;
    CAUS_TRY(caus_arguments_integer(arguments, "max-variables", 1, 100000, 500,
                                    &max_variables, err));
    CAUS_TRY(caus_cli_read_budget(arguments, &budget, err));
    const char *by = caus_arguments_get(arguments, "by");
    *options = (caus_fetch_options){
        .window = window->window,
        .baseline = window->baseline,
        .by_pod = by && strcmp(by, "pod") == 0,
        .max_variables = (size_t)max_variables,
        .max_queries = budget,
    };
    CAUS_TRY(
        caus_cli_read_separator(arguments, &options->service_separator, err));
    return caus_cli_read_topology(arguments, arena, &options->topology, err);
}

static void print_clocks(caus_program *program,
                         const double skew_s[SERVER_COUNT])
{
    double apart = skew_s[0] - skew_s[1];
    if (isnan(apart))
        return;
    if (fabs(apart) < 1)
        caus_program_say(program, "the clocks of Prometheus and ClickHouse "
                                  "agree within 1 s");
    else
        caus_program_say(program,
                         "the clocks of Prometheus and ClickHouse are %.1f s "
                         "apart (Prometheus %s): a lag between them is off by "
                         "that much",
                         fabs(apart), apart > 0 ? "ahead" : "behind");
}

caus_status caus_cli_fetch_gram(caus_program *program,
                                const caus_arguments *arguments,
                                const caus_cli_source *source,
                                const caus_cli_window *window,
                                const caus_gram_options *sums,
                                caus_arena *arena, caus_gram_fetch *result,
                                caus_error *err)
{
    const caus_cli_specs *specs = &source->specs;
    const char *location = specs->items[0].location;
    if (program->offline)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--push-down asks a server, and --offline allows "
                         "none: leave out one of them");
    for (size_t i = 0; i < specs->count; i++) {
        if (specs->items[i].origin != CAUS_ORIGIN_TRACE ||
            !same_location(specs->items[i].location, location))
            return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                             "%s cannot be summed up with the other variables: "
                             "--push-down works on span series of one "
                             "ClickHouse; give --traces alone",
                             specs->items[i].name);
    }
    caus_gram_fetch_options options = {.gram = *sums};
    caus_endpoint endpoint = source->settings.clickhouse;
    CAUS_TRY(fetch_options(arguments, window, arena, &options.fetch, err));
    CAUS_TRY(complete_endpoint(arguments, &servers[1], location, arena,
                               &endpoint, err));
    CAUS_TRY(caus_clickhouse_gram(&endpoint, specs->items, specs->count,
                                  &options, program->run, arena, result, err));
    return CAUS_OK;
}

/* What --query-budget leaves to a ClickHouse that told who calls whom. */
static caus_status limit_queries(const caus_cli_source *source,
                                 caus_fetch_options *options, caus_error *err)
{
    if (!options->max_queries)
        return CAUS_OK;
    if (options->max_queries <= source->query_count)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "--query-budget=%zu is spent on finding who calls "
                         "whom for --service: give --topology, or a larger "
                         "budget",
                         options->max_queries);
    options->max_queries -= source->query_count;
    return CAUS_OK;
}

static caus_status fetch_part(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_cli_source *source,
                              const caus_fetch_options *options, size_t first,
                              bool *taken, caus_arena *arena,
                              caus_fetch *result, caus_error *err)
{
    const caus_cli_specs *all = &source->specs;
    const caus_variable_spec *spec = &all->items[first];
    if (spec->origin == CAUS_ORIGIN_CSV)
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "variable %s comes from a file and others do not: "
                         "fetch servers into a recording, or give one file",
                         spec->name);
    caus_variable_spec *picked =
        caus_arena_array(arena, all->count, sizeof *picked);
    if (!picked)
        return caus_arena_fail(arena, err);
    size_t count = pick(all, first, taken, picked);
    bool is_trace = spec->origin == CAUS_ORIGIN_TRACE;
    const server *kind = &servers[is_trace];
    caus_endpoint endpoint =
        is_trace ? source->settings.clickhouse : source->settings.prometheus;
    CAUS_TRY(complete_endpoint(arguments, kind, spec->location, arena,
                               &endpoint, err));
    caus_fetch_options limited = *options;
    if (is_trace)
        CAUS_TRY(limit_queries(source, &limited, err));
    return kind->fetch(&endpoint, picked, count, &limited, program->run, arena,
                       result, err);
}

static caus_status fetch_all(caus_program *program,
                             const caus_arguments *arguments,
                             const caus_cli_source *source,
                             const caus_cli_window *window, caus_arena *arena,
                             caus_fetch *result, caus_error *err)
{
    size_t count = source->specs.count;
    caus_fetch_options options;
    CAUS_TRY(fetch_options(arguments, window, arena, &options, err));
    options.skip_empty = !source->is_choice;
    bool *taken = caus_arena_array(arena, count, sizeof *taken);
    if (!taken)
        return caus_arena_fail(arena, err);
    double skew_s[SERVER_COUNT] = {(double)NAN, (double)NAN};
    *result = (caus_fetch){.clock_skew_s = (double)NAN};
    for (size_t i = 0; i < count; i++) {
        if (taken[i])
            continue;
        caus_fetch part = {0};
        CAUS_TRY(fetch_part(program, arguments, source, &options, i, taken,
                            arena, &part, err));
        CAUS_TRY(join_fetch(arena, result, &part, err));
        skew_s[source->specs.items[i].origin == CAUS_ORIGIN_TRACE] =
            part.clock_skew_s;
    }
    print_clocks(program, skew_s);
    if (result->refused_count)
        caus_program_say(program,
                         "warning: %zu of %zu variables are left out, since "
                         "the server refused their queries: what they show is "
                         "not in the answer; its warnings tell which",
                         result->refused_count, count);
    return fold_warnings(arena, result, err);
}

/* A scrape interval in whole seconds; scrapes jitter by milliseconds. */
static int64_t whole_interval_ns(double interval_s)
{
    double seconds = round(interval_s);
    if (seconds < 0.99 * interval_s)
        seconds = ceil(interval_s);
    return (int64_t)seconds * 1000000000;
}

/*
 * The width of rows that fits what came: not below the scrapes of any metric,
 * and fine where nobody chose a width and the data begin so late in the window
 * that wide rows would be few.
 */
static int64_t better_step(const caus_grid *window, const caus_fetch *fetch,
                           bool is_chosen)
{
    static const int64_t short_ns = INT64_C(1800) * 1000000000;
    static const int64_t fine_ns = INT64_C(15) * 1000000000;
    int64_t interval_ns = whole_interval_ns(fetch->scrape_interval_s);
    int64_t start_ns = caus_cli_first_row_ns(
        window, caus_cli_reach_of(&fetch->samples).first_ns);
    int64_t step_ns = window->step_ns;
    if (!is_chosen && start_ns > window->start_ns &&
        window->end_ns - start_ns < short_ns && step_ns > fine_ns)
        step_ns = fine_ns;
    return step_ns > interval_ns ? step_ns : interval_ns;
}

static void say_step(caus_program *program, int64_t usual_ns, int64_t step_ns)
{
    char usual[40], other[40];
    caus_duration_format(usual_ns, usual);
    caus_duration_format(step_ns, other);
    caus_program_say(
        program,
        "rows are %s wide, not %s: %s; --step chooses another "
        "width",
        other, usual,
        step_ns > usual_ns
            ? "so seldom is one metric scraped"
            : "the data begin less than half an hour before the end");
}

static caus_status warn_of_step(int64_t asked_ns, int64_t step_ns,
                                caus_arena *arena, caus_fetch *result,
                                caus_error *err)
{
    const char *warning = caus_cli_step_warning(
        asked_ns, step_ns, "the longest scrape interval", arena);
    if (!warning)
        return caus_arena_fail(arena, err);
    caus_fetch one = {.warnings = &warning, .warning_count = 1};
    return join_fetch(arena, result, &one, err);
}

caus_status caus_cli_fetch(caus_program *program,
                           const caus_arguments *arguments,
                           const caus_cli_source *source,
                           caus_cli_window *window, caus_arena *arena,
                           caus_fetch *result, caus_error *err)
{
    if (program->offline)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--offline allows no server: give --recording, --csv "
                         "or --table");
    caus_cli_window asked = *window;
    caus_cli_settle(window, 0);
    CAUS_TRY(fetch_all(program, arguments, source, window, arena, result, err));
    int64_t asked_ns = asked.window.step_ns;
    int64_t step_ns = better_step(&window->window, result, asked_ns > 0);
    /* Asking twice is beyond a budget; what is too narrow is warned of. */
    if (step_ns == window->window.step_ns ||
        caus_arguments_has(arguments, "query-budget"))
        return CAUS_OK;
    if (!asked_ns)
        say_step(program, window->window.step_ns, step_ns);
    *window = asked;
    window->window.step_ns = 0;
    caus_cli_settle(window, step_ns);
    CAUS_TRY(fetch_all(program, arguments, source, window, arena, result, err));
    return asked_ns ? warn_of_step(asked_ns, step_ns, arena, result, err)
                    : CAUS_OK;
}
