/* SPDX-License-Identifier: Apache-2.0 */
/* Where settings come from that must not stand on a command line. */
#ifndef CAUS_CONFIG_H
#define CAUS_CONFIG_H

#include "base.h"

CAUS_API_BEGIN

/*
 * Reads a secret from an environment variable, or from the file that a second
 * variable names; secrets are never taken from the command line.
 *
 *   env_name       for example "CAUS_PROMETHEUS_TOKEN"
 *   file_env_name  for example "CAUS_PROMETHEUS_TOKEN_FILE"; may be NULL
 *   result         the secret without one final newline, in `out`; NULL when
 *                  neither variable is set (an empty one counts as not set)
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (both variables are set),
 * CAUS_ERR_NOT_FOUND or CAUS_ERR_IO (the file), CAUS_ERR_INVALID_DATA (an empty
 * file, a control character in the secret), CAUS_ERR_LIMIT (over 64 KiB). No
 * message holds the secret.
 */
caus_status caus_secret_read(const char *env_name, const char *file_env_name,
                             caus_arena *out, const char **result,
                             caus_error *err);

CAUS_API_END
#endif
