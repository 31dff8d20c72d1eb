/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables and words of the layout. Only `meta` may get new keys within a major
 * version; any other change makes a new one, and the place to turn an older
 * file into the present layout, on a copy, is caus_database_open().
 */
#include <string.h>

#include "recording_internal.h"
#include "schema.h"

/* The packed samples stand last in their row: what comes before them is read
 * without them. */
const caus_table caus_tables[CAUS_TABLES] = {
    {"meta",
     "CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY)"
     " STRICT, WITHOUT ROWID",
     "SELECT key, value FROM meta WHERE key <> 'digest' ORDER BY key"},
    {"variable",
     "CREATE TABLE variable (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
     " service TEXT NOT NULL, unit TEXT NOT NULL, source TEXT NOT NULL,"
     " query TEXT NOT NULL, kind TEXT NOT NULL, value_type TEXT NOT NULL,"
     " role TEXT NOT NULL, bad_direction TEXT NOT NULL,"
     " vector_group INTEGER NOT NULL, scrape_interval_s REAL,"
     " scrape_offset_s REAL, rate_window_s REAL) STRICT",
     "SELECT * FROM variable ORDER BY id"},
    {"label",
     "CREATE TABLE label (id INTEGER PRIMARY KEY,"
     " variable_id INTEGER NOT NULL, name TEXT NOT NULL,"
     " value TEXT NOT NULL) STRICT",
     "SELECT * FROM label ORDER BY id"},
    {"query",
     "CREATE TABLE query (id INTEGER PRIMARY KEY, server TEXT NOT NULL,"
     " text TEXT NOT NULL) STRICT",
     "SELECT * FROM query ORDER BY id"},
    {"warning",
     "CREATE TABLE warning (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"
     " STRICT",
     "SELECT * FROM warning ORDER BY id"},
    {"result",
     "CREATE TABLE result (id INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
     " sha256 TEXT NOT NULL, json TEXT NOT NULL) STRICT",
     "SELECT * FROM result ORDER BY id"},
    {"chunk",
     "CREATE TABLE chunk (id INTEGER PRIMARY KEY,"
     " variable_id INTEGER NOT NULL, first_ns INTEGER NOT NULL,"
     " last_ns INTEGER NOT NULL, count INTEGER NOT NULL,"
     " bytes BLOB NOT NULL) STRICT",
     "SELECT id, variable_id, first_ns, last_ns, count FROM chunk"
     " ORDER BY id"},
};

static const char *const kind_words[] = {
    "unknown", "counter_rate",     "gauge", "ratio",
    "count",   "latency_quantile", "event", "category"};
static const char *const role_words[] = {
    "system", "time_context", "space_context", "time_dummy", "space_dummy"};
static const char *const direction_words[] = {"unknown", "up", "down",
                                              "either"};

static const char *word_of(const char *const *words, size_t count, size_t at)
{
    return words[at < count ? at : 0];
}

static bool index_of(const char *const *words, size_t count, const char *word,
                     size_t *at)
{
    for (*at = 0; *at < count; ++*at)
        if (strcmp(words[*at], word) == 0)
            return true;
    return false;
}

#define COUNT(words) (sizeof(words) / sizeof(words)[0])

const char *caus_recording_kind_word(caus_kind kind)
{
    return word_of(kind_words, COUNT(kind_words), kind);
}

bool caus_recording_kind_from_word(const char *word, caus_kind *kind)
{
    size_t at;
    if (!index_of(kind_words, COUNT(kind_words), word, &at))
        return false;
    *kind = (caus_kind)at;
    return true;
}

const char *caus_recording_role_word(caus_role role)
{
    return word_of(role_words, COUNT(role_words), role);
}

bool caus_recording_role_from_word(const char *word, caus_role *role)
{
    size_t at;
    if (!index_of(role_words, COUNT(role_words), word, &at))
        return false;
    *role = (caus_role)at;
    return true;
}

const char *caus_recording_direction_word(caus_bad_direction direction)
{
    return word_of(direction_words, COUNT(direction_words), direction);
}

bool caus_recording_direction_from_word(const char *word,
                                        caus_bad_direction *direction)
{
    size_t at;
    if (!index_of(direction_words, COUNT(direction_words), word, &at))
        return false;
    *direction = (caus_bad_direction)at;
    return true;
}
