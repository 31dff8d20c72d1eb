/* SPDX-License-Identifier: Apache-2.0 */
/* What a gram holds. */
#include "render/members.h"
#include "render/render_internal.h"

static const char *cleaned(caus_text *text, caus_arena *arena,
                           const char *value, caus_clean clean)
{
    const char *result = caus_clean_text(arena, value, clean);
    if (!result)
        text->failed = true;
    return result ? result : "";
}

static bool has_time(const caus_gram_source *source)
{
    return source->start_ns || source->end_ns;
}

static void write_source(caus_json *json, caus_arena *arena,
                         const caus_gram_source *source)
{
    caus_json_begin_object(json);
    caus_put_known(json, arena, "dataset", source->dataset);
    if (has_time(source)) {
        caus_put_time(json, "start", source->start_ns);
        caus_put_time(json, "end", source->end_ns);
    }
    caus_json_put_unsigned(json, "rows", source->rows);
    caus_json_put_text(json, "inputs_sha256", source->inputs_sha256);
    caus_json_end_object(json);
}

static void write_json(caus_text *text, caus_arena *arena,
                       const caus_gram *gram, const char *path)
{
    caus_json json;
    caus_json_init(&json, text, 1);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "caus", "1");
    caus_json_put_text(&json, "kind", "gram");
    caus_json_put_text(&json, "version", caus_version());
    caus_put_known(&json, arena, "file", path);
    caus_json_key(&json, "variables");
    caus_json_begin_array(&json);
    for (size_t v = 0; v < gram->variable_count; v++) {
        caus_json_begin_object(&json);
        caus_json_put_text(
            &json, "label",
            cleaned(text, arena, gram->variables[v].name, CAUS_CLEAN_UTF8));
        caus_put_known(&json, arena, "unit", gram->variables[v].unit);
        caus_json_end_object(&json);
    }
    caus_json_end_array(&json);
    caus_json_put_unsigned(&json, "max_lag", gram->max_lag);
    if (gram->step_ns)
        caus_json_put_double(&json, "step_seconds",
                             (double)gram->step_ns / 1e9);
    caus_json_put_unsigned(&json, "rows_used", gram->row_count);
    caus_json_put_unsigned(&json, "rows_read", gram->rows_read);
    caus_json_put_unsigned(&json, "rows_with_gaps", gram->rows_in_gap);
    caus_json_key(&json, "sources");
    caus_json_begin_array(&json);
    for (size_t s = 0; s < gram->source_count; s++)
        write_source(&json, arena, &gram->sources[s]);
    caus_json_end_array(&json);
    caus_json_end_object(&json);
    caus_text_add(text, "\n");
}

static void add_source(caus_text *text, caus_arena *arena,
                       const caus_gram_source *source, caus_clean clean)
{
    char start[40], end[40];
    caus_text_format(text, "  %llu rows", (unsigned long long)source->rows);
    if (has_time(source)) {
        caus_time_format(source->start_ns, start);
        caus_time_format(source->end_ns, end);
        caus_text_format(text, " of %s to %s", start, end);
    }
    if (*source->dataset)
        caus_text_format(text, " of %s",
                         cleaned(text, arena, source->dataset, clean));
    caus_text_format(text, ", input %.12s\n", source->inputs_sha256);
}

static void write_text(caus_text *text, caus_arena *arena,
                       const caus_gram *gram, const char *path,
                       const caus_render_options *options)
{
    caus_clean clean = options->ascii ? CAUS_CLEAN_ASCII : CAUS_CLEAN_UTF8;
    caus_text_format(text,
                     "%s: sums of %zu variables in %llu rows, for lags up to "
                     "%zu steps\n",
                     cleaned(text, arena, path, clean), gram->variable_count,
                     (unsigned long long)gram->row_count, gram->max_lag);
    caus_text_format(text,
                     "%llu rows were read, %llu of them with missing values",
                     (unsigned long long)gram->rows_read,
                     (unsigned long long)gram->rows_in_gap);
    if (gram->reach)
        caus_text_format(text,
                         "; the first %zu of every run without gaps serve as "
                         "past only",
                         gram->reach);
    caus_text_add(text, "\n");
    for (size_t s = 0; s < gram->source_count; s++)
        add_source(text, arena, &gram->sources[s], clean);
}

caus_status caus_render_gram(const caus_gram *gram, const char *path,
                             caus_format format,
                             const caus_render_options *options,
                             caus_arena *out, const char **text, size_t *length,
                             caus_error *err)
{
    if (format != CAUS_FORMAT_JSON && format != CAUS_FORMAT_TEXT)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "what a gram holds is shown as text or json: choose "
                         "--format text or --format json");
    caus_arena *scratch = caus_arena_new(0);
    if (!scratch)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to describe a gram");
    caus_text made = {0};
    if (format == CAUS_FORMAT_JSON)
        write_json(&made, scratch, gram, path);
    else
        write_text(&made, scratch, gram, path, options);
    caus_arena_free(scratch);
    return caus_text_finish(&made, out, text, length, err);
}
