/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sufficient statistics that travel: row counts, sums and sums of products of
 * lagged variables, never rows. They add over segments, shards and clusters,
 * and every linear test is computed from them.
 *
 * Sums are exact integers. A value is held as a multiple of a power of two
 * that its variable's largest value decides (a quantum: 2^-59 to 2^-66 of that
 * value), and everything after that is integer arithmetic. So grams may be
 * merged in any order and grouping, and the bytes are the same.
 */
#ifndef CAUS_GRAM_H
#define CAUS_GRAM_H

#include "series.h"

CAUS_API_BEGIN

enum { CAUS_WIDE_WORDS = 6 };

/* An integer of 384 bits, two's complement, least word first. */
typedef struct caus_wide {
    uint64_t word[CAUS_WIDE_WORDS];
} caus_wide;

/* The quantum of a variable that is 0 in every row: it fits any other. */
static const int32_t CAUS_QUANTUM_NONE = INT32_MAX;

/* Where rows came from: one for each gram that was built. */
typedef struct caus_gram_source {
    const char *dataset;      /* "" = not named */
    char inputs_sha256[65];   /* caus_series_hash() of the rows, lower case */
    int64_t start_ns, end_ns; /* grid times of the first and last reference
                                 row; both 0 without a clock */
    uint64_t rows;            /* reference rows */
} caus_gram_source;

/*
 * Node variable(t − lag) is number lag · variable_count + variable, and the
 * reference row t is counted if all nodes have a value in it. Open and
 * read-only; arrays live in the arena it was made in.
 */
typedef struct caus_gram {
    size_t variable_count;
    const caus_variable *variables; /* [variable_count] by name, as strcmp() */
    int64_t step_ns;                /* 0 = a static table */
    size_t max_lag;                 /* of a search */
    size_t reach;       /* 2 · max_lag: the longest lag of a node, as a search
                           holds the past of a source fixed too */
    uint64_t row_count; /* reference rows */
    uint64_t rows_read; /* rows before the past and gaps were left out */
    uint64_t rows_in_gap; /* of them, rows with a missing value */
    size_t source_count;
    const caus_gram_source *sources; /* in a fixed order */
    size_t node_count;               /* variable_count · (reach + 1) */
    const int32_t *quantum;          /* [variable_count] values are multiples of
                                        2^quantum, or CAUS_QUANTUM_NONE */
    const caus_wide *sums;           /* [node_count] in quanta */
    const caus_wide
        *products; /* upper triangle by rows, [node_count ·
                      (node_count + 1) / 2], in products of quanta */
} caus_gram;

typedef struct caus_gram_options {
    size_t max_lag;      /* ≤ 10000; 0 for a table */
    const char *dataset; /* names the system that rows come from; NULL = "".
                            Reference rows of one dataset may not overlap in
                            time when grams are merged */
} caus_gram_options;

/*
 * Sums up the rows of a series.
 *
 * A stretch is a run of consecutive rows of one segment in which every
 * variable has a value; its first 2 · max_lag rows serve as past only. Shards
 * of one long series therefore lose 2 · max_lag reference rows at a cut,
 * unless a shard is given that many rows before the first one it owns: then
 * its reference rows start exactly there, and nothing is lost or counted
 * twice. Masks (`selected`) are not looked at.
 *
 *   options  NULL = no lags
 *   result   lives in `out`
 *
 * Fails with CAUS_ERR_TOO_FEW_SAMPLES (no stretch is longer than 2 · max_lag),
 * CAUS_ERR_INVALID_ARGUMENT (lags of a table, more than 10000 lags, sums
 * instead of rows), CAUS_ERR_LIMIT, …_OUT_OF_MEMORY, …_CANCELLED,
 * …_TIME_LIMIT. Cost nine Gram matrices, O(rows · variables² · max_lag), and
 * O(nodes²) for every stretch; memory 48 · nodes² / 2 bytes.
 */
caus_status caus_gram_build(const caus_series *series,
                            const caus_gram_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_gram *result, caus_error *err);

/*
 * Adds grams up; the result does not depend on their order or grouping.
 *
 *   grams   [count] of the same variables, lags and step
 *   result  lives in `out`, sharing texts with the grams
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT: none given; other variables, units,
 * lags or step (what differs is named); the same rows, or reference rows of
 * one dataset that overlap in time, which would count twice; a variable whose
 * sizes are 2^64 apart. CAUS_ERR_LIMIT from 2^40 rows on, …_OUT_OF_MEMORY,
 * …_CANCELLED, …_TIME_LIMIT. Cost O(count · nodes²).
 */
caus_status caus_gram_merge(const caus_gram *const *grams, size_t count,
                            const caus_run *run, caus_arena *out,
                            caus_gram *result, caus_error *err);

/*
 * The gram as bytes of a file, and back. Equal grams give equal bytes; they
 * end with a SHA-256 of the rest.
 *
 *   bytes    set to memory in `out`
 *
 * Decoding fails with CAUS_ERR_INVALID_DATA (what is wrong is said),
 * CAUS_ERR_UNSUPPORTED (a newer format); both with CAUS_ERR_OUT_OF_MEMORY,
 * …_LIMIT. `from` names the bytes in messages.
 */
caus_status caus_gram_encode(const caus_gram *gram, caus_arena *out,
                             const char **bytes, size_t *length,
                             caus_error *err);
caus_status caus_gram_decode(const char *bytes, size_t length, const char *from,
                             caus_arena *out, caus_gram *result,
                             caus_error *err);

/* Decodes a file. Also fails with CAUS_ERR_NOT_FOUND, CAUS_ERR_IO. */
caus_status caus_gram_read(const char *path, caus_arena *out, caus_gram *result,
                           caus_error *err);

/*
 * A series without rows that searches by partial correlation and Fisher's z
 * take in place of one with rows: caus_discover_pcmci() and the others of its
 * family but J-PCMCI+, caus_discover_lpcmci(), caus_discover_pc() and what
 * works on correlations alone. With the lags of the gram, or fewer, the answer
 * is that on the pooled rows; what needs rows fails with
 * CAUS_ERR_UNSUPPORTED or CAUS_ERR_TOO_FEW_SAMPLES.
 *
 *   gram    kept
 *   result  lives in `out`
 */
caus_status caus_series_from_gram(const caus_gram *gram, caus_arena *out,
                                  caus_series *result, caus_error *err);

CAUS_API_END
#endif
