/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite with our locks on: what is opened, what is believed, what is said. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording_internal.h"
#include "schema.h"

enum { HEADER_BYTES = 100 };

/* ---- sentences ---- */

caus_status caus_database_damaged(const caus_database *database,
                                  const char *what, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s is damaged (%s): take another copy or record again",
                     database->path, what);
}

static caus_status fail_io(const caus_database *database, int error,
                           caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_IO, "cannot read or write %s: %s",
                     database->path, strerror(error));
}

caus_status caus_database_fail(const caus_database *database, int code,
                               caus_error *err)
{
    /* SQLite does not note the errno of every failed commit; nothing ran since
     * its last call. */
    int kept = errno;
    int error = database->handle ? sqlite3_system_errno(database->handle) : 0;
    if (!error)
        error = kept;
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to work on %s",
                         database->path);
    case SQLITE_INTERRUPT:
        if (database->run)
            CAUS_TRY(caus_run_check(database->run, err));
        return CAUS_FAIL(err, CAUS_ERR_CANCELLED, "cancelled");
    case SQLITE_FULL:
        return fail_io(database, ENOSPC, err);
    case SQLITE_TOOBIG:
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "one text for %s is over the limit of %d MiB",
                         database->path, CAUS_RECORDING_CELL_BYTES >> 20);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        /* Without an errno it was a read past the end of the file. */
        if (error || code != SQLITE_IOERR_SHORT_READ)
            return fail_io(database, error ? error : EIO, err);
        break;
    default:
        break;
    }
    return caus_database_damaged(database, sqlite3_errstr(code), err);
}

caus_status caus_database_execute(const caus_database *database,
                                  const char *sql, caus_error *err)
{
    errno = 0;
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? CAUS_OK
                             : caus_database_fail(database, code, err);
}

caus_status caus_database_prepare(const caus_database *database,
                                  const char *sql, sqlite3_stmt **statement,
                                  caus_error *err)
{
    errno = 0;
    int code = sqlite3_prepare_v2(database->handle, sql, -1, statement, NULL);
    return code == SQLITE_OK ? CAUS_OK
                             : caus_database_fail(database, code, err);
}

caus_status caus_database_step(const caus_database *database,
                               sqlite3_stmt *statement, bool *row,
                               caus_error *err)
{
    errno = 0;
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return caus_database_fail(database, code, err);
    *row = code == SQLITE_ROW;
    return CAUS_OK;
}

caus_status caus_database_insert(const caus_database *database,
                                 sqlite3_stmt *statement, caus_error *err)
{
    bool row;
    CAUS_TRY(caus_database_step(database, statement, &row, err));
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return CAUS_OK;
}

/* ---- opening ---- */

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

static caus_status read_header(const char *path, uint8_t header[HEADER_BYTES],
                               int64_t *file_bytes, caus_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return CAUS_FAIL(err,
                         errno == ENOENT || errno == ENOTDIR
                             ? CAUS_ERR_NOT_FOUND
                             : CAUS_ERR_IO,
                         "cannot open %s: %s", path, strerror(errno));
    struct stat info;
    ssize_t got = -1;
    int error = 0;
    bool regular = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    if (regular) {
        got = pread(fd, header, HEADER_BYTES, 0);
        error = errno;
    }
    close(fd);
    if (!regular)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is not an incident file: it is a folder or a "
                         "device",
                         path);
    if (got < 0)
        return CAUS_FAIL(err, CAUS_ERR_IO, "cannot read %s: %s", path,
                         strerror(error));
    if (got == HEADER_BYTES && memcmp(header, "caus gram", 9) == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s holds sums, not rows: search on them with caus "
                         "discover --gram",
                         path);
    if (got < HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is not an incident file: make one with caus "
                         "record, or read it with --csv or --table",
                         path);
    *file_bytes = info.st_size;
    return CAUS_OK;
}

/* The header is read by us before SQLite sees the file, so that a foreign one
 * is told from a damaged one. */
