/* SPDX-License-Identifier: Apache-2.0 */
/* What a variable tells about its service, by kind, unit and the words of its
 * name. */
#include <string.h>

#include "graph/service.h"
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
    {"success*", CAUS_ASPECT_ERRORS},
    {"timeout*", CAUS_ASPECT_ERRORS},
    {"exception*", CAUS_ASPECT_ERRORS},
    {"5xx", CAUS_ASPECT_ERRORS},
    {"4xx", CAUS_ASPECT_ERRORS},
    {"500", CAUS_ASPECT_ERRORS},
    {"502", CAUS_ASPECT_ERRORS},
    {"503", CAUS_ASPECT_ERRORS},
    {"504", CAUS_ASPECT_ERRORS},
    {"refused", CAUS_ASPECT_ERRORS},
    {"apdex", CAUS_ASPECT_ERRORS},
    {"up", CAUS_ASPECT_ERRORS},
    {"retry", CAUS_ASPECT_ERRORS},
    {"retries", CAUS_ASPECT_ERRORS},
    {"gc", CAUS_ASPECT_RESOURCE},
    {"disk", CAUS_ASPECT_RESOURCE},
    {"disks", CAUS_ASPECT_RESOURCE},
    {"diskio", CAUS_ASPECT_RESOURCE},
    {"fsync*", CAUS_ASPECT_RESOURCE},
    {"hitrate", CAUS_ASPECT_MEMORY},
    {"miss", CAUS_ASPECT_CPU},
    {"misses", CAUS_ASPECT_CPU},
    {"evict*", CAUS_ASPECT_RESOURCE},
    {"lock", CAUS_ASPECT_SATURATION},
    {"locks", CAUS_ASPECT_SATURATION},
    {"blocked", CAUS_ASPECT_SATURATION},
    {"behind", CAUS_ASPECT_SATURATION},
    {"lat", CAUS_ASPECT_LATENCY},
    {"latenc*", CAUS_ASPECT_LATENCY},
    {"clat", CAUS_ASPECT_LATENCY},
    {"slat", CAUS_ASPECT_LATENCY},
    {"duration*", CAUS_ASPECT_LATENCY},
    {"delay", CAUS_ASPECT_LATENCY},
    {"response", CAUS_ASPECT_LATENCY},
    {"elapsed", CAUS_ASPECT_LATENCY},
    {"rt", CAUS_ASPECT_LATENCY},
    {"rtt", CAUS_ASPECT_LATENCY},
    {"p50", CAUS_ASPECT_LATENCY},
    {"p75", CAUS_ASPECT_LATENCY},
    {"p90", CAUS_ASPECT_LATENCY},
    {"p95", CAUS_ASPECT_LATENCY},
    {"p99", CAUS_ASPECT_LATENCY},
    {"p999", CAUS_ASPECT_LATENCY},
    {"slow", CAUS_ASPECT_SATURATION},
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
    {"lag", CAUS_ASPECT_SATURATION},
    {"saturation", CAUS_ASPECT_SATURATION},
    {"concurren*", CAUS_ASPECT_SATURATION},
    {"cpu*", CAUS_ASPECT_CPU},
    {"processor", CAUS_ASPECT_CPU},
    {"throttl*", CAUS_ASPECT_CPU},
    {"load1", CAUS_ASPECT_CPU},
    {"load5", CAUS_ASPECT_CPU},
    {"load15", CAUS_ASPECT_CPU},
    {"mem*", CAUS_ASPECT_MEMORY},
    {"rss", CAUS_ASPECT_MEMORY},
    {"heap", CAUS_ASPECT_MEMORY},
    {"swap", CAUS_ASPECT_MEMORY},
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
    {"receive*", CAUS_ASPECT_NETWORK},
    {"transmit*", CAUS_ASPECT_NETWORK},
    {"socket*", CAUS_ASPECT_SOCKETS},
    {"tcp", CAUS_ASPECT_NETWORK},
    {"reject*", CAUS_ASPECT_ERRORS},
    {"drop*", CAUS_ASPECT_ERRORS},
    {"io", CAUS_ASPECT_RESOURCE},
    {"iowait", CAUS_ASPECT_RESOURCE},
    {"iops", CAUS_ASPECT_RESOURCE},
    {"read*", CAUS_ASPECT_RESOURCE},
    {"write*", CAUS_ASPECT_RESOURCE},
    {"fd*", CAUS_ASPECT_RESOURCE},
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
    {"req*", CAUS_ASPECT_LOAD},
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
    {"invocation*", CAUS_ASPECT_LOAD},
};

