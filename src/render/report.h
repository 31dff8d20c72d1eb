/* SPDX-License-Identifier: Apache-2.0 */
/* A report being written, and what its parts share. */
#ifndef CAUS_SRC_RENDER_REPORT_H
#define CAUS_SRC_RENDER_REPORT_H

#include "caus/report.h"
#include "render/explain.h"
#include "render/render_internal.h"

enum {
    CAUS_REPORT_CHARTS = 24,  /* series drawn in sight, … */
    CAUS_REPORT_FOLDED = 216, /* … and in a part that a reader unfolds */
    CAUS_REPORT_ONSETS = 40,  /* of series that moved, in order */
    CAUS_REPORT_CARDS = 3,    /* candidates told with all evidence */
    CAUS_REPORT_LINKS = 12    /* of the graph, strongest first */
};

/* A service whose series are drawn side by side. */
typedef struct caus_report_group {
    size_t suspect;      /* by rank − 1; SIZE_MAX = of several or none */
    const char *part;    /* "cause", "on the way", "symptom" or "" */
    bool folded;         /* unfolds when asked, and on paper */
    size_t first, count; /* of caus_report_page.drawn */
} caus_report_group;

/* A report being written. Owns its arena and its view of the graph. */
typedef struct caus_report_page {
    const caus_report *report;
    const caus_explanation *told;
    const caus_series *series;
    const caus_render_options *options;
    caus_arena *arena;
    caus_text *text;
    caus_tale tale; /* the explanation, with the same arena and text */
    caus_view view; /* of the graph; answer NULL = there is none */
    caus_graph_answer narrowed;  /* to the symptom, where the view is */
    const char *picture;         /* SVG; NULL = none */
    const char *picture_missing; /* why, a sentence; NULL */
    const caus_segment **rows;   /* [segment_count] by time */
    int64_t first_ns, last_ns;   /* of all rows */
    int64_t start_ns;            /* where drawings begin; they end at last_ns */
    size_t *drawn;               /* [drawn_count] clues, group by group */
    size_t drawn_count;
    size_t left_count; /* moved, but not drawn */
    caus_report_group *groups;
    size_t group_count;
    size_t *moved; /* [moved_count] clues, earliest first, then those without
                      an onset */
    size_t moved_count;
    size_t unlisted_count; /* moved by less than these, or nobody knows when */
} caus_report_page;

/* Parts of a score below this would be told as 0.00. */
static const double caus_report_least_term = .005;

/* ---- what a reader is told, whatever the format ---- */

/* "Cause found", "No anomaly" or "Not enough evidence". */
const char *caus_report_verdict(caus_verdict verdict);

/* The summary cut in two: a headline and, after its colon, what follows. */
void caus_report_headline(const caus_report_page *page, const char **headline,
                          const char **rest);

/* Where to look next: a label and a sentence. */
typedef struct caus_advice {
    const char *label, *text;
} caus_advice;

enum { CAUS_REPORT_ADVICE = 6 };

/* Returns how many were written to `advice`. */
size_t caus_report_advise(const caus_report_page *page,
                          caus_advice advice[CAUS_REPORT_ADVICE]);

/* "+35 s", "−1 min 20 s" or "0 s". text [48] */
void caus_report_format_offset(int64_t offset_ns, char text[48]);

/* The same of seconds; "not known" if that is no number. */
void caus_report_format_seconds(double seconds, char text[48]);

/* "82 %"; what is not certain is never told as 0 or 100 %. text [16] */
void caus_report_format_belief(double share, char text[16]);

/* A value's unit and its size, chosen for numbers up to `largest`. */
typedef struct caus_scale {
    double factor;
    char unit[48]; /* after cleaning; "" = none */
} caus_scale;

caus_scale caus_scale_choose(const caus_report_page *page, size_t variable,
                             double largest);
/* Three digits that count, without the unit; "–" without a number. */
void caus_scale_format(const caus_scale *scale, double value, char text[48]);

