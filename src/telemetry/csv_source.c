/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/base.h"
#include "telemetry/csv_internal.h"

enum {
    PIECE_BYTES = 1 << 20,
    LONGEST_LINE_BYTES = 64 << 20,
    FORGET_BYTES = 16 << 20 /* mapped pages given back at once */
};

typedef enum packing { PLAIN, GZIP, ZSTANDARD } packing;

struct caus_csv_source {
    const char *path;
    const caus_run *run;
    size_t limit_bytes;
    const char *bytes; /* of the file: mapped, or read from a pipe */
    size_t count;
    size_t taken;
    size_t forgotten; /* mapped bytes given back */
    bool mapped;
    packing packing;
    z_stream gzip;
    bool gzip_ready;
    ZSTD_DCtx *zstandard;
    bool frame_open; /* packed data have begun and not ended */
    char *unpacked;  /* [capacity]; text not yet handed out from `handed` */
    size_t capacity;
    size_t filled;
    size_t handed;
};

static caus_status fail_system(const caus_csv_source *source, const char *what,
                               caus_error *err)
{
    char reason[128];
    int code = errno;
    return CAUS_FAIL(err, code == ENOENT ? CAUS_ERR_NOT_FOUND : CAUS_ERR_IO,
                     "cannot %s %s (%s): check the path and its permissions",
                     what, source->path,
                     strerror_r(code, reason, sizeof reason));
}

static caus_status fail_memory(const caus_csv_source *source, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to read %s",
                     source->path);
}

static caus_status fail_held(const caus_csv_source *source, const char *what,
                             caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                     "%s of %s is over the memory limit of %zu KiB: raise "
                     "--memory-limit",
                     what, source->path, source->limit_bytes >> 10);
}

/* A pipe can be read only once, so its bytes are kept. */
static caus_status read_pipe(caus_csv_source *source, int file, caus_error *err)
{
    char *bytes = NULL;
    size_t count = 0, capacity = 0;
    caus_status status = CAUS_OK;
    while (status == CAUS_OK) {
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : PIECE_BYTES;
            char *grown = caus_realloc(bytes, capacity);
            if (!grown) {
                status = fail_memory(source, err);
                break;
            }
            bytes = grown;
        }
        ssize_t got = read(file, bytes + count, capacity - count);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            status = fail_system(source, "read", err);
        count += got > 0 ? (size_t)got : 0;
        if (status == CAUS_OK && source->limit_bytes &&
            count > source->limit_bytes)
            status = fail_held(source, "the content", err);
        if (status == CAUS_OK && source->run)
            status = caus_run_check(source->run, err);
    }
    source->bytes = bytes;
    source->count = count;
    return status;
}

