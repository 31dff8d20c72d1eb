/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "recording_internal.h"
#include "schema.h"

/* What one recording is written from. */
typedef struct recording_writer {
    caus_database database;
    const caus_fetch *fetch;
    const caus_recording_options *options;
    const char *hint;
    const caus_run *run;
    size_t sample_count;
} recording_writer;

/* ---- rows ---- */

/* Binds cells one after the other; the first failure stays. */
typedef struct cells {
    sqlite3_stmt *statement;
    int column;
    int code;
} cells;

static void add_code(cells *row, int code)
{
    if (row->code == SQLITE_OK)
        row->code = code;
}

static void add_text(cells *row, const char *text)
{
    add_code(row,
             sqlite3_bind_text64(row->statement, ++row->column, text,
                                 strlen(text), SQLITE_STATIC, SQLITE_UTF8));
}

static void add_integer(cells *row, int64_t value)
{
    add_code(row, sqlite3_bind_int64(row->statement, ++row->column, value));
}

/* NaN is kept as NULL: SQLite has no other place for it. */
static void add_double(cells *row, double value)
{
    add_code(row, sqlite3_bind_double(row->statement, ++row->column, value));
}

static caus_status insert(const recording_writer *writer, cells *row,
                          caus_error *err)
{
    if (row->code != SQLITE_OK)
        return caus_database_fail(&writer->database, row->code, err);
    return caus_database_insert(&writer->database, row->statement, err);
}

/* ---- tables ---- */

static caus_status write_meta_integers(const recording_writer *writer,
                                       sqlite3_stmt *statement, caus_error *err)
{
    const caus_recording_options *options = writer->options;
    const struct {
        const char *key;
        int64_t value;
    } integers[] = {{"created_ns", options->created_ns},
                    {"scrubbed", !options->keep_labels},
                    {"window_start_ns", options->window.start_ns},
                    {"window_end_ns", options->window.end_ns},
                    {"window_step_ns", options->window.step_ns},
                    {"baseline_start_ns", options->baseline.start_ns},
                    {"baseline_end_ns", options->baseline.end_ns},
                    {"baseline_step_ns", options->baseline.step_ns}};
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        cells row = {.statement = statement};
        add_text(&row, integers[i].key);
        add_integer(&row, integers[i].value);
        CAUS_TRY(insert(writer, &row, err));
    }
    return CAUS_OK;
}

static caus_status write_meta(const recording_writer *writer,
                              sqlite3_stmt *statement, caus_error *err)
{
    CAUS_TRY(write_meta_integers(writer, statement, err));
    cells version = {.statement = statement};
    add_text(&version, "version");
    add_text(&version, caus_version());
    CAUS_TRY(insert(writer, &version, err));
    cells hint = {.statement = statement};
    add_text(&hint, "hint");
    add_text(&hint, writer->hint);
    CAUS_TRY(insert(writer, &hint, err));
    cells skew = {.statement = statement};
    add_text(&skew, "clock_skew_s");
    add_double(&skew, writer->fetch->clock_skew_s);
    CAUS_TRY(insert(writer, &skew, err));
    cells interval = {.statement = statement};
    add_text(&interval, "scrape_interval_s");
    add_double(&interval, writer->fetch->scrape_interval_s);
    return insert(writer, &interval, err);
}

static caus_status write_variables(const recording_writer *writer,
                                   sqlite3_stmt *statement, caus_error *err)
{
    const caus_samples *samples = &writer->fetch->samples;
    for (size_t i = 0; i < samples->track_count; i++) {
        const caus_variable *variable = &samples->tracks[i].variable;
        cells row = {.statement = statement};
        add_integer(&row, (int64_t)i);
        add_text(&row, variable->name);
        add_text(&row, variable->service);
        add_text(&row, variable->unit);
        add_text(&row, variable->source);
        add_text(&row, variable->query);
        add_text(&row, caus_recording_kind_word(variable->kind));
        add_text(&row, variable->value_type == CAUS_VALUE_DISCRETE
                           ? "discrete"
                           : "continuous");
        add_text(&row, caus_recording_role_word(variable->role));
        add_text(&row, caus_recording_direction_word(variable->bad_direction));
        add_integer(&row, variable->vector_group);
        add_double(&row, variable->scrape_interval_s);
        add_double(&row, variable->scrape_offset_s);
        add_double(&row, variable->rate_window_s);
        CAUS_TRY(insert(writer, &row, err));
    }
    return CAUS_OK;
}

