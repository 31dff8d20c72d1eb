/* SPDX-License-Identifier: Apache-2.0 */
/* Services by what most of them are measured in: whatever stands behind most
 * first words is one measure, "istio_requests_total" of "cart_istio_requests_
 * total" and of all others, and not "requests_total" of "cart_istio". */
#include <string.h>

#include "base/pods.h"
#include "graph/service_internal.h"

/* Words that are a part of a service's name, as numbers are, not of what is
 * measured of it, though they stand behind every one. */
static const char *const roles[] = {
    "service", "services", "svc",   "srv",     "server", "api",   "app",
    "db",      "database", "cache", "gateway", "worker", "proxy", "queue",
    "store",   "broker",   "redis", "backend", "ms",     "web",
};

typedef struct grid {
    const char *const *names;
    size_t count;
    const size_t *firsts; /* [count] where the first word ends */
    caus_map *services;   /* first words */
    caus_map *seen;       /* names before labels */
    caus_map *tails;      /* what stands behind the first words */
    caus_map *rests;      /* that without a word more */
    size_t *behind;       /* [tails] so many first words */
    size_t *before;       /* [rests] so many words stand before it in tails */
    size_t service_count, tail_count, rest_count;
} grid;

/* The tail of a name, without what parts it from the first word. */
static const char *tail_of(const grid *g, size_t i)
{
    const char *tail = g->names[i] + g->firsts[i];
    return *tail && *tail != '{' ? tail + 1 : NULL;
}

static const char *rest_of(const char *tail)
{
    size_t word = strcspn(tail, "_./:{");
    return tail[word] && tail[word] != '{' ? tail + word + 1 : NULL;
}

static caus_status add_name(grid *g, size_t i, caus_error *err)
{
    const char *name = g->names[i], *tail = tail_of(g, i);
    size_t found = 0;
    bool is_new = false;
    if (!tail)
        return CAUS_OK;
    CAUS_TRY(caus_service_add_text(g->seen, name, caus_unlabelled_length(name),
                                   &found, &is_new, err));
    if (!is_new)
        return CAUS_OK;
    size_t service = caus_pod_without_hash(name, g->firsts[i]);
    found = g->service_count;
    CAUS_TRY(caus_service_add_text(g->services, name, service, &found, &is_new,
                                   err));
    g->service_count += is_new;
    found = g->tail_count;
    CAUS_TRY(caus_service_add_text(g->tails, tail, caus_unlabelled_length(tail),
                                   &found, &is_new, err));
    g->tail_count += is_new;
    g->behind[found]++;
    const char *rest = is_new ? rest_of(tail) : NULL;
    if (!rest)
        return CAUS_OK;
    found = g->rest_count;
    CAUS_TRY(caus_service_add_text(g->rests, rest, caus_unlabelled_length(rest),
                                   &found, &is_new, err));
    g->rest_count += is_new;
    g->before[found]++;
    return CAUS_OK;
}

static bool begins_with_role(const char *tail)
{
    size_t length = strcspn(tail, "_./:-{");
    if (strspn(tail, "0123456789") == length)
        return true;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strlen(roles[i]) == length && strncmp(tail, roles[i], length) == 0)
            return true;
    }
    return false;
}

static bool is_behind_most(const grid *g, const char *tail, size_t length)
{
    size_t found = 0;
    return caus_map_find(g->tails, tail, length, &found) &&
           2 * g->behind[found] > g->service_count;
}

/* Whether it tells of one side of calls, as another tail does of the other:
 * "client_errors" beside "server_errors". */
static bool is_side(const grid *g, const char *tail)
{
    enum { SIDE = 6 }; /* letters of each */
    static const char *const sides[] = {"client", "server", "client"};
    char other[128];
    size_t length = caus_unlabelled_length(tail);
    for (size_t i = 0; i < 2; i++) {
        if (strncmp(tail, sides[i], SIDE) != 0 || length >= sizeof other)
            continue;
        memcpy(other, tail, length);
        memcpy(other, sides[i + 1], SIDE);
        return is_behind_most(g, other, length);
    }
    return false;
}

/* Whether a tail is what is measured: it stands behind most first words, and
 * its first word tells nothing that could be a service instead, as where what
 * follows is also measured without it or behind another word. */
static bool is_measure(const grid *g, const char *tail)
{
    if (!is_behind_most(g, tail, caus_unlabelled_length(tail)))
        return false;
    if (is_side(g, tail))
        return true;
    const char *rest = rest_of(tail);
    if (begins_with_role(tail) || !rest)
        return !rest;
    size_t length = caus_unlabelled_length(rest), found = 0;
    caus_map_find(g->rests, rest, length, &found);
    return g->before[found] == 1 &&
           !caus_map_find(g->tails, rest, length, NULL);
}

static caus_status fill(grid *g, size_t *lengths, caus_error *err)
{
    for (size_t i = 0; i < g->count; i++)
        CAUS_TRY(add_name(g, i, err));
    for (size_t i = 0; i < g->count; i++) {
        const char *tail = tail_of(g, i);
        if (g->service_count >= CAUS_LEAST_SERVICES && tail &&
            is_measure(g, tail))
            lengths[i] = caus_pod_without_hash(g->names[i], g->firsts[i]);
    }
    return CAUS_OK;
}

caus_status caus_services_by_measures(const char *const *names, size_t count,
                                      const size_t *firsts, size_t *lengths,
                                      caus_error *err)
{
    grid g = {names,
              count,
              firsts,
              .services = caus_map_new(),
              .seen = caus_map_new(),
              .tails = caus_map_new(),
              .rests = caus_map_new()};
    caus_arena *scratch = caus_arena_new(0);
    if (scratch) {
        g.behind = CAUS_ARRAY(scratch, size_t, count + 1);
        g.before = CAUS_ARRAY(scratch, size_t, count + 1);
    }
    bool all =
        g.services && g.seen && g.tails && g.rests && g.behind && g.before;
    caus_status status =
        all ? fill(&g, lengths, err)
            : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                        "no memory for the services of %zu names", count);
    caus_map_free(g.services);
    caus_map_free(g.seen);
    caus_map_free(g.tails);
    caus_map_free(g.rests);
    caus_arena_free(scratch);
    return status;
}
