/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP server on loopback whose replies a test makes up: for servers
 * that fail, dawdle or lie, which no real one does on request. */
#ifndef CAUS_TESTS_UNIT_HTTP_LOOPBACK_H
#define CAUS_TESTS_UNIT_HTTP_LOOPBACK_H

#include <stddef.h>

typedef struct loopback loopback;

typedef struct loopback_request {
    loopback *server;
    int number; /* 0 = the first of all */
    int socket; /* to answer on; closed afterwards */
    char method[8];
    char target[4096];
    char headers[8192];
    char body[65536]; /* NUL-terminated */
} loopback_request;

/* Answers one request, in a thread of its own. */
typedef void loopback_handler(void *data, const loopback_request *request);

/* Starts listening on a free port; NULL on failure. */
loopback *loopback_start(loopback_handler *handler, void *data);

/* Ends waiting handlers, joins all threads, frees. */
void loopback_stop(loopback *server);

/* "http://127.0.0.1:PORT" */
const char *loopback_url(const loopback *server);

/* Requests taken so far. */
int loopback_count(const loopback *server);

/* Sends bytes as they are. */
void loopback_send(const loopback_request *request, const char *bytes,
                   size_t count);

/* Sends a whole reply. `headers` end with "\r\n" each, may be "". */
void loopback_reply(const loopback_request *request, int status,
                    const char *headers, const char *body);

/* Keeps the client waiting until the server is stopped. */
void loopback_hang(const loopback_request *request);

#endif
