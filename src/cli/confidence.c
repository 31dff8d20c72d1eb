/* SPDX-License-Identifier: Apache-2.0 */
/* How sure a graph is: resamples and other settings. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "methods.h"

static caus_status add_stability(const caus_cli_lesson *lesson,
                                 const caus_cli_task *task,
                                 caus_discovery *found, caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    bool halves = caus_arguments_has(arguments, "stability-selection");
    const char *name = halves ? "stability-selection" : "bootstrap";
    long replicates, block;
    CAUS_TRY(caus_arguments_integer(arguments, name, 0, 100000, 0, &replicates,
                                    err));
    CAUS_TRY(
        caus_arguments_integer(arguments, "block", 1, 1000000, 0, &block, err));
    if (!replicates || (task->resamples && !halves))
        return CAUS_OK;
    caus_stability_options options = {
        .resampling = halves ? CAUS_RESAMPLE_HALF : CAUS_RESAMPLE_BOOTSTRAP,
        .replicates = (size_t)replicates,
        .longest_lag = task->longest_lag,
        .block_rows = (size_t)block};
    return caus_discovery_add_stability(
        lesson->series, task->learn, task->settings, &options,
        lesson->program->run, lesson->arena, found, err);
}

enum { MOST_SETTINGS = 6 };

/* Other settings of a task and their names. */
typedef struct variation {
    const void *settings[MOST_SETTINGS];
    const char *names[MOST_SETTINGS];
    size_t count;
} variation;

/* A copy of the settings to change; NULL without memory. */
static char *vary(const caus_cli_lesson *lesson, const caus_cli_task *task,
                  variation *other, const char *name)
{
    char *copy = caus_arena_array(lesson->arena, task->settings_size, 1);
    if (!copy || !name)
        return NULL;
    memcpy(copy, task->settings, task->settings_size);
    other->settings[other->count] = copy;
    other->names[other->count++] = name;
    return copy;
}

/* Levels a fifth, half, twice and five times as large. */
static caus_status vary_alpha(const caus_cli_lesson *lesson,
                              const caus_cli_task *task, variation *other,
                              caus_error *err)
{
    static const double factors[] = {.2, .5, 2, 5};
    if (task->alpha_at[0] == caus_cli_nowhere)
        return CAUS_OK;
    double alpha;
    memcpy(&alpha, (const char *)task->settings + task->alpha_at[0],
           sizeof alpha);
    for (size_t k = 0; k < sizeof factors / sizeof *factors; k++) {
        double level = alpha * factors[k];
        if (!(level > 0 && level < 1))
            continue;
        char *copy = vary(lesson, task, other,
                          caus_arena_format(lesson->arena, "alpha %g", level));
        if (!copy)
            return caus_arena_fail(lesson->arena, err);
        for (size_t at = 0; at < 2; at++)
            if (task->alpha_at[at] != caus_cli_nowhere)
                memcpy(copy + task->alpha_at[at], &level, sizeof level);
    }
    return CAUS_OK;
}

/* Half and one and a half times the largest lag. */
static caus_status vary_lag(const caus_cli_lesson *lesson,
                            const caus_cli_task *task, variation *other,
                            caus_error *err)
{
    if (task->max_lag_at == caus_cli_nowhere)
        return CAUS_OK;
    size_t lag;
    memcpy(&lag, (const char *)task->settings + task->max_lag_at, sizeof lag);
    const size_t lags[] = {lag / 2, lag + (lag + 1) / 2};
    for (size_t k = 0; lag > 1 && k < 2; k++) {
        char *copy =
            vary(lesson, task, other,
                 caus_arena_format(lesson->arena, "max-lag %zu", lags[k]));
        if (!copy)
            return caus_arena_fail(lesson->arena, err);
        memcpy(copy + task->max_lag_at, &lags[k], sizeof lags[k]);
    }
    return CAUS_OK;
}

static caus_status add_sensitivity(const caus_cli_lesson *lesson,
                                   const caus_cli_task *task,
                                   caus_discovery *found,
                                   caus_graph_answer *answer, caus_error *err)
{
    if (!caus_arguments_has(lesson->arguments, "sensitivity"))
        return CAUS_OK;
    variation other = {0};
    CAUS_TRY(vary_alpha(lesson, task, &other, err));
    CAUS_TRY(vary_lag(lesson, task, &other, err));
    if (!other.count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--sensitivity varies levels and lags, and --method "
                         "%s has %s",
                         caus_arguments_get(lesson->arguments, "method"),
                         task->max_lag_at == caus_cli_nowhere
                             ? "neither to vary"
                             : "no shorter lag than this --max-lag: give 2 or "
                               "more");
    const char **names =
        caus_arena_array(lesson->arena, other.count, sizeof *names);
    if (!names)
        return caus_arena_fail(lesson->arena, err);
    memcpy(names, other.names, other.count * sizeof *names);
    answer->variations = names;
    answer->variation_count = other.count;
    return caus_discovery_add_sensitivity(
        lesson->series, task->learn, other.settings, other.count,
        lesson->program->run, lesson->arena, found, err);
}

caus_status caus_cli_add_confidence(const caus_cli_lesson *lesson,
                                    const caus_cli_task *task,
                                    caus_discovery *found,
                                    caus_graph_answer *answer, caus_error *err)
{
    CAUS_TRY(add_stability(lesson, task, found, err));
    return add_sensitivity(lesson, task, found, answer, err);
}
