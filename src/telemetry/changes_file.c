/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/excerpt.h"
#include "telemetry/changes_internal.h"
#include "telemetry/csv_internal.h"

enum { MOST_CHANGES = 1000000 };

const char *const caus_change_fields[CAUS_CHANGE_FIELDS] = {
    "time", "service", "kind", "ref", "text", "source", "query"};
/* The same, as lists that end. */
static const char *const json_names[CAUS_CHANGE_FIELDS][2] = {
    {"time", NULL}, {"service", NULL}, {"kind", NULL}, {"ref", NULL},
    {"text", NULL}, {"source", NULL},  {"query", NULL}};

caus_status caus_change_reader_fail(const caus_change_reader *r,
                                    caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for the changes of %s", r->path);
}

/* ---- one change ---- */

caus_change_kind caus_change_kind_of(const char *word)
{
    static const struct {
        const char *word;
        caus_change_kind kind;
    } words[] = {{"deploy", CAUS_CHANGE_DEPLOY},
                 {"deployment", CAUS_CHANGE_DEPLOY},
                 {"release", CAUS_CHANGE_DEPLOY},
                 {"rollback", CAUS_CHANGE_DEPLOY},
                 {"config", CAUS_CHANGE_CONFIG},
                 {"configuration", CAUS_CHANGE_CONFIG},
                 {"flag", CAUS_CHANGE_FLAG},
                 {"feature_flag", CAUS_CHANGE_FLAG},
                 {"restart", CAUS_CHANGE_RESTART},
                 {"oom_kill", CAUS_CHANGE_OOM_KILL},
                 {"oom", CAUS_CHANGE_OOM_KILL},
                 {"oomkilled", CAUS_CHANGE_OOM_KILL},
                 {"certificate", CAUS_CHANGE_CERTIFICATE},
                 {"cert", CAUS_CHANGE_CERTIFICATE},
                 {"node", CAUS_CHANGE_NODE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(word, words[i].word) == 0)
            return words[i].kind;
    return CAUS_CHANGE_OTHER;
}

static caus_status check_texts(const caus_change_reader *r, caus_error *err)
{
    for (int i = 0; i < CAUS_CHANGE_FIELDS; i++) {
        const caus_text *text = &r->wanted[i].text;
        bool is_prose = i == CAUS_CHANGE_TEXT || i == CAUS_CHANGE_QUERY;
        if (text->length > CAUS_CHANGE_TEXT_BYTES)
            return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                             "%s %s %zu, %s has over %d bytes: shorten it",
                             r->path, r->unit, r->line, caus_change_fields[i],
                             CAUS_CHANGE_TEXT_BYTES);
        if (!caus_utf8_is_valid(text->bytes, text->length) ||
            (!is_prose && caus_text_has_control(text->bytes, text->length)))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s %s %zu, %s: '%s' is no plain UTF-8 text",
                             r->path, r->unit, r->line, caus_change_fields[i],
                             caus_excerpt_of(text->bytes, text->length).text);
    }
    return CAUS_OK;
}

static caus_status read_time(const caus_change_reader *r, int64_t *time_ns,
                             caus_error *err)
{
    const caus_text *text = &r->wanted[CAUS_CHANGE_TIME].text;
    bool lacks_zone;
    if (caus_event_time((caus_slice){text->bytes, text->length},
                        r->options->zone, r->options->zone_data, time_ns,
                        &lacks_zone))
        return CAUS_OK;
    caus_excerpt shown = caus_excerpt_of(text->bytes, text->length);
    if (lacks_zone)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s %s %zu, time: '%s' has no zone: append Z where "
                         "it is UTC, else an offset such as +01:00, or give "
                         "--tz",
                         r->path, r->unit, r->line, shown.text);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s %s %zu, time: '%s' is no time: give RFC 3339 or "
                     "unix s, ms, us or ns",
                     r->path, r->unit, r->line, shown.text);
}

