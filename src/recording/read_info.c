/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "read_internal.h"
#include "schema.h"

/* ---- meta ---- */

/* What the keys of `meta` fill; all of them have to be there. */
typedef struct meta_keys {
    caus_recording_info *info;
    int64_t scrubbed;
    unsigned seen; /* bit k: key k */
} meta_keys;

enum { META_KEYS = 12 };

static caus_status read_meta_integer(const caus_reader *reader,
                                     sqlite3_stmt *row, meta_keys *meta,
                                     size_t key, caus_error *err)
{
    caus_recording_info *info = meta->info;
    int64_t *const targets[] = {
        &info->created_ns,      &meta->scrubbed,
        &info->window.start_ns, &info->window.end_ns,
        &info->window.step_ns,  &info->baseline.start_ns,
        &info->baseline.end_ns, &info->baseline.step_ns};
    return caus_reader_integer(reader, row, 1, INT64_MIN, INT64_MAX,
                               targets[key], err);
}

static caus_status read_meta(caus_reader *reader, sqlite3_stmt *row,
                             size_t index, void *result, caus_error *err)
{
    static const char *const keys[META_KEYS] = {
        "created_ns",      "scrubbed",
        "window_start_ns", "window_end_ns",
        "window_step_ns",  "baseline_start_ns",
        "baseline_end_ns", "baseline_step_ns",
        "version",         "hint",
        "clock_skew_s",    "scrape_interval_s"};
    (void)index;
    meta_keys *meta = result;
    const char *word = (const char *)sqlite3_column_text(row, 0);
    size_t key = 0;
    while (word && key < META_KEYS && strcmp(word, keys[key]) != 0)
        key++;
    if (!word || key == META_KEYS)
        return CAUS_OK;
    meta->seen |= 1u << key;
    if (key < 8)
        return read_meta_integer(reader, row, meta, key, err);
    if (key == 8)
        return caus_reader_text(reader, row, 1, &meta->info->version, err);
    if (key == 9)
        return caus_reader_text(reader, row, 1, &meta->info->hint, err);
    double number = caus_reader_double(row, 1);
    if (key == 10)
        meta->info->clock_skew_s = number;
    else
        meta->info->scrape_interval_s = number;
    return CAUS_OK;
}

static caus_status load_meta(caus_reader *reader, caus_recording_info *info,
                             caus_error *err)
{
    meta_keys meta = {.info = info};
    size_t rows = 0;
    CAUS_TRY(caus_reader_table(reader, "SELECT key, value FROM meta", read_meta,
                               &meta, &rows, err));
    if (meta.seen != (1u << META_KEYS) - 1)
        return caus_reader_damaged(reader, "it does not say its window", err);
    if (info->window.step_ns < 0 || info->baseline.step_ns < 0)
        return caus_reader_damaged(reader, "its step is negative", err);
    info->scrubbed = meta.scrubbed != 0;
    info->schema = CAUS_RECORDING_SCHEMA;
    return CAUS_OK;
}

/* ---- queries, warnings, results ---- */

typedef struct texts {
    size_t count;
    caus_fetched_query *queries;
    const char **warnings;
    caus_recorded_result *results;
} texts;

static caus_status read_query(caus_reader *reader, sqlite3_stmt *row,
                              size_t index, void *result, caus_error *err)
{
    texts *all = result;
    CAUS_TRY(caus_reader_check_id(reader, row, index, all->count, err));
    CAUS_TRY(
        caus_reader_text(reader, row, 1, &all->queries[index].server, err));
    return caus_reader_text(reader, row, 2, &all->queries[index].text, err);
}

static caus_status read_warning(caus_reader *reader, sqlite3_stmt *row,
                                size_t index, void *result, caus_error *err)
{
    texts *all = result;
    CAUS_TRY(caus_reader_check_id(reader, row, index, all->count, err));
    return caus_reader_text(reader, row, 1, &all->warnings[index], err);
}

static caus_status read_result(caus_reader *reader, sqlite3_stmt *row,
                               size_t index, void *result, caus_error *err)
{
    texts *all = result;
    caus_recorded_result *item = &all->results[index];
    char hash[CAUS_HASH_TEXT];
    CAUS_TRY(caus_reader_check_id(reader, row, index, all->count, err));
    CAUS_TRY(caus_reader_text(reader, row, 1, &item->kind, err));
    CAUS_TRY(caus_reader_text(reader, row, 2, &item->sha256, err));
    CAUS_TRY(caus_reader_text(reader, row, 3, &item->json, err));
    if (!caus_sha256_text(item->json, strlen(item->json), hash))
        return caus_database_fail(&reader->database, SQLITE_NOMEM, err);
    if (strcmp(hash, item->sha256) != 0)
        return caus_reader_damaged(reader, "a result does not fit its checksum",
                                   err);
    return CAUS_OK;
}

static caus_status load_queries(caus_reader *reader, caus_recording_info *info,
                                caus_error *err)
{
    texts all = {0};
    CAUS_TRY(caus_reader_count(reader, "SELECT count(*) FROM query",
                               CAUS_RECORDING_TEXTS, &all.count, err));
    all.queries = CAUS_ARRAY(reader->out, caus_fetched_query, all.count);
    if (!all.queries)
        return caus_arena_fail(reader->out, err);
    info->queries = all.queries;
    return caus_reader_table(reader, "SELECT * FROM query ORDER BY id",
                             read_query, &all, &info->query_count, err);
}

static caus_status load_warnings(caus_reader *reader, caus_recording_info *info,
                                 caus_error *err)
{
    texts all = {0};
    CAUS_TRY(caus_reader_count(reader, "SELECT count(*) FROM warning",
                               CAUS_RECORDING_TEXTS, &all.count, err));
    all.warnings = CAUS_ARRAY(reader->out, const char *, all.count);
    if (!all.warnings)
        return caus_arena_fail(reader->out, err);
    info->warnings = all.warnings;
    return caus_reader_table(reader, "SELECT * FROM warning ORDER BY id",
                             read_warning, &all, &info->warning_count, err);
}

static caus_status load_results(caus_reader *reader, caus_recording_info *info,
                                caus_error *err)
{
    texts all = {0};
    CAUS_TRY(caus_reader_count(reader, "SELECT count(*) FROM result",
                               CAUS_RECORDING_TEXTS, &all.count, err));
    all.results = CAUS_ARRAY(reader->out, caus_recorded_result, all.count);
    if (!all.results)
        return caus_arena_fail(reader->out, err);
    info->results = all.results;
    return caus_reader_table(reader, "SELECT * FROM result ORDER BY id",
                             read_result, &all, &info->result_count, err);
}

static caus_status load_info(caus_reader *reader, caus_recording_info *info,
                             caus_error *err)
{
    caus_read_variables all;
    caus_sample_counts counts;
    CAUS_TRY(load_meta(reader, info, err));
    CAUS_TRY(caus_reader_variables(reader, &all, err));
    CAUS_TRY(caus_reader_sample_counts(reader, all.count, &counts, err));
    info->variable_count = all.count;
    info->variables = all.items;
    info->sample_counts = counts.counts;
    CAUS_TRY(load_queries(reader, info, err));
    CAUS_TRY(load_warnings(reader, info, err));
    return load_results(reader, info, err);
}

caus_status caus_recording_read_info(const char *path, caus_arena *out,
                                     caus_recording_info *result,
                                     caus_error *err)
{
    caus_reader reader = {.out = out};
    CAUS_TRY(caus_database_open(&reader.database, path, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_recording_info info = {0};
    caus_status status = load_info(&reader, &info, err);
    caus_database_close(&reader.database);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = info;
    return CAUS_OK;
}
