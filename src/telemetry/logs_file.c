/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/excerpt.h"
#include "telemetry/csv_internal.h"
#include "telemetry/logs_internal.h"

const char *const *const caus_log_names[CAUS_LOG_FIELDS] = {
    (const char *const[]){"time", "timestamp", "ts", "@timestamp", "Timestamp",
                          "datetime", NULL},
    (const char *const[]){"service", "service_name", "service.name",
                          "ServiceName", "app", "container", "container_name",
                          NULL},
    (const char *const[]){"severity", "level", "severity_text", "SeverityText",
                          "log.level", "lvl", "levelname", NULL},
    (const char *const[]){"text", "message", "msg", "body", "Body", "log",
                          NULL},
    (const char *const[]){"trace_id", "TraceId", "traceId", "trace.id", NULL}};

static caus_slice slice_of(const caus_text *text)
{
    return (caus_slice){text->bytes, text->length};
}

static caus_slice given_service(const caus_log_reader *r)
{
    const char *name = r->options->service ? r->options->service : "";
    return (caus_slice){name, strlen(name)};
}

static caus_status fail_time(const caus_log_reader *r, caus_slice text,
                             bool lacks_zone, caus_error *err)
{
    caus_excerpt shown = caus_excerpt_of(text.bytes, text.length);
    if (lacks_zone)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: the time '%s' has no zone: give --tz, "
                         "or write an offset such as Z or +01:00",
                         r->path, r->line, shown.text);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu starts with no time but '%s': give lines of "
                     "TIME SERVICE TEXT with RFC 3339 or unix times, CSV with "
                     "a header, or JSON",
                     r->path, r->line, shown.text);
}

static caus_status add_line(caus_log_reader *r, const caus_log_row *row,
                            caus_error *err)
{
    caus_slice service = row->service, text = row->text;
    if (!caus_utf8_is_valid(service.bytes, service.length) ||
        caus_text_has_control(service.bytes, service.length))
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_DATA,
            "%s line %zu: '%s' is no service name: give plain UTF-8", r->path,
            r->line, caus_excerpt_of(service.bytes, service.length).text);
    if (!caus_utf8_is_valid(text.bytes, text.length))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu is no UTF-8: '%s': save the log as UTF-8",
                         r->path, r->line,
                         caus_excerpt_of(text.bytes, text.length).text);
    return caus_logs_builder_add(r->builder, row, err);
}

/* A word; or a number: syslog's 0 to 7, or the tens of pino. */
static caus_severity read_severity(caus_slice text)
{
    static const caus_severity syslog[] = {
        CAUS_SEVERITY_ERROR, CAUS_SEVERITY_ERROR, CAUS_SEVERITY_ERROR,
        CAUS_SEVERITY_ERROR, CAUS_SEVERITY_WARN,  CAUS_SEVERITY_INFO,
        CAUS_SEVERITY_INFO,  CAUS_SEVERITY_DEBUG};
    static const caus_severity tens[] = {
        CAUS_SEVERITY_DEBUG, CAUS_SEVERITY_DEBUG, CAUS_SEVERITY_INFO,
        CAUS_SEVERITY_WARN,  CAUS_SEVERITY_ERROR, CAUS_SEVERITY_ERROR};
    const char *at = text.bytes;
    if (text.length == 1 && *at >= '0' && *at <= '7')
        return syslog[*at - '0'];
    if (text.length == 2 && *at >= '1' && *at <= '6' && at[1] == '0')
        return tens[*at - '1'];
    return caus_severity_of_word(text);
}

caus_slice caus_log_trace_id(caus_slice text)
{
    bool is_plain = text.length <= CAUS_LOG_TRACE_BYTES &&
                    caus_utf8_is_valid(text.bytes, text.length) &&
                    !caus_text_has_control(text.bytes, text.length);
    size_t zeros = 0;
    while (zeros < text.length && text.bytes[zeros] == '0')
        zeros++;
    return is_plain && zeros < text.length ? text : (caus_slice){"", 0};
}

caus_status caus_log_reader_add(caus_log_reader *r, caus_error *err)
{
    const caus_json_wanted *wanted = r->wanted;
    caus_slice time = slice_of(&wanted[CAUS_LOG_TIME].text);
    caus_log_row row = {
        .service = wanted[CAUS_LOG_SERVICE].text.length
                       ? slice_of(&wanted[CAUS_LOG_SERVICE].text)
                       : given_service(r),
        .text = slice_of(&wanted[CAUS_LOG_TEXT].text),
        .trace = caus_log_trace_id(slice_of(&wanted[CAUS_LOG_TRACE].text)),
        .severity = read_severity(slice_of(&wanted[CAUS_LOG_SEVERITY].text)),
        .lines = 1};
    bool lacks_zone;
    if (!caus_event_time(time, r->options->zone, r->options->zone_data,
                         &row.time_ns, &lacks_zone))
        return fail_time(r, time, lacks_zone, err);
    return add_line(r, &row, err);
}

static caus_status read_json(caus_log_reader *r, const char *at,
                             const char *end, caus_error *err)
{
    int read = caus_json_line_read(at, end, r->wanted, CAUS_LOG_FIELDS);
    if (read == 0)
        return caus_log_reader_fail(r, err);
    if (read < 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu is no JSON object: '%s': give one object "
                         "a line with time, service and text",
                         r->path, r->line,
                         caus_excerpt_of(at, (size_t)(end - at)).text);
    return caus_log_reader_add(r, err);
}

caus_status caus_log_reader_fail(const caus_log_reader *r, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for the log lines of %s", r->path);
}

