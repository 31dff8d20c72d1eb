/* SPDX-License-Identifier: Apache-2.0 */
/* What a variable tells about its service, by kind, unit and the words of its
 * name together. */
#include <string.h>

#include "rootcause/aspect.h"
#include "rootcause/meanings.h"
#include "rootcause/measure_words.h"
#include "rootcause/measures.h"

/* The share of what was asked that a cache had: how full its memory is. */
static bool is_hit_share(const char *name)
{
    static const char *const hits[] = {"hit", "hits"};
    static const char *const many[] = {"hits"};
    static const char *const shares[] = {"ratio", "share", "percent*", "pct",
                                         "perc"};
    /* A "hit rate" is a share, a rate of "hits" their number per second. */
    return CAUS_HAS_WORD(name, hits) &&
           (CAUS_HAS_WORD(name, many) ? CAUS_HAS_WORD(name, shares)
                                      : caus_measure_is_share(name));
}

/* Whether it counts what took no longer than so long, as the buckets of a
 * histogram do: fewer may as well mean that all take longer. */
static bool is_bucket(const char *name)
{
    static const char *const buckets[] = {"bucket"};
    static const char *const limits[] = {"le"};
    return CAUS_ENDS_IN(name, buckets) ||
           (CAUS_HAS_WORD(name, buckets) && CAUS_HAS_WORD(name, limits));
}

/* Whether it tells of time in which nobody asked: who waits in a transaction
 * keeps others waiting. */
static bool is_idle(const char *name)
{
    static const char *const idle[] = {"idle"};
    static const char *const busy[] = {"transaction*", "xact"};
    return CAUS_HAS_WORD(name, idle) && !CAUS_HAS_WORD(name, busy);
}

/* Whether it tells how long requests take, as Micrometer names it:
 * "requests_seconds_max"; the sum and the count of that are loads. */
static bool is_time(const char *name)
{
    static const char *const units[] = {"seconds",   "sec",    "ms",   "msec",
                                        "millis*",   "us",     "usec", "micros",
                                        "microsec*", "nanos*", "time", "timer"};
    static const char *const others[] = {
        "count",  "counts", "sum",     "rate",   "per",     "bucket",
        "start*", "age",    "create*", "last",   "since",   "clock*",
        "stamp",  "boot*",  "system",  "user",   "ntp",     "timex",
        "offset", "ttl",    "uptime",  "expir*", "validity"};
    static const char *const sums[] = {"total"};
    /* "TotalTimeMsMean" is the mean of how long each took in all. */
    static const char *const each[] = {"avg", "average", "mean", "median",
                                       "max", "p50",     "p95",  "p99"};
    return CAUS_HAS_WORD(name, units) && !CAUS_HAS_WORD(name, others) &&
           !is_idle(name) &&
           (!CAUS_HAS_WORD(name, sums) || CAUS_HAS_WORD(name, each));
}

/* Whether it tells how many of the copies of a service are there, or are not:
 * which no share of requests is, but its own like a restart. */
static bool is_of_copies(const char *name)
{
    static const char *const copies[] = {
        "replicas",   "pod",         "pods",      "instances",  "host",
        "hosts",      "store",       "stores",    "membership", "container",
        "containers", "deployment*", "stateful*", "daemonset*",
    };
    static const char *const there[] = {"avail*",    "unavail*", "up",
                                        "down",      "ready",    "health*",
                                        "unhealth*", "unready"};
    return CAUS_HAS_WORD(name, copies) && CAUS_HAS_WORD(name, there);
}

/* Whether it tells that a copy could not start, as of one that crashes again
 * and again. */
static bool is_not_started(const char *name)
{
    static const char *const copies[] = {"pod", "pods", "container",
                                         "containers"};
    static const char *const status[] = {"status", "state"};
    static const char *const waits[] = {"waiting", "pending", "unschedulable"};
    return CAUS_HAS_WORD(name, copies) && CAUS_HAS_WORD(name, status) &&
           CAUS_HAS_WORD(name, waits);
}

