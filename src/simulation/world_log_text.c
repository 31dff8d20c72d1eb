/* SPDX-License-Identifier: Apache-2.0 */
/* Logs as JSON lines and as rows for ClickHouse: every service has a voice of
 * its own. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "caus/time.h"
#include "simulation/world_random.h"
#include "simulation/world_texts.h"

enum { CHECK_LINES = 4096, PART_VOICE = 51, PART_REQUEST = 52 };
enum { MESSAGE_BYTES = 640 }; /* the longest sentence has half of it */

/* What may stand in a message: numbers and the callee's name. */
typedef struct blanks {
    uint32_t value;
    uint32_t request;
    const char *other;
} blanks;

static const char *const levels[CAUS_WORLD_LINE_COUNT] = {
    [CAUS_WORLD_LINE_HANDLED] = "INFO",  [CAUS_WORLD_LINE_ROUTINE] = "INFO",
    [CAUS_WORLD_LINE_STARTED] = "INFO",  [CAUS_WORLD_LINE_NOTICE] = "WARN",
    [CAUS_WORLD_LINE_SLOW] = "WARN",     [CAUS_WORLD_LINE_MEMORY] = "WARN",
    [CAUS_WORLD_LINE_RETRY] = "WARN",    [CAUS_WORLD_LINE_WITHOUT] = "WARN",
    [CAUS_WORLD_LINE_REFUSED] = "ERROR", [CAUS_WORLD_LINE_TIMEOUT] = "ERROR",
    [CAUS_WORLD_LINE_CALLEE] = "ERROR",  [CAUS_WORLD_LINE_REJECTED] = "ERROR",
    [CAUS_WORLD_LINE_GLITCH] = "ERROR",  [CAUS_WORLD_LINE_FAULT] = "ERROR",
};

/* A sentence is a text with %v (value), %r (request) and %o (callee). */
enum { VOICES = 4 };
static const char *const sentences[CAUS_WORLD_LINE_COUNT][VOICES] = {
    [CAUS_WORLD_LINE_HANDLED] = {"handled request %r in %v ms",
                                 "POST /api/v1/items/%r 200 %vms",
                                 "request req-%r done, status=ok took=%vms",
                                 "finished %r"},
    [CAUS_WORLD_LINE_ROUTINE] = {"cache refreshed, %v entries",
                                 "published batch of %v metrics",
                                 "token %v rotated",
                                 "housekeeping: removed %v expired sessions"},
    [CAUS_WORLD_LINE_STARTED] = {"instance %v is ready to serve",
                                 "listening on 0.0.0.0:8080, worker %v",
                                 "Started application (instance %v)",
                                 "server %v up"},
    [CAUS_WORLD_LINE_NOTICE] = {"configuration key retry.v%v is deprecated",
                                "feature flag f%v is on for 10 % of users",
                                "schema migration %v is pending",
                                "unknown setting option_%v is ignored"},
    [CAUS_WORLD_LINE_SLOW] = {"slow request %r: %v ms",
                              "request %r exceeded its budget (%v ms)",
                              "req-%r took=%vms slow=true",
                              "latency above threshold: %v ms"},
    [CAUS_WORLD_LINE_MEMORY] = {"heap is %v % full after collection",
                                "memory pressure: %v % of the limit in use",
                                "GC overhead is high, heap %v %",
                                "rss at %v % of limit"},
    [CAUS_WORLD_LINE_RETRY] = {"calling %o again, attempt %v",
                               "retry %v after upstream error",
                               "rpc to %o failed, retry=%v", "attempt %v"},
    [CAUS_WORLD_LINE_WITHOUT] = {"%o is not available, answering without it",
                                 "upstream failed, using the fallback",
                                 "optional dependency %o skipped",
                                 "degraded answer"},
    [CAUS_WORLD_LINE_REFUSED] = {"queue is full, request %r refused",
                                 "503 for /api/v1/items/%r: no free worker",
                                 "rejected req-%r reason=overload",
                                 "server busy"},
    [CAUS_WORLD_LINE_TIMEOUT] = {"call to %o timed out after %v ms",
                                 "context deadline exceeded",
                                 "rpc error: code = DeadlineExceeded desc = %o "
                                 "gave no answer in %v ms",
                                 "java.net.SocketTimeoutException: Read timed "
                                 "out\n\tat net.Client.read(Client.java:%v)\n"
                                 "\tat app.Gateway.call(Gateway.java:88)"},
    [CAUS_WORLD_LINE_CALLEE] = {"request %r failed: %o answered status 500",
                                "upstream error, request %r failed",
                                "rpc error: code = Unavailable desc = %o",
                                "app.DownstreamException: status 503\n\tat "
                                "app.Gateway.check(Gateway.java:41)\n\tat "
                                "app.Handler.handle(Handler.java:19)"},
    [CAUS_WORLD_LINE_REJECTED] = {"order %r rejected: card declined",
                                  "invalid argument in request %r",
                                  "req-%r failed validation",
                                  "not found: item %r"},
    [CAUS_WORLD_LINE_GLITCH] = {"could not send metrics to the collector",
                                "session store: write conflict on key %v",
                                "audit log: batch %v dropped",
                                "failed to renew lease %v"},
};