caus_status caus_change_reader_add(caus_change_reader *r, caus_error *err)
{
    const char *copies[CAUS_CHANGE_FIELDS];
    caus_change change = {0};
    CAUS_TRY(check_texts(r, err));
    CAUS_TRY(read_time(r, &change.time_ns, err));
    if (r->wanted[CAUS_CHANGE_KIND].text.length == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s %s %zu has no kind: give deploy, config, flag, "
                         "restart, oom_kill, certificate, node or a word of "
                         "your own",
                         r->path, r->unit, r->line);
    if (r->change_count == MOST_CHANGES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s holds over %d changes: give those around the "
                         "incident",
                         r->path, MOST_CHANGES);
    for (int i = CAUS_CHANGE_SERVICE; i < CAUS_CHANGE_FIELDS; i++) {
        const caus_text *text = &r->wanted[i].text;
        copies[i] = text->length ? caus_arena_copy_text(r->out, text->bytes,
                                                        text->length)
                                 : "";
        if (!copies[i])
            return caus_arena_fail(r->out, err);
    }
    if (!caus_reserve(&r->changes, r->change_count, &r->change_capacity,
                      sizeof *r->changes))
        return caus_change_reader_fail(r, err);
    change.service = copies[CAUS_CHANGE_SERVICE];
    change.kind_name = copies[CAUS_CHANGE_KIND];
    change.kind = caus_change_kind_of(change.kind_name);
    change.ref = copies[CAUS_CHANGE_REF];
    change.text = copies[CAUS_CHANGE_TEXT];
    change.source =
        *copies[CAUS_CHANGE_SOURCE] ? copies[CAUS_CHANGE_SOURCE] : r->source;
    change.query = copies[CAUS_CHANGE_QUERY];
    r->changes[r->change_count++] = change;
    return CAUS_OK;
}

/* ---- lines ---- */

static unsigned char field_named(const caus_csv_cell *cell)
{
    size_t length = (size_t)(cell->text.end - cell->text.from);
    for (unsigned char i = 0; i < (unsigned char)CAUS_CHANGE_FIELDS; i++)
        if (length == strlen(caus_change_fields[i]) &&
            strncasecmp(cell->text.from, caus_change_fields[i], length) == 0)
            return i;
    return CAUS_CHANGE_FIELDS;
}

static caus_status read_header(caus_change_reader *r, const char *at,
                               const char *end, caus_error *err)
{
    bool has[CAUS_CHANGE_FIELDS + 1] = {false};
    for (;; at++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, end, &cell))
            return caus_csv_fail_quote(r->path, r->line, err);
        if (r->column_count == CAUS_CHANGE_COLUMNS)
            return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                             "%s line %zu has over %d columns: keep time, "
                             "service, kind, ref and text",
                             r->path, r->line, CAUS_CHANGE_COLUMNS);
        unsigned char which = field_named(&cell);
        if (which < CAUS_CHANGE_FIELDS && has[which])
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu names two columns %s: rename one",
                             r->path, r->line, caus_change_fields[which]);
        has[which] = true;
        r->field_of[r->column_count++] = which;
        if (at == end)
            break;
    }
    if (!has[CAUS_CHANGE_TIME] || !has[CAUS_CHANGE_KIND])
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has no column %s: start changes with the "
                         "line time,service,kind,ref,text",
                         r->path, r->line,
                         has[CAUS_CHANGE_TIME] ? "kind" : "time");
    return CAUS_OK;
}

static caus_status read_csv_row(caus_change_reader *r, const char *at,
                                const char *end, caus_error *err)
{
    const caus_wanted_columns columns = {.path = r->path,
                                         .line = r->line,
                                         .count = r->column_count,
                                         .field_of = r->field_of,
                                         .field_count = CAUS_CHANGE_FIELDS};
    CAUS_TRY(caus_wanted_row(&columns, at, end, r->wanted, err));
    return caus_change_reader_add(r, err);
}

static caus_status read_json_row(caus_change_reader *r, const char *at,
                                 const char *end, caus_error *err)
{
    int read = caus_json_line_read(at, end, r->wanted, CAUS_CHANGE_FIELDS);
    if (read == 0)
        return caus_change_reader_fail(r, err);
    if (read < 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu is no JSON object: '%s': give one object "
                         "a line with time, service, kind, ref and text",
                         r->path, r->line,
                         caus_excerpt_of(at, (size_t)(end - at)).text);
    if (!r->wanted[CAUS_CHANGE_TIME].is_present)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has no time: give one to every change",
                         r->path, r->line);
    return caus_change_reader_add(r, err);
}

/* A JSON document goes over several lines, or holds a list of changes. */
static bool begins_document(caus_change_reader *r, const char *at,
                            const char *end)
{
    static const char *const lists[] = {"\"annotations\"", "\"changes\""};
    if (*at == '[')
        return true;
    if (*at != '{')
        return false;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t length = strlen(lists[i]);
        const char *found = memmem(at, (size_t)(end - at), lists[i], length);
        if (found && memchr(found, '[', (size_t)(end - found)))
            return true;
    }
    return caus_json_line_read(at, end, r->wanted, CAUS_CHANGE_FIELDS) < 0;
}

static caus_status keep_line(caus_change_reader *r, const char *at,
                             const char *end, caus_error *err)
{
    caus_text_add_bytes(&r->document, at, (size_t)(end - at));
    caus_text_add_char(&r->document, '\n');
    if (r->document.failed)
        return caus_change_reader_fail(r, err);
    if (r->document.length <= CAUS_CHANGE_DOCUMENT_BYTES)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                     "%s is one JSON document of over %d MiB: give those "
                     "around the incident, or one object a line",
                     r->path, CAUS_CHANGE_DOCUMENT_BYTES >> 20);
}

