/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/excerpt.h"
#include "telemetry/csv_internal.h"

enum { MOST_TEXT_BYTES = 16 << 20 };

typedef size_t call[2];

typedef struct graph_reader {
    const char *path;
    size_t line;
    size_t column_count;
    size_t source_column;
    size_t target_column;
    caus_map *seen;
    char **names; /* [name_count] in the order of their first line */
    size_t name_count;
    size_t name_capacity;
    call *calls; /* [call_count] */
    size_t call_count;
    size_t call_capacity;
    caus_arena *out;
} graph_reader;

static caus_status fail_memory(const graph_reader *r, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for the calls of %s", r->path);
}

static bool is_word(const caus_csv_cell *cell, const char *word)
{
    size_t length = (size_t)(cell->text.end - cell->text.from);
    return length == strlen(word) && memcmp(cell->text.from, word, length) == 0;
}

static caus_status read_graph_header(graph_reader *r, const char *at,
                                     const char *end, caus_error *err)
{
    r->source_column = r->target_column = SIZE_MAX;
    for (;; at++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, end, &cell))
            break;
        if (is_word(&cell, "src"))
            r->source_column = r->column_count;
        if (is_word(&cell, "dst"))
            r->target_column = r->column_count;
        r->column_count++;
        if (at == end)
            break;
    }
    if (r->source_column == SIZE_MAX || r->target_column == SIZE_MAX)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1 names no columns src and dst: start a call "
                         "graph with the line src,dst (caller, callee)",
                         r->path);
    return CAUS_OK;
}

/* The number of a service, which is new or not. */
static caus_status find_service(graph_reader *r, const caus_csv_cell *cell,
                                size_t *number, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(r->out);
    char *name = caus_csv_cell_text(cell, r->out);
    if (!name)
        return caus_arena_fail(r->out, err);
    size_t length = strlen(name);
    if (length == 0 || !caus_utf8_is_valid(name, length) ||
        caus_text_has_control(name, length))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: '%s' is no service name: give a plain "
                         "UTF-8 name for caller and callee",
                         r->path, r->line, caus_excerpt_of(name, length).text);
    int added = caus_map_insert(r->seen, name, length, r->name_count, number);
    if (added == 0)
        caus_arena_rewind(r->out, mark);
    if (added <= 0)
        return added < 0 ? fail_memory(r, err) : CAUS_OK;
    if (!caus_reserve(&r->names, r->name_count, &r->name_capacity,
                      sizeof *r->names))
        return fail_memory(r, err);
    r->names[r->name_count++] = name;
    return CAUS_OK;
}

static caus_status add_call(graph_reader *r, size_t source, size_t target,
                            caus_error *err)
{
    if (source == target)
        return CAUS_OK;
    if (!caus_reserve(&r->calls, r->call_count, &r->call_capacity,
                      sizeof *r->calls))
        return fail_memory(r, err);
    r->calls[r->call_count][0] = source;
    r->calls[r->call_count][1] = target;
    r->call_count++;
    return CAUS_OK;
}

static caus_status read_call(graph_reader *r, const char *at, const char *end,
                             caus_error *err)
{
    caus_csv_cell source = {0}, target = {0};
    size_t column = 0;
    for (;; at++, column++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, end, &cell))
            return caus_csv_fail_quote(r->path, r->line, err);
        if (column == r->source_column)
            source = cell;
        if (column == r->target_column)
            target = cell;
        if (at == end)
            break;
    }
    if (column + 1 != r->column_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has %zu cells, line 1 has %zu: give "
                         "every row the same cells",
                         r->path, r->line, column + 1, r->column_count);
    size_t numbers[2] = {0};
    CAUS_TRY(find_service(r, &source, &numbers[0], err));
    CAUS_TRY(find_service(r, &target, &numbers[1], err));
    return add_call(r, numbers[0], numbers[1], err);
}

static caus_status read_calls(graph_reader *r, caus_csv_source *source,
                              caus_error *err)
{
    caus_csv_lines lines = {.source = source};
    size_t text_bytes = 0;
    for (;;) {
        caus_csv_text line;
        CAUS_TRY(caus_csv_next_line(&lines, &line, err));
        if (!line.from)
            break;
        r->line = lines.count;
        text_bytes += (size_t)(line.end - line.from) + 1;
        if (text_bytes > MOST_TEXT_BYTES)
            return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                             "%s holds over %d MiB of text: give each call of "
                             "the graph once",
                             r->path, MOST_TEXT_BYTES >> 20);
        if (r->line == 1)
            CAUS_TRY(read_graph_header(r, line.from, line.end, err));
        else if (!caus_csv_is_blank_line(line))
            CAUS_TRY(read_call(r, line.from, line.end, err));
    }
    if (r->name_count == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s has no calls: give lines of caller,callee",
                         r->path);
    return CAUS_OK;
}

typedef struct ranked {
    const char *name;
    size_t number;
} ranked;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ranked *)a)->name, ((const ranked *)b)->name);
}

static int by_numbers(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    int first = (x[0] > y[0]) - (x[0] < y[0]);
    return first ? first : (x[1] > y[1]) - (x[1] < y[1]);
}

/* Calls between sorted names, sorted, each once. */
static size_t sort_calls(call *calls, size_t count, const size_t *rank)
{
    for (size_t i = 0; i < count; i++)
        for (int end = 0; end < 2; end++)
            calls[i][end] = rank[calls[i][end]];
    if (count)
        qsort(calls, count, sizeof *calls, by_numbers);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || by_numbers(calls[kept - 1], calls[i]) != 0)
            memcpy(calls[kept++], calls[i], sizeof *calls);
    return kept;
}

static caus_status finish(graph_reader *r, caus_topology *result,
                          caus_error *err)
{
    ranked *order = CAUS_ARRAY(r->out, ranked, r->name_count);
    size_t *rank = CAUS_ARRAY(r->out, size_t, r->name_count);
    const char **services = CAUS_ARRAY(r->out, const char *, r->name_count);
    call *calls = CAUS_ARRAY(r->out, call, r->call_count);
    if (!order || !rank || !services || !calls)
        return caus_arena_fail(r->out, err);
    for (size_t i = 0; i < r->name_count; i++)
        order[i] = (ranked){r->names[i], i};
    qsort(order, r->name_count, sizeof *order, by_name);
    for (size_t i = 0; i < r->name_count; i++) {
        services[i] = order[i].name;
        rank[order[i].number] = i;
    }
    r->call_count = sort_calls(r->calls, r->call_count, rank);
    if (r->call_count)
        memcpy(calls, r->calls, r->call_count * sizeof *calls);
    void *kept = calls; /* C17 will not add const below an array */
    *result = (caus_topology){.service_count = r->name_count,
                              .services = services,
                              .call_count = r->call_count,
                              .calls = kept};
    return CAUS_OK;
}

caus_status caus_topology_read_csv(const char *path, caus_arena *out,
                                   caus_topology *result, caus_error *err)
{
    graph_reader r = {.path = path, .out = out};
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_csv_source *source = NULL;
    CAUS_TRY(caus_csv_source_open(path, MOST_TEXT_BYTES, NULL, &source, err));
    r.seen = caus_map_new();
    caus_status status =
        r.seen ? read_calls(&r, source, err) : fail_memory(&r, err);
    if (status == CAUS_OK)
        status = finish(&r, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    caus_map_free(r.seen);
    caus_csv_source_close(source);
    free(r.names);
    free(r.calls);
    return status;
}
