/* SPDX-License-Identifier: Apache-2.0 */
/* A flowchart for Markdown viewers that know Mermaid. */
#include <math.h>
#include <string.h>

#include "render/picture.h"

/* Soft fills that dark text stays readable on, in both themes. */
static const char *const fills[] = {"#dbeafe", "#dcfce7", "#fef3c7", "#fce7f3",
                                    "#ede9fe", "#cffafe", "#ffedd5", "#e7e5e4"};
enum { FILL_COUNT = sizeof fills / sizeof *fills };

static void add_node(caus_text *text, const caus_picture *picture,
                     const caus_view *view, size_t variable)
{
    caus_text label = {0};
    caus_text_add(&label, view->names[variable]);
    caus_text memory = {0};
    caus_view_add_memory(view, variable, &memory);
    if (memory.bytes)
        caus_text_format(&label, " ↻ %s", memory.bytes);
    caus_text_format(text, "  n%zu[", variable);
    if (label.bytes)
        caus_text_add_mermaid(text, label.bytes);
    caus_text_add_char(text, ']');
    size_t service = picture->service_of[variable];
    if (service != SIZE_MAX)
        caus_text_format(text, ":::s%zu", service % FILL_COUNT);
    caus_text_add_char(text, '\n');
    text->failed |= label.failed || memory.failed;
    caus_text_deinit(&label);
    caus_text_deinit(&memory);
}

/* Negative links are dotted; of the others, strong ones are thick. */
static const char *line_of(const caus_stroke *stroke)
{
    static const char *const dotted[] = {"-.-", "-.->", "<-.->"};
    static const char *const thick[] = {"===", "==>", "<==>"};
    static const char *const plain[] = {"---", "-->", "<-->"};
    double statistic = stroke->strongest->statistic;
    if (statistic < 0)
        return dotted[stroke->heads];
    return statistic >= 0.3 ? thick[stroke->heads] : plain[stroke->heads];
}

static void add_stroke(caus_text *text, const caus_picture *picture,
                       const caus_view *view, const caus_stroke *stroke)
{
    caus_text label = {0};
    caus_text_format(&label, "%s, ", caus_link_word(view, stroke->strongest));
    caus_picture_add_lags(picture, view, stroke, &label);
    if (stroke->strongest->statistic < 0)
        caus_text_add(&label, " (−)");
    caus_text_format(text, "  n%zu %s|", stroke->source, line_of(stroke));
    if (label.bytes)
        caus_text_add_mermaid(text, label.bytes);
    caus_text_format(text, "| n%zu\n", stroke->target);
    text->failed |= label.failed;
    caus_text_deinit(&label);
}

/* Mermaid has no place for them but comments. */
static void add_checks(caus_text *text, const caus_picture *picture,
                       const caus_view *view, const caus_stroke *stroke)
{
    for (size_t i = 0; i < stroke->count; i++) {
        const caus_link *link = picture->links[stroke->first + i];
        caus_text line = {0};
        char lag[48];
        caus_view_format_lag(view, link->lag, lag);
        caus_text_format(&line, "%s %s %s, %s: ", view->names[link->source],
                         caus_link_word(view, link), view->names[link->target],
                         link->lag ? lag : "same step");
        caus_link_add_checks(view, link, &line);
        caus_text_add(text, "  %% ");
        /* a name must neither end a fence of Markdown nor begin a directive */
        for (const char *at = line.bytes; at && *at; at++) {
            bool is_sign = *at == '`' || *at == '%';
            caus_text_add_bytes(text, is_sign ? "'" : at, 1);
        }
        caus_text_add_char(text, '\n');
        text->failed |= line.failed;
        caus_text_deinit(&line);
    }
}

caus_status caus_render_mermaid(const caus_view *view, caus_text *text,
                                caus_error *err)
{
    caus_picture picture;
    CAUS_TRY(caus_picture_init(&picture, view, err));
    caus_text_add(text, "flowchart LR\n");
    if (caus_view_shortfall(view))
        caus_text_format(text, "  %%%% %s\n", caus_view_shortfall(view));
    if (picture.narrowed)
        caus_text_format(text,
                         "  %%%% the strongest part: %zu of %zu variables, "
                         "%zu of %zu links\n",
                         picture.node_count, view->shown_count,
                         picture.drawn_links, view->cross_count);
    for (size_t i = 0; i < picture.node_count; i++)
        add_node(text, &picture, view, picture.nodes[i]);
    for (size_t i = 0; i < picture.lonely_count && !picture.narrowed; i++)
        add_node(text, &picture, view, picture.lonely[i]);
    for (size_t i = 0; i < picture.stroke_count; i++)
        add_stroke(text, &picture, view, &picture.strokes[i]);
    for (size_t i = 0; i < picture.stroke_count; i++)
        add_checks(text, &picture, view, &picture.strokes[i]);
    size_t classes = picture.service_count < FILL_COUNT ? picture.service_count
                                                        : (size_t)FILL_COUNT;
    for (size_t i = 0; i < classes; i++)
        caus_text_format(text, "  classDef s%zu fill:%s,color:#1f2937\n", i,
                         fills[i]);
    return CAUS_OK;
}
