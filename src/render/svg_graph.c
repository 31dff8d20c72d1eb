/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and boxes of the picture. */
#include <math.h>

#include "render/svg_internal.h"

enum { NAME_COLUMNS = 30, SERVICE_COLUMNS = 18, LABEL_LAGS = 3 };

static const double box_height = 44, box_padding = 14;

/* A text that is thrown away with its drawing when memory is out. */
static void add_and_drop(caus_text *text, caus_text *part,
                         void (*add)(caus_text *text, const char *value))
{
    if (part->bytes)
        add(text, part->bytes);
    text->failed |= part->failed;
    caus_text_deinit(part);
}

static void compose_name(const caus_drawing *drawing, size_t variable,
                         caus_text *name)
{
    caus_text_add_cut(name, drawing->view->names[variable], NAME_COLUMNS, "…",
                      true);
}

/* The memory mark: the shortest lag at which a variable follows itself and
 * how many more there are. */
static void compose_memory(const caus_view *view, size_t variable,
                           caus_text *memory)
{
    const caus_graph *graph = &view->answer->discovery->graph;
    size_t shortest = 0, count = 0;
    for (size_t lag = graph->max_lag; lag > 0; lag--) {
        caus_edge edge = caus_graph_get(graph, variable, variable, lag);
        if (edge.source == CAUS_MARK_NONE && edge.target == CAUS_MARK_NONE)
            continue;
        shortest = lag;
        count++;
    }
    if (!count)
        return;
    char lag[48];
    caus_view_format_lag(view, shortest, lag);
    caus_text_format(memory, "↻ %s", lag);
    if (count > 1)
        caus_text_format(memory, " +%zu", count - 1);
}

static void compose_note(const caus_drawing *drawing, size_t variable,
                         caus_text *note)
{
    const caus_view *view = drawing->view;
    caus_text memory = {0};
    compose_memory(view, variable, &memory);
    caus_text_add_cut(note, view->services[variable], SERVICE_COLUMNS, "…",
                      true);
    if (note->length && memory.length)
        caus_text_add(note, "  ");
    add_and_drop(note, &memory, caus_text_add);
}

/* The lags of a line, the first few when there are many. */
static void compose_label(const caus_drawing *drawing,
                          const caus_stroke *stroke, caus_text *label)
{
    caus_stroke few = *stroke;
    if (few.count > LABEL_LAGS)
        few.count = LABEL_LAGS - 1;
    caus_picture_add_lags(&drawing->picture, drawing->view, &few, label);
    if (few.count < stroke->count)
        caus_text_format(label, " +%zu", stroke->count - few.count);
}

caus_status caus_svg_measure(caus_drawing *drawing, caus_error *err)
{
    const caus_picture *picture = &drawing->picture;
    caus_arena *arena = drawing->view->arena;
    caus_point *nodes = CAUS_ARRAY(arena, caus_point, picture->node_count);
    caus_point *labels = CAUS_ARRAY(arena, caus_point, picture->stroke_count);
    if (!nodes || !labels)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < picture->node_count; i++) {
        caus_text name = {0}, note = {0};
        compose_name(drawing, picture->nodes[i], &name);
        compose_note(drawing, picture->nodes[i], &note);
        double wide = caus_svg_text_width(name.bytes ? name.bytes : "",
                                          CAUS_SVG_NAME_SIZE * 1.06);
        double note_wide = caus_svg_text_width(note.bytes ? note.bytes : "",
                                               CAUS_SVG_NOTE_SIZE);
        nodes[i] = (caus_point){
            ceil(fmax(fmax(wide, note_wide), 40) + 2 * box_padding),
            box_height};
        drawing->text->failed |= name.failed || note.failed;
        caus_text_deinit(&name);
        caus_text_deinit(&note);
    }
    for (size_t i = 0; i < picture->stroke_count; i++) {
        caus_text label = {0};
        compose_label(drawing, &picture->strokes[i], &label);
        double wide = caus_svg_text_width(label.bytes ? label.bytes : "",
                                          CAUS_SVG_NOTE_SIZE);
        labels[i] = (caus_point){ceil(wide) + 8, 18};
        drawing->text->failed |= label.failed;
        caus_text_deinit(&label);
    }
    drawing->sizes = (caus_sizes){.nodes = nodes, .labels = labels};
    return CAUS_OK;
}

static bool is_told(const caus_view *view, const caus_link *link)
{
    for (size_t i = 0; i < view->chain.count; i++)
        if (view->chain.hops[i] == link)
            return true;
    return false;
}

static bool is_told_node(const caus_view *view, size_t variable)
{
    for (size_t i = 0; i < view->chain.count; i++)
        if (view->chain.hops[i]->source == variable ||
            view->chain.hops[i]->target == variable)
            return true;
    return false;
}

static double thickness(const caus_link *link)
{
    double strength = isnan(link->statistic) ? 0 : fabs(link->statistic);
    if (link->drawn)
        return 2;
    return 1.2 + 5.2 * fmin(strength, 1);
}

