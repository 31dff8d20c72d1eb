/* SPDX-License-Identifier: Apache-2.0 */
/* One file for the post-mortem: everything that is known of an incident. */
#ifndef CAUS_REPORT_H
#define CAUS_REPORT_H

#include "render.h"

CAUS_API_BEGIN

/* An explanation with all that stands beside it in a report. */
typedef struct caus_report {
    const caus_explanation_answer *explanation; /* needed */
    const caus_graph_answer *graph; /* learned on the same rows; NULL = none */
    const char *graph_missing;      /* why there is none; NULL = not said */
    const caus_extent *extent;      /* when it ended; NULL = not looked for */
    const caus_quality *quality;    /* NULL = not examined */
    const caus_series *examined;    /* what `quality` speaks of; NULL = the
                                       series of the explanation */
    const caus_changes *changes;    /* all that are known; NULL = none are */
    const char *source;             /* what the rows came from; NULL */
    const char *const *commands;    /* [command_count] how to do it again */
    size_t command_count;
} caus_report;

/*
 * Writes a report: summary, chain, time line of the series that moved,
 * candidates with what speaks for and against them, changes, graph, quality of
 * the data, what is missing, how to do it again.
 *
 *   format   CAUS_FORMAT_HTML: one file that asks for nothing outside, has no
 *            script and forbids both to itself; well-formed as XML too.
 *            CAUS_FORMAT_MARKDOWN: the same without pictures
 *   options  NULL = UTC
 *   text     NUL-terminated, lives in `out`
 *   length   without the NUL
 *
 * A graph is drawn by the `dot` program; without it the report says so and
 * lists the links. Fails with CAUS_ERR_UNSUPPORTED (another format),
 * CAUS_ERR_INVALID_ARGUMENT (no explanation; rows without times; graph and
 * series differ in size), …_CANCELLED, …_OUT_OF_MEMORY, …_LIMIT. The same
 * report gives the same bytes. Cost O(variables · rows · log rows).
 */
caus_status caus_render_report(const caus_report *report, caus_format format,
                               const caus_render_options *options,
                               const caus_run *run, caus_arena *out,
                               const char **text, size_t *length,
                               caus_error *err);

CAUS_API_END
#endif
