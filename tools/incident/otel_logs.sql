CREATE TABLE IF NOT EXISTS default.otel_logs
(
    TimestampNs UInt64,
    Timestamp DateTime MATERIALIZED toDateTime(intDiv(TimestampNs, 1000000000)),
    TraceId String,
    SeverityText String,
    SeverityNumber UInt8,
    ServiceName String,
    Body String,
    ResourceAttributes Nested(k String, v String),
    LogAttributes Nested(k String, v String)
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, Timestamp)
