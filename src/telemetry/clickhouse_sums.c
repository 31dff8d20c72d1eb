// SPDX-License-Identifier: Apache-2.0
/* Grams whose sums a server makes: a survey, then one statement a piece. */
#include <math.h>
#include <string.h>

#include "telemetry/clickhouse_session.h"
#include "telemetry/clickhouse_sums.h"

enum {
    MOST_NODES = 512,
    MOST_PIECE_STEPS = 1 << 17, /* words of sums stay below 2^63 */
    MOST_GRIDS = 2
};
/* What a statement may hold on the server, some 100 bytes each, and compute,
 * some 100 ns each. */
static const double most_list_values = 0x1p22, most_products = 1e8;

/* What a group's statement said, of spans that are entries [1] or not [0]. */
typedef struct survey {
    const caus_span_group *group;
    uint64_t steps[2];
    uint64_t median[2];
    uint64_t thin[2];
    double largest[2][CAUS_TRACE_VALUES];
} survey;

typedef struct sums {
    caus_clickhouse server;
    const caus_gram_options *options;
    caus_grid grids[MOST_GRIDS];
    size_t grid_count;
    survey *surveys;         /* [group_count] */
    size_t *order;           /* [count] specs by name */
    size_t *place_of;        /* [count] where a spec stands in it */
    caus_sums_value *values; /* [count] those of a group side by side */
    caus_sums_arm *arms;     /* [group_count] */
    size_t *slices;          /* [count] by place */
    caus_sums_plan plan;
    size_t piece_steps;
    caus_slice_sum *parts; /* [places] of the statement that is answered */
    size_t last_place;
    caus_gram gram;
    caus_wide *totals;
    caus_wide *products;
    uint64_t complete;
    int64_t start_ns, end_ns; /* of reference rows; 0 = none yet */
} sums;

/* ---- the survey ---- */

static caus_status take_survey(void *data, const caus_row_value *values,
                               caus_error *err)
{
    survey *found = data;
    size_t entry = values[0].number != 0, value = values[1].number;
    (void)err;
    if (values[0].number > 1 || value >= CAUS_TRACE_VALUES ||
        !values[2].number || !isfinite(values[5].real) || values[5].real < 0)
        return CAUS_ERR_INVALID_DATA;
    found->steps[entry] = values[2].number;
    found->median[entry] = values[3].number;
    found->thin[entry] = values[4].number;
    found->largest[entry][value] = values[5].real;
    return CAUS_OK;
}

static void forget_survey(void *data)
{
    survey *found = data;
    *found = (survey){.group = found->group};
}

static caus_status plan_survey(sums *at, size_t index, caus_row_reader *reader,
                               caus_http_request *request, caus_error *err)
{
    static const caus_row_type types[CAUS_SURVEY_COLUMNS] = {
        CAUS_ROW_U8,  CAUS_ROW_U32, CAUS_ROW_U64,
        CAUS_ROW_U64, CAUS_ROW_U64, CAUS_ROW_F64};
    const caus_span_group *group = &at->server.groups[index];
    caus_text sql = {0};
    const char *text = "";
    CAUS_TRY(caus_sql_kept(caus_sql_survey(&at->server.table, group,
                                           &at->server.ranges, &sql, err),
                           &sql));
    CAUS_TRY(caus_clickhouse_plan(&at->server, &sql, &text, err));
    const char *what = caus_arena_format(
        at->server.scratch, "the survey of %.100s", group->filter->service);
    if (!what)
        return caus_arena_fail(at->server.scratch, err);
    at->surveys[index] = (survey){.group = group};
    *reader = (caus_row_reader){.types = types,
                                .type_count = CAUS_SURVEY_COLUMNS,
                                .row = take_survey,
                                .forget = forget_survey,
                                .data = &at->surveys[index]};
    *request = caus_clickhouse_request(&at->server, reader, text, what);
    return CAUS_OK;
}

static bool counts_entries(const survey *found)
{
    return found->steps[1] > 0;
}

