/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a gram: a magic word, fields in little-endian order, texts with
 * their length before them, all sums in as few bytes each as the largest
 * needs, and a SHA-256 of everything before it.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "series/gram.h"
#include "series/series_internal.h"

enum { DIGEST_BYTES = 32, FORMAT = 1, MOST_TEXT = 1 << 20 };
static const char magic[16] = "caus gram\r\n\x1a\n";

/* ---- writing ---- */

static void put(caus_text *text, uint64_t value, size_t bytes)
{
    for (size_t k = 0; k < bytes; k++)
        caus_text_add_char(text, (char)(unsigned char)(value >> (8 * k)));
}

static void put_text(caus_text *text, const char *value)
{
    size_t length = strlen(value);
    put(text, length, 4);
    caus_text_add_bytes(text, value, length);
}

static void put_double(caus_text *text, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(text, bits, 8);
}

static void put_wide(caus_text *text, const caus_wide *value, size_t bytes)
{
    char out[8 * CAUS_WIDE_WORDS];
    for (size_t k = 0; k < bytes; k++)
        out[k] = (char)(unsigned char)(value->word[k / 8] >> (8 * (k % 8)));
    caus_text_add_bytes(text, out, bytes);
}

static void put_variable(caus_text *text, const caus_variable *variable)
{
    put_text(text, variable->name);
    put_text(text, variable->service);
    put_text(text, variable->unit);
    put_text(text, variable->source);
    put_text(text, variable->query);
    put(text, variable->kind, 1);
    put(text, variable->value_type, 1);
    put(text, variable->role, 1);
    put(text, variable->bad_direction, 1);
    put_double(text, variable->scrape_interval_s);
    put_double(text, variable->scrape_offset_s);
    put_double(text, variable->rate_window_s);
}

static void put_source(caus_text *text, const caus_gram_source *source)
{
    put_text(text, source->dataset);
    put_text(text, source->inputs_sha256);
    put(text, (uint64_t)source->start_ns, 8);
    put(text, (uint64_t)source->end_ns, 8);
    put(text, source->rows, 8);
}

static size_t product_count(const caus_gram *gram)
{
    return gram->node_count * (gram->node_count + 1) / 2;
}

/* Bytes that hold every sum with its sign. */
static size_t bytes_needed(const caus_gram *gram)
{
    unsigned most = 0;
    for (size_t k = 0; k < gram->node_count; k++)
        if (caus_wide_bits(&gram->sums[k]) > most)
            most = caus_wide_bits(&gram->sums[k]);
    for (size_t k = 0; k < product_count(gram); k++)
        if (caus_wide_bits(&gram->products[k]) > most)
            most = caus_wide_bits(&gram->products[k]);
    return most / 8 + 1;
}

static void put_gram(caus_text *text, const caus_gram *gram)
{
    caus_text_add_bytes(text, magic, sizeof magic);
    put(text, FORMAT, 4);
    put(text, gram->variable_count, 4);
    put(text, gram->max_lag, 4);
    put(text, gram->source_count, 4);
    put(text, (uint64_t)gram->step_ns, 8);
    put(text, gram->row_count, 8);
    put(text, gram->rows_read, 8);
    put(text, gram->rows_in_gap, 8);
    for (size_t v = 0; v < gram->variable_count; v++)
        put_variable(text, &gram->variables[v]);
    for (size_t s = 0; s < gram->source_count; s++)
        put_source(text, &gram->sources[s]);
    for (size_t v = 0; v < gram->variable_count; v++)
        put(text, (uint32_t)gram->quantum[v], 4);
    size_t bytes = bytes_needed(gram);
    put(text, bytes, 1);
    for (size_t k = 0; k < gram->node_count; k++)
        put_wide(text, &gram->sums[k], bytes);
    for (size_t k = 0; k < product_count(gram); k++)
        put_wide(text, &gram->products[k], bytes);
}

static bool digest(const char *bytes, size_t length,
                   unsigned char result[DIGEST_BYTES])
{
    return EVP_Digest(bytes, length, result, NULL, EVP_sha256(), NULL) == 1;
}

