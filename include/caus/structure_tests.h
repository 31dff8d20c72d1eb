/* SPDX-License-Identifier: Apache-2.0 */
/* Static searches by any test of conditional independence. */
#ifndef CAUS_STRUCTURE_TESTS_H
#define CAUS_STRUCTURE_TESTS_H

#include "fci.h"
#include "structure.h"

CAUS_API_BEGIN

/*
 * PC as caus_discover_pc() has it, by the test that `test` names.
 *
 *   series   segments are pooled; a missing value costs the tests that need it
 *            a row, not all tests
 *   options  NULL = default
 *   result   as of caus_discover_pc(), but `statistic` and `p_value` are the
 *            test's own: of the test of the pair that came nearest to
 *            independence, or found it
 *
 * With the test of vectors, of every vector group only the variable whose name
 * comes first is searched and stands for all. A pair is dependent when p ≤
 * alpha. A test that cannot tell, given a set, separates nothing; given the
 * empty set it does (a constant column). Fails with CAUS_ERR_INVALID_ARGUMENT,
 * …_INVALID_DATA (what the test refuses), …_TOO_FEW_SAMPLES, …_LIMIT,
 * …_CANCELLED, …_OUT_OF_MEMORY. Cost: that of the test, for as many tests as PC
 * makes, one by one: partial correlation is far faster through
 * caus_discover_pc().
 */
caus_status caus_discover_pc_by(const caus_series *series,
                                const caus_pc_options *options,
                                const caus_test_options *test,
                                const caus_run *run, caus_arena *out,
                                caus_discovery *result, caus_error *err);

/* FCI or RFCI as caus_discover_fci() has it, by the test that `test` names;
 * the rest as of caus_discover_pc_by(). */
caus_status caus_discover_fci_by(const caus_series *series,
                                 const caus_fci_options *options,
                                 const caus_test_options *test,
                                 const caus_run *run, caus_arena *out,
                                 caus_discovery *result, caus_error *err);

CAUS_API_END
#endif
