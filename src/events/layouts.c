/* SPDX-License-Identifier: Apache-2.0 */
/* What columns of spans are called where telemetry/clickhouse_tables.c knows
 * the rest of the layout. */
#include "events/events.h"

const caus_span_names caus_span_layouts[CAUS_SPAN_LAYOUTS] = {
    [CAUS_SPANS_OTEL] = {.service = "ServiceName",
                         .duration = "Duration",
                         .time = "Timestamp",
                         .trace = "TraceId",
                         .error_column = "StatusCode",
                         .error_test = " IN ('Error', 'STATUS_CODE_ERROR')"},
    [CAUS_SPANS_SIGNOZ] = {.service = "resource_string_service$$name",
                           .duration = "duration_nano",
                           .time = "timestamp",
                           .bucket = "ts_bucket_start",
                           .trace = "trace_id",
                           .error_column = "has_error",
                           .error_test = " != 0"},
    [CAUS_SPANS_UPTRACE] = {.service = "service_name",
                            .duration = "duration",
                            .time = "time",
                            .trace = "trace_id",
                            .error_column = "status_code",
                            .error_test = " = 'error'"},
};
