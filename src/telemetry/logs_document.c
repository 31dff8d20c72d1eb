/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of log templates as one JSON object. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "caus/logs.h"

enum {
    CELLS = 3
}; /* of a template: service, severity, text; of a count:
      template, end of its step, lines */

/* ---- writing ---- */

/* The end of the step (t − step, t] of a grid that holds an instant; false =
 * the grid has none. */
static bool find_step(const caus_grid *grid, int64_t time_ns, int64_t *end_ns)
{
    if (!grid->step_ns || time_ns <= grid->start_ns - grid->step_ns ||
        time_ns > grid->end_ns)
        return false;
    int64_t passed_ns = time_ns - grid->start_ns;
    int64_t steps = passed_ns <= 0 ? 0 : (passed_ns - 1) / grid->step_ns + 1;
    *end_ns = grid->start_ns + steps * grid->step_ns;
    return true;
}

static void put_templates(const caus_logs *logs, caus_json *json)
{
    caus_json_key(json, "templates");
    caus_json_begin_array(json);
    for (size_t k = 0; k < logs->template_count; k++) {
        caus_json_begin_array(json);
        caus_json_text(json, logs->templates[k].service);
        caus_json_unsigned(json, logs->templates[k].severity);
        caus_json_text(json, logs->templates[k].text);
        caus_json_end_array(json);
    }
    caus_json_end_array(json);
}

/* Writes the lines of one step and forgets them. */
static void put_step(caus_json *json, int64_t end_ns, size_t template_count,
                     uint32_t *lines)
{
    for (size_t k = 0; k < template_count; k++) {
        if (!lines[k])
            continue;
        caus_json_unsigned(json, k);
        caus_json_integer(json, end_ns);
        caus_json_unsigned(json, lines[k]);
        lines[k] = 0;
    }
}

static void put_counts(const caus_logs *logs, const caus_grid grids[2],
                       uint32_t *lines, caus_json *json)
{
    int64_t end_ns = INT64_MIN, next_ns;
    caus_json_key(json, "counts");
    caus_json_begin_array(json);
    for (size_t i = 0; i < logs->record_count; i++) {
        if (!find_step(&grids[0], logs->time_ns[i], &next_ns) &&
            !find_step(&grids[1], logs->time_ns[i], &next_ns))
            continue;
        if (next_ns != end_ns)
            put_step(json, end_ns, logs->template_count, lines);
        end_ns = next_ns;
        lines[logs->kind[i]] += logs->lines[i];
    }
    put_step(json, end_ns, logs->template_count, lines);
    caus_json_end_array(json);
}

caus_status caus_logs_write(const caus_logs *logs, const caus_grid grids[2],
                            caus_arena *out, const char **result,
                            caus_error *err)
{
    caus_text text = {0};
    caus_json json;
    uint32_t *lines = caus_alloc((logs->template_count + 1) * sizeof *lines);
    if (!lines)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to write %zu log templates",
                         logs->template_count);
    memset(lines, 0, (logs->template_count + 1) * sizeof *lines);
    caus_json_init(&json, &text, 0);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "kind", "logs");
    if (logs->statement)
        caus_json_put_text(&json, "statement", logs->statement);
    put_templates(logs, &json);
    put_counts(logs, grids, lines, &json);
    caus_json_end_object(&json);
    free(lines);
    return caus_text_finish(&text, out, result, NULL, err);
}

/* ---- reading ---- */

static caus_status fail(const char *name, const char *what, size_t number,
                        caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: %s %zu is not as it was written: the file was "
                     "changed by hand or is damaged",
                     name, what, number);
}

static bool read_number(const json_t *value, int64_t least, int64_t most,
                        int64_t *result)
{
    *result = json_integer_value(value);
    return json_is_integer(value) && *result >= least && *result <= most;
}

