/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller measures of its calls to one callee, and the calls that nobody
 * else tells of. */
#include <stdlib.h>
#include <string.h>

#include "rootcause/measure_words.h"
#include "rootcause/measures.h"
#include "rootcause/rootcause_internal.h"
#include "rootcause/toward.h"

static bool parts(char byte)
{
    return byte && strchr("_-.:/|,=\"'{}()[] ", byte);
}

/* Whether both bytes are the same, or part words alike: "orders-db" is called
 * "orders_db" where a name may hold no hyphen. */
static bool alike(char a, char b)
{
    return caus_lower(a) == caus_lower(b) || (strchr("_-.", a) && parts(b));
}

/* Length of the service at the start of the text, as whole words; 0 = it does
 * not stand there. */
static size_t service_length(const char *text, const char *service)
{
    size_t length = 0;
    while (service[length] && text[length] &&
           alike(service[length], text[length]))
        length++;
    bool ends = !text[length] || parts(text[length]);
    return service[length] || !ends ? 0 : length;
}

static size_t word_length(const char *text)
{
    size_t length = 0;
    while (text[length] && !parts(text[length]))
        length++;
    return length;
}

static bool begins_word(const char *name, size_t i)
{
    return i == 0 || parts(name[i - 1]);
}

static bool mentions(const char *name, const char *service)
{
    for (size_t i = 0; name[i]; i++) {
        if (begins_word(name, i) && service_length(name + i, service))
            return true;
    }
    return false;
}

static bool is_call_word(const char *word, size_t length)
{
    static const char *const sides[] = {
        "client*", "upstream", "peer*",    "destination", "backend",
        "cluster", "remote",   "target",   "dependency",  "pool",
        "call*",   "to",       "command*", "lettuce",     "jedis",
        "jdbc",    "publish*", "producer",
    };
    return CAUS_IS_ANY(word, length, caus_call_words) ||
           CAUS_IS_ANY(word, length, sides);
}

/* Whether a word of a name, or of what a label of it is called, says that it
 * tells of calls: "front_search_latency" may as well be what front takes to
 * answer "search". */
static bool is_of_calls(const char *name)
{
    for (size_t i = 0; name[i]; i++) {
        size_t length = begins_word(name, i) ? word_length(name + i) : 0;
        if (length && is_call_word(name + i, length))
            return true;
    }
    return false;
}

/* The call to the callee with the longest name that is mentioned. */
static size_t call_of(const caus_scene *scene, const char *name, size_t service)
{
    size_t found = SIZE_MAX, longest = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        const char *callee = scene->services[scene->callees[i]];
        if (strlen(callee) > longest && mentions(name, callee)) {
            longest = strlen(callee);
            found = i;
        }
    }
    return found;
}

/* The service with the longest name that the text begins with, or SIZE_MAX. */
static size_t service_at(const caus_scene *scene, const char *text)
{
    size_t found = SIZE_MAX, longest = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        size_t length = service_length(text, scene->services[s]);
        if (length > longest) {
            longest = length;
            found = s;
        }
    }
    return found;
}

static const char *behind_word(const char *text)
{
    text += word_length(text);
    while (parts(*text))
        text++;
    return text;
}

/* Whether a word says what of messages is measured: exporters name that before
 * whom it is of. */
static bool is_of_messages(const char *word, size_t length)
{
    static const char *const words[] = {"lag",     "current", "offset*",
                                        "records", "max",     "sum",
                                        "seconds", "group",   "uncommitted"};
    return CAUS_IS_ANY(word, length, words);
}

/* The service that a word of a group of readers stands before:
 * "lag{group=\"orders\"}", "consumergroup_orders", "consumergroup_lag_orders".
 * One may be called "records". */
static size_t reader_at(const caus_scene *scene, const char *text)
{
    static const char *const groups[] = {"group", "consumergroup*", "consumer*",
                                         "subscri*"};
    if (!CAUS_IS_ANY(text, word_length(text), groups))
        return SIZE_MAX;
    const char *who = behind_word(text);
    size_t found = service_at(scene, who);
    while (found == SIZE_MAX && is_of_messages(who, word_length(who))) {
        who = behind_word(who);
        found = service_at(scene, who);
    }
    return found;
}

size_t caus_toward_reader(const caus_scene *scene, const char *name, size_t own)
{
    for (size_t i = 0; name[i]; i++) {
        size_t found =
            begins_word(name, i) ? reader_at(scene, name + i) : SIZE_MAX;
        if (found != SIZE_MAX)
            return found;
    }
    return own;
}

