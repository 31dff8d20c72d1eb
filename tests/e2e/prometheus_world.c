/* SPDX-License-Identifier: Apache-2.0 */
#include "e2e/prometheus_world.h"

#include <math.h>
#include <stdio.h>

enum { SCRAPE_MS = 15000, SLOW_MS = 60000 };

static const int64_t first_ms = (WORLD_BASELINE_S - 300) * INT64_C(1000);
static const int64_t last_ms = WORLD_END_S * INT64_C(1000);

double world_redis_cpu(int64_t time_ms)
{
    double minutes = (double)(time_ms / 1000 - WORLD_BASELINE_S) / 60;
    return 0.4 + 0.1 * sin(minutes / 7) + 0.001 * fmod(minutes, 11);
}

double world_long(int64_t time_ms)
{
    return (double)((time_ms / 1000 - WORLD_LONG_S) / 15);
}

static void sample(FILE *file, const char *series, double value,
                   int64_t time_ms)
{
    fprintf(file, "%s %.17g %lld.%03d\n", series, value,
            (long long)(time_ms / 1000), (int)(time_ms % 1000));
}

/* Calls of a service since its process began. */
static double calls(int64_t time_ms, double per_s, int64_t born_ms)
{
    return floor((double)(time_ms - born_ms) * 1e-3 * per_s);
}

static bool is_down(int64_t time_ms)
{
    return time_ms >= WORLD_DOWN_FROM_S * INT64_C(1000) &&
           time_ms < WORLD_DOWN_TO_S * INT64_C(1000);
}

static bool is_gap(int64_t time_ms)
{
    return time_ms >= WORLD_GAP_FROM_S * INT64_C(1000) &&
           time_ms < WORLD_GAP_TO_S * INT64_C(1000);
}

static void write_up(FILE *file)
{
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS) {
        sample(file, "up{job=\"api\",instance=\"api-1:80\"}", 1, t + 3200);
    }
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS)
        sample(file, "up{job=\"api\",instance=\"api-2:80\"}", !is_down(t),
               t + 7500);
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS) {
        if (!is_gap(t))
            sample(file, "up{job=\"redis\",instance=\"r:6379\"}", 1, t + 2000);
    }
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS)
        sample(file, "up{job=\"pool\",instance=\"pool-1:80\"}", 1, t + 4000);
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS)
        sample(file, "up{job=\"pool\",instance=\"pool-2:80\"}",
               t < WORLD_DEAD_FROM_S * INT64_C(1000), t + 4000);
    for (int64_t t = first_ms; t <= last_ms; t += SLOW_MS)
        sample(file, "up{job=\"slow\",instance=\"s:1\"}", 1, t + 20000);
}

/* Two instances of 3 calls a second; the second dies and is scraped in vain. */
static void write_pool(FILE *file)
{
    for (int p = 1; p <= 2; p++) {
        char series[100];
        snprintf(series, sizeof series,
                 "pool_requests_total{service=\"pool\",job=\"pool\","
                 "instance=\"pool-%d:80\"}",
                 p);
        for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS) {
            if (p == 1 || t < WORLD_DEAD_FROM_S * INT64_C(1000))
                sample(file, series, calls(t + 4000, 3, first_ms), t + 4000);
        }
    }
}

static void write_redis(FILE *file)
{
    static const char cpu[] = "redis_cpu{job=\"redis\",instance=\"r:6379\"}";
    static const char odd[] = "odd_gauge{job=\"redis\",instance=\"r:6379\"}";
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS) {
        if (!is_gap(t))
            sample(file, cpu, world_redis_cpu(t + 2000), t + 2000);
    }
    /* One hour of NaN, one of +Inf, one good sample a minute after. */
    for (int64_t t = WORLD_START_S * INT64_C(1000); t <= last_ms;
         t += SCRAPE_MS) {
        int64_t second = t / 1000 - WORLD_START_S;
        double value = second < 1800   ? (double)NAN
                       : second < 3600 ? (double)INFINITY
                                       : 7;
        fprintf(file, "%s %s %lld\n", odd,
                isnan(value)   ? "NaN"
                : isinf(value) ? "+Inf"
                               : "7",
                (long long)(t / 1000 + 2));
    }
}

static void write_checkout(FILE *file)
{
    static const char one[] =
        "checkout_requests_total{service=\"checkout\",job=\"api\","
        "instance=\"api-1:80\"}";
    static const char two[] =
        "checkout_requests_total{service=\"checkout\",job=\"api\","
        "instance=\"api-2:80\"}";
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS) {
        int64_t reset_ms = WORLD_RESET_S * INT64_C(1000);
        sample(file, one,
               calls(t + 3200, 10, t + 3200 < reset_ms ? first_ms : reset_ms),
               t + 3200);
    }
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS) {
        if (!is_down(t))
            sample(file, two, calls(t + 7500, 5, first_ms), t + 7500);
    }
}

