/* SPDX-License-Identifier: Apache-2.0 */
/* The picture: positions from dot, everything else drawn here. */
#include <math.h>
#include <string.h>

#include "render/svg_internal.h"

enum { LEAST_WIDTH = 720 };

/* Characters by how wide they are in a wide sans-serif (DejaVu Sans). */
static double character_width(uint32_t code)
{
    if (code >= 0x1100)
        return 1.1;
    if (code >= 0x80)
        return 0.75;
    if (strchr("ijl.,:;'|!I[]()/ ft", (int)code))
        return 0.4;
    if (strchr("mwMW@%", (int)code))
        return 0.98;
    return code >= 'A' && code <= 'Z' ? 0.74 : 0.63;
}

double caus_svg_text_width(const char *text, double size)
{
    double width = 0;
    for (const char *at = text; *at;)
        width += character_width(caus_utf8_next(&at));
    return width * size;
}

static void open_document(caus_drawing *drawing, double height)
{
    caus_text *text = drawing->text;
    caus_text_format(text,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                     "width=\"%.0f\" height=\"%.0f\" "
                     "viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
                     "class=\"caus\">\n",
                     drawing->width, height, drawing->width, height);
    caus_text sentence = {0};
    caus_view_add_sentence(drawing->view, &sentence, caus_text_add);
    caus_text_add(text, "<title>");
    if (sentence.bytes)
        caus_text_add_xml(text, sentence.bytes);
    caus_text_add(text, "</title>\n");
    text->failed |= sentence.failed;
    caus_text_deinit(&sentence);
    caus_svg_add_style(text, drawing->view->answer->comparison);
    caus_text_format(text,
                     "<rect class=\"page\" width=\"%.0f\" height=\"%.0f\"/>\n",
                     drawing->width, height);
}

/* The parts are measured before they are drawn: the document's first line
 * says how large it is. */
static double measure_height(caus_drawing *drawing)
{
    drawing->y = CAUS_SVG_MARGIN;
    caus_svg_add_title(drawing, false);
    drawing->y += drawing->layout.height;
    caus_svg_add_legend(drawing, false);
    return ceil(drawing->y + CAUS_SVG_MARGIN / 2.0);
}

static void draw(caus_drawing *drawing)
{
    caus_text *text = drawing->text;
    open_document(drawing, measure_height(drawing));
    drawing->y = CAUS_SVG_MARGIN;
    caus_svg_add_title(drawing, true);
    caus_text_format(text, "<g transform=\"translate(%.1f %.1f)\">\n",
                     drawing->left, drawing->y);
    caus_svg_add_strokes(drawing);
    caus_svg_add_nodes(drawing);
    caus_text_add(text, "</g>\n");
    drawing->y += drawing->layout.height;
    caus_svg_add_legend(drawing, true);
    caus_text_add(text, "</svg>\n");
}

caus_status caus_render_svg(const caus_view *given,
                            const caus_render_options *options,
                            const caus_run *run, caus_text *text,
                            caus_error *err)
{
    caus_view seen, *view = &seen;
    CAUS_TRY(caus_view_add_drawn(given, &seen, err));
    caus_drawing drawing = {.view = view, .options = options, .text = text};
    CAUS_TRY(caus_picture_init(&drawing.picture, view, err));
    CAUS_TRY(caus_svg_measure(&drawing, err));
    CAUS_TRY(caus_layout_make(&drawing.picture, &drawing.sizes, run,
                              view->arena, &drawing.layout, err));
    drawing.width = ceil(drawing.layout.width + 2 * CAUS_SVG_MARGIN);
    if (drawing.width < LEAST_WIDTH)
        drawing.width = LEAST_WIDTH;
    drawing.left = (drawing.width - drawing.layout.width) / 2;
    draw(&drawing);
    return CAUS_OK;
}
