/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the columns are: by labels as Prometheus writes them, else by name. */
#include <string.h>

#include "graph/service.h"
#include "telemetry/csv_internal.h"
#include "telemetry/prometheus_internal.h"

static const char *skip_blanks(const char *at)
{
    while (caus_csv_is_blank(*at))
        at++;
    return at;
}

/* \" and \\ undone; NULL when memory is out. */
static const char *unescape(const char *text, size_t length, caus_arena *out)
{
    char *plain = caus_arena_copy_text(out, text, length);
    size_t kept = 0;
    for (size_t i = 0; plain && i < length; i++) {
        i += plain[i] == '\\' && i + 1 < length;
        plain[kept++] = plain[i];
    }
    if (plain)
        plain[kept] = '\0';
    return plain;
}

/* Reads `name="value"` or `name=value`; false when there is none. Where memory
 * is out, name or value is NULL. */
static bool read_label(const char **at, caus_arena *out, caus_label *label)
{
    const char *name = *at;
    size_t length = strcspn(name, "=,{}\" \t");
    const char *value = skip_blanks(name + length);
    if (length == 0 || *value != '=')
        return false;
    value = skip_blanks(value + 1);
    bool quoted = *value == '"';
    value += quoted;
    size_t bytes = quoted ? caus_quoted_length(value) : strcspn(value, ",}");
    if (quoted && !value[bytes])
        return false;
    *at = skip_blanks(value + bytes + quoted);
    label->name = caus_arena_copy_text(out, name, length);
    label->value = quoted ? unescape(value, bytes, out)
                          : caus_arena_copy_text(out, value, bytes);
    return true;
}

/* Reads the labels at the end of a name; without well-formed ones the name is
 * one like any other. */
static caus_status read_labels(caus_variable *variable, caus_arena *out,
                               caus_error *err)
{
    const char *at = strchr(variable->name, '{');
    if (!at)
        return CAUS_OK;
    size_t most = 1, count = 0;
    for (const char *comma = at; (comma = strchr(comma, ',')); comma++)
        most++;
    caus_label *labels = CAUS_ARRAY(out, caus_label, most);
    if (!labels)
        return caus_arena_fail(out, err);
    do {
        at = skip_blanks(at + 1);
        if (count > 0 && *at == '}')
            break;
        if (!read_label(&at, out, &labels[count]))
            return CAUS_OK;
        if (!labels[count].name || !labels[count].value)
            return caus_arena_fail(out, err);
        count++;
    } while (*at == ',');
    if (at[0] == '}' && at[1] == '\0') {
        variable->labels = labels;
        variable->label_count = count;
    }
    return CAUS_OK;
}

/* The service that the labels tell, "" if none does. */
static caus_status name_by_label(caus_variable *variable, caus_arena *out,
                                 caus_error *err)
{
    size_t count;
    const char *const *names = caus_service_labels(&count);
    const char *value = "";
    size_t i = 0;
    for (; i < count && !*value; i++)
        value =
            caus_label_value(variable->labels, variable->label_count, names[i]);
    size_t length = i ? caus_service_value_length(names[i - 1], value) : 0;
    variable->service = caus_arena_copy_text(out, value, length);
    return variable->service ? CAUS_OK : caus_arena_fail(out, err);
}

static caus_status name_by_names(const caus_csv_options *options,
                                 caus_arena *out, caus_csv_layout *layout,
                                 caus_error *err)
{
    size_t count = layout->variable_count;
    const char **names = CAUS_ARRAY(out, const char *, count);
    size_t *lengths = CAUS_ARRAY(out, size_t, count);
    if (!names || !lengths)
        return caus_arena_fail(out, err);
    size_t unnamed = 0;
    for (size_t i = 0; i < count; i++) {
        if (!layout->variables[i].service[0])
            names[unnamed++] = layout->variables[i].name;
    }
    caus_service_rule rule = {options->topology, '_'};
    if (options->service_separator)
        rule.separator = options->service_separator;
    CAUS_TRY(caus_services_of_names(names, unnamed, &rule, lengths, err));
    unnamed = 0;
    for (size_t i = 0; i < count; i++) {
        caus_variable *variable = &layout->variables[i];
        if (variable->service[0])
            continue;
        variable->service =
            caus_arena_copy_text(out, variable->name, lengths[unnamed++]);
        if (!variable->service)
            return caus_arena_fail(out, err);
    }
    return CAUS_OK;
}

caus_status caus_csv_find_services(const caus_csv_options *options,
                                   caus_arena *out, caus_csv_layout *layout,
                                   caus_error *err)
{
    for (size_t i = 0; i < layout->variable_count; i++) {
        CAUS_TRY(read_labels(&layout->variables[i], out, err));
        CAUS_TRY(name_by_label(&layout->variables[i], out, err));
    }
    return name_by_names(options, out, layout, err);
}
