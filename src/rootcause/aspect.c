/* SPDX-License-Identifier: Apache-2.0 */
/* What a variable tells about its service, by kind, unit and the words of its
 * name. */
#include <string.h>

#include "graph/service.h"
#include "rootcause/measure_words.h"
#include "rootcause/rootcause_internal.h"

typedef struct word_meaning {
    const char *word; /* a whole word, or with '*' the beginning of one */
    caus_aspect aspect;
} word_meaning;

/* The first meaning that any word of a name has counts: errors before what
 * works inside, as "gc", "disk" and "lock" take time, too, which no caller
 * sees as such; that before latency; "available" is said of memory and disks
 * too, and then it is no share of calls; load last, as "request" stands in
 * names of everything. */
static const word_meaning meanings[] = {
    {"err", CAUS_ASPECT_ERRORS},
    {"errs", CAUS_ASPECT_ERRORS},
    {"error*", CAUS_ASPECT_ERRORS},
    {"fail*", CAUS_ASPECT_ERRORS},
    {"succe*", CAUS_ASPECT_ERRORS},
    {"sr", CAUS_ASPECT_ERRORS},
    {"timeout*", CAUS_ASPECT_ERRORS},
    {"exception*", CAUS_ASPECT_ERRORS},
    {"5xx", CAUS_ASPECT_ERRORS},
    {"http5xx", CAUS_ASPECT_ERRORS},
    {"4xx", CAUS_ASPECT_ERRORS},
    {"500", CAUS_ASPECT_ERRORS},
    {"502", CAUS_ASPECT_ERRORS},
    {"503", CAUS_ASPECT_ERRORS},
    {"504", CAUS_ASPECT_ERRORS},
    {"refused", CAUS_ASPECT_ERRORS},
    {"reject*", CAUS_ASPECT_ERRORS},
    {"overflow*", CAUS_ASPECT_ERRORS},
    {"redeliver*", CAUS_ASPECT_ERRORS},
    {"deadletter*", CAUS_ASPECT_ERRORS},
    {"permitted", CAUS_ASPECT_ERRORS},
    {"apdex", CAUS_ASPECT_ERRORS},
    {"up", CAUS_ASPECT_ERRORS},
    {"retry", CAUS_ASPECT_ERRORS},
    {"retries", CAUS_ASPECT_ERRORS},
    {"rollback*", CAUS_ASPECT_OTHER},
    {"gc", CAUS_ASPECT_RESOURCE},
    {"fgc*", CAUS_ASPECT_RESOURCE},
    {"ygc*", CAUS_ASPECT_RESOURCE},
    {"garbage", CAUS_ASPECT_RESOURCE},
    {"disk", CAUS_ASPECT_RESOURCE},
    {"disks", CAUS_ASPECT_RESOURCE},
    {"diskio", CAUS_ASPECT_RESOURCE},
    {"dsk", CAUS_ASPECT_RESOURCE},
    {"storage", CAUS_ASPECT_RESOURCE},
    {"fsync*", CAUS_ASPECT_RESOURCE},
    {"hitrate", CAUS_ASPECT_MEMORY},
    {"miss", CAUS_ASPECT_CPU},
    {"misses", CAUS_ASPECT_CPU},
    {"evict*", CAUS_ASPECT_RESOURCE},
    {"lock", CAUS_ASPECT_SATURATION},
    {"locks", CAUS_ASPECT_SATURATION},
    {"locked", CAUS_ASPECT_SATURATION},
    {"deadlock*", CAUS_ASPECT_SATURATION},
    {"blocked", CAUS_ASPECT_SATURATION},
    {"behind", CAUS_ASPECT_SATURATION},
    {"lat", CAUS_ASPECT_LATENCY},
    {"latenc*", CAUS_ASPECT_LATENCY},
    {"clat", CAUS_ASPECT_LATENCY},
    {"slat", CAUS_ASPECT_LATENCY},
    {"duration*", CAUS_ASPECT_LATENCY},
    {"delay", CAUS_ASPECT_LATENCY},
    {"response*", CAUS_ASPECT_LATENCY},
    {"elapsed", CAUS_ASPECT_LATENCY},
    {"rt", CAUS_ASPECT_LATENCY},
    {"rtt", CAUS_ASPECT_LATENCY},
    {"rrt", CAUS_ASPECT_LATENCY},
    {"mrt", CAUS_ASPECT_LATENCY},
    {"ttfb", CAUS_ASPECT_LATENCY},
    {"p50", CAUS_ASPECT_LATENCY},
    {"p75", CAUS_ASPECT_LATENCY},
    {"p90", CAUS_ASPECT_LATENCY},
    {"p95", CAUS_ASPECT_LATENCY},
    {"p99", CAUS_ASPECT_LATENCY},
    {"p999", CAUS_ASPECT_LATENCY},
    {"slow", CAUS_ASPECT_SATURATION},
    {"slowlog*", CAUS_ASPECT_SATURATION},
    {"queue*", CAUS_ASPECT_SATURATION},
    {"pool*", CAUS_ASPECT_SATURATION},
    {"waiter*", CAUS_ASPECT_SATURATION},
    {"wait", CAUS_ASPECT_SATURATION},
    {"waits", CAUS_ASPECT_SATURATION},
    {"waiting", CAUS_ASPECT_SATURATION},
    {"backlog", CAUS_ASPECT_SATURATION},
    {"worker*", CAUS_ASPECT_SATURATION},
    {"inflight", CAUS_ASPECT_SATURATION},
    {"busy", CAUS_ASPECT_SATURATION},
    {"connection*", CAUS_ASPECT_SATURATION},
    {"conn*", CAUS_ASPECT_SATURATION},
    {"pending", CAUS_ASPECT_SATURATION},
    {"outstanding", CAUS_ASPECT_SATURATION},
    {"undelivered", CAUS_ASPECT_SATURATION},
    {"unack*", CAUS_ASPECT_SATURATION},
    {"visible", CAUS_ASPECT_SATURATION},
    {"oldest", CAUS_ASPECT_SATURATION},
    {"progress", CAUS_ASPECT_SATURATION},
    {"flight", CAUS_ASPECT_SATURATION},
    {"sess*", CAUS_ASPECT_SATURATION},
    {"lag", CAUS_ASPECT_SATURATION},
    {"saturation", CAUS_ASPECT_SATURATION},
    {"concurren*", CAUS_ASPECT_SATURATION},
    {"cpu*", CAUS_ASPECT_CPU},
    {"processor", CAUS_ASPECT_CPU},
    {"core", CAUS_ASPECT_CPU},
    {"cores", CAUS_ASPECT_CPU},
    {"throttl*", CAUS_ASPECT_CPU},
    {"load1", CAUS_ASPECT_CPU},
    {"load5", CAUS_ASPECT_CPU},
    {"load15", CAUS_ASPECT_CPU},
    {"mem", CAUS_ASPECT_MEMORY},
    {"memory", CAUS_ASPECT_MEMORY},
    {"memavail*", CAUS_ASPECT_MEMORY},
    {"memfree*", CAUS_ASPECT_MEMORY},
    {"memstats", CAUS_ASPECT_MEMORY},
    {"memtotal", CAUS_ASPECT_MEMORY},
    {"memus*", CAUS_ASPECT_MEMORY},
    {"memutil*", CAUS_ASPECT_MEMORY},
    {"working", CAUS_ASPECT_MEMORY},
    {"rss", CAUS_ASPECT_MEMORY},
    {"heap", CAUS_ASPECT_MEMORY},
    {"swap", CAUS_ASPECT_MEMORY},
    {"paging", CAUS_ASPECT_MEMORY},
    {"oom", CAUS_ASPECT_MEMORY},
    {"fs", CAUS_ASPECT_RESOURCE},
    {"filesystem*", CAUS_ASPECT_RESOURCE},
    {"inode*", CAUS_ASPECT_RESOURCE},
    {"avail*", CAUS_ASPECT_ERRORS},
    {"unavail*", CAUS_ASPECT_ERRORS},
    {"active", CAUS_ASPECT_SATURATION},
    {"running", CAUS_ASPECT_SATURATION},
    {"net*", CAUS_ASPECT_NETWORK},
    {"rx", CAUS_ASPECT_NETWORK},
    {"tx", CAUS_ASPECT_NETWORK},
    {"packet*", CAUS_ASPECT_NETWORK},
    {"message*", CAUS_ASPECT_LOAD},
    {"msg*", CAUS_ASPECT_LOAD},
    {"receive*", CAUS_ASPECT_NETWORK},
    {"transmit*", CAUS_ASPECT_NETWORK},
    {"recv", CAUS_ASPECT_NETWORK},
    {"sent", CAUS_ASPECT_NETWORK},
    {"bandwidth", CAUS_ASPECT_NETWORK},
    {"socket*", CAUS_ASPECT_SOCKETS},
    {"tcp", CAUS_ASPECT_NETWORK},
    {"drop*", CAUS_ASPECT_ERRORS},
    {"io", CAUS_ASPECT_RESOURCE},
    {"iowait", CAUS_ASPECT_RESOURCE},
    {"iops", CAUS_ASPECT_RESOURCE},
    {"read", CAUS_ASPECT_RESOURCE},
    {"reads", CAUS_ASPECT_RESOURCE},
    {"write*", CAUS_ASPECT_RESOURCE},
    {"fd*", CAUS_ASPECT_RESOURCE},
    {"filefd", CAUS_ASPECT_RESOURCE},
    {"processes", CAUS_ASPECT_RESOURCE},
    {"file", CAUS_ASPECT_RESOURCE},
    {"files", CAUS_ASPECT_RESOURCE},
    {"thread*", CAUS_ASPECT_RESOURCE},
    {"goroutine*", CAUS_ASPECT_RESOURCE},
    {"restart*", CAUS_ASPECT_RESTARTS},
    {"utili*", CAUS_ASPECT_RESOURCE},
    {"util", CAUS_ASPECT_RESOURCE},
    {"usage", CAUS_ASPECT_RESOURCE},
    {"handles", CAUS_ASPECT_RESOURCE},
    {"descriptor*", CAUS_ASPECT_RESOURCE},
    {"space", CAUS_ASPECT_RESOURCE},
    {"req*", CAUS_ASPECT_LOAD},
    {"rq", CAUS_ASPECT_LOAD},
    {"2xx", CAUS_ASPECT_LOAD},
    {"op", CAUS_ASPECT_LOAD},
    {"ops", CAUS_ASPECT_LOAD},
    {"qps", CAUS_ASPECT_LOAD},
    {"rps", CAUS_ASPECT_LOAD},
    {"tps", CAUS_ASPECT_LOAD},
    {"call*", CAUS_ASPECT_LOAD},
    {"quer*", CAUS_ASPECT_LOAD},
    {"load", CAUS_ASPECT_LOAD},
    {"workload", CAUS_ASPECT_LOAD},
    {"traffic", CAUS_ASPECT_LOAD},
    {"throughput", CAUS_ASPECT_LOAD},
    {"hits", CAUS_ASPECT_LOAD},
    {"question*", CAUS_ASPECT_LOAD},
    {"command*", CAUS_ASPECT_LOAD},
    {"transaction*", CAUS_ASPECT_LOAD},
    {"xact*", CAUS_ASPECT_LOAD},
    {"commit*", CAUS_ASPECT_LOAD},
    {"opcounter*", CAUS_ASPECT_LOAD},
    {"processed", CAUS_ASPECT_LOAD},
    {"handled", CAUS_ASPECT_LOAD},
    {"consumed", CAUS_ASPECT_LOAD},
    {"published", CAUS_ASPECT_LOAD},
    {"delivered", CAUS_ASPECT_LOAD},
    {"completed", CAUS_ASPECT_LOAD},
    {"invocation*", CAUS_ASPECT_LOAD},
    {"bytes*", CAUS_ASPECT_NETWORK},
};

