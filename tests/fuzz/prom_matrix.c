/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of the Prometheus API: the first byte chooses the size of the pieces
 * (0 = metadata), the rest is the reply. Pieces must not change what is read.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/prometheus_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What was read, as a running checksum. */
typedef struct reading {
    uint64_t sum;
    size_t series;
} reading;

static void mix(reading *to, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++)
        to->sum = (to->sum ^ at[i]) * 0x100000001b3u;
}

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    reading *to = data;
    (void)err;
    to->series++;
    for (size_t i = 0; i < count; i++) {
        mix(to, labels[i].name, strlen(labels[i].name) + 1);
        mix(to, labels[i].value, strlen(labels[i].value) + 1);
    }
    return CAUS_OK;
}

static caus_status take_point(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    (void)err;
    if (isinf(value))
        abort();
    if (isnan(value))
        value = -1;
    mix(data, &time_ms, sizeof time_ms);
    mix(data, &value, sizeof value);
    return CAUS_OK;
}

static caus_status take_histogram(void *data, caus_error *err)
{
    (void)err;
    mix(data, "h", 1);
    return CAUS_OK;
}

static caus_status take_text(void *data, const char *text, caus_error *err)
{
    (void)err;
    mix(data, text, strlen(text) + 1);
    return CAUS_OK;
}

static caus_status take_metadata(void *data, const char *name, const char *type,
                                 const char *unit, caus_error *err)
{
    (void)err;
    mix(data, name, strlen(name) + 1);
    mix(data, type, strlen(type) + 1);
    mix(data, unit, strlen(unit) + 1);
    return CAUS_OK;
}

static caus_status read_in_pieces(const char *reply, size_t bytes, size_t piece,
                                  bool is_metadata, reading *to)
{
    caus_scan_events events = {.series = take_series,
                               .point = take_point,
                               .histogram = take_histogram,
                               .note = take_text,
                               .word = take_text,
                               .metadata = take_metadata,
                               .data = to,
                               .note_data = to};
    caus_scanner scanner;
    caus_error err;
    caus_status status = CAUS_OK;
    *to = (reading){.sum = 0xcbf29ce484222325u};
    caus_scan_init(&scanner, &events, is_metadata);
    for (size_t at = 0; status == CAUS_OK && at < bytes; at += piece) {
        size_t count = bytes - at < piece ? bytes - at : piece;
        /* A copy of its own, so that reading beyond it is seen. */
        char *copy = malloc(count);
        if (!copy)
            abort();
        memcpy(copy, reply + at, count);
        status = caus_scan_push(&scanner, copy, count, &err);
        free(copy);
    }
    if (status == CAUS_OK)
        status = caus_scan_finish(&scanner, &err);
    caus_scan_deinit(&scanner);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    const char *reply = (const char *)data + 1;
    size_t piece = data[0] ? data[0] : 13;
    reading whole, pieces;
    caus_status first =
        read_in_pieces(reply, bytes - 1, bytes, !data[0], &whole);
    caus_status second =
        read_in_pieces(reply, bytes - 1, piece, !data[0], &pieces);
    if (first != second ||
        (first == CAUS_OK &&
         (whole.sum != pieces.sum || whole.series != pieces.series)))
        abort();
    return 0;
}
