// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 1024 };

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void send_at_once(int socket)
{
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int wire_listen(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (listener < 0)
        die("cannot open a socket: %s", strerror(errno));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0)
        die("cannot bind 127.0.0.1:%u: %s", port, strerror(errno));
    if (listen(listener, LISTEN_BACKLOG) != 0)
        die("cannot listen on port %u: %s", port, strerror(errno));
    return listener;
}

uint16_t wire_port(int socket)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    if (getsockname(socket, (struct sockaddr *)&address, &length) != 0)
        die("cannot read a socket's port: %s", strerror(errno));
    return ntohs(address.sin_port);
}

int wire_connect(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return -1;
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        close(connection);
        return -1;
    }
    send_at_once(connection);
    return connection;
}

bool wire_send(int socket, const void *bytes, size_t count)
{
    const char *next = bytes;
    while (count > 0) {
        ssize_t sent = send(socket, next, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        next += sent;
        count -= (size_t)sent;
    }
    return true;
}

// Returns 1 when bytes are there, 0 at the deadline.
static int wait_readable(int socket, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now = monotonic_ns();
        if (now >= deadline_ns)
            return 0;
        struct pollfd waiting = {.fd = socket, .events = POLLIN};
        struct timespec left = timespec_of_ns(deadline_ns - now);
        if (ppoll(&waiting, 1, &left, NULL) > 0)
            return 1;
    }
}

int wire_reply_status(int socket, uint64_t deadline_ns)
{
    char head[WIRE_HEAD_BYTES];
    size_t used = 0;
    while (used < sizeof head - 1) {
        if (wait_readable(socket, deadline_ns) == 0)
            return 0;
        ssize_t got = recv(socket, head + used, sizeof head - 1 - used, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        used += (size_t)got;
        head[used] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL)
            return strncmp(head, "HTTP/1.1 ", 9) == 0
                       ? (int)strtol(head + 9, NULL, 10)
                       : -1;
    }
    return -1;
}
