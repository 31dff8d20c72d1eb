/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for anomalies in parts of CSV files. Each line of standard input is
 *
 *   PATH FIRST REFERENCE_END END
 *
 * with unix times in seconds: rows from FIRST on and before REFERENCE_END are
 * the reference, those up to END are in question. For each line one is printed:
 *
 *   found onset first last score threshold disturbances exceeding cpu_ms
 *
 * bench/anomaly.py makes the lines and reads the answers. The argument names
 * the detector; run-lengths is the online detector of change points that all
 * variables share, which has no windows of its own to be held against: it finds
 * something where it believes in a change at a row in question more firmly than
 * at any of the reference.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "caus/anomaly.h"
#include "caus/csv.h"
#include "numeric/order.h"

enum { MOST_PATH = 1000, SETTLING_ROWS = 10, DELAY_ROWS = 3 };

static const double least_scale = .025; /* of the level, as the detectors' */
static const double most_deviations = 10;
static const char shared_name[] = "run-lengths";

static const int64_t SECOND_NS = 1000000000;

typedef struct file {
    char path[MOST_PATH];
    caus_arena *arena;
    caus_series series;
} file;

static double processor_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void give_up(const caus_error *err)
{
    fprintf(stderr, "anomaly: %s\n", err->message);
    exit(1);
}

/* The file is kept until another is asked for. */
static void open_file(file *f, const char *path, const caus_run *run)
{
    caus_error err;
    if (strcmp(f->path, path) == 0)
        return;
    caus_arena_free(f->arena);
    f->arena = caus_arena_new(0);
    snprintf(f->path, sizeof f->path, "%s", path);
    if (caus_csv_read(path, NULL, run, f->arena, &f->series, &err))
        give_up(&err);
}

/* The row of a time, within the file. */
static size_t row_of(const caus_series *series, double seconds)
{
    const caus_segment *segment = &series->segments[0];
    double at = (seconds - (double)(segment->start_ns / SECOND_NS)) /
                ((double)series->step_ns / (double)SECOND_NS);
    at = ceil(fmax(0, fmin(at, (double)segment->row_count)));
    return (size_t)at;
}

/* Rows [first, end) as a series of their own. */
static caus_series cut(const caus_series *from, size_t first, size_t end,
                       caus_arena *arena)
{
    size_t count = from->variable_count;
    const caus_segment *segment = &from->segments[0];
    double *values = CAUS_ARRAY(arena, double, (end - first) * count);
    const char **names = CAUS_ARRAY(arena, const char *, count);
    for (size_t v = 0; v < count; v++) {
        names[v] = from->variables[v].name;
        for (size_t r = first; r < end; r++)
            values[(r - first) * count + v] =
                caus_segment_is_missing(segment, r, v)
                    ? (double)NAN
                    : segment->values[r * count + v];
    }
    caus_series made;
    caus_error err;
    if (caus_series_from_values(names, count, values, end - first,
                                from->step_ns, arena, &made, &err))
        give_up(&err);
    return made;
}

static double time_of(const caus_series *series, size_t row)
{
    return (double)series->segments[0].start_ns / (double)SECOND_NS +
           (double)row * ((double)series->step_ns / (double)SECOND_NS);
}

static size_t exceeding(const caus_anomalies *found)
{
    size_t count = 0;
    for (size_t v = 0; v < found->variable_count; v++)
        count += found->variables[v].exceeds;
    return count;
}

