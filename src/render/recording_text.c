/* SPDX-License-Identifier: Apache-2.0 */
/* What an incident file holds, for people. */
#include <math.h>
#include <string.h>

#include "render/recording.h"

enum {
    DEFAULT_WIDTH = 80,
    LEAST_WIDTH = 40,
    INDENT = 2,
    LABEL_COLUMNS = 11, /* "baseline" and its space, behind the indent */
    COUNT_COLUMNS = 10,
    HASH_SHOWN = 12,
    CHANGES_SHOWN = 20
};

typedef struct info_sheet {
    caus_text *text;
    caus_arena *arena;
    const caus_recording_info *info;
    const caus_render_options *options;
    caus_clean clean;
    size_t width;
    const char *bold, *warn, *reset;
    const char *cut, *dash, *dot;
} info_sheet;

static const char *cleaned(const info_sheet *sheet, const char *value)
{
    const char *clean = caus_clean_text(sheet->arena, value, sheet->clean);
    if (clean)
        return clean;
    sheet->text->failed = true;
    return "";
}

static void add_heading(const info_sheet *sheet, const char *heading,
                        size_t count)
{
    caus_text_format(sheet->text, "\n%s%s (", sheet->bold, heading);
    caus_text_add_count(sheet->text, count);
    caus_text_format(sheet->text, ")%s\n", sheet->reset);
}

/* Starts a line with a word of the left column. */
static void add_label(const info_sheet *sheet, const char *label)
{
    size_t taken = strlen(label);
    caus_text_add_spaces(sheet->text, INDENT);
    caus_text_add(sheet->text, label);
    caus_text_add_spaces(sheet->text,
                         taken < LABEL_COLUMNS ? LABEL_COLUMNS - taken : 1);
}

static void add_paragraph(const info_sheet *sheet, const char *label,
                          const char *value)
{
    add_label(sheet, label);
    caus_text_add_wrapped(sheet->text, cleaned(sheet, value), sheet->width,
                          INDENT + LABEL_COLUMNS, 0, sheet->cut);
}

static void add_grid(const info_sheet *sheet, const char *label,
                     const caus_grid *grid)
{
    if (grid->step_ns <= 0)
        return;
    caus_time_span window = {
        .has_time = true, .start_ns = grid->start_ns, .end_ns = grid->end_ns};
    char step[40];
    caus_duration_format(grid->step_ns, step);
    add_label(sheet, label);
    caus_text_add_window(sheet->text, &window,
                         sheet->options->zone_offset_minutes, sheet->dash);
    caus_text_format(sheet->text, "%s ", sheet->dot);
    caus_text_add_count(sheet->text, caus_recording_steps(grid));
    caus_text_format(sheet->text, " steps of %s\n", step);
}

static void add_clock(const info_sheet *sheet)
{
    double skew = sheet->info->clock_skew_s;
    if (!isfinite(skew))
        return;
    add_label(sheet, "clock");
    if (fabs(skew) < 0.0005)
        caus_text_add(sheet->text, "the servers' clocks agreed\n");
    else
        caus_text_format(sheet->text, "the server was %.3f s %s\n", fabs(skew),
                         skew > 0 ? "ahead" : "behind");
}

/* "traces     19,991 spans of 1,402 traces" */
static void add_held(const info_sheet *sheet, const char *label, size_t count,
                     const char *what, size_t wholes, const char *whole)
{
    add_label(sheet, label);
    caus_text_add_count(sheet->text, count);
    caus_text_format(sheet->text, " %s of ", what);
    caus_text_add_count(sheet->text, wholes);
    caus_text_format(sheet->text, " %s\n", whole);
}

static void add_summary(const info_sheet *sheet, const char *path)
{
    const caus_recording_info *info = sheet->info;
    char created[40];
    caus_time_format(info->created_ns, created);
    caus_text_format(sheet->text, "%s%s%s\n", sheet->bold, cleaned(sheet, path),
                     sheet->reset);
    add_label(sheet, "recorded");
    caus_text_format(sheet->text, "%s by caus %s, layout %d\n", created,
                     cleaned(sheet, info->version), info->schema);
    add_grid(sheet, "window", &info->window);
    add_grid(sheet, "baseline", &info->baseline);
    add_label(sheet, "samples");
    caus_text_add_count(sheet->text, caus_recording_total(info));
    caus_text_format(sheet->text, " of %zu variables\n", info->variable_count);
    if (info->spans)
        add_held(sheet, "traces", info->spans->span_count, "spans",
                 info->spans->trace_count, "traces");
    if (info->logs)
        add_held(sheet, "logs", info->logs->line_count, "lines",
                 info->logs->template_count, "templates");
    add_label(sheet, "secrets");
    caus_text_add(sheet->text, info->scrubbed
                                   ? "replaced by placeholders\n"
                                   : "kept as they were (--keep-labels)\n");
    add_clock(sheet);
    if (*info->hint)
        add_paragraph(sheet, "hint", info->hint);
}