static caus_status make_surveys(sums *at, caus_error *err)
{
    size_t count = at->server.group_count;
    caus_arena *scratch = at->server.scratch;
    caus_row_reader *readers = CAUS_ARRAY(scratch, caus_row_reader, count);
    caus_http_request *requests = CAUS_ARRAY(scratch, caus_http_request, count);
    at->surveys = CAUS_ARRAY(scratch, survey, count);
    if (!readers || !requests || !at->surveys)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < count; i++)
        CAUS_TRY(plan_survey(at, i, &readers[i], &requests[i], err));
    caus_status status =
        caus_clickhouse_perform(&at->server, requests, count, err);
    for (size_t i = 0; i < count; i++)
        caus_row_reader_deinit(&readers[i]);
    CAUS_TRY(status);
    for (size_t i = 0; i < count; i++)
        if (!at->surveys[i].steps[0] && !at->surveys[i].steps[1])
            return caus_clickhouse_fail_no_spans(
                &at->server, at->server.groups[i].filter, err);
    return CAUS_OK;
}

/* ---- what is summed up ---- */

static caus_status order_specs(sums *at, caus_error *err)
{
    const caus_variable_spec *specs = at->server.specs;
    for (size_t i = 0; i < at->server.count; i++) {
        size_t place = i;
        for (; place > 0; place--) {
            int order = strcmp(specs[at->order[place - 1]].name, specs[i].name);
            if (order == 0)
                return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                                 "the variable %s is asked for twice: name it "
                                 "once",
                                 specs[i].name);
            if (order < 0)
                break;
            at->order[place] = at->order[place - 1];
        }
        at->order[place] = i;
    }
    for (size_t place = 0; place < at->server.count; place++)
        at->place_of[at->order[place]] = place;
    return CAUS_OK;
}

static uint64_t steps_of(const caus_step_range *range)
{
    return (uint64_t)range->last - range->first + 1;
}

/* Counts are 0 in steps with spans of others: those must be looked for when
 * some step has none of its own. */
static bool needs_presence(const sums *at)
{
    uint64_t steps = 0;
    for (size_t i = 0; i < at->server.ranges.count; i++)
        steps += steps_of(&at->server.ranges.range[i]);
    for (size_t i = 0; i < at->server.count; i++) {
        const survey *found = &at->surveys[at->server.group_of[i]];
        if (at->server.specs[i].trace_value <= CAUS_TRACE_ERRORS &&
            found->steps[counts_entries(found)] < steps)
            return true;
    }
    return false;
}

/* Whole numbers below 2^22 fill one slice, those below 2^44 two. */
static size_t slices_of(caus_trace_value value, int exponent)
{
    if (value > CAUS_TRACE_ERRORS || exponent > 2 * CAUS_SLICE_BITS)
        return CAUS_SLICES;
    return exponent > CAUS_SLICE_BITS ? 2 : 1;
}

static caus_status add_variable(sums *at, size_t spec_index, int32_t *quantum,
                                caus_variable *variables,
                                caus_sums_value *value, caus_error *err)
{
    caus_clickhouse *server = &at->server;
    const caus_variable_spec *spec = &server->specs[spec_index];
    size_t group = server->group_of[spec_index];
    size_t place = at->place_of[spec_index];
    const survey *found = &at->surveys[group];
    bool entry = counts_entries(found);
    int64_t step_ns = server->ranges.step_ns;
    caus_text sql = {0};
    const char *query = "";
    CAUS_TRY(caus_span_choose(spec, found->median[entry], step_ns, server->out,
                              &server->warnings, &value->value, err));
    CAUS_TRY(caus_span_warn_thin(spec, found->thin[entry], server->out,
                                 &server->warnings, err));
    double largest = found->largest[entry][value->value];
    value->place = place;
    value->exponent = caus_gram_exponent(largest);
    value->counts = value->value > CAUS_TRACE_ERRORS || !at->plan.has_presence;
    at->slices[place] = slices_of(value->value, value->exponent);
    quantum[place] = largest > 0
                         ? value->exponent - CAUS_SLICES * CAUS_SLICE_BITS
                         : CAUS_QUANTUM_NONE;
    CAUS_TRY(caus_sql_kept(caus_sql_spans(&server->table, found->group,
                                          &server->ranges, &sql, err),
                           &sql));
    CAUS_TRY(caus_text_finish(&sql, server->out, &query, NULL, err));
    return caus_span_variable(spec, step_ns, query, server->out,
                              &variables[place], err);
}

