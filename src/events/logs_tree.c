/* SPDX-License-Identifier: Apache-2.0 */
#include "events/logs_tree.h"

#include <stdlib.h>
#include <string.h>

enum {
    TREE_WORDS = 2, /* that the tree looks at */
    MOST_CHILDREN = 100,
    MOST_IN_LEAF = 100
};

void caus_log_tree_free(caus_log_tree *tree)
{
    if (!tree)
        return;
    caus_arena_free(tree->texts);
    caus_map_free(tree->services);
    caus_map_free(tree->edges);
    caus_map_free(tree->overflow);
    free(tree->nodes);
    free(tree->templates);
    free(tree);
}

caus_log_tree *caus_log_tree_new(double similarity, size_t max_templates,
                                 size_t limit_bytes)
{
    caus_log_tree *tree = caus_alloc(sizeof *tree);
    if (!tree)
        return NULL;
    tree->similarity = similarity;
    tree->max_templates = max_templates;
    tree->texts = caus_arena_new(limit_bytes);
    tree->services = caus_map_new();
    tree->edges = caus_map_new();
    tree->overflow = caus_map_new();
    if (tree->texts && tree->services && tree->edges && tree->overflow)
        return tree;
    caus_log_tree_free(tree);
    return NULL;
}

static caus_status fail_memory(caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for templates of log lines");
}

/* ---- the tree ---- */

static caus_status find_child(caus_log_tree *tree, uint32_t parent,
                              caus_slice word, uint32_t *child, caus_error *err)
{
    size_t found;
    for (;;) {
        memcpy(tree->key, &parent, sizeof parent);
        memcpy(tree->key + sizeof parent, word.bytes, word.length);
        size_t length = sizeof parent + word.length;
        if (caus_map_find(tree->edges, tree->key, length, &found)) {
            *child = (uint32_t)found;
            return CAUS_OK;
        }
        bool is_full = tree->nodes[parent].child_count >= MOST_CHILDREN;
        if (!is_full || caus_slice_is_equal(word, caus_log_wildcard))
            break;
        word = caus_log_wildcard;
    }
    if (!caus_reserve(&tree->nodes, tree->node_count, &tree->node_capacity,
                      sizeof *tree->nodes))
        return fail_memory(err);
    size_t length = sizeof parent + word.length;
    const char *kept = caus_arena_copy_text(tree->texts, tree->key, length);
    if (!kept)
        return caus_arena_fail(tree->texts, err);
    if (caus_map_insert(tree->edges, kept, length, tree->node_count, NULL) < 0)
        return fail_memory(err);
    tree->nodes[parent].child_count++;
    tree->nodes[tree->node_count] = (caus_log_node){0};
    *child = (uint32_t)tree->node_count++;
    return CAUS_OK;
}

/* The number of a service, and its name for good. */
static caus_status find_service(caus_log_tree *tree, caus_slice service,
                                uint32_t *number, caus_error *err)
{
    size_t found;
    if (caus_map_find(tree->services, service.bytes, service.length, &found)) {
        *number = (uint32_t)found;
        return CAUS_OK;
    }
    /* each service is a tree of its own: its number is that of its root */
    if (!caus_reserve(&tree->nodes, tree->node_count, &tree->node_capacity,
                      sizeof *tree->nodes))
        return fail_memory(err);
    const char *kept =
        caus_arena_copy_text(tree->texts, service.bytes, service.length);
    if (!kept)
        return caus_arena_fail(tree->texts, err);
    if (caus_map_insert(tree->services, kept, service.length, tree->node_count,
                        NULL) < 0)
        return fail_memory(err);
    tree->nodes[tree->node_count] = (caus_log_node){0};
    *number = (uint32_t)tree->node_count++;
    return CAUS_OK;
}

static caus_status find_leaf(caus_log_tree *tree, const caus_log_event *about,
                             size_t word_count, uint32_t *leaf, caus_error *err)
{
    const char kind[] = {(char)word_count, (char)about->severity};
    uint32_t at = 0;
    CAUS_TRY(find_service(tree, about->service, &at, err));
    /* every number of words has its child, however many there are */
    tree->nodes[at].child_count = 0;
    CAUS_TRY(find_child(tree, at, (caus_slice){kind, sizeof kind}, &at, err));
    for (size_t i = 0; i < TREE_WORDS && i < word_count; i++)
        CAUS_TRY(find_child(tree, at, tree->words[i], &at, err));
    *leaf = at;
    return CAUS_OK;
}

/* ---- templates ---- */

