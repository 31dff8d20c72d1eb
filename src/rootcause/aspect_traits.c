/* SPDX-License-Identifier: Apache-2.0 */
/* What more a variable tells, once its aspect is known: which way is bad, and
 * whether it is a sum, a limit or a backlog. */
#include <string.h>

#include "rootcause/aspect.h"
#include "rootcause/meanings.h"
#include "rootcause/measure_words.h"
#include "rootcause/measures.h"

/* Whether it tells how much of the time readers of a queue were ready for more.
 */
static bool is_of_ready_readers(const char *name)
{
    static const char *const readers[] = {"consumer", "consumers"};
    static const char *const ready[] = {"utili*", "capacity"};
    return CAUS_HAS_BEHIND(name, ready, readers);
}

/* Whether it tells what is left of something, or went well, rather than what is
 * used. */
static bool is_remainder(const char *name)
{
    static const char *const patterns[] = {
        "avail*", "memavail*", "free", "freeable", "memfree*", "remaining",
        "idle",   "usable",    "hit",  "hitrate",  "hits",     "balance"};
    /* An alarm is raised, and a wait for what is free is one. */
    static const char *const lacks[] = {"alarm*", "wait", "waits"};
    return is_of_ready_readers(name) ||
           (CAUS_HAS_WORD(name, patterns) && !CAUS_HAS_WORD(name, lacks));
}

/* Whether more of it is better: what is there, not what is gone. */
static bool is_there(const char *name)
{
    static const char *const there[] = {"avail*", "up", "ready", "health*",
                                        "uptime"};
    static const char *const negated[] = {"un", "not"};
    return caus_measure_is_of_members(name) ||
           (CAUS_HAS_WORD(name, there) && !CAUS_HAS_WORD(name, negated) &&
            !caus_measure_is_of_replicas(name));
}

bool caus_aspect_is_sum(const caus_variable *variable)
{
    return caus_measure_is_sum(caus_measure_name(variable));
}

bool caus_aspect_is_mean(const caus_variable *variable)
{
    static const char *const means[] = {"avg", "average", "mean"};
    return CAUS_HAS_WORD(caus_measure_name(variable), means);
}

bool caus_aspect_is_of_content(const caus_variable *variable)
{
    static const char *const patterns[] = {"apdex"};
    return CAUS_HAS_WORD(caus_measure_name(variable), patterns);
}

bool caus_aspect_is_backlog(const caus_variable *variable, caus_aspect aspect)
{
    static const char *const messages[] = {
        "lag",    "backlog",     "behind",       "oldest",   "visible",
        "unack*", "undelivered", "message",      "messages", "msg",
        "msgs",   "iterator",    "consumergroup"};
    static const char *const copies[] = {"replica*", "replication", "slave",
                                         "standby", "repl"};
    const char *name = caus_measure_name(variable);
    return aspect == CAUS_ASPECT_SATURATION &&
           (CAUS_HAS_WORD(name, messages) || is_of_ready_readers(name)) &&
           !CAUS_HAS_WORD(name, copies);
}

bool caus_aspect_is_limit(const caus_variable *variable, caus_aspect aspect)
{
    static const char *const patterns[] = {"throttl*"};
    return aspect == CAUS_ASPECT_SATURATION ||
           (aspect == CAUS_ASPECT_CPU &&
            CAUS_HAS_WORD(caus_measure_name(variable), patterns));
}

bool caus_aspect_is_time_share(const caus_variable *variable,
                               caus_aspect aspect)
{
    static const char *const what[] = {"cpu", "gc", "garbage*", "pause*",
                                       "throttl*"};
    static const char *const units[] = {"seconds", "sec",   "time",
                                        "cores",   "ratio", "share"};
    /* How long one of them takes is no share. */
    static const char *const each[] = {
        "avg", "average", "mean", "median", "min", "max",   "p50",
        "p75", "p90",     "p95",  "p99",    "per", "count", "quantile"};
    const char *name = caus_measure_name(variable);
    return (aspect == CAUS_ASPECT_CPU || aspect == CAUS_ASPECT_RESOURCE) &&
           CAUS_HAS_WORD(name, what) && CAUS_HAS_WORD(name, units) &&
           !CAUS_HAS_WORD(name, each);
}

bool caus_aspect_is_of_misses(const caus_variable *variable, caus_aspect aspect)
{
    static const char *const misses[] = {"miss", "misses"};
    static const char *const hits[] = {"hit", "hits", "hitrate"};
    const char *name = caus_measure_name(variable);
    return (aspect == CAUS_ASPECT_CPU && CAUS_HAS_WORD(name, misses)) ||
           (aspect == CAUS_ASPECT_MEMORY && CAUS_HAS_WORD(name, hits));
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
        return caus_meaning_is_good(caus_meaning_of(name)) ||
                       caus_measure_is_age(name)
                   ? -1
                   : 1;
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
    const char *name = caus_measure_name(variable);
    return caus_aspect_is_outside(aspect) &&
           caus_meaning_of(name)->sense != CAUS_SENSE_UP;
}

bool caus_aspect_tells(caus_aspect aspect)
{
    return aspect != CAUS_ASPECT_LOAD && aspect != CAUS_ASPECT_NETWORK &&
           aspect != CAUS_ASPECT_RESTARTS && aspect != CAUS_ASPECT_SOCKETS &&
           aspect != CAUS_ASPECT_OTHER;
}

bool caus_aspect_counts_failures(const caus_variable *variable)
{
    return caus_aspect_of(variable) == CAUS_ASPECT_ERRORS &&
           caus_aspect_bad_direction(variable, CAUS_ASPECT_ERRORS) > 0 &&
           !caus_measure_is_share(caus_measure_name(variable)) &&
           strcmp(variable->unit, "ratio") != 0 &&
           strcmp(variable->unit, "percent") != 0;
}
