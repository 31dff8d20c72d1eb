/* SPDX-License-Identifier: Apache-2.0 */
/* What a picture shows of an answer, and where. */
#ifndef CAUS_SRC_RENDER_PICTURE_H
#define CAUS_SRC_RENDER_PICTURE_H

#include "render/render_internal.h"

typedef enum caus_heads {
    CAUS_HEADS_NONE,   /* no order: a plain line */
    CAUS_HEADS_TARGET, /* an arrow */
    CAUS_HEADS_BOTH    /* a hidden cause of both */
} caus_heads;

caus_heads caus_link_heads(const caus_link *link);

/* One drawn line: the links of a pair that are drawn alike. */
typedef struct caus_stroke {
    size_t source, target;
    caus_heads heads;
    const caus_link *strongest;
    size_t first, count; /* its links in caus_picture.links, by lag */
} caus_stroke;

/* What a picture shows of an answer. Lives in the view's arena. */
typedef struct caus_picture {
    size_t node_count;
    size_t *nodes; /* variables, ascending */
    size_t stroke_count;
    caus_stroke *strokes; /* strongest first */
    const caus_link **links;
    size_t lonely_count; /* shown variables without a line, left undrawn */
    size_t *lonely;
    size_t service_count;
    const char **services; /* of the drawn nodes, sorted */
    size_t *service_of;    /* [variable_count]; SIZE_MAX = not known */
    size_t drawn_links;    /* behind the drawn lines */
    bool narrowed;         /* too large: only the strongest part is drawn */
} caus_picture;

caus_status caus_picture_init(caus_picture *picture, const caus_view *view,
                              caus_error *err);
/* Where a drawn variable stands in `nodes`. */
size_t caus_picture_position(const caus_picture *picture, size_t variable);
/* "15 s, 30 s": the lags of a line. */
void caus_picture_add_lags(const caus_picture *picture, const caus_view *view,
                           const caus_stroke *stroke, caus_text *text);
/* "15 s, 30 s": the lags at which a variable follows itself; nothing if it
 * does not. */
void caus_view_add_memory(const caus_view *view, size_t variable,
                          caus_text *text);

/* ---- layout ---- */

typedef struct caus_point {
    double x, y;
} caus_point;

/* Where a line runs: cubic Bezier pieces, from the source to the target. An
 * arrowhead fills the way from the curve's end to its tip. */
typedef struct caus_curve {
    size_t point_count; /* 3 · pieces + 1 */
    const caus_point *points;
    caus_point source_tip, target_tip; /* the curve's ends without a head */
    caus_point label;                  /* centre */
} caus_curve;

/* Pixels, y downwards. */
typedef struct caus_layout {
    double width, height;
    caus_point *nodes;  /* [node_count] centres */
    caus_curve *curves; /* [stroke_count] */
} caus_layout;

/* The room that things need, in pixels. */
typedef struct caus_sizes {
    const caus_point *nodes;  /* [node_count] width and height */
    const caus_point *labels; /* [stroke_count] */
} caus_sizes;

/*
 * Places a picture by the program `dot`, time from left to right. Fails with
 * CAUS_ERR_NOT_FOUND without the program, …_LIMIT after 10 s, …_CANCELLED,
 * …_IO when it fails or says what cannot be read.
 */
caus_status caus_layout_make(const caus_picture *picture,
                             const caus_sizes *sizes, const caus_run *run,
                             caus_arena *out, caus_layout *layout,
                             caus_error *err);

/*
 * Runs a program (no shell) with `input` on its standard input and collects
 * its standard output. Only cancelling the run stops it early, not the run's
 * time limit: a partial answer is worth a picture.
 *
 *   arguments  NULL-terminated, [0] is looked up in PATH
 *   limit_s    seconds until it is killed
 */
caus_status caus_process_filter(const char *const *arguments,
                                const caus_text *input, double limit_s,
                                const caus_run *run, caus_text *output,
                                caus_error *err);

#endif
