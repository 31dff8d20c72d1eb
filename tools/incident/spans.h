// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_SPANS_H
#define INCIDENT_SPANS_H

#include "chance.h"
#include "exporter.h"
#include "queue.h"

enum { SPAN_ATTRIBUTES_MAX = 4 };

extern const char SPAN_COLUMNS[]; // of their exporter

struct attribute {
    const char *key;
    char value[32];
};

struct span {
    const char *service;
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
void span_export(struct exporter *exporter, const struct span *span);

#endif
