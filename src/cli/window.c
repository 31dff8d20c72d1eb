/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

static const caus_option time_options[] = {
    {"start", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING,
     "first instant: RFC 3339, unix seconds, now-2h, 2h (back from now), "
     "03:40, or a Grafana link; default 2h before the end"},
    {"end", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING,
     "last instant; default now"},
    {"around", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING,
     "instead of both: an hour on both sides of this instant, or of the middle "
     "of a Grafana link, whose range is in it; explain and discover look for "
     "the onset near it first"},
    {"step", 0, "DURATION", NULL, CAUS_COMPLETE_NOTHING,
     "width of a row; default 1m, 15s for windows under 30 min"},
    {"baseline", 0, "DURATION", NULL, CAUS_COMPLETE_NOTHING,
     "how much before --start is taken as normal operation, or none; default "
     "6h without --method"},
    {"tz", 0, "ZONE", NULL, CAUS_COMPLETE_NOTHING,
     "zone of times without one: utc, local, +02:00 or Europe/Berlin"},
};

const caus_option_group caus_time_options = {
    "time", sizeof time_options / sizeof *time_options, time_options};

static const int64_t default_window_ns = 7200000000000;
/* An incident near a time began up to so long before, as people notice late, or
 * after: a quarter of --around's window and an eighth. */
static const int64_t noticed_ns = 1800000000000, blurred_ns = 900000000000;
static const int64_t second_ns = 1000000000;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Minutes east of UTC of the process's zone at an instant. */
static int32_t local_offset(int64_t time_ns)
{
    time_t then = (time_t)(time_ns / second_ns);
    struct tm local;
    return localtime_r(&then, &local) ? (int32_t)(local.tm_gmtoff / 60) : 0;
}

/* Makes a zone of the system's database the process's. */
static caus_status enter_zone(const char *name, caus_error *err)
{
    char path[256], start[4] = "";
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = strstr(name, "..") ? NULL : fopen(path, "rb");
    bool known = file && fread(start, 1, sizeof start, file) == sizeof start &&
                 memcmp(start, "TZif", sizeof start) == 0;
    if (file)
        fclose(file);
    if (!known)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--tz=%s: give utc, local, an offset such as +02:00, "
                         "or a zone such as Europe/Berlin",
                         name);
    setenv("TZ", name, 1);
    tzset();
    return CAUS_OK;
}

/* Minutes of "+02:00" or "-07:30"; false for anything else. */
static bool read_offset(const char *text, int32_t *minutes)
{
    if (strlen(text) != 6 || (text[0] != '+' && text[0] != '-') ||
        text[3] != ':')
        return false;
    for (size_t i = 1; i < 6; i++) {
        if (i != 3 && (text[i] < '0' || text[i] > '9'))
            return false;
    }
    int hours = (text[1] - '0') * 10 + text[2] - '0';
    int rest = (text[4] - '0') * 10 + text[5] - '0';
    *minutes = (text[0] == '-' ? -1 : 1) * (hours * 60 + rest);
    return hours <= 14 && rest < 60;
}

caus_status caus_cli_read_zone(const caus_arguments *arguments,
                               caus_cli_zone *result, caus_error *err)
{
    const char *text = caus_arguments_get(arguments, "tz");
    *result = (caus_cli_zone){.given = text != NULL, .minutes = INT32_MIN};
    if (!text || read_offset(text, &result->minutes))
        return CAUS_OK;
    if (strcmp(text, "utc") == 0 || strcmp(text, "UTC") == 0 ||
        strcmp(text, "Z") == 0) {
        result->minutes = 0;
        return CAUS_OK;
    }
    if (strcmp(text, "local") != 0)
        CAUS_TRY(enter_zone(text, err));
    result->is_place = true;
    result->minutes = local_offset(now_ns());
    return CAUS_OK;
}

int32_t caus_cli_zone_minutes(void *data, int64_t time_ns)
{
    const caus_cli_zone *zone = data;
    return zone->is_place ? local_offset(time_ns) : zone->minutes;
}

caus_status caus_cli_settle_zone(caus_program *program,
                                 const caus_arguments *arguments,
                                 int64_t time_ns, caus_error *err)
{
    caus_cli_zone zone;
    CAUS_TRY(caus_cli_read_zone(arguments, &zone, err));
    program->render.zone_offset_minutes =
        zone.given ? caus_cli_zone_minutes(&zone, time_ns)
                   : local_offset(time_ns);
    return CAUS_OK;
}

