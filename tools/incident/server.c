// SPDX-License-Identifier: Apache-2.0
#include "service.h"
#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 32 };

// Owned by the server's thread while it waits for a request, by the worker
// from the arrival of a request until its answer (EPOLLONESHOT).
struct connection {
    int socket;
    int epoll;
    size_t used;
    char head[WIRE_HEAD_BYTES];
};

// Gives the connection back. The kernel reports it only after this call, and
// nobody touches it after this call; a thread sanitizer that does not follow
// EPOLL_CTL_MOD takes the hand-over for a race.
static void rearm(struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT,
                                .data.ptr = connection};
    epoll_ctl(connection->epoll, EPOLL_CTL_MOD, connection->socket, &event);
}

static const char *reason(unsigned status)
{
    switch (status) {
    case 200:
        return "OK";
    case 202:
        return "Accepted";
    case 404:
        return "Not Found";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

void server_answer(struct connection *connection, unsigned status)
{
    char head[128];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %u %s\r\nContent-Length: 0\r\n\r\n", status,
                          reason(status));
    wire_send(connection->socket, head, (size_t)length);
    rearm(connection); // a caller that gave up shows as end of file there
}

static void answer_page(struct connection *connection, const struct text *page)
{
    char head[160];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 200 OK\r\n"
                          "Content-Type: text/plain; version=0.0.4\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          page->length);
    if (wire_send(connection->socket, head, (size_t)length))
        wire_send(connection->socket, page->data, page->length);
    rearm(connection);
}

static void answer_metrics(struct service *service,
                           struct connection *connection)
{
    struct text page = {0};
    metrics_render(service, &page);
    answer_page(connection, &page);
    text_free(&page);
}

static const char *header(const char *head, const char *name)
{
    const char *found = strcasestr(head, name);
    return found == NULL ? NULL : found + strlen(name);
}

// Copies the hexadecimal id of the given length at `from`; returns what
// follows it, NULL when there is no such id.
static const char *copy_id(const char *from, char *id, size_t chars)
{
    if (from == NULL || strspn(from, "0123456789abcdef") != chars)
        return NULL;
    memcpy(id, from, chars);
    return from + chars;
}

static struct job job_of_head(const char *head, struct connection *connection)
{
    struct job job = {.connection = connection,
                      .arrived_wall_ns = wall_ns(),
                      .arrived_ns = monotonic_ns()};
    const char *trace = header(head, "\r\ntraceparent: 00-");
    const char *rest = copy_id(trace, job.trace_id, TRACE_ID_CHARS);
    if (rest != NULL && *rest == '-')
        copy_id(rest + 1, job.parent_id, SPAN_ID_CHARS);
    const char *user = header(head, "\r\nx-user: ");
    if (user != NULL)
        job.user = (unsigned)strtoul(user, NULL, 10);
    return job;
}

static void take_request(struct service *service, struct connection *connection)
{
    struct job job = job_of_head(connection->head, connection);
    bool asynchronous = service->options.asynchronous;
    if (asynchronous)
        job.connection = NULL;
    if (!queue_push(&service->queue, &job)) {
        atomic_fetch_add(&service->stats.rejected, 1);
        stats_record(&service->stats, 0, true, false);
        line_write(&service->log, LINE_REFUSED, &job,
                   "request of user %u refused: queue full, %u waiting",
                   job.user, service->options.queue_limit);
        server_answer(connection, 503);
    } else if (asynchronous) {
        server_answer(connection, 202);
    }
}

// POST /fault?kind=KIND&size=SIZE&ramp_s=SECONDS
static void take_fault(struct service *service, struct connection *connection)
{
    const char *word = header(connection->head, "?kind=");
    const char *size = header(connection->head, "&size=");
    const char *ramp = header(connection->head, "&ramp_s=");
    enum fault_kind kind;
    if (word == NULL || size == NULL || ramp == NULL ||
        !fault_kind_named(word, &kind)) {
        server_answer(connection, 404);
        return;
    }
    fault_set(&service->fault, kind, strtod(size, NULL), strtod(ramp, NULL));
    server_answer(connection, 200);
}

static void dispatch(struct service *service, struct connection *connection)
{
    const char *head = connection->head;
    connection->used = 0;
    if (strncmp(head, "POST /work ", 11) == 0)
        take_request(service, connection);
    else if (strncmp(head, "GET /metrics", 12) == 0)
        answer_metrics(service, connection);
    else if (strncmp(head, "POST /fault?", 12) == 0)
        take_fault(service, connection);
    else if (strncmp(head, "GET /healthz", 12) == 0)
        server_answer(connection, 200);
    else
        server_answer(connection, 404);
}

static void read_request(struct service *service, struct connection *connection)
{
    size_t room = sizeof connection->head - 1 - connection->used;
    ssize_t got = recv(connection->socket, connection->head + connection->used,
                       room, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        rearm(connection);
        return;
    }
    if (got <= 0) { // gone, or a head longer than anything we speak
        close(connection->socket);
        free(connection);
        return;
    }
    connection->used += (size_t)got;
    connection->head[connection->used] = '\0';
    if (strstr(connection->head, "\r\n\r\n") != NULL)
        dispatch(service, connection);
    else
        rearm(connection);
}

static void accept_connection(int listener, int epoll)
{
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (socket < 0)
        return;
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *connection = allocate(sizeof *connection);
    connection->socket = socket;
    connection->epoll = epoll;
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT,
                                .data.ptr = connection};
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

void *server_body(void *argument)
{
    struct service *service = argument;
    struct epoll_event events[EVENTS_AT_ONCE];
    int listener = wire_listen(service->options.port);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll < 0)
        die("cannot create an epoll instance: %s", strerror(errno));
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                accept_connection(listener, epoll);
            else
                read_request(service, events[i].data.ptr);
        }
    }
    return NULL;
}