static caus_status map_file(caus_csv_source *source, int file, size_t count,
                            caus_error *err)
{
    void *bytes = mmap(NULL, count, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return fail_system(source, "map", err);
    madvise(bytes, count, MADV_SEQUENTIAL);
    source->bytes = bytes;
    source->count = count;
    source->mapped = true;
    return CAUS_OK;
}

static caus_status open_bytes(caus_csv_source *source, caus_error *err)
{
    int file = open(source->path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_system(source, "open", err);
    struct stat info;
    caus_status status = CAUS_OK;
    if (fstat(file, &info) != 0)
        status = fail_system(source, "read", err);
    else if (S_ISDIR(info.st_mode))
        status =
            CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                      "%s is a directory: name the file in it", source->path);
    else if (!S_ISREG(info.st_mode))
        status = read_pipe(source, file, err);
    else if (info.st_size > 0)
        status = map_file(source, file, (size_t)info.st_size, err);
    close(file);
    if (status == CAUS_OK && source->count == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is empty: give a file with a header and rows",
                         source->path);
    return status;
}

static bool starts_with(const caus_csv_source *source, const char *bytes,
                        size_t count)
{
    return source->count >= count && memcmp(source->bytes, bytes, count) == 0;
}

/* What people give that would be read as text with an odd first line. */
static const char *foreign_kind(const caus_csv_source *source)
{
    static const struct {
        const char *kind, *bytes;
        size_t count;
    } kinds[] = {
        {"packed by xz", "\xfd\x37zXZ\0", 6},
        {"packed by bzip2", "BZh", 3},
        {"packed by lz4", "\x04\x22\x4d\x18", 4},
        {"a zip archive or a spreadsheet", "PK\x03\x04", 4},
        {"a Parquet file", "PAR1", 4},
        {"an incident file or another SQLite file", "SQLite format 3\0", 16}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (starts_with(source, kinds[i].bytes, kinds[i].count))
            return kinds[i].kind;
    return NULL;
}

static caus_status find_packing(caus_csv_source *source, caus_error *err)
{
    const char *foreign = foreign_kind(source);
    if (foreign)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is %s: give CSV, plain or packed by gzip or zstd",
                         source->path, foreign);
    if (starts_with(source, "\x1f\x8b", 2))
        source->packing = GZIP;
    else if (starts_with(source, "\x28\xb5\x2f\xfd", 4))
        source->packing = ZSTANDARD;
    else if (caus_ends_with(source->path, ".gz") ||
             caus_ends_with(source->path, ".zst"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is named like packed data but does not start like "
                         "them: make the file again, or rename it to .csv",
                         source->path);
    return CAUS_OK;
}

static void *allocate_for_zlib(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return caus_alloc((size_t)count * size);
}

static void free_for_zlib(void *opaque, void *memory)
{
    (void)opaque;
    free(memory);
}

static caus_status start_unpacking(caus_csv_source *source, caus_error *err)
{
    if (source->packing == PLAIN)
        return CAUS_OK;
    source->capacity = PIECE_BYTES;
    source->unpacked = caus_alloc(source->capacity);
    if (!source->unpacked)
        return fail_memory(source, err);
    if (source->packing == ZSTANDARD) {
        source->zstandard = ZSTD_createDCtx();
        return source->zstandard ? CAUS_OK : fail_memory(source, err);
    }
    source->gzip.zalloc = allocate_for_zlib;
    source->gzip.zfree = free_for_zlib;
    const int gzip_window_bits = 15 + 16; /* 16: gzip header and trailer */
    if (inflateInit2(&source->gzip, gzip_window_bits) != Z_OK)
        return fail_memory(source, err);
    source->gzip_ready = true;
    return CAUS_OK;
}

caus_status caus_csv_source_open(const char *path, size_t limit_bytes,
                                 const caus_run *run, caus_csv_source **result,
                                 caus_error *err)
{
    caus_csv_source *source = caus_alloc(sizeof *source);
    if (!source)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to read %s",
                         path);
    *source =
        (caus_csv_source){.path = path, .run = run, .limit_bytes = limit_bytes};
    caus_status status = open_bytes(source, err);
    if (status == CAUS_OK)
        status = find_packing(source, err);
    if (status == CAUS_OK)
        status = start_unpacking(source, err);
    if (status != CAUS_OK) {
        caus_csv_source_close(source);
        return status;
    }
    *result = source;
    return CAUS_OK;
}

static void release_bytes(caus_csv_source *source)
{
    union {
        const char *seen;
        char *owned;
    } bytes = {source->bytes};
    if (source->mapped)
        munmap(bytes.owned, source->count);
    else
        free(bytes.owned);
}

void caus_csv_source_close(caus_csv_source *source)
{
    if (!source)
        return;
    if (source->bytes)
        release_bytes(source);
    if (source->gzip_ready)
        inflateEnd(&source->gzip);
    ZSTD_freeDCtx(source->zstandard);
    free(source->unpacked);
    free(source);
}

caus_status caus_csv_source_rewind(caus_csv_source *source, caus_error *err)
{
    source->taken = source->forgotten = 0;
    source->filled = source->handed = 0;
    source->frame_open = false;
    if (source->gzip_ready && inflateReset(&source->gzip) != Z_OK)
        return fail_memory(source, err);
    if (source->zstandard)
        ZSTD_DCtx_reset(source->zstandard, ZSTD_reset_session_only);
    return CAUS_OK;
}

const char *caus_csv_source_path(const caus_csv_source *source)
{
    return source->path;
}

uint64_t caus_csv_source_done(const caus_csv_source *source)
{
    return source->taken;
}

uint64_t caus_csv_source_total(const caus_csv_source *source)
{
    return source->count;
}

/* Gives back mapped pages that are behind us, so that a large file does not
 * count as memory in use. */
static void forget_read_pages(caus_csv_source *source)
{
    if (!source->mapped || source->taken - source->forgotten < FORGET_BYTES)
        return;
    union {
        const char *seen;
        char *mapped;
    } from = {source->bytes + source->forgotten};
    madvise(from.mapped, FORGET_BYTES, MADV_DONTNEED);
    source->forgotten += FORGET_BYTES;
}

static void next_plain(caus_csv_source *source, caus_csv_text *piece)
{
    /* The piece handed out before this one is read by now. */
    forget_read_pages(source);
    const char *from = source->bytes + source->taken;
    const char *end = source->bytes + source->count;
    const char *cut = end;
    if (end - from > PIECE_BYTES) {
        const char *line = memrchr(from, '\n', PIECE_BYTES);
        if (!line)
            line = memchr(from, '\n', (size_t)(end - from));
        if (line)
            cut = line + 1;
    }
    source->taken = (size_t)(cut - source->bytes);
    *piece = (caus_csv_text){from, cut};
}

static caus_status fail_packed(const caus_csv_source *source,
                               const char *reason, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: the %s data are damaged near byte %zu (%s): make the "
                     "file again",
                     source->path, source->packing == GZIP ? "gzip" : "zstd",
                     source->taken, reason);
}

