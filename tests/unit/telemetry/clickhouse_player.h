/* SPDX-License-Identifier: Apache-2.0 */
/* A loopback server that plays back bodies, chosen by what a statement holds:
 * for what a real server does only by accident. */
#ifndef CAUS_TESTS_UNIT_TELEMETRY_CLICKHOUSE_PLAYER_H
#define CAUS_TESTS_UNIT_TELEMETRY_CLICKHOUSE_PLAYER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit/telemetry/clickhouse_fixture.h"

enum { PLAYER_BODIES = 5, PLAYER_BYTES = 1 << 17 };

typedef struct player_body {
    const char *holds; /* words of the statement; the first body fits */
    char bytes[PLAYER_BYTES];
    size_t count;
} player_body;

typedef struct player {
    int listener;
    pthread_t thread;
    char url[64];
    player_body bodies[PLAYER_BODIES];
    int fail_first; /* so many replies of status 503 first */
} player;

static inline void player_put(player_body *body, const void *bytes,
                              size_t count)
{
    memcpy(body->bytes + body->count, bytes, count);
    body->count += count;
}

static inline void player_put_text(player_body *body, const char *text)
{
    char length = (char)strlen(text);
    player_put(body, &length, 1);
    player_put(body, text, (size_t)length);
}

/* Columns in answer to the search for tables. */
static inline void player_put_table(player_body *body,
                                    const caus_clickhouse_column *columns,
                                    size_t count)
{
    body->holds = "system.columns";
    for (size_t i = 0; i < count; i++) {
        player_put_text(body, columns[i].database);
        player_put_text(body, columns[i].table);
        player_put_text(body, columns[i].name);
        player_put_text(body, columns[i].type);
    }
}

/* Those of the exporter's table of spans. */
static inline void player_put_columns(player_body *body)
{
    player_put_table(body, COLUMNS(map_columns));
}

/* One request a connection. */
static inline void player_answer(player *at, int connection)
{
    char request[16384];
    size_t got = 0;
    while (got + 1 < sizeof request) {
        ssize_t more =
            recv(connection, request + got, sizeof request - 1 - got, 0);
        if (more <= 0)
            return;
        got += (size_t)more;
        request[got] = '\0';
        const char *head_end = strstr(request, "\r\n\r\n");
        const char *length = strstr(request, "Content-Length: ");
        if (head_end && length &&
            got >= (size_t)(head_end + 4 - request) +
                       strtoul(length + 16, NULL, 10))
            break;
    }
    const player_body *body = at->bodies;
    while (!body->holds || !strstr(request, body->holds))
        body++;
    bool fails = at->fail_first > 0;
    at->fail_first -= fails;
    char head[256];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
                          "Connection: close\r\n\r\n",
                          fails ? "503 Busy" : "200 OK", body->count);
    if (send(connection, head, (size_t)length, MSG_NOSIGNAL) == length)
        (void)!send(connection, body->bytes, body->count, MSG_NOSIGNAL);
}

static inline void *player_play(void *data)
{
    player *at = data;
    for (;;) {
        int connection = accept(at->listener, NULL, NULL);
        if (connection < 0)
            return NULL;
        player_answer(at, connection);
        close(connection);
    }
}

/* Starts a player whose bodies are set. */
static inline int player_start(player *at)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    at->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(at->listener, (struct sockaddr *)&address, length) ||
        listen(at->listener, 16) ||
        getsockname(at->listener, (struct sockaddr *)&address, &length))
        return 1;
    snprintf(at->url, sizeof at->url, "http://127.0.0.1:%d",
             ntohs(address.sin_port));
    return pthread_create(&at->thread, NULL, player_play, at);
}

static inline int player_stop(void **state)
{
    player *at = *state;
    shutdown(at->listener, SHUT_RDWR);
    pthread_join(at->thread, NULL);
    close(at->listener);
    free(at);
    return 0;
}

#endif