static caus_status check_header(const char *path, caus_error *err)
{
    uint8_t header[HEADER_BYTES] = {0};
    int64_t file_bytes = 0;
    CAUS_TRY(read_header(path, header, &file_bytes, err));
    uint32_t version = get_u32(header + 60);
    if (get_u32(header + 68) != CAUS_RECORDING_ID)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is an SQLite file of another program, not an "
                         "incident file",
                         path);
    if (version > CAUS_RECORDING_SCHEMA)
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "%s has layout %" PRIu32
                         " and this is caus %s, which reads up to %d: use the "
                         "caus that wrote it, or a newer one",
                         path, version, CAUS_VERSION, CAUS_RECORDING_SCHEMA);
    int64_t wanted = (int64_t)get_u32(header + 28) * CAUS_RECORDING_PAGE_BYTES;
    unsigned page_bytes = (unsigned)header[16] << 8 | header[17];
    bool rollback = header[18] == 1 && header[19] == 1;
    if (version != CAUS_RECORDING_SCHEMA || !rollback ||
        page_bytes != CAUS_RECORDING_PAGE_BYTES || wanted != file_bytes)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is damaged (its header asks for %" PRId64
                         " bytes and it has %" PRId64
                         "): take another copy or record again",
                         path, wanted, file_bytes);
    return CAUS_OK;
}

/* file:PATH?immutable=1 with every special byte escaped. */
static caus_status make_uri(const char *path, caus_text *uri, caus_error *err)
{
    caus_text_add(uri, "file:");
    /* Two slashes at the start would name a host. */
    for (; path[0] == '/' && path[1] == '/'; path++)
        continue;
    for (const char *at = path; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (caus_is_alnum(byte) || strchr("/._-~", byte))
            caus_text_add_char(uri, *at);
        else
            caus_text_format(uri, "%%%02X", byte);
    }
    caus_text_add(uri, "?immutable=1");
    if (uri->failed)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to open %s",
                         path);
    return CAUS_OK;
}

/* Nothing but our own statements is to run, whatever the file holds. */
static caus_status harden(const caus_database *database, caus_error *err)
{
    sqlite3 *handle = database->handle;
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, CAUS_RECORDING_CELL_BYTES);
    sqlite3_limit(handle, SQLITE_LIMIT_COLUMN, 64);
    sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 32);
    sqlite3_limit(handle, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
    sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0);
    return caus_database_execute(database,
                                 "PRAGMA cell_size_check = ON;"
                                 "PRAGMA mmap_size = 0;"
                                 "PRAGMA temp_store = MEMORY",
                                 err);
}

static bool is_table(sqlite3_stmt *statement, const caus_table *table)
{
    const char *expected[] = {"table", table->name, table->create};
    for (int i = 0; i < 3; i++) {
        const unsigned char *text = sqlite3_column_text(statement, i);
        if (!text || strcmp((const char *)text, expected[i]) != 0)
            return false;
    }
    return true;
}

static caus_status compare_tables(const caus_database *database,
                                  sqlite3_stmt *statement, caus_error *err)
{
    bool row = false;
    for (size_t i = 0; i < CAUS_TABLES; i++) {
        CAUS_TRY(caus_database_step(database, statement, &row, err));
        if (!row || !is_table(statement, &caus_tables[i]))
            return caus_database_damaged(database, "its tables are not ours",
                                         err);
    }
    CAUS_TRY(caus_database_step(database, statement, &row, err));
    return row ? caus_database_damaged(database, "it has foreign tables", err)
               : CAUS_OK;
}

/* A file is believed only if its schema is ours to the letter. */
static caus_status check_schema(const caus_database *database, caus_error *err)
{
    sqlite3_stmt *statement = NULL;
    caus_status status = caus_database_prepare(
        database, "SELECT type, name, sql FROM sqlite_schema ORDER BY rowid",
        &statement, err);
    if (status == CAUS_OK)
        status = compare_tables(database, statement, err);
    sqlite3_finalize(statement);
    return status;
}

static caus_status read_digest(const caus_database *database,
                               char text[CAUS_HASH_TEXT], caus_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    caus_status status = caus_database_prepare(
        database, "SELECT value FROM meta WHERE key = 'digest'", &statement,
        err);
    if (status == CAUS_OK)
        status = caus_database_step(database, statement, &row, err);
    if (status == CAUS_OK) {
        const unsigned char *found =
            row ? sqlite3_column_text(statement, 0) : NULL;
        (void)snprintf(text, CAUS_HASH_TEXT, "%s",
                       found ? (const char *)found : "none");
    }
    sqlite3_finalize(statement);
    return status;
}

static caus_status check_digest(const caus_database *database, caus_error *err)
{
    char written[CAUS_HASH_TEXT], found[CAUS_HASH_TEXT];
    CAUS_TRY(read_digest(database, written, err));
    CAUS_TRY(caus_database_digest(database, found, err));
    if (strcmp(written, found) != 0)
        return caus_database_damaged(
            database, "what it says does not fit its checksum", err);
    return CAUS_OK;
}