/* Whether it tells how long the only thread of a process was kept from its next
 * event: by its own work, however long callers wait elsewhere. */
static bool is_of_event_loop(const char *name)
{
    static const char *const event[] = {"event"};
    static const char *const loop[] = {"loop"};
    return CAUS_HAS_WORD(name, event) && CAUS_HAS_WORD(name, loop);
}

/* Whether it counts messages that nobody could use. */
static bool is_dead_letter(const char *name)
{
    static const char *const dead[] = {"dead"};
    static const char *const letter[] = {"letter*"};
    return CAUS_HAS_WORD(name, dead) && CAUS_HAS_WORD(name, letter);
}

/* Whether it fills, by names of one product that say so in no single word: how
 * old the oldest record of a stream is, and sessions of a database. */
static bool is_filling(const char *name)
{
    static const char *const iterator[] = {"iterator"};
    static const char *const age[] = {"age"};
    static const char *const postgres[] = {"pg", "postgres*"};
    static const char *const activity[] = {"activity", "numbackends"};
    return (CAUS_HAS_WORD(name, iterator) && CAUS_HAS_WORD(name, age)) ||
           (CAUS_HAS_WORD(name, postgres) && CAUS_HAS_WORD(name, activity));
}

/* Whether it counts what the network lost on the way, which is no failure of a
 * request: that is sent again, or fails elsewhere. */
static bool is_lost_on_the_way(const char *name)
{
    static const char *const network[] = {
        "net",  "network*", "netstat*", "packet*", "pkts",      "tcp*",
        "udp*", "rx",       "tx",       "nic",     "interface*"};
    static const char *const lost[] = {"drop*",    "err",      "errs",
                                       "error*",   "loss",     "lost",
                                       "retrans*", "discard*", "overflow*"};
    return CAUS_HAS_WORD(name, network) && CAUS_HAS_WORD(name, lost);
}

/* Whether it counts pages that memory did not have: as what a cache misses,
 * they are work of its own. */
static bool is_page_fault(const char *name)
{
    static const char *const memory[] = {"mem", "memory", "page", "paging"};
    static const char *const lacks[] = {"fail*", "fault*"};
    static const char *const words[] = {"pgfault", "pgmajfault"};
    return CAUS_HAS_WORD(name, words) ||
           (CAUS_HAS_WORD(name, memory) && CAUS_HAS_WORD(name, lacks));
}

/* Whether it tells when something was, or the time of day. */
static bool is_clock(const char *name)
{
    static const char *const stamps[] = {"timestamp*", "wallclock"};
    static const char *const last[] = {"last"};
    static const char *const units[] = {"time", "seconds"};
    static const char *const lasting[] = {"duration*", "latenc*", "took",
                                          "pause*", "rtt"};
    static const char *const clocks[] = {"node", "memcached"};
    static const char *const time[] = {"time"};
    return CAUS_HAS_WORD(name, stamps) || CAUS_HAS_BEHIND(name, time, clocks) ||
           (CAUS_HAS_WORD(name, last) && CAUS_ENDS_IN(name, units) &&
            !CAUS_HAS_WORD(name, lasting));
}

/* Whether it tells what the processes of a machine of its own did. */
static bool is_of_erlang(const char *name)
{
    static const char *const erlang[] = {"erlang"};
    static const char *const times[] = {"runtime"};
    static const char *const work[] = {"reductions"};
    static const char *const whose[] = {"process", "statistics"};
    return (CAUS_HAS_WORD(name, erlang) && CAUS_HAS_WORD(name, times)) ||
           CAUS_HAS_BEHIND(name, work, whose);
}

/* Whether it tells of connections that are kept for later requests. */
static bool is_kept_alive(const char *name)
{
    static const char *const nginx[] = {"nginx"};
    static const char *const waits[] = {"waiting"};
    return CAUS_HAS_WORD(name, nginx) && CAUS_HAS_WORD(name, waits);
}

