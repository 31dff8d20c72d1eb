/* SPDX-License-Identifier: Apache-2.0 */
/* GraphML as far as graphs need XML: elements, attributes, texts. */
#include <string.h>

#include "graph/file_internal.h"

enum { MOST_ATTRIBUTES = 32, MOST_KEYS = 256 };

/* A tag: <name …>, </name> or <name …/>. */
typedef struct tag {
    const char *name;
    bool is_end;
    bool is_empty;
    const char *at;
    size_t count;
    const char *keys[MOST_ATTRIBUTES];
    const char *values[MOST_ATTRIBUTES];
} tag;

typedef struct graphml_reader {
    caus_graph_reader *r;
    const char *key_ids[MOST_KEYS]; /* of <key> */
    const char *key_names[MOST_KEYS];
    size_t key_count;
    bool is_directed;
} graphml_reader;

/* ---- XML ---- */

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
           byte == '.' || byte == ':' || (unsigned char)byte >= 0x80;
}

static caus_status read_name(caus_graph_reader *r, const char **name,
                             caus_error *err)
{
    const char *from = r->at;
    while (r->at < r->end && is_name_byte(*r->at))
        r->at++;
    if (r->at == from)
        return caus_graph_fail(r, from, err,
                               "the name of an element or attribute is "
                               "missing here");
    *name = caus_arena_copy_text(r->out, from, (size_t)(r->at - from));
    return *name ? CAUS_OK : caus_arena_fail(r->out, err);
}

/* The text up to a byte, its entities replaced; `stop` stays. */
static caus_status read_text(caus_graph_reader *r, char stop, const char **text,
                             caus_error *err)
{
    static const struct {
        const char *entity;
        char byte;
    } entities[] = {{"&lt;", '<'},   {"&gt;", '>'},    {"&amp;", '&'},
                    {"&quot;", '"'}, {"&apos;", '\''}, {"&#34;", '"'},
                    {"&#39;", '\''}, {"&#38;", '&'}};
    const char *from = r->at, *end = memchr(from, stop, caus_graph_left(r));
    if (!end)
        return caus_graph_fail(r, from, err,
                               "the text has no end: %c is missing", stop);
    char *made = caus_arena_array(r->out, (size_t)(end - from) + 1, 1);
    size_t length = 0;
    if (!made)
        return caus_arena_fail(r->out, err);
    while (r->at < end) {
        bool is_entity = false;
        for (size_t k = 0; *r->at == '&' && !is_entity &&
                           k < sizeof entities / sizeof *entities;
             k++)
            if (caus_graph_take(r, entities[k].entity)) {
                made[length++] = entities[k].byte;
                is_entity = true;
            }
        if (!is_entity && *r->at == '&')
            return caus_graph_fail(r, r->at, err,
                                   "& begins no entity that is known: write "
                                   "&amp;");
        if (!is_entity)
            made[length++] = *r->at++;
    }
    made[length] = '\0';
    *text = made;
    return CAUS_OK;
}

/* Takes what ends with `end`: comments, instructions, declarations. */
static caus_status skip_to(caus_graph_reader *r, const char *end,
                           caus_error *err)
{
    const char *from = r->at;
    while (!caus_graph_take(r, end)) {
        if (r->at == r->end)
            return caus_graph_fail(r, from, err, "%s is missing", end);
        r->at++;
    }
    return CAUS_OK;
}

static caus_status read_attribute(caus_graph_reader *r, tag *made,
                                  caus_error *err)
{
    const char *key = "", *value = "";
    CAUS_TRY(read_name(r, &key, err));
    caus_graph_skip_blanks(r);
    if (!caus_graph_take(r, "="))
        return caus_graph_fail(r, r->at, err,
                               "= is missing after the attribute %.40s", key);
    caus_graph_skip_blanks(r);
    char quote = '\0';
    if (r->at < r->end)
        quote = *r->at;
    if (quote != '"' && quote != '\'')
        return caus_graph_fail(r, r->at, err,
                               "the value of %.40s stands in quotes", key);
    r->at++;
    CAUS_TRY(read_text(r, quote, &value, err));
    r->at++;
    if (made->count == MOST_ATTRIBUTES)
        return caus_graph_fail(r, made->at, err,
                               "the element has over %d attributes",
                               MOST_ATTRIBUTES);
    made->keys[made->count] = key;
    made->values[made->count++] = value;
    return CAUS_OK;
}

/* The next tag, texts and comments before it passed over; name NULL at the
 * end. */
static caus_status next_tag(caus_graph_reader *r, tag *made, caus_error *err)
{
    for (;;) {
        while (r->at < r->end && *r->at != '<')
            r->at++;
        *made = (tag){.at = r->at};
        if (r->at == r->end)
            return CAUS_OK;
        r->at++;
        if (caus_graph_take(r, "!--"))
            CAUS_TRY(skip_to(r, "-->", err));
        else if (caus_graph_take(r, "?"))
            CAUS_TRY(skip_to(r, "?>", err));
        else if (caus_graph_take(r, "!"))
            return caus_graph_fail(r, made->at, err,
                                   "document types and CDATA are not read: "
                                   "leave them out");
        else
            break;
    }
    made->is_end = caus_graph_take(r, "/");
    CAUS_TRY(read_name(r, &made->name, err));
    for (;;) {
        caus_graph_skip_blanks(r);
        if (caus_graph_take(r, ">"))
            return CAUS_OK;
        if (caus_graph_take(r, "/>")) {
            made->is_empty = true;
            return CAUS_OK;
        }
        if (r->at == r->end)
            return caus_graph_fail(r, made->at, err,
                                   "the element has no end: close it with >");
        CAUS_TRY(read_attribute(r, made, err));
    }
}

