// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_SPANS_H
#define INCIDENT_SPANS_H

#include "chance.h"
#include "common.h"
#include "queue.h"

#include <stdatomic.h>

enum { SPAN_ATTRIBUTES_MAX = 4 };

struct attribute {
    const char *key;
    char value[32];
};

struct span {
    char trace_id[TRACE_ID_CHARS + 1];
    char span_id[SPAN_ID_CHARS + 1];
    char parent_id[SPAN_ID_CHARS + 1];
    const char *name;
    const char *kind; // Server, Client, Internal or Consumer
    uint64_t start_wall_ns;
    uint64_t duration_ns;
    bool failed;
    const char *message; // why it failed
    struct attribute attributes[SPAN_ATTRIBUTES_MAX];
    unsigned attribute_count;
};

void span_new_id(struct chance *chance, char *hex, unsigned chars);
void span_attribute(struct span *span, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Collects the spans of one process as RowBinary and inserts them into
// ClickHouse's table otel_traces once a second.
struct span_exporter {
    const char *service;
    uint16_t clickhouse_port;
    pthread_mutex_t lock;
    struct text rows;
    unsigned row_count;
    atomic_bool stopping;
    atomic_ullong exported;
    atomic_ullong dropped;
};

void span_exporter_init(struct span_exporter *exporter, const char *service,
                        uint16_t clickhouse_port);
void span_export(struct span_exporter *exporter, const struct span *span);
void *span_exporter_body(void *exporter); // returns after `stopping`

#endif
