// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_COMMON_H
#define INCIDENT_COMMON_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t wall_ns(void);      // since 1970, for span starts and sample rows
uint64_t monotonic_ns(void); // for durations and deadlines
void sleep_ms(double ms);
void sleep_until_ns(uint64_t monotonic_deadline_ns);
struct timespec timespec_of_ns(uint64_t ns);

// Prints the sentence on stderr and ends the process: set-up faults only.
_Noreturn void die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

void *allocate(size_t bytes); // zeroed; dies when memory is exhausted

// A detached thread with a small stack: a process runs hundreds of them.
void start_thread(void *(*body)(void *), void *argument);
pthread_t start_joinable(void *(*body)(void *), void *argument);
void init_monotonic_cond(pthread_cond_t *cond);

// A growing byte buffer.
struct text {
    char *data;
    size_t length;
    size_t capacity;
};

void text_bytes(struct text *text, const void *bytes, size_t count);
void text_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_free(struct text *text);

#endif
