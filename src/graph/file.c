/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a graph file: which format, its nodes and edges. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/excerpt.h"
#include "graph/file_internal.h"

/* ---- the text ---- */

/* The line of a byte, from 1; cheap when asked in order. */
static size_t line_of(caus_graph_reader *r, const char *at)
{
    if (at < r->counted) {
        r->counted = r->text;
        r->line = 1;
    }
    for (; r->counted < at && r->counted < r->end; r->counted++)
        r->line += *r->counted == '\n';
    return r->line;
}

caus_status caus_graph_fail(caus_graph_reader *r, const char *at,
                            caus_error *err, const char *format, ...)
{
    char sentence[300];
    va_list values;
    va_start(values, format);
    vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA, "%s line %zu: %s", r->path,
                     line_of(r, at), sentence);
}

bool caus_graph_take(caus_graph_reader *r, const char *bytes)
{
    size_t length = strlen(bytes);
    if (caus_graph_left(r) < length || memcmp(r->at, bytes, length) != 0)
        return false;
    r->at += length;
    return true;
}

void caus_graph_skip_blanks(caus_graph_reader *r)
{
    while (r->at < r->end &&
           (*r->at == ' ' || (*r->at >= '\t' && *r->at <= '\r')))
        r->at++;
}

/* ---- nodes and edges ---- */

/* Twice the room, in the arena; the old room is given up. */
static void *grow(const caus_graph_reader *r, const void *old, size_t count,
                  size_t size)
{
    void *made = caus_arena_array(r->out, count ? 2 * count : 16, size);
    if (made && count)
        memcpy(made, old, count * size);
    return made;
}

static caus_status make_room(caus_graph_reader *r, caus_error *err)
{
    size_t count = r->node_capacity;
    if (r->node_count < count)
        return CAUS_OK;
    const char **id = grow(r, r->id, count, sizeof *id);
    const char **label = grow(r, r->label, count, sizeof *label);
    size_t *line = grow(r, r->node_line, count, sizeof *line);
    if (!id || !label || !line)
        return caus_arena_fail(r->out, err);
    r->id = id;
    r->label = label;
    r->node_line = line;
    r->node_capacity = count ? 2 * count : 16;
    return CAUS_OK;
}

caus_status caus_graph_find_node(caus_graph_reader *r, const char *id,
                                 const char *at, size_t *node, caus_error *err)
{
    size_t length = strlen(id);
    if (!length || !caus_utf8_is_valid(id, length) ||
        caus_text_has_control(id, length))
        return caus_graph_fail(r, at, err,
                               "'%s' is no name of a node: give plain UTF-8",
                               caus_excerpt_of(id, length).text);
    int added = caus_map_insert(r->ids, id, length, r->node_count, node);
    if (added < 0)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the nodes of %s", r->path);
    if (!added)
        return CAUS_OK;
    if (r->node_count == CAUS_GRAPH_MOST_NODES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s has over %d nodes: give the part that is asked "
                         "about",
                         r->path, CAUS_GRAPH_MOST_NODES);
    CAUS_TRY(make_room(r, err));
    *node = r->node_count;
    r->id[*node] = id;
    r->label[*node] = NULL;
    r->node_line[*node] = line_of(r, at);
    r->node_count++;
    return CAUS_OK;
}

/* Marks of a text such as "o->", or false. */
static bool read_mark(const char *text, caus_edge *marks)
{
    static const char left[] = "-<ox", right[] = "->ox";
    if (strlen(text) != 3 || text[1] != '-')
        return false;
    const char *source = strchr(left, text[0]);
    const char *target = strchr(right, text[2]);
    if (!source || !target)
        return false;
    static const unsigned char marks_of[] = {
        CAUS_MARK_TAIL, CAUS_MARK_ARROW, CAUS_MARK_CIRCLE, CAUS_MARK_CONFLICT};
    *marks = (caus_edge){marks_of[source - left], marks_of[target - right]};
    return true;
}

/* A lag of digits, or false. */
static bool read_lag(const char *text, size_t *lag)
{
    size_t value = 0;
    if (!*text)
        return false;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            return false;
        value = 10 * value + (size_t)(*c - '0');
        if (value > CAUS_GRAPH_MOST_LAG)
            return false;
    }
    *lag = value;
    return true;
}

/* An edge that points at its source is that of the other end. */
static void turn(caus_named_edge *edge)
{
    bool points_back = edge->marks.source == CAUS_MARK_ARROW &&
                       edge->marks.target != CAUS_MARK_ARROW;
    if (!points_back || (edge->lag > 0 && edge->lag != SIZE_MAX))
        return;
    size_t source = edge->source;
    edge->source = edge->target;
    edge->target = source;
    edge->marks = (caus_edge){edge->marks.target, edge->marks.source};
}

