/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs that people or programs wrote: JSON, DOT, GML, GraphML, CSV. */
#ifndef CAUS_GRAPH_FILE_H
#define CAUS_GRAPH_FILE_H

#include "graph.h"

CAUS_API_BEGIN

typedef enum caus_graph_format {
    CAUS_GRAPH_JSON, /* a causal graph, version 1 */
    CAUS_GRAPH_DOT,
    CAUS_GRAPH_GML,
    CAUS_GRAPH_GRAPHML,
    CAUS_GRAPH_CSV /* source,target and, if there are any, lag and mark */
} caus_graph_format;

typedef struct caus_named_edge {
    size_t source, target; /* nodes: source(t − lag) to target(t) */
    size_t lag;            /* SIZE_MAX = the file does not say */
    caus_edge marks;
    size_t line; /* of the file */
} caus_named_edge;

typedef struct caus_graph_file {
    const char *path;
    size_t node_count;
    const char *const *names; /* [node_count] unique */
    size_t edge_count;
    const caus_named_edge *edges; /* [edge_count] in the order of the file */
} caus_graph_file;

/*
 * Reads a graph file. The format follows from the name's end (.json, .dot, .gv,
 * .gml, .graphml, .xml, .csv), else from how the text begins.
 *
 *   result  lives in `out`. A node is named by its label, else by its id. Edges
 *           are --> unless the file says otherwise: DOT by an attribute mark,
 *           by dir or by --, GraphML by mark or directed="false", GML by mark
 *           or directed 0, JSON and CSV by mark. An edge that points at its
 *           source at no lag is turned round
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, CAUS_ERR_INVALID_DATA (line named: what
 * is not the format, names that are no text or stand for two nodes, a mark or
 * lag that means nothing), CAUS_ERR_LIMIT (over 16 MiB, 10,000 nodes or a
 * million edges), …_OUT_OF_MEMORY. Cost O(bytes).
 */
caus_status caus_graph_file_read(const char *path, caus_arena *out,
                                 caus_graph_file *result, caus_error *err);

/* The same of a text in memory; `path` is for sentences. */
caus_status caus_graph_file_parse(const char *text, size_t length,
                                  caus_graph_format format, const char *path,
                                  caus_arena *out, caus_graph_file *result,
                                  caus_error *err);

CAUS_API_END
#endif
