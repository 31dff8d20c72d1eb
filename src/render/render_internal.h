/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every format shares: the links of an answer in one order, with their
 * words and checks, and texts that are safe to show.
 */
#ifndef CAUS_SRC_RENDER_RENDER_INTERNAL_H
#define CAUS_SRC_RENDER_RENDER_INTERNAL_H

#include "base/base.h"
#include "caus/render.h"

/* ---- texts ---- */

typedef enum caus_clean {
    CAUS_CLEAN_UTF8,      /* invalid bytes become U+FFFD, nothing else */
    CAUS_CLEAN_PRINTABLE, /* and control characters too; line breaks and tabs
                             become spaces */
    CAUS_CLEAN_ASCII      /* and the rest of Unicode becomes ASCII */
} caus_clean;

/* A safe copy of a text, or the text itself; NULL only without memory. */
const char *caus_clean_text(caus_arena *arena, const char *text,
                            caus_clean how);

/* The code point at *at, which moves on; U+FFFD for a byte that is no UTF-8.
 * 0 at the end. */
uint32_t caus_utf8_next(const char **at);
void caus_utf8_add(caus_text *text, uint32_t code);

/* Columns of a terminal: 0 for combining marks, 2 for wide characters. */
size_t caus_text_columns(const char *text);

/* Appends at most `columns` columns of a text, cut in the middle (or at the
 * end) by `mark`. Returns the columns taken. */
size_t caus_text_add_cut(caus_text *text, const char *value, size_t columns,
                         const char *mark, bool middle);
void caus_text_add_spaces(caus_text *text, size_t count);

/*
 * Appends a paragraph broken at spaces. Words longer than a line are broken
 * where the line ends.
 *
 *   indent     columns before every line but the first, which is where the
 *              caller left off with `indent` columns used
 *   max_lines  0 = no limit; the last line ends in `mark` when text is left
 *
 * Returns the lines written; each ends with a line break.
 */
size_t caus_text_add_wrapped(caus_text *text, const char *value, size_t width,
                             size_t indent, size_t max_lines, const char *mark);

/* Quoted for the format: the characters that mean something there. */
void caus_text_add_xml(caus_text *text, const char *value);
void caus_text_add_dot(caus_text *text, const char *value);
void caus_text_add_mermaid(caus_text *text, const char *value);
void caus_text_add_markdown(caus_text *text, const char *value);
void caus_text_add_markdown_code(caus_text *text, const char *value);

/* "200,000" */
void caus_text_add_count(caus_text *text, uint64_t count);

/* "0.041" or "1.2e-9"; "not computed" without a number. text [32] */
void caus_format_p(double p, char text[32]);
void caus_text_add_p(caus_text *text, double p);

/* ---- links ---- */

typedef enum caus_orientation {
    CAUS_ORIENTED_NONE,      /* the order of the two is not known */
    CAUS_ORIENTED_LAG,       /* by the order in time */
    CAUS_ORIENTED_KNOWLEDGE, /* lag 0, by what the user said */
    CAUS_ORIENTED_RULES      /* lag 0, by orientation rules */
} caus_orientation;

const char *caus_orientation_name(caus_orientation orientation);

/* A reported link; numbers that were not computed are NaN. */
typedef struct caus_link {
    size_t source, target; /* variables; an arrow at lag 0 is at the target */
    size_t lag;
    caus_edge marks;
    double statistic, p_value, q_value, lower, upper, stability;
    caus_edge_environments environments;
    caus_orientation orientation;
    double blur_s; /* times closer than this have no order; 0 = not known */
    const char *source_key, *target_key; /* names as given, for sorting */
} caus_link;

typedef enum caus_check_result {
    CAUS_CHECK_UNTESTED,
    CAUS_CHECK_FAILED,
    CAUS_CHECK_PASSED
} caus_check_result;

/* What the words and the confidence of a link stand on. */
typedef struct caus_link_checks {
    caus_check_result order;
    caus_check_result multiplicity; /* holds against the number of tests */
    caus_check_result replicated;
    caus_check_result stable;
} caus_link_checks;

enum { CAUS_CHAIN_HOPS = 4 };

/* Links head to tail; count 1 may be a link without order. */
typedef struct caus_chain {
    size_t count;
    const caus_link *hops[CAUS_CHAIN_HOPS];
} caus_chain;