caus_status caus_gram_encode(const caus_gram *gram, caus_arena *out,
                             const char **bytes, size_t *length,
                             caus_error *err)
{
    caus_text text = {0};
    unsigned char sum[DIGEST_BYTES];
    put_gram(&text, gram);
    if (!text.failed && !digest(text.bytes, text.length, sum))
        text.failed = true;
    if (!text.failed)
        caus_text_add_bytes(&text, (const char *)sum, sizeof sum);
    return caus_text_finish(&text, out, bytes, length, err);
}

void caus_gram_hash(const caus_gram *gram, char result[65])
{
    caus_text text = {0};
    unsigned char sum[DIGEST_BYTES];
    result[0] = '\0';
    put_gram(&text, gram);
    if (!text.failed && digest(text.bytes, text.length, sum))
        for (size_t k = 0; k < DIGEST_BYTES; k++)
            snprintf(result + 2 * k, 3, "%02x", sum[k]);
    caus_text_deinit(&text);
}

/* ---- reading ---- */

typedef struct reader {
    const unsigned char *bytes;
    size_t length;
    size_t at;
    bool failed; /* read beyond the end; everything after is 0 */
    const char *from;
    caus_arena *out;
} reader;

static const unsigned char *take(reader *r, size_t count)
{
    if (r->failed || count > r->length - r->at) {
        r->failed = true;
        return NULL;
    }
    const unsigned char *bytes = r->bytes + r->at;
    r->at += count;
    return bytes;
}

static uint64_t get(reader *r, size_t count)
{
    const unsigned char *bytes = take(r, count);
    uint64_t value = 0;
    for (size_t k = 0; bytes && k < count; k++)
        value |= (uint64_t)bytes[k] << (8 * k);
    return value;
}

