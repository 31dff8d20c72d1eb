/* SPDX-License-Identifier: Apache-2.0 */
/* Where to look at what shows a suspect. */
#include <string.h>

#include "render/explain.h"

enum { MOST_METRICS = 3 };

static const int64_t before_ns = INT64_C(15) * 60 * 1000000000;
static const int64_t after_ns = INT64_C(30) * 60 * 1000000000;

static void add_link(const caus_tale *tale, caus_explore_kind kind,
                     const char *title, const char *query, caus_tale_links *all)
{
    const caus_explanation_answer *answer = tale->answer;
    const caus_onset *onset = &answer->explanation->onset;
    const char *statements[] = {NULL, answer->trace_statement,
                                answer->log_statement};
    caus_explore what = {.kind = kind,
                         .query = query,
                         .statement = statements[kind],
                         .from_ns = onset->first_ns - before_ns,
                         .to_ns = onset->last_ns + after_ns};
    const char *url = NULL;
    caus_error err;
    if (caus_grafana_explore(&answer->grafana, &what, tale->arena, &url,
                             &err) != CAUS_OK)
        tale->text->failed = true;
    if (url)
        all->items[all->count++] =
            (caus_tale_link){.title = caus_tale_clean(tale, title), .url = url};
}

caus_tale_links caus_tale_find_links(const caus_tale *tale,
                                     const caus_suspect *suspect)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_tale_links all = {.count = 0};
    if (!tale->answer->grafana.url || suspect->observer)
        return all;
    for (size_t i = 0; i < suspect->clue_count && all.count < MOST_METRICS;
         i++) {
        const caus_clue *clue = &told->clues[suspect->clues[i]];
        const caus_variable *named =
            &tale->answer->series->variables[clue->variable];
        if (clue->score > 0 && named->query[0] &&
            strcmp(named->source, "prometheus") == 0)
            add_link(tale, CAUS_EXPLORE_METRIC, named->name, named->query,
                     &all);
    }
    for (size_t i = 0; i < suspect->exemplar_count && i < MOST_METRICS; i++)
        add_link(tale, CAUS_EXPLORE_TRACE, suspect->exemplars[i],
                 suspect->exemplars[i], &all);
    add_link(tale, CAUS_EXPLORE_LOGS, "logs", suspect->service, &all);
    return all;
}