/* What each fault throws. */
static const char *const thrown[VOICES] = {
    "java.lang.NullPointerException: price of item %r is null\n\tat "
    "app.Pricing.total(Pricing.java:57)\n\tat "
    "app.Handler.handle(Handler.java:23)",
    "Traceback (most recent call last):\n  File \"/app/handler.py\", line 41, "
    "in "
    "handle\n    return table[key]\nKeyError: 'sku-%r'",
    "panic: runtime error: index out of range [%v] with length 0\n\ngoroutine "
    "%r [running]:\nmain.handle()\n\t/app/main.go:88 +0x1d",
    "unexpected state of request %r: total does not equal the sum of its "
    "items"};
static const char *const broken[VOICES] = {
    "cannot reach database at 10.2.%v.7:5432: connection refused",
    "disk quota exceeded while writing segment %r",
    "TLS handshake failed: certificate has expired",
    "open /etc/app/secret: permission denied"};

static uint64_t voice_of(const caus_world *world, size_t service,
                         caus_world_line line)
{
    uint64_t key = caus_world_mix(world->seed, PART_VOICE);
    key = caus_world_mix(key, service);
    return caus_world_mix(key, line) % VOICES;
}

static const char *sentence_of(const caus_world *world,
                               const caus_world_log *log)
{
    uint64_t voice = voice_of(world, log->service, (caus_world_line)log->line);
    if (log->line != CAUS_WORLD_LINE_FAULT)
        return sentences[log->line][voice];
    return world->fault == CAUS_WORLD_OUTAGE ? broken[voice] : thrown[voice];
}

static void fill(char *to, const char *sentence, const blanks *with)
{
    char *end = to + MESSAGE_BYTES;
    for (const char *at = sentence; *at; at++) {
        size_t left = (size_t)(end - to);
        int wrote = 1;
        if (at[0] == '%' && at[1] == 'v')
            wrote = snprintf(to, left, "%" PRIu32, with->value);
        else if (at[0] == '%' && at[1] == 'r')
            wrote = snprintf(to, left, "%08" PRIx32, with->request);
        else if (at[0] == '%' && at[1] == 'o')
            wrote = snprintf(to, left, "%s", with->other);
        else
            *to = *at;
        at += *at == '%' && at[1] && strchr("vro", at[1]);
        to += wrote;
    }
    *to = '\0';
}

static void write_message(const caus_world *world, const caus_world_log *log,
                          char message[MESSAGE_BYTES])
{
    uint64_t key = caus_world_mix(world->seed, PART_REQUEST);
    blanks with = {.value = log->value,
                   .request = (uint32_t)caus_world_mix(key, log->trace),
                   .other = log->other < world->service_count
                                ? world->services[log->other].name
                                : ""};
    fill(message, sentence_of(world, log), &with);
}

