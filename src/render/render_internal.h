/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every format shares: the links of an answer in one order, with their
 * words and checks, and texts that are safe to show.
 */
#ifndef CAUS_SRC_RENDER_RENDER_INTERNAL_H
#define CAUS_SRC_RENDER_RENDER_INTERNAL_H

#include "caus/render.h"
#include "render/instant.h"
#include "render/texts.h"

/* ---- links ---- */

typedef enum caus_orientation {
    CAUS_ORIENTED_NONE,      /* the order of the two is not known */
    CAUS_ORIENTED_LAG,       /* by the order in time */
    CAUS_ORIENTED_KNOWLEDGE, /* lag 0, by what the user said */
    CAUS_ORIENTED_TOPOLOGY,  /* lag 0, by who calls whom */
    CAUS_ORIENTED_RULES      /* lag 0, by orientation rules */
} caus_orientation;

const char *caus_orientation_name(caus_orientation orientation);

typedef enum caus_check_result {
    CAUS_CHECK_UNTESTED,
    CAUS_CHECK_FAILED,
    CAUS_CHECK_PASSED
} caus_check_result;

/* A reported link; numbers that were not computed are NaN. */
typedef struct caus_link {
    size_t source, target; /* variables; an arrow at lag 0 is at the target */
    size_t lag;
    caus_edge marks;
    double statistic, p_value, q_value, lower, upper;
    double stability, orientation_stability, sensitivity;
    double effect; /* units of the target per unit of the source */
    caus_edge_environments environments;
    caus_orientation orientation;
    bool is_involved; /* both ends left their level in the incident */
    bool is_granted;  /* required by knowledge and never tested: no numbers */
    bool off_calls;   /* no call between the services explains it */
    bool by_load;     /* it does not hold given the workload */
    bool of_load;     /* an end is requests: it was not held against that */
    double blur_s;    /* times closer than this have no order; 0 = not known */
    const char *source_key, *target_key; /* names as given, for sorting */
    caus_check_result changed;    /* its source shortly before the onset, and
                                     nothing else as near */
    const char *change;           /* the same as a sentence; NULL = not known */
    const caus_drawn_edge *drawn; /* it was not found but drawn; else NULL */
} caus_link;

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
    size_t input_count;
    const char **input_names; /* [input_count], cleaned */
    size_t *input_of;         /* [variable_count] each node's input variable */
    const char **services;
    bool *shown; /* [variable_count]: all, or the target's ancestors */
    size_t shown_count;
    size_t target; /* SIZE_MAX without one */
    caus_link *links;
    size_t link_count;     /* those of the incident first, then the strongest */
    size_t cross_count;    /* links between two variables */
    size_t involved_count; /* of these, of the incident */
    size_t orderless_count; /* of these, without an order */
    const char **warnings;
    size_t warning_count;
    caus_chain chain;
    const caus_change_group *groups; /* of changes near the onset, nearest
                                        first */
    size_t group_count;
} caus_view;

/*
 * Prepares an answer. Fails with CAUS_ERR_INVALID_ARGUMENT (graph and series
 * differ in size), CAUS_ERR_NOT_FOUND (the target), …_OUT_OF_MEMORY. The view
 * is to be given to caus_view_deinit() in every case.
 */
caus_status caus_view_init(caus_view *view, const caus_graph_answer *answer,
                           caus_clean clean, caus_error *err);
void caus_view_deinit(caus_view *view);

/* Whether a node left its level in the incident. */
bool caus_view_has_moved(const caus_view *view, size_t variable);
/* Whether a sentence about the incident may tell of a link: where it is known
 * what moved, of what did. */
bool caus_link_is_telling(const caus_view *view, const caus_link *link);

bool caus_link_is_self(const caus_link *link);
/* Whether it was drawn without a lag, and not found. */
bool caus_link_is_lagless(const caus_link *link);
/* "moved with", "preceded", "drives" or "caused". */
const char *caus_link_word(const caus_view *view, const caus_link *link);
/* Whether time or the call graph tells which end came first. */
bool caus_link_is_ordered(const caus_link *link);

/* Whether the incident preset took the arrow of a lag: only normal operation
 * shows the link, and its source kept its level. */
bool caus_link_is_at_rest(const caus_link *link);

/* The checks as sentences, each handed to `add`. */
void caus_link_list_checks(const caus_view *view, const caus_link *link,
                           void (*add)(void *data, const char *sentence),
                           void *data);
/* The same as one text, safe to show: "lag order: passed (15 s); …". */
void caus_link_add_checks(const caus_view *view, const caus_link *link,
                          caus_text *text);
/* A heading and, of `most` links between variables, what earns each word and
 * what it lacks for the next; nothing without such links. */
