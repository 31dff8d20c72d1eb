/* SPDX-License-Identifier: Apache-2.0 */
#include "loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct loopback {
    loopback_handler *handler;
    void *data;
    int listener;
    char url[64];
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool is_ending;
    int active;
    atomic_int count;
};

static bool read_request(int socket, loopback_request *request)
{
    char *bytes = calloc(1, 80000);
    size_t length = 0;
    char *end = NULL;
    while (bytes && !end && length < 16000) {
        ssize_t got = recv(socket, bytes + length, 16000 - length, 0);
        if (got <= 0)
            break;
        length += (size_t)got;
        if (*bytes == 0x16) /* a TLS greeting */
            break;
        end = strstr(bytes, "\r\n\r\n");
    }
    size_t expected = 0;
    for (char *at = bytes; end && at < end; at = strstr(at, "\r\n") + 2) {
        if (strncasecmp(at, "content-length:", 15) == 0)
            expected = strtoul(at + 15, NULL, 10);
    }
    size_t head = end ? (size_t)(end - bytes) + 4 : 0;
    while (end && length < head + expected && expected < 60000) {
        ssize_t got = recv(socket, bytes + length, head + expected - length, 0);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    if (end) {
        *end = '\0';
        sscanf(bytes, "%7s %4095s", request->method, request->target);
        snprintf(request->headers, sizeof request->headers, "%.8000s\r\n",
                 strstr(bytes, "\r\n") ? strstr(bytes, "\r\n") : "");
        memcpy(request->body, bytes + head, length - head);
    }
    free(bytes);
    return end != NULL;
}

static void *converse(void *data)
{
    loopback_request *request = data;
    loopback *server = request->server;
    if (read_request(request->socket, request)) {
        request->number = atomic_fetch_add(&server->count, 1);
        server->handler(server->data, request);
    }
    shutdown(request->socket, SHUT_WR);
    close(request->socket);
    free(request);
    pthread_mutex_lock(&server->lock);
    server->active--;
    pthread_cond_broadcast(&server->ended);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

static void *accept_all(void *data)
{
    loopback *server = data;
    for (;;) {
        int socket = accept(server->listener, NULL, NULL);
        if (socket < 0)
            return NULL;
        loopback_request *request = calloc(1, sizeof *request);
        pthread_t thread;
        if (!request)
            abort();
        request->server = server;
        request->socket = socket;
        pthread_mutex_lock(&server->lock);
        server->active++;
        pthread_mutex_unlock(&server->lock);
        if (pthread_create(&thread, NULL, converse, request) != 0)
            abort();
        pthread_detach(thread);
    }
}

loopback *loopback_start(loopback_handler *handler, void *data)
{
    loopback *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->handler = handler;
    server->data = data;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->ended, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(server->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(server->listener, 64) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) !=
            0 ||
        pthread_create(&server->acceptor, NULL, accept_all, server) != 0) {
        close(server->listener);
        free(server);
        return NULL;
    }
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d",
             ntohs(address.sin_port));
    return server;
}

void loopback_stop(loopback *server)
{
    pthread_mutex_lock(&server->lock);
    server->is_ending = true;
    pthread_cond_broadcast(&server->ended);
    pthread_mutex_unlock(&server->lock);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    pthread_mutex_lock(&server->lock);
    while (server->active)
        pthread_cond_wait(&server->ended, &server->lock);
    pthread_mutex_unlock(&server->lock);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->ended);
    free(server);
}

const char *loopback_url(const loopback *server)
{
    return server->url;
}

int loopback_count(const loopback *server)
{
    return atomic_load(&server->count);
}

void loopback_send(const loopback_request *request, const char *bytes,
                   size_t count)
{
    while (count) {
        ssize_t sent = send(request->socket, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

void loopback_reply(const loopback_request *request, int status,
                    const char *headers, const char *body)
{
    char head[4096];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %d Said\r\nConnection: close\r\n"
                          "Content-Length: %zu\r\n%s\r\n",
                          status, strlen(body), headers);
    loopback_send(request, head, (size_t)length);
    loopback_send(request, body, strlen(body));
}

void loopback_hang(const loopback_request *request)
{
    loopback *server = request->server;
    pthread_mutex_lock(&server->lock);
    while (!server->is_ending)
        pthread_cond_wait(&server->ended, &server->lock);
    pthread_mutex_unlock(&server->lock);
}