static caus_status open_handle(caus_database *database, const char *name,
                               int flags, caus_error *err)
{
    int code =
        sqlite3_open_v2(name, &database->handle,
                        flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                            SQLITE_OPEN_EXRESCODE,
                        NULL);
    if (code != SQLITE_OK)
        return caus_database_fail(database, code, err);
    return harden(database, err);
}

static caus_status open_checked(caus_database *database, const char *uri,
                                caus_error *err)
{
    CAUS_TRY(open_handle(database, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                         err));
    sqlite3_limit(database->handle, SQLITE_LIMIT_ATTACHED, 0);
    CAUS_TRY(check_schema(database, err));
    return check_digest(database, err);
}

caus_status caus_database_open(caus_database *database, const char *path,
                               caus_error *err)
{
    *database = (caus_database){.path = path};
    CAUS_TRY(check_header(path, err));
    caus_text uri = {0};
    caus_status status = make_uri(path, &uri, err);
    if (status == CAUS_OK)
        status = open_checked(database, uri.bytes, err);
    caus_text_deinit(&uri);
    if (status != CAUS_OK)
        caus_database_close(database);
    return status;
}

void caus_database_close(caus_database *database)
{
    sqlite3_close(database->handle);
    database->handle = NULL;
}

/* ---- writing ---- */

static int stop_statement(void *data)
{
    return caus_run_should_stop(data);
}

/* The journal stays in memory and nothing is synced before the end: until it
 * is renamed, nobody else believes in the file. */
static caus_status prepare_writing(const caus_database *database,
                                   caus_error *err)
{
    if (database->run) {
        /* SQLite hands the pointer back as it got it. */
        union {
            const caus_run *seen;
            void *data;
        } run = {database->run};
        sqlite3_progress_handler(database->handle, 10000, stop_statement,
                                 run.data);
    }
    return caus_database_execute(database,
                                 "PRAGMA journal_mode = MEMORY;"
                                 "PRAGMA synchronous = OFF;"
                                 "PRAGMA locking_mode = EXCLUSIVE",
                                 err);
}

caus_status caus_database_open_temporary(caus_database *database,
                                         const char *temporary,
                                         const char *path, const caus_run *run,
                                         caus_error *err)
{
    *database = (caus_database){.path = path, .run = run};
    caus_status status =
        open_handle(database, temporary, SQLITE_OPEN_READWRITE, err);
    if (status == CAUS_OK)
        status = prepare_writing(database, err);
    if (status != CAUS_OK)
        caus_database_close(database);
    return status;
}

caus_status caus_database_create(caus_database *database, caus_error *err)
{
    char pragmas[200];
    (void)snprintf(pragmas, sizeof pragmas,
                   "PRAGMA page_size = %d; PRAGMA encoding = 'UTF-8';"
                   "PRAGMA auto_vacuum = NONE; PRAGMA application_id = %d;"
                   "PRAGMA user_version = %d",
                   CAUS_RECORDING_PAGE_BYTES, CAUS_RECORDING_ID,
                   CAUS_RECORDING_SCHEMA);
    CAUS_TRY(caus_database_execute(database, pragmas, err));
    CAUS_TRY(caus_database_execute(database, "BEGIN", err));
    for (size_t i = 0; i < CAUS_TABLES; i++)
        CAUS_TRY(caus_database_execute(database, caus_tables[i].create, err));
    return CAUS_OK;
}

static caus_status write_digest(const caus_database *database, caus_error *err)
{
    char digest[CAUS_HASH_TEXT];
    CAUS_TRY(caus_database_digest(database, digest, err));
    sqlite3_stmt *statement = NULL;
    caus_status status = caus_database_prepare(
        database, "INSERT OR REPLACE INTO meta VALUES ('digest', ?)",
        &statement, err);
    if (status == CAUS_OK) {
        int code = sqlite3_bind_text(statement, 1, digest, -1, SQLITE_STATIC);
        status = code == SQLITE_OK
                     ? caus_database_insert(database, statement, err)
                     : caus_database_fail(database, code, err);
    }
    sqlite3_finalize(statement);
    return status;
}

caus_status caus_database_finish(caus_database *database, caus_error *err)
{
    CAUS_TRY(write_digest(database, err));
    CAUS_TRY(caus_database_execute(database, "COMMIT", err));
    return caus_database_execute(database, "VACUUM", err);
}
