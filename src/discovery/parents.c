/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/parents.h"

#include <stdlib.h>

static int compare_strength(const void *a, const void *b)
{
    const caus_ranked *x = a, *y = b;
    if (x->strength > y->strength || x->strength < y->strength)
        return x->strength < y->strength ? 1 : -1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

void caus_rank_parents(caus_ranked *list, size_t count)
{
    qsort(list, count, sizeof *list, compare_strength);
}

caus_status caus_check_parents(const caus_lag_prior *prior,
                               const caus_variable *variables, size_t most,
                               caus_error *err)
{
    size_t nodes = prior->variable_count;
    for (size_t to = 0; most && prior->cells && to < nodes; to++) {
        size_t count = 0;
        for (size_t k = 0; k < nodes * prior->lags; k++)
            count += caus_lag_prior_requires(prior, k / prior->lags, to,
                                             k % prior->lags);
        if (count > most)
            return CAUS_FAIL(
                err, CAUS_ERR_INVALID_ARGUMENT,
                "%zu required links lead into %s and at most %zu "
                "parents are allowed: raise --max-parents or "
                "require fewer",
                count, variables ? variables[to].name : "a variable", most);
    }
    return CAUS_OK;
}