static caus_status read_templates(const char *name, const json_t *list,
                                  caus_arena *out, caus_logs *logs,
                                  caus_error *err)
{
    size_t count = json_array_size(list);
    caus_log_template *templates = CAUS_ARRAY(out, caus_log_template, count);
    if (!templates)
        return caus_arena_fail(out, err);
    for (size_t k = 0; k < count; k++) {
        const json_t *cells = json_array_get(list, k);
        const char *service = json_string_value(json_array_get(cells, 0));
        const char *text = json_string_value(json_array_get(cells, 2));
        int64_t severity;
        if (!service || !text ||
            !read_number(json_array_get(cells, 1), 0, CAUS_SEVERITY_COUNT - 1,
                         &severity))
            return fail(name, "log template", k, err);
        templates[k] =
            (caus_log_template){.service = caus_arena_copy(out, service),
                                .text = caus_arena_copy(out, text),
                                .severity = (caus_severity)severity};
        templates[k].sample = templates[k].text;
        if (!templates[k].service || !templates[k].text)
            return caus_arena_fail(out, err);
    }
    logs->templates = templates;
    logs->template_count = count;
    return CAUS_OK;
}

/* Columns of the result, as they are filled. */
typedef struct columns {
    int64_t *time_ns;
    uint32_t *kind;
    uint32_t *lines;
} columns;

/* A count, whose time is no earlier than that of the one before. */
static bool read_count(const json_t *list, size_t number, size_t templates,
                       const columns *to)
{
    int64_t cells[CELLS];
    const int64_t least[CELLS] = {
        0, number ? to->time_ns[number - 1] : INT64_MIN, 1};
    const int64_t most[CELLS] = {(int64_t)templates - 1, INT64_MAX, UINT32_MAX};
    for (size_t i = 0; i < CELLS; i++)
        if (!read_number(json_array_get(list, number * CELLS + i), least[i],
                         most[i], &cells[i]))
            return false;
    to->kind[number] = (uint32_t)cells[0];
    to->time_ns[number] = cells[1];
    to->lines[number] = (uint32_t)cells[2];
    return true;
}

static caus_status read_counts(const char *name, const json_t *list,
                               caus_arena *out, caus_logs *logs,
                               caus_error *err)
{
    size_t count = json_array_size(list) / CELLS;
    columns to = {.time_ns = CAUS_ARRAY(out, int64_t, count),
                  .kind = CAUS_ARRAY(out, uint32_t, count),
                  .lines = CAUS_ARRAY(out, uint32_t, count)};
    logs->trace = CAUS_ARRAY(out, uint32_t, count);
    if (!to.time_ns || !to.kind || !to.lines || !logs->trace)
        return caus_arena_fail(out, err);
    if (json_array_size(list) % CELLS)
        return fail(name, "the list after log count", count, err);
    for (size_t i = 0; i < count; i++) {
        if (!read_count(list, i, logs->template_count, &to))
            return fail(name, "log count", i, err);
        logs->line_count += to.lines[i];
    }
    logs->record_count = count;
    logs->time_ns = to.time_ns;
    logs->kind = to.kind;
    logs->lines = to.lines;
    return CAUS_OK;
}

static caus_status read_document(const char *name, const json_t *root,
                                 caus_arena *out, caus_logs *logs,
                                 caus_error *err)
{
    const char *statement =
        json_string_value(json_object_get(root, "statement"));
    logs->statement = statement ? caus_arena_copy(out, statement) : NULL;
    if (statement && !logs->statement)
        return caus_arena_fail(out, err);
    CAUS_TRY(read_templates(name, json_object_get(root, "templates"), out, logs,
                            err));
    return read_counts(name, json_object_get(root, "counts"), out, logs, err);
}

caus_status caus_logs_read_text(const char *name, const char *text,
                                size_t length, caus_arena *out,
                                caus_logs *result, caus_error *err)
{
    json_error_t reason;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &reason);
    if (!root && json_error_code(&reason) == json_error_out_of_memory)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for log lines");
    if (!root)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s: no JSON (%s at byte %d)", name, reason.text,
                         reason.position);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_logs made = {0};
    caus_status status = read_document(name, root, out, &made, err);
    json_decref(root);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
