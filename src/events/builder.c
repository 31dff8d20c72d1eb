/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "events/events_internal.h"

/* Beside its raw row a span takes a row of the result and, for the order of
 * traces and the tree of its own, some scratch. */
enum { LATER_BYTES = 40 };

typedef struct raw_trace {
    const char *id;
    size_t count;
    int64_t start_ns; /* of its first span */
    caus_phase phase;
    uint32_t number;
} raw_trace;

typedef struct raw_operation {
    const char *name;
    uint32_t service;
    uint32_t number;
} raw_operation;

typedef struct raw_service {
    const char *name;
    uint32_t number;
} raw_service;

struct caus_spans_builder {
    size_t limit_bytes;
    caus_arena *texts;
    caus_map *trace_numbers; /* by phase and id */
    caus_map *service_numbers;
    caus_map *operation_numbers; /* by service and name */
    caus_raw_span *spans;
    size_t span_count;
    size_t span_capacity;
    raw_trace *traces;
    size_t trace_count;
    size_t trace_capacity;
    raw_service *services;
    size_t service_count;
    size_t service_capacity;
    raw_operation *operations;
    size_t operation_count;
    size_t operation_capacity;
    uint32_t last_trace; /* spans of a trace often follow each other */
    char key[CAUS_SPAN_TEXT_BYTES + 8];
};

void caus_spans_builder_free(caus_spans_builder *builder)
{
    if (!builder)
        return;
    caus_arena_free(builder->texts);
    caus_map_free(builder->trace_numbers);
    caus_map_free(builder->service_numbers);
    caus_map_free(builder->operation_numbers);
    free(builder->spans);
    free(builder->traces);
    free(builder->services);
    free(builder->operations);
    free(builder);
}

caus_spans_builder *caus_spans_builder_new(size_t limit_bytes)
{
    caus_spans_builder *builder = caus_alloc(sizeof *builder);
    if (!builder)
        return NULL;
    builder->limit_bytes = limit_bytes;
    builder->texts = caus_arena_new(limit_bytes);
    builder->trace_numbers = caus_map_new();
    builder->service_numbers = caus_map_new();
    builder->operation_numbers = caus_map_new();
    if (builder->texts && builder->trace_numbers && builder->service_numbers &&
        builder->operation_numbers)
        return builder;
    caus_spans_builder_free(builder);
    return NULL;
}

size_t caus_spans_builder_count(const caus_spans_builder *builder)
{
    return builder->span_count;
}

static caus_status fail_memory(const caus_spans_builder *b, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for spans after %zu of them", b->span_count);
}

/* The number of a key: set in `number`; `added` tells whether it is new, then
 * `kept` is the lasting copy of the key. */
static caus_status find_number(caus_spans_builder *b, caus_map *map,
                               caus_slice key, size_t next, uint32_t *number,
                               const char **kept, caus_error *err)
{
    size_t found;
    *kept = NULL;
    if (caus_map_find(map, key.bytes, key.length, &found)) {
        *number = (uint32_t)found;
        return CAUS_OK;
    }
    const char *copy = caus_arena_copy_text(b->texts, key.bytes, key.length);
    if (!copy)
        return caus_arena_fail(b->texts, err);
    if (caus_map_insert(map, copy, key.length, next, NULL) < 0)
        return fail_memory(b, err);
    *number = (uint32_t)next;
    *kept = copy;
    return CAUS_OK;
}

static bool is_last_trace(const caus_spans_builder *b, const caus_span_row *row)
{
    if (b->trace_count == 0)
        return false;
    const raw_trace *last = &b->traces[b->last_trace];
    return last->phase == row->phase &&
           strncmp(last->id, row->trace.bytes, row->trace.length) == 0 &&
           last->id[row->trace.length] == '\0';
}

static caus_status find_trace(caus_spans_builder *b, const caus_span_row *row,
                              uint32_t *number, caus_error *err)
{
    if (is_last_trace(b, row)) {
        *number = b->last_trace;
        return CAUS_OK;
    }
    if (!caus_reserve(&b->traces, b->trace_count, &b->trace_capacity,
                      sizeof *b->traces))
        return fail_memory(b, err);
    const char *kept;
    b->key[0] = row->phase == CAUS_PHASE_INCIDENT ? 1 : 0;
    memcpy(b->key + 1, row->trace.bytes, row->trace.length);
    CAUS_TRY(find_number(b, b->trace_numbers,
                         (caus_slice){b->key, row->trace.length + 1},
                         b->trace_count, number, &kept, err));
    if (kept)
        b->traces[b->trace_count++] = (raw_trace){
            .id = kept + 1, .phase = row->phase, .start_ns = row->start_ns};
    b->last_trace = *number;
    return CAUS_OK;
}

