/* SPDX-License-Identifier: Apache-2.0 */
/* A discovery as bytes, between processes of one program on like machines. */
#include <string.h>

#include "discovery/pack.h"

/* Bytes that are read; NULL `at` once they were too few. */
typedef struct reader {
    const char *at, *end;
    caus_arena *out;
    bool no_memory;
} reader;

static void put(caus_text *bytes, const void *items, size_t size)
{
    if (size)
        caus_text_add_bytes(bytes, items, size);
}

static void put_size(caus_text *bytes, size_t value)
{
    put(bytes, &value, sizeof value);
}

static void take(reader *r, void *to, size_t size)
{
    if (!r->at || (size_t)(r->end - r->at) < size) {
        r->at = NULL;
        memset(to, 0, size);
        return;
    }
    memcpy(to, r->at, size);
    r->at += size;
}

static size_t take_size(reader *r)
{
    size_t value;
    take(r, &value, sizeof value);
    return value;
}

/* A list of `count` items in the arena; NULL when it cannot be had. */
static void *take_items(reader *r, size_t count, size_t size)
{
    if (!r->at || (count && (size_t)(r->end - r->at) / size < count)) {
        r->at = NULL;
        return NULL;
    }
    void *items = caus_arena_array(r->out, count, size);
    if (items && count)
        take(r, items, count * size);
    r->no_memory = r->no_memory || !items;
    return items;
}

/* A list that may be missing. */
static void put_list(caus_text *bytes, const void *items, size_t size)
{
    put_size(bytes, items != NULL);
    if (items)
        put(bytes, items, size);
}

static void *take_list(reader *r, size_t count, size_t size)
{
    return take_size(r) ? take_items(r, count, size) : NULL;
}

static size_t cells_of(const caus_graph *graph)
{
    return graph->node_count * graph->node_count * (graph->max_lag + 1);
}

/* ---- lists over cells ---- */

enum { NUMBER_LISTS = 9 };

/* The lists of numbers, one for each cell. */
static void list_numbers(caus_discovery *found,
                         const double **lists[NUMBER_LISTS])
{
    const double **const all[NUMBER_LISTS] = {
        &found->statistic,  &found->p_value,
        &found->q_value,    &found->lower,
        &found->upper,      &found->df,
        &found->stability,  &found->orientation_stability,
        &found->sensitivity};
    memcpy(lists, all, sizeof all);
}

static void put_nodes(caus_text *bytes, const caus_lagged *nodes, size_t count)
{
    put_size(bytes, count);
    put(bytes, nodes, count * sizeof *nodes);
}

static void put_parents(caus_text *bytes, const caus_discovery *found)
{
    put_size(bytes, found->parents != NULL);
    for (size_t j = 0; found->parents && j < found->graph.node_count; j++) {
        const caus_parents *parents = &found->parents[j];
        put_nodes(bytes, parents->parents, parents->count);
        put(bytes, parents->min_statistic,
            parents->count * sizeof *parents->min_statistic);
        put(bytes, &parents->alpha, sizeof parents->alpha);
    }
}

static void put_sets(caus_text *bytes, const caus_discovery *found)
{
    size_t cells = cells_of(&found->graph);
    put_size(bytes, found->separating_sets != NULL);
    for (size_t cell = 0; found->separating_sets && cell < cells; cell++)
        put_nodes(bytes, found->separating_sets[cell].nodes,
                  found->separating_sets[cell].count);
}

static void put_singular(caus_text *bytes, const caus_discovery *found)
{
    put_size(bytes, found->singular_count);
    for (size_t k = 0; k < found->singular_count; k++) {
        put_size(bytes, found->singular[k].count);
        put(bytes, found->singular[k].variables,
            found->singular[k].count * sizeof *found->singular[k].variables);
    }
}

