/* SPDX-License-Identifier: Apache-2.0 */
#include "read_internal.h"

typedef struct filled_track {
    int64_t *time_ns;
    double *value;
    double *support;
    size_t count; /* so far */
} filled_track;

typedef struct sample_reader {
    const caus_run *run;
    caus_chunk_codec *codec;
    size_t track_count;
    const size_t *counts; /* samples to come */
    filled_track *tracks;
    uint64_t done, total;
} sample_reader;

/* The memory of a track is taken when its first chunk tells whether there is
 * support. */
static caus_status prepare_track(const caus_reader *reader, sample_reader *all,
                                 size_t track, const caus_chunk_head *head,
                                 caus_error *err)
{
    filled_track *filled = &all->tracks[track];
    if (filled->count)
        return head->has_support == (filled->support != NULL)
                   ? CAUS_OK
                   : caus_reader_damaged(
                         reader, "a variable has support only in part", err);
    size_t count = all->counts[track];
    filled->time_ns = CAUS_ARRAY(reader->out, int64_t, count);
    filled->value = CAUS_ARRAY(reader->out, double, count);
    if (head->has_support)
        filled->support = CAUS_ARRAY(reader->out, double, count);
    if (!filled->time_ns || !filled->value ||
        (head->has_support && !filled->support))
        return caus_arena_fail(reader->out, err);
    return CAUS_OK;
}

static bool is_ascending(const filled_track *filled,
                         const caus_chunk_row *chunk)
{
    const int64_t *time_ns = filled->time_ns + filled->count;
    for (size_t i = 1; i < chunk->count; i++)
        if (time_ns[i] < time_ns[i - 1])
            return false;
    return time_ns[0] == chunk->first_ns &&
           time_ns[chunk->count - 1] == chunk->last_ns;
}

static caus_status read_chunk(caus_reader *reader, sqlite3_stmt *row,
                              size_t index, void *result, caus_error *err)
{
    sample_reader *all = result;
    caus_chunk_row chunk;
    caus_chunk_head head;
    caus_error inner = {.message = ""};
    CAUS_TRY(caus_run_check(all->run, err));
    CAUS_TRY(caus_reader_chunk_row(reader, row, index, all->track_count, &chunk,
                                   err));
    const uint8_t *bytes = sqlite3_column_blob(row, 5);
    size_t length = (size_t)sqlite3_column_bytes(row, 5);
    if (!bytes)
        return caus_reader_damaged(reader, "a chunk cannot be read", err);
    if (caus_chunk_read_head(bytes, length, &head, &inner) != CAUS_OK)
        return caus_reader_damaged(reader, inner.message, err);
    filled_track *filled = &all->tracks[chunk.track];
    if (head.count != chunk.count ||
        chunk.count > all->counts[chunk.track] - filled->count)
        return caus_reader_damaged(
            reader, "a chunk has another length than it says", err);
    CAUS_TRY(prepare_track(reader, all, chunk.track, &head, err));
    size_t at = filled->count;
    if (caus_chunk_decode(all->codec, bytes, length, index,
                          filled->time_ns + at, filled->value + at,
                          head.has_support ? filled->support + at : NULL,
                          &inner) != CAUS_OK)
        return caus_reader_damaged(reader, inner.message, err);
    if (!is_ascending(filled, &chunk))
        return caus_reader_damaged(reader, "its samples are out of order", err);
    filled->count += chunk.count;
    all->done += chunk.count;
    caus_run_progress(all->run, CAUS_STAGE_READ, all->done, all->total);
    return CAUS_OK;
}

/* Before anything is unpacked: times and values take 16 bytes a sample. */
static caus_status check_budget(const caus_reader *reader, const caus_run *run,
                                size_t total, caus_error *err)
{
    size_t limit = caus_run_memory_limit_bytes(run);
    size_t used = caus_arena_used_bytes(reader->out);
    if (limit && (used > limit || total > (limit - used) / 16))
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "the %zu samples of %s do not fit the memory limit "
                         "of %zu MiB: raise --memory-limit",
                         total, reader->database.path, limit >> 20);
    return CAUS_OK;
}

static caus_status finish_samples(const caus_reader *reader,
                                  const sample_reader *all,
                                  const caus_read_variables *variables,
                                  caus_samples *result, caus_error *err)
{
    caus_track *tracks = CAUS_ARRAY(reader->out, caus_track, variables->count);
    if (!tracks)
        return caus_arena_fail(reader->out, err);
    static const int64_t no_time;
    static const double no_value;
    for (size_t i = 0; i < variables->count; i++) {
        const filled_track *filled = &all->tracks[i];
        if (filled->count != all->counts[i])
            return caus_reader_damaged(reader, "samples are missing", err);
        tracks[i] = (caus_track){
            .variable = variables->items[i],
            .count = filled->count,
            .time_ns = filled->time_ns ? filled->time_ns : &no_time,
            .value = filled->value ? filled->value : &no_value,
            .support = filled->support};
    }
    *result = (caus_samples){.track_count = variables->count, .tracks = tracks};
    return CAUS_OK;
}

static caus_status load_samples(caus_reader *reader, const caus_run *run,
                                caus_chunk_codec *codec, caus_samples *result,
                                caus_error *err)
{
    caus_read_variables variables;
    caus_sample_counts counts;
    CAUS_TRY(caus_reader_variables(reader, &variables, err));
    CAUS_TRY(caus_reader_sample_counts(reader, variables.count, &counts, err));
    CAUS_TRY(check_budget(reader, run, counts.total, err));
    sample_reader all = {.run = run,
                         .codec = codec,
                         .track_count = variables.count,
                         .counts = counts.counts,
                         .total = counts.total};
    all.tracks = CAUS_ARRAY(reader->out, filled_track, variables.count);
    if (!all.tracks)
        return caus_arena_fail(reader->out, err);
    size_t rows = 0;
    CAUS_TRY(caus_reader_table(reader, "SELECT * FROM chunk ORDER BY id",
                               read_chunk, &all, &rows, err));
    /* Supports came to light while reading. */
    CAUS_TRY(check_budget(reader, run, 0, err));
    return finish_samples(reader, &all, &variables, result, err);
}

caus_status caus_recording_read_samples(const char *path, const caus_run *run,
                                        caus_arena *out, caus_samples *result,
                                        caus_error *err)
{
    caus_reader reader = {.out = out};
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_samples samples;
    caus_chunk_codec *codec = caus_chunk_codec_new();
    if (!codec)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to unpack samples");
    caus_status status = caus_database_open(&reader.database, path, err);
    if (status == CAUS_OK) {
        status = load_samples(&reader, run, codec, &samples, err);
        caus_database_close(&reader.database);
    }
    caus_chunk_codec_free(codec);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = samples;
    return CAUS_OK;
}
