/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program_internal.h"

static int write_all(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        text += written;
        length -= (size_t)written;
    }
    return 0;
}

/* The mode a new file would get, or that of the file to be replaced. */
static mode_t mode_of(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0)
        return info.st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int write_and_rename(int file, const char *temporary, const char *path,
                            const char *text, size_t length)
{
    if (write_all(file, text, length) != 0 ||
        fchmod(file, mode_of(path)) != 0 || fsync(file) != 0)
        return -1;
    return rename(temporary, path);
}

caus_status caus_program_write(const char *path, const char *text,
                               size_t length, caus_error *err)
{
    if (!path || strcmp(path, "-") == 0) {
        if (write_all(STDOUT_FILENO, text, length) != 0)
            return CAUS_FAIL(err, CAUS_ERR_IO, "cannot write to stdout: %s",
                             strerror(errno));
        return CAUS_OK;
    }
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        /* A pipe or device such as /dev/stdout cannot be renamed over. */
        int file = open(path, O_WRONLY | O_CLOEXEC);
        int failed = file < 0 ? -1 : write_all(file, text, length);
        int reason = errno;
        if (file >= 0)
            close(file);
        if (failed)
            return CAUS_FAIL(err, CAUS_ERR_IO, "cannot write %s: %s", path,
                             strerror(reason));
        return CAUS_OK;
    }
    size_t size = strlen(path) + sizeof ".XXXXXX";
    char *temporary = malloc(size);
    if (!temporary)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to write %s",
                         path);
    snprintf(temporary, size, "%s.XXXXXX", path);
    int file = mkstemp(temporary);
    int failed =
        file < 0 ? -1 : write_and_rename(file, temporary, path, text, length);
    int reason = errno;
    if (file >= 0) {
        close(file);
        if (failed)
            unlink(temporary);
    }
    free(temporary);
    if (failed)
        return CAUS_FAIL(err, CAUS_ERR_IO,
                         "cannot write %s: %s; nothing was changed", path,
                         strerror(reason));
    return CAUS_OK;
}