enum { MEANING_COUNT = sizeof meanings / sizeof *meanings };

/* The index of the first meaning that a word of the name has. */
static size_t first_meaning(const char *name)
{
    size_t best = MEANING_COUNT, length;
    for (const char *word; (word = caus_measure_word(&name, &length));) {
        for (size_t i = 0; i < best; i++) {
            if (caus_word_matches(word, length, meanings[i].word))
                best = i;
        }
    }
    return best;
}

/* Whether it tells what is left of something, or went well, rather than what is
 * used. */
static bool is_remainder(const char *name)
{
    static const char *const patterns[] = {
        "avail*", "memavail*", "free", "freeable", "memfree*", "remaining",
        "idle",   "usable",    "hit",  "hitrate",  "hits",     "balance"};
    return HAS_WORD(name, patterns);
}

/* Whether it is a share of something, rather than a number of it. */
static bool is_share(const char *name)
{
    static const char *const shares[] = {"ratio",    "rate", "share",
                                         "percent*", "pct",  "perc"};
    return HAS_WORD(name, shares);
}

/* The share of what was asked that a cache had: how full its memory is. */
static bool is_hit_share(const char *name)
{
    static const char *const hits[] = {"hit", "hits"};
    return HAS_WORD(name, hits) && is_share(name);
}