static caus_status find_operation(caus_spans_builder *b,
                                  const caus_span_row *row, uint32_t *number,
                                  caus_error *err)
{
    uint32_t service = 0;
    const char *kept;
    if (!caus_reserve(&b->services, b->service_count, &b->service_capacity,
                      sizeof *b->services))
        return fail_memory(b, err);
    CAUS_TRY(find_number(b, b->service_numbers, row->service, b->service_count,
                         &service, &kept, err));
    if (kept) {
        b->services[b->service_count] =
            (raw_service){kept, (uint32_t)b->service_count};
        b->service_count++;
    }
    if (!caus_reserve(&b->operations, b->operation_count,
                      &b->operation_capacity, sizeof *b->operations))
        return fail_memory(b, err);
    memcpy(b->key, &service, sizeof service);
    memcpy(b->key + sizeof service, row->operation.bytes,
           row->operation.length);
    CAUS_TRY(find_number(
        b, b->operation_numbers,
        (caus_slice){b->key, sizeof service + row->operation.length},
        b->operation_count, number, &kept, err));
    if (kept) {
        b->operations[b->operation_count] = (raw_operation){
            kept + sizeof service, service, (uint32_t)b->operation_count};
        b->operation_count++;
    }
    return CAUS_OK;
}

static caus_status grow_spans(caus_spans_builder *b, caus_error *err)
{
    if (b->span_count < b->span_capacity)
        return CAUS_OK;
    size_t wanted =
        b->span_capacity ? b->span_capacity * 2 : CAUS_RESERVE_FIRST;
    size_t needed = wanted * sizeof *b->spans + b->span_count * LATER_BYTES +
                    caus_arena_used_bytes(b->texts);
    if (b->limit_bytes && needed > b->limit_bytes)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "more than %zu spans need over the memory limit of "
                         "%zu KiB: raise --memory-limit or give fewer traces",
                         b->span_count, b->limit_bytes >> 10);
    if (!caus_reserve(&b->spans, b->span_count, &b->span_capacity,
                      sizeof *b->spans))
        return fail_memory(b, err);
    return CAUS_OK;
}

caus_status caus_spans_builder_add(caus_spans_builder *b,
                                   const caus_span_row *row, caus_error *err)
{
    if (row->trace.length > CAUS_SPAN_TEXT_BYTES ||
        row->service.length > CAUS_SPAN_TEXT_BYTES ||
        row->operation.length > CAUS_SPAN_TEXT_BYTES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "a name or id of a span is over %d bytes: shorten it",
                         CAUS_SPAN_TEXT_BYTES);
    if (b->span_count + 1 >= CAUS_NO_SPAN)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "over %u spans: give fewer traces", CAUS_NO_SPAN - 1);
    CAUS_TRY(grow_spans(b, err));
    uint32_t trace = 0, operation = 0;
    CAUS_TRY(find_trace(b, row, &trace, err));
    CAUS_TRY(find_operation(b, row, &operation, err));
    raw_trace *in = &b->traces[trace];
    in->count++;
    if (row->start_ns < in->start_ns)
        in->start_ns = row->start_ns;
    b->spans[b->span_count++] = (caus_raw_span){.id = row->span,
                                                .parent = row->parent,
                                                .start_ns = row->start_ns,
                                                .duration_ns = row->duration_ns,
                                                .trace = trace,
                                                .operation = operation,
                                                .has_parent = row->has_parent,
                                                .failed = row->failed};
    return CAUS_OK;
}

/* ---- finishing ---- */

typedef struct finisher {
    caus_spans_builder *builder;
    const caus_run *run;
    caus_arena *out;
    caus_arena *scratch;
    caus_spans result;
    caus_span_columns columns;
    uint32_t *operation_rank;
} finisher;

