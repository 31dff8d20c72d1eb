/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes and lines a picture shows. */
#include <stdlib.h>
#include <string.h>

#include "render/picture.h"

/* Beyond the first two a picture is narrowed to the others: more cannot be
 * read, and dot takes seconds. */
enum { MOST_NODES = 150, MOST_LINKS = 400, KEPT_NODES = 50, KEPT_STROKES = 90 };

caus_heads caus_link_heads(const caus_link *link)
{
    bool from = link->marks.source == CAUS_MARK_ARROW;
    bool into = link->marks.target == CAUS_MARK_ARROW;
    if (from && into)
        return CAUS_HEADS_BOTH;
    return into && link->orientation != CAUS_ORIENTED_NONE ? CAUS_HEADS_TARGET
                                                           : CAUS_HEADS_NONE;
}

/* What two links share when one line stands for both. */
typedef struct stroke_key {
    size_t source, target, heads, standing;
} stroke_key;

static stroke_key key_of(const caus_view *view, const caus_link *link)
{
    stroke_key key = {link->source, link->target, caus_link_heads(link),
                      caus_link_stand(view, link)};
    if (key.heads != CAUS_HEADS_TARGET && key.source > key.target) {
        key.source = link->target;
        key.target = link->source;
    }
    return key;
}

/* The stroke of every link; the first link of a stroke is its strongest. */
static bool number_strokes(caus_picture *picture, const caus_view *view,
                           caus_map *map, stroke_key *keys, size_t *stroke_of)
{
    for (size_t i = 0; i < view->link_count; i++) {
        const caus_link *link = &view->links[i];
        if (caus_link_is_self(link))
            continue;
        keys[i] = key_of(view, link);
        int added = caus_map_insert(map, (const char *)&keys[i], sizeof keys[i],
                                    picture->stroke_count, &stroke_of[i]);
        if (added < 0)
            return false;
        if (added > 0)
            picture->strokes[picture->stroke_count++] =
                (caus_stroke){.source = link->source,
                              .target = link->target,
                              .heads = caus_link_heads(link),
                              .strongest = link};
        picture->strokes[stroke_of[i]].count++;
    }
    return true;
}

static void gather_links(caus_picture *picture, const caus_view *view,
                         const size_t *stroke_of)
{
    size_t first = 0;
    for (size_t i = 0; i < picture->stroke_count; i++) {
        picture->strokes[i].first = first;
        first += picture->strokes[i].count;
        picture->strokes[i].count = 0;
    }
    for (size_t i = 0; i < view->link_count; i++) {
        if (caus_link_is_self(&view->links[i]))
            continue;
        caus_stroke *stroke = &picture->strokes[stroke_of[i]];
        size_t at = stroke->first + stroke->count++;
        for (; at > stroke->first &&
               picture->links[at - 1]->lag > view->links[i].lag;
             at--)
            picture->links[at] = picture->links[at - 1];
        picture->links[at] = &view->links[i];
    }
}

static caus_status make_strokes(caus_picture *picture, const caus_view *view,
                                caus_error *err)
{
    size_t count = view->link_count;
    stroke_key *keys = CAUS_ARRAY(view->arena, stroke_key, count);
    size_t *stroke_of = CAUS_ARRAY(view->arena, size_t, count);
    picture->strokes = CAUS_ARRAY(view->arena, caus_stroke, count);
    picture->links = CAUS_ARRAY(view->arena, const caus_link *, count);
    if (!keys || !stroke_of || !picture->strokes || !picture->links)
        return caus_arena_fail(view->arena, err);
    caus_map *map = caus_map_new();
    bool numbered = map && number_strokes(picture, view, map, keys, stroke_of);
    caus_map_free(map);
    if (!numbered)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to draw %zu links", count);
    gather_links(picture, view, stroke_of);
    return CAUS_OK;
}

static size_t mark_node(bool *drawn, size_t variable)
{
    bool fresh = !drawn[variable];
    drawn[variable] = true;
    return fresh;
}

/* The chain of the sentence first, then the ends of the strongest lines. */
static void choose_strongest(const caus_picture *picture, const caus_view *view,
                             bool *drawn)
{
    size_t count = 0;
    for (size_t i = 0; i < view->chain.count; i++) {
        count += mark_node(drawn, view->chain.hops[i]->source);
        count += mark_node(drawn, view->chain.hops[i]->target);
    }
    for (size_t i = 0; i < picture->stroke_count && count < KEPT_NODES; i++) {
        count += mark_node(drawn, picture->strokes[i].source);
        count += mark_node(drawn, picture->strokes[i].target);
    }
}

