/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "telemetry/csv_internal.h"

caus_status caus_csv_skip_mark(const char *path, caus_csv_text *text,
                               caus_error *err)
{
    size_t length = (size_t)(text->end - text->from);
    if (length >= 3 && memcmp(text->from, "\xef\xbb\xbf", 3) == 0)
        text->from += 3;
    else if (length >= 2 && (memcmp(text->from, "\xff\xfe", 2) == 0 ||
                             memcmp(text->from, "\xfe\xff", 2) == 0))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s is UTF-16 text: save it as UTF-8", path);
    return CAUS_OK;
}

const char *caus_csv_line_end(const char *from, const char *end,
                              const char **next)
{
    const char *line = memchr(from, '\n', (size_t)(end - from));
    *next = line ? line + 1 : end;
    if (!line)
        line = end;
    return line != from && line[-1] == '\r' ? line - 1 : line;
}

caus_status caus_csv_fail_quote(const char *path, size_t line, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu: a quote is not closed, or text follows a "
                     "closed one: close it (a quote inside is written twice)",
                     path, line);
}

bool caus_csv_is_blank_line(caus_csv_text line)
{
    while (line.from != line.end && caus_csv_is_blank(*line.from))
        line.from++;
    return line.from == line.end;
}

static caus_status take_piece(caus_csv_lines *lines, caus_error *err)
{
    caus_csv_source *source = lines->source;
    if (lines->run)
        CAUS_TRY(caus_run_check(lines->run, err));
    CAUS_TRY(caus_csv_source_next(source, &lines->rest, err));
    if (!lines->count)
        CAUS_TRY(caus_csv_skip_mark(caus_csv_source_path(source), &lines->rest,
                                    err));
    if (lines->run)
        caus_run_progress(lines->run, CAUS_STAGE_READ,
                          caus_csv_source_done(source),
                          caus_csv_source_total(source));
    return CAUS_OK;
}

caus_status caus_csv_next_line(caus_csv_lines *lines, caus_csv_text *line,
                               caus_error *err)
{
    if (lines->source && lines->rest.from == lines->rest.end)
        CAUS_TRY(take_piece(lines, err));
    *line = (caus_csv_text){NULL, NULL};
    if (lines->rest.from == lines->rest.end)
        return CAUS_OK;
    line->from = lines->rest.from;
    line->end =
        caus_csv_line_end(line->from, lines->rest.end, &lines->rest.from);
    lines->count++;
    return CAUS_OK;
}
