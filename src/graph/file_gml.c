/* SPDX-License-Identifier: Apache-2.0 */
/* GML: keys with numbers, texts, or lists in brackets. */
#include <string.h>

#include "graph/file_internal.h"

typedef struct gml_value {
    const char *text; /* a number or a text; NULL = a list begins */
    const char *at;
} gml_value;

static void skip_blanks(caus_graph_reader *r)
{
    caus_graph_skip_blanks(r);
    while (r->at < r->end && *r->at == '#') {
        while (r->at < r->end && *r->at != '\n')
            r->at++;
        caus_graph_skip_blanks(r);
    }
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '_';
}

/* A key, or NULL at ] and at the end. */
static caus_status read_key(caus_graph_reader *r, const char **key,
                            caus_error *err)
{
    skip_blanks(r);
    const char *from = r->at;
    *key = NULL;
    if (r->at == r->end || *r->at == ']')
        return CAUS_OK;
    while (r->at < r->end &&
           (is_letter(*r->at) || (*r->at >= '0' && *r->at <= '9')))
        r->at++;
    if (r->at == from || !is_letter(*from))
        return caus_graph_fail(r, from, err,
                               "a key is missing here: GML is made of keys "
                               "and values");
    *key = caus_arena_copy_text(r->out, from, (size_t)(r->at - from));
    return *key ? CAUS_OK : caus_arena_fail(r->out, err);
}

/* Texts may hold &quot; and &amp;. */
static caus_status read_text(caus_graph_reader *r, gml_value *value,
                             caus_error *err)
{
    const char *from = r->at++;
    const char *close = memchr(r->at, '"', caus_graph_left(r));
    char *text =
        caus_arena_array(r->out, (size_t)((close ? close : r->end) - from), 1);
    size_t length = 0;
    if (!text)
        return caus_arena_fail(r->out, err);
    while (r->at < r->end && *r->at != '"') {
        if (caus_graph_take(r, "&quot;"))
            text[length++] = '"';
        else if (caus_graph_take(r, "&amp;"))
            text[length++] = '&';
        else
            text[length++] = *r->at++;
    }
    if (r->at == r->end)
        return caus_graph_fail(r, from, err,
                               "the text has no end: close it with \"");
    r->at++;
    text[length] = '\0';
    value->text = text;
    return CAUS_OK;
}

static caus_status read_value(caus_graph_reader *r, gml_value *value,
                              caus_error *err)
{
    skip_blanks(r);
    *value = (gml_value){.at = r->at};
    if (caus_graph_take(r, "["))
        return CAUS_OK;
    if (r->at < r->end && *r->at == '"')
        return read_text(r, value, err);
    const char *from = r->at;
    while (r->at < r->end &&
           (*r->at == '-' || *r->at == '+' || *r->at == '.' || *r->at == 'e' ||
            *r->at == 'E' || (*r->at >= '0' && *r->at <= '9')))
        r->at++;
    if (r->at == from)
        return caus_graph_fail(r, from, err,
                               "a number, a text in quotes or [ is missing "
                               "here");
    value->text = caus_arena_copy_text(r->out, from, (size_t)(r->at - from));
    return value->text ? CAUS_OK : caus_arena_fail(r->out, err);
}

/* Takes the rest of a list whose [ was taken. */
static caus_status skip_list(caus_graph_reader *r, const char *from,
                             caus_error *err)
{
    for (size_t depth = 1; depth;) {
        const char *key;
        gml_value value;
        CAUS_TRY(read_key(r, &key, err));
        if (!key && r->at == r->end)
            return caus_graph_fail(r, from, err,
                                   "the list has no end: close it with ]");
        if (!key) {
            r->at++;
            depth--;
            continue;
        }
        CAUS_TRY(read_value(r, &value, err));
        depth += !value.text;
    }
    return CAUS_OK;
}

/* The fields of a node or an edge. */
typedef struct fields {
    const char *id, *label, *source, *target, *mark, *lag;
} fields;

