// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "service.h"
#include "wire.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: caus-incident-service ports COUNT\n"
    "         prints free loopback ports\n"
    "       caus-incident-service plan SEED SIGMA TAU SECONDS\n"
    "         prints a noisy neighbour's multipliers, one a second\n"
    "       caus-incident-service load SEED RATE SECONDS\n"
    "         prints the arrival rates, one a second\n"
    "       caus-incident-service serve --name NAME --port PORT [options]\n"
    "         runs one service until SIGTERM; see README.md\n";

// NAME:PORT:CONNECTIONS:TIMEOUT_MS:RETRIES
static struct pool parse_callee(const char *text)
{
    struct pool pool = {0};
    char name[32];
    unsigned port;
    if (sscanf(text, "%31[a-z]:%u:%u:%u:%u", name, &port, &pool.limit,
               &pool.timeout_ms, &pool.retries) != 5 ||
        port == 0 || port > 65535 || pool.limit == 0)
        die("%s is not NAME:PORT:CONNECTIONS:TIMEOUT_MS:RETRIES", text);
    pool.callee = strdup(name);
    pool.port = (uint16_t)port;
    return pool;
}

static void add_callee(struct service_options *options, const char *text)
{
    if (options->callee_count == CALLEES_MAX)
        die("more than %d --call", CALLEES_MAX);
    options->callees[options->callee_count++] = parse_callee(text);
}

enum option_key {
    KEY_NAME = 1,
    KEY_OPERATION,
    KEY_PORT,
    KEY_CLICKHOUSE,
    KEY_SAMPLES,
    KEY_SEED,
    KEY_WORKERS,
    KEY_QUEUE,
    KEY_QUEUE_TIMEOUT,
    KEY_WORK,
    KEY_SIGMA,
    KEY_TAU,
    KEY_ERRORS,
    KEY_MISS,
    KEY_TTL,
    KEY_RATE,
    KEY_ASYNC,
    KEY_CALL,
    KEY_SETTLE
};

static const struct option OPTIONS[] = {
    {"name", required_argument, NULL, KEY_NAME},
    {"operation", required_argument, NULL, KEY_OPERATION},
    {"port", required_argument, NULL, KEY_PORT},
    {"clickhouse", required_argument, NULL, KEY_CLICKHOUSE},
    {"samples", required_argument, NULL, KEY_SAMPLES},
    {"seed", required_argument, NULL, KEY_SEED},
    {"workers", required_argument, NULL, KEY_WORKERS},
    {"queue", required_argument, NULL, KEY_QUEUE},
    {"queue-timeout-ms", required_argument, NULL, KEY_QUEUE_TIMEOUT},
    {"work-ms", required_argument, NULL, KEY_WORK},
    {"sigma", required_argument, NULL, KEY_SIGMA},
    {"tau-s", required_argument, NULL, KEY_TAU},
    {"error-share", required_argument, NULL, KEY_ERRORS},
    {"miss-ms", required_argument, NULL, KEY_MISS},
    {"ttl-s", required_argument, NULL, KEY_TTL},
    {"rate", required_argument, NULL, KEY_RATE},
    {"async", no_argument, NULL, KEY_ASYNC},
    {"call", required_argument, NULL, KEY_CALL},
    {"settle", required_argument, NULL, KEY_SETTLE},
    {NULL, 0, NULL, 0}};