static void choose_nodes(const caus_picture *picture, const caus_view *view,
                         bool *drawn)
{
    if (picture->narrowed && picture->stroke_count) {
        choose_strongest(picture, view, drawn);
        return;
    }
    for (size_t i = 0; i < picture->stroke_count; i++) {
        drawn[picture->strokes[i].source] = true;
        drawn[picture->strokes[i].target] = true;
    }
    size_t count = 0;
    for (size_t i = 0; i < view->variable_count && !picture->stroke_count; i++)
        if (view->shown[i] && count < KEPT_NODES)
            count += mark_node(drawn, i);
}

static void drop_undrawn(caus_picture *picture, const caus_view *view,
                         const bool *drawn)
{
    size_t kept = 0, most = picture->narrowed ? KEPT_STROKES : SIZE_MAX;
    for (size_t i = 0; i < picture->stroke_count && kept < most; i++) {
        caus_stroke *stroke = &picture->strokes[i];
        if (!drawn[stroke->source] || !drawn[stroke->target])
            continue;
        picture->drawn_links += stroke->count;
        picture->strokes[kept++] = *stroke;
    }
    picture->stroke_count = kept;
    for (size_t i = 0; i < view->variable_count; i++) {
        if (drawn[i])
            picture->nodes[picture->node_count++] = i;
        else if (view->shown[i])
            picture->lonely[picture->lonely_count++] = i;
    }
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static size_t find_service(const caus_picture *picture, const char *service)
{
    const char **found =
        picture->service_count
            ? bsearch(&service, picture->services, picture->service_count,
                      sizeof service, compare_texts)
            : NULL;
    return found ? (size_t)(found - picture->services) : SIZE_MAX;
}

static void list_services(caus_picture *picture, const caus_view *view)
{
    size_t count = 0, distinct = 0;
    for (size_t i = 0; i < picture->node_count; i++) {
        const char *service = view->services[picture->nodes[i]];
        if (*service)
            picture->services[count++] = service;
    }
    if (count > 1)
        qsort(picture->services, count, sizeof *picture->services,
              compare_texts);
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(picture->services[i], picture->services[i - 1]) != 0)
            picture->services[distinct++] = picture->services[i];
    picture->service_count = distinct;
    for (size_t i = 0; i < view->variable_count; i++)
        picture->service_of[i] = find_service(picture, view->services[i]);
}

caus_status caus_picture_init(caus_picture *picture, const caus_view *view,
                              caus_error *err)
{
    size_t count = view->variable_count;
    *picture = (caus_picture){.narrowed = view->shown_count > MOST_NODES ||
                                          view->cross_count > MOST_LINKS};
    CAUS_TRY(make_strokes(picture, view, err));
    picture->nodes = CAUS_ARRAY(view->arena, size_t, count);
    picture->lonely = CAUS_ARRAY(view->arena, size_t, count);
    picture->services = CAUS_ARRAY(view->arena, const char *, count);
    picture->service_of = CAUS_ARRAY(view->arena, size_t, count);
    bool *drawn = CAUS_ARRAY(view->arena, bool, count);
    if (!picture->nodes || !picture->lonely || !picture->services ||
        !picture->service_of || !drawn)
        return caus_arena_fail(view->arena, err);
    choose_nodes(picture, view, drawn);
    drop_undrawn(picture, view, drawn);
    list_services(picture, view);
    return CAUS_OK;
}

static int compare_sizes(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

size_t caus_picture_position(const caus_picture *picture, size_t variable)
{
    const size_t *found =
        bsearch(&variable, picture->nodes, picture->node_count, sizeof variable,
                compare_sizes);
    return (size_t)(found - picture->nodes);
}

void caus_picture_add_lags(const caus_picture *picture, const caus_view *view,
                           const caus_stroke *stroke, caus_text *text)
{
    for (size_t i = 0; i < stroke->count; i++) {
        size_t lag = picture->links[stroke->first + i]->lag;
        if (i && picture->links[stroke->first + i - 1]->lag == lag)
            continue;
        char words[48];
        caus_view_format_lag(view, lag, words);
        bool is_lagless =
            caus_link_is_lagless(picture->links[stroke->first + i]);
        caus_text_format(text, "%s%s", i ? ", " : "",
                         is_lagless ? "any lag"
                         : lag      ? words
                                    : "same step");
    }
}

void caus_view_add_memory(const caus_view *view, size_t variable,
                          caus_text *text)
{
    const char *separator = "";
    for (size_t lag = 1; lag <= view->answer->discovery->graph.max_lag; lag++) {
        caus_edge edge = caus_graph_get(&view->answer->discovery->graph,
                                        variable, variable, lag);
        if (edge.source == CAUS_MARK_NONE && edge.target == CAUS_MARK_NONE)
            continue;
        char words[48];
        caus_view_format_lag(view, lag, words);
        caus_text_format(text, "%s%s", separator, words);
        separator = ", ";
    }
}