static caus_status plan_arms(sums *at, int32_t *quantum,
                             caus_variable *variables, caus_error *err)
{
    caus_clickhouse *server = &at->server;
    size_t used = 0, counted = 0;
    at->plan.has_presence = needs_presence(at);
    for (size_t g = 0; g < server->group_count; g++) {
        caus_sums_arm *arm = &at->arms[g];
        *arm = (caus_sums_arm){.group = &server->groups[g],
                               .entry = counts_entries(&at->surveys[g]),
                               .values = &at->values[used]};
        for (size_t i = 0; i < server->count; i++) {
            if (server->group_of[i] != g)
                continue;
            CAUS_TRY(add_variable(at, i, quantum, variables, &at->values[used],
                                  err));
            counted += at->values[used++].counts;
            arm->value_count++;
        }
    }
    at->plan.needed = counted + at->plan.has_presence;
    return CAUS_OK;
}

/* ---- room ---- */

static size_t gram_nodes(const sums *at)
{
    return at->server.count * (2 * at->options->max_lag + 1);
}

static caus_status make_room(sums *at, int32_t **quantum,
                             caus_variable **variables, caus_error *err)
{
    caus_arena *scratch = at->server.scratch, *out = at->server.out;
    size_t count = at->server.count, nodes = gram_nodes(at);
    size_t places = caus_sums_places(count, 2 * at->options->max_lag);
    at->order = CAUS_ARRAY(scratch, size_t, count);
    at->place_of = CAUS_ARRAY(scratch, size_t, count);
    at->values = CAUS_ARRAY(scratch, caus_sums_value, count);
    at->arms = CAUS_ARRAY(scratch, caus_sums_arm, at->server.group_count);
    at->slices = CAUS_ARRAY(scratch, size_t, count);
    at->parts = CAUS_ARRAY(scratch, caus_slice_sum, places);
    if (!at->order || !at->place_of || !at->values || !at->arms ||
        !at->slices || !at->parts)
        return caus_arena_fail(scratch, err);
    *quantum = CAUS_ARRAY(out, int32_t, count);
    *variables = CAUS_ARRAY(out, caus_variable, count);
    at->totals = CAUS_ARRAY(out, caus_wide, nodes);
    at->products = CAUS_ARRAY(out, caus_wide, nodes * (nodes + 1) / 2);
    return *quantum && *variables && at->totals && at->products
               ? CAUS_OK
               : caus_arena_fail(out, err);
}

static caus_status begin_gram(sums *at, caus_error *err)
{
    size_t count = at->server.count, reach = 2 * at->options->max_lag;
    int32_t *quantum = NULL;
    caus_variable *variables = NULL;
    CAUS_TRY(make_room(at, &quantum, &variables, err));
    CAUS_TRY(order_specs(at, err));
    CAUS_TRY(plan_arms(at, quantum, variables, err));
    at->gram = (caus_gram){.variable_count = count,
                           .variables = variables,
                           .step_ns = at->server.ranges.step_ns,
                           .max_lag = at->options->max_lag,
                           .reach = reach,
                           .node_count = gram_nodes(at),
                           .quantum = quantum,
                           .sums = at->totals,
                           .products = at->products};
    at->plan.table = &at->server.table;
    at->plan.step_ns = at->server.ranges.step_ns;
    at->plan.arms = at->arms;
    at->plan.arm_count = at->server.group_count;
    at->plan.variable_count = count;
    at->plan.slices = at->slices;
    at->plan.reach = reach;
    return CAUS_OK;
}

/* ---- pieces ---- */

static caus_status take_part(void *data, const caus_row_value *values,
                             caus_error *err)
{
    sums *at = data;
    uint64_t place = values[0].number;
    (void)err;
    if (place <= at->last_place ||
        place > caus_sums_places(at->gram.variable_count, at->gram.reach))
        return CAUS_ERR_INVALID_DATA;
    for (size_t w = 0; w < CAUS_WEIGHTS; w++)
        at->parts[place - 1].word[w] = (int64_t)values[1 + w].number;
    at->last_place = place;
    return CAUS_OK;
}

static void forget_parts(void *data)
{
    sums *at = data;
    memset(at->parts, 0,
           caus_sums_places(at->gram.variable_count, at->gram.reach) *
               sizeof *at->parts);
    at->last_place = 0;
}

static bool heads_are_sane(const sums *at)
{
    uint64_t steps = steps_of(&at->plan.piece), heads[CAUS_SUMS_HEADS];
    for (size_t i = 0; i < CAUS_SUMS_HEADS; i++)
        heads[i] = (uint64_t)at->parts[i].word[0];
    return heads[CAUS_SUMS_ROWS] <= heads[CAUS_SUMS_COMPLETE] &&
           heads[CAUS_SUMS_COMPLETE] <= steps &&
           heads[CAUS_SUMS_FIRST] <= heads[CAUS_SUMS_LAST] &&
           heads[CAUS_SUMS_LAST] <= steps && heads[CAUS_SUMS_EDGES] <= steps &&
           heads[CAUS_SUMS_CHECK] ==
               CAUS_SLICES * at->gram.variable_count * at->gram.reach;
}

