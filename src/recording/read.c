/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of incident files. The digest has been checked when rows are read, but
 * it guards against damage, not against a file made to harm: every count,
 * number and word is checked again.
 */
#include <math.h>
#include <string.h>

#include "read_internal.h"

caus_status caus_reader_damaged(const caus_reader *reader, const char *what,
                                caus_error *err)
{
    return caus_database_damaged(&reader->database, what, err);
}

/* ---- cells ---- */

caus_status caus_reader_text(const caus_reader *reader, sqlite3_stmt *row,
                             int column, const char **result, caus_error *err)
{
    bool is_text = sqlite3_column_type(row, column) == SQLITE_TEXT;
    const char *text = (const char *)sqlite3_column_text(row, column);
    if (!text || !is_text)
        return caus_reader_damaged(reader, "a text is missing", err);
    size_t length = (size_t)sqlite3_column_bytes(row, column);
    if (memchr(text, '\0', length))
        return caus_reader_damaged(reader, "a text has a zero byte", err);
    *result = caus_arena_copy_text(reader->out, text, length);
    return *result ? CAUS_OK : caus_arena_fail(reader->out, err);
}

caus_status caus_reader_integer(const caus_reader *reader, sqlite3_stmt *row,
                                int column, int64_t least, int64_t most,
                                int64_t *result, caus_error *err)
{
    int64_t value = sqlite3_column_int64(row, column);
    if (sqlite3_column_type(row, column) != SQLITE_INTEGER || value < least ||
        value > most)
        return caus_reader_damaged(reader, "a number is out of its range", err);
    *result = value;
    return CAUS_OK;
}

double caus_reader_double(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? (double)NAN
               : sqlite3_column_double(row, column);
}

/* ---- tables ---- */

static caus_status read_rows(caus_reader *reader, sqlite3_stmt *statement,
                             caus_read_row_fn *read, void *result,
                             size_t *count, caus_error *err)
{
    for (size_t i = 0;; i++) {
        bool row;
        CAUS_TRY(caus_database_step(&reader->database, statement, &row, err));
        if (!row) {
            *count = i;
            return CAUS_OK;
        }
        CAUS_TRY(read(reader, statement, i, result, err));
    }
}

/* Hands every row of a statement to `read`. */
caus_status caus_reader_table(caus_reader *reader, const char *sql,
                              caus_read_row_fn *read, void *result,
                              size_t *count, caus_error *err)
{
    sqlite3_stmt *statement = NULL;
    caus_status status =
        caus_database_prepare(&reader->database, sql, &statement, err);
    if (status == CAUS_OK)
        status = read_rows(reader, statement, read, result, count, err);
    sqlite3_finalize(statement);
    return status;
}

static caus_status read_count(caus_reader *reader, sqlite3_stmt *row,
                              size_t index, void *result, caus_error *err)
{
    (void)index;
    return caus_reader_integer(reader, row, 0, 0, INT64_MAX, result, err);
}

caus_status caus_reader_count(caus_reader *reader, const char *sql, size_t most,
                              size_t *result, caus_error *err)
{
    int64_t count = 0;
    size_t rows = 0;
    CAUS_TRY(caus_reader_table(reader, sql, read_count, &count, &rows, err));
    if ((uint64_t)count > most)
        return caus_reader_damaged(reader, "it has too many rows", err);
    *result = (size_t)count;
    return CAUS_OK;
}

/* Rows are numbered from 0 without a gap. */
caus_status caus_reader_check_id(const caus_reader *reader, sqlite3_stmt *row,
                                 size_t index, size_t most, caus_error *err)
{
    int64_t id = 0;
    CAUS_TRY(caus_reader_integer(reader, row, 0, 0, INT64_MAX, &id, err));
    if ((uint64_t)id != index || index >= most)
        return caus_reader_damaged(reader, "its rows are out of order", err);
    return CAUS_OK;
}

/* ---- variables and labels ---- */

static caus_status read_variable_texts(const caus_reader *reader,
                                       sqlite3_stmt *row,
                                       caus_variable *variable, caus_error *err)
{
    const char **const texts[] = {&variable->name, &variable->service,
                                  &variable->unit, &variable->source,
                                  &variable->query};
    for (int i = 0; i < 5; i++)
        CAUS_TRY(caus_reader_text(reader, row, 1 + i, texts[i], err));
    return CAUS_OK;
}

static caus_status read_variable(caus_reader *reader, sqlite3_stmt *row,
                                 size_t index, void *result, caus_error *err)
{
    caus_read_variables *all = result;
    CAUS_TRY(caus_reader_check_id(reader, row, index, all->count, err));
    caus_variable variable = {0};
    CAUS_TRY(read_variable_texts(reader, row, &variable, err));
    const char *words[4];
    for (int i = 0; i < 4; i++)
        CAUS_TRY(caus_reader_text(reader, row, 6 + i, &words[i], err));
    bool discrete = strcmp(words[1], "discrete") == 0;
    if (!caus_recording_kind_from_word(words[0], &variable.kind) ||
        (!discrete && strcmp(words[1], "continuous") != 0) ||
        !caus_recording_role_from_word(words[2], &variable.role) ||
        !caus_recording_direction_from_word(words[3], &variable.bad_direction))
        return caus_reader_damaged(
            reader, "a variable has an unknown kind or role", err);
    variable.value_type =
        discrete ? CAUS_VALUE_DISCRETE : CAUS_VALUE_CONTINUOUS;
    int64_t group = 0;
    CAUS_TRY(caus_reader_integer(reader, row, 10, INT32_MIN, INT32_MAX, &group,
                                 err));
    variable.vector_group = (int)group;
    variable.scrape_interval_s = caus_reader_double(row, 11);
    variable.scrape_offset_s = caus_reader_double(row, 12);
    variable.rate_window_s = caus_reader_double(row, 13);
    all->items[index] = variable;
    return CAUS_OK;
}