static double get_double(reader *r)
{
    uint64_t bits = get(r, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static caus_status broken(const reader *r, const char *what, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s is no sound gram: %s; build it again", r->from, what);
}

static caus_status get_text(reader *r, const char **result, caus_error *err)
{
    uint64_t length = get(r, 4);
    const unsigned char *bytes =
        length <= MOST_TEXT ? take(r, (size_t)length) : NULL;
    if (!bytes || memchr(bytes, '\0', (size_t)length))
        return broken(r, "a text is cut short or holds a zero byte", err);
    *result = caus_arena_copy_text(r->out, (const char *)bytes, (size_t)length);
    return *result ? CAUS_OK : caus_arena_fail(r->out, err);
}

static caus_status get_variable(reader *r, caus_variable *variable,
                                caus_error *err)
{
    *variable = caus_variable_default();
    CAUS_TRY(get_text(r, &variable->name, err));
    CAUS_TRY(get_text(r, &variable->service, err));
    CAUS_TRY(get_text(r, &variable->unit, err));
    CAUS_TRY(get_text(r, &variable->source, err));
    CAUS_TRY(get_text(r, &variable->query, err));
    uint64_t kind = get(r, 1), type = get(r, 1);
    uint64_t role = get(r, 1), bad = get(r, 1);
    if (kind > CAUS_KIND_CATEGORY || type > CAUS_VALUE_DISCRETE ||
        role > CAUS_ROLE_SPACE_DUMMY || bad > CAUS_BAD_EITHER)
        return broken(r, "a variable is of an unknown kind", err);
    variable->kind = (caus_kind)kind;
    variable->value_type = (caus_value_type)type;
    variable->role = (caus_role)role;
    variable->bad_direction = (caus_bad_direction)bad;
    variable->scrape_interval_s = get_double(r);
    variable->scrape_offset_s = get_double(r);
    variable->rate_window_s = get_double(r);
    return CAUS_OK;
}

static caus_status get_variables(reader *r, caus_gram *gram, caus_error *err)
{
    caus_variable *variables =
        CAUS_ARRAY(r->out, caus_variable, gram->variable_count);
    if (!variables)
        return caus_arena_fail(r->out, err);
    for (size_t v = 0; v < gram->variable_count; v++) {
        CAUS_TRY(get_variable(r, &variables[v], err));
        if (!*variables[v].name ||
            (v && strcmp(variables[v - 1].name, variables[v].name) >= 0))
            return broken(r,
                          "its variables are not in the order of their "
                          "names",
                          err);
    }
    gram->variables = variables;
    return CAUS_OK;
}

static caus_status get_sources(reader *r, caus_gram *gram, caus_error *err)
{
    caus_gram_source *sources =
        CAUS_ARRAY(r->out, caus_gram_source, gram->source_count);
    if (!sources)
        return caus_arena_fail(r->out, err);
    for (size_t s = 0; s < gram->source_count; s++) {
        const char *hash;
        CAUS_TRY(get_text(r, &sources[s].dataset, err));
        CAUS_TRY(get_text(r, &hash, err));
        size_t length = strlen(hash);
        if (length != 64 || strspn(hash, "0123456789abcdef") != length)
            return broken(r, "the hash of its input is malformed", err);
        memcpy(sources[s].inputs_sha256, hash, length + 1);
        sources[s].start_ns = (int64_t)get(r, 8);
        sources[s].end_ns = (int64_t)get(r, 8);
        sources[s].rows = get(r, 8);
    }
    gram->sources = sources;
    return CAUS_OK;
}

static caus_status get_quanta(reader *r, caus_gram *gram, caus_error *err)
{
    enum { LEAST = -1200, MOST = 1100 };
    int32_t *quantum = CAUS_ARRAY(r->out, int32_t, gram->variable_count);
    if (!quantum)
        return caus_arena_fail(r->out, err);
    for (size_t v = 0; v < gram->variable_count; v++) {
        quantum[v] = (int32_t)(uint32_t)get(r, 4);
        if (quantum[v] != CAUS_QUANTUM_NONE &&
            (quantum[v] < LEAST || quantum[v] > MOST))
            return broken(r, "a unit is out of range", err);
    }
    gram->quantum = quantum;
    return CAUS_OK;
}

static void get_wides(reader *r, caus_wide *wides, size_t count, size_t bytes)
{
    for (size_t k = 0; k < count; k++) {
        const unsigned char *in = take(r, bytes);
        if (!in)
            return;
        bool negative = in[bytes - 1] >> 7;
        for (size_t w = 0; w < CAUS_WIDE_WORDS; w++)
            wides[k].word[w] = negative ? UINT64_MAX : 0;
        for (size_t b = 0; b < bytes; b++) {
            wides[k].word[b / 8] &= ~((uint64_t)0xff << (8 * (b % 8)));
            wides[k].word[b / 8] |= (uint64_t)in[b] << (8 * (b % 8));
        }
    }
}

/* Whether a sum of squares can be one, and the sums fit. */
static bool is_sound(const caus_gram *gram, size_t node)
{
    size_t place = caus_gram_place(gram->node_count, node, node);
    bool unused =
        gram->quantum[node % gram->variable_count] == CAUS_QUANTUM_NONE;
    if (caus_wide_bits(&gram->sums[node]) > CAUS_SUM_BITS ||
        caus_wide_bits(&gram->products[place]) > CAUS_PRODUCT_BITS ||
        (unused && !caus_wide_is_zero(&gram->products[place])))
        return false;
    caus_wide centred = caus_gram_centred(gram, node, node);
    return !caus_wide_is_negative(&centred);
}

static caus_status get_sums(reader *r, caus_gram *gram, caus_error *err)
{
    enum { MOST_BYTES = CAUS_PRODUCT_BITS / 8 + 1 };
    size_t bytes = (size_t)get(r, 1), count = product_count(gram);
    if (r->failed || !bytes || bytes > MOST_BYTES ||
        (r->length - r->at) / bytes < gram->node_count + count)
        return broken(r, "it is shorter than its sums", err);
    caus_wide *sums = CAUS_ARRAY(r->out, caus_wide, gram->node_count);
    caus_wide *products = CAUS_ARRAY(r->out, caus_wide, count);
    if (!sums || !products)
        return caus_arena_fail(r->out, err);
    get_wides(r, sums, gram->node_count, bytes);
    get_wides(r, products, count, bytes);
    gram->sums = sums;
    gram->products = products;
    for (size_t k = 0; k < count; k++)
        if (caus_wide_bits(&products[k]) > CAUS_PRODUCT_BITS)
            return broken(r, "a sum is too large", err);
    for (size_t node = 0; node < gram->node_count; node++)
        if (!is_sound(gram, node))
            return broken(r, "its numbers are no sums of squares", err);
    return CAUS_OK;
}

static caus_status get_head(reader *r, caus_gram *gram, caus_error *err)
{
    enum { MOST_NODES = 1 << 16 };
    gram->variable_count = (size_t)get(r, 4);
    gram->max_lag = (size_t)get(r, 4);
    gram->source_count = (size_t)get(r, 4);
    gram->step_ns = (int64_t)get(r, 8);
    gram->row_count = get(r, 8);
    gram->rows_read = get(r, 8);
    gram->rows_in_gap = get(r, 8);
    gram->reach = 2 * gram->max_lag;
    size_t left = r->length - r->at;
    if (r->failed || !gram->variable_count || gram->variable_count > left ||
        gram->source_count > left || gram->max_lag > MOST_NODES ||
        gram->variable_count > MOST_NODES / (gram->reach + 1) ||
        gram->row_count > caus_gram_most_rows || !gram->row_count ||
        gram->step_ns < 0)
        return broken(r, "its counts are impossible", err);
    gram->node_count = gram->variable_count * (gram->reach + 1);
    return CAUS_OK;
}

static caus_status get_gram(reader *r, caus_gram *gram, caus_error *err)
{
    CAUS_TRY(get_head(r, gram, err));
    CAUS_TRY(get_variables(r, gram, err));
    CAUS_TRY(get_sources(r, gram, err));
    CAUS_TRY(get_quanta(r, gram, err));
    CAUS_TRY(get_sums(r, gram, err));
    if (r->failed || r->at != r->length)
        return broken(r, "it is too short or too long", err);
    return CAUS_OK;
}

static caus_status check_frame(reader *r, caus_error *err)
{
    unsigned char sum[DIGEST_BYTES];
    size_t least = sizeof magic + 4 + DIGEST_BYTES;
    if (r->length < least || memcmp(r->bytes, magic, sizeof magic) != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is not a file of \"caus gram build\"", r->from);
    r->at = sizeof magic;
    uint64_t format = get(r, 4);
    if (format != FORMAT)
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "%s has format %llu, this program knows %d: take the "
                         "caus that wrote it",
                         r->from, (unsigned long long)format, FORMAT);
    r->length -= DIGEST_BYTES;
    if (!digest((const char *)r->bytes, r->length, sum))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to check %s",
                         r->from);
    if (memcmp(sum, r->bytes + r->length, DIGEST_BYTES) != 0)
        return broken(r,
                      "its checksum is wrong, so bytes were lost or "
                      "changed",
                      err);
    return CAUS_OK;
}

