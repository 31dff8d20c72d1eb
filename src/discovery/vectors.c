/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "discovery/discovery_internal.h"

/* Whether another variable stands for a variable's vector: the one whose name
 * comes first, so that the order of columns does not matter. */
static bool is_represented(const caus_series *series, size_t variable)
{
    const caus_variable *all = series->variables;
    for (size_t v = 0; all && v < series->variable_count; v++)
        if (all[variable].vector_group >= 0 &&
            all[v].vector_group == all[variable].vector_group &&
            strcmp(all[v].name, all[variable].name) < 0)
            return true;
    return false;
}

caus_status caus_vectors_assume(const caus_series *series, size_t max_lag,
                                caus_arena *arena,
                                const unsigned char **assumptions,
                                caus_error *err)
{
    size_t variables = series->variable_count, lags = max_lag + 1;
    size_t cells = variables * variables * lags;
    unsigned char *made = CAUS_ARRAY(arena, unsigned char, cells);
    bool *represented = CAUS_ARRAY(arena, bool, variables);
    if (!made || !represented)
        return caus_arena_fail(arena, err);
    if (*assumptions)
        memcpy(made, *assumptions, cells);
    for (size_t v = 0; v < variables; v++)
        represented[v] = is_represented(series, v);
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            if (represented[i] || represented[j])
                memset(made + (i * variables + j) * lags, CAUS_ASSUME_ABSENT,
                       lags);
    *assumptions = made;
    return CAUS_OK;
}
