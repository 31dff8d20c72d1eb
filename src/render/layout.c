/* SPDX-License-Identifier: Apache-2.0 */
/* Positions from the `dot` program. Sizes are given to it in full, so that
 * the result does not depend on installed fonts. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/picture.h"

static const double points_per_inch = 72;
static const double limit_s = 10;

/* Longer lags push nodes further to the right, in pictures with room. */
static size_t rank_distance(const caus_picture *picture,
                            const caus_stroke *stroke, size_t shortest_lag)
{
    enum { FARTHEST = 3, ROOMY = 16 };
    size_t lag = stroke->strongest->lag;
    if (!lag || !shortest_lag || picture->stroke_count > ROOMY)
        return 1;
    size_t distance = (lag + shortest_lag - 1) / shortest_lag;
    return distance < FARTHEST ? distance : (size_t)FARTHEST;
}

static size_t shortest_lag(const caus_picture *picture)
{
    size_t shortest = 0;
    for (size_t i = 0; i < picture->stroke_count; i++) {
        size_t lag = picture->strokes[i].strongest->lag;
        if (lag && (!shortest || lag < shortest))
            shortest = lag;
    }
    return shortest;
}

static void describe(const caus_picture *picture, const caus_sizes *sizes,
                     caus_text *dot)
{
    static const char *const directions[] = {"none", "forward", "both"};
    caus_text_add(dot, "digraph caus {\n"
                       "graph [rankdir=LR, nodesep=0.4, ranksep=0.35];\n"
                       "node [shape=box, fixedsize=true, label=\"\"];\n"
                       "edge [arrowsize=0.9];\n");
    for (size_t i = 0; i < picture->node_count; i++)
        caus_text_format(dot, "n%zu [width=%.4f, height=%.4f];\n", i,
                         sizes->nodes[i].x / points_per_inch,
                         sizes->nodes[i].y / points_per_inch);
    size_t shortest = shortest_lag(picture);
    for (size_t i = 0; i < picture->stroke_count; i++) {
        const caus_stroke *stroke = &picture->strokes[i];
        caus_text_format(
            dot,
            "n%zu -> n%zu [id=e%zu, dir=%s, minlen=%zu, weight=%d, "
            "label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLPADDING=\"0\" "
            "CELLSPACING=\"0\"><TR><TD FIXEDSIZE=\"TRUE\" WIDTH=\"%.0f\" "
            "HEIGHT=\"%.0f\"></TD></TR></TABLE>>];\n",
            caus_picture_position(picture, stroke->source),
            caus_picture_position(picture, stroke->target), i,
            directions[stroke->heads], rank_distance(picture, stroke, shortest),
            stroke->heads == CAUS_HEADS_NONE ? 1 : 3, sizes->labels[i].x,
            sizes->labels[i].y);
    }
    caus_text_add(dot, "}\n");
}

/* Reads "x,y"; y is turned downwards. Returns what follows, or NULL. */
static const char *read_point(const char *at, double height, caus_point *point)
{
    char *end;
    double x = strtod(at, &end);
    if (end == at || *end != ',')
        return NULL;
    const char *second = end + 1;
    double y = strtod(second, &end);
    if (end == second || !isfinite(x) || !isfinite(y))
        return NULL;
    *point = (caus_point){x, height - y};
    return end;
}