/* Columns of the widest text, at most `most`. */
static size_t widest(const info_sheet *sheet, bool services, size_t most)
{
    size_t columns = 1;
    for (size_t i = 0; i < sheet->info->variable_count; i++) {
        const caus_variable *variable = &sheet->info->variables[i];
        size_t taken = caus_text_columns(
            cleaned(sheet, services ? variable->service : variable->name));
        if (taken > columns)
            columns = taken;
    }
    return columns < most ? columns : most;
}

static void add_cell(const info_sheet *sheet, const char *value, size_t columns)
{
    size_t taken = caus_text_add_cut(sheet->text, cleaned(sheet, value),
                                     columns, sheet->cut, true);
    caus_text_add_spaces(sheet->text, columns - taken + 2);
}

static void add_right(const info_sheet *sheet, size_t count)
{
    caus_text digits = {0};
    caus_text_add_count(&digits, count);
    if (digits.failed)
        sheet->text->failed = true;
    else if (digits.length < COUNT_COLUMNS)
        caus_text_add_spaces(sheet->text, COUNT_COLUMNS - digits.length);
    if (!digits.failed)
        caus_text_add(sheet->text, digits.bytes);
    caus_text_deinit(&digits);
}

static void add_variables(const info_sheet *sheet)
{
    const caus_recording_info *info = sheet->info;
    /* The kind takes 16 columns, the count 10. */
    size_t room = sheet->width > 60 ? sheet->width - 34 : 26;
    size_t names = widest(sheet, false, room * 2 / 3);
    size_t services = widest(sheet, true, room / 3);
    add_heading(sheet, "variables", info->variable_count);
    for (size_t i = 0; i < info->variable_count; i++) {
        const caus_variable *variable = &info->variables[i];
        caus_text_add_spaces(sheet->text, INDENT);
        add_cell(sheet, variable->name, names);
        add_cell(sheet, variable->service, services);
        add_cell(sheet, caus_kind_name(variable->kind), 16);
        add_right(sheet, info->sample_counts[i]);
        caus_text_add_char(sheet->text, '\n');
    }
}

static void add_queries(const info_sheet *sheet)
{
    const caus_recording_info *info = sheet->info;
    add_heading(sheet, "queries", info->query_count);
    for (size_t i = 0; i < info->query_count; i++)
        add_paragraph(sheet, cleaned(sheet, info->queries[i].server),
                      info->queries[i].text);
}

static void add_changes(const info_sheet *sheet)
{
    const caus_changes *changes = sheet->info->changes;
    if (!changes)
        return;
    add_heading(sheet, "changes", changes->change_count);
    for (size_t i = 0; i < changes->change_count && i < CHANGES_SHOWN; i++) {
        const caus_change *change = &changes->changes[i];
        char time[40];
        caus_time_format(change->time_ns, time);
        caus_text_format(sheet->text, "  %s  %s", time,
                         cleaned(sheet, change->kind_name));
        caus_text_format(sheet->text, "  %s", cleaned(sheet, change->service));
        caus_text_format(sheet->text, "  %s\n", cleaned(sheet, change->ref));
    }
    if (changes->change_count > CHANGES_SHOWN)
        caus_text_format(sheet->text, "  and %zu more\n",
                         changes->change_count - CHANGES_SHOWN);
}

static void add_results(const info_sheet *sheet)
{
    const caus_recording_info *info = sheet->info;
    if (!info->result_count)
        return;
    add_heading(sheet, "results", info->result_count);
    for (size_t i = 0; i < info->result_count; i++)
        caus_text_format(sheet->text, "  %s  %.*s%s\n",
                         cleaned(sheet, info->results[i].kind), HASH_SHOWN,
                         cleaned(sheet, info->results[i].sha256), sheet->cut);
}

static void add_warnings(const info_sheet *sheet)
{
    const caus_recording_info *info = sheet->info;
    if (!info->warning_count)
        return;
    add_heading(sheet, "warnings", info->warning_count);
    for (size_t i = 0; i < info->warning_count; i++) {
        caus_text_format(sheet->text, "  %s!%s ", sheet->warn, sheet->reset);
        caus_text_add_wrapped(sheet->text, cleaned(sheet, info->warnings[i]),
                              sheet->width, INDENT + 2, 0, sheet->cut);
    }
}

void caus_recording_write_text(caus_text *text, caus_arena *arena,
                               const caus_recording_info *info,
                               const char *path,
                               const caus_render_options *options)
{
    info_sheet sheet = {
        .text = text,
        .arena = arena,
        .info = info,
        .options = options,
        .clean = options->ascii ? CAUS_CLEAN_ASCII : CAUS_CLEAN_PRINTABLE,
        .width = options->width ? options->width : DEFAULT_WIDTH,
        .bold = options->color ? "\x1b[1m" : "",
        .warn = options->color ? "\x1b[33m" : "",
        .reset = options->color ? "\x1b[0m" : "",
        .cut = options->ascii ? "..." : "…",
        .dash = options->ascii ? "-" : "–",
        .dot = options->ascii ? "," : " ·"};
    if (sheet.width < LEAST_WIDTH)
        sheet.width = LEAST_WIDTH;
    add_summary(&sheet, path);
    add_variables(&sheet);
    add_queries(&sheet);
    add_changes(&sheet);
    add_results(&sheet);
    add_warnings(&sheet);
}
