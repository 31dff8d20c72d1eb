/* SPDX-License-Identifier: Apache-2.0 */
/* What stands above and below the graph: the sentence, the window, the
 * legend and what was not drawn. */
#include <string.h>

#include "render/svg_internal.h"

enum { SENTENCE_LINES = 3, FACT_LINES = 2, REMARK_LINES = 3, ROW = 22 };

static void add_line(caus_drawing *drawing, const char *style, const char *from,
                     size_t length, bool more)
{
    caus_text words = {0};
    caus_text_add_bytes(&words, from, length);
    if (more)
        caus_text_add(&words, " …");
    caus_text_format(drawing->text, "<text class=\"%s\" x=\"%d\" y=\"%.1f\">",
                     style, CAUS_SVG_MARGIN, drawing->y);
    if (words.bytes)
        caus_text_add_xml(drawing->text, words.bytes);
    caus_text_add(drawing->text, "</text>\n");
    drawing->text->failed |= words.failed;
    caus_text_deinit(&words);
}

/* The end of the line that begins at `from`: the last space that fits, or the
 * last character when a word is longer than the line. */
static const char *line_end(const char *from, double size, double width)
{
    const char *space = NULL, *at = from;
    double used = 0;
    while (*at) {
        const char *next = at;
        char single[8] = {0};
        caus_utf8_next(&next);
        memcpy(single, at, (size_t)(next - at));
        used += caus_svg_text_width(single, size);
        if (used > width && at > from)
            return space ? space : at;
        if (*at == ' ')
            space = at;
        at = next;
    }
    return at;
}

typedef struct lines_style {
    const char *class_name;
    double size, height;
    size_t max_lines;
} lines_style;

static void add_lines(caus_drawing *drawing, const char *words,
                      lines_style style, bool draw)
{
    double width = drawing->width - 2 * CAUS_SVG_MARGIN - style.size;
    size_t lines = 0;
    for (const char *at = words; *at && lines < style.max_lines; lines++) {
        const char *end = line_end(at, style.size, width);
        bool more = *end && lines + 1 == style.max_lines;
        drawing->y += style.height;
        if (draw)
            add_line(drawing, style.class_name, at, (size_t)(end - at), more);
        at = end;
        while (*at == ' ')
            at++;
    }
}

static void compose_window(const caus_drawing *drawing, caus_text *text)
{
    const caus_view *view = drawing->view;
    caus_time_span window = caus_view_window(view);
    int64_t step_ns = view->answer->series->step_ns;
    if (window.has_time) {
        caus_text_add_window(text, &window,
                             drawing->options->zone_offset_minutes, "–");
        caus_text_add(text, " · ");
    }
    if (step_ns > 0) {
        char step[40];
        caus_duration_format(step_ns, step);
        caus_text_format(text, "steps of %s · ", step);
    }
    caus_text_format(text, "%zu rows · confidence %s",
                     view->answer->discovery->rows_used,
                     caus_confidence_name(caus_view_confidence(view)));
}

static void compose_method(const caus_drawing *drawing, caus_text *text)
{
    caus_view_add_scope(drawing->view, text, "–");
    char *hint = text->failed ? NULL : strchr(text->bytes, ';');
    if (hint) { /* what follows helps on a command line only */
        *hint = '\0';
        text->length = (size_t)(hint - text->bytes);
    }
    caus_text_add(text, " · ");
    caus_view_add_method(drawing->view, text);
}

/* Composes a text, draws it in lines and drops it. */
static void add_composed(caus_drawing *drawing, lines_style style, bool draw,
                         void (*fill)(const caus_drawing *drawing,
                                      caus_text *text))
{
    caus_text words = {0};
    fill(drawing, &words);
    drawing->text->failed |= words.failed;
    if (words.bytes && !words.failed)
        add_lines(drawing, words.bytes, style, draw);
    caus_text_deinit(&words);
}

static void compose_sentence(const caus_drawing *drawing, caus_text *text)
{
    caus_view_add_sentence(drawing->view, text, caus_text_add);
}

void caus_svg_add_title(caus_drawing *drawing, bool draw)
{
    const lines_style title = {"title", CAUS_SVG_TITLE_SIZE, 23,
                               SENTENCE_LINES};
    const lines_style facts = {"note soft", CAUS_SVG_NOTE_SIZE, 16, FACT_LINES};
    drawing->y -= 8;
    add_composed(drawing, title, draw, compose_sentence);
    drawing->y += 4;
    add_composed(drawing, facts, draw, compose_window);
    add_composed(drawing, facts, draw, compose_method);
    drawing->y += 28;
}

