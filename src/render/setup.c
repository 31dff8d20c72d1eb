/* SPDX-License-Identifier: Apache-2.0 */
/* Proposed variables, for people and programs. */
#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "render/setup.h"

enum { NAME_COLUMNS = 44, SIGNAL_COLUMNS = 12, SERVICES_SHOWN = 8 };

/* ---- JSON ---- */

static void put_proposal(caus_sheet *sheet, caus_json *json,
                         const caus_proposal *proposal)
{
    const caus_variable_spec *spec = &proposal->spec;
    bool is_trace = spec->origin == CAUS_ORIGIN_TRACE;
    caus_json_begin_object(json);
    caus_sheet_put(sheet, json, "name", spec->name);
    caus_sheet_put(sheet, json, "service", spec->service);
    caus_sheet_put(sheet, json, "signal", caus_signal_name(proposal->signal));
    caus_sheet_put(sheet, json, "source",
                   is_trace ? "clickhouse" : "prometheus");
    if (!is_trace)
        caus_sheet_put(sheet, json, "query", spec->query);
    caus_sheet_put(sheet, json, is_trace ? "table" : "metric",
                   proposal->metric);
    caus_sheet_put(sheet, json, "unit", spec->unit);
    caus_sheet_put(sheet, json, "kind", caus_kind_name(spec->kind));
    if (isfinite(proposal->last_value))
        caus_json_put_double(json, "last_value", proposal->last_value);
    caus_json_end_object(json);
}

static void put_texts(caus_sheet *sheet, caus_json *json, const char *key,
                      const char *const *texts, size_t count)
{
    caus_json_key(json, key);
    caus_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        caus_json_text(json, caus_sheet_clean(sheet, texts[i]));
    caus_json_end_array(json);
}

static void write_json(caus_sheet *sheet, const void *data)
{
    const caus_setup_answer *answer = data;
    const caus_setup *setup = answer->setup;
    caus_json json;
    caus_json_init(&json, sheet->text, 2);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "caus", "1");
    caus_json_put_text(&json, "kind", "setup");
    caus_json_put_text(&json, "version", caus_version());
    caus_sheet_put(sheet, &json, "file", answer->path);
    caus_sheet_put_servers(sheet, &json, answer->servers, answer->server_count);
    put_texts(sheet, &json, "services", setup->services, setup->service_count);
    caus_json_key(&json, "variables");
    caus_json_begin_array(&json);
    for (size_t i = 0; i < setup->proposal_count; i++)
        put_proposal(sheet, &json, &setup->proposals[i]);
    caus_json_end_array(&json);
    caus_json_key(&json, "left_out");
    caus_json_unsigned(&json, setup->left_out);
    caus_sheet_put(sheet, &json, "next_command", answer->next_command);
    caus_sheet_put_queries(sheet, &json, setup->queries, setup->query_count);
    put_texts(sheet, &json, "warnings", setup->warnings, setup->warning_count);
    caus_json_end_object(&json);
    caus_text_add_char(sheet->text, '\n');
}

/* ---- text ---- */

static void add_services(caus_sheet *sheet, const caus_setup *setup)
{
    caus_text line = {0};
    caus_text_format(&line, "%zu service%s: ", setup->service_count,
                     setup->service_count == 1 ? "" : "s");
    for (size_t i = 0; i < setup->service_count && i < SERVICES_SHOWN; i++)
        caus_text_format(&line, "%s%s", i ? ", " : "", setup->services[i]);
    if (setup->service_count > SERVICES_SHOWN)
        caus_text_format(&line, " and %zu more",
                         setup->service_count - SERVICES_SHOWN);
    if (setup->service_count)
        caus_sheet_add(sheet, "", 0, line.failed ? "" : line.bytes);
    sheet->text->failed |= line.failed;
    caus_text_deinit(&line);
}

static void add_proposal(caus_sheet *sheet, const caus_proposal *proposal)
{
    caus_text *text = sheet->text;
    const char *name = caus_sheet_clean(sheet, proposal->spec.name);
    size_t taken = caus_text_columns(name);
    caus_text_add(text, "  ");
    caus_text_add_cut(text, name, NAME_COLUMNS, "...", true);
    caus_text_add_spaces(text,
                         taken < NAME_COLUMNS ? NAME_COLUMNS - taken + 2 : 2);
    const char *signal = caus_signal_name(proposal->signal);
    caus_text_add(text, signal);
    caus_text_add_spaces(text, SIGNAL_COLUMNS - strlen(signal) + 1);
    char value[96] = "none yet";
    if (isfinite(proposal->last_value))
        caus_amount_format_whole(caus_sheet_clean(sheet, proposal->spec.unit),
                                 proposal->last_value, value);
    caus_text_add(text, value);
    caus_text_add_char(text, '\n');
}

static void write_text(caus_sheet *sheet, const void *data)
{
    const caus_setup_answer *answer = data;
    const caus_setup *setup = answer->setup;
    caus_sheet_add_servers(sheet, answer->servers, answer->server_count);
    add_services(sheet, setup);
    caus_text_format(sheet->text, "%s%zu variables written to %s%s\n\n",
                     sheet->bold, setup->proposal_count,
                     caus_sheet_clean(sheet, answer->path), sheet->reset);
    caus_text_format(sheet->text, "%s  %-*s  %-*s %s%s\n", sheet->dim,
                     NAME_COLUMNS, "variable", SIGNAL_COLUMNS, "signal",
                     "last value", sheet->reset);
    for (size_t i = 0; i < setup->proposal_count; i++)
        add_proposal(sheet, &setup->proposals[i]);
    if (setup->left_out)
        caus_text_format(sheet->text,
                         "\n%zu more candidates, less telling or silent now: "
                         "--max-variables takes more\nof them, --service "
                         "those of one service\n",
                         setup->left_out);
    for (size_t i = 0; i < setup->warning_count; i++)
        caus_sheet_add(sheet, sheet->warn, 2, setup->warnings[i]);
    caus_sheet_add_next(sheet, answer->next_command);
}

caus_status caus_render_setup(const caus_setup_answer *answer,
                              caus_format format,
                              const caus_render_options *options,
                              caus_arena *out, const char **text,
                              size_t *length, caus_error *err)
{
    static const caus_sheet_kind kind = {"proposed variables", write_json,
                                         write_text};
    return caus_sheet_render(&kind, answer, format, options, out, text, length,
                             err);
}
