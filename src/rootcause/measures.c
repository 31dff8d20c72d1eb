/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured, by the name of a variable, whatever it is measured of. */
#include <string.h>

#include "graph/service.h"
#include "rootcause/measure_words.h"
#include "rootcause/measures.h"

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

bool caus_measure_is_share(const char *name)
{
    static const char *const shares[] = {"ratio",    "rate", "share",
                                         "percent*", "pct",  "perc"};
    return CAUS_HAS_WORD(name, shares);
}

/* Units that histograms and sums of times are in; exporters name their endings
 * right behind, and labels may follow: "duration_seconds_count_get". */
static const char *const time_units[] = {"seconds", "milliseconds",
                                         "microseconds", "usec", "ms"};

bool caus_measure_is_count(const char *name)
{
    static const char *const counts[] = {"count", "counts"};
    return CAUS_ENDS_IN(name, counts) ||
           CAUS_HAS_BEHIND(name, counts, time_units);
}

bool caus_measure_is_sum(const char *name)
{
    static const char *const sums[] = {"sum", "total"};
    return CAUS_ENDS_IN(name, sums) || CAUS_HAS_BEHIND(name, sums, time_units);
}

bool caus_measure_is_age(const char *name)
{
    static const char *const ages[] = {"uptime"};
    return CAUS_HAS_WORD(name, ages);
}

bool caus_measure_is_of_members(const char *name)
{
    static const char *const members[] = {"consumers", "members", "slaves"};
    return CAUS_ENDS_IN(name, members);
}

bool caus_measure_is_of_replicas(const char *name)
{
    static const char *const lacks[] = {
        "underreplicated*", "underminisr*", "isrshrinks*", "offlinepartition*",
        "offlinereplica*",  "unassigned",   "rebalances"};
    static const char *const under[] = {"under", "offline"};
    static const char *const copies[] = {"replica*", "partition*", "isr"};
    static const char *const leader[] = {"leader", "primary"};
    static const char *const changes[] = {"change*", "election*"};
    return CAUS_HAS_WORD(name, lacks) ||
           (CAUS_HAS_WORD(name, under) && CAUS_HAS_WORD(name, copies)) ||
           (CAUS_HAS_WORD(name, leader) && CAUS_HAS_WORD(name, changes));
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