static caus_status read_fields(caus_graph_reader *r, const char *from,
                               fields *read, caus_error *err)
{
    const struct {
        const char *name;
        const char **place;
    } wanted[] = {{"id", &read->id},         {"label", &read->label},
                  {"source", &read->source}, {"target", &read->target},
                  {"mark", &read->mark},     {"lag", &read->lag}};
    for (;;) {
        const char *key;
        gml_value value;
        CAUS_TRY(read_key(r, &key, err));
        if (!key)
            break;
        CAUS_TRY(read_value(r, &value, err));
        if (!value.text)
            CAUS_TRY(skip_list(r, value.at, err));
        for (size_t k = 0; value.text && k < sizeof wanted / sizeof *wanted;
             k++)
            if (strcmp(key, wanted[k].name) == 0)
                *wanted[k].place = value.text;
    }
    if (!caus_graph_take(r, "]"))
        return caus_graph_fail(r, from, err,
                               "the list has no end: close it with ]");
    return CAUS_OK;
}

static caus_status read_node(caus_graph_reader *r, const char *at,
                             caus_error *err)
{
    fields read = {0};
    size_t node, before = r->node_count;
    CAUS_TRY(read_fields(r, at, &read, err));
    if (!read.id)
        return caus_graph_fail(r, at, err, "the node has no id");
    CAUS_TRY(caus_graph_find_node(r, read.id, at, &node, err));
    if (node < before)
        return caus_graph_fail(
            r, at, err, "the id %s is that of an earlier node, too", read.id);
    r->label[node] = read.label;
    return CAUS_OK;
}

static caus_status read_edge(caus_graph_reader *r, const char *at,
                             caus_edge fallback, caus_error *err)
{
    fields read = {0};
    CAUS_TRY(read_fields(r, at, &read, err));
    if (!read.source || !read.target)
        return caus_graph_fail(r, at, err,
                               "the edge has no %s: give the id of a node",
                               read.source ? "target" : "source");
    const char *ends[] = {read.source, read.target};
    for (size_t k = 0; k < 2; k++)
        if (!caus_map_find(r->ids, ends[k], strlen(ends[k]), NULL))
            return caus_graph_fail(r, at, err,
                                   "the edge ends at %s, and no node before it "
                                   "has that id",
                                   ends[k]);
    caus_graph_said said = {read.source, read.target, read.mark,
                            read.lag,    fallback,    at};
    return caus_graph_add_edge(r, &said, err);
}

static caus_status read_graph(caus_graph_reader *r, const char *from,
                              caus_error *err)
{
    caus_edge fallback = caus_graph_line_edge; /* directed 0 is the default */
    for (;;) {
        const char *key;
        gml_value value;
        CAUS_TRY(read_key(r, &key, err));
        if (!key)
            break;
        CAUS_TRY(read_value(r, &value, err));
        if (value.text && strcmp(key, "directed") == 0)
            fallback = strcmp(value.text, "1") == 0 ? caus_graph_arrow
                                                    : caus_graph_line_edge;
        else if (!value.text && strcmp(key, "node") == 0)
            CAUS_TRY(read_node(r, value.at, err));
        else if (!value.text && strcmp(key, "edge") == 0)
            CAUS_TRY(read_edge(r, value.at, fallback, err));
        else if (!value.text)
            CAUS_TRY(skip_list(r, value.at, err));
    }
    if (!caus_graph_take(r, "]"))
        return caus_graph_fail(r, from, err,
                               "the graph has no end: close it with ]");
    return CAUS_OK;
}

caus_status caus_graph_parse_gml(caus_graph_reader *r, caus_error *err)
{
    bool has_graph = false;
    for (;;) {
        const char *key;
        gml_value value;
        CAUS_TRY(read_key(r, &key, err));
        if (!key)
            break;
        CAUS_TRY(read_value(r, &value, err));
        if (value.text)
            continue;
        if (strcmp(key, "graph") != 0) {
            CAUS_TRY(skip_list(r, value.at, err));
            continue;
        }
        if (has_graph)
            return caus_graph_fail(r, value.at, err,
                                   "a second graph begins: a file holds one");
        has_graph = true;
        CAUS_TRY(read_graph(r, value.at, err));
    }
    if (r->at < r->end)
        return caus_graph_fail(r, r->at, err, "] closes nothing");
    if (!has_graph)
        return caus_graph_fail(r, r->at, err,
                               "there is no graph [ ] in the file");
    return CAUS_OK;
}
