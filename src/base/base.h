/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small tools the whole library stands on: allocation, growing text, a hash
 * map, random streams, clocks and a JSON writer.
 */
#ifndef CAUS_SRC_BASE_BASE_H
#define CAUS_SRC_BASE_BASE_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "caus/base.h"
#include "caus/run.h"

/* ---- allocation: the only door to malloc, so that tests can close it ---- */

/* Zeroed memory to be freed with free(), or NULL. */
void *caus_alloc(size_t bytes);
/* As realloc(); grown bytes are not zeroed. */
void *caus_realloc(void *memory, size_t bytes);

enum { CAUS_RESERVE_FIRST = 16 };

/* Room for one more item in an array that grows by doubling, from
 * CAUS_RESERVE_FIRST on; false = no memory.
 *
 *   items  address of the pointer to the first item, which may move
 */
bool caus_reserve(void *items, size_t count, size_t *capacity,
                  size_t item_bytes);

/* caus_arena_new() for steps that take and give back one after another: each
 * finds the memory of the one before in one piece. Pages of it that nobody
 * touches cost nothing. */
caus_arena *caus_arena_new_scratch(size_t budget_bytes);

/* Typed array in an arena: NULL as caus_arena_array(). */
#define CAUS_ARRAY(arena, type, count) \
    ((type *)caus_arena_array((arena), (count), sizeof(type)))

/* The longest common copy of a text: NULL only when memory is out. */
char *caus_arena_copy(caus_arena *arena, const char *text);

/* ---- sizes ---- */

static inline size_t caus_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t caus_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* ---- growing text ---- */

/*
 * Appends go on until memory is out; then `failed` stays set and the text is
 * to be thrown away. Start from {0}, end with caus_text_deinit().
 */
typedef struct caus_text {
    char *bytes; /* NUL-terminated once anything was added */
    size_t length;
    size_t capacity;
    bool failed;
} caus_text;

void caus_text_deinit(caus_text *text);
void caus_text_add(caus_text *text, const char *bytes);
void caus_text_add_bytes(caus_text *text, const char *bytes, size_t count);
void caus_text_add_char(caus_text *text, char byte);
void caus_text_format(caus_text *text, const char *format, ...)
    CAUS_PRINTF(2, 3);
/* The shortest decimal that reads back as the same double. */
void caus_text_add_double(caus_text *text, double value);
/* Moves the text into the arena and empties the builder. */
caus_status caus_text_finish(caus_text *text, caus_arena *out,
                             const char **result, size_t *length,
                             caus_error *err);

enum { CAUS_NAMED = 3 };

/* "a, b, c and 2 more": adds the next name of a list, of which the first
 * CAUS_NAMED are told, and then its end. */
void caus_text_add_name(caus_text *text, size_t *count, const char *name);
void caus_text_end_names(caus_text *text, size_t count);

/* The shortest decimal that reads back as the same double; text [32]. */
void caus_format_double(double value, char text[32]);

static inline bool caus_starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Whether anything stands before such an end. */
static inline bool caus_ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* Of the letters A to Z the small one, whatever the locale. */
static inline char caus_lower(char byte)
{
    if (byte < 'A' || byte > 'Z')
        return byte;
    return (char)(byte - 'A' + 'a');
}

/* Length of a name without its labels, which begin with a brace. */
static inline size_t caus_unlabelled_length(const char *name)
{
    return strcspn(name, "{");
}

/* Whether a word begins at text[i], i > 0, by its capital alone: "cpuUsage",
 * "CPUUsage". */
bool caus_is_camel(const char *text, size_t i);

/* ---- hash map from text to size_t ---- */

typedef struct caus_map caus_map;

caus_map *caus_map_new(void);
void caus_map_free(caus_map *map);
/*
 * Finds `key` or adds it with `value`. The map keeps a view of the key.
 *
 *   found  set to the value in the map (may be NULL)
 *
 * Returns 1 if added, 0 if it was there, −1 when memory is out.
 */
int caus_map_insert(caus_map *map, const char *key, size_t length, size_t value,
                    size_t *found);
