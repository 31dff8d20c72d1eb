/* SPDX-License-Identifier: Apache-2.0 */
/* Spans as CSV and as rows for ClickHouse. */
#include <inttypes.h>

#include "simulation/world_random.h"
#include "simulation/world_texts.h"

enum { CHECK_ROWS = 4096 };

static void add_number(caus_text *text, uint64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    caus_text_add_bytes(text, digits + at, sizeof digits - at);
}

void caus_world_add_hex(caus_text *text, uint64_t value)
{
    static const char figures[] = "0123456789abcdef";
    char digits[16];
    for (size_t i = sizeof digits; i-- > 0; value >>= 4)
        digits[i] = figures[value & 15];
    caus_text_add_bytes(text, digits, sizeof digits);
}

static int64_t start_of(const caus_world *world, const caus_world_span *span)
{
    return world->options.start_ns / 1000 + span->start_us;
}

caus_status caus_world_add_spans(const caus_world *world, caus_text *text,
                                 const caus_run *run, caus_error *err)
{
    caus_text_add(text, "phase,trace,span,parent,service,operation,start_us,"
                        "duration_us\n");
    int64_t fault_us = world->fault_ns[0] / 1000;
    for (size_t i = 0; i < world->span_count; i++) {
        if (i % CHECK_ROWS == 0)
            CAUS_TRY(caus_run_check(run, err));
        const caus_world_span *span = &world->spans[i];
        int64_t start_us = start_of(world, span);
        bool is_incident = fault_us && start_us >= fault_us;
        caus_text_add(text, is_incident ? "1," : "0,");
        add_number(text, span->trace);
        caus_text_add_char(text, ',');
        add_number(text, span->span);
        caus_text_add_char(text, ',');
        if (span->parent == UINT32_MAX)
            caus_text_add(text, "-1");
        else
            add_number(text, span->parent);
        caus_text_add_char(text, ',');
        caus_text_add(text, world->services[span->service].name);
        caus_text_add(text, ",handle,");
        add_number(text, (uint64_t)start_us);
        caus_text_add_char(text, ',');
        add_number(text, (uint64_t)span->duration_us);
        caus_text_add_char(text, '\n');
    }
    return CAUS_OK;
}

void caus_world_add_table(caus_text *text)
{
    caus_text_add(
        text, "CREATE TABLE otel_traces (TimestampNs UInt64,\n"
              "    Timestamp DateTime MATERIALIZED "
              "toDateTime(intDiv(TimestampNs, 1000000000)),\n"
              "    TraceId String, SpanId String, ParentSpanId String,\n"
              "    SpanName String, SpanKind String, ServiceName String,\n"
              "    ResourceAttributes Nested(k String, v String),\n"
              "    SpanAttributes Nested(k String, v String),\n"
              "    Duration UInt64, StatusCode String, StatusMessage String)\n"
              "ENGINE = MergeTree PARTITION BY toDate(Timestamp)\n"
              "ORDER BY (ServiceName, SpanName, Timestamp)\n");
}

static void add_row(const caus_world *world, const caus_world_span *span,
                    caus_text *text)
{
    bool is_queued =
        span->call != UINT16_MAX && world->calls[span->call].is_asynchronous;
    add_number(text, (uint64_t)start_of(world, span));
    caus_text_add(text, "000\t"); /* in nanoseconds */
    caus_world_add_hex(text, caus_world_mix(world->seed, 0));
    caus_world_add_hex(text, span->trace);
    caus_text_add_char(text, '\t');
    caus_world_add_hex(text, (uint64_t)span->span + 1);
    caus_text_add_char(text, '\t');
    if (span->parent != UINT32_MAX)
        caus_world_add_hex(text, (uint64_t)span->parent + 1);
    caus_text_add(text, "\thandle\t");
    caus_text_add(text, is_queued ? "Consumer\t" : "Server\t");
    caus_text_add(text, world->services[span->service].name);
    caus_text_add(text, "\t[]\t[]\t[]\t[]\t");
    add_number(text, (uint64_t)span->duration_us * 1000);
    caus_text_add(text, span->failed ? "\tError\t\n" : "\tUnset\t\n");
}

caus_status caus_world_add_rows(const caus_world *world, caus_text *text,
                                const caus_run *run, caus_error *err)
{
    caus_text_add(text, "INSERT INTO otel_traces FORMAT TabSeparated\n");
    for (size_t i = 0; i < world->span_count; i++) {
        if (i % CHECK_ROWS == 0)
            CAUS_TRY(caus_run_check(run, err));
        add_row(world, &world->spans[i], text);
    }
    return CAUS_OK;
}
