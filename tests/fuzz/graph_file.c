/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses the format, the rest is the file. */
#include <stdlib.h>
#include <string.h>

#include "caus/graph_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    caus_arena *out = caus_arena_new((size_t)64 << 20);
    caus_graph_file graph;
    caus_error error;
    if (!bytes || !out) {
        caus_arena_free(out);
        return 0;
    }
    caus_graph_format format =
        (caus_graph_format)(data[0] % (CAUS_GRAPH_CSV + 1));
    /* a copy, so that reading beyond the end is seen */
    char *text = malloc(bytes);
    if (text && bytes > 1)
        memcpy(text, data + 1, bytes - 1);
    if (text && caus_graph_file_parse(text, bytes - 1, format, "fuzz", out,
                                      &graph, &error) == CAUS_OK) {
        if (!graph.node_count)
            abort();
        for (size_t v = 0; v < graph.node_count; v++)
            if (!graph.names[v][0])
                abort();
        for (size_t k = 0; k < graph.edge_count; k++) {
            const caus_named_edge *edge = &graph.edges[k];
            if (edge->source >= graph.node_count ||
                edge->target >= graph.node_count || !edge->line ||
                !caus_edge_text(edge->marks)[0] ||
                (edge->source == edge->target && edge->lag == 0))
                abort();
        }
    }
    free(text);
    caus_arena_free(out);
    return 0;
}