/* Whether it counts what a histogram timed. */
static bool is_count(const char *name)
{
    static const char *const counts[] = {"count", "counts"};
    return ENDS_IN(name, counts);
}

bool caus_aspect_is_sum(const caus_variable *variable)
{
    static const char *const sums[] = {"sum", "total"};
    return ENDS_IN(caus_measure_name(variable), sums);
}

/* Whether it tells how long requests take, as Micrometer names it:
 * "requests_seconds_max"; the sum and the count of that are loads. */
static bool is_time(const char *name)
{
    static const char *const units[] = {"seconds",   "sec",    "ms",   "msec",
                                        "millis*",   "us",     "usec", "micros",
                                        "microsec*", "nanos*", "time", "timer"};
    static const char *const others[] = {
        "count",  "counts", "sum",   "total",   "rate", "per",
        "bucket", "start*", "age",   "create*", "last", "since",
        "clock*", "stamp",  "boot*", "system",  "user", "ntp",
        "timex",  "offset", "ttl",   "uptime"};
    return HAS_WORD(name, units) && !HAS_WORD(name, others);
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
    return HAS_WORD(name, copies) && HAS_WORD(name, there);
}

/* Whether more of it is better: what is there, not what is gone. */
static bool is_there(const char *name)
{
    static const char *const there[] = {"avail*", "up", "ready", "health*",
                                        "uptime"};
    static const char *const negated[] = {"un", "not"};
    return HAS_WORD(name, there) && !HAS_WORD(name, negated);
}

