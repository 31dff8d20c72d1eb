/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plants a chain of causes and writes it three times: as OpenMetrics text for
 * Prometheus, as spans for ClickHouse (TabSeparated), and as the CSV that both
 * amount to. One row a minute:
 *
 *   redis_cpu(t−1) → auth_latency(t)          metric → trace
 *   auth_latency(t−2) → payment_errors(t)     trace → trace
 *   payment_errors(t−1) → checkout_latency(t) trace → trace
 *   checkout_latency(t−1) → pool_wait(t)      trace → metric
 *
 *   usage: plant FOLDER START_UNIX_SECONDS ROWS SEED
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP_S = 60, SPANS = 60 };

typedef struct world {
    double redis, auth[3], payment[2], checkout[2], pool; /* [0] = now */
    uint64_t random;
} world;

static double uniform(world *now)
{
    now->random = now->random * 6364136223846793005u + 1442695040888963407u;
    return ((double)(now->random >> 11) + 0.5) * 0x1p-53;
}

static double normal(world *now)
{
    double radius = sqrt(-2 * log(uniform(now)));
    return radius * cos(6.283185307179586 * uniform(now));
}

static void advance(world *now)
{
    double redis_before = now->redis;
    now->redis = 0.5 * now->redis + normal(now);
    now->auth[2] = now->auth[1];
    now->auth[1] = now->auth[0];
    now->auth[0] = 0.3 * now->auth[1] + 0.7 * redis_before + normal(now);
    now->payment[1] = now->payment[0];
    now->payment[0] = 0.2 * now->payment[1] + 0.7 * now->auth[2] + normal(now);
    now->checkout[1] = now->checkout[0];
    now->checkout[0] =
        0.2 * now->checkout[1] + 0.7 * now->payment[1] + normal(now);
    now->pool = 0.2 * now->pool + 0.7 * now->checkout[1] + normal(now);
}

static int64_t duration_ns(double level)
{
    return (int64_t)(1e8 * exp(0.15 * level));
}

static int error_count(double level)
{
    double count = 25 + 4 * level;
    return (int)(count < 0 ? 0 : count > SPANS ? SPANS : count + 0.5);
}

static void write_spans(FILE *out, const char *service, int64_t bin_end_s,
                        int64_t length_ns, int errors)
{
    int64_t first_ns = (bin_end_s - STEP_S) * 1000000000 + 1000000;
    for (int i = 0; i < SPANS; i++) {
        int64_t start_ns =
            first_ns + (int64_t)i * (STEP_S - 1) * 1000000000 / SPANS;
        fprintf(out,
                "%" PRId64 "\t%016" PRIx64 "\t%08x\t\thandle\tServer\t%s\t[]\t"
                "[]\t[]\t[]\t%" PRId64 "\t%s\t\n",
                start_ns, (uint64_t)start_ns, (unsigned)i, service, length_ns,
                i < errors ? "Error" : "Ok");
    }
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

int main(int count, char **words)
{
    if (count != 5)
        return 2;
    int64_t start_s = strtoll(words[2], NULL, 10);
    long rows = strtol(words[3], NULL, 10);
    world now = {.random = strtoull(words[4], NULL, 10)};
    FILE *redis = open_in(words[1], "redis.om");
    FILE *pool = open_in(words[1], "pool.om");
    FILE *spans = open_in(words[1], "spans.tsv");
    FILE *csv = open_in(words[1], "chain.csv");
    fputs("# TYPE redis_cpu gauge\n", redis);
    fputs("# TYPE pool_wait gauge\n", pool);
    fputs("time,redis_cpu,pool_wait,checkout_latency,payment_errors,"
          "auth_latency\n",
          csv);
    for (long row = -20; row < rows; row++) {
        advance(&now);
        if (row < 0)
            continue; /* let the start fade */
        int64_t end_s = start_s + row * STEP_S;
        double cpu = 0.5 + 0.05 * now.redis, wait = 2 + 0.2 * now.pool;
        int errors = error_count(now.payment[0]);
        for (int64_t ago = 55; ago > 0; ago -= 15) { /* four scrapes a row */
            fprintf(redis, "redis_cpu{job=\"redis\"} %.17g %" PRId64 "\n", cpu,
                    end_s - ago);
            fprintf(pool, "pool_wait{job=\"pool\"} %.17g %" PRId64 "\n", wait,
                    end_s - ago);
        }
        write_spans(spans, "auth", end_s, duration_ns(now.auth[0]), 0);
        write_spans(spans, "payment", end_s, 20000000, errors);
        write_spans(spans, "checkout", end_s, duration_ns(now.checkout[0]), 0);
        fprintf(csv, "%" PRId64 ",%.17g,%.17g,%.17g,%d,%.17g\n", end_s, cpu,
                wait, (double)duration_ns(now.checkout[0]) / 1e9, errors,
                (double)duration_ns(now.auth[0]) / 1e9);
    }
    fputs("# EOF\n", pool);
    bool failed = ferror(redis) || ferror(pool) || ferror(spans) || ferror(csv);
    failed |= fclose(redis) | fclose(pool) | fclose(spans) | fclose(csv);
    return failed;
}