static caus_status unpack_gzip(caus_csv_source *source, caus_error *err)
{
    union {
        const char *seen;
        unsigned char *bytes; /* zlib does not write to its input */
    } input = {source->bytes + source->taken};
    size_t left = source->count - source->taken;
    size_t room = source->capacity - source->filled;
    unsigned offered = left > PIECE_BYTES ? PIECE_BYTES : (unsigned)left;
    z_stream *gzip = &source->gzip;
    gzip->next_in = input.bytes;
    gzip->avail_in = offered;
    gzip->next_out = (unsigned char *)source->unpacked + source->filled;
    gzip->avail_out = (unsigned)room;
    int code = inflate(gzip, Z_NO_FLUSH);
    source->taken += offered - gzip->avail_in;
    source->filled += room - gzip->avail_out;
    source->frame_open = code != Z_STREAM_END;
    if (code == Z_MEM_ERROR)
        return fail_memory(source, err);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return fail_packed(source, gzip->msg ? gzip->msg : "bad data", err);
    /* Members may follow each other, and zeros may pad the last one. */
    if (code == Z_STREAM_END) {
        while (source->taken < source->count &&
               source->bytes[source->taken] == '\0')
            source->taken++;
        if (inflateReset(gzip) != Z_OK)
            return fail_memory(source, err);
    }
    return CAUS_OK;
}

static caus_status unpack_zstandard(caus_csv_source *source, caus_error *err)
{
    size_t left = source->count - source->taken;
    ZSTD_inBuffer input = {source->bytes + source->taken,
                           left > PIECE_BYTES ? PIECE_BYTES : left, 0};
    ZSTD_outBuffer output = {source->unpacked, source->capacity,
                             source->filled};
    size_t hint = ZSTD_decompressStream(source->zstandard, &output, &input);
    source->taken += input.pos;
    source->filled = output.pos;
    source->frame_open = hint != 0;
    if (ZSTD_isError(hint))
        return fail_packed(source, ZSTD_getErrorName(hint), err);
    return CAUS_OK;
}

/* Unpacks until the buffer is full or the file ends. */
static caus_status fill(caus_csv_source *source, caus_error *err)
{
    while (source->filled < source->capacity) {
        size_t taken = source->taken, filled = source->filled;
        if (taken == source->count && !source->frame_open)
            return CAUS_OK;
        CAUS_TRY(source->packing == GZIP ? unpack_gzip(source, err)
                                         : unpack_zstandard(source, err));
        if (source->taken == taken && source->filled == filled)
            return source->taken == source->count && source->frame_open
                       ? fail_packed(source, "the file is cut off", err)
                       : fail_packed(source, "no progress", err);
    }
    return CAUS_OK;
}

static caus_status grow(caus_csv_source *source, caus_error *err)
{
    size_t capacity = source->capacity * 2;
    if (capacity > LONGEST_LINE_BYTES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s has a line over %d MiB: is it a CSV file?",
                         source->path, LONGEST_LINE_BYTES >> 20);
    if (source->limit_bytes && capacity > source->limit_bytes)
        return fail_held(source, "a line", err);
    char *grown = caus_realloc(source->unpacked, capacity);
    if (!grown)
        return fail_memory(source, err);
    source->unpacked = grown;
    source->capacity = capacity;
    return CAUS_OK;
}

static caus_status next_unpacked(caus_csv_source *source, caus_csv_text *piece,
                                 caus_error *err)
{
    size_t kept = source->filled - source->handed;
    if (source->handed)
        memmove(source->unpacked, source->unpacked + source->handed, kept);
    source->filled = kept;
    source->handed = 0;
    for (;;) {
        CAUS_TRY(fill(source, err));
        if (source->filled < source->capacity) {
            source->handed = source->filled; /* the end of the file */
            break;
        }
        const char *line = memrchr(source->unpacked, '\n', source->filled);
        if (line) {
            source->handed = (size_t)(line + 1 - source->unpacked);
            break;
        }
        CAUS_TRY(grow(source, err));
    }
    *piece =
        (caus_csv_text){source->unpacked, source->unpacked + source->handed};
    return CAUS_OK;
}

caus_status caus_csv_source_next(caus_csv_source *source, caus_csv_text *piece,
                                 caus_error *err)
{
    if (source->packing != PLAIN)
        return next_unpacked(source, piece, err);
    next_plain(source, piece);
    return CAUS_OK;
}
