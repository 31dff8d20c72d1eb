// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_EXPORTER_H
#define INCIDENT_EXPORTER_H

#include "common.h"

#include <stdatomic.h>

// Collects rows of one table as RowBinary and inserts them into ClickHouse
// once a second.
struct exporter {
    const char *columns; // what an INSERT INTO names: TABLE%20(A,B)
    uint16_t clickhouse_port;
    pthread_mutex_t lock;
    struct text rows;
    unsigned row_count;
    atomic_bool stopping;
    atomic_ullong exported;
    atomic_ullong dropped;
};

void exporter_init(struct exporter *exporter, const char *columns,
                   uint16_t clickhouse_port);
void *exporter_body(void *exporter); // returns after `stopping`

// Between the two one thread may add the values of one row.
struct text *exporter_begin_row(struct exporter *exporter);
void exporter_end_row(struct exporter *exporter);

void put_length(struct text *rows, size_t length); // of an array
void put_string(struct text *rows, const char *string);
void put_u64(struct text *rows, uint64_t value);
void put_byte(struct text *rows, uint8_t value);
void put_resource(struct text *rows, const char *service);

#endif