static void write_payment(FILE *file)
{
    static const char all[] =
        "payment_requests_total{service=\"payment\",job=\"api\","
        "instance=\"api-1:80\"}";
    static const char errors[] =
        "payment_errors_total{service=\"payment\",job=\"api\","
        "instance=\"api-1:80\"}";
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS)
        sample(file, all, calls(t + 3200, WORLD_PAYMENT_PER_S, first_ms),
               t + 3200);
    int64_t from_ms = WORLD_ERRORS_FROM_S * INT64_C(1000);
    for (int64_t t = from_ms; t <= last_ms; t += SCRAPE_MS)
        sample(file, errors, calls(t + 3200, 1, from_ms), t + 3200);
}

static void write_shop(FILE *file)
{
    static const char good[] =
        "http_requests_total{service=\"shop\",code=\"200\",job=\"api\","
        "instance=\"api-1:80\"}";
    static const char bad[] =
        "http_requests_total{service=\"shop\",code=\"503\",job=\"api\","
        "instance=\"api-1:80\"}";
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS)
        sample(file, good, calls(t + 3200, 8, first_ms), t + 3200);
    int64_t from_ms = WORLD_ERRORS_FROM_S * INT64_C(1000);
    for (int64_t t = from_ms; t <= last_ms; t += SCRAPE_MS)
        sample(file, bad, calls(t + 3200, 2, from_ms), t + 3200);
}

/* 100 requests a scrape, evenly spread over 0 … 0.2 s: p95 is 0.19 s. */
static void write_durations(FILE *file)
{
    static const char *const bounds[] = {"0.1", "0.2", "0.4", "+Inf"};
    static const double shares[] = {0.5, 1, 1, 1};
    for (int b = 0; b < 4; b++) {
        char series[200];
        snprintf(series, sizeof series,
                 "checkout_duration_seconds_bucket{service=\"checkout\","
                 "job=\"api\",instance=\"api-1:80\",le=\"%s\"}",
                 bounds[b]);
        for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS)
            sample(file, series,
                   shares[b] * 100 * (double)((t - first_ms) / SCRAPE_MS),
                   t + 3200);
    }
    for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS)
        sample(file,
               "checkout_duration_seconds_count{service=\"checkout\","
               "job=\"api\",instance=\"api-1:80\"}",
               100 * (double)((t - first_ms) / SCRAPE_MS), t + 3200);
}

static void write_pods(FILE *file)
{
    static const char *const series[] = {
        "worker_queue{app=\"worker\",pod=\"a\"}",
        "worker_queue{app=\"worker\",pod=\"b\"}"};
    for (int p = 0; p < 2; p++) {
        for (int64_t t = first_ms; t <= last_ms; t += SCRAPE_MS) {
            if (p == 0 || t < WORLD_POD_END_S * INT64_C(1000))
                sample(file, series[p], 10 + p, t + 5000);
        }
    }
}

static void write_rest(FILE *file)
{
    int64_t from_ms = (WORLD_END_S - 600) * INT64_C(1000);
    for (int64_t t = first_ms; t <= last_ms; t += SLOW_MS)
        sample(file, "slow_total{job=\"slow\",instance=\"s:1\"}",
               calls(t + 20000, 1, first_ms), t + 20000);
    for (int64_t t = WORLD_LONG_S * INT64_C(1000); t <= last_ms; t += SCRAPE_MS)
        sample(file, "long_gauge", world_long(t), t);
    for (int p = 0; p < WORLD_PATHS; p++) {
        char series[64];
        snprintf(series, sizeof series, "many{path=\"/%d\"}", p);
        for (int64_t t = from_ms; t <= last_ms; t += SLOW_MS)
            sample(file, series, p, t);
    }
    static const char *const others[] = {
        "checkout_build_info{version=\"1\"}", "checkout_requests_created",
        "checkout_start_time_seconds", "quoted{label=\"a\\\"b\\\\c\\nü\"}",
        "quoted{label=\"plain\"}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        for (int64_t t = from_ms; t <= last_ms; t += SLOW_MS)
            sample(file, others[i], 1, t);
    }
}

bool world_write(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    write_up(file);
    write_pool(file);
    write_redis(file);
    write_checkout(file);
    write_payment(file);
    write_shop(file);
    write_durations(file);
    write_pods(file);
    write_rest(file);
    fputs("# EOF\n", file);
    bool written = !ferror(file);
    return fclose(file) == 0 && written;
}
