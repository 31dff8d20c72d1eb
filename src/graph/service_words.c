/* SPDX-License-Identifier: Apache-2.0 */
/* What services are measured by, as it stands after their names. */
#include <string.h>

#include "graph/service.h"

/* Each begins with what parts words, shown as '_'. */
static const char *const suffixes[] = {
    "_call_count",
    "_calls",
    "_connections",
    "_cpu",
    "_cpu_usage",
    "_cpu_usage_seconds",
    "_cpu_utilization",
    "_disk",
    "_disk_io",
    "_duration",
    "_duration_seconds",
    "_error",
    "_error_count",
    "_error_rate",
    "_error_ratio",
    "_errors",
    "_errors_total",
    "_latency",
    "_latency_seconds",
    "_load",
    "_mem",
    "_memory",
    "_memory_usage",
    "_memory_utilization",
    "_network",
    "_network_io",
    "_pool_used",
    "_pool_wait",
    "_queue_depth",
    "_queue_length",
    "_queue_size",
    "_rate",
    "_request_count",
    "_request_rate",
    "_requests",
    "_requests_total",
    "_response_time",
    "_restarts",
    "_rss",
    "_saturation",
    "_socket",
    "_threads",
    "_throughput",
    "_utilization",
    "_working_set",
    "_workload",
};

/* What is measured of a service stands between it and the suffix: it is no part
 * of its name. */
static const char *const subjects[] = {
    "_http",
    "_http_server",
    "_http_client",
    "_http_request",
    "_grpc",
    "_grpc_server",
    "_grpc_client",
    "_rpc",
    "_rpc_server",
    "_rpc_client",
    "_request",
    "_container",
    "_process",
    "_jvm",
    "_thread_pool",
    "_worker_pool",
    "_connection_pool",
    "_db_pool",
    "_cpu",
    "_mem",
    "_memory",
    "_net",
    "_network",
    "_disk",
    "_io",
    "_read",
    "_write",
    "_gc",
    "_success",
    "_failure",
    "_fail",
    "_timeout",
    "_hit",
    "_miss",
    "_drop",
    "_packet",
    "_receive",
    "_transmit",
    "_inflight",
    "_in_flight",
    "_active",
    "_pending",
    "_concurrent",
    "_heap",
};

/* Which number of many it is, or in what unit, may follow the suffix. */
static const char *const statistics[] = {
    "_avg",   "_mean",    "_median", "_min", "_max",   "_sum",     "_count",
    "_total", "_seconds", "_ms",     "_us",  "_bytes", "_percent", "_pct",
    "_used",  "_p50",     "_p75",    "_p90", "_p95",   "_p99",     "_p999",
    "_50",    "_75",      "_90",     "_95",  "_99",
};

/* What may part the words of a name. */
typedef struct partings {
    const char *first; /* the service from its ending */
    const char *inner; /* the words of the ending */
    bool capitals;     /* "cpuUsage" may be parted from the service so */
} partings;

static const partings anything = {"_./:-", "_./:-", true};

/* Length of the name without the ending; SIZE_MAX = it does not end so. */
static size_t without(const char *name, size_t length, const char *ending,
                      const partings *parted)
{
    size_t left = length;
    for (size_t i = strlen(ending); i-- > 0;) {
        if (left == 0)
            return SIZE_MAX;
        if (ending[i] != '_') {
            left--;
            if (caus_lower(name[left]) != ending[i])
                return SIZE_MAX;
            continue;
        }
        const char *bytes = i ? parted->inner : parted->first;
        if (strchr(bytes, name[left - 1]))
            left--;
        else if (!caus_is_camel(name, left) || (i == 0 && !parted->capitals))
            return SIZE_MAX;
    }
    return left;
}

/* Length of the name without the longest of the endings; 0 = it has none. */
static size_t without_any(const char *name, size_t length,
                          const char *const *endings, size_t count,
                          const partings *parted)
{
    size_t shortest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t left = without(name, length, endings[i], parted);
        if (left && left != SIZE_MAX && (shortest == 0 || left < shortest))
            shortest = left;
    }
    return shortest;
}

/* Length of the name without its suffix, which statistics may follow. */
static size_t without_suffix(const char *name, size_t length,
                             const partings *parted)
{
    while (length) {
        size_t left = without_any(name, length, suffixes,
                                  sizeof suffixes / sizeof *suffixes, parted);
        if (left)
            return left;
        length = without_any(name, length, statistics,
                             sizeof statistics / sizeof *statistics, &anything);
    }
    return 0;
}

static size_t without_subjects(const char *name, size_t length,
                               const partings *parted)
{
    size_t left = length;
    do {
        length = left;
        left = without_any(name, length, subjects,
                           sizeof subjects / sizeof *subjects, parted);
    } while (left);
    return length;
}

static bool is_one(const char *name, size_t length, const char *const *endings,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (without(name, length, endings[i] + 1, &anything) == 0)
            return true;
    }
    return false;
}

/* Where a hyphen or a capital parts what is measured from what stands before
 * it, all behind the last '_' is what is measured: "cart_istio-latency-50",
 * "cart_TargetResponseTime". */
static size_t before_last_word(const char *name, size_t length)
{
    for (size_t i = length; i-- > 1;) {
        if (name[i] == '_')
            return i;
    }
    return length;
}

bool caus_service_is_measure(const char *name, size_t length)
{
    return is_one(name, length, suffixes, sizeof suffixes / sizeof *suffixes) ||
           is_one(name, length, subjects, sizeof subjects / sizeof *subjects);
}

size_t caus_service_known_length(const char *name, size_t length,
                                 char separator)
{
    const char own[] = {'_', separator, '\0'};
    const char inner[] = {'_', '.', '/', ':', '-', separator, '\0'};
    const partings ways[] = {{own, inner, false},
                             {"./:", inner, false},
                             {"-", inner, false},
                             {"", inner, true}};
    /* "AWS::ECS::Container_latency" is of the container */
    static const char *const before_subjects[] = {"_.", "_./:", "_./:-",
                                                  "_./:"};
    enum { BELOW_WORDS = 2 }; /* the ways that do not part words */
    size_t way_count = separator == '_' ? sizeof ways / sizeof *ways : 1;
    for (size_t i = 0; i < way_count; i++) {
        size_t left = without_suffix(name, length, &ways[i]);
        partings of_subjects = ways[i];
        if (separator == '_')
            of_subjects.first = before_subjects[i];
        if (!left)
            continue;
        left = without_subjects(name, left, &of_subjects);
        if (i >= BELOW_WORDS)
            left = before_last_word(name, left);
        return i && caus_service_is_measure(name, left) ? 0 : left;
    }
    return 0;
}
