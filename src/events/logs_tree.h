/* SPDX-License-Identifier: Apache-2.0 */
/* The parse tree that finds templates of messages. */
#ifndef CAUS_SRC_EVENTS_LOGS_TREE_H
#define CAUS_SRC_EVENTS_LOGS_TREE_H

#include "events/events_internal.h"

/* What is looked for in the tree. */
typedef struct caus_log_event {
    caus_slice service;
    caus_slice masked; /* words parted by a blank */
    caus_slice sample; /* a line as it was */
    caus_severity severity;
    size_t lines;
} caus_log_event;

typedef struct caus_log_shape {
    caus_slice *words; /* [word_count] in the texts */
    size_t word_count;
    const char *service;
    const char *sample; /* of the event that began it */
    caus_severity severity;
    size_t count;  /* lines */
    uint32_t next; /* in its leaf, + 1 */
    uint32_t rank; /* in the result */
} caus_log_shape;

/* A node of the tree; leaves list templates. */
typedef struct caus_log_node {
    uint32_t child_count;
    uint32_t template_count;
    uint32_t first_template; /* + 1 */
} caus_log_node;

typedef struct caus_log_tree {
    double similarity;
    size_t max_templates;
    caus_arena *texts;
    caus_map *services; /* name to number */
    caus_map *edges;    /* parent node and word to node */
    caus_map *overflow; /* service to its last template */
    caus_log_node *nodes;
    size_t node_count;
    size_t node_capacity;
    caus_log_shape *templates;
    size_t template_count;
    size_t template_capacity;
    size_t overflowing;
    caus_slice words[CAUS_LOG_WORDS]; /* of the event at hand */
    char key[2 * CAUS_LOG_TEXT_BYTES + 8];
} caus_log_tree;

/* Returns NULL when memory is out. */
caus_log_tree *caus_log_tree_new(double similarity, size_t max_templates,
                                 size_t limit_bytes);
void caus_log_tree_free(caus_log_tree *tree);
/* Finds the template of an event, which it may widen, or makes it. */
caus_status caus_log_tree_add(caus_log_tree *tree, const caus_log_event *event,
                              uint32_t *number, caus_error *err);

#endif
