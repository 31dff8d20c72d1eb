/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "events/events_internal.h"

enum {
    TREE_WORDS = 2, /* that the tree looks at */
    MOST_CHILDREN = 100,
    MOST_IN_LEAF = 100
};

typedef struct log_template {
    caus_slice *words; /* [word_count] in the texts */
    size_t word_count;
    const char *service;
    const char *sample;
    caus_severity severity;
    size_t count;
    uint32_t next; /* in its leaf, + 1 */
    uint32_t rank; /* in the result */
} log_template;

/* A node of the tree; leaves list templates. */
typedef struct node {
    uint32_t child_count;
    uint32_t template_count;
    uint32_t first_template; /* + 1 */
} node;

typedef struct record {
    int64_t time_ns;
    uint32_t kind;
    uint32_t number; /* order of the lines */
    uint32_t lines;
    uint32_t trace; /* + 1 */
} record;

/* What is looked for in the tree. */
typedef struct event {
    caus_slice service;
    caus_slice text;
    caus_severity severity;
} event;

struct caus_logs_builder {
    double similarity;
    size_t max_templates;
    size_t limit_bytes;
    caus_arena *texts;
    caus_map *services; /* name to number */
    caus_map *edges;    /* parent node and word to node */
    caus_map *overflow; /* service to its last template */
    caus_map *traces;   /* id to number */
    node *nodes;
    size_t node_count;
    size_t node_capacity;
    log_template *templates;
    size_t template_count;
    size_t template_capacity;
    record *records;
    size_t record_count;
    size_t record_capacity;
    const char **trace_ids;
    size_t trace_count;
    size_t trace_capacity;
    size_t overflowing;
    size_t continued;
    caus_slice words[CAUS_LOG_WORDS]; /* of the line at hand */
    char masked[2 * CAUS_LOG_TEXT_BYTES];
    char key[2 * CAUS_LOG_TEXT_BYTES + 8];
};

void caus_logs_builder_free(caus_logs_builder *builder)
{
    if (!builder)
        return;
    caus_arena_free(builder->texts);
    caus_map_free(builder->services);
    caus_map_free(builder->edges);
    caus_map_free(builder->overflow);
    caus_map_free(builder->traces);
    free(builder->nodes);
    free(builder->templates);
    free(builder->records);
    free(builder->trace_ids);
    free(builder);
}

caus_logs_builder *caus_logs_builder_new(double similarity,
                                         size_t max_templates,
                                         size_t limit_bytes)
{
    caus_logs_builder *builder = caus_alloc(sizeof *builder);
    if (!builder)
        return NULL;
    builder->similarity = similarity;
    builder->max_templates = max_templates;
    builder->limit_bytes = limit_bytes;
    builder->texts = caus_arena_new(limit_bytes);
    builder->services = caus_map_new();
    builder->edges = caus_map_new();
    builder->overflow = caus_map_new();
    builder->traces = caus_map_new();
    if (builder->texts && builder->services && builder->edges &&
        builder->overflow && builder->traces)
        return builder;
    caus_logs_builder_free(builder);
    return NULL;
}

static caus_status fail_memory(const caus_logs_builder *b, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for log lines after %zu of them",
                     b->record_count);
}

/* ---- the tree ---- */

static caus_status find_child(caus_logs_builder *b, uint32_t parent,
                              caus_slice word, uint32_t *child, caus_error *err)
{
    size_t found;
    for (;;) {
        memcpy(b->key, &parent, sizeof parent);
        memcpy(b->key + sizeof parent, word.bytes, word.length);
        size_t length = sizeof parent + word.length;
        if (caus_map_find(b->edges, b->key, length, &found)) {
            *child = (uint32_t)found;
            return CAUS_OK;
        }
        bool is_full = b->nodes[parent].child_count >= MOST_CHILDREN;
        if (!is_full || caus_slice_is_equal(word, caus_log_wildcard))
            break;
        word = caus_log_wildcard;
    }
    if (!caus_reserve(&b->nodes, b->node_count, &b->node_capacity,
                      sizeof *b->nodes))
        return fail_memory(b, err);
    size_t length = sizeof parent + word.length;
    const char *kept = caus_arena_copy_text(b->texts, b->key, length);
    if (!kept)
        return caus_arena_fail(b->texts, err);
    if (caus_map_insert(b->edges, kept, length, b->node_count, NULL) < 0)
        return fail_memory(b, err);
    b->nodes[parent].child_count++;
    b->nodes[b->node_count] = (node){0};
    *child = (uint32_t)b->node_count++;
    return CAUS_OK;
}

