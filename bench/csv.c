/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads CSV files of 300 MB that live in memory and prints MB of text per
 * second of processor time on one thread; the best of some repetitions.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "caus/caus.h"

enum { REPETITIONS = 3 };

static const size_t file_bytes = (size_t)300 * 1000 * 1000;

/* What a file looks like. */
typedef struct shape {
    const char *name;
    int columns;
    int digits; /* significant ones of a value; 0 = whole numbers */
    bool has_time;
    bool iso_times;
} shape;

static const shape shapes[] = {
    {"20 columns, 17 digits, unix time", 20, 17, true, false},
    {"20 columns, 6 digits, unix time", 20, 6, true, false},
    {"20 columns, integers to 9999, unix time", 20, 0, true, false},
    {"2 columns, 6 digits, RFC 3339 time", 2, 6, true, true},
    {"200 columns, 6 digits, no time", 200, 6, false, false},
};

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void add_header(caus_text *text, const shape *made)
{
    if (made->has_time)
        caus_text_add(text, "time,");
    for (int i = 0; i < made->columns; i++)
        caus_text_format(text, "%sv%d", i ? "," : "", i);
    caus_text_add(text, "\n");
}

static void add_row(caus_text *text, const shape *made, int64_t row,
                    caus_random *random)
{
    const int64_t second_ns = 1000000000;
    if (made->iso_times) {
        char time[40];
        caus_time_format((1700000000 + row) * second_ns, time);
        caus_text_format(text, "%s,", time);
    } else if (made->has_time) {
        caus_text_format(text, "%lld,", (long long)(1700000000 + row));
    }
    for (int i = 0; i < made->columns; i++) {
        char number[40];
        double value = caus_random_uniform(random) * 9999;
        snprintf(number, sizeof number, "%.*g",
                 made->digits ? made->digits : 17,
                 made->digits ? value : floor(value));
        caus_text_format(text, "%s%s", i ? "," : "", number);
    }
    caus_text_add(text, "\n");
}

/* A file of this shape in memory; its path is written to `path`. */
static int make_file(const shape *made, char path[64])
{
    int file = memfd_create("bench", MFD_CLOEXEC);
    caus_random random;
    caus_random_init(&random, 1, 0);
    caus_text text = {0};
    add_header(&text, made);
    size_t written = 0;
    for (int64_t row = 0; written < file_bytes; row++) {
        add_row(&text, made, row, &random);
        if (text.length < 1 << 20)
            continue;
        if (file < 0 || text.failed ||
            write(file, text.bytes, text.length) != (ssize_t)text.length) {
            fprintf(stderr, "csv: no memory for a file of %zu bytes\n",
                    file_bytes);
            exit(77);
        }
        written += text.length;
        text.length = 0;
    }
    caus_text_deinit(&text);
    snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

/* The best of some reads, in MB of text a second. */
static double measure(const char *path, double text_bytes, size_t *cells)
{
    double best = 0;
    for (int i = 0; i < REPETITIONS; i++) {
        caus_run_options options = caus_run_options_default();
        options.threads = 1;
        caus_run *run = NULL;
        caus_arena *out = caus_arena_new(0);
        caus_series series = {0};
        caus_error error = {0};
        if (!out || caus_run_new(&options, &run, &error) != CAUS_OK)
            exit(1);
        double start = processor_seconds();
        if (caus_csv_read(path, NULL, run, out, &series, &error) != CAUS_OK) {
            fprintf(stderr, "csv: %s\n", error.message);
            exit(1);
        }
        double speed = text_bytes / 1e6 / (processor_seconds() - start);
        best = speed > best ? speed : best;
        *cells = caus_series_row_count(&series) * series.variable_count;
        caus_run_free(run);
        caus_arena_free(out);
    }
    return best;
}

int main(void)
{
    printf("| file of 300 MB | MB of text a second, one core | ns a value |\n"
           "|---|---|---|\n");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char path[64];
        int file = make_file(&shapes[i], path);
        double bytes = (double)lseek(file, 0, SEEK_END);
        size_t cells = 0;
        double speed = measure(path, bytes, &cells);
        printf("| %s | %.0f | %.1f |\n", shapes[i].name, speed,
               bytes / speed * 1e3 / (double)cells);
        fflush(stdout);
        close(file);
    }
    return 0;
}
