/* SPDX-License-Identifier: Apache-2.0 */
/* Causal graphs as JSON, version 1; unknown fields are passed over. */
#include <string.h>

#include "graph/file_internal.h"

static caus_status expect(caus_graph_reader *r, const char *sign,
                          const char *where, caus_error *err)
{
    caus_graph_skip_blanks(r);
    if (caus_graph_take(r, sign))
        return CAUS_OK;
    return caus_graph_fail(r, r->at, err, "%s is missing %s", sign, where);
}

static bool read_hex(const char *at, unsigned *value)
{
    *value = 0;
    for (int k = 0; k < 4; k++) {
        static const char digits[] = "0123456789abcdef";
        char lower = caus_lower(at[k]);
        const char *digit = lower ? strchr(digits, lower) : NULL;
        if (!digit)
            return false;
        *value = 16 * *value + (unsigned)(digit - digits);
    }
    return true;
}

static size_t write_utf8(unsigned code, char *to)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xc0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xe0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 0x3f));
        to[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 0x3f));
    to[2] = (char)(0x80 | (code >> 6 & 0x3f));
    to[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* "\uXXXX", two of them beyond 0xffff; `at` is behind the backslash. */
static caus_status read_code(caus_graph_reader *r, char *to, size_t *length,
                             caus_error *err)
{
    unsigned code, low;
    if (caus_graph_left(r) < 5 || !read_hex(r->at + 1, &code))
        return caus_graph_fail(r, r->at, err,
                               "\\u is followed by four hexadecimal digits");
    r->at += 5;
    if (code >= 0xd800 && code < 0xdc00 && caus_graph_left(r) >= 6 &&
        r->at[0] == '\\' && r->at[1] == 'u' && read_hex(r->at + 2, &low) &&
        low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        r->at += 6;
    }
    if (code == 0 || (code >= 0xd800 && code < 0xe000))
        return caus_graph_fail(r, r->at, err, "\\u%04x is no character", code);
    *length += write_utf8(code, to + *length);
    return CAUS_OK;
}

static caus_status read_escape(caus_graph_reader *r, char *to, size_t *length,
                               caus_error *err)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    r->at++;
    if (r->at < r->end && *r->at == 'u')
        return read_code(r, to, length, err);
    const char *which = r->at < r->end && *r->at ? strchr(from, *r->at) : NULL;
    if (!which)
        return caus_graph_fail(r, r->at, err,
                               "the backslash is followed by nothing known");
    to[(*length)++] = into[which - from];
    r->at++;
    return CAUS_OK;
}

static caus_status read_string(caus_graph_reader *r, const char **text,
                               caus_error *err)
{
    CAUS_TRY(expect(r, "\"", "before a text", err));
    const char *from = r->at, *close = r->at;
    while (close < r->end && *close != '"')
        close += *close == '\\' && close + 1 < r->end ? 2 : 1;
    char *made = caus_arena_array(r->out, (size_t)(close - from) + 1, 1);
    size_t length = 0;
    if (!made)
        return caus_arena_fail(r->out, err);
    while (r->at < r->end && *r->at != '"') {
        if (*r->at == '\\')
            CAUS_TRY(read_escape(r, made, &length, err));
        else
            made[length++] = *r->at++;
    }
    if (r->at == r->end)
        return caus_graph_fail(r, from, err,
                               "the text has no end: close it with \"");
    r->at++;
    made[length] = '\0';
    *text = made;
    return CAUS_OK;
}

/* A number, true, false or null as it is written. */
static caus_status read_word(caus_graph_reader *r, const char **text,
                             caus_error *err)
{
    caus_graph_skip_blanks(r);
    const char *from = r->at;
    while (r->at < r->end && !strchr(",]}[{:\" \t\r\n", *r->at))
        r->at++;
    if (r->at == from)
        return caus_graph_fail(r, from, err, "a value is missing here");
    *text = caus_arena_copy_text(r->out, from, (size_t)(r->at - from));
    return *text ? CAUS_OK : caus_arena_fail(r->out, err);
}

static bool is_next(caus_graph_reader *r, char sign)
{
    caus_graph_skip_blanks(r);
    return r->at < r->end && *r->at == sign;
}

/* What stands for a field of an object. */
typedef caus_status field_fn(caus_graph_reader *r, void *data, const char *key,
                             size_t depth, caus_error *err);

static caus_status read_object(caus_graph_reader *r, field_fn *field,
                               void *data, size_t depth, caus_error *err)
{
    CAUS_TRY(expect(r, "{", "before an object", err));
    if (depth > CAUS_GRAPH_MOST_DEPTH)
        return caus_graph_fail(r, r->at, err, "values are nested over %d deep",
                               CAUS_GRAPH_MOST_DEPTH);
    while (!is_next(r, '}')) {
        const char *key = "";
        CAUS_TRY(read_string(r, &key, err));
        CAUS_TRY(expect(r, ":", "after a key", err));
        CAUS_TRY(field(r, data, key, depth + 1, err));
        if (!is_next(r, '}'))
            CAUS_TRY(expect(r, ",", "between two fields", err));
    }
    return expect(r, "}", "after an object", err);
}

static field_fn skip_field;

