/* SPDX-License-Identifier: Apache-2.0 */
/* Which variables may have moved the symptom, and through which others. */
#include <math.h>
#include <string.h>

#include "rootcause/attribution.h"
#include "rootcause/ranking.h"

enum { LAG_ROWS = 4, MOST_BLOCKS = 24, LEAST_BLOCK_ROWS = 4 };

static size_t add_node(const caus_case *about, caus_mechanism *made,
                       size_t variable, size_t service)
{
    size_t node = made->node_count++;
    made->variable[node] = variable;
    made->service[node] = service;
    made->level[node] = asinh(fabs(about->shifts[variable].size));
    return node;
}

/* The i-th service that a service waits for: those that it calls, and whom it
 * only stands before; SIZE_MAX = no more. */
static size_t waits_for(const caus_case *about, size_t service, size_t i)
{
    const caus_scene *scene = &about->scene;
    size_t at = scene->callee_start[service] + i;
    size_t end = scene->callee_start[service + 1];
    if (at < end)
        return scene->callees[at];
    return at == end ? about->fronts[service] : SIZE_MAX;
}

/* A walk over the calls that leaves a service after all its callees. */
typedef struct call_walk {
    const caus_case *about;
    caus_mechanism *made;
    size_t *next;  /* [service_count] wait to look at; SIZE_MAX = new */
    size_t *stack; /* [service_count] */
    size_t *face;  /* [service_count] the node that callers feel: what moved
                      outside, else inside; SIZE_MAX = none yet */
    size_t
        *asked; /* [service_count] last node whose parents it was asked for */
} call_walk;

/* The faces of callees that were left before; what closes a ring of calls is
 * not among these. A callee whose outside nobody measures lets through what
 * its own callees show. `callees` is used as the stack of services to ask. */
static void add_parents(call_walk *walk, size_t node, size_t *callees,
                        size_t count)
{
    const caus_scene *scene = &walk->about->scene;
    caus_mechanism *made = walk->made;
    while (count) {
        size_t callee = callees[--count];
        if (walk->asked[callee] == node)
            continue;
        walk->asked[callee] = node;
        size_t face = walk->face[callee];
        if (face != SIZE_MAX && face != node)
            made->parents[node][made->parent_count[node]++] = face;
        if (caus_scene_shows(scene, callee))
            continue;
        size_t next;
        for (size_t i = 0;
             (next = waits_for(walk->about, callee, i)) != SIZE_MAX; i++) {
            if (walk->asked[next] != node)
                callees[count++] = next;
        }
    }
}

static void leave(call_walk *walk, size_t service, size_t *room)
{
    const caus_case *about = walk->about;
    caus_mechanism *made = walk->made;
    bool last = service == about->symptom_service;
    size_t rank = about->rank_of[service];
    size_t outside =
        last ? about->symptom
             : caus_clues_loudest(about, rank, caus_aspect_is_outside);
    size_t inside = caus_clues_loudest(about, rank, caus_aspect_is_inside);
    size_t most = CAUS_MOST_NODES - (last ? 0 : 2);
    if (inside != SIZE_MAX && inside != outside && made->node_count + 1 < most)
        walk->face[service] = add_node(about, made, inside, service);
    if (outside == SIZE_MAX || made->node_count >= most)
        return;
    size_t node = add_node(about, made, outside, service);
    if (walk->face[service] != SIZE_MAX)
        made->parents[node][made->parent_count[node]++] = walk->face[service];
    walk->face[service] = node;
    size_t count = 0, next;
    for (; (next = waits_for(about, service, count)) != SIZE_MAX; count++)
        room[count] = next;
    add_parents(walk, node, room, count);
}

static void walk_calls(call_walk *walk, size_t from, size_t *room)
{
    size_t depth = 0;
    walk->stack[depth++] = from;
    walk->next[from] = 0;
    while (depth) {
        size_t at = walk->stack[depth - 1];
        size_t callee = waits_for(walk->about, at, walk->next[at]++);
        if (callee == SIZE_MAX) {
            leave(walk, at, room);
            depth--;
            continue;
        }
        if (walk->next[callee] != SIZE_MAX)
            continue;
        walk->next[callee] = 0;
        walk->stack[depth++] = callee;
    }
}

/* Whether a service is called by nobody, and is no observer. */
static bool is_uncalled(const caus_scene *scene, size_t service)
{
    return !caus_scene_is_called(scene, service) && !scene->observer[service];
}

/* A symptom that only looks at the services has those as callees that nobody
 * calls. */
static void walk_entries(call_walk *walk, size_t *room)
{
    const caus_case *about = walk->about;
    const caus_scene *scene = &about->scene;
    for (size_t s = 0; s < scene->service_count; s++) {
        if (is_uncalled(scene, s))
            walk_calls(walk, s, room);
    }
    size_t node = add_node(about, walk->made, about->symptom,
                           scene->service_of[about->symptom]);
    walk->made->only_looks = true;
    size_t count = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        if (is_uncalled(scene, s))
            room[count++] = s;
    }
    add_parents(walk, node, room, count);
}

