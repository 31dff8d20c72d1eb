/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured, by the name of a variable, whatever it is measured of. */
#include <string.h>

#include "graph/service.h"
#include "rootcause/evidence.h"
#include "rootcause/measure_words.h"

const char *caus_measure_name(const caus_variable *variable)
{
    size_t length = strlen(variable->service);
    bool prefixed =
        length && strncmp(variable->name, variable->service, length) == 0;
    return prefixed && variable->name[length] ? variable->name + length
                                              : variable->name;
}

bool caus_measure_is_of_calls(const caus_variable *variable)
{
    return CAUS_HAS_WORD(caus_measure_name(variable), caus_call_words);
}

static const char *behind_places(const char *text)
{
    for (size_t place; (place = caus_place_length(text)) > 0;)
        text += place;
    return text;
}

/* Copies a name without what tells where; returns its length. */
static size_t copy_placeless(const char *name, char *copy)
{
    size_t length = 0;
    for (const char *at = behind_places(name); *at; at = behind_places(at + 1))
        copy[length++] = *at;
    return length;
}

/* `known` holds the first variable of each measure; false = memory is out. */
static bool number(const caus_variable *variables, size_t count,
                   caus_arena *out, caus_map *known, size_t *measures)
{
    for (size_t v = 0; v < count; v++) {
        const char *name = caus_measure_name(&variables[v]);
        char *copy = CAUS_ARRAY(out, char, strlen(name) + 1);
        if (!copy || caus_map_insert(known, copy, copy_placeless(name, copy), v,
                                     &measures[v]) < 0)
            return false;
    }
    return true;
}

caus_status caus_measures_number(const caus_variable *variables, size_t count,
                                 caus_arena *out, const size_t **result,
                                 caus_error *err)
{
    size_t *measures = CAUS_ARRAY(out, size_t, count + 1);
    caus_map *known = caus_map_new();
    bool done =
        measures && known && number(variables, count, out, known, measures);
    caus_map_free(known);
    if (!done)
        return caus_arena_fail(out, err);
    *result = measures;
    return CAUS_OK;
}
