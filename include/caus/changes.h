/* SPDX-License-Identifier: Apache-2.0 */
/* What people and platforms changed, and which of it came before an onset. */
#ifndef CAUS_CHANGES_H
#define CAUS_CHANGES_H

#include "run.h"
#include "time.h"

CAUS_API_BEGIN

typedef enum caus_change_kind {
    CAUS_CHANGE_DEPLOY,
    CAUS_CHANGE_CONFIG,
    CAUS_CHANGE_FLAG,
    CAUS_CHANGE_RESTART,
    CAUS_CHANGE_OOM_KILL,
    CAUS_CHANGE_CERTIFICATE,
    CAUS_CHANGE_NODE,
    CAUS_CHANGE_OTHER /* kind_name tells */
} caus_change_kind;

typedef struct caus_change {
    int64_t time_ns;
    const char *service; /* "" = of no single service */
    caus_change_kind kind;
    const char *kind_name; /* as written */
    const char *ref;       /* commit, ticket, pod …; "" = none */
    const char *text;      /* "" = none */
    const char *source;    /* file or server it was found in; "" = not told */
    const char *query;     /* that found it; "" = none */
} caus_change;

typedef struct caus_changes {
    size_t change_count;
    const caus_change *changes; /* [change_count] by time, service, kind, ref
                                   and text */
} caus_changes;

typedef struct caus_changes_options {
    caus_zone_fn *zone; /* of times without one; NULL = they are refused */
    void *zone_data;
} caus_changes_options;

/*
 * Reads changes from a CSV file (header with the columns time, service, kind,
 * ref, text, source, query in any order; only time and kind are needed; other
 * columns are ignored), from JSON lines (objects with these keys) or from one
 * JSON document (an array of such objects, alone or under the key changes or
 * annotations), plain, .gz or .zst. Times are RFC 3339 or unix s, ms, µs or ns,
 * told by their size. Kinds in any case; release and rollback are deploys,
 * feature_flag is a flag, oom is an oom_kill, cert a certificate. In a document
 * an object without a kind is an annotation, as Grafana exports them: a tag
 * that is a kind gives the kind, a tag "service:NAME" the service, its id the
 * ref; its text is cut at 4 KiB.
 *
 *   options  NULL = defaults
 *   result   lives in `out`; a file without changes gives none; without a
 *            source of its own a change has the name of the file
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, …_INVALID_DATA (line and column named),
 * …_LIMIT (over a million changes, a text over 4 KiB), …_CANCELLED,
 * …_TIME_LIMIT, …_OUT_OF_MEMORY. Cost O(bytes + changes · log changes).
 */
caus_status caus_changes_read(const char *path,
                              const caus_changes_options *options,
                              const caus_run *run, caus_arena *out,
                              caus_changes *result, caus_error *err);

/*
 * Reads the same from a text in memory.
 *
 *   name  for sentences
 */
caus_status caus_changes_read_text(const char *name, const char *text,
                                   size_t length,
                                   const caus_changes_options *options,
                                   caus_arena *out, caus_changes *result,
                                   caus_error *err);

/*
 * Writes changes as one JSON object (kind "changes"), which
 * caus_changes_read_text() reads back as they were.
 */
caus_status caus_changes_write(const caus_changes *changes, caus_arena *out,
                               const char **json, caus_error *err);

/* Two lists as one; what stands in both counts once. Lives in `out`, texts
 * where they were. */
caus_status caus_changes_join(const caus_changes *a, const caus_changes *b,
                              caus_arena *out, caus_changes *result,
                              caus_error *err);

/* Changes of one service and kind that followed each other. */
typedef struct caus_change_group {
    const char *service;
    caus_change_kind kind;
    const char *kind_name;
    int64_t first_ns;
    int64_t last_ns;
    size_t chief; /* number of the change to tell of: the last that is not after
                     the onset, or the first if all are */
    int64_t before_onset_ns; /* from it to the onset; negative = it came after,
                                by so much */
    size_t change_count;
    const size_t *changes; /* [change_count] numbers, by time */
} caus_change_group;

typedef struct caus_changes_near_options {
    int64_t before_ns; /* how far back from the onset; 0 = 2 h */
    int64_t after_ns;  /* an onset may be found late, a clock may be wrong;
                          0 = 2 min */
    int64_t group_ns;  /* longest pause within a group; 0 = 5 min */
} caus_changes_near_options;

/*
 * Changes around an onset, in groups: those before it first, nearest first;
 * then those after it, nearest first; at one distance by service and kind.
 *
 *   options  NULL = defaults
 *   groups   [group_count], live in `out`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (a negative width),
 * CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. Cost O(changes · log changes).
 */
caus_status caus_changes_near(const caus_changes *changes, int64_t onset_ns,
                              const caus_changes_near_options *options,
                              caus_arena *out, const caus_change_group **groups,
                              size_t *group_count, caus_error *err);

/* How far it is from the onset, before or after, "12 min 43 s": beyond ten
 * seconds without fractions. text [40]. */
void caus_change_group_distance(const caus_change_group *group, char text[40]);

CAUS_API_END
#endif