static const char *attribute(const tag *of, const char *key)
{
    for (size_t k = 0; k < of->count; k++)
        if (strcmp(of->keys[k], key) == 0)
            return of->values[k];
    return NULL;
}

/* ---- the graph ---- */

static caus_status add_key(graphml_reader *g, const tag *key, caus_error *err)
{
    const char *id = attribute(key, "id"), *name = attribute(key, "attr.name");
    if (!id || !name)
        return CAUS_OK; /* it describes something else */
    if (g->key_count == MOST_KEYS)
        return caus_graph_fail(g->r, key->at, err, "there are over %d keys",
                               MOST_KEYS);
    g->key_ids[g->key_count] = id;
    g->key_names[g->key_count++] = name;
    return CAUS_OK;
}

static const char *name_of_key(const graphml_reader *g, const char *id)
{
    for (size_t k = 0; k < g->key_count; k++)
        if (strcmp(g->key_ids[k], id) == 0)
            return g->key_names[k];
    return id;
}

typedef struct data {
    const char *label, *mark, *lag;
} data;

/* The <data> inside an element, up to its end. */
static caus_status read_data(graphml_reader *g, const tag *of, data *read,
                             caus_error *err)
{
    caus_graph_reader *r = g->r;
    while (!of->is_empty) {
        tag inner;
        CAUS_TRY(next_tag(r, &inner, err));
        if (!inner.name)
            return caus_graph_fail(r, of->at, err, "<%s> has no end", of->name);
        if (inner.is_end && strcmp(inner.name, of->name) == 0)
            break;
        if (strcmp(inner.name, "graph") == 0)
            return caus_graph_fail(r, inner.at, err,
                                   "graphs within nodes are not read");
        const char *key = attribute(&inner, "key"), *text = "";
        if (strcmp(inner.name, "data") != 0 || inner.is_end || inner.is_empty ||
            !key)
            continue;
        CAUS_TRY(read_text(r, '<', &text, err));
        const char *name = name_of_key(g, key);
        if (strcmp(name, "label") == 0 || strcmp(name, "name") == 0)
            read->label = text;
        else if (strcmp(name, "mark") == 0)
            read->mark = text;
        else if (strcmp(name, "lag") == 0)
            read->lag = text;
    }
    return CAUS_OK;
}

static caus_status read_node(graphml_reader *g, const tag *node,
                             caus_error *err)
{
    data read = {0};
    const char *id = attribute(node, "id");
    size_t place, before = g->r->node_count;
    if (!id)
        return caus_graph_fail(g->r, node->at, err, "the node has no id");
    CAUS_TRY(read_data(g, node, &read, err));
    CAUS_TRY(caus_graph_find_node(g->r, id, node->at, &place, err));
    if (place < before)
        return caus_graph_fail(g->r, node->at, err,
                               "the id %.40s is that of an earlier node, too",
                               id);
    g->r->label[place] = read.label;
    return CAUS_OK;
}

static caus_status read_edge(graphml_reader *g, const tag *edge,
                             caus_error *err)
{
    data read = {0};
    caus_graph_reader *r = g->r;
    const char *ends[] = {attribute(edge, "source"), attribute(edge, "target")};
    const char *directed = attribute(edge, "directed");
    bool is_directed =
        directed ? strcmp(directed, "false") != 0 : g->is_directed;
    if (!ends[0] || !ends[1])
        return caus_graph_fail(r, edge->at, err, "the edge has no %s",
                               ends[0] ? "target" : "source");
    for (size_t k = 0; k < 2; k++)
        if (!caus_map_find(r->ids, ends[k], strlen(ends[k]), NULL))
            return caus_graph_fail(r, edge->at, err,
                                   "the edge ends at %.40s, and no node before "
                                   "it has that id",
                                   ends[k]);
    CAUS_TRY(read_data(g, edge, &read, err));
    caus_graph_said said = {ends[0],
                            ends[1],
                            read.mark,
                            read.lag,
                            is_directed ? caus_graph_arrow
                                        : caus_graph_line_edge,
                            edge->at};
    return caus_graph_add_edge(r, &said, err);
}

static caus_status read_graph(graphml_reader *g, const tag *graph,
                              caus_error *err)
{
    const char *fallback = attribute(graph, "edgedefault");
    g->is_directed = !fallback || strcmp(fallback, "undirected") != 0;
    while (!graph->is_empty) {
        tag inner;
        CAUS_TRY(next_tag(g->r, &inner, err));
        if (!inner.name)
            return caus_graph_fail(g->r, graph->at, err, "<graph> has no end");
        if (inner.is_end && strcmp(inner.name, "graph") == 0)
            break;
        if (!inner.is_end && strcmp(inner.name, "node") == 0)
            CAUS_TRY(read_node(g, &inner, err));
        else if (!inner.is_end && strcmp(inner.name, "edge") == 0)
            CAUS_TRY(read_edge(g, &inner, err));
    }
    return CAUS_OK;
}

caus_status caus_graph_parse_graphml(caus_graph_reader *r, caus_error *err)
{
    graphml_reader g = {.r = r};
    bool has_graph = false;
    for (;;) {
        tag next;
        CAUS_TRY(next_tag(r, &next, err));
        if (!next.name)
            break;
        if (!next.is_end && strcmp(next.name, "key") == 0)
            CAUS_TRY(add_key(&g, &next, err));
        if (next.is_end || strcmp(next.name, "graph") != 0)
            continue;
        if (has_graph)
            return caus_graph_fail(r, next.at, err,
                                   "a second graph begins: a file holds one");
        has_graph = true;
        CAUS_TRY(read_graph(&g, &next, err));
    }
    if (has_graph)
        return CAUS_OK;
    return caus_graph_fail(r, r->at, err, "there is no <graph> in the file");
}
