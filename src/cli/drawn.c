/* SPDX-License-Identifier: Apache-2.0 */
/* --graph: what somebody drew, as knowledge before and beside the answer. */
#include <string.h>

#include "methods.h"

/* By the order of caus_graph_trust. */
static const char *const trust_names[] = {"compare", "prior", "required"};

static caus_graph_trust read_trust(const caus_arguments *arguments)
{
    const char *name = caus_arguments_get(arguments, "graph-trust");
    for (int k = 0; name && k < 3; k++) {
        if (strcmp(name, trust_names[k]) == 0)
            return (caus_graph_trust)k;
    }
    return CAUS_TRUST_COMPARE;
}

caus_status caus_cli_add_graph(const caus_cli_lesson *lesson, size_t max_lag,
                               const caus_knowledge **known, caus_error *err)
{
    const char *path = caus_arguments_get(lesson->arguments, "graph");
    caus_graph_file drawn;
    if (!path || read_trust(lesson->arguments) == CAUS_TRUST_COMPARE)
        return CAUS_OK;
    caus_knowledge *merged = caus_arena_array(lesson->arena, 1, sizeof *merged);
    if (!merged)
        return caus_arena_fail(lesson->arena, err);
    CAUS_TRY(caus_graph_file_read(path, lesson->arena, &drawn, err));
    CAUS_TRY(caus_knowledge_add_graph(
        *known, &drawn, read_trust(lesson->arguments), lesson->series, max_lag,
        lesson->arena, merged, err));
    CAUS_TRY(caus_cli_read_max_parents(lesson->arguments, 0,
                                       &merged->max_parents, err));
    *known = merged;
    return CAUS_OK;
}

/* Whether a test's statistic is a correlation, and rows say how small a one
 * shows. */
static bool is_correlation(const char *test)
{
    static const char others[] =
        " gsquared chisquared cmiknn cmiknn-mixed gpdc "
        "rcot bdeu categories-bic additive-splines ";
    char word[40];
    snprintf(word, sizeof word, " %s ", test);
    return !strstr(others, word);
}

/* A graph about other things is a mistake. */
static caus_status check_names(const caus_graph_file *drawn,
                               const caus_series *series, caus_error *err)
{
    for (size_t k = 0; k < drawn->node_count; k++)
        if (caus_series_find(series, drawn->names[k]) != SIZE_MAX)
            return CAUS_OK;
    return CAUS_FAIL(
        err, CAUS_ERR_NOT_FOUND,
        "none of the %zu nodes of %s is a variable: it has %s, the "
        "data have %s",
        drawn->node_count, drawn->path, drawn->names[0],
        series->variables[0].name);
}

caus_status caus_cli_compare(const caus_arguments *arguments, caus_arena *arena,
                             caus_graph_answer *answer, caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "graph");
    caus_graph_file *drawn = caus_arena_array(arena, 1, sizeof *drawn);
    caus_comparison *made = caus_arena_array(arena, 1, sizeof *made);
    if (!path)
        return CAUS_OK;
    if (!drawn || !made)
        return caus_arena_fail(arena, err);
    caus_comparison_options options = {
        .alpha = answer->options.alpha,
        .is_correlation = is_correlation(answer->test),
        .assumptions = answer->options.assumptions};
    CAUS_TRY(caus_graph_file_read(path, arena, drawn, err));
    CAUS_TRY(check_names(drawn, answer->series, err));
    CAUS_TRY(caus_graph_compare(drawn, answer->series, answer->discovery,
                                &options, arena, made, err));
    answer->comparison = made;
    answer->graph_trust = trust_names[read_trust(arguments)];
    return CAUS_OK;
}