caus_status caus_toward_find(const caus_series *series, caus_arena *out,
                             caus_scene *scene, caus_error *err)
{
    size_t *found = CAUS_ARRAY(out, size_t, series->variable_count + 1);
    if (!found)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < series->variable_count; v++) {
        const char *name = caus_measure_name(&series->variables[v]);
        size_t service = scene->service_of[v];
        caus_aspect aspect = scene->aspects[v];
        bool may_tell =
            service != SIZE_MAX &&
            (caus_aspect_is_outside(aspect) || aspect == CAUS_ASPECT_LOAD);
        found[v] = may_tell && is_of_calls(name) ? call_of(scene, name, service)
                                                 : SIZE_MAX;
    }
    scene->toward = found;
    return CAUS_OK;
}

/* Words that say who is asked. */
static const char *const asked[] = {"client*",    "upstream",   "peer*",
                                    "outbound",   "outgoing",   "egress",
                                    "dependency", "destination"};

/* Whether a word that no name of a service needs says who is asked, and none
 * who asks: "add_to_cart" calls nobody, and what is reported where calls arrive
 * may name both ends. */
static bool names_callee(const char *name)
{
    static const char *const asking[] = {"source*",     "src",     "from",
                                         "downstream*", "caller*", "inbound",
                                         "incoming",    "ingress", "origin*"};
    bool found = false;
    for (size_t i = 0; name[i]; i++) {
        size_t length = begins_word(name, i) ? word_length(name + i) : 0;
        if (length && CAUS_IS_ANY(name + i, length, asking))
            return false;
        found = found || (length && CAUS_IS_ANY(name + i, length, asked));
    }
    return found;
}

/* A load generator may be called "client": then the word names nobody. */
static bool is_asked_word(const char *service)
{
    return CAUS_IS_ANY(service, strlen(service), asked);
}

/* The service with the longest name that another's variable mentions; SIZE_MAX
 * = none, or its own. */
static size_t mentioned_by(const caus_topology *all, const char *name,
                           size_t own)
{
    size_t found = SIZE_MAX, longest = 0;
    for (size_t s = 0; s < all->service_count; s++) {
        size_t length = strlen(all->services[s]);
        if (length > longest && !is_asked_word(all->services[s]) &&
            mentions(name, all->services[s])) {
            longest = length;
            found = s;
        }
    }
    return found == own ? SIZE_MAX : found;
}

static bool is_call(const size_t (*calls)[2], size_t count, size_t caller,
                    size_t callee)
{
    for (size_t i = 0; i < count; i++) {
        if (calls[i][0] == caller && calls[i][1] == callee)
            return true;
    }
    return false;
}

static int by_ends(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    int order = (x[0] > y[0]) - (x[0] < y[0]);
    return order ? order : (x[1] > y[1]) - (x[1] < y[1]);
}

/* Those that clients measure, without any of which the reverse is measured as
 * well: who asks whom is not told then. Returns how many are left. */
static size_t drop_mutual(size_t (*found)[2], size_t count, size_t (*kept)[2])
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_call((const size_t(*)[2])found, count, found[i][1], found[i][0]))
            continue;
        memcpy(kept[left++], found[i], sizeof *found);
    }
    return left;
}

caus_status caus_toward_join(const caus_series *series, caus_topology *calls,
                             caus_arena *out, caus_error *err)
{
    size_t known = calls->call_count, count = 0;
    size_t(*joined)[2] = caus_arena_array(
        out, known + series->variable_count + 1, sizeof *joined);
    size_t(*found)[2] =
        caus_arena_array(out, series->variable_count + 1, sizeof *found);
    if (!joined || !found)
        return caus_arena_fail(out, err);
    if (known)
        memcpy(joined, calls->calls, known * sizeof *joined);
    for (size_t v = 0; v < series->variable_count; v++) {
        const caus_variable *variable = &series->variables[v];
        const char *name = caus_measure_name(variable);
        caus_aspect aspect = caus_aspect_of(variable);
        if (!caus_aspect_is_outside(aspect) && aspect != CAUS_ASPECT_LOAD)
            continue;
        size_t caller = caus_topology_find(calls, variable->service);
        size_t callee = caller != SIZE_MAX && names_callee(name)
                            ? mentioned_by(calls, name, caller)
                            : SIZE_MAX;
        if (callee == SIZE_MAX ||
            is_call(calls->calls, known, caller, callee) ||
            is_call(calls->calls, known, callee, caller) ||
            is_call((const size_t(*)[2])found, count, caller, callee))
            continue;
        found[count][0] = caller;
        found[count++][1] = callee;
    }
    calls->call_count += drop_mutual(found, count, joined + known);
    qsort(joined, calls->call_count, sizeof *joined, by_ends);
    calls->calls = (const size_t(*)[2])joined;
    return CAUS_OK;
}
