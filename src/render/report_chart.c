/* SPDX-License-Identifier: Apache-2.0 */
/* A series over time: normal operation and incident, its onset, changes. */
#include <math.h>
#include <stdlib.h>

#include "render/report.h"

/* Units of the drawing; about pixels on a telephone. */
enum {
    WIDTH = 360,
    HEIGHT = 140,
    LEFT = 42,
    RIGHT = 14,
    TOP = 18,
    BOTTOM = 22
};

/* Columns that samples are told apart in: beyond two a column, its smallest
 * and largest value stand for all. */
enum { COLUMNS = 300 };

enum { USUAL_STEPS = 90 }; /* of the line that tells what is usual */

static const double middle_share = .9; /* of healthy values, in the band */

typedef struct sample {
    int64_t time_ns;
    double value; /* NaN = missing */
} sample;

typedef struct chart {
    const caus_report_page *page;
    caus_text *text;
    const caus_clue *clue;
    size_t count;
    sample *samples; /* [count] from the page's start on */
    size_t healthy_count;
    double *healthy; /* [healthy_count] before the onset, ascending */
    double band_low, band_high;
    double low, high; /* of the axis */
    caus_scale scale;
} chart;

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double quantile(const chart *drawn, double share)
{
    double at = share * (double)(drawn->healthy_count - 1);
    size_t below = (size_t)at;
    if (below + 1 >= drawn->healthy_count)
        return drawn->healthy[drawn->healthy_count - 1];
    double rest = at - (double)below;
    return drawn->healthy[below] * (1 - rest) +
           drawn->healthy[below + 1] * rest;
}

static void take_segment(chart *drawn, const caus_segment *segment)
{
    const caus_report_page *page = drawn->page;
    size_t variables = page->series->variable_count;
    for (size_t r = 0; r < segment->row_count; r++) {
        int64_t time_ns =
            segment->start_ns + (int64_t)r * page->series->step_ns;
        double value = segment->values[r * variables + drawn->clue->variable];
        if (isfinite(value) && time_ns < page->told->onset.first_ns)
            drawn->healthy[drawn->healthy_count++] = value;
        if (time_ns >= page->start_ns)
            drawn->samples[drawn->count++] =
                (sample){time_ns, isfinite(value) ? value : (double)NAN};
    }
}

static caus_status take_samples(chart *drawn, caus_error *err)
{
    const caus_report_page *page = drawn->page;
    size_t rows = caus_series_row_count(page->series);
    drawn->samples = CAUS_ARRAY(page->arena, sample, rows);
    drawn->healthy = CAUS_ARRAY(page->arena, double, rows);
    if (!drawn->samples || !drawn->healthy)
        return caus_arena_fail(page->arena, err);
    for (size_t s = 0; page->rows[s]; s++)
        take_segment(drawn, page->rows[s]);
    qsort(drawn->healthy, drawn->healthy_count, sizeof(double),
          compare_doubles);
    drawn->band_low = drawn->band_high = (double)NAN;
    if (drawn->healthy_count) {
        drawn->band_low = quantile(drawn, (1 - middle_share) / 2);
        drawn->band_high = quantile(drawn, (1 + middle_share) / 2);
    }
    return CAUS_OK;
}

/* 1, 2 or 5 times a power of ten: the smallest that gives at most four steps.
 */
static double tick_step(double width)
{
    static const double nice[] = {1, 2, 5};
    double power = pow(10, floor(log10(width / 4)));
    for (size_t i = 0; i < 3; i++)
        if (width / (nice[i] * power) <= 4)
            return nice[i] * power;
    return 10 * power;
}

static int64_t usual_time(const chart *drawn, size_t step)
{
    const caus_report_page *page = drawn->page;
    double width = (double)(page->last_ns - page->start_ns);
    return page->start_ns + (int64_t)(width * (double)step / USUAL_STEPS);
}

/* What is usual at a time of day; NaN where the variable follows none. */
static double usual_at(const chart *drawn, int64_t time_ns)
{
    const caus_time_of_day *usual = drawn->page->told->usual;
    return usual
               ? caus_time_of_day_level(&usual[drawn->clue->variable], time_ns)
               : (double)NAN;
}

