/* SPDX-License-Identifier: Apache-2.0 */
/* Series and samples from CSV and table files. */
#ifndef CAUS_CSV_H
#define CAUS_CSV_H

#include "graph.h"
#include "series.h"
#include "time.h"

CAUS_API_BEGIN

typedef struct caus_csv_options {
    bool table;         /* no time column, step 0 */
    bool no_header;     /* columns are named x0, x1, … */
    int64_t step_ns;    /* 0 = found from the times; without a time column rows
                           are steps of this width, 1 s if 0 */
    caus_grid window;   /* start_ns, end_ns; step_ns 0 = the whole file */
    caus_grid baseline; /* step_ns 0 = none */
    const caus_topology *topology;
    char service_separator;
    caus_zone_fn *zone; /* of times without one; NULL = they are refused */
    void *zone_data;
    bool part; /* of caus_csv_open(): the memory limit is not for the whole
                  file, as only a window of it will be read */
} caus_csv_options;

/*
 * Reads a CSV or table file, plain, .gz or .zst. First column `time` (or
 * `timestamp`, `datetime`, `ts`; unix s,
 * ms, µs, ns or RFC 3339, detected on the first row); empty or NaN = missing,
 * infinite values too (caus_csv_get_warnings() tells where).
 *
 *   options  NULL = all defaults
 *   result   the whole file: one segment, environment "window", row 0 at the
 *            first time, rows that the file leaves out missing; with a window
 *            what caus_series_align() makes of the file's rows. Lives in `out`
 *
 * A given step that the times do not fit averages them as a window does. A
 * window whose step is finer than the times fails, unless options->step_ns
 * says that it is meant.
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, …_INVALID_DATA (line and column named:
 * ragged rows, unsorted or duplicate times, duplicate names, a text that is no
 * number), …_TOO_FEW_SAMPLES (no row in the window), …_LIMIT (memory limit of
 * the run, checked before it is exceeded).
 *
 * The plain file is mapped, not read, and must not be cut short meanwhile; cost
 * two passes over its bytes: one for lines and times, one for numbers.
 */
caus_status caus_csv_read(const char *path, const caus_csv_options *options,
                          const caus_run *run, caus_arena *out,
                          caus_series *result, caus_error *err);

/* A CSV file whose names and times are known, its numbers not yet read. */
typedef struct caus_csv caus_csv;

typedef struct caus_csv_facts {
    bool has_time;
    size_t row_count;
    int64_t first_ns; /* 0 without a time column, as last_ns and step_ns */
    int64_t last_ns;
    int64_t
        step_ns; /* the greatest that divides all differences; 0 = one row */
} caus_csv_facts;

/* Which rows are read. */
typedef struct caus_csv_cut {
    int64_t step_ns; /* as in caus_csv_options, as the following */
    caus_grid window;
    caus_grid baseline;
} caus_csv_cut;

/*
 * Opens a CSV or table file and looks at its names and times: one pass over its
 * bytes. A pipe is read once, and kept.
 *
 *   options  NULL = all defaults; step, window and baseline are not looked at
 *   out      takes names, and keeps them for what is read
 *   result   set on success; closed with caus_csv_close()
 *
 * Fails as caus_csv_read(), but not for a number that is none.
 */
caus_status caus_csv_open(const char *path, const caus_csv_options *options,
                          const caus_run *run, caus_arena *out,
                          caus_csv **result, caus_error *err);

/* NULL is accepted. What was read stays. */
void caus_csv_close(caus_csv *csv);

caus_csv_facts caus_csv_get_facts(const caus_csv *csv);

/*
 * The grid on which the whole file is read: its own, in its own phase, or that
 * of a step in which rows are averaged.
 *
 *   step_ns  0 = the file's
 *
 * Fails with CAUS_ERR_INVALID_DATA (no time column, times that fit no grid of a
 * sensible size), CAUS_ERR_TOO_FEW_SAMPLES (one row and no step).
 */
caus_status caus_csv_find_grid(const caus_csv *csv, int64_t step_ns,
                               caus_grid *result, caus_error *err);

/* Reads the numbers of an open file as caus_csv_read() does. */
caus_status caus_csv_read_series(caus_csv *csv, const caus_csv_cut *cut,
                                 const caus_run *run, caus_arena *out,
                                 caus_series *result, caus_error *err);

/*
 * Reads the rows of an open file as they are: those that the window and the
 * baseline of the cut need, or all. Fails as caus_csv_read(), and with
 * CAUS_ERR_INVALID_DATA without a time column.
 */
caus_status caus_csv_read_samples(caus_csv *csv, const caus_csv_cut *cut,
                                  const caus_run *run, caus_arena *out,
                                  caus_samples *result, caus_error *err);

/*
 * What the last read found worth telling: sentences, such as columns with
 * infinite values. They live in the `out` of that read.
 */
const char *const *caus_csv_get_warnings(const caus_csv *csv, size_t *count);

CAUS_API_END
#endif
