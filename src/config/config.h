/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML files as small checked trees. What keys mean is their owner's business;
 * that a file is one document of plain maps, lists and texts is checked here.
 */
#ifndef CAUS_SRC_CONFIG_CONFIG_H
#define CAUS_SRC_CONFIG_CONFIG_H

#include "caus/config.h"

typedef enum caus_config_type {
    CAUS_CONFIG_TEXT, /* numbers and true, false, null as well */
    CAUS_CONFIG_LIST,
    CAUS_CONFIG_MAP
} caus_config_type;

/* A node; children of a map and items of a list form a chain. */
typedef struct caus_config_node {
    caus_config_type type;
    size_t line;      /* from 1 */
    const char *key;  /* in a map; NULL in a list and at the root */
    const char *text; /* "" for maps and lists */
    size_t count;     /* children */
    const struct caus_config_node *first;
    const struct caus_config_node *next;
} caus_config_node;

/* A file of nodes and its name for sentences. */
typedef struct caus_config_file {
    const char *path;
    const caus_config_node *root;
} caus_config_file;

/*
 * Reads a secret that stands alone in a file: one line, not empty, of at most
 * 64 KiB, without control characters.
 *
 *   what    the file's name in sentences, such as "the secret file"
 *   result  lives in `out`
 *
 * Fails as caus_secret_read(). No message holds the secret.
 */
caus_status caus_secret_read_file(const char *path, const char *what,
                                  caus_arena *out, const char **result,
                                  caus_error *err);

/*
 * Reads a YAML file of at most 1 MiB, nested at most 16 deep. Aliases, tags of
 * other languages, second documents, keys that stand twice in a map and keys
 * that are no text are refused.
 *
 *   result  lives in `out`, `path` is a view
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, …_INVALID_DATA (line named), …_LIMIT,
 * …_OUT_OF_MEMORY.
 */
caus_status caus_config_read(const char *path, caus_arena *out,
                             caus_config_file *result, caus_error *err);

/* The child of a map, or NULL. */
const caus_config_node *caus_config_get(const caus_config_node *map,
                                        const char *key);

/*
 * Fails with CAUS_ERR_INVALID_DATA when a map has a key that is not among
 * `keys` (a list that ends in NULL), naming the nearest of them; also when
 * `node` is no map.
 */
caus_status caus_config_check_keys(const caus_config_file *file,
                                   const caus_config_node *node,
                                   const char *const *keys, caus_error *err);

/*
 * The text of a child of a map; NULL when there is none or it is empty. Fails
 * when it is a map or a list.
 */
caus_status caus_config_get_text(const caus_config_file *file,
                                 const caus_config_node *map, const char *key,
                                 const char **text, caus_error *err);

/*
 * The whole content of a small file, NUL-terminated, in `out`.
 *
 *   what  names the file in sentences, for example "the secret file"
 */
caus_status caus_config_read_bytes(const char *path, const char *what,
                                   size_t most_bytes, caus_arena *out,
                                   const char **bytes, size_t *length,
                                   caus_error *err);

#endif
