/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines are kept as messages: what is the same of a service and severity once
 * it is masked. Templates are found of messages, not of lines, in an order that
 * no order of lines changes.
 */
#include <stdlib.h>
#include <string.h>

#include "events/logs_tree.h"

typedef struct message {
    caus_slice service;
    caus_slice masked; /* words parted by a blank */
    char *sample;      /* its first line: by time, then text */
    size_t sample_bytes;
    size_t sample_room;
    int64_t first_ns;
    caus_severity severity;
    size_t lines;
    uint32_t kind; /* its template, once this is found */
} message;

typedef struct record {
    int64_t time_ns;
    uint32_t kind;  /* its message; its template in the result when finished */
    uint32_t trace; /* + 1 */
    uint32_t lines;
} record;

struct caus_logs_builder {
    double similarity;
    size_t max_templates;
    size_t limit_bytes;
    caus_arena *texts;
    caus_map *known; /* severity, service and masked text to message */
    message *messages;
    size_t message_count;
    size_t message_capacity;
    caus_map *traces; /* id to number */
    record *records;
    size_t record_count;
    size_t record_capacity;
    const char **trace_ids;
    size_t trace_count;
    size_t trace_capacity;
    size_t continued;
    caus_slice words[CAUS_LOG_WORDS]; /* of the line at hand */
    char masked[2 * CAUS_LOG_TEXT_BYTES];
    char key[4 * CAUS_LOG_TEXT_BYTES];
};

void caus_logs_builder_free(caus_logs_builder *builder)
{
    if (!builder)
        return;
    caus_arena_free(builder->texts);
    caus_map_free(builder->known);
    caus_map_free(builder->traces);
    free(builder->messages);
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
    builder->known = caus_map_new();
    builder->traces = caus_map_new();
    if (builder->texts && builder->known && builder->traces)
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

/* ---- messages ---- */

/* A line at hand. */
typedef struct line {
    caus_slice service;
    caus_slice text;
    caus_severity severity;
    int64_t time_ns;
} line;

/* Writes the key of a line's message: severity, service, NUL, masked words. */
static size_t write_key(caus_logs_builder *b, const line *about)
{
    char *to = b->key;
    *to++ = (char)about->severity;
    memcpy(to, about->service.bytes, about->service.length);
    to += about->service.length;
    *to++ = '\0';
    size_t count = caus_log_split(about->text, b->words, b->masked);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *to++ = ' ';
        memcpy(to, b->words[i].bytes, b->words[i].length);
        to += b->words[i].length;
    }
    return (size_t)(to - b->key);
}

static caus_status add_message(caus_logs_builder *b, const line *about,
                               size_t key_bytes, size_t *number,
                               caus_error *err)
{
    if (!caus_reserve(&b->messages, b->message_count, &b->message_capacity,
                      sizeof *b->messages))
        return fail_memory(b, err);
    char *key = CAUS_ARRAY(b->texts, char, key_bytes);
    if (!key)
        return caus_arena_fail(b->texts, err);
    memcpy(key, b->key, key_bytes);
    if (caus_map_insert(b->known, key, key_bytes, b->message_count, NULL) < 0)
        return fail_memory(b, err);
    size_t before = 2 + about->service.length;
    b->messages[b->message_count] =
        (message){.service = {key + 1, about->service.length},
                  .masked = {key + before, key_bytes - before},
                  .severity = about->severity,
                  .first_ns = INT64_MAX};
    *number = b->message_count++;
    return CAUS_OK;
}

