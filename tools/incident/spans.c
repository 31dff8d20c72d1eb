// SPDX-License-Identifier: Apache-2.0
#include "spans.h"

#include "wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INSERT_ATTEMPTS = 5, INSERT_TIMEOUT_S = 10 };

void span_new_id(struct chance *chance, char *hex, unsigned chars)
{
    static const char DIGITS[] = "0123456789abcdef";
    uint64_t bits = 0;
    for (unsigned i = 0; i < chars; i++) {
        if (i % 16 == 0)
            bits = chance_bits(chance);
        hex[i] = DIGITS[bits & 15];
        bits >>= 4;
    }
    hex[chars] = '\0';
}

void span_attribute(struct span *span, const char *key, const char *format, ...)
{
    va_list arguments;
    if (span->attribute_count == SPAN_ATTRIBUTES_MAX)
        die("span attribute %s exceeds the %d a span may hold", key,
            SPAN_ATTRIBUTES_MAX);
    struct attribute *added = &span->attributes[span->attribute_count++];
    added->key = key;
    va_start(arguments, format);
    (void)vsnprintf(added->value, sizeof added->value, format, arguments);
    va_end(arguments);
}

void span_exporter_init(struct span_exporter *exporter, const char *service,
                        uint16_t clickhouse_port)
{
    *exporter = (struct span_exporter){.service = service,
                                       .clickhouse_port = clickhouse_port};
    pthread_mutex_init(&exporter->lock, NULL);
}

static void put_length(struct text *rows, size_t length)
{
    while (length >= 128) {
        char byte = (char)(length | 128);
        text_bytes(rows, &byte, 1);
        length >>= 7;
    }
    char last = (char)length;
    text_bytes(rows, &last, 1);
}

static void put_string(struct text *rows, const char *string)
{
    size_t length = strlen(string);
    put_length(rows, length);
    text_bytes(rows, string, length);
}

static void put_u64(struct text *rows, uint64_t value)
{
    char bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (char)(value >> (8 * i));
    text_bytes(rows, bytes, sizeof bytes);
}

static void put_attributes(struct text *rows, const struct span *span)
{
    put_length(rows, span->attribute_count);
    for (unsigned i = 0; i < span->attribute_count; i++)
        put_string(rows, span->attributes[i].key);
    put_length(rows, span->attribute_count);
    for (unsigned i = 0; i < span->attribute_count; i++)
        put_string(rows, span->attributes[i].value);
}

void span_export(struct span_exporter *exporter, const struct span *span)
{
    pthread_mutex_lock(&exporter->lock);
    struct text *rows = &exporter->rows;
    put_u64(rows, span->start_wall_ns);
    put_string(rows, span->trace_id);
    put_string(rows, span->span_id);
    put_string(rows, span->parent_id);
    put_string(rows, span->name);
    put_string(rows, span->kind);
    put_string(rows, exporter->service);
    put_length(rows, 2);
    put_string(rows, "service.name");
    put_string(rows, "deployment.environment");
    put_length(rows, 2);
    put_string(rows, exporter->service);
    put_string(rows, "demo");
    put_attributes(rows, span);
    put_u64(rows, span->duration_ns);
    put_string(rows, span->failed ? "Error" : "Unset");
    put_string(rows, span->failed ? span->message : "");
    exporter->row_count++;
    pthread_mutex_unlock(&exporter->lock);
}

static bool insert_rows(uint16_t port, const struct text *rows)
{
    static const char QUERY[] =
        "INSERT%20INTO%20otel_traces%20(TimestampNs,TraceId,SpanId,"
        "ParentSpanId,SpanName,SpanKind,ServiceName,"
        "ResourceAttributes.k,ResourceAttributes.v,"
        "SpanAttributes.k,SpanAttributes.v,"
        "Duration,StatusCode,StatusMessage)%20FORMAT%20RowBinary";
    char head[WIRE_HEAD_BYTES];
    int length = snprintf(head, sizeof head,
                          "POST /?query=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                          "Connection: close\r\nContent-Length: %zu\r\n\r\n",
                          QUERY, rows->length);
    int socket = wire_connect(port);
    if (socket < 0)
        return false;
    uint64_t deadline =
        monotonic_ns() + INSERT_TIMEOUT_S * UINT64_C(1000000000);
    bool inserted = wire_send(socket, head, (size_t)length) &&
                    wire_send(socket, rows->data, rows->length) &&
                    wire_reply_status(socket, deadline) == 200;
    close(socket);
    return inserted;
}

static void flush(struct span_exporter *exporter)
{
    pthread_mutex_lock(&exporter->lock);
    struct text rows = exporter->rows;
    unsigned count = exporter->row_count;
    exporter->rows = (struct text){0};
    exporter->row_count = 0;
    pthread_mutex_unlock(&exporter->lock);
    if (count == 0)
        return;
    // Only an insert that was refused or broken off is repeated; were its
    // rows stored all the same, their span ids would appear twice.
    bool inserted = false;
    for (int i = 0; i < INSERT_ATTEMPTS && !inserted; i++) {
        if (i > 0)
            sleep_ms(200.0);
        inserted = insert_rows(exporter->clickhouse_port, &rows);
    }
    if (inserted)
        atomic_fetch_add(&exporter->exported, count);
    else
        atomic_fetch_add(&exporter->dropped, count);
    text_free(&rows);
}

void *span_exporter_body(void *argument)
{
    struct span_exporter *exporter = argument;
    uint64_t next = monotonic_ns();
    while (!atomic_load(&exporter->stopping)) {
        next += UINT64_C(1000000000);
        sleep_until_ns(next);
        flush(exporter);
    }
    flush(exporter);
    return NULL;
}