static bool is_address(const char *text)
{
    return text && caus_is_url(text);
}

/* The range of a pasted Grafana address; the reason of a failure names the
 * option. */
static caus_status read_range(const caus_arguments *arguments, const char *name,
                              int64_t now, caus_grid *range, caus_error *err)
{
    caus_error reason;
    caus_status status =
        caus_time_parse_grafana(caus_arguments_get(arguments, name), now,
                                &range->start_ns, &range->end_ns, &reason);
    return status == CAUS_OK
               ? CAUS_OK
               : CAUS_FAIL(err, status, "--%s: %s", name, reason.message);
}

static int64_t middle_of(const caus_grid *range)
{
    return range->start_ns + (range->end_ns - range->start_ns) / 2;
}

/* An instant, of a Grafana address the middle; the reason of a failure names
 * the option. */
static caus_status read_instant(const caus_arguments *arguments,
                                const char *name, const char *fallback,
                                const caus_cli_zone *at, int64_t now,
                                int64_t *result_ns, caus_error *err)
{
    const char *text = caus_arguments_get(arguments, name);
    caus_error reason;
    if (is_address(text)) {
        caus_grid range = {0};
        CAUS_TRY(read_range(arguments, name, now, &range, err));
        *result_ns = middle_of(&range);
        return CAUS_OK;
    }
    if (!text)
        text = fallback;
    int64_t found_ns;
    caus_status status =
        caus_time_parse(text, now, at->minutes, &found_ns, &reason);
    /* Summer time may have begun or ended between then and now. */
    if (status == CAUS_OK && at->is_place)
        status = caus_time_parse(text, now, local_offset(found_ns), &found_ns,
                                 &reason);
    if (status != CAUS_OK)
        return CAUS_FAIL(err, status, "--%s: %s", name, reason.message);
    *result_ns = found_ns;
    return CAUS_OK;
}

caus_status caus_cli_read_time(const caus_arguments *arguments,
                               const char *name, int64_t *result_ns,
                               caus_error *err)
{
    caus_cli_zone at;
    CAUS_TRY(caus_cli_read_zone(arguments, &at, err));
    return read_instant(arguments, name, "now", &at, now_ns(), result_ns, err);
}

caus_status caus_cli_read_near(const caus_arguments *arguments,
                               caus_explain_options *options, caus_error *err)
{
    options->has_near = caus_arguments_has(arguments, "around");
    options->near_before_ns = noticed_ns;
    options->near_after_ns = blurred_ns;
    if (!options->has_near)
        return CAUS_OK;
    CAUS_TRY(caus_cli_read_time(arguments, "around", &options->near_ns, err));
    if (!is_address(caus_arguments_get(arguments, "around")))
        return CAUS_OK;
    caus_grid range = {0};
    CAUS_TRY(read_range(arguments, "around", now_ns(), &range, err));
    int64_t half_ns = (range.end_ns - range.start_ns) / 2;
    options->near_before_ns = half_ns > noticed_ns ? half_ns : noticed_ns;
    options->near_after_ns = half_ns > blurred_ns ? half_ns : blurred_ns;
    return CAUS_OK;
}

/* An hour on both sides of --around, more where a Grafana address shows more,
 * but nothing later than now. */