typedef enum caus_confidence {
    CAUS_CONFIDENCE_NONE, /* no link */
    CAUS_CONFIDENCE_LOW,
    CAUS_CONFIDENCE_MEDIUM,
    CAUS_CONFIDENCE_HIGH
} caus_confidence;

const char *caus_confidence_name(caus_confidence confidence);

/* An answer prepared for showing. Owns its arena. */
typedef struct caus_view {
    const caus_graph_answer *answer;
    caus_arena *arena;
    caus_clean clean;
    size_t variable_count;
    const char **names; /* [variable_count], cleaned */
    const char **services;
    bool *shown; /* [variable_count]: all, or the target's ancestors */
    size_t shown_count;
    size_t target; /* SIZE_MAX without one */
    caus_link *links;
    size_t link_count;      /* strongest first */
    size_t cross_count;     /* links between two variables */
    size_t orderless_count; /* of these, without an order */
    const char **warnings;
    size_t warning_count;
    caus_chain chain;
} caus_view;

/*
 * Prepares an answer. Fails with CAUS_ERR_INVALID_ARGUMENT (graph and series
 * differ in size), CAUS_ERR_NOT_FOUND (the target), …_OUT_OF_MEMORY. The view
 * is to be given to caus_view_deinit() in every case.
 */
caus_status caus_view_init(caus_view *view, const caus_graph_answer *answer,
                           caus_clean clean, caus_error *err);
void caus_view_deinit(caus_view *view);

bool caus_link_is_self(const caus_link *link);
/* "moved with", "preceded" or "drives". */
const char *caus_link_word(const caus_view *view, const caus_link *link);
caus_link_checks caus_link_check(const caus_view *view, const caus_link *link);
/* The checks as sentences, each handed to `add`. */
void caus_link_list_checks(const caus_view *view, const caus_link *link,
                           void (*add)(void *data, const char *sentence),
                           void *data);
/* "15 s", or "2 steps" without a step. text [48] */
void caus_view_format_lag(const caus_view *view, size_t lag, char text[48]);
const char *caus_environments_name(caus_edge_environments environments);

/* Chooses the chain that the sentence tells. */
void caus_view_find_chain(caus_view *view);
caus_confidence caus_view_confidence(const caus_view *view);
/* What was earned and what is missing for more, for people. */
void caus_view_add_confidence_reason(const caus_view *view, caus_text *text);

/* Appends the sentence; names go through `add_name`. */
void caus_view_add_sentence(const caus_view *view, caus_text *text,
                            void (*add_name)(caus_text *text,
                                             const char *name));

/* The window as people read it. */
typedef struct caus_window {
    bool has_time;
    int64_t start_ns, end_ns; /* grid time of the first and last row */
    size_t steps;             /* rows of the window, without the baseline */
    size_t baseline_rows;
} caus_window;

caus_window caus_view_window(const caus_view *view);
/* "2025-10-29 03:00–05:00 UTC (04:00–06:00 +01:00)" */
void caus_text_add_window(caus_text *text, const caus_window *window,
                          int32_t zone_offset_minutes, const char *dash);
/* "searched effects 0–2 min later; …": what could be seen. */
void caus_view_add_scope(const caus_view *view, caus_text *text,
                         const char *dash);
/* "textbook method pcmci, parcorr, alpha 0.05, no FDR" */
void caus_view_add_method(const caus_view *view, caus_text *text);
const char *caus_fdr_name(caus_fdr fdr);

/* ---- pictures ---- */

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

/* ---- formats: each appends a whole document ---- */

void caus_render_json(const caus_view *view, caus_text *text);
void caus_render_text(const caus_view *view, const caus_render_options *options,
                      caus_text *text);
caus_status caus_render_markdown(const caus_view *view,
                                 const caus_render_options *options,
                                 caus_text *text, caus_error *err);
void caus_render_dot(const caus_view *view, caus_text *text);
caus_status caus_render_mermaid(const caus_view *view, caus_text *text,
                                caus_error *err);
void caus_render_graphml(const caus_view *view, caus_text *text);
caus_status caus_render_svg(const caus_view *view,
                            const caus_render_options *options,
                            const caus_run *run, caus_text *text,
                            caus_error *err);

#endif
