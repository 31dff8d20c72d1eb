/* SPDX-License-Identifier: Apache-2.0 */
/* A file that takes another's place in one step, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording_internal.h"

static caus_status no_memory(caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for the name of a temporary file");
}

/* Follows a link to the file it names, so that the file is replaced and not
 * the link. Refuses what a rename would destroy. */
static caus_status find_target(const char *path, char **target, caus_error *err)
{
    struct stat info;
    if (!*path)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the name of the incident file is empty");
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode))
        return CAUS_FAIL(err, CAUS_ERR_IO,
                         "%s is a folder: give the name of a file in it", path);
    if (exists && !S_ISREG(info.st_mode))
        return CAUS_FAIL(err, CAUS_ERR_IO,
                         "%s is not a regular file and will not be replaced",
                         path);
    char resolved[PATH_MAX];
    const char *found = exists ? realpath(path, resolved) : NULL;
    if (!found)
        found = path;
    size_t length = strlen(found);
    *target = caus_alloc(length + 1);
    if (!*target)
        return no_memory(err);
    memcpy(*target, found, length);
    return CAUS_OK;
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Short, so that no name that fits for the target makes it too long. */
static caus_status create(caus_replacement *replacement, const char *path,
                          caus_error *err)
{
    enum { TRIES = 16, NAME_BYTES = 64 };
    size_t folder = folder_length(replacement->target);
    char *name = caus_alloc(folder + NAME_BYTES);
    if (!name)
        return no_memory(err);
    memcpy(name, replacement->target, folder);
    for (int i = 0; i < TRIES; i++) {
        uint64_t number = 0;
        if (getrandom(&number, sizeof number, 0) != sizeof number)
            number = (uint64_t)caus_clock_monotonic_ns();
        (void)snprintf(name + folder, NAME_BYTES, ".caus-%016" PRIx64 ".tmp",
                       number);
        replacement->fd =
            open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (replacement->fd >= 0) {
            replacement->temporary = name;
            return CAUS_OK;
        }
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    caus_status status = CAUS_FAIL(err, CAUS_ERR_IO, "cannot write %s: %s",
                                   path, strerror(errno));
    free(name);
    return status;
}

caus_status caus_replacement_begin(caus_replacement *replacement,
                                   const char *path, caus_error *err)
{
    *replacement = (caus_replacement){.fd = -1};
    CAUS_TRY(find_target(path, &replacement->target, err));
    return create(replacement, path, err);
}

/* Some file systems cannot sync a folder and say so with EINVAL. */
static int sync_folder(const char *path)
{
    char folder[PATH_MAX] = ".";
    size_t length = folder_length(path);
    if (length >= sizeof folder)
        return ENAMETOOLONG;
    if (length) {
        memcpy(folder, path, length);
        folder[length] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno;
    int failed = fsync(fd) != 0 && errno != EINVAL ? errno : 0;
    close(fd);
    return failed;
}

caus_status caus_replacement_commit(caus_replacement *replacement,
                                    caus_error *err)
{
    if (fsync(replacement->fd) != 0 ||
        rename(replacement->temporary, replacement->target) != 0)
        return CAUS_FAIL(err, CAUS_ERR_IO, "cannot write %s: %s",
                         replacement->target, strerror(errno));
    free(replacement->temporary);
    replacement->temporary = NULL;
    int failed = sync_folder(replacement->target);
    if (failed)
        return CAUS_FAIL(err, CAUS_ERR_IO,
                         "%s is written, but its folder cannot be synced: %s",
                         replacement->target, strerror(failed));
    return CAUS_OK;
}

void caus_replacement_deinit(caus_replacement *replacement)
{
    if (replacement->temporary)
        unlink(replacement->temporary);
    if (replacement->fd >= 0)
        close(replacement->fd);
    free(replacement->temporary);
    free(replacement->target);
    *replacement = (caus_replacement){.fd = -1};
}
