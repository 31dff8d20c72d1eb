/* SPDX-License-Identifier: Apache-2.0 */
/* A picture being drawn, shared by its parts. */
#ifndef CAUS_SRC_RENDER_SVG_INTERNAL_H
#define CAUS_SRC_RENDER_SVG_INTERNAL_H

#include "render/picture.h"

enum { CAUS_SVG_COLOURS = 12 };

/* Heights in pixels; text sizes are in the style sheet. */
enum {
    CAUS_SVG_MARGIN = 28,
    CAUS_SVG_NAME_SIZE = 13,
    CAUS_SVG_NOTE_SIZE = 11,
    CAUS_SVG_TITLE_SIZE = 17
};

typedef struct caus_drawing {
    const caus_view *view;
    const caus_render_options *options;
    caus_text *text;
    caus_picture picture;
    caus_layout layout;
    caus_sizes sizes;
    double width; /* of the whole picture */
    double left;  /* of the graph */
    double y;     /* where the next part begins */
} caus_drawing;

/* A generous estimate: no font is asked, and what is cut is worse than a
 * little air. */
double caus_svg_text_width(const char *text, double size);

/* Colours and fonts, for light and dark pages.
 *
 *   has_drawn  those of a drawn graph, too
 */
void caus_svg_add_style(caus_text *text, bool has_drawn);

void caus_svg_add_strokes(caus_drawing *drawing);
void caus_svg_add_nodes(caus_drawing *drawing);
/* Sets the sizes of the boxes of drawn nodes and of the lines' labels. */
caus_status caus_svg_measure(caus_drawing *drawing, caus_error *err);

/* Title above and legend below, in lines that fit `drawing->width`. Without a
 * text only their heights are added to `drawing->y`. */
void caus_svg_add_title(caus_drawing *drawing, bool draw);
void caus_svg_add_legend(caus_drawing *drawing, bool draw);

#endif
