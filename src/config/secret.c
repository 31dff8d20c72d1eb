/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/excerpt.h"
#include "config/config.h"

enum { MOST_SECRET_BYTES = 64 * 1024 };

/* The value of a variable that is set and not empty, or NULL. */
static const char *setting(const char *name)
{
    const char *value = name ? getenv(name) : NULL;
    return value && *value ? value : NULL;
}

static caus_status copy_secret(const char *origin, const char *bytes,
                               size_t length, caus_arena *out,
                               const char **result, caus_error *err)
{
    if (length && bytes[length - 1] == '\n')
        length--;
    if (length && bytes[length - 1] == '\r')
        length--;
    if (length == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s holds no secret: write it there, or unset the "
                         "variable",
                         origin);
    /* A line break would let a secret add headers of its own. */
    if (caus_text_has_control(bytes, length))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "the value of %s has a line break or another control "
                         "character in it: write it on one line",
                         origin);
    const char *copy = caus_arena_copy_text(out, bytes, length);
    if (!copy)
        return caus_arena_fail(out, err);
    *result = copy;
    return CAUS_OK;
}

caus_status caus_secret_read_file(const char *path, const char *what,
                                  caus_arena *out, const char **result,
                                  caus_error *err)
{
    const char *bytes = NULL;
    size_t length = 0;
    CAUS_TRY(caus_config_read_bytes(path, what, MOST_SECRET_BYTES, out, &bytes,
                                    &length, err));
    return copy_secret(path, bytes, length, out, result, err);
}

static caus_status read_file(const char *file_env_name, const char *path,
                             caus_arena *out, const char **result,
                             caus_error *err)
{
    char *what = caus_arena_format(out, "the file of %s,", file_env_name);
    if (!what)
        return caus_arena_fail(out, err);
    return caus_secret_read_file(path, what, out, result, err);
}

caus_status caus_secret_read(const char *env_name, const char *file_env_name,
                             caus_arena *out, const char **result,
                             caus_error *err)
{
    const char *value = setting(env_name);
    const char *path = setting(file_env_name);
    if (value && path)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "both %s and %s are set: unset one", env_name,
                         file_env_name);
    if (!value && !path) {
        *result = NULL;
        return CAUS_OK;
    }
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status =
        value ? copy_secret(env_name, value, strlen(value), out, result, err)
              : read_file(file_env_name, path, out, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