static caus_slice next_word(const char **at, const char *end)
{
    while (*at != end && caus_csv_is_blank(**at))
        ++*at;
    const char *from = *at;
    while (*at != end && !caus_csv_is_blank(**at))
        ++*at;
    return (caus_slice){from, (size_t)(*at - from)};
}

/* "[auth]", "auth:" */
static caus_slice bare_service(caus_slice word)
{
    if (word.length > 0 && word.bytes[word.length - 1] == ':')
        word.length--;
    if (word.length > 1 && word.bytes[0] == '[' &&
        word.bytes[word.length - 1] == ']')
        word = (caus_slice){word.bytes + 1, word.length - 2};
    return word;
}

/* "404 not found" is no time: plain lines have none before 1973. */
static const int64_t earliest_ns = INT64_C(100000000000000000);

/* The time at the start of a line: one word, or a date and a time of day. */
static bool read_time(const caus_log_reader *r, const char **at,
                      const char *end, int64_t *time_ns, caus_slice *shown,
                      bool *lacks_zone)
{
    const char *behind = *at;
    *shown = next_word(&behind, end);
    const char *both = behind;
    caus_slice second = next_word(&both, end);
    caus_slice whole = {shown->bytes,
                        (size_t)(second.bytes + second.length - shown->bytes)};
    bool lacks = false;
    if (caus_event_time(whole, r->options->zone, r->options->zone_data, time_ns,
                        lacks_zone)) {
        *at = both;
        return true;
    }
    if (*lacks_zone)
        *shown = whole;
    else if (caus_event_time(*shown, r->options->zone, r->options->zone_data,
                             time_ns, &lacks) &&
             *time_ns >= earliest_ns) {
        *at = behind;
        return true;
    }
    *lacks_zone = *lacks_zone || lacks;
    return false;
}

static caus_status read_plain(caus_log_reader *r, const char *at,
                              const char *end, caus_error *err)
{
    int64_t time_ns;
    caus_slice shown;
    bool lacks_zone;
    if (caus_csv_is_blank(*at) ||
        !read_time(r, &at, end, &time_ns, &shown, &lacks_zone)) {
        bool is_first = r->line == 1;
        if (!is_first && (caus_csv_is_blank(*at) || !lacks_zone)) {
            r->continued_lines++;
            return CAUS_OK;
        }
        if (caus_csv_is_blank(*at))
            return fail_time(r, (caus_slice){at, (size_t)(end - at)}, false,
                             err);
        return fail_time(r, shown, lacks_zone, err);
    }
    caus_log_row row = {.time_ns = time_ns, .lines = 1};
    row.service = r->options->service ? given_service(r)
                                      : bare_service(next_word(&at, end));
    while (at != end && caus_csv_is_blank(*at))
        at++;
    row.text = (caus_slice){at, (size_t)(end - at)};
    return add_line(r, &row, err);
}

static caus_status read_line(caus_log_reader *r, const char *at,
                             const char *end, caus_error *err)
{
    if (r->column_count)
        return caus_log_reader_row(r, at, end, err);
    if (at == end)
        return CAUS_OK;
    if (r->line == 1 && *at != '{') {
        CAUS_TRY(caus_log_reader_header(r, at, end, err));
        if (r->column_count)
            return CAUS_OK;
    }
    return *at == '{' ? read_json(r, at, end, err)
                      : read_plain(r, at, end, err);
}

static caus_status read_all(caus_log_reader *r, caus_csv_source *source,
                            const caus_run *run, caus_error *err)
{
    caus_csv_lines lines = {.source = source, .run = run};
    for (;;) {
        caus_csv_text line;
        CAUS_TRY(caus_csv_next_line(&lines, &line, err));
        if (!line.from)
            return caus_log_reader_end(r, err);
        r->line = lines.count;
        CAUS_TRY(read_line(r, line.from, line.end, err));
    }
}

static caus_status check_options(const caus_logs_options *options,
                                 caus_error *err)
{
    if (options->similarity >= 0 && options->similarity <= 1)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "a similarity of %g is no share: give one in (0, 1]",
                     options->similarity);
}

caus_status caus_logs_read(const char *path, const caus_logs_options *options,
                           const caus_run *run, caus_arena *out,
                           caus_logs *result, caus_error *err)
{
    const caus_logs_options none = {0};
    const caus_logs_options *used = options ? options : &none;
    size_t limit_bytes = caus_run_memory_limit_bytes(run);
    CAUS_TRY(check_options(used, err));
    caus_log_reader r = {.path = path, .options = used};
    for (int i = 0; i < CAUS_LOG_FIELDS; i++)
        r.wanted[i].names = caus_log_names[i];
    caus_csv_source *source = NULL;
    CAUS_TRY(caus_csv_source_open(path, limit_bytes, run, &source, err));
    r.builder = caus_logs_builder_new(
        used->similarity > 0 ? used->similarity : caus_log_usual_similarity,
        used->max_templates ? used->max_templates : CAUS_LOG_USUAL_TEMPLATES,
        limit_bytes);
    caus_status status = r.builder ? read_all(&r, source, run, err)
                                   : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                                               "no memory to read %s", path);
    caus_csv_source_close(source);
    caus_logs made;
    if (status == CAUS_OK)
        status = caus_logs_builder_finish(r.builder, run, out, &made, err);
    if (status == CAUS_OK) {
        made.continued_lines += r.continued_lines;
        *result = made;
    }
    caus_logs_builder_free(r.builder);
    for (int i = 0; i < CAUS_LOG_FIELDS; i++)
        caus_text_deinit(&r.wanted[i].text);
    caus_text_deinit(&r.pending);
    return status;
}