/* "e,x,y s,x,y x,y x,y …": tips of the heads first, then the curve. */
static bool read_curve(const char *text, double height, caus_point *points,
                       caus_curve *curve)
{
    bool has_source = false, has_target = false;
    size_t count = 0;
    for (const char *at = text; at && *at;) {
        if (*at == ' ') {
            at++;
            continue;
        }
        bool tip = (*at == 'e' || *at == 's') && at[1] == ',';
        caus_point point;
        bool target = *at == 'e';
        at = read_point(tip ? at + 2 : at, height, &point);
        if (!at)
            return false;
        if (!tip) {
            points[count++] = point;
        } else if (target) {
            curve->target_tip = point;
            has_target = true;
        } else {
            curve->source_tip = point;
            has_source = true;
        }
    }
    if (count < 4 || count % 3 != 1)
        return false;
    if (!has_source)
        curve->source_tip = points[0];
    if (!has_target)
        curve->target_tip = points[count - 1];
    curve->points = points;
    curve->point_count = count;
    return true;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* The number after one letter, as in "n12" or "e7", below the limit. */
static bool read_number(const char *text, char letter, size_t limit,
                        size_t *number)
{
    if (text[0] != letter || !text[1])
        return false;
    char *end;
    *number = (size_t)strtoull(text + 1, &end, 10);
    return !*end && *number < limit;
}

static size_t read_nodes(const json_t *root, const caus_picture *picture,
                         caus_layout *layout)
{
    const json_t *objects = json_object_get(root, "objects");
    size_t placed = 0;
    for (size_t i = 0; i < json_array_size(objects); i++) {
        const json_t *node = json_array_get(objects, i);
        size_t number;
        if (read_number(text_of(node, "name"), 'n', picture->node_count,
                        &number) &&
            read_point(text_of(node, "pos"), layout->height,
                       &layout->nodes[number]))
            placed++;
    }
    return placed;
}

static size_t count_points(const char *text)
{
    size_t count = 1;
    for (const char *at = text; *at; at++)
        count += *at == ' ';
    return count;
}

static caus_status read_curves(const json_t *root, const caus_picture *picture,
                               caus_arena *out, caus_layout *layout,
                               size_t *placed, caus_error *err)
{
    const json_t *edges = json_object_get(root, "edges");
    for (size_t i = 0; i < json_array_size(edges); i++) {
        const json_t *edge = json_array_get(edges, i);
        size_t number;
        if (!read_number(text_of(edge, "id"), 'e', picture->stroke_count,
                         &number))
            continue;
        caus_curve *curve = &layout->curves[number];
        const char *pos = text_of(edge, "pos");
        caus_point *points = CAUS_ARRAY(out, caus_point, count_points(pos));
        if (!points)
            return caus_arena_fail(out, err);
        if (read_curve(pos, layout->height, points, curve) &&
            read_point(text_of(edge, "lp"), layout->height, &curve->label))
            *placed += 1;
    }
    return CAUS_OK;
}

static caus_point point_on(const caus_point *piece, double along)
{
    double rest = 1 - along;
    double weights[4] = {rest * rest * rest, 3 * rest * rest * along,
                         3 * rest * along * along, along * along * along};
    caus_point point = {0, 0};
    for (size_t i = 0; i < 4; i++) {
        point.x += weights[i] * piece[i].x;
        point.y += weights[i] * piece[i].y;
    }
    return point;
}

static caus_point nearest_point(const caus_curve *curve, caus_point from)
{
    enum { SAMPLES = 16 };
    caus_point nearest = curve->points[0];
    double shortest = HUGE_VAL;
    for (size_t piece = 0; piece + 3 < curve->point_count; piece += 3)
        for (int i = 0; i <= SAMPLES; i++) {
            caus_point point =
                point_on(&curve->points[piece], (double)i / SAMPLES);
            double distance = hypot(point.x - from.x, point.y - from.y);
            if (distance < shortest) {
                shortest = distance;
                nearest = point;
            }
        }
    return nearest;
}

static bool overlap(caus_point a, caus_point a_size, caus_point b,
                    caus_point b_size)
{
    return fabs(a.x - b.x) * 2 < a_size.x + b_size.x &&
           fabs(a.y - b.y) * 2 < a_size.y + b_size.y;
}

static bool is_free(const caus_picture *picture, const caus_sizes *sizes,
                    const caus_layout *layout, size_t label, caus_point at)
{
    for (size_t i = 0; i < picture->node_count; i++)
        if (overlap(at, sizes->labels[label], layout->nodes[i],
                    sizes->nodes[i]))
            return false;
    for (size_t i = 0; i < picture->stroke_count; i++)
        if (i != label && overlap(at, sizes->labels[label],
                                  layout->curves[i].label, sizes->labels[i]))
            return false;
    return true;
}

/* dot leaves some labels far from bent lines: they are pulled until their box
 * touches the line, where nothing is in the way. */
static void pull_labels(const caus_picture *picture, const caus_sizes *sizes,
                        caus_layout *layout)
{
    enum { CLEARANCE = 2 };
    const double far = 0.6; /* of the way remains when the box touches */
    for (size_t i = 0; i < picture->stroke_count; i++) {
        caus_curve *curve = &layout->curves[i];
        caus_point on = nearest_point(curve, curve->label);
        double x = on.x - curve->label.x, y = on.y - curve->label.y;
        double room_x = sizes->labels[i].x / 2 + CLEARANCE;
        double room_y = sizes->labels[i].y / 2 + CLEARANCE;
        double kept = 1;
        if (fabs(x) > room_x)
            kept = room_x / fabs(x);
        if (fabs(y) > room_y)
            kept = fmin(kept, room_y / fabs(y));
        caus_point nearer = {on.x - kept * x, on.y - kept * y};
        if (kept < far && is_free(picture, sizes, layout, i, nearer))
            curve->label = nearer;
    }
}

static caus_status read_layout(const caus_text *json,
                               const caus_picture *picture, caus_arena *out,
                               caus_layout *layout, caus_error *err)
{
    json_t *root =
        json_loadb(json->bytes ? json->bytes : "", json->length, 0, NULL);
    caus_point corner = {0, 0};
    const char *box = text_of(root, "bb"); /* "0,0,width,height" */
    bool known =
        strncmp(box, "0,0,", 4) == 0 && read_point(box + 4, 0, &corner) != NULL;
    layout->width = corner.x;
    layout->height = -corner.y;
    size_t nodes = read_nodes(root, picture, layout), curves = 0;
    caus_status status = read_curves(root, picture, out, layout, &curves, err);
    json_decref(root);
    if (status != CAUS_OK)
        return status;
    if (!known || nodes != picture->node_count ||
        curves != picture->stroke_count)
        return CAUS_FAIL(err, CAUS_ERR_IO,
                         "dot placed the graph in a way that cannot be read: "
                         "choose another format, such as dot or mermaid");
    return CAUS_OK;
}

caus_status caus_layout_make(const caus_picture *picture,
                             const caus_sizes *sizes, const caus_run *run,
                             caus_arena *out, caus_layout *layout,
                             caus_error *err)
{
    /* json0 is json without the drawing operations. */
    static const char *const arguments[] = {"dot", "-Tjson0", NULL};
    layout->nodes = CAUS_ARRAY(out, caus_point, picture->node_count);
    layout->curves = CAUS_ARRAY(out, caus_curve, picture->stroke_count);
    if (!layout->nodes || !layout->curves)
        return caus_arena_fail(out, err);
    caus_text dot = {0}, json = {0};
    describe(picture, sizes, &dot);
    caus_status status =
        dot.failed
            ? CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                        "no memory to describe a picture of %zu nodes",
                        picture->node_count)
            : caus_process_filter(arguments, &dot, limit_s, run, &json, err);
    if (status == CAUS_OK)
        status = read_layout(&json, picture, out, layout, err);
    if (status == CAUS_OK)
        pull_labels(picture, sizes, layout);
    caus_text_deinit(&dot);
    caus_text_deinit(&json);
    return status;
}
