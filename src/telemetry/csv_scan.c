/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/excerpt.h"
#include "base/number.h"
#include "telemetry/csv_internal.h"
#include "telemetry/time_internal.h"

typedef struct scan {
    caus_csv_layout *layout;
    const caus_csv_options *options;
    caus_csv_extent extent;
    size_t line;        /* of the row at hand, from 1 */
    size_t blank_count; /* blank lines since the last row */
    bool unit_known;
} scan;

static bool ends_cell(const char *at, const char *end)
{
    return at == end || *at == ',' || *at == '\n' || *at == '\r';
}

static bool is_within(const caus_grid *grid, int64_t time_ns)
{
    int64_t before_ns;
    if (grid->step_ns <= 0 || time_ns > grid->end_ns)
        return false;
    return __builtin_sub_overflow(grid->start_ns, grid->step_ns, &before_ns) ||
           time_ns > before_ns;
}

bool caus_csv_is_kept(const caus_csv_options *options, int64_t time_ns)
{
    return options->window.step_ns == 0 ||
           is_within(&options->window, time_ns) ||
           is_within(&options->baseline, time_ns);
}

/* "1.7617068e9", as some tools print whole seconds. */
static bool scan_scientific(const char **at, const char *end, int64_t unit_ns,
                            int64_t *time_ns)
{
    double value;
    if (!caus_parse_double(*at, end, &value, at))
        return false;
    value *= (double)unit_ns;
    if (!(fabs(value) < 9e18))
        return false;
    *time_ns = llround(value);
    return true;
}

/* A civil time read in a zone: by the zone's offset at about that instant, then
 * at the instant found, as summer time may begin or end between the two. */
static int64_t time_in_zone(const caus_csv_layout *layout, caus_civil *civil)
{
    int64_t time_ns = caus_time_of_civil(civil);
    for (int round = 0; round < 2; round++) {
        civil->zone_minutes = layout->zone(layout->zone_data, time_ns);
        time_ns = caus_time_of_civil(civil);
    }
    return time_ns;
}

static bool scan_time(const caus_csv_layout *layout, const char **at,
                      const char *end, int64_t *time_ns)
{
    int64_t unit_ns = layout->time_unit_ns;
    if (unit_ns == 0) {
        caus_civil civil;
        /* a comma ends the cell, though it may stand before a fraction */
        const char *comma = memchr(*at, ',', (size_t)(end - *at));
        if (!caus_time_scan_civil(at, comma ? comma : end, &civil))
            return false;
        if (!civil.has_zone && !layout->zone)
            return false;
        *time_ns = civil.has_zone ? caus_time_of_civil(&civil)
                                  : time_in_zone(layout, &civil);
        return true;
    }
    const char *from = *at;
    if (!caus_time_scan_decimal(at, end, unit_ns, time_ns))
        return false;
    if (*at == end || (**at | 0x20) != 'e')
        return true;
    *at = from;
    return scan_scientific(at, end, unit_ns, time_ns);
}

bool caus_csv_read_time(const caus_csv_layout *layout, const char **at,
                        const char *end, int64_t *time_ns)
{
    const char *from = *at;
    while (from != end && caus_csv_is_blank(*from))
        from++;
    bool quoted = from != end && *from == '"';
    from += quoted;
    if (!scan_time(layout, &from, end, time_ns))
        return false;
    if (quoted && (from == end || *from++ != '"'))
        return false;
    while (from != end && caus_csv_is_blank(*from))
        from++;
    *at = from;
    return ends_cell(from, end);
}

caus_status caus_csv_fail_time(const caus_csv_layout *layout, size_t line,
                               const char *at, const char *end, caus_error *err)
{
    caus_csv_cell cell;
    const char *next;
    const char *line_end = caus_csv_line_end(at, end, &next);
    if (!caus_csv_next_cell(&at, line_end, &cell))
        cell.text = (caus_csv_text){at, line_end};
    const char *from = cell.text.from;
    caus_excerpt shown =
        caus_excerpt_of(from, (size_t)(cell.text.end - cell.text.from));
    caus_civil civil;
    if (caus_time_scan_civil(&from, cell.text.end, &civil) &&
        from == cell.text.end && !civil.has_zone && !layout->zone)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu, column time: '%s' has no zone: append Z "
                         "where it is UTC, else an offset such as +01:00, or "
                         "give --tz",
                         layout->path, line, shown.text);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu, column time: '%s' is no %s: give unix s, "
                     "ms, us or ns, or RFC 3339, the same way in all rows",
                     layout->path, line, shown.text,
                     layout->time_unit_ns ? "unix time" : "RFC 3339 time");
}

