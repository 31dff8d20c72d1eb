/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <yaml.h>

#include "base/base.h"
#include "base/excerpt.h"
#include "config/config.h"

enum { MOST_FILE_BYTES = 1 << 20, DEEPEST = 16, MOST_KEYS = 256 };

typedef struct builder {
    const char *path;
    yaml_document_t *document;
    bool *used; /* by node number: an alias reaches a node a second time */
    caus_arena *out;
} builder;

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

static const char *text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static caus_status fail_memory(const char *path, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to read %s", path);
}

static caus_status check_node(const builder *b, const yaml_node_t *node,
                              int depth, size_t line, caus_error *err)
{
    size_t number = (size_t)(node - b->document->nodes.start);
    if (b->used[number])
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: an alias (*name) repeats line %zu: "
                         "aliases are not read, write the value out",
                         b->path, line, line_of(node));
    b->used[number] = true;
    if (depth > DEEPEST)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s line %zu is nested over %d deep: flatten it",
                         b->path, line_of(node), DEEPEST);
    static const char core[] = "tag:yaml.org,2002:";
    if (node->tag &&
        strncmp((const char *)node->tag, core, sizeof core - 1) != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: the tag '%s' is not read: leave it out",
                         b->path, line_of(node),
                         caus_excerpt_of((const char *)node->tag,
                                         strlen((const char *)node->tag))
                             .text);
    if (node->type == YAML_SCALAR_NODE &&
        (strlen(text_of(node)) != node->data.scalar.length ||
         !caus_utf8_is_valid(text_of(node), node->data.scalar.length)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: a text with a NUL character in it: take "
                         "it out",
                         b->path, line_of(node));
    return CAUS_OK;
}

static caus_status build(const builder *b, const yaml_node_t *node, int depth,
                         size_t line, caus_config_node *made, caus_error *err);

static caus_status build_list(const builder *b, const yaml_node_t *node,
                              int depth, caus_config_node *made,
                              caus_error *err)
{
    made->type = CAUS_CONFIG_LIST;
    const caus_config_node **tail = &made->first;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        caus_config_node *child = CAUS_ARRAY(b->out, caus_config_node, 1);
        if (!child)
            return caus_arena_fail(b->out, err);
        CAUS_TRY(build(b, yaml_document_get_node(b->document, *item), depth + 1,
                       line_of(node), child, err));
        *tail = child;
        tail = &child->next;
        made->count++;
    }
    return CAUS_OK;
}

static caus_status check_key(const builder *b, const yaml_node_t *key,
                             const caus_config_node *map, caus_error *err)
{
    if (key->type != YAML_SCALAR_NODE)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: a key is a list or a map: use a word",
                         b->path, line_of(key));
    const caus_config_node *before = caus_config_get(map, text_of(key));
    if (before)
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_DATA,
            "%s line %zu: the key '%s' stands already on line %zu: keep one",
            b->path, line_of(key),
            caus_excerpt_of(text_of(key), strlen(text_of(key))).text,
            before->line);
    return CAUS_OK;
}

static caus_status build_map(const builder *b, const yaml_node_t *node,
                             int depth, caus_config_node *made, caus_error *err)
{
    made->type = CAUS_CONFIG_MAP;
    if (node->data.mapping.pairs.top - node->data.mapping.pairs.start >
        MOST_KEYS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s line %zu: a map of over %d keys: make it a list",
                         b->path, line_of(node), MOST_KEYS);
    const caus_config_node **tail = &made->first;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(b->document, pair->key);
        CAUS_TRY(check_node(b, key, depth + 1, line_of(node), err));
        CAUS_TRY(check_key(b, key, made, err));
        caus_config_node *child = CAUS_ARRAY(b->out, caus_config_node, 1);
        const char *name = caus_arena_copy(b->out, text_of(key));
        if (!child || !name)
            return caus_arena_fail(b->out, err);
        CAUS_TRY(build(b, yaml_document_get_node(b->document, pair->value),
                       depth + 1, line_of(key), child, err));
        child->key = name;
        child->line = line_of(key);
        *tail = child;
        tail = &child->next;
        made->count++;
    }
    return CAUS_OK;
}