static void set_option(struct service_options *options, int key,
                       const char *value)
{
    switch (key) {
    case KEY_NAME:
        options->name = value;
        break;
    case KEY_OPERATION:
        options->operation = value;
        break;
    case KEY_PORT:
        options->port = (uint16_t)atoi(value);
        break;
    case KEY_CLICKHOUSE:
        options->clickhouse_port = (uint16_t)atoi(value);
        break;
    case KEY_SAMPLES:
        options->samples_path = value;
        break;
    case KEY_SEED:
        options->seed = strtoull(value, NULL, 10);
        break;
    case KEY_WORKERS:
        options->workers = (unsigned)atoi(value);
        break;
    case KEY_QUEUE:
        options->queue_limit = (unsigned)atoi(value);
        break;
    case KEY_QUEUE_TIMEOUT:
        options->queue_timeout_ms = (unsigned)atoi(value);
        break;
    case KEY_WORK:
        options->work_ms = atof(value);
        break;
    case KEY_SIGMA:
        options->wander_sigma = atof(value);
        break;
    case KEY_TAU:
        options->wander_time_constant_s = atof(value);
        break;
    case KEY_ERRORS:
        options->error_share = atof(value);
        break;
    case KEY_MISS:
        options->miss_ms = atof(value);
        break;
    case KEY_TTL:
        options->ttl_s = atof(value);
        break;
    case KEY_RATE:
        options->rate_per_s = atof(value);
        break;
    case KEY_ASYNC:
        options->asynchronous = true;
        break;
    case KEY_CALL:
        add_callee(options, value);
        break;
    case KEY_SETTLE:
        options->settlement = parse_callee(value);
        break;
    default:
        die("unknown option\n%s", USAGE);
    }
}

static void parse_options(int count, char **words,
                          struct service_options *options)
{
    *options = (struct service_options){.operation = "work",
                                        .workers = 8,
                                        .queue_limit = 100,
                                        .wander_time_constant_s = 30.0,
                                        .samples_path = "/dev/null"};
    for (;;) {
        int key = getopt_long(count, words, "", OPTIONS, NULL);
        if (key == -1)
            break;
        set_option(options, key, optarg);
    }
    if (options->name == NULL || options->port == 0)
        die("serve needs --name and --port\n%s", USAGE);
    if (options->workers == 0 || options->queue_limit == 0)
        die("--workers and --queue must be at least 1");
}

static int run_serve(int count, char **words)
{
    struct service *service = allocate(sizeof *service);
    parse_options(count, words, &service->options);
    sigset_t stop;
    int signal_number;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL); // inherited by every thread
    service_init(service);
    atomic_store(&service->rate_per_s, service->options.rate_per_s);
    pthread_t ticker = start_joinable(ticker_body, service);
    pthread_t exporter = start_joinable(span_exporter_body, &service->exporter);
    start_thread(server_body, service);
    service_start(service);
    sigwait(&stop, &signal_number);
    atomic_store(&service->stopping, true);
    atomic_store(&service->exporter.stopping, true);
    pthread_join(ticker, NULL);
    pthread_join(exporter, NULL);
    // The workers still run and use `service`: the process ends with them.
    return 0;
}

static int run_ports(unsigned wanted)
{
    // All stay bound until all are known, so that none is given twice.
    for (unsigned i = 0; i < wanted; i++)
        printf("%u\n", wire_port(wire_listen(0)));
    return 0;
}

static int run_plan(char **words)
{
    struct wander wander;
    unsigned seconds = (unsigned)atoi(words[3]);
    wander_init(&wander, strtoull(words[0], NULL, 10), atof(words[1]),
                atof(words[2]));
    for (unsigned i = 0; i < seconds; i++)
        printf("%.4f\n", wander_step(&wander));
    return 0;
}

static int run_load(char **words)
{
    struct load_profile profile;
    unsigned seconds = (unsigned)atoi(words[2]);
    load_profile_init(&profile, strtoull(words[0], NULL, 10), atof(words[1]));
    for (unsigned i = 0; i < seconds; i++)
        printf("%.3f\n", load_profile_step(&profile));
    return 0;
}

int main(int count, char **words)
{
    if (count == 3 && strcmp(words[1], "ports") == 0)
        return run_ports((unsigned)atoi(words[2]));
    if (count == 6 && strcmp(words[1], "plan") == 0)
        return run_plan(words + 2);
    if (count == 5 && strcmp(words[1], "load") == 0)
        return run_load(words + 2);
    if (count > 2 && strcmp(words[1], "serve") == 0)
        return run_serve(count - 1, words + 1);
    fputs(USAGE, stderr);
    return 2;
}