/* Whether it counts, from the start of a process on or for a row. */
static bool counts(const char *name)
{
    static const char *const words[] = {"total", "count", "counts", "num",
                                        "sum"};
    static const char *const totals[] = {"total"};
    static const char *const counted[] = {
        "requests", "responses", "messages",  "commands", "published",
        "acked",    "ack",       "delivered", "consumed", "processed",
        "handled",  "completed", "received",  "accepted"};
    return CAUS_ENDS_IN(name, words) || caus_measure_is_count(name) ||
           CAUS_HAS_BEHIND(name, totals, counted);
}

/* Whether it counts memory that was asked for or given back: work, and no
 * amount that anybody holds. */
static bool counts_allocations(const char *name)
{
    static const char *const words[] = {"alloc*", "malloc*", "frees"};
    return CAUS_HAS_WORD(name, words) && counts(name);
}

/* Whether it counts rows that a database read for its answers. */
static bool is_of_rows_read(const char *name)
{
    static const char *const rows[] = {"tup", "rows"};
    static const char *const reads[] = {"returned", "fetched", "examined",
                                        "scanned"};
    return CAUS_HAS_WORD(name, rows) && CAUS_HAS_WORD(name, reads);
}

static bool is_rate(const char *name)
{
    static const char *const words[] = {"rate"};
    return CAUS_ENDS_IN(name, words);
}

/* Whether it counts what went well, which follows the requests; only a share of
 * it tells of failures. */
static bool counts_success(const char *name)
{
    static const char *const good[] = {"succe*"};
    static const char *const failed[] = {"fail*", "err*"};
    return CAUS_HAS_WORD(name, good) && !CAUS_HAS_WORD(name, failed) &&
           counts(name) && !caus_measure_is_share(name);
}

/* Whether it tells how many answers there were, not how long they took. */
static bool counts_answers(const char *name)
{
    static const char *const times[] = {
        "avg", "average", "mean", "median", "min",  "max",     "p50",
        "p75", "p90",     "p95",  "p99",    "p999", "elapsed", "rt"};
    return !CAUS_HAS_WORD(name, times) && !is_time(name);
}

static bool is_of_bytes(const char *name)
{
    static const char *const bytes[] = {"byte*", "size", "sizes", "length",
                                        "kb*",   "mb",   "mbps",  "body"};
    return CAUS_HAS_WORD(name, bytes);
}

/* Whether it tells how long the processor was wanted, as a system's load. */
static bool is_system_load(const char *name)
{
    static const char *const spans[] = {"1",  "5",   "15",  "1m",
                                        "5m", "15m", "avg", "average"};
    size_t length;
    for (const char *word; (word = caus_measure_word(&name, &length));) {
        if (!caus_word_matches(word, length, "load"))
            continue;
        word = caus_measure_word(&name, &length);
        return word && CAUS_IS_ANY(word, length, spans);
    }
    return false;
}

/* Whether it tells how much is under way at a time, or is done since. */
static bool is_level(const char *name)
{
    static const char *const levels[] = {"current", "inprogress", "open"};
    return CAUS_HAS_WORD(name, levels);
}

/* Whether it tells how much of the network's traffic there is right now. */
static bool is_traffic(const char *name)
{
    static const char *const ways[] = {
        "net",  "network*",  "rx",       "tx",        "receive*",  "recv",
        "sent", "transmit*", "traffic*", "bandwidth", "throughput"};
    return CAUS_HAS_WORD(name, ways);
}

static const char *const flows[] = {"published", "delivered", "processed",
                                    "completed", "handled",   "consumed",
                                    "accepted",  "received"};

static bool is_flow(const char *name)
{
    return CAUS_HAS_WORD(name, flows);
}

/* Whether it is the time that all waited for one of a few in a second: as many
 * wait at a time. */