static void add_times(sums *at, const int64_t heads[CAUS_SUMS_HEADS])
{
    int64_t before = (int64_t)at->plan.piece.first - 1;
    if (!heads[CAUS_SUMS_FIRST])
        return;
    int64_t start_ns = (before + heads[CAUS_SUMS_FIRST]) * at->plan.step_ns;
    int64_t end_ns = (before + heads[CAUS_SUMS_LAST]) * at->plan.step_ns;
    if (!at->start_ns || start_ns < at->start_ns)
        at->start_ns = start_ns;
    if (end_ns > at->end_ns)
        at->end_ns = end_ns;
}

static void add_parts(sums *at)
{
    size_t variables = at->gram.variable_count, reach = at->gram.reach;
    const caus_slice_sum *sum = at->parts + CAUS_SUMS_HEADS;
    caus_gram_piece piece = {.sums = sum};
    piece.products = piece.sums + variables * (reach + 1);
    piece.edges = piece.products + variables * variables * (reach + 1);
    caus_gram_add_piece(&at->gram, &piece, at->totals, at->products);
    int64_t heads[CAUS_SUMS_HEADS];
    for (size_t i = 0; i < CAUS_SUMS_HEADS; i++)
        heads[i] = at->parts[i].word[0];
    at->gram.row_count += (uint64_t)heads[CAUS_SUMS_ROWS];
    at->complete += (uint64_t)heads[CAUS_SUMS_COMPLETE];
    add_times(at, heads);
}

static caus_status add_piece(sums *at, caus_error *err)
{
    static const caus_row_type types[CAUS_SUMS_COLUMNS] = {
        CAUS_ROW_U32, CAUS_ROW_U64, CAUS_ROW_U64,
        CAUS_ROW_U64, CAUS_ROW_U64, CAUS_ROW_U64};
    static const char what[] = "the sums of lagged products";
    caus_text sql = {0};
    CAUS_TRY(caus_sql_kept(caus_sql_sums(&at->plan, &sql, err), &sql));
    forget_parts(at);
    caus_row_reader reader = {.types = types,
                              .type_count = CAUS_SUMS_COLUMNS,
                              .row = take_part,
                              .forget = forget_parts,
                              .data = at};
    CAUS_TRY(caus_clickhouse_ask(&at->server, &sql, &reader, what, err));
    if (!heads_are_sane(at))
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "%s by ClickHouse at %s contradict each other: leave "
                         "out --push-down, and report its release",
                         what, at->server.host);
    add_parts(at);
    return CAUS_OK;
}

static uint64_t pieces_of(const sums *at, const caus_step_range *grid)
{
    return (steps_of(grid) + at->piece_steps - 1) / at->piece_steps;
}

static caus_step_range steps_of_grid(const caus_grid *grid)
{
    return (caus_step_range){(uint32_t)(grid->start_ns / grid->step_ns),
                             (uint32_t)(grid->end_ns / grid->step_ns)};
}

/* The last piece takes in the step behind the grid, where its last run of
 * reference rows has its edge. */
static caus_status add_grid(sums *at, const caus_grid *grid, size_t *done,
                            size_t all, caus_error *err)
{
    at->plan.grid = steps_of_grid(grid);
    uint64_t pieces = pieces_of(at, &at->plan.grid);
    uint64_t next = at->plan.grid.first;
    for (uint64_t k = 0; k < pieces; k++) {
        uint64_t last = next + at->piece_steps - 1;
        if (k + 1 == pieces)
            last = (uint64_t)at->plan.grid.last + 1;
        at->plan.piece = (caus_step_range){(uint32_t)next, (uint32_t)last};
        CAUS_TRY(caus_run_check(at->server.run, err));
        CAUS_TRY(add_piece(at, err));
        caus_run_progress(at->server.run, CAUS_STAGE_FETCH, ++*done, all);
        next = last + 1;
    }
    at->gram.rows_read += steps_of(&at->plan.grid);
    return CAUS_OK;
}

