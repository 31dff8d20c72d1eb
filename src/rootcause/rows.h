/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows are explained: where a symptom stands out, what stands out of all,
 * spans before and after. */
#ifndef CAUS_SRC_ROOTCAUSE_ROWS_H
#define CAUS_SRC_ROOTCAUSE_ROWS_H

#include "rootcause/rootcause_internal.h"

/* Rows of the first environment, where there are two: they are not in question.
 */
size_t caus_case_baseline_rows(const caus_case *about);

/* Rows in which the symptom that somebody named stands out by itself. */
typedef struct caus_breach {
    bool found;
    size_t near_row;  /* as long before it as it lasts: the incident began here
                         or later */
    size_t last_row;  /* of it */
    size_t until_row; /* as long behind it, or the last that there is */
} caus_breach;

/*
 * The latest of them that goes on in the rows in question, if it lasts for a
 * quarter of the rows since it began.
 *
 *   about  opened, with such a symptom
 */
caus_status caus_breach_find(const caus_case *about, caus_breach *result,
                             caus_error *err);

/*
 * Explains the rows that stand out or, where nothing is found from there on,
 * what leaves its habit; behind the last normal trace, if traces tell. Of a
 * symptom that somebody named first those of what its service calls, also
 * through others.
 *
 *   about  not opened
 */
caus_status caus_case_search(caus_case *about, caus_explanation *result,
                             caus_error *err);

/* The rows that stand out of all, with an onset that can be explained, as
 * caus_incident_find() has them. */
caus_status caus_case_find_extent(const caus_case *about, caus_extent *result,
                                  caus_error *err);

/* The first row behind the last normal trace before those of the incident,
 * which began no sooner than that; 0 = nobody told phases, or too few rows lie
 * on one side. */
size_t caus_case_row_behind_normal(const caus_case *about);

/* Sets `spans`: as given, or cut at the onset if all are of one phase. */
caus_status caus_case_take_spans(caus_case *about, caus_error *err);

#endif
