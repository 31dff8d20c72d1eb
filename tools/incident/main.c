// SPDX-License-Identifier: Apache-2.0
#include "service.h"
#include "wire.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "usage: caus-incident-service serve --name NAME --port PORT [options]\n"
    "         runs one service until SIGTERM; README.md lists the options\n"
    "       caus-incident-service ports COUNT\n"
    "         prints free loopback ports\n"
    "       caus-incident-service wander SEED SIGMA TAU_S SECONDS\n"
    "         prints what a noisy neighbour will multiply by, each second\n"
    "       caus-incident-service load SEED RATE SECONDS\n"
    "         prints the rate of arrivals there will be, each second\n";

static unsigned long long read_count(const char *text, char end, char **rest)
{
    errno = 0;
    unsigned long long value = strtoull(text, rest, 10);
    if (errno != 0 || *rest == text || **rest != end || *text == '-')
        die("%s is not a whole number", text);
    return value;
}

static unsigned read_unsigned(const char *text)
{
    char *rest;
    unsigned long long value = read_count(text, '\0', &rest);
    if (value > UINT32_MAX)
        die("%s is too large", text);
    return (unsigned)value;
}

static uint64_t read_seed(const char *text)
{
    char *rest;
    return read_count(text, '\0', &rest);
}

static uint16_t read_port(const char *text)
{
    unsigned port = read_unsigned(text);
    if (port > UINT16_MAX)
        die("%s is not a port", text);
    return (uint16_t)port;
}

static double read_real(const char *text)
{
    char *rest;
    double value = strtod(text, &rest);
    if (rest == text || *rest != '\0' || !(value >= 0.0 && value < 1e9))
        die("%s is not a number from 0 to 1e9", text);
    return value;
}

// NAME:PORT:CONNECTIONS:TIMEOUT_MS:RETRIES
static struct pool read_callee(const char *text)
{
    struct pool pool = {0};
    char *rest = strchr(text, ':');
    size_t length = rest == NULL ? 0 : (size_t)(rest - text);
    if (length == 0 || length >= sizeof pool.callee)
        die("%s is not NAME:PORT:CONNECTIONS:TIMEOUT_MS:RETRIES", text);
    memcpy(pool.callee, text, length);
    (void)snprintf(pool.span_name, sizeof pool.span_name, "call %s",
                   pool.callee);
    pool.port = (uint16_t)read_count(rest + 1, ':', &rest);
    pool.limit = (unsigned)read_count(rest + 1, ':', &rest);
    pool.timeout_ms = (unsigned)read_count(rest + 1, ':', &rest);
    pool.retries = (unsigned)read_count(rest + 1, '\0', &rest);
    if (pool.limit == 0)
        die("%s has no connection", text);
    return pool;
}

enum setting_kind {
    SETTING_TEXT,
    SETTING_COUNT,
    SETTING_REAL,
    SETTING_PORT,
    SETTING_SEED,
    SETTING_FLAG,
    SETTING_CALLEE
};

struct setting {
    const char *option;
    enum setting_kind kind;
    size_t offset; // in struct service_options
};

#define AT(field) offsetof(struct service_options, field)

static const struct setting SETTINGS[] = {
    {"--name", SETTING_TEXT, AT(name)},
    {"--operation", SETTING_TEXT, AT(operation)},
    {"--port", SETTING_PORT, AT(port)},
    {"--clickhouse", SETTING_PORT, AT(clickhouse_port)},
    {"--samples", SETTING_TEXT, AT(samples_path)},
    {"--seed", SETTING_SEED, AT(seed)},
    {"--workers", SETTING_COUNT, AT(workers)},
    {"--queue", SETTING_COUNT, AT(queue_limit)},
    {"--queue-timeout-ms", SETTING_COUNT, AT(queue_timeout_ms)},
    {"--work-ms", SETTING_REAL, AT(work_ms)},
    {"--sigma", SETTING_REAL, AT(wander_sigma)},
    {"--tau-s", SETTING_REAL, AT(wander_time_constant_s)},
    {"--error-share", SETTING_REAL, AT(error_share)},
    {"--miss-ms", SETTING_REAL, AT(miss_ms)},
    {"--ttl-s", SETTING_REAL, AT(ttl_s)},
    {"--rate", SETTING_REAL, AT(rate_per_s)},
    {"--async", SETTING_FLAG, AT(asynchronous)},
    {"--call", SETTING_CALLEE, AT(callees)},
    {"--settle", SETTING_CALLEE, AT(settlement)},
};

#undef AT

