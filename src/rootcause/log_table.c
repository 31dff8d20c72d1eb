/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines on the rows of a timeline. */
#include <stdlib.h>
#include <string.h>

#include "rootcause/logs.h"

/* The row (t − step, t] that holds an instant; SIZE_MAX = none. `row` is where
 * the one before it was found. */
static size_t find_row(const caus_timeline *timeline, int64_t step_ns,
                       int64_t time_ns, size_t *row)
{
    while (*row < timeline->row_count && timeline->time_ns[*row] < time_ns)
        ++*row;
    if (*row == timeline->row_count ||
        timeline->time_ns[*row] - step_ns >= time_ns)
        return SIZE_MAX;
    return *row;
}

/* Adds up lines by template and row; with `counts` NULL only says how many
 * pairs each template has, in start[template + 1]. */
static void count_lines(const caus_case *about, size_t *start, uint32_t *last,
                        caus_log_count *counts)
{
    const caus_logs *logs = about->options->logs;
    size_t at = 0;
    memset(last, 0, logs->template_count * sizeof *last);
    for (size_t i = 0; i < logs->record_count; i++) {
        uint32_t kind = logs->kind[i];
        size_t row = find_row(&about->timeline, about->series->step_ns,
                              logs->time_ns[i], &at);
        if (row == SIZE_MAX)
            continue;
        if (last[kind] != row + 1) {
            if (counts)
                counts[start[kind]] = (caus_log_count){(uint32_t)row, 0};
            start[kind + (counts ? 0 : 1)]++;
            last[kind] = (uint32_t)row + 1;
        }
        if (counts)
            counts[start[kind] - 1].lines += logs->lines[i];
    }
}

static caus_status place_lines(const caus_case *about, caus_log_table *table,
                               caus_error *err)
{
    size_t count = table->logs->template_count;
    size_t *start = CAUS_ARRAY(about->out, size_t, count + 1);
    uint32_t *last = CAUS_ARRAY(about->out, uint32_t, count + 1);
    if (!start || !last)
        return caus_arena_fail(about->out, err);
    count_lines(about, start, last, NULL);
    for (size_t k = 0; k < count; k++)
        start[k + 1] += start[k];
    caus_log_count *counts =
        CAUS_ARRAY(about->out, caus_log_count, start[count] + 1);
    if (!counts)
        return caus_arena_fail(about->out, err);
    count_lines(about, start, last, counts);
    /* each start has moved to its end, the start of the next */
    memmove(start + 1, start, count * sizeof *start);
    start[0] = 0;
    table->start = start;
    table->counts = counts;
    return CAUS_OK;
}

/* ---- templates ---- */

typedef struct numbered {
    const char *text;
    size_t number;
} numbered;

static int by_text(const void *a, const void *b)
{
    const numbered *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static caus_status number_texts(const caus_case *about, caus_log_table *table,
                                caus_error *err)
{
    size_t count = table->logs->template_count;
    numbered *order = CAUS_ARRAY(about->out, numbered, count + 1);
    size_t *text_of = CAUS_ARRAY(about->out, size_t, count + 1);
    if (!order || !text_of)
        return caus_arena_fail(about->out, err);
    for (size_t k = 0; k < count; k++)
        order[k] = (numbered){table->logs->templates[k].text, k};
    qsort(order, count, sizeof *order, by_text);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(order[i].text, order[i - 1].text) != 0)
            table->text_count++;
        text_of[order[i].number] = table->text_count - 1;
    }
    table->text_of = text_of;
    return CAUS_OK;
}

static bool is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

static bool names(const char *text, const char *service)
{
    size_t length = strlen(service);
    for (const char *at = text; length && (at = strstr(at, service)); at++)
        if ((at == text || !is_word_byte(at[-1])) && !is_word_byte(at[length]))
            return true;
    return false;
}

/* Whom a line names of those that its service calls; without a call graph, of
 * all others. The longest name counts: "order-db" is not "order". */
static size_t find_named(const caus_scene *scene, size_t service,
                         const char *text)
{
    size_t found = SIZE_MAX;
    size_t first = scene->has_calls ? scene->callee_start[service] : 0;
    size_t end = scene->has_calls ? scene->callee_start[service + 1]
                                  : scene->service_count;
    for (size_t i = first; i < end; i++) {
        size_t other = scene->has_calls ? scene->callees[i] : i;
        const char *name = scene->services[other];
        if (other != service && names(text, name) &&
            (found == SIZE_MAX ||
             strlen(name) > strlen(scene->services[found])))
            found = other;
    }
    return found;
}

static caus_status find_services(const caus_case *about, caus_log_table *table,
                                 caus_error *err)
{
    const caus_scene *scene = &about->scene;
    const caus_logs *logs = table->logs;
    size_t *service_of = CAUS_ARRAY(about->out, size_t, logs->template_count);
    size_t *callee_of = CAUS_ARRAY(about->out, size_t, logs->template_count);
    if (!service_of || !callee_of)
        return caus_arena_fail(about->out, err);
    for (size_t k = 0; k < logs->template_count; k++) {
        const caus_log_template *template = &logs->templates[k];
        service_of[k] = caus_scene_find(scene, template->service);
        callee_of[k] = service_of[k] == SIZE_MAX
                           ? SIZE_MAX
                           : find_named(scene, service_of[k], template->sample);
    }
    table->service_of = service_of;
    table->callee_of = callee_of;
    return CAUS_OK;
}

static void find_extent(caus_log_table *table)
{
    table->first_row = SIZE_MAX;
    for (size_t i = 0; i < table->start[table->logs->template_count]; i++) {
        size_t row = table->counts[i].row;
        if (row < table->first_row)
            table->first_row = row;
        if (row > table->last_row)
            table->last_row = row;
    }
}

caus_status caus_log_table_find(caus_case *about, caus_error *err)
{
    if (!about->options->logs)
        return CAUS_OK;
    caus_log_table *table = CAUS_ARRAY(about->out, caus_log_table, 1);
    if (!table)
        return caus_arena_fail(about->out, err);
    table->logs = about->options->logs;
    CAUS_TRY(place_lines(about, table, err));
    CAUS_TRY(number_texts(about, table, err));
    CAUS_TRY(find_services(about, table, err));
    find_extent(table);
    about->log_table = table;
    return CAUS_OK;
}

bool caus_log_table_covers(const caus_log_table *table, size_t row)
{
    return table->first_row != SIZE_MAX &&
           row >= table->first_row + CAUS_LEAST_HEALTHY &&
           row <= table->last_row;
}