/* The template of the leaf with the most equal words; the first of equals. */
static uint32_t most_similar(const caus_log_tree *tree, uint32_t leaf,
                             size_t word_count, size_t *equal_words)
{
    uint32_t best = UINT32_MAX;
    *equal_words = 0;
    for (uint32_t at = tree->nodes[leaf].first_template; at;
         at = tree->templates[at - 1].next) {
        const caus_log_shape *other = &tree->templates[at - 1];
        size_t equal = 0;
        for (size_t i = 0; i < word_count; i++)
            equal += caus_slice_is_equal(other->words[i], tree->words[i]);
        if (best == UINT32_MAX || equal > *equal_words ||
            (equal == *equal_words && at - 1 < best)) {
            best = at - 1;
            *equal_words = equal;
        }
    }
    return best;
}

static void merge(caus_log_tree *tree, uint32_t number)
{
    caus_log_shape *into = &tree->templates[number];
    for (size_t i = 0; i < into->word_count; i++)
        if (!caus_slice_is_equal(into->words[i], tree->words[i]))
            into->words[i] = caus_log_wildcard;
}

static caus_status add_template(caus_log_tree *tree,
                                const caus_log_event *about, size_t word_count,
                                uint32_t *number, caus_error *err)
{
    if (!caus_reserve(&tree->templates, tree->template_count,
                      &tree->template_capacity, sizeof *tree->templates))
        return fail_memory(err);
    caus_slice service = about->service, sample = about->sample;
    caus_log_shape made = {.word_count = word_count,
                           .severity = about->severity};
    made.words = CAUS_ARRAY(tree->texts, caus_slice, word_count);
    made.service =
        caus_arena_copy_text(tree->texts, service.bytes, service.length);
    made.sample =
        caus_arena_copy_text(tree->texts, sample.bytes, sample.length);
    size_t bytes = 0;
    for (size_t i = 0; i < word_count; i++)
        bytes += tree->words[i].length;
    char *kept = CAUS_ARRAY(tree->texts, char, bytes);
    if (!made.words || !made.service || !made.sample || !kept)
        return caus_arena_fail(tree->texts, err);
    for (size_t i = 0; i < word_count; i++) {
        memcpy(kept, tree->words[i].bytes, tree->words[i].length);
        made.words[i] = (caus_slice){kept, tree->words[i].length};
        kept += tree->words[i].length;
    }
    tree->templates[tree->template_count] = made;
    *number = (uint32_t)tree->template_count++;
    return CAUS_OK;
}

/* The template of all lines of a service that no longer get one. */
static caus_status find_overflow(caus_log_tree *tree,
                                 const caus_log_event *about, uint32_t *number,
                                 caus_error *err)
{
    size_t found;
    caus_slice service = about->service;
    tree->overflowing += about->lines;
    if (caus_map_find(tree->overflow, service.bytes, service.length, &found)) {
        *number = (uint32_t)found;
        return CAUS_OK;
    }
    tree->words[0] = caus_log_wildcard;
    CAUS_TRY(add_template(tree, about, 1, number, err));
    const char *name = tree->templates[*number].service;
    if (caus_map_insert(tree->overflow, name, service.length, *number, NULL) <
        0)
        return fail_memory(err);
    return CAUS_OK;
}

static size_t split(caus_slice masked, caus_slice *words)
{
    const char *at = masked.bytes, *end = at + masked.length;
    size_t count = 0;
    while (at != end && count < CAUS_LOG_WORDS) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        const char *stop = blank ? blank : end;
        words[count++] = (caus_slice){at, (size_t)(stop - at)};
        at = blank ? blank + 1 : end;
    }
    return count;
}

static caus_status find_template(caus_log_tree *tree,
                                 const caus_log_event *about, uint32_t *number,
                                 caus_error *err)
{
    size_t count = split(about->masked, tree->words), equal;
    uint32_t leaf = 0;
    CAUS_TRY(find_leaf(tree, about, count, &leaf, err));
    uint32_t best = most_similar(tree, leaf, count, &equal);
    bool is_full = tree->nodes[leaf].template_count >= MOST_IN_LEAF;
    if (best != UINT32_MAX &&
        (is_full || (double)equal >= tree->similarity * (double)count)) {
        merge(tree, best);
        *number = best;
        return CAUS_OK;
    }
    if (tree->template_count >= tree->max_templates)
        return find_overflow(tree, about, number, err);
    CAUS_TRY(add_template(tree, about, count, number, err));
    tree->templates[*number].next = tree->nodes[leaf].first_template;
    tree->nodes[leaf].first_template = *number + 1;
    tree->nodes[leaf].template_count++;
    return CAUS_OK;
}

caus_status caus_log_tree_add(caus_log_tree *tree, const caus_log_event *event,
                              uint32_t *number, caus_error *err)
{
    CAUS_TRY(find_template(tree, event, number, err));
    tree->templates[*number].count += event->lines;
    return CAUS_OK;
}