typedef enum sample {
    SAMPLE_SERVICE,
    SAMPLE_ARROW,
    SAMPLE_LINE,
    SAMPLE_BOTH,
    SAMPLE_DASHED,
    SAMPLE_THICK,
    SAMPLE_MEMORY,
    SAMPLE_TOLD,
    SAMPLE_STANDING
} sample;

/* Where the next legend item goes. */
typedef struct legend_pen {
    caus_drawing *drawing;
    double x;
    bool draw;
} legend_pen;

static void draw_line_sample(caus_text *text, double x, double y, sample kind)
{
    bool minus = kind == SAMPLE_DASHED;
    caus_text_format(text,
                     "<path class=\"line %s\" stroke-width=\"%s\"%s "
                     "d=\"M%.1f %.1fh%d\"/>\n",
                     minus ? "minus" : "plus", kind == SAMPLE_THICK ? "5" : "2",
                     minus ? " stroke-dasharray=\"7 4\"" : "", x, y,
                     kind == SAMPLE_ARROW || kind == SAMPLE_BOTH ? 21 : 28);
    if (kind == SAMPLE_ARROW || kind == SAMPLE_BOTH)
        caus_text_format(text,
                         "<polygon class=\"plus\" points=\"%.1f,%.1f %.1f,%.1f "
                         "%.1f,%.1f\"/>\n",
                         x + 20, y - 4.5, x + 28, y, x + 20, y + 4.5);
    if (kind == SAMPLE_BOTH)
        caus_text_format(text,
                         "<polygon class=\"plus\" points=\"%.1f,%.1f %.1f,%.1f "
                         "%.1f,%.1f\"/>\n",
                         x + 8, y - 4.5, x, y, x + 8, y + 4.5);
}

static void draw_standing(caus_text *text, double x, double y,
                          const caus_standing_style *style)
{
    caus_text_format(text, "<path class=\"line %s\" stroke-width=\"3\"",
                     style->name);
    if (style->dashes)
        caus_text_format(text, " stroke-dasharray=\"%s\"", style->dashes);
    caus_text_format(text, " d=\"M%.1f %.1fh28\"/>\n", x, y);
}

static void draw_sample(const legend_pen *legend, sample kind, size_t colour)
{
    caus_text *text = legend->drawing->text;
    double x = legend->x, y = legend->drawing->y - 4;
    if (kind == SAMPLE_MEMORY)
        caus_text_format(
            text, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">↻</text>\n",
            x + 8, y + 4);
    else if (kind == SAMPLE_TOLD)
        caus_text_format(text,
                         "<rect class=\"box told none\" x=\"%.1f\" y=\"%.1f\" "
                         "width=\"16\" height=\"12\" rx=\"3\"/>\n",
                         x, y - 6);
    else if (kind == SAMPLE_SERVICE)
        caus_text_format(text,
                         "<rect class=\"box s%zu\" x=\"%.1f\" y=\"%.1f\" "
                         "width=\"16\" height=\"12\" rx=\"3\"/>\n",
                         colour, x, y - 6);
    else if (kind == SAMPLE_STANDING)
        draw_standing(text, x, y, caus_standing_get((caus_standing)colour));
    else
        draw_line_sample(text, x, y, kind);
}

static void add_item(legend_pen *legend, sample kind, size_t colour,
                     const char *words)
{
    caus_drawing *drawing = legend->drawing;
    bool box = kind == SAMPLE_SERVICE || kind == SAMPLE_TOLD;
    double gap = box || kind == SAMPLE_MEMORY ? 22 : 35;
    double wide = gap + caus_svg_text_width(words, CAUS_SVG_NOTE_SIZE) + 14;
    if (legend->x > CAUS_SVG_MARGIN &&
        legend->x + wide > drawing->width - CAUS_SVG_MARGIN + 14) {
        legend->x = CAUS_SVG_MARGIN;
        drawing->y += ROW;
    }
    if (legend->draw) {
        draw_sample(legend, kind, colour);
        caus_text_format(drawing->text,
                         "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">",
                         legend->x + gap, drawing->y);
        caus_text_add_xml(drawing->text, words);
        caus_text_add(drawing->text, "</text>\n");
    }
    legend->x += wide;
}

static void add_services(legend_pen *legend)
{
    const caus_picture *picture = &legend->drawing->picture;
    for (size_t i = 0; i < picture->service_count; i++) {
        caus_text name = {0};
        caus_text_add_cut(&name, picture->services[i], 24, "…", true);
        if (name.bytes)
            add_item(legend, SAMPLE_SERVICE, i % CAUS_SVG_COLOURS, name.bytes);
        legend->drawing->text->failed |= name.failed;
        caus_text_deinit(&name);
    }
}