/* Labels stand in the order of their variables. */
static caus_status read_label(caus_reader *reader, sqlite3_stmt *row,
                              size_t index, void *result, caus_error *err)
{
    caus_read_variables *all = result;
    CAUS_TRY(caus_reader_check_id(reader, row, index, all->label_count, err));
    int64_t owner = 0;
    CAUS_TRY(caus_reader_integer(reader, row, 1, 0, INT64_MAX, &owner, err));
    if ((uint64_t)owner >= all->count)
        return caus_reader_damaged(reader, "a label belongs to no variable",
                                   err);
    caus_variable *variable = &all->items[owner];
    if (!variable->label_count)
        variable->labels = &all->labels[index];
    if (&variable->labels[variable->label_count] != &all->labels[index] ||
        variable->label_count == CAUS_RECORDING_LABELS)
        return caus_reader_damaged(reader, "its labels are out of order", err);
    variable->label_count++;
    CAUS_TRY(caus_reader_text(reader, row, 2, &all->labels[index].name, err));
    return caus_reader_text(reader, row, 3, &all->labels[index].value, err);
}

caus_status caus_reader_variables(caus_reader *reader, caus_read_variables *all,
                                  caus_error *err)
{
    *all = (caus_read_variables){0};
    CAUS_TRY(caus_reader_count(reader, "SELECT count(*) FROM variable",
                               CAUS_RECORDING_VARIABLES, &all->count, err));
    CAUS_TRY(caus_reader_count(reader, "SELECT count(*) FROM label",
                               (size_t)CAUS_RECORDING_VARIABLES *
                                   CAUS_RECORDING_LABELS,
                               &all->label_count, err));
    all->items = CAUS_ARRAY(reader->out, caus_variable, all->count);
    all->labels = CAUS_ARRAY(reader->out, caus_label, all->label_count);
    if (!all->items || !all->labels)
        return caus_arena_fail(reader->out, err);
    size_t rows = 0;
    CAUS_TRY(caus_reader_table(reader, "SELECT * FROM variable ORDER BY id",
                               read_variable, all, &rows, err));
    if (rows != all->count)
        return caus_reader_damaged(reader, "a variable is missing", err);
    CAUS_TRY(caus_reader_table(reader, "SELECT * FROM label ORDER BY id",
                               read_label, all, &rows, err));
    if (rows != all->label_count)
        return caus_reader_damaged(reader, "a label is missing", err);
    return CAUS_OK;
}

/* ---- chunks ---- */

/* Columns 1 to 4 of a chunk; chunks stand in the order of their tracks. */
caus_status caus_reader_chunk_row(const caus_reader *reader, sqlite3_stmt *row,
                                  size_t index, size_t track_count,
                                  caus_chunk_row *result, caus_error *err)
{
    int64_t track = 0, count = 0;
    CAUS_TRY(caus_reader_check_id(reader, row, index, SIZE_MAX, err));
    CAUS_TRY(caus_reader_integer(reader, row, 1, 0, INT64_MAX, &track, err));
    CAUS_TRY(caus_reader_integer(reader, row, 2, INT64_MIN, INT64_MAX,
                                 &result->first_ns, err));
    CAUS_TRY(caus_reader_integer(reader, row, 3, result->first_ns, INT64_MAX,
                                 &result->last_ns, err));
    CAUS_TRY(caus_reader_integer(reader, row, 4, 1, CAUS_CHUNK_SAMPLES, &count,
                                 err));
    if ((uint64_t)track >= track_count)
        return caus_reader_damaged(reader, "a chunk belongs to no variable",
                                   err);
    result->track = (size_t)track;
    result->count = (size_t)count;
    return CAUS_OK;
}

static caus_status read_sample_count(caus_reader *reader, sqlite3_stmt *row,
                                     size_t index, void *result,
                                     caus_error *err)
{
    caus_sample_counts *all = result;
    caus_chunk_row chunk;
    CAUS_TRY(caus_reader_chunk_row(reader, row, index, all->track_count, &chunk,
                                   err));
    bool same = index && chunk.track == all->last_track;
    if (index && (chunk.track < all->last_track ||
                  (same && chunk.first_ns < all->last_ns)))
        return caus_reader_damaged(reader, "its samples are out of order", err);
    all->last_track = chunk.track;
    all->last_ns = chunk.last_ns;
    all->counts[chunk.track] += chunk.count;
    all->total += chunk.count;
    return CAUS_OK;
}

caus_status caus_reader_sample_counts(caus_reader *reader, size_t track_count,
                                      caus_sample_counts *all, caus_error *err)
{
    *all = (caus_sample_counts){.track_count = track_count};
    all->counts = CAUS_ARRAY(reader->out, size_t, track_count);
    if (!all->counts)
        return caus_arena_fail(reader->out, err);
    size_t rows = 0;
    return caus_reader_table(reader,
                             "SELECT id, variable_id, first_ns, last_ns, count"
                             " FROM chunk ORDER BY id",
                             read_sample_count, all, &rows, err);
}