enum { MEANING_COUNT = sizeof meanings / sizeof *meanings };

static bool in_word(char byte)
{
    byte = caus_lower(byte);
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           (unsigned char)byte >= 0x80;
}

static bool matches(const char *word, size_t length, const char *pattern)
{
    size_t i = 0;
    for (; pattern[i] && pattern[i] != '*'; i++) {
        if (i >= length || caus_lower(word[i]) != pattern[i])
            return false;
    }
    return pattern[i] == '*' || i == length;
}

/* The next word at or after *text that tells what is measured, NULL at the end;
 * moves *text behind it. */
static const char *next_word(const char **text, size_t *length)
{
    const char *word = *text;
    while (*word && !in_word(*word)) {
        size_t place = caus_place_length(word);
        word += place ? place : 1;
    }
    *length = 0;
    while (in_word(word[*length]) &&
           (!*length || !caus_is_camel(word, *length)))
        (*length)++;
    *text = word + *length;
    return *length ? word : NULL;
}

/* The index of the first meaning that a word of the name has. */
static size_t first_meaning(const char *name)
{
    size_t best = MEANING_COUNT, length;
    for (const char *word; (word = next_word(&name, &length));) {
        for (size_t i = 0; i < best; i++) {
            if (matches(word, length, meanings[i].word))
                best = i;
        }
    }
    return best;
}

/* Whether any word of a name is one of these. */
static bool has_word(const char *name, const char *const *patterns,
                     size_t count)
{
    size_t length;
    for (const char *word; (word = next_word(&name, &length));) {
        for (size_t i = 0; i < count; i++) {
            if (matches(word, length, patterns[i]))
                return true;
        }
    }
    return false;
}

/* Whether it tells what is left of something, or went well, rather than what is
 * used. */
static bool is_remainder(const char *name)
{
    static const char *const patterns[] = {"avail*",  "memavail*", "free",
                                           "memfree", "remaining", "idle",
                                           "hit",     "hitrate",   "hits"};
    return has_word(name, patterns, sizeof patterns / sizeof *patterns);
}

/* The share of what was asked that a cache had: how full its memory is. */
static bool is_hit_share(const char *name)
{
    static const char *const hits[] = {"hit", "hits"};
    static const char *const shares[] = {"ratio",   "rate", "share",
                                         "percent", "pct",  "perc*"};
    return has_word(name, hits, sizeof hits / sizeof *hits) &&
           has_word(name, shares, sizeof shares / sizeof *shares);
}

/* Whether its last word is one of these. */
static bool ends_in(const char *name, const char *const *words, size_t count)
{
    size_t length, last_length = 0;
    const char *last = NULL;
    for (const char *word; (word = next_word(&name, &length));) {
        last = word;
        last_length = length;
    }
    for (size_t i = 0; last && i < count; i++) {
        if (matches(last, last_length, words[i]))
            return true;
    }
    return false;
}

/* Whether it counts what a histogram timed. */
static bool is_count(const char *name)
{
    static const char *const counts[] = {"count", "counts"};
    return ends_in(name, counts, sizeof counts / sizeof *counts);
}

bool caus_aspect_is_sum(const caus_variable *variable)
{
    static const char *const sums[] = {"sum", "total"};
    return ends_in(caus_measure_name(variable), sums,
                   sizeof sums / sizeof *sums);
}

/* Whether it tells how long requests take, as Micrometer names it:
 * "requests_seconds_max"; the sum and the count of that are loads. */
static bool is_time(const char *name)
{
    static const char *const units[] = {"seconds", "sec",    "ms",   "msec",
                                        "milli*",  "us",     "usec", "micros",
                                        "micro*",  "nanos*", "time", "timer"};
    static const char *const others[] = {
        "count",  "counts", "sum",   "total",   "rate", "per",
        "bucket", "start*", "age",   "create*", "last", "since",
        "clock*", "stamp",  "boot*", "system",  "user"};
    return has_word(name, units, sizeof units / sizeof *units) &&
           !has_word(name, others, sizeof others / sizeof *others);
}

