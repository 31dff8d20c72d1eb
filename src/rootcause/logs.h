/* SPDX-License-Identifier: Apache-2.0 */
/* What log lines say of services, in the incident and in windows before it. */
#ifndef CAUS_SRC_ROOTCAUSE_LOGS_H
#define CAUS_SRC_ROOTCAUSE_LOGS_H

#include "rootcause/placebo.h"

/* How many lines of a template a row has, for the rows that have any. */
typedef struct caus_log_count {
    uint32_t row;
    uint32_t lines;
} caus_log_count;

/* Log lines on the rows of a timeline. */
typedef struct caus_log_table {
    const caus_logs *logs;
    size_t first_row; /* that has lines */
    size_t last_row;
    const size_t *start;          /* [template_count + 1] into counts */
    const caus_log_count *counts; /* by template, then row */
    const size_t *service_of; /* [template_count] of the scene; SIZE_MAX = no */
    const size_t *text_of;    /* [template_count] number of its text */
    size_t text_count;
    const size_t *callee_of; /* [template_count] whom the line names of those
                                that its service calls; SIZE_MAX = nobody */
} caus_log_table;

/* A template in a window. */
typedef struct caus_log_rise {
    double before, after; /* lines */
    double expected;      /* of `after`, at the rate before */
    double size;          /* in deviations, of one line at least */
    double clue;          /* log(1 + size), weighed by severity and by how few
                             services say the same */
} caus_log_rise;

/* Sets `log_table` where there are log lines. */
caus_status caus_log_table_find(caus_case *about, caus_error *err);

/*
 * How many lines are to be expected in so many rows after a reference, at a
 * rate known from that (with half a line more than it had, Jeffreys' prior).
 *
 *   variance  set to that of a count of chance, with what is not known of the
 *             rate, and of one line at least
 */
double caus_log_expect(double before, size_t reference, size_t rows,
                       double *variance);
/* The rise of one template, its clue not filled in; its size is that of all
 * rows or of the first half, whichever is larger: an incident may be over
 * before the end. */
caus_log_rise caus_log_rise_of(const caus_log_table *table, size_t kind,
                               size_t from, size_t to);

/* Whether there are lines enough before a row, and any from it on. */
bool caus_log_table_covers(const caus_log_table *table, size_t row);

caus_status caus_log_clues_init(const caus_scene *scene, caus_arena *out,
                                caus_log_clues *result, caus_error *err);

/* Clues of the incident, and of the placebo windows, before either is reduced
 * by the other; nothing where there are no logs. */
caus_status caus_log_clues_find(caus_case *about, caus_placebo *placebo,
                                caus_error *err);

/* Where lines began that were not there before; SIZE_MAX = nowhere. */
size_t caus_log_find_split(const caus_case *about);
/* The largest clue of errors in lines when the rows are split at `row`; there
 * are lines. */
double caus_log_contrast(const caus_case *about, size_t row);
/* First appearances of lines as onsets of services that have none, or later
 * ones. */
void caus_log_use_onsets(caus_case *about);

/* Whether lines of a service's log rose. */
bool caus_log_rose(const caus_case *about, size_t service);
/* The facts of the first suspects. */
caus_status caus_log_facts_find(caus_case *about, caus_error *err);
/* Adds the strongest fact of a suspect to its sentence. */
void caus_log_fact_add(const caus_suspect *suspect, caus_text *text);

#endif
