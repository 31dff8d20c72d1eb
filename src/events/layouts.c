/* SPDX-License-Identifier: Apache-2.0 */
/* What columns of spans are called where telemetry/clickhouse_tables.c knows
 * the rest of the layout. */
#include <inttypes.h>

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

void caus_span_add_started(caus_text *sql, const caus_span_names *names,
                           bool by_bucket, int64_t from_s, int64_t to_s)
{
    enum { HALF_HOUR_S = 1800 };
    if (by_bucket)
        caus_text_format(sql, "`%s` BETWEEN %" PRId64 " AND %" PRId64 " AND ",
                         names->bucket, from_s - HALF_HOUR_S, to_s);
    caus_text_format(sql,
                     "`%s` >= toDateTime(%" PRId64
                     ") AND `%s` <= toDateTime(%" PRId64 ")",
                     names->time, from_s, names->time, to_s);
}