static const struct setting *find_setting(const char *option)
{
    for (size_t i = 0; i < sizeof SETTINGS / sizeof SETTINGS[0]; i++)
        if (strcmp(option, SETTINGS[i].option) == 0)
            return &SETTINGS[i];
    die("unknown option %s\n%s", option, USAGE);
}

static void set_callee(struct service_options *options, struct pool *slot,
                       const char *value)
{
    if (slot == options->callees) {
        if (options->callee_count == CALLEES_MAX)
            die("--call %s is beyond the %d possible", value, CALLEES_MAX);
        slot += options->callee_count++;
    }
    *slot = read_callee(value);
}

static void apply(struct service_options *options,
                  const struct setting *setting, const char *value)
{
    void *field = (char *)options + setting->offset;
    switch (setting->kind) {
    case SETTING_TEXT:
        *(const char **)field = value;
        break;
    case SETTING_COUNT:
        *(unsigned *)field = read_unsigned(value);
        break;
    case SETTING_REAL:
        *(double *)field = read_real(value);
        break;
    case SETTING_PORT:
        *(uint16_t *)field = read_port(value);
        break;
    case SETTING_SEED:
        *(uint64_t *)field = read_seed(value);
        break;
    case SETTING_FLAG:
        *(bool *)field = true;
        break;
    case SETTING_CALLEE:
        set_callee(options, field, value);
        break;
    }
}

static void read_options(int count, char **words,
                         struct service_options *options)
{
    *options = (struct service_options){.operation = "work",
                                        .workers = 8,
                                        .queue_limit = 100,
                                        .wander_time_constant_s = 30.0,
                                        .samples_path = "/dev/null"};
    for (int i = 0; i < count; i++) {
        const struct setting *setting = find_setting(words[i]);
        const char *value = NULL;
        if (setting->kind != SETTING_FLAG) {
            if (i + 1 == count)
                die("%s needs a value", words[i]);
            value = words[++i];
        }
        apply(options, setting, value);
    }
    if (options->name == NULL || options->port == 0)
        die("serve needs --name and --port\n%s", USAGE);
    if (options->workers == 0 || options->queue_limit == 0 ||
        options->wander_time_constant_s <= 0.0)
        die("--workers, --queue and --tau-s must be above 0");
}

static int run_serve(int count, char **words)
{
    struct service *service = allocate(sizeof *service);
    read_options(count, words, &service->options);
    sigset_t stop;
    int signal_number;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL); // inherited by every thread
    service_init(service);
    atomic_store(&service->rate_per_s, service->options.rate_per_s);
    pthread_t ticker = start_joinable(ticker_body, service);
    pthread_t spans = start_joinable(exporter_body, &service->spans);
    pthread_t lines = start_joinable(exporter_body, &service->log.exporter);
    start_thread(server_body, service);
    service_start(service);
    sigwait(&stop, &signal_number);
    atomic_store(&service->stopping, true);
    atomic_store(&service->spans.stopping, true);
    atomic_store(&service->log.exporter.stopping, true);
    pthread_join(ticker, NULL);
    pthread_join(spans, NULL);
    pthread_join(lines, NULL);
    return 0; // the workers still use `service`: it ends with the process
}

static int run_ports(unsigned wanted)
{
    // All stay bound until all are known, so that none is given twice.
    for (unsigned i = 0; i < wanted; i++)
        (void)printf("%u\n", wire_port(wire_listen(0)));
    return 0;
}

static int run_wander(char **words)
{
    struct wander wander;
    unsigned seconds = read_unsigned(words[3]);
    wander_init(&wander, read_seed(words[0]), read_real(words[1]),
                read_real(words[2]));
    for (unsigned i = 0; i < seconds; i++)
        (void)printf("%.4f\n", wander_step(&wander));
    return 0;
}

static int run_load(char **words)
{
    struct load_profile profile;
    unsigned seconds = read_unsigned(words[2]);
    load_profile_init(&profile, read_seed(words[0]), read_real(words[1]));
    for (unsigned i = 0; i < seconds; i++)
        (void)printf("%.3f\n", load_profile_step(&profile));
    return 0;
}

int main(int count, char **words)
{
    if (count > 2 && strcmp(words[1], "serve") == 0)
        return run_serve(count - 2, words + 2);
    if (count == 3 && strcmp(words[1], "ports") == 0)
        return run_ports(read_unsigned(words[2]));
    if (count == 6 && strcmp(words[1], "wander") == 0)
        return run_wander(words + 2);
    if (count == 5 && strcmp(words[1], "load") == 0)
        return run_load(words + 2);
    (void)fputs(USAGE, stderr);
    return 2;
}
