/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples packed: times as zigzag varints of second differences, values and
 * supports as bits XOR the bits before, byte by byte in planes, all of it under
 * zstd. docs/design/0009 has the layout and what it saves.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "recording_internal.h"

enum {
    CHUNK_FORMAT = 1,
    FLAG_SUPPORT = 1,
    HEAD_BYTES = 12, /* format, flags, count, checksum, raw length */
    VARINT_BYTES = 10,
    PLANES = 8,
    RAW_BYTES = CAUS_CHUNK_SAMPLES * (VARINT_BYTES + 2 * PLANES),
    ZSTD_LEVEL = 9
};

static const uint64_t quiet_nan_bits = 0x7ff8000000000000u;

struct caus_chunk_codec {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    size_t packed_capacity;
    uint8_t *packed;
    uint8_t raw[RAW_BYTES];
};

caus_chunk_codec *caus_chunk_codec_new(void)
{
    caus_chunk_codec *codec = caus_alloc(sizeof *codec);
    if (!codec)
        return NULL;
    codec->packed_capacity = HEAD_BYTES + ZSTD_compressBound(RAW_BYTES);
    codec->packed = caus_alloc(codec->packed_capacity);
    codec->compressor = ZSTD_createCCtx();
    codec->decompressor = ZSTD_createDCtx();
    if (!codec->packed || !codec->compressor || !codec->decompressor) {
        caus_chunk_codec_free(codec);
        return NULL;
    }
    return codec;
}

void caus_chunk_codec_free(caus_chunk_codec *codec)
{
    if (!codec)
        return;
    ZSTD_freeCCtx(codec->compressor);
    ZSTD_freeDCtx(codec->decompressor);
    free(codec->packed);
    free(codec);
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_u32(const uint8_t *bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

static size_t put_varint(uint8_t *bytes, uint64_t value)
{
    size_t length = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[length++] = (uint8_t)(value | 0x80);
    bytes[length++] = (uint8_t)value;
    return length;
}

static uint64_t zigzag(uint64_t value)
{
    return value << 1 ^ (value >> 63 ? UINT64_MAX : 0);
}

static uint64_t unzigzag(uint64_t value)
{
    return value >> 1 ^ (value & 1 ? UINT64_MAX : 0);
}

/* Differences wrap around, so that every time comes back. */
static size_t pack_times(const int64_t *time_ns, size_t count, uint8_t *out)
{
    size_t length = 0;
    uint64_t last = 0, last_delta = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t delta = (uint64_t)time_ns[i] - last;
        length += put_varint(out + length, zigzag(delta - last_delta));
        last = (uint64_t)time_ns[i];
        /* The first time is no pace for the second. */
        last_delta = i ? delta : 0;
    }
    return length;
}

/* Returns the bytes read, 0 if they make no times. */
static size_t unpack_times(const uint8_t *bytes, size_t length, size_t count,
                           int64_t *time_ns)
{
    size_t at = 0;
    uint64_t last = 0, last_delta = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 0;
        int shift = 0;
        uint8_t byte;
        do {
            if (at == length || shift > 63)
                return 0;
            byte = bytes[at++];
            if (shift == 63 && byte > 1)
                return 0;
            value |= (uint64_t)(byte & 0x7f) << shift;
            shift += 7;
        } while (byte & 0x80);
        uint64_t delta = unzigzag(value) + last_delta;
        last += delta;
        last_delta = i ? delta : 0;
        memcpy(&time_ns[i], &last, sizeof last);
    }
    return at;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    if (isnan(value))
        return quiet_nan_bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Plane p holds byte p of every number, so that equal bytes lie together. */
static void pack_doubles(const double *values, size_t count, uint8_t *planes)
{
    uint64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = bits_of(values[i]);
        uint64_t changed = bits ^ last;
        for (size_t p = 0; p < PLANES; p++)
            planes[p * count + i] = (uint8_t)(changed >> 8 * p);
        last = bits;
    }
}

static void unpack_doubles(const uint8_t *planes, size_t count, double *values)
{
    uint64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t changed = 0;
        for (size_t p = 0; p < PLANES; p++)
            changed |= (uint64_t)planes[p * count + i] << 8 * p;
        last ^= changed;
        memcpy(&values[i], &last, sizeof last);
    }
}