/* Unix times by their size: 1e11 s are the year 5138. */
static int64_t unit_of(const char *at, const char *end)
{
    while (at != end && (caus_csv_is_blank(*at) || *at == '"'))
        at++;
    caus_civil civil;
    const char *from = at, *rest;
    double value;
    if (caus_time_scan_civil(&from, end, &civil) ||
        !caus_parse_double(at, end, &value, &rest))
        return 0;
    double size = fabs(value);
    return size < 1e11   ? CAUS_NS_A_SECOND
           : size < 1e14 ? 1000000
           : size < 1e17 ? 1000
                         : 1;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static caus_status fail_order(const scan *s, int64_t time_ns, caus_error *err)
{
    char now[40], before[40];
    caus_time_format(time_ns, now);
    caus_time_format(s->extent.last_ns, before);
    if (time_ns == s->extent.last_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu, column time: %s is there twice: keep "
                         "one row for each time",
                         s->layout->path, s->line, now);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu, column time: %s comes after %s: sort the "
                     "rows by time",
                     s->layout->path, s->line, now, before);
}

static caus_status add_time(scan *s, int64_t time_ns, caus_error *err)
{
    caus_csv_extent *extent = &s->extent;
    if (extent->row_count == 0) {
        extent->first_ns = time_ns;
    } else {
        int64_t passed_ns;
        if (time_ns <= extent->last_ns)
            return fail_order(s, time_ns, err);
        if (__builtin_sub_overflow(time_ns, extent->last_ns, &passed_ns))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu, column time: over 292 years after "
                             "the row before: check both times",
                             s->layout->path, s->line);
        if (passed_ns != extent->step_ns)
            extent->step_ns = common_divisor(passed_ns, extent->step_ns);
        if (extent->row_count == 1 || passed_ns < extent->smallest_ns)
            extent->smallest_ns = passed_ns;
    }
    extent->last_ns = time_ns;
    extent->kept_count += s->options && caus_csv_is_kept(s->options, time_ns);
    return CAUS_OK;
}

static bool is_blank_line(const char *at, const char *end)
{
    while (at != end && caus_csv_is_blank(*at))
        at++;
    return at == end;
}

/* Blank lines before a row: missing values of a single column, else faults. */
static caus_status take_blank_lines(scan *s, caus_error *err)
{
    if (s->blank_count == 0)
        return CAUS_OK;
    if (s->layout->column_count > 1)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu is blank between rows: take it out",
                         s->layout->path, s->line - s->blank_count);
    s->extent.row_count += s->blank_count;
    s->blank_count = 0;
    return CAUS_OK;
}

static caus_status scan_row(scan *s, const char *at, const char *end,
                            caus_error *err)
{
    if (is_blank_line(at, end)) {
        s->blank_count++;
        return CAUS_OK;
    }
    CAUS_TRY(take_blank_lines(s, err));
    if (s->layout->has_time) {
        if (!s->unit_known)
            s->layout->time_unit_ns = unit_of(at, end);
        s->unit_known = true;
        int64_t time_ns;
        const char *from = at;
        if (!caus_csv_read_time(s->layout, &from, end, &time_ns))
            return caus_csv_fail_time(s->layout, s->line, at, end, err);
        CAUS_TRY(add_time(s, time_ns, err));
    }
    s->extent.row_count++;
    return CAUS_OK;
}

static caus_status scan_piece(scan *s, caus_csv_text piece, caus_error *err)
{
    for (const char *at = piece.from; at != piece.end; s->line++) {
        const char *next;
        const char *end = caus_csv_line_end(at, piece.end, &next);
        CAUS_TRY(scan_row(s, at, end, err));
        at = next;
    }
    return CAUS_OK;
}

/* Whether the numbers kept so far already pass the memory limit. */
static caus_status check_limit(const scan *s, const caus_csv_source *source,
                               const caus_run *run, caus_error *err)
{
    size_t limit = caus_run_memory_limit_bytes(run);
    size_t rows =
        s->layout->has_time ? s->extent.kept_count : s->extent.row_count;
    double bytes = (double)rows * (double)s->layout->variable_count *
                   (double)sizeof(double);
    if (!limit || bytes <= (double)limit)
        return CAUS_OK;
    double share = (double)caus_csv_source_done(source) /
                   (double)caus_csv_source_total(source);
    return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                     "%s: its numbers need about %.0f KiB, the memory limit is "
                     "%zu KiB: raise --memory-limit, or give fewer columns or "
                     "a shorter window",
                     s->layout->path, bytes / share / 1024, limit >> 10);
}

caus_status caus_csv_scan(caus_csv_source *source, caus_csv_layout *layout,
                          const caus_csv_options *options, const caus_run *run,
                          caus_csv_extent *extent, caus_error *err)
{
    scan s = {.layout = layout, .options = options, .line = layout->body_line};
    CAUS_TRY(caus_csv_source_rewind(source, err));
    size_t skipped = layout->body_byte;
    for (;;) {
        caus_csv_text piece;
        CAUS_TRY(caus_run_check(run, err));
        CAUS_TRY(caus_csv_source_next(source, &piece, err));
        if (piece.from == piece.end)
            break;
        piece.from += skipped;
        skipped = 0;
        CAUS_TRY(scan_piece(&s, piece, err));
        if (options)
            CAUS_TRY(check_limit(&s, source, run, err));
        caus_run_progress(run, CAUS_STAGE_READ, caus_csv_source_done(source),
                          2 * caus_csv_source_total(source));
    }
    if (s.extent.row_count == 0)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%s has a header and no rows: give at least one row",
                         layout->path);
    *extent = s.extent;
    return CAUS_OK;
}
