/* SPDX-License-Identifier: Apache-2.0 */
/* Colours and fonts of the picture: blue and orange stay apart for every eye,
 * and lines of opposite sign are dashed besides. */
#include "render/svg_internal.h"

static const struct {
    const char *light, *light_edge, *dark, *dark_edge;
} services[CAUS_SVG_COLOURS] = {{"#e0edff", "#6ea8fe", "#16304f", "#4d8fd9"},
                                {"#dcf5e3", "#5dba7d", "#143524", "#3f9a63"},
                                {"#fdf0cd", "#d9a520", "#3a2f10", "#b98a1d"},
                                {"#fbe1ec", "#e07aa5", "#42192c", "#c45f8b"},
                                {"#e9e4fb", "#9b86e0", "#2a2250", "#8271cf"},
                                {"#d8f3f5", "#3fb0b9", "#0f3438", "#35979f"},
                                {"#fde5d6", "#e58e5a", "#42240f", "#c47442"},
                                {"#e8e8e4", "#9a9a8e", "#2e2e2a", "#85857a"},
                                {"#eef6cc", "#9db83a", "#2b340f", "#86a02f"},
                                {"#fadfe0", "#de6b70", "#451a1c", "#c4565b"},
                                {"#dfe3fa", "#7683d6", "#1d2350", "#6874c4"},
                                {"#efe3d6", "#b18c62", "#38291a", "#9a7850"}};

static void add_services(caus_text *text, bool dark)
{
    for (size_t i = 0; i < CAUS_SVG_COLOURS; i++)
        caus_text_format(text, "%s.caus .s%zu{fill:%s;stroke:%s}\n",
                         dark ? "  " : "", i,
                         dark ? services[i].dark : services[i].light,
                         dark ? services[i].dark_edge : services[i].light_edge);
}

/* The same colours on light and dark pages: both are readable. */
static void add_standings(caus_text *text)
{
    for (int k = CAUS_STANDING_SAME; k <= CAUS_STANDING_UNKNOWN; k++) {
        const caus_standing_style *style = caus_standing_get((caus_standing)k);
        caus_text_format(text,
                         ".caus .%s{stroke:%s}\n.caus polygon.%s{fill:%s;"
                         "stroke:none}\n",
                         style->name, style->colour, style->name,
                         style->colour);
    }
}

void caus_svg_add_style(caus_text *text, bool has_drawn)
{
    caus_text_add(
        text,
        "<style>\n"
        ".caus text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,"
        "'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;fill:#1f2937}\n"
        ".caus .page{fill:#ffffff}\n"
        ".caus .title{font-size:17px;font-weight:600}\n"
        ".caus .name{font-size:13px;font-weight:600}\n"
        ".caus .note{font-size:11px}\n"
        ".caus text.soft{fill:#5b6472}\n"
        ".caus .plate{fill:#ffffff;fill-opacity:.88}\n"
        ".caus .line{fill:none;stroke-linecap:butt}\n"
        ".caus "
        ".reach{fill:none;stroke:#000000;stroke-opacity:0;stroke-width:14;"
        "pointer-events:stroke}\n"
        ".caus .plus{stroke:#2563eb}\n.caus .minus{stroke:#c2540a}\n"
        ".caus polygon.plus{fill:#2563eb;stroke:none}\n"
        ".caus polygon.minus{fill:#c2540a;stroke:none}\n"
        ".caus .box{stroke-width:1.2}\n"
        ".caus .box.told{stroke-width:2.6}\n"
        ".caus .none{fill:#f3f4f6;stroke:#9aa3af}\n"
        ".caus .rule{stroke:#d7dbe0;stroke-width:1}\n");
    add_services(text, false);
    if (has_drawn)
        add_standings(text);
    caus_text_add(
        text, "@media (prefers-color-scheme: dark){\n"
              "  .caus text{fill:#e6edf3}\n"
              "  .caus .page{fill:#0d1117}\n"
              "  .caus text.soft{fill:#9da7b3}\n"
              "  .caus .plate{fill:#0d1117}\n"
              "  .caus .plus{stroke:#6aa5ff}\n  .caus .minus{stroke:#f0883e}\n"
              "  .caus polygon.plus{fill:#6aa5ff}\n"
              "  .caus polygon.minus{fill:#f0883e}\n"
              "  .caus .none{fill:#1c2128;stroke:#6e7681}\n"
              "  .caus .rule{stroke:#30363d}\n");
    add_services(text, true);
    caus_text_add(text, "}\n</style>\n");
}
