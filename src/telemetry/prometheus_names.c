/* SPDX-License-Identifier: Apache-2.0 */
/* Variables: how the series of a query are called and whose they are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/service.h"
#include "telemetry/prometheus_internal.h"

const char *caus_label_value(const caus_label *labels, size_t count,
                             const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(labels[i].name, name) == 0)
            return labels[i].value;
    }
    return "";
}

static const char *label_of(const caus_prom_column *column, const char *name)
{
    return caus_label_value(column->labels, column->label_count, name);
}

static bool differs(const caus_prom_query *query, const char *name)
{
    const char *first = label_of(&query->columns[0], name);
    for (size_t i = 1; i < query->column_count; i++) {
        if (strcmp(label_of(&query->columns[i], name), first) != 0)
            return true;
    }
    return false;
}

/* name{a="x",b="y"} by the labels in which the series of a query differ. */
static void add_labels(const caus_prom_query *query,
                       const caus_prom_column *column, caus_text *name)
{
    const char *separator = "{";
    for (size_t i = 0; i < column->label_count; i++) {
        const char *label = column->labels[i].name;
        if (!differs(query, label))
            continue;
        caus_text_format(name, "%s%s=", separator, label);
        caus_promql_quote(name, column->labels[i].value);
        separator = ",";
    }
    if (*separator == ',')
        caus_text_add_char(name, '}');
}

/* A view of a service and its length. */
static const char *service_of_name(const caus_prom *prom,
                                   const caus_prom_query *query, size_t *length)
{
    const char *found;
    char separator = '_';
    if (prom->options->service_separator)
        separator = prom->options->service_separator;
    caus_service_of_name(query->name, prom->options->topology, separator,
                         &found, length);
    return found;
}

/* A job may be that of all pods: it counts where the series of a query differ
 * in it, or their name tells what is measured and no service. */
static const char *service_of(const caus_prom *prom,
                              const caus_prom_query *query,
                              const caus_prom_column *column)
{
    size_t count, length;
    const char *const *labels = caus_service_labels(&count);
    if (query->spec->service && *query->spec->service)
        return caus_arena_copy(prom->out, query->spec->service);
    const char *found = service_of_name(prom, query, &length);
    for (size_t i = 0; i < count; i++) {
        const char *value = label_of(column, labels[i]);
        bool is_job = strcmp(labels[i], "job") == 0;
        if (!*value || (is_job && !differs(query, labels[i]) &&
                        !caus_service_is_measure(found, length)))
            continue;
        length = caus_service_value_length(labels[i], value);
        return caus_arena_copy_text(prom->out, value, length);
    }
    return caus_arena_copy_text(prom->out, found, length);
}

/* Scrape interval and offset of what is behind a column. */
static void set_timing(const caus_prom *prom, const caus_prom_query *query,
                       const caus_prom_column *column, caus_variable *variable)
{
    double offset_sum_s = 0;
    size_t offset_count = 0;
    for (size_t i = 0; i < prom->entry_count; i++) {
        const caus_prom_entry *entry = &prom->entries[i];
        if (entry->target == SIZE_MAX ||
            !caus_prom_is_behind(prom, query, column, entry))
            continue;
        const caus_prom_target *target = &prom->targets[entry->target];
        if (target->interval_s > variable->scrape_interval_s)
            variable->scrape_interval_s = target->interval_s;
        if (!isnan(target->offset_s)) {
            offset_sum_s += target->offset_s;
            offset_count++;
        }
    }
    if (offset_count)
        variable->scrape_offset_s = offset_sum_s / (double)offset_count;
}

caus_status caus_prom_make_variable(const caus_prom *prom,
                                    const caus_prom_query *query,
                                    const caus_prom_column *column,
                                    const char *query_text,
                                    caus_variable *variable, caus_error *err)
{
    caus_text name = {0};
    caus_text_add(&name, query->name);
    if (query->column_count > 1)
        add_labels(query, column, &name);
    *variable = caus_variable_default();
    CAUS_TRY(caus_text_finish(&name, prom->out, &variable->name, NULL, err));
    variable->service = service_of(prom, query, column);
    variable->unit = caus_arena_copy(prom->out, query->unit);
    variable->source = "prometheus";
    variable->query = query_text;
    variable->labels = column->labels;
    variable->label_count = column->label_count;
    variable->kind = query->kind;
    variable->bad_direction = query->bad;
    variable->rate_window_s = query->window_s;
    set_timing(prom, query, column, variable);
    if (!variable->service || !variable->unit)
        return caus_arena_fail(prom->out, err);
    return CAUS_OK;
}
