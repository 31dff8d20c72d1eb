/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"

static caus_status fail_system(const char *path, const char *what,
                               const char *verb, caus_error *err)
{
    char reason[128];
    int code = errno;
    return CAUS_FAIL(err, code == ENOENT ? CAUS_ERR_NOT_FOUND : CAUS_ERR_IO,
                     "cannot %s %s %s (%s): check the path and its permissions",
                     verb, what, path, strerror_r(code, reason, sizeof reason));
}

static caus_status read_all(int file, const char *path, const char *what,
                            size_t most_bytes, char *bytes, size_t *length,
                            caus_error *err)
{
    size_t count = 0;
    while (count <= most_bytes) {
        ssize_t got = read(file, bytes + count, most_bytes + 1 - count);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return fail_system(path, what, "read", err);
        count += got > 0 ? (size_t)got : 0;
    }
    if (count > most_bytes)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s %s is over %zu KiB: is it the right file?", what,
                         path, most_bytes >> 10);
    bytes[count] = '\0';
    *length = count;
    return CAUS_OK;
}

caus_status caus_config_read_bytes(const char *path, const char *what,
                                   size_t most_bytes, caus_arena *out,
                                   const char **bytes, size_t *length,
                                   caus_error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_system(path, what, "open", err);
    struct stat info;
    caus_status status = CAUS_OK;
    size_t room = most_bytes;
    if (fstat(file, &info) != 0)
        status = fail_system(path, what, "read", err);
    else if (S_ISDIR(info.st_mode))
        status =
            CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                      "%s %s is a directory: name the file in it", what, path);
    else if (info.st_size > 0 && (size_t)info.st_size < most_bytes)
        room = (size_t)info.st_size;
    char *made = NULL;
    if (status == CAUS_OK) {
        made = caus_arena_array(out, room + 2, 1);
        status = made ? read_all(file, path, what, room, made, length, err)
                      : caus_arena_fail(out, err);
    }
    close(file);
    if (status == CAUS_OK)
        *bytes = made;
    return status;
}