/* Columns in robust deviations from the level of the reference. */
static double *standardised(const caus_series *part, size_t reference,
                            caus_arena *arena)
{
    size_t rows = part->segments[0].row_count, count = part->variable_count;
    double *made = CAUS_ARRAY(arena, double, rows *count);
    double *sorted = CAUS_ARRAY(arena, double, reference + 1);
    for (size_t v = 0; v < count; v++) {
        const double *values = part->segments[0].values + v;
        size_t known = 0;
        for (size_t r = 0; r < reference; r++)
            if (!isnan(values[r * count]))
                sorted[known++] = values[r * count];
        caus_sort(sorted, known);
        double level =
            known ? caus_sorted_quantile(sorted, known, .5) : (double)NAN;
        double scale = fmax(known ? caus_sorted_deviation(sorted, known) : 0,
                            least_scale * fabs(level));
        for (size_t r = 0; r < rows; r++) {
            double off = (values[r * count] - level) / scale;
            made[r * count + v] =
                scale > 0 ? fmax(-most_deviations, fmin(most_deviations, off))
                          : (double)NAN;
        }
    }
    return made;
}

/* The row of the firmest change in question. */
static caus_status find_shared(const caus_series *part, size_t reference,
                               const caus_run *run, caus_arena *arena,
                               caus_anomalies *found, caus_error *err)
{
    size_t rows = part->segments[0].row_count;
    caus_run_lengths believed;
    CAUS_TRY(caus_run_lengths_find(standardised(part, reference, arena), rows,
                                   part->variable_count, 1 / (double)rows,
                                   DELAY_ROWS, run, arena, &believed, err));
    double usual = .5;
    size_t best = reference;
    for (size_t r = SETTLING_ROWS; r < reference; r++)
        usual = fmax(usual, believed.change[r]);
    for (size_t r = reference; r < rows; r++)
        if (believed.change[r] > believed.change[best])
            best = r;
    double firm = best < rows ? believed.change[best] : 0;
    *found = (caus_anomalies){.score = firm, .threshold = usual};
    found->onset = (caus_onset){.found = firm > usual,
                                .row = best,
                                .first_row = best,
                                .last_row = best};
    return CAUS_OK;
}

static void answer(const file *f, const double times[3],
                   const caus_anomaly_options *detector, const caus_run *run)
{
    size_t first = row_of(&f->series, times[0]);
    size_t reference = row_of(&f->series, times[1]);
    size_t end = row_of(&f->series, times[2] + .5);
    caus_arena *arena = caus_arena_new(0);
    caus_series part = cut(&f->series, first, end, arena);
    caus_anomalies found;
    caus_error err;
    double before = processor_ms();
    caus_status status;
    if (detector) {
        caus_anomaly_options options = *detector;
        options.reference_rows = reference - first;
        status = caus_anomaly_detect(&part, &options, run, arena, &found, &err);
    } else {
        status =
            find_shared(&part, reference - first, run, arena, &found, &err);
    }
    double spent = processor_ms() - before;
    if (status != CAUS_OK)
        printf("error %s\n", err.message);
    else
        printf("%d %.0f %.0f %.0f %.4f %.4f %zu %zu %.3f\n", found.onset.found,
               time_of(&f->series, first + found.onset.row),
               time_of(&f->series, first + found.onset.first_row),
               time_of(&f->series, first + found.onset.last_row), found.score,
               found.threshold, found.disturbance_count, exceeding(&found),
               spent);
    caus_arena_free(arena);
}

int main(int argc, char **argv)
{
    caus_anomaly_options options = caus_anomaly_options_default();
    bool shared = argc > 1 && strcmp(argv[1], shared_name) == 0;
    if (argc > 1 && !shared &&
        !caus_detector_from_name(argv[1], &options.detector)) {
        fprintf(stderr, "anomaly: there is no detector %s\n", argv[1]);
        return 2;
    }
    caus_run_options run_options = caus_run_options_default();
    run_options.threads = 1;
    caus_run *run = NULL;
    caus_error err;
    if (caus_run_new(&run_options, &run, &err))
        give_up(&err);
    file f = {.path = ""};
    char path[MOST_PATH];
    double times[3];
    while (scanf("%999s %lf %lf %lf", path, &times[0], &times[1], &times[2]) ==
           4) {
        open_file(&f, path, run);
        answer(&f, times, shared ? NULL : &options, run);
    }
    caus_arena_free(f.arena);
    caus_run_free(run);
    return 0;
}
