// SPDX-License-Identifier: Apache-2.0
#include "common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STACK_BYTES = 128 * 1024 };

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

uint64_t monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

struct timespec timespec_of_ns(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
}

void sleep_until_ns(uint64_t monotonic_deadline_ns)
{
    struct timespec deadline = timespec_of_ns(monotonic_deadline_ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) ==
           EINTR)
        continue;
}

void sleep_ms(double ms)
{
    sleep_until_ns(monotonic_ns() + (uint64_t)(ms * 1e6));
}

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("caus-incident-service: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void *allocate(size_t bytes)
{
    void *memory = calloc(1, bytes);
    if (memory == NULL)
        die("cannot allocate %zu bytes", bytes);
    return memory;
}

pthread_t start_joinable(void *(*body)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int failure = pthread_create(&thread, &attributes, body, argument);
    pthread_attr_destroy(&attributes);
    if (failure != 0)
        die("cannot start a thread: %s", strerror(failure));
    return thread;
}

void start_thread(void *(*body)(void *), void *argument)
{
    pthread_detach(start_joinable(body, argument));
}

void init_monotonic_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void text_reserve(struct text *text, size_t extra)
{
    if (text->length + extra <= text->capacity)
        return;
    size_t capacity = text->capacity == 0 ? 4096 : text->capacity;
    while (capacity < text->length + extra)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (data == NULL)
        die("cannot allocate %zu bytes", capacity);
    text->data = data;
    text->capacity = capacity;
}

void text_bytes(struct text *text, const void *bytes, size_t count)
{
    text_reserve(text, count);
    memcpy(text->data + text->length, bytes, count);
    text->length += count;
}

void text_format(struct text *text, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line)
        die("a formatted line exceeds %zu bytes", sizeof line);
    text_bytes(text, line, (size_t)length);
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
