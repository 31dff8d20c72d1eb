/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of ClickHouse: rows, texts and the server's words. */
#ifndef CAUS_SRC_TELEMETRY_CLICKHOUSE_ROWS_H
#define CAUS_SRC_TELEMETRY_CLICKHOUSE_ROWS_H

#include "base/base.h"

/* ---- rows: RowBinary, decoded as it arrives ---- */

typedef enum caus_row_type {
    CAUS_ROW_U8,
    CAUS_ROW_U32,
    CAUS_ROW_U64,
    CAUS_ROW_F64,
    CAUS_ROW_TEXT
} caus_row_type;

typedef struct caus_row_value {
    uint64_t number;  /* U8, U32, U64 */
    double real;      /* F64 */
    const char *text; /* TEXT: a view, valid during the call */
    size_t length;
} caus_row_value;

/*
 * Takes one row. CAUS_ERR_INVALID_DATA says that the row cannot be true: the
 * reader then looks for the server's words in what follows. Any other failure
 * ends the request.
 */
typedef caus_status caus_row_fn(void *data, const caus_row_value *values,
                                caus_error *err);

enum {
    CAUS_ROW_COLUMNS = 8, /* most columns of a reply */
    CAUS_ROW_TEXT_LIMIT = 1 << 20,
    CAUS_ROW_HEAD = 64,  /* first bytes kept, for sentences */
    CAUS_ROW_TAIL = 4096 /* last bytes searched for an exception */
};

typedef struct caus_row_reader {
    const caus_row_type *types; /* [type_count] */
    size_t type_count;          /* 1 … CAUS_ROW_COLUMNS */
    caus_row_fn *row;
    void (*forget)(void *data); /* drops the rows taken; may be NULL */
    void *data;
    caus_text carry; /* the start of a row whose end has not come */
    bool damaged;
    size_t head_bytes;
    size_t tail_bytes;
    char head[CAUS_ROW_HEAD];
    char tail[2 * CAUS_ROW_TAIL];
} caus_row_reader;

void caus_row_reader_deinit(caus_row_reader *reader);
/* A caus_http_sink and a caus_http_reset over a caus_row_reader. */
caus_status caus_row_reader_feed(void *reader, const char *bytes, size_t count,
                                 caus_error *err);
void caus_row_reader_reset(void *reader);
/*
 * Says whether the body was whole: fails with the server's own words when an
 * exception stands at its end, with CAUS_ERR_SERVER when it is no RowBinary or
 * stops in the middle of a row.
 */
caus_status caus_row_reader_finish(const caus_row_reader *reader,
                                   const char *host, const char *what,
                                   caus_error *err);

/* ---- words: what a server said, as a sentence ---- */

/*
 * Fails with the server's words and a way out; "Code: N" decides the status.
 *
 *   http_status  0 = the words stood in a reply of status 200
 */
caus_status caus_clickhouse_fail(const char *host, const char *what,
                                 long http_status, const char *words,
                                 size_t length, caus_error *err);

/* ---- rows of texts ---- */

/* Up to `width` texts a row and a number behind them, kept in `scratch`. Start
 * from scratch and width. */
typedef struct caus_text_list {
    caus_arena *scratch;
    size_t width;
    const char **texts; /* [count × width] */
    uint64_t *numbers;  /* [count] */
    size_t count;
    size_t capacity;
} caus_text_list;

/* A row with a NUL inside a text cannot be true. */
caus_row_fn caus_text_list_take;
void caus_text_list_forget(void *list);
/* "a, b and 5 more"; "none". First texts of the rows. */
void caus_text_list_add_names(const caus_text_list *list, caus_text *text);
/* The three texts nearest to a name: "a, b, c". */
void caus_text_list_add_nearest(const caus_text_list *list, const char *name,
                                caus_text *text);

#endif
