/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines as counts of templates: what is constant in a message stays, what
 * varies becomes <*>.
 */
#ifndef CAUS_LOGS_H
#define CAUS_LOGS_H

#include "series.h"
#include "time.h"

CAUS_API_BEGIN

typedef enum caus_severity {
    CAUS_SEVERITY_UNKNOWN, /* not told */
    CAUS_SEVERITY_DEBUG,
    CAUS_SEVERITY_INFO,
    CAUS_SEVERITY_WARN,
    CAUS_SEVERITY_ERROR, /* and worse */
    CAUS_SEVERITY_COUNT
} caus_severity;

/* "unknown", "debug", "info", "warning", "error". */
const char *caus_severity_name(caus_severity severity);

typedef struct caus_log_template {
    const char *service; /* "" = not told */
    const char *text;    /* words parted by a blank, variable ones as <*> */
    const char *sample;  /* the first line that it stands for */
    caus_severity severity;
    size_t count; /* lines */
} caus_log_template;

/* Lines with their times; one record may stand for several lines of a time. */
typedef struct caus_logs {
    size_t record_count;
    const int64_t *time_ns; /* [record_count] ascending */
    const uint32_t *kind;   /* [record_count] its template */
    const uint32_t *lines;  /* [record_count] how many lines it stands for */
    const uint32_t *trace;  /* [record_count] its trace id + 1; 0 = none told,
                               or no warning or error */
    size_t template_count;
    const caus_log_template *templates; /* by service, text, severity */
    size_t trace_count;
    const char *const *trace_ids; /* [trace_count] */
    size_t line_count;
    size_t continued_lines; /* parts of the message before, such as the lines
                               of a stack */
    size_t overflowing;     /* lines of templates beyond the limit, counted
                               under the text "<*>" of their service */
    const char *statement;  /* SQL that shows lines of a service: its last '?'
                               stands for the name, $__fromTime and $__toTime
                               for the time; NULL = they are of no ClickHouse */
} caus_logs;

typedef struct caus_logs_options {
    caus_zone_fn *zone; /* of times without one; NULL = they are refused */
    void *zone_data;
    const char *service;  /* of all lines that tell none; NULL = plain lines
                             tell it after their time */
    double similarity;    /* share of equal words that makes a template, in
                             (0, 1]; 0 = 0.5 */
    size_t max_templates; /* 0 = 10000 */
} caus_logs_options;

/*
 * Reads log lines, plain, .gz or .zst, in any order of time:
 *   - JSON objects (lines that start with '{');
 *   - CSV, known by a first line that names columns of a time and a text; a
 *     quoted text may go over several lines;
 *   - "TIME SERVICE TEXT", brackets and a colon around the service being taken
 *     off. Lines that start with no time go on with the message before.
 * Times are RFC 3339 or unix s, ms, us or ns. Names of fields, also with
 * capital letters and the names of OpenTelemetry: time, timestamp, ts,
 * @timestamp; service, service_name, service.name, app, container; text,
 * message, msg, body, log; severity, level, severity_text, log.level, lvl;
 * trace_id, trace.id. Where no severity is told it is looked for at the start
 * of the text.
 *
 * A stack trace is one event: of a text of several lines the first counts (of a
 * Python traceback the last), and lines that are told one by one but look like
 * parts of a stack are counted as continued only.
 *
 * Templates are found by a parse tree of fixed depth: lines of one service and
 * severity with equally many words and the same two first words go to one leaf,
 * and there to the template with the largest share of equal words, if that is
 * at least `similarity`, else they start one. Runs of letters and digits that
 * hold a digit are <*> from the start. A node has at most 100 children, a leaf
 * 100 templates; what is beyond goes to <*> or to the nearest. Lines that are
 * the same but for what is <*> from the start are one to the tree; it takes
 * them by their first time, then service and text, so that no order of the
 * lines of a file matters.
 *
 *   options  NULL = defaults
 *   result   lives in `out`
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, …_INVALID_ARGUMENT (similarity),
 * …_INVALID_DATA (line named: no time in an object or row, a first line without
 * a time, ragged rows, no UTF-8), …_LIMIT (memory limit of the run),
 * …_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY. Cost O(bytes), and O(words ·
 * templates of a leaf) for each that is unlike, which takes some 250 bytes.
 * Source of the tree: He, Zhu, Zheng and Lyu (2017), Drain, ICWS, section III.
 */
caus_status caus_logs_read(const char *path, const caus_logs_options *options,
                           const caus_run *run, caus_arena *out,
                           caus_logs *result, caus_error *err);

/*
 * Writes how many lines of each template the steps of two grids have (kind
 * "logs"), as one JSON object: what is constant in messages, no line of them
 * and no trace id. caus_logs_read_text() reads it back with the ends of the
 * steps as times.
 *
 *   grids  a step_ns of 0 = none
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, …_LIMIT.
 */
caus_status caus_logs_write(const caus_logs *logs, const caus_grid grids[2],
                            caus_arena *out, const char **result,
                            caus_error *err);

/*
 * Reads what caus_logs_write() wrote.
 *
 *   name    for sentences
 *   result  lives in `out`; samples are the templates, their `count` is 0
 *
 * Fails with CAUS_ERR_INVALID_DATA (template or count named),
 * …_OUT_OF_MEMORY.
 */
caus_status caus_logs_read_text(const char *name, const char *text,
                                size_t length, caus_arena *out,
                                caus_logs *result, caus_error *err);

/*
 * Counts per step as series, one a template that has at least `min_count`
 * lines: named <service>_log_<hash of the text>, with the text as query. From
 * the first to the last step of the log a step without a line is 0.
 *
 *   step_ns  > 0; bins (t − step, t]
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (step), …_LIMIT (over 10 million
 * values), …_OUT_OF_MEMORY. Cost O(records + templates × steps).
 */
caus_status caus_logs_to_samples(const caus_logs *logs, int64_t step_ns,
                                 size_t min_count, caus_arena *out,
                                 caus_samples *result, caus_error *err);

/* How new a template is after the onset. */
typedef struct caus_log_novelty {
    uint32_t kind;       /* a template */
    size_t normal_count; /* lines before the onset */
    size_t incident_count;
    double rarity; /* ln((1 + steps before) / (1 + steps before with it)) */
    double score;  /* ln(1 + lines a step after) · rarity where it became more
                      frequent, else 0 */
} caus_log_novelty;

/*
 * Which templates are new or rare before the onset and frequent after it, as
 * TF-IDF: a step before the onset is a document.
 *
 *   result  [template_count] by score descending, then template; lives in `out`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (step), CAUS_ERR_TOO_FEW_SAMPLES (no
 * line before or after the onset), …_OUT_OF_MEMORY. Cost O(records +
 * templates · log templates).
 */
caus_status caus_logs_novelty(const caus_logs *logs, int64_t onset_ns,
                              int64_t step_ns, caus_arena *out,
                              const caus_log_novelty **result, caus_error *err);

CAUS_API_END
#endif