static caus_status skip_value(caus_graph_reader *r, size_t depth,
                              caus_error *err)
{
    const char *ignored;
    if (is_next(r, '"'))
        return read_string(r, &ignored, err);
    if (is_next(r, '{'))
        return read_object(r, skip_field, NULL, depth, err);
    if (!is_next(r, '['))
        return read_word(r, &ignored, err);
    r->at++;
    if (depth > CAUS_GRAPH_MOST_DEPTH)
        return caus_graph_fail(r, r->at, err, "values are nested over %d deep",
                               CAUS_GRAPH_MOST_DEPTH);
    while (!is_next(r, ']')) {
        CAUS_TRY(skip_value(r, depth + 1, err));
        if (!is_next(r, ']'))
            CAUS_TRY(expect(r, ",", "between two values", err));
    }
    r->at++;
    return CAUS_OK;
}

static caus_status skip_field(caus_graph_reader *r, void *data, const char *key,
                              size_t depth, caus_error *err)
{
    (void)data;
    (void)key;
    return skip_value(r, depth, err);
}

/* Texts and numbers alike, as texts. */
static caus_status read_scalar(caus_graph_reader *r, const char **text,
                               caus_error *err)
{
    return is_next(r, '"') ? read_string(r, text, err)
                           : read_word(r, text, err);
}

typedef struct item {
    const char *label, *source, *target, *mark, *lag, *type;
} item;

static caus_status read_field(caus_graph_reader *r, void *data, const char *key,
                              size_t depth, caus_error *err)
{
    item *read = data;
    const struct {
        const char *name;
        const char **place;
    } wanted[] = {{"label", &read->label},   {"source", &read->source},
                  {"target", &read->target}, {"mark", &read->mark},
                  {"lag", &read->lag},       {"type", &read->type}};
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
        if (strcmp(key, wanted[k].name) == 0)
            return read_scalar(r, wanted[k].place, err);
    return skip_value(r, depth, err);
}

static caus_status add_node(caus_graph_reader *r, const item *read,
                            const char *at, caus_error *err)
{
    size_t node, before = r->node_count;
    if (!read->label)
        return caus_graph_fail(r, at, err, "the node has no label");
    CAUS_TRY(caus_graph_find_node(r, read->label, at, &node, err));
    if (node < before)
        return caus_graph_fail(r, at, err, "the node %s was there before",
                               read->label);
    return CAUS_OK;
}

static caus_status add_edge(caus_graph_reader *r, const item *read,
                            const char *at, caus_error *err)
{
    static const struct {
        const char *type;
        caus_edge marks;
    } types[] = {{"undirected", {CAUS_MARK_TAIL, CAUS_MARK_TAIL}},
                 {"bidirected", {CAUS_MARK_ARROW, CAUS_MARK_ARROW}},
                 {"partial", {CAUS_MARK_CIRCLE, CAUS_MARK_CIRCLE}},
                 {"conflict", {CAUS_MARK_CONFLICT, CAUS_MARK_CONFLICT}}};
    caus_graph_said said = {read->source, read->target,     read->mark,
                            read->lag,    caus_graph_arrow, at};
    if (!read->source || !read->target)
        return caus_graph_fail(r, at, err, "the edge has no %s",
                               read->source ? "target" : "source");
    for (size_t k = 0; read->type && k < sizeof types / sizeof *types; k++)
        if (strcmp(read->type, types[k].type) == 0)
            said.fallback = types[k].marks;
    return caus_graph_add_edge(r, &said, err);
}

static caus_status read_items(caus_graph_reader *r, bool are_nodes,
                              size_t depth, caus_error *err)
{
    CAUS_TRY(expect(r, "[", "before a list", err));
    while (!is_next(r, ']')) {
        item read = {0};
        const char *at = r->at;
        CAUS_TRY(read_object(r, read_field, &read, depth, err));
        CAUS_TRY(are_nodes ? add_node(r, &read, at, err)
                           : add_edge(r, &read, at, err));
        if (!is_next(r, ']'))
            CAUS_TRY(expect(r, ",", "between two items", err));
    }
    return expect(r, "]", "after a list", err);
}

/* What was met of the document. */
typedef struct document {
    bool has_nodes, has_edges;
} document;

static caus_status read_part(caus_graph_reader *r, void *data, const char *key,
                             size_t depth, caus_error *err)
{
    document *met = data;
    const char *kind = "", *at = r->at;
    if (strcmp(key, "kind") == 0 && is_next(r, '"')) {
        CAUS_TRY(read_string(r, &kind, err));
        return strcmp(kind, "causal_graph") == 0
                   ? CAUS_OK
                   : caus_graph_fail(r, at, err,
                                     "the document is no causal_graph but a "
                                     "%.40s",
                                     kind);
    }
    bool is_nodes = strcmp(key, "nodes") == 0;
    if (!is_nodes && strcmp(key, "edges") != 0)
        return skip_value(r, depth, err);
    bool *is_met = is_nodes ? &met->has_nodes : &met->has_edges;
    if (*is_met)
        return caus_graph_fail(r, at, err, "a second list of %s begins", key);
    *is_met = true;
    return read_items(r, is_nodes, depth + 1, err);
}

caus_status caus_graph_parse_json(caus_graph_reader *r, caus_error *err)
{
    document met = {0};
    CAUS_TRY(read_object(r, read_part, &met, 0, err));
    caus_graph_skip_blanks(r);
    if (r->at < r->end)
        return caus_graph_fail(r, r->at, err, "something follows the graph");
    if (met.has_edges || met.has_nodes)
        return CAUS_OK;
    return caus_graph_fail(r, r->at, err,
                           "the document has neither nodes nor edges");
}