static bool is_null(const yaml_node_t *node)
{
    const char *text = text_of(node);
    return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static caus_status build(const builder *b, const yaml_node_t *node, int depth,
                         size_t line, caus_config_node *made, caus_error *err)
{
    CAUS_TRY(check_node(b, node, depth, line, err));
    *made = (caus_config_node){.line = line_of(node), .text = ""};
    if (node->type == YAML_SEQUENCE_NODE)
        return build_list(b, node, depth, made, err);
    if (node->type == YAML_MAPPING_NODE)
        return build_map(b, node, depth, made, err);
    made->text = caus_arena_copy(b->out, is_null(node) ? "" : text_of(node));
    return made->text ? CAUS_OK : caus_arena_fail(b->out, err);
}

static caus_status fail_parser(const char *path, const yaml_parser_t *parser,
                               caus_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return fail_memory(path, err);
    size_t line =
        parser->error == YAML_READER_ERROR ? 0 : parser->problem_mark.line + 1;
    const char *problem = parser->problem ? parser->problem : "bad YAML";
    if (line == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is no UTF-8 text (%s at byte %zu): save it as "
                         "UTF-8",
                         path, problem, parser->problem_offset);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu: %s: correct the YAML there", path, line,
                     problem);
}

static caus_status build_document(const char *path, yaml_document_t *document,
                                  caus_arena *out, caus_config_node *root,
                                  caus_error *err)
{
    const yaml_node_t *node = yaml_document_get_root_node(document);
    if (!node)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s holds no settings: see caus help config", path);
    size_t count = (size_t)(document->nodes.top - document->nodes.start);
    builder b = {.path = path, .document = document, .out = out};
    b.used = CAUS_ARRAY(out, bool, count);
    if (!b.used)
        return caus_arena_fail(out, err);
    return build(&b, node, 1, 1, root, err);
}

/* Whether nothing but the end follows the document read. */
static caus_status check_end(const char *path, yaml_parser_t *parser,
                             caus_error *err)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document))
        return fail_parser(path, parser, err);
    const yaml_node_t *second = yaml_document_get_root_node(&document);
    size_t line = second ? line_of(second) : 0;
    yaml_document_delete(&document);
    if (line)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: a second document begins: keep one to a "
                         "file",
                         path, line);
    return CAUS_OK;
}

static caus_status parse(const char *path, const char *bytes, size_t length,
                         caus_arena *out, caus_config_node *root,
                         caus_error *err)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser))
        return fail_memory(path, err);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, length);
    caus_status status = CAUS_OK;
    if (!yaml_parser_load(&parser, &document)) {
        status = fail_parser(path, &parser, err);
    } else {
        status = build_document(path, &document, out, root, err);
        yaml_document_delete(&document);
        if (status == CAUS_OK)
            status = check_end(path, &parser, err);
    }
    yaml_parser_delete(&parser);
    return status;
}

caus_status caus_config_read(const char *path, caus_arena *out,
                             caus_config_file *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    const char *bytes = NULL;
    size_t length = 0;
    caus_config_node *root = CAUS_ARRAY(out, caus_config_node, 1);
    caus_status status = root ? CAUS_OK : caus_arena_fail(out, err);
    if (status == CAUS_OK)
        status = caus_config_read_bytes(path, "the file", MOST_FILE_BYTES, out,
                                        &bytes, &length, err);
    if (status == CAUS_OK)
        status = parse(path, bytes, length, out, root, err);
    if (status == CAUS_OK)
        *result = (caus_config_file){path, root};
    else
        caus_arena_rewind(out, mark);
    return status;
}

const caus_config_node *caus_config_get(const caus_config_node *map,
                                        const char *key)
{
    for (const caus_config_node *child = map->first; child; child = child->next)
        if (child->key && strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

caus_status caus_config_check_keys(const caus_config_file *file,
                                   const caus_config_node *node,
                                   const char *const *keys, caus_error *err)
{
    if (node->type != CAUS_CONFIG_MAP)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: a map of keys is expected here, such as "
                         "'%s: …'",
                         file->path, node->line, keys[0]);
    for (const caus_config_node *child = node->first; child;
         child = child->next) {
        const char *nearest = keys[0];
        size_t nearest_distance = SIZE_MAX;
        for (size_t i = 0; keys[i]; i++) {
            size_t distance = caus_edit_distance(child->key, keys[i]);
            if (distance < nearest_distance) {
                nearest_distance = distance;
                nearest = keys[i];
            }
        }
        if (nearest_distance > 0 || strcmp(nearest, child->key) != 0)
            return CAUS_FAIL(
                err, CAUS_ERR_INVALID_DATA,
                "%s line %zu: the key '%s' is not known here; the nearest is "
                "'%s'",
                file->path, child->line,
                caus_excerpt_of(child->key, strlen(child->key)).text, nearest);
    }
    return CAUS_OK;
}

caus_status caus_config_get_text(const caus_config_file *file,
                                 const caus_config_node *map, const char *key,
                                 const char **text, caus_error *err)
{
    const caus_config_node *child = caus_config_get(map, key);
    if (child && child->type != CAUS_CONFIG_TEXT)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: '%s' is a list or a map where one value "
                         "is expected",
                         file->path, child->line, key);
    *text = child && child->text[0] ? child->text : NULL;
    return CAUS_OK;
}
