/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAUS_SRC_EVENTS_EVENTS_INTERNAL_H
#define CAUS_SRC_EVENTS_EVENTS_INTERNAL_H

#include <string.h>

#include "events/events.h"

/* ---- builder.c ---- */

/* A span as kept until its trace is known whole. */
typedef struct caus_raw_span {
    uint64_t id;
    uint64_t parent;
    int64_t start_ns;
    int64_t duration_ns;
    uint32_t trace;
    uint32_t operation;
    bool has_parent;
    bool failed;
} caus_raw_span;

/* ---- trees.c ---- */

/* Columns of the result, as they are written. */
typedef struct caus_span_columns {
    int64_t *start_ns;
    int64_t *duration_ns;
    uint32_t *parent;
    uint32_t *operation;
    uint32_t *trace;
    unsigned char *failed;
} caus_span_columns;

typedef struct caus_span_node {
    uint64_t id;
    const caus_raw_span *raw;
    uint32_t operation; /* sorted number */
    uint32_t parent;
    uint32_t first_child;
    uint32_t next;
    uint32_t place; /* in the result */
    uint32_t walk;  /* which walk upwards came here first */
} caus_span_node;

typedef struct caus_span_id {
    uint64_t id;
    uint32_t node;
} caus_span_id;

/*
 * Makes a tree (or several) of the spans of one trace and writes it from `at`.
 *
 *   nodes  [count] with id, raw and operation set
 *   ids    [count] scratch
 */
void caus_span_tree(caus_span_node *nodes, caus_span_id *ids, uint32_t count,
                    uint32_t trace, uint32_t at,
                    const caus_span_columns *columns, caus_span_faults *faults);

/* ---- self_time.c ---- */

/* The children of span i are child[first[i]] … child[first[i + 1] − 1], by
 * start. */
typedef struct caus_span_children {
    const uint32_t *first;
    const uint32_t *child;
} caus_span_children;

caus_status caus_span_children_find(const caus_spans *spans,
                                    caus_arena *scratch,
                                    caus_span_children *result,
                                    caus_error *err);

/* What of a span's self time lies beside each of its children: from the last
 * one's end, or from the start of the span, to the child's start, and from its
 * end to the next one's start, or to the end of the span. 0 where another child
 * ran. */
typedef struct caus_span_sides {
    int64_t *before_ns;      /* [span_count] of the child */
    int64_t *behind_ns;      /* [span_count] of the child */
    uint32_t *opener;        /* [span_count] of the parent: the child that
                                starts first, CAUS_NO_SPAN = none */
    unsigned char *is_moved; /* [span_count] of the parent: a skewed clock had
                                put a child outside, sides are not known */
} caus_span_sides;

/*
 * Self times: the duration less the time in which any child ran that the span
 * waits for, and less its pauses between a call that failed and the same call
 * again.
 *
 *   waits        [span_count] of each span (waits.c)
 *   result       [span_count]; −1 where the duration is not known
 *   sides        what of it lies beside which child; NULL = not wanted
 *   moved_count  children that a skewed clock had put outside their parents
 */
caus_status caus_span_self_times(const caus_spans *spans,
                                 const caus_span_children *children,
                                 const unsigned char *waits,
                                 const caus_run *run, caus_arena *scratch,
                                 int64_t **result, caus_span_sides *sides,
                                 size_t *moved_count, caus_error *err);

/* ---- waits.c ---- */

/* Who waits for a span. */
typedef enum caus_wait {
    CAUS_WAIT_CALLER, /* its parent, or it has none */
    CAUS_WAIT_NONE,   /* its parent goes on: a queue's consumer */
    CAUS_WAIT_BELOW   /* its parent, for which nobody waits */
} caus_wait;

/*
 * Nobody waits for the callees of a call of which most spans, in the normal
 * phase where it has some, lie outside their parents for the most part, and
 * outside what waits for these alone. Clocks of services differ: of another
 * service, they would have to lie outside whatever the offset between the two
 * clocks.
 *
 *   result  [span_count] a caus_wait
 */
caus_status caus_span_waits_find(const caus_spans *spans,
                                 const caus_span_children *children,
                                 caus_arena *scratch,
                                 const unsigned char **result, caus_error *err);

/* ---- pairs.c ---- */

/* Numbers for pairs, in the order in which they were first met. */
typedef struct caus_pairs {
    uint64_t *keys; /* [count] */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* [slot_count] number + 1; 0 = free */
    size_t slot_count;
} caus_pairs;