/* Covers the chunk's place in the file, its head and the unpacked bytes. */
static uint32_t checksum(uint64_t key, const uint8_t *head, const uint8_t *raw,
                         size_t raw_length)
{
    uint8_t start[12];
    put_u32(start, (uint32_t)key);
    put_u32(start + 4, (uint32_t)(key >> 32));
    memcpy(start + 8, head, 4);
    uLong crc = crc32(0, start, sizeof start);
    return (uint32_t)crc32(crc, raw, (uInt)raw_length);
}

caus_status caus_chunk_encode(caus_chunk_codec *codec, const caus_chunk *chunk,
                              uint64_t key, const uint8_t **bytes,
                              size_t *length, caus_error *err)
{
    assert(chunk->count >= 1 && chunk->count <= CAUS_CHUNK_SAMPLES);
    size_t count = chunk->count;
    size_t raw = pack_times(chunk->time_ns, count, codec->raw);
    pack_doubles(chunk->value, count, codec->raw + raw);
    raw += PLANES * count;
    if (chunk->support) {
        pack_doubles(chunk->support, count, codec->raw + raw);
        raw += PLANES * count;
    }
    uint8_t *head = codec->packed;
    head[0] = CHUNK_FORMAT;
    head[1] = chunk->support ? FLAG_SUPPORT : 0;
    head[2] = (uint8_t)count;
    head[3] = (uint8_t)(count >> 8);
    put_u32(head + 4, checksum(key, head, codec->raw, raw));
    put_u32(head + 8, (uint32_t)raw);
    size_t packed = ZSTD_compressCCtx(codec->compressor, head + HEAD_BYTES,
                                      codec->packed_capacity - HEAD_BYTES,
                                      codec->raw, raw, ZSTD_LEVEL);
    if (ZSTD_isError(packed))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "%zu samples could not be compressed: %s", count,
                         ZSTD_getErrorName(packed));
    *bytes = codec->packed;
    *length = HEAD_BYTES + packed;
    return CAUS_OK;
}

caus_status caus_chunk_read_head(const uint8_t *bytes, size_t length,
                                 caus_chunk_head *head, caus_error *err)
{
    if (length <= HEAD_BYTES)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "a chunk of %zu bytes is too short", length);
    if (bytes[0] != CHUNK_FORMAT || bytes[1] > FLAG_SUPPORT)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "a chunk has the unknown form %d.%d", bytes[0],
                         bytes[1]);
    size_t count = (size_t)bytes[2] | (size_t)bytes[3] << 8;
    bool has_support = bytes[1] & FLAG_SUPPORT;
    size_t raw = get_u32(bytes + 8);
    size_t fixed = count * PLANES * (has_support ? 2 : 1);
    if (count < 1 || count > CAUS_CHUNK_SAMPLES || raw < fixed + count ||
        raw > fixed + count * VARINT_BYTES)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "a chunk claims %zu samples in %zu bytes", count, raw);
    *head = (caus_chunk_head){.count = count, .has_support = has_support};
    return CAUS_OK;
}

caus_status caus_chunk_decode(caus_chunk_codec *codec, const uint8_t *bytes,
                              size_t length, uint64_t key, int64_t *time_ns,
                              double *value, double *support, caus_error *err)
{
    caus_chunk_head head = {0};
    CAUS_TRY(caus_chunk_read_head(bytes, length, &head, err));
    size_t raw = get_u32(bytes + 8);
    size_t got = ZSTD_decompressDCtx(codec->decompressor, codec->raw, raw,
                                     bytes + HEAD_BYTES, length - HEAD_BYTES);
    if (ZSTD_isError(got) || got != raw)
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_DATA,
            "a chunk of %zu samples cannot be unpacked: %s", head.count,
            ZSTD_isError(got) ? ZSTD_getErrorName(got) : "it is too short");
    if (get_u32(bytes + 4) != checksum(key, bytes, codec->raw, raw))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "a chunk of %zu samples has a wrong checksum",
                         head.count);
    size_t at = unpack_times(codec->raw, raw, head.count, time_ns);
    size_t planes = PLANES * head.count;
    if (!at || raw - at != planes * (head.has_support ? 2 : 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "a chunk of %zu samples has times of a wrong length",
                         head.count);
    unpack_doubles(codec->raw + at, head.count, value);
    if (head.has_support)
        unpack_doubles(codec->raw + at + planes, head.count, support);
    return CAUS_OK;
}
