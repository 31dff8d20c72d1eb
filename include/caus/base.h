/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every other header stands on: linkage, status codes, the error value
 * and the arena that results live in.
 */
#ifndef CAUS_BASE_H
#define CAUS_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CAUS_LINKAGE_BEGIN extern "C" {
#define CAUS_LINKAGE_END }
#else
#define CAUS_LINKAGE_BEGIN
#define CAUS_LINKAGE_END
#endif

/* Everything between the two lines is C and exported from the library. */
#define CAUS_API_BEGIN \
    CAUS_LINKAGE_BEGIN _Pragma("GCC visibility push(default)")
#define CAUS_API_END _Pragma("GCC visibility pop") CAUS_LINKAGE_END

#define CAUS_PRINTF(text, first) \
    __attribute__((__format__(__printf__, text, first)))

CAUS_API_BEGIN

#define CAUS_VERSION "0.1.0"

/* The version of the linked library, for example "0.1.0". */
const char *caus_version(void);

/* One code for each thing a caller can do about it. */
typedef enum caus_status {
    CAUS_OK = 0,
    CAUS_ERR_INVALID_ARGUMENT, /* the call or option is wrong: change it */
    CAUS_ERR_INVALID_DATA,     /* the input bytes are malformed: repair them */
    CAUS_ERR_TOO_FEW_SAMPLES,  /* widen the window or ask for less */
    CAUS_ERR_NOT_FOUND,        /* no such file, metric, service or variable */
    CAUS_ERR_OUT_OF_MEMORY,    /* the system has no more memory */
    CAUS_ERR_LIMIT,      /* a stated limit or budget: raise it or narrow */
    CAUS_ERR_CANCELLED,  /* the caller's cancel flag was set */
    CAUS_ERR_TIME_LIMIT, /* the caller's time limit passed */
    CAUS_ERR_IO,         /* a file could not be read or written */
    CAUS_ERR_NETWORK,    /* a server was not reached or fell silent */
    CAUS_ERR_DENIED,     /* credentials missing or refused */
    CAUS_ERR_SERVER,     /* a server answered with an error */
    CAUS_ERR_UNSUPPORTED /* valid input that caus does not handle */
} caus_status;

/*
 * The short name of a status, for example "invalid data".
 *
 *   status  any value; unknown ones give "unknown status"
 */
const char *caus_status_name(caus_status status);

/* A failed call's reason: one sentence for people, without a final newline. */
typedef struct caus_error {
    caus_status status;
    char message[1000];
} caus_error;

/*
 * Writes a reason into err and returns status, so that a caller can
 * `return caus_fail(...)`.
 *
 *   err     may be NULL
 *   status  not CAUS_OK
 *   format  printf format of one sentence: what, where, the value, the way out
 */
caus_status caus_fail(caus_error *err, caus_status status, const char *format,
                      ...) CAUS_PRINTF(3, 4);

#define CAUS_FAIL(err, status, ...) caus_fail((err), (status), __VA_ARGS__)

/* Leaves the calling function with the status of a failed call. */
#define CAUS_TRY(call)                         \
    do {                                       \
        caus_status caus_try_status_ = (call); \
        if (caus_try_status_ != CAUS_OK)       \
            return caus_try_status_;           \
    } while (0)

/* Whether a text begins as the address of a server does: http:// or https://.
 */
bool caus_is_url(const char *text);

/*
 * The edit distance (Levenshtein) of two names, for "did you mean"; names are
 * cut at 63 bytes. Cost O(|a| · |b|).
 */
size_t caus_edit_distance(const char *a, const char *b);

/*
 * A region that gives memory back all at once. Results of the library live in
 * an arena of the caller and are freed with it. Not thread-safe: one thread
 * uses an arena at a time.
 */
typedef struct caus_arena caus_arena;

/*
 * Makes an empty arena.
 *
 *   budget_bytes  most bytes it may hold; 0 = no limit
 *
 * Returns NULL when memory is out.
 */
caus_arena *caus_arena_new(size_t budget_bytes);

/* Frees the arena and everything in it; NULL is accepted. */
void caus_arena_free(caus_arena *arena);

/*
 * Zeroed memory for `count` items of `size` bytes, aligned to 64 bytes, valid
 * until the arena is freed or rewound past it. Returns NULL when memory or the
 * budget is out or when the product overflows. count 0 gives a valid pointer.
 */
void *caus_arena_array(caus_arena *arena, size_t count, size_t size);

/*
 * Copies `length` bytes and adds a final NUL. Returns NULL like
 * caus_arena_array().
 */
char *caus_arena_copy_text(caus_arena *arena, const char *text, size_t length);

/* Formats into the arena; returns NULL like caus_arena_array(). */
char *caus_arena_format(caus_arena *arena, const char *format, ...)
    CAUS_PRINTF(2, 3);

/* A place in an arena to return to. */
typedef struct caus_arena_mark {
    const void *block;
    size_t used;
    size_t total;
} caus_arena_mark;

/* The present place. */
caus_arena_mark caus_arena_get_mark(const caus_arena *arena);

/* Gives back everything allocated since the mark was taken. */
void caus_arena_rewind(caus_arena *arena, caus_arena_mark mark);

/* Bytes handed out now, padding included. */
size_t caus_arena_used_bytes(const caus_arena *arena);

/* The sentence for an arena that could not grow: budget or memory. */
caus_status caus_arena_fail(const caus_arena *arena, caus_error *err);

/* Clang's analyzer does not see in them that a failure is never CAUS_OK. */
#ifdef __clang_analyzer__
#undef CAUS_FAIL
#define CAUS_FAIL(err, status, ...) \
    (caus_fail((err), (status), __VA_ARGS__), (status))
#define caus_arena_fail(arena, err) \
    (caus_arena_fail((arena), (err)), CAUS_ERR_OUT_OF_MEMORY)
#endif

CAUS_API_END
#endif