/* What lines mean beside a drawn graph. */
static void add_standings(legend_pen *legend)
{
    const caus_picture *picture = &legend->drawing->picture;
    bool is_there[CAUS_STANDING_UNKNOWN + 1] = {false};
    for (size_t i = 0; i < picture->stroke_count; i++)
        is_there[caus_link_stand(legend->drawing->view,
                                 picture->strokes[i].strongest)] = true;
    for (size_t k = CAUS_STANDING_SAME; k <= CAUS_STANDING_UNKNOWN; k++)
        if (is_there[k])
            add_item(legend, SAMPLE_STANDING, k,
                     caus_standing_get((caus_standing)k)->words);
}

static void add_signs(legend_pen *legend)
{
    const caus_picture *picture = &legend->drawing->picture;
    const caus_view *view = legend->drawing->view;
    bool heads[3] = {false}, minus = false;
    for (size_t i = 0; i < picture->stroke_count; i++) {
        heads[picture->strokes[i].heads] = true;
        minus |= picture->strokes[i].strongest->statistic < 0;
    }
    if (heads[CAUS_HEADS_TARGET])
        add_item(legend, SAMPLE_ARROW, 0, "came first, by time or call graph");
    if (heads[CAUS_HEADS_NONE])
        add_item(legend, SAMPLE_LINE, 0, "order not measurable");
    if (heads[CAUS_HEADS_BOTH])
        add_item(legend, SAMPLE_BOTH, 0, "hidden common cause");
    add_standings(legend);
    if (minus && !view->answer->comparison)
        add_item(legend, SAMPLE_DASHED, 0, "opposite sign");
    if (picture->stroke_count)
        add_item(legend, SAMPLE_THICK, 0, "thicker: stronger");
    if (view->link_count > view->cross_count)
        add_item(legend, SAMPLE_MEMORY, 0, "follows its own past");
    if (view->chain.count)
        add_item(legend, SAMPLE_TOLD, 0, "in the sentence above");
}

static void compose_lonely(const caus_drawing *drawing, caus_text *text)
{
    const caus_picture *picture = &drawing->picture;
    if (!picture->lonely_count || picture->narrowed)
        return;
    caus_text_add(text, "Without links: ");
    for (size_t i = 0; i < picture->lonely_count; i++)
        caus_text_format(text, "%s%s", i ? ", " : "",
                         drawing->view->names[picture->lonely[i]]);
}

static void compose_narrowed(const caus_drawing *drawing, caus_text *text)
{
    const caus_picture *picture = &drawing->picture;
    if (!picture->narrowed)
        return;
    caus_text_format(text,
                     "Drawn: the strongest part, %zu of %zu variables and %zu "
                     "of %zu links. The other formats hold all; --target VAR "
                     "draws what leads to one variable.",
                     picture->node_count, drawing->view->shown_count,
                     picture->drawn_links, drawing->view->cross_count);
}

static void compose_partial(const caus_drawing *drawing, caus_text *text)
{
    if (!drawing->view->answer->discovery->complete)
        caus_text_add(text, "The limit of time or tests cut the search short: "
                            "links may be missing.");
}

static void compose_target(const caus_drawing *drawing, caus_text *text)
{
    const caus_view *view = drawing->view;
    if (view->target != SIZE_MAX)
        caus_text_format(text, "Only what leads to %s: %zu of %zu variables.",
                         view->names[view->target], view->shown_count,
                         view->variable_count);
}

void caus_svg_add_legend(caus_drawing *drawing, bool draw)
{
    const lines_style remark = {"note soft", CAUS_SVG_NOTE_SIZE, 17,
                                REMARK_LINES};
    drawing->y += 26;
    if (draw)
        caus_text_format(
            drawing->text, "<path class=\"rule\" d=\"M%d %.1fH%.1f\"/>\n",
            CAUS_SVG_MARGIN, drawing->y, drawing->width - CAUS_SVG_MARGIN);
    legend_pen items = {.drawing = drawing, .x = CAUS_SVG_MARGIN, .draw = draw};
    drawing->y += ROW;
    add_services(&items);
    if (items.x > CAUS_SVG_MARGIN) {
        items.x = CAUS_SVG_MARGIN;
        drawing->y += ROW;
    }
    add_signs(&items);
    add_composed(drawing, remark, draw, compose_lonely);
    add_composed(drawing, remark, draw, compose_target);
    add_composed(drawing, remark, draw, compose_narrowed);
    add_composed(drawing, remark, draw, compose_partial);
}