static void describe_link(caus_text *text, const caus_view *view,
                          const caus_link *link)
{
    char lag[48];
    caus_standing standing = caus_link_stand(view, link);
    if (link->drawn) {
        caus_text_format(text, "%s %s %s, %s: %s", view->names[link->source],
                         caus_edge_text(link->marks), view->names[link->target],
                         caus_standing_get(standing)->words,
                         link->drawn->reason);
        return;
    }
    if (standing != CAUS_STANDING_PLAIN)
        caus_text_format(text, "%s: ", caus_standing_get(standing)->words);
    caus_view_format_lag(view, link->lag, lag);
    caus_text_format(text, "%s %s %s%s%s", view->names[link->source],
                     caus_link_word(view, link), view->names[link->target],
                     link->lag ? ", lag " : ", same step",
                     link->lag ? lag : "");
    if (link->is_granted)
        return;
    caus_text_format(text, ": statistic %+.3f", link->statistic);
    if (isfinite(link->lower) && isfinite(link->upper))
        caus_text_format(text, " (%g %% interval %+.3f to %+.3f)",
                         view->answer->options.level * 100, link->lower,
                         link->upper);
    if (!isnan(link->p_value)) {
        caus_text_add(text, ", p ");
        caus_text_add_p(text, link->p_value);
    }
    if (!isnan(link->q_value)) {
        caus_text_add(text, ", q ");
        caus_text_add_p(text, link->q_value);
    }
    if (!isnan(link->orientation_stability))
        caus_text_format(text, ", same marks %.2f",
                         link->orientation_stability);
    if (!isnan(link->sensitivity))
        caus_text_format(text, ", kept by %.0f %% of other settings",
                         100 * link->sensitivity);
    caus_text_add(text, "; ");
    caus_link_add_checks(view, link, text);
}

static void add_tooltip(const caus_drawing *drawing, const caus_stroke *stroke)
{
    caus_text words = {0};
    for (size_t i = 0; i < stroke->count; i++) {
        if (i)
            caus_text_add_char(&words, '\n');
        describe_link(&words, drawing->view,
                      drawing->picture.links[stroke->first + i]);
    }
    caus_text_add(drawing->text, "<title>");
    add_and_drop(drawing->text, &words, caus_text_add_xml);
    caus_text_add(drawing->text, "</title>\n");
}

static void add_path(caus_text *text, const caus_curve *curve)
{
    caus_text_format(text, "M%.1f %.1f", curve->points[0].x,
                     curve->points[0].y);
    for (size_t i = 1; i + 2 < curve->point_count; i += 3)
        caus_text_format(text, "C%.1f %.1f %.1f %.1f %.1f %.1f",
                         curve->points[i].x, curve->points[i].y,
                         curve->points[i + 1].x, curve->points[i + 1].y,
                         curve->points[i + 2].x, curve->points[i + 2].y);
}

/* A triangle from the curve's end to the tip. */
static void add_head(caus_text *text, caus_point base, caus_point tip,
                     double width, const char *sign)
{
    double x = tip.x - base.x, y = tip.y - base.y, length = hypot(x, y);
    if (length < 0.1)
        return;
    double half = 3.2 + width * 0.75;
    double side_x = -y / length * half, side_y = x / length * half;
    caus_text_format(text,
                     "<polygon class=\"%s\" "
                     "points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\"/>\n",
                     sign, base.x + side_x, base.y + side_y, tip.x, tip.y,
                     base.x - side_x, base.y - side_y);
}

typedef struct line_style {
    const char *name;   /* of the style sheet */
    const char *dashes; /* NULL = solid */
} line_style;

/* Beside a drawn graph lines tell how both agree, else their sign. */
static line_style style_of(const caus_view *view, const caus_link *link)
{
    caus_standing standing = caus_link_stand(view, link);
    const caus_standing_style *style = caus_standing_get(standing);
    if (standing != CAUS_STANDING_PLAIN)
        return (line_style){style->name, style->dashes};
    return link->statistic < 0 ? (line_style){"minus", "7 4"}
                               : (line_style){"plus", NULL};
}

static void add_stroke(caus_drawing *drawing, size_t index)
{
    caus_text *text = drawing->text;
    const caus_stroke *stroke = &drawing->picture.strokes[index];
    const caus_curve *curve = &drawing->layout.curves[index];
    line_style style = style_of(drawing->view, stroke->strongest);
    double width = thickness(stroke->strongest);
    bool told = is_told(drawing->view, stroke->strongest);
    caus_text_format(text, "<g%s>\n", told ? "" : " opacity=\".72\"");
    add_tooltip(drawing, stroke);
    caus_text_add(text, "<path class=\"reach\" d=\"");
    add_path(text, curve);
    caus_text_format(text,
                     "\"/>\n<path class=\"line %s\" stroke-width=\"%.1f\"",
                     style.name, width);
    if (style.dashes)
        caus_text_format(text, " stroke-dasharray=\"%s\"", style.dashes);
    caus_text_add(text, " d=\"");
    add_path(text, curve);
    caus_text_add(text, "\"/>\n");
    caus_point last = curve->points[curve->point_count - 1];
    add_head(text, last, curve->target_tip, width, style.name);
    add_head(text, curve->points[0], curve->source_tip, width, style.name);
    caus_text_add(text, "</g>\n");
}

