/* SPDX-License-Identifier: Apache-2.0 */
/* The DOT language: statements of nodes and edges; subgraphs group, they are no
 * ends of edges. */
#include <string.h>

#include "graph/file_internal.h"

typedef enum token_kind {
    TOKEN_END,
    TOKEN_ID,
    TOKEN_ARROW, /* -> */
    TOKEN_LINE,  /* -- */
    TOKEN_SIGN   /* one character */
} token_kind;

typedef struct token {
    token_kind kind;
    char sign;
    const char *text; /* of an ID */
    const char *at;
} token;

typedef struct dot_reader {
    caus_graph_reader *r;
    token next;
    bool is_directed;
    size_t depth;
} dot_reader;

static void skip_line(caus_graph_reader *r)
{
    while (r->at < r->end && *r->at != '\n')
        r->at++;
}

static caus_status skip_comments(caus_graph_reader *r, caus_error *err)
{
    for (;;) {
        caus_graph_skip_blanks(r);
        const char *from = r->at;
        bool is_first = r->at == r->text || r->at[-1] == '\n';
        bool is_hash = r->at < r->end && *r->at == '#' && is_first;
        if (is_hash || caus_graph_take(r, "//")) {
            skip_line(r);
        } else if (caus_graph_take(r, "/*")) {
            while (caus_graph_left(r) && !caus_graph_take(r, "*/"))
                r->at++;
            if (!caus_graph_left(r) &&
                (r->at - from < 4 || memcmp(r->at - 2, "*/", 2) != 0))
                return caus_graph_fail(r, from, err,
                                       "the comment has no end: close it with "
                                       "*/");
        } else {
            return CAUS_OK;
        }
    }
}

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' ||
           (unsigned char)byte >= 0x80;
}

/* The text between quotes; a backslash keeps the quote or itself. */
static caus_status read_quoted(caus_graph_reader *r, token *made,
                               caus_error *err)
{
    const char *from = r->at++, *close = r->at;
    while (close < r->end && *close != '"')
        close += *close == '\\' && close + 1 < r->end ? 2 : 1;
    char *text = caus_arena_array(r->out, (size_t)(close - from), 1);
    size_t length = 0;
    if (!text)
        return caus_arena_fail(r->out, err);
    while (r->at < r->end && *r->at != '"') {
        bool is_escape = *r->at == '\\' && r->at + 1 < r->end &&
                         (r->at[1] == '"' || r->at[1] == '\\');
        r->at += is_escape;
        text[length++] = *r->at++;
    }
    if (r->at == r->end)
        return caus_graph_fail(r, from, err,
                               "the quoted name has no end: close it with \"");
    r->at++;
    text[length] = '\0';
    made->kind = TOKEN_ID;
    made->text = text;
    return CAUS_OK;
}

/* Labels in HTML are taken as they are written. */
static caus_status read_html(caus_graph_reader *r, token *made, caus_error *err)
{
    const char *from = r->at;
    size_t depth = 0;
    do {
        if (r->at == r->end)
            return caus_graph_fail(r, from, err,
                                   "the label in < > has no end: close it "
                                   "with >");
        depth += *r->at == '<';
        depth -= *r->at == '>';
        r->at++;
    } while (depth);
    made->kind = TOKEN_ID;
    made->text =
        caus_arena_copy_text(r->out, from + 1, (size_t)(r->at - from) - 2);
    return made->text ? CAUS_OK : caus_arena_fail(r->out, err);
}

static caus_status advance(dot_reader *d, caus_error *err)
{
    caus_graph_reader *r = d->r;
    CAUS_TRY(skip_comments(r, err));
    d->next = (token){.kind = TOKEN_END, .at = r->at};
    if (r->at == r->end)
        return CAUS_OK;
    if (caus_graph_take(r, "->")) {
        d->next.kind = TOKEN_ARROW;
        return CAUS_OK;
    }
    if (caus_graph_take(r, "--")) {
        d->next.kind = TOKEN_LINE;
        return CAUS_OK;
    }
    if (*r->at == '"')
        return read_quoted(r, &d->next, err);
    if (*r->at == '<')
        return read_html(r, &d->next, err);
    const char *from = r->at;
    bool is_number = *r->at == '-';
    r->at += is_number;
    while (r->at < r->end && is_word_byte(*r->at))
        r->at++;
    if (r->at > from + is_number) {
        d->next.kind = TOKEN_ID;
        d->next.text =
            caus_arena_copy_text(r->out, from, (size_t)(r->at - from));
        return d->next.text ? CAUS_OK : caus_arena_fail(r->out, err);
    }
    r->at = from + 1;
    d->next.kind = TOKEN_SIGN;
    d->next.sign = *from;
    return CAUS_OK;
}