/* Whether it tells how many of the copies of a service are there: which no
 * share of requests is, but its own like a restart. */
static bool is_of_copies(const char *name)
{
    static const char *const copies[] = {"replicas", "pods", "instances"};
    static const char *const there[] = {"avail*", "unavail*", "up"};
    return has_word(name, copies, sizeof copies / sizeof *copies) &&
           has_word(name, there, sizeof there / sizeof *there);
}

/* Whether it counts calls by a code of gRPC that tells of a failure. */
static bool is_failed_call(const char *name)
{
    static const char *const grpc[] = {"grpc"};
    static const char *const codes[] = {"internal",  "unknown",  "aborted",
                                        "exhausted", "dataloss", "deadline*"};
    return has_word(name, grpc, 1) &&
           has_word(name, codes, sizeof codes / sizeof *codes);
}

bool caus_aspect_is_of_calls(const caus_variable *variable, caus_aspect aspect)
{
    static const char *const patterns[] = {"client", "clat", "outbound",
                                           "outgoing", "egress"};
    return aspect == CAUS_ASPECT_LATENCY &&
           has_word(caus_measure_name(variable), patterns,
                    sizeof patterns / sizeof *patterns);
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

caus_aspect caus_aspect_of(const caus_variable *variable)
{
    if (variable->kind == CAUS_KIND_LATENCY_QUANTILE)
        return CAUS_ASPECT_LATENCY;
    if (strcmp(variable->unit, "errors") == 0)
        return CAUS_ASPECT_ERRORS;
    const char *name = caus_measure_name(variable);
    size_t meaning = first_meaning(name);
    caus_aspect told =
        meaning < MEANING_COUNT ? meanings[meaning].aspect : CAUS_ASPECT_OTHER;
    bool open = told == CAUS_ASPECT_LOAD || told == CAUS_ASPECT_OTHER;
    if (is_hit_share(name))
        return CAUS_ASPECT_MEMORY;
    if (told == CAUS_ASPECT_LOAD && is_failed_call(name))
        return CAUS_ASPECT_ERRORS;
    if (told == CAUS_ASPECT_LATENCY && is_count(name))
        return CAUS_ASPECT_LOAD;
    if (told == CAUS_ASPECT_ERRORS && is_of_copies(name))
        return CAUS_ASPECT_RESTARTS;
    if (open && is_time(name))
        return CAUS_ASPECT_LATENCY;
    return meaning == MEANING_COUNT && strcmp(variable->unit, "requests") == 0
               ? CAUS_ASPECT_LOAD
               : told;
}

int caus_aspect_bad_direction(const caus_variable *variable, caus_aspect aspect)
{
    static const char *const good[] = {"success*", "avail*", "up", "apdex"};
    const char *name = caus_measure_name(variable);
    if (variable->bad_direction == CAUS_BAD_UP)
        return 1;
    if (variable->bad_direction == CAUS_BAD_DOWN)
        return -1;
    if (aspect == CAUS_ASPECT_ERRORS) {
        size_t meaning = first_meaning(name);
        for (size_t i = 0;
             i < sizeof good / sizeof *good && meaning < MEANING_COUNT; i++) {
            if (strcmp(meanings[meaning].word, good[i]) == 0)
                return -1;
        }
        return 1;
    }
    bool either = aspect == CAUS_ASPECT_OTHER || aspect == CAUS_ASPECT_LOAD ||
                  aspect == CAUS_ASPECT_NETWORK;
    if (either || aspect == CAUS_ASPECT_LATENCY)
        return either ? 0 : 1;
    return is_remainder(name) ? -1 : 1;
}

bool caus_aspect_tells(caus_aspect aspect)
{
    return aspect != CAUS_ASPECT_LOAD && aspect != CAUS_ASPECT_NETWORK &&
           aspect != CAUS_ASPECT_RESTARTS && aspect != CAUS_ASPECT_SOCKETS &&
           aspect != CAUS_ASPECT_OTHER;
}