static void add_label(caus_drawing *drawing, size_t index)
{
    caus_text *text = drawing->text;
    const caus_stroke *stroke = &drawing->picture.strokes[index];
    caus_point at = drawing->layout.curves[index].label;
    caus_text label = {0};
    compose_label(drawing, stroke, &label);
    double wide = caus_svg_text_width(label.bytes ? label.bytes : "",
                                      CAUS_SVG_NOTE_SIZE) +
                  4;
    caus_text_format(text,
                     "<g>\n<rect class=\"plate\" x=\"%.1f\" y=\"%.1f\" "
                     "width=\"%.1f\" height=\"15\" rx=\"3\"/>\n"
                     "<text class=\"note\" text-anchor=\"middle\" "
                     "x=\"%.1f\" y=\"%.1f\">",
                     at.x - wide / 2, at.y - 7.5, wide, at.x, at.y + 4);
    add_and_drop(text, &label, caus_text_add_xml);
    caus_text_add(text, "</text>\n");
    add_tooltip(drawing, stroke);
    caus_text_add(text, "</g>\n");
}

/* Strong lines lie over weak ones, labels over all lines. */
void caus_svg_add_strokes(caus_drawing *drawing)
{
    for (size_t i = drawing->picture.stroke_count; i-- > 0;)
        add_stroke(drawing, i);
    for (size_t i = 0; i < drawing->picture.stroke_count; i++)
        add_label(drawing, i);
}

static void add_node_tooltip(caus_drawing *drawing, size_t variable)
{
    const caus_view *view = drawing->view;
    const caus_variable *facts = &view->answer->series->variables[variable];
    caus_text words = {0};
    caus_text_add(&words, view->names[variable]);
    if (*view->services[variable])
        caus_text_format(&words, "\nservice %s", view->services[variable]);
    const struct {
        const char *title, *value;
    } lines[] = {{"unit", facts->unit},
                 {"from", facts->source},
                 {"query", facts->query}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *clean =
            caus_clean_text(view->arena, lines[i].value, view->clean);
        words.failed |= !clean;
        if (clean && *clean)
            caus_text_format(&words, "\n%s %s", lines[i].title, clean);
    }
    caus_text memory = {0};
    caus_view_add_memory(view, variable, &memory);
    if (memory.length)
        caus_text_add(&words, "\nfollows its own past at ");
    add_and_drop(&words, &memory, caus_text_add);
    caus_text_add(drawing->text, "<title>");
    add_and_drop(drawing->text, &words, caus_text_add_xml);
    caus_text_add(drawing->text, "</title>\n");
}

static void add_text_at(caus_text *text, const char *class_name, caus_point at,
                        caus_text *words)
{
    caus_text_format(text,
                     "<text class=\"%s\" text-anchor=\"middle\" x=\"%.1f\" "
                     "y=\"%.1f\">",
                     class_name, at.x, at.y);
    add_and_drop(text, words, caus_text_add_xml);
    caus_text_add(text, "</text>\n");
}

void caus_svg_add_nodes(caus_drawing *drawing)
{
    caus_text *text = drawing->text;
    const caus_picture *picture = &drawing->picture;
    for (size_t i = 0; i < picture->node_count; i++) {
        size_t variable = picture->nodes[i];
        caus_point at = drawing->layout.nodes[i];
        caus_text name = {0}, note = {0};
        compose_name(drawing, variable, &name);
        compose_note(drawing, variable, &note);
        double wide = drawing->sizes.nodes[i].x;
        caus_text_add(text, "<g>\n");
        add_node_tooltip(drawing, variable);
        size_t service = picture->service_of[variable];
        char colour[16] = "none";
        if (service != SIZE_MAX)
            snprintf(colour, sizeof colour, "s%zu", service % CAUS_SVG_COLOURS);
        caus_text_format(
            text,
            "<rect class=\"box %s%s\" x=\"%.1f\" y=\"%.1f\" "
            "width=\"%.0f\" height=\"%.0f\" rx=\"9\"/>\n",
            colour, is_told_node(drawing->view, variable) ? " told" : "",
            at.x - wide / 2, at.y - box_height / 2, wide, box_height);
        double lift = note.length ? 3 : -4.5;
        add_text_at(text, "name", (caus_point){at.x, at.y - lift}, &name);
        if (note.length)
            add_text_at(text, "note soft", (caus_point){at.x, at.y + 14},
                        &note);
        caus_text_add(text, "</g>\n");
        text->failed |= note.failed;
        caus_text_deinit(&note);
    }
}
