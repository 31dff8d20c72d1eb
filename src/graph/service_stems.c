/* SPDX-License-Identifier: Apache-2.0 */
/* Words that every service is measured in, which stand behind its name. */
#include <string.h>

#include "base/pods.h"
#include "graph/service_internal.h"

/* What several stems end in: "_istio" of "cart_istio" and "auth_istio". */
typedef struct ending {
    size_t stem_count;
    size_t known_count; /* of these, what is before the ending is a stem, too */
    size_t tail_count;
    bool shares; /* what stands behind it stands behind other stems, too */
    bool above;  /* it is parted from the service by more than from the tail */
} ending;

/* Stems that stand before the same tail. */
typedef struct tail {
    const char *stem;
    size_t length;
    size_t common; /* bytes in which they all end */
} tail;

typedef struct stems {
    const char *const *names;
    size_t count;
    size_t *lengths; /* 0 = not known by a suffix */
    char separator;
    caus_map *by_stem, *by_tail, *by_ending, *by_both;
    ending *endings;
    size_t ending_count;
    tail *tails;
    size_t tail_count;
    bool *recurs; /* by the first name of a stem: it ends in what recurs */
    size_t stem_count;
    size_t recurring_count;
} stems;

typedef caus_status visitor(stems *s, size_t name, size_t at, caus_error *err);

static size_t rank_of(const stems *s, char byte)
{
    if (byte == '_' || byte == s->separator)
        return 3;
    if (byte == '-')
        return 1;
    return byte && strchr("./:", byte) ? 2 : 0;
}

static const char *tail_of(const stems *s, size_t i)
{
    const char *after = s->names[i] + s->lengths[i];
    return after + caus_pod_hash_length(after);
}

/* Calls for each place in each stem where a service may end that is parted from
 * what follows by no less than that is parted from the tail. */
static caus_status visit_endings(stems *s, visitor *visit, caus_error *err)
{
    for (size_t i = 0; i < s->count; i++) {
        size_t least = s->lengths[i] ? rank_of(s, *tail_of(s, i)) : 0;
        for (size_t at = 1; least && at < s->lengths[i]; at++) {
            if (rank_of(s, s->names[i][at]) >= least)
                CAUS_TRY(visit(s, i, at, err));
        }
    }
    return CAUS_OK;
}

static ending *find_ending(const stems *s, size_t i, size_t at)
{
    size_t found = 0;
    caus_map_find(s->by_ending, s->names[i] + at, s->lengths[i] - at, &found);
    return &s->endings[found];
}

static caus_status add_tail(stems *s, size_t i, caus_error *err)
{
    const char *stem = s->names[i], *text = tail_of(s, i);
    size_t length = s->lengths[i], found = s->tail_count, same = 0;
    bool is_new = false;
    CAUS_TRY(caus_service_add_text(
        s->by_tail, text, caus_unlabelled_length(text), &found, &is_new, err));
    if (is_new)
        s->tails[s->tail_count++] = (tail){stem, length, length};
    tail *other = &s->tails[found];
    while (same < length && same < other->common &&
           stem[length - 1 - same] == other->stem[other->length - 1 - same])
        same++;
    other->common = same;
    return CAUS_OK;
}

static caus_status add_ending(stems *s, size_t i, size_t at, caus_error *err)
{
    size_t found = s->ending_count, stem = i;
    bool is_new = false;
    CAUS_TRY(caus_service_add_text(s->by_ending, s->names[i] + at,
                                   s->lengths[i] - at, &found, &is_new, err));
    if (is_new)
        s->endings[s->ending_count++] = (ending){.above = true};
    caus_map_find(s->by_stem, s->names[i], s->lengths[i], &stem);
    if (stem != i)
        return CAUS_OK;
    s->endings[found].stem_count++;
    size_t before = caus_pod_without_hash(s->names[i], at);
    s->endings[found].known_count +=
        caus_map_find(s->by_stem, s->names[i], before, NULL);
    return CAUS_OK;
}