caus_status caus_mechanism_find(const caus_case *about, caus_mechanism *result,
                                bool *found, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t count = scene->service_count;
    *found = false;
    *result = (caus_mechanism){0};
    if (!scene->has_calls || about->symptom == SIZE_MAX ||
        scene->service_of[about->symptom] == SIZE_MAX ||
        about->scores.clue[about->symptom] <= 0)
        return CAUS_OK;
    size_t calls = scene->callee_start[count];
    call_walk walk = {.about = about,
                      .made = result,
                      .next = CAUS_ARRAY(about->out, size_t, count + 1),
                      .stack = CAUS_ARRAY(about->out, size_t, count + 1),
                      .face = CAUS_ARRAY(about->out, size_t, count + 1),
                      .asked = CAUS_ARRAY(about->out, size_t, count + 1)};
    size_t *room = CAUS_ARRAY(about->out, size_t, calls + count + 1);
    if (!walk.next || !walk.stack || !walk.face || !walk.asked || !room)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < count; s++)
        walk.next[s] = walk.face[s] = walk.asked[s] = SIZE_MAX;
    if (about->symptom_service != SIZE_MAX)
        walk_calls(&walk, about->symptom_service, room);
    else
        walk_entries(&walk, room);
    *found = true;
    return CAUS_OK;
}

/* ---- rows ---- */

/* A node's values on the scale of its level. A gap says nothing: it stands at
 * the level of its side of the onset. */
static void fill_column(const caus_case *about, const caus_mechanism *mechanism,
                        size_t node, double *column)
{
    const caus_timeline *timeline = &about->timeline;
    size_t variable = mechanism->variable[node];
    const caus_shift *shift = &about->shifts[variable];
    const double *values = caus_timeline_values(timeline, variable);
    double sign = shift->size < 0 ? -1 : 1;
    for (size_t r = 0; r < timeline->row_count; r++) {
        double level = r < about->onset_row ? 0 : mechanism->level[node];
        column[r] =
            isnan(values[r])
                ? level
                : sign * asinh((values[r] - shift->before) / shift->scale);
    }
}

/* Blocks of rows that end at the onset or at the last row. */
static size_t block_rows_of(size_t rows)
{
    size_t least = rows / MOST_BLOCKS;
    return least > LEAST_BLOCK_ROWS ? least : LEAST_BLOCK_ROWS;
}

static void add_row(const double *columns, size_t row_count, size_t nodes,
                    size_t row, bool incident, double *block)
{
    double x[2 * CAUS_MOST_NODES + 2] = {0};
    size_t width = 2 * nodes + 2;
    x[incident] = 1;
    for (size_t n = 0; n < nodes; n++) {
        const double *column = columns + n * row_count;
        x[2 + n] = column[row];
        for (size_t lag = 0; lag < LAG_ROWS; lag++)
            x[2 + nodes + n] += column[row - lag] / LAG_ROWS;
    }
    for (size_t i = 0; i < width; i++) {
        for (size_t j = 0; j <= i; j++)
            block[i * width + j] += x[i] * x[j];
    }
}

static void add_phase(const caus_case *about, const double *columns,
                      size_t nodes, bool incident, caus_moments *made)
{
    size_t rows = about->timeline.row_count, width = made->width;
    size_t from = incident ? about->onset_row : 0;
    size_t to = incident ? rows : about->onset_row;
    size_t first = incident ? made->block_count[0] : 0;
    size_t each = block_rows_of(to - from), last = made->block_count[incident];
    for (size_t row = from + LAG_ROWS - 1; row < to; row++) {
        size_t at = (row - from) / each;
        double *block = made->blocks +
                        (first + (at < last ? at : last - 1)) * width * width;
        add_row(columns, rows, nodes, row, incident, block);
    }
}

caus_status caus_moments_init(const caus_case *about,
                              const caus_mechanism *mechanism,
                              caus_moments *result, caus_error *err)
{
    size_t rows = about->timeline.row_count, nodes = mechanism->node_count;
    caus_moments made = {.width = 2 * nodes + 2};
    for (size_t phase = 0; phase < CAUS_PHASE_COUNT; phase++) {
        size_t count = phase ? rows - about->onset_row : about->onset_row;
        size_t blocks = count / block_rows_of(count);
        made.block_count[phase] = blocks ? blocks : 1;
    }
    size_t blocks = made.block_count[0] + made.block_count[1];
    made.blocks =
        CAUS_ARRAY(about->out, double, blocks *made.width *made.width);
    double *columns = CAUS_ARRAY(about->out, double, nodes *rows);
    if (!made.blocks || !columns)
        return caus_arena_fail(about->out, err);
    for (size_t n = 0; n < nodes; n++)
        fill_column(about, mechanism, n, columns + n * rows);
    add_phase(about, columns, nodes, false, &made);
    add_phase(about, columns, nodes, true, &made);
    *result = made;
    return CAUS_OK;
}