static caus_status check_edge(caus_graph_reader *r, const caus_graph_said *said,
                              const caus_named_edge *edge, caus_error *err)
{
    if (edge->source == edge->target && edge->lag == 0)
        return caus_graph_fail(
            r, said->at, err,
            "%s is joined to itself at lag 0: a variable is "
            "no cause of itself within a step",
            caus_excerpt_of(said->source, strlen(said->source)).text);
    if (edge->lag > 0 && edge->lag != SIZE_MAX &&
        edge->marks.target == CAUS_MARK_TAIL &&
        edge->marks.source != CAUS_MARK_TAIL)
        return caus_graph_fail(r, said->at, err,
                               "an edge over lag %zu has the mark %s, as if "
                               "the past were an effect: swap its ends",
                               edge->lag, caus_edge_text(edge->marks));
    return CAUS_OK;
}

caus_status caus_graph_add_edge(caus_graph_reader *r,
                                const caus_graph_said *said, caus_error *err)
{
    caus_named_edge edge = {.lag = SIZE_MAX, .marks = said->fallback};
    CAUS_TRY(
        caus_graph_find_node(r, said->source, said->at, &edge.source, err));
    CAUS_TRY(
        caus_graph_find_node(r, said->target, said->at, &edge.target, err));
    if (said->mark && !read_mark(said->mark, &edge.marks))
        return caus_graph_fail(
            r, said->at, err,
            "the mark '%s' means nothing: give one such as "
            "-->, <->, o-> or ---",
            caus_excerpt_of(said->mark, strlen(said->mark)).text);
    if (said->lag && !read_lag(said->lag, &edge.lag))
        return caus_graph_fail(
            r, said->at, err,
            "the lag '%s' is no number of steps from 0 to "
            "%d",
            caus_excerpt_of(said->lag, strlen(said->lag)).text,
            CAUS_GRAPH_MOST_LAG);
    turn(&edge);
    CAUS_TRY(check_edge(r, said, &edge, err));
    if (r->edge_count == CAUS_GRAPH_MOST_EDGES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT, "%s has over %d edges", r->path,
                         CAUS_GRAPH_MOST_EDGES);
    if (r->edge_count == r->edge_capacity) {
        caus_named_edge *edges =
            grow(r, r->edges, r->edge_capacity, sizeof *edges);
        if (!edges)
            return caus_arena_fail(r->out, err);
        r->edges = edges;
        r->edge_capacity = r->edge_capacity ? 2 * r->edge_capacity : 16;
    }
    edge.line = line_of(r, said->at);
    r->edges[r->edge_count++] = edge;
    return CAUS_OK;
}

/* ---- the end ---- */

/* Labels, where there are any, in place of ids; each stands for one node. */
static caus_status name_nodes(const caus_graph_reader *r, caus_map *seen,
                              const char **names, caus_error *err)
{
    for (size_t v = 0; v < r->node_count; v++) {
        const char *name = r->label[v] ? r->label[v] : r->id[v];
        size_t length = strlen(name), other;
        if (!length || !caus_utf8_is_valid(name, length) ||
            caus_text_has_control(name, length))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu: the label '%s' is no name of a "
                             "variable: give plain UTF-8 without line breaks",
                             r->path, r->node_line[v],
                             caus_excerpt_of(name, length).text);
        int added = caus_map_insert(seen, name, length, v, &other);
        if (added < 0)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                             "no memory for the nodes of %s", r->path);
        if (!added)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s: the nodes of line %zu and line %zu are both "
                             "called %s: a variable is one node",
                             r->path, r->node_line[other], r->node_line[v],
                             caus_excerpt_of(name, length).text);
        names[v] = name;
    }
    return CAUS_OK;
}