static caus_status look_behind(stems *s, size_t i, size_t at, caus_error *err)
{
    const char *from = s->names[i] + at, *text = tail_of(s, i);
    ending *found = find_ending(s, i, at);
    size_t behind = 0, both = 0;
    bool is_new = false;
    caus_map_find(s->by_tail, text, caus_unlabelled_length(text), &behind);
    if (s->tails[behind].common < s->lengths[i] - at)
        found->shares = true;
    if (rank_of(s, *from) == rank_of(s, *text))
        found->above = false;
    CAUS_TRY(caus_service_add_text(
        s->by_both, from, caus_unlabelled_length(from), &both, &is_new, err));
    found->tail_count += is_new;
    return CAUS_OK;
}

static bool recurs(const ending *e)
{
    return e->stem_count > 1 && !e->shares &&
           2 * e->known_count >= e->stem_count;
}

static caus_status mark(stems *s, size_t i, size_t at, caus_error *err)
{
    size_t stem = i;
    (void)err;
    caus_map_find(s->by_stem, s->names[i], s->lengths[i], &stem);
    if (recurs(find_ending(s, i, at)) && !s->recurs[stem]) {
        s->recurs[stem] = true;
        s->recurring_count++;
    }
    return CAUS_OK;
}

/* A service is measured as others are, or in more than one way; what stands
 * behind most services, and behind more of them than it is measured in ways, is
 * a part of them all the same. */
static bool is_measured(const stems *s, const ending *e)
{
    bool is_usual = 2 * e->stem_count > s->stem_count - s->recurring_count &&
                    e->stem_count > e->tail_count;
    return recurs(e) && (e->tail_count == 1 || e->above || is_usual);
}

static caus_status shorten(stems *s, size_t i, size_t at, caus_error *err)
{
    (void)err;
    if (is_measured(s, find_ending(s, i, at)))
        s->lengths[i] = caus_pod_without_hash(s->names[i], at);
    return CAUS_OK;
}

static caus_status apply(stems *s, caus_error *err)
{
    for (size_t i = 0; i < s->count; i++) {
        size_t stem = i;
        bool is_new = false;
        if (!s->lengths[i])
            continue;
        CAUS_TRY(caus_service_add_text(s->by_stem, s->names[i], s->lengths[i],
                                       &stem, &is_new, err));
        s->stem_count += is_new;
        CAUS_TRY(add_tail(s, i, err));
    }
    CAUS_TRY(visit_endings(s, add_ending, err));
    CAUS_TRY(visit_endings(s, look_behind, err));
    CAUS_TRY(visit_endings(s, mark, err));
    return visit_endings(s, shorten, err);
}

static caus_status count_places(stems *s, size_t i, size_t at, caus_error *err)
{
    (void)i;
    (void)at;
    (void)err;
    s->ending_count++;
    return CAUS_OK;
}

static caus_status prepare(stems *s, caus_arena *scratch, caus_error *err)
{
    caus_map **maps[] = {&s->by_stem, &s->by_tail, &s->by_ending, &s->by_both};
    CAUS_TRY(visit_endings(s, count_places, err));
    if (scratch) {
        s->endings = CAUS_ARRAY(scratch, ending, s->ending_count);
        s->tails = CAUS_ARRAY(scratch, tail, s->count);
        s->recurs = CAUS_ARRAY(scratch, bool, s->count);
    }
    s->ending_count = 0;
    bool all = s->endings && s->tails && s->recurs;
    for (size_t k = 0; k < sizeof maps / sizeof *maps; k++) {
        *maps[k] = caus_map_new();
        all = all && *maps[k];
    }
    if (!all)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the services of %zu names", s->count);
    return CAUS_OK;
}

caus_status caus_services_without_measures(const char *const *names,
                                           size_t count, char separator,
                                           size_t *lengths, caus_error *err)
{
    stems s = {names, count, lengths, .separator = separator};
    caus_arena *scratch = caus_arena_new(0);
    caus_status status = prepare(&s, scratch, err);
    if (status == CAUS_OK)
        status = apply(&s, err);
    caus_map_free(s.by_stem);
    caus_map_free(s.by_tail);
    caus_map_free(s.by_ending);
    caus_map_free(s.by_both);
    caus_arena_free(scratch);
    return status;
}
