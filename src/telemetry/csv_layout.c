/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "base/base.h"
#include "base/excerpt.h"
#include "base/number.h"
#include "telemetry/csv_internal.h"

bool caus_csv_next_cell(const char **at, const char *end, caus_csv_cell *cell)
{
    const char *from = *at;
    while (from != end && caus_csv_is_blank(*from))
        from++;
    if (from != end && *from == '"') {
        const char *close = ++from;
        while (close != end &&
               (*close != '"' || (close + 1 != end && close[1] == '"')))
            close += *close == '"' ? 2 : 1;
        if (close == end)
            return false;
        *cell = (caus_csv_cell){{from, close}, true};
        for (close++; close != end && caus_csv_is_blank(*close);)
            close++;
        *at = close;
        return close == end || *close == ',';
    }
    size_t left = (size_t)(end - from);
    const char *comma = left ? memchr(from, ',', left) : NULL;
    *at = comma ? comma : end;
    const char *last = *at;
    while (last != from && caus_csv_is_blank(last[-1]))
        last--;
    *cell = (caus_csv_cell){{from, last}, false};
    return true;
}

char *caus_csv_cell_text(const caus_csv_cell *cell, caus_arena *out)
{
    size_t length = (size_t)(cell->text.end - cell->text.from);
    char *text = caus_arena_copy_text(out, cell->text.from, length);
    if (!text || !cell->quoted)
        return text;
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        text[kept++] = text[i];
        i += text[i] == '"';
    }
    text[kept] = '\0';
    return text;
}

static caus_status count_columns(const char *path, caus_csv_text line,
                                 size_t *count, caus_error *err)
{
    size_t columns = 0;
    for (const char *at = line.from;; at++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, line.end, &cell))
            return caus_csv_fail_quote(path, 1, err);
        columns++;
        if (at == line.end)
            break;
    }
    *count = columns;
    return CAUS_OK;
}

static caus_status check_name(const char *path, const char *name, size_t column,
                              caus_error *err)
{
    size_t length = strlen(name);
    if (length == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1: column %zu has no name: name it, or leave "
                         "the column out",
                         path, column);
    if (!caus_utf8_is_valid(name, length) ||
        caus_text_has_control(name, length))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1: the name of column %zu, '%s', is no plain "
                         "UTF-8 text: save the file as UTF-8",
                         path, column, caus_excerpt_of(name, length).text);
    return CAUS_OK;
}

static void name_variable(const char *name, caus_variable *variable)
{
    *variable = caus_variable_default();
    variable->name = name;
    variable->source = "csv";
}

static caus_status name_by_number(caus_arena *out, caus_csv_layout *layout,
                                  caus_error *err)
{
    for (size_t i = 0; i < layout->variable_count; i++) {
        const char *name = caus_arena_format(out, "x%zu", i);
        if (!name)
            return caus_arena_fail(out, err);
        name_variable(name, &layout->variables[i]);
    }
    return CAUS_OK;
}

/* "time", or what other tools write over the same column. */
static bool is_time_name(const caus_csv_cell *cell)
{
    static const char *const names[] = {"time", "timestamp", "datetime", "ts"};
    size_t length = (size_t)(cell->text.end - cell->text.from);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == length &&
            strncasecmp(cell->text.from, names[i], length) == 0)
            return true;
    }
    return false;
}

/* Adds a name to those seen; `column` counts from 1. */
static caus_status add_unique(caus_map *seen, const caus_csv_layout *layout,
                              const char *name, size_t column, caus_error *err)
{
    size_t first = 0;
    int added = caus_map_insert(seen, name, strlen(name), column, &first);
    if (added < 0)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the names of %s", layout->path);
    if (added == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1: columns %zu and %zu are both named '%s': "
                         "rename one",
                         layout->path, first, column,
                         caus_excerpt_of(name, strlen(name)).text);
    if (layout->has_time && strcasecmp(name, "time") == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1: column %zu is named time too: rename it",
                         layout->path, column);
    return CAUS_OK;
}

