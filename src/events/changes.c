/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "caus/changes.h"
#include "caus/time.h"

#define MINUTE_NS (60 * INT64_C(1000000000))

/* A change on its way into a group. */
typedef struct placed {
    const caus_change *change;
    size_t number;
} placed;

static int compare_kinds(const char *service_a, caus_change_kind kind_a,
                         const char *name_a, const char *service_b,
                         caus_change_kind kind_b, const char *name_b)
{
    int order = strcmp(service_a, service_b);
    if (order == 0)
        order = (kind_a > kind_b) - (kind_a < kind_b);
    if (order == 0 && kind_a == CAUS_CHANGE_OTHER)
        order = strcmp(name_a, name_b);
    return order;
}

static int by_kind_and_time(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    int order = compare_kinds(x->change->service, x->change->kind,
                              x->change->kind_name, y->change->service,
                              y->change->kind, y->change->kind_name);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int64_t subtract(int64_t a, int64_t b)
{
    int64_t result;
    if (__builtin_sub_overflow(a, b, &result))
        return a < b ? INT64_MIN + 1 : INT64_MAX;
    return result;
}

static int by_nearness(const void *a, const void *b)
{
    const caus_change_group *x = a, *y = b;
    bool after_x = x->before_onset_ns < 0, after_y = y->before_onset_ns < 0;
    if (after_x != after_y)
        return after_x ? 1 : -1;
    int64_t far_x = after_x ? -x->before_onset_ns : x->before_onset_ns;
    int64_t far_y = after_y ? -y->before_onset_ns : y->before_onset_ns;
    if (far_x != far_y)
        return far_x < far_y ? -1 : 1;
    int order = compare_kinds(x->service, x->kind, x->kind_name, y->service,
                              y->kind, y->kind_name);
    return order ? order
                 : (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
}

static bool continues(const placed *before, const placed *after,
                      int64_t group_ns)
{
    return compare_kinds(before->change->service, before->change->kind,
                         before->change->kind_name, after->change->service,
                         after->change->kind, after->change->kind_name) == 0 &&
           subtract(after->change->time_ns, before->change->time_ns) <=
               group_ns;
}

static caus_change_group group_of(const placed *from, size_t count,
                                  int64_t onset_ns, size_t *numbers)
{
    const caus_change *first = from[0].change;
    caus_change_group group = {.service = first->service,
                               .kind = first->kind,
                               .kind_name = first->kind_name,
                               .first_ns = first->time_ns,
                               .last_ns = from[count - 1].change->time_ns,
                               .chief = from[0].number,
                               .before_onset_ns =
                                   subtract(onset_ns, first->time_ns),
                               .change_count = count,
                               .changes = numbers};
    for (size_t i = 0; i < count; i++) {
        numbers[i] = from[i].number;
        int64_t before_ns = subtract(onset_ns, from[i].change->time_ns);
        if (before_ns >= 0) {
            group.chief = from[i].number;
            group.before_onset_ns = before_ns;
        }
    }
    return group;
}

static caus_status make_groups(const caus_changes *changes, int64_t onset_ns,
                               const caus_changes_near_options *options,
                               caus_arena *out, caus_change_group **groups,
                               size_t *group_count, caus_error *err)
{
    size_t most = changes->change_count, near = 0, made = 0;
    size_t *numbers = CAUS_ARRAY(out, size_t, most);
    caus_change_group *list = CAUS_ARRAY(out, caus_change_group, most);
    placed *order = caus_alloc((most + 1) * sizeof *order);
    if (!numbers || !list || !order) {
        free(order);
        return numbers && list
                   ? CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                               "no memory to group %zu changes", most)
                   : caus_arena_fail(out, err);
    }
    for (size_t i = 0; i < most; i++) {
        int64_t before_ns = subtract(onset_ns, changes->changes[i].time_ns);
        if (before_ns <= options->before_ns && before_ns >= -options->after_ns)
            order[near++] = (placed){&changes->changes[i], i};
    }
    qsort(order, near, sizeof *order, by_kind_and_time);
    for (size_t from = 0, end; from < near; from = end) {
        for (end = from + 1;
             end < near &&
             continues(&order[end - 1], &order[end], options->group_ns);)
            end++;
        list[made++] =
            group_of(order + from, end - from, onset_ns, numbers + from);
    }
    free(order);
    qsort(list, made, sizeof *list, by_nearness);
    *groups = list;
    *group_count = made;
    return CAUS_OK;
}

caus_status caus_changes_near(const caus_changes *changes, int64_t onset_ns,
                              const caus_changes_near_options *options,
                              caus_arena *out, const caus_change_group **groups,
                              size_t *group_count, caus_error *err)
{
    caus_changes_near_options used = {0};
    if (options)
        used = *options;
    if (used.before_ns < 0 || used.after_ns < 0 || used.group_ns < 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a time around the onset is negative: give widths of "
                         "0 or more");
    used.before_ns = used.before_ns ? used.before_ns : 120 * MINUTE_NS;
    used.after_ns = used.after_ns ? used.after_ns : 2 * MINUTE_NS;
    used.group_ns = used.group_ns ? used.group_ns : 5 * MINUTE_NS;
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_change_group *list = NULL;
    size_t made = 0;
    caus_status status =
        make_groups(changes, onset_ns, &used, out, &list, &made, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *groups = list;
    *group_count = made;
    return CAUS_OK;
}

void caus_change_group_distance(const caus_change_group *group, char text[40])
{
    static const int64_t second_ns = 1000000000;
    int64_t apart_ns = group->before_onset_ns;
    apart_ns = apart_ns < 0 ? -apart_ns : apart_ns;
    if (apart_ns > 10 * second_ns)
        apart_ns -= apart_ns % second_ns;
    caus_duration_format(apart_ns, text);
}