static int by_service_name(const void *a, const void *b)
{
    const raw_service *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int by_operation_name(const void *a, const void *b)
{
    const raw_operation *x = a, *y = b;
    if (x->service != y->service)
        return x->service < y->service ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_trace_start(const void *a, const void *b)
{
    const raw_trace *x = a, *y = b;
    if (x->phase != y->phase)
        return x->phase < y->phase ? -1 : 1;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return strcmp(x->id, y->id);
}

static caus_status name_services(finisher *f, uint32_t *rank, caus_error *err)
{
    caus_spans_builder *b = f->builder;
    const char **names = CAUS_ARRAY(f->out, const char *, b->service_count);
    if (!names)
        return caus_arena_fail(f->out, err);
    if (b->service_count)
        qsort(b->services, b->service_count, sizeof *b->services,
              by_service_name);
    for (size_t i = 0; i < b->service_count; i++) {
        names[i] = caus_arena_copy(f->out, b->services[i].name);
        if (!names[i])
            return caus_arena_fail(f->out, err);
        rank[b->services[i].number] = (uint32_t)i;
    }
    f->result.services = names;
    f->result.service_count = b->service_count;
    return CAUS_OK;
}

static caus_status name_operations(finisher *f, caus_error *err)
{
    caus_spans_builder *b = f->builder;
    uint32_t *service_rank = CAUS_ARRAY(f->scratch, uint32_t, b->service_count);
    f->operation_rank = CAUS_ARRAY(f->scratch, uint32_t, b->operation_count);
    if (!service_rank || !f->operation_rank)
        return caus_arena_fail(f->scratch, err);
    CAUS_TRY(name_services(f, service_rank, err));
    caus_operation *operations =
        CAUS_ARRAY(f->out, caus_operation, b->operation_count);
    if (!operations)
        return caus_arena_fail(f->out, err);
    for (size_t i = 0; i < b->operation_count; i++)
        b->operations[i].service = service_rank[b->operations[i].service];
    if (b->operation_count)
        qsort(b->operations, b->operation_count, sizeof *b->operations,
              by_operation_name);
    for (size_t i = 0; i < b->operation_count; i++) {
        const char *name = caus_arena_copy(f->out, b->operations[i].name);
        if (!name)
            return caus_arena_fail(f->out, err);
        operations[i] = (caus_operation){b->operations[i].service, name};
        f->operation_rank[b->operations[i].number] = (uint32_t)i;
    }
    f->result.operations = operations;
    f->result.operation_count = b->operation_count;
    return CAUS_OK;
}

/* Sorts the traces; `rank` tells the new number of an old one. */
static caus_status name_traces(finisher *f, const int64_t *onset_ns,
                               uint32_t *rank, caus_error *err)
{
    caus_spans_builder *b = f->builder;
    size_t count = b->trace_count;
    const char **ids = CAUS_ARRAY(f->out, const char *, count);
    unsigned char *phases = CAUS_ARRAY(f->out, unsigned char, count);
    size_t *starts = CAUS_ARRAY(f->out, size_t, count + 1);
    if (!ids || !phases || !starts)
        return caus_arena_fail(f->out, err);
    for (size_t i = 0; i < count; i++) {
        raw_trace *trace = &b->traces[i];
        trace->number = (uint32_t)i;
        if (onset_ns)
            trace->phase = trace->start_ns >= *onset_ns ? CAUS_PHASE_INCIDENT
                                                        : CAUS_PHASE_NORMAL;
    }
    if (count)
        qsort(b->traces, count, sizeof *b->traces, by_trace_start);
    size_t text_bytes = 0;
    for (size_t i = 0; i < count; i++)
        text_bytes += strlen(b->traces[i].id) + 1;
    char *text = CAUS_ARRAY(f->out, char, text_bytes);
    if (!text)
        return caus_arena_fail(f->out, err);
    for (size_t i = 0; i < count; i++) {
        const raw_trace *trace = &b->traces[i];
        size_t length = strlen(trace->id) + 1;
        ids[i] = memcpy(text, trace->id, length);
        text += length;
        phases[i] = (unsigned char)trace->phase;
        starts[i + 1] = starts[i] + trace->count;
        rank[trace->number] = (uint32_t)i;
    }
    f->result.trace_ids = ids;
    f->result.trace_phase = phases;
    f->result.trace_start = starts;
    f->result.trace_count = count;
    return CAUS_OK;
}

/* Rows by trace, in the order of the file. */
static caus_status group_rows(finisher *f, const uint32_t *rank,
                              const uint32_t **rows, caus_error *err)
{
    const caus_spans_builder *b = f->builder;
    uint32_t *order = CAUS_ARRAY(f->scratch, uint32_t, b->span_count);
    size_t *next = CAUS_ARRAY(f->scratch, size_t, b->trace_count);
    if (!order || !next)
        return caus_arena_fail(f->scratch, err);
    memcpy(next, f->result.trace_start, b->trace_count * sizeof *next);
    for (size_t i = 0; i < b->span_count; i++)
        order[next[rank[b->spans[i].trace]]++] = (uint32_t)i;
    *rows = order;
    return CAUS_OK;
}

static caus_status make_columns(finisher *f, caus_error *err)
{
    size_t count = f->builder->span_count;
    caus_span_columns *c = &f->columns;
    c->start_ns = CAUS_ARRAY(f->out, int64_t, count);
    c->duration_ns = CAUS_ARRAY(f->out, int64_t, count);
    c->parent = CAUS_ARRAY(f->out, uint32_t, count);
    c->operation = CAUS_ARRAY(f->out, uint32_t, count);
    c->trace = CAUS_ARRAY(f->out, uint32_t, count);
    c->failed = CAUS_ARRAY(f->out, unsigned char, count);
    if (!c->start_ns || !c->duration_ns || !c->parent || !c->operation ||
        !c->trace || !c->failed)
        return caus_arena_fail(f->out, err);
    f->result.span_count = count;
    f->result.start_ns = c->start_ns;
    f->result.duration_ns = c->duration_ns;
    f->result.parent = c->parent;
    f->result.operation = c->operation;
    f->result.trace = c->trace;
    f->result.failed = c->failed;
    return CAUS_OK;
}

static caus_status make_trees(finisher *f, const uint32_t *rows,
                              caus_error *err)
{
    const caus_spans *spans = &f->result;
    size_t largest = 0;
    for (size_t i = 0; i < spans->trace_count; i++) {
        size_t count = spans->trace_start[i + 1] - spans->trace_start[i];
        largest = count > largest ? count : largest;
    }
    caus_span_node *nodes = CAUS_ARRAY(f->scratch, caus_span_node, largest);
    caus_span_id *ids = CAUS_ARRAY(f->scratch, caus_span_id, largest);
    if (!nodes || !ids)
        return caus_arena_fail(f->scratch, err);
    for (size_t i = 0; i < spans->trace_count; i++) {
        size_t from = spans->trace_start[i];
        uint32_t count = (uint32_t)(spans->trace_start[i + 1] - from);
        CAUS_TRY(caus_run_check(f->run, err));
        for (uint32_t k = 0; k < count; k++) {
            const caus_raw_span *raw = &f->builder->spans[rows[from + k]];
            nodes[k] = (caus_span_node){.id = raw->id,
                                        .raw = raw,
                                        .operation =
                                            f->operation_rank[raw->operation]};
        }
        caus_span_tree(nodes, ids, count, (uint32_t)i, (uint32_t)from,
                       &f->columns, &f->result.faults);
    }
    return CAUS_OK;
}

static caus_status finish(finisher *f, const int64_t *onset_ns, caus_error *err)
{
    uint32_t *rank = CAUS_ARRAY(f->scratch, uint32_t, f->builder->trace_count);
    if (!rank)
        return caus_arena_fail(f->scratch, err);
    const uint32_t *rows = NULL;
    CAUS_TRY(name_operations(f, err));
    CAUS_TRY(name_traces(f, onset_ns, rank, err));
    CAUS_TRY(group_rows(f, rank, &rows, err));
    CAUS_TRY(make_columns(f, err));
    return make_trees(f, rows, err);
}

caus_status caus_spans_builder_finish(caus_spans_builder *builder,
                                      const int64_t *onset_ns, bool has_status,
                                      const caus_run *run, caus_arena *out,
                                      caus_spans *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_arena_mark mark = caus_arena_get_mark(out);
    finisher f = {.builder = builder,
                  .run = run,
                  .out = out,
                  .scratch = scratch,
                  .result.has_status = has_status};
    caus_status status = finish(&f, onset_ns, err);
    caus_arena_rewind(scratch, scratch_mark);
    if (status == CAUS_OK)
        *result = f.result;
    else
        caus_arena_rewind(out, mark);
    return status;
}