bool caus_map_find(const caus_map *map, const char *key, size_t length,
                   size_t *found);

/* ---- random streams ---- */

/* xoshiro256**, seeded by SplitMix64; a stream for each (seed, number). */
typedef struct caus_random {
    uint64_t state[4];
} caus_random;

void caus_random_init(caus_random *random, uint64_t seed, uint64_t stream);
uint64_t caus_random_bits(caus_random *random);
double caus_random_uniform(caus_random *random); /* [0, 1) */
double caus_random_normal(caus_random *random);
/* 0 … bound − 1, without bias; bound ≥ 1. */
uint64_t caus_random_below(caus_random *random, uint64_t bound);

/* ---- threads ---- */

/*
 * How many threads are worth their start and their waits for work that takes
 * one of them about so many nanoseconds: fewer than there are when the number
 * was left to the library, all of them when the caller gave it.
 */
int caus_run_threads_for(const caus_run *run, double work_ns);

/* ---- groups of processes ---- */

/*
 * Replaces counts by their sums over all processes of the group; a failure of
 * one is the failure of all. Every process of the group calls it, whatever
 * happened to it; a process alone gets its own status and counts back.
 *
 *   status  of this process's part of the work, told in `err`
 *   counts  [count]
 *
 * Fails with CAUS_ERR_NETWORK, CAUS_ERR_OUT_OF_MEMORY, or as one of them did.
 */
caus_status caus_run_add_up(const caus_run *run, caus_status status,
                            uint32_t *counts, size_t count, caus_error *err);

/*
 * The failure of the process with the smallest place becomes that of all; every
 * process of the group calls it.
 *
 *   place  where in the order of work this process failed
 */
caus_status caus_run_agree(const caus_run *run, caus_status status,
                           uint64_t place, caus_error *err);

/* The bytes of every process: those of rank r from r · stride on. */
typedef struct caus_exchange {
    char *bytes;
    size_t stride;
    size_t *sizes; /* [count of ranks] */
} caus_exchange;

/* Gives every process the bytes of all; sizes may differ. Every process of the
 * group calls it. Fails as caus_run_add_up(). */
caus_status caus_run_exchange(const caus_run *run, const void *mine,
                              size_t size, caus_exchange *result,
                              caus_error *err);
void caus_exchange_deinit(caus_exchange *exchange);

/* Between these calls a process is alone: rank 0 of 1. */
void caus_run_begin_alone(const caus_run *run);
void caus_run_end_alone(const caus_run *run);

bool caus_run_has_time_limit(const caus_run *run);

/* ---- clocks ---- */

int64_t caus_clock_monotonic_ns(void);
int64_t caus_clock_wall_ns(void);

/* ---- JSON writer ---- */

/*
 * Writes into a caus_text; commas and, if `indent` > 0, line breaks are its
 * business. Numbers that are not finite become null, bytes that are not UTF-8
 * become U+FFFD.
 */
typedef struct caus_json {
    caus_text *text;
    int indent;
    int depth;
    bool first;     /* nothing written yet at this depth */
    bool after_key; /* a value is due */
} caus_json;

void caus_json_init(caus_json *json, caus_text *text, int indent);
void caus_json_begin_object(caus_json *json);
void caus_json_end_object(caus_json *json);
void caus_json_begin_array(caus_json *json);
void caus_json_end_array(caus_json *json);
void caus_json_key(caus_json *json, const char *key);
void caus_json_text(caus_json *json, const char *value);
void caus_json_double(caus_json *json, double value);
void caus_json_integer(caus_json *json, int64_t value);
void caus_json_unsigned(caus_json *json, uint64_t value);
void caus_json_bool(caus_json *json, bool value);
void caus_json_null(caus_json *json);
/* key and value in one call */
void caus_json_put_text(caus_json *json, const char *key, const char *value);
void caus_json_put_double(caus_json *json, const char *key, double value);
void caus_json_put_integer(caus_json *json, const char *key, int64_t value);
void caus_json_put_unsigned(caus_json *json, const char *key, uint64_t value);
void caus_json_put_bool(caus_json *json, const char *key, bool value);

#endif
