/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading CSV files in two passes: the first knows lines and times and so how
 * much memory the numbers need, the second reads the numbers into place.
 */
#ifndef CAUS_SRC_TELEMETRY_CSV_INTERNAL_H
#define CAUS_SRC_TELEMETRY_CSV_INTERNAL_H

#include "caus/telemetry.h"

/* ---- csv_source.c: bytes of a file, unpacked, in pieces of whole lines ----
 */

typedef struct caus_csv_source caus_csv_source;

/* A stretch of text. */
typedef struct caus_csv_text {
    const char *from;
    const char *end;
} caus_csv_text;

/*
 * Opens a file, plain, gzip or zstd (known by its first bytes).
 *
 *   limit_bytes  most memory for what must be held at once; 0 = no limit
 *   run          asked whether to go on while a pipe is read; may be NULL
 */
caus_status caus_csv_source_open(const char *path, size_t limit_bytes,
                                 const caus_run *run, caus_csv_source **result,
                                 caus_error *err);
/* NULL is accepted. */
void caus_csv_source_close(caus_csv_source *source);
/* Back to the first byte. */
caus_status caus_csv_source_rewind(caus_csv_source *source, caus_error *err);
/* The next whole lines, about a MiB, valid until the next call; the last line
 * of a file may lack its end. from == end after the last. */
caus_status caus_csv_source_next(caus_csv_source *source, caus_csv_text *piece,
                                 caus_error *err);
const char *caus_csv_source_path(const caus_csv_source *source);
/* Bytes of the file (packed) taken since the start, and in all. */
uint64_t caus_csv_source_done(const caus_csv_source *source);
uint64_t caus_csv_source_total(const caus_csv_source *source);

/* ---- csv_lines.c ---- */

static inline bool caus_csv_is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

bool caus_csv_is_blank_line(caus_csv_text line);

/* The end of the line's text: its newline, or `end`. `next` is the start of
 * the line after it; a carriage return belongs to neither. */
const char *caus_csv_line_end(const char *from, const char *end,
                              const char **next);

/* Passes over the bytes that say that the text is UTF-8; fails where they say
 * that it is not. */
caus_status caus_csv_skip_mark(const char *path, caus_csv_text *text,
                               caus_error *err);

caus_status caus_csv_fail_quote(const char *path, size_t line, caus_error *err);

/* Lines of a file, or of a text in memory: then `rest` is set and no source. */
typedef struct caus_csv_lines {
    caus_csv_source *source;
    const caus_run *run; /* asked whether to go on; may be NULL */
    caus_csv_text rest;  /* not yet read */
    size_t count;        /* lines read: the number of the last one, from 1 */
} caus_csv_lines;

/* The next line without its end, valid until the next call; `from` is NULL
 * after the last. */
caus_status caus_csv_next_line(caus_csv_lines *lines, caus_csv_text *line,
                               caus_error *err);

/* ---- csv_layout.c: cells and the header line ---- */

/* One cell: its bytes without quotes and blanks around it. */
typedef struct caus_csv_cell {
    caus_csv_text text;
    bool quoted; /* "" inside stands for one quote */
} caus_csv_cell;

/*
 * Moves `at` from the start of a cell behind it: to the comma, or to `end`.
 * False when a quote is not closed or text follows a closing quote.
 */
bool caus_csv_next_cell(const char **at, const char *end, caus_csv_cell *cell);

/* A cell as text, quotes undoubled; NULL when memory is out. */
char *caus_csv_cell_text(const caus_csv_cell *cell, caus_arena *out);

/* What the first line says. */
typedef struct caus_csv_layout {
    const char *path;
    size_t column_count;      /* cells of a row, the time included */
    size_t variable_count;    /* column_count − has_time */
    caus_variable *variables; /* [variable_count], live in the arena given */
    bool has_time;
    size_t body_line;     /* number of the first line of numbers, from 1 */
    size_t body_byte;     /* where it starts in the first piece */
    int64_t time_unit_ns; /* of a number in the time column; 0 = RFC 3339 */
    caus_zone_fn *zone;   /* of times without one; NULL = refused */
    void *zone_data;
} caus_csv_layout;

/* Reads the header, or counts the columns of a first row without one. */
caus_status caus_csv_layout_read(const char *path, caus_csv_text first_piece,
                                 const caus_csv_options *options,
                                 caus_arena *out, caus_csv_layout *layout,
                                 caus_error *err);

/* ---- csv_services.c ---- */

/* Reads the labels in braces that names have, and tells whose each is. */
caus_status caus_csv_find_services(const caus_csv_options *options,
                                   caus_arena *out, caus_csv_layout *layout,
                                   caus_error *err);

/* ---- csv_scan.c: the first pass ---- */

typedef struct caus_csv_extent {
    size_t row_count;
    size_t kept_count; /* rows that the windows need */
    int64_t first_ns;
    int64_t last_ns;
    int64_t step_ns; /* greatest that divides all differences; 0 = one row */
    int64_t smallest_ns; /* smallest difference */
} caus_csv_extent;

/* Which rows a read keeps; all when step_ns of the window is 0. */
bool caus_csv_is_kept(const caus_csv_options *options, int64_t time_ns);

/*
 * Reads the time at the start of a row and moves `at` behind its cell. False
 * when there is none; caus_csv_fail_time() then says why.
 */
bool caus_csv_read_time(const caus_csv_layout *layout, const char **at,
                        const char *end, int64_t *time_ns);
caus_status caus_csv_fail_time(const caus_csv_layout *layout, size_t line,
                               const char *at, const char *end,
                               caus_error *err);

/*
 * Counts rows, checks the order of times and finds their step.
 *
 *   options  whose windows tell the rows to keep; then the scan fails as soon
 *            as the numbers of the rows so far pass the memory limit. NULL =
 *            nothing is kept
 */
caus_status caus_csv_scan(caus_csv_source *source, caus_csv_layout *layout,
                          const caus_csv_options *options, const caus_run *run,
                          caus_csv_extent *extent, caus_error *err);

/* ---- csv_values.c: the second pass ---- */

/* Infinite values of a column. */
typedef struct caus_csv_infinite {
    size_t count;
    size_t first_line;
} caus_csv_infinite;

/* Where numbers go: rows of a grid, or the kept rows one column after the
 * other. */
typedef struct caus_csv_target {
    double *values;
    size_t row_count;     /* rows of `values` */
    size_t row_stride;    /* doubles from a row to the next */
    size_t column_stride; /* and from a column to the next */
    int64_t *time_ns;     /* [row_count] of the kept rows; NULL on a grid */
    int64_t start_ns;     /* of the grid */
    int64_t step_ns;      /* of the grid; 0 = rows in the file's order */
    uint64_t *missing;    /* made in `out` with the first missing value */
    size_t word_count;    /* of a column of `missing`; 0 = no bits wanted */
    caus_arena *out;
    caus_csv_infinite *infinite; /* [variable_count] */
} caus_csv_target;

caus_status caus_csv_read_values(caus_csv_source *source,
                                 const caus_csv_layout *layout,
                                 const caus_csv_options *options,
                                 const caus_run *run, caus_csv_target *target,
                                 caus_error *err);

#endif