static bool is_sum_of_waits(const char *name)
{
    static const char *const waits[] = {"wait", "waits", "waiting", "acquire*"};
    return CAUS_HAS_WORD(name, waits) && caus_measure_is_sum(name);
}

/* What is waited for, where it is a part of the machine: all have their work
 * wait for that. */
static caus_aspect waited_for(const char *name, caus_aspect told)
{
    static const char *const waits[] = {"wait", "waits", "waiting", "stalled"};
    static const char *const processor[] = {"cpu*"};
    static const char *const memory[] = {"mem", "memory"};
    static const char *const disk[] = {"io", "disk"};
    if (!CAUS_HAS_WORD(name, waits))
        return told;
    if (CAUS_HAS_WORD(name, processor))
        return CAUS_ASPECT_CPU;
    if (CAUS_HAS_WORD(name, memory))
        return CAUS_ASPECT_MEMORY;
    return CAUS_HAS_WORD(name, disk) ? CAUS_ASPECT_RESOURCE : told;
}

/* Whether it counts calls by a code that tells of a failure. */
static bool is_failed_call(const char *name)
{
    static const char *const grpc[] = {"grpc"};
    static const char *const codes[] = {"internal",  "unknown",  "aborted",
                                        "exhausted", "dataloss", "deadline*"};
    return caus_measure_is_failed_code(name) ||
           (CAUS_HAS_WORD(name, grpc) && CAUS_HAS_WORD(name, codes));
}

static caus_aspect refine_errors(const char *name, const caus_meaning *meaning)
{
    static const char *const latencies[] = {"lat", "latenc*", "duration*"};
    bool good = caus_meaning_is_good(meaning);
    bool gone = meaning->sense == CAUS_SENSE_GONE;
    if (is_lost_on_the_way(name))
        return CAUS_ASPECT_RESOURCE;
    if (is_page_fault(name))
        return CAUS_ASPECT_CPU;
    if ((good || gone) && is_of_copies(name))
        return CAUS_ASPECT_RESTARTS;
    if (counts_success(name))
        return CAUS_ASPECT_LOAD;
    if (good && is_of_bytes(name))
        return CAUS_ASPECT_RESOURCE;
    return good && CAUS_HAS_WORD(name, latencies) ? CAUS_ASPECT_LATENCY
                                                  : CAUS_ASPECT_ERRORS;
}

static caus_aspect refine_latency(const char *name, const caus_meaning *meaning)
{
    bool answers = meaning->sense == CAUS_SENSE_ANSWER;
    if (is_of_event_loop(name))
        return CAUS_ASPECT_CPU;
    if (is_sum_of_waits(name))
        return waited_for(name, CAUS_ASPECT_SATURATION);
    if (answers && is_of_bytes(name))
        return CAUS_ASPECT_NETWORK;
    if (caus_measure_is_count(name) || (answers && counts_answers(name)))
        return caus_measure_is_failed_code(name) ? CAUS_ASPECT_ERRORS
                                                 : CAUS_ASPECT_LOAD;
    return CAUS_ASPECT_LATENCY;
}

/* What counts requests, or nothing that is known. */
static caus_aspect refine_open(const char *name, caus_aspect told)
{
    static const char *const requests[] = {"count", "cnt"};
    if (is_page_fault(name))
        return CAUS_ASPECT_CPU;
    if (told == CAUS_ASPECT_OTHER &&
        (is_of_copies(name) || caus_measure_is_of_replicas(name) ||
         caus_measure_is_of_members(name) || is_not_started(name)))
        return CAUS_ASPECT_RESTARTS;
    if (is_dead_letter(name))
        return CAUS_ASPECT_ERRORS;
    if (told == CAUS_ASPECT_OTHER && is_filling(name))
        return CAUS_ASPECT_SATURATION;
    if (told == CAUS_ASPECT_OTHER && is_of_rows_read(name))
        return CAUS_ASPECT_RESOURCE;
    if (is_of_erlang(name))
        return CAUS_ASPECT_CPU;
    if (is_system_load(name))
        return CAUS_ASPECT_CPU;
    if (told == CAUS_ASPECT_LOAD && is_failed_call(name))
        return CAUS_ASPECT_ERRORS;
    if (is_time(name))
        return CAUS_ASPECT_LATENCY;
    if (told == CAUS_ASPECT_OTHER)
        return caus_measure_is_only(name, requests,
                                    sizeof requests / sizeof *requests)
                   ? CAUS_ASPECT_LOAD
                   : told;
    return is_level(name) ? CAUS_ASPECT_SATURATION : told;
}