enum { CAUS_REPORT_CHANGE = 160 };

/* "0.12 → 0.342 s": medians of before and after. */
void caus_report_format_change(const caus_report_page *page,
                               const caus_clue *clue,
                               char text[CAUS_REPORT_CHANGE]);

/* Whether a change is drawn beside a variable of a candidate: its own, the
 * likeliest, and those of no single service. */
bool caus_report_shows_change(const caus_report_page *page,
                              const caus_change *change, size_t suspect);

/* The name of a variable or service, safe to show. */
const char *caus_report_variable(const caus_report_page *page, size_t variable);
const char *caus_report_service(const caus_report_page *page, size_t rank);

/* The share of all values that are missing. */
double caus_report_missing_share(const caus_report_page *page);

/* What speaks against an examined variable; "" = nothing. */
const char *caus_report_flaw(const caus_report_page *page, size_t examined);
const char *caus_report_examined(const caus_report_page *page, size_t examined);

/* All warnings, each once: of the explanation, the data, the graph. */
typedef struct caus_warning_list {
    const char **items;
    size_t count;
} caus_warning_list;

caus_status caus_report_warnings(const caus_report_page *page,
                                 caus_warning_list *result, caus_error *err);

/* What the graph, which holds more variables fixed than a chain does, says of
 * the two services of a hop: its strongest link between them. Nothing without a
 * graph. */
void caus_report_add_graph_word(const caus_report_page *page,
                                const caus_hop *hop, caus_text *text);

/* ---- HTML: appends to the page's text ---- */

/* Text between tags, or in an attribute. */
void caus_html_put(const caus_report_page *page, const char *value);
/* <open>value</tag>, where `open` is the tag with its attributes. */
void caus_html_element(const caus_report_page *page, const char *open,
                       const char *value);
/* That so many variables moved by less than those shown, and where they are;
 * nothing of none. */
void caus_html_left(const caus_report_page *page, size_t count);
/* The same for a name, which may be broken after a '_', '.', '/' or ':'. */
void caus_html_name(const caus_report_page *page, const char *open,
                    const char *name);
void caus_html_time(const caus_report_page *page, int64_t time_ns);
void caus_html_open_section(const caus_report_page *page, const char *id,
                            const char *title);
void caus_html_close_section(const caus_report_page *page);
/* A table that scrolls on its own where it is too wide. */
void caus_html_open_table(const caus_report_page *page, const char *label,
                          const char *const *columns, size_t count);
void caus_html_close_table(const caus_report_page *page);

/* What passed, failed and was not tested, side by side. */
void caus_html_findings(const caus_report_page *page, const caus_finding *items,
                        size_t count);
/* Where Grafana shows a suspect; nothing where none is known. */
void caus_html_links(const caus_report_page *page, const caus_suspect *suspect);

void caus_html_style(const caus_report_page *page);
void caus_html_chain(const caus_report_page *page);
void caus_html_onsets(const caus_report_page *page);
caus_status caus_html_series(const caus_report_page *page, caus_error *err);
void caus_html_candidates(const caus_report_page *page);
void caus_html_changes(const caus_report_page *page);
void caus_html_reach(const caus_report_page *page);
void caus_html_graph(const caus_report_page *page);
caus_status caus_html_quality(const caus_report_page *page, caus_error *err);
void caus_html_variables(const caus_report_page *page);
void caus_html_reproduce(const caus_report_page *page);

/* Fills what is drawn and what moved: symptom and chain first, then by size. */
caus_status caus_report_choose(caus_report_page *page, caus_error *err);

/* One series over time, as an SVG drawing. */
caus_status caus_html_chart(const caus_report_page *page, const caus_clue *clue,
                            caus_error *err);

caus_status caus_report_write_html(const caus_report_page *page,
                                   caus_error *err);
caus_status caus_report_write_markdown(const caus_report_page *page,
                                       caus_error *err);

#endif