static caus_status read_line(caus_change_reader *r, const char *at,
                             const char *end, caus_error *err)
{
    if (r->is_document)
        return keep_line(r, at, end, err);
    while (at != end && caus_csv_is_blank(*at))
        at++;
    if (at == end)
        return CAUS_OK;
    if (!r->is_json && r->column_count == 0) {
        r->is_document = begins_document(r, at, end);
        if (r->is_document)
            return keep_line(r, at, end, err);
        r->is_json = *at == '{';
        if (!r->is_json)
            return read_header(r, at, end, err);
    }
    return r->is_json ? read_json_row(r, at, end, err)
                      : read_csv_row(r, at, end, err);
}

static caus_status read_lines(caus_change_reader *r, caus_csv_lines lines,
                              caus_error *err)
{
    for (;;) {
        caus_csv_text line;
        CAUS_TRY(caus_csv_next_line(&lines, &line, err));
        if (!line.from)
            return CAUS_OK;
        r->line = lines.count;
        CAUS_TRY(read_line(r, line.from, line.end, err));
    }
}

static int by_time(const void *a, const void *b)
{
    const caus_change *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    const char *const texts[][2] = {
        {x->service, y->service}, {x->kind_name, y->kind_name},
        {x->ref, y->ref},         {x->text, y->text},
        {x->source, y->source},   {x->query, y->query}};
    int order = 0;
    for (size_t i = 0; order == 0 && i < sizeof texts / sizeof *texts; i++)
        order = strcmp(texts[i][0], texts[i][1]);
    return order;
}

size_t caus_changes_sort(caus_change *changes, size_t count)
{
    size_t kept = 0;
    if (count)
        qsort(changes, count, sizeof *changes, by_time);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || by_time(&changes[kept - 1], &changes[i]) != 0)
            changes[kept++] = changes[i];
    }
    return kept;
}

static caus_status finish(caus_change_reader *r, caus_changes *result,
                          caus_error *err)
{
    if (r->is_document)
        CAUS_TRY(caus_change_reader_document(r, r->document.bytes,
                                             r->document.length, err));
    caus_change *changes = CAUS_ARRAY(r->out, caus_change, r->change_count);
    if (!changes)
        return caus_arena_fail(r->out, err);
    if (r->change_count)
        memcpy(changes, r->changes, r->change_count * sizeof *changes);
    *result =
        (caus_changes){caus_changes_sort(changes, r->change_count), changes};
    return CAUS_OK;
}

static const caus_changes_options none = {0};

static caus_change_reader
begin(const char *path, const caus_changes_options *options, caus_arena *out)
{
    const char *slash = strrchr(path, '/');
    caus_change_reader r = {.path = path,
                            .source = slash ? slash + 1 : path,
                            .options = options ? options : &none,
                            .out = out,
                            .unit = "line"};
    for (int i = 0; i < CAUS_CHANGE_FIELDS; i++)
        r.wanted[i].names = json_names[i];
    return r;
}

static void end(caus_change_reader *r)
{
    for (int i = 0; i < CAUS_CHANGE_FIELDS; i++)
        caus_text_deinit(&r->wanted[i].text);
    caus_text_deinit(&r->document);
    free(r->changes);
}

/* The name of the file must outlive the path. */
static caus_status keep_source(caus_change_reader *r, caus_error *err)
{
    r->source = caus_arena_copy(r->out, r->source);
    return r->source ? CAUS_OK : caus_arena_fail(r->out, err);
}

caus_status caus_changes_read(const char *path,
                              const caus_changes_options *options,
                              const caus_run *run, caus_arena *out,
                              caus_changes *result, caus_error *err)
{
    caus_change_reader r = begin(path, options, out);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_csv_source *source = NULL;
    CAUS_TRY(caus_csv_source_open(path, caus_run_memory_limit_bytes(run), run,
                                  &source, err));
    caus_status status = keep_source(&r, err);
    if (status == CAUS_OK)
        status =
            read_lines(&r, (caus_csv_lines){.source = source, .run = run}, err);
    if (status == CAUS_OK)
        status = finish(&r, result, err);
    caus_csv_source_close(source);
    end(&r);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}

caus_status caus_changes_read_text(const char *name, const char *text,
                                   size_t length,
                                   const caus_changes_options *options,
                                   caus_arena *out, caus_changes *result,
                                   caus_error *err)
{
    caus_change_reader r = begin(name, options, out);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = keep_source(&r, err);
    if (status == CAUS_OK)
        status = read_lines(&r, (caus_csv_lines){.rest = {text, text + length}},
                            err);
    if (status == CAUS_OK)
        status = finish(&r, result, err);
    end(&r);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