void caus_discovery_pack(const caus_discovery *found, caus_text *bytes)
{
    caus_discovery copy = *found;
    const caus_graph *graph = &found->graph;
    size_t cells = cells_of(graph);
    const double **lists[NUMBER_LISTS];
    put_size(bytes, graph->node_count);
    put_size(bytes, graph->max_lag);
    put(bytes, graph->cells, cells * sizeof *graph->cells);
    put_size(bytes, graph->ambiguous_count);
    put(bytes, graph->ambiguous,
        graph->ambiguous_count * sizeof *graph->ambiguous);
    list_numbers(&copy, lists);
    for (size_t k = 0; k < NUMBER_LISTS; k++)
        put_list(bytes, *lists[k], cells * sizeof **lists[k]);
    put_list(bytes, found->environments, cells * sizeof *found->environments);
    put_list(bytes, found->by_topology, cells * sizeof *found->by_topology);
    put_parents(bytes, found);
    put_sets(bytes, found);
    put_singular(bytes, found);
    put_size(bytes, found->rows_used);
    put(bytes, &found->test_count, sizeof found->test_count);
    put_size(bytes, found->complete);
}

/* ---- and back ---- */

static const caus_parents *take_parents(reader *r, size_t variables)
{
    if (!take_size(r))
        return NULL;
    caus_parents *parents = CAUS_ARRAY(r->out, caus_parents, variables);
    r->no_memory = r->no_memory || !parents;
    for (size_t j = 0; parents && j < variables; j++) {
        size_t count = parents[j].count = take_size(r);
        parents[j].parents = take_items(r, count, sizeof(caus_lagged));
        parents[j].min_statistic = take_items(r, count, sizeof(double));
        take(r, &parents[j].alpha, sizeof parents[j].alpha);
    }
    return parents;
}

static const caus_separating_set *take_sets(reader *r, size_t cells)
{
    if (!take_size(r))
        return NULL;
    caus_separating_set *sets = CAUS_ARRAY(r->out, caus_separating_set, cells);
    r->no_memory = r->no_memory || !sets;
    for (size_t cell = 0; sets && cell < cells; cell++) {
        size_t count = sets[cell].count = take_size(r);
        if (count)
            sets[cell].nodes = take_items(r, count, sizeof(caus_lagged));
    }
    return sets;
}

static void take_singular(reader *r, caus_discovery *made)
{
    size_t count = made->singular_count = take_size(r);
    if (!count || !r->at)
        return;
    caus_singular_block *blocks =
        CAUS_ARRAY(r->out, caus_singular_block, count);
    r->no_memory = r->no_memory || !blocks;
    for (size_t k = 0; blocks && k < count; k++) {
        blocks[k].count = take_size(r);
        blocks[k].variables = take_items(r, blocks[k].count, sizeof(size_t));
    }
    made->singular = blocks;
}

static void take_discovery(reader *r, caus_discovery *made)
{
    caus_graph *graph = &made->graph;
    const double **lists[NUMBER_LISTS];
    graph->node_count = take_size(r);
    graph->max_lag = take_size(r);
    size_t cells = cells_of(graph);
    graph->cells = take_items(r, cells, sizeof *graph->cells);
    graph->ambiguous_count = take_size(r);
    graph->ambiguous =
        take_items(r, graph->ambiguous_count, sizeof *graph->ambiguous);
    list_numbers(made, lists);
    for (size_t k = 0; k < NUMBER_LISTS; k++)
        *lists[k] = take_list(r, cells, sizeof **lists[k]);
    made->environments = take_list(r, cells, sizeof *made->environments);
    made->by_topology = take_list(r, cells, sizeof *made->by_topology);
    made->parents = take_parents(r, graph->node_count);
    made->separating_sets = take_sets(r, cells);
    take_singular(r, made);
    made->rows_used = take_size(r);
    take(r, &made->test_count, sizeof made->test_count);
    made->complete = take_size(r) != 0;
}

