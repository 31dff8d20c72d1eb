// SPDX-License-Identifier: Apache-2.0
#include "lines.h"

#include <stdarg.h>
#include <stdio.h>

static const char COLUMNS[] =
    "otel_logs%20(TimestampNs,TraceId,SeverityText,SeverityNumber,ServiceName,"
    "Body,ResourceAttributes.k,ResourceAttributes.v,"
    "LogAttributes.k,LogAttributes.v)";

struct severity {
    const char *text;
    uint8_t number; // OpenTelemetry's
};

void line_log_init(struct line_log *log, const char *service,
                   uint16_t clickhouse_port)
{
    *log = (struct line_log){.service = service};
    exporter_init(&log->exporter, COLUMNS, clickhouse_port);
    pthread_mutex_init(&log->lock, NULL);
}

static struct severity severity_of(enum line_kind kind)
{
    if (kind < LINE_SLOW)
        return (struct severity){"INFO", 9};
    if (kind < LINE_CALL_FAILED)
        return (struct severity){"WARN", 13};
    return (struct severity){"ERROR", 17};
}

// Whether a line may be written now; `suppressed` is how many were not since
// the last one.
static bool is_due(struct line_log *log, enum line_kind kind,
                   unsigned *suppressed)
{
    uint64_t now = monotonic_ns();
    pthread_mutex_lock(&log->lock);
    bool due = kind == LINE_START || now >= log->next_ns[kind];
    if (due) {
        *suppressed = log->suppressed[kind];
        log->suppressed[kind] = 0;
        log->next_ns[kind] = now + UINT64_C(1000000000);
    } else {
        log->suppressed[kind]++;
    }
    pthread_mutex_unlock(&log->lock);
    return due;
}

static void put_suppressed(struct text *rows, unsigned suppressed)
{
    char count[16];
    put_length(rows, suppressed > 0);
    if (suppressed > 0)
        put_string(rows, "log.suppressed");
    put_length(rows, suppressed > 0);
    (void)snprintf(count, sizeof count, "%u", suppressed);
    if (suppressed > 0)
        put_string(rows, count);
}

void line_write(struct line_log *log, enum line_kind kind,
                const struct job *job, const char *format, ...)
{
    unsigned suppressed = 0;
    if (log->exporter.clickhouse_port == 0 || !is_due(log, kind, &suppressed))
        return;
    char body[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    struct severity severity = severity_of(kind);
    struct text *rows = exporter_begin_row(&log->exporter);
    put_u64(rows, wall_ns());
    put_string(rows, job == NULL ? "" : job->trace_id);
    put_string(rows, severity.text);
    put_byte(rows, severity.number);
    put_string(rows, log->service);
    put_string(rows, body);
    put_resource(rows, log->service);
    put_suppressed(rows, suppressed);
    exporter_end_row(&log->exporter);
}