void caus_world_add_message(const caus_world *world, const caus_world_log *log,
                            caus_json *json)
{
    char message[MESSAGE_BYTES];
    write_message(world, log, message);
    caus_json_put_text(json, "message", message);
}

/* Ids as those of the spans. */
static void add_trace(const caus_world *world, const caus_world_log *log,
                      caus_json *json)
{
    char id[40];
    if (log->trace == UINT32_MAX)
        return;
    snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx32,
             caus_world_mix(world->seed, 0), log->trace);
    caus_json_put_text(json, "trace_id", id);
}

caus_status caus_world_add_logs(const caus_world *world, caus_text *text,
                                const caus_run *run, caus_error *err)
{
    for (size_t i = 0; i < world->log_count; i++) {
        const caus_world_log *log = &world->logs[i];
        char time[40];
        caus_json json;
        if (i % CHECK_LINES == 0)
            CAUS_TRY(caus_run_check(run, err));
        caus_time_format(world->options.start_ns + log->time_us * 1000, time);
        caus_json_init(&json, text, 0);
        caus_json_begin_object(&json);
        caus_json_put_text(&json, "time", time);
        caus_json_put_text(&json, "service",
                           world->services[log->service].name);
        caus_json_put_text(&json, "level", levels[log->line]);
        caus_world_add_message(world, log, &json);
        add_trace(world, log, &json);
        caus_json_end_object(&json);
        caus_text_add_char(text, '\n');
    }
    return CAUS_OK;
}

/* ---- for ClickHouse ---- */

void caus_world_add_log_table(caus_text *text)
{
    caus_text_add(
        text, "CREATE TABLE otel_logs (TimestampNs UInt64,\n"
              "    Timestamp DateTime MATERIALIZED "
              "toDateTime(intDiv(TimestampNs, 1000000000)),\n"
              "    TraceId String, SeverityText String, SeverityNumber UInt8,\n"
              "    ServiceName String, Body String)\n"
              "ENGINE = MergeTree PARTITION BY toDate(Timestamp)\n"
              "ORDER BY (ServiceName, Timestamp)\n");
}

/* OpenTelemetry's number of a level. */
static int number_of(const char *level)
{
    enum { INFO = 9, WARN = 13, ERROR = 17 };
    return *level == 'E' ? ERROR : *level == 'W' ? WARN : INFO;
}

/* A field of a tab-separated row. */
static void add_escaped(caus_text *text, const char *field)
{
    for (; *field; field++) {
        if (*field == '\n')
            caus_text_add(text, "\\n");
        else if (*field == '\t')
            caus_text_add(text, "\\t");
        else if (*field == '\\')
            caus_text_add(text, "\\\\");
        else
            caus_text_add_char(text, *field);
    }
}

static void add_row(const caus_world *world, const caus_world_log *log,
                    caus_text *text)
{
    char message[MESSAGE_BYTES];
    const char *level = levels[log->line];
    caus_text_format(text, "%" PRId64 "\t",
                     world->options.start_ns + log->time_us * 1000);
    if (log->trace != UINT32_MAX) {
        caus_world_add_hex(text, caus_world_mix(world->seed, 0));
        caus_world_add_hex(text, log->trace);
    }
    caus_text_format(text, "\t%s\t%d\t%s\t", level, number_of(level),
                     world->services[log->service].name);
    write_message(world, log, message);
    add_escaped(text, message);
    caus_text_add_char(text, '\n');
}

caus_status caus_world_add_log_rows(const caus_world *world, caus_text *text,
                                    const caus_run *run, caus_error *err)
{
    caus_text_add(text, "INSERT INTO otel_logs FORMAT TabSeparated\n");
    for (size_t i = 0; i < world->log_count; i++) {
        if (i % CHECK_LINES == 0)
            CAUS_TRY(caus_run_check(run, err));
        add_row(world, &world->logs[i], text);
    }
    return CAUS_OK;
}
