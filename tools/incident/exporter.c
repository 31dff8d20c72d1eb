// SPDX-License-Identifier: Apache-2.0
#include "exporter.h"

#include "wire.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INSERT_ATTEMPTS = 5, INSERT_TIMEOUT_S = 10 };

void exporter_init(struct exporter *exporter, const char *columns,
                   uint16_t clickhouse_port)
{
    *exporter = (struct exporter){.columns = columns,
                                  .clickhouse_port = clickhouse_port};
    pthread_mutex_init(&exporter->lock, NULL);
}

struct text *exporter_begin_row(struct exporter *exporter)
{
    pthread_mutex_lock(&exporter->lock);
    return &exporter->rows;
}

void exporter_end_row(struct exporter *exporter)
{
    exporter->row_count++;
    pthread_mutex_unlock(&exporter->lock);
}

void put_length(struct text *rows, size_t length)
{
    while (length >= 128) {
        put_byte(rows, (uint8_t)(length | 128));
        length >>= 7;
    }
    put_byte(rows, (uint8_t)length);
}

void put_string(struct text *rows, const char *string)
{
    size_t length = strlen(string);
    put_length(rows, length);
    text_bytes(rows, string, length);
}

void put_u64(struct text *rows, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        put_byte(rows, (uint8_t)(value >> (8 * i)));
}

void put_byte(struct text *rows, uint8_t value)
{
    text_bytes(rows, &value, 1);
}

void put_resource(struct text *rows, const char *service)
{
    put_length(rows, 2);
    put_string(rows, "service.name");
    put_string(rows, "deployment.environment");
    put_length(rows, 2);
    put_string(rows, service);
    put_string(rows, "demo");
}

static bool insert_rows(const struct exporter *exporter,
                        const struct text *rows)
{
    char head[WIRE_HEAD_BYTES];
    int length = snprintf(
        head, sizeof head,
        "POST /?query=INSERT%%20INTO%%20%s%%20FORMAT%%20RowBinary HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
        exporter->columns, rows->length);
    int socket = wire_connect(exporter->clickhouse_port);
    if (socket < 0)
        return false;
    uint64_t deadline =
        monotonic_ns() + INSERT_TIMEOUT_S * UINT64_C(1000000000);
    bool inserted = wire_send(socket, head, (size_t)length) &&
                    wire_send(socket, rows->data, rows->length) &&
                    wire_reply_status(socket, deadline) == 200;
    close(socket);
    return inserted;
}

static void flush(struct exporter *exporter)
{
    pthread_mutex_lock(&exporter->lock);
    struct text rows = exporter->rows;
    unsigned count = exporter->row_count;
    exporter->rows = (struct text){0};
    exporter->row_count = 0;
    pthread_mutex_unlock(&exporter->lock);
    if (count == 0)
        return;
    // Only an insert that was refused or broken off is repeated; were its
    // rows stored all the same, they would be there twice.
    bool inserted = false;
    for (int i = 0; i < INSERT_ATTEMPTS && !inserted; i++) {
        if (i > 0)
            sleep_ms(200.0);
        inserted = insert_rows(exporter, &rows);
    }
    atomic_fetch_add(inserted ? &exporter->exported : &exporter->dropped,
                     count);
    text_free(&rows);
}

void *exporter_body(void *argument)
{
    struct exporter *exporter = argument;
    uint64_t next = monotonic_ns();
    while (!atomic_load(&exporter->stopping)) {
        next += UINT64_C(1000000000);
        sleep_until_ns(next);
        flush(exporter);
    }
    flush(exporter);
    return NULL;
}
