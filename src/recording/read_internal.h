/* SPDX-License-Identifier: Apache-2.0 */
/* What reading the info and reading the samples share. */
#ifndef CAUS_SRC_RECORDING_READ_INTERNAL_H
#define CAUS_SRC_RECORDING_READ_INTERNAL_H

#include "recording_internal.h"

typedef struct caus_reader {
    caus_database database;
    caus_arena *out;
} caus_reader;

caus_status caus_reader_damaged(const caus_reader *reader, const char *what,
                                caus_error *err);

/* ---- cells ---- */

caus_status caus_reader_text(const caus_reader *reader, sqlite3_stmt *row,
                             int column, const char **result, caus_error *err);
caus_status caus_reader_integer(const caus_reader *reader, sqlite3_stmt *row,
                                int column, int64_t least, int64_t most,
                                int64_t *result, caus_error *err);
/* NULL is NaN. */
double caus_reader_double(sqlite3_stmt *row, int column);

/* ---- rows ---- */

typedef caus_status caus_read_row_fn(caus_reader *reader, sqlite3_stmt *row,
                                     size_t index, void *result,
                                     caus_error *err);

/* Hands every row of a statement to `read`. */
caus_status caus_reader_table(caus_reader *reader, const char *sql,
                              caus_read_row_fn *read, void *result,
                              size_t *count, caus_error *err);
caus_status caus_reader_count(caus_reader *reader, const char *sql, size_t most,
                              size_t *result, caus_error *err);
/* Rows are numbered from 0 without a gap. */
caus_status caus_reader_check_id(const caus_reader *reader, sqlite3_stmt *row,
                                 size_t index, size_t most, caus_error *err);

/* ---- variables and their chunks ---- */

typedef struct caus_read_variables {
    size_t count;
    caus_variable *items;
    size_t label_count;
    caus_label *labels;
} caus_read_variables;

caus_status caus_reader_variables(caus_reader *reader, caus_read_variables *all,
                                  caus_error *err);

typedef struct caus_chunk_row {
    size_t track;
    int64_t first_ns, last_ns;
    size_t count;
} caus_chunk_row;

/* Columns 1 to 4 of a chunk. */
caus_status caus_reader_chunk_row(const caus_reader *reader, sqlite3_stmt *row,
                                  size_t index, size_t track_count,
                                  caus_chunk_row *result, caus_error *err);

typedef struct caus_sample_counts {
    size_t track_count;
    size_t *counts;
    size_t last_track;
    int64_t last_ns;
    size_t total;
} caus_sample_counts;

/* Reads the heads of all chunks, which stand in the order of tracks and
 * times. */
caus_status caus_reader_sample_counts(caus_reader *reader, size_t track_count,
                                      caus_sample_counts *all, caus_error *err);

#endif
