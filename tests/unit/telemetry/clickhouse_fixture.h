/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of the known layouts, as system.columns lists them. */
#ifndef CAUS_TESTS_UNIT_TELEMETRY_CLICKHOUSE_FIXTURE_H
#define CAUS_TESTS_UNIT_TELEMETRY_CLICKHOUSE_FIXTURE_H

#include "telemetry/clickhouse_bins.h"

#define COLUMNS(name) name, sizeof(name) / sizeof *(name)

static const caus_clickhouse_column map_columns[] = {
    {"otel", "otel_traces", "Timestamp", "DateTime64(9)"},
    {"otel", "otel_traces", "TraceId", "String"},
    {"otel", "otel_traces", "SpanId", "String"},
    {"otel", "otel_traces", "ParentSpanId", "String"},
    {"otel", "otel_traces", "SpanName", "LowCardinality(String)"},
    {"otel", "otel_traces", "SpanKind", "LowCardinality(String)"},
    {"otel", "otel_traces", "ServiceName", "LowCardinality(String)"},
    {"otel", "otel_traces", "ResourceAttributes",
     "Map(LowCardinality(String), String)"},
    {"otel", "otel_traces", "SpanAttributes",
     "Map(LowCardinality(String), String)"},
    {"otel", "otel_traces", "Duration", "UInt64"},
    {"otel", "otel_traces", "StatusCode", "LowCardinality(String)"},
};

static const caus_clickhouse_column json_columns[] = {
    {"otel", "spans", "Timestamp", "DateTime64(9)"},
    {"otel", "spans", "SpanName", "LowCardinality(String)"},
    {"otel", "spans", "SpanKind", "LowCardinality(String)"},
    {"otel", "spans", "ServiceName", "LowCardinality(String)"},
    {"otel", "spans", "SpanAttributes", "JSON(max_dynamic_paths=64)"},
    {"otel", "spans", "Duration", "UInt64"},
    {"otel", "spans", "StatusCode", "LowCardinality(String)"},
};

static const caus_clickhouse_column nested_columns[] = {
    {"default", "otel_traces", "TimestampNs", "UInt64"},
    {"default", "otel_traces", "SpanName", "String"},
    {"default", "otel_traces", "SpanKind", "String"},
    {"default", "otel_traces", "ServiceName", "String"},
    {"default", "otel_traces", "ResourceAttributes.k", "Array(String)"},
    {"default", "otel_traces", "ResourceAttributes.v", "Array(String)"},
    {"default", "otel_traces", "SpanAttributes.k", "Array(String)"},
    {"default", "otel_traces", "SpanAttributes.v", "Array(String)"},
    {"default", "otel_traces", "Duration", "UInt64"},
    {"default", "otel_traces", "StatusCode", "String"},
    {"default", "otel_traces", "Timestamp", "DateTime"},
};

#define SIGNOZ(table)                                               \
    {"signoz_traces", table, "ts_bucket_start", "UInt64"},          \
        {"signoz_traces", table, "timestamp", "DateTime64(9)"},     \
        {"signoz_traces", table, "trace_id", "FixedString(32)"},    \
        {"signoz_traces", table, "span_id", "String"},              \
        {"signoz_traces", table, "parent_span_id", "String"},       \
        {"signoz_traces", table, "name", "LowCardinality(String)"}, \
        {"signoz_traces", table, "kind", "Int8"},                   \
        {"signoz_traces", table, "duration_nano", "UInt64"},        \
        {"signoz_traces", table, "attributes_string",               \
         "Map(LowCardinality(String), String)"},                    \
        {"signoz_traces", table, "attributes_number",               \
         "Map(LowCardinality(String), Float64)"},                   \
        {"signoz_traces", table, "attributes_bool",                 \
         "Map(LowCardinality(String), Bool)"},                      \
        {"signoz_traces", table, "resources_string",                \
         "Map(LowCardinality(String), String)"},                    \
        {"signoz_traces", table, "has_error", "Bool"},              \
    {                                                               \
        "signoz_traces", table, "resource_string_service$$name",    \
            "LowCardinality(String)"                                \
    }

static const caus_clickhouse_column signoz_columns[] = {
    SIGNOZ("distributed_signoz_index_v3"), SIGNOZ("signoz_index_v3")};

static const caus_clickhouse_column uptrace_columns[] = {
    {"uptrace", "spans_index", "id", "UInt64"},
    {"uptrace", "spans_index", "trace_id", "UUID"},
    {"uptrace", "spans_index", "parent_id", "UInt64"},
    {"uptrace", "spans_index", "kind", "LowCardinality(String)"},
    {"uptrace", "spans_index", "name", "LowCardinality(String)"},
    {"uptrace", "spans_index", "time", "DateTime"},
    {"uptrace", "spans_index", "duration", "Int64"},
    {"uptrace", "spans_index", "status_code", "LowCardinality(String)"},
    {"uptrace", "spans_index", "string_keys", "Array(LowCardinality(String))"},
    {"uptrace", "spans_index", "string_values", "Array(String)"},
    {"uptrace", "spans_index", "service_name", "LowCardinality(String)"},
    {"uptrace", "spans_index", "http_route", "LowCardinality(String)"},
};

#endif
