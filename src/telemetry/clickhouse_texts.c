// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/excerpt.h"
#include "telemetry/clickhouse_rows.h"

void caus_text_list_forget(void *data)
{
    caus_text_list *list = data;
    list->count = 0;
}

static caus_status grow(caus_text_list *list, caus_error *err)
{
    size_t wanted = list->capacity ? list->capacity * 2 : 256;
    const char **texts =
        CAUS_ARRAY(list->scratch, const char *, wanted * list->width);
    uint64_t *numbers = CAUS_ARRAY(list->scratch, uint64_t, wanted);
    if (!texts || !numbers)
        return caus_arena_fail(list->scratch, err);
    if (list->count) {
        memcpy(texts, list->texts, list->count * list->width * sizeof *texts);
        memcpy(numbers, list->numbers, list->count * sizeof *numbers);
    }
    list->texts = texts;
    list->numbers = numbers;
    list->capacity = wanted;
    return CAUS_OK;
}

caus_status caus_text_list_take(void *data, const caus_row_value *values,
                                caus_error *err)
{
    caus_text_list *list = data;
    if (list->count == list->capacity)
        CAUS_TRY(grow(list, err));
    for (size_t i = 0; i < list->width; i++) {
        if (memchr(values[i].text, '\0', values[i].length))
            return CAUS_ERR_INVALID_DATA;
        const char *copy = caus_arena_copy_text(list->scratch, values[i].text,
                                                values[i].length);
        if (!copy)
            return caus_arena_fail(list->scratch, err);
        list->texts[list->count * list->width + i] = copy;
    }
    list->numbers[list->count] = values[list->width].number;
    list->count++;
    return CAUS_OK;
}

static void add_name(caus_text *text, const char *name, bool first)
{
    caus_excerpt shown = caus_excerpt_of(name, strlen(name));
    caus_text_add(text, first ? "" : ", ");
    caus_text_add(text, shown.text);
}

void caus_text_list_add_names(const caus_text_list *list, caus_text *text)
{
    enum { SHOWN = 8 };
    for (size_t i = 0; i < list->count && i < SHOWN; i++)
        add_name(text, list->texts[i * list->width], i == 0);
    if (list->count > SHOWN)
        caus_text_format(text, " and %zu more", list->count - SHOWN);
    if (!list->count)
        caus_text_add(text, "none");
}

void caus_text_list_add_nearest(const caus_text_list *list, const char *name,
                                caus_text *text)
{
    enum { NEAREST = 3 };
    size_t row[NEAREST], distance[NEAREST];
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t far = caus_edit_distance(name, list->texts[i * list->width]);
        size_t place = count;
        while (place && distance[place - 1] > far)
            place--;
        if (place == NEAREST)
            continue;
        count += count < NEAREST;
        for (size_t k = count - 1; k > place; k--) {
            row[k] = row[k - 1];
            distance[k] = distance[k - 1];
        }
        row[place] = i;
        distance[place] = far;
    }
    for (size_t i = 0; i < count; i++)
        add_name(text, list->texts[row[i] * list->width], i == 0);
}
