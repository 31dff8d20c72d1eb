/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans: MB of CSV and spans per second of processor time on one thread, the
 * best of some repetitions. Without an argument a made system of 40 services
 * and a million spans; with paths, each file, and the three services that time
 * and paths speak against most.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "caus/caus.h"

enum { REPETITIONS = 3, SERVICES = 40, SPANS = 1000000, DEPTH = 5 };

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef struct made {
    FILE *file;
    caus_random random;
    int trace;
    int span;
    int spans;
} made;

/* A span of a service and, below it, calls through client spans. */
static int64_t add_span(made *m, int service, int parent, int64_t start_us,
                        int depth)
{
    int own = ++m->span, phase = m->spans > SPANS / 2;
    int64_t at = start_us + 50 + (int64_t)caus_random_below(&m->random, 200);
    int calls = depth < DEPTH ? 1 + (int)caus_random_below(&m->random, 3) : 0;
    for (int i = 0; i < calls; i++) {
        int callee = (service * 3 + i + 1) % SERVICES, client = ++m->span;
        int64_t from = at;
        at = add_span(m, callee, client, at + 100, depth + 1) + 100;
        fprintf(m->file,
                "%d,%d,%d,%d,service-%02d,example.Service%02d/Call,%lld,%lld\n",
                phase, m->trace, client, own, service, callee, (long long)from,
                (long long)(at - from));
        m->spans++;
    }
    bool is_slow = phase && service == 7;
    at += (is_slow ? 4000 : 100) + (int64_t)caus_random_below(&m->random, 200);
    fprintf(m->file,
            "%d,%d,%d,%d,service-%02d,example.Service%02d/Handle,"
            "%lld,%lld\n",
            phase, m->trace, own, parent, service, service, (long long)start_us,
            (long long)(at - start_us));
    m->spans++;
    return at;
}

static int make_file(char path[64])
{
    int descriptor = memfd_create("spans", MFD_CLOEXEC);
    if (descriptor < 0)
        return -1;
    made m = {.file = fdopen(dup(descriptor), "w")};
    if (!m.file)
        return -1;
    caus_random_init(&m.random, 1, 0);
    fputs("phase,trace,span,parent,service,operation,start_us,duration_us\n",
          m.file);
    for (m.trace = 0; m.spans < SPANS; m.trace++) {
        m.span = 0;
        add_span(&m, 0, -1, INT64_C(1761706800000000) + m.trace * 20000, 0);
    }
    fclose(m.file);
    snprintf(path, 64, "/proc/self/fd/%d", descriptor);
    return descriptor;
}

static double blame_of(const caus_trace_service *service)
{
    return service->self_s + service->gap_s;
}

static void print_services(const caus_spans *spans,
                           const caus_trace_evidence *evidence)
{
    bool *told = calloc(spans->service_count, sizeof *told);
    for (int rank = 0; told && rank < 3; rank++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < spans->service_count; i++)
            if (!told[i] &&
                (best == SIZE_MAX || blame_of(&evidence->services[i]) >
                                         blame_of(&evidence->services[best])))
                best = i;
        if (best == SIZE_MAX)
            break;
        told[best] = true;
        const caus_trace_service *at = &evidence->services[best];
        printf("  %-24s self %+.6f s, gap %+.6f s a trace, errors %.2f, path "
               "%.2f\n",
               spans->services[best], at->self_s, at->gap_s, at->error_h,
               at->shape_h);
    }
    free(told);
}

static int measure(const char *path)
{
    struct stat info;
    double read_s = HUGE_VAL, evidence_s = HUGE_VAL;
    if (stat(path, &info) != 0)
        return 1;
    for (int i = 0; i < REPETITIONS; i++) {
        caus_run_options options = caus_run_options_default();
        options.threads = 1;
        caus_run *run = NULL;
        caus_arena *out = caus_arena_new(0);
        caus_error error = {.message = "no memory"};
        caus_spans spans;
        caus_trace_evidence evidence;
        double start = processor_seconds();
        if (!out || caus_run_new(&options, &run, &error) != CAUS_OK ||
            caus_spans_read_csv(path, NULL, run, out, &spans, &error) !=
                CAUS_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        double middle = processor_seconds();
        if (caus_spans_evidence(&spans, NULL, run, out, &evidence, &error) !=
            CAUS_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        read_s = fmin(read_s, middle - start);
        evidence_s = fmin(evidence_s, processor_seconds() - middle);
        if (i + 1 == REPETITIONS) {
            double count = (double)spans.span_count;
            printf("%s: %zu spans, read %.0f MB/s (%.2f M spans/s), evidence "
                   "%.2f M spans/s\n",
                   path, spans.span_count, (double)info.st_size / read_s / 1e6,
                   count / read_s / 1e6, count / evidence_s / 1e6);
            print_services(&spans, &evidence);
        }
        caus_run_free(run);
        caus_arena_free(out);
    }
    return 0;
}

int main(int count, char **arguments)
{
    int status = 0;
    for (int i = 1; i < count; i++)
        status |= measure(arguments[i]);
    if (count == 1) {
        char path[64];
        if (make_file(path) < 0) {
            printf("no file in memory can be made here\n");
            return 77;
        }
        status = measure(path);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak memory %ld MiB\n", usage.ru_maxrss >> 10);
    return status;
}