static caus_status write_labels(const recording_writer *writer,
                                sqlite3_stmt *statement, caus_error *err)
{
    const caus_samples *samples = &writer->fetch->samples;
    int64_t id = 0;
    for (size_t i = 0; i < samples->track_count; i++) {
        const caus_variable *variable = &samples->tracks[i].variable;
        for (size_t k = 0; k < variable->label_count; k++) {
            cells row = {.statement = statement};
            add_integer(&row, id++);
            add_integer(&row, (int64_t)i);
            add_text(&row, variable->labels[k].name);
            add_text(&row, variable->labels[k].value);
            CAUS_TRY(insert(writer, &row, err));
        }
    }
    return CAUS_OK;
}

static caus_status write_queries(const recording_writer *writer,
                                 sqlite3_stmt *statement, caus_error *err)
{
    for (size_t i = 0; i < writer->fetch->query_count; i++) {
        cells row = {.statement = statement};
        add_integer(&row, (int64_t)i);
        add_text(&row, writer->fetch->queries[i].server);
        add_text(&row, writer->fetch->queries[i].text);
        CAUS_TRY(insert(writer, &row, err));
    }
    return CAUS_OK;
}

static caus_status write_warnings(const recording_writer *writer,
                                  sqlite3_stmt *statement, caus_error *err)
{
    for (size_t i = 0; i < writer->fetch->warning_count; i++) {
        cells row = {.statement = statement};
        add_integer(&row, (int64_t)i);
        add_text(&row, writer->fetch->warnings[i]);
        CAUS_TRY(insert(writer, &row, err));
    }
    return CAUS_OK;
}

static caus_status write_chunk(const recording_writer *writer,
                               sqlite3_stmt *statement, caus_chunk_codec *codec,
                               int64_t id, size_t track,
                               const caus_chunk *chunk, caus_error *err)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    CAUS_TRY(
        caus_chunk_encode(codec, chunk, (uint64_t)id, &bytes, &length, err));
    cells row = {.statement = statement};
    add_integer(&row, id);
    add_integer(&row, (int64_t)track);
    add_integer(&row, chunk->time_ns[0]);
    add_integer(&row, chunk->time_ns[chunk->count - 1]);
    add_integer(&row, (int64_t)chunk->count);
    add_code(&row, sqlite3_bind_blob64(statement, ++row.column, bytes, length,
                                       SQLITE_STATIC));
    return insert(writer, &row, err);
}

static caus_status write_tracks(const recording_writer *writer,
                                sqlite3_stmt *statement,
                                caus_chunk_codec *codec, caus_error *err)
{
    const caus_samples *samples = &writer->fetch->samples;
    int64_t id = 0;
    uint64_t done = 0;
    for (size_t i = 0; i < samples->track_count; i++) {
        const caus_track *track = &samples->tracks[i];
        for (size_t at = 0; at < track->count; at += CAUS_CHUNK_SAMPLES) {
            size_t count = track->count - at;
            if (count > CAUS_CHUNK_SAMPLES)
                count = CAUS_CHUNK_SAMPLES;
            caus_chunk chunk = {.count = count,
                                .time_ns = track->time_ns + at,
                                .value = track->value + at,
                                .support = track->support ? track->support + at
                                                          : NULL};
            CAUS_TRY(caus_run_check(writer->run, err));
            CAUS_TRY(
                write_chunk(writer, statement, codec, id++, i, &chunk, err));
            done += count;
            caus_run_progress(writer->run, CAUS_STAGE_WRITE, done,
                              writer->sample_count);
        }
    }
    return CAUS_OK;
}

static caus_status write_chunks(const recording_writer *writer,
                                sqlite3_stmt *statement, caus_error *err)
{
    caus_chunk_codec *codec = caus_chunk_codec_new();
    if (!codec)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to compress samples");
    caus_status status = write_tracks(writer, statement, codec, err);
    caus_chunk_codec_free(codec);
    return status;
}

typedef caus_status write_table_fn(const recording_writer *writer,
                                   sqlite3_stmt *statement, caus_error *err);