caus_status caus_gram_decode(const char *bytes, size_t length, const char *from,
                             caus_arena *out, caus_gram *result,
                             caus_error *err)
{
    reader r = {.bytes = (const unsigned char *)bytes,
                .length = length,
                .from = from,
                .out = out};
    caus_gram gram = {0};
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = check_frame(&r, err);
    if (status == CAUS_OK)
        status = get_gram(&r, &gram, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = gram;
    return CAUS_OK;
}

static caus_status read_bytes(FILE *file, const char *path, caus_text *text,
                              caus_error *err)
{
    enum { CHUNK = 1 << 16 };
    char chunk[CHUNK];
    size_t count;
    while ((count = fread(chunk, 1, sizeof chunk, file)) > 0)
        caus_text_add_bytes(text, chunk, count);
    if (ferror(file))
        return CAUS_FAIL(err, CAUS_ERR_IO, "%s cannot be read: %s", path,
                         strerror(errno));
    if (text->failed)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to read %s",
                         path);
    return CAUS_OK;
}

caus_status caus_gram_read(const char *path, caus_arena *out, caus_gram *result,
                           caus_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return CAUS_FAIL(err,
                         errno == ENOENT ? CAUS_ERR_NOT_FOUND : CAUS_ERR_IO,
                         "%s cannot be opened: %s", path, strerror(errno));
    caus_text text = {0};
    caus_status status = read_bytes(file, path, &text, err);
    fclose(file);
    if (status == CAUS_OK)
        status = caus_gram_decode(text.bytes ? text.bytes : "", text.length,
                                  path, out, result, err);
    caus_text_deinit(&text);
    return status;
}