void caus_text_add_markdown_checks(caus_text *text, const caus_view *view,
                                   size_t most);
/* Whether a variable of the series as given became a node of the graph. */
bool caus_view_has_node(const caus_view *view, size_t input);

/* "15 s", or "2 steps" without a step. text [48] */
void caus_view_format_lag(const caus_view *view, size_t lag, char text[48]);
const char *caus_environments_name(caus_edge_environments environments);

/* Chooses the chain that the sentence tells. */
void caus_view_find_chain(caus_view *view);
caus_confidence caus_view_confidence(const caus_view *view);
/* What was earned and what is missing for more, for people. */
void caus_view_add_confidence_reason(const caus_view *view, caus_text *text);

/* What a search that was cut short means, and the way out; NULL when it was
 * not. */
const char *caus_view_shortfall(const caus_view *view);

/* Appends the sentence; names go through `add_name`. */
void caus_view_add_sentence(const caus_view *view, caus_text *text,
                            void (*add_name)(caus_text *text,
                                             const char *name));

caus_time_span caus_view_window(const caus_view *view);
/* "searched effects 0–2 min later; …": what could be seen. */
void caus_view_add_scope(const caus_view *view, caus_text *text,
                         const char *dash);
/* "textbook method pcmci, parcorr, alpha 0.05, no FDR" */
void caus_view_add_method(const caus_view *view, caus_text *text);
const char *caus_fdr_name(caus_fdr fdr);

/* ---- changes.c: what was changed near the onset ---- */

/* Groups the changes near the onset and holds the links to them. */
caus_status caus_view_find_changes(caus_view *view, caus_error *err);
/* The nearest one, if it came shortly before the onset. */
void caus_view_add_change(const caus_view *view, caus_text *text);
/* How many a page lists, and each of them with what found it. */
size_t caus_view_changes_shown(const caus_view *view);
void caus_view_add_change_line(const caus_view *view, size_t index,
                               caus_text *text);
/* "changes": near the onset, or all where there is none. */
void caus_view_write_changes(const caus_view *view, caus_json *json);

/* ---- a drawn graph beside the answer ---- */

/* How a line stands to what was drawn. */
typedef enum caus_standing {
    CAUS_STANDING_PLAIN, /* nothing was drawn, or it is about the own past */
    CAUS_STANDING_SAME,
    CAUS_STANDING_OTHER,   /* found, but not as it was drawn */
    CAUS_STANDING_LACKING, /* found, not drawn */
    CAUS_STANDING_MISSING, /* drawn, contradicted */
    CAUS_STANDING_UNKNOWN  /* drawn, not testable */
} caus_standing;

/* Colour and line style tell it, each alone. */
typedef struct caus_standing_style {
    const char *name;   /* of a CSS class */
    const char *colour; /* "#rrggbb" */
    const char *style;  /* of DOT */
    const char *dashes; /* of SVG; NULL = solid */
    const char *words;
} caus_standing_style;

const caus_standing_style *caus_standing_get(caus_standing standing);
caus_standing caus_link_stand(const caus_view *view, const caus_link *link);

/* A copy of the view with links for what was drawn and not found; lives as long
 * as the view. */
caus_status caus_view_add_drawn(const caus_view *view, caus_view *result,
                                caus_error *err);

/* "of 5 edges drawn 3 supported, …" */
void caus_view_add_comparison(const caus_view *view, caus_text *text);
/* A table of the comparison; nothing without one. */
void caus_view_add_markdown_comparison(const caus_view *view, caus_text *text);
/* "comparison": likewise. */
void caus_view_write_comparison(const caus_view *view, caus_json *json);

/* ---- formats: each appends a whole document ---- */

void caus_render_json(const caus_view *view, caus_text *text);
void caus_render_text(const caus_view *view, const caus_render_options *options,
                      caus_text *text);
caus_status caus_render_markdown(const caus_view *view,
                                 const caus_render_options *options,
                                 caus_text *text, caus_error *err);
caus_status caus_render_dot(const caus_view *view, caus_text *text,
                            caus_error *err);
caus_status caus_render_mermaid(const caus_view *view, caus_text *text,
                                caus_error *err);
void caus_render_graphml(const caus_view *view, caus_text *text);
caus_status caus_render_svg(const caus_view *view,
                            const caus_render_options *options,
                            const caus_run *run, caus_text *text,
                            caus_error *err);

/* "parts": the graphs of windows or regimes. */
void caus_view_write_parts(const caus_view *view, caus_json *json);
/* The links of the first part; of others what differs from the one before. */
void caus_view_describe_part(const caus_view *view, size_t index,
                             caus_text *text);

#endif
