/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/excerpt.h"
#include "caus/changes.h"
#include "telemetry/csv_internal.h"
#include "telemetry/events_internal.h"

enum { MOST_CHANGES = 1000000, MOST_TEXT_BYTES = 4096, MOST_COLUMNS = 256 };

typedef enum field {
    FIELD_TIME,
    FIELD_SERVICE,
    FIELD_KIND,
    FIELD_REF,
    FIELD_TEXT,
    FIELD_COUNT
} field;

static const char *const field_names[FIELD_COUNT] = {"time", "service", "kind",
                                                     "ref", "text"};
/* The same, as lists that end. */
static const char *const json_names[FIELD_COUNT][2] = {{"time", NULL},
                                                       {"service", NULL},
                                                       {"kind", NULL},
                                                       {"ref", NULL},
                                                       {"text", NULL}};

typedef struct change_reader {
    const char *path;
    const caus_changes_options *options;
    caus_arena *out;
    size_t line;
    bool is_json;
    size_t column_count;
    unsigned char field_of[MOST_COLUMNS]; /* FIELD_COUNT = ignored */
    caus_json_wanted wanted[FIELD_COUNT];
    caus_change *changes;
    size_t change_count;
    size_t change_capacity;
} change_reader;

static caus_status fail_memory(const change_reader *r, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for the changes of %s", r->path);
}

/* ---- one change ---- */

static caus_change_kind kind_of(const char *word)
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

static caus_status check_texts(const change_reader *r, caus_error *err)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        const caus_text *text = &r->wanted[i].text;
        bool is_prose = i == FIELD_TEXT;
        if (text->length > MOST_TEXT_BYTES)
            return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                             "%s line %zu, %s has over %d bytes: shorten it",
                             r->path, r->line, field_names[i], MOST_TEXT_BYTES);
        if (!caus_utf8_is_valid(text->bytes, text->length) ||
            (!is_prose && caus_text_has_control(text->bytes, text->length)))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu, %s: '%s' is no plain UTF-8 text",
                             r->path, r->line, field_names[i],
                             caus_excerpt_of(text->bytes, text->length).text);
    }
    return CAUS_OK;
}

static caus_status read_time(const change_reader *r, int64_t *time_ns,
                             caus_error *err)
{
    const caus_text *text = &r->wanted[FIELD_TIME].text;
    bool lacks_zone;
    if (caus_event_time((caus_slice){text->bytes, text->length},
                        r->options->zone, r->options->zone_data, time_ns,
                        &lacks_zone))
        return CAUS_OK;
    caus_excerpt shown = caus_excerpt_of(text->bytes, text->length);
    if (lacks_zone)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu, time: '%s' has no zone: append Z where "
                         "it is UTC, else an offset such as +01:00, or give "
                         "--tz",
                         r->path, r->line, shown.text);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu, time: '%s' is no time: give RFC 3339 or "
                     "unix s, ms, us or ns",
                     r->path, r->line, shown.text);
}

static caus_status add_change(change_reader *r, caus_error *err)
{
    const char *copies[FIELD_COUNT];
    caus_change change = {0};
    CAUS_TRY(check_texts(r, err));
    CAUS_TRY(read_time(r, &change.time_ns, err));
    if (r->wanted[FIELD_KIND].text.length == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has no kind: give deploy, config, flag, "
                         "restart, oom_kill, certificate, node or a word of "
                         "your own",
                         r->path, r->line);
    if (r->change_count == MOST_CHANGES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s holds over %d changes: give those around the "
                         "incident",
                         r->path, MOST_CHANGES);
    for (int i = FIELD_SERVICE; i < FIELD_COUNT; i++) {
        const caus_text *text = &r->wanted[i].text;
        copies[i] = text->length ? caus_arena_copy_text(r->out, text->bytes,
                                                        text->length)
                                 : "";
        if (!copies[i])
            return caus_arena_fail(r->out, err);
    }
    if (r->change_count == r->change_capacity) {
        size_t capacity = r->change_capacity ? r->change_capacity * 2 : 64;
        caus_change *grown = caus_realloc(r->changes, capacity * sizeof *grown);
        if (!grown)
            return fail_memory(r, err);
        r->changes = grown;
        r->change_capacity = capacity;
    }
    change.service = copies[FIELD_SERVICE];
    change.kind_name = copies[FIELD_KIND];
    change.kind = kind_of(change.kind_name);
    change.ref = copies[FIELD_REF];
    change.text = copies[FIELD_TEXT];
    r->changes[r->change_count++] = change;
    return CAUS_OK;
}

/* ---- lines ---- */

static caus_status fail_quote(const change_reader *r, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu: a quote is not closed on its line or goes "
                     "on after it: close it (a quote inside is written twice)",
                     r->path, r->line);
}

static unsigned char field_named(const caus_csv_cell *cell)
{
    size_t length = (size_t)(cell->text.end - cell->text.from);
    for (unsigned char i = 0; i < FIELD_COUNT; i++)
        if (length == strlen(field_names[i]) &&
            strncasecmp(cell->text.from, field_names[i], length) == 0)
            return i;
    return FIELD_COUNT;
}