/* The axis ends on ticks and begins at zero where that costs little. */
static void choose_axis(chart *drawn)
{
    double low = drawn->band_low, high = drawn->band_high;
    for (size_t i = 0; i < drawn->count; i++) {
        low = fmin(low, drawn->samples[i].value);
        high = fmax(high, drawn->samples[i].value);
    }
    for (size_t i = 0; i <= USUAL_STEPS; i++) {
        double usual = usual_at(drawn, usual_time(drawn, i));
        low = fmin(low, usual);
        high = fmax(high, usual);
    }
    if (isnan(low))
        low = high = 0;
    if (low > 0 && low < .5 * high)
        low = 0;
    if (high - low < 1e-9 * fmax(fabs(high), 1e-9)) {
        low -= fmax(fabs(low), 1) / 2;
        high += fmax(fabs(high), 1) / 2;
    }
    double step = tick_step(high - low);
    drawn->low = step * floor(low / step + 1e-9);
    drawn->high = step * ceil(high / step - 1e-9);
    drawn->scale = caus_scale_choose(drawn->page, drawn->clue->variable,
                                     fmax(fabs(drawn->low), fabs(drawn->high)));
}

static double x_of(const chart *drawn, int64_t time_ns)
{
    const caus_report_page *page = drawn->page;
    double width = (double)(page->last_ns - page->start_ns);
    double share = width > 0 ? (double)(time_ns - page->start_ns) / width : .5;
    return LEFT + fmin(fmax(share, 0), 1) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const chart *drawn, double value)
{
    double share = (value - drawn->low) / (drawn->high - drawn->low);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

/* ---- axes ---- */

static void draw_values(const chart *drawn)
{
    if (drawn->scale.unit[0]) {
        caus_text_add(drawn->text, "<text x=\"0\" y=\"9\">");
        caus_html_put(drawn->page, drawn->scale.unit);
        caus_text_add(drawn->text, "</text>\n");
    }
    double step = tick_step(drawn->high - drawn->low);
    size_t steps = (size_t)llround((drawn->high - drawn->low) / step);
    for (size_t i = 0; i <= steps && i <= 8; i++) {
        double value = drawn->low + (double)i * step, y = y_of(drawn, value);
        char label[48];
        caus_scale_format(&drawn->scale, fabs(value) < step / 2 ? 0 : value,
                          label);
        caus_text_format(drawn->text,
                         "<path class=\"grid\" d=\"M%d %.1fH%d\"/>"
                         "<text x=\"%d\" y=\"%.1f\" "
                         "text-anchor=\"end\">%s</text>\n",
                         LEFT, y, WIDTH - RIGHT, LEFT - 5, y + 3.5, label);
    }
}

/* The seconds between two ticks: few enough to be read. */
static int64_t time_step(int64_t width_ns)
{
    static const int64_t seconds[] = {
        1,     2,     5,      10,     15,      30,     60,    120,
        300,   600,   900,    1800,   3600,    7200,   10800, 21600,
        43200, 86400, 172800, 604800, 1209600, 2592000};
    size_t count = sizeof seconds / sizeof *seconds;
    for (size_t i = 0; i < count; i++)
        if (width_ns / (seconds[i] * 1000000000) <= 5)
            return seconds[i] * 1000000000;
    return seconds[count - 1] * 1000000000;
}

static void draw_times(const chart *drawn)
{
    static const int64_t minute_ns = INT64_C(60) * 1000000000;
    static const int64_t day_ns = INT64_C(86400) * 1000000000;
    const caus_report_page *page = drawn->page;
    int64_t step = time_step(page->last_ns - page->start_ns);
    for (int64_t at = (page->start_ns + step - 1) / step * step;
         at <= page->last_ns; at += step) {
        struct tm when = caus_civil_time(at, 0);
        double x = x_of(drawn, at);
        caus_text_format(drawn->text,
                         "<path class=\"tick\" d=\"M%.1f %dv4\"/><text "
                         "x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
                         x, HEIGHT - BOTTOM, x, HEIGHT - 6);
        if (step >= day_ns)
            caus_text_format(drawn->text, "%02d-%02d", when.tm_mon + 1,
                             when.tm_mday);
        else
            caus_text_format(drawn->text, "%02d:%02d", when.tm_hour,
                             when.tm_min);
        if (step < minute_ns)
            caus_text_format(drawn->text, ":%02d", when.tm_sec);
        caus_text_add(drawn->text, "</text>\n");
    }
}

/* ---- what lies behind the line ---- */

static void draw_band(const chart *drawn)
{
    if (!drawn->healthy_count)
        return;
    double top = y_of(drawn, drawn->band_high);
    double height = fmax(y_of(drawn, drawn->band_low) - top, 1.5);
    caus_text_format(drawn->text,
                     "<rect class=\"band\" x=\"%d\" y=\"%.1f\" width=\"%d\" "
                     "height=\"%.1f\"/>\n",
                     LEFT, top, WIDTH - LEFT - RIGHT, height);
}

/* The words tell values before as they are usual at the time of the onset. */
static void draw_usual(const chart *drawn)
{
    if (isnan(usual_at(drawn, drawn->page->start_ns)))
        return;
    caus_text_add(drawn->text, "<path class=\"usual\" d=\"");
    for (size_t i = 0; i <= USUAL_STEPS; i++) {
        int64_t at = usual_time(drawn, i);
        caus_text_format(drawn->text, "%c%.1f %.1f", i ? 'L' : 'M',
                         x_of(drawn, at), y_of(drawn, usual_at(drawn, at)));
    }
    caus_text_add(drawn->text, "\"/>\n");
}

static void draw_onset(const chart *drawn)
{
    const caus_onset *own = &drawn->clue->onset;
    double began = x_of(drawn, drawn->page->told->onset.time_ns);
    if (own->found) {
        double left = x_of(drawn, own->first_ns);
        double width = fmax(x_of(drawn, own->last_ns) - left, 1.5);
        caus_text_format(drawn->text,
                         "<rect class=\"onset\" x=\"%.1f\" y=\"%d\" "
                         "width=\"%.1f\" height=\"%d\"/>\n",
                         left, TOP, width, HEIGHT - TOP - BOTTOM);
    }
    caus_text_format(drawn->text, "<path class=\"began\" d=\"M%.1f %dV%d\"/>\n",
                     began, TOP, HEIGHT - BOTTOM);
    const caus_extent *extent = drawn->page->report->extent;
    if (extent && extent->found && extent->has_end)
        caus_text_format(drawn->text,
                         "<path class=\"began\" d=\"M%.1f %dV%d\"/>\n",
                         x_of(drawn, extent->end_ns), TOP, HEIGHT - BOTTOM);
}

static void draw_changes(const chart *drawn)
{
    const caus_report_page *page = drawn->page;
    const caus_changes *changes = page->report->changes;
    for (size_t i = 0; changes && i < changes->change_count; i++) {
        const caus_change *change = &changes->changes[i];
        if (change->time_ns < page->start_ns ||
            change->time_ns > page->last_ns ||
            !caus_report_shows_change(page, change, drawn->clue->suspect))
            continue;
        double x = x_of(drawn, change->time_ns);
        caus_text_format(drawn->text, "<g class=\"change\"><title>");
        caus_html_put(page, change->kind_name);
        if (change->service[0]) {
            caus_text_add(drawn->text, " of ");
            caus_html_put(page, change->service);
        }
        caus_text_add_char(drawn->text, ' ');
        caus_html_put(page, change->ref);
        caus_text_format(drawn->text,
                         "</title><path d=\"M%.1f %dV%d\"/><path "
                         "class=\"flag\" d=\"M%.1f %dl4 4l-4 4l-4 -4z\"/>"
                         "</g>\n",
                         x, TOP, HEIGHT - BOTTOM, x, TOP - 8);
    }
}

/* ---- the line ---- */

typedef struct pen {
    const chart *drawn;
    bool down;  /* the last sample was there */
    bool alone; /* and none before it in this stroke */
    bool in_path;
    bool is_late; /* from the onset on */
    double x, y;
} pen;

static void end_path(pen *drawing)
{
    if (!drawing->in_path)
        return;
    if (drawing->alone)
        caus_text_add(drawing->drawn->text, "h.1");
    caus_text_add(drawing->drawn->text, "\"/>\n");
    drawing->in_path = false;
}

static void begin_path(pen *drawing)
{
    caus_text_format(drawing->drawn->text, "<path class=\"%s\" d=\"",
                     drawing->is_late ? "late" : "early");
    drawing->in_path = true;
}

static void move_to(pen *drawing, double x, double y)
{
    caus_text_format(drawing->drawn->text, "M%.1f %.1f", x, y);
    drawing->alone = true;
}

static void lift(pen *drawing)
{
    if (drawing->in_path && drawing->down && drawing->alone)
        caus_text_add(drawing->drawn->text, "h.1");
    drawing->down = drawing->alone = false;
}

/* The stroke goes on over the onset in another colour. */
static void draw_to(pen *drawing, const sample *next)
{
    bool is_late = next->time_ns >= drawing->drawn->page->told->onset.time_ns;
    double x = x_of(drawing->drawn, next->time_ns);
    double y = y_of(drawing->drawn, next->value);
    if (!drawing->in_path || is_late != drawing->is_late) {
        bool joined = drawing->in_path && drawing->down;
        end_path(drawing);
        drawing->is_late = is_late;
        begin_path(drawing);
        if (joined)
            move_to(drawing, drawing->x, drawing->y);
        drawing->down = joined;
    }
    if (drawing->down) {
        caus_text_format(drawing->drawn->text, "L%.1f %.1f", x, y);
        drawing->alone = false;
    } else {
        move_to(drawing, x, y);
    }
    drawing->down = true;
    drawing->x = x;
    drawing->y = y;
}

/* Draws samples [first, end) as their smallest and largest, in order. */
static void draw_column(pen *drawing, size_t first, size_t end)
{
    const sample *samples = drawing->drawn->samples;
    size_t least = SIZE_MAX, most = SIZE_MAX;
    for (size_t i = first; i < end; i++) {
        if (isnan(samples[i].value))
            continue;
        if (least == SIZE_MAX || samples[i].value < samples[least].value)
            least = i;
        if (most == SIZE_MAX || samples[i].value > samples[most].value)
            most = i;
    }
    if (least == SIZE_MAX) {
        lift(drawing);
        return;
    }
    draw_to(drawing, &samples[least < most ? least : most]);
    if (least != most)
        draw_to(drawing, &samples[least < most ? most : least]);
}

/* Whether rows are missing before or among samples [first, end). */
static bool has_jump(const chart *drawn, size_t first, size_t end)
{
    for (size_t i = first ? first : 1; i < end; i++)
        if (drawn->samples[i].time_ns - drawn->samples[i - 1].time_ns >
            drawn->page->series->step_ns)
            return true;
    return false;
}

static void draw_line(const chart *drawn)
{
    pen drawing = {.drawn = drawn};
    size_t width = drawn->count / COLUMNS / 2 + 1;
    for (size_t i = 0; i < drawn->count; i += width) {
        size_t end = i + width < drawn->count ? i + width : drawn->count;
        if (has_jump(drawn, i, end))
            lift(&drawing);
        draw_column(&drawing, i, end);
    }
    end_path(&drawing);
}

static void add_title(const chart *drawn)
{
    const caus_report_page *page = drawn->page;
    char change[CAUS_REPORT_CHANGE], clock[16];
    caus_report_format_change(page, drawn->clue, change);
    caus_text_add(drawn->text, "<title>");
    caus_html_put(page, caus_report_variable(page, drawn->clue->variable));
    caus_text_add(drawn->text, " over time; before and after: ");
    caus_html_put(page, change);
    if (drawn->clue->onset.found) {
        caus_clock_format(drawn->clue->onset.time_ns, clock);
        caus_text_format(drawn->text, "; its onset %s UTC", clock);
    }
    caus_text_add(drawn->text, "</title>\n");
}

caus_status caus_html_chart(const caus_report_page *page, const caus_clue *clue,
                            caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(page->arena);
    chart drawn = {.page = page, .text = page->text, .clue = clue};
    CAUS_TRY(take_samples(&drawn, err));
    choose_axis(&drawn);
    caus_text_format(drawn.text,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                     "class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
                     WIDTH, HEIGHT);
    add_title(&drawn);
    draw_band(&drawn);
    draw_onset(&drawn);
    draw_values(&drawn);
    draw_times(&drawn);
    draw_usual(&drawn);
    draw_line(&drawn);
    draw_changes(&drawn);
    caus_text_add(drawn.text, "</svg>\n");
    caus_arena_rewind(page->arena, mark);
    return CAUS_OK;
}