/* The number of a service, and its name for good. */
static caus_status find_service(caus_logs_builder *b, caus_slice service,
                                uint32_t *number, caus_error *err)
{
    size_t found;
    if (caus_map_find(b->services, service.bytes, service.length, &found)) {
        *number = (uint32_t)found;
        return CAUS_OK;
    }
    /* each service is a tree of its own: its number is that of its root */
    if (!caus_reserve(&b->nodes, b->node_count, &b->node_capacity,
                      sizeof *b->nodes))
        return fail_memory(b, err);
    const char *kept =
        caus_arena_copy_text(b->texts, service.bytes, service.length);
    if (!kept)
        return caus_arena_fail(b->texts, err);
    if (caus_map_insert(b->services, kept, service.length, b->node_count,
                        NULL) < 0)
        return fail_memory(b, err);
    b->nodes[b->node_count] = (node){0};
    *number = (uint32_t)b->node_count++;
    return CAUS_OK;
}

static caus_status find_leaf(caus_logs_builder *b, const event *about,
                             size_t word_count, uint32_t *leaf, caus_error *err)
{
    const char kind[] = {(char)word_count, (char)about->severity};
    uint32_t at = 0;
    CAUS_TRY(find_service(b, about->service, &at, err));
    /* every number of words has its child, however many there are */
    b->nodes[at].child_count = 0;
    CAUS_TRY(find_child(b, at, (caus_slice){kind, sizeof kind}, &at, err));
    for (size_t i = 0; i < TREE_WORDS && i < word_count; i++)
        CAUS_TRY(find_child(b, at, b->words[i], &at, err));
    *leaf = at;
    return CAUS_OK;
}

/* ---- templates ---- */

/* The template of the leaf with the most equal words; the first of equals. */
static uint32_t most_similar(const caus_logs_builder *b, uint32_t leaf,
                             size_t word_count, size_t *equal_words)
{
    uint32_t best = UINT32_MAX;
    *equal_words = 0;
    for (uint32_t at = b->nodes[leaf].first_template; at;
         at = b->templates[at - 1].next) {
        const log_template *other = &b->templates[at - 1];
        size_t equal = 0;
        for (size_t i = 0; i < word_count; i++)
            equal += caus_slice_is_equal(other->words[i], b->words[i]);
        if (best == UINT32_MAX || equal > *equal_words ||
            (equal == *equal_words && at - 1 < best)) {
            best = at - 1;
            *equal_words = equal;
        }
    }
    return best;
}

static void merge(caus_logs_builder *b, uint32_t number)
{
    log_template *into = &b->templates[number];
    for (size_t i = 0; i < into->word_count; i++)
        if (!caus_slice_is_equal(into->words[i], b->words[i]))
            into->words[i] = caus_log_wildcard;
}

static caus_status add_template(caus_logs_builder *b, const event *about,
                                size_t word_count, uint32_t *number,
                                caus_error *err)
{
    if (!caus_reserve(&b->templates, b->template_count, &b->template_capacity,
                      sizeof *b->templates))
        return fail_memory(b, err);
    caus_slice service = about->service, text = about->text;
    log_template made = {.word_count = word_count, .severity = about->severity};
    made.words = CAUS_ARRAY(b->texts, caus_slice, word_count);
    made.service =
        caus_arena_copy_text(b->texts, service.bytes, service.length);
    made.sample = caus_arena_copy_text(b->texts, text.bytes, text.length);
    size_t bytes = 0;
    for (size_t i = 0; i < word_count; i++)
        bytes += b->words[i].length;
    char *kept = CAUS_ARRAY(b->texts, char, bytes);
    if (!made.words || !made.service || !made.sample || !kept)
        return caus_arena_fail(b->texts, err);
    for (size_t i = 0; i < word_count; i++) {
        memcpy(kept, b->words[i].bytes, b->words[i].length);
        made.words[i] = (caus_slice){kept, b->words[i].length};
        kept += b->words[i].length;
    }
    b->templates[b->template_count] = made;
    *number = (uint32_t)b->template_count++;
    return CAUS_OK;
}

/* The template of all lines of a service that no longer get one. */
static caus_status find_overflow(caus_logs_builder *b, const event *about,
                                 uint32_t *number, caus_error *err)
{
    size_t found;
    caus_slice service = about->service;
    b->overflowing++;
    if (caus_map_find(b->overflow, service.bytes, service.length, &found)) {
        *number = (uint32_t)found;
        return CAUS_OK;
    }
    b->words[0] = caus_log_wildcard;
    CAUS_TRY(add_template(b, about, 1, number, err));
    const char *name = b->templates[*number].service;
    if (caus_map_insert(b->overflow, name, service.length, *number, NULL) < 0)
        return fail_memory(b, err);
    return CAUS_OK;
}

