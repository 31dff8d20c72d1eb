/* SPDX-License-Identifier: Apache-2.0 */
/* Labels that tell whose a series is, and where it was measured. */
#include <string.h>

#include "base/pods.h"
#include "graph/service.h"

/* Those of a service come first. The job of a scrape may be that of all pods,
 * and is asked last. */
static const char *const labels[] = {
    "service",
    "service_name",
    "service.name",
    "app",
    "app_kubernetes_io_name",
    "deployment",
    "pod",
    "pod_name",
    "kubernetes_pod_name",
    "container",
    "container_name",
    "job",
    "instance",
    "host",
    "hostname",
    "node",
    "namespace",
    "cluster",
    "region",
    "zone",
};

enum { PLACE_COUNT = sizeof labels / sizeof *labels, ONLY_PLACES = 8 };

const char *const *caus_service_labels(size_t *count)
{
    *count = PLACE_COUNT - ONLY_PLACES;
    return labels;
}

size_t caus_service_value_length(const char *label, const char *value)
{
    return strstr(label, "pod") ? caus_pod_owner_length(value) : strlen(value);
}

size_t caus_quoted_length(const char *text)
{
    size_t length = 0;
    while (text[length] && text[length] != '"')
        length += text[length] == '\\' && text[length + 1] ? 2 : 1;
    return length;
}

/* Length of ="value" or =value at the start of the text. */
static size_t value_length(const char *text)
{
    if (text[1] != '"')
        return strcspn(text, ",}");
    size_t length = 2 + caus_quoted_length(text + 2);
    return length + (text[length] == '"');
}

size_t caus_place_length(const char *text)
{
    if (*text != '{' && *text != ',')
        return caus_pod_hash_length(text);
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        size_t length = strlen(labels[i]);
        if (strncmp(text + 1, labels[i], length) == 0 &&
            text[1 + length] == '=')
            return 1 + length + value_length(text + 1 + length);
    }
    return 0;
}
