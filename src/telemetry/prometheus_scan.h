/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads replies of the Prometheus HTTP API as they arrive: no tree is built,
 * what was read is handed on piece by piece. One scanner reads one reply, in
 * pieces of any size: query and query_range (matrix or vector), series, label
 * values, metadata, and error replies.
 */
#ifndef CAUS_SRC_TELEMETRY_PROMETHEUS_SCAN_H
#define CAUS_SRC_TELEMETRY_PROMETHEUS_SCAN_H

#include "base/base.h"
#include "caus/series.h"

enum {
    CAUS_SCAN_MAX_DEPTH = 32,
    CAUS_SCAN_MAX_LABELS = 256,
    CAUS_SCAN_MAX_TEXT = 1 << 20, /* bytes of one text or label set */
    CAUS_SCAN_ERROR_BYTES = 400
};

/* Who takes what is read. A NULL function lets it pass. Anything but CAUS_OK
 * stops the scan with that status. Texts are valid during the call. */
typedef struct caus_scan_events {
    /* The labels of the series whose points follow, or one of /series. */
    caus_status (*series)(void *data, const caus_label *labels, size_t count,
                          caus_error *err);
    /* NaN and infinite values arrive as NaN. */
    caus_status (*point)(void *data, int64_t time_ms, double value,
                         caus_error *err);
    /* The series just named is a native histogram. */
    caus_status (*histogram)(void *data, caus_error *err);
    /* A warning or info of the server. */
    caus_status (*note)(void *data, const char *text, caus_error *err);
    /* A label value, or the version in a reply of /status/buildinfo. */
    caus_status (*word)(void *data, const char *text, caus_error *err);
    /* An entry of /metadata. */
    caus_status (*metadata)(void *data, const char *name, const char *type,
                            const char *unit, caus_error *err);
    void *data;
    void *note_data; /* of note(), which has an owner of its own */
} caus_scan_events;

typedef struct caus_scanner {
    const caus_scan_events *events;
    bool is_metadata; /* names below "data" are metrics */
    unsigned char places[CAUS_SCAN_MAX_DEPTH];
    unsigned char depth;
    unsigned char expected;
    unsigned char token; /* of which a first part has arrived */
    unsigned char key;
    bool is_escaped; /* the token holds a backslash */
    bool after_backslash;
    bool has_time;
    bool has_labels;
    bool is_error; /* the server said "status": "error" */
    bool has_status;
    int64_t time_ms;
    caus_text text;   /* the token so far */
    caus_text labels; /* names and values, NUL-terminated, one after another */
    size_t label_count;
    size_t label_at[CAUS_SCAN_MAX_LABELS][2];
    char words[CAUS_SCAN_ERROR_BYTES];  /* the server's "error" */
    char name[256], type[32], unit[64]; /* of a metadata entry */
} caus_scanner;

/*
 * Starts a scan.
 *
 *   events       kept by reference
 *   is_metadata  the reply is one of /api/v1/metadata
 */
void caus_scan_init(caus_scanner *scanner, const caus_scan_events *events,
                    bool is_metadata);

/* Frees what the scanner holds; a zeroed one is accepted. */
void caus_scan_deinit(caus_scanner *scanner);

/*
 * Reads the next piece. Fails with CAUS_ERR_SERVER (an HTML page, not JSON,
 * malformed, too deep), CAUS_ERR_LIMIT (a text or label set that is too long),
 * CAUS_ERR_OUT_OF_MEMORY or what an event returned. Cost O(count).
 */
caus_status caus_scan_push(caus_scanner *scanner, const char *bytes,
                           size_t count, caus_error *err);

/* Whether the reply is read to its end. */
bool caus_scan_is_complete(const caus_scanner *scanner);

/* Fails with CAUS_ERR_SERVER when the reply stopped short, was no reply of
 * this API or says "status": "error". */
caus_status caus_scan_finish(caus_scanner *scanner, caus_error *err);

/* Resolves the escapes of a JSON text in place; NUL and lone surrogates become
 * U+FFFD. False if an escape is malformed. */
bool caus_scan_unescape(caus_text *text);

#endif