caus_status caus_discovery_unpack(const char *bytes, size_t size,
                                  caus_arena *out, caus_discovery *result,
                                  caus_error *err)
{
    reader r = {.at = bytes, .end = bytes + size, .out = out};
    caus_discovery made = {0};
    take_discovery(&r, &made);
    if (r.no_memory)
        return caus_arena_fail(out, err);
    if (!r.at)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "what another process found came cut short: start "
                         "the same release everywhere");
    *result = made;
    return CAUS_OK;
}

/* ---- units of work ---- */

typedef struct sharing {
    const caus_run *run;
    size_t count;
    caus_arena *out;
    caus_discovery *results;
    size_t failed_at; /* the unit that failed, or was first left out */
} sharing;

static caus_status run_own(sharing *s, caus_unit_fn *work, void *data,
                           caus_error *err)
{
    size_t step = (size_t)caus_run_rank_count(s->run);
    size_t first = (size_t)caus_run_rank(s->run);
    caus_status status = CAUS_OK;
    s->failed_at = s->count;
    caus_run_begin_alone(s->run);
    for (size_t k = first; status == CAUS_OK && k < s->count; k += step) {
        s->failed_at = k;
        if (caus_run_check(s->run, NULL) == CAUS_ERR_TIME_LIMIT)
            break;
        status = work(data, k, s->out, &s->results[k], err);
        if (status == CAUS_OK)
            s->failed_at = s->count;
    }
    caus_run_end_alone(s->run);
    return status;
}

/* The units that all processes finished before any left one out. */
static caus_status find_done(const sharing *s, size_t *done, caus_error *err)
{
    caus_exchange all;
    CAUS_TRY(caus_run_exchange(s->run, &s->failed_at, sizeof s->failed_at, &all,
                               err));
    *done = s->count;
    for (int r = 0; r < caus_run_rank_count(s->run); r++) {
        size_t theirs;
        memcpy(&theirs, all.bytes + (size_t)r * all.stride, sizeof theirs);
        *done = theirs < *done ? theirs : *done;
    }
    caus_exchange_deinit(&all);
    return CAUS_OK;
}

static caus_status take_round(const sharing *s, const caus_exchange *all,
                              size_t first, size_t done, caus_error *err)
{
    size_t own = (size_t)caus_run_rank(s->run);
    for (size_t r = 0; r < (size_t)caus_run_rank_count(s->run); r++)
        if (r != own && first + r < done)
            CAUS_TRY(caus_discovery_unpack(all->bytes + r * all->stride,
                                           all->sizes[r], s->out,
                                           &s->results[first + r], err));
    return CAUS_OK;
}

/* One unit of each process. */
static caus_status exchange_round(const sharing *s, size_t first, size_t done,
                                  caus_error *err)
{
    size_t own = first + (size_t)caus_run_rank(s->run);
    caus_text bytes = {0};
    caus_exchange all = {0};
    caus_status status = CAUS_OK;
    if (own < done)
        caus_discovery_pack(&s->results[own], &bytes);
    if (bytes.failed)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory to tell what was found");
    status = caus_run_agree(s->run, status, own, err);
    if (status == CAUS_OK)
        status =
            caus_run_exchange(s->run, bytes.bytes, bytes.length, &all, err);
    caus_text_deinit(&bytes);
    if (status == CAUS_OK)
        status = caus_run_agree(s->run, take_round(s, &all, first, done, err),
                                own, err);
    caus_exchange_deinit(&all);
    return status;
}

caus_status caus_share_units(const caus_run *run, size_t count,
                             caus_unit_fn *work, void *data, caus_arena *out,
                             caus_discovery *results, size_t *done,
                             caus_error *err)
{
    sharing s = {run, count, out, results, 0};
    size_t step = (size_t)caus_run_rank_count(run);
    caus_status status = run_own(&s, work, data, err);
    CAUS_TRY(caus_run_agree(run, status, s.failed_at, err));
    *done = s.failed_at;
    if (step == 1)
        return CAUS_OK;
    CAUS_TRY(find_done(&s, done, err));
    for (size_t first = 0; first < *done; first += step)
        CAUS_TRY(exchange_round(&s, first, *done, err));
    return CAUS_OK;
}