static caus_status finish(const caus_graph_reader *r, caus_graph_file *result,
                          caus_error *err)
{
    const char **names = CAUS_ARRAY(r->out, const char *, r->node_count);
    caus_map *seen = caus_map_new();
    caus_status status = CAUS_OK;
    if (!names || !seen)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory for the nodes of %s", r->path);
    if (status == CAUS_OK)
        status = name_nodes(r, seen, names, err);
    caus_map_free(seen);
    CAUS_TRY(status);
    if (!r->node_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s holds no node: a graph has one or more", r->path);
    const char *path = caus_arena_copy_text(r->out, r->path, strlen(r->path));
    if (!path)
        return caus_arena_fail(r->out, err);
    *result = (caus_graph_file){.path = path,
                                .node_count = r->node_count,
                                .names = names,
                                .edge_count = r->edge_count,
                                .edges = r->edges};
    return CAUS_OK;
}

caus_status caus_graph_file_parse(const char *text, size_t length,
                                  caus_graph_format format, const char *path,
                                  caus_arena *out, caus_graph_file *result,
                                  caus_error *err)
{
    static caus_graph_parser *const parsers[] = {
        [CAUS_GRAPH_JSON] = caus_graph_parse_json,
        [CAUS_GRAPH_DOT] = caus_graph_parse_dot,
        [CAUS_GRAPH_GML] = caus_graph_parse_gml,
        [CAUS_GRAPH_GRAPHML] = caus_graph_parse_graphml,
        [CAUS_GRAPH_CSV] = caus_graph_parse_csv};
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_graph_reader r = {.path = path,
                           .text = text,
                           .at = text,
                           .end = text + length,
                           .counted = text,
                           .line = 1,
                           .out = out,
                           .ids = caus_map_new()};
    caus_graph_file made;
    caus_status status = r.ids ? parsers[format](&r, err)
                               : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                                           "no memory to read %s", path);
    if (status == CAUS_OK)
        status = finish(&r, &made, err);
    caus_map_free(r.ids);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    else
        *result = made;
    return status;
}

/* By the name, else by the first bytes; a CSV file begins with neither. */
static caus_graph_format format_of(const char *path, const char *text,
                                   size_t length)
{
    static const struct {
        const char *end;
        caus_graph_format format;
    } ends[] = {{".json", CAUS_GRAPH_JSON},       {".dot", CAUS_GRAPH_DOT},
                {".gv", CAUS_GRAPH_DOT},          {".gml", CAUS_GRAPH_GML},
                {".graphml", CAUS_GRAPH_GRAPHML}, {".xml", CAUS_GRAPH_GRAPHML},
                {".csv", CAUS_GRAPH_CSV}};
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (caus_ends_with(path, ends[k].end))
            return ends[k].format;
    size_t at = 0;
    while (at < length && (text[at] == ' ' || text[at] == '\n'))
        at++;
    if (at < length && text[at] == '{')
        return CAUS_GRAPH_JSON;
    if (at < length && text[at] == '<')
        return CAUS_GRAPH_GRAPHML;
    bool is_dot = length - at > 7 && (memcmp(text + at, "digraph", 7) == 0 ||
                                      memcmp(text + at, "strict ", 7) == 0);
    if (is_dot)
        return CAUS_GRAPH_DOT;
    if (length - at > 5 && memcmp(text + at, "graph", 5) == 0)
        return memchr(text + at, '{', length - at) ? CAUS_GRAPH_DOT
                                                   : CAUS_GRAPH_GML;
    return CAUS_GRAPH_CSV;
}

static caus_status read_bytes(FILE *file, const char *path, caus_arena *scratch,
                              const char **text, size_t *length,
                              caus_error *err)
{
    size_t room = 1 << 16, count = 0;
    char *bytes = caus_arena_array(scratch, room, 1);
    while (bytes) {
        count += fread(bytes + count, 1, room - count, file);
        if (ferror(file))
            return CAUS_FAIL(err, CAUS_ERR_IO, "%s cannot be read: %s", path,
                             strerror(errno));
        if (count < room)
            break;
        if (room > CAUS_GRAPH_MOST_BYTES)
            return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                             "%s is larger than %d MiB, which no graph of ours "
                             "is",
                             path, CAUS_GRAPH_MOST_BYTES >> 20);
        char *more = caus_arena_array(scratch, 4 * room, 1);
        if (more)
            memcpy(more, bytes, count);
        bytes = more;
        room *= 4;
    }
    if (!bytes)
        return caus_arena_fail(scratch, err);
    *text = bytes;
    *length = count;
    return CAUS_OK;
}

caus_status caus_graph_file_read(const char *path, caus_arena *out,
                                 caus_graph_file *result, caus_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return CAUS_FAIL(err,
                         errno == ENOENT ? CAUS_ERR_NOT_FOUND : CAUS_ERR_IO,
                         "%s cannot be opened: %s", path, strerror(errno));
    caus_arena *scratch = caus_arena_new(0);
    const char *text = NULL;
    size_t length = 0;
    caus_status status =
        scratch ? read_bytes(file, path, scratch, &text, &length, err)
                : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to read %s",
                            path);
    fclose(file);
    if (status == CAUS_OK)
        status =
            caus_graph_file_parse(text, length, format_of(path, text, length),
                                  path, out, result, err);
    caus_arena_free(scratch);
    return status;
}
