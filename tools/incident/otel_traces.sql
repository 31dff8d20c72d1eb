CREATE TABLE IF NOT EXISTS default.otel_traces
(
    TimestampNs UInt64,
    Timestamp DateTime MATERIALIZED toDateTime(intDiv(TimestampNs, 1000000000)),
    TraceId String,
    SpanId String,
    ParentSpanId String,
    SpanName String,
    SpanKind String,
    ServiceName String,
    ResourceAttributes Nested(k String, v String),
    SpanAttributes Nested(k String, v String),
    Duration UInt64,
    StatusCode String,
    StatusMessage String
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, Timestamp)