/* Whether it tells how long a process has been there. */
static bool is_age(const char *name)
{
    static const char *const ages[] = {"uptime"};
    return HAS_WORD(name, ages);
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
    return HAS_WORD(name, network) && HAS_WORD(name, lost);
}

/* Whether it counts pages that memory did not have: as what a cache misses,
 * they are work of its own. */
static bool is_page_fault(const char *name)
{
    static const char *const memory[] = {"mem", "memory", "page", "paging"};
    static const char *const lacks[] = {"fail*", "fault*"};
    static const char *const words[] = {"pgfault", "pgmajfault"};
    return HAS_WORD(name, words) ||
           (HAS_WORD(name, memory) && HAS_WORD(name, lacks));
}

/* Whether it counts, from the start of a process on or for a row. */
static bool counts(const char *name)
{
    static const char *const words[] = {"total", "count", "counts", "num",
                                        "sum"};
    return ENDS_IN(name, words);
}

/* Whether it counts what went well, which follows the requests; only a share of
 * it tells of failures. */
static bool counts_success(const char *name)
{
    static const char *const good[] = {"succe*"};
    static const char *const failed[] = {"fail*", "err*"};
    return HAS_WORD(name, good) && !HAS_WORD(name, failed) && counts(name) &&
           !is_share(name);
}

/* Whether it tells how many answers there were, not how long they took. */
static bool counts_answers(const char *name)
{
    static const char *const times[] = {
        "avg", "average", "mean", "median", "min",  "max",     "p50",
        "p75", "p90",     "p95",  "p99",    "p999", "elapsed", "rt"};
    return !HAS_WORD(name, times) && !is_time(name);
}