static caus_status read_header(change_reader *r, const char *at,
                               const char *end, caus_error *err)
{
    bool has[FIELD_COUNT + 1] = {false};
    for (;; at++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, end, &cell))
            return fail_quote(r, err);
        if (r->column_count == MOST_COLUMNS)
            return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                             "%s line %zu has over %d columns: keep time, "
                             "service, kind, ref and text",
                             r->path, r->line, MOST_COLUMNS);
        unsigned char which = field_named(&cell);
        if (which < FIELD_COUNT && has[which])
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu names two columns %s: rename one",
                             r->path, r->line, field_names[which]);
        has[which] = true;
        r->field_of[r->column_count++] = which;
        if (at == end)
            break;
    }
    if (!has[FIELD_TIME] || !has[FIELD_KIND])
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has no column %s: start changes with the "
                         "line time,service,kind,ref,text",
                         r->path, r->line, has[FIELD_TIME] ? "kind" : "time");
    return CAUS_OK;
}

static void take_cell(caus_text *text, const caus_csv_cell *cell)
{
    for (const char *at = cell->text.from; at != cell->text.end; at++) {
        caus_text_add_char(text, *at);
        at += cell->quoted && *at == '"';
    }
}

static caus_status read_csv_row(change_reader *r, const char *at,
                                const char *end, caus_error *err)
{
    size_t column = 0;
    for (int i = 0; i < FIELD_COUNT; i++) {
        r->wanted[i].text.length = 0;
        caus_text_add(&r->wanted[i].text, "");
    }
    for (;; at++, column++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, end, &cell))
            return fail_quote(r, err);
        if (column < r->column_count && r->field_of[column] < FIELD_COUNT)
            take_cell(&r->wanted[r->field_of[column]].text, &cell);
        if (at == end)
            break;
    }
    if (column + 1 != r->column_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has %zu cells, the header has %zu: quote "
                         "a text that holds a comma",
                         r->path, r->line, column + 1, r->column_count);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (r->wanted[i].text.failed)
            return fail_memory(r, err);
    return add_change(r, err);
}

static caus_status read_json_row(change_reader *r, const char *at,
                                 const char *end, caus_error *err)
{
    int read = caus_json_line_read(at, end, r->wanted, FIELD_COUNT);
    if (read == 0)
        return fail_memory(r, err);
    if (read < 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu is no JSON object: '%s': give one object "
                         "a line with time, service, kind, ref and text",
                         r->path, r->line,
                         caus_excerpt_of(at, (size_t)(end - at)).text);
    if (!r->wanted[FIELD_TIME].is_present)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has no time: give one to every change",
                         r->path, r->line);
    return add_change(r, err);
}

static caus_status read_line(change_reader *r, const char *at, const char *end,
                             caus_error *err)
{
    while (at != end && caus_csv_is_blank(*at))
        at++;
    if (at == end)
        return CAUS_OK;
    if (!r->is_json && r->column_count == 0) {
        r->is_json = *at == '{';
        if (!r->is_json)
            return read_header(r, at, end, err);
    }
    return r->is_json ? read_json_row(r, at, end, err)
                      : read_csv_row(r, at, end, err);
}

static caus_status read_all(change_reader *r, caus_csv_source *source,
                            const caus_run *run, caus_error *err)
{
    for (;;) {
        caus_csv_text piece;
        CAUS_TRY(caus_run_check(run, err));
        CAUS_TRY(caus_csv_source_next(source, &piece, err));
        const char *at = piece.from;
        if (at == piece.end)
            return CAUS_OK;
        if (r->line == 1 && piece.end - at >= 3 &&
            memcmp(at, "\xef\xbb\xbf", 3) == 0)
            at += 3;
        for (; at != piece.end; r->line++) {
            const char *next;
            const char *end = caus_csv_line_end(at, piece.end, &next);
            CAUS_TRY(read_line(r, at, end, err));
            at = next;
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const caus_change *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    int order = strcmp(x->service, y->service);
    if (order == 0)
        order = strcmp(x->kind_name, y->kind_name);
    if (order == 0)
        order = strcmp(x->ref, y->ref);
    return order ? order : strcmp(x->text, y->text);
}

static caus_status finish(change_reader *r, caus_changes *result,
                          caus_error *err)
{
    caus_change *changes = CAUS_ARRAY(r->out, caus_change, r->change_count);
    if (!changes)
        return caus_arena_fail(r->out, err);
    if (r->change_count) {
        memcpy(changes, r->changes, r->change_count * sizeof *changes);
        qsort(changes, r->change_count, sizeof *changes, by_time);
    }
    *result = (caus_changes){r->change_count, changes};
    return CAUS_OK;
}

caus_status caus_changes_read(const char *path,
                              const caus_changes_options *options,
                              const caus_run *run, caus_arena *out,
                              caus_changes *result, caus_error *err)
{
    const caus_changes_options none = {0};
    change_reader r = {.path = path,
                       .options = options ? options : &none,
                       .out = out,
                       .line = 1};
    for (int i = 0; i < FIELD_COUNT; i++)
        r.wanted[i].names = json_names[i];
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_csv_source *source = NULL;
    CAUS_TRY(caus_csv_source_open(path, caus_run_memory_limit_bytes(run), run,
                                  &source, err));
    caus_status status = read_all(&r, source, run, err);
    if (status == CAUS_OK)
        status = finish(&r, result, err);
    caus_csv_source_close(source);
    for (int i = 0; i < FIELD_COUNT; i++)
        caus_text_deinit(&r.wanted[i].text);
    free(r.changes);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
