/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/pods.h"
#include "graph/service_internal.h"

size_t caus_topology_find(const caus_topology *topology, const char *service)
{
    size_t low = 0, high = topology->service_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(topology->services[middle], service);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool continues_word(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || (unsigned char)byte >= 0x80;
}

/* Whether the first bytes of a name are a service. */
static bool has_service(const caus_topology *topology, const char *name,
                        size_t length)
{
    size_t low = 0, high = topology->service_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *service = topology->services[middle];
        int order = strncmp(service, name, length);
        if (order == 0 && !service[length])
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Length of the longest service that `name` begins with; 0 = none. */
static size_t topology_prefix(const char *name, const caus_topology *topology)
{
    size_t length = topology ? strlen(name) : 0;
    while (length && (continues_word(name[length]) ||
                      !has_service(topology, name, length)))
        length--;
    return length;
}

/* Where the first word ends. An address, be it of mail, is one word, and
 * "cpu.usage" is of no service cpu. */
static size_t before_separator(const char *name, size_t length, char separator)
{
    bool any = separator == '_';
    for (size_t i = 1; i < length; i++) {
        bool in_number = is_digit(name[i - 1]) && is_digit(name[i + 1]);
        bool in_address = in_number || memchr(name, '@', i);
        if (name[i] == separator)
            return i;
        if (!any || !strchr("./:", name[i]) || in_address)
            continue;
        any = !caus_service_is_measure(name, i);
        if (any)
            return i;
    }
    return length;
}

/* Where a name is of labels alone, they are the name. */
static size_t base_length(const char *name)
{
    size_t length = caus_unlabelled_length(name);
    return length ? length : strlen(name);
}

/* Length of "10.0.0.4" at this place, behind which a word ends; 0 = there is
 * none. */
static size_t address_length(const char *text)
{
    size_t length = 0;
    for (size_t part = 0; part < 4; part++) {
        if (part && text[length++] != '.')
            return 0;
        size_t digits = strspn(text + length, "0123456789");
        if (digits == 0 || digits > 3)
            return 0;
        length += digits;
    }
    return continues_word(text[length]) || text[length] == '.' ? 0 : length;
}

/* Length of the word that a name begins with twice, as where an exporter is
 * called after its product: "coredns_coredns_dns_requests_total"; 0 = none. */
static size_t doubled_length(const char *name, char separator)
{
    const char *end = strchr(name, separator);
    size_t length = end ? (size_t)(end - name) : 0;
    return length && strncmp(name, end + 1, length) == 0 &&
                   end[1 + length] == separator
               ? length
               : 0;
}

/* Length of the name before a separator that parts more than words: a doubled
 * one, "db_003__Sess_Connect", one between the same word, and one before the
 * address of its machine, "db_10.0.0.4_cpu"; 0 = there is none. */
static size_t before_part(const char *name, char separator)
{
    size_t length = base_length(name),
           doubled = doubled_length(name, separator);
    if (doubled && doubled < length)
        return doubled;
    for (size_t i = 1; i + 2 < length; i++) {
        if (name[i] == separator &&
            (name[i + 1] == separator || address_length(name + i + 1)))
            return i;
    }
    return 0;
}

/* What stands in `name` before a known suffix; 0 = there is none. */
static size_t suffix_length(const char *name, char separator)
{
    size_t found = before_part(name, separator);
    if (!found)
        found = caus_service_known_length(name, base_length(name), separator);
    return found ? caus_pod_without_hash(name, found) : 0;
}

static size_t first_word(const char *name, char separator)
{
    size_t length = base_length(name);
    return caus_pod_without_hash(name,
                                 before_separator(name, length, separator));
}

void caus_service_of_name(const char *name, const caus_topology *topology,
                          char separator, const char **result, size_t *length)
{
    size_t found = topology_prefix(name, topology);
    if (!found)
        found = suffix_length(name, separator);
    *result = name;
    *length = found ? found : first_word(name, separator);
}

/* The longest service in the map that the name begins with; 0 = none. */
static size_t longest_known(const char *name, const caus_map *known)
{
    for (size_t i = base_length(name); i > 0; i--) {
        if (!continues_word(name[i]) && caus_map_find(known, name, i, NULL))
            return i;
    }
    return 0;
}

/* Without the "-1" of a replica, where the name without it is a service, too:
 * by itself svc-1 is a name like any other. */
static size_t without_ordinal(const char *name, size_t length,
                              const caus_map *known)
{
    size_t base = caus_pod_without_ordinal(name, length);
    return caus_map_find(known, name, base, NULL) ? base : length;
}

/* Where a colon or slash parts a name, which stand in few names of services,
 * and none that begins a port; its end where none does. */
static size_t before_colon(const char *name)
{
    size_t length = base_length(name);
    for (size_t i = 1; i < length; i++) {
        if (strchr(":/", name[i]) && !is_digit(name[i + 1]))
            return i;
    }
    return strlen(name);
}

/* Names whose service the topology knows are left to it: nothing is measured
 * behind their first word. */
static caus_status find_measures(const char *const *names, size_t count,
                                 const caus_service_rule *rule, size_t *firsts,
                                 size_t *lengths, caus_error *err)
{
    bool any = rule->separator == '_';
    for (size_t i = 0; i < count; i++) {
        bool known = !any || topology_prefix(names[i], rule->topology);
        firsts[i] = known ? strlen(names[i]) : before_colon(names[i]);
    }
    CAUS_TRY(caus_services_by_measures(names, count, firsts, lengths, err));
    for (size_t i = 0; i < count; i++) {
        bool known = topology_prefix(names[i], rule->topology) ||
                     (any && firsts[i] && lengths[i] == firsts[i]);
        firsts[i] = known ? strlen(names[i])
                          : before_separator(names[i], base_length(names[i]),
                                             rule->separator);
    }
    return caus_services_by_measures(names, count, firsts, lengths, err);
}

/* Where '_' ends the first word, unless the user named another separator; of
 * names whose service the topology knows only where it agrees. */
static caus_status use_spelling(const char *const *names, size_t count,
                                const caus_service_rule *rule, size_t *firsts,
                                size_t *lengths, caus_error *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t word = strcspn(names[i], "_{");
        size_t told = topology_prefix(names[i], rule->topology);
        bool asked = rule->separator == '_' && names[i][word] == '_' &&
                     (!told || told == word);
        firsts[i] = asked ? word : 0;
        if (asked && told)
            lengths[i] = told;
    }
    return caus_services_by_spelling(names, count, firsts, lengths, err);
}

static caus_status use_others(const char *const *names, size_t count,
                              const caus_service_rule *rule, size_t *firsts,
                              size_t *lengths, caus_error *err)
{
    CAUS_TRY(use_spelling(names, count, rule, firsts, lengths, err));
    CAUS_TRY(caus_services_without_measures(names, count, rule->separator,
                                            lengths, err));
    return find_measures(names, count, rule, firsts, lengths, err);
}

/* By how names stand beside each other. */
static caus_status use_names(const char *const *names, size_t count,
                             const caus_service_rule *rule, size_t *lengths,
                             caus_error *err)
{
    caus_arena *scratch = caus_arena_new(0);
    size_t *firsts = scratch ? CAUS_ARRAY(scratch, size_t, count + 1) : NULL;
    caus_status status =
        firsts ? use_others(names, count, rule, firsts, lengths, err)
               : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory for the services of %zu names", count);
    caus_arena_free(scratch);
    return status;
}

caus_status caus_service_add_text(caus_map *map, const char *text,
                                  size_t length, size_t *number, bool *is_new,
                                  caus_error *err)
{
    int added = caus_map_insert(map, text, length, *number, number);
    if (added < 0)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the services of names");
    *is_new = added > 0;
    return CAUS_OK;
}

static caus_status find_known(const char *const *names, size_t count,
                              const caus_service_rule *rule, caus_map *known,
                              size_t *lengths, caus_error *err)
{
    for (size_t i = 0; i < count; i++) {
        lengths[i] = topology_prefix(names[i], rule->topology)
                         ? 0
                         : suffix_length(names[i], rule->separator);
    }
    CAUS_TRY(use_names(names, count, rule, lengths, err));
    for (size_t i = 0; i < count; i++) {
        if (!lengths[i])
            lengths[i] = topology_prefix(names[i], rule->topology);
        if (lengths[i] &&
            caus_map_insert(known, names[i], lengths[i], i, NULL) < 0)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                             "no memory for the services of %zu names", count);
    }
    return CAUS_OK;
}

static caus_status find_lengths(const char *const *names, size_t count,
                                const caus_service_rule *rule, caus_map *known,
                                size_t *lengths, caus_error *err)
{
    CAUS_TRY(find_known(names, count, rule, known, lengths, err));
    for (size_t i = 0; i < count; i++) {
        if (!lengths[i])
            lengths[i] = longest_known(names[i], known);
        if (!lengths[i])
            lengths[i] = first_word(names[i], rule->separator);
        if (!topology_prefix(names[i], rule->topology))
            lengths[i] = without_ordinal(names[i], lengths[i], known);
    }
    return CAUS_OK;
}

caus_status caus_services_of_names(const char *const *names, size_t count,
                                   const caus_service_rule *rule,
                                   size_t *lengths, caus_error *err)
{
    caus_map *known = caus_map_new();
    if (!known)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the services of %zu names", count);
    caus_status status = find_lengths(names, count, rule, known, lengths, err);
    caus_map_free(known);
    return status;
}