static int compare(caus_slice a, caus_slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = memcmp(a.bytes, b.bytes, shorter);
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

/* Room doubles: lines that come last first must not add up. */
static caus_status take_sample(caus_logs_builder *b, message *of,
                               const line *about, caus_error *err)
{
    caus_slice text = about->text, had = {of->sample, of->sample_bytes};
    bool is_first = !of->sample || about->time_ns < of->first_ns ||
                    (about->time_ns == of->first_ns && compare(text, had) < 0);
    if (!is_first)
        return CAUS_OK;
    if (!of->sample || of->sample_room < text.length) {
        size_t room = 2 * of->sample_room;
        room = room > text.length ? room : text.length;
        char *sample = CAUS_ARRAY(b->texts, char, room + 1);
        if (!sample)
            return caus_arena_fail(b->texts, err);
        of->sample = sample;
        of->sample_room = room;
    }
    memcpy(of->sample, text.bytes, text.length);
    of->sample_bytes = text.length;
    of->first_ns = about->time_ns;
    return CAUS_OK;
}

static caus_status find_message(caus_logs_builder *b, const line *about,
                                size_t *number, caus_error *err)
{
    size_t bytes = write_key(b, about);
    if (!caus_map_find(b->known, b->key, bytes, number))
        CAUS_TRY(add_message(b, about, bytes, number, err));
    return take_sample(b, &b->messages[*number], about, err);
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
    size_t later_bytes = (b->record_count + 1) * 4 * sizeof *b->records +
                         b->message_count * 2 * sizeof *b->messages;
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
    if (caus_log_continues(row->text) &&
        !memchr(row->text.bytes, '\n', row->text.length)) {
        b->continued += row->lines;
        return CAUS_OK;
    }
    line about = {.service = row->service,
                  .text = cut(caus_log_headline(row->text)),
                  .severity = row->severity,
                  .time_ns = row->time_ns};
    if (!about.severity)
        about.severity = caus_log_severity(about.text);
    if (!caus_reserve(&b->records, b->record_count, &b->record_capacity,
                      sizeof *b->records))
        return fail_memory(b, err);
    size_t number;
    uint32_t trace = 0;
    CAUS_TRY(find_message(b, &about, &number, err));
    if (row->trace.length && about.severity >= CAUS_SEVERITY_WARN)
        CAUS_TRY(find_trace(b, row->trace, &trace, err));
    b->messages[number].lines += row->lines;
    b->records[b->record_count++] =
        (record){row->time_ns, (uint32_t)number, trace, row->lines};
    return CAUS_OK;
}

/* ---- finding templates ---- */

static int by_first(const void *a, const void *b)
{
    const message *const *p = a, *const *q = b, *x = *p, *y = *q;
    if (x->first_ns != y->first_ns)
        return x->first_ns < y->first_ns ? -1 : 1;
    int order = compare(x->service, y->service);
    if (order == 0)
        order = compare(x->masked, y->masked);
    return order ? order : (int)x->severity - (int)y->severity;
}

static caus_status learn(const caus_logs_builder *b, message **order,
                         const caus_run *run, caus_log_tree *tree,
                         caus_error *err)
{
    enum { BETWEEN_CHECKS = 256 };
    for (size_t i = 0; i < b->message_count; i++)
        order[i] = &b->messages[i];
    qsort(order, b->message_count, sizeof *order, by_first);
    for (size_t i = 0; i < b->message_count; i++) {
        if (i % BETWEEN_CHECKS == 0)
            CAUS_TRY(caus_run_check(run, err));
        const caus_log_event event = {
            .service = order[i]->service,
            .masked = order[i]->masked,
            .sample = {order[i]->sample, order[i]->sample_bytes},
            .severity = order[i]->severity,
            .lines = order[i]->lines};
        CAUS_TRY(caus_log_tree_add(tree, &event, &order[i]->kind, err));
    }
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

static const char *join_words(const caus_log_shape *from, caus_arena *out)
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
static caus_status write_templates(caus_log_tree *b, named *order,
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
        caus_log_shape *from = &b->templates[order[i].number];
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

/* An id and the number that it had. */
typedef struct numbered {
    const char *id;
    uint32_t number;
} numbered;

static int by_id(const void *a, const void *b)
{
    const numbered *x = a, *y = b;
    return strcmp(x->id, y->id);
}

/* Writes ids in order, and numbers those of records anew. */
static caus_status write_traces(caus_logs_builder *b, caus_arena *out,
                                caus_logs *result, caus_error *err)
{
    const char **ids = CAUS_ARRAY(out, const char *, b->trace_count);
    numbered *order = CAUS_ARRAY(b->texts, numbered, b->trace_count);
    uint32_t *rank = CAUS_ARRAY(b->texts, uint32_t, b->trace_count);
    if (!ids)
        return caus_arena_fail(out, err);
    if (!order || !rank)
        return caus_arena_fail(b->texts, err);
    for (size_t i = 0; i < b->trace_count; i++)
        order[i] = (numbered){b->trace_ids[i], (uint32_t)i};
    qsort(order, b->trace_count, sizeof *order, by_id);
    for (size_t i = 0; i < b->trace_count; i++) {
        rank[order[i].number] = (uint32_t)i;
        ids[i] = caus_arena_copy(out, order[i].id);
        if (!ids[i])
            return caus_arena_fail(out, err);
    }
    for (size_t i = 0; i < b->record_count; i++) {
        uint32_t *trace = &b->records[i].trace;
        *trace = *trace ? rank[*trace - 1] + 1 : 0;
    }
    result->trace_count = b->trace_count;
    result->trace_ids = ids;
    return CAUS_OK;
}

static int by_time(const void *a, const void *b)
{
    const record *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->trace != y->trace)
        return x->trace < y->trace ? -1 : 1;
    return (x->lines > y->lines) - (x->lines < y->lines);
}

static caus_status write_records(caus_logs_builder *b,
                                 const caus_log_tree *tree, caus_arena *out,
                                 caus_logs *result, caus_error *err)
{
    int64_t *time_ns = CAUS_ARRAY(out, int64_t, b->record_count);
    uint32_t *kind = CAUS_ARRAY(out, uint32_t, b->record_count);
    uint32_t *lines = CAUS_ARRAY(out, uint32_t, b->record_count);
    uint32_t *trace = CAUS_ARRAY(out, uint32_t, b->record_count);
    if (!time_ns || !kind || !lines || !trace)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < b->record_count; i++) {
        record *r = &b->records[i];
        r->kind = tree->templates[b->messages[r->kind].kind].rank;
    }
    if (b->record_count)
        qsort(b->records, b->record_count, sizeof *b->records, by_time);
    for (size_t i = 0; i < b->record_count; i++) {
        time_ns[i] = b->records[i].time_ns;
        kind[i] = b->records[i].kind;
        lines[i] = b->records[i].lines;
        trace[i] = b->records[i].trace;
        result->line_count += lines[i];
    }
    result->record_count = b->record_count;
    result->time_ns = time_ns;
    result->kind = kind;
    result->lines = lines;
    result->trace = trace;
    result->overflowing = tree->overflowing;
    result->continued_lines = b->continued;
    return CAUS_OK;
}

static caus_status find_templates(const caus_logs_builder *b,
                                  const caus_run *run, caus_log_tree *tree,
                                  caus_error *err)
{
    message **order = CAUS_ARRAY(b->texts, message *, b->message_count);
    if (!order)
        return caus_arena_fail(b->texts, err);
    return learn(b, order, run, tree, err);
}

static caus_status finish(caus_logs_builder *b, caus_log_tree *tree,
                          caus_arena *out, caus_logs *made, caus_error *err)
{
    named *names = CAUS_ARRAY(b->texts, named, tree->template_count);
    if (!names)
        return caus_arena_fail(b->texts, err);
    CAUS_TRY(write_templates(tree, names, out, made, err));
    CAUS_TRY(write_traces(b, out, made, err));
    return write_records(b, tree, out, made, err);
}

caus_status caus_logs_builder_finish(caus_logs_builder *b, const caus_run *run,
                                     caus_arena *out, caus_logs *result,
                                     caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_logs made = {0};
    caus_log_tree *tree =
        caus_log_tree_new(b->similarity, b->max_templates, b->limit_bytes);
    if (!tree)
        return fail_memory(b, err);
    caus_status status = find_templates(b, run, tree, err);
    if (status == CAUS_OK)
        status = finish(b, tree, out, &made, err);
    caus_log_tree_free(tree);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