static caus_status add_grids(sums *at, caus_error *err)
{
    size_t all = 0, done = 0;
    for (size_t g = 0; g < at->grid_count; g++) {
        caus_step_range grid = steps_of_grid(&at->grids[g]);
        all += pieces_of(at, &grid);
    }
    for (size_t g = 0; g < at->grid_count; g++)
        CAUS_TRY(add_grid(at, &at->grids[g], &done, all, err));
    at->gram.rows_in_gap = at->gram.rows_read - at->complete;
    if (!at->gram.row_count)
        return caus_gram_fail_no_rows(&at->gram, err);
    return CAUS_OK;
}

/* ---- the result ---- */

static caus_status finish(sums *at, caus_gram_fetch *result, caus_error *err)
{
    caus_arena *out = at->server.out;
    const char *dataset = at->options->dataset;
    caus_gram_source *source = CAUS_ARRAY(out, caus_gram_source, 1);
    const char *name = caus_arena_copy(out, dataset ? dataset : "");
    if (!source || !name)
        return caus_arena_fail(out, err);
    *source = (caus_gram_source){.dataset = name,
                                 .start_ns = at->start_ns,
                                 .end_ns = at->end_ns,
                                 .rows = at->gram.row_count};
    caus_gram_hash(&at->gram, source->inputs_sha256);
    if (!*source->inputs_sha256)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the digest of the sums");
    at->gram.sources = source;
    at->gram.source_count = 1;
    *result = (caus_gram_fetch){
        .gram = at->gram,
        .told = {.queries = at->server.queries,
                 .query_count = at->server.query_count,
                 .warnings = at->server.warnings.texts,
                 .warning_count = at->server.warnings.count,
                 .clock_skew_s = caus_clickhouse_skew(&at->server)}};
    return CAUS_OK;
}

static caus_status check(sums *at, size_t statement_steps, caus_error *err)
{
    size_t nodes = gram_nodes(at), lags = 2 * at->options->max_lag + 1;
    if (at->options->max_lag > MOST_NODES || nodes > MOST_NODES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu variables at %zu lags each are more than the %d "
                         "that a server sums up well: ask for fewer variables, "
                         "lower --max-lag, or leave out --push-down",
                         at->server.count, lags, MOST_NODES);
    double values = most_list_values / (double)nodes;
    double products =
        most_products / ((double)nodes * (double)at->server.count);
    double steps = fmin(fmin(values, products), MOST_PIECE_STEPS);
    if (statement_steps)
        steps = fmin(steps, (double)statement_steps);
    at->piece_steps = (size_t)steps;
    return CAUS_OK;
}

/* Where the grids are sound, how many statements they take. */
static caus_status plan_pieces(sums *at, const caus_fetch_options *options,
                               caus_error *err)
{
    caus_step_ranges ranges;
    CAUS_TRY(caus_step_ranges_of(options, &ranges, err));
    if (options->baseline.step_ns)
        at->grids[at->grid_count++] = options->baseline;
    at->grids[at->grid_count++] = options->window;
    at->server.query_capacity = at->server.count + 3;
    for (size_t g = 0; g < at->grid_count; g++) {
        caus_step_range grid = steps_of_grid(&at->grids[g]);
        at->server.query_capacity += pieces_of(at, &grid);
    }
    return CAUS_OK;
}

static caus_status sum_up(sums *at, const caus_endpoint *endpoint,
                          size_t statement_steps, caus_gram_fetch *result,
                          caus_error *err)
{
    CAUS_TRY(check(at, statement_steps, err));
    CAUS_TRY(plan_pieces(at, at->server.options, err));
    CAUS_TRY(caus_clickhouse_open(&at->server, endpoint, err));
    CAUS_TRY(caus_clickhouse_find_table(&at->server, err));
    CAUS_TRY(make_surveys(at, err));
    CAUS_TRY(begin_gram(at, err));
    CAUS_TRY(add_grids(at, err));
    return finish(at, result, err);
}

caus_status caus_clickhouse_gram(const caus_endpoint *endpoint,
                                 const caus_variable_spec *specs, size_t count,
                                 const caus_gram_fetch_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_gram_fetch *result, caus_error *err)
{
    sums at = {.server = caus_clickhouse_begin(run, out),
               .options = &options->gram};
    at.server.specs = specs;
    at.server.count = count;
    at.server.options = &options->fetch;
    caus_status status =
        sum_up(&at, endpoint, options->statement_steps, result, err);
    return caus_clickhouse_end(&at.server, status);
}