static bool is_of_bytes(const char *name)
{
    static const char *const bytes[] = {"byte*", "size", "sizes", "length",
                                        "kb*",   "mb",   "mbps",  "body"};
    return HAS_WORD(name, bytes);
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
        for (size_t i = 0; word && i < sizeof spans / sizeof *spans; i++) {
            if (caus_word_matches(word, length, spans[i]))
                return true;
        }
        return false;
    }
    return false;
}

/* Whether it tells how much is under way at a time, or is done since. */
static bool is_level(const char *name)
{
    static const char *const levels[] = {"current", "inprogress", "open"};
    return HAS_WORD(name, levels);
}

static bool is_flow(const char *name)
{
    static const char *const done[] = {"published", "delivered", "processed",
                                       "completed", "handled",   "consumed",
                                       "accepted",  "received"};
    return HAS_WORD(name, done);
}

/* What is waited for, where it is a part of the machine: all have their work
 * wait for that. */
static caus_aspect waited_for(const char *name, caus_aspect told)
{
    static const char *const waits[] = {"wait", "waits", "waiting", "stalled"};
    static const char *const processor[] = {"cpu*"};
    static const char *const memory[] = {"mem", "memory"};
    static const char *const disk[] = {"io", "disk"};
    if (!HAS_WORD(name, waits))
        return told;
    if (HAS_WORD(name, processor))
        return CAUS_ASPECT_CPU;
    if (HAS_WORD(name, memory))
        return CAUS_ASPECT_MEMORY;
    return HAS_WORD(name, disk) ? CAUS_ASPECT_RESOURCE : told;
}

/* Whether it counts calls by a code that tells of a failure. */
static bool is_failed_call(const char *name)
{
    static const char *const grpc[] = {"grpc"};
    static const char *const codes[] = {"internal",  "unknown",  "aborted",
                                        "exhausted", "dataloss", "deadline*"};
    return caus_measure_is_failed_code(name) ||
           (HAS_WORD(name, grpc) && HAS_WORD(name, codes));
}

bool caus_aspect_is_of_calls(const caus_variable *variable, caus_aspect aspect)
{
    static const char *const patterns[] = {"client", "clat", "outbound",
                                           "outgoing", "egress"};
    return aspect == CAUS_ASPECT_LATENCY &&
           HAS_WORD(caus_measure_name(variable), patterns);
}

bool caus_aspect_is_of_content(const caus_variable *variable)
{
    static const char *const patterns[] = {"apdex"};
    return HAS_WORD(caus_measure_name(variable), patterns);
}

bool caus_aspect_is_limit(const caus_variable *variable, caus_aspect aspect)
{
    static const char *const patterns[] = {"throttl*"};
    return aspect == CAUS_ASPECT_SATURATION ||
           (aspect == CAUS_ASPECT_CPU &&
            HAS_WORD(caus_measure_name(variable), patterns));
}

/* What stands after the service in the name of a variable. */
const char *caus_measure_name(const caus_variable *variable)
{
    size_t length = strlen(variable->service);
    bool prefixed =
        length && strncmp(variable->name, variable->service, length) == 0;
    return prefixed && variable->name[length] ? variable->name + length
                                              : variable->name;
}

static const char *behind_places(const char *text)
{
    for (size_t place; (place = caus_place_length(text)) > 0;)
        text += place;
    return text;
}

bool caus_measures_alike(const caus_variable *a, const caus_variable *b)
{
    const char *x = behind_places(caus_measure_name(a));
    const char *y = behind_places(caus_measure_name(b));
    while (*x && *x == *y) {
        x = behind_places(x + 1);
        y = behind_places(y + 1);
    }
    return *x == *y;
}

/* Whether the meaning of a name is one of which more is better. */
static bool is_good(size_t meaning)
{
    static const char *const good[] = {"succe*", "sr", "avail*", "up", "apdex"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (meaning < MEANING_COUNT &&
            strcmp(meanings[meaning].word, good[i]) == 0)
            return true;
    }
    return false;
}

static caus_aspect refine_errors(const char *name, size_t meaning)
{
    static const char *const latencies[] = {"lat", "latenc*", "duration*"};
    bool good = is_good(meaning);
    bool gone = strcmp(meanings[meaning].word, "unavail*") == 0;
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
    return good && HAS_WORD(name, latencies) ? CAUS_ASPECT_LATENCY
                                             : CAUS_ASPECT_ERRORS;
}