void caus_pairs_deinit(caus_pairs *pairs);
/* The number of a pair, new or not; CAUS_NO_PAIR when memory is out. */
#define CAUS_NO_PAIR UINT32_MAX
uint32_t caus_pairs_add(caus_pairs *pairs, uint32_t first, uint32_t second);

static inline uint32_t caus_pair_first(const caus_pairs *pairs, size_t number)
{
    return (uint32_t)(pairs->keys[number] >> 32);
}

static inline uint32_t caus_pair_second(const caus_pairs *pairs, size_t number)
{
    return (uint32_t)pairs->keys[number];
}

/* ---- shift.c: two samples ---- */

/* A value and the span that it came from. */
typedef struct caus_observed {
    double value;
    uint32_t span;
} caus_observed;

/* Values in ascending order, after `zeros` values of 0 that are not listed;
 * with zeros, all listed are above 0. */
typedef struct caus_sample {
    const caus_observed *values;
    size_t count;
    size_t zeros;
} caus_sample;

static inline size_t caus_sample_size(const caus_sample *sample)
{
    return sample->count + sample->zeros;
}

/* Quantile between neighbouring ranks; the sample is not empty. */
double caus_sample_quantile(const caus_sample *sample, double level);

/* The mean without the twentieth part of the values at either end. */
double caus_sample_trimmed_mean(const caus_sample *sample);
double caus_sample_mean(const caus_sample *sample);

/* What a shift is told in: never 0. */
double caus_sample_spread(const caus_sample *sample, double resolution);

/* How often a value of one sample beats one of another, ties counting half. */
typedef struct caus_wins {
    double count;
    double pairs;
    double variance; /* of the count by chance, with ties */
} caus_wins;

caus_wins caus_wins_count(const caus_sample *a, const caus_sample *b);
/* Two-sided p-value of wins beyond those of chance, by the normal limit. */
double caus_wins_p_value(double surplus, double variance);

/*
 * Mann and Whitney's test, two-sided, by the normal limit with the variance of
 * ties and continuity correction. Returns the p-value; 1 when all are equal.
 *
 *   superiority  P(b > a) + P(b = a) / 2
 */
double caus_mann_whitney(const caus_sample *a, const caus_sample *b,
                         double *superiority);

/* Logarithm of the number of ways to choose k of n, 0 ≤ k ≤ n. */
double caus_log_choose(double n, double k);

/* Fisher's exact test of two shares: twice the smaller tail, at most 1. */
double caus_fisher_exact(size_t hits_a, size_t count_a, size_t hits_b,
                         size_t count_b);

/* q-values [count] by Benjamini and Hochberg of p-values [count]. */
caus_status caus_false_discovery(const double *p, size_t count,
                                 caus_arena *scratch, double *q,
                                 caus_error *err);

/* ---- groups.c: values by what they belong to ---- */

typedef struct caus_observation {
    double value;
    uint32_t group;
    uint32_t span;
} caus_observation;

/* Values of group g and phase h are values[start[2g + h]] … in ascending
 * order. */
typedef struct caus_groups {
    const size_t *start; /* [2 · group_count + 1] */
    const caus_observed *values;
    size_t group_count;
} caus_groups;

caus_status caus_group_values(const caus_spans *spans,
                              const caus_observation *observations,
                              size_t count, size_t group_count,
                              const caus_run *run, caus_arena *scratch,
                              caus_groups *result, caus_error *err);

static inline caus_sample caus_group_sample(const caus_groups *groups,
                                            size_t group, caus_phase phase)
{
    size_t at = 2 * group + (phase == CAUS_PHASE_INCIDENT);
    return (caus_sample){groups->values + groups->start[at],
                         groups->start[at + 1] - groups->start[at], 0};
}

/* ---- log_words.c: what a text tells by itself ---- */

/* Its first line, or the last of a traceback. */
caus_slice caus_log_headline(caus_slice text);
/* Whether it is a part of the message before: a line of a stack. */
bool caus_log_continues(caus_slice text);
/* The severity named near its start; ERROR where it tells of an exception. */
caus_severity caus_log_severity(caus_slice text);

/* ---- log_masks.c: words, what varies in them being masked ---- */

enum { CAUS_LOG_WORDS = 128 }; /* of a line; the rest is cut off */
extern const caus_slice caus_log_wildcard;

/*
 * Parts a text into words.
 *
 *   words   [CAUS_LOG_WORDS] in `masked`
 *   masked  [2 · CAUS_LOG_TEXT_BYTES]
 *
 * Returns how many.
 */
size_t caus_log_split(caus_slice text, caus_slice *words, char *masked);

static inline bool caus_slice_is_equal(caus_slice a, caus_slice b)
{
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

#endif
