/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of graph files share. */
#ifndef CAUS_SRC_GRAPH_FILE_INTERNAL_H
#define CAUS_SRC_GRAPH_FILE_INTERNAL_H

#include "base/base.h"
#include "caus/graph_file.h"

enum {
    CAUS_GRAPH_MOST_BYTES = 16 << 20,
    CAUS_GRAPH_MOST_NODES = 10000,
    CAUS_GRAPH_MOST_EDGES = 1000000,
    CAUS_GRAPH_MOST_LAG = 100000,
    CAUS_GRAPH_MOST_DEPTH = 100
};

typedef struct caus_graph_reader {
    const char *path;
    const char *text;
    const char *at; /* the next byte */
    const char *end;
    caus_arena *out;
    const char *counted; /* lines are counted up to here */
    size_t line;         /* of it */
    caus_map *ids;
    const char **id;    /* [node_count] as the file calls nodes */
    const char **label; /* [node_count] NULL = none */
    size_t *node_line;  /* [node_count] of its first mention */
    size_t node_count;
    size_t node_capacity;
    caus_named_edge *edges;
    size_t edge_count;
    size_t edge_capacity;
} caus_graph_reader;

/* Reads the whole text. */
typedef caus_status caus_graph_parser(caus_graph_reader *r, caus_error *err);
caus_graph_parser caus_graph_parse_json, caus_graph_parse_dot,
    caus_graph_parse_gml, caus_graph_parse_graphml, caus_graph_parse_csv;

/* Fails with a sentence behind file and line of `at`. */
caus_status caus_graph_fail(caus_graph_reader *r, const char *at,
                            caus_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Bytes of the text that are left; 0 at the end. */
static inline size_t caus_graph_left(const caus_graph_reader *r)
{
    return (size_t)(r->end - r->at);
}

/* Whether the text goes on with these bytes; takes them if so. */
bool caus_graph_take(caus_graph_reader *r, const char *bytes);

/* Takes blanks and ends of lines. */
void caus_graph_skip_blanks(caus_graph_reader *r);

/* The node of an id, which is new or not; `at` for messages. */
caus_status caus_graph_find_node(caus_graph_reader *r, const char *id,
                                 const char *at, size_t *node, caus_error *err);

/* An edge with what the file says of it. */
typedef struct caus_graph_said {
    const char *source; /* ids */
    const char *target;
    const char *mark; /* NULL = `fallback` */
    const char *lag;  /* NULL = not said */
    caus_edge fallback;
    const char *at; /* for messages */
} caus_graph_said;

caus_status caus_graph_add_edge(caus_graph_reader *r,
                                const caus_graph_said *said, caus_error *err);

static const caus_edge caus_graph_arrow = {CAUS_MARK_TAIL, CAUS_MARK_ARROW};
static const caus_edge caus_graph_line_edge = {CAUS_MARK_TAIL, CAUS_MARK_TAIL};
static const caus_edge caus_graph_both = {CAUS_MARK_ARROW, CAUS_MARK_ARROW};

#endif
