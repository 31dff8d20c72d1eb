/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "series/gram.h"
#include "series/series_internal.h"

enum { BUFFER_BYTES = 4096, DIGEST_BYTES = 32 };

typedef struct column {
    const char *name;
    size_t index;
} column;

/* Bytes on their way into the digest. */
typedef struct hasher {
    EVP_MD_CTX *context;
    column *columns; /* in the order of their names */
    bool failed;
    size_t used;
    unsigned char buffer[BUFFER_BYTES];
} hasher;

static void flush(hasher *h)
{
    if (EVP_DigestUpdate(h->context, h->buffer, h->used) != 1)
        h->failed = true;
    h->used = 0;
}

static void add_word(hasher *h, uint64_t word)
{
    if (h->used + sizeof word > BUFFER_BYTES)
        flush(h);
    for (size_t i = 0; i < sizeof word; i++)
        h->buffer[h->used++] = (unsigned char)(word >> (8 * i));
}

static void add_text(hasher *h, const char *text)
{
    size_t length = strlen(text);
    add_word(h, length);
    flush(h);
    if (EVP_DigestUpdate(h->context, text, length) != 1)
        h->failed = true;
}

static void add_value(hasher *h, double value)
{
    static const uint64_t quiet_nan = 0x7ff8000000000000u;
    uint64_t bits = quiet_nan;
    if (value == 0)
        bits = 0;
    else if (!isnan(value))
        memcpy(&bits, &value, sizeof bits);
    add_word(h, bits);
}

/* Words of a mask, with the bits beyond the last row cleared. */
static void add_mask(hasher *h, const uint64_t *mask, uint64_t absent,
                     const caus_segment *segment, size_t variable_count)
{
    for (size_t i = 0; i < variable_count; i++) {
        size_t start = h->columns[i].index * segment->word_count;
        for (size_t word = 0; word < segment->word_count; word++) {
            uint64_t bits = mask ? mask[start + word] : absent;
            size_t rows_left = segment->row_count - word * 64;
            if (rows_left < 64)
                bits &= ((uint64_t)1 << rows_left) - 1;
            add_word(h, bits);
        }
    }
}

static void add_segment(hasher *h, const caus_segment *segment,
                        size_t variable_count)
{
    add_word(h, segment->row_count);
    add_word(h, (uint64_t)segment->start_ns);
    add_word(h, (uint64_t)segment->offset_steps);
    add_word(h, (uint64_t)segment->environment);
    for (size_t row = 0; row < segment->row_count; row++) {
        const double *values = segment->values + row * variable_count;
        for (size_t i = 0; i < variable_count; i++) {
            size_t at = h->columns[i].index;
            add_value(h, caus_segment_is_missing(segment, row, at)
                             ? (double)NAN
                             : values[at]);
        }
    }
    add_mask(h, segment->missing, 0, segment, variable_count);
    add_mask(h, segment->selected, UINT64_MAX, segment, variable_count);
}

static int by_name(const void *a, const void *b)
{
    const column *first = a, *second = b;
    int order = strcmp(first->name, second->name);
    return order ? order
                 : (first->index > second->index) -
                       (first->index < second->index);
}

/* False without memory. */
static bool order_columns(hasher *h, const caus_series *series,
                          caus_arena *arena)
{
    size_t count = series->variable_count;
    h->columns = CAUS_ARRAY(arena, column, count + 1);
    if (!h->columns)
        return false;
    for (size_t i = 0; i < count; i++)
        h->columns[i] = (column){series->variables[i].name, i};
    qsort(h->columns, count, sizeof *h->columns, by_name);
    return true;
}

static void add_series(hasher *h, const caus_series *series)
{
    add_text(h, "caus series 2");
    add_word(h, (uint64_t)series->step_ns);
    add_word(h, series->variable_count);
    for (size_t i = 0; i < series->variable_count; i++)
        add_text(h, h->columns[i].name);
    add_word(h, series->environment_count);
    for (size_t i = 0; i < series->environment_count; i++) {
        add_word(h, (uint64_t)series->environments[i].id);
        add_text(h, series->environments[i].name);
    }
    add_word(h, series->segment_count);
    for (size_t i = 0; i < series->segment_count; i++)
        add_segment(h, &series->segments[i], series->variable_count);
    if (series->gram) {
        char sums[65];
        caus_gram_hash(series->gram, sums);
        h->failed = h->failed || !*sums;
        add_text(h, sums);
    }
    flush(h);
}

void caus_series_hash(const caus_series *series, char text[65])
{
    text[0] = '\0';
    caus_arena *arena = caus_arena_new(0);
    hasher h = {.context = EVP_MD_CTX_new()};
    unsigned char digest[DIGEST_BYTES];
    h.failed = !arena || !h.context || !order_columns(&h, series, arena) ||
               EVP_DigestInit_ex(h.context, EVP_sha256(), NULL) != 1;
    if (!h.failed)
        add_series(&h, series);
    if (!h.failed && EVP_DigestFinal_ex(h.context, digest, NULL) == 1)
        for (size_t i = 0; i < DIGEST_BYTES; i++)
            snprintf(text + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(h.context);
    caus_arena_free(arena);
}
