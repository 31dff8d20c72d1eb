/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the incident file: the chunk codec, the scrubber, the database and
 * the file that replaces another in one step.
 */
#ifndef CAUS_SRC_RECORDING_RECORDING_INTERNAL_H
#define CAUS_SRC_RECORDING_RECORDING_INTERNAL_H

#include <sqlite3.h>

#include "base/base.h"
#include "caus/recording.h"

/* ---- limits of what is believed of a file ---- */

enum {
    CAUS_CHUNK_SAMPLES = 4096,
    CAUS_RECORDING_VARIABLES = 100000,
    CAUS_RECORDING_LABELS = 1000,  /* of one variable */
    CAUS_RECORDING_TEXTS = 100000, /* queries, warnings or results */
    CAUS_RECORDING_CELL_BYTES = 256 << 20,
    CAUS_HASH_TEXT = 65 /* SHA-256 in hex and a NUL */
};

/* ---- chunks ---- */

/* Some consecutive samples of one track. */
typedef struct caus_chunk {
    size_t count; /* 1 … CAUS_CHUNK_SAMPLES */
    const int64_t *time_ns;
    const double *value;
    const double *support; /* NULL = not known */
} caus_chunk;

/* What a chunk says about itself before it is unpacked. */
typedef struct caus_chunk_head {
    size_t count;
    bool has_support;
} caus_chunk_head;

/* Buffers and compression state of one thread. */
typedef struct caus_chunk_codec caus_chunk_codec;

caus_chunk_codec *caus_chunk_codec_new(void);
void caus_chunk_codec_free(caus_chunk_codec *codec);

/*
 * Packs samples. Every bit comes back but the payload of NaNs.
 *
 *   key    number of the chunk in its file, part of its checksum
 *   bytes  a view into the codec, valid until its next use
 */
caus_status caus_chunk_encode(caus_chunk_codec *codec, const caus_chunk *chunk,
                              uint64_t key, const uint8_t **bytes,
                              size_t *length, caus_error *err);

/* Fails with CAUS_ERR_INVALID_DATA. */
caus_status caus_chunk_read_head(const uint8_t *bytes, size_t length,
                                 caus_chunk_head *head, caus_error *err);

/*
 * Unpacks head.count samples into arrays of the caller; `support` is not
 * touched when the chunk has none. Fails with CAUS_ERR_INVALID_DATA; then the
 * arrays hold anything.
 */
caus_status caus_chunk_decode(caus_chunk_codec *codec, const uint8_t *bytes,
                              size_t length, uint64_t key, int64_t *time_ns,
                              double *value, double *support, caus_error *err);

/* ---- secrets ---- */

typedef enum caus_secret_kind {
    CAUS_SECRET_EMAIL,
    CAUS_SECRET_TOKEN,
    CAUS_SECRET_CREDENTIALS, /* user and password of a URL */
    CAUS_SECRET_IP,
    CAUS_SECRET_MAC,
    CAUS_SECRET_KINDS
} caus_secret_kind;

typedef struct caus_secret {
    caus_secret_kind kind;
    size_t start, length;
} caus_secret;

/* A text with an end, so that matchers need no NUL. */
typedef struct caus_span {
    const char *bytes;
    size_t length;
} caus_span;

/* The first secret at or after `from`; false if there is none. */
bool caus_secret_find(caus_span text, size_t from, caus_secret *found);

/* Whether a value under this name (a label, a key) is secret by itself. */
bool caus_secret_is_key(caus_span name);

/* Whether a random token starts here: UUID, hex, base64 or a known prefix. */
bool caus_secret_match_token(caus_span text, size_t at, caus_secret *found);

static inline unsigned char caus_span_at(caus_span text, size_t at)
{
    return at < text.length ? (unsigned char)text.bytes[at] : 0;
}

/* 0 before the first byte. */
static inline unsigned char caus_span_before(caus_span text, size_t at)
{
    return at ? (unsigned char)text.bytes[at - 1] : 0;
}

