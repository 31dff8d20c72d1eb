/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "caus/graph.h"

size_t caus_topology_find(const caus_topology *topology, const char *service)
{
    size_t low = 0, high = topology->service_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(topology->services[middle], service);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

static bool continues_word(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || (unsigned char)byte >= 0x80;
}

/* Length of the longest service that `name` begins with; 0 = none. */
static size_t topology_prefix(const char *name, const caus_topology *topology)
{
    size_t longest = 0;
    for (size_t i = 0; topology && i < topology->service_count; i++) {
        size_t length = strlen(topology->services[i]);
        if (length > longest &&
            strncmp(name, topology->services[i], length) == 0 &&
            !continues_word(name[length]))
            longest = length;
    }
    return longest;
}

/*
 * What a service is measured by, as written after its name. A separator other
 * than '_' may stand wherever '_' does.
 */
static const char *const suffixes[] = {
    "_call_count",
    "_calls",
    "_connections",
    "_cpu",
    "_cpu_usage",
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
    "_latency_avg",
    "_latency_p50",
    "_latency_p90",
    "_latency_p95",
    "_latency_p99",
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
    "_saturation",
    "_socket",
    "_throughput",
    "_utilization",
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
};

static bool ends_with(const char *name, size_t length, const char *suffix,
                      char separator)
{
    size_t suffix_length = strlen(suffix);
    if (suffix_length >= length)
        return false;
    const char *end = name + length - suffix_length;
    for (size_t i = 0; i < suffix_length; i++) {
        bool parts_alike = suffix[i] == '_' && end[i] == separator;
        if (end[i] != suffix[i] && !parts_alike)
            return false;
    }
    return true;
}

/* Length of the name without the longest of the endings; 0 = it has none. */
static size_t without_ending(const char *name, size_t length, char separator,
                             const char *const *endings, size_t count)
{
    size_t shortest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t left = length - strlen(endings[i]);
        if (ends_with(name, length, endings[i], separator) &&
            (shortest == 0 || left < shortest))
            shortest = left;
    }
    return shortest;
}

/* Length of the name without its known suffix and what that is of; 0 = none
 * known. */
static size_t without_suffix(const char *name, char separator)
{
    size_t left = without_ending(name, strlen(name), separator, suffixes,
                                 sizeof suffixes / sizeof *suffixes);
    size_t service = without_ending(name, left, separator, subjects,
                                    sizeof subjects / sizeof *subjects);
    return service ? service : left;
}

static size_t before_separator(const char *name, char separator)
{
    const char *found = name[0] ? strchr(name + 1, separator) : NULL;
    return found ? (size_t)(found - name) : strlen(name);
}

void caus_service_of_name(const char *name, const caus_topology *topology,
                          char separator, const char **result, size_t *length)
{
    size_t found = topology_prefix(name, topology);
    if (found == 0)
        found = without_suffix(name, separator);
    if (found == 0)
        found = before_separator(name, separator);
    *result = name;
    *length = found;
}
