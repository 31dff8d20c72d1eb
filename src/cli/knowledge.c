/* SPDX-License-Identifier: Apache-2.0 */
/* What knowledge does not do, and whether the answer keeps --max-parents. */
#include <string.h>

#include "methods.h"

caus_status caus_cli_warn_of_knowledge(const caus_arguments *arguments,
                                       caus_arena *arena, caus_cli_input *input,
                                       caus_error *err)
{
    const caus_knowledge *knowledge;
    const caus_topology *topology;
    const char *const *sentences;
    size_t count;
    CAUS_TRY(caus_cli_read_knowledge(arguments, arena, &knowledge, err));
    if (!knowledge)
        return CAUS_OK;
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &topology, err));
    CAUS_TRY(caus_knowledge_find_idle(knowledge, &input->series,
                                      topology ? topology : input->topology,
                                      arena, &sentences, &count, err));
    for (size_t k = 0; k < count; k++)
        CAUS_TRY(caus_cli_add_warning(arena, input, sentences[k], err));
    return CAUS_OK;
}

/* Causes of a variable, each lag one; stand-ins for unmeasured contexts are
 * none. */
static size_t count_causes(const caus_graph_answer *answer, size_t target)
{
    const caus_graph *graph = &answer->discovery->graph;
    size_t count = 0;
    for (size_t source = 0; source < graph->node_count; source++)
        for (size_t lag = 0; lag <= graph->max_lag; lag++) {
            caus_edge edge = caus_graph_get(graph, source, target, lag);
            count +=
                edge.source == CAUS_MARK_TAIL &&
                edge.target == CAUS_MARK_ARROW &&
                answer->series->variables[source].role < CAUS_ROLE_TIME_DUMMY;
        }
    return count;
}

static caus_status add(caus_arena *arena, caus_graph_answer *answer,
                       const char *warning, caus_error *err)
{
    size_t count = answer->warning_count;
    const char **all = caus_arena_array(arena, count + 1, sizeof *all);
    if (!all || !warning)
        return caus_arena_fail(arena, err);
    if (count)
        memcpy(all, answer->warnings, count * sizeof *all);
    all[count] = warning;
    answer->warnings = all;
    answer->warning_count = count + 1;
    return CAUS_OK;
}

static const char *warning_of(const caus_graph_answer *answer, size_t most,
                              size_t variable, size_t others, caus_arena *arena)
{
    const char *more =
        others ? caus_arena_format(arena, " and %zu other%s too many", others,
                                   others > 1 ? "s have" : " has")
               : "";
    return more ? caus_arena_format(
                      arena,
                      "the data contradict --max-parents %zu: %s has %zu "
                      "causes%s; raise the bound, or ask for stronger evidence "
                      "by a lower --alpha",
                      most, answer->series->variables[variable].name,
                      count_causes(answer, variable), more)
                : NULL;
}

caus_status caus_cli_check_bound(const caus_arguments *arguments,
                                 caus_arena *arena, caus_graph_answer *answer,
                                 caus_error *err)
{
    size_t most, above = 0, worst = 0;
    CAUS_TRY(caus_cli_read_max_parents(arguments, 0, &most, err));
    answer->options.max_parents = most;
    for (size_t j = 0; most && j < answer->discovery->graph.node_count; j++) {
        size_t count = count_causes(answer, j);
        above += count > most;
        if (count > count_causes(answer, worst))
            worst = j;
    }
    if (!above)
        return CAUS_OK;
    return add(arena, answer, warning_of(answer, most, worst, above - 1, arena),
               err);
}
