// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_LINES_H
#define INCIDENT_LINES_H

#include "exporter.h"
#include "queue.h"

// What a service finds worth a log line.
enum line_kind {
    LINE_START, // information
    LINE_SLOW,  // warnings
    LINE_POOL_WAIT,
    LINE_ATTEMPT_FAILED,
    LINE_RETRY_BUDGET,
    LINE_CALL_FAILED, // errors
    LINE_REFUSED,
    LINE_WORK_FAILED,
    LINE_KINDS
};

// The log of one process. Of each kind but the first one line a second is
// written, with how many were not, as loggers under load do.
struct line_log {
    const char *service;
    struct exporter exporter;
    pthread_mutex_t lock;
    uint64_t next_ns[LINE_KINDS];
    unsigned suppressed[LINE_KINDS];
};

void line_log_init(struct line_log *log, const char *service,
                   uint16_t clickhouse_port);

// `job` tells the trace; NULL: the line belongs to no request.
void line_write(struct line_log *log, enum line_kind kind,
                const struct job *job, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
