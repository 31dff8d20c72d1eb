/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

enum {
    ALIGNMENT = 64,
    FIRST_BLOCK = 16 * 1024,
    LARGE_BLOCK = 128 * 1024, /* the system gives it as pages of its own */
    ZEROED_BLOCK = 1 << 20,   /* clearing all of less than is used costs more
                                 than clearing what is handed out */
    MOST_SPARE = 8 << 20
};

/* Blocks form a list from the newest to the oldest. */
typedef struct block {
    struct block *older;
    size_t capacity; /* usable bytes from `start` */
    size_t touched;  /* those behind are zero */
    unsigned char *start;
} block;

struct caus_arena {
    block *newest;
    block *spare; /* the largest that a rewind gave back, for steps that take
                     and give back alike: fresh pages cost more; NULL */
    size_t used;  /* bytes of the newest block */
    size_t total; /* bytes handed out in all blocks */
    size_t budget;
    size_t least_large; /* bytes of a large block at least */
    bool over_budget;
};

caus_arena *caus_arena_new(size_t budget_bytes)
{
    caus_arena *arena = caus_alloc(sizeof *arena);
    if (arena)
        arena->budget = budget_bytes;
    return arena;
}

caus_arena *caus_arena_new_scratch(size_t budget_bytes)
{
    caus_arena *arena = caus_arena_new(budget_bytes);
    if (arena)
        arena->least_large = budget_bytes && budget_bytes < MOST_SPARE
                                 ? budget_bytes
                                 : MOST_SPARE;
    return arena;
}

static void drop_newest(caus_arena *arena)
{
    block *dropped = arena->newest;
    arena->newest = dropped->older;
    if (dropped->capacity > MOST_SPARE ||
        (arena->spare && arena->spare->capacity >= dropped->capacity)) {
        free(dropped);
        return;
    }
    free(arena->spare);
    arena->spare = dropped;
}

void caus_arena_free(caus_arena *arena)
{
    if (!arena)
        return;
    while (arena->newest)
        drop_newest(arena);
    free(arena->spare);
    free(arena);
}

static void push(caus_arena *arena, block *added)
{
    added->older = arena->newest;
    arena->newest = added;
    arena->used = 0;
}

static bool add_block(caus_arena *arena, size_t bytes)
{
    if (arena->spare && arena->spare->capacity >= bytes) {
        block *again = arena->spare;
        arena->spare = NULL;
        push(arena, again);
        return true;
    }
    free(arena->spare);
    arena->spare = NULL;
    size_t capacity = FIRST_BLOCK;
    if (arena->newest && arena->newest->capacity < (size_t)64 << 20)
        capacity = arena->newest->capacity * 2;
    if (capacity < bytes)
        capacity = bytes;
    if (capacity >= LARGE_BLOCK && capacity < arena->least_large)
        capacity = arena->least_large;
    if (capacity > SIZE_MAX - sizeof(block) - ALIGNMENT)
        return false;
    bool zeroed = capacity >= ZEROED_BLOCK;
    size_t size = sizeof(block) + capacity + ALIGNMENT;
    block *added = zeroed ? caus_alloc(size) : caus_realloc(NULL, size);
    if (!added)
        return false;
    uintptr_t after = (uintptr_t)(added + 1);
    added->start = (unsigned char *)(added + 1) +
                   (ALIGNMENT - after % ALIGNMENT) % ALIGNMENT;
    added->capacity = capacity;
    added->touched = zeroed ? 0 : capacity;
    push(arena, added);
    return true;
}

void *caus_arena_array(caus_arena *arena, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - ALIGNMENT) / size)
        return NULL;
    size_t bytes = count * size;
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!bytes)
        bytes = ALIGNMENT;
    if (arena->budget &&
        (bytes > arena->budget || arena->total > arena->budget - bytes)) {
        arena->over_budget = true;
        return NULL;
    }
    if (!arena->newest || arena->newest->capacity - arena->used < bytes) {
        if (!add_block(arena, bytes))
            return NULL;
    }
    block *from = arena->newest;
    unsigned char *result = from->start + arena->used;
    if (arena->used < from->touched) {
        size_t stale = from->touched - arena->used;
        memset(result, 0, stale < bytes ? stale : bytes);
    }
    arena->used += bytes;
    arena->total += bytes;
    if (arena->used > from->touched)
        from->touched = arena->used;
    return result;
}

char *caus_arena_copy_text(caus_arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = caus_arena_array(arena, length + 1, 1);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

char *caus_arena_copy(caus_arena *arena, const char *text)
{
    return caus_arena_copy_text(arena, text, strlen(text));
}

char *caus_arena_format(caus_arena *arena, const char *format, ...)
{
    char first[256]; /* most texts are no longer, and are made once */
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(first, sizeof first, format, arguments);
    va_end(arguments);
    if (length < 0)
        return NULL;
    if ((size_t)length < sizeof first)
        return caus_arena_copy_text(arena, first, (size_t)length);
    char *text = caus_arena_array(arena, (size_t)length + 1, 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

caus_arena_mark caus_arena_get_mark(const caus_arena *arena)
{
    return (caus_arena_mark){arena->newest, arena->used, arena->total};
}

void caus_arena_rewind(caus_arena *arena, caus_arena_mark mark)
{
    while (arena->newest && arena->newest != mark.block)
        drop_newest(arena);
    arena->used = mark.used;
    arena->total = mark.total;
    arena->over_budget = false;
}

size_t caus_arena_used_bytes(const caus_arena *arena)
{
    return arena->total;
}

/* In brackets, as the name is a macro for Clang's analyzer. */
caus_status(caus_arena_fail)(const caus_arena *arena, caus_error *err)
{
    bool is_small = arena->budget < (size_t)1 << 20;
    if (arena->over_budget)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "the memory budget of %zu %s is used up: raise "
                         "--memory-limit or ask for fewer variables or rows",
                         arena->budget >> (is_small ? 10 : 20),
                         is_small ? "KiB" : "MiB");
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "the system has no more memory (%zu MiB are in use here)",
                     arena->total >> 20);
}
