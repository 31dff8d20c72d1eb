/* SPDX-License-Identifier: Apache-2.0 */
/* What servers can and cannot answer, for people and programs. */
#include <math.h>
#include <string.h>

#include "render/setup.h"

/* ---- JSON ---- */

static void put_finding(caus_sheet *sheet, caus_json *json,
                        const caus_survey_finding *finding)
{
    caus_json_begin_object(json);
    caus_sheet_put(sheet, json, "about", finding->about);
    caus_sheet_put(sheet, json, "check", finding->check);
    caus_sheet_put(sheet, json, "health", caus_health_name(finding->health));
    caus_sheet_put(sheet, json, "sentence", finding->sentence);
    if (*finding->remedy)
        caus_sheet_put(sheet, json, "remedy", finding->remedy);
    caus_json_end_object(json);
}

static void put_target(caus_sheet *sheet, caus_json *json,
                       const caus_offered_target *target)
{
    caus_json_begin_object(json);
    caus_sheet_put(sheet, json, "job", target->job);
    caus_sheet_put(sheet, json, "instance", target->instance);
    caus_json_put_bool(json, "up", target->is_up);
    if (target->interval_s > 0)
        caus_json_put_double(json, "scrape_interval_seconds",
                             target->interval_s);
    if (isfinite(target->offset_s))
        caus_json_put_double(json, "scrape_offset_seconds", target->offset_s);
    caus_json_end_object(json);
}

static void write_json(caus_sheet *sheet, const void *data)
{
    const caus_diagnosis_answer *answer = data;
    const caus_diagnosis *diagnosis = answer->diagnosis;
    caus_json json;
    caus_json_init(&json, sheet->text, 2);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "caus", "1");
    caus_json_put_text(&json, "kind", "diagnosis");
    caus_json_put_text(&json, "version", caus_version());
    caus_json_put_text(&json, "verdict", answer->verdict);
    caus_sheet_put(sheet, &json, "summary", answer->summary);
    caus_sheet_put_servers(sheet, &json, answer->servers, answer->server_count);
    caus_json_key(&json, "findings");
    caus_json_begin_array(&json);
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        put_finding(sheet, &json, &diagnosis->findings[i]);
    caus_json_end_array(&json);
    caus_json_key(&json, "targets");
    caus_json_begin_array(&json);
    for (size_t i = 0; i < answer->target_count; i++)
        put_target(sheet, &json, &answer->targets[i]);
    caus_json_end_array(&json);
    if (answer->next_command)
        caus_sheet_put(sheet, &json, "next_command", answer->next_command);
    caus_sheet_put_queries(sheet, &json, answer->queries, answer->query_count);
    caus_json_end_object(&json);
    caus_text_add_char(sheet->text, '\n');
}

/* ---- text ---- */

static void add_finding(caus_sheet *sheet, const caus_survey_finding *finding)
{
    static const char *const marks[] = {"ok", "note", "MISSING"};
    enum { MARK_COLUMNS = 9 };
    const char *mark = marks[finding->health];
    bool is_fine = finding->health == CAUS_HEALTH_FINE;
    caus_text_add(sheet->text, is_fine ? "" : sheet->warn);
    caus_text_format(sheet->text, "%-*s", MARK_COLUMNS, mark);
    caus_text_add(sheet->text, is_fine ? "" : sheet->reset);
    const char *line =
        caus_arena_format(sheet->arena, "%s, %s: %s", finding->about,
                          finding->check, finding->sentence);
    sheet->text->failed |= !line;
    caus_text_add_wrapped(sheet->text,
                          caus_sheet_clean(sheet, line ? line : ""),
                          sheet->width, MARK_COLUMNS, 0, "");
    if (!*finding->remedy)
        return;
    line = caus_arena_format(sheet->arena, "-> %s", finding->remedy);
    sheet->text->failed |= !line;
    caus_sheet_add(sheet, "", MARK_COLUMNS, line ? line : "");
}

static void write_text(caus_sheet *sheet, const void *data)
{
    const caus_diagnosis_answer *answer = data;
    const caus_diagnosis *diagnosis = answer->diagnosis;
    caus_sheet_add_servers(sheet, answer->servers, answer->server_count);
    caus_sheet_add(sheet, sheet->bold, 0, answer->summary);
    caus_text_add_char(sheet->text, '\n');
    for (int health = CAUS_HEALTH_MISSING; health >= CAUS_HEALTH_FINE;
         health--) {
        for (size_t i = 0; i < diagnosis->finding_count; i++) {
            if ((int)diagnosis->findings[i].health == health)
                add_finding(sheet, &diagnosis->findings[i]);
        }
    }
    caus_sheet_add_next(sheet, answer->next_command);
}

caus_status caus_render_diagnosis(const caus_diagnosis_answer *answer,
                                  caus_format format,
                                  const caus_render_options *options,
                                  caus_arena *out, const char **text,
                                  size_t *length, caus_error *err)
{
    static const caus_sheet_kind kind = {"diagnoses", write_json, write_text};
    return caus_sheet_render(&kind, answer, format, options, out, text, length,
                             err);
}