static bool is_sign(const dot_reader *d, char sign)
{
    return d->next.kind == TOKEN_SIGN && d->next.sign == sign;
}

static bool is_word(const dot_reader *d, const char *word)
{
    return d->next.kind == TOKEN_ID && strcmp(d->next.text, word) == 0;
}

static caus_status expect_id(dot_reader *d, const char *what, const char **text,
                             caus_error *err)
{
    if (d->next.kind != TOKEN_ID)
        return caus_graph_fail(d->r, d->next.at, err, "%s is missing here",
                               what);
    *text = d->next.text;
    return advance(d, err);
}

/* What attributes say of a node or an edge; the last of a name wins. */
typedef struct attributes {
    const char *label, *mark, *lag, *dir, *standing;
} attributes;

static caus_status read_attributes(dot_reader *d, attributes *said,
                                   caus_error *err)
{
    while (is_sign(d, '[')) {
        CAUS_TRY(advance(d, err));
        while (!is_sign(d, ']')) {
            const char *name = "", *value = "true";
            CAUS_TRY(
                expect_id(d, "the name of an attribute, or ],", &name, err));
            if (is_sign(d, '=')) {
                CAUS_TRY(advance(d, err));
                CAUS_TRY(
                    expect_id(d, "the value of an attribute", &value, err));
            }
            if (strcmp(name, "label") == 0)
                said->label = value;
            else if (strcmp(name, "mark") == 0)
                said->mark = value;
            else if (strcmp(name, "lag") == 0)
                said->lag = value;
            else if (strcmp(name, "dir") == 0)
                said->dir = value;
            else if (strcmp(name, "standing") == 0)
                said->standing = value;
            if (is_sign(d, ',') || is_sign(d, ';'))
                CAUS_TRY(advance(d, err));
        }
        CAUS_TRY(advance(d, err));
    }
    return CAUS_OK;
}

/* "a:port:n": the port is about drawing. */
static caus_status skip_port(dot_reader *d, caus_error *err)
{
    const char *port = "";
    while (is_sign(d, ':')) {
        CAUS_TRY(advance(d, err));
        CAUS_TRY(expect_id(d, "the port of a node", &port, err));
    }
    return CAUS_OK;
}

static caus_edge marks_of(const dot_reader *d, const attributes *said)
{
    if (!d->is_directed || (said->dir && strcmp(said->dir, "none") == 0))
        return caus_graph_line_edge;
    if (said->dir && strcmp(said->dir, "both") == 0)
        return caus_graph_both;
    if (said->dir && strcmp(said->dir, "back") == 0)
        return (caus_edge){CAUS_MARK_ARROW, CAUS_MARK_TAIL};
    return caus_graph_arrow;
}

/* A chain a -> b -> c; its attributes are those of each edge. */
static caus_status read_chain(dot_reader *d, const char *first, const char *at,
                              caus_error *err)
{
    caus_graph_reader *r = d->r;
    size_t capacity = 16, count = 1;
    const char **ids = caus_arena_array(r->out, capacity, sizeof *ids);
    if (!ids)
        return caus_arena_fail(r->out, err);
    ids[0] = first;
    while (d->next.kind == TOKEN_ARROW || d->next.kind == TOKEN_LINE) {
        if (d->is_directed != (d->next.kind == TOKEN_ARROW))
            return caus_graph_fail(r, d->next.at, err, "a %s has edges with %s",
                                   d->is_directed ? "digraph" : "graph",
                                   d->is_directed ? "->" : "--");
        CAUS_TRY(advance(d, err));
        if (is_sign(d, '{') || is_word(d, "subgraph"))
            return caus_graph_fail(r, d->next.at, err,
                                   "an edge to a group of nodes is not read: "
                                   "write one edge a node");
        if (count == capacity) {
            const char **more =
                caus_arena_array(r->out, 2 * capacity, sizeof *more);
            if (!more)
                return caus_arena_fail(r->out, err);
            memcpy(more, ids, count * sizeof *ids);
            ids = more;
            capacity *= 2;
        }
        CAUS_TRY(expect_id(d, "the end of an edge", &ids[count++], err));
        CAUS_TRY(skip_port(d, err));
    }
    attributes said = {0};
    CAUS_TRY(read_attributes(d, &said, err));
    /* our own picture of a comparison: drawn, but not found */
    if (said.standing && strncmp(said.standing, "drawn, ", 7) == 0)
        return CAUS_OK;
    for (size_t k = 1; k < count; k++) {
        caus_graph_said edge = {ids[k - 1],         ids[k], said.mark, said.lag,
                                marks_of(d, &said), at};
        CAUS_TRY(caus_graph_add_edge(r, &edge, err));
    }
    return CAUS_OK;
}

