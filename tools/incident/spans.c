// SPDX-License-Identifier: Apache-2.0
#include "spans.h"

#include <stdarg.h>
#include <stdio.h>

const char SPAN_COLUMNS[] =
    "otel_traces%20(TimestampNs,TraceId,SpanId,ParentSpanId,SpanName,SpanKind,"
    "ServiceName,ResourceAttributes.k,ResourceAttributes.v,"
    "SpanAttributes.k,SpanAttributes.v,Duration,StatusCode,StatusMessage)";

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

static void put_attributes(struct text *rows, const struct span *span)
{
    put_length(rows, span->attribute_count);
    for (unsigned i = 0; i < span->attribute_count; i++)
        put_string(rows, span->attributes[i].key);
    put_length(rows, span->attribute_count);
    for (unsigned i = 0; i < span->attribute_count; i++)
        put_string(rows, span->attributes[i].value);
}

void span_export(struct exporter *exporter, const struct span *span)
{
    struct text *rows = exporter_begin_row(exporter);
    put_u64(rows, span->start_wall_ns);
    put_string(rows, span->trace_id);
    put_string(rows, span->span_id);
    put_string(rows, span->parent_id);
    put_string(rows, span->name);
    put_string(rows, span->kind);
    put_string(rows, span->service);
    put_resource(rows, span->service);
    put_attributes(rows, span);
    put_u64(rows, span->duration_ns);
    put_string(rows, span->failed ? "Error" : "Unset");
    put_string(rows, span->failed ? span->message : "");
    exporter_end_row(exporter);
}