static caus_status write_table(const recording_writer *writer, const char *sql,
                               write_table_fn *write, caus_error *err)
{
    sqlite3_stmt *statement = NULL;
    caus_status status =
        caus_database_prepare(&writer->database, sql, &statement, err);
    if (status == CAUS_OK)
        status = write(writer, statement, err);
    sqlite3_finalize(statement);
    return status;
}

static caus_status write_tables(recording_writer *writer, caus_error *err)
{
    static const struct {
        const char *sql;
        write_table_fn *write;
    } tables[] = {
        {"INSERT INTO meta VALUES (?, ?)", write_meta},
        {"INSERT INTO variable VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
         " ?)",
         write_variables},
        {"INSERT INTO label VALUES (?, ?, ?, ?)", write_labels},
        {"INSERT INTO query VALUES (?, ?, ?)", write_queries},
        {"INSERT INTO warning VALUES (?, ?)", write_warnings},
        {"INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?)", write_chunks},
    };
    CAUS_TRY(caus_database_create(&writer->database, err));
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        CAUS_TRY(write_table(writer, tables[i].sql, tables[i].write, err));
    return caus_database_finish(&writer->database, err);
}

/* ---- the whole ---- */

/* What a reader would refuse is not written. */
static caus_status check_counts(const caus_fetch *fetch, caus_error *err)
{
    if (fetch->samples.track_count > CAUS_RECORDING_VARIABLES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu variables: an incident file holds up to %d",
                         fetch->samples.track_count, CAUS_RECORDING_VARIABLES);
    if (fetch->query_count > CAUS_RECORDING_TEXTS ||
        fetch->warning_count > CAUS_RECORDING_TEXTS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu queries and %zu warnings: an incident file holds "
                         "up to %d of each",
                         fetch->query_count, fetch->warning_count,
                         CAUS_RECORDING_TEXTS);
    return CAUS_OK;
}

static caus_status check_track(const caus_track *track, caus_error *err)
{
    if (track->variable.label_count > CAUS_RECORDING_LABELS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s has %zu labels: an incident file holds up to %d",
                         track->variable.name, track->variable.label_count,
                         CAUS_RECORDING_LABELS);
    for (size_t i = 1; i < track->count; i++)
        if (track->time_ns[i] < track->time_ns[i - 1])
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "sample %zu of %s is older than the one before: "
                             "sort the samples by time",
                             i, track->variable.name);
    return CAUS_OK;
}

static caus_status write_file(recording_writer *writer, const char *path,
                              caus_error *err)
{
    caus_replacement replacement;
    caus_status status = caus_replacement_begin(&replacement, path, err);
    if (status == CAUS_OK)
        status = caus_database_open_temporary(
            &writer->database, replacement.temporary, path, writer->run, err);
    if (status == CAUS_OK) {
        status = write_tables(writer, err);
        caus_database_close(&writer->database);
    }
    for (size_t i = 0; status == CAUS_OK && i < writer->options->result_count;
         i++)
        status = caus_recording_put_result(replacement.temporary, path,
                                           &writer->options->results[i], err);
    if (status == CAUS_OK)
        status = caus_replacement_commit(&replacement, err);
    caus_replacement_deinit(&replacement);
    return status;
}

caus_status caus_recording_write(const char *path, const caus_fetch *fetch,
                                 const caus_recording_options *options,
                                 const caus_run *run, caus_error *err)
{
    recording_writer writer = {.fetch = fetch,
                               .options = options,
                               .hint = options->hint ? options->hint : "",
                               .run = run};
    CAUS_TRY(check_counts(fetch, err));
    for (size_t i = 0; i < fetch->samples.track_count; i++) {
        CAUS_TRY(check_track(&fetch->samples.tracks[i], err));
        writer.sample_count += fetch->samples.tracks[i].count;
    }
    if (options->keep_labels)
        return write_file(&writer, path, err);
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_fetch clean;
    caus_status status = caus_scrub_fetch(fetch, writer.hint, scratch, &clean,
                                          &writer.hint, err);
    writer.fetch = &clean;
    if (status == CAUS_OK)
        status = write_file(&writer, path, err);
    caus_arena_rewind(scratch, mark);
    return status;
}