static caus_status read_names(const caus_csv_options *options,
                              caus_csv_text line, caus_map *seen,
                              caus_arena *out, caus_csv_layout *layout,
                              caus_error *err)
{
    size_t fractions = 0, numbers = 0;
    const char *at = line.from;
    for (size_t column = 0; column < layout->column_count; column++, at++) {
        caus_csv_cell cell = {0};
        caus_csv_next_cell(&at, line.end, &cell);
        if (layout->has_time && column == 0)
            continue;
        const char *name = caus_csv_cell_text(&cell, out);
        if (!name)
            return caus_arena_fail(out, err);
        CAUS_TRY(check_name(layout->path, name, column + 1, err));
        if (!layout->has_time && !options->table && is_time_name(&cell))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line 1: time is column %zu: make it the first",
                             layout->path, column + 1);
        CAUS_TRY(add_unique(seen, layout, name, column + 1, err));
        name_variable(name, &layout->variables[column - layout->has_time]);
        double number;
        const char *rest, *name_end = name + strlen(name);
        bool is_number = caus_parse_double(name, name_end, &number, &rest) &&
                         rest == name_end;
        numbers += is_number;
        fractions += is_number && strpbrk(name, ".eE-") != NULL;
    }
    /* 0, 1, 2 … are names that people give; 0.25, -1e3 are not. */
    if (numbers == layout->variable_count && fractions > 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1 holds numbers where names are expected: "
                         "add a header, or give --no-header",
                         layout->path);
    return CAUS_OK;
}

static caus_status check_separator(const caus_csv_layout *layout,
                                   caus_csv_text line, caus_error *err)
{
    size_t length = (size_t)(line.end - line.from);
    if (layout->column_count > 1 || length == 0)
        return CAUS_OK;
    bool semicolon = memchr(line.from, ';', length) != NULL;
    if (semicolon || memchr(line.from, '\t', length))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1: columns are parted by %s: only commas "
                         "part columns",
                         layout->path, semicolon ? "semicolons" : "tabs");
    return CAUS_OK;
}

static caus_status read_header(const caus_csv_options *options,
                               caus_csv_text line, caus_arena *out,
                               caus_csv_layout *layout, caus_error *err)
{
    const char *at = line.from;
    caus_csv_cell cell = {0};
    caus_csv_next_cell(&at, line.end, &cell);
    layout->has_time =
        !options->table && !options->no_header && is_time_name(&cell);
    layout->variable_count = layout->column_count - layout->has_time;
    if (layout->variable_count == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1: there is no column beside time: add one "
                         "for each variable",
                         layout->path);
    layout->variables = CAUS_ARRAY(out, caus_variable, layout->variable_count);
    if (!layout->variables)
        return caus_arena_fail(out, err);
    if (options->no_header)
        return name_by_number(out, layout, err);
    caus_map *seen = caus_map_new();
    if (!seen)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the names of %s", layout->path);
    caus_status status = read_names(options, line, seen, out, layout, err);
    caus_map_free(seen);
    return status;
}

caus_status caus_csv_layout_read(const char *path, caus_csv_text first_piece,
                                 const caus_csv_options *options,
                                 caus_arena *out, caus_csv_layout *layout,
                                 caus_error *err)
{
    caus_csv_text text = first_piece;
    CAUS_TRY(caus_csv_skip_mark(path, &text, err));
    const char *next = text.from;
    caus_csv_text line = {text.from, text.from};
    if (text.from != text.end)
        line.end = caus_csv_line_end(text.from, text.end, &next);
    caus_csv_layout made = {.path = path};
    CAUS_TRY(count_columns(path, line, &made.column_count, err));
    if (line.from == line.end)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1 is empty: start with the header", path);
    CAUS_TRY(check_separator(&made, line, err));
    CAUS_TRY(read_header(options, line, out, &made, err));
    CAUS_TRY(caus_csv_find_services(options, out, &made, err));
    made.body_line = options->no_header ? 1 : 2;
    made.body_byte =
        (size_t)((options->no_header ? text.from : next) - first_piece.from);
    *layout = made;
    return CAUS_OK;
}
