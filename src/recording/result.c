/* SPDX-License-Identifier: Apache-2.0 */
/* Adds a result: copied, changed, packed, synced, renamed. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording_internal.h"

static caus_status check_json(const char *kind, const char *json, size_t length,
                              caus_error *err)
{
    json_error_t where;
    if (!*kind)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a result needs a kind, for example causal_graph");
    json_t *parsed = json_loadb(json, length, JSON_REJECT_DUPLICATES, &where);
    bool object = json_is_object(parsed);
    json_decref(parsed);
    if (!parsed)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the result of kind %s is not JSON: %s (line %d)",
                         kind, where.text, where.line);
    if (!object)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the result of kind %s is not a JSON object", kind);
    return CAUS_OK;
}

/*
 * Opens the file and holds a lock on it, so that two results added at the same
 * time are both kept. While waiting the name may have got a new file: then
 * that one is locked.
 */
static caus_status lock_file(const char *path, int *locked, caus_error *err)
{
    for (;;) {
        struct stat held, named;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            break;
        int code;
        do
            code = flock(fd, LOCK_EX);
        while (code != 0 && errno == EINTR);
        if (code == 0 && fstat(fd, &held) == 0 && stat(path, &named) == 0) {
            if (held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
                *locked = fd;
                return CAUS_OK;
            }
            close(fd);
            continue;
        }
        int error = errno;
        close(fd);
        errno = error;
        break;
    }
    return CAUS_FAIL(err, errno == ENOENT ? CAUS_ERR_NOT_FOUND : CAUS_ERR_IO,
                     "cannot open %s: %s", path, strerror(errno));
}

static bool write_all(int fd, const char *bytes, size_t count)
{
    while (count) {
        ssize_t wrote = write(fd, bytes, count);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes += wrote;
        count -= (size_t)wrote;
    }
    return true;
}

/* The copy keeps the file's permissions. */
static bool copy_file(int from, int to, char *buffer, size_t capacity)
{
    struct stat info;
    if (fstat(from, &info) != 0 || fchmod(to, info.st_mode & 0777) != 0)
        return false;
    off_t at = 0;
    for (;;) {
        ssize_t got = pread(from, buffer, capacity, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        if (!write_all(to, buffer, (size_t)got))
            return false;
        at += got;
    }
}

static caus_status copy_locked(int from, int to, const char *path,
                               caus_error *err)
{
    enum { BUFFER_BYTES = 256 * 1024 };
    char *buffer = caus_alloc(BUFFER_BYTES);
    if (!buffer)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to copy %s",
                         path);
    bool copied = copy_file(from, to, buffer, BUFFER_BYTES);
    int error = errno;
    free(buffer);
    if (!copied)
        return CAUS_FAIL(err, CAUS_ERR_IO, "cannot copy %s: %s", path,
                         strerror(error));
    return CAUS_OK;
}

typedef struct new_result {
    const char *kind;
    const char *json;
    char sha256[CAUS_HASH_TEXT];
    bool known;
    size_t count; /* results that the file has */
} new_result;

/* Reads the file, which must be whole, cleans the result if the file is clean,
 * and looks whether it is there. */
static caus_status prepare_result(const char *path, new_result *addition,
                                  caus_arena *arena, caus_error *err)
{
    caus_recording_info info;
    CAUS_TRY(caus_recording_read_info(path, arena, &info, err));
    if (info.scrubbed)
        CAUS_TRY(caus_scrub_result(&info, addition->json, arena,
                                   &addition->json, err));
    if (!caus_sha256_text(addition->json, strlen(addition->json),
                          addition->sha256))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to hash");
    addition->count = info.result_count;
    for (size_t i = 0; i < info.result_count; i++)
        if (strcmp(info.results[i].sha256, addition->sha256) == 0)
            addition->known = true;
    if (addition->count >= CAUS_RECORDING_TEXTS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s has %zu results, which is as many as it can hold",
                         path, addition->count);
    return CAUS_OK;
}

static caus_status insert_result(caus_database *database,
                                 const new_result *addition, caus_error *err)
{
    sqlite3_stmt *statement = NULL;
    CAUS_TRY(caus_database_execute(database, "BEGIN", err));
    CAUS_TRY(caus_database_prepare(
        database, "INSERT INTO result VALUES (?, ?, ?, ?)", &statement, err));
    const char *const texts[] = {addition->kind, addition->sha256,
                                 addition->json};
    int code = sqlite3_bind_int64(statement, 1, (int64_t)addition->count);
    for (int i = 0; code == SQLITE_OK && i < 3; i++)
        code = sqlite3_bind_text64(statement, 2 + i, texts[i], strlen(texts[i]),
                                   SQLITE_STATIC, SQLITE_UTF8);
    caus_status status = code == SQLITE_OK
                             ? caus_database_insert(database, statement, err)
                             : caus_database_fail(database, code, err);
    sqlite3_finalize(statement);
    return status == CAUS_OK ? caus_database_finish(database, err) : status;
}

static caus_status insert_into(const char *temporary, const char *path,
                               const new_result *addition, caus_error *err)
{
    caus_database database;
    CAUS_TRY(
        caus_database_open_temporary(&database, temporary, path, NULL, err));
    caus_status status = insert_result(&database, addition, err);
    caus_database_close(&database);
    return status;
}

caus_status caus_recording_put_result(const char *temporary, const char *path,
                                      const caus_recorded_result *result,
                                      caus_error *err)
{
    new_result addition = {.kind = result->kind, .json = result->json};
    CAUS_TRY(check_json(result->kind, result->json, strlen(result->json), err));
    caus_arena *arena = caus_arena_new(0);
    if (!arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to read %s",
                         path);
    caus_status status = prepare_result(temporary, &addition, arena, err);
    if (status == CAUS_OK && !addition.known)
        status = insert_into(temporary, path, &addition, err);
    caus_arena_free(arena);
    return status;
}

static caus_status add_to_copy(int locked, const char *path,
                               const new_result *addition, caus_error *err)
{
    caus_replacement replacement;
    caus_status status = caus_replacement_begin(&replacement, path, err);
    if (status == CAUS_OK)
        status = copy_locked(locked, replacement.fd, path, err);
    if (status == CAUS_OK)
        status = insert_into(replacement.temporary, path, addition, err);
    if (status == CAUS_OK)
        status = caus_replacement_commit(&replacement, err);
    caus_replacement_deinit(&replacement);
    return status;
}

caus_status caus_recording_add_result(const char *path, const char *kind,
                                      const char *json, caus_error *err)
{
    new_result addition = {.kind = kind, .json = json};
    CAUS_TRY(check_json(kind, json, strlen(json), err));
    caus_arena *arena = caus_arena_new(0);
    if (!arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to read %s",
                         path);
    int locked = -1;
    caus_status status = lock_file(path, &locked, err);
    if (status == CAUS_OK)
        status = prepare_result(path, &addition, arena, err);
    if (status == CAUS_OK && !addition.known)
        status = add_to_copy(locked, path, &addition, err);
    if (locked >= 0)
        close(locked);
    caus_arena_free(arena);
    return status;
}