static caus_status read_around(const caus_arguments *arguments,
                               const caus_cli_zone *at, int64_t now,
                               caus_grid *window, caus_error *err)
{
    int64_t middle_ns;
    if (caus_arguments_has(arguments, "start") ||
        caus_arguments_has(arguments, "end"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--around stands for --start and --end: leave out the "
                         "one or the others");
    CAUS_TRY(
        read_instant(arguments, "around", "now", at, now, &middle_ns, err));
    window->start_ns = middle_ns - 3600 * second_ns;
    window->end_ns = middle_ns + 3600 * second_ns;
    if (is_address(caus_arguments_get(arguments, "around"))) {
        caus_grid range = {0};
        CAUS_TRY(read_range(arguments, "around", now, &range, err));
        if (range.start_ns < window->start_ns)
            *window = range;
    }
    if (window->end_ns > now && middle_ns <= now)
        window->end_ns = now;
    return CAUS_OK;
}

static caus_status read_bounds(const caus_arguments *arguments,
                               caus_grid *window, caus_error *err)
{
    const char *start = caus_arguments_get(arguments, "start");
    const char *end = caus_arguments_get(arguments, "end");
    int64_t now = now_ns();
    caus_cli_zone at;
    CAUS_TRY(caus_cli_read_zone(arguments, &at, err));
    if (caus_arguments_has(arguments, "around"))
        return read_around(arguments, &at, now, window, err);
    if (start && end && (is_address(start) || is_address(end)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s is a dashboard's address, which has a beginning "
                         "and an end of its own: leave out --%s",
                         is_address(start) ? "start" : "end",
                         is_address(start) ? "end" : "start");
    if (is_address(start) || is_address(end))
        return read_range(arguments, start ? "start" : "end", now, window, err);
    CAUS_TRY(
        read_instant(arguments, "end", "now", &at, now, &window->end_ns, err));
    window->start_ns = window->end_ns - default_window_ns;
    if (start)
        CAUS_TRY(read_instant(arguments, "start", start, &at, now,
                              &window->start_ns, err));
    if (window->start_ns >= window->end_ns) {
        char from[40], to[40];
        caus_time_format(window->start_ns, from);
        caus_time_format(window->end_ns, to);
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--start %s is not before --end %s: exchange them or "
                         "widen the window",
                         from, to);
    }
    return CAUS_OK;
}

static caus_status read_step(const caus_arguments *arguments, int64_t *step_ns,
                             caus_error *err)
{
    const char *text = caus_arguments_get(arguments, "step");
    *step_ns = 0;
    if (!text)
        return CAUS_OK;
    CAUS_TRY(caus_arguments_duration(arguments, "step", 0, step_ns, err));
    if (*step_ns < 1000000)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--step=%s: give at least 1ms", text);
    return CAUS_OK;
}

caus_status caus_cli_read_window(const caus_arguments *arguments,
                                 int64_t default_baseline_ns,
                                 caus_cli_window *result, caus_error *err)
{
    *result =
        (caus_cli_window){.given = caus_arguments_has(arguments, "start") ||
                                   caus_arguments_has(arguments, "end") ||
                                   caus_arguments_has(arguments, "around")};
    caus_grid *window = &result->window;
    CAUS_TRY(read_bounds(arguments, window, err));
    CAUS_TRY(read_step(arguments, &window->step_ns, err));
    const char *text = caus_arguments_get(arguments, "baseline");
    if ((!text && !default_baseline_ns) || (text && strcmp(text, "none") == 0))
        return CAUS_OK;
    int64_t length_ns;
    CAUS_TRY(caus_arguments_duration(arguments, "baseline", default_baseline_ns,
                                     &length_ns, err));
    result->baseline = (caus_grid){.start_ns = window->start_ns - length_ns,
                                   .end_ns = window->start_ns,
                                   .step_ns = window->step_ns};
    return CAUS_OK;
}

/* 1 min, or 15 s for windows under half an hour. */
static int64_t default_step(const caus_grid *window)
{
    int64_t length_ns = window->end_ns - window->start_ns;
    return length_ns < 1800 * second_ns ? 15 * second_ns : 60 * second_ns;
}

const char *caus_cli_step_warning(int64_t asked_ns, int64_t step_ns,
                                  const char *what, caus_arena *arena)
{
    char asked[40], step[40];
    caus_duration_format(asked_ns, asked);
    caus_duration_format(step_ns, step);
    return caus_arena_format(arena,
                             "--step: %s is below %s, %s: rows are %s wide",
                             asked, what, step, step);
}

caus_status caus_cli_raise_step(caus_cli_window *window, int64_t least_ns,
                                const char *what, caus_arena *arena,
                                caus_cli_input *result, caus_error *err)
{
    int64_t asked_ns = window->window.step_ns;
    if (!asked_ns || asked_ns >= least_ns)
        return CAUS_OK;
    window->window.step_ns = window->baseline.step_ns = least_ns;
    return caus_cli_add_warning(
        arena, result, caus_cli_step_warning(asked_ns, least_ns, what, arena),
        err);
}

void caus_cli_settle(caus_cli_window *window, int64_t fallback_step_ns)
{
    int64_t step_ns = window->window.step_ns;
    if (!step_ns)
        step_ns = fallback_step_ns;
    if (!step_ns)
        step_ns = default_step(&window->window);
    window->window.step_ns = step_ns;
    window->window = caus_grid_align(window->window);
    if (window->baseline.start_ns >= window->baseline.end_ns) {
        window->baseline = (caus_grid){0};
        return;
    }
    window->baseline.step_ns = step_ns;
    window->baseline = caus_grid_align(window->baseline);
    window->baseline.end_ns = window->window.start_ns - step_ns;
}
