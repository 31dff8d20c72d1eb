/* SPDX-License-Identifier: Apache-2.0 */
/* How often and when within the interval targets are scraped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Scrapes jitter by milliseconds and some are lost: the median tells. */
static double median_ms(int64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, by_time);
    int64_t median = values[count / 2];
    return (double)median;
}

/* Turns the times of the series at hand into interval and offset. */
static void close_series(caus_scrapes *scrapes)
{
    size_t count = scrapes->time_count;
    scrapes->time_count = 0;
    if (!scrapes->target_count || count == 0)
        return;
    caus_offered_target *target = &scrapes->targets[scrapes->target_count - 1];
    int64_t *times = scrapes->times_ms;
    int64_t last_ms = times[count - 1];
    target->is_up = scrapes->last > 0;
    if (count < 2)
        return;
    for (size_t i = 0; i + 1 < count; i++)
        times[i] = times[i + 1] - times[i];
    double interval_s = median_ms(times, count - 1) / 1000;
    if (interval_s <= 0)
        return;
    target->interval_s = round(interval_s * 10) / 10;
    target->offset_s = fmod((double)last_ms / 1000, target->interval_s);
}

caus_status caus_scrapes_take_series(void *data, const caus_label *labels,
                                     size_t count, caus_error *err)
{
    caus_scrapes *scrapes = data;
    close_series(scrapes);
    caus_offered_target target = {
        caus_arena_copy(scrapes->out, caus_label_value(labels, count, "job")),
        caus_arena_copy(scrapes->out,
                        caus_label_value(labels, count, "instance")),
        false, 0, (double)NAN};
    if (!target.job || !target.instance)
        return caus_arena_fail(scrapes->out, err);
    if (!caus_reserve(&scrapes->targets, scrapes->target_count,
                      &scrapes->target_capacity, sizeof target))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the scrape targets");
    scrapes->targets[scrapes->target_count++] = target;
    return CAUS_OK;
}

caus_status caus_scrapes_take_point(void *data, int64_t time_ms, double value,
                                    caus_error *err)
{
    caus_scrapes *scrapes = data;
    if (!caus_reserve(&scrapes->times_ms, scrapes->time_count,
                      &scrapes->time_capacity, sizeof time_ms))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the times of scrapes");
    scrapes->times_ms[scrapes->time_count++] = time_ms;
    scrapes->last = value;
    return CAUS_OK;
}

void caus_scrapes_forget(void *data)
{
    caus_scrapes *scrapes = data;
    scrapes->target_count = scrapes->time_count = 0;
}

static int by_name(const void *a, const void *b)
{
    const caus_offered_target *x = a, *y = b;
    int order = strcmp(x->job, y->job);
    return order ? order : strcmp(x->instance, y->instance);
}

void caus_scrapes_settle(caus_scrapes *scrapes)
{
    close_series(scrapes);
    if (scrapes->target_count)
        qsort(scrapes->targets, scrapes->target_count, sizeof *scrapes->targets,
              by_name);
}

void caus_scrapes_deinit(caus_scrapes *scrapes)
{
    free(scrapes->targets);
    free(scrapes->times_ms);
}
