/* SPDX-License-Identifier: Apache-2.0 */
/* What people and programs read: one answer, many formats. */
#ifndef CAUS_RENDER_H
#define CAUS_RENDER_H

#include "anomaly.h"
#include "comparison.h"
#include "gram.h"
#include "incident.h"
#include "links.h"
#include "recording.h"
#include "rootcause.h"
#include "survey.h"
#include "windows.h"

CAUS_API_BEGIN

typedef enum caus_format {
    CAUS_FORMAT_JSON,
    CAUS_FORMAT_TEXT,
    CAUS_FORMAT_MARKDOWN,
    CAUS_FORMAT_DOT,
    CAUS_FORMAT_SVG,
    CAUS_FORMAT_MERMAID,
    CAUS_FORMAT_GRAPHML,
    CAUS_FORMAT_HTML
} caus_format;

/* The format of a word or of a file name's ending; false if there is none. */
bool caus_format_from_name(const char *name, caus_format *result);

/* A graph of a window or a regime. */
typedef struct caus_answer_part {
    const char *name;
    size_t row_count;
    const caus_discovery *discovery;
    const caus_difference *change; /* from the part before; NULL = the first */
} caus_answer_part;

/* A discovery with everything a reader wants to know about it. */
typedef struct caus_graph_answer {
    const caus_series *series; /* as discovered: nodes are its variables */
    const caus_discovery *discovery;
    const caus_series *input;    /* as given: what `quality` speaks of; NULL =
                                    the same variables as `series` */
    const caus_quality *quality; /* may be NULL */
    const char *method;          /* "pcmci", … */
    const char *preset;          /* "incident" or NULL: the textbook method */
    const char *test;            /* "parcorr", … */
    const char *workload;        /* the shared load that was removed, which
                                    "drives" needs; NULL = none */
    const char *workload_guess;  /* why that one was taken, where it is a guess,
                                    which earns no "drives"; NULL */
    caus_pcmci_options options;  /* alpha NaN = the method has no level */
    bool has_selection;          /* pc_alpha chose conditions */
    const caus_dropped *dropped;
    size_t dropped_count;
    const char *insufficient;    /* why nothing could be tested: then there
                                    may be no node at all; NULL */
    const caus_extent *extent;   /* of the incident; NULL = not asked */
    const double *departures;    /* [variables of series] as caus_incident has
                                    them; NULL = no incident is known */
    const caus_changes *changes; /* what was changed; NULL = not known */
    const caus_comparison *comparison; /* with a drawn graph; NULL = none */
    const char *graph_trust;           /* "compare", "prior" or "required" */
    const caus_answer_part *parts;     /* whose summary the discovery is */
    size_t part_count;
    const char *const *variations; /* settings behind `sensitivity` */
    size_t variation_count;
    const char *const *warnings; /* beside those of the quality report */
    size_t warning_count;
    const char *target;       /* --target, or NULL */
    const char *next_command; /* shown at the end of the first screen; NULL */
    char inputs_sha256[65];
    uint64_t seed;
} caus_graph_answer;

typedef struct caus_render_options {
    bool color;
    bool ascii;
    bool first_screen; /* of text no more than fits a terminal, and how to see
                          the rest */
    size_t width;      /* columns of text; 0 = 80 */
    int32_t zone_offset_minutes; /* local time beside UTC; INT32_MIN = UTC */
} caus_render_options;

/*
 * Renders an answer.
 *
 *   text    NUL-terminated, lives in `out`
 *   length  without the NUL
 *
 * SVG runs the `dot` program for positions (10 s limit). Over 150 nodes or 400
 * edges it draws the neighbourhood of the strongest edges and says so. Fails
 * with CAUS_ERR_NOT_FOUND (no `dot`), …_OUT_OF_MEMORY, …_LIMIT. The same answer
 * gives the same bytes.
 */
caus_status caus_render_graph(const caus_graph_answer *answer,
                              caus_format format,
                              const caus_render_options *options,
                              const caus_run *run, caus_arena *out,
                              const char **text, size_t *length,
                              caus_error *err);

/* What an incident file holds: JSON (kind "recording") or text. */
caus_status caus_render_recording(const caus_recording_info *info,
                                  const char *path, caus_format format,
                                  const caus_render_options *options,
                                  caus_arena *out, const char **text,
                                  size_t *length, caus_error *err);

/* What a gram holds: JSON (kind "gram") or text. */
caus_status caus_render_gram(const caus_gram *gram, const char *path,
                             caus_format format,
                             const caus_render_options *options,
                             caus_arena *out, const char **text, size_t *length,
                             caus_error *err);

/* An explanation with what a reader wants to know besides. */
typedef struct caus_explanation_answer {
    const caus_series *series; /* as explained */
    const caus_explanation *explanation;
    const char *const *warnings; /* beside its own */
    size_t warning_count;
    size_t top;                  /* services told in full; 0 = 10 */
    const char *next_command;    /* NULL = none */
    caus_grafana grafana;        /* links to it are written; no url = none */
    const char *trace_statement; /* of the spans, for links; NULL = none */
    const char *log_statement;   /* of the log lines, likewise */
    char inputs_sha256[65];
    uint64_t seed;
} caus_explanation_answer;

/*
 * Renders an explanation as JSON (kind "explanation"), text or Markdown; other
 * formats fail with CAUS_ERR_UNSUPPORTED. Fails with …_OUT_OF_MEMORY,
 * …_LIMIT. The same answer gives the same bytes.
 */
caus_status caus_render_explanation(const caus_explanation_answer *answer,
                                    caus_format format,
                                    const caus_render_options *options,
                                    caus_arena *out, const char **text,
                                    size_t *length, caus_error *err);

/* A server as it was found. */
typedef struct caus_answer_server {
    const char *kind;    /* "prometheus", "clickhouse" */
    const char *url;     /* without parameters */
    const char *version; /* "" = not told */
    const char *found;   /* "--prometheus", "environment", "caus.yml", "usual
                            port" */
} caus_answer_server;

/* Proposed variables with what a reader wants to know besides. */
typedef struct caus_setup_answer {
    const caus_setup *setup;
    const caus_answer_server *servers;
    size_t server_count;
    const char *path; /* of the file written */
    const char *next_command;
} caus_setup_answer;

/* Proposals as JSON (kind "setup") or text; other formats fail with
 * CAUS_ERR_UNSUPPORTED. */
caus_status caus_render_setup(const caus_setup_answer *answer,
                              caus_format format,
                              const caus_render_options *options,
                              caus_arena *out, const char **text,
                              size_t *length, caus_error *err);

typedef struct caus_diagnosis_answer {
    const caus_diagnosis *diagnosis;
    const caus_answer_server *servers;
    size_t server_count;
    const char *verdict; /* "ready", "broken" or "insufficient" */
    const char *summary; /* a sentence */
    const caus_offered_target *targets; /* with their scrapes */
    size_t target_count;
    const caus_fetched_query *queries;
    size_t query_count;
    const char *next_command; /* NULL = none */
} caus_diagnosis_answer;

/* A diagnosis as JSON (kind "diagnosis") or text; other formats fail with
 * CAUS_ERR_UNSUPPORTED. */
caus_status caus_render_diagnosis(const caus_diagnosis_answer *answer,
                                  caus_format format,
                                  const caus_render_options *options,
                                  caus_arena *out, const char **text,
                                  size_t *length, caus_error *err);

/* The sentence alone: "auth_latency preceded payment_errors by 15 s, …". */
caus_status caus_render_sentence(const caus_graph_answer *answer,
                                 caus_arena *out, const char **text,
                                 caus_error *err);

CAUS_API_END
#endif