static caus_aspect refine_saturation(const char *name)
{
    static const char *const traffic[] = {"byte*", "packet*"};
    if (is_not_started(name) || caus_measure_is_of_members(name))
        return CAUS_ASPECT_RESTARTS;
    if (is_of_event_loop(name) || is_of_erlang(name))
        return CAUS_ASPECT_CPU;
    if (CAUS_HAS_WORD(name, traffic) && counts(name))
        return is_lost_on_the_way(name) ? CAUS_ASPECT_RESOURCE
                                        : CAUS_ASPECT_NETWORK;
    if (is_kept_alive(name))
        return CAUS_ASPECT_OTHER;
    if (is_flow(name) &&
        (counts(name) || is_rate(name) || CAUS_ENDS_IN(name, flows)))
        return CAUS_ASPECT_LOAD;
    return waited_for(name, CAUS_ASPECT_SATURATION);
}

static caus_aspect refine(const char *name, const caus_meaning *meaning)
{
    static const char *const held[] = {"cache*", "buffer*", "allocat*"};
    static const char *const alarms[] = {"alarm*"};
    caus_aspect told = meaning->aspect;
    switch (told) {
    case CAUS_ASPECT_ERRORS:
        return refine_errors(name, meaning);
    case CAUS_ASPECT_LATENCY:
        return refine_latency(name, meaning);
    case CAUS_ASPECT_LOAD:
    case CAUS_ASPECT_OTHER:
        return refine_open(name, told);
    case CAUS_ASPECT_MEMORY:
        if (counts_allocations(name))
            return CAUS_ASPECT_RESOURCE;
        if (CAUS_HAS_WORD(name, alarms)) /* no amount of it strays there */
            return CAUS_ASPECT_CPU;
        return is_page_fault(name) ? CAUS_ASPECT_CPU : told;
    case CAUS_ASPECT_SATURATION:
        return refine_saturation(name);
    case CAUS_ASPECT_NETWORK:
        if (is_lost_on_the_way(name) || counts_allocations(name))
            return CAUS_ASPECT_RESOURCE;
        return CAUS_HAS_WORD(name, held) ||
                       (is_level(name) && !is_traffic(name))
                   ? CAUS_ASPECT_MEMORY
                   : told;
    default:
        return told;
    }
}

caus_aspect caus_aspect_of(const caus_variable *variable)
{
    if (variable->kind == CAUS_KIND_LATENCY_QUANTILE)
        return CAUS_ASPECT_LATENCY;
    if (strcmp(variable->unit, "errors") == 0)
        return CAUS_ASPECT_ERRORS;
    const char *name = caus_measure_name(variable);
    const caus_meaning *meaning = caus_meaning_of(name);
    if (is_hit_share(name))
        return CAUS_ASPECT_MEMORY;
    if (is_clock(name) || is_bucket(name))
        return CAUS_ASPECT_OTHER;
    if (caus_measure_is_age(name))
        return caus_measure_is_share(name) ? CAUS_ASPECT_ERRORS
                                           : CAUS_ASPECT_RESTARTS;
    if (!meaning->word && strcmp(variable->unit, "requests") == 0)
        return CAUS_ASPECT_LOAD;
    return refine(name, meaning);
}
