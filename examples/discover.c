/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Learns a graph from three made-up series and prints it as text.
 *
 *   cc discover.c $(pkg-config --cflags --libs caus) -lm -o discover
 */
#include <caus/caus.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 500, VARIABLES = 3 };

static double noise(void)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += rand() / (double)RAND_MAX;
    return sum - 6;
}

/* disk(t−1) → queue(t), queue(t−2) → latency(t) */
static void make_values(double values[ROWS][VARIABLES])
{
    for (int t = 0; t < ROWS; t++) {
        for (int v = 0; v < VARIABLES; v++)
            values[t][v] = noise();
        if (t >= 2) {
            values[t][1] += 0.7 * values[t - 1][0];
            values[t][2] += 0.6 * values[t - 2][1];
        }
    }
}

static caus_status answer(const caus_run *run, caus_arena *arena,
                          caus_error *err)
{
    static const char *const names[] = {"disk", "queue", "latency"};
    static double values[ROWS][VARIABLES];
    make_values(values);

    caus_series series;
    CAUS_TRY(caus_series_from_values(names, VARIABLES, &values[0][0], ROWS,
                                     60000000000, arena, &series, err));
    caus_pcmci_options options = caus_pcmci_options_default();
    options.max_lag = 3;
    options.alpha = 0.01;
    caus_discovery found;
    CAUS_TRY(caus_discover_pcmci(&series, &options, run, arena, &found, err));

    caus_graph_answer shown = {.series = &series,
                               .discovery = &found,
                               .method = "pcmci",
                               .test = "parcorr",
                               .options = options};
    const char *text;
    size_t length;
    CAUS_TRY(caus_render_graph(&shown, CAUS_FORMAT_TEXT, NULL, run, arena,
                               &text, &length, err));
    fputs(text, stdout);
    return CAUS_OK;
}

int main(void)
{
    caus_error err;
    caus_run *run;
    if (caus_run_new(NULL, &run, &err) != CAUS_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    caus_arena *arena = caus_arena_new(0);
    caus_status status = arena ? answer(run, arena, &err)
                               : CAUS_FAIL(&err, CAUS_ERR_OUT_OF_MEMORY,
                                           "no memory for an arena");
    if (status != CAUS_OK)
        fprintf(stderr, "%s\n", err.message);
    caus_arena_free(arena);
    caus_run_free(run);
    return status != CAUS_OK;
}
