/* SPDX-License-Identifier: Apache-2.0 */
#include "e2e/prometheus_native.h"

#include <string.h>
#include <time.h>

#include "http/http.h"

/* Protocol buffers by hand: the few fields a write request needs. */
typedef struct message {
    unsigned char bytes[2048];
    size_t length;
} message;

static void put_byte(message *to, unsigned byte)
{
    to->bytes[to->length++] = (unsigned char)byte;
}

static void put_varint(message *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_byte(to, (unsigned)(value & 0x7f) | 0x80);
    put_byte(to, (unsigned)value);
}

static void put_tag(message *to, unsigned field, unsigned type)
{
    put_varint(to, field << 3 | type);
}

static void put_bytes(message *to, unsigned field, const void *bytes,
                      size_t count)
{
    put_tag(to, field, 2);
    put_varint(to, count);
    memcpy(to->bytes + to->length, bytes, count);
    to->length += count;
}

static void put_number(message *to, unsigned field, uint64_t value)
{
    put_tag(to, field, 0);
    put_varint(to, value);
}

static void put_double(message *to, unsigned field, double value)
{
    put_tag(to, field, 1);
    memcpy(to->bytes + to->length, &value, sizeof value);
    to->length += sizeof value;
}

static void put_label(message *series, const char *name, const char *value)
{
    message label = {0};
    put_bytes(&label, 1, name, strlen(name));
    put_bytes(&label, 2, value, strlen(value));
    put_bytes(series, 1, label.bytes, label.length);
}

/* Nine observations in two neighbouring buckets. */
static void put_histogram(message *series, int64_t time_ms)
{
    message histogram = {0}, span = {0};
    static const unsigned char deltas[] = {8, 2}; /* zigzag: 4, then + 1 */
    put_number(&histogram, 1, 9);                 /* count_int */
    put_double(&histogram, 3, 18.5);
    put_number(&histogram, 4, 0); /* schema 0 */
    put_double(&histogram, 5, 0.001);
    put_number(&histogram, 6, 0); /* zero_count_int */
    put_number(&span, 1, 0);
    put_number(&span, 2, 2);
    put_bytes(&histogram, 11, span.bytes, span.length);
    put_bytes(&histogram, 12, deltas, sizeof deltas);
    put_number(&histogram, 15, (uint64_t)time_ms);
    put_bytes(series, 4, histogram.bytes, histogram.length);
}

/* A snappy block of literals only. */
static void put_snappy(message *to, const message *from)
{
    put_varint(to, from->length);
    for (size_t at = 0; at < from->length;) {
        size_t count = from->length - at < 60 ? from->length - at : 60;
        put_byte(to, (unsigned)(count - 1) << 2);
        memcpy(to->bytes + to->length, from->bytes + at, count);
        to->length += count;
        at += count;
    }
}

int64_t native_write(const char *url, const char *metric, const caus_run *run)
{
    static const char *const headers[] = {
        "Content-Encoding: snappy", "X-Prometheus-Remote-Write-Version: 0.1.0",
        NULL};
    int64_t now_s = (int64_t)time(NULL) / 15 * 15;
    message series = {0}, request = {0}, packed = {0};
    put_label(&series, "__name__", metric);
    put_label(&series, "job", "native");
    for (int64_t t = now_s - 90; t <= now_s; t += 15)
        put_histogram(&series, t * 1000);
    put_bytes(&request, 1, series.bytes, series.length);
    put_snappy(&packed, &request);
    caus_endpoint endpoint = {.url = url, .timeout_s = 10};
    caus_http_request post = {.path = "/api/v1/write",
                              .body = (const char *)packed.bytes,
                              .body_bytes = packed.length,
                              .content_type = "application/x-protobuf",
                              .headers = headers,
                              .what = "a native histogram"};
    caus_http_reply reply;
    caus_http *http = NULL;
    caus_arena *out = caus_arena_new(0);
    caus_error err;
    caus_status status = caus_http_new(&endpoint, "Prometheus", &http, &err);
    if (status == CAUS_OK)
        status = caus_http_perform(http, &post, 1, run, out, &reply, &err);
    bool done = status == CAUS_OK && reply.status / 100 == 2;
    caus_http_free(http);
    caus_arena_free(out);
    return done ? now_s : 0;
}