static caus_status find_template(caus_logs_builder *b, const event *about,
                                 uint32_t *number, caus_error *err)
{
    size_t count = caus_log_split(about->text, b->words, b->masked), equal;
    uint32_t leaf = 0;
    CAUS_TRY(find_leaf(b, about, count, &leaf, err));
    uint32_t best = most_similar(b, leaf, count, &equal);
    bool is_full = b->nodes[leaf].template_count >= MOST_IN_LEAF;
    if (best != UINT32_MAX &&
        (is_full || (double)equal >= b->similarity * (double)count)) {
        merge(b, best);
        *number = best;
        return CAUS_OK;
    }
    if (b->template_count >= b->max_templates)
        return find_overflow(b, about, number, err);
    CAUS_TRY(add_template(b, about, count, number, err));
    b->templates[*number].next = b->nodes[leaf].first_template;
    b->nodes[leaf].first_template = *number + 1;
    b->nodes[leaf].template_count++;
    return CAUS_OK;
}

/* ---- lines ---- */

/* Ids of warnings and errors only: those are asked about. */
static caus_status find_trace(caus_logs_builder *b, caus_slice id,
                              uint32_t *number, caus_error *err)
{
    size_t found;
    if (caus_map_find(b->traces, id.bytes, id.length, &found)) {
        *number = (uint32_t)found + 1;
        return CAUS_OK;
    }
    if (!caus_reserve(&b->trace_ids, b->trace_count, &b->trace_capacity,
                      sizeof *b->trace_ids))
        return fail_memory(b, err);
    const char *kept = caus_arena_copy_text(b->texts, id.bytes, id.length);
    if (!kept)
        return caus_arena_fail(b->texts, err);
    if (caus_map_insert(b->traces, kept, id.length, b->trace_count, NULL) < 0)
        return fail_memory(b, err);
    b->trace_ids[b->trace_count++] = kept;
    *number = (uint32_t)b->trace_count;
    return CAUS_OK;
}

static caus_status check_limits(const caus_logs_builder *b,
                                const caus_log_row *row, caus_error *err)
{
    size_t later_bytes = (b->record_count + 1) * 4 * sizeof *b->records;
    if (row->service.length > CAUS_LOG_TEXT_BYTES ||
        b->record_count >= UINT32_MAX - 1)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "a service name over %d bytes, or over %u log lines",
                         CAUS_LOG_TEXT_BYTES, UINT32_MAX - 1);
    if (b->limit_bytes &&
        later_bytes + caus_arena_used_bytes(b->texts) > b->limit_bytes)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "more than %zu log lines need over the memory limit "
                         "of %zu KiB: raise --memory-limit or give fewer",
                         b->record_count, b->limit_bytes >> 10);
    return CAUS_OK;
}

static caus_slice cut(caus_slice text)
{
    if (text.length <= CAUS_LOG_TEXT_BYTES)
        return text;
    text.length = CAUS_LOG_TEXT_BYTES;
    while (text.length > 0 && ((unsigned char)text.bytes[text.length] & 0xc0) ==
                                  0x80) /* within a character */
        text.length--;
    return text;
}

caus_status caus_logs_builder_add(caus_logs_builder *b, const caus_log_row *row,
                                  caus_error *err)
{
    CAUS_TRY(check_limits(b, row, err));
    if (caus_log_continues(row->text)) {
        const char *line = memchr(row->text.bytes, '\n', row->text.length);
        if (!line) {
            b->continued += row->lines;
            return CAUS_OK;
        }
    }
    event about = {.service = row->service,
                   .text = cut(caus_log_headline(row->text)),
                   .severity = row->severity};
    if (!about.severity)
        about.severity = caus_log_severity(about.text);
    if (!caus_reserve(&b->records, b->record_count, &b->record_capacity,
                      sizeof *b->records))
        return fail_memory(b, err);
    uint32_t number = 0, trace = 0;
    CAUS_TRY(find_template(b, &about, &number, err));
    if (row->trace.length && about.severity >= CAUS_SEVERITY_WARN)
        CAUS_TRY(find_trace(b, row->trace, &trace, err));
    b->templates[number].count += row->lines;
    b->records[b->record_count] = (record){
        row->time_ns, number, (uint32_t)b->record_count, row->lines, trace};
    b->record_count++;
    return CAUS_OK;
}

/* ---- finishing ---- */

