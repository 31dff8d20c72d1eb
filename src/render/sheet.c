/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "render/setup.h"

enum { DEFAULT_WIDTH = 80 };

const char *caus_sheet_clean(caus_sheet *sheet, const char *value)
{
    const char *clean = caus_clean_text(sheet->arena, value, sheet->clean);
    if (!clean)
        sheet->text->failed = true;
    return clean ? clean : "";
}

void caus_sheet_put(caus_sheet *sheet, caus_json *json, const char *key,
                    const char *value)
{
    caus_json_put_text(json, key, caus_sheet_clean(sheet, value));
}

void caus_sheet_add(caus_sheet *sheet, const char *style, size_t indent,
                    const char *value)
{
    caus_text_add(sheet->text, style);
    caus_text_add_spaces(sheet->text, indent);
    caus_text_add_wrapped(sheet->text, caus_sheet_clean(sheet, value),
                          sheet->width, indent, 0, "");
    if (*style)
        caus_text_add(sheet->text, sheet->reset);
}

/* Never broken: it is there to be copied. */
void caus_sheet_add_next(caus_sheet *sheet, const char *command)
{
    if (command)
        caus_text_format(sheet->text, "\n%snext:%s %s\n", sheet->bold,
                         sheet->reset, caus_sheet_clean(sheet, command));
}

void caus_sheet_add_servers(caus_sheet *sheet,
                            const caus_answer_server *servers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *line = caus_arena_format(
            sheet->arena, "%s %s%s%s (by %s)", servers[i].kind, servers[i].url,
            *servers[i].version ? ", version " : "", servers[i].version,
            servers[i].found);
        caus_sheet_add(sheet, "", 0, line ? line : "");
        sheet->text->failed |= !line;
    }
}

void caus_sheet_put_servers(caus_sheet *sheet, caus_json *json,
                            const caus_answer_server *servers, size_t count)
{
    caus_json_key(json, "servers");
    caus_json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        caus_json_begin_object(json);
        caus_sheet_put(sheet, json, "kind", servers[i].kind);
        caus_sheet_put(sheet, json, "url", servers[i].url);
        if (*servers[i].version)
            caus_sheet_put(sheet, json, "version", servers[i].version);
        caus_sheet_put(sheet, json, "found", servers[i].found);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

void caus_sheet_put_queries(caus_sheet *sheet, caus_json *json,
                            const caus_fetched_query *queries, size_t count)
{
    caus_json_key(json, "queries");
    caus_json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        caus_json_begin_object(json);
        caus_sheet_put(sheet, json, "server", queries[i].server);
        caus_sheet_put(sheet, json, "text", queries[i].text);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static caus_sheet start_sheet(caus_format format,
                              const caus_render_options *options,
                              caus_arena *arena, caus_text *text)
{
    bool color = options->color;
    caus_clean of_text =
        options->ascii ? CAUS_CLEAN_ASCII : CAUS_CLEAN_PRINTABLE;
    return (caus_sheet){
        .text = text,
        .arena = arena,
        .options = options,
        .clean = format == CAUS_FORMAT_JSON ? CAUS_CLEAN_UTF8 : of_text,
        .width = options->width ? options->width : DEFAULT_WIDTH,
        .bold = color ? "\033[1m" : "",
        .dim = color ? "\033[2m" : "",
        .warn = color ? "\033[33m" : "",
        .reset = color ? "\033[0m" : ""};
}

caus_status caus_sheet_render(const caus_sheet_kind *kind, const void *answer,
                              caus_format format,
                              const caus_render_options *options,
                              caus_arena *out, const char **text,
                              size_t *length, caus_error *err)
{
    if (format != CAUS_FORMAT_JSON && format != CAUS_FORMAT_TEXT)
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "%s are written as json or text: choose one by "
                         "--format or by the ending of -o",
                         kind->what);
    caus_arena *arena = caus_arena_new(0);
    if (!arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to write %s",
                         kind->what);
    caus_text made = {0};
    caus_sheet sheet = start_sheet(format, options, arena, &made);
    if (format == CAUS_FORMAT_JSON)
        kind->write_json(&sheet, answer);
    else
        kind->write_text(&sheet, answer);
    caus_status status = caus_text_finish(&made, out, text, length, err);
    caus_arena_free(arena);
    return status;
}
