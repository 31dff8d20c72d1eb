/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The incident file (.caus): raw samples, queries, window, quality and later
 * results in one SQLite file that is written whole or not at all.
 */
#ifndef CAUS_RECORDING_H
#define CAUS_RECORDING_H

#include "changes.h"
#include "events.h"
#include "logs.h"
#include "quality.h"
#include "telemetry.h"

CAUS_API_BEGIN

/* A result kept with the samples it came from. */
typedef struct caus_recorded_result {
    const char *kind;   /* "causal_graph", … */
    const char *sha256; /* of the canonical JSON */
    const char *json;
} caus_recorded_result;

/* Everything an incident file says, without the samples. */
typedef struct caus_recording_info {
    const char *version; /* of the caus that wrote it */
    int schema;          /* major version of the layout */
    int64_t created_ns;
    caus_grid window;
    caus_grid baseline; /* step_ns 0 = none */
    const char *hint;   /* free text by the user, "" if none */
    size_t variable_count;
    const caus_variable *variables;
    const size_t *sample_counts; /* [variable_count] */
    size_t query_count;
    const caus_fetched_query *queries;
    size_t warning_count;
    const char *const *warnings;
    size_t result_count;
    const caus_recorded_result *results;
    /* NULL, unless a caller has read the results of kind "changes", "traces"
     * and "logs" */
    const caus_changes *changes;
    const caus_spans *spans;
    const caus_logs *logs;
    double clock_skew_s;      /* as in caus_fetch; NaN = not known */
    double scrape_interval_s; /* as in caus_fetch; 0 = not known */
    bool scrubbed; /* label values and text were cleaned of secrets */
} caus_recording_info;

typedef struct caus_recording_options {
    caus_grid window;
    caus_grid baseline;  /* step_ns 0 = none */
    const char *hint;    /* free text; NULL = none */
    bool keep_labels;    /* do not scrub e-mail, token and address patterns */
    int64_t created_ns;  /* unix time to write into the file */
    size_t result_count; /* to be in the file from the start: kind and json, as
                            of caus_recording_add_result() */
    const caus_recorded_result *results;
} caus_recording_options;

/*
 * Writes an incident file: under a temporary name beside `path`, synced, then
 * renamed over it. A failure or a kill leaves the old file as it was.
 *
 *   path     a link is followed; the file is for its owner alone (0600)
 *   fetch    times of a track ascending; every NaN is kept as the same NaN
 *   options  the same fetch, options and library give the same bytes
 *
 * Unless options->keep_labels, names, services, queries, label values,
 * warnings, the hint and results added later have "<email-1>", "<token-1>",
 * "<credentials-1>", "<ip-1>" and "<mac-1>" in place of what looks like one:
 * the same for the same secret, so that different names stay different.
 *
 * Fails with CAUS_ERR_IO (with the system's words: full disk, no permission),
 * CAUS_ERR_INVALID_ARGUMENT (times not ascending, no JSON), …_LIMIT,
 * …_CANCELLED, …_OUT_OF_MEMORY. Holds about the size of the file in memory,
 * beside the samples.
 */
caus_status caus_recording_write(const char *path, const caus_fetch *fetch,
                                 const caus_recording_options *options,
                                 const caus_run *run, caus_error *err);

/*
 * Reads all but the samples.
 *
 *   result  lives in `out`
 *
 * The file is opened as it is: no lock, no journal, nothing written beside it.
 * Fails with CAUS_ERR_NOT_FOUND, …_INVALID_DATA (damaged, or not an incident
 * file), …_UNSUPPORTED (newer major version), …_IO, …_LIMIT, …_OUT_OF_MEMORY.
 */
caus_status caus_recording_read_info(const char *path, caus_arena *out,
                                     caus_recording_info *result,
                                     caus_error *err);

/*
 * Reads the samples, in the order they were recorded, bit for bit.
 *
 *   run     its memory limit covers the samples and `out` together
 *   result  lives in `out`
 *
 * Fails as caus_recording_read_info(), and with …_CANCELLED, …_TIME_LIMIT.
 */
caus_status caus_recording_read_samples(const char *path, const caus_run *run,
                                        caus_arena *out, caus_samples *result,
                                        caus_error *err);

/*
 * Adds a result to a copy of the file and renames it into place; a result of
 * equal hash is stored once. Calls from several processes wait for each other.
 *
 *   kind  "causal_graph", …; not empty
 *   json  one object, kept and hashed as it is: the caller writes it in
 *         canonical form. If the file is scrubbed, so are the strings and keys
 *         of the object first, but for those under a key that ends in sha256
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no JSON object) and as the functions
 * above.
 */
caus_status caus_recording_add_result(const char *path, const char *kind,
                                      const char *json, caus_error *err);

CAUS_API_END
#endif
