/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "series/series_internal.h"

caus_variable caus_variable_default(void)
{
    return (caus_variable){.name = "",
                           .service = "",
                           .unit = "",
                           .source = "",
                           .query = "",
                           .vector_group = -1,
                           .scrape_offset_s = (double)NAN};
}

static const char kind_names[][20] = {[CAUS_KIND_UNKNOWN] = "unknown",
                                      [CAUS_KIND_COUNTER_RATE] = "counter_rate",
                                      [CAUS_KIND_GAUGE] = "gauge",
                                      [CAUS_KIND_RATIO] = "ratio",
                                      [CAUS_KIND_COUNT] = "count",
                                      [CAUS_KIND_LATENCY_QUANTILE] =
                                          "latency_quantile",
                                      [CAUS_KIND_EVENT] = "event",
                                      [CAUS_KIND_CATEGORY] = "category"};

enum { KIND_COUNT = sizeof kind_names / sizeof kind_names[0] };

const char *caus_kind_name(caus_kind kind)
{
    return (size_t)kind < KIND_COUNT ? kind_names[kind] : kind_names[0];
}

caus_kind caus_kind_from_name(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(name, kind_names[i]) == 0)
            return (caus_kind)i;
    return CAUS_KIND_UNKNOWN;
}

const char *caus_role_name(caus_role role)
{
    switch (role) {
    case CAUS_ROLE_SYSTEM:
        return "system";
    case CAUS_ROLE_TIME_CONTEXT:
        return "time_context";
    case CAUS_ROLE_SPACE_CONTEXT:
        return "space_context";
    case CAUS_ROLE_TIME_DUMMY:
        return "time_dummy";
    case CAUS_ROLE_SPACE_DUMMY:
        return "space_dummy";
    }
    return "unknown";
}

static bool copy_text(const char **text, caus_arena *out)
{
    *text = caus_arena_copy(out, *text ? *text : "");
    return *text != NULL;
}

static bool copy_labels(caus_variable *variable, caus_arena *out)
{
    caus_label *labels = CAUS_ARRAY(out, caus_label, variable->label_count);
    if (!labels)
        return false;
    for (size_t i = 0; i < variable->label_count; i++) {
        labels[i] = variable->labels[i];
        if (!copy_text(&labels[i].name, out) ||
            !copy_text(&labels[i].value, out))
            return false;
    }
    variable->labels = labels;
    return true;
}

caus_status caus_variable_copy(const caus_variable *variable, caus_arena *out,
                               caus_variable *result, caus_error *err)
{
    caus_variable copy = *variable;
    if (!copy_text(&copy.name, out) || !copy_text(&copy.service, out) ||
        !copy_text(&copy.unit, out) || !copy_text(&copy.source, out) ||
        !copy_text(&copy.query, out) ||
        (copy.label_count && !copy_labels(&copy, out)))
        return caus_arena_fail(out, err);
    *result = copy;
    return CAUS_OK;
}

static caus_status insert_names(caus_map *map, const caus_variable *variables,
                                size_t count, caus_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = variables[i].name;
        if (!name || !name[0])
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "variable %zu has no name: give every variable "
                             "one",
                             i + 1);
        size_t first = 0;
        int added = caus_map_insert(map, name, strlen(name), i, &first);
        if (added < 0)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                             "no memory to compare %zu names", count);
        if (added == 0)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "variables %zu and %zu are both called \"%s\": "
                             "rename one",
                             first + 1, i + 1, name);
    }
    return CAUS_OK;
}

caus_status caus_check_names(const caus_variable *variables, size_t count,
                             caus_error *err)
{
    caus_map *map = caus_map_new();
    if (!map)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to compare %zu names", count);
    caus_status status = insert_names(map, variables, count, err);
    caus_map_free(map);
    return status;
}
