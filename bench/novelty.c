/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells how new the lines of each service are after an onset. Each line of
 * standard input is
 *
 *   PATH FIRST ONSET STEP
 *
 * with unix times and a step in seconds: lines before FIRST are left out. For
 * each line one is printed, with the largest score of any template of each
 * service that has lines (none where no line is before or after the onset):
 *
 *   SERVICE SCORE SERVICE SCORE ...
 *
 * bench/novelty.py makes the lines and reads the answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "caus/logs.h"

enum { MOST_PATH = 1000 };

typedef struct question {
    char path[MOST_PATH];
    double first_s, onset_s, step_s;
} question;

static int64_t ns_of(double seconds)
{
    return (int64_t)(seconds * 1e3) * 1000000;
}

static void leave_out_before(caus_logs *logs, int64_t first_ns)
{
    size_t skip = 0;
    while (skip < logs->record_count && logs->time_ns[skip] < first_ns)
        skip++;
    logs->time_ns += skip;
    logs->kind += skip;
    logs->lines += skip;
    logs->trace += skip;
    logs->record_count -= skip;
}

/* `found` is by score: the first of a service is its largest. */
static void print_services(const caus_logs *logs, const caus_log_novelty *found)
{
    for (size_t i = 0; i < logs->template_count; i++) {
        const char *service = logs->templates[found[i].kind].service;
        bool told = found[i].normal_count + found[i].incident_count == 0;
        for (size_t j = 0; j < i && !told; j++)
            told = strcmp(logs->templates[found[j].kind].service, service) == 0;
        if (!told)
            printf("%s %.6f ", service, found[i].score);
    }
}

static void answer(const question *asked, const caus_run *run)
{
    caus_arena *arena = caus_arena_new(0);
    caus_logs logs;
    const caus_log_novelty *found;
    caus_error err;
    if (caus_logs_read(asked->path, NULL, run, arena, &logs, &err)) {
        fprintf(stderr, "novelty: %s\n", err.message);
        exit(1);
    }
    leave_out_before(&logs, ns_of(asked->first_s));
    if (caus_logs_novelty(&logs, ns_of(asked->onset_s), ns_of(asked->step_s),
                          arena, &found, &err) == CAUS_OK)
        print_services(&logs, found);
    puts("");
    caus_arena_free(arena);
}

int main(void)
{
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    caus_run *run = NULL;
    caus_error err;
    if (caus_run_new(&options, &run, &err)) {
        fprintf(stderr, "novelty: %s\n", err.message);
        return 1;
    }
    question asked;
    while (scanf("%999s %lf %lf %lf", asked.path, &asked.first_s,
                 &asked.onset_s, &asked.step_s) == 4)
        answer(&asked, run);
    caus_run_free(run);
    return 0;
}