static inline bool caus_is_digit(unsigned char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool caus_is_upper(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static inline bool caus_is_lower(unsigned char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static inline bool caus_is_alnum(unsigned char byte)
{
    return caus_is_digit(byte) || caus_is_upper(byte) || caus_is_lower(byte);
}

static inline bool caus_is_hex(unsigned char byte)
{
    return caus_is_digit(byte) || (byte >= 'a' && byte <= 'f') ||
           (byte >= 'A' && byte <= 'F');
}

/* ---- the scrubber ---- */

/* Puts "<email-1>" for a secret; equal secrets get equal placeholders. */
typedef struct caus_scrub caus_scrub;

caus_scrub *caus_scrub_new(void);
void caus_scrub_free(caus_scrub *scrub);

/*
 * Keeps the placeholders that a text already holds from being given away, so
 * that different texts stay different. To be called for every text first.
 */
void caus_scrub_reserve(caus_scrub *scrub, const char *text);
void caus_scrub_reserve_variable(caus_scrub *scrub,
                                 const caus_variable *variable);

/* A clean copy in `out`. Fails with CAUS_ERR_OUT_OF_MEMORY, …_LIMIT. */
caus_status caus_scrub_text(caus_scrub *scrub, const char *text,
                            caus_arena *out, const char **result,
                            caus_error *err);

/* Likewise for the value of a label, which its name may make a secret. */
caus_status caus_scrub_label(caus_scrub *scrub, const caus_label *label,
                             caus_arena *out, const char **result,
                             caus_error *err);

/* Clean copies of all texts of a recording; samples are shared. */
caus_status caus_scrub_fetch(const caus_fetch *fetch, const char *hint,
                             caus_arena *out, caus_fetch *clean,
                             const char **clean_hint, caus_error *err);

/*
 * A clean copy of a result of a clean recording. Every string and key is gone
 * over but those under a key that ends in sha256; a text without secrets keeps
 * its bytes, and the same result gives the same copy.
 */
caus_status caus_scrub_result(const caus_recording_info *info, const char *json,
                              caus_arena *out, const char **clean,
                              caus_error *err);

/* ---- a file that replaces another in one step ---- */

typedef struct caus_replacement {
    char *target;
    char *temporary; /* exists while not NULL */
    int fd;          /* of the temporary file */
} caus_replacement;

/*
 * Creates a temporary file, readable by its owner alone, in the folder of
 * `path`. Fails with CAUS_ERR_IO. To be given to caus_replacement_deinit() in
 * every case.
 */
caus_status caus_replacement_begin(caus_replacement *replacement,
                                   const char *path, caus_error *err);
/* Syncs the file, renames it over the target, syncs the folder. */
caus_status caus_replacement_commit(caus_replacement *replacement,
                                    caus_error *err);
/* Removes the temporary file unless it was committed. */
void caus_replacement_deinit(caus_replacement *replacement);

/* ---- the database ---- */

typedef struct caus_database {
    sqlite3 *handle;
    const char *path;    /* as the user knows it, for sentences */
    const caus_run *run; /* stops long statements; may be NULL */
} caus_database;

/* Opens an incident file for reading; checks header, layout and digest. */
caus_status caus_database_open(caus_database *database, const char *path,
                               caus_error *err);
/* Opens a file that only we know of for writing. */
caus_status caus_database_open_temporary(caus_database *database,
                                         const char *temporary,
                                         const char *path, const caus_run *run,
                                         caus_error *err);
void caus_database_close(caus_database *database);
/* Makes the tables of the layout in an empty file. */
caus_status caus_database_create(caus_database *database, caus_error *err);
/* Writes the digest, commits and packs the file. */
caus_status caus_database_finish(caus_database *database, caus_error *err);
/* SHA-256 of every cell but the packed samples; text [CAUS_HASH_TEXT]. */
caus_status caus_database_digest(const caus_database *database,
                                 char text[CAUS_HASH_TEXT], caus_error *err);

/* The sentence for a result code of SQLite. */
caus_status caus_database_fail(const caus_database *database, int code,
                               caus_error *err);
/* The sentence for a file whose content cannot be true. */
caus_status caus_database_damaged(const caus_database *database,
                                  const char *what, caus_error *err);
caus_status caus_database_execute(const caus_database *database,
                                  const char *sql, caus_error *err);
caus_status caus_database_prepare(const caus_database *database,
                                  const char *sql, sqlite3_stmt **statement,
                                  caus_error *err);
/* Steps to the next row; *row tells whether there is one. */
caus_status caus_database_step(const caus_database *database,
                               sqlite3_stmt *statement, bool *row,
                               caus_error *err);
/* Runs a statement that returns nothing and makes it ready again. */
caus_status caus_database_insert(const caus_database *database,
                                 sqlite3_stmt *statement, caus_error *err);

/* SHA-256 in lower-case hex; false only when memory is out. */
bool caus_sha256_text(const char *bytes, size_t length,
                      char text[CAUS_HASH_TEXT]);

/* ---- words of the layout ---- */

const char *caus_recording_kind_word(caus_kind kind);
bool caus_recording_kind_from_word(const char *word, caus_kind *kind);
const char *caus_recording_role_word(caus_role role);
bool caus_recording_role_from_word(const char *word, caus_role *role);
const char *caus_recording_direction_word(caus_bad_direction direction);
bool caus_recording_direction_from_word(const char *word,
                                        caus_bad_direction *direction);

/* Puts a result into a file that only we know of, as
 * caus_recording_add_result(). `path` is what the user knows. */
caus_status caus_recording_put_result(const char *temporary, const char *path,
                                      const caus_recorded_result *result,
                                      caus_error *err);

#endif
