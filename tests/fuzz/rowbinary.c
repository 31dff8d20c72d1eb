// SPDX-License-Identifier: Apache-2.0
/*
 * Replies of ClickHouse as caus reads them. The first byte chooses what was
 * asked (spans, texts or steps), the second how the body is cut.
 */
#include <stdlib.h>

#include "telemetry/clickhouse_bins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const caus_step_ranges ranges = {60000000000, 1, {{1000, 1100}}};

/* Feeds the body in pieces and asks what it was. */
static caus_status feed(caus_row_reader *reader, const char *body, size_t bytes,
                        size_t piece)
{
    caus_status status = CAUS_OK;
    for (size_t at = 0; at < bytes && status == CAUS_OK; at += piece) {
        size_t left = bytes - at;
        status = caus_row_reader_feed(reader, body + at,
                                      left < piece ? left : piece, NULL);
    }
    caus_error err;
    if (status == CAUS_OK)
        status = caus_row_reader_finish(reader, "h", "q", &err);
    caus_row_reader_deinit(reader);
    return status;
}

static void read_spans(const char *body, size_t bytes, size_t piece)
{
    static const caus_span_group group = {.errors = true,
                                          .quantile = {true, true, false}};
    caus_row_type types[CAUS_ROW_COLUMNS];
    caus_span_bins bins = {.group = &group, .ranges = &ranges};
    caus_row_reader reader = {.types = types,
                              .type_count = caus_sql_span_types(&group, types),
                              .row = caus_span_bins_take,
                              .forget = caus_span_bins_forget,
                              .data = &bins};
    caus_status status = feed(&reader, body, bytes, piece);
    caus_span_bins_settle(&bins);
    caus_arena *out = caus_arena_new(1 << 24);
    const char *texts[4];
    caus_warnings warnings = {texts, 0, 4};
    caus_variable_spec spec = {
        .name = "v", .service = "s", .trace_value = CAUS_TRACE_LATENCY};
    caus_fetch_options options = {.window = {1000 * ranges.step_ns,
                                             1100 * ranges.step_ns,
                                             ranges.step_ns}};
    caus_track track;
    if (out && status == CAUS_OK &&
        caus_span_track(&bins, &spec, &options, NULL, "q", out, &track,
                        &warnings, NULL) == CAUS_OK &&
        track.count > 101)
        abort();
    caus_arena_free(out);
    caus_span_bins_deinit(&bins);
}

static void read_texts(const char *body, size_t bytes, size_t piece)
{
    static const caus_row_type types[] = {CAUS_ROW_TEXT, CAUS_ROW_U64};
    caus_text_list list = {.scratch = caus_arena_new(1 << 24), .width = 1};
    caus_row_reader reader = {.types = types,
                              .type_count = 2,
                              .row = caus_text_list_take,
                              .forget = caus_text_list_forget,
                              .data = &list};
    if (list.scratch && feed(&reader, body, bytes, piece) == CAUS_OK) {
        caus_text text = {0};
        caus_text_list_add_names(&list, &text);
        caus_text_list_add_nearest(&list, "checkout", &text);
        caus_text_deinit(&text);
    }
    caus_arena_free(list.scratch);
}

static void read_steps(const char *body, size_t bytes, size_t piece)
{
    static const caus_row_type type = CAUS_ROW_U32;
    caus_span_presence presence = {.ranges = &ranges};
    caus_row_reader reader = {.types = &type,
                              .type_count = 1,
                              .row = caus_span_presence_take,
                              .forget = caus_span_presence_forget,
                              .data = &presence};
    (void)feed(&reader, body, bytes, piece);
    free(presence.steps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    const char *body = (const char *)data + 2;
    size_t piece = (size_t)data[1] + 1;
    switch (data[0] % 3) {
    case 0:
        read_spans(body, bytes - 2, piece);
        break;
    case 1:
        read_texts(body, bytes - 2, piece);
        break;
    default:
        read_steps(body, bytes - 2, piece);
        break;
    }
    return 0;
}