static caus_aspect refine_latency(const char *name, size_t meaning)
{
    bool answers = strcmp(meanings[meaning].word, "response*") == 0;
    if (answers && is_of_bytes(name))
        return CAUS_ASPECT_NETWORK;
    if (is_count(name) || (answers && counts_answers(name)))
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
    if (told == CAUS_ASPECT_OTHER && is_of_copies(name))
        return CAUS_ASPECT_RESTARTS;
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

static caus_aspect refine(const char *name, size_t meaning)
{
    static const char *const cache[] = {"cache*", "buffer*"};
    caus_aspect told =
        meaning < MEANING_COUNT ? meanings[meaning].aspect : CAUS_ASPECT_OTHER;
    switch (told) {
    case CAUS_ASPECT_ERRORS:
        return refine_errors(name, meaning);
    case CAUS_ASPECT_LATENCY:
        return refine_latency(name, meaning);
    case CAUS_ASPECT_LOAD:
    case CAUS_ASPECT_OTHER:
        return refine_open(name, told);
    case CAUS_ASPECT_MEMORY:
        return is_page_fault(name) ? CAUS_ASPECT_CPU : told;
    case CAUS_ASPECT_SATURATION:
        return is_flow(name) && counts(name) ? CAUS_ASPECT_LOAD
                                             : waited_for(name, told);
    case CAUS_ASPECT_NETWORK:
        if (is_lost_on_the_way(name))
            return CAUS_ASPECT_RESOURCE;
        return HAS_WORD(name, cache) ? CAUS_ASPECT_MEMORY : told;
    default:
        return told;
    }
}

caus_aspect caus_aspect_of(const caus_variable *variable)
{
    static const char *const times[] = {"timestamp*"};
    if (variable->kind == CAUS_KIND_LATENCY_QUANTILE)
        return CAUS_ASPECT_LATENCY;
    if (strcmp(variable->unit, "errors") == 0)
        return CAUS_ASPECT_ERRORS;
    const char *name = caus_measure_name(variable);
    size_t meaning = first_meaning(name);
    if (is_hit_share(name))
        return CAUS_ASPECT_MEMORY;
    if (HAS_WORD(name, times))
        return CAUS_ASPECT_OTHER;
    if (is_age(name))
        return is_share(name) ? CAUS_ASPECT_ERRORS : CAUS_ASPECT_RESTARTS;
    if (meaning == MEANING_COUNT && strcmp(variable->unit, "requests") == 0)
        return CAUS_ASPECT_LOAD;
    return refine(name, meaning);
}

int caus_aspect_bad_direction(const caus_variable *variable, caus_aspect aspect)
{
    const char *name = caus_measure_name(variable);
    if (variable->bad_direction == CAUS_BAD_UP)
        return 1;
    if (variable->bad_direction == CAUS_BAD_DOWN)
        return -1;
    switch (aspect) {
    case CAUS_ASPECT_ERRORS:
        return is_good(first_meaning(name)) || is_age(name) ? -1 : 1;
    case CAUS_ASPECT_LATENCY:
        return 1;
    case CAUS_ASPECT_OTHER:
    case CAUS_ASPECT_LOAD:
    case CAUS_ASPECT_NETWORK:
        return 0;
    case CAUS_ASPECT_RESTARTS:
        return is_there(name) ? -1 : 1;
    default:
        return is_remainder(name) ? -1 : 1;
    }
}

bool caus_aspect_is_answer(const caus_variable *variable, caus_aspect aspect)
{
    size_t meaning = first_meaning(caus_measure_name(variable));
    bool is_up =
        meaning < MEANING_COUNT && strcmp(meanings[meaning].word, "up") == 0;
    return caus_aspect_is_outside(aspect) && !is_up;
}

bool caus_aspect_tells(caus_aspect aspect)
{
    return aspect != CAUS_ASPECT_LOAD && aspect != CAUS_ASPECT_NETWORK &&
           aspect != CAUS_ASPECT_RESTARTS && aspect != CAUS_ASPECT_SOCKETS &&
           aspect != CAUS_ASPECT_OTHER;
}
