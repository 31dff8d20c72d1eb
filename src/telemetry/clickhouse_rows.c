// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <string.h>

#include "telemetry/clickhouse_rows.h"

void caus_row_reader_deinit(caus_row_reader *reader)
{
    caus_text_deinit(&reader->carry);
}

void caus_row_reader_reset(void *data)
{
    caus_row_reader *reader = data;
    caus_text_deinit(&reader->carry);
    reader->damaged = false;
    reader->head_bytes = 0;
    reader->tail_bytes = 0;
    if (reader->forget)
        reader->forget(reader->data);
}

static uint64_t little_endian(const char *bytes, size_t count)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++)
        number |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return number;
}

typedef enum piece { PIECE_WHOLE, PIECE_CUT, PIECE_DAMAGED } piece;

static piece read_text(const char **at, const char *end, caus_row_value *value)
{
    uint64_t length = 0;
    const char *next = *at;
    for (unsigned shift = 0;; shift += 7) {
        if (shift > 28)
            return PIECE_DAMAGED;
        if (next == end)
            return PIECE_CUT;
        unsigned byte = (unsigned char)*next++;
        length |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            break;
    }
    if (length > CAUS_ROW_TEXT_LIMIT)
        return PIECE_DAMAGED;
    if ((uint64_t)(end - next) < length)
        return PIECE_CUT;
    value->text = next;
    value->length = (size_t)length;
    *at = next + length;
    return PIECE_WHOLE;
}

static piece read_value(caus_row_type type, const char **at, const char *end,
                        caus_row_value *value)
{
    static const size_t widths[] = {1, 4, 8, 8};
    if (type == CAUS_ROW_TEXT)
        return read_text(at, end, value);
    size_t width = widths[type];
    if ((size_t)(end - *at) < width)
        return PIECE_CUT;
    uint64_t bits = little_endian(*at, width);
    if (type == CAUS_ROW_F64)
        memcpy(&value->real, &bits, sizeof bits);
    else
        value->number = bits;
    *at += width;
    return PIECE_WHOLE;
}

/* Hands on all whole rows of [from, end); `from` moves past them. */
static caus_status take_rows(caus_row_reader *reader, const char **from,
                             const char *end, caus_error *err)
{
    caus_row_value values[CAUS_ROW_COLUMNS] = {{0}};
    while (*from < end && !reader->damaged) {
        const char *at = *from;
        for (size_t i = 0; i < reader->type_count; i++) {
            piece got = read_value(reader->types[i], &at, end, &values[i]);
            if (got == PIECE_CUT)
                return CAUS_OK;
            if (got == PIECE_DAMAGED) {
                reader->damaged = true;
                return CAUS_OK;
            }
        }
        caus_status status = reader->row(reader->data, values, err);
        if (status == CAUS_ERR_INVALID_DATA)
            reader->damaged = true;
        else if (status != CAUS_OK)
            return status;
        *from = at;
    }
    return CAUS_OK;
}

static void keep_ends(caus_row_reader *reader, const char *bytes, size_t count)
{
    size_t room = CAUS_ROW_HEAD - reader->head_bytes;
    size_t kept = count < room ? count : room;
    memcpy(reader->head + reader->head_bytes, bytes, kept);
    reader->head_bytes += kept;
    if (count >= CAUS_ROW_TAIL) {
        memcpy(reader->tail, bytes + count - CAUS_ROW_TAIL, CAUS_ROW_TAIL);
        reader->tail_bytes = CAUS_ROW_TAIL;
        return;
    }
    if (reader->tail_bytes + count > sizeof reader->tail) {
        memmove(reader->tail, reader->tail + reader->tail_bytes - CAUS_ROW_TAIL,
                CAUS_ROW_TAIL);
        reader->tail_bytes = CAUS_ROW_TAIL;
    }
    memcpy(reader->tail + reader->tail_bytes, bytes, count);
    reader->tail_bytes += count;
}

static caus_status no_memory(caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for a row of a ClickHouse reply");
}

caus_status caus_row_reader_feed(void *data, const char *bytes, size_t count,
                                 caus_error *err)
{
    caus_row_reader *reader = data;
    keep_ends(reader, bytes, count);
    if (reader->damaged)
        return CAUS_OK;
    if (!reader->carry.length) {
        const char *end = bytes + count;
        CAUS_TRY(take_rows(reader, &bytes, end, err));
        if (bytes < end && !reader->damaged)
            caus_text_add_bytes(&reader->carry, bytes, (size_t)(end - bytes));
        return reader->carry.failed ? no_memory(err) : CAUS_OK;
    }
    caus_text_add_bytes(&reader->carry, bytes, count);
    if (reader->carry.failed)
        return no_memory(err);
    const char *from = reader->carry.bytes;
    const char *end = from + reader->carry.length;
    CAUS_TRY(take_rows(reader, &from, end, err));
    reader->carry.length = (size_t)(end - from);
    memmove(reader->carry.bytes, from, reader->carry.length);
    return CAUS_OK;
}

/*
 * Finds "Code: <digits>" with "Exception" behind it. Numbers of a true reply
 * hold no such text; servers put it at the end of a body that they had begun
 * with status 200.
 */
static const char *find_exception(const char *bytes, size_t count,
                                  size_t *length)
{
    static const char code[] = "Code: ", exception[] = "Exception";
    const char *end = bytes + count;
    const char *at = bytes;
    while ((at = memmem(at, (size_t)(end - at), code, sizeof code - 1))) {
        const char *digit = at + sizeof code - 1;
        if (digit < end && isdigit((unsigned char)*digit) &&
            memmem(digit, (size_t)(end - digit), exception,
                   sizeof exception - 1)) {
            *length = (size_t)(end - at);
            return at;
        }
        at = digit;
    }
    return NULL;
}

/* The first bytes with everything unprintable as a dot. */
static void describe_head(const caus_row_reader *reader,
                          char text[CAUS_ROW_HEAD + 1])
{
    for (size_t i = 0; i < reader->head_bytes; i++) {
        unsigned char byte = (unsigned char)reader->head[i];
        text[i] = isprint(byte) ? (char)byte : '.';
    }
    text[reader->head_bytes] = '\0';
}

caus_status caus_row_reader_finish(const caus_row_reader *reader,
                                   const char *host, const char *what,
                                   caus_error *err)
{
    size_t length = 0;
    const char *words =
        find_exception(reader->tail, reader->tail_bytes, &length);
    if (words)
        return caus_clickhouse_fail(host, what, 0, words, length, err);
    char head[CAUS_ROW_HEAD + 1];
    describe_head(reader, head);
    if (reader->damaged)
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "the reply of %s to %s is not what ClickHouse sends "
                         "(it begins \"%s\"): does the url name ClickHouse's "
                         "HTTP port, usually 8123?",
                         host, what, head);
    if (reader->carry.length)
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "the reply of ClickHouse at %s to %s stops in the "
                         "middle of a row (it begins \"%s\"): try again; if "
                         "it stays, look into the server's log",
                         host, what, head);
    return CAUS_OK;
}
