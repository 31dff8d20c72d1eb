/* SPDX-License-Identifier: Apache-2.0 */
/* One answer, many formats: which is which. */
#include <string.h>
#include <strings.h>

#include "render/render_internal.h"

bool caus_format_from_name(const char *name, caus_format *result)
{
    static const struct {
        const char *name;
        caus_format format;
    } known[] = {
        {"json", CAUS_FORMAT_JSON},         {"text", CAUS_FORMAT_TEXT},
        {"txt", CAUS_FORMAT_TEXT},          {"svg", CAUS_FORMAT_SVG},
        {"markdown", CAUS_FORMAT_MARKDOWN}, {"md", CAUS_FORMAT_MARKDOWN},
        {"dot", CAUS_FORMAT_DOT},           {"gv", CAUS_FORMAT_DOT},
        {"mermaid", CAUS_FORMAT_MERMAID},   {"mmd", CAUS_FORMAT_MERMAID},
        {"graphml", CAUS_FORMAT_GRAPHML},   {"html", CAUS_FORMAT_HTML},
        {"htm", CAUS_FORMAT_HTML}};
    const char *dot = strrchr(name, '.');
    const char *word = dot ? dot + 1 : name;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(word, known[i].name) == 0) {
            *result = known[i].format;
            return true;
        }
    return false;
}

static caus_clean clean_for(caus_format format,
                            const caus_render_options *options)
{
    if (format == CAUS_FORMAT_JSON)
        return CAUS_CLEAN_UTF8;
    if (format == CAUS_FORMAT_TEXT && options->ascii)
        return CAUS_CLEAN_ASCII;
    return CAUS_CLEAN_PRINTABLE;
}

static caus_status render(const caus_view *view, caus_format format,
                          const caus_render_options *options,
                          const caus_run *run, caus_text *text, caus_error *err)
{
    switch (format) {
    case CAUS_FORMAT_JSON:
        caus_render_json(view, text);
        return CAUS_OK;
    case CAUS_FORMAT_TEXT:
        caus_render_text(view, options, text);
        return CAUS_OK;
    case CAUS_FORMAT_MARKDOWN:
        return caus_render_markdown(view, options, text, err);
    case CAUS_FORMAT_DOT:
        return caus_render_dot(view, text, err);
    case CAUS_FORMAT_SVG:
        return caus_render_svg(view, options, run, text, err);
    case CAUS_FORMAT_MERMAID:
        return caus_render_mermaid(view, text, err);
    case CAUS_FORMAT_GRAPHML:
        caus_render_graphml(view, text);
        return CAUS_OK;
    case CAUS_FORMAT_HTML:
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "a graph alone is no page: caus report writes html, "
                         "-o graph.svg a picture");
    }
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "format number %d: no such format", (int)format);
}

caus_status caus_render_graph(const caus_graph_answer *answer,
                              caus_format format,
                              const caus_render_options *options,
                              const caus_run *run, caus_arena *out,
                              const char **text, size_t *length,
                              caus_error *err)
{
    caus_render_options plain = {.zone_offset_minutes = INT32_MIN};
    if (!options)
        options = &plain;
    caus_view view;
    caus_text document = {0};
    caus_status status =
        caus_view_init(&view, answer, clean_for(format, options), err);
    if (status == CAUS_OK)
        status = render(&view, format, options, run, &document, err);
    if (status == CAUS_OK)
        status = caus_text_finish(&document, out, text, length, err);
    caus_text_deinit(&document);
    caus_view_deinit(&view);
    return status;
}