static caus_status read_node(dot_reader *d, const char *id, const char *at,
                             caus_error *err)
{
    attributes said = {0};
    size_t node;
    CAUS_TRY(read_attributes(d, &said, err));
    CAUS_TRY(caus_graph_find_node(d->r, id, at, &node, err));
    /* \N stands for the node's own name */
    if (said.label && strcmp(said.label, "\\N") != 0)
        d->r->label[node] = said.label;
    return CAUS_OK;
}

static caus_status read_statement(dot_reader *d, caus_error *err)
{
    const char *id = "", *at = d->next.at;
    attributes ignored = {0};
    CAUS_TRY(expect_id(d, "the name of a node", &id, err));
    bool is_default = strcmp(id, "graph") == 0 || strcmp(id, "node") == 0 ||
                      strcmp(id, "edge") == 0;
    if (is_default && is_sign(d, '['))
        return read_attributes(d, &ignored, err);
    if (is_sign(d, '=')) {
        CAUS_TRY(advance(d, err));
        return expect_id(d, "the value of an attribute", &id, err);
    }
    CAUS_TRY(skip_port(d, err));
    if (d->next.kind == TOKEN_ARROW || d->next.kind == TOKEN_LINE)
        return read_chain(d, id, at, err);
    return read_node(d, id, at, err);
}

/* What is between braces, groups opened on the way included. */
static caus_status read_body(dot_reader *d, caus_error *err)
{
    do {
        if (d->next.kind == TOKEN_END)
            return caus_graph_fail(d->r, d->next.at, err,
                                   "the graph has no end: close it with }");
        if (is_word(d, "subgraph")) {
            CAUS_TRY(advance(d, err));
            if (d->next.kind == TOKEN_ID)
                CAUS_TRY(advance(d, err));
            if (!is_sign(d, '{'))
                return caus_graph_fail(d->r, d->next.at, err,
                                       "a subgraph begins with {");
        }
        if (is_sign(d, '{')) {
            d->depth++;
            CAUS_TRY(advance(d, err));
        } else if (is_sign(d, '}')) {
            d->depth--;
            CAUS_TRY(advance(d, err));
            if (d->depth &&
                (d->next.kind == TOKEN_ARROW || d->next.kind == TOKEN_LINE))
                return caus_graph_fail(d->r, d->next.at, err,
                                       "an edge from a group of nodes is not "
                                       "read: write one edge a node");
        } else if (is_sign(d, ';')) {
            CAUS_TRY(advance(d, err));
        } else {
            CAUS_TRY(read_statement(d, err));
        }
    } while (d->depth);
    return CAUS_OK;
}

caus_status caus_graph_parse_dot(caus_graph_reader *r, caus_error *err)
{
    dot_reader d = {.r = r};
    CAUS_TRY(advance(&d, err));
    if (is_word(&d, "strict"))
        CAUS_TRY(advance(&d, err));
    d.is_directed = is_word(&d, "digraph");
    if (!d.is_directed && !is_word(&d, "graph"))
        return caus_graph_fail(r, d.next.at, err,
                               "a DOT file begins with digraph or graph");
    CAUS_TRY(advance(&d, err));
    if (d.next.kind == TOKEN_ID)
        CAUS_TRY(advance(&d, err));
    if (!is_sign(&d, '{'))
        return caus_graph_fail(r, d.next.at, err,
                               "{ is missing before the graph's nodes");
    CAUS_TRY(read_body(&d, err));
    if (d.next.kind == TOKEN_END)
        return CAUS_OK;
    return caus_graph_fail(r, d.next.at, err,
                           "something follows the graph: a file holds one");
}
