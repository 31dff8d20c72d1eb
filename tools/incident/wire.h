// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_WIRE_H
#define INCIDENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The few parts of HTTP/1.1 that loopback needs.
enum { WIRE_HEAD_BYTES = 1024 };

int wire_listen(uint16_t port);  // port 0 lets the kernel choose; dies
uint16_t wire_port(int socket);  // the port a socket is bound to
int wire_connect(uint16_t port); // -1 when refused
bool wire_send(int socket, const void *bytes, size_t count);

// Reads one reply that has no body beyond its head. Returns the HTTP status,
// 0 when the deadline passed, -1 when the connection broke.
int wire_reply_status(int socket, uint64_t deadline_ns);

#endif