/* A template on its way to its place. */
typedef struct named {
    const char *service;
    const char *text;
    caus_severity severity;
    uint32_t number;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = strcmp(x->service, y->service);
    if (order == 0)
        order = strcmp(x->text, y->text);
    if (order == 0)
        order = (int)x->severity - (int)y->severity;
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int by_time(const void *a, const void *b)
{
    const record *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static const char *join_words(const log_template *from, caus_arena *out)
{
    size_t bytes = 1;
    for (size_t i = 0; i < from->word_count; i++)
        bytes += from->words[i].length + 1;
    char *text = CAUS_ARRAY(out, char, bytes), *to = text;
    for (size_t i = 0; text && i < from->word_count; i++) {
        if (i > 0)
            *to++ = ' ';
        memcpy(to, from->words[i].bytes, from->words[i].length);
        to += from->words[i].length;
    }
    return text;
}

/* Writes the templates in order; those that came to read alike become one. */
static caus_status write_templates(caus_logs_builder *b, named *order,
                                   caus_arena *out, caus_logs *result,
                                   caus_error *err)
{
    caus_log_template *templates =
        CAUS_ARRAY(out, caus_log_template, b->template_count);
    if (!templates)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < b->template_count; i++) {
        order[i].number = (uint32_t)i;
        order[i].service = caus_arena_copy(out, b->templates[i].service);
        order[i].text = join_words(&b->templates[i], out);
        order[i].severity = b->templates[i].severity;
        if (!order[i].service || !order[i].text)
            return caus_arena_fail(out, err);
    }
    qsort(order, b->template_count, sizeof *order, by_name);
    size_t made = 0;
    for (size_t i = 0; i < b->template_count; i++) {
        log_template *from = &b->templates[order[i].number];
        bool is_known = i > 0 && order[i].severity == order[i - 1].severity &&
                        strcmp(order[i].service, order[i - 1].service) == 0 &&
                        strcmp(order[i].text, order[i - 1].text) == 0;
        if (!is_known) {
            templates[made] = (caus_log_template){
                .service = order[i].service,
                .text = order[i].text,
                .severity = order[i].severity,
                .sample = caus_arena_copy(out, from->sample)};
            if (!templates[made++].sample)
                return caus_arena_fail(out, err);
        }
        from->rank = (uint32_t)made - 1;
        templates[made - 1].count += from->count;
    }
    result->templates = templates;
    result->template_count = made;
    return CAUS_OK;
}

static caus_status write_traces(const caus_logs_builder *b, caus_arena *out,
                                caus_logs *result, caus_error *err)
{
    const char **ids = CAUS_ARRAY(out, const char *, b->trace_count);
    if (!ids)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < b->trace_count; i++) {
        ids[i] = caus_arena_copy(out, b->trace_ids[i]);
        if (!ids[i])
            return caus_arena_fail(out, err);
    }
    result->trace_count = b->trace_count;
    result->trace_ids = ids;
    return CAUS_OK;
}

static caus_status write_records(caus_logs_builder *b, caus_arena *out,
                                 caus_logs *result, caus_error *err)
{
    int64_t *time_ns = CAUS_ARRAY(out, int64_t, b->record_count);
    uint32_t *kind = CAUS_ARRAY(out, uint32_t, b->record_count);
    uint32_t *lines = CAUS_ARRAY(out, uint32_t, b->record_count);
    uint32_t *trace = CAUS_ARRAY(out, uint32_t, b->record_count);
    if (!time_ns || !kind || !lines || !trace)
        return caus_arena_fail(out, err);
    if (b->record_count)
        qsort(b->records, b->record_count, sizeof *b->records, by_time);
    for (size_t i = 0; i < b->record_count; i++) {
        time_ns[i] = b->records[i].time_ns;
        kind[i] = b->templates[b->records[i].kind].rank;
        lines[i] = b->records[i].lines;
        trace[i] = b->records[i].trace;
        result->line_count += lines[i];
    }
    result->record_count = b->record_count;
    result->time_ns = time_ns;
    result->kind = kind;
    result->lines = lines;
    result->trace = trace;
    result->overflowing = b->overflowing;
    result->continued_lines = b->continued;
    return CAUS_OK;
}

caus_status caus_logs_builder_finish(caus_logs_builder *b, caus_arena *out,
                                     caus_logs *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_logs made = {0};
    named *order = caus_alloc((b->template_count + 1) * sizeof *order);
    if (!order)
        return fail_memory(b, err);
    caus_status status = write_templates(b, order, out, &made, err);
    free(order);
    if (status == CAUS_OK)
        status = write_records(b, out, &made, err);
    if (status == CAUS_OK)
        status = write_traces(b, out, &made, err);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
