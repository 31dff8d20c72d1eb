/* SPDX-License-Identifier: Apache-2.0 */
/* A list of edges: source,target and, if there are any, lag and mark. */
#include <string.h>

#include "graph/file_internal.h"

enum { SOURCE, TARGET, LAG, MARK, COLUMNS };

/* One cell; *is_last when it ends its line. */
static caus_status read_cell(caus_graph_reader *r, const char **text,
                             bool *is_last, caus_error *err)
{
    const char *from = r->at;
    bool is_quoted = caus_graph_take(r, "\"");
    size_t length = 0;
    const char *end = r->at;
    while (end < r->end &&
           (is_quoted ? *end != '"' || (end + 1 < r->end && end[1] == '"')
                      : *end != ',' && *end != '\n'))
        end += is_quoted && *end == '"' ? 2 : 1;
    char *made = caus_arena_array(r->out, (size_t)(end - from) + 1, 1);
    if (!made)
        return caus_arena_fail(r->out, err);
    while (r->at < r->end) {
        if (is_quoted && caus_graph_take(r, "\"\"")) {
            made[length++] = '"';
            continue;
        }
        if (is_quoted ? *r->at == '"' : *r->at == ',' || *r->at == '\n')
            break;
        made[length++] = *r->at++;
    }
    if (is_quoted && !caus_graph_take(r, "\""))
        return caus_graph_fail(r, from, err,
                               "the quoted name has no end: close it with \"");
    caus_graph_take(r, "\r");
    if (!is_quoted && length && made[length - 1] == '\r')
        length--;
    made[length] = '\0';
    *text = made;
    *is_last = r->at == r->end || *r->at == '\n';
    if (!*is_last && *r->at != ',')
        return caus_graph_fail(r, from, err,
                               "something follows the quoted name: a comma or "
                               "the end of the line is missing");
    r->at += r->at < r->end;
    return CAUS_OK;
}

static caus_status read_header(caus_graph_reader *r, size_t *column_of,
                               size_t *count, caus_error *err)
{
    static const char *const names[COLUMNS] = {"source", "target", "lag",
                                               "mark"};
    bool is_last = false;
    *count = 0;
    for (size_t k = 0; k < COLUMNS; k++)
        column_of[k] = SIZE_MAX;
    while (!is_last) {
        const char *text = "";
        CAUS_TRY(read_cell(r, &text, &is_last, err));
        for (size_t k = 0; k < COLUMNS; k++)
            if (strcmp(text, names[k]) == 0)
                column_of[k] = *count;
        ++*count;
    }
    if (column_of[SOURCE] == SIZE_MAX || column_of[TARGET] == SIZE_MAX)
        return caus_graph_fail(r, r->text, err,
                               "there are no columns source and target: begin "
                               "a list of edges with source,target or "
                               "source,target,lag,mark");
    return CAUS_OK;
}

caus_status caus_graph_parse_csv(caus_graph_reader *r, caus_error *err)
{
    size_t column_of[COLUMNS], count;
    CAUS_TRY(read_header(r, column_of, &count, err));
    while (r->at < r->end) {
        const char *cells[COLUMNS] = {0}, *at = r->at;
        bool is_last = false;
        if (caus_graph_take(r, "\n") || caus_graph_take(r, "\r\n"))
            continue;
        size_t column = 0;
        for (; !is_last; column++) {
            const char *text = "";
            CAUS_TRY(read_cell(r, &text, &is_last, err));
            for (size_t k = 0; k < COLUMNS; k++)
                if (column_of[k] == column)
                    cells[k] = text;
        }
        if (column != count)
            return caus_graph_fail(r, at, err,
                                   "the line has %zu cells, the first one %zu",
                                   column, count);
        caus_graph_said said = {cells[SOURCE],
                                cells[TARGET],
                                cells[MARK] && *cells[MARK] ? cells[MARK]
                                                            : NULL,
                                cells[LAG] && *cells[LAG] ? cells[LAG] : NULL,
                                caus_graph_arrow,
                                at};
        CAUS_TRY(caus_graph_add_edge(r, &said, err));
    }
    return CAUS_OK;
}
